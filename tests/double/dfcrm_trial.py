"""Exact outcome of trials as dfcrm's ``crmsim`` runs them, from any function that names a level.

Cohorts of one size from level 1; after a cohort whose own DLT rate is at or above the target no escalation,
and never more than one level up; the level named after the last cohort is selected, tried or not. States that
share their counts and next level are one state; its weight counts the ways to get there.
"""

from collections.abc import Callable, Sequence
from math import comb

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]


def final_states(
    name_level: Callable[[Whole, Whole], Whole], *, n_levels: int, max_n: int, cohort_size: int, target: float
) -> tuple[Whole, Whole, Whole, NDArray[np.float64], list[int]]:
    """Counts, DLTs, selected level and weight of the last layer, and the number of states of each layer."""
    n = y = np.zeros((1, n_levels), dtype=np.int64)
    level, weight = np.array([1]), np.array([1.0])
    selected = level
    layers = []
    for _ in range(max_n // cohort_size):
        rows = np.arange(len(level))
        parts = []
        for events in range(cohort_size + 1):
            more_n, more_y = n.copy(), y.copy()
            more_n[rows, level - 1] += cohort_size
            more_y[rows, level - 1] += events
            named = name_level(more_n, more_y)
            ceiling = level if events / cohort_size >= target else level + 1
            after = np.minimum(named, ceiling)
            columns = np.column_stack([more_n, more_y, after, named])
            parts.append(np.column_stack([columns, weight * comb(cohort_size, events)]))
        everything = np.vstack(parts)
        states, where = np.unique(everything[:, :-1].astype(np.int64), axis=0, return_inverse=True)
        weight = np.bincount(where.ravel(), weights=everything[:, -1])
        n, y = states[:, :n_levels], states[:, n_levels : 2 * n_levels]
        level, selected = states[:, -2], states[:, -1]
        layers.append(len(states))
    return n, y, selected, weight, layers


def p_selected(
    states: tuple[Whole, Whole, Whole, NDArray[np.float64], list[int]], rates: Sequence[float]
) -> NDArray[np.float64]:
    """Probability that each level is selected."""
    n, y, selected, weight, _ = states
    p = np.array(rates)
    likelihood = weight * (p**y * (1 - p) ** (n - y)).prod(axis=1)
    return np.bincount(selected - 1, weights=likelihood, minlength=len(p)).astype(np.float64)
