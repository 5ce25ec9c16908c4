"""Visits, forms, corrections and queries."""

import re
from collections.abc import Iterable

from firstdose.conduct import commands as c
from firstdose.conduct.enrolment import refuse_without_consent
from firstdose.conduct.form_values import Problem, check_value, check_values
from firstdose.conduct.refusals import Decided, find_participant, refuse
from firstdose.protocol.resolved import Schedule, Visit
from firstdose.record import events as e
from firstdose.record.state import FormRecord, Participant, State
from firstdose.terms.calendar import protocol_day, render_site_time
from firstdose.terms.outcomes import Refused

UNSCHEDULED = "UNS"
"""Visits beyond the schedule are UNS1, UNS2 and so on; any form may be filled at them."""
_UNSCHEDULED_VISIT = re.compile(UNSCHEDULED + "[1-9][0-9]*")


def find_schedule(state: State, participant: Participant) -> Schedule:
    """The schedule of a participant; before a place is taken, that of the first regimen (for screening)."""
    regimen = state.regimen_of(participant) or state.protocol.regimens[0]
    return state.protocol.schedule_by_key[regimen.schedule]


def _find_visit(state: State, participant: Participant, key: str) -> Visit | Refused:
    visit = find_schedule(state, participant).by_key.get(key)
    if visit is None or (participant.cohort is None and visit.kind != "screening"):
        return refuse(
            "schedules",
            f"Visit {key!r} is not planned for {participant.code} now.",
            f"{participant.code} 目前没有计划访视 {key!r}。",
            "Only screening is planned before a place in a cohort; unscheduled visits are UNS1, UNS2, …",
            "占有队列名额之前只有筛选访视；计划外访视为 UNS1、UNS2……",
        )
    return visit


def decide_visit(state: State, command: c.HoldVisit) -> Decided:
    """A planned visit is held once; outside its window it is also a deviation."""
    participant = find_participant(state, command.participant)
    if isinstance(participant, Refused):
        return participant
    refused = refuse_without_consent(participant) or _refuse_recorded(participant, command.visit)
    if refused:
        return refused
    held = e.VisitHeld(participant=participant.code, visit=command.visit, happened_on=command.happened_on)
    if _UNSCHEDULED_VISIT.fullmatch(command.visit):
        return [held]
    visit = _find_visit(state, participant, command.visit)
    if isinstance(visit, Refused):
        return visit
    first = participant.first_infusion_at
    if first is None or visit.kind in ("screening", "lymphodepletion"):
        return [held]
    day = protocol_day(command.happened_on, first)
    if visit.first_day <= day <= visit.last_day:
        return [held]
    allowed = f"Day {visit.first_day} to {visit.last_day}"
    return [
        held,
        e.DeviationReported(
            participant=participant.code,
            clause=f"schedules.{find_schedule(state, participant).key}.{visit.key}",
            description=f"Visit {visit.key} on Day {day}; allowed: {allowed}",
            happened_on=command.happened_on,
        ),
    ]


def _refuse_recorded(participant: Participant, visit: str) -> Refused | None:
    if visit not in participant.visits:
        return None
    return refuse(
        "schedules",
        f"Visit {visit} of {participant.code} is recorded already.",
        f"{participant.code} 的访视 {visit} 已记录。",
        "Nothing is needed.",
        "无需操作。",
    )


def decide_missed_visit(state: State, command: c.MissVisit) -> Decided:
    """A planned visit that did not take place, with the reason."""
    participant = find_participant(state, command.participant)
    if isinstance(participant, Refused):
        return participant
    refused = refuse_without_consent(participant) or _refuse_recorded(participant, command.visit)
    if refused:
        return refused
    visit = _find_visit(state, participant, command.visit)
    if isinstance(visit, Refused):
        return visit
    return [e.VisitMissed(participant=participant.code, visit=visit.key, reason=command.reason)]


