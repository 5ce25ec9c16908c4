"""What every store of the record does alike, in memory and in a file."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.adapters.trial_events import NOON, Store, fill, filled, opened, record, screened

from firstdose.adapters.faults import StoreFault
from firstdose.adapters.store_memory import MemoryStore
from firstdose.adapters.store_sqlite import SqliteStore
from firstdose.adapters.verify_sqlite import verify_record
from firstdose.record.events import SlotReserved
from firstdose.record.log import GENESIS, check_chain


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made: Store = (
        MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "trial.db", create=True)
    )
    yield made
    made.close()


def test_a_new_record_has_no_events_and_the_genesis_hash(store: Store) -> None:
    assert store.head() == (0, GENESIS)
    assert list(store.read()) == []


def test_an_event_comes_back_as_it_was_recorded_with_its_envelope(store: Store) -> None:
    (entry,) = record(store, [filled(1)], "fill")
    assert list(store.read()) == [entry]
    assert (entry.position, entry.nth, entry.command, entry.actor) == (1, 1, "fill", "chen")
    assert entry.recorded_at == NOON
    assert entry.event == filled(1)


def append_and_fail(store: Store) -> None:
    with store.transaction() as transaction:
        transaction.append(
            [screened(3)], recorded_at=NOON, actor="chen", role="", site="", release="", command="undone"
        )
        raise KeyError


def test_positions_are_free_of_gaps_over_transactions_and_over_an_undone_one(store: Store) -> None:
    record(store, [screened(1), screened(2)], "a")
    with pytest.raises(KeyError):
        append_and_fail(store)
    record(store, [screened(4)], "b")
    assert [(entry.position, entry.command, entry.nth) for entry in store.read()] == [
        (1, "a", 1),
        (2, "a", 2),
        (3, "b", 1),
    ]
    assert check_chain(store.read_rows(), store.head()[1]) == ()


def test_the_number_within_a_command_goes_on_over_several_appends_of_a_transaction(store: Store) -> None:
    with store.transaction() as transaction:
        for events, command in (([opened()], "a"), ([screened(1)], "b"), ([screened(2), screened(3)], "a")):
            transaction.append(
                events, recorded_at=NOON, actor="chen", role="", site="", release="", command=command
            )
        assert [entry.position for entry in transaction.read_since(1)] == [2, 3, 4]
        assert transaction.head[0] == 4
    assert store.head() == transaction.head
    assert [(entry.command, entry.nth) for entry in store.read()] == [("a", 1), ("b", 1), ("a", 2), ("a", 3)]


def test_a_resent_command_is_seen_and_its_repetition_is_refused_whole(store: Store) -> None:
    record(store, [screened(1), screened(2)], "once")
    with store.transaction() as transaction:
        assert transaction.has_command("once")
        assert not transaction.has_command("twice")
    with pytest.raises(StoreFault, match="the command was recorded before"):
        record(store, [screened(1), screened(2)], "once")
    assert store.head()[0] == 2


def test_a_command_without_events_leaves_no_trace(store: Store) -> None:
    assert record(store, [], "nothing") == []
    assert store.head() == (0, GENESIS)


def test_the_time_of_the_record_never_decreases_although_a_clock_is_set_back(store: Store) -> None:
    record(store, [screened(1)], "a", recorded_at=NOON)
    (entry,) = record(store, [screened(2)], "b", recorded_at=NOON - timedelta(hours=1))
    assert entry.recorded_at == NOON
    assert check_chain(store.read_rows()) == ()


def test_an_envelope_that_could_be_read_in_two_ways_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="separator"):
        record(store, [screened(1)], "a", actor="chen\x1fcoordinator")
    assert store.head()[0] == 0


@pytest.mark.parametrize(
    ("since", "until", "positions"),
    [(0, None, [1, 2, 3, 4]), (2, None, [3, 4]), (0, 2, [1, 2]), (1, 3, [2, 3]), (4, None, []), (3, 3, [])],
)
def test_a_stretch_of_the_record_starts_after_one_position_and_ends_with_another(
    store: Store, since: int, until: int | None, positions: list[int]
) -> None:
    fill(store, 4)
    assert [entry.position for entry in store.read(since, until)] == positions
    assert [row.position for row in store.read_rows(since, until)] == positions


def test_the_record_is_read_whole_while_more_is_recorded(store: Store) -> None:
    record(store, [screened(number) for number in range(2_500)], "many")
    seen = 0
    for entry in store.read(until=2_500):
        if entry.position in (1, 1_001):
            record(store, [opened()], f"meanwhile-{entry.position}")
        seen += 1
    assert (seen, store.head()[0]) == (2_500, 2_502)


def test_a_copy_of_the_first_events_has_the_same_hashes_and_goes_its_own_way(
    store: Store, tmp_path: Path
) -> None:
    rows = fill(store, 4)
    copy = tmp_path / "practice.db"
    store.copy_prefix(copy, 3)
    assert verify_record(copy, rows[2].hash.hex()) == ()
    with SqliteStore(copy, create=False) as practice:
        assert list(practice.read_rows()) == rows[:3]
        record(practice, [screened(9)], "practice")
    assert list(store.read_rows()) == rows


def test_a_copy_up_to_an_event_that_is_not_there_is_refused_and_leaves_no_file(
    store: Store, tmp_path: Path
) -> None:
    fill(store, 2)
    with pytest.raises(StoreFault, match="there is no event 3; the record ends at 2"):
        store.copy_prefix(tmp_path / "practice.db", 3)
    assert not (tmp_path / "practice.db").exists()


def test_eight_threads_never_give_the_one_place_of_a_cohort_twice(store: Store) -> None:
    record(store, [opened()], "open")
    start = threading.Barrier(8)

    def reserve(number: int) -> None:
        start.wait()
        with store.transaction() as transaction:
            taken = any(isinstance(entry.event, SlotReserved) for entry in transaction.read_since(0))
            if not taken:
                transaction.append(
                    [SlotReserved(participant=f"P{number:02}", cohort="SAD-1")],
                    recorded_at=NOON,
                    actor="chen",
                    role="coordinator",
                    site="shanghai",
                    release="",
                    command=f"reserve-{number}",
                )

    threads = [threading.Thread(target=reserve, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [type(entry.event).__name__ for entry in store.read()] == ["CohortOpened", "SlotReserved"]
