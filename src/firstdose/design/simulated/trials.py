"""Simulated trials of a design.

A rule that reads the current level alone is played in compiled code, a rule with a model on the states of its frozen
table. Participant k of trial t has a DLT where the number at place k of the trial's outcome stream is below the true
rate of their level: the k-th participant has the same luck in every design. Every DLT window is complete when a
cohort is decided upon, also where the rule could decide before.
"""

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

import numpy as np
from msgspec import UNSET

from firstdose.design.decision_table import DecisionTable
from firstdose.design.exact.scenarios import MANY_ABOVE, OVERDOSE_RATE
from firstdose.design.exact.table_steps import assign_from_table
from firstdose.design.rules.boin import compute_mtd_bound
from firstdose.design.simulated.assigned import AssignedDesign, keep_assigned, sum_assigned
from firstdose.design.simulated.characteristics import (
    SimulatedCharacteristics,
    TrialSums,
    compute_simulated_characteristics,
    require_possible,
)
from firstdose.design.simulated.count_kernel import KeptTrials, Tied, TrialCounts, decide_tied, play_trials
from firstdose.design.simulated.flat_design import FlatDesign, flatten_table
from firstdose.design.specification import UTILITY_RULES, DesignSpecification

TRIALS_AT_ONCE = 1 << 20
"""Trials between which an interruption is heard: below a second."""
TIES_AT_ONCE = 1 << 10
DESIGNS_REMEMBERED = 8
"""Designs with a model whose states are kept from one part of a simulation to the next."""


def simulate_trials(
    table: DecisionTable,
    true_rates: Sequence[float],
    *,
    n_trials: int,
    seed: int,
    first_trial: int = 0,
    cap_level: int | None = None,
    overdose_rate: float = OVERDOSE_RATE,
    many_above: float = MANY_ABOVE,
) -> SimulatedCharacteristics:
    """Simulated operating characteristics under given true DLT rates.

    Parameters
    ----------
    table : DecisionTable
    true_rates : sequence of float
        True probability of a DLT, one per level, lowest first.
    n_trials : int
        2 or more.
    seed : int
        The same seed gives the same result, on any machine.
    first_trial : int
        Number of the first trial: further trials of the same seed follow on.
    cap_level : int, optional
        Highest level that the result of another part allows.
    overdose_rate, many_above : float
        As in :func:`firstdose.design.exact.final_states.compute_scenarios`.

    Raises
    ------
    ValueError
        If the rates, the trials or the seed cannot be, or the design reads more than counts of DLTs.

    Examples
    --------
    >>> from firstdose.design import DesignSpecification, compile_table
    >>> table = compile_table(DesignSpecification(
    ...     rule="three_plus_three", n_levels=2, target_rate="0.25", max_n=12, max_n_per_level=6, mtd_min_n=3
    ... ))
    >>> found = simulate_trials(table, [0.0, 1.0], n_trials=100, seed=7)
    >>> found.p_selected, found.se_p_selected, found.mean_n
    ((1.0, 0.0), (0.0, 0.0), 6.0)
    """
    return compute_simulated_characteristics(
        sum_trials(
            table,
            true_rates,
            n_trials=n_trials,
            seed=seed,
            first_trial=first_trial,
            cap_level=cap_level,
            overdose_rate=overdose_rate,
            many_above=many_above,
        )
    )


def sum_trials(
    table: DecisionTable,
    true_rates: Sequence[float],
    *,
    n_trials: int,
    seed: int,
    first_trial: int = 0,
    cap_level: int | None = None,
    overdose_rate: float = OVERDOSE_RATE,
    many_above: float = MANY_ABOVE,
) -> TrialSums:
    """The sums of a part of a simulation; the arguments are those of :func:`simulate_trials`."""
    _require_dlts_alone(table.specification)
    if table.states is not UNSET:
        return sum_assigned(
            open_design(table, cap_level),
            true_rates,
            n_trials=n_trials,
            seed=seed,
            first_trial=first_trial,
            overdose_rate=overdose_rate,
            many_above=many_above,
        )
    spec = table.specification
    rates = require_possible(spec.n_levels, true_rates, n_trials=n_trials, seed=seed, first_trial=first_trial)
    counts = _count_nothing(spec.n_levels, spec.max_n)
    design = flatten_table(table, cap_level)
    nothing = make_kept(0, spec.n_levels)
    for first in range(0, n_trials, TRIALS_AT_ONCE):
        _play(
            table,
            design,
            rates,
            (overdose_rate, many_above, seed, first_trial + first, min(TRIALS_AT_ONCE, n_trials - first)),
            counts,
            nothing,
        )
    n_overdose, n_cohorts, n_seconds = zip(counts.sums.tolist(), counts.squares.tolist(), strict=True)
    return TrialSums(
        digest=table.digest,
        cap_level=cap_level,
        true_rates=rates,
        target_rate=design.target_rate,
        overdose_rate=overdose_rate,
        many_above=many_above,
        seed=seed,
        first_trial=first_trial,
        n_trials=n_trials,
        selected=tuple(counts.selected.tolist()),
        n=tuple(counts.n.tolist()),
        n_squares=tuple(counts.n_squares.tolist()),
        n_dlt=tuple(counts.n_dlt.tolist()),
        n_dlt_squares=tuple(counts.n_dlt_squares.tolist()),
        total=tuple(counts.total.tolist()),
        total_dlt=tuple(counts.total_dlt.tolist()),
        too_toxic=int(counts.ends[0]),
        many_above_mtd=int(counts.ends[1]),
        n_overdose=n_overdose[0],
        n_overdose_squares=n_overdose[1],
        n_cohorts=n_cohorts[0],
        n_cohorts_squares=n_cohorts[1],
        n_seconds=n_seconds[0],
        n_seconds_squares=n_seconds[1],
    )


