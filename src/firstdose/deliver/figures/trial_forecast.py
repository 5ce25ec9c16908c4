"""A whole trial at a glance: what is selected, how many are treated, and when.

Three rows of drawings under one title: bars by level, one narrow histogram a part over a common axis, and the
spread of each date over a common axis of months.
"""

from collections.abc import Callable, Sequence

import msgspec

from firstdose.deliver.figures.axes import Axis, choose_linear_ticks, label_ticks, thin_labels
from firstdose.deliver.figures.figure import Figure
from firstdose.deliver.figures.frame import MARGIN, Box, LegendEntry, draw_legend, draw_x_axis, measure_widest
from firstdose.deliver.figures.heading import draw_heading
from firstdose.deliver.figures.level_bars import (
    LevelPanel,
    choose_panel_ticks,
    draw_level_panel,
)
from firstdose.deliver.figures.style import name_series
from firstdose.deliver.figures.svg import (
    SMALL_SIZE,
    WIDTH,
    figure_of,
    group,
    line,
    measure_text,
    path,
    rect,
    shorten_text,
    text,
)
from firstdose.deliver.formatting import format_number
from firstdose.terms.words import Language, Text

_LEVEL_HEIGHT = 170.0
_LEVEL_HEADING = 24.0
_LEVEL_BELOW = 60.0
_LEVEL_GAP = 22.0
_LABELS = 168.0
"""Room at the left for what a row of a histogram or a date is. [px]."""
_COUNT_HEIGHT = 58.0
_COUNT_ROOM = 15.0
_DATE_HEIGHT = 40.0
_BELOW_AXIS = 46.0
_SECTION_GAP = 18.0
_LINE = 14.0
_LEAST_WRITTEN = 0.005
"""Probabilities below this are drawn and not written: they would be written as 0."""
_WIDE_BAND, _NARROW_BAND = 6.0, 14.0
_Draw = Callable[[float, Text], tuple[list[str], float]]


class CountPanel(msgspec.Struct, frozen=True, kw_only=True):
    """How many are treated in a part: ``p_n[k]`` is the probability of k; ``below`` stands under its name."""

    label: Text
    below: Text
    p_n: tuple[float, ...]


class DateSpread(msgspec.Struct, frozen=True, kw_only=True):
    """When something happens: mean and the quantiles of 5, 25, 50, 75 and 95 % in months; empty where never."""

    label: Text
    below: Text
    mean_months: float
    quantiles_months: tuple[float, ...]


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """The heading of a row of drawings, and the title of its axis."""

    heading: Text
    axis_title: Text


def render_trial_forecast(
    key: str,
    title: Text,
    level_panels: Sequence[LevelPanel],
    counts: Sequence[CountPanel],
    dates: Sequence[DateSpread],
    *,
    sections: tuple[Section, Section, Section],
    language: Language,
    marked: Text,
) -> Figure:
    """The three rows of drawings, one under the other.

    Parameters
    ----------
    key, title : str, Text
        Name and title of the figure.
    level_panels : sequence of LevelPanel
        Beside each other, as wide as they have slots, on one axis.
    counts : sequence of CountPanel
        One under the other; all with as many values.
    dates : sequence of DateSpread
        One under the other.
    sections : three of Section
        Of the panels, the counts and the dates.
    language : Language
        Language of the words in the drawing.
    marked : Text
        What the band behind a marked slot says.
    """
    parts, height = draw_heading(
        title.in_language(language), left=MARGIN, width=WIDTH - 2 * MARGIN, top=MARGIN
    )
    top = MARGIN + height + 4
    rows: tuple[_Draw, _Draw, _Draw] = (
        lambda y, under: _draw_levels(level_panels, y, marked=marked, below=under, language=language),
        lambda y, under: _draw_counts(counts, y, title=under, language=language),
        lambda y, under: _draw_dates(dates, y, title=under, language=language),
    )
    for section, draw in zip(sections, rows, strict=True):
        words = shorten_text(section.heading.in_language(language), WIDTH - 2 * MARGIN, SMALL_SIZE * 1.15)
        parts += [
            line(MARGIN, top, WIDTH - MARGIN, top, kind="fd-grid"),
            text(MARGIN, top + 16, words, kind="fd-muted fd-strong", size=SMALL_SIZE),
        ]
        drawn, bottom = draw(top + 24, section.axis_title)
        parts += drawn
        top = bottom + _SECTION_GAP
    described = _describe(level_panels, counts, dates)
    return figure_of(key, title, described, parts, height=top, language=language)


