"""Baselines, change, cytokines, immunoglobulins and complement."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstdose.derive.pharmacodynamics.baseline import (
    derive_baseline_before_infusion,
    derive_baseline_before_lymphodepletion,
)
from firstdose.derive.pharmacodynamics.change import derive_change
from firstdose.derive.pharmacodynamics.complement import (
    ComplementSample,
    TimeToNormalisation,
    derive_complement_normalised,
    derive_time_to_normalisation,
)
from firstdose.derive.pharmacodynamics.cytokines import (
    EffectAreas,
    Fold,
    Peak,
    derive_cytokine_peak,
    derive_effect_areas,
    derive_fold_over_baseline,
)
from firstdose.derive.pharmacodynamics.immunoglobulins import (
    ProportionBelow,
    derive_hypogammaglobulinaemia_of_interest,
    derive_is_after_ivig,
    derive_is_below_lln,
    derive_is_igg_severe,
    derive_proportion_below_lln,
)
from firstdose.derive.pharmacodynamics.measurements import Measurement
from firstdose.terms.outcomes import NotDerived

LD_D = Decimal(-5)
Course = list[tuple[str | int, str]]


def taken(day: str | int, said: str, source: int = 0) -> Measurement:
    """A value; "<4" is below a limit of 4, "" is missing."""
    is_below = said.startswith("<")
    return Measurement(
        time_d=Decimal(day),
        value=Decimal(said) if said and not is_below else None,
        is_below_quantification=is_below,
        lloq=Decimal(said[1:]) if is_below else None,
        source=source,
    )


def course_of(course: Course) -> list[Measurement]:
    return [taken(day, said, position) for position, (day, said) in enumerate(course)]


def reason_or(found: object) -> object:
    return found.reason if isinstance(found, NotDerived) else found


# fmt: off
# course; place of the baseline before lymphodepletion, and of the one before the infusion
BASELINES: dict[str, tuple[Course, int | str, int | str]] = {
    "both":                         ([(-20, "9"), (-6, "8"), (-1, "3"), (3, "2")], 1, 2),
    # --- a value at the very start of lymphodepletion is too late, a moment before is not
    "at the start":                 ([("-5.01", "9"), (-5, "8")], 0, 1),
    # --- a value at the very start of the infusion is before it, a moment later is not
    "at the infusion":              ([(-6, "9"), (0, "3"), ("0.01", "2")], 0, 1),
    # --- a missing value is passed over, one below quantification is a baseline
    "last one missing":             ([(-20, "9"), (-6, ""), (-1, "")], 0, "not_measured_before_infusion"),
    "below quantification":         ([(-20, "9"), (-6, "<4")], 1, "not_measured_before_infusion"),
    "not a number":                 ([(-20, "9"), (-6, "NaN")], 0, "not_measured_before_infusion"),
    # --- not measured
    "only after lymphodepletion":   ([(-1, "3")], "no_baseline", 0),
    "nothing":                      ([], "no_baseline", "not_measured_before_infusion"),
}
# fmt: on


@pytest.mark.parametrize("case", BASELINES.values(), ids=BASELINES.keys())
def test_the_two_baselines(case: tuple[Course, int | str, int | str]) -> None:
    course, *expected = case
    for order in (course_of(course), course_of(course)[::-1]):
        found = [
            derive_baseline_before_lymphodepletion(order, LD_D),
            derive_baseline_before_infusion(order, LD_D),
        ]
        assert [one.reason if isinstance(one, NotDerived) else one.source for one in found] == expected


# fmt: off
BASE_BELOW, VALUE_BELOW = "baseline_below_quantification", "below_quantification"
CHANGES: dict[str, tuple[str, str | None, str, str, str]] = {
    # value, baseline; difference, percent, ratio
    "halved":                   ("4", "8", "-4", "-50", "0.5"),
    "unchanged":                ("8", "8", "0", "0", "1"),
    "to zero":                  ("0", "8", "-8", "-100", "0"),
    # --- from zero only the difference is known
    "from zero":                ("4", "0", "4", "baseline_zero", "baseline_zero"),
    # --- below quantification is not a number
    "baseline below":           ("4", "<2", BASE_BELOW, BASE_BELOW, BASE_BELOW),
    "value below":              ("<2", "8", VALUE_BELOW, VALUE_BELOW, VALUE_BELOW),
    # --- missing
    "no value":                 ("", "8", "no_value", "no_value", "no_value"),
    "no baseline":              ("4", None, "no_baseline", "no_baseline", "no_baseline"),
    "baseline without a value": ("4", "", "no_baseline", "no_baseline", "no_baseline"),
}
# fmt: on


@pytest.mark.parametrize("case", CHANGES.values(), ids=CHANGES.keys())
def test_change_from_baseline_and_when_there_is_none(case: tuple[str, str | None, str, str, str]) -> None:
    value, base, *expected = case
    baseline = NotDerived("no_baseline") if base is None else taken(-6, base)
    found = derive_change(taken(28, value), baseline)
    for part, said in zip((found.difference, found.percent, found.ratio), expected, strict=True):
        assert (part.reason if isinstance(part, NotDerived) else part == Decimal(said)) in (said, True)


# fmt: off
CYTOKINE_PEAKS: dict[str, tuple[Course, tuple[str, str, bool] | str]] = {
    # --- day 14 counts, a moment later does not; the infusion itself does not
    "on day 14":        ([(3, "5"), (14, "9"), ("14.1", "99")], ("9", "14", False)),
    "before infusion":  ([(0, "99"), (3, "5")], ("5", "3", False)),
    # --- the first of equal ones
    "tie":              ([(3, "5"), (7, "5")], ("5", "3", False)),
    # --- half the limit stands for a result below it, and may be the highest
    "all below":        ([(3, "<4"), (7, "<4")], ("2", "3", True)),
    "raised limit":     ([(3, "4"), (7, "<10")], ("5", "7", True)),
    # --- none
    "none in time":     ([(15, "5")], "no_sample_after_infusion"),
}
# fmt: on


@pytest.mark.parametrize("case", CYTOKINE_PEAKS.values(), ids=CYTOKINE_PEAKS.keys())
def test_cytokine_peak_within_14_days(case: tuple[Course, tuple[str, str, bool] | str]) -> None:
    course, expected = case
    found = derive_cytokine_peak(course_of(course))
    if isinstance(found, NotDerived):
        assert found.reason == expected
    else:
        assert (str(found.level), str(found.time_d), found.is_imputed) == expected


# fmt: off
FOLDS: dict[str, tuple[str, str | None, str, bool]] = {
    "from a number":        ("60", "5", "12", False),
    "from below the limit": ("60", "<4", "30", True),
    "to below the limit":   ("<4", "4", "0.5", True),
    "from zero":            ("60", "0", "baseline_zero", False),
    "no baseline":          ("60", None, "no_baseline", False),
    "empty baseline":       ("60", "", "no_baseline", False),
    "no peak":              ("", "5", "no_sample_after_infusion", False),
}
# fmt: on


@pytest.mark.parametrize("case", FOLDS.values(), ids=FOLDS.keys())
def test_fold_over_baseline_takes_half_the_limit(case: tuple[str, str | None, str, bool]) -> None:
    value, base, ratio, is_imputed = case
    baseline = NotDerived("no_baseline") if base is None else taken(-6, base)
    found = derive_fold_over_baseline(derive_cytokine_peak([taken(3, value)]), baseline)
    if isinstance(found, Fold):
        assert (found.ratio, found.is_imputed) == (Decimal(ratio), is_imputed)
    else:
        assert found.reason == ratio


# fmt: off
# course, baseline; total, net, above, below, by hand from triangles and rectangles
AREAS: dict[str, tuple[Course, str, tuple[float, float, float, float] | str]] = {
    "flat at baseline":     ([(0, "4"), (14, "4")], "4", (56, 0, 0, 0)),
    "a peak":               ([(0, "4"), (7, "10"), (14, "4")], "4", (98, 42, 42, 0)),
    # --- crosses the baseline halfway: 3.5 days over by up to 4, 3.5 days under by up to 4
    "crossing":             ([(0, "8"), (7, "0"), (14, "0")], "4", (28, -28, 7, 35)),
    # --- cut at day 14 on the line to the sample of day 16
    "interpolated":         ([(0, "0"), (12, "0"), (16, "8")], "0", (4, 4, 4, 0)),
    # --- the value before infusion stands at its start, half a limit for a result below it
    "from day -1":          ([(-1, "<8"), (14, "4")], "4", (56, 0, 0, 0)),
    "later entry counts":   ([(0, "4"), (14, "90"), (14, "4")], "4", (56, 0, 0, 0)),
    # --- not covered
    "ends early":           ([(0, "4"), (13, "4")], "4", "window_not_covered"),
    "starts late":          ([(1, "4"), (14, "4")], "4", "no_sample_before_infusion"),
    "nothing after":        ([(0, "4")], "4", "no_sample_after_infusion"),
}
# fmt: on


@pytest.mark.parametrize("case", AREAS.values(), ids=AREAS.keys())
def test_area_under_the_effect_to_day_14(
    case: tuple[Course, str, tuple[float, float, float, float] | str],
) -> None:
    course, base, expected = case
    found = derive_effect_areas(course_of(course), taken(-6, base))
    if isinstance(found, NotDerived):
        assert found.reason == expected
    else:
        assert (found.total, found.net, found.above, found.below) == pytest.approx(expected)


@pytest.mark.parametrize("baseline", [NotDerived("no_baseline"), taken(-6, "")])
def test_without_a_baseline_only_the_total_area_is_known(baseline: Measurement | NotDerived) -> None:
    found = derive_effect_areas(course_of([(0, "4"), (14, "4")]), baseline)
    assert isinstance(found, EffectAreas)
    assert found.total == pytest.approx(56)
    assert [reason_or(part) for part in (found.net, found.above, found.below)] == ["no_baseline"] * 3


@settings(max_examples=60)
@given(st.lists(st.integers(0, 500), min_size=15, max_size=15), st.integers(0, 500))
def test_area_above_less_area_below_is_the_total_less_baseline(levels: list[int], base: int) -> None:
    found = derive_effect_areas(
        course_of([(day, str(level)) for day, level in enumerate(levels)]), taken(-6, str(base))
    )
    assert isinstance(found, EffectAreas)
    assert isinstance(found.above, float)
    assert isinstance(found.below, float)
    assert min(found.above, found.below) >= 0
    assert found.net == pytest.approx(found.total - 14 * base, abs=1e-6)


# fmt: off
UNDER: dict[str, tuple[str, str | None, bool | str, bool | str]] = {
    # value, lower limit of normal; under it, severe (under 4 g/L)
    "at the limit":             ("7.0", "7.0", False, False),
    "just under":               ("6.99", "7.0", True, False),
    "at 4 g/L":                 ("4.00", "7.0", True, False),
    "just under 4 g/L":         ("3.99", "7.0", True, True),
    # --- below quantification: under every limit that is not lower
    "below 4":                  ("<4", "7.0", True, True),
    "below 5":                  ("<5", "7.0", True, "below_quantification"),
    "below 8":                  ("<8", "7.0", "below_quantification", "below_quantification"),
    # --- not known
    "missing":                  ("", "7.0", "no_value", "no_value"),
    "no lower limit":           ("6.0", None, "no_lln", False),
}
# fmt: on


@pytest.mark.parametrize("case", UNDER.values(), ids=UNDER.keys())
def test_igg_under_the_lower_limit_of_normal_and_under_4_g_per_l(
    case: tuple[str, str | None, bool | str, bool | str],
) -> None:
    value, lln, is_below, is_severe = case
    igg = taken(28, value)
    assert reason_or(derive_is_below_lln(igg, None if lln is None else Decimal(lln))) == is_below
    assert reason_or(derive_is_igg_severe(igg)) == is_severe


def test_proportion_under_the_limit_counts_only_the_known() -> None:
    found = derive_proportion_below_lln([True, False, False, NotDerived("no_value"), False, False, False])
    assert isinstance(found, ProportionBelow)
    assert (found.n_below, found.n_known, found.n_not_known) == (1, 6, 1)
    # 1/6 in the table of exact intervals
    assert (found.low, found.high) == pytest.approx((0.0042, 0.6412), abs=5.001e-5)
    assert reason_or(derive_proportion_below_lln([NotDerived("no_value")])) == "nobody_counted"


UNKNOWN = NotDerived("not_asked")


@pytest.mark.parametrize(
    "case",
    [
        (True, False, True),
        (False, True, True),
        (False, False, False),
        (UNKNOWN, True, True),
        (True, UNKNOWN, True),
        (UNKNOWN, False, "not_asked"),
        (False, UNKNOWN, "not_asked"),
    ],
)
def test_low_igg_or_replacement_is_of_special_interest(
    case: tuple[bool | NotDerived, bool | NotDerived, bool | str],
) -> None:
    is_severe, was_given, expected = case
    found = derive_hypogammaglobulinaemia_of_interest(
        is_igg_severe=is_severe, was_replacement_given=was_given
    )
    assert reason_or(found) == expected


@pytest.mark.parametrize(
    "case", [(29, False), (30, False), (31, True), (120, True), (121, False), (150, True)]
)
def test_igg_after_ivig_carries_a_mark(case: tuple[int, bool]) -> None:
    day, is_marked = case
    given_d = [Decimal(30), Decimal(140)]
    assert derive_is_after_ivig(Decimal(day), given_d, carry_over_d=Decimal(90)) is is_marked


def complement(day: int, c3: str, c4: str, *, c3_lln: str | None = "0.8") -> ComplementSample:
    return ComplementSample(
        time_d=Decimal(day),
        c3=taken(day, c3, 10 * day),
        c4=taken(day, c4, 10 * day + 1),
        c3_lln=None if c3_lln is None else Decimal(c3_lln),
        c4_lln=Decimal("0.1"),
    )


# fmt: off
NORMAL: dict[str, tuple[ComplementSample, bool | str]] = {
    "both at their limits":     (complement(28, "0.80", "0.10"), True),
    "C3 just low":              (complement(28, "0.79", "0.10"), False),
    "C4 just low":              (complement(28, "0.80", "0.09"), False),
    # --- one low is enough to know; one normal is not
    "C3 low, C4 missing":       (complement(28, "0.79", ""), False),
    "C3 normal, C4 missing":    (complement(28, "0.80", ""), "no_value"),
    "no limit, C4 low":         (complement(28, "0.80", "0.05", c3_lln=None), False),
    "no limit":                 (complement(28, "0.80", "0.10", c3_lln=None), "no_lln"),
    # --- below quantification
    "C4 below the limit":       (complement(28, "0.80", "<0.10"), False),
    "C4 below a higher limit":  (complement(28, "0.80", "<0.20"), "below_quantification"),
}
# fmt: on


@pytest.mark.parametrize("case", NORMAL.values(), ids=NORMAL.keys())
def test_complement_is_normal_only_if_both_are(case: tuple[ComplementSample, bool | str]) -> None:
    sample, expected = case
    assert reason_or(derive_complement_normalised(sample)) == expected


LOW = complement(-6, "0.5", "0.05")
# fmt: off
Samples = list[ComplementSample]
NORMALISATION: dict[str, tuple[ComplementSample | NotDerived, Samples, tuple[int, bool] | str]] = {
    "at the second visit":  (LOW, [complement(28, "0.7", "0.1"), complement(56, "0.9", "0.2")], (56, True)),
    "in any order":         (LOW, [complement(56, "0.9", "0.2"), complement(28, "0.9", "0.1")], (28, True)),
    "never":                (LOW, [complement(28, "0.7", "0.1"), complement(56, "0.7", "0.2")], (56, False)),
    # --- a sample that says nothing does not extend the follow-up
    "last one unknown":     (LOW, [complement(28, "0.7", "0.1"), complement(56, "0.9", "")], (28, False)),
    "before the infusion":  (LOW, [complement(-1, "0.9", "0.2"), complement(28, "0.7", "0.1")], (28, False)),
    # --- nothing to normalise, or not known
    "normal at baseline":   (complement(-6, "0.9", "0.2"), [], "normal_at_baseline"),
    "baseline unknown":     (complement(-6, "0.9", ""), [], "no_value"),
    "no baseline":          (NotDerived("no_baseline"), [], "no_baseline"),
    "no sample":            (LOW, [], "no_sample_after_infusion"),
}
# fmt: on


@pytest.mark.parametrize("case", NORMALISATION.values(), ids=NORMALISATION.keys())
def test_time_to_normal_complement(
    case: tuple[ComplementSample | NotDerived, list[ComplementSample], tuple[int, bool] | str],
) -> None:
    baseline, samples, expected = case
    found = derive_time_to_normalisation(baseline, samples)
    if isinstance(found, TimeToNormalisation):
        assert (int(found.time_d), found.had_event) == expected
    else:
        assert found.reason == expected


def test_a_peak_names_its_sample() -> None:
    found = derive_cytokine_peak([taken(3, "5", 41), taken(7, "9", 42)])
    assert isinstance(found, Peak)
    assert found.source == 42
