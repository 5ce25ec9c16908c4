"""Summary statistics of a variable as cells and tables: by group, and by visit.

Every statistic of a row is of the same n participants, who stand behind each of its cells.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal
from math import fsum, sqrt
from statistics import fmean, median
from typing import Literal

import msgspec

from firstdose.deliver.formatting import Number, format_number, format_significant
from firstdose.deliver.groups import Group
from firstdose.deliver.outcomes.absences import cell_of_reason
from firstdose.deliver.outcomes.observed import ByParticipant, Observed, in_group
from firstdose.deliver.tables import NOTHING, Cell, Column, Row, Statistic, Table, cell_of_count
from firstdose.numerics.intervals import compute_geometric_mean
from firstdose.record.state import Participant, State
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text

Kind = Literal["log_normal", "normal", "time"]


NO_TEXT = Text("", "")


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """A variable with its unit, its values, and how it is summarised and rounded.

    ``log_normal`` has a geometric mean, ``normal`` a mean, ``time`` a mean beside its median.
    ``places`` are decimal places; without them numbers have three significant digits.
    """

    label: Text
    values: ByParticipant
    kind: Kind
    places: int | None = None

    def show(self, number: Number) -> str:
        """The number as it is printed."""
        return format_significant(number) if self.places is None else format_number(number, self.places)

    @property
    def rounding(self) -> Text:
        """How numbers are rounded, in words."""
        if self.places is None:
            return Text("half up to 3 significant digits", "四舍五入至3位有效数字")
        return Text(f"half up to {self.places} decimal places", f"四舍五入至小数点后{self.places}位")


PART_NAMES: dict[str, Text] = {
    "single_dose": Text("Single dose", "单次给药"),
    "multiple_dose": Text("Multiple dose", "多次给药"),
    "expansion": Text("Expansion", "扩展"),
}
"""Parts as columns are named; their full titles are too long for one."""


def list_parts(state: State, participants: Sequence[Participant]) -> tuple[Group, ...]:
    """The parts of the trial that participants were treated in, and all together."""
    groups = [
        Group(part.key, PART_NAMES[part.kind], codes)
        for part in state.protocol.parts
        if (codes := tuple(one.code for one in participants if state.part_of(one) == part.key))
    ]
    groups.append(Group("total", Text("All", "合计"), tuple(one.code for one in participants)))
    return tuple(groups)


_GLUE = "\N{NO-BREAK SPACE}"


def name_with_n(group: Group) -> Text:
    """The title of a group with the number of its participants, which stays on one line."""
    n = f"N{_GLUE}={_GLUE}{len(group.participants)}"
    return Text(f"{group.title.en} ({n})", f"{group.title.zh}（{n}）")


def tabulate_summary(
    key: str,
    title: Text,
    groups: Sequence[Group],
    measures: Sequence[Measure],
    *,
    footnotes: Sequence[Text] = (),
    denominators: Text = NO_TEXT,
) -> Table:
    """A row for each group under each variable: n, means, median and range."""
    columns = [
        Column(key="n", label=Text("n", "例数")),
        Column(key="geometric_mean", label=Text("Geometric mean (CV)", "几何均数（变异系数）")),
        Column(key="mean", label=Text("Mean (SD)", "均数（标准差）")),
        Column(key="median", label=Text("Median", "中位数")),
        Column(key="range", label=Text("Min to max", "最小值～最大值")),
    ]
    # a column of dashes says nothing
    kept = [i for i in range(len(columns)) if i != 1 or any(m.kind == "log_normal" for m in measures)]
    rows = []
    for measure in measures:
        for group in groups:
            cells = _statistics(measure, in_group(measure.values, group))
            rows.append(
                Row(stub=name_with_n(group), group=measure.label, cells=tuple(cells[i] for i in kept))
            )
    return Table(
        key=key,
        title=title,
        columns=tuple(columns[i] for i in kept),
        rows=tuple(rows),
        stubhead=Text("Group", "组别"),
        footnotes=tuple(footnotes),
        denominators=denominators,
    )


class VisitRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of a table by visit: its block (an analyte), its visit, and the values that stand there."""

    block: Text
    visit: Text
    measure: Measure


