"""Isotonic regression by pooling adjacent violators."""

from collections.abc import Sequence
from fractions import Fraction
from typing import TypeVar

Number = TypeVar("Number", float, Fraction)


def compute_isotonic(values: Sequence[Number], weights: Sequence[Number]) -> tuple[Number, ...]:
    """The non-decreasing sequence nearest to the values in weighted least squares.

    Parameters
    ----------
    values : sequence of float or of Fraction
        In the order in which the result may not decrease. Fractions give an exact result.
    weights : sequence of the same kind and length
        Above 0.

    Source
    ------
    Barlow RE, Bartholomew DJ, Bremner JM, Brunk HD. Statistical Inference under Order Restrictions. Wiley
    1972: the pool-adjacent-violators algorithm.

    Examples
    --------
    >>> compute_isotonic([0.1, 0.4, 0.2, 0.5], [1.0, 1.0, 3.0, 1.0])
    (0.1, 0.25, 0.25, 0.5)
    """
    # each pool: weighted sum of its values, sum of its weights, how many values it holds
    pools: list[tuple[Number, Number, int]] = []
    for value, weight in zip(values, weights, strict=True):
        total, mass, size = value * weight, weight, 1
        while pools and pools[-1][0] * mass > total * pools[-1][1]:
            earlier_total, earlier_mass, earlier_size = pools.pop()
            total, mass, size = total + earlier_total, mass + earlier_mass, size + earlier_size
        pools.append((total, mass, size))
    return tuple(total / mass for total, mass, size in pools for _ in range(size))
