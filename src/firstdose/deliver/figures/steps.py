"""Kaplan-Meier curves with censoring marks and the number at risk; the estimate is handed over."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from firstdose.deliver.figures.axes import (
    DAYS_PER_WEEK,
    Axis,
    TimeUnit,
    choose_time_ticks,
    label_ticks,
    thin_labels,
)
from firstdose.deliver.figures.figure import Figure
from firstdose.deliver.figures.frame import (
    MARGIN,
    Box,
    LegendEntry,
    draw_legend,
    draw_x_axis,
    draw_y_axis,
    measure_widest,
)
from firstdose.deliver.figures.lines import TIME_TITLES
from firstdose.deliver.figures.style import choose_dash, name_series
from firstdose.deliver.figures.svg import (
    SMALL_SIZE,
    WIDTH,
    figure_of,
    figure_of_nothing,
    group,
    mark,
    path,
    shorten_text,
    text,
)
from firstdose.deliver.formatting import Number, format_significant, to_decimal
from firstdose.terms.words import Language, Text

_PLOT_HEIGHT = 280.0
_ROW_HEIGHT = 18.0
_LONGEST_LABEL = 150.0
_NO_DATA = Text("Nobody has been followed for this figure.", "本图尚无随访数据。")
_AT_RISK = Text("Number at risk", "风险人数")
_CENSORED = Text("Follow-up ended without the event (censored)", "随访结束未发生事件（删失）")


class FollowUp(msgspec.Struct, frozen=True, kw_only=True):
    """How long a participant was followed, and whether the event ended it."""

    participant: str
    time_d: Number
    has_event: bool


class StepCurve(msgspec.Struct, frozen=True, kw_only=True):
    """A group: follow-up of its participants, and the estimate as (day, probability) after each event."""

    label: Text
    follow_ups: tuple[FollowUp, ...]
    steps: tuple[tuple[Number, float], ...]


def render_steps(
    key: str,
    title: Text,
    curves: Sequence[StepCurve],
    *,
    language: Language,
    y_title: Text,
    time_unit: TimeUnit = "day",
    when_empty: Text = _NO_DATA,
) -> Figure:
    """Step curves from probability 1, with censoring marks and numbers at risk under the axis."""
    follow_ups = [each for curve in curves for each in curve.follow_ups]
    if not follow_ups:
        return figure_of_nothing(key, title, when_empty, language=language)
    x_ticks = choose_time_ticks(0, max(to_decimal(each.time_d) for each in follow_ups), time_unit)
    names = [shorten_text(curve.label.in_language(language), _LONGEST_LABEL, SMALL_SIZE) for curve in curves]
    entries = [
        LegendEntry(words=curve.label.in_language(language), kind=name_series(i), dash=choose_dash(i))
        for i, curve in enumerate(curves)
    ]
    entries.append(LegendEntry(words=_CENSORED.in_language(language), kind="fd-s0", shape="tick", dash=""))
    legend, legend_height = draw_legend(entries, left=MARGIN, right=WIDTH - MARGIN, top=MARGIN)
    top = MARGIN + legend_height + 8
    left = MARGIN + max(
        58.0, measure_widest(names) + 22, measure_widest([_AT_RISK.in_language(language)]) / 2 + 22
    )
    box = Box(left, top, WIDTH - MARGIN - 22, top + _PLOT_HEIGHT)
    x_axis = Axis(ticks=x_ticks, start_px=box.left + 10, end_px=box.right - 10)
    y_ticks = tuple(Decimal(i) / 4 for i in range(5))
    y_axis = Axis(ticks=y_ticks, start_px=box.bottom, end_px=box.top)
    labels = label_ticks(x_ticks, divide_by=DAYS_PER_WEEK if time_unit == "week" else 1)
    y_labels = tuple(f"{100 * tick:.0f} %" for tick in y_ticks)
    title_x = box.left - measure_widest(y_labels) - 18
    parts = [
        *legend,
        *draw_y_axis(y_axis, y_labels, box, title=y_title.in_language(language), title_x=title_x),
        *(_draw_curve(i, curve, x_axis, y_axis) for i, curve in enumerate(curves)),
        *draw_x_axis(x_axis, x_ticks, labels, box, title=TIME_TITLES[time_unit].in_language(language)),
    ]
    y = box.bottom + 64
    parts.append(text(MARGIN, y, _AT_RISK.in_language(language), size=SMALL_SIZE, kind="fd-ink fd-strong"))
    places = [x_axis.place(tick) for tick in x_ticks]
    for i, curve in enumerate(curves):
        y += _ROW_HEIGHT
        parts.append(group(name_series(i), [mark("square", MARGIN + 5, y - 4)]))
        parts.append(text(MARGIN + 16, y, names[i], size=SMALL_SIZE))
        counts = [str(count_at_risk(curve.follow_ups, tick)) for tick in x_ticks]
        parts += [
            text(places[j], y, counts[j], size=SMALL_SIZE, anchor="middle")
            for j in thin_labels(places, counts)
        ]
    return figure_of(key, title, _describe(curves, y_title), parts, height=y + 16, language=language)


def count_at_risk(follow_ups: Sequence[FollowUp], day: Number) -> int:
    """How many were still followed without the event just before a day.

    Examples
    --------
    >>> followed = [FollowUp(participant="P-01", time_d=14, has_event=True)]
    >>> count_at_risk(followed, 14), count_at_risk(followed, 15)
    (1, 0)
    """
    return sum(to_decimal(each.time_d) >= to_decimal(day) for each in follow_ups)


def _draw_curve(index: int, curve: StepCurve, x_axis: Axis, y_axis: Axis) -> str:
    if not curve.follow_ups:
        return ""
    x, y = x_axis.place(0), y_axis.place(1)
    points = [(x, y)]
    for day, probability in sorted(curve.steps, key=lambda step: to_decimal(step[0])):
        x = x_axis.place(day)
        points.append((x, y))
        y = y_axis.place(probability)
        points.append((x, y))
    last_d = max(to_decimal(each.time_d) for each in curve.follow_ups)
    points.append((x_axis.place(last_d), y))
    parts = [path(points, kind="fd-line", width=2.2, dash=choose_dash(index))]
    for each in curve.follow_ups:
        if not each.has_event:
            at = y_axis.place(_find_probability(curve, each.time_d))
            parts.append(mark("tick", x_axis.place(each.time_d), at, radius=6))
    return group(name_series(index), parts, tip=curve.label.en)


def _find_probability(curve: StepCurve, day: Number) -> float:
    reached = [step for step in curve.steps if to_decimal(step[0]) <= to_decimal(day)]
    return max(reached, key=lambda step: to_decimal(step[0]))[1] if reached else 1.0


def _describe(curves: Sequence[StepCurve], y_title: Text) -> Text:
    said_en, said_zh = [], []
    for curve in curves:
        n, n_event = len(curve.follow_ups), sum(each.has_event for each in curve.follow_ups)
        last = curve.steps[-1][1] if curve.steps else 1.0
        share = format_significant(100 * to_decimal(last))
        said_en.append(f"{curve.label.en}: {n_event} of {n} had the event, last estimate {share} %")
        said_zh.append(f"{curve.label.zh}：{n} 人中 {n_event} 人发生事件，末次估计 {share} %")
    return Text(
        f"Kaplan-Meier estimate, {y_title.en}. {'; '.join(said_en)}.",
        f"Kaplan-Meier 估计，{y_title.zh}。{'；'.join(said_zh)}。",
    )
