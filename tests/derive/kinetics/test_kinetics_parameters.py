"""Cellular kinetics of one participant: samples, peak, areas, half-life, retention and infusions."""

import math
from decimal import Decimal

import pytest

from firstdose.derive.kinetics.elimination import (
    HalfLifeGates,
    TerminalFit,
    compute_terminal_fit,
    derive_half_life,
)
from firstdose.derive.kinetics.exposure import Area, derive_exposure
from firstdose.derive.kinetics.infusions import derive_accumulation, derive_infusion_kinetics
from firstdose.derive.kinetics.parameters import KineticsParameters, derive_kinetics_parameters
from firstdose.derive.kinetics.peak import Level
from firstdose.derive.kinetics.profile import derive_profile
from firstdose.derive.kinetics.retention import (
    Retention,
    derive_retention,
    derive_retention_curve,
    derive_retention_to_confirmed_loss,
)
from firstdose.derive.kinetics.samples import Sample, SampleState
from firstdose.terms.outcomes import NotDerived

BELOW = "below"
ABSENT = "absent"
MISSING = "missing"
LLOQ = 50
STATES: dict[str, SampleState] = {
    BELOW: "detected_below_quantification",
    ABSENT: "not_detected",
    MISSING: "missing",
}
NO_HALF_LIFE = NotDerived("not_asked")
Course = list[tuple[str | float, str | float]]


def samples_of(course: Course, *, nominal_h: dict[str, int] | None = None) -> list[Sample]:
    """A course as (day, level) or (day, word); the place in the list is the position of the record."""
    found = []
    for position, (day, said) in enumerate(course):
        is_word = isinstance(said, str)
        nominal = (nominal_h or {}).get(str(day))
        found.append(
            Sample(
                nominal_time_h=None if nominal is None else Decimal(nominal),
                actual_time_d=Decimal(str(day)),
                transgene_level=None if is_word else Decimal(str(said)),
                state=STATES[str(said)] if is_word else "quantifiable",
                lloq=Decimal(LLOQ),
                source=position,
            )
        )
    return found


def parameters_of(course: Course) -> KineticsParameters:
    return derive_kinetics_parameters(samples_of(course))


def auc(area: Area | NotDerived) -> float:
    assert isinstance(area, Area), area
    return area.auc_d_copies_per_ug


# --- peak and last ---------------------------------------------------------------------------------

# fmt: off
PEAKS: dict[str, tuple[Course, tuple[int, str] | str, tuple[int, str] | str, tuple[int, str] | str]] = {
    # course                                             Cmax (source)   from day 2      Clast
    # --- the cells just infused are the highest: the expansion has its own peak
    "peak at one hour":       ([(0.04, 900), (1, 300), (2, 400), (7, 500)], (0, "0.04"), (3, "7"), (3, "7")),
    # --- day 2 itself counts, a moment before does not
    "day 2 exactly":          ([(1.99, 900), (2, 600), (7, 100)], (0, "1.99"), (1, "2"), (2, "7")),
    # --- equal levels: the first time
    "tie":                    ([(3, 700), (7, 700), (10, 90)], (0, "3"), (0, "3"), (2, "10")),
    # --- below quantification is never a peak and never the last
    "last below":             ([(3, 700), (7, 60), (10, BELOW), (14, ABSENT)], (0, "3"), (0, "3"), (1, "7")),
    # --- never seen, never sampled
    "never quantifiable":     ([(3, BELOW), (7, ABSENT)], "never_quantifiable", "never_quantifiable",
                               "never_quantifiable"),
    "no sample":              ([(3, MISSING)], "no_sample_after_infusion", "no_sample_after_infusion",
                               "no_sample_after_infusion"),
    "pre-infusion only":      ([(0, 700)], "no_sample_after_infusion", "no_sample_after_infusion",
                               "no_sample_after_infusion"),
    "nothing from day 2":     ([(1, 700)], (0, "1"), "no_sample_after_infusion", (0, "1")),
}
# fmt: on


@pytest.mark.parametrize("case", PEAKS.values(), ids=PEAKS.keys())
def test_peak_and_last_quantifiable_level(case: tuple[Course, object, object, object]) -> None:
    course, *expected = case
    found = parameters_of(course)
    for level, said in zip((found.cmax, found.cmax_from_day_2, found.clast), expected, strict=True):
        if isinstance(level, NotDerived):
            assert level.reason == said
        else:
            assert (level.source, str(level.time_d)) == said
            assert level.level_copies_per_ug == samples_of(course)[level.source or 0].transgene_level


