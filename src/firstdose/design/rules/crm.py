"""The continual reassessment method (CRM): one curve through all levels, updated by every outcome.

Source
------
O'Quigley J, Pepe M, Fisher L. Continual reassessment method: a practical design for phase 1 clinical trials
in cancer. Biometrics 1990;46:33-48. Cheung YK. Dose Finding by the Continual Reassessment Method. Chapman and
Hall/CRC 2011. Models, prior and choice of the level as in the R package dfcrm 0.2-2.1, whose ``crm`` plugs
the posterior mean of the parameter into the curve; the two-parameter logistic model does the same with both.

dfcrm has no stopping rule and restrains escalation by the outcome of the last cohort alone. Here the part
stops when the lowest level is too toxic, and escalation is coherent with all counts of the current level,
because a state is its counts.
"""

from fractions import Fraction
from functools import lru_cache
from math import ceil, log, sqrt
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_expit, logit

from firstdose.design.rules.crm_specification import CrmSpecification
from firstdose.design.rules.model_data import expect, gather_counts
from firstdose.design.stepping import DE_ESCALATE, ESCALATE, STAY, IntArray, Judge, Judgement, Selector
from firstdose.numerics.quadrature import (
    BinomialData,
    compute_line_nodes,
    compute_plane_nodes,
    compute_share_above,
)

Floats = NDArray[np.float64]

REACH_SD = 8.5
"""Nodes reach so many prior standard deviations; 6.5 lose 2e-7 of the mean when all of 36 had a DLT."""
NODES_PER_SD, FEWEST_PER_PRIOR_SD = 1.6, 5
"""Nodes in the standard deviation of the narrowest posterior, and of the prior."""
PLANE_REACH_SD, PLANE_SPACING = 7.0, 1.0
"""Of two parameters; the spacing is divided by the root of the largest sample."""
REASONS = (
    "no_one_treated",
    "closest_level_above",
    "closest_level_here",
    "closest_level_below",
    "rate_at_or_above_target",
)
"""Codes of why the rule says what it says, in the order of ``Judgement.reason``."""
NO_ONE, ABOVE, HERE, BELOW, HELD_BACK = range(len(REASONS))

NEAR_TIE = 1e-9
"""Distances from the target that differ by less are equal, and the lower level is taken."""


class CrmPosterior(msgspec.Struct, frozen=True, kw_only=True):
    """What the model makes of counts; one row per state, in the order given.

    ``slope`` is the posterior mean of b, ``intercept`` that of the intercept, a constant in the one-parameter
    models (0 in the power model, which has none). ``rates`` are the DLT rates at these values, one column per
    level. ``p_lowest_above_target`` is the posterior probability that level 1 is above the target.
    """

    slope: Floats
    intercept: Floats
    rates: Floats
    p_lowest_above_target: Floats


class RateMoments(msgspec.Struct, frozen=True, kw_only=True):
    """Posterior mean and standard deviation of the DLT rates; one row per state, one column per level."""

    mean: Floats
    sd: Floats


class CrmNodes(NamedTuple):
    """The curves of a model at the nodes of an integral: one row per level, one column per node."""

    log_rates: Floats
    log_complements: Floats
    log_weights: Floats
    values: Floats
    """Columns: b, intercept, share above the target at level 1."""


def compute_crm_posterior(
    spec: CrmSpecification, n: ArrayLike, n_dlt: ArrayLike, *, max_n: int | None = None
) -> CrmPosterior:
    """The posterior of a model after counts, for many states at once; equal counts are computed once.

    Parameters
    ----------
    spec : CrmSpecification
        Without faults.
    n, n_dlt : arrays of whole numbers
        Evaluable participants and participants with a DLT: one row per state, one column per level.
    max_n : int, optional
        Most participants that any state may have: it sets how close the nodes are. The largest sum of the
        counts if left out.

    Examples
    --------
    The outcomes of five participants at levels 3, 5, 5, 3 and 4, with a DLT in the third (Cheung 2011, p. 21).

    >>> from decimal import Decimal
    >>> spec = CrmSpecification(
    ...     skeleton=tuple(map(Decimal, ("0.05", "0.12", "0.25", "0.40", "0.55"))),
    ...     target_rate=Decimal("0.25"), model="logistic",
    ... )
    >>> posterior = compute_crm_posterior(spec, [[0, 0, 2, 1, 2]], [[0, 0, 0, 0, 1]])
    >>> f"{posterior.slope[0]:.2f}", posterior.rates.round(2).tolist()
    ('0.28', [[0.01, 0.03, 0.08, 0.18, 0.33]])
    """
    nodes, counts, where = _prepare(spec, n, n_dlt, max_n)
    means = expect(nodes, counts, nodes.values)
    slope, intercept = means[:, 0], means[:, 1]
    rates = np.exp(compute_log_rates(spec, slope, intercept)).T
    return CrmPosterior(
        slope=slope[where],
        intercept=intercept[where],
        rates=rates[where],
        p_lowest_above_target=means[where, 2].clip(0.0, 1.0),
    )


