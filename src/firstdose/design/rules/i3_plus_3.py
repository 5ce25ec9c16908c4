"""The i3+3 design.

Source
------
Liu M, Wang SJ, Ji Y. The i3+3 design for phase I clinical trials. J Biopharm Stat 2020;30:294-304. Below the
equivalence interval: escalate; in it, both ends included: stay; above it: de-escalate, unless one DLT fewer
would have been below it, then stay. Exclusion of a level as in the other interval designs.
"""

from fractions import Fraction
from typing import Literal

IntervalReason = Literal[
    "rate_below_interval", "rate_in_interval", "rate_above_interval_by_one_dlt", "rate_above_interval"
]


def assign_reason(n: int, n_dlt: int, *, low: Fraction, high: Fraction) -> IntervalReason:
    """Where the observed rate lies from the equivalence interval [low, high], compared in whole numbers.

    Examples
    --------
    >>> interval = {"low": Fraction(1, 5), "high": Fraction(3, 10)}
    >>> [assign_reason(3, y, **interval) for y in range(3)]
    ['rate_below_interval', 'rate_above_interval_by_one_dlt', 'rate_above_interval']
    """
    rate = Fraction(n_dlt, n)
    if rate < low:
        return "rate_below_interval"
    if rate <= high:
        return "rate_in_interval"
    if Fraction(n_dlt - 1, n) < low:
        return "rate_above_interval_by_one_dlt"
    return "rate_above_interval"
