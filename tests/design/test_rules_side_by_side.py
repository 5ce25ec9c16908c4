"""The same guards under another rule, and which selection is the right one."""

from decimal import Decimal
from itertools import pairwise

import msgspec
import numpy as np
import pytest
from msgspec import UNSET

from firstdose.design import (
    DesignSpecification,
    OverdoseCap,
    check_specification,
    compile_table,
    compute_scenarios,
    enumerate_final_states,
)
from firstdose.design.comparison import (
    COUNT_RULES,
    compute_p_correct,
    find_correct_levels,
    say_what_is_assumed,
    specify_rule,
)
from firstdose.design.rules.backfill_options import Backfill
from firstdose.design.rules.crm_specification import CrmSpecification
from firstdose.design.specification import MODEL_RULES, RULES
from firstdose.protocol.rule_names import RuleName

TARGET = Decimal("0.25")
OWN = DesignSpecification(
    rule="boin",
    n_levels=6,
    target_rate=TARGET,
    max_n=18,
    max_n_per_level=9,
    mtd_min_n=3,
    extra_safe_offset=Decimal("0.05"),
    mtd_at_most_lambda_d=True,
    overdose_cap=OverdoseCap(Decimal("0.33"), Decimal("0.9")),
)

# fmt: off
# true DLT rates, lowest first                correct levels
CORRECT = {
    # --- the closest level, below or above the target
    "on the target":                       ((0.05, 0.10, 0.25, 0.40), (3,)),
    "the closest lies above":              ((0.02, 0.05, 0.10, 0.30), (4,)),
    "all far below":                       ((0.01, 0.02, 0.03, 0.04), (4,)),
    # --- two at the same distance, told apart by nothing: 0.15 and 0.35 as decimals, not as binary numbers
    "equally close below and above":       ((0.05, 0.15, 0.35, 0.60), (2, 3)),
    "a plateau":                           ((0.05, 0.20, 0.20, 0.60), (2, 3)),
    # --- nothing is correct but none where even the lowest level is an overdose
    "the lowest is an overdose":           ((0.34, 0.50, 0.60, 0.70), ()),
    "the lowest is at the overdose limit": ((0.33, 0.50, 0.60, 0.70), (1,)),
}
# fmt: on


@pytest.mark.parametrize("case", CORRECT.values(), ids=CORRECT.keys())
def test_which_selection_is_correct(case: tuple[tuple[float, ...], tuple[int, ...]]) -> None:
    rates, levels = case
    assert find_correct_levels(rates, TARGET) == levels


@pytest.mark.parametrize("rule", COUNT_RULES)
def test_every_count_rule_takes_the_guards_of_another(rule: str) -> None:
    found = specify_rule(OWN, rule)  # type: ignore[arg-type] # a name of the tuple of names
    assert check_specification(found) == []
    for guard in ("n_levels", "target_rate", "max_n", "max_n_per_level", "mtd_min_n", "cohort_size"):
        assert getattr(found, guard) == getattr(OWN, guard)
    assert found.overdose_cap == OWN.overdose_cap


def test_what_only_the_first_rule_reads_is_left_out() -> None:
    other = specify_rule(OWN, "three_plus_three")
    assert other.extra_safe_offset is None
    assert other.mtd_at_most_lambda_d is UNSET
    margins = (Decimal("0.05"), Decimal("0.10"))
    keyboard = msgspec.structs.replace(
        OWN, rule="keyboard", mtd_at_most_lambda_d=UNSET, equivalence_interval=margins
    )
    # the equivalence interval means the same in all rules that have one
    assert specify_rule(keyboard, "mtpi_2").equivalence_interval == margins
    assert specify_rule(keyboard, "boin").equivalence_interval is UNSET


def test_the_model_of_a_crm_is_left_out_beside_a_rule_without_one() -> None:
    model = CrmSpecification(
        skeleton=tuple(Decimal(rate) for rate in ("0.05", "0.10", "0.18", "0.25", "0.35", "0.45")),
        target_rate=TARGET,
    )
    crm = DesignSpecification(
        rule="crm",
        n_levels=6,
        target_rate=TARGET,
        max_n=18,
        max_n_per_level=9,
        mtd_min_n=3,
        crm=model,
        stop_when_n_at_level=9,
    )
    assert check_specification(crm) == []
    beside = specify_rule(crm, "boin")
    assert check_specification(beside) == []
    assert beside.crm is UNSET
    assert beside.stop_when_n_at_level == 9


