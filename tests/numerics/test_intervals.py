"""Exact intervals for proportions and geometric means."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstdose.numerics.intervals import compute_clopper_pearson, compute_geometric_mean
from firstdose.terms.outcomes import NotDerived

# fmt: off
TABLE = {
    # --- nobody: the upper end keeps half of alpha
    "0/3":   (0, 3, 0.0, 0.7076),
    "0/6":   (0, 6, 0.0, 0.4593),
    "0/36":  (0, 36, 0.0, 0.0974),
    # --- some
    "1/6":   (1, 6, 0.0042, 0.6412),
    "5/12":  (5, 12, 0.1517, 0.7233),
    "9/12":  (9, 12, 0.4281, 0.9451),
    "6/9":   (6, 9, 0.2993, 0.9251),
    "1/18":  (1, 18, 0.0014, 0.2729),
    "12/18": (12, 18, 0.4099, 0.8666),
    "24/36": (24, 36, 0.4903, 0.8144),
    # --- everybody: the mirror of nobody
    "3/3":   (3, 3, 1 - 0.7076, 1.0),
    "36/36": (36, 36, 1 - 0.0974, 1.0),
}
# fmt: on


@pytest.mark.parametrize("case", TABLE.values(), ids=TABLE.keys())
def test_exact_interval_of_a_response_rate_is_as_tabulated(case: tuple[int, int, float, float]) -> None:
    n_success, n_total, low, high = case
    found = compute_clopper_pearson(n_success, n_total)
    assert not isinstance(found, NotDerived)
    assert found[0] == pytest.approx(low, abs=5.001e-5)
    assert found[1] == pytest.approx(high, abs=5.001e-5)


@pytest.mark.parametrize("n_total", [1, 3, 18])
def test_upper_end_at_nobody_solves_the_binomial_equation(n_total: int) -> None:
    # with 0 of n the upper end p leaves alpha/2: (1 - p)^n = 0.025
    found = compute_clopper_pearson(0, n_total)
    assert not isinstance(found, NotDerived)
    assert (1 - found[1]) ** n_total == pytest.approx(0.025, rel=1e-12)


@given(st.integers(1, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_ends_of_the_interval_leave_half_of_alpha_in_each_binomial_tail(counts: tuple[int, int]) -> None:
    x, n = counts
    found = compute_clopper_pearson(x, n)
    assert not isinstance(found, NotDerived)
    low, high = found

    def at_least(p: float) -> float:
        return math.fsum(math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(x, n + 1))

    def at_most(p: float) -> float:
        return math.fsum(math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(x + 1))

    assert low == 0 if x == 0 else at_least(low) == pytest.approx(0.025, abs=1e-9)
    assert high == 1 if x == n else at_most(high) == pytest.approx(0.025, abs=1e-9)


# fmt: off
NO_INTERVAL = {
    "nobody counted":           (0, 0, 0.95, "nobody_counted"),
    "more than everybody":      (4, 3, 0.95, "count_out_of_range"),
    "fewer than nobody":        (-1, 3, 0.95, "count_out_of_range"),
    "negative total":           (0, -3, 0.95, "count_out_of_range"),
    "certain":                  (1, 3, 1.0, "confidence_out_of_range"),
    "no confidence":            (1, 3, 0.0, "confidence_out_of_range"),
}
# fmt: on


@pytest.mark.parametrize("case", NO_INTERVAL.values(), ids=NO_INTERVAL.keys())
def test_a_count_that_is_no_proportion_gives_a_reason(case: tuple[int, int, float, str]) -> None:
    n_success, n_total, confidence, reason = case
    found = compute_clopper_pearson(n_success, n_total, confidence)
    assert isinstance(found, NotDerived)
    assert found.reason == reason


def test_geometric_mean_of_two_values_by_hand() -> None:
    # ln 1 and ln e^2: mean 1, variance 2; t(1 degree, 97.5 %) = tan(0.475 pi)
    found = compute_geometric_mean([1.0, math.exp(2)])
    assert not isinstance(found, NotDerived)
    half_width = math.tan(0.475 * math.pi) * math.sqrt(2 / 2)
    assert found.n == 2
    assert found.mean == pytest.approx(math.e)
    assert found.cv_percent == pytest.approx(100 * math.sqrt(math.exp(2) - 1))
    assert found.low == pytest.approx(math.exp(1 - half_width))
    assert found.high == pytest.approx(math.exp(1 + half_width))


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([], "no_values"),
        ([3.0, 0.0], "value_not_positive"),
        ([3.0, -1.0], "value_not_positive"),
        ([3.0, math.nan], "value_not_positive"),
        ([math.inf], "value_not_positive"),
    ],
)
def test_a_geometric_mean_needs_every_value_above_zero(values: list[float], reason: str) -> None:
    found = compute_geometric_mean(values)
    assert isinstance(found, NotDerived)
    assert found.reason == reason


def test_a_single_value_has_a_mean_but_no_spread() -> None:
    found = compute_geometric_mean([50.0])
    assert not isinstance(found, NotDerived)
    assert found.mean == pytest.approx(50.0)
    assert isinstance(found.cv_percent, NotDerived)
    assert isinstance(found.low, NotDerived)
    assert isinstance(found.high, NotDerived)
