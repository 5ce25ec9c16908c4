"""Days of visits: allowed by the protocol, and counted in the analysis."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from firstdose.derive.windows import AnalysisWindow, ScheduledVisit, derive_analysis_windows, derive_visit_day
from firstdose.terms.calendar import SHANGHAI, Window, elapsed_d, protocol_day
from firstdose.terms.outcomes import NotDerived

WEEKS = tuple(ScheduledVisit(f"W{week}", 7 * week) for week in (2, 4, 8))


def _windows() -> tuple[AnalysisWindow, ...]:
    found = derive_analysis_windows(WEEKS, previous_day=0)
    assert not isinstance(found, NotDerived)
    return found


# fmt: off
DAYS = {
    # --- the visit that ends the DLT window is late at most, never early
    "Day 14, a day early":     (13, Window(first=14, last=16), "W2", True),
    "on Day 14":               (14, Window(first=14, last=16), "W2", False),
    "two days late":           (16, Window(first=14, last=16), "W2", False),
    "three days late":         (17, Window(first=14, last=16), "W2", True),
    # --- four days either side of Week 8
    "first allowed day":       (52, Window(first=52, last=60), "W8", False),
    "a day too early":         (51, Window(first=52, last=60), "W8", True),
    "last allowed day":        (60, Window(first=52, last=60), "W8", False),
    "a day too late":          (61, Window(first=52, last=60), "W8", True),
    # --- so early that it stands for the visit before it
    "on the midpoint":         (42, Window(first=52, last=60), "W4", True),
    # --- outside of every window it counts for none
    "after the last window":   (71, Window(first=52, last=60), None, True),
}
# fmt: on


@pytest.mark.parametrize(("day", "allowed", "counts_for", "is_deviation"), DAYS.values(), ids=DAYS)
def test_a_day_that_is_not_allowed_counts_and_is_a_deviation(
    day: int, allowed: Window, counts_for: str | None, *, is_deviation: bool
) -> None:
    found = derive_visit_day(day, allowed, _windows())
    name = None if isinstance(found.counts_for, NotDerived) else found.counts_for.name
    assert (name, found.is_deviation) == (counts_for, is_deviation)


INFUSED = datetime(2025, 3, 10, 22, tzinfo=SHANGHAI)
# fmt: off
MOMENTS = {
    # --- study days follow the calendar of the sites, elapsed days the clock
    "the infusion itself":        (INFUSED, 0, Decimal(0)),
    "two hours later, next date": (INFUSED + timedelta(hours=2), 1, Decimal(2) / 24),
    "the same morning":           (INFUSED - timedelta(hours=12), 0, Decimal("-0.5")),
    "the evening before":         (INFUSED - timedelta(hours=24), -1, Decimal(-1)),
    "Day 14, last minute":        (datetime(2025, 3, 24, 23, 59, tzinfo=SHANGHAI), 14,
                                   14 + Decimal(119) / 1440),
    "written in another zone":    (datetime(2025, 3, 24, 16, 0, tzinfo=UTC), 15, 14 + Decimal(2) / 24),
}
# fmt: on


@pytest.mark.parametrize(("moment", "day", "elapsed"), MOMENTS.values(), ids=MOMENTS)
def test_study_day_and_elapsed_days(moment: datetime, day: int, elapsed: Decimal) -> None:
    assert protocol_day(moment, INFUSED) == day
    assert elapsed_d(moment, INFUSED) == pytest.approx(elapsed, abs=Decimal("1e-20"))


def test_there_is_a_day_0_between_the_day_before_and_the_day_after() -> None:
    days = [protocol_day(date(2025, 3, day), date(2025, 3, 10)) for day in (9, 10, 11)]
    assert days == [-1, 0, 1]
