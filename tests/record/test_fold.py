"""The state is the fold of the log: of all of it, or of any part after any other."""

from copy import deepcopy
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import Rehearsed
from tests.trials import SmallTrial, all_event_types, coordinator, start

from firstdose.conduct import commands as c
from firstdose.record import events as e
from firstdose.record import fold as folding
from firstdose.record.fold import apply, fold
from firstdose.record.state import Participant, State
from firstdose.simulate import cast


@pytest.fixture(scope="module")
def log(rehearsed: Rehearsed) -> list[e.Entry]:
    return list(rehearsed.store.read())


def copy_of(state: State) -> State:
    """A state that later entries do not change; the protocol is frozen and shared."""
    return deepcopy(state, {id(state.definition): state.definition})


def test_every_type_of_event_has_its_function() -> None:
    assert set(folding._APPLY) == set(all_event_types())


@pytest.mark.covers("A2")
@settings(max_examples=4, deadline=None)
@given(cut=st.floats(0, 1))
def test_folding_a_part_after_another_is_folding_both(cut: float, log: list[e.Entry]) -> None:
    at = int(cut * len(log))
    assert fold(log[at:], start=fold(log[:at])) == fold(log)


@pytest.mark.covers("A2")
def test_the_state_as_of_a_position_is_the_state_that_was_known_there(log: list[e.Entry]) -> None:
    every = len(log) // 4
    state, known = State(), dict[int, State]()
    for entry in log:
        apply(state, entry)
        if entry.position % every == 0:
            known[entry.position] = copy_of(state)
    assert len(known) >= 4
    for position, then in known.items():
        assert fold(log[:position]) == then
        assert then.position == position


def test_folding_does_not_change_what_it_reads(log: list[e.Entry]) -> None:
    before = [repr(entry.event) for entry in log[-3000:]]
    fold(log)
    assert [repr(entry.event) for entry in log[-3000:]] == before


@pytest.mark.covers("A2")
def test_after_every_command_the_state_is_the_fold_of_the_log() -> None:
    trial = start()
    trial.complete_single("sad", "SAD-1")
    trial.submit("01-001", "vital_signs", "D14", sbp="170")
    trial.review("sad")
    second = trial.treat(trial.enrol("02", trial.open_cohort("sad", "SAD-2")))
    trial.dlt(second)
    trial.withdraw(second)
    state = State()
    for entry in trial.store.read():
        apply(state, entry)
        if entry.position % 8 == 0:
            assert fold(trial.store.read(0, entry.position)) == state
    assert state == trial.state


# --- corrections


def sources_of(entries: dict[int, e.Entry], position: int, item: str) -> list[e.Value]:
    """From the newest value of an item back to the one that was submitted."""
    event = entries[position].event
    if isinstance(event, e.FormSubmitted):
        return [event.values.get(item)]
    assert isinstance(event, e.ValueCorrected)
    assert event.item == item
    older = sources_of(entries, event.corrects, item)
    assert event.old == older[0], "the correction cites another value than the one it replaces"
    assert event.corrects < position
    return [event.new, *older]


@pytest.mark.covers("A5")
def test_the_chain_of_corrections_leads_back_to_the_submitted_value(
    rehearsed: Rehearsed, log: list[e.Entry]
) -> None:
    entries = {entry.position: entry for entry in log}
    n_checked = 0
    for participant in rehearsed.state.participants.values():
        for form in participant.forms.values():
            for item in {made.item for made in form.corrections}:
                chain = sources_of(entries, form.position_of(item), item)
                assert chain[0] == form.values[item]
                submitted = entries[form.position].event
                assert isinstance(submitted, e.FormSubmitted)
                assert chain[-1] == submitted.values.get(item)
                n_checked += 1
    assert n_checked > 20


