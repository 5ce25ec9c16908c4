"""Areas under a sampled curve: linear, and linear up with logarithmic down.

An area over part of a segment keeps the shape of the whole segment, so areas of two neighbouring intervals
always add up to the area of their union.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import expm1, fsum, isfinite, log1p

from firstdose.terms.outcomes import NotDerived

Shape = Callable[[float, float, float], float]
"""From the two values of a segment of width 1 and a share of that width: the area over the share."""


def compute_linear_area(
    times: Sequence[float], values: Sequence[float], *, start: float, end: float
) -> float | NotDerived:
    """Area between two times by straight lines.

    Parameters
    ----------
    times, values : sequences of n float
        Times strictly increasing.
    start, end : float
        Both within the times; a value there that was not sampled lies on the line.

    Returns
    -------
    float
    NotDerived
        ``no_samples``, ``not_a_number``, ``times_not_increasing``, ``interval_reversed`` or
        ``outside_samples``.

    Examples
    --------
    >>> compute_linear_area([0.0, 2.0, 4.0], [0.0, 10.0, 0.0], start=1.0, end=4.0)
    17.5
    """
    return _compute_area(times, values, start, end, _line)


def compute_linear_up_log_down_area(
    times: Sequence[float], values: Sequence[float], *, start: float, end: float
) -> float | NotDerived:
    """Area between two times by straight lines where the curve rises and by exponentials where it falls.

    A segment between equal values, or with a zero at either end, is a straight line: it has no exponential.

    Parameters
    ----------
    times, values : sequences of n float
        Times strictly increasing, values 0 or more.
    start, end : float
        Both within the times.

    Returns
    -------
    float
    NotDerived
        As for straight lines, and ``negative_value``.

    Source
    ------
    Purves RD. J Pharmacokinet Biopharm 1992;20:211-226: the linear-log trapezoidal rule. For a falling
    segment of width w the area is w (v1 - v2) / ln(v1 / v2).

    Examples
    --------
    >>> area = compute_linear_up_log_down_area([0.0, 1.0, 2.0], [0.0, 8.0, 4.0], start=0.0, end=2.0)
    >>> round(area, 6)  # 4, and 4 / ln 2
    9.77078
    """
    if any(value < 0 for value in values):
        return NotDerived("negative_value", "a level below 0 has no logarithm")
    return _compute_area(times, values, start, end, _line_up_exponential_down)


def _compute_area(
    times: Sequence[float], values: Sequence[float], start: float, end: float, shape: Shape
) -> float | NotDerived:
    if len(times) != len(values):
        raise ValueError(f"{len(times)} times and {len(values)} values")
    if not times:
        return NotDerived("no_samples", "there are no samples")
    if not all(isfinite(number) for number in (*times, *values, start, end)):
        return NotDerived("not_a_number", "a time or a value is not a finite number")
    if any(later <= earlier for earlier, later in pairwise(times)):
        return NotDerived(
            "times_not_increasing", "two samples have the same time or stand in the wrong order"
        )
    if end < start:
        return NotDerived("interval_reversed", f"the interval ends at {end}, before it starts at {start}")
    if start < times[0] or end > times[-1]:
        return NotDerived("outside_samples", f"samples reach from {times[0]} to {times[-1]} only")
    parts = []
    for (t1, v1), (t2, v2) in pairwise(zip(times, values, strict=True)):
        low, high = max(t1, start), min(t2, end)
        if low < high:
            width = t2 - t1
            to_high = shape(v1, v2, (high - t1) / width)
            to_low = shape(v1, v2, (low - t1) / width)
            parts.append(width * (to_high - to_low))
    return fsum(parts)


def _line(v1: float, v2: float, share: float) -> float:
    return share * (v1 + (v2 - v1) * share / 2)


def _line_up_exponential_down(v1: float, v2: float, share: float) -> float:
    if v2 >= v1 or v2 == 0:
        return _line(v1, v2, share)
    # log1p keeps the digits of a fall that is tiny beside the level
    decline = log1p((v1 - v2) / v2)
    return -v1 * expm1(-decline * share) / decline
