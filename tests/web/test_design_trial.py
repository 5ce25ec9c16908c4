"""The whole trial on its page: exact numbers are the exact ones, dates the simulated ones, and each says which it is."""

import re
from functools import cache
from html import unescape
from typing import Any

import pytest
from tests.trials import bundled_protocol
from tests.web.conftest import Browser

from firstdose.deliver.design.whole_trial import ENDINGS, name_selection
from firstdose.deliver.formatting import format_number
from firstdose.faces.web.trial_sheet import N_TRIALS, compute_dates, compute_trial
from firstdose.simulate.whole_trial import (
    PartOutcome,
    SimulatedCalendar,
    SiteAccrual,
    TrialCalendar,
    TrialPlan,
    Truth,
    WholeTrial,
    compute_whole_trial,
    plan_trial,
    simulate_calendar,
    spread_evenly,
    write_decision_tables,
)
from firstdose.simulate.whole_trial.calendar import DAYS_A_MONTH

PAGE, EXACT, DATES, FIGURE = (
    "/design/trial",
    "/design/trial/exact",
    "/design/trial/dates",
    "/design/trial/figure",
)
SIX = (0.05, 0.10, 0.18, 0.25, 0.38, 0.50)
PLAIN = {"rates": "0.05,0.10,0.18,0.25,0.38,0.50"}
ALL_TOXIC = (0.45, 0.55, 0.65, 0.75, 0.85, 0.90)
SERVER_MS = 100.0


@cache
def plan() -> TrialPlan:
    found = plan_trial(bundled_protocol())
    assert isinstance(found, TrialPlan)
    return found


@cache
def whole_trial(rates: tuple[float, ...], growth: float = 0.0) -> WholeTrial:
    found = compute_whole_trial(plan(), Truth(name="test", single_dose_rates=rates, growth=growth))
    assert isinstance(found, WholeTrial)
    return found


def percent(p: float) -> str:
    return "<0.1" if 0 < p < 0.0005 else format_number(100 * p, 1)


def shown_exact(html: str) -> dict[str, Any]:
    """What a reader sees of the exact numbers, by where it stands."""
    html = unescape(html)
    tiles = dict(re.findall(r'data-tile="(\w+)"><dt>.*?<b>(.*?)</b>', html))
    bars = re.findall(r'<text class="value"[^>]*>(.*?)</text>', html)
    parts = {
        key: re.findall(r'<td class="r">(.*?)</td>', cells)
        for key, cells in re.findall(r'<tr data-part="(\w+)".*?>(.*?)</tr>', html)
    }
    shares = {
        key: dict(re.findall(r"<li><span>(.*?)</span> <b>(.*?) %</b>", listed))
        for key, listed in re.findall(r'data-shares="(\w+)">(.*?)</article>', html, re.DOTALL)
    }
    rates = re.findall(r'class="rate-of">(.*?)<', html)
    return {"tiles": tiles, "bars": bars, "parts": parts, "shares": shares, "rates": rates}


def expected_exact(whole: WholeTrial) -> dict[str, Any]:
    def span(p_n: tuple[float, ...]) -> str:
        below = [sum(p_n[: n + 1]) for n in range(len(p_n))]
        low, high = (next(n for n, p in enumerate(below) if p > q - 1e-9) for q in (0.05, 0.95))
        return f"{low}–{high}" if low < high else str(low)

    parts: dict[str, PartOutcome | WholeTrial] = {
        "sad": whole.sad,
        "mad": whole.mad,
        "expansion": whole.expansion,
        "whole": whole,
    }
    return {
        "tiles": {
            "mtd": percent(whole.p_sad_mtd[whole.true_mtd]),
            "regimen": percent(whole.p_mad_regimen[whole.true_regimen]),
            "toxic": percent(whole.p_stops_for_toxicity),
            "n": format_number(whole.mean_n, 1),
            "n_dlt": format_number(whole.mean_n_dlt, 1),
            "short": percent(whole.p_not_enough),
        },
        "bars": [percent(p) for p in (*whole.p_sad_mtd, *whole.p_mad_regimen)],
        "parts": {
            key: [
                format_number(part.mean_n, 1),
                span(part.p_n),
                format_number(part.mean_n_dlt, 1),
                span(part.p_n_dlt),
                format_number(part.mean_n_overdose, 1),
                percent(part.p_not_enough),
            ]
            for key, part in parts.items()
        },
        "shares": {
            "endings": {ENDINGS[ending].en: percent(p) for ending, p in whole.p_endings},
            "expanded": {name_selection(keys).en: percent(p) for keys, p in whole.p_expanded},
        },
        "rates": [format_number(rate, 3) for rate in whole.regimen_rates],
    }


