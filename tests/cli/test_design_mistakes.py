"""A mistake of a statistician at the command line gets one clear sentence, never a traceback."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from firstdose.faces.cli import main

RATES = "0.05,0.10,0.18,0.25,0.35,0.45"
OC = ["oc", "kn5501", "--rates", RATES]
PATHS = ["paths", "kn5501", "--cohorts", "2"]
COMPARE = ["compare", "kn5501", "--rates", RATES]
HEADER = "name,SAD-1,SAD-2,SAD-3,SAD-4,SAD-5,SAD-6"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["design", *arguments])


# fmt: off
# a careless user                 arguments                                         words of the sentence
MISTAKES = {
    # --- rates
    "no scenario":              (["oc", "kn5501"],                                 ["no scenario", "--rates"]),
    "one rate":                 (["oc", "kn5501", "--rates", "0.1"],               ["1 rate for 6 levels"]),
    "too few rates":            (["oc", "kn5501", "--rates", "0.1,0.2"],           ["2 rates", "6 levels"]),
    "a rate above one":         (["oc", "kn5501", "--rates", "1.2,0,0,0,0,0"],     ["1.2", "between 0 and 1"]),
    "a negative rate":          (["oc", "kn5501", "--rates=-0.1,0,0,0,0,0"],       ["-0.1", "between 0 and 1"]),
    "a word for a rate":        (["oc", "kn5501", "--rates", "low,0,0,0,0,0"],     ["'low' is not a rate"]),
    "NaN":                      (["oc", "kn5501", "--rates", "nan,0,0,0,0,0"],     ["nan", "between 0 and 1"]),
    "infinity":                 (["oc", "kn5501", "--rates", "inf,0,0,0,0,0"],     ["inf", "between 0 and 1"]),
    "nothing for the rates":    (["oc", "kn5501", "--rates", ""],                  ["'' is not a rate"]),
    "the second scenario":      ([*OC, "--rates", "2,0,0,0,0,0"],                  ["rate of 2 "]),
    "paths with bad rates":     ([*PATHS, "--rates", "0.1"],                       ["1 rate for 6 levels"]),
    # --- the study and its parts
    "an unknown study":         (["table", "nowhere"],                             ["no study 'nowhere'"]),
    "a part without a rule":    (["table", "kn5501", "--part", "expansion"],       ["expansion", "sad, mad"]),
    # --- guards
    "a target of zero":         ([*OC, "--target", "0"],                           ["target_rate is 0"]),
    "a target of one":          ([*OC, "--target", "1"],                           ["target_rate is 1"]),
    "a target above one":       ([*OC, "--target", "1.5"],                         ["target_rate is 1.5"]),
    "a word for a target":      ([*OC, "--target", "quarter"],                     ["quarter, not a decimal"]),
    "a target that is no number": ([*OC, "--target", "NaN"],                       ["NaN, not a decimal"]),
    "a target of many digits":  ([*OC, "--target", "1e-999999"],                   ["more than 9 decimals"]),
    "a cohort above the sample": ([*OC, "--max-n", "6", "--cohort-size", "6", "--target", "1.5"], ["target_rate"]),
    "a cohort of nobody":       ([*OC, "--cohort-size", "0"],                      ["cohort_size is 0"]),
    "nobody in all":            ([*OC, "--max-n", "0"],                            ["max_n is 0"]),
    "a sample of a phase III":  ([*OC, "--max-n", "100000"],                       ["max_n is 100000", "300"]),
    # --- rules
    "an unknown rule":          ([*COMPARE, "--rule", "coin"],                     ["rule 'coin' is not known"]),
    "a rule against the guards": ([*COMPARE, "--rule", "three_plus_three", "--cohort-size", "2"], ["cohorts of 3, not of 2"]),
    "a model that cannot be guessed": ([*COMPARE, "--rule", "blrm"],               ["BLRM", "no doses and prior"]),
    "a CRM for a tiny target":  ([*COMPARE, "--rule", "crm", "--target", "0.05"],  ["crm has no model"]),
    "a rule that reads responses": ([*COMPARE, "--rule", "boin12"],                ["responses", "compute_boin12_characteristics"]),
    # --- counts so far
    "more DLTs than people":    ([*PATHS, "--after", "3/4"],                       ["level 1", "4 participants with a DLT out of 3"]),
    "a count without DLTs":     ([*PATHS, "--after", "3"],                         ["'3' is not a pair"]),
    "three numbers":            ([*PATHS, "--after", "3/0/0"],                     ["'3/0/0' is not a pair"]),
    "negative counts":          ([*PATHS, "--after=-3/0"],                         ["level 1 has -3"]),
    "counts for seven levels":  ([*PATHS, "--after", ",".join(["1/0"] * 7)],       ["7 levels", "has 6"]),
    "more than the sample":     ([*PATHS, "--after", "30/1"],                      ["30 participants", "18 at most"]),
    "a level above the top":    ([*PATHS, "--level", "7"],                         ["no level '7'", "1 to 6"]),
    "level zero":               ([*PATHS, "--level", "0"],                         ["no level '0'"]),
    "a level of another part":  ([*PATHS, "--level", "M1"],                        ["no level 'M1'", "SAD-1"]),
    "no cohort ahead":          (["paths", "kn5501", "--cohorts", "0"],            ["0 cohorts", "1 to 100"]),
    "a thousand cohorts":       (["paths", "kn5501", "--cohorts", "1000"],         ["1000 cohorts", "1 to 100"]),
    "a tree too wide":          (["paths", "kn5501", "--cohorts", "9", "--figure", "tree.svg"], ["ends cannot be read"]),
    # --- simulation
    "a single trial":           ([*OC, "--simulate", "--trials", "1"],             ["1 trial cannot", "2 to"]),
    "a negative seed":          ([*OC, "--simulate", "--seed", "-1"],              ["seed of -1"]),
    # --- files
    "a folder that is not there": ([*OC, "--out", "nowhere/result.txt"],           ["nowhere/result.txt", "no folder"]),
    "a figure into no folder":  ([*OC, "--figure", "nowhere/figure.svg"],          ["nowhere/figure.svg", "no folder"]),
    "a folder for a file":      ([*OC, "--out", "."],                              ["is a folder"]),
    "scenarios that are not there": (["oc", "kn5501", "--scenarios", "gone.csv"],  ["no file gone.csv"]),
    "too many for a figure":    ([*OC, *["--rates", RATES] * 20, "--figure", "oc.svg"], ["21 scenarios", "20"]),
}
# fmt: on


@pytest.mark.parametrize(("arguments", "words"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_gets_one_sentence(
    arguments: list[str], words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1
    assert "mistake of firstdose" not in result.stderr
    for word in words:
        assert word in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_cohort_larger_than_the_sample_is_told_with_every_limit_that_it_breaks() -> None:
    result = run(*OC, "--cohort-size", "20")
    assert result.exit_code == 1
    first, second = result.stderr.splitlines()
    assert first.startswith("cohort_size: a cohort of 20 is larger than the sample of 18; ")
    assert second.startswith("max_n_per_level: a cohort of 20 is larger than the 6 allowed at one level; ")


# fmt: off
# what is wrong with the file      its bytes                                                    words of the sentence
FILES = {
    "empty":                     (b"",                                                         ["scenarios.csv:1", "header"]),
    "a header alone":            (HEADER.encode(),                                             ["holds no scenario"]),
    "semicolons":                (HEADER.replace(",", ";").encode() + b"\nA;0;0;0;0;0;0\n",    ["scenarios.csv:1", "header"]),
    "levels in another order":   (HEADER.replace("SAD-1", "SAD-9").encode() + b"\n",           ["scenarios.csv:1", "SAD-9"]),
    "a quotation that never ends": (HEADER.encode() + b'\n"A,0,0,0,0,0,0\n',                   ["scenarios.csv:2", "not CSV"]),
    "not text":                  (b"\xff\xfe\x00\x01",                                         ["not text"]),
    "a zero byte":               (HEADER.encode() + b"\nA,0,\x00,0,0,0,0\n",                   ["scenarios.csv:2"]),
}
# fmt: on


@pytest.mark.parametrize(("content", "words"), FILES.values(), ids=FILES.keys())
def test_a_file_that_holds_no_scenarios_is_told_with_its_place(
    content: bytes, words: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "scenarios.csv"
    file.write_bytes(content)
    result = run("oc", "kn5501", "--scenarios", str(file))
    assert result.exit_code == 1
    assert len(result.stderr.strip().splitlines()) == 1
    assert "mistake of firstdose" not in result.stderr
    for word in words:
        assert word in result.stderr


def test_every_bad_row_of_a_file_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "scenarios.csv"
    file.write_text(
        f"{HEADER}\nA,{RATES}\n\nB,0.05,x,0.18,0.25,0.35,0.45\nC,0.05\nD,{RATES}\nE,1.2,0,0,0,0,nan\n",
        "utf-8",
    )
    result = run("oc", "kn5501", "--scenarios", str(file))
    assert result.exit_code == 1
    assert [line.removeprefix(f"{file}:").split(":")[0] for line in result.stderr.splitlines()] == [
        "4",
        "5",
        "7",
        "7",
    ]


def test_paths_that_are_too_many_to_write_out_are_refused_before_they_are(tmp_path: Path) -> None:
    from importlib.resources import as_file, files  # noqa: PLC0415 - for this test alone
    from shutil import copytree  # noqa: PLC0415

    folder = tmp_path / "wide"
    with as_file(files("firstdose.protocol") / "studies" / "kn5501") as bundled:
        copytree(bundled, folder)
    parts = folder / "parts.yaml"
    parts.write_text(
        parts.read_text("utf-8").replace("max_n_per_level: 6", "max_n_per_level: 18", 1), "utf-8"
    )
    result = run("paths", str(folder), "--max-n", "36", "--cohorts", "12")
    assert result.exit_code == 1
    assert "12 cohorts have more than 200,000 paths" in result.stderr
