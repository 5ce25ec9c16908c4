"""Kinetics of each infusion of a regimen, and how the last compares with the first."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

import msgspec

from firstdose.derive.kinetics.elimination import HalfLifeGates, TerminalFit, derive_half_life
from firstdose.derive.kinetics.exposure import Area, Exposure, derive_exposure
from firstdose.derive.kinetics.peak import Level, derive_cmax
from firstdose.derive.kinetics.profile import Point, Profile, derive_profile
from firstdose.derive.kinetics.samples import Sample
from firstdose.terms.outcomes import NotDerived

_NOT_IN_ORDER = NotDerived("infusions_not_in_order", "an infusion starts before or with an earlier one")


class InfusionKinetics(msgspec.Struct, frozen=True, kw_only=True):
    """The interval from one infusion to the next, or to the end of its window for the last one.

    Times of ``cmax`` count from this infusion. ``trough`` is the sample before the next infusion; a trough
    below quantification keeps its state (``is_quantifiable``).
    """

    number: int
    start_d: Decimal
    end_d: Decimal
    cmax: Level | NotDerived
    exposure: Exposure
    trough: Point | NotDerived


class Accumulation(msgspec.Struct, frozen=True, kw_only=True):
    """Last infusion over first, both over the length of the first interval (``interval_d``)."""

    interval_d: Decimal | NotDerived
    cmax_ratio: Decimal | NotDerived
    auc_ratio: float | NotDerived


def derive_infusion_kinetics(
    samples: Sequence[Sample],
    infusion_starts_d: Sequence[Decimal],
    *,
    last_interval_d: Decimal = Decimal(28),
    last_infusion_end_d: Decimal | None = None,
    gates: HalfLifeGates | None = None,
) -> tuple[InfusionKinetics, ...] | NotDerived:
    """Peak, areas and trough of each infusion.

    Parameters
    ----------
    samples : sequence of n Sample
        One participant, in any order.
    infusion_starts_d : sequence of Decimal
        Start of each infusion given, from the first one (which is 0), earliest first [d].
    last_interval_d : Decimal
        Length of the interval of the last infusion [d].
    last_infusion_end_d : Decimal, optional
        End of the last infusion, from the first infusion [d]; its terminal phase starts after it.

    Returns
    -------
    tuple of InfusionKinetics, one for each infusion
    NotDerived
        ``no_infusion`` or ``infusions_not_in_order``.
    """
    if not infusion_starts_d:
        return NotDerived("no_infusion", "no infusion was given")
    if not _is_in_order(infusion_starts_d):
        return _NOT_IN_ORDER
    ends = [*infusion_starts_d[1:], infusion_starts_d[-1] + last_interval_d]
    n_infusions = len(infusion_starts_d)
    found = []
    for number, (start_d, end_d) in enumerate(zip(infusion_starts_d, ends, strict=True), start=1):
        is_last = number == n_infusions
        profile = derive_profile(samples, start_d=start_d, end_d=end_d, is_followed_by_infusion=not is_last)
        half_life = _half_life(profile, is_last=is_last, gates=gates, after_d=last_infusion_end_d)
        found.append(
            InfusionKinetics(
                number=number,
                start_d=start_d,
                end_d=end_d,
                cmax=derive_cmax(profile),
                exposure=derive_exposure(profile, half_life),
                trough=_trough(profile, is_last=is_last),
            )
        )
    return tuple(found)


def derive_accumulation(
    samples: Sequence[Sample], infusion_starts_d: Sequence[Decimal], *, last_interval_d: Decimal = Decimal(28)
) -> Accumulation:
    """Accumulation ratios of the peak and of the area, over intervals of equal length only.

    The last infusion is looked at for as long as the first interval lasted. The area is the one to the last
    quantifiable sample, and both intervals must be covered by samples.

    Returns
    -------
    Accumulation
        Not derived: ``single_infusion``, ``infusions_not_in_order``, ``intervals_differ`` (the last interval
        is shorter than the first), ``interval_not_covered``, or the reason why a peak or an area is missing.
    """
    if len(infusion_starts_d) < 2:  # noqa: PLR2004  # a ratio needs a first and a last infusion
        single = NotDerived("single_infusion", "fewer than two infusions were given")
        return Accumulation(interval_d=single, cmax_ratio=single, auc_ratio=single)
    if not _is_in_order(infusion_starts_d):
        return Accumulation(interval_d=_NOT_IN_ORDER, cmax_ratio=_NOT_IN_ORDER, auc_ratio=_NOT_IN_ORDER)
    length_d = infusion_starts_d[1] - infusion_starts_d[0]
    if length_d > last_interval_d:
        differ = NotDerived("intervals_differ", "the last infusion has no interval as long as the first")
        return Accumulation(interval_d=differ, cmax_ratio=differ, auc_ratio=differ)
    first = derive_profile(
        samples,
        start_d=infusion_starts_d[0],
        end_d=infusion_starts_d[1],
        is_followed_by_infusion=True,
    )
    last_d = infusion_starts_d[-1]
    last = derive_profile(samples, start_d=last_d, end_d=last_d + length_d)
    return Accumulation(
        interval_d=length_d,
        cmax_ratio=_cmax_ratio(derive_cmax(first), derive_cmax(last)),
        auc_ratio=_auc_ratio(first, last),
    )


def _is_in_order(infusion_starts_d: Sequence[Decimal]) -> bool:
    if not all(start.is_finite() for start in infusion_starts_d):
        return False
    return all(earlier < later for earlier, later in pairwise(infusion_starts_d))


def _half_life(
    profile: Profile, *, is_last: bool, gates: HalfLifeGates | None, after_d: Decimal | None
) -> TerminalFit | NotDerived:
    if not is_last:
        return NotDerived("followed_by_infusion", "the next infusion cuts the terminal phase")
    return derive_half_life(profile, gates=gates, after_d=after_d)


def _trough(profile: Profile, *, is_last: bool) -> Point | NotDerived:
    if is_last:
        return NotDerived("no_next_infusion", "a trough is the level before the next infusion")
    if profile.close is None:
        return NotDerived("no_pre_infusion_sample", "no sample was taken before the next infusion")
    return profile.close


def _cmax_ratio(first: Level | NotDerived, last: Level | NotDerived) -> Decimal | NotDerived:
    if isinstance(first, NotDerived):
        return first
    if isinstance(last, NotDerived):
        return last
    return last.level_copies_per_ug / first.level_copies_per_ug


def _auc_ratio(first: Profile, last: Profile) -> float | NotDerived:
    none = NotDerived("half_life_not_used", "the ratio takes observed areas only")
    exposures = [derive_exposure(profile, none) for profile in (first, last)]
    areas: list[Area] = []
    for exposure in exposures:
        area = exposure.to_last_quantifiable
        if isinstance(area, NotDerived):
            return area
        if not exposure.is_covered:
            return NotDerived("interval_not_covered", "samples end before the interval does")
        areas.append(area)
    if areas[0].auc_d_copies_per_ug == 0:
        return NotDerived("first_area_zero", "the first area is 0")
    return areas[1].auc_d_copies_per_ug / areas[0].auc_d_copies_per_ug
