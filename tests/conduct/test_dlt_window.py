"""What is a dose-limiting toxicity, who counts, and when that can be said."""

from datetime import timedelta
from typing import Any

import pytest
from tests.trials import DAY, SmallTrial, investigator, only, replaced, start, start_part_two

from firstdose.conduct import commands as c
from firstdose.conduct.counts import count_part, has_titration_trigger
from firstdose.conduct.dlt import assess_dlt
from firstdose.record import events as e
from firstdose.simulate import cast
from firstdose.terms.outcomes import NotDerived


def treated() -> tuple[SmallTrial, str]:
    trial = start()
    return trial, trial.treat(trial.enrol("01", trial.open_cohort("sad", "SAD-1")))


def onset_on(trial: SmallTrial, code: str, day: int) -> None:
    trial.wait_until_day(code, day)


LIVER: dict[str, Any] = {
    "preferred_term": "Hepatic failure",
    "system_organ_class": "Hepatobiliary disorders",
    "category": "other",
    "grade": 4,
}


# fmt: off
# Grade 4 of the liver that began on a protocol day.   part   day    is a DLT
WINDOWS = {
    # --- both ends of the window are in it
    "on the day of the infusion":           ("sad", 0,  True),
    "on Day 14, the last of the window":    ("sad", 14, True),
    "on Day 15":                            ("sad", 15, False),
    # --- four weeks for multiple doses
    "on Day 15 after multiple doses":       ("mad", 15, True),
    "on Day 28 after multiple doses":       ("mad", 28, True),
    "on Day 29 after multiple doses":       ("mad", 29, False),
}
# fmt: on


@pytest.mark.parametrize(("part", "day", "is_dlt"), WINDOWS.values(), ids=WINDOWS.keys())
def test_a_toxicity_limits_the_dose_when_it_begins_in_the_window(
    part: str,
    day: int,
    is_dlt: bool,  # noqa: FBT001
) -> None:
    if part == "sad":
        trial, code = treated()
    else:
        trial = start_part_two(5)
        code = trial.treat(trial.enrol("01", trial.open_cohort("mad", "M1")))
    onset_on(trial, code, day)
    key = trial.report(code, **LIVER)
    assert assess_dlt(trial.state, trial.participant(code), key, trial.now).is_dlt is is_dlt


# fmt: off
# Hours after which the event came down (None: it goes on), and what is known then and later.
COURSES = {
    # --- CRS of grade 3: not if it improves to grade 2 within 72 hours
    "CRS down after 72 hours":             ({"category": "crs", "grade": 3}, 72, 2, 80, False),
    "CRS down after 73 hours":             ({"category": "crs", "grade": 3}, 73, 2, 80, True),
    "CRS goes on, 72 hours have passed":   ({"category": "crs", "grade": 3}, None, None, 73, True),
    "CRS goes on, not yet known":          ({"category": "crs", "grade": 3}, None, None, 72, None),
    "CRS of grade 4 at once":              ({"category": "crs", "grade": 4}, None, None, 1, True),
    "CRS of grade 2":                      ({"category": "crs", "grade": 2}, None, None, 100, False),
    # --- any other grade 3 that lasts longer than 72 hours
    "a rash of grade 3 for 72 hours":      ({"category": "other", "grade": 3, "preferred_term": "Rash"}, 72, 2, 80, False),
    "a rash of grade 3 for 73 hours":      ({"category": "other", "grade": 3, "preferred_term": "Rash"}, 73, 2, 80, True),
    "fatigue of grade 3 for a week":       ({"category": "other", "grade": 3, "preferred_term": "Fatigue"}, None, None, 168, False),
    # --- not related, or clearly due to something else
    "unrelated":                           ({"category": "other", "grade": 4, "causality": {"product": "unlikely"}}, None, None, 1, False),
    "causality not given":                 ({"category": "other", "grade": 4, "causality": {}}, None, None, 1, True),
    "clearly due to lymphodepletion":      ({"category": "other", "grade": 4, "clearly_due_to": "lymphodepletion"}, None, None, 1, False),
    # --- a cytopenia in the single-dose part lies on the nadir of lymphodepletion
    "grade 4 neutropenia":                 ({"category": "haematological", "grade": 4, "preferred_term": "Neutrophil count decreased"}, None, None, 400, False),
    # --- a grade that is not known
    "no grade":                            ({"category": "other", "grade": None}, None, None, 1, None),
}
# fmt: on


