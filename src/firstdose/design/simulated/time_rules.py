"""What may be done while windows are open: the published rules, asked inside a simulated trial.

Each does what its module in :mod:`firstdose.design.rules` says, in floating point; importing this one imports numba.
"""

from math import log1p
from typing import NamedTuple

import numpy as np

from firstdose.design.rules.crm import compute_nodes, compute_scaled_doses
from firstdose.design.rules.crm_specification import CrmSpecification
from firstdose.design.rules.model_data import LEAST_N
from firstdose.design.rules.rolling_six import MOST_AT_LEVEL
from firstdose.design.rules.three_plus_three import BOTH_COHORTS
from firstdose.design.simulated.flat_design import FlatDesign, Floats, Ints
from firstdose.design.simulated.time_state import (
    HAS_RESPONSE,
    LEVEL,
    N_COMPLETE,
    N_DLT,
    N_OWN,
    N_PENDING,
    NEAR_RATE,
    OPEN,
    START,
    TREAT,
    WAIT,
    Cells,
    Guards,
    N,
    compiled,
    decide,
    find_highest,
    is_titrating,
    read_wish,
)
from firstdose.design.stepping import DE_ESCALATE, ESCALATE, STAY

NEAR_TIE = 1e-9
"""Distances from the target that differ by less are equal, and the lower level is taken, as in the CRM."""
SUSPEND = 0
"""A wish beside ``ESCALATE``, ``STAY`` and ``DE_ESCALATE``."""


class FlatTite(NamedTuple):
    """What TITE-BOIN compares with."""

    target_rate: float
    lambda_e: float
    lambda_d: float
    suspend_above: float
    fewest_complete: int
    is_imputed: bool


class FlatCrm(NamedTuple):
    """A CRM at the nodes of its prior; ``doses`` place the levels on its curve.

    ``slopes``, ``intercepts`` and ``shares`` are, by node, the parameters and the share above the target at level 1.
    """

    log_rates: Floats
    log_complements: Floats
    log_weights: Floats
    slopes: Floats
    intercepts: Floats
    shares: Floats
    doses: Floats
    is_power: bool
    is_coherent: bool
    too_toxic: float
    fewest_complete: int


class FlatBackfill(NamedTuple):
    """Backfilling: most participants of a level that is open, whether a response opens it, and who goes where."""

    most_n: int
    needs_response: bool
    at_random: bool
    lambda_e: float
    lambda_d: float


def flatten_crm(model: CrmSpecification | None, max_n: int, fewest_complete: int = 0) -> FlatCrm:
    """A model at its nodes; without one, no nodes."""
    if model is None:
        none, empty = np.zeros(0), np.zeros((0, 0))
        return FlatCrm(empty, empty, none, none, none, none, none, True, True, 1.0, 0)  # noqa: FBT003
    nodes = compute_nodes(model, max(max_n, LEAST_N))
    is_power = model.model == "power"
    doses = np.log(np.array(model.skeleton, dtype=np.float64)) if is_power else compute_scaled_doses(model)
    limit = model.too_toxic_probability
    return FlatCrm(
        log_rates=np.ascontiguousarray(nodes.log_rates),
        log_complements=np.ascontiguousarray(nodes.log_complements),
        log_weights=np.ascontiguousarray(nodes.log_weights),
        slopes=np.ascontiguousarray(nodes.values[:, 0]),
        intercepts=np.ascontiguousarray(nodes.values[:, 1]),
        shares=np.ascontiguousarray(nodes.values[:, 2]),
        doses=np.ascontiguousarray(doses),
        is_power=is_power,
        is_coherent=model.is_coherent,
        too_toxic=2.0 if limit is None else float(limit),
        fewest_complete=fewest_complete,
    )


@compiled
def is_suspended(cells: Cells, guards: Guards, tite: FlatTite, counts: Ints, level: int) -> bool:
    """Whether too many are pending, and neither elimination nor DLTs of all treated have settled the step."""
    n_here, n_dlt_here = counts[N, level], counts[N_DLT, level]
    if counts[N_PENDING, level] <= tite.suspend_above * n_here + NEAR_RATE:
        return False
    return (
        find_highest(cells, guards, counts, N) > level and n_dlt_here < (tite.lambda_d - NEAR_RATE) * n_here
    )


@compiled
def follow(who: Ints, when: Floats, n_open: int, level: int, t: float, window_d: float) -> float:
    """Shares of the window that the pending of a level were seen through, added up."""
    shares = 0.0
    for place in range(n_open):
        k = who[OPEN, place]
        if who[LEVEL, k] == level:
            shares += max(0.0, t - when[START, k])
    return shares / window_d


