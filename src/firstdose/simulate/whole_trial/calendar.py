"""How long the whole trial takes, by simulation: sites open, candidates come, fail screening, wait, are observed.

Candidates come at each site at random with a constant rate while a place is free. A candidate holds a place
through screening; who fails gives it back. Who passes is infused after a fixed delay, and not before the stagger
of the cohort allows it. A cohort is decided on when its last participant has been observed and the review is over;
then the next opens. A DLT does not shorten observation. In the expansion participants are treated while others are
still observed, and a regimen closes at the DLT that meets its boundary among those treated by then.
"""

from collections.abc import Sequence
from math import isfinite, sqrt

import msgspec
import numpy as np
from numpy.typing import NDArray

from firstdose.simulate.participation import SCREENING_LASTS_D
from firstdose.simulate.rehearsal import MEAN_DAYS_BETWEEN_CANDIDATES
from firstdose.simulate.safety_board import REVIEW_AFTER_D
from firstdose.simulate.scenario import Scenario
from firstdose.simulate.whole_trial.expansion import compute_boundary
from firstdose.simulate.whole_trial.plan import TrialPlan, check_plan
from firstdose.simulate.whole_trial.trial_paths import PartPaths, TrialPaths, play_trials
from firstdose.simulate.whole_trial.truth import Truth, check_truth, compute_regimen_rates
from firstdose.terms.outcomes import Fault

