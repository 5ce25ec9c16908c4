"""Duration of retention: how long the cells stay quantifiable after the first infusion."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

import msgspec

from firstdose.derive.kinetics.profile import Point, Profile
from firstdose.numerics.survival import Curve, compute_kaplan_meier
from firstdose.terms.outcomes import NotDerived


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """Time from the first infusion to the last quantifiable sample of the window.

    The cells fell below quantification after ``duration_d`` and by ``lost_by_d``, the time of the next
    sample; if the last sample was quantifiable, the duration is a lower bound (``is_censored``) and
    ``lost_by_d`` is None. A participant in whom no sample was quantifiable has a duration of 0.
    """

    duration_d: Decimal
    lost_by_d: Decimal | None
    is_censored: bool
    was_ever_quantifiable: bool
    sources: tuple[int, ...]


def derive_retention(profile: Profile) -> Retention | NotDerived:
    """Duration of retention within the window of the profile (Day 0 to 28).

    Parameters
    ----------
    profile : Profile
        From the first infusion.

    Returns
    -------
    Retention
    NotDerived
        ``no_sample_after_infusion``.

    Source
    ------
    Registered outcome: duration of retention, first dose to 4 weeks. Interval-censored between the last
    quantifiable sample and the next one, right-censored when the last sample of the window is quantifiable.
    """
    points = profile.window_points
    if not points:
        return NotDerived("no_sample_after_infusion", "no usable sample was taken in the window")
    last = max((i for i, point in enumerate(points) if point.is_quantifiable), default=None)
    if last is None:
        return _lost(profile, None, points[0])
    if last == len(points) - 1:
        return Retention(
            duration_d=points[last].time_d - profile.start_d,
            lost_by_d=None,
            is_censored=True,
            was_ever_quantifiable=True,
            sources=_sources(points[last]),
        )
    return _lost(profile, points[last], points[last + 1])


def derive_retention_to_confirmed_loss(profile: Profile) -> Retention | NotDerived:
    """Sensitivity: retention ends before the first of two consecutive samples below quantification.

    A single sample below quantification between quantifiable ones does not end it; a later quantifiable
    sample after two does not bring it back. Returns as the main definition does.
    """
    points = profile.window_points
    first = next((i for i, point in enumerate(points) if point.is_quantifiable), None)
    if first is None:
        return derive_retention(profile)
    for i, (one, next_one) in enumerate(pairwise(points)):
        if i > first and not one.is_quantifiable and not next_one.is_quantifiable:
            last_before = [point for point in points[:i] if point.is_quantifiable][-1]
            return _lost(profile, last_before, one)
    last = [point for point in points if point.is_quantifiable][-1]
    return Retention(
        duration_d=last.time_d - profile.start_d,
        lost_by_d=None,
        is_censored=True,
        was_ever_quantifiable=True,
        sources=_sources(last),
    )


def derive_retention_curve(retentions: Sequence[Retention | NotDerived]) -> Curve | NotDerived:
    """Kaplan-Meier summary over participants; those without a sample after infusion are not counted.

    The event stands at the last quantifiable sample, so the curve is of the registered duration, not of the
    unknown moment of loss between two samples.

    Examples
    --------
    >>> def lasted(day, censored):
    ...     return Retention(duration_d=Decimal(day), lost_by_d=None, is_censored=censored,
    ...                      was_ever_quantifiable=True, sources=())
    >>> derive_retention_curve([lasted(10, False), lasted(14, False), lasted(28, True)]).median
    14.0
    """
    known = [retention for retention in retentions if isinstance(retention, Retention)]
    return compute_kaplan_meier(
        [float(retention.duration_d) for retention in known],
        [not retention.is_censored for retention in known],
    )


def _lost(profile: Profile, last: Point | None, following: Point) -> Retention:
    return Retention(
        duration_d=Decimal(0) if last is None else last.time_d - profile.start_d,
        lost_by_d=following.time_d - profile.start_d,
        is_censored=False,
        was_ever_quantifiable=last is not None,
        sources=_sources(last, following),
    )


def _sources(*points: Point | None) -> tuple[int, ...]:
    return tuple(point.source for point in points if point is not None and point.source is not None)
