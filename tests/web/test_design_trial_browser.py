"""The whole trial in a real browser: exact numbers while the hand moves, dates when it rests."""

import re
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

import pytest
from playwright.sync_api import expect, sync_playwright
from tests.web.conftest import PASSWORD
from tests.web.test_design_studio_browser import address, pytestmark  # noqa: F401 - a fixture, and a mark
from tests.web.test_design_trial import (
    dates_of,
    expected_dates,
    expected_exact,
    shown_exact,
    whole_trial,
)
from tests.web.test_in_chromium import ARGUMENTS, CHROMIUM

from firstdose.simulate.whole_trial import SiteAccrual, TrialCalendar
from firstdose.simulate.whole_trial.calendar import DAYS_A_MONTH

SERVER_MS = 100.0
NAMES = re.compile(r"firstdose|moreau|English|KN5501|BOIN|SAD|MAD|DLT|MTD|Beta|SVG|UTC")
"""What a Chinese page may write in Latin letters."""


class TrialPage:
    """The page in a browser, with what the browser complained about and what it asked the server."""

    def __init__(self, page: Any, at: str) -> None:
        self.page, self.at = page, at
        self.complaints: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda said: self.complaints.append(said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))

    def open(self, query: str = "") -> "TrialPage":
        self.page.goto(f"{self.at}/design/trial{query}")
        return self

    @property
    def rates(self) -> tuple[float, ...]:
        return tuple(float(field.input_value()) for field in self.page.locator("input[name=rates]").all())

    def count(self, name: str) -> int:
        return sum(f"/design/trial/{name}" in url for url in self.asked)

    def settle(self) -> None:
        """Wait until the exact numbers belong to the curve."""
        shown = ",".join(field.input_value() for field in self.page.locator("input[name=rates]").all())
        expect(self.page.locator("#trial")).to_have_attribute("data-shown", shown)

    def rest(self) -> None:
        """Wait until the dates belong to what is asked."""
        expect(self.page.locator("#trial")).to_have_attribute("data-dates", "current")

    def check_exact(self, growth: float = 0.0) -> None:
        assert shown_exact(self.page.content()) == expected_exact(whole_trial(self.rates, growth))