# --- samples that cannot be used --------------------------------------------------------------------

SOUND = Sample(
    nominal_time_h=None,
    actual_time_d=Decimal(3),
    transgene_level=Decimal(80),
    state="quantifiable",
    lloq=Decimal(50),
    source=1,
)


def changed(**fields: object) -> Sample:
    values = {name: getattr(SOUND, name) for name in Sample.__struct_fields__}
    return Sample(**{**values, "source": 2, **fields})


# fmt: off
SET_ASIDE: dict[str, tuple[Sample, str | None]] = {
    # --- nothing was measured, or nobody knows when
    "missing":                (changed(state="missing", actual_time_d=Decimal(7)), "missing"),
    "no time":                (changed(actual_time_d=None), "no_actual_time"),
    "time is not a number":   (changed(actual_time_d=Decimal("NaN")), "no_actual_time"),
    "time without end":       (changed(actual_time_d=Decimal("Infinity")), "no_actual_time"),
    # --- the level contradicts its state
    "no level":               (changed(actual_time_d=Decimal(7), transgene_level=None), "no_level"),
    "level is not a number":  (changed(actual_time_d=Decimal(7), transgene_level=Decimal("sNaN")),
                               "level_not_a_number"),
    "level without end":      (changed(actual_time_d=Decimal(7), transgene_level=Decimal("1e400")),
                               "level_not_a_number"),
    "level zero":             (changed(actual_time_d=Decimal(7), transgene_level=Decimal(0)),
                               "level_not_positive"),
    "level negative":         (changed(actual_time_d=Decimal(7), transgene_level=Decimal(-9)),
                               "level_not_positive"),
    # --- the limit of quantification belongs to the sample; at the limit is quantifiable
    "at its limit":           (changed(actual_time_d=Decimal(7), transgene_level=Decimal(50)), None),
    "under its limit":        (changed(actual_time_d=Decimal(7), transgene_level=Decimal("49.9")),
                               "level_below_its_lloq"),
    "under a raised limit":   (changed(actual_time_d=Decimal(7), lloq=Decimal(200)), "level_below_its_lloq"),
    # --- two results at one time
    "same result again":      (changed(), "repeated"),
    "another result":         (changed(transgene_level=Decimal(81)), "results_disagree"),
    "another state":          (changed(state="not_detected", transgene_level=None), "results_disagree"),
}
# fmt: on


@pytest.mark.parametrize("case", SET_ASIDE.values(), ids=SET_ASIDE.keys())
def test_a_sample_that_cannot_be_used_is_set_aside_with_a_reason(case: tuple[Sample, str | None]) -> None:
    sample, reason = case
    found = derive_kinetics_parameters([SOUND, sample])
    reasons = {one.source: one.reason for one in found.set_aside}
    assert reasons.get(2) == reason
    # two that disagree both go, otherwise the sound sample stands
    if reason == "results_disagree":
        assert reasons.get(1) == reason
        assert isinstance(found.cmax, NotDerived)
    else:
        assert isinstance(found.cmax, Level)
        assert found.cmax.source == 1


# --- areas ------------------------------------------------------------------------------------------

LN2 = math.log(2)

# fmt: off
# course; area to the last quantifiable, to the first below quantification (by hand)
AREAS: dict[str, tuple[Course, float, float]] = {
    # --- up in a line from the zero before infusion, down in an exponential
    "up and down":             ([(0, ABSENT), (2, 800), (3, 400)], 800 + 400 / LN2, 800 + 400 / LN2),
    # --- no sample before the first infusion: the zero is put there, and marked
    "no pre-infusion sample":  ([(2, 800), (3, 400)], 800 + 400 / LN2, 800 + 400 / LN2),
    # --- below quantification before the first quantifiable: zero
    "zero at the start":       ([(0, ABSENT), (1, BELOW), (3, 800)], 800, 800),
    # --- between quantifiable ones: dropped, the line goes on over it
    "dropped between":         ([(0, ABSENT), (2, 800), (3, BELOW), (4, 1000)], 800 + 1800, 800 + 1800),
    # --- after the last: zero at the first only, and only in the middle variant
    "zero after the last":     ([(0, ABSENT), (2, 800), (4, BELOW), (7, ABSENT)], 800, 800 + 800),
    # --- tied levels: a line
    "tied":                    ([(0, ABSENT), (2, 800), (4, 800)], 800 + 1600, 800 + 1600),
    # --- day 28 falls between two samples: cut there on the curve (400 halves each day)
    "cut at day 28":           ([(0, ABSENT), (2, 800), (27, 800), (29, 200)],
                                800 + 20000 + 400 / LN2, 800 + 20000 + 400 / LN2),
    "cut in the triangle":     ([(0, ABSENT), (27, 540), (30, BELOW)], 7290, 7290 + (540 + 360) / 2),
}
# fmt: on


