"""Every way in which a part with a dose rule may end, where the places may run out before the rule is done.

A part that runs out of places ends there as the committee of the rehearsal would end it: the level that the
counts support is selected, and, where regimens are to be expanded, none above the level that the rule asked for
next. Whether the rule would have treated on is kept as ``is_short``.
"""

from functools import cache, lru_cache
from typing import Literal, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from firstdose.conduct.dose_rules import compile_design
from firstdose.design import DesignSpecification, Tallies, select_mtd
from firstdose.design.exact.state_graph import enumerate_states
from firstdose.design.exact.table_steps import assign_from_table
from firstdose.design.stepping import (
    STOP_AND_SELECT_MTD,
    STOP_TOO_TOXIC,
    Assign,
    BoolArray,
    IntArray,
    Steps,
)
from firstdose.simulate.whole_trial.truth import Truth
from firstdose.terms.outcomes import NotDerived

FloatArray = NDArray[np.float64]


class StartingCounts(NamedTuple):
    """Counts from which a part goes on, per level, lowest first, and the level of the last cohort, from 1."""

    n: tuple[int, ...]
    n_dlt: tuple[int, ...]
    level: int


class PartEnds(NamedTuple):
    """The ends of a part; one row per end, and in ``n`` and ``n_dlt`` one column per level, lowest first.

    ``level`` is the selected level from 1, 0 for none. ``n_paths`` are the ways to the end from ``start``, whose
    participants are included in the counts.
    """

    n: IntArray
    n_dlt: IntArray
    n_paths: FloatArray
    level: IntArray
    is_short: BoolArray
    start: StartingCounts

    def weigh(self, rates: tuple[float, ...]) -> FloatArray:
        """The probability of each end from the start, under true DLT rates."""
        p = np.array(rates)
        with_dlt = self.n_dlt - np.array(self.start.n_dlt)
        without = self.n - np.array(self.start.n) - with_dlt
        weighed: FloatArray = self.n_paths * (p**with_dlt * (1 - p) ** without).prod(axis=1)
        return weighed


@lru_cache(maxsize=512)
def enumerate_ends(
    design: DesignSpecification,
    places: int,
    cap_level: int | None = None,
    *,
    expands: bool = False,
    start: StartingCounts | None = None,
) -> PartEnds:
    """The ends of a part with so many places.

    Parameters
    ----------
    design : DesignSpecification
    places : int
        Participants whom the part may take, 1 or more.
    cap_level : int, optional
        Highest level that the result of another part allows.
    expands : bool
        Whether regimens of this part are expanded: then a part cut short selects none above the rule's wish.
    start : StartingCounts, optional
        From which the part goes on; nobody treated if left out.
    """
    begin = start or _begin(design)
    if places >= design.max_n:
        return _walk(step_within(design, places, cap_level), design, begin, is_short=False)[0]
    # two walks, for what is kept of an end is its level alone: each marks those of the other kind
    own, is_cut = _walk(
        step_within(design, places, cap_level, expands=expands, marks="cut"), design, begin, is_short=False
    )
    cut, is_own = _walk(
        step_within(design, places, cap_level, expands=expands, marks="own"), design, begin, is_short=True
    )
    return _join(own, ~is_cut, cut, ~is_own)


def _join(own: PartEnds, is_own: BoolArray, cut: PartEnds, is_cut: BoolArray) -> PartEnds:
    """The ends of the design itself, and those where the places end it."""
    pairs = (
        np.concatenate([one[is_own], other[is_cut]]) for one, other in zip(own[:5], cut[:5], strict=True)
    )
    n, n_dlt, n_paths, level, is_short = pairs
    return PartEnds(n, n_dlt, n_paths, level, is_short, own.start)


def _begin(design: DesignSpecification) -> StartingCounts:
    nobody = (0,) * design.n_levels
    return StartingCounts(nobody, nobody, design.start_level)


def _walk(
    step: Assign, design: DesignSpecification, begin: StartingCounts, *, is_short: bool
) -> tuple[PartEnds, BoolArray]:
    """The ends of a design, and which of them are marked as ends for toxicity."""
    ends = enumerate_states(
        step,
        max_n=design.max_n,
        n=begin.n,
        n_dlt=begin.n_dlt,
        level=begin.level,
        max_n_per_level=design.max_n_per_level,
    )
    marks = np.full(len(ends.mtd), is_short, dtype=np.bool_)
    return PartEnds(ends.n, ends.n_dlt, ends.n_paths, ends.mtd, marks, begin), ends.too_toxic


