"""Vital signs of possible clinical significance, for which CTCAE has no numbers."""

from decimal import Decimal
from typing import Literal

import msgspec

from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text

Measure = Literal[
    "systolic_mmhg",
    "diastolic_mmhg",
    "pulse_per_min",
    "respiratory_rate_per_min",
    "spo2_percent",
    "temperature_c",
    "weight_kg",
]


class SignificanceRule(msgspec.Struct, frozen=True, kw_only=True):
    """A flag: the value at its limit or beyond, with a change from baseline where one is asked for.

    ``change`` is a fall (negative) or rise (positive) from baseline; ``is_strict`` excludes the limit itself.
    """

    key: str
    measure: Measure
    label: Text
    limit: Decimal
    side: Literal["low", "high"]
    change: Decimal | None = None
    is_strict: bool = False


def _rule(
    measure: Measure,
    side: Literal["low", "high"],
    limit: str,
    label: Text,
    change: int | None = None,
    *,
    is_strict: bool = False,
) -> SignificanceRule:
    return SignificanceRule(
        key=f"{measure}_{side}",
        measure=measure,
        label=label,
        limit=Decimal(limit),
        side=side,
        change=None if change is None else Decimal(change),
        is_strict=is_strict,
    )


SIGNIFICANCE_RULES: tuple[SignificanceRule, ...] = (
    _rule("systolic_mmhg", "low", "90", Text("Low systolic pressure", "收缩压偏低"), -20),
    _rule("systolic_mmhg", "high", "160", Text("High systolic pressure", "收缩压偏高"), 20),
    _rule("diastolic_mmhg", "low", "50", Text("Low diastolic pressure", "舒张压偏低"), -15),
    _rule("diastolic_mmhg", "high", "100", Text("High diastolic pressure", "舒张压偏高"), 15),
    _rule("pulse_per_min", "low", "50", Text("Low pulse", "脉搏偏慢"), -15),
    _rule("pulse_per_min", "high", "120", Text("High pulse", "脉搏偏快"), 15),
    _rule(
        "respiratory_rate_per_min", "low", "10", Text("Low respiratory rate", "呼吸频率偏低"), is_strict=True
    ),
    _rule(
        "respiratory_rate_per_min",
        "high",
        "24",
        Text("High respiratory rate", "呼吸频率偏高"),
        is_strict=True,
    ),
    _rule("spo2_percent", "low", "92", Text("Low oxygen saturation", "血氧饱和度偏低"), is_strict=True),
    _rule("temperature_c", "high", "38.0", Text("High temperature", "体温偏高")),
)
"""Study settings: CTCAE has no limits for these, and none are invented as grades."""

WEIGHT_CHANGE_MIN = Decimal("0.07")
"""Of the baseline weight, up or down; equal is flagged."""
_WEIGHT_LABEL = Text("Weight change", "体重变化")


class SignificanceFlag(msgspec.Struct, frozen=True, kw_only=True):
    """A vital sign that may be clinically significant."""

    key: str
    label: Text
    value: Decimal
    baseline: Decimal | None


def derive_significance_flags(
    measure: Measure, value: Decimal, baseline: Decimal | None, *, is_on_room_air: bool = True
) -> tuple[SignificanceFlag, ...] | NotDerived:
    """Flags of one vital sign.

    Parameters
    ----------
    measure : Measure
        Which vital sign; its unit is in the name.
    value, baseline : Decimal
        Now, and before lymphodepletion.
    is_on_room_air : bool
        Oxygen saturation is flagged on room air only.

    Returns
    -------
    tuple of SignificanceFlag
        Empty when there is nothing to flag.
    NotDerived
        If the value is beyond a limit that also asks for a change, and there is no baseline.

    Examples
    --------
    >>> derive_significance_flags("systolic_mmhg", Decimal(90), Decimal(110))[0].key
    'systolic_mmhg_low'
    >>> derive_significance_flags("systolic_mmhg", Decimal(90), Decimal(109))
    ()
    """
    if measure == "weight_kg":
        return _weight_flags(value, baseline)
    if measure == "spo2_percent" and not is_on_room_air:
        return ()
    flags = []
    for rule in SIGNIFICANCE_RULES:
        if rule.measure != measure or not _is_beyond(value, rule):
            continue
        if rule.change is not None and baseline is None:
            return NotDerived("no_baseline", f"{rule.label.en} needs the change from baseline")
        if rule.change is None or baseline is None or _has_changed(value - baseline, rule.change):
            flags.append(SignificanceFlag(key=rule.key, label=rule.label, value=value, baseline=baseline))
    return tuple(flags)


def _is_beyond(value: Decimal, rule: SignificanceRule) -> bool:
    if value == rule.limit:
        return not rule.is_strict
    return value < rule.limit if rule.side == "low" else value > rule.limit


def _has_changed(change: Decimal, asked: Decimal) -> bool:
    return change <= asked if asked < 0 else change >= asked


def _weight_flags(value: Decimal, baseline: Decimal | None) -> tuple[SignificanceFlag, ...] | NotDerived:
    if baseline is None:
        return NotDerived("no_baseline", "weight change needs the baseline weight")
    if abs(value - baseline) < WEIGHT_CHANGE_MIN * baseline:
        return ()
    return (SignificanceFlag(key="weight_kg_change", label=_WEIGHT_LABEL, value=value, baseline=baseline),)
