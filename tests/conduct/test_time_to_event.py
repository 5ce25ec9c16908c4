"""A time-to-event rule in conduct: the next cohort may open while DLT windows are open, as far as they were seen."""

from functools import cache

import pytest
from tests.trials import SmallTrial, start, with_rule

from firstdose.protocol.resolved import Protocol
from firstdose.study.check_study import check_study


@cache
def protocol_with(rule: str) -> Protocol:
    found = check_study(with_rule(rule))
    assert isinstance(found, Protocol)
    return found


def treat_three_at_level_3(rule: str) -> tuple[SmallTrial, list[str]]:
    """Three infused a week apart at the first level with whole cohorts, nobody with a DLT; a week after the last."""
    trial = start(protocol_with(rule))
    for level in (1, 2):
        trial.complete_single("sad", f"SAD-{level}")
        trial.review("sad", "escalate")
    cohort = trial.open_cohort("sad", "SAD-3")
    codes = [trial.enrol(cohort=cohort) for _ in range(3)]
    for code in codes:
        trial.treat(code)
        trial.wait(7)
    return trial, codes


@pytest.mark.parametrize("rule", ["tite_boin", "tite_crm"])
def test_accrual_is_suspended_while_more_than_half_are_pending(rule: str) -> None:
    trial, codes = treat_three_at_level_3(rule)
    trial.complete_window(codes[0])
    found = trial.snapshot("sad")
    assert (found.n_evaluable[2], found.n_pending[2], found.action) == (1, 2, "wait")
    assert found.reasons == ("too_many_pending",)


@pytest.mark.parametrize(("rule", "opens"), [("tite_boin", True), ("tite_crm", True), ("boin", False)])
def test_with_one_of_three_half_seen_a_time_to_event_rule_goes_on_and_another_waits(
    rule: str, *, opens: bool
) -> None:
    trial, codes = treat_three_at_level_3(rule)
    trial.complete_window(codes[0])
    trial.complete_window(codes[1])
    found = trial.snapshot("sad")
    assert (found.n_evaluable[2], found.n_dlt[2], found.n_pending[2]) == (2, 0, 1)
    if not opens:
        assert (found.action, found.follow_up) == ("wait", ())
        return
    # the last was infused a week before the others' windows were over: 7 of 14 days were seen
    assert found.follow_up[2] == ("1/2",)
    assert (found.action, found.level) == ("escalate", 4)
    assert trial.review("sad").is_in_effect
    assert trial.open_cohort("sad", "SAD-4") == "sad-c04"
