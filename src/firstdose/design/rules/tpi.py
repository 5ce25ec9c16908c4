"""The toxicity probability interval design (TPI).

Source
------
Ji Y, Li Y, Bekele BN. Dose-finding in phase I clinical trials based on toxicity probability intervals. Clin
Trials 2007;4:235-244. The interval around the target reaches from ``k2`` posterior standard deviations below
it to ``k1`` above it, and the move is towards the interval with most posterior mass, under a Beta(0.005,
0.005) prior.

The shapes are no whole numbers and the standard deviation is a root, so masses are compared in floating point.
:func:`is_nearly_tied` names the counts at which that comparison could err; of masses that near the most
cautious move is taken.
"""

from decimal import Decimal
from math import sqrt

from scipy.special import betainc, betaincc

from firstdose.design.rules.keyboard import MassReason

PRIOR_SHAPE = 0.005
"""Both shapes of the prior (Ji, Li and Bekele 2007)."""
NEAR = 1e-9
"""Masses as near as this are taken as equal; each is computed to about 1e-14."""


def compute_masses(
    n: int, n_dlt: int, *, target_rate: Decimal, k1: Decimal, k2: Decimal
) -> tuple[float, float, float]:
    """Posterior mass below, in and above the interval around the target.

    Examples
    --------
    >>> masses = compute_masses(3, 0, target_rate=Decimal("0.25"), k1=Decimal(1), k2=Decimal("1.5"))
    >>> [round(mass, 3) for mass in masses]
    [0.998, 0.001, 0.002]
    """
    a, b = PRIOR_SHAPE + n_dlt, PRIOR_SHAPE + n - n_dlt
    spread = sqrt(a * b / ((a + b) ** 2 * (a + b + 1)))
    target = float(target_rate)
    low = max(0.0, target - float(k2) * spread)
    high = min(1.0, target + float(k1) * spread)
    below, above = float(betainc(a, b, low)), float(betaincc(a, b, high))
    return below, 1 - below - above, above


def assign_reason(n: int, n_dlt: int, *, target_rate: Decimal, k1: Decimal, k2: Decimal) -> MassReason:
    """Which of the three intervals holds most posterior mass; of nearly equal ones the cautious one.

    Examples
    --------
    >>> rule = {"target_rate": Decimal("0.25"), "k1": Decimal(1), "k2": Decimal("1.5")}
    >>> [assign_reason(3, y, **rule) for y in range(3)]
    ['mass_below_interval', 'mass_in_interval', 'mass_above_interval']
    """
    below, within, above = compute_masses(n, n_dlt, target_rate=target_rate, k1=k1, k2=k2)
    if above > max(below, within) - NEAR:
        return "mass_above_interval"
    return "mass_in_interval" if within > below - NEAR else "mass_below_interval"


def is_nearly_tied(n: int, n_dlt: int, *, target_rate: Decimal, k1: Decimal, k2: Decimal) -> bool:
    """Whether the two largest masses are too near to be told apart with certainty."""
    masses = sorted(compute_masses(n, n_dlt, target_rate=target_rate, k1=k1, k2=k2))
    return masses[2] - masses[1] < NEAR