def step_within(
    design: DesignSpecification,
    places: int,
    cap_level: int | None = None,
    *,
    expands: bool = False,
    marks: Literal["own", "cut"] | None = None,
) -> Assign:
    """The step of a design that ends where its places do; ``level`` is then the level selected, 0 for none.

    Parameters
    ----------
    design, places, cap_level, expands
        As in :func:`enumerate_ends`.
    marks : {"own", "cut"}, optional
        Which ends are all marked as ends for toxicity, to be told apart: the design's own, or where places end it.
    """
    table, _ = compile_design(design)
    assign = assign_from_table(table, cap_level)
    if places >= design.max_n:
        return assign
    nobody = (0,) * design.n_levels

    @cache
    def select(n: tuple[int, ...], n_dlt: tuple[int, ...], wish: int) -> int:
        found = select_mtd(table, Tallies(n, n_dlt, nobody), cap_level)
        if isinstance(found, NotDerived):
            return 0
        return min(found, wish) if expands else found

    def step(n: IntArray, n_dlt: IntArray, level: IntArray) -> Steps:
        wished = assign(n, n_dlt, level)
        size = np.minimum(wished.size, np.maximum(places - n.sum(axis=1), 0)).astype(np.int16)
        is_cut = (wished.size > 0) & (size == 0)
        action = np.where(size > 0, wished.action, STOP_AND_SELECT_MTD)
        if marks is not None:
            is_marked = is_cut if marks == "cut" else (size == 0) & ~is_cut
            action = np.where(is_marked, STOP_TOO_TOXIC, action)
        target = np.array(wished.level, dtype=np.int16)
        for row in np.flatnonzero(is_cut):
            target[row] = select(tuple(n[row].tolist()), tuple(n_dlt[row].tolist()), int(wished.level[row]))
        return Steps(action.astype(np.int8), target, size)

    return step


def list_titration_levels(design: DesignSpecification, places: int) -> list[int]:
    """The levels on which single participants are treated as long as nothing ends titration.

    Examples
    --------
    >>> from firstdose.design import Titration
    >>> design = DesignSpecification(
    ...     rule="boin", n_levels=6, target_rate="0.25", max_n=18, max_n_per_level=6, mtd_min_n=6,
    ...     titration=Titration(until_level=3),
    ... )
    >>> list_titration_levels(design, 18), list_titration_levels(design, 1)
    ([1, 2], [1])
    """
    if design.titration is None:
        return []
    until = design.titration.until_level or design.n_levels + 1
    first = design.start_level
    return list(range(first, min(until, design.n_levels + 1, first + places, first + design.max_n)))


class Beginning(NamedTuple):
    """How titration may go: its probability, the design that follows, and the counts it follows on."""

    p: float
    design: DesignSpecification
    start: StartingCounts | None


def list_beginnings(design: DesignSpecification, truth: Truth, places: int) -> list[Beginning]:
    """The ways in which titration may end, each with what follows; one way where nothing but a DLT may end it.

    Single participants are treated on levels that rise one by one, so titration ends after a participant with a
    DLT, after one with a trigger, or with a cohort at its last level. After the first two the design goes on
    from these counts as one without titration.
    """
    rates, triggers = truth.single_dose_rates, truth.trigger_rates
    levels = list_titration_levels(design, places)
    if triggers is None or not any(triggers) or not levels:
        return [Beginning(1.0, design, None)]
    after = msgspec.structs.replace(design, titration=None)
    beginnings, p_going = [], 1.0
    for level in levels:
        n = tuple(int(design.start_level <= one <= level) for one in range(1, design.n_levels + 1))
        no_dlt = (0,) * design.n_levels
        a_dlt = tuple(int(one == level) for one in range(1, design.n_levels + 1))
        p_dlt = rates[level - 1]
        p_trigger = (1 - p_dlt) * triggers[level - 1]
        beginnings.append(Beginning(p_going * p_dlt, after, StartingCounts(n, a_dlt, level)))
        beginnings.append(Beginning(p_going * p_trigger, after, StartingCounts(n, no_dlt, level)))
        p_going *= (1 - p_dlt) * (1 - triggers[level - 1])
        if level == levels[-1]:
            beginnings.append(Beginning(p_going, design, StartingCounts(n, no_dlt, level)))
    return [one for one in beginnings if one.p > 0]
