"""The pages in a real browser: a clinician's way through them, a decision signed by two, and the Chinese pages."""

import shutil
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.wsgi import get_wsgi_application
from playwright.sync_api import expect, sync_playwright
from tests.trials import SmallTrial, start
from tests.web.conftest import PASSWORD, host
from waitress import create_server
from whitenoise import WhiteNoise

from firstdose.faces.web.hosting import Server
from firstdose.faces.web.server import listen, serve_on
from firstdose.faces.web.settings import HERE
from firstdose.wiring import Accounts

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the PATH"),
]


@pytest.fixture
def small() -> SmallTrial:
    """The first cohort is complete without a DLT; a second participant is screened."""
    small = start()
    code = small.treat(small.enrol("01", small.open_cohort("sad", "SAD-1")))
    small.submit(code, "haematology", haemoglobin="101")
    small.complete_window(code)
    small.consent(small.screen("02"))
    return small


@pytest.fixture
def address(small: SmallTrial, accounts: Accounts) -> Iterator[str]:
    """A real server on a free port."""

    server = Server([host(small)], accounts)
    application = WhiteNoise(
        serve_on(server, get_wsgi_application()), root=str(HERE / "static"), prefix="static/"
    )
    bound: socket.socket = listen("127.0.0.1", 0)
    running = create_server(application, sockets=[bound], threads=4, ident=None)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    running.trigger.pull_trigger(running.close)
    thread.join(5)


class Visit:
    """A page of a browser that remembers everything it complained about."""

    def __init__(self, page: Any, address: str) -> None:
        self.page = page
        self.address = address
        self.complaints: list[str] = []
        page.on("console", lambda said: self.complaints.append(said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def sign_in(self, login: str) -> None:
        self.page.goto(f"{self.address}/sign-in")
        self.page.get_by_label("Login").fill(login)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.get_by_role("heading", name="Your trials").wait_for()

    def sign_out(self) -> None:
        self.page.get_by_role("button", name="Sign out").click()

    def sees(self, text: str) -> None:
        """The text stands on the page, or comes."""

        expect(self.page.locator("main")).to_contain_text(text)


@pytest.fixture
def visit(address: str) -> Iterator[Visit]:

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
        made = Visit(context.new_page(), address)
        yield made
        browser.close()
    assert made.complaints == []


def test_from_the_sign_in_page_to_the_audit_trail(visit: Visit) -> None:
    visit.sign_in("okafor")
    visit.page.get_by_role("link", name="KN5501 in lupus").click()
    visit.sees("Escalate")
    visit.page.get_by_role("link", name="01-001").click()
    visit.sees("Lymphodepletion, Day -5")
    visit.page.get_by_role("link", name="Schedule").click()
    visit.sees("Day 14 (Week 2)")
    visit.page.get_by_role("link", name="Audit trail").click()
    visit.sees("Evaluability determined")
    visit.page.get_by_label("Type").select_option(label="Infusion started")
    visit.page.get_by_role("button", name="Show").click()
    visit.sees("1 entry")
    visit.sees("LOT-01-001-1")


def test_the_chair_decides_two_sign_and_the_board_shows_it_in_effect(visit: Visit) -> None:
    page = visit.page
    visit.sign_in("park")
    page.get_by_role("link", name="KN5501 in lupus").click()
    page.get_by_role("link", name="Decisions").click()
    page.get_by_role("button", name="Take a snapshot now").click()
    visit.sees("Escalate to level 2")
    page.get_by_label("Escalate", exact=True).check()
    page.get_by_role("button", name="Put to signature").click()
    page.get_by_label("Password again").fill("not my password")
    page.get_by_role("button", name="Sign", exact=True).click()
    visit.sees("nothing was signed")
    visit.complaints.clear()  # the browser's own word on the status 422
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Sign", exact=True).click()
    visit.sees("Your signature is recorded")
    visit.sign_out()
    visit.sign_in("weiss")
    page.get_by_role("link", name="Sign the decision").click()
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Sign", exact=True).click()
    visit.sees("in effect")
    page.get_by_role("link", name="Cohort board").click()
    visit.sees("May open now")
    visit.sees("sad-d01")


def test_the_pages_speak_chinese_when_asked_and_stay_so(visit: Visit) -> None:
    visit.sign_in("coordinator01")
    visit.page.get_by_role("link", name="KN5501 in lupus").click()
    visit.page.get_by_role("button", name="中文").click()
    visit.sees("队列看板")
    assert visit.page.locator("html").get_attribute("lang") == "zh-Hans"
    visit.page.get_by_role("link", name="受试者").click()
    visit.sees("随访中")
    visit.page.get_by_role("button", name="退出登录").click()
    visit.sees("登录")


@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_is_wider_than_the_screen(visit: Visit, width: int) -> None:
    visit.page.set_viewport_size({"width": width, "height": 800})
    visit.sign_in("park")
    one = "/t/kn5501/participants/01-001"
    paths = ("/", "/t/kn5501/", "/t/kn5501/participants", one, f"{one}/schedule", f"{one}/trail")
    more = (f"{one}/forms/SCR/haematology", "/t/kn5501/adverse-events", "/t/kn5501/decisions")
    for path in (*paths, *more):
        visit.page.goto(f"{visit.address}{path}")
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_the_skip_link_is_the_first_stop_of_the_keyboard(visit: Visit) -> None:
    visit.sign_in("park")
    visit.page.keyboard.press("Tab")
    assert visit.page.evaluate("document.activeElement.textContent") == "Skip to the content"
    visit.page.keyboard.press("Enter")
    assert visit.page.evaluate("document.activeElement.id") == "main"
