"""Rates with exact intervals by visit: a mark for the estimate, a whisker for the interval."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from firstdose.deliver.figures.axes import Axis
from firstdose.deliver.figures.figure import Figure
from firstdose.deliver.figures.frame import (
    MARGIN,
    Box,
    LegendEntry,
    draw_legend,
    draw_y_axis,
    measure_widest,
)
from firstdose.deliver.figures.style import choose_shape, name_series
from firstdose.deliver.figures.svg import (
    SMALL_SIZE,
    WIDTH,
    figure_of,
    figure_of_nothing,
    group,
    line,
    mark,
    measure_text,
    shorten_text,
    text,
    wrap_text,
)
from firstdose.deliver.formatting import format_percent, format_percent_interval
from firstdose.terms.words import Language, Text

_PLOT_HEIGHT = 260.0
_ROW_HEIGHT = 18.0
_LONGEST_LABEL = 150.0
_CAP_PX = 4.0
_NO_DATA = Text("Nobody has been assessed for this figure.", "本图尚无已评估的受试者。")
_COUNTED = Text("n/N", "n/N")


class RatePoint(msgspec.Struct, frozen=True, kw_only=True):
    """How many of how many at a visit, with the exact interval of the rate (0 to 1) if there is one."""

    n: int
    n_all: int
    low: float | None = None
    high: float | None = None


class RateSeries(msgspec.Struct, frozen=True, kw_only=True):
    """A group with one point a visit; None where nobody was due."""

    label: Text
    points: tuple[RatePoint | None, ...]


def render_rates(
    key: str,
    title: Text,
    visits: Sequence[Text],
    series: Sequence[RateSeries],
    *,
    language: Language,
    y_title: Text,
    when_empty: Text = _NO_DATA,
) -> Figure:
    """Rates by visit, groups side by side, n/N under the axis.

    Raises
    ------
    ValueError
        If a series has not one point (or None) a visit.
    """
    if any(len(shown.points) != len(visits) for shown in series):
        raise ValueError(f"Figure {key}: every series has one point a visit")
    if not any(point is not None and point.n_all for shown in series for point in shown.points):
        return figure_of_nothing(key, title, when_empty, language=language)
    entries = [
        LegendEntry(words=shown.label.in_language(language), kind=name_series(i), shape=choose_shape(i))
        for i, shown in enumerate(series)
    ]
    legend, legend_height = draw_legend(entries, left=MARGIN, right=WIDTH - MARGIN, top=MARGIN)
    names = [shorten_text(shown.label.in_language(language), _LONGEST_LABEL, SMALL_SIZE) for shown in series]
    top = MARGIN + legend_height + 8
    y_ticks = tuple(Decimal(i) / 4 for i in range(5))
    y_labels = tuple(f"{100 * tick:.0f} %" for tick in y_ticks)
    left = MARGIN + max(34 + measure_widest(y_labels), measure_widest(names) + 24)
    box = Box(left, top, WIDTH - MARGIN - 4, top + _PLOT_HEIGHT)
    y_axis = Axis(ticks=y_ticks, start_px=box.bottom, end_px=box.top + 6)
    slot = (box.right - box.left) / len(visits)
    parts = [
        *legend,
        *draw_y_axis(
            y_axis,
            y_labels,
            box,
            title=y_title.in_language(language),
            title_x=box.left - measure_widest(y_labels) - 18,
        ),
        line(box.left, box.bottom, box.right, box.bottom, kind="fd-axis"),
    ]
    middles = [box.left + slot * (i + 0.5) for i in range(len(visits))]
    wrapped = [wrap_text(visit.in_language(language), slot - 6, SMALL_SIZE) for visit in visits]
    for x, lines in zip(middles, wrapped, strict=True):
        parts += [
            text(x, box.bottom + 18 + 14 * j, words, size=SMALL_SIZE, anchor="middle")
            for j, words in enumerate(lines)
        ]
    y = box.bottom + 18 + 14 * max(len(lines) for lines in wrapped) + 6
    parts.append(text(MARGIN, y, _COUNTED.in_language(language), size=SMALL_SIZE, kind="fd-ink fd-strong"))
    apart = min(18.0, slot * 0.7 / len(series))
    for i, shown in enumerate(series):
        y += _ROW_HEIGHT
        shift = (i - (len(series) - 1) / 2) * apart
        parts.append(
            _draw_series(
                i, shown, [x + shift for x in middles], y_axis=y_axis, visits=visits, language=language
            )
        )
        parts.append(group(name_series(i), [mark(choose_shape(i), MARGIN + 5, y - 4)]))
        parts.append(text(MARGIN + 16, y, names[i], size=SMALL_SIZE))
        for x, point in zip(middles, shown.points, strict=True):
            words = "–" if point is None else f"{point.n}/{point.n_all}"
            if measure_text(words, SMALL_SIZE) <= slot - 2:
                parts.append(text(x, y, words, size=SMALL_SIZE, anchor="middle"))
    return figure_of(key, title, _describe(visits, series, y_title), parts, height=y + 16, language=language)


def _draw_series(
    index: int,
    shown: RateSeries,
    places: Sequence[float],
    *,
    y_axis: Axis,
    visits: Sequence[Text],
    language: Language,
) -> str:
    parts: list[str] = []
    for x, point, visit in zip(places, shown.points, visits, strict=True):
        if point is None or not point.n_all:
            continue
        drawn: list[str] = []
        tip = f"{shown.label.in_language(language)}, {visit.in_language(language)}: {point.n}/{point.n_all}"
        if point.low is not None and point.high is not None:
            low, high = y_axis.place(point.low), y_axis.place(point.high)
            drawn += [
                line(x, low, x, high, kind="fd-line", width=1.6),
                line(x - _CAP_PX, low, x + _CAP_PX, low, kind="fd-line", width=1.6),
                line(x - _CAP_PX, high, x + _CAP_PX, high, kind="fd-line", width=1.6),
            ]
            tip += f", {format_percent_interval(point.low, point.high)}"
        rate = Decimal(point.n) / Decimal(point.n_all)
        drawn.append(mark(choose_shape(index), x, y_axis.place(rate), radius=4.5))
        parts.append(group("fd-each", drawn, tip=tip))
    return group(name_series(index), parts)


def _describe(visits: Sequence[Text], series: Sequence[RateSeries], y_title: Text) -> Text:
    said_en, said_zh = [], []
    for shown in series:
        for visit, point in zip(visits, shown.points, strict=True):
            if point is not None and point.n_all:
                share = f"{point.n}/{point.n_all} ({format_percent(point.n, point.n_all)})"
                said_en.append(f"{shown.label.en}, {visit.en}: {share}")
                said_zh.append(f"{shown.label.zh}，{visit.zh}：{share}")
    return Text(
        f"{y_title.en} by visit. {'; '.join(said_en)}.", f"各访视{y_title.zh}。{'；'.join(said_zh)}。"
    )
