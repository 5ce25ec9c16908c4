"""How the whole trial depends on what is true and on how it is designed: one row per scenario and variant."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Literal

import msgspec
from msgspec import UNSET

from firstdose.design.exact.scenarios import OVERDOSE_RATE
from firstdose.design.rules.algorithmic import ALGORITHMIC
from firstdose.design.specification import COHORT_OF_THREE, SIX_AT_MTD
from firstdose.design.titles import TITLES
from firstdose.protocol.rule_names import RuleName
from firstdose.simulate.whole_trial.exact import compute_whole_trial
from firstdose.simulate.whole_trial.plan import EscalationPart, TrialPlan, check_plan
from firstdose.simulate.whole_trial.truth import Truth
from firstdose.terms.outcomes import Fault
from firstdose.terms.words import Text

SCENARIOS = {
    "A": (0.05, 0.10, 0.18, 0.25, 0.38, 0.50),
    "B": (0.01, 0.02, 0.03, 0.05, 0.08, 0.12),
    "C": (0.02, 0.03, 0.05, 0.08, 0.14, 0.25),
    "D": (0.12, 0.25, 0.40, 0.50, 0.60, 0.70),
    "E": (0.45, 0.55, 0.65, 0.75, 0.85, 0.90),
}
"""Curves of six single doses: A the target at the fourth, B all safe, C the target at the sixth, D at the second,
E all too toxic. B and E are assumed, as the reference gives only their ends."""

RULES: tuple[RuleName, ...] = ("boin", "three_plus_three", "i3_plus_3", "keyboard")
"""Rules that are compared."""
TARGET_RATES = (Decimal("0.20"), Decimal("0.25"), Decimal("0.30"))
"""Target rates that are compared."""
COHORT_SIZES = (2, 3, 4)
"""Cohort sizes that are compared."""
CAPS = (15, 18, 21, 24)
"""Most participants of the single doses that are compared."""
ENROLMENTS = (30, 42, 48)
"""Participants for the whole trial that are compared."""

PartName = Literal["sad", "mad"]


class Variant(msgspec.Struct, frozen=True):
    """A plan under a name, to be compared with others."""

    name: Text
    plan: TrialPlan


class SensitivityRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a variant does under a scenario; every number is exact.

    ``p_right_mtd`` and ``p_right_regimen`` are the probabilities of the selection that is right, none where even
    the lowest level is an overdose; ``p_mtd_overdose`` and ``p_regimen_overdose`` of one that is an overdose.
    """

    scenario: str
    growth: float
    variant: Text
    p_right_mtd: float
    p_mtd_overdose: float
    p_no_mtd: float
    p_right_regimen: float
    p_regimen_overdose: float
    p_no_regimen: float
    mean_n_sad: float
    mean_n_mad: float
    mean_n_expansion: float
    mean_n: float
    mean_n_dlt: float
    mean_n_overdose: float
    p_stops_for_toxicity: float
    p_complete: float
    p_not_enough: float


def list_scenarios(growths: Iterable[float] = (0.0,)) -> tuple[Truth, ...]:
    """The named curves, each with each growth of the hazard from infusion to infusion."""
    return tuple(
        Truth(name=name, single_dose_rates=rates, growth=growth)
        for growth in growths
        for name, rates in SCENARIOS.items()
    )


def vary_part(plan: TrialPlan, part: PartName, **changes: object) -> TrialPlan:
    """The plan with other values in the design of one part.

    A cap on participants is a cap on the part's places too; with a rule its options fall away, and a rule that
    knows one size of cohort gets it.

    Parameters
    ----------
    plan : TrialPlan
    part : {"sad", "mad"}
    **changes
        Fields of :class:`firstdose.design.DesignSpecification`.
    """
    changed: EscalationPart = getattr(plan, part)
    if changes.get("rule", changed.design.rule) != changed.design.rule:
        fields = msgspec.structs.fields(changed.design)
        changes = (
            {field.name: UNSET for field in fields if field.default is UNSET}
            | {"six_at_mtd": False}
            | changes
        )
    design = msgspec.structs.replace(changed.design, **changes)
    if design.rule in ALGORITHMIC:
        most = min(design.max_n_per_level, SIX_AT_MTD)
        design = msgspec.structs.replace(design, cohort_size=COHORT_OF_THREE, max_n_per_level=most)
    places = design.max_n if "max_n" in changes else changed.max_participants
    return msgspec.structs.replace(
        plan, **{part: msgspec.structs.replace(changed, design=design, max_participants=places)}
    )


