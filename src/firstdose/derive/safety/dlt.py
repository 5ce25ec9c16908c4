"""Dose-limiting toxicity: the list is data of the study, the reading of it is here.

A grade counts at the moment it is first reached: inside the window, never before the first infusion. Whether
it was left in time is judged with the hours that passed, and equal is in time.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from firstdose.derive.safety.adverse_events import AdverseEvent, Category, is_related
from firstdose.terms.calendar import Window, protocol_day
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text

Part = str


class DltException(msgspec.Struct, frozen=True, kw_only=True):
    """What a criterion leaves out: named terms, or asymptomatic laboratory values that recover in time."""

    key: str
    pts: frozenset[str] = frozenset()
    is_asymptomatic_laboratory: bool = False
    must_improve_to: int | None = None
    within_h: int | None = None


class DltCriterion(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the DLT list.

    ``categories`` and ``pts`` empty match every event that ``not_categories`` leaves. With
    ``lasting_longer_than_h`` the grade must last longer; with ``must_improve_to`` and ``within_h`` the event
    must not improve to that grade within the hours from ``clock``. With neither the grade itself is enough.
    ``still_present_on_day`` asks that the grade stands on that protocol day.
    """

    key: str
    text: Text
    grade_at_least: int
    categories: frozenset[Category] = frozenset()
    not_categories: frozenset[Category] = frozenset()
    pts: frozenset[str] = frozenset()
    lasting_longer_than_h: int | None = None
    must_improve_to: int | None = None
    within_h: int | None = None
    clock: Literal["grade_reached", "infusion_stopped", "steroids_started"] = "grade_reached"
    still_present_on_day: int | None = None
    is_baseline_below_asked: bool = False
    exceptions: tuple[DltException, ...] = ()
    parts: frozenset[Part] = frozenset({"sad", "mad"})


class DltAssessment(msgspec.Struct, frozen=True, kw_only=True):
    """Whether an event is a DLT, by which criterion, and why or why not."""

    is_dlt: bool | NotDerived
    criterion: str | None
    reason: str


def derive_dlt(
    event: AdverseEvent,
    criteria: Sequence[DltCriterion],
    *,
    first_infusion: datetime | None,
    window: Window,
    part: Part,
    known_until: datetime,
) -> DltAssessment:
    """Whether an adverse event is a dose-limiting toxicity.

    Parameters
    ----------
    event : AdverseEvent
        With its grades over time on the scale that the criteria mean.
    criteria : sequence of DltCriterion
        The study's list; the first that is met is named.
    first_infusion : datetime or None
        Start of the first infusion.
    window : Window
        Protocol days in which the grade must be reached; Day 0 to Day 14 or 28, both included.
    part : str
        Part of the trial, as in ``DltCriterion.parts``.
    known_until : datetime
        The last moment up to which the event is known; an event that has not improved is open until its
        hours have passed.

    Returns
    -------
    DltAssessment
        True if any criterion is met; not derived if one could still be; false otherwise.

    Source
    ------
    Convention P-DLT-1; "within 72 h" runs from first reaching the grade to the first record at the lower
    grade, and 72 h exactly is in time.
    """
    excluded = _why_never(event, first_infusion)
    if excluded:
        return DltAssessment(is_dlt=False, criterion=None, reason=excluded)
    assert first_infusion is not None  # _why_never has answered
    if isinstance(event.max_grade, NotDerived):
        return DltAssessment(is_dlt=event.max_grade, criterion=None, reason="no_grade")
    answers = [
        (criterion, _meets(event, criterion, first_infusion, window, known_until))
        for criterion in criteria
        if part in criterion.parts and _matches(event, criterion)
    ]
    for criterion, answer in answers:
        if answer is True:
            return DltAssessment(is_dlt=True, criterion=criterion.key, reason="criterion_met")
    for criterion, answer in answers:
        if isinstance(answer, NotDerived):
            return DltAssessment(is_dlt=answer, criterion=criterion.key, reason=answer.reason)
    return DltAssessment(is_dlt=False, criterion=None, reason="no_criterion_met")


def _why_never(event: AdverseEvent, first_infusion: datetime | None) -> str:
    if first_infusion is None:
        return "not_infused"
    if not is_related(event.causality_study_product):
        return "not_related"
    return "clearly_due_to_another_cause" if event.clearly_due_to else ""


def _matches(event: AdverseEvent, criterion: DltCriterion) -> bool:
    if event.category in criterion.not_categories:
        return False
    if criterion.is_baseline_below_asked and (event.baseline_grade or 0) >= criterion.grade_at_least:
        return False
    if not criterion.categories and not criterion.pts:
        return True
    return event.category in criterion.categories or event.pt in criterion.pts


