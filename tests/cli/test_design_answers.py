"""``firstdose design``: a statistician's questions about a part's dose rule, answered in text, CSV, JSON and SVG."""

import csv
import io
import json
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from importlib.resources import as_file, files
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from firstdose.faces.cli import main

RATES = "0.05,0.10,0.18,0.25,0.35,0.45"
TOXIC = "0.40,0.50,0.60,0.70,0.80,0.90"
LEVELS = ["SAD-1", "SAD-2", "SAD-3", "SAD-4", "SAD-5", "SAD-6"]


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(main, ["design", *arguments])
    assert result.exit_code == 0, result.stderr
    return result


def rows_of(result: Result) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(result.stdout)))


def numbers_of(row: dict[str, str], prefix: str) -> list[float]:
    return [float(row[f"{prefix}_{level}"]) for level in LEVELS]


@pytest.fixture(scope="module")
def wide_study(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The bundled study with up to 18 participants at a level and no titration: its states are many."""
    folder = tmp_path_factory.mktemp("studies") / "wide"
    with as_file(files("firstdose.protocol") / "studies" / "kn5501") as bundled:
        shutil.copytree(bundled, folder, ignore=shutil.ignore_patterns("__pycache__"))
    parts = folder / "parts.yaml"
    text = parts.read_text("utf-8")
    head, rule, tail = text.partition("max_n_per_level: 6")
    assert rule
    head = "\n".join(line for line in head.split("\n") if not line.strip().startswith("titration:"))
    parts.write_text(f"{head}max_n_per_level: 18{tail}", "utf-8")
    return str(folder)


def test_the_table_says_where_to_escalate_eliminate_and_stop_at_the_lowest_level() -> None:
    lines = run("table", "kn5501").stdout.splitlines()
    row = next(line.split() for line in lines if line.split()[:1] == ["6"])
    # BOIN at a target of 0.25: of 6 escalate at 1 or fewer, de-escalate at 2; 4 of 6 exceed it with more than 95 %
    assert row == ["6", "≤", "1", "≥", "2", "≥", "4", "≥", "4"]
    assert lines[-1].startswith("Digest ")


def test_the_table_in_csv_and_json_holds_the_same_limits() -> None:
    from_csv = rows_of(run("table", "kn5501", "--format", "csv"))[5]
    from_json = json.loads(run("table", "kn5501", "--format", "json").stdout)["rows"][5]
    assert list(map(int, from_csv.values())) == list(from_json.values()) == [6, 1, 2, 4, 4]


def test_another_target_gives_another_table() -> None:
    # Liu and Yuan 2015, target 0.30: lambda_e 0.236, lambda_d 0.358, so of 6 de-escalate at 3 and not at 2
    row = rows_of(run("table", "kn5501", "--target", "0.30", "--format", "csv"))[5]
    assert row["de_escalate_if_n_dlt_at_least"] == "3"


def test_exact_characteristics_say_over_how_many_final_states() -> None:
    text = run("oc", "kn5501", "--rates", RATES).stdout
    assert "exact, " in text
    assert "final states" in text
    assert [line.split()[0] for line in text.splitlines()[3:10]] == [*LEVELS, "none"]


def test_selections_of_all_levels_and_of_none_add_up_to_one_in_each_scenario() -> None:
    rows = rows_of(run("oc", "kn5501", "--rates", RATES, "--rates", TOXIC, "--format", "csv"))
    for row in rows:
        assert sum(numbers_of(row, "p_selected")) + float(row["p_none"]) == pytest.approx(1, abs=1e-12)
    assert float(rows[1]["p_correct"]) == float(rows[1]["p_none"])
    assert float(rows[0]["p_correct"]) == float(rows[0]["p_selected_SAD-4"])


def test_a_file_of_scenarios_gives_what_the_same_rates_give_alone(tmp_path: Path) -> None:
    file = tmp_path / "scenarios.csv"
    # as a spreadsheet writes it: with a byte order mark, carriage returns, a name with a comma, an empty last line
    header = ",".join(["name", *LEVELS])
    file.write_bytes(f'\ufeff{header}\r\n"Main, as planned",{RATES}\r\nToxic,{TOXIC}\r\n\r\n'.encode())
    together = json.loads(run("oc", "kn5501", "--scenarios", str(file), "--format", "json").stdout)[
        "scenarios"
    ]
    assert [one["name"] for one in together] == ["Main, as planned", "Toxic"]
    for rates, one in zip((RATES, TOXIC), together, strict=True):
        alone = json.loads(run("oc", "kn5501", "--rates", rates, "--json").stdout)["scenarios"][0]
        assert alone["p_selected"] == pytest.approx(one["p_selected"], abs=1e-12)
    unnamed = tmp_path / "unnamed.csv"
    unnamed.write_text(",".join(LEVELS) + f"\n{RATES}\n", "utf-8")
    assert rows_of(run("oc", "kn5501", "--scenarios", str(unnamed), "--format", "csv"))[0]["scenario"] == (
        "Scenario 1"
    )


def test_simulated_trials_lie_around_the_exact_numbers_by_their_standard_errors() -> None:
    asked = ("oc", "kn5501", "--rates", RATES, "--rates", RATES, "--format", "csv")
    exact, simulated = rows_of(run(*asked))[0], rows_of(run(*asked, "--simulate", "--trials", "4000"))
    assert simulated[0] | {"scenario": ""} == simulated[1] | {"scenario": ""}
    for name, number in exact.items():
        if f"se_{name}" in simulated[0] and float(simulated[0][f"se_{name}"]):
            far = abs(float(simulated[0][name]) - float(number))
            assert far < 5 * float(simulated[0][f"se_{name}"]), name
    text = run(*asked[:4], "--simulate", "--trials", "4000", "--seed", "3").stdout
    assert "simulated, 4,000 trials a scenario, seed 3" in text


def test_a_design_with_too_many_states_is_simulated_and_says_so(wide_study: str) -> None:
    result = run("oc", wide_study, "--rates", RATES, "--cohort-size", "1", "--max-n", "36", "--trials", "500")
    assert "exact numbers would need about" in result.stderr
    assert "500 trials a scenario are simulated instead" in result.stderr
    assert "simulated, 500 trials a scenario" in result.stdout


def test_paths_show_what_each_outcome_of_the_next_cohort_leads_to() -> None:
    asked = (
        "paths",
        "kn5501",
        "--cohorts",
        "1",
        "--after",
        "1/0,1/0,3/0",
        "--rates",
        RATES,
        "--format",
        "csv",
    )
    rows = rows_of(run(*asked))
    # nobody of three had a DLT at level 3: three more go to level 4; there BOIN moves down from 1 of 3
    assert [row["cohort_1_level"] for row in rows] == ["SAD-4"] * 4
    assert [row["action"] for row in rows] == ["escalate", *["de_escalate"] * 3]
    assert float(rows[0]["p_path"]) == pytest.approx(0.75**3)
    assert sum(float(row["p_path"]) for row in rows) == pytest.approx(1)


def test_the_level_of_the_last_cohort_is_named_by_key_or_number_and_is_else_the_highest_treated() -> None:
    asked = ("paths", "kn5501", "--cohorts", "1", "--after", "1/0,3/0,3/1", "--format", "json")
    at_three = json.loads(run(*asked).stdout)
    assert at_three["current_level"] == 3
    assert json.loads(run(*asked, "--level", "SAD-3").stdout) == at_three
    at_two = json.loads(run(*asked, "--level", "2").stdout)
    assert at_two["current_level"] == 2
    assert at_two["paths"] != at_three["paths"]


def test_titration_that_a_trigger_ended_goes_on_with_whole_cohorts() -> None:
    assert len(rows_of(run("paths", "kn5501", "--cohorts", "1", "--format", "csv"))) == 2
    ended = run("paths", "kn5501", "--cohorts", "1", "--titration-ended", "--format", "csv")
    assert len(rows_of(ended)) == 4


def test_rules_side_by_side_are_the_part_s_own_and_all_that_decide_on_counts() -> None:
    rows = rows_of(run("compare", "kn5501", "--rates", RATES, "--format", "csv"))
    assert [row["rule"] for row in rows][:2] == ["boin", "three_plus_three"]
    assert len({row["rule"] for row in rows}) == len(rows) == 8
    alone = rows_of(run("oc", "kn5501", "--rates", RATES, "--format", "csv"))[0]
    assert {name: value for name, value in rows[0].items() if name != "rule"} == alone


def test_a_rule_that_the_guards_do_not_suit_is_left_out_and_named() -> None:
    asked = ("compare", "kn5501", "--rates", RATES, "--cohort-size", "2")
    text = run(*asked).stdout
    assert "3+3 is left out: the 3+3 treats cohorts of 3, not of 2." in text
    assert "3+3 is left out" in run(*asked, "--format", "csv").stderr


def test_a_crm_beside_a_part_without_a_model_gets_one_and_says_which() -> None:
    asked = ("compare", "kn5501", "--rates", RATES, "--rule", "boin", "--rule", "crm", "--rule", "blrm")
    text = run(*asked).stdout
    assert "CRM: power model, skeleton" in text
    assert "0.25 ± 0.05, prior MTD at level 3" in text
    assert "BLRM with overdose control is left out" in text
    found = json.loads(run(*asked, "--json").stdout)
    assert [one["rule"] for one in found["rules"]] == ["boin", "crm"]
    assert len(found["notes"]) == 2


def test_time_to_event_rules_are_told_with_complete_windows() -> None:
    asked = (
        "compare",
        "kn5501",
        "--rates",
        RATES,
        "--rule",
        "boin",
        "--rule",
        "tite_boin",
        "--format",
        "csv",
    )
    result = run(*asked)
    assert "TITE-BOIN: with complete windows" in result.stderr
    # with every window complete TITE-BOIN is BOIN
    boin, tite = ({**row, "rule": ""} for row in rows_of(result))
    assert boin == tite


@pytest.mark.parametrize(
    "asked",
    [
        ("oc", "--rates", RATES, "--rates", TOXIC),
        ("compare", "--rates", RATES, "--rule", "boin", "--rule", "three_plus_three"),
        ("paths", "--cohorts", "2", "--after", "1/0,1/0,3/1"),
    ],
    ids=["oc", "compare", "paths"],
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_figure_is_written_beside_the_numbers(
    asked: tuple[str, ...], language: str, tmp_path: Path
) -> None:
    command, *rest = asked
    figure, out = tmp_path / "figure.svg", tmp_path / "numbers.txt"
    result = run(command, "kn5501", *rest, "--figure", str(figure), "--out", str(out), "--language", language)
    assert result.stdout == ""
    assert ET.parse(figure).getroot().attrib["lang"] == ("zh-Hans" if language == "zh" else "en")  # noqa: S314
    assert ("剂量" in out.read_text("utf-8") or "DLT率" in out.read_text("utf-8")) == (language == "zh")


def test_a_short_command_does_not_wait_for_frames_or_compiled_code() -> None:
    code = (
        "import sys; from firstdose.faces.cli import main\n"
        "try: main(['design', 'oc', 'kn5501', '--rates', '0.05,0.10,0.18,0.25,0.35,0.45'])\n"
        "except SystemExit: pass\n"
        "sys.exit(', '.join({'numba', 'polars', 'distributed'} & set(sys.modules)) or 0)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def test_the_commands_of_the_readme_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    section = text.partition("## A dose-escalation question")[2].partition("\n## ")[0]
    commands = [line.partition("#")[0].split() for line in section.split("```")[1].splitlines() if line]
    assert len(commands) >= 5
    monkeypatch.chdir(tmp_path)
    for command in commands:
        assert command[:2] == ["firstdose", "design"]
        run(*command[2:])
    assert {file.name for file in tmp_path.iterdir()} == {"oc.svg", "paths.svg", "compare.svg", "trial.svg"}


def test_the_expected_duration_follows_from_the_part_s_own_times() -> None:
    # nobody has a DLT: one at levels 1 and 2, three at 3 to 5, six at 6 (two cohorts); in all six cohorts and one more
    asked = ["oc", "kn5501", "--rates", "0,0,0,0,0,0"]
    found = json.loads(run(*asked, "--json").stdout)["scenarios"][0]
    # 7 cohorts of 14 days and 3 for the review, 6 waits for the next participant, 5 seconds after 7 days, and 5 later
    # ones that come when they come: 16/3 days apart
    gap = 4 / 0.75
    assert found["mean_n"] == 17
    assert found["expected_duration_d"] == pytest.approx(7 * 17 + 6 * gap + 5 * 7 + 5 * gap, abs=1e-9)
    assert f"Expected duration {found['expected_duration_d']:.0f} days" in run(*asked).stdout
    assert "Expected duration" not in run(*asked, "--simulate", "--trials", "100").stdout


def test_a_model_tells_how_many_counts_hang_on_a_limit(tmp_path: Path) -> None:
    folder = tmp_path / "crm"
    with as_file(files("firstdose.protocol") / "studies" / "kn5501") as bundled:
        shutil.copytree(bundled, folder, ignore=shutil.ignore_patterns("__pycache__"))
    parts = folder / "parts.yaml"
    model = "rule: crm\n        crm: {skeleton: [0.1, 0.15, 0.2, 0.3, 0.4, 0.5]}"
    parts.write_text(parts.read_text("utf-8").replace("rule: boin", model, 1), "utf-8")
    # before anyone is treated, levels 3 and 4 are equally far from the target of 0.25
    near = json.loads(run("table", str(folder), "--json").stdout)["near_limits"]
    assert [one["meant"] for one in near if not any(one["n_evaluable"])] == [4]
    counts = len({(tuple(one["n_evaluable"]), tuple(one["n_dlt"])) for one in near})
    assert f"may decide otherwise: {counts}." in run("table", str(folder)).stdout
