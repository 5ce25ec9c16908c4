"""``firstdose design oc``: operating characteristics of a part's design."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from firstdose.deliver.design.characteristics import (
    Computed,
    draw_characteristics,
    tabulate_scenario,
    tabulate_scenarios,
)
from firstdose.deliver.figures.level_bars import MOST_PANELS
from firstdose.faces.cli.design.asked import PART, add_guards, ask_design, require_dlts_alone
from firstdose.faces.cli.design.computing import Simulation, add_simulation, compute, require_simulation
from firstdose.faces.cli.design.plain import list_scenarios
from firstdose.faces.cli.design.scenarios import add_scenarios, read_scenarios
from firstdose.faces.cli.design.written import FIGURE, add_writing, require_place, write_figure, write_result
from firstdose.terms.words import Language, Text

if TYPE_CHECKING:
    import polars as pl

MOST_DRAWN = MOST_PANELS // 2
"""Scenarios of one figure: each has two panels."""


@click.command()
@click.argument("study")
@PART
@add_scenarios
@add_guards
@add_simulation
@FIGURE
@add_writing
def oc(
    study: str,
    part_key: str,
    rates: tuple[str, ...],
    file: Path | None,
    max_n: int | None,
    cohort_size: int | None,
    target: str | None,
    n_trials: int,
    seed: int,
    on: str | None,
    always: bool,  # noqa: FBT001 - click's way
    figure: Path | None,
    form: str,
    out: Path | None,
    language: Language,
) -> None:
    """Compute the operating characteristics of a part of STUDY under true DLT rates, exactly where that can be."""
    asked = ask_design(study, part_key, max_n=max_n, cohort_size=cohort_size, target=target)
    require_dlts_alone(asked.specification.rule)
    scenarios = read_scenarios(rates, file, asked.level_keys)
    simulation = Simulation(n_trials, seed, on, always)
    require_simulation(simulation)
    require_place(out, figure)
    require_few_to_draw(figure, len(scenarios.names), MOST_DRAWN)
    computed = compute(asked.specification, asked.level_keys, scenarios, simulation)
    computed = msgspec.structs.replace(computed, calendar=asked.calendar)
    title = Text(f"Operating characteristics: {asked.title.en}", f"操作特征：{asked.title.zh}")
    tabulate = tabulate_scenario if len(scenarios.names) == 1 else tabulate_scenarios
    write_result(
        form,
        out,
        text=lambda: tabulate(computed, title),
        frame=lambda: frame_computed(computed),
        plain=lambda: {"scenarios": list_scenarios(computed)},
        language=language,
    )
    if figure is not None:
        write_figure(draw_characteristics(computed, title, language=language), figure)


def require_few_to_draw(figure: Path | None, n_scenarios: int, most: int) -> None:
    """End the command with one sentence if a figure would have too many panels to be read."""
    if figure is not None and n_scenarios > most:
        raise click.ClickException(f"{n_scenarios} scenarios are more than the {most} that a figure can show")


def frame_computed(computed: Computed) -> "pl.DataFrame":
    """A row a scenario."""
    import polars as pl  # noqa: PLC0415 - for CSV alone

    from firstdose.design.frames import frame_scenarios_wide  # noqa: PLC0415 - polars, for CSV alone

    names = [name.en for name in computed.names]
    frame = frame_scenarios_wide(
        computed.found, computed.true_rates, level_keys=computed.level_keys, scenario_names=names
    ).with_columns(p_correct=pl.Series(computed.p_correct))
    if computed.errors is None:
        return frame
    errors = frame_scenarios_wide(
        computed.errors, computed.true_rates, level_keys=computed.level_keys, scenario_names=names
    )
    measured = [name for name in errors.columns if name != "scenario" and not name.startswith("true_")]
    return frame.hstack(errors.select(pl.col(name).alias(f"se_{name}") for name in measured))
