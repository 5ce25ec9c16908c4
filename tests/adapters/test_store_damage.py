"""The verification finds what was done to the file behind the program's back, and never breaks down on it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.adapters.trial_events import fill, record

from firstdose.adapters.faults import StoreFault
from firstdose.adapters.sqlite_file import read_schema
from firstdose.adapters.store_sqlite import SqliteStore
from firstdose.adapters.verify_sqlite import verify_record
from firstdose.record.log import Row

N = 12
TRIGGERS = [line.split()[2] for line in read_schema().splitlines() if line.startswith("CREATE TRIGGER")]
in_one_folder = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[Row]]:
    path = tmp_path_factory.mktemp("whole") / "trial.db"
    with SqliteStore(path, create=True) as store:
        rows = fill(store, N)
    return path.read_bytes(), rows


@pytest.fixture
def path(tmp_path: Path, whole: tuple[bytes, list[Row]]) -> Path:
    (tmp_path / "trial.db").write_bytes(whole[0])
    return tmp_path / "trial.db"


def tamper(path: Path, *statements: str) -> None:
    """Run statements with the triggers out of the way, and put them back as they were."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA synchronous = OFF")
        other.execute("BEGIN")
        found = other.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in found:
            other.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            other.execute(statement)
        for _, sql in found:
            other.execute(sql)
        other.execute("COMMIT")


def chain_breaks(path: Path) -> list[int]:
    return [found.position for found in verify_record(path)]


def test_an_untouched_file_has_no_break_also_while_it_is_open(path: Path) -> None:
    assert verify_record(path) == ()
    with SqliteStore(path) as store:
        again = next(store.read()).event
        record(store, [again], "more")
        assert verify_record(path, store.head()[1].hex()) == ()


def test_a_cut_tail_is_found_only_with_the_head_that_was_kept(
    path: Path, whole: tuple[bytes, list[Row]]
) -> None:
    tamper(path, "DELETE FROM payload WHERE position = 12", "DELETE FROM event WHERE position = 12")
    assert verify_record(path) == ()
    assert [found.position for found in verify_record(path, whole[1][-1].hash.hex())] == [N]


@pytest.mark.parametrize("head", ["the one on the signed page", "", "ab" * 31, "ab" * 33])
def test_a_head_that_is_no_hash_is_named(path: Path, head: str) -> None:
    (found,) = verify_record(path, head)
    assert found.what.startswith("the head that was given is not a hash")


@pytest.mark.parametrize(
    ("statements", "position", "what"),
    [
        (["DELETE FROM payload WHERE position = 4"], 4, "the payload is missing"),
        (
            ["DELETE FROM payload WHERE position = 4", "DELETE FROM event WHERE position = 4"],
            4,
            "event 4 is missing",
        ),
        (["INSERT INTO payload VALUES (99, x'00')"], 99, "a payload stands without its event"),
        (
            ["UPDATE event SET actor = CAST(x'ff' AS TEXT) WHERE position = 5"],
            5,
            "a column is not of its type",
        ),
        (["UPDATE event SET nth = 'first' WHERE position = 5"], 5, "a column is not of its type"),
        (
            ["UPDATE payload SET body = CAST(body AS TEXT) WHERE position = 5"],
            5,
            "a column is not of its type",
        ),
    ],
    ids=["payload gone", "event gone", "orphan", "not a text", "not a number", "not bytes"],
)
def test_what_was_done_to_a_row_is_found_at_its_event(
    path: Path, statements: list[str], position: int, what: str
) -> None:
    tamper(path, *statements)
    found = verify_record(path)
    assert found[0].position == position
    assert what in " / ".join(one.what for one in found)


@in_one_folder
@given(st.integers(1, N), st.sampled_from(Row.__struct_fields__), st.integers(1, N))
def test_a_value_of_another_event_is_found_where_it_was_put(
    path: Path, at: int, column: str, source: int
) -> None:
    path.with_name("tampered.db").write_bytes(path.read_bytes())
    tampered = path.with_name("tampered.db")
    table = "payload" if column == "body" else "event"
    with closing(sqlite3.connect(path)) as connection:
        values = [found for (found,) in connection.execute(f"SELECT {column} FROM {table} ORDER BY position")]  # noqa: S608 - a column of the record
    old, new = values[at - 1], values[source - 1]
    try:
        tamper(tampered, f"UPDATE {table} SET {column} = {literal(new)} WHERE position = {at}")  # noqa: S608 - the same
    except sqlite3.IntegrityError:
        return  # no two events have the same position, hash or command, with or without triggers
    breaks = chain_breaks(tampered)
    assert breaks[:1] == ([] if old == new else [at])


