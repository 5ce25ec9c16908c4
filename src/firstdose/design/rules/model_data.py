"""Counts of many states as a model takes them: each once, and what a posterior expects of them."""

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from firstdose.numerics.quadrature import BinomialData, compute_expectations, find_distinct_rows

Floats = NDArray[np.float64]

LEAST_N = 16
"""Nodes are never laid out for fewer participants than this."""


class Counts(NamedTuple):
    """The distinct counts, where each state has its own, and the participants that nodes are laid out for."""

    data: BinomialData
    where: NDArray[np.intp]
    most: int


class Nodes(Protocol):
    """The curves of a model at the nodes of an integral: one row per level, one column per node."""

    @property
    def log_rates(self) -> Floats: ...  # noqa: D102 - logarithms of the DLT rates, and of one minus them
    @property
    def log_complements(self) -> Floats: ...  # noqa: D102
    @property
    def log_weights(self) -> Floats: ...  # noqa: D102 - one per node


def gather_counts(n: ArrayLike, n_dlt: ArrayLike, max_n: int | None) -> Counts:
    """Equal counts made one.

    Parameters
    ----------
    n, n_dlt : arrays of whole numbers
        Evaluable participants and participants with a DLT: one row per state, one column per level.
    max_n : int, optional
        Most participants that any state may have; the largest sum of the counts if left out.
    """
    total, dlt = np.asarray(n, dtype=np.int64), np.asarray(n_dlt, dtype=np.int64)
    places, where = find_distinct_rows(np.hstack([total, dlt]))
    most = max(int(total.sum(axis=1).max(initial=0)), max_n or 0, LEAST_N)
    return Counts(BinomialData.of(total[places], dlt[places]), where, most)


def expect(nodes: Nodes, counts: BinomialData, values: Floats) -> Floats:
    """The posterior means of values at the nodes, one column each; one row per distinct counts."""
    return compute_expectations(
        counts,
        log_rates=nodes.log_rates,
        log_complements=nodes.log_complements,
        log_weights=nodes.log_weights,
        values=values,
    )
