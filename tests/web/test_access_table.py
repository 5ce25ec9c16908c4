"""Every page × role × own or other site, cell by cell."""

from functools import cache
from typing import get_args

import pytest
from tests.trials import SmallTrial, start
from tests.web.conftest import Browser, host

from firstdose.conduct import commands as c
from firstdose.conduct.access import MAY_ASK
from firstdose.faces.web.access import MAY_OPEN, Route
from firstdose.faces.web.hosting import Server
from firstdose.faces.web.urls import urlpatterns
from firstdose.record.events import Role
from firstdose.wiring import Accounts

# What a person in a role gets. A cell is "own site / other site": y = the page, n = not allowed (403), - = there is
# no such thing for them (404). Pages about no single site have one answer, written twice.
# fmt: off
PAGES = ("board", "participants", "adverse_events", "decisions", "decision", "chart", "schedule", "form", "trail",
         "fill_form", "correct_value", "proposals", "take_snapshot", "make_decision", "sign_decision",
         "open_cohort", "reserve_slot", "hold_visit", "raise_query", "answer_query", "close_query",
         "report_event", "grade_event", "end_event", "adjudicate", "determine", "pause_trial", "resume_trial")
EXPECTED = {
    # second line: open  place visit ask   answ. settle AE    grade end   adjud. determ. pause resume
    # login              board part. AEs   decs. dec.  chart sched form  trail fill  corr. props snap  make  sign
    "coordinator01":   "  yy    yy    yy    nn    nn    y-    y-    y-    y-    y-    y-    y-    nn    nn    nn"
        "    nn    y-    y-    nn    y-    nn    nn    nn    nn    nn    nn    nn    nn",
    "investigator01":  "  yy    yy    yy    yy    yy    y-    y-    y-    y-    y-    y-    y-    nn    nn    nn"
        "    nn    y-    y-    nn    y-    nn    y-    y-    y-    nn    nn    yy    nn",
    "pharmacist01":    "  yy    yy    nn    nn    nn    nn    y-    nn    nn    nn    nn    nn    nn    nn    nn"
        "    nn    nn    nn    nn    nn    nn    nn    nn    nn    nn    nn    nn    nn",
    "okafor":          "  yy    yy    yy    yy    yy    yy    yy    yy    yy    nn    nn    yy    yy    nn    nn"
        "    yy    nn    nn    yy    nn    yy    nn    nn    nn    yy    yy    yy    nn",
    "park":            "  yy    yy    yy    yy    yy    yy    yy    yy    yy    nn    nn    yy    yy    yy    yy"
        "    nn    nn    nn    nn    nn    nn    nn    nn    nn    nn    nn    yy    yy",
    "weiss":           "  yy    yy    yy    yy    yy    yy    yy    yy    yy    nn    nn    yy    nn    nn    yy"
        "    nn    nn    nn    nn    nn    nn    nn    nn    nn    nn    nn    yy    nn",
    "moreau":          "  yy    yy    yy    yy    yy    yy    yy    yy    yy    nn    nn    yy    yy    nn    yy"
        "    nn    nn    nn    nn    nn    nn    nn    nn    nn    nn    nn    yy    nn",
    "lind":            "  yy    yy    yy    yy    yy    yy    yy    yy    yy    nn    nn    yy    nn    nn    nn"
        "    nn    nn    nn    yy    nn    yy    nn    nn    nn    nn    nn    nn    nn",
    "sponsor":         "  yy    yy    yy    yy    yy    nn    yy    nn    nn    nn    nn    nn    nn    nn    nn"
        "    nn    nn    nn    nn    nn    nn    nn    nn    nn    nn    nn    yy    nn",
    "auditor":         "  yy    yy    yy    yy    yy    yy    yy    yy    yy    nn    nn    yy    nn    nn    nn"
        "    nn    nn    nn    nn    nn    nn    nn    nn    nn    nn    nn    nn    nn",
    "administrator":   "  nn    nn    nn    nn    nn    nn    nn    nn    nn    nn    nn    nn    nn    nn    nn"
        "    nn    nn    nn    nn    nn    nn    nn    nn    nn    nn    nn    nn    nn",
    # --- a login that the trial does not know
    "novak":           "  --    --    --    --    --    --    --    --    --    --    --    --    --    --    --"
        "    --    --    --    --    --    --    --    --    --    --    --    --    --",
}
# fmt: on
POSTS = PAGES[PAGES.index("fill_form") :]
STATUS = {200: "y", 302: "y", 422: "y", 403: "n", 404: "-"}


@cache
def reviewed_trial() -> tuple[SmallTrial, str]:
    """A participant at site 01 and one at site 02 with a form each, and a decision that waits for signatures."""
    small = start()
    cohort = small.open_cohort("sad", "SAD-1")
    code = small.treat(small.enrol("01", cohort))
    small.complete_window(code)
    other = small.consent(small.screen("02"))
    for one in (code, other):
        small.submit(one, "pregnancy_test")
    found = small.snapshot("sad")

    small.decide(c.MakeDecision(snapshot=found.snapshot, action="escalate"))
    return small, found.snapshot


