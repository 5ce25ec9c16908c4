"""What time it is: the system's, or that of a trial practised at a moment of its own."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Says what time it is, in UTC."""

    def now(self) -> datetime:
        """The time."""


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """The time."""
        return datetime.now(UTC)


class PracticeClock:
    """A clock that runs on from a moment of its own, for practice on a trial cut at that moment.

    Parameters
    ----------
    start : datetime
        What the clock showed when it was started.
    started_at : datetime
        When it was started, by the system's clock.
    system : Clock, optional
        What drives it.
    """

    def __init__(self, start: datetime, started_at: datetime, system: Clock | None = None) -> None:
        self._start = start
        self._started_at = started_at
        self._system = system or SystemClock()

    def now(self) -> datetime:
        """The time."""
        return self._start + (self._system.now() - self._started_at)
