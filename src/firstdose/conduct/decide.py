"""``decide(state, command, now) → events | Refused``: the one door of conduct."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from firstdose.conduct import (
    cohorts,
    enrolment,
    infusion,
    review,
    safety,
    study_setup,
    treatment,
    visits,
)
from firstdose.conduct import commands as c
from firstdose.conduct.access import refuse_actor
from firstdose.conduct.refusals import Decided, refuse
from firstdose.record.state import State
from firstdose.terms.calendar import site_date
from firstdose.terms.outcomes import Refused

MOMENTS = ("happened_at", "collected_at", "onset", "happened_on")
"""Fields in which a command says when something was true."""

NEEDED = (
    "question",
    "answer",
    "meaning",
    "description",
    "verbatim",
    "preferred_term",
    "lot",
    "login",
    "name",
)
"""Texts that may not be blank wherever a command has them."""
NEEDS_REASON = (
    c.PauseTrial,
    c.ResumeTrial,
    c.WithdrawConsent,
    c.FailScreening,
    c.CloseCohort,
    c.ReleaseSlot,
    c.WithholdInfusion,
    c.MissVisit,
)
"""Acts that are recorded with their reason."""

_DECIDE: dict[type[c.Command], Callable[[State, Any], Decided]] = {
    c.ReleaseStudyDefinition: study_setup.decide_definition,
    c.ActivateSite: study_setup.decide_activation,
    c.CreateAccount: study_setup.decide_account,
    c.GrantRole: study_setup.decide_role,
    c.RevokeRole: study_setup.decide_role,
    c.NoteLogin: study_setup.decide_login_note,
    c.PauseTrial: study_setup.decide_pause,
    c.ResumeTrial: study_setup.decide_resumption,
    c.ScreenParticipant: enrolment.decide_screening,
    c.GiveConsent: enrolment.decide_consent,
    c.WithdrawConsent: enrolment.decide_consent_withdrawal,
    c.ConfirmEligibility: enrolment.decide_eligibility,
    c.FailScreening: enrolment.decide_screen_failure,
    c.OpenCohort: cohorts.decide_opening,
    c.CloseCohort: cohorts.decide_closing,
    c.ReserveSlot: cohorts.decide_reservation,
    c.ReleaseSlot: cohorts.decide_slot_release,
    c.GiveLymphodepletion: treatment.decide_lymphodepletion,
    c.ReleaseProduct: treatment.decide_product_release,
    c.StartInfusion: infusion.decide_infusion,
    c.CompleteInfusion: infusion.decide_infusion_end,
    c.WithholdInfusion: infusion.decide_withholding,
    c.HoldVisit: visits.decide_visit,
    c.MissVisit: visits.decide_missed_visit,
    c.SubmitForm: visits.decide_form,
    c.CorrectValue: visits.decide_correction,
    c.RaiseQuery: visits.decide_query,
    c.AnswerQuery: visits.decide_query_step,
    c.CloseQuery: visits.decide_query_step,
    c.ReportAdverseEvent: safety.decide_adverse_event,
    c.GradeAdverseEvent: safety.decide_grade,
    c.EndAdverseEvent: safety.decide_event_end,
    c.WithdrawParticipant: enrolment.decide_withdrawal,
    c.CompleteParticipant: enrolment.decide_completion,
    c.MakeDecision: review.decide_decision,
    c.ReportDeviation: visits.decide_deviation,
}


def decide(state: State, command: c.AnyCommand, now: datetime, actor: c.Actor, head: str = "") -> Decided:
    """The events of a command, or why the protocol does not allow it now.

    Parameters
    ----------
    state : State
        Folded up to the head of the log.
    command : AnyCommand
    now : datetime
        When it is asked.
    actor : Actor
        Who asks.
    head : str
        The hash of the log's head; a snapshot keeps it.
    """
    refused = (
        refuse_actor(state, command, actor) or _refuse_time(state, command, now) or _refuse_blank(command)
    )
    if refused:
        return refused
    if state.definition is None and not isinstance(command, c.ReleaseStudyDefinition):
        return refuse(
            "study.definition",
            "No study definition is in force.",
            "尚无生效的方案定义。",
            "The sponsor releases the definition first.",
            "请由申办方先发布方案定义。",
        )
    if isinstance(command, c.TakeSnapshot):
        return review.decide_snapshot(state, command, now, head)
    if isinstance(command, c.AdjudicateDlt):
        return safety.decide_dlt(state, command, now)
    if isinstance(command, c.DetermineEvaluability):
        return safety.decide_evaluability(state, command, now)
    if isinstance(command, c.SignDecision):
        return review.decide_signature(state, command, actor)
    return _DECIDE[type(command)](state, command)


def _refuse_time(state: State, command: c.AnyCommand, now: datetime) -> Refused | None:
    """Nothing is recorded before it is true, and the record's own clock does not go back."""
    moments = [value for name in MOMENTS if (value := getattr(command, name, None)) is not None]
    later = [
        moment
        for moment in moments
        if (
            moment > now
            if isinstance(moment, datetime)
            else isinstance(moment, date) and moment > site_date(now)
        )
    ]
    if later:
        return refuse(
            "record.time",
            f"{later[0]} has not come yet.",
            f"{later[0]} 尚未到来。",
            "Record what has happened.",
            "请记录已发生的事实。",
        )
    if state.recorded_at is not None and now < state.recorded_at:
        return refuse(
            "record.time",
            f"The clock ({now}) is behind the record ({state.recorded_at}).",
            f"时钟（{now}）早于记录（{state.recorded_at}）。",
            "Set the server's clock right.",
            "请校准服务器时钟。",
        )
    return None


def _refuse_blank(command: c.AnyCommand) -> Refused | None:
    """What is recorded says something: no blank question, answer, meaning, or reason where one is due."""
    fields = [*NEEDED, *(("reason",) if isinstance(command, NEEDS_REASON) else ())]
    blank = [
        name
        for name in fields
        if isinstance(value := getattr(command, name, None), str) and not value.strip()
    ]
    if not blank:
        return None
    return refuse(
        "record.texts",
        f"{blank[0].replace('_', ' ').capitalize()} is blank.",
        f"{blank[0]} 为空。",
        "Write it in words.",
        "请填写文字说明。",
    )
