"""A table as lines of plain text, for a terminal or a mail."""

import unicodedata
from collections.abc import Sequence

from firstdose.deliver.tables import Table
from firstdose.terms.words import Language

_GAP = "  "


def render_plain_text(table: Table, language: Language) -> str:
    """The table in columns of one width each: numbers flush right, words flush left, notes below.

    Characters of Chinese are two columns wide, as terminals show them.
    """
    body = [
        ["", *(_spanner(table, place, language) for place in range(len(table.columns)))],
        [table.stubhead.in_language(language), *(one.label.in_language(language) for one in table.columns)],
        *(
            [row.stub.in_language(language), *(c.shown.in_language(language) for c in row.cells)]
            for row in table.rows
        ),
    ]
    # a spanner may be wider than its first column: it runs on over the columns beside it
    widths = [max(measure_columns(line[place]) for line in body[1:]) for place in range(len(body[1]))]
    is_left = [True, *(place in table.columns_of_words for place in range(len(table.columns)))]
    lines = [table.title.in_language(language), ""]
    if table.rows and any(body[0]):
        lines.append(_write_spanners(body[0], widths))
    if table.rows:
        lines.append(_write_row(body[1], widths, is_left))
    group = None
    for row, line in zip(table.rows, body[2:], strict=True):
        if row.group is not None and row.group != group:
            lines += ["", row.group.in_language(language)]
        group = row.group
        lines.append(_write_row(line, widths, is_left))
    notes = [note for note in (*table.footnotes, table.denominators, table.source) if note.en]
    if notes:
        lines += [*([""] if table.rows else []), *(note.in_language(language) for note in notes)]
    return "\n".join(lines) + "\n"


def measure_columns(words: str) -> int:
    """How many columns of a terminal the words take.

    Examples
    --------
    >>> measure_columns("MTD"), measure_columns("剂量")
    (3, 4)
    """
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1
        for one in words
    )


def _spanner(table: Table, place: int, language: Language) -> str:
    """The spanner over a column, said once over the first of its columns."""
    spanner = table.columns[place].spanner
    if spanner is None or (place > 0 and table.columns[place - 1].spanner == spanner):
        return ""
    return spanner.in_language(language)


def _write_spanners(spanners: Sequence[str], widths: Sequence[int]) -> str:
    line, at = "", 0
    for words, width in zip(spanners, widths, strict=True):
        if words:
            line += " " * (at - measure_columns(line)) + words
        at += width + len(_GAP)
    return line


def _write_row(cells: Sequence[str], widths: Sequence[int], is_left: Sequence[bool]) -> str:
    padded = []
    for words, width, left in zip(cells, widths, is_left, strict=True):
        room = " " * (width - measure_columns(words))
        padded.append(words + room if left else room + words)
    return _GAP.join(padded).rstrip()
