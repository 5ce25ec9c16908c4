"""States in which the judgement of a model hangs on a limit, to be looked at before its table is approved.

Another program, or another machine, may decide otherwise there; the frozen table says what is done.
"""

import msgspec
import numpy as np
from msgspec import UNSET
from numpy.typing import NDArray

from firstdose.design.decision_table import DecisionTable
from firstdose.design.rules import blrm, crm

CLOSENESS = 1e-5
"""Distances of two levels from the target, or a probability and its limit, that differ by less are listed.

The posterior of the R package dfcrm 0.2-2.1 errs by up to 1.3e-6.
"""


class NearLimit(msgspec.Struct, frozen=True):
    """A state near a limit: its counts, the current level, the level that is meant, and what is near.

    ``limit`` is ``overdose_limit`` (the probability of an overdose at ``meant``), ``closest_level`` (``meant`` and
    another level are equally close to the target) or ``too_toxic_probability`` (of the lowest level). ``distance``
    is how near.
    """

    n_evaluable: tuple[int, ...]
    n_dlt: tuple[int, ...]
    level: int
    meant: int
    limit: str
    distance: float


def list_near_limits(table: DecisionTable) -> tuple[NearLimit, ...]:
    """The states of the frozen table that lie near a limit; none of a rule that compares whole numbers.

    Examples
    --------
    >>> from firstdose.design import DesignSpecification, compile_table
    >>> list_near_limits(compile_table(DesignSpecification(
    ...     rule="boin", n_levels=3, target_rate="0.25", max_n=18, max_n_per_level=9, mtd_min_n=6
    ... )))
    ()
    """
    spec = table.specification
    if table.states is UNSET:
        return ()
    width = 2 * spec.n_levels + 1
    states = np.frombuffer(table.states.states, dtype=np.uint8).reshape(-1, width).astype(np.int64)
    n, n_dlt = states[:, : spec.n_levels], states[:, spec.n_levels : -1]
    if spec.blrm is not UNSET:
        over = blrm.compute_interval_probabilities(spec.blrm, n, n_dlt, max_n=spec.max_n).over
        distance = np.abs(over - float(spec.blrm.overdose_limit))
        return _list(states, "overdose_limit", distance, blrm.KNIFE_EDGE)
    assert spec.crm is not UNSET
    posterior = crm.compute_crm_posterior(spec.crm, n, n_dlt, max_n=spec.max_n)
    away = np.abs(posterior.rates - float(spec.target_rate))
    # how much closer the closest level is than each other one
    gap = away - away.min(axis=1, keepdims=True)
    gap[np.arange(len(gap)), away.argmin(axis=1)] = np.inf
    found = _list(states, "closest_level", gap, CLOSENESS)
    if spec.crm.too_toxic_probability is not None:
        excess = np.abs(posterior.p_lowest_above_target - float(spec.crm.too_toxic_probability))
        found += _list(states, "too_toxic_probability", excess[:, None], CLOSENESS)
    return found


def _list(
    states: NDArray[np.int64], limit: str, distance: NDArray[np.float64], nearness: float
) -> tuple[NearLimit, ...]:
    n_levels = states.shape[1] // 2
    return tuple(
        NearLimit(
            n_evaluable=tuple(states[row, :n_levels].tolist()),
            n_dlt=tuple(states[row, n_levels:-1].tolist()),
            level=int(states[row, -1]),
            meant=int(place) + 1,
            limit=limit,
            distance=float(distance[row, place]),
        )
        for row, place in zip(*np.nonzero(distance < nearness), strict=True)
    )
