"""Boundaries that stop for toxicity: how many events among how many participants are too many.

A boundary is a table of whole numbers, fixed before the first participant. How often it stops is found by
summing all sequences of outcomes, in fractions.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import comb

import msgspec

from firstdose.numerics.beta import compute_upper_tail, compute_upper_tail_exact
from firstdose.terms.outcomes import NotDerived

MARGIN = 1e-9
"""A posterior probability this near to its limit is not decided in floating point."""


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """A number of participants at which is looked, and the fewest events that stop; None if none can."""

    n: int
    stop_at: int | None


class StoppingBoundary(msgspec.Struct, frozen=True, kw_only=True):
    """The looks of a boundary, by growing numbers of participants."""

    looks: tuple[Look, ...]

    def stops(self, n: int, n_events: int) -> bool:
        """Whether so many events among so many participants stop; never where is not looked."""
        found = next((one for one in self.looks if one.n == n), None)
        return found is not None and found.stop_at is not None and n_events >= found.stop_at


class PocockBoundary(msgspec.Struct, frozen=True, kw_only=True):
    """A boundary with the tail probability that every look has at most, and how often it stops in all."""

    boundary: StoppingBoundary
    pointwise: Fraction
    p_stop_at_acceptable: Fraction


class BoundaryRow(msgspec.Struct, frozen=True, kw_only=True):
    """Consecutive looks, both ends included, that the same number of events stops."""

    first_n: int
    last_n: int
    stop_at: int


class StoppingCharacteristics(msgspec.Struct, frozen=True, kw_only=True):
    """What a boundary does under a true rate. ``p_stop_at`` has one entry for each look."""

    p_stop: Fraction
    p_stop_at: tuple[Fraction, ...]
    mean_n: Fraction
    mean_n_events: Fraction


def compute_bayesian_boundary(
    sizes: Sequence[int], *, limit_rate: Decimal, probability: Decimal, prior: tuple[Decimal, Decimal]
) -> StoppingBoundary | NotDerived:
    """Stop where the rate is above a limit with more than a probability, under a beta prior.

    Parameters
    ----------
    sizes : sequence of n int
        Numbers of participants at which is looked, strictly increasing, from 1.
    limit_rate, probability : Decimal
        Between 0 and 1; a probability exactly at its limit does not stop.
    prior : tuple of two Decimal
        Shapes of the beta distribution, above 0. Whole shapes are decided in fractions.

    Returns
    -------
    StoppingBoundary
    NotDerived
        ``sizes_not_in_order``, ``rate_out_of_range``, ``prior_out_of_range``, or ``too_near_to_decide``
        where shapes are not whole and a posterior probability is within ``MARGIN`` of its limit.

    Source
    ------
    Geller NL and others. In: Geller NL (ed). Advances in Clinical Trial Biostatistics. Marcel Dekker 2003.

    Examples
    --------
    >>> found = compute_bayesian_boundary([3, 6, 9], limit_rate=Decimal("0.30"), probability=Decimal("0.90"),
    ...                                   prior=(Decimal(1), Decimal(1)))
    >>> [(look.n, look.stop_at) for look in found.looks]
    [(3, 2), (6, 4), (9, 5)]
    """
    fault = _check(sizes, limit_rate, probability)
    if fault is not None:
        return fault
    if min(prior) <= 0:
        return NotDerived("prior_out_of_range", "the shapes of a beta prior are above 0")
    looks = []
    for n in sizes:
        stop_at = None
        # more events make the rate higher, so the first that stops is the boundary
        for n_events in range(n + 1):
            answer = _is_too_toxic(n_events, n, limit_rate, probability, prior)
            if isinstance(answer, NotDerived):
                return answer
            if answer:
                stop_at = n_events
                break
        looks.append(Look(n=n, stop_at=stop_at))
    return StoppingBoundary(looks=tuple(looks))


def compute_pocock_boundary(
    sizes: Sequence[int], *, acceptable_rate: Decimal, alpha: Decimal
) -> PocockBoundary | NotDerived:
    """Stop where so many events are as improbable under the acceptable rate as one limit for all looks allows.

    Parameters
    ----------
    sizes : sequence of n int
        Numbers of participants at which is looked, strictly increasing, from 1.
    acceptable_rate, alpha : Decimal
        Between 0 and 1: the true rate at which the boundary may be crossed at most with probability alpha.

    Returns
    -------
    PocockBoundary
        With the largest tail probability that a look attains and that keeps alpha; every limit from it up to
        the next attained one gives the same boundary.
    NotDerived
        ``sizes_not_in_order`` or ``rate_out_of_range``.

    Source
    ------
    Ivanova A, Qaqish BF, Schell MJ. Biometrics 2005;61:540-545.

    Examples
    --------
    >>> found = compute_pocock_boundary(range(1, 13), acceptable_rate=Decimal("0.20"), alpha=Decimal("0.05"))
    >>> round(float(found.p_stop_at_acceptable), 4), [look.stop_at for look in found.boundary.looks]
    (0.0489, [None, None, 3, 3, 4, 4, 5, 5, 5, 6, 6, 6])
    """
    fault = _check(sizes, acceptable_rate, alpha)
    if fault is not None:
        return fault
    rate = Fraction(acceptable_rate)
    tails = [_list_upper_tails(n, rate) for n in sizes]
    candidates = sorted({tail for one in tails for tail in one})
    best = PocockBoundary(
        boundary=_below(sizes, tails, Fraction(0)), pointwise=Fraction(0), p_stop_at_acceptable=Fraction(0)
    )
    # crossing grows with the pointwise limit, so the largest allowed one is found by halving
    low, high = 0, len(candidates)
    while low < high:
        middle = (low + high) // 2
        boundary = _below(sizes, tails, candidates[middle])
        crossed = compute_stopping_characteristics(boundary, rate).p_stop
        if crossed <= Fraction(alpha):
            best = PocockBoundary(
                boundary=boundary, pointwise=candidates[middle], p_stop_at_acceptable=crossed
            )
            low = middle + 1
        else:
            high = middle
    return best


def compute_stopping_characteristics(
    boundary: StoppingBoundary, true_rate: Fraction | Decimal
) -> StoppingCharacteristics:
    """How often a boundary stops, and after how many participants and events, under a true rate.

    Parameters
    ----------
    boundary : StoppingBoundary
        Participants are treated one by one up to its last look.
    true_rate : Fraction or Decimal
        Between 0 and 1, both included.

    Examples
    --------
    >>> one_look = StoppingBoundary(looks=(Look(n=2, stop_at=2),))
    >>> compute_stopping_characteristics(one_look, Decimal("0.5")).p_stop
    Fraction(1, 4)
    """
    rate = Fraction(true_rate)
    yes, whole = rate.numerator, rate.denominator
    # ways[k]: weight of the sequences with k events that have not stopped, over whole ** n
    ways, n, p_stop_at = [1], 0, []
    mean_n = mean_n_events = Fraction(0)
    for look in boundary.looks:
        for _ in range(look.n - n):
            ways = [
                (ways[k] * (whole - yes) if k < len(ways) else 0) + (ways[k - 1] * yes if k else 0)
                for k in range(len(ways) + 1)
            ]
        n = look.n
        first = len(ways) if look.stop_at is None else look.stop_at
        stopped = Fraction(sum(ways[first:]), whole**n)
        p_stop_at.append(stopped)
        mean_n += n * stopped
        mean_n_events += Fraction(sum(k * ways[k] for k in range(first, len(ways))), whole**n)
        ways = [way if k < first else 0 for k, way in enumerate(ways)]
    mean_n += Fraction(n * sum(ways), whole**n)
    mean_n_events += Fraction(sum(k * way for k, way in enumerate(ways)), whole**n)
    return StoppingCharacteristics(
        p_stop=sum(p_stop_at, Fraction(0)),
        p_stop_at=tuple(p_stop_at),
        mean_n=mean_n,
        mean_n_events=mean_n_events,
    )


def tabulate_boundary(boundary: StoppingBoundary) -> tuple[BoundaryRow, ...]:
    """The boundary as a protocol prints it; looks that cannot stop are left out.

    Examples
    --------
    >>> tabulate_boundary(StoppingBoundary(looks=(Look(n=2, stop_at=None), Look(n=3, stop_at=3),
    ...                                           Look(n=4, stop_at=3))))
    (BoundaryRow(first_n=3, last_n=4, stop_at=3),)
    """
    rows: list[BoundaryRow] = []
    for look in boundary.looks:
        if look.stop_at is None:
            continue
        if rows and rows[-1].stop_at == look.stop_at:
            rows[-1] = msgspec.structs.replace(rows[-1], last_n=look.n)
        else:
            rows.append(BoundaryRow(first_n=look.n, last_n=look.n, stop_at=look.stop_at))
    return tuple(rows)


def _check(sizes: Sequence[int], *shares: Decimal) -> NotDerived | None:
    if not sizes or sizes[0] < 1 or any(later <= earlier for earlier, later in pairwise(sizes)):
        return NotDerived("sizes_not_in_order", "numbers of participants grow strictly, from 1 or more")
    if not all(0 < share < 1 for share in shares):
        return NotDerived("rate_out_of_range", "rates and probabilities lie between 0 and 1")
    return None


def _is_too_toxic(
    n_events: int, n: int, limit_rate: Decimal, probability: Decimal, prior: tuple[Decimal, Decimal]
) -> bool | NotDerived:
    a, b = prior[0] + n_events, prior[1] + n - n_events
    if a == int(a) and b == int(b):
        return compute_upper_tail_exact(Fraction(limit_rate), int(a), int(b)) > Fraction(probability)
    above = compute_upper_tail(float(limit_rate), float(a), float(b))
    if abs(above - float(probability)) <= MARGIN:
        return NotDerived(
            "too_near_to_decide", f"{n_events} of {n}: the posterior probability is {above}, at its limit"
        )
    return above > float(probability)


def _list_upper_tails(n: int, rate: Fraction) -> list[Fraction]:
    """Probability of at least k events among n, for k from 0 to n."""
    yes, whole = rate.numerator, rate.denominator
    ways = [comb(n, k) * yes**k * (whole - yes) ** (n - k) for k in range(n + 1)]
    tails, above = [], 0
    for way in reversed(ways):
        above += way
        tails.append(Fraction(above, whole**n))
    return tails[::-1]


def _below(
    sizes: Sequence[int], tails: Sequence[Sequence[Fraction]], pointwise: Fraction
) -> StoppingBoundary:
    """At every look the fewest events whose upper tail is at most the limit."""
    return StoppingBoundary(
        looks=tuple(
            Look(n=n, stop_at=next((k for k, tail in enumerate(tails_of_n) if tail <= pointwise), None))
            for n, tails_of_n in zip(sizes, tails, strict=True)
        )
    )
