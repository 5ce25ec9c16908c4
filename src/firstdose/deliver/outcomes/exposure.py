"""What was given: lymphodepletion, infusions, cells."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from firstdose.deliver.groups import Group
from firstdose.deliver.outcomes.group_columns import Measured, cell_of_ratio, median_cell, name_part
from firstdose.deliver.tables import Column, Row, Table
from firstdose.record.state import Participant, State
from firstdose.terms.words import Text

_DENOMINATORS = Text("Everyone who was treated.", "所有接受治疗的受试者。")
_STUBHEAD = Text("Dose level, CAR-NK cells", "剂量水平（CAR-NK细胞数）")
_AMOUNTS = Text(
    "Amounts are of one participant over the whole treatment: the median, under it the lowest and the highest.",
    "用量为每名受试者整个治疗期的总量：中位数，下方为最低值至最高值。",
)


def tabulate_lymphodepletion(state: State, groups: Sequence[Group]) -> Table:
    """A row a dose level: how many had lymphodepletion on every day, and the drugs that were given."""
    planned = state.protocol.lymphodepletion
    n_days = len(planned.days)
    rows = []
    for group in groups:
        members = [state.participants[code] for code in group.participants]
        whole = [one for one in members if len(one.lymphodepletion) >= n_days]
        rows.append(
            Row(
                stub=group.title,
                group=name_part(state, group),
                cells=(
                    cell_of_ratio(
                        [one.code for one in whole],
                        group.participants,
                        [given.position for one in whole for given in one.lymphodepletion],
                    ),
                    *(
                        median_cell(group.participants, _drug_total(members, drug.key), 0)
                        for drug in planned.drugs
                    ),
                ),
            )
        )
    return Table(
        key="lymphodepletion",
        title=Text("Lymphodepletion, by dose level", "各剂量水平的清淋预处理"),
        stubhead=_STUBHEAD,
        columns=(
            Column(key="all-days", label=Text(f"On all {n_days} days", f"全部{n_days}天均给药")),
            *(
                Column(key=drug.key, label=Text(f"{drug.name.en}, mg", f"{drug.name.zh}（mg）"))
                for drug in planned.drugs
            ),
        ),
        rows=tuple(rows),
        footnotes=(_AMOUNTS,),
        denominators=_DENOMINATORS,
    )


def tabulate_exposure(state: State, groups: Sequence[Group]) -> Table:
    """A row a dose level: infusions, and cells given with their share of those planned."""
    rows = []
    for group in groups:
        members = [state.participants[code] for code in group.participants]
        withheld = [one for one in members if one.withheld_from is not None]
        infusions = {
            one.code: Measured(len(one.infusions), tuple(each.position for each in one.infusions.values()))
            for one in members
        }
        rows.append(
            Row(
                stub=group.title,
                group=name_part(state, group),
                cells=(
                    median_cell(group.participants, infusions, 0),
                    median_cell(group.participants, _cells(members), 2),
                    median_cell(group.participants, _share_of_planned(state, members), 0),
                    cell_of_ratio(
                        [one.code for one in withheld],
                        group.participants,
                        [one.screened_position for one in withheld],
                    ),
                ),
            )
        )
    reasons = sorted({one.withheld_because for one in state.participants.values() if one.withheld_because})
    notes = [_AMOUNTS]
    if reasons:
        notes.append(
            Text(
                f"Infusions were withheld because of: {'; '.join(reasons)}.",
                f"停止输注的原因：{'；'.join(reasons)}。",
            )
        )
    return Table(
        key="exposure",
        title=Text("KN5501 given, by dose level", "各剂量水平的KN5501输注"),
        stubhead=_STUBHEAD,
        columns=(
            Column(key="infusions", label=Text("Infusions", "输注次数")),
            Column(key="cells", label=Text("Cells, × 10⁹", "细胞数（× 10⁹）")),
            Column(key="share", label=Text("Of the cells planned, %", "占计划细胞数（%）")),
            Column(key="withheld", label=Text("Further infusions withheld", "停止后续输注")),
        ),
        rows=tuple(rows),
        footnotes=tuple(notes),
        denominators=_DENOMINATORS,
    )


def _drug_total(members: Sequence[Participant], drug: str) -> dict[str, Measured]:
    return {
        one.code: Measured(
            sum(
                (Decimal(day.doses_mg[drug]) for day in one.lymphodepletion if drug in day.doses_mg),
                Decimal(0),
            ),
            tuple(day.position for day in one.lymphodepletion),
        )
        for one in members
        if any(drug in day.doses_mg for day in one.lymphodepletion)
    }


def _cells(members: Sequence[Participant]) -> dict[str, Measured]:
    """Cells of the infusions that have ended; an infusion without its end has no count yet."""
    found = {}
    for one in members:
        ended = [each for each in one.infusions.values() if each.cells_1e9 is not None]
        if ended:
            total = sum((each.cells_1e9 for each in ended if each.cells_1e9 is not None), Decimal(0))
            positions = tuple(each.completed_position or each.position for each in ended)
            found[one.code] = Measured(total, positions)
    return found


def _share_of_planned(state: State, members: Sequence[Participant]) -> dict[str, Measured]:
    found = {}
    for code, given in _cells(members).items():
        regimen = state.regimen_of(state.participants[code])
        if regimen is not None:
            planned = Fraction(regimen.cells_1e9) * len(regimen.infusion_days)
            found[code] = Measured(100 * Fraction(given.value) / planned, given.positions)
    return found
