"""The parameters of a dose-escalation design, as plain values, and what may be wrong with them."""

from decimal import Decimal, InvalidOperation
from typing import Literal

import msgspec

from firstdose.terms.outcomes import Fault

RuleName = Literal["three_plus_three", "boin"]
RULES: tuple[RuleName, ...] = ("three_plus_three", "boin")

SIX_AT_MTD = 6
"""Participants that the 3+3 treats at the MTD when ``six_at_mtd`` is asked for."""
COHORT_OF_THREE = 3
"""The 3+3's cohort."""

_RATES = (
    "target_rate",
    "elimination_probability",
    "extra_safe_offset",
    "boin_p1_ratio",
    "boin_p2_ratio",
)


class Titration(msgspec.Struct, frozen=True):
    """Single participants per level until the first DLT or trigger, or until a level is reached.

    From ``until_level`` on, cohorts of the full size follow; None lets titration run to the top level.
    """

    until_level: int | None = None


class DesignSpecification(msgspec.Struct, frozen=True, kw_only=True):
    """A dose-escalation design: its rule and its guards.

    Levels are numbered from 1, the lowest; for multiple doses they are regimens in the order of their
    expected risk. Rates and probabilities are decimals; a text such as ``"0.25"`` is read as one.

    Examples
    --------
    >>> spec = DesignSpecification(
    ...     rule="boin", n_levels=6, target_rate=Decimal("0.250"), max_n=18, max_n_per_level=9, mtd_min_n=6
    ... )
    >>> spec.target_rate, check_specification(spec)
    (Decimal('0.25'), [])
    """

    rule: RuleName
    n_levels: int
    target_rate: Decimal
    max_n: int
    """Most participants in all levels together."""
    max_n_per_level: int
    mtd_min_n: int
    """Fewest participants treated at a level that is selected as the MTD."""
    cohort_size: int = 3
    start_level: int = 1
    titration: Titration | None = None
    elimination_probability: Decimal = Decimal("0.95")
    extra_safe_offset: Decimal | None = None
    """Taken from ``elimination_probability`` at level 1: the BOIN package's stricter stopping rule."""
    six_at_mtd: bool = False
    """3+3 only: the MTD needs six participants. Other rules read ``mtd_min_n`` alone."""
    boin_p1_ratio: Decimal = Decimal("0.6")
    boin_p2_ratio: Decimal = Decimal("1.4")
    stop_at_top_level: bool = True
    """Stop when the highest level allowed has ``mtd_min_n`` participants and the rule says escalate.

    False is BOIN as published: it treats on at the top until a cap is reached.
    """

    def __post_init__(self) -> None:
        """Write every rate in one way, so that 0.25 and 0.250 are the same design."""
        for name in _RATES:
            msgspec.structs.force_setattr(self, name, _plain_decimal(getattr(self, name)))

    @property
    def fewest_at_mtd(self) -> int:
        """Fewest participants at the MTD, with the option of the 3+3 taken into account."""
        if self.rule == "three_plus_three" and self.six_at_mtd:
            return max(self.mtd_min_n, SIX_AT_MTD)
        return self.mtd_min_n


def _plain_decimal(value: object) -> object:
    if isinstance(value, str):
        try:
            value = Decimal(value)
        except InvalidOperation:
            return value
    return value.normalize() if isinstance(value, Decimal) and value.is_finite() else value


def check_specification(spec: DesignSpecification) -> list[Fault]:
    """Every bad value of a design, one sentence each, all at once."""
    faults = _rate_faults(spec) + _count_faults(spec)
    if spec.rule not in RULES:
        faults.append(_fault("rule", f"rule {spec.rule!r} is not known", "write " + " or ".join(RULES)))
    if not faults:
        faults = _contradictions(spec)
    return faults


def _fault(clause: str, what: str, next_: str) -> Fault:
    return Fault(what=what, next=next_, clause=clause)


