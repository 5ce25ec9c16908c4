"""The log: entries in order, each chained to the one before by a hash.

``hash = sha256(previous hash ␟ position ␟ recorded_at ␟ actor ␟ role ␟ site ␟ type ␟ release ␟ command ␟
nth ␟ payload digest)``. The hash covers the digest of the payload, so that a lawful redaction of a body
leaves the chain whole. No column may hold the separator itself, or two rows could say the same. What a chain
cannot show is a tail that was cut off: that needs a head kept outside.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from hashlib import sha256

import msgspec

from firstdose.record.events import AnyEvent, Entry

SEPARATOR = b"\x1f"
GENESIS = b"\x00" * 32
"""What the first entry is chained to."""

_encoder = msgspec.json.Encoder(order="deterministic")
_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


class Row(msgspec.Struct, frozen=True, gc=False):
    """An entry as it is stored: the columns of the event table and the exact bytes of the payload."""

    position: int
    recorded_at: str
    actor: str
    role: str
    site: str
    type: str
    release: str
    command: str
    nth: int
    payload_digest: bytes
    previous_hash: bytes
    hash: bytes
    body: bytes | None


class Break(msgspec.Struct, frozen=True):
    """A place where the record is not what was recorded."""

    position: int
    what: str


def encode_event(event: AnyEvent) -> bytes:
    """The exact bytes of an event's payload."""
    return _encoder.encode(event)


def decode_event(body: bytes) -> AnyEvent:
    """The event of a payload."""
    return _decoder.decode(body)


def write_moment(moment: datetime) -> str:
    """A moment as the log writes it: UTC, to the microsecond, always the same width.

    Examples
    --------
    >>> write_moment(datetime(2025, 3, 1, 8, tzinfo=UTC))
    '2025-03-01T08:00:00.000000Z'
    """
    assert moment.tzinfo is not None, "a moment without a zone is none"
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def parse_moment(text: str) -> datetime:
    """The moment of a text that :func:`write_moment` wrote."""
    return datetime.fromisoformat(text)


def compute_hash(row: Row, previous_hash: bytes) -> bytes:
    """The hash of a row chained to the one before."""
    said = f"{row.position}\x1f{row.recorded_at}\x1f{row.actor}\x1f{row.role}\x1f{row.site}\x1f{row.type}"
    rest = f"{row.release}\x1f{row.command}\x1f{row.nth}"
    return sha256(SEPARATOR.join((previous_hash, said.encode(), rest.encode(), row.payload_digest))).digest()


def chain_entries(entries: Iterable[Entry], previous_hash: bytes) -> Iterator[Row]:
    """The rows of entries, chained one after the other.

    Raises
    ------
    ValueError
        A column holds the separator.
    """
    for entry in entries:
        body = encode_event(entry.event)
        row = Row(
            position=entry.position,
            recorded_at=write_moment(entry.recorded_at),
            actor=entry.actor,
            role=entry.role,
            site=entry.site,
            type=type(entry.event).__name__,
            release=entry.release,
            command=entry.command,
            nth=entry.nth,
            payload_digest=sha256(body).digest(),
            previous_hash=previous_hash,
            hash=b"",
            body=body,
        )
        if _holds_separator(row):
            raise ValueError(f"the envelope of event {row.position} holds a separator (U+001F)")
        row = msgspec.structs.replace(row, hash=compute_hash(row, previous_hash))
        previous_hash = row.hash
        yield row


def parse_row(row: Row) -> Entry:
    """The entry of a stored row whose payload is there."""
    assert row.body is not None
    return Entry(
        position=row.position,
        recorded_at=parse_moment(row.recorded_at),
        actor=row.actor,
        role=row.role,
        site=row.site,
        release=row.release,
        command=row.command,
        nth=row.nth,
        event=decode_event(row.body),
    )


def check_chain(rows: Iterable[Row], head: bytes | None = None) -> tuple[Break, ...]:
    """Every place where a record was altered, cut, filled in or reordered.

    Parameters
    ----------
    rows : iterable of n Row
        In the order in which they stand; a damaged store may give columns of any type.
    head : bytes, optional
        A hash that was kept outside; it must stand in the record, or the tail was cut.
    """
    breaks: list[Break] = []
    previous_hash, expected, latest, head_seen = GENESIS, 1, "", head is None or head == GENESIS
    for row in rows:
        if not _is_well_typed(row):
            at = row.position if type(row.position) is int else expected
            breaks.append(Break(at, "who, when or what was altered: a column is not of its type"))
            previous_hash, expected = row.hash, at + 1
            continue
        if row.position > expected:
            last = row.position - 1
            gone = f"event {expected} is" if last == expected else f"events {expected} to {last} are"
            breaks.append(Break(expected, f"{gone} missing"))
        elif row.position < expected:
            breaks.append(Break(expected, f"event {row.position} stands in its place"))
        if row.previous_hash != previous_hash:
            breaks.append(Break(row.position, "does not follow the event before it"))
        if row.body is None:
            breaks.append(Break(row.position, "the payload is missing"))
        else:
            breaks += _check_body(row, row.body)
        if compute_hash(row, row.previous_hash) != row.hash or _holds_separator(row):
            breaks.append(Break(row.position, "who, when or what was altered: the hash does not match"))
        if row.recorded_at < latest:
            breaks.append(Break(row.position, "was recorded before the event before it"))
        head_seen = head_seen or row.hash == head
        previous_hash, expected, latest = row.hash, row.position + 1, row.recorded_at
    if not head_seen:
        breaks.append(Break(expected, "the tail was cut: the head that was kept is not in the record"))
    return tuple(breaks)


_COLUMN_TYPES = (int, str, str, str, str, str, str, str, int, bytes, bytes, bytes)


def _is_well_typed(row: Row) -> bool:
    *columns, body = msgspec.structs.astuple(row)
    return tuple(map(type, columns)) == _COLUMN_TYPES and (body is None or type(body) is bytes)


def _holds_separator(row: Row) -> bool:
    texts = (row.recorded_at, row.actor, row.role, row.site, row.type, row.release, row.command)
    return "\x1f" in "".join(texts)


def _check_body(row: Row, body: bytes) -> Iterator[Break]:
    if sha256(body).digest() != row.payload_digest:
        yield Break(row.position, "the payload was altered")
        return
    try:
        event = decode_event(body)
    except msgspec.MsgspecError as error:
        yield Break(row.position, f"the payload cannot be read: {error}")
        return
    if type(event).__name__ != row.type:
        yield Break(row.position, f"the payload is a {type(event).__name__}, the row says {row.type}")
