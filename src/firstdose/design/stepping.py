"""One step of a design for many states at once: the contract between a rule, its guards and the exact method.

A rule is two functions of counts. Its *judge* says, before any guard, what it makes of the counts: escalate,
stay or de-escalate from the current level, up to which level toxicity leaves the ladder open, and whether the
part is too toxic as a whole. Its *selector* names the MTD. Both may read the counts of every level, as model
based rules do; a rule that reads the current level alone compiles to a table instead
(:mod:`firstdose.design.exact.table_steps`). :func:`guard_rule` puts the guards around them: start, no skipping, caps
per level and in all, titration, stopping. What comes out is an *assignment*, the one thing that
:func:`firstdose.design.exact.state_graph.enumerate_states` asks for.

Arrays: ``n`` and ``n_dlt`` have one row per state and one column per level, lowest first; ``level`` and all
results have one value per state; levels count from 1. Every DLT window is complete. A function must give the
same answer for a state wherever it stands in the array, must not change its arguments, and takes any number
of rows, none included. Nobody has been treated in the first state: all counts 0, ``level`` the start level.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from firstdose.design.rules.algorithmic import ALGORITHMIC
from firstdose.design.specification import Titration

MOST_DLT_TO_FILL_UP = 1
"""An incomplete cohort with more DLTs than this is not filled up if the rule says de-escalate.

