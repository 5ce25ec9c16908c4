"""What a protocol says about the whole trial: its three parts, who may be treated in them, and how long they take.

The plan is the protocol's parts as the dose rules take them. It covers protocols with one part of single doses,
one part of multiple doses that the maximum tolerated single dose caps, and one expansion of its regimens.
"""

from decimal import Decimal

import msgspec

from firstdose.conduct.dose_rules import specify_design
from firstdose.design import DesignSpecification, check_specification
from firstdose.design.specification import UTILITY_RULES
from firstdose.protocol.resolved import Part, Protocol
from firstdose.terms.outcomes import Fault

DAYS_A_WEEK = 7


class PlannedLevel(msgspec.Struct, frozen=True):
    """A level of a part: a single dose, or a regimen of several infusions of one dose.

    ``n_infusions`` counts those inside the DLT window. ``observed_d`` is how long a participant is observed
    from the first infusion until they count: through the DLT window and after the last infusion. [d].
    """

    key: str
    cells_1e9: Decimal
    n_infusions: int
    observed_d: int


class EscalationPart(msgspec.Struct, frozen=True, kw_only=True):
    """A part with a dose rule; its levels lowest first, its stagger in days."""

    key: str
    design: DesignSpecification
    levels: tuple[PlannedLevel, ...]
    max_participants: int
    first_to_second_d: int
    next_d: int


class ToxicityLimit(msgspec.Struct, frozen=True):
    """A regimen is too toxic where Pr(rate > ``limit_rate``) > ``probability`` under a beta prior."""

    prior: tuple[Decimal, Decimal]
    limit_rate: Decimal
    probability: Decimal


class ExpansionPart(msgspec.Struct, frozen=True, kw_only=True):
    """The expansion of some regimens of the part before; ``cohort_size`` participants are wanted in each."""

    key: str
    cohort_size: int
    max_participants: int
    min_regimens: int
    max_regimens: int
    monitoring: ToxicityLimit | None
    window_d: int
    """Last day of the DLT window. [d]."""
    first_to_second_d: int
    next_d: int


class TrialPlan(msgspec.Struct, frozen=True, kw_only=True):
    """The whole trial: single doses, multiple doses capped by them, expansion; and the participants for it."""

    enrolment: int
    sad: EscalationPart
    mad: EscalationPart
    expansion: ExpansionPart
    follow_up_d: int
    site_keys: tuple[str, ...]


def plan_trial(protocol: Protocol) -> TrialPlan | list[Fault]:
    """The plan of a protocol's whole trial, or why it has none that is covered here.

    Parameters
    ----------
    protocol : Protocol
        Resolved and checked.
    """
    chosen, faults = {}, []
    for kind in ("single_dose", "multiple_dose", "expansion"):
        found = [part for part in protocol.parts if part.kind == kind]
        if len(found) != 1:
            faults.append(
                Fault(
                    what=f"the protocol has {len(found)} parts of kind {kind}; the whole trial is computed for one",
                    clause="parts",
                    next="leave one part of each kind",
                )
            )
        else:
            chosen[kind] = found[0]
    if faults:
        return faults
    sad, mad, expansion = chosen.values()
    for part, name, wanted in ((mad, "capped_by", sad.key), (expansion, "regimens_from", mad.key)):
        if getattr(part, name) != wanted:
            faults.append(
                Fault(
                    what=f"part {part.key} has {name} {getattr(part, name)!r} and not {wanted!r}",
                    why="the whole trial is computed for parts in sequence",
                    clause=f"parts.{part.key}.{name}",
                    next=f"write {wanted}",
                )
            )
    if faults:
        return faults
    plan = TrialPlan(
        enrolment=protocol.study.enrolment,
        sad=_plan_escalation(protocol, sad),
        mad=_plan_escalation(protocol, mad),
        expansion=_plan_expansion(expansion),
        follow_up_d=protocol.study.follow_up_weeks * DAYS_A_WEEK,
        site_keys=tuple(site.key for site in protocol.sites),
    )
    return check_plan(plan) or plan


