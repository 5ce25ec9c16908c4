"""Another dose rule is an edit of the study file: the whole trial runs, is decided and is reported under each."""

from typing import get_args

import pytest
from tests.trials import with_rule

from firstdose.adapters.store_memory import MemoryStore
from firstdose.conduct.meeting import view_meeting
from firstdose.design.specification import UTILITY_RULES
from firstdose.protocol.resolved import Protocol
from firstdose.protocol.rule_names import RuleName
from firstdose.record.fold import fold
from firstdose.simulate.scenario import Scenario
from firstdose.study.check_study import check_study
from firstdose.study.rehearse import rehearse
from firstdose.study.report import build_report_as_of
from firstdose.study.trial import Trial

SEED = 7
FAST: tuple[str, ...] = ("crm",)
"""The one with the least in common with the bundled rule; the others run in ``make verify``."""


@pytest.mark.parametrize(
    "rule",
    [rule if rule in FAST else pytest.param(rule, marks=pytest.mark.slow) for rule in get_args(RuleName)],
)
def test_the_trial_runs_whole_under_every_rule(rule: str) -> None:
    protocol = check_study(with_rule(rule))
    assert isinstance(protocol, Protocol)
    store = MemoryStore()
    for _ in rehearse(store, protocol, SEED, Scenario()):
        pass
    state = fold(store.read())
    if rule not in UTILITY_RULES:
        # every participant of the bundled world loses the B cells at level 1: BOIN12 has its dose there, and is done
        assert len(list(state.treated())) == protocol.study.enrolment
    for key in state.snapshots:
        meeting = view_meeting(state, key)
        assert meeting is not None
        assert meeting.decision is not None
        if meeting.recommendation.cohort_size:
            n_outcomes = meeting.recommendation.cohort_size + 1
            assert len(meeting.outcomes) == n_outcomes * (n_outcomes if rule in UTILITY_RULES else 1)
    assert build_report_as_of(Trial(store)) is not None
