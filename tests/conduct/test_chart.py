"""A participant's schedule and chart as values."""

from decimal import Decimal

import pytest
from tests.trials import DAY, SmallTrial, coordinator, start

from firstdose.conduct import commands as c
from firstdose.conduct.chart import PlannedVisit, find_reference_range, view_chart, view_form, view_schedule
from firstdose.conduct.waiting import list_waiting
from firstdose.terms.calendar import site_date


@pytest.fixture(scope="module")
def treated() -> tuple[SmallTrial, str]:
    trial = start()
    code = trial.enrol("01", trial.open_cohort("sad", "SAD-1"))
    trial.submit(code, "haematology", haemoglobin="101")
    return trial, trial.treat(code)


def visit(trial: SmallTrial, code: str, key: str) -> PlannedVisit:
    found = view_schedule(trial.state, trial.participant(code), trial.now)
    return next(one for one in found if one.key == key)


# fmt: off
# day  visit  status
STATUS = {
    # --- Day 7 is allowed on Days 6 to 8, both included
    "before its window":     (5,  "D7",  "upcoming"),
    "on its first day":      (6,  "D7",  "due"),
    "on its last day":       (8,  "D7",  "due"),
    "after its window":      (9,  "D7",  "overdue"),
    # --- Day 14 has a window on one side
    "a day too early":       (13, "D14", "upcoming"),
    "on its day":            (14, "D14", "due"),
    "two days later":        (16, "D14", "due"),
    "three days later":      (17, "D14", "overdue"),
}
# fmt: on


@pytest.mark.parametrize(("day", "key", "status"), STATUS.values(), ids=STATUS.keys())
def test_where_a_visit_stands_follows_from_its_window(
    treated: tuple[SmallTrial, str], day: int, key: str, status: str
) -> None:
    trial, code = treated[0].fork(), treated[1]
    assert visit(trial.wait_until_day(code, day), code, key).status == status


@pytest.mark.parametrize(("day", "status"), [(6, "done"), (8, "done"), (9, "done_outside")])
def test_a_visit_held_outside_its_window_says_so(
    treated: tuple[SmallTrial, str], day: int, status: str
) -> None:
    trial, code = treated[0].fork(), treated[1]
    trial.wait_until_day(code, day)
    trial.hold(code, "D7")
    seen = visit(trial, code, "D7")
    assert (seen.status, seen.held_on_day) == (status, day)


def test_a_missed_visit_says_why(treated: tuple[SmallTrial, str]) -> None:
    trial, code = treated[0].fork(), treated[1]
    trial.wait_until_day(code, 12)
    trial.do(c.MissVisit(participant=code, visit="D7", reason="snow"), coordinator("01"))
    assert (visit(trial, code, "D7").status, visit(trial, code, "D7").missed_because) == ("missed", "snow")


def test_nothing_is_expected_of_who_left(treated: tuple[SmallTrial, str]) -> None:
    trial, code = treated[0].fork(), treated[1]
    trial.wait(2).withdraw(code)
    assert visit(trial.wait(300), code, "W52").status == "not_expected"


def test_before_the_first_infusion_dates_are_expected_from_lymphodepletion() -> None:
    trial = start()
    code = trial.enrol("01", trial.open_cohort("sad", "SAD-1"))
    assert (visit(trial, code, "D0").first_on, visit(trial, code, "D0").status) == (None, "planned")
    began = trial.now
    trial.deplete(code)
    seen = visit(trial, code, "D0")
    assert (seen.first_on, seen.is_estimated) == (site_date(began + 5 * DAY), True)


def test_a_visit_counts_the_forms_that_were_filled(treated: tuple[SmallTrial, str]) -> None:
    trial, code = treated
    seen = visit(trial, code, "SCR")
    assert seen.n_filled == 1
    assert [form.form for form in seen.forms if form.is_filled] == ["haematology"]
    timepoints = [form.timepoint for form in visit(trial, code, "D0").forms if form.form == "vital_signs"]
    assert timepoints == ["pre", "t15m", "t30m", "t1h", "t2h", "t4h", "t8h", "t12h"]


# fmt: off
# haemoglobin of a woman, reference 115 to 150 g/L, both ends normal
FLAGS = {"below": ("114", "low"), "at the low end": ("115", "normal"), "at the high end": ("150", "normal"),
         "above": ("151", "high")}
# fmt: on


@pytest.mark.parametrize(("value", "flag"), FLAGS.values(), ids=FLAGS.keys())
def test_a_value_is_flagged_against_the_reference_range(value: str, flag: str) -> None:
    trial = start()
    code = trial.consent(trial.screen("01"))
    trial.submit(code, "haematology", haemoglobin=value)
    found = find_reference_range(trial.state, trial.participant(code), "haematology", "haemoglobin")
    assert found is not None
    assert (found.low, found.high) == (Decimal(115), Decimal(150))
    record = trial.participant(code).forms["SCR", "haematology", ""]
    views = {view.item.key: view for view in view_form(trial.state, trial.participant(code), record).items}
    assert views["haemoglobin"].flag == flag


def test_the_chart_keeps_corrections_and_queries_beside_the_value() -> None:
    trial = start()
    code = trial.consent(trial.screen("01"))
    trial.submit(code, "haematology", haemoglobin="60")
    chart = view_chart(trial.state, trial.participant(code), trial.now)
    assert [query.item for query in chart.open_queries] == ["haemoglobin"]
    correction = c.CorrectValue(
        participant=code,
        visit="SCR",
        form="haematology",
        item="haemoglobin",
        new="106",
        reason="typing error",
    )
    trial.do(correction, coordinator("01"))
    ((_, _, (filled,)),) = view_chart(trial.state, trial.participant(code), trial.now).visits
    seen = next(view for view in filled.items if view.item.key == "haemoglobin")
    assert (seen.value, [made.old for made in seen.corrections]) == ("106", ["60"])
    assert filled.seen_position == seen.corrections[-1].position


def test_what_waits_depends_on_role_and_site(treated: tuple[SmallTrial, str]) -> None:
    trial, code = treated[0].fork(), treated[1]
    trial.wait_until_day(code, 14)
    waiting = {
        site: list_waiting(trial.state, f"coordinator{site}", [("coordinator", site)], trial.now)
        for site in ("01", "02")
    }
    assert ("visit_due", "D14") in [(one.kind, one.what) for one in waiting["01"]]
    assert ("visit_overdue", "D7") in [(one.kind, one.what) for one in waiting["01"]]
    assert waiting["02"] == ()
    trial.hold(code, "D14")
    monitor = list_waiting(trial.state, "okafor", [("medical_monitor", None)], trial.now)
    assert [(one.kind, one.participant) for one in monitor] == [("determine", code)]
