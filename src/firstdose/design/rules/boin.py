"""The Bayesian optimal interval design (BOIN).

Source
------
Liu S, Yuan Y. Bayesian optimal interval designs for phase I clinical trials. J R Stat Soc C 2015;64:507-523;
erratum 2022;71:491. Selection and elimination as in the R package BOIN 2.7.2 (Yan F et al. J Stat Softw
2020;94(13)).

The boundaries lambda_e and lambda_d are logarithms, so a comparison of a rate with them in floating point can
fall on the wrong side of a tie. They are the points where the counts are as likely under p1 (or p2) as under
the target, and that comparison is one of whole numbers.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from firstdose.design.specification import BOIN_RULES, DesignSpecification
from firstdose.numerics.beta import compute_upper_tail_exact
from firstdose.numerics.isotonic import compute_isotonic

FEWEST_TO_ELIMINATE = 3
"""A level is eliminated from three participants on (Liu and Yuan 2015, section 3)."""


def _likelihood(rate: Fraction, n: int, n_dlt: int) -> Fraction:
    return rate**n_dlt * (1 - rate) ** (n - n_dlt)


def is_at_or_below_escalation_boundary(n: int, n_dlt: int, *, target_rate: Decimal, p1: Decimal) -> bool:
    """Whether the observed DLT rate is at or below lambda_e, decided exactly.

    Examples
    --------
    >>> target, p1 = Decimal("0.25"), Decimal("0.15")
    >>> [is_at_or_below_escalation_boundary(6, y, target_rate=target, p1=p1) for y in (0, 1, 2)]
    [True, True, False]
    """
    return _likelihood(Fraction(p1), n, n_dlt) >= _likelihood(Fraction(target_rate), n, n_dlt)


def is_at_or_above_de_escalation_boundary(n: int, n_dlt: int, *, target_rate: Decimal, p2: Decimal) -> bool:
    """Whether the observed DLT rate is at or above lambda_d, decided exactly."""
    return _likelihood(Fraction(p2), n, n_dlt) >= _likelihood(Fraction(target_rate), n, n_dlt)


def is_excessively_toxic(n: int, n_dlt: int, *, target_rate: Decimal, probability: Decimal) -> bool:
    """Whether Pr(DLT rate > target) exceeds the probability, with a uniform prior, decided exactly.

    Examples
    --------
    >>> rule = {"target_rate": Decimal("0.25"), "probability": Decimal("0.95")}
    >>> [is_excessively_toxic(3, y, **rule) for y in (1, 2, 3)]
    [False, False, True]
    """
    if n < FEWEST_TO_ELIMINATE:
        return False
    return compute_upper_tail_exact(Fraction(target_rate), 1 + n_dlt, 1 + n - n_dlt) > Fraction(probability)


def compute_boundaries(target_rate: Decimal, p1: Decimal, p2: Decimal) -> tuple[Decimal, Decimal]:
    """lambda_e and lambda_d as decimals, to be printed; no decision is taken from them.

    Examples
    --------
    >>> low, high = compute_boundaries(Decimal("0.25"), Decimal("0.15"), Decimal("0.35"))
    >>> round(low, 5), round(high, 5)
    (Decimal('0.19680'), Decimal('0.29839'))
    """
    target = target_rate
    escalation = ((1 - p1) / (1 - target)).ln() / (target * (1 - p1) / (p1 * (1 - target))).ln()
    de_escalation = ((1 - target) / (1 - p2)).ln() / (p2 * (1 - target) / (target * (1 - p2))).ln()
    return escalation, de_escalation


@lru_cache(maxsize=4096)
def estimate_and_weigh(n: int, n_dlt: int) -> tuple[Fraction, Fraction]:
    """Posterior mean with a Beta(0.05, 0.05) prior, and one over the posterior variance."""
    a, b = Fraction(20 * n_dlt + 1, 20), Fraction(20 * (n - n_dlt) + 1, 20)
    total = a + b
    return a / total, total**2 * (total + 1) / (a * b)


def assign_closest_level(
    n: Sequence[int], n_dlt: Sequence[int], target_rate: Fraction, *, may_be_selected: Sequence[bool]
) -> int:
    """The place (from 0) of the level whose isotonic estimate is closest to the target.

    Parameters
    ----------
    n, n_dlt : sequence of int
        One per level that was tried and not eliminated, lowest first; all of them shape the estimates.
    target_rate : Fraction
    may_be_selected : sequence of bool
        Levels among which to choose; at least one.

    Source
    ------
    BOIN 2.7.2 ``select.mtd`` adds 1e-10 per place to the estimates. So of equal estimates below the target
    the highest wins, of equal ones at or above it the lowest; of two equally far on both sides the lower.
    Here the same is decided exactly.

    Examples
    --------
    >>> assign_closest_level([3, 6, 6], [0, 1, 3], Fraction(1, 4), may_be_selected=[True, True, True])
    1
    """
    pairs = [estimate_and_weigh(total, events) for total, events in zip(n, n_dlt, strict=True)]
    estimates = compute_isotonic([pair[0] for pair in pairs], [pair[1] for pair in pairs])

    def closeness(place: int) -> tuple[Fraction, bool, int]:
        is_below = estimates[place] < target_rate
        return abs(estimates[place] - target_rate), not is_below, -place if is_below else place

    return min((place for place, may in enumerate(may_be_selected) if may), key=closeness)


EXCESS = Fraction(1, 10**20)
"""How far an estimate must lie above lambda_d to exceed it: lambda_d is known to 27 digits."""


def compute_mtd_bound(spec: DesignSpecification) -> Fraction | None:
    """lambda_d where the design lets no level above it be the MTD (``boundMTD`` of BOIN 2.7.2)."""
    if spec.rule not in BOIN_RULES or spec.mtd_at_most_lambda_d is not True:
        return None
    p1, p2 = spec.boin_p1_ratio * spec.target_rate, spec.boin_p2_ratio * spec.target_rate
    return Fraction(compute_boundaries(spec.target_rate, p1, p2)[1])


def find_levels_within(n: Sequence[int], n_dlt: Sequence[int], bound: Fraction) -> list[bool]:
    """Which levels have an isotonic estimate that does not exceed the bound."""
    pairs = [estimate_and_weigh(total, events) for total, events in zip(n, n_dlt, strict=True)]
    estimates = compute_isotonic([pair[0] for pair in pairs], [pair[1] for pair in pairs])
    return [estimate <= bound + EXCESS for estimate in estimates]
