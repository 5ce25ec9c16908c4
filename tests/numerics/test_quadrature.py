"""Quadrature on fixed nodes: tails of a normal density, posterior means, equal rows."""

from math import comb, exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from firstdose.numerics.quadrature import (
    BinomialData,
    compute_expectations,
    compute_line_nodes,
    compute_plane_nodes,
    compute_share_above,
    find_distinct_rows,
)


@given(st.floats(-7, 7), st.floats(-3, 3), st.floats(0.1, 4))
def test_the_tail_of_a_normal_density_is_right_wherever_the_cut_falls_between_nodes(
    cut: float, mean: float, sd: float
) -> None:
    nodes = compute_line_nodes(mean, sd, n_nodes=33, reach_sd=8.0)
    density = np.exp(nodes.log_weights)
    tail = density @ compute_share_above(nodes.values, nodes.spacing, mean + sd * cut) / density.sum()
    assert tail == pytest.approx(norm.sf(cut), abs=1e-8)


def test_a_cut_beyond_all_nodes_leaves_nothing_or_everything() -> None:
    nodes = compute_line_nodes(0.0, 1.0, n_nodes=33, reach_sd=8.0)
    assert compute_share_above(nodes.values, nodes.spacing, -np.inf) == pytest.approx(1)
    assert compute_share_above(nodes.values, nodes.spacing, np.inf) == pytest.approx(0)


@given(st.floats(-0.9, 0.9), st.floats(-2, 2), st.floats(0.2, 3), st.floats(0.2, 3))
def test_nodes_of_two_variables_have_the_moments_asked_for(
    correlation: float, mean: float, sd_first: float, sd_second: float
) -> None:
    nodes = compute_plane_nodes(
        (mean, -mean),
        (sd_first, sd_second),
        correlation,
        spacing=(sd_first / 4, sd_second / 2),
        reach_sd=6.0,
    )
    weights = np.exp(nodes.log_weights) / np.exp(nodes.log_weights).sum()
    centred = np.array([nodes.first - mean, nodes.second + mean])
    assert (weights * centred).sum(axis=1) == pytest.approx([0, 0], abs=1e-6)
    expected = correlation * sd_first * sd_second
    covariance = (weights * centred) @ centred.T
    assert covariance.ravel() == pytest.approx(
        [sd_first**2, expected, expected, sd_second**2], rel=1e-6, abs=1e-6
    )
    one_row = nodes.second == nodes.second[0]
    assert np.diff(nodes.first[one_row]) == pytest.approx(nodes.spacing, rel=1e-9)


def test_expectations_are_weighted_means_over_the_nodes() -> None:
    rates, weights, values = (0.1, 0.4, 0.7), (0.2, 0.5, 0.3), (1.0, 2.0, 4.0)
    for n, y in ((0, 0), (3, 1), (36, 0), (36, 36)):
        terms = [w * comb(n, y) * p**y * (1 - p) ** (n - y) for p, w in zip(rates, weights, strict=True)]
        expected = sum(t * v for t, v in zip(terms, values, strict=True)) / sum(terms)
        found = compute_expectations(
            BinomialData.of([[n]], [[y]]),
            log_rates=np.log([rates]),
            log_complements=np.log1p(-np.array([rates])),
            log_weights=np.log(weights),
            values=np.array(values)[:, None],
        )
        assert found[0, 0] == pytest.approx(expected, rel=1e-12)


def test_data_that_the_prior_held_for_impossible_still_have_a_mean() -> None:
    found = compute_expectations(
        BinomialData.of([[900]], [[900]]),
        log_rates=np.array([[-2.0, -1.0]]),
        log_complements=np.log1p(-np.exp([[-2.0, -1.0]])),
        log_weights=np.array([0.0, -850.0]),
        values=np.array([[0.0], [1.0]]),
    )
    assert found[0, 0] == pytest.approx(1 / (1 + exp(-900 + 850)), rel=1e-12)


def test_many_data_sets_give_what_each_gives_alone() -> None:
    rng = np.random.default_rng(7)
    nodes = compute_line_nodes(0.0, 1.0, n_nodes=121, reach_sd=6.5)
    log_rates = log(0.3) * np.exp(nodes.values)[None, :]
    n = rng.integers(0, 30, size=(5000, 1))
    data = BinomialData.of(n, rng.binomial(n, 0.3))
    model = {
        "log_rates": log_rates,
        "log_complements": np.log(-np.expm1(log_rates)),
        "log_weights": nodes.log_weights,
        "values": nodes.values[:, None],
    }
    found = compute_expectations(data, **model)
    for place in (0, 1, 2166, 2167, 4999):
        one = BinomialData(n_success=data.n_success[[place]], n_failure=data.n_failure[[place]])
        assert compute_expectations(one, **model)[0] == pytest.approx(found[place], rel=1e-12)


@pytest.mark.parametrize("largest", [1, 40, 5000])  # the last does not fit into one whole number of 64 bits
@pytest.mark.parametrize("n_rows", [0, 1, 200])
def test_equal_rows_are_found_once_and_every_row_again(largest: int, n_rows: int) -> None:
    rng = np.random.default_rng(largest)
    rows = rng.integers(0, largest + 1, size=(n_rows, 12))
    rows[: n_rows // 2] = rows[n_rows - n_rows // 2 :]
    places, where = find_distinct_rows(rows)
    assert np.array_equal(rows[places][where], rows)
    assert len(places) == len({tuple(row) for row in rows.tolist()})


def test_rows_too_wide_for_one_whole_number_are_not_confused() -> None:
    most = (1 << 32) - 1
    rows = np.array([[0, 1, 1], [5, 1, 1], [most, most, most]])
    assert len(find_distinct_rows(rows)[0]) == 3
