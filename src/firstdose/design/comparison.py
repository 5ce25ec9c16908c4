"""One design beside another: the same guards under another rule, and which selection is the right one."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec
import numpy as np
from msgspec import UNSET
from numpy.typing import NDArray

from firstdose.design.exact.scenarios import OVERDOSE_RATE, ScenarioCharacteristics
from firstdose.design.rules.algorithmic import ALGORITHMIC
from firstdose.design.specification import INTERVAL_RULES, MODEL_RULES, DesignSpecification, RuleName

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

_GUARDS_OF_COUNT_RULES = ("overdose_cap",)
"""Options that are guards where a rule has no model."""
_GUARDS_OF_ALL = ("stop_when_n_at_level",)


def specify_rule(spec: DesignSpecification, rule: RuleName) -> DesignSpecification:
    """The same guards under another rule; what only the first rule reads is left out.

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
    left_out = {
        field.name: UNSET
        for field in msgspec.structs.fields(spec)
        if field.default is UNSET and field.name not in kept
    }
    return msgspec.structs.replace(
        spec,
        rule=rule,
        extra_safe_offset=None if without_offset else spec.extra_safe_offset,
        six_at_mtd=spec.six_at_mtd and rule in ALGORITHMIC,
        **left_out,
    )


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
