"""Exact characteristics of the rules: figures of others, closed forms by hand, and the limits of the method."""

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import product
from math import comb
from typing import Any

import numpy as np
import pytest
from tests.double import boin_by_formula as double
from tests.double.r_random import UniformStream

from firstdose.design import (
    DecisionTable,
    DesignSpecification,
    FinalStates,
    GraphTooLarge,
    Tallies,
    Titration,
    compile_table,
    compute_operating_characteristics,
    compute_scenarios,
    enumerate_final_states,
    enumerate_paths,
    estimate_graph_size,
)
from firstdose.design.exact.state_graph import enumerate_states
from firstdose.design.exact.table_steps import assign_from_table
from firstdose.design.next_cohort import assign_next_cohort
from firstdose.design.rules.boin import assign_closest_level
from firstdose.design.rules.closest_level import ClosestLevel
from firstdose.design.stepping import IntArray, Steps

A = (0.05, 0.10, 0.18, 0.25, 0.38, 0.50)
C = (0.02, 0.03, 0.05, 0.08, 0.14, 0.25)


def design(rule: Any, max_n: int, **changes: Any) -> DesignSpecification:
    """A rule as published: no cap at a level, no stop at the top, no least number at the MTD."""
    plain: dict[str, Any] = {
        "n_levels": 6,
        "target_rate": Decimal("0.25"),
        "max_n_per_level": max_n,
        "mtd_min_n": 1,
        "stop_at_top_level": False,
    }
    return DesignSpecification(rule=rule, max_n=max_n, **(plain | changes))


@lru_cache
def enumerated(rule: str, max_n: int) -> tuple[DecisionTable, FinalStates]:
    table = compile_table(design(rule, max_n))
    return table, enumerate_final_states(table)


# Exact values of another program (a dynamic program in numba), scenarios with the target 0.25 at level 4 and at level
# 6; tolerance: half of the last digit. The i3+3 with 18 participants was found "within 1.3 points of BOIN", which has
# 32.3 and 30.8 there. The keyboard "equals BOIN in every cell".
# fmt: off
#                           rule         n   rates level percent  mean n above 0.33
COMPARED = {
    "i3+3 24, A":         ("i3_plus_3", 24, A, 4, 36.4, 3.0),
    "i3+3 24, C":         ("i3_plus_3", 24, C, 6, 53.7, 0.0),
    "keyboard 18, A":     ("keyboard",  18, A, 4, 32.3, 0.6),
    "keyboard 18, C":     ("keyboard",  18, C, 6, 30.8, 0.0),
    "keyboard 24, A":     ("keyboard",  24, A, 4, 32.0, 1.7),
    "keyboard 24, C":     ("keyboard",  24, C, 6, 45.1, 0.0),
    "keyboard 36, A":     ("keyboard",  36, A, 4, 39.8, 4.0),
    "keyboard 36, C":     ("keyboard",  36, C, 6, 58.4, 0.0),
}
# fmt: on


@pytest.mark.parametrize("case", COMPARED.values(), ids=COMPARED.keys())
def test_the_exact_comparison_of_interval_rules(
    case: tuple[str, int, tuple[float, ...], int, float, float],
) -> None:
    rule, max_n, rates, correct, percent, mean_overdosed = case
    table, states = enumerated(rule, max_n)
    found = compute_operating_characteristics(table, rates, states)
    assert 100 * found.p_selected[correct - 1] == pytest.approx(percent, abs=0.0501)
    assert found.mean_n_overdose == pytest.approx(mean_overdosed, abs=0.0501)
    assert found.mean_n == pytest.approx(max_n, abs=0.0501)


@pytest.mark.parametrize(("rates", "correct"), [(A, 4), (C, 6)], ids=["A", "C"])
def test_the_i3_plus_3_with_18_is_near_boin(rates: tuple[float, ...], correct: int) -> None:
    found = {
        rule: compute_operating_characteristics(enumerated(rule, 18)[0], rates, enumerated(rule, 18)[1])
        for rule in ("i3_plus_3", "boin")
    }
    difference = found["i3_plus_3"].p_selected[correct - 1] - found["boin"].p_selected[correct - 1]
    assert abs(100 * difference) < 1.35


def test_the_last_layer_of_boin_as_another_program_counted_it() -> None:
    _, states = enumerated("boin", 36)
    assert states.layers[36] == 27_353
    assert len(states.mtd) == 28_724


# --- the 3+3 by hand


def three_plus_three(n_levels: int, **changes: Any) -> DecisionTable:
    plain: dict[str, Any] = {"max_n_per_level": 6, "mtd_min_n": 3, "n_levels": n_levels}
    return compile_table(design("three_plus_three", 6 * n_levels, **(plain | changes)))


