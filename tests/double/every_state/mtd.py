"""The MTD at the end of a part: isotonic estimates, and which of them is closest to the target."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

NEAR = 1e-9


def choose_tolerated(n: Sequence[int], y: Sequence[int], highest: int, fewest: int) -> int:
    """3+3: the highest level tried with at most one DLT in six, with enough participants where one has."""
    tried = [k for k in range(highest) if n[k] and 6 * y[k] <= n[k]]
    return max([k for k in tried if n[k] >= fewest] or tried, default=-1) + 1


def choose_closest(
    n: Sequence[int],
    y: Sequence[int],
    highest: int,
    target: Fraction,
    fewest: int,
    bound: float | None = None,
) -> int:
    """The isotonic estimate closest to the target among levels tried and open.

    Of levels with one estimate the highest is taken below the target, the lowest at it or above. Of two at the same
    distance the lower. Exact arithmetic decides where floating point would not.
    """
    tried = [k for k in range(highest) if n[k]]
    if not tried:
        return 0
    estimates: Sequence[float | Fraction] = pool([(n[k], y[k]) for k in tried])
    if _hangs([float(one) for one in estimates], float(target), bound):
        estimates = pool_exactly([(n[k], y[k]) for k in tried])
    may = [k for k in range(len(tried)) if n[tried[k]] >= fewest] or list(range(len(tried)))
    if bound is not None:
        may = [k for k in may if float(estimates[k]) <= bound]
    if not may:
        return 0

    def rank(k: int) -> tuple[float | Fraction, int]:
        estimate = estimates[k]
        if isinstance(estimate, Fraction):
            return abs(estimate - target), -k if estimate < target else k
        return abs(estimate - float(target)), -k if estimate < float(target) else k

    nearest = min(rank(k)[0] for k in may)
    return tried[min((k for k in may if rank(k)[0] == nearest), key=lambda k: rank(k)[1])] + 1


def _hangs(estimates: list[float], target: float, bound: float | None) -> bool:
    apart = sorted({round(abs(one - target), 13) for one in estimates})
    return (
        any(high - low < NEAR for low, high in pairwise(apart))
        or apart[0] < NEAR
        or (bound is not None and any(abs(one - bound) < NEAR for one in estimates))
    )


def pool(pairs: list[tuple[int, int]]) -> list[float]:
    """Pool adjacent violators of (y + 0.05) / (n + 0.1), each weighed by one over its beta variance."""
    blocks: list[list[float]] = []
    for n, y in pairs:
        a, b = y + 0.05, n - y + 0.05
        blocks.append([a / (a + b), (a + b) ** 2 * (a + b + 1) / (a * b), 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            mean, weight, size = blocks.pop()
            old = blocks[-1]
            old[0] = (old[0] * old[1] + mean * weight) / (old[1] + weight)
            old[1] += weight
            old[2] += size
    return [mean for mean, _, size in blocks for _ in range(int(size))]


def pool_exactly(pairs: list[tuple[int, int]]) -> list[Fraction]:
    """The same in fractions."""
    small = Fraction(1, 20)
    blocks: list[tuple[Fraction, Fraction, int]] = []
    for n, y in pairs:
        a, b = y + small, n - y + small
        new = (a / (a + b), (a + b) ** 2 * (a + b + 1) / (a * b), 1)
        while blocks and blocks[-1][0] > new[0]:
            mean, weight, size = blocks.pop()
            whole = weight + new[1]
            new = ((mean * weight + new[0] * new[1]) / whole, whole, size + new[2])
        blocks.append(new)
    return [mean for mean, _, size in blocks for _ in range(size)]
