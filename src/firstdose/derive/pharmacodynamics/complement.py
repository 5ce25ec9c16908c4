"""Complement: C3 and C4 back in the normal range, and when."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from firstdose.derive.pharmacodynamics.measurements import Measurement
from firstdose.terms.outcomes import NotDerived


class ComplementSample(msgspec.Struct, frozen=True, kw_only=True):
    """C3 and C4 of one sample with the lower limits of normal of its laboratory, each pair in one unit."""

    time_d: Decimal
    c3: Measurement
    c4: Measurement
    c3_lln: Decimal | None
    c4_lln: Decimal | None


class TimeToNormalisation(msgspec.Struct, frozen=True, kw_only=True):
    """Time from the first infusion to the first normal sample, or until when none was normal."""

    time_d: Decimal
    had_event: bool
    sources: tuple[int, ...]


def derive_complement_normalised(sample: ComplementSample) -> bool | NotDerived:
    """Whether C3 and C4 are both at or above their lower limits.

    Returns
    -------
    bool
        False if either is known to be low, true only if both are known to be normal.
    NotDerived
        ``no_value``, ``no_lln`` or ``below_quantification``, of the part that is not known.
    """
    parts = (_is_normal(sample.c3, sample.c3_lln), _is_normal(sample.c4, sample.c4_lln))
    if any(part is False for part in parts):
        return False
    unknown = next((part for part in parts if isinstance(part, NotDerived)), None)
    return True if unknown is None else unknown


def derive_time_to_normalisation(
    baseline: ComplementSample | NotDerived, samples: Sequence[ComplementSample]
) -> TimeToNormalisation | NotDerived:
    """Time to the first sample after the infusion with C3 and C4 normal, if either was low at baseline.

    Samples that are not known to be normal or low do not extend the follow-up.

    Returns
    -------
    TimeToNormalisation
        Censored at the last sample with a known status.
    NotDerived
        ``normal_at_baseline``, ``no_sample_after_infusion``, or the reason of the baseline.
    """
    if isinstance(baseline, NotDerived):
        return baseline
    was_normal = derive_complement_normalised(baseline)
    if isinstance(was_normal, NotDerived):
        return was_normal
    if was_normal:
        return NotDerived("normal_at_baseline", "C3 and C4 were normal before lymphodepletion")
    last: ComplementSample | None = None
    for sample in sorted((s for s in samples if s.time_d > 0), key=lambda s: s.time_d):
        is_normal = derive_complement_normalised(sample)
        if is_normal is True:
            return TimeToNormalisation(time_d=sample.time_d, had_event=True, sources=_sources(sample))
        if is_normal is False:
            last = sample
    if last is None:
        return NotDerived("no_sample_after_infusion", "no sample with a known status after the infusion")
    return TimeToNormalisation(time_d=last.time_d, had_event=False, sources=_sources(last))


def _is_normal(measurement: Measurement, lln: Decimal | None) -> bool | NotDerived:
    if not measurement.is_usable:
        return NotDerived("no_value", "the sample gave no result")
    if lln is None or not lln.is_finite():
        return NotDerived("no_lln", "the laboratory gave no lower limit of normal")
    if not measurement.is_below_quantification:
        return measurement.upper_bound >= lln
    if measurement.upper_bound <= lln:
        return False
    return NotDerived("below_quantification", "the value is under its limit, which is above the normal one")


def _sources(sample: ComplementSample) -> tuple[int, ...]:
    return tuple(dict.fromkeys((sample.c3.source, sample.c4.source)))
