"""The modified toxicity probability interval design (mTPI).

Source
------
Ji Y, Liu P, Li Y, Bekele BN. A modified toxicity probability interval method for dose-finding trials. Clin
Trials 2010;7:653-663. Three intervals, below, in and above the equivalence interval; the move is towards the
one with the highest unit probability mass, its posterior mass under a uniform prior over its width.

Ties exist: with the target 0.25 and margins of 0.05, one DLT in two participants gives "stay" and "de-escalate"
the unit probability mass 1.12 each. The paper is silent; the cautious move is taken.
"""

from fractions import Fraction

from firstdose.design.rules.keyboard import MassReason
from firstdose.design.rules.unit_mass import assign_strongest_interval, find_strongest_intervals

_REASONS: tuple[MassReason, ...] = ("mass_below_interval", "mass_in_interval", "mass_above_interval")


def assign_reason(n: int, n_dlt: int, *, low: Fraction, high: Fraction) -> MassReason:
    """Which of the three intervals around [low, high] has the highest unit probability mass.

    Examples
    --------
    >>> interval = {"low": Fraction(1, 5), "high": Fraction(3, 10)}
    >>> [assign_reason(6, y, **interval) for y in range(4)]
    ['mass_below_interval', 'mass_in_interval', 'mass_in_interval', 'mass_above_interval']
    """
    return _REASONS[assign_strongest_interval((Fraction(0), low, high, Fraction(1)), n, n_dlt)]


def is_nearly_tied(n: int, n_dlt: int, *, low: Fraction, high: Fraction) -> bool:
    """Whether floating point alone could not have told the strongest interval."""
    return len(find_strongest_intervals((Fraction(0), low, high, Fraction(1)), n, n_dlt)) > 1
