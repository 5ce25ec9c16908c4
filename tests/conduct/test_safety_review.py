"""The safety review: what it looks at, what it may decide, and when a decision is out of date."""

from typing import Any

import pytest
from tests.trials import (
    DAY,
    SECOND,
    SmallTrial,
    coordinator,
    kinds,
    only,
    start,
    start_part_two,
)

from firstdose.conduct import commands as c
from firstdose.record import events as e
from firstdose.simulate import cast

# --- the snapshot


def test_a_snapshot_fixes_what_is_known_and_what_the_rule_makes_of_it() -> None:
    trial = start()
    trial.complete_single("sad", "SAD-1")
    before = trial.state.position
    events = trial.do(c.TakeSnapshot(part="sad", cutoff=trial.now), cast.STATISTICIAN)
    taken, found = only(events, e.SnapshotTaken), only(events, e.RecommendationComputed)
    assert (taken.snapshot, taken.as_of, len(taken.head)) == ("sad-s01", before, 64)
    assert (found.action, found.level, found.cohort_size) == ("escalate", 2, 1)
    assert (found.n_evaluable[:2], found.n_dlt[:2], sum(found.n_pending)) == ((1, 0), (0, 0), 0)
    assert found.reason_en
    assert found.reason_zh


SNAPSHOTS = {
    "a part without a dose rule": ("expansion", 0),
    "a part that does not exist": ("phase2", 0),
    "a cutoff that has not come": ("sad", 1),
}


@pytest.mark.parametrize(("part", "seconds"), SNAPSHOTS.values(), ids=SNAPSHOTS.keys())
def test_there_is_a_part_to_review_up_to_a_moment_that_has_passed(part: str, seconds: int) -> None:
    trial = start()
    command = c.TakeSnapshot(part=part, cutoff=trial.now + seconds * SECOND)
    assert trial.refused(command, cast.STATISTICIAN).clause == "review.snapshot"


# --- what may be decided


def with_counts() -> SmallTrial:
    """Levels 1 to 3 were treated without a DLT; level 3 is current."""
    trial = start()
    for level in (1, 2, 3):
        trial.complete_cohort("sad", f"SAD-{level}")
        if level < 3:
            trial.review("sad", "escalate", level=level + 1)
    return trial


# fmt: off
# From level 3 of 6, where levels 1 to 3 have counts.
DECISIONS: dict[str, tuple[dict[str, Any], str | None]] = {
    # --- no level is skipped
    "one level up":                    ({"action": "escalate", "level": 4}, None),
    "one level up, not named":         ({"action": "escalate"}, None),
    "two levels up":                   ({"action": "escalate", "level": 5}, "parts.sad.design"),
    "up to the same level":            ({"action": "escalate", "level": 3}, "parts.sad.design"),
    "up to a lower level":             ({"action": "escalate", "level": 2}, "parts.sad.design"),
    # --- staying is the current level
    "stay":                            ({"action": "stay"}, None),
    "stay at another level":           ({"action": "stay", "level": 2}, "parts.sad.design"),
    # --- down as far as wanted, to a level that exists
    "one level down":                  ({"action": "de_escalate"}, None),
    "two levels down":                 ({"action": "de_escalate", "level": 1}, None),
    "below the lowest level":          ({"action": "de_escalate", "level": 0}, "parts.sad.design"),
    "down to a higher level":          ({"action": "de_escalate", "level": 4}, "parts.sad.design"),
    # --- the MTD is a level with counts
    "the current level as MTD":        ({"action": "select_mtd", "level": 3}, None),
    "an earlier level as MTD":         ({"action": "select_mtd", "level": 1}, None),
    "a level that nobody received":    ({"action": "select_mtd", "level": 4}, "parts.sad.design"),
    "a level that does not exist":     ({"action": "select_mtd", "level": 7}, "parts.sad.design"),
    "level 0 as MTD":                  ({"action": "select_mtd", "level": 0}, "parts.sad.design"),
    # --- always possible
    "stop as too toxic":               ({"action": "stop_too_toxic"}, None),
    # --- the single-dose part is not expanded
    "expand the single dose":          ({"action": "expand", "regimens": ("SAD-1",)}, "parts.sad"),
}
# fmt: on


@pytest.mark.covers("Q4", "Q5")
@pytest.mark.parametrize(("said", "clause"), DECISIONS.values(), ids=DECISIONS.keys())
def test_a_decision_skips_no_level_and_names_one_that_exists(
    said: dict[str, Any], clause: str | None
) -> None:
    trial = with_counts()
    found = trial.snapshot("sad")
    assert (found.action, found.current_level) == ("escalate", 3)
    command = c.MakeDecision(snapshot=found.snapshot, reason="The committee has its reasons.", **said)
    if clause is None:
        trial.do(command, cast.CHAIR)
    else:
        assert trial.refused(command, cast.CHAIR).clause == clause


