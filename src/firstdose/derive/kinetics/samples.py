"""A blood sample for the transgene level, and which samples can be used."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Literal

import msgspec

SampleState = Literal["quantifiable", "detected_below_quantification", "not_detected", "missing"]


_LARGEST = Decimal("1e100")
"""Beyond this (or under one part in it) floating-point sums may overflow; no assay gives such a number."""


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One sample of one participant; times count from the start of the first infusion.

    ``transgene_level`` and ``lloq`` are copies per microgram of genomic DNA. The limit of quantification
    belongs to the sample: it rises when little DNA was recovered. ``nominal_time_h`` is None for a sample
    outside the schedule. ``source`` is the position of the record.
    """

    nominal_time_h: Decimal | None
    actual_time_d: Decimal | None
    transgene_level: Decimal | None
    state: SampleState
    lloq: Decimal
    source: int

    @property
    def is_quantifiable(self) -> bool:
        """Whether the level is a number that the assay stands for."""
        return self.state == "quantifiable"


class SetAside(msgspec.Struct, frozen=True):
    """A sample that no parameter uses, and why."""

    source: int
    reason: str
    detail: str


class Usable(msgspec.Struct, frozen=True, kw_only=True):
    """The samples that can be used, one for each time, earliest first; and those set aside."""

    samples: tuple[Sample, ...]
    set_aside: tuple[SetAside, ...]


def derive_usable_samples(samples: Sequence[Sample]) -> Usable:
    """Sort the samples by actual time and set aside what cannot be used.

    Equal results at one time count once (the earlier position of the record). Results at one time that
    disagree are all set aside: nothing says which of them is right.

    Parameters
    ----------
    samples : sequence of n Sample
        One participant, in any order.

    Returns
    -------
    Usable
        Reasons: ``missing``, ``no_actual_time``, ``no_level``, ``level_not_a_number``,
        ``level_not_positive``, ``level_below_its_lloq``, ``repeated``, ``results_disagree``.

    Examples
    --------
    >>> def sample(day, level, source):
    ...     return Sample(nominal_time_h=None, actual_time_d=Decimal(day), transgene_level=Decimal(level),
    ...                   state="quantifiable", lloq=Decimal(50), source=source)
    >>> found = derive_usable_samples([sample(3, 90, 2), sample(1, 70, 1), sample(3, 40, 3)])
    >>> [kept.source for kept in found.samples], found.set_aside[0].reason
    ([1, 2], 'level_below_its_lloq')
    """
    sound: list[tuple[Decimal, Sample]] = []
    set_aside: list[SetAside] = []
    for sample in samples:
        fault = _fault(sample)
        if fault is None and sample.actual_time_d is not None:
            sound.append((sample.actual_time_d, sample))
        elif fault is not None:
            set_aside.append(SetAside(sample.source, *fault))
    sound.sort(key=lambda timed: (timed[0], timed[1].source))
    kept: list[Sample] = []
    # times that the arithmetic cannot tell apart are one time
    for _, timed in groupby(sound, key=lambda timed: float(timed[0])):
        first, *others = (sample for _, sample in timed)
        if all(_says_the_same(first, other) for other in others):
            kept.append(first)
            set_aside += _set_aside(others, "repeated", "the same result stands twice at this time")
        else:
            set_aside += _set_aside(
                [first, *others], "results_disagree", "different results stand at this time"
            )
    return Usable(samples=tuple(kept), set_aside=tuple(sorted(set_aside, key=lambda one: one.source)))


def _fault(sample: Sample) -> tuple[str, str] | None:
    if sample.state == "missing":
        return "missing", "the sample was not taken or gave no result"
    time_d = sample.actual_time_d
    if time_d is None or not time_d.is_finite() or abs(time_d) > _LARGEST:
        return "no_actual_time", "the time at which the sample was taken is not known"
    if not sample.is_quantifiable:
        return None
    level = sample.transgene_level
    if level is None:
        return "no_level", "the sample is quantifiable but its level is not given"
    if not level.is_finite() or level > _LARGEST:
        return "level_not_a_number", f"{level} is not a level"
    if level <= 1 / _LARGEST:
        return "level_not_positive", f"a level of {level} is not above 0"
    if sample.lloq.is_finite() and level < sample.lloq:
        return "level_below_its_lloq", f"{level} is below {sample.lloq} but called quantifiable"
    return None


def _says_the_same(one: Sample, other: Sample) -> bool:
    if one.is_quantifiable and other.is_quantifiable:
        return one.transgene_level == other.transgene_level
    return one.state == other.state


def _set_aside(samples: Iterable[Sample], reason: str, detail: str) -> list[SetAside]:
    return [SetAside(sample.source, reason, detail) for sample in samples]
