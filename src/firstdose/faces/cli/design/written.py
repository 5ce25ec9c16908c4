"""How results leave the command: text, CSV or JSON, to the screen or a file, and figures to files."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from firstdose.deliver.figures.figure import Figure
from firstdose.deliver.plain_text import render_plain_text
from firstdose.deliver.tables import Table
from firstdose.terms.outcomes import Fault
from firstdose.terms.words import Language
from firstdose.wiring import FileFault

if TYPE_CHECKING:
    import polars as pl

Command = TypeVar("Command", bound=Callable[..., Any])

FIGURE = click.option("--figure", type=click.Path(path_type=Path), help="Draw a figure into this SVG file.")


def add_writing(command: Command) -> Command:
    """The options that say how and where results are written."""
    for option in (
        click.option(
            "--language",
            type=click.Choice(["en", "zh"]),
            default="en",
            show_default=True,
            help="Of text and figure.",
        ),
        click.option("--out", type=click.Path(path_type=Path), help="Write to this file."),
        click.option("--json", "form", flag_value="json", help="The same as --format json."),
        click.option(
            "--format",
            "form",
            type=click.Choice(["text", "csv", "json"]),
            default="text",
            show_default=True,
        ),
    ):
        command = option(command)
    return command


def require_place(*files: Path | None) -> None:
    """End the command before it computes if a file could not be written where it is asked for."""
    for file in files:
        if file is None:
            continue
        if file.is_dir():
            raise FileFault(Fault(what=f"{file} is a folder", next="name a file"))
        if not file.parent.is_dir():
            raise FileFault(
                Fault(
                    what=f"{file} cannot be written",
                    why=f"there is no folder {file.parent}",
                    next="make it, or name another",
                )
            )


def write_result(
    form: str,
    out: Path | None,
    *,
    text: Callable[[], Table | str],
    frame: Callable[[], "pl.DataFrame"],
    plain: Callable[[], Any],
    language: Language,
) -> None:
    """The result in the form that is asked for; the others are not made.

    Parameters
    ----------
    form : str
        ``text``, ``csv`` or ``json``.
    out : Path, optional
        The file; standard output if left out.
    text, frame, plain : callable
        The result as a table (or as text that is already written), a frame, and plain values for JSON.
    language : Language
    """
    if form == "csv":
        # the end of the last line is written below
        written = frame().write_csv().removesuffix("\n")
    elif form == "json":
        written = json.dumps(plain(), indent=2, ensure_ascii=False)
    else:
        told = text()
        written = told if isinstance(told, str) else render_plain_text(told, language)
        written = written.removesuffix("\n")
    if out is None:
        click.echo(written)
        return
    out.write_text(written + "\n", "utf-8")
    click.echo(str(out), err=True)


def write_figure(figure: Figure, file: Path) -> None:
    """A figure as an SVG file that stands alone."""
    file.write_text(figure.svg + "\n", "utf-8")
    click.echo(str(file), err=True)
