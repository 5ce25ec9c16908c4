"""The state of a trial: what a prefix of its log folds to.

The state holds what was recorded and nothing that follows from it; what follows is derived above. Only the
fold writes to it. Keys keep the order in which things were first recorded, so participants stand in
enrolment order.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from firstdose.protocol.resolved import Protocol, Regimen
from firstdose.record.events import (
    AdverseEventEnded,
    AdverseEventReported,
    DltAdjudicated,
    DoseDecisionMade,
    EvaluabilityDetermined,
    ParticipantWithdrawn,
    ProductReleased,
    RecommendationComputed,
    Role,
    SnapshotTaken,
    Value,
)

FormKey = tuple[str, str, str]
"""Visit, form, time point."""


@dataclass(slots=True)
class Correction:
    """A correction of a value, in its place in the record."""

    item: str
    old: Value
    new: Value
    reason: str
    recorded_at: datetime
    actor: str
    position: int


@dataclass(slots=True)
class FormRecord:
    """A submitted form with its current values; the corrections keep every earlier one."""

    visit: str
    form: str
    timepoint: str
    collected_at: datetime
    recorded_at: datetime
    actor: str
    position: int
    values: dict[str, Value]
    not_done: dict[str, str]
    corrections: list[Correction] = field(default_factory=list)

    def position_of(self, item: str) -> int:
        """The position that the current value of an item came from."""
        return next(
            (made.position for made in reversed(self.corrections) if made.item == item), self.position
        )


@dataclass(slots=True)
class Reading:
    """A number that was measured, with where it stands."""

    value: Decimal
    visit: str
    timepoint: str
    collected_at: datetime
    position: int


@dataclass(slots=True)
class VisitRecord:
    """A visit that was held or missed."""

    visit: str
    held_on: date | None
    missed_because: str
    position: int


@dataclass(slots=True)
class LymphodepletionRecord:
    """The drugs of one lymphodepletion day."""

    planned_day: int
    happened_at: datetime
    doses_mg: dict[str, str]
    position: int


@dataclass(slots=True)
class InfusionRecord:
    """An infusion: planned and given cells, start and end."""

    number: int
    lot: str
    planned_cells_1e9: Decimal
    started_at: datetime
    position: int
    completed_at: datetime | None = None
    cells_1e9: Decimal | None = None
    completed_position: int | None = None


@dataclass(slots=True)
class AdverseEventRecord:
    """An adverse event with its grades over time, its end and its adjudication."""

    reported: AdverseEventReported
    recorded_at: datetime
    position: int
    grades: list[tuple[datetime, int, int]] = field(default_factory=list)
    ended: AdverseEventEnded | None = None
    ended_position: int | None = None
    dlt: DltAdjudicated | None = None
    dlt_position: int | None = None

    @property
    def worst_grade(self) -> int | None:
        """The highest grade so far, or nothing where none was given."""
        return max((grade for _, grade, _ in self.grades), default=None)


@dataclass(slots=True)
class QueryRecord:
    """A question about a value, and where it stands."""

    query: str
    visit: str
    form: str
    timepoint: str
    item: str
    question: str
    raised_at: datetime
    answer: str = ""
    is_closed: bool = False


@dataclass(slots=True)
class Participant:
    """What was recorded about one participant."""

    code: str
    site: str
    sex: str
    year_of_birth: int
    screened_at: datetime
    screened_position: int
    consent_version: str = ""
    consent_language: str = ""
    consented_at: datetime | None = None
    consent_position: int | None = None
    consent_withdrawn_at: datetime | None = None
    eligible_at: datetime | None = None
    eligibility_position: int | None = None
    screen_failed: str = ""
    screen_failed_criteria: tuple[str, ...] = ()
    cohort: str | None = None
    lymphodepletion: list[LymphodepletionRecord] = field(default_factory=list)
    products: dict[int, tuple[ProductReleased, int]] = field(default_factory=dict)
    infusions: dict[int, InfusionRecord] = field(default_factory=dict)
    withheld_from: int | None = None
    withheld_because: str = ""
    visits: dict[str, VisitRecord] = field(default_factory=dict)
    forms: dict[FormKey, FormRecord] = field(default_factory=dict)
    forms_by_name: dict[str, list[FormRecord]] = field(default_factory=dict)
    adverse_events: dict[str, AdverseEventRecord] = field(default_factory=dict)
    queries: dict[str, QueryRecord] = field(default_factory=dict)
    evaluability: EvaluabilityDetermined | None = None
    evaluability_position: int | None = None
    withdrawn: ParticipantWithdrawn | None = None
    withdrawn_position: int | None = None
    completed_at: datetime | None = None
    deviations: list[tuple[str, str, date, int]] = field(default_factory=list)

    @property
    def first_infusion_at(self) -> datetime | None:
        """The start of the first infusion: Day 0."""
        first = self.infusions.get(1)
        return first.started_at if first else None

    @property
    def first_lymphodepletion_at(self) -> datetime | None:
        """The start of lymphodepletion."""
        return self.lymphodepletion[0].happened_at if self.lymphodepletion else None

    @property
    def has_left(self) -> bool:
        """Whether the participant withdrew, failed screening or took consent back."""
        return self.withdrawn is not None or bool(self.screen_failed) or self.consent_withdrawn_at is not None

    @property
    def has_dlt(self) -> bool:
        """Whether an adverse event was adjudicated to be a dose-limiting toxicity."""
        return any(event.dlt is not None and event.dlt.is_dlt for event in self.adverse_events.values())

    @property
    def is_determined(self) -> bool:
        """Whether it is determined if the participant counts; a DLT that was taken back leaves it open again."""
        return self.evaluability is not None and (self.has_dlt or not self.evaluability.had_dlt)

    def readings(self, form: str, item: str) -> Iterator[Reading]:
        """The numbers of an item, in the order of their collection; what was not measured is left out."""
        for filled in sorted(self.forms_by_name.get(form, ()), key=lambda record: record.collected_at):
            value = filled.values.get(item)
            if isinstance(value, str) and value != "":
                yield Reading(
                    Decimal(value),
                    filled.visit,
                    filled.timepoint,
                    filled.collected_at,
                    filled.position_of(item),
                )


@dataclass(slots=True)
class Cohort:
    """A cohort: participants treated together under one decision."""

    key: str
    part: str
    regimen: str
    capacity: int
    purpose: str
    decision: str | None
    opened_at: datetime
    position: int
    is_open: bool = True
    participants: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Signature:
    """A signature with its meaning and the digest of what was shown."""

    login: str
    printed_name: str
    role: str
    meaning: str
    digest: str
    signed_at: datetime
    position: int


@dataclass(slots=True)
class Decision:
    """A decision of the committee with its signatures."""

    made: DoseDecisionMade
    made_at: datetime
    position: int
    signatures: list[Signature] = field(default_factory=list)
    in_effect_position: int | None = None
    voided_because: str = ""

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for signatures."""
        return self.in_effect_position is None and not self.voided_because

    @property
    def is_in_effect(self) -> bool:
        """Whether the signatures that it requires were given."""
        return self.in_effect_position is not None


