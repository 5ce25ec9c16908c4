"""The Kaplan-Meier curve."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.double.product_limit import survival_after

from firstdose.numerics.survival import Curve, compute_kaplan_meier
from firstdose.terms.outcomes import NotDerived


def curve_of(times: list[float], had_event: list[bool]) -> Curve:
    found = compute_kaplan_meier(times, had_event)
    assert isinstance(found, Curve)
    return found


def test_someone_censored_at_the_time_of_an_event_was_still_at_risk() -> None:
    curve = curve_of([5.0, 5.0], [False, True])
    assert [(s.time, s.n_at_risk, s.n_events, s.n_censored, s.survival) for s in curve.steps] == [
        (5.0, 2, 1, 1, 0.5)
    ]


def test_curve_of_a_cohort_by_hand() -> None:
    # at risk 6, 5, 3, 1: 5/6, 5/6 * 4/5 (one censored with it), 2/3 * 2/3, and the last one censored
    curve = curve_of([3, 7, 7, 14, 21, 28], [True, True, False, True, False, False])
    assert [s.n_at_risk for s in curve.steps] == [6, 5, 3, 2, 1]
    assert [s.survival for s in curve.steps] == pytest.approx([5 / 6, 2 / 3, 4 / 9, 4 / 9, 4 / 9])
    assert curve.median == 14
    assert (curve.n_total, curve.n_events) == (6, 3)


# fmt: off
MEDIANS = {
    # --- the curve touches a half exactly, also when reached through thirds
    "half left exactly":        ([1, 2], [True, False], 1),
    "half through thirds":      ([1, 2, 3, 4], [True, True, False, False], 2),
    "half through sixths":      ([1, 2, 3, 4, 5, 6], [True, True, True, False, False, False], 3),
    # --- just above a half
    "four of seven left":       ([1, 2, 3, 4, 4, 4, 4], [True, True, True, False, False, False, False], None),
    # --- nobody had the event
    "all censored":             ([1, 2, 3], [False, False, False], None),
    # --- at once
    "event at time 0":          ([0, 0, 5], [True, True, False], 0),
}
# fmt: on


@pytest.mark.parametrize("case", MEDIANS.values(), ids=MEDIANS.keys())
def test_median_is_the_first_time_at_which_half_or_fewer_are_left(
    case: tuple[list[float], list[bool], float | None],
) -> None:
    times, had_event, median = case
    found = curve_of(times, had_event).median
    if isinstance(found, NotDerived):
        assert (median, found.reason) == (None, "median_not_reached")
    else:
        assert found == median


@pytest.mark.parametrize(
    ("times", "reason"), [([], "nobody_counted"), ([-1.0], "time_not_valid"), ([math.nan], "time_not_valid")]
)
def test_times_that_are_none_give_a_reason(times: list[float], reason: str) -> None:
    found = compute_kaplan_meier(times, [True] * len(times))
    assert isinstance(found, NotDerived)
    assert found.reason == reason


COHORTS = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=25)


@settings(max_examples=60)
@given(COHORTS)
def test_the_curve_agrees_with_mass_redistributed_to_the_right(cohort: list[tuple[int, bool]]) -> None:
    times = [float(time) for time, _ in cohort]
    had_event = [event for _, event in cohort]
    curve = curve_of(times, had_event)
    for moment in (0.0, *sorted(set(times)), 99.0):
        assert curve.survival_at(moment) == pytest.approx(survival_after(times, had_event, moment), abs=1e-12)


@settings(max_examples=60)
@given(COHORTS)
def test_the_numbers_at_risk_count_everyone_once(cohort: list[tuple[int, bool]]) -> None:
    curve = curve_of([float(time) for time, _ in cohort], [event for _, event in cohort])
    assert curve.n_at_risk_at(0.0) == len(cohort)
    for step in curve.steps:
        assert step.n_at_risk == sum(1 for time, _ in cohort if time >= step.time)
        assert curve.n_at_risk_at(step.time) == step.n_at_risk
    survivals = [1.0, *(step.survival for step in curve.steps)]
    assert survivals == sorted(survivals, reverse=True)
