"""The course of the escalation: cohorts, what the rule recommended, what the committee decided and signed."""

from collections.abc import Sequence

import msgspec

from firstdose.conduct.dose_rules import open_table
from firstdose.deliver.document import Illustration, illustrate
from firstdose.deliver.figures import CohortMark, EscalationCohort, render_escalation
from firstdose.deliver.figures.escalation import ParticipantMark
from firstdose.deliver.formatting import format_list
from firstdose.deliver.tables import (
    Cell,
    Column,
    Row,
    Table,
    cell_of_nothing,
    cell_of_number,
    cell_of_text,
)
from firstdose.design.decision_table import tabulate_decisions
from firstdose.design.titles import TITLES
from firstdose.protocol.resolved import Part
from firstdose.record.state import Cohort, Decision, Participant, State
from firstdose.terms.calendar import site_date
from firstdose.terms.words import Text

ACTIONS = {
    "escalate": Text("Escalate", "递增"),
    "stay": Text("Stay", "维持"),
    "de_escalate": Text("De-escalate", "递减"),
    "select_mtd": Text("Select the MTD", "选定MTD"),
    "stop_too_toxic": Text("Stop: too toxic", "停止：毒性过大"),
    "expand": Text("Expand", "扩展"),
    "hold": Text("Hold", "暂缓"),
    "wait": Text("Wait", "等待"),
}
"""The rule's and the committee's actions in words."""


class Reviewed(msgspec.Struct, frozen=True):
    """A snapshot with what followed: the decision taken on it, if one was."""

    snapshot: str
    position: int
    decision: Decision | None


def list_reviews(state: State, part: str) -> tuple[Reviewed, ...]:
    """The snapshots of a part in order, each with its decision."""
    decided = {found.made.snapshot: found for found in state.decisions.values()}
    return tuple(
        Reviewed(key, position, decided.get(key))
        for key, (recommended, position) in state.recommendations.items()
        if recommended.part == part
    )


def count_as(participant: Participant) -> ParticipantMark:
    """How a participant counts in the dose decision, so far."""
    if participant.has_dlt:
        return "dlt"
    if participant.evaluability is None:
        return "in_window"
    return "no_dlt" if participant.evaluability.is_dlt_evaluable else "not_evaluable"


def illustrate_escalations(state: State) -> tuple[Illustration | Table, ...]:
    """The course of every part in which a cohort was opened; one without a rule has no steps to draw."""
    shown: list[Illustration | Table] = []
    for part in state.protocol.parts:
        cohorts = [one for one in state.cohorts.values() if one.part == part.key]
        if cohorts and part.design is not None:
            shown.append(_illustrate(state, part, cohorts))
        elif cohorts:
            shown.append(_tabulate_cohorts(state, part, cohorts))
    return tuple(shown)


def tabulate_reviews(state: State, part: Part) -> Table:
    """Every review of a part: the counts, the rule's recommendation, the decision, its reason and signatures."""
    rows = []
    for reviewed in list_reviews(state, part.key):
        recommended = state.recommendations[reviewed.snapshot][0]
        counts = [
            f"{_level(part, place)} {n_dlt}/{n}"
            for place, (n, n_dlt) in enumerate(
                zip(recommended.n_evaluable, recommended.n_dlt, strict=True), start=1
            )
            if n
        ]
        cutoff = site_date(state.snapshots[reviewed.snapshot].cutoff).isoformat()
        rows.append(
            Row(
                stub=Text(f"{reviewed.snapshot}, up to {cutoff}", f"{reviewed.snapshot}，截至{cutoff}"),
                cells=(
                    cell_of_text(format_list(counts), positions=[reviewed.position]),
                    cell_of_text(
                        Text(recommended.reason_en, recommended.reason_zh), positions=[reviewed.position]
                    ),
                    _decision_cell(part, reviewed.decision),
                ),
            )
        )
    columns = (
        ("counts", Text("DLT/evaluable", "DLT/可评价")),
        ("recommendation", Text("The rule recommends", "规则建议")),
        ("decision", Text("The committee decides", "委员会决定")),
    )
    return Table(
        key=f"reviews-{part.key}",
        title=Text(f"Dose decisions, {part.title.en}", f"剂量决定：{part.title.zh}"),
        stubhead=Text("Review", "审查"),
        columns=tuple(Column(key=key, label=label) for key, label in columns),
        rows=tuple(rows),
        source=Text(
            "Each review looks at a snapshot of the record; the recommendation can be computed again from it.",
            "每次审查均基于记录快照，可据此重新计算建议。",
        ),
    )


