"""The exact interval for the rate of a Poisson count."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.double import safety_measures as double

from firstdose.numerics.poisson import compute_poisson_interval
from firstdose.terms.outcomes import NotDerived

# fmt: off
# GraphPad QuickCalcs, worked example of 25 counted; R package epitools (pois.exact), help page, for 0 counted
PUBLISHED = {
    "25 at 90 %": (25, 0.90, 17.38, 34.92, 0.005),
    "25 at 95 %": (25, 0.95, 16.18, 36.90, 0.005),
    "25 at 99 %": (25, 0.99, 14.00, 41.00, 0.005),
    "0 at 95 %":  (0, 0.95, 0.0, 3.689, 0.0005),
}
# fmt: on


@pytest.mark.parametrize(("n", "confidence", "low", "high", "within"), PUBLISHED.values(), ids=PUBLISHED)
def test_published_intervals(n: int, confidence: float, low: float, high: float, within: float) -> None:
    assert compute_poisson_interval(n, 1.0, confidence) == pytest.approx((low, high), abs=within)


@given(st.integers(0, 40), st.floats(0.1, 50), st.sampled_from([0.8, 0.95]))
def test_each_end_leaves_half_of_the_rest(n: int, exposure: float, confidence: float) -> None:
    found = compute_poisson_interval(n, exposure, confidence)
    assert not isinstance(found, NotDerived)
    low, high = (end * exposure for end in found)
    tail = (1 - confidence) / 2
    assert double.poisson_at_most(n, high) == pytest.approx(tail, rel=1e-8)
    if n:
        assert 1 - double.poisson_at_most(n - 1, low) == pytest.approx(tail, rel=1e-6)


@pytest.mark.parametrize(
    ("n", "exposure", "confidence", "reason"),
    [
        (1, 0.0, 0.95, "no_exposure"),
        (-1, 1.0, 0.95, "count_out_of_range"),
        (1, 1.0, 0.0, "confidence_out_of_range"),
        (1, 1.0, 1.0, "confidence_out_of_range"),
    ],
)
def test_what_gives_no_interval_says_why(n: int, exposure: float, confidence: float, reason: str) -> None:
    found = compute_poisson_interval(n, exposure, confidence)
    assert isinstance(found, NotDerived)
    assert found.reason == reason
