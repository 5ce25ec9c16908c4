"""``firstdose design paths``: what the rule will do for every outcome of the next cohorts."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from firstdose.deliver.design.paths import build_tree, draw_paths, tabulate_paths
from firstdose.deliver.figures.path_tree import MOST_ENDS, count_ends
from firstdose.design import Tallies, enumerate_paths
from firstdose.design.exact.path_count import count_paths
from firstdose.faces.cli.design.asked import (
    PART,
    Asked,
    add_guards,
    ask_design,
    compile_asked,
    require_dlts_alone,
)
from firstdose.faces.cli.design.counts import read_counts, read_level
from firstdose.faces.cli.design.scenarios import read_rates
from firstdose.faces.cli.design.written import FIGURE, add_writing, require_place, write_figure, write_result
from firstdose.terms.words import Language, Text

if TYPE_CHECKING:
    import polars as pl

MOST_PATHS = 200_000
"""Paths beyond which they are not written out."""
MOST_COHORTS = 100


@click.command()
@click.argument("study")
@PART
@click.option("--cohorts", "k", type=int, required=True, help="How many cohorts to look ahead.")
@click.option("--after", help="Counts so far, evaluable/DLT for each level: 3/0,3/1. Nobody if left out.")
@click.option("--level", help="The level of the last cohort; the highest treated if left out.")
@click.option("--titration-ended", is_flag=True, help="A trigger outside the counts has ended titration.")
@click.option("--rates", help="True DLT rates, lowest level first, for the probabilities of the paths.")
@add_guards
@FIGURE
@add_writing
def paths(
    study: str,
    part_key: str,
    k: int,
    after: str | None,
    level: str | None,
    titration_ended: bool,  # noqa: FBT001 - click's way
    rates: str | None,
    max_n: int | None,
    cohort_size: int | None,
    target: str | None,
    figure: Path | None,
    form: str,
    out: Path | None,
    language: Language,
) -> None:
    """List every path of the next cohorts of a part of STUDY, with what the rule recommends at its end."""
    asked = ask_design(study, part_key, max_n=max_n, cohort_size=cohort_size, target=target)
    require_dlts_alone(asked.specification.rule)
    keys = asked.level_keys
    tallies = read_counts(after, keys, asked.specification.max_n)
    current = read_level(level, tallies, keys, asked.specification.start_level)
    true_rates = None if rates is None else read_rates(rates, keys)
    if not 1 <= k <= MOST_COHORTS:
        raise click.ClickException(f"{k} cohorts cannot be looked ahead; write 1 to {MOST_COHORTS}")
    require_place(out, figure)
    table = compile_asked(asked.specification)
    n_paths = count_paths(table, tallies, current, k, most=MOST_PATHS, titration_ended=titration_ended)
    if n_paths > MOST_PATHS:
        raise click.ClickException(
            f"{k} cohorts have more than {MOST_PATHS:,} paths, too many to write out; look fewer cohorts ahead"
        )
    found = enumerate_paths(table, tallies, current, k, titration_ended=titration_ended)
    if figure is not None:
        tree = build_tree(found, keys)
        n_ends = 0 if tree is None else count_ends(tree)
        if n_ends > MOST_ENDS:
            raise click.ClickException(
                f"a figure with {n_ends} ends cannot be read, {MOST_ENDS} can; look fewer cohorts ahead"
            )
    title = _say_title(asked, tallies, current, k)

    def frame() -> "pl.DataFrame":
        from firstdose.design.frames import frame_paths  # noqa: PLC0415 - polars, for CSV alone

        return frame_paths(found, level_keys=keys, true_rates=true_rates)

    def plain() -> dict[str, Any]:
        listed = msgspec.to_builtins(found)
        if true_rates is not None:
            for path, one in zip(found, listed, strict=True):
                one["probability"] = path.compute_probability(true_rates)
        return {"digest": table.digest, "level_keys": keys, "current_level": current, "paths": listed}

    write_result(
        form,
        out,
        text=lambda: tabulate_paths(
            found,
            keys,
            title,
            true_rates=true_rates,
            source=Text(f"Digest {table.digest}", f"摘要 {table.digest}"),
        ),
        frame=frame,
        plain=plain,
        language=language,
    )
    if figure is not None:
        write_figure(draw_paths(found, keys, title, language=language, true_rates=true_rates), figure)


def _say_title(asked: Asked, tallies: Tallies, current: int, k: int) -> Text:
    """The design, the counts so far and how far it is looked ahead."""
    counted = [
        (key, n, n_dlt)
        for key, n, n_dlt in zip(asked.level_keys, tallies.n_evaluable, tallies.n_dlt, strict=True)
        if n
    ]
    here = asked.level_keys[current - 1]
    so_far_en = ", ".join(f"{n_dlt} of {n} at {key}" for key, n, n_dlt in counted)
    so_far_zh = "，".join(f"{key} {n_dlt}/{n}例" for key, n, n_dlt in counted)
    noun = "cohort" if k == 1 else f"{k} cohorts"
    start_en = f"after DLTs in {so_far_en}; last cohort at {here}" if counted else "from the start"
    start_zh = f"此前DLT：{so_far_zh}；末次队列{here}" if counted else "自起点"
    return Text(
        f"{asked.title.en}: the next {noun} {start_en}",
        f"{asked.title.zh}：其后{k}个队列，{start_zh}",
    )
