"""Exact operating characteristics of BOIN12, whose participants have a DLT or not and a response or not.

A state is (participants, DLTs, responses) of every level and the current level. The rule reads DLTs and responses
apart, so with independent outcomes the likelihood of a state is a product over levels, and one weight per state is
enough: over the paths that lead to it, the sum of the products of binomial coefficients of both outcomes. No true
rate enters the walk; see :mod:`firstdose.design.exact.final_states` for the same with DLTs alone.
"""

from collections.abc import Callable
from fractions import Fraction
from math import comb
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from firstdose.design.exact.state_graph import KEY_BITS, GraphTooLarge, predict_last_layer
from firstdose.design.rules.boin12 import Boin12Guards
from firstdose.design.rules.boin12_table import RankTable, compute_mean_utility, list_both
from firstdose.design.rules.closest_level import ClosestLevel
from firstdose.design.stepping import (
    DE_ESCALATE,
    ESCALATE,
    MOST_DLT_TO_FILL_UP,
    STAY,
    STOP_AND_SELECT_MTD,
    STOP_TOO_TOXIC,
    BoolArray,
    IntArray,
    Steps,
)

MOST_STATES = 5_000_000
"""States of one layer beyond which a walk is refused; so many take about 1 GB."""
ROWS_AT_ONCE = 1 << 16

Judge = Callable[[IntArray, IntArray, IntArray, IntArray], Steps]
"""``assign(n, n_dlt, n_efficacy, level)``, arrays as in :mod:`firstdose.design.stepping`."""
Floats = NDArray[np.float64]


class TwoOutcomeStates(msgspec.Struct, frozen=True, kw_only=True):
    """Every way in which a BOIN12 part may end; one row per state, one column per level.

    ``obd`` is the selected level from 1, 0 for none; ``none_admissible`` says that the part stopped because no level
    was admissible; ``n_paths`` are the ways to get there; ``layers`` the states for each total of participants.
    """

    digest: str
    n: IntArray
    n_dlt: IntArray
    n_efficacy: IntArray
    n_paths: Floats
    obd: IntArray
    none_admissible: BoolArray
    layers: tuple[int, ...]


