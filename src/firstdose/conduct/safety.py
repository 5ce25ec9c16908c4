"""Adverse events, DLT adjudication, evaluability, and the triggers that pause the study."""

from collections.abc import Callable
from datetime import datetime

from firstdose.conduct import commands as c
from firstdose.conduct.cohorts import find_room
from firstdose.conduct.dlt import assess_dlt, assess_evaluability
from firstdose.conduct.enrolment import refuse_without_consent
from firstdose.conduct.refusals import Decided, find_participant, refuse
from firstdose.derive.safety.stopping_boundaries import compute_bayesian_boundary
from firstdose.numerics.beta import compute_upper_tail
from firstdose.protocol.resolved import StoppingTrigger
from firstdose.record import events as e
from firstdose.record.state import AdverseEventRecord, Participant, State
from firstdose.terms.outcomes import NotDerived, Refused

SCALES = ("CTCAE", "ASTCT", "MAGIC", "IEC-HS")
RELATED = ("possible", "probable", "definite")
"""P-AE-3: related is possible or higher; a missing causality counts as related."""
FATAL = 5
OPEN_CATEGORIES = ("infection", "other")
"""Categories that a study need not name in its lists."""


def decide_adverse_event(state: State, command: c.ReportAdverseEvent) -> Decided:
    """An adverse event after consent, with a grade on a scale and its version."""
    participant = find_participant(state, command.participant)
    if isinstance(participant, Refused):
        return participant
    refused = refuse_without_consent(participant) or _refuse_event(state, participant, command)
    if refused:
        return refused
    reported = e.AdverseEventReported(
        participant=participant.code,
        adverse_event=f"AE-{len(participant.adverse_events) + 1:03d}",
        verbatim=command.verbatim,
        preferred_term=command.preferred_term,
        system_organ_class=command.system_organ_class,
        category=command.category,
        onset=command.onset,
        grade=command.grade,
        scale=command.scale,
        scale_version=command.scale_version,
        is_serious=command.is_serious,
        seriousness=command.seriousness,
        causality=command.causality,
        clearly_due_to=command.clearly_due_to,
    )
    return [reported, *_pause_for_grade(state, reported, command.grade)]


def _refuse_event(state: State, participant: Participant, command: c.ReportAdverseEvent) -> Refused | None:
    assert participant.consented_at is not None
    if command.onset < participant.consented_at:
        return refuse(
            "safety.adverse_events",
            f"{command.preferred_term} began before the consent: it is medical history.",
            f"{command.preferred_term} 发生于知情同意之前，属于病史。",
            "Record it in the medical history.",
            "请记录于病史。",
        )
    version = state.protocol.definitions.ctcae_version
    if command.scale not in SCALES or (command.scale == "CTCAE" and command.scale_version != version):
        return refuse(
            "definitions.ctcae_version",
            f"Grades of this study are on CTCAE {version}, ASTCT, MAGIC or IEC-HS, not on "
            f"{command.scale} {command.scale_version}.",
            f"本研究使用 CTCAE {version}、ASTCT、MAGIC 或 IEC-HS 分级，不使用 {command.scale} {command.scale_version}。",
            "Grade on a scale of the study.",
            "请使用本研究的分级标准。",
        )
    refused = _refuse_category(state, command)
    if refused:
        return refused
    if command.grade is not None and not 1 <= command.grade <= FATAL:
        return refuse(
            "safety.adverse_events",
            f"Grade {command.grade} is not 1 to 5.",
            f"{command.grade} 级不在 1 至 5 级之间。",
            "Give a grade of 1 to 5.",
            "请填写 1 至 5 级。",
        )
    if command.is_serious and not command.seriousness:
        return refuse(
            "safety.adverse_events",
            "A serious event says by which criterion.",
            "严重不良事件须说明严重性标准。",
            "Name at least one criterion of seriousness.",
            "请至少选择一项严重性标准。",
        )
    return None


def _refuse_category(state: State, command: c.ReportAdverseEvent) -> Refused | None:
    """A category is one of the study's, and is graded on the scale that the DLT list reads it on."""
    criteria, triggers = state.protocol.dlt.criteria, state.protocol.stopping
    named = {key for found in criteria for key in found.categories}
    known = named | {key for trigger in triggers for key in trigger.categories} | set(OPEN_CATEGORIES)
    if command.category not in known:
        listed = ", ".join(sorted(known))
        return refuse(
            "safety.adverse_events",
            f"{command.category!r} is no category of adverse events of this study.",
            f"{command.category!r} 不是本研究的不良事件类别。",
            f"Choose one of: {listed}.",
            f"可选类别：{listed}。",
        )
    scales = {found.scale for found in criteria if command.category in found.categories}
    if not scales or command.scale in scales:
        return None
    listed = ", ".join(sorted(scales))
    return refuse(
        "dlt.criteria",
        f"{command.category} is graded on {listed} in this study, not on {command.scale}.",
        f"本研究中 {command.category} 按 {listed} 分级，不使用 {command.scale}。",
        f"Grade it on {listed}.",
        f"请按 {listed} 分级。",
    )