DAYS_A_MONTH = 365.25 / 12
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""The quantiles that are told of every date."""
MOST_TRIALS = 1_000_000
"""Trials in one call: beyond this they would need more than a gigabyte."""
NEVER_REACHED = 1 << 30
"""A number of DLTs for "none closes"."""


class SiteAccrual(msgspec.Struct, frozen=True):
    """A site: its candidates for screening per month, and when it opens, from the start of the trial. [d]."""

    key: str
    candidates_per_month: float
    opens_d: float = 0.0


class TrialCalendar(msgspec.Struct, frozen=True, kw_only=True):
    """What the calendar is simulated from; times in days.

    ``to_infusion_d`` is from the end of screening to the first infusion, ``review_d`` from the end of a cohort's
    observation to the opening of the next. Staggers, DLT windows and observation are the protocol's.
    """

    sites: tuple[SiteAccrual, ...]
    screening_d: float = float(SCREENING_LASTS_D)
    screen_failure_rate: float = Scenario().screen_failure_rate.typical
    to_infusion_d: float = 7.0
    """A week, for lymphodepletion and the product (assumed, as in the rehearsal)."""
    review_d: float = float(REVIEW_AFTER_D + 1)
    """To the meeting, and a day to sign and open the next cohort (assumed, as in the rehearsal)."""


class Estimate(msgspec.Struct, frozen=True):
    """A simulated number with its Monte Carlo standard error."""

    value: float
    standard_error: float


class SimulatedDate(msgspec.Struct, frozen=True, kw_only=True):
    """A date of the trial in days from its start, over the trials that reach it; ``n_trials`` are these.

    ``quantiles`` are of the probabilities in ``QUANTILES``.
    """

    p_reached: Estimate
    mean: Estimate
    quantiles: tuple[Estimate, ...]
    n_trials: int


class SimulatedCalendar(msgspec.Struct, frozen=True, kw_only=True):
    """The calendar of a whole trial, all of it simulated; the same seed gives the same numbers.

    ``mean_n_expanded`` and ``p_all_closed`` stand beside the exact ones, which take the outcome of one
    participant to be known before the next; here it takes its time.
    """

    truth: Truth
    calendar: TrialCalendar
    seed: int
    n_trials: int
    sad_end: SimulatedDate
    mad_end: SimulatedDate
    last_first_infusion: SimulatedDate
    last_visit: SimulatedDate
    mean_n: Estimate
    mean_n_screened: Estimate
    mean_n_expanded: Estimate
    mean_n_dlt_expanded: Estimate
    p_all_closed: Estimate


class SimulatedTrials(msgspec.Struct, frozen=True, kw_only=True):
    """The trials one by one; ``times_d`` are days of the four dates, NaN where a trial does not reach one."""

    paths: TrialPaths
    times_d: NDArray[np.float64]
    counts: NDArray[np.int64]


def spread_evenly(
    plan: TrialPlan, days_between_candidates: float = MEAN_DAYS_BETWEEN_CANDIDATES
) -> TrialCalendar:
    """A calendar in which all sites are open from the start and share the candidates evenly.

    Parameters
    ----------
    plan : TrialPlan
    days_between_candidates : float
        Over all sites together, on average; the rehearsal's if left out. [d].
    """
    each = DAYS_A_MONTH / days_between_candidates / len(plan.site_keys)
    return TrialCalendar(sites=tuple(SiteAccrual(key, each) for key in plan.site_keys))


def check_calendar(calendar: TrialCalendar) -> list[Fault]:
    """Every bad value of a calendar, one sentence each, all at once."""
    faults = []
    for site in calendar.sites:
        for name in ("candidates_per_month", "opens_d"):
            faults += _not_negative(f"sites.{site.key}.{name}", getattr(site, name))
    if not any(site.candidates_per_month > 0 for site in calendar.sites):
        faults.append(
            Fault(
                what="no site has candidates, so the trial never ends",
                clause="sites",
                next="give a site more than 0 candidates per month",
            )
        )
    for name in ("screening_d", "to_infusion_d", "review_d"):
        faults += _not_negative(name, getattr(calendar, name))
    if not 0 <= calendar.screen_failure_rate < 1:
        faults.append(
            Fault(
                what=f"screen_failure_rate is {calendar.screen_failure_rate}, not from 0 to below 1",
                clause="screen_failure_rate",
                next="write a share such as 0.25",
            )
        )
    return faults


def _not_negative(clause: str, value: float) -> list[Fault]:
    if isfinite(value) and value >= 0:
        return []
    return [Fault(what=f"{clause} is {value}, not 0 or more", clause=clause, next="write 0 or more")]


def simulate_trials(
    plan: TrialPlan, truth: Truth, calendar: TrialCalendar, *, seed: int, n_trials: int
) -> SimulatedTrials | list[Fault]:
    """Simulated trials one by one, for those who want more than their summary.

    Parameters
    ----------
    plan : TrialPlan
    truth : Truth
    calendar : TrialCalendar
    seed : int
        Not negative.
    n_trials : int
        2 or more.
    """
    faults = check_plan(plan) + check_calendar(calendar)
    faults += [] if faults else check_truth(truth, plan)
    if not 2 <= n_trials <= MOST_TRIALS:  # noqa: PLR2004 - one trial has no standard error
        faults.append(
            Fault(
                what=f"n_trials is {n_trials}, not from 2 to {MOST_TRIALS}",
                clause="n_trials",
                next="write a number such as 10000",
            )
        )
    if not 0 <= seed < 1 << 63:
        faults.append(
            Fault(
                what=f"seed is {seed}, not from 0 to below 2^63", clause="seed", next="write a whole number"
            )
        )
    if faults:
        return faults
    # compiled code is loaded where it is needed, so that the exact numbers do not wait for it
    from firstdose.simulate.whole_trial import calendar_kernel  # noqa: PLC0415

    rates = compute_regimen_rates(truth, plan)
    luck = calendar_kernel.fill_luck(seed, n_trials, 2 * plan.enrolment)
    paths = play_trials(plan, truth, rates, luck)
    sites = sorted(
        (site for site in calendar.sites if site.candidates_per_month > 0), key=lambda one: one.opens_d
    )
    parts = (plan.sad, plan.mad, plan.expansion)
    most = min(plan.expansion.max_participants, plan.enrolment)
    closes_at = compute_boundary(plan.expansion.monitoring, most)
    size, observed_d, is_sad = _join_cohorts(plan, paths.sad, paths.mad)
    times_d, counts = calendar_kernel.time_trials(
        seed,
        size,
        observed_d,
        is_sad,
        paths.places,
        np.array(rates),
        np.array([NEVER_REACHED if y is None else y for y in closes_at], dtype=np.int64),
        np.array([(part.first_to_second_d, part.next_d) for part in parts], dtype=np.float64),
        np.array([site.opens_d for site in sites]),
        np.array([site.candidates_per_month / DAYS_A_MONTH for site in sites]),
        calendar.screening_d,
        calendar.screen_failure_rate,
        calendar.to_infusion_d,
        calendar.review_d,
        float(plan.expansion.window_d),
        float(plan.follow_up_d),
    )
    return SimulatedTrials(paths=paths, times_d=times_d, counts=counts)


def _join_cohorts(
    plan: TrialPlan, sad: PartPaths, mad: PartPaths
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Size, days of observation and part of the cohorts of both parts, trials by cohorts in time."""
    sizes, observed, is_sad = [], [], []
    for part, played in ((plan.sad, sad), (plan.mad, mad)):
        used = played.cohorts.size.any(axis=0)
        days = np.array([0, *(level.observed_d for level in part.levels)], dtype=np.float64)
        sizes.append(played.cohorts.size[:, used])
        observed.append(days[played.cohorts.level[:, used]])
        is_sad.append(np.full(sizes[-1].shape, part is plan.sad, dtype=np.int64))
    return np.hstack(sizes), np.hstack(observed), np.hstack(is_sad)


