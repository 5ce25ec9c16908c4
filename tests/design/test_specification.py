"""What is told about a badly written design or about impossible counts."""

from decimal import Decimal
from typing import Any

import pytest

from firstdose.design import (
    DesignSpecification,
    OverdoseCap,
    Tallies,
    Titration,
    check_specification,
    check_tallies,
    compile_table,
)
from firstdose.design.rules.blrm_specification import BlrmSpecification
from firstdose.design.rules.crm_specification import CrmSpecification

GOOD: dict[str, Any] = {
    "rule": "boin",
    "n_levels": 6,
    "target_rate": Decimal("0.25"),
    "cohort_size": 3,
    "start_level": 1,
    "max_n": 18,
    "max_n_per_level": 9,
    "mtd_min_n": 6,
}
SIMPLE = GOOD | {"rule": "three_plus_three"}
ROLLING = GOOD | {"rule": "rolling_six"}
KEYS = GOOD | {"rule": "keyboard"}
RATES = tuple(map(Decimal, ("0.05", "0.12", "0.25", "0.4", "0.5", "0.6")))
CRM = GOOD | {"rule": "crm", "crm": CrmSpecification(skeleton=RATES, target_rate=Decimal("0.25"))}
PRIOR: dict[str, Any] = {
    "doses": tuple(map(Decimal, (1, 2, 4, 6, 8, 10))),
    "reference_dose": Decimal(6),
    "mean_log_alpha": Decimal(-1),
    "mean_log_beta": Decimal(0),
    "sd_log_alpha": Decimal(2),
    "sd_log_beta": Decimal(1),
}
BLRM = GOOD | {"rule": "blrm", "blrm": BlrmSpecification(**PRIOR)}

