"""The Bayesian logistic regression model (BLRM) with overdose control.

Source
------
Neuenschwander B, Branson M, Gsponer T. Critical aspects of the Bayesian approach to phase I cancer trials.
Stat Med 2008;27:2420-2439: logit(rate) = log(alpha) + beta log(dose / reference dose), with (log alpha, log
beta) bivariate normal. Escalation with overdose control (EWOC): Babb J, Rogatko A, Zacks S. Cancer phase I
clinical trials: efficient dose escalation with overdose control. Stat Med 1998;17:1103-1120. Of the levels
whose probability of overdosing is within the limit, the one with the most probability in the target interval
is taken.

The probabilities of the intervals are integrals up to a cut, which moves with beta. They are computed by
integrating from the cut exactly (:func:`firstdose.numerics.quadrature.compute_share_above`). Where a
probability of overdosing lies at the limit, any program may decide either way: :func:`list_knife_edges`
names those counts, so that a protocol can freeze what is done there.
"""

from functools import lru_cache
from math import log, sqrt
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, log_expit, logit

from firstdose.design.rules.blrm_specification import BlrmSpecification
from firstdose.design.rules.crm import RateMoments, assign_candidates, assign_moments
from firstdose.design.rules.model_data import expect, gather_counts
from firstdose.design.stepping import DE_ESCALATE, ESCALATE, STAY, IntArray, Judge, Judgement, Selector
from firstdose.numerics.quadrature import (
    BinomialData,
    compute_plane_nodes,
    compute_share_above,
    find_distinct_rows,
)

Floats = NDArray[np.float64]

REACH_SD = 7.0
"""Half axes of the nodes' ellipse in prior standard deviations."""
SPACING = (1.1, 1.0)
"""Distance of nodes in log alpha and log beta, to be divided by the root of the largest sample.

A rate known from n participants has a logit with a standard deviation of 2 / sqrt(n) at least.
"""
LEAST_TARGET_PROBABILITY = 0.05
"""If no level within the limit has more in the target interval, the highest within the limit is taken.

All are then far below the target; so does crmPack's rule ``NextBestNCRM``.
"""
KNIFE_EDGE = 0.005
"""Nearness to the overdose limit at which a decision may depend on the program."""


REASONS = (
    "no_one_treated",
    "best_level_above",
    "best_level_here",
    "best_level_below",
    "level_above_overdose_limit",
    "no_level_within_overdose_limit",
)
"""Codes of why the rule says what it says, in the order of ``Judgement.reason``."""
NO_ONE, ABOVE, HERE, BELOW, ABOVE_LIMIT, NO_LEVEL = range(len(REASONS))


class IntervalProbabilities(msgspec.Struct, frozen=True, kw_only=True):
    """Posterior probabilities that the DLT rate is below, in and above the target interval.

    One row per state, one column per level, lowest first.
    """

    under: Floats
    target: Floats
    over: Floats


class KnifeEdge(msgspec.Struct, frozen=True, kw_only=True):
    """Counts with which a level's probability of an overdose lies next to the limit."""

    n_evaluable: tuple[int, ...]
    n_dlt: tuple[int, ...]
    level: int
    p_overdose: float


class _Nodes(NamedTuple):
    alpha: Floats
    spacing: float
    log_odds: Floats
    """One row per level."""
    log_rates: Floats
    log_complements: Floats
    log_weights: Floats
    steepness: Floats
    """What beta log(dose / reference dose) adds to log alpha; one row per level."""