def _find_event(state: State, code: str, key: str) -> tuple[Participant, AdverseEventRecord] | Refused:
    participant = find_participant(state, code)
    if isinstance(participant, Refused):
        return participant
    record = participant.adverse_events.get(key)
    if record is None:
        return refuse(
            "safety.adverse_events",
            f"{code} has no adverse event {key!r}.",
            f"{code} 没有不良事件 {key!r}。",
            "Report it first.",
            "请先报告该事件。",
        )
    return participant, record


def decide_grade(state: State, command: c.GradeAdverseEvent) -> Decided:
    """The grade of an ongoing adverse event changes."""
    found = _find_event(state, command.participant, command.adverse_event)
    if isinstance(found, Refused):
        return found
    participant, record = found
    in_order = all(at <= command.happened_at for at, _, _ in record.grades)
    if record.ended is not None or not 1 <= command.grade <= FATAL or not in_order:
        return refuse(
            "safety.adverse_events",
            f"Grade {command.grade} of {command.adverse_event} on {command.happened_at:%Y-%m-%d} cannot follow.",
            f"{command.adverse_event} 不能于 {command.happened_at:%Y-%m-%d} 记录为 {command.grade} 级。",
            "An ongoing event changes to a grade of 1 to 5, in the order of time.",
            "仅进行中的事件可按时间顺序改为 1 至 5 级。",
        )
    graded = e.AdverseEventGraded(
        participant=participant.code,
        adverse_event=command.adverse_event,
        grade=command.grade,
        happened_at=command.happened_at,
    )
    return [graded, *_pause_for_grade(state, record.reported, command.grade)]


def decide_event_end(state: State, command: c.EndAdverseEvent) -> Decided:
    """An adverse event ends once, not before it began."""
    found = _find_event(state, command.participant, command.adverse_event)
    if isinstance(found, Refused):
        return found
    participant, record = found
    if record.ended is not None or command.happened_at < record.reported.onset:
        return refuse(
            "safety.adverse_events",
            f"{command.adverse_event} has ended already, or would end before it began.",
            f"{command.adverse_event} 已结束，或结束早于开始。",
            "An ongoing event ends after its onset.",
            "仅进行中的事件可在开始之后结束。",
        )
    ended = e.AdverseEventEnded(
        participant=participant.code,
        adverse_event=command.adverse_event,
        outcome=command.outcome,
        happened_at=command.happened_at,
    )
    is_death = command.outcome == "fatal"
    return [ended, *_pause_for_grade(state, record.reported, FATAL if is_death else None)]


def decide_dlt(state: State, command: c.AdjudicateDlt, now: datetime) -> Decided:
    """The list proposes; a person adjudicates, and says why where they depart from it."""
    found = _find_event(state, command.participant, command.adverse_event)
    if isinstance(found, Refused):
        return found
    participant, record = found
    if participant.first_infusion_at is None:
        return refuse(
            "dlt.criteria",
            f"{participant.code} was not infused: nothing can be dose-limiting.",
            f"{participant.code} 未输注，不存在剂量限制性毒性。",
            "Adjudicate after the first infusion.",
            "请在首次输注后判定。",
        )
    assessed = assess_dlt(state, participant, command.adverse_event, now)
    departs = command.is_dlt is not assessed.is_dlt
    if departs and not command.reason.strip():
        proposed = assessed.is_dlt.detail if isinstance(assessed.is_dlt, NotDerived) else str(assessed.is_dlt)
        return refuse(
            f"dlt.criteria.{assessed.criterion or 'none'}",
            f"The DLT list says {proposed} ({assessed.reason}) for {command.adverse_event}.",
            f"DLT 标准对 {command.adverse_event} 的判断为 {proposed}（{assessed.reason}）。",
            "Give the reason for departing from it.",
            "与标准不一致时须说明理由。",
        )
    adjudicated = e.DltAdjudicated(
        participant=participant.code,
        adverse_event=command.adverse_event,
        is_dlt=command.is_dlt,
        criterion=(assessed.criterion or "") if not departs else "adjudication",
        reason=command.reason or assessed.reason,
    )
    if not command.is_dlt:
        return [adjudicated]
    counted = e.EvaluabilityDetermined(
        participant=participant.code,
        is_dlt_evaluable=True,
        had_dlt=True,
        reason=f"had a DLT ({record.reported.preferred_term})",
    )
    return [adjudicated, counted, *_pause_for_dlts(state, participant)]


