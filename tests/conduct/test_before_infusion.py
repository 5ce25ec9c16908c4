"""No dose before consent, eligibility, a place, lymphodepletion and the release of the product."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.trials import DAY, HOUR, SECOND, SmallTrial, coordinator, investigator, pharmacist, replaced, start

from firstdose.conduct import commands as c
from firstdose.record.state import State
from firstdose.simulate import cast


def ready() -> tuple[SmallTrial, str]:
    """A participant who may be infused now."""
    trial = start()
    code = trial.enrol("01", trial.open_cohort("sad", "SAD-1"))
    return trial, trial.make_ready(code)


def without_consent(trial: SmallTrial) -> str:
    return trial.screen("01")


def without_eligibility(trial: SmallTrial) -> str:
    return trial.consent(trial.screen("01"))


def without_a_place(trial: SmallTrial) -> str:
    return trial.enrol("01")


def without_lymphodepletion(trial: SmallTrial) -> str:
    return trial.release(trial.enrol("01", "sad-c01"))


def with_two_days_of_lymphodepletion(trial: SmallTrial) -> str:
    code = trial.deplete(trial.enrol("01", "sad-c01"), n_days=2)
    trial.wait(4)
    return trial.release(code)


def without_product(trial: SmallTrial) -> str:
    code = trial.deplete(trial.enrol("01", "sad-c01"))
    trial.wait(3)
    return code


def with_another_lot(trial: SmallTrial) -> str:
    code = without_product(trial)
    trial.do(trial.product(code, lot="another"), pharmacist("01"))
    return code


def after_withdrawal(trial: SmallTrial) -> str:
    code = trial.make_ready(trial.enrol("01", "sad-c01"))
    trial.withdraw(code)
    return code


def after_consent_was_taken_back(trial: SmallTrial) -> str:
    code = trial.make_ready(trial.enrol("01", "sad-c01"))
    trial.do(
        c.WithdrawConsent(participant=code, happened_at=trial.now, reason="changed their mind"),
        coordinator("01"),
    )
    return code


def after_the_place_was_given_back(trial: SmallTrial) -> str:
    code = trial.make_ready(trial.enrol("01", "sad-c01"))
    trial.do(c.ReleaseSlot(participant=code, reason="an infection"), coordinator("01"))
    return code


def during_a_pause(trial: SmallTrial) -> str:
    code = trial.make_ready(trial.enrol("01", "sad-c01"))
    trial.do(c.PauseTrial(reason="a death elsewhere"), cast.MONITOR)
    return code


def unknown(_: SmallTrial) -> str:
    return "01-999"


MISSING: dict[str, tuple[Callable[[SmallTrial], str], str]] = {
    # --- who
    "nobody of this code": (unknown, "record.participant"),
    # --- the participant's will
    "no consent": (without_consent, "eligibility.consent"),
    "consent taken back": (after_consent_was_taken_back, "participation.left"),
    "withdrawn from the trial": (after_withdrawal, "participation.left"),
    # --- eligible, and with a place
    "eligibility not confirmed": (without_eligibility, "eligibility.criteria"),
    "no place in a cohort": (without_a_place, "parts.slots"),
    "the place was given back": (after_the_place_was_given_back, "parts.slots"),
    # --- lymphodepletion
    "no lymphodepletion": (without_lymphodepletion, "lymphodepletion.days"),
    "two of three days of it": (with_two_days_of_lymphodepletion, "lymphodepletion.days"),
    # --- the product
    "no lot released": (without_product, "product.release"),
    "another lot released": (with_another_lot, "product.release"),
    # --- the study
    "the trial is paused": (during_a_pause, "stopping.pause"),
}


@pytest.mark.covers("Q1")
@pytest.mark.parametrize(("prepare", "clause"), MISSING.values(), ids=MISSING.keys())
def test_no_infusion_starts_while_a_condition_is_missing(
    prepare: Callable[[SmallTrial], str], clause: str
) -> None:
    trial = start()
    trial.open_cohort("sad", "SAD-1")
    code = prepare(trial)
    assert trial.refused(trial.infusion(code), coordinator("01")).clause == clause


@pytest.mark.covers("Q1")
def test_the_infusion_starts_when_everything_is_in_order() -> None:
    trial, code = ready()
    trial.do(trial.infusion(code), coordinator("01"))
    infusion = trial.participant(code).infusions[1]
    assert (infusion.lot, str(infusion.planned_cells_1e9)) == (f"LOT-{code}-1", "0.75")


# --- the interval from the last lymphodepletion day, by the calendar of the sites
# fmt: off
# days after the last lymphodepletion day, and its clause if refused
INTERVALS = {
    "on the last day of lymphodepletion": (0, "lymphodepletion.interval"),
    "the day after":                      (1, "lymphodepletion.interval"),
    "two days after, the earliest":       (2, None),
    "seven days after, the latest":       (7, None),
    "eight days after":                   (8, "lymphodepletion.interval"),
}
# fmt: on


@pytest.mark.parametrize(("days", "clause"), INTERVALS.values(), ids=INTERVALS.keys())
def test_the_first_infusion_comes_two_to_seven_days_after_lymphodepletion(
    days: int, clause: str | None
) -> None:
    trial = start()
    code = trial.deplete(trial.enrol("01", trial.open_cohort("sad", "SAD-1")))
    trial.wait(days)
    trial.release(code)
    if clause is None:
        trial.do(trial.infusion(code), coordinator("01"))
    else:
        assert trial.refused(trial.infusion(code), coordinator("01")).clause == clause


# --- lymphodepletion itself


def test_the_days_of_lymphodepletion_come_in_their_order() -> None:
    trial = start()
    code = trial.enrol("01", trial.open_cohort("sad", "SAD-1"))
    for wrong in (-4, -3, 0):
        answer = trial.refused(trial.lymphodepletion(code, wrong), coordinator("01"))
        assert answer.clause == "lymphodepletion.days"
    trial.do(trial.lymphodepletion(code, -5), coordinator("01"))
    assert trial.refused(trial.lymphodepletion(code, -5), coordinator("01")).clause == "lymphodepletion.days"


def test_two_days_of_lymphodepletion_are_not_given_on_one_day() -> None:
    trial = start()
    code = trial.enrol("01", trial.open_cohort("sad", "SAD-1"))
    trial.do(trial.lymphodepletion(code, -5), coordinator("01"))
    trial.wait(hours=6)
    assert trial.refused(trial.lymphodepletion(code, -4), coordinator("01")).clause == "lymphodepletion.days"
    trial.wait(hours=18)
    trial.do(trial.lymphodepletion(code, -4), coordinator("01"))


def test_no_lymphodepletion_is_dated_before_consent_and_eligibility() -> None:
    trial = start()
    code = trial.enrol("01", trial.open_cohort("sad", "SAD-1"))
    early = replaced(trial.lymphodepletion(code, -5), happened_at=trial.now - SECOND)
    assert trial.refused(early, coordinator("01")).clause == "eligibility.consent"


DOSES: dict[str, dict[str, str]] = {
    "a drug is missing": {"fludarabine": "40"},
    "a drug that is not of the protocol": {
        "fludarabine": "40",
        "cyclophosphamide": "480",
        "bendamustine": "1",
    },
    "a dose of nothing": {"fludarabine": "0", "cyclophosphamide": "480"},
    "a dose below nothing": {"fludarabine": "-40", "cyclophosphamide": "480"},
    "a dose that is no number": {"fludarabine": "forty", "cyclophosphamide": "480"},
    "a dose without end": {"fludarabine": "inf", "cyclophosphamide": "480"},
}


@pytest.mark.parametrize("doses", DOSES.values(), ids=DOSES.keys())
def test_lymphodepletion_is_both_drugs_each_with_a_dose(doses: dict[str, str]) -> None:
    trial = start()
    code = trial.enrol("01", trial.open_cohort("sad", "SAD-1"))
    wrong = replaced(trial.lymphodepletion(code, -5), doses_mg=doses)
    assert trial.refused(wrong, coordinator("01")).clause == "lymphodepletion.drugs"


@pytest.mark.parametrize(("days", "is_allowed"), [(28, True), (29, False)])
def test_screening_holds_for_28_days(days: int, is_allowed: bool) -> None:  # noqa: FBT001
    trial = start()
    code = trial.enrol("01", trial.open_cohort("sad", "SAD-1"))
    trial.wait(days)
    command = trial.lymphodepletion(code, -5)
    if is_allowed:
        trial.do(command, coordinator("01"))
    else:
        assert trial.refused(command, coordinator("01")).clause == "eligibility.screening"


def test_lymphodepletion_that_started_goes_on_during_a_pause_and_none_starts() -> None:
    trial = start()
    cohort = trial.open_cohort("sad", "SAD-1")
    code = trial.enrol("01", cohort)
    paused = trial.fork()
    paused.do(c.PauseTrial(reason="a death elsewhere"), cast.MONITOR)
    assert paused.refused(paused.lymphodepletion(code, -5), coordinator("01")).clause == "stopping.pause"
    trial.deplete(code, n_days=1)
    trial.do(c.PauseTrial(reason="a death elsewhere"), cast.MONITOR)
    trial.wait(1)
    trial.do(trial.lymphodepletion(code, -4), coordinator("01"))


# --- the product

CELLS = {
    "as many as the regimen gives": ("0.75", True),
    "fewer": ("0.01", True),
    "none": ("0", False),
    "one more than the regimen gives": ("0.7501", False),
    "no number": ("many", False),
    "without end": ("Infinity", False),
}


@pytest.mark.parametrize(("cells", "is_allowed"), CELLS.values(), ids=CELLS.keys())
def test_a_lot_holds_no_more_cells_than_the_regimen_gives(cells: str, is_allowed: bool) -> None:  # noqa: FBT001
    trial = start()
    code = trial.enrol("01", trial.open_cohort("sad", "SAD-1"))
    command = replaced(trial.product(code), cells_1e9=cells)
    if is_allowed:
        trial.do(command, pharmacist("01"))
    else:
        assert trial.refused(command, pharmacist("01")).clause == "parts.sad.regimens.SAD-1"


@pytest.mark.parametrize("number", [0, 2])
def test_only_the_next_infusion_gets_a_lot(number: int) -> None:
    trial = start()
    code = trial.enrol("01", trial.open_cohort("sad", "SAD-1"))
    command = replaced(trial.product(code), infusion=number)
    assert trial.refused(command, pharmacist("01")).clause == "parts.sad.regimens.SAD-1"


def test_a_lot_is_released_before_it_is_infused() -> None:
    trial, code = ready()
    early = replaced(trial.infusion(code), happened_at=trial.now - SECOND)
    assert trial.refused(early, coordinator("01")).clause == "product.release"


def test_a_lot_of_a_higher_regimen_is_not_infused_after_a_change_to_a_lower_one() -> None:
    trial = start()
    trial.complete_single("sad", "SAD-1")
    trial.review("sad", "escalate")
    code = trial.make_ready(trial.enrol("02", trial.open_cohort("sad", "SAD-2")))
    trial.do(c.ReleaseSlot(participant=code, reason="the committee goes back"), cast.MONITOR)
    trial.close_cohort("sad-c02")
    trial.review("sad", "stay", level=2, reason="no one was treated")
    state: State = trial.state
    assert state.participants[code].products[1][0].cells_1e9 == "1.5"
    trial.reserve(code, trial.open_cohort("sad", "SAD-2"))
    trial.do(trial.infusion(code), coordinator("02"))  # the same regimen: the lot fits
    other = start()
    other.complete_single("sad", "SAD-1")
    other.review("sad", "escalate")
    code = other.make_ready(other.enrol("02", other.open_cohort("sad", "SAD-2")))
    other.do(c.ReleaseSlot(participant=code, reason="the committee goes back"), cast.MONITOR)
    other.close_cohort("sad-c02")
    other.review("sad", "de_escalate", level=1, reason="no one was treated")
    other.reserve(code, other.open_cohort("sad", "SAD-1"))
    assert other.refused(other.infusion(code), coordinator("02")).clause == "product.release"


def test_an_infusion_ends_with_no_more_cells_than_were_released_and_not_before_it_began() -> None:
    trial, code = ready()
    trial.do(trial.infusion(code), coordinator("01"))
    trial.wait(hours=1)
    ended = c.CompleteInfusion(participant=code, infusion=1, cells_1e9="0.75", happened_at=trial.now)
    for wrong in (
        replaced(ended, cells_1e9="0.76"),
        replaced(ended, cells_1e9="-0.1"),
        replaced(ended, cells_1e9="all"),
        replaced(ended, happened_at=trial.now - HOUR - SECOND),
        replaced(ended, infusion=2),
    ):
        assert trial.refused(wrong, coordinator("01")).clause == "product.infusion"
    trial.do(ended, coordinator("01"))
    assert trial.refused(ended, coordinator("01")).clause == "product.infusion"


def test_a_single_dose_is_one_infusion() -> None:
    trial, code = ready()
    trial.do(trial.infusion(code), coordinator("01"))
    assert trial.refused(trial.infusion(code), coordinator("01")).clause == "parts.sad.regimens.SAD-1"


# --- consent and eligibility


@pytest.mark.parametrize(("version", "language"), [("0.9", "zh"), ("2.0", "en")])
def test_only_the_consent_in_force_counts(version: str, language: str) -> None:
    trial = start()
    code = trial.screen("01")
    command = c.GiveConsent(
        participant=code,
        version=version,
        language=language,  # type: ignore[arg-type] # a literal
        happened_at=trial.now,
    )
    assert trial.refused(command, coordinator("01")).clause == "eligibility.consent"


def test_every_criterion_is_answered_and_met() -> None:
    trial = start()
    code = trial.consent(trial.screen("01"))
    answers = trial.answers()
    good = c.ConfirmEligibility(participant=code, happened_at=trial.now, answers=answers)
    for key, value in answers.items():
        unmet = replaced(good, answers=answers | {key: not value})
        refused = trial.refused(unmet, investigator("01"))
        assert (refused.clause, key in refused.what.en) == ("eligibility.criteria", True)
        unanswered = {other: said for other, said in answers.items() if other != key}
        refused = trial.refused(replaced(good, answers=unanswered), investigator("01"))
        assert (refused.clause, key in refused.what.en) == ("eligibility.criteria", True)
    trial.do(good, investigator("01"))


def test_a_site_screens_once_it_is_active() -> None:
    trial = start()
    command = c.ScreenParticipant(site="09", happened_at=trial.now, sex="male", year_of_birth=1980)
    assert trial.refused(command, c.Actor("coordinator01", "coordinator", "01")).clause == "access.site"
    trial.do(c.GrantRole(login="coordinator01", role="coordinator"), cast.ADMINISTRATOR)
    assert trial.refused(command, c.Actor("coordinator01", "coordinator")).clause == "sites.activation"


@pytest.mark.parametrize("act", ["eligibility", "reservation", "lymphodepletion", "product"])
def test_nothing_of_the_trial_is_done_to_a_person_who_has_not_consented(act: str) -> None:
    trial = start()
    trial.open_cohort("sad", "SAD-1")
    code = trial.screen("01")
    asked: dict[str, tuple[c.AnyCommand, c.Actor]] = {
        "eligibility": (
            c.ConfirmEligibility(participant=code, happened_at=trial.now, answers=trial.answers()),
            investigator("01"),
        ),
        "reservation": (c.ReserveSlot(participant=code, cohort="sad-c01"), coordinator("01")),
        "lymphodepletion": (trial.lymphodepletion(code, -5), coordinator("01")),
        "product": (trial.product(code), pharmacist("01")),
    }
    assert trial.refused(*asked[act]).clause == "eligibility.consent"


def test_the_day_of_the_interval_is_the_calendar_day_of_the_sites() -> None:
    trial = start()
    code = trial.deplete(trial.enrol("01", trial.open_cohort("sad", "SAD-1")))
    trial.release(code)
    # lymphodepletion at 09:00 in Shanghai; 15:59 UTC two days later is still that day there, 16:00 the next
    last = trial.now
    trial.now = (last + 7 * DAY).replace(hour=15, minute=59)
    in_time = trial.fork()
    in_time.do(in_time.infusion(code), coordinator("01"))
    trial.now += timedelta(minutes=1)
    assert trial.refused(trial.infusion(code), coordinator("01")).clause == "lymphodepletion.interval"
