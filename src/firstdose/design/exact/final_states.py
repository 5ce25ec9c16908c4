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

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from msgspec import UNSET
from numpy.typing import NDArray

from firstdose.design.decision_table import DecisionTable
from firstdose.design.exact.scenarios import (
    MANY_ABOVE,
    OVERDOSE_RATE,
    ScenarioCharacteristics,
    evaluate_scenarios,
)
from firstdose.design.exact.state_graph import (
    LAYER_TO_JUDGE_FROM,
    MOST_STATES,
    Ends,
    GraphTooLarge,
    enumerate_states,
)
from firstdose.design.exact.table_steps import assign_from_table
from firstdose.design.rules.algorithmic import ALGORITHMIC
from firstdose.design.stepping import Assign, IntArray
from firstdose.design.tallies import Tallies


class FinalStates(msgspec.Struct, frozen=True, kw_only=True):
    """Every way in which a part may end, with the number of paths that lead there.

    ``n_evaluable`` and ``n_dlt`` have one row per final state and one column per level; ``mtd`` is the
    selected level from 1, or 0 for none; ``too_toxic`` says whether the part was stopped for toxicity.
    ``n_cohorts`` and ``n_seconds`` are the mean numbers, over the paths, of cohorts treated and of those with a
    second participant; ``n_before`` and ``n_dlt_before`` the counts from which the part went on, all 0 for a
    whole part. ``layers`` is the number of states for each total of participants.
    """

    digest: str
    n_evaluable: IntArray
    n_dlt: IntArray
    n_paths: NDArray[np.float64]
    mtd: IntArray
    too_toxic: NDArray[np.bool_]
    n_cohorts: NDArray[np.float64]
    n_seconds: NDArray[np.float64]
    n_before: tuple[int, ...]
    n_dlt_before: tuple[int, ...]
    target_rate: float
    max_n: int
    layers: tuple[int, ...]


class GraphSize(msgspec.Struct, frozen=True):
    """How many states a design reaches with all its participants; ``is_exact`` if they were counted."""

    n_states: int
    is_exact: bool


