"""Who may come in: passwords, locks, sessions, and what the trail keeps of them."""

import pytest
from django.test import Client
from tests.trials import SmallTrial
from tests.web.conftest import PASSWORD, Browser

from firstdose.conduct import commands as c
from firstdose.conduct.access import SYSTEM
from firstdose.faces.web.hosting import KEY, Server
from firstdose.record import events as e
from firstdose.simulate import cast


def noted(small: SmallTrial) -> list[tuple[str, str]]:
    kinds = (e.LoggedIn, e.LoginFailed, e.LoggedOut)
    return [(type(x.event).__name__, x.event.login) for x in small.store.read() if isinstance(x.event, kinds)]


def test_every_page_sends_a_stranger_to_the_sign_in_page(browser: Browser) -> None:
    for path in ("/", "/t/kn5501/", "/t/kn5501/decisions", "/t/kn5501/participants/01-001/trail"):
        answer = browser.open(path)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/sign-in")


def test_signing_in_and_out_is_kept_in_the_trail(browser: Browser, small: SmallTrial) -> None:
    assert browser.sign_in("park").status_code == 302
    assert browser.open("/t/kn5501/").status_code == 200
    browser.post("/sign-out")
    assert browser.open("/t/kn5501/").status_code == 302
    assert noted(small) == [("LoggedIn", "park"), ("LoggedOut", "park")]


def test_a_login_is_noted_by_the_system_and_not_in_the_name_of_a_person(
    browser: Browser, small: SmallTrial
) -> None:
    browser.sign_in("park")
    *_, last = small.store.read()
    assert (last.actor, last.role) == ("system", "administrator")


def test_the_fifth_wrong_password_in_a_row_locks_the_login(browser: Browser, small: SmallTrial) -> None:
    for _ in range(4):
        assert "Login or password is wrong" in browser.sign_in("park", "guess").content.decode()
    assert "locked" in browser.sign_in("park", "guess").content.decode()
    assert browser.sign_in("park").status_code == 403, "the right password opens a locked login"
    assert noted(small) == [("LoginFailed", "park")] * 6


def test_a_right_password_forgets_the_wrong_ones_before_it(browser: Browser) -> None:
    for _ in range(2):
        for _ in range(4):
            browser.sign_in("park", "guess")
        assert browser.sign_in("park").status_code == 302


def test_a_lock_ends_the_sessions_of_the_login(browser: Browser, server: Server) -> None:
    browser.sign_in("park")
    for _ in range(5):
        Browser(server).sign_in("park", "guess")
    assert browser.open("/t/kn5501/").status_code == 302


def test_a_new_password_ends_the_sessions_of_the_login(browser: Browser, server: Server) -> None:
    browser.sign_in("lind")
    server.accounts.write_password("lind", "another-good-password")
    assert browser.open("/t/kn5501/").status_code == 302
    server.accounts.write_password("lind", PASSWORD)


def test_an_unknown_login_is_refused_like_a_wrong_password_and_kept_nowhere(
    browser: Browser, small: SmallTrial
) -> None:
    answer = browser.sign_in("my-password-typed-here", "x")
    assert "Login or password is wrong" in answer.content.decode()
    assert noted(small) == []


@pytest.mark.parametrize("password", ["short", "password1234", "coordinator01"])
def test_a_weak_password_is_not_written(server: Server, password: str) -> None:
    assert server.accounts.write_password("coordinator01", password) != ()
    assert server.accounts.check_password("coordinator01", PASSWORD) == "right"


def test_passwords_are_kept_as_argon2(server: Server) -> None:
    assert server.accounts.find_user("park").password.startswith("argon2$argon2id$")


def test_a_session_cookie_is_for_the_server_only_and_ends_after_half_an_hour(browser: Browser) -> None:
    browser.sign_in("park")
    cookie = browser.client.cookies["firstdose_session"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == 1800


def test_a_revoked_role_ends_at_the_next_request(browser: Browser, small: SmallTrial) -> None:
    browser.as_login("lind")
    assert browser.open("/t/kn5501/participants").status_code == 200
    small.do(c.RevokeRole(login="lind", role="data_manager"), cast.ADMINISTRATOR)
    assert browser.open("/t/kn5501/participants").status_code == 404


def test_after_signing_in_one_never_leads_to_another_server(browser: Browser) -> None:
    for goal in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        answer = browser.post("/sign-in", login="park", password=PASSWORD, next=goal)
        assert answer.headers["Location"] == "/"


def test_a_form_without_its_token_is_refused(server: Server) -> None:

    client = Client(enforce_csrf_checks=True, **{KEY: server})
    answer = client.post("/sign-in", {"login": "park", "password": PASSWORD})
    assert answer.status_code == 403
    assert "expired" in answer.content.decode()


def test_every_page_carries_the_security_headers(browser: Browser) -> None:
    for answer in (browser.open("/sign-in"), browser.as_login("park").open("/t/kn5501/")):
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'self';")
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "same-origin"


def test_the_system_login_may_note_logins_and_nothing_else(small: SmallTrial) -> None:

    small.do(c.NoteLogin(login="park", what="signed_in"), SYSTEM)
    small.refused(c.CreateAccount(login="intruder", name="Intruder"), SYSTEM)
    small.refused(c.GrantRole(login="system", role="administrator"), SYSTEM)
    small.refused(c.CreateAccount(login="system", name="System"), cast.ADMINISTRATOR)
