"""Grades, each with the scale and the version that it was read on."""

from typing import Literal

import msgspec

ScaleName = Literal["CTCAE", "ASTCT", "MAGIC", "IEC-HS"]


class Scale(msgspec.Struct, frozen=True):
    """A grading scale with its version; grades of two versions never stand in one table."""

    name: ScaleName
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


CTCAE_5 = Scale("CTCAE", "5.0")
"""Common Terminology Criteria for Adverse Events v5.0, NCI, 27 November 2017."""
CTCAE_6 = Scale("CTCAE", "6.0")
"""Common Terminology Criteria for Adverse Events v6.0, NCI, 22 July 2025, errata of 20 January 2026."""
ASTCT_2019 = Scale("ASTCT", "2019")
"""Lee DW et al. Biol Blood Marrow Transplant 2019;25:625-638."""
MAGIC_2016 = Scale("MAGIC", "2016")
"""Harris AC et al. Biol Blood Marrow Transplant 2016;22:4-10."""


class Grade(msgspec.Struct, frozen=True):
    """A severity grade, 0 to 5, on its scale.

    Examples
    --------
    >>> str(Grade(3, CTCAE_5))
    'grade 3 (CTCAE 5.0)'
    """

    value: int
    scale: Scale

    def __str__(self) -> str:
        return f"grade {self.value} ({self.scale})"