def decide_evaluability(state: State, command: c.DetermineEvaluability, now: datetime) -> Decided:
    """Who completed the window with enough cells counts; who does not is replaced where there is room."""
    participant = find_participant(state, command.participant)
    if isinstance(participant, Refused):
        return participant
    if participant.first_infusion_at is None or participant.is_determined:
        return refuse(
            "dlt.evaluable",
            f"{participant.code} was not infused, or is determined already.",
            f"{participant.code} 未输注，或已判定。",
            "Determine once, after the first infusion.",
            "请在首次输注后判定一次。",
        )
    open_event = next(
        (
            key
            for key, record in participant.adverse_events.items()
            if record.dlt is None and assess_dlt(state, participant, key, now).is_dlt is not False
        ),
        None,
    )
    if open_event is not None:
        return refuse(
            "dlt.criteria",
            f"{open_event} of {participant.code} may be dose-limiting and is not adjudicated.",
            f"{participant.code} 的 {open_event} 可能为剂量限制性毒性，尚未判定。",
            "Adjudicate the adverse event first.",
            "请先判定该不良事件。",
        )
    assessed = assess_evaluability(state, participant)
    if isinstance(assessed.is_evaluable, NotDerived):
        return refuse(
            "dlt.evaluable",
            f"{participant.code}: {assessed.is_evaluable.detail}.",
            f"{participant.code}：{assessed.reason.zh}。",
            "Determine when the DLT window is complete, or the participant has left.",
            "请在 DLT 观察窗结束或受试者退出后判定。",
        )
    events: list[e.AnyEvent] = []
    assert participant.cohort is not None
    cohort = state.cohorts[participant.cohort]
    part = state.protocol.part_by_key[cohort.part]
    is_replaced = (
        not assessed.is_evaluable
        and state.protocol.dlt.evaluable.replace
        and part.design is not None
        and cohort.is_open
        and find_room(state, part) > 0
    )
    events.append(
        e.EvaluabilityDetermined(
            participant=participant.code,
            is_dlt_evaluable=assessed.is_evaluable,
            had_dlt=False,
            reason=assessed.reason.en,
            is_replaced=is_replaced,
        )
    )
    if is_replaced:
        events.append(
            e.CohortEnlarged(
                cohort=cohort.key,
                capacity=cohort.capacity + 1,
                reason=f"{participant.code} is not DLT-evaluable and is replaced",
            )
        )
    return events


def is_related(event: e.AdverseEventReported, to: str = "product") -> bool:
    """Whether an event is at least possibly related to the product, or to another part of the treatment."""
    return event.causality.get(to, "possible") in RELATED


def _pause_for_grade(state: State, event: e.AdverseEventReported, grade: int | None) -> list[e.AnyEvent]:
    def fires(trigger: StoppingTrigger) -> bool:
        if trigger.kind == "related_death":
            return grade == FATAL and (is_related(event) or is_related(event, "lymphodepletion"))
        if grade is None or not is_related(event):
            return False
        in_category = event.category in trigger.categories
        return trigger.kind == "category_grade" and in_category and grade >= (trigger.grade or FATAL)

    return _pause(state, fires, f"{event.participant}: {event.preferred_term}, grade {grade}")


def _pause_for_dlts(state: State, participant: Participant) -> list[e.AnyEvent]:
    """The study pauses at the DLTs of a trigger, or when the part's monitoring finds it too toxic."""
    regimen, part_key = state.regimen_of(participant), state.part_of(participant)
    assert regimen is not None
    assert part_key is not None
    at_level = [
        other
        for other in state.treated()
        if state.part_of(other) == part_key and state.regimen_of(other) == regimen
    ]
    n_dlt = sum(other.has_dlt for other in at_level) + (not participant.has_dlt)
    monitoring = state.protocol.part_by_key[part_key].monitoring
    if monitoring is not None:
        n, limit_rate = len(at_level), monitoring.limit_rate
        boundary = compute_bayesian_boundary(
            [n], limit_rate=limit_rate, probability=monitoring.probability, prior=monitoring.prior
        )
        # what is too near its limit to be decided pauses the study, for people to decide
        if isinstance(boundary, NotDerived) or boundary.stops(n, n_dlt):
            a, b = (float(shape) for shape in monitoring.prior)
            p_above = compute_upper_tail(float(limit_rate), a + n_dlt, b + n - n_dlt)
            shown = f"Pr(rate > {limit_rate}) = {p_above:.3f}"
            why = f"monitoring of part {part_key}: {n_dlt} DLTs in {n} at {regimen.key}, {shown}"
            return [] if state.paused_because else [e.TrialPaused(reason=why)]

    def fires(trigger: StoppingTrigger) -> bool:
        return trigger.kind == "dlts_at_level" and trigger.n_dlt is not None and n_dlt >= trigger.n_dlt

    return _pause(state, fires, f"{n_dlt} DLTs at {regimen.key}")


def _pause(state: State, fires: Callable[[StoppingTrigger], bool], why: str) -> list[e.AnyEvent]:
    if state.paused_because:
        return []
    fired = next((trigger for trigger in state.protocol.stopping if fires(trigger)), None)
    return [e.TrialPaused(reason=f"{fired.text.en} ({why})")] if fired else []
