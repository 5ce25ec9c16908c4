"""States in which a model's judgement hangs on a limit are listed, and only those."""

from decimal import Decimal
from typing import Any

import numpy as np
from msgspec import UNSET

from firstdose.design import DesignSpecification, compile_table
from firstdose.design.near_limits import list_near_limits
from firstdose.design.rules.blrm import KNIFE_EDGE, compute_interval_probabilities
from firstdose.design.rules.blrm_specification import BlrmSpecification
from firstdose.design.rules.crm_specification import CrmSpecification

SHAPE: dict[str, Any] = {
    "n_levels": 4,
    "target_rate": Decimal("0.25"),
    "max_n": 24,
    "max_n_per_level": 24,
    "mtd_min_n": 1,
}
BLRM = BlrmSpecification(
    doses=tuple(map(Decimal, (1, 3, 6, 10))),
    reference_dose=Decimal(6),
    mean_log_alpha=Decimal("-1.1"),
    mean_log_beta=Decimal(0),
    sd_log_alpha=Decimal("1.5"),
    sd_log_beta=Decimal("0.7"),
)


def crm(*skeleton: str) -> CrmSpecification:
    return CrmSpecification(skeleton=tuple(map(Decimal, skeleton)), target_rate=Decimal("0.25"))


def test_the_states_near_the_overdose_limit_are_those_of_the_model_asked_one_by_one() -> None:
    table = compile_table(DesignSpecification(rule="blrm", blrm=BLRM, **SHAPE))
    assert table.states is not UNSET
    found = list_near_limits(table)
    listed = {(one.n_evaluable, one.n_dlt, one.level, one.meant) for one in found}
    states = np.frombuffer(table.states.states, dtype=np.uint8).reshape(-1, 9)
    expected = set()
    for row in states.tolist():
        over = compute_interval_probabilities(BLRM, [row[:4]], [row[4:8]], max_n=24).over[0]
        for level, value in enumerate(over, start=1):
            if abs(value - 0.25) < KNIFE_EDGE:
                expected.add((tuple(row[:4]), tuple(row[4:8]), row[8], level))
    assert listed == expected
    assert len(listed) > 3
    assert {one.limit for one in found} == {"overdose_limit"}


def test_two_levels_equally_close_to_the_target_before_anyone_is_treated_are_listed() -> None:
    # prior rates 0.2 and 0.3 lie on both sides of 0.25
    found = list_near_limits(
        compile_table(DesignSpecification(rule="crm", crm=crm("0.1", "0.2", "0.3", "0.4"), **SHAPE))
    )
    at_start = [one for one in found if not any(one.n_evaluable)]
    assert [(one.limit, one.level, one.meant) for one in at_start] == [("closest_level", 1, 3)]
    assert at_start[0].distance < 1e-9
    apart = list_near_limits(
        compile_table(DesignSpecification(rule="crm", crm=crm("0.1", "0.2", "0.29", "0.4"), **SHAPE))
    )
    assert [one for one in apart if not any(one.n_evaluable)] == []


def test_a_rule_of_whole_numbers_has_no_such_state() -> None:
    assert list_near_limits(compile_table(DesignSpecification(rule="boin", **SHAPE))) == ()
