"""Outcome 1: dose-limiting toxicity by dose level, the events, and the dose decisions."""

from collections.abc import Sequence

import msgspec

from firstdose.deliver.document import Block, Details, Paragraph, Section
from firstdose.deliver.formatting import format_count_of, format_percent_interval
from firstdose.deliver.groups import Group, list_groups
from firstdose.deliver.outcomes.escalation import count_as, tabulate_reviews, tabulate_rule
from firstdose.deliver.outcomes.group_columns import name_level, name_part
from firstdose.deliver.outcomes.section_head import introduce
from firstdose.deliver.tables import (
    Cell,
    Column,
    Row,
    Table,
    cell_of_count,
    cell_of_count_of,
    cell_of_number,
    cell_of_text,
)
from firstdose.derive.analysis_sets import derive_analysis_set
from firstdose.derive.safety.of_record import list_positions
from firstdose.numerics.intervals import compute_clopper_pearson
from firstdose.protocol.resolved import Endpoint
from firstdose.record.state import AdverseEventRecord, Participant, State
from firstdose.terms.calendar import protocol_day
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text

OUTCOMES = {
    "recovered": Text("recovered", "痊愈"),
    "recovered_with_sequelae": Text("recovered with sequelae", "痊愈伴后遗症"),
    "not_recovered": Text("not recovered", "未痊愈"),
    "fatal": Text("fatal", "死亡"),
    "unknown": Text("unknown", "不详"),
}

ADJUDICATIONS = {
    "criterion_met": Text("adjudicated: the criterion is met", "裁定：符合该标准"),
    "no_criterion_met": Text("adjudicated: no criterion is met", "裁定：不符合任何标准"),
    "not_related": Text("adjudicated: not related to the product", "裁定：与研究产品无关"),
    "clearly_due_to_another_cause": Text(
        "adjudicated: clearly due to another cause", "裁定：明确由其他原因所致"
    ),
    "no_grade": Text("adjudicated without a grade", "裁定：未分级"),
}
"""The rule's reasons in words; another reason is the adjudicator's own and is shown as written."""


def tabulate_dlt(state: State, endpoint: Endpoint) -> Section:
    """The section of the outcome: rates with exact intervals, every adjudicated event, every decision."""
    evaluable = derive_analysis_set(state, endpoint.analysis_set)
    treated = list(state.treated())
    blocks: list[Block] = [*introduce(state, endpoint)]
    if treated:
        blocks.append(_tabulate_rates(state, treated, evaluable))
    else:
        blocks.append(Paragraph(Text("Nobody has been treated yet.", "尚无受试者接受治疗。")))
    blocks.append(_list_events(state, is_dlt=True))
    others = _list_events(state, is_dlt=False)
    if others.rows:
        n = len(others.rows)
        blocks.append(
            Details(
                Text(
                    f"Events that were adjudicated and found not dose-limiting ({n})",
                    f"经裁定不属于剂量限制性毒性的事件（{n}）",
                ),
                (others,),
            )
        )
    reviewed = {found.part for found, _ in state.recommendations.values()}
    blocks += [tabulate_reviews(state, part) for part in state.protocol.parts if part.key in reviewed]
    rules = [table for part in state.protocol.parts if (table := tabulate_rule(state, part)) is not None]
    blocks.append(Details(Text("The dose rules", "剂量规则"), tuple(rules)))
    return Section(
        key=endpoint.key,
        title=endpoint.title.text,
        summary=_summarize(evaluable),
        blocks=tuple(blocks),
    )


def _summarize(evaluable: Sequence[Participant]) -> Text:
    n, n_all = sum(one.has_dlt for one in evaluable), len(evaluable)
    said = format_count_of(n, n_all)
    interval = compute_clopper_pearson(n, n_all)
    if isinstance(interval, NotDerived):
        return Text("Nobody is DLT-evaluable yet.", "尚无DLT可评价的受试者。")
    ends = format_percent_interval(*interval)
    return Text(
        f"{said} DLT-evaluable participants had a dose-limiting toxicity, 95 % interval {ends}.",
        f"DLT可评价受试者中{said}发生剂量限制性毒性，95%置信区间{ends}。",
    )


def _tabulate_rates(state: State, treated: Sequence[Participant], evaluable: Sequence[Participant]) -> Table:
    inside = {one.code for one in evaluable}
    rows = [_rate_row(state, group, inside) for group in list_groups(state, treated)]
    return Table(
        key="dlt-rates",
        title=Text("Dose-limiting toxicity by dose level", "各剂量水平的剂量限制性毒性"),
        stubhead=Text("Dose level, CAR-NK cells", "剂量水平（CAR-NK细胞数）"),
        columns=(
            Column(key="treated", label=Text("Treated", "已治疗")),
            Column(key="open", label=Text("Not yet determined", "尚未判定")),
            Column(key="not_evaluable", label=Text("Not DLT-evaluable", "DLT不可评价")),
            Column(key="dlt", label=Text("With a DLT / DLT-evaluable", "发生DLT / DLT可评价")),
        ),
        rows=tuple(rows),
        footnotes=(
            Text(
                "Under each rate: exact 95 % interval (Clopper and Pearson 1934).",
                "发生率下方为精确95%置信区间（Clopper-Pearson，1934）。",
            ),
        ),
        denominators=Text("DLT-evaluable participants of the dose level.", "该剂量水平DLT可评价的受试者。"),
    )