@compiled
def wish_by_tite_boin(
    cells: Cells,
    guards: Guards,
    target_rate: float,
    tite: FlatTite,
    who: Ints,
    when: Floats,
    counts: Ints,
    n_open: int,
    level: int,
    t: float,
    window_d: float,
) -> int:
    """Escalate, stay, de-escalate or suspend, as :func:`firstdose.design.rules.tite_boin.assign_move`."""
    n_here, n_dlt_here, n_pending = (
        counts[N, level],
        counts[N_DLT, level],
        counts[N_PENDING, level],
    )
    if n_pending == 0:
        return read_wish(cells, guards, counts, N, level)
    if n_dlt_here >= (tite.lambda_d - NEAR_RATE) * n_here:
        return DE_ESCALATE
    if n_pending > tite.suspend_above * n_here + NEAR_RATE:
        return SUSPEND
    shares = follow(who, when, n_open, level, t, window_d)
    complete = n_here - n_pending
    if tite.is_imputed:
        guess = (n_dlt_here + target_rate / 2) / (complete + 1)
        rate = (n_dlt_here + guess / (1 - guess) * (n_pending - shares)) / n_here
    elif n_dlt_here == 0:
        rate = 0.0
    else:
        rate = n_dlt_here / (complete + shares)
    # nothing that is only imputed leads down
    if rate >= tite.lambda_d - NEAR_RATE and (
        not tite.is_imputed or n_dlt_here >= (target_rate - NEAR_RATE) * n_here
    ):
        return DE_ESCALATE
    if rate <= tite.lambda_e + NEAR_RATE:
        return ESCALATE if complete >= tite.fewest_complete else SUSPEND
    return STAY


@compiled
def wish_by_tite_crm(
    target_rate: float,
    crm: FlatCrm,
    who: Ints,
    when: Floats,
    counts: Ints,
    n_open: int,
    level: int,
    t: float,
    window_d: float,
    logs: Floats,
    rates: Floats,
) -> tuple[int, bool]:
    """The step of :func:`firstdose.design.rules.tite_crm.assign_level`, and whether level 1 is too toxic.

    ``logs`` and ``rates`` are written: the log posterior by node, and the DLT rates at the posterior mean.
    """
    top = -np.inf
    for node in range(len(logs)):
        found = crm.log_weights[node]
        for one in range(len(rates)):
            if counts[N, one] > 0:
                n_clear = counts[N, one] - counts[N_DLT, one] - counts[N_PENDING, one]
                found += (
                    counts[N_DLT, one] * crm.log_rates[one, node] + n_clear * crm.log_complements[one, node]
                )
        for place in range(n_open):
            k = who[OPEN, place]
            share = min(max(0.0, (t - when[START, k]) / window_d), 1.0)
            found += log1p(-share * np.exp(crm.log_rates[who[LEVEL, k], node]))
        logs[node] = found
        top = max(top, found)
    mass, slope, intercept, above = 0.0, 0.0, 0.0, 0.0
    for node in range(len(logs)):
        weight = np.exp(logs[node] - top)
        mass += weight
        slope += weight * crm.slopes[node]
        intercept += weight * crm.intercepts[node]
        above += weight * crm.shares[node]
    power, intercept = np.exp(slope / mass), intercept / mass
    best, least = 0, np.inf
    for one in range(len(rates)):
        at = power * crm.doses[one]
        rates[one] = np.exp(at) if crm.is_power else 1 / (1 + np.exp(-intercept - at))
        distance = abs(rates[one] - target_rate)
        if distance < least - NEAR_TIE:
            best, least = one, distance
    is_too_toxic = above > crm.too_toxic * mass
    if best < level:
        return DE_ESCALATE, is_too_toxic
    complete = counts[N, level] - counts[N_PENDING, level]
    if best == level or (counts[N_PENDING, level] > 0 and complete < crm.fewest_complete):
        return STAY, is_too_toxic
    if crm.is_coherent and complete > 0 and counts[N_DLT, level] >= (target_rate - NEAR_RATE) * complete:
        return STAY, is_too_toxic
    return ESCALATE, is_too_toxic


@compiled
def select_by_rates(design: FlatDesign, n: Ints, highest: int, rates: Floats) -> int:
    """The level tried whose rate is closest to the target, one with enough participants if there is any."""
    any_enough = False
    for level in range(highest):
        any_enough |= n[level] >= design.fewest_at_mtd
    fewest = design.fewest_at_mtd if any_enough else 1
    best, least = 0, np.inf
    for level in range(highest):
        distance = abs(rates[level] - design.target_rate)
        if n[level] >= fewest and distance < least - NEAR_TIE:
            best, least = level + 1, distance
    return best


