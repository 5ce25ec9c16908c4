"""Visits in and out of their windows, how a participant leaves or completes, and the order of time."""

from datetime import timedelta
from typing import Any

import pytest
from tests.trials import (
    DAY,
    SECOND,
    SmallTrial,
    coordinator,
    investigator,
    kinds,
    only,
    replaced,
    start,
)

from firstdose.conduct import commands as c
from firstdose.record import events as e
from firstdose.simulate import cast
from firstdose.terms.calendar import site_date


def treated() -> tuple[SmallTrial, str]:
    trial = start()
    return trial, trial.treat(trial.enrol("01", trial.open_cohort("sad", "SAD-1")))


# --- visits

# fmt: off
# The visit of Day 14 may be late, never early: the DLT window must be complete.
WINDOWS = {
    "Day 7, on the day before its window":   ("D7", 5, False),
    "Day 7, on the first day of its window": ("D7", 6, True),
    "Day 7, on the last day of its window":  ("D7", 8, True),
    "Day 7, a day late":                     ("D7", 9, False),
    "Day 14, a day early":                   ("D14", 13, False),
    "Day 14, on the day":                    ("D14", 14, True),
    "Day 14, two days later":                ("D14", 16, True),
    "Day 14, three days later":              ("D14", 17, False),
}
# fmt: on


@pytest.mark.parametrize(("visit", "day", "is_in_time"), WINDOWS.values(), ids=WINDOWS.keys())
def test_a_visit_outside_its_window_is_a_visit_and_a_deviation(
    visit: str,
    day: int,
    is_in_time: bool,  # noqa: FBT001
) -> None:
    trial, code = treated()
    trial.wait_until_day(code, day)
    held = c.HoldVisit(participant=code, visit=visit, happened_on=site_date(trial.now))
    events = trial.do(held, coordinator("01"))
    assert kinds(events) == (["VisitHeld"] if is_in_time else ["VisitHeld", "DeviationReported"])
    if not is_in_time:
        assert only(events, e.DeviationReported).clause == f"schedules.sad.{visit}"


def test_a_visit_is_recorded_once() -> None:
    trial, code = treated()
    trial.wait_until_day(code, 7).hold(code, "D7")
    held = c.HoldVisit(participant=code, visit="D7", happened_on=site_date(trial.now))
    missed = c.MissVisit(participant=code, visit="D7", reason="ill")
    assert trial.refused(held, coordinator("01")).clause == "schedules"
    assert trial.refused(missed, coordinator("01")).clause == "schedules"
    trial.do(replaced(missed, visit="D10"), coordinator("01"))
    assert trial.refused(replaced(held, visit="D10"), coordinator("01")).clause == "schedules"


@pytest.mark.parametrize("visit", ["D99", "M1", "", "UNSEEN"])
def test_only_planned_and_unscheduled_visits_take_place(visit: str) -> None:
    trial, code = treated()
    held = c.HoldVisit(participant=code, visit=visit, happened_on=site_date(trial.now))
    assert trial.refused(held, coordinator("01")).clause == "schedules"
    missed = c.MissVisit(participant=code, visit=visit, reason="ill")
    assert trial.refused(missed, coordinator("01")).clause == "schedules"


def test_no_visit_is_held_without_consent() -> None:
    trial = start()
    code = trial.screen("01")
    held = c.HoldVisit(participant=code, visit="SCR", happened_on=site_date(trial.now))
    assert trial.refused(held, coordinator("01")).clause == "eligibility.consent"
    missed = c.MissVisit(participant=code, visit="SCR", reason="ill")
    assert trial.refused(missed, coordinator("01")).clause == "eligibility.consent"


def test_a_deviation_is_reported_by_whoever_notices_it() -> None:
    trial, code = treated()
    said = c.ReportDeviation(
        participant=code,
        clause="schedules.sad.D1",
        description="blood drawn late",
        happened_on=site_date(trial.now),
    )
    trial.do(said, cast.MONITOR)
    trial.do(said, coordinator("01"))
    assert len(trial.participant(code).deviations) == 2