@pytest.mark.parametrize("rule", ["crm", "tite_crm"])
def test_a_crm_beside_a_rule_without_a_model_has_indifference_intervals_of_the_target(rule: RuleName) -> None:
    found = specify_rule(OWN, rule)
    assert check_specification(found) == []
    assert isinstance(found.crm, CrmSpecification)
    rates = [float(rate) for rate in found.crm.skeleton]
    assert found.crm.skeleton[2] == TARGET
    # Cheung and Chappell 2002: at the b at which one level's rate is the target plus the half width, that of the next
    # below is the target less it
    for low, high in pairwise(rates):
        b = np.log(np.log(0.20) / np.log(low))
        assert high ** np.exp(b) == pytest.approx(0.30, abs=1e-5)
    (remark,) = say_what_is_assumed(found, OWN)[:1]
    assert "skeleton 0.084, 0.157, 0.250" in remark.en
    assert "无差异区间0.25 ± 0.05" in remark.zh


def test_there_is_no_crm_where_the_interval_would_leave_0_to_1_and_no_blrm_at_all() -> None:
    tiny = msgspec.structs.replace(OWN, target_rate=Decimal("0.05"), overdose_cap=UNSET)
    for spec, rule in ((tiny, "crm"), (OWN, "blrm")):
        found = specify_rule(spec, rule)  # type: ignore[arg-type] # a name of the tuple of names
        assert [fault.what for fault in check_specification(found)] == [f"{rule} has no model"]


def test_a_crm_keeps_its_model_beside_its_time_to_event_form_and_boin_its_bound() -> None:
    model = specify_rule(OWN, "crm")
    assert specify_rule(model, "tite_crm").crm == model.crm
    assert say_what_is_assumed(model, model) == ()
    tite = specify_rule(OWN, "tite_boin")
    assert tite.mtd_at_most_lambda_d is True
    assert check_specification(tite) == []
    assert [remark.en for remark in say_what_is_assumed(tite, OWN)] == [
        "TITE-BOIN: with complete windows, every participant being observed to the end before a decision."
    ]


def test_what_backfilling_adds_is_told_as_left_out() -> None:
    own = msgspec.structs.replace(OWN, backfill=Backfill())
    assert "backfilled" in say_what_is_assumed(own, own)[0].en
    assert specify_rule(own, "tite_boin").backfill == Backfill()
    assert specify_rule(own, "keyboard").backfill is UNSET


def test_a_rule_beside_itself_is_not_changed() -> None:
    assert specify_rule(OWN, "boin") is OWN


def test_the_count_rules_are_all_published_rules_without_a_model_or_times() -> None:
    assert set(COUNT_RULES) <= set(RULES) - set(MODEL_RULES)


# The exact comparison of the reference, target 0.25, six levels: percent correct of the 3+3 with up to 36
# participants (three accepted at the MTD) where level 6 is right, and where every level is too toxic and selecting
# none is right; another program computed them, tolerance half the last digit.
def test_percent_correct_counts_the_selection_of_none_where_all_levels_are_too_toxic() -> None:
    spec = DesignSpecification(
        rule="three_plus_three", n_levels=6, target_rate=TARGET, max_n=36, max_n_per_level=6, mtd_min_n=3
    )
    rates = np.array([(0.02, 0.03, 0.05, 0.08, 0.14, 0.25), (0.50, 0.60, 0.70, 0.80, 0.90, 0.95)])
    found = compute_scenarios(enumerate_final_states(compile_table(spec)), rates)
    p_correct = compute_p_correct(found, rates, TARGET)
    assert 100 * p_correct[0] == pytest.approx(44.9, abs=0.0501)
    # 3+3 at one level with a true rate of one half: no MTD unless 0 of 3, or 1 of 3 and then 0 of 3
    none = 1 - (0.5**3 + 3 * 0.5**3 * 0.5**3)
    assert p_correct[1] == pytest.approx(none, abs=1e-12)
    assert p_correct[1] == found.p_none[1]
