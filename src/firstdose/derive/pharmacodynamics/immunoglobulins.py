"""Immunoglobulins: under the lower limit of normal, severe IgG loss, and the marks of replacement."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from firstdose.derive.pharmacodynamics.measurements import Measurement
from firstdose.numerics.intervals import compute_clopper_pearson
from firstdose.terms.outcomes import NotDerived

SEVERE_IGG_BELOW_G_PER_L = Decimal(4)
"""IgG under this, or replacement given, is an event of special interest (assumed)."""

_NO_VALUE = NotDerived("no_value", "the sample gave no result")


class ProportionBelow(msgspec.Struct, frozen=True, kw_only=True):
    """How many of those measured were under the limit, with the exact 95 % interval."""

    n_below: int
    n_known: int
    n_not_known: int
    proportion: float
    low: float
    high: float


def derive_is_below_lln(measurement: Measurement, lln: Decimal | None) -> bool | NotDerived:
    """Whether a value is under the lower limit of normal of its laboratory, in the same unit.

    A result below quantification is under the limit if its own limit is not above it.

    Returns
    -------
    bool
    NotDerived
        ``no_value``, ``no_lln`` or ``below_quantification``.

    Examples
    --------
    >>> derive_is_below_lln(Measurement(time_d=Decimal(28), value=Decimal("7.0"), source=1), Decimal("7.0"))
    False
    """
    if not measurement.is_usable:
        return _NO_VALUE
    if lln is None or not lln.is_finite():
        return NotDerived("no_lln", "the laboratory gave no lower limit of normal")
    return _is_under(measurement, lln)


def derive_proportion_below_lln(statuses: Sequence[bool | NotDerived]) -> ProportionBelow | NotDerived:
    """Proportion under the lower limit among the participants with a known status.

    Returns
    -------
    ProportionBelow
    NotDerived
        ``nobody_counted``.
    """
    known = [status for status in statuses if isinstance(status, bool)]
    n_below = sum(known)
    interval = compute_clopper_pearson(n_below, len(known))
    if isinstance(interval, NotDerived):
        return interval
    return ProportionBelow(
        n_below=n_below,
        n_known=len(known),
        n_not_known=len(statuses) - len(known),
        proportion=n_below / len(known),
        low=interval[0],
        high=interval[1],
    )


def derive_is_igg_severe(
    igg_g_per_l: Measurement, *, below_g_per_l: Decimal = SEVERE_IGG_BELOW_G_PER_L
) -> bool | NotDerived:
    """Whether IgG is under a limit, 4 g/L unless the study says otherwise.

    Returns
    -------
    bool
    NotDerived
        ``no_value`` or ``below_quantification``.
    """
    return _is_under(igg_g_per_l, below_g_per_l) if igg_g_per_l.is_usable else _NO_VALUE


def derive_hypogammaglobulinaemia_of_interest(
    *,
    is_igg_severe: bool | NotDerived,
    was_replacement_given: bool | NotDerived,
) -> bool | NotDerived:
    """Event of special interest: IgG under 4 g/L or replacement given; true if either is known true.

    Examples
    --------
    >>> derive_hypogammaglobulinaemia_of_interest(
    ...     is_igg_severe=NotDerived("no_value"), was_replacement_given=True)
    True
    """
    parts = (is_igg_severe, was_replacement_given)
    if any(part is True for part in parts):
        return True
    unknown = next((part for part in parts if isinstance(part, NotDerived)), None)
    return False if unknown is None else unknown


def derive_is_after_ivig(time_d: Decimal, ivig_times_d: Sequence[Decimal], *, carry_over_d: Decimal) -> bool:
    """Whether an IgG value carries the mark of replacement: IVIG was given up to ``carry_over_d`` before it.

    A value at the very time of IVIG counts as taken before it; one exactly at the end still carries the mark.

    Examples
    --------
    >>> [derive_is_after_ivig(Decimal(day), [Decimal(30)], carry_over_d=Decimal(90)) for day in (30, 31, 121)]
    [False, True, False]
    """
    return any(0 < time_d - given_d <= carry_over_d for given_d in ivig_times_d)


def _is_under(measurement: Measurement, limit: Decimal) -> bool | NotDerived:
    bound = measurement.upper_bound
    if not measurement.is_below_quantification:
        return bound < limit
    if bound <= limit:
        return True
    return NotDerived(
        "below_quantification", f"the value is under {bound}, which may be above or under {limit}"
    )
