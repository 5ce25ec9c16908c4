"""Areas under the transgene level, in three variants that are never mixed.

A result below quantification is a zero before the first quantifiable one, is dropped between two, and after
the last one the first such result is a zero in the middle variant only.
"""

from decimal import Decimal
from math import expm1

import msgspec

from firstdose.derive.kinetics.elimination import TerminalFit
from firstdose.derive.kinetics.profile import Point, Profile
from firstdose.numerics.trapezoid import compute_linear_up_log_down_area
from firstdose.terms.outcomes import NotDerived


class Area(msgspec.Struct, frozen=True, kw_only=True):
    """An area under the level from ``start_d`` to ``end_d`` (from the first infusion), and its points.

    ``is_end_interpolated``: the area ends between two samples. ``extrapolated_percent``: the share of the
    area that lies after the last quantifiable sample and comes from the terminal slope.
    """

    auc_d_copies_per_ug: float
    start_d: Decimal
    end_d: Decimal
    n_points: int
    is_end_interpolated: bool
    extrapolated_percent: float
    sources: tuple[int, ...]


class Exposure(msgspec.Struct, frozen=True, kw_only=True):
    """The three variants of one area, and whether samples reach the end of the interval.

    ``is_covered`` is false when the last usable sample was quantifiable and taken before the end: what
    followed is then not known, and the first two variants are areas of a shorter interval.
    """

    to_last_quantifiable: Area | NotDerived
    to_first_below_quantification: Area | NotDerived
    extrapolated: Area | NotDerived
    is_covered: bool
    is_opening_imputed: bool


def derive_exposure(
    profile: Profile,
    half_life: TerminalFit | NotDerived,
    *,
    start_d: Decimal | None = None,
    end_d: Decimal | None = None,
) -> Exposure:
    """Area under the level over an interval, by straight lines up and exponentials down.

    Parameters
    ----------
    profile : Profile
    half_life : TerminalFit or NotDerived
        For the extrapolated variant.
    start_d, end_d : Decimal, optional
        The interval, from the first infusion [d]; the whole profile unless told otherwise. An end that falls
        between two samples is interpolated.

    Returns
    -------
    Exposure
        Each variant is an area, or not derived: ``never_quantifiable``, ``no_opening``,
        ``interval_reversed``, ``before_infusion``, ``after_last_quantifiable``, ``after_last_sample``, or for
        the extrapolated one the reason why there is no half-life.
    """
    from_d = profile.start_d if start_d is None else start_d
    to_d = profile.end_d if end_d is None else end_d
    points = _timeline(profile)
    last = max((i for i, point in enumerate(points) if point.is_quantifiable), default=None)
    reason = _unusable(profile, from_d, to_d)
    if reason is None and (last is None or not any(point.is_quantifiable for point in profile.points)):
        reason = NotDerived("never_quantifiable", "every sample was below quantification")
    if reason is not None or last is None:
        nothing = reason or NotDerived("never_quantifiable", "every sample was below quantification")
        return _exposure(profile, points, to_d, (nothing, nothing, nothing))
    observed = _kept(points, last)
    with_zero = [*observed, *points[last + 1 : last + 2]]
    to_last = _area(observed, from_d, to_d, "after_last_quantifiable")
    to_zero = _area(with_zero, from_d, to_d, "after_last_sample")
    return _exposure(
        profile, points, to_d, (to_last, to_zero, _extrapolate(observed, from_d, to_d, to_last, half_life))
    )


def _unusable(profile: Profile, from_d: Decimal, to_d: Decimal) -> NotDerived | None:
    if not (from_d.is_finite() and to_d.is_finite()) or to_d <= from_d:
        return NotDerived("interval_reversed", f"the interval from {from_d} to {to_d} has no width")
    if from_d < profile.start_d:
        return NotDerived("before_infusion", f"the profile starts on day {profile.start_d}")
    if profile.opening is None:
        return NotDerived("no_opening", "no sample was taken before this infusion")
    return None


def _timeline(profile: Profile) -> list[Point]:
    """The opening, the samples, and the close moved to the start of the next infusion."""
    opening = [] if profile.opening is None else [profile.opening]
    close = profile.close
    is_moved = close is not None and profile.points[-1].time_d < close.time_d
    return [*opening, *profile.points, *([close] if close is not None and is_moved else [])]


def _kept(points: list[Point], last: int) -> list[Point]:
    first = next(i for i, point in enumerate(points) if point.is_quantifiable)
    return [point for i, point in enumerate(points[: last + 1]) if i < first or point.is_quantifiable]


def _area(points: list[Point], from_d: Decimal, to_d: Decimal, too_late: str) -> Area | NotDerived:
    last_d = points[-1].time_d
    if from_d >= last_d:
        return NotDerived(too_late, f"the interval starts on day {from_d}, the curve ends on day {last_d}")
    end_d = min(to_d, last_d)
    auc = compute_linear_up_log_down_area(
        [float(point.time_d) for point in points],
        [float(point.level_copies_per_ug) for point in points],
        start=float(from_d),
        end=float(end_d),
    )
    if isinstance(auc, NotDerived):
        return auc
    used = _around(points, from_d, end_d)
    return Area(
        auc_d_copies_per_ug=auc,
        start_d=from_d,
        end_d=end_d,
        n_points=len(used),
        is_end_interpolated=all(point.time_d != end_d for point in used),
        extrapolated_percent=0.0,
        sources=tuple(dict.fromkeys(point.source for point in used if point.source is not None)),
    )


def _around(points: list[Point], from_d: Decimal, end_d: Decimal) -> list[Point]:
    """The points from the last at or before the start to the first at or after the end."""
    first = max(i for i, point in enumerate(points) if point.time_d <= from_d)
    last = min(i for i, point in enumerate(points) if point.time_d >= end_d)
    return points[first : last + 1]


def _extrapolate(
    observed: list[Point],
    from_d: Decimal,
    to_d: Decimal,
    to_last: Area | NotDerived,
    half_life: TerminalFit | NotDerived,
) -> Area | NotDerived:
    last = observed[-1]
    if to_d <= last.time_d:
        return to_last
    if isinstance(half_life, NotDerived):
        return half_life
    lambda_z = half_life.lambda_z_per_d
    gap_d = max(0.0, float(from_d - last.time_d))
    reach_d = float(to_d - last.time_d)
    # from the last observed level, not from the fitted line
    tail = (
        float(last.level_copies_per_ug) * (expm1(-lambda_z * gap_d) - expm1(-lambda_z * reach_d)) / lambda_z
    )
    before = to_last.auc_d_copies_per_ug if isinstance(to_last, Area) else 0.0
    sources = to_last.sources if isinstance(to_last, Area) else ()
    return Area(
        auc_d_copies_per_ug=before + tail,
        start_d=from_d,
        end_d=to_d,
        n_points=to_last.n_points if isinstance(to_last, Area) else 0,
        is_end_interpolated=False,
        extrapolated_percent=100 * tail / (before + tail) if before + tail > 0 else 0.0,
        sources=tuple(dict.fromkeys((*sources, *half_life.sources))),
    )


def _exposure(
    profile: Profile,
    points: list[Point],
    to_d: Decimal,
    variants: tuple[Area | NotDerived, Area | NotDerived, Area | NotDerived],
) -> Exposure:
    to_last, to_zero, extrapolated = variants
    return Exposure(
        to_last_quantifiable=to_last,
        to_first_below_quantification=to_zero,
        extrapolated=extrapolated,
        is_covered=bool(profile.points) and (points[-1].time_d >= to_d or not points[-1].is_quantifiable),
        is_opening_imputed=profile.is_opening_imputed,
    )
