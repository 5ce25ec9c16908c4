"""The whole trial as tables and a figure: what a committee reads is what was computed, and says how."""

import re
import xml.etree.ElementTree as ET
from functools import cache
from itertools import combinations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.trials import bundled_protocol

from firstdose.deliver.design.trial_dates import DATES, tabulate_dates, tabulate_dates_of_scenarios
from firstdose.deliver.design.trial_figure import draw_whole_trial
from firstdose.deliver.design.trial_sensitivity import tabulate_sensitivity_rows
from firstdose.deliver.design.whole_trial import (
    find_quantile,
    tabulate_endings,
    tabulate_participants,
    tabulate_selection,
)
from firstdose.deliver.figures.svg import measure_text
from firstdose.deliver.plain_text import render_plain_text
from firstdose.deliver.tables import Cell, Table
from firstdose.simulate.whole_trial import (
    QUANTILES,
    SensitivityRow,
    SimulatedCalendar,
    TrialPlan,
    Truth,
    WholeTrial,
    compute_whole_trial,
    list_scenarios,
    list_variants,
    plan_trial,
    simulate_calendar,
    spread_evenly,
    tabulate_sensitivity,
)
from firstdose.terms.words import Language, Text

SVG = "{http://www.w3.org/2000/svg}"
TITLE = Text("Whole trial, 36 participants. Scenario A", "全试验，36例。情景A")
A, B, C, D, E = list_scenarios()
HARMLESS = Truth(name="1", single_dose_rates=(0.0,) * 6)
DEADLY = Truth(name="1", single_dose_rates=(1.0,) * 6)
SCENARIOS = {"A": A, "C": C, "E": E, "harmless": HARMLESS, "deadly": DEADLY}


@cache
def kn5501() -> TrialPlan:
    plan = plan_trial(bundled_protocol())
    assert isinstance(plan, TrialPlan)
    return plan


@cache
def whole(truth: Truth) -> WholeTrial:
    found = compute_whole_trial(kn5501(), truth)
    assert isinstance(found, WholeTrial)
    return found


@cache
def calendar(truth: Truth, n_trials: int = 300) -> SimulatedCalendar:
    plan = kn5501()
    found = simulate_calendar(plan, truth, spread_evenly(plan), seed=11, n_trials=n_trials)
    assert isinstance(found, SimulatedCalendar)
    return found


def tables_of(truth: Truth) -> list[Table]:
    plan, found = kn5501(), whole(truth)
    return [
        tabulate_selection(plan, found, TITLE),
        tabulate_participants(plan, found, TITLE),
        tabulate_endings(found, TITLE),
        tabulate_dates(calendar(truth), TITLE),
    ]


def cells_of(table: Table, key: str, group: str = "") -> dict[str, Cell]:
    place = [column.key for column in table.columns].index(key)
    return {
        row.stub.en: row.cells[place]
        for row in table.rows
        if not group or (row.group is not None and row.group.en == group)
    }


def shown(table: Table, key: str, group: str = "") -> dict[str, str]:
    return {stub: cell.shown.en for stub, cell in cells_of(table, key, group).items()}


def number(cell: Cell) -> float:
    assert isinstance(cell.value, int | float)
    return float(cell.value)


def sensitivity() -> tuple[SensitivityRow, ...]:
    found = tabulate_sensitivity(list_variants(kn5501())[:3], [A, E])
    assert isinstance(found, tuple)
    return found


# --- the tables


# Without any DLT everything is certain: 1 + 1 + 3 + 3 + 3 + 6 single doses, four regimens of three, and the seven places
# that are left of the twelve wanted.
def test_a_trial_without_any_dlt_is_told_as_certain() -> None:
    selection, participants, endings, _ = tables_of(HARMLESS)
    assert shown(selection, "p_selected", "Single doses")["SAD-6"] == "100.0"
    assert shown(selection, "mean_n", "Single doses") == {
        "SAD-1": "1.00", "SAD-2": "1.00", "SAD-3": "3.00", "SAD-4": "3.00", "SAD-5": "3.00", "SAD-6": "6.00",
        "none": "–",
    }  # fmt: skip
    assert shown(selection, "mean_n_expanded", "Multiple doses") == {
        "M1": "0.00", "M2": "0.00", "M3": "4.00", "M4": "3.00", "none": "–",
    }  # fmt: skip
    assert shown(selection, "p_expanded", "Multiple doses") == {
        "M1": "0.0", "M2": "0.0", "M3": "100.0", "M4": "100.0", "none": "–",
    }  # fmt: skip
    for key in ("n_q05", "n_q50", "n_q95"):
        assert list(shown(participants, key).values()) == ["17", "12", "7", "36"]
    assert list(shown(participants, "p_not_enough").values()) == ["0.0", "0.0", "100.0", "100.0"]
    assert (
        shown(endings, "probability")["M3 and M4"]
        == shown(endings, "probability")["the trial is complete"]
        == "100.0"
    )


