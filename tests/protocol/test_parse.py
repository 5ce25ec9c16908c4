"""YAML text to the written form: decimals, places, labels; nothing is silently overwritten."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.trials import bundled_texts

from firstdose.protocol.parse import Parsed, parse_protocol
from firstdose.protocol.resolve import build_protocol
from firstdose.protocol.resolved import Protocol
from firstdose.terms.outcomes import Fault


def parsed() -> Parsed:
    found = parse_protocol(bundled_texts())
    assert isinstance(found, Parsed)
    return found


def faults_of(files: dict[str, str]) -> tuple[Fault, ...]:
    found = parse_protocol(files)
    assert not isinstance(found, Parsed)
    return found


# fmt: off
NOT_A_PROTOCOL = {
    "an empty file":                   ("", "a protocol file holds keys and values"),
    "nothing but a comment":           ("# to be written\n", "a protocol file holds keys and values"),
    "a list":                          ("- study\n- sites\n", "a protocol file holds keys and values"),
    "a word":                          ("study", "a protocol file holds keys and values"),
    "a tab for an indent":             ("study:\n\tkey: x\n", "not YAML"),
    "an unknown tag":                  ("study: !!python/object:os.system x\n", "not YAML"),
    "an alias without its anchor":     ("study: *missing\n", "not YAML"),
    "two documents":                   ("study: {}\n---\nsites: {}\n", "not YAML"),
    "a control character":             ("study: \x00\n", "not YAML"),
    "a date that does not exist":      ("study: 2023-02-30\n", "not YAML"),
}
# fmt: on


@pytest.mark.parametrize(("text", "what"), NOT_A_PROTOCOL.values(), ids=NOT_A_PROTOCOL.keys())
def test_what_is_not_keys_and_values_is_a_fault_of_its_file(text: str, what: str) -> None:
    (fault,) = faults_of({"broken.yaml": text})
    assert fault.file == "broken.yaml"
    assert fault.what.startswith(what)


def test_faults_of_all_files_are_told() -> None:
    faults = faults_of({"a.yaml": "", "b.yaml": "- 1", "c.yaml": "x: [1"})
    assert [fault.file for fault in faults] == ["a.yaml", "b.yaml", "c.yaml"]


def test_a_protocol_needs_a_file() -> None:
    (fault,) = faults_of({})
    assert "at least one file" in fault.what


def test_a_top_level_key_stands_in_one_file() -> None:
    (fault,) = faults_of(bundled_texts() | {"zz.yaml": "# once more\nsites: {}\n"})
    assert (fault.what, str(fault).split(": ")[0]) == ("'sites' stands in two files", "zz.yaml:2")


def test_every_top_level_key_that_is_missing_is_told() -> None:
    texts = {name: text for name, text in bundled_texts().items() if name not in ("study.yaml", "sites.yaml")}
    assert {fault.clause for fault in faults_of(texts)} == {"study", "sites"}


def test_one_file_says_the_same_as_a_folder() -> None:
    whole = build_protocol({"all.yaml": "\n".join(bundled_texts().values())})
    assert isinstance(whole, Protocol)
    assert whole == build_protocol(bundled_texts())


def test_a_number_with_a_point_is_read_as_the_decimal_that_stands_there() -> None:
    levels = parsed().written.parts.list[0].levels
    assert [str(level.cells_1e9) for level in levels] == ["0.75", "1.5", "3.0", "4.5", "6.0", "9.0"]
    assert isinstance(levels[0].cells_1e9, Decimal)


def test_a_value_knows_its_file_and_line() -> None:
    places = parsed().places
    for path, text in (
        (("study", "enrolment"), "enrolment: 36"),
        (("parts", "list", 1, "regimens", 2, "infusion_days"), "[0, 7, 14, 21]"),
    ):
        file, line = places.lines[path]
        assert text in bundled_texts()[file].splitlines()[line - 1]


def test_a_clause_names_things_by_their_keys() -> None:
    places = parsed().places
    assert places.fault(("parts", "list", 0, "levels", 2, "cells_1e9"), "x").clause == (
        "parts.sad.levels.SAD-3.cells_1e9"
    )
    # what is missing is named below what stands there
    assert places.fault(("parts", "list", 0, "design", "missing"), "x").clause == "parts.sad.design.missing"


def test_a_label_holds_for_everything_below_it_until_another_one() -> None:
    bases = parsed().bases
    assert bases["study"].label == "registry"
    assert bases["study.phase"].label == "registry-mirror"
    assert bases["parts.sad.levels"].label == "assumed"
    assert all(basis.basis and "\n" not in basis.basis for basis in bases.values())


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_however_a_file_is_spoilt_the_answer_is_a_protocol_or_faults(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(bundled_texts())))
    lines = bundled_texts()[name].splitlines()
    number = data.draw(st.integers(0, len(lines) - 1))
    head = lines[number].split(":")[0]
    said = ("0", "-1", "null", "[]", "{}", ".nan", "true", "x", "''", "[1, 2]", "1e400", "&a [*a]", "? [a]")
    spoilt = data.draw(
        st.sampled_from(["", lines[number] + "\n" + lines[number], *(f"{head}: {one}" for one in said)])
    )
    lines[number] = spoilt
    built = build_protocol(bundled_texts() | {name: "\n".join(lines)})
    assert isinstance(built, Protocol) or all(str(fault) for fault in built)
