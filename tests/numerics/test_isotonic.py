"""Isotonic regression."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.double.boin_by_formula import isotonic_by_min_max

from firstdose.numerics.isotonic import compute_isotonic

# fmt: off
CASES = {
    # --- nothing to pool
    "already in order":           ([1, 2, 3], [1, 1, 1], [1, 2, 3]),
    "a single level":             ([5], [2], [5]),
    "nothing":                    ([], [], []),
    "equal neighbours stay":      ([2, 2, 3], [1, 5, 1], [2, 2, 3]),
    # --- one violation is pooled with its weights
    "two equal weights":          ([3, 1], [1, 1], [2, 2]),
    "the heavier one pulls":      ([3, 1], [1, 3], [Fraction(3, 2), Fraction(3, 2)]),
    # --- pooling goes back as far as it must
    "pooling reaches back":       ([2, 3, 0], [1, 1, 1], [Fraction(5, 3)] * 3),
    "and no further":             ([0, 3, 1], [1, 1, 1], [0, 2, 2]),
}
# fmt: on


@pytest.mark.parametrize(("values", "weights", "expected"), CASES.values(), ids=CASES.keys())
def test_rates_that_fall_with_dose_are_pooled(
    values: list[int], weights: list[int], expected: list[Fraction]
) -> None:
    found = compute_isotonic([Fraction(v) for v in values], [Fraction(w) for w in weights])
    assert list(found) == expected


@st.composite
def _weighted(draw: st.DrawFn) -> tuple[list[Fraction], list[Fraction]]:
    size = draw(st.integers(1, 7))
    values = draw(st.lists(st.fractions(0, 1, max_denominator=60), min_size=size, max_size=size))
    weights = draw(st.lists(st.fractions(Fraction(1, 9), 9, max_denominator=9), min_size=size, max_size=size))
    return values, weights


@settings(deadline=None)
@given(_weighted())
def test_pooling_agrees_with_the_min_max_formula(case: tuple[list[Fraction], list[Fraction]]) -> None:
    values, weights = case
    assert list(compute_isotonic(values, weights)) == isotonic_by_min_max(values, weights)


@settings(deadline=None)
@given(_weighted())
def test_the_fit_never_decreases_and_keeps_the_weighted_mean(
    case: tuple[list[Fraction], list[Fraction]],
) -> None:
    values, weights = case
    fitted = compute_isotonic(values, weights)
    assert list(fitted) == sorted(fitted)
    assert sum(f * w for f, w in zip(fitted, weights, strict=True)) == sum(
        v * w for v, w in zip(values, weights, strict=True)
    )


def test_a_value_without_a_weight_is_our_mistake() -> None:
    with pytest.raises(ValueError, match="zip"):
        compute_isotonic([1.0, 2.0], [1.0])
