"""TITE-BOIN and TITE-CRM again, from the definitions of the papers, in floating point, one participant at a time."""

from collections.abc import Sequence
from math import exp, log, sqrt

from scipy.integrate import quad
from scipy.special import expit

REACH = 9.0


def lambdas(target: float, p1: float, p2: float) -> tuple[float, float]:
    """Where a rate is as likely under the target as under p1, and as under p2."""
    low = (log(1 - p1) - log(1 - target)) / (log(target / (1 - target)) - log(p1 / (1 - p1)))
    high = (log(1 - target) - log(1 - p2)) / (log(p2 / (1 - p2)) - log(target / (1 - target)))
    return low, high


def rate_by_effective_number(y: int, n_done: int, shares: Sequence[float]) -> float:
    """DLTs over the sum of weights: 1 for each evaluable, the share seen for each pending."""
    weights = [1.0] * n_done + list(shares)
    return y / sum(weights) if y else 0.0


def rate_by_imputation(y: int, n_done: int, shares: Sequence[float], target: float) -> float:
    """Mean outcome when each pending one is replaced by what is expected of it, odds times the part unseen."""
    a, b = target / 2, 1 - target / 2
    mean = (a + y) / (a + b + n_done)
    outcomes = [1.0] * y + [0.0] * (n_done - y) + [(1 - w) * mean / (1 - mean) for w in shares]
    return sum(outcomes) / len(outcomes)


def boin_moves(
    y: int,
    n_done: int,
    shares: Sequence[float],
    target: float,
    p1: float,
    p2: float,
    estimate: str,
    *,
    suspend_above: float,
    fewest: int,
    near: float,
) -> set[str]:
    """Moves that are right within a distance from the limits: one, or two where a limit is so near."""
    low, high = lambdas(target, p1, p2)
    n = n_done + len(shares)
    certain = y / n - high
    if certain > near:
        return {"de_escalate"}
    moves = {"de_escalate"} if certain > -near else set()
    if len(shares) / n > suspend_above:
        return moves | {"suspend"}
    up = "suspend" if shares and n_done < fewest else "escalate"
    below_target = y / n < target
    if estimate == "imputed":
        rate = rate_by_imputation(y, n_done, shares, target)
        room = {"up", "stay"} if below_target else {"stay", "down"}
    else:
        rate, room = rate_by_effective_number(y, n_done, shares), {"up", "stay", "down"}
    if "up" in room and rate <= low + near:
        moves.add(up)
    if "down" in room and rate >= high - near:
        moves.add("de_escalate")
    is_up, is_down = "up" in room and rate <= low - near, "down" in room and rate >= high + near
    if not is_up and not is_down:
        moves.add("stay")
    return moves


def curve(model: str, skeleton: float, b: float, intercept: float) -> float:
    """DLT rate of a level."""
    if model == "power":
        return float(skeleton ** exp(b))
    x = log(skeleton / (1 - skeleton)) - intercept
    return float(expit(intercept + exp(b) * x))


def tite_mean(
    model: str,
    skeleton: Sequence[float],
    participants: Sequence[tuple[int, bool, float]],
    variance: float = 1.34,
    intercept: float = 3.0,
) -> float:
    """Posterior mean of b from participants given as place of the level, DLT, and weight."""
    sd = sqrt(variance)

    def likelihood(b: float) -> float:
        product = exp(-(b**2) / (2 * variance))
        for place, has_dlt, weight in participants:
            rate = curve(model, skeleton[place], b, intercept)
            product *= rate if has_dlt else 1 - weight * rate
        return product

    # a first coarse look: quad must be told where the mass is
    grid = [-REACH * sd + 2 * REACH * sd * k / 400 for k in range(401)]
    top = max(grid, key=likelihood)
    scale = likelihood(top)
    low, high = -REACH * sd, REACH * sd

    def integral(power: int) -> float:
        value, _ = quad(
            lambda b: (b - low) ** power * likelihood(b) / scale,
            low,
            high,
            points=[top],
            limit=400,
            epsabs=0.0,
            epsrel=1e-10,
        )
        return float(value)

    return integral(1) / integral(0) + low


def closest_level(
    model: str, skeleton: Sequence[float], b: float, target: float, intercept: float = 3.0
) -> int:
    """The level, from 1, whose rate at b is nearest to the target."""
    gaps = [abs(curve(model, rate, b, intercept) - target) for rate in skeleton]
    return 1 + gaps.index(min(gaps))