def _binomial(n: int, y: int, p: float) -> float:
    return comb(n, y) * p**y * (1 - p) ** (n - y)


P1, P2 = 0.15, 0.35


def test_two_levels_of_a_three_plus_three_without_de_escalation_by_hand() -> None:
    # a level is passed by 0 of 3, or by 1 of 3 and then 0 of 3; what fails ends the part one level lower
    passes = [_binomial(3, 0, p) + _binomial(3, 1, p) * _binomial(3, 0, p) for p in (P1, P2)]
    second_cohort = [_binomial(3, 1, p) for p in (P1, P2)]
    found = compute_operating_characteristics(three_plus_three(2), (P1, P2))
    assert found.p_none == pytest.approx(1 - passes[0], abs=1e-15)
    assert found.p_selected == pytest.approx((passes[0] * (1 - passes[1]), passes[0] * passes[1]), abs=1e-15)
    assert found.mean_n_per_level[0] == pytest.approx(3 + 3 * second_cohort[0], abs=1e-14)
    assert found.mean_n_per_level[1] == pytest.approx(passes[0] * (3 + 3 * second_cohort[1]), abs=1e-14)
    assert found.p_n[3] == pytest.approx(_binomial(3, 2, P1) + _binomial(3, 3, P1), abs=1e-15)
    assert found.p_n_dlt[0] == pytest.approx(_binomial(3, 0, P1) * _binomial(3, 0, P2), abs=1e-15)


def test_two_levels_of_a_three_plus_three_with_de_escalation_by_hand() -> None:
    # after a closed level 2, level 1 with 0 of 3 gets three more and is the MTD with at most one DLT in six; a
    # level 2 that is passed by 0 of 3 gets three more as well
    clean, mended = _binomial(3, 0, P1), _binomial(3, 1, P1) * _binomial(3, 0, P1)
    three_more = clean + _binomial(3, 1, P1)
    at_most_one = _binomial(3, 0, P2) * (_binomial(3, 0, P2) + _binomial(3, 1, P2)) + _binomial(
        3, 1, P2
    ) * _binomial(3, 0, P2)
    closed = 1 - at_most_one
    found = compute_operating_characteristics(three_plus_three(2, six_at_mtd=True), (P1, P2))
    assert found.p_selected[1] == pytest.approx((clean + mended) * at_most_one, abs=1e-15)
    assert found.p_selected[0] == pytest.approx(clean * closed * three_more + mended * closed, abs=1e-15)
    assert found.p_none == pytest.approx(1 - sum(found.p_selected), abs=1e-15)


def test_the_rolling_six_that_enrols_six_at_once_by_hand() -> None:
    table = compile_table(
        design("rolling_six", 12, n_levels=2, cohort_size=6, max_n_per_level=6, mtd_min_n=3)
    )
    passes = [_binomial(6, 0, p) + _binomial(6, 1, p) for p in (P1, P2)]
    found = compute_operating_characteristics(table, (P1, P2))
    assert found.p_selected == pytest.approx((passes[0] * (1 - passes[1]), passes[0] * passes[1]), abs=1e-15)
    assert found.mean_n == pytest.approx(6 + 6 * passes[0], abs=1e-13)


def test_the_rolling_six_in_cohorts_of_three_is_the_three_plus_three() -> None:
    rolling = compile_table(design("rolling_six", 36, max_n_per_level=6, mtd_min_n=3))
    simple = compile_table(design("three_plus_three", 36, max_n_per_level=6, mtd_min_n=3))
    for rates in (A, C):
        found = [compute_operating_characteristics(table, rates) for table in (rolling, simple)]
        assert found[0].p_selected == pytest.approx(found[1].p_selected, abs=1e-14)
        assert found[0].p_n == pytest.approx(found[1].p_n, abs=1e-14)


def test_the_whole_tree_of_a_three_plus_three_has_504_outcomes() -> None:
    # eight outcomes at each arrival at a level, 0 to 3 DLTs in each of two cohorts, and two ways up: 8 (1 + 2 + ... + 32);
    # the number of nodes that the R package escalation finds
    table = compile_table(design("three_plus_three", 36, max_n_per_level=6, mtd_min_n=3))
    nobody = Tallies((0,) * 6, (0,) * 6, (0,) * 6)
    outcomes = {
        path.steps[:length]
        for path in enumerate_paths(table, nobody, 1, 99)
        for length in range(1, len(path.steps) + 1)
    }
    assert len(outcomes) == 504


# --- BOIN::get.oc trial by trial