def _draw_levels(
    panels: Sequence[LevelPanel], top: float, *, marked: Text, below: Text, language: Language
) -> tuple[list[str], float]:
    """The panels beside each other, their widths by their slots."""
    parts: list[str] = []
    if any(slot.is_marked for panel in panels for slot in panel.slots):
        entry = LegendEntry(words=marked.in_language(language), kind="fd-s0", patch="fd-band")
        legend, height = draw_legend([entry], left=MARGIN, right=WIDTH - MARGIN, top=top)
        parts += legend
        top += height
    ticks = choose_panel_ticks(panels)
    before = 22 + measure_widest(label_ticks(ticks)) + 8
    room = WIDTH - 2 * MARGIN - _LEVEL_GAP * (len(panels) - 1) - before * len(panels)
    slot = room / sum(len(panel.slots) for panel in panels)
    x = MARGIN
    for panel in panels:
        right = x + before + slot * len(panel.slots)
        box = Box(x + before, top + _LEVEL_HEADING, right, top + _LEVEL_HEADING + _LEVEL_HEIGHT)
        parts += draw_level_panel(
            panel, box, ticks, (), heading_x=box.left, below_title=below, language=language
        )
        x = right + _LEVEL_GAP
    return parts, top + _LEVEL_HEADING + _LEVEL_HEIGHT + _LEVEL_BELOW


def _draw_counts(
    panels: Sequence[CountPanel], top: float, *, title: Text, language: Language
) -> tuple[list[str], float]:
    """The histograms under each other; a bar is as high in one as in another."""
    n_slots = max(len(panel.p_n) for panel in panels)
    largest = max(max(panel.p_n) for panel in panels)
    left, right = MARGIN + _LABELS, WIDTH - MARGIN - 4
    slot = (right - left) / n_slots
    gap = min(1.5, slot / 5)
    ticks = tuple(tick for tick in choose_linear_ticks(0, n_slots - 1) if tick % 1 == 0 and tick < n_slots)
    bottom = top + (_COUNT_ROOM + _COUNT_HEIGHT + 6) * len(panels)
    parts = [
        line(x, top, x, bottom, kind="fd-grid") for x in (left + slot * (float(tick) + 0.5) for tick in ticks)
    ]
    for panel in panels:
        base = top + _COUNT_ROOM + _COUNT_HEIGHT
        parts += _draw_label(panel.label, panel.below, base - 20, language)
        middles = [left + slot * (n + 0.5) for n in range(n_slots)]
        written = [n for n, p in enumerate(panel.p_n) if p >= _LEAST_WRITTEN]
        labels = [format_number(100 * panel.p_n[n]) for n in written]
        kept = {written[i]: labels[i] for i in thin_labels([middles[n] for n in written], labels, gap_px=0)}
        bars = []
        for n, p in enumerate(panel.p_n):
            if p <= 0:
                continue
            tall = _COUNT_HEIGHT * p / largest
            drawn = [rect(middles[n] - (slot - gap) / 2, base - tall, slot - gap, tall, kind="fd-fill")]
            if n in kept:
                drawn.append(text(middles[n], base - tall - 3, kept[n], size=SMALL_SIZE, anchor="middle"))
            tip = f"{panel.label.in_language(language)}, {n}: {format_number(100 * p, 1)} %"
            bars.append(group("fd-part", drawn, tip=tip))
        parts += [group(name_series(0), bars), line(left, base, right, base, kind="fd-axis")]
        top = base + 6
    for tick, label in zip(ticks, label_ticks(ticks), strict=True):
        x = left + slot * (float(tick) + 0.5)
        parts.append(text(x, top + 12, label, size=SMALL_SIZE, anchor="middle", kind="fd-muted"))
    words = shorten_text(title.in_language(language), right - left)
    parts.append(text((left + right) / 2, top + 30, words, size=SMALL_SIZE, anchor="middle", kind="fd-muted"))
    return parts, top + 36


def _draw_label(label: Text, below: Text, y: float, language: Language) -> list[str]:
    """What a row is, in two lines at the left."""
    lines = ((label, y, "fd-ink fd-strong"), (below, y + _LINE, "fd-muted"))
    return [
        text(
            MARGIN,
            at,
            shorten_text(words.in_language(language), _LABELS - 8, SMALL_SIZE),
            size=SMALL_SIZE,
            kind=kind,
        )
        for words, at, kind in lines
    ]


