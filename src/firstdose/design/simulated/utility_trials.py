"""Simulated trials of BOIN12: two outcomes a participant, a DLT and a response. Importing this module imports numba.

Participant k has a DLT where the number at place k of the OUTCOME stream is below the true DLT rate, as in every other
design, and a response where that of the EFFICACY stream is below the response rate given the DLT or its absence. The
two may be associated: they are then two normal variables with a correlation, each cut at its rate.

Source
------
Lin R, Zhou Y, Yan F, Li D, Yuan Y. JCO Precis Oncol 2020;4:1393-1402: the rule, and correlated outcomes by two normal
variables.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import exp, pi, sqrt
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.special import ndtr, ndtri

from firstdose.design.rules.boin12 import Boin12Counts, assign_obd
from firstdose.design.rules.boin12_table import RankTable
from firstdose.design.simulated.characteristics import FEWEST_TRIALS, compute_mean, require_possible
from firstdose.design.simulated.flat_design import Floats, Small
from firstdose.design.simulated.utility_kernel import (
    N_DLT,
    N_EFFICACY,
    TIED,
    FlatRanks,
    N,
    flatten_ranks,
    play_utility_trials,
)
from firstdose.design.specification import DesignSpecification

TRIALS_AT_ONCE = 1 << 14
"""Trials whose rows are held at once, so that they stay in the processor's cache."""


class UtilityRows(NamedTuple):
    """Results, one row per trial: the OBD from 1, 0 for none; the four counts by level; and whether none was left."""

    obd: Small
    counts: NDArray[np.int16]
    none_admissible: NDArray[np.bool_]


class UtilitySums(msgspec.Struct, frozen=True, kw_only=True):
    """What the trials numbered from ``first_trial`` on add up to, in whole numbers.

    ``selected`` counts trials per selected level, none first. ``counts`` and ``squares`` are, over the trials, sums of
    participants, DLTs and responses by level, and of their squares; ``total`` and ``total_squares`` of participants.
    """

    question: str
    seed: int
    first_trial: int
    n_trials: int
    selected: tuple[int, ...]
    none_admissible: int
    counts: tuple[tuple[int, ...], ...]
    squares: tuple[tuple[int, ...], ...]
    total: int
    total_squares: int


class UtilityCharacteristics(msgspec.Struct, frozen=True, kw_only=True):
    """What BOIN12 did in simulated trials; each number with its Monte Carlo standard error, ``se_...``.

    ``p_selected`` is about the optimal biological dose; ``p_stop_none_admissible`` is the share of the trials that
    ended because no level was admissible.
    """

    n_trials: int
    seed: int
    p_selected: tuple[float, ...]
    se_p_selected: tuple[float, ...]
    p_none: float
    se_p_none: float
    p_stop_none_admissible: float
    se_p_stop_none_admissible: float
    mean_n_per_level: tuple[float, ...]
    se_mean_n_per_level: tuple[float, ...]
    mean_n_dlt_per_level: tuple[float, ...]
    se_mean_n_dlt_per_level: tuple[float, ...]
    mean_n_efficacy_per_level: tuple[float, ...]
    se_mean_n_efficacy_per_level: tuple[float, ...]
    mean_n: float
    se_mean_n: float
    sums: UtilitySums


def simulate_utility_trials(
    table: RankTable,
    guards: DesignSpecification,
    true_rates: Sequence[float],
    response_rates: Sequence[float],
    *,
    n_trials: int,
    seed: int,
    first_trial: int = 0,
    correlation: float = 0.0,
) -> UtilityCharacteristics:
    """Simulated operating characteristics of BOIN12.

    Parameters
    ----------
    table : RankTable
        Compiled for at least ``guards.max_n_per_level``.
    guards : DesignSpecification
        Levels, start, cohort size and caps; its rule is not read.
    true_rates, response_rates : sequence of float
        True probabilities of a DLT and of a response, one per level, lowest first.
    n_trials : int
        2 or more.
    seed, first_trial : int
        As in :func:`firstdose.design.simulated.trials.simulate_trials`.
    correlation : float
        Of the normal variables behind the two outcomes, above -1 and below 1.

    Raises
    ------
    ValueError
        If the rates, the correlation, the trials or the seed cannot be.

    Examples
    --------
    >>> from firstdose.design.rules.boin12_specification import UtilitySpecification
    >>> from firstdose.design.rules.boin12_table import compile_rank_table
    >>> spec = UtilitySpecification(max_toxicity_rate="0.35", min_efficacy_rate="0.25", u2="40", u3="60")
    >>> guards = DesignSpecification(
    ...     rule="boin", n_levels=3, target_rate="0.35", max_n=18, max_n_per_level=9, mtd_min_n=3
    ... )
    >>> found = simulate_utility_trials(
    ...     compile_rank_table(spec, 9, 3), guards, [0, 0, 1], [0, 1, 1], n_trials=100, seed=1
    ... )
    >>> found.p_selected
    (0.0, 1.0, 0.0)
    """
    sums = sum_utility_trials(
        table,
        guards,
        true_rates,
        response_rates,
        n_trials=n_trials,
        seed=seed,
        first_trial=first_trial,
        correlation=correlation,
    )
    return compute_utility_characteristics(sums)


