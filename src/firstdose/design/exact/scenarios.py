"""Final states weighed with true DLT rates, for many scenarios at once."""

from itertools import pairwise
from typing import NamedTuple, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array

from firstdose.design.stepping import BoolArray, IntArray

FloatArray = NDArray[np.float64]

OVERDOSE_RATE = 0.33
"""A true DLT rate above which a level is an overdose (Neuenschwander 2008, its upper interval)."""
MANY_ABOVE = 0.6
"""Share of the participants above the MTD whose exceedance is told; BOIN 2.7.2 tells 60 and 80 %."""
NUMBERS_AT_ONCE = 1 << 19
"""Probabilities that are held at once: 4 MB, so that they stay near the processor."""

LABELS_TO_COUNT = 1 << 20
"""Labels below this are numbered by counting, others by sorting."""
PATTERN_BITS = 32
"""Bits that may tell which shares are exceeded, before the patterns are numbered anew."""


class States(Protocol):
    """What is read of final states; :class:`firstdose.design.exact.final_states.FinalStates` is one."""

    @property
    def n_evaluable(self) -> IntArray: ...  # noqa: D102 - the fields of FinalStates
    @property
    def n_dlt(self) -> IntArray: ...  # noqa: D102
    @property
    def n_paths(self) -> FloatArray: ...  # noqa: D102
    @property
    def mtd(self) -> IntArray: ...  # noqa: D102
    @property
    def too_toxic(self) -> BoolArray: ...  # noqa: D102
    @property
    def n_cohorts(self) -> FloatArray: ...  # noqa: D102
    @property
    def n_seconds(self) -> FloatArray: ...  # noqa: D102
    @property
    def n_before(self) -> tuple[int, ...]: ...  # noqa: D102
    @property
    def n_dlt_before(self) -> tuple[int, ...]: ...  # noqa: D102
    @property
    def target_rate(self) -> float: ...  # noqa: D102
    @property
    def max_n(self) -> int: ...  # noqa: D102


class ScenarioCharacteristics(msgspec.Struct, frozen=True, kw_only=True):
    """What a design does under each scenario: the first axis is the scenario.

    The names are those of :class:`firstdose.design.exact.final_states.OperatingCharacteristics`.
    """

    p_selected: FloatArray
    p_none: FloatArray
    mean_n_per_level: FloatArray
    mean_n_dlt_per_level: FloatArray
    mean_n: FloatArray
    mean_n_dlt: FloatArray
    p_stop_too_toxic: FloatArray
    p_stop_early: FloatArray
    p_n: FloatArray
    p_n_dlt: FloatArray
    p_many_above_mtd: FloatArray
    p_selected_overdose: FloatArray
    mean_n_overdose: FloatArray
    mean_n_cohorts: FloatArray
    mean_n_seconds: FloatArray
    mean_n_since: FloatArray