def literal(value: object) -> str:
    return f"x'{value.hex()}'" if isinstance(value, bytes) else f"'{value}'"


@pytest.mark.parametrize("position", [1, N // 2, N])
def test_one_byte_of_a_payload_in_the_file_gives_its_position(path: Path, position: int) -> None:
    stored = path.read_bytes()
    where = stored.index(f'"{position}.5"'.encode()) + 1
    path.write_bytes(stored[:where] + bytes([stored[where] ^ 1]) + stored[where + 1 :])
    assert [(found.position, found.what) for found in verify_record(path)] == [
        (position, "the payload was altered")
    ]


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_a_trigger_that_was_dropped_or_weakened_is_reported(path: Path, trigger: str) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute(f"DROP TRIGGER {trigger}")
        (found,) = verify_record(path)
        assert found.what.startswith(f"trigger {trigger} is missing")
        table = trigger.split("_", maxsplit=1)[0]
        other.execute(f"CREATE TRIGGER {trigger} BEFORE UPDATE ON {table} BEGIN SELECT 1; END")
    (found,) = verify_record(path)
    assert found.what.startswith(f"trigger {trigger} was altered")


def test_the_file_has_eight_triggers() -> None:
    assert len(TRIGGERS) == 8


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("CREATE TRIGGER quiet AFTER INSERT ON event BEGIN SELECT 1; END", "trigger quiet was added"),
        ("ALTER TABLE event RENAME COLUMN actor TO person", "table event was altered"),
        ("ALTER TABLE event ADD COLUMN approved TEXT", "table event was altered"),
        ("DROP TABLE payload", "table payload is missing"),
        ("DROP TABLE event", "table event is missing"),
    ],
)
def test_other_changes_of_the_schema_are_reported(path: Path, statement: str, what: str) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute(statement)
    assert what in " / ".join(found.what for found in verify_record(path))


def lengths(n_bytes: int) -> Iterator[int]:
    return chain(range(0, 120, 7), range(120, n_bytes, 769), range(4096, n_bytes, 4096), [n_bytes - 1])


def test_a_file_cut_at_any_length_gives_a_sentence_and_no_traceback(
    tmp_path: Path, whole: tuple[bytes, list[Row]]
) -> None:
    cut = tmp_path / "cut.db"
    for length in lengths(len(whole[0])):
        cut.write_bytes(whole[0][:length])
        with pytest.raises(StoreFault, match=r"damaged|not a database|not a firstdose record"):
            SqliteStore(cut)
        with suppress(StoreFault):
            assert verify_record(cut) != ()


@settings(in_one_folder, max_examples=300)
@given(st.data())
def test_a_byte_flipped_anywhere_in_the_file_is_found_or_changes_nothing(
    path: Path, whole: tuple[bytes, list[Row]], data: st.DataObject
) -> None:
    stored, rows = whole
    where = data.draw(st.one_of(st.integers(0, len(stored) - 1), st.integers(0, 100)))
    flipped = bytes([stored[where] ^ data.draw(st.integers(1, 255))])
    path.write_bytes(stored[:where] + flipped + stored[where + 1 :])
    for beside in path.parent.glob("trial.db-*"):
        beside.unlink()
    with suppress(StoreFault), SqliteStore(path, read_only=True) as store:
        list(store.read())
    with suppress(StoreFault):
        if verify_record(path) == ():
            with SqliteStore(path, read_only=True) as store:
                assert list(store.read_rows()) == rows


def test_reading_a_damaged_event_gives_a_sentence(path: Path) -> None:
    tamper(
        path, "UPDATE payload SET body = x'7b7d' WHERE position = 4", "DELETE FROM payload WHERE position = 7"
    )
    with SqliteStore(path) as store:
        with pytest.raises(StoreFault, match=r"event 4 cannot be read; .*; verify the record"):
            list(store.read())
        with pytest.raises(StoreFault, match="event 7 cannot be read"):
            list(store.read(since=4))