@pytest.mark.parametrize(
    ("said", "down_after_h", "to_grade", "asked_after_h", "is_dlt"), COURSES.values(), ids=COURSES.keys()
)
def test_the_list_of_the_study_says_what_limits_the_dose(
    said: dict[str, Any],
    down_after_h: int | None,
    to_grade: int | None,
    asked_after_h: int,
    is_dlt: bool | None,  # noqa: FBT001
) -> None:
    trial, code = treated()
    trial.wait(1)
    began = trial.now
    key = trial.report(code, **said)
    if down_after_h is not None and to_grade is not None:
        trial.now = began + timedelta(hours=down_after_h)
        graded = c.GradeAdverseEvent(
            participant=code, adverse_event=key, grade=to_grade, happened_at=trial.now
        )
        trial.do(graded, investigator("01"))
    trial.now = began + timedelta(hours=asked_after_h)
    found = assess_dlt(trial.state, trial.participant(code), key, trial.now).is_dlt
    assert (None if isinstance(found, NotDerived) else found) is is_dlt


# --- adjudication


def test_following_the_list_needs_no_reason_and_departing_from_it_does() -> None:
    trial, code = treated()
    key = trial.wait(1).report(code, **LIVER)
    no = c.AdjudicateDlt(participant=code, adverse_event=key, is_dlt=False)
    refused = trial.refused(no, cast.MONITOR)
    assert refused.clause == "dlt.criteria.other_grade_4"
    said = only(trial.do(replaced(no, reason="a gallstone was found"), cast.MONITOR), e.DltAdjudicated)
    assert (said.is_dlt, said.criterion) == (False, "adjudication")
    other = trial.report(code, **LIVER)
    yes = c.AdjudicateDlt(participant=code, adverse_event=other, is_dlt=True)
    said = only(trial.do(yes, cast.MONITOR), e.DltAdjudicated)
    assert (said.is_dlt, said.criterion) == (True, "other_grade_4")


def test_nothing_limits_the_dose_before_the_first_infusion() -> None:
    trial = start()
    code = trial.enrol("01", trial.open_cohort("sad", "SAD-1"))
    key = trial.report(code, **LIVER)
    command = c.AdjudicateDlt(participant=code, adverse_event=key, is_dlt=True)
    assert trial.refused(command, cast.MONITOR).clause == "dlt.criteria"


def test_only_a_reported_event_is_adjudicated() -> None:
    trial, code = treated()
    command = c.AdjudicateDlt(participant=code, adverse_event="AE-009", is_dlt=True)
    assert trial.refused(command, cast.MONITOR).clause == "safety.adverse_events"


# --- who counts
# fmt: off
# share of the cells   last visit    left on    determined   counts
PARTICIPATIONS = {
    # --- everyone who was seen through the window counts
    "clean to Day 14":                  ("1",    14,   None, True),
    "exactly 80 % of the cells":        ("0.8",  14,   None, True),
    "a visit after the window":         ("1",    16,   None, True),
    # --- not yet
    "seen to Day 13":                   ("1",    13,   None, None),
    # --- nobody counts who was under-dosed or lost
    "under 80 % of the cells":          ("0.79", 14,   None, False),
    "left on Day 10":                   ("1",    10,   10,   False),
    # --- who left after the window counts
    "left after the visit of Day 14":   ("1",    14,   14,   True),
}
# fmt: on


@pytest.mark.parametrize(
    ("share", "last_visit", "left_on", "counts"), PARTICIPATIONS.values(), ids=PARTICIPATIONS.keys()
)
def test_who_counts_in_the_dose_decision(
    share: str,
    last_visit: int,
    left_on: int | None,
    counts: bool | None,  # noqa: FBT001
) -> None:
    trial = start()
    code = trial.treat(trial.enrol("01", trial.open_cohort("sad", "SAD-1")), share=share)
    trial.wait_until_day(code, last_visit).hold(code, "UNS1")
    if left_on is not None:
        trial.withdraw(code)
    command = c.DetermineEvaluability(participant=code)
    if counts is None:
        assert trial.refused(command, cast.MONITOR).clause == "dlt.evaluable"
        return
    said = only(trial.do(command, cast.MONITOR), e.EvaluabilityDetermined)
    assert (said.is_dlt_evaluable, said.had_dlt) == (counts, False)
    assert trial.refused(command, cast.MONITOR).clause == "dlt.evaluable"  # once


def test_nobody_is_determined_before_the_infusion() -> None:
    trial = start()
    code = trial.enrol("01", trial.open_cohort("sad", "SAD-1"))
    command = c.DetermineEvaluability(participant=code)
    assert trial.refused(command, cast.MONITOR).clause == "dlt.evaluable"


