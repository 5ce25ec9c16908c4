"""The file refuses every change of the record, on any connection, and says why it cannot be used."""

import os
import sqlite3
import stat
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tests.adapters.trial_events import fill, record, screened

from firstdose.adapters.faults import StoreFault
from firstdose.adapters.sqlite_file import create_file
from firstdose.adapters.store_sqlite import SqliteStore, write_rows
from firstdose.adapters.verify_sqlite import verify_record
from firstdose.record.log import Row

N = 3
HEAD_HASH = "(SELECT hash FROM event ORDER BY position DESC LIMIT 1)"


def into_event(verb: str, *, after: str = "", **columns: str) -> str:
    """A statement that puts a well-formed next event, but for the columns named."""
    forged = {
        "position": "4",
        "command": "'forged'",
        "previous_hash": HEAD_HASH,
        "hash": "zeroblob(32)",
    } | columns
    said = ", ".join(forged.get(name, name) for name in Row.__struct_fields__[:-1])
    return f"{verb} INTO event SELECT {said} FROM event WHERE position = 3 {after}"  # noqa: S608 - meant


def of(position: int, column: str) -> str:
    return " ".join(("(SELECT", column, "FROM event WHERE position =", f"{position})"))


# fmt: off
HOLES = {
    # --- a value is changed, taken away or filled in
    "actor": "UPDATE event SET actor = 'mallory' WHERE position = 2",
    "value to nothing": "UPDATE payload SET body = NULL WHERE position = 2",
    "text to nothing": "UPDATE event SET site = NULL",
    "nothing is different": "UPDATE event SET actor = actor",
    "position": "UPDATE event SET position = 9 WHERE position = 3",
    "row number": "UPDATE event SET rowid = 9 WHERE position = 3",
    "payload": "UPDATE payload SET body = CAST('{}' AS BLOB) WHERE position = 2",
    "payload of another event": "UPDATE payload SET position = 9 WHERE position = 2",
    "update or replace": "UPDATE OR REPLACE event SET position = 1 WHERE position = 3",
    "update or ignore": "UPDATE OR IGNORE event SET actor = 'mallory'",
    # --- an event is removed
    "last event": "DELETE FROM event WHERE position = 3",
    "all events, which SQLite would cut like a TRUNCATE": "DELETE FROM event",
    "payload removed": "DELETE FROM payload WHERE position = 2",
    "all payloads": "DELETE FROM payload",
    # --- an event is replaced; without recursive triggers a REPLACE asks no delete trigger
    "replace an event": into_event("REPLACE", position="2", previous_hash=of(1, "hash")),
    "replace the head": into_event("REPLACE", position="3", previous_hash=of(2, "hash")),
    "replace the head by its command": into_event("REPLACE", command="command"),
    "replace an event by its command": into_event("REPLACE", command=of(1, "command")),
    "replace an event by its hash": into_event("REPLACE", hash=of(1, "hash")),
    "replace the head by its hash": into_event("INSERT OR REPLACE", hash="hash"),
    "replace a payload": "REPLACE INTO payload VALUES (2, CAST('{}' AS BLOB))",
    "upsert an event": into_event("INSERT", position="3", after="ON CONFLICT DO UPDATE SET actor = 0"),
    "upsert by command": into_event("INSERT", command="command", after="ON CONFLICT DO UPDATE SET actor = 0"),
    "upsert a payload": "INSERT INTO payload VALUES (2, x'00') ON CONFLICT DO UPDATE SET body = x'00'",
    # --- an event is put where it does not belong
    "after a gap": into_event("INSERT", position="5"),
    "after a gap, or ignore": into_event("INSERT OR IGNORE", position="5"),
    "before the first": into_event("INSERT", position="0"),
    "where SQLite chooses": into_event("INSERT", position="NULL"),
    "a fork": into_event("INSERT", previous_hash="previous_hash"),
    "a second beginning": into_event("INSERT", previous_hash="zeroblob(32)"),
    "chained to nothing": into_event("INSERT", previous_hash="randomblob(32)"),
    "before its time": into_event("INSERT", recorded_at="'2020-01-01T00:00:00.000000Z'"),
    "a resent command": into_event("INSERT", command="command"),
    "a short hash": into_event("INSERT", hash="zeroblob(31)"),
    "a digest of nothing": into_event("INSERT", payload_digest="NULL"),
    "an actor who is nobody": into_event("INSERT", actor="NULL"),
    "a payload without its event": "INSERT INTO payload VALUES (9, CAST('{}' AS BLOB))",
    "a payload where one stands": "INSERT INTO payload VALUES (2, CAST('{}' AS BLOB))",
}
# fmt: on


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "trial.db"


