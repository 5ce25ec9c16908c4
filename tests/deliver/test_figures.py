"""Figures are drawn as well-formed SVG whose words stay inside, apart and honest."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from decimal import Decimal
from itertools import combinations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from firstdose.deliver.figures import (
    FIGURE_CSS,
    Bar,
    Category,
    CohortMark,
    EscalationCohort,
    Figure,
    FollowUp,
    LineGroup,
    LinePoint,
    ParticipantLine,
    RatePoint,
    RateSeries,
    ResponseSpan,
    StepCurve,
    SwimmerBar,
    VisitTick,
    WaterfallBar,
    render_bars,
    render_escalation,
    render_lines,
    render_rates,
    render_steps,
    render_swimmer,
    render_waterfall,
)
from firstdose.deliver.figures.escalation import MARKS
from firstdose.deliver.figures.steps import count_at_risk
from firstdose.deliver.figures.style import DARK, LIGHT, N_SERIES, choose_dash, choose_shape, name_series
from firstdose.deliver.figures.svg import measure_text
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Language, Text

SVG = "{http://www.w3.org/2000/svg}"
Draw = Callable[[Language, Text, str], Figure]
TITLE = Text("Title", "标题")
DAYS = (0, 1, 3, 7, 10, 14, 21, 28, 42, 56, 84, 168, 364)

SHORT = Text("Level 2", "剂量 2")
LONG = Text(
    "Three hundred million cells per kilogram, repeated three times, after lymphodepletion with "
    "fludarabine and cyclophosphamide",
    "每公斤三亿个细胞，重复输注三次，于氟达拉滨和环磷酰胺清淋预处理之后给药并在医院密切观察至少十四天",
)
HOSTILE = Text("<script>alert('1')</script> & \"]]>\x00\x1b", "<script>alert('1')</script> & \"]]>\x00\x1b")


def _lines(language: Language, label: Text, who: str, **kinds: object) -> Figure:
    groups = [
        LineGroup(
            label=Text(f"{i} {label.en}", f"{i} {label.zh}"),
            participants=(
                ParticipantLine(
                    participant=who,
                    points=tuple(
                        LinePoint(time_d=day, level=None if day > 50 else 10 ** (i + day % 4)) for day in DAYS
                    ),
                ),
            ),
            summary=tuple(LinePoint(time_d=day, level=10.0 ** (i + 1)) for day in DAYS),
        )
        for i in range(4)
    ]
    return render_lines(
        "lines",
        label,
        groups,
        language=language,
        y_title=label,
        y_scale="linear" if "linear" in kinds else "log",
        time_unit="week" if "week" in kinds else "day",
        visits=[VisitTick(day=day, label=Text(f"Day {day}", f"第 {day} 天")) for day in DAYS]
        if "visits" in kinds
        else (),
        lower_limit_of_quantification=25,
        summary_label=Text("Geometric mean", "几何均值"),
        is_in_panels="panels" in kinds,
    )


def _lines_at_visits(language: Language, label: Text, who: str) -> Figure:
    return _lines(language, label, who, visits=True)


def _lines_linear(language: Language, label: Text, who: str) -> Figure:
    return _lines(language, label, who, linear=True, week=True)


def _lines_in_panels(language: Language, label: Text, who: str) -> Figure:
    return _lines(language, label, who, panels=True)


def _steps(language: Language, label: Text, who: str) -> Figure:
    curve = StepCurve(
        label=label,
        follow_ups=(
            FollowUp(participant=who, time_d=30, has_event=True),
            FollowUp(participant="P-2", time_d=364, has_event=False),
        ),
        steps=((30, 0.5),),
    )
    other = StepCurve(label=SHORT, follow_ups=curve.follow_ups, steps=())
    return render_steps("steps", label, [curve, other], language=language, y_title=label)


def _bars(language: Language, label: Text, _who: str) -> Figure:
    categories = [Category(key=str(i), label=Text(f"{i} {label.en}", f"{i} {label.zh}")) for i in range(5)]
    bars = [Bar(label=label, n_all=6, counts=(i, 1, 0, 2, 1)) for i in range(7)]
    return render_bars("bars", label, bars, categories, language=language, y_title=label)


def _rates(language: Language, label: Text, _who: str) -> Figure:
    points = (RatePoint(n=3, n_all=6, low=0.1181, high=0.8819), RatePoint(n=0, n_all=0), None)
    visits = [Text("Week 4", "第 4 周"), label, Text("Week 12", "第 12 周")]
    series = [RateSeries(label=label, points=points), RateSeries(label=SHORT, points=points)]
    return render_rates("rates", label, visits, series, language=language, y_title=label)


def _escalation(language: Language, label: Text, who: str) -> Figure:
    marks = [CohortMark(participant=who, counts_as=counts_as) for counts_as in MARKS]
    cohorts = [
        EscalationCohort(
            label=label, level_index=i % 3, participants=tuple(marks[: i % 5] * 2), decision=label
        )
        for i in range(11)
    ]
    levels = [Text(f"{i} {label.en}", f"{i} {label.zh}") for i in range(3)]
    return render_escalation("escalation", label, levels, cohorts, language=language)


def _swimmer(language: Language, label: Text, who: str) -> Figure:
    bars = [
        SwimmerBar(
            participant=f"{i} {who}",
            group=label,
            last_d=100 + i,
            is_ongoing=i == 1,
            infusions_d=(0, 7, 14),
            dlts_d=(9,),
            responses=(ResponseSpan(first_d=28, last_d=84), ResponseSpan(first_d=98)),
            withdrew_d=100 + i if i == 0 else None,
        )
        for i in range(5)
    ]
    return render_swimmer("swimmer", label, bars, language=language, response_label=label, time_unit="week")


def _waterfall(language: Language, label: Text, who: str) -> Figure:
    bars = [WaterfallBar(participant=f"{i} {who}", group=label, change=Decimal(i - 20)) for i in range(30)]
    bars.append(WaterfallBar(participant="P-99", group=SHORT, change=NotDerived("no_baseline")))
    return render_waterfall(
        "waterfall", label, bars, language=language, y_title=label, thresholds=(Decimal(-4),)
    )


FIGURES: dict[str, Draw] = {
    "lines at visits": _lines_at_visits,
    "lines, linear, in weeks": _lines_linear,
    "lines in panels": _lines_in_panels,
    "steps": _steps,
    "bars": _bars,
    "rates": _rates,
    "escalation": _escalation,
    "swimmer": _swimmer,
    "waterfall": _waterfall,
}
WORDS = {
    "short": (SHORT, "P-0001"),
    "long": (LONG, "SITE-0003-PARTICIPANT-0017"),
    "hostile": (HOSTILE, "<P&>"),
}

every_figure = pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES.keys())
every_word = pytest.mark.parametrize(("label", "who"), WORDS.values(), ids=WORDS.keys())
both_languages = pytest.mark.parametrize("language", ["en", "zh"])


def _parse(figure: Figure) -> ET.Element:
    return ET.fromstring(figure.svg)  # noqa: S314 - our own drawing


def _boxes(figure: Figure) -> list[tuple[str, float, float, float, float]]:
    """Words with left, top, right and bottom, measured as the drawing measures them."""
    boxes = []
    for element in _parse(figure).iter(f"{SVG}text"):
        words, size = element.text or "", float(element.attrib["font-size"])
        x, y = float(element.attrib["x"]), float(element.attrib["y"])
        width = measure_text(words, size)
        before = {"start": 0.0, "middle": width / 2, "end": width}[element.attrib["text-anchor"]]
        if "transform" in element.attrib:
            boxes.append((words, x - 0.8 * size, y + before - width, x + 0.2 * size, y + before))
        else:
            boxes.append((words, x - before, y - 0.8 * size, x - before + width, y + 0.2 * size))
    return boxes


@every_figure
@every_word
@both_languages
def test_all_words_stay_in_the_drawing_and_apart(
    draw: Draw, label: Text, who: str, language: Language
) -> None:
    figure = draw(language, label, who)
    _, _, width, height = map(float, _parse(figure).attrib["viewBox"].split())
    boxes = _boxes(figure)
    assert boxes
    for words, left, top, right, bottom in boxes:
        assert left >= 0, words
        assert top >= 0, words
        assert right <= width, words
        assert bottom <= height, words
    for one, two in combinations(boxes, 2):
        is_apart = one[3] <= two[1] or two[3] <= one[1] or one[4] <= two[2] or two[4] <= one[2]
        assert is_apart, (one, two)


@every_figure
@both_languages
def test_a_hostile_label_stays_text(draw: Draw, language: Language) -> None:
    root = _parse(draw(language, HOSTILE, "<P&>"))
    assert not list(root.iter(f"{SVG}script"))
    assert "<script>" in (root.findtext(f"{SVG}title") or "")


@every_figure
@both_languages
def test_a_figure_is_named_and_described_for_those_who_do_not_see_it(draw: Draw, language: Language) -> None:
    figure = draw(language, SHORT, "P-0001")
    root = _parse(figure)
    assert root.attrib["role"] == "img"
    named = {element.attrib["id"]: element.text for element in root if "id" in element.attrib}
    said = [named[name] for name in root.attrib["aria-labelledby"].split()]
    assert said == [figure.title.in_language(language), figure.description.in_language(language)]


@every_figure
def test_the_same_figure_is_the_same_bytes(draw: Draw) -> None:
    first, second = draw("en", SHORT, "P-0001"), draw("en", SHORT, "P-0001")
    assert first.svg.encode() == second.svg.encode()


@every_figure
def test_no_style_attribute_or_outside_address_is_in_a_figure(draw: Draw) -> None:
    page = draw("en", SHORT, "P-0001").svg_for_page
    assert " style=" not in page
    assert "<style" not in page
    assert set(re.findall(r"https?://[^\"]+", page)) == {"http://www.w3.org/2000/svg"}


EMPTY: dict[str, Callable[[Language, Text], Figure]] = {
    "lines": lambda language, why: render_lines(
        "e", TITLE, [], language=language, y_title=TITLE, when_empty=why
    ),
    "lines without a point": lambda language, why: render_lines(
        "e", TITLE, [LineGroup(label=SHORT)], language=language, y_title=TITLE, when_empty=why
    ),
    "steps": lambda language, why: render_steps(
        "e", TITLE, [], language=language, y_title=TITLE, when_empty=why
    ),
    "bars": lambda language, why: render_bars(
        "e", TITLE, [], [], language=language, y_title=TITLE, when_empty=why
    ),
    "bars of nobody": lambda language, why: render_bars(
        "e",
        TITLE,
        [Bar(label=SHORT, n_all=0, counts=(0,))],
        [Category(key="1", label=SHORT)],
        language=language,
        y_title=TITLE,
        when_empty=why,
    ),
    "rates": lambda language, why: render_rates(
        "e", TITLE, [], [], language=language, y_title=TITLE, when_empty=why
    ),
    "escalation": lambda language, why: render_escalation(
        "e", TITLE, [SHORT], [], language=language, when_empty=why
    ),
    "swimmer": lambda language, why: render_swimmer(
        "e", TITLE, [], language=language, response_label=SHORT, when_empty=why
    ),
    "waterfall, nobody derived": lambda language, why: render_waterfall(
        "e",
        TITLE,
        [WaterfallBar(participant="P-1", group=SHORT, change=NotDerived("no_baseline"))],
        language=language,
        y_title=TITLE,
        when_empty=why,
    ),
}


@pytest.mark.parametrize("draw", EMPTY.values(), ids=EMPTY.keys())
@both_languages
def test_a_figure_without_data_says_why(draw: Callable[[Language, Text], Figure], language: Language) -> None:
    why = Text("The first infusion is planned.", "首次输注尚在计划中。")
    figure = draw(language, why)
    assert [words for words, *_ in _boxes(figure)] == [why.in_language(language)]


@given(
    st.lists(
        st.tuples(
            st.floats(-30, 400, allow_nan=False),
            st.one_of(st.none(), st.just(0.0), st.floats(-1e3, 1e9, allow_nan=False)),
        ),
        min_size=1,
        max_size=12,
    ),
    st.sampled_from([None, Decimal(0), Decimal(25)]),
)
@example(points=[(0.0, 5e-324), (1.0, 1e308)], lloq=None)
@settings(max_examples=60)
def test_a_logarithmic_axis_bears_zeros_and_values_below_quantification(
    points: list[tuple[float, float | None]], lloq: Decimal | None
) -> None:
    line = ParticipantLine(
        participant="P-1", points=tuple(LinePoint(time_d=day, level=level) for day, level in points)
    )
    figure = render_lines(
        "log",
        TITLE,
        [LineGroup(label=SHORT, participants=(line,))],
        language="en",
        y_title=TITLE,
        y_scale="log",
        lower_limit_of_quantification=lloq,
    )
    words = [words for words, *_ in _boxes(figure)]
    assert any("< LLOQ" in each for each in words) == any(level is None for _, level in points)
    assert any("≤ 0" in each for each in words) == any(
        level is not None and level <= 0 for _, level in points
    )


def test_a_value_below_quantification_breaks_the_line_and_is_an_open_mark() -> None:
    levels = (100, 200, None, 300, 400)
    line = ParticipantLine(
        participant="P-1", points=tuple(LinePoint(time_d=i, level=level) for i, level in enumerate(levels))
    )
    figure = render_lines(
        "broken", TITLE, [LineGroup(label=SHORT, participants=(line,))], language="en", y_title=TITLE
    )
    root = _parse(figure)
    runs = [p for p in root.iter(f"{SVG}path") if p.attrib["class"] == "fd-line"]
    assert len(runs) == 2
    in_plot = [g for g in root.iter(f"{SVG}g") if g.attrib["class"] == "fd-each"]
    assert sum(p.attrib["class"] == "fd-open" for g in in_plot for p in g.iter(f"{SVG}path")) == 1


def test_each_way_of_counting_in_the_dose_decision_is_drawn_in_its_own_way() -> None:
    drawn = {}
    for counts_as in MARKS:
        cohort = EscalationCohort(
            label=SHORT, level_index=0, participants=(CohortMark(participant="P-1", counts_as=counts_as),)
        )
        root = _parse(render_escalation("e", TITLE, [SHORT], [cohort], language="en"))
        mark = next(g for g in root.iter(f"{SVG}g") if (g.findtext(f"{SVG}title") or "").startswith("P-1"))
        drawn[counts_as] = tuple(
            (child.tag, child.attrib["class"]) for child in mark if "class" in child.attrib
        )
    assert len(set(drawn.values())) == len(MARKS)
    assert drawn["dlt"] == ((f"{SVG}circle", "fd-fill"),)
    assert drawn["no_dlt"] == ((f"{SVG}circle", "fd-open"),)


def test_who_has_no_change_is_named_with_the_reason() -> None:
    words = " ".join(words for words, *_ in _boxes(_waterfall("en", SHORT, "P")))
    assert "P-99 (no baseline)" in words


# fmt: off
AT_RISK = {
    "at the start everybody":           (0, 3),
    "on the day of an event":           (30, 3),
    "the day after an event":           (31, 2),
    "on the day follow-up ended":       (60, 2),
    "after everybody":                  (61, 0),
}
# fmt: on


@pytest.mark.parametrize(("day", "n"), AT_RISK.values(), ids=AT_RISK.keys())
def test_the_number_at_risk_counts_those_still_followed(day: int, n: int) -> None:
    follow_ups = tuple(
        FollowUp(participant=f"P-{i}", time_d=time_d, has_event=time_d == 30)
        for i, time_d in enumerate((30, 60, 60))
    )
    assert count_at_risk(follow_ups, day) == n


def test_bars_with_more_categories_than_shades_are_not_drawn() -> None:
    categories = [Category(key=str(i), label=SHORT) for i in range(7)]
    bars = [Bar(label=SHORT, n_all=1, counts=(1,) * 7)]
    with pytest.raises(ValueError, match="at most 6"):
        render_bars("b", TITLE, bars, categories, language="en", y_title=TITLE)


def _luminance(colour: str) -> float:
    # WCAG 2.2, definition of relative luminance
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, two: str) -> float:
    low, high = sorted((_luminance(one), _luminance(two)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_series_and_words_have_the_contrast_that_wcag_asks_for(theme: dict[str, str]) -> None:
    for i in range(1, N_SERIES + 1):
        assert _contrast(theme[f"s{i}"], theme["paper"]) >= 3, f"s{i}"
    for name in ("ink", "muted"):
        assert _contrast(theme[name], theme["paper"]) >= 4.5, name
    assert _contrast(theme["muted"], theme["grid"]) >= 4.5
    for i in range(6):
        assert _contrast(theme[f"r{i}"], "#ffffff" if i >= 3 else "#1d2530") >= 3.5, f"r{i}"


def test_no_two_of_twelve_series_look_the_same_without_colour_and_hue_together() -> None:
    looks = {(name_series(i), choose_shape(i), choose_dash(i)) for i in range(12)}
    assert len(looks) == 12
    assert len({choose_shape(i) for i in range(N_SERIES)}) == N_SERIES


def test_a_dark_page_gets_dark_colours_and_paper_stays_light_in_print() -> None:
    assert "@media screen and (prefers-color-scheme:dark)" in FIGURE_CSS
