"""Simulated trials on a calendar: how long a part takes, and what deciding on open DLT windows does to it.

Participant k of trial t has the same luck in every design: whether there is a DLT, when in the window, and the gap
before the arrival are looked up at place k of the trial's streams. Gaps follow the arrivals, so where a rule turns
somebody away, later participants take later gaps.

Importing this module imports numba.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import msgspec
import numpy as np
from msgspec import UNSET
from numpy.typing import NDArray

from firstdose.design.decision_table import DecisionTable, compile_table
from firstdose.design.rules import boin
from firstdose.design.rules.tite_boin import TiteOptions
from firstdose.design.simulated.characteristics import require_possible
from firstdose.design.simulated.count_kernel import decide_tied
from firstdose.design.simulated.flat_design import FlatDesign, flatten_table
from firstdose.design.simulated.time_kernel import (
    ROLLING_SIX,
    TITE_BOIN,
    TITE_CRM,
    WAITS,
    play_timed_trials,
)
from firstdose.design.simulated.time_models import (
    ArrivalModel,
    DltTimeModel,
    check_arrival_model,
    check_dlt_time_model,
    flatten_arrivals,
    flatten_dlt_times,
)
from firstdose.design.simulated.time_rules import FlatBackfill, FlatTite, flatten_crm
from firstdose.design.simulated.time_state import Clock, Course, TimedRows, take_table
from firstdose.design.simulated.timed_options import (
    Backfilling,
    TimedCalendar,
    TiteCrm,
    WhilePending,
    check_timed_calendar,
    check_while_pending,
    read_while_pending,
)
from firstdose.design.simulated.timed_sums import (
    TimedCharacteristics,
    TimedSums,
    compute_timed_characteristics,
)
from firstdose.design.specification import BOIN_RULES

TRIALS_AT_ONCE = 1 << 14
"""Trials whose rows are held at once, so that they stay in the processor's cache."""
Floats = NDArray[np.float64]


class TimedTrials(NamedTuple):
    """Results trial by trial, and who was treated where and when, in order of enrolment.

    ``level`` is 0 beyond the last participant; ``end_d`` is the end of a participant's window, or the DLT.
    """

    mtd: NDArray[np.int16]
    n: NDArray[np.int16]
    n_dlt: NDArray[np.int16]
    duration_d: Floats
    suspended_d: Floats
    n_backfilled: NDArray[np.int16]
    level: NDArray[np.int16]
    start_d: Floats
    end_d: Floats
    has_dlt: NDArray[np.int16]


def simulate_timed_trials(
    table: DecisionTable,
    true_rates: Sequence[float],
    *,
    calendar: TimedCalendar,
    arrivals: ArrivalModel,
    dlt_times: DltTimeModel,
    n_trials: int,
    seed: int,
    first_trial: int = 0,
    while_pending: WhilePending | None = None,
    response_rates: Sequence[float] | None = None,
) -> TimedCharacteristics:
    """What a design does on its calendar.

    Parameters
    ----------
    table : DecisionTable
    true_rates : sequence of float
        True probability of a DLT in the window, one per level, lowest first.
    calendar : TimedCalendar
    arrivals : ArrivalModel
    dlt_times : DltTimeModel
    n_trials : int
        2 or more.
    seed, first_trial : int
        As in :func:`firstdose.design.simulated.trials.simulate_trials`.
    while_pending : TiteOptions, TiteCrm or Backfilling, optional
        What is done while windows are open. Left out, it is what the design says: TITE-BOIN, TITE-CRM and the
        rolling six decide on open windows, BOIN backfills if asked to, and every other rule waits. TITE-BOIN and
        backfilling read a table of BOIN; the TITE-CRM reads the guards of its design alone.
    response_rates : sequence of float, optional
        True probability of a response, one per level; backfilling that needs one asks for them.

    Raises
    ------
    ValueError
        If the models have a fault, or do not fit the table.

    Examples
    --------
    >>> from firstdose.design import DesignSpecification
    >>> from firstdose.design.simulated.time_models import FixedArrivals, UniformDltTimes
    >>> from firstdose.design.simulated.timed_options import TimedCalendar
    >>> table = compile_table(DesignSpecification(
    ...     rule="three_plus_three", n_levels=2, target_rate="0.25", max_n=12, max_n_per_level=6, mtd_min_n=3
    ... ))
    >>> found = simulate_timed_trials(
    ...     table, [0.0, 0.0], calendar=TimedCalendar(dlt_window_d=14, review_d=3, first_to_second_d=7, next_d=3),
    ...     arrivals=FixedArrivals(5), dlt_times=UniformDltTimes(), n_trials=10, seed=7,
    ... )
    >>> found.mean_duration_d, found.mean_suspended_d
    (63.0, 34.0)
    """
    return compute_timed_characteristics(
        sum_timed_trials(
            table,
            true_rates,
            calendar=calendar,
            arrivals=arrivals,
            dlt_times=dlt_times,
            n_trials=n_trials,
            seed=seed,
            first_trial=first_trial,
            while_pending=while_pending,
            response_rates=response_rates,
        )
    )


