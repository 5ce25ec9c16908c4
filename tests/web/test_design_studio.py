"""Designs side by side: the numbers are the exact ones, for anybody of the trial; what is badly asked is named."""

import re
from decimal import Decimal
from functools import cache
from typing import Any, get_args

import pytest
from tests.trials import bundled_protocol
from tests.web.conftest import Browser

from firstdose.conduct.dose_rules import specify_design
from firstdose.deliver.formatting import format_number
from firstdose.design import (
    DecisionTable,
    DesignSpecification,
    FinalStates,
    OperatingCharacteristics,
    check_specification,
    compile_table,
    compute_operating_characteristics,
    enumerate_final_states,
)
from firstdose.design.comparison import specify_rule
from firstdose.faces.web.design_query import PRESETS
from firstdose.faces.web.design_sheet import ALTERNATIVES, OWN, compute_sheet, enumerate_design, list_columns
from firstdose.protocol.rule_names import RuleName

ANSWERS = "/design/characteristics"
SIX = (0.05, 0.10, 0.18, 0.25, 0.38, 0.50)
PLAIN = {"rates": "0.05,0.10,0.18,0.25,0.38,0.50"}
SERVER_MS = 100.0


def part_design(part: str = "sad") -> DesignSpecification:
    design = bundled_protocol().part_by_key[part].design
    assert design is not None
    return specify_design(design)


@cache
def enumerate_rule(rule: RuleName, part: str) -> tuple[DecisionTable, FinalStates]:
    table = compile_table(specify_rule(part_design(part), rule))
    return table, enumerate_final_states(table)


def characteristics(
    rates: tuple[float, ...], rule: RuleName | None = None, part: str = "sad"
) -> OperatingCharacteristics:
    table, final_states = enumerate_rule(rule or part_design(part).rule, part)
    return compute_operating_characteristics(table, rates, final_states)


def numbers_of(answer: Any, row: str) -> list[float]:
    return [cell["value"] for cell in answer.json()["rows"][row]]


@pytest.fixture
def statistician(browser: Browser) -> Browser:
    return browser.as_login("moreau")


# --- the numbers


@pytest.mark.parametrize(
    ("part", "rates", "rules"),
    [
        ("sad", SIX, ("three_plus_three", "i3_plus_3", "keyboard", "rolling_six")),
        ("sad", (0.0, 0.0, 0.125, 0.33, 0.9, 1.0), ("mtpi_2", "mtpi", "tpi")),
        # --- the curve may fall: the numbers are exact for any rates
        ("sad", (0.4, 0.2, 0.1, 0.3, 0.2, 0.6), ("keyboard",)),
        ("mad", (0.05, 0.1, 0.3, 0.5), ("three_plus_three", "i3_plus_3")),
    ],
)
def test_every_number_is_the_exact_characteristic_of_its_design(
    statistician: Browser, part: str, rates: tuple[float, ...], rules: tuple[RuleName, ...]
) -> None:
    answer = statistician.open(
        ANSWERS, part=part, rates=",".join(map(str, rates)), designs=",".join(reversed(rules))
    )
    assert answer.status_code == 200
    own = part_design(part).rule
    assert answer.json()["designs"] == [OWN, *(one.key for one in ALTERNATIVES if one.key in rules)]
    for place, key in enumerate(answer.json()["designs"]):
        exact = characteristics(rates, own if key == OWN else key, part)
        wholes = (
            "p_none",
            "p_selected_overdose",
            "p_stop_too_toxic",
            "mean_n",
            "mean_n_dlt",
            "mean_n_overdose",
        )
        for name in wholes:
            assert numbers_of(answer, name)[place] == getattr(exact, name), (key, name)
        per_level = {"p_selected": exact.p_selected, "mean_n": exact.mean_n_per_level}
        per_level["mean_n_dlt"] = exact.mean_n_dlt_per_level
        for name, values in per_level.items():
            for level, value in enumerate(values, start=1):
                cell = answer.json()["rows"][f"{name}_{level}"][place]
                assert cell["value"] == value, (key, name, level)
                shown = 100 * value if name == "p_selected" else value
                assert cell["text"] == format_number(shown, 2), (key, name, level)


