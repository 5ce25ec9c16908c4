"""The safety of one participant, read from the record."""

import msgspec

from firstdose.derive.safety.adverse_events import (
    AdverseEvent,
    Period,
    derive_period,
    is_related,
    is_treatment_emergent,
)
from firstdose.derive.safety.bedside_of_participant import (
    EcgAssessment,
    ExaminedSystem,
    FlaggedSign,
    derive_ecgs,
    derive_examinations,
    derive_vital_flags,
    derive_vital_grades,
)
from firstdose.derive.safety.course import TermCourse
from firstdose.derive.safety.laboratory_of_participant import (
    LaboratoryTerm,
    UngradedAnalyte,
    derive_laboratory,
    derive_laboratory_values,
)
from firstdose.derive.safety.of_record import as_adverse_event, find_milestones, list_positions
from firstdose.protocol.resolved import Protocol
from firstdose.record.state import Participant
from firstdose.terms.outcomes import Finding


class ReadEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An adverse event with the answers that tables select by."""

    event: AdverseEvent
    period: Period
    is_treatment_emergent: bool
    is_related: bool
    is_dlt: bool

    @property
    def is_counted(self) -> bool:
        """Whether it is an adverse event of the trial: from consent to the last visit."""
        return self.period not in ("medical_history", "after_follow_up") or self.is_treatment_emergent


class ParticipantSafety(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the safety tables ask of one participant."""

    participant: str
    adverse_events: tuple[Finding[ReadEvent], ...]
    laboratory: tuple[LaboratoryTerm, ...]
    ungraded: tuple[UngradedAnalyte, ...]
    vital_grades: tuple[TermCourse, ...]
    vital_flags: tuple[Finding[FlaggedSign], ...]
    ecgs: tuple[Finding[EcgAssessment], ...]
    examinations: tuple[ExaminedSystem, ...]


def derive_read_events(participant: Participant, protocol: Protocol) -> tuple[Finding[ReadEvent], ...]:
    """The adverse events of a participant in the order in which they were reported.

    Source
    ------
    Periods and treatment-emergence by convention P-AE-4, causality by P-AE-3.
    """
    milestones = find_milestones(participant)
    found = []
    for record in participant.adverse_events.values():
        event = as_adverse_event(participant, record, protocol.dlt)
        found.append(
            Finding(
                value=ReadEvent(
                    event=event,
                    period=derive_period(event, milestones),
                    is_treatment_emergent=is_treatment_emergent(event, milestones),
                    is_related=is_related(event.causality_study_product),
                    is_dlt=record.dlt is not None and record.dlt.is_dlt,
                ),
                clause="endpoints.adverse_events",
                rule="P-AE-4",
                sources=list_positions(record),
            )
        )
    return tuple(found)


def derive_safety(participant: Participant, protocol: Protocol) -> ParticipantSafety:
    """The safety of one participant.

    Parameters
    ----------
    participant : Participant
        Anybody; without treatment there are no values after a baseline.
    protocol : Protocol
        Whose CTCAE version, reference ranges and forms hold.
    """
    terms, ungraded = derive_laboratory(derive_laboratory_values(participant, protocol), participant)
    return ParticipantSafety(
        participant=participant.code,
        adverse_events=derive_read_events(participant, protocol),
        laboratory=terms,
        ungraded=ungraded,
        vital_grades=derive_vital_grades(participant, protocol),
        vital_flags=derive_vital_flags(participant),
        ecgs=derive_ecgs(participant, protocol),
        examinations=derive_examinations(participant, protocol),
    )
