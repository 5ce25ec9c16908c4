"""The change of each participant, from the largest increase to the largest decrease."""

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
from firstdose.deliver.figures.style import choose_shape, name_series
from firstdose.deliver.figures.svg import (
    SMALL_SIZE,
    WIDTH,
    figure_of,
    figure_of_nothing,
    group,
    line,
    mark,
    rect,
    shorten_text,
    text,
    wrap_text,
)
from firstdose.deliver.formatting import Number, format_as_written, format_reason, to_decimal
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Language, Text

_PLOT_HEIGHT = 280.0
_LONGEST_LABEL = 110.0
_NO_DATA = Text("No participant has a value at baseline and later.", "尚无受试者同时具有基线值和基线后数值。")
_NOT_SHOWN = Text("Not shown", "未显示")


class WaterfallBar(msgspec.Struct, frozen=True, kw_only=True):
    """A participant's change, or why there is none."""

    participant: str
    group: Text
    change: Number | NotDerived


def render_waterfall(
    key: str,
    title: Text,
    bars: Sequence[WaterfallBar],
    *,
    language: Language,
    y_title: Text,
    thresholds: Sequence[Number] = (),
    when_empty: Text = _NO_DATA,
) -> Figure:
    """One bar a participant, coloured and marked by group; who has no value is named under the figure."""
    known = [(bar, to_decimal(bar.change)) for bar in bars if not isinstance(bar.change, NotDerived)]
    if not known:
        return figure_of_nothing(key, title, when_empty, language=language)
    known.sort(key=lambda pair: (-pair[1], pair[0].participant))
    groups = list(dict.fromkeys(bar.group for bar in bars))
    entries = [
        LegendEntry(words=shown.in_language(language), kind=name_series(i), shape=choose_shape(i))
        for i, shown in enumerate(groups)
    ]
    legend, legend_height = draw_legend(entries, left=MARGIN, right=WIDTH - MARGIN, top=MARGIN)
    heights = [change for _, change in known] + [to_decimal(each) for each in thresholds] + [to_decimal(0)]
    y_ticks = choose_linear_ticks(min(heights), max(heights))
    y_labels = label_ticks(y_ticks)
    top = MARGIN + legend_height + 12
    left = MARGIN + 20 + measure_widest(y_labels) + 10
    box = Box(left, top, WIDTH - MARGIN - 4, top + _PLOT_HEIGHT)
    y_axis = Axis(ticks=y_ticks, start_px=box.bottom, end_px=box.top)
    parts = [
        *legend,
        *draw_y_axis(y_axis, y_labels, box, title=y_title.in_language(language), title_x=MARGIN + 12),
    ]
    for threshold in thresholds:
        y = y_axis.place(threshold)
        parts.append(line(box.left, y, box.right, y, kind="fd-guide", width=1.2, dash="4 3"))
    slot = (box.right - box.left) / len(known)
    width = min(38.0, slot * 0.72)
    zero = y_axis.place(0)
    for i, (bar, change) in enumerate(known):
        x = box.left + slot * (i + 0.5)
        index, y = groups.index(bar.group), y_axis.place(change)
        beyond = y - 8 if change >= 0 else y + 8
        drawn = [rect(x - width / 2, min(y, zero), width, abs(y - zero), kind="fd-soft")]
        drawn.append(line(x - width / 2, y, x + width / 2, y, kind="fd-line", width=2))
        drawn.append(
            mark(
                choose_shape(index),
                x,
                min(max(beyond, box.top - 6), box.bottom + 6),
                radius=min(3.4, width / 3),
            )
        )
        tip = f"{bar.participant} ({bar.group.in_language(language)}): {format_as_written(change)}"
        parts.append(group(name_series(index), drawn, tip=tip))
    parts.append(line(box.left, zero, box.right, zero, kind="fd-axis"))
    names = [shorten_text(bar.participant, _LONGEST_LABEL, SMALL_SIZE) for bar, _ in known]
    longest = measure_widest(names)
    bottom = box.bottom + 14
    if slot >= longest + 4:
        parts += [
            text(
                box.left + slot * (i + 0.5),
                bottom + 10,
                name,
                size=SMALL_SIZE,
                anchor="middle",
                kind="fd-muted",
            )
            for i, name in enumerate(names)
        ]
        bottom += 16
    elif slot >= SMALL_SIZE + 1:
        parts += [
            text(
                box.left + slot * (i + 0.5) + 4,
                bottom + longest,
                name,
                size=SMALL_SIZE,
                kind="fd-muted",
                turned=True,
            )
            for i, name in enumerate(names)
        ]
        bottom += longest + 4
    missing = _list_missing(bars)
    if missing is not None:
        for words in wrap_text(missing.in_language(language), WIDTH - 2 * MARGIN, SMALL_SIZE, 6):
            bottom += 16
            parts.append(text(MARGIN, bottom, words, size=SMALL_SIZE, kind="fd-muted"))
    return figure_of(
        key, title, _describe(known, missing, y_title), parts, height=bottom + 12, language=language
    )


def _list_missing(bars: Sequence[WaterfallBar]) -> Text | None:
    absent = [
        (bar.participant, format_reason(bar.change)) for bar in bars if isinstance(bar.change, NotDerived)
    ]
    if not absent:
        return None
    en = "; ".join(f"{who} ({why.en})" for who, why in absent)
    zh = "；".join(f"{who}（{why.zh}）" for who, why in absent)
    return Text(f"{_NOT_SHOWN.en}: {en}", f"{_NOT_SHOWN.zh}：{zh}")


def _describe(known: Sequence[tuple[WaterfallBar, Number]], missing: Text | None, y_title: Text) -> Text:
    n_down = sum(change < 0 for _, change in known)
    low, high = format_as_written(known[-1][1]), format_as_written(known[0][1])
    return Text(
        f"{y_title.en} of {len(known)} participants, from {high} to {low}; {n_down} decreased. "
        f"{missing.en + '.' if missing else ''}".strip(),
        f"{len(known)} 名受试者的{y_title.zh}，从 {high} 至 {low}；{n_down} 名下降。"
        f"{missing.zh + '。' if missing else ''}",
    )
