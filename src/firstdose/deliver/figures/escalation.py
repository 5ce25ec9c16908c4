"""The course of a dose escalation: cohorts in time order, dose levels upwards, one mark a participant."""

from collections.abc import Sequence
from math import sqrt
from typing import Literal

import msgspec

from firstdose.deliver.figures.figure import Figure
from firstdose.deliver.figures.frame import MARGIN, LegendEntry, draw_legend, measure_widest
from firstdose.deliver.figures.svg import (
    SMALL_SIZE,
    TEXT_SIZE,
    WIDTH,
    circle,
    figure_of,
    figure_of_nothing,
    group,
    line,
    path,
    shorten_text,
    text,
    wrap_text,
)
from firstdose.terms.words import Language, Text

ParticipantMark = Literal["dlt", "no_dlt", "not_evaluable", "in_window"]
MARKS: dict[ParticipantMark, Text] = {
    "dlt": Text("DLT", "发生 DLT"),
    "no_dlt": Text("No DLT", "无 DLT"),
    "not_evaluable": Text("Not evaluable for DLT", "DLT 不可评价"),
    "in_window": Text("DLT window still open", "DLT 观察窗未结束"),
}
_RADIUS = 7.0
_APART = 18.0
_MOST_IN_ROW = 3
_LINE_HEIGHT = 14.0
_LEVEL_HEIGHT = 58.0
_NARROWEST_SLOT = 76.0
_NO_DATA = Text("No cohort has been opened.", "尚未开放任何队列。")
_TIME = Text("Cohorts in the order in which they were opened", "按开放顺序排列的队列")
_DECISION = Text("Decision", "决定")


class CohortMark(msgspec.Struct, frozen=True, kw_only=True):
    """A participant of a cohort with how they count."""

    participant: str
    counts_as: ParticipantMark


class EscalationCohort(msgspec.Struct, frozen=True, kw_only=True):
    """A cohort at its level (0 is the lowest), and the decision taken on it, if one was taken."""

    label: Text
    level_index: int
    participants: tuple[CohortMark, ...]
    decision: Text | None = None


