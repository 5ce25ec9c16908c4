"""The step of a design with a decision table, for many states at once."""

from fractions import Fraction

import numpy as np
from msgspec import UNSET

from firstdose.design.decision_table import DecisionTable
from firstdose.design.rules.algorithmic import ALGORITHMIC
from firstdose.design.rules.boin import compute_mtd_bound
from firstdose.design.rules.closest_level import ClosestLevel
from firstdose.design.rules.three_plus_three import BOTH_COHORTS
from firstdose.design.state_table import open_state_table
from firstdose.design.stepping import Assign, BoolArray, IntArray, Judgement, guard_rule


def assign_from_table(table: DecisionTable, cap_level: int | None = None) -> Assign:
    """The design of a table as one function of counts.

    Parameters
    ----------
    table : DecisionTable
    cap_level : int, optional
        Highest level that the result of another part allows.

    Examples
    --------
    >>> from firstdose.design import DesignSpecification, compile_table
    >>> table = compile_table(DesignSpecification(
    ...     rule="boin", n_levels=3, target_rate="0.25", max_n=18, max_n_per_level=9, mtd_min_n=6
    ... ))
    >>> assign = assign_from_table(table)
    >>> assign(np.array([[3, 0, 0], [3, 3, 0]]), np.array([[0, 0, 0], [0, 1, 0]]), np.array([1, 2]))
    Steps(action=array([1, 3], dtype=int8), level=array([2, 1], dtype=int8), size=array([3, 3], dtype=int16))
    """
    spec = table.specification
    if table.states is not UNSET:
        rule = open_state_table(spec, table.states).rule
        return guard_rule(spec, rule.judge, rule.select, cap_level=cap_level)
    most = spec.max_n
    actions, eliminated, stops = (
        _square(rows, most) for rows in (table.actions, table.eliminated, table.stops_at_lowest)
    )
    is_closed, stops_part = eliminated.astype(np.bool_), stops.astype(np.bool_)

    def judge(n: IntArray, n_dlt: IntArray, level: IntArray) -> Judgement:
        highest = np.full(len(level), spec.n_levels, dtype=np.int8)
        for place in range(spec.n_levels - 1, -1, -1):
            highest[is_closed.take(_cell(n[:, place], n_dlt[:, place], most))] = place
        rows, place_here = np.arange(len(level)), level - 1
        here = _cell(n[rows, place_here], n_dlt[rows, place_here], most)
        return Judgement(actions.take(here), highest, stops_part.take(_cell(n[:, 0], n_dlt[:, 0], most)))

    def select_highest(n: IntArray, n_dlt: IntArray, highest: IntArray) -> IntArray:
        levels = np.arange(1, spec.n_levels + 1)
        tolerated = (n > 0) & (levels <= highest[:, None]) & (BOTH_COHORTS * n_dlt.astype(np.int16) <= n)
        may = _prefer_enough(tolerated, n, spec.fewest_at_mtd)
        highest_tolerated: IntArray = np.where(may, levels, 0).max(axis=1).astype(np.int8)
        return highest_tolerated

    if spec.rule in ALGORITHMIC:
        return guard_rule(spec, judge, select_highest, cap_level=cap_level)
    closest = ClosestLevel(Fraction(spec.target_rate), most, compute_mtd_bound(spec))

    def select_closest(n: IntArray, n_dlt: IntArray, highest: IntArray) -> IntArray:
        tried = (n > 0) & (np.arange(1, spec.n_levels + 1) <= highest[:, None])
        return closest.assign(n, n_dlt, tried, _prefer_enough(tried, n, spec.fewest_at_mtd))

    return guard_rule(spec, judge, select_closest, cap_level=cap_level)


def _square(rows: tuple[tuple[int, ...], ...], most: int) -> IntArray:
    filled = np.zeros((most + 1, most + 1), dtype=np.int8)
    for n, row in enumerate(rows):
        filled[n, : len(row)] = row
    return filled


def _cell(n: IntArray, n_dlt: IntArray, most: int) -> IntArray:
    return n.astype(np.intp) * (most + 1) + n_dlt


def _prefer_enough(may: BoolArray, n: IntArray, fewest: int) -> BoolArray:
    """Levels with enough participants for an MTD; all of them where none has."""
    enough = np.logical_and(may, n >= fewest)
    has_enough = enough.any(axis=1, keepdims=True)
    return np.where(has_enough, enough, may)