def assign_from_rank_table(table: RankTable, guards: Boin12Guards, cap_level: int | None = None) -> Judge:
    """The design as one function of counts, for many states at once.

    The same as :func:`firstdose.design.rules.boin12.recommend_boin12` in every state.

    Raises
    ------
    ValueError
        If the utilities need the participants with both a DLT and a response.
    """
    spec, most = table.specification, table.max_n_per_level
    if spec.counts_both:
        raise ValueError(
            "participants with both outcomes are not counted here: make u1 + u4 equal to u2 + u3"
        )
    wide = most + 1
    zones, too_toxic = _fill(table.zones, wide), _fill(table.too_toxic, wide).astype(np.bool_)
    ranks, order = _fill_ranks(table), _order_utilities(table)
    ceiling = guards.n_levels if cap_level is None else max(0, min(cap_level, guards.n_levels))
    closest = ClosestLevel(Fraction(spec.max_toxicity_rate), most)
    levels = np.arange(1, guards.n_levels + 1)

    def assign(n: IntArray, n_dlt: IntArray, n_efficacy: IntArray, level: IntArray) -> Steps:
        pairs = n.astype(np.intp) * wide + n_dlt
        is_closed = np.logical_or.accumulate(too_toxic.take(pairs), axis=1) | (levels > ceiling)
        rank = np.where(is_closed, 0, ranks.take(pairs * wide + n_efficacy))
        rows, here = np.arange(len(level)), level - 1
        n_here, n_dlt_here, zone = n[rows, here], n_dlt[rows, here], zones.take(pairs[rows, here])
        is_open = ~is_closed[rows, here]
        chosen = _choose(table, n, rank, level, np.where(is_open, zone, DE_ESCALATE))
        fills_up = (n_here < guards.cohort_size) & ~(
            (zone == DE_ESCALATE) & (n_dlt_here > MOST_DLT_TO_FILL_UP)
        )
        target = np.where(is_open & ((n_here == 0) | fills_up), level, chosen)
        total = n.sum(axis=1)
        is_complete = ~is_closed.all(axis=1) & (total >= guards.max_n)
        stops = (target == 0) & ~is_complete
        size = _assign_sizes(guards, n, target, total)
        ends = ~stops & (size == 0)
        obd = np.zeros(len(level), dtype=np.int8)
        if ends.any():
            obd[ends] = select(n[ends], n_dlt[ends], is_closed[ends], rank[ends], n_efficacy[ends])
        action = np.select(
            [stops, ends, target > level, target < level],
            [STOP_TOO_TOXIC, STOP_AND_SELECT_MTD, ESCALATE, DE_ESCALATE],
            STAY,
        )
        to = np.where(ends, obd, np.where(stops, 0, target))
        return Steps(action.astype(np.int8), to.astype(np.int8), np.where(stops | ends, 0, size))

    def select(
        n: IntArray, n_dlt: IntArray, is_closed: BoolArray, rank: IntArray, n_efficacy: IntArray
    ) -> IntArray:
        tried = (n > 0) & ~is_closed
        mtd = closest.assign(n, n_dlt, tried, tried)
        may = tried & (rank > 0) & (levels <= mtd[:, None])
        enough = may & (n >= guards.mtd_min_n)
        may = np.where(enough.any(axis=1, keepdims=True), enough, may)
        utility = order.take((n.astype(np.intp) * wide + n_dlt) * wide + n_efficacy)
        best = np.where(may, utility, 0)
        found: IntArray = np.where(may.any(axis=1), best.argmax(axis=1) + 1, 0).astype(np.int8)
        return found

    return assign


def _choose(table: RankTable, n: IntArray, rank: IntArray, level: IntArray, zone: IntArray) -> IntArray:
    """The level of the next cohort from 1, 0 where none of those in question is admissible."""
    spec, n_levels = table.specification, n.shape[1]
    rows, levels = np.arange(len(level)), np.arange(1, n_levels + 1)
    is_admissible = rank > 0
    below = np.where(is_admissible & (levels < level[:, None]), levels, 0).max(axis=1)
    above = np.where(is_admissible & (levels > level[:, None]), levels, n_levels + 1).min(axis=1)
    above = np.where(above > n_levels, 0, above)
    at = np.where(is_admissible[rows, level - 1], level, 0)

    def look_up(counts: IntArray, where: IntArray) -> IntArray:
        found: IntArray = np.where(where > 0, counts[rows, np.maximum(where, 1) - 1], 0)
        return found

    n_here = n[rows, level - 1]
    competes = (zone != DE_ESCALATE) & ~((zone == STAY) & (n_here >= spec.explore_below))
    best = np.where(look_up(rank, at) >= look_up(rank, below), at, below)
    with_above = np.where(look_up(rank, above) >= look_up(rank, best), above, best)
    chosen = np.where(competes & (above > 0), with_above, best)
    if spec.explore_untried_from is not None:
        explores = (zone != DE_ESCALATE) & (n_here >= spec.explore_untried_from) & (above > 0)
        explores &= look_up(n, above) == 0
        chosen = np.where(explores, above, chosen)
    down = np.where(below > 0, below, at)
    picked: IntArray = np.where(zone == DE_ESCALATE, down, chosen).astype(np.int8)
    return picked


def _assign_sizes(guards: Boin12Guards, n: IntArray, target: IntArray, total: IntArray) -> IntArray:
    """The size of the next cohort, 0 where the sample or the level is full."""
    place = np.maximum(target, 1) - 1
    n_there = n[np.arange(len(place)), place].astype(np.int64)
    is_above = np.arange(n.shape[1]) > place[:, None]
    is_begun = (n_there < guards.cohort_size) & ~((n > 0) & is_above).any(axis=1)
    size = np.where(is_begun, guards.cohort_size - n_there, guards.cohort_size)
    size = np.minimum(size, np.minimum(guards.max_n - total, guards.max_n_per_level - n_there))
    found: IntArray = np.maximum(size, 0).astype(np.int16)
    return found