def test_the_page_without_a_script_shows_the_numbers_of_the_answer(statistician: Browser) -> None:
    asked = {**PLAIN, "designs": "three_plus_three,keyboard"}
    page = statistician.open("/design", **asked)
    rows = statistician.open(ANSWERS, **asked).json()["rows"]
    shown = dict(re.findall(r'<tr data-row="(\w+)">.*?</th>(.*?)</tr>', page.content.decode()))
    assert {key: re.findall(r">([\d.]+)</td>", cells) for key, cells in shown.items()} == {
        key: [cell["text"] for cell in cells] for key, cells in rows.items()
    }


def test_a_form_that_repeats_its_fields_asks_the_same_as_a_list_with_commas(statistician: Browser) -> None:
    repeated = statistician.open(ANSWERS, rates=[str(rate) for rate in SIX], designs=["", "tpi", "mtpi"])
    listed = statistician.open(ANSWERS, **PLAIN, designs="mtpi,tpi")
    assert repeated.json() == listed.json()


def test_the_page_begins_with_the_first_preset_and_three_designs(statistician: Browser) -> None:
    page = statistician.open("/design").content.decode()
    assert [float(rate) for rate in re.findall(r'name="rates"[^>]* value="([\d.]+)"', page)] == list(SIX)
    checked = re.findall(r'name="designs" value="(\w+)" checked', page)
    assert checked == ["three_plus_three", "i3_plus_3", "keyboard"]


def test_the_mad_part_has_its_own_levels_and_the_presets_that_fit_them(statistician: Browser) -> None:
    page = statistician.open("/design", part="mad").content.decode()
    assert page.count('name="rates"') == 4
    assert re.findall(r'data-rates="([\d.,]+)"><b>(\w)', page) == [
        ("0.05,0.10,0.18,0.25", "A"),
        ("0.01,0.02,0.03,0.05", "B"),
        ("0.12,0.25,0.40,0.50", "D"),
        ("0.45,0.55,0.65,0.75", "E"),
    ]


# --- what is right, and what is best


@pytest.mark.parametrize(
    ("preset", "marks", "is_none_correct"),
    [
        ("A", ["", "", "", "correct", "overdose", "overdose"], False),
        ("B", ["", "", "", "", "", "correct"], False),
        ("C", ["", "", "", "", "", "correct"], False),
        ("D", ["", "correct", "overdose", "overdose", "overdose", "overdose"], False),
        ("E", ["overdose"] * 6, True),
    ],
)
def test_each_preset_means_what_its_title_says(preset: str, marks: list[str], is_none_correct: bool) -> None:  # noqa: FBT001 - a column of the table
    rates = next(one.rates for one in PRESETS if one.key == preset)
    sheet = compute_sheet(list_columns(part_design())[:1], rates)
    assert (list(sheet.marks), sheet.is_none_correct) == (marks, is_none_correct)


def best_of(rates: tuple[float, ...], row: str, *keys: str) -> list[str]:
    columns = [one for one in list_columns(part_design()) if one.key in (OWN, *keys)]
    cells = compute_sheet(columns, rates).rows[row]
    return [column.key for column, cell in zip(columns, cells, strict=True) if cell.is_best]


@pytest.mark.parametrize(
    ("preset", "row", "extreme"),
    [
        # --- a level is acceptable: to stop is wrong
        ("A", "p_correct", max),
        ("A", "p_stop_too_toxic", min),
        ("A", "p_selected_overdose", min),
        ("A", "p_selected_4", max),
        # --- no level is acceptable: to stop is right
        ("E", "p_stop_too_toxic", max),
        ("E", "p_none", max),
        ("E", "mean_n_overdose", min),
    ],
)
def test_the_best_of_a_row_depends_on_what_is_right(preset: str, row: str, extreme: Any) -> None:
    rates = next(one.rates for one in PRESETS if one.key == preset)
    keys = ("three_plus_three", "i3_plus_3")
    columns = [one for one in list_columns(part_design()) if one.key in (OWN, *keys)]
    cells = compute_sheet(columns, rates).rows[row]
    shown = format_number(extreme(float(cell.text) for cell in cells), 2)
    assert best_of(rates, row, *keys) == [
        column.key for column, cell in zip(columns, cells, strict=True) if cell.text == shown
    ]


