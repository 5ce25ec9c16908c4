"""Which cohort opens, how many it takes, and that no place is given twice."""

import pytest
from tests.trials import (
    SmallTrial,
    coordinator,
    investigator,
    kinds,
    only,
    start,
    start_part_two,
)

from firstdose.conduct import commands as c
from firstdose.conduct.cohorts import find_cap_level, find_next_cohort, find_room
from firstdose.record import events as e
from firstdose.simulate import cast
from firstdose.terms.outcomes import Refused

# --- the single-dose part


def test_the_first_cohort_is_one_participant_at_the_lowest_level() -> None:
    trial = start()
    trial.open_cohort("sad", "SAD-1")
    cohort = trial.state.cohorts["sad-c01"]
    assert (cohort.capacity, cohort.purpose, cohort.decision) == (1, "titration", None)


def test_full_cohorts_start_at_the_level_where_titration_ends() -> None:
    trial = start()
    for level, capacity in ((1, 1), (2, 1), (3, 3)):
        trial.complete_single("sad", f"SAD-{level}")
        assert trial.state.cohorts[f"sad-c{level:02d}"].capacity == capacity
        if level < 3:
            trial.review("sad", "escalate")
    assert trial.state.cohorts["sad-c03"].purpose == "escalation"
    assert trial.state.cohorts["sad-c03"].decision == "sad-d02"


OPENINGS = {
    "a part that is not in the protocol": ("phase2", "SAD-1", "parts"),
    "a regimen of another part": ("sad", "M1", "parts"),
    # --- no level is skipped, and none is taken before it was decided
    "the second level first": ("sad", "SAD-2", "parts.sad.design"),
    "the highest level first": ("sad", "SAD-6", "parts.sad.design"),
    # --- the multiple-dose part waits for the MTD of the single dose
    "multiple doses before the single-dose MTD": ("mad", "M1", "parts.mad.capped_by"),
    # --- the expansion waits for the choice of its regimens
    "an expansion that nobody decided": ("expansion", "M1", "parts.expansion.regimens_from"),
}


@pytest.mark.covers("Q4")
@pytest.mark.parametrize(("part", "regimen", "clause"), OPENINGS.values(), ids=OPENINGS.keys())
def test_a_cohort_opens_only_at_what_was_decided(part: str, regimen: str, clause: str) -> None:
    trial = start()
    assert trial.refused(c.OpenCohort(part=part, regimen=regimen), cast.MONITOR).clause == clause


def test_one_cohort_of_a_part_is_open_at_a_time() -> None:
    trial = start()
    trial.open_cohort("sad", "SAD-1")
    again = c.OpenCohort(part="sad", regimen="SAD-1")
    assert trial.refused(again, cast.MONITOR).clause == "parts.sad.design"


def test_no_cohort_opens_on_a_decision_that_waits_for_signatures() -> None:
    trial = start()
    trial.complete_single("sad", "SAD-1")
    found = trial.snapshot("sad")
    decision = trial.decide(c.MakeDecision(snapshot=found.snapshot, action="escalate"))
    opening = c.OpenCohort(part="sad", regimen="SAD-2")
    assert trial.refused(opening, cast.MONITOR).clause == "parts.sad.design"
    trial.sign(decision, cast.CHAIR)
    assert trial.refused(opening, cast.MONITOR).clause == "parts.sad.design"
    trial.sign(decision, cast.STATISTICIAN)
    trial.do(opening, cast.MONITOR)


def test_a_decision_opens_one_cohort() -> None:
    trial = start()
    trial.complete_single("sad", "SAD-1")
    trial.review("sad", "escalate")
    trial.open_cohort("sad", "SAD-2")
    trial.close_cohort("sad-c02")
    again = c.OpenCohort(part="sad", regimen="SAD-2")
    assert trial.refused(again, cast.MONITOR).clause == "parts.sad.design"


@pytest.mark.parametrize("action", ["stop_too_toxic", "select_mtd"])
def test_no_cohort_of_the_part_follows_a_decision_that_ends_it(action: str) -> None:
    trial = start()
    trial.complete_single("sad", "SAD-1")
    trial.review("sad", action, **({"level": 1} if action == "select_mtd" else {}))
    again = c.OpenCohort(part="sad", regimen="SAD-1")
    assert trial.refused(again, cast.MONITOR).clause == "parts.sad.design"


def test_a_part_that_was_stopped_before_its_first_cohort_does_not_open() -> None:
    trial = start()
    trial.review("sad", "stop_too_toxic")
    first = c.OpenCohort(part="sad", regimen="SAD-1")
    assert trial.refused(first, cast.MONITOR).clause == "parts.sad.design"


