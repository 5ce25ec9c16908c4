"""The record in memory, for tests and rehearsals: the same bytes, the same hashes, nothing on a disk."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from threading import Lock

from firstdose.adapters.faults import store_fault
from firstdose.adapters.store_sqlite import write_rows
from firstdose.adapters.transaction import Transaction
from firstdose.record.events import Entry
from firstdose.record.log import GENESIS, Row, parse_row

_NAME = "the record in memory"


class MemoryStore:
    """The record of one trial in memory; threads may share it."""

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._commands: set[str] = set()
        self._lock = Lock()

    def head(self) -> tuple[int, bytes]:
        """The position and the hash of the last event; 0 and the genesis hash before the first."""
        return (self._rows[-1].position, self._rows[-1].hash) if self._rows else (0, GENESIS)

    def read(self, since: int = 0, until: int | None = None) -> Iterator[Entry]:
        """The entries after a position, up to another one and with it, in order."""
        return map(parse_row, self.read_rows(since, until))

    def read_rows(self, since: int = 0, until: int | None = None) -> Iterator[Row]:
        """The rows after a position, up to another one and with it, in order."""
        return islice(self._rows, since, until)

    @contextmanager
    def transaction(self) -> Iterator["MemoryTransaction"]:
        """Hold the append lock; commit at the end, undo everything at an exception."""
        with self._lock:
            transaction = MemoryTransaction(self._rows, self._commands)
            yield transaction
            self._commands.update(row.command for row in transaction.appended)
            self._rows.extend(transaction.appended)

    def copy_prefix(self, path: Path, until: int) -> None:
        """A new record in a file: the same rows with the same hashes, up to a position and with it."""
        if not 0 <= until <= len(self._rows):
            raise store_fault(_NAME, f"there is no event {until}", f"the record ends at {len(self._rows)}")
        write_rows(path, self.read_rows(0, until))

    def close(self) -> None:
        """Nothing is left to do."""


class MemoryTransaction(Transaction):
    """The append lock of a record in memory."""

    def __init__(self, rows: Sequence[Row], commands: set[str]) -> None:
        super().__init__(rows[-1] if rows else None)
        self._rows = rows
        self._commands = commands
        self.appended: list[Row] = []

    def read_since(self, position: int) -> Iterator[Entry]:  # noqa: D102 - said by the class above
        return map(parse_row, [*self._rows, *self.appended][position:])

    def has_command(self, command: str) -> bool:  # noqa: D102 - said by the class above
        return command in self._commands or command in self._n_of_command

    def _write(self, rows: Sequence[Row]) -> None:
        if any(row.command in self._commands for row in rows):
            raise store_fault(_NAME, "the record refused it", "the command was recorded before")
        self.appended += rows