@pytest.mark.slow
def test_boin_from_the_random_stream_of_r_gives_the_percentages_of_its_package() -> None:
    # BOIN 2.7.2 get.oc(target=.25, p.true=A, ncohort=12, cohortsize=3, ntrial=10000, seed=6), the figures as printed;
    # each participant takes one uniform number
    table, _ = enumerated("boin", 36)
    stream = UniformStream(6)
    selected = [0] * 7
    known: dict[Any, Any] = {}
    for _ in range(10_000):
        n: tuple[int, ...] = (0,) * 6
        n_dlt, level = n, 1
        while True:
            state = (n, n_dlt, level)
            if state not in known:
                known[state] = assign_next_cohort(table, n, n_dlt, level)
            step = known[state]
            if step.size == 0:
                break
            level = step.level
            events = sum(number < A[level - 1] for number in stream.take(step.size))
            n = (*n[: level - 1], n[level - 1] + step.size, *n[level:])
            n_dlt = (*n_dlt[: level - 1], n_dlt[level - 1] + events, *n_dlt[level:])
        selected[step.level or 0] += 1
    assert [count / 100 for count in selected] == [0.03, 0.43, 8.68, 35.61, 40.47, 13.50, 1.28]


# --- the method itself


def test_the_closest_level_of_many_states_is_the_exact_one_in_every_final_state() -> None:
    table, states = enumerated("boin", 24)
    for n, n_dlt, mtd in zip(
        states.n_evaluable.tolist(), states.n_dlt.tolist(), states.mtd.tolist(), strict=True
    ):
        expected = assign_next_cohort(table, n, n_dlt, 1)
        assert (expected.level or 0) == mtd, (n, n_dlt)


@pytest.mark.slow
def test_the_same_with_36_participants() -> None:
    table, states = enumerated("boin", 36)
    target = Fraction(table.specification.target_rate)
    for n, n_dlt, mtd in zip(
        states.n_evaluable.tolist(), states.n_dlt.tolist(), states.mtd.tolist(), strict=True
    ):
        open_to = next((k for k in range(6) if table.eliminated[n[k]][n_dlt[k]]), 6)
        tried = [k for k in range(open_to) if n[k]]
        if not tried:
            assert mtd == 0
            continue
        counts = [n[k] for k in tried], [n_dlt[k] for k in tried]
        chosen = assign_closest_level(*counts, target, may_be_selected=[True] * len(tried))
        assert tried[chosen] + 1 == mtd, (n, n_dlt)


@pytest.mark.parametrize("room", [36, 48])
def test_room_for_more_participants_at_a_level_changes_no_state(room: int) -> None:
    # six levels of up to 48 need two whole numbers a state, of up to 36 one
    table, states = enumerated("boin", 36)
    nobody = (0,) * 6
    found = enumerate_states(
        assign_from_table(table), max_n=36, n=nobody, n_dlt=nobody, level=1, max_n_per_level=room
    )
    assert len(found.mtd) == len(states.mtd)
    assert (found.n_paths * 0.5 ** found.n.sum(axis=1)).sum() == 1.0


def test_the_closest_level_is_exact_where_two_are_equally_far_or_one_is_at_the_target() -> None:
    # with the target 1/2 an estimate of 3 of 6 is at it, and 1 of 3 and 2 of 3 are equally far on both sides
    counts = [(n, y) for n in (0, 3, 6) for y in range(n + 1)]
    rows = [row for row in product(counts, repeat=3) if any(n for n, _ in row)]
    n, n_dlt = (np.array([[pair[k] for pair in row] for row in rows]) for k in (0, 1))
    found = ClosestLevel(Fraction(1, 2), 6).assign(n, n_dlt, n > 0, n > 0)
    for row, level in zip(rows, found.tolist(), strict=True):
        tried = [place for place in range(3) if row[place][0]]
        chosen = assign_closest_level(
            [row[place][0] for place in tried],
            [row[place][1] for place in tried],
            Fraction(1, 2),
            may_be_selected=[True] * len(tried),
        )
        assert level == tried[chosen] + 1, row


def test_more_levels_than_fit_into_one_number_are_walked_as_well() -> None:
    # ten levels of up to 60 participants need two whole numbers a state; safe levels are climbed one by one
    ten = compile_table(design("boin", 18, n_levels=10, max_n_per_level=18))
    padded = compile_table(design("boin", 18, n_levels=6))
    spec = ten.specification
    seen = []

    def assign(n: IntArray, n_dlt: IntArray, level: IntArray) -> Steps:
        seen.append(len(level))
        return assign_from_table(ten, cap_level=6)(n, n_dlt, level)

    nobody = (0,) * 10
    wide = enumerate_states(assign, max_n=18, n=nobody, n_dlt=nobody, level=1, max_n_per_level=60)
    few = enumerate_final_states(padded)
    assert len(wide.mtd) == len(few.mtd)
    assert spec.n_levels == 10

    def ordered(n: IntArray, n_dlt: IntArray, paths: Any, mtd: IntArray) -> list[tuple[Any, ...]]:
        rows = zip(n.tolist(), n_dlt.tolist(), paths.tolist(), mtd.tolist(), strict=True)
        return sorted((tuple(a), tuple(b), c, d) for a, b, c, d in rows)

    assert ordered(wide.n[:, :6], wide.n_dlt[:, :6], wide.n_paths, wide.mtd) == ordered(
        few.n_evaluable, few.n_dlt, few.n_paths, few.mtd
    )