@compiled
def step_rolling_six(
    cells: Cells, sizes: Ints, guards: Guards, counts: Ints, n_open: int, total: int, level: int, reached: int
) -> tuple[int, int]:
    """What follows for the next participant and at which level, as assign_step_while_pending."""
    enrolled, n_dlt_here, n_pending = counts[N, level], counts[N_DLT, level], counts[N_PENDING, level]
    wish = read_wish(cells, guards, counts, N, level)
    if n_open == 0:
        what, target, _ = decide(cells, sizes, guards, counts, N, total, level, reached, wish)
        return what, target
    if n_pending != n_open or is_titrating(guards, counts, level):
        return WAIT, level
    settled = n_dlt_here > 1 and BOTH_COHORTS * n_dlt_here > enrolled
    if not settled and enrolled < MOST_AT_LEVEL:
        has_room = enrolled < guards.max_n_per_level and total < guards.max_n
        if has_room and find_highest(cells, guards, counts, N) > level:
            return TREAT, level
        return WAIT, level
    if not settled and BOTH_COHORTS * (n_dlt_here + n_pending) > enrolled:
        return WAIT, level
    what, target, _ = decide(cells, sizes, guards, counts, N, total, level, reached, wish)
    if what == TREAT and target != level:
        return TREAT, target
    return WAIT, level


@compiled
def decide_with_backfill(
    cells: Cells,
    sizes: Ints,
    guards: Guards,
    backfill: FlatBackfill,
    counts: Ints,
    total: int,
    level: int,
    reached: int,
) -> tuple[int, int, int]:
    """The step on complete windows, pooled where a backfilled level contradicts the current one.

    As :func:`firstdose.design.rules.backfill.assign_backfill_conflict`, inside the guards.
    """
    for one in range(reached + 1):
        counts[N_COMPLETE, one] = counts[N, one] - counts[N_PENDING, one]
    wish = read_wish(cells, guards, counts, N_COMPLETE, level)
    judged = level
    contradicting = -1
    for one in range(level):
        if counts[N_COMPLETE, one] > counts[N_OWN, one]:
            below = read_wish(cells, guards, counts, N_COMPLETE, one)
            if below == DE_ESCALATE or (wish == ESCALATE and below != ESCALATE):
                contradicting = one
    if contradicting >= 0:
        n_pooled, dlt_pooled, highest_safe = 0, 0, contradicting - 1
        for one in range(contradicting, level + 1):
            n_pooled += counts[N_COMPLETE, one]
            dlt_pooled += counts[N_DLT, one]
            if dlt_pooled < (backfill.lambda_d - NEAR_RATE) * n_pooled:
                highest_safe = one
        if dlt_pooled <= (backfill.lambda_e + NEAR_RATE) * n_pooled:
            wish = ESCALATE
        elif dlt_pooled >= (backfill.lambda_d - NEAR_RATE) * n_pooled:
            # down to the highest level that is safe: as if the level above it had been the last
            wish, judged = DE_ESCALATE, highest_safe + 1
        else:
            wish = STAY
    return decide(cells, sizes, guards, counts, N_COMPLETE, total, judged, reached, wish)


@compiled
def pick_backfill(
    cells: Cells, guards: Guards, backfill: FlatBackfill, counts: Ints, level: int, chance: float
) -> int:
    """The level at which an arriving participant is backfilled, -1 for none.

    As :func:`firstdose.design.rules.backfill.list_backfill_levels`, and below every eliminated level.
    """
    highest = min(find_highest(cells, guards, counts, N), level)
    n_open, found = 0, -1
    for draw in range(2 if backfill.at_random else 1):
        wanted = int(chance * n_open)
        n_open, has_response = 0, False
        for one in range(highest):
            n, n_dlt = counts[N, one] - counts[N_PENDING, one], counts[N_DLT, one]
            n_two = n + counts[N, one + 1] - counts[N_PENDING, one + 1]
            n_dlt_two = n_dlt + counts[N_DLT, one + 1]
            limit = backfill.lambda_d - NEAR_RATE
            if n > 0 and n_dlt >= limit * n and n_dlt_two >= limit * n_two:
                break
            has_response |= counts[HAS_RESPONSE, one] > 0
            has_activity = has_response or not backfill.needs_response
            if n > 0 and counts[N, one] < backfill.most_n and has_activity:
                if draw == 0 or n_open == wanted:
                    found = one
                n_open += 1
    return found
