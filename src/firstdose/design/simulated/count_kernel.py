"""Trials of a decision table inside its guards, played participant by participant in compiled code.

The order of the questions is that of :func:`firstdose.design.next_cohort.assign_next_cohort`, less what only asks of
counts that no whole trial reaches. Every DLT window is complete. Importing this module imports numba.
"""

from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numba import njit

from firstdose.design.rules.boin import (
    assign_closest_level,
    find_levels_within,
)
from firstdose.design.simulated.flat_design import (
    ACTION,
    ELIMINATED,
    STOPS_AT_LOWEST,
    Bools,
    FlatDesign,
    Floats,
    Ints,
    Small,
    select_closest,
    select_highest,
)
from firstdose.design.simulated.streams import OUTCOME, look_up, start_stream
from firstdose.design.stepping import DE_ESCALATE, ESCALATE


class TrialCounts(NamedTuple):
    """What the trials add up to, in whole numbers.

    ``selected`` has nobody's level first. ``ends`` counts trials stopped for toxicity and trials with many above the
    MTD. ``sums`` and ``squares`` are, over the trials, of participants on overdose levels, of cohorts, and of cohorts
    with a second participant.
    """

    selected: Ints
    n: Ints
    n_squares: Ints
    n_dlt: Ints
    n_dlt_squares: Ints
    total: Ints
    total_dlt: Ints
    ends: Ints
    sums: Ints
    squares: Ints


class KeptTrials(NamedTuple):
    """Results trial by trial; without rows where nobody asks for them."""

    mtd: Small
    n: Small
    n_dlt: Small


class Tied(NamedTuple):
    """Trials whose MTD hangs on a tie that floating point cannot decide, as many as there is room for."""

    trial: Ints
    highest: Ints
    n: Small
    n_dlt: Small


_ENDS, _WHOLE, _SINGLY, _DOWN = 0, 1, 2, 3
"""How the next cohort comes: not at all, as a whole, as one participant, or on the way down."""


class _Guards(NamedTuple):
    """The numbers of a :class:`FlatDesign`; handing on its arrays as well would cost more than the step itself."""

    ceiling: int
    max_n: int
    max_n_per_level: int
    whole: int
    titrates_below: int
    fewest_to_decide: int
    fewest_at_mtd: int
    enough: int
    stops_at_top: bool
    is_algorithmic: bool


@njit(cache=True)
def _move(
    guards: _Guards, bits: int, n_here: int, total_dlt: int, level: int, highest: int
) -> tuple[int, int]:
    """The level of the next cohort, before anything is full, and how it comes."""
    action = bits & ACTION
    if level >= highest:
        return highest - 1, _DOWN
    titrates = total_dlt == 0 and level < guards.titrates_below
    if n_here == 0:
        return level, _SINGLY if titrates else _WHOLE
    if titrates and level + 1 < highest:
        return level + 1, _SINGLY if level + 1 < guards.titrates_below else _WHOLE
    if n_here < guards.fewest_to_decide:
        # everybody was evaluated: of so few no two have a DLT, or the level is closed
        return level, _WHOLE
    if action == DE_ESCALATE and level > 0:
        return level - 1, _DOWN
    if action != ESCALATE:
        return level, _WHOLE
    if level + 1 < highest:
        return level + 1, _WHOLE
    # below a level closed for toxicity an interval rule treats on: more data may still move it down
    may_end = guards.is_algorithmic or (guards.stops_at_top and highest == guards.ceiling)
    return level, _ENDS if may_end and n_here >= guards.fewest_at_mtd else _WHOLE


@njit(cache=True)
def _cap_size(guards: _Guards, bits_there: int, n_there: int, total: int, way: int, size: int) -> int:
    """What the caps and the end of an algorithmic rule leave of a cohort; 0 or less where the part ends."""
    is_found = way == _DOWN and guards.is_algorithmic and n_there >= guards.fewest_at_mtd
    if is_found and bits_there & ACTION == ESCALATE:
        return 0
    return min(size, guards.max_n - total, guards.max_n_per_level - n_there)


@njit(cache=True)
def _count_levels(
    design: FlatDesign,
    rates: Floats,
    is_overdose: Bools,
    n: Ints,
    n_dlt: Ints,
    reached: int,
    counts: TrialCounts,
) -> tuple[int, int]:
    """Add the levels of one trial; participants above the MTD and on overdose levels."""
    n_above, n_overdose = 0, 0
    for level in range(reached + 1):
        counts.n[level] += n[level]
        counts.n_squares[level] += n[level] * n[level]
        counts.n_dlt[level] += n_dlt[level]
        counts.n_dlt_squares[level] += n_dlt[level] * n_dlt[level]
        n_above += n[level] * (rates[level] > design.target_rate)
        n_overdose += n[level] * is_overdose[level]
    return n_above, n_overdose


@njit(cache=True)
def _count_moments(counts: TrialCounts, place: int, number: int) -> None:
    counts.sums[place] += number
    counts.squares[place] += number * number