def test_a_design_too_large_for_the_memory_is_refused_and_says_why() -> None:
    table = compile_table(design("boin", 60, n_levels=8, cohort_size=1))
    size = estimate_graph_size(table)
    assert not size.is_exact
    assert size.n_states > 100_000_000
    with pytest.raises(
        GraphTooLarge, match=r"states .* larger cohorts, fewer participants or levels, or simulate"
    ):
        enumerate_final_states(table)


@pytest.mark.parametrize("max_n", [22, 24, 26])
def test_the_size_of_a_graph_is_foreseen_within_a_third(max_n: int) -> None:
    table = compile_table(design("boin", max_n, cohort_size=1))
    states = enumerate_final_states(table)
    size = estimate_graph_size(table)
    assert size.n_states == pytest.approx(max(states.layers), rel=0.34)


def test_a_small_graph_is_counted() -> None:
    table, states = enumerated("boin", 18)
    size = estimate_graph_size(table)
    assert (size.n_states, size.is_exact) == (len(states.mtd), True)


def test_ways_are_counted_without_rounding() -> None:
    # the ways of every final state, times its share of all outcomes, add up to all outcomes
    table, states = enumerated("boin", 36)
    weights = states.n_paths * 0.5 ** states.n_evaluable.sum(axis=1)
    assert weights.sum() == 1.0
    assert (states.n_paths == np.round(states.n_paths)).all()
    assert table.digest == states.digest


def test_titration_is_told_in_cohorts() -> None:
    table = compile_table(design("boin", 18, titration=Titration(3)))
    safe = compute_operating_characteristics(table, (0.0,) * 6)
    # 1 + 1 + 3 + 3 + 3 + 3 and then 3 and 1 more at the top
    assert safe.mean_n_cohorts == pytest.approx(8)
    assert safe.mean_n_seconds == pytest.approx(5)
    assert safe.mean_n == pytest.approx(18)


def test_many_scenarios_are_checked() -> None:
    _, states = enumerated("boin", 18)
    for wrong in (np.full((2, 5), 0.1), np.full(6, 0.1), np.full((1, 6), np.nan), np.full((1, 6), -0.1)):
        with pytest.raises(ValueError, match="6 numbers"):
            compute_scenarios(states, wrong)


def test_a_scenario_in_which_more_than_a_share_is_treated_above_the_mtd() -> None:
    # two levels, level 2 above the target: of 6 participants more than half are there if both cohorts are
    table = compile_table(design("boin", 6, n_levels=2, start_level=2))
    found = compute_operating_characteristics(table, (0.1, 0.4), many_above=0.5)
    # the second cohort goes down after any DLT of the first
    assert found.p_many_above_mtd == pytest.approx(_binomial(3, 0, 0.4), abs=1e-15)
    strict = compute_operating_characteristics(table, (0.1, 0.4), many_above=0.49)
    assert strict.p_many_above_mtd == pytest.approx(1, abs=1e-15)
    assert found.p_selected_overdose == pytest.approx(found.p_selected[1], abs=1e-15)


def test_the_second_implementation_selects_the_same_mtd_in_every_final_state() -> None:
    _, states = enumerated("boin", 15)
    for n, n_dlt, mtd in zip(
        states.n_evaluable.tolist(), states.n_dlt.tolist(), states.mtd.tolist(), strict=True
    ):
        assert double.mtd(n, n_dlt, 0.25) == mtd, (n, n_dlt)


def test_titration_before_cohorts_of_three_is_not_taken_for_too_large() -> None:
    # single participants first: three chains of layers lie side by side, and are judged together
    spec = DesignSpecification(
        rule="boin",
        n_levels=6,
        target_rate=Decimal("0.25"),
        max_n=36,
        max_n_per_level=36,
        mtd_min_n=1,
        titration=Titration(3),
        stop_at_top_level=False,
    )
    size = estimate_graph_size(compile_table(spec))
    states = enumerate_final_states(compile_table(spec))
    assert states.layers[-1] <= size.n_states < 2 * states.layers[-1]
