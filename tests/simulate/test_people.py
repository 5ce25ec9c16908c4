"""Who is enrolled."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstdose.simulate.course import Course
from firstdose.simulate.disease import compute_sledai
from firstdose.simulate.people import (
    PRIOR_DRUGS,
    SCREEN_FAILURES,
    Person,
    draw_person,
    draw_screen_failure_reason,
)
from firstdose.simulate.scenario import Scenario
from firstdose.simulate.virtual_participants import simulate_participant

SCENARIO = Scenario()
SEROLOGY = {"low_complement", "increased_dna_binding"}
seeds = st.integers(0, 2**63)


@pytest.fixture(scope="module")
def people() -> list[Person]:
    return [draw_person(rng, SCENARIO) for rng in np.random.default_rng(11).spawn(600)]


@given(seed=seeds)
def test_the_same_generator_gives_the_same_person_however_much_it_was_used(seed: int) -> None:
    used = np.random.default_rng(seed)
    used.standard_normal(5)
    assert draw_person(used, SCENARIO) == draw_person(np.random.default_rng(seed), SCENARIO)


@given(seed=seeds)
def test_everyone_meets_the_eligibility_criteria_of_age_weight_disease_and_drugs(seed: int) -> None:
    person = draw_person(np.random.default_rng(seed), SCENARIO)
    assert 18 <= person.age_y <= 70
    assert person.weight_kg > 40
    assert person.prednisone_mg_per_day <= 40
    assert len(set(person.prior_drugs) & PRIOR_DRUGS.keys()) >= 2
    assert person.eular_acr_score >= 10
    assert person.disease_duration_y < person.age_y
    assert person.lvef_percent >= 45
    assert person.spo2_percent >= 92


@given(seed=seeds, day=st.integers(-28, -6))
def test_disease_at_screening_is_active_enough_and_organs_work(seed: int, day: int) -> None:
    rng = np.random.default_rng(seed)
    seen = simulate_participant(rng, SCENARIO, draw_person(rng, SCENARIO), Course())
    descriptors = seen.sledai_descriptors(day)
    assert compute_sledai(descriptors) >= 8
    assert compute_sledai(descriptors - SEROLOGY) >= 6
    # organ function: ANC 1.5, Hb 80 g/L, platelets 50, ALT and AST 3 ULN (ULN near 40), eGFR 30
    for analyte, lowest, highest in (
        ("neutrophils", 1.5, 12),
        ("haemoglobin", 80, 180),
        ("platelets", 50, 500),
        ("alt", 1, 120),
        ("ast", 1, 120),
        ("egfr", 30, 200),
    ):
        value = seen.value(analyte, day)
        assert value is not None
        assert lowest <= value <= highest, analyte


def test_women_are_about_94_in_100(people: list[Person]) -> None:
    # 600 people: three standard errors are 2.9 points
    assert sum(person.sex == "female" for person in people) / 600 == pytest.approx(0.94, abs=0.03)


def test_sledai_at_screening_has_a_median_near_12(people: list[Person]) -> None:
    # the published sketch has 8 + gamma(2.2, 2), median 12; descriptors move in steps of 2 and 4
    totals = [compute_sledai(p.descriptors) + 2 * (p.anti_dsdna_iu_per_ml > 100) for p in people]
    assert 9 <= float(np.median(totals)) <= 16


def test_screening_fails_for_a_listed_reason_in_about_a_quarter() -> None:
    reasons = [draw_screen_failure_reason(rng, SCENARIO) for rng in np.random.default_rng(2).spawn(1000)]
    failed = [reason for reason in reasons if reason]
    assert set(failed) == set(SCREEN_FAILURES)
    assert len(failed) / 1000 == pytest.approx(SCENARIO.screen_failure_rate.typical, abs=0.042)
