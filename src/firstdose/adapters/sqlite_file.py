"""A record's database file: opening it, and saying in one sentence why it cannot be used."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path

from firstdose.adapters.faults import store_fault

BUSY_TIMEOUT_S = 10.0
"""How long a writer waits for the append lock [s]."""

_DAMAGED = ("the database is damaged or was cut short", "verify it, and restore it from a copy")
_NOT_OURS = "it is a database, but not a firstdose record"
_SENTENCES = {
    sqlite3.SQLITE_NOTADB: ("it is not a database", "check the name"),
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_CANTOPEN: ("the file cannot be opened", "check the folder and its permissions"),
    sqlite3.SQLITE_READONLY: ("the file cannot be written", "check its permissions and those of its folder"),
    sqlite3.SQLITE_PERM: ("the file may not be opened", "check its permissions"),
    sqlite3.SQLITE_BUSY: (f"another writer has held the record for {BUSY_TIMEOUT_S:.0f} s", "try again"),
    sqlite3.SQLITE_FULL: ("the disk is full", "free some space; nothing was recorded"),
    sqlite3.SQLITE_IOERR: ("the disk failed to read or write", "check the disk"),
}
# of every connection: an acknowledged fact is on the disk, and REPLACE asks the delete triggers
_SWITCHES = ("synchronous = FULL", "recursive_triggers = ON", "foreign_keys = ON")


@cache
def read_schema() -> str:
    """The SQL that makes a record."""
    return files("firstdose.adapters").joinpath("store_sqlite.sql").read_text("utf-8")


@cache
def _made() -> tuple[int, int, dict[str, str]]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(read_schema())
        return (
            _pragma(connection, "application_id"),
            _pragma(connection, "user_version"),
            _objects(connection),
        )


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn what SQLite raises inside into a fault of the file."""
    try:
        yield
    except UnicodeDecodeError as error:
        # the message itself quotes damaged bytes, and the Python module cannot read it
        raise store_fault(path, _DAMAGED[0], remedy=_DAMAGED[1]) from error
    except sqlite3.Error as error:
        # errors that the Python module raises by itself carry no code
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        what, remedy = _SENTENCES.get(code, ("the record refused it", ""))
        raise store_fault(path, what, "" if code in _SENTENCES else str(error), remedy=remedy) from error


def create_file(path: Path) -> None:
    """Make a new record without events; a file that is there is left alone."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666))
    except FileExistsError:
        raise store_fault(path, "it is there already", remedy="open it, or give another name") from None
    except OSError as error:
        raise store_fault(
            path, "it cannot be made", error.strerror or "", remedy="check the folder"
        ) from None
    with told(path), closing(connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(f"BEGIN IMMEDIATE;\n{read_schema()}\nCOMMIT;")


def open_file(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """A connection to a record that is whole enough to work with."""
    _check_access(path, read_only=read_only)
    _check_length(path)
    with told(path):
        connection = connect(path, read_only=read_only)
        try:
            check_kind(connection, path)
            wrong = [] if read_only else check_schema(connection)
        except BaseException:
            connection.close()
            raise
    if wrong:
        connection.close()
        raise store_fault(path, "its safeguards were changed", "; ".join(wrong), remedy=_DAMAGED[1])
    return connection


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection with the switches that the record needs; threads take care of themselves."""
    mode = "mode=ro" if read_only else "mode=rw"
    folder_is_closed = not os.access(path.parent, os.W_OK, effective_ids=_EFFECTIVE)
    if read_only and folder_is_closed and not path.with_name(path.name + "-wal").exists():
        # without a place for the shared index, SQLite reads a WAL database only when told that nobody writes
        mode += "&immutable=1"
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{mode}",
        uri=True,
        timeout=BUSY_TIMEOUT_S,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        for switch in _SWITCHES:
            connection.execute(f"PRAGMA {switch}")
    except BaseException:
        connection.close()
        raise
    return connection


def check_kind(connection: sqlite3.Connection, path: Path) -> None:
    """Raise the fault of a database that is not a record, or not one that this release can read."""
    application_id, version, _ = _made()
    if _pragma(connection, "application_id") != application_id:
        raise store_fault(path, _NOT_OURS, remedy="check the name")
    found = _pragma(connection, "user_version")
    if found > version:
        what = f"it was written by a later release (schema {found}; this one reads {version})"
        raise store_fault(path, what, remedy="use the later release")


def check_schema(connection: sqlite3.Connection) -> list[str]:
    """What differs from the tables and triggers of a record; further tables and views do no harm."""
    made, found = _made()[2], _objects(connection)
    missing = [f"{name} is missing" for name in made if name not in found]
    altered = [f"{name} was altered" for name in made if name in found and found[name] != made[name]]
    added = [f"{name} was added" for name in found if name not in made and name.startswith("trigger ")]
    return [*missing, *altered, *added]


_EFFECTIVE = os.access in os.supports_effective_ids


def _check_access(path: Path, *, read_only: bool) -> None:
    if path.is_dir():
        raise store_fault(path, "it is a folder", remedy="name the file of the record")
    if not path.exists():
        raise store_fault(path, "there is no such file", remedy="check the name")
    if not os.access(path, os.R_OK, effective_ids=_EFFECTIVE):
        raise store_fault(path, "there is no permission to read it")
    if read_only:
        return
    if not all(os.access(place, os.W_OK, effective_ids=_EFFECTIVE) for place in (path, path.parent)):
        if hasattr(os, "statvfs") and os.statvfs(path).f_flag & os.ST_RDONLY:
            raise store_fault(path, "the disk is read-only", remedy="copy the file, or open it read-only")
        what = "there is no permission to write it or in its folder"
        raise store_fault(path, what, remedy="ask for it, or open it read-only")


def _check_length(path: Path) -> None:
    # SQLite takes a file whose last page was cut for a whole one
    beside = path.with_name(path.name + "-wal")
    if beside.exists() and beside.stat().st_size > 0:
        return  # then the file may be behind, and what is beside it completes it
    with path.open("rb") as file:
        header = file.read(32)
    page = int.from_bytes(header[16:18], "big")
    n_pages = int.from_bytes(header[28:32], "big")
    if header.startswith(b"SQLite format 3\0") and path.stat().st_size < n_pages * (
        65_536 if page == 1 else page
    ):
        raise store_fault(path, _DAMAGED[0], remedy=_DAMAGED[1])


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def _objects(connection: sqlite3.Connection) -> dict[str, str]:
    found = connection.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {f"{kind} {name}": sql for kind, name, sql in found}
