"""What waits for whom: signatures and decisions, determinations, visits, queries."""

from tests.trials import SmallTrial, coordinator, start

from firstdose.conduct import commands as c
from firstdose.conduct.waiting import list_waiting
from firstdose.record.events import Role
from firstdose.simulate import cast


def waits(trial: SmallTrial, actor: c.Actor) -> set[tuple[str, str]]:
    roles: list[tuple[Role, str | None]] = [(actor.role, actor.site)]
    return {(one.kind, one.what) for one in list_waiting(trial.state, actor.login, roles, trial.now)}


def test_a_snapshot_waits_for_the_chair_and_a_decision_for_each_member_who_has_not_signed() -> None:
    trial = start()
    trial.complete_single("sad", "SAD-1")
    found = trial.snapshot("sad")
    assert waits(trial, cast.CHAIR) == {("decide", "sad-s01")}
    assert waits(trial, cast.CLINICIAN) == set()
    trial.decide(c.MakeDecision(snapshot=found.snapshot, action="escalate"))
    assert waits(trial, cast.CHAIR) == {("sign", "sad-d01")}
    trial.do(trial.signature("sad-d01"), cast.CHAIR)
    assert waits(trial, cast.CHAIR) == set()
    assert waits(trial, cast.CLINICIAN) == {("sign", "sad-d01")}
    trial.do(trial.signature("sad-d01"), cast.CLINICIAN)
    assert waits(trial, cast.STATISTICIAN) == set()


def test_who_can_be_determined_waits_for_the_monitor() -> None:
    trial = start()
    code = trial.treat(trial.enrol("01", trial.open_cohort("sad", "SAD-1")))
    assert waits(trial, cast.MONITOR) == set()
    trial.wait_until_day(code, 14).hold(code, "D14")
    assert waits(trial, cast.MONITOR) == {("determine", "sad-c01")}
    trial.do(c.DetermineEvaluability(participant=code), cast.MONITOR)
    assert waits(trial, cast.MONITOR) == set()


def test_a_visit_waits_for_its_site_and_is_overdue_after_its_window() -> None:
    trial = start()
    code = trial.treat(trial.enrol("01", trial.open_cohort("sad", "SAD-1")))
    trial.wait_until_day(code, 7)
    assert ("visit_due", "D7") in waits(trial, coordinator("01"))
    assert ("visit_overdue", "D3") in waits(trial, coordinator("01"))
    assert waits(trial, coordinator("02")) == set()
    trial.wait_until_day(code, 9)
    assert ("visit_overdue", "D7") in waits(trial, coordinator("01"))
    trial.hold(code, "D7")
    assert ("visit_overdue", "D7") not in waits(trial, coordinator("01"))
    trial.withdraw(code)
    assert waits(trial, coordinator("01")) == set()


def test_a_query_waits_for_the_site_then_for_who_closes_it() -> None:
    trial = start()
    code = trial.treat(trial.enrol("01", trial.open_cohort("sad", "SAD-1")))
    trial.submit(code, "vital_signs", "D3", sbp="170")
    assert ("query_to_answer", "Q-001") in waits(trial, coordinator("01"))
    assert waits(trial, cast.DATA_MANAGER) == set()
    trial.do(c.AnswerQuery(participant=code, query="Q-001", answer="measured twice"), coordinator("01"))
    assert ("query_to_answer", "Q-001") not in waits(trial, coordinator("01"))
    assert waits(trial, cast.DATA_MANAGER) == {("query_to_close", "Q-001")}
    assert ("query_to_close", "Q-001") in waits(trial, cast.MONITOR)
    trial.do(c.CloseQuery(participant=code, query="Q-001"), cast.DATA_MANAGER)
    assert waits(trial, cast.DATA_MANAGER) == set()


def test_nothing_waits_for_the_auditor() -> None:
    trial = start()
    trial.complete_single("sad", "SAD-1")
    trial.snapshot("sad")
    assert waits(trial, c.Actor("auditor", "auditor")) == set()
