"""The agenda of a rehearsal: what happens next, in the order of time."""

import heapq
from collections.abc import Callable
from datetime import datetime

Act = Callable[[datetime], None]


class Agenda:
    """Acts by their moment; acts of the same moment keep the order in which they were planned."""

    def __init__(self) -> None:
        self._planned: list[tuple[datetime, int, Act]] = []
        self._count = 0
        self.now: datetime | None = None

    def plan(self, moment: datetime, act: Act) -> None:
        """Plan an act; what should have been earlier happens now."""
        self._count += 1
        at = moment if self.now is None else max(moment, self.now)
        heapq.heappush(self._planned, (at, self._count, act))

    def run_next(self) -> datetime | None:
        """Do the next act and return its moment, or nothing when the agenda is empty."""
        if not self._planned:
            return None
        moment, _, act = heapq.heappop(self._planned)
        self.now = moment
        act(moment)
        return moment