@pytest.mark.parametrize("case", AREAS.values(), ids=AREAS.keys())
def test_area_to_day_28_by_hand(case: tuple[Course, float, float]) -> None:
    course, to_last, to_zero = case
    found = parameters_of(course).exposure
    assert auc(found.to_last_quantifiable) == pytest.approx(to_last)
    assert auc(found.to_first_below_quantification) == pytest.approx(to_zero)


def test_a_day_28_sample_drawn_a_little_late_still_carries_the_area_to_day_28() -> None:
    found = parameters_of([(0, ABSENT), (14, 800), ("28.1", 400)]).exposure.to_last_quantifiable
    assert isinstance(found, Area)
    assert found.end_d == 28
    assert found.is_end_interpolated
    assert found.sources == (0, 1, 2)


def test_the_extrapolated_area_follows_the_slope_from_the_last_sample_to_day_28() -> None:
    # 800 on day 2, halved each day to 100 on day 5, then 100 / ln 2 (1 - 2^-23) to day 28
    found = parameters_of([(0, ABSENT), (1, 1600), (2, 800), (3, 400), (4, 200), (5, 100)])
    assert isinstance(found.half_life, TerminalFit)
    assert found.half_life.half_life_d == pytest.approx(1)
    observed, tail = 800 + 1500 / LN2, 100 / LN2 * (1 - 2**-23)
    extrapolated = found.exposure.extrapolated
    assert isinstance(extrapolated, Area)
    assert extrapolated.auc_d_copies_per_ug == pytest.approx(observed + tail)
    assert extrapolated.extrapolated_percent == pytest.approx(100 * tail / (observed + tail))
    assert auc(found.exposure.to_last_quantifiable) == pytest.approx(observed)
    assert not found.exposure.is_covered


def test_the_middle_variant_ends_at_the_first_sample_below_quantification() -> None:
    found = parameters_of([(0, ABSENT), (2, 800), (4, BELOW), (7, ABSENT)]).exposure
    ends = (found.to_last_quantifiable, found.to_first_below_quantification)
    assert [(int(a.end_d), a.n_points, a.sources) for a in ends if isinstance(a, Area)] == [
        (2, 2, (0, 1)),
        (4, 3, (0, 1, 2)),
    ]


def test_extrapolated_areas_of_two_parts_add_up_on_both_sides_of_the_last_sample() -> None:
    profile = derive_profile(samples_of([(1, 1600), (2, 800), (3, 400), (4, 200), (5, 100)]))
    half_life = derive_half_life(profile)

    def extrapolated(start: int, end: int) -> float:
        return auc(
            derive_exposure(profile, half_life, start_d=Decimal(start), end_d=Decimal(end)).extrapolated
        )

    # on the tail: from day 6 to day 7 the level falls from 50 to 25
    assert extrapolated(6, 7) == pytest.approx(25 / LN2)
    for middle in (3, 5, 6, 20):
        assert extrapolated(0, middle) + extrapolated(middle, 28) == pytest.approx(extrapolated(0, 28))


def test_without_a_half_life_there_is_no_extrapolated_area_but_the_others_stand() -> None:
    found = parameters_of([(0, ABSENT), (2, 800), (5, 100)]).exposure
    assert isinstance(found.extrapolated, NotDerived)
    assert found.extrapolated.reason == "too_few_points"
    assert isinstance(found.to_last_quantifiable, Area)


# fmt: off
COVERED: dict[str, tuple[Course, bool]] = {
    "quantifiable on day 28":       ([(2, 800), (28, 60)], True),
    "quantifiable a day early":     ([(2, 800), (27, 60)], False),
    "gone early":                   ([(2, 800), (7, BELOW)], True),
}
# fmt: on


@pytest.mark.parametrize("case", COVERED.values(), ids=COVERED.keys())
def test_an_area_says_whether_samples_reach_its_end(case: tuple[Course, bool]) -> None:
    course, is_covered = case
    assert parameters_of(course).exposure.is_covered is is_covered


