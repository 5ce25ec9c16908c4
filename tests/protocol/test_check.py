"""A badly written protocol fails for its named fault, at its file, line and clause."""

import re

import pytest
from tests.protocol import invalid_protocols as invalid
from tests.trials import bundled_texts

from firstdose.protocol.resolve import build_protocol
from firstdose.protocol.resolved import Protocol
from firstdose.terms.outcomes import Fault


def faults_of(files: dict[str, str]) -> tuple[Fault, ...]:
    built = build_protocol(files)
    assert not isinstance(built, Protocol), "the protocol has no fault"
    return built


@pytest.mark.parametrize("case", invalid.ALL.values(), ids=invalid.ALL.keys())
def test_a_protocol_fails_for_its_named_fault_in_its_place(case: invalid.Invalid) -> None:
    faults = faults_of(case.files())
    named = [fault for fault in faults if case.what in f"{fault.what}; {fault.why}; {fault.next}"]
    assert named, [str(fault) for fault in faults]
    assert all(re.match(r"^[a-z_]+\.yaml(:\d+)?: ", str(fault)) for fault in faults)  # file, line, what
    if case.clause:
        assert case.clause in [fault.clause for fault in named]
        named = [fault for fault in named if fault.clause == case.clause]
    if case.line:
        at = (
            "parts.yaml"
            if case.clause.startswith("parts")
            else "safety.yaml"
            if case.clause.startswith(("dlt", "review", "stopping"))
            else case.file
        )
        lines = case.files()[at].splitlines()
        stands = [number for number, text in enumerate(lines, start=1) if case.line.strip("\n") in text]
        assert (named[0].file, named[0].line in stands) == (at, True), (str(named[0]), stands)


def test_several_faults_in_several_files_are_all_told_at_once() -> None:
    changes = [
        invalid.PARTS["levels that do not rise"],
        invalid.PARTS["five weekly infusions"],
        invalid.SCHEDULES["windows that overlap"],
        invalid.FORMS["a choice without choices"],
        invalid.REFERENCES["more signatures than members"],
    ]
    files = bundled_texts()
    for change in changes:
        files = files | {change.file: files[change.file].replace(change.old, change.new, 1)}
    told = " | ".join(str(fault) for fault in faults_of(files))
    for change in changes:
        assert change.what in told


def test_several_faults_of_form_are_all_told_at_once() -> None:
    changes = [
        invalid.FORM["an unknown key"],
        invalid.FORM["a word for a number"],
        invalid.FORM["an empty text"],
    ]
    files = bundled_texts()
    for change in changes:
        files = files | {change.file: files[change.file].replace(change.old, change.new, 1)}
    faults = faults_of(files)
    assert {change.clause for change in changes} <= {fault.clause for fault in faults}


def test_the_bundled_study_has_no_fault() -> None:
    assert isinstance(build_protocol(bundled_texts()), Protocol)
