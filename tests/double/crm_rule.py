"""The rule of the continual reassessment method again, for one state, in words of dfcrm and of the guards."""

from collections.abc import Sequence
from fractions import Fraction

NEARLY = 1e-9


def closest(rates: Sequence[float], target: float) -> int:
    """As dfcrm's ``crm`` puts it: the top if none is above, the lowest if none is below, else the nearest."""
    if all(rate <= target for rate in rates):
        return len(rates)
    if all(rate >= target for rate in rates):
        return 1
    best = 0
    for level in range(1, len(rates)):
        if abs(rates[level] - target) < abs(rates[best] - target) - NEARLY:
            best = level
    return best + 1


def next_level(
    rates: Sequence[float],
    n: Sequence[int],
    y: Sequence[int],
    level: int,
    target: Fraction,
    *,
    coherent: bool,
) -> int:
    """Level of the next cohort: not more than one up, and none up while the rate here is at the target."""
    if not sum(n):
        return level
    named = min(closest(rates, float(target)), level + 1)
    here = n[level - 1]
    if coherent and here and Fraction(y[level - 1], here) >= target:
        named = min(named, level)
    return named