def test_a_dlt_counts_at_once_however_few_cells_were_given() -> None:
    trial = start()
    code = trial.treat(trial.enrol("01", trial.open_cohort("sad", "SAD-1")), share="0.1")
    trial.dlt(code)
    counts = count_part(trial.state, trial.protocol.part_by_key["sad"], trial.now)
    assert (counts.tallies.n_evaluable[0], counts.tallies.n_dlt[0], counts.tallies.n_pending[0]) == (1, 1, 0)


@pytest.mark.covers("Q5")
def test_nobody_is_determined_while_an_event_waits_for_adjudication() -> None:
    trial, code = treated()
    key = trial.wait(1).report(code, **LIVER)
    trial.wait_until_day(code, 14).hold(code, "D14")
    determine = c.DetermineEvaluability(participant=code)
    refused = trial.refused(determine, cast.MONITOR)
    assert (refused.clause, key in refused.what.en) == ("dlt.criteria", True)
    no = c.AdjudicateDlt(participant=code, adverse_event=key, is_dlt=False, reason="a gallstone")
    trial.do(no, cast.MONITOR)
    said = only(trial.do(determine, cast.MONITOR), e.EvaluabilityDetermined)
    assert (said.is_dlt_evaluable, said.had_dlt) == (True, False)


@pytest.mark.covers("Q5")
def test_a_dlt_that_was_taken_back_leaves_the_participant_to_be_determined() -> None:
    trial, code = treated()
    key = trial.wait(1).dlt(code)
    no = c.AdjudicateDlt(participant=code, adverse_event=key, is_dlt=False, reason="a gallstone was found")
    trial.do(no, cast.MONITOR)
    sad = trial.protocol.part_by_key["sad"]
    counts = count_part(trial.state, sad, trial.now).tallies
    assert (counts.n_evaluable[0], counts.n_dlt[0], counts.n_pending[0]) == (0, 0, 1)
    trial.complete_window(code)
    counts = count_part(trial.state, sad, trial.now).tallies
    assert (counts.n_evaluable[0], counts.n_dlt[0], counts.n_pending[0]) == (1, 0, 0)


def test_nobody_counts_before_the_end_of_the_window_at_an_earlier_cutoff() -> None:
    trial, code = treated()
    trial.complete_window(code)
    sad = trial.protocol.part_by_key["sad"]
    first = trial.participant(code).first_infusion_at
    assert first is not None
    for day, n_evaluable in ((13, 0), (14, 1)):
        counts = count_part(trial.state, sad, first + day * DAY).tallies
        assert (counts.n_evaluable[0], counts.n_pending[0]) == (n_evaluable, 1 - n_evaluable)


# --- the end of titration
# fmt: off
TRIGGERS: dict[str, tuple[dict[str, Any], int, bool]] = {
    "related, grade 2":                  ({"grade": 2}, 3, True),
    "related, grade 1":                  ({"grade": 1}, 3, False),
    "unrelated, grade 3":                ({"grade": 3, "causality": {"product": "unrelated"}}, 3, False),
    "causality not given, grade 2":      ({"grade": 2, "causality": {}}, 3, True),
    "related, grade 2, on Day 14":       ({"grade": 2}, 14, True),
    "related, grade 2, after Day 14":    ({"grade": 2}, 15, False),
}
# fmt: on


@pytest.mark.parametrize(("said", "day", "ends"), TRIGGERS.values(), ids=TRIGGERS.keys())
def test_a_related_grade_2_in_the_window_ends_titration(
    said: dict[str, Any],
    day: int,
    ends: bool,  # noqa: FBT001
) -> None:
    trial, code = treated()
    trial.wait_until_day(code, day)
    trial.report(code, category="other", **said)
    sad, mad = (trial.protocol.part_by_key[key] for key in ("sad", "mad"))
    assert has_titration_trigger(trial.state, sad, trial.now) is ends
    assert has_titration_trigger(trial.state, sad, trial.now - DAY) is False  # not known at that cutoff
    assert has_titration_trigger(trial.state, mad, trial.now) is False  # that part has no titration


def test_after_the_trigger_the_rule_asks_for_a_full_cohort() -> None:
    trial, code = treated()
    trial.wait(1).report(code, grade=2)
    trial.complete_window(code)
    found = trial.snapshot("sad")
    assert (found.action, found.titration_ended) == ("stay", True)
    assert found.cohort_size == 2  # the rest of a cohort of three
