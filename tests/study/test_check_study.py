"""A study file as a whole: another dose rule is an edit of the file, and one that cannot work is a fault."""

from typing import get_args

import pytest
from msgspec import UNSET
from tests.trials import bundled_texts, with_rule

from firstdose.conduct.dose_rules import compile_design, specify_design
from firstdose.protocol.resolved import Protocol
from firstdose.protocol.rule_names import RuleName
from firstdose.study.check_study import check_study


@pytest.mark.parametrize("rule", get_args(RuleName))
def test_another_dose_rule_is_an_edit_of_the_study_file(rule: str) -> None:
    protocol = check_study(with_rule(rule))
    assert isinstance(protocol, Protocol), protocol
    tables = [compile_design(specify_design(part.design)) for part in protocol.parts if part.design]
    assert [table.specification.rule for table, _ in tables] == [rule, rule]


def test_a_rule_that_nobody_published_is_a_fault_with_its_place() -> None:
    faults = check_study(with_rule("coin_toss"))
    assert isinstance(faults, tuple)
    assert {(fault.file, fault.clause.endswith("rule")) for fault in faults} == {("parts.yaml", True)}


def test_a_skeleton_is_calculated_from_its_indifference_interval() -> None:
    protocol = check_study(with_rule("crm"))
    assert isinstance(protocol, Protocol), protocol
    design = protocol.part_by_key["sad"].design
    assert design is not None
    spec = specify_design(design)
    assert spec.crm is not UNSET
    assert spec.crm.skeleton[2] == spec.target_rate
    assert list(spec.crm.skeleton) == sorted(set(spec.crm.skeleton))


@pytest.mark.parametrize(
    ("good", "bad", "clause", "said"),
    [
        ("half_width: 0.05", "half_width: 0.30", "half_width", "from -0.05 to 0.55"),
        ("prior_mtd: 3", "prior_mtd: 7", "prior_mtd", "not one of 6 levels"),
        ("indifference: {half_width: 0.05, prior_mtd: 3}", "model: power", "design.crm", "one of the two"),
        (
            "indifference: {half_width: 0.05, prior_mtd: 3}",
            "skeleton: [0.1, 0.2]",
            "crm.skeleton",
            "2 prior rates",
        ),
        (
            "indifference: {half_width: 0.05, prior_mtd: 3}",
            "skeleton: [0.1, 0.2, 0.2, 0.3, 0.4, 0.5]",
            "crm.skeleton",
            "not above 0.2 of level 2",
        ),
    ],
)
def test_a_model_that_cannot_work_is_a_fault_of_the_study(
    good: str, bad: str, clause: str, said: str
) -> None:
    texts = with_rule("crm")
    faults = check_study(texts | {"parts.yaml": texts["parts.yaml"].replace(good, bad, 1)})
    assert isinstance(faults, tuple)
    assert any(clause in fault.clause and said in fault.what for fault in faults), faults


def test_a_dose_rule_that_cannot_work_is_a_fault_of_the_study() -> None:
    texts = dict(bundled_texts())
    texts["parts.yaml"] = texts["parts.yaml"].replace("target_rate: 0.25", "target_rate: 0.75")
    faults = check_study(texts)
    assert isinstance(faults, tuple)
    assert any("target_rate" in fault.clause or "p2" in fault.clause for fault in faults)