# --- places


@pytest.mark.covers("Q2")
def test_the_last_place_is_given_once() -> None:
    trial = start()
    trial.open_cohort("sad", "SAD-1")
    first, second = trial.enrol("01"), trial.enrol("02")
    trial.reserve(first, "sad-c01")
    refused = trial.refused(c.ReserveSlot(participant=second, cohort="sad-c01"), coordinator("02"))
    assert refused.clause == "parts.slots"
    assert "1 of 1" in refused.what.en


@pytest.mark.covers("Q2")
def test_a_cohort_of_three_takes_three() -> None:
    trial = start_part_two()
    trial.open_cohort("mad", "M1")
    codes = [trial.enrol(site) for site in ("01", "02", "03", "04")]
    for code in codes[:3]:
        trial.reserve(code, "mad-c01")
    fourth = c.ReserveSlot(participant=codes[3], cohort="mad-c01")
    assert trial.refused(fourth, coordinator("04")).clause == "parts.slots"
    trial.do(c.ReleaseSlot(participant=codes[0], reason="an infection"), coordinator("01"))
    trial.do(fourth, coordinator("04"))
    assert trial.state.cohorts["mad-c01"].participants == [codes[1], codes[2], codes[3]]


def test_a_participant_holds_one_place() -> None:
    trial = start()
    code = trial.enrol("01", trial.open_cohort("sad", "SAD-1"))
    again = c.ReserveSlot(participant=code, cohort="sad-c01")
    assert trial.refused(again, coordinator("01")).clause == "parts.slots"


@pytest.mark.parametrize("cohort", ["sad-c01", "sad-c09"])
def test_no_place_is_given_in_a_cohort_that_is_closed_or_unknown(cohort: str) -> None:
    trial = start()
    trial.open_cohort("sad", "SAD-1")
    trial.close_cohort("sad-c01")
    code = trial.enrol("01")
    assert (
        trial.refused(c.ReserveSlot(participant=code, cohort=cohort), coordinator("01")).clause
        == "parts.cohorts"
    )
    closing = c.CloseCohort(cohort=cohort, reason="again")
    assert trial.refused(closing, cast.MONITOR).clause == "parts.cohorts"


def test_no_place_is_given_before_eligibility_and_none_during_a_pause() -> None:
    trial = start()
    trial.open_cohort("sad", "SAD-1")
    code = trial.consent(trial.screen("01"))
    reserve = c.ReserveSlot(participant=code, cohort="sad-c01")
    assert trial.refused(reserve, coordinator("01")).clause == "eligibility.criteria"
    trial.confirm(code)
    trial.do(c.PauseTrial(reason="a death"), cast.MONITOR)
    assert trial.refused(reserve, coordinator("01")).clause == "stopping.pause"


def test_a_place_is_given_back_before_the_first_infusion_only() -> None:
    trial = start()
    release = "parts.slots"
    code = trial.enrol("01")
    command = c.ReleaseSlot(participant=code, reason="an infection")
    assert trial.refused(command, coordinator("01")).clause == release
    trial.reserve(code, trial.open_cohort("sad", "SAD-1"))
    trial.treat(code)
    assert trial.refused(command, coordinator("01")).clause == release


@pytest.mark.parametrize("way", ["withdrawal", "consent taken back", "screen failure"])
def test_who_leaves_before_the_infusion_gives_the_place_back(way: str) -> None:
    trial = start()
    code = trial.enrol("01", trial.open_cohort("sad", "SAD-1"))
    if way == "withdrawal":
        trial.withdraw(code)
    elif way == "consent taken back":
        taken = c.WithdrawConsent(participant=code, happened_at=trial.now, reason="changed their mind")
        trial.do(taken, coordinator("01"))
    else:
        failed = c.FailScreening(
            participant=code, happened_at=trial.now, criteria=("exc_infection",), reason="pneumonia"
        )
        trial.do(failed, coordinator("01"))
    assert trial.state.cohorts["sad-c01"].participants == []
    other = trial.enrol("02", "sad-c01")
    assert trial.state.cohorts["sad-c01"].participants == [other]


def test_who_was_infused_keeps_the_place_after_leaving() -> None:
    trial = start()
    code = trial.treat(trial.enrol("01", trial.open_cohort("sad", "SAD-1")))
    trial.withdraw(code)
    assert trial.state.cohorts["sad-c01"].participants == [code]


# --- replacement


