"""Outcome 2: participants with adverse events, and with abnormal findings."""

from firstdose.deliver.document import Block, Paragraph, Section
from firstdose.deliver.formatting import format_count_of
from firstdose.deliver.groups import list_groups
from firstdose.deliver.outcomes.adverse_event_tables import (
    SEVERE,
    Events,
    illustrate_grades,
    select,
    tabulate_classes,
    tabulate_summary,
)
from firstdose.deliver.outcomes.graded_terms import tabulate_laboratory
from firstdose.deliver.outcomes.safety_finding_tables import (
    tabulate_ecg,
    tabulate_examinations,
    tabulate_findings,
    tabulate_vital_signs,
)
from firstdose.deliver.outcomes.section_head import introduce
from firstdose.deliver.outcomes.serious_events import list_serious
from firstdose.derive.analysis_sets import derive_analysis_set
from firstdose.derive.safety.of_participant import derive_safety
from firstdose.protocol.resolved import Endpoint
from firstdose.record.state import State
from firstdose.terms.words import Text


def tabulate_adverse_events(state: State, endpoint: Endpoint) -> Section:
    """The section of the outcome: the registry's count first, then events, then findings one by one."""
    members = derive_analysis_set(state, endpoint.analysis_set)
    blocks: list[Block] = [*introduce(state, endpoint)]
    if not members:
        blocks.append(Paragraph(Text("Nobody has been treated yet.", "尚无受试者接受治疗。")))
        return Section(key=endpoint.key, title=endpoint.title.text, blocks=tuple(blocks))
    groups = list_groups(state, members)
    safety = {one.code: derive_safety(one, state.protocol) for one in members}
    events: Events = {code: one.adverse_events for code, one in safety.items()}
    counted = select(events, lambda one: one.is_counted)
    blocks += [
        tabulate_findings(state, groups, safety, counted),
        tabulate_summary(state, groups, events),
        illustrate_grades(state, groups, events),
        *tabulate_classes(state, groups, events),
        list_serious(state, events),
        tabulate_examinations(state, groups, safety),
        *tabulate_vital_signs(state, groups, safety),
        *tabulate_laboratory(state, groups, safety),
        tabulate_ecg(state, groups, safety),
    ]
    return Section(
        key=endpoint.key,
        title=endpoint.title.text,
        summary=_summarize(len(members), counted=len(counted), severe=_count_severe(events)),
        blocks=tuple(blocks),
    )


def _count_severe(events: Events) -> int:
    return len(select(events, lambda one: one.is_treatment_emergent and one.event.table_grade >= SEVERE))


def _summarize(n_all: int, *, counted: int, severe: int) -> Text:
    any_event, grade_3 = format_count_of(counted, n_all), format_count_of(severe, n_all)
    return Text(
        f"{any_event} participants had an adverse event from enrolment on; {grade_3} had a treatment-emergent one "
        "of grade 3 or higher.",
        f"自入组起{any_event}发生不良事件；{grade_3}发生治疗期间出现的≥3级不良事件。",
    )
