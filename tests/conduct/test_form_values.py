"""What a form accepts, what it asks back, and what it refuses; everything at once."""

from decimal import Decimal
from typing import Any

import pytest
from tests.trials import (
    SmallTrial,
    bundled_protocol,
    coordinator,
    kinds,
    only,
    ordinary_values,
    replaced,
    start,
)

from firstdose.conduct import commands as c
from firstdose.conduct.form_values import check_value, check_values
from firstdose.protocol.resolved import EditCheck, Label
from firstdose.record import events as e
from firstdose.simulate import cast

OK, ASK, WRONG = "accepted", "queried", "refused"


def said(form: str, item: str, value: e.Value) -> str:
    problem = check_value(bundled_protocol().form_by_key[form].by_key[item], value)
    return OK if problem is None else WRONG if problem.is_wrong else ASK


# fmt: off
# A value of an item of the bundled study, and what becomes of it.
VALUES: dict[str, tuple[str, str, e.Value, str]] = {
    # --- systolic pressure: hard range 30 to 300, soft range 90 to 160, both ends in
    "at the lower end of the soft range":    ("vital_signs", "sbp", "90", OK),
    "at the upper end of the soft range":    ("vital_signs", "sbp", "160", OK),
    "just below the soft range":             ("vital_signs", "sbp", "89", ASK),
    "just above the soft range":             ("vital_signs", "sbp", "161", ASK),
    "at the lower end of the hard range":    ("vital_signs", "sbp", "30", ASK),
    "at the upper end of the hard range":    ("vital_signs", "sbp", "300", ASK),
    "just below the hard range":             ("vital_signs", "sbp", "29", WRONG),
    "just above the hard range":             ("vital_signs", "sbp", "301", WRONG),
    # --- temperature: one decimal
    "as many decimals as the item has":      ("vital_signs", "temperature", "36.8", OK),
    "fewer decimals":                        ("vital_signs", "temperature", "37", OK),
    "one decimal too many":                  ("vital_signs", "temperature", "36.85", WRONG),
    "a decimal of an integer":               ("vital_signs", "sbp", "120.0", WRONG),
    # --- compared as decimals: 38.0 is the end of the soft range
    "exactly the end as a decimal":          ("vital_signs", "temperature", "38.0", OK),
    "a tenth above it":                      ("vital_signs", "temperature", "38.1", ASK),
    # --- what is not a number
    "a word":                                ("vital_signs", "sbp", "high", WRONG),
    "not a number":                          ("vital_signs", "sbp", "NaN", WRONG),
    "without end":                           ("vital_signs", "sbp", "Infinity", WRONG),
    "with an exponent":                      ("vital_signs", "sbp", "1e2", WRONG),
    "with a unit":                           ("vital_signs", "sbp", "120 mmHg", WRONG),
    "with a comma":                          ("vital_signs", "temperature", "36,8", WRONG),
    "in wide digits":                        ("vital_signs", "sbp", "１２０", WRONG),
    "with a line end":                       ("vital_signs", "sbp", "120\n", WRONG),
    "with a space":                          ("vital_signs", "sbp", " 120", WRONG),
    "a number given as yes or no":           ("vital_signs", "sbp", True, WRONG),
    # --- yes or no
    "yes":                                   ("vital_signs", "oxygen_given", True, OK),
    "no":                                    ("vital_signs", "oxygen_given", False, OK),
    "yes as a word":                         ("vital_signs", "oxygen_given", "yes", WRONG),
    # --- choices
    "a choice of the list":                  ("sledai", "rash", "present_sle", OK),
    "a choice that is not in the list":      ("sledai", "rash", "maybe", WRONG),
    "the label of a choice":                 ("sledai", "rash", "Absent", WRONG),
    # --- dates
    "a date":                                ("medical_history", "diagnosis_date", "2016-02-29", OK),
    "a day that does not exist":             ("medical_history", "diagnosis_date", "2015-02-29", WRONG),
    "a date in words":                       ("medical_history", "diagnosis_date", "last spring", WRONG),
    # --- free text
    "a text":                                ("medical_history", "nephritis_class", "IV, 活动性", OK),
}
# fmt: on


@pytest.mark.parametrize(("form", "item", "value", "becomes"), VALUES.values(), ids=VALUES.keys())
def test_a_value_is_accepted_queried_or_refused(form: str, item: str, value: e.Value, becomes: str) -> None:
    assert said(form, item, value) == becomes


@pytest.mark.parametrize("form", bundled_protocol().forms, ids=lambda form: form.key)
def test_every_form_of_the_study_can_be_filled_without_a_question(form: Any) -> None:
    assert check_values(form, ordinary_values(form), {}) == ()


