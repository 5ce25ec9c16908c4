"""Tables as values: cells keep the unrounded numbers and the participants behind them.

House rules: a cell is never a bare string of a number; what is shown is made by ``deliver.formatting``; a
value that cannot be known is shown as its reason and never as a blank.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

import msgspec

from firstdose.deliver.formatting import (
    Number,
    format_count_of,
    format_interval,
    format_number,
    format_percent_interval,
    format_reason,
    format_significant,
)
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text

Value = Decimal | float | int | str | None | NotDerived | Text

NOTHING = Text("–", "–")


class Statistic(msgspec.Struct, frozen=True):
    """One unrounded number behind a cell, by its name (``n``, ``N``, ``mean``, ``low``)."""

    name: str
    value: Decimal | float | int


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """A value, how it is shown, and where it came from.

    ``value`` is not rounded. ``participants`` are the codes of those counted or summarized; ``positions``
    are the positions in the record of the events behind the value. ``below`` stands in a second line, as an
    interval does. ``rounding`` says how ``shown`` was
    rounded, and is empty when it was not. ``is_number`` sets it flush right.
    """

    value: Value
    shown: Text
    below: Text = Text("", "")
    rounding: Text = Text("", "")
    statistics: tuple[Statistic, ...] = ()
    participants: tuple[str, ...] = ()
    positions: tuple[int, ...] = ()
    is_number: bool = True


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column with its label; columns in a row with the same ``spanner`` stand under it."""

    key: str
    label: Text
    spanner: Text | None = None


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A row: its label in the stub, the group it stands in, one cell a column."""

    stub: Text
    cells: tuple[Cell, ...]
    group: Text | None = None
    indent: int = 0


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A table with its parts: title, stubhead, boxhead, stub, body, footnotes and source note."""

    key: str
    title: Text
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    stubhead: Text = Text("", "")
    footnotes: tuple[Text, ...] = ()
    denominators: Text = Text("", "")
    source: Text = Text("", "")

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row.cells) != len(self.columns):
                raise ValueError(
                    f"Table {self.key}, row {row.stub.en!r}: {len(row.cells)} cells under "
                    f"{len(self.columns)} columns"
                )

    @property
    def columns_of_words(self) -> frozenset[int]:
        """The columns, from 0, that hold words and no number: they are set flush left."""
        return frozenset(
            place
            for place in range(len(self.columns))
            if any(isinstance(row.cells[place].value, Text) for row in self.rows)
            and not any(row.cells[place].is_number for row in self.rows)
        )


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One unrounded number of a table, in long form (analysis results data)."""

    table: str
    group: str
    row: str
    column: str
    stat_name: str
    stat: Decimal | float | int | str


def cell_of_text(words: Text, *, participants: Sequence[str] = (), positions: Sequence[int] = ()) -> Cell:
    """A cell of words."""
    return Cell(
        value=words,
        shown=words,
        participants=tuple(participants),
        positions=tuple(positions),
        is_number=False,
    )


def cell_of_nothing() -> Cell:
    """A cell where nothing is meant to stand."""
    return Cell(value=None, shown=NOTHING, is_number=False)


def cell_of_absence(
    absence: NotDerived, *, participants: Sequence[str] = (), positions: Sequence[int] = ()
) -> Cell:
    """A cell whose value cannot be known: its reason is shown.

    Examples
    --------
    >>> cell_of_absence(NotDerived("no_baseline")).shown.en
    'no baseline'
    """
    return Cell(
        value=absence,
        shown=format_reason(absence),
        participants=tuple(participants),
        positions=tuple(positions),
        is_number=False,
    )


def cell_of_number(
    number: Number | NotDerived,
    places: int = 0,
    *,
    signed: bool = False,
    participants: Sequence[str] = (),
    positions: Sequence[int] = (),
) -> Cell:
    """A number, or why there is none.

    Examples
    --------
    >>> cell_of_number(Decimal("4.25"), 1, participants=["P-01"]).shown.en
    '4.3'
    """
    if isinstance(number, NotDerived):
        return cell_of_absence(number, participants=participants, positions=positions)
    return Cell(
        value=number,
        shown=_same(format_number(number, places, signed=signed)),
        rounding=_half_up_to_places(places),
        statistics=(Statistic("value", number),),
        participants=tuple(participants),
        positions=tuple(positions),
    )


def cell_of_count(participants: Sequence[str], *, positions: Sequence[int] = ()) -> Cell:
    """The number of different participants, who are kept.

    Examples
    --------
    >>> cell_of_count(["P-02", "P-01", "P-02"]).value
    2
    """
    who = tuple(sorted(set(participants)))
    return Cell(
        value=len(who),
        shown=_same(str(len(who))),
        statistics=(Statistic("n", len(who)),),
        participants=who,
        positions=tuple(positions),
    )


def cell_of_count_of(
    participants: Sequence[str],
    denominator: Sequence[str] | int,
    *,
    interval: tuple[float, float] | NotDerived | None = None,
    places: int = 1,
    positions: Sequence[int] = (),
) -> Cell:
    """How many of how many, the share, and an exact interval of the rate if one is handed over.

    Parameters
    ----------
    participants : sequence of str
        Codes of those counted; each counts once.
    denominator : sequence of str, or int
        Codes of those who could have been counted, or how many they are.
    interval : pair of float, NotDerived or None
        Low and high end of the rate, between 0 and 1.
    places : int
        Decimal places of the percentages.
    positions : sequence of int
        Positions of the record behind the count.

    Raises
    ------
    ValueError
        If somebody is counted who is not in the denominator.

    Examples
    --------
    >>> cell = cell_of_count_of(["P-01"], ["P-01", "P-02", "P-03"], interval=(0.0084, 0.9057))
    >>> cell.shown.en, cell.below.en
    ('1/3 (33.3 %)', '[0.8, 90.6] %')
    """
    who = tuple(sorted(set(participants)))
    n_all = denominator if isinstance(denominator, int) else len(set(denominator))
    outside = set() if isinstance(denominator, int) else set(who) - set(denominator)
    if outside or len(who) > n_all:
        raise ValueError(f"counted but not in the denominator: {sorted(outside) or who}")
    below = Text("", "")
    statistics = [Statistic("n", len(who)), Statistic("N", n_all)]
    if n_all:
        statistics.append(Statistic("rate", Decimal(len(who)) / Decimal(n_all)))
    if isinstance(interval, NotDerived):
        below = format_reason(interval)
    elif interval is not None:
        below = _same(format_percent_interval(*interval, places))
        statistics += [Statistic("low", interval[0]), Statistic("high", interval[1])]
    return Cell(
        value=len(who),
        shown=_same(format_count_of(len(who), n_all, places)),
        below=below,
        rounding=_half_up_to_places(places),
        statistics=tuple(statistics),
        participants=who,
        positions=tuple(positions),
    )


def cell_of_mean(
    n: int,
    mean: Number | NotDerived,
    spread: Number | NotDerived,
    places: int = 1,
    *,
    kind: Literal["mean", "median"] = "mean",
    spread_high: Number | None = None,
    participants: Sequence[str] = (),
    positions: Sequence[int] = (),
) -> Cell:
    """A mean with its standard deviation, or a median with its range, in decimal places.

    ``spread`` is the standard deviation; for a median it is the lowest value and ``spread_high`` the highest.

    Examples
    --------
    >>> cell_of_mean(3, 4.25, 1.05, 1).shown.en
    '4.3 (1.1)'
    >>> cell_of_mean(3, 4.25, 1.0, 1, kind="median", spread_high=9.0).shown.en
    '4.3 [1.0, 9.0]'
    """
    if isinstance(mean, NotDerived):
        return cell_of_absence(mean, participants=participants, positions=positions)
    statistics = [Statistic("n", n), Statistic(kind, mean)]
    shown = _same(format_number(mean, places))
    if isinstance(spread, NotDerived):
        reason = format_reason(spread)
        shown = Text(f"{shown.en} ({reason.en})", f"{shown.zh} ({reason.zh})")
    elif spread_high is not None:
        shown = _same(f"{shown.en} {format_interval(spread, spread_high, places)}")
        statistics += [Statistic("low", spread), Statistic("high", spread_high)]
    else:
        shown = _same(f"{shown.en} ({format_number(spread, places)})")
        statistics.append(Statistic("sd", spread))
    return Cell(
        value=mean,
        shown=shown,
        rounding=_half_up_to_places(places),
        statistics=tuple(statistics),
        participants=tuple(participants),
        positions=tuple(positions),
    )


def cell_of_geometric_mean(
    n: int,
    geometric_mean: Number | NotDerived,
    geometric_cv_percent: Number | NotDerived,
    digits: int = 3,
    *,
    participants: Sequence[str] = (),
    positions: Sequence[int] = (),
) -> Cell:
    """A geometric mean in significant digits with its geometric coefficient of variation [%].

    Examples
    --------
    >>> cell_of_geometric_mean(3, 12345.0, 41.25).shown.en
    '12300 (41.3 %)'
    """
    if isinstance(geometric_mean, NotDerived):
        return cell_of_absence(geometric_mean, participants=participants, positions=positions)
    statistics = [Statistic("n", n), Statistic("geometric_mean", geometric_mean)]
    shown = _same(format_significant(geometric_mean, digits))
    if isinstance(geometric_cv_percent, NotDerived):
        reason = format_reason(geometric_cv_percent)
        shown = Text(f"{shown.en} ({reason.en})", f"{shown.zh} ({reason.zh})")
    else:
        shown = _same(f"{shown.en} ({format_number(geometric_cv_percent, 1)} %)")
        statistics.append(Statistic("geometric_cv_percent", geometric_cv_percent))
    return Cell(
        value=geometric_mean,
        shown=shown,
        rounding=Text(f"half up to {digits} significant digits", f"四舍五入至 {digits} 位有效数字"),
        statistics=tuple(statistics),
        participants=tuple(participants),
        positions=tuple(positions),
    )


def list_results(table: Table) -> tuple[Result, ...]:
    """Every unrounded number of a table, in reading order; a missing one as its reason code."""
    results: list[Result] = []
    for row in table.rows:
        for column, cell in zip(table.columns, row.cells, strict=True):
            stats: list[tuple[str, Decimal | float | int | str]] = [
                (statistic.name, statistic.value) for statistic in cell.statistics
            ]
            if isinstance(cell.value, NotDerived):
                stats = [("not_derived", cell.value.reason)]
            results += [
                Result(
                    table=table.key,
                    group=row.group.en if row.group else "",
                    row=row.stub.en,
                    column=column.key,
                    stat_name=name,
                    stat=stat,
                )
                for name, stat in stats
            ]
    return tuple(results)


def _same(shown: str) -> Text:
    return Text(shown, shown)


def _half_up_to_places(places: int) -> Text:
    if places == 0:
        return Text("half up to a whole number", "四舍五入至整数")
    noun = "place" if places == 1 else "places"
    return Text(f"half up to {places} decimal {noun}", f"四舍五入至小数点后 {places} 位")
