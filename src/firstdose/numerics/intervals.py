"""Exact intervals for a proportion, and the geometric mean with its interval."""

from collections.abc import Sequence
from math import exp, expm1, fsum, isfinite, log, sqrt

import msgspec
from scipy.special import betaincinv, stdtrit

from firstdose.terms.outcomes import NotDerived


class GeometricMean(msgspec.Struct, frozen=True, kw_only=True):
    """A geometric mean with its coefficient of variation and its interval.

    ``cv_percent``, ``low`` and ``high`` are not derived from a single value.
    """

    mean: float
    cv_percent: float | NotDerived
    n: int
    low: float | NotDerived
    high: float | NotDerived


def compute_clopper_pearson(
    n_success: int, n_total: int, confidence: float = 0.95
) -> tuple[float, float] | NotDerived:
    """Exact two-sided interval for a proportion; each tail keeps half of what is left, also at 0/n and n/n.

    Parameters
    ----------
    n_success, n_total : int
        How many of how many.
    confidence : float
        Between 0 and 1, both excluded.

    Returns
    -------
    tuple of two floats, lower end first
    NotDerived
        ``nobody_counted`` when the total is 0; ``count_out_of_range`` when the successes are below 0 or
        above the total; ``confidence_out_of_range``.

    Source
    ------
    Clopper CJ, Pearson ES. Biometrika 1934;26:404-413. Ends as quantiles of the beta distribution:
    BetaInv(alpha/2; x, n - x + 1) and BetaInv(1 - alpha/2; x + 1, n - x).

    Examples
    --------
    >>> low, high = compute_clopper_pearson(1, 6)
    >>> f"{low:.4f} to {high:.4f}"
    '0.0042 to 0.6412'
    >>> compute_clopper_pearson(0, 0).reason
    'nobody_counted'
    """
    if n_total == 0:
        return NotDerived("nobody_counted", "there is no estimate from 0 participants")
    if not 0 <= n_success <= n_total:
        return NotDerived("count_out_of_range", f"{n_success} of {n_total} is not a proportion")
    if not 0 < confidence < 1:
        return NotDerived("confidence_out_of_range", f"a confidence of {confidence} is not between 0 and 1")
    tail = (1 - confidence) / 2
    n_failure = n_total - n_success
    low = 0.0 if n_success == 0 else float(betaincinv(n_success, n_failure + 1, tail))
    high = 1.0 if n_failure == 0 else float(betaincinv(n_success + 1, n_failure, 1 - tail))
    return low, high


def compute_geometric_mean(values: Sequence[float], confidence: float = 0.95) -> GeometricMean | NotDerived:
    """Geometric mean, geometric coefficient of variation and Student's interval on the log scale.

    Parameters
    ----------
    values : sequence of n float
        All above 0: a zero has no logarithm, and leaving it out would change who is summarised.
    confidence : float
        Between 0 and 1, both excluded.

    Returns
    -------
    GeometricMean
        ``cv_percent`` is 100 sqrt(exp(s^2) - 1), with s the standard deviation of the natural logarithms.
    NotDerived
        ``no_values``, ``value_not_positive`` or ``confidence_out_of_range``.

    Source
    ------
    Julious SA, Debarnot CA. J Biopharm Stat 2000;10:55-71: summary of log-normal data.

    Examples
    --------
    >>> found = compute_geometric_mean([1.0, 10.0, 100.0])
    >>> round(found.mean, 10), found.n
    (10.0, 3)
    >>> compute_geometric_mean([5.0]).cv_percent.reason
    'single_value'
    """
    if not values:
        return NotDerived("no_values", "there are no values to summarise")
    if not all(isfinite(value) and value > 0 for value in values):
        return NotDerived("value_not_positive", "a geometric mean needs every value above 0")
    if not 0 < confidence < 1:
        return NotDerived("confidence_out_of_range", f"a confidence of {confidence} is not between 0 and 1")
    n = len(values)
    logarithms = [log(value) for value in values]
    centre = fsum(logarithms) / n
    if n == 1:
        single = NotDerived("single_value", "one value has no spread")
        return GeometricMean(mean=exp(centre), cv_percent=single, n=1, low=single, high=single)
    variance = fsum((logarithm - centre) ** 2 for logarithm in logarithms) / (n - 1)
    half_width = float(stdtrit(n - 1, (1 + confidence) / 2)) * sqrt(variance / n)
    return GeometricMean(
        mean=exp(centre),
        cv_percent=100 * sqrt(expm1(variance)),
        n=n,
        low=exp(centre - half_width),
        high=exp(centre + half_width),
    )
