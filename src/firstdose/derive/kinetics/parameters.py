"""All kinetics parameters of one participant over the whole course, from the first infusion to Day 28."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from firstdose.derive.kinetics.elimination import HalfLifeGates, TerminalFit, derive_half_life
from firstdose.derive.kinetics.exposure import Exposure, derive_exposure
from firstdose.derive.kinetics.infusions import (
    Accumulation,
    InfusionKinetics,
    derive_accumulation,
    derive_infusion_kinetics,
)
from firstdose.derive.kinetics.peak import Level, derive_clast, derive_cmax, derive_cmax_from_day_2
from firstdose.derive.kinetics.profile import derive_profile
from firstdose.derive.kinetics.retention import Retention, derive_retention
from firstdose.derive.kinetics.samples import Sample, SetAside
from firstdose.terms.outcomes import NotDerived

RULES = "cellular-kinetics-1"
"""Linear up, logarithmic down; below quantification zero, dropped, zero by position; best falling window."""


class KineticsParameters(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of one participant; each is a value with its sources or the reason why there is none.

    Levels are copies per microgram of genomic DNA, times days from the first infusion, areas days times
    copies per microgram.
    """

    cmax: Level | NotDerived
    cmax_from_day_2: Level | NotDerived
    clast: Level | NotDerived
    exposure: Exposure
    half_life: TerminalFit | NotDerived
    retention: Retention | NotDerived
    infusions: tuple[InfusionKinetics, ...] | NotDerived
    accumulation: Accumulation
    n_points: int
    set_aside: tuple[SetAside, ...]
    rules: str = RULES


def derive_kinetics_parameters(
    samples: Sequence[Sample],
    *,
    infusion_starts_d: Sequence[Decimal] = (Decimal(0),),
    last_infusion_end_d: Decimal | None = None,
    window_last_d: Decimal = Decimal(28),
    gates: HalfLifeGates | None = None,
) -> KineticsParameters:
    """Cellular kinetics of one participant, overall and for each infusion.

    Parameters
    ----------
    samples : sequence of n Sample
        In any order.
    infusion_starts_d : sequence of Decimal
        Start of each infusion given, from the first one, earliest first [d].
    last_infusion_end_d : Decimal, optional
        End of the last infusion [d]; its start if not known.
    window_last_d : Decimal
        Last day of the window of the registered outcomes [d].
    gates : HalfLifeGates, optional
        What a half-life must reach.

    Examples
    --------
    >>> def sample(day, level, source):
    ...     return Sample(nominal_time_h=None, actual_time_d=Decimal(day), transgene_level=Decimal(level),
    ...                   state="quantifiable", lloq=Decimal(50), source=source)
    >>> found = derive_kinetics_parameters([sample(1, 800, 11), sample(14, 6400, 12), sample(28, 100, 13)])
    >>> found.cmax.level_copies_per_ug, found.cmax.time_d, found.retention.is_censored
    (Decimal('6400'), Decimal('14'), True)
    >>> found.half_life.reason
    'too_few_points'
    """
    profile = derive_profile(samples, end_d=window_last_d)
    after_d = last_infusion_end_d
    if after_d is None and infusion_starts_d:
        after_d = infusion_starts_d[-1]
    half_life = derive_half_life(profile, gates=gates, after_d=after_d)
    return KineticsParameters(
        cmax=derive_cmax(profile),
        cmax_from_day_2=derive_cmax_from_day_2(profile),
        clast=derive_clast(profile),
        exposure=derive_exposure(profile, half_life),
        half_life=half_life,
        retention=derive_retention(profile),
        infusions=derive_infusion_kinetics(
            samples,
            infusion_starts_d,
            last_interval_d=window_last_d,
            last_infusion_end_d=last_infusion_end_d,
            gates=gates,
        ),
        accumulation=derive_accumulation(samples, infusion_starts_d, last_interval_d=window_last_d),
        n_points=len(profile.window_points),
        set_aside=profile.set_aside,
    )
