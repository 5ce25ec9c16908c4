"""Analysis windows and the record that stands for a visit."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstdose.derive.windows import (
    AnalysisWindow,
    DatedRecord,
    ScheduledVisit,
    assign_analysis_visit,
    derive_analysis_windows,
    derive_record_of_visit,
)
from firstdose.terms.outcomes import NotDerived

EFFICACY = tuple(ScheduledVisit(f"W{week}", 7 * week) for week in (4, 8, 12, 24, 36, 52))


def windows_of(visits: tuple[ScheduledVisit, ...], previous_day: int) -> tuple[AnalysisWindow, ...]:
    found = derive_analysis_windows(visits, previous_day=previous_day)
    assert not isinstance(found, NotDerived)
    return found


def test_efficacy_windows_are_those_of_the_protocol() -> None:
    found = {one.visit.name: (one.days.first, one.days.last) for one in windows_of(EFFICACY, 14)}
    assert found == {
        "W4": (22, 42),
        "W8": (43, 70),
        "W12": (71, 126),
        "W24": (127, 210),
        "W36": (211, 308),
        "W52": (309, 420),
    }


# fmt: off
DAYS = {
    # --- before the first window
    "midpoint of D14 and D28":  (21, None),
    "first day of W4":          (22, "W4"),
    # --- a day exactly midway belongs to the earlier visit
    "midpoint of W4 and W8":    (42, "W4"),
    "one day after":            (43, "W8"),
    "midpoint of W24 and W36":  (210, "W24"),
    "midpoint of W36 and W52":  (308, "W36"),
    "first day of W52":         (309, "W52"),
    # --- as far past the last visit as before it
    "last day of W52":          (420, "W52"),
    "one day too late":         (421, None),
}
# fmt: on


@pytest.mark.parametrize("case", DAYS.values(), ids=DAYS.keys())
def test_visit_that_a_day_stands_for(case: tuple[int, str | None]) -> None:
    day, name = case
    found = assign_analysis_visit(day, windows_of(EFFICACY, 14))
    if isinstance(found, NotDerived):
        assert (name, found.reason) == (None, "outside_windows")
    else:
        assert found.name == name


def test_a_border_between_whole_days_splits_them() -> None:
    first, second = windows_of((ScheduledVisit("D7", 7), ScheduledVisit("D10", 10)), 3)
    assert (first.days.first, first.days.last) == (6, 8)
    assert (second.days.first, second.days.last) == (9, 11)


@pytest.mark.parametrize(
    ("visits", "reason"),
    [
        ((), "no_visits"),
        ((ScheduledVisit("W8", 56), ScheduledVisit("W4", 28)), "visits_not_in_order"),
        ((ScheduledVisit("W2", 14),), "visits_not_in_order"),
    ],
)
def test_visits_that_cannot_be_divided_give_a_reason(visits: tuple[ScheduledVisit, ...], reason: str) -> None:
    found = derive_analysis_windows(visits, previous_day=14)
    assert isinstance(found, NotDerived)
    assert found.reason == reason


@given(st.sets(st.integers(1, 400), min_size=1, max_size=9), st.integers(-30, 0))
def test_windows_leave_no_gap_and_hold_their_own_visit(days: set[int], previous_day: int) -> None:
    found = windows_of(tuple(ScheduledVisit(f"D{day}", day) for day in sorted(days)), previous_day)
    for one, following in pairwise(found):
        assert one.days.last + 1 == following.days.first
    assert all(one.days.has(one.visit.day) for one in found)


# fmt: off
# records: (day, is_scheduled), in the order of the record
CHOICES = {
    "the only one":                     ([(25, True)], 0),
    "the closest":                      ([(24, True), (29, True)], 1),
    "closest, though earlier":          ([(27, True), (31, True)], 0),
    "the later of two equally close":   ([(26, True), (30, True)], 1),
    "the later entry of one day":       ([(30, True), (30, True)], 1),
    "scheduled beats unscheduled":      ([(40, True), (28, False)], 0),
    "unscheduled if there is no other": ([(43, True), (22, False)], 1),
    "none in the window":               ([(21, True), (43, True)], None),
}
# fmt: on


@pytest.mark.parametrize("case", CHOICES.values(), ids=CHOICES.keys())
def test_record_that_stands_for_week_4(case: tuple[list[tuple[int, bool]], int | None]) -> None:
    rows, chosen = case
    records = [DatedRecord(day=day, is_scheduled=plan, source=i) for i, (day, plan) in enumerate(rows)]
    for order in (records, records[::-1]):
        found = derive_record_of_visit(order, windows_of(EFFICACY, 14)[0])
        if isinstance(found, NotDerived):
            assert (chosen, found.reason) == (None, "no_record_in_window")
        else:
            assert found.source == chosen
