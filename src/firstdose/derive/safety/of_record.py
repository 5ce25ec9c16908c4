"""An adverse event of the record as the definitions read it."""

from firstdose.derive.safety.adverse_events import (
    AdverseEvent,
    Causality,
    GradeAt,
    PartialMoment,
    StudyMilestones,
)
from firstdose.protocol.resolved import Dlt
from firstdose.record.state import AdverseEventRecord, Participant
from firstdose.terms.scales import Scale

CAUSALITY_ORDER: tuple[Causality, ...] = ("unrelated", "unlikely", "possible", "probable", "definite")
LEAST_RELATED: Causality = "unlikely"


def as_adverse_event(participant: Participant, record: AdverseEventRecord, dlt: Dlt) -> AdverseEvent:
    """An adverse event of the record as the definitions read it."""
    said = record.reported
    grades = tuple(GradeAt(at, grade) for at, grade, _ in sorted(record.grades, key=lambda step: step[0]))
    causality = said.causality.get("product")
    if causality is not None and CAUSALITY_ORDER.index(causality) < CAUSALITY_ORDER.index(dlt.min_causality):
        causality = min(causality, LEAST_RELATED, key=CAUSALITY_ORDER.index)
    ended = record.ended.happened_at if record.ended else None
    return AdverseEvent(
        key=said.adverse_event,
        participant=participant.code,
        soc=said.system_organ_class,
        pt=said.preferred_term,
        onset=PartialMoment(said.onset, said.onset),
        end=PartialMoment(ended, ended) if ended else None,
        grades=grades or (GradeAt(said.onset, None),),
        scale=Scale(said.scale, said.scale_version),  # type: ignore[arg-type] # checked when it was reported
        is_serious=said.is_serious,
        category=said.category,  # type: ignore[arg-type] # the study file names its own
        causality_study_product=causality,
        causality_lymphodepletion=said.causality.get("lymphodepletion"),
        clearly_due_to=said.clearly_due_to or None,  # type: ignore[arg-type] # free words of the investigator
    )


def list_positions(record: AdverseEventRecord) -> tuple[int, ...]:
    """The positions of everything that was recorded about an adverse event, in order."""
    graded = [position for _, _, position in record.grades]
    later = [found for found in (record.ended_position, record.dlt_position) if found is not None]
    return tuple(sorted({record.position, *graded, *later}))


def find_milestones(participant: Participant) -> StudyMilestones:
    """The moments that bound the periods of a participant; the last visit once following has ended."""
    left = participant.withdrawn.happened_at if participant.withdrawn else None
    return StudyMilestones(
        consent=participant.consented_at or participant.screened_at,
        lymphodepletion_start=participant.first_lymphodepletion_at,
        first_infusion=participant.first_infusion_at,
        last_visit=participant.completed_at or left,
    )
