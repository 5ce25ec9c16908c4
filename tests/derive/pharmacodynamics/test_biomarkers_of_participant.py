"""Biomarkers of one participant as they are read from the record, by hand."""

from datetime import timedelta
from decimal import Decimal

import pytest
from tests.small_record import INFUSED_AT, SmallRecord
from tests.trials import bundled_protocol

from firstdose.derive.pharmacodynamics.course import Course, derive_course, derive_visit_grid
from firstdose.derive.pharmacodynamics.measurements import Measurement
from firstdose.derive.pharmacodynamics.of_participant import (
    CD19,
    derive_b_cell_subsets_of_participant,
    derive_b_cells_of_participant,
    derive_complement_of_participant,
    derive_cytokine_of_participant,
    derive_immunoglobulins_of_participant,
)
from firstdose.record.events import Value
from firstdose.terms.outcomes import NotDerived

SECOND = 1 / 86400
HOUR = 1 / 24


def known(value: Measurement | NotDerived) -> str:
    return value.reason if isinstance(value, NotDerived) else str(value.value)


def at(course: Course, visit: str) -> str:
    return known(next(each.measurement for each in course.by_visit if each.visit.name == visit))


# fmt: off
# day and count of each sample; baseline, value before infusion
BASELINES: dict[str, tuple[list[tuple[float, str]], str, str]] = {
    # --- the drugs start an hour after the time of day of the infusion; the samples of that visit come first
    "a second before the start":  ([(-20, "95"), (-5 + HOUR - SECOND, "80"), (-0.02, "9")], "80", "9"),
    "at the very start":          ([(-20, "95"), (-5 + HOUR, "80"), (-0.02, "9")], "95", "9"),
    "screening only":             ([(-20, "95")], "95", "not_measured_before_infusion"),
    "after the drugs only":       ([(-3, "20"), (0, "9")], "no_baseline", "9"),
    # --- a sample after the infusion is no baseline of any kind
    "after the infusion":         ([(-20, "95"), (SECOND, "9")], "95", "not_measured_before_infusion"),
    # --- a value that was not measured is passed over
    "last value missing":         ([(-20, "95"), (-5, "")], "95", "not_measured_before_infusion"),
}
# fmt: on


@pytest.mark.parametrize("case", BASELINES.values(), ids=BASELINES.keys())
def test_the_baseline_is_before_the_drugs_and_the_second_one_before_the_cells(
    case: tuple[list[tuple[float, str]], str, str],
) -> None:
    samples, baseline, before_infusion = case
    record = SmallRecord()
    person = record.treated()
    for place, (day, count) in enumerate(samples):
        record.form(person, "lymphocyte_subsets", f"V{place}", day, cd19_b_cells_per_ul=count)
    course = derive_course(record.state, person, CD19)
    assert (known(course.baseline), known(course.before_infusion)) == (baseline, before_infusion)


def test_all_parts_share_the_visits_of_the_grid() -> None:
    days = {
        form: [visit.day for visit in derive_visit_grid(bundled_protocol(), form)]
        for form in ("lymphocyte_subsets", "cytokines", "immunoglobulins", "complement")
    }
    late = [84, 168, 252, 364]
    assert days == {
        "lymphocyte_subsets": [3, 7, 10, 14, 21, 28, 56, *late],
        "cytokines": [1, 3, 7, 10, 14, 21, 28, *late],
        "immunoglobulins": [14, 28, 56, *late],
        "complement": [7, 14, 28, 56, *late],
    }


# fmt: off
# day, visit, time point, IL-6 of each sample of an M1 participant; visit asked for; the value that stands there
VISITS: dict[str, tuple[list[tuple[float, str, str, str]], str, str]] = {
    # --- the sample before the infusion stands for its day, the one hours after it does not
    "before and after a later infusion": ([(6.98, "D7", "pre", "4"), (7.17, "D7", "t4h", "40")], "D7", "4"),
    "only hours after it":               ([(7.17, "D7", "t4h", "40")], "D7", "no_record_in_window"),
    "a day after it":                    ([(1.0, "D1", "t24h", "40")], "D1", "40"),
    # --- closest to the planned day; the later of two equally close; midway belongs to the earlier visit
    "closest":                           ([(13.0, "D14", "", "4"), (16.0, "D15", "t24h", "5")], "D14", "4"),
    # --- a planned visit comes before one that was not planned
    "unplanned on the day":              ([(13.0, "D14", "", "4"), (14.0, "X", "", "6")], "D14", "4"),
    "equally close":                     ([(13.0, "D14", "", "4"), (15.0, "D15", "t24h", "5")], "D14", "5"),
    "twice on one day":                  ([(14.0, "D14", "", "4"), (14.2, "D15", "t24h", "5")], "D14", "5"),
    "midway between Days 28 and 84":     ([(56.0, "D28", "", "4")], "D28", "4"),
    "past midway":                       ([(57.0, "D28", "", "4")], "D28", "no_record_in_window"),
}
# fmt: on


