"""Any alteration of the record is found at its place."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstdose.record.events import Entry, FormSubmitted, VisitHeld
from firstdose.record.log import (
    GENESIS,
    Break,
    Row,
    chain_entries,
    check_chain,
    compute_hash,
    encode_event,
    parse_moment,
    write_moment,
)

NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)
N = 6


def rows_of_a_trial() -> list[Row]:
    entries = (
        Entry(
            position=position,
            recorded_at=NOON + timedelta(minutes=position),
            actor="None",
            role="coordinator",
            site="1",
            release="0.1.0/1.0",
            command=f"command-{position}",
            nth=1,
            event=FormSubmitted(
                participant="P01",
                visit=f"v{position}",
                form="f",
                collected_at=NOON,
                values={"x": str(position)},
            ),
        )
        for position in range(1, N + 1)
    )
    return list(chain_entries(entries, GENESIS))


ROWS = rows_of_a_trial()
HEAD = ROWS[-1].hash
positions = st.integers(1, N)
columns = st.sampled_from(Row.__struct_fields__)
anything = st.one_of(
    st.none(), st.booleans(), st.integers(-9, 9), st.floats(), st.text(max_size=6), st.binary(max_size=33)
)


def altered(row: Row, **columns: object) -> Row:
    return msgspec.structs.replace(row, **columns)


def first_break(rows: list[Row], head: bytes | None = None) -> int | None:
    breaks = check_chain(rows, head)
    return breaks[0].position if breaks else None


def test_an_untouched_record_has_no_break() -> None:
    assert check_chain(ROWS, HEAD) == ()
    assert check_chain([], GENESIS) == check_chain([]) == check_chain(ROWS, GENESIS) == ()


@given(positions, columns, anything)
def test_any_other_value_in_any_column_is_found_at_its_event(at: int, column: str, value: object) -> None:
    row = ROWS[at - 1]
    old = getattr(row, column)
    if type(value) is type(old) and value == old:
        return
    rows = [*ROWS[: at - 1], altered(row, **{column: value}), *ROWS[at:]]
    assert first_break(rows) == at


@pytest.mark.parametrize("column", Row.__struct_fields__)
def test_a_value_that_became_nothing_is_found_although_it_is_written_alike(column: str) -> None:
    # actor is the text "None", site the text "1"
    rows = [*ROWS[:2], altered(ROWS[2], **{column: None}), *ROWS[3:]]
    assert first_break(rows) == 3


def test_a_number_in_place_of_its_text_is_found() -> None:
    assert first_break([altered(ROWS[0], site=1), *ROWS[1:]]) == 1
    assert first_break([altered(ROWS[0], nth=True), *ROWS[1:]]) == 1


@given(positions)
def test_a_removed_event_is_found_where_it_is_missing_and_the_last_one_only_by_a_kept_head(at: int) -> None:
    rows = [*ROWS[: at - 1], *ROWS[at:]]
    assert first_break(rows) == (None if at == N else at)
    assert first_break(rows, HEAD) == at


@given(st.integers(0, N - 1))
def test_a_cut_tail_is_found_only_by_a_kept_head(length: int) -> None:
    assert check_chain(ROWS[:length]) == ()
    assert check_chain(ROWS[:length], HEAD) == (
        Break(length + 1, "the tail was cut: the head that was kept is not in the record"),
    )


@given(positions, positions)
def test_two_events_that_changed_places_are_found_at_the_first(one: int, other: int) -> None:
    first, second = min(one, other), max(one, other)
    rows = list(ROWS)
    rows[first - 1], rows[second - 1] = rows[second - 1], rows[first - 1]
    assert first_break(rows) == (None if first == second else first)
    for row in (first, second):  # also when each takes the position of the other
        rows[row - 1] = altered(rows[row - 1], position=row)
    assert first_break(rows) == (None if first == second else first)


@given(positions, positions)
def test_two_moments_that_changed_places_are_found_at_the_first(one: int, other: int) -> None:
    first, second = min(one, other), max(one, other)
    rows = list(ROWS)
    rows[first - 1] = altered(ROWS[first - 1], recorded_at=ROWS[second - 1].recorded_at)
    rows[second - 1] = altered(ROWS[second - 1], recorded_at=ROWS[first - 1].recorded_at)
    assert first_break(rows) == (None if first == second else first)


@given(st.integers(1, N))
def test_a_forged_event_that_is_chained_well_is_found_at_the_next_event(at: int) -> None:
    forged = altered(ROWS[at - 1], actor="mallory")
    forged = altered(forged, hash=compute_hash(forged, forged.previous_hash))
    shifted = [altered(row, position=row.position + 1) for row in ROWS[at - 1 :]]
    inserted = [*ROWS[: at - 1], forged, *shifted]
    replaced = [*ROWS[: at - 1], forged, *ROWS[at:]]
    assert first_break(inserted) == at + 1
    # the forged last event agrees with itself: only the kept head shows it
    assert first_break(replaced) == (None if at == N else at + 1)
    assert first_break(replaced, HEAD) == at + 1


def rehashed(row: Row, body: bytes) -> Row:
    row = altered(row, body=body, payload_digest=sha256(body).digest())
    return altered(row, hash=compute_hash(row, row.previous_hash))


VISIT = encode_event(VisitHeld(participant="P01", visit="v6", happened_on=NOON.date()))


# fmt: off
WRONG: dict[str, tuple[Callable[[Row], Row], str]] = {
    # --- the payload
    "gone": (lambda row: altered(row, body=None), "the payload is missing"),
    "other": (lambda row: altered(row, body=VISIT), "the payload was altered"),
    "other event": (lambda row: rehashed(row, VISIT), "is a VisitHeld, the row says FormSubmitted"),
    "not an event": (lambda row: rehashed(row, b"{}"), "the payload cannot be read"),
    "not a text": (lambda row: rehashed(row, b"\xff"), "the payload cannot be read"),
    # --- the envelope
    "other actor": (lambda row: altered(row, actor="mallory"), "the hash does not match"),
    "moved border": (lambda row: altered(row, role="coordinator\x1f1", site="0"), "the hash does not match"),
    "earlier": (lambda row: altered(row, recorded_at=ROWS[0].recorded_at), "before the event before it"),
    "other chain": (lambda row: altered(row, previous_hash=GENESIS), "does not follow the event before it"),
    "one skipped": (lambda row: altered(row, position=N + 1), "event 6 is missing"),
    "some skipped": (lambda row: altered(row, position=N + 3), "events 6 to 8 are missing"),
    "set back": (lambda row: altered(row, position=2), "event 2 stands in its place"),
    "other type": (lambda row: altered(row, nth="1"), "a column is not of its type"),
}
# fmt: on


@pytest.mark.parametrize(("break_last", "what"), WRONG.values(), ids=WRONG.keys())
def test_a_break_says_what_is_wrong(break_last: Callable[[Row], Row], what: str) -> None:
    assert what in " / ".join(found.what for found in check_chain([*ROWS[:-1], break_last(ROWS[-1])]))


def test_a_separator_moved_between_two_columns_does_not_go_unseen() -> None:
    honest = altered(ROWS[0], actor="chen", role="a\x1fb")
    moved = altered(honest, actor="chen\x1fa", role="b")
    assert compute_hash(honest, GENESIS) == compute_hash(moved, GENESIS)
    rehashed = altered(moved, hash=compute_hash(moved, GENESIS))
    assert first_break([rehashed]) == 1


@given(st.datetimes(timezones=st.just(timezone(timedelta(hours=8))), min_value=datetime(2, 1, 1)))  # noqa: DTZ001
def test_moments_are_written_in_one_width_so_that_their_texts_stand_in_their_order(moment: datetime) -> None:
    text = write_moment(moment)
    assert (len(text), parse_moment(text)) == (27, moment)
    assert (text < write_moment(NOON)) == (moment < NOON)


def test_a_moment_without_a_zone_is_not_recorded() -> None:
    with pytest.raises(AssertionError, match="zone"):
        write_moment(datetime(2025, 3, 1))  # noqa: DTZ001
