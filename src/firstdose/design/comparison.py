"""One design beside another: the same guards under another rule, and which selection is the right one."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec
import numpy as np
from msgspec import UNSET, UnsetType
from numpy.typing import NDArray

from firstdose.design.exact.scenarios import OVERDOSE_RATE, ScenarioCharacteristics
from firstdose.design.model_rules import CRM_RULES
from firstdose.design.rules.algorithmic import ALGORITHMIC
from firstdose.design.rules.crm_specification import CrmSpecification
from firstdose.design.rules.skeleton import SKELETON_DIGITS, compute_skeleton
from firstdose.design.specification import (
    BOIN_RULES,
    INTERVAL_RULES,
    MODEL_RULES,
    TITE_RULES,
    DesignSpecification,
)
from firstdose.design.titles import TITLES
from firstdose.protocol.rule_names import RuleName
from firstdose.terms.words import Text

COUNT_RULES: tuple[RuleName, ...] = (
    "boin",
    "three_plus_three",
    "i3_plus_3",
    "keyboard",
    "mtpi_2",
    "mtpi",
    "tpi",
    "rolling_six",
)
"""Rules that decide on the counts at the current level, in the order of a comparison."""

CRM_HALF_WIDTH = Decimal("0.05")
"""Of every indifference interval of a CRM beside a rule without a model: the margin of the interval designs."""
_GUARDS_OF_COUNT_RULES = ("overdose_cap",)
"""Options that are guards where a rule has no model."""
_GUARDS_OF_ALL = ("stop_when_n_at_level",)


def specify_rule(spec: DesignSpecification, rule: RuleName) -> DesignSpecification:
    """The same guards under another rule; what only the first rule reads is left out.

    A CRM beside a rule without a model gets the power model whose every indifference interval is the target plus and
    minus ``CRM_HALF_WIDTH``, with the middle level as prior MTD (of two, the lower). Where there is no such model, as
    for the BLRM, whose doses and prior cannot be guessed, :func:`firstdose.design.check_specification` says so.

    Parameters
    ----------
    spec : DesignSpecification
    rule : str
        The other rule; the specification itself if it is its own.

    Examples
    --------
    >>> spec = DesignSpecification(
    ...     rule="boin", n_levels=6, target_rate="0.25", max_n=18, max_n_per_level=9, mtd_min_n=6,
    ...     extra_safe_offset="0.05",
    ... )
    >>> other = specify_rule(spec, "three_plus_three")
    >>> other.rule, other.max_n, other.extra_safe_offset
    ('three_plus_three', 18, None)
    """
    if rule == spec.rule:
        return spec
    without_offset = rule in ALGORITHMIC or rule in MODEL_RULES
    kept = {*_GUARDS_OF_ALL, *(() if rule in MODEL_RULES else _GUARDS_OF_COUNT_RULES)}
    if rule in INTERVAL_RULES and spec.rule in INTERVAL_RULES:
        kept.add("equivalence_interval")
    if rule in BOIN_RULES and spec.rule in BOIN_RULES:
        kept |= {"mtd_at_most_lambda_d", "backfill"}
    if rule in TITE_RULES and spec.rule in TITE_RULES:
        kept.add("tite")
    left_out = {
        field.name: UNSET
        for field in msgspec.structs.fields(spec)
        if field.default is UNSET and field.name not in kept
    }
    if rule in CRM_RULES:
        left_out["crm"] = spec.crm if spec.rule in CRM_RULES else _assume_crm(spec)
    return msgspec.structs.replace(
        spec,
        rule=rule,
        extra_safe_offset=None if without_offset else spec.extra_safe_offset,
        six_at_mtd=spec.six_at_mtd and rule in ALGORITHMIC,
        **left_out,
    )


def _assume_crm(spec: DesignSpecification) -> CrmSpecification | UnsetType:
    """The model of a CRM of which nothing is known but its target and its levels; UNSET where there is none."""
    try:
        skeleton = compute_skeleton(
            half_width=float(CRM_HALF_WIDTH),
            target_rate=float(spec.target_rate),
            prior_mtd=(spec.n_levels + 1) // 2,
            n_levels=spec.n_levels,
        )
    except ValueError:
        return UNSET
    return CrmSpecification(
        skeleton=tuple(Decimal(f"{rate:.{SKELETON_DIGITS}f}") for rate in skeleton),
        target_rate=spec.target_rate,
    )


def say_what_is_assumed(spec: DesignSpecification, own: DesignSpecification) -> tuple[Text, ...]:
    """What the characteristics of a rule rest on that its design does not say.

    Parameters
    ----------
    spec : DesignSpecification
        The rule that is told.
    own : DesignSpecification
        The part's own design, from which :func:`specify_rule` made it; the same where it is told for itself.

    Examples
    --------
    >>> own = DesignSpecification(
    ...     rule="boin", n_levels=3, target_rate="0.25", max_n=18, max_n_per_level=9, mtd_min_n=6
    ... )
    >>> print(say_what_is_assumed(specify_rule(own, "crm"), own)[0].en)
    CRM: power model, skeleton 0.157, 0.250, 0.354 (indifference intervals of 0.25 ± 0.05, prior MTD at level 2).
    """
    title, remarks = TITLES[spec.rule], []
    if spec.crm is not UNSET and spec.crm != own.crm:
        rates = ", ".join(f"{rate:.3f}" for rate in spec.crm.skeleton)
        prior, interval = (spec.n_levels + 1) // 2, f"{spec.target_rate} ± {CRM_HALF_WIDTH}"
        remarks.append(
            Text(
                f"{title.en}: power model, skeleton {rates} (indifference intervals of {interval}, prior MTD at level "
                f"{prior}).",
                f"{title.zh}：幂模型，骨架{rates}（无差异区间{interval}，先验MTD为第{prior}水平）。",
            )
        )
    if spec.rule in TITE_RULES:
        remarks.append(
            Text(
                f"{title.en}: with complete windows, every participant being observed to the end before a decision.",
                f"{title.zh}：按观察窗完整计算，每次决策前所有参与者均已完成观察。",
            )
        )
    if spec.backfill is not UNSET:
        remarks.append(
            Text(
                f"{title.en}: participants who are backfilled at lower levels are not counted here.",
                f"{title.zh}：此处未计入在较低水平回填入组的参与者。",
            )
        )
    return tuple(remarks)


def find_correct_levels(
    true_rates: Sequence[float], target_rate: Decimal, *, overdose_rate: float = OVERDOSE_RATE
) -> tuple[int, ...]:
    """The levels whose selection is correct: those with the true DLT rate closest to the target.

    Levels that are equally close are all correct. Where even the lowest true rate exceeds ``overdose_rate``,
    no level is, and selecting none is correct. Distances are compared exactly, as the rates are written.

    Examples
    --------
    >>> find_correct_levels([0.05, 0.15, 0.35, 0.5], Decimal("0.25"))
    (2, 3)
    >>> find_correct_levels([0.4, 0.5, 0.6, 0.7], Decimal("0.25"))
    ()
    """
    if min(true_rates) > overdose_rate:
        return ()
    distances = [abs(Decimal(repr(float(rate))) - target_rate) for rate in true_rates]
    return tuple(level for level, far in enumerate(distances, start=1) if far == min(distances))


def compute_p_correct(
    found: ScenarioCharacteristics,
    true_rates: NDArray[np.float64],
    target_rate: Decimal,
    *,
    overdose_rate: float = OVERDOSE_RATE,
) -> NDArray[np.float64]:
    """The probability of a correct selection in each scenario; see :func:`find_correct_levels`.

    Parameters
    ----------
    found : ScenarioCharacteristics
    true_rates : array of float, scenarios by levels
    target_rate : Decimal
    overdose_rate : float
        A lowest true rate above it makes selecting none correct.
    """
    p_correct = np.empty(len(true_rates))
    for place, rates in enumerate(true_rates):
        levels = find_correct_levels(rates.tolist(), target_rate, overdose_rate=overdose_rate)
        chosen = [level - 1 for level in levels]
        p_correct[place] = found.p_selected[place, chosen].sum() if chosen else found.p_none[place]
    return p_correct
