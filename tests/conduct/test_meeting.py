"""What the committee has before it: the counts of the snapshot, the rule's table, and where the trial stands."""

import pytest
from tests.conftest import Rehearsed
from tests.trials import start

from firstdose.conduct import commands as c
from firstdose.conduct.meeting import view_meeting
from firstdose.conduct.review import compute_decision_digest


def test_the_counts_of_a_meeting_are_those_of_its_snapshot() -> None:
    trial = start()
    trial.complete_single("sad", "SAD-1")
    found = trial.snapshot("sad")
    meeting = view_meeting(trial.state, "sad-s01")
    assert meeting is not None
    assert [(one.n_evaluable, one.n_dlt, one.n_pending) for one in meeting.levels] == list(
        zip(found.n_evaluable, found.n_dlt, found.n_pending, strict=True)
    )
    assert [one.regimen for one in meeting.levels if one.is_current] == ["SAD-1"]
    assert (meeting.decision, meeting.digest, meeting.is_latest) == (None, "", True)
    trial.decide(c.MakeDecision(snapshot="sad-s01", action="escalate"))
    meeting = view_meeting(trial.state, "sad-s01")
    assert meeting is not None
    assert meeting.digest == compute_decision_digest(trial.state, "sad-d01")
    trial.snapshot("sad")
    earlier = view_meeting(trial.state, "sad-s01")
    assert earlier is not None
    assert not earlier.is_latest


# BOIN with a target of 0.25 escalates at a rate up to 0.197 and de-escalates from 0.298 (Liu and Yuan 2015).
CELLS = {
    "none of three": (3, 0, "escalate"),
    "one of three, 0.333": (3, 1, "de_escalate"),
    "three of three": (3, 3, "eliminate"),
    "one of four, 0.250": (4, 1, "stay"),
    "one of five, 0.200": (5, 1, "stay"),
    "one of six, 0.167": (6, 1, "escalate"),
    "two of six, 0.333": (6, 2, "de_escalate"),
}


@pytest.mark.parametrize(("n", "n_dlt", "action"), CELLS.values(), ids=CELLS.keys())
def test_the_table_on_the_screen_is_the_rule_of_the_part(n: int, n_dlt: int, action: str) -> None:
    trial = start()
    trial.complete_single("sad", "SAD-1")
    trial.snapshot("sad")
    meeting = view_meeting(trial.state, "sad-s01")
    assert meeting is not None
    cell = meeting.grid[n_dlt][n - 1]
    assert cell is not None
    assert (cell.n, cell.n_dlt, cell.action) == (n, n_dlt, action)
    assert [one for row in meeting.grid for one in row if one and one.is_current] == [meeting.grid[0][0]]


def test_there_is_no_meeting_without_a_snapshot() -> None:
    assert view_meeting(start().state, "sad-s01") is None


def test_every_meeting_of_the_rehearsed_trial_can_be_shown(rehearsed: Rehearsed) -> None:
    for key in rehearsed.state.snapshots:
        meeting = view_meeting(rehearsed.state, key)
        assert meeting is not None
        assert meeting.decision is not None
        assert sum(one.is_current for one in meeting.levels) == 1


def test_the_committee_sees_what_each_outcome_of_the_next_cohort_would_lead_to() -> None:
    # one participant without a DLT at level 1: titration goes on with one at level 2
    trial = start()
    trial.complete_single("sad", "SAD-1")
    trial.snapshot("sad")
    meeting = view_meeting(trial.state, "sad-s01")
    assert meeting is not None
    said = [(one.n_dlt, one.size, one.level, one.action, one.next_level) for one in meeting.outcomes]
    assert said == [
        (0, 1, 2, "escalate", 3),  # level 3 is the first with whole cohorts
        (1, 1, 2, "stay", 2),  # a DLT ends titration: level 2 is filled up to three
    ]
    assert [one.next_size for one in meeting.outcomes] == [3, 2]


def test_there_is_no_outlook_where_nobody_is_treated_next(rehearsed: Rehearsed) -> None:
    meetings = [view_meeting(rehearsed.state, key) for key in rehearsed.state.snapshots]
    seen = {(one.recommendation.action, bool(one.outcomes)) for one in meetings if one}
    assert ("select_mtd", False) in seen
    assert ("select_mtd", True) not in seen
    assert ("escalate", True) in seen