def simulate_calendar(
    plan: TrialPlan, truth: Truth, calendar: TrialCalendar, *, seed: int, n_trials: int = 10_000
) -> SimulatedCalendar | list[Fault]:
    """The distribution of the dates of the whole trial, with Monte Carlo standard errors.

    Parameters
    ----------
    plan : TrialPlan
    truth : Truth
    calendar : TrialCalendar
    seed : int
        Not negative; the same seed gives the same numbers.
    n_trials : int
        2 or more.

    Returns
    -------
    SimulatedCalendar
    list of Fault
        If a rate, a time or a value of the plan is impossible.
    """
    found = simulate_trials(plan, truth, calendar, seed=seed, n_trials=n_trials)
    if isinstance(found, list):
        return found
    from firstdose.simulate.whole_trial import calendar_kernel as kernel  # noqa: PLC0415 - as above

    dates = [_summarise(column) for column in found.times_d.T]
    counts = found.counts
    n_expanding = (found.paths.places > 0).sum(axis=1)
    is_closed = (n_expanding > 0) & (counts[:, kernel.N_CLOSED] == n_expanding)
    n = found.paths.sad.n.sum(axis=1) + found.paths.mad.n.sum(axis=1) + counts[:, kernel.N_EXPANDED]
    return SimulatedCalendar(
        truth=truth,
        calendar=calendar,
        seed=seed,
        n_trials=n_trials,
        sad_end=dates[kernel.SAD_END],
        mad_end=dates[kernel.MAD_END],
        last_first_infusion=dates[kernel.LAST_INFUSION],
        last_visit=dates[kernel.LAST_VISIT],
        mean_n=_average(n),
        mean_n_screened=_average(counts[:, kernel.N_SCREENED]),
        mean_n_expanded=_average(counts[:, kernel.N_EXPANDED]),
        mean_n_dlt_expanded=_average(counts[:, kernel.N_EXPANDED_DLT]),
        p_all_closed=_average(is_closed),
    )


def _average(values: NDArray[np.generic]) -> Estimate:
    numbers = values.astype(np.float64)
    if len(numbers) < 2:  # noqa: PLR2004 - one number has no standard error
        return Estimate(float(numbers.mean()) if len(numbers) else float("nan"), float("nan"))
    return Estimate(float(numbers.mean()), float(numbers.std(ddof=1)) / sqrt(len(numbers)))


def _summarise(column: NDArray[np.float64]) -> SimulatedDate:
    reached = np.sort(column[~np.isnan(column)])
    return SimulatedDate(
        p_reached=_average(~np.isnan(column)),
        mean=_average(reached),
        quantiles=tuple(_find_quantile(reached, p) for p in QUANTILES) if len(reached) else (),
        n_trials=len(reached),
    )


def _find_quantile(ordered: Sequence[float] | NDArray[np.float64], p: float) -> Estimate:
    """A quantile; its standard error is half the distance of those one standard error of p below and above.

    Source
    ------
    Order statistics: the number of values below a quantile is binomial.
    """
    n = len(ordered)
    step = sqrt(p * (1 - p) / n)
    low, value, high = np.quantile(ordered, [max(p - step, 0.0), p, min(p + step, 1.0)])
    return Estimate(float(value), float(high - low) / 2)