@pytest.mark.parametrize("name", SCENARIOS)
def test_selections_and_endings_add_up_to_a_hundred_percent(name: str) -> None:
    selection, _, endings, _ = tables_of(SCENARIOS[name])
    for table, key, groups in (
        (selection, "p_selected", ("Single doses", "Multiple doses")),
        (endings, "probability", ("Regimens expanded", "One of these ends")),
    ):
        for group in groups:
            cells = cells_of(table, key, group).values()
            assert sum(number(cell) for cell in cells) == pytest.approx(1, abs=1e-12), group


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_parts_add_up_to_the_whole_trial(name: str) -> None:
    selection, participants, _, _ = tables_of(SCENARIOS[name])
    for key in ("mean_n", "mean_n_dlt", "mean_n_overdose"):
        *parts, total = (number(cell) for cell in cells_of(participants, key).values())
        assert sum(parts) == pytest.approx(total, abs=1e-9)
    for part, group in (("Single doses",) * 2, ("Multiple doses",) * 2):
        levels = [cell for stub, cell in cells_of(selection, "mean_n", group).items() if stub != "none"]
        total = number(cells_of(participants, "mean_n")[part])
        assert sum(number(cell) for cell in levels) == pytest.approx(total, abs=1e-9)


def test_what_was_right_to_select_is_said_with_its_probability() -> None:
    said = tables_of(A)[0].footnotes[0]
    mtd = shown(tables_of(A)[0], "p_selected", "Single doses")["SAD-4"]
    none = shown(tables_of(A)[0], "p_selected", "Multiple doses")["none"]
    # three infusions of the third dose: 1 - 0.82 ** 3 = 0.449, above the limit of 0.33
    assert f"Right: SAD-4 as MTD ({mtd} %) and none as regimen ({none} %)" in said.en
    assert f"MTD为SAD-4（{mtd} %），方案为无（{none} %）" in said.zh


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_table_says_whether_it_is_exact_or_simulated(name: str) -> None:
    *exact, simulated = tables_of(SCENARIOS[name])
    rows = tabulate_sensitivity_rows(sensitivity(), TITLE, by_scenario=False)
    many = tabulate_dates_of_scenarios([calendar(A), calendar(B)], TITLE)
    for table in (*exact, rows):
        assert table.source.en.startswith("exact")
        assert table.source.zh.startswith("精确计算")
    for table in (simulated, many):
        assert table.source.en.startswith("simulated, 300 trials, seed 11")
        assert table.source.zh.startswith("模拟，300次试验，种子11")


def test_a_date_is_told_in_months_with_its_standard_error() -> None:
    found, table = calendar(A), tables_of(A)[3]
    months = found.last_visit.mean.value * 12 / 365.25
    cell = cells_of(table, "mean_months")["last visit"]
    assert number(cell) == pytest.approx(months, rel=1e-12)
    error = found.last_visit.mean.standard_error * 12 / 365.25
    assert cell.shown.en == f"{months:.1f} ({error:.2f})"
    quantiles = [number(cells_of(table, f"months_q{100 * p:02.0f}")["last visit"]) for p in QUANTILES]
    assert quantiles == sorted(quantiles)


def test_a_date_that_no_trial_reaches_is_told_so() -> None:
    table = tables_of(DEADLY)[3]
    row = next(row for row in table.rows if row.stub.en == "multiple doses end")
    assert [cell.shown.en for cell in row.cells] == ["0.0 (0.00)", *["not reached"] * 6]
    many = tabulate_dates_of_scenarios([calendar(DEADLY)], TITLE)
    assert cells_of(many, "mean_months_mad_end")["Scenario 1"].shown.zh == "未达到"


@pytest.mark.parametrize("stub", ["scenario", "design"])
def test_a_row_of_sensitivity_holds_the_numbers_of_its_trial(stub: str) -> None:
    rows = [row for row in sensitivity() if row.variant.en == "as planned"]
    table = tabulate_sensitivity_rows(rows, TITLE, by_scenario=stub == "scenario")
    assert [row.stub.en for row in table.rows] == (
        ["Scenario A", "Scenario E"] if stub == "scenario" else ["as planned"] * 2
    )
    for row, truth in zip(table.rows, (A, E), strict=True):
        found = whole(truth)
        values = dict(zip([column.key for column in table.columns], row.cells, strict=True))
        assert number(values["p_not_enough"]) == pytest.approx(found.p_not_enough, abs=1e-12)
        assert number(values["mean_n"]) == pytest.approx(found.mean_n, abs=1e-12)
        assert number(values["p_right_mtd"]) == pytest.approx(found.p_sad_mtd[found.true_mtd], abs=1e-12)


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_word_of_the_tables_has_its_chinese(name: str) -> None:
    for table in tables_of(SCENARIOS[name]):
        written = render_plain_text(table, "zh")
        for word in re.findall(r"[A-Za-z]+", written):
            assert word in {"DLT", "MTD", "SAD", "M", "A", "C", "E"}, (word, table.key)


