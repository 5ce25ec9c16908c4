"""``firstdose score``: a CSV file scored by one measure, without a trial.

What a measure reads and says stands in `firstdose.derive.scores`; here files are read and written.
"""

import csv
import io
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import click

from firstdose.derive.scores import (
    MEASURES,
    Measure,
    ScoredRow,
    check_header,
    find_measure,
    list_cells,
    list_misspelt,
    make_scorer,
    write_plain,
)
from firstdose.faces.cli.said import end_with_faults, show_progress
from firstdose.terms.outcomes import Fault
from firstdose.terms.words import Language, Text
from firstdose.wiring import read_text

BYTE_ORDER_MARK = "\ufeff"
"""What spreadsheets write before the first word of a file; it is written back where it was."""
DELIMITERS = ",;\t"
LONG_FILE = 20_000
"""Rows from which on the progress is shown."""
ROWS_PER_STEP = 1000
FAULTS_TOLD = 50
"""Further ones stand in the file, each in its row."""
LANGUAGES: tuple[Language, ...] = ("en", "zh")


class Mistyped(click.ClickException):
    """A command that does not say what to do."""

    exit_code = 2


class Tally:
    """What came of the rows so far."""

    def __init__(self) -> None:
        self.n_rows = 0
        self.n_bad = 0
        self.n_without = 0
        self.faults: list[Fault] = []
        self.n_faults = 0

    def count(self, scored: ScoredRow, file: str) -> None:
        """Take in a row; the first faults are kept to be told."""
        self.n_rows += 1
        self.n_bad += bool(scored.faults)
        self.n_without += scored.value is None and not scored.faults
        for fault in scored.faults:
            self.add(fault, file)

    def add(self, fault: Fault, file: str) -> None:
        """Take in a fault."""
        self.n_faults += 1
        if len(self.faults) < FAULTS_TOLD:
            self.faults.append(
                Fault(what=fault.what, next=fault.next, line=fault.line, clause=fault.clause, file=file)
            )

    def in_words(self) -> str:
        """The counts in one line."""
        noun = "row" if self.n_rows == 1 else "rows"
        n_with = self.n_rows - self.n_without - self.n_bad
        return f"{self.n_rows} {noun}: {n_with} with a value, {self.n_without} without, {self.n_bad} with a bad cell"


@click.command()
@click.argument("measure", required=False)
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), help="Write to this CSV file; standard output if left out."
)
@click.option("--list", "is_list", is_flag=True, help="Name the measures.")
@click.option("--json", "is_json", is_flag=True, help="With --list: columns, answers and sources as JSON.")
@click.option(
    "--template",
    "is_template",
    is_flag=True,
    help="Write a header and an example row; explain the columns.",
)
@click.option(
    "--language", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Of explanations."
)
def score(
    measure: str | None,
    file: Path | None,
    *,
    out: Path | None,
    is_list: bool,
    is_json: bool,
    is_template: bool,
    language: Language,
) -> None:
    """Score FILE (CSV, one assessment a row) by MEASURE; each row leaves with its value, components and reason.

    A row with a cell that cannot be read is told with its line, and all others are computed; the exit code is
    then 1. The columns of a measure are shown by --template.
    """
    if is_list:
        _write(out, _list_as_json() if is_json else _list(language))
        return
    if measure is None:
        raise Mistyped("name a measure; firstdose score --list names them all")
    found = find_measure(measure)
    if isinstance(found, Fault):
        raise Mistyped(str(found))
    if is_template:
        _write_template(found, out, language)
        return
    if file is None:
        raise Mistyped(
            f"name a CSV file to score; firstdose score {measure} --template writes one to fill in"
        )
    if out is not None and out.resolve() == file.resolve():
        raise Mistyped(f"{out} would overwrite what is scored; name another file")
    _score_file(found, file, out)


def _score_file(measure: Measure, file: Path, out: Path | None) -> None:
    text = read_text(file)
    mark = BYTE_ORDER_MARK if text.startswith(BYTE_ORDER_MARK) else ""
    text = text.removeprefix(mark)
    first_line = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=first_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header = _read_header(measure, reader, file)
    tally = Tally()
    with _open(out) as stream:
        stream.write(mark)
        writer = csv.writer(stream, delimiter=delimiter, lineterminator="\n")
        writer.writerow([*header, *(one.name for one in measure.list_answers())])
        steps = _score_steps(measure, header, reader, writer, tally, str(file))
        n_lines = text.count("\n")
        if out is not None and n_lines > LONG_FILE:
            show_progress(
                steps, measure.key, lambda done: min(done / n_lines, 1.0), lambda done: f"{done} rows"
            )
        else:
            for _ in steps:
                pass
    _end(tally, out)


@contextmanager
def _open(out: Path | None) -> Iterator[TextIO]:
    """The file that is written, or standard output."""
    if out is None:
        yield sys.stdout
        return
    with out.open("w", encoding="utf-8", newline="") as stream:
        yield stream


def _read_header(measure: Measure, reader: Any, file: Path) -> list[str]:
    """The names of the columns, or the end of the command with what is wrong with them."""
    try:
        header = [name.strip() for name in next(reader, [])]
    except csv.Error as error:
        end_with_faults([Fault(file=str(file), line=1, what="this is not CSV", why=str(error))])
    if not any(header):
        remedy = f"write the header that firstdose score {measure.key} --template shows"
        end_with_faults([Fault(file=str(file), line=1, what="there is no header", next=remedy)])
    faults = check_header(measure, header)
    if faults:
        end_with_faults(
            Fault(file=str(file), line=one.line, what=one.what, next=one.next, clause=one.clause)
            for one in faults
        )
    for name, near in list_misspelt(measure, header):
        click.echo(f"{file}:1: {name} is not read; did you mean {near}?", err=True)
    return header