def compute_interval_probabilities(
    spec: BlrmSpecification, n: ArrayLike, n_dlt: ArrayLike, *, max_n: int | None = None
) -> IntervalProbabilities:
    """Posterior probabilities of the intervals, for many states at once; equal counts are computed once.

    Parameters
    ----------
    spec : BlrmSpecification
        Without faults.
    n, n_dlt : arrays of whole numbers
        Evaluable participants and participants with a DLT: one row per state, one column per level.
    max_n : int, optional
        Most participants that any state may have: it sets how close the nodes are. The largest sum of the
        counts if left out.

    Examples
    --------
    >>> from decimal import Decimal
    >>> spec = BlrmSpecification(
    ...     doses=(Decimal(10), Decimal(30), Decimal(90)), reference_dose=Decimal(90),
    ...     mean_log_alpha=Decimal("-0.7"), mean_log_beta=Decimal("-0.4"),
    ...     sd_log_alpha=Decimal("1.2"), sd_log_beta=Decimal("0.9"),
    ... )
    >>> compute_interval_probabilities(spec, [[3, 3, 0]], [[0, 1, 0]]).over.round(2).tolist()
    [[0.04, 0.16, 0.53]]
    """
    nodes, counts, where = _prepare(spec, n, n_dlt, max_n)
    n_levels = len(spec.doses)
    shares = [
        compute_share_above(nodes.alpha, nodes.spacing, logit(float(cut)) - nodes.steepness)
        for cut in (spec.target_low, spec.target_high)
    ]
    above = expect(nodes, counts, np.vstack(shares).T).clip(0.0, 1.0)[where]
    above_high = above[:, n_levels:]
    # both are right to their last digits only, and the target interval is not less than nothing
    above_low = np.maximum(above[:, :n_levels], above_high)
    return IntervalProbabilities(under=1 - above_low, target=above_low - above_high, over=above_high)


def compute_rate_moments(
    spec: BlrmSpecification, n: ArrayLike, n_dlt: ArrayLike, *, max_n: int | None = None
) -> RateMoments:
    """Posterior means and standard deviations of the DLT rates; arguments as for the interval probabilities."""
    nodes, counts, where = _prepare(spec, n, n_dlt, max_n)
    rates = expit(nodes.log_odds)
    return assign_moments(expect(nodes, counts, np.vstack([rates, rates**2]).T)[where])


def list_knife_edges(
    spec: BlrmSpecification,
    n: ArrayLike,
    n_dlt: ArrayLike,
    *,
    nearness: float = KNIFE_EDGE,
    max_n: int | None = None,
) -> tuple[KnifeEdge, ...]:
    """Counts whose probability of an overdose at some level is nearer to the limit than ``nearness``.

    Other arguments as for the interval probabilities. Equal counts are listed once.

    Examples
    --------
    >>> from decimal import Decimal
    >>> spec = BlrmSpecification(
    ...     doses=(Decimal(10), Decimal(30), Decimal(90)), reference_dose=Decimal(90),
    ...     mean_log_alpha=Decimal("-0.7"), mean_log_beta=Decimal("-0.4"),
    ...     sd_log_alpha=Decimal("1.2"), sd_log_beta=Decimal("0.9"),
    ... )
    >>> edges = list_knife_edges(spec, [[3, 3, 0], [3, 6, 3]], [[0, 0, 0], [0, 1, 1]], nearness=0.05)
    >>> [(edge.n_dlt, edge.level, round(edge.p_overdose, 2)) for edge in edges]
    [((0, 0, 0), 3, 0.28)]
    """
    total, dlt = np.asarray(n, dtype=np.int64), np.asarray(n_dlt, dtype=np.int64)
    places, _ = find_distinct_rows(np.hstack([total, dlt]))
    over = compute_interval_probabilities(spec, total[places], dlt[places], max_n=max_n).over
    rows, levels = np.nonzero(np.abs(over - float(spec.overdose_limit)) < nearness)
    return tuple(
        KnifeEdge(
            n_evaluable=tuple(total[places[row]].tolist()),
            n_dlt=tuple(dlt[places[row]].tolist()),
            level=int(level) + 1,
            p_overdose=float(over[row, level]),
        )
        for row, level in zip(rows, levels, strict=True)
    )