@pytest.fixture
def statistician(browser: Browser) -> Browser:
    return browser.as_login("moreau")


# --- the exact numbers


@pytest.mark.parametrize(
    ("rates", "growth"),
    [
        (SIX, 0.0),
        (SIX, -1.0),
        (SIX, 0.35),
        # --- nothing is toxic: all 36 are treated, and are not enough; everything is: nobody after the single doses
        ((0.0,) * 6, 0.0),
        (ALL_TOXIC, -2.0),
        # --- a curve that falls
        ((0.4, 0.2, 0.1, 0.3, 0.2, 0.6), -1.0),
    ],
)
def test_every_exact_number_is_that_of_the_whole_trial(
    statistician: Browser, rates: tuple[float, ...], growth: float
) -> None:
    answer = statistician.open(EXACT, rates=",".join(map(str, rates)), growth=growth)
    assert answer.status_code == 200
    assert shown_exact(answer.content.decode()) == expected_exact(whole_trial(rates, growth))


def test_the_page_without_a_script_shows_the_same_numbers(statistician: Browser) -> None:
    page = statistician.open(PAGE, rates=[str(rate) for rate in SIX], growth="-1").content.decode()
    assert shown_exact(page) == expected_exact(whole_trial(SIX, -1.0))


def test_the_right_selection_is_marked_and_so_are_overdoses(statistician: Browser) -> None:
    html = statistician.open(EXACT, **PLAIN, growth="-1").content.decode()
    assert 'data-marks=",,,correct,overdose,overdose" data-is-none-correct="0"' in html
    assert re.findall(r'class="bar" data-mark="(\w*)"', html) == [
        *("", "", "", "", "correct", "overdose", "overdose"),
        *("", "", "correct", "overdose", "overdose"),
    ]
    toxic = statistician.open(EXACT, rates=",".join(map(str, ALL_TOXIC))).content.decode()
    assert 'data-is-none-correct="1"' in toxic
    assert re.findall(r'class="bar" data-mark="(\w*)"', toxic)[:2] == ["correct", "overdose"]


def test_a_curve_that_falls_is_remarked_on(statistician: Browser) -> None:
    html = statistician.open(EXACT, rates="0.4,0.2,0.3,0.4,0.5,0.6").content.decode()
    assert "The true DLT rates of the single doses fall at level 2" in html


# --- the dates


def dates_of(html: str) -> dict[str, list[str]]:
    rows = re.findall(r'<tr><th scope="row">([^<]*)</th>((?:<td class="r">[^<]*</td>)+)</tr>', html)
    return {name: re.findall(r">([^<]*)</td>", cells) for name, cells in rows}


def expected_dates(
    calendar: TrialCalendar, seed: int = 1, rates: tuple[float, ...] = SIX
) -> dict[str, list[str]]:
    found = simulate_calendar(
        plan(), Truth(name="test", single_dose_rates=rates), calendar, seed=seed, n_trials=N_TRIALS
    )
    assert isinstance(found, SimulatedCalendar)

    def months(value: float, error: float) -> str:
        return f"{format_number(value / DAYS_A_MONTH, 1)} ({format_number(error / DAYS_A_MONTH, 2)})"

    named = {
        "single doses end": found.sad_end,
        "multiple doses end": found.mad_end,
        "last first infusion": found.last_first_infusion,
        "last visit": found.last_visit,
    }
    return {
        name: [
            f"{format_number(100 * date.p_reached.value, 1)} ({format_number(100 * date.p_reached.standard_error, 2)})",
            *(months(one.value, one.standard_error) for one in (date.mean, *date.quantiles)),
        ]
        for name, date in named.items()
    }


def test_the_dates_begin_as_in_the_rehearsal_with_the_sites_of_the_protocol(statistician: Browser) -> None:
    answer = statistician.open(DATES, **PLAIN)
    assert answer.status_code == 200
    assert dates_of(answer.content.decode()) == expected_dates(spread_evenly(plan()))
    assert dates_of(statistician.open(PAGE).content.decode()) == expected_dates(spread_evenly(plan()))