# fmt: off
PARTIAL: dict[str, tuple[str, str, float | str, float | str]] = {
    # (0, 0) to (2, 800) to (4, 800), below quantification on day 6
    "before the peak":      ("0", "1", 200.0, 200.0),
    "over the peak":        ("1", "3", 600.0 + 800.0, 600.0 + 800.0),
    "over the last":        ("3", "6", 800.0, 800.0 + 800.0),
    "in the triangle":      ("4", "5", "after_last_quantifiable", 600.0),
    "after everything":     ("6", "9", "after_last_quantifiable", "after_last_sample"),
    "before the infusion":  ("-1", "3", "before_infusion", "before_infusion"),
    "no width":             ("3", "3", "interval_reversed", "interval_reversed"),
    "not a number":         ("NaN", "3", "interval_reversed", "interval_reversed"),
}
# fmt: on


@pytest.mark.parametrize("case", PARTIAL.values(), ids=PARTIAL.keys())
def test_partial_area_over_any_interval(case: tuple[str, str, float | str, float | str]) -> None:
    start, end, *expected = case
    profile = derive_profile(samples_of([(0, ABSENT), (2, 800), (4, 800), (6, BELOW)]))
    found = derive_exposure(profile, NO_HALF_LIFE, start_d=Decimal(start), end_d=Decimal(end))
    areas = (found.to_last_quantifiable, found.to_first_below_quantification)
    for area, said in zip(areas, expected, strict=True):
        if isinstance(area, NotDerived):
            assert area.reason == said
        else:
            assert area.auc_d_copies_per_ug == pytest.approx(said)


# --- half-life --------------------------------------------------------------------------------------


def halving(days: range, *, per_d: float = 1.0, top: float = 64_000) -> Course:
    return [(0, ABSENT), (1, 2 * top), *((day, top * 2 ** -(per_d * (day - days[0]))) for day in days)]


# fmt: off
HALF_LIVES: dict[str, tuple[Course, float | str]] = {
    # --- three samples after the peak, two half-lives of span: exactly enough
    "just enough":              (halving(range(2, 5)), 1.0),
    "two samples":              (halving(range(2, 4)), "too_few_points"),
    "span just short":          (halving(range(2, 5), per_d=0.99), "span_too_short"),
    # --- rising and flat tails
    "rising after the peak":    ([(1, 9000), (2, 100), (3, 200), (4, 400)], "no_falling_window"),
    "flat after the peak":      ([(1, 9000), (2, 100), (3, 100), (4, 100)], "no_falling_window"),
    # --- scatter
    "poor fit":                 ([(1, 9000), (2, 1000), (3, 100), (4, 900), (5, 60)], "fit_too_poor"),
    # --- nothing to fit
    "never quantifiable":       ([(1, BELOW)], "never_quantifiable"),
    # --- an imputed zero never enters the line
    "below quantification":     ([*halving(range(2, 5)), (5, BELOW), (7, BELOW)], 1.0),
}
# fmt: on


@pytest.mark.parametrize("case", HALF_LIVES.values(), ids=HALF_LIVES.keys())
def test_half_life_stands_only_on_a_good_terminal_line(case: tuple[Course, float | str]) -> None:
    course, expected = case
    found = parameters_of(course).half_life
    if isinstance(found, NotDerived):
        assert found.reason == expected
    else:
        assert found.half_life_d == pytest.approx(expected)


def test_the_fit_gate_holds_at_its_own_limit() -> None:
    samples = samples_of([(1, 9000), (2, 1000), (3, 600), (4, 200), (5, 150)])
    loose = derive_kinetics_parameters(samples, gates=HalfLifeGates(min_r2_adjusted=0, min_span_half_lives=0))
    assert isinstance(loose.half_life, TerminalFit)
    r2, span = loose.half_life.r2_adjusted, loose.half_life.span_half_lives
    for gates, reason in (
        (HalfLifeGates(min_r2_adjusted=r2, min_span_half_lives=span), None),
        (HalfLifeGates(min_r2_adjusted=math.nextafter(r2, 2), min_span_half_lives=0), "fit_too_poor"),
        (HalfLifeGates(min_r2_adjusted=0, min_span_half_lives=math.nextafter(span, 99)), "span_too_short"),
        (HalfLifeGates(min_r2_adjusted=0, min_span_half_lives=0, min_points=9), "too_few_points"),
    ):
        found = derive_kinetics_parameters(samples, gates=gates).half_life
        assert (found.reason if isinstance(found, NotDerived) else None) == reason


