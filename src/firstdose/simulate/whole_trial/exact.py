"""The whole trial before it starts, exactly: what may come of it under true DLT rates, with its probability.

The parts are composed: the single doses end in one of many ways; each allows some regimens and leaves some
places; under these the multiple doses end; what they select and leave is expanded. No number here is simulated.

Source
------
Methods page "The whole trial": P(regimen) is the sum over MTDs of P(MTD) P(regimen | what the MTD allows).
"""

import msgspec
import numpy as np
from msgspec import UNSET
from numpy.typing import NDArray

from firstdose.design import GraphTooLarge
from firstdose.design.exact.scenarios import OVERDOSE_RATE
from firstdose.design.specification import TITE_RULES
from firstdose.simulate.whole_trial.composition import (
    ENDINGS,
    EXPANSION,
    MAD,
    SAD,
    Composition,
    Ending,
    Sums,
)
from firstdose.simulate.whole_trial.plan import TrialPlan, check_plan
from firstdose.simulate.whole_trial.truth import (
    Truth,
    check_truth,
    compute_regimen_rates,
    find_true_mtd,
    say_what_is_unusual,
)
from firstdose.terms.outcomes import Fault
from firstdose.terms.words import Text

FOR_TOXICITY: tuple[Ending, ...] = ("no_single_dose_tolerated", "no_regimen_tolerated", "expansion_closed")
"""Endings that are an early end of the trial for toxicity."""


class PartOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What comes of a part, over all ways in which the trial may go; a part that never opens has nobody.

    ``p_n[k]`` and ``p_n_dlt[k]`` are the probabilities of k participants, and of k with a DLT; ``mean_...`` are
    expected numbers, per level, lowest first. ``p_not_enough`` is the probability that the part would have
    treated more participants than there were places.
    """

    p_n: tuple[float, ...]
    p_n_dlt: tuple[float, ...]
    mean_n_per_level: tuple[float, ...]
    mean_n_dlt_per_level: tuple[float, ...]
    mean_n: float
    mean_n_dlt: float
    mean_n_overdose: float
    p_not_enough: float


class WholeTrial(msgspec.Struct, frozen=True, kw_only=True):
    """The distribution of everything over the whole trial; every number is exact.

    ``p_sad_mtd`` and ``p_mad_regimen`` begin with the probability that none is selected, then one value per
    level, lowest first; ``p_together[i][j]`` is that of both. ``true_mtd`` and ``true_regimen`` are the levels
    that were right to select, 0 for none. ``p_expanded`` names the regimens expanded, the likeliest first.
    ``p_not_enough`` is the probability that the participants fall short somewhere: that a rule would have
    treated one more participant when no place was left in its part or in the study, or that the regimens
    chosen for expansion found fewer places than the plan wants for them.
    """

    truth: Truth
    regimen_rates: tuple[float, ...]
    true_mtd: int
    true_regimen: int
    p_sad_mtd: tuple[float, ...]
    p_mad_regimen: tuple[float, ...]
    p_together: tuple[tuple[float, ...], ...]
    p_expanded: tuple[tuple[tuple[str, ...], float], ...]
    sad: PartOutcome
    mad: PartOutcome
    expansion: PartOutcome
    p_n: tuple[float, ...]
    p_n_dlt: tuple[float, ...]
    mean_n: float
    mean_n_dlt: float
    p_endings: tuple[tuple[Ending, float], ...]
    p_stops_for_toxicity: float
    p_not_enough: float
    overdose_rate: float
    mean_n_overdose: float
    judged_every: int
    remarks: tuple[Text, ...]


def compute_whole_trial(
    plan: TrialPlan, truth: Truth, *, overdose_rate: float = OVERDOSE_RATE, judged_every: int = 1
) -> WholeTrial | list[Fault]:
    """The distribution of everything over the whole trial.

    Parameters
    ----------
    plan : TrialPlan
        Of :func:`firstdose.simulate.whole_trial.plan.plan_trial`, or changed from it.
    truth : Truth
    overdose_rate : float
        A level with a higher true rate is an overdose.
    judged_every : int
        Participants of an expanded regimen whose outcomes are known together: 1 where each is known before the
        next is treated, which closes a regimen soonest; the cohort's size where they are treated all at once.

    Returns
    -------
    WholeTrial
    list of Fault
        If a rate or a value of the plan is impossible, or a design has too many states to be exact.
    """
    faults = check_plan(plan) or check_truth(truth, plan)
    if not 0 <= overdose_rate <= 1:
        faults.append(
            Fault(
                what=f"overdose_rate is {overdose_rate}, not between 0 and 1",
                clause="overdose_rate",
                next="write a number from 0 to 1",
            )
        )
    if judged_every < 1:
        faults.append(
            Fault(
                what=f"judged_every is {judged_every}, not a whole number of 1 or more",
                clause="judged_every",
                next="write 1 or more",
            )
        )
    if faults:
        return faults
    rates = compute_regimen_rates(truth, plan)
    composition = Composition(plan, truth, rates, judged_every=judged_every)
    try:
        single_doses = composition.sum_up_single_doses()
        total, together = composition.sum_up_trial(single_doses)
    except GraphTooLarge as refused:
        return [Fault(what=str(refused), clause="design")]
    parts = [
        _describe(total, SAD, single_doses.means, truth.single_dose_rates, overdose_rate),
        _describe(total, MAD, total.means[0], rates, overdose_rate),
        _describe(total, EXPANSION, total.means[1], rates, overdose_rate),
    ]
    keys = [level.key for level in plan.mad.levels]
    by_ending = dict(zip(ENDINGS, total.p_endings.tolist(), strict=True))
    return WholeTrial(
        truth=truth,
        regimen_rates=rates,
        true_mtd=find_true_mtd(truth.single_dose_rates, float(plan.sad.design.target_rate), overdose_rate),
        true_regimen=find_true_mtd(rates, float(plan.mad.design.target_rate), overdose_rate),
        p_sad_mtd=tuple(together.sum(axis=1).tolist()),
        p_mad_regimen=tuple(total.p_regimen.tolist()),
        p_together=tuple(tuple(row) for row in together.tolist()),
        p_expanded=tuple(
            (tuple(keys[level - 1] for level in chosen), p)
            for chosen, p in sorted(total.p_expanded.items(), key=lambda one: (-one[1], one[0]))
            if p > 0
        ),
        sad=parts[SAD],
        mad=parts[MAD],
        expansion=parts[EXPANSION],
        p_n=tuple(total.p_n[-1].tolist()),
        p_n_dlt=tuple(total.p_n_dlt[-1].tolist()),
        mean_n=sum(part.mean_n for part in parts),
        mean_n_dlt=sum(part.mean_n_dlt for part in parts),
        p_endings=tuple(by_ending.items()),
        p_stops_for_toxicity=sum(by_ending[ending] for ending in FOR_TOXICITY),
        p_not_enough=max(0.0, 1 - float(total.p_short[-1])),
        overdose_rate=overdose_rate,
        mean_n_overdose=sum(part.mean_n_overdose for part in parts),
        judged_every=judged_every,
        remarks=(*say_what_is_unusual(truth, rates), *_say_what_is_left_out(plan)),
    )


def _say_what_is_left_out(plan: TrialPlan) -> tuple[Text, ...]:
    """Remarks on what the designs have and these numbers do not: time, and participants below the current level."""
    designs, remarks = (plan.sad.design, plan.mad.design), []
    if any(design.rule in TITE_RULES for design in designs):
        remarks.append(
            Text(
                "The dose rule reads how long participants were observed; here every DLT window is complete at a "
                "decision.",
                "该剂量规则利用参与者的观察时长；此处假定每次决策时所有DLT观察窗均已完成。",
            )
        )
    if any(design.backfill is not UNSET for design in designs):
        remarks.append(
            Text(
                "Participants who are backfilled at lower levels are not counted here.",
                "此处未计入在较低水平回填入组的参与者。",
            )
        )
    return tuple(remarks)


def _describe(
    total: Sums, row: int, means: NDArray[np.float64], rates: tuple[float, ...], overdose_rate: float
) -> PartOutcome:
    n, n_dlt = means
    return PartOutcome(
        p_n=tuple(total.p_n[row].tolist()),
        p_n_dlt=tuple(total.p_n_dlt[row].tolist()),
        mean_n_per_level=tuple(n.tolist()),
        mean_n_dlt_per_level=tuple(n_dlt.tolist()),
        mean_n=float(n.sum()),
        mean_n_dlt=float(n_dlt.sum()),
        mean_n_overdose=float(n[np.array(rates) > overdose_rate].sum()),
        p_not_enough=float(total.p_short[row]),
    )
