"""Infusions: none before its conditions, none above what is decided, none too soon."""

from datetime import datetime
from decimal import Decimal

from firstdose.conduct import commands as c
from firstdose.conduct.cohorts import find_decision, refuse_above_cap, refuse_paused
from firstdose.conduct.refusals import Decided, find_participant, refuse
from firstdose.conduct.treatment import find_treated
from firstdose.protocol.resolved import Regimen, Visit
from firstdose.record import events as e
from firstdose.record.state import AdverseEventRecord, Participant, State
from firstdose.terms.calendar import elapsed_d, protocol_day, render_site_time
from firstdose.terms.measures import read_decimal
from firstdose.terms.outcomes import NotDerived, Refused

STOPPING_CATEGORIES = ("crs", "icans")
STOPPING_GRADE = 2
"""A further infusion waits while CRS or ICANS of this grade, or any infection, goes on (assumed)."""
MIN_INTERVAL_D = 2
"""Least interval between infusions (clinical reference 6.2). [d]."""


def decide_infusion(state: State, command: c.StartInfusion) -> Decided:
    """An infusion starts when everything before it is in order.

    The order in which the reasons are looked for is the order in which a ward would fix them.
    """
    found = find_treated(state, command.participant)
    if isinstance(found, Refused):
        return found
    participant, regimen = found
    if state.paused_because:
        return refuse_paused(state)
    refused = (
        _refuse_level(state, participant, regimen)
        or _refuse_number(participant, regimen, command)
        or _refuse_product(participant, regimen, command)
    )
    if not refused and command.infusion == 1:
        refused = _refuse_lymphodepletion(state, participant, command.happened_at) or _refuse_stagger(
            state, participant, command.happened_at
        )
    elif not refused:
        refused = _refuse_further(state, participant, regimen, command)
    if refused:
        return refused
    return [
        e.InfusionStarted(
            participant=participant.code,
            infusion=command.infusion,
            lot=command.lot,
            planned_cells_1e9=str(regimen.cells_1e9),
            happened_at=command.happened_at,
        )
    ]


def _refuse_level(state: State, participant: Participant, regimen: Regimen) -> Refused | None:
    """No participant is infused above the level that a signed decision allows."""
    assert participant.cohort is not None
    cohort = state.cohorts[participant.cohort]
    part = state.protocol.part_by_key[cohort.part]
    if part.kind == "expansion":
        decision = find_decision(state, part.regimens_from or "")
        is_allowed = decision is not None and regimen.key in decision.made.regimens
        highest = "those chosen for expansion"
    else:
        refused = refuse_above_cap(state, part, regimen)
        if refused:
            return refused
        decision = find_decision(state, part.key)
        design = part.design
        assert design is not None
        level = design.start_level if decision is None else decision.made.level or 0
        is_allowed, highest = regimen.dose_level <= level, f"level {level}"
    if is_allowed:
        return None
    return refuse(
        f"parts.{part.key}.design",
        f"{regimen.key} is above what is decided ({highest}).",
        f"{regimen.key} 高于已决定的剂量（{highest}）。",
        "The committee decides and signs the level.",
        "由委员会决定并签署该剂量水平。",
    )


def _refuse_number(participant: Participant, regimen: Regimen, command: c.StartInfusion) -> Refused | None:
    due = len(participant.infusions) + 1
    open_infusion = next((run for run in participant.infusions.values() if run.completed_at is None), None)
    withheld = participant.withheld_from is not None
    if not withheld and open_infusion is None and command.infusion == due <= len(regimen.infusion_days):
        return None
    why_en = (
        "further infusions are withheld"
        if withheld
        else f"infusion {open_infusion.number} has not ended"
        if open_infusion
        else f"number {due} of {len(regimen.infusion_days)} is next"
    )
    why_zh = (
        "后续输注已停止"
        if withheld
        else f"第 {open_infusion.number} 次输注尚未结束"
        if open_infusion
        else f"下一次为第 {due} 次（共 {len(regimen.infusion_days)} 次）"
    )
    return refuse(
        f"parts.{regimen.part}.regimens.{regimen.key}",
        f"Infusion {command.infusion} of {participant.code} may not start: {why_en}.",
        f"{participant.code} 的第 {command.infusion} 次输注不能开始：{why_zh}。",
        "Give the infusions of the regimen in their order.",
        "请按方案顺序输注。",
    )


