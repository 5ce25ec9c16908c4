"""The committee decides and signs on the pages."""

import re

import pytest
from tests.trials import SmallTrial
from tests.web.conftest import PASSWORD, Browser

from firstdose.conduct.review import compute_decision_digest
from firstdose.record import events as e

PAGE = "/t/kn5501/decisions/sad-s01"


@pytest.fixture
def reviewed(small: SmallTrial) -> SmallTrial:
    """The first cohort is complete without a DLT, and a snapshot is taken."""
    code = small.treat(small.enrol("01", small.open_cohort("sad", "SAD-1")))
    small.complete_window(code)
    small.snapshot("sad")
    return small


@pytest.fixture
def decided(reviewed: SmallTrial, browser: Browser) -> SmallTrial:
    """The chair has put the rule's recommendation to signature."""
    answer = browser.as_login("park").post(f"{PAGE}/make", action="escalate")
    assert answer.status_code == 302
    return reviewed


def digest_of(small: SmallTrial) -> str:
    return compute_decision_digest(small.state, "sad-d01")


def test_the_statistician_takes_a_snapshot_and_sees_counts_and_recommendation(
    small: SmallTrial, browser: Browser
) -> None:
    code = small.treat(small.enrol("01", small.open_cohort("sad", "SAD-1")))
    small.complete_window(code)
    answer = browser.as_login("moreau").post("/t/kn5501/snapshots", part="sad")
    page = browser.open(answer.headers["Location"]).content.decode()
    assert "Escalate to level 2" in page
    assert 'class="c-escalate here"' in page, "the current cell of the table is not marked"


@pytest.mark.usefixtures("reviewed")
def test_a_decision_that_departs_from_the_rule_needs_a_reason(browser: Browser) -> None:
    browser.as_login("park")
    answer = browser.post(f"{PAGE}/make", action="stay")
    assert answer.status_code == 422
    assert "reason for departing from the rule" in answer.content.decode()
    assert browser.post(f"{PAGE}/make", action="stay", reason="One more participant.").status_code == 302
    page = browser.open(PAGE).content.decode()
    assert "departs from the rule" in page
    assert "One more participant." in page


@pytest.mark.usefixtures("reviewed")
def test_a_level_that_would_be_skipped_is_refused_and_the_reason_stays(browser: Browser) -> None:
    answer = browser.as_login("park").post(f"{PAGE}/make", action="escalate", level="3", reason="All well.")
    assert answer.status_code == 422
    assert "From level 1 one cannot" in answer.content.decode()
    assert "All well." in answer.content.decode()


def test_a_wrong_password_signs_nothing_and_is_kept_in_the_trail(
    decided: SmallTrial, browser: Browser
) -> None:
    answer = browser.as_login("park").post(f"{PAGE}/sign", password="guess", digest=digest_of(decided))
    assert answer.status_code == 422
    assert "nothing was signed" in answer.content.decode()
    assert decided.state.decisions["sad-d01"].signatures == []
    *_, last = decided.store.read()
    assert last.event == e.LoginFailed(login="park", purpose="signature")


def test_wrong_passwords_at_signing_count_to_the_lock_and_end_the_session(
    decided: SmallTrial, browser: Browser
) -> None:
    browser.as_login("park")
    for _ in range(4):
        browser.post(f"{PAGE}/sign", password="guess", digest=digest_of(decided))
    answer = browser.post(f"{PAGE}/sign", password="guess", digest=digest_of(decided))
    assert answer.headers["Location"] == "/sign-in"
    assert browser.open(PAGE).status_code == 302
    assert browser.sign_in("park").status_code == 403


def test_what_was_not_shown_cannot_be_signed(decided: SmallTrial, browser: Browser) -> None:
    answer = browser.as_login("park").post(f"{PAGE}/sign", password=PASSWORD, digest="0" * 64)
    assert answer.status_code == 422
    assert "What was shown for signature is not what is recorded" in answer.content.decode()
    assert decided.state.decisions["sad-d01"].signatures == []


def test_the_second_signature_puts_the_decision_in_effect(decided: SmallTrial, browser: Browser) -> None:
    for login in ("park", "weiss"):
        page = browser.as_login(login).open(PAGE).content.decode()
        assert digest_of(decided) in page
        shown = re.search(r'name="digest" value="([0-9a-f]{64})"', page)
        assert shown is not None
        answer = browser.post(f"{PAGE}/sign", password=PASSWORD, digest=shown.group(1))
        assert answer.status_code == 302, answer.content.decode()
    assert decided.state.decisions["sad-d01"].is_in_effect
    assert "in effect" in browser.open(PAGE).content.decode()
    board = browser.open("/t/kn5501/").content.decode()
    assert "May open now" in board
    assert "SAD-2 · 1 place" in board


def test_a_signature_shows_name_time_in_utc_and_at_the_site_meaning_and_digest(
    decided: SmallTrial, browser: Browser
) -> None:
    browser.as_login("park").post(f"{PAGE}/sign", password=PASSWORD, digest=digest_of(decided))
    page = browser.open(PAGE).content.decode()
    (sign,) = decided.state.decisions["sad-d01"].signatures
    for shown in (
        "Prof. Ji-woo Park",
        f"{sign.signed_at:%Y-%m-%d %H:%M:%S} UTC",
        "(UTC+8)",
        "I have reviewed the cohort and approve this dose decision.",
        sign.digest,
    ):
        assert shown in page


def test_who_signed_is_not_asked_again(decided: SmallTrial, browser: Browser) -> None:
    browser.as_login("park").post(f"{PAGE}/sign", password=PASSWORD, digest=digest_of(decided))
    assert "Sign this decision" not in browser.open(PAGE).content.decode()
    assert "Sign this decision" in browser.as_login("weiss").open(PAGE).content.decode()


@pytest.mark.usefixtures("decided")
def test_home_says_what_waits_for_each_member(browser: Browser) -> None:
    assert "Sign the decision" in browser.as_login("weiss").open("/").content.decode()
    assert "Sign the decision" not in browser.as_login("lind").open("/").content.decode()


def test_the_past_is_shown_as_it_was_known_and_cannot_be_signed(
    decided: SmallTrial, browser: Browser
) -> None:
    before = decided.state.decisions["sad-d01"].position - 1
    page = browser.as_login("park").open(PAGE, as_of=str(before)).content.decode()
    assert "As it was known on" in page
    assert "Not decided" in page
    assert "Put to signature" not in page
    board = browser.open("/t/kn5501/", as_of="2025-03-03").content.decode()
    assert "As it was known on 3 Mar 2025 23:59" in board
    assert "01-001" in board, "the participant was screened on this day"


@pytest.mark.parametrize("as_of", ["yesterday", "0", "999999", "2019-01-01", "-3", "2025-03-04"])
def test_a_time_that_never_was_is_refused(browser: Browser, as_of: str) -> None:
    assert browser.as_login("park").open("/t/kn5501/", as_of=as_of).status_code == 400


def test_today_is_shown_as_known_now(browser: Browser, small: SmallTrial) -> None:
    page = browser.as_login("park").open("/t/kn5501/", as_of="2025-03-03").content.decode()
    assert "As it was known on 3 Mar 2025 09:00" in page
    assert small.now.isoformat() == "2025-03-03T01:00:00+00:00"
