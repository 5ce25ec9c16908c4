"""The whole trial under other scenarios and designs, a row each."""

from collections.abc import Sequence

from firstdose.deliver.design.characteristics import MEAN_N, OVERDOSED, mean, percent
from firstdose.deliver.design.whole_trial import EXACT, NOT_ENOUGH, name_truth
from firstdose.deliver.design.words import NONE
from firstdose.deliver.tables import Cell, Column, Row, Table
from firstdose.simulate.whole_trial import SensitivityRow
from firstdose.terms.words import Text

_RIGHT, _OVERDOSE = Text("right", "正确"), Text("overdose", "过量")


def tabulate_sensitivity_rows(
    rows: Sequence[SensitivityRow], title: Text, *, by_scenario: bool, notes: Sequence[Text] = ()
) -> Table:
    """A row a variant under its scenario, or a row a scenario where there is one variant.

    Parameters
    ----------
    rows : sequence of SensitivityRow
    title : Text
    by_scenario : bool
        True: rows are named by their scenario. False: by their variant, in groups of a scenario.
    notes : sequence of Text
    """
    mtd = Text("MTD selected (%)", "选出的MTD（%）")
    regimen = Text("Regimen selected (%)", "选出的方案（%）")
    columns = (
        *_selection_columns("mtd", mtd),
        *_selection_columns("regimen", regimen),
        Column(key="mean_n_sad", label=Text("single", "单次"), spanner=MEAN_N),
        Column(key="mean_n_mad", label=Text("multiple", "多次"), spanner=MEAN_N),
        Column(key="mean_n_expansion", label=Text("expan.", "扩展"), spanner=MEAN_N),
        Column(key="mean_n", label=Text("all", "合计"), spanner=MEAN_N),
        Column(key="mean_n_dlt", label=Text("DLTs", "DLT")),
        Column(key="mean_n_overdose", label=OVERDOSED),
        Column(
            key="p_stops_for_toxicity", label=Text("toxic", "因毒性"), spanner=Text("Ends (%)", "结局（%）")
        ),
        Column(key="p_complete", label=Text("complete", "完成"), spanner=Text("Ends (%)", "结局（%）")),
        Column(key="p_not_enough", label=NOT_ENOUGH),
    )
    return Table(
        key="trial-scenarios" if by_scenario else "trial-sensitivity",
        title=title,
        stubhead=Text("Scenario", "情景") if by_scenario else Text("Design", "设计"),
        columns=columns,
        rows=tuple(
            Row(
                stub=name_truth(row.scenario) if by_scenario else row.variant,
                group=None if by_scenario else name_truth(row.scenario),
                cells=tuple(_cell(column.key, float(getattr(row, column.key))) for column in columns),
            )
            for row in rows
        ),
        footnotes=(
            *notes,
            Text(
                "Right: the true DLT rate nearest to the target, none where even the lowest is an overdose. A design "
                "with another target has another right choice.",
                "正确：真实DLT率最接近目标；最低水平即过量时为不选。目标不同，正确选择也不同。",
            ),
        ),
        source=EXACT,
    )


def _selection_columns(name: str, spanner: Text) -> tuple[Column, ...]:
    return (
        Column(key=f"p_right_{name}", label=_RIGHT, spanner=spanner),
        Column(key=f"p_{name}_overdose", label=_OVERDOSE, spanner=spanner),
        Column(key=f"p_no_{name}", label=NONE, spanner=spanner),
    )


def _cell(key: str, number: float) -> Cell:
    return percent(number) if key.startswith("p_") else mean(number, 1)