def address(page: str, code: str, snapshot: str) -> str:
    one = f"/t/kn5501/participants/{code}"
    form = f"{one}/forms/SCR/pregnancy_test"
    return {
        "board": "/t/kn5501/",
        "participants": "/t/kn5501/participants",
        "adverse_events": "/t/kn5501/adverse-events",
        "decisions": "/t/kn5501/decisions",
        "decision": f"/t/kn5501/decisions/{snapshot}",
        "chart": one,
        "schedule": f"{one}/schedule",
        "form": form,
        "trail": f"{one}/trail",
        "fill_form": f"{form}/fill",
        "correct_value": f"{form}/correct",
        "proposals": f"{form}/proposals",
        "take_snapshot": "/t/kn5501/snapshots",
        "make_decision": f"/t/kn5501/decisions/{snapshot}/make",
        "sign_decision": f"/t/kn5501/decisions/{snapshot}/sign",
        "open_cohort": "/t/kn5501/cohorts",
        "pause_trial": "/t/kn5501/pause",
        "resume_trial": "/t/kn5501/resumption",
        "reserve_slot": f"{one}/place",
        "hold_visit": f"{one}/visits",
        "raise_query": f"{form}/queries",
        "answer_query": f"{form}/queries/answer",
        "close_query": f"{form}/queries/close",
        "report_event": f"{one}/adverse-events",
        "grade_event": f"{one}/adverse-events/AE-001/grade",
        "end_event": f"{one}/adverse-events/AE-001/end",
        "adjudicate": f"{one}/adverse-events/AE-001/adjudicate",
        "determine": f"{one}/evaluability",
    }[page]


@pytest.mark.parametrize("login", EXPECTED)
def test_each_cell_of_the_access_table(login: str, accounts: Accounts) -> None:
    base, snapshot = reviewed_trial()
    small = base.fork()
    browser = Browser(Server([host(small)], accounts)).as_login(login)
    for page, cell in zip(PAGES, EXPECTED[login].split(), strict=True):
        for code, wanted in zip(("01-001", "02-001"), cell, strict=True):
            path = address(page, code, snapshot)
            # a wrong password or an empty form: the page answers, and nothing is recorded
            fields = {"item": "result", "part": "nowhere", "password": "wrong", "is_dlt": "no"}
            answer = browser.post(path, **fields) if page in POSTS else browser.open(path)
            assert STATUS[answer.status_code] == wanted, f"{login} {page} {code}: {answer.status_code}"
    accounts.unlock("park")


def test_every_role_and_every_page_stand_in_the_table() -> None:

    assert set(MAY_OPEN) == set(get_args(Role))
    assert set(PAGES) == set(get_args(Route)) - {"home"}

    # designs and the whole trial before it starts read the protocol only, which everyone of the trial may
    without_role = {"sign_in", "sign_out", "language", "design", "design_characteristics"}
    without_role |= {"design_trial", "design_trial_exact", "design_trial_dates", "design_trial_figure"}
    assert {pattern.name for pattern in urlpatterns} - without_role == set(get_args(Route))


def test_lists_hold_only_the_participants_of_ones_own_site(accounts: Accounts) -> None:
    small, _ = reviewed_trial()
    server = Server([host(small)], accounts)
    own = Browser(server).as_login("coordinator01").open("/t/kn5501/participants").content.decode()
    everyone = Browser(server).as_login("park").open("/t/kn5501/participants").content.decode()
    assert "01-001" in own
    assert "02-001" not in own
    assert "02-001" in everyone


def test_the_board_of_a_site_names_nobody_of_another_site(accounts: Accounts) -> None:
    small, _ = reviewed_trial()
    server = Server([host(small)], accounts)
    seen = Browser(server).as_login("coordinator02").open("/t/kn5501/").content.decode()
    assert "01-001" not in seen
    assert "other site" in seen


def test_an_unknown_trial_is_not_found(browser: Browser) -> None:
    assert browser.as_login("park").open("/t/other/").status_code == 404


def test_home_lists_only_trials_that_grant_a_role(browser: Browser) -> None:
    assert "KN5501 in lupus" in browser.as_login("park").open("/").content.decode()
    assert "KN5501 in lupus" not in browser.as_login("novak").open("/").content.decode()


COMMAND_OF: dict[str, type[c.Command]] = {
    "fill_form": c.SubmitForm,
    "correct_value": c.CorrectValue,
    "take_snapshot": c.TakeSnapshot,
    "make_decision": c.MakeDecision,
    "sign_decision": c.SignDecision,
    "open_cohort": c.OpenCohort,
    "reserve_slot": c.ReserveSlot,
    "hold_visit": c.HoldVisit,
    "raise_query": c.RaiseQuery,
    "answer_query": c.AnswerQuery,
    "close_query": c.CloseQuery,
    "report_event": c.ReportAdverseEvent,
    "grade_event": c.GradeAdverseEvent,
    "end_event": c.EndAdverseEvent,
    "adjudicate": c.AdjudicateDlt,
    "determine": c.DetermineEvaluability,
    "pause_trial": c.PauseTrial,
    "resume_trial": c.ResumeTrial,
}


def test_a_page_that_asks_for_a_command_is_open_to_just_the_roles_that_may_ask_for_it() -> None:
    assert set(COMMAND_OF) == set(POSTS) - {
        "proposals"
    }  # which asks for nothing, and is posted to stay out of logs
    for page, command in COMMAND_OF.items():
        open_to = {role for role, routes in MAY_OPEN.items() if page in routes}
        assert open_to == MAY_ASK[command], page