@pytest.fixture
def rows(path: Path) -> list[Row]:
    with SqliteStore(path, create=True) as store:
        return fill(store, N)


@pytest.mark.parametrize("switches", ["", "PRAGMA recursive_triggers = ON; PRAGMA foreign_keys = ON"])
@pytest.mark.parametrize("hole", HOLES.values(), ids=HOLES.keys())
def test_no_statement_of_another_program_changes_the_record(
    path: Path, rows: list[Row], hole: str, switches: str
) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.executescript(switches)
        with pytest.raises(sqlite3.IntegrityError):
            other.execute(hole)
    with SqliteStore(path) as store:
        assert list(store.read_rows()) == rows
    assert verify_record(path, rows[-1].hash.hex()) == ()


def test_the_statement_that_the_holes_vary_would_itself_be_taken(path: Path, rows: list[Row]) -> None:
    # otherwise the tests above could pass for another reason than the one they name
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute(into_event("INSERT"))
    assert [found.position for found in verify_record(path)] == [len(rows) + 1] * 2


def test_the_first_event_is_not_replaced_by_way_of_a_forged_hash(path: Path, rows: list[Row]) -> None:
    # an event that claims the genesis hash lets the next one follow it, and so meet the first event's chain
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute(into_event("INSERT", hash="zeroblob(32)"))
        with pytest.raises(sqlite3.IntegrityError, match="the hash is that of another event"):
            other.execute(into_event("REPLACE", position="5", hash="randomblob(32)", command="'second'"))
    with SqliteStore(path) as store:
        assert next(store.read_rows()) == rows[0]


def test_rows_that_do_not_follow_each_other_make_no_record(path: Path, rows: list[Row]) -> None:
    copy = path.with_name("copy.db")
    with pytest.raises(StoreFault, match="an event follows the head of the record"):
        write_rows(copy, [rows[0], rows[2]])
    assert [found.name for found in path.parent.iterdir()] == ["trial.db"]


def test_the_stores_own_connection_writes_to_the_disk_and_keeps_its_switches(path: Path) -> None:
    with SqliteStore(path, create=True) as store:
        connection = store._connection()
        assert {
            name: connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "recursive_triggers", "foreign_keys", "busy_timeout")
        } == {
            "journal_mode": "wal",
            "synchronous": 2,
            "recursive_triggers": 1,
            "foreign_keys": 1,
            "busy_timeout": 10_000,
        }


def test_a_closed_record_is_one_file_with_everything_in_it(path: Path, tmp_path: Path) -> None:
    with SqliteStore(path, create=True) as store, SqliteStore(path) as reader:
        rows = fill(store, N)
        store.close()
        # the other one still has it open, and yet the file alone is complete
        (tmp_path / "copy.db").write_bytes(path.read_bytes())
        assert reader.head() == (N, rows[-1].hash)
    assert [found.name for found in tmp_path.iterdir() if found.name.startswith("trial")] == ["trial.db"]
    assert verify_record(tmp_path / "copy.db", rows[-1].hash.hex()) == ()


def test_a_record_is_never_made_over_another_file(path: Path, rows: list[Row]) -> None:
    with pytest.raises(StoreFault, match="it is there already"):
        SqliteStore(path, create=True)
    assert verify_record(path, rows[-1].hash.hex()) == ()


def test_threads_that_end_leave_no_connections_behind(path: Path) -> None:
    with SqliteStore(path, create=True) as store:
        for number in range(20):
            thread = threading.Thread(target=record, args=(store, [screened(number)], f"c{number}"))
            thread.start()
            thread.join()
        assert store.head()[0] == 20
        assert len(store._connections) <= 3


def test_a_writer_that_waits_too_long_is_told_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firstdose.adapters.sqlite_file.BUSY_TIMEOUT_S", 0.05)
    told = pytest.raises(StoreFault, match="another writer has held the record for 10 s; try again")
    with SqliteStore(path, create=True) as store, SqliteStore(path) as other, store.transaction(), told:
        record(other, [screened(1)], "late")


def make_folder(path: Path) -> None:
    path.mkdir()


def make_text(path: Path) -> None:
    path.write_text("participant,dose\nP01,1\n" * 100)


def make_other_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE event (position)")


