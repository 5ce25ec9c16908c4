"""What may be done while a DLT window is open: wait, unless the rule counts pending participants."""

from fractions import Fraction

from msgspec import UNSET

from firstdose.design.decision_table import DecisionTable
from firstdose.design.judging import CountJudgement, judge_counts
from firstdose.design.next_cohort import Action, NextCohort, assign_next_cohort, follow_judgement
from firstdose.design.rules import tite_boin, tite_crm
from firstdose.design.rules.accelerated_titration import is_titrating
from firstdose.design.rules.rolling_six import MOST_AT_LEVEL, assign_move_while_pending
from firstdose.design.stepping import DE_ESCALATE, ESCALATE, STAY
from firstdose.design.tallies import Tallies

_WAIT = NextCohort(Action.WAIT, None, 0, ("window_open",))
_MOVES = {"escalate": ESCALATE, "stay": STAY, "de_escalate": DE_ESCALATE}


def assign_step_while_pending(
    table: DecisionTable,
    tallies: Tallies,
    current_level: int,
    cap_level: int | None = None,
    *,
    titration_ended: bool = False,
) -> NextCohort:
    """The step with participants inside their DLT window.

    The rolling six enrols on up to six, goes up where the pending could not keep it down, and goes down where
    two DLTs have settled it; it waits for a window at another level. A time-to-event rule counts each pending
    participant as far as the window was seen, at every level. Every rule waits before an MTD is selected, and
    while single participants are titrated.

    Parameters
    ----------
    table : DecisionTable
    tallies : Tallies
        With at least one pending participant; without ``follow_up`` they were seen for no time.
    current_level : int
        Level of the last cohort, from 1.
    cap_level : int, optional
        Highest level that the result of another part allows.
    titration_ended : bool
        Whether a trigger outside the counts has ended titration.
    """
    spec = table.specification
    if is_titrating(spec, tallies.n_dlt, current_level, titration_ended=titration_ended):
        return _WAIT
    if spec.rule == "rolling_six":
        return _roll(table, tallies, current_level, cap_level)
    if spec.rule == "tite_boin":
        judged = _judge_by_tite_boin(table, tallies, current_level, cap_level)
    elif spec.rule == "tite_crm":
        judged = _judge_by_tite_crm(table, tallies, current_level, cap_level)
    else:
        return _WAIT
    if isinstance(judged, str):
        return NextCohort(Action.WAIT, None, 0, (judged,))
    step = follow_judgement(
        table,
        judged,
        _count_enrolled(tallies),
        tallies.n_dlt,
        current_level,
        titration_ended=True,
        cap_level=cap_level,
    )
    return _WAIT if step.action is Action.STOP_AND_SELECT_MTD else step


def _count_enrolled(tallies: Tallies) -> list[int]:
    return [n + n_pending for n, n_pending in zip(tallies.n_evaluable, tallies.n_pending, strict=True)]


def _list_shares(tallies: Tallies) -> tuple[tuple[Fraction, ...], ...]:
    if tallies.follow_up is not UNSET:
        return tallies.follow_up
    return tuple((Fraction(0),) * n for n in tallies.n_pending)


def _judge_by_tite_boin(
    table: DecisionTable, tallies: Tallies, level: int, cap_level: int | None
) -> CountJudgement | str:
    """BOIN on the windows as far as they were seen; a reason code while accrual is suspended.

    Levels are eliminated on all who were enrolled there, the pending as if without a DLT.
    """
    spec, place = table.specification, level - 1
    judged = judge_counts(table, _count_enrolled(tallies), tallies.n_dlt, level, cap_level)
    move = tite_boin.assign_move(
        tallies.n_evaluable[place],
        tallies.n_dlt[place],
        _list_shares(tallies)[place],
        target_rate=spec.target_rate,
        p1=spec.boin_p1_ratio * spec.target_rate,
        p2=spec.boin_p2_ratio * spec.target_rate,
        options=spec.tite_options,
    )
    if judged.is_too_toxic or judged.closes_itself:
        return judged
    if move == "suspend":
        is_crowded = tallies.n_pending[place] > spec.tite_options.suspend_above * sum(
            counts[place] for counts in (tallies.n_evaluable, tallies.n_pending)
        )
        return "too_many_pending" if is_crowded else "too_few_complete"
    return judged._replace(action=_MOVES[move], reasons=(f"tite_{move}",))


def _judge_by_tite_crm(
    table: DecisionTable, tallies: Tallies, level: int, cap_level: int | None
) -> CountJudgement | str:
    """The CRM on the windows as far as they were seen; a reason code while accrual is suspended."""
    spec = table.specification
    assert spec.crm is not UNSET
    options = spec.tite_options
    named = tite_crm.assign_level(
        spec.crm,
        tallies,
        level,
        fewest_complete_to_escalate=options.fewest_complete_to_escalate,
        max_n=spec.max_n,
    )
    n_here = tallies.n_evaluable[level - 1] + tallies.n_pending[level - 1]
    is_crowded = tallies.n_pending[level - 1] > options.suspend_above * n_here
    if is_crowded and named.level >= level:
        return "too_many_pending"
    if named.reason == "too_few_complete":
        return named.reason
    ceiling, capped_by = spec.n_levels, "top_level"
    if cap_level is not None and cap_level < ceiling:
        ceiling, capped_by = max(cap_level, 0), "capped_by_other_part"
    is_lower = named.level < level
    return CountJudgement(
        action=DE_ESCALATE if is_lower else ESCALATE if named.level > level else STAY,
        reasons=(named.reason,),
        highest=min(named.level, ceiling) if is_lower else ceiling,
        closed_by=capped_by,
        is_too_toxic=named.level == 0,
        closes_itself=is_lower,
    )


def _roll(table: DecisionTable, tallies: Tallies, current_level: int, cap_level: int | None) -> NextCohort:
    """The rolling six."""
    place = current_level - 1
    n_pending = tallies.n_pending[place]
    if n_pending != sum(tallies.n_pending):
        return _WAIT
    move = assign_move_while_pending(tallies.n_evaluable[place], tallies.n_dlt[place], n_pending)
    enrolled = _count_enrolled(tallies)
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
