"""Posterior expectations by quadrature on fixed nodes, for many data sets at once.

Nodes are uniformly spaced, where the trapezoidal rule converges faster than any power of the spacing for a
smooth integrand that vanishes at both ends, as a normal prior times a likelihood does. The nodes do not
depend on the data, so the expectations of all data sets are two matrix products.

An integral from a cut upward has no smooth integrand: a node counted wholly or not at all errs by half a
spacing. :func:`compute_share_above` therefore integrates the band-limited curve through the nodes exactly
from the cut on, and keeps the speed of convergence.
"""

from typing import Self

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import sici

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

BLOCK_WORK = 800_000
"""Multiplications of one matrix product: its block stays in the cache, and is too small for a linear algebra
library to share it out among threads, which costs ten times the product when other programs are running."""
NEGLIGIBLE = -100.0
"""Log posterior, relative to its top, below which a node counts as this: subnormal numbers are slow."""

LARGEST_KEY = (1 << 63) - 1


class LineNodes(msgspec.Struct, frozen=True, kw_only=True):
    """Nodes of one normal variable; ``log_weights`` is its log density there, up to a constant."""

    values: Floats
    spacing: float
    log_weights: Floats


class PlaneNodes(msgspec.Struct, frozen=True, kw_only=True):
    """Nodes of two normal variables, one row of equally spaced ``first`` for every value of ``second``."""

    first: Floats
    second: Floats
    spacing: float
    """Between neighbours in ``first`` [same unit]."""
    log_weights: Floats


