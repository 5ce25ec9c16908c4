"""The MTD of many states at once: the level whose isotonic estimate is closest to the target.

The same as :func:`firstdose.design.rules.boin.assign_closest_level`, in floating point; where two levels come so near
each other that rounding could decide, the exact function decides.
"""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from firstdose.design.rules.boin import assign_closest_level, estimate_and_weigh, find_levels_within
from firstdose.design.stepping import BoolArray, IntArray

NEAR = 1e-11
"""Estimates as near as this are the same pool or the same counts; they err by below 1e-14.

Two levels equally far on either side of the target, and an estimate at the target, are compared exactly.
"""
ROWS_AT_ONCE = 1 << 16
"""Rows that are worked on together, so that their arrays stay in the processor's cache and out of the memory."""

FloatArray = NDArray[np.float64]


class ClosestLevel:
    """Isotonic estimates and their closest level for counts up to a most.

    Parameters
    ----------
    target_rate : Fraction
    most : int
        Most participants at a level.
    bound : float, optional
        Levels whose estimate exceeds it are not selected.
    """

    def __init__(self, target_rate: Fraction, most: int, bound: Fraction | None = None) -> None:
        self.target_rate, self.bound, self.most = target_rate, bound, most
        shape = (most + 1, most + 1)
        self._values, self._weights = np.zeros(shape), np.zeros(shape)
        for n in range(1, most + 1):
            for n_dlt in range(n + 1):
                value, weight = estimate_and_weigh(n, n_dlt)
                self._values[n, n_dlt], self._weights[n, n_dlt] = float(value), float(weight)

    def assign(self, n: IntArray, n_dlt: IntArray, shapes: BoolArray, may: BoolArray) -> IntArray:
        """The level from 1 of each state, 0 where none may be selected.

        Parameters
        ----------
        n, n_dlt : array of int, states by levels
        shapes : array of bool, states by levels
            Levels that were tried and are open: they shape the estimates.
        may : array of bool, states by levels
            Levels among which to choose.
        """
        found = np.zeros(len(n), dtype=np.int8)
        for first in range(0, len(n), ROWS_AT_ONCE):
            rows = slice(first, first + ROWS_AT_ONCE)
            found[rows] = self._assign(n[rows], n_dlt[rows], shapes[rows], may[rows])
        return found

    def _assign(self, n: IntArray, n_dlt: IntArray, shapes: BoolArray, may: BoolArray) -> IntArray:
        cell = n.T.astype(np.intp) * (self.most + 1) + n_dlt.T
        values, weights = self._values.take(cell), np.where(shapes.T, self._weights.take(cell), 0.0)
        estimates = compute_isotonic_rows(values, weights)
        target = float(self.target_rate)
        allowed = may.T
        unsure = np.zeros(len(n), dtype=np.bool_)
        if self.bound is not None:
            excess = estimates - float(self.bound)
            unsure |= (allowed & (np.abs(excess) < NEAR)).any(axis=0)
            allowed = np.logical_and(allowed, excess <= 0)
        distance = np.where(allowed, np.abs(estimates - target), np.inf)
        n_levels = len(values)
        best = distance.argmin(axis=0)
        least = distance.min(axis=0)
        near = distance <= least + NEAR
        rows = np.flatnonzero((near.sum(axis=0) > 1) & np.isfinite(least))
        found = np.where(np.isfinite(least), best + 1, 0).astype(np.int8)
        if len(rows):
            near, at = near[:, rows], estimates[:, rows]
            first, last = near.argmax(axis=0), n_levels - 1 - near[::-1].argmax(axis=0)
            pick = np.arange(len(rows))
            low, high = at[first, pick], at[last, pick]
            found[rows] = np.where(low < target, last, first) + 1
            unsure[rows[(high - low > NEAR) | (np.abs(low - target) < NEAR)]] = True
        for row in np.flatnonzero(unsure):
            found[row] = self._assign_exactly(n[row], n_dlt[row], shapes[row], may[row])
        return found

    def _assign_exactly(self, n: IntArray, n_dlt: IntArray, shapes: BoolArray, may: BoolArray) -> int:
        places = [int(place) for place in np.flatnonzero(shapes)]
        counts = [int(n[place]) for place in places], [int(n_dlt[place]) for place in places]
        allowed = [bool(may[place]) for place in places]
        if self.bound is not None:
            within = find_levels_within(*counts, self.bound)
            allowed = [may_be and is_within for may_be, is_within in zip(allowed, within, strict=True)]
        if not any(allowed):
            return 0
        return places[assign_closest_level(*counts, self.target_rate, may_be_selected=allowed)] + 1


def compute_isotonic_rows(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Isotonic regression of every column, by the min-max formula; weight 0 leaves a value out.

    Parameters
    ----------
    values, weights : array of float, levels by states

    Source
    ------
    Barlow RE, Bartholomew DJ, Bremner JM, Brunk HD. Statistical Inference under Order Restrictions. Wiley
    1972: the estimate is the largest over the starts of a run of the least mean of runs that end after it.

    Examples
    --------
    >>> compute_isotonic_rows(np.array([[0.1], [0.4], [0.2], [0.5]]), np.array([[1.0], [1], [3], [1]])).T
    array([[0.1 , 0.25, 0.25, 0.5 ]])
    """
    n_levels = len(values)
    found = np.full(values.shape, -np.inf)
    for first in range(n_levels):
        total, mass = np.zeros(values.shape[1]), np.zeros(values.shape[1])
        means = []
        for last in range(first, n_levels):
            total, mass = total + values[last] * weights[last], mass + weights[last]
            if last == first:
                means.append(np.where(weights[last] > 0, values[last], -np.inf))
            else:
                means.append(np.divide(total, mass, out=np.full_like(total, -np.inf), where=mass > 0))
        least = np.full(values.shape[1], np.inf)
        for last in range(n_levels - 1, first - 1, -1):
            least = np.minimum(least, means[last - first])
            np.maximum(found[last], least, out=found[last])
    return found
