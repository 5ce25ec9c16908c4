"""The parameters of a BOIN12 design, as plain values, and what may be wrong with them."""

from decimal import Decimal
from fractions import Fraction

import msgspec

from firstdose.design.value_checks import check_number, check_positive, check_probability, plain_decimal
from firstdose.terms.outcomes import Fault

MOST_UTILITY = 100
"""Utilities are given on a scale from 0 to 100 (Lin et al. 2020)."""

_RATES = ("max_toxicity_rate", "min_efficacy_rate", "toxicity_cutoff", "efficacy_cutoff", "p1_ratio")
_UTILITIES = ("u1", "u2", "u3", "u4")


class UtilitySpecification(msgspec.Struct, frozen=True, kw_only=True):
    """What each outcome of a participant is worth, and which levels are admissible.

    Utilities are those of Lin et al. 2020: ``u1`` response without a DLT, ``u2`` neither, ``u3`` both, ``u4`` a
    DLT without a response. Where ``u1 + u4 = u2 + u3``, the counts of DLTs and of responses settle the utility of
    a level; otherwise ``counts_both`` says that the participants with both are counted as well.

    Examples
    --------
    >>> spec = UtilitySpecification(
    ...     max_toxicity_rate=Decimal("0.35"), min_efficacy_rate=Decimal("0.25"), u2=Decimal(40), u3=Decimal(60)
    ... )
    >>> check_utility_specification(spec), float(spec.benchmark)
    ([], 0.705)
    """

    max_toxicity_rate: Decimal
    """Highest acceptable DLT rate; the boundaries lambda_e and lambda_d have it as their target."""
    min_efficacy_rate: Decimal
    """Lowest acceptable response rate."""
    u2: Decimal
    u3: Decimal
    u1: Decimal = Decimal(100)
    u4: Decimal = Decimal(0)
    counts_both: bool = False
    toxicity_cutoff: Decimal = Decimal("0.95")
    """A level is too toxic where Pr(DLT rate > max_toxicity_rate) reaches this."""
    efficacy_cutoff: Decimal = Decimal("0.90")
    """A level is futile where Pr(response rate < min_efficacy_rate) reaches this."""
    explore_below: int = 6
    """N*: with fewer at the current level, a rate between the boundaries still lets the level above compete."""
    explore_untried_from: int | None = 9
    """With so many at the current level and a rate below lambda_d, an untried level above is treated next.

    None leaves this rule out.
    """
    p1_ratio: Decimal = Decimal("0.6")
    p2_ratio: Decimal = Decimal("1.4")

    def __post_init__(self) -> None:
        """Write every number in one way, so that 0.35 and 0.350 are the same design."""
        for name in (*_RATES, *_UTILITIES, "p2_ratio"):
            msgspec.structs.force_setattr(self, name, plain_decimal(getattr(self, name)))

    @property
    def is_additive(self) -> bool:
        """Whether the counts of DLTs and of responses settle the utility."""
        return self.u1 + self.u4 == self.u2 + self.u3

    @property
    def undesirable(self) -> Fraction:
        """Highest utility deemed undesirable, from 0 to 1: that of a level at both limits, with independence."""
        dlt, response = Fraction(self.max_toxicity_rate), Fraction(self.min_efficacy_rate)
        u1, u2, u3, u4 = (Fraction(getattr(self, name)) / MOST_UTILITY for name in _UTILITIES)
        without_dlt = (1 - dlt) * (u1 * response + u2 * (1 - response))
        return without_dlt + dlt * (u3 * response + u4 * (1 - response))

    @property
    def benchmark(self) -> Fraction:
        """u_b, from 0 to 1: half-way from the highest undesirable utility to the best."""
        return (1 + self.undesirable) / 2

    def compute_quasi_events(self, n: int, n_dlt: int, n_efficacy: int, n_both: int) -> Fraction:
        """The summed utility of participants, in units of the best outcome.

        Examples
        --------
        >>> spec = UtilitySpecification(
        ...     max_toxicity_rate=Decimal("0.35"), min_efficacy_rate=Decimal("0.25"), u2=Decimal(40), u3=Decimal(60)
        ... )
        >>> float(spec.compute_quasi_events(9, 2, 3, 0)), float(spec.compute_quasi_events(9, 5, 5, 4))
        (4.6, 4.6)
        """
        counts = (n_efficacy - n_both, n - n_dlt - n_efficacy + n_both, n_both, n_dlt - n_both)
        worth = (Fraction(getattr(self, name)) for name in _UTILITIES)
        return sum((u * count for u, count in zip(worth, counts, strict=True)), Fraction(0)) / MOST_UTILITY


