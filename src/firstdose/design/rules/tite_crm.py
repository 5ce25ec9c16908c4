"""The time-to-event continual reassessment method (TITE-CRM): the CRM while DLT windows are open.

A pending participant at a level with DLT rate F contributes 1 - w F to the likelihood, where w is the share of
the window seen without a DLT: nothing at first, and 1 - F, as an evaluable participant without a DLT, when the
window is complete. A participant with a DLT contributes F, whenever it came.

Source
------
Cheung YK, Chappell R. Sequential designs for phase I clinical trials with late-onset toxicities. Biometrics
2000;56:1177-1182, with its linear weight. Posterior mean plugged into the curve, and choice of the level, as in
the R package dfcrm (``titecrm``) and in :mod:`firstdose.design.rules.crm`, to which this comes down where every
window is complete.

Published TITE-CRM designs escalate on partial windows alone. Here a level with open windows is not left upwards
before some participant there is evaluable, unless that is asked for.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from msgspec import UNSET

from firstdose.design.rules.crm import (
    ABOVE,
    BELOW,
    HELD_BACK,
    HERE,
    NO_ONE,
    REASONS,
    CrmPosterior,
    assign_closest_levels,
    compute_crm_posterior,
    compute_log_rates,
    compute_nodes,
)
from firstdose.design.rules.crm_specification import CrmSpecification
from firstdose.design.rules.model_data import LEAST_N
from firstdose.design.tallies import Tallies
from firstdose.numerics.quadrature import BinomialData, compute_expectations
from firstdose.terms.outcomes import Fault

FollowUp = Sequence[Sequence[Fraction]]
"""For each level the share of the window seen of each pending participant, lowest level first."""


class TiteCrmStep(NamedTuple):
    """Level of the next participants, from 1, or 0 where the part is too toxic; and the code of the reason."""

    level: int
    reason: str


def check_tite_crm_counts(
    spec: CrmSpecification, n_evaluable: Sequence[int], n_dlt: Sequence[int], follow_up: FollowUp
) -> list[Fault]:
    """Everything that makes counts impossible for a model, one sentence each.

    Examples
    --------
    >>> from decimal import Decimal
    >>> spec = CrmSpecification(skeleton=(Decimal("0.1"), Decimal("0.2")), target_rate=Decimal("0.2"))
    >>> for fault in check_tite_crm_counts(spec, [3, -1], [0, 0], [[], [Fraction(5, 4)]]):
    ...     print(fault)
    n_evaluable: level 2 has n_evaluable -1; write 0 or more
    follow_up: a pending participant at level 2 was seen through 5/4 of the DLT window; write a share from 0 to below 1
    """
    n_levels = len(spec.skeleton)
    faults = [
        Fault(
            what=f"{name} is given for {len(values)} levels and the skeleton has {n_levels}",
            next="give one entry per level",
            clause=name,
        )
        for name, values in (("n_evaluable", n_evaluable), ("n_dlt", n_dlt), ("follow_up", follow_up))
        if len(values) != n_levels
    ]
    if faults:
        return faults
    for level, (n, dlt, shares) in enumerate(zip(n_evaluable, n_dlt, follow_up, strict=True), start=1):
        faults += [
            Fault(what=f"level {level} has {name} {count}", next="write 0 or more", clause=name)
            for name, count in (("n_evaluable", n), ("n_dlt", dlt))
            if count < 0
        ]
        if dlt > n >= 0:
            said = f"level {level} has {dlt} participants with a DLT out of {n} evaluable"
            faults.append(Fault(what=said, next="correct the counts", clause="n_dlt"))
        faults += [
            Fault(
                what=f"a pending participant at level {level} was seen through {share} of the DLT window",
                next="write a share from 0 to below 1",
                clause="follow_up",
            )
            for share in shares
            if not 0 <= share < 1
        ]
    return faults


def compute_tite_posterior(
    spec: CrmSpecification,
    n_evaluable: Sequence[int],
    n_dlt: Sequence[int],
    follow_up: FollowUp,
    *,
    max_n: int | None = None,
) -> CrmPosterior:
    """The posterior of a model after the counts and the open windows of one state.

    Parameters
    ----------
    spec : CrmSpecification
        Without faults.
    n_evaluable, n_dlt : sequence of n int
        Participants with a complete window or a DLT, and those of them with a DLT; one per level.
    follow_up : sequence of n sequences of Fraction
        Shares of the pending.
    max_n : int, optional
        As for :func:`firstdose.design.rules.crm.compute_crm_posterior`; all treated if left out.

    Returns
    -------
    CrmPosterior
        With one row.

    Examples
    --------
    Four participants at level 3, seen through 73, 66, 35 and 28 of 126 days (Cheung 2011, p. 124).

    >>> from decimal import Decimal
    >>> spec = CrmSpecification(
    ...     skeleton=tuple(map(Decimal, ("0.05", "0.12", "0.25", "0.40", "0.55"))), target_rate=Decimal("0.25")
    ... )
    >>> shares = [Fraction(days, 126) for days in (73, 66, 35, 28)]
    >>> posterior = compute_tite_posterior(spec, [0] * 5, [0] * 5, [[], [], shares, [], []])
    >>> f"{posterior.slope[0]:.2f}"
    '0.49'
    """
    if not any(follow_up):
        return compute_crm_posterior(spec, [n_evaluable], [n_dlt], max_n=max_n)
    n_pending = sum(len(shares) for shares in follow_up)
    nodes = compute_nodes(spec, max(sum(n_evaluable) + n_pending, max_n or 0, LEAST_N))
    # a pending participant is a group of its own, of one participant without a DLT, at the rate w F
    levels = np.repeat(np.arange(len(follow_up)), [len(shares) for shares in follow_up])
    weights = np.array([float(share) for shares in follow_up for share in shares])
    log_seen = np.log1p(-weights[:, None] * np.exp(nodes.log_rates[levels]))
    means = compute_expectations(
        BinomialData(
            n_success=np.array([[*n_dlt, *[0] * n_pending]], dtype=np.int64),
            n_failure=np.array(
                [[n - dlt for n, dlt in zip(n_evaluable, n_dlt, strict=True)] + [1] * n_pending],
                dtype=np.int64,
            ),
        ),
        log_rates=np.vstack([nodes.log_rates, np.zeros_like(log_seen)]),
        log_complements=np.vstack([nodes.log_complements, log_seen]),
        log_weights=nodes.log_weights,
        values=nodes.values,
    )
    slope, intercept = means[:, 0], means[:, 1]
    return CrmPosterior(
        slope=slope,
        intercept=intercept,
        rates=np.exp(compute_log_rates(spec, slope, intercept)).T,
        p_lowest_above_target=means[:, 2].clip(0.0, 1.0),
    )


def assign_level(
    spec: CrmSpecification,
    tallies: Tallies,
    current_level: int,
    *,
    fewest_complete_to_escalate: int = 1,
    max_n: int | None = None,
) -> TiteCrmStep:
    """The level that the rule names for the next participants, before the caps of a design.

    It is the level whose rate is closest to the target, not more than one above the current one, and not above
    it while nobody has been treated there.

    Parameters
    ----------
    spec : CrmSpecification
        Without faults. ``is_coherent`` holds the level back while the evaluable there have a DLT rate at or
        above the target: pending participants do not soften that.
    tallies : Tallies
        Without faults. Where ``follow_up`` is not given, the pending were seen for no time.
    current_level : int
        Level of the last cohort, from 1.
    fewest_complete_to_escalate : int
        Evaluable participants that a level with open windows needs before it is left upwards; 0 asks for none,
        as published.
    max_n : int, optional
        As for :func:`compute_tite_posterior`.

    Returns
    -------
    TiteCrmStep
        ``reason`` is one of those of :mod:`firstdose.design.rules.crm`, ``too_few_complete`` or
        ``lowest_level_too_toxic``.
    """
    follow_up: FollowUp = [(Fraction(0),) * n for n in tallies.n_pending]
    if tallies.follow_up is not UNSET:
        follow_up = tallies.follow_up
    if not any(tallies.n_evaluable) and not any(follow_up):
        return TiteCrmStep(current_level, REASONS[NO_ONE])
    posterior = compute_tite_posterior(spec, tallies.n_evaluable, tallies.n_dlt, follow_up, max_n=max_n)
    limit = spec.too_toxic_probability
    if limit is not None and posterior.p_lowest_above_target[0] > float(limit):
        return TiteCrmStep(0, "lowest_level_too_toxic")
    closest = int(assign_closest_levels(posterior.rates, float(spec.target_rate))[0])
    if closest <= current_level:
        return TiteCrmStep(closest, REASONS[HERE if closest == current_level else BELOW])
    place = current_level - 1
    n_here, n_dlt_here = tallies.n_evaluable[place], tallies.n_dlt[place]
    if spec.is_coherent and n_here and n_dlt_here >= Fraction(spec.target_rate) * n_here:
        return TiteCrmStep(current_level, REASONS[HELD_BACK])
    if not n_here and not follow_up[place]:
        return TiteCrmStep(current_level, REASONS[NO_ONE])
    if follow_up[place] and n_here < fewest_complete_to_escalate:
        return TiteCrmStep(current_level, "too_few_complete")
    return TiteCrmStep(current_level + 1, REASONS[ABOVE])
