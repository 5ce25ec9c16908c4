"""The course of the transgene level after an infusion: its opening, its samples and its close."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from firstdose.derive.kinetics.samples import Sample, SetAside, derive_usable_samples

PRE_INFUSION_SPAN_D = Decimal(1)
"""A sample up to a day before an infusion stands for the level at its start (assumed)."""


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """A usable sample: its actual time from the first infusion, and its level (0 if not quantifiable)."""

    time_d: Decimal
    level_copies_per_ug: Decimal
    is_quantifiable: bool
    source: int | None
    """None for the zero that stands before the first infusion when no sample was taken."""
    is_in_window: bool = True
    """Whether the sample belongs to the window of the profile, by nominal time if it has one."""


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """One participant's course from the start of an infusion.

    ``opening`` stands at ``start_d``: the last sample before the infusion, a zero before the first one, or
    None. ``close`` is the sample taken before the next infusion, standing at ``end_d``; it is also the
    opening of the next interval. ``points`` are the samples after the start, earliest first, at their own
    times.
    """

    start_d: Decimal
    end_d: Decimal
    opening: Point | None
    points: tuple[Point, ...]
    close: Point | None
    set_aside: tuple[SetAside, ...]

    @property
    def is_opening_imputed(self) -> bool:
        """Whether the zero at the start was not measured."""
        return self.opening is not None and self.opening.source is None

    @property
    def window_points(self) -> tuple[Point, ...]:
        """The samples that belong to the window from the start to ``end_d``."""
        return tuple(point for point in self.points if point.is_in_window)


def derive_profile(
    samples: Sequence[Sample],
    *,
    start_d: Decimal = Decimal(0),
    end_d: Decimal = Decimal(28),
    is_followed_by_infusion: bool = False,
    pre_infusion_span_d: Decimal = PRE_INFUSION_SPAN_D,
) -> Profile:
    """Cut one participant's samples to the course from one infusion on.

    A sample taken at the very start of an infusion was taken before it. Whether a sample belongs to the
    window is read from its nominal time, so a Day 28 sample drawn on day 28.1 is the Day 28 sample; every
    number is then computed from the actual time.

    Parameters
    ----------
    samples : sequence of n Sample
        One participant, in any order.
    start_d, end_d : Decimal
        Start of the infusion and end of its window, from the first infusion [d]. Samples after the end are
        kept for interpolation, unless another infusion follows there.
    is_followed_by_infusion : bool
        Whether ``end_d`` is the start of the next infusion.
    pre_infusion_span_d : Decimal
        How long before an infusion a sample may stand for its start [d].

    Examples
    --------
    >>> sample = Sample(nominal_time_h=Decimal(24), actual_time_d=Decimal("1.1"), lloq=Decimal(50),
    ...                 transgene_level=Decimal(900), state="quantifiable", source=8)
    >>> profile = derive_profile([sample])
    >>> profile.is_opening_imputed, profile.points[0].time_d
    (True, Decimal('1.1'))
    """
    usable = derive_usable_samples(samples)
    timed = [(sample.actual_time_d, sample) for sample in usable.samples if sample.actual_time_d is not None]

    def stands_at(moment_d: Decimal) -> Point | None:
        before = [s for t, s in timed if moment_d - pre_infusion_span_d <= t <= moment_d]
        return _point(before[-1], moment_d) if before else None

    opening = stands_at(start_d)
    if opening is None and start_d == 0:
        opening = Point(time_d=start_d, level_copies_per_ug=Decimal(0), is_quantifiable=False, source=None)
    last_d = end_d if is_followed_by_infusion else None
    points = tuple(
        _point(sample, time_d, is_in_window=_is_in_window(sample, time_d, end_d))
        for time_d, sample in timed
        if time_d > start_d and (last_d is None or time_d <= last_d)
    )
    close = stands_at(end_d) if is_followed_by_infusion else None
    return Profile(
        start_d=start_d,
        end_d=end_d,
        opening=opening,
        points=points,
        # the sample that opened the interval cannot close it too
        close=close if points and close is not None and close.source == points[-1].source else None,
        set_aside=usable.set_aside,
    )


def _point(sample: Sample, time_d: Decimal, *, is_in_window: bool = True) -> Point:
    level = sample.transgene_level if sample.is_quantifiable else None
    return Point(
        time_d=time_d,
        level_copies_per_ug=Decimal(0) if level is None else level,
        is_quantifiable=sample.is_quantifiable,
        source=sample.source,
        is_in_window=is_in_window,
    )


def _is_in_window(sample: Sample, time_d: Decimal, end_d: Decimal) -> bool:
    nominal_h = sample.nominal_time_h
    if nominal_h is None or not nominal_h.is_finite():
        return time_d <= end_d
    return nominal_h <= end_d * 24
