"""Dose proportionality of single doses as a table, by the power model."""

from collections.abc import Sequence

from firstdose.deliver.formatting import format_interval, format_number
from firstdose.deliver.outcomes.absences import cell_of_reason
from firstdose.deliver.outcomes.observed import Observed
from firstdose.deliver.outcomes.summaries import Measure
from firstdose.deliver.tables import Cell, Column, Row, Statistic, Table, cell_of_count
from firstdose.derive.kinetics.dose_proportionality import compute_power_model
from firstdose.record.state import Participant, State
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text

CONFIDENCE = 0.9
"""Usual for dose proportionality: Smith et al., Pharm Res 2000; Hummel et al., Pharm Stat 2009."""


def tabulate_dose_proportionality(
    key: str, state: State, members: Sequence[Participant], measures: Sequence[Measure]
) -> Table:
    """Slope of the logarithm of each variable on the logarithm of the cells given, single doses only."""
    given = {
        one.code: float(infusion.cells_1e9)
        for one in members
        if (part := state.part_of(one)) is not None
        and state.protocol.part_by_key[part].kind == "single_dose"
        and (infusion := one.infusions.get(1)) is not None
        and infusion.cells_1e9 is not None
        and infusion.cells_1e9 > 0
    }
    levels = {
        one.code: regimen.dose_level for one in members if (regimen := state.regimen_of(one)) is not None
    }
    return Table(
        key=key,
        title=Text("Dose proportionality of single doses, power model", "单次给药剂量比例性（幂模型）"),
        columns=(
            Column(key="n", label=Text("n", "例数")),
            Column(key="n_levels", label=Text("Dose levels", "剂量水平数")),
            Column(key="slope", label=Text("Slope (90 % CI)", "斜率（90 % CI）")),
            Column(key="doubling", label=Text("Per doubling of the dose", "剂量加倍时的倍数")),
        ),
        rows=tuple(_row(measure, given, levels) for measure in measures),
        stubhead=Text("Variable", "变量"),
        footnotes=(
            Text(
                "Logarithm of the variable on the logarithm of the cells given; a slope of 1 is proportional to dose. "
                "Descriptive only: with three to six participants a level, no proportionality is claimed or refuted.",
                "变量对数对实际输注细胞数对数的回归；斜率为1表示与剂量成比例。仅作描述：每个剂量水平3～6例，不据此判定是否成比例。",
            ),
        ),
        source=Text("Smith BP et al. Pharm Res 2000;17:1278-1283", "Smith BP等，Pharm Res 2000;17:1278-1283"),
    )


def _row(measure: Measure, given: dict[str, float], levels: dict[str, int]) -> Row:
    known: list[Observed] = [
        each
        for code, each in measure.values.items()
        if code in given and not isinstance(each.value, NotDerived)
    ]
    who = tuple(each.participant for each in known)
    positions = tuple(sorted({position for each in known for position in each.positions}))
    found = compute_power_model(
        [given[code] for code in who],
        [float(each.value) for each in known if not isinstance(each.value, NotDerived)],
        confidence=CONFIDENCE,
    )
    n_levels = len({levels[code] for code in who})
    shown = Text(str(n_levels), str(n_levels))
    counted = Cell(value=n_levels, shown=shown, participants=who)
    n = cell_of_count(who, positions=positions)
    if isinstance(found, NotDerived):
        reason = cell_of_reason(found, participants=who)
        return Row(stub=measure.label, cells=(n, counted, reason, reason))
    slope = f"{format_number(found.slope, 2)} {format_interval(found.low, found.high, 2)}"
    per_doubling = 2**found.slope
    return Row(
        stub=measure.label,
        cells=(
            n,
            counted,
            Cell(
                value=found.slope,
                shown=Text(slope, slope),
                rounding=Text("half up to 2 decimal places", "四舍五入至小数点后2位"),
                statistics=(
                    Statistic("n", found.n),
                    Statistic("slope", found.slope),
                    Statistic("low", found.low),
                    Statistic("high", found.high),
                ),
                participants=who,
                positions=positions,
            ),
            Cell(
                value=per_doubling,
                shown=Text(f"× {format_number(per_doubling, 2)}", f"× {format_number(per_doubling, 2)}"),
                rounding=Text("half up to 2 decimal places", "四舍五入至小数点后2位"),
                statistics=(Statistic("ratio", per_doubling),),
                participants=who,
                positions=positions,
            ),
        ),
    )
