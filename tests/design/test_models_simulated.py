"""Rules with a model, and BOIN12: what simulated trials add up to against what is computed exactly, in ten scenarios."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binom, chi2, norm

from firstdose.design import (
    BlrmSpecification,
    CrmSpecification,
    DecisionTable,
    DesignSpecification,
    FinalStates,
    Titration,
    UtilitySpecification,
    compile_table,
    compute_boin12_characteristics,
    compute_operating_characteristics,
    enumerate_boin12_states,
    enumerate_final_states,
)
from firstdose.design.exact.two_outcomes import TwoOutcomeStates
from firstdose.design.rules.boin12_table import RankTable, compile_rank_table
from firstdose.design.simulated.characteristics import SimulatedCharacteristics
from firstdose.design.simulated.trials import simulate_trials
from firstdose.design.simulated.utility_trials import UtilityCharacteristics, simulate_utility_trials

Floats = NDArray[np.float64]

N_TRIALS = 40_000
#   the target 0.25 is at level 4, the levels are all safe, all but level 6 too low, ...
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
TARGET_LEVEL = (4, 6, 6, 2, 1, 1, 4, 1, 2, 3)
# fmt: off
#    DLT rates                    response rates               level that is followed
UTILITY_SCENARIOS = (
    ((0.03, 0.17, 0.35, 0.50),    (0.12, 0.39, 0.43, 0.55),    2),
    ((0.05, 0.10, 0.15, 0.20),    (0.10, 0.20, 0.40, 0.60),    4),
    ((0.10, 0.15, 0.20, 0.25),    (0.40, 0.40, 0.40, 0.40),    1),
    ((0.05, 0.10, 0.20, 0.40),    (0.20, 0.45, 0.45, 0.45),    2),
    ((0.50, 0.60, 0.70, 0.80),    (0.30, 0.40, 0.50, 0.60),    1),
    ((0.05, 0.10, 0.15, 0.20),    (0.02, 0.04, 0.06, 0.08),    4),
    ((0.30, 0.35, 0.40, 0.45),    (0.50, 0.55, 0.60, 0.65),    1),
    ((0.00, 0.00, 0.50, 1.00),    (0.00, 0.50, 1.00, 1.00),    2),
    ((0.10, 0.30, 0.05, 0.40),    (0.30, 0.10, 0.50, 0.20),    3),
    ((0.20, 0.20, 0.20, 0.20),    (0.25, 0.25, 0.25, 0.25),    3),
)
# fmt: on
PROBABILITIES = (
    "p_selected",
    "p_none",
    "p_stop_too_toxic",
    "p_stop_early",
    "p_n",
    "p_n_dlt",
    "p_many_above_mtd",
)
MEANS = (
    "mean_n_per_level",
    "mean_n_dlt_per_level",
    "mean_n",
    "mean_n_dlt",
    "mean_n_overdose",
    "mean_n_cohorts",
)
UTILITY_PROBABILITIES = ("p_selected", "p_none", "p_stop_none_admissible")
UTILITY_MEANS = ("mean_n_per_level", "mean_n_dlt_per_level", "mean_n_efficacy_per_level", "mean_n")

MODELS: dict[str, dict[str, Any]] = {
    "crm": {
        "crm": CrmSpecification(
            skeleton=tuple(map(Decimal, ("0.04", "0.08", "0.15", "0.25", "0.36", "0.48"))),
            target_rate=Decimal("0.25"),
        )
    },
    "blrm": {
        "blrm": BlrmSpecification(
            doses=tuple(map(Decimal, (1, 2, 3, 5, 7, 10))),
            reference_dose=Decimal(5),
            mean_log_alpha=Decimal("-1.1"),
            mean_log_beta=Decimal(0),
            sd_log_alpha=Decimal("1.5"),
            sd_log_beta=Decimal("0.7"),
            correlation=Decimal(0),
        )
    },
}
UTILITIES = UtilitySpecification(
    max_toxicity_rate=Decimal("0.35"), min_efficacy_rate=Decimal("0.25"), u2=Decimal(40), u3=Decimal(60)
)
GUARDS = DesignSpecification(
    rule="boin", n_levels=4, target_rate=Decimal("0.35"), max_n=18, max_n_per_level=12, mtd_min_n=3
)


class Compared(NamedTuple):
    """One design in one scenario: headline numbers and all numbers in standard errors, and the selection's p value."""

    headline: Floats
    every: Floats
    p_of_selection: float


