"""The printed table of a TITE-BOIN design: counts at a level, and what the follow-up of the pending must be.

Source
------
As for :mod:`firstdose.design.rules.tite_boin`.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Literal

import msgspec

from firstdose.design.rules.tite_boin import (
    FIRST_DIGITS,
    Boundary,
    TiteMove,
    TiteOptions,
    TiteRule,
    TiteState,
    assign_for_state,
    compute_ln,
    estimate_rate,
    make_rule,
)


class BoundaryRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the printed table: counts at a level, and the move.

    ``move`` is None where it depends on the standardized total follow-up time (STFT), the sum of the shares of
    the window that the pending were seen through. There ``escalate_from``, ``suspend_from`` and
    ``de_escalate_to`` are its limits, all included; in between the level stays. None: that move is out of reach.
    """

    n_treated: int
    n_dlt: int
    fewest_pending: int
    most_pending: int
    move: TiteMove | Literal["eliminate"] | None
    escalate_from: Decimal | None = None
    suspend_from: Decimal | None = None
    """As ``escalate_from``, where too few windows are complete to escalate."""
    de_escalate_to: Decimal | None = None


def compute_boundary_rows(
    sizes: Sequence[int],
    *,
    target_rate: Decimal,
    p1: Decimal,
    p2: Decimal,
    options: TiteOptions,
    is_eliminated: Callable[[int, int], bool] | None = None,
) -> list[BoundaryRow]:
    """The decision table that a protocol prints.

    Parameters
    ----------
    sizes : sequence of int
        Numbers of treated participants, such as the multiples of the cohort size; each 1 or more.
    target_rate, p1, p2 : Decimal
        Of BOIN.
    options : TiteOptions
        Without faults.
    is_eliminated : callable, optional
        Of the number treated and the number with a DLT; BOIN's own elimination, if the table shows it.

    Returns
    -------
    list of BoundaryRow
        By number treated, DLTs and pending. Counts of pending that share a move are one row. A limit that is
        printed with few digits is rounded up: that delays escalation and widens de-escalation.

    Examples
    --------
    >>> rows = compute_boundary_rows(
    ...     [9], target_rate=Decimal("0.2"), p1=Decimal("0.12"), p2=Decimal("0.28"),
    ...     options=TiteOptions(estimate="imputed"),
    ... )
    >>> for row in rows[2:6]:
    ...     limit = row.escalate_from and round(row.escalate_from, 2)
    ...     print(row.n_dlt, row.fewest_pending, row.most_pending, row.move, limit)
    1 0 2 escalate None
    1 3 3 None 0.77
    1 4 4 None 2.15
    1 5 8 suspend None
    """
    rule = make_rule(target_rate, p1, p2, options)
    rows: list[BoundaryRow] = []
    for n_treated in sizes:
        for n_dlt in range(n_treated + 1):
            eliminates = is_eliminated is not None and is_eliminated(n_treated, n_dlt)
            for n_pending in range(n_treated - n_dlt + 1):
                row = _compute_row(rule, n_treated, n_dlt, n_pending)
                if eliminates:
                    row = _row(n_treated, n_dlt, n_pending, "eliminate")
                last = rows[-1] if n_pending else None
                if last is not None and row.move is not None and row.move == last.move:
                    rows[-1] = msgspec.structs.replace(last, most_pending=n_pending)
                else:
                    rows.append(row)
    return rows


def _compute_row(rule: TiteRule, n_treated: int, n_dlt: int, n_pending: int) -> BoundaryRow:
    """The move, or the limits of the STFT: the longer the pending were seen through, the lower the rate."""
    n_evaluable = n_treated - n_pending
    at_least = assign_for_state(rule, TiteState(n_evaluable, n_dlt, n_pending, Fraction(0)))
    at_most = assign_for_state(rule, TiteState(n_evaluable, n_dlt, n_pending, Fraction(n_pending)))
    if at_least == at_most:
        return _row(n_treated, n_dlt, n_pending, at_least)
    state = TiteState(n_evaluable, n_dlt, n_pending, Fraction(0))
    return msgspec.structs.replace(
        _row(n_treated, n_dlt, n_pending, None),
        escalate_from=_compute_limit(rule, state, rule.lambda_e) if at_most == "escalate" else None,
        suspend_from=_compute_limit(rule, state, rule.lambda_e) if at_most == "suspend" else None,
        de_escalate_to=_compute_limit(rule, state, rule.lambda_d) if at_least == "de_escalate" else None,
    )


def _compute_limit(rule: TiteRule, state: TiteState, boundary: Boundary) -> Decimal:
    """The STFT at which the estimated rate equals a boundary; the rate is that of a state seen for no time."""
    with localcontext() as context:
        context.prec = FIRST_DIGITS
        quotient = compute_ln(boundary.above) / compute_ln(boundary.below)
        if rule.options.estimate == "effective_n":
            return state.n_dlt / quotient - state.n_evaluable
        start = estimate_rate(rule, state)
        end = Fraction(state.n_dlt, state.n_evaluable + state.n_pending)
        share = (_decimal(start) - quotient) / _decimal(start - end)
        return share * state.n_pending


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


def _row(
    n_treated: int, n_dlt: int, n_pending: int, move: TiteMove | Literal["eliminate"] | None
) -> BoundaryRow:
    return BoundaryRow(
        n_treated=n_treated, n_dlt=n_dlt, fewest_pending=n_pending, most_pending=n_pending, move=move
    )
