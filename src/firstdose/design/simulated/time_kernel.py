"""Trials on a calendar, played event by event in compiled code; importing this module imports numba.

Accrual is closed while the rule waits, and nobody queues: after it reopens the next participant comes a gap later, as in
:mod:`firstdose.design.exact.duration`. A cohort once decided is enrolled as a whole. Where a rule decides on open
windows, it decides as a participant arrives, on the data of that time, and the infusion follows after the review. A part
ends on complete windows, unless it ends for toxicity.

The cache of compiled code asks only whether the file of a function has changed, not those of the functions that it
calls: whoever changes time_state or time_rules saves this file as well.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from firstdose.design.simulated.flat_design import FlatDesign, Floats, select_closest, select_highest
from firstdose.design.simulated.streams import (
    ARRIVAL,
    BACKFILL,
    DLT_TIME,
    EFFICACY,
    OUTCOME,
    look_up,
    start_stream,
)
from firstdose.design.simulated.time_models import FlatArrivals, FlatDltTimes
from firstdose.design.simulated.time_rules import (
    SUSPEND,
    FlatBackfill,
    FlatCrm,
    FlatTite,
    decide_with_backfill,
    is_suspended,
    pick_backfill,
    select_by_rates,
    step_rolling_six,
    wish_by_tite_boin,
    wish_by_tite_crm,
)
from firstdose.design.simulated.time_state import (
    END,
    END_OF_WINDOW,
    EXPONENT,
    HAS_DLT,
    LEVEL,
    N_DLT,
    N_OWN,
    NEAR_D,
    RATE,
    RESPONDS,
    RESPONSE_RATE,
    SCALE,
    START,
    TIME_RATE,
    TOO_TOXIC,
    TREAT,
    WAIT,
    Clock,
    Course,
    Luck,
    N,
    Table,
    TimedRows,
    Trial,
    compiled,
    decide,
    enrol,
    find_highest,
    gap,
    is_titrating,
    next_end,
    read_wish,
    settle,
)
from firstdose.design.stepping import STAY

WAITS, ROLLING_SIX, TITE_BOIN, TITE_CRM = 0, 1, 2, 3
"""Codes of what is done while windows are open."""


class _Place(NamedTuple):
    """Where a trial is; small arrays, so that a step may change them.

    ``at``: participants, those with an open window, escalation participants, arrivals, the current level, the highest
    reached, and how many in a row were treated at the current level. ``days``: start of the last escalation participant
    and of the last of all, start of the next, time closed to accrual, and the last decision.
    """

    at: NDArray[np.int64]
    days: Floats


_K, _N_OPEN, _TOTAL, _ARRIVAL, _LEVEL, _REACHED, _RUN = 0, 1, 2, 3, 4, 5, 6
_LAST, _LATEST, _NEXT, _SUSPENDED, _FINISH = 0, 1, 2, 3, 4


@compiled
def _draw_gap(at: NDArray[np.int64], arrivals: FlatArrivals, luck: Luck) -> float:
    at[_ARRIVAL] += 1
    return gap(arrivals, luck.gaps, at[_ARRIVAL] - 1)


@compiled
def _follow_backfilling(
    table: Table,
    clock: Clock,
    arrivals: FlatArrivals,
    backfill: FlatBackfill,
    truth: Floats,
    time_code: int,
    luck: Luck,
    now: Trial,
    place: _Place,
) -> tuple[int, int, int]:
    """After a cohort: whoever arrives before the decision is in force goes to an open level below."""
    cells, sizes, guards = table
    who, when, counts = now
    at, days = place
    level = at[_LEVEL]
    decision = days[_LAST] + clock.window_d
    in_force = decision + clock.review_d
    step, is_decided = (TREAT, level, 0), False
    t = days[_LAST]
    while True:
        at[_N_OPEN] = settle(who, when, counts, at[_N_OPEN], t)
        arrives = pick_backfill(cells, guards, backfill, counts, level, 0.0) >= 0
        if arrives:
            after = t + _draw_gap(at, arrivals, luck)
        else:
            # accrual is closed until another window ends
            after = next_end(who, when, at[_N_OPEN], -1)
            days[_SUSPENDED] += min(after, in_force) - t
        if not is_decided and after >= decision - NEAR_D:
            at[_N_OPEN] = settle(who, when, counts, at[_N_OPEN], decision)
            step = decide_with_backfill(
                cells, sizes, guards, backfill, counts, at[_TOTAL], level, at[_REACHED]
            )
            is_decided = True
            if step[0] != TREAT:
                break
        if after >= in_force - NEAR_D:
            days[_NEXT] = after if arrives else in_force + _draw_gap(at, arrivals, luck)
            return step
        t = after
        if arrives:
            at[_N_OPEN] = settle(who, when, counts, at[_N_OPEN], t)
            chance = look_up(luck.chances, at[_ARRIVAL])
            goes_to = pick_backfill(cells, guards, backfill, counts, level, chance)
            if goes_to >= 0:
                k = at[_K]
                enrol(who, when, counts, luck, truth, time_code, clock.window_d, k, at[_N_OPEN], goes_to, t)
                who[RESPONDS, k] = look_up(luck.responses, k) < truth[RESPONSE_RATE, goes_to]
                at[_N_OPEN] += 1
                at[_K] += 1
                days[_LATEST] = t
    days[_FINISH] = in_force
    if step[0] == END and at[_N_OPEN] > 0:
        # the MTD is selected on complete windows
        at[_N_OPEN] = settle(who, when, counts, at[_N_OPEN], days[_LATEST] + clock.window_d)
        days[_FINISH] = days[_LATEST] + clock.window_d + clock.review_d
    return step


@compiled
def _follow_rolling_six(
    table: Table, clock: Clock, arrivals: FlatArrivals, luck: Luck, now: Trial, place: _Place
) -> tuple[int, int, int]:
    """After a participant: the level of the next one."""
    cells, sizes, guards = table
    who, when, counts = now
    at, days = place
    level, total, reached = at[_LEVEL], at[_TOTAL], at[_REACHED]
    earliest = days[_LAST] + (clock.first_to_second_d if at[_RUN] == 1 else clock.next_d)
    t = days[_LAST]
    while True:
        at[_N_OPEN] = settle(who, when, counts, at[_N_OPEN], t)
        what, target = step_rolling_six(cells, sizes, guards, counts, at[_N_OPEN], total, level, reached)
        if what == TREAT:
            t += _draw_gap(at, arrivals, luck)
            at[_N_OPEN] = settle(who, when, counts, at[_N_OPEN], t)
            what, target = step_rolling_six(cells, sizes, guards, counts, at[_N_OPEN], total, level, reached)
            if what == TREAT and target == level and t < earliest:
                t = earliest
                at[_N_OPEN] = settle(who, when, counts, at[_N_OPEN], t)
                what, target = step_rolling_six(
                    cells, sizes, guards, counts, at[_N_OPEN], total, level, reached
                )
        if what != WAIT:
            break
        after = next_end(who, when, at[_N_OPEN], -1)
        days[_SUSPENDED] += after - t
        t = after
    days[_NEXT] = t
    if what != TREAT or target != level:
        days[_SUSPENDED] += clock.review_d
        days[_NEXT] = days[_FINISH] = t + clock.review_d
    return what, target, 1


@compiled
def play_timed_trials(  # noqa: C901, PLR0912, PLR0915 - its arrays, handed on at every step, cost more than the step
    design: FlatDesign,
    table: Table,
    rule: int,
    clock: Clock,
    arrivals: FlatArrivals,
    times: FlatDltTimes,
    tite: FlatTite,
    crm: FlatCrm,
    backfill: FlatBackfill,
    true_rates: Floats,
    response_rates: Floats,
    seed: int,
    first_trial: int,
    most: int,
    rows: TimedRows,
    course: Course,
) -> None:
    """Play one trial per row.

    Parameters
    ----------
    design : FlatDesign
    table : Table
        What a step reads of the design.
    rule : int
        What is done while windows are open: ``WAITS``, ``ROLLING_SIX``, ``TITE_BOIN`` or ``TITE_CRM``.
    clock, arrivals, times, tite, crm, backfill
        The models; those that the rule does not read may be anything. Only ``WAITS`` backfills.
    true_rates, response_rates : array, one per level
        True probability of a DLT in the window, and of a response.
    seed, first_trial : int
        The trials are numbered on from the first.
    most : int
        Most participants that a trial can have, those backfilled included.
    rows : TimedRows
        Written.
    course : Course
        Written, if it has rows.
    """
    n_levels = design.n_levels
    who, when, counts = np.zeros((4, most), np.int64), np.zeros((2, most)), np.zeros((6, n_levels), np.int64)
    now = Trial(who, when, counts)
    cells, sizes, guards = table
    at, days = np.zeros(7, np.int64), np.zeros(5)
    place = _Place(at, days)
    truth = np.zeros((5, n_levels))
    for one in range(n_levels):
        truth[RATE, one], truth[RESPONSE_RATE, one] = true_rates[one], response_rates[one]
        truth[TIME_RATE, one], truth[SCALE, one] = times.rates[one], times.scales[one]
        truth[EXPONENT, one] = times.exponents[one]
    pools, ends, estimates = np.zeros((2, n_levels)), np.zeros(n_levels, np.int64), np.zeros(n_levels)
    logs, fitted = np.zeros(len(crm.slopes)), np.zeros(n_levels)
    fills = backfill.most_n > 0
    for row in range(len(rows.mtd)):
        trial = first_trial + row
        luck = Luck(
            start_stream(seed, trial, OUTCOME),
            start_stream(seed, trial, DLT_TIME),
            start_stream(seed, trial, ARRIVAL),
            start_stream(seed, trial, EFFICACY),
            start_stream(seed, trial, BACKFILL),
        )
        counts[:] = 0
        at[:] = 0
        days[:] = 0.0
        at[_ARRIVAL], at[_LEVEL], at[_REACHED] = 1, design.start, -1
        what, target, size = decide(cells, sizes, guards, counts, N, 0, design.start, -1, STAY)
        while what == TREAT:
            if rule == ROLLING_SIX:
                size = 1
            at[_RUN] = at[_RUN] + 1 if target == at[_LEVEL] else 1
            at[_LEVEL], at[_REACHED] = target, max(at[_REACHED], target)
            for nth in range(size):
                start = days[_NEXT]
                if nth > 0:
                    stagger = clock.first_to_second_d if nth == 1 else clock.next_d
                    start = days[_LAST] + max(_draw_gap(at, arrivals, luck), stagger)
                k = at[_K]
                enrol(
                    who, when, counts, luck, truth, times.code, clock.window_d, k, at[_N_OPEN], target, start
                )
                if fills:
                    who[RESPONDS, k] = look_up(luck.responses, k) < truth[RESPONSE_RATE, target]
                counts[N_OWN, target] += 1
                days[_LAST] = start
                at[_N_OPEN] += 1
                at[_K] += 1
            at[_TOTAL] += size
            days[_LATEST] = days[_LAST]
            if rule == ROLLING_SIX:
                what, target, size = _follow_rolling_six(table, clock, arrivals, luck, now, place)
                continue
            if fills:
                what, target, size = _follow_backfilling(
                    table, clock, arrivals, backfill, truth, times.code, luck, now, place
                )
                continue
            level, total, reached = at[_LEVEL], at[_TOTAL], at[_REACHED]
            t = days[_LAST]
            # single participants are titrated on complete windows, whatever the rule
            at[_N_OPEN] = settle(who, when, counts, at[_N_OPEN], t)
            is_complete = rule == WAITS or total >= design.max_n or is_titrating(guards, counts, level)
            while True:
                if is_complete:
                    end = max(t, days[_LAST] + clock.window_d)
                    days[_SUSPENDED] += end - t
                    t = end
                else:
                    at[_N_OPEN] = settle(who, when, counts, at[_N_OPEN], t)
                    while rule == TITE_BOIN and is_suspended(cells, guards, tite, counts, level):
                        after = next_end(who, when, at[_N_OPEN], level)
                        days[_SUSPENDED] += after - t
                        t = after
                        at[_N_OPEN] = settle(who, when, counts, at[_N_OPEN], t)
                    t += _draw_gap(at, arrivals, luck)
                n_open = at[_N_OPEN] = settle(who, when, counts, at[_N_OPEN], t)
                is_toxic = False
                if rule == TITE_CRM:
                    wish, is_toxic = wish_by_tite_crm(
                        tite.target_rate,
                        crm,
                        who,
                        when,
                        counts,
                        n_open,
                        level,
                        t,
                        clock.window_d,
                        logs,
                        fitted,
                    )
                elif rule == TITE_BOIN:
                    wish = wish_by_tite_boin(
                        cells,
                        guards,
                        tite.target_rate,
                        tite,
                        who,
                        when,
                        counts,
                        n_open,
                        level,
                        t,
                        clock.window_d,
                    )
                else:
                    wish = read_wish(cells, guards, counts, N, level)
                what, target, size = decide(cells, sizes, guards, counts, N, total, level, reached, wish)
                if is_toxic:
                    what = TOO_TOXIC
                if is_complete:
                    break
                if what == TREAT and wish == SUSPEND and target >= level:
                    # whoever came is turned away
                    after = next_end(who, when, n_open, level)
                    days[_SUSPENDED] += after - t
                    t = after
                elif what == END and n_open > 0:
                    is_complete = True
                else:
                    break
            days[_SUSPENDED] += clock.review_d
            days[_NEXT] = days[_FINISH] = t + clock.review_d
            if is_complete and what == TREAT:
                days[_NEXT] += _draw_gap(at, arrivals, luck)
        # whoever is still in the window is followed to its end
        at[_N_OPEN] = settle(who, when, counts, at[_N_OPEN], np.inf)
        highest = find_highest(cells, guards, counts, N)
        mtd = 0
        if what == END and highest > 0:
            if design.is_algorithmic:
                mtd = select_highest(design, counts[N], counts[N_DLT], highest)
            elif rule == TITE_CRM:
                mtd = select_by_rates(design, counts[N], highest, fitted)
            else:
                mtd = select_closest(design, counts[N], counts[N_DLT], highest, pools, ends, estimates)
        rows.mtd[row], rows.highest[row], rows.too_toxic[row] = mtd, highest, what == TOO_TOXIC
        rows.duration_d[row], rows.suspended_d[row] = days[_FINISH], days[_SUSPENDED]
        rows.n_backfilled[row] = at[_K] - at[_TOTAL]
        for one in range(n_levels):
            rows.n[row, one], rows.n_dlt[row, one] = counts[N, one], counts[N_DLT, one]
        if len(course.level) > 0:
            for one in range(at[_K]):
                course.level[row, one], course.start_d[row, one] = who[LEVEL, one] + 1, when[START, one]
                course.end_d[row, one], course.has_dlt[row, one] = when[END_OF_WINDOW, one], who[HAS_DLT, one]
