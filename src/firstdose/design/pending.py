"""What may be done while a DLT window is open: wait, unless the rule counts pending participants."""

from firstdose.design.decision_table import DecisionTable
from firstdose.design.judging import judge_counts
from firstdose.design.next_cohort import Action, NextCohort, assign_next_cohort
from firstdose.design.rules.rolling_six import MOST_AT_LEVEL, assign_move_while_pending
from firstdose.design.tallies import Tallies

_WAIT = NextCohort(Action.WAIT, None, 0, ("window_open",))


def assign_step_while_pending(
    table: DecisionTable, tallies: Tallies, current_level: int, cap_level: int | None = None
) -> NextCohort:
    """The step with participants inside their DLT window.

    The rolling six enrols on up to six, goes up where the pending could not keep it down, and goes down where
    two DLTs have settled it; it waits for a window at another level, and before an MTD is selected.

    Parameters
    ----------
    table : DecisionTable
    tallies : Tallies
        With at least one pending participant.
    current_level : int
        Level of the last cohort, from 1.
    cap_level : int, optional
        Highest level that the result of another part allows.
    """
    spec = table.specification
    place = current_level - 1
    n_pending = tallies.n_pending[place]
    if spec.rule != "rolling_six" or n_pending != sum(tallies.n_pending):
        return _WAIT
    move = assign_move_while_pending(tallies.n_evaluable[place], tallies.n_dlt[place], n_pending)
    enrolled = [*tallies.n_evaluable]
    enrolled[place] += n_pending
    if move == "enrol":
        return _enrol(table, enrolled, tallies, current_level, cap_level)
    if move == "suspend":
        return _WAIT
    step = assign_next_cohort(table, enrolled, tallies.n_dlt, current_level, cap_level=cap_level)
    if step.action not in {Action.ESCALATE, Action.DE_ESCALATE}:
        return _WAIT
    return step._replace(reasons=(*step.reasons, "pending_cannot_change_it"))


def _enrol(
    table: DecisionTable, enrolled: list[int], tallies: Tallies, level: int, cap_level: int | None
) -> NextCohort:
    spec = table.specification
    highest = judge_counts(table, enrolled, tallies.n_dlt, level, cap_level).highest
    n_here = enrolled[level - 1]
    size = min(MOST_AT_LEVEL - n_here, spec.max_n_per_level - n_here, spec.max_n - sum(enrolled))
    if size <= 0 or level > highest:
        return _WAIT
    return NextCohort(Action.STAY, level, size, ("enrol_while_pending",))
