"""The groups of the report, part by part, for tables whose columns are dose levels."""

from collections.abc import Iterable, Iterator

from firstdose.deliver.groups import TOTAL, Group, list_groups
from firstdose.deliver.outcomes.summaries import PART_NAMES
from firstdose.record.state import Participant, State
from firstdose.terms.words import Text


def split_by_part(
    state: State, participants: Iterable[Participant]
) -> Iterator[tuple[str, Text, tuple[Group, ...]]]:
    """Key and name of each part with somebody in it, and its groups."""
    members = list(participants)
    for part in state.protocol.parts:
        inside = [one for one in members if state.part_of(one) == part.key]
        if inside:
            yield (
                part.key,
                PART_NAMES[part.kind],
                tuple(group for group in list_groups(state, inside) if group.key != TOTAL),
            )