def sum_utility_trials(
    table: RankTable,
    guards: DesignSpecification,
    true_rates: Sequence[float],
    response_rates: Sequence[float],
    *,
    n_trials: int,
    seed: int,
    first_trial: int = 0,
    correlation: float = 0.0,
) -> UtilitySums:
    """The sums of a part of a simulation; the arguments are those of :func:`simulate_utility_trials`."""
    n_levels = guards.n_levels
    selected, total = np.zeros(n_levels + 1, np.int64), np.zeros(3, np.int64)
    counts, squares = np.zeros((2, 3, n_levels), np.int64)
    truth = _require_possible(
        table, guards, true_rates, response_rates, n_trials, seed, first_trial, correlation
    )
    flat = flatten_ranks(table, guards)
    for first in range(0, n_trials, TRIALS_AT_ONCE):
        size = min(TRIALS_AT_ONCE, n_trials - first)
        rows = _keep(table, guards, flat, truth, size, seed, first_trial + first)
        selected += np.bincount(rows.obd, minlength=n_levels + 1)
        wide = rows.counts[:, : N_EFFICACY + 1].astype(np.int64)
        counts += wide.sum(axis=0)
        squares += (wide * wide).sum(axis=0)
        n = wide[:, N].sum(axis=1)
        total += (n.sum(), (n * n).sum(), np.count_nonzero(rows.none_admissible))
    return UtilitySums(
        question=repr((table.digest, guards, tuple(true_rates), tuple(response_rates), correlation)),
        seed=seed,
        first_trial=first_trial,
        n_trials=n_trials,
        selected=tuple(selected.tolist()),
        none_admissible=int(total[2]),
        counts=tuple(map(tuple, counts.tolist())),
        squares=tuple(map(tuple, squares.tolist())),
        total=int(total[0]),
        total_squares=int(total[1]),
    )


def keep_utility_trials(
    table: RankTable,
    guards: DesignSpecification,
    true_rates: Sequence[float],
    response_rates: Sequence[float],
    *,
    n_trials: int,
    seed: int,
    first_trial: int = 0,
    correlation: float = 0.0,
) -> UtilityRows:
    """Results trial by trial; the arguments are those of :func:`simulate_utility_trials`."""
    truth = _require_possible(
        table, guards, true_rates, response_rates, n_trials, seed, first_trial, correlation
    )
    return _keep(table, guards, flatten_ranks(table, guards), truth, n_trials, seed, first_trial)


def _require_possible(
    table: RankTable,
    guards: DesignSpecification,
    true_rates: Sequence[float],
    response_rates: Sequence[float],
    n_trials: int,
    seed: int,
    first_trial: int,
    correlation: float,
) -> Floats:
    """The DLT rate of each level, and the response rates with and without a DLT."""
    n_levels = guards.n_levels
    rates = require_possible(n_levels, true_rates, n_trials=n_trials, seed=seed, first_trial=first_trial)
    if len(response_rates) != n_levels or not all(0 <= rate <= 1 for rate in response_rates):
        raise ValueError(f"response_rates must be {n_levels} numbers between 0 and 1")
    if not -1 < correlation < 1:
        raise ValueError(f"correlation is {correlation}; write a number above -1 and below 1")
    if table.max_n_per_level < guards.max_n_per_level:
        raise ValueError(
            f"the rank table goes up to {table.max_n_per_level} and a level to {guards.max_n_per_level}"
        )
    rows = [
        (rate, *_split(rate, float(p), correlation)) for rate, p in zip(rates, response_rates, strict=True)
    ]
    return np.ascontiguousarray(np.array(rows).T)


