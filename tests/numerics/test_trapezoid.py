"""Areas under a sampled curve."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.double import area_under_level

from firstdose.numerics.trapezoid import compute_linear_area, compute_linear_up_log_down_area
from firstdose.terms.outcomes import NotDerived

# fmt: off
SEGMENTS = {
    # --- up: a straight line
    "rising":                   (2.0, 6.0, 4.0, 4.0),
    "rising from zero":         (0.0, 6.0, 3.0, 3.0),
    # --- tied or touching zero: a straight line, there is no exponential
    "level":                    (5.0, 5.0, 5.0, 5.0),
    "both zero":                (0.0, 0.0, 0.0, 0.0),
    "falling to zero":          (6.0, 0.0, 3.0, 3.0),
    # --- down: an exponential, whose area is the difference over the log of the ratio
    "falling by half":          (8.0, 4.0, 4.0 / math.log(2), 6.0),
    "falling by e":             (math.e, 1.0, math.e - 1, (math.e + 1) / 2),
    "falling by the last bit":  (1.0 + 2**-52, 1.0, 1.0, 1.0),
}
# fmt: on


@pytest.mark.parametrize("case", SEGMENTS.values(), ids=SEGMENTS.keys())
def test_area_of_one_segment_by_hand(case: tuple[float, float, float, float]) -> None:
    first, last, log_down, linear = case
    assert compute_linear_up_log_down_area([3, 4], [first, last], start=3, end=4) == pytest.approx(log_down)
    assert compute_linear_area([3, 4], [first, last], start=3, end=4) == pytest.approx(linear)


# fmt: off
REFUSED = {
    "no samples":               ([], [], 0.0, 1.0, "no_samples"),
    "starts before samples":    ([1.0, 2.0], [1.0, 1.0], 0.9, 2.0, "outside_samples"),
    "ends after samples":       ([1.0, 2.0], [1.0, 1.0], 1.0, 2.1, "outside_samples"),
    "two samples at one time":  ([1.0, 1.0], [1.0, 2.0], 1.0, 1.0, "times_not_increasing"),
    "wrong order":              ([2.0, 1.0], [1.0, 2.0], 1.0, 2.0, "times_not_increasing"),
    "not a number":             ([1.0, 2.0], [1.0, math.nan], 1.0, 2.0, "not_a_number"),
    "ends before it starts":    ([1.0, 2.0], [1.0, 1.0], 2.0, 1.0, "interval_reversed"),
}
# fmt: on


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_an_area_that_cannot_be_known_gives_a_reason(
    case: tuple[list[float], list[float], float, float, str],
) -> None:
    times, values, start, end, reason = case
    for found in (
        compute_linear_area(times, values, start=start, end=end),
        compute_linear_up_log_down_area(times, values, start=start, end=end),
    ):
        assert isinstance(found, NotDerived)
        assert found.reason == reason


def test_a_negative_level_has_no_exponential() -> None:
    found = compute_linear_up_log_down_area([0.0, 1.0], [-1.0, 1.0], start=0.0, end=1.0)
    assert isinstance(found, NotDerived)
    assert found.reason == "negative_value"


def test_an_interval_within_one_segment_keeps_the_shape_of_the_segment() -> None:
    # 16 e^(-t ln 2) between t = 1 and t = 2 has the area (8 - 4) / ln 2
    found = compute_linear_up_log_down_area([0.0, 4.0], [16.0, 1.0], start=1.0, end=2.0)
    assert found == pytest.approx(4 / math.log(2))
    # from 6 straight to 0 in 3 days; the last day is a triangle of 2 by 1
    assert compute_linear_up_log_down_area([0.0, 3.0], [6.0, 0.0], start=2.0, end=3.0) == pytest.approx(1.0)


LEVELS = st.one_of(st.just(0.0), st.floats(10.0, 1e5))
CURVES = st.lists(st.tuples(st.integers(1, 40), LEVELS), min_size=2, max_size=12).map(
    lambda pairs: (
        [sum(gap for gap, _ in pairs[: i + 1]) / 4 for i in range(len(pairs))],
        [v for _, v in pairs],
    )
)
SHARES = st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)).map(
    lambda shares: tuple(sorted(shares))
)


def cut(times: list[float], share: float) -> float:
    return min(times[-1], times[0] + share * (times[-1] - times[0]))


@settings(max_examples=80)
@given(CURVES, SHARES)
def test_the_area_agrees_with_quadrature_of_the_curve(
    curve: tuple[list[float], list[float]], shares: tuple[float, float, float]
) -> None:
    times, values = curve
    start, end = cut(times, shares[0]), cut(times, shares[2])
    found = compute_linear_up_log_down_area(times, values, start=start, end=end)
    assert found == pytest.approx(area_under_level.area(times, values, start, end), rel=1e-9, abs=1e-6)


@settings(max_examples=80)
@given(CURVES, SHARES)
def test_areas_of_two_neighbouring_intervals_add_up(
    curve: tuple[list[float], list[float]], shares: tuple[float, float, float]
) -> None:
    times, values = curve
    first, middle, last = (cut(times, share) for share in shares)
    for compute in (compute_linear_area, compute_linear_up_log_down_area):
        whole = compute(times, values, start=first, end=last)
        parts = [
            compute(times, values, start=first, end=middle),
            compute(times, values, start=middle, end=last),
        ]
        assert not any(isinstance(part, NotDerived) for part in parts)
        assert sum(part for part in parts if isinstance(part, float)) == pytest.approx(
            whole, rel=1e-9, abs=1e-6
        )
