"""What holds for every course of the transgene level."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.double import area_under_level

from firstdose.derive.kinetics.exposure import Area, derive_exposure
from firstdose.derive.kinetics.parameters import KineticsParameters, derive_kinetics_parameters
from firstdose.derive.kinetics.peak import Level
from firstdose.derive.kinetics.profile import derive_profile
from firstdose.derive.kinetics.samples import Sample, SampleState
from firstdose.terms.outcomes import NotDerived

NO_HALF_LIFE = NotDerived("not_asked")
LEVELS = st.one_of(st.none(), st.integers(50, 10**6).map(Decimal))
COURSES = st.lists(st.tuples(st.integers(1, 8), LEVELS), min_size=1, max_size=12).filter(
    lambda course: any(level is not None for _, level in course)
)
Course = list[tuple[int, Decimal | None]]


def samples_of(course: Course, *, times: int = 1, shift_d: int = 0) -> list[Sample]:
    """Gaps of half days; None is below quantification."""
    found, half_days = [], 0
    for position, (gap, level) in enumerate(course):
        half_days += gap
        found.append(
            Sample(
                nominal_time_h=None,
                actual_time_d=Decimal(half_days) / 2 + shift_d,
                transgene_level=None if level is None else level * times,
                state="not_detected" if level is None else "quantifiable",
                lloq=Decimal(50),
                source=position,
            )
        )
    return found


def parameters_of(samples: list[Sample]) -> KineticsParameters:
    return derive_kinetics_parameters(samples, window_last_d=Decimal(100))


def auc(area: Area | NotDerived) -> float:
    assert isinstance(area, Area), area
    return area.auc_d_copies_per_ug


@settings(max_examples=60)
@given(COURSES, st.integers(2, 1000))
def test_levels_times_k_give_peak_and_area_times_k_and_the_same_times(course: Course, k: int) -> None:
    one, other = parameters_of(samples_of(course)), parameters_of(samples_of(course, times=k))
    assert isinstance(one.cmax, Level)
    assert isinstance(other.cmax, Level)
    assert other.cmax.level_copies_per_ug == k * one.cmax.level_copies_per_ug
    assert other.cmax.time_d == one.cmax.time_d
    for name in ("to_last_quantifiable", "to_first_below_quantification"):
        assert auc(getattr(other.exposure, name)) == pytest.approx(k * auc(getattr(one.exposure, name)))
    assert other.retention == one.retention


@settings(max_examples=60)
@given(COURSES, st.integers(1, 60))
def test_moving_the_infusion_and_every_sample_changes_no_parameter(course: Course, shift_d: int) -> None:
    def from_start(start_d: int) -> tuple[float, float]:
        pre = Sample(
            nominal_time_h=None,
            actual_time_d=Decimal(start_d),
            transgene_level=None,
            state="not_detected",
            lloq=Decimal(50),
            source=99,
        )
        profile = derive_profile(
            [pre, *samples_of(course, shift_d=start_d)],
            start_d=Decimal(start_d),
            end_d=Decimal(start_d + 100),
        )
        found = derive_exposure(profile, NO_HALF_LIFE)
        return auc(found.to_last_quantifiable), auc(found.to_first_below_quantification)

    assert from_start(shift_d) == pytest.approx(from_start(0))


@settings(max_examples=60)
@given(COURSES, st.integers(1, 5))
def test_a_tail_below_quantification_leaves_peak_and_area_to_the_last(course: Course, n_tail: int) -> None:
    one = parameters_of(samples_of(course))
    other = parameters_of(samples_of([*course, *[(2, None)] * n_tail]))
    assert other.cmax == one.cmax
    assert other.clast == one.clast
    assert other.half_life == one.half_life
    assert other.exposure.to_last_quantifiable == one.exposure.to_last_quantifiable


@settings(max_examples=60)
@given(COURSES, st.randoms(use_true_random=False))
def test_the_order_of_the_samples_changes_nothing(course: Course, shuffler: object) -> None:
    samples = samples_of(course)
    mixed = list(samples)
    shuffler.shuffle(mixed)  # type: ignore[attr-defined]  # a seeded random.Random of hypothesis
    assert parameters_of(mixed) == parameters_of(samples)


@settings(max_examples=60)
@given(COURSES, st.integers(1, 9))
def test_areas_of_two_parts_of_an_interval_add_up(course: Course, tenths: int) -> None:
    profile = derive_profile(samples_of(course), end_d=Decimal(100))
    last_d = max(point.time_d for point in profile.points if point.is_quantifiable)
    middle_d = last_d * tenths / 10
    whole, early, late = (
        auc(derive_exposure(profile, NO_HALF_LIFE, start_d=start, end_d=end).to_last_quantifiable)
        for start, end in ((Decimal(0), last_d), (Decimal(0), middle_d), (middle_d, last_d))
    )
    assert early + late == pytest.approx(whole)


@settings(max_examples=80)
@given(COURSES)
def test_both_observed_areas_agree_with_quadrature_of_the_curve(course: Course) -> None:
    samples = samples_of(course)
    times = [0.0, *(float(sample.actual_time_d or 0) for sample in samples)]
    levels = [0.0, *(float(sample.transgene_level or 0) for sample in samples)]
    states = ["b", *("q" if sample.is_quantifiable else "b" for sample in samples)]
    found = parameters_of(samples).exposure
    for area, places in zip(
        (found.to_last_quantifiable, found.to_first_below_quantification),
        area_under_level.zeros_by_position(states),
        strict=True,
    ):
        at = [times[i] for i in places]
        expected = area_under_level.area(at, [levels[i] for i in places], 0.0, at[-1])
        assert auc(area) == pytest.approx(expected, rel=1e-9)


STATES: list[SampleState] = ["quantifiable", "detected_below_quantification", "not_detected", "missing"]
ODD = st.one_of(st.none(), st.decimals(allow_nan=True, allow_infinity=True))
ANY_SAMPLE = st.builds(
    Sample,
    nominal_time_h=ODD,
    actual_time_d=st.one_of(ODD, st.integers(-3, 40).map(Decimal)),
    transgene_level=st.one_of(ODD, st.integers(-5, 10**6).map(Decimal)),
    state=st.sampled_from(STATES),
    lloq=st.one_of(st.decimals(allow_nan=True), st.just(Decimal(50))),
    source=st.integers(0, 50),
)


@settings(max_examples=150)
@given(
    st.lists(ANY_SAMPLE, max_size=12),
    st.lists(st.one_of(st.decimals(allow_nan=True), st.integers(0, 30).map(Decimal)), max_size=3),
)
def test_bad_data_give_reasons_and_never_an_exception(samples: list[Sample], starts: list[Decimal]) -> None:
    found = derive_kinetics_parameters(samples, infusion_starts_d=starts)
    assert len(found.set_aside) <= len(samples)
