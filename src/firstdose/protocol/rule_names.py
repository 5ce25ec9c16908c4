"""The dose rules by name."""

from typing import Literal

RuleName = Literal[
    "three_plus_three",
    "boin",
    "i3_plus_3",
    "keyboard",
    "mtpi_2",
    "mtpi",
    "tpi",
    "rolling_six",
    "crm",
    "blrm",
    "tite_boin",
    "tite_crm",
    "boin12",
]
"""The dose rules that a part may name; each stands in a file of its own in ``design/rules``."""
