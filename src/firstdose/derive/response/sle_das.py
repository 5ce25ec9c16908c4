"""SLE Disease Activity Score (SLE-DAS), for exploration: a continuous score of 17 items.

The coefficients were taken from one public copy of the paper's formula; a second copy is wanted before an
endpoint stands on them.
"""

from collections.abc import Mapping
from decimal import Decimal, localcontext
from types import MappingProxyType
from typing import Literal

import msgspec

from firstdose.terms.outcomes import NotDerived

INTERCEPT = Decimal("0.366")
ARTHRITIS = Decimal("3.132")
PER_SWOLLEN_JOINT = Decimal("0.454")
SWOLLEN_JOINTS_MAX = 28
WEIGHTS: Mapping[str, Decimal] = MappingProxyType(
    {
        "mucocutaneous_vasculitis": Decimal("4.408"),
        "alopecia": Decimal("0.973"),
        "mucosal_ulcers": Decimal("2.769"),
        "hypocomplementaemia": Decimal("0.754"),
        "increased_anti_dsdna": Decimal("0.956"),
        "neuropsychiatric": Decimal(18),
        "systemic_vasculitis": Decimal(18),
        "cardiac_or_pulmonary": Decimal(18),
        "myositis": Decimal(9),
        "serositis": Decimal(6),
        "haemolytic_anaemia": Decimal(9),
    }
)
"""Jesus D et al. Ann Rheum Dis 2019;78:365-371, figure 1: weight of an item that is present."""
Rash = Literal["none", "localised", "generalised"]
RASH: Mapping[Rash, Decimal] = MappingProxyType(
    {"none": Decimal(0), "localised": Decimal("3.138"), "generalised": Decimal("3.887")}
)
"""Localised is above the neck only; generalised is below it, with or without rash above."""
PROTEINURIA_ABOVE_MG_PER_24H = Decimal(500)
PROTEINURIA = (Decimal("-17.584"), Decimal("3.811"))
PLATELETS_BELOW_10E9_PER_L = Decimal(100)
PLATELETS = (Decimal("26.105"), Decimal("-5.577"))
WHITE_CELLS_BELOW_10E9_PER_L = Decimal(3)
WHITE_CELLS = (Decimal("6.118"), Decimal("-5.058"))
"""Each pair: constant and factor of the natural logarithm, counted only beyond the limit."""
REMISSION_MAX = Decimal("2.08")
MILD_MAX = Decimal("7.64")
"""Jesus D et al. Ann Rheum Dis 2021;80:1568-1574; both limits belong to the lower category."""
_DIGITS = 28

Category = Literal["remission", "mild", "moderate_or_severe"]


class SleDasItems(msgspec.Struct, frozen=True, kw_only=True):
    """The 17 items at one visit; None, or an item of `WEIGHTS` that is not given, was not assessed.

    Proteinuria in mg in 24 h or mg/g.
    """

    swollen_joints_28: int | None
    rash: Rash | None
    present: Mapping[str, bool | None]
    proteinuria_mg_per_24h: Decimal | None
    platelets_10e9_per_l: Decimal | None
    white_cells_10e9_per_l: Decimal | None


class SleDas(msgspec.Struct, frozen=True, kw_only=True):
    """The score, unrounded to 28 digits, with its category."""

    score: Decimal | NotDerived
    category: Category | NotDerived


def compute_sle_das(items: SleDasItems) -> SleDas:
    """SLE-DAS with its category.

    Parameters
    ----------
    items : SleDasItems
        A joint that is swollen is arthritis (P-SLEDAS-1). A value exactly at its limit adds nothing.

    Returns
    -------
    SleDas
        Without any activity the score is 0.366. NotDerived: ``items_missing``, or ``out_of_range`` for a
        count of joints outside 0 to 28 or a blood count of 0 or below. The category compares the unrounded
        score (P-SLEDAS-2).

    Raises
    ------
    ValueError
        If an item of ``present`` is none of the score.

    Source
    ------
    Jesus D et al. Ann Rheum Dis 2019;78:365-371, figure 1, and 2021;80:1568-1574.

    Examples
    --------
    >>> quiet = SleDasItems(swollen_joints_28=0, rash="none", present=dict.fromkeys(WEIGHTS, False),
    ...     proteinuria_mg_per_24h=Decimal(500), platelets_10e9_per_l=Decimal(100), white_cells_10e9_per_l=Decimal(3))
    >>> compute_sle_das(quiet)
    SleDas(score=Decimal('0.366'), category='remission')
    """
    unknown_items = items.present.keys() - WEIGHTS.keys()
    if unknown_items:
        raise ValueError(f"not items of SLE-DAS: {sorted(unknown_items)}")
    score = _score(items)
    return SleDas(score=score, category=score if isinstance(score, NotDerived) else assign_category(score))


def assign_category(score: Decimal) -> Category:
    """Remission up to 2.08, mild above it up to 7.64, moderate or severe above."""
    if score <= REMISSION_MAX:
        return "remission"
    return "mild" if score <= MILD_MAX else "moderate_or_severe"


def _score(items: SleDasItems) -> Decimal | NotDerived:
    joints, rash = items.swollen_joints_28, items.rash
    protein, platelets, white_cells = (
        items.proteinuria_mg_per_24h,
        items.platelets_10e9_per_l,
        items.white_cells_10e9_per_l,
    )
    if joints is None or rash is None or protein is None or platelets is None or white_cells is None:
        return NotDerived("items_missing", ", ".join(_list_missing(items)))
    if any(items.present.get(item) is None for item in WEIGHTS):
        return NotDerived("items_missing", ", ".join(_list_missing(items)))
    if not 0 <= joints <= SWOLLEN_JOINTS_MAX:
        return NotDerived("out_of_range", f"{joints} swollen joints of {SWOLLEN_JOINTS_MAX}")
    if platelets <= 0 or white_cells <= 0 or protein < 0:
        return NotDerived("out_of_range", "a blood count is 0 or below, or a protein below 0")
    with localcontext() as context:
        context.prec = _DIGITS
        score = (
            INTERCEPT
            + RASH[rash]
            + sum(WEIGHTS[item] for item, is_there in items.present.items() if is_there)
        )
        if joints:
            score += ARTHRITIS + PER_SWOLLEN_JOINT * joints
        if protein > PROTEINURIA_ABOVE_MG_PER_24H:
            score += _line(protein, PROTEINURIA)
        if platelets < PLATELETS_BELOW_10E9_PER_L:
            score += _line(platelets, PLATELETS)
        if white_cells < WHITE_CELLS_BELOW_10E9_PER_L:
            score += _line(white_cells, WHITE_CELLS)
        return score


def _line(value: Decimal, terms: tuple[Decimal, Decimal]) -> Decimal:
    constant, factor = terms
    return constant + factor * value.ln()


def _list_missing(items: SleDasItems) -> list[str]:
    measured = {
        "swollen_joints_28": items.swollen_joints_28,
        "rash": items.rash,
        "proteinuria": items.proteinuria_mg_per_24h,
        "platelets": items.platelets_10e9_per_l,
        "white_cells": items.white_cells_10e9_per_l,
        **{item: items.present.get(item) for item in WEIGHTS},
    }
    return [name for name, value in measured.items() if value is None]
