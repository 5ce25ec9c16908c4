"""Which level is the maximum tolerated dose."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from msgspec import UNSET

from firstdose.design.decision_table import DecisionTable
from firstdose.design.judging import judge_counts
from firstdose.design.rules import three_plus_three
from firstdose.design.rules.algorithmic import ALGORITHMIC
from firstdose.design.rules.boin import assign_closest_level, compute_mtd_bound, find_levels_within
from firstdose.design.state_table import open_state_table


def assign_mtd(
    table: DecisionTable,
    n: Sequence[int],
    n_dlt: Sequence[int],
    cap_level: int | None = None,
    *,
    current_level: int | None = None,
) -> tuple[int | None, str | None]:
    """The selected level, or None; and a reason code if something is to be said about it.

    The 3+3 and the rolling six take the highest level with at most one DLT in six, rules with a model the level
    that the model names, the others the level whose isotonic estimate is closest to the target; all among levels
    that were tried, are not closed, and have ``fewest_at_mtd`` participants. If no such level has that many, the
    choice is made among all of them and ``too_few_at_mtd`` says so: a part that reaches its cap still names the
    level that its data support, and the committee sees the weakness.

    Parameters
    ----------
    table : DecisionTable
    n, n_dlt : sequence of int
        Evaluable participants and participants with a DLT, one per level, lowest first.
    cap_level : int or None
        Highest level that the result of another part allows.
    current_level : int, optional
        Level of the last cohort, from 1, which rules with a model read; the highest that was tried if left out.
    """
    spec = table.specification
    last = max((place + 1 for place, total in enumerate(n) if total), default=spec.start_level)
    judged = judge_counts(table, n, n_dlt, current_level or last, cap_level)
    highest = judged.highest
    tried = [place for place in range(highest) if n[place] > 0]
    if spec.rule in ALGORITHMIC:
        tried = [place for place in tried if three_plus_three.is_tolerated(n[place], n_dlt[place])]
    if not tried or judged.is_too_toxic:
        return None, "no_mtd"
    has_enough = [n[place] >= spec.fewest_at_mtd for place in tried]
    remark = None if any(has_enough) else "too_few_at_mtd"
    may_be_selected = has_enough if any(has_enough) else [True] * len(tried)
    if spec.rule in ALGORITHMIC:
        return max(place for place, may in zip(tried, may_be_selected, strict=True) if may) + 1, remark
    if table.states is not UNSET:
        frozen = open_state_table(spec, table.states)
        chosen = int(frozen.rule.select(np.array([n]), np.array([n_dlt]), np.array([highest]))[0])
        return (chosen, remark) if chosen else (None, "no_mtd")
    counts = [n[place] for place in tried], [n_dlt[place] for place in tried]
    bound = compute_mtd_bound(spec)
    if bound is not None:
        within = find_levels_within(*counts, bound)
        may_be_selected = [may and fits for may, fits in zip(may_be_selected, within, strict=True)]
        if not any(may_be_selected):
            return None, "estimate_above_lambda_d"
    chosen = assign_closest_level(*counts, Fraction(spec.target_rate), may_be_selected=may_be_selected)
    return tried[chosen] + 1, remark
