"""The fold: entries → state. One function an event; this file decides nothing.

``fold(a + b) == fold(b, start=fold(a))``: the state as of a position is the fold of the log up to it.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from firstdose.protocol.resolved import Protocol
from firstdose.record import events as e
from firstdose.record.state import (
    Account,
    AdverseEventRecord,
    Cohort,
    Correction,
    Decision,
    FormRecord,
    InfusionRecord,
    LymphodepletionRecord,
    Participant,
    QueryRecord,
    Signature,
    State,
    VisitRecord,
)


def fold(entries: Iterable[e.Entry], start: State | None = None) -> State:
    """The state that entries lead to, from the beginning or from a state (which is carried on)."""
    state = State() if start is None else start
    for entry in entries:
        apply(state, entry)
    return state


def apply(state: State, entry: e.Entry) -> None:
    """Carry a state over one entry."""
    _APPLY[type(entry.event)](state, entry, entry.event)
    state.position = entry.position
    state.recorded_at = entry.recorded_at


def _study_definition_released(state: State, _: e.Entry, event: e.StudyDefinitionReleased) -> None:
    state.definition = Protocol.model_validate_json(event.definition)
    state.definition_digest = event.digest
    state.decision_tables = dict(event.tables)


def _site_activated(state: State, entry: e.Entry, event: e.SiteActivated) -> None:
    state.active_sites[event.site] = entry.position


def _account_created(state: State, _: e.Entry, event: e.AccountCreated) -> None:
    state.accounts[event.login] = Account(event.login, event.name)


def _role_granted(state: State, _: e.Entry, event: e.RoleGranted) -> None:
    state.accounts[event.login].roles.add((event.role, event.site))


def _role_revoked(state: State, _: e.Entry, event: e.RoleRevoked) -> None:
    state.accounts[event.login].roles.discard((event.role, event.site))


def _trial_paused(state: State, _: e.Entry, event: e.TrialPaused) -> None:
    state.paused_because = event.reason


def _trial_resumed(state: State, _: e.Entry, __: e.TrialResumed) -> None:
    state.paused_because = ""


def _participant_screened(state: State, entry: e.Entry, event: e.ParticipantScreened) -> None:
    state.participants[event.participant] = Participant(
        code=event.participant,
        site=event.site,
        sex=event.sex,
        year_of_birth=event.year_of_birth,
        screened_at=event.happened_at,
        screened_position=entry.position,
    )


def _consent_given(state: State, entry: e.Entry, event: e.ConsentGiven) -> None:
    participant = state.participants[event.participant]
    participant.consent_version, participant.consent_language = event.version, event.language
    if participant.consented_at is None:  # a later version does not move what counts from consent on
        participant.consented_at, participant.consent_position = event.happened_at, entry.position


def _consent_withdrawn(state: State, _: e.Entry, event: e.ConsentWithdrawn) -> None:
    state.participants[event.participant].consent_withdrawn_at = event.happened_at


def _eligibility_confirmed(state: State, entry: e.Entry, event: e.EligibilityConfirmed) -> None:
    participant = state.participants[event.participant]
    participant.eligible_at, participant.eligibility_position = event.happened_at, entry.position


def _screen_failed(state: State, _: e.Entry, event: e.ScreenFailed) -> None:
    participant = state.participants[event.participant]
    participant.screen_failed, participant.screen_failed_criteria = event.reason, event.criteria


def _cohort_opened(state: State, entry: e.Entry, event: e.CohortOpened) -> None:
    state.cohorts[event.cohort] = Cohort(
        key=event.cohort,
        part=event.part,
        regimen=event.regimen,
        capacity=event.capacity,
        purpose=event.purpose,
        decision=event.decision,
        opened_at=entry.recorded_at,
        position=entry.position,
    )


def _cohort_enlarged(state: State, _: e.Entry, event: e.CohortEnlarged) -> None:
    state.cohorts[event.cohort].capacity = event.capacity


def _cohort_closed(state: State, _: e.Entry, event: e.CohortClosed) -> None:
    state.cohorts[event.cohort].is_open = False


def _slot_reserved(state: State, _: e.Entry, event: e.SlotReserved) -> None:
    state.participants[event.participant].cohort = event.cohort
    state.cohorts[event.cohort].participants.append(event.participant)


def _slot_released(state: State, _: e.Entry, event: e.SlotReleased) -> None:
    state.participants[event.participant].cohort = None
    state.cohorts[event.cohort].participants.remove(event.participant)


def _lymphodepletion_given(state: State, entry: e.Entry, event: e.LymphodepletionGiven) -> None:
    state.participants[event.participant].lymphodepletion.append(
        LymphodepletionRecord(event.planned_day, event.happened_at, event.doses_mg, entry.position)
    )


def _product_released(state: State, entry: e.Entry, event: e.ProductReleased) -> None:
    state.participants[event.participant].products[event.infusion] = (event, entry.position)


def _infusion_started(state: State, entry: e.Entry, event: e.InfusionStarted) -> None:
    state.participants[event.participant].infusions[event.infusion] = InfusionRecord(
        number=event.infusion,
        lot=event.lot,
        planned_cells_1e9=Decimal(event.planned_cells_1e9),
        started_at=event.happened_at,
        position=entry.position,
    )


def _infusion_completed(state: State, entry: e.Entry, event: e.InfusionCompleted) -> None:
    infusion = state.participants[event.participant].infusions[event.infusion]
    infusion.completed_at, infusion.cells_1e9 = event.happened_at, Decimal(event.cells_1e9)
    infusion.completed_position = entry.position


def _infusion_withheld(state: State, _: e.Entry, event: e.InfusionWithheld) -> None:
    participant = state.participants[event.participant]
    participant.withheld_from, participant.withheld_because = event.infusion, event.reason


def _visit_held(state: State, entry: e.Entry, event: e.VisitHeld) -> None:
    state.participants[event.participant].visits[event.visit] = VisitRecord(
        event.visit, event.happened_on, "", entry.position
    )


def _visit_missed(state: State, entry: e.Entry, event: e.VisitMissed) -> None:
    state.participants[event.participant].visits[event.visit] = VisitRecord(
        event.visit, None, event.reason, entry.position
    )


def _form_submitted(state: State, entry: e.Entry, event: e.FormSubmitted) -> None:
    participant = state.participants[event.participant]
    filled = FormRecord(
        visit=event.visit,
        form=event.form,
        timepoint=event.timepoint,
        collected_at=event.collected_at,
        recorded_at=entry.recorded_at,
        actor=entry.actor,
        position=entry.position,
        values=dict(event.values),
        not_done=event.not_done,
    )
    participant.forms[event.visit, event.form, event.timepoint] = filled
    participant.forms_by_name.setdefault(event.form, []).append(filled)


def _value_corrected(state: State, entry: e.Entry, event: e.ValueCorrected) -> None:
    filled = state.participants[event.participant].forms[event.visit, event.form, event.timepoint]
    filled.values[event.item] = event.new
    filled.corrections.append(
        Correction(
            event.item, event.old, event.new, event.reason, entry.recorded_at, entry.actor, entry.position
        )
    )


def _query_raised(state: State, entry: e.Entry, event: e.QueryRaised) -> None:
    state.participants[event.participant].queries[event.query] = QueryRecord(
        query=event.query,
        visit=event.visit,
        form=event.form,
        timepoint=event.timepoint,
        item=event.item,
        question=event.question,
        raised_at=entry.recorded_at,
    )


def _query_answered(state: State, _: e.Entry, event: e.QueryAnswered) -> None:
    state.participants[event.participant].queries[event.query].answer = event.answer


def _query_closed(state: State, _: e.Entry, event: e.QueryClosed) -> None:
    state.participants[event.participant].queries[event.query].is_closed = True


def _adverse_event_reported(state: State, entry: e.Entry, event: e.AdverseEventReported) -> None:
    record = AdverseEventRecord(event, entry.recorded_at, entry.position)
    if event.grade is not None:
        record.grades.append((event.onset, event.grade, entry.position))
    state.participants[event.participant].adverse_events[event.adverse_event] = record


def _adverse_event_graded(state: State, entry: e.Entry, event: e.AdverseEventGraded) -> None:
    record = state.participants[event.participant].adverse_events[event.adverse_event]
    record.grades.append((event.happened_at, event.grade, entry.position))


def _adverse_event_ended(state: State, entry: e.Entry, event: e.AdverseEventEnded) -> None:
    record = state.participants[event.participant].adverse_events[event.adverse_event]
    record.ended, record.ended_position = event, entry.position


def _dlt_adjudicated(state: State, entry: e.Entry, event: e.DltAdjudicated) -> None:
    record = state.participants[event.participant].adverse_events[event.adverse_event]
    record.dlt, record.dlt_position = event, entry.position


def _evaluability_determined(state: State, entry: e.Entry, event: e.EvaluabilityDetermined) -> None:
    participant = state.participants[event.participant]
    participant.evaluability, participant.evaluability_position = event, entry.position


def _participant_withdrawn(state: State, entry: e.Entry, event: e.ParticipantWithdrawn) -> None:
    participant = state.participants[event.participant]
    participant.withdrawn, participant.withdrawn_position = event, entry.position


def _participant_completed(state: State, _: e.Entry, event: e.ParticipantCompleted) -> None:
    state.participants[event.participant].completed_at = event.happened_at


def _snapshot_taken(state: State, _: e.Entry, event: e.SnapshotTaken) -> None:
    state.snapshots[event.snapshot] = event


def _recommendation_computed(state: State, entry: e.Entry, event: e.RecommendationComputed) -> None:
    state.recommendations[event.snapshot] = (event, entry.position)


def _dose_decision_made(state: State, entry: e.Entry, event: e.DoseDecisionMade) -> None:
    state.decisions[event.decision] = Decision(event, entry.recorded_at, entry.position)


def _decision_voided(state: State, _: e.Entry, event: e.DecisionVoided) -> None:
    state.decisions[event.decision].voided_because = event.reason


def _decision_signed(state: State, entry: e.Entry, event: e.DecisionSigned) -> None:
    decision = state.decisions[event.decision]
    decision.signatures.append(
        Signature(
            login=event.login,
            printed_name=event.printed_name,
            role=entry.role,
            meaning=event.meaning,
            digest=event.digest,
            signed_at=entry.recorded_at,
            position=entry.position,
        )
    )
    if len(decision.signatures) == decision.made.signatures_required:
        decision.in_effect_position = entry.position


def _deviation_reported(state: State, entry: e.Entry, event: e.DeviationReported) -> None:
    state.participants[event.participant].deviations.append(
        (event.clause, event.description, event.happened_on, entry.position)
    )


def _nothing(_: State, __: e.Entry, ___: e.Event) -> None:
    """Sign-ins are facts of the trail; they change nothing that conduct looks at."""


_APPLY: dict[type[e.Event], Callable[[State, e.Entry, Any], None]] = {
    e.StudyDefinitionReleased: _study_definition_released,
    e.SiteActivated: _site_activated,
    e.AccountCreated: _account_created,
    e.RoleGranted: _role_granted,
    e.RoleRevoked: _role_revoked,
    e.LoggedIn: _nothing,
    e.LoginFailed: _nothing,
    e.LoggedOut: _nothing,
    e.TrialPaused: _trial_paused,
    e.TrialResumed: _trial_resumed,
    e.ParticipantScreened: _participant_screened,
    e.ConsentGiven: _consent_given,
    e.ConsentWithdrawn: _consent_withdrawn,
    e.EligibilityConfirmed: _eligibility_confirmed,
    e.ScreenFailed: _screen_failed,
    e.CohortOpened: _cohort_opened,
    e.CohortEnlarged: _cohort_enlarged,
    e.CohortClosed: _cohort_closed,
    e.SlotReserved: _slot_reserved,
    e.SlotReleased: _slot_released,
    e.LymphodepletionGiven: _lymphodepletion_given,
    e.ProductReleased: _product_released,
    e.InfusionStarted: _infusion_started,
    e.InfusionCompleted: _infusion_completed,
    e.InfusionWithheld: _infusion_withheld,
    e.VisitHeld: _visit_held,
    e.VisitMissed: _visit_missed,
    e.FormSubmitted: _form_submitted,
    e.ValueCorrected: _value_corrected,
    e.QueryRaised: _query_raised,
    e.QueryAnswered: _query_answered,
    e.QueryClosed: _query_closed,
    e.AdverseEventReported: _adverse_event_reported,
    e.AdverseEventGraded: _adverse_event_graded,
    e.AdverseEventEnded: _adverse_event_ended,
    e.DltAdjudicated: _dlt_adjudicated,
    e.EvaluabilityDetermined: _evaluability_determined,
    e.ParticipantWithdrawn: _participant_withdrawn,
    e.ParticipantCompleted: _participant_completed,
    e.SnapshotTaken: _snapshot_taken,
    e.RecommendationComputed: _recommendation_computed,
    e.DoseDecisionMade: _dose_decision_made,
    e.DecisionVoided: _decision_voided,
    e.DecisionSigned: _decision_signed,
    e.DeviationReported: _deviation_reported,
}
