"""Who counts in the dose decision."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import msgspec

from firstdose.terms.calendar import Window
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text

RECEIVED_FRACTION_MIN = Decimal("0.8")
"""Study setting: of the planned cells of every planned infusion in the window; equal is enough."""


class InfusionCells(msgspec.Struct, frozen=True, kw_only=True):
    """A planned infusion and the cells that were given; 0 when it was not given, None when not yet due."""

    planned_day: int
    planned_cells: Decimal
    received_cells: Decimal | None


class DltEvaluability(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a participant is DLT-evaluable, with the reason."""

    is_evaluable: bool | NotDerived
    reason: Text


def derive_dlt_evaluable(
    infusions: Sequence[InfusionCells],
    window: Window,
    *,
    had_dlt: bool,
    followed_through_day: int,
    has_left: bool,
    received_fraction_min: Decimal = RECEIVED_FRACTION_MIN,
) -> DltEvaluability:
    """Whether a participant counts in the dose decision.

    Parameters
    ----------
    infusions : sequence of n InfusionCells
        Planned infusions; those planned outside the window are ignored.
    window : Window
        The DLT window in protocol days.
    had_dlt : bool
        A DLT counts at any dose.
    followed_through_day : int
        Last protocol day up to which the participant is known.
    has_left : bool
        Whether following has ended.
    received_fraction_min : Decimal
        Of the planned cells.

    Returns
    -------
    DltEvaluability
        Not derived while the window is open and the participant is followed.

    Examples
    --------
    >>> given = [InfusionCells(planned_day=0, planned_cells=Decimal(100), received_cells=Decimal(80))]
    >>> derive_dlt_evaluable(given, Window(first=0, last=14), had_dlt=False, followed_through_day=14,
    ...                      has_left=False).is_evaluable
    True
    """
    if had_dlt:
        return DltEvaluability(is_evaluable=True, reason=Text("had a DLT", "发生 DLT"))
    in_window = [one for one in infusions if window.has(one.planned_day)]
    under_dosed = [
        one.planned_day
        for one in in_window
        if one.received_cells is not None
        and Fraction(one.received_cells) < Fraction(received_fraction_min) * Fraction(one.planned_cells)
    ]
    if under_dosed:
        days = ", ".join(str(day) for day in under_dosed)
        return DltEvaluability(
            is_evaluable=False,
            reason=Text(
                f"under-dosed: infusion planned on Day {days}", f"给药不足：计划于第 {days} 天的输注"
            ),
        )
    if followed_through_day < window.last:
        if has_left:
            return DltEvaluability(
                is_evaluable=False, reason=Text("window not completed", "未完成 DLT 观察窗")
            )
        return DltEvaluability(
            is_evaluable=NotDerived(
                "window_open", f"followed through Day {followed_through_day} of {window.last}"
            ),
            reason=Text("window open", "DLT 观察窗未结束"),
        )
    if not in_window or any(one.received_cells is None for one in in_window):
        return DltEvaluability(
            is_evaluable=NotDerived("cells_unknown", "cells of a planned infusion are not recorded"),
            reason=Text("cells received not recorded", "未记录实际输注细胞数"),
        )
    return DltEvaluability(is_evaluable=True, reason=Text("completed window", "完成 DLT 观察窗"))
