"""What site staff and the medical monitor ask for on the pages."""

from tests.trials import SmallTrial
from tests.web.conftest import Browser

from firstdose.faces.web.words import WORDS
from firstdose.record import events as e

ONE = "/t/kn5501/participants/01-001"
FORM = f"{ONE}/forms/SCR/haematology"
EVENT = {
    "verbatim": "发热",
    "preferred_term": "Pyrexia",
    "system_organ_class": "General disorders",
    "category": "other",
    "scale": "CTCAE",
    "grade": "2",
    "product": "possible",
    "lymphodepletion": "unlikely",
}


def treated(small: SmallTrial) -> str:
    return small.treat(small.enrol("01", small.open_cohort("sad", "SAD-1")))


def moment(small: SmallTrial) -> str:
    return f"{small.now:%Y-%m-%dT%H:%M}+00:00"


def test_the_monitor_opens_the_cohort_that_may_open(browser: Browser) -> None:
    browser.as_login("okafor")
    assert "Open SAD-1" in browser.open("/t/kn5501/").content.decode()
    assert browser.post("/t/kn5501/cohorts", part="sad", regimen="SAD-1").status_code == 302
    answer = browser.post("/t/kn5501/cohorts", part="sad", regimen="SAD-1")
    assert answer.status_code == 422
    assert "Cohort sad-c01 is still open" in answer.content.decode()


def test_an_eligible_participant_gets_a_free_place(browser: Browser, small: SmallTrial) -> None:
    code, cohort = small.enrol("01"), small.open_cohort("sad", "SAD-1")
    browser.as_login("coordinator01")
    assert "Reserve a place" in browser.open(ONE).content.decode()
    assert browser.post(f"{ONE}/place", cohort=cohort).status_code == 302
    assert small.participant(code).cohort == cohort


def test_a_visit_is_recorded_on_the_schedule(browser: Browser, small: SmallTrial) -> None:
    code = treated(small)
    small.wait_until_day(code, 7)
    on = f"{small.now:%Y-%m-%d}"
    answer = browser.as_login("coordinator01").post(f"{ONE}/visits", visit="D7", happened_on=on)
    assert answer.status_code == 302
    assert str(small.participant(code).visits["D7"].held_on) == on
    again = browser.post(f"{ONE}/visits", visit="D7", happened_on=on)
    assert again.status_code == 422
    assert "is recorded already" in again.content.decode()


def test_a_query_is_raised_answered_and_settled(browser: Browser, small: SmallTrial) -> None:
    code = small.consent(small.screen("01"))
    small.submit(code, "haematology")
    browser.as_login("lind").post(f"{FORM}/queries", item="haemoglobin", question="Is this the unit?")
    browser.as_login("coordinator01")
    assert "Answer the query" in browser.open("/").content.decode()
    assert browser.post(f"{FORM}/queries/answer", query="Q-001", answer=" ").status_code == 422
    assert browser.post(f"{FORM}/queries/answer", query="Q-001", answer="Yes, g/L.").status_code == 302
    browser.as_login("lind").post(f"{FORM}/queries/close", query="Q-001")
    query = small.participant(code).queries["Q-001"]
    assert (query.question, query.answer, query.is_closed) == ("Is this the unit?", "Yes, g/L.", True)


def test_a_query_about_no_item_of_the_form_is_not_found(browser: Browser, small: SmallTrial) -> None:
    small.submit(small.consent(small.screen("01")), "haematology")
    answer = browser.as_login("lind").post(f"{FORM}/queries", item="nothing", question="?")
    assert answer.status_code == 404


