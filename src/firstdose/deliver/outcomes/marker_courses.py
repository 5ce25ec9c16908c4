"""Courses of a biomarker as figures and as tables by visit; what the biomarker outcomes share."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from statistics import fmean, median
from typing import Literal

import msgspec

from firstdose.deliver.document import Illustration, illustrate
from firstdose.deliver.figures import (
    Figure,
    LineGroup,
    LinePoint,
    ParticipantLine,
    VisitTick,
    render_lines,
)
from firstdose.deliver.figures.axes import TimeUnit
from firstdose.deliver.formatting import Number
from firstdose.deliver.groups import Group
from firstdose.deliver.outcomes.observed import Observed, by_participant
from firstdose.deliver.outcomes.summaries import Kind, Measure, VisitRow
from firstdose.derive.pharmacodynamics.change import derive_change
from firstdose.derive.pharmacodynamics.course import AtVisit, Course
from firstdose.derive.pharmacodynamics.measurements import Measurement
from firstdose.derive.windows import ScheduledVisit
from firstdose.numerics.intervals import compute_geometric_mean
from firstdose.protocol.resolved import Protocol
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Language, Text

BASELINE = Text("Baseline", "基线")
BEFORE_INFUSION = Text("Before infusion", "输注前")
NO_VALUES = Text("No value after an infusion has been recorded yet.", "输注后尚无记录值。")
MEDIAN, MEAN, GEOMETRIC_MEAN = (
    Text("Median", "中位数"),
    Text("Mean", "均数"),
    Text("Geometric mean", "几何均数"),
)
_DAYS_PER_WEEK = 7
_LONGEST_IN_DAYS = 56
_VISIT_WINDOW_D = 3
"""A sample of the last visit shown may be taken this much later than planned."""

Centre = Literal["median", "mean", "geometric_mean"]
_CENTRES: dict[Centre, Text] = {"median": MEDIAN, "mean": MEAN, "geometric_mean": GEOMETRIC_MEAN}
BASELINE_NOTE = Text(
    "Baseline is the last value before the first lymphodepletion dose; the value before infusion, after "
    "lymphodepletion, is a second baseline.",
    "基线为首次清淋给药前的末次值；清淋后、输注前的值为第二基线。",
)


def name_item(protocol: Protocol, form: str, item: str) -> Text:
    """The label of an item with its unit."""
    found = protocol.form_by_key[form].by_key[item]
    unit = f" ({found.unit})" if found.unit else ""
    unit_zh = f"（{found.unit}）" if found.unit else ""
    return Text(f"{found.label.en}{unit}", f"{found.label.zh}{unit_zh}")


def name_without_unit(protocol: Protocol, form: str, item: str) -> Text:
    """The label of an item, for what has no unit of its own."""
    return protocol.form_by_key[form].by_key[item].label.text


def say_visit(visit: ScheduledVisit) -> Text:
    """A visit of the grid by its day or week."""
    weeks, rest = divmod(visit.day, 7)
    if rest == 0 and visit.day > 28:  # noqa: PLR2004  # the schedules count in weeks after Day 28
        return Text(f"Week {weeks}", f"第{weeks}周")
    return Text(f"Day {visit.day}", f"第{visit.day}天")


def list_visit_rows(
    block: Text,
    courses: Sequence[Course],
    *,
    kind: Kind,
    places: int | None = None,
    has_before_infusion: bool = True,
) -> tuple[VisitRow, ...]:
    """Rows of a table by visit: the baseline, the value before infusion, and each visit of the grid."""

    def row(visit: Text, choose: Callable[[Course], Measurement | NotDerived]) -> VisitRow:
        observed = [_observe(course.participant, choose(course)) for course in courses]
        return VisitRow(
            block=block,
            visit=visit,
            measure=Measure(label=block, values=by_participant(observed), kind=kind, places=places),
        )

    rows = [row(BASELINE, lambda course: course.baseline)]
    if has_before_infusion:
        rows.append(row(BEFORE_INFUSION, lambda course: course.before_infusion))
    rows += [row(say_visit(visit), _at(i)) for i, visit in enumerate(list_visits(courses))]
    return tuple(rows)


def list_change_rows(block: Text, courses: Sequence[Course], *, places: int = 1) -> tuple[VisitRow, ...]:
    """Rows of a table by visit: the percent change from baseline at each visit of the grid."""
    return tuple(
        VisitRow(
            block=block,
            visit=say_visit(visit),
            measure=Measure(
                label=block,
                values=by_participant(
                    observe_change(course.participant, course.by_visit[i]) for course in courses
                ),
                kind="normal",
                places=places,
            ),
        )
        for i, visit in enumerate(list_visits(courses))
    )


def observe_change(code: str, at: AtVisit) -> Observed:
    """The percent change from baseline at a visit, with the positions of both values."""
    if isinstance(at.change, NotDerived):
        return Observed(code, at.change)
    return Observed(code, at.change.percent, at.change.sources)


def list_visits(courses: Sequence[Course]) -> tuple[ScheduledVisit, ...]:
    """The visits of the grid that courses stand on."""
    return tuple(at.visit for at in courses[0].by_visit) if courses else ()


class Span(msgspec.Struct, frozen=True):
    """The stretch of time that a figure shows, and where the baseline stands in it [protocol day]."""

    baseline_d: int
    last_d: int
    time_unit: TimeUnit


def choose_span(protocol: Protocol, *, last_d: int) -> Span:
    """From lymphodepletion to a day; in days up to eight weeks, in weeks beyond."""
    unit: TimeUnit = "day" if last_d <= _LONGEST_IN_DAYS else "week"
    return Span(min(protocol.lymphodepletion.days, default=-1), last_d, unit)


def draw_courses(
    key: str,
    title: Text,
    courses: Iterable[Course],
    groups: Sequence[Group],
    span: Span,
    *,
    y_title: Text,
    centre: Centre,
    y_scale: Literal["linear", "log"] = "linear",
    is_in_panels: bool = False,
    shows_percent_change: bool = False,
    limits: Sequence[tuple[Text, Number]] = (),
) -> Illustration:
    """Every participant at the times of the samples, and the centre of each group at baseline and visits.

    ``limits`` are drawn as lines of their own over the span.
    """
    by_code = {course.participant: course for course in courses}
    read = _percent_change if shows_percent_change else _level
    shown = [
        LineGroup(
            label=group.title,
            participants=tuple(
                ParticipantLine(participant=one.participant, points=_points(one, span, read))
                for one in members
            ),
            summary=_summary(members, span, read, centre),
        )
        for group in groups
        if (members := [by_code[code] for code in group.participants if code in by_code])
    ]
    if any(one.points for group in shown for one in group.participants) and not is_in_panels:
        shown += [
            LineGroup(
                label=label,
                summary=(LinePoint(time_d=0, level=limit), LinePoint(time_d=span.last_d, level=limit)),
            )
            for label, limit in limits
        ]
    visits = list_visits(list(by_code.values()))

    def draw(language: Language) -> Figure:
        return render_lines(
            key,
            title,
            shown,
            language=language,
            y_title=y_title,
            y_scale=y_scale,
            time_unit=span.time_unit,
            visits=_ticks(visits, span),
            summary_label=_CENTRES[centre],
            is_in_panels=is_in_panels,
            when_empty=NO_VALUES,
        )

    return illustrate(draw)


def _ticks(visits: Sequence[ScheduledVisit], span: Span) -> tuple[VisitTick, ...]:
    divide_by = 1 if span.time_unit == "day" else _DAYS_PER_WEEK
    days = [0, *(visit.day for visit in visits if visit.day <= span.last_d and visit.day % divide_by == 0)]
    labels = [str(day // divide_by) for day in days]
    ticks = [VisitTick(day=day, label=Text(label, label)) for day, label in zip(days, labels, strict=True)]
    if span.time_unit == "day":
        ticks.insert(0, VisitTick(day=span.baseline_d, label=Text("BL", "基线")))
    return tuple(ticks)


def _observe(code: str, found: Measurement | NotDerived) -> Observed:
    if isinstance(found, NotDerived):
        return Observed(code, found)
    if found.is_below_quantification:
        return Observed(code, NotDerived("below_quantification"), (found.source,))
    return Observed(code, found.upper_bound, (found.source,))


def _at(place: int) -> Callable[[Course], Measurement | NotDerived]:
    return lambda course: course.by_visit[place].measurement


def _level(course: Course, measurement: Measurement) -> Number | NotDerived | None:  # noqa: ARG001  # as _percent_change
    return None if measurement.is_below_quantification else measurement.upper_bound


def _percent_change(course: Course, measurement: Measurement) -> Number | NotDerived | None:
    return derive_change(measurement, course.baseline).percent


_Read = Callable[[Course, Measurement], Number | NotDerived | None]


def _points(course: Course, span: Span, read: _Read) -> tuple[LinePoint, ...]:
    start_d = Decimal(span.baseline_d) if isinstance(course.baseline, NotDerived) else course.baseline.time_d
    taken = [
        measurement
        for measurement in course.measurements
        if measurement.is_usable and start_d <= measurement.time_d <= span.last_d + _VISIT_WINDOW_D
    ]
    return tuple(
        # a baseline of long before stands where lymphodepletion starts
        LinePoint(time_d=max(measurement.time_d, Decimal(span.baseline_d)), level=level)
        for measurement in taken
        if not isinstance(level := read(course, measurement), NotDerived)
    )


def _summary(members: Sequence[Course], span: Span, read: _Read, centre: Centre) -> tuple[LinePoint, ...]:
    by_day: dict[int, list[float]] = defaultdict(list)
    for course in members:
        placed = [(span.baseline_d, course.baseline), (0, course.before_infusion)]
        placed += [(at.visit.day, at.measurement) for at in course.by_visit if at.visit.day <= span.last_d]
        for day, measurement in placed:
            level = None if isinstance(measurement, NotDerived) else read(course, measurement)
            if level is not None and not isinstance(level, NotDerived):
                by_day[day].append(float(level))
    return tuple(LinePoint(time_d=day, level=_centre(by_day[day], centre)) for day in sorted(by_day))


def _centre(numbers: Sequence[float], centre: Centre) -> float | None:
    if centre == "median":
        return median(numbers)
    if centre == "mean":
        return fmean(numbers)
    found = compute_geometric_mean(numbers)
    return None if isinstance(found, NotDerived) else found.mean
