"""Upper tails of the beta distribution: in floating point for any shapes, exactly for whole ones."""

from fractions import Fraction
from math import comb

from scipy.special import betaincc


def compute_upper_tail(limit: float, a: float, b: float) -> float:
    """Probability that a Beta(a, b) variable lies above the limit.

    Parameters
    ----------
    limit : float
        Between 0 and 1, both included.
    a, b : float
        Shapes, above 0.

    Examples
    --------
    >>> round(compute_upper_tail(0.25, 4, 1), 6)
    0.996094
    """
    return float(betaincc(a, b, limit))


def compute_upper_tail_exact(limit: Fraction, a: int, b: int) -> Fraction:
    """Probability that a Beta(a, b) variable with whole shapes lies above the limit, without rounding.

    Parameters
    ----------
    limit : Fraction
        Between 0 and 1, both included.
    a, b : int
        Shapes, 1 or more.

    Source
    ------
    A Beta(a, b) variable is above the limit as often as fewer than a of a + b - 1 independent trials with
    that probability succeed (order statistics of uniform variables).

    Examples
    --------
    >>> compute_upper_tail_exact(Fraction(1, 4), 4, 1)
    Fraction(255, 256)
    """
    n_trials = a + b - 1
    above, whole = limit.numerator, limit.denominator
    below = whole - above
    ways = sum(comb(n_trials, k) * above**k * below ** (n_trials - k) for k in range(a))
    return Fraction(ways, whole**n_trials)
