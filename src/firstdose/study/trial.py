"""A trial at work: its record, the state that it folds to, and the one way to add to both."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from threading import RLock
from typing import Protocol

import msgspec

from firstdose import __version__
from firstdose.conduct.commands import Actor, AnyCommand
from firstdose.conduct.decide import decide
from firstdose.record.events import AnyEvent, Entry
from firstdose.record.fold import apply, fold
from firstdose.record.log import Row
from firstdose.record.state import State
from firstdose.terms.outcomes import Refused


class Turn(Protocol):
    """The append lock while it is held (see the stores in adapters)."""

    @property
    def head(self) -> tuple[int, bytes]:
        """Position and hash of the last event."""

    def read_since(self, position: int) -> Iterator[Entry]:
        """The entries after a position."""

    def has_command(self, command: str) -> bool:
        """Whether a command is in the record already."""

    def append(
        self,
        events: Sequence[AnyEvent],
        *,
        recorded_at: datetime,
        actor: str,
        role: str,
        site: str,
        release: str,
        command: str,
    ) -> list[Entry]:
        """Append events at the head."""


class Store(Protocol):
    """A record that can be read and appended to."""

    def head(self) -> tuple[int, bytes]:
        """Position and hash of the last event."""

    def read(self, since: int = 0, until: int | None = None) -> Iterator[Entry]:
        """The entries after a position, up to another one and with it."""

    def read_rows(self, since: int = 0, until: int | None = None) -> Iterator[Row]:
        """The same as they are stored, with the hash of each."""

    def transaction(self) -> AbstractContextManager[Turn]:
        """Hold the append lock; commit at the end, undo everything at an exception."""


class Recorded(msgspec.Struct, frozen=True):
    """What a command added to the record; nothing where it was recorded before."""

    entries: tuple[Entry, ...]
    was_recorded_before: bool = False


class Sitting:
    """Several commands in one transaction; what they add is acknowledged together, when it ends."""

    def __init__(self, turn: Turn, state: State) -> None:
        self._turn = turn
        self.state = state

    def ask(self, command: AnyCommand, actor: Actor, *, now: datetime, command_id: str) -> Recorded | Refused:
        """Decide a command on the state at the head and append its events."""
        if self._turn.has_command(command_id):
            return Recorded((), was_recorded_before=True)
        decided = decide(self.state, command, now, actor, head=self._turn.head[1].hex())
        if isinstance(decided, Refused):
            return decided
        entries = self._turn.append(
            decided,
            recorded_at=now,
            actor=actor.login,
            role=actor.role,
            site=actor.site or "",
            release=name_release(self.state),
            command=command_id,
        )
        for entry in entries:
            apply(self.state, entry)
        return Recorded(tuple(entries))


class Trial:
    """A trial on its store. Threads may share it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._state = State()
        self._lock = RLock()

    @contextmanager
    def reading(self) -> Iterator[State]:
        """The state at the head, kept still while it is read."""
        with self._lock:
            fold(self.store.read(self._state.position), start=self._state)
            yield self._state

    @contextmanager
    def sitting(self) -> Iterator[Sitting]:
        """The append lock, with the state caught up; an exception undoes everything."""
        with self._lock:
            try:
                with self.store.transaction() as turn:
                    fold(turn.read_since(self._state.position), start=self._state)
                    yield Sitting(turn, self._state)
            except BaseException:
                self._state = State()  # what was applied is not in the record: fold anew
                raise

    def ask(self, command: AnyCommand, actor: Actor, *, now: datetime, command_id: str) -> Recorded | Refused:
        """One command in a transaction of its own."""
        with self.sitting() as sitting:
            return sitting.ask(command, actor, now=now, command_id=command_id)

    def state_as_of(self, as_of: int | datetime) -> State:
        """The state as of a position, or as it was known at a moment."""
        if isinstance(as_of, int):
            return fold(self.store.read(0, as_of))
        state = State()
        for entry in self.store.read():
            if entry.recorded_at > as_of:
                break
            apply(state, entry)
        return state


def name_software() -> str:
    """The software that an event was recorded under."""
    return f"firstdose {__version__}"


def name_release(state: State) -> str:
    """The software and the study definition that an event was recorded under."""
    if state.definition is None:
        return name_software()
    study = state.definition.study
    return f"{name_software()}; {study.key} {study.version} {state.definition_digest[:12]}"