def at_screening() -> tuple[SmallTrial, str]:
    trial = start()
    return trial, trial.consent(trial.screen("01"))


def test_everything_that_is_wrong_is_told_at_once_and_in_two_languages() -> None:
    trial, code = at_screening()
    wrong = trial.form(code, "vital_signs", temperature="hot", sbp="999", spo2="", unknown="1")
    refused = trial.refused(wrong, coordinator("01"))
    assert refused.clause == "forms.vital_signs"
    for word in ("'hot' is not a number", "999 is not between 30 and 300", "is missing", "no item 'unknown'"):
        assert word in refused.what.en
    assert "缺失" in refused.what.zh


def test_what_is_unusual_is_submitted_and_queried_at_once() -> None:
    trial, code = at_screening()
    events = trial.submit(code, "vital_signs", temperature="39.2", pulse="130")
    assert kinds(events) == ["FormSubmitted", "QueryRaised", "QueryRaised"]
    queries = [event for event in events if isinstance(event, e.QueryRaised)]
    assert [(query.query, query.item) for query in queries] == [("Q-001", "temperature"), ("Q-002", "pulse")]


NOT_DONE = {
    "a reason": ({"spo2": "no oximeter"}, True),
    "no reason": ({}, False),
    "an empty reason": ({"spo2": "  "}, False),
    "a reason for an item that is not of the form": ({"spo2": "no oximeter", "weight": "no scale"}, False),
}


@pytest.mark.parametrize(("not_done", "is_allowed"), NOT_DONE.values(), ids=NOT_DONE.keys())
def test_a_required_item_has_a_value_or_the_reason_why_it_was_not_done(
    not_done: dict[str, str],
    is_allowed: bool,  # noqa: FBT001
) -> None:
    trial, code = at_screening()
    command = trial.form(code, "vital_signs")
    values = {key: value for key, value in command.values.items() if key != "spo2"}
    command = replaced(command, values=values, not_done=not_done)
    if is_allowed:
        trial.do(command, coordinator("01"))
        assert trial.participant(code).forms["SCR", "vital_signs", ""].not_done == not_done
    else:
        assert trial.refused(command, coordinator("01")).clause == "forms.vital_signs"


# fmt: off
# Edit checks of the bundled study, on each side of their limit.
CHECKS: dict[str, tuple[str, dict[str, e.Value], bool]] = {
    # --- the diastolic pressure is below the systolic one
    "diastolic below systolic":               ("vital_signs", {"sbp": "100", "dbp": "99"}, True),
    "diastolic equal to systolic":            ("vital_signs", {"sbp": "100", "dbp": "100"}, False),
    # --- neutrophils are part of the white blood cells: equal is possible
    "neutrophils equal to white cells":       ("haematology", {"wbc": "2.50", "neutrophils": "2.50", "lymphocytes": "0"}, True),
    "neutrophils above white cells":          ("haematology", {"wbc": "2.50", "neutrophils": "2.51", "lymphocytes": "0"}, False),
    # --- a finding is described
    "an abnormality with its description":    ("physical_examination", {"skin": "abnormal_significant", "findings": "malar rash"}, True),
    "an abnormality without description":     ("physical_examination", {"skin": "abnormal_significant"}, False),
    # --- nephritis needs its class
    "nephritis with its class":               ("medical_history", {"lupus_nephritis": True, "nephritis_class": "IV"}, True),
    "nephritis without its class":            ("medical_history", {"lupus_nephritis": True}, False),
    "no nephritis, no class":                 ("medical_history", {"lupus_nephritis": False}, True),
}
# fmt: on


@pytest.mark.parametrize(("form", "values", "is_allowed"), CHECKS.values(), ids=CHECKS.keys())
def test_the_edit_checks_of_the_study_hold(
    form: str,
    values: dict[str, e.Value],
    is_allowed: bool,  # noqa: FBT001
) -> None:
    trial, code = at_screening()
    command = trial.form(code, form)
    command = replaced(command, values=command.values | values)
    if is_allowed:
        trial.do(command, coordinator("01"))
    else:
        assert trial.refused(command, coordinator("01")).clause == f"forms.{form}"


@pytest.mark.parametrize(
    ("relation", "left", "is_allowed"),
    [
        ("<", "99", True),
        ("<", "100", False),
        ("<=", "100", True),
        ("<=", "101", False),
        (">", "101", True),
        (">", "100", False),
        (">=", "100", True),
        (">=", "99", False),
    ],
)
def test_two_items_are_compared_in_each_relation(relation: Any, left: str, is_allowed: bool) -> None:  # noqa: FBT001
    form = bundled_protocol().form_by_key["vital_signs"]
    check = EditCheck(
        key="order",
        kind="compare",
        left="dbp",
        relation=relation,
        right="sbp",
        message=Label(en="in order", zh="顺序"),
    )
    values = ordinary_values(form) | {"dbp": left, "sbp": "100"}
    form = form.model_copy(update={"checks": (check,)})
    is_wrong = any(problem.is_wrong for problem in check_values(form, values, {}))
    assert is_wrong is not is_allowed


