"""The events of a trial: what happened, in the words of the trial.

An event says only what was said or decided; who, when it was recorded, and where it stands is its envelope
(:class:`Entry`). ``happened_at`` is when it was true, ``recorded_at`` when it became known. Measured values
are kept as the text that was entered.
"""

from datetime import date, datetime
from typing import Literal

import msgspec

Value = str | bool | None
"""A value of a form: the text of a number, a choice, a date; yes or no; or nothing."""
Causality = Literal["unrelated", "unlikely", "possible", "probable", "definite"]
Role = Literal[
    "sponsor",
    "data_manager",
    "medical_monitor",
    "coordinator",
    "investigator",
    "pharmacist",
    "committee_chair",
    "committee_clinician",
    "committee_statistician",
    "auditor",
    "administrator",
]


class Event(msgspec.Struct, frozen=True, kw_only=True, tag=True, gc=False, omit_defaults=True):
    """A fact of the trial."""


class ParticipantEvent(Event, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A fact about one participant."""

    participant: str


# --- the study and its people


class StudyDefinitionReleased(Event, frozen=True, kw_only=True, gc=False):
    """The resolved protocol took effect; the definition is its whole JSON text.

    ``tables`` has for each part with a dose rule the frozen decision table, as canonical JSON: what was approved is
    what runs, whatever program reads the record later.
    """

    study: str
    version: str
    digest: str
    definition: str
    tables: dict[str, str] = {}


class SiteActivated(Event, frozen=True, kw_only=True, gc=False):
    """A site may include participants under a version of the definition."""

    site: str
    version: str


class AccountCreated(Event, frozen=True, kw_only=True, gc=False):
    """A login was made for a person."""

    login: str
    name: str


class RoleGranted(Event, frozen=True, kw_only=True, gc=False):
    """A login may act in a role, at one site or everywhere (no site)."""

    login: str
    role: Role
    site: str | None = None


class RoleRevoked(Event, frozen=True, kw_only=True, gc=False):
    """A login may no longer act in a role."""

    login: str
    role: Role
    site: str | None = None


class LoggedIn(Event, frozen=True, kw_only=True, gc=False):
    """A person signed in."""

    login: str


class LoginFailed(Event, frozen=True, kw_only=True, gc=False):
    """A sign-in or a signature with a wrong password."""

    login: str
    purpose: Literal["sign_in", "signature"] = "sign_in"


class LoggedOut(Event, frozen=True, kw_only=True, gc=False):
    """A person signed out."""

    login: str


class TrialPaused(Event, frozen=True, kw_only=True, gc=False):
    """No new infusion may start anywhere."""

    reason: str


class TrialResumed(Event, frozen=True, kw_only=True, gc=False):
    """The pause ended."""

    reason: str


# --- a participant enters


class ParticipantScreened(ParticipantEvent, frozen=True, kw_only=True, gc=False):
    """A participant got a code at a site, with the consent that covers screening."""

    site: str
    happened_at: datetime
    sex: Literal["female", "male"]
    year_of_birth: int


class ConsentGiven(ParticipantEvent, frozen=True, kw_only=True, gc=False):
    """A participant consented to a version, in a language."""

    version: str
    language: Literal["en", "zh"]
    happened_at: datetime


class ConsentWithdrawn(ParticipantEvent, frozen=True, kw_only=True, gc=False):
    """A participant withdrew consent."""

    happened_at: datetime
    reason: str


class EligibilityConfirmed(ParticipantEvent, frozen=True, kw_only=True, gc=False):
    """An investigator found every criterion in order."""

    happened_at: datetime
    answers: dict[str, bool]


class ScreenFailed(ParticipantEvent, frozen=True, kw_only=True, gc=False):
    """A participant did not meet the criteria named."""

    happened_at: datetime
    criteria: tuple[str, ...]
    reason: str


# --- cohorts and slots


class CohortOpened(Event, frozen=True, kw_only=True, gc=False):
    """A cohort takes participants at one regimen, under one decision."""

    cohort: str
    part: str
    regimen: str
    capacity: int
    purpose: Literal["titration", "escalation", "expansion", "replacement"]
    decision: str | None = None


class CohortEnlarged(Event, frozen=True, kw_only=True, gc=False):
    """A cohort got more places: a replacement, or the rest of a titration cohort after its trigger."""

    cohort: str
    capacity: int
    reason: str


class CohortClosed(Event, frozen=True, kw_only=True, gc=False):
    """A cohort takes nobody any more."""

    cohort: str
    reason: str


class SlotReserved(ParticipantEvent, frozen=True, kw_only=True, gc=False):
    """A participant has a place in a cohort."""

    cohort: str


class SlotReleased(ParticipantEvent, frozen=True, kw_only=True, gc=False):
    """A participant gave the place back before the first infusion."""

    cohort: str
    reason: str


# --- treatment


class LymphodepletionGiven(ParticipantEvent, frozen=True, kw_only=True, gc=False):
    """The drugs of one lymphodepletion day, in mg."""

    happened_at: datetime
    planned_day: int
    doses_mg: dict[str, str]


class ProductReleased(ParticipantEvent, frozen=True, kw_only=True, gc=False):
    """A product lot was released for one infusion of one participant."""

    infusion: int
    lot: str
    cells_1e9: str
    viability_percent: str
    happened_at: datetime


class InfusionStarted(ParticipantEvent, frozen=True, kw_only=True, gc=False):
    """An infusion started. The first one is Day 0."""

    infusion: int
    lot: str
    planned_cells_1e9: str
    happened_at: datetime


class InfusionCompleted(ParticipantEvent, frozen=True, kw_only=True, gc=False):
    """An infusion ended, with the cells that were given."""

    infusion: int
    cells_1e9: str
    happened_at: datetime


class InfusionWithheld(ParticipantEvent, frozen=True, kw_only=True, gc=False):
    """A planned infusion was not given, and no later one will be."""

    infusion: int
    reason: str
    happened_at: datetime


# --- visits and forms


class VisitHeld(ParticipantEvent, frozen=True, kw_only=True, gc=False):
    """A planned visit took place."""

    visit: str
    happened_on: date


class VisitMissed(ParticipantEvent, frozen=True, kw_only=True, gc=False):
    """A planned visit did not take place."""

    visit: str
    reason: str


class FormSubmitted(ParticipantEvent, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A form as it was filled: item to value, and why an item was not done."""

    visit: str
    form: str
    timepoint: str = ""
    collected_at: datetime
    values: dict[str, Value]
    not_done: dict[str, str] = {}


class ValueCorrected(ParticipantEvent, frozen=True, kw_only=True, gc=False):
    """A value of a submitted form was corrected; it cites the event that holds the old value."""

    visit: str
    form: str
    timepoint: str = ""
    item: str
    old: Value
    new: Value
    reason: str
    corrects: int


class QueryRaised(ParticipantEvent, frozen=True, kw_only=True, gc=False):
    """A question about a value."""

    query: str
    visit: str
    form: str
    timepoint: str = ""
    item: str
    question: str


class QueryAnswered(ParticipantEvent, frozen=True, kw_only=True, gc=False):
    """The site answered a question."""

    query: str
    answer: str


class QueryClosed(ParticipantEvent, frozen=True, kw_only=True, gc=False):
    """A question is settled."""

    query: str


# --- safety


class AdverseEventReported(ParticipantEvent, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """An adverse event with its first grade and its assessment."""

    adverse_event: str
    verbatim: str
    preferred_term: str
    system_organ_class: str
    category: str
    onset: datetime
    grade: int | None
    scale: str
    scale_version: str
    is_serious: bool
    seriousness: tuple[str, ...] = ()
    causality: dict[str, Causality]
    clearly_due_to: str = ""


class AdverseEventGraded(ParticipantEvent, frozen=True, kw_only=True, gc=False):
    """The grade of an adverse event changed."""

    adverse_event: str
    grade: int
    happened_at: datetime


class AdverseEventEnded(ParticipantEvent, frozen=True, kw_only=True, gc=False):
    """An adverse event ended, with its outcome."""

    adverse_event: str
    outcome: Literal["recovered", "recovered_with_sequelae", "not_recovered", "fatal", "unknown"]
    happened_at: datetime


class DltAdjudicated(ParticipantEvent, frozen=True, kw_only=True, gc=False):
    """The investigator and the monitor agreed whether an adverse event is a dose-limiting toxicity."""

    adverse_event: str
    is_dlt: bool
    criterion: str
    reason: str


class EvaluabilityDetermined(ParticipantEvent, frozen=True, kw_only=True, gc=False):
    """Whether a participant counts for the dose decision, and why."""

    is_dlt_evaluable: bool
    had_dlt: bool
    reason: str
    is_replaced: bool = False


class ParticipantWithdrawn(ParticipantEvent, frozen=True, kw_only=True, gc=False):
    """A participant left the trial before its end."""

    happened_at: datetime
    reason: Literal[
        "withdrawal_by_participant", "lost_to_follow_up", "adverse_event", "death", "physician_decision"
    ]
    detail: str = ""


class ParticipantCompleted(ParticipantEvent, frozen=True, kw_only=True, gc=False):
    """A participant finished the follow-up."""

    happened_at: datetime


# --- the safety review


class SnapshotTaken(Event, frozen=True, kw_only=True, gc=False):
    """What a review looks at: everything recorded up to a position and true up to a cutoff."""

    snapshot: str
    part: str
    cutoff: datetime
    as_of: int
    head: str


class RecommendationComputed(Event, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """What the part's rule recommends on a snapshot, with what it read.

    ``follow_up`` has for each level the share of the DLT window seen of each pending participant, as fractions;
    time-to-event rules alone read it. ``n_efficacy`` and ``n_both`` are the evaluable participants with the response,
    and with that and a DLT; rules for the optimal biological dose read them.
    """

    snapshot: str
    part: str
    table_digest: str
    current_level: int
    n_evaluable: tuple[int, ...]
    n_dlt: tuple[int, ...]
    n_pending: tuple[int, ...]
    titration_ended: bool
    follow_up: tuple[tuple[str, ...], ...] = ()
    n_efficacy: tuple[int, ...] = ()
    n_both: tuple[int, ...] = ()
    action: str
    level: int | None = None
    cohort_size: int = 0
    reasons: tuple[str, ...] = ()
    reason_en: str = ""
    reason_zh: str = ""


class DoseDecisionMade(Event, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """The committee's decision; it takes effect when the signatures that it requires are given.

    ``level`` is the dose level of the next cohort, or the MTD when ``action`` is ``select_mtd``;
    ``regimens`` are those chosen for expansion.
    """

    decision: str
    snapshot: str
    part: str
    action: Literal["escalate", "stay", "de_escalate", "select_mtd", "stop_too_toxic", "expand"]
    level: int | None = None
    cohort_size: int = 0
    regimens: tuple[str, ...] = ()
    follows_recommendation: bool
    reason: str = ""
    signatures_required: int


class DecisionVoided(Event, frozen=True, kw_only=True, gc=False):
    """A decision that was not signed fell away: a later snapshot was decided on."""

    decision: str
    reason: str


class DecisionSigned(Event, frozen=True, kw_only=True, gc=False):
    """A member signed a decision; the digest covers exactly what was shown."""

    decision: str
    login: str
    printed_name: str
    meaning: str
    digest: str


class DeviationReported(ParticipantEvent, frozen=True, kw_only=True, gc=False):
    """A departure from the protocol, with the clause."""

    clause: str
    description: str
    happened_on: date


AnyEvent = (
    StudyDefinitionReleased
    | SiteActivated
    | AccountCreated
    | RoleGranted
    | RoleRevoked
    | LoggedIn
    | LoginFailed
    | LoggedOut
    | TrialPaused
    | TrialResumed
    | ParticipantScreened
    | ConsentGiven
    | ConsentWithdrawn
    | EligibilityConfirmed
    | ScreenFailed
    | CohortOpened
    | CohortEnlarged
    | CohortClosed
    | SlotReserved
    | SlotReleased
    | LymphodepletionGiven
    | ProductReleased
    | InfusionStarted
    | InfusionCompleted
    | InfusionWithheld
    | VisitHeld
    | VisitMissed
    | FormSubmitted
    | ValueCorrected
    | QueryRaised
    | QueryAnswered
    | QueryClosed
    | AdverseEventReported
    | AdverseEventGraded
    | AdverseEventEnded
    | DltAdjudicated
    | EvaluabilityDetermined
    | ParticipantWithdrawn
    | ParticipantCompleted
    | SnapshotTaken
    | RecommendationComputed
    | DoseDecisionMade
    | DecisionVoided
    | DecisionSigned
    | DeviationReported
)


class Entry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An event with its envelope: who recorded it, when, under which release, and where it stands."""

    position: int
    recorded_at: datetime
    actor: str
    role: str
    site: str
    release: str
    command: str
    nth: int
    event: AnyEvent
