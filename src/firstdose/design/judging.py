"""What the rule of a design makes of the counts of one day, with its reason, before any guard but the cap."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from msgspec import UNSET

from firstdose.design.decision_table import REASONS, DecisionTable
from firstdose.design.state_table import open_state_table
from firstdose.design.stepping import DE_ESCALATE


class CountJudgement(NamedTuple):
    """What the rule says of the current level, with its reasons.

    ``highest`` is the highest open level, 0 for none, and ``closed_by`` what closes the one above it.
    ``is_too_toxic`` stops the part; ``closes_itself`` says that the current level is closed by its own counts.
    """

    action: int
    reasons: tuple[str, ...]
    highest: int
    closed_by: str
    is_too_toxic: bool
    closes_itself: bool


def judge_counts(
    table: DecisionTable, n: Sequence[int], n_dlt: Sequence[int], level: int, cap_level: int | None = None
) -> CountJudgement:
    """The rule's judgement.

    Parameters
    ----------
    table : DecisionTable
    n, n_dlt : sequence of int
        Evaluable participants and participants with a DLT, one per level, lowest first.
    level : int
        The current level, from 1.
    cap_level : int, optional
        Highest level that the result of another part allows.
    """
    ceiling, capped_by = table.specification.n_levels, "top_level"
    if cap_level is not None and cap_level < ceiling:
        ceiling, capped_by = max(cap_level, 0), "capped_by_other_part"
    if table.states is not UNSET:
        return _judge_by_model(table, n, n_dlt, level, (ceiling, capped_by))
    highest, closed_by = ceiling, capped_by
    for place, (n_at, n_dlt_at) in enumerate(zip(n, n_dlt, strict=True)):
        if table.eliminated[n_at][n_dlt_at]:
            if place < highest:
                highest, closed_by = place, "level_above_eliminated"
            break
    n_here, n_dlt_here = n[level - 1], n_dlt[level - 1]
    return CountJudgement(
        table.actions[n_here][n_dlt_here],
        (REASONS[table.reasons[n_here][n_dlt_here]],),
        highest,
        closed_by,
        bool(table.stops_at_lowest[n[0]][n_dlt[0]]),
        bool(table.eliminated[n_here][n_dlt_here]),
    )


def _judge_by_model(
    table: DecisionTable, n: Sequence[int], n_dlt: Sequence[int], level: int, cap: tuple[int, str]
) -> CountJudgement:
    assert table.states is not UNSET
    frozen = open_state_table(table.specification, table.states)
    state = np.array([n], dtype=np.int16), np.array([n_dlt], dtype=np.int16), np.array([level])
    judged = frozen.rule.judge(*state)
    assert judged.reason is not None
    action, highest = int(judged.action[0]), int(judged.highest[0])
    reasons: tuple[str, ...] = (frozen.rule.reasons[int(judged.reason[0])],)
    if not frozen.is_frozen(*state)[0]:
        reasons = (*reasons, "counts_outside_table")
    ceiling, capped_by = cap
    closed_by = "level_above_closed_by_model" if highest < ceiling else capped_by
    return CountJudgement(
        action, reasons, min(highest, ceiling), closed_by, bool(judged.is_too_toxic[0]), action == DE_ESCALATE
    )
