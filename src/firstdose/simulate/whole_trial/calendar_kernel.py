"""The calendar of simulated trials, compiled; see :mod:`firstdose.simulate.whole_trial.calendar`.

Whether a cohort is decided upon, and what follows, is known when this starts; only the expansion, where
participants are treated while others are still observed, is played in time.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from firstdose.design.simulated.streams import ARRIVAL, DLT_TIME, OUTCOME, look_up, start_stream

FloatArray = NDArray[np.float64]
Whole = NDArray[np.int64]

NEVER = np.inf
SAD_END, MAD_END, LAST_INFUSION, LAST_VISIT = 0, 1, 2, 3
"""Columns of times."""
N_EXPANDED, N_EXPANDED_DLT, N_CLOSED, N_SCREENED = 0, 1, 2, 3
"""Columns of counts."""


@njit(cache=True)
def fill_luck(seed: int, n_trials: int, n_places: int) -> FloatArray:
    """The uniform numbers of the outcomes, trials by places."""
    luck = np.empty((n_trials, n_places))
    for trial in range(n_trials):
        outcome = start_stream(seed, trial, OUTCOME)
        for place in range(n_places):
            luck[trial, place] = look_up(outcome, place)
    return luck


@njit(cache=True)
def _arrive(since_d: float, hazard: float, opens_d: FloatArray, rates_per_d: FloatArray) -> float:
    """When the next candidate comes, of sites in the order in which they open, at this cumulated hazard."""
    now, rate, place = since_d, 0.0, 0
    while place < len(opens_d) and opens_d[place] <= now:
        rate += rates_per_d[place]
        place += 1
    while place < len(opens_d):
        until = rate * (opens_d[place] - now)
        if until >= hazard:
            break
        hazard -= until
        now = opens_d[place]
        rate += rates_per_d[place]
        place += 1
    return now + hazard / rate


@njit(cache=True)
def _next_hazard(arrivals: np.uint64, candidate: int) -> float:
    return float(-np.log(1.0 - look_up(arrivals, 2 * candidate)))


@njit(cache=True)
def _is_closed(
    regimen: int, at_d: float, n: int, of: Whole, infused_d: FloatArray, dlt_d: FloatArray, boundary: Whole
) -> bool:
    """Whether toxicity closed a regimen by a time: some DLT before met its boundary."""
    for case in range(n):
        if of[case] != regimen or dlt_d[case] >= at_d:
            continue
        treated, with_dlt = 0, 0
        for other in range(n):
            if of[other] == regimen:
                treated += infused_d[other] <= dlt_d[case]
                with_dlt += dlt_d[other] <= dlt_d[case]
        if with_dlt >= boundary[treated - 1]:
            return True
    return False


@njit(cache=True)
def time_trials(  # noqa: C901, PLR0912, PLR0915 - a calendar is one loop over time; calls between kernels cost
    seed: int,
    size: Whole,
    observed_d: FloatArray,
    is_sad: Whole,
    places: Whole,
    regimen_rates: FloatArray,
    boundary: Whole,
    gaps_d: FloatArray,
    opens_d: FloatArray,
    rates_per_d: FloatArray,
    screening_d: float,
    failure_rate: float,
    to_infusion_d: float,
    review_d: float,
    window_d: float,
    follow_up_d: float,
) -> tuple[FloatArray, Whole]:
    """Times and counts of every trial; the columns are named above.

    Parameters
    ----------
    seed : int
    size, observed_d, is_sad : arrays, trials by cohorts
        Of each cohort its participants, the days each is observed, and whether it is of single doses.
    places : array of int, trials by regimens
        In the expansion.
    regimen_rates : array of float
        True DLT rate of each regimen.
    boundary : array of int
        DLTs that close a regimen after 1, 2, ... participants; a number never reached for none.
    gaps_d : array of float, parts by 2
        From the first participant to the second, and from each later one to the next. [d].
    opens_d, rates_per_d : array of float
        Of each site, in the order in which they open: when, and its candidates per day.
    screening_d, failure_rate, to_infusion_d, review_d, window_d, follow_up_d : float
        As in the calendar's assumptions.
    """
    n_trials, n_regimens = places.shape
    times = np.full((n_trials, 4), np.nan)
    counts = np.zeros((n_trials, 4), dtype=np.int64)
    for trial in range(n_trials):
        arrivals = start_stream(seed, trial, ARRIVAL)
        outcomes, dlt_times = start_stream(seed, trial, OUTCOME), start_stream(seed, trial, DLT_TIME)
        now, candidate, n_treated, last_infusion = 0.0, 0, 0, 0.0
        for cohort in range(size.shape[1]):
            n_here = size[trial, cohort]
            if n_here == 0:
                continue
            free_d = np.full(n_here, now)
            part = 1 - is_sad[trial, cohort]
            clock, infused, n_in = now, 0.0, 0
            while n_in < n_here:
                place = np.argmin(free_d)
                clock = _arrive(
                    max(clock, free_d[place]), _next_hazard(arrivals, candidate), opens_d, rates_per_d
                )
                fails = look_up(arrivals, 2 * candidate + 1) < failure_rate
                candidate += 1
                if fails:
                    free_d[place] = clock + screening_d
                    continue
                free_d[place] = NEVER
                ready = clock + screening_d + to_infusion_d
                infused = max(ready, infused + gaps_d[part, min(n_in - 1, 1)]) if n_in else ready
                n_in += 1
            n_treated += n_here
            last_infusion = max(last_infusion, infused)
            now = infused + observed_d[trial, cohort] + review_d
            times[trial, part] = now
        n_places = places[trial].sum()
        free_d, of_place = np.full(n_places, now), np.empty(n_places, dtype=np.int64)
        filled, round_ = 0, 0
        while filled < n_places:
            for regimen in range(n_regimens):
                if places[trial, regimen] > round_:
                    of_place[filled] = regimen
                    filled += 1
            round_ += 1
        of, infused_d, dlt_d = np.empty(n_places, dtype=np.int64), np.empty(n_places), np.empty(n_places)
        clock, n_in = now, 0
        latest, n_of = np.zeros(n_regimens), np.zeros(n_regimens, dtype=np.int64)
        while n_places and free_d.min() < NEVER:
            place = np.argmin(free_d)
            regimen = of_place[place]
            arrives = _arrive(
                max(clock, free_d[place]), _next_hazard(arrivals, candidate), opens_d, rates_per_d
            )
            if _is_closed(regimen, arrives, n_in, of, infused_d, dlt_d, boundary):
                free_d[of_place == regimen] = NEVER
                continue
            clock = arrives
            fails = look_up(arrivals, 2 * candidate + 1) < failure_rate
            candidate += 1
            if fails:
                free_d[place] = clock + screening_d
                continue
            free_d[place] = NEVER
            infused = clock + screening_d + to_infusion_d
            if n_of[regimen]:
                infused = max(infused, latest[regimen] + gaps_d[2, min(n_of[regimen] - 1, 1)])
            if _is_closed(regimen, infused, n_in, of, infused_d, dlt_d, boundary):
                continue
            of[n_in], infused_d[n_in], dlt_d[n_in] = regimen, infused, NEVER
            if look_up(outcomes, n_treated) < regimen_rates[regimen]:
                dlt_d[n_in] = infused + window_d * look_up(dlt_times, n_treated)
                counts[trial, N_EXPANDED_DLT] += 1
            latest[regimen] = infused
            n_of[regimen] += 1
            n_in += 1
            n_treated += 1
            last_infusion = max(last_infusion, infused)
        for regimen in range(n_regimens):
            counts[trial, N_CLOSED] += _is_closed(regimen, NEVER, n_in, of, infused_d, dlt_d, boundary)
        counts[trial, N_EXPANDED] = n_in
        counts[trial, N_SCREENED] = candidate
        times[trial, LAST_INFUSION] = last_infusion
        times[trial, LAST_VISIT] = last_infusion + follow_up_d
    return times, counts