def check_plan(plan: TrialPlan) -> list[Fault]:
    """Every bad value of a plan, one sentence each, all at once."""
    faults = []
    for part in (plan.sad, plan.mad):
        faults += [
            msgspec.structs.replace(fault, clause=f"parts.{part.key}.design.{fault.clause}")
            for fault in check_specification(part.design)
        ]
        if part.design.rule in UTILITY_RULES:
            faults.append(
                Fault(
                    what=f"the rule {part.design.rule} of part {part.key} reads responses, and a scenario has DLT rates",
                    clause=f"parts.{part.key}.design.rule",
                    next="choose a rule that decides on DLTs",
                )
            )
        if part.design.n_levels != len(part.levels):
            faults.append(
                Fault(
                    what=f"part {part.key} has {len(part.levels)} levels and its design {part.design.n_levels}",
                    clause=f"parts.{part.key}.design.n_levels",
                    next=f"write {len(part.levels)}",
                )
            )
    for clause, value in (
        ("study.enrolment", plan.enrolment),
        (f"parts.{plan.sad.key}.max_participants", plan.sad.max_participants),
        (f"parts.{plan.mad.key}.max_participants", plan.mad.max_participants),
        (f"parts.{plan.expansion.key}.max_participants", plan.expansion.max_participants),
        (f"parts.{plan.expansion.key}.cohort_size", plan.expansion.cohort_size),
        (f"parts.{plan.expansion.key}.min_regimens", plan.expansion.min_regimens),
    ):
        if value < 1:
            faults.append(
                Fault(
                    what=f"{clause.rsplit('.', 1)[-1]} is {value}, not a whole number of 1 or more",
                    clause=clause,
                    next="write 1 or more",
                )
            )
    if plan.expansion.max_regimens < plan.expansion.min_regimens:
        faults.append(
            Fault(
                what=f"max_regimens {plan.expansion.max_regimens} is below min_regimens {plan.expansion.min_regimens}",
                clause=f"parts.{plan.expansion.key}.max_regimens",
                next="make it as large at least",
            )
        )
    return faults


def find_cap(plan: TrialPlan, sad_level: int) -> int:
    """The highest regimen that an MTD of the single doses allows; 0 where it allows none.

    Parameters
    ----------
    plan : TrialPlan
    sad_level : int
        The MTD's level, from 1; 0 where there is no MTD.

    Source
    ------
    :func:`firstdose.conduct.cohorts.find_cap_level`, which reads the same rule off the record.
    """
    if sad_level == 0:
        return 0
    mtd_1e9 = plan.sad.levels[sad_level - 1].cells_1e9
    allowed = 0
    for level, regimen in enumerate(plan.mad.levels, start=1):
        if regimen.cells_1e9 > mtd_1e9:
            break
        allowed = level
    return allowed


def _plan_escalation(protocol: Protocol, part: Part) -> EscalationPart:
    assert part.design is not None, "a part of doses has a design; the protocol was checked"
    return EscalationPart(
        key=part.key,
        design=specify_design(part.design),
        levels=tuple(_plan_level(protocol, part, key) for key in part.regimens),
        max_participants=part.max_participants,
        first_to_second_d=part.stagger.first_to_second_d,
        next_d=part.stagger.next_d,
    )


def _plan_level(protocol: Protocol, part: Part, key: str) -> PlannedLevel:
    regimen, window = protocol.regimen_by_key[key], part.dlt_window
    return PlannedLevel(
        key=key,
        cells_1e9=regimen.cells_1e9,
        n_infusions=sum(window.window.has(day) for day in regimen.infusion_days),
        observed_d=max(window.last, regimen.infusion_days[-1] + part.observe_after_last_infusion_d),
    )


def _plan_expansion(part: Part) -> ExpansionPart:
    monitoring = part.monitoring
    return ExpansionPart(
        key=part.key,
        cohort_size=part.cohort_size,
        max_participants=part.max_participants,
        min_regimens=part.min_regimens or 1,
        max_regimens=part.max_regimens or 1,
        monitoring=None
        if monitoring is None
        else ToxicityLimit(monitoring.prior, monitoring.limit_rate, monitoring.probability),
        window_d=part.dlt_window.last,
        first_to_second_d=part.stagger.first_to_second_d,
        next_d=part.stagger.next_d,
    )