@pytest.mark.parametrize("case", VISITS.values(), ids=VISITS.keys())
def test_one_sample_stands_for_a_visit(case: tuple[list[tuple[float, str, str, str]], str, str]) -> None:
    samples, visit, expected = case
    record = SmallRecord()
    person = record.participant(regimen="M1")
    for number, infused_d in ((1, 0), (2, 7), (3, 14)):
        record.infuse(person, number, day=infused_d)
    # written down in the other order: a form may be recorded after a later one
    for day, held, timepoint, value in reversed(samples):
        record.form(person, "cytokines", held, day, timepoint, il6=value)
    assert at(derive_course(record.state, person, ("cytokines", "il6")), visit) == expected


@pytest.mark.parametrize(
    ("today_d", "expected"),
    # the window of Week 8 ends midway to Week 12, on Day 70
    [(69, "not_yet_due"), (70, "not_yet_due"), (71, "no_record_in_window")],
)
def test_a_visit_is_missed_only_when_its_window_is_over(today_d: float, expected: str) -> None:
    record = SmallRecord(today_d=today_d)
    person = record.treated()
    record.form(person, "complement", "D7", 7, c3="0.9", c4="0.2")
    assert at(derive_course(record.state, person, ("complement", "c3")), "W8") == expected


# fmt: off
# counts by day after a baseline of 100; depleted, deep, first day under the threshold, recovered on day
B_CELLS: dict[str, tuple[list[tuple[float, str]], bool, bool, str, str]] = {
    # --- under 1 is depleted, 1 itself is not; a fall to 1 from 100 is 99 %, which is deep
    "exactly 1":               ([(7, "1.00"), (14, "5")], False, True, "never", "never_depleted"),
    "just under 1":            ([(7, "0.99"), (14, "5")], True, True, "7", "not yet"),
    "a fall of 98.9 %":        ([(7, "1.10"), (14, "5")], False, False, "never", "never_depleted"),
    # --- recovery: the first of two consecutive counts of 10 or more
    "10 twice":                ([(7, "0"), (28, "10.00"), (56, "10.00")], True, True, "7", "28"),
    "10 once at the end":      ([(7, "0"), (28, "9.99"), (56, "10.00")], True, True, "7", "not yet"),
    "10, a dip, then 10":      ([(7, "0"), (28, "12"), (56, "9.99"), (84, "11"), (168, "15")], True, True, "7", "84"),
}
# fmt: on


@pytest.mark.parametrize("case", B_CELLS.values(), ids=B_CELLS.keys())
def test_depletion_and_recovery_follow_the_limits_of_the_study(
    case: tuple[list[tuple[float, str]], bool, bool, str, str],
) -> None:
    counts, depleted, deep, first_day, recovered_on = case
    record = SmallRecord()
    person = record.treated()
    record.form(person, "lymphocyte_subsets", "LD1", -5, cd19_b_cells_per_ul="100")
    for place, (day, count) in enumerate(counts):
        record.form(person, "lymphocyte_subsets", f"V{place}", day, cd19_b_cells_per_ul=count)
    found = derive_b_cells_of_participant(record.state, person)
    assert (found.was_depleted.value, found.was_deeply_depleted.value) == (depleted, deep)
    reached = found.time_to_depletion.value
    assert not isinstance(reached, NotDerived)
    assert (str(reached.time_d) if reached.had_event else "never") == first_day
    recovery = found.recovery.value
    if isinstance(recovery, NotDerived):
        assert recovery.reason == recovered_on
    else:
        assert (str(recovery.time_d) if recovery.had_event else "not yet") == recovered_on


@pytest.mark.parametrize(
    ("day", "peak"),
    # the peak is looked for up to Day 28, included
    [(28, "90"), (28 + SECOND, "20")],
)
def test_a_cytokine_peaks_up_to_day_28(day: float, peak: str) -> None:
    record = SmallRecord()
    person = record.treated()
    for visit, at_day, value in (("LD1", -5, "5"), ("D3", 3, "20"), ("D28", day, "90")):
        record.form(person, "cytokines", visit, at_day, il6=value)
    found = derive_cytokine_of_participant(record.state, person, "il6")
    assert not isinstance(found.peak.value, NotDerived)
    assert not isinstance(found.fold.value, NotDerived)
    assert found.peak.value.level == Decimal(peak)
    assert found.fold.value.ratio == Decimal(peak) / 5


