"""What the design recommends after the counts of the day, with its reasons in words.

The rule recommends; the safety review decides.
"""

import msgspec
from msgspec import UNSET

from firstdose.design.backfilling import reconcile_with_backfill
from firstdose.design.decision_table import DecisionTable
from firstdose.design.next_cohort import Action, NextCohort, assign_next_cohort
from firstdose.design.pending import assign_step_while_pending
from firstdose.design.reasons import render_reasons
from firstdose.design.rules.boin12 import assign_obd
from firstdose.design.selection import assign_mtd
from firstdose.design.specification import UTILITY_RULES
from firstdose.design.tallies import Tallies, check_tallies
from firstdose.design.utility import assign_utility_step, count_responses
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text


class Recommendation(msgspec.Struct, frozen=True, kw_only=True):
    """A recommendation: the action, where, how many, and why.

    ``level`` counts from 1: the level of the next cohort, or the selected MTD; None when there is none.
    ``cohort_size`` is 0 when nobody is to be treated. ``reasons`` are codes whose
    words stand in :mod:`firstdose.design.reasons`.
    """

    action: Action
    level: int | None
    cohort_size: int
    reasons: tuple[str, ...]
    reason_text: Text


_OPENINGS = {
    Action.ESCALATE: Text(
        "Escalate to level {level} with a cohort of {size}", "递增至剂量水平{level}，入组{size}例"
    ),
    Action.STAY: Text("Treat a cohort of {size} at level {level}", "在剂量水平{level}入组{size}例"),
    Action.DE_ESCALATE: Text(
        "De-escalate to level {level} with a cohort of {size}", "递减至剂量水平{level}，入组{size}例"
    ),
    Action.STOP_TOO_TOXIC: Text("Stop, too toxic", "因毒性过高停止"),
    Action.STOP_AND_SELECT_MTD: Text("Stop; the MTD is level {level}", "停止；MTD为剂量水平{level}"),
    Action.WAIT: Text("Wait", "等待"),
}
_UTILITY_OPENINGS = {
    Action.STOP_TOO_TOXIC: Text("Stop, no level is admissible", "停止，无可接受的剂量水平"),
    Action.STOP_AND_SELECT_MTD: Text(
        "Stop; the optimal biological dose is level {level}", "停止；最佳生物学剂量为剂量水平{level}"
    ),
}
"""What a rule says that looks for the optimal biological dose."""
_WAIT = NextCohort(Action.WAIT, None, 0, ("window_open",))
_NO_OBD = Text("Stop; no optimal biological dose is selected", "停止；未选出最佳生物学剂量")
_NO_MTD = Text("Stop; no MTD is selected", "停止；未选出MTD")


