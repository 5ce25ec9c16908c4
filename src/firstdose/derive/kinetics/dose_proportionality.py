"""Dose proportionality of an exposure: the slope of its logarithm on the logarithm of the dose."""

from collections.abc import Sequence
from math import fsum, log, sqrt

import msgspec
from scipy.special import stdtrit

from firstdose.terms.outcomes import NotDerived

_FEWEST = 3
"""Two participants lie on every line: there is no error to judge the slope by."""


class PowerModel(msgspec.Struct, frozen=True, kw_only=True):
    """Exposure = coefficient times dose to the power of ``slope``; a slope of 1 is proportional to dose.

    ``low`` and ``high`` are the ends of the confidence interval of the slope.
    """

    slope: float
    low: float
    high: float
    coefficient_log: float
    n: int
    n_doses: int


def compute_power_model(
    doses: Sequence[float], exposures: Sequence[float], confidence: float = 0.95
) -> PowerModel | NotDerived:
    """Least-squares line through the logarithms, with Student's interval of its slope.

    Parameters
    ----------
    doses, exposures : sequences of n float
        One of each for every participant, all above 0.
    confidence : float
        Between 0 and 1, both excluded.

    Returns
    -------
    PowerModel
    NotDerived
        ``value_not_positive``, ``single_dose_level`` or ``too_few_participants`` (fewer than 3).

    Source
    ------
    Smith BP et al. Pharm Res 2000;17:1278-1283: power model for dose proportionality.

    Examples
    --------
    >>> found = compute_power_model([1.0, 2.0, 4.0, 8.0], [10.0, 20.0, 40.0, 80.0])
    >>> round(found.slope, 9), found.n_doses
    (1.0, 4)
    """
    if any(number <= 0 for number in (*doses, *exposures)):
        return NotDerived("value_not_positive", "a dose or an exposure of 0 has no logarithm")
    if len(doses) < _FEWEST:
        return NotDerived("too_few_participants", f"{len(doses)} participants, {_FEWEST} needed")
    x, y = [log(dose) for dose in doses], [log(exposure) for exposure in exposures]
    n = len(x)
    middle_x, middle_y = fsum(x) / n, fsum(y) / n
    s_xx = fsum((value - middle_x) ** 2 for value in x)
    if len(set(doses)) == 1:
        return NotDerived("single_dose_level", "a slope needs two dose levels")
    slope = fsum((a - middle_x) * (b - middle_y) for a, b in zip(x, y, strict=True)) / s_xx
    intercept = middle_y - slope * middle_x
    residual = fsum((b - intercept - slope * a) ** 2 for a, b in zip(x, y, strict=True))
    half = float(stdtrit(n - 2, (1 + confidence) / 2)) * sqrt(residual / (n - 2) / s_xx)
    return PowerModel(
        slope=slope,
        low=slope - half,
        high=slope + half,
        coefficient_log=intercept,
        n=n,
        n_doses=len(set(doses)),
    )
