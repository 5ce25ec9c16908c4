"""One bar a participant: how long they were followed, and what happened when."""

from collections.abc import Sequence

import msgspec

from firstdose.deliver.figures.axes import (
    DAYS_PER_WEEK,
    Axis,
    TimeUnit,
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
    measure_widest,
)
from firstdose.deliver.figures.lines import TIME_TITLES
from firstdose.deliver.figures.style import name_series
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
from firstdose.deliver.formatting import Number, format_as_written, to_decimal
from firstdose.terms.words import Language, Text

_BAR_HEIGHT = 13.0
_ROW_HEIGHT = 25.0
_GROUP_HEIGHT = 26.0
_LONGEST_LABEL = 130.0
_NO_DATA = Text("Nobody has been infused.", "尚无受试者接受输注。")
_INFUSION = Text("Infusion", "输注")
_DLT = Text("DLT", "DLT")
_ONGOING = Text("Still followed", "随访中")
_WITHDREW = Text("Left the trial", "退出试验")


class ResponseSpan(msgspec.Struct, frozen=True, kw_only=True):
    """A response from its first day; ``last_d`` is None when it is known on one day only."""

    first_d: Number
    last_d: Number | None = None


class SwimmerBar(msgspec.Struct, frozen=True, kw_only=True):
    """A participant with days from the first infusion."""

    participant: str
    group: Text
    last_d: Number
    is_ongoing: bool
    infusions_d: tuple[Number, ...] = ()
    dlts_d: tuple[Number, ...] = ()
    responses: tuple[ResponseSpan, ...] = ()
    withdrew_d: Number | None = None


def render_swimmer(
    key: str,
    title: Text,
    bars: Sequence[SwimmerBar],
    *,
    language: Language,
    response_label: Text,
    time_unit: TimeUnit = "day",
    when_empty: Text = _NO_DATA,
) -> Figure:
    """Bars in the order handed over, those of one group under its heading."""
    if not bars:
        return figure_of_nothing(key, title, when_empty, language=language)
    days = [to_decimal(day) for bar in bars for day in (0, bar.last_d, *bar.infusions_d, *bar.dlts_d)]
    x_ticks = choose_time_ticks(min(days), max(days), time_unit)
    groups = list(dict.fromkeys(bar.group for bar in bars))
    legend, legend_height = draw_legend(
        _list_entries(response_label, language), left=MARGIN, right=WIDTH - MARGIN, top=MARGIN
    )
    names = {bar.participant: shorten_text(bar.participant, _LONGEST_LABEL, SMALL_SIZE) for bar in bars}
    left = MARGIN + measure_widest(list(names.values())) + 14
    top = MARGIN + legend_height + 6
    bottom = top + _GROUP_HEIGHT * len(groups) + _ROW_HEIGHT * len(bars) + 4
    box = Box(left, top, WIDTH - MARGIN - 22, bottom)
    x_axis = Axis(ticks=x_ticks, start_px=box.left + 6, end_px=box.right - 10)
    parts = list(legend)
    parts += [line(x_axis.place(tick), top, x_axis.place(tick), bottom, kind="fd-grid") for tick in x_ticks]
    y = top
    for i, heading in enumerate(groups):
        words = shorten_text(heading.in_language(language), WIDTH - 2 * MARGIN, SMALL_SIZE)
        parts.append(text(MARGIN, y + 17, words, size=SMALL_SIZE, kind="fd-ink fd-strong"))
        y += _GROUP_HEIGHT
        for bar in bars:
            if bar.group == heading:
                middle = y + _ROW_HEIGHT / 2 - 2
                parts.append(
                    text(
                        left - 8,
                        middle + 4,
                        names[bar.participant],
                        size=SMALL_SIZE,
                        anchor="end",
                        kind="fd-muted",
                    )
                )
                parts.append(_draw_bar(bar, i, middle, x_axis))
                y += _ROW_HEIGHT
    labels = label_ticks(x_ticks, divide_by=DAYS_PER_WEEK if time_unit == "week" else 1)
    parts += draw_x_axis(x_axis, x_ticks, labels, box, title=TIME_TITLES[time_unit].in_language(language))
    return figure_of(
        key, title, _describe(bars, response_label), parts, height=bottom + 50, language=language
    )


def _draw_bar(bar: SwimmerBar, index: int, y: float, x_axis: Axis) -> str:
    start = x_axis.place(min([to_decimal(0), *(to_decimal(day) for day in bar.infusions_d)]))
    end = x_axis.place(bar.last_d)
    drawn = [rect(start, y - _BAR_HEIGHT / 2, end - start, _BAR_HEIGHT, kind="fd-soft", round_px=2)]
    if bar.is_ongoing:
        head = [(end + 9, y), (end + 1, y - 6), (end + 1, y + 6)]
        drawn.append(path(head, kind="fd-fill", closed=True))
    own = group(name_series(index), drawn, tip=f"{bar.participant}: {format_as_written(bar.last_d)}")
    marks: list[str] = []
    for span in bar.responses:
        x = x_axis.place(span.first_d)
        last = x if span.last_d is None else x_axis.place(span.last_d)
        marks.append(
            group("fd-s3", [line(x, y, last, y, kind="fd-line", width=3), mark("circle", x, y, radius=4)])
        )
    marks += [
        group("fd-s0", [mark("triangle", x_axis.place(day), y + _BAR_HEIGHT / 2 + 1, radius=4)])
        for day in bar.infusions_d
    ]
    marks += [group("fd-s2", [mark("diamond", x_axis.place(day), y, radius=5)]) for day in bar.dlts_d]
    if bar.withdrew_d is not None:
        marks.append(group("fd-s0", [mark("cross", x_axis.place(bar.withdrew_d), y, radius=4.5)]))
    return own + "".join(marks)


def _list_entries(response_label: Text, language: Language) -> list[LegendEntry]:
    arrow = path([(8, 0), (0, -6), (0, 6)], kind="fd-fill", closed=True)
    return [
        LegendEntry(words=_INFUSION.in_language(language), kind="fd-s0", shape="triangle"),
        LegendEntry(words=_DLT.in_language(language), kind="fd-s2", shape="diamond"),
        LegendEntry(words=response_label.in_language(language), kind="fd-s3", shape="circle", dash=""),
        LegendEntry(words=_ONGOING.in_language(language), kind="fd-s1", drawn=arrow),
        LegendEntry(words=_WITHDREW.in_language(language), kind="fd-s0", shape="cross"),
    ]


def _describe(bars: Sequence[SwimmerBar], response_label: Text) -> Text:
    longest = format_as_written(max(to_decimal(bar.last_d) for bar in bars))
    n_dlt = sum(bool(bar.dlts_d) for bar in bars)
    n_response = sum(bool(bar.responses) for bar in bars)
    n_ongoing = sum(bar.is_ongoing for bar in bars)
    n_left = sum(bar.withdrew_d is not None for bar in bars)
    return Text(
        f"Follow-up of {len(bars)} participants, the longest {longest} days: {n_dlt} with a DLT, "
        f"{n_response} with {response_label.en}, {n_ongoing} still followed, {n_left} left the trial.",
        f"{len(bars)} 名受试者的随访，最长 {longest} 天：{n_dlt} 名发生 DLT，{n_response} 名达到"
        f"{response_label.zh}，{n_ongoing} 名随访中，{n_left} 名退出试验。",
    )
