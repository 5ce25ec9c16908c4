"""The first section of the report: who took part, what was given, how the escalation ran."""

from firstdose.deliver.document import Block, Details, Paragraph, Section
from firstdose.deliver.formatting import format_count_of
from firstdose.deliver.groups import list_groups
from firstdose.deliver.outcomes.baseline_characteristics import tabulate_baseline
from firstdose.deliver.outcomes.escalation import illustrate_escalations
from firstdose.deliver.outcomes.exposure import tabulate_exposure, tabulate_lymphodepletion
from firstdose.deliver.outcomes.follow_up import illustrate_follow_up
from firstdose.deliver.outcomes.group_columns import list_part_groups
from firstdose.deliver.outcomes.screening import tabulate_disposition, tabulate_screening
from firstdose.derive.analysis_sets import derive_analysis_set, is_enrolled
from firstdose.derive.response.of_participant import ParticipantResponse, derive_response
from firstdose.record.state import State
from firstdose.terms.words import Text


def tabulate_overview(state: State) -> Section:
    """Screening, disposition, baseline, exposure, the course of the escalation, and follow-up."""
    treated = derive_analysis_set(state, "safety_set")
    groups = list_groups(state, treated)
    responses = derive_responses(state)
    blocks: list[Block] = [_describe_course(state), tabulate_screening(state)]
    if treated:
        blocks += [
            tabulate_disposition(state, groups),
            tabulate_baseline(
                state,
                list_part_groups(state, treated),
                responses,
                key="baseline",
                title=Text("Participants at baseline, by part", "各部分受试者的基线特征"),
            ),
            Details(
                Text("The same by dose level", "按剂量水平列示"),
                (
                    tabulate_baseline(
                        state,
                        groups,
                        responses,
                        key="baseline-levels",
                        title=Text("Participants at baseline, by dose level", "各剂量水平受试者的基线特征"),
                    ),
                ),
            ),
            tabulate_lymphodepletion(state, groups),
            tabulate_exposure(state, groups),
        ]
    blocks += illustrate_escalations(state)
    blocks.append(illustrate_follow_up(state, groups, responses))
    return Section(
        key="overview",
        title=Text("Participants and treatment", "受试者与治疗"),
        summary=_summarize(state),
        blocks=tuple(blocks),
    )


def derive_responses(state: State) -> dict[str, ParticipantResponse]:
    """The response of everyone who was infused, by code."""
    found = (derive_response(one, state.protocol, known_until=state.recorded_at) for one in state.treated())
    return {one.participant: one for one in found if isinstance(one, ParticipantResponse)}


def _summarize(state: State) -> Text:
    everyone = list(state.participants.values())
    n_enrolled = sum(is_enrolled(one) for one in everyone)
    treated = list(state.treated())
    n_dlt = sum(one.has_dlt for one in treated)
    return Text(
        f"{len(everyone)} screened, {n_enrolled} enrolled, {len(treated)} treated; "
        f"{n_dlt} had a dose-limiting toxicity.",
        f"筛选{len(everyone)}例，入组{n_enrolled}例，治疗{len(treated)}例；{n_dlt}例发生剂量限制性毒性。",
    )


def _describe_course(state: State) -> Paragraph:
    """Where the trial stands, in sentences; every number is counted here."""
    treated = list(state.treated())
    n_complete = sum(one.completed_at is not None for one in treated)
    n_left = sum(one.has_left for one in treated)
    n_followed = len(treated) - n_complete - n_left
    planned = state.protocol.study.enrolment
    en = [
        f"{len(treated)} of {planned} planned participants have been treated.",
        f"Of them, {format_count_of(n_complete, len(treated))} completed Week 52, "
        f"{n_followed} are still followed and {n_left} left before it."
        if treated
        else "",
    ]
    zh = [
        f"计划入组{planned}例，已治疗{len(treated)}例。",
        f"其中{format_count_of(n_complete, len(treated))}完成第52周，{n_followed}例随访中，{n_left}例提前退出。"
        if treated
        else "",
    ]
    if state.paused_because:
        en.append(f"The trial is paused: {state.paused_because}.")
        zh.append(f"试验已暂停：{state.paused_because}。")
    return Paragraph(Text(" ".join(part for part in en if part), "".join(part for part in zh if part)))