def _refuse_product(participant: Participant, regimen: Regimen, command: c.StartInfusion) -> Refused | None:
    """The lot was released for this infusion, before it, and holds no more cells than the regimen gives.

    A lot may have been released for a higher regimen, when the participant had a place there.
    """
    found = participant.products.get(command.infusion)
    released = found[0] if found is not None else None
    if (
        released is not None
        and released.lot == command.lot
        and released.happened_at <= command.happened_at
        and Decimal(released.cells_1e9) <= regimen.cells_1e9
    ):
        return None
    return refuse(
        "product.release",
        f"Lot {command.lot!r} is not released for infusion {command.infusion} of {participant.code}.",
        f"批次 {command.lot!r} 未放行用于 {participant.code} 的第 {command.infusion} 次输注。",
        "The pharmacist releases the lot.",
        "由药师放行该批次。",
    )


def _refuse_lymphodepletion(state: State, participant: Participant, happened_at: datetime) -> Refused | None:
    plan = state.protocol.lymphodepletion
    if len(participant.lymphodepletion) < len(plan.days):
        return refuse(
            "lymphodepletion.days",
            f"{participant.code} had {len(participant.lymphodepletion)} of {len(plan.days)} lymphodepletion days.",
            f"{participant.code} 已完成 {len(participant.lymphodepletion)}/{len(plan.days)} 天清淋。",
            "Complete lymphodepletion first.",
            "请先完成清淋。",
        )
    since = protocol_day(happened_at, participant.lymphodepletion[-1].happened_at)
    first, last = plan.earliest_infusion_after_last_d, plan.latest_infusion_after_last_d
    if first <= since <= last:
        return None
    return refuse(
        "lymphodepletion.interval",
        f"The first infusion would come {since} days after the last lymphodepletion day.",
        f"首次输注距末次清淋 {since} 天。",
        f"It comes {first} to {last} days after it, both included.",
        f"须在末次清淋后 {first} 至 {last} 天内（含两端）。",
    )


def find_stagger_end(state: State, participant: Participant) -> tuple[Participant, int, datetime] | None:
    """Who was infused last in the cohort before this participant, the days to wait, and since when."""
    assert participant.cohort is not None
    cohort = state.cohorts[participant.cohort]
    stagger = state.protocol.part_by_key[cohort.part].stagger
    infused = sorted(
        (
            (other.first_infusion_at, other)
            for other in (state.participants[code] for code in cohort.participants)
            if other.first_infusion_at is not None and other.code != participant.code
        ),
        key=lambda pair: pair[0],
    )
    if not infused:
        return None
    since, latest = infused[-1]
    return latest, stagger.first_to_second_d if len(infused) == 1 else stagger.next_d, since


def _refuse_stagger(state: State, participant: Participant, happened_at: datetime) -> Refused | None:
    """The sentinel is watched before the second participant, and each one before the next."""
    found = find_stagger_end(state, participant)
    if found is None:
        return None
    latest, wait_d, since = found
    if elapsed_d(happened_at, since) >= wait_d:
        return None
    assert participant.cohort is not None
    part = state.cohorts[participant.cohort].part
    return refuse(
        f"parts.{part}.stagger",
        f"{latest.code} of cohort {participant.cohort} was infused {render_site_time(since)}; {wait_d} days must pass.",
        f"队列 {participant.cohort} 的 {latest.code} 于 {render_site_time(since)} 输注；须间隔 {wait_d} 天。",
        f"Infuse {participant.code} {wait_d} days after that, or later.",
        f"请在其后至少 {wait_d} 天再为 {participant.code} 输注。",
    )


def find_infusion_visit(state: State, regimen: Regimen, infusion: int) -> Visit:
    """The planned visit of an infusion."""
    visits = state.protocol.schedule_by_key[regimen.schedule].visits
    return next(visit for visit in visits if visit.infusion == infusion or (infusion == 1 and visit.day == 0))