def sum_timed_trials(
    table: DecisionTable,
    true_rates: Sequence[float],
    *,
    calendar: TimedCalendar,
    arrivals: ArrivalModel,
    dlt_times: DltTimeModel,
    n_trials: int,
    seed: int,
    first_trial: int = 0,
    while_pending: WhilePending | None = None,
    response_rates: Sequence[float] | None = None,
) -> TimedSums:
    """The sums of a part of a simulation; the arguments are those of :func:`simulate_timed_trials`."""
    played = _prepare(table, true_rates, calendar, arrivals, dlt_times, while_pending, response_rates)
    rates = require_possible(
        table.specification.n_levels, true_rates, n_trials=n_trials, seed=seed, first_trial=first_trial
    )
    n_levels = table.specification.n_levels
    selected = np.zeros(n_levels + 1, np.int64)
    sums, squares = np.zeros((2, n_levels), np.int64), np.zeros((2, n_levels), np.int64)
    scalars = np.zeros(5, np.int64)
    duration, suspended = np.zeros(n_trials), np.zeros(n_trials)
    for first in range(0, n_trials, TRIALS_AT_ONCE):
        size = min(TRIALS_AT_ONCE, n_trials - first)
        rows = _make_rows(size, n_levels)
        _play(played, seed, first_trial + first, rows, _make_course(0, 0))
        selected += np.bincount(rows.mtd, minlength=n_levels + 1)
        for place, counts in enumerate((rows.n, rows.n_dlt)):
            wide = counts.astype(np.int64)
            sums[place] += wide.sum(axis=0)
            squares[place] += (wide * wide).sum(axis=0)
        total = rows.n.sum(axis=1, dtype=np.int64)
        filled = rows.n_backfilled.astype(np.int64)
        scalars += (
            total.sum(),
            (total * total).sum(),
            np.count_nonzero(rows.too_toxic),
            filled.sum(),
            (filled * filled).sum(),
        )
        duration[first : first + size], suspended[first : first + size] = rows.duration_d, rows.suspended_d
    question = repr((table.digest, calendar, arrivals, dlt_times, while_pending, response_rates))
    return TimedSums(
        question=question,
        true_rates=rates,
        seed=seed,
        first_trial=first_trial,
        n_trials=n_trials,
        selected=tuple(selected.tolist()),
        n=tuple(sums[0].tolist()),
        n_squares=tuple(squares[0].tolist()),
        n_dlt=tuple(sums[1].tolist()),
        n_dlt_squares=tuple(squares[1].tolist()),
        total=int(scalars[0]),
        total_squares=int(scalars[1]),
        too_toxic=int(scalars[2]),
        n_backfilled=int(scalars[3]),
        n_backfilled_squares=int(scalars[4]),
        duration_d=duration,
        suspended_d=suspended,
    )


def keep_timed_trials(
    table: DecisionTable,
    true_rates: Sequence[float],
    *,
    calendar: TimedCalendar,
    arrivals: ArrivalModel,
    dlt_times: DltTimeModel,
    n_trials: int,
    seed: int,
    first_trial: int = 0,
    while_pending: WhilePending | None = None,
    response_rates: Sequence[float] | None = None,
) -> TimedTrials:
    """Every trial with its participants; the arguments are those of :func:`simulate_timed_trials`."""
    played = _prepare(table, true_rates, calendar, arrivals, dlt_times, while_pending, response_rates)
    n_levels = table.specification.n_levels
    require_possible(n_levels, true_rates, n_trials=n_trials, seed=seed, first_trial=first_trial)
    rows, course = _make_rows(n_trials, n_levels), _make_course(n_trials, played.most)
    _play(played, seed, first_trial, rows, course)
    return TimedTrials(
        mtd=rows.mtd,
        n=rows.n,
        n_dlt=rows.n_dlt,
        duration_d=rows.duration_d,
        suspended_d=rows.suspended_d,
        n_backfilled=rows.n_backfilled,
        level=course.level,
        start_d=course.start_d,
        end_d=course.end_d,
        has_dlt=course.has_dlt,
    )


class _Played(NamedTuple):
    """Everything that the kernel is given beside the trials, and what decides ties."""

    design: FlatDesign
    rule: int
    models: tuple[Any, ...]
    most: int
    target_rate: Fraction
    bound: Fraction | None


