"""Results of dose finding as a committee sees them: every number readable, in both languages, without colour."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from decimal import Decimal
from itertools import combinations

import msgspec
import numpy as np
import pytest

from firstdose.deliver.design.characteristics import (
    Computed,
    draw_characteristics,
    tabulate_scenario,
    tabulate_scenarios,
)
from firstdose.deliver.design.comparison import draw_comparison, tabulate_comparison
from firstdose.deliver.design.decision_tables import tabulate_decision_table
from firstdose.deliver.design.paths import build_tree, draw_paths, tabulate_paths
from firstdose.deliver.figures.figure import Figure
from firstdose.deliver.figures.level_bars import MOST_PANELS, LevelPanel, LevelSlot, render_level_bars
from firstdose.deliver.figures.path_tree import MOST_ENDS, TreeNode, count_ends
from firstdose.deliver.figures.svg import measure_text
from firstdose.deliver.plain_text import measure_columns, render_plain_text
from firstdose.deliver.tables import Table
from firstdose.design import (
    TITLES,
    DesignSpecification,
    Tallies,
    Titration,
    compile_table,
    compute_scenarios,
    enumerate_final_states,
    enumerate_paths,
)
from firstdose.design.comparison import COUNT_RULES, specify_rule
from firstdose.design.specification import RULES, UTILITY_RULES
from firstdose.terms.words import Language, Text

SVG = "{http://www.w3.org/2000/svg}"
KEYS = tuple(f"SAD-{level}" for level in range(1, 7))
RATES = np.array([[0.05, 0.10, 0.18, 0.25, 0.35, 0.45], [0.40, 0.50, 0.60, 0.70, 0.80, 0.90]])
NAMES = (Text("Main scenario", "主要情景"), Text("All too toxic", "均毒性过大"))
TITLE = Text(
    "BOIN, target DLT rate 0.25, up to 18 participants, after what has been seen in the first four cohorts of the "
    "trial, at which the committee looks today",
    "BOIN，目标DLT率0.25，至多18例，基于委员会今日审阅的本试验前四个队列的全部观察结果",
)
OWN = DesignSpecification(
    rule="boin",
    n_levels=6,
    target_rate=Decimal("0.25"),
    max_n=18,
    max_n_per_level=6,
    mtd_min_n=6,
    titration=Titration(until_level=3),
)
TABLE = compile_table(OWN)
SO_FAR = Tallies((1, 1, 3, 0, 0, 0), (0, 0, 1, 0, 0, 0), (0,) * 6)

both_languages = pytest.mark.parametrize("language", ["en", "zh"])


def _compute(spec: DesignSpecification) -> Computed:
    finals = enumerate_final_states(compile_table(spec))
    return Computed(
        specification=spec,
        level_keys=KEYS,
        names=NAMES,
        true_rates=RATES,
        found=compute_scenarios(finals, RATES),
        basis=Text(f"exact, {len(finals.mtd)} final states", f"精确计算，{len(finals.mtd)}个终态"),
    )


COMPUTED = _compute(OWN)
DESIGNS = [_compute(specify_rule(OWN, rule)) for rule in COUNT_RULES]

DRAWN: dict[str, Callable[[Language], Figure]] = {
    "characteristics": lambda language: draw_characteristics(COMPUTED, TITLE, language=language),
    "three rules": lambda language: draw_comparison(DESIGNS[:3], TITLE, language=language),
    "eight rules": lambda language: draw_comparison(DESIGNS, TITLE, language=language),
    "one cohort": lambda language: draw_paths(
        enumerate_paths(TABLE, SO_FAR, 3, 1), KEYS, TITLE, language=language
    ),
    "three cohorts with probabilities": lambda language: draw_paths(
        enumerate_paths(TABLE, SO_FAR, 3, 3), KEYS, TITLE, language=language, true_rates=RATES[0].tolist()
    ),
    "seven cohorts": lambda language: draw_paths(
        enumerate_paths(TABLE, Tallies((6, 3, 3, 0, 0, 0), (1, 0, 1, 0, 0, 0), (0,) * 6), 3, 7),
        KEYS,
        TITLE,
        language=language,
    ),
}
every_figure = pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN.keys())


def _parse(figure: Figure) -> ET.Element:
    return ET.fromstring(figure.svg)  # noqa: S314 - our own drawing


@every_figure
@both_languages
def test_all_words_stay_in_the_drawing_and_apart(
    draw: Callable[[Language], Figure], language: Language
) -> None:
    root = _parse(draw(language))
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    boxes = []
    for element in root.iter(f"{SVG}text"):
        words, size = element.text or "", float(element.attrib["font-size"])
        x, y, wide = float(element.attrib["x"]), float(element.attrib["y"]), measure_text(words, size)
        before = {"start": 0.0, "middle": wide / 2, "end": wide}[element.attrib["text-anchor"]]
        if "transform" in element.attrib:
            boxes.append((words, x - 0.8 * size, y + before - wide, x + 0.2 * size, y + before))
        else:
            boxes.append((words, x - before, y - 0.8 * size, x - before + wide, y + 0.2 * size))
    assert boxes
    for words, left, top, right, bottom in boxes:
        assert left >= 0, words
        assert top >= 0, words
        assert right <= width, words
        assert bottom <= height, words
    for one, two in combinations(boxes, 2):
        assert one[3] <= two[1] or two[3] <= one[1] or one[4] <= two[2] or two[4] <= one[2], (one, two)


@every_figure
@both_languages
def test_who_does_not_see_the_figure_is_told_what_it_shows(
    draw: Callable[[Language], Figure], language: Language
) -> None:
    figure = draw(language)
    root = _parse(figure)
    named = {element.attrib["id"]: element.text for element in root if "id" in element.attrib}
    said = [named[name] for name in root.attrib["aria-labelledby"].split()]
    assert said == [TITLE.in_language(language), figure.description.in_language(language)]
    assert "SAD-1" in (said[1] or "")


def test_the_description_of_selections_holds_every_percentage_of_the_drawing() -> None:
    description = draw_comparison(DESIGNS, TITLE, language="en").description.en
    for computed in DESIGNS:
        name = TITLES[computed.specification.rule].en
        for place, scenario in enumerate(NAMES):
            shares = (*computed.found.p_selected[place], computed.found.p_none[place])
            opening = f"{scenario.en}, {name}, Selected as MTD (%): "
            told = description.split(opening)[1].split(";")[0].rstrip(".")
            numbers = [float(one.split(" ")[1]) for one in told.split(", ")]
            assert numbers == pytest.approx([100 * share for share in shares], abs=0.0501)


def test_rules_differ_in_more_than_their_colour() -> None:
    root = _parse(draw_comparison(DESIGNS, TITLE, language="en"))
    looks: dict[str, set[tuple[str, ...]]] = {}
    for group in root.iter(f"{SVG}g"):
        name, _, level = (group.findtext(f"{SVG}title") or "").partition(", SAD-1: ")
        if level:
            rect, *marks = [child for child in group if child.tag != f"{SVG}title"]
            looks.setdefault(name, set()).add((rect.attrib["class"], *(_shape_of(mark) for mark in marks)))
    assert list(looks) == [TITLES[rule].en for rule in COUNT_RULES]
    assert len({frozenset(look) for look in looks.values()}) == len(COUNT_RULES)


def _shape_of(mark: ET.Element) -> str:
    """The drawing of a mark without its place."""
    numbers = [float(number) for number in re.findall(r"[\d.]+", mark.attrib.get("d", ""))]
    corners = list(zip(numbers[::2], numbers[1::2], strict=True))
    if not corners:
        return mark.tag
    (x, y), steps = corners[0], re.sub(r"[\d. ]+", "", mark.attrib["d"])
    return steps + " ".join(f"{cx - x:.0f} {cy - y:.0f}" for cx, cy in corners)


def test_the_correct_level_is_marked_in_each_scenario() -> None:
    root = _parse(draw_characteristics(COMPUTED, TITLE, language="en"))
    strong = [
        element.text
        for element in root.iter(f"{SVG}text")
        if element.attrib["class"] == "fd-ink fd-strong" and element.attrib["text-anchor"] == "middle"
    ]
    # in the first scenario level 4, in both panels; in the second the selection of none
    assert strong == ["SAD-4", "SAD-4", "none"]


def test_the_tree_shows_every_outcome_and_joins_those_with_one_recommendation() -> None:
    paths = enumerate_paths(TABLE, SO_FAR, 3, 2)
    root = build_tree(paths, KEYS, true_rates=RATES[0].tolist())
    assert root is not None
    ends = _ends(root, 1.0)
    assert sum(share for _, share in ends) == pytest.approx(1, abs=1e-12)
    assert len(ends) == count_ends(root) < len(paths)
    shares: dict[str, float] = {}
    for path in paths:
        key = path.action.value if path.level is None else f"{path.action.value} {KEYS[path.level - 1]}"
        shares[key] = shares.get(key, 0.0) + path.compute_probability(RATES[0].tolist())
    drawn: dict[str, float] = {}
    for label, share in ends:
        drawn[label] = drawn.get(label, 0.0) + share
    assert sorted(drawn.values()) == pytest.approx(sorted(shares.values()), abs=1e-12)


def _ends(node: TreeNode, share: float) -> list[tuple[str, float]]:
    if not node.branches:
        return [(re.sub(r"\d+ at ", "at ", node.label.en), share)]
    return [end for b in node.branches for end in _ends(b.node, b.probability or 0.0)]


def test_a_more_probable_branch_is_wider() -> None:
    figure = draw_paths(
        enumerate_paths(TABLE, SO_FAR, 3, 1), KEYS, TITLE, language="en", true_rates=RATES[0].tolist()
    )
    widths = [
        float(path.attrib["stroke-width"])
        for path in _parse(figure).iter(f"{SVG}path")
        if path.attrib["class"] == "fd-line"
    ]
    assert widths == sorted(widths, reverse=True)
    assert widths[0] > 2 * widths[-1]


@both_languages
def test_a_part_that_has_ended_has_no_tree_and_says_so(language: Language) -> None:
    toxic = Tallies((6, 0, 0, 0, 0, 0), (5, 0, 0, 0, 0, 0), (0,) * 6)
    figure = draw_paths(enumerate_paths(TABLE, toxic, 1, 2), KEYS, TITLE, language=language)
    words = " ".join(element.text or "" for element in _parse(figure).iter(f"{SVG}text"))
    assert ("The part has ended" if language == "en" else "该部分已结束") in words


def test_a_tree_that_cannot_be_read_is_not_drawn() -> None:
    wide = compile_table(
        DesignSpecification(
            rule="boin", n_levels=6, target_rate=Decimal("0.25"), max_n=36, max_n_per_level=36, mtd_min_n=6
        )
    )
    nobody = Tallies((0,) * 6, (0,) * 6, (0,) * 6)
    with pytest.raises(ValueError, match=f"{MOST_ENDS} can be read"):
        draw_paths(enumerate_paths(wide, nobody, 1, 6), KEYS, TITLE, language="en")


def test_more_panels_than_can_be_read_are_not_drawn() -> None:
    slot = LevelSlot(label=Text("1", "1"), below=Text("", ""))
    panel = LevelPanel(heading=TITLE, y_title=TITLE, slots=(slot,), values=((1.0,),))
    with pytest.raises(ValueError, match="can be read"):
        render_level_bars("b", TITLE, [panel] * (MOST_PANELS + 1), (), language="en")
    with pytest.raises(ValueError, match="one value for each"):
        render_level_bars("b", TITLE, [panel], (TITLE, TITLE), language="en")


def test_without_a_design_the_figure_says_so() -> None:
    assert "no design to show" in render_level_bars("b", TITLE, [], (), language="en").svg


TABLES: dict[str, Callable[[], Table]] = {
    "decision table": lambda: tabulate_decision_table(TABLE, TITLE),
    "one scenario": lambda: tabulate_scenario(COMPUTED, TITLE),
    "scenarios": lambda: tabulate_scenarios(COMPUTED, TITLE),
    "comparison": lambda: tabulate_comparison(
        DESIGNS, TITLE, [Text("One rule is left out.", "未纳入一种规则。")]
    ),
    "paths": lambda: tabulate_paths(
        enumerate_paths(TABLE, SO_FAR, 3, 3), KEYS, TITLE, true_rates=RATES[0].tolist()
    ),
}


@pytest.mark.parametrize("tabulate", TABLES.values(), ids=TABLES.keys())
@both_languages
def test_the_columns_of_a_table_stand_under_each_other(
    tabulate: Callable[[], Table], language: Language
) -> None:
    table = tabulate()
    lines = render_plain_text(table, language).splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(table.stubhead.in_language(language)))
    groups = {row.group.in_language(language) for row in table.rows if row.group}
    body = [line for line in lines[start + 1 :] if line and line not in groups][: len(table.rows)]
    # the last column holds numbers, flush right: header and rows end at one place
    assert {measure_columns(line) for line in body} == {measure_columns(lines[start])}
    for row, line in zip(table.rows, body, strict=True):
        assert line.startswith(row.stub.in_language(language))
        assert line.endswith(row.cells[-1].shown.in_language(language))
    for note in table.footnotes:
        assert note.in_language(language) in lines


def test_a_table_without_rows_is_its_title_and_its_notes() -> None:
    without_rows = msgspec.structs.replace(tabulate_decision_table(TABLE, TITLE), rows=())
    lines = render_plain_text(without_rows, "en").splitlines()
    assert lines[0].startswith("Decision table: BOIN")
    assert not any("Evaluable" in line for line in lines)


def test_a_simulated_number_stands_with_its_standard_error() -> None:
    from firstdose.design.exact.scenarios import ScenarioCharacteristics  # noqa: PLC0415 - for this test alone

    names = ScenarioCharacteristics.__struct_fields__
    errors = ScenarioCharacteristics(
        **{name: np.full_like(getattr(COMPUTED.found, name), 0.004) for name in names}
    )
    simulated = Computed(
        specification=OWN,
        level_keys=KEYS,
        names=NAMES,
        true_rates=RATES,
        found=COMPUTED.found,
        errors=errors,
        n_trials=10_000,
        basis=Text("simulated", "模拟"),
    )
    cells = tabulate_scenario(simulated, TITLE).rows[0].cells
    assert [cell.shown.en.split(" ")[-1] for cell in cells[1:]] == ["(0.40)", "(0.004)", "(0.004)"]
    # of a correct selection: that of a proportion, sqrt(p (1 - p) / (n - 1))
    p = float(simulated.p_correct[0])
    error = simulated.find_error_of_p_correct(p)
    assert error == pytest.approx((p * (1 - p) / 9_999) ** 0.5)
    exact = COMPUTED.find_error_of_p_correct(p)
    assert exact is None


def test_every_rule_has_its_published_name() -> None:
    assert set(TITLES) == {*RULES, *UTILITY_RULES}
    assert all(title.en and title.zh for title in TITLES.values())
