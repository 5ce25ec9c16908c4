"""Rows scored by a measure: plain values in, the value with its components, or the reason why there is none.

A row with a cell that cannot be read has no value, with the fault beside it; all others are computed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import msgspec

from firstdose.derive.scores.columns import BadCell, Cells, Reader, make_reader
from firstdose.derive.scores.measure import AnswerKind, Measure, Plain
from firstdose.derive.scores.registry import find_measure
from firstdose.terms.calendar import render_site_time
from firstdose.terms.outcomes import Fault, NotDerived

if TYPE_CHECKING:
    import polars as pl

FIRST_LINE = 2
"""Of the rows of a file: the header is line 1."""
BAD_CELL = "bad_cell"
"""The reason of a row in which a cell could not be read."""


class ScoredRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a measure says of one row.

    ``value`` and each of ``components`` is None where it is not known; ``reason`` and ``detail`` then say why
    the value is not. ``faults`` are the cells that could not be read, with their column and line.
    """

    value: Plain | None
    components: Mapping[str, Plain | None]
    reason: str = ""
    detail: str = ""
    faults: tuple[Fault, ...] = ()


def score_rows(measure_key: str, rows: Iterable[Mapping[str, str]]) -> list[ScoredRow]:
    """Score rows of cells.

    Parameters
    ----------
    measure_key : str
        Key of a measure in ``MEASURES``.
    rows : iterable of n mappings of column to cell
        Cells are text, as a CSV file has it; whole numbers, decimals, booleans and dates are taken as they are
        written. A column that is not there, None and blank text are missing; other columns are not looked at.

    Returns
    -------
    list of n ScoredRow
        In the order of the rows; the line of a fault counts a header as line 1.

    Raises
    ------
    KeyError
        If there is no such measure; the message names near ones.
    TypeError
        If a cell is a binary float: 1.8 is not what was written.

    Examples
    --------
    >>> dose = {"glucocorticoid": "dexamethasone", "dose_mg": "0.75"}
    >>> good, blank, bad = score_rows("prednisone_equivalent", [dose, dose | {"dose_mg": ""}, dose | {"dose_mg": "low"}])
    >>> good.value, blank.reason, str(bad.faults[0])
    (Decimal('5'), 'dose_unknown', "4: dose_mg: 'low' is not a number; write a decimal number of at least 0")
    """
    score = make_scorer(_require(measure_key))
    return [score(_as_cells(row), line) for line, row in enumerate(rows, start=FIRST_LINE)]


def score_frame(measure_key: str, frame: "pl.DataFrame") -> "pl.DataFrame":
    """Score the rows of a frame.

    Parameters
    ----------
    measure_key : str
        Key of a measure in ``MEASURES``.
    frame : polars.DataFrame
        Columns as in `score_rows`; of text where a number must be as it was written.

    Returns
    -------
    polars.DataFrame
        The frame with the columns of `Measure.list_answers` behind its own: answers yes or no as booleans,
        whole numbers as integers, decimals as text since they have digits of their own, dates as dates. A row
        with a cell that cannot be read has the reason ``bad_cell``.

    Raises
    ------
    KeyError, TypeError
        As `score_rows`.
    ValueError
        If the frame lacks a required column, or already has a column of the answers.
    """
    import polars as pl  # noqa: PLC0415 - frames alone need it

    measure = _require(measure_key)
    faults = check_header(measure, frame.columns)
    if faults:
        raise ValueError("; ".join(map(str, faults)))
    read = [column.name for column in measure.columns if column.name in frame.columns]
    scored = score_rows(measure_key, frame.select(read).iter_rows(named=True))
    answers = measure.list_answers()
    dtypes: dict[AnswerKind, pl.DataType] = {
        "decimal": pl.String(),
        "whole_number": pl.Int64(),
        "yes_no": pl.Boolean(),
        "word": pl.String(),
        "date": pl.Date(),
        "moment": pl.String(),
    }
    rows = [list_cells(measure, one) for one in scored]
    return frame.hstack(
        [
            pl.Series(
                answer.name,
                [_as_frame_value(answer.kind, row[place]) for row in rows],
                dtype=dtypes[answer.kind],
            )
            for place, answer in enumerate(answers)
        ]
    )


