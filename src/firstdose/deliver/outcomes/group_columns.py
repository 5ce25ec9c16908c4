"""Tables with a column a dose level: their heads, and rows that count participants or summarize a value.

The total stands first, with its share under the count. Cells of a dose level are narrow, so that all levels
stand side by side: the count alone, out of the N in the first row.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from statistics import mean, median, stdev

import msgspec

from firstdose.deliver.formatting import format_number, format_percent
from firstdose.deliver.groups import TOTAL, Group
from firstdose.deliver.tables import (
    Cell,
    Column,
    Row,
    Statistic,
    cell_of_nothing,
)
from firstdose.record.state import Participant, State
from firstdose.terms.words import Text

Counted = Mapping[str, Sequence[int]]
"""Participants who are counted, with the positions behind each."""

SHORT_PARTS = {
    "single_dose": Text("SAD", "单次给药"),
    "multiple_dose": Text("MAD", "多次给药"),
    "expansion": Text("Expansion", "扩展"),
}


class Measured(msgspec.Struct, frozen=True):
    """A number of one participant with the positions it came from."""

    value: Decimal | Fraction | int
    positions: tuple[int, ...] = ()


def list_part_groups(state: State, participants: Iterable[Participant]) -> tuple[Group, ...]:
    """The parts that participants were treated in, in the protocol's order, and the total."""
    members = list(participants)
    groups = []
    for part in state.protocol.parts:
        codes = tuple(one.code for one in members if state.part_of(one) == part.key)
        if codes:
            groups.append(Group(part.key, SHORT_PARTS[part.kind], codes))
    return (*groups, Group(TOTAL, Text("All", "合计"), tuple(one.code for one in members)))


def find_part(state: State, group: Group) -> tuple[str, str] | None:
    """The keys of the part and of the regimen of a column, or None for the total."""
    for part in state.protocol.parts:
        for regimen in part.regimens:
            if group.key == f"{part.key}-{regimen}":
                return part.key, regimen
    return None


def list_columns(state: State, groups: Sequence[Group]) -> tuple[Column, ...]:
    """A column a group: dose levels under the name of their part, without their N; parts with it."""
    has_levels = any(find_part(state, group) for group in groups)
    columns = []
    for group in order_columns(groups):
        found, n = find_part(state, group), len(group.participants)
        if found is not None:
            short = SHORT_PARTS[state.protocol.part_by_key[found[0]].kind]
            name = found[1].removeprefix(f"{short.en}-")
            columns.append(Column(key=group.key, label=_same(name), spanner=short))
        elif has_levels:
            columns.append(Column(key=group.key, label=group.title))
        else:
            label = Text(f"{group.title.en} N={n}", f"{group.title.zh} N={n}")
            columns.append(Column(key=group.key, label=label))
    return tuple(columns)


def size_row(state: State, groups: Sequence[Group]) -> Row:
    """The first row of a table by dose level: how many participants each column is out of."""
    cells = [
        share_cell(
            one.participants,
            one.participants,
            [state.participants[code].screened_position for code in one.participants],
            is_total=False,
        )
        for one in order_columns(groups)
    ]
    return Row(stub=Text("Participants, N", "受试者，N"), cells=tuple(cells))


def describe_regimens(state: State, groups: Sequence[Group]) -> Text:
    """What the names in the heads of the columns stand for."""
    named: dict[str, Text] = {}
    for group in groups:
        found = find_part(state, group)
        if found is not None:
            regimen = state.protocol.regimen_by_key[found[1]]
            times = len(regimen.infusion_days)
            days = ", ".join(str(day) for day in regimen.infusion_days)
            dose = f"{regimen.cells_1e9} × 10⁹"
            named[regimen.key] = (
                Text(f"{regimen.key}: {dose}", f"{regimen.key}：{dose}")
                if times == 1
                else Text(
                    f"{regimen.key}: {times} × {dose} on Days {days}",
                    f"{regimen.key}：{times} × {dose}，第{days.replace(', ', '、')}天",
                )
            )
    if not named:
        return Text("Nobody has been treated.", "尚无受试者接受治疗。")
    return Text(
        f"CAR-NK cells given: {'; '.join(one.en for one in named.values())}.",
        f"CAR-NK细胞剂量：{'；'.join(one.zh for one in named.values())}。",
    )


def count_row(
    stub: Text,
    counted: Counted,
    groups: Sequence[Group],
    *,
    group: Text | None = None,
    indent: int = 0,
    denominator: Iterable[str] | None = None,
) -> Row:
    """How many participants of each group are counted, out of the group or out of those named."""
    able = None if denominator is None else set(denominator)
    cells = []
    for one in order_columns(groups):
        all_of = [code for code in one.participants if able is None or code in able]
        who = [code for code in all_of if code in counted]
        positions = sorted({position for code in who for position in counted[code]})
        cells.append(share_cell(who, all_of, positions, is_total=one.key == TOTAL))
    return Row(stub=stub, cells=tuple(cells), group=group, indent=indent)