def _score_steps(
    measure: Measure, header: Sequence[str], reader: Any, writer: Any, tally: Tally, file: str
) -> Iterator[int]:
    """Score and write the rows; gives the number of rows that are done now and then."""
    score_row = make_scorer(measure)
    rows = _number_rows(reader)
    nothing = dict.fromkeys(one.name for one in measure.components)
    while True:
        block = list(islice(_until_broken(rows, tally, file), ROWS_PER_STEP))
        if not block:
            return
        for line, row in block:
            if len(row) == len(header):
                scored = score_row(dict(zip(header, row, strict=True)), line)
            else:
                scored = _misfit(len(row), len(header), line, nothing)
                row = [*row, *[""] * len(header)][: len(header)]  # noqa: PLW2901 - what of it fits under the header
            tally.count(scored, file)
            writer.writerow([*row, *map(write_plain, list_cells(measure, scored))])
        yield tally.n_rows


def _number_rows(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Rows that hold something, each with the line on which it begins."""
    line = reader.line_num + 1
    for row in reader:
        if any(cell.strip() for cell in row):
            yield line, row
        line = reader.line_num + 1


def _until_broken(
    rows: Iterator[tuple[int, list[str]]], tally: Tally, file: str
) -> Iterator[tuple[int, list[str]]]:
    last = 1
    try:
        for last, row in rows:
            yield last, row
    except csv.Error as error:
        tally.n_bad += 1
        tally.add(
            Fault(
                what=f"this is not CSV ({error})", next="mend it; nothing below it was read", line=last + 1
            ),
            file,
        )


def _misfit(n_cells: int, n_columns: int, line: int, components: dict[str, None]) -> ScoredRow:
    what = f"{n_cells} cells under {n_columns} columns"
    fault = Fault(what=what, next="put a cell that holds the separator in quotes", line=line)
    return ScoredRow(value=None, components=components, reason="bad_row", detail=what, faults=(fault,))


def _end(tally: Tally, out: Path | None) -> None:
    for fault in tally.faults:
        click.echo(str(fault), err=True)
    if tally.n_faults > len(tally.faults):
        click.echo(f"and {tally.n_faults - len(tally.faults)} more", err=True)
    if out is not None:
        click.echo(f"{tally.in_words()}; {out}")
    if tally.n_faults:
        raise click.exceptions.Exit(1)


def _list_as_json() -> str:
    return json.dumps([_as_plain(one) for one in MEASURES], indent=2, ensure_ascii=False)


def _list(language: Language) -> str:
    width = max(len(one.key) for one in MEASURES)
    lines = [f"{one.key:{width}}  {one.title.in_language(language)}" for one in MEASURES]
    last = Text(
        "The columns of one: firstdose score MEASURE --template",
        "查看某一指标的列：firstdose score MEASURE --template --language zh",
    )
    return "\n".join([*lines, "", last.in_language(language)])


def _write_template(measure: Measure, out: Path | None, language: Language) -> None:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow([column.name for column in measure.columns])
    writer.writerow([column.example for column in measure.columns])
    _write(out, written.getvalue().removesuffix("\n"))
    for line in _explain(measure, language):
        click.echo(line, err=True)


def _explain(measure: Measure, language: Language) -> Iterator[str]:
    def say(en: str, zh: str) -> str:
        return Text(en, zh).in_language(language)

    colon, semicolon = say(": ", "："), say("; ", "；")
    yield f"{measure.key}{colon}{measure.title.in_language(language)}"
    yield say("one row is ", "每行为") + measure.row.in_language(language)
    for column in measure.columns:
        unit = f" [{column.unit}]" if column.unit else ""
        left_out = "" if column.is_required else say(" (may be left out)", "（可省略）")
        described = column.description.in_language(language)
        cells = column.in_words().in_language(language)
        yield f"  {column.name}{unit}{colon}{described}{semicolon}{cells}{left_out}"
    yield say("columns that are added:", "新增的列：")
    for answer in measure.list_answers():
        unit = f" [{answer.unit}]" if answer.unit else ""
        yield f"  {answer.name}{unit}{colon}{answer.description.in_language(language)}"
    yield say("source: ", "出处：") + measure.source


def _write(out: Path | None, text: str) -> None:
    if out is None:
        click.echo(text)
        return
    out.write_text(text + "\n", "utf-8")
    click.echo(str(out), err=True)


def _as_plain(measure: Measure) -> dict[str, Any]:
    return {
        "key": measure.key,
        "title": _both(measure.title),
        "row": _both(measure.row),
        "columns": [
            {
                "name": one.name,
                "kind": one.kind,
                "unit": one.unit,
                "is_required": one.is_required,
                "choices": list(one.choices),
                "description": _both(one.description),
                "cells": _both(one.in_words()),
                "example": one.example,
            }
            for one in measure.columns
        ],
        "answers": [
            {"name": one.name, "kind": one.kind, "unit": one.unit, "description": _both(one.description)}
            for one in measure.list_answers()
        ],
        "source": measure.source,
    }


def _both(text: Text) -> dict[str, str]:
    return {"en": text.en, "zh": text.zh}
