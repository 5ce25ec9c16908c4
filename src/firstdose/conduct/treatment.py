"""Who may be treated, lymphodepletion, and the release of the product."""

from firstdose.conduct import commands as c
from firstdose.conduct.cohorts import refuse_paused
from firstdose.conduct.enrolment import refuse_without_consent
from firstdose.conduct.refusals import Decided, find_participant, refuse, refuse_leaver
from firstdose.protocol.resolved import Regimen
from firstdose.record import events as e
from firstdose.record.state import Participant, State
from firstdose.terms.calendar import protocol_day, render_site_time
from firstdose.terms.measures import read_decimal
from firstdose.terms.outcomes import NotDerived, Refused


def find_treated(state: State, code: str) -> tuple[Participant, Regimen] | Refused:
    """The participant with a regimen who may be treated now, or the refusal."""
    participant = find_participant(state, code)
    if isinstance(participant, Refused):
        return participant
    refused = refuse_leaver(participant) or refuse_without_consent(participant)
    if refused:
        return refused
    if participant.eligible_at is None:
        return refuse(
            "eligibility.criteria",
            f"The eligibility of {code} is not confirmed.",
            f"{code} 的入选资格尚未确认。",
            "The investigator confirms every criterion.",
            "由研究者确认每一条标准。",
        )
    regimen = state.regimen_of(participant)
    if regimen is None:
        return refuse(
            "parts.slots",
            f"{code} has no place in a cohort.",
            f"{code} 未占有队列名额。",
            "Reserve a place in an open cohort first.",
            "请先在开放的队列中预留名额。",
        )
    return participant, regimen


def decide_lymphodepletion(state: State, command: c.GiveLymphodepletion) -> Decided:
    """The days of lymphodepletion follow each other; the first starts within the screening period."""
    found = find_treated(state, command.participant)
    if isinstance(found, Refused):
        return found
    participant, _ = found
    if state.paused_because and not participant.lymphodepletion:
        return refuse_paused(state)
    plan = state.protocol.lymphodepletion
    given = [record.planned_day for record in participant.lymphodepletion]
    expected = plan.days[len(given)] if len(given) < len(plan.days) else None
    if participant.infusions or command.planned_day != expected:
        due = "none" if expected is None or participant.infusions else f"Day {expected}"
        return refuse(
            "lymphodepletion.days",
            f"Lymphodepletion of Day {command.planned_day} is not due for {participant.code}; due: {due}.",
            f"{participant.code} 目前不应给予第 {command.planned_day} 天的清淋；应给予：{due}。",
            f"The days are {', '.join(map(str, plan.days))}, in this order, before the first infusion.",
            f"清淋日依次为 {'、'.join(map(str, plan.days))}，均在首次输注之前。",
        )
    drugs = {drug.key for drug in plan.drugs}
    doses = {key: read_decimal(text) for key, text in command.doses_mg.items()}
    if set(doses) != drugs or any(isinstance(dose, NotDerived) or dose <= 0 for dose in doses.values()):
        listed = ", ".join(sorted(drugs))
        return refuse(
            "lymphodepletion.drugs",
            f"Lymphodepletion needs a dose in mg of each of: {listed}.",
            f"清淋须填写每种药物的剂量（mg）：{listed}。",
            "Give each drug its dose, a number above 0.",
            "请为每种药物填写大于 0 的剂量。",
        )
    refused = _refuse_order(participant, command)
    if refused:
        return refused
    screening_d = state.protocol.eligibility.screening_d
    assert participant.consented_at is not None
    waited = protocol_day(command.happened_at, participant.consented_at)
    if not given and waited > screening_d:
        return refuse(
            "eligibility.screening",
            f"Screening of {participant.code} is {waited} days old; it holds for {screening_d} days.",
            f"{participant.code} 的筛选距今 {waited} 天，有效期为 {screening_d} 天。",
            "Screen again.",
            "请重新筛选。",
        )
    return [
        e.LymphodepletionGiven(
            participant=participant.code,
            happened_at=command.happened_at,
            planned_day=command.planned_day,
            doses_mg=command.doses_mg,
        )
    ]


def _refuse_order(participant: Participant, command: c.GiveLymphodepletion) -> Refused | None:
    """Lymphodepletion comes after consent and eligibility, and its days are as far apart as planned."""
    assert participant.consented_at is not None
    assert participant.eligible_at is not None
    if command.happened_at < max(participant.consented_at, participant.eligible_at):
        at = render_site_time(command.happened_at)
        return refuse(
            "eligibility.consent",
            f"{participant.code} had not consented, or was not found eligible, on {at}.",
            f"{at} 时 {participant.code} 尚未知情同意或尚未确认入选资格。",
            "Lymphodepletion follows consent and eligibility.",
            "清淋须在知情同意和入选确认之后进行。",
        )
    if not participant.lymphodepletion:
        return None
    before = participant.lymphodepletion[-1]
    apart, planned = (
        protocol_day(command.happened_at, before.happened_at),
        command.planned_day - before.planned_day,
    )
    if apart >= planned:
        return None
    return refuse(
        "lymphodepletion.days",
        f"Lymphodepletion of Day {command.planned_day} comes {apart} days after that of Day {before.planned_day}.",
        f"第 {command.planned_day} 天的清淋距第 {before.planned_day} 天的清淋仅 {apart} 天。",
        f"It comes {planned} days after it, or later.",
        f"须间隔至少 {planned} 天。",
    )


def decide_product_release(state: State, command: c.ReleaseProduct) -> Decided:
    """A lot is released for one infusion, with no more cells than the regimen gives."""
    found = find_treated(state, command.participant)
    if isinstance(found, Refused):
        return found
    participant, regimen = found
    cells = read_decimal(command.cells_1e9)
    if isinstance(cells, NotDerived) or not 0 < cells <= regimen.cells_1e9:
        return refuse(
            f"parts.{regimen.part}.regimens.{regimen.key}",
            f"A lot of {command.cells_1e9} × 10⁹ cells cannot be released for {regimen.key}.",
            f"{command.cells_1e9} × 10⁹ 个细胞的批次不能用于 {regimen.key}。",
            f"More than 0 and no more than {regimen.cells_1e9} × 10⁹ cells.",
            f"须大于 0 且不超过 {regimen.cells_1e9} × 10⁹ 个细胞。",
        )
    due = len(participant.infusions) + 1
    if command.infusion != due or due > len(regimen.infusion_days):
        return refuse(
            f"parts.{regimen.part}.regimens.{regimen.key}",
            f"Infusion {command.infusion} of {participant.code} is not the next one.",
            f"第 {command.infusion} 次输注不是 {participant.code} 的下一次输注。",
            f"The next of {len(regimen.infusion_days)} infusions is number {due}.",
            f"共 {len(regimen.infusion_days)} 次输注，下一次为第 {due} 次。",
        )
    return [
        e.ProductReleased(
            participant=participant.code,
            infusion=command.infusion,
            lot=command.lot,
            cells_1e9=command.cells_1e9,
            viability_percent=command.viability_percent,
            happened_at=command.happened_at,
        )
    ]
