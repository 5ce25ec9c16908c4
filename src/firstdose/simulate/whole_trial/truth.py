"""What is taken as true in a scenario: the DLT rates of single doses and of regimens.

The bridge from a single dose to a regimen has one parameter. A dose d with the DLT rate p_d has the cumulated
hazard h_d = -log(1 - p_d); the k-th infusion of a regimen adds h_d e^(g (k - 1)). So P(DLT | m infusions of d) =
1 - exp(-h_d (1 + e^g + ... + e^(g (m - 1)))): g = 0 is independence of the infusions, g < 0 tolerance, g > 0
accumulation.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import exp, inf, isfinite, log1p

import msgspec

from firstdose.simulate.episodes import dlt_probability
from firstdose.simulate.scenario import Scenario
from firstdose.simulate.whole_trial.plan import PlannedLevel, TrialPlan
from firstdose.terms.outcomes import Fault
from firstdose.terms.words import Text

MOST_GROWTH = 10.0
"""Beyond this g, either way, one infusion's hazard is more than 20 000 times another's: a slip of the pen."""


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario: true DLT rates, one per level, lowest first.

    ``growth`` is g of the bridge, the change of the log hazard from one infusion to the next; ``regimen_rates``
    take the bridge's place where they are given. ``trigger_rates``, one per single dose, are the probabilities
    that a participant without a DLT has an adverse event that ends titration; no such events if left out.
    """

    name: str
    single_dose_rates: tuple[float, ...]
    growth: float = 0.0
    regimen_rates: tuple[float, ...] | None = None
    trigger_rates: tuple[float, ...] | None = None


def check_truth(truth: Truth, plan: TrialPlan) -> list[Fault]:
    """Every bad value of a scenario, one sentence each, all at once."""
    faults = []
    for clause, rates, n_levels in (
        ("single_dose_rates", truth.single_dose_rates, plan.sad.design.n_levels),
        ("regimen_rates", truth.regimen_rates, plan.mad.design.n_levels),
        ("trigger_rates", truth.trigger_rates, plan.sad.design.n_levels),
    ):
        if rates is None:
            continue
        if len(rates) != n_levels:
            faults.append(
                _fault(
                    clause,
                    f"{clause} has {len(rates)} rates for {n_levels} levels",
                    f"write {n_levels} rates",
                )
            )
        faults += [
            _fault(
                clause,
                f"rate {place} of {clause} is {rate}, not between 0 and 1",
                "write a number from 0 to 1",
            )
            for place, rate in enumerate(rates, start=1)
            if not 0 <= rate <= 1
        ]
    if not (isfinite(truth.growth) and abs(truth.growth) <= MOST_GROWTH):
        faults.append(
            _fault(
                "growth",
                f"growth is {truth.growth}, not between {-MOST_GROWTH:g} and {MOST_GROWTH:g}",
                "write 0 for infusions that do not change each other's risk",
            )
        )
    if truth.regimen_rates is None:
        doses = {level.cells_1e9 for level in plan.sad.levels}
        faults += [
            _fault(
                "regimen_rates",
                f"regimen {regimen.key} gives {regimen.cells_1e9} × 10⁹ cells, which is no single dose of the trial",
                "give the rates of the regimens themselves",
            )
            for regimen in plan.mad.levels
            if regimen.cells_1e9 not in doses
        ]
    return faults


def _fault(clause: str, what: str, next_: str) -> Fault:
    return Fault(what=what, next=next_, clause=clause)


def compute_regimen_rate(single_dose_rate: float, n_infusions: int, growth: float) -> float:
    """P(DLT) of a regimen by the bridge.

    Parameters
    ----------
    single_dose_rate : float
        P(DLT) of one infusion of its dose, from 0 to 1.
    n_infusions : int
        Infusions inside the DLT window, 1 or more.
    growth : float
        g, the change of the log hazard from one infusion to the next.

    Source
    ------
    Methods page "The whole trial", section "From single doses to regimens".

    Examples
    --------
    >>> compute_regimen_rate(0.1, 1, 0.7)
    0.1
    >>> round(compute_regimen_rate(0.1, 3, 0.0), 6)  # 1 - 0.9 ** 3
    0.271
    """
    if n_infusions == 1:
        return single_dose_rate
    hazard = -log1p(-single_dose_rate) if single_dose_rate < 1 else inf
    if hazard == 0:
        return 0.0
    return 1 - exp(-hazard * sum(exp(growth * k) for k in range(n_infusions)))


def compute_regimen_rates(truth: Truth, plan: TrialPlan) -> tuple[float, ...]:
    """The true DLT rates of the regimens, lowest first: those that were given, or by the bridge."""
    if truth.regimen_rates is not None:
        return truth.regimen_rates
    rate_of = {
        level.cells_1e9: rate for level, rate in zip(plan.sad.levels, truth.single_dose_rates, strict=True)
    }
    return tuple(
        compute_regimen_rate(rate_of[regimen.cells_1e9], regimen.n_infusions, truth.growth)
        for regimen in plan.mad.levels
    )


def assume_rehearsed(plan: TrialPlan, scenario: Scenario) -> Truth:
    """The true rates of the virtual world in which a trial is rehearsed.

    Parameters
    ----------
    plan : TrialPlan
    scenario : Scenario
        As for the rehearsal.
    """

    def rate(level: PlannedLevel) -> float:
        return dlt_probability(scenario, [float(level.cells_1e9)] * level.n_infusions)

    return Truth(
        name="rehearsal",
        single_dose_rates=tuple(rate(level) for level in plan.sad.levels),
        regimen_rates=tuple(rate(level) for level in plan.mad.levels),
    )


def find_true_mtd(rates: Sequence[float], target_rate: float, overdose_rate: float) -> int:
    """The level that is right to select: the nearest to the target, the higher of two as near; from 1.

    0, no level, where even the lowest is an overdose.

    Examples
    --------
    >>> find_true_mtd((0.05, 0.10, 0.18, 0.25, 0.38, 0.50), 0.25, 0.33), find_true_mtd((0.45, 0.55), 0.25, 0.33)
    (4, 0)
    """
    if rates[0] > overdose_rate:
        return 0
    return min(range(len(rates), 0, -1), key=lambda level: abs(rates[level - 1] - target_rate))


def say_what_is_unusual(truth: Truth, regimen_rates: Sequence[float]) -> tuple[Text, ...]:
    """Remarks on a scenario that is allowed and may be a slip: rates that fall with the dose."""
    remarks = []
    for rates, words in (
        (truth.single_dose_rates, Text("single doses", "单次给药")),
        (regimen_rates, Text("regimens", "给药方案")),
    ):
        falls = [place + 1 for place, (low, high) in enumerate(pairwise(rates), start=1) if high < low]
        if falls:
            listed = ", ".join(str(level) for level in falls)
            remarks.append(
                Text(
                    f"The true DLT rates of the {words.en} fall at level {listed}: the rules assume that they rise.",
                    f"{words.zh}的真实DLT率在水平{listed}处下降，而剂量规则假定其随剂量上升。",
                )
            )
    return tuple(remarks)