def test_a_rising_window_is_passed_over_and_told() -> None:
    # the last three rise on a perfect line; the best falling window holds all five
    found = compute_terminal_fit([1, 2, 3, 4, 5], [1000, 100, 1, 2, 4])
    assert isinstance(found, TerminalFit)
    assert found.lambda_z_per_d > 0
    assert found.is_rising_window_better


def test_the_terminal_phase_starts_after_the_last_infusion() -> None:
    course = [*halving(range(2, 7)), (7, 3000), *((7 + day, 3000 * 2 ** (-day / 2)) for day in range(1, 7))]
    samples = samples_of(course)
    found = derive_kinetics_parameters(samples, infusion_starts_d=[Decimal(0), Decimal("6.5")]).half_life
    assert isinstance(found, TerminalFit)
    assert found.half_life_d == pytest.approx(2)
    assert found.first_d >= 7


# --- retention --------------------------------------------------------------------------------------

# fmt: off
Lasting = tuple[str, str | None, bool] | str
RETENTIONS: dict[str, tuple[Course, Lasting, Lasting]] = {
    # course                                   last, lost by, censored     to confirmed loss
    # --- seen to the end: at least so long
    "quantifiable on day 28":  ([(7, 90), (28, 60)], ("28", None, True), ("28", None, True)),
    "left early":              ([(7, 90), (14, 60), (28, MISSING)], ("14", None, True), ("14", None, True)),
    # --- lost between two samples
    "lost":                    ([(7, 90), (14, BELOW)], ("7", "14", False), ("7", None, True)),
    "lost, seen twice":        ([(7, 90), (14, BELOW), (28, ABSENT)], ("7", "14", False), ("7", "14", False)),
    # --- a gap between quantifiable samples does not end retention; two in a row end the confirmed one
    "one gap":                 ([(7, 90), (14, BELOW), (28, 60)], ("28", None, True), ("28", None, True)),
    "two in a row, then back": ([(7, 90), (14, BELOW), (21, BELOW), (28, 60)],
                                ("28", None, True), ("7", "14", False)),
    # --- a late expansion is not a loss before it
    "late expansion":          ([(1, BELOW), (3, BELOW), (7, 90), (14, BELOW)],
                                ("7", "14", False), ("7", None, True)),
    # --- never there: a duration of nothing, and counted
    "never quantifiable":      ([(1, BELOW), (7, ABSENT)], ("0", "1", False), ("0", "1", False)),
    # --- after the window nothing counts
    "back after the window":   ([(7, 90), (28, BELOW), (56, 60)], ("7", "28", False), ("7", None, True)),
    # --- nobody looked
    "no sample":               ([(0, ABSENT)], "no_sample_after_infusion", "no_sample_after_infusion"),
}
# fmt: on


@pytest.mark.parametrize("case", RETENTIONS.values(), ids=RETENTIONS.keys())
def test_duration_of_retention_to_day_28(case: tuple[Course, object, object]) -> None:
    course, *expected = case
    profile = derive_profile(samples_of(course))
    found = (derive_retention(profile), derive_retention_to_confirmed_loss(profile))
    for retention, said in zip(found, expected, strict=True):
        if isinstance(retention, NotDerived):
            assert retention.reason == said
        else:
            lost_by = None if retention.lost_by_d is None else str(retention.lost_by_d)
            assert (str(retention.duration_d), lost_by, retention.is_censored) == said


def test_nominal_time_says_which_window_a_sample_belongs_to_and_actual_time_when_it_was_taken() -> None:
    course: Course = [(7, 90), ("28.9", 60), ("31", 70)]
    profile = derive_profile(samples_of(course, nominal_h={"28.9": 672}))
    found = derive_retention(profile)
    assert isinstance(found, Retention)
    # the Day 28 sample counts though drawn late; the unscheduled one of day 31 does not
    assert (found.duration_d, found.is_censored) == (Decimal("28.9"), True)


def test_retention_curve_counts_the_censored_and_the_never_quantifiable() -> None:
    courses: list[Course] = [
        [(1, BELOW), (7, BELOW)],
        [(1, 90), (7, 80), (14, BELOW)],
        [(1, 90), (14, 80), (21, BELOW)],
        [(1, 90), (28, 80)],
        [(0, ABSENT)],
    ]
    curve = derive_retention_curve(
        [derive_retention(derive_profile(samples_of(course))) for course in courses]
    )
    assert not isinstance(curve, NotDerived)
    assert [(s.time, s.n_at_risk, s.survival) for s in curve.steps] == [
        (0, 4, 0.75),
        (7, 3, 0.5),
        (14, 2, 0.25),
        (28, 1, 0.25),
    ]
    assert curve.median == 7