def _fill(rows: tuple[tuple[int, ...], ...], wide: int) -> IntArray:
    filled = np.zeros((wide, wide), dtype=np.int8)
    for n, row in enumerate(rows):
        filled[n, : len(row)] = row
    return filled


def _fill_ranks(table: RankTable) -> IntArray:
    wide = table.max_n_per_level + 1
    filled = np.zeros((wide, wide, wide), dtype=np.int32)
    for n, by_dlt in enumerate(table.ranks):
        for y, row in enumerate(by_dlt):
            filled[n, y, : len(row)] = [places[0] for places in row]
    return filled


def _order_utilities(table: RankTable) -> IntArray:
    """Places of the posterior mean utilities of all counts, from 1, equal for equal ones."""
    spec, wide = table.specification, table.max_n_per_level + 1
    means = {
        (n, y, e): compute_mean_utility(n, spec.compute_quasi_events(n, y, e, list_both(spec, n, y, e)[0]))
        for n in range(wide)
        for y in range(n + 1)
        for e in range(n + 1)
    }
    place_of = {mean: place for place, mean in enumerate(sorted(set(means.values())), start=1)}
    filled = np.zeros((wide, wide, wide), dtype=np.int32)
    for cell, mean in means.items():
        filled[cell] = place_of[mean]
    return filled


class _Packing:
    """Counts as whole numbers: for each level the index of its (n, y, e), and the current level in the lowest bits.

    Only numbers of participants that whole cohorts can make have an index, where every cohort is whole.
    """

    def __init__(self, guards: Boin12Guards) -> None:
        most, size = min(guards.max_n, guards.max_n_per_level), guards.cohort_size
        all_whole = guards.max_n % size == 0 and guards.max_n_per_level % size == 0
        numbers = range(0, most + 1, size if all_whole else 1)
        self.n_levels = guards.n_levels
        self.first_of_n = np.zeros(most + 1, dtype=np.int64)
        cells: list[tuple[int, int, int]] = []
        for n in numbers:
            self.first_of_n[n] = len(cells)
            cells += [(n, y, e) for y in range(n + 1) for e in range(n + 1)]
        self.cells = np.array(cells, dtype=np.int8)
        self.bits = max(1, (len(cells) - 1).bit_length())
        self.level_bits = (guards.n_levels + 1).bit_length()
        self.mask = (1 << self.bits) - 1

    @property
    def n_bits(self) -> int:
        return self.level_bits + self.n_levels * self.bits

    def shift(self, place: IntArray) -> IntArray:
        return self.level_bits + place.astype(np.int64) * self.bits

    def unpack(self, keys: NDArray[np.int64]) -> tuple[IntArray, IntArray, IntArray, IntArray]:
        index = (keys[:, None] >> self.shift(np.arange(self.n_levels))) & self.mask
        n, n_dlt, n_efficacy = np.moveaxis(self.cells.take(index, axis=0), -1, 0)
        return n, n_dlt, n_efficacy, (keys & ((1 << self.level_bits) - 1)).astype(np.int8)


class _Layer(NamedTuple):
    keys: NDArray[np.int64]
    weights: Floats


def _merge(pieces: list[_Layer]) -> _Layer:
    """Equal states made one, their weights added."""
    keys = np.concatenate([piece.keys for piece in pieces])
    weights = np.concatenate([piece.weights for piece in pieces])
    pieces.clear()
    order = np.argsort(keys)
    keys, weights = keys[order], weights[order]
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    return _Layer(keys[starts], np.add.reduceat(weights, starts))