def check_utility_specification(spec: UtilitySpecification) -> list[Fault]:
    """Every bad value of a BOIN12 design, one sentence each, all at once.

    Examples
    --------
    >>> wrong = UtilitySpecification(
    ...     max_toxicity_rate=Decimal("0.35"), min_efficacy_rate=Decimal("0.25"), u2=Decimal(50), u3=Decimal(30)
    ... )
    >>> print(*check_utility_specification(wrong))
    u2: u1 + u4 is 100 and u2 + u3 is 80, so DLTs and responses alone do not settle the utility; \
make the sums equal or set counts_both
    """
    faults = [fault for name in _RATES for fault in check_probability(name, getattr(spec, name))]
    faults += check_positive("p2_ratio", spec.p2_ratio)
    faults += [fault for name in _UTILITIES for fault in check_number(name, getattr(spec, name))]
    for name, is_optional in (("explore_below", False), ("explore_untried_from", True)):
        value = getattr(spec, name)
        if value is None and is_optional:
            continue
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            faults.append(
                _fault(name, f"{name} is {value}, not a whole number of 1 or more", "write 1 or more")
            )
    return faults or _contradictions(spec)


def _contradictions(spec: UtilitySpecification) -> list[Fault]:
    """Values that are good alone and bad together."""
    p2 = spec.p2_ratio * spec.max_toxicity_rate
    worst, best = spec.u4, spec.u1
    sums = f"u1 + u4 is {best + worst} and u2 + u3 is {spec.u2 + spec.u3}"
    found = (
        (
            not 0 <= worst < best <= MOST_UTILITY,
            "u1",
            f"u1 is {best} and u4 is {worst}",
            "write u1 above u4, both from 0 to 100",
        ),
        *(
            (
                not worst <= value <= best,
                name,
                f"{name} is {value}, not between u4 = {worst} and u1 = {best}",
                "write a utility between them",
            )
            for name, value in (("u2", spec.u2), ("u3", spec.u3))
        ),
        (
            not spec.is_additive and not spec.counts_both,
            "u2",
            f"{sums}, so DLTs and responses alone do not settle the utility",
            "make the sums equal or set counts_both",
        ),
        (
            spec.p2_ratio <= 1,
            "p2_ratio",
            f"p2_ratio is {spec.p2_ratio}, not above 1",
            "write a ratio above 1",
        ),
        (
            p2 >= 1,
            "p2_ratio",
            f"p2_ratio times max_toxicity_rate is {p2}, not below 1",
            "write a smaller ratio",
        ),
        (
            1 - spec.max_toxicity_rate >= spec.toxicity_cutoff,
            "toxicity_cutoff",
            f"with toxicity_cutoff {spec.toxicity_cutoff} a level where nobody was treated is too toxic",
            f"write more than {1 - spec.max_toxicity_rate}",
        ),
        (
            spec.min_efficacy_rate >= spec.efficacy_cutoff,
            "efficacy_cutoff",
            f"with efficacy_cutoff {spec.efficacy_cutoff} a level where nobody was treated is futile",
            f"write more than {spec.min_efficacy_rate}",
        ),
    )
    return [_fault(clause, what, next_) for is_wrong, clause, what, next_ in found if is_wrong]


def _fault(clause: str, what: str, next_: str) -> Fault:
    return Fault(what=what, next=next_, clause=clause)