def decide_form(state: State, command: c.SubmitForm) -> Decided:
    """A form of the schedule is submitted once; what is unusual raises a query at once."""
    participant = find_participant(state, command.participant)
    if isinstance(participant, Refused):
        return participant
    refused = refuse_without_consent(participant) or _refuse_form(state, participant, command)
    if refused:
        return refused
    form = state.protocol.form_by_key[command.form]
    problems = check_values(form, command.values, command.not_done)
    wrong = [problem for problem in problems if problem.is_wrong]
    if wrong:
        return refuse(
            f"forms.{form.key}",
            f"{form.title.en}: " + "; ".join(problem.text.en for problem in wrong) + ".",
            f"{form.title.zh}：" + "；".join(problem.text.zh for problem in wrong) + "。",
            "Correct these values, or say why an item was not done.",
            "请更正以上数值，或说明未做的原因。",
        )
    submitted = e.FormSubmitted(
        participant=participant.code,
        visit=command.visit,
        form=command.form,
        timepoint=command.timepoint,
        collected_at=command.collected_at,
        values=command.values,
        not_done=command.not_done,
    )
    return [submitted, *_raise_queries(participant, command, problems)]


def _raise_queries(
    participant: Participant, command: c.SubmitForm | c.CorrectValue, problems: Iterable[Problem]
) -> list[e.QueryRaised]:
    """A question for each value that is unusual."""
    number = len(participant.queries)
    return [
        e.QueryRaised(
            participant=participant.code,
            query=f"Q-{number + place:03d}",
            visit=command.visit,
            form=command.form,
            timepoint=command.timepoint,
            item=problem.item,
            question=problem.text.en,
        )
        for place, problem in enumerate(problems, start=1)
    ]


def _refuse_form(state: State, participant: Participant, command: c.SubmitForm) -> Refused | None:
    if command.form not in state.protocol.form_by_key:
        return refuse(
            "forms",
            f"The protocol has no form {command.form!r}.",
            f"方案中没有表单 {command.form!r}。",
            "Name a form of the protocol.",
            "请选择方案中的表单。",
        )
    withdrawn = participant.consent_withdrawn_at
    if withdrawn is not None and command.collected_at > withdrawn:
        return refuse(
            "eligibility.consent",
            f"{participant.code} took consent back on {render_site_time(withdrawn)}.",
            f"{participant.code} 已于 {render_site_time(withdrawn)} 撤回知情同意。",
            "Enter what was collected before that.",
            "只能录入此前收集的数据。",
        )
    if (command.visit, command.form, command.timepoint) in participant.forms:
        return refuse(
            "record.forms",
            f"{command.form} at {command.visit} {command.timepoint} is submitted already.",
            f"{command.visit} {command.timepoint} 的 {command.form} 已提交。",
            "Correct single values, with a reason.",
            "请更正个别数值并说明理由。",
        )
    if _UNSCHEDULED_VISIT.fullmatch(command.visit):
        return None
    visit = _find_visit(state, participant, command.visit)
    if isinstance(visit, Refused):
        return visit
    planned = next((at for at in visit.forms if at.form == command.form), None)
    points = (planned.timepoints or ("",)) if planned else ()
    if command.timepoint in points:
        return None
    return refuse(
        f"schedules.{find_schedule(state, participant).key}.{visit.key}",
        f"{command.form} is not planned at {command.visit} {command.timepoint}.",
        f"{command.visit} {command.timepoint} 没有计划表单 {command.form}。",
        "Fill it at an unscheduled visit (UNS1, UNS2, …).",
        "请在计划外访视（UNS1、UNS2……）中填写。",
    )


