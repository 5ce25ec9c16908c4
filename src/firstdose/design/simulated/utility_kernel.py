"""BOIN12 played participant by participant in compiled code; importing this module imports numba."""

from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from firstdose.design.decision_table import compile_table
from firstdose.design.rules.boin12_table import RankTable
from firstdose.design.simulated.flat_design import (
    FlatDesign,
    Floats,
    Ints,
    Small,
    flatten_table,
    select_closest,
)
from firstdose.design.simulated.streams import EFFICACY, OUTCOME, look_up, start_stream
from firstdose.design.specification import DesignSpecification
from firstdose.design.stepping import DE_ESCALATE, MOST_DLT_TO_FILL_UP, STAY

_compile = njit(cache=True, error_model="numpy")

TIED = -1
"""An OBD that hangs on a tie which floating point cannot decide."""
N, N_DLT, N_EFFICACY, N_BOTH = 0, 1, 2, 3
"""Rows of counts."""


class FlatRanks(NamedTuple):
    """A rank table and its guards as the kernel reads them; levels count from 0.

    ``cells[n * width + y]`` is the zone, with 4 added where the level is too toxic. ``ranks`` holds the ranks of
    ``[n][y][e]`` from ``places[(n * width + y) * width + e]`` on. ``utilities`` are whole numbers, ``unit`` to the best.
    """

    closest: FlatDesign
    cells: Ints
    places: Ints
    ranks: Ints
    utilities: Ints
    unit: int
    width: int
    n_levels: int
    start: int
    max_n: int
    max_n_per_level: int
    cohort_size: int
    fewest_at_obd: int
    explore_below: int
    explore_untried_from: int
    counts_both: bool


def flatten_ranks(table: RankTable, guards: DesignSpecification) -> FlatRanks:
    """The rank table and its guards as the kernel reads them."""
    spec, most = table.specification, table.max_n_per_level
    width = most + 1
    cells, places = np.zeros(width * width, np.int64), np.zeros(width**3, np.int64)
    ranks: list[int] = []
    for n in range(width):
        for y in range(n + 1):
            cells[n * width + y] = table.zones[n][y] + 4 * table.too_toxic[n][y]
            for e in range(n + 1):
                places[(n * width + y) * width + e] = len(ranks)
                ranks += table.ranks[n][y][e]
    shares = [Fraction(Decimal(u)) / 100 for u in (spec.u1, spec.u2, spec.u3, spec.u4)]
    unit = lcm(*(share.denominator for share in shares))
    # the MTD is that of BOIN with the highest acceptable rate as its target
    as_boin = DesignSpecification(
        rule="boin",
        n_levels=guards.n_levels,
        target_rate=spec.max_toxicity_rate,
        max_n=guards.max_n,
        max_n_per_level=guards.max_n_per_level,
        mtd_min_n=1,
        cohort_size=guards.cohort_size,
    )
    untried = spec.explore_untried_from
    return FlatRanks(
        closest=flatten_table(compile_table(as_boin)),
        cells=cells,
        places=places,
        ranks=np.array(ranks),
        utilities=np.array([int(share * unit) for share in shares]),
        unit=unit,
        width=width,
        n_levels=guards.n_levels,
        start=guards.start_level - 1,
        max_n=guards.max_n,
        max_n_per_level=guards.max_n_per_level,
        cohort_size=guards.cohort_size,
        fewest_at_obd=guards.mtd_min_n,
        explore_below=spec.explore_below,
        explore_untried_from=width if untried is None else untried,
        counts_both=spec.counts_both,
    )


@_compile
def _read_rank(flat: FlatRanks, counts: Ints, level: int) -> int:
    n, y, e = counts[N, level], counts[N_DLT, level], counts[N_EFFICACY, level]
    place = flat.places[(n * flat.width + y) * flat.width + e]
    if flat.counts_both:
        place += counts[N_BOTH, level] - max(0, y + e - n)
    return int(flat.ranks[place])