def keep_trials(
    table: DecisionTable,
    true_rates: Sequence[float],
    *,
    n_trials: int,
    seed: int,
    first_trial: int = 0,
    cap_level: int | None = None,
) -> KeptTrials:
    """Results trial by trial: the MTD from 1 or 0 for none, and participants and DLTs, trials by levels."""
    _require_dlts_alone(table.specification)
    if table.states is not UNSET:
        design = open_design(table, cap_level)
        return keep_assigned(design, true_rates, n_trials=n_trials, seed=seed, first_trial=first_trial)
    spec = table.specification
    rates = require_possible(spec.n_levels, true_rates, n_trials=n_trials, seed=seed, first_trial=first_trial)
    kept = make_kept(n_trials, spec.n_levels)
    _play(
        table,
        flatten_table(table, cap_level),
        rates,
        (OVERDOSE_RATE, MANY_ABOVE, seed, first_trial, n_trials),
        _count_nothing(spec.n_levels, spec.max_n),
        kept,
    )
    return kept


@lru_cache(maxsize=DESIGNS_REMEMBERED)
def open_design(table: DecisionTable, cap_level: int | None = None) -> AssignedDesign:
    """The design of any table as its step, with the states that its trials reach."""
    spec = table.specification
    return AssignedDesign(
        assign_from_table(table, cap_level),
        digest=table.digest,
        cap_level=cap_level,
        n_levels=spec.n_levels,
        start_level=spec.start_level,
        max_n=spec.max_n,
        target_rate=float(spec.target_rate),
    )


def make_kept(n_trials: int, n_levels: int) -> KeptTrials:
    """Room for the results of so many trials."""
    each = (n_trials, n_levels)
    return KeptTrials(np.zeros(n_trials, np.int16), np.zeros(each, np.int16), np.zeros(each, np.int16))


def _require_dlts_alone(spec: DesignSpecification) -> None:
    """A design that reads more than counts of DLTs would be played as if it did not."""
    if spec.rule in UTILITY_RULES:
        raise ValueError(f"{spec.rule} reads responses as well; simulate it with true response rates")
    if spec.backfill is not UNSET:
        raise ValueError("backfilling depends on who is followed when; simulate the design on a calendar")


def _count_nothing(n_levels: int, max_n: int) -> TrialCounts:
    sizes = (n_levels + 1, n_levels, n_levels, n_levels, n_levels, max_n + 1, max_n + 1, 2, 3, 3)
    return TrialCounts(*(np.zeros(size, np.int64) for size in sizes))


def _play(
    table: DecisionTable,
    design: FlatDesign,
    rates: tuple[float, ...],
    how: tuple[float, float, int, int, int],
    counts: TrialCounts,
    kept: KeptTrials,
) -> None:
    """Play trials; where floating point cannot decide an MTD, the exact rule does."""
    overdose_rate, many_above, seed, first_trial, n_trials = how
    spec, true_rates = table.specification, np.array(rates)
    room = (TIES_AT_ONCE, spec.n_levels)
    tied = Tied(
        np.zeros(room[0], np.int64),
        np.zeros(room[0], np.int64),
        np.zeros(room, np.int16),
        np.zeros(room, np.int16),
    )
    target, bound = Fraction(spec.target_rate), compute_mtd_bound(spec)
    played = 0
    while played < n_trials:
        rest = KeptTrials(*(one[played:] for one in kept))
        now, n_tied = play_trials(
            design,
            true_rates,
            true_rates > overdose_rate,
            float(many_above),
            seed,
            first_trial + played,
            n_trials - played,
            counts,
            rest,
            tied,
        )
        for row in range(n_tied):
            mtd = decide_tied(
                tuple(tied.n[row].tolist()),
                tuple(tied.n_dlt[row].tolist()),
                int(tied.highest[row]),
                spec.fewest_at_mtd,
                target,
                bound,
            )
            counts.selected[mtd] += 1
            if len(kept.mtd):
                rest.mtd[tied.trial[row]] = mtd
        played += now
