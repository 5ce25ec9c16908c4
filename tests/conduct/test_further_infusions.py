"""Further infusions of a regimen: on their day, in their order, and not into toxicity."""

import pytest
from tests.trials import SmallTrial, coordinator, investigator, only, replaced, start_part_two

from firstdose.conduct import commands as c
from firstdose.conduct.infusion import find_infusion_visit
from firstdose.record import events as e
from firstdose.simulate import cast


def infused_once(regimen: str = "M1") -> tuple[SmallTrial, str]:
    """A participant of the multiple-dose part after the first infusion."""
    trial = start_part_two(5)
    levels = {"M1": 1, "M2": 2}[regimen]
    if levels == 2:
        trial.complete_single("mad", "M1", site="03")
        trial.review("mad", "escalate", level=2)
    cohort = trial.open_cohort("mad", regimen)
    return trial, trial.treat(trial.enrol("02", cohort))


# fmt: off
# Regimen M1: Days 0, 7 and 14; an infusion may come a day late.
# day of the second infusion, and whether it is allowed
DAYS = {
    "the day before its day": (6, False),
    "on its day":             (7, True),
    "a day later":            (8, True),
    "two days later":         (9, False),
    "soon after the first":   (1, False),
}
# fmt: on


@pytest.mark.parametrize(("day", "is_allowed"), DAYS.values(), ids=DAYS.keys())
def test_a_further_infusion_keeps_its_day(day: int, is_allowed: bool) -> None:  # noqa: FBT001
    trial, code = infused_once()
    trial.wait_until_day(code, day)
    trial.release(code, 2)
    if is_allowed:
        trial.do(trial.infusion(code, 2), coordinator("02"))
    else:
        refused = trial.refused(trial.infusion(code, 2), coordinator("02"))
        assert refused.clause == "schedules.mad-M1.D7"


def test_infusions_are_two_days_apart_at_least() -> None:
    # Days 0, 3 and 7: the second a day late on Day 4; an infusion window that allowed Day 5 would be too close
    trial, code = infused_once("M2")
    trial.wait_until_day(code, 4).infuse(code, 2)
    regimen = trial.state.regimen_of(trial.participant(code))
    assert regimen is not None
    assert find_infusion_visit(trial.state, regimen, 3).first_day == 7
    trial.wait_until_day(code, 5).release(code, 3)
    assert trial.refused(trial.infusion(code, 3), coordinator("02")).clause == "schedules.mad-M2.D7"


def test_infusions_come_in_their_order_and_one_at_a_time() -> None:
    trial, code = infused_once()
    trial.wait_until_day(code, 7)
    assert trial.refused(trial.product(code, 3), cast.at_site("pharmacist", "02")).clause == (
        "parts.mad.regimens.M1"
    )
    trial.release(code, 2)
    third = replaced(trial.infusion(code, 2), infusion=3)
    assert trial.refused(third, coordinator("02")).clause == "parts.mad.regimens.M1"
    trial.do(trial.infusion(code, 2), coordinator("02"))
    trial.release(code, 3)
    refused = trial.refused(trial.infusion(code, 3), coordinator("02"))
    assert "infusion 2 has not ended" in refused.what.en


def test_each_infusion_has_its_own_lot() -> None:
    trial, code = infused_once()
    trial.wait_until_day(code, 7)
    first_lot = replaced(trial.infusion(code, 2), lot=f"LOT-{code}-1")
    assert trial.refused(first_lot, coordinator("02")).clause == "product.release"


# fmt: off
# An adverse event before the second infusion.
# category  grades over time   ended   adjudicated   allowed
TOXICITY = {
    # --- CRS and ICANS of grade 2 or higher hold the infusion up
    "CRS of grade 2 goes on":              ("crs",   (2,),     False, False, False),
    "ICANS of grade 3 goes on":            ("icans", (3,),     False, False, False),
    "CRS of grade 1 goes on":              ("crs",   (1,),     False, False, True),
    "CRS came down from grade 2 to 1":     ("crs",   (2, 1),   False, False, True),
    "CRS went up from grade 1 to 2":       ("crs",   (1, 2),   False, False, False),
    "CRS of grade 2 is over":              ("crs",   (2,),     True,  False, True),
    # --- so is an infection of any grade; other events do not stop an infusion
    "a grade 1 infection goes on":         ("infection", (1,), False, False, False),
    "a grade 3 infection is over":         ("infection", (3,), True,  False, True),
    "another event of grade 3 goes on":    ("other",     (3,), False, False, True),
    # --- after a DLT nothing is infused
    "a DLT that is over":                  ("other", (4,),     True,  True,  False),
}
# fmt: on


@pytest.mark.parametrize(
    ("category", "grades", "is_over", "is_dlt", "is_allowed"), TOXICITY.values(), ids=TOXICITY.keys()
)
def test_toxicity_is_over_before_the_next_infusion(
    category: str,
    grades: tuple[int, ...],
    is_over: bool,  # noqa: FBT001
    is_dlt: bool,  # noqa: FBT001
    is_allowed: bool,  # noqa: FBT001
) -> None:
    trial, code = infused_once()
    trial.wait(1)
    key = trial.report(code, category=category, grade=grades[0])
    for grade in grades[1:]:
        trial.wait(1)
        graded = c.GradeAdverseEvent(participant=code, adverse_event=key, grade=grade, happened_at=trial.now)
        trial.do(graded, investigator("02"))
    if is_dlt:
        trial.do(c.AdjudicateDlt(participant=code, adverse_event=key, is_dlt=True), cast.MONITOR)
    if is_over:
        trial.wait(1)
        ended = c.EndAdverseEvent(
            participant=code, adverse_event=key, outcome="recovered", happened_at=trial.now
        )
        trial.do(ended, investigator("02"))
    trial.wait_until_day(code, 7)
    trial.release(code, 2)
    if is_allowed:
        trial.do(trial.infusion(code, 2), coordinator("02"))
    else:
        assert trial.refused(trial.infusion(code, 2), coordinator("02")).clause == "schedules.recheck"


def test_after_an_infusion_was_withheld_none_is_given() -> None:
    trial, code = infused_once()
    trial.wait_until_day(code, 7)
    withheld = c.WithholdInfusion(participant=code, infusion=2, reason="an infection", happened_at=trial.now)
    for wrong in (replaced(withheld, infusion=1), replaced(withheld, infusion=3)):
        assert trial.refused(wrong, investigator("02")).clause == "parts.mad.regimens.M1"
    trial.release(code, 2)
    events = trial.do(withheld, investigator("02"))
    assert only(events, e.InfusionWithheld).infusion == 2
    refused = trial.refused(trial.infusion(code, 2), coordinator("02"))
    assert "further infusions are withheld" in refused.what.en
    assert trial.refused(withheld, investigator("02")).clause == "parts.mad.regimens.M1"


def test_the_infusion_of_a_single_dose_is_not_withheld_but_the_place_given_back() -> None:
    trial = start_part_two(5)
    code = trial.enrol("02", trial.open_cohort("mad", "M1"))
    withheld = c.WithholdInfusion(participant=code, infusion=1, reason="an infection", happened_at=trial.now)
    assert trial.refused(withheld, investigator("02")).clause == "parts.mad.regimens.M1"