One DLT in one participant ends titration and is filled up, as published; two DLTs expose nobody further.
"""

IntArray = NDArray[np.integer]
BoolArray = NDArray[np.bool_]

ESCALATE, STAY, DE_ESCALATE = 1, 2, 3
"""What a judge says, as in the decision table."""
STOP_TOO_TOXIC, STOP_AND_SELECT_MTD = 4, 5
"""How a part ends."""


class Judgement(NamedTuple):
    """What a rule makes of counts before any guard; one value per state.

    ``action`` is ``ESCALATE``, ``STAY`` or ``DE_ESCALATE`` from the current level, also where the ladder ends
    there. ``highest`` is the highest level that toxicity leaves open, the number of levels if it closes none,
    0 if it closes all. ``is_too_toxic`` stops the part although a level may be open. ``reason`` is the place of
    the reason among the rule's own, where it has any.
    """

    action: IntArray
    highest: IntArray
    is_too_toxic: BoolArray
    reason: IntArray | None = None


class Steps(NamedTuple):
    """What follows on counts, guards included; one value per state.

    ``action`` is one of the five codes of this module. ``level`` is that of the next cohort, or at the end
    the MTD, 0 for none. ``size`` is the number in the next cohort, 0 exactly where the part ends.
    """

    action: IntArray
    level: IntArray
    size: IntArray


Judge = Callable[[IntArray, IntArray, IntArray], Judgement]
"""``judge(n, n_dlt, level)``."""

Selector = Callable[[IntArray, IntArray, IntArray], IntArray]
"""``select(n, n_dlt, highest)``: the MTD from 1 among levels 1 to ``highest`` that were tried, 0 for none."""

Assign = Callable[[IntArray, IntArray, IntArray], Steps]
"""``assign(n, n_dlt, level)``. Where all ``max_n`` were treated the part ends, and ``level`` says nothing."""


class Guards(Protocol):
    """What a design says beside its rule, as read here; a DesignSpecification is one."""

    @property
    def rule(self) -> str: ...  # noqa: D102 - the fields of DesignSpecification
    @property
    def n_levels(self) -> int: ...  # noqa: D102
    @property
    def max_n(self) -> int: ...  # noqa: D102
    @property
    def max_n_per_level(self) -> int: ...  # noqa: D102
    @property
    def cohort_size(self) -> int: ...  # noqa: D102
    @property
    def titration(self) -> Titration | None: ...  # noqa: D102
    @property
    def fewest_to_decide(self) -> int: ...  # noqa: D102
    @property
    def fewest_at_mtd(self) -> int: ...  # noqa: D102
    @property
    def stop_at_top_level(self) -> bool: ...  # noqa: D102
    @property
    def fewest_to_stop_at_level(self) -> int | None: ...  # noqa: D102


class _Going(NamedTuple):
    """States in which the part may go on, and what is decided of them; ``target`` 0 where it ends."""

    n: IntArray
    n_dlt: IntArray
    level: IntArray
    action: IntArray
    target: IntArray
    titrates: BoolArray


def guard_rule(guards: Guards, judge: Judge, select: Selector, *, cap_level: int | None = None) -> Assign:
    """The rule inside the guards of its design.

    Parameters
    ----------
    guards : Guards
        Levels, cohort size, titration, caps and stopping.
    judge, select : callable
        The rule; see the module.
    cap_level : int, optional
        Highest level that the result of another part allows.

    Returns
    -------
    callable
        ``assign(n, n_dlt, level)``, the same as :func:`firstdose.design.next_cohort.assign_next_cohort` for
        every state, where the rule has a decision table.
    """
    ceiling = guards.n_levels if cap_level is None else max(0, min(cap_level, guards.n_levels))

    def assign(n: IntArray, n_dlt: IntArray, level: IntArray) -> Steps:
        judged = judge(n, n_dlt, level)
        highest = np.minimum(judged.highest, ceiling)
        is_toxic = judged.is_too_toxic | (highest == 0)
        total = n.sum(axis=1)
        action = np.where(is_toxic, STOP_TOO_TOXIC, STOP_AND_SELECT_MTD).astype(np.int8)
        target, size = np.zeros(len(level), dtype=np.int8), np.zeros(len(level), dtype=np.int16)
        may_go = ~is_toxic & (total < guards.max_n)
        if may_go.any():
            rows = _place_rows(may_go)
            going = _decide(
                guards,
                judge,
                _take(n, rows),
                _take(n_dlt, rows),
                level[rows],
                judged.action[rows],
                highest[rows],
                ceiling,
            )
            size[rows] = _assign_sizes(guards, going, total[rows])
            treats = size[rows] > 0
            action[rows] = np.where(treats, going.action, action[rows])
            target[rows] = np.where(treats, going.target, 0)
        is_end = ~is_toxic & (size == 0)
        if is_end.any():
            rows = _place_rows(is_end)
            target[rows] = select(_take(n, rows), _take(n_dlt, rows), highest[rows])
        return Steps(action, target, size)

    return assign


def _place_rows(mask: BoolArray) -> slice | NDArray[np.intp]:
    """What takes the rows of a mask: all of them need not be copied."""
    return slice(None) if mask.all() else np.flatnonzero(mask)


def _take(counts: IntArray, rows: slice | NDArray[np.intp]) -> IntArray:
    """Some rows of counts, which lie level by level in the memory as the walk gives them."""
    return counts if isinstance(rows, slice) else counts.T.take(rows, axis=1).T


def _decide(
    guards: Guards,
    judge: Judge,
    n: IntArray,
    n_dlt: IntArray,
    level: IntArray,
    wish: IntArray,
    highest: IntArray,
    ceiling: int,
) -> _Going:
    """Where the next cohort would be treated; its order is that of ``assign_next_cohort``."""
    rows = np.arange(len(level))
    n_here, n_dlt_here = n[rows, level - 1], n_dlt[rows, level - 1]
    is_above = level > highest
    has_room_above = level < highest
    titrates_here, titrates_next = (_titrates(guards, n_dlt, one) for one in (level, level + 1))
    is_empty = ~is_above & (n_here == 0)
    climbs_singly = ~is_above & ~is_empty & titrates_here & has_room_above
    is_judged = ~is_above & ~is_empty & ~climbs_singly
    settled = (wish == DE_ESCALATE) & (n_dlt_here > MOST_DLT_TO_FILL_UP)
    is_judged &= (n_here >= guards.fewest_to_decide) | settled
    escalates = is_judged & (wish == ESCALATE) & has_room_above
    at_the_top = is_judged & (wish == ESCALATE) & ~has_room_above
    goes_down = is_above | (is_judged & (wish == DE_ESCALATE) & (level > 1))

    target = level.astype(np.int16)
    target[climbs_singly | escalates] += 1
    target[goes_down] = np.minimum(level - 1, highest)[goes_down]
    action = np.full(len(level), STAY, dtype=np.int8)
    action[climbs_singly | escalates] = ESCALATE
    action[goes_down] = DE_ESCALATE

    is_algorithmic = guards.rule in ALGORITHMIC
    may_end = at_the_top & (n_here >= guards.fewest_at_mtd)
    if not is_algorithmic:
        # below a level closed for toxicity an interval rule treats on: more data may still move it down
        may_end &= guards.stop_at_top_level & (highest == ceiling)
    if is_algorithmic and goes_down.any():
        down = np.flatnonzero(goes_down)
        below = judge(n[down], n_dlt[down], target[down]).action == ESCALATE
        may_end[down] = below & (n[down, target[down] - 1] >= guards.fewest_at_mtd)
    enough = guards.fewest_to_stop_at_level
    if enough is not None:
        may_end |= (target == level) & (n_here >= enough)
    target[may_end] = 0
    return _Going(
        n, n_dlt, level, action, target, (is_empty & titrates_here) | (climbs_singly & titrates_next)
    )


def _titrates(guards: Guards, n_dlt: IntArray, level: IntArray) -> BoolArray:
    """Whether participants at the level are treated one by one, as ``is_titrating`` says."""
    if guards.titration is None:
        return np.zeros(len(level), dtype=np.bool_)
    until = guards.titration.until_level
    is_below: BoolArray = np.full(len(level), fill_value=True) if until is None else level < until
    return is_below & ~n_dlt.any(axis=1)


def _assign_sizes(guards: Guards, going: _Going, total: IntArray) -> IntArray:
    """The next cohort's size, 0 where the part ends or the level is full, as ``assign_size`` says."""
    place = np.maximum(going.target, 1) - 1
    n_there = going.n[np.arange(len(place)), place].astype(np.int16)
    whole = guards.cohort_size
    if guards.rule in ALGORITHMIC:
        sizes = [ALGORITHMIC[guards.rule](n, whole) for n in range(guards.max_n + 1)]
        size = np.array(sizes).take(n_there)
    else:
        size = np.full(len(place), whole, dtype=np.int16)
        # an incomplete cohort is filled up on the way up, and a whole one follows on a way back down
        begun = np.flatnonzero((n_there > 0) & (n_there < whole))
        is_above = np.arange(guards.n_levels) > place[begun, None]
        has_been_higher = ((going.n[begun] > 0) & is_above).any(axis=1)
        size[begun] = np.where(has_been_higher, whole, whole - n_there[begun])
    size = np.where(going.titrates, 1, size)
    size = np.minimum(size, np.minimum(guards.max_n - total, guards.max_n_per_level - n_there))
    return np.where(going.target == 0, 0, np.maximum(size, 0)).astype(np.int16)
