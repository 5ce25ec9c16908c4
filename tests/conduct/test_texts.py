"""What is recorded says something: no blank reason, question, answer or meaning; the trail reads in two languages."""

import pytest
from tests.conftest import Rehearsed
from tests.trials import all_event_types, coordinator, start

from firstdose.conduct import commands as c
from firstdose.conduct.trail import TITLES, view_entry
from firstdose.record import events as e
from firstdose.simulate import cast

BLANK: dict[str, tuple[c.AnyCommand, c.Actor]] = {
    "a pause": (c.PauseTrial(reason=" "), cast.MONITOR),
    "the end of a pause": (c.ResumeTrial(reason=""), cast.CHAIR),
    "a cohort that closes": (c.CloseCohort(cohort="sad-c01", reason=""), cast.MONITOR),
    "a place given back": (c.ReleaseSlot(participant="01-001", reason="\t"), coordinator("01")),
    "a missed visit": (c.MissVisit(participant="01-001", visit="SCR", reason=""), coordinator("01")),
    "an answer": (c.AnswerQuery(participant="01-001", query="Q-001", answer=" "), coordinator("01")),
    "a question": (
        c.RaiseQuery(participant="01-001", visit="SCR", form="pga", item="pga", question=""),
        cast.DATA_MANAGER,
    ),
    "a meaning of a signature": (c.SignDecision(decision="sad-d01", meaning="", digest="x"), cast.CHAIR),
}


@pytest.mark.parametrize(("command", "actor"), BLANK.values(), ids=BLANK.keys())
def test_nothing_is_recorded_without_its_words(command: c.AnyCommand, actor: c.Actor) -> None:
    trial = start()
    trial.enrol("01", trial.open_cohort("sad", "SAD-1"))
    assert trial.refused(command, actor).clause == "record.texts"


@pytest.mark.covers("A12")
def test_every_event_of_a_participant_has_a_line_in_the_trail() -> None:
    of_participants = {kind for kind in all_event_types() if issubclass(kind, e.ParticipantEvent)}
    assert of_participants <= set(TITLES)
    assert all(title.en and title.zh for title in TITLES.values())


@pytest.mark.covers("A12")
def test_the_trail_of_the_rehearsed_trial_says_old_new_and_why(rehearsed: Rehearsed) -> None:
    n_corrections = 0
    for entry in rehearsed.store.read():
        line = view_entry(entry, rehearsed.state.protocol)
        if isinstance(entry.event, e.ParticipantEvent):
            assert line is not None
            assert line.entry is entry
        if isinstance(entry.event, e.ValueCorrected):
            n_corrections += 1
            assert line is not None
            assert (line.old, line.new, line.why) == (entry.event.old, entry.event.new, entry.event.reason)
            item = rehearsed.state.protocol.form_by_key[entry.event.form].by_key[entry.event.item]
            assert item.label.zh in line.where.zh
            assert item.label.en in line.where.en
    assert n_corrections > 20