# fmt: off
# IgG and whether immunoglobulin was given at two visits; severe, given, event of special interest
REPLACEMENT: dict[str, tuple[list[tuple[str, bool | None]], bool | str, bool | str, bool | str]] = {
    # --- under 4 g/L, 4 itself is not
    "4.00":                ([("9.00", False), ("4.00", False)], False, False, False),
    "3.99":                ([("9.00", False), ("3.99", False)], True, False, True),
    # --- replacement is an event whatever IgG says
    "replaced":            ([("9.00", True), ("9.00", False)], False, True, True),
    # --- not asked: known to be an event, or not known
    "not asked, low":      ([("3.00", None), ("9.00", False)], True, "not_assessed", True),
    "not asked, normal":   ([("9.00", None), ("9.00", False)], False, "not_assessed", "not_assessed"),
}
# fmt: on


@pytest.mark.parametrize("case", REPLACEMENT.values(), ids=REPLACEMENT.keys())
def test_loss_of_igg_or_replacement_is_of_special_interest(
    case: tuple[list[tuple[str, bool | None]], bool | str, bool | str, bool | str],
) -> None:
    values, *expected = case
    record = SmallRecord()
    person = record.treated()
    record.form(person, "immunoglobulins", "LD1", -5, igg="12", ivig_given=True)
    for (visit, day), (igg, given) in zip((("D14", 14), ("D28", 28)), values, strict=True):
        said: Value = given
        record.form(person, "immunoglobulins", visit, day, igg=igg, ivig_given=said)
    found = derive_immunoglobulins_of_participant(record.state, person)
    seen = (found.was_igg_severe, found.was_replacement_given, found.had_event_of_interest)
    assert [
        finding.value.reason if isinstance(finding.value, NotDerived) else finding.value for finding in seen
    ] == expected


# fmt: off
# C3 and C4 at baseline and on Days 14 and 28 (lower limits 0.79 and 0.16); low at baseline, normal on day
COMPLEMENT: dict[str, tuple[list[tuple[str, str]], bool, str]] = {
    # --- the limit itself is normal
    "both at the limits":        ([("0.50", "0.160"), ("0.79", "0.160"), ("0.90", "0.20")], True, "14"),
    "C4 just under":             ([("0.50", "0.160"), ("0.79", "0.159"), ("0.90", "0.20")], True, "28"),
    "never":                     ([("0.50", "0.160"), ("0.60", "0.10"), ("0.78", "0.20")], True, "28+"),
    # --- low in one is low
    "only C4 low at baseline":   ([("0.90", "0.159"), ("0.90", "0.20"), ("0.90", "0.20")], True, "14"),
    "normal from the start":     ([("0.79", "0.160"), ("0.50", "0.10"), ("0.90", "0.20")], False, "normal_at_baseline"),
}
# fmt: on


@pytest.mark.parametrize("case", COMPLEMENT.values(), ids=COMPLEMENT.keys())
def test_complement_is_normal_when_c3_and_c4_reach_their_limits(
    case: tuple[list[tuple[str, str]], bool, str],
) -> None:
    values, was_low, normal_on = case
    record = SmallRecord()
    person = record.treated()
    for (visit, day), (c3, c4) in zip((("LD1", -5), ("D14", 14), ("D28", 28)), values, strict=True):
        record.form(person, "complement", visit, day, c3=c3, c4=c4)
    found = derive_complement_of_participant(record.state, person)
    assert found.was_low_at_baseline.value is was_low
    value = found.time_to_normalisation.value
    if isinstance(value, NotDerived):
        assert value.reason == normal_on
    else:
        assert f"{value.time_d}{'' if value.had_event else '+'}" == normal_on


@pytest.mark.parametrize(
    ("count", "share", "number"),
    # a share of fewer than 1 cell per microlitre is not reported, not even if the form has one
    [("1.00", "40.0", "0.40"), ("0.99", "parent_count_too_small", "parent_count_too_small")],
)
def test_shares_of_too_few_b_cells_are_not_reported(count: str, share: str, number: str) -> None:
    record = SmallRecord()
    person = record.treated()
    record.form(person, "lymphocyte_subsets", "D28", 28, cd19_b_cells_per_ul=count, naive="40.0")
    found = derive_b_cell_subsets_of_participant(record.state, person).by_subset["naive"]
    (day_28,) = (each for each in found if each.visit is not None and each.visit.name == "D28")
    said = [
        value.reason if isinstance(value, NotDerived) else f"{value:.{places}f}"
        for value, places in ((day_28.share_percent, 1), (day_28.cells_per_ul, 2))
    ]
    assert said == [share, number]


def test_nothing_is_derived_before_an_infusion() -> None:
    record = SmallRecord()
    person = record.participant()
    record.form(person, "lymphocyte_subsets", "SCR", -20, cd19_b_cells_per_ul="95")
    found = derive_b_cells_of_participant(record.state, person)
    assert isinstance(found.nadir.value, NotDerived)
    assert all(isinstance(each.measurement, NotDerived) for each in found.course.by_visit)
    assert INFUSED_AT - timedelta(days=20) == person.forms["SCR", "lymphocyte_subsets", ""].collected_at
