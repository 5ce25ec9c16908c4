"""Designs on a calendar, and BOIN12, in scenarios, shared out as parts of work that are plain values.

As in :mod:`firstdose.design.simulated.chunks`, who plays the parts and in which order changes nothing: every number
told is computed from whole counts, or from all durations in the order of the trials. Importing this module imports
numba.
"""

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter

import msgspec
from msgspec import UNSET

from firstdose.design.decision_table import DecisionTable, compile_table
from firstdose.design.rules.boin12_table import RankTable, compile_rank_table
from firstdose.design.simulated.characteristics import FEWEST_TRIALS, require_possible
from firstdose.design.simulated.chunks import split_trials
from firstdose.design.simulated.time_models import ArrivalModel, DltTimeModel
from firstdose.design.simulated.timed_options import TimedCalendar, WhilePending, read_while_pending
from firstdose.design.simulated.timed_sums import (
    TimedCharacteristics,
    TimedSums,
    add_up_timed,
    compute_timed_characteristics,
)
from firstdose.design.simulated.timed_trials import sum_timed_trials
from firstdose.design.simulated.utility_trials import (
    UtilityCharacteristics,
    UtilitySums,
    add_up_utility,
    compute_utility_characteristics,
    sum_utility_trials,
)
from firstdose.design.specification import UTILITY_RULES, DesignSpecification

TRIALS_A_CHUNK = 10_000
"""Trials of one part of the work: some hundredths of a second, or a few tenths where a model is fitted."""


class TimedChunk(msgspec.Struct, frozen=True, kw_only=True):
    """Some trials of one design in one scenario, numbered from ``first_trial`` on.

    ``question`` numbers the design in its scenario. ``ranks`` are those of BOIN12, which is played without a calendar.
    """

    question: int
    table: DecisionTable
    ranks: RankTable | None
    while_pending: WhilePending | None
    true_rates: tuple[float, ...]
    response_rates: tuple[float, ...] | None
    calendar: TimedCalendar
    arrivals: ArrivalModel
    dlt_times: DltTimeModel
    first_trial: int
    n_trials: int
    seed: int


class PlayedChunk(msgspec.Struct, frozen=True, eq=False):
    """What the trials of a part add up to, and to which question they belong."""

    question: int
    sums: TimedSums | UtilitySums


def split_timed(
    specifications: Sequence[DesignSpecification],
    scenarios: Sequence[Sequence[float]],
    *,
    calendar: TimedCalendar,
    arrivals: ArrivalModel,
    dlt_times: DltTimeModel,
    n_trials: int,
    seed: int,
    response_rates: Sequence[float] | None = None,
    chunk: int = TRIALS_A_CHUNK,
) -> tuple[TimedChunk, ...]:
    """The parts of every design in every scenario; all designs meet the same participants.

    Parameters
    ----------
    specifications : sequence of DesignSpecification
        Without a fault.
    scenarios : sequence of sequence of float
        True probabilities of a DLT, one per level.
    calendar : TimedCalendar
    arrivals : ArrivalModel
    dlt_times : DltTimeModel
    n_trials, seed : int
    response_rates : sequence of float, optional
        True probability of a response, one per level, in every scenario; BOIN12 asks for them, and backfilling may.
    chunk : int
        Trials of a part.

    Raises
    ------
    ValueError
        If there are fewer than two trials, no response rates for BOIN12, or a scenario or the seed cannot be.
    """
    if n_trials < FEWEST_TRIALS:
        raise ValueError(f"{n_trials} trial has no standard error; simulate 2 or more")
    if response_rates is None and any(spec.rule in UTILITY_RULES for spec in specifications):
        raise ValueError("boin12 reads responses, and no response rates are given")
    designs = [_compile(spec) for spec in specifications]
    each = [(design, rates) for design in designs for rates in scenarios]
    return tuple(
        TimedChunk(
            question=question,
            table=table,
            ranks=ranks,
            while_pending=while_pending,
            true_rates=require_possible(
                table.specification.n_levels, rates, n_trials=n_trials, seed=seed, first_trial=0
            ),
            response_rates=None if response_rates is None else tuple(response_rates),
            calendar=calendar,
            arrivals=arrivals,
            dlt_times=dlt_times,
            first_trial=first,
            n_trials=size,
            seed=seed,
        )
        for question, ((table, ranks, while_pending), rates) in enumerate(each)
        for first, size in split_trials(n_trials, chunk)
    )


def _compile(spec: DesignSpecification) -> tuple[DecisionTable, RankTable | None, WhilePending | None]:
    """The table that is played, the ranks of BOIN12, and what is done on open windows.

    The TITE-CRM on open windows reads the guards alone, and BOIN12 its own ranks: their table is one of BOIN, so that
    the states that a model reaches with complete windows are not asked for.
    """
    guards = spec
    if spec.rule == "tite_crm" or spec.rule in UTILITY_RULES:
        guards = msgspec.structs.replace(spec, rule="boin", crm=UNSET, tite=UNSET, boin12=UNSET)
    ranks = None
    if spec.boin12 is not UNSET:
        ranks = compile_rank_table(spec.boin12, spec.max_n_per_level, spec.cohort_size)
    return compile_table(guards), ranks, read_while_pending(spec)


def simulate_timed_chunk(chunk: TimedChunk) -> PlayedChunk:
    """Play one part of the work."""
    if chunk.ranks is not None and chunk.response_rates is not None:
        return PlayedChunk(
            chunk.question,
            sum_utility_trials(
                chunk.ranks,
                chunk.table.specification,
                chunk.true_rates,
                chunk.response_rates,
                n_trials=chunk.n_trials,
                seed=chunk.seed,
                first_trial=chunk.first_trial,
            ),
        )
    return PlayedChunk(
        chunk.question,
        sum_timed_trials(
            chunk.table,
            chunk.true_rates,
            calendar=chunk.calendar,
            arrivals=chunk.arrivals,
            dlt_times=chunk.dlt_times,
            n_trials=chunk.n_trials,
            seed=chunk.seed,
            first_trial=chunk.first_trial,
            while_pending=chunk.while_pending,
            response_rates=chunk.response_rates,
        ),
    )


def add_up_questions(
    parts: Sequence[PlayedChunk],
) -> tuple[TimedCharacteristics | UtilityCharacteristics, ...]:
    """The characteristics of every design in every scenario, the scenarios of the first design first.

    Raises
    ------
    ValueError
        If parts are missing or counted twice.
    """
    ordered = sorted(parts, key=attrgetter("question"))
    return tuple(
        _add_up([part.sums for part in group]) for _, group in groupby(ordered, attrgetter("question"))
    )


def _add_up(sums: Sequence[TimedSums | UtilitySums]) -> TimedCharacteristics | UtilityCharacteristics:
    timed = [one for one in sums if isinstance(one, TimedSums)]
    if timed:
        return compute_timed_characteristics(add_up_timed(timed))
    return compute_utility_characteristics(
        add_up_utility([one for one in sums if isinstance(one, UtilitySums)])
    )
