"""Designs side by side under the same scenarios."""

from collections.abc import Sequence

from firstdose.deliver.design.characteristics import (
    SELECTED,
    Computed,
    list_cells,
    list_columns,
    list_slots,
    say_definitions,
    write_rates,
)
from firstdose.deliver.design.words import TRUE_RATE
from firstdose.deliver.figures.figure import Figure
from firstdose.deliver.figures.level_bars import LevelPanel, render_level_bars
from firstdose.deliver.tables import Row, Table
from firstdose.design.titles import TITLES
from firstdose.terms.words import Language, Text

_RULE = Text("Rule", "规则")


def tabulate_comparison(designs: Sequence[Computed], title: Text, notes: Sequence[Text] = ()) -> Table:
    """A row a rule, grouped by scenario; every design has the same scenarios.

    Parameters
    ----------
    designs : sequence of Computed
    title : Text
    notes : sequence of Text
        What else is to be said, such as a rule that was left out and why.
    """
    first = designs[0]
    rows = []
    for place, name in enumerate(first.names):
        rates = ", ".join(write_rates(first.true_rates[place].tolist()))
        group = Text(f"{name.en}: true DLT rates {rates}", f"{name.zh}：真实DLT率 {rates}")
        rows += [
            Row(stub=TITLES[one.specification.rule], cells=list_cells(one, place), group=group)
            for one in designs
        ]
    bases = [f"{TITLES[one.specification.rule].en} {one.basis.en}" for one in designs]
    bases_zh = [f"{TITLES[one.specification.rule].zh} {one.basis.zh}" for one in designs]
    return Table(
        key="comparison",
        title=title,
        stubhead=_RULE,
        columns=list_columns(first.level_keys),
        rows=tuple(rows),
        footnotes=(*say_definitions(first.specification), *notes),
        source=Text("; ".join(bases), "；".join(bases_zh)),
    )


def draw_comparison(designs: Sequence[Computed], title: Text, *, language: Language) -> Figure:
    """The selection of every level, rules side by side, one panel a scenario.

    Raises
    ------
    ValueError
        If there are more scenarios than a figure can hold.
    """
    first = designs[0]
    panels = [
        LevelPanel(
            heading=name,
            y_title=SELECTED,
            slots=list_slots(first, place, has_none=True),
            values=tuple(
                tuple(100 * float(share) for share in (*one.found.p_selected[place], one.found.p_none[place]))
                for one in designs
            ),
        )
        for place, name in enumerate(first.names)
    ]
    return render_level_bars(
        "comparison",
        title,
        panels,
        tuple(TITLES[one.specification.rule] for one in designs),
        language=language,
        marked=Text("correct selection: true rate closest to the target", "正确选择：真实DLT率最接近目标"),
        below_title=TRUE_RATE,
    )