@pytest.mark.parametrize("way", ["lost in the window", "too few cells"])
def test_who_is_not_evaluable_is_replaced(way: str) -> None:
    trial = start()
    code = trial.enrol("01", trial.open_cohort("sad", "SAD-1"))
    trial.treat(code, share="0.5" if way == "too few cells" else "1")
    if way == "too few cells":
        trial.wait_until_day(code, 14).hold(code, "D14")
    else:
        trial.wait_until_day(code, 5).withdraw(code)
    events = trial.do(c.DetermineEvaluability(participant=code), cast.MONITOR)
    assert only(events, e.EvaluabilityDetermined).is_dlt_evaluable is False
    assert only(events, e.EvaluabilityDetermined).is_replaced
    assert only(events, e.CohortEnlarged).capacity == 2
    other = trial.enrol("02", "sad-c01")
    assert trial.state.cohorts["sad-c01"].participants == [code, other]


def test_nobody_is_replaced_in_a_closed_cohort() -> None:
    trial = start()
    code = trial.treat(trial.enrol("01", trial.open_cohort("sad", "SAD-1")))
    trial.wait_until_day(code, 5).withdraw(code)
    trial.close_cohort("sad-c01")
    events = trial.do(c.DetermineEvaluability(participant=code), cast.MONITOR)
    assert kinds(events) == ["EvaluabilityDetermined"]


# --- the multiple-dose part


# The highest single dose that is tolerated caps the dose of each infusion of a regimen.
CAPS = {
    # level of the MTD: level of the multiple-dose part that it allows
    "1.5 × 10⁹ cells: no regimen": (2, 0),
    "3.0 × 10⁹ cells: M1 and M2": (3, 2),
    "4.5 × 10⁹ cells: M1 and M2": (4, 2),
    "6.0 × 10⁹ cells: all": (5, 4),
    "9.0 × 10⁹ cells: all": (6, 4),
}


@pytest.mark.covers("Q4")
@pytest.mark.parametrize(("mtd", "cap"), CAPS.values(), ids=CAPS.keys())
def test_no_infusion_of_a_regimen_is_above_the_tolerated_single_dose(mtd: int, cap: int) -> None:
    trial = start_part_two(mtd)
    mad = trial.protocol.part_by_key["mad"]
    assert find_cap_level(trial.state, mad) == cap
    found = find_next_cohort(trial.state, "mad", "M1")
    if cap:
        assert not isinstance(found, Refused)
        assert (found.capacity, found.purpose) == (3, "escalation")
    else:
        assert isinstance(found, Refused)
        assert found.clause == "parts.mad.capped_by"


def one_participant_of(trial: SmallTrial, regimen: str) -> None:
    trial.complete_single("mad", regimen, site="03")


@pytest.mark.covers("Q4")
def test_no_decision_goes_above_the_cap() -> None:
    trial = start_part_two(3)  # an MTD of 3.0 × 10⁹ cells
    one_participant_of(trial, "M1")
    trial.review("mad", "escalate", level=2)
    one_participant_of(trial, "M2")
    found = trial.snapshot("mad")
    higher = c.MakeDecision(
        snapshot=found.snapshot, action="escalate", level=3, reason="The committee would like to."
    )
    assert trial.refused(higher, cast.CHAIR).clause == "parts.mad.design"


# --- the expansion


def after_two_regimens() -> SmallTrial:
    trial = start_part_two(5)
    one_participant_of(trial, "M1")
    trial.review("mad", "escalate", level=2)
    one_participant_of(trial, "M2")
    return trial


CHOICES: dict[str, tuple[tuple[str, ...], bool]] = {
    "one regimen": (("M1",), True),
    "two regimens": (("M1", "M2"), True),
    "no regimen": ((), False),
    "one regimen twice": (("M1", "M1"), False),
    "a regimen that nobody received": (("M1", "M3"), False),
    "a regimen of another part": (("SAD-1",), False),
    "a regimen that does not exist": (("M9",), False),
}


