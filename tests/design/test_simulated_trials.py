"""Exact characteristics against plainly simulated trials: every rule in ten scenarios, within Monte Carlo error."""

from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from tests.double import boin_by_formula, interval_rules
from tests.double.trial_simulation import simulate_counting_rule, simulate_interval_rule

from firstdose.design import (
    DesignSpecification,
    FinalStates,
    compile_table,
    compute_scenarios,
    enumerate_final_states,
)

N_TRIALS, MAX_N = 20_000, 24
# 7 selected levels are compared at 3 standard errors, the sizes of the sample and the means at 4
TARGET = 0.25
SCENARIOS = (
    (0.05, 0.10, 0.18, 0.25, 0.38, 0.50),
    (0.01, 0.02, 0.04, 0.06, 0.09, 0.12),
    (0.02, 0.03, 0.05, 0.08, 0.14, 0.25),
    (0.12, 0.25, 0.40, 0.50, 0.60, 0.70),
    (0.45, 0.55, 0.65, 0.70, 0.75, 0.80),
    (0.25, 0.30, 0.35, 0.40, 0.45, 0.50),
    (0.10, 0.12, 0.14, 0.25, 0.60, 0.80),
    (0.20, 0.20, 0.20, 0.20, 0.20, 0.20),
    (0.05, 0.30, 0.10, 0.40, 0.20, 0.50),
    (0.00, 0.00, 0.33, 0.33, 1.00, 1.00),
)


def _interval(second: Callable[[int, int, float, float], str]) -> Callable[[int, int], str]:
    def letter(n: int, y: int) -> str:
        if interval_rules.is_excluded(n, y, TARGET):
            return "X"
        return second(n, y, TARGET - 0.05, TARGET + 0.05)

    return letter


def _tpi(n: int, y: int) -> str:
    return "X" if interval_rules.is_excluded(n, y, TARGET) else interval_rules.tpi(n, y, TARGET, 1.0, 1.5)


LETTERS: dict[str, Callable[[int, int], str]] = {
    "boin": lambda n, y: boin_by_formula.letter(n, y, TARGET),
    "i3_plus_3": _interval(interval_rules.i3_plus_3),
    "keyboard": _interval(interval_rules.mtpi_2),
    "mtpi_2": _interval(interval_rules.mtpi_2),
    "mtpi": _interval(interval_rules.mtpi),
    "tpi": _tpi,
}


@lru_cache(maxsize=100_000)
def _mtd(n: tuple[int, ...], y: tuple[int, ...]) -> int:
    return boin_by_formula.mtd(n, y, TARGET)


def _states(rule: Any, **changes: Any) -> FinalStates:
    plain: dict[str, Any] = {
        "n_levels": 6,
        "target_rate": Decimal("0.25"),
        "max_n": MAX_N,
        "max_n_per_level": MAX_N,
        "mtd_min_n": 1,
        "stop_at_top_level": False,
    }
    return enumerate_final_states(compile_table(DesignSpecification(rule=rule, **(plain | changes))))


def _require_near(
    simulated: np.ndarray[Any, Any], exact: np.ndarray[Any, Any], n_trials: int, *, errors: float
) -> None:
    """Every frequency within so many standard errors; one trial more or less is allowed for rare events."""
    error = np.sqrt(exact * (1 - exact) / n_trials)
    assert (np.abs(simulated - exact) <= errors * error + 1 / n_trials).all(), (simulated, exact)


def _compare_interval_rule(rule: str, number: int, seed: int, n_trials: int) -> None:
    rates = SCENARIOS[number]
    exact = compute_scenarios(_states(rule), np.array([rates]))
    n, y, toxic = simulate_interval_rule(
        LETTERS[rule],
        rates,
        n_trials=n_trials,
        max_n=MAX_N,
        cohort_size=3,
        rng=np.random.default_rng([seed, number]),
    )
    pairs, counts = np.unique(np.concatenate([n, y, toxic[:, None]], axis=1), axis=0, return_counts=True)
    selected = np.zeros(7)
    for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True):
        selected[0 if pair[12] else _mtd(tuple(pair[:6]), tuple(pair[6:12]))] += count
    _require_near(
        selected / n_trials, np.concatenate([exact.p_none, exact.p_selected[0]]), n_trials, errors=3
    )
    _require_near(
        np.bincount(n.sum(axis=1), minlength=MAX_N + 1) / n_trials, exact.p_n[0], n_trials, errors=4
    )
    spread = n.std(axis=0) / np.sqrt(n_trials)
    assert (np.abs(n.mean(axis=0) - exact.mean_n_per_level[0]) <= 4 * spread + 3 / n_trials).all()


SEEDS = {"boin": 1, "i3_plus_3": 2, "keyboard": 3, "mtpi_2": 4, "mtpi": 5, "tpi": 6}


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(SCENARIOS)))
@pytest.mark.parametrize("rule", LETTERS)
def test_an_interval_rule_does_what_simulated_trials_do(rule: str, number: int) -> None:
    _compare_interval_rule(rule, number, SEEDS[rule], N_TRIALS)


@pytest.mark.parametrize("rule", LETTERS)
def test_an_interval_rule_does_what_a_few_simulated_trials_do(rule: str) -> None:
    _compare_interval_rule(rule, 0, SEEDS[rule], 2_000)


@pytest.mark.parametrize("number", range(len(SCENARIOS)))
@pytest.mark.parametrize(("rule", "first_size"), [("three_plus_three", 3), ("rolling_six", 6)])
def test_a_counting_rule_does_what_simulated_trials_do(rule: str, first_size: int, number: int) -> None:
    rates = SCENARIOS[number]
    states = _states(rule, cohort_size=first_size, max_n=36, max_n_per_level=6, mtd_min_n=3)
    exact = compute_scenarios(states, np.array([rates]))
    rng = np.random.default_rng([first_size, number])
    total, passed = simulate_counting_rule(rates, n_trials=N_TRIALS, first_size=first_size, rng=rng)
    selected = np.bincount(passed, minlength=7) / N_TRIALS
    _require_near(selected, np.concatenate([exact.p_none, exact.p_selected[0]]), N_TRIALS, errors=3)
    _require_near(np.bincount(total, minlength=37) / N_TRIALS, exact.p_n[0], N_TRIALS, errors=4)
