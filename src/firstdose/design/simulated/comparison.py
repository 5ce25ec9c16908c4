"""Designs compared trial by trial: in each trial the k-th participant has the same luck in all of them.

Between designs that do much the same the difference then varies far less from trial to trial than between independent
simulations, and its standard error is that of the paired differences. Where one design ends early at the DLTs that keep
the other going, the error may be the larger one; both are told.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import hypot

import msgspec
import numpy as np
from numpy.typing import NDArray

from firstdose.design.comparison import find_correct_levels
from firstdose.design.decision_table import DecisionTable
from firstdose.design.simulated.characteristics import FEWEST_TRIALS, compute_mean
from firstdose.design.simulated.trials import keep_trials

NONE = 0
"""What a trial selects that has no MTD."""
TRIALS_AT_ONCE = 1 << 16
"""Trials whose results are held at once."""


class Difference(msgspec.Struct, frozen=True):
    """The mean difference, first design less second, with its paired standard error.

    ``se_unpaired`` is what it would be if each design had been simulated with luck of its own.
    """

    mean: float
    se: float
    se_unpaired: float


class DesignDifference(msgspec.Struct, frozen=True, kw_only=True):
    """Two designs in the same trials: selection of a correct level, participants, and those with a DLT.

    ``correct_levels`` is empty where selecting none is correct. ``n_differ`` is the number of trials in which the two
    select different levels.
    """

    first: str
    second: str
    n_trials: int
    correct_levels: tuple[int, ...]
    p_correct: Difference
    mean_n: Difference
    mean_n_dlt: Difference
    n_differ: int


def compare_trial_by_trial(
    tables: Mapping[str, DecisionTable],
    true_rates: Sequence[float],
    *,
    n_trials: int,
    seed: int,
    correct_levels: Sequence[int] | None = None,
) -> tuple[DesignDifference, ...]:
    """Every pair of designs, in the order in which they are given.

    Parameters
    ----------
    tables : mapping of str to DecisionTable
        Two designs or more with their names, with the same number of levels.
    true_rates : sequence of float
        True probability of a DLT, one per level, lowest first.
    n_trials : int
        2 or more.
    seed : int
    correct_levels : sequence of int, optional
        The levels that are right to select, from 1; empty where selecting none is. If left out, those of
        :func:`firstdose.design.comparison.find_correct_levels` for the target of the first design.

    Raises
    ------
    ValueError
        If there are fewer than two designs or trials, or a level or rate cannot be.

    Examples
    --------
    >>> from firstdose.design import DesignSpecification, compile_table
    >>> plain = {"n_levels": 2, "target_rate": "0.25", "max_n": 12, "max_n_per_level": 6, "mtd_min_n": 3}
    >>> tables = {rule: compile_table(DesignSpecification(rule=rule, **plain)) for rule in ("boin", "keyboard")}
    >>> found = compare_trial_by_trial(tables, (0.1, 0.3), n_trials=100, seed=7)[0]
    >>> found.p_correct.mean, found.p_correct.se, found.n_differ
    (0.0, 0.0, 0)
    """
    names = tuple(tables)
    if len(names) < 2:  # noqa: PLR2004 - a pair
        raise ValueError("a comparison needs two designs")
    if n_trials < FEWEST_TRIALS:
        raise ValueError(f"{n_trials} trial has no standard error; simulate 2 or more")
    specs = [table.specification for table in tables.values()]
    if correct_levels is None:
        correct_levels = find_correct_levels(true_rates, specs[0].target_rate)
    for level in correct_levels:
        if not 1 <= level <= len(true_rates):
            raise ValueError(f"level {level} does not exist; there are levels 1 to {len(true_rates)}")
    # products[q, a, b]: the sum over the trials of what is measured of design a times that of design b
    sums = np.zeros((3, len(names)), np.int64)
    products = np.zeros((3, len(names), len(names)), np.int64)
    differ = np.zeros((len(names), len(names)), np.int64)
    for first in range(0, n_trials, TRIALS_AT_ONCE):
        size = min(TRIALS_AT_ONCE, n_trials - first)
        kept = [
            keep_trials(table, true_rates, n_trials=size, seed=seed, first_trial=first)
            for table in tables.values()
        ]
        mtd = np.array([one.mtd for one in kept])
        measured: NDArray[np.int64] = np.array(
            [
                np.isin(mtd, tuple(correct_levels) or (NONE,)),
                [one.n.sum(axis=1) for one in kept],
                [one.n_dlt.sum(axis=1) for one in kept],
            ],
            dtype=np.int64,
        )
        sums += measured.sum(axis=2)
        products += measured @ measured.transpose(0, 2, 1)
        differ += (mtd[:, None] != mtd[None]).sum(axis=2)

    def difference(quantity: int, a: int, b: int) -> Difference:
        total, product = sums[quantity].tolist(), products[quantity].tolist()
        squares = product[a][a] - 2 * product[a][b] + product[b][b]
        mean, se = compute_mean(n_trials, total[a] - total[b], squares)
        alone = [compute_mean(n_trials, total[one], product[one][one])[1] for one in (a, b)]
        return Difference(mean, se, hypot(*alone))

    return tuple(
        DesignDifference(
            first=names[a],
            second=names[b],
            n_trials=n_trials,
            correct_levels=tuple(correct_levels),
            p_correct=difference(0, a, b),
            mean_n=difference(1, a, b),
            mean_n_dlt=difference(2, a, b),
            n_differ=int(differ[a, b]),
        )
        for a, b in combinations(range(len(names)), 2)
    )