def test_designs_that_do_the_same_are_equally_good_and_none_is_named() -> None:
    # the keyboard decides as BOIN does with these guards
    assert best_of(SIX, "p_correct", "keyboard") == []
    assert best_of(SIX, "mean_n", "three_plus_three") == []


# --- which designs are offered


def test_every_rule_on_counts_is_offered_with_the_guards_of_the_protocol() -> None:
    own = part_design()
    offered = list_columns(own)
    assert [one.key for one in offered] == [
        OWN, "three_plus_three", "i3_plus_3", "keyboard", "mtpi_2", "mtpi", "tpi", "rolling_six", "crm", "no_titration"
    ]  # fmt: skip
    for one in offered[1:-1]:
        spec = one.specification
        assert spec.rule in get_args(RuleName)
        guards = (spec.max_n, spec.max_n_per_level, spec.mtd_min_n, spec.cohort_size, spec.titration)
        assert guards == (own.max_n, own.max_n_per_level, own.mtd_min_n, own.cohort_size, own.titration)


def test_the_model_of_the_protocol_is_not_carried_to_another_rule() -> None:
    own = next(one for one in list_columns(part_design()) if one.key == "crm").specification
    offered = {one.key: one.specification for one in list_columns(own)}
    assert "crm" not in offered
    assert offered["boin"] == part_design()
    assert check_specification(offered["three_plus_three"]) == []


def test_a_rule_that_cannot_keep_the_guards_is_not_offered() -> None:
    pairs = DesignSpecification(
        rule="three_plus_three",
        n_levels=3,
        target_rate=Decimal("0.25"),
        max_n=12,
        max_n_per_level=6,
        mtd_min_n=3,
    )
    assert "boin" in [one.key for one in list_columns(pairs)]
    twos = DesignSpecification(
        rule="boin",
        n_levels=3,
        target_rate=Decimal("0.25"),
        max_n=12,
        max_n_per_level=6,
        mtd_min_n=4,
        cohort_size=2,
    )
    assert "three_plus_three" not in [one.key for one in list_columns(twos)]


def test_a_target_without_room_for_the_margin_of_the_crm_is_compared_without_it() -> None:
    rare = DesignSpecification(
        rule="boin", n_levels=3, target_rate=Decimal("0.04"), max_n=12, max_n_per_level=6, mtd_min_n=3
    )
    offered = [one.key for one in list_columns(rare)]
    assert "three_plus_three" in offered
    assert "crm" not in offered


# --- who may see it


def test_anybody_of_the_trial_may_compare_designs(browser: Browser) -> None:
    for login in ("coordinator01", "pharmacist01", "auditor", "administrator"):
        assert browser.as_login(login).open("/design").status_code == 200, login
        assert browser.open(ANSWERS, **PLAIN).status_code == 200, login


def test_a_login_that_no_trial_knows_finds_no_protocol(browser: Browser) -> None:
    browser.as_login("novak")
    assert browser.open("/design").status_code == 404
    assert browser.open(ANSWERS, **PLAIN).status_code == 404


def test_nobody_else_finds_a_trial_by_its_name(statistician: Browser) -> None:
    assert statistician.open("/design", trial="other").status_code == 404
    assert statistician.open("/design", trial="kn5501").status_code == 200


def test_who_is_signed_out_is_asked_to_sign_in(browser: Browser) -> None:
    assert browser.open("/design").headers["Location"] == "/sign-in?next=%2Fdesign"
    answer = browser.open(ANSWERS, **PLAIN)
    assert answer.status_code == 401
    assert "sign in" in answer.json()["error"]


def test_nothing_can_be_posted(statistician: Browser) -> None:
    assert statistician.post("/design").status_code == 405
    assert statistician.post(ANSWERS).status_code == 405


# --- what is badly asked