def compute_crm_rate_moments(
    spec: CrmSpecification, n: ArrayLike, n_dlt: ArrayLike, *, max_n: int | None = None
) -> RateMoments:
    """Posterior means and standard deviations of the DLT rates, for a report.

    The rule does not read them: it reads the rates at the mean of the parameters. Arguments as for
    :func:`compute_crm_posterior`.
    """
    nodes, counts, where = _prepare(spec, n, n_dlt, max_n)
    rates = np.exp(nodes.log_rates)
    return assign_moments(expect(nodes, counts, np.vstack([rates, rates**2]).T)[where])


def assign_moments(powers: Floats) -> RateMoments:
    """Means and standard deviations from the means of the rates and, in further columns, of their squares."""
    mean, square = np.hsplit(powers, 2)
    return RateMoments(mean=mean, sd=np.sqrt((square - mean**2).clip(0.0)))


def judge_by_crm(spec: CrmSpecification, *, max_n: int) -> Judge:
    """The rule of a model as the judge that :func:`firstdose.design.stepping.guard_rule` asks for.

    The level is the one that :func:`assign_closest_levels` names. If that is below the current level the
    ladder ends there, so that the next cohort goes down to it and not by one level.

    Parameters
    ----------
    spec : CrmSpecification
        Without faults.
    max_n : int
        Most participants in all levels together.
    """
    target = Fraction(spec.target_rate)
    n_levels = len(spec.skeleton)

    def judge(n: IntArray, n_dlt: IntArray, level: IntArray) -> Judgement:
        posterior = compute_crm_posterior(spec, n, n_dlt, max_n=max_n)
        closest = assign_closest_levels(posterior.rates, float(spec.target_rate))
        rows, place = np.arange(len(level)), np.asarray(level, dtype=np.int64) - 1
        n_here, n_dlt_here = (np.asarray(counts, np.int64)[rows, place] for counts in (n, n_dlt))
        at_or_above = (n_here > 0) & (n_dlt_here * target.denominator >= n_here * target.numerator)
        is_above, is_below = closest > level, closest < level
        action = np.select([is_above, is_below], [ESCALATE, DE_ESCALATE], STAY)
        reason = np.select([is_above, is_below], [ABOVE, BELOW], HERE)
        if spec.is_coherent:
            is_held_back = (action == ESCALATE) & at_or_above
            action[is_held_back], reason[is_held_back] = STAY, HELD_BACK
        # nobody treated: the start level is the protocol's, not the model's
        is_treated = np.asarray(n).any(axis=1)
        action[~is_treated], reason[~is_treated] = STAY, NO_ONE
        highest = np.where(action == DE_ESCALATE, closest, n_levels)
        is_too_toxic = np.zeros(len(level), dtype=np.bool_)
        if spec.too_toxic_probability is not None:
            is_too_toxic = is_treated & (posterior.p_lowest_above_target > float(spec.too_toxic_probability))
        return Judgement(action, highest, is_too_toxic, reason)

    return judge


def select_by_crm(spec: CrmSpecification, *, max_n: int, fewest_at_mtd: int = 1) -> Selector:
    """The choice of the MTD: the level tried whose rate is closest to the target.

    Parameters
    ----------
    spec : CrmSpecification
        Without faults.
    max_n : int
        Most participants in all levels together.
    fewest_at_mtd : int
        Levels with fewer participants are chosen only if no level has as many.
    """

    def select(n: IntArray, n_dlt: IntArray, highest: IntArray) -> IntArray:
        rates = compute_crm_posterior(spec, n, n_dlt, max_n=max_n).rates
        may_be_mtd = assign_candidates(n, highest, fewest_at_mtd)
        return assign_closest_levels(rates, float(spec.target_rate), may_be_mtd)

    return select


def assign_candidates(n: IntArray, highest: IntArray, fewest_at_mtd: int) -> NDArray[np.bool_]:
    """Levels that may be the MTD: tried, open, and with enough participants where any such level has them."""
    is_open = (np.asarray(n) > 0) & (np.arange(1, n.shape[1] + 1) <= np.asarray(highest)[:, None])
    has_enough = is_open & (np.asarray(n) >= fewest_at_mtd)
    return np.where(has_enough.any(axis=1, keepdims=True), has_enough, is_open)