def tabulate_rule(state: State, part: Part) -> Table | None:
    """The decision table of a part's rule: the number with a DLT at which each action begins.

    None for a part without a rule, and for a rule with a model, which reads the counts of every level.
    """
    if part.design is None:
        return None
    table, digest = open_table(state, part)
    if not table.actions:
        return None
    rows = [
        Row(
            stub=Text(str(row.n), str(row.n)),
            cells=(
                _limit(row.escalate_at_most, "≤"),
                _limit(row.de_escalate_at_least, "≥"),
                _limit(row.eliminate_at_least, "≥"),
            ),
        )
        for row in tabulate_decisions(table)
    ]
    boundaries = Text("", "")
    if table.escalation_boundary is not None:
        low, high = table.escalation_boundary, table.de_escalation_boundary
        boundaries = Text(
            f"Boundaries of the rate: escalate at {low} or below, de-escalate at {high} or above; target "
            f"{part.design.target_rate}.",
            f"发生率界值：不高于 {low} 递增，不低于 {high} 递减；目标发生率 {part.design.target_rate}。",
        )
    rule = TITLES[table.specification.rule]
    return Table(
        key=f"rule-{part.key}",
        title=Text(f"The rule ({rule.en}), {part.title.en}", f"剂量规则（{rule.zh}）：{part.title.zh}"),
        stubhead=Text("Evaluable at the level", "该水平可评价例数"),
        columns=(
            Column(key="escalate", label=Text("Escalate", "递增"), spanner=Text("With a DLT", "发生DLT例数")),
            Column(
                key="de_escalate",
                label=Text("De-escalate", "递减"),
                spanner=Text("With a DLT", "发生DLT例数"),
            ),
            Column(
                key="eliminate",
                label=Text("Eliminate the level", "剔除该水平"),
                spanner=Text("With a DLT", "发生DLT例数"),
            ),
        ),
        rows=tuple(rows),
        footnotes=(boundaries,) if boundaries.en else (),
        source=Text(
            f"Compiled decision table, SHA-256 {digest[:16]}…; the same table drives conduct and simulation.",
            f"已编译的决策表，SHA-256 {digest[:16]}…；试验执行与模拟使用同一张表。",
        ),
    )


def _illustrate(state: State, part: Part, cohorts: Sequence[Cohort]) -> Illustration:
    levels = [
        Text(f"{key}  {regimen.cells_1e9} × 10⁹", f"{key}  {regimen.cells_1e9} × 10⁹")
        if len(regimen.infusion_days) == 1
        else Text(
            f"{key}  {len(regimen.infusion_days)} × {regimen.cells_1e9} × 10⁹",
            f"{key}  {len(regimen.infusion_days)} × {regimen.cells_1e9} × 10⁹",
        )
        for key in part.regimens
        for regimen in [state.protocol.regimen_by_key[key]]
    ]
    drawn = [
        EscalationCohort(
            label=Text(f"Cohort {place}", f"队列{place}"),
            level_index=part.regimens.index(cohort.regimen),
            participants=tuple(
                CohortMark(participant=code, counts_as=count_as(state.participants[code]))
                for code in cohort.participants
                if state.participants[code].infusions
            ),
            decision=_decision_after(state, part, cohorts, place - 1),
        )
        for place, cohort in enumerate(cohorts, start=1)
    ]
    title = Text(f"Course of the escalation: {part.title.en}", f"剂量递增过程：{part.title.zh}")
    return illustrate(
        lambda language: render_escalation(f"escalation-{part.key}", title, levels, drawn, language=language),
        _tabulate_cohorts(state, part, cohorts),
    )


def _decision_after(state: State, part: Part, cohorts: Sequence[Cohort], place: int) -> Text | None:
    """The decisions taken while a cohort was the latest of its part, in the words of the drawing."""
    until = cohorts[place + 1].position if place + 1 < len(cohorts) else state.position + 1
    taken = [
        found
        for found in state.decisions.values()
        if found.made.part == part.key and cohorts[place].position < found.position < until
    ]
    return name_decision(part, taken[-1]) if taken else None