# fmt: off
WRONG = {
    # --- rates
    "no rates":              ({}, "The true DLT rates are missing; give 6, one for each level."),
    "empty rates":           ({"rates": ""}, "The true DLT rates are missing; give 6, one for each level."),
    "a word":                ({"rates": "0.1,low,0.2,0.3,0.4,0.5"}, "level 2, “low”, is not a number"),
    "a gap":                 ({"rates": "0.1,,0.2,0.3,0.4,0.5"}, "level 2, “”, is not a number"),
    "not a number":          ({"rates": "0.1,0.1,NaN,0.3,0.4,0.5"}, "level 3, “NaN”, is not a number"),
    "infinite":              ({"rates": "0.1,0.1,0.2,0.3,0.4,Infinity"}, "level 6, “Infinity”, is not a number"),
    "below 0":               ({"rates": "-0.01,0.1,0.2,0.3,0.4,0.5"}, "level 1, -0.01, is not between 0 and 1"),
    "above 1":               ({"rates": "0.1,0.1,0.2,0.3,0.4,1.01"}, "level 6, 1.01, is not between 0 and 1"),
    "too few":               ({"rates": "0.1,0.2,0.3"}, "There are 3 true DLT rates for 6 levels"),
    "too many":              ({"rates": "0.1,0.1,0.2,0.3,0.4,0.5,0.6"}, "There are 7 true DLT rates for 6 levels"),
    # --- designs and parts
    "unknown design":        ({**PLAIN, "designs": "magic"}, "“magic” is not a design"),
    "the rule itself":       ({**PLAIN, "designs": "boin"}, "“boin” is not a design"),
    "too many designs":      ({**PLAIN, "designs": "three_plus_three,i3_plus_3,keyboard,mtpi,tpi"},
                              "5 designs were asked for beside the protocol's; at most 4 fit."),
    "unknown part":          ({**PLAIN, "part": "phase2"}, "“phase2” is not a part with a dose rule; there are: sad, mad"),
    "a part without a rule": ({**PLAIN, "part": "expansion"}, "“expansion” is not a part with a dose rule"),
    # --- a quotation stays short, and is text
    "very long":             ({"rates": "9" * 500 + "x"}, "“" + "9" * 40 + "…”"),
}
# fmt: on


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG.keys())
def test_a_bad_question_is_answered_with_one_sentence(
    statistician: Browser, case: tuple[dict[str, str], str]
) -> None:
    query, sentence = case
    answer = statistician.open(ANSWERS, **query)
    assert answer.status_code == 400
    assert list(answer.json()) == ["error"]
    assert sentence in answer.json()["error"]
    if "rates" in query:
        page = statistician.open("/design", **query)
        assert page.status_code == 400
        assert sentence.replace("'", "&#39;") in page.content.decode()


def test_the_rates_0_and_1_are_rates(statistician: Browser) -> None:
    assert statistician.open(ANSWERS, rates="0,0,0,1,1,1").status_code == 200


def test_a_script_in_the_address_stays_text(statistician: Browser) -> None:
    page = statistician.open("/design", rates="<script>alert(1)</script>")
    assert "&lt;script&gt;alert" in page.content.decode()


def test_the_sentence_is_in_the_language_of_the_reader(statistician: Browser) -> None:
    statistician.post("/language", language="zh")
    wrong = statistician.open(ANSWERS, rates="0.1,low,0.2,0.3,0.4,0.5").json()["error"]
    assert wrong == "剂量水平 2 的真实 DLT 发生率“low”不是数值；请填写 0 至 1 之间的数。"
    assert "真实 DLT 发生率" in statistician.open("/design").content.decode()


# --- speed


def test_the_answer_says_how_long_it_took_and_enumerates_nothing_again(statistician: Browser) -> None:
    asked = {**PLAIN, "designs": "three_plus_three,i3_plus_3,mtpi_2,rolling_six"}
    statistician.open(ANSWERS, **asked)
    enumerated = enumerate_design.cache_info().misses
    answer = statistician.open(ANSWERS, **{**asked, "rates": "0.1,0.2,0.3,0.4,0.5,0.6"})
    assert enumerate_design.cache_info().misses == enumerated
    took = re.fullmatch(r"compute;dur=([\d.]+)", answer.headers["Server-Timing"])
    assert took is not None
    assert 0 < float(took[1]) < SERVER_MS