def recommend(
    table: DecisionTable,
    tallies: Tallies,
    current_level: int,
    titration_ended: bool = False,  # noqa: FBT001, FBT002 - the third fact of the state, beside counts and level
    cap_level: int | None = None,
) -> Recommendation:
    """The recommendation of a design, asked when a cohort is complete.

    Parameters
    ----------
    table : DecisionTable
        Compiled once from the protocol.
    tallies : Tallies
        Counts per level, lowest first. Levels are doses, or regimens in the order of their expected risk.
    current_level : int
        Level of the last cohort, from 1; the start level when nobody has been treated.
    titration_ended : bool
        Whether a trigger outside the counts has ended titration; a DLT in the counts ends it by itself.
    cap_level : int, optional
        Highest level that the result of another part allows; 0 allows none.

    Returns
    -------
    Recommendation
        WAIT while a DLT window is open at any level: elimination and the choice of the MTD read every level.
        The rolling six and the time-to-event rules count pending participants
        (:mod:`firstdose.design.pending`).

    Raises
    ------
    ValueError
        If the counts are impossible (:func:`check_tallies`) or the level does not exist.

    Examples
    --------
    >>> from decimal import Decimal
    >>> from firstdose.design import DesignSpecification, compile_table
    >>> table = compile_table(DesignSpecification(
    ...     rule="boin", n_levels=3, target_rate=Decimal("0.25"), max_n=18, max_n_per_level=9, mtd_min_n=6
    ... ))
    >>> found = recommend(table, Tallies((3, 3, 0), (0, 1, 0), (0, 0, 0)), 2)
    >>> found.action.value, found.level, found.cohort_size, found.reasons
    ('de_escalate', 1, 3, ('rate_at_or_above_de_escalation_boundary',))
    >>> print(recommend(table, Tallies((3, 2, 0), (0, 0, 0), (0, 1, 0)), 2).reason_text.in_language("zh"))
    等待：1例参与者仍处于DLT观察窗内。
    """
    _require_possible(table, tallies)
    spec = table.specification
    if not 1 <= current_level <= spec.n_levels:
        raise ValueError(f"level {current_level} does not exist; the design has levels 1 to {spec.n_levels}")
    n_pending = sum(tallies.n_pending)
    n, n_dlt = tallies.n_evaluable, tallies.n_dlt
    if table.ranks is not UNSET:
        step = (
            _WAIT if n_pending else assign_utility_step(table.ranks, spec, tallies, current_level, cap_level)
        )
    elif n_pending:
        step = assign_step_while_pending(
            table, tallies, current_level, cap_level, titration_ended=titration_ended
        )
    else:
        step = reconcile_with_backfill(
            table, tallies, current_level, cap_level, titration_ended=titration_ended
        ) or assign_next_cohort(
            table, n, n_dlt, current_level, titration_ended=titration_ended, cap_level=cap_level
        )
    opening = _OPENINGS[step.action]
    if spec.rule in UTILITY_RULES:
        opening = _UTILITY_OPENINGS.get(step.action, opening)
    if step.action is Action.STOP_AND_SELECT_MTD and step.level is None:
        opening = _NO_OBD if spec.rule in UTILITY_RULES else _NO_MTD
    return Recommendation(
        action=step.action,
        level=step.level,
        cohort_size=step.size,
        reasons=step.reasons,
        reason_text=render_reasons(
            step.reasons,
            Text(
                opening.en.format(level=step.level, size=step.size),
                opening.zh.format(level=step.level, size=step.size),
            ),
            level=current_level,
            n=n[current_level - 1],
            n_dlt=n_dlt[current_level - 1],
            n_pending=n_pending,
            max_n=spec.max_n,
            mtd_min_n=spec.fewest_at_mtd,
            target=step.level or current_level,
        ),
    )


def select_mtd(table: DecisionTable, tallies: Tallies, cap_level: int | None = None) -> int | NotDerived:
    """The level that the data support as the MTD, from 1; for BOIN12 the optimal biological dose.

    Returns
    -------
    int or NotDerived
        ``window_open`` while a DLT window is open; ``no_mtd`` (``no_obd``) if no treated level may be the MTD.

    Examples
    --------
    >>> from decimal import Decimal
    >>> from firstdose.design import DesignSpecification, compile_table
    >>> table = compile_table(DesignSpecification(
    ...     rule="boin", n_levels=3, target_rate=Decimal("0.25"), max_n=18, max_n_per_level=9, mtd_min_n=6
    ... ))
    >>> select_mtd(table, Tallies((3, 6, 6), (0, 1, 3), (0, 0, 0)))
    2
    """
    _require_possible(table, tallies)
    if any(tallies.n_pending):
        return NotDerived("window_open", f"participants inside their DLT window: {sum(tallies.n_pending)}")
    if table.ranks is not UNSET:
        counts = count_responses(tallies)
        level, remark = assign_obd(table.ranks, table.specification, counts, cap_level=cap_level)
        return NotDerived(remark or "no_obd", "no treated level may be the OBD") if level is None else level
    level, remark = assign_mtd(table, tallies.n_evaluable, tallies.n_dlt, cap_level)
    return NotDerived(remark or "no_mtd", "no treated level may be the MTD") if level is None else level


def _require_possible(table: DecisionTable, tallies: Tallies) -> None:
    spec = table.specification
    faults = check_tallies(tallies, n_levels=spec.n_levels, max_n=spec.max_n)
    if faults:
        raise ValueError("; ".join(str(fault) for fault in faults))