# --- quantiles


@given(st.lists(st.integers(0, 5), min_size=1, max_size=40).filter(any), st.sampled_from(QUANTILES))
def test_a_quantile_is_the_least_number_that_has_its_probability_below_or_at_it(
    weights: list[int], p: float
) -> None:
    n = find_quantile([weight / sum(weights) for weight in weights], p)
    numbers = [k for k, weight in enumerate(weights) for _ in range(weight)]
    # counted in whole participants: at least the share p of all is at or below n, and less than that below it
    hundredths = round(100 * p)
    assert 100 * sum(k <= n for k in numbers) >= hundredths * len(numbers)
    assert 100 * sum(k < n for k in numbers) < hundredths * len(numbers)


# --- the figure


def _draw(truth: Truth, language: Language) -> ET.Element:
    figure = draw_whole_trial(kn5501(), whole(truth), calendar(truth), TITLE, language=language)
    return ET.fromstring(figure.svg)  # noqa: S314 - our own drawing


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", SCENARIOS)
def test_all_words_stay_in_the_drawing_and_apart(name: str, language: Language) -> None:
    root = _draw(SCENARIOS[name], language)
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    boxes = []
    for element in root.iter(f"{SVG}text"):
        words, size = element.text or "", float(element.attrib["font-size"])
        x, y, wide = float(element.attrib["x"]), float(element.attrib["y"]), measure_text(words, size)
        before = {"start": 0.0, "middle": wide / 2, "end": wide}[element.attrib["text-anchor"]]
        if "transform" in element.attrib:
            boxes.append((words, x - 0.8 * size, y + before - wide, x + 0.2 * size, y + before))
        elif words:
            boxes.append((words, x - before, y - 0.8 * size, x - before + wide, y + 0.2 * size))
        assert "…" not in words
    for words, left, top, right, bottom in boxes:
        assert left >= 0, words
        assert top >= 0, words
        assert right <= width, words
        assert bottom <= height, words
    for one, two in combinations(boxes, 2):
        assert one[3] <= two[1] or two[3] <= one[1] or one[4] <= two[2] or two[4] <= one[2], (one, two)


def test_bars_are_as_high_as_their_probabilities() -> None:
    found = whole(A)
    heights: dict[str, dict[int, float]] = {}
    for drawn in _draw(A, "en").iter(f"{SVG}g"):
        tip = drawn.find(f"{SVG}title")
        told = re.fullmatch(r"(.+), (\d+): [\d.]+ %", "" if tip is None else tip.text or "")
        if told:
            bar = drawn.find(f"{SVG}rect")
            assert bar is not None
            heights.setdefault(told[1], {})[int(told[2])] = float(bar.attrib["height"])
    per_share = heights["Single doses"][18] / found.sad.p_n[18]
    for name, p_n in (
        ("Single doses", found.sad.p_n),
        ("Multiple doses", found.mad.p_n),
        ("Expansion", found.expansion.p_n),
        ("Whole trial", found.p_n),
    ):
        for n, height in heights[name].items():
            assert height == pytest.approx(per_share * p_n[n], abs=0.02), (name, n)
        assert set(heights[name]) == {n for n, p in enumerate(p_n) if p > 0}


def test_the_figure_says_what_is_exact_what_is_simulated_and_which_dates_are_not_always_reached() -> None:
    words = [element.text or "" for element in _draw(A, "en").iter(f"{SVG}text")]
    assert "What is selected: exact" in words
    assert "When: simulated, 300 trials, seed 11" in words
    assert any("% reach it" in word for word in words)
    assert "reached by none" in [element.text for element in _draw(DEADLY, "en").iter(f"{SVG}text")]
    for _, label in DATES:
        assert label.en in words


def test_a_part_of_hundreds_is_drawn_too() -> None:
    plan = msgspec.structs.replace(kn5501(), enrolment=120)
    found = compute_whole_trial(plan, A)
    assert isinstance(found, WholeTrial)
    figure = draw_whole_trial(plan, found, calendar(A), TITLE, language="en")
    widths = [float(bar.attrib["width"]) for bar in ET.fromstring(figure.svg).iter(f"{SVG}rect")]  # noqa: S314
    assert min(widths) > 1