def decide_correction(state: State, command: c.CorrectValue) -> Decided:
    """A correction keeps the old value, the new one and the reason, and cites the event it corrects."""
    participant = find_participant(state, command.participant)
    if isinstance(participant, Refused):
        return participant
    filled = participant.forms.get((command.visit, command.form, command.timepoint))
    item = state.protocol.form_by_key[command.form].by_key.get(command.item) if filled else None
    if filled is None or item is None:
        return refuse(
            "record.corrections",
            f"There is no submitted value {command.form}.{command.item} at {command.visit} {command.timepoint}.",
            f"{command.visit} {command.timepoint} 没有已提交的 {command.form}.{command.item}。",
            "Submit the form first.",
            "请先提交表单。",
        )
    refused = _refuse_stale(filled, command) or _refuse_correction(filled, command)
    if refused:
        return refused
    problem = check_value(item, command.new) if command.new not in (None, "") else None
    if problem and problem.is_wrong:
        return refuse(
            f"forms.{command.form}.{command.item}",
            f"{problem.text.en}.",
            f"{problem.text.zh}。",
            "Give a value that the item may hold.",
            "请填写有效数值。",
        )
    # what no longer fits together is asked about, because the other value may be corrected next
    form = state.protocol.form_by_key[command.form]
    before = check_values(form, filled.values, filled.not_done)
    after = check_values(form, filled.values | {command.item: command.new}, filled.not_done)
    unusual = [found for found in after if found not in before]
    return [
        e.ValueCorrected(
            participant=participant.code,
            visit=command.visit,
            form=command.form,
            timepoint=command.timepoint,
            item=command.item,
            old=filled.values.get(command.item),
            new=command.new,
            reason=command.reason,
            corrects=filled.position_of(command.item),
        ),
        *_raise_queries(participant, command, unusual),
    ]


def _refuse_stale(filled: FormRecord, command: c.CorrectValue) -> Refused | None:
    """A correction of what the person did not see is refused, and the difference is told."""
    latest = filled.corrections[-1] if filled.corrections else None
    if command.seen_position is None or latest is None or latest.position <= command.seen_position:
        return None
    return refuse(
        "record.corrections",
        f"{latest.actor} changed {latest.item} from {latest.old} to {latest.new} since this form was shown.",
        f"该表单显示之后，{latest.actor} 已将 {latest.item} 由 {latest.old} 更正为 {latest.new}。",
        "Look at the form again, then correct.",
        "请重新查看表单后再更正。",
    )


def _refuse_correction(filled: FormRecord, command: c.CorrectValue) -> Refused | None:
    has_reason = bool(command.reason.strip())
    if has_reason and filled.values.get(command.item) != command.new:
        return None
    return refuse(
        "record.corrections",
        "The new value equals the old one." if has_reason else "A correction needs a reason.",
        "新值与原值相同。" if has_reason else "更正须说明理由。",
        "Give a reason and a value that differs.",
        "请填写理由以及不同的数值。",
    )


def decide_query(state: State, command: c.RaiseQuery) -> Decided:
    """A question about a submitted value."""
    participant = find_participant(state, command.participant)
    if isinstance(participant, Refused):
        return participant
    if (command.visit, command.form, command.timepoint) not in participant.forms:
        return refuse(
            "record.queries",
            f"{command.form} at {command.visit} {command.timepoint} is not submitted.",
            f"{command.visit} {command.timepoint} 的 {command.form} 尚未提交。",
            "Ask about a submitted form.",
            "请针对已提交的表单提出质疑。",
        )
    return [
        e.QueryRaised(
            participant=participant.code,
            query=f"Q-{len(participant.queries) + 1:03d}",
            visit=command.visit,
            form=command.form,
            timepoint=command.timepoint,
            item=command.item,
            question=command.question,
        )
    ]


def decide_query_step(state: State, command: c.AnswerQuery | c.CloseQuery) -> Decided:
    """A query is answered, then closed."""
    participant = find_participant(state, command.participant)
    if isinstance(participant, Refused):
        return participant
    query = participant.queries.get(command.query)
    closing = isinstance(command, c.CloseQuery)
    if query is None or query.is_closed or (closing and not query.answer):
        return refuse(
            "record.queries",
            f"Query {command.query} of {participant.code} is not open"
            + (" and answered." if closing else "."),
            f"{participant.code} 的质疑 {command.query} 未处于可操作状态。",
            "A query is raised, answered, then closed.",
            "质疑须先提出、再回答、后关闭。",
        )
    if isinstance(command, c.CloseQuery):
        return [e.QueryClosed(participant=participant.code, query=command.query)]
    return [e.QueryAnswered(participant=participant.code, query=command.query, answer=command.answer)]


def decide_deviation(state: State, command: c.ReportDeviation) -> Decided:
    """A departure from the protocol that a person noticed."""
    participant = find_participant(state, command.participant)
    if isinstance(participant, Refused):
        return participant
    return [
        e.DeviationReported(
            participant=participant.code,
            clause=command.clause,
            description=command.description,
            happened_on=command.happened_on,
        )
    ]