def test_no_mtd_is_selected_without_a_level() -> None:
    trial = start()
    cohort = trial.open_cohort("sad", "SAD-1")
    for site in ("01", "02", "03"):
        code = trial.treat(trial.enrol(site, cohort))
        trial.wait(1).dlt(code)
        if site != "03":
            trial.do(c.CloseCohort(cohort=cohort, reason="to review"), cast.MONITOR)
            found = trial.snapshot("sad")
            stay = c.MakeDecision(snapshot=found.snapshot, action="stay", reason="one more", level=1)
            trial.sign(trial.decide(stay))
            if trial.state.paused_because:
                trial.do(c.ResumeTrial(reason="reviewed"), cast.CHAIR)
            cohort = trial.open_cohort("sad", "SAD-1")
    found = trial.snapshot("sad")
    assert (found.action, found.level) == ("stop_too_toxic", None)
    command = c.MakeDecision(snapshot=found.snapshot, action="select_mtd", reason="it must have one")
    assert trial.refused(command, cast.CHAIR).clause == "parts.sad.design"


@pytest.mark.covers("Q5")
@pytest.mark.parametrize("reason", ["", "   "])
def test_departing_from_the_rule_needs_a_reason(reason: str) -> None:
    trial = with_counts()
    found = trial.snapshot("sad")
    command = c.MakeDecision(snapshot=found.snapshot, action="stay", reason=reason)
    refused = trial.refused(command, cast.CHAIR)
    assert refused.clause == "review.departure"
    assert "escalate" in refused.what.en


def test_a_decision_says_whether_it_follows_the_rule() -> None:
    trial = with_counts()
    found = trial.snapshot("sad")
    other = trial.fork()
    made = only(
        trial.do(c.MakeDecision(snapshot=found.snapshot, action="escalate"), cast.CHAIR),
        e.DoseDecisionMade,
    )
    assert (made.follows_recommendation, made.level, made.cohort_size) == (True, 4, 3)
    departs = c.MakeDecision(snapshot=found.snapshot, action="stay", reason="late grade 2 events")
    made = only(other.do(departs, cast.CHAIR), e.DoseDecisionMade)
    assert (made.follows_recommendation, made.level, made.reason) == (False, 3, "late grade 2 events")


# --- not before everyone is determined


def with_one_of_three_open() -> SmallTrial:
    """A cohort of three: one complete, one in the window, one place free."""
    trial = start_part_two(5)
    cohort = trial.open_cohort("mad", "M1")
    first = trial.complete_infusions(trial.treat(trial.enrol("01", cohort)))
    trial.complete_window(first)
    trial.treat(trial.enrol("02", cohort))
    return trial


WAITING = {
    "escalate": False,
    "stay": False,
    "select_mtd": False,
    "expand": False,
    "stop_too_toxic": True,
}


@pytest.mark.covers("Q5")
@pytest.mark.parametrize(("action", "is_allowed"), WAITING.items())
def test_nothing_but_a_stop_is_decided_before_everyone_is_determined(
    action: str,
    is_allowed: bool,  # noqa: FBT001
) -> None:
    trial = with_one_of_three_open()
    found = trial.snapshot("mad")
    assert found.action == "wait"
    command = c.MakeDecision(
        snapshot=found.snapshot,
        action=action,  # type: ignore[arg-type] # one of the literals
        regimens=("M1",) if action == "expand" else (),
        reason="The committee does not want to wait.",
    )
    if is_allowed:
        assert "CohortClosed" in kinds(trial.do(command, cast.CHAIR))
    else:
        assert trial.refused(command, cast.CHAIR).clause == "parts.mad.design"


def test_a_free_place_in_an_open_cohort_is_waited_for() -> None:
    trial = start_part_two(5)
    trial.open_cohort("mad", "M1")
    assert trial.snapshot("mad").action == "wait"


def test_a_decision_closes_the_cohort_that_it_is_about() -> None:
    trial = start()
    code = trial.treat(trial.enrol("01", trial.open_cohort("sad", "SAD-1")))
    trial.complete_window(code)
    found = trial.snapshot("sad")
    events = trial.do(c.MakeDecision(snapshot=found.snapshot, action="escalate"), cast.CHAIR)
    assert kinds(events) == ["DoseDecisionMade", "CohortClosed"]


# --- out of date


def a_dlt(trial: SmallTrial, code: str) -> None:
    trial.dlt(code)


def a_later_snapshot(trial: SmallTrial, _: str) -> None:
    trial.snapshot("sad")


def a_decision_on_it(trial: SmallTrial, _: str) -> None:
    found = next(iter(trial.state.snapshots))
    trial.sign(trial.decide(c.MakeDecision(snapshot=found, action="escalate")))


def a_new_cohort(trial: SmallTrial, code: str) -> None:
    a_decision_on_it(trial, code)
    trial.open_cohort("sad", "SAD-2")


def a_related_grade_2_that_ends_titration(trial: SmallTrial, code: str) -> None:
    first = trial.participant(code).first_infusion_at
    assert first is not None
    trial.report(code, category="other", grade=2, onset=first + 10 * DAY)


