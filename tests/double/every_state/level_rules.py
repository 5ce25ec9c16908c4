"""What each rule makes of one level's counts, from the published definitions.

3+3 as usually printed; rolling six of Skolnik 2008; BOIN of Liu and Yuan 2015; i3+3 of Liu, Wang and Ji 2020; keyboard
of Yan 2017 and mTPI-2 of Guo 2017; mTPI of Ji 2010; TPI of Ji 2007. A letter says what the counts ask for: "E"
escalate, "S" stay, "D" de-escalate.
"""

from fractions import Fraction
from math import comb, log, sqrt

from scipy.stats import beta

TIE = 1e-9
"""Two moves nearer than this in mass are a tie, and the move that treats lower is taken."""


def three_plus_three(n: int, y: int) -> str:
    """None of three goes up, one of three is followed by three more, at most one of six goes up."""
    if y >= 2:
        return "D"
    if n == 3:
        return "E" if y == 0 else "S"
    return "E" if n >= 6 else "S"


def rolling_six(n: int, y: int) -> str:
    """With every window closed: three or more without a DLT go up, and so do six with at most one."""
    if y >= 2:
        return "D"
    if y == 0:
        return "E" if n >= 3 else "S"
    return "E" if n >= 6 else "S"


def boin(n: int, y: int, target: float, low_ratio: float = 0.6, high_ratio: float = 1.4) -> str:
    """The rate against the two boundaries that minimise the chance of a wrong move; both belong to the move."""
    lower, upper = boin_boundaries(target, low_ratio, high_ratio)
    if y / n <= lower + 1e-12:
        return "E"
    return "D" if y / n >= upper - 1e-12 else "S"


def boin_boundaries(target: float, low_ratio: float = 0.6, high_ratio: float = 1.4) -> tuple[float, float]:
    """lambda_e and lambda_d."""
    odds = target / (1 - target)
    lower, upper = (
        log((1 - rate) / (1 - target)) / log(odds * (1 - rate) / rate)
        for rate in (low_ratio * target, high_ratio * target)
    )
    return lower, upper


def i3_plus_3(n: int, y: int, low: Fraction, high: Fraction) -> str:
    """The rate below, in or above the closed interval; above, one DLT is forgiven if the rest is below."""
    rate = Fraction(y, n)
    if rate < low:
        return "E"
    if rate <= high:
        return "S"
    return "S" if Fraction(y - 1, n) < low else "D"


def keyboard(n: int, y: int, low: Fraction, high: Fraction) -> str:
    """Where the strongest key lies: keys of the target's width on both sides, ends cut at 0 and 1."""
    width = high - low
    keys = [("S", low, high)]
    edge = low
    while edge > 0:
        keys.append(("E", max(edge - width, Fraction(0)), edge))
        edge -= width
    edge = high
    while edge < 1:
        keys.append(("D", edge, min(edge + width, Fraction(1))))
        edge += width
    return _strongest([(move, _unit_mass(1 + y, 1 + n - y, a, b)) for move, a, b in keys])


def mtpi(n: int, y: int, low: Fraction, high: Fraction) -> str:
    """The largest unit probability mass among what is below, in and above the interval."""
    return _strongest(
        [
            ("E", _unit_mass(1 + y, 1 + n - y, Fraction(0), low)),
            ("S", _unit_mass(1 + y, 1 + n - y, low, high)),
            ("D", _unit_mass(1 + y, 1 + n - y, high, Fraction(1))),
        ]
    )


def tpi(n: int, y: int, target: float, above: float = 1.0, below: float = 1.5) -> str:
    """The most probability among below, in and above an interval of posterior deviations around the target."""
    a, b = 0.005 + y, 0.005 + n - y
    deviation = sqrt(a * b / ((a + b) ** 2 * (a + b + 1)))
    low, high = max(target - below * deviation, 0.0), min(target + above * deviation, 1.0)
    under, over = beta.cdf(low, a, b), beta.sf(high, a, b)
    return _strongest([("E", under), ("S", 1 - under - over), ("D", over)])


def _unit_mass(a: float, b: float, low: Fraction, high: Fraction) -> float:
    mass = beta.cdf(float(high), a, b) - beta.cdf(float(low), a, b)
    if float(low) > a / (a + b):
        mass = beta.sf(float(low), a, b) - beta.sf(float(high), a, b)
    return float(mass) / float(high - low)


def _strongest(moves: list[tuple[str, float]]) -> str:
    most = max(mass for _, mass in moves)
    tied = {move for move, mass in moves if mass > most - TIE * max(most, 1.0)}
    return next(move for move in "DSE" if move in tied)


def chance_above(n: int, y: int, rate: Fraction) -> Fraction:
    """The chance, under a uniform prior, that the DLT rate is above a rate: a binomial tail."""
    return sum((comb(n + 1, k) * rate**k * (1 - rate) ** (n + 1 - k) for k in range(y + 1)), Fraction(0))


def is_closed(n: int, y: int, rate: Fraction, certainty: Fraction) -> bool:
    """Elimination: at least three participants, and the chance above the rate exceeds the certainty."""
    return n >= 3 and chance_above(n, y, rate) > certainty
