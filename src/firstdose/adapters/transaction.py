"""Writing to the record: what every store does alike between taking and giving back the append lock."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from datetime import datetime

from firstdose.record.events import AnyEvent, Entry
from firstdose.record.log import GENESIS, Row, chain_entries, parse_moment


class Transaction(ABC):
    """The append lock while it is held: read what came in since, decide, append.

    What is appended is in the record when the ``with`` block of the store's ``transaction()`` ends without an
    exception, all of it or nothing.
    """

    def __init__(self, last: Row | None) -> None:
        self._position = last.position if last else 0
        self._hash = last.hash if last else GENESIS
        self._latest = parse_moment(last.recorded_at) if last else None
        self._n_of_command: dict[str, int] = {}

    @property
    def head(self) -> tuple[int, bytes]:
        """The position and the hash of the last event, with those appended here."""
        return self._position, self._hash

    @abstractmethod
    def read_since(self, position: int) -> Iterator[Entry]:
        """The entries after a position, with those appended here."""

    @abstractmethod
    def has_command(self, command: str) -> bool:
        """Whether a command is in the record already: a resent one changes nothing."""

    @abstractmethod
    def _write(self, rows: Sequence[Row]) -> None:
        """Put rows at the end; a command that was recorded in an earlier transaction is refused."""

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
        """The entries of events, appended at the head.

        Parameters
        ----------
        events : sequence of n event
            In the order in which they are to stand.
        recorded_at : datetime
            Now. A clock that was read before the lock was taken, or that was set back, may be behind the
            head; then the head's moment is taken, because the record's time never decreases.
        actor, role, site, release, command : str
            The envelope. Events of one command may be appended in several goes within the transaction.

        Raises
        ------
        StoreFault
            The command is in the record already, or the store cannot be written.
        """
        if self._latest is not None:
            recorded_at = max(recorded_at, self._latest)
        n_before = self._n_of_command.get(command, 0)
        entries = [
            Entry(
                position=self._position + number,
                recorded_at=recorded_at,
                actor=actor,
                role=role,
                site=site,
                release=release,
                command=command,
                nth=n_before + number,
                event=event,
            )
            for number, event in enumerate(events, start=1)
        ]
        rows = list(chain_entries(entries, self._hash))
        if rows:
            self._write(rows)
            self._position, self._hash, self._latest = rows[-1].position, rows[-1].hash, recorded_at
            self._n_of_command[command] = rows[-1].nth
        return entries
