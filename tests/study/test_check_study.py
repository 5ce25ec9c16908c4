"""A study file as a whole: another dose rule is an edit of the file, and one that cannot work is a fault."""

from typing import get_args

import pytest
from tests.trials import bundled_texts

from firstdose.conduct.counts import compile_design, specify_design
from firstdose.protocol.resolved import Protocol, RuleName
from firstdose.study.check_study import check_study


def with_rule(rule: str) -> dict[str, str]:
    texts = dict(bundled_texts())
    return texts | {"parts.yaml": texts["parts.yaml"].replace("rule: boin", f"rule: {rule}")}


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


def test_a_dose_rule_that_cannot_work_is_a_fault_of_the_study() -> None:
    texts = dict(bundled_texts())
    texts["parts.yaml"] = texts["parts.yaml"].replace("target_rate: 0.25", "target_rate: 0.75")
    faults = check_study(texts)
    assert isinstance(faults, tuple)
    assert any("target_rate" in fault.clause or "p2" in fault.clause for fault in faults)