def evaluate_scenarios(
    states: States, rates: FloatArray, *, overdose_rate: float, many_above: float
) -> ScenarioCharacteristics:
    """Every characteristic as sums over the final states.

    Parameters
    ----------
    states : States
    rates : array of float, scenarios by levels
        True DLT rates between 0 and 1.
    overdose_rate, many_above : float
        As in :func:`firstdose.design.exact.final_states.compute_scenarios`.
    """
    n_levels = states.n_evaluable.shape[1]
    above, which = np.unique(rates > states.target_rate, axis=0, return_inverse=True)
    sums = _Sums(states, above, many_above)
    groups = _group_levels(states, is_alone=len(rates) == 1)
    found = np.empty((sums.n_rows, len(rates)))
    n_mean, n_dlt_mean = np.empty((2, len(rates), n_levels))
    width = max(1, NUMBERS_AT_ONCE // len(states.mtd))
    for first in range(0, len(rates), width):
        columns = slice(first, min(first + width, len(rates)))
        p_state = states.n_paths[:, None]
        for group in groups:
            likelihood = _likelihood(group.n_since, group.n_dlt_since, rates[columns, group.levels])
            p_state = (likelihood if group.place is None else likelihood.take(group.place, axis=0)) * p_state
        found[:, columns] = sums.add_up(p_state)
        for group in groups:
            p_group = p_state if group.collect is None else group.collect @ p_state
            n_mean[columns, group.levels] = (group.n.T @ p_group).T
            n_dlt_mean[columns, group.levels] = (group.n_dlt.T @ p_group).T
    p_mtd, p_n, p_n_dlt = (found[rows].T for rows in (sums.mtd, sums.n, sums.n_dlt))
    p_too_toxic, n_cohorts, n_seconds = found[sums.means]
    is_overdose = rates > overdose_rate
    return ScenarioCharacteristics(
        p_selected=p_mtd[:, 1:],
        p_none=p_mtd[:, 0],
        mean_n_per_level=n_mean,
        mean_n_dlt_per_level=n_dlt_mean,
        mean_n=n_mean.sum(axis=1),
        mean_n_dlt=n_dlt_mean.sum(axis=1),
        p_stop_too_toxic=p_too_toxic,
        p_stop_early=p_n[:, : states.max_n].sum(axis=1),
        p_n=p_n,
        p_n_dlt=p_n_dlt,
        p_many_above_mtd=found[sums.many][which.reshape(-1), np.arange(len(rates))],
        p_selected_overdose=(p_mtd[:, 1:] * is_overdose).sum(axis=1),
        mean_n_overdose=(n_mean * is_overdose).sum(axis=1),
        mean_n_cohorts=n_cohorts,
        mean_n_seconds=n_seconds,
        mean_n_since=n_mean.sum(axis=1) - sum(states.n_before),
    )


class _Sums:
    """The sums that are asked for, taken in two sparse steps.

    States that share the MTD, both totals and the share above the MTD are first added up; every probability
    asked for is a sum of those few. Cohorts are added up over the states.
    """

    def __init__(self, states: States, above: BoolArray, many_above: float) -> None:
        n_levels, n_states = states.n_evaluable.shape[1], len(states.mtd)
        total = states.n_evaluable.sum(axis=1, dtype=np.int64)
        total_dlt = states.n_dlt.sum(axis=1, dtype=np.int64)
        many = np.array([states.n_evaluable[:, one].sum(axis=1) > many_above * total for one in above])
        pattern = np.zeros(n_states, dtype=np.int64)
        for one in many:
            pattern = 2 * pattern + one
            if pattern.max() >> PATTERN_BITS:
                pattern = np.unique(pattern, return_inverse=True)[1]
        most = max(states.max_n, int(total.max())) + 1
        outcome = np.where(states.too_toxic, n_levels + 1, states.mtd).astype(np.int64)
        label = ((pattern * (n_levels + 2) + outcome) * most + total) * most + total_dlt
        place, example = _number_distinct(label)
        self._n_labels = n_labels = len(example)
        # one column a state: it counts for its label, and with its cohorts in two rows more
        self._collect = csc_array(
            (
                np.stack([np.ones(n_states), states.n_cohorts, states.n_seconds], axis=1).ravel(),
                np.stack(
                    [place, np.full(n_states, n_labels), np.full(n_states, n_labels + 1)], axis=1
                ).ravel(),
                np.arange(0, 3 * n_states + 1, 3),
            ),
            shape=(n_labels + 2, n_states),
        )
        outcome = np.where(outcome > n_levels, 0, outcome)[example]
        ends = np.cumsum([n_levels + 1, most, most, len(above), 3])
        self.mtd, self.n, self.n_dlt, self.many, self.means = (
            slice(low, high) for low, high in pairwise([0, *ends.tolist()])
        )
        self.n_rows = int(ends[-1])
        rows = np.zeros((self.n_rows, n_labels + 2))
        each = np.arange(n_labels)
        for part, values in ((self.mtd, outcome), (self.n, total[example]), (self.n_dlt, total_dlt[example])):
            rows[part.start + values, each] = 1
        rows[self.many, :n_labels] = many[:, example]
        rows[self.means.start, :n_labels] = states.too_toxic[example]
        rows[self.means.start + 1, n_labels] = rows[self.means.start + 2, n_labels + 1] = 1
        self._rows = csr_array(rows)

    def add_up(self, p_state: FloatArray) -> FloatArray:
        """The sums for the probabilities of the states, rows by scenarios."""
        found: FloatArray = self._rows @ (self._collect @ p_state)
        return found


def _number_distinct(labels: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The number of each label among the distinct ones, and the place of one example of each."""
    most = int(labels.max()) + 1
    if most > LABELS_TO_COUNT:
        _, example, number = np.unique(labels, return_index=True, return_inverse=True)
        return number, example
    place = np.full(most, -1)
    place[labels] = np.arange(len(labels))
    example = place[place >= 0]
    place[place >= 0] = np.arange(len(example))
    return place[labels], example


class _Group(NamedTuple):
    """Some neighbouring levels: each combination of their counts once, and where every state has its own."""

    levels: slice
    n: FloatArray
    n_dlt: FloatArray
    n_since: IntArray
    n_dlt_since: IntArray
    place: NDArray[np.intp] | None
    collect: csc_array | None


def _group_levels(states: States, *, is_alone: bool) -> list[_Group]:
    """The levels in two halves, or as one where there is one scenario, which is sooner."""
    n_levels = states.n_evaluable.shape[1]
    half = n_levels // 2
    halves = [(0, n_levels)] if is_alone or half == 0 else [(0, half), (half, n_levels)]
    return [_group(states, slice(low, high), is_alone=is_alone) for low, high in halves]


def _group(states: States, levels: slice, *, is_alone: bool) -> _Group:
    n, n_dlt = states.n_evaluable[:, levels], states.n_dlt[:, levels]
    place, collect = None, None
    if not is_alone:
        combinations = np.concatenate([n, n_dlt], axis=1)
        as_bytes = np.ascontiguousarray(combinations).view([("", combinations.dtype)] * combinations.shape[1])
        _, first, place = np.unique(as_bytes.reshape(-1), return_index=True, return_inverse=True)
        collect = csc_array((np.ones(len(n)), place, np.arange(len(n) + 1)), shape=(len(first), len(n)))
        n, n_dlt = n[first], n_dlt[first]
    before, n_dlt_before = (np.array(one, np.int16)[levels] for one in (states.n_before, states.n_dlt_before))
    return _Group(
        levels,
        n.astype(np.float64),
        n_dlt.astype(np.float64),
        n - before,
        n_dlt - n_dlt_before,
        place,
        collect,
    )


def _likelihood(n: IntArray, n_dlt: IntArray, rates: FloatArray) -> FloatArray:
    """The product over levels of p^y (1-p)^(n-y), counts by scenarios."""
    found = np.ones((len(n), len(rates)))
    powers = np.arange(int(n.max()) + 1)[:, None]
    for level in range(n.shape[1]):
        rate = rates[:, level]
        with_dlt, without = rate**powers, (1 - rate) ** powers
        found *= with_dlt.take(n_dlt[:, level], axis=0)
        found *= without.take(n[:, level] - n_dlt[:, level], axis=0)
    return found