@cache
def design_of(rule: Any, *, titrates: bool) -> tuple[DecisionTable, FinalStates]:
    table = compile_table(
        DesignSpecification(
            rule=rule,
            n_levels=6,
            target_rate=Decimal("0.25"),
            max_n=18,
            max_n_per_level=18,
            mtd_min_n=3,
            titration=Titration() if titrates else None,
            **MODELS[rule],
        )
    )
    return table, enumerate_final_states(table)


@cache
def boin12() -> tuple[RankTable, TwoOutcomeStates]:
    table = compile_rank_table(UTILITIES, 12, 3)
    return table, enumerate_boin12_states(table, GUARDS)


def _z_of_counts(found: Any, exact: Any, n_trials: int) -> Floats:
    """How unlikely each count is, as standard errors of a normal; the binomial's tail, so rare events count too."""
    count = np.rint(np.atleast_1d(found) * n_trials)
    p = np.clip(np.atleast_1d(exact), 0.0, 1.0)
    tail = np.minimum(binom.cdf(count, n_trials, p), binom.sf(count - 1, n_trials, p))
    z: Floats = norm.isf(np.minimum(tail, 0.5))
    return z


def _z_of_means(found: Any, se: Any, exact: Any) -> Floats:
    difference, error = np.abs(np.atleast_1d(found) - np.atleast_1d(exact)), np.atleast_1d(se)
    np.testing.assert_allclose(difference[error == 0], 0.0, atol=1e-3)
    z: Floats = difference[error > 0] / error[error > 0]
    return z


def _all_z(found: Any, exact: Any, probabilities: Sequence[str], means: Sequence[str]) -> Floats:
    counts = [
        _z_of_counts(getattr(found, name), getattr(exact, name), found.n_trials) for name in probabilities
    ]
    rest = [
        _z_of_means(getattr(found, name), getattr(found, f"se_{name}"), getattr(exact, name))
        for name in means
    ]
    return np.concatenate([*counts, *rest])


def _headline_z(triples: Sequence[tuple[float, float, float]], n_trials: int) -> Floats:
    """Simulated, exact and exact variance of one trial, in standard errors.

    Where only a few trials end early, an error estimated from those few is too rough to be three of anything.
    """
    return np.array(
        [abs(one - other) / max(np.sqrt(variance / n_trials), 1e-9) for one, other, variance in triples]
    )


def _p_of_selection(found: Any, exact: Any) -> float:
    """Multinomial chi-square of the level selected, levels with fewer than five trials expected taken together."""
    observed = np.array(found.sums.selected)
    expected = found.n_trials * np.array([exact.p_none, *exact.p_selected])
    small = expected < 5
    cells = [(observed[place], expected[place]) for place in np.flatnonzero(~small)]
    if expected[small].sum() >= 5:
        cells.append((observed[small].sum(), expected[small].sum()))
    else:
        assert observed[small].sum() < 20
    square = sum((one - other) ** 2 / other for one, other in cells)
    return float(chi2.sf(square, len(cells) - 1)) if len(cells) > 1 else 1.0


def _compare_model(
    rule: str, *, titrates: bool, number: int, n_trials: int, first_trial: int = 0
) -> Compared:
    table, states = design_of(rule, titrates=titrates)
    rates, level = SCENARIOS[number], TARGET_LEVEL[number]
    exact = compute_operating_characteristics(table, rates, states)
    seed = 20_261_100 + 4 * number + 2 * titrates + (rule == "blrm")
    found: SimulatedCharacteristics = simulate_trials(
        table, rates, n_trials=n_trials, seed=seed, first_trial=first_trial
    )
    p, p_n, p_n_dlt = exact.p_selected[level - 1], np.array(exact.p_n), np.array(exact.p_n_dlt)
    counts = np.arange(len(p_n))
    triples = [
        (found.p_selected[level - 1], p, p * (1 - p)),
        (found.mean_n, exact.mean_n, float(p_n @ (counts - exact.mean_n) ** 2)),
        (found.mean_n_dlt, exact.mean_n_dlt, float(p_n_dlt @ (counts - exact.mean_n_dlt) ** 2)),
    ]
    return Compared(
        _headline_z(triples, n_trials),
        _all_z(found, exact, PROBABILITIES, MEANS),
        _p_of_selection(found, exact),
    )


