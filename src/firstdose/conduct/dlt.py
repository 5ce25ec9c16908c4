"""The DLT rule of the study file, read on the adverse events of the record."""

from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from firstdose.derive.safety.dlt import DltAssessment, DltCriterion, DltException, derive_dlt
from firstdose.derive.safety.dlt_evaluable import DltEvaluability, InfusionCells, derive_dlt_evaluable
from firstdose.derive.safety.of_record import as_adverse_event
from firstdose.protocol.resolved import Dlt, DltCriterionSpecification, Protocol
from firstdose.record.state import Participant, State
from firstdose.terms.calendar import protocol_day


@lru_cache(maxsize=8)
def list_criteria(dlt_json: str, parts: tuple[str, ...]) -> tuple[DltCriterion, ...]:
    """The criteria of a study's DLT list, as the rule reads them; one without parts holds in all."""
    dlt = Dlt.model_validate_json(dlt_json)
    named = frozenset(category for criterion in dlt.criteria for category in criterion.categories)
    return tuple(_criterion(written, named, frozenset(written.parts or parts)) for written in dlt.criteria)


def _criterion(
    written: DltCriterionSpecification, named: frozenset[str], parts: frozenset[str]
) -> DltCriterion:
    excepted = written.grade < written.except_below_grade and written.except_terms
    return DltCriterion(
        key=written.key,
        text=written.text.text,
        grade_at_least=written.grade,
        categories=frozenset(written.categories),  # type: ignore[arg-type] # the study file names its own
        not_categories=frozenset() if written.categories else named,  # type: ignore[arg-type]
        must_improve_to=written.improves_to,
        within_h=written.within_h,
        still_present_on_day=written.still_present_on_day,
        is_baseline_below_asked=written.baseline_below,
        exceptions=(DltException(key="except_terms", pts=frozenset(written.except_terms)),)
        if excepted
        else (),
        parts=parts,
    )


def assess_dlt(state: State, participant: Participant, adverse_event: str, now: datetime) -> DltAssessment:
    """What the study's DLT list says of an adverse event, as known now."""
    protocol = state.protocol
    part = protocol.part_by_key[state.part_of(participant) or protocol.parts[0].key]
    criteria = list_criteria(protocol.dlt.model_dump_json(), tuple(protocol.part_by_key))
    return derive_dlt(
        as_adverse_event(participant, participant.adverse_events[adverse_event], protocol.dlt),
        [criterion for criterion in criteria if _same_scale(criterion, protocol, participant, adverse_event)],
        first_infusion=participant.first_infusion_at,
        window=part.dlt_window.window,
        part=part.key,
        known_until=now,
    )


def _same_scale(criterion: DltCriterion, protocol: Protocol, participant: Participant, key: str) -> bool:
    """A grade is compared with a criterion on its own scale only."""
    scale = participant.adverse_events[key].reported.scale
    return any(written.key == criterion.key and written.scale == scale for written in protocol.dlt.criteria)


def find_followed_through_day(participant: Participant) -> int:
    """The last protocol day on which a visit was held. [d]."""
    first = participant.first_infusion_at
    assert first is not None
    held = [visit.held_on for visit in participant.visits.values() if visit.held_on is not None]
    return max((protocol_day(day, first) for day in held), default=0)


def assess_evaluability(state: State, participant: Participant) -> DltEvaluability:
    """Whether a treated participant counts for the dose decision, as far as is recorded."""
    regimen, part_key = state.regimen_of(participant), state.part_of(participant)
    assert regimen is not None
    assert part_key is not None
    return derive_dlt_evaluable(
        [
            InfusionCells(planned_day=day, planned_cells=regimen.cells_1e9, received_cells=received)
            for number, day in enumerate(regimen.infusion_days, start=1)
            for received in [_received(participant, number)]
        ],
        state.protocol.part_by_key[part_key].dlt_window.window,
        had_dlt=participant.has_dlt,
        followed_through_day=find_followed_through_day(participant),
        has_left=participant.has_left,
        received_fraction_min=state.protocol.dlt.evaluable.min_cells_fraction,
    )


def _received(participant: Participant, number: int) -> Decimal | None:
    infusion = participant.infusions.get(number)
    if infusion is not None:
        return infusion.cells_1e9
    is_withheld = participant.withheld_from is not None and number >= participant.withheld_from
    return Decimal(0) if is_withheld or participant.has_left else None