class OperatingCharacteristics(msgspec.Struct, frozen=True, kw_only=True):
    """What a design does under given true DLT rates; one value per level, lowest first.

    ``p_none`` is the probability that no level is selected, ``p_stop_too_toxic`` that the part is stopped for
    toxicity, ``p_stop_early`` that it ends before all its participants were treated; ``mean_n`` and
    ``mean_n_dlt`` are expected participants, and participants with a DLT, in all; ``p_n[k]`` and
    ``p_n_dlt[k]`` the probability that they are k. A level is above the MTD where its true rate exceeds the
    target: ``p_many_above_mtd`` is the probability that more than ``many_above`` of the participants are
    treated there. ``p_selected_overdose`` and ``mean_n_overdose`` are about levels whose true rate exceeds
    ``overdose_rate``. ``mean_n_cohorts`` and ``mean_n_seconds`` are expected cohorts, and those of them with a
    second participant. After counts that were given, all participants are included; ``mean_n_since`` are the
    expected participants, and the cohorts those, that were still to come.
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
    p_stop_early: float
    p_n: tuple[float, ...]
    p_n_dlt: tuple[float, ...]
    many_above: float
    p_many_above_mtd: float
    overdose_rate: float
    p_selected_overdose: float
    mean_n_overdose: float
    mean_n_cohorts: float
    mean_n_seconds: float
    mean_n_since: float


def enumerate_final_states(
    table: DecisionTable,
    cap_level: int | None = None,
    *,
    tallies: Tallies | None = None,
    current_level: int | None = None,
    most_states: int = MOST_STATES,
) -> FinalStates:
    """Walk the design over every reachable state.

    Parameters
    ----------
    table : DecisionTable
    cap_level : int, optional
        Highest level that the result of another part allows.
    tallies : Tallies, optional
        Counts from which the part goes on, without a pending participant; nobody if left out.
    current_level : int, optional
        Level of the last cohort, from 1, if counts are given.
    most_states : int
        States with one total of participants beyond which the walk is refused.

    Raises
    ------
    GraphTooLarge
        If the states would not fit into memory; see :func:`estimate_graph_size`.
    ValueError
        If a participant is pending.
    """
    if table.ranks is not UNSET:
        raise ValueError("the rule reads responses: see firstdose.design.exact.two_outcomes")
    spec = table.specification
    nobody = (0,) * spec.n_levels
    n, n_dlt = (tallies.n_evaluable, tallies.n_dlt) if tallies else (nobody, nobody)
    if tallies and any(tallies.n_pending):
        raise ValueError("a participant is inside the DLT window: wait, or ask for each outcome")
    ends = enumerate_states(
        assign_from_table(table, cap_level),
        max_n=spec.max_n,
        n=n,
        n_dlt=n_dlt,
        level=spec.start_level if current_level is None else current_level,
        max_n_per_level=spec.max_n_per_level,
        all_single=spec.cohort_size == 1 and spec.rule not in ALGORITHMIC,
        most_states=most_states,
    )
    return FinalStates(
        digest=table.digest, target_rate=float(spec.target_rate), **_name(ends, n, n_dlt, spec.max_n)
    )


def enumerate_final_states_of(
    assign: Assign, *, digest: str, n_levels: int, start_level: int, max_n: int, target_rate: float
) -> FinalStates:
    """The same for a design without a decision table, such as one whose model reads every level.

    Parameters
    ----------
    assign : callable
        Its step; see :mod:`firstdose.design.stepping`.
    digest : str
        What names the design, in :func:`compute_scenarios` too.
    n_levels, start_level, max_n, target_rate
        As in its specification.
    """
    nobody = (0,) * n_levels
    ends = enumerate_states(assign, max_n=max_n, n=nobody, n_dlt=nobody, level=start_level)
    return FinalStates(digest=digest, target_rate=target_rate, **_name(ends, nobody, nobody, max_n))


def _name(ends: Ends, n: Sequence[int], n_dlt: Sequence[int], max_n: int) -> dict[str, Any]:
    return {
        "n_evaluable": ends.n,
        "n_dlt": ends.n_dlt,
        "n_paths": ends.n_paths,
        "mtd": ends.mtd,
        "too_toxic": ends.too_toxic,
        "n_cohorts": ends.n_cohorts,
        "n_seconds": ends.n_seconds,
        "n_before": tuple(n),
        "n_dlt_before": tuple(n_dlt),
        "max_n": max_n,
        "layers": ends.layers,
    }


def estimate_graph_size(table: DecisionTable) -> GraphSize:
    """How many states the design reaches with all its participants, before all of them are walked.

    The first layers are counted, and their growth is carried forward; growth slows down, so the estimate errs
    upwards.

    Examples
    --------
    >>> from firstdose.design import DesignSpecification, compile_table
    >>> table = compile_table(DesignSpecification(
    ...     rule="boin", n_levels=4, target_rate="0.25", max_n=18, max_n_per_level=18, mtd_min_n=1
    ... ))
    >>> estimate_graph_size(table)
    GraphSize(n_states=282, is_exact=True)
    """
    try:
        states = enumerate_final_states(table, most_states=LAYER_TO_JUDGE_FROM)
    except GraphTooLarge as refused:
        return GraphSize(refused.expected, is_exact=False)
    return GraphSize(len(states.mtd), is_exact=True)


def compute_scenarios(
    final_states: FinalStates,
    true_rates: NDArray[np.float64],
    *,
    overdose_rate: float = OVERDOSE_RATE,
    many_above: float = MANY_ABOVE,
) -> ScenarioCharacteristics:
    """Exact operating characteristics under many scenarios at once.

    Parameters
    ----------
    final_states : FinalStates
    true_rates : array of float, scenarios by levels
    overdose_rate : float
        A level with a higher true rate is an overdose.
    many_above : float
        The share of participants above the MTD whose exceedance is asked for.
    """
    n_levels = final_states.n_evaluable.shape[1]
    rates = np.asarray(true_rates, dtype=np.float64)
    if rates.ndim != 2 or rates.shape[1] != n_levels or not ((rates >= 0) & (rates <= 1)).all():  # noqa: PLR2004 - scenarios by levels
        raise ValueError(f"true_rates must be {n_levels} numbers between 0 and 1")
    return evaluate_scenarios(final_states, rates, overdose_rate=overdose_rate, many_above=many_above)


def compute_operating_characteristics(
    table: DecisionTable,
    true_rates: Sequence[float],
    final_states: FinalStates | None = None,
    *,
    overdose_rate: float = OVERDOSE_RATE,
    many_above: float = MANY_ABOVE,
) -> OperatingCharacteristics:
    """Exact operating characteristics under given true DLT rates.

    Parameters
    ----------
    table : DecisionTable
    true_rates : sequence of float
        True probability of a DLT, one per level, lowest first.
    final_states : FinalStates, optional
        Of this table, if already enumerated: many scenarios then cost one enumeration.
    overdose_rate, many_above : float
        As in :func:`compute_scenarios`.

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
    rates = tuple(float(rate) for rate in true_rates)
    found = compute_scenarios(finals, np.array([rates]), overdose_rate=overdose_rate, many_above=many_above)
    return OperatingCharacteristics(
        true_rates=rates,
        n_states=len(finals.mtd),
        many_above=many_above,
        overdose_rate=overdose_rate,
        **{name: _plain(getattr(found, name)[0]) for name in found.__struct_fields__},
    )


def _plain(value: Any) -> Any:
    return tuple(value.tolist()) if value.ndim else float(value)
