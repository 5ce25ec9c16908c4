"""Operating characteristics of a design under scenarios: exact where its states fit, else simulated."""

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec
import numpy as np
from msgspec import UNSET

from firstdose.deliver.design.characteristics import Computed
from firstdose.design import GraphTooLarge, compute_scenarios, enumerate_final_states
from firstdose.design.exact.scenarios import ScenarioCharacteristics
from firstdose.design.specification import DesignSpecification
from firstdose.faces.cli.design.asked import compile_asked
from firstdose.faces.cli.design.scenarios import Scenarios
from firstdose.terms.words import Text

if TYPE_CHECKING:
    from firstdose.design.simulated.characteristics import TrialSums
    from firstdose.design.simulated.chunks import ScenarioChunk

MOST_STATES = 2_000_000
"""States of one layer beyond which the command simulates: exact numbers would take a minute and some gigabytes."""
FEWEST_TRIALS, MOST_TRIALS = 2, 100_000_000
"""Trials of a scenario: one has no standard error, and more take days."""

Command = TypeVar("Command", bound=Callable[..., Any])


class Simulation(msgspec.Struct, frozen=True):
    """How to simulate, where it has to be, or is asked for by ``always``."""

    n_trials: int
    seed: int
    on: str | None = None
    always: bool = False


def add_simulation(command: Command) -> Command:
    """The options of a simulation."""
    for option in (
        click.option("--on", help="Simulate on a dask cluster: dask://HOST:PORT."),
        click.option(
            "--seed", type=int, default=1, show_default=True, help="The same seed, the same trials."
        ),
        click.option(
            "--trials",
            "n_trials",
            type=int,
            default=10_000,
            show_default=True,
            help="Simulated trials a scenario.",
        ),
        click.option(
            "--simulate", "always", is_flag=True, help="Simulate although exact numbers can be had."
        ),
    ):
        command = option(command)
    return command


def require_simulation(simulation: Simulation) -> None:
    """End the command with one sentence if the simulation cannot be."""
    if not FEWEST_TRIALS <= simulation.n_trials <= MOST_TRIALS:
        noun = "trial" if simulation.n_trials == 1 else "trials"
        raise click.ClickException(
            f"{simulation.n_trials} {noun} cannot be simulated; write {FEWEST_TRIALS} to {MOST_TRIALS:,}"
        )
    if not 0 <= simulation.seed < 1 << 62:
        raise click.ClickException(f"a seed of {simulation.seed} is not a whole number from 0 to below 2^62")


def compute(
    spec: DesignSpecification, level_keys: tuple[str, ...], scenarios: Scenarios, simulation: Simulation
) -> Computed:
    """The characteristics, exact if that is possible and nothing else is asked for."""
    if simulation.always:
        return simulate(spec, level_keys, scenarios, simulation)
    table = compile_asked(spec)
    try:
        finals = enumerate_final_states(table, most_states=MOST_STATES)
    except GraphTooLarge as refused:
        states, trials = f"{refused.expected:,}", f"{simulation.n_trials:,}"
        said = f"{spec.rule}: exact numbers would need about {states} final states"
        click.echo(f"{said}: {trials} trials a scenario are simulated instead", err=True)
        return simulate(spec, level_keys, scenarios, simulation)
    n_states = len(finals.mtd)
    return Computed(
        specification=spec,
        level_keys=level_keys,
        names=scenarios.names,
        true_rates=scenarios.true_rates,
        found=compute_scenarios(finals, scenarios.true_rates),
        basis=Text(f"exact, {n_states:,} final states", f"精确计算，{n_states:,}个终态"),
    )


def simulate(
    spec: DesignSpecification, level_keys: tuple[str, ...], scenarios: Scenarios, simulation: Simulation
) -> Computed:
    """The characteristics from simulated trials, with their standard errors."""
    if spec.backfill is not UNSET:
        raise click.ClickException(
            "backfilling depends on who is followed when and is not simulated here; exact numbers leave it out"
        )
    # numba is loaded here, so that exact answers do not wait for it
    from firstdose.design.simulated.chunks import add_up_grid, split_grid  # noqa: PLC0415

    distinct, which = np.unique(scenarios.true_rates, axis=0, return_inverse=True)
    chunks = split_grid(
        [compile_asked(spec)], distinct.tolist(), n_trials=simulation.n_trials, seed=simulation.seed
    )
    played = add_up_grid(_play(chunks, simulation.on))
    each = [played[place] for place in which.reshape(-1)]
    names = [name for name in ScenarioCharacteristics.__struct_fields__ if hasattr(played[0], name)]
    found, errors = (
        ScenarioCharacteristics(
            **{name: np.array([getattr(one, prefix + name) for one in each]) for name in names},
            mean_n_since=np.array([getattr(one, f"{prefix}mean_n") for one in each]),
        )
        for prefix in ("", "se_")
    )
    n_trials, seed = simulation.n_trials, simulation.seed
    return Computed(
        specification=spec,
        level_keys=level_keys,
        names=scenarios.names,
        true_rates=scenarios.true_rates,
        found=found,
        errors=errors,
        n_trials=n_trials,
        basis=Text(
            f"simulated, {n_trials:,} trials a scenario, seed {seed}; in parentheses: Monte Carlo standard errors",
            f"模拟，每个情景{n_trials:,}次试验，种子{seed}；括号内为蒙特卡洛标准误",
        ),
    )


def _play(chunks: Sequence["ScenarioChunk"], on: str | None) -> list["TrialSums"]:
    """Play the parts of a simulation, here or on a cluster, under a progress bar on standard error."""
    from firstdose.design.simulated.chunks import simulate_scenario_chunk  # noqa: PLC0415 - numba, as above

    if on is None:
        with click.progressbar(chunks, label="simulating", file=sys.stderr) as steps:
            return [simulate_scenario_chunk(chunk) for chunk in steps]
    from firstdose.wiring import WorkerFault, map_chunks  # noqa: PLC0415 - for who has a cluster

    with click.progressbar(length=len(chunks), label="simulating", file=sys.stderr) as bar:

        def tell(done: int, _: int) -> None:
            bar.update(done - bar.pos)

        try:
            return map_chunks(simulate_scenario_chunk, chunks, on=on, progress=tell)
        except WorkerFault as fault:
            raise click.ClickException(str(fault)) from None
