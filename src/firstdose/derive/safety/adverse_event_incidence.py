"""Participants with adverse events, each once per class and preferred term, at the maximum grade."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from firstdose.derive.safety.adverse_events import GRADE_WHEN_MISSING, AdverseEvent
from firstdose.terms.outcomes import NotDerived

SEVERE_GRADE = 3


class IncidenceRow(msgspec.Struct, frozen=True, kw_only=True):
    """Participants of one row, each at the maximum grade, with those whose grade was imputed."""

    label: str
    grade_by_participant: tuple[tuple[str, int], ...]
    imputed: tuple[str, ...]

    @property
    def participants(self) -> tuple[str, ...]:
        """Participants with any grade."""
        return tuple(participant for participant, _ in self.grade_by_participant)

    @property
    def severe(self) -> tuple[str, ...]:
        """Participants at grade 3 or more."""
        return tuple(participant for participant, grade in self.grade_by_participant if grade >= SEVERE_GRADE)


class SocIncidence(msgspec.Struct, frozen=True, kw_only=True):
    """A system organ class with its preferred terms, in the order of the table."""

    row: IncidenceRow
    pts: tuple[IncidenceRow, ...]


class Incidence(msgspec.Struct, frozen=True, kw_only=True):
    """Everyone with any event, then the system organ classes in the order of the table."""

    any_event: IncidenceRow
    socs: tuple[SocIncidence, ...]


def derive_incidence(events: Sequence[AdverseEvent]) -> Incidence | NotDerived:
    """Participants with events, ready to be tabulated.

    Parameters
    ----------
    events : sequence of n AdverseEvent
        Already selected (treatment-emergent, related, serious ...), in any order.

    Returns
    -------
    Incidence
        Classes by descending number of participants, then by name; terms likewise inside a class. A missing
        grade counts as grade 3 and the participant is listed as imputed where that decides the row.
    NotDerived
        If events were graded on two versions of one scale, which never stand in one table.

    Source
    ------
    Convention P-AE-5.
    """
    versions = defaultdict(set)
    for event in events:
        versions[event.scale.name].add(event.scale.version)
    mixed = sorted(name for name, found in versions.items() if len(found) > 1)
    if mixed:
        return NotDerived("mixed_versions", f"two versions of one scale: {', '.join(mixed)}")
    by_soc: defaultdict[str, list[AdverseEvent]] = defaultdict(list)
    for event in events:
        by_soc[event.soc].append(event)
    socs = [_soc(soc, in_soc) for soc, in_soc in by_soc.items()]
    return Incidence(
        any_event=_row("any", events),
        socs=tuple(sorted(socs, key=lambda one: _order(one.row))),
    )


def _soc(soc: str, events: list[AdverseEvent]) -> SocIncidence:
    by_pt: defaultdict[str, list[AdverseEvent]] = defaultdict(list)
    for event in events:
        by_pt[event.pt].append(event)
    rows = (_row(pt, of_pt) for pt, of_pt in by_pt.items())
    return SocIncidence(row=_row(soc, events), pts=tuple(sorted(rows, key=_order)))


def _order(row: IncidenceRow) -> tuple[int, str]:
    return (-len(row.participants), row.label)


def _row(label: str, events: Iterable[AdverseEvent]) -> IncidenceRow:
    recorded: defaultdict[str, int] = defaultdict(int)
    ungraded: set[str] = set()
    for event in events:
        if isinstance(event.max_grade, NotDerived):
            ungraded.add(event.participant)
            recorded[event.participant] += 0
        else:
            recorded[event.participant] = max(recorded[event.participant], event.max_grade)
    imputed = {one for one in ungraded if recorded[one] < GRADE_WHEN_MISSING}
    return IncidenceRow(
        label=label,
        grade_by_participant=tuple(
            (one, GRADE_WHEN_MISSING if one in imputed else grade) for one, grade in sorted(recorded.items())
        ),
        imputed=tuple(sorted(imputed)),
    )
