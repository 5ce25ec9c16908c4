"""One use case is one transaction: acknowledged when it is in the record, undone as a whole, never twice."""

from datetime import timedelta

import pytest
from tests.trials import MORNING, SmallTrial, bundled_protocol, coordinator, start

from firstdose.adapters.store_memory import MemoryStore
from firstdose.conduct import commands as c
from firstdose.record.fold import fold
from firstdose.simulate import cast
from firstdose.study.rehearse import write_definition
from firstdose.study.trial import Recorded, Trial, name_release
from firstdose.terms.outcomes import Refused

SCREEN = c.ScreenParticipant(site="01", happened_at=MORNING, sex="female", year_of_birth=1990)


def test_what_a_command_adds_is_in_the_record_when_it_is_acknowledged() -> None:
    trial = start()
    before = trial.store.head()[0]
    answer = trial.trial.ask(SCREEN, coordinator("01"), now=MORNING, command_id="one")
    assert isinstance(answer, Recorded)
    assert [entry.position for entry in answer.entries] == [before + 1]
    assert list(trial.store.read(before)) == list(answer.entries)


@pytest.mark.covers("A1")
def test_an_entry_says_who_in_which_role_at_which_site_when_and_under_what() -> None:
    trial = start()
    trial.screen("01")
    (entry,) = trial.store.read(trial.store.head()[0] - 1)
    assert (entry.actor, entry.role, entry.site) == ("coordinator01", "coordinator", "01")
    assert (entry.recorded_at, entry.nth) == (MORNING, 1)
    assert entry.release.startswith("firstdose ")
    assert f"kn5501 1.0 {trial.state.definition_digest[:12]}" in entry.release
    trial.do(c.PauseTrial(reason="a death"), cast.MONITOR)
    (entry,) = trial.store.read(trial.store.head()[0] - 1)
    assert entry.site == ""  # acts for the whole trial


def test_the_first_event_names_the_software_alone() -> None:
    trial = SmallTrial()
    assert name_release(trial.state) == name_release(trial.state).split(";")[0]
    definition, digest = write_definition(bundled_protocol())
    trial.do(c.ReleaseStudyDefinition(definition=definition, digest=digest), cast.SPONSOR)
    assert "kn5501" in name_release(trial.state)


def test_a_command_that_is_sent_again_adds_nothing() -> None:
    trial = start()
    first = trial.trial.ask(SCREEN, coordinator("01"), now=MORNING, command_id="one")
    head = trial.store.head()
    again = trial.trial.ask(SCREEN, coordinator("01"), now=MORNING, command_id="one")
    assert isinstance(first, Recorded)
    assert (first.was_recorded_before, len(first.entries)) == (False, 1)
    assert again == Recorded((), was_recorded_before=True)
    assert trial.store.head() == head


def test_a_command_that_is_sent_again_in_the_same_sitting_adds_nothing() -> None:
    trial = start()
    with trial.trial.sitting() as sitting:
        sitting.ask(SCREEN, coordinator("01"), now=MORNING, command_id="one")
        again = sitting.ask(SCREEN, coordinator("01"), now=MORNING, command_id="one")
    assert again == Recorded((), was_recorded_before=True)
    assert len(trial.state.participants) == 1


def test_a_refused_command_may_be_sent_again_when_it_is_allowed() -> None:
    trial = start()
    open_cohort = c.OpenCohort(part="sad", regimen="SAD-1")
    trial.do(c.PauseTrial(reason="a death"), cast.MONITOR)
    refused = trial.trial.ask(open_cohort, cast.MONITOR, now=MORNING, command_id="open")
    assert isinstance(refused, Refused)
    trial.do(c.ResumeTrial(reason="reviewed"), cast.CHAIR)
    allowed = trial.trial.ask(open_cohort, cast.MONITOR, now=MORNING, command_id="open")
    assert isinstance(allowed, Recorded)


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, GeneratorExit])
def test_an_exception_inside_a_sitting_undoes_everything(error: type[BaseException]) -> None:
    trial = start()
    head, before = trial.store.head(), fold(trial.store.read())
    with pytest.raises(error), trial.trial.sitting() as sitting:  # noqa: PT012 - what came before the error counts
        sitting.ask(SCREEN, coordinator("01"), now=MORNING, command_id="one")
        assert len(sitting.state.participants) == 1
        raise error
    assert trial.store.head() == head
    with trial.trial.reading() as state:
        assert state == before
    # the same command is not taken for one that was recorded
    assert isinstance(trial.trial.ask(SCREEN, coordinator("01"), now=MORNING, command_id="one"), Recorded)
    assert trial.state == fold(trial.store.read())


def test_what_is_asked_in_a_sitting_sees_what_was_asked_before_in_it() -> None:
    trial = start()
    with trial.trial.sitting() as sitting:
        sitting.ask(SCREEN, coordinator("01"), now=MORNING, command_id="one")
        consent = c.GiveConsent(participant="01-001", version="1.0", language="en", happened_at=MORNING)
        assert isinstance(sitting.ask(consent, coordinator("01"), now=MORNING, command_id="two"), Recorded)
        assert list(trial.store.read(trial.store.head()[0])) == []  # not acknowledged yet
    assert trial.state.participants["01-001"].consent_language == "en"


def test_two_trials_on_one_store_see_what_the_other_recorded() -> None:
    trial = start()
    other = Trial(trial.store)
    trial.screen("01")
    with other.reading() as state:
        assert list(state.participants) == ["01-001"]
    answer = other.ask(SCREEN, coordinator("01"), now=MORNING, command_id="other")
    assert isinstance(answer, Recorded)
    assert list(trial.state.participants) == ["01-001", "01-002"]


def test_the_state_is_read_as_of_a_position_or_a_moment() -> None:
    trial = start()
    code = trial.screen("01")
    position, moment = trial.state.position, trial.now
    trial.wait(1).consent(code)
    assert trial.trial.state_as_of(position).participants[code].consented_at is None
    assert trial.trial.state_as_of(moment).participants[code].consented_at is None
    assert trial.trial.state_as_of(moment + timedelta(hours=23)).position == position
    # what was recorded at just this moment was known at it
    assert trial.trial.state_as_of(trial.now).participants[code].consented_at == trial.now
    assert trial.trial.state_as_of(trial.state.position) == trial.state
    assert trial.trial.state_as_of(0).definition is None
    assert Trial(MemoryStore()).state_as_of(MORNING).position == 0
