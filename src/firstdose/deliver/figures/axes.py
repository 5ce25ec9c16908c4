"""Which ticks an axis has, and where a value stands on it.

Ticks are multiples of 1, 2 or 5 times a power of ten (time: of whole days or weeks, or simple parts of them),
between 3 and 9 of them, the first at or below the data and the last at or above.
"""

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from typing import Literal

import msgspec

from firstdose.deliver.figures.svg import SMALL_SIZE, measure_text
from firstdose.deliver.formatting import MINUS, Number, format_power_of_ten, to_decimal

MOST_TICKS = 9
FEWEST_TICKS = 3
TimeUnit = Literal["day", "week"]
DAYS_PER_WEEK = 7

_DAY_STEPS = (
    "0.01",
    "0.02",
    "0.05",
    "0.1",
    "0.25",
    "0.5",
    "1",
    "2",
    "4",
    "7",
    "14",
    "28",
    "56",
    "84",
    "168",
    "336",
)
_WEEK_STEPS = ("0.25", "0.5", "1", "2", "4", "8", "12", "24", "52", "104")
_PRECISION = 700
_LARGEST_PLAIN_EXPONENT = 4
_SMALLEST_PLAIN_EXPONENT = -3


class Axis(msgspec.Struct, frozen=True, kw_only=True):
    """An axis from its first to its last tick, between two places of the drawing [px]."""

    ticks: tuple[Decimal, ...]
    start_px: float
    end_px: float
    is_log: bool = False

    def place(self, value: Number) -> float:
        """Where a value stands; a value outside stands at the nearer end. [px].

        Examples
        --------
        >>> Axis(ticks=(Decimal(0), Decimal(5), Decimal(10)), start_px=100, end_px=0).place(2.5)
        75.0
        """
        low, high = self.ticks[0], self.ticks[-1]
        exact = min(max(to_decimal(value), low), high)
        if self.is_log:
            # logarithms of decimals: ticks under the smallest float are still above zero
            share = float((exact.log10() - low.log10()) / (high.log10() - low.log10()))
        else:
            share = float((exact - low) / (high - low))
        return self.start_px + share * (self.end_px - self.start_px)


def choose_linear_ticks(low: Number, high: Number) -> tuple[Decimal, ...]:
    """Round ticks that cover the values from low to high.

    Examples
    --------
    >>> [str(tick) for tick in choose_linear_ticks(0, 23)]
    ['0', '5', '10', '15', '20', '25']
    """
    with localcontext() as context:
        context.prec = _PRECISION
        first, last = _widen(to_decimal(low), to_decimal(high))
        exponent = ((last - first) / MOST_TICKS).adjusted()
        for digits in ("1", "2", "5", "10", "20", "50"):
            ticks = _multiples(first, last, Decimal(digits).scaleb(exponent))
            if len(ticks) <= MOST_TICKS:
                return _at_least_three(ticks)
    raise AssertionError("a step of fifty ninths of the range gives fewer than nine ticks")


