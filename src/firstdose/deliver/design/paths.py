"""Dose transition paths as a table and as a tree."""

from collections.abc import Sequence
from itertools import groupby

from firstdose.deliver.design.characteristics import percent
from firstdose.deliver.design.words import name_end, name_levels
from firstdose.deliver.figures.figure import Figure
from firstdose.deliver.figures.level_bars import NO_WORDS
from firstdose.deliver.figures.path_tree import TreeBranch, TreeNode, render_path_tree
from firstdose.deliver.tables import Cell, Column, Row, Table, cell_of_nothing, cell_of_text
from firstdose.design.exact.paths import Path
from firstdose.terms.words import Language, Text

_PATH = Text("Path", "路径")
_THEN = Text("Then", "随后")
_PROBABILITY = Text("Probability (%)", "概率（%）")
_READING = Text(
    "Each cohort: how many of its participants had a DLT.",
    "每个队列：其中发生DLT的例数。",
)
_ENDED = Text(
    "The part has ended with these counts: there is no cohort to come.",
    "按现有计数，该部分已结束：没有后续队列。",
)


def tabulate_paths(
    paths: Sequence[Path],
    level_keys: Sequence[str],
    title: Text,
    *,
    true_rates: Sequence[float] | None = None,
    source: Text | None = None,
) -> Table:
    """A row a path: its cohorts with their DLTs, then what is recommended.

    Parameters
    ----------
    paths : sequence of Path
    level_keys : sequence of str
        Lowest first.
    title : Text
    true_rates : sequence of float, optional
        With them each path has its probability.
    source : Text, optional
    """
    most = max((len(path.steps) for path in paths), default=0)
    columns = [Column(key=f"cohort_{i + 1}", label=_name_cohort(i)) for i in range(most)]
    columns.append(Column(key="then", label=_THEN))
    if true_rates is not None:
        columns.append(Column(key="p_path", label=_PROBABILITY))
    rows = []
    for number, path in enumerate(paths, start=1):
        cells: list[Cell] = []
        for place in range(most):
            if place >= len(path.steps):
                cells.append(cell_of_nothing())
                continue
            step = path.steps[place]
            outcome, key = name_outcome(step.n_dlt, step.n_dlt, step.size), level_keys[step.level - 1]
            cells.append(cell_of_text(Text(f"{key}: {outcome.en}", f"{key}：{outcome.zh}")))
        cells.append(cell_of_text(_name_end_of(path, level_keys)))
        if true_rates is not None:
            cells.append(percent(path.compute_probability(true_rates), 2))
        rows.append(Row(stub=Text(str(number), str(number)), cells=tuple(cells)))
    return Table(
        key="paths",
        title=title,
        stubhead=_PATH,
        columns=tuple(columns),
        rows=tuple(rows),
        footnotes=(_READING,) if most else (_ENDED,),
        source=source or NO_WORDS,
    )


def draw_paths(
    paths: Sequence[Path],
    level_keys: Sequence[str],
    title: Text,
    *,
    language: Language,
    true_rates: Sequence[float] | None = None,
) -> Figure:
    """The paths as a tree; at its end, outcomes of one cohort with one recommendation are one branch.

    Raises
    ------
    ValueError
        If the tree has more ends than a reader can take in.
    """
    root = build_tree(paths, level_keys, true_rates=true_rates)
    n_cohorts = max((len(path.steps) for path in paths), default=0)
    notes = [
        Text(
            "A rounded box is a cohort: its level and its participants. A branch says how many of them had a DLT.",
            "圆角框为队列：剂量水平 × 例数。分支为其中发生DLT的例数。",
        )
    ]
    if true_rates is not None:
        notes.append(
            Text(
                "Percentages are probabilities from the start under the given true DLT rates; a wider branch is more "
                "probable.",
                "百分数为给定真实DLT率下自起点计的概率；分支越宽，概率越大。",
            )
        )
    return render_path_tree(
        "paths",
        title,
        root,
        (*(_name_cohort(i) for i in range(n_cohorts)), _THEN),
        name_levels(level_keys),
        language=language,
        notes=notes,
        when_empty=_ENDED,
    )


def build_tree(
    paths: Sequence[Path], level_keys: Sequence[str], *, true_rates: Sequence[float] | None = None
) -> TreeNode | None:
    """The tree of the paths; None where no cohort is to come."""
    if not any(path.steps for path in paths):
        return None
    return _grow(paths, 0, level_keys, true_rates)


def _grow(
    paths: Sequence[Path], depth: int, level_keys: Sequence[str], true_rates: Sequence[float] | None
) -> TreeNode:
    """The node at which these paths, equal so far, stand."""
    first = paths[0]
    if len(first.steps) == depth:
        label = _name_end_of(first, level_keys)
        return TreeNode(label=label, level_index=None if first.level is None else first.level - 1)
    step = first.steps[depth]
    bundles = [
        (n_dlt, tuple(bundle)) for n_dlt, bundle in groupby(paths, key=lambda path: path.steps[depth].n_dlt)
    ]
    branches = []
    for _, same in groupby(bundles, key=lambda bundle: _name_what_follows(bundle[1], depth + 1)):
        joined = list(same)
        low, high = joined[0][0], joined[-1][0]
        branches.append(
            TreeBranch(
                label=name_outcome(low, high, step.size),
                node=_grow(joined[0][1], depth + 1, level_keys, true_rates),
                probability=None
                if true_rates is None
                else sum(path.compute_probability(true_rates) for _, bundle in joined for path in bundle),
            )
        )
    key = level_keys[step.level - 1]
    return TreeNode(
        label=Text(f"{key} × {step.size}", f"{key} × {step.size}"),
        level_index=step.level - 1,
        branches=tuple(branches),
    )


def name_outcome(fewest: int, most: int, size: int) -> Text:
    """How many of a cohort had a DLT.

    Examples
    --------
    >>> name_outcome(1, 3, 3).en, name_outcome(0, 0, 3).zh
    ('1–3 of 3', '0/3例')
    """
    events = str(fewest) if fewest == most else f"{fewest}–{most}"
    return Text(f"{events} of {size}", f"{events}/{size}例")


def _name_what_follows(paths: Sequence[Path], depth: int) -> tuple[object, ...]:
    """What is the same in outcomes that are drawn as one: an end, never a cohort."""
    first = paths[0]
    if len(first.steps) > depth:
        return ("cohort", first.steps[depth - 1].n_dlt)
    return ("end", first.action, first.level, first.size)


def _name_cohort(place: int) -> Text:
    return Text(f"Cohort +{place + 1}", f"第{place + 1}个后续队列")


def _name_end_of(path: Path, level_keys: Sequence[str]) -> Text:
    level = None if path.level is None else level_keys[path.level - 1]
    return name_end(path.action, level, path.size)
