"""``firstdose score``: people who have a file of assessments and nothing else of firstdose."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from firstdose.derive.scores import MEASURES
from firstdose.faces.cli import main

DOSES = "id,glucocorticoid,dose_mg\nP1,dexamethasone,0.75\nP2,prednisone,7.50\n"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["score", *arguments])


def read(text: str, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text), delimiter=delimiter))


def score(
    tmp_path: Path, text: str, measure: str = "prednisone_equivalent"
) -> tuple[Result, list[dict[str, str]]]:
    """Score a file that holds a text."""
    file, out = tmp_path / "in.csv", tmp_path / "out.csv"
    file.write_text(text, "utf-8")
    result = run(measure, str(file), "--out", str(out))
    return result, read(out.read_text("utf-8")) if out.exists() else []


def test_each_row_leaves_with_its_value_components_and_reason(tmp_path: Path) -> None:
    result, rows = score(tmp_path, DOSES + "P3,prednisone,\n")
    assert (result.exit_code, result.stderr) == (0, "")
    assert [row["id"] for row in rows] == ["P1", "P2", "P3"]
    assert [row["prednisone_equivalent"] for row in rows] == ["5", "7.5", ""]
    assert [row["prednisone_equivalent_exact"] for row in rows] == ["5", "15/2", ""]
    assert [row["prednisone_equivalent_reason"] for row in rows] == ["", "", "dose_unknown"]
    assert result.stdout.startswith("3 rows: 2 with a value, 1 without, 0 with a bad cell; ")


def test_a_bad_cell_is_told_with_its_line_and_the_rest_is_computed(tmp_path: Path) -> None:
    result, rows = score(tmp_path, DOSES + "P3,prednisone,much\nP4,prednison,5\nP5,prednisone,5\n")
    assert result.exit_code == 1
    told = result.stderr.splitlines()
    file = tmp_path / "in.csv"
    assert told[0] == f"{file}:4: dose_mg: 'much' is not a number; write a decimal number of at least 0"
    assert told[1].startswith(
        f"{file}:5: glucocorticoid: 'prednison' is not a choice; write one of prednisone, "
    )
    assert len(told) == 2
    assert [row["prednisone_equivalent"] for row in rows] == ["5", "7.5", "", "", "5"]
    assert [row["prednisone_equivalent_reason"] for row in rows] == ["", "", "bad_cell", "bad_cell", ""]
    assert result.stdout.startswith("5 rows: 3 with a value, 0 without, 2 with a bad cell; ")


def test_lines_are_counted_through_blank_lines_and_cells_of_several_lines(tmp_path: Path) -> None:
    text = 'note,glucocorticoid,dose_mg\n"two\nlines",prednisone,w\n\n"three\nmore\nlines",prednisone,x\nlast,prednisone,y\n'
    result, rows = score(tmp_path, text)
    assert [line.split(":")[1] for line in result.stderr.replace(str(tmp_path), "").splitlines()] == [
        "2",
        "5",
        "8",
    ]
    assert [row["note"] for row in rows] == ["two\nlines", "three\nmore\nlines", "last"]


@pytest.mark.parametrize(("delimiter", "mark"), [(";", ""), ("\t", ""), (",", "\ufeff"), (";", "\ufeff")])
def test_files_of_spreadsheets_are_read_and_written_back_in_their_form(
    delimiter: str, mark: str, tmp_path: Path
) -> None:
    file, out = tmp_path / "in.csv", tmp_path / "out.csv"
    text = DOSES.replace("id,gluco", "gluco").replace("P1,", "").replace("P2,", "")
    file.write_bytes((mark + text.replace(",", delimiter).replace("\n", "\r\n")).encode())
    result = run("prednisone_equivalent", str(file), "--out", str(out))
    assert (result.exit_code, result.stderr) == (0, "")
    text = out.read_text("utf-8")
    assert text.startswith(mark + "glucocorticoid" + delimiter)
    assert [row["prednisone_equivalent"] for row in read(text.removeprefix(mark), delimiter)] == ["5", "7.5"]


# fmt: off
# a careless user               text of the file                                        words of the sentence
MISTAKES = {
    "no such column":           (DOSES.replace("dose_mg", "dose"),                      ["in.csv:1: ", "needs a column 'dose_mg'"]),
    "a column misspelt":        (DOSES.replace("dose_mg", "dose_mgs"),                  ["'dose_mg'", "rename 'dose_mgs'"]),
    "nothing in it":            ("",                                                    ["in.csv:1: there is no header", "--template"]),
    "a column twice":           (DOSES.replace("id,", "dose_mg,", 1),                      ["two columns are named 'dose_mg'"]),
    "scored before":            (DOSES.replace("id,", "prednisone_equivalent,", 1),        ["prednisone_equivalent is already there"]),
    "a cell too many":          (DOSES + "P3,prednisone,7,5\n",                         ["in.csv:4: 4 cells under 3 columns"]),
    "a quote that never ends":  (DOSES + '"P3,prednisone,5\n',                          ["in.csv:4: this is not CSV"]),
}
# fmt: on


@pytest.mark.parametrize(("text", "words"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_a_file_is_one_sentence(text: str, words: list[str], tmp_path: Path) -> None:
    result, rows = score(tmp_path, text)
    assert result.exit_code == 1
    assert len(result.stderr.strip().splitlines()) == 1
    for word in words:
        assert word in result.stderr
    if "in.csv:4" in words[0]:
        assert [row["prednisone_equivalent"] for row in rows[:2]] == ["5", "7.5"]
    else:
        assert rows == []


# fmt: off
TYPED = {
    "no measure":               ([],                                     2, "name a measure; firstdose score --list"),
    "a measure nearly":         (["sledai2k", "in.csv"],                 2, "there is no measure 'sledai2k'; did you mean sledai_2k"),
    "no measure at all":        (["body_mass_index", "in.csv"],          2, "the measures are sledai_2k, "),
    "no file":                  (["lldas"],                              2, "name a CSV file to score"),
    "over itself":              (["pga", "in.csv", "--out", "in.csv"],   2, "would overwrite what is scored"),
    "no such file":             (["pga", "gone.csv"],                    1, "there is no file gone.csv"),
    "not text":                 (["pga", "sheet.xlsx"],                  1, "sheet.xlsx is not text; name a text file in UTF-8"),
    "no such folder":           (["pga", "in.csv", "--out", "no/a.csv"], 1, "no/a.csv: no such file or directory"),
}
# fmt: on


@pytest.mark.parametrize(("arguments", "code", "sentence"), TYPED.values(), ids=TYPED)
def test_a_mistake_in_the_command_is_one_sentence(
    arguments: list[str], code: int, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in.csv").write_text("recorded_pga,recorded_scale_max\n1.5,10\n", "utf-8")
    Path("sheet.xlsx").write_bytes(b"PK\x03\x04\xff\xfe")
    result = run(*arguments)
    assert result.exit_code == code
    assert len(result.stderr.strip().splitlines()) == 1
    assert sentence in result.stderr


@pytest.mark.parametrize("measure", [one.key for one in MEASURES])
def test_the_template_of_a_measure_is_scored_without_a_fault(measure: str, tmp_path: Path) -> None:
    file = tmp_path / "template.csv"
    written = run(measure, "--template", "--out", str(file))
    assert written.exit_code == 0
    result = run(measure, str(file))
    assert (result.exit_code, result.stderr) == (0, "")
    (row,) = read(result.stdout)
    assert row[measure] != ""
    assert row[f"{measure}_reason"] == ""


def test_a_template_explains_every_column_in_the_language_that_is_asked_for() -> None:
    english, chinese = run("crs_astct", "--template"), run("crs_astct", "--template", "--language", "zh")
    assert english.stdout == chinese.stdout
    for result, word in (
        (english, "temperature_c [°C]: temperature; decimal number"),
        (chinese, "temperature_c [°C]：体温；小数"),
    ):
        assert word in result.stderr
        for name in english.stdout.splitlines()[0].split(","):
            assert f"  {name}" in result.stderr


def test_the_list_names_every_measure_and_its_json_every_column() -> None:
    lines = run("--list").stdout.splitlines()
    assert [line.split()[0] for line in lines[: len(MEASURES)]] == [one.key for one in MEASURES]
    assert "狼疮低疾病活动状态" in run("--list", "--language", "zh").stdout
    listed = json.loads(run("--list", "--json").stdout)
    assert [one["key"] for one in listed] == [one.key for one in MEASURES]
    crs = next(one for one in listed if one["key"] == "crs_astct")
    assert crs["columns"][0]["unit"] == "°C"
    assert crs["answers"][0] == {
        "name": "crs_astct",
        "kind": "whole_number",
        "unit": "",
        "description": {"en": "grade, 0 to 5", "zh": "分级，0至5"},
    }


def test_the_answer_of_one_measure_can_stand_among_the_columns_of_the_next(tmp_path: Path) -> None:
    file, first, second = (tmp_path / name for name in ("a.csv", "b.csv", "c.csv"))
    run("ctcae_laboratory", "--template", "--out", str(file))
    run("ctcae_laboratory", str(file), "--out", str(first))
    result = run("unit_conversion", str(first), "--out", str(second))
    assert result.exit_code == 0
    (row,) = read(second.read_text("utf-8"))
    assert (row["ctcae_laboratory"], row["unit_conversion"]) == ("1", "159.156")


def test_an_optional_column_that_is_misspelt_is_told(tmp_path: Path) -> None:
    text = "erythema_percent,bullae_percent,bilirubin,bilirubin_unit,upper_gi_stage,stool_ml_per_day,has_severe_pain_or_blood\n"
    result, rows = score(tmp_path, text + "10,0,1,mg/dL,0,800,no\n", "gvhd_magic")
    assert "stool_ml_per_day is not read; did you mean stool_ml_per_d?" in result.stderr
    assert rows[0]["gvhd_magic_reason"] == "organ_not_assessed"


def test_many_bad_rows_do_not_fill_the_screen(tmp_path: Path) -> None:
    result, rows = score(tmp_path, "glucocorticoid,dose_mg\n" + "prednisone,x\n" * 60)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == "and 10 more"
    assert {row["prednisone_equivalent_detail"] for row in rows} == {"dose_mg: 'x' is not a number"}


def test_a_long_file_shows_its_progress(tmp_path: Path) -> None:
    result, rows = score(tmp_path, "glucocorticoid,dose_mg\n" + "prednisone,5\n" * 20_002)
    assert len(rows) == 20_002
    assert "prednisone_equivalent:  40 %" in result.stdout


def test_scoring_does_not_wait_for_frames_or_compiled_code(tmp_path: Path) -> None:
    file = tmp_path / "in.csv"
    file.write_text(DOSES, "utf-8")
    code = (
        "import sys; from firstdose.faces.cli import main\n"
        f"try: main(['score', 'prednisone_equivalent', {str(file)!r}])\n"
        "except SystemExit: pass\n"
        "sys.exit(', '.join({'numba', 'polars', 'distributed'} & set(sys.modules)) or 0)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def test_the_commands_of_the_readme_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    section = text.partition("## A score, without a trial")[2].partition("\n## ")[0]
    commands = [line.partition("#")[0].split() for line in section.split("```")[1].splitlines() if line]
    assert len(commands) >= 3
    monkeypatch.chdir(tmp_path)
    for command in commands:
        assert command[:2] == ["firstdose", "score"]
        assert run(*command[2:]).exit_code == 0, command
    assert {file.name for file in tmp_path.iterdir()} == {
        "visits.csv",
        "remission.csv",
        "labs.csv",
        "grades.csv",
    }
