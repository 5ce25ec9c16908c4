"""The way of many simulated trials through their cohorts, in the order of treatment and without a calendar.

Every cohort is decided on when all its outcomes are known, so its decision does not depend on time. The steps are
those of the exact method; the outcomes are looked up by trial and participant, so that a participant has the same
luck whatever the design.
"""

from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from firstdose.design.stepping import Assign
from firstdose.simulate.expanded_regimens import choose_regimens
from firstdose.simulate.whole_trial.expansion import share_places
from firstdose.simulate.whole_trial.part_ends import list_titration_levels, step_within
from firstdose.simulate.whole_trial.plan import EscalationPart, TrialPlan, find_cap
from firstdose.simulate.whole_trial.truth import Truth

FloatArray = NDArray[np.float64]
Whole = NDArray[np.int64]


class Cohorts(NamedTuple):
    """The cohorts of a part, one row per trial, one column per cohort in time; a size of 0 is no cohort."""

    level: Whole
    size: Whole
    n_dlt: Whole


class PartPaths(NamedTuple):
    """A part of every trial: its cohorts, participants per level, and the level selected, 0 for none."""

    cohorts: Cohorts
    n: Whole
    n_dlt: Whole
    level: Whole


class TrialPaths(NamedTuple):
    """Both parts of every trial; and the places of each regimen in the expansion, trials by regimens."""

    sad: PartPaths
    mad: PartPaths
    places: Whole


def play_trials(
    plan: TrialPlan, truth: Truth, regimen_rates: tuple[float, ...], luck: FloatArray
) -> TrialPaths:
    """The parts of the trials up to the expansion.

    Parameters
    ----------
    plan : TrialPlan
    truth : Truth
    regimen_rates : tuple of float
        True DLT rates of the regimens.
    luck : array of float, trials by twice the enrolment
        Uniform numbers: for each participant in the order of treatment whether they have a DLT, then for each
        whether they end titration without one.
    """
    enrolment, n_trials = plan.enrolment, len(luck)
    used = np.zeros(n_trials, dtype=np.int64)
    sad_places = min(plan.sad.max_participants, enrolment)
    sad = _play_single_doses(plan, truth, luck, sad_places)
    used += sad.n.sum(axis=1)
    caps = np.array([find_cap(plan, level) for level in range(len(plan.sad.levels) + 1)])[sad.level]
    left = np.minimum(min(plan.mad.max_participants, plan.mad.design.max_n), enrolment - used)
    mad = _nobody(plan.mad, n_trials)
    opens = (caps >= plan.mad.design.start_level) & (left > 0)
    for cap, places in np.unique(np.column_stack([caps, left])[opens], axis=0).tolist():
        rows = np.flatnonzero(opens & (caps == cap) & (left == places))
        step = step_within(plan.mad.design, places, cap, expands=True)
        played = _play(plan.mad, step, np.array(regimen_rates), luck[rows, :enrolment], used[rows])
        mad = _place(mad, played, rows)
    used += mad.n.sum(axis=1)
    return TrialPaths(sad, mad, _share(plan, mad, enrolment - used))


