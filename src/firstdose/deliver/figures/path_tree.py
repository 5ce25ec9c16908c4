"""A tree of paths: cohorts from left to right, one branch for each outcome, and what follows at the end."""

from collections.abc import Iterator, Sequence

import msgspec

from firstdose.deliver.figures.figure import Figure
from firstdose.deliver.figures.frame import MARGIN, LegendEntry, draw_legend, measure_widest
from firstdose.deliver.figures.heading import draw_heading
from firstdose.deliver.figures.style import name_series
from firstdose.deliver.figures.svg import (
    SMALL_SIZE,
    figure_of,
    figure_of_nothing,
    group,
    measure_text,
    rect,
    text,
    wrap_text,
    write_px,
)
from firstdose.deliver.formatting import format_number
from firstdose.terms.words import Language, Text

MOST_ENDS = 300
"""Ends of a tree beyond which its figure is no longer read."""

_ROW = 21.0
_NODE_HEIGHT = 17.0
_PADDING = 7.0
_BEND = 46.0
_THINNEST, _THICKEST = 1.2, 9.0
_LEAST_WIDTH = 560.0

_NO_COHORT = Text("There is no cohort to come.", "没有后续队列。")


class TreeNode(msgspec.Struct, frozen=True, kw_only=True):
    """A cohort with its branches, or an end with what is recommended.

    ``level_index`` colours it: 0 is the lowest level, None is no level.
    """

    label: Text
    level_index: int | None
    branches: tuple["TreeBranch", ...] = ()


class TreeBranch(msgspec.Struct, frozen=True, kw_only=True):
    """An outcome of a cohort, where it leads, and its probability from the start, if it is known."""

    label: Text
    node: TreeNode
    probability: float | None = None


class _Placed(msgspec.Struct):
    """A node with its place. [px]."""

    node: TreeNode
    column: int
    y: float
    branches: list[tuple[TreeBranch, "_Placed"]]


def count_ends(node: TreeNode) -> int:
    """The ends of a tree."""
    return sum(count_ends(branch.node) for branch in node.branches) if node.branches else 1


def render_path_tree(
    key: str,
    title: Text,
    root: TreeNode | None,
    headings: Sequence[Text],
    levels: Sequence[Text],
    *,
    language: Language,
    notes: Sequence[Text] = (),
    when_empty: Text = _NO_COHORT,
) -> Figure:
    """The tree from left to right; a branch is the wider the more probable it is.

    Parameters
    ----------
    key, title : str, Text
        Name and title of the figure.
    root : TreeNode, optional
        The next cohort; None where there is none.
    headings : sequence of Text
        One a column of nodes: the cohorts, and what follows.
    levels : sequence of Text
        Dose levels, lowest first.
    language : Language
        Language of the words in the drawing.
    notes : sequence of Text
        Lines under the tree.
    when_empty : Text
        Why there is no tree.

    Raises
    ------
    ValueError
        If the tree has more ends than a reader can take in.
    """
    if root is None:
        return figure_of_nothing(key, title, when_empty, language=language)
    n_ends = count_ends(root)
    if n_ends > MOST_ENDS:
        raise ValueError(f"Figure {key}: {n_ends} ends, and {MOST_ENDS} can be read")
    shown = [branch for node in _walk(root) for branch in node.branches]
    label_width = measure_widest([_say_branch(branch, language) for branch in shown]) + 14
    node_widths = [
        measure_widest([node.label.in_language(language) for node in _list_column(root, column)] or [""])
        + 2 * _PADDING
        for column in range(len(headings))
    ]
    lefts = [MARGIN + 2]
    for width in node_widths[:-1]:
        lefts.append(lefts[-1] + width + _BEND + label_width)
    total_width = max(_LEAST_WIDTH, lefts[-1] + node_widths[-1] + MARGIN)
    present = sorted({node.level_index for node in _walk(root) if node.level_index is not None})
    entries = [
        LegendEntry(words=levels[index].in_language(language), kind=name_series(index), patch="fd-soft")
        for index in present
    ]
    heading, heading_height = draw_heading(
        title.in_language(language), left=MARGIN, width=total_width - 2 * MARGIN, top=MARGIN
    )
    top = MARGIN + heading_height
    legend, legend_height = draw_legend(entries, left=MARGIN, right=total_width - MARGIN, top=top)
    top += legend_height + 26
    placed, bottom = _place(root, 0, top)
    parts = [
        *heading,
        *legend,
        *(
            text(left, top - 14, heading.in_language(language), size=SMALL_SIZE, kind="fd-muted")
            for left, heading in zip(lefts, headings, strict=True)
        ),
        *_draw_branches(placed, lefts, node_widths, label_width, language),
        *_draw_nodes(placed, lefts, node_widths, language),
    ]
    for note in notes:
        for words in wrap_text(note.in_language(language), total_width - 2 * MARGIN, SMALL_SIZE):
            bottom += 15
            parts.append(text(MARGIN, bottom + 6, words, size=SMALL_SIZE, kind="fd-muted"))
    return figure_of(
        key, title, _describe(root), parts, height=bottom + 16, width=total_width, language=language
    )


