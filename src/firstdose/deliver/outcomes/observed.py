"""One value of one participant as a report takes it up: the value or its reason, and the positions behind it."""

from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec

from firstdose.deliver.formatting import Number
from firstdose.deliver.groups import Group
from firstdose.terms.outcomes import Finding, NotDerived

T = TypeVar("T")


class Observed(msgspec.Struct, frozen=True):
    """A value of a participant, or why there is none."""

    participant: str
    value: Number | NotDerived
    positions: tuple[int, ...] = ()


ByParticipant = dict[str, Observed]


def observe(participant: str, finding: Finding[T], read: Callable[[T], Number | NotDerived]) -> Observed:
    """A number read out of a finding; a finding without a value keeps its reason."""
    value = finding.value
    return Observed(participant, value if isinstance(value, NotDerived) else read(value), finding.sources)


def by_participant(observed: Iterable[Observed]) -> ByParticipant:
    """The same by the code of the participant."""
    return {each.participant: each for each in observed}


def in_group(observed: ByParticipant, group: Group) -> list[Observed]:
    """Those of a group, in its order."""
    return [observed[code] for code in group.participants if code in observed]