def make_scorer(measure: Measure) -> Callable[[Mapping[str, str | None], int], ScoredRow]:
    """What scores one row of cells, with the number of its line."""
    readers: list[tuple[str, Reader]] = [(column.name, make_reader(column)) for column in measure.columns]
    empty: dict[str, Plain | None] = {one.name: None for one in measure.components}

    def score(cells: Mapping[str, str | None], line: int) -> ScoredRow:
        values: dict[str, Any] = {}
        faults: list[Fault] = []
        for name, read in readers:
            text = cells.get(name)
            if not text:
                continue
            found = read(text)
            if isinstance(found, BadCell):
                faults.append(Fault(what=found.what, next=found.next, line=line, clause=name))
            elif found is not None:
                values[name] = found
        if faults:
            detail = "; ".join(f"{one.clause}: {one.what}" for one in faults)
            return ScoredRow(
                value=None, components=empty, reason=BAD_CELL, detail=detail, faults=tuple(faults)
            )
        scored = measure.derive(Cells(values))
        components = empty | {name: _or_none(one) for name, one in scored.components.items()}
        if isinstance(scored.value, NotDerived):
            why = scored.value
            return ScoredRow(value=None, components=components, reason=why.reason, detail=why.detail)
        return ScoredRow(value=scored.value, components=components)

    return score


def check_header(measure: Measure, names: Sequence[str]) -> tuple[Fault, ...]:
    """What keeps the columns of a file from being scored: required ones that are missing, and names that clash."""
    faults = []
    for column in measure.columns:
        if column.is_required and column.name not in names:
            near = get_close_matches(
                column.name, [one for one in names if one not in _names(measure)], n=1, cutoff=0.8
            )
            hint = f"rename {near[0]!r}, or add it" if near else f"add it, with {column.in_words().en}"
            faults.append(
                Fault(what=f"{measure.key} needs a column {column.name!r}", next=hint, line=FIRST_LINE - 1)
            )
    clashing = [answer.name for answer in measure.list_answers() if answer.name in names]
    if clashing:
        verb, pronoun = ("is", "it") if len(clashing) == 1 else ("are", "them")
        faults.append(
            Fault(
                what=f"{', '.join(clashing)} {verb} already there",
                next=f"take {pronoun} out, or rename {pronoun}",
                line=FIRST_LINE - 1,
            )
        )
    twice = sorted({name for name in names if names.count(name) > 1 and name in _names(measure)})
    faults += [
        Fault(what=f"two columns are named {name!r}", next="keep one", line=FIRST_LINE - 1) for name in twice
    ]
    return tuple(faults)


def list_misspelt(measure: Measure, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Columns that are not read but look like one that could be, with that one."""
    absent = [name for name in _names(measure) if name not in names]
    for name in names:
        if name not in _names(measure):
            near = get_close_matches(name, absent, n=1, cutoff=0.85)
            if near:
                yield name, near[0]


def list_cells(measure: Measure, scored: ScoredRow) -> list[Plain | None]:
    """What stands in the columns of `Measure.list_answers`."""
    components = [scored.components[one.name] for one in measure.components]
    return [scored.value, *components, scored.reason or None, scored.detail or None]


def write_plain(value: Plain | None) -> str:
    """A value as a cell: decimals digit by digit, yes and no, ISO dates; nothing where there is none.

    Examples
    --------
    >>> [write_plain(value) for value in (True, Decimal("0.50"), Decimal("1E+2"), None)]
    ['yes', '0.50', '100', '']
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return render_site_time(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def _require(measure_key: str) -> Measure:
    found = find_measure(measure_key)
    if isinstance(found, Fault):
        raise KeyError(str(found))
    return found


def _names(measure: Measure) -> list[str]:
    return [column.name for column in measure.columns]


def _or_none(value: Plain | NotDerived) -> Plain | None:
    return None if isinstance(value, NotDerived) else value


def _as_cells(row: Mapping[str, Any]) -> Mapping[str, str | None]:
    if all(one is None or isinstance(one, str) for one in row.values()):
        return row
    return {name: None if one is None else _as_cell(name, one) for name, one in row.items()}


def _as_cell(name: str, value: object) -> str:
    if isinstance(value, float):
        raise TypeError(f"{name}: {value!r} is a binary float; give the number as text, as it was written")
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, str | bool | int | Decimal | date):
        return write_plain(value)
    return str(value)


def _as_frame_value(kind: AnswerKind, value: Plain | None) -> Plain | None:
    return write_plain(value) if value is not None and kind in ("decimal", "moment", "word") else value
