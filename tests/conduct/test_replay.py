"""Every recommendation of a trial computes again to the same, from the log at its position."""

import pytest
from tests.conftest import Rehearsed
from tests.trials import SmallTrial, start_part_two

from firstdose.conduct.counts import recommend_for
from firstdose.conduct.review import ACTION_OF
from firstdose.record import events as e
from firstdose.record.fold import fold
from firstdose.study.trial import Trial


def check_replay(trial: Trial, n_least: int) -> None:
    """Each stored recommendation equals what the rule says on the state as of its snapshot."""
    with trial.reading() as state:
        stored = list(state.recommendations.items())
        snapshots = dict(state.snapshots)
    assert len(stored) >= n_least
    for key, (said, position) in stored:
        taken = snapshots[key]
        then = trial.state_as_of(taken.as_of)
        assert then.position == taken.as_of < position
        counts, found, digest = recommend_for(then, then.protocol.part_by_key[taken.part], taken.cutoff)
        again = e.RecommendationComputed(
            snapshot=key,
            part=taken.part,
            table_digest=digest,
            current_level=counts.current_level,
            n_evaluable=counts.tallies.n_evaluable,
            n_dlt=counts.tallies.n_dlt,
            n_pending=counts.tallies.n_pending,
            titration_ended=counts.titration_ended,
            action=ACTION_OF[found.action],
            level=found.level,
            cohort_size=found.cohort_size,
            reasons=found.reasons,
            reason_en=found.reason_text.en,
            reason_zh=found.reason_text.zh,
        )
        assert again == said


@pytest.mark.covers("Q7")
def test_every_recommendation_of_the_rehearsed_trial_computes_again_to_the_same(
    rehearsed: Rehearsed,
) -> None:
    check_replay(Trial(rehearsed.store), n_least=10)


@pytest.mark.covers("Q7")
def test_a_recommendation_is_replayed_after_later_facts_changed_what_is_known() -> None:
    trial: SmallTrial = start_part_two(5)
    code = trial.complete_single("mad", "M1", site="03")
    trial.snapshot("mad")
    trial.wait(1)
    first = trial.participant(code).first_infusion_at
    assert first is not None
    key = trial.report(code, category="other", grade=4, onset=first, preferred_term="Hepatic failure")
    trial.snapshot("mad")
    assert key in trial.participant(code).adverse_events
    check_replay(trial.trial, n_least=6)


@pytest.mark.covers("Q5", "S6")
def test_every_decision_of_the_rehearsed_trial_is_signed_by_quorum_with_the_chair(
    rehearsed: Rehearsed,
) -> None:
    state = rehearsed.state
    assert len(state.decisions) >= 10
    for decision in state.decisions.values():
        roles = [signature.role for signature in decision.signatures]
        assert len({signature.login for signature in decision.signatures}) == len(roles)
        assert len(roles) == decision.made.signatures_required == state.protocol.review.signatures_required
        assert "committee_chair" in roles
        assert decision.is_in_effect
        assert decision.made.follows_recommendation or decision.made.reason


@pytest.mark.covers("C4")
def test_the_head_that_a_snapshot_keeps_is_the_hash_of_the_log_there(rehearsed: Rehearsed) -> None:
    for taken in rehearsed.state.snapshots.values():
        (row,) = rehearsed.store.read_rows(taken.as_of - 1, taken.as_of)
        assert row.hash.hex() == taken.head
        assert fold(rehearsed.store.read(0, taken.as_of)).position == row.position