@pytest.mark.parametrize(("total", "is_allowed"), [("100", True), ("101", False)])
def test_items_add_up_to_no_more_than_their_limit(total: str, is_allowed: bool) -> None:  # noqa: FBT001
    form = bundled_protocol().form_by_key["vital_signs"]
    check = EditCheck(
        key="sum",
        kind="sum_at_most",
        items=("dbp", "pulse"),
        limit=Decimal(150),
        message=Label(en="at most", zh="至多"),
    )
    values = ordinary_values(form) | {"dbp": "50", "pulse": total}
    form = form.model_copy(update={"checks": (check,)})
    is_wrong = any(problem.is_wrong for problem in check_values(form, values, {}))
    assert is_wrong is not is_allowed


# --- which form, at which visit


PLACES: dict[str, tuple[str, str, str, bool]] = {
    "a form of the visit": ("SCR", "vital_signs", "", True),
    "a form at a time point of the visit": ("D0", "vital_signs", "t15m", True),
    # --- the visit asks for it at other time points
    "without the time point": ("D0", "vital_signs", "", False),
    "at another time point": ("D0", "vital_signs", "t24h", False),
    # --- the visit does not ask for it
    "a form of another visit": ("D3", "demographics", "", False),
    "a visit that is not planned": ("D99", "vital_signs", "", False),
    # --- an unscheduled visit takes any form
    "an unscheduled visit": ("UNS1", "demographics", "", True),
    "the twelfth unscheduled visit": ("UNS12", "vital_signs", "", True),
    "an unscheduled visit without a number": ("UNS", "vital_signs", "", False),
    "what only begins like one": ("UNSURE", "vital_signs", "", False),
}


@pytest.mark.parametrize(("visit", "form", "timepoint", "is_allowed"), PLACES.values(), ids=PLACES.keys())
def test_a_form_is_filled_where_the_schedule_asks_for_it(
    visit: str,
    form: str,
    timepoint: str,
    is_allowed: bool,  # noqa: FBT001
) -> None:
    trial = start()
    code = trial.treat(trial.enrol("01", trial.open_cohort("sad", "SAD-1")))
    command = replaced(trial.form(code, form, visit), timepoint=timepoint)
    if is_allowed:
        trial.do(command, coordinator("01"))
    else:
        assert trial.refused(command, coordinator("01")).clause.startswith("schedules")


def test_only_screening_is_filled_before_a_place_is_taken() -> None:
    trial, code = at_screening()
    assert trial.refused(trial.form(code, "vital_signs", "D-1"), coordinator("01")).clause == "schedules"
    trial.submit(code, "vital_signs", "SCR")


def test_a_form_is_submitted_once_and_needs_consent() -> None:
    trial = start()
    code = trial.screen("01")
    form = trial.form(code, "vital_signs")
    assert trial.refused(form, coordinator("01")).clause == "eligibility.consent"
    trial.consent(code)
    trial.do(form, coordinator("01"))
    assert trial.refused(form, coordinator("01")).clause == "record.forms"
    unknown = replaced(form, form="diary")
    assert trial.refused(unknown, coordinator("01")).clause == "forms"


# --- queries


def test_a_query_is_raised_answered_and_closed_in_this_order() -> None:
    trial, code = at_screening()
    ask = c.RaiseQuery(participant=code, visit="SCR", form="vital_signs", item="sbp", question="really?")
    answer = c.AnswerQuery(participant=code, query="Q-001", answer="yes, measured twice")
    close = c.CloseQuery(participant=code, query="Q-001")
    assert trial.refused(ask, cast.DATA_MANAGER).clause == "record.queries"  # nothing is submitted
    trial.submit(code, "vital_signs")
    assert only(trial.do(ask, cast.DATA_MANAGER), e.QueryRaised).query == "Q-001"
    assert trial.refused(close, cast.DATA_MANAGER).clause == "record.queries"  # it is not answered
    trial.do(answer, coordinator("01"))
    trial.do(close, cast.DATA_MANAGER)
    for late, actor in ((answer, coordinator("01")), (close, cast.DATA_MANAGER)):
        assert trial.refused(late, actor).clause == "record.queries"
    unknown = replaced(answer, query="Q-009")
    assert trial.refused(unknown, coordinator("01")).clause == "record.queries"
