"""BF-BOIN: participants added at levels below the current one, and what their outcomes do to escalation.

Source
------
Zhao Y, Yuan Y, Korn EL, Freidlin B. Backfilling patients in phase I dose-escalation trials using Bayesian optimal
interval design (BOIN). Clin Cancer Res 2024;30:673-679: which levels are open, and Table 2 for decisions in
conflict, as two packages carry them out, bfboin 0.1.1 and simFastBOIN. Where these differ, the methods page
"BF-BOIN" says what is done here.

Rates are those of evaluable participants, cohorts and backfill alike; each comparison with lambda_e and lambda_d is
exact, as in :mod:`firstdose.design.rules.boin`.
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from firstdose.design.rules.backfill_options import Backfill
from firstdose.design.rules.boin import (
    is_at_or_above_de_escalation_boundary,
    is_at_or_below_escalation_boundary,
)
from firstdose.design.stepping import DE_ESCALATE, ESCALATE, STAY
from firstdose.terms.words import Text

TEXTS = {
    "backfill_open": Text(
        "level {level} is open for backfilling: {n} were treated there",
        "剂量水平{level}可回填：该水平已入组{n}例",
    ),
    "backfill_no_one_evaluable": Text(
        "level {level} is not open for backfilling: nobody there has been evaluated",
        "剂量水平{level}不可回填：尚无可评价的参与者",
    ),
    "backfill_no_response": Text(
        "level {level} is not open for backfilling: no response was seen there or below",
        "剂量水平{level}不可回填：该水平及以下尚未观察到缓解",
    ),
    "backfill_level_full": Text(
        "level {level} is not open for backfilling: {n} were treated there, the most that are allowed",
        "剂量水平{level}不可回填：已入组{n}例，达到回填上限",
    ),
    "backfill_rate_too_high": Text(
        "level {level} is not open for backfilling: its DLT rate, and that with the level above, reach the "
        "de-escalation boundary",
        "剂量水平{level}不可回填：该水平的DLT发生率及与上一水平合并后的发生率均达到递减界值",
    ),
    "backfill_lower_level_too_high": Text(
        "level {level} is not open for backfilling: a level below is closed by its DLT rate",
        "剂量水平{level}不可回填：其下方有水平因DLT发生率已关闭",
    ),
    "backfill_agrees": Text(
        "no backfilled level speaks against the decision at level {level}",
        "各回填水平均不与剂量水平{level}的决定相冲突",
    ),
    "backfill_conflict": Text(
        "the rate of a backfilled level speaks against the decision at level {level}, and their pooled rate decides",
        "回填水平的DLT发生率与剂量水平{level}的决定相冲突，以合并发生率为准",
    ),
}
"""Reason codes of backfilling."""


class BoinLimits(NamedTuple):
    """What lambda_e and lambda_d are made of, and the one exception."""

    target_rate: Decimal
    p1: Decimal
    p2: Decimal
    stays_on_one_of_three: bool = False
    """Whether one DLT in three says stay where the rate would say de-escalate, as in the tables of the paper."""


ONE_OF_THREE = (3, 1)


class LevelForBackfill(NamedTuple):
    """A level from 1, whether it takes a participant, and why."""

    level: int
    is_open: bool
    reason: str


class BackfillDecision(NamedTuple):
    """The action and the level of the next cohort, from 1, with its reason.

    ``pooled_from`` is the backfilled level whose data are pooled with all up to the current one, or None where
    nothing is in conflict; ``n`` and ``n_dlt`` are the counts that decided.
    """

    action: int
    level: int
    reason: str
    pooled_from: int | None
    n: int
    n_dlt: int


@lru_cache(maxsize=4096)
def assign_zone(n: int, n_dlt: int, limits: BoinLimits) -> int:
    """``ESCALATE``, ``STAY`` or ``DE_ESCALATE`` by the rate of some participants.

    Examples
    --------
    >>> limits = BoinLimits(Decimal("0.25"), Decimal("0.15"), Decimal("0.35"))
    >>> [assign_zone(6, n_dlt, limits) for n_dlt in (1, 2)] == [ESCALATE, DE_ESCALATE]
    True
    """
    if limits.stays_on_one_of_three and (n, n_dlt) == ONE_OF_THREE:
        return STAY
    if is_at_or_above_de_escalation_boundary(n, n_dlt, target_rate=limits.target_rate, p2=limits.p2):
        return DE_ESCALATE
    if is_at_or_below_escalation_boundary(n, n_dlt, target_rate=limits.target_rate, p1=limits.p1):
        return ESCALATE
    return STAY


def list_backfill_levels(
    backfill: Backfill,
    limits: BoinLimits,
    *,
    n: Sequence[int],
    n_dlt: Sequence[int],
    n_pending: Sequence[int],
    n_efficacy: Sequence[int],
    current_level: int,
) -> tuple[LevelForBackfill, ...]:
    """Every level below the current one, lowest first, and whether it takes a participant now.

    Parameters
    ----------
    backfill : Backfill
    limits : BoinLimits
    n, n_dlt : sequence of int
        Evaluable participants and participants with a DLT, one per level, lowest first.
    n_pending : sequence of int
        Participants inside their window; they count against the cap alone.
    n_efficacy : sequence of int
        Participants with a response, of all that were treated.
    current_level : int
        Level of the cohort that escalation treats or waits for, from 1.

    Examples
    --------
    >>> limits = BoinLimits(Decimal("0.25"), Decimal("0.15"), Decimal("0.35"))
    >>> for row in list_backfill_levels(
    ...     Backfill(), limits, n=(3, 6, 0), n_dlt=(0, 0, 0), n_pending=(0, 1, 3), n_efficacy=(0, 1, 0),
    ...     current_level=3,
    ... ):
    ...     print(*row)
    1 False backfill_no_response
    2 True backfill_open
    """
    found = []
    is_closed_from_here = False
    for place in range(current_level - 1):
        reason = "backfill_open"
        is_too_high = not is_closed_from_here and _is_too_high(n, n_dlt, place, limits)
        if is_closed_from_here:
            reason = "backfill_lower_level_too_high"
        elif is_too_high:
            reason = "backfill_rate_too_high"
        elif n[place] == 0:
            reason = "backfill_no_one_evaluable"
        elif n[place] + n_pending[place] >= backfill.max_n_per_level:
            reason = "backfill_level_full"
        elif backfill.needs_response and not any(n_efficacy[: place + 1]):
            reason = "backfill_no_response"
        is_closed_from_here |= is_too_high
        found.append(LevelForBackfill(place + 1, reason == "backfill_open", reason))
    return tuple(found)


def assign_backfill_level(levels: Sequence[LevelForBackfill]) -> int | None:
    """The level that takes the next backfill participant, the highest open one; None for none."""
    return max((row.level for row in levels if row.is_open), default=None)


def _is_too_high(n: Sequence[int], n_dlt: Sequence[int], place: int, limits: BoinLimits) -> bool:
    """Whether the rate of a level, and that pooled with the level above, reach lambda_d."""
    with_above = sum(n[place : place + 2]), sum(n_dlt[place : place + 2])
    return n[place] > 0 and all(
        assign_zone(total, events, limits) == DE_ESCALATE
        for total, events in ((n[place], n_dlt[place]), with_above)
    )


def assign_backfill_conflict(
    limits: BoinLimits,
    *,
    n: Sequence[int],
    n_dlt: Sequence[int],
    n_backfilled: Sequence[int],
    current_level: int,
) -> BackfillDecision:
    """The decision at the current level, reconciled with the backfilled levels below.

    A backfilled level is in conflict where its rate says de-escalate, or where it says stay and that of the current
    level says escalate. The highest such level is pooled with all levels
    up to the current one, and the pooled rate decides. If it says de-escalate, the next level is the highest below
    the current one up to which the pooled rate stays below lambda_d, or else the level below the one in conflict.

    Parameters
    ----------
    limits : BoinLimits
    n, n_dlt : sequence of int
        Evaluable participants and participants with a DLT, one per level, lowest first; backfill included.
    n_backfilled : sequence of int
        How many of the evaluable participants were backfilled.
    current_level : int
        Level of the cohort whose windows are complete, from 1; somebody was evaluated there.

    Returns
    -------
    BackfillDecision
        Before elimination and caps, which the guards of the design add; from the lowest level it cannot go down.

    Examples
    --------
    >>> limits = BoinLimits(Decimal("0.25"), Decimal("0.15"), Decimal("0.35"))
    >>> decision = assign_backfill_conflict(
    ...     limits, n=(3, 9, 3), n_dlt=(0, 3, 0), n_backfilled=(0, 6, 0), current_level=3
    ... )
    >>> decision.action == STAY, decision.level, decision.pooled_from, decision.n, decision.n_dlt
    (True, 3, 2, 12, 3)
    """
    here = current_level - 1
    zones = [assign_zone(n[k], n_dlt[k], limits) if n[k] else None for k in range(current_level)]
    own = zones[here]
    in_conflict = [
        k
        for k in range(here)
        if n_backfilled[k] > 0 and (zones[k] == DE_ESCALATE or (zones[k] == STAY and own == ESCALATE))
    ]
    first = in_conflict[-1] if in_conflict else here

    def pool(last: int) -> tuple[int, int]:
        return sum(n[first : last + 1]), sum(n_dlt[first : last + 1])

    total, events = pool(here)
    action = assign_zone(total, events, limits)
    level = current_level + 1 if action == ESCALATE else current_level
    if action == DE_ESCALATE:
        level = max(1, first)
        for last in range(first, here):
            if assign_zone(*pool(last), limits) != DE_ESCALATE:
                level = last + 1
    if not in_conflict:
        return BackfillDecision(action, level, "backfill_agrees", None, total, events)
    return BackfillDecision(action, level, "backfill_conflict", first + 1, total, events)
