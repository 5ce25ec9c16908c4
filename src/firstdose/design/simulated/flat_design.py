"""A design with a decision table as compiled code reads it, and the choice of its MTD."""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from firstdose.design.decision_table import DecisionTable
from firstdose.design.rules.algorithmic import ALGORITHMIC
from firstdose.design.rules.boin import compute_mtd_bound, estimate_and_weigh
from firstdose.design.rules.closest_level import NEAR
from firstdose.design.rules.three_plus_three import BOTH_COHORTS

ACTION, ELIMINATED, STOPS_AT_LOWEST = 3, 4, 8
"""The bits of a cell: its action, whether it closes the level, and whether it stops the part at level 1."""

Ints = NDArray[np.int64]
Small = NDArray[np.int16]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class FlatDesign(NamedTuple):
    """A decision table and its guards as the kernel reads them; levels count from 0 here, counts of levels do not.

    ``cells[n * width + y]`` holds the bits of a cell, ``totals`` its estimate times its weight, and ``weights`` its
    weight in the isotonic estimate. ``sizes[n]`` is the next cohort at a level with n participants that is the
    highest treated. Nothing titrates from ``titrates_below`` on. ``enough`` is beyond every count where no such guard
    is set, and ``bound`` infinite.
    """

    cells: NDArray[np.uint8]
    totals: Floats
    weights: Floats
    sizes: Ints
    width: int
    n_levels: int
    ceiling: int
    start: int
    max_n: int
    max_n_per_level: int
    whole: int
    titrates_below: int
    fewest_to_decide: int
    fewest_at_mtd: int
    enough: int
    stops_at_top: bool
    is_algorithmic: bool
    target_rate: float
    bound: float


def flatten_table(table: DecisionTable, cap_level: int | None = None) -> FlatDesign:
    """The design of a table as the kernel reads it.

    Parameters
    ----------
    table : DecisionTable
    cap_level : int, optional
        Highest level that the result of another part allows; 0 allows none.
    """
    spec = table.specification
    width = spec.max_n + 1
    cells = np.zeros((width, width), dtype=np.uint8)
    totals, weights = np.zeros((width, width)), np.zeros((width, width))
    for n in range(width):
        for n_dlt in range(n + 1):
            closes, stops = table.eliminated[n][n_dlt], table.stops_at_lowest[n][n_dlt]
            cells[n, n_dlt] = table.actions[n][n_dlt] + ELIMINATED * closes + STOPS_AT_LOWEST * stops
            value, weight = estimate_and_weigh(n, n_dlt)
            totals[n, n_dlt], weights[n, n_dlt] = float(value * weight), float(weight)
    whole = spec.cohort_size
    if spec.rule in ALGORITHMIC:
        sizes = [ALGORITHMIC[spec.rule](n, whole) for n in range(width)]
    else:
        sizes = [whole - n if n < whole else whole for n in range(width)]
    until = 0
    if spec.titration is not None:
        last = spec.titration.until_level
        until = spec.n_levels if last is None else last - 1
    enough, bound = spec.fewest_to_stop_at_level, compute_mtd_bound(spec)
    return FlatDesign(
        cells=cells.ravel(),
        totals=totals.ravel(),
        weights=weights.ravel(),
        sizes=np.array(sizes),
        width=width,
        n_levels=spec.n_levels,
        ceiling=spec.n_levels if cap_level is None else max(0, min(cap_level, spec.n_levels)),
        start=spec.start_level - 1,
        max_n=spec.max_n,
        max_n_per_level=spec.max_n_per_level,
        whole=whole,
        titrates_below=until,
        fewest_to_decide=spec.fewest_to_decide,
        fewest_at_mtd=spec.fewest_at_mtd,
        enough=width if enough is None else enough,
        stops_at_top=spec.stop_at_top_level,
        is_algorithmic=spec.rule in ALGORITHMIC,
        target_rate=float(spec.target_rate),
        bound=np.inf if bound is None else float(bound),
    )


@njit(cache=True)
def select_highest(design: FlatDesign, n: Ints, n_dlt: Ints, highest: int) -> int:
    """The highest tolerated level from 1, one with enough participants if there is any; 0 for none."""
    found = 0
    for level in range(highest - 1, -1, -1):
        if n[level] > 0 and BOTH_COHORTS * n_dlt[level] <= n[level]:
            if n[level] >= design.fewest_at_mtd:
                return level + 1
            if found == 0:
                found = level + 1
    return found


@njit(cache=True)
def _pool(
    design: FlatDesign, n: Ints, n_dlt: Ints, highest: int, pools: Floats, ends: Ints
) -> tuple[int, bool]:
    """How many pools the isotonic estimate has, and whether a level has enough participants for an MTD.

    Written are the sum and the mass of each pool, and the last level of each.
    """
    n_pools, any_enough = 0, False
    for level in range(highest):
        if n[level] == 0:
            continue
        any_enough |= n[level] >= design.fewest_at_mtd
        cell = n[level] * design.width + n_dlt[level]
        total, mass = design.totals[cell], design.weights[cell]
        while n_pools > 0 and pools[0, n_pools - 1] * mass > total * pools[1, n_pools - 1]:
            n_pools -= 1
            total += pools[0, n_pools]
            mass += pools[1, n_pools]
        pools[0, n_pools], pools[1, n_pools], ends[n_pools] = total, mass, level
        n_pools += 1
    return n_pools, any_enough


@njit(cache=True)
def select_closest(
    design: FlatDesign, n: Ints, n_dlt: Ints, highest: int, pools: Floats, ends: Ints, estimates: Floats
) -> int:
    """The level from 1 whose isotonic estimate is closest to the target; 0 for none, -1 for a tie.

    ``pools``, ``ends`` and ``estimates`` are room to work in: two by levels, and one per level each.
    """
    n_pools, any_enough = _pool(design, n, n_dlt, highest, pools, ends)
    fewest = design.fewest_at_mtd if any_enough else 1
    least, level = np.inf, 0
    for pool in range(n_pools):
        estimate = pools[0, pool] / pools[1, pool]
        distance = abs(estimate - design.target_rate)
        while level <= ends[pool]:
            estimates[level] = np.inf
            if n[level] >= fewest:
                if abs(estimate - design.bound) < NEAR:
                    return -1
                if estimate <= design.bound:
                    estimates[level] = estimate
                    least = min(least, distance)
            level += 1
    if least == np.inf:
        return 0
    first, last = -1, -1
    for place in range(level):
        if abs(estimates[place] - design.target_rate) <= least + NEAR:
            first = place if first < 0 else first
            last = place
    low = estimates[first]
    if first == last:
        return first + 1
    if estimates[last] - low > NEAR or abs(low - design.target_rate) < NEAR:
        return -1
    return last + 1 if low < design.target_rate else first + 1