def make_later_record(path: Path) -> None:
    create_file(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 2")


def make_half(path: Path) -> None:
    with SqliteStore(path, create=True) as store:
        fill(store, 50)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def make_unguarded(path: Path) -> None:
    create_file(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TRIGGER event_is_never_changed")


# fmt: off
UNUSABLE: dict[str, tuple[Callable[[Path], object], str]] = {
    "absent": (lambda _: None, "there is no such file; check the name"),
    "folder": (make_folder, "it is a folder; name the file of the record"),
    "empty": (lambda path: path.touch(), "it is a database, but not a firstdose record; check the name"),
    "text": (make_text, "it is not a database; check the name"),
    "other database": (make_other_database, "it is a database, but not a firstdose record; check the name"),
    "later": (make_later_record, "it was written by a later release (schema 2; this one reads 1); use the later release"),
    "cut": (make_half, "the database is damaged or was cut short; verify it, and restore it from a copy"),
    "unguarded": (make_unguarded, "its safeguards were changed; trigger event_is_never_changed is missing; verify it, and restore it from a copy"),
}
# fmt: on


@pytest.mark.parametrize(("make", "sentence"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_a_file_that_is_no_use_is_refused_with_one_sentence(
    path: Path, make: Callable[[Path], object], sentence: str
) -> None:
    make(path)
    with pytest.raises(StoreFault) as refusal:
        SqliteStore(path)
    assert str(refusal.value) == f"{path}: {sentence}"


def test_a_record_in_a_folder_that_is_not_there_cannot_be_made(tmp_path: Path) -> None:
    with pytest.raises(StoreFault, match="it cannot be made; No such file or directory; check the folder"):
        SqliteStore(tmp_path / "nowhere" / "trial.db", create=True)


@contextmanager
def without_privileges() -> Iterator[None]:
    """Permissions mean nothing to root: be somebody else for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def closed_folder() -> Iterator[Path]:
    """A record in a folder where nobody may write."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with SqliteStore(folder / "trial.db", create=True) as store:
            fill(store, N)
        (folder / "trial.db").chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
        folder.chmod(0o555)
        yield folder
        folder.chmod(0o755)


def test_a_record_in_a_closed_folder_is_read_and_verified_but_not_written(closed_folder: Path) -> None:
    path = closed_folder / "trial.db"
    with without_privileges():
        with SqliteStore(path, read_only=True) as store:
            assert [entry.position for entry in store.read()] == [1, 2, 3]
            with pytest.raises(StoreFault, match="the file cannot be written"):
                record(store, [screened(1)], "more")
        assert verify_record(path) == ()
        with pytest.raises(StoreFault, match="there is no permission to write it or in its folder"):
            SqliteStore(path)
        with pytest.raises(StoreFault, match="it cannot be made; Permission denied"):
            SqliteStore(closed_folder / "new.db", create=True)
    assert [found.name for found in closed_folder.iterdir()] == ["trial.db"]


def test_an_open_record_that_was_copied_into_a_closed_folder_gives_its_events_or_a_sentence(
    closed_folder: Path, path: Path
) -> None:
    # the file alone is behind what stands beside it
    closed_folder.chmod(0o755)
    with SqliteStore(path, create=True) as store:
        rows = fill(store, N)
        for found in path.parent.glob("trial.db*"):
            if not found.name.endswith("-shm"):
                (closed_folder / found.name.replace("trial", "copy")).write_bytes(found.read_bytes())
    closed_folder.chmod(0o555)
    with without_privileges():
        try:
            with SqliteStore(closed_folder / "copy.db", read_only=True) as copy:
                assert list(copy.read_rows()) == rows
        except StoreFault as fault:
            assert fault.fault.what in {"the file cannot be opened", "the file cannot be written"}  # noqa: PT017


def test_a_record_that_may_not_be_read_is_refused(closed_folder: Path) -> None:
    (closed_folder / "trial.db").chmod(0)
    with without_privileges(), pytest.raises(StoreFault, match="there is no permission to read it"):
        SqliteStore(closed_folder / "trial.db", read_only=True)


def test_a_disk_that_may_only_be_read_is_named(closed_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # what the operating system says of a mount without writing
    class ReadOnlyMount:
        f_flag = os.ST_RDONLY

    monkeypatch.setattr(os, "statvfs", lambda _: ReadOnlyMount())
    with without_privileges(), pytest.raises(StoreFault, match="the disk is read-only"):
        SqliteStore(closed_folder / "trial.db")