@_compile
def _choose(flat: FlatRanks, counts: Ints, level: int, highest: int) -> int:
    """The level of the next cohort, -1 for none."""
    below, above = -1, -1
    for one in range(min(level, highest)):
        if _read_rank(flat, counts, one) > 0:
            below = one
    at = level if level < highest and _read_rank(flat, counts, level) > 0 else -1
    for one in range(highest - 1, level, -1):
        if _read_rank(flat, counts, one) > 0:
            above = one
    n_here = counts[N, level]
    zone = flat.cells[n_here * flat.width + counts[N_DLT, level]] & 3
    if level >= highest or zone == DE_ESCALATE:
        return below if below >= 0 else at
    if n_here >= flat.explore_untried_from and above >= 0 and counts[N, above] == 0:
        return above
    if zone == STAY and n_here >= flat.explore_below:
        above = -1
    best, best_rank = -1, 0
    for one in (below, at, above):
        if one >= 0:
            rank = _read_rank(flat, counts, one)
            if rank >= best_rank:
                best, best_rank = one, rank
    return best


@_compile
def _select_obd(flat: FlatRanks, counts: Ints, mtd: int) -> int:
    """The level from 1 with the highest mean utility, one with enough participants if there is any; 0 for none."""
    found, found_enough, top, size = 0, False, 0, 1
    for level in range(mtd):
        n, y = counts[N, level], counts[N_DLT, level]
        e, both = counts[N_EFFICACY, level], counts[N_BOTH, level]
        if n == 0 or _read_rank(flat, counts, level) == 0:
            continue
        if not flat.counts_both:
            both = max(0, y + e - n)
        has_enough = n >= flat.fewest_at_obd
        worth = flat.unit + flat.utilities[0] * (e - both) + flat.utilities[1] * (n - y - e + both)
        worth += flat.utilities[2] * both + flat.utilities[3] * (y - both)
        is_better = worth * size > top * (n + 2)
        if found == 0 or (has_enough and not found_enough) or (has_enough == found_enough and is_better):
            found, found_enough, top, size = level + 1, has_enough, worth, n + 2
    return found


@_compile
def play_utility_trials(  # noqa: C901, PLR0912 - its arrays, handed on at every step, cost more than the step
    flat: FlatRanks,
    truth: Floats,
    seed: int,
    first_trial: int,
    obd: Small,
    kept: NDArray[np.int16],
    none_admissible: NDArray[np.bool_],
) -> None:
    """Play one trial per row, in the order of :func:`firstdose.design.rules.boin12.recommend_boin12`."""
    n_levels = flat.n_levels
    counts = np.zeros((4, n_levels), np.int64)
    pools, ends, estimates = np.zeros((2, n_levels)), np.zeros(n_levels, np.int64), np.zeros(n_levels)
    for row in range(len(obd)):
        outcomes = start_stream(seed, first_trial + row, OUTCOME)
        responses = start_stream(seed, first_trial + row, EFFICACY)
        counts[:] = 0
        level, total, reached, is_none, highest = flat.start, 0, -1, False, n_levels
        while True:
            highest = n_levels
            for one in range(n_levels - 1, -1, -1):
                if flat.cells[counts[N, one] * flat.width + counts[N_DLT, one]] & 4:
                    highest = one
            if highest == 0:
                is_none = True
                break
            if total >= flat.max_n:
                break
            n_here, n_dlt_here = counts[N, level], counts[N_DLT, level]
            zone = flat.cells[n_here * flat.width + n_dlt_here] & 3
            target = level
            is_settled = zone == DE_ESCALATE and n_dlt_here > MOST_DLT_TO_FILL_UP
            if level >= highest or (n_here > 0 and (n_here >= flat.cohort_size or is_settled)):
                target = _choose(flat, counts, level, highest)
            if target < 0:
                is_none = True
                break
            n_there = counts[N, target]
            size = flat.cohort_size
            if n_there < size and reached <= target:
                size -= n_there
            size = min(size, flat.max_n - total, flat.max_n_per_level - n_there)
            if size <= 0:
                break
            for k in range(total, total + size):
                has_dlt = look_up(outcomes, k) < truth[0, target]
                responds = look_up(responses, k) < truth[1 if has_dlt else 2, target]
                counts[N_DLT, target] += has_dlt
                counts[N_EFFICACY, target] += responds
                counts[N_BOTH, target] += has_dlt and responds
            counts[N, target] += size
            total += size
            level = target
            reached = max(reached, level)
        obd[row] = 0
        if not is_none:
            mtd = select_closest(flat.closest, counts[N], counts[N_DLT], highest, pools, ends, estimates)
            obd[row] = TIED if mtd < 0 else _select_obd(flat, counts, mtd)
        none_admissible[row] = is_none
        for what in range(4):
            for one in range(n_levels):
                kept[row, what, one] = counts[what, one]