def _meets(
    event: AdverseEvent,
    criterion: DltCriterion,
    first_infusion: datetime,
    window: Window,
    known_until: datetime,
) -> bool | NotDerived:
    answers = [
        _run_counts(event, criterion, reached_at, first_infusion, known_until)
        for reached_at in _reached(event, criterion)
        if reached_at >= first_infusion and window.has(protocol_day(reached_at, first_infusion))
    ]
    if True in answers:
        return True
    return next((one for one in answers if isinstance(one, NotDerived)), False)


def _left_grade(criterion: DltCriterion) -> int:
    """The grade at or below which the event has left the criterion's grade."""
    if criterion.must_improve_to is not None:
        return criterion.must_improve_to
    return criterion.grade_at_least - 1


def _reached(event: AdverseEvent, criterion: DltCriterion) -> Iterator[datetime]:
    """Each moment at which the grade is reached anew, that is after the event had left it."""
    is_inside = False
    for one in event.grades:
        if one.grade is None:
            continue
        if not is_inside and one.grade >= criterion.grade_at_least:
            is_inside = True
            yield one.at
        elif one.grade <= _left_grade(criterion):
            is_inside = False


def _first_at_or_below(event: AdverseEvent, grade: int, since: datetime) -> datetime | None:
    """When the event was first recorded at the grade or lower, or ended, after a moment."""
    improved = [
        one.at for one in event.grades if one.grade is not None and one.grade <= grade and one.at > since
    ]
    ended = event.end.latest if event.end else None
    moments = improved + ([ended] if ended is not None and ended > since else [])
    return min(moments, default=None)


def _run_meets(
    event: AdverseEvent,
    criterion: DltCriterion,
    reached_at: datetime,
    first_infusion: datetime,
    known_until: datetime,
) -> bool | NotDerived:
    left_at = _first_at_or_below(event, _left_grade(criterion), reached_at)
    answers: list[bool | NotDerived] = []
    if criterion.lasting_longer_than_h is not None:
        answers.append(_outlasts(reached_at, left_at, criterion.lasting_longer_than_h, known_until))
    if criterion.within_h is not None:
        clock = _clock(event, criterion, reached_at)
        answers.append(
            clock
            if isinstance(clock, NotDerived)
            else _outlasts(clock, left_at, criterion.within_h, known_until)
        )
    if criterion.still_present_on_day is not None:
        answers.append(_is_present_on(criterion.still_present_on_day, left_at, first_infusion, known_until))
    if False in answers:
        return False
    return next((one for one in answers if isinstance(one, NotDerived)), True)


def _clock(event: AdverseEvent, criterion: DltCriterion, reached_at: datetime) -> datetime | NotDerived:
    if criterion.clock == "grade_reached":
        return reached_at
    started = (
        event.infusion_stopped_at if criterion.clock == "infusion_stopped" else event.steroids_started_at
    )
    return (
        NotDerived("clock_not_started", f"{criterion.clock} is not recorded") if started is None else started
    )


def _outlasts(
    since: datetime, left_at: datetime | None, limit_h: int, known_until: datetime
) -> bool | NotDerived:
    limit = timedelta(hours=limit_h)
    if left_at is not None:
        return left_at - since > limit
    return (
        True if known_until - since > limit else NotDerived("not_yet_known", f"{limit_h} h have not passed")
    )


def _is_present_on(
    day: int, left_at: datetime | None, first_infusion: datetime, known_until: datetime
) -> bool | NotDerived:
    if left_at is not None:
        return protocol_day(left_at, first_infusion) > day
    if protocol_day(known_until, first_infusion) >= day:
        return True
    return NotDerived("not_yet_known", f"Day {day} has not come")


def _run_counts(
    event: AdverseEvent,
    criterion: DltCriterion,
    reached_at: datetime,
    first_infusion: datetime,
    known_until: datetime,
) -> bool | NotDerived:
    excepted = [_exception_holds(event, one, reached_at, known_until) for one in criterion.exceptions]
    meets = _run_meets(event, criterion, reached_at, first_infusion, known_until)
    if meets is False or True in excepted:
        return False
    if isinstance(meets, NotDerived):
        return meets
    return next((one for one in excepted if isinstance(one, NotDerived)), True)


def _exception_holds(
    event: AdverseEvent, exception: DltException, reached_at: datetime, known_until: datetime
) -> bool | NotDerived:
    is_named = event.pt in exception.pts
    is_laboratory = exception.is_asymptomatic_laboratory and event.is_asymptomatic_laboratory
    if not (is_named or is_laboratory):
        return False
    if exception.must_improve_to is None or exception.within_h is None:
        return True
    left_at = _first_at_or_below(event, exception.must_improve_to, reached_at)
    outlasts = _outlasts(reached_at, left_at, exception.within_h, known_until)
    return outlasts if isinstance(outlasts, NotDerived) else not outlasts