def enumerate_boin12_states(
    table: RankTable,
    guards: Boin12Guards,
    *,
    start_level: int = 1,
    cap_level: int | None = None,
    most_states: int = MOST_STATES,
) -> TwoOutcomeStates:
    """Walk a BOIN12 design over every state that it can reach.

    Parameters
    ----------
    table : RankTable
    guards : Boin12Guards
    start_level : int
    cap_level : int, optional
        Highest level that the result of another part allows.
    most_states : int
        States with one total of participants beyond which the walk is refused.

    Raises
    ------
    GraphTooLarge
        Before the walk, if a state does not fit into one whole number; else as soon as the growth of the layers
        shows that one of them will have too many.
    """
    packing = _Packing(guards)
    if packing.n_bits > KEY_BITS:
        raise GraphTooLarge(len(packing.cells) ** guards.n_levels, most_states)
    assign = assign_from_rank_table(table, guards, cap_level)
    pieces: list[list[_Layer]] = [[] for _ in range(guards.max_n + 1)]
    pieces[0].append(_Layer(np.array([start_level], dtype=np.int64), np.ones(1)))
    layers = [0] * len(pieces)
    ends: list[tuple[_Layer, IntArray, BoolArray]] = []
    for total, waiting in enumerate(pieces):
        if not waiting:
            continue
        layer = _merge(waiting)
        layers[total] = len(layer.keys)
        expected = max(layers[total], predict_last_layer(layers, total, guards.cohort_size))
        if expected > most_states:
            raise GraphTooLarge(expected, most_states)
        for first in range(0, layers[total], ROWS_AT_ONCE):
            keys = layer.keys[first : first + ROWS_AT_ONCE]
            weights = layer.weights[first : first + ROWS_AT_ONCE]
            steps = assign(*packing.unpack(keys))
            is_end = steps.size == 0
            if is_end.any():
                is_none = steps.action[is_end] == STOP_TOO_TOXIC
                ends.append((_Layer(keys[is_end], weights[is_end]), steps.level[is_end], is_none))
            for size in np.unique(steps.size[~is_end]).tolist():
                rows = steps.size == size
                after = _Layer(keys[rows], weights[rows])
                is_last = total + size >= guards.max_n
                pieces[total + size] += _treat(packing, after, steps.level[rows], size, is_last=is_last)
    keys = np.concatenate([piece.keys for piece, *_ in ends])
    n, n_dlt, n_efficacy, _ = packing.unpack(keys)
    return TwoOutcomeStates(
        digest=table.digest,
        n=n,
        n_dlt=n_dlt,
        n_efficacy=n_efficacy,
        n_paths=np.concatenate([piece.weights for piece, *_ in ends]),
        obd=np.concatenate([obd for _, obd, _ in ends]),
        none_admissible=np.concatenate([is_none for *_, is_none in ends]),
        layers=tuple(layers),
    )


def _treat(packing: _Packing, parents: _Layer, level: IntArray, size: int, *, is_last: bool) -> list[_Layer]:
    """The states after a cohort, one piece for each number with a DLT and each number with a response."""
    shift = packing.shift(level - 1)
    old = (parents.keys >> shift) & packing.mask
    n, n_dlt, n_efficacy = (column.astype(np.int64) for column in packing.cells.take(old, axis=0).T)
    after = n + size
    # where all were treated the level says nothing, and states that differ in it alone are one
    cleared = (parents.keys >> packing.level_bits) << packing.level_bits
    base = cleared | (1 if is_last else level.astype(np.int64))
    index = packing.first_of_n.take(after) + n_dlt * (after + 1) + n_efficacy
    return [
        _Layer(
            base + ((index + more_dlt * (after + 1) + more_efficacy - old) << shift),
            parents.weights * (comb(size, more_dlt) * comb(size, more_efficacy)),
        )
        for more_dlt in range(size + 1)
        for more_efficacy in range(size + 1)
    ]