@dataclass(slots=True)
class Account:
    """A login with its name and roles."""

    login: str
    name: str
    roles: set[tuple[Role, str | None]] = field(default_factory=set)


@dataclass(slots=True)
class State:
    """The whole trial as of a position."""

    position: int = 0
    recorded_at: datetime | None = None
    definition: Protocol | None = None
    definition_digest: str = ""
    decision_tables: dict[str, str] = field(default_factory=dict)
    active_sites: dict[str, int] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    paused_because: str = ""
    participants: dict[str, Participant] = field(default_factory=dict)
    cohorts: dict[str, Cohort] = field(default_factory=dict)
    snapshots: dict[str, SnapshotTaken] = field(default_factory=dict)
    recommendations: dict[str, tuple[RecommendationComputed, int]] = field(default_factory=dict)
    decisions: dict[str, Decision] = field(default_factory=dict)

    @property
    def protocol(self) -> Protocol:
        """The protocol in force. A trial without a released definition has none: that is our bug."""
        assert self.definition is not None
        return self.definition

    def regimen_of(self, participant: Participant) -> Regimen | None:
        """The regimen of a participant's cohort."""
        if participant.cohort is None:
            return None
        return self.protocol.regimen_by_key[self.cohorts[participant.cohort].regimen]

    def part_of(self, participant: Participant) -> str | None:
        """The key of the part of a participant's cohort."""
        return None if participant.cohort is None else self.cohorts[participant.cohort].part

    def treated(self) -> Iterator[Participant]:
        """The participants who received an infusion, in enrolment order."""
        return (participant for participant in self.participants.values() if participant.infusions)

    def decisions_in_effect(self, part: str) -> list[Decision]:
        """The decisions of a part that took effect, in order."""
        return [found for found in self.decisions.values() if found.made.part == part and found.is_in_effect]
