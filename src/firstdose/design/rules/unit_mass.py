"""Which of several intervals holds most posterior mass for its width, decided exactly."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from scipy.special import betainc

from firstdose.numerics.beta import compute_upper_tail_exact

NEAR = 1e-9
"""Relative distance below which two masses are compared again in whole numbers; floats err by below 1e-12."""


def assign_strongest_interval(edges: Sequence[Fraction], n: int, n_dlt: int) -> int:
    """The place (from 0) of the interval with most posterior mass per width, under a uniform prior.

    Of equal ones the highest, which is the cautious one.

    Parameters
    ----------
    edges : sequence of Fraction
        Ends of adjacent intervals, ascending, between 0 and 1.
    n, n_dlt : int
        Participants at the level, and those of them with a DLT.

    Examples
    --------
    >>> edges = [Fraction(0), Fraction(1, 5), Fraction(3, 10), Fraction(1)]
    >>> [assign_strongest_interval(edges, 3, y) for y in range(4)]
    [0, 1, 2, 2]
    """
    near = find_strongest_intervals(edges, n, n_dlt)
    if len(near) == 1:
        return near[0]
    exact = {place: _mass_per_width(edges[place], edges[place + 1], n, n_dlt) for place in near}
    return max(near, key=lambda place: (exact[place], place))


def find_strongest_intervals(edges: Sequence[Fraction], n: int, n_dlt: int) -> list[int]:
    """The intervals that floating point cannot tell from the strongest: one, unless there is nearly a tie."""
    below = [float(betainc(1 + n_dlt, 1 + n - n_dlt, float(edge))) for edge in edges]
    masses = [
        (high - low) / float(above - under)
        for (low, high), (under, above) in zip(pairwise(below), pairwise(edges), strict=True)
    ]
    most = max(masses)
    return [place for place, mass in enumerate(masses) if mass > most * (1 - NEAR)]


def _mass_per_width(low: Fraction, high: Fraction, n: int, n_dlt: int) -> Fraction:
    shapes = 1 + n_dlt, 1 + n - n_dlt
    return (compute_upper_tail_exact(low, *shapes) - compute_upper_tail_exact(high, *shapes)) / (high - low)
