"""Simulated trials of a design without a decision table, such as one whose model reads every level.

A design is any step of :mod:`firstdose.design.stepping`. Trials walk together, cohort by cohort, on the states that
were reached; a state is judged once, and what follows on it is remembered.
"""

from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray

from firstdose.design.exact.scenarios import MANY_ABOVE, OVERDOSE_RATE
from firstdose.design.simulated.characteristics import (
    SimulatedCharacteristics,
    TrialSums,
    compute_simulated_characteristics,
    require_possible,
)
from firstdose.design.simulated.count_kernel import KeptTrials
from firstdose.design.simulated.flat_design import Floats, Ints, Small
from firstdose.design.simulated.streams import OUTCOME, look_up, start_stream
from firstdose.design.stepping import STOP_TOO_TOXIC, Assign

TRIALS_AT_ONCE = 1 << 17
"""Trials that walk together, so that their numbers stay near the processor."""
FIRST_ROOM = 1 << 10
"""States for which there is room at first; the room doubles when it is full."""


class AssignedDesign:
    """A design as its step, with the states that its trials have reached so far.

    Parameters
    ----------
    assign : callable
        Its step; see :mod:`firstdose.design.stepping`.
    digest : str
        What names the design in the results, its guards included.
    cap_level : int, optional
        The highest level allowed, where the step knows one; it is told in the results.
    n_levels, start_level, max_n
        As in its specification.
    target_rate : float
    """

    def __init__(
        self,
        assign: Assign,
        *,
        digest: str,
        n_levels: int,
        start_level: int,
        max_n: int,
        target_rate: float,
        cap_level: int | None = None,
    ) -> None:
        self.digest, self.cap_level = digest, cap_level
        self.n_levels, self.max_n, self.target_rate = n_levels, max_n, target_rate
        self._assign = assign
        self._place_of: dict[bytes, int] = {}
        self.n, self.n_dlt = np.zeros((2, FIRST_ROOM, n_levels), np.int16)
        # level of the next cohort, or the MTD where the size is 0
        self.level, self.size, self.total = np.zeros((3, FIRST_ROOM), np.int64)
        self.too_toxic = np.zeros(FIRST_ROOM, np.bool_)
        self._next = np.full((FIRST_ROOM, max_n + 1), -1, np.int32)
        nobody = np.zeros((1, n_levels), np.int16)
        self._find(nobody, nobody, np.array([start_level]))

    def follow(self, places: NDArray[np.intp], n_dlt: Ints) -> NDArray[np.intp]:
        """The states that follow when so many of the next cohort have a DLT."""
        found = self._next[places, n_dlt].astype(np.intp)
        is_new = found < 0
        if is_new.any():
            width = self.max_n + 1
            pairs, back = np.unique(places[is_new] * width + n_dlt[is_new], return_inverse=True)
            before, events = pairs // width, pairs % width
            level, size = self.level[before], self.size[before]
            n, n_dlt_after = self.n[before], self.n_dlt[before]
            each = np.arange(len(pairs))
            n[each, level - 1] += size.astype(np.int16)
            n_dlt_after[each, level - 1] += events.astype(np.int16)
            # where all were treated the level says nothing
            level = np.where(self.total[before] + size >= self.max_n, 1, level)
            after = self._find(n, n_dlt_after, level)
            self._next[before, events] = after
            found[is_new] = after[back]
        return found

    def _find(self, n: Small, n_dlt: Small, level: Ints) -> NDArray[np.intp]:
        """The places of states; those that are new are judged together."""
        keys = [row.tobytes() for row in np.concatenate([n, n_dlt, level[:, None].astype(np.int16)], axis=1)]
        first = len(self._place_of)
        new: list[int] = []
        for row, key in enumerate(keys):
            if key not in self._place_of:
                self._place_of[key] = first + len(new)
                new.append(row)
        if new:
            self._make_room(first + len(new))
            rows, places = np.array(new), slice(first, first + len(new))
            # level by level in the memory, as the exact walk gives them
            steps = self._assign(
                np.asfortranarray(n[rows]), np.asfortranarray(n_dlt[rows]), level[rows].astype(np.int16)
            )
            self.n[places], self.n_dlt[places], self.total[places] = n[rows], n_dlt[rows], n[rows].sum(axis=1)
            self.level[places], self.size[places] = steps.level, steps.size
            self.too_toxic[places] = steps.action == STOP_TOO_TOXIC
        return np.array([self._place_of[key] for key in keys])

    def _make_room(self, n_states: int) -> None:
        while n_states > len(self.total):
            more = len(self.total)
            self.n, self.n_dlt = (np.pad(one, ((0, more), (0, 0))) for one in (self.n, self.n_dlt))
            self.level, self.size, self.total = (
                np.pad(one, (0, more)) for one in (self.level, self.size, self.total)
            )
            self.too_toxic = np.pad(self.too_toxic, (0, more))
            self._next = np.pad(self._next, ((0, more), (0, 0)), constant_values=-1)


@njit(cache=True)
def _start_streams(seed: int, first_trial: int, streams: NDArray[np.uint64]) -> None:
    for row in range(len(streams)):
        streams[row] = start_stream(seed, first_trial + row, OUTCOME)


@njit(cache=True)
def _count_dlts(
    streams: NDArray[np.uint64], going: NDArray[np.intp], total: Ints, size: Ints, rate: Floats, found: Ints
) -> None:
    """Participants with a DLT in the next cohort of each trial that goes on."""
    for row in range(len(going)):
        stream, with_dlt = streams[going[row]], 0
        for place in range(total[row], total[row] + size[row]):
            with_dlt += look_up(stream, place) < rate[row]
        found[row] = with_dlt