@pytest.fixture(scope="module")
def signed_in(address: str) -> Iterator[tuple[Any, Any]]:  # noqa: F811 - the fixture
    """A browser, and what it remembers of a statistician who signed in."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(locale="en-GB")
        page.goto(f"{address}/sign-in?next=/design")
        page.get_by_label("Login").fill("moreau")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        # the tab of the comparison of designs leads here
        page.get_by_role("link", name="The whole trial").click()
        page.get_by_role("heading", name="The whole trial").wait_for()
        yield browser, page.context.storage_state()
        browser.close()


@pytest.fixture
def open_trial(address: str, signed_in: tuple[Any, Any]) -> Iterator[Callable[..., TrialPage]]:  # noqa: F811 - the fixture
    browser, remembered = signed_in
    made: list[TrialPage] = []

    def open_one(query: str = "", width: int = 1280, **options: Any) -> TrialPage:
        stated = {"locale": "en-GB", "viewport": {"width": width, "height": 900}, **options}
        context = browser.new_context(storage_state=remembered, **stated)
        made.append(TrialPage(context.new_page(), address).open(query))
        return made[-1]

    yield open_one
    for one in made:
        one.page.context.close()
    assert [one.complaints for one in made] == [[]] * len(made)


def test_exact_numbers_follow_the_hand_and_dates_wait_until_it_rests(
    open_trial: Callable[..., TrialPage],
) -> None:
    trial = open_trial()
    page = trial.page
    box = page.locator(".handle").nth(3).locator(".point").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 31):
        page.mouse.move(x + step % 3, y - 3 * step)
        if step == 1:
            expect(page.locator("#state")).to_have_text(
                "Of the earlier question; computed anew when the hand rests."
            )
        if step % 15 == 0:
            trial.settle()
            trial.check_exact()
    assert trial.count("exact") >= 2
    page.mouse.up()
    assert trial.rates == (0.05, 0.10, 0.18, 0.55, 0.55, 0.55)
    trial.rest()
    expect(page.locator("#state")).to_have_text("")
    assert dates_of(page.content()) == expected_dates(evenly(24.0, 6), rates=trial.rates)
    assert trial.count("dates") < trial.count("exact")
    # the marks of the curve and of the bars are the new ones
    assert page.locator(".handle").nth(2).get_attribute("data-mark") == "correct"
    timings = page.evaluate(
        "performance.getEntriesByType('resource').filter((one) => one.name.includes('trial/exact'))"
        ".map((one) => one.serverTiming[0].duration)"
    )
    # of all answers the middle one: other tests run on the same cores, and one answer may wait for them
    assert median(timings) < SERVER_MS
    expect(page.locator("#said")).to_have_text(re.compile(r"^Right MTD [\d.]+ %, right regimen"))


def evenly(days: float, n_sites: int) -> TrialCalendar:
    return TrialCalendar(
        sites=tuple(SiteAccrual(str(place), DAYS_A_MONTH / days) for place in range(n_sites))
    )


def test_the_slider_moves_the_regimens_and_the_number_moves_the_slider(
    open_trial: Callable[..., TrialPage],
) -> None:
    trial = open_trial()
    slider = trial.page.get_by_role("slider", name="Change of the log hazard, g")
    number = trial.page.get_by_role("spinbutton", name="Change of the log hazard, g")
    slider.focus()
    for _ in range(4):
        trial.page.keyboard.press("ArrowLeft")
    expect(number).to_have_value("-0.2")
    trial.rest()
    trial.check_exact(-0.2)
    trial.page.reload()
    trial.check_exact(-0.2)
    number.fill("1.5")
    expect(slider).to_have_value("1.5")
    trial.rest()
    trial.check_exact(1.5)
    assert "growth=1.5" in trial.page.url


def test_accrual_asks_for_the_dates_alone(open_trial: Callable[..., TrialPage]) -> None:
    trial = open_trial()
    trial.page.get_by_label("Days between candidates at a site").fill("12")
    trial.page.get_by_label("Sites", exact=True).fill("3")
    trial.rest()
    assert dates_of(trial.page.content()) == expected_dates(evenly(12.0, 3))
    assert trial.count("exact") == 0
    assert "seed 1" in trial.page.locator("#simulated").inner_text()
    trial.page.get_by_label("Sites", exact=True).fill("0")
    expect(trial.page.locator("#state")).to_have_text(
        "The number of sites, “0”, is not a whole number from 1 to 60."
    )
    trial.complaints.clear()  # the browser's own word on the status 400


def test_dates_are_said_to_be_computed_while_they_are(open_trial: Callable[..., TrialPage]) -> None:
    trial = open_trial()
    # the answer never comes
    trial.page.route("**/design/trial/dates*", lambda _: None)
    trial.page.get_by_label("Seed of the simulation").fill("2")
    expect(trial.page.locator("#state")).to_have_text("Being computed…")
    expect(trial.page.locator("#dates")).to_have_attribute("aria-busy", "true")
    # a question that is overtaken is not answered
    trial.page.get_by_label("Seed of the simulation").fill("3")
    expect(trial.page.locator("#trial")).to_have_attribute("data-dates", "earlier")
    trial.page.unroute("**/design/trial/dates*")
    trial.rest()
    expect(trial.page.locator("#simulated")).to_have_text("Simulated, 10,000 trials, seed 3")


def test_without_a_script_the_page_is_a_form_with_the_same_numbers(
    open_trial: Callable[..., TrialPage],
) -> None:
    trial = open_trial(java_script_enabled=False)
    trial.page.locator("input[name=rates]").nth(3).fill("0.3")
    trial.page.get_by_role("spinbutton", name="Change of the log hazard, g").fill("-1")
    trial.page.get_by_label("Seed of the simulation").fill("5")
    trial.page.get_by_role("button", name="Compute").click()
    trial.page.wait_for_url("**rates=0.3*")
    assert trial.rates == (0.05, 0.10, 0.18, 0.30, 0.38, 0.50)
    trial.check_exact(-1.0)
    expect(trial.page.locator("#simulated")).to_have_text("Simulated, 10,000 trials, seed 5")
    trial.page.get_by_role("spinbutton", name="Change of the log hazard, g").fill("11")
    trial.page.get_by_role("button", name="Compute").click()
    expect(trial.page.get_by_role("alert")).to_have_text(
        "The change of the log hazard, “11”, is not a number from -10 to 10."
    )
    trial.complaints.clear()  # the browser's own word on the status 400


def test_the_chinese_page_has_no_english_words(open_trial: Callable[..., TrialPage]) -> None:
    trial = open_trial()
    trial.page.get_by_role("button", name="中文").click()
    expect(trial.page.get_by_role("heading", name="全试验", exact=True)).to_be_visible()
    trial.page.locator(".handle").nth(1).focus()
    trial.page.keyboard.press("ArrowUp")
    trial.rest()
    trial.page.locator("details summary").click()
    texts = trial.page.locator("body").inner_text()
    said = trial.page.evaluate(
        "[...document.querySelectorAll('[aria-label], [title]')].map((one) => "
        "`${one.getAttribute('aria-label') || ''} ${one.getAttribute('title') || ''}`).join(' ')"
    )
    assert re.findall(r"[A-Za-z]{2,}", NAMES.sub("", f"{texts} {said}")) == []
    trial.page.get_by_role("button", name="English").click()  # the session is shared by the tests


def test_the_page_is_no_wider_than_the_screen(open_trial: Callable[..., TrialPage]) -> None:
    page = open_trial("?growth=-1&opens=30").page
    page.locator("details summary").click()
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
