"""The Aalen-Johansen curve of events that exclude one another."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.double.lupus_measures import incidence_by

from firstdose.numerics.cumulative_incidence import CumulativeIncidence, compute_cumulative_incidence
from firstdose.numerics.survival import Curve, compute_kaplan_meier
from firstdose.terms.outcomes import NotDerived

# Scrucca L, Santucci A, Aversa F. Bone Marrow Transplant 2010;45:1388-1395: time, and 0 censored, 1 relapse, 2 death of
# transplant. The first five steps as scikit-survival 0.28.0 prints them to four decimals.
# fmt: off
TRANSPLANTS = [
    (13, 2), (1, 1), (72, 0), (7, 2), (8, 2), (67, 0), (9, 2), (5, 2), (70, 0), (4, 0), (7, 0), (68, 0), (1, 2), (10, 2),
    (7, 2), (3, 1), (4, 1), (4, 1), (3, 1), (3, 1), (22, 2), (8, 1), (2, 2), (0, 2), (0, 1), (35, 0), (35, 0), (4, 2),
    (14, 2), (26, 2), (3, 2), (2, 0), (8, 0), (32, 0), (12, 1),
]
PRINTED = {
    # month  any     relapse  death
    0:      (0.0571, 0.0286, 0.0286),
    1:      (0.1143, 0.0571, 0.0571),
    2:      (0.1429, 0.0571, 0.0857),
    3:      (0.2611, 0.1458, 0.1153),
    4:      (0.3498, 0.2049, 0.1448),
}
# fmt: on
CAUSES = {0: None, 1: "relapse", 2: "death"}


def _curve(times: list[float], causes: list[str | None]) -> CumulativeIncidence:
    found = compute_cumulative_incidence(times, causes)
    assert isinstance(found, CumulativeIncidence)
    return found


def test_published_transplants_have_the_printed_incidences() -> None:
    curve = _curve([float(time) for time, _ in TRANSPLANTS], [CAUSES[code] for _, code in TRANSPLANTS])
    for step, (month, (any_event, relapse, death)) in zip(curve.steps, PRINTED.items(), strict=False):
        assert step.time == month
        assert 1 - step.event_free == pytest.approx(any_event, abs=0.00005)
        assert step.incidence["relapse"] == pytest.approx(relapse, abs=0.00005)
        assert step.incidence["death"] == pytest.approx(death, abs=0.00005)


def test_someone_censored_at_the_time_of_an_event_was_still_at_risk() -> None:
    (step,) = _curve([5.0, 5.0], [None, "response"]).steps
    assert (step.n_at_risk, step.n_events, step.n_censored, step.event_free) == (2, {"response": 1}, 1, 0.5)


def test_two_events_at_one_time_share_those_at_risk() -> None:
    (step,) = _curve([5.0] * 4, ["response", "response", "death", None]).steps
    assert (step.incidence, step.event_free) == ({"death": 0.25, "response": 0.5}, 0.25)


@pytest.mark.parametrize(
    ("times", "causes", "reason"),
    [([], [], "nobody_counted"), ([-1.0], [None], "time_not_valid"), ([math.nan], [None], "time_not_valid")],
)
def test_there_is_no_curve_without_valid_times(
    times: list[float], causes: list[str | None], reason: str
) -> None:
    found = compute_cumulative_incidence(times, causes)
    assert isinstance(found, NotDerived)
    assert found.reason == reason


PEOPLE = st.lists(
    st.tuples(st.integers(0, 8).map(float), st.sampled_from([None, "response", "death"])),
    min_size=1,
    max_size=14,
)


@given(people=PEOPLE)
@settings(max_examples=200, deadline=None)
def test_the_curve_agrees_with_mass_handed_to_the_right_and_with_kaplan_meier(
    people: list[tuple[float, str | None]],
) -> None:
    times, causes = [time for time, _ in people], [cause for _, cause in people]
    curve = _curve(times, causes)
    whole = compute_kaplan_meier(times, [cause is not None for cause in causes])
    assert isinstance(whole, Curve)
    for moment in (-1.0, 0.0, 2.5, 8.0):
        for cause in ("response", "death"):
            expected = float(incidence_by(times, causes, cause, moment))
            assert curve.incidence_at(cause, moment) == pytest.approx(expected, abs=1e-12)
    for step, same in zip(curve.steps, whole.steps, strict=True):
        assert step.event_free == same.survival
        assert sum(step.incidence.values()) + step.event_free == pytest.approx(1, abs=1e-12)
