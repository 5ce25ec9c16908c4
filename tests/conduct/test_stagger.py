"""The sentinel is watched for 7 days, each further participant of the cohort for 3."""

from datetime import timedelta

import pytest
from tests.trials import DAY, SECOND, SmallTrial, coordinator, replaced, start

NO_TIME = timedelta(0)


def cohort_of_three() -> SmallTrial:
    """Level 3 takes three participants; all three are ready for their first infusion."""
    trial = start()
    for level in (1, 2):
        trial.complete_single("sad", f"SAD-{level}")
        trial.review("sad", "escalate")
    trial.open_cohort("sad", "SAD-3")
    return trial


def prepare(trial: SmallTrial, sites: tuple[str, ...]) -> list[str]:
    """Enrol one at each site and deplete them together; each has a lot."""
    codes = [trial.enrol(site, "sad-c03") for site in sites]
    for place, planned_day in enumerate((-5, -4, -3)):
        trial.wait(1 if place else 0)
        for code in codes:
            trial.do(trial.lymphodepletion(code, planned_day), coordinator(code[:2]))
    return codes


def infuse(trial: SmallTrial, code: str) -> None:
    trial.infuse(code, held=False)


# fmt: off
# The second participant after the sentinel.   elapsed            allowed
SECOND_AFTER_SENTINEL = {
    # --- the clock is the time elapsed, not the calendar
    "exactly seven days":                      (7 * DAY,           True),
    "a second more":                           (7 * DAY + SECOND,  True),
    "a second less":                           (7 * DAY - SECOND,  False),
    "six days":                                (6 * DAY,           False),
    "at the same moment":                      (NO_TIME,           False),
}
# The third participant after the second.
THIRD_AFTER_SECOND = {
    "exactly three days":                      (3 * DAY,           True),
    "a second less":                           (3 * DAY - SECOND,  False),
    "the day after":                           (1 * DAY,           False),
}
# fmt: on


@pytest.mark.covers("Q3")
@pytest.mark.parametrize(
    ("elapsed", "is_allowed"), SECOND_AFTER_SENTINEL.values(), ids=SECOND_AFTER_SENTINEL.keys()
)
def test_the_second_participant_waits_seven_days_after_the_sentinel(
    elapsed: timedelta,
    is_allowed: bool,  # noqa: FBT001
) -> None:
    trial = cohort_of_three()
    sentinel = trial.enrol("01", "sad-c03")
    trial.deplete(sentinel)
    trial.wait(3)
    infused = trial.now
    infuse(trial, sentinel)
    second = trial.enrol("02", "sad-c03")
    if elapsed < 5 * DAY:
        # lymphodepleted together with the sentinel, and infused too soon
        trial = cohort_of_three()
        sentinel, second = prepare(trial, ("01", "02"))
        trial.wait(3)
        infused = trial.now
        infuse(trial, sentinel)
    else:
        trial.deplete(second)
    trial.now = max(infused + elapsed, trial.now)
    trial.release(second)
    command = replaced(trial.infusion(second), happened_at=infused + elapsed)
    if is_allowed:
        trial.do(command, coordinator("02"))
        return
    clause = trial.refused(command, coordinator("02")).clause
    assert clause == ("parts.sad.stagger" if elapsed else "product.release")


@pytest.mark.covers("Q3")
@pytest.mark.parametrize(
    ("elapsed", "is_allowed"), THIRD_AFTER_SECOND.values(), ids=THIRD_AFTER_SECOND.keys()
)
def test_the_third_participant_waits_three_days_after_the_second(
    elapsed: timedelta,
    is_allowed: bool,  # noqa: FBT001
) -> None:
    trial = cohort_of_three()
    (sentinel,) = prepare(trial, ("01",))
    trial.wait(3)
    infuse(trial, sentinel)
    trial.wait(1)
    second, third = prepare(trial, ("02", "03"))
    trial.wait(4)
    at = trial.now
    infuse(trial, second)
    trial.release(third)
    trial.now = max(at + elapsed, trial.now)
    command = trial.infusion(third)
    if is_allowed:
        trial.do(command, coordinator("03"))
    else:
        refused = trial.refused(command, coordinator("03"))
        assert refused.clause == "parts.sad.stagger"
        assert second in refused.what.en  # who is waited for


def test_the_next_cohort_has_its_own_sentinel() -> None:
    trial = start()
    trial.complete_single("sad", "SAD-1")
    trial.review("sad", "escalate")
    code = trial.make_ready(trial.enrol("02", trial.open_cohort("sad", "SAD-2")))
    trial.do(trial.infusion(code), coordinator("02"))


def test_who_gave_the_place_back_is_not_waited_for() -> None:
    trial = cohort_of_three()
    first, second = prepare(trial, ("01", "02"))
    trial.wait(3)
    trial.withdraw(first)
    infuse(trial, second)
    assert trial.participant(second).infusions


def test_an_infusion_dated_before_the_sentinel_is_refused() -> None:
    trial = cohort_of_three()
    first, second = prepare(trial, ("01", "02"))
    trial.wait(3)
    trial.release(second)
    earlier = trial.now
    trial.wait(1)
    infuse(trial, first)
    late_entry = replaced(trial.infusion(second), happened_at=earlier)
    assert trial.refused(late_entry, coordinator("02")).clause == "parts.sad.stagger"
