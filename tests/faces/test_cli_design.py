"""``firstdose design``: a statistician's questions about a part's dose rule."""

import json

import pytest
from click.testing import CliRunner, Result

from firstdose.faces.cli import main

RATES = "0.01,0.02,0.04,0.07,0.12,0.30"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["design", *arguments])


def test_the_table_of_boin_at_a_quarter_is_printed_with_its_digest() -> None:
    # Liu and Yuan 2015, target 0.25: lambda_e 0.197, lambda_d 0.298, so of 6 escalate at 1 or fewer, de-escalate at 2
    lines = run("table", "kn5501", "--part", "sad").output.splitlines()
    assert next(line.split() for line in lines if line.split()[:1] == ["6"]) == [
        "6",
        "≤",
        "1",
        "≥",
        "2",
        "≥",
        "4",
        "≥",
        "4",
    ]
    assert lines[-1].startswith("Digest ")
    assert len(json.loads(run("table", "kn5501", "--json").output)["rows"]) == 6


def test_the_selection_probabilities_of_all_levels_and_of_none_add_up_to_one() -> None:
    found = json.loads(run("oc", "kn5501", "--rates", RATES, "--json").output)["scenarios"][0]
    assert sum(found["p_selected"]) + found["p_none"] == pytest.approx(1, abs=1e-12)
    assert "exact, " in run("oc", "kn5501", "--rates", RATES).output


# fmt: off
# a careless user         arguments                                              words of the sentence
MISTAKES = {
    "too few rates":      (["oc", "kn5501", "--rates", "0.1,0.2"],               ["2 rates", "6 levels"]),
    "a rate above one":   (["oc", "kn5501", "--rates", "1.2,0,0,0,0,0"],         ["1.2", "between 0 and 1"]),
    "not a number":       (["oc", "kn5501", "--rates", "low,0,0,0,0,0"],         ["low"]),
    "NaN":                (["oc", "kn5501", "--rates", "nan,0,0,0,0,0"],         ["nan"]),
    "a part without rule": (["table", "kn5501", "--part", "expansion"],          ["expansion", "sad, mad"]),
}
# fmt: on


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_gets_one_sentence(mistake: str) -> None:
    arguments, words = MISTAKES[mistake]
    result = run(*arguments)
    assert result.exit_code == 1
    assert len(result.stderr.strip().splitlines()) == 1
    for word in words:
        assert word in result.stderr
