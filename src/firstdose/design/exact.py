"""Exact operating characteristics of a design, without simulation.

A design that decides on counts is a Markov chain on (counts, current level). Along every path to a state the
likelihood is the same, so a state needs one weight W, the number of ways to reach it, which no true DLT rate
enters. Then for any true rates p the probability of a final state is W times the product over levels of
p^y (1-p)^(n-y). Enumerating the states is done once per design; a scenario is then a dot product.

Source
------
Norris DC, package precautionary, vignette "MCSE-Free" (paths); arXiv 2012.05301 (3+3). Merging paths into
states with weights is described in the methods page "Exact operating characteristics".
"""

from collections import defaultdict
from collections.abc import Sequence
from math import comb

import msgspec
import numpy as np
from numpy.typing import NDArray

from firstdose.design.decision_table import DecisionTable
from firstdose.design.next_cohort import Action, assign_next_cohort

State = tuple[tuple[int, ...], tuple[int, ...], int]
"""Evaluable participants, participants with a DLT (one per level, lowest first), current level."""


class FinalStates(msgspec.Struct, frozen=True, kw_only=True):
    """Every way in which a part may end, with the number of paths that lead there.

    ``n_evaluable`` and ``n_dlt`` have one row per final state and one column per level; ``mtd`` is the
    selected level from 1, or 0 for none; ``too_toxic`` says whether the part was stopped for toxicity.
    """

    digest: str
    n_evaluable: NDArray[np.int64]
    n_dlt: NDArray[np.int64]
    n_paths: NDArray[np.float64]
    mtd: NDArray[np.int64]
    too_toxic: NDArray[np.bool_]


class OperatingCharacteristics(msgspec.Struct, frozen=True, kw_only=True):
    """What a design does under given true DLT rates; one value per level, lowest first.

    ``p_none`` is the probability that no level is selected, ``p_stop_too_toxic`` that the part is stopped for
    toxicity; ``mean_n`` and ``mean_n_dlt`` are expected participants, and participants with a DLT, in all.
    """

    true_rates: tuple[float, ...]
    p_selected: tuple[float, ...]
    p_none: float
    mean_n_per_level: tuple[float, ...]
    mean_n_dlt_per_level: tuple[float, ...]
    mean_n: float
    mean_n_dlt: float
    p_stop_too_toxic: float
    n_states: int


def enumerate_final_states(table: DecisionTable, cap_level: int | None = None) -> FinalStates:
    """Walk the design over every reachable state.

    Parameters
    ----------
    table : DecisionTable
    cap_level : int, optional
        Highest level that the result of another part allows.
    """
    spec = table.specification
    nobody = (0,) * spec.n_levels
    # every step treats at least one participant, so states by their total are reached in order
    by_total: list[defaultdict[State, int]] = [defaultdict(int) for _ in range(spec.max_n + 1)]
    by_total[0][nobody, nobody, spec.start_level] = 1
    finals: defaultdict[tuple[tuple[int, ...], tuple[int, ...], int, bool], int] = defaultdict(int)
    for total, layer in enumerate(by_total):
        for (n, n_dlt, current), n_paths in layer.items():
            step = assign_next_cohort(table, n, n_dlt, current, cap_level=cap_level)
            if step.size == 0:
                finals[n, n_dlt, step.level or 0, step.action is Action.STOP_TOO_TOXIC] += n_paths
                continue
            level = step.level or current
            place = level - 1
            n_after = (*n[:place], n[place] + step.size, *n[level:])
            following = by_total[total + step.size]
            for events in range(step.size + 1):
                n_dlt_after = (*n_dlt[:place], n_dlt[place] + events, *n_dlt[level:])
                following[n_after, n_dlt_after, level] += n_paths * comb(step.size, events)
        layer.clear()
    return FinalStates(
        digest=table.digest,
        n_evaluable=np.array([final[0] for final in finals], dtype=np.int64),
        n_dlt=np.array([final[1] for final in finals], dtype=np.int64),
        n_paths=np.array(list(finals.values()), dtype=np.float64),
        mtd=np.array([final[2] for final in finals], dtype=np.int64),
        too_toxic=np.array([final[3] for final in finals], dtype=np.bool_),
    )


def compute_operating_characteristics(
    table: DecisionTable, true_rates: Sequence[float], final_states: FinalStates | None = None
) -> OperatingCharacteristics:
    """Exact operating characteristics under given true DLT rates.

    Parameters
    ----------
    table : DecisionTable
    true_rates : sequence of float
        True probability of a DLT, one per level, lowest first.
    final_states : FinalStates, optional
        Of this table, if already enumerated: many scenarios then cost one enumeration.

    Examples
    --------
    >>> from decimal import Decimal
    >>> from firstdose.design import DesignSpecification, compile_table
    >>> table = compile_table(DesignSpecification(
    ...     rule="three_plus_three", n_levels=2, target_rate=Decimal("0.25"), max_n=12, max_n_per_level=6,
    ...     mtd_min_n=3,
    ... ))
    >>> found = compute_operating_characteristics(table, [0.0, 1.0])
    >>> found.p_selected, found.p_none, found.mean_n
    ((1.0, 0.0), 0.0, 6.0)
    """
    n_levels = table.specification.n_levels
    if len(true_rates) != n_levels or not all(0 <= rate <= 1 for rate in true_rates):
        raise ValueError(f"true_rates must be {n_levels} numbers between 0 and 1")
    finals = enumerate_final_states(table) if final_states is None else final_states
    if finals.digest != table.digest:
        raise ValueError("the final states belong to another decision table")
    rates = np.asarray(true_rates, dtype=np.float64)
    likelihood = rates**finals.n_dlt * (1 - rates) ** (finals.n_evaluable - finals.n_dlt)
    p_state = finals.n_paths * likelihood.prod(axis=1)
    p_mtd = np.bincount(finals.mtd, weights=p_state, minlength=n_levels + 1)
    n_mean, n_dlt_mean = p_state @ finals.n_evaluable, p_state @ finals.n_dlt
    return OperatingCharacteristics(
        true_rates=tuple(float(rate) for rate in rates),
        p_selected=tuple(float(p) for p in p_mtd[1:]),
        p_none=float(p_mtd[0]),
        mean_n_per_level=tuple(float(mean) for mean in n_mean),
        mean_n_dlt_per_level=tuple(float(mean) for mean in n_dlt_mean),
        mean_n=float(n_mean.sum()),
        mean_n_dlt=float(n_dlt_mean.sum()),
        p_stop_too_toxic=float(p_state[finals.too_toxic].sum()),
        n_states=len(p_state),
    )