def assign_closest_levels(
    rates: Floats, target_rate: float, may_be_chosen: NDArray[np.bool_] | None = None
) -> NDArray[np.int64]:
    """The level, from 1, whose rate is closest to the target; of two equally close the lower.

    Parameters
    ----------
    rates : array
        One row per state, one column per level; none falls from one level to the next.
    target_rate : float
    may_be_chosen : array of bool, optional
        Of the same shape. 0 is returned where no level may be chosen.

    Examples
    --------
    >>> rates = np.array([[0.1, 0.2, 0.3], [0.01, 0.02, 0.03]])
    >>> assign_closest_levels(rates, 0.25).tolist()
    [2, 3]
    """
    distance = np.abs(rates - target_rate)
    if may_be_chosen is not None:
        distance = np.where(may_be_chosen, distance, np.inf)
    nearest = distance.min(axis=1, keepdims=True)
    level = 1 + np.argmax(distance <= nearest + NEAR_TIE, axis=1)
    return np.where(np.isfinite(nearest[:, 0]), level, 0)


def _prepare(
    spec: CrmSpecification, n: ArrayLike, n_dlt: ArrayLike, max_n: int | None
) -> tuple[CrmNodes, BinomialData, NDArray[np.intp]]:
    """The nodes, the distinct counts, and for every state the place of its counts."""
    counts = gather_counts(n, n_dlt, max_n)
    return compute_nodes(spec, counts.most), counts.data, counts.where


@lru_cache(maxsize=16)
def compute_nodes(spec: CrmSpecification, max_n: int) -> CrmNodes:
    """Curves of a model at its nodes, close enough for posteriors after ``max_n`` participants."""
    slope_sd = sqrt(spec.slope_variance)
    target = float(spec.target_rate)
    if spec.intercept_variance is None:
        narrowest_sd = 1 / sqrt(max_n * _compute_most_information(spec))
        n_a_side = ceil(REACH_SD * max(NODES_PER_SD * slope_sd / narrowest_sd, FEWEST_PER_PRIOR_SD))
        line = compute_line_nodes(0.0, slope_sd, n_nodes=1 + 2 * n_a_side, reach_sd=REACH_SD)
        intercept = np.full_like(line.values, spec.intercept if spec.model == "logistic" else 0)
        # the lowest rate falls as b grows: it is above the target below the b where it equals the target
        if spec.model == "power":
            ratio = log(target) / log(spec.skeleton[0])
        else:
            ratio = (float(logit(target)) - float(spec.intercept)) / compute_scaled_doses(spec)[0]
        cut = log(ratio) if ratio > 0 else -np.inf
        share = 1 - compute_share_above(line.values, line.spacing, cut)
        slope, log_weights = line.values, line.log_weights
    else:
        spacing = PLANE_SPACING / sqrt(max_n)
        plane = compute_plane_nodes(
            (float(spec.intercept), 0.0),
            (sqrt(spec.intercept_variance), slope_sd),
            0.0,
            spacing=(spacing, spacing),
            reach_sd=PLANE_REACH_SD,
        )
        intercept, slope, log_weights = plane.first, plane.second, plane.log_weights
        cut = logit(target) - np.exp(slope) * compute_scaled_doses(spec)[0]
        share = compute_share_above(intercept, plane.spacing, cut)
    log_rates = compute_log_rates(spec, slope, intercept)
    return CrmNodes(
        log_rates=log_rates,
        log_complements=_log_complements(spec, slope, intercept),
        log_weights=log_weights,
        values=np.column_stack([slope, intercept, share]),
    )


def _compute_most_information(spec: CrmSpecification) -> float:
    """The most that one participant at any level can tell about b: the square of dp/db over p (1 - p)."""
    rates = np.arange(1, 1000) / 1000
    if spec.model == "power":
        return float((rates * np.log(rates) ** 2 / (1 - rates)).max())
    return float((rates * (1 - rates) * (logit(rates) - float(spec.intercept)) ** 2).max())


def compute_scaled_doses(spec: CrmSpecification) -> Floats:
    """The x of the logistic models: with b = 0 they give the skeleton."""
    return np.asarray(logit(np.array(spec.skeleton, dtype=np.float64)) - float(spec.intercept))


def compute_log_rates(spec: CrmSpecification, slope: Floats, intercept: Floats) -> Floats:
    """Logarithm of the DLT rate: one row per level, one column per value of the parameters."""
    if spec.model == "power":
        return np.outer(np.log(np.array(spec.skeleton, dtype=np.float64)), np.exp(slope))
    return np.asarray(log_expit(intercept + np.outer(compute_scaled_doses(spec), np.exp(slope))))


def _log_complements(spec: CrmSpecification, slope: Floats, intercept: Floats) -> Floats:
    """Logarithm of one minus the DLT rate."""
    if spec.model == "power":
        return np.log(-np.expm1(compute_log_rates(spec, slope, intercept)))
    return np.asarray(log_expit(-(intercept + np.outer(compute_scaled_doses(spec), np.exp(slope)))))
