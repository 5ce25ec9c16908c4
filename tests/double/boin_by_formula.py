"""BOIN and isotonic regression again, from the formulas of the paper and in floating point.

Written from Liu and Yuan (2015) and from the min-max formula of isotonic regression, not from the first code.
"""

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor, log
from typing import TypeVar

from scipy.stats import beta

T = TypeVar("T", float, Fraction)


def boundaries(target: float, p1: float, p2: float) -> tuple[float, float]:
    """lambda_e and lambda_d."""
    lambda_e = log((1 - p1) / (1 - target)) / log(target * (1 - p1) / (p1 * (1 - target)))
    lambda_d = log((1 - target) / (1 - p2)) / log(p2 * (1 - target) / (target * (1 - p2)))
    return lambda_e, lambda_d


def letter(n: int, y: int, target: float, cutoff: float = 0.95) -> str:
    """E, S, D or X (de-escalate and eliminate) for y with a DLT out of n, from counting limits."""
    lambda_e, lambda_d = boundaries(target, 0.6 * target, 1.4 * target)
    if n >= 3 and beta.sf(target, 1 + y, 1 + n - y) > cutoff:
        return "X"
    if y >= ceil(lambda_d * n):
        return "D"
    if y <= floor(lambda_e * n):
        return "E"
    return "S"


def next_level(n: Sequence[int], y: Sequence[int], level: int, target: float) -> int:
    """Level from 1 of the next cohort with no cap on participants, 0 when all is too toxic."""
    closed = [letter(a, b, target) == "X" if a else False for a, b in zip(n, y, strict=True)]
    first_closed = closed.index(True) + 1 if any(closed) else len(n) + 1
    if first_closed == 1:
        return 0
    if level >= first_closed:
        return min(first_closed - 1, level - 1)
    move = letter(n[level - 1], y[level - 1], target)
    if move == "E":
        return min(level + 1, first_closed - 1)
    if move == "D":
        return max(level - 1, 1)
    return level


def isotonic_by_min_max(values: Sequence[T], weights: Sequence[T]) -> list[T]:
    """Each value is the largest, over the starts of a run, of the smallest mean of runs that end after it."""
    size = len(values)

    def mean(first: int, last: int) -> T:
        total, mass = values[first] * weights[first], weights[first]
        for k in range(first + 1, last + 1):
            total, mass = total + values[k] * weights[k], mass + weights[k]
        return total / mass

    return [
        max(min(mean(first, last) for last in range(place, size)) for first in range(place + 1))
        for place in range(size)
    ]


def mtd(n: Sequence[int], y: Sequence[int], target: float) -> int:
    """The level from 1 closest to the target after isotonic regression, as select.mtd does; 0 for none."""
    size = len(n)
    for level in range(size):
        if n[level] >= 3 and letter(n[level], y[level], target) == "X":
            size = level
            break
    tried = [level for level in range(size) if n[level] > 0]
    if not tried:
        return 0
    rates = [(y[k] + 0.05) / (n[k] + 0.1) for k in tried]
    variances = [(y[k] + 0.05) * (n[k] - y[k] + 0.05) / ((n[k] + 0.1) ** 2 * (n[k] + 1.1)) for k in tried]
    fitted = isotonic_by_min_max(rates, [1 / v for v in variances])
    # the nudge of select.mtd is 1e-10 per place; the sums of the min-max formula err by far less
    nudged = [rate + 1e-10 * (place + 1) for place, rate in enumerate(fitted)]
    return tried[min(range(len(tried)), key=lambda place: abs(nudged[place] - target))] + 1