def _play_single_doses(plan: TrialPlan, truth: Truth, luck: FloatArray, places: int) -> PartPaths:
    """The single doses; where something but a DLT ends titration, what follows is the design without it."""
    design, enrolment = plan.sad.design, plan.enrolment
    step, rates = step_within(design, places), np.array(truth.single_dose_rates)
    none_used = np.zeros(len(luck), dtype=np.int64)
    triggers = truth.trigger_rates
    levels = np.array(list_titration_levels(design, places), dtype=np.int64)
    if triggers is None or not any(triggers) or not len(levels):
        return _play(plan.sad, step, rates, luck[:, :enrolment], none_used)
    is_trigger = luck[:, enrolment : enrolment + len(levels)] < np.array(triggers)[levels - 1]
    is_dlt = luck[:, : len(levels)] < rates[levels - 1]
    # the participant of each titration level ends it by a trigger if nothing ended it before
    ended_by = np.where((is_trigger | is_dlt).any(axis=1), (is_trigger | is_dlt).argmax(axis=1), -1)
    by_trigger = (ended_by >= 0) & ~is_dlt[np.arange(len(luck)), ended_by]
    after = msgspec.structs.replace(design, titration=None)
    step_after = step_within(after, places)

    # until its trigger a trial has had one participant a step, so all trials of a call are equally far
    def step_until(place: int) -> Assign:
        return lambda n, n_dlt, level: (
            step(n, n_dlt, level) if n.sum() <= place * len(n) else step_after(n, n_dlt, level)
        )

    found = _nobody(plan.sad, len(luck))
    for place in [-1, *range(len(levels))]:
        rows = np.flatnonzero(~by_trigger if place < 0 else by_trigger & (ended_by == place))
        chosen = step if place < 0 else step_until(place)
        found = _place(found, _play(plan.sad, chosen, rates, luck[rows, :enrolment], none_used[rows]), rows)
    return found


def _play(part: EscalationPart, step: Assign, rates: FloatArray, luck: FloatArray, used: Whole) -> PartPaths:
    """The cohorts of a part in trials that have used so many participants before."""
    n_trials, n_levels, most = len(luck), part.design.n_levels, part.design.max_n
    n, n_dlt = np.zeros((2, n_trials, n_levels), dtype=np.int64)
    level = np.full(n_trials, part.design.start_level)
    cohorts = Cohorts(*np.zeros((3, n_trials, most), dtype=np.int64))
    going, number = np.arange(n_trials), 0
    while len(going):
        steps = step(n[going], n_dlt[going], level[going])
        level[going] = steps.level
        is_end = steps.size == 0
        going, size, here = going[~is_end], steps.size[~is_end].astype(np.int64), steps.level[~is_end] - 1
        first = used[going] + n[going].sum(axis=1)
        with_dlt = np.zeros(len(going), dtype=np.int64)
        for place in range(int(size.max(initial=0))):
            in_cohort = place < size
            at = np.minimum(first + place, luck.shape[1] - 1)
            with_dlt += in_cohort & (luck[going, at] < rates[here])
        n[going, here] += size
        n_dlt[going, here] += with_dlt
        for column, values in zip(cohorts, (here + 1, size, with_dlt), strict=True):
            column[going, number] = values
        number += 1
    kept = Cohorts(*(column[:, : max(number - 1, 1)] for column in cohorts))
    return PartPaths(kept, n, n_dlt, level)


def _nobody(part: EscalationPart, n_trials: int) -> PartPaths:
    empty = np.zeros((n_trials, part.design.max_n), dtype=np.int64)
    n = np.zeros((n_trials, part.design.n_levels), dtype=np.int64)
    return PartPaths(
        Cohorts(empty, empty.copy(), empty.copy()), n, n.copy(), np.zeros(n_trials, dtype=np.int64)
    )


def _place(into: PartPaths, played: PartPaths, rows: NDArray[np.intp]) -> PartPaths:
    """The trials of some rows put among all."""
    for column, values in zip(into.cohorts, played.cohorts, strict=True):
        column[rows, : values.shape[1]] = values
    for whole, some in zip(into[1:], played[1:], strict=True):
        whole[rows] = some
    return into


def _share(plan: TrialPlan, mad: PartPaths, left: Whole) -> Whole:
    """The places of each regimen in the expansion."""
    part = plan.expansion
    chosen = choose_regimens(mad.n, mad.level, fewest=part.min_regimens, most=part.max_regimens)
    places = np.minimum(part.max_participants, left)
    shared = np.zeros(chosen.shape, dtype=np.int64)
    for *is_chosen, room in np.unique(np.column_stack([chosen, places]), axis=0).tolist():
        rows = (chosen == np.array(is_chosen, dtype=np.bool_)).all(axis=1) & (places == room)
        levels = np.flatnonzero(is_chosen)
        shared[np.ix_(rows, levels)] = share_places(room, len(levels))
    return shared