# --- several infusions ------------------------------------------------------------------------------

THREE: Course = [
    (0, ABSENT),
    (1, 400),
    ("6.9", 400),  # before infusion 2, which starts on day 7
    (8, 900),
    (14, 700),  # at the very start of infusion 3: taken before it
    (15, 800),
    (21, 800),
    (28, 100),
    (42, BELOW),
]
STARTS = [Decimal(0), Decimal(7), Decimal(14)]


def test_each_infusion_has_its_own_interval_closed_and_opened_by_the_sample_before_the_next() -> None:
    found = derive_infusion_kinetics(samples_of(THREE), STARTS)
    assert not isinstance(found, NotDerived)
    assert [(one.number, int(one.start_d), int(one.end_d)) for one in found] == [
        (1, 0, 7),
        (2, 7, 14),
        (3, 14, 42),
    ]
    peaks = [one.cmax for one in found]
    assert [(int(p.level_copies_per_ug), int(p.time_d)) for p in peaks if isinstance(p, Level)] == [
        (400, 1),
        (900, 1),
        (800, 1),
    ]
    # 0 to 400 in a day, then level to the start of the next infusion
    assert auc(found[0].exposure.to_last_quantifiable) == pytest.approx(200 + 6 * 400)
    # 400 to 900 in a day, then an exponential to 700 in six
    assert auc(found[1].exposure.to_last_quantifiable) == pytest.approx(650 + 6 * 200 / math.log(9 / 7))
    troughs = [one.trough for one in found]
    assert [t.level_copies_per_ug if not isinstance(t, NotDerived) else t.reason for t in troughs] == [
        400,
        700,
        "no_next_infusion",
    ]


def test_accumulation_compares_the_last_infusion_with_the_first_over_equal_intervals() -> None:
    found = derive_accumulation(samples_of(THREE), STARTS)
    # over 7 days: 700 to 800 in a day, then level
    assert found.interval_d == 7
    assert found.cmax_ratio == 2
    assert found.auc_ratio == pytest.approx((750 + 6 * 800) / (200 + 6 * 400))


# fmt: off
NO_ACCUMULATION: dict[str, tuple[Course, list[Decimal], str]] = {
    "one infusion":           (THREE, [Decimal(0)], "single_infusion"),
    "no infusion":            (THREE, [], "single_infusion"),
    "longer first interval":  (THREE, [Decimal(0), Decimal(29)], "intervals_differ"),
    "same start":             (THREE, [Decimal(0), Decimal(0)], "infusions_not_in_order"),
    "time not known":         (THREE, [Decimal(0), Decimal("NaN")], "infusions_not_in_order"),
    "last interval not sampled to its end":
                              (THREE[:6], STARTS, "interval_not_covered"),
    "no sample before the last infusion":
                              ([(1, 400), (6, 400), (7, 400), (15, 800), (21, 700)], STARTS, "no_opening"),
    "nothing quantifiable at first":
                              ([(0, ABSENT), (1, BELOW), (7, BELOW), (14, BELOW), (21, 700)], STARTS,
                               "never_quantifiable"),
}
# fmt: on


@pytest.mark.parametrize("case", NO_ACCUMULATION.values(), ids=NO_ACCUMULATION.keys())
def test_no_accumulation_ratio_without_two_equal_sampled_intervals(
    case: tuple[Course, list[Decimal], str],
) -> None:
    course, starts, reason = case
    found = derive_accumulation(samples_of(course), starts).auc_ratio
    assert isinstance(found, NotDerived)
    assert found.reason == reason


@pytest.mark.parametrize(
    ("starts", "reason"),
    [([], "no_infusion"), ([0, 7, 7], "infusions_not_in_order"), ([0, "NaN"], "infusions_not_in_order")],
)
def test_infusions_that_cannot_be_ordered_give_a_reason(starts: list[int | str], reason: str) -> None:
    found = derive_kinetics_parameters(
        samples_of(THREE), infusion_starts_d=[Decimal(start) for start in starts]
    ).infusions
    assert isinstance(found, NotDerived)
    assert found.reason == reason
