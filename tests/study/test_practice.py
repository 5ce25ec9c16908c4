"""Where a rehearsed trial is cut for practice: the committee has something to decide."""

from tests.conftest import Rehearsed
from tests.trials import bundled_protocol

from firstdose.record.events import DoseDecisionMade, RecommendationComputed
from firstdose.study.practice import find_practice_cut


def test_the_trial_is_cut_just_before_a_decision_of_the_multiple_dose_part(rehearsed: Rehearsed) -> None:
    entries = list(rehearsed.store.read())
    cut = find_practice_cut(entries, bundled_protocol())
    event = entries[cut - 1].event
    assert isinstance(event, RecommendationComputed)
    assert event.part == "mad"
    decided = [
        entry.position
        for entry in entries
        if isinstance(entry.event, DoseDecisionMade) and entry.event.snapshot == event.snapshot
    ]
    assert decided
    assert min(decided) > cut


def test_a_trial_without_a_review_is_cut_at_its_end(rehearsed: Rehearsed) -> None:
    entries = list(rehearsed.store.read(0, 100))
    assert find_practice_cut(entries, bundled_protocol()) == 100