@pytest.mark.parametrize(("regimens", "is_allowed"), CHOICES.values(), ids=CHOICES.keys())
def test_one_or_two_regimens_that_were_treated_are_expanded(
    regimens: tuple[str, ...],
    is_allowed: bool,  # noqa: FBT001
) -> None:
    trial = after_two_regimens()
    found = trial.snapshot("mad")
    command = c.MakeDecision(
        snapshot=found.snapshot, action="expand", regimens=regimens, reason="enough is known"
    )
    if not is_allowed:
        assert trial.refused(command, cast.CHAIR).clause == "parts.expansion"
        return
    trial.sign(trial.decide(command))
    for regimen in regimens:
        trial.open_cohort("expansion", regimen)
        again = c.OpenCohort(part="expansion", regimen=regimen)
        assert trial.refused(again, cast.MONITOR).clause == "parts.expansion"
    other = c.OpenCohort(part="expansion", regimen="M4")
    assert trial.refused(other, cast.MONITOR).clause == "parts.expansion.regimens_from"
    capacities = [co.capacity for co in trial.state.cohorts.values() if co.part == "expansion"]
    assert sum(capacities) == 18, "the cap of the part, for more than 18 of the 36 are left"
    assert max(capacities) - min(capacities) <= 1


def test_three_regimens_are_too_many_to_expand() -> None:
    trial = after_two_regimens()
    trial.review("mad", "escalate", level=3)
    one_participant_of(trial, "M3")
    found = trial.snapshot("mad")
    command = c.MakeDecision(
        snapshot=found.snapshot, action="expand", regimens=("M1", "M2", "M3"), reason="all look good"
    )
    assert trial.refused(command, cast.CHAIR).clause == "parts.expansion"


def test_only_an_expansion_names_regimens() -> None:
    trial = start()
    trial.complete_single("sad", "SAD-1")
    found = trial.snapshot("sad")
    command = c.MakeDecision(snapshot=found.snapshot, action="escalate", regimens=("SAD-2",))
    assert trial.refused(command, cast.CHAIR).clause == "parts.sad.design"


def test_participants_of_the_expansion_do_not_wait_for_each_other() -> None:
    trial = after_two_regimens()
    trial.review("mad", "expand", regimens=("M1",))
    trial.open_cohort("expansion", "M1")
    for site in ("01", "02"):
        trial.enrol(site, "expansion-c01")
    codes = trial.state.cohorts["expansion-c01"].participants
    for place, day in enumerate((-5, -4, -3)):
        trial.wait(1 if place else 0)
        for code in codes:
            trial.do(trial.lymphodepletion(code, day), coordinator(code[:2]))
    trial.wait(3)
    for code in codes:
        trial.infuse(code)
    assert all(trial.participant(code).infusions for code in codes)


# --- room


def test_a_part_takes_no_more_than_its_cap_and_the_study_no_more_than_its_enrolment() -> None:
    trial = start()
    sad = trial.protocol.part_by_key["sad"]
    assert find_room(trial.state, sad) == 18
    trial.open_cohort("sad", "SAD-1")
    assert find_room(trial.state, sad) == 17  # a free place in an open cohort is taken already
    assert find_room(trial.state, sad, closing_open_cohorts=True) == 18
    trial.close_cohort("sad-c01")
    assert find_room(trial.state, sad) == 18


def test_the_last_cohort_of_a_full_part_is_as_large_as_the_room() -> None:
    trial = start()
    protocol = trial.protocol
    sad = protocol.part_by_key["sad"].model_copy(update={"max_participants": 4})
    small = protocol.model_copy(update={"parts": (sad, *protocol.parts[1:])})
    trial = start(small)
    for level in (1, 2):
        trial.complete_single("sad", f"SAD-{level}")
        trial.review("sad", "escalate")
    trial.open_cohort("sad", "SAD-3")
    assert trial.state.cohorts["sad-c03"].capacity == 2
    for site in ("01", "02"):
        code = trial.treat(trial.enrol(site, "sad-c03"))
        trial.complete_window(code)
    found = trial.snapshot("sad")
    more = c.MakeDecision(snapshot=found.snapshot, action="escalate", level=4, reason="go on")
    assert trial.refused(more, cast.CHAIR).clause == "parts.sad.max_participants"


def test_the_screening_of_who_was_infused_cannot_fail() -> None:
    trial = start()
    code = trial.treat(trial.enrol("01", trial.open_cohort("sad", "SAD-1")))
    failed = c.FailScreening(participant=code, happened_at=trial.now, criteria=(), reason="too late")
    assert trial.refused(failed, coordinator("01")).clause == "eligibility.screen_failure"


def test_a_screen_failure_says_why() -> None:
    trial = start()
    code = trial.screen("01")
    failed = c.FailScreening(participant=code, happened_at=trial.now, criteria=(), reason=" ")
    assert trial.refused(failed, coordinator("01")).clause == "record.texts"
    confirm = c.ConfirmEligibility(participant=code, happened_at=trial.now, answers=trial.answers())
    trial.consent(code)
    trial.do(confirm, investigator("01"))
