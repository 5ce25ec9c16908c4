"""What the participations of a rehearsal share: the trial, the virtual world, the agenda, the desk to ask at."""

from collections.abc import Callable
from datetime import datetime

from firstdose.conduct import commands as c
from firstdose.protocol.resolved import Protocol
from firstdose.record.events import AnyEvent
from firstdose.record.state import State
from firstdose.simulate.agenda import Agenda
from firstdose.simulate.scenario import Scenario
from firstdose.terms.outcomes import Refused


class World:
    """What all participations share."""

    def __init__(
        self,
        protocol: Protocol,
        scenario: Scenario,
        agenda: Agenda,
        ask: Callable[[c.AnyCommand, c.Actor, datetime], tuple[AnyEvent, ...] | Refused],
        state: Callable[[], State],
    ) -> None:
        self.protocol, self.scenario, self.agenda = protocol, scenario, agenda
        self.ask, self.state = ask, state
        self.candidates: dict[str, int] = {}
        self.planned_infusions: dict[str, list[datetime]] = {}

    def expect(self, command: c.AnyCommand, actor: c.Actor, now: datetime) -> tuple[AnyEvent, ...]:
        """Ask for what must be allowed; a refusal here is a bug of the rehearsal."""
        answer = self.ask(command, actor, now)
        assert not isinstance(answer, Refused), f"{now}: {command}: {answer}"
        return answer
