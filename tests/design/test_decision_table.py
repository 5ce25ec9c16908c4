"""Decision tables: BOIN and 3+3 against what was published, and the digest."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from tests.double.boin_by_formula import letter

from firstdose.design import (
    DecisionTable,
    DesignSpecification,
    OverdoseCap,
    Titration,
    compile_table,
    compute_digest,
    render_table,
    tabulate_decisions,
)
from firstdose.design.decision_table import DE_ESCALATE, ESCALATE, REASONS, STAY
from firstdose.design.rules.backfill_options import Backfill
from firstdose.design.rules.blrm_specification import BlrmSpecification
from firstdose.design.rules.boin import compute_boundaries
from firstdose.design.rules.boin12_specification import UtilitySpecification
from firstdose.design.rules.crm_specification import CrmSpecification
from firstdose.design.rules.tite_boin import TiteOptions


def boin(**changes: Any) -> DesignSpecification:
    plain: dict[str, Any] = {
        "rule": "boin",
        "n_levels": 6,
        "target_rate": Decimal("0.25"),
        "max_n": 36,
        "max_n_per_level": 36,
        "mtd_min_n": 1,
    }
    return DesignSpecification(**(plain | changes))


def three_plus_three(**changes: Any) -> DesignSpecification:
    plain: dict[str, Any] = {
        "rule": "three_plus_three",
        "n_levels": 6,
        "target_rate": Decimal("0.25"),
        "max_n": 36,
        "max_n_per_level": 6,
        "mtd_min_n": 3,
    }
    return DesignSpecification(**(plain | changes))


# half a unit of the last printed digit is allowed
# fmt: off
BOUNDARIES = {
    # Liu S, Yuan Y. J R Stat Soc C 2015;64:507, with p1 = 0.6 and p2 = 1.4 times the target
    "target 0.25":  ("0.25", "0.6", "1.4", "0.19680", "0.29839"),
    "target 0.30":  ("0.30", "0.6", "1.4", "0.23649", "0.35852"),
    # get.boundary of the R package BOIN, as carried into simulation scripts (BOINTable of lrstat searches for
    # its boundaries and differs from the closed form by 3e-8)
    "target 0.30, seven digits": ("0.30", "0.6", "1.4", "0.2364907", "0.3585195"),
    # printed by get.boundary of the R package BOIN in the scripts of Lu R, preprints 202403.0511 (2024)
    "target 0.10, p.tox 0.145": ("0.10", "0.6", "1.45", "0.07844898", "0.1213018"),
    "target 0.10, p.tox 0.150": ("0.10", "0.6", "1.5", "0.07844898", "0.1235528"),
}
# fmt: on


@pytest.mark.parametrize(("target", "r1", "r2", "low", "high"), BOUNDARIES.values(), ids=BOUNDARIES.keys())
def test_boin_boundaries_as_published(target: str, r1: str, r2: str, low: str, high: str) -> None:
    rate = Decimal(target)
    found = compute_boundaries(rate, Decimal(r1) * rate, Decimal(r2) * rate)
    assert tuple(
        value.quantize(Decimal(printed)) for printed, value in zip((low, high), found, strict=True)
    ) == (
        Decimal(low),
        Decimal(high),
    )


# fmt: off
# (n, escalate at most, de-escalate at least, eliminate at least)
PUBLISHED_TABLES = {
    # "Template for protocol preparation" of the BOIN software: target 0.30, sample 30, cohorts of 3, Table 1
    "template 0.30": (boin(target_rate=Decimal("0.30")), (
        (3, 0, 2, 3), (6, 1, 3, 4), (9, 2, 4, 5), (12, 2, 5, 7), (15, 3, 6, 8),
        (18, 4, 7, 9), (21, 4, 8, 10), (24, 5, 9, 11), (27, 6, 10, 12), (30, 7, 11, 14))),
    # get.boundary as printed in the scripts of Lu R, preprints 202403.0511 (2024): cohorts of 4
    "get.boundary 0.10, 0.145": (boin(target_rate=Decimal("0.10"), boin_p2_ratio=Decimal("1.45")), (
        (4, 0, 1, 2), (8, 0, 1, 3), (12, 0, 2, 3))),
    "get.boundary 0.10, 0.150": (boin(target_rate=Decimal("0.10"), boin_p2_ratio=Decimal("1.5")), (
        (4, 0, 1, 2), (8, 0, 1, 3), (12, 0, 2, 3))),
    "get.boundary 0.10, 0.155": (boin(target_rate=Decimal("0.10"), boin_p2_ratio=Decimal("1.55")), (
        (4, 0, 1, 2), (8, 0, 2, 3), (12, 0, 2, 3))),
}
# fmt: on


@pytest.mark.parametrize(("spec", "rows"), PUBLISHED_TABLES.values(), ids=PUBLISHED_TABLES.keys())
def test_boin_decision_tables_as_published(
    spec: DesignSpecification, rows: tuple[tuple[int, int, int, int], ...]
) -> None:
    table = tabulate_decisions(compile_table(spec))
    found = [
        (row.n, row.escalate_at_most, row.de_escalate_at_least, row.eliminate_at_least)
        for row in (table[n - 1] for n, *_ in rows)
    ]
    assert found == list(rows)


@pytest.mark.parametrize("target", ["0.10", "0.20", "0.25", "0.30", "0.33", "0.40"])
def test_boin_agrees_with_the_formula_for_every_count(target: str) -> None:
    table = compile_table(boin(target_rate=Decimal(target)))
    letters = {ESCALATE: "E", STAY: "S", DE_ESCALATE: "D"}
    for n in range(1, 37):
        found = ["X" if table.eliminated[n][y] else letters[table.actions[n][y]] for y in range(n + 1)]
        assert found == [letter(n, y, float(target)) for y in range(n + 1)]


def test_a_rate_that_equals_a_boundary_moves_as_the_paper_says() -> None:
    # with the target 0.4 and p2 = 0.6 the boundary lambda_d is 1/2 exactly; with p1 = 0.4 and the target 0.6
    # lambda_e is 1/2 exactly. Escalate "if the rate is at most", de-escalate "if at least".
    high = compile_table(boin(target_rate=Decimal("0.4"), boin_p2_ratio=Decimal("1.5")))
    assert [high.actions[n][n // 2] for n in (2, 4, 10, 36)] == [DE_ESCALATE] * 4
    low = compile_table(
        boin(target_rate=Decimal("0.64"), boin_p1_ratio=Decimal("0.5625"), boin_p2_ratio=Decimal("1.4"))
    )
    assert [low.actions[n][n // 2] for n in (2, 4, 10, 36)] == [ESCALATE] * 4


# fmt: off
#                        n  DLT  action       closed  reason
THREE_PLUS_THREE = {
    "nobody yet":       (0, 0, STAY,        0, "no_one_treated"),
    # --- a cohort of three
    "0 of 3":           (3, 0, ESCALATE,    0, "no_dlt_in_three"),
    "1 of 3":           (3, 1, STAY,        0, "one_dlt_in_three"),
    "2 of 3":           (3, 2, DE_ESCALATE, 1, "two_or_more_dlt"),
    "3 of 3":           (3, 3, DE_ESCALATE, 1, "two_or_more_dlt"),
    # --- six
    "0 of 6":           (6, 0, ESCALATE,    0, "at_most_one_dlt_in_six"),
    "1 of 6":           (6, 1, ESCALATE,    0, "at_most_one_dlt_in_six"),
    "2 of 6":           (6, 2, DE_ESCALATE, 1, "two_or_more_dlt"),
    "6 of 6":           (6, 6, DE_ESCALATE, 1, "two_or_more_dlt"),
    # --- counts that are completed first, unless two DLTs have settled it
    "0 of 1":           (1, 0, STAY,        0, "cohort_incomplete"),
    "1 of 1":           (1, 1, STAY,        0, "cohort_incomplete"),
    "1 of 2":           (2, 1, STAY,        0, "cohort_incomplete"),
    "2 of 2":           (2, 2, DE_ESCALATE, 1, "two_or_more_dlt"),
    "0 of 4":           (4, 0, STAY,        0, "cohort_incomplete"),
    "1 of 5":           (5, 1, STAY,        0, "cohort_incomplete"),
    "2 of 4":           (4, 2, DE_ESCALATE, 1, "two_or_more_dlt"),
    # --- more than six: the rate of one in six
    "1 of 7":           (7, 1, ESCALATE,    0, "at_most_one_dlt_in_six"),
    "2 of 11":          (11, 2, DE_ESCALATE, 1, "two_or_more_dlt"),
    "2 of 12":          (12, 2, ESCALATE,   0, "at_most_one_dlt_in_six"),
}
# fmt: on


@pytest.mark.parametrize(
    ("n", "n_dlt", "action", "closed", "reason"), THREE_PLUS_THREE.values(), ids=THREE_PLUS_THREE.keys()
)
def test_three_plus_three_table(n: int, n_dlt: int, action: int, closed: int, reason: str) -> None:
    table = compile_table(three_plus_three())
    assert table.actions[n][n_dlt] == action
    assert table.eliminated[n][n_dlt] == closed
    assert REASONS[table.reasons[n][n_dlt]] == reason


def test_the_extra_safe_rule_stops_at_the_lowest_level_earlier_than_elimination() -> None:
    plain = tabulate_decisions(compile_table(boin()))
    safer = tabulate_decisions(compile_table(boin(extra_safe_offset=Decimal("0.05"))))
    assert [row.eliminate_at_least for row in plain] == [row.eliminate_at_least for row in safer]
    stops = [(row.stop_at_lowest_at_least, row.eliminate_at_least) for row in safer if row.n >= 3]
    assert all(stop is not None and eliminate is not None and stop <= eliminate for stop, eliminate in stops)
    assert any(stop != eliminate for stop, eliminate in stops)


RATES = tuple(map(Decimal, ("0.05", "0.12", "0.25", "0.4", "0.5", "0.6")))
PRIOR: dict[str, Any] = {
    "doses": tuple(map(Decimal, (1, 2, 4, 6, 8, 10))),
    "reference_dose": Decimal(6),
    "mean_log_alpha": Decimal(-1),
    "mean_log_beta": Decimal(0),
    "sd_log_alpha": Decimal(2),
    "sd_log_beta": Decimal(1),
}
UTILITIES: dict[str, Any] = {
    "max_toxicity_rate": Decimal("0.25"),
    "min_efficacy_rate": Decimal("0.25"),
    "u2": Decimal(40),
    "u3": Decimal(60),
}
CHANGES: dict[str, Any] = {
    "rule": "three_plus_three",
    "n_levels": 5,
    "target_rate": Decimal("0.30"),
    "max_n": 18,
    "max_n_per_level": 12,
    "mtd_min_n": 6,
    "cohort_size": 4,
    "start_level": 2,
    "titration": Titration(),
    "elimination_probability": Decimal("0.9"),
    "extra_safe_offset": Decimal("0.05"),
    "six_at_mtd": True,
    "boin_p1_ratio": Decimal("0.5"),
    "boin_p2_ratio": Decimal("1.5"),
    "stop_at_top_level": False,
    "equivalence_interval": (Decimal("0.05"), Decimal("0.10")),
    "tpi_k1": Decimal("1.5"),
    "tpi_k2": Decimal(2),
    "mtd_at_most_lambda_d": True,
    "stop_when_n_at_level": 9,
    "overdose_cap": OverdoseCap(Decimal("0.33"), Decimal("0.8")),
    "crm": CrmSpecification(skeleton=RATES, target_rate=Decimal("0.25"), model="logistic"),
    "blrm": BlrmSpecification(**(PRIOR | {"overdose_limit": Decimal("0.3")})),
    "tite": TiteOptions(estimate="imputed"),
    "boin12": UtilitySpecification(**(UTILITIES | {"u2": Decimal(30), "u3": Decimal(70)})),
    "backfill": Backfill(max_n_per_level=8),
}
PARAMETERS_OF: dict[str, dict[str, Any]] = {
    "crm": {"rule": "crm", "crm": CrmSpecification(skeleton=RATES, target_rate=Decimal("0.25"))},
    "blrm": {"rule": "blrm", "blrm": BlrmSpecification(**PRIOR)},
    "tite": {"rule": "tite_boin", "tite": TiteOptions()},
    "boin12": {"rule": "boin12", "boin12": UtilitySpecification(**UTILITIES)},
    "backfill": {"backfill": Backfill()},
}
"""The design that a parameter of a single rule is changed in."""
RULE_OF: dict[str, Any] = {"equivalence_interval": "keyboard", "tpi_k1": "tpi", "tpi_k2": "tpi"}
"""Parameters that another rule than BOIN reads."""


def _plain() -> DesignSpecification:
    return boin(max_n=24, max_n_per_level=9, mtd_min_n=3)


def test_every_parameter_of_a_design_is_tried() -> None:
    assert set(CHANGES) == {field.name for field in msgspec.structs.fields(DesignSpecification)}


@pytest.mark.parametrize("name", CHANGES)
def test_the_digest_changes_with_any_parameter(name: str) -> None:
    plain = msgspec.structs.replace(
        _plain(), **({"rule": RULE_OF.get(name, "boin")} | PARAMETERS_OF.get(name, {}))
    )
    changed = {field: getattr(plain, field) for field in plain.__struct_fields__}
    if name == "max_n_per_level":
        changed["max_n"] = 24
    if name == "max_n":
        changed["max_n_per_level"] = 9
    other = compile_table(DesignSpecification(**(changed | {name: CHANGES[name]})))
    assert other.digest != compile_table(plain).digest


def test_a_parameter_that_is_not_asked_for_leaves_the_digest_as_it_was() -> None:
    # what an earlier version wrote of a design is read and compiled to the same digest
    written = render_table(compile_table(_plain()))
    assert not any(name.encode() in written for name in ("equivalence_interval", "tpi_k1", "overdose_cap"))


SAME: dict[str, Callable[[], DesignSpecification]] = {
    "compiled again": _plain,
    "0.250 is 0.25": lambda: boin(max_n=24, max_n_per_level=9, mtd_min_n=3, target_rate=Decimal("0.250")),
    "a text is read": lambda: boin(max_n=24, max_n_per_level=9, mtd_min_n=3, target_rate="0.25"),
}


@pytest.mark.parametrize("build", SAME.values(), ids=SAME.keys())
def test_the_digest_stays_when_nothing_changes(build: Callable[[], DesignSpecification]) -> None:
    assert compile_table(build()).digest == compile_table(_plain()).digest


def test_a_table_survives_being_written_and_read() -> None:
    table = compile_table(boin(max_n=18, max_n_per_level=9, mtd_min_n=6, titration=Titration(3)))
    again = msgspec.json.decode(render_table(table), type=DecisionTable)
    assert again == table
    assert compute_digest(again) == table.digest


def test_a_table_that_was_tampered_with_is_found_out() -> None:
    table = compile_table(_plain())
    row = (ESCALATE,) * 4
    forged = msgspec.structs.replace(table, actions=(*table.actions[:3], row, *table.actions[4:]))
    assert compute_digest(forged) != table.digest