@settings(max_examples=10, deadline=None)
@given(
    new=st.lists(
        st.tuples(st.sampled_from(["sbp", "pulse"]), st.integers(60, 140).map(str)), min_size=1, max_size=8
    )
)
def test_no_correction_loses_a_value(new: list[tuple[str, str]]) -> None:
    trial = start()
    code = trial.consent(trial.screen("01"))
    trial.submit(code, "vital_signs")
    was = dict(trial.participant(code).forms["SCR", "vital_signs", ""].values)
    said: dict[str, list[e.Value]] = {item: [was[item]] for item in ("sbp", "pulse")}
    for item, value in new:
        command = c.CorrectValue(
            participant=code, visit="SCR", form="vital_signs", item=item, new=value, reason="misread"
        )
        if value != said[item][-1]:
            trial.do(command, coordinator("01"))
            said[item].append(value)
    form = trial.participant(code).forms["SCR", "vital_signs", ""]
    entries = {entry.position: entry for entry in trial.store.read()}
    for item, values in said.items():
        assert sources_of(entries, form.position_of(item), item) == values[::-1]


# --- what an event means for the state

CODE = "01-001"


def after(*acts: Any) -> tuple[SmallTrial, Participant]:
    trial = start()
    trial.treat(trial.enrol("01", trial.open_cohort("sad", "SAD-1")))
    for act in acts:
        act(trial)
    return trial, trial.participant(CODE)


def test_participants_stand_in_the_order_in_which_they_came() -> None:
    trial = start()
    codes = [trial.screen(site) for site in ("05", "01", "05", "02")]
    assert list(trial.state.participants) == codes == ["05-001", "01-001", "05-002", "02-001"]


def test_an_adverse_event_keeps_its_grades_its_end_and_its_adjudication() -> None:
    trial, participant = after(lambda trial: trial.dlt(CODE))
    record = participant.adverse_events["AE-001"]
    assert (record.worst_grade, record.ended, record.dlt is not None and record.dlt.is_dlt) == (4, None, True)
    trial.wait(1)
    ended = c.EndAdverseEvent(
        participant=CODE, adverse_event="AE-001", outcome="recovered", happened_at=trial.now
    )
    trial.do(ended, cast.at_site("investigator", "01"))
    record = trial.participant(CODE).adverse_events["AE-001"]
    assert record.ended is not None
    assert (record.ended.outcome, record.ended_position) == ("recovered", trial.state.position)
    assert asdict(record)["recorded_at"] <= trial.now


def test_an_event_without_a_grade_has_no_worst_one() -> None:
    _, participant = after(lambda trial: trial.report(CODE, grade=None))
    assert participant.adverse_events["AE-001"].worst_grade is None


def test_numbers_are_read_in_the_order_of_their_collection() -> None:
    def late_entry(trial: SmallTrial) -> None:
        trial.wait(3)
        trial.submit(CODE, "pga", "UNS2")
        command = trial.form(CODE, "pga", "UNS1", pga="2.5")
        earlier = c.SubmitForm(
            participant=CODE, visit="UNS1", form="pga", collected_at=trial.now.replace(hour=0),
            values=command.values,
        )  # fmt: skip
        trial.do(earlier, coordinator("01"))
        empty = c.SubmitForm(
            participant=CODE, visit="UNS3", form="pga", collected_at=trial.now, values={},
            not_done={"pga": "no time"},
        )  # fmt: skip
        trial.do(empty, coordinator("01"))

    trial, participant = after(late_entry)
    readings = list(participant.readings("pga", "pga"))
    assert [(one.visit, str(one.value)) for one in readings] == [("UNS1", "2.5"), ("UNS2", "1.5")]
    assert list(participant.readings("diary", "x")) == []
    assert trial.state.part_of(participant) == "sad"


def test_who_signed_in_is_in_the_trail_and_not_in_the_state() -> None:
    trial = start()
    before = asdict(trial.state)
    trial.do(c.NoteLogin(login="park", what="signed_in"), cast.ADMINISTRATOR)
    now = asdict(trial.state)
    assert {key for key in before if before[key] != now[key]} == {"position"}