def _rate_faults(spec: DesignSpecification) -> list[Fault]:
    faults = []
    for name in _RATES:
        value = getattr(spec, name)
        if value is None and name == "extra_safe_offset":
            continue
        if not isinstance(value, Decimal) or not value.is_finite():
            faults.append(
                _fault(name, f"{name} is {value}, not a decimal number", "write a decimal such as 0.25")
            )
        elif name == "boin_p2_ratio":
            if value <= 1:
                faults.append(_fault(name, f"{name} is {value}, not above 1", "write a ratio above 1"))
        elif not 0 < value < 1:
            faults.append(
                _fault(name, f"{name} is {value}, not between 0 and 1", "write a number above 0 and below 1")
            )
    return faults


def _count_faults(spec: DesignSpecification) -> list[Fault]:
    faults = []
    for name in ("n_levels", "cohort_size", "start_level", "max_n", "max_n_per_level", "mtd_min_n"):
        value = getattr(spec, name)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            faults.append(
                _fault(name, f"{name} is {value}, not a whole number of 1 or more", "write 1 or more")
            )
    until = spec.titration.until_level if spec.titration else None
    if until is not None and (isinstance(until, bool) or not isinstance(until, int) or until < 1):
        faults.append(
            _fault("titration.until_level", f"until_level is {until}", "write a level of 1 or more")
        )
    return faults


def _contradictions(spec: DesignSpecification) -> list[Fault]:
    """Values that are good alone and bad together."""
    until = spec.titration.until_level if spec.titration else None
    p2 = spec.boin_p2_ratio * spec.target_rate
    offset = spec.extra_safe_offset
    is_three_plus_three = spec.rule == "three_plus_three"
    found = (
        (
            spec.start_level > spec.n_levels,
            "start_level",
            f"start_level {spec.start_level} is above the {spec.n_levels} levels",
            "start at a level that exists",
        ),
        (
            spec.cohort_size > spec.max_n,
            "cohort_size",
            f"a cohort of {spec.cohort_size} is larger than the sample of {spec.max_n}",
            "make the cohort smaller or max_n larger",
        ),
        (
            spec.cohort_size > spec.max_n_per_level,
            "max_n_per_level",
            f"a cohort of {spec.cohort_size} is larger than the {spec.max_n_per_level} allowed at one level",
            "make the cohort smaller or max_n_per_level larger",
        ),
        (
            spec.max_n_per_level > spec.max_n,
            "max_n_per_level",
            f"{spec.max_n_per_level} participants at one level are more than {spec.max_n} in all",
            "write max_n or fewer",
        ),
        (
            spec.fewest_at_mtd > spec.max_n_per_level,
            "mtd_min_n",
            f"the MTD needs {spec.fewest_at_mtd} participants and a level may have {spec.max_n_per_level}",
            "lower mtd_min_n or raise max_n_per_level",
        ),
        (
            until is not None and until > spec.n_levels,
            "titration.until_level",
            f"titration runs until level {until} and there are {spec.n_levels} levels",
            "name a level that exists, or none to titrate to the top",
        ),
        (
            p2 >= 1,
            "boin_p2_ratio",
            f"boin_p2_ratio times target_rate is {p2}, not below 1",
            "write a smaller ratio",
        ),
        (
            offset is not None and offset >= spec.elimination_probability,
            "extra_safe_offset",
            f"extra_safe_offset {offset} is not below elimination_probability {spec.elimination_probability}",
            "write a smaller offset, such as 0.05",
        ),
        (
            is_three_plus_three and spec.cohort_size != COHORT_OF_THREE,
            "cohort_size",
            f"the 3+3 treats cohorts of 3, not of {spec.cohort_size}",
            "write 3 or choose another rule",
        ),
        (
            is_three_plus_three and spec.max_n_per_level < SIX_AT_MTD,
            "max_n_per_level",
            f"the 3+3 needs up to 6 participants at a level and {spec.max_n_per_level} are allowed",
            "write 6 or more",
        ),
        (
            is_three_plus_three and spec.mtd_min_n > SIX_AT_MTD,
            "mtd_min_n",
            f"the 3+3 treats 6 participants at most at a level and the MTD needs {spec.mtd_min_n}",
            "write 6 or fewer",
        ),
        (
            is_three_plus_three and offset is not None,
            "extra_safe_offset",
            "the 3+3 has no extra safe stopping rule",
            "leave extra_safe_offset out or choose boin",
        ),
    )
    return [_fault(clause, what, next_) for is_wrong, clause, what, next_ in found if is_wrong]
