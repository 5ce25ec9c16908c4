"""A rehearsal on a store: a day of the trial is a transaction."""

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256

from firstdose.conduct.commands import Actor, AnyCommand
from firstdose.protocol.resolved import Protocol
from firstdose.record.events import AnyEvent
from firstdose.record.state import State
from firstdose.simulate.rehearsal import Progress, Rehearsal
from firstdose.simulate.scenario import Scenario
from firstdose.study.trial import Sitting, Store, Trial
from firstdose.terms.outcomes import Refused


def write_definition(protocol: Protocol) -> tuple[str, str]:
    """The JSON text of a resolved protocol, and its digest."""
    text = protocol.model_dump_json()
    return text, sha256(text.encode()).hexdigest()


def name_command(seed: int, number: int) -> str:
    """The id of a rehearsal's command; it tells a rehearsed record from a real one."""
    return f"rehearsal-{seed}-{number:06d}"


class _Desk:
    """Where the rehearsal asks: the sitting of the day."""

    def __init__(self, seed: int) -> None:
        self.sitting: Sitting | None = None
        self._seed = seed
        self._n_commands = 0

    def ask(self, command: AnyCommand, actor: Actor, now: datetime) -> tuple[AnyEvent, ...] | Refused:
        assert self.sitting is not None
        self._n_commands += 1
        command_id = name_command(self._seed, self._n_commands)
        answer = self.sitting.ask(command, actor, now=now, command_id=command_id)
        return answer if isinstance(answer, Refused) else tuple(entry.event for entry in answer.entries)

    def state(self) -> State:
        assert self.sitting is not None
        return self.sitting.state


def rehearse(store: Store, protocol: Protocol, seed: int, scenario: Scenario) -> Iterator[Progress]:
    """Rehearse a trial into an empty store; each progress that is given is in the record.

    Parameters
    ----------
    store : Store
        Without events.
    protocol : Protocol
    seed : int
    scenario : Scenario
        The virtual world.
    """
    definition, digest = write_definition(protocol)
    desk = _Desk(seed)
    trial = Trial(store)
    rehearsal = Rehearsal(
        protocol, definition, digest, scenario=scenario, seed=seed, ask=desk.ask, state=desk.state
    )
    acts = rehearsal.run()
    latest: Progress | None = None
    carry: Progress | None = None
    while True:
        with trial.sitting() as sitting:
            desk.sitting = sitting
            latest = carry
            for carry in acts:
                if latest is not None and carry.now.date() != latest.now.date():
                    break
                latest = carry
            else:
                carry = None
        if latest is not None:
            yield latest
        if carry is None:
            return
