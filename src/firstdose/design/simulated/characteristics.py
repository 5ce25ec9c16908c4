"""What simulated trials add up to: sums in whole numbers, and characteristics with their Monte Carlo error.

Sums are whole numbers, so parts of a simulation add up to the same result however its trials were shared out. A
standard error is that of a mean over independent trials; where a frequency is 0 or 1 it is 0 and says only that the
other outcome is rarer than about three in ``n_trials``.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import sqrt
from typing import Any

import msgspec

FEWEST_TRIALS = 2
"""Trials that a standard error needs."""
MOST_TRIALS = 1 << 62
"""Trials are numbered, and seeds counted, below this."""


class TrialSums(msgspec.Struct, frozen=True, kw_only=True):
    """Sums over the trials numbered from ``first_trial`` on, of one design in one scenario.

    ``selected`` counts the trials per selected level, none first; ``total[k]`` and ``total_dlt[k]`` those with k
    participants, or participants with a DLT, in all. ``n``, ``n_dlt``, ``n_overdose``, ``n_cohorts`` and
    ``n_seconds`` are sums over the trials, and ``..._squares`` sums of squares.
    """

    digest: str
    cap_level: int | None
    true_rates: tuple[float, ...]
    target_rate: float
    overdose_rate: float
    many_above: float
    seed: int
    first_trial: int
    n_trials: int
    selected: tuple[int, ...]
    n: tuple[int, ...]
    n_squares: tuple[int, ...]
    n_dlt: tuple[int, ...]
    n_dlt_squares: tuple[int, ...]
    total: tuple[int, ...]
    total_dlt: tuple[int, ...]
    too_toxic: int
    many_above_mtd: int
    n_overdose: int
    n_overdose_squares: int
    n_cohorts: int
    n_cohorts_squares: int
    n_seconds: int
    n_seconds_squares: int


_NAMES = (
    "digest",
    "cap_level",
    "true_rates",
    "target_rate",
    "overdose_rate",
    "many_above",
    "seed",
)
"""What parts of one simulation share."""
_TRIALS = ("first_trial", "n_trials")


class SimulatedCharacteristics(msgspec.Struct, frozen=True, kw_only=True):
    """What a design did in simulated trials; each number with its Monte Carlo standard error, ``se_...``.

    The names are those of :class:`firstdose.design.exact.final_states.OperatingCharacteristics`; ``sums`` are what
    they were computed from, to be added to those of further trials.
    """

    true_rates: tuple[float, ...]
    n_trials: int
    seed: int
    many_above: float
    overdose_rate: float
    p_selected: tuple[float, ...]
    se_p_selected: tuple[float, ...]
    p_none: float
    se_p_none: float
    mean_n_per_level: tuple[float, ...]
    se_mean_n_per_level: tuple[float, ...]
    mean_n_dlt_per_level: tuple[float, ...]
    se_mean_n_dlt_per_level: tuple[float, ...]
    mean_n: float
    se_mean_n: float
    mean_n_dlt: float
    se_mean_n_dlt: float
    p_stop_too_toxic: float
    se_p_stop_too_toxic: float
    p_stop_early: float
    se_p_stop_early: float
    p_n: tuple[float, ...]
    se_p_n: tuple[float, ...]
    p_n_dlt: tuple[float, ...]
    se_p_n_dlt: tuple[float, ...]
    p_many_above_mtd: float
    se_p_many_above_mtd: float
    p_selected_overdose: float
    se_p_selected_overdose: float
    mean_n_overdose: float
    se_mean_n_overdose: float
    mean_n_cohorts: float
    se_mean_n_cohorts: float
    mean_n_seconds: float
    se_mean_n_seconds: float
    sums: TrialSums


def add_up(parts: Sequence[TrialSums]) -> TrialSums:
    """The sums of a whole simulation from its parts, in any order.

    Parameters
    ----------
    parts : sequence of TrialSums
        Of one design in one scenario with one seed; together they number their trials without a gap.

    Raises
    ------
    ValueError
        If parts are missing, counted twice, or of different simulations.
    """
    ordered = sorted(parts, key=lambda part: part.first_trial)
    if not ordered:
        raise ValueError("there is no part to add up")
    first = ordered[0]
    for name in _NAMES:
        if any(getattr(part, name) != getattr(first, name) for part in ordered):
            raise ValueError(f"the parts differ in {name}: they are of different simulations")
    for before, after in pairwise(ordered):
        expected = before.first_trial + before.n_trials
        if after.first_trial != expected:
            raise ValueError(
                f"trial {expected} is expected and the next part begins with {after.first_trial}"
            )
    added = {
        name: _add([getattr(part, name) for part in ordered])
        for name in first.__struct_fields__
        if name not in _NAMES and name not in _TRIALS
    }
    n_trials = sum(part.n_trials for part in ordered)
    return msgspec.structs.replace(first, n_trials=n_trials, **added)


def _add(values: Sequence[Any]) -> Any:
    if isinstance(values[0], tuple):
        return tuple(map(sum, zip(*values, strict=True)))
    return sum(values)


def compute_mean(n_trials: int, total: int, squares: int) -> tuple[float, float]:
    """The mean of whole numbers over trials, and its standard error.

    Parameters
    ----------
    n_trials : int
        2 or more.
    total, squares : int
        Sum of the numbers, and of their squares.

    Examples
    --------
    >>> compute_mean(4, 2, 2)
    (0.5, 0.28867513459481287)
    """
    spread = n_trials * squares - total * total
    return total / n_trials, sqrt(spread / (n_trials * n_trials * (n_trials - 1)))


def compute_simulated_characteristics(sums: TrialSums) -> SimulatedCharacteristics:
    """The characteristics from the sums.

    Raises
    ------
    ValueError
        If there are fewer than two trials.
    """
    n_trials = sums.n_trials
    if n_trials < FEWEST_TRIALS:
        raise ValueError(f"{n_trials} trial has no standard error; simulate 2 or more")
    overdosed = sum(
        count
        for count, rate in zip(sums.selected[1:], sums.true_rates, strict=True)
        if rate > sums.overdose_rate
    )
    counts: dict[str, int | tuple[int, ...]] = {
        "p_selected": sums.selected[1:],
        "p_none": sums.selected[0],
        "p_stop_too_toxic": sums.too_toxic,
        "p_stop_early": n_trials - sums.total[-1],
        "p_n": sums.total,
        "p_n_dlt": sums.total_dlt,
        "p_many_above_mtd": sums.many_above_mtd,
        "p_selected_overdose": overdosed,
    }
    pairs: dict[str, tuple[Any, Any]] = {name: (count, count) for name, count in counts.items()}
    pairs |= {
        "mean_n_per_level": (sums.n, sums.n_squares),
        "mean_n_dlt_per_level": (sums.n_dlt, sums.n_dlt_squares),
        "mean_n": _moments(sums.total),
        "mean_n_dlt": _moments(sums.total_dlt),
        "mean_n_overdose": (sums.n_overdose, sums.n_overdose_squares),
        "mean_n_cohorts": (sums.n_cohorts, sums.n_cohorts_squares),
        "mean_n_seconds": (sums.n_seconds, sums.n_seconds_squares),
    }
    found: dict[str, Any] = {}
    for name, (total, squares) in pairs.items():
        if isinstance(total, tuple):
            means = [compute_mean(n_trials, *one) for one in zip(total, squares, strict=True)]
            found[name], found[f"se_{name}"] = (tuple(column) for column in zip(*means, strict=True))
        else:
            found[name], found[f"se_{name}"] = compute_mean(n_trials, total, squares)
    return SimulatedCharacteristics(
        true_rates=sums.true_rates,
        n_trials=n_trials,
        seed=sums.seed,
        many_above=sums.many_above,
        overdose_rate=sums.overdose_rate,
        sums=sums,
        **found,
    )


def _moments(histogram: Sequence[int]) -> tuple[int, int]:
    """The sum of numbers and of their squares, from how often each occurred."""
    return (
        sum(value * count for value, count in enumerate(histogram)),
        sum(value * value * count for value, count in enumerate(histogram)),
    )


def require_possible(
    n_levels: int, true_rates: Sequence[float], *, n_trials: int, seed: int, first_trial: int
) -> tuple[float, ...]:
    """The true rates as plain numbers.

    Raises
    ------
    ValueError
        If they, the trials or the seed cannot be.
    """
    if len(true_rates) != n_levels or not all(0 <= rate <= 1 for rate in true_rates):
        raise ValueError(f"true_rates must be {n_levels} numbers between 0 and 1")
    if n_trials < 1:
        raise ValueError(f"n_trials is {n_trials}; write 1 or more")
    if not 0 <= seed < MOST_TRIALS or not 0 <= first_trial <= MOST_TRIALS - n_trials:
        raise ValueError("seed and first_trial must be whole numbers from 0 to below 2^62")
    return tuple(float(rate) for rate in true_rates)
