"""Where points and bars stand; across in per cent, so that a drawing is as wide as the screen lets it be."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from firstdose.faces.web.design_sheet import Sheet
from firstdose.terms.measures import round_half_up

TOP_PX, PLOT_PX, FOOT_PX = 26, 300, 8
"""Of the curve: above the rate 1, from it down to the rate 0, and below."""
BAR_TOP_PX, BAR_PX, BAR_FOOT_PX = 18, 92, 20
"""Of the bars, likewise for probabilities."""
TICKS = ("0.0", "0.2", "0.4", "0.6", "0.8", "1.0")
BAR_SHARE = 0.72
"""Of its slot, how much a bar fills."""


class Point(msgspec.Struct, frozen=True):
    """The rate of a level: its place across [%] and down [px], and how the rate is written."""

    x: str
    y: str
    text: str


class Bar(msgspec.Struct, frozen=True):
    """The probability that a level is selected; level 0 is none."""

    level: int
    x: str
    middle: str
    width: str
    y: str
    height: str
    above: str
    text: str


def write_rate(rate: float) -> str:
    """A rate as a person writes it: two decimals, more where they are there.

    Examples
    --------
    >>> write_rate(0.1), write_rate(0.125)
    ('0.10', '0.125')
    """
    text = f"{rate:.6f}".rstrip("0")
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.ljust(2, '0')}"


def place_rate(rate: float) -> str:
    """How far down a rate stands. [px]."""
    return write_place(TOP_PX + (1 - rate) * PLOT_PX)


def place_points(rates: Sequence[float]) -> tuple[Point, ...]:
    """The points of a curve, each in the middle of its level's slot."""
    return tuple(
        Point(write_place(100 * (place + 0.5) / len(rates)), place_rate(rate), write_rate(rate))
        for place, rate in enumerate(rates)
    )


def place_bars(sheet: Sheet, column: int) -> tuple[Bar, ...]:
    """The selection probabilities of a design: none, then every level."""
    keys = ["p_none", *(f"p_selected_{level}" for level in range(1, len(sheet.rates) + 1))]
    cells = [sheet.rows[key][column] for key in keys]
    return place_selection([cell.value for cell in cells], [cell.text for cell in cells])


def place_selection(p_selected: Sequence[float], texts: Sequence[str]) -> tuple[Bar, ...]:
    """Probabilities of selection with how they are written: of none, then of every level."""
    slot = 100 / len(p_selected)
    bars = []
    for level, (p, text) in enumerate(zip(p_selected, texts, strict=True)):
        height = BAR_PX * p
        bars.append(
            Bar(
                level=level,
                x=write_place(slot * (level + (1 - BAR_SHARE) / 2)),
                middle=write_place(slot * (level + 0.5)),
                width=write_place(slot * BAR_SHARE),
                y=write_place(BAR_TOP_PX + BAR_PX - height),
                height=write_place(height),
                above=write_place(BAR_TOP_PX + BAR_PX - height - 5),
                text=text,
            )
        )
    return tuple(bars)


def write_place(number: float) -> str:
    """A place or a length with two decimals at most."""
    return format(round_half_up(Decimal(repr(float(number))), 2).normalize(), "f")
