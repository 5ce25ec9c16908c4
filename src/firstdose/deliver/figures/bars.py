"""Stacked counts by category, for instance the worst grade of an event by cohort."""

from collections.abc import Sequence

import msgspec

from firstdose.deliver.figures.axes import Axis, choose_linear_ticks, label_ticks
from firstdose.deliver.figures.figure import Figure
from firstdose.deliver.figures.frame import (
    MARGIN,
    Box,
    LegendEntry,
    draw_legend,
    draw_y_axis,
    measure_widest,
)
from firstdose.deliver.figures.style import N_RAMP
from firstdose.deliver.figures.svg import (
    SMALL_SIZE,
    WIDTH,
    figure_of,
    figure_of_nothing,
    group,
    line,
    measure_text,
    rect,
    text,
    wrap_text,
)
from firstdose.terms.words import Language, Text

_PLOT_HEIGHT = 260.0
_LINE_HEIGHT = 14.0
_NO_DATA = Text("Nothing has been counted for this figure.", "本图尚无计数。")
_FIRST_DARK_STEP = 3


class Category(msgspec.Struct, frozen=True, kw_only=True):
    """A category in its order, lowest first; at most six have a shade of their own."""

    key: str
    label: Text


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """A bar: its label, the number it is out of, and the participants (or events) in each category."""

    label: Text
    n_all: int | None
    counts: tuple[int, ...]


def render_bars(
    key: str,
    title: Text,
    bars: Sequence[Bar],
    categories: Sequence[Category],
    *,
    language: Language,
    y_title: Text,
    when_empty: Text = _NO_DATA,
) -> Figure:
    """One bar a group, one shade a category, the count written in each part.

    Raises
    ------
    ValueError
        If there are more categories than shades, or a bar has not one count a category.
    """
    if len(categories) > N_RAMP or any(len(bar.counts) != len(categories) for bar in bars):
        raise ValueError(f"Figure {key}: at most {N_RAMP} categories, and one count each in every bar")
    if not bars or not any(any(bar.counts) for bar in bars):
        return figure_of_nothing(key, title, when_empty, language=language)
    shades = [_choose_shade(i, len(categories)) for i in range(len(categories))]
    entries = [
        LegendEntry(words=category.label.in_language(language), kind="fd-s0", patch=f"fd-r{shade}")
        for category, shade in zip(categories, shades, strict=True)
    ]
    legend, legend_height = draw_legend(entries, left=MARGIN, right=WIDTH - MARGIN, top=MARGIN)
    y_ticks = tuple(
        tick for tick in choose_linear_ticks(0, max(sum(bar.counts) for bar in bars)) if tick % 1 == 0
    )
    y_labels = label_ticks(y_ticks)
    top = MARGIN + legend_height + 8
    left = MARGIN + 20 + measure_widest(y_labels) + 10
    box = Box(left, top, WIDTH - MARGIN - 4, top + _PLOT_HEIGHT)
    y_axis = Axis(ticks=y_ticks, start_px=box.bottom, end_px=box.top)
    slot = (box.right - box.left) / len(bars)
    width = min(64.0, slot * 0.62)
    parts = [
        *legend,
        *draw_y_axis(y_axis, y_labels, box, title=y_title.in_language(language), title_x=MARGIN + 12),
    ]
    n_lines = 1
    for i, bar in enumerate(bars):
        middle = box.left + slot * (i + 0.5)
        parts.append(
            _draw_bar(bar, categories, shades, y_axis=y_axis, middle=middle, width=width, language=language)
        )
        lines = list(wrap_text(bar.label.in_language(language), slot - 8, SMALL_SIZE))
        if bar.n_all is not None:
            lines.append(f"N={bar.n_all}")
        n_lines = max(n_lines, len(lines))
        parts += [
            text(middle, box.bottom + 18 + _LINE_HEIGHT * j, words, size=SMALL_SIZE, anchor="middle")
            for j, words in enumerate(lines)
        ]
    parts.append(line(box.left, box.bottom, box.right, box.bottom, kind="fd-axis"))
    bottom = box.bottom + 18 + _LINE_HEIGHT * n_lines
    return figure_of(key, title, _describe(bars, categories), parts, height=bottom, language=language)


def _choose_shade(index: int, n: int) -> int:
    """Shades spread from light to dark, so that neighbours differ in lightness."""
    return N_RAMP - 1 if n == 1 else round(index * (N_RAMP - 1) / (n - 1))


def _draw_bar(
    bar: Bar,
    categories: Sequence[Category],
    shades: Sequence[int],
    *,
    y_axis: Axis,
    middle: float,
    width: float,
    language: Language,
) -> str:
    parts: list[str] = []
    below = 0
    for count, category, shade in zip(bar.counts, categories, shades, strict=True):
        if count == 0:
            continue
        y_low, y_high = y_axis.place(below), y_axis.place(below + count)
        below += count
        tip = f"{bar.label.in_language(language)}, {category.label.in_language(language)}: {count}"
        part = rect(middle - width / 2, y_high, width, y_low - y_high, kind=f"fd-r{shade} fd-edge")
        kind = "fd-on-dark" if shade >= _FIRST_DARK_STEP else "fd-on-light"
        words = []
        if y_low - y_high >= SMALL_SIZE + 3 and width >= measure_text(str(count), SMALL_SIZE):
            words = [
                text(
                    middle, (y_low + y_high) / 2 + 4, str(count), size=SMALL_SIZE, anchor="middle", kind=kind
                )
            ]
        parts.append(group("fd-part", [part, *words], tip=tip))
    return "".join(parts)


def _describe(bars: Sequence[Bar], categories: Sequence[Category]) -> Text:
    said_en, said_zh = [], []
    for bar in bars:
        pairs = list(zip(categories, bar.counts, strict=True))
        said_en.append(f"{bar.label.en}: " + ", ".join(f"{c.label.en} {n}" for c, n in pairs))
        said_zh.append(f"{bar.label.zh}：" + "，".join(f"{c.label.zh} {n}" for c, n in pairs))
    return Text(f"Stacked counts. {'; '.join(said_en)}.", f"堆积计数。{'；'.join(said_zh)}。")