class BinomialData(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of many data sets: one row per data set, one column per group."""

    n_success: Counts
    n_failure: Counts

    @classmethod
    def of(cls, n: ArrayLike, n_success: ArrayLike) -> Self:
        """From totals and successes."""
        total, success = np.asarray(n, dtype=np.int64), np.asarray(n_success, dtype=np.int64)
        return cls(n_success=success, n_failure=total - success)


def compute_line_nodes(mean: float, sd: float, *, n_nodes: int, reach_sd: float) -> LineNodes:
    """Nodes of a normal variable from ``reach_sd`` standard deviations below its mean to as many above.

    Examples
    --------
    >>> nodes = compute_line_nodes(0.0, 2.0, n_nodes=5, reach_sd=4.0)
    >>> nodes.values.tolist(), nodes.spacing
    ([-8.0, -4.0, 0.0, 4.0, 8.0], 4.0)
    """
    standard = np.linspace(-reach_sd, reach_sd, n_nodes)
    return LineNodes(
        values=mean + sd * standard,
        spacing=2 * reach_sd * sd / (n_nodes - 1),
        log_weights=-(standard**2) / 2,
    )


def compute_plane_nodes(
    mean: tuple[float, float],
    sd: tuple[float, float],
    correlation: float,
    *,
    spacing: tuple[float, float],
    reach_sd: float,
) -> PlaneNodes:
    """Nodes of two normal variables within an ellipse.

    Parameters
    ----------
    mean, sd : two floats
        Of the first and the second variable.
    correlation : float
        Above -1 and below 1.
    spacing : two floats
        Largest distance between neighbours in the first and in the second variable.
    reach_sd : float
        Half axes of the ellipse in standard deviations.

    Examples
    --------
    >>> nodes = compute_plane_nodes((0.0, 0.0), (1.0, 1.0), 0.0, spacing=(1.0, 1.0), reach_sd=1.0)
    >>> list(zip(nodes.first.tolist(), nodes.second.tolist()))
    [(0.0, -1.0), (-1.0, 0.0), (0.0, 0.0), (1.0, 0.0), (0.0, 1.0)]
    """
    sd_given_second = sd[0] * np.sqrt(1 - correlation**2)
    n_first = int(np.ceil(reach_sd * sd_given_second / spacing[0]))
    n_second = int(np.ceil(reach_sd * sd[1] / spacing[1]))
    standard_second, standard_first = (
        grid.ravel()
        for grid in np.meshgrid(
            np.linspace(-reach_sd, reach_sd, 2 * n_second + 1),
            np.linspace(-reach_sd, reach_sd, 2 * n_first + 1),
            indexing="ij",
        )
    )
    squared = standard_first**2 + standard_second**2
    inside = squared <= reach_sd**2 * (1 + 1e-12)
    first = mean[0] + sd[0] * correlation * standard_second + sd_given_second * standard_first
    return PlaneNodes(
        first=first[inside],
        second=(mean[1] + sd[1] * standard_second)[inside],
        spacing=float(reach_sd * sd_given_second / n_first),
        log_weights=-squared[inside] / 2,
    )


def compute_share_above(values: Floats, spacing: float, cut: ArrayLike) -> Floats:
    """Weight of every node in an integral from a cut upward, relative to its weight in the whole integral.

    Parameters
    ----------
    values : array
        Nodes, equally spaced in each row that is summed.
    spacing : float
        Between neighbours.
    cut : float or array
        One for all nodes, or one for each.

    Returns
    -------
    array
        Near 1 far above the cut, near 0 far below; a little outside 0 to 1 close by.

    Source
    ------
    Stenger F. Numerical Methods Based on Sinc and Analytic Functions. Springer 1993: indefinite integration.
    The curve through f(a_k) is the sum of f(a_k) sinc((a - a_k) / h), and the integral of sinc(u) from u_0 up
    is 1/2 - Si(pi u_0) / pi. The error is that part of the spectrum of f which lies beyond pi / h: for a
    normal density with standard deviation s, about exp(-(pi s / h)^2 / 2).

    Examples
    --------
    A standard normal density, from 0.3 upward: the tail is 0.382089.

    >>> nodes = compute_line_nodes(0.0, 1.0, n_nodes=27, reach_sd=6.5)
    >>> density = np.exp(nodes.log_weights) / np.exp(nodes.log_weights).sum()
    >>> f"{density @ compute_share_above(nodes.values, nodes.spacing, 0.3):.6f}"
    '0.382089'
    >>> f"{density @ (nodes.values > 0.3):.6f}"  # whole nodes
    '0.400264'
    """
    return np.asarray(0.5 + sici(np.pi * (values - np.asarray(cut)) / spacing)[0] / np.pi)


def compute_expectations(
    data: BinomialData, *, log_rates: Floats, log_complements: Floats, log_weights: Floats, values: Floats
) -> Floats:
    """Posterior expectations of functions of the nodes, given binomial counts in several groups.

    Parameters
    ----------
    data : BinomialData
        N data sets with K groups.
    log_rates, log_complements : K by G arrays
        Logarithms of each group's probability of success, and of failure, at G nodes.
    log_weights : G values
        Logarithm of the prior weight of each node.
    values : G by M array
        M functions at the nodes.

    Returns
    -------
    N by M array
    """
    n_sets, n_nodes = len(data.n_success), len(log_weights)
    # a last coefficient of one carries the prior, so that the log posterior is a single matrix product
    counts = np.hstack([data.n_success, data.n_failure, np.ones((n_sets, 1), np.int64)]).astype(np.float64)
    terms = np.vstack([log_rates, log_complements, log_weights])
    used = counts.any(axis=0)
    counts, terms = np.ascontiguousarray(counts[:, used]), np.ascontiguousarray(terms[used])
    functions = np.column_stack([np.ones(n_nodes), values])
    found = np.empty((n_sets, values.shape[1]))
    n_rows = max(1, BLOCK_WORK // (n_nodes * max(len(terms), functions.shape[1])))
    for start in range(0, n_sets, n_rows):
        block = counts[start : start + n_rows] @ terms
        block -= block.max(axis=1, keepdims=True)
        np.maximum(block, NEGLIGIBLE, out=block)
        np.exp(block, out=block)
        sums = block @ functions
        found[start : start + n_rows] = sums[:, 1:] / sums[:, :1]
    return found


def find_distinct_rows(rows: Counts) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The place of one of each distinct row of whole numbers, and for every row the place in that list.

    Parameters
    ----------
    rows : two-dimensional array
        Numbers of 0 or more.

    Examples
    --------
    >>> places, where = find_distinct_rows(np.array([[1, 0], [0, 2], [1, 0]]))
    >>> np.array([[1, 0], [0, 2], [1, 0]])[places][where].tolist()
    [[1, 0], [0, 2], [1, 0]]
    >>> len(places)
    2
    """
    radices = [int(radix) for radix in rows.max(axis=0, initial=0) + 1]
    span = 1
    for radix in radices:
        span *= radix
    if span > LARGEST_KEY:
        _, places, where = np.unique(rows, axis=0, return_index=True, return_inverse=True)
        return places, where.ravel()
    keys = np.zeros(len(rows), dtype=np.int64)
    for column, radix in enumerate(radices):
        keys = keys * radix + rows[:, column]
    _, places, where = np.unique(keys, return_index=True, return_inverse=True)
    return places, where
