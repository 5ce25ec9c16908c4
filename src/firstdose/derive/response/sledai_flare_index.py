"""SELENA-SLEDAI flare index (SFI): no flare, mild or moderate, severe; any criterion suffices, severe first.

The upper limits of the mild column (SLEDAI not above 12, prednisone not above 0.5 mg/kg, PGA not above 2.5)
need no test of their own: a rise beyond them is a severe criterion, and severe comes first.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Literal, get_args

import msgspec

from firstdose.derive.response.lldas import FlareIndex
from firstdose.derive.response.pga import SCALE_MAX
from firstdose.derive.response.sledai import Sledai
from firstdose.terms.outcomes import NotDerived

SLEDAI_RISE_MIN = 3
SLEDAI_SEVERE_ABOVE = 12
PGA_RISE_MIN = Decimal("1.0")
PGA_SEVERE_ABOVE = Decimal("2.5")
PREDNISONE_SEVERE_ABOVE_MG_PER_KG_PER_DAY = Decimal("0.5")
PLATELETS_BELOW_10E9_PER_L = Decimal(60)
HAEMOGLOBIN_BELOW_G_PER_L = Decimal(70)
HAEMOGLOBIN_FALL_ABOVE_G_PER_L = Decimal(30)
FLARE_AFTER_REMISSION_RISE = 4
"""SLEDAI-2K points from the last assessment in remission; project convention P-SFI-3."""

MildSign = Literal[
    "discoid",
    "photosensitive",
    "profundus",
    "cutaneous_vasculitis",
    "bullous",
    "nasopharyngeal_ulcers",
    "pleuritis",
    "pericarditis",
    "arthritis",
    "fever",
]
SevereSign = Literal["cns", "vasculitis", "nephritis", "myositis", "thrombocytopenia", "haemolytic_anaemia"]
MILD_SIGNS: tuple[MildSign, ...] = get_args(MildSign)
SEVERE_SIGNS: tuple[SevereSign, ...] = get_args(SevereSign)

AddedClass = Literal["nsaid", "antimalarial", "immunosuppressive", "biologic", "other"]
AddedFor = Literal["sle_activity", "lymphodepletion", "other"]
MILD_CLASSES: frozenset[AddedClass] = frozenset({"nsaid", "antimalarial"})
SEVERE_CLASSES: frozenset[AddedClass] = frozenset({"immunosuppressive", "biologic"})


class AddedDrug(msgspec.Struct, frozen=True, kw_only=True):
    """A drug that is new since the compared assessment; ``added_for`` is None when the reason is unknown.

    The study product is no added drug. Lymphodepletion is added for itself, never for SLE activity (P-SFI-1).
    """

    drug: str
    drug_class: AddedClass
    added_for: AddedFor | None


class FlareState(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of one assessment that the index compares."""

    sledai: Sledai
    pga: Decimal | None
    prednisone_mg_per_day: Fraction | NotDerived


class FlareFindings(msgspec.Struct, frozen=True, kw_only=True):
    """What is new or worse since the compared assessment; None, or a sign not given, was not assessed.

    ``severe_sign_needed_more`` says whether a severe sign required doubling of prednisone, prednisone above
    0.5 mg/kg a day, or admission; ``added`` is None when new drugs were not recorded.
    """

    mild_signs: Mapping[MildSign, bool | None]
    severe_signs: Mapping[SevereSign, bool | None]
    severe_sign_needed_more: bool | None
    added: tuple[AddedDrug, ...] | None
    was_admitted_for_activity: bool | None


class SledaiFlareIndex(msgspec.Struct, frozen=True, kw_only=True):
    """The index as LLDAS reads it, with the criteria that were met and those that are open."""

    index: FlareIndex
    severe_met: tuple[str, ...]
    mild_met: tuple[str, ...]
    not_derived: tuple[str, ...]


def derive_flare_index(
    before: FlareState,
    now: FlareState,
    findings: FlareFindings,
    *,
    weight_kg: Decimal | None,
    compared_with: Literal["previous", "baseline"] = "previous",
) -> SledaiFlareIndex:
    """The flare index of an assessment against an earlier one.

    Parameters
    ----------
    before, now : FlareState
        The compared assessment (the one before, or baseline), and this one.
    findings : FlareFindings
        New or worse since ``before``.
    weight_kg : Decimal or None
        For prednisone per kg; None leaves a rise of prednisone between mild and severe.
    compared_with : "previous" or "baseline"
        Which assessment ``before`` is; handed on to LLDAS, whose rules ask for one of them.

    Returns
    -------
    SledaiFlareIndex
        Severe if any severe criterion is known to be met; mild or moderate if all severe ones are known not
        to be met and a mild one is; none if all are known not to be met; otherwise NotDerived.

    Source
    ------
    Petri M et al. N Engl J Med 2005;353:2550-2558. SLEDAI-2K is used for SELENA-SLEDAI (P-SFI-2).
    """
    severe = {
        "sledai_above_12": _sledai_is_severe(before.sledai, now.sledai),
        "severe_sign": _all_three(
            [_any_three(map(findings.severe_signs.get, SEVERE_SIGNS)), findings.severe_sign_needed_more]
        ),
        "prednisone_above_limit": _prednisone_is_severe(before, now, weight_kg),
        "immunosuppressant_or_biologic": _was_added(findings.added, SEVERE_CLASSES),
        "admission": findings.was_admitted_for_activity,
        "pga_above_limit": _pga_is_severe(before.pga, now.pga),
    }
    mild = {
        "sledai_rise": _sledai_rose(before.sledai, now.sledai, SLEDAI_RISE_MIN),
        "mild_sign": _any_three(map(findings.mild_signs.get, MILD_SIGNS)),
        "prednisone_rise": _prednisone_rose(before, now),
        "nsaid_or_antimalarial": _was_added(findings.added, MILD_CLASSES),
        "pga_rise": _pga_rose(before.pga, now.pga),
    }
    return SledaiFlareIndex(
        index=FlareIndex(flare=_combine(severe, mild), compared_with=compared_with),
        severe_met=tuple(name for name, met in severe.items() if met),
        mild_met=tuple(name for name, met in mild.items() if met),
        not_derived=tuple(name for name, met in (*severe.items(), *mild.items()) if met is None),
    )


