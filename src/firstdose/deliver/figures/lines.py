"""Values over time: one thin line a participant, one thick line a group, on a linear or logarithmic axis.

A value below quantification is not a number and has no height: it stands as an open mark in a band under the
axis, as do zeros on a logarithmic axis.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

import msgspec

from firstdose.deliver.figures.axes import (
    DAYS_PER_WEEK,
    Axis,
    TimeUnit,
    choose_linear_ticks,
    choose_log_ticks,
    choose_time_ticks,
    label_ticks,
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
from firstdose.deliver.figures.style import choose_dash, choose_shape, name_series
from firstdose.deliver.figures.svg import (
    SMALL_SIZE,
    WIDTH,
    figure_of,
    figure_of_nothing,
    group,
    line,
    mark,
    path,
    rect,
    shorten_text,
    text,
)
from firstdose.deliver.formatting import Number, format_as_written, format_significant, to_decimal
from firstdose.terms.words import Language, Text

_PLOT_HEIGHT = 300.0
_PANEL_HEIGHT = 180.0
_PANEL_COLUMNS = 3
_PANEL_GAP = 18.0
_BAND_HEIGHT = 27.0

TIME_TITLES: dict[TimeUnit, Text] = {
    "day": Text("Days from the first infusion", "首次输注后天数"),
    "week": Text("Weeks from the first infusion", "首次输注后周数"),
}
_NO_DATA = Text("No value has been recorded for this figure.", "本图尚无记录值。")
_BELOW = Text("< LLOQ", "<定量下限")
_LLOQ = Text("Lower limit of quantification", "定量下限")
_BELOW_LONG = Text("Below quantification", "低于定量下限")
_INDIVIDUAL = Text("One participant", "单个受试者")


class LinePoint(msgspec.Struct, frozen=True, kw_only=True):
    """A value at a time; ``level`` is None when it was below quantification."""

    time_d: Number
    level: Number | None


class ParticipantLine(msgspec.Struct, frozen=True, kw_only=True):
    """The values of one participant."""

    participant: str
    points: tuple[LinePoint, ...]


class LineGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Participants shown in one colour, with their summary (a mean or geometric mean) by time."""

    label: Text
    participants: tuple[ParticipantLine, ...] = ()
    summary: tuple[LinePoint, ...] = ()


class VisitTick(msgspec.Struct, frozen=True, kw_only=True):
    """A planned visit as a tick of the time axis."""

    day: Number
    label: Text