# --- the end


def test_a_participant_completes_once_with_the_last_visit() -> None:
    trial, code = treated()
    trial.wait_until_day(code, 365)
    completed = c.CompleteParticipant(participant=code, happened_at=trial.now)
    assert trial.refused(completed, coordinator("01")).clause == "schedules.end"
    trial.hold(code, "W52")
    trial.do(completed, coordinator("01"))
    assert trial.refused(completed, coordinator("01")).clause == "schedules.end"
    left = c.WithdrawParticipant(participant=code, happened_at=trial.now, reason="death")
    assert trial.refused(left, coordinator("01")).clause == "schedules.end"


def test_who_has_no_place_has_no_last_visit() -> None:
    trial = start()
    code = trial.enrol("01")
    completed = c.CompleteParticipant(participant=code, happened_at=trial.now)
    assert trial.refused(completed, coordinator("01")).clause == "schedules.end"


AFTER_LEAVING = ("withdraw again", "complete", "take consent back", "confirm eligibility", "fail screening")


@pytest.mark.parametrize("act", AFTER_LEAVING)
def test_who_left_does_not_leave_again(act: str) -> None:
    trial = start()
    code = trial.enrol("01")
    trial.withdraw(code)
    asked: dict[str, tuple[c.AnyCommand, c.Actor, str]] = {
        "withdraw again": (
            c.WithdrawParticipant(participant=code, happened_at=trial.now, reason="death"),
            coordinator("01"),
            "participation.left",
        ),
        "complete": (
            c.CompleteParticipant(participant=code, happened_at=trial.now),
            coordinator("01"),
            "participation.left",
        ),
        "take consent back": (
            c.WithdrawConsent(participant=code, happened_at=trial.now, reason="again"),
            coordinator("01"),
            "participation.left",
        ),
        "confirm eligibility": (
            c.ConfirmEligibility(participant=code, happened_at=trial.now, answers=trial.answers()),
            investigator("01"),
            "participation.left",
        ),
        "fail screening": (
            c.FailScreening(participant=code, happened_at=trial.now, criteria=(), reason="again"),
            coordinator("01"),
            "eligibility.screen_failure",
        ),
    }
    command, actor, clause = asked[act]
    assert trial.refused(command, actor).clause == clause


def test_consent_that_was_not_given_is_not_taken_back() -> None:
    trial = start()
    code = trial.screen("01")
    taken = c.WithdrawConsent(participant=code, happened_at=trial.now, reason="never wanted")
    assert trial.refused(taken, coordinator("01")).clause == "eligibility.consent"


