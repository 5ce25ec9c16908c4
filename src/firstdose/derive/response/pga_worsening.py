"""Whether the physician global assessment is worse than at baseline, as SRI and BICLA ask."""

from decimal import Decimal

from firstdose.derive.response.pga import SCALE_MAX
from firstdose.terms.outcomes import NotDerived

PGA_INCREASE_BELOW = Decimal("0.3")
"""A tenth of the 0 to 3 scale; an increase of exactly this is worse."""


def derive_pga_not_worse(
    baseline: Decimal | None, now: Decimal | None, *, increase_below: Decimal = PGA_INCREASE_BELOW
) -> bool | NotDerived:
    """Whether the assessment rose by less than the limit; both must stand on the 0 to 3 scale.

    Examples
    --------
    >>> derive_pga_not_worse(Decimal("1.00"), Decimal("1.29")), derive_pga_not_worse(Decimal(1), Decimal("1.3"))
    (True, False)
    """
    if baseline is None or now is None:
        return NotDerived("not_assessed", "physician global assessment was not recorded")
    if not (0 <= baseline <= SCALE_MAX and 0 <= now <= SCALE_MAX):
        return NotDerived("out_of_range", f"physician global assessment outside 0 to {SCALE_MAX}")
    return now - baseline < increase_below