def choose_log_ticks(low: Number, high: Number) -> tuple[Decimal, ...]:
    """Powers of ten that cover positive values; 1, 2 and 5 times them where the values are close.

    Examples
    --------
    >>> [str(tick) for tick in choose_log_ticks(30, 54000)]
    ['10', '100', '1000', '10000', '100000']
    >>> [str(tick) for tick in choose_log_ticks(3, 4)]
    ['2', '5', '10']
    """
    lowest, highest = sorted((to_decimal(low), to_decimal(high)))
    if lowest <= 0:
        raise ValueError("a logarithmic axis begins above zero")
    decades = range(lowest.adjusted(), _decade_above(highest) + 1)
    if len(decades) <= FEWEST_TICKS:
        fine = [Decimal(digit).scaleb(e) for e in range(decades[0], decades[-1] + 2) for digit in (1, 2, 5)]
        start = max(i for i, tick in enumerate(fine) if tick <= lowest)
        stop = min(i for i, tick in enumerate(fine) if tick >= highest)
        if stop - start < MOST_TICKS:
            return tuple(_plain(tick) for tick in fine[start : max(stop, start + FEWEST_TICKS - 1) + 1])
    step = -(-(len(decades) - 1) // (MOST_TICKS - 1)) or 1
    exponents = list(range(decades[0], decades[-1] + 1, step))
    while exponents[-1] < decades[-1] or len(exponents) < FEWEST_TICKS:
        exponents.append(exponents[-1] + step)
    return tuple(_plain(Decimal(1).scaleb(exponent)) for exponent in exponents)


def choose_time_ticks(first_d: Number, last_d: Number, unit: TimeUnit = "day") -> tuple[Decimal, ...]:
    """Ticks in days or weeks that cover the days from first to last. [d].

    Examples
    --------
    >>> [str(tick) for tick in choose_time_ticks(0, 28)]
    ['0', '4', '8', '12', '16', '20', '24', '28']
    >>> [str(tick) for tick in choose_time_ticks(0, 360, "week")]
    ['0', '56', '112', '168', '224', '280', '336', '392']
    """
    with localcontext() as context:
        context.prec = _PRECISION
        first, last = _widen(to_decimal(first_d), to_decimal(last_d))
        per_unit = DAYS_PER_WEEK if unit == "week" else 1
        steps = [Decimal(step) * per_unit for step in (_WEEK_STEPS if unit == "week" else _DAY_STEPS)]
        while (last - first) / steps[-1] > MOST_TICKS - FEWEST_TICKS:
            steps.append(steps[-1] * 2)
        for step in steps:
            ticks = _multiples(first, last, step)
            if len(ticks) <= MOST_TICKS:
                return _at_least_three(ticks)
    raise AssertionError("the last step is longer than a sixth of the range")


def label_ticks(ticks: Sequence[Decimal], *, is_log: bool = False, divide_by: int = 1) -> tuple[str, ...]:
    """The ticks as they are written: all with the same decimal places, or all as powers of ten.

    Examples
    --------
    >>> label_ticks(choose_linear_ticks(0, 1))
    ('0.0', '0.2', '0.4', '0.6', '0.8', '1.0')
    >>> label_ticks(choose_log_ticks(1, 1e6))
    ('1', '10', '10²', '10³', '10⁴', '10⁵', '10⁶')
    """
    with localcontext() as context:
        context.prec = _PRECISION
        values = [_plain(tick / divide_by) for tick in ticks]
    exponents = [value.adjusted() for value in values if value]
    if exponents and (max(exponents) > _LARGEST_PLAIN_EXPONENT or min(exponents) < _SMALLEST_PLAIN_EXPONENT):
        return tuple(_label_in_powers(value) for value in values)
    places = 0 if is_log else max(0, *(-int(value.as_tuple().exponent) for value in values))
    return tuple((f"{value:f}" if is_log else f"{value:.{places}f}").replace("-", MINUS) for value in values)


def thin_labels(
    places_px: Sequence[float], labels: Sequence[str], *, size: float = SMALL_SIZE, gap_px: float = 6
) -> tuple[int, ...]:
    """Which labels, set in the middle of their places, may stand without touching; from the left.

    Examples
    --------
    >>> thin_labels([0, 5, 60], ["Day 0", "Day 1", "Day 14"])
    (0, 2)
    """
    kept: list[int] = []
    free_from = float("-inf")
    for i in sorted(range(len(labels)), key=lambda j: places_px[j]):
        half = measure_text(labels[i], size) / 2
        if places_px[i] - half >= free_from:
            kept.append(i)
            free_from = places_px[i] + half + gap_px
    return tuple(kept)


def _widen(low: Decimal, high: Decimal) -> tuple[Decimal, Decimal]:
    first, last = min(low, high), max(low, high)
    if first != last:
        return first, last
    if first == 0:
        return Decimal(0), Decimal(1)
    return min(first, Decimal(0)), max(last, Decimal(0))


def _multiples(low: Decimal, high: Decimal, step: Decimal) -> tuple[Decimal, ...]:
    first = (low / step).to_integral_value(ROUND_FLOOR)
    last = (high / step).to_integral_value(ROUND_CEILING)
    if last - first > 2 * MOST_TICKS:
        return (Decimal(0),) * (MOST_TICKS + 1)
    return tuple(_plain((first + i) * step) for i in range(int(last - first) + 1))


def _at_least_three(ticks: tuple[Decimal, ...]) -> tuple[Decimal, ...]:
    if len(ticks) >= FEWEST_TICKS:
        return ticks
    return (*ticks, _plain(2 * ticks[-1] - ticks[-2]))


def _decade_above(number: Decimal) -> int:
    return number.adjusted() + (0 if number == Decimal(1).scaleb(number.adjusted()) else 1)


def _plain(number: Decimal) -> Decimal:
    """The number without trailing zeros and without an exponent above zero; no minus zero."""
    if number == 0:
        return Decimal(0)
    short = number.normalize()
    return short if int(short.as_tuple().exponent) <= 0 else Decimal(f"{short:f}")


def _label_in_powers(value: Decimal) -> str:
    if value == 0:
        return "0"
    exponent = value.adjusted()
    digits = _plain(value.scaleb(-exponent))
    if exponent in {0, 1}:
        return f"{value:f}".replace("-", MINUS)
    power = format_power_of_ten(exponent)
    written = power if abs(digits) == 1 else f"{abs(digits):f}×{power}"
    return MINUS + written if value < 0 else written
