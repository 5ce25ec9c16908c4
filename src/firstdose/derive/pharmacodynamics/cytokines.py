"""Cytokines after the infusion: peak, fold over baseline, and area under the effect from Day 0 to 14.

Here, and only here, half the limit of quantification stands for a result below it.
"""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

import msgspec

from firstdose.derive.pharmacodynamics.measurements import Measurement, select_usable
from firstdose.numerics.trapezoid import compute_linear_area
from firstdose.terms.outcomes import NotDerived

WINDOW_LAST_D = Decimal(14)
"""Peak and area are looked for from the first infusion to this day, included."""


class Peak(msgspec.Struct, frozen=True, kw_only=True):
    """Highest level in the window and its first time; ``is_imputed`` if it is half a limit."""

    level: Decimal
    time_d: Decimal
    is_imputed: bool
    source: int


class Fold(msgspec.Struct, frozen=True, kw_only=True):
    """Peak over baseline; ``is_imputed`` if either is half a limit."""

    ratio: Decimal
    is_imputed: bool
    sources: tuple[int, ...]


class EffectAreas(msgspec.Struct, frozen=True, kw_only=True):
    """Areas under a cytokine's course by straight lines [unit of the marker times days].

    ``total`` is under the level, ``net`` under the level minus baseline (signed), ``above`` and ``below`` are
    the parts over and under the baseline, both 0 or more: net = above - below.
    """

    total: float
    net: float | NotDerived
    above: float | NotDerived
    below: float | NotDerived
    n_points: int
    sources: tuple[int, ...]


def derive_cytokine_peak(
    measurements: Sequence[Measurement], *, last_d: Decimal = WINDOW_LAST_D
) -> Peak | NotDerived:
    """Highest level after the first infusion up to a day, included; the earliest of equal ones.

    Returns
    -------
    Peak
    NotDerived
        ``no_sample_after_infusion``.
    """
    window = [m for m in select_usable(measurements, after_d=Decimal(0)) if m.time_d <= last_d]
    if not window:
        return NotDerived("no_sample_after_infusion", f"no usable value from the infusion to day {last_d}")
    highest = max(window, key=_level)
    return Peak(
        level=_level(highest),
        time_d=highest.time_d,
        is_imputed=highest.is_below_quantification,
        source=highest.source,
    )


def derive_fold_over_baseline(
    peak: Peak | NotDerived, baseline: Measurement | NotDerived
) -> Fold | NotDerived:
    """Peak over the baseline before lymphodepletion.

    Returns
    -------
    Fold
    NotDerived
        The reason of the peak or of the baseline, ``no_baseline`` or ``baseline_zero``.
    """
    if isinstance(peak, NotDerived):
        return peak
    if isinstance(baseline, NotDerived):
        return baseline
    if not baseline.is_usable:
        return NotDerived("no_baseline", "the baseline gave no result")
    base = _level(baseline)
    if base == 0:
        return NotDerived("baseline_zero", "the baseline is 0")
    return Fold(
        ratio=peak.level / base,
        is_imputed=peak.is_imputed or baseline.is_below_quantification,
        sources=(baseline.source, peak.source),
    )


def derive_effect_areas(
    measurements: Sequence[Measurement],
    baseline: Measurement | NotDerived,
    *,
    last_d: Decimal = WINDOW_LAST_D,
) -> EffectAreas | NotDerived:
    """Areas from the first infusion to a day, by straight lines; an end between two samples is interpolated.

    Parameters
    ----------
    measurements : sequence of n Measurement
        The last value up to the infusion stands at its start. Of two values at one time the later of the
        record counts.
    baseline : Measurement or NotDerived
        Without one, only the total is derived.

    Returns
    -------
    EffectAreas
    NotDerived
        ``no_sample_before_infusion``, ``no_sample_after_infusion`` or ``window_not_covered`` (the last sample
        was taken before the last day).
    """
    usable = select_usable(measurements)
    before = [m for m in usable if m.time_d <= 0]
    after = {m.time_d: m for m in usable if m.time_d > 0}
    if not before:
        return NotDerived("no_sample_before_infusion", "no value to start from")
    if not after:
        return NotDerived("no_sample_after_infusion", "no usable value after the infusion")
    if max(after) < last_d:
        return NotDerived("window_not_covered", f"the last sample is of day {max(after)}")
    last = min(time_d for time_d in after if time_d >= last_d)
    used = [before[-1], *(m for time_d, m in after.items() if time_d <= last)]
    times = [0.0, *(float(m.time_d) for m in used[1:])]
    levels = [float(_level(m)) for m in used]
    total = compute_linear_area(times, levels, start=0.0, end=float(last_d))
    if isinstance(total, NotDerived):
        return total
    above, below = _parts(times, levels, baseline, float(last_d))
    net = above - below if isinstance(above, float) and isinstance(below, float) else above
    return EffectAreas(
        total=total,
        net=net,
        above=above,
        below=below,
        n_points=len(used),
        sources=tuple(m.source for m in used),
    )


def _parts(
    times: list[float], levels: list[float], baseline: Measurement | NotDerived, last_d: float
) -> tuple[float | NotDerived, float | NotDerived]:
    if isinstance(baseline, NotDerived):
        return baseline, baseline
    if not baseline.is_usable:
        missing = NotDerived("no_baseline", "the baseline gave no result")
        return missing, missing
    base = float(_level(baseline))
    crossed: list[tuple[float, float]] = [(times[0], levels[0] - base)]
    for (t1, v1), (t2, v2) in pairwise(zip(times, (level - base for level in levels), strict=True)):
        if v1 * v2 < 0:
            crossing = t1 + (t2 - t1) * v1 / (v1 - v2)
            # rounding may put the crossing on a sample; then there is nothing to insert
            if t1 < crossing < t2:
                crossed.append((crossing, 0.0))
        crossed.append((t2, v2))
    at = [time for time, _ in crossed]
    above = compute_linear_area(at, [max(v, 0.0) for _, v in crossed], start=0.0, end=last_d)
    below = compute_linear_area(at, [max(-v, 0.0) for _, v in crossed], start=0.0, end=last_d)
    return above, below


def _level(measurement: Measurement) -> Decimal:
    bound = measurement.upper_bound
    return bound / 2 if measurement.is_below_quantification else bound
