"""The expansion: how many participants in each regimen, and when toxicity closes one.

The regimens are those of :mod:`firstdose.simulate.expanded_regimens`. The places left are shared as conduct shares
them. The participants of a regimen are judged one after another, or in groups; with the DLT that takes the
posterior over its limit the regimen is closed.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from firstdose.derive.safety.stopping_boundaries import compute_bayesian_boundary
from firstdose.simulate.whole_trial.plan import ExpansionPart, ToxicityLimit
from firstdose.terms.outcomes import NotDerived


def share_places(places: int, n_regimens: int) -> tuple[int, ...]:
    """The places of each regimen, lowest first; nobody where not every regimen would get one.

    Examples
    --------
    >>> share_places(9, 2), share_places(1, 2), share_places(6, 1)
    ((5, 4), (0, 0), (6,))
    """
    if places < n_regimens:
        return (0,) * n_regimens
    left, shares = places, []
    for others in range(n_regimens, 0, -1):
        shares.append(-(-left // others))
        left -= shares[-1]
    return tuple(shares)


def count_wanted(part: ExpansionPart, n_regimens: int) -> int:
    """Participants that the plan wants in the expansion of so many regimens."""
    return min(part.cohort_size * n_regimens, part.max_participants)


@lru_cache(maxsize=64)
def compute_boundary(limit: ToxicityLimit | None, most: int) -> tuple[int | None, ...]:
    """The fewest DLTs that close a regimen after 1, 2, ... participants treated; None where no number does.

    Examples
    --------
    >>> from decimal import Decimal
    >>> compute_boundary(ToxicityLimit((Decimal(1), Decimal(1)), Decimal("0.30"), Decimal("0.90")), 6)
    (1, 2, 2, 3, 3, 4)
    """
    if limit is None:
        return (None,) * most
    found = compute_bayesian_boundary(
        range(1, most + 1), limit_rate=limit.limit_rate, probability=limit.probability, prior=limit.prior
    )
    assert not isinstance(found, NotDerived)
    return tuple(look.stop_at for look in found.looks)


def monitor(
    rate: float, places: int, boundary: Sequence[int | None], *, judged_every: int = 1
) -> NDArray[np.float64]:
    """The exact distribution of one regimen's expansion.

    Parameters
    ----------
    rate : float
        True DLT rate.
    places : int
        Participants at most.
    boundary : sequence of int or None
        The fewest DLTs that close it, after 1, 2, ... participants.
    judged_every : int
        Participants whose outcomes are known together; 1 where each is known before the next is treated.

    Returns
    -------
    array of float, 2 by places + 1 by places + 1
        ``p[closed, n, y]``: n participants, y of them with a DLT; closed is 1 where toxicity closed it.

    Examples
    --------
    >>> p = monitor(0.5, 2, (None, 2))
    >>> float(p[0, 2, 0]), float(p[0, 2, 1]), float(p[1, 2, 2])
    (0.25, 0.5, 0.25)
    """
    p = np.zeros((2, places + 1, places + 1))
    going = np.zeros(places + 1)
    going[0] = 1.0
    for n in range(1, places + 1):
        with_dlt = going[:-1] * rate
        going = going * (1 - rate)
        going[1:] += with_dlt
        closes_at = boundary[n - 1]
        if closes_at is not None and (n % judged_every == 0 or n == places):
            p[1, n, closes_at:] = going[closes_at:]
            going[closes_at:] = 0.0
    p[0, places] += going
    return p
