"""Medians of many participants against the ranges of a published-parameter simulation.

The bands are wide on purpose: they come from simulated medians of 2,000 participants per dose with literature
parameters (single infusions of 1e9: peak 5,739 copies/ug, IgG -19 %, IgM -46 %, anti-dsDNA -52 %, C3 +36 %,
SLEDAI 12 to 4.7 at Week 12; of 6e9: 34,432, -22 %, -56 %, -69 %, +43 %, 12 to 3.9) and ask for the same order
of magnitude, not the same number.
"""

import math
from statistics import fmean, median

import numpy as np
import pytest

from firstdose.simulate.course import Course, Infusion
from firstdose.simulate.disease import compute_sledai
from firstdose.simulate.people import draw_person
from firstdose.simulate.scenario import Scenario
from firstdose.simulate.virtual_participants import Trajectory, simulate_participant

SCENARIO = Scenario()
KINETIC_DAYS = (1 / 24, 4 / 24, 8 / 24, 1, 3, 7, 10, 14, 21, 28)
COUNT_DAYS = (3, 7, 10, 14, 21, 28, 56, 84, 168)
N = 200


@pytest.fixture(scope="module", params=[1.0, 6.0], ids=["1e9 cells", "6e9 cells"])
def group(request: pytest.FixtureRequest) -> tuple[float, list[Trajectory]]:
    dose: float = request.param
    course = Course(lymphodepletion_days=(-5, -4, -3), infusions=(Infusion(0.0, dose),))
    return dose, [
        simulate_participant(rng, SCENARIO, draw_person(rng, SCENARIO), course)
        for rng in np.random.default_rng(2025).spawn(N)
    ]


def changes(participants: list[Trajectory], analyte: str, day: float) -> float:
    return median(
        float(p.value(analyte, day) or 0) / float(p.value(analyte, -6.0) or math.nan) - 1
        for p in participants
    )


def test_the_peak_comes_within_the_first_week_and_grows_with_the_dose(
    group: tuple[float, list[Trajectory]],
) -> None:
    dose, participants = group
    peaks = [
        max((float(p.value("transgene_copies_per_ug", day) or 0), day) for day in KINETIC_DAYS)
        for p in participants
    ]
    # the published table has 5,739 copies/ug per 1e9 cells; a factor of 3 either way
    assert 1900 < math.exp(fmean(math.log(peak) for peak, _ in peaks)) / dose < 17000
    assert 1 <= median(day for _, day in peaks) <= 7


def test_the_product_is_retained_for_weeks_and_not_for_months(group: tuple[float, list[Trajectory]]) -> None:
    _, participants = group
    last = [
        max((d for d in KINETIC_DAYS if p.value("transgene_copies_per_ug", d) is not None), default=0)
        for p in participants
    ]
    assert 14 <= median(last) <= 28
    assert median(p.body.physiology.transgene_level(120.0) for p in participants) < 50


def test_more_than_nine_in_ten_lose_their_b_cells_and_get_them_back(
    group: tuple[float, list[Trajectory]],
) -> None:
    _, participants = group
    depleted = [
        [day for day in COUNT_DAYS if (p.value("cd19_b_cells_per_ul", day) or 0) < 10] for p in participants
    ]
    assert sum(bool(days) for days in depleted) / N > 0.9
    # published: B cells are back 50 to 110 days after CD19 CAR-T; here the last low visit is day 28 to 112
    assert 28 <= median(max(days, default=0) for days in depleted) <= 112


def test_igm_falls_more_than_igg(group: tuple[float, list[Trajectory]]) -> None:
    _, participants = group
    igg, igm = changes(participants, "igg", 84.0), changes(participants, "igm", 84.0)
    assert igm < igg - 0.15
    # total IgG fell 17.5 % after CD19 CAR-T; the simulated table has -19 % and -22 %
    assert -0.35 < igg < -0.08
    assert -0.80 < igm < -0.30


def test_serology_returns_towards_normal(group: tuple[float, list[Trajectory]]) -> None:
    _, participants = group
    assert 0.15 < changes(participants, "c3", 84.0) < 0.75
    assert -0.90 < changes(participants, "anti_dsdna", 168.0) < -0.35


def test_disease_activity_falls_by_more_than_half_by_week_12(group: tuple[float, list[Trajectory]]) -> None:
    _, participants = group
    at_start, at_week_12 = (
        median(compute_sledai(p.sledai_descriptors(day)) for p in participants) for day in (-6.0, 84.0)
    )
    assert 9 <= at_start <= 16
    assert at_week_12 <= at_start / 2


def test_neutrophils_are_lowest_between_days_5_and_12_and_recover_by_day_28(
    group: tuple[float, list[Trajectory]],
) -> None:
    _, participants = group
    at = {day: median(float(p.value("neutrophils", day) or 0) for p in participants) for day in range(-6, 29)}
    assert 5 <= min(at, key=lambda day: at[day]) <= 12
    assert at[21] > 0.8 * at[-6]
    assert at[28] > 0.9 * at[-6]


def test_interleukin_6_rises_after_the_infusion_and_settles(group: tuple[float, list[Trajectory]]) -> None:
    _, participants = group
    assert changes(participants, "il6", 0.17) > 0.5
    assert abs(changes(participants, "il6", 84.0)) < 0.25
