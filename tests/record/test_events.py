"""Every event comes back from its bytes, and the bytes of every past release keep their meaning."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.trials import all_event_types

from firstdose.record import events as e
from firstdose.record.log import decode_event, encode_event

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.jsonl"))
TYPES = {kind.__name__: kind for kind in all_event_types()}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOON = datetime(2025, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)

texts = st.text(max_size=12) | st.sampled_from(["发热 38.5 ℃", "a\nb", '"', "\x00", "—", "🧬"])
moments = st.integers(-(10**15), 4 * 10**15).map(lambda n: EPOCH + n * timedelta(microseconds=1))
values = st.none() | st.booleans() | texts


def strategy_of(annotation: Any) -> st.SearchStrategy[Any]:
    """Anything that a field of an event may hold."""
    known: dict[Any, st.SearchStrategy[Any]] = {
        str: texts,
        bool: st.booleans(),
        int: st.integers(-(2**53), 2**53),
        datetime: moments,
        date: st.dates(),
        type(None): st.none(),
    }
    if annotation in known:
        return known[annotation]
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return st.sampled_from(args)
    if origin is tuple:
        return st.lists(strategy_of(args[0]), max_size=3).map(tuple)
    if origin is dict:
        return st.dictionaries(texts, strategy_of(args[1]), max_size=3)
    return st.one_of(*(strategy_of(one) for one in args))  # a union


def any_event(kind: type[e.Event]) -> st.SearchStrategy[e.AnyEvent]:
    fields = {field.name: strategy_of(field.type) for field in msgspec.structs.fields(kind)}
    return st.builds(kind, **fields)  # type: ignore[arg-type] # each kind is one of AnyEvent


@pytest.mark.covers("Q8")
@pytest.mark.parametrize("kind", TYPES.values(), ids=TYPES.keys())
def test_an_event_comes_back_from_its_bytes(kind: type[e.Event]) -> None:
    @given(any_event(kind))
    def comes_back(event: e.AnyEvent) -> None:
        assert decode_event(encode_event(event)) == event
        assert encode_event(decode_event(encode_event(event))) == encode_event(event)

    comes_back()


def test_an_event_is_tagged_with_the_name_of_its_class() -> None:
    for name, kind in TYPES.items():
        assert kind.__struct_config__.tag == name
    said = json.loads(encode_event(e.LoggedIn(login="park")))
    assert said == {"type": "LoggedIn", "login": "park"}


def test_every_event_is_one_that_the_log_can_hold() -> None:
    def below(kind: type[e.Event]) -> set[type[e.Event]]:
        return {kind}.union(*(below(child) for child in kind.__subclasses__()))

    assert below(e.Event) - {e.Event, e.ParticipantEvent} == set(TYPES.values())


def test_a_measured_value_is_kept_as_the_text_that_was_entered() -> None:
    form = e.FormSubmitted(
        participant="01-001", visit="D3", form="haematology", collected_at=NOON,
        values={"haemoglobin": "110.0", "platelets": "0", "repeated": True, "comment": None},
    )  # fmt: skip
    again = decode_event(encode_event(form))
    assert isinstance(again, e.FormSubmitted)
    assert again.values == {"haemoglobin": "110.0", "platelets": "0", "repeated": True, "comment": None}
    assert str(again.values["haemoglobin"]) == "110.0"


# --- the bytes of past releases: one line for each type of event; a line is never changed, only added


@pytest.mark.covers("Q8")
@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_the_events_of_a_past_release_still_mean_the_same(path: Path) -> None:
    for line in path.read_bytes().splitlines():
        # what is read is what stands there: nothing is lost, and nothing new is made up
        assert json.loads(encode_event(decode_event(line))) == json.loads(line)


@pytest.mark.covers("Q8")
def test_every_type_of_event_has_a_line_among_the_golden_ones() -> None:
    named = [json.loads(line)["type"] for path in GOLDEN for line in path.read_bytes().splitlines()]
    assert set(TYPES) <= set(named)


@pytest.mark.parametrize(
    "body",
    [
        b'{"type":"Unknown","login":"park"}',
        b'{"login":"park"}',
        b'{"type":"LoggedIn"}',
        b'{"type":"LoggedIn","login":7}',
        b'{"type":"RoleGranted","login":"park","role":"king"}',
        b"not json",
        b"",
    ],
)
def test_what_is_no_event_is_not_read_as_one(body: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        decode_event(body)
