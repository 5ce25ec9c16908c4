"""The record in one SQLite file: append-only, hash-chained, durable when the transaction has ended."""

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from firstdose.adapters.faults import store_fault
from firstdose.adapters.sqlite_file import create_file, open_file, told
from firstdose.adapters.transaction import Transaction
from firstdose.record.events import Entry
from firstdose.record.log import GENESIS, Row, parse_row

_PAGE = 1_000
"""Rows a statement: no read transaction stays open while the caller works on an entry."""
_COLUMNS = ", ".join(Row.__struct_fields__[:-1])
ROWS = f"SELECT {_COLUMNS}, body FROM event LEFT JOIN payload USING (position)"  # noqa: S608 - names of our own
_INSERT_EVENT = f"INSERT INTO event ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"  # noqa: S608 - names of our own
_INSERT_PAYLOAD = "INSERT INTO payload (position, body) VALUES (?, ?)"


class SqliteStore:
    """The record of one trial in one file.

    Threads may share a store: each works on a connection of its own. Processes open their own store.

    Parameters
    ----------
    path : Path
        The file.
    create : bool
        Make a new record; a file that is there is left alone.
    read_only : bool
        Only read; works on a file that may not be written.

    Raises
    ------
    StoreFault
        The file cannot be used, with the reason.
    """

    def __init__(self, path: Path, *, create: bool = False, read_only: bool = False) -> None:
        self.path = path
        self._read_only = read_only
        self._connections: dict[int, sqlite3.Connection] = {}
        if create:
            create_file(path)
        self._connection()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def head(self) -> tuple[int, bytes]:
        """The position and the hash of the last event; 0 and the genesis hash before the first."""
        last = self._last()
        return (last.position, last.hash) if last else (0, GENESIS)

    def read(self, since: int = 0, until: int | None = None) -> Iterator[Entry]:
        """The entries after a position, up to another one and with it, in order."""
        for row in self.read_rows(since, until):
            try:
                yield parse_row(row)
            except (AssertionError, ValueError, TypeError, msgspec.MsgspecError) as error:
                what = f"event {row.position} cannot be read"
                raise store_fault(self.path, what, str(error), remedy="verify the record") from error

    def read_rows(self, since: int = 0, until: int | None = None) -> Iterator[Row]:
        """The rows after a position, up to another one and with it, in order."""
        statement = f"{ROWS} WHERE position > ? AND position <= ? ORDER BY position LIMIT {_PAGE}"
        last = 2**63 - 1 if until is None else until
        while True:
            with told(self.path):
                rows = self._connection().execute(statement, (since, last)).fetchall()
            for columns in rows:
                yield Row(*columns)
            if len(rows) < _PAGE:
                return
            since = rows[-1][0]

    @contextmanager
    def transaction(self) -> Iterator["SqliteTransaction"]:
        """Hold the append lock; commit at the end, undo everything at an exception."""
        connection = self._connection()
        assert not connection.in_transaction, "one transaction at a time in a thread"
        with told(self.path):
            connection.execute("BEGIN IMMEDIATE")
        try:
            yield SqliteTransaction(self, connection)
            with told(self.path):
                connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def copy_prefix(self, path: Path, until: int) -> None:
        """A new record at another path: the same rows with the same hashes, up to a position and with it."""
        if not 0 <= until <= self.head()[0]:
            raise store_fault(self.path, f"there is no event {until}", f"the record ends at {self.head()[0]}")
        write_rows(path, self.read_rows(0, until))

    def close(self) -> None:
        """Leave one complete file, unless another process still works on it; then the last one does."""
        while self._connections:
            _, connection = self._connections.popitem()
            if not self._read_only:
                with suppress(sqlite3.Error):  # nothing is lost: what was committed stays beside the file
                    connection.execute("PRAGMA busy_timeout = 0")
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.close()

    def _connection(self) -> sqlite3.Connection:
        # The number of a thread that ended is given again, and with it its connection.
        number = threading.get_ident()
        connection = self._connections.get(number)
        if connection is None:
            connection = self._connections[number] = open_file(self.path, read_only=self._read_only)
        return connection

    def _last(self) -> Row | None:
        with told(self.path):
            found = self._connection().execute(f"{ROWS} ORDER BY position DESC LIMIT 1").fetchone()
        return Row(*found) if found else None


class SqliteTransaction(Transaction):
    """The append lock of a SQLite record."""

    def __init__(self, store: SqliteStore, connection: sqlite3.Connection) -> None:
        super().__init__(store._last())  # noqa: SLF001 - the two classes are one adapter
        self._store = store
        self._connection = connection

    def read_since(self, position: int) -> Iterator[Entry]:  # noqa: D102 - said by the class above
        return self._store.read(position)

    def has_command(self, command: str) -> bool:  # noqa: D102 - said by the class above
        statement = "SELECT EXISTS (SELECT 1 FROM event WHERE command = ?)"
        with told(self._store.path):
            return bool(self._connection.execute(statement, (command,)).fetchone()[0])

    def _write(self, rows: Sequence[Row]) -> None:
        assert self._connection.in_transaction, "the transaction has ended"
        with told(self._store.path):
            _insert(self._connection, rows)


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """A new record from rows that are chained already."""
    create_file(path)
    try:
        with told(path), closing(open_file(path, read_only=False)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            for row in rows:
                _insert(connection, (row,))
            connection.execute("COMMIT")
    except BaseException:
        path.unlink()
        raise


def _insert(connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
    split = [msgspec.structs.astuple(row) for row in rows]
    connection.executemany(_INSERT_EVENT, [columns[:-1] for columns in split])
    bodies = [(columns[0], columns[-1]) for columns in split if columns[-1] is not None]
    connection.executemany(_INSERT_PAYLOAD, bodies)
