"""Adverse events and the true DLT of virtual participants."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstdose.simulate.course import Course, Infusion
from firstdose.simulate.people import draw_person
from firstdose.simulate.scenario import Scenario
from firstdose.simulate.toxicity import VirtualAdverseEvent, dlt_probability, simulate_adverse_events
from firstdose.simulate.virtual_participants import Trajectory, simulate_participant

SCENARIO = Scenario()
seeds = st.integers(0, 2**63)
LADDER = {0.75: 0.01, 1.5: 0.02, 3.0: 0.04, 4.5: 0.07, 6.0: 0.12, 9.0: 0.30}
MULTIPLE = {"three weekly 3.0e9": (3.0, (0, 7, 14)), "five of 6.0e9": (6.0, (0, 3, 7, 10, 14))}


def observed(
    rng: np.random.Generator, infusions: Sequence[tuple[float, float]], end_d: float = 364.0
) -> tuple[Trajectory, tuple[VirtualAdverseEvent, ...]]:
    course = Course(
        lymphodepletion_days=(-5, -4, -3),
        infusions=tuple(Infusion(day, cells_1e9) for day, cells_1e9 in infusions),
        end_d=end_d,
    )
    person = draw_person(rng, SCENARIO)
    trajectory = simulate_participant(rng, SCENARIO, person, course)
    return trajectory, simulate_adverse_events(rng, SCENARIO, person, course, trajectory)


def time_at_or_above_d(event: VirtualAdverseEvent, grade: int) -> float:
    """From first reaching the grade to the first record below it."""
    start = next(day for day, reached in event.grades if reached >= grade)
    below = [day for day, reached in event.grades if day > start and reached < grade]
    end = below[0] if below else event.end_d
    assert end is not None
    return end - start


def meets_dlt_criterion(event: VirtualAdverseEvent) -> bool:
    """The DLT list of the bundled trial for the kinds of event that occur here."""
    if not event.is_related_to_product or event.category in ("infection", "cytopenia"):
        return False
    if event.highest_grade >= 4:
        return True
    if event.category == "gvhd" or event.highest_grade < 3:
        return False
    at_grade_3_d = time_at_or_above_d(event, 3)
    if event.category == "infusion_reaction":
        return time_at_or_above_d(event, 2) > 1
    return at_grade_3_d > (7 if event.soc == "Investigations" else 3)


@pytest.mark.parametrize(("dose", "p_dlt"), LADDER.items())
def test_the_true_dlt_rate_of_a_single_infusion_follows_the_ladder(dose: float, p_dlt: float) -> None:
    assert dlt_probability(SCENARIO, [dose]) == pytest.approx(p_dlt, rel=1e-9)


@given(low=st.floats(0.1, 20.0), high=st.floats(0.1, 20.0))
def test_the_true_dlt_rate_never_falls_with_the_dose(low: float, high: float) -> None:
    low, high = sorted((low, high))
    assert 0 < dlt_probability(SCENARIO, [low]) <= dlt_probability(SCENARIO, [high]) < 1


@pytest.mark.parametrize(("dose", "days"), MULTIPLE.values(), ids=MULTIPLE.keys())
def test_several_infusions_carry_a_little_more_risk_than_one(dose: float, days: tuple[int, ...]) -> None:
    one, several = dlt_probability(SCENARIO, [dose]), dlt_probability(SCENARIO, [dose] * len(days))
    assert one < several < 2 * one


@pytest.mark.parametrize(
    ("infusions", "window_d"),
    [
        ([(0.0, 9.0)], 14.0),
        ([(0.4, 6.0)], 14.0),
        ([(day, 6.0) for day in (0.0, 7.0, 14.0, 21.0)], 28.0),
    ],
    ids=["9e9 once", "6e9 once", "6e9 four times"],
)
def test_a_true_dlt_shows_as_an_event_that_meets_a_criterion_in_the_window_and_nothing_else_does(
    infusions: list[tuple[float, float]], window_d: float
) -> None:
    n, n_dlt = 300, 0
    for rng in np.random.default_rng(77).spawn(n):
        _, events = observed(rng, infusions, end_d=60.0)
        met = [event for event in events if meets_dlt_criterion(event)]
        assert met == [event for event in events if event.is_dlt]
        assert all(0 <= event.onset_d - infusions[0][0] <= window_d for event in met)
        n_dlt += len(met)
    truth = dlt_probability(SCENARIO, [dose for _, dose in infusions])
    assert n_dlt / n == pytest.approx(truth, abs=3 * (truth * (1 - truth) / n) ** 0.5)


@settings(max_examples=25, deadline=None)
@given(seed=seeds, added_d=st.floats(3.0, 21.0))
def test_a_further_infusion_leaves_earlier_events_as_they_were(seed: int, added_d: float) -> None:
    _, before = observed(np.random.default_rng(seed), [(0.0, 6.0)])
    _, after = observed(np.random.default_rng(seed), [(0.0, 6.0), (added_d, 6.0)])
    earlier = [event for event in before if event.onset_d < added_d and event.category != "cytopenia"]
    assert [event for event in after if event.onset_d < added_d and event.category != "cytopenia"] == earlier


@settings(max_examples=25, deadline=None)
@given(seed=seeds, dose=st.sampled_from(list(LADDER)), end_d=st.floats(0.0, 364.0))
def test_an_event_has_its_grades_in_order_of_time_within_follow_up(
    seed: int, dose: float, end_d: float
) -> None:
    _, events = observed(np.random.default_rng(seed), [(0.0, dose)], end_d=end_d)
    for event in events:
        reached = [day for day, _ in event.grades]
        assert reached == sorted(reached)
        assert reached[-1] <= end_d
        assert reached[0] == event.onset_d <= end_d
        assert all(1 <= grade <= 4 for _, grade in event.grades)
        assert event.end_d is None or reached[-1] < event.end_d <= end_d
        assert event.text.en
        assert event.text.zh
        assert not event.is_related_to_product or event.onset_d >= 0
        assert not event.is_serious or event.highest_grade >= 3


def test_cytopenias_belong_to_lymphodepletion_and_agree_with_the_counts_of_the_visits() -> None:
    seen = 0
    for rng in np.random.default_rng(5).spawn(80):
        trajectory, events = observed(rng, [(0.0, 3.0)])
        for event in events:
            if event.preferred_term == "Neutrophil count decreased":
                seen += 1
                assert event.is_related_to_lymphodepletion
                assert not event.is_related_to_product
                # it begins at the first visit below 1.5, so the count of the visit before was not
                visit_before = max(day for day in (-6, -4, -3, -1, 0, 1, 3, 7, 10) if day < event.onset_d)
                count_before = trajectory.value("neutrophils", visit_before)
                assert count_before is not None
                assert float(count_before) >= 1.5
                for day, grade in event.grades:
                    value = trajectory.value("neutrophils", day)
                    assert value is not None
                    assert float(value) < {2: 1.5, 3: 1.0, 4: 0.5}[grade]
    assert seen > 5


def test_cytokine_release_grows_more_frequent_with_the_dose_and_is_mostly_grade_1() -> None:
    grades: dict[float, list[int]] = {0.75: [], 9.0: []}
    scales = set()
    for dose, highest in grades.items():
        for rng in np.random.default_rng(9).spawn(250):
            for event in observed(rng, [(0.0, dose)], end_d=20.0)[1]:
                if event.category == "crs":
                    highest.append(event.highest_grade)
                    scales.add(event.scale)
    assert scales == {"ASTCT"}
    assert len(grades[0.75]) < len(grades[9.0]) / 2
    assert grades[9.0].count(1) > len(grades[9.0]) / 2
    assert sum(grade >= 3 for grade in grades[0.75]) <= 5