def _weigh(states: TwoOutcomeStates, p_dlt: Sequence[float], p_response: Sequence[float]) -> Floats:
    """The probability of each way in which a BOIN12 part ends, written out from independent outcomes."""
    weight = states.n_paths.copy()
    for place, (p, q) in enumerate(zip(p_dlt, p_response, strict=True)):
        n, y, e = (counts[:, place].astype(float) for counts in (states.n, states.n_dlt, states.n_efficacy))
        weight *= p**y * (1 - p) ** (n - y) * q**e * (1 - q) ** (n - e)
    return weight


def _compare_boin12(number: int, n_trials: int, first_trial: int = 0) -> Compared:
    table, states = boin12()
    p_dlt, p_response, level = UTILITY_SCENARIOS[number]
    exact = compute_boin12_characteristics(states, p_dlt, p_response)
    found: UtilityCharacteristics = simulate_utility_trials(
        table,
        GUARDS,
        p_dlt,
        p_response,
        n_trials=n_trials,
        seed=20_261_200 + number,
        first_trial=first_trial,
    )
    weight, p = _weigh(states, p_dlt, p_response), exact.p_selected[level - 1]
    assert weight.sum() == pytest.approx(1, abs=1e-9)
    triples = [(found.p_selected[level - 1], p, p * (1 - p))]
    for mean, counts in (
        (found.mean_n, states.n),
        (sum(found.mean_n_dlt_per_level), states.n_dlt),
        (sum(found.mean_n_efficacy_per_level), states.n_efficacy),
    ):
        total = counts.sum(axis=1)
        expected = float(weight @ total)
        triples.append((mean, expected, float(weight @ (total - expected) ** 2)))
    return Compared(
        _headline_z(triples, n_trials),
        _all_z(found, exact, UTILITY_PROBABILITIES, UTILITY_MEANS),
        _p_of_selection(found, exact),
    )


def _require_agreement(compare: Callable[..., Compared], case: object) -> Floats:
    """The headline numbers within three standard errors, asked again with new trials when beyond; all numbers."""
    found = compare(n_trials=N_TRIALS, first_trial=0)
    if (found.headline > 3).any():
        again = compare(n_trials=2 * N_TRIALS, first_trial=N_TRIALS)
        assert (again.headline <= 3).all(), case
    assert found.p_of_selection > 1e-4, case
    return found.every


def test_models_and_boin12_do_in_ten_scenarios_what_is_computed_exactly() -> None:
    """Three standard errors, and what chance leaves beyond them.

    Headline numbers, three of each model with and without titration and four of BOIN12 in each scenario: within three
    standard errors. Of 160 a fair simulator has one beyond them in every third run; one that is beyond is asked again
    with twice as many new trials, and twice beyond is a fault (1e-3 for all together). Selection: chi-square at 1e-4
    for 50 tables. All numbers, some 3,000: none beyond 4.7 standard errors (Bonferroni, 1 in 130), and no larger share
    beyond three than chance has.
    """
    z = []
    for number in range(len(SCENARIOS)):
        for rule in MODELS:
            for titrates in (False, True):
                compare = partial(_compare_model, rule, titrates=titrates, number=number)
                z.append(_require_agreement(compare, (rule, titrates, number)))
        z.append(_require_agreement(partial(_compare_boin12, number), ("boin12", number)))
    every = np.concatenate(z)
    assert len(every) > 2_500
    assert every.max() < 4.7
    assert (every > 3).mean() <= 2 * norm.sf(3)


def test_titration_changes_what_a_model_does() -> None:
    # who is treated one by one reaches the higher levels with fewer participants: the comparison above is of two designs
    for rule in MODELS:
        whole, single = (
            compute_operating_characteristics(table, SCENARIOS[1], states).mean_n_per_level
            for table, states in (design_of(rule, titrates=titrates) for titrates in (False, True))
        )
        assert whole[0] == pytest.approx(3, abs=0.2), rule
        assert single[0] < 2, rule


@pytest.mark.parametrize("rule", MODELS)
def test_a_rate_that_is_wrong_by_three_per_cent_is_seen(rule: str) -> None:
    # what the comparison is worth: a simulator whose level 2 is a little more toxic does not pass it
    table, states = design_of(rule, titrates=False)
    rates = SCENARIOS[3]
    exact = compute_operating_characteristics(table, rates, states)
    wrong = (rates[0], rates[1] + 0.03, *rates[2:])
    found = simulate_trials(table, wrong, n_trials=N_TRIALS, seed=20_261_300)
    assert _p_of_selection(found, exact) < 1e-4
    assert _all_z(found, exact, PROBABILITIES, MEANS).max() > 4.7
