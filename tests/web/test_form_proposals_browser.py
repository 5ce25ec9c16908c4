"""Proposals in a real browser: a value is typed and its grade appears; without the script the form is a form."""

import re
import shutil
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.wsgi import get_wsgi_application
from playwright.sync_api import Browser, expect, sync_playwright
from tests.trials import SmallTrial, start
from tests.web.conftest import PASSWORD, host
from waitress import create_server
from whitenoise import WhiteNoise

from firstdose.faces.web.hosting import Server
from firstdose.faces.web.server import listen, serve_on
from firstdose.faces.web.settings import HERE
from firstdose.wiring import Accounts

CHROMIUM = shutil.which("chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
FORM = "/t/kn5501/participants/01-001/forms/D7/haematology"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the PATH"),
]


@pytest.fixture(scope="module")
def small() -> SmallTrial:
    """Infused seven days ago, with ordinary values before lymphodepletion."""
    small = start()
    code = small.enrol("01", small.open_cohort("sad", "SAD-1"))
    small.submit(code, "haematology", haemoglobin="123")
    small.wait(1)
    small.treat(code)
    return small.wait_until_day(code, 7)


@pytest.fixture(scope="module")
def address(small: SmallTrial, accounts: Accounts) -> Iterator[str]:
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


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


def open_form(chromium: Browser, address: str, complaints: list[str], **options: Any) -> Any:
    """The form as the coordinator of the site opens it."""
    context = chromium.new_context(locale="en-GB", viewport={"width": 1280, "height": 900}, **options)
    page = context.new_page()
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{address}/sign-in")
    page.get_by_label("Login").fill("coordinator01")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Your trials").wait_for()
    page.goto(f"{address}{FORM}")
    return page


def beside(page: Any, item: str) -> Any:
    return page.locator(f'[data-item-of="{item}"] .proposals')


def test_a_value_is_typed_and_its_grade_appears_and_goes_with_it(chromium: Browser, address: str) -> None:
    complaints: list[str] = []
    page = open_form(chromium, address, complaints)
    haemoglobin = page.get_by_label("Haemoglobin")
    expect(beside(page, "haemoglobin")).to_be_empty()
    haemoglobin.press_sequentially("99", delay=30)
    expect(beside(page, "haemoglobin")).to_contain_text("Anemia: grade 2 CTCAE 5.0 (< 100)")
    page.get_by_label("White blood cells").fill("2.9")
    expect(beside(page, "wbc")).to_contain_text("Leukopenia: not scored from the value alone")
    expect(beside(page, "wbc")).to_contain_text("12 days since the start of lymphodepletion")
    haemoglobin.fill("999")
    expect(beside(page, "haemoglobin")).to_have_text("Haemoglobin: 999 is not between 10 and 260")
    haemoglobin.fill("79")
    expect(beside(page, "haemoglobin")).to_contain_text("grade 3")
    expect(beside(page, "haemoglobin")).not_to_contain_text("999")
    # before lymphodepletion the same count is proposed for lupus
    page.get_by_label("Collected at").fill("2025-03-03T08:00")
    expect(beside(page, "wbc")).to_contain_text("Leukopenia: proposed present")
    assert complaints == []
    page.context.close()


def test_only_the_last_of_several_questions_is_answered_on_the_page(chromium: Browser, address: str) -> None:
    complaints: list[str] = []
    page = open_form(chromium, address, complaints)
    asked: list[Any] = []

    def keep_waiting(route: Any) -> None:
        asked.append(route)

    page.route(re.compile("/proposals$"), keep_waiting)
    haemoglobin = page.get_by_label("Haemoglobin")
    haemoglobin.fill("79")
    expect(page.locator("#entry")).to_have_attribute("data-proposed", "waits")
    page.wait_for_timeout(400)
    haemoglobin.fill("99")
    page.wait_for_timeout(400)
    first, second = asked
    assert "value.haemoglobin=99" in second.request.post_data
    # the first was given up, which is no failure to be told
    assert first.request.failure == "net::ERR_ABORTED"
    expect(page.locator("#proposals-problem")).to_be_hidden()
    second.continue_()
    expect(beside(page, "haemoglobin")).to_contain_text("grade 2")
    assert complaints == []
    page.context.close()


def test_a_server_that_cannot_be_reached_is_said_and_the_form_can_still_be_filled(
    chromium: Browser, address: str
) -> None:
    page = open_form(chromium, address, [])
    page.route(re.compile("/proposals$"), lambda route: route.abort())
    page.get_by_label("Haemoglobin").fill("99")
    expect(page.locator("#proposals-problem")).to_contain_text("cannot be reached")
    page.unroute(re.compile("/proposals$"))
    page.get_by_label("Haemoglobin").fill("98")
    expect(beside(page, "haemoglobin")).to_contain_text("grade 2")
    expect(page.locator("#proposals-problem")).to_be_hidden()
    page.context.close()


def test_without_the_script_a_fault_brings_the_proposals(chromium: Browser, address: str) -> None:
    page = open_form(chromium, address, [], java_script_enabled=False)
    page.get_by_label("Haemoglobin").fill("99")
    page.get_by_role("button", name="Submit the form").click()
    expect(page.locator("main")).to_contain_text("White blood cells: is missing")
    expect(beside(page, "haemoglobin")).to_contain_text("Anemia: grade 2")
    page.context.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_proposals_are_no_wider_than_the_screen(chromium: Browser, address: str, width: int) -> None:
    page = open_form(chromium, address, [])
    page.set_viewport_size({"width": width, "height": 800})
    page.get_by_label("White blood cells").fill("2.9")
    expect(beside(page, "wbc")).to_contain_text("Leukopenia")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.context.close()