def derive_thrombocytopenia_sign(platelets_10e9_per_l: Decimal | None) -> bool | None:
    """Whether platelets are below 60 x 10^9/L; exactly 60 is not."""
    return None if platelets_10e9_per_l is None else platelets_10e9_per_l < PLATELETS_BELOW_10E9_PER_L


def derive_haemolytic_anaemia_sign(
    *,
    has_haemolysis: bool | None,
    haemoglobin_g_per_l: Decimal | None,
    previous_haemoglobin_g_per_l: Decimal | None,
) -> bool | None:
    """Whether haemolysis brought haemoglobin below 70 g/L, or down by more than 30 g/L."""
    is_low, fell = None, None
    if haemoglobin_g_per_l is not None:
        is_low = haemoglobin_g_per_l < HAEMOGLOBIN_BELOW_G_PER_L
        if previous_haemoglobin_g_per_l is not None:
            fell = previous_haemoglobin_g_per_l - haemoglobin_g_per_l > HAEMOGLOBIN_FALL_ABOVE_G_PER_L
    return _all_three([has_haemolysis, _any_three([is_low, fell])])


def derive_flare_after_remission(
    in_remission: Sledai, now: Sledai, flare: FlareIndex, *, rise: int = FLARE_AFTER_REMISSION_RISE
) -> bool | NotDerived:
    """Whether there is a flare after remission: by the index, or by a rise of SLEDAI-2K.

    Parameters
    ----------
    in_remission, now : Sledai
        At the last assessment in remission, and now.
    flare : FlareIndex
        The index of now.
    rise : int
        Points that are a flare; equal is one.

    Source
    ------
    Convention P-SFI-3.
    """
    by_index = None if isinstance(flare.flare, NotDerived) else flare.flare != "none"
    answer = _any_three([by_index, _sledai_rose(in_remission, now, rise)])
    return NotDerived("flare_open", "neither the index nor SLEDAI-2K decides") if answer is None else answer


def _combine(
    severe: Mapping[str, bool | None], mild: Mapping[str, bool | None]
) -> Literal["none", "mild_moderate", "severe"] | NotDerived:
    is_severe, is_mild = _any_three(severe.values()), _any_three(mild.values())
    if is_severe:
        return "severe"
    if is_severe is False and is_mild:
        return "mild_moderate"
    if is_severe is False and is_mild is False:
        return "none"
    return NotDerived(
        "criteria_open", ", ".join(name for name, met in (*severe.items(), *mild.items()) if met is None)
    )


def _any_three(answers: Iterable[bool | None]) -> bool | None:
    known = list(answers)
    return True if True in known else None if None in known else False


def _all_three(answers: Iterable[bool | None]) -> bool | None:
    known = list(answers)
    return False if False in known else None if None in known else True


def _sledai_rose(before: Sledai, now: Sledai, rise: int) -> bool | None:
    if now.lower_bound - before.upper_bound >= rise:
        return True
    return False if now.upper_bound - before.lower_bound < rise else None


def _sledai_is_severe(before: Sledai, now: Sledai) -> bool | None:
    is_above: bool | None = None
    if now.lower_bound > SLEDAI_SEVERE_ABOVE:
        is_above = True
    elif now.upper_bound <= SLEDAI_SEVERE_ABOVE:
        is_above = False
    return _all_three([is_above, _sledai_rose(before, now, 1)])


def _prednisone_rose(before: FlareState, now: FlareState) -> bool | None:
    dose_before, dose = before.prednisone_mg_per_day, now.prednisone_mg_per_day
    if isinstance(dose_before, NotDerived) or isinstance(dose, NotDerived):
        return None
    return dose > dose_before


def _prednisone_is_severe(before: FlareState, now: FlareState, weight_kg: Decimal | None) -> bool | None:
    dose = now.prednisone_mg_per_day
    is_above = None
    if weight_kg is not None and not isinstance(dose, NotDerived):
        is_above = dose > Fraction(PREDNISONE_SEVERE_ABOVE_MG_PER_KG_PER_DAY) * Fraction(weight_kg)
    return _all_three([is_above, _prednisone_rose(before, now)])


def _pga_rise(before: Decimal | None, now: Decimal | None) -> Decimal | None:
    if before is None or now is None or not (0 <= before <= SCALE_MAX and 0 <= now <= SCALE_MAX):
        return None
    return now - before


def _pga_rose(before: Decimal | None, now: Decimal | None) -> bool | None:
    rise = _pga_rise(before, now)
    return None if rise is None else rise >= PGA_RISE_MIN


def _pga_is_severe(before: Decimal | None, now: Decimal | None) -> bool | None:
    rise = _pga_rise(before, now)
    return None if rise is None or now is None else rise > 0 and now > PGA_SEVERE_ABOVE


def _was_added(added: Sequence[AddedDrug] | None, classes: frozenset[AddedClass]) -> bool | None:
    if added is None:
        return None
    return _any_three(
        None if one.added_for is None else one.added_for == "sle_activity"
        for one in added
        if one.drug_class in classes
    )
