"""What was approved is what runs: the decision tables stand in the record, and conduct reads them there."""

import json

import msgspec
from tests.trials import SmallTrial, bundled_protocol, start, with_rule

from firstdose.conduct import commands as c
from firstdose.conduct.dose_rules import compile_design, freeze_tables, open_table, specify_design
from firstdose.design import compile_table, render_table
from firstdose.protocol.resolved import Protocol
from firstdose.record import events as e
from firstdose.simulate import cast
from firstdose.study.check_study import check_study
from firstdose.study.rehearse import write_definition


def test_the_definition_brings_the_table_of_every_part_with_a_dose_rule() -> None:
    trial = start()
    state = trial.state
    assert set(state.decision_tables) == {"sad", "mad"}
    for key, text in state.decision_tables.items():
        part = state.protocol.part_by_key[key]
        assert part.design is not None
        table, digest = compile_design(specify_design(part.design))
        assert open_table(state, part) == (table, digest)
        assert json.loads(text)["digest"] == digest
    found = trial.open_cohort("sad", "SAD-1")
    assert found == "sad-c01"


def test_the_recommendation_follows_the_approved_table_and_not_the_program() -> None:
    # one without a DLT at level 1: titration as compiled here goes up; the table that was approved fills the cohort
    trial = start()
    trial.complete_single("sad", "SAD-1")
    assert trial.fork().snapshot("sad").action == "escalate"
    part = trial.state.protocol.part_by_key["sad"]
    assert part.design is not None
    approved = compile_table(msgspec.structs.replace(specify_design(part.design), titration=None))
    trial.state.decision_tables["sad"] = render_table(approved).decode()
    found = trial.snapshot("sad")
    assert (found.action, found.level, found.cohort_size) == ("stay", 1, 2)
    assert found.table_digest == approved.digest


def test_a_record_from_before_tables_were_kept_has_its_table_compiled() -> None:
    trial = start()
    trial.state.decision_tables.clear()
    part = trial.state.protocol.part_by_key["sad"]
    assert part.design is not None
    assert open_table(trial.state, part) == compile_design(specify_design(part.design))


def test_a_definition_whose_dose_rule_cannot_work_is_refused_with_the_reason() -> None:
    protocol = bundled_protocol()
    wrong = protocol.model_copy(
        update={
            "parts": tuple(
                part.model_copy(update={"design": part.design.model_copy(update={"rule": "crm"})})
                if part.design
                else part
                for part in protocol.parts
            )
        }
    )
    trial = SmallTrial(wrong)
    definition, digest = write_definition(wrong)
    refused = trial.refused(c.ReleaseStudyDefinition(definition=definition, digest=digest), cast.SPONSOR)
    assert "crm has no model" in refused.what.en
    assert isinstance(freeze_tables(wrong), list)


def test_the_states_of_a_model_are_in_the_record() -> None:
    protocol = check_study(with_rule("crm"))
    assert isinstance(protocol, Protocol)
    state = start(protocol).state
    table, _ = open_table(state, state.protocol.part_by_key["sad"])
    assert table.states is not msgspec.UNSET
    assert table.states.n_states > 100
    released = e.StudyDefinitionReleased(study="s", version="1", digest="d", definition="{}")
    assert released.tables == {}
