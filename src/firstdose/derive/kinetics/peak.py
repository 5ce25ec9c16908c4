"""The highest and the last quantifiable level."""

from decimal import Decimal

import msgspec

from firstdose.derive.kinetics.profile import Point, Profile
from firstdose.terms.outcomes import NotDerived

LATE_PEAK_FROM_D = Decimal(2)
"""The peak from day 2 on leaves out the cells just infused, which fall within hours to two days (kinetics of
CAR-NK products: the first sample after the infusion can be the highest)."""


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """A level with the time after the start of the profile, and the sample that it came from."""

    level_copies_per_ug: Decimal
    time_d: Decimal
    source: int | None


def derive_cmax(profile: Profile, *, from_d: Decimal = Decimal(0)) -> Level | NotDerived:
    """Highest quantifiable level after the infusion and its first time (Cmax, Tmax).

    Parameters
    ----------
    profile : Profile
    from_d : Decimal
        Look only at samples taken this long after the start or later [d].

    Returns
    -------
    Level
        The earliest of equal levels; ``time_d`` counts from the start of the profile.
    NotDerived
        ``no_sample_after_infusion`` or ``never_quantifiable``.
    """
    return _choose(profile, from_d=from_d, is_last=False)


def derive_cmax_from_day_2(profile: Profile) -> Level | NotDerived:
    """Highest quantifiable level from day 2 after the infusion on, that is, of the expansion."""
    return derive_cmax(profile, from_d=LATE_PEAK_FROM_D)


def derive_clast(profile: Profile) -> Level | NotDerived:
    """Last quantifiable level in the window and its time (Clast, Tlast)."""
    return _choose(profile, from_d=Decimal(0), is_last=True)


def _choose(profile: Profile, *, from_d: Decimal, is_last: bool) -> Level | NotDerived:
    points = [point for point in profile.window_points if point.time_d - profile.start_d >= from_d]
    if not points:
        return NotDerived(
            "no_sample_after_infusion", f"no usable sample from day {from_d} after the infusion"
        )
    quantifiable = [point for point in points if point.is_quantifiable]
    if not quantifiable:
        return NotDerived("never_quantifiable", "every sample was below quantification")
    chosen: Point = quantifiable[-1] if is_last else max(quantifiable, key=lambda p: p.level_copies_per_ug)
    return Level(
        level_copies_per_ug=chosen.level_copies_per_ug,
        time_d=chosen.time_d - profile.start_d,
        source=chosen.source,
    )
