"""Scenarios as they are given: true DLT rates on the command line, or a CSV file with one scenario a row."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec
import numpy as np
from numpy.typing import NDArray

from firstdose.faces.cli.said import end_with_faults
from firstdose.terms.outcomes import Fault
from firstdose.terms.words import Text
from firstdose.wiring import read_text

BYTE_ORDER_MARK = "\ufeff"
"""What spreadsheets write before the first word of a file."""

Command = TypeVar("Command", bound=Callable[..., Any])


class Scenarios(msgspec.Struct, frozen=True):
    """Scenarios with their names; the rates are scenarios by levels."""

    names: tuple[Text, ...]
    true_rates: NDArray[np.float64]


def add_scenarios(command: Command) -> Command:
    """The options that give scenarios."""
    for option in (
        click.option(
            "--scenarios",
            "file",
            type=click.Path(path_type=Path),
            help="A CSV file: a scenario a row, the levels as header, names in the first column if you like.",
        ),
        click.option(
            "--rates",
            multiple=True,
            help="True DLT rates, lowest level first: 0.05,0.10,0.18,…; once for each scenario.",
        ),
    ):
        command = option(command)
    return command


def read_scenarios(rates: Sequence[str], file: Path | None, level_keys: Sequence[str]) -> Scenarios:
    """The scenarios of the command line and of the file, or the end of the command with every fault."""
    rows: list[tuple[float, ...]] = []
    names: list[Text] = []
    for number, words in enumerate(rates, start=1):
        rows.append(read_rates(words, level_keys))
        names.append(_name(number))
    if file is not None:
        for name, row in _read_file(file, level_keys):
            rows.append(row)
            names.append(Text(name, name) if name else _name(len(rows)))
    if not rows:
        raise click.ClickException("no scenario is given; write --rates 0.05,0.10,… or --scenarios FILE.csv")
    return Scenarios(tuple(names), np.array(rows, dtype=np.float64))


def read_rates(words: str, level_keys: Sequence[str]) -> tuple[float, ...]:
    """The rates of the levels, or the end of the command with the value that is wrong."""
    found, faults = _check_rates(words.split(","), level_keys)
    if faults:
        raise click.ClickException(faults[0])
    return found


def _name(number: int) -> Text:
    return Text(f"Scenario {number}", f"情景{number}")


def _check_rates(
    words: Sequence[str], level_keys: Sequence[str]
) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """The rates, or what is wrong with them."""
    found, faults = [], []
    for word in words:
        try:
            rate = float(word)
        except ValueError:
            faults.append(f"{word.strip()!r} is not a rate; write numbers such as 0.05,0.10")
            continue
        if not 0 <= rate <= 1:
            faults.append(f"a true DLT rate of {word.strip()} is not between 0 and 1")
        found.append(rate)
    if len(words) != len(level_keys):
        noun = "rate" if len(words) == 1 else "rates"
        faults.append(f"{len(words)} {noun} for {len(level_keys)} levels ({', '.join(level_keys)})")
    return tuple(found), tuple(faults)


def _read_file(file: Path, level_keys: Sequence[str]) -> list[tuple[str, tuple[float, ...]]]:
    """Name (or nothing) and rates of each row; every bad row is told with its line."""
    reader = csv.reader(read_text(file).removeprefix(BYTE_ORDER_MARK).splitlines(), strict=True)
    faults: list[Fault] = []
    found = []
    try:
        header = [word.strip() for word in next(reader, [])]
        has_names = header[1:] == list(level_keys)
        if not has_names and header != list(level_keys):
            expected = ",".join(level_keys)
            what = f"the header is {','.join(header)!r}, not the levels"
            end_with_faults(
                [Fault(file=str(file), line=1, what=what, next=f"write {expected} or name,{expected}")]
            )
        for row in reader:
            if not any(word.strip() for word in row):
                continue
            rates, wrong = _check_rates(row[1:] if has_names else row, level_keys)
            faults += [Fault(file=str(file), line=reader.line_num, what=what) for what in wrong]
            found.append((row[0].strip() if has_names else "", rates))
    except csv.Error as error:
        faults.append(Fault(file=str(file), line=reader.line_num, what="this is not CSV", why=str(error)))
    if not found and not faults:
        faults.append(Fault(file=str(file), what="the file holds no scenario", next="write a row for each"))
    if faults:
        end_with_faults(faults)
    return found
