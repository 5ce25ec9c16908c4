"""Backfilling in a running part: which lower levels are open, and what their outcomes do to escalation."""

from msgspec import UNSET

from firstdose.design.decision_table import DecisionTable
from firstdose.design.judging import CountJudgement, judge_counts
from firstdose.design.next_cohort import NextCohort, follow_judgement
from firstdose.design.rules.backfill import (
    BoinLimits,
    LevelForBackfill,
    assign_backfill_conflict,
    list_backfill_levels,
)
from firstdose.design.specification import DesignSpecification
from firstdose.design.stepping import DE_ESCALATE
from firstdose.design.tallies import Tallies


def view_backfill_levels(
    table: DecisionTable, tallies: Tallies, current_level: int
) -> tuple[LevelForBackfill, ...]:
    """Every level below the current one, and whether it takes a further participant now.

    Parameters
    ----------
    table : DecisionTable
    tallies : Tallies
        ``n_efficacy`` are the responses; without them no level counts as active.
    current_level : int
        Level of the cohort that escalation treats or waits for, from 1.

    Returns
    -------
    tuple of LevelForBackfill
        Lowest first; none where the design has no backfilling.

    Examples
    --------
    >>> from firstdose.design import DesignSpecification, compile_table
    >>> from firstdose.design.rules.backfill_options import Backfill
    >>> table = compile_table(DesignSpecification(
    ...     rule="boin", n_levels=3, target_rate="0.25", max_n=30, max_n_per_level=15, mtd_min_n=6,
    ...     backfill=Backfill(),
    ... ))
    >>> tallies = Tallies((3, 3, 0), (0, 0, 0), (0, 0, 3), n_efficacy=(0, 1, 0))
    >>> [(row.level, row.reason) for row in view_backfill_levels(table, tallies, 3)]
    [(1, 'backfill_no_response'), (2, 'backfill_open')]
    """
    spec = table.specification
    if spec.backfill is UNSET:
        return ()
    n_levels = spec.n_levels
    return list_backfill_levels(
        spec.backfill,
        _limits(spec),
        n=tallies.n_evaluable,
        n_dlt=tallies.n_dlt,
        n_pending=tallies.n_pending,
        n_efficacy=(0,) * n_levels if tallies.n_efficacy is UNSET else tallies.n_efficacy,
        current_level=current_level,
    )


def reconcile_with_backfill(
    table: DecisionTable,
    tallies: Tallies,
    current_level: int,
    cap_level: int | None,
    *,
    titration_ended: bool,
) -> NextCohort | None:
    """The step where a backfilled level speaks against the current one; None where none does.

    Parameters
    ----------
    table : DecisionTable
    tallies : Tallies
        With ``n_backfilled``; every window at the current level is complete.
    current_level : int
    cap_level : int or None
    titration_ended : bool
        As for the recommendation.
    """
    spec = table.specification
    if spec.backfill is UNSET or tallies.n_backfilled is UNSET or not tallies.n_evaluable[current_level - 1]:
        return None
    found = assign_backfill_conflict(
        _limits(spec),
        n=tallies.n_evaluable,
        n_dlt=tallies.n_dlt,
        n_backfilled=tallies.n_backfilled,
        current_level=current_level,
    )
    if found.pooled_from is None:
        return None
    judged = judge_counts(table, tallies.n_evaluable, tallies.n_dlt, current_level, cap_level)
    if judged.is_too_toxic or judged.closes_itself:
        return None
    goes_down = found.action == DE_ESCALATE and found.level < current_level
    pooled = CountJudgement(
        action=found.action,
        reasons=(found.reason,),
        highest=min(judged.highest, found.level) if goes_down else judged.highest,
        closed_by=judged.closed_by,
        is_too_toxic=False,
        closes_itself=goes_down,
    )
    return follow_judgement(
        table,
        pooled,
        tallies.n_evaluable,
        tallies.n_dlt,
        current_level,
        titration_ended=titration_ended,
        cap_level=cap_level,
    )


def _limits(spec: DesignSpecification) -> BoinLimits:
    target = spec.target_rate
    return BoinLimits(target, spec.boin_p1_ratio * target, spec.boin_p2_ratio * target)
