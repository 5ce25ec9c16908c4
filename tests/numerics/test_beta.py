"""Upper tails of the beta distribution."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstdose.numerics.beta import compute_upper_tail, compute_upper_tail_exact

# fmt: off
CASES = {
    # --- closed forms: Beta(1, 1) is uniform, Beta(a, 1) has distribution p^a, Beta(1, b) has 1 - (1-p)^b
    "uniform":              (Fraction(3, 10), 1, 1, Fraction(7, 10)),
    "three of three":       (Fraction(1, 4), 4, 1, 1 - Fraction(1, 4) ** 4),
    "none of three":        (Fraction(1, 4), 1, 4, Fraction(3, 4) ** 4),
    "symmetric at one half": (Fraction(1, 2), 5, 5, Fraction(1, 2)),
    # --- the ends
    "limit 0":              (Fraction(0), 2, 3, Fraction(1)),
    "limit 1":              (Fraction(1), 2, 3, Fraction(0)),
}
# fmt: on


@pytest.mark.parametrize(("limit", "a", "b", "expected"), CASES.values(), ids=CASES.keys())
def test_upper_tails_with_a_closed_form(limit: Fraction, a: int, b: int, expected: Fraction) -> None:
    assert compute_upper_tail_exact(limit, a, b) == expected
    assert compute_upper_tail(float(limit), a, b) == pytest.approx(float(expected), abs=1e-14)


@settings(deadline=None)
@given(st.fractions(0, 1, max_denominator=100), st.integers(1, 40), st.integers(1, 40))
def test_the_exact_tail_and_the_incomplete_beta_function_agree(limit: Fraction, a: int, b: int) -> None:
    exact = compute_upper_tail_exact(limit, a, b)
    assert compute_upper_tail(float(limit), a, b) == pytest.approx(float(exact), rel=1e-11, abs=1e-14)


@settings(deadline=None)
@given(st.fractions(0, 1, max_denominator=100), st.integers(1, 30), st.integers(1, 30))
def test_more_dlts_make_excess_more_likely(limit: Fraction, a: int, b: int) -> None:
    assert compute_upper_tail_exact(limit, a + 1, b) >= compute_upper_tail_exact(limit, a, b)
