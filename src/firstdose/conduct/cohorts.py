"""Which cohort may open, and who takes a place in it."""

import msgspec

from firstdose.conduct import commands as c
from firstdose.conduct.enrolment import refuse_without_consent
from firstdose.conduct.refusals import Decided, find_participant, refuse, refuse_leaver
from firstdose.protocol.resolved import Part, Regimen
from firstdose.record import events as e
from firstdose.record.state import Cohort, Decision, State
from firstdose.terms.outcomes import Refused
from firstdose.terms.words import Text

NEXT_COHORT = ("escalate", "stay", "de_escalate")
"""Decisions after which a cohort of the same part follows."""


ACTION_WORDS = {
    "escalate": Text("escalate", "递增剂量"),
    "stay": Text("treat more participants at the same level", "在同一水平继续入组"),
    "de_escalate": Text("de-escalate", "递减剂量"),
    "select_mtd": Text("select the MTD", "确定MTD"),
    "stop_too_toxic": Text("stop, too toxic", "因毒性过高停止"),
    "expand": Text("expand regimens", "扩展给药方案"),
    "wait": Text("wait", "等待"),
}
"""The actions of recommendations and decisions in words."""


class NextCohort(msgspec.Struct, frozen=True):
    """A cohort that may open now."""

    regimen: str
    capacity: int
    purpose: str
    decision: str | None


def find_next_cohort(state: State, part_key: str, regimen_key: str) -> NextCohort | Refused:
    """The cohort that may open now in a part at a regimen, or why none may.

    Parameters
    ----------
    state : State
    part_key, regimen_key : str
        What is asked for; the decision in force must have chosen just this.
    """
    part = state.protocol.part_by_key.get(part_key)
    if part is None or regimen_key not in part.regimens:
        return refuse(
            "parts",
            f"The protocol has no regimen {regimen_key!r} in part {part_key!r}.",
            f"方案的 {part_key!r} 部分没有方案 {regimen_key!r}。",
            "Name a part and one of its regimens.",
            "请选择方案中的部分及其给药方案。",
        )
    if state.paused_because:
        return refuse_paused(state)
    if part.kind == "expansion":
        return _next_expansion(state, part, regimen_key)
    waiting = next((co for co in state.cohorts.values() if co.part == part_key and co.is_open), None)
    if waiting is not None:
        return refuse(
            f"parts.{part_key}.design",
            f"Cohort {waiting.key} is still open.",
            f"队列 {waiting.key} 仍开放。",
            "The committee decides on it first.",
            "须先由委员会对该队列作出决定。",
        )
    has_begun = find_decision(state, part_key) is not None or any(
        cohort.part == part_key for cohort in state.cohorts.values()
    )
    allowed = _following(state, part) if has_begun else _first_cohort(state, part)
    if isinstance(allowed, Refused):
        return allowed
    level, capacity, decision = allowed
    regimen = state.protocol.regimen_by_key[regimen_key]
    if regimen.dose_level != level:
        return refuse(
            f"parts.{part_key}.design",
            f"{regimen_key} is level {regimen.dose_level}; the next cohort is decided at level {level}.",
            f"{regimen_key} 为剂量水平 {regimen.dose_level}；已决定的下一队列为剂量水平 {level}。",
            f"Open {part.regimens[level - 1]}, or let the committee decide otherwise.",
            f"请开放 {part.regimens[level - 1]}，或由委员会另行决定。",
        )
    refused = refuse_above_cap(state, part, regimen)
    if refused:
        return refused
    room = find_room(state, part)
    if room < 1:
        return refuse_full(state, part)
    titration = part.design.titration if part.design is not None else None
    is_titration = titration is not None and capacity == 1 and level < titration.until_level
    purpose = "titration" if is_titration else "escalation"
    return NextCohort(regimen_key, min(capacity, room), purpose, decision)


def _first_cohort(state: State, part: Part) -> tuple[int, int, None] | Refused:
    """The start of a part needs no decision of its own, but the MTD of the part that caps it."""
    design = part.design
    assert design is not None
    if part.capped_by is not None and find_mtd(state, part.capped_by) is None:
        return refuse(
            f"parts.{part.key}.capped_by",
            f"Part {part.key} opens on the MTD of part {part.capped_by}, which is not decided.",
            f"{part.key} 部分须在 {part.capped_by} 部分的最大耐受剂量（MTD）确定后开放。",
            f"The committee decides and signs the MTD of {part.capped_by}.",
            f"由委员会决定并签署 {part.capped_by} 部分的 MTD。",
        )
    single = design.titration is not None and design.start_level < design.titration.until_level
    return design.start_level, 1 if single else design.cohort_size, None


