"""The decision table of a design, as it is printed in a protocol."""

from firstdose.deliver.tables import Cell, Column, Row, Table
from firstdose.design import TITLES, DecisionTable, tabulate_decisions
from firstdose.terms.words import Text

NEVER = Text("never", "不适用")
_STUB = Text("Evaluable", "可评价例数")
_HEADS = (
    ("escalate_at_most", "≤", Text("Escalate", "递增")),
    ("de_escalate_at_least", "≥", Text("De-escalate", "递减")),
    ("eliminate_at_least", "≥", Text("Eliminate", "剔除")),
    ("stop_at_lowest_at_least", "≥", Text("Stop at lowest", "最低水平终止")),
)
_SPANNER = Text("Participants with a DLT at the level", "该水平发生DLT的例数")
_MODEL = Text(
    "This rule reads the counts of every level at once and has no table of one level: look at its paths "
    "(firstdose design paths).",
    "该规则同时读取所有剂量水平的计数，没有单一水平的决策表：请查看其路径（firstdose design paths）。",
)
_STAY = Text(
    "Between the two limits the rule stays. Eliminate closes the level and all above it; stop at lowest ends the "
    "part as too toxic when it is met at level 1.",
    "介于两个界值之间时维持。剔除：关闭该水平及其以上水平；最低水平终止：第1水平达到该界值时因毒性结束该部分。",
)


def tabulate_decision_table(table: DecisionTable, part: Text) -> Table:
    """The decision table with its elimination and stopping limits, its boundaries and its digest.

    Parameters
    ----------
    table : DecisionTable
    part : Text
        The part of the trial that it is for.
    """
    spec = table.specification
    rule = TITLES[spec.rule]
    rows = tuple(
        Row(
            stub=Text(str(row.n), str(row.n)),
            cells=tuple(_limit(sign, getattr(row, name)) for name, sign, _ in _HEADS),
        )
        for row in tabulate_decisions(table)
    )
    notes = [_STAY if rows else _MODEL]
    if table.escalation_boundary is not None:
        low, high = table.escalation_boundary, table.de_escalation_boundary
        notes.append(
            Text(
                f"Escalation boundary {low}, de-escalation boundary {high}.",
                f"递增界值{low}，递减界值{high}。",
            )
        )
    return Table(
        key="decision-table",
        title=Text(
            f"Decision table: {rule.en}, target DLT rate {spec.target_rate}. {part.en}",
            f"决策表：{rule.zh}，目标DLT率{spec.target_rate}。{part.zh}",
        ),
        stubhead=_STUB,
        columns=tuple(Column(key=name, label=label, spanner=_SPANNER) for name, _, label in _HEADS),
        rows=rows,
        footnotes=tuple(notes),
        source=Text(f"Digest {table.digest}", f"摘要 {table.digest}"),
    )


def _limit(sign: str, number: int | None) -> Cell:
    if number is None:
        return Cell(value=None, shown=NEVER)
    return Cell(value=number, shown=Text(f"{sign} {number}", f"{sign} {number}"))