def _prepare(
    table: DecisionTable,
    true_rates: Sequence[float],
    calendar: TimedCalendar,
    arrivals: ArrivalModel,
    dlt_times: DltTimeModel,
    while_pending: WhilePending | None,
    response_rates: Sequence[float] | None,
) -> _Played:
    spec = table.specification
    if while_pending is None:
        while_pending = read_while_pending(spec)
    faults = check_timed_calendar(calendar) + check_arrival_model(arrivals) + check_dlt_time_model(dlt_times)
    faults += check_while_pending(spec, while_pending, response_rates)
    if faults:
        raise ValueError("; ".join(str(fault) for fault in faults))
    design, rule, most = None, WAITS, spec.max_n
    backfill = FlatBackfill(0, False, False, 0.0, 0.0)  # noqa: FBT003 - fields of a flat record
    tite = FlatTite(float(spec.target_rate), 0.0, 0.0, 1.0, 0, False)  # noqa: FBT003
    crm = flatten_crm(None, spec.max_n)
    low, high = 0.0, 0.0
    if spec.rule in BOIN_RULES:
        p1, p2 = spec.boin_p1_ratio * spec.target_rate, spec.boin_p2_ratio * spec.target_rate
        low, high = (float(bound) for bound in boin.compute_boundaries(spec.target_rate, p1, p2))
    if isinstance(while_pending, TiteOptions):
        rule = TITE_BOIN
        tite = FlatTite(
            target_rate=float(spec.target_rate),
            lambda_e=low,
            lambda_d=high,
            suspend_above=float(while_pending.suspend_above),
            fewest_complete=while_pending.fewest_complete_to_escalate,
            is_imputed=while_pending.estimate == "imputed",
        )
    elif isinstance(while_pending, TiteCrm):
        rule = TITE_CRM
        crm = flatten_crm(while_pending.model, spec.max_n, while_pending.fewest_complete_to_escalate)
        # the guards alone: the model closes no level, and its cells say nothing
        guards = compile_table(
            msgspec.structs.replace(spec, rule="boin", crm=UNSET, blrm=UNSET, tite=UNSET, backfill=UNSET)
        )
        flat = flatten_table(guards)
        design = flat._replace(cells=np.zeros_like(flat.cells))
    elif isinstance(while_pending, Backfilling):
        most += (spec.n_levels - 1) * while_pending.rule.max_n_per_level
        wider = msgspec.structs.replace(spec, max_n=spec.max_n + while_pending.rule.max_n_per_level)
        design = flatten_table(compile_table(wider))._replace(max_n=spec.max_n)
        backfill = FlatBackfill(
            most_n=while_pending.rule.max_n_per_level,
            needs_response=while_pending.rule.needs_response,
            at_random=while_pending.goes_to == "random",
            lambda_e=low,
            lambda_d=high,
        )
    elif spec.rule == "rolling_six":
        rule = ROLLING_SIX
    clock = Clock(
        *(float(one) for one in (calendar.dlt_window_d, calendar.review_d)),
        *(float(one) for one in (calendar.first_to_second_d, calendar.next_d)),
    )
    rates = np.array([float(rate) for rate in true_rates])
    responses = np.array(
        response_rates if response_rates is not None else (0.0,) * spec.n_levels, dtype=np.float64
    )
    models = (
        clock,
        flatten_arrivals(arrivals),
        flatten_dlt_times(dlt_times, rates.tolist()),
        tite,
        crm,
        backfill,
    )
    return _Played(
        design=flatten_table(table) if design is None else design,
        rule=rule,
        models=(*models, rates, responses),
        most=most,
        target_rate=Fraction(spec.target_rate),
        bound=boin.compute_mtd_bound(spec),
    )


def _play(played: _Played, seed: int, first_trial: int, rows: TimedRows, course: Course) -> None:
    """Play trials; where floating point cannot decide an MTD, the exact rule does."""
    design = played.design
    clock, arrivals, times, tite, crm, backfill, rates, responses = played.models
    play_timed_trials(
        design,
        take_table(design),
        played.rule,
        clock,
        arrivals,
        times,
        tite,
        crm,
        backfill,
        rates,
        responses,
        seed,
        first_trial,
        played.most,
        rows,
        course,
    )
    for row in np.flatnonzero(rows.mtd < 0):
        rows.mtd[row] = decide_tied(
            tuple(rows.n[row].tolist()),
            tuple(rows.n_dlt[row].tolist()),
            int(rows.highest[row]),
            design.fewest_at_mtd,
            played.target_rate,
            played.bound,
        )


def _make_rows(n_trials: int, n_levels: int) -> TimedRows:
    each = (n_trials, n_levels)
    return TimedRows(
        mtd=np.zeros(n_trials, np.int16),
        highest=np.zeros(n_trials, np.int16),
        too_toxic=np.zeros(n_trials, np.bool_),
        n=np.zeros(each, np.int16),
        n_dlt=np.zeros(each, np.int16),
        duration_d=np.zeros(n_trials),
        suspended_d=np.zeros(n_trials),
        n_backfilled=np.zeros(n_trials, np.int16),
    )


def _make_course(n_trials: int, most: int) -> Course:
    each = (n_trials, most)
    return Course(np.zeros(each, np.int16), np.zeros(each), np.zeros(each), np.zeros(each, np.int16))