def test_an_investigator_reports_grades_and_ends_an_adverse_event(
    browser: Browser, small: SmallTrial
) -> None:
    code = treated(small)
    browser.as_login("investigator01")
    fields = EVENT | {"onset": moment(small), "seriousness": "hospitalisation_prolonged"}
    assert browser.post(f"{ONE}/adverse-events", **fields).status_code == 302
    small.wait(1)
    browser.post(f"{ONE}/adverse-events/AE-001/grade", grade="3", happened_at=moment(small))
    small.wait(1)
    browser.post(f"{ONE}/adverse-events/AE-001/end", outcome="recovered", happened_at=moment(small))
    record = small.participant(code).adverse_events["AE-001"]
    assert [grade for _, grade, _ in record.grades] == [2, 3]
    assert record.reported.is_serious
    assert record.ended is not None
    assert "Pyrexia" in browser.open("/t/kn5501/adverse-events", only="serious").content.decode()


def test_an_incomplete_adverse_event_is_not_recorded_and_keeps_what_was_typed(
    browser: Browser, small: SmallTrial
) -> None:
    code = treated(small)
    fields = EVENT | {"onset": moment(small), "product": ""}
    answer = browser.as_login("investigator01").post(f"{ONE}/adverse-events", **fields)
    assert answer.status_code == 422
    assert 'value="Pyrexia"' in answer.content.decode()
    assert not small.participant(code).adverse_events


def test_every_category_of_the_study_has_its_words(small: SmallTrial) -> None:
    criteria = {key for rule in small.protocol.dlt.criteria for key in rule.categories}
    triggers = {key for rule in small.protocol.stopping for key in rule.categories}
    assert {f"category_{key}" for key in criteria | triggers} <= set(WORDS)


def test_a_category_that_the_list_does_not_know_is_not_recorded(browser: Browser, small: SmallTrial) -> None:
    code = treated(small)
    fields = EVENT | {"onset": moment(small), "category": "tooth"}
    assert browser.as_login("investigator01").post(f"{ONE}/adverse-events", **fields).status_code == 422
    assert not small.participant(code).adverse_events


def test_the_monitor_adjudicates_and_says_why_where_departing_from_the_list(
    browser: Browser, small: SmallTrial
) -> None:
    code = treated(small)
    key = small.report(code, preferred_term="Pyrexia", category="other", grade=2)
    browser.as_login("okafor")
    assert "The DLT list says: not dose-limiting." in browser.open(ONE).content.decode()
    path = f"{ONE}/adverse-events/{key}/adjudicate"
    assert browser.post(path, is_dlt="yes").status_code == 422
    assert browser.post(path, is_dlt="yes", reason="Led to intensive care.").status_code == 302
    assert small.participant(code).has_dlt


def test_the_monitor_determines_evaluability_when_the_window_has_ended(
    browser: Browser, small: SmallTrial
) -> None:
    code = treated(small)
    browser.as_login("okafor")
    refused = browser.post(f"{ONE}/evaluability")
    assert refused.status_code == 422
    assert "Determine when the DLT window is complete" in refused.content.decode()
    small.wait_until_day(code, 14)
    small.hold(code, "D14")
    assert "Determine evaluability" in browser.open(ONE).content.decode()
    assert browser.post(f"{ONE}/evaluability").status_code == 302
    *_, last = small.store.read()
    assert isinstance(last.event, e.EvaluabilityDetermined)
    assert last.actor == "okafor"


def test_an_investigator_pauses_at_once_and_the_chair_ends_the_pause_with_a_reason(
    browser: Browser, small: SmallTrial
) -> None:
    browser.as_login("investigator01")
    assert browser.post("/t/kn5501/pause", reason=" ").status_code == 422
    assert browser.post("/t/kn5501/pause", reason="Two fevers in a day").status_code == 302
    assert "no new infusion may start" in browser.open("/t/kn5501/").content.decode()
    assert small.state.paused_because == "Two fevers in a day"
    browser.as_login("park")
    assert browser.post("/t/kn5501/resumption", reason="").status_code == 422
    assert browser.post("/t/kn5501/resumption", reason="Both explained.").status_code == 302
    assert small.state.paused_because == ""