def judge_by_blrm(spec: BlrmSpecification, *, max_n: int) -> Judge:
    """The rule of a model as the judge that :func:`firstdose.design.stepping.guard_rule` asks for.

    Levels within the overdose limit are open; the part is too toxic when there is none. Of those up to one
    above the current level :func:`assign_best_levels` names one. If that is below the current level the
    ladder ends there, so that the next cohort goes down to it and not by one level.

    Parameters
    ----------
    spec : BlrmSpecification
        Without faults.
    max_n : int
        Most participants in all levels together.
    """
    n_levels = len(spec.doses)

    def judge(n: IntArray, n_dlt: IntArray, level: IntArray) -> Judgement:
        found = compute_interval_probabilities(spec, n, n_dlt, max_n=max_n)
        levels = np.arange(1, n_levels + 1)
        is_open = found.over <= float(spec.overdose_limit)
        best = assign_best_levels(found, is_open & (levels <= np.asarray(level)[:, None] + 1))
        # nobody treated: the start level is the protocol's, not the model's
        is_treated = np.asarray(n).any(axis=1)
        is_above, is_below = is_treated & (best > level), is_treated & (best < level)
        action = np.select([is_above, is_below], [ESCALATE, DE_ESCALATE], STAY)
        # a higher dose is never less likely an overdose, so the levels that are open are the lowest ones
        highest = np.where(action == DE_ESCALATE, best, is_open.sum(axis=1))
        is_here_open = is_open[np.arange(len(is_open)), np.asarray(level, dtype=np.int64) - 1]
        reason = np.select(
            [~is_treated, ~is_open.any(axis=1), ~is_here_open, is_above, is_below],
            [NO_ONE, NO_LEVEL, ABOVE_LIMIT, ABOVE, BELOW],
            HERE,
        )
        return Judgement(
            action, np.where(is_treated, highest, n_levels), np.asarray(reason == NO_LEVEL), reason
        )

    return judge


def select_by_blrm(spec: BlrmSpecification, *, max_n: int, fewest_at_mtd: int = 1) -> Selector:
    """The choice of the MTD: of the levels tried and within the limit, the one that the rule names.

    Parameters
    ----------
    spec : BlrmSpecification
        Without faults.
    max_n : int
        Most participants in all levels together.
    fewest_at_mtd : int
        Levels with fewer participants are chosen only if no level has as many.
    """

    def select(n: IntArray, n_dlt: IntArray, highest: IntArray) -> IntArray:
        found = compute_interval_probabilities(spec, n, n_dlt, max_n=max_n)
        is_open = found.over <= float(spec.overdose_limit)
        return assign_best_levels(found, assign_candidates(np.where(is_open, n, 0), highest, fewest_at_mtd))

    return select


def assign_best_levels(found: IntervalProbabilities, may_be_chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The level, from 1, with the most probability in the target interval; 0 where none may be chosen.

    Where even that is not above ``LEAST_TARGET_PROBABILITY`` it is the highest that may be chosen.
    """
    target = np.where(may_be_chosen, found.target, -1.0)
    n_levels = target.shape[1]
    highest = n_levels - np.argmax(may_be_chosen[:, ::-1], axis=1)
    best = np.where(target.max(axis=1) > LEAST_TARGET_PROBABILITY, 1 + np.argmax(target, axis=1), highest)
    return np.where(may_be_chosen.any(axis=1), best, 0)


def _prepare(
    spec: BlrmSpecification, n: ArrayLike, n_dlt: ArrayLike, max_n: int | None
) -> tuple[_Nodes, BinomialData, NDArray[np.intp]]:
    """The nodes, the distinct counts, and for every state the place of its counts."""
    counts = gather_counts(n, n_dlt, max_n)
    return _compute_nodes(spec, counts.most), counts.data, counts.where


@lru_cache(maxsize=16)
def _compute_nodes(spec: BlrmSpecification, max_n: int) -> _Nodes:
    plane = compute_plane_nodes(
        (float(spec.mean_log_alpha), float(spec.mean_log_beta)),
        (float(spec.sd_log_alpha), float(spec.sd_log_beta)),
        float(spec.correlation),
        spacing=(SPACING[0] / sqrt(max_n), SPACING[1] / sqrt(max_n)),
        reach_sd=REACH_SD,
    )
    # decimals are divided first: the same doses in another unit give the same nodes
    log_ratios = [log(dose / spec.reference_dose) for dose in spec.doses]
    steepness = np.outer(log_ratios, np.exp(plane.second))
    log_odds = plane.first + steepness
    return _Nodes(
        alpha=plane.first,
        spacing=plane.spacing,
        log_odds=log_odds,
        log_rates=log_expit(log_odds),
        log_complements=log_expit(-log_odds),
        log_weights=plane.log_weights,
        steepness=steepness,
    )
