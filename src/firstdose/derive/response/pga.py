"""Physician global assessment on its 0 to 3 scale."""

from decimal import Decimal
from typing import Literal

import msgspec

from firstdose.terms.outcomes import NotDerived

SCALE_MAX = Decimal(3)
"""0 none, 1 mild, 2 moderate, 3 severe disease activity."""


class Pga(msgspec.Struct, frozen=True, kw_only=True):
    """A physician global assessment on the 0 to 3 scale, with the value and the scale it was recorded on."""

    value: Decimal
    recorded: Decimal
    recorded_scale_max: Literal[3, 10, 100]


def compute_pga(recorded: Decimal | None, recorded_scale_max: Literal[3, 10, 100] = 3) -> Pga | NotDerived:
    """The assessment on the 0 to 3 scale.

    Parameters
    ----------
    recorded : Decimal or None
        The value as recorded.
    recorded_scale_max : 3, 10 or 100
        The end of the scale that it was recorded on; 10 cm and 100 mm lines are converted exactly.

    Returns
    -------
    Pga
        The converted value with what was recorded.
    NotDerived
        If nothing was recorded, or the value lies outside its scale.

    Examples
    --------
    >>> compute_pga(Decimal("1.5"), 10).value
    Decimal('0.45')
    >>> compute_pga(Decimal("3.1")).reason
    'out_of_range'
    """
    if recorded is None:
        return NotDerived("not_assessed", "physician global assessment was not recorded")
    if not 0 <= recorded <= recorded_scale_max:
        return NotDerived(
            "out_of_range", f"physician global assessment {recorded} is not in 0 to {recorded_scale_max}"
        )
    value = (
        recorded if recorded_scale_max == SCALE_MAX else recorded * SCALE_MAX / Decimal(recorded_scale_max)
    )
    return Pga(value=value, recorded=recorded, recorded_scale_max=recorded_scale_max)