def render_escalation(
    key: str,
    title: Text,
    levels: Sequence[Text],
    cohorts: Sequence[EscalationCohort],
    *,
    language: Language,
    when_empty: Text = _NO_DATA,
) -> Figure:
    """Participants by cohort and dose level, with the decisions between cohorts.

    Parameters
    ----------
    key, title : str, Text
        Name and title of the figure.
    levels : sequence of Text
        Dose levels, lowest first.
    cohorts : sequence of EscalationCohort
        In the order in which they were opened.
    language : Language
        Language of the words in the drawing.
    when_empty : Text
        Why there is no figure, if there is no cohort.
    """
    if not cohorts:
        return figure_of_nothing(key, title, when_empty, language=language)
    names = [shorten_text(level.in_language(language), 190, TEXT_SIZE) for level in levels]
    left = MARGIN + measure_widest(names, TEXT_SIZE) + 12
    slot = max(_NARROWEST_SLOT, (WIDTH - MARGIN - left) / len(cohorts))
    width = left + slot * len(cohorts) + MARGIN
    entries = [
        LegendEntry(
            words=words.in_language(language), kind=_kind(counts_as), drawn=_draw_mark(0, 0, counts_as)
        )
        for counts_as, words in MARKS.items()
    ]
    legend, legend_height = draw_legend(entries, left=MARGIN, right=width - MARGIN, top=MARGIN)
    most = max((len(cohort.participants) for cohort in cohorts), default=1)
    level_height = max(_LEVEL_HEIGHT, _APART * -(-most // _MOST_IN_ROW) + 22)
    top = MARGIN + legend_height + 8
    bottom = top + level_height * len(levels)
    heights = [bottom - level_height * (i + 0.5) for i in range(len(levels))]
    middles = [left + slot * (i + 0.5) for i in range(len(cohorts))]
    parts = list(legend)
    for y, name in zip(heights, names, strict=True):
        parts += [
            line(left, y, width - MARGIN, y, kind="fd-grid"),
            text(left - 10, y + 4, name, anchor="end"),
        ]
    places = [(x, heights[cohort.level_index]) for x, cohort in zip(middles, cohorts, strict=True)]
    for i in range(len(cohorts) - 1):
        parts.append(
            _draw_step(places[i], places[i + 1], _half_width(cohorts[i]), _half_width(cohorts[i + 1]))
        )
    for (x, y), cohort in zip(places, cohorts, strict=True):
        parts.append(_draw_cohort(x, y, cohort, language))
    parts.append(line(left, bottom, width - MARGIN, bottom, kind="fd-axis"))
    below, height = _draw_labels(cohorts, middles, slot=slot, bottom=bottom, left=left, language=language)
    parts += below
    parts.append(
        text((left + width) / 2, height + 22, _TIME.in_language(language), anchor="middle", kind="fd-muted")
    )
    return figure_of(
        key, title, _describe(levels, cohorts), parts, height=height + 34, width=width, language=language
    )


def _draw_labels(
    cohorts: Sequence[EscalationCohort],
    middles: Sequence[float],
    *,
    slot: float,
    bottom: float,
    left: float,
    language: Language,
) -> tuple[list[str], float]:
    """Cohort names in one row and decisions in the next; and where they end."""
    parts: list[str] = []
    named = [wrap_text(cohort.label.in_language(language), slot - 8, SMALL_SIZE, 2) for cohort in cohorts]
    decided = [
        wrap_text(cohort.decision.in_language(language), slot - 8, SMALL_SIZE) if cohort.decision else ()
        for cohort in cohorts
    ]
    y_decision = bottom + 18 + _LINE_HEIGHT * max(len(lines) for lines in named) + 6
    for x, names, decisions in zip(middles, named, decided, strict=True):
        for i, words in enumerate(names):
            y = bottom + 18 + _LINE_HEIGHT * i
            parts.append(text(x, y, words, size=SMALL_SIZE, anchor="middle", kind="fd-ink fd-strong"))
        for i, words in enumerate(decisions):
            y = y_decision + _LINE_HEIGHT * i
            parts.append(text(x, y, words, size=SMALL_SIZE, anchor="middle"))
    if any(decided):
        words = _DECISION.in_language(language)
        parts.append(text(left - 10, y_decision, words, size=SMALL_SIZE, anchor="end", kind="fd-muted"))
    n_lines = max(len(lines) for lines in decided)
    return parts, y_decision + _LINE_HEIGHT * max(n_lines - 1, 0)


def _draw_cohort(x: float, y: float, cohort: EscalationCohort, language: Language) -> str:
    n = len(cohort.participants)
    n_rows = -(-n // _MOST_IN_ROW)
    drawn: list[str] = []
    for i, each in enumerate(cohort.participants):
        row, column = divmod(i, _MOST_IN_ROW)
        in_row = min(_MOST_IN_ROW, n - row * _MOST_IN_ROW)
        at_x = x + (column - (in_row - 1) / 2) * _APART
        at_y = y + (row - (n_rows - 1) / 2) * _APART
        said = f"{each.participant}: {MARKS[each.counts_as].in_language(language)}"
        drawn.append(group(_kind(each.counts_as), [_draw_mark(at_x, at_y, each.counts_as)], tip=said))
    return "".join(drawn)


def _draw_mark(x: float, y: float, counts_as: ParticipantMark) -> str:
    if counts_as == "dlt":
        return circle(x, y, _RADIUS, kind="fd-fill")
    drawn = circle(x, y, _RADIUS, kind="fd-open", width=1.8)
    if counts_as == "not_evaluable":
        for shift in (-4.5, 0.0, 4.5):
            half = sqrt(_RADIUS**2 - shift**2) / sqrt(2)
            across = shift / sqrt(2)
            ends = [(x + across - half, y + across + half), (x + across + half, y + across - half)]
            drawn += path(ends, kind="fd-line", width=1.3)
    if counts_as == "in_window":
        drawn += circle(x, y, 2.2, kind="fd-fill", width=0)
    return drawn


def _kind(counts_as: ParticipantMark) -> str:
    return {"dlt": "fd-s2", "no_dlt": "fd-s1", "not_evaluable": "fd-s0", "in_window": "fd-s1"}[counts_as]


def _half_width(cohort: EscalationCohort) -> float:
    return (min(_MOST_IN_ROW, max(1, len(cohort.participants))) - 1) / 2 * _APART + _RADIUS + 4


def _draw_step(
    start: tuple[float, float], end: tuple[float, float], half_start: float, half_end: float
) -> str:
    """An arrow in a step: along the level, up or down midway, along the next level."""
    x1, x2 = start[0] + half_start, end[0] - half_end
    middle = (x1 + x2) / 2
    bend = [(x1, start[1]), (middle, start[1]), (middle, end[1]), (x2 - 4, end[1])]
    head = [(x2, end[1]), (x2 - 6, end[1] - 3.5), (x2 - 6, end[1] + 3.5)]
    return group(
        "fd-s0 fd-soft-step",
        [path(bend, kind="fd-guide", width=1.3), path(head, kind="fd-muted", closed=True)],
    )


def _describe(levels: Sequence[Text], cohorts: Sequence[EscalationCohort]) -> Text:
    said_en, said_zh = [], []
    for cohort in cohorts:
        level = levels[cohort.level_index]
        counted = {
            counts_as: sum(each.counts_as == counts_as for each in cohort.participants) for counts_as in MARKS
        }
        en = ", ".join(f"{MARKS[mark].en} {n}" for mark, n in counted.items() if n)
        zh = "，".join(f"{MARKS[mark].zh} {n}" for mark, n in counted.items() if n)
        decided_en = f", decision: {cohort.decision.en}" if cohort.decision else ""
        decided_zh = f"，决定：{cohort.decision.zh}" if cohort.decision else ""
        said_en.append(f"{cohort.label.en} at {level.en}: {en or 'nobody'}{decided_en}")
        said_zh.append(f"{cohort.label.zh}，{level.zh}：{zh or '无人'}{decided_zh}")
    return Text("; ".join(said_en) + ".", "；".join(said_zh) + "。")
