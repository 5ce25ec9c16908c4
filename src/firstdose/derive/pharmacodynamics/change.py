"""Change from baseline: as a difference, in percent and as a ratio."""

from decimal import Decimal

import msgspec

from firstdose.derive.pharmacodynamics.measurements import Measurement
from firstdose.terms.outcomes import NotDerived


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """How a value differs from a baseline; each form has its own reason to be missing."""

    difference: Decimal | NotDerived
    percent: Decimal | NotDerived
    ratio: Decimal | NotDerived
    sources: tuple[int, ...]


def derive_change(measurement: Measurement, baseline: Measurement | NotDerived) -> Change:
    """Difference (value minus baseline), percent change and ratio to baseline.

    Returns
    -------
    Change
        Nothing is derived without a baseline or a value, or from a result below quantification
        (``below_quantification``, ``baseline_below_quantification``); percent and ratio are not derived from
        a baseline of 0 (``baseline_zero``).

    Examples
    --------
    >>> day_28 = Measurement(time_d=Decimal(28), value=Decimal("9.1"), source=40)
    >>> before = Measurement(time_d=Decimal(-6), value=Decimal("13.0"), source=4)
    >>> change = derive_change(day_28, before)
    >>> change.difference, change.percent, change.ratio
    (Decimal('-3.9'), Decimal('-30'), Decimal('0.7'))
    """
    if isinstance(baseline, NotDerived):
        return _nothing(baseline, (measurement.source,))
    sources = (baseline.source, measurement.source)
    if not measurement.is_usable:
        return _nothing(NotDerived("no_value", "the sample gave no result"), sources)
    if not baseline.is_usable:
        return _nothing(NotDerived("no_baseline", "the baseline gave no result"), sources)
    if baseline.is_below_quantification:
        return _nothing(NotDerived("baseline_below_quantification", "the baseline is not a number"), sources)
    if measurement.is_below_quantification:
        return _nothing(NotDerived("below_quantification", "the value is not a number"), sources)
    value, base = measurement.upper_bound, baseline.upper_bound
    difference = value - base
    if base == 0:
        zero = NotDerived("baseline_zero", "the baseline is 0")
        return Change(difference=difference, percent=zero, ratio=zero, sources=sources)
    return Change(difference=difference, percent=100 * difference / base, ratio=value / base, sources=sources)


def _nothing(reason: NotDerived, sources: tuple[int, ...]) -> Change:
    return Change(difference=reason, percent=reason, ratio=reason, sources=sources)
