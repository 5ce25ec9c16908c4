"""The two baselines: before lymphodepletion, and before the infusion."""

from collections.abc import Sequence
from decimal import Decimal

from firstdose.derive.pharmacodynamics.measurements import Measurement, select_usable
from firstdose.terms.outcomes import NotDerived


def derive_baseline_before_lymphodepletion(
    measurements: Sequence[Measurement], first_lymphodepletion_d: Decimal
) -> Measurement | NotDerived:
    """Last value before the first lymphodepletion dose; a value at its very start is too late.

    Parameters
    ----------
    measurements : sequence of n Measurement
        One participant, one marker, in any order; missing ones are passed over.
    first_lymphodepletion_d : Decimal
        Start of the first lymphodepletion dose, from the first infusion (negative) [d].

    Returns
    -------
    Measurement
        A result below quantification is a baseline too.
    NotDerived
        ``no_baseline``.

    Examples
    --------
    >>> taken = [Measurement(time_d=Decimal(day), value=Decimal(value), source=day + 100)
    ...          for day, value in ((-20, 95), (-6, 80), (-5, 60), (0, 3))]
    >>> derive_baseline_before_lymphodepletion(taken, Decimal(-5)).value
    Decimal('80')
    """
    before = [m for m in select_usable(measurements) if m.time_d < first_lymphodepletion_d]
    return before[-1] if before else NotDerived("no_baseline", "no value before lymphodepletion")


def derive_baseline_before_infusion(
    measurements: Sequence[Measurement], first_lymphodepletion_d: Decimal
) -> Measurement | NotDerived:
    """Last value from the start of lymphodepletion to the start of the first infusion, ends included.

    The second baseline: after lymphodepletion it is abnormal by design, and it is never used for grading.

    Returns
    -------
    Measurement
    NotDerived
        ``not_measured_before_infusion``.
    """
    between = [m for m in select_usable(measurements) if first_lymphodepletion_d <= m.time_d <= 0]
    if not between:
        return NotDerived("not_measured_before_infusion", "no value between lymphodepletion and infusion")
    return between[-1]