OUTDATED = {
    "a DLT": a_dlt,
    "a later snapshot": a_later_snapshot,
    "a decision on it": a_decision_on_it,
    "a new cohort": a_new_cohort,
    "a late report that ends titration": a_related_grade_2_that_ends_titration,
}


@pytest.mark.covers("Q5")
@pytest.mark.parametrize("happens", OUTDATED.values(), ids=OUTDATED.keys())
def test_a_snapshot_that_is_out_of_date_is_not_decided_on(happens: Any) -> None:
    trial = start()
    code = trial.complete_single("sad", "SAD-1")
    found = trial.snapshot("sad")
    trial.wait(hours=2)
    happens(trial, code)
    command = c.MakeDecision(snapshot=found.snapshot, action="escalate")
    assert trial.refused(command, cast.CHAIR).clause == "review.snapshot"


def test_what_changes_no_count_leaves_the_snapshot_as_it_is() -> None:
    trial = start()
    code = trial.complete_single("sad", "SAD-1")
    found = trial.snapshot("sad")
    trial.wait(hours=2)
    trial.report(code, category="other", grade=1, preferred_term="Headache")
    trial.submit(code, "pga", "D14")
    trial.do(c.MakeDecision(snapshot=found.snapshot, action="escalate"), cast.CHAIR)


@pytest.mark.covers("Q5")
def test_a_cutoff_before_a_dlt_does_not_hide_it() -> None:
    trial = start()
    code = trial.treat(trial.enrol("01", trial.open_cohort("sad", "SAD-1")))
    trial.wait_until_day(code, 9)
    before = trial.now
    trial.wait(1).dlt(code)
    trial.wait_until_day(code, 20)
    found = trial.snapshot("sad", cutoff=before)
    assert (found.n_evaluable[0], found.n_dlt[0], found.n_pending[0]) == (0, 0, 1)
    for action in ("escalate", "stop_too_toxic"):
        command = c.MakeDecision(
            snapshot=found.snapshot,
            action=action,
            reason="as of then",
        )
        assert trial.refused(command, cast.CHAIR).clause == "review.snapshot"


def test_there_is_no_decision_without_a_snapshot() -> None:
    trial = start()
    command = c.MakeDecision(snapshot="sad-s01", action="stop_too_toxic")
    assert trial.refused(command, cast.CHAIR).clause == "review.snapshot"


def test_a_decision_on_a_snapshot_is_made_once() -> None:
    trial = start()
    trial.complete_single("sad", "SAD-1")
    command = c.MakeDecision(snapshot=trial.snapshot("sad").snapshot, action="escalate")
    trial.decide(command)
    assert trial.refused(command, cast.CHAIR).clause == "review.signatures"


def test_a_decision_that_was_not_signed_falls_away_when_a_later_snapshot_is_decided_on() -> None:
    trial = start()
    trial.complete_single("sad", "SAD-1")
    first = trial.decide(c.MakeDecision(snapshot=trial.snapshot("sad").snapshot, action="escalate"))
    again = c.MakeDecision(snapshot=trial.snapshot("sad").snapshot, action="stay", level=1, reason="one more")
    assert kinds(trial.do(again, cast.CHAIR))[:2] == ["DecisionVoided", "DoseDecisionMade"]
    assert trial.refused(trial.signature(first), cast.CHAIR).clause == "review.signatures"
    assert trial.state.decisions[first].is_waiting is False
    assert trial.sign("sad-d02").is_in_effect


def test_a_decision_is_not_signed_after_what_it_was_decided_on_has_changed() -> None:
    trial = start()
    code = trial.complete_single("sad", "SAD-1")
    decision = trial.decide(c.MakeDecision(snapshot=trial.snapshot("sad").snapshot, action="escalate"))
    trial.do(trial.signature(decision), cast.CHAIR)
    trial.dlt(code)
    assert trial.refused(trial.signature(decision), cast.CLINICIAN).clause == "review.snapshot"
    assert not trial.state.decisions[decision].is_in_effect


def test_the_parts_are_decided_apart() -> None:
    trial = start_part_two(5)
    assert list(trial.state.decisions)[-1] == "sad-d05"
    trial.complete_single("mad", "M1", site="03")
    assert trial.review("mad", "escalate", level=2).made.decision == "mad-d01"


# --- the highest level that may be infused


@pytest.mark.covers("Q4")
def test_who_has_a_place_above_the_level_decided_since_is_not_infused() -> None:
    trial = with_counts()
    trial.review("sad", "escalate", level=4)
    cohort = trial.open_cohort("sad", "SAD-4")
    treated = trial.treat(trial.enrol("02", cohort))
    waiting = trial.enrol("03", cohort)
    trial.wait(2)
    trial.dlt(treated)
    trial.make_ready(waiting)
    trial.close_cohort(cohort)
    stop = c.MakeDecision(
        snapshot=trial.snapshot("sad").snapshot, action="stop_too_toxic", reason="a DLT of grade 4"
    )
    trial.sign(trial.decide(stop))
    assert trial.refused(trial.infusion(waiting), coordinator("03")).clause == "parts.sad.design"
