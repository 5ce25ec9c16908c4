"""The audit trail in words: what an entry of the record says, for a reader."""

from collections.abc import Callable
from typing import Any

import msgspec

from firstdose.protocol.resolved import Protocol
from firstdose.record import events as e
from firstdose.terms.words import Text


class TrailLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the trail: who, when, what, where, from what to what, and why.

    ``values`` are those of a submitted form.
    """

    entry: e.Entry
    type: str
    title: Text
    where: Text
    old: str
    new: str
    why: str
    values: tuple[tuple[Text, str], ...] = ()


TITLES: dict[type[e.Event], Text] = {
    e.ParticipantScreened: Text("Screened", "筛选"),
    e.ConsentGiven: Text("Consent given", "签署知情同意书"),
    e.ConsentWithdrawn: Text("Consent withdrawn", "撤回知情同意"),
    e.EligibilityConfirmed: Text("Eligibility confirmed", "确认入选资格"),
    e.ScreenFailed: Text("Screen failure", "筛选失败"),
    e.SlotReserved: Text("Place reserved", "预留名额"),
    e.SlotReleased: Text("Place given back", "释放名额"),
    e.LymphodepletionGiven: Text("Lymphodepletion given", "给予清淋"),
    e.ProductReleased: Text("Product released", "产品放行"),
    e.InfusionStarted: Text("Infusion started", "开始输注"),
    e.InfusionCompleted: Text("Infusion completed", "完成输注"),
    e.InfusionWithheld: Text("Infusion withheld", "停止输注"),
    e.VisitHeld: Text("Visit held", "完成访视"),
    e.VisitMissed: Text("Visit missed", "访视缺失"),
    e.FormSubmitted: Text("Form submitted", "提交表单"),
    e.ValueCorrected: Text("Value corrected", "更正数值"),
    e.QueryRaised: Text("Query raised", "提出质疑"),
    e.QueryAnswered: Text("Query answered", "回答质疑"),
    e.QueryClosed: Text("Query closed", "关闭质疑"),
    e.AdverseEventReported: Text("Adverse event reported", "报告不良事件"),
    e.AdverseEventGraded: Text("Adverse event graded", "不良事件分级变更"),
    e.AdverseEventEnded: Text("Adverse event ended", "不良事件结束"),
    e.DltAdjudicated: Text("DLT adjudicated", "判定剂量限制性毒性"),
    e.EvaluabilityDetermined: Text("Evaluability determined", "判定可评价性"),
    e.ParticipantWithdrawn: Text("Withdrawn", "退出试验"),
    e.ParticipantCompleted: Text("Follow-up completed", "完成随访"),
    e.DeviationReported: Text("Deviation reported", "报告方案偏离"),
}
"""What each event about a participant is called."""

Said = tuple[str, str, str, str]
"""Where, old, new, why."""

_SAY: dict[type[e.Event], Callable[[Any], Said]] = {
    e.ParticipantScreened: lambda event: (event.site, "", f"{event.sex}, {event.year_of_birth}", ""),
    e.ConsentGiven: lambda event: ("", "", f"{event.version} ({event.language})", ""),
    e.ConsentWithdrawn: lambda event: ("", "", "", event.reason),
    e.EligibilityConfirmed: lambda event: ("", "", f"{len(event.answers)}", ""),
    e.ScreenFailed: lambda event: (", ".join(event.criteria), "", "", event.reason),
    e.SlotReserved: lambda event: (event.cohort, "", "", ""),
    e.SlotReleased: lambda event: (event.cohort, "", "", event.reason),
    e.LymphodepletionGiven: lambda event: (
        f"Day {event.planned_day}",
        "",
        ", ".join(f"{drug} {dose} mg" for drug, dose in event.doses_mg.items()),
        "",
    ),
    e.ProductReleased: lambda event: (
        event.lot, "", f"{event.cells_1e9} × 10⁹, {event.viability_percent} %", ""
    ),
    e.InfusionStarted: lambda event: (
        f"{event.infusion} · {event.lot}", "", f"{event.planned_cells_1e9} × 10⁹", ""
    ),
    e.InfusionCompleted: lambda event: (f"{event.infusion}", "", f"{event.cells_1e9} × 10⁹", ""),
    e.InfusionWithheld: lambda event: (f"{event.infusion}", "", "", event.reason),
    e.VisitHeld: lambda event: (event.visit, "", f"{event.happened_on}", ""),
    e.VisitMissed: lambda event: (event.visit, "", "", event.reason),
    e.FormSubmitted: lambda _: ("", "", "", ""),
    e.ValueCorrected: lambda event: ("", write_value(event.old), write_value(event.new), event.reason),
    e.QueryRaised: lambda event: (event.query, "", event.question, ""),
    e.QueryAnswered: lambda event: (event.query, "", event.answer, ""),
    e.QueryClosed: lambda event: (event.query, "", "", ""),
    e.AdverseEventReported: lambda event: (
        event.adverse_event,
        "",
        f"{event.preferred_term}, {event.scale} {event.scale_version} {event.grade or '–'}",
        event.verbatim,
    ),
    e.AdverseEventGraded: lambda event: (event.adverse_event, "", f"{event.grade}", ""),
    e.AdverseEventEnded: lambda event: (event.adverse_event, "", event.outcome.replace("_", " "), ""),
    e.DltAdjudicated: lambda event: (
        event.adverse_event, "", "DLT" if event.is_dlt else "no DLT", event.reason
    ),
    e.EvaluabilityDetermined: lambda event: (
        "", "", "DLT-evaluable" if event.is_dlt_evaluable else "not DLT-evaluable", event.reason
    ),
    e.ParticipantWithdrawn: lambda event: ("", "", event.reason.replace("_", " "), event.detail),
    e.ParticipantCompleted: lambda _: ("", "", "", ""),
    e.DeviationReported: lambda event: (event.clause, "", f"{event.happened_on}", event.description),
}  # fmt: skip


def view_entry(entry: e.Entry, protocol: Protocol) -> TrailLine | None:
    """The line of an entry about a participant; nothing for other entries."""
    event = entry.event
    kind = type(event)
    if kind not in TITLES:
        return None
    where, old, new, why = _SAY[kind](event)
    place = Text(where, where)
    values: tuple[tuple[Text, str], ...] = ()
    if isinstance(event, e.FormSubmitted | e.ValueCorrected | e.QueryRaised):
        place = _name_place(event, where, protocol)
    if isinstance(event, e.FormSubmitted):
        labels = _list_labels(event.form, protocol)
        values = tuple(
            (labels.get(key, Text(key, key)), write_value(value)) for key, value in event.values.items()
        )
    return TrailLine(
        entry=entry,
        type=kind.__name__,
        title=TITLES[kind],
        where=place,
        old=old,
        new=new,
        why=why,
        values=values,
    )


def _name_place(
    event: e.FormSubmitted | e.ValueCorrected | e.QueryRaised, where: str, protocol: Protocol
) -> Text:
    """The visit, the form and the item of an event in words."""
    form = protocol.form_by_key.get(event.form)
    title = form.title.text if form else Text(event.form, event.form)
    parts = [
        Text(where, where),
        Text(event.visit, event.visit),
        title,
        Text(event.timepoint, event.timepoint),
    ]
    if not isinstance(event, e.FormSubmitted):
        parts.append(_list_labels(event.form, protocol).get(event.item, Text(event.item, event.item)))
    said = [part for part in parts if part.en]
    return Text(" · ".join(part.en for part in said), " · ".join(part.zh for part in said))


def _list_labels(form: str, protocol: Protocol) -> dict[str, Text]:
    found = protocol.form_by_key.get(form)
    return {item.key: item.label.text for item in found.items} if found else {}


def write_value(value: e.Value) -> str:
    """A value as the trail writes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value or "∅"