def _walk(node: TreeNode) -> Iterator[TreeNode]:
    yield node
    for branch in node.branches:
        yield from _walk(branch.node)


def _list_column(node: TreeNode, column: int) -> list[TreeNode]:
    """The nodes of a column."""
    if column == 0:
        return [node]
    return [found for branch in node.branches for found in _list_column(branch.node, column - 1)]


def _place(node: TreeNode, column: int, top: float) -> tuple[_Placed, float]:
    """The node in the middle of its branches, each end in a row of its own; and where its rows end."""
    if not node.branches:
        return _Placed(node, column, top + _ROW / 2, []), top + _ROW
    placed = []
    at = top
    for branch in node.branches:
        below, at = _place(branch.node, column + 1, at)
        placed.append((branch, below))
    # a little air after each bundle, more the nearer it is to the root
    return _Placed(node, column, (placed[0][1].y + placed[-1][1].y) / 2, placed), at + 5


def _draw_branches(
    placed: _Placed, lefts: Sequence[float], widths: Sequence[float], label_width: float, language: Language
) -> list[str]:
    parts: list[str] = []
    start = lefts[placed.column] + widths[placed.column]
    for branch, below in placed.branches:
        bend_end = start + _BEND
        end = lefts[below.column]
        share = branch.probability
        width = _THINNEST if share is None else _THINNEST + (_THICKEST - _THINNEST) * share
        middle = (start + bend_end) / 2
        words = _say_branch(branch, language)
        reach = max(bend_end, end - 12 - measure_text(words, SMALL_SIZE))
        index = below.node.level_index
        bent = " ".join(write_px(one) for one in (middle, placed.y, middle, below.y, bend_end, below.y))
        drawn = (
            f'<path d="M{write_px(start)} {write_px(placed.y)}C{bent}H{write_px(reach)}" '
            f'stroke-width="{write_px(width)}" class="fd-line"/>'
        )
        parts.append(group("fd-s0" if index is None else name_series(index), [drawn]))
        parts.append(text(end - 6, below.y + 4, words, size=SMALL_SIZE, anchor="end"))
        parts += _draw_branches(below, lefts, widths, label_width, language)
    return parts


def _draw_nodes(
    placed: _Placed, lefts: Sequence[float], widths: Sequence[float], language: Language
) -> list[str]:
    x, y = lefts[placed.column], placed.y
    index = placed.node.level_index
    words = placed.node.label.in_language(language)
    is_end = not placed.branches
    box = rect(
        x,
        y - _NODE_HEIGHT / 2,
        widths[placed.column],
        _NODE_HEIGHT,
        kind="fd-band" if index is None else "fd-soft",
        round_px=2 if is_end else _NODE_HEIGHT / 2,
    )
    drawn = group("fd-s0" if index is None else name_series(index), [box])
    parts = [drawn, text(x + _PADDING, y + 4, words, size=SMALL_SIZE)]
    for _, below in placed.branches:
        parts += _draw_nodes(below, lefts, widths, language)
    return parts


def _say_branch(branch: TreeBranch, language: Language) -> str:
    words = branch.label.in_language(language)
    if branch.probability is None:
        return words
    shown = format_number(100 * branch.probability, 1)
    return f"{words} · {'< 0.1' if shown == '0.0' and branch.probability > 0 else shown} %"


def _describe(root: TreeNode) -> Text:
    """Every path in words, for those who do not see the tree."""
    return Text(
        "; ".join(_tell(root, "en")) + ".",
        "；".join(_tell(root, "zh")) + "。",
    )


def _tell(node: TreeNode, language: Language) -> list[str]:
    label = node.label.in_language(language)
    if not node.branches:
        return [label]
    return [
        f"{label}, {_say_branch(branch, language)} → {rest}"
        if language == "en"
        else f"{label}，{_say_branch(branch, language)} → {rest}"
        for branch in node.branches
        for rest in _tell(branch.node, language)
    ]