def list_variants(plan: TrialPlan) -> tuple[Variant, ...]:
    """The plan as it is; then other rules, target rates and cohorts in both parts, other caps and enrolments.

    What a rule does not allow, such as a cohort of two under the 3+3, is left out.

    Parameters
    ----------
    plan : TrialPlan
    """
    base = plan.sad.design
    variants = [Variant(Text("as planned", "按方案"), plan)]
    variants += [
        Variant(Text(f"rule {TITLES[rule].en}", f"规则{TITLES[rule].zh}"), _vary_both(plan, rule=rule))
        for rule in RULES
        if rule != base.rule
    ]
    variants += [
        Variant(Text(f"target rate {rate}", f"目标DLT率 {rate}"), _vary_both(plan, target_rate=rate))
        for rate in TARGET_RATES
        if rate != base.target_rate
    ]
    variants += [
        Variant(Text(f"cohorts of {size}", f"队列规模 {size}"), _vary_both(plan, cohort_size=size))
        for size in COHORT_SIZES
        if size != base.cohort_size
    ]
    variants += [
        Variant(
            Text(f"at most {cap} single doses", f"单次给药最多{cap}例"),
            vary_part(plan, "sad", max_n=cap),
        )
        for cap in CAPS
        if cap != base.max_n
    ]
    variants += [
        Variant(
            Text(f"{enrolment} participants in all", f"全试验{enrolment}例"),
            msgspec.structs.replace(plan, enrolment=enrolment),
        )
        for enrolment in ENROLMENTS
    ]
    return tuple(
        variant
        for place, variant in enumerate(variants)
        if place == 0 or (variant.plan != plan and not check_plan(variant.plan))
    )


def _vary_both(plan: TrialPlan, **changes: object) -> TrialPlan:
    return vary_part(vary_part(plan, "sad", **changes), "mad", **changes)


def tabulate_sensitivity(
    variants: Sequence[Variant], truths: Sequence[Truth], *, overdose_rate: float = OVERDOSE_RATE
) -> tuple[SensitivityRow, ...] | list[Fault]:
    """Every variant under every scenario.

    Parameters
    ----------
    variants : sequence of Variant
        Such as those of :func:`list_variants`; the table has them in this order.
    truths : sequence of Truth
        Such as those of :func:`list_scenarios`; the first key of the order.
    overdose_rate : float
        A level with a higher true rate is an overdose.

    Returns
    -------
    tuple of SensitivityRow
    list of Fault
        All of them, each with its variant and scenario as its place.
    """
    rows, faults = [], []
    for truth in truths:
        for variant in variants:
            found = compute_whole_trial(variant.plan, truth, overdose_rate=overdose_rate)
            if isinstance(found, list):
                faults += [
                    msgspec.structs.replace(fault, file=f"{truth.name}, {variant.name.en}") for fault in found
                ]
                continue
            mtd_is_overdose = [rate > overdose_rate for rate in truth.single_dose_rates]
            regimen_is_overdose = [rate > overdose_rate for rate in found.regimen_rates]
            rows.append(
                SensitivityRow(
                    scenario=truth.name,
                    growth=truth.growth,
                    variant=variant.name,
                    p_right_mtd=found.p_sad_mtd[found.true_mtd],
                    p_mtd_overdose=_sum_where(found.p_sad_mtd[1:], mtd_is_overdose),
                    p_no_mtd=found.p_sad_mtd[0],
                    p_right_regimen=found.p_mad_regimen[found.true_regimen],
                    p_regimen_overdose=_sum_where(found.p_mad_regimen[1:], regimen_is_overdose),
                    p_no_regimen=found.p_mad_regimen[0],
                    mean_n_sad=found.sad.mean_n,
                    mean_n_mad=found.mad.mean_n,
                    mean_n_expansion=found.expansion.mean_n,
                    mean_n=found.mean_n,
                    mean_n_dlt=found.mean_n_dlt,
                    mean_n_overdose=found.mean_n_overdose,
                    p_stops_for_toxicity=found.p_stops_for_toxicity,
                    p_complete=dict(found.p_endings)["complete"],
                    p_not_enough=found.p_not_enough,
                )
            )
    return faults or tuple(rows)


def _sum_where(values: Sequence[float], chosen: Sequence[bool]) -> float:
    return float(sum(value for value, is_chosen in zip(values, chosen, strict=True) if is_chosen))