def name_decision(part: Part, decision: Decision) -> Text:
    """A decision in a few words: the action and the level or regimens that it names."""
    made, action = decision.made, ACTIONS[decision.made.action]
    if made.regimens:
        named = format_list(made.regimens)
        return Text(f"{action.en} {named.en}", f"{action.zh}{named.zh}")
    if made.level is None:
        return action
    level = _level(part, made.level)
    if made.action == "select_mtd":
        return Text(f"MTD is {level}", f"MTD为{level}")
    joint = "at" if made.action == "stay" else "to"
    return Text(f"{action.en} {joint} {level}", f"{action.zh}至{level}")


def _tabulate_cohorts(state: State, part: Part, cohorts: Sequence[Cohort]) -> Table:
    rows = []
    for place, cohort in enumerate(cohorts):
        members = [state.participants[code] for code in cohort.participants]
        treated = [one for one in members if one.infusions]
        with_dlt = [one for one in treated if one.has_dlt]
        counted = [one for one in treated if count_as(one) in ("dlt", "no_dlt")]
        words = _decision_after(state, part, cohorts, place)
        rows.append(
            Row(
                stub=Text(f"Cohort {place + 1}, {cohort.regimen}", f"队列{place + 1}，{cohort.regimen}"),
                cells=(
                    _count(treated),
                    _count(counted),
                    _count(with_dlt),
                    cell_of_text(words, positions=[cohort.position]) if words else cell_of_nothing(),
                ),
            )
        )
    return Table(
        key=f"cohorts-{part.key}",
        title=Text(f"Cohorts, {part.title.en}", f"队列：{part.title.zh}"),
        stubhead=Text("Cohort and level", "队列及水平"),
        columns=(
            Column(key="treated", label=Text("Treated", "已治疗")),
            Column(key="evaluable", label=Text("DLT-evaluable", "DLT可评价")),
            Column(key="dlt", label=Text("With a DLT", "发生DLT")),
            Column(key="decision", label=Text("Decision that followed", "随后的决定")),
        ),
        rows=tuple(rows),
    )


def _count(members: Sequence[Participant]) -> Cell:
    return msgspec.structs.replace(
        cell_of_number(len(members)),
        participants=tuple(one.code for one in members),
        positions=tuple(one.evaluability_position or one.screened_position for one in members),
        rounding=Text("", ""),
    )


def _decision_cell(part: Part, decision: Decision | None) -> Cell:
    """The decision, whether it follows the rule, and who signed it when."""
    if decision is None:
        return cell_of_text(Text("No decision yet", "尚未决定"))
    words = name_decision(part, decision)
    if decision.made.follows_recommendation:
        words = Text(f"{words.en}, as recommended", f"{words.zh}，与建议一致")
    else:
        words = Text(
            f"{words.en}; departs from the rule: {decision.made.reason}",
            f"{words.zh}；与规则不一致：{decision.made.reason}",
        )
    signed = [f"{one.printed_name} {site_date(one.signed_at).isoformat()}" for one in decision.signatures]
    missing = decision.made.signatures_required - len(signed)
    below_en = f"Signed: {', '.join(signed)}" if signed else ""
    below_zh = f"签名：{'、'.join(signed)}" if signed else ""
    if missing > 0:
        below_en = f"{below_en + '; ' if signed else ''}{missing} more to sign"
        below_zh = f"{below_zh + '；' if signed else ''}尚需{missing}个签名"
    return msgspec.structs.replace(
        cell_of_text(words, positions=[decision.position, *(one.position for one in decision.signatures)]),
        below=Text(below_en, below_zh),
    )


def _level(part: Part, level: int) -> str:
    return part.regimens[level - 1] if 0 < level <= len(part.regimens) else str(level)


def _limit(number: int | None, sign: str) -> Cell:
    if number is None:
        return cell_of_text(Text("never", "不适用"))
    cell = cell_of_number(number)
    return msgspec.structs.replace(cell, shown=_same(f"{sign} {number}"), rounding=Text("", ""))


def _same(words: str) -> Text:
    return Text(words, words)
