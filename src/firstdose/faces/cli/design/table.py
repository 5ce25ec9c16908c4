"""``firstdose design table``: the decision table of a part."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from firstdose.deliver.design.decision_tables import tabulate_decision_table
from firstdose.design import list_near_limits, tabulate_decisions
from firstdose.faces.cli.design.asked import PART, add_guards, ask_design, compile_asked
from firstdose.faces.cli.design.written import add_writing, require_place, write_result
from firstdose.terms.words import Language

if TYPE_CHECKING:
    import polars as pl


@click.command()
@click.argument("study")
@PART
@add_guards
@add_writing
def table(
    study: str,
    part_key: str,
    max_n: int | None,
    cohort_size: int | None,
    target: str | None,
    form: str,
    out: Path | None,
    language: Language,
) -> None:
    """Print the decision table of a part of STUDY, as the protocol prints it."""
    asked = ask_design(study, part_key, max_n=max_n, cohort_size=cohort_size, target=target)
    require_place(out)
    compiled = compile_asked(asked.specification)

    def frame() -> "pl.DataFrame":
        from firstdose.design.frames import frame_table  # noqa: PLC0415 - polars, for CSV alone

        return frame_table(compiled)

    def plain() -> dict[str, Any]:
        return {
            "digest": compiled.digest,
            "rows": msgspec.to_builtins(tabulate_decisions(compiled)),
            "near_limits": msgspec.to_builtins(list_near_limits(compiled)),
        }

    write_result(
        form,
        out,
        text=lambda: tabulate_decision_table(compiled, asked.part_title),
        frame=frame,
        plain=plain,
        language=language,
    )
