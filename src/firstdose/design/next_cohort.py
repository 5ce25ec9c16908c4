"""Where the next cohort is treated: the decision table inside its guards, on plain counts.

The recommendation at the sites and the paths ahead come through here, with their reasons. The exact operating
characteristics take the same step for many states at once (:mod:`firstdose.design.stepping`); the tests compare
both in every state that a design reaches. Every window is complete when this is asked.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from firstdose.design import decision_table as codes
from firstdose.design.decision_table import DecisionTable
from firstdose.design.guards import assign_size
from firstdose.design.judging import CountJudgement, judge_counts
from firstdose.design.rules.accelerated_titration import is_titrating
from firstdose.design.rules.algorithmic import ALGORITHMIC
from firstdose.design.selection import assign_mtd
from firstdose.design.stepping import MOST_DLT_TO_FILL_UP


class Action(StrEnum):
    """What the rule recommends."""

    ESCALATE = "escalate"
    STAY = "stay"
    DE_ESCALATE = "de_escalate"
    STOP_TOO_TOXIC = "stop_too_toxic"
    STOP_AND_SELECT_MTD = "stop_and_select_mtd"
    WAIT = "wait"


class NextCohort(NamedTuple):
    """The action, the level from 1 (of the next cohort, or the MTD), the size of the cohort, and why."""

    action: Action
    level: int | None
    size: int
    reasons: tuple[str, ...]


AT_THE_TOP = ("top_level", "capped_by_other_part")
"""What may close the ladder above a level for good, other than toxicity."""


class _Counts(NamedTuple):
    table: DecisionTable
    n: Sequence[int]
    n_dlt: Sequence[int]
    cap_level: int | None
    current_level: int


def assign_next_cohort(
    table: DecisionTable,
    n: Sequence[int],
    n_dlt: Sequence[int],
    current_level: int,
    *,
    titration_ended: bool = False,
    cap_level: int | None = None,
) -> NextCohort:
    """The next cohort after the counts, or the end of the part.

    Parameters
    ----------
    table : DecisionTable
    n, n_dlt : sequence of int
        Evaluable participants and participants with a DLT, one per level, lowest first.
    current_level : int
        Level of the last cohort, from 1; the start level when nobody has been treated.
    titration_ended : bool
        Whether a trigger outside the counts has ended titration.
    cap_level : int, optional
        Highest level that the result of another part allows.
    """
    judged = judge_counts(table, n, n_dlt, current_level, cap_level)
    return follow_judgement(
        table, judged, n, n_dlt, current_level, titration_ended=titration_ended, cap_level=cap_level
    )


def follow_judgement(
    table: DecisionTable,
    judged: CountJudgement,
    n: Sequence[int],
    n_dlt: Sequence[int],
    current_level: int,
    *,
    titration_ended: bool = False,
    cap_level: int | None = None,
) -> NextCohort:
    """The next cohort after what the rule makes of the counts: the guards around a judgement.

    Parameters
    ----------
    table : DecisionTable
    judged : CountJudgement
        Of these counts; of the pending too where the rule counts them.
    n, n_dlt, current_level, titration_ended, cap_level
        As for :func:`assign_next_cohort`.
    """
    spec = table.specification
    counts = _Counts(table, n, n_dlt, cap_level, current_level)
    action, rule_reasons, highest, closed_by = judged[:4]
    n_here, n_dlt_here = n[current_level - 1], n_dlt[current_level - 1]
    if judged.is_too_toxic:
        return NextCohort(Action.STOP_TOO_TOXIC, None, 0, (*rule_reasons, "lowest_level_too_toxic"))
    if highest == 0:
        return NextCohort(Action.STOP_TOO_TOXIC, None, 0, (closed_by,))
    if sum(n) >= spec.max_n:
        return _stop(counts, (*rule_reasons, "sample_complete"))
    if current_level > highest:
        # where the level closed itself, its own counts say so
        return _go_down(counts, highest, rule_reasons if judged.closes_itself else (*rule_reasons, closed_by))
    if n_here == 0:
        return _treat(counts, Action.STAY, current_level, rule_reasons, titration_ended=titration_ended)
    if is_titrating(spec, n_dlt, current_level, titration_ended=titration_ended) and current_level < highest:
        return _titrate(counts, current_level + 1)
    if n_here < spec.fewest_to_decide and not (
        action == codes.DE_ESCALATE and n_dlt_here > MOST_DLT_TO_FILL_UP
    ):
        # titration that cannot go on ends here, and whole cohorts follow
        return _treat(counts, Action.STAY, current_level, ("cohort_incomplete",), titration_ended=True)
    if action == codes.ESCALATE:
        if current_level < highest:
            return _treat(counts, Action.ESCALATE, current_level + 1, rule_reasons, titration_ended=True)
        return _stay_below_closed(counts, current_level, (*rule_reasons, closed_by))
    if action == codes.STAY:
        return _treat(counts, Action.STAY, current_level, rule_reasons, titration_ended=True)
    if current_level == 1:
        return _treat(counts, Action.STAY, 1, (*rule_reasons, "lowest_level"), titration_ended=True)
    return _go_down(counts, current_level - 1, rule_reasons)


def _titrate(counts: _Counts, level: int) -> NextCohort:
    """One level up with one participant, or with a whole cohort where titration ends."""
    titrating = is_titrating(counts.table.specification, counts.n_dlt, level, titration_ended=False)
    reason = "titration_continues" if titrating else "titration_reaches_cohorts"
    return _treat(counts, Action.ESCALATE, level, (reason,), titration_ended=False)


def _treat(
    counts: _Counts, action: Action, level: int, reasons: tuple[str, ...], *, titration_ended: bool
) -> NextCohort:
    """The next cohort at the level; if the level is full or precise enough, the end of the part.

    BOIN 2.7.2 (``n.earlystop``) ends when the rule stays at a full level. A full level to which the rule
    moves cannot be treated either, and the data have met there before: the part ends as well.
    """
    table, n = counts.table, counts.n
    enough = table.specification.fewest_to_stop_at_level
    if enough is not None and level == counts.current_level and n[level - 1] >= enough:
        return _stop(counts, (*reasons, "enough_at_level"))
    titrating = is_titrating(table.specification, counts.n_dlt, level, titration_ended=titration_ended)
    size = assign_size(table, n, level, titrating=titrating)
    return NextCohort(action, level, size, reasons) if size else _stop(counts, (*reasons, "level_full"))


def _stay_below_closed(counts: _Counts, level: int, reasons: tuple[str, ...]) -> NextCohort:
    """The rule would escalate and no higher level is open.

    The 3+3 and the rolling six have found their MTD once the level has enough participants. An interval rule
    as published treats on: here it ends at the highest level that the design or another part allows, but below
    an eliminated level it treats on, as published, because more data may still move it down.
    """
    spec = counts.table.specification
    may_end = spec.rule in ALGORITHMIC or (spec.stop_at_top_level and reasons[-1] in AT_THE_TOP)
    if may_end and counts.n[level - 1] >= spec.fewest_at_mtd:
        return _stop(counts, (*reasons, "enough_at_mtd"))
    return _treat(counts, Action.STAY, level, reasons, titration_ended=True)


def _go_down(counts: _Counts, level: int, reasons: tuple[str, ...]) -> NextCohort:
    """One level down, or further if levels between are closed; the 3+3 and the rolling six may have their MTD there."""
    table, n, n_dlt = counts.table, counts.n, counts.n_dlt
    spec = table.specification
    n_below = n[level - 1]
    if (
        spec.rule in ALGORITHMIC
        and n_below >= spec.fewest_at_mtd
        and table.actions[n_below][n_dlt[level - 1]] == codes.ESCALATE
    ):
        return _stop(counts, (*reasons, "enough_at_mtd"))
    return _treat(counts, Action.DE_ESCALATE, level, reasons, titration_ended=True)


def _stop(counts: _Counts, reasons: tuple[str, ...]) -> NextCohort:
    mtd, remark = assign_mtd(
        counts.table, counts.n, counts.n_dlt, counts.cap_level, current_level=counts.current_level
    )
    return NextCohort(
        Action.STOP_AND_SELECT_MTD, mtd, 0, (*reasons, remark) if remark is not None else reasons
    )
