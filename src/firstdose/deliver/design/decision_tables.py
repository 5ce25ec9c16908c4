"""The decision table of a design, as it is printed in a protocol."""

from msgspec import UNSET

from firstdose.deliver.tables import Cell, Column, Row, Table
from firstdose.design import TITLES, DecisionTable, list_near_limits, tabulate_decisions
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
LIMIT_NAMES = {
    "overdose_limit": Text("the probability of an overdose and its limit", "过量概率与其限值"),
    "closest_level": Text(
        "its distance from the target and that of the closest level", "与目标的距离和最近水平的距离"
    ),
    "too_toxic_probability": Text("the probability of being too toxic and its limit", "毒性过高概率与其限值"),
}
"""What lies near a limit."""
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
    notes = [_STAY if rows else _MODEL, *_say_near_limits(table)]
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


def _say_near_limits(table: DecisionTable) -> tuple[Text, ...]:
    """How many judged states of a model hang on a limit, and the nearest of them."""
    if table.states is UNSET:
        return ()
    near = sorted(list_near_limits(table), key=lambda one: one.distance)
    n_states, n_near = table.states.n_states, len({(one.n_evaluable, one.n_dlt) for one in near})
    told = Text(
        f"{n_states:,} states are judged and frozen. Counts that hang on a limit, where another program may decide "
        f"otherwise: {n_near:,}.",
        f"共判定并固化{n_states:,}个状态；其中{n_near:,}组计数处于界值附近，其他程序在此可能作出不同判断。",
    )
    if not near:
        return (told,)
    first = near[0]
    counts = "; ".join(f"{n_dlt}/{n}" for n, n_dlt in zip(first.n_evaluable, first.n_dlt, strict=True) if n)
    limit = LIMIT_NAMES[first.limit]
    nearest = Text(
        f"The nearest: DLT/evaluable {counts or '0/0'}, current level {first.level}; for level {first.meant}, {limit.en} "
        f"differ by {first.distance:.1g}.",
        f"最接近者：DLT/可评价 {counts or '0/0'}，当前剂量水平{first.level}；剂量水平{first.meant}的{limit.zh}相差"
        f"{first.distance:.1g}。",
    )
    return told, nearest


def _limit(sign: str, number: int | None) -> Cell:
    if number is None:
        return Cell(value=None, shown=NEVER)
    return Cell(value=number, shown=Text(f"{sign} {number}", f"{sign} {number}"))