def _keep(
    table: RankTable,
    guards: DesignSpecification,
    flat: FlatRanks,
    truth: Floats,
    n_trials: int,
    seed: int,
    first_trial: int,
) -> UtilityRows:
    """Play trials; where floating point cannot decide the MTD, the exact rule selects."""
    n_levels = guards.n_levels
    rows = UtilityRows(
        np.zeros(n_trials, np.int16),
        np.zeros((n_trials, 4, n_levels), np.int16),
        np.zeros(n_trials, np.bool_),
    )
    play_utility_trials(flat, truth, seed, first_trial, *rows)
    for row in np.flatnonzero(rows.obd == TIED):
        found = Boin12Counts(*(tuple(one) for one in rows.counts[row].tolist()))
        rows.obd[row] = assign_obd(table, guards, found)[0] or 0
    return rows


def add_up_utility(parts: Sequence[UtilitySums]) -> UtilitySums:
    """The sums of a whole simulation from its parts, in any order.

    Raises
    ------
    ValueError
        If parts are missing, counted twice, or of different simulations.
    """
    ordered = sorted(parts, key=lambda part: part.first_trial)
    if len({(part.question, part.seed) for part in ordered}) != 1:
        raise ValueError("the parts are none, or of different simulations")
    for before, after in pairwise(ordered):
        if after.first_trial != before.first_trial + before.n_trials:
            raise ValueError(f"the part before trial {after.first_trial} is missing or counted twice")
    names = ("n_trials", "none_admissible", "total", "total_squares")
    added: dict[str, Any] = {name: sum(getattr(part, name) for part in ordered) for name in names}
    for name in ("selected", "counts", "squares"):
        whole = np.sum([getattr(part, name) for part in ordered], axis=0).tolist()
        added[name] = tuple(whole) if name == "selected" else tuple(map(tuple, whole))
    return msgspec.structs.replace(ordered[0], **added)


def compute_utility_characteristics(sums: UtilitySums) -> UtilityCharacteristics:
    """The characteristics from the sums.

    Raises
    ------
    ValueError
        If there are fewer than two trials.
    """
    n = sums.n_trials
    if n < FEWEST_TRIALS:
        raise ValueError(f"{n} trial has no standard error; simulate 2 or more")
    found: dict[str, Any] = {}
    single = {
        "p_none": (sums.selected[0], sums.selected[0]),
        "p_stop_none_admissible": (sums.none_admissible, sums.none_admissible),
        "mean_n": (sums.total, sums.total_squares),
    }
    by_level = {
        "p_selected": (sums.selected[1:], sums.selected[1:]),
        "mean_n_per_level": (sums.counts[N], sums.squares[N]),
        "mean_n_dlt_per_level": (sums.counts[N_DLT], sums.squares[N_DLT]),
        "mean_n_efficacy_per_level": (sums.counts[N_EFFICACY], sums.squares[N_EFFICACY]),
    }
    for name, pair in single.items():
        found[name], found[f"se_{name}"] = compute_mean(n, *pair)
    for name, (totals, squares) in by_level.items():
        means = [compute_mean(n, *one) for one in zip(totals, squares, strict=True)]
        found[name], found[f"se_{name}"] = (tuple(column) for column in zip(*means, strict=True))
    return UtilityCharacteristics(n_trials=n, seed=sums.seed, sums=sums, **found)


def compute_joint_rate(p: float, q: float, correlation: float) -> float:
    """The probability of two events that two correlated normal variables bring about below a limit.

    Parameters
    ----------
    p, q : float
        Probability of each event.
    correlation : float
        Above -1 and below 1.

    Source
    ------
    The bivariate normal density is the derivative of the distribution function in the correlation (Plackett RL.
    Biometrika 1954;41:351-360), so the probability is that of independence and an integral from 0.

    Examples
    --------
    >>> compute_joint_rate(0.2, 0.5, 0.0), round(compute_joint_rate(0.5, 0.5, 0.5), 12)
    (0.1, 0.333333333333)
    """
    if correlation == 0 or not 0 < p < 1 or not 0 < q < 1:
        return p * q
    h, k = float(ndtri(p)), float(ndtri(q))

    def density(r: float) -> float:
        rest = 1 - r * r
        return exp(-(h * h - 2 * h * k * r + k * k) / (2 * rest)) / (2 * pi * sqrt(rest))

    return float(ndtr(h) * ndtr(k)) + float(quad(density, 0.0, correlation, epsabs=1e-12)[0])


def _split(p_dlt: float, p_response: float, correlation: float) -> tuple[float, float]:
    """The probability of a response with and without a DLT."""
    both = compute_joint_rate(p_dlt, p_response, correlation)
    with_dlt = both / p_dlt if p_dlt > 0 else 0.0
    without = (p_response - both) / (1 - p_dlt) if p_dlt < 1 else 0.0
    return min(max(with_dlt, 0.0), 1.0), min(max(without, 0.0), 1.0)