class _Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What all panels share."""

    y_ticks: tuple[Decimal, ...]
    y_labels: tuple[str, ...]
    x_ticks: tuple[Decimal, ...]
    x_labels: tuple[str, ...]
    x_span: tuple[Decimal, Decimal]
    is_log: bool
    has_band: bool
    band_label: str
    lloq: Number | None


def render_lines(
    key: str,
    title: Text,
    groups: Sequence[LineGroup],
    *,
    language: Language,
    y_title: Text,
    y_scale: Literal["linear", "log"] = "linear",
    time_unit: TimeUnit = "day",
    visits: Sequence[VisitTick] = (),
    lower_limit_of_quantification: Number | None = None,
    summary_label: Text | None = None,
    is_in_panels: bool = False,
    when_empty: Text = _NO_DATA,
) -> Figure:
    """Individual values and group summaries over time.

    Parameters
    ----------
    key, title : str, Text
        Name and title of the figure.
    groups : sequence of LineGroup
        In the order of their colours, marks and dashes.
    language : Language
        Language of the words in the drawing.
    y_title : Text
        What is measured, with its unit.
    y_scale : "linear" or "log"
        Values of 0 or less stand under a logarithmic axis.
    time_unit : "day" or "week"
        How the time axis is labelled; times are handed over in days.
    visits : sequence of VisitTick
        Ticks at the planned visits instead of round days; labels that would touch are left out.
    lower_limit_of_quantification : number or None
        Drawn as a broken line.
    summary_label : Text or None
        What the thick line is ("Geometric mean").
    is_in_panels : bool
        One small plot a group, on the same axes.
    when_empty : Text
        Why there is no figure, if there is no value.

    Returns
    -------
    Figure
        With a description that counts participants and names the range.
    """
    points = [
        point
        for shown in groups
        for point in (*shown.summary, *(p for each in shown.participants for p in each.points))
    ]
    if not points:
        return figure_of_nothing(key, title, when_empty, language=language)
    plan = _plan(
        points,
        y_scale=y_scale,
        time_unit=time_unit,
        visits=visits,
        lloq=lower_limit_of_quantification,
        language=language,
    )
    shown_groups = list(enumerate(groups))
    legend, legend_height = draw_legend(
        _list_entries(groups, summary_label, plan, language), left=MARGIN, right=WIDTH - MARGIN, top=MARGIN
    )
    labels = [*plan.y_labels, *([plan.band_label] if plan.has_band else [])]
    left = MARGIN + 20 + measure_widest(labels) + 10
    top = MARGIN + legend_height + 8
    x_title = TIME_TITLES[time_unit].in_language(language)
    y_words = y_title.in_language(language)
    parts = list(legend)
    if not is_in_panels:
        box = Box(left, top, WIDTH - MARGIN - 22, top + _PLOT_HEIGHT)
        parts += _draw_panel(shown_groups, plan, box, x_title=x_title, y_title=y_words, language=language)
        bottom = box.bottom + _band_height(plan) + 50
    else:
        columns = min(_PANEL_COLUMNS, len(groups))
        width = (WIDTH - MARGIN - 16 - left - _PANEL_GAP * (columns - 1)) / columns
        n_rows = -(-len(groups) // columns)
        row_height = _PANEL_HEIGHT + _band_height(plan) + 54
        for i, shown in shown_groups:
            column, row = i % columns, i // columns
            panel_left = left + column * (width + _PANEL_GAP)
            panel_top = top + 22 + row * row_height
            box = Box(panel_left, panel_top, panel_left + width, panel_top + _PANEL_HEIGHT)
            heading = shorten_text(shown.label.in_language(language), width)
            parts.append(text(box.left, box.top - 8, heading, kind="fd-ink fd-strong"))
            parts += _draw_panel(
                [(i, shown)], plan, box, x_title="", y_title="", language=language, has_y_labels=column == 0
            )
        bottom = top + n_rows * row_height + 22
        middle_x, middle_y = (left + WIDTH - MARGIN) / 2, (top + bottom) / 2 - 20
        parts.append(text(middle_x, bottom - 8, x_title, anchor="middle"))
        shown_title = shorten_text(y_words, n_rows * row_height - 60)
        parts.append(text(MARGIN + 12, middle_y, shown_title, anchor="middle", turned=True))
    return figure_of(key, title, _describe(groups, points, y_title), parts, height=bottom, language=language)


def _plan(
    points: Sequence[LinePoint],
    *,
    y_scale: Literal["linear", "log"],
    time_unit: TimeUnit,
    visits: Sequence[VisitTick],
    lloq: Number | None,
    language: Language,
) -> _Plan:
    is_log = y_scale == "log"
    levels = [to_decimal(point.level) for point in points if point.level is not None]
    n_below = sum(point.level is None for point in points)
    n_at_zero = sum(is_log and level <= 0 for level in levels)
    drawn = [level for level in levels if not is_log or level > 0]
    if lloq is not None and (not is_log or lloq > 0):
        drawn.append(to_decimal(lloq))
    if not is_log:
        drawn.append(Decimal(0))
    if not drawn:
        drawn = [Decimal(1), Decimal(10)]
    y_ticks = (choose_log_ticks if is_log else choose_linear_ticks)(min(drawn), max(drawn))
    days = [to_decimal(point.time_d) for point in points]
    divide_by = DAYS_PER_WEEK if time_unit == "week" else 1
    x_ticks = choose_time_ticks(min(days), max(days), time_unit)
    x_labels = label_ticks(x_ticks, divide_by=divide_by)
    x_span = (x_ticks[0], x_ticks[-1])
    if visits:
        at = [to_decimal(visit.day) for visit in visits]
        x_span = (min(*at, *days), max(*at, *days))
        if x_span[0] == x_span[1]:
            x_span = (x_span[0], x_span[0] + 1)
        x_ticks, x_labels = tuple(at), tuple(visit.label.in_language(language) for visit in visits)
    below = _BELOW.in_language(language) if n_below else ""
    return _Plan(
        y_ticks=y_ticks,
        y_labels=label_ticks(y_ticks, is_log=is_log),
        x_ticks=x_ticks,
        x_labels=x_labels,
        x_span=x_span,
        is_log=is_log,
        has_band=bool(n_below or n_at_zero),
        band_label="; ".join(part for part in (below, "≤ 0" if n_at_zero else "") if part),
        lloq=lloq,
    )


def _band_height(plan: _Plan) -> float:
    return _BAND_HEIGHT if plan.has_band else 0.0


def _draw_panel(
    groups: Sequence[tuple[int, LineGroup]],
    plan: _Plan,
    box: Box,
    *,
    x_title: str,
    y_title: str,
    language: Language,
    has_y_labels: bool = True,
) -> list[str]:
    y_axis = Axis(ticks=plan.y_ticks, start_px=box.bottom, end_px=box.top, is_log=plan.is_log)
    x_axis = Axis(ticks=plan.x_span, start_px=box.left + 10, end_px=box.right - 10)
    y_labels = plan.y_labels if has_y_labels else tuple("" for _ in plan.y_labels)
    parts = draw_y_axis(y_axis, y_labels, box, title=y_title, title_x=MARGIN + 12)
    base = box.bottom + _band_height(plan)
    middle_of_band = box.bottom + _BAND_HEIGHT / 2 + 4
    if plan.has_band:
        parts.append(rect(box.left, box.bottom + 8, box.right - box.left, _BAND_HEIGHT - 9, kind="fd-band"))
        if has_y_labels:
            parts.append(
                text(
                    box.left - 7,
                    middle_of_band + 4,
                    plan.band_label,
                    size=SMALL_SIZE,
                    anchor="end",
                    kind="fd-muted",
                )
            )
    if plan.lloq is not None and (not plan.is_log or plan.lloq > 0):
        y = y_axis.place(plan.lloq)
        parts.append(line(box.left, y, box.right, y, kind="fd-guide", dash="4 3", width=1.2))
    for i, shown in groups:
        parts.append(
            _draw_group(i, shown, x_axis=x_axis, y_axis=y_axis, band_y=middle_of_band, language=language)
        )
    below_band = Box(box.left, box.top, box.right, base)
    parts += draw_x_axis(x_axis, plan.x_ticks, plan.x_labels, below_band, title=x_title)
    return parts


def _draw_group(
    index: int, shown: LineGroup, *, x_axis: Axis, y_axis: Axis, band_y: float, language: Language
) -> str:
    parts: list[str] = []
    has_summary = bool(shown.summary)
    for each in shown.participants:
        drawn, marks = _draw_run(each.points, x_axis, y_axis, band_y)
        elements = [path(run, kind="fd-line", width=1.2) for run in drawn if len(run) > 1]
        if not has_summary:
            elements += [mark(choose_shape(index), x, y, radius=2.8) for run in drawn for x, y in run]
        else:
            elements += [mark("circle", run[0][0], run[0][1], radius=1.8) for run in drawn if len(run) == 1]
        faint = [group("fd-faint" if has_summary else "fd-plain", elements)]
        below = [mark("down", x, y, radius=3.4, kind="fd-open") for x, y in marks]
        tip = f"{each.participant} ({shown.label.in_language(language)})"
        parts.append(group("fd-each", [*faint, *below], tip=tip))
    if has_summary:
        drawn, marks = _draw_run(shown.summary, x_axis, y_axis, band_y)
        parts += [
            path(run, kind="fd-line", width=2.4, dash=choose_dash(index)) for run in drawn if len(run) > 1
        ]
        parts += [mark(choose_shape(index), x, y) for run in drawn for x, y in run]
        parts += [mark("down", x, y, kind="fd-open") for x, y in marks]
    return group(name_series(index), parts)


def _draw_run(
    points: Sequence[LinePoint], x_axis: Axis, y_axis: Axis, band_y: float
) -> tuple[list[list[tuple[float, float]]], list[tuple[float, float]]]:
    """Unbroken runs of quantified values, and the marks in the band between them."""
    runs: list[list[tuple[float, float]]] = [[]]
    marks: list[tuple[float, float]] = []
    for point in sorted(points, key=lambda p: to_decimal(p.time_d)):
        x = x_axis.place(point.time_d)
        if point.level is None or (y_axis.is_log and point.level <= 0):
            marks.append((x, band_y))
            runs.append([])
        else:
            runs[-1].append((x, y_axis.place(point.level)))
    return [run for run in runs if run], marks


def _list_entries(
    groups: Sequence[LineGroup], summary_label: Text | None, plan: _Plan, language: Language
) -> list[LegendEntry]:
    entries = [
        LegendEntry(
            words=shown.label.in_language(language),
            kind=name_series(i),
            shape=choose_shape(i),
            dash=choose_dash(i) if shown.summary else "",
        )
        for i, shown in enumerate(groups)
    ]
    if summary_label is not None and any(shown.summary for shown in groups):
        entries.append(LegendEntry(words=_thick(summary_label).in_language(language), kind="fd-s0", dash=""))
        entries.append(
            LegendEntry(
                words=_INDIVIDUAL.in_language(language),
                kind="fd-s0",
                drawn=group("fd-faint", [line(-13, 0, 13, 0, kind="fd-line", width=1.2)]),
            )
        )
    if plan.lloq is not None:
        words = f"{_LLOQ.in_language(language)} ({format_as_written(plan.lloq)})"
        entries.append(LegendEntry(words=words, kind="fd-s0", dash="4 3"))
    if plan.has_band and plan.band_label.startswith(("<", "＜")):
        entries.append(
            LegendEntry(
                words=_BELOW_LONG.in_language(language), kind="fd-s0", shape="down", mark_kind="fd-open"
            )
        )
    return entries


def _thick(summary_label: Text) -> Text:
    return Text(f"{summary_label.en} (thick line)", f"{summary_label.zh}（粗线）")


def _describe(groups: Sequence[LineGroup], points: Sequence[LinePoint], y_title: Text) -> Text:
    n_participants = len({each.participant for shown in groups for each in shown.participants})
    levels = [to_decimal(point.level) for point in points if point.level is not None]
    n_below = sum(point.level is None for point in points)
    days = [to_decimal(point.time_d) for point in points]
    names_en = "; ".join(shown.label.en for shown in groups)
    names_zh = "；".join(shown.label.zh for shown in groups)
    first, last = format_as_written(min(days)), format_as_written(max(days))
    spread_en = spread_zh = ""
    if levels:
        low, high = format_significant(min(levels)), format_significant(max(levels))
        spread_en, spread_zh = f" Values from {low} to {high}.", f"数值范围 {low} 至 {high}。"
    return Text(
        f"{y_title.en} over time, Day {first} to Day {last}: {n_participants} participants in "
        f"{len(groups)} groups ({names_en}).{spread_en} {n_below} values below quantification.",
        f"{y_title.zh}随时间变化，第 {first} 天至第 {last} 天：{n_participants} 名受试者，"
        f"{len(groups)} 组（{names_zh}）。{spread_zh}{n_below} 个值低于定量下限。",
    )
