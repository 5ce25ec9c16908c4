"""``firstdose design compare``: other rules beside the part's own, under the same guards and scenarios."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click
from msgspec import UNSET

from firstdose.deliver.design.comparison import draw_comparison, tabulate_comparison
from firstdose.deliver.figures.level_bars import MOST_PANELS
from firstdose.design import TITLES, DesignSpecification, check_specification
from firstdose.design.comparison import COUNT_RULES, say_what_is_assumed, specify_rule
from firstdose.design.model_rules import BLRM_RULES
from firstdose.design.specification import RULES
from firstdose.faces.cli.design.asked import PART, add_guards, ask_design, require_dlts_alone, require_sound
from firstdose.faces.cli.design.computing import Simulation, add_simulation, compute, require_simulation
from firstdose.faces.cli.design.oc import frame_computed, require_few_to_draw
from firstdose.faces.cli.design.plain import list_scenarios
from firstdose.faces.cli.design.scenarios import add_scenarios, read_scenarios
from firstdose.faces.cli.design.written import FIGURE, add_writing, require_place, write_figure, write_result
from firstdose.protocol.rule_names import RuleName
from firstdose.terms.words import Language, Text

if TYPE_CHECKING:
    import polars as pl


@click.command()
@click.argument("study")
@PART
@click.option(
    "--rule",
    "rules",
    multiple=True,
    help="A rule; once for each. The part's own and all count rules if left out.",
)
@add_scenarios
@add_guards
@add_simulation
@FIGURE
@add_writing
def compare(
    study: str,
    part_key: str,
    rules: tuple[str, ...],
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
    """Compare rules under the guards of a part of STUDY and the same true DLT rates."""
    asked = ask_design(study, part_key, max_n=max_n, cohort_size=cohort_size, target=target)
    scenarios = read_scenarios(rates, file, asked.level_keys)
    simulation = Simulation(n_trials, seed, on, always)
    require_simulation(simulation)
    require_place(out, figure)
    require_few_to_draw(figure, len(scenarios.names), MOST_PANELS)
    specs, notes = _choose(asked.specification, rules)
    designs = [compute(spec, asked.level_keys, scenarios, simulation) for spec in specs]
    if form == "csv":
        for note in notes:
            click.echo(note.en, err=True)
    spec = asked.specification
    title = Text(
        f"Rules side by side: target DLT rate {spec.target_rate}, up to {spec.max_n} participants",
        f"规则比较：目标DLT率{spec.target_rate}，至多{spec.max_n}例",
    )

    def frame() -> "pl.DataFrame":
        import polars as pl  # noqa: PLC0415 - for CSV alone

        return pl.concat(
            [
                frame_computed(one).insert_column(0, pl.lit(one.specification.rule).alias("rule"))
                for one in designs
            ],
            how="diagonal",
        )

    def plain() -> dict[str, Any]:
        return {
            "rules": [{"rule": one.specification.rule, "scenarios": list_scenarios(one)} for one in designs],
            "notes": [note.en for note in notes],
        }

    write_result(
        form,
        out,
        text=lambda: tabulate_comparison(designs, title, notes),
        frame=frame,
        plain=plain,
        language=language,
    )
    if figure is not None:
        write_figure(draw_comparison(designs, title, language=language), figure)


def _choose(own: DesignSpecification, rules: tuple[str, ...]) -> tuple[list[DesignSpecification], list[Text]]:
    """The designs to compare, and a note for each rule that these guards do not suit."""
    asked = dict.fromkeys(cast("tuple[RuleName, ...]", rules) or (own.rule, *COUNT_RULES))
    chosen, notes = [], []
    for rule in asked:
        require_dlts_alone(rule)
        if rule not in RULES:
            raise click.ClickException(f"rule {rule!r} is not known; write {' or '.join(RULES)}")
        spec = specify_rule(own, rule)
        title, faults = TITLES[rule], check_specification(spec)
        if rule in BLRM_RULES and spec.blrm is UNSET:
            notes.append(
                Text(
                    f"{title.en} is left out: the part has no doses and prior for it, and they cannot be guessed.",
                    f"未纳入{title.zh}：该部分未给出其剂量与先验，且无法推测。",
                )
            )
        elif faults and not rules:
            why = "; ".join(fault.what for fault in faults)
            notes.append(Text(f"{title.en} is left out: {why}.", f"未纳入{title.zh}：{why}。"))
        else:
            require_sound(spec)
            chosen.append(spec)
            notes += say_what_is_assumed(spec, own)
    if not chosen:
        raise click.ClickException(notes[0].en.rstrip("."))
    return chosen, notes
