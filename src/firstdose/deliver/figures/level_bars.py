"""Bars by dose level, designs side by side, one panel a scenario or measure."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from firstdose.deliver.figures.axes import Axis, choose_linear_ticks, label_ticks
from firstdose.deliver.figures.figure import Figure
from firstdose.deliver.figures.frame import MARGIN, Box, LegendEntry, draw_legend, draw_y_axis, measure_widest
from firstdose.deliver.figures.heading import draw_heading
from firstdose.deliver.figures.style import N_SERIES, choose_shape, name_series
from firstdose.deliver.figures.svg import (
    SMALL_SIZE,
    WIDTH,
    figure_of,
    figure_of_nothing,
    group,
    line,
    mark,
    measure_text,
    rect,
    shorten_text,
    text,
    wrap_text,
)
from firstdose.deliver.formatting import format_number
from firstdose.terms.words import Language, Text

MOST_PANELS = 40
"""Panels beyond which a figure is no longer read."""

_PLOT_HEIGHT = 190.0
_HEADING = 24.0
_BELOW = 64.0
_GAP = 26.0
_LINE = 14.0
_MARK_ROOM = 14.0
_WIDEST_BAR = 46.0
NO_WORDS = Text("", "")
_NO_DATA = Text("There is no design to show.", "没有可显示的设计。")


class LevelSlot(msgspec.Struct, frozen=True, kw_only=True):
    """A place along the axis: a level with a second line, such as its true rate; or the selection of none."""

    label: Text
    below: Text
    is_marked: bool = False


class LevelPanel(msgspec.Struct, frozen=True, kw_only=True):
    """One plot: ``values`` has a row a series and a column a slot; ``of_which`` is the part drawn filled.

    ``of_which`` is for a panel with one series.
    """

    heading: Text
    y_title: Text
    slots: tuple[LevelSlot, ...]
    values: tuple[tuple[float, ...], ...]
    of_which: tuple[float, ...] | None = None


def render_level_bars(
    key: str,
    title: Text,
    panels: Sequence[LevelPanel],
    series: Sequence[Text],
    *,
    language: Language,
    n_columns: int = 1,
    marked: Text = NO_WORDS,
    part: Text = NO_WORDS,
    below_title: Text = NO_WORDS,
    source: Text = NO_WORDS,
) -> Figure:
    """Panels in rows, their bars grouped by level.

    Panels of one column share their axis, so that scenarios can be compared by eye.

    Parameters
    ----------
    key, title : str, Text
        Name and title of the figure.
    panels : sequence of LevelPanel
        Row by row, from the left.
    series : sequence of Text
        What the bars of a group are, in their order; empty where there is one and the title names it.
    language : Language
        Language of the words in the drawing.
    n_columns : int
        Panels beside each other.
    marked : Text
        What the band behind a marked slot says.
    part : Text
        What the filled part of a bar is.
    below_title : Text
        What the second line of the slots is; it stands under the axis.
    source : Text
        A line under the figure.

    Raises
    ------
    ValueError
        If there are more panels than a reader can take in, or a panel has not one value a slot and series.
    """
    if len(panels) > MOST_PANELS:
        raise ValueError(f"Figure {key}: {len(panels)} panels, and {MOST_PANELS} can be read")
    wanted = max(1, len(series))
    if any(
        len(panel.values) != wanted or any(len(row) != len(panel.slots) for row in panel.values)
        for panel in panels
    ):
        raise ValueError(f"Figure {key}: a panel has one value for each series and slot")
    if not panels:
        return figure_of_nothing(key, title, _NO_DATA, language=language)
    parts, heading_height = draw_heading(
        title.in_language(language), left=MARGIN, width=WIDTH - 2 * MARGIN, top=MARGIN
    )
    top = MARGIN + heading_height
    legend, legend_height = draw_legend(
        _list_entries(panels, series, marked, part, language), left=MARGIN, right=WIDTH - MARGIN, top=top
    )
    parts += legend
    top += legend_height
    column_width = (WIDTH - 2 * MARGIN - _GAP * (n_columns - 1)) / n_columns
    ticks = [choose_panel_ticks(panels[column::n_columns]) for column in range(n_columns)]
    lefts = [
        MARGIN + column * (column_width + _GAP) + 22 + measure_widest(label_ticks(ticks[column])) + 8
        for column in range(n_columns)
    ]
    for place, panel in enumerate(panels):
        row, column = divmod(place, n_columns)
        y = top + row * (_HEADING + _PLOT_HEIGHT + _BELOW)
        right = MARGIN + column * (column_width + _GAP) + column_width
        box = Box(lefts[column], y + _HEADING, right, y + _HEADING + _PLOT_HEIGHT)
        parts += draw_level_panel(
            panel,
            box,
            ticks[column],
            series,
            heading_x=lefts[column],
            below_title=below_title,
            language=language,
        )
    n_rows = -(-len(panels) // n_columns)
    height = top + n_rows * (_HEADING + _PLOT_HEIGHT + _BELOW) + 4
    for words in wrap_text(source.in_language(language), WIDTH - 2 * MARGIN, SMALL_SIZE) if source.en else ():
        height += _LINE
        parts.append(text(MARGIN, height, words, size=SMALL_SIZE, kind="fd-muted"))
    return figure_of(key, title, _describe(panels, series), parts, height=height + 8, language=language)


def _list_entries(
    panels: Sequence[LevelPanel], series: Sequence[Text], marked: Text, part: Text, language: Language
) -> list[LegendEntry]:
    entries = [
        LegendEntry(
            words=name.in_language(language),
            kind=name_series(i),
            shape=choose_shape(i),
            mark_kind=_fill(i),
        )
        for i, name in enumerate(series)
    ]
    if part.en:
        entries.append(LegendEntry(words=part.in_language(language), kind=name_series(0), patch="fd-fill"))
    if marked.en and any(slot.is_marked for panel in panels for slot in panel.slots):
        entries.append(LegendEntry(words=marked.in_language(language), kind="fd-s0", patch="fd-band"))
    return entries


def _fill(index: int) -> str:
    """Filled for the first round of hues, open for the next."""
    return "fd-fill" if index < N_SERIES else "fd-open"


def choose_panel_ticks(panels: Sequence[LevelPanel]) -> tuple[Decimal, ...]:
    """Ticks of the axis that panels share, from 0 to their largest value."""
    largest = max((value for panel in panels for row in panel.values for value in row), default=0.0)
    return choose_linear_ticks(0, max(largest, 1.0))


def draw_level_panel(
    panel: LevelPanel,
    box: Box,
    ticks: tuple[Decimal, ...],
    series: Sequence[Text],
    *,
    heading_x: float,
    below_title: Text,
    language: Language,
) -> list[str]:
    """One panel in its box; a figure with other drawings beside it takes it from here."""
    axis = Axis(ticks=ticks, start_px=box.bottom, end_px=box.top + _MARK_ROOM)
    slot = (box.right - box.left) / len(panel.slots)
    middles = [box.left + slot * (i + 0.5) for i in range(len(panel.slots))]
    parts = [
        rect(x - slot / 2 + 1, box.top, slot - 2, box.bottom - box.top, kind="fd-band", round_px=3)
        for x, each in zip(middles, panel.slots, strict=True)
        if each.is_marked
    ]
    labels = label_ticks(ticks)
    parts += draw_y_axis(
        axis,
        labels,
        box,
        title=panel.y_title.in_language(language),
        title_x=box.left - measure_widest(labels) - 18,
    )
    if panel.heading.en:
        words = shorten_text(panel.heading.in_language(language), box.right - heading_x)
        parts.append(text(heading_x, box.top - 8, words, kind="fd-ink fd-strong"))
    for i, x in enumerate(middles):
        parts += _draw_slot(panel, i, x, slot, axis=axis, series=series, language=language)
    parts.append(line(box.left, box.bottom, box.right, box.bottom, kind="fd-axis"))
    for x, each in zip(middles, panel.slots, strict=True):
        kind = "fd-ink fd-strong" if each.is_marked else "fd-ink"
        label = shorten_text(each.label.in_language(language), slot - 3, SMALL_SIZE)
        parts.append(text(x, box.bottom + 16, label, size=SMALL_SIZE, anchor="middle", kind=kind))
        below = shorten_text(each.below.in_language(language), slot - 3, SMALL_SIZE)
        parts.append(
            text(x, box.bottom + 16 + _LINE, below, size=SMALL_SIZE, anchor="middle", kind="fd-muted")
        )
    if below_title.en:
        under = text(
            (box.left + box.right) / 2,
            box.bottom + 16 + 2 * _LINE + 3,
            below_title.in_language(language),
            size=SMALL_SIZE,
            anchor="middle",
            kind="fd-muted",
        )
        parts.append(under)
    return parts


def _draw_slot(
    panel: LevelPanel,
    place: int,
    middle: float,
    slot: float,
    *,
    axis: Axis,
    series: Sequence[Text],
    language: Language,
) -> list[str]:
    """The bars of one slot, each with its mark and, where there is room, its value."""
    n = len(panel.values)
    width = min(_WIDEST_BAR, (slot - 10) / n)
    label = panel.slots[place].label.in_language(language)
    parts = []
    for i, row in enumerate(panel.values):
        value = row[place]
        x = middle + (i - n / 2) * width
        y = axis.place(value)
        shown = format_number(value, 1)
        tip = f"{label}: {shown}"
        drawn = [rect(x + 0.75, y, width - 1.5, axis.start_px - y, kind=_fill(i))]
        if panel.of_which is not None:
            inner = axis.place(panel.of_which[place])
            drawn = [
                rect(x + 0.75, y, width - 1.5, axis.start_px - y, kind="fd-soft"),
                rect(x + 0.75, inner, width - 1.5, axis.start_px - inner, kind="fd-fill"),
            ]
            tip += f" / {format_number(panel.of_which[place], 1)}"
        if series:
            tip = f"{series[i].in_language(language)}, {tip}"
            radius = min(3.6, width / 2.6)
            drawn.append(mark(choose_shape(i), x + width / 2, y - 7, radius=radius, kind=_fill(i)))
        elif measure_text(shown, SMALL_SIZE) <= slot:
            words = text(x + width / 2, y - 4, shown, size=SMALL_SIZE, anchor="middle")
            drawn.append(words)
        parts.append(group(name_series(i), drawn, tip=tip))
    return parts


def _describe(panels: Sequence[LevelPanel], series: Sequence[Text]) -> Text:
    names = series or (Text("", ""),)
    said_en, said_zh = [], []
    for panel in panels:
        for name, row in zip(names, panel.values, strict=True):
            pairs = list(zip(panel.slots, row, strict=True))
            opening_en = ", ".join(part for part in (panel.heading.en, name.en, panel.y_title.en) if part)
            opening_zh = "，".join(part for part in (panel.heading.zh, name.zh, panel.y_title.zh) if part)
            said_en.append(
                f"{opening_en}: " + ", ".join(f"{slot.label.en} {format_number(v, 1)}" for slot, v in pairs)
            )
            said_zh.append(
                f"{opening_zh}：" + "，".join(f"{slot.label.zh} {format_number(v, 1)}" for slot, v in pairs)
            )
    return Text("; ".join(said_en) + ".", "；".join(said_zh) + "。")
