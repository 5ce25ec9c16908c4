"""The columns of the report: dose levels, regimens, expanded regimens, and all together."""

from collections.abc import Iterable

import msgspec

from firstdose.record.state import Participant, State
from firstdose.terms.words import Text


class Group(msgspec.Struct, frozen=True):
    """A column: its key, its title, and the codes of its participants in enrolment order."""

    key: str
    title: Text
    participants: tuple[str, ...]


TOTAL = "total"


def list_groups(state: State, participants: Iterable[Participant]) -> tuple[Group, ...]:
    """The groups that participants were treated in, in the protocol's order, and the total.

    Parameters
    ----------
    state : State
    participants : iterable of n Participant
        Those of one analysis set; each has a cohort or stands in the total only.
    """
    members = list(participants)
    groups = []
    for part in state.protocol.parts:
        for key in part.regimens:
            codes = tuple(
                one.code
                for one in members
                if state.part_of(one) == part.key and (found := state.regimen_of(one)) and found.key == key
            )
            if codes:
                groups.append(Group(f"{part.key}-{key}", _title(state, part.key, key), codes))
    groups.append(Group(TOTAL, Text("All", "合计"), tuple(one.code for one in members)))
    return tuple(groups)


def _title(state: State, part_key: str, regimen_key: str) -> Text:
    part, regimen = state.protocol.part_by_key[part_key], state.protocol.regimen_by_key[regimen_key]
    dose = f"{regimen.cells_1e9} × 10⁹"
    if part.kind == "single_dose":
        return Text(f"{regimen_key}, {dose}", f"{regimen_key}，{dose}")
    times = f"{len(regimen.infusion_days)} × {dose}"
    if part.kind == "expansion":
        return Text(f"Expansion {regimen_key}, {times}", f"扩展 {regimen_key}，{times}")
    return Text(f"{regimen_key}, {times}", f"{regimen_key}，{times}")