def test_accrual_is_by_site_and_sites_may_open_one_after_another(statistician: Browser) -> None:
    answer = statistician.open(DATES, **PLAIN, days="12.5", sites="3", opens="20", seed="7").content.decode()
    each = DAYS_A_MONTH / 12.5
    sites = (SiteAccrual("a", each), SiteAccrual("b", each, 20.0), SiteAccrual("c", each, 40.0))
    assert dates_of(answer) == expected_dates(TrialCalendar(sites=sites), seed=7)
    assert "Simulated, 10,000 trials, seed 7" in answer
    assert "A further site opens every 20 days." in answer


def test_a_date_that_no_trial_reaches_is_said_to_be_not_reached(statistician: Browser) -> None:
    html = statistician.open(DATES, rates="1,1,1,1,1,1").content.decode()
    assert dates_of(html)["multiple doses end"] == ["0.0 (0.00)", *["not reached"] * 6]


def test_the_exact_answer_waits_for_no_simulation(statistician: Browser) -> None:
    before = compute_dates.cache_info().misses
    statistician.open(EXACT, **PLAIN, growth="0.17")
    assert compute_dates.cache_info().misses == before


# --- what is exact, and what is simulated


def test_every_block_of_numbers_says_which_it_is(statistician: Browser) -> None:
    page = statistician.open(PAGE).content.decode()
    exact = page[page.index('id="exact"') : page.rindex("</form>")]
    blocks = re.findall(r"<h2>|<h3>|<caption>", exact)
    assert exact.count(">Exact</span>") == len(blocks) == 6
    dates = page[page.index('class="card dates"') : page.index("<details")]
    assert "Simulated, 10,000 trials, seed 1" in dates
    assert ">Exact<" not in dates
    assert "Simulated" not in exact


# --- words for a protocol, and a figure


def test_the_statement_is_of_this_curve_and_the_tables_are_those_of_the_protocol(
    statistician: Browser,
) -> None:
    html = unescape(statistician.open(PAGE, **PLAIN, growth="-1").content.decode())
    details = html[html.index("<details") : html.index("</details>")]
    assert (
        "Scenario as drawn. The true probabilities of a DLT are taken to be 0.05, 0.10, 0.18, 0.25, 0.38, 0.50"
        in details
    )
    assert f"it is made with probability {percent(whole_trial(SIX, -1.0).p_sad_mtd[4])}%" in details
    assert "The times are simulated: 10000 trials, seed 1." in details
    for paragraph in write_decision_tables(plan()):
        assert paragraph.en in details


def test_the_figure_is_a_file_of_the_same_question(statistician: Browser) -> None:
    page = unescape(statistician.open(DATES, **PLAIN, growth="-1").content.decode())
    address = re.search(r'href="(/design/trial/figure\?[^"]*)"', page)
    assert address is not None
    answer = statistician.open(address[1])
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="whole-trial.svg"'
    drawn = answer.content.decode()
    assert drawn.startswith("<svg")
    assert percent(whole_trial(SIX, -1.0).p_sad_mtd[4]) in drawn


def test_the_chinese_answers_are_chinese(statistician: Browser) -> None:
    statistician.post("/language", language="zh")
    assert "试验如何结束" in statistician.open(EXACT, **PLAIN).content.decode()
    dates = statistician.open(DATES, **PLAIN).content.decode()
    assert "模拟，10,000 次试验，种子 1" in dates
    assert "情景（所绘曲线）。" in dates
    wrong = statistician.open(DATES, **PLAIN, sites="six").json()["error"]
    assert wrong == "中心数“six”不是 1 至 60 之间的整数。"


# --- who may see it


def test_anybody_of_the_trial_may_see_it_and_nobody_else(browser: Browser) -> None:
    addresses = (PAGE, EXACT, DATES, FIGURE)
    for login in ("coordinator01", "auditor", "administrator"):
        assert [browser.as_login(login).open(one, **PLAIN).status_code for one in addresses] == [200] * 4, (
            login
        )
    browser.as_login("novak")
    assert [browser.open(one, **PLAIN).status_code for one in addresses] == [404] * 4


def test_who_is_signed_out_is_asked_to_sign_in(browser: Browser) -> None:
    assert browser.open(PAGE).headers["Location"] == "/sign-in?next=%2Fdesign%2Ftrial"
    for one in (EXACT, DATES):
        answer = browser.open(one, **PLAIN)
        assert (answer.status_code, list(answer.json())) == (401, ["error"])


def test_nothing_can_be_posted(statistician: Browser) -> None:
    assert [statistician.post(one).status_code for one in (PAGE, EXACT, DATES, FIGURE)] == [405] * 4


