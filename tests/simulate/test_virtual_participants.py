"""What holds for every virtual participant, whoever it is and whatever was given."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from firstdose.simulate.blood import BLOOD, lupus_leukocytes
from firstdose.simulate.course import Course, Infusion
from firstdose.simulate.people import draw_person
from firstdose.simulate.scenario import Scenario
from firstdose.simulate.virtual_participants import READINGS, Trajectory, simulate_participant

SCENARIO = Scenario()
DEPLETION = (-5, -4, -3)
SUBSETS = ("transitional", "naive", "unswitched_memory", "switched_memory", "double_negative", "plasmablast")
seeds = st.integers(0, 2**63)
doses = st.sampled_from([0.75, 1.5, 3.0, 4.5, 6.0, 9.0])
days = st.floats(-28.0, 364.0)


def followed(seed: int, *infusions: tuple[float, float], end_d: float = 364.0) -> Trajectory:
    rng = np.random.default_rng(seed)
    given_so_far = Course(
        lymphodepletion_days=DEPLETION,
        infusions=tuple(Infusion(day, cells_1e9) for day, cells_1e9 in infusions),
        end_d=end_d,
    )
    return simulate_participant(rng, SCENARIO, draw_person(rng, SCENARIO), given_so_far)


def reported(participant: Trajectory, analyte: str, day: float) -> Decimal:
    value = participant.value(analyte, day)
    assert value is not None, analyte
    return value


@settings(max_examples=20, deadline=None)
@given(seed=seeds, dose=doses, added_d=st.floats(0.5, 60.0), share=st.floats(0.0, 1.0))
def test_a_further_infusion_leaves_every_earlier_value_as_it_was(
    seed: int, dose: float, added_d: float, share: float
) -> None:
    first = (0.0, dose)
    before = followed(seed, first, end_d=added_d)
    after = followed(seed, first, (added_d, dose))
    # the moment lies anywhere from screening to just before the infusion is given
    for day in (-10.0 + share * (added_d + 9.999), added_d - 0.001):
        assume(day < added_d)
        for analyte in READINGS:
            assert before.value(analyte, day) == after.value(analyte, day), analyte
        assert before.sledai_descriptors(day) == after.sledai_descriptors(day)
        assert before.transgene_level(day) == after.transgene_level(day)


@settings(max_examples=20, deadline=None)
@given(seed=seeds, dose=doses, day=st.floats(-10.0, -0.001))
def test_values_before_the_first_infusion_do_not_know_of_it(seed: int, dose: float, day: float) -> None:
    screened, treated = followed(seed), followed(seed, (0.0, dose))
    for analyte in READINGS:
        assert screened.value(analyte, day) == treated.value(analyte, day), analyte


@settings(max_examples=30, deadline=None)
@given(seed=seeds, dose=doses, day=days)
def test_every_value_is_a_decimal_with_the_decimals_of_its_report(seed: int, dose: float, day: float) -> None:
    participant = followed(seed, (0.0, dose))
    laboratory = {row.key: row.decimals for row in SCENARIO.laboratory}
    decimals = laboratory | {
        "transgene_copies_per_ug": 0, "car_nk_cells_per_ul": 1, "cd19_b_cells_per_ul": 1, "t_cells_per_ul": 0,
        "nk_cells_per_ul": 0, "igg": 2, "igm": 2, "iga": 2, "ige": 1, "c3": 2, "c4": 2, "ch50": 0,
        "anti_dsdna": 1, "wbc": 2, "neutrophils": 2, "lymphocytes": 2, "haemoglobin": 0, "platelets": 0,
        "egfr": 0, "upcr": 2, "urine_rbc_hpf": 0, "urine_wbc_hpf": 0, "urine_casts": 0, "pga": 1, "spo2": 0,
        "prednisone_mg_per_day": 1, "weight": 1, "qt": 0, "ice_score": 0,
    } | dict.fromkeys(SUBSETS, 1)  # fmt: skip
    assert decimals.keys() == READINGS.keys()
    for analyte, places in decimals.items():
        value = participant.value(analyte, day)
        if value is not None:
            assert isinstance(value, Decimal)
            assert value.as_tuple().exponent == -places, analyte
            assert value >= 0


def test_nothing_is_known_after_the_end_of_follow_up() -> None:
    participant = followed(3, (0.0, 3.0), end_d=14.0)
    assert participant.value("igg", 14.0) is not None
    assert participant.value("igg", 14.01) is None


@settings(max_examples=30, deadline=None)
@given(seed=seeds, dose=doses, day=days)
def test_parts_never_exceed_their_whole(seed: int, dose: float, day: float) -> None:
    participant = followed(seed, (0.0, dose))
    parts = reported(participant, "neutrophils", day) + reported(participant, "lymphocytes", day)
    assert parts <= reported(participant, "wbc", day)
    shares = [participant.value(subset, day) for subset in SUBSETS]
    assert len({share is None for share in shares}) == 1, "subsets are shared out together or not at all"
    assert sum(share for share in shares if share is not None) <= 100


@settings(max_examples=30, deadline=None)
@given(seed=seeds, day=st.floats(-28.0, 364.0))
def test_without_an_infusion_there_is_no_product_in_blood(seed: int, day: float) -> None:
    participant = followed(seed)
    assert participant.transgene_level(day).state == "not_detected"
    assert participant.value("car_nk_cells_per_ul", day) == 0


@pytest.mark.parametrize(
    ("state", "lowest", "below"),
    [("quantifiable", 50, None), ("detected_below_quantification", 15, 50), ("not_detected", 0, 15)],
)
def test_a_transgene_level_is_reported_only_from_the_limit_of_quantification(
    state: str, lowest: int, below: int | None
) -> None:
    seen = set()
    for seed in range(12):
        participant = followed(seed, (0.0, 0.75))
        for day in range(90):
            level = participant.transgene_level(day)
            seen.add(level.state)
            if level.state == state == "quantifiable":
                assert level.copies_per_ug is not None
                assert level.copies_per_ug >= lowest
            elif level.state == state:
                assert level.copies_per_ug is None
                assert below is not None
                assert participant.body.physiology.transgene_level(day) < below * 3
    assert state in seen


@settings(max_examples=25, deadline=None)
@given(seed=seeds, dose=doses)
def test_b_cells_fall_with_the_cells_and_naive_cells_come_back_first(seed: int, dose: float) -> None:
    participant = followed(seed, (0.0, dose))
    baseline = participant.body.latent(-6.0)
    assert participant.body.latent(14.0).b_cells < 0.35 * baseline.b_cells
    assert participant.body.latent(120.0).memory < baseline.memory


@settings(max_examples=25, deadline=None)
@given(seed=seeds, dose=doses, day=st.floats(1.0, 364.0))
def test_complement_rises_and_anti_dsdna_falls_as_activity_falls(seed: int, dose: float, day: float) -> None:
    participant = followed(seed, (0.0, dose))
    # a calm day against a day of full activity; 1.2 covers three standard deviations of both samples
    assume(participant.body.latent(float(int(day))).activity < 0.5)
    for analyte in ("c3", "c4"):
        assert reported(participant, analyte, day) > reported(participant, analyte, -6.0) / Decimal("1.2")
    assert participant.body.latent(day).anti_dsdna < 1.0


@settings(max_examples=25, deadline=None)
@given(seed=seeds, dose=doses)
def test_a_count_that_only_lymphodepletion_lowers_is_no_sign_of_lupus(seed: int, dose: float) -> None:
    participant = followed(seed, (0.0, dose))
    assume("leukopenia" not in participant.body.person.descriptors)
    lowest = min(reported(participant, "wbc", day) for day in (3, 5, 7, 10))
    assert lowest < Decimal("0.8") * reported(participant, "wbc", -6.0)
    for day in (3, 5, 7, 10):
        assert lupus_leukocytes(participant.body, day) >= 3
        assert "leukopenia" not in participant.sledai_descriptors(day)
        assert "fever" not in participant.sledai_descriptors(day)


@settings(max_examples=30, deadline=None)
@given(seed=seeds, dose=doses, day=st.floats(-28.0, 364.0))
def test_descriptors_that_a_laboratory_proves_agree_with_the_reported_value(
    seed: int, dose: float, day: float
) -> None:
    participant = followed(seed, (0.0, dose))
    present = participant.sledai_descriptors(day)
    assert ("proteinuria" in present) == (reported(participant, "upcr", day) > Decimal("0.5"))
    assert ("hematuria" in present) == (reported(participant, "urine_rbc_hpf", day) > 5)
    assert ("pyuria" in present) == (reported(participant, "urine_wbc_hpf", day) > 5)
    assert ("urinary_casts" in present) == (reported(participant, "urine_casts", day) == 1)
    assert ("increased_dna_binding" in present) == (reported(participant, "anti_dsdna", day) > 100)
    low = [
        reported(participant, "c3", day) < Decimal("0.7"),
        reported(participant, "c4", day) < Decimal("0.1"),
    ]
    assert "low_complement" in present or not any(low)


@pytest.mark.parametrize(("sign", "analyte"), [("pyuria", "urine_wbc_hpf"), ("hematuria", "urine_rbc_hpf")])
def test_more_than_five_cells_a_field_are_the_sign_and_five_are_not(sign: str, analyte: str) -> None:
    seen = set()
    for seed in range(80):
        participant = followed(seed, (0.0, 6.0), end_d=200.0)
        if sign in participant.body.person.descriptors:
            for day in range(14, 200, 6):
                cells = int(reported(participant, analyte, day))
                seen.add(cells)
                assert (sign in participant.sledai_descriptors(day)) == (cells > 5)
    assert {4, 5, 6, 7} <= seen


@settings(max_examples=30, deadline=None)
@given(seed=seeds, dose=doses, day=days, window_d=st.floats(0.0, 30.0))
def test_a_longer_window_never_loses_a_sign(seed: int, dose: float, day: float, window_d: float) -> None:
    participant = followed(seed, (0.0, dose))
    assert participant.sledai_descriptors(day) <= participant.sledai_descriptors(day, window_d=window_d)


def with_crs(highest_grade: int) -> list[Trajectory]:
    chosen = []
    for seed in range(400):
        participant = followed(seed, (0.0, 9.0), end_d=40.0)
        if any(e.kind == "crs" and e.highest_grade >= highest_grade for e in participant.episodes):
            chosen.append(participant)
        if len(chosen) == 12:
            return chosen
    return chosen


def test_cytokine_release_comes_with_fever_and_its_markers() -> None:
    chosen = with_crs(1)
    assert len(chosen) == 12
    for participant in chosen:
        episode = next(e for e in participant.episodes if e.kind == "crs")
        for share in (0.0, 0.3, 0.6, 0.99):
            day = episode.onset_d + share * (episode.end_d - episode.onset_d)
            assert reported(participant, "temperature", day) >= 38
        late = episode.end_d - 0.05
        for analyte, times in (("il6", 3), ("crp", 2), ("ferritin", Decimal("1.2"))):
            assert reported(participant, analyte, late) > times * reported(participant, analyte, -6.0), (
                analyte
            )


def test_hypotension_and_hypoxia_begin_with_grade_2_of_cytokine_release() -> None:
    chosen = with_crs(2)
    assert chosen
    for participant in chosen:
        episode = next(e for e in participant.episodes if e.kind == "crs" and e.highest_grade >= 2)
        grade_2_d = next(day for day, grade in episode.grades if grade == 2)
        assert reported(participant, "sbp", grade_2_d + 0.01) < 90
        assert reported(participant, "spo2", grade_2_d + 0.01) < 94
        assert reported(participant, "sbp", grade_2_d - 0.01) >= 90


def test_without_illness_there_is_no_fever_and_the_ice_score_is_full() -> None:
    for seed in range(40):
        participant = followed(seed, (0.0, 0.75), end_d=60.0)
        for day in np.arange(-5.0, 60.0, 2.3):
            if not any(episode.grade_at(float(day)) for episode in participant.episodes):
                assert reported(participant, "temperature", float(day)) < 38
                assert reported(participant, "ice_score", float(day)) == 10


def test_three_tracings_of_an_ecg_a_minute_apart_differ_a_little() -> None:
    participant = followed(8, (0.0, 3.0))
    tracings = [int(reported(participant, "qt", 7 + minute / 1440)) for minute in (0, 1, 2)]
    assert len(set(tracings)) > 1
    assert max(tracings) - min(tracings) < 60


@settings(max_examples=30, deadline=None)
@given(seed=seeds, dose=doses, day=days)
def test_prednisone_never_exceeds_its_start_unless_the_disease_flares(
    seed: int, dose: float, day: float
) -> None:
    participant = followed(seed, (0.0, dose))
    start = participant.body.person.prednisone_mg_per_day
    assert reported(participant, "prednisone_mg_per_day", day) <= max(start, Decimal(15))
    # activity below the limit at the last steps means the taper has reached 5 mg by Week 12
    if participant.body.latent(70.0).activity < 0.8:
        assert reported(participant, "prednisone_mg_per_day", 84.0) <= 5


def test_every_cell_reading_is_offered_by_name() -> None:
    assert set(SUBSETS) < BLOOD.keys()
    with pytest.raises(KeyError):
        followed(1).value("no_such_analyte", 0.0)
