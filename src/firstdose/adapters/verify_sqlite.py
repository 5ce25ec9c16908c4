"""The verification of a record's file, from the first event to the last, and of what protects it."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

from firstdose.adapters.sqlite_file import check_schema, open_file
from firstdose.adapters.store_sqlite import ROWS
from firstdose.record.log import Break, Row, check_chain

_N_TOLD = 20
"""Lines of one kind that are told; a damaged file has thousands."""

_UNREADABLE = (sqlite3.Error, UnicodeDecodeError)
"""What a damaged file raises; the second, where SQLite's own message quotes damaged bytes."""


def verify_record(path: Path, head: str | None = None) -> tuple[Break, ...]:
    """Every place where a record's file is not what was recorded; nothing if it is whole.

    Position 0 stands for the file as a whole: its pages, tables and triggers.

    Parameters
    ----------
    path : Path
        The file. It is only read.
    head : str, optional
        A hash that was kept outside, in hexadecimal digits: the only way to see that the tail was cut.

    Raises
    ------
    StoreFault
        The file is not a record or may not be read: there is nothing to verify.
    """
    if head is not None and not re.fullmatch(r"[0-9a-fA-F]{64}", head):
        return (Break(0, f"the head that was given is not a hash of 64 hexadecimal digits: {head}"),)
    kept = None if head is None else bytes.fromhex(head)
    with closing(open_file(path, read_only=True)) as connection:
        connection.text_factory = _read_text
        connection.execute("BEGIN")  # one snapshot, whoever appends meanwhile
        return (*_check_file(connection), *_check_rows(connection, kept), *_check_payloads(connection))


def _check_file(connection: sqlite3.Connection) -> Iterator[Break]:
    try:
        for wrong in check_schema(connection):
            yield Break(0, f"{wrong}: the safeguards of the record were changed")
        for (said,) in connection.execute(f"PRAGMA integrity_check({_N_TOLD})"):
            if said != "ok":
                yield Break(0, f"the database is damaged: {said}")
    except _UNREADABLE as error:
        yield Break(0, f"the database is damaged: {error}")


def _check_rows(connection: sqlite3.Connection, head: bytes | None) -> Iterator[Break]:
    stopped: list[Break] = []
    last = 0

    def stream() -> Iterator[Row]:
        nonlocal last
        try:
            for columns in connection.execute(f"{ROWS} ORDER BY position"):
                last = columns[0]
                yield Row(*columns)
        except _UNREADABLE as error:
            stopped.append(Break(last + 1, f"from here on the events cannot be read: {error}"))

    found = check_chain(stream(), head)
    yield from found
    yield from stopped


def _check_payloads(connection: sqlite3.Connection) -> Iterator[Break]:
    orphans = "SELECT position FROM payload WHERE position NOT IN (SELECT position FROM event)"
    try:
        for (position,) in islice(connection.execute(orphans), _N_TOLD):
            yield Break(position, "a payload stands without its event")
    except _UNREADABLE as error:
        yield Break(0, f"the payloads cannot be read: {error}")


def _read_text(stored: bytes) -> str | bytes:
    try:
        return stored.decode()
    except UnicodeDecodeError:
        return stored  # not the type of a text: the check of the chain names it
