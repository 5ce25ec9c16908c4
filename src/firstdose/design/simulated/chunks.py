"""A grid of designs and scenarios, shared out as parts of work that are plain values.

Who plays the parts, in which order and on how many machines changes nothing: the trials are numbered, and the sums
are whole numbers.
"""

from collections.abc import Sequence

import msgspec

from firstdose.design.decision_table import DecisionTable
from firstdose.design.exact.scenarios import MANY_ABOVE, OVERDOSE_RATE
from firstdose.design.simulated.characteristics import (
    FEWEST_TRIALS,
    SimulatedCharacteristics,
    TrialSums,
    add_up,
    compute_simulated_characteristics,
    require_possible,
)
from firstdose.design.simulated.trials import sum_trials

TRIALS_A_CHUNK = 100_000
"""Trials of one part of the work: some hundredths of a second, or a few seconds where a model judges new states."""


class ScenarioChunk(msgspec.Struct, frozen=True, kw_only=True):
    """Some trials of one design in one scenario, numbered from ``first_trial`` on."""

    table: DecisionTable
    true_rates: tuple[float, ...]
    first_trial: int
    n_trials: int
    seed: int
    cap_level: int | None = None
    overdose_rate: float = OVERDOSE_RATE
    many_above: float = MANY_ABOVE


def split_trials(n_trials: int, chunk: int = TRIALS_A_CHUNK) -> tuple[tuple[int, int], ...]:
    """First trial and number of trials of each part.

    Examples
    --------
    >>> split_trials(250, 100)
    ((0, 100), (100, 100), (200, 50))
    """
    if chunk < 1:
        raise ValueError(f"a part has {chunk} trials; write 1 or more")
    return tuple((first, min(chunk, n_trials - first)) for first in range(0, n_trials, chunk))


def split_grid(
    tables: Sequence[DecisionTable],
    scenarios: Sequence[Sequence[float]],
    *,
    n_trials: int,
    seed: int,
    chunk: int = TRIALS_A_CHUNK,
    cap_level: int | None = None,
    overdose_rate: float = OVERDOSE_RATE,
    many_above: float = MANY_ABOVE,
) -> tuple[ScenarioChunk, ...]:
    """The parts of every design in every scenario.

    Raises
    ------
    ValueError
        If there are fewer than two trials, a design or scenario is given twice, or a scenario or the seed cannot be.
    """
    if n_trials < FEWEST_TRIALS:
        raise ValueError(f"{n_trials} trial has no standard error; simulate 2 or more")
    if len({table.digest for table in tables}) < len(tables):
        raise ValueError("a design is given twice; give each once")
    if len({tuple(rates) for rates in scenarios}) < len(scenarios):
        raise ValueError("a scenario is given twice; give each once")
    return tuple(
        ScenarioChunk(
            table=table,
            true_rates=require_possible(
                table.specification.n_levels, rates, n_trials=n_trials, seed=seed, first_trial=0
            ),
            first_trial=first,
            n_trials=size,
            seed=seed,
            cap_level=cap_level,
            overdose_rate=overdose_rate,
            many_above=many_above,
        )
        for table in tables
        for rates in scenarios
        for first, size in split_trials(n_trials, chunk)
    )


def simulate_scenario_chunk(chunk: ScenarioChunk) -> TrialSums:
    """Play one part of the work."""
    return sum_trials(
        chunk.table,
        chunk.true_rates,
        n_trials=chunk.n_trials,
        seed=chunk.seed,
        first_trial=chunk.first_trial,
        cap_level=chunk.cap_level,
        overdose_rate=chunk.overdose_rate,
        many_above=chunk.many_above,
    )


def add_up_grid(parts: Sequence[TrialSums]) -> tuple[SimulatedCharacteristics, ...]:
    """The characteristics of every design in every scenario, in the order of their first parts.

    Raises
    ------
    ValueError
        If parts are missing or counted twice.
    """
    groups: dict[tuple[str, int | None, tuple[float, ...]], list[TrialSums]] = {}
    for part in parts:
        groups.setdefault((part.digest, part.cap_level, part.true_rates), []).append(part)
    return tuple(compute_simulated_characteristics(add_up(group)) for group in groups.values())