def test_the_comparison_of_designs_leads_here_and_back(statistician: Browser) -> None:
    assert (
        f'<a href="{PAGE}?trial=kn5501">The whole trial</a>' in statistician.open("/design").content.decode()
    )
    page = statistician.open(PAGE).content.decode()
    assert f'<a href="{PAGE}?trial=kn5501" aria-current="page">The whole trial</a>' in page
    assert '<a href="/design?trial=kn5501&amp;part=sad">' in page


# --- what is badly asked

# fmt: off
WRONG = {
    # --- the curve and the bridge, which every answer reads
    "no rates":          (EXACT, {}, "The true DLT rates are missing; give 6, one for each level."),
    "too few rates":     (EXACT, {"rates": "0.1,0.2"}, "There are 2 true DLT rates for 6 levels"),
    "rate above 1":      (EXACT, {"rates": "0.1,0.1,0.2,0.3,0.4,1.01"}, "level 6, 1.01, is not between 0 and 1"),
    "growth a word":     (EXACT, {**PLAIN, "growth": "high"}, "“high”, is not a number from -10 to 10."),
    "growth empty":      (EXACT, {**PLAIN, "growth": ""}, "“”, is not a number from -10 to 10."),
    "growth too low":    (EXACT, {**PLAIN, "growth": "-10.01"}, "“-10.01”, is not a number"),
    "growth infinite":   (EXACT, {**PLAIN, "growth": "Infinity"}, "“Infinity”, is not a number"),
    # --- accrual, which the dates read
    "days 0":            (DATES, {**PLAIN, "days": "0"}, "“0”, are not a number from 0.1 to 3650."),
    "days too many":     (DATES, {**PLAIN, "days": "3650.1"}, "“3650.1”, are not a number"),
    "no site":           (DATES, {**PLAIN, "sites": "0"}, "“0”, is not a whole number from 1 to 60."),
    "half a site":       (DATES, {**PLAIN, "sites": "2.5"}, "“2.5”, is not a whole number"),
    "too many sites":    (DATES, {**PLAIN, "sites": "61"}, "“61”, is not a whole number"),
    "opens before":      (DATES, {**PLAIN, "opens": "-1"}, "“-1”, are not a number from 0 to 365."),
    "seed below 0":      (DATES, {**PLAIN, "seed": "-1"}, "The seed, “-1”, is not a whole number from 0 to"),
    "seed too large":    (DATES, {**PLAIN, "seed": "9223372036854775808"}, "is not a whole number from 0 to 9223372036854775807"),
    "very long":         (DATES, {**PLAIN, "seed": "9" * 500}, "“" + "9" * 40 + "…”"),
}
# fmt: on


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG.keys())
def test_a_bad_question_is_answered_with_one_sentence(
    statistician: Browser, case: tuple[str, dict[str, str], str]
) -> None:
    address, query, sentence = case
    answer = statistician.open(address, **query)
    assert answer.status_code == 400
    assert list(answer.json()) == ["error"]
    assert sentence in answer.json()["error"]
    if query:
        page = statistician.open(PAGE, **query)
        assert page.status_code == 400
        assert sentence in unescape(page.content.decode())
        assert statistician.open(FIGURE, **query).status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        {"growth": "10"},
        {"growth": "-10"},
        {"days": "0.1", "sites": "60", "opens": "365"},
        {"days": "3650", "sites": "1", "seed": "9223372036854775807"},
    ],
)
def test_the_limits_themselves_can_be_asked_for(statistician: Browser, query: dict[str, str]) -> None:
    assert statistician.open(DATES, **PLAIN, **query).status_code == 200


def test_a_script_in_the_address_stays_text(statistician: Browser) -> None:
    page = statistician.open(PAGE, growth="<script>alert(1)</script>").content.decode()
    assert "&lt;script&gt;alert" in page
    assert "<script>alert" not in page


# --- speed


def test_the_answer_says_how_long_it_took_and_computes_a_curve_once(statistician: Browser) -> None:
    statistician.open(EXACT, **PLAIN)
    answer = statistician.open(EXACT, rates="0.1,0.2,0.3,0.4,0.5,0.6")
    took = re.fullmatch(r"compute;dur=([\d.]+)", answer.headers["Server-Timing"])
    assert took is not None
    assert 0 < float(took[1]) < SERVER_MS
    computed = compute_trial.cache_info().misses
    statistician.open(DATES, rates="0.1,0.2,0.3,0.4,0.5,0.6")
    assert compute_trial.cache_info().misses == computed