def _walk(
    design: AssignedDesign, rates: Floats, *, seed: int, first_trial: int, n_trials: int
) -> tuple[NDArray[np.intp], Ints, Ints]:
    """The final state of each trial, its cohorts, and those of them with a second participant."""
    streams = np.empty(n_trials, np.uint64)
    _start_streams(seed, first_trial, streams)
    places = np.zeros(n_trials, np.intp)
    n_cohorts, n_seconds = np.zeros((2, n_trials), np.int64)
    going = np.arange(n_trials)
    while True:
        going = going[design.size[places[going]] > 0]
        if not len(going):
            return places, n_cohorts, n_seconds
        here = places[going]
        size = design.size[here]
        with_dlt = np.empty(len(going), np.int64)
        _count_dlts(streams, going, design.total[here], size, rates[design.level[here] - 1], with_dlt)
        places[going] = design.follow(here, with_dlt)
        n_cohorts[going] += 1
        n_seconds[going] += size > 1


def simulate_assigned(
    design: AssignedDesign,
    true_rates: Sequence[float],
    *,
    n_trials: int,
    seed: int,
    first_trial: int = 0,
    overdose_rate: float = OVERDOSE_RATE,
    many_above: float = MANY_ABOVE,
) -> SimulatedCharacteristics:
    """Simulated operating characteristics of a design without a decision table.

    The other arguments and the participants' luck are those of
    :func:`firstdose.design.simulated.trials.simulate_trials`.
    """
    return compute_simulated_characteristics(
        sum_assigned(
            design,
            true_rates,
            n_trials=n_trials,
            seed=seed,
            first_trial=first_trial,
            overdose_rate=overdose_rate,
            many_above=many_above,
        )
    )


def sum_assigned(
    design: AssignedDesign,
    true_rates: Sequence[float],
    *,
    n_trials: int,
    seed: int,
    first_trial: int = 0,
    overdose_rate: float = OVERDOSE_RATE,
    many_above: float = MANY_ABOVE,
) -> TrialSums:
    """The sums of a part of a simulation; the arguments are those of :func:`simulate_assigned`."""
    plain = require_possible(
        design.n_levels, true_rates, n_trials=n_trials, seed=seed, first_trial=first_trial
    )
    rates = np.array(plain)
    n_ended = np.zeros(0, np.int64)
    cohorts, seconds = np.zeros((2, design.max_n + 1), np.int64)
    for first in range(0, n_trials, TRIALS_AT_ONCE):
        places, n_cohorts, n_seconds = _walk(
            design,
            rates,
            seed=seed,
            first_trial=first_trial + first,
            n_trials=min(TRIALS_AT_ONCE, n_trials - first),
        )
        ended = np.bincount(places)
        n_ended = np.pad(n_ended, (0, max(0, len(ended) - len(n_ended))))
        n_ended[: len(ended)] += ended
        cohorts += np.bincount(n_cohorts, minlength=design.max_n + 1)
        seconds += np.bincount(n_seconds, minlength=design.max_n + 1)
    found = np.flatnonzero(n_ended)
    times = n_ended[found]
    n, n_dlt = design.n[found].astype(np.int64), design.n_dlt[found].astype(np.int64)
    total, total_dlt = n.sum(axis=1), n_dlt.sum(axis=1)
    n_overdose = n[:, rates > overdose_rate].sum(axis=1)
    n_above = n[:, rates > design.target_rate].sum(axis=1)
    sizes = np.arange(design.max_n + 1)
    return TrialSums(
        digest=design.digest,
        cap_level=design.cap_level,
        true_rates=plain,
        target_rate=design.target_rate,
        overdose_rate=overdose_rate,
        many_above=many_above,
        seed=seed,
        first_trial=first_trial,
        n_trials=n_trials,
        selected=_count(design.level[found], times, design.n_levels + 1),
        n=tuple((times @ n).tolist()),
        n_squares=tuple((times @ n**2).tolist()),
        n_dlt=tuple((times @ n_dlt).tolist()),
        n_dlt_squares=tuple((times @ n_dlt**2).tolist()),
        total=_count(total, times, design.max_n + 1),
        total_dlt=_count(total_dlt, times, design.max_n + 1),
        too_toxic=int(times @ design.too_toxic[found]),
        many_above_mtd=int(times @ (n_above > many_above * total)),
        n_overdose=int(times @ n_overdose),
        n_overdose_squares=int(times @ n_overdose**2),
        n_cohorts=int(cohorts @ sizes),
        n_cohorts_squares=int(cohorts @ sizes**2),
        n_seconds=int(seconds @ sizes),
        n_seconds_squares=int(seconds @ sizes**2),
    )


def keep_assigned(
    design: AssignedDesign, true_rates: Sequence[float], *, n_trials: int, seed: int, first_trial: int = 0
) -> KeptTrials:
    """Results trial by trial: the MTD from 1 or 0 for none, and participants and DLTs, trials by levels."""
    plain = require_possible(
        design.n_levels, true_rates, n_trials=n_trials, seed=seed, first_trial=first_trial
    )
    places, _, _ = _walk(design, np.array(plain), seed=seed, first_trial=first_trial, n_trials=n_trials)
    return KeptTrials(design.level[places].astype(np.int16), design.n[places], design.n_dlt[places])


def _count(values: Ints, times: Ints, n_values: int) -> tuple[int, ...]:
    """How often each value from 0 on occurred; in whole numbers, unlike a weighted ``bincount``."""
    found = np.zeros(n_values, np.int64)
    np.add.at(found, values, times)
    return tuple(found.tolist())
