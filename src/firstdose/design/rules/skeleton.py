"""Skeletons of the continual reassessment method: prior guesses of the DLT rates, and what they make of it.

A skeleton decides how the method tells neighbouring levels apart. Its indifference intervals say so: with a
large sample the method settles at a level whose true DLT rate lies in that level's interval. A skeleton is
therefore calculated from the interval that is asked for, and its intervals can be calculated back.

Source
------
Cheung YK, Chappell R. A simple technique to evaluate model sensitivity in the continual reassessment method.
Biometrics 2002;58:671-674. Lee SM, Cheung YK. Model calibration in the continual reassessment method. Clin
Trials 2009;6:227-238. The R package dfcrm 0.2-2.1 has the two as ``getprior`` and ``crmsens``.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import exp, isfinite, log

from scipy.special import expit, logit

from firstdose.design.rules.crm_specification import CrmModel

SKELETON_DIGITS = 6
"""Decimal places of a skeleton that a design takes from an indifference interval."""
FURTHEST_SLOPE = 30.0
"""Log slopes beyond these limits give rates that are 0 or 1 in double precision."""


def compute_skeleton(
    *,
    half_width: float,
    target_rate: float,
    prior_mtd: int,
    n_levels: int,
    model: CrmModel = "power",
    intercept: float = 3.0,
) -> tuple[float, ...]:
    """The skeleton whose every indifference interval is the target plus and minus the half width.

    Parameters
    ----------
    half_width : float
        Above 0; the interval must lie within 0 to 1.
    target_rate : float
        Between 0 and 1.
    prior_mtd : int
        Level, from 1, that is believed to be the MTD; its prior rate is the target.
    n_levels : int
    model : {"power", "logistic", "two_parameter_logistic"}
        The two logistic models share their skeleton.
    intercept : float
        Of the logistic models.

    Returns
    -------
    tuple of float
        One per level, lowest first.

    Raises
    ------
    ValueError
        If no such skeleton exists.

    Examples
    --------
    >>> found = compute_skeleton(half_width=0.05, target_rate=0.25, prior_mtd=3, n_levels=5)
    >>> [round(rate, 3) for rate in found]
    [0.084, 0.157, 0.25, 0.355, 0.46]
    """
    low, high = target_rate - half_width, target_rate + half_width
    # a comparison with NaN is false: the sentence also meets what is not a number
    if not (half_width > 0 and 0 < low < high < 1):
        raise ValueError(f"the interval from {low} to {high} is not within 0 and 1")
    if not 1 <= prior_mtd <= n_levels:
        raise ValueError(f"the prior MTD {prior_mtd} is not one of {n_levels} levels")
    if model != "power" and not logit(high) < intercept:
        raise ValueError(f"the intercept {intercept} is not above {logit(high)}, the logit of {high}")

    # both models are h(rate) = exp(slope) * dose, with h below 0; at the slope where a level has one end of
    # the interval its neighbour has the other, so neighbouring doses keep one ratio
    def place(rate: float) -> float:
        return log(rate) if model == "power" else float(logit(rate)) - intercept

    ratio = place(low) / place(high)
    doses = [place(target_rate) * ratio ** (prior_mtd - level) for level in range(1, n_levels + 1)]
    return tuple(exp(dose) if model == "power" else float(expit(intercept + dose)) for dose in doses)


def compute_indifference_intervals(
    skeleton: Sequence[float], *, target_rate: float, model: CrmModel = "power", intercept: float = 3.0
) -> tuple[tuple[float | None, float | None], ...]:
    """For each level, the true DLT rates with which the method may settle there.

    Parameters
    ----------
    skeleton : sequence of float
        Increasing, between 0 and 1, one per level, lowest first.
    target_rate : float
    model : {"power", "logistic", "two_parameter_logistic"}
    intercept : float
        Of the logistic models.

    Returns
    -------
    tuple of pairs
        Lower and upper end; None below the lowest and above the highest level.

    Examples
    --------
    >>> found = compute_indifference_intervals([0.084, 0.157, 0.25, 0.355, 0.46], target_rate=0.25)
    >>> [tuple(round(end, 2) if end else end for end in pair) for pair in found[:2]]
    [(None, 0.3), (0.2, 0.3)]
    """
    from scipy.optimize import brentq  # noqa: PLC0415 - a quarter of the time to import the design room

    lines = [_rate_by_slope(rate, model, intercept) for rate in skeleton]
    ends: list[tuple[float | None, float | None]] = [(None, None)]
    for lower, upper in pairwise(lines):
        # the method changes its mind where the target lies midway between the two rates
        slope = brentq(
            lambda slope, lower=lower, upper=upper: lower(slope) + upper(slope) - 2 * target_rate,
            -FURTHEST_SLOPE,
            FURTHEST_SLOPE,
            xtol=1e-14,
        )
        ends[-1] = (ends[-1][0], upper(slope))
        ends.append((lower(slope), None))
    return tuple(ends)


def _rate_by_slope(rate: float, model: CrmModel, intercept: float) -> Callable[[float], float]:
    """The DLT rate of a level as a function of the log slope."""
    if not (isfinite(rate) and 0 < rate < 1):
        raise ValueError(f"the prior rate {rate} is not between 0 and 1")
    if model == "power":
        return lambda slope: rate ** exp(slope)
    return lambda slope: float(expit(intercept + exp(slope) * (logit(rate) - intercept)))
