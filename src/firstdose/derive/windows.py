"""Analysis windows: which visit a record stands for, and which record stands for a visit."""

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from firstdose.terms.calendar import Window
from firstdose.terms.outcomes import NotDerived


class ScheduledVisit(msgspec.Struct, frozen=True):
    """A visit of the analysis and its scheduled protocol day."""

    name: str
    day: int


class AnalysisWindow(msgspec.Struct, frozen=True, kw_only=True):
    """The protocol days that stand for a visit in the analysis, both ends included."""

    visit: ScheduledVisit
    days: Window


class VisitDay(msgspec.Struct, frozen=True, kw_only=True):
    """What the day of a planned visit means for the analysis and for the protocol."""

    counts_for: ScheduledVisit | NotDerived
    is_deviation: bool


class DatedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record with its protocol day; ``source`` is its position, which grows with time."""

    day: int
    is_scheduled: bool
    source: int


def derive_analysis_windows(
    visits: Sequence[ScheduledVisit], *, previous_day: int
) -> tuple[AnalysisWindow, ...] | NotDerived:
    """Contiguous windows whose borders lie midway between scheduled days.

    A day exactly midway belongs to the earlier visit. The last window reaches as far past its visit as it
    reaches before it.

    Parameters
    ----------
    visits : sequence of n ScheduledVisit
        Days strictly increasing.
    previous_day : int
        Scheduled day before the first visit, from which its window is divided [protocol day].

    Returns
    -------
    tuple of AnalysisWindow, one for each visit
    NotDerived
        ``no_visits`` or ``visits_not_in_order``.

    Examples
    --------
    >>> visits = [ScheduledVisit("W4", 28), ScheduledVisit("W8", 56)]
    >>> [(found.days.first, found.days.last) for found in derive_analysis_windows(visits, previous_day=14)]
    [(22, 42), (43, 70)]
    """
    if not visits:
        return NotDerived("no_visits", "there are no visits")
    days = [previous_day, *(visit.day for visit in visits)]
    if any(later <= earlier for earlier, later in pairwise(days)):
        return NotDerived(
            "visits_not_in_order", "a visit is scheduled on or before the day of an earlier one"
        )
    # whole days: the last day of the earlier visit is the midpoint rounded down
    borders = [(earlier + later) // 2 for earlier, later in pairwise(days)]
    last_border = days[-1] + (days[-1] - days[-2]) // 2
    return tuple(
        AnalysisWindow(visit=visit, days=Window(first=before + 1, last=until))
        for visit, (before, until) in zip(visits, pairwise([*borders, last_border]), strict=True)
    )


def assign_analysis_visit(day: int, windows: Sequence[AnalysisWindow]) -> ScheduledVisit | NotDerived:
    """The visit whose window holds a protocol day, or ``outside_windows``."""
    found = next((window.visit for window in windows if window.days.has(day)), None)
    return NotDerived("outside_windows", f"day {day} is in no analysis window") if found is None else found


def derive_visit_day(day: int, allowed: Window, windows: Sequence[AnalysisWindow]) -> VisitDay:
    """Which visit of the analysis the day of a planned visit counts for, and whether it is a deviation.

    A day that the protocol does not allow counts all the same if it lies in an analysis window.

    Parameters
    ----------
    day : int
        On which the visit took place [protocol day].
    allowed : Window
        The protocol days that the planned visit allows; one-sided for a visit that ends a DLT window.
    windows : sequence of AnalysisWindow

    Source
    ------
    Convention P-VIS, rules 1 and 4.

    Examples
    --------
    >>> windows = derive_analysis_windows([ScheduledVisit("W4", 28)], previous_day=14)
    >>> derive_visit_day(31, Window(first=26, last=30), windows)
    VisitDay(counts_for=ScheduledVisit(name='W4', day=28), is_deviation=True)
    """
    return VisitDay(counts_for=assign_analysis_visit(day, windows), is_deviation=not allowed.has(day))


def derive_record_of_visit(
    records: Sequence[DatedRecord], window: AnalysisWindow
) -> DatedRecord | NotDerived:
    """The record that stands for a visit.

    Scheduled records come before unscheduled ones; among them the one closest to the scheduled day, the later
    of two equally close.

    Returns
    -------
    DatedRecord
    NotDerived
        ``no_record_in_window``.

    Examples
    --------
    >>> (window,) = derive_analysis_windows([ScheduledVisit("W4", 28)], previous_day=14)
    >>> early = DatedRecord(day=26, is_scheduled=True, source=5)
    >>> late = DatedRecord(day=30, is_scheduled=True, source=6)
    >>> derive_record_of_visit([early, late], window).day
    30
    """
    inside = [record for record in records if window.days.has(record.day)]
    if not inside:
        return NotDerived("no_record_in_window", f"no record stands in the window of {window.visit.name}")
    return min(
        inside,
        key=lambda one: (not one.is_scheduled, abs(one.day - window.visit.day), -one.day, -one.source),
    )
