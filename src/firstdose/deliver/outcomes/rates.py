"""How many of those in whom it is known: rates with exact intervals, by group."""

from collections.abc import Sequence

import msgspec

from firstdose.deliver.groups import Group
from firstdose.deliver.outcomes.absences import cell_of_reason
from firstdose.deliver.outcomes.summaries import name_with_n
from firstdose.deliver.tables import Cell, Column, Row, Table, cell_of_count_of
from firstdose.numerics.intervals import compute_clopper_pearson
from firstdose.terms.outcomes import Finding, NotDerived
from firstdose.terms.words import Text

IN_WHOM_KNOWN = Text("participants in whom it is known", "可判定的受试者")


class Status(msgspec.Struct, frozen=True):
    """Whether something holds for a participant, or why it is not known."""

    participant: str
    holds: bool | NotDerived
    positions: tuple[int, ...] = ()


def status_of(participant: str, finding: Finding[bool]) -> Status:
    """The status that a finding says."""
    return Status(participant, finding.value, finding.sources)


def cell_of_rate(statuses: Sequence[Status]) -> Cell:
    """Count, denominator and share among those with a known status, with the exact 95 % interval.

    Examples
    --------
    >>> cell_of_rate([Status("P-01", True), Status("P-02", False), Status("P-03", NotDerived("no_data"))]).shown.en
    '1/2 (50.0 %)'
    """
    known = [status for status in statuses if isinstance(status.holds, bool)]
    if not known:
        reasons = {
            status.holds.reason: status.holds for status in statuses if isinstance(status.holds, NotDerived)
        }
        return cell_of_reason(
            next(iter(reasons.values())) if len(reasons) == 1 else NotDerived("nobody_counted")
        )
    who = [status.participant for status in known if status.holds is True]
    return cell_of_count_of(
        who,
        [status.participant for status in known],
        interval=compute_clopper_pearson(len(who), len(known)),
        positions=tuple(sorted({position for status in known for position in status.positions})),
    )


def tabulate_rates(
    key: str,
    title: Text,
    groups: Sequence[Group],
    columns: Sequence[tuple[Text, Sequence[Status]]],
    *,
    denominators: Text = IN_WHOM_KNOWN,
    footnotes: Sequence[Text] = (),
) -> Table:
    """A row for each group, a column for each thing that may hold."""
    return Table(
        key=key,
        title=title,
        columns=tuple(Column(key=f"rate-{i}", label=label) for i, (label, _) in enumerate(columns)),
        rows=tuple(
            Row(
                stub=name_with_n(group),
                cells=tuple(
                    cell_of_rate([status for status in statuses if status.participant in group.participants])
                    for _, statuses in columns
                ),
            )
            for group in groups
        ),
        stubhead=Text("Group", "组别"),
        denominators=denominators,
        footnotes=(Text("n/N (%), exact 95 % interval.", "n/N（%），95%精确区间。"), *footnotes),
    )