def _refuse_further(
    state: State, participant: Participant, regimen: Regimen, command: c.StartInfusion
) -> Refused | None:
    """Further infusions keep their day, their interval, and wait for toxicity to pass."""
    first = participant.first_infusion_at
    assert first is not None
    visit = find_infusion_visit(state, regimen, command.infusion)
    day = protocol_day(command.happened_at, first)
    before = participant.infusions[command.infusion - 1].started_at
    if (
        not visit.first_day <= day <= visit.last_day
        or protocol_day(command.happened_at, before) < MIN_INTERVAL_D
    ):
        return refuse(
            f"schedules.{regimen.schedule}.{visit.key}",
            f"Infusion {command.infusion} would be given on Day {day}.",
            f"第 {command.infusion} 次输注将在第 {day} 天。",
            f"It is given on Day {visit.first_day} to {visit.last_day}, at least {MIN_INTERVAL_D} days after the "
            "one before; otherwise withhold it.",
            f"须在第 {visit.first_day} 至 {visit.last_day} 天，且距前次至少 {MIN_INTERVAL_D} 天；否则应停止输注。",
        )
    ongoing = next(
        (one.reported for one in participant.adverse_events.values() if _stops_infusion(one)), None
    )
    if participant.has_dlt or ongoing is not None:
        name = ongoing.preferred_term if ongoing else "a dose-limiting toxicity"
        name_zh = ongoing.preferred_term if ongoing else "剂量限制性毒性"
        return refuse(
            "schedules.recheck",
            f"{participant.code} has {name}.",
            f"{participant.code} 存在{name_zh}。",
            f"Infuse when CRS and ICANS are below grade {STOPPING_GRADE} and infections are over; after a DLT "
            "withhold the rest.",
            f"CRS 与 ICANS 低于 {STOPPING_GRADE} 级且感染已结束后方可输注；发生 DLT 后应停止后续输注。",
        )
    return None


def _stops_infusion(record: AdverseEventRecord) -> bool:
    """Whether an adverse event goes on that a further infusion waits for."""
    if record.ended is not None:
        return False
    if record.reported.category == "infection":
        return True
    is_graded = record.reported.category in STOPPING_CATEGORIES and bool(record.grades)
    return is_graded and record.grades[-1][1] >= STOPPING_GRADE


def decide_infusion_end(state: State, command: c.CompleteInfusion) -> Decided:
    """The cells that were given are no more than were released."""
    participant = find_participant(state, command.participant)
    if isinstance(participant, Refused):
        return participant
    infusion = participant.infusions.get(command.infusion)
    if infusion is None or infusion.completed_at is not None:
        return refuse(
            "product.infusion",
            f"Infusion {command.infusion} of {participant.code} is not running.",
            f"{participant.code} 的第 {command.infusion} 次输注未在进行。",
            "Start it first.",
            "请先开始输注。",
        )
    cells = read_decimal(command.cells_1e9)
    released = Decimal(participant.products[command.infusion][0].cells_1e9)
    if (
        isinstance(cells, NotDerived)
        or not 0 <= cells <= released
        or command.happened_at < infusion.started_at
    ):
        return refuse(
            "product.infusion",
            f"{command.cells_1e9} × 10⁹ cells ended {render_site_time(command.happened_at)} cannot be right.",
            f"{command.cells_1e9} × 10⁹ 个细胞、结束于 {render_site_time(command.happened_at)} 有误。",
            f"Between 0 and the {released} × 10⁹ cells released, and not before the start.",
            f"须在 0 与已放行的 {released} × 10⁹ 之间，且不早于开始时间。",
        )
    return [
        e.InfusionCompleted(
            participant=participant.code,
            infusion=command.infusion,
            cells_1e9=command.cells_1e9,
            happened_at=command.happened_at,
        )
    ]


def decide_withholding(state: State, command: c.WithholdInfusion) -> Decided:
    """The investigator stops further infusions, with the reason."""
    found = find_treated(state, command.participant)
    if isinstance(found, Refused):
        return found
    participant, regimen = found
    due = len(participant.infusions) + 1
    if participant.withheld_from is not None or not 1 < command.infusion == due <= len(regimen.infusion_days):
        return refuse(
            f"parts.{regimen.part}.regimens.{regimen.key}",
            f"Infusion {command.infusion} of {participant.code} cannot be withheld.",
            f"{participant.code} 的第 {command.infusion} 次输注不能停止。",
            "Only the next of several infusions can.",
            "只能停止多次输注中的下一次。",
        )
    return [
        e.InfusionWithheld(
            participant=participant.code,
            infusion=command.infusion,
            reason=command.reason,
            happened_at=command.happened_at,
        )
    ]
