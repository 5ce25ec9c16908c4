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
    return _write(TOP_PX + (1 - rate) * PLOT_PX)


def place_points(rates: Sequence[float]) -> tuple[Point, ...]:
    """The points of a curve, each in the middle of its level's slot."""
    return tuple(
        Point(_write(100 * (place + 0.5) / len(rates)), place_rate(rate), write_rate(rate))
        for place, rate in enumerate(rates)
    )


def place_bars(sheet: Sheet, column: int) -> tuple[Bar, ...]:
    """The selection probabilities of a design: none, then every level."""
    n_slots = len(sheet.rates) + 1
    bars = []
    for level in range(n_slots):
        cell = sheet.rows[f"p_selected_{level}" if level else "p_none"][column]
        slot, height = 100 / n_slots, BAR_PX * cell.value
        bars.append(
            Bar(
                level=level,
                x=_write(slot * (level + (1 - BAR_SHARE) / 2)),
                middle=_write(slot * (level + 0.5)),
                width=_write(slot * BAR_SHARE),
                y=_write(BAR_TOP_PX + BAR_PX - height),
                height=_write(height),
                above=_write(BAR_TOP_PX + BAR_PX - height - 5),
                text=cell.text,
            )
        )
    return tuple(bars)


def _write(number: float) -> str:
    return format(round_half_up(Decimal(repr(float(number))), 2).normalize(), "f")
