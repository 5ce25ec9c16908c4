"""Every state that a design can reach, with the number of ways to reach it.

A design that decides on counts is a Markov chain on (counts, current level). Along every path to a state the
likelihood is the same, so a state needs one weight, the number of ways to reach it, which no true DLT rate
enters. States are walked in layers of equal total; a state is one whole number, the pair (n, y) of each level
in a few of its bits, so equal states are found by sorting.
"""

from collections.abc import Iterator, Sequence
from math import comb, exp, log
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from firstdose.design.stepping import STOP_TOO_TOXIC, Assign, IntArray

KEY_BITS = 63
MOST_STATES = 10_000_000
"""States of one layer beyond which a walk is refused; so many take about 4 GB."""
LAYER_TO_JUDGE_FROM = 20_000
"""States of the layer from which the growth of the layers is carried forward."""

COMPILED_FROM = 1 << 20
"""Pieces of a layer with so many states are merged by compiled code, which takes half a second to load."""

BOTH_BITS = 15
BOTH_MASK = (1 << BOTH_BITS) - 1
"""How n and y share one number while states are unpacked."""

ROWS_AT_ONCE = 1 << 15
"""States that take their step together, so that their arrays stay in the processor's cache."""

Keys = tuple[NDArray[np.int64], ...]
Weights = NDArray[np.float64]


class Ends(msgspec.Struct, frozen=True, kw_only=True):
    """Every way in which a part may end; one row per state, one column per level.

    ``n_paths`` are the ways to get there, ``n_cohorts`` and ``n_seconds`` the mean over these ways of the
    cohorts treated and of those cohorts that had a second participant. ``layers`` is the number of states
    for each total of participants.
    """

    n: IntArray
    n_dlt: IntArray
    n_paths: Weights
    mtd: IntArray
    too_toxic: NDArray[np.bool_]
    n_cohorts: Weights
    n_seconds: Weights
    layers: tuple[int, ...]


class GraphTooLarge(ValueError):  # noqa: N818 - it is a refusal, and says why
    """The states of a design do not fit into memory."""

    def __init__(self, expected: int, most_states: int) -> None:
        super().__init__(
            f"the design reaches about {expected:,} states with all its participants, and {most_states:,} "
            "are allowed; choose larger cohorts, fewer participants or levels, or simulate"
        )
        self.expected = expected


