"""The keyboard design, which is the mTPI-2 design.

Source
------
Yan F, Mandrekar SJ, Yuan Y. Keyboard: a novel Bayesian toxicity probability interval design for phase I
clinical trials. Clin Cancer Res 2017;23:3994-4003. Guo W, Wang SJ, Yang S, Lynn H, Ji Y. A Bayesian interval
dose-finding design addressing Ockham's razor: mTPI-2. Contemp Clin Trials 2017;58:23-33.

The scale from 0 to 1 is cut into keys as wide as the target key; the move is towards the key with most
posterior mass under a uniform prior. What is left over at either end is shorter, and counts by its mass per
width, as in mTPI-2. The posterior has one peak, so where a whole key stands beside the rest, both forms of the
design decide alike.
"""

from fractions import Fraction
from functools import lru_cache
from typing import Literal

from firstdose.design.rules.unit_mass import assign_strongest_interval, find_strongest_intervals

MassReason = Literal["mass_below_interval", "mass_in_interval", "mass_above_interval"]


@lru_cache(maxsize=64)
def compute_key_edges(low: Fraction, high: Fraction) -> tuple[tuple[Fraction, ...], int]:
    """The ends of all keys, and the place (from 0) of the target key.

    Examples
    --------
    >>> edges, place = compute_key_edges(Fraction(1, 5), Fraction(1, 2))
    >>> [str(edge) for edge in edges], place
    (['0', '1/5', '1/2', '4/5', '1'], 1)
    """
    width = high - low
    below = [low - k * width for k in range(int(low / width), 0, -1)]
    if not below or below[0] > 0:
        below.insert(0, Fraction(0))
    below = [edge for edge in below if edge < low]
    above = [high + k * width for k in range(1, int((1 - high) / width) + 1)]
    edges = [*below, low, high, *above]
    if edges[-1] < 1:
        edges.append(Fraction(1))
    return tuple(edges), edges.index(low)


def assign_reason(n: int, n_dlt: int, *, low: Fraction, high: Fraction) -> MassReason:
    """Where the strongest key lies from the target key [low, high].

    Examples
    --------
    >>> target_key = {"low": Fraction(1, 5), "high": Fraction(3, 10)}
    >>> [assign_reason(6, y, **target_key) for y in range(3)]
    ['mass_below_interval', 'mass_below_interval', 'mass_above_interval']
    """
    edges, target = compute_key_edges(low, high)
    strongest = assign_strongest_interval(edges, n, n_dlt)
    if strongest == target:
        return "mass_in_interval"
    return "mass_below_interval" if strongest < target else "mass_above_interval"


def is_nearly_tied(n: int, n_dlt: int, *, low: Fraction, high: Fraction) -> bool:
    """Whether floating point alone could not have told the move: keys on different sides are nearly equal."""
    edges, target = compute_key_edges(low, high)
    near = find_strongest_intervals(edges, n, n_dlt)
    return len({(place > target) - (place < target) for place in near}) > 1
