"""The commands of a trial, in the imperative: what a person asks for.

A command carries what the person says; what follows from the record (which dose, whether the window is
complete, what the rule recommends) is decided and is not asked.
"""

from datetime import date, datetime
from typing import Literal

import msgspec

from firstdose.record.events import Causality, Role, Value


class Command(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Something a person asks for."""


class ParticipantCommand(Command, frozen=True, kw_only=True):
    """Something asked for about one participant."""

    participant: str


class ReleaseStudyDefinition(Command, frozen=True, kw_only=True):
    """Put a resolved protocol in force; the definition is its whole JSON text."""

    definition: str
    digest: str


class ActivateSite(Command, frozen=True, kw_only=True):
    """Let a site include participants."""

    site: str


class CreateAccount(Command, frozen=True, kw_only=True):
    """Make a login for a person."""

    login: str
    name: str


class GrantRole(Command, frozen=True, kw_only=True):
    """Let a login act in a role, at one site or everywhere."""

    login: str
    role: Role
    site: str | None = None


class RevokeRole(Command, frozen=True, kw_only=True):
    """Take a role back."""

    login: str
    role: Role
    site: str | None = None


class NoteLogin(Command, frozen=True, kw_only=True):
    """Keep in the trail that a person signed in, failed to, or signed out."""

    login: str
    what: Literal["signed_in", "failed", "failed_signature", "signed_out"]


class PauseTrial(Command, frozen=True, kw_only=True):
    """Stop all new infusions at once."""

    reason: str


class ResumeTrial(Command, frozen=True, kw_only=True):
    """End the pause."""

    reason: str


class ScreenParticipant(Command, frozen=True, kw_only=True):
    """Give a person a code at a site; the code is the only link to the identity that the site keeps."""

    site: str
    happened_at: datetime
    sex: Literal["female", "male"]
    year_of_birth: int


class GiveConsent(ParticipantCommand, frozen=True, kw_only=True):
    """Record the informed consent."""

    version: str
    language: Literal["en", "zh"]
    happened_at: datetime


class WithdrawConsent(ParticipantCommand, frozen=True, kw_only=True):
    """Record that consent was taken back."""

    happened_at: datetime
    reason: str


class ConfirmEligibility(ParticipantCommand, frozen=True, kw_only=True):
    """Answer every criterion; inclusion must be yes and exclusion no."""

    happened_at: datetime
    answers: dict[str, bool]


class FailScreening(ParticipantCommand, frozen=True, kw_only=True):
    """End screening with the criteria that were not met."""

    happened_at: datetime
    criteria: tuple[str, ...]
    reason: str


class OpenCohort(Command, frozen=True, kw_only=True):
    """Open the cohort that the latest decision allows; in an expansion, at one of its regimens."""

    part: str
    regimen: str


class CloseCohort(Command, frozen=True, kw_only=True):
    """Stop taking participants into a cohort."""

    cohort: str
    reason: str


class ReserveSlot(ParticipantCommand, frozen=True, kw_only=True):
    """Take a place in an open cohort."""

    cohort: str


class ReleaseSlot(ParticipantCommand, frozen=True, kw_only=True):
    """Give a place back before the first infusion."""

    reason: str


class GiveLymphodepletion(ParticipantCommand, frozen=True, kw_only=True):
    """Record the drugs of one lymphodepletion day, in mg by drug."""

    planned_day: int
    happened_at: datetime
    doses_mg: dict[str, str]


class ReleaseProduct(ParticipantCommand, frozen=True, kw_only=True):
    """Release a lot for one infusion of one participant."""

    infusion: int
    lot: str
    cells_1e9: str
    viability_percent: str
    happened_at: datetime


class StartInfusion(ParticipantCommand, frozen=True, kw_only=True):
    """Start an infusion."""

    infusion: int
    lot: str
    happened_at: datetime


class CompleteInfusion(ParticipantCommand, frozen=True, kw_only=True):
    """End an infusion with the cells that were given."""

    infusion: int
    cells_1e9: str
    happened_at: datetime


class WithholdInfusion(ParticipantCommand, frozen=True, kw_only=True):
    """Give neither this infusion nor a later one."""

    infusion: int
    reason: str
    happened_at: datetime


class HoldVisit(ParticipantCommand, frozen=True, kw_only=True):
    """Record that a planned visit took place."""

    visit: str
    happened_on: date


class MissVisit(ParticipantCommand, frozen=True, kw_only=True):
    """Record that a planned visit did not take place."""

    visit: str
    reason: str


class SubmitForm(ParticipantCommand, frozen=True, kw_only=True):
    """Submit a filled form."""

    visit: str
    form: str
    timepoint: str = ""
    collected_at: datetime
    values: dict[str, Value]
    not_done: dict[str, str] = {}


class CorrectValue(ParticipantCommand, frozen=True, kw_only=True):
    """Correct a value of a submitted form.

    ``seen_position`` is the position of the form as it was shown; if it changed since, the correction is
    refused and the difference shown.
    """

    visit: str
    form: str
    timepoint: str = ""
    item: str
    new: Value
    reason: str
    seen_position: int | None = None


class RaiseQuery(ParticipantCommand, frozen=True, kw_only=True):
    """Ask the site about a value."""

    visit: str
    form: str
    timepoint: str = ""
    item: str
    question: str


class AnswerQuery(ParticipantCommand, frozen=True, kw_only=True):
    """Answer a question."""

    query: str
    answer: str


class CloseQuery(ParticipantCommand, frozen=True, kw_only=True):
    """Settle a question."""

    query: str


class ReportAdverseEvent(ParticipantCommand, frozen=True, kw_only=True):
    """Report an adverse event with its assessment."""

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


class GradeAdverseEvent(ParticipantCommand, frozen=True, kw_only=True):
    """Record that the grade of an adverse event changed."""

    adverse_event: str
    grade: int
    happened_at: datetime


class EndAdverseEvent(ParticipantCommand, frozen=True, kw_only=True):
    """Record the end of an adverse event."""

    adverse_event: str
    outcome: Literal["recovered", "recovered_with_sequelae", "not_recovered", "fatal", "unknown"]
    happened_at: datetime


class AdjudicateDlt(ParticipantCommand, frozen=True, kw_only=True):
    """Say whether an adverse event is a dose-limiting toxicity; departing from the rule needs a reason."""

    adverse_event: str
    is_dlt: bool
    reason: str = ""


class DetermineEvaluability(ParticipantCommand, frozen=True, kw_only=True):
    """Determine whether a participant counts for the dose decision; the record says it, not the person."""


class WithdrawParticipant(ParticipantCommand, frozen=True, kw_only=True):
    """Record that a participant left the trial."""

    happened_at: datetime
    reason: Literal[
        "withdrawal_by_participant", "lost_to_follow_up", "adverse_event", "death", "physician_decision"
    ]
    detail: str = ""


class CompleteParticipant(ParticipantCommand, frozen=True, kw_only=True):
    """Record that a participant finished the follow-up."""

    happened_at: datetime


class TakeSnapshot(Command, frozen=True, kw_only=True):
    """Fix what a review of a part looks at, and compute what its rule recommends on that."""

    part: str
    cutoff: datetime


class MakeDecision(Command, frozen=True, kw_only=True):
    """Put the committee's decision on a snapshot to signature."""

    snapshot: str
    action: Literal["escalate", "stay", "de_escalate", "select_mtd", "stop_too_toxic", "expand"]
    level: int | None = None
    regimens: tuple[str, ...] = ()
    reason: str = ""


class SignDecision(Command, frozen=True, kw_only=True):
    """Sign a decision; the digest is that of what was shown."""

    decision: str
    meaning: str
    digest: str


class ReportDeviation(ParticipantCommand, frozen=True, kw_only=True):
    """Report a departure from the protocol."""

    clause: str
    description: str
    happened_on: date


class Actor(msgspec.Struct, frozen=True):
    """Who asks: a login in a role, at a site (or at none, for those who act for the whole trial)."""

    login: str
    role: Role
    site: str | None = None


AnyCommand = (
    ReleaseStudyDefinition
    | ActivateSite
    | CreateAccount
    | GrantRole
    | RevokeRole
    | NoteLogin
    | PauseTrial
    | ResumeTrial
    | ScreenParticipant
    | GiveConsent
    | WithdrawConsent
    | ConfirmEligibility
    | FailScreening
    | OpenCohort
    | CloseCohort
    | ReserveSlot
    | ReleaseSlot
    | GiveLymphodepletion
    | ReleaseProduct
    | StartInfusion
    | CompleteInfusion
    | WithholdInfusion
    | HoldVisit
    | MissVisit
    | SubmitForm
    | CorrectValue
    | RaiseQuery
    | AnswerQuery
    | CloseQuery
    | ReportAdverseEvent
    | GradeAdverseEvent
    | EndAdverseEvent
    | AdjudicateDlt
    | DetermineEvaluability
    | WithdrawParticipant
    | CompleteParticipant
    | TakeSnapshot
    | MakeDecision
    | SignDecision
    | ReportDeviation
)