UNKNOWN: dict[str, tuple[type[c.Command], dict[str, Any], c.Actor]] = {
    "consent": (c.GiveConsent, {"version": "1.0", "language": "zh", "happened_at": None}, coordinator("01")),
    "consent taken back": (c.WithdrawConsent, {"happened_at": None, "reason": "x"}, coordinator("01")),
    "screen failure": (
        c.FailScreening, {"happened_at": None, "criteria": (), "reason": "x"}, coordinator("01"),
    ),
    "reservation": (c.ReserveSlot, {"cohort": "sad-c01"}, coordinator("01")),
    "place given back": (c.ReleaseSlot, {"reason": "x"}, coordinator("01")),
    "lymphodepletion": (
        c.GiveLymphodepletion, {"planned_day": -5, "happened_at": None, "doses_mg": {}}, coordinator("01"),
    ),
    "product": (
        c.ReleaseProduct,
        {"infusion": 1, "lot": "L", "cells_1e9": "1", "viability_percent": "90", "happened_at": None},
        cast.at_site("pharmacist", "01"),
    ),
    "infusion": (c.StartInfusion, {"infusion": 1, "lot": "L", "happened_at": None}, coordinator("01")),
    "end of an infusion": (
        c.CompleteInfusion, {"infusion": 1, "cells_1e9": "1", "happened_at": None}, coordinator("01"),
    ),
    "infusion withheld": (
        c.WithholdInfusion, {"infusion": 2, "reason": "x", "happened_at": None}, investigator("01"),
    ),
    "visit": (c.HoldVisit, {"visit": "SCR", "happened_on": None}, coordinator("01")),
    "missed visit": (c.MissVisit, {"visit": "SCR", "reason": "x"}, coordinator("01")),
    "form": (
        c.SubmitForm, {"visit": "SCR", "form": "pga", "collected_at": None, "values": {}}, coordinator("01"),
    ),
    "correction": (
        c.CorrectValue,
        {"visit": "SCR", "form": "pga", "item": "pga", "new": "1", "reason": "x"},
        coordinator("01"),
    ),
    "query": (
        c.RaiseQuery, {"visit": "SCR", "form": "pga", "item": "pga", "question": "x"}, cast.DATA_MANAGER,
    ),
    "answer": (c.AnswerQuery, {"query": "Q-001", "answer": "x"}, coordinator("01")),
    "adverse event graded": (
        c.GradeAdverseEvent, {"adverse_event": "AE-001", "grade": 1, "happened_at": None}, investigator("01"),
    ),
    "adverse event ended": (
        c.EndAdverseEvent,
        {"adverse_event": "AE-001", "outcome": "recovered", "happened_at": None},
        investigator("01"),
    ),
    "adjudication": (c.AdjudicateDlt, {"adverse_event": "AE-001", "is_dlt": True}, cast.MONITOR),
    "determination": (c.DetermineEvaluability, {}, cast.MONITOR),
    "withdrawal": (c.WithdrawParticipant, {"happened_at": None, "reason": "death"}, coordinator("01")),
    "completion": (c.CompleteParticipant, {"happened_at": None}, coordinator("01")),
    "deviation": (
        c.ReportDeviation, {"clause": "x", "description": "x", "happened_on": None}, coordinator("01"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "words", "actor"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_nothing_is_recorded_of_a_code_that_does_not_exist(
    kind: Any, words: dict[str, Any], actor: c.Actor
) -> None:
    trial = start()
    now = {"happened_at": trial.now, "collected_at": trial.now, "happened_on": site_date(trial.now)}
    said = {key: now.get(key) if value is None else value for key, value in words.items()}
    command = kind(participant="01-999", **said)
    assert trial.refused(command, actor).clause == "record.participant"


# --- adverse events


EVENTS: dict[str, tuple[dict[str, Any], str | None]] = {
    "graded on ASTCT": ({}, None),
    "graded on the study's CTCAE": ({"category": "infection"}, None),
    "without a grade": ({"grade": None}, None),
    "of grade 1, the lowest": ({"grade": 1}, None),
    "of grade 5, the highest": ({"grade": 5}, None),
    "serious, with its criterion": ({"is_serious": True, "seriousness": ("life_threatening",)}, None),
    # --- a scale of the study, in its version
    "graded on another version of CTCAE": (
        {"scale": "CTCAE", "scale_version": "4.03"}, "definitions.ctcae_version",
    ),
    "graded on a scale of another field": (
        {"scale": "WHO", "scale_version": "1979"}, "definitions.ctcae_version",
    ),
    # --- grades are 1 to 5
    "of grade 0": ({"grade": 0}, "safety.adverse_events"),
    "of grade 6": ({"grade": 6}, "safety.adverse_events"),
    # --- a serious event says why
    "serious, without a criterion": ({"is_serious": True}, "safety.adverse_events"),
}  # fmt: skip


@pytest.mark.parametrize(("said", "clause"), EVENTS.values(), ids=EVENTS.keys())
def test_an_adverse_event_has_a_grade_on_a_scale_of_the_study(
    said: dict[str, Any], clause: str | None
) -> None:
    trial, code = treated()
    command = trial.adverse_event(code, **said)
    if clause is None:
        trial.do(command, investigator("01"))
    else:
        assert trial.refused(command, investigator("01")).clause == clause


@pytest.mark.parametrize(("before", "is_allowed"), [(timedelta(0), True), (SECOND, False)])
def test_what_began_before_the_consent_is_medical_history(
    before: timedelta,
    is_allowed: bool,  # noqa: FBT001
) -> None:
    trial = start()
    code = trial.consent(trial.screen("01"))
    command = trial.adverse_event(code, onset=trial.now - before)
    if is_allowed:
        trial.do(command, investigator("01"))
    else:
        assert trial.refused(command, investigator("01")).clause == "safety.adverse_events"
    nobody = trial.screen("01")
    assert trial.refused(trial.adverse_event(nobody), investigator("01")).clause == "eligibility.consent"


def test_an_event_changes_in_the_order_of_time_and_ends_once() -> None:
    trial, code = treated()
    key = trial.report(code, grade=1)
    trial.wait(2)
    graded = c.GradeAdverseEvent(participant=code, adverse_event=key, grade=2, happened_at=trial.now)
    trial.do(graded, investigator("01"))
    ended = c.EndAdverseEvent(participant=code, adverse_event=key, outcome="recovered", happened_at=trial.now)
    for wrong in (
        replaced(graded, happened_at=trial.now - DAY),
        replaced(graded, grade=0),
        replaced(graded, grade=6),
        replaced(ended, happened_at=trial.now - 3 * DAY),
    ):
        assert trial.refused(wrong, investigator("01")).clause == "safety.adverse_events"
    trial.do(ended, investigator("01"))
    for late in (graded, ended):
        assert trial.refused(late, investigator("01")).clause == "safety.adverse_events"


# --- time


TIMED: dict[str, Any] = {
    "screening": lambda now, _: c.ScreenParticipant(
        site="01", happened_at=now, sex="female", year_of_birth=1990
    ),
    "consent": lambda now, code: c.GiveConsent(
        participant=code, version="1.0", language="zh", happened_at=now
    ),
    "form": lambda now, code: c.SubmitForm(
        participant=code, visit="SCR", form="pga", collected_at=now, values={"pga": "1.5"}
    ),
    "visit": lambda now, code: c.HoldVisit(participant=code, visit="SCR", happened_on=site_date(now)),
}


@pytest.mark.parametrize("make", TIMED.values(), ids=TIMED.keys())
def test_nothing_is_recorded_before_it_is_true(make: Any) -> None:
    trial = start()
    code = trial.consent(trial.screen("01"))
    later = DAY if isinstance(make(trial.now, code), c.HoldVisit) else SECOND
    assert trial.refused(make(trial.now + later, code), coordinator("01")).clause == "record.time"
    trial.do(make(trial.now, code), coordinator("01"))


def test_the_onset_of_an_event_has_come() -> None:
    trial, code = treated()
    command = trial.adverse_event(code, onset=trial.now + SECOND)
    assert trial.refused(command, investigator("01")).clause == "record.time"


def test_a_visit_of_today_is_of_the_day_at_the_sites() -> None:
    trial = start()
    trial.now = trial.now.replace(hour=16, minute=30)  # half past midnight of the next day in Shanghai
    code = trial.consent(trial.screen("01"))
    tomorrow_utc = (trial.now + DAY).date()
    trial.hold(code, "SCR", tomorrow_utc)
    after = c.HoldVisit(participant=code, visit="UNS1", happened_on=tomorrow_utc + DAY)
    assert trial.refused(after, coordinator("01")).clause == "record.time"


@pytest.mark.covers("A11")
def test_the_clock_of_the_record_does_not_go_back() -> None:
    trial = start()
    trial.screen("01")
    trial.now -= SECOND
    command = c.ScreenParticipant(site="01", happened_at=trial.now, sex="male", year_of_birth=1980)
    assert trial.refused(command, coordinator("01")).clause == "record.time"
