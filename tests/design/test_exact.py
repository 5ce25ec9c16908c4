"""Exact operating characteristics against the exact figures of others, and against plain simulation."""

from decimal import Decimal
from functools import lru_cache

import numpy as np
import pytest

from firstdose.design import (
    Action,
    DecisionTable,
    DesignSpecification,
    FinalStates,
    Tallies,
    Titration,
    compile_table,
    compute_operating_characteristics,
    enumerate_final_states,
    recommend,
)

# the scenarios of the comparison: the target 0.25 is at level 4; at level 6; between 1 and 3
A = (0.05, 0.10, 0.18, 0.25, 0.38, 0.50)
C = (0.02, 0.03, 0.05, 0.08, 0.14, 0.25)
OVERDOSE = 0.33


@lru_cache
def _states(design: str) -> tuple[DecisionTable, FinalStates]:
    table = compile_table(DESIGNS[design])
    return table, enumerate_final_states(table)


def _boin(max_n: int, titration: Titration | None = None) -> DesignSpecification:
    """BOIN as in the paper: no cap at a level, no stop at the top, no least number at the MTD."""
    return DesignSpecification(
        rule="boin",
        n_levels=6,
        target_rate=Decimal("0.25"),
        max_n=max_n,
        max_n_per_level=max_n,
        mtd_min_n=1,
        stop_at_top_level=False,
        titration=titration,
    )


DESIGNS = {
    "BOIN 18": _boin(18),
    "BOIN 24": _boin(24),
    "BOIN 36": _boin(36),
    "BOIN titration 18": _boin(18, Titration()),
    "BOIN titration 24": _boin(24, Titration()),
    "3+3": DesignSpecification(
        rule="three_plus_three",
        n_levels=6,
        target_rate=Decimal("0.25"),
        max_n=36,
        max_n_per_level=6,
        mtd_min_n=3,
    ),
}

# Exact values of two other programs (a dynamic program in numba and one in NumPy, agreeing within 2e-13, and
# inside the Monte Carlo error of BOIN 2.7.2, escalation 0.2.3 and simFastBOIN 1.3.2); tolerance: half of the
# last digit. The 3+3 there accepts three participants at the MTD and at the top level, and never de-escalates
# to treat more.
# fmt: off
#                                  rates, correct level, percent correct, mean n, mean n above 0.33
COMPARED = {
    "3+3, A":               ("3+3", A, 4, 26.1, 15.7, 2.3),
    "3+3, C":               ("3+3", C, 6, 44.9, 20.0, 0.0),
    "BOIN 18, A":           ("BOIN 18", A, 4, 32.3, 18.0, 0.6),
    "BOIN 18, C":           ("BOIN 18", C, 6, 30.8, 18.0, 0.0),
    "BOIN 24, A":           ("BOIN 24", A, 4, 32.0, 24.0, 1.7),
    "BOIN 24, C":           ("BOIN 24", C, 6, 45.1, 24.0, 0.0),
    "BOIN 36, A":           ("BOIN 36", A, 4, 39.8, 36.0, 4.0),
    "BOIN 36, C":           ("BOIN 36", C, 6, 58.4, 36.0, 0.0),
    "BOIN titration 18, A": ("BOIN titration 18", A, 4, 36.7, 18.0, 5.1),
    "BOIN titration 18, C": ("BOIN titration 18", C, 6, 59.9, 18.0, 0.0),
    "BOIN titration 24, A": ("BOIN titration 24", A, 4, 41.7, 24.0, 6.5),
    "BOIN titration 24, C": ("BOIN titration 24", C, 6, 61.1, 24.0, 0.0),
}
# fmt: on


@pytest.mark.parametrize("case", COMPARED.values(), ids=COMPARED.keys())
def test_the_exact_comparison_of_designs(
    case: tuple[str, tuple[float, ...], int, float, float, float],
) -> None:
    design, rates, correct, percent, mean_n, mean_overdosed = case
    table, states = _states(design)
    found = compute_operating_characteristics(table, rates, states)
    overdosed = sum(n for n, rate in zip(found.mean_n_per_level, rates, strict=True) if rate > OVERDOSE)
    assert 100 * found.p_selected[correct - 1] == pytest.approx(percent, abs=0.0501)
    assert found.mean_n == pytest.approx(mean_n, abs=0.0501)
    assert overdosed == pytest.approx(mean_overdosed, abs=0.0501)