def _following(state: State, part: Part) -> tuple[int, int, str] | Refused:
    """After the first cohort, each cohort follows a decision that was signed since the last one opened."""
    latest = max((co.position for co in state.cohorts.values() if co.part == part.key), default=0)
    decision = find_decision(state, part.key)
    if decision is None or decision.position < latest:
        return refuse(
            f"parts.{part.key}.design",
            f"No signed decision of part {part.key} since the last cohort opened.",
            f"{part.key} 部分自上一队列开放以来尚无已签署的决定。",
            "The committee reviews the cohort and signs its decision.",
            "由委员会审查该队列并签署决定。",
        )
    made = decision.made
    if made.action not in NEXT_COHORT or made.level is None:
        return refuse(
            f"parts.{part.key}.design",
            f"The decision {made.decision} is to {ACTION_WORDS[made.action].en}: no further cohort in part {part.key}.",
            f"决定 {made.decision} 为{ACTION_WORDS[made.action].zh}：{part.key} 部分不再开放队列。",
            "A new decision of the committee.",
            "须由委员会作出新的决定。",
        )
    return made.level, made.cohort_size, made.decision


def _next_expansion(state: State, part: Part, regimen_key: str) -> NextCohort | Refused:
    decision = find_decision(state, part.regimens_from or "")
    if decision is None or decision.made.action != "expand" or regimen_key not in decision.made.regimens:
        return refuse(
            f"parts.{part.key}.regimens_from",
            f"{regimen_key} was not chosen for expansion.",
            f"{regimen_key} 未被选入扩展。",
            f"The committee chooses {part.min_regimens} to {part.max_regimens} regimens and signs.",
            f"由委员会选择 {part.min_regimens} 至 {part.max_regimens} 个方案并签署。",
        )
    opened = [cohort.regimen for cohort in state.cohorts.values() if cohort.part == part.key]
    to_open = [key for key in decision.made.regimens if key not in opened]
    if regimen_key not in to_open:
        return refuse(
            f"parts.{part.key}",
            f"The expansion of {regimen_key} is open already.",
            f"{regimen_key} 的扩展队列已开放。",
            "Reserve a place in it.",
            "请在该队列中预留名额。",
        )
    room = find_room(state, part)
    if room < len(to_open):
        return refuse_full(state, part)
    share = -(-room // len(to_open))
    return NextCohort(regimen_key, share, "expansion", decision.made.decision)


def find_decision(state: State, part_key: str) -> Decision | None:
    """The latest decision of a part that is in effect."""
    in_effect = state.decisions_in_effect(part_key)
    return in_effect[-1] if in_effect else None


def find_mtd(state: State, part_key: str) -> Regimen | None:
    """The regimen that was decided to be the MTD of a part."""
    decision = find_decision(state, part_key)
    if decision is None or decision.made.action != "select_mtd" or decision.made.level is None:
        return None
    part = state.protocol.part_by_key[part_key]
    return state.protocol.regimen_by_key[part.regimens[decision.made.level - 1]]


def find_cap_level(state: State, part: Part) -> int | None:
    """The highest level of a part whose dose another part's MTD allows; nothing where no part caps it.

    The regimens of a part are ordered by expected risk; the cap is the last one before the first whose
    single dose is above the MTD. 0 where not even the first is allowed.
    """
    if part.capped_by is None:
        return None
    mtd = find_mtd(state, part.capped_by)
    level = 0
    for key in part.regimens:
        regimen = state.protocol.regimen_by_key[key]
        if mtd is None or regimen.cells_1e9 > mtd.cells_1e9:
            break
        level = regimen.dose_level
    return level


def refuse_above_cap(state: State, part: Part, regimen: Regimen) -> Refused | None:
    """A refusal where the dose of an infusion is above the MTD of the part that caps it."""
    cap = find_cap_level(state, part)
    if cap is None or regimen.dose_level <= cap:
        return None
    mtd = find_mtd(state, part.capped_by or "")
    return refuse(
        f"parts.{part.key}.capped_by",
        f"{regimen.key} gives {regimen.cells_1e9} × 10⁹ cells; the MTD of part {part.capped_by} is "
        f"{mtd.cells_1e9 if mtd else 'not decided'} × 10⁹.",
        f"{regimen.key} 每次输注 {regimen.cells_1e9} × 10⁹ 个细胞；{part.capped_by} 部分的 MTD 为 "
        f"{mtd.cells_1e9 if mtd else '未定'} × 10⁹。",
        "Only regimens at or below the MTD may open.",
        "只能开放剂量不高于 MTD 的方案。",
    )


def refuse_paused(state: State) -> Refused:
    """The refusal of anything new while the trial is paused."""
    return refuse(
        "stopping.pause",
        f"The trial is paused: {state.paused_because}.",
        f"试验已暂停：{state.paused_because}。",
        "The committee ends the pause.",
        "由委员会决定恢复。",
    )


def refuse_full(state: State, part: Part) -> Refused:
    """The refusal of a place where the part or the study has none left."""
    return refuse(
        f"parts.{part.key}.max_participants",
        f"Part {part.key} has no room: {part.max_participants} in the part, {state.protocol.study.enrolment} "
        "in the study.",
        f"{part.key} 部分名额已满：该部分 {part.max_participants} 名，全研究 {state.protocol.study.enrolment} 名。",
        "A place that is given back, or an amendment of the protocol.",
        "有名额释放，或修订方案。",
    )


def find_room(state: State, part: Part, *, closing_open_cohorts: bool = False) -> int:
    """Participants that a part may still take, in its own cap and in the study's enrolment.

    A place counts as taken when it is given, and in an open cohort also while it may still be given;
    ``closing_open_cohorts`` leaves out the part's free places, as a decision on the part closes them.
    """

    def taken(cohort: Cohort) -> int:
        is_closing = closing_open_cohorts and cohort.part == part.key
        return cohort.capacity if cohort.is_open and not is_closing else len(cohort.participants)

    in_part = sum(taken(cohort) for cohort in state.cohorts.values() if cohort.part == part.key)
    in_study = sum(taken(cohort) for cohort in state.cohorts.values())
    return min(part.max_participants - in_part, state.protocol.study.enrolment - in_study)


def decide_opening(state: State, command: c.OpenCohort) -> Decided:
    """A cohort opens at what the latest decision allows."""
    found = find_next_cohort(state, command.part, command.regimen)
    if isinstance(found, Refused):
        return found
    number = 1 + sum(cohort.part == command.part for cohort in state.cohorts.values())
    return [
        e.CohortOpened(
            cohort=f"{command.part}-c{number:02d}",
            part=command.part,
            regimen=found.regimen,
            capacity=found.capacity,
            purpose=found.purpose,  # type: ignore[arg-type] # one of the event's literals by construction
            decision=found.decision,
        )
    ]


def decide_closing(state: State, command: c.CloseCohort) -> Decided:
    """An open cohort is closed to further participants."""
    cohort = state.cohorts.get(command.cohort)
    if cohort is None or not cohort.is_open:
        return refuse(
            "parts.cohorts",
            f"There is no open cohort {command.cohort!r}.",
            f"没有开放的队列 {command.cohort!r}。",
            "Name an open cohort.",
            "请选择开放的队列。",
        )
    return [e.CohortClosed(cohort=command.cohort, reason=command.reason)]


def decide_reservation(state: State, command: c.ReserveSlot) -> Decided:
    """An eligible participant takes a free place; a place is never given twice."""
    participant = find_participant(state, command.participant)
    if isinstance(participant, Refused):
        return participant
    refused = refuse_leaver(participant) or refuse_without_consent(participant)
    if refused:
        return refused
    if state.paused_because:
        return refuse_paused(state)
    if participant.eligible_at is None:
        return refuse(
            "eligibility.criteria",
            f"The eligibility of {participant.code} is not confirmed.",
            f"{participant.code} 的入选资格尚未确认。",
            "The investigator confirms every criterion.",
            "由研究者确认每一条标准。",
        )
    if participant.cohort is not None:
        return refuse(
            "parts.slots",
            f"{participant.code} has a place in cohort {participant.cohort}.",
            f"{participant.code} 已在队列 {participant.cohort} 中占有名额。",
            "Give that place back first.",
            "请先释放该名额。",
        )
    cohort = state.cohorts.get(command.cohort)
    if cohort is None or not cohort.is_open:
        opened = ", ".join(key for key, co in state.cohorts.items() if co.is_open) or "none"
        return refuse(
            "parts.cohorts",
            f"Cohort {command.cohort!r} is not open.",
            f"队列 {command.cohort!r} 未开放。",
            f"Open cohorts: {opened}.",
            f"开放的队列：{opened}。",
        )
    if len(cohort.participants) >= cohort.capacity:
        listed = ", ".join(cohort.participants)
        return refuse(
            "parts.slots",
            f"Cohort {cohort.key} is full: {len(cohort.participants)} of {cohort.capacity} ({listed}).",
            f"队列 {cohort.key} 名额已满：{len(cohort.participants)}/{cohort.capacity}（{listed}）。",
            "A place that is given back, or the next cohort.",
            "有名额释放，或下一队列开放。",
        )
    return [e.SlotReserved(participant=participant.code, cohort=cohort.key)]


def decide_slot_release(state: State, command: c.ReleaseSlot) -> Decided:
    """A place is given back before the first infusion."""
    participant = find_participant(state, command.participant)
    if isinstance(participant, Refused):
        return participant
    if participant.cohort is None or participant.infusions:
        return refuse(
            "parts.slots",
            f"{participant.code} has no place that could be given back.",
            f"{participant.code} 没有可释放的名额。",
            "A place is given back before the first infusion.",
            "名额须在首次输注前释放。",
        )
    return [e.SlotReleased(participant=participant.code, cohort=participant.cohort, reason=command.reason)]
