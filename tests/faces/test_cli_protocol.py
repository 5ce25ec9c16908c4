"""``firstdose protocol``: what a statistician sees at the command line."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from firstdose.faces.cli import main
from firstdose.wiring import read_study

REGISTRY = Path(__file__).parents[1] / "protocol" / "kn5501_registry.txt"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def assert_one_sentence(result: Result, *words: str) -> None:
    """A user's mistake: exit code 1, one line on standard error, no traceback."""
    assert result.exit_code == 1
    said = result.stderr.strip()
    assert len(said.splitlines()) == 1, said
    assert "Traceback" not in said
    for word in words:
        assert word in said


def test_the_bundled_study_has_no_fault() -> None:
    result = run("protocol", "check", "kn5501")
    assert result.exit_code == 0
    assert result.output.endswith("No fault.\n")


def test_the_registry_text_is_met_row_by_row() -> None:
    result = run("protocol", "check", "kn5501", "--registry", str(REGISTRY))
    assert result.exit_code == 0
    outcomes = result.output.split("\nOutcomes\n")[1]
    sites = result.output.split("\nSites\n")[1].split("\nOutcomes\n")[0]
    assert outcomes.count("  met  ") == 13
    assert sites.count("  met  ") == 6
    assert "NOT MET" not in result.output


# fmt: off
# what changed                    text of the registry                      in the copy                       the row that turns
CHANGES = {
    "the enrolment":              ("Enrollment\n36",                          "Enrollment\n40",                   "Enrol"),
    "a site is dropped":          ("Changhai Hospital of Shanghai\nShanghai, Shanghai Municipality, China\n", "", "Changhai"),
    "a time frame is shorter":    ("Duration of retention\nTime frame: from the first dose to 4 weeks",
                                   "Duration of retention\nTime frame: from the first dose to 3 weeks", "Duration of retention"),
}
# fmt: on


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_registry_turns_the_right_row(tmp_path: Path, change: str) -> None:
    before, after, statement = CHANGES[change]
    text = REGISTRY.read_text("utf-8")
    assert before in text
    copy = tmp_path / "registry.txt"
    copy.write_text(text.replace(before, after), "utf-8")
    result = run("protocol", "check", "kn5501", "--registry", str(copy))
    assert result.exit_code == 1
    unmet = [line for line in result.output.splitlines() if "NOT MET" in line]
    assert len(unmet) == 1
    assert statement in unmet[0]


def test_an_unknown_study_gets_one_sentence() -> None:
    assert_one_sentence(run("protocol", "check", "kn9999"), "kn9999", "kn5501")


def test_a_study_that_is_not_yaml_gets_its_line(tmp_path: Path) -> None:
    broken = tmp_path / "study.yaml"
    broken.write_text("study: {key: a\nsites: [", "utf-8")
    assert_one_sentence(run("protocol", "check", str(broken)), "study.yaml", "not YAML")


def test_every_fault_of_a_study_is_told_at_once(tmp_path: Path) -> None:
    for name, text in read_study("kn5501").items():
        changed = text.replace("enrolment: 36", "enrolment: 0").replace("cells_1e9: 0.75", "cells_1e9: 1.75")
        (tmp_path / name).write_text(changed, "utf-8")
    result = run("protocol", "check", str(tmp_path))
    assert result.exit_code == 1
    assert "study.yaml" in result.stderr
    # the enrolment is a fault of the form; what follows from the doses is told once the form is right
    (tmp_path / "study.yaml").write_text(read_study("kn5501")["study.yaml"], "utf-8")
    assert "is not above" in run("protocol", "check", str(tmp_path)).stderr


def test_a_photograph_is_no_registry(tmp_path: Path) -> None:
    photograph = tmp_path / "registry.jpg"
    photograph.write_bytes(bytes(range(256)) * 4)
    assert_one_sentence(
        run("protocol", "check", "kn5501", "--registry", str(photograph)), "registry.jpg", "not text"
    )


def test_the_resolved_form_and_the_schema_are_json() -> None:
    assert json.loads(run("protocol", "resolve", "kn5501").output)["study"]["enrolment"] == 36
    schema = json.loads(run("protocol", "schema").output)
    assert {"study", "parts", "schedules", "forms"} <= schema["properties"].keys()


def test_help_names_every_command() -> None:
    said = run("--help").output
    for command in ("demo", "protocol", "record", "rehearse", "report", "serve", "password"):
        assert command in said
        assert run(command, "--help").exit_code == 0
