"""Second implementation of safety measures: plain loops over plain values, written from the definitions.

Nothing of firstdose is imported. A liver sample is (second, enzyme x ULN, bilirubin x ULN or None, alkaline
phosphatase x ULN or None).
"""

from fractions import Fraction
from itertools import product
from math import exp, lgamma, log

DAY_S = 86400


def stops_in(stop_at: dict[int, int | None], true_rate: Fraction) -> tuple[Fraction, Fraction, Fraction]:
    """Probability to stop, mean participants and mean events, by writing down every sequence of outcomes."""
    last = max(stop_at)
    p_stop = mean_n = mean_events = Fraction(0)
    for outcomes in product((0, 1), repeat=last):
        weight = Fraction(1)
        for outcome in outcomes:
            weight *= true_rate if outcome else 1 - true_rate
        n, has_stopped = last, False
        for treated in range(1, last + 1):
            limit = stop_at.get(treated)
            if limit is not None and sum(outcomes[:treated]) >= limit:
                n, has_stopped = treated, True
                break
        p_stop += weight * has_stopped
        mean_n += weight * n
        mean_events += weight * sum(outcomes[:n])
    return p_stop, mean_n, mean_events


def is_hys_law(
    samples: list[tuple[int, Fraction, Fraction | None, Fraction | None]], within_d: int
) -> bool | None:
    """Hy's law from the first aminotransferase at 3 x ULN or more; None where it cannot be told."""
    samples = sorted(samples, key=lambda one: one[0])
    for second, enzyme, _, phosphatase in samples:
        if enzyme < 3:
            continue
        if phosphatase is not None and phosphatase >= 2:
            return False
        seen = [
            bilirubin
            for at, _, bilirubin, _ in samples
            if bilirubin is not None and second <= at <= second + within_d * DAY_S
        ]
        if not seen:
            return None
        if max(seen) <= 2:
            return False
        return None if phosphatase is None else True
    return False if samples else None


def poisson_at_most(n_events: int, mean: float) -> float:
    """Probability of at most so many events, term by term."""
    if mean == 0:
        return 1.0
    return sum(exp(k * log(mean) - mean - lgamma(k + 1)) for k in range(n_events + 1))


def person_seconds(first_event: list[int | None], followed: list[int]) -> int:
    """Time at risk until the first event, or the end of following."""
    return sum(end if at is None or at > end else at for at, end in zip(first_event, followed, strict=True))