# fmt: off
BAD = {
    # --- each value alone
    "unknown rule":               (GOOD, {"rule": "o_quigley"}, "rule"),
    "target 0":                   (GOOD, {"target_rate": Decimal(0)}, "target_rate"),
    "target 1":                   (GOOD, {"target_rate": Decimal(1)}, "target_rate"),
    "target NaN":                 (GOOD, {"target_rate": Decimal("NaN")}, "target_rate"),
    "target infinite":            (GOOD, {"target_rate": Decimal("Infinity")}, "target_rate"),
    "target a float":             (GOOD, {"target_rate": 0.25}, "target_rate"),
    "target not a number":        (GOOD, {"target_rate": "a quarter"}, "target_rate"),
    "elimination 1":              (GOOD, {"elimination_probability": Decimal(1)}, "elimination_probability"),
    "offset 0":                   (GOOD, {"extra_safe_offset": Decimal(0)}, "extra_safe_offset"),
    "p1 at the target":           (GOOD, {"boin_p1_ratio": Decimal(1)}, "boin_p1_ratio"),
    "p2 at the target":           (GOOD, {"boin_p2_ratio": Decimal(1)}, "boin_p2_ratio"),
    "no levels":                  (GOOD, {"n_levels": 0}, "n_levels"),
    "no cohort":                  (GOOD, {"cohort_size": 0}, "cohort_size"),
    "level 0":                    (GOOD, {"start_level": 0}, "start_level"),
    "half a participant":         (GOOD, {"max_n": 18.5}, "max_n"),
    "true is no number":          (GOOD, {"mtd_min_n": True}, "mtd_min_n"),
    "titration to level 0":       (GOOD, {"titration": Titration(0)}, "titration.until_level"),
    # --- values that contradict each other
    "start above the top":        (GOOD, {"start_level": 7}, "start_level"),
    "cohort above the sample":    (GOOD, {"cohort_size": 19, "max_n_per_level": 18}, "cohort_size"),
    "cohort above the level cap": (GOOD, {"cohort_size": 10}, "max_n_per_level"),
    "level cap above the sample": (GOOD, {"max_n_per_level": 19}, "max_n_per_level"),
    "MTD above the level cap":    (GOOD, {"mtd_min_n": 10}, "mtd_min_n"),
    "titration above the top":    (GOOD, {"titration": Titration(7)}, "titration.until_level"),
    "p2 of 1":                    (GOOD, {"boin_p2_ratio": Decimal(4)}, "boin_p2_ratio"),
    "offset takes all":           (GOOD, {"extra_safe_offset": Decimal("0.95")}, "extra_safe_offset"),
    # --- the 3+3
    "3+3 in fours":               (SIMPLE, {"cohort_size": 4}, "cohort_size"),
    "3+3 with five at a level":   (SIMPLE, {"max_n_per_level": 5, "mtd_min_n": 3}, "max_n_per_level"),
    "3+3 with seven at the MTD":  (SIMPLE, {"mtd_min_n": 7}, "mtd_min_n"),
    "3+3 with extra safety":      (SIMPLE, {"extra_safe_offset": Decimal("0.05")}, "extra_safe_offset"),
    # --- the rolling six
    "one at a time":              (ROLLING, {"cohort_size": 1}, "cohort_size"),
    "seven at once":              (ROLLING, {"cohort_size": 7}, "cohort_size"),
    "rolling five":               (ROLLING, {"max_n_per_level": 5, "mtd_min_n": 3}, "max_n_per_level"),
    # --- the equivalence interval
    "one margin":                 (KEYS, {"equivalence_interval": (Decimal("0.05"),)}, "equivalence_interval"),
    "a margin of 0":              (KEYS, {"equivalence_interval": (Decimal(0), Decimal("0.05"))}, "equivalence_interval"),
    "a margin is a float":        (KEYS, {"equivalence_interval": (0.05, 0.05)}, "equivalence_interval"),
    "interval from 0":            (KEYS, {"equivalence_interval": (Decimal("0.25"), Decimal("0.05"))}, "equivalence_interval"),
    "interval to 1":              (KEYS, {"equivalence_interval": (Decimal("0.05"), Decimal("0.75"))}, "equivalence_interval"),
    "default from below 0":       (KEYS, {"target_rate": Decimal("0.05")}, "equivalence_interval"),
    "BOIN has no interval":       (GOOD, {"equivalence_interval": (Decimal("0.05"), Decimal("0.05"))}, "equivalence_interval"),
    # --- the deviations of the TPI
    "K1 of 0":                    (GOOD | {"rule": "tpi"}, {"tpi_k1": Decimal(0)}, "tpi_k1"),
    "K2 no decimal":              (GOOD | {"rule": "tpi"}, {"tpi_k2": 1.5}, "tpi_k2"),
    "keyboard has no K1":         (KEYS, {"tpi_k1": Decimal(1)}, "tpi_k1"),
    # --- models
    "CRM without a model":        (GOOD, {"rule": "crm"}, "crm"),
    "BOIN has no model":          (CRM, {"rule": "boin"}, "crm"),
    "BLRM with the model of CRM": (CRM, {"rule": "blrm"}, "blrm"),
    "two targets":                (CRM, {"target_rate": Decimal("0.3")}, "crm.target_rate"),
    "skeleton of five levels":    (CRM, {"crm": CrmSpecification(skeleton=RATES[:5], target_rate=Decimal("0.25"))}, "crm.skeleton"),
    "skeleton that falls":        (CRM, {"crm": CrmSpecification(skeleton=RATES[::-1], target_rate=Decimal("0.25"))}, "crm.skeleton"),
    "skeleton of NaN":            (CRM, {"crm": CrmSpecification(skeleton=(*RATES[:5], Decimal("NaN")), target_rate=Decimal("0.25"))}, "crm.skeleton"),
    "CRM has no extra safety":    (CRM, {"extra_safe_offset": Decimal("0.05")}, "extra_safe_offset"),
    "CRM has no overdose cap":    (CRM, {"overdose_cap": OverdoseCap(Decimal("0.33"), Decimal("0.8"))}, "overdose_cap"),
    "too many for a model":       (CRM, {"max_n": 256}, "max_n"),
    "BLRM without overdosing":    (BLRM, {"blrm": BlrmSpecification(**PRIOR, overdose_limit=Decimal(1))}, "blrm.overdose_limit"),
    "target outside the interval": (BLRM, {"target_rate": Decimal("0.34")}, "blrm.target_low"),
    "target below the interval":  (BLRM, {"target_rate": Decimal("0.16")}, "blrm.target_low"),
    # --- bounds and guards
    "keyboard has no lambda_d":   (KEYS, {"mtd_at_most_lambda_d": True}, "mtd_at_most_lambda_d"),
    "precise with nobody":        (GOOD, {"stop_when_n_at_level": 0}, "stop_when_n_at_level"),
    "precise before an MTD":      (GOOD, {"stop_when_n_at_level": 5}, "stop_when_n_at_level"),
    "overdose at 1":              (GOOD, {"overdose_cap": OverdoseCap(Decimal(1), Decimal("0.8"))}, "overdose_cap.rate"),
    "overdose surely":            (GOOD, {"overdose_cap": OverdoseCap(Decimal("0.33"), Decimal(1))}, "overdose_cap.probability"),
    "overdose below the target":  (GOOD, {"overdose_cap": OverdoseCap(Decimal("0.2"), Decimal("0.8"))}, "overdose_cap.rate"),
}
# fmt: on