def _draw_dates(
    dates: Sequence[DateSpread], top: float, *, title: Text, language: Language
) -> tuple[list[str], float]:
    """The spread of each date: a thin band, a thick one in it, the median and the mean."""
    wide = rect(-13, -_WIDE_BAND / 2, 26, _WIDE_BAND, kind="fd-soft")
    narrow = rect(-8, -_NARROW_BAND / 2, 16, _NARROW_BAND, kind="fd-soft")
    entries = [
        LegendEntry(words=words.in_language(language), kind=kind, drawn=drawn)
        for words, kind, drawn in (
            (Text("5 to 95 %", "5–95 %"), name_series(0), wide),
            (Text("25 to 75 %", "25–75 %"), name_series(0), wide + narrow),
            (Text("median", "中位数"), name_series(0), _draw_median(0, 0)),
            (Text("mean", "均值"), "fd-s0", _draw_mean(0, 0)),
        )
    ]
    legend, height = draw_legend(entries, left=MARGIN, right=WIDTH - MARGIN, top=top)
    top += height + 2
    latest = max((date.quantiles_months[-1] for date in dates if date.quantiles_months), default=1.0)
    ticks = choose_linear_ticks(0, latest)
    box = Box(MARGIN + _LABELS, top, WIDTH - MARGIN - 16, top + _DATE_HEIGHT * len(dates))
    axis = Axis(ticks=ticks, start_px=box.left, end_px=box.right)
    parts = [*legend]
    parts += [line(axis.place(tick), box.top, axis.place(tick), box.bottom, kind="fd-grid") for tick in ticks]
    for row, date in enumerate(dates):
        y = box.top + _DATE_HEIGHT * (row + 0.5)
        parts += _draw_label(date.label, date.below, y - 2, language)
        if not date.quantiles_months:
            continue
        at = [axis.place(month) for month in date.quantiles_months]
        shown = [
            format_number(month, 1)
            for month in (date.quantiles_months[0], date.mean_months, date.quantiles_months[-1])
        ]
        tip = f"{date.label.in_language(language)}: {shown[1]} ({shown[0]}–{shown[2]})"
        drawn = [
            rect(at[0], y - _WIDE_BAND / 2, at[4] - at[0], _WIDE_BAND, kind="fd-soft"),
            rect(at[1], y - _NARROW_BAND / 2, at[3] - at[1], _NARROW_BAND, kind="fd-soft"),
            _draw_median(at[2], y),
        ]
        parts += [
            group(name_series(0), drawn, tip=tip),
            group("fd-s0", [_draw_mean(axis.place(date.mean_months), y)]),
        ]
        parts += _draw_ends(at, shown[0], shown[2], y, box)
    parts += draw_x_axis(axis, ticks, label_ticks(ticks), box, title=title.in_language(language))
    return parts, box.bottom + _BELOW_AXIS


def _draw_ends(at: Sequence[float], first: str, last: str, y: float, box: Box) -> list[str]:
    """The 5 and 95 % quantiles beside their band, where there is room in the box."""
    parts = []
    if at[0] - 5 - measure_text(first, SMALL_SIZE) >= box.left:
        parts.append(text(at[0] - 5, y + 4, first, size=SMALL_SIZE, anchor="end", kind="fd-muted"))
    if at[-1] + 5 + measure_text(last, SMALL_SIZE) <= box.right + 14:
        parts.append(text(at[-1] + 5, y + 4, last, size=SMALL_SIZE, kind="fd-muted"))
    return parts


def _draw_median(x: float, y: float) -> str:
    return rect(x - 1.5, y - 10, 3, 20, kind="fd-fill")


def _draw_mean(x: float, y: float) -> str:
    """A small open diamond, which is seen on the bands and beside the median."""
    points = [(x, y - 5.0), (x + 5, y), (x, y + 5), (x - 5, y)]
    return path(points, kind="fd-open", width=1.5, closed=True)


def _describe(
    levels: Sequence[LevelPanel], counts: Sequence[CountPanel], dates: Sequence[DateSpread]
) -> Text:
    said: dict[Language, list[str]] = {"en": [], "zh": []}
    rows: list[CountPanel | DateSpread] = [*counts, *dates]
    for language, told in said.items():
        colon, comma = (": ", ", ") if language == "en" else ("：", "，")
        for panel in levels:
            pairs = zip(panel.slots, panel.values[0], strict=True)
            told.append(
                panel.heading.in_language(language)
                + colon
                + comma.join(f"{slot.label.in_language(language)} {format_number(v, 1)}" for slot, v in pairs)
            )
        told += [one.label.in_language(language) + colon + one.below.in_language(language) for one in rows]
    return Text("; ".join(said["en"]) + ".", "；".join(said["zh"]) + "。")
