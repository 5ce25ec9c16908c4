"""The cohort board as a value: who is where on each day, what comes next, and what may be named to whom."""

from datetime import timedelta

import pytest
from tests.trials import DAY, SmallTrial, start, start_part_two

from firstdose.conduct import commands as c
from firstdose.conduct.board import Board, CohortCard, PartBoard, Place, view_board
from firstdose.design import Action
from firstdose.simulate import cast


def board(trial: SmallTrial) -> Board:
    return view_board(trial.state, trial.now)


def part(trial: SmallTrial, key: str) -> PartBoard:
    return next(found for found in board(trial).parts if found.key == key)


def card(trial: SmallTrial, key: str) -> CohortCard:
    cards = [co for one in board(trial).parts for rung in one.rungs for co in rung.cohorts]
    return next(found for found in cards if found.key == key)


def place(trial: SmallTrial, code: str) -> Place:
    cards = [co for one in board(trial).parts for rung in one.rungs for co in rung.cohorts]
    return next(found for co in cards for found in co.places if found.code == code)


def test_a_participant_goes_from_place_to_determination() -> None:
    trial = start()
    code = trial.enrol("01", trial.open_cohort("sad", "SAD-1"))
    assert place(trial, code).status == "reserved"
    trial.deplete(code)
    assert place(trial, code).status == "lymphodepletion"
    trial.wait(3)
    trial.infuse(code)
    assert (place(trial, code).status, place(trial, code).day) == ("window_open", 0)
    trial.complete_window(code)
    assert place(trial, code).status == "evaluable"


# fmt: off
# protocol day   status          days left
WINDOW = {
    # --- the window holds both its first and its last day
    "Day 0":     (0,  "window_open", 14),
    "Day 13":    (13, "window_open", 1),
    "Day 14":    (14, "window_open", 0),
    # --- after it, a person determines
    "Day 15":    (15, "window_over", 0),
}
# fmt: on


@pytest.mark.parametrize(("day", "status", "days_left"), WINDOW.values(), ids=WINDOW.keys())
def test_the_dlt_window_is_open_on_its_last_day(day: int, status: str, days_left: int) -> None:
    trial = start()
    code = trial.treat(trial.enrol("01", trial.open_cohort("sad", "SAD-1")))
    seen = place(trial.wait_until_day(code, day), code)
    assert (seen.status, seen.days_left, seen.days_seen) == (status, days_left, min(day, 14))


def test_a_dlt_shows_its_event() -> None:
    trial = start()
    code = trial.treat(trial.enrol("01", trial.open_cohort("sad", "SAD-1")))
    trial.dlt(code)
    seen = place(trial, code)
    assert seen.status == "dlt"
    assert seen.reason is not None
    assert seen.reason.en == "Hepatic failure"


def test_the_stagger_clock_opens_seven_days_after_the_sentinel() -> None:
    trial = start_part_two()
    cohort = trial.open_cohort("mad", "M1")
    assert card(trial, cohort).stagger is None
    assert card(trial, cohort).n_free == 3
    first = trial.treat(trial.enrol("01", cohort))
    infused_at = trial.participant(first).first_infusion_at
    assert infused_at is not None
    clock = card(trial, cohort).stagger
    assert clock is not None
    assert (clock.after, clock.opens_at, clock.is_over) == (first, infused_at + 7 * DAY, False)
    trial.now = infused_at + 7 * DAY - timedelta(seconds=1)
    assert not getattr(card(trial, cohort).stagger, "is_over", None)
    trial.now += timedelta(seconds=1)
    assert getattr(card(trial, cohort).stagger, "is_over", None)


def test_the_rule_speaks_as_soon_as_a_cohort_is_there() -> None:
    trial = start()
    assert part(trial, "sad").rule is None
    code = trial.treat(trial.enrol("01", trial.open_cohort("sad", "SAD-1")))
    waiting = part(trial, "sad").rule
    assert waiting is not None
    assert waiting.recommendation.action is Action.WAIT
    trial.complete_window(code)
    found = part(trial, "sad").rule
    assert found is not None
    assert (found.recommendation.action, found.recommendation.level) == (Action.ESCALATE, 2)


def test_the_next_cohort_may_open_or_says_why_not() -> None:
    trial = start()
    assert [found.regimen for found in part(trial, "sad").may_open] == ["SAD-1"]
    trial.complete_single("sad", "SAD-1")
    refused = part(trial, "sad").why_not
    assert part(trial, "sad").may_open == ()
    assert refused is not None
    trial.review("sad")
    assert [found.regimen for found in part(trial, "sad").may_open] == ["SAD-2"]


def test_a_pause_stands_on_the_board_and_no_cohort_may_open() -> None:
    trial = start()
    trial.do(c.PauseTrial(reason="Two events to look at"), cast.MONITOR)
    assert board(trial).paused_because == "Two events to look at"
    assert all(found.may_open == () for found in board(trial).parts)


def test_the_mtd_is_marked_and_what_lies_above_it_in_the_next_part() -> None:
    trial = start_part_two(level=3)
    assert [rung.regimen for rung in part(trial, "sad").rungs if rung.mark == "mtd"] == ["SAD-3"]
    assert part(trial, "sad").is_finished
    assert [rung.regimen for rung in part(trial, "mad").rungs if rung.mark == "above_cap"] == ["M3", "M4"]


def test_places_of_other_sites_stay_on_the_board_without_a_name() -> None:
    trial = start_part_two()
    cohort = trial.open_cohort("mad", "M1")
    mine = trial.treat(trial.enrol("01", cohort))
    trial.enrol("02", cohort)
    seen = view_board(trial.state, trial.now, sites=frozenset({"02"}))
    cards = [co for one in seen.parts for rung in one.rungs for co in rung.cohorts if co.key == cohort]
    assert [found.code for found in cards[0].places] == [None, "02-001"]
    assert cards[0].stagger is not None
    assert cards[0].stagger.after is None
    assert mine not in str(seen.parts)


def test_enrolment_counts_who_was_treated() -> None:
    trial = start()
    cohort = trial.open_cohort("sad", "SAD-1")
    code = trial.enrol("01", cohort)
    assert (board(trial).n_enrolled, board(trial).enrolment) == (0, 36)
    trial.treat(code)
    assert board(trial).n_enrolled == 1
