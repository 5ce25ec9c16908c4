"""The resolved form: everything explicit, stable through JSON, and changed by an edit of the file."""

import json

import pytest
from tests.trials import bundled_protocol, bundled_texts, start

from firstdose.conduct.commands import DetermineEvaluability
from firstdose.conduct.dose_rules import compile_design, specify_design
from firstdose.protocol.resolve import build_protocol
from firstdose.protocol.resolved import Protocol
from firstdose.protocol.written import WrittenProtocol
from firstdose.simulate.cast import MONITOR


def edited(file: str, *changes: tuple[str, str]) -> Protocol:
    text = bundled_texts()[file]
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    built = build_protocol(bundled_texts() | {file: text})
    assert isinstance(built, Protocol), [str(fault) for fault in built]
    return built


def test_the_resolved_form_comes_back_from_json_as_it_was() -> None:
    protocol = bundled_protocol()
    text = protocol.model_dump_json()
    again = Protocol.model_validate_json(text)
    assert again == protocol
    assert again.model_dump_json() == text


def test_the_same_text_resolves_to_the_same_bytes() -> None:
    built = build_protocol(dict(reversed(bundled_texts().items())))
    assert isinstance(built, Protocol)
    assert json.loads(built.model_dump_json()) == json.loads(bundled_protocol().model_dump_json())


def test_a_dose_level_is_a_regimen_of_one_infusion() -> None:
    regimen = bundled_protocol().regimen_by_key["SAD-3"]
    assert (regimen.part, regimen.dose_level, regimen.infusion_days) == ("sad", 3, (0,))
    assert regimen.title.zh == "剂量水平 3：单次输注 3.0 × 10⁹ 个细胞"


def test_defaults_are_spelled_out() -> None:
    protocol = bundled_protocol()
    sad, _, expansion = protocol.parts
    assert sad.design is not None
    assert (sad.design.n_levels, sad.design.start_level, str(sad.design.elimination_probability)) == (
        6,
        1,
        "0.95",
    )
    assert sad.cohort_size == 3  # that of its design
    assert expansion.regimens == ("M1", "M2", "M3", "M4")  # those of the part that it expands
    pulse = protocol.form_by_key["vital_signs"].by_key["pulse"]
    assert (pulse.decimals, pulse.required) == (0, True)
    assert pulse.standard is not None
    assert pulse.standard.domain == "VS"  # that of its form
    sex = protocol.form_by_key["demographics"].by_key["sex"]
    assert [choice.key for choice in sex.choices] == ["female", "male"]


# Days of M2's infusions: 0, 3 and 7, each with its window of a day; the first one is Day 0 itself.
def test_a_schedule_is_laid_out_for_the_infusion_days_of_each_regimen() -> None:
    protocol = bundled_protocol()
    infusions = {
        regimen.key: [
            (visit.infusion, visit.first_day, visit.last_day)
            for visit in protocol.schedule_by_key[regimen.schedule].visits
            if visit.infusion
        ]
        for regimen in protocol.regimens
    }
    assert infusions["SAD-1"] == [(1, 0, 0)]
    assert infusions["M2"] == [(1, 0, 0), (2, 3, 4), (3, 7, 8)]
    assert infusions["M4"] == [(1, 0, 0), (2, 3, 4), (3, 7, 8), (4, 10, 11), (5, 14, 15)]


def test_visits_stand_in_time_order_and_each_once() -> None:
    for schedule in bundled_protocol().schedules:
        days = [visit.day for visit in schedule.visits]
        assert days == sorted(days)
        assert len(schedule.by_key) == len(schedule.visits)


def test_samples_after_the_last_infusion_follow_the_regimen() -> None:
    m3 = bundled_protocol().schedule_by_key["mad-M3"]  # last infusion on Day 21
    kinetics = {
        visit.day: form.timepoints
        for visit in m3.visits
        for form in visit.forms
        if form.form == "cellular_kinetics"
    }
    assert "t8h" in kinetics[21]
    assert {22, 24, 28, 35} <= kinetics.keys()


@pytest.mark.parametrize("rule", ["boin", "three_plus_three"])
def test_the_dose_rule_is_changed_by_an_edit_of_the_file(rule: str) -> None:
    protocol = edited("parts.yaml", ("rule: boin", f"rule: {rule}"))
    digests = [
        compile_design(specify_design(design))[1]
        for found in (protocol, bundled_protocol())
        if (design := found.part_by_key["sad"].design) is not None
    ]
    assert len(set(digests)) == (1 if rule == "boin" else 2)
    trial = start(protocol)
    trial.complete_single("sad", "SAD-1")
    assert trial.review("sad").made.action == "escalate"


def test_the_dlt_window_is_changed_by_an_edit_of_the_files() -> None:
    texts = bundled_texts()
    parts = texts["parts.yaml"].replace(
        "dlt_window: {first: 0, last: 14", "dlt_window: {first: 0, last: 21", 1
    )
    plan = texts["schedules.yaml"].replace("day: 21, window: [2, 2]", "day: 21, window: [0, 2]", 1)
    protocol = build_protocol(texts | {"parts.yaml": parts, "schedules.yaml": plan})
    assert isinstance(protocol, Protocol), protocol
    trial = start(protocol)
    code = trial.treat(trial.enrol("01", trial.open_cohort("sad", "SAD-1")))
    trial.wait_until_day(code, 14).hold(code, "D14")
    determine = DetermineEvaluability(participant=code)
    assert trial.refused(determine, MONITOR).clause == "dlt.evaluable"
    trial.complete_window(code)
    assert trial.participant(code).is_determined


def test_the_written_form_has_a_json_schema_that_names_every_top_level_key() -> None:
    schema = json.loads(json.dumps(WrittenProtocol.model_json_schema()))
    assert set(schema["required"]) == {
        "study", "sites", "parts", "dlt", "lymphodepletion", "eligibility", "review", "stopping", "schedules",
        "forms", "reference_ranges", "analysis_sets", "endpoints", "definitions",
    }  # fmt: skip
    assert schema["additionalProperties"] is False