def measure_row(
    stub: Text,
    measured: Mapping[str, Measured],
    groups: Sequence[Group],
    *,
    places: int = 1,
    group: Text | None = None,
    indent: int = 0,
) -> Row:
    """The median of each group, and under it the lowest and the highest value."""
    cells = tuple(median_cell(one.participants, measured, places) for one in order_columns(groups))
    return Row(stub=stub, cells=cells, group=group, indent=indent)


def mean_cell(who: Sequence[str], measured: Mapping[str, Measured], places: int) -> Cell:
    """Mean and standard deviation in two lines."""
    who = [code for code in who if code in measured]
    values = [Fraction(measured[code].value) for code in who]
    if not values:
        return cell_of_nothing()
    average = _as_decimal(Fraction(mean(values)))
    spread = stdev([float(value) for value in values]) if len(values) > 1 else None
    shown = f"{format_number(average, places)}"
    below = Text("", "") if spread is None else _same(f"SD {format_number(spread, places)}")
    statistics = [Statistic("n", len(values)), Statistic("mean", average)]
    if spread is not None:
        statistics.append(Statistic("sd", spread))
    return Cell(
        value=average,
        shown=_same(shown),
        below=below,
        rounding=_places_in_words(places),
        statistics=tuple(statistics),
        participants=tuple(sorted(who)),
        positions=_positions(who, measured),
    )


def cell_of_ratio(who: Sequence[str], all_of: Sequence[str], positions: Sequence[int]) -> Cell:
    """How many of how many, without a share."""
    return Cell(
        value=len(who),
        shown=_same(f"{len(who)}/{len(all_of)}"),
        statistics=(Statistic("n", len(who)), Statistic("N", len(all_of))),
        participants=tuple(sorted(who)),
        positions=tuple(sorted(set(positions))),
    )


def name_level(state: State, participant: Participant) -> Text:
    """The dose level of a participant in a word or two, not to be broken over lines."""
    regimen, part = state.regimen_of(participant), state.part_of(participant)
    if regimen is None or part is None:
        return Text("–", "–")
    key = regimen.key.replace("-", "\N{NON-BREAKING HYPHEN}")
    if state.protocol.part_by_key[part].kind != "expansion":
        return Text(key, key)
    short = SHORT_PARTS["expansion"]
    return Text(f"{short.en} {key}", f"{short.zh} {key}")


def name_part(state: State, group: Group) -> Text:
    """The heading of the rows of a dose level: its part."""
    if group.key == TOTAL:
        return Text("All parts", "所有部分")
    found = find_part(state, group)
    return group.title if found is None else state.protocol.part_by_key[found[0]].title.text


def order_columns(groups: Sequence[Group]) -> tuple[Group, ...]:
    """The total before the dose levels, so that it is in sight where a table is wider than the page."""
    totals = [one for one in groups if one.key == TOTAL]
    return (*totals, *(one for one in groups if one.key != TOTAL))


def share_cell(
    who: Sequence[str], all_of: Sequence[str], positions: Sequence[int], *, is_total: bool
) -> Cell:
    """How many of a group; of the total also the share, in the second line."""
    statistics = [Statistic("n", len(who)), Statistic("N", len(all_of))]
    below = Text("", "")
    if all_of:
        statistics.append(Statistic("rate", Decimal(len(who)) / Decimal(len(all_of))))
        if is_total and who:
            below = _same(format_percent(len(who), len(all_of)))
    return Cell(
        value=len(who),
        shown=_same(str(len(who))),
        below=below,
        rounding=_places_in_words(1) if below.en else Text("", ""),
        statistics=tuple(statistics),
        participants=tuple(sorted(who)),
        positions=tuple(positions),
    )


def median_cell(who: Sequence[str], measured: Mapping[str, Measured], places: int) -> Cell:
    """The median of those measured, and under it the lowest and the highest value."""
    who = [code for code in who if code in measured]
    values = [Fraction(measured[code].value) for code in who]
    if not values:
        return cell_of_nothing()
    middle, low, high = (_as_decimal(one) for one in (median(values), min(values), max(values)))
    below = Text("", "")
    if low != high:
        ends = format_number(low, places), format_number(high, places)
        below = Text(f"{ends[0]} to {ends[1]}", f"{ends[0]}～{ends[1]}")
    return Cell(
        value=middle,
        shown=_same(format_number(middle, places)),
        below=below,
        rounding=_places_in_words(places),
        statistics=(
            Statistic("n", len(values)),
            Statistic("median", middle),
            Statistic("low", low),
            Statistic("high", high),
        ),
        participants=tuple(sorted(who)),
        positions=_positions(who, measured),
    )


def _positions(who: Iterable[str], measured: Mapping[str, Measured]) -> tuple[int, ...]:
    return tuple(sorted({position for code in who for position in measured[code].positions}))


def _as_decimal(number: Fraction) -> Decimal:
    return Decimal(number.numerator) / Decimal(number.denominator)


def _places_in_words(places: int) -> Text:
    if places == 0:
        return Text("half up to a whole number", "四舍五入至整数")
    noun = "place" if places == 1 else "places"
    return Text(f"half up to {places} decimal {noun}", f"四舍五入至小数点后 {places} 位")


def _same(words: str) -> Text:
    return Text(words, words)
