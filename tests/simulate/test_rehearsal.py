"""A rehearsed trial runs by itself to its end, the same for the same seed, and looks like a trial."""

from collections import Counter
from itertools import pairwise

import pytest
from tests.conftest import REHEARSED_SEED, Rehearsed
from tests.trials import DAY, MORNING, bundled_protocol

from firstdose.adapters.store_memory import MemoryStore
from firstdose.record import events as e
from firstdose.record.log import check_chain
from firstdose.simulate.agenda import Agenda
from firstdose.simulate.rehearsal import Progress
from firstdose.simulate.scenario import Scenario
from firstdose.study.rehearse import rehearse
from firstdose.terms.calendar import protocol_day


def run(seed: int) -> tuple[MemoryStore, list[Progress]]:
    store = MemoryStore()
    return store, list(rehearse(store, bundled_protocol(), seed, Scenario()))


@pytest.fixture(scope="module")
def again() -> tuple[MemoryStore, list[Progress]]:
    """The rehearsal of the shared seed, once more."""
    return run(REHEARSED_SEED)


def test_the_same_seed_gives_the_same_record_to_the_last_bit(
    rehearsed: Rehearsed, again: tuple[MemoryStore, list[Progress]]
) -> None:
    assert again[0].head() == rehearsed.store.head()


def test_progress_only_goes_forward_and_ends_with_everyone(
    again: tuple[MemoryStore, list[Progress]],
) -> None:
    store, steps = again
    assert len(steps) > 300
    for earlier, later in pairwise(steps):
        assert earlier.now.date() < later.now.date()  # a day at a time
        assert earlier.n_enrolled <= later.n_enrolled <= later.enrolment
        assert earlier.n_finished <= later.n_finished <= later.n_enrolled
    assert steps[-1].n_finished == steps[-1].n_enrolled == 36
    latest = max(entry.recorded_at for entry in store.read())
    assert steps[-1].now >= latest.replace(hour=0, minute=0)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_other_seeds_run_to_their_end_and_give_other_trials(seed: int, rehearsed: Rehearsed) -> None:
    store, steps = run(seed)
    assert store.head()[1] != rehearsed.store.head()[1]
    assert steps[-1].n_finished == steps[-1].n_enrolled
    assert steps[-1].n_enrolled >= 10  # it ends early where the MTD allows no multiple doses


# --- the shared trial


def count(rehearsed: Rehearsed) -> Counter[type]:
    return Counter(type(entry.event) for entry in rehearsed.store.read())


def test_thirty_six_are_treated_over_six_sites(rehearsed: Rehearsed) -> None:
    treated = list(rehearsed.state.treated())
    assert len(treated) == 36
    assert {one.site for one in treated} == {"01", "02", "03", "04", "05", "06"}
    parts = Counter(rehearsed.state.part_of(one) for one in treated)
    assert set(parts) == {"sad", "mad", "expansion"}


def test_the_record_of_a_rehearsal_is_whole(rehearsed: Rehearsed) -> None:
    assert check_chain(rehearsed.store.read_rows(), head=rehearsed.store.head()[1]) == ()


def test_every_form_of_the_schedule_is_submitted_unless_its_visit_was_not_held(rehearsed: Rehearsed) -> None:
    state = rehearsed.state
    for one in state.treated():
        regimen = state.regimen_of(one)
        assert regimen is not None
        for visit in state.protocol.schedule_by_key[regimen.schedule].visits:
            recorded = one.visits.get(visit.key)
            if recorded is None:
                assert one.withdrawn is not None, (one.code, visit.key)
                assert one.first_infusion_at is not None
                left_on = protocol_day(one.withdrawn.happened_at, one.first_infusion_at)
                assert visit.last_day >= left_on, (one.code, visit.key)
            elif recorded.held_on is not None and one.withdrawn is None:
                is_withheld = visit.infusion is not None and visit.infusion not in one.infusions
                for at in visit.forms:
                    points = at.timepoints or ("",)
                    for point in points[:1] if is_withheld else points:
                        assert (visit.key, at.form, point) in one.forms, (one.code, visit.key, at.form, point)


def test_a_missed_visit_has_a_reason_and_no_forms(rehearsed: Rehearsed) -> None:
    n_missed = 0
    for one in rehearsed.state.participants.values():
        for visit in one.visits.values():
            if visit.held_on is None:
                n_missed += 1
                assert visit.missed_because
                assert not any(form.visit == visit.visit for form in one.forms.values())
    assert n_missed > 0


def test_what_happens_in_a_trial_happens_in_the_rehearsal(rehearsed: Rehearsed) -> None:
    found = count(rehearsed)
    for kind in (
        e.ValueCorrected, e.QueryRaised, e.QueryAnswered, e.QueryClosed, e.VisitMissed, e.DeviationReported,
        e.ScreenFailed, e.ParticipantWithdrawn, e.AdverseEventReported, e.AdverseEventGraded, e.AdverseEventEnded,
        e.DltAdjudicated, e.InfusionWithheld, e.TrialPaused, e.TrialResumed, e.CohortEnlarged,
    ):  # fmt: skip
        assert found[kind] > 0, kind
    assert any(one.has_dlt for one in rehearsed.state.treated())


def test_some_forms_are_entered_days_after_their_visit_and_most_are_not(rehearsed: Rehearsed) -> None:
    delays = [
        entry.recorded_at - entry.event.collected_at
        for entry in rehearsed.store.read()
        if isinstance(entry.event, e.FormSubmitted)
    ]
    late = sum(delay > 2 * DAY for delay in delays) / len(delays)
    assert min(delays) >= 0 * DAY  # nothing is entered before it is collected
    assert 0.02 < late < 0.15


def test_everyone_treated_is_determined_completed_or_left(rehearsed: Rehearsed) -> None:
    for one in rehearsed.state.treated():
        assert one.is_determined, one.code
        assert (one.completed_at is None) is one.has_left, one.code


def test_nobody_acts_outside_the_cast(rehearsed: Rehearsed) -> None:
    for entry in rehearsed.store.read():
        assert entry.event.__class__ is e.StudyDefinitionReleased or entry.actor in rehearsed.state.accounts


# --- the agenda


def test_acts_happen_in_the_order_of_time_and_of_planning() -> None:
    agenda, done = Agenda(), list[str]()
    agenda.plan(MORNING + 2 * DAY, lambda _: done.append("later"))
    agenda.plan(MORNING, lambda _: done.append("first"))
    agenda.plan(MORNING, lambda now: agenda.plan(now - DAY, lambda _: done.append("at once")))
    moments = []
    while (moment := agenda.run_next()) is not None:
        moments.append(moment)
    assert done == ["first", "at once", "later"]
    assert moments == [MORNING, MORNING, MORNING, MORNING + 2 * DAY]
    assert agenda.run_next() is None
