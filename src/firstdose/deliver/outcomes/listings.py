"""Individual values: a row for each participant, under its group."""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from firstdose.deliver.groups import TOTAL, Group
from firstdose.deliver.outcomes.absences import cell_of_reason, explain
from firstdose.deliver.outcomes.summaries import Measure
from firstdose.deliver.tables import Cell, Column, Row, Statistic, Table, cell_of_nothing
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text

Words = Mapping[str, tuple[Text | NotDerived, tuple[int, ...]]]
"""Words or a reason, and the positions behind them, by participant."""


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A column of a listing, and what makes the cell of a participant."""

    key: str
    label: Text
    cell: Callable[[str], Cell]
    spanner: Text | None = None


def list_measure(
    key: str, label: Text, measure: Measure, *, signed: bool = False, spanner: Text | None = None
) -> Listed:
    """A column of numbers; a number that is missing is told by its reason."""

    def cell(code: str) -> Cell:
        observed = measure.values.get(code)
        if observed is None:
            return cell_of_nothing()
        if isinstance(observed.value, NotDerived):
            return cell_of_reason(observed.value, participants=(code,), positions=observed.positions)
        shown = measure.show(observed.value)
        if signed and observed.value > 0:
            shown = f"+{shown}"
        return Cell(
            value=observed.value,
            shown=Text(shown, shown),
            rounding=measure.rounding,
            statistics=(Statistic("value", observed.value),),
            participants=(code,),
            positions=observed.positions,
        )

    return Listed(key=key, label=label, cell=cell, spanner=spanner)


def list_words(key: str, label: Text, words: Words, *, spanner: Text | None = None) -> Listed:
    """A column of words, by participant, each with its positions."""

    def cell(code: str) -> Cell:
        if code not in words:
            return cell_of_nothing()
        said, positions = words[code]
        shown = explain(said) if isinstance(said, NotDerived) else said
        return Cell(value=said, shown=shown, participants=(code,), positions=positions, is_number=False)

    return Listed(key=key, label=label, cell=cell, spanner=spanner)


def tabulate_listing(
    key: str,
    title: Text,
    groups: Sequence[Group],
    columns: Sequence[Listed],
    *,
    footnotes: Sequence[Text] = (),
) -> Table:
    """The individual values of the participants of each group."""
    return Table(
        key=key,
        title=title,
        columns=tuple(
            Column(key=column.key, label=column.label, spanner=column.spanner) for column in columns
        ),
        rows=tuple(
            Row(
                stub=Text(code, code),
                group=group.title,
                cells=tuple(column.cell(code) for column in columns),
            )
            for group in groups
            if group.key != TOTAL
            for code in group.participants
        ),
        stubhead=Text("Participant", "受试者"),
        footnotes=tuple(footnotes),
    )