@pytest.mark.parametrize(("good", "change", "clause"), BAD.values(), ids=BAD.keys())
def test_a_bad_design_is_told_with_its_place(
    good: dict[str, Any], change: dict[str, Any], clause: str
) -> None:
    spec = DesignSpecification(**(good | change))
    faults = check_specification(spec)
    assert clause in [fault.clause for fault in faults]
    assert all(fault.what and fault.next for fault in faults)
    with pytest.raises(ValueError, match=clause):
        compile_table(spec)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"max_n_per_level": 18},
        {"mtd_min_n": 9},
        {"start_level": 6},
        {"titration": Titration(6)},
        {"titration": Titration()},
        {"cohort_size": 1},
        {"rule": "three_plus_three"},
        {"rule": "three_plus_three", "six_at_mtd": True},
        {"six_at_mtd": True},
        {"rule": "rolling_six", "cohort_size": 2},
        {"rule": "rolling_six", "cohort_size": 6},
        {"rule": "mtpi", "equivalence_interval": (Decimal("0.24"), Decimal("0.74"))},
        {"rule": "tpi", "tpi_k1": Decimal("0.01"), "tpi_k2": Decimal(3)},
        {"stop_when_n_at_level": 6},
        {"overdose_cap": OverdoseCap(Decimal("0.25"), Decimal("0.99"))},
        {"mtd_at_most_lambda_d": False},
    ],
)
def test_a_good_design_has_no_fault(change: dict[str, Any]) -> None:
    assert check_specification(DesignSpecification(**(GOOD | change))) == []


def test_all_faults_are_told_at_once() -> None:
    spec = DesignSpecification(**(GOOD | {"target_rate": Decimal(2), "cohort_size": 0, "rule": "guess"}))
    assert {fault.clause for fault in check_specification(spec)} == {"target_rate", "cohort_size", "rule"}


# fmt: off
TALLIES = {
    "fine":                     (Tallies((3, 3), (0, 3), (0, 1)), []),
    "nobody":                   (Tallies((0, 0), (0, 0), (0, 0)), []),
    "as many as allowed":       (Tallies((9, 9), (0, 0), (0, 0)), []),
    "more DLTs than people":    (Tallies((3, 3), (0, 4), (0, 0)), ["n_dlt"]),
    "negative evaluable":       (Tallies((3, -1), (0, 0), (0, 0)), ["n_evaluable"]),
    "negative DLT":             (Tallies((3, 1), (-1, 0), (0, 0)), ["n_dlt"]),
    "negative pending":         (Tallies((3, 1), (0, 0), (0, -2)), ["n_pending"]),
    "unequal lengths":          (Tallies((3, 1), (0,), (0, 0)), ["n_evaluable"]),
    "too few levels":           (Tallies((3,), (0,), (0,)), ["n_evaluable"]),
    "more than the sample":     (Tallies((9, 10), (0, 0), (0, 0)), ["n_evaluable"]),
    "two at once":              (Tallies((3, 3), (4, 0), (0, -1)), ["n_pending", "n_dlt"]),
}
# fmt: on


@pytest.mark.parametrize(("tallies", "clauses"), TALLIES.values(), ids=TALLIES.keys())
def test_impossible_counts_are_told(tallies: Tallies, clauses: list[str]) -> None:
    assert [fault.clause for fault in check_tallies(tallies, n_levels=2, max_n=18)] == clauses
