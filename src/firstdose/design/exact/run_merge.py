"""Sorted runs of states made one sorted run, equal states made one: for layers of millions of states.

Compiled; loaded only when a layer is so large that this saves more than loading costs.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Run = tuple[NDArray[np.int64], NDArray[np.float64]]
"""States as whole numbers in order, and their weights: one row per kind of weight."""


def merge_runs(runs: list[Run]) -> Run:
    """All runs as one, the weights of equal states added.

    Examples
    --------
    >>> low = np.array([1, 2, 2, 5]), np.array([[1.0, 1.0, 1.0, 1.0]])
    >>> high = np.array([2, 7]), np.array([[3.0, 1.0]])
    >>> keys, weights = merge_runs([low, high])
    >>> keys.tolist(), weights.tolist()
    ([1, 2, 5, 7], [[1.0, 5.0, 1.0, 1.0]])
    """
    waiting = list(runs)
    if len(waiting) == 1:
        waiting.append((np.empty(0, np.int64), np.empty((len(waiting[0][1]), 0))))
    while len(waiting) > 1:
        # the shortest two first, so that few states are moved often
        waiting.sort(key=lambda run: len(run[0]), reverse=True)
        (keys, weights), (other_keys, other_weights) = waiting.pop(), waiting.pop()
        merged, added, n = _merge_two(keys, weights, other_keys, other_weights)
        waiting.append((merged[:n], added[:, :n]))
    return waiting[0]


@njit(cache=True)
def _merge_two(
    keys: NDArray[np.int64],
    weights: NDArray[np.float64],
    other_keys: NDArray[np.int64],
    other_weights: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.float64], int]:
    n_rows = weights.shape[0]
    merged = np.empty(len(keys) + len(other_keys), np.int64)
    added = np.empty((n_rows, len(merged)))
    here = there = n = 0
    while here < len(keys) or there < len(other_keys):
        takes_here = there == len(other_keys) or (here < len(keys) and keys[here] <= other_keys[there])
        key = keys[here] if takes_here else other_keys[there]
        is_new = n == 0 or merged[n - 1] != key
        if is_new:
            merged[n] = key
            n += 1
        for row in range(n_rows):
            weight = weights[row, here] if takes_here else other_weights[row, there]
            added[row, n - 1] = weight if is_new else added[row, n - 1] + weight
        if takes_here:
            here += 1
        else:
            there += 1
    return merged, added, n
