"""What each rule writes into one cell of the decision table: y participants with a DLT out of n at a level."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from firstdose.design.rules import boin, i3_plus_3, keyboard, mtpi, rolling_six, three_plus_three, tpi
from firstdose.design.specification import DesignSpecification, OverdoseCap
from firstdose.design.stepping import DE_ESCALATE, ESCALATE, STAY

ACTIONS = {
    "rate_at_or_below_escalation_boundary": ESCALATE,
    "rate_between_boundaries": STAY,
    "rate_at_or_above_de_escalation_boundary": DE_ESCALATE,
    "cohort_incomplete": STAY,
    "no_dlt_in_three": ESCALATE,
    "one_dlt_in_three": STAY,
    "at_most_one_dlt_in_six": ESCALATE,
    "two_or_more_dlt": DE_ESCALATE,
    "no_dlt_in_rolling": ESCALATE,
    "one_dlt_in_rolling": STAY,
    "rate_below_interval": ESCALATE,
    "rate_in_interval": STAY,
    "rate_above_interval_by_one_dlt": STAY,
    "rate_above_interval": DE_ESCALATE,
    "mass_below_interval": ESCALATE,
    "mass_in_interval": STAY,
    "mass_above_interval": DE_ESCALATE,
}
"""What a rule recommends for each of its reasons."""


class Cell(NamedTuple):
    """The action and its reason, whether the level is closed for good, and whether level 1 stops the part."""

    action: int
    reason: str
    eliminated: bool = False
    stops_at_lowest: bool = False


Reason = Callable[[DesignSpecification, int, int], str]


def _boin(spec: DesignSpecification, n: int, n_dlt: int) -> str:
    target = spec.target_rate
    if boin.is_at_or_above_de_escalation_boundary(
        n, n_dlt, target_rate=target, p2=spec.boin_p2_ratio * target
    ):
        return "rate_at_or_above_de_escalation_boundary"
    if boin.is_at_or_below_escalation_boundary(n, n_dlt, target_rate=target, p1=spec.boin_p1_ratio * target):
        return "rate_at_or_below_escalation_boundary"
    return "rate_between_boundaries"


def _i3_plus_3(spec: DesignSpecification, n: int, n_dlt: int) -> str:
    low, high = spec.interval
    return i3_plus_3.assign_reason(n, n_dlt, low=low, high=high)


def _keyboard(spec: DesignSpecification, n: int, n_dlt: int) -> str:
    low, high = spec.interval
    return keyboard.assign_reason(n, n_dlt, low=low, high=high)


def _mtpi(spec: DesignSpecification, n: int, n_dlt: int) -> str:
    low, high = spec.interval
    return mtpi.assign_reason(n, n_dlt, low=low, high=high)


def _tpi(spec: DesignSpecification, n: int, n_dlt: int) -> str:
    k1, k2 = spec.tpi_deviations
    return tpi.assign_reason(n, n_dlt, target_rate=spec.target_rate, k1=k1, k2=k2)


_RATE_RULES: Mapping[str, Reason] = {
    "boin": _boin,
    "tite_boin": _boin,
    "i3_plus_3": _i3_plus_3,
    "keyboard": _keyboard,
    "mtpi_2": _keyboard,
    "mtpi": _mtpi,
    "tpi": _tpi,
}
_COUNTING_RULES: Mapping[str, Callable[[int, int], str]] = {
    "three_plus_three": three_plus_three.assign_reason,
    "rolling_six": rolling_six.assign_reason,
}


def compile_cell(spec: DesignSpecification, n: int, n_dlt: int) -> Cell:
    """The rule's cell, with elimination and the overdose cap."""
    if n == 0:
        return Cell(STAY, "no_one_treated")
    cell = _counting_cell(spec, n, n_dlt) if spec.rule in _COUNTING_RULES else _rate_cell(spec, n, n_dlt)
    cap = spec.overdose_cap
    if (
        isinstance(cap, OverdoseCap)
        and not cell.eliminated
        and boin.is_excessively_toxic(n, n_dlt, target_rate=cap.rate, probability=cap.probability)
    ):
        return Cell(DE_ESCALATE, "above_overdose_cap", eliminated=True, stops_at_lowest=True)
    return cell


def _rate_cell(spec: DesignSpecification, n: int, n_dlt: int) -> Cell:
    target, probability = spec.target_rate, spec.elimination_probability
    if boin.is_excessively_toxic(n, n_dlt, target_rate=target, probability=probability):
        return Cell(DE_ESCALATE, "excessive_toxicity", eliminated=True, stops_at_lowest=True)
    reason = _RATE_RULES[spec.rule](spec, n, n_dlt)
    stops = boin.is_excessively_toxic(
        n, n_dlt, target_rate=target, probability=probability - (spec.extra_safe_offset or 0)
    )
    return Cell(ACTIONS[reason], reason, stops_at_lowest=stops)


def _counting_cell(spec: DesignSpecification, n: int, n_dlt: int) -> Cell:
    reason = _COUNTING_RULES[spec.rule](n, n_dlt)
    is_closed = reason == "two_or_more_dlt"
    return Cell(ACTIONS[reason], reason, eliminated=is_closed, stops_at_lowest=is_closed)
