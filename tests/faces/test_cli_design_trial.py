"""``firstdose design trial``: the whole trial is asked about before it starts."""

import csv
import io
import json
import shutil
import xml.etree.ElementTree as ET
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from firstdose.faces.cli import main

RATES = "0.05,0.10,0.18,0.25,0.38,0.50"
FEW = ("--trials", "200")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["design", "trial", *arguments])


def ask(*arguments: str) -> Any:
    result = run("kn5501", *arguments, *FEW, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def five_doses(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The bundled study without its highest single dose."""
    folder = tmp_path_factory.mktemp("studies") / "five"
    with as_file(files("firstdose.protocol") / "studies" / "kn5501") as bundled:
        shutil.copytree(bundled, folder, ignore=shutil.ignore_patterns("__pycache__"))
    parts = folder / "parts.yaml"
    text = parts.read_text("utf-8")
    shorter = text.replace("        - {key: SAD-6, cells_1e9: 9.0}\n", "")
    assert shorter != text
    parts.write_text(shorter, "utf-8")
    return str(folder)


# --- what is told


def test_without_a_scenario_all_that_are_named_are_told_a_row_each() -> None:
    result = run("kn5501", *FEW)
    assert result.exit_code == 0, result.stderr
    first, second = result.stdout.split("Whole trial, 36 participants: when")
    for table in (first, second):
        rows = [
            line[:20].strip()
            for line in table.splitlines()
            if line.startswith("Scenario ") and ":" not in line
        ]
        assert [row for row in rows if row != "Scenario"] == [
            *(f"Scenario {name}" for name in "ABCDE"),
            "Scenario rehearsed",
        ]
    assert "\nexact; " in first
    assert "\nsimulated, 200 trials, seed 1" in second


def test_one_scenario_is_told_in_detail_and_each_table_says_how_it_was_computed() -> None:
    result = run("kn5501", "--scenario", "A", *FEW, "--seed", "5")
    titles = [line for line in result.stdout.splitlines() if line.startswith("Whole trial, ")]
    assert [title.rpartition(": ")[2] for title in titles] == [
        "what is selected",
        "who is treated",
        "how it ends",
        "when",
    ]
    assert result.stdout.count("\nexact; ") == 3
    assert result.stdout.count("\nsimulated, 200 trials, seed 5") == 1


def test_a_curve_of_one_s_own_is_the_named_one_with_the_same_rates() -> None:
    own, named = ask("--rates", RATES)["exact"][0], ask("--scenario", "A")["exact"][0]
    assert own["truth"]["name"] == "1"
    assert own | {"truth": 0} == named | {"truth": 0}


def test_regimens_follow_from_single_doses_or_are_given() -> None:
    # three infusions of the third dose, each as risky as the first
    rates = ask("--scenario", "A")["exact"][0]["regimen_rates"]
    assert rates[0] == pytest.approx(1 - 0.82**3, abs=1e-12)
    tolerated = ask("--scenario", "A", "--growth=-0.5")["exact"][0]["regimen_rates"]
    assert 0.18 < tolerated[0] < rates[0]
    given = ask("--scenario", "A", "--regimen-rates", "0.1,0.2,0.3,0.4")["exact"][0]
    assert given["regimen_rates"] == [0.1, 0.2, 0.3, 0.4]
    assert given["p_sad_mtd"] == pytest.approx(ask("--scenario", "A")["exact"][0]["p_sad_mtd"], abs=1e-12)


def test_the_seed_changes_the_dates_and_nothing_that_is_exact() -> None:
    first, again, other = (ask("--scenario", "C", "--seed", seed) for seed in ("3", "3", "4"))
    assert first == again
    assert first["exact"] == other["exact"]
    assert first["simulated"][0]["last_visit"] != other["simulated"][0]["last_visit"]


def test_fewer_candidates_make_every_date_later() -> None:
    often, rarely = (
        ask("--scenario", "C", "--days-between-candidates", days)["simulated"][0] for days in ("2", "12")
    )
    for date in ("sad_end", "mad_end", "last_visit"):
        assert rarely[date]["mean"]["value"] > often[date]["mean"]["value"]


def test_other_designs_stand_under_the_planned_one() -> None:
    found = ask("--scenario", "A", "--sensitivity")
    planned, *others = found["sensitivity"]
    assert planned["variant"]["en"] == "as planned"
    assert planned["mean_n"] == pytest.approx(found["exact"][0]["mean_n"], abs=1e-12)
    assert {"rule 3+3", "at most 24 single doses", "42 participants in all"} <= {
        row["variant"]["en"] for row in others
    }
    text = run("kn5501", "--scenario", "A", "--sensitivity", *FEW, "--language", "zh").stdout
    assert "其他设计" in text
    assert "规则3+3" in text
    every = run("kn5501", "--sensitivity", *FEW).stdout
    assert every.count("as planned") == 6


def test_every_number_is_in_the_csv_and_says_whether_it_is_exact() -> None:
    result = run("kn5501", "--scenario", "A", *FEW, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    exact = ask("--scenario", "A")["exact"][0]
    (selected,) = [row for row in rows if row["row"] == "SAD-3" and row["column"] == "p_selected"]
    assert float(selected["stat"]) == pytest.approx(exact["p_sad_mtd"][3], abs=1e-12)
    assert {row["basis"] for row in rows if row["table"] != "trial-dates"} == {"exact"}
    assert {row["basis"] for row in rows if row["table"] == "trial-dates"} == {
        "simulated, 200 trials, seed 1"
    }


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            (
                "Scenario C.",
                "Of the 36 participants",
                "The times are simulated: 200 trials",
                "Decisions in the",
            ),
        ),
        ("zh", ("情景C。", "计划的36例参与者中", "200次模拟试验", "单次给药剂量递增的决策表")),
    ],
)
def test_the_statement_is_text_for_a_protocol(language: str, words: tuple[str, ...]) -> None:
    result = run("kn5501", "--scenario", "C", *FEW, "--statement", "--language", language)
    assert result.exit_code == 0, result.stderr
    for word in words:
        assert word in result.stdout
    both = ask("--scenario", "C", "--statement")
    written = [one[language] for one in (*both["statement"], *both["decision_tables"])]
    assert result.stdout.split() == " ".join(written).split()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_figure_is_written_beside_the_numbers(language: str, tmp_path: Path) -> None:
    figure, out = tmp_path / "trial.svg", tmp_path / "trial.txt"
    result = run(
        "kn5501", "--scenario", "D", *FEW, "--figure", str(figure), "--out", str(out), "--language", language
    )
    assert result.exit_code == 0, result.stderr
    assert result.stdout == ""
    assert ET.parse(figure).getroot().attrib["lang"] == ("zh-Hans" if language == "zh" else "en")  # noqa: S314
    assert ("选择结果" in out.read_text("utf-8")) == (language == "zh")


def test_a_time_that_no_trial_reaches_is_null() -> None:
    date = ask("--rates", "1,1,1,1,1,1")["simulated"][0]["mad_end"]
    assert date["mean"] == {"value": None, "standard_error": None}
    assert date["quantiles"] == []


def test_a_study_with_other_doses_has_no_named_curve_but_the_rehearsed_one(five_doses: str) -> None:
    result = run(five_doses, *FEW)
    assert result.exit_code == 0, result.stderr
    assert "Scenario rehearsed: what is selected" in result.stdout
    named = run(five_doses, "--scenario", "A")
    assert named.exit_code == 1
    assert "scenario A has 6 single doses and the study 5" in named.stderr


# --- what is refused

# fmt: off
# a careless user               arguments                                              words of the sentence
MISTAKES = {
    # --- the curve
    "an unknown scenario":      (["--scenario", "F"],                                  ["'F' is not known", "A or B", "rehearsed"]),
    "two curves":               (["--scenario", "A", "--rates", RATES],                ["--rates and --scenario"]),
    "too few rates":            (["--rates", "0.1,0.2"],                               ["2 rates", "6 levels"]),
    "a rate above one":         (["--rates", "1.2,0,0,0,0,0"],                         ["1.2", "between 0 and 1"]),
    "NaN":                      (["--rates", "nan,0,0,0,0,0"],                         ["nan", "between 0 and 1"]),
    "a word for a rate":        (["--rates", "low,0,0,0,0,0"],                         ["'low' is not a rate"]),
    "nothing for the rates":    (["--rates", ""],                                      ["'' is not a rate"]),
    # --- the regimens
    "regimens' rates alone":    (["--regimen-rates", "0.1,0.1,0.2,0.3"],               ["--regimen-rates go with"]),
    "too few regimens":         (["--rates", RATES, "--regimen-rates", "0.1"],         ["1 rate for 4 levels"]),
    "two bridges":              (["--rates", RATES, "--growth", "0", "--regimen-rates", "0.1,0.1,0.2,0.3"], ["--growth and --regimen-rates"]),
    "growth of the rehearsed":  (["--scenario", "rehearsed", "--growth", "0.1"],       ["rates of its own"]),
    "a word for growth":        (["--scenario", "A", "--growth", "fast"],              ["'fast' is not a number", "--growth"]),
    "growth beyond all":        (["--scenario", "A", "--growth", "50"],                ["growth is 50", "-10 and 10"]),
    "growth that is no number": (["--scenario", "A", "--growth", "nan"],               ["growth is nan"]),
    # --- time
    "a single trial":           (["--scenario", "A", "--trials", "1"],                 ["n_trials is 1"]),
    "too many trials":          (["--scenario", "A", "--trials", "100000000"],         ["n_trials is 100000000"]),
    "a negative seed":          (["--scenario", "A", "--seed", "-1"],                  ["seed is -1"]),
    "no days between":          (["--days-between-candidates", "0"],                   ["0 days between", "0.01 to 3650"]),
    "days without end":         (["--days-between-candidates", "inf"],                 ["inf days between"]),
    "a word for days":          (["--days-between-candidates", "weekly"],              ["'weekly' is not a number"]),
    # --- the answer
    "a statement of them all":  (["--statement"],                                      ["--statement is about one scenario"]),
    "a figure of them all":     (["--figure", "trial.svg"],                            ["--figure is about one scenario"]),
    "two answers":              (["--scenario", "A", "--statement", "--sensitivity"],  ["two answers"]),
    "a statement in CSV":       (["--scenario", "A", "--statement", "--format", "csv"], ["no CSV"]),
    "a folder that is not there": (["--scenario", "A", "--out", "nowhere/a.txt"],      ["nowhere/a.txt", "no folder"]),
    "a figure into no folder":  (["--scenario", "A", "--figure", "nowhere/a.svg"],     ["nowhere/a.svg", "no folder"]),
}
# fmt: on


@pytest.mark.parametrize(("arguments", "words"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_gets_one_sentence(
    arguments: list[str], words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("kn5501", *arguments)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1
    assert "mistake of firstdose" not in result.stderr
    for word in words:
        assert word in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_study_gets_one_sentence() -> None:
    result = run("nowhere")
    assert result.exit_code == 1
    assert "no study 'nowhere'" in result.stderr