def _rate_row(state: State, group: Group, inside: set[str]) -> Row:
    members = [state.participants[code] for code in group.participants]
    counted = [one for one in members if one.code in inside]
    with_dlt = [one for one in counted if one.has_dlt]
    return Row(
        stub=group.title,
        group=name_part(state, group),
        cells=(
            cell_of_count(
                [one.code for one in members],
                positions=[one.infusions[1].position for one in members if 1 in one.infusions],
            ),
            _determined([one for one in members if one.evaluability is None]),
            _determined([one for one in members if one.evaluability is not None and one.code not in inside]),
            cell_of_count_of(
                [one.code for one in with_dlt],
                [one.code for one in counted],
                interval=compute_clopper_pearson(len(with_dlt), len(counted)),
                positions=sorted(
                    position
                    for one in counted
                    for position in (one.evaluability_position, *_dlt_positions(one))
                    if position is not None
                ),
            ),
        ),
    )


def _determined(members: Sequence[Participant]) -> Cell:
    return cell_of_count(
        [one.code for one in members],
        positions=[one.evaluability_position or one.infusions[1].position for one in members],
    )


def _dlt_positions(participant: Participant) -> list[int]:
    return [
        record.dlt_position
        for record in participant.adverse_events.values()
        if record.dlt is not None and record.dlt.is_dlt and record.dlt_position is not None
    ]


def _list_events(state: State, *, is_dlt: bool) -> Table:
    criteria = {criterion.key: criterion.text.text for criterion in state.protocol.dlt.criteria}
    rows = [
        _event_row(state, participant, record, criteria)
        for participant in state.treated()
        for record in participant.adverse_events.values()
        if record.dlt is not None and record.dlt.is_dlt == is_dlt
    ]
    title = (
        Text("Dose-limiting toxicities", "剂量限制性毒性事件")
        if is_dlt
        else Text("Adjudicated, not dose-limiting", "经裁定不属于剂量限制性毒性")
    )
    columns = (
        ("level", Text("Dose level", "剂量水平")),
        ("event", Text("Event and outcome", "事件与转归")),
        ("day", Text("Onset, day", "发生日")),
        ("grade", Text("Highest grade", "最高级别")),
        ("criterion", Text("Criterion and adjudication", "标准与裁定")),
    )
    return Table(
        key="dlt-events" if is_dlt else "dlt-not",
        title=title,
        stubhead=Text("Participant", "受试者"),
        columns=tuple(Column(key=key, label=label) for key, label in columns),
        rows=tuple(rows),
        footnotes=(
            Text(
                "Some participants are still in their window: see the table above.",
                "部分受试者仍在观察窗内，见上表。",
            ),
        )
        if is_dlt and any(count_as(one) == "in_window" for one in state.treated())
        else (),
    )


def _event_row(
    state: State, participant: Participant, record: AdverseEventRecord, criteria: dict[str, Text]
) -> Row:
    assert record.dlt is not None
    said, positions = record.reported, list_positions(record)
    criterion = criteria.get(record.dlt.criterion)
    first = participant.first_infusion_at
    assert first is not None
    ended = Text("ongoing", "持续")
    if record.ended is not None:
        words, day = OUTCOMES[record.ended.outcome], protocol_day(record.ended.happened_at, first)
        ended = Text(f"{words.en}, Day {day}", f"{words.zh}，第{day}天")
    grade = record.worst_grade
    graded = Text("not graded", "未分级") if grade is None else Text(str(grade), str(grade))
    scale = f"{said.scale} {said.scale_version}"
    reason = record.dlt.reason
    return Row(
        stub=Text(participant.code, participant.code),
        cells=(
            cell_of_text(name_level(state, participant)),
            msgspec.structs.replace(
                cell_of_text(
                    Text(said.preferred_term, said.preferred_term),
                    participants=[participant.code],
                    positions=positions,
                ),
                below=ended,
            ),
            _plain(protocol_day(said.onset, first)),
            msgspec.structs.replace(cell_of_text(graded), below=Text(scale, scale)),
            msgspec.structs.replace(
                cell_of_text(criterion or Text("No criterion", "不符合任何标准")),
                below=ADJUDICATIONS.get(reason, Text(reason, reason)),
                positions=(record.dlt_position,) if record.dlt_position is not None else (),
            ),
        ),
    )


def _plain(number: int) -> Cell:
    return msgspec.structs.replace(cell_of_number(number), rounding=Text("", ""))