class _Packing:
    """Counts as whole numbers: for each level the index of its pair (n, y), and the current level."""

    def __init__(self, n_levels: int, most: int) -> None:
        pairs = (most + 1) * (most + 2) // 2
        self.n_levels = n_levels
        self.bits = max(1, (pairs - 1).bit_length())
        self.mask = (1 << self.bits) - 1
        self.too_toxic = n_levels + 1
        self.level_bits = self.too_toxic.bit_length()
        a_word = KEY_BITS // self.bits
        room = (KEY_BITS - self.level_bits) // self.bits
        self.places = []
        for level in range(n_levels):
            # the first word keeps room for the current level in its lowest bits
            if level < room:
                self.places.append((0, self.level_bits + level * self.bits))
            else:
                word, at = divmod(level - room, a_word)
                self.places.append((word + 1, at * self.bits))
        self.n_words = self.places[-1][0] + 1
        self.n_of_pair = np.repeat(np.arange(most + 1), np.arange(1, most + 2)).astype(np.int16)
        n = self.n_of_pair.astype(np.int32)
        n_dlt = np.arange(pairs) - n * (n + 1) // 2
        self.both_of_pair = ((n << BOTH_BITS) | n_dlt).astype(np.int32)

    def pack(self, n: Sequence[int], n_dlt: Sequence[int], level: int) -> Keys:
        words = [0] * self.n_words
        words[0] = level
        for (word, shift), n_here, n_dlt_here in zip(self.places, n, n_dlt, strict=True):
            words[word] |= (n_here * (n_here + 1) // 2 + n_dlt_here) << shift
        return tuple(np.array([word], dtype=np.int64) for word in words)

    def unpack(self, keys: Keys) -> tuple[IntArray, IntArray, IntArray]:
        n = np.empty((self.n_levels, len(keys[0])), dtype=np.int16)
        n_dlt = np.empty_like(n)
        for place, (word, shift) in enumerate(self.places):
            both = self.both_of_pair.take((keys[word] >> shift) & self.mask)
            np.right_shift(both, BOTH_BITS, out=n[place], casting="unsafe")
            np.bitwise_and(both, BOTH_MASK, out=n_dlt[place], casting="unsafe")
        return n.T, n_dlt.T, (keys[0] & ((1 << self.level_bits) - 1)).astype(np.int16)

    def mark(self, keys: Keys, level: IntArray | int) -> Keys:
        """The keys with another value in the place of the current level."""
        cleared = (keys[0] >> self.level_bits) << self.level_bits
        return (cleared | np.asarray(level, dtype=np.int64), *keys[1:])


class _Piece(NamedTuple):
    """States on their way into a layer, not merged yet; ``weights`` has the rows of ``_WEIGHTS``."""

    keys: Keys
    weights: Weights

    def take(self, rows: slice | IntArray | NDArray[np.bool_]) -> "_Piece":
        return _Piece(tuple(word[rows] for word in self.keys), self.weights[:, rows])


class _Whole(NamedTuple):
    """Ends as they are told: counts by level, one column per state, how they end, and their weights."""

    n: IntArray
    n_dlt: IntArray
    code: IntArray
    weights: Weights


_PATHS, _COHORTS, _SECONDS = 0, 1, 2
"""Rows of weights: ways, and ways times cohorts, ways times cohorts with a second participant."""


def _join(pieces: list[_Piece]) -> _Piece:
    keys = tuple(np.concatenate(words) for words in zip(*(piece.keys for piece in pieces), strict=True))
    return _Piece(keys, np.concatenate([piece.weights for piece in pieces], axis=1))


_Runs = dict[tuple[int, int], list[_Piece]]
"""The pieces of a layer by the cohort that led there and its DLTs; those of one are in order, one after another."""


def _merge_layer(runs: _Runs) -> _Piece:
    """A layer from its runs."""
    total = sum(len(piece.keys[0]) for pieces in runs.values() for piece in pieces)
    is_one_word = all(len(pieces[0].keys) == 1 for pieces in runs.values())
    if not is_one_word or total < COMPILED_FROM:
        return _merge([piece for pieces in runs.values() for piece in pieces])
    from firstdose.design.exact.run_merge import merge_runs  # noqa: PLC0415 - numba, for layers of millions

    whole = [_join(pieces) for pieces in runs.values()]
    runs.clear()
    keys, weights = merge_runs([(run.keys[0], run.weights) for run in whole])
    return _Piece((keys,), weights)


def _merge(pieces: list[_Piece]) -> _Piece:
    """Equal states made one, their weights added."""
    keys, weights = _join(pieces)
    pieces.clear()
    order = np.argsort(keys[0], kind="stable") if len(keys) == 1 else np.lexsort(keys)
    keys = tuple(word[order] for word in keys)
    is_new = np.ones(len(order), dtype=np.bool_)
    is_new[1:] = keys[0][1:] != keys[0][:-1]
    for word in keys[1:]:
        is_new[1:] |= word[1:] != word[:-1]
    starts = np.flatnonzero(is_new)
    merged = np.empty((len(weights), len(starts)))
    for row, weight in enumerate(weights):
        np.add.reduceat(weight[order], starts, out=merged[row])
    return _Piece(tuple(word[starts] for word in keys), merged)


def enumerate_states(
    assign: Assign,
    *,
    max_n: int,
    n: Sequence[int],
    n_dlt: Sequence[int],
    level: int,
    max_n_per_level: int | None = None,
    all_single: bool = False,
    most_states: int = MOST_STATES,
) -> Ends:
    """Walk a design over every state that it can reach from one state.

    Parameters
    ----------
    assign : callable
        The design's step: see :mod:`firstdose.design.stepping`.
    max_n : int
        Participants in all with whom the part ends.
    n, n_dlt : sequence of int
        Counts per level from which it goes on, lowest first; zeros at the start.
    level : int
        Level of the last cohort, from 1; the start level when nobody has been treated.
    max_n_per_level : int, optional
        Most participants at a level, where the design says so: the states then need less room.
    all_single : bool
        Whether every cohort has one participant, so that cohorts need not be counted.
    most_states : int
        States of one layer beyond which the walk is refused.

    Raises
    ------
    GraphTooLarge
        As soon as the growth of the layers shows that one of them will have more.
    """
    total = sum(n)
    packing = _Packing(len(n), max(max_n if max_n_per_level is None else max_n_per_level, *n))
    runs: list[_Runs] = [{} for _ in range(max(max_n, total) + 1)]
    weights = np.array([[1.0]] if all_single else [[1.0], [0.0], [0.0]])
    runs[total][0, 0] = [_Piece(packing.pack(n, n_dlt, level), weights)]
    layers, stride = [0] * len(runs), 1
    ends: list[_Piece] = []
    whole: list[_Whole] = []
    for total_here in range(total, len(runs)):
        if not runs[total_here]:
            continue
        layer = _merge_layer(runs[total_here])
        layers[total_here] = len(layer.keys[0])
        _require_room(layers, total_here, stride, most_states)
        for first in range(0, layers[total_here], ROWS_AT_ONCE):
            block = layer.take(slice(first, first + ROWS_AT_ONCE))
            counts = packing.unpack(block.keys)
            steps = assign(*counts)
            is_end = steps.size == 0
            code = np.where(steps.action == STOP_TOO_TOXIC, packing.too_toxic, steps.level)
            if total_here >= max_n:
                # all were treated: every state is an end, and each forgot its level when its layer was merged
                whole.append(_Whole(counts[0].T, counts[1].T, code, block.weights))
                continue
            if is_end.any():
                ended = block.take(is_end)
                ends.append(_Piece(packing.mark(ended.keys, code[is_end]), ended.weights))
            # cohorts of one size at one level move together: their keys then stay in order, and sort sooner
            cohorts = np.where(is_end, 0, steps.size.astype(np.int16) * (packing.n_levels + 1) + steps.level)
            for cohort in np.flatnonzero(np.bincount(cohorts)).tolist():
                size, level_next = divmod(cohort, packing.n_levels + 1)
                if size == 0:
                    continue
                after, stride = total_here + size, max(stride, size)
                parents = block.take(np.flatnonzero(cohorts == cohort))
                treated = _treat(packing, parents, level_next, size, is_last=after >= max_n)
                for events, piece in enumerate(treated):
                    runs[after].setdefault((cohort, events), []).append(piece)
    return _collect(ends, whole, packing, tuple(layers), total)


def _treat(packing: _Packing, parents: _Piece, level: int, size: int, *, is_last: bool) -> Iterator[_Piece]:
    """The states after a cohort at a level, one piece for each number of its participants with a DLT."""
    word, shift = packing.places[level - 1]
    n_old = packing.n_of_pair.take((parents.keys[word] >> shift) & packing.mask).astype(np.int64)
    keys = list(parents.keys)
    # n (n + 1) / 2 + y: the pair's index grows by this when a cohort without a DLT joins
    keys[word] = keys[word] + ((size * n_old + size * (size + 1) // 2) << shift)
    # where all were treated the level says nothing, and states that differ in it alone are one
    (keys[0],) = packing.mark((keys[0],), 1 if is_last else level)
    weights = parents.weights
    if len(weights) > 1:
        weights = weights.copy()
        weights[_COHORTS] += weights[_PATHS]
        if size > 1:
            weights[_SECONDS] += weights[_PATHS]
    for n_dlt in range(size + 1):
        grown = (*keys[:word], keys[word] + (n_dlt << shift), *keys[word + 1 :])
        ways = comb(size, n_dlt)
        yield _Piece(grown, weights if ways == 1 else weights * ways)


def _require_room(layers: Sequence[int], total: int, stride: int, most_states: int) -> None:
    """Refuse a walk whose last layer will have too many states."""
    expected = predict_last_layer(layers, total, stride)
    if expected > most_states:
        raise GraphTooLarge(expected, most_states)


def predict_last_layer(layers: Sequence[int], total: int, stride: int) -> int:
    """States of the last layer, from the layers up to this total.

    The logarithm of the layers is carried forward, and its growth slows down as it did last. Layers are taken
    together by the size of the largest cohort: after single participants, chains of layers lie side by side.

    Parameters
    ----------
    layers : sequence of int
        States for each total of participants, 0 for the totals that are never met or are still to come.
    total : int
    stride : int
        The largest cohort so far.

    Examples
    --------
    >>> layers = [0] * 37
    >>> layers[15:24:3] = 257, 625, 1347
    >>> layers[24:34:3] = 3079, 6474, 14041, 27353
    >>> predict_last_layer(layers, 33, 3)
    49606
    """
    blocks = [sum(layers[max(0, end - stride) : end]) for end in range(total + 1, 0, -stride)][:3]
    if layers[total] < LAYER_TO_JUDGE_FROM or len(blocks) < 3 or not blocks[-1]:  # noqa: PLR2004 - two growths
        return layers[total]
    high, low = (log(blocks[k] / blocks[k + 1]) / stride for k in (0, 1))
    slowing = max(0.0, low - high) / stride
    left = len(layers) - 1 - total
    # growth that slows down evenly would end; it is taken to slow down to its half at most
    rates = (max(high - slowing * k, high / 2) for k in range(1, left + 1))
    return round(blocks[0] * exp(sum(rates)))


def _collect(
    ends: list[_Piece], whole: list[_Whole], packing: _Packing, layers: tuple[int, ...], n_before: int
) -> Ends:
    """All ends, those merged that differ in the level where they ended alone."""
    if ends:
        early = _merge(ends)
        n, n_dlt, code = packing.unpack(early.keys)
        whole = [_Whole(n.T, n_dlt.T, code, early.weights), *whole]
    n, n_dlt = (np.concatenate(one, axis=1).T for one in ([w.n for w in whole], [w.n_dlt for w in whole]))
    code = np.concatenate([one.code for one in whole])
    weights = np.concatenate([one.weights for one in whole], axis=1)
    too_toxic = code == packing.too_toxic
    paths = weights[_PATHS]
    if len(weights) > 1:
        n_cohorts, n_seconds = weights[_COHORTS] / paths, weights[_SECONDS] / paths
    else:
        n_cohorts, n_seconds = n.sum(axis=1, dtype=np.float64) - n_before, np.zeros(len(paths))
    return Ends(
        n=n,
        n_dlt=n_dlt,
        n_paths=paths,
        mtd=np.where(too_toxic, 0, code).astype(np.int16),
        too_toxic=too_toxic,
        n_cohorts=n_cohorts,
        n_seconds=n_seconds,
        layers=layers,
    )
