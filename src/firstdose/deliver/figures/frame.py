"""The frame of a plot: axes with labels, and the legend above it."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from firstdose.deliver.figures.axes import Axis, thin_labels
from firstdose.deliver.figures.svg import (
    SMALL_SIZE,
    TEXT_SIZE,
    group,
    line,
    mark,
    measure_text,
    rect,
    shorten_text,
    text,
)

MARGIN = 4.0
_ENTRY_GAP = 20.0
_ENTRY_HEIGHT = 20.0
_SAMPLE_WIDTH = 26.0


class Box(msgspec.Struct, frozen=True):
    """The plotting area. [px]."""

    left: float
    top: float
    right: float
    bottom: float


class LegendEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A sample and its words; a sample is a line with a mark, a mark, or a patch of a ramp."""

    words: str
    kind: str
    shape: str = ""
    mark_kind: str = "fd-fill"
    dash: str | None = None
    patch: str = ""
    drawn: str = ""


def draw_legend(
    entries: Sequence[LegendEntry], *, left: float, right: float, top: float
) -> tuple[list[str], float]:
    """The entries in rows from the left, and the height that they take. [px]."""
    parts: list[str] = []
    x, y = left, top + 13
    for entry in entries:
        words = shorten_text(entry.words, right - left - _SAMPLE_WIDTH - 8)
        width = _SAMPLE_WIDTH + 6 + measure_text(words)
        if x > left and x + width > right:
            x, y = left, y + _ENTRY_HEIGHT
        middle = x + _SAMPLE_WIDTH / 2
        sample: list[str] = []
        if entry.dash is not None:
            sample.append(line(x, y - 4, x + _SAMPLE_WIDTH, y - 4, kind="fd-line", width=2, dash=entry.dash))
        if entry.shape:
            sample.append(mark(entry.shape, middle, y - 4, kind=entry.mark_kind))
        if entry.patch:
            sample.append(rect(x + 6, y - 11, 14, 14, kind=f"{entry.patch} fd-edge", round_px=2))
        if entry.drawn:
            sample.append(f'<g transform="translate({middle:.2f} {y - 4:.2f})">{entry.drawn}</g>')
        parts += [group(entry.kind, sample), text(x + _SAMPLE_WIDTH + 6, y, words)]
        x += width + _ENTRY_GAP
    return parts, (y - top + 12 if entries else 0.0)


def measure_widest(labels: Sequence[str], size: float = SMALL_SIZE) -> float:
    """The width of the widest label. [px]."""
    return max((measure_text(label, size) for label in labels), default=0.0)


def draw_y_axis(
    axis: Axis, labels: Sequence[str], box: Box, *, title: str = "", title_x: float = 0.0
) -> list[str]:
    """Grid lines and tick labels at the left, with the title turned beside them."""
    parts: list[str] = []
    for tick, label in zip(axis.ticks, labels, strict=True):
        y = axis.place(tick)
        parts += [
            line(box.left, y, box.right, y, kind="fd-grid"),
            text(box.left - 7, y + 4, label, size=SMALL_SIZE, anchor="end", kind="fd-muted"),
        ]
    if title:
        middle = (box.top + box.bottom) / 2
        room = box.bottom - box.top
        parts.append(
            text(
                title_x,
                middle,
                shorten_text(title, room),
                anchor="middle",
                kind="fd-ink",
                turned=True,
            )
        )
    return parts


def draw_x_axis(
    axis: Axis,
    ticks: Sequence[Decimal],
    labels: Sequence[str],
    box: Box,
    *,
    title: str = "",
) -> list[str]:
    """The base line with ticks and as many labels as fit, and the title under them."""
    parts = [line(box.left, box.bottom, box.right, box.bottom, kind="fd-axis")]
    places = [axis.place(tick) for tick in ticks]
    shown = thin_labels(places, labels)
    for i, x in enumerate(places):
        reach = 5 if i in shown else 3
        parts.append(line(x, box.bottom, x, box.bottom + reach, kind="fd-axis"))
        if i in shown:
            parts.append(
                text(x, box.bottom + 18, labels[i], size=SMALL_SIZE, anchor="middle", kind="fd-muted")
            )
    if title:
        room = box.right - box.left + 40
        parts.append(
            text(
                (box.left + box.right) / 2,
                box.bottom + 38,
                shorten_text(title, room, TEXT_SIZE),
                anchor="middle",
            )
        )
    return parts
