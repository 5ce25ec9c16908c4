"""What trials on a calendar add up to.

Counts are added up as whole numbers. Durations are kept trial by trial, in the order of the trials, and everything told
about them is computed from the whole array: parts of a simulation add up to the last bit. They take 16 bytes a trial.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import sqrt
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from firstdose.design.simulated.characteristics import FEWEST_TRIALS, compute_mean

QUANTILES = (0.05, 0.5, 0.95)
"""Of the durations told."""

Floats = NDArray[np.float64]


class TimedSums(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What the trials numbered from ``first_trial`` on add up to.

    ``selected`` counts trials per selected level, none first; ``n`` and ``n_dlt`` are sums by level, and
    ``..._squares`` sums of squares. The two arrays have one value per trial, in their order.
    """

    question: str
    true_rates: tuple[float, ...]
    seed: int
    first_trial: int
    n_trials: int
    selected: tuple[int, ...]
    n: tuple[int, ...]
    n_squares: tuple[int, ...]
    n_dlt: tuple[int, ...]
    n_dlt_squares: tuple[int, ...]
    total: int
    total_squares: int
    too_toxic: int
    n_backfilled: int
    n_backfilled_squares: int
    duration_d: Floats
    suspended_d: Floats


class TimedCharacteristics(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What a design did on its calendar; each number with its Monte Carlo standard error, ``se_...``.

    ``mean_duration_d`` runs from the first infusion to the last decision, and ``duration_quantiles_d`` are its 5, 50
    and 95 % quantiles. ``mean_suspended_d`` is the time in it during which nobody could be treated, because the rule
    waited or a review was held. ``mean_n_per_level`` includes the ``mean_n_backfilled``.
    """

    true_rates: tuple[float, ...]
    n_trials: int
    seed: int
    p_selected: tuple[float, ...]
    se_p_selected: tuple[float, ...]
    p_none: float
    se_p_none: float
    p_stop_too_toxic: float
    se_p_stop_too_toxic: float
    mean_n_per_level: tuple[float, ...]
    se_mean_n_per_level: tuple[float, ...]
    mean_n_dlt_per_level: tuple[float, ...]
    se_mean_n_dlt_per_level: tuple[float, ...]
    mean_n: float
    se_mean_n: float
    mean_n_backfilled: float
    se_mean_n_backfilled: float
    mean_duration_d: float
    se_mean_duration_d: float
    duration_quantiles_d: tuple[float, ...]
    se_duration_quantiles_d: tuple[float, ...]
    mean_suspended_d: float
    se_mean_suspended_d: float
    sums: TimedSums


def add_up_timed(parts: Sequence[TimedSums]) -> TimedSums:
    """The sums of a whole simulation from its parts, in any order.

    Raises
    ------
    ValueError
        If parts are missing, counted twice, or of different simulations.
    """
    ordered = sorted(parts, key=lambda part: part.first_trial)
    if not ordered:
        raise ValueError("there is no part to add up")
    first = ordered[0]
    shared = ("question", "true_rates", "seed")
    for name in shared:
        if any(getattr(part, name) != getattr(first, name) for part in ordered):
            raise ValueError(f"the parts differ in {name}: they are of different simulations")
    for before, after in pairwise(ordered):
        expected = before.first_trial + before.n_trials
        if after.first_trial != expected:
            raise ValueError(
                f"trial {expected} is expected and the next part begins with {after.first_trial}"
            )
    added: dict[str, Any] = {}
    for name in first.__struct_fields__:
        values = [getattr(part, name) for part in ordered]
        if name in (*shared, "first_trial"):
            continue
        if isinstance(values[0], np.ndarray):
            added[name] = np.concatenate(values)
        elif isinstance(values[0], tuple):
            added[name] = tuple(map(sum, zip(*values, strict=True)))
        else:
            added[name] = sum(values)
    return msgspec.structs.replace(first, **added)


def compute_timed_characteristics(sums: TimedSums) -> TimedCharacteristics:
    """The characteristics from the sums.

    The standard error of a quantile is half the distance between the order statistics one standard error of a
    binomial count below and above it.

    Raises
    ------
    ValueError
        If there are fewer than two trials.
    """
    n = sums.n_trials
    if n < FEWEST_TRIALS:
        raise ValueError(f"{n} trial has no standard error; simulate 2 or more")
    found: dict[str, Any] = {}
    counts = {"p_none": sums.selected[0], "p_stop_too_toxic": sums.too_toxic}
    pairs = {name: (count, count) for name, count in counts.items()} | {
        "mean_n": (sums.total, sums.total_squares),
        "mean_n_backfilled": (sums.n_backfilled, sums.n_backfilled_squares),
    }
    for name, pair in pairs.items():
        found[name], found[f"se_{name}"] = compute_mean(n, *pair)
    by_level = {
        "p_selected": (sums.selected[1:], sums.selected[1:]),
        "mean_n_per_level": (sums.n, sums.n_squares),
        "mean_n_dlt_per_level": (sums.n_dlt, sums.n_dlt_squares),
    }
    for name, (totals, squares) in by_level.items():
        means = [compute_mean(n, *one) for one in zip(totals, squares, strict=True)]
        found[name], found[f"se_{name}"] = (tuple(column) for column in zip(*means, strict=True))
    for name, values in (("mean_duration_d", sums.duration_d), ("mean_suspended_d", sums.suspended_d)):
        found[name], found[f"se_{name}"] = float(values.mean()), float(values.std(ddof=1)) / sqrt(n)
    ordered = np.sort(sums.duration_d)
    quantiles, errors = [], []
    for share in QUANTILES:
        spread = sqrt(share * (1 - share) / n)
        low, at, high = np.quantile(ordered, np.clip((share - spread, share, share + spread), 0, 1))
        quantiles.append(float(at))
        errors.append(float(high - low) / 2)
    return TimedCharacteristics(
        true_rates=sums.true_rates,
        n_trials=n,
        seed=sums.seed,
        duration_quantiles_d=tuple(quantiles),
        se_duration_quantiles_d=tuple(errors),
        sums=sums,
        **found,
    )