def tabulate_by_visit(
    key: str,
    title: Text,
    groups: Sequence[Group],
    rows: Sequence[VisitRow],
    *,
    footnotes: Sequence[Text] = (),
) -> Table:
    """A column for each group; each cell has the statistic of its kind above and n below.

    Log-normal variables show the geometric mean with its coefficient of variation, normal ones the mean with
    the standard deviation, times the median with the range.
    """
    return Table(
        key=key,
        title=title,
        columns=tuple(Column(key=group.key, label=name_with_n(group)) for group in groups),
        rows=tuple(
            Row(
                stub=row.visit,
                group=row.block,
                cells=tuple(
                    cell_of_kind(row.measure, in_group(row.measure.values, group)) for group in groups
                ),
            )
            for row in rows
        ),
        stubhead=Text("Visit", "访视"),
        footnotes=tuple(footnotes),
    )


def cell_of_kind(measure: Measure, observed: Sequence[Observed]) -> Cell:
    """The statistic that suits the kind of the variable, with n below; or why nobody has a value."""
    count, geometric, mean, middle, spread = _statistics(measure, observed)
    if count.value == 0:
        return middle
    n = Text(f"n = {count.value}", f"n = {count.value}")
    if measure.kind == "log_normal":
        return msgspec.structs.replace(geometric, below=n)
    if measure.kind == "normal":
        return msgspec.structs.replace(mean, below=n)
    return msgspec.structs.replace(
        middle,
        below=_same(f"[{spread.shown.en}], {n.en}"),
        statistics=(*middle.statistics, *spread.statistics[1:]),
    )


def _statistics(measure: Measure, observed: Sequence[Observed]) -> tuple[Cell, Cell, Cell, Cell, Cell]:
    known = [each for each in observed if not isinstance(each.value, NotDerived)]
    who = tuple(sorted({each.participant for each in known}))
    positions = tuple(sorted({position for each in known for position in each.positions}))
    count = cell_of_count(who, positions=positions)
    if not known:
        nothing = cell_of_reason(_why_nobody(observed))
        dash = Cell(value=None, shown=NOTHING, is_number=False)
        return count, dash, dash, nothing, dash
    exact = [each.value for each in known if not isinstance(each.value, NotDerived)]
    numbers = [float(number) for number in exact]

    def cell(shown: str, value: Number, *statistics: Statistic) -> Cell:
        return Cell(
            value=value,
            shown=_same(shown),
            rounding=measure.rounding,
            statistics=(Statistic("n", len(known)), *statistics),
            participants=who,
            positions=positions,
        )

    average = fmean(numbers)
    squares = fsum((number - average) ** 2 for number in numbers)
    deviation = sqrt(squares / (len(numbers) - 1)) if len(numbers) > 1 else None
    spread = "–" if deviation is None else measure.show(deviation)
    mean = cell(
        f"{measure.show(average)} ({spread})",
        average,
        Statistic("mean", average),
        *([] if deviation is None else [Statistic("sd", deviation)]),
    )
    middle = median([Decimal(repr(n)) if isinstance(n, float) else Decimal(n) for n in exact])
    low, high = min(numbers), max(numbers)
    return (
        count,
        _geometric(measure, numbers, cell_of=cell),
        mean,
        cell(measure.show(middle), middle, Statistic("median", middle)),
        cell(
            measure.show(low) if len(numbers) == 1 else f"{measure.show(low)} – {measure.show(high)}",
            low,
            Statistic("low", low),
            Statistic("high", high),
        ),
    )


def _geometric(measure: Measure, numbers: Sequence[float], *, cell_of: Callable[..., Cell]) -> Cell:
    if measure.kind != "log_normal":
        return Cell(value=None, shown=NOTHING, is_number=False)
    found = compute_geometric_mean(numbers)
    if isinstance(found, NotDerived):
        return cell_of_reason(found)
    if isinstance(found.cv_percent, NotDerived):
        return cell_of(f"{measure.show(found.mean)} (–)", found.mean, Statistic("geometric_mean", found.mean))
    return cell_of(
        f"{measure.show(found.mean)} ({format_number(found.cv_percent, 0)} %)",
        found.mean,
        Statistic("geometric_mean", found.mean),
        Statistic("geometric_cv_percent", found.cv_percent),
    )


def _why_nobody(observed: Sequence[Observed]) -> NotDerived:
    absences = [each.value for each in observed if isinstance(each.value, NotDerived)]
    if not absences:
        return NotDerived("no_values", "there are no values to summarise")
    counted = Counter(absence.reason for absence in absences)
    # the most common reason; of equally common ones the one met first
    return max(absences, key=lambda absence: counted[absence.reason])


def _same(shown: str) -> Text:
    return Text(shown, shown)