@njit(cache=True)
def play_trials(  # noqa: C901, PLR0912, PLR0915 - its arrays, handed on in every step, would cost more than the step
    design: FlatDesign,
    rates: Floats,
    is_overdose: Bools,
    many_above: float,
    seed: int,
    first_trial: int,
    n_trials: int,
    counts: TrialCounts,
    kept: KeptTrials,
    tied: Tied,
) -> tuple[int, int]:
    """Play trials and add their results to the counts.

    Parameters
    ----------
    design : FlatDesign
    rates, is_overdose : array, one per level
        True DLT rates, and whether the level is an overdose.
    many_above : float
        Share of the participants above the MTD that makes many.
    seed, first_trial, n_trials : int
        The trials are numbered on from the first.
    counts : TrialCounts
        Added to.
    kept : KeptTrials
        Written from its first row on, if it has rows.
    tied : Tied
        Written; its trials are in every count but ``selected``.

    Returns
    -------
    tuple of int
        How many trials were played, fewer than asked where there is no room for one more tie; and the ties.
    """
    n_levels = design.n_levels
    n, n_dlt = np.zeros(n_levels, np.int64), np.zeros(n_levels, np.int64)
    pools, ends, estimates = np.zeros((2, n_levels)), np.zeros(n_levels, np.int64), np.zeros(n_levels)
    guards = _Guards(
        design.ceiling,
        design.max_n,
        design.max_n_per_level,
        design.whole,
        design.titrates_below,
        design.fewest_to_decide,
        design.fewest_at_mtd,
        design.enough,
        design.stops_at_top,
        design.is_algorithmic,
    )
    n_tied = 0
    for trial in range(n_trials):
        if n_tied == len(tied.trial):
            return trial, n_tied
        stream = start_stream(seed, first_trial + trial, OUTCOME)
        for one in range(n_levels):
            n[one] = 0
            n_dlt[one] = 0
        highest, level, reached = design.ceiling, design.start, -1
        total, total_dlt, n_cohorts, n_seconds = 0, 0, 0, 0
        too_toxic = highest == 0
        while not too_toxic:
            bits = design.cells[n[level] * design.width + n_dlt[level]]
            if bits & ELIMINATED and level < highest:
                highest = level
            if highest == 0 or (level == 0 and bits & STOPS_AT_LOWEST):
                too_toxic = True
                break
            if total >= design.max_n:
                break
            target, way = _move(guards, bits, n[level], total_dlt, level, highest)
            n_there = n[target]
            if way == _ENDS or (target == level and n_there >= design.enough):
                break
            size = design.sizes[n_there]
            if way == _SINGLY:
                size = 1
            elif not design.is_algorithmic and reached > target:
                # a cohort that was begun is filled up on the way up, and a whole one follows on a way back down
                size = design.whole
            bits = design.cells[n_there * design.width + n_dlt[target]]
            size = _cap_size(guards, bits, n_there, total, way, size)
            if size <= 0:
                break
            with_dlt, rate = 0, rates[target]
            for place in range(total, total + size):
                with_dlt += look_up(stream, place) < rate
            n[target] += size
            n_dlt[target] += with_dlt
            total += size
            total_dlt += with_dlt
            n_cohorts += 1
            n_seconds += size > 1
            level = target
            reached = max(reached, target)
        mtd = 0
        if not too_toxic and design.is_algorithmic:
            mtd = select_highest(design, n, n_dlt, highest)
        elif not too_toxic:
            mtd = select_closest(design, n, n_dlt, highest, pools, ends, estimates)
        if mtd < 0:
            tied.trial[n_tied], tied.highest[n_tied] = trial, highest
            for one in range(n_levels):
                tied.n[n_tied, one], tied.n_dlt[n_tied, one] = n[one], n_dlt[one]
            n_tied += 1
        else:
            counts.selected[mtd] += 1
        n_above, n_overdose = _count_levels(design, rates, is_overdose, n, n_dlt, reached, counts)
        counts.total[total] += 1
        counts.total_dlt[total_dlt] += 1
        counts.ends[0] += too_toxic
        counts.ends[1] += n_above > many_above * total
        _count_moments(counts, 0, n_overdose)
        _count_moments(counts, 1, n_cohorts)
        _count_moments(counts, 2, n_seconds)
        if len(kept.mtd) > 0:
            kept.mtd[trial] = mtd
            for one in range(n_levels):
                kept.n[trial, one], kept.n_dlt[trial, one] = n[one], n_dlt[one]
    return n_trials, n_tied


@lru_cache(maxsize=1 << 16)
def decide_tied(
    n: tuple[int, ...],
    n_dlt: tuple[int, ...],
    highest: int,
    fewest_at_mtd: int,
    target_rate: Fraction,
    bound: Fraction | None,
) -> int:
    """The MTD from 1 of counts that floating point cannot decide, in exact arithmetic; 0 for none.

    Parameters
    ----------
    n, n_dlt : tuple of int
    highest : int
        Highest level that is open, from 1.
    fewest_at_mtd : int
    target_rate : Fraction
    bound : Fraction, optional
        Levels whose estimate exceeds it are not selected.
    """
    places = [place for place in range(highest) if n[place] > 0]
    counts = [n[place] for place in places], [n_dlt[place] for place in places]
    enough = [total >= fewest_at_mtd for total in counts[0]]
    may = enough if any(enough) else [True] * len(places)
    if bound is not None:
        within = find_levels_within(*counts, bound)
        may = [is_allowed and fits for is_allowed, fits in zip(may, within, strict=True)]
    if not any(may):
        return 0
    return places[assign_closest_level(*counts, target_rate, may_be_selected=may)] + 1
