"""A rehearsed trial: virtual participants, sites and committee act through the commands that people use.

The rehearsal plans and asks; what is allowed is decided by conduct alone. Everything that is left to chance
is addressed by name and participant (see ``streams``), so a seed gives the same record on any machine.
"""

import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zlib import crc32

import msgspec
import numpy as np

from firstdose.conduct import commands as c
from firstdose.conduct.cohorts import find_cap_level, find_decision, find_next_cohort
from firstdose.protocol.resolved import Part, Protocol
from firstdose.record.events import AnyEvent, CohortOpened
from firstdose.record.state import State
from firstdose.simulate import cast
from firstdose.simulate.agenda import Agenda
from firstdose.simulate.participation import Participation
from firstdose.simulate.safety_board import SafetyBoard
from firstdose.simulate.scenario import Scenario
from firstdose.simulate.streams import open_stream
from firstdose.simulate.world import World
from firstdose.terms.outcomes import Refused

START = datetime(2023, 2, 6, 1, 0, tzinfo=UTC)
"""When a rehearsed trial starts: 09:00 at the sites (assumed)."""
MEAN_DAYS_BETWEEN_CANDIDATES = 4.0
"""Over all sites, while a place is free (assumed). [d]."""
PAUSE_REVIEW_D = 7
"""Days from a pause to the committee's meeting on it (assumed). [d]."""

Answer = tuple[AnyEvent, ...] | Refused
Ask = Callable[[c.AnyCommand, c.Actor, datetime], Answer]


class Progress(msgspec.Struct, frozen=True):
    """How far a rehearsal is."""

    now: datetime
    n_enrolled: int
    n_finished: int
    enrolment: int


class Rehearsal:
    """A trial that runs by itself.

    Parameters
    ----------
    protocol : Protocol
    definition, digest : str
        The resolved protocol's JSON text and its digest.
    scenario : Scenario
    seed : int
    ask : callable
        Asks a command as an actor at a moment, and gives the events or the refusal.
    state : callable
        The state as it is now; only read.
    """

    def __init__(
        self,
        protocol: Protocol,
        definition: str,
        digest: str,
        *,
        scenario: Scenario,
        seed: int,
        ask: Ask,
        state: Callable[[], State],
    ) -> None:
        self._protocol, self._definition, self._digest = protocol, definition, digest
        self._seed = seed
        self._agenda = Agenda()
        self._state = state
        self._world = World(protocol, scenario, self._agenda, ask, state)
        self._board = SafetyBoard(self._world, open_stream(self._generator(0)), self._continue)
        self._n_candidates = 0

    def run(self) -> Iterator[Progress]:
        """Run to the last visit of the last participant; one step an act."""
        self._agenda.plan(START, self._start)
        while (now := self._agenda.run_next()) is not None:
            state = self._state()
            if state.paused_because:
                self._board.plan_pause_review(now + timedelta(days=PAUSE_REVIEW_D))
            treated = list(state.treated())
            n_finished = sum(one.completed_at is not None or one.has_left for one in treated)
            yield Progress(now, len(treated), n_finished, self._protocol.study.enrolment)

    def _generator(self, number: int) -> np.random.Generator:
        """One for each candidate in the order in which they come; 0 is the committee's."""
        study = crc32(self._protocol.study.key.encode())
        return np.random.default_rng([self._seed, number, study])

    def _start(self, now: datetime) -> None:
        for command, actor in cast.start_trial(self._protocol, self._definition, self._digest):
            self._world.expect(command, actor, now)
        self._agenda.plan(now + timedelta(days=7), self._continue)

    def _continue(self, now: datetime) -> None:
        """Open every cohort that may open now, and let candidates come for its places."""
        state = self._state()
        for part in self._protocol.parts:
            for regimen in self._regimens_to_try(state, part):
                if not isinstance(find_next_cohort(state, part.key, regimen), Refused):
                    opened = self._world.expect(
                        c.OpenCohort(part=part.key, regimen=regimen), cast.MONITOR, now
                    )
                    cohort = next(event.cohort for event in opened if isinstance(event, CohortOpened))
                    self._fill(cohort, now)
        for key in [cohort.key for cohort in state.cohorts.values() if cohort.is_open]:
            self._fill(key, now)

    def _regimens_to_try(self, state: State, part: Part) -> tuple[str, ...]:
        """The regimens of a part that its latest decision could mean."""
        if part.kind == "expansion":
            return part.regimens
        decision = find_decision(state, part.key)
        level = part.design.start_level if part.design else 1
        if decision is not None:
            level = decision.made.level or 0
        cap = find_cap_level(state, part)
        return part.regimens[level - 1 : level] if level and (cap is None or level <= cap) else ()

    def _fill(self, cohort: str, now: datetime) -> None:
        """One candidate for each place that nobody is on the way to."""
        state = self._state()
        on_the_way = self._world.candidates.setdefault(cohort, 0)
        free = state.cohorts[cohort].capacity - len(state.cohorts[cohort].participants) - on_the_way
        for place in range(free):
            self._n_candidates += 1
            number = self._n_candidates
            rng = self._generator(number)
            wait = (
                1.0
                + place * 2.0
                - MEAN_DAYS_BETWEEN_CANDIDATES * math.log(open_stream(rng).uniform("arrival"))
            )
            participation = Participation(self._world, rng, number, cohort, self._fill, self._board)
            self._world.candidates[cohort] += 1
            self._agenda.plan(now + timedelta(minutes=round(wait * 1440)), participation.consent)
