"""Trials simulated participant by participant, many at once: the plain way to know what a design does."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]


def simulate_interval_rule(
    letter: Callable[[int, int], str],
    rates: tuple[float, ...],
    *,
    n_trials: int,
    max_n: int,
    cohort_size: int,
    rng: np.random.Generator,
) -> tuple[Counts, Counts, NDArray[np.bool_]]:
    """Participants and DLTs per trial and level, and which trials stopped for toxicity.

    ``letter(n, y)`` is E, S, D or X. A level that was closed stays closed with all above it; level 1 closed stops the
    trial; up is up to the highest open level at most.
    """
    moves = np.full((max_n + 1, max_n + 1), "S")
    for treated in range(1, max_n + 1):
        for events in range(treated + 1):
            moves[treated, events] = letter(treated, events)
    each = np.arange(n_trials)
    n_levels = len(rates)
    n = np.zeros((n_trials, n_levels), dtype=np.int64)
    y = np.zeros_like(n)
    level = np.zeros(n_trials, dtype=np.int64)
    highest = np.full(n_trials, n_levels - 1)
    toxic = np.zeros(n_trials, dtype=np.bool_)
    for _ in range(max_n // cohort_size):
        had_dlt = rng.random((n_trials, cohort_size)) < np.array(rates)[level][:, None]
        going = ~toxic
        n[each, level] += cohort_size * going
        y[each, level] += had_dlt.sum(axis=1) * going
        move = moves[n[each, level], y[each, level]]
        highest = np.where(going & (move == "X"), np.minimum(highest, level - 1), highest)
        toxic |= highest < 0
        level = np.where(move == "E", level + 1, np.where((move == "D") | (move == "X"), level - 1, level))
        level = np.clip(level, 0, np.maximum(highest, 0))
    return n, y, toxic


def simulate_counting_rule(
    rates: tuple[float, ...], *, n_trials: int, first_size: int, rng: np.random.Generator
) -> tuple[Counts, NDArray[np.int64]]:
    """A rule that climbs while at most one of six has a DLT and never goes down to treat.

    The first cohort at a level has three or six participants; after three with one DLT come three more. Returned are
    the participants in all and the highest level passed, 0 for none.
    """
    total = np.zeros(n_trials, dtype=np.int64)
    passed = np.zeros_like(total)
    climbing = np.ones(n_trials, dtype=np.bool_)
    for level, rate in enumerate(rates, start=1):
        first = (rng.random((n_trials, first_size)) < rate).sum(axis=1)
        second = (rng.random((n_trials, 3)) < rate).sum(axis=1)
        needs_more = climbing & (first == 1) & (first_size == 3)
        total += first_size * climbing + 3 * needs_more
        at_most_one = (first == 0) | ((first == 1) & (first_size == 6)) | (needs_more & (second == 0))
        climbing &= at_most_one
        passed[climbing] = level
    return total, passed