def test_boin_with_36_participants_to_the_last_printed_digit() -> None:
    table, states = _states("BOIN 36")
    found = compute_operating_characteristics(table, A, states)
    percent = [100 * p for p in found.p_selected]
    assert percent == pytest.approx([0.3816, 9.2120, 35.3674, 39.8350, 13.8243, 1.3580], abs=0.00005)
    assert 100 * found.p_none == pytest.approx(0.0216, abs=0.00005)
    assert found.n_states == 28_724


def test_three_plus_three_with_level_one_by_hand() -> None:
    # one level: 0 of 3 ends with the MTD at level 1; 1 of 3 needs three more without a DLT
    spec = DesignSpecification(
        rule="three_plus_three",
        n_levels=1,
        target_rate=Decimal("0.25"),
        max_n=6,
        max_n_per_level=6,
        mtd_min_n=3,
    )
    p, q = 0.2, 0.8
    found = compute_operating_characteristics(compile_table(spec), [p])
    assert found.p_selected[0] == pytest.approx(q**3 + 3 * p * q**2 * q**3, abs=1e-15)
    assert found.mean_n == pytest.approx(3 + 3 * 3 * p * q**2, abs=1e-14)
    assert found.p_stop_too_toxic == pytest.approx(1 - found.p_selected[0], abs=1e-15)
    assert found.mean_n_dlt == pytest.approx(p * found.mean_n, abs=1e-14)


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("rates", [A, C, (0.0,) * 6, (1.0,) * 6, (0.5, 0.4, 0.3, 0.2, 0.1, 0.0)], ids=str)
def test_probabilities_sum_to_one(design: str, rates: tuple[float, ...]) -> None:
    table, states = _states(design)
    found = compute_operating_characteristics(table, rates, states)
    assert sum(found.p_selected) + found.p_none == pytest.approx(1, abs=1e-12)
    expected_dlt = [n * rate for n, rate in zip(found.mean_n_per_level, rates, strict=True)]
    assert found.mean_n_dlt_per_level == pytest.approx(expected_dlt, abs=1e-11)
    assert found.p_stop_too_toxic <= found.p_none + 1e-12


def test_a_trial_walked_by_its_recommendations_agrees_with_the_exact_figures() -> None:
    spec = DesignSpecification(
        rule="boin",
        n_levels=6,
        target_rate=Decimal("0.25"),
        max_n=18,
        max_n_per_level=9,
        mtd_min_n=6,
        titration=Titration(until_level=3),
        extra_safe_offset=Decimal("0.05"),
    )
    table = compile_table(spec)
    exact = compute_operating_characteristics(table, A)
    rng = np.random.default_rng(20260301)
    n_trials = 1500
    selected, total_n = np.zeros(7), 0
    for _ in range(n_trials):
        n, n_dlt, level = [0] * 6, [0] * 6, 1
        while True:
            step = recommend(table, Tallies(tuple(n), tuple(n_dlt), (0,) * 6), level)
            if step.action in {Action.STOP_TOO_TOXIC, Action.STOP_AND_SELECT_MTD}:
                break
            level = step.level or level
            n[level - 1] += step.cohort_size
            n_dlt[level - 1] += int(rng.binomial(step.cohort_size, A[level - 1]))
        selected[step.level or 0] += 1
        total_n += sum(n)
    p = np.array([exact.p_none, *exact.p_selected])
    error = np.sqrt(p * (1 - p) / n_trials)
    assert np.all(np.abs(selected / n_trials - p) <= 4 * error + 1e-9)
    assert total_n / n_trials == pytest.approx(exact.mean_n, abs=0.2)


def test_a_cap_from_another_part_moves_the_whole_distribution() -> None:
    table = compile_table(DESIGNS["BOIN 18"])
    found = compute_operating_characteristics(table, A, enumerate_final_states(table, cap_level=2))
    assert found.p_selected[2:] == (0, 0, 0, 0)
    assert found.mean_n_per_level[2:] == (0, 0, 0, 0)
    assert found.p_selected[1] > 0.5


@pytest.mark.parametrize("rates", [A[:5], (*A[:5], 1.1), (*A[:5], float("nan"))], ids=str)
def test_true_rates_must_fit_the_levels(rates: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="6 numbers"):
        compute_operating_characteristics(compile_table(DESIGNS["3+3"]), rates)


def test_states_of_another_design_are_not_taken() -> None:
    _, states = _states("3+3")
    with pytest.raises(ValueError, match="another"):
        compute_operating_characteristics(compile_table(DESIGNS["BOIN 18"]), A, states)
