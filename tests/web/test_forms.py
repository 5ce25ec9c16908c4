"""Filling a form, correcting a value, and reading the trail of both."""

import pytest
from tests.trials import SmallTrial, coordinator, ordinary_values
from tests.web.conftest import Browser

from firstdose.conduct import commands as c
from firstdose.record import events as e

FORM = "/t/kn5501/participants/01-001/forms/SCR/haematology"


@pytest.fixture
def code(small: SmallTrial) -> str:
    return small.consent(small.screen("01"))


def typed(small: SmallTrial, **changes: str) -> dict[str, str]:
    """The fields of the haematology form as a person types them."""
    values = ordinary_values(small.protocol.form_by_key["haematology"]) | changes
    fields = {f"value.{key}": str(value) for key, value in values.items()}
    return fields | {"collected_at": "2025-03-03T08:30"}


def form_of(small: SmallTrial, code: str) -> dict[str, e.Value]:
    return small.participant(code).forms["SCR", "haematology", ""].values


def test_a_coordinator_fills_a_form_and_finds_its_values(
    browser: Browser, small: SmallTrial, code: str
) -> None:
    browser.as_login("coordinator01")
    assert 'name="value.haemoglobin"' in browser.open(FORM).content.decode()
    answer = browser.post(f"{FORM}/fill", **typed(small, haemoglobin="101"))
    assert answer.status_code == 302
    assert form_of(small, code)["haemoglobin"] == "101"
    page = browser.open(FORM).content.decode()
    assert "101" in page
    assert "low" in page, "the reference range of haemoglobin is not read"


def test_the_time_typed_is_the_time_at_the_site(browser: Browser, small: SmallTrial, code: str) -> None:
    browser.as_login("coordinator01").post(f"{FORM}/fill", **typed(small))
    collected = small.participant(code).forms["SCR", "haematology", ""].collected_at
    assert collected.isoformat() == "2025-03-03T08:30:00+08:00"


def test_a_refused_form_says_why_beside_the_item_and_keeps_what_was_typed(
    browser: Browser, small: SmallTrial, code: str
) -> None:
    browser.as_login("coordinator01")
    answer = browser.post(f"{FORM}/fill", **typed(small, haemoglobin="999", platelets="217"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "999 is not between 10 and 260" in page
    assert 'value="999"' in page
    assert 'value="217"' in page
    assert not small.participant(code).forms


@pytest.mark.usefixtures("code")
def test_a_refusal_is_said_in_chinese_to_who_reads_chinese(browser: Browser, small: SmallTrial) -> None:
    browser.as_login("coordinator01")
    browser.post("/language", language="zh", next="/")
    page = browser.post(f"{FORM}/fill", **typed(small, haemoglobin="999")).content.decode()
    assert "血红蛋白" in page
    assert "不在 10 与 260 之间" in page


@pytest.mark.parametrize("moment", ["", "yesterday", "2025-13-01T00:00"])
@pytest.mark.usefixtures("code")
def test_a_form_without_a_time_of_collection_is_not_recorded(
    browser: Browser, small: SmallTrial, moment: str
) -> None:
    fields = typed(small) | {"collected_at": moment}
    answer = browser.as_login("coordinator01").post(f"{FORM}/fill", **fields)
    assert answer.status_code == 422
    assert "Say when this was collected" in answer.content.decode()


@pytest.mark.usefixtures("code")
def test_a_form_that_is_sent_twice_is_recorded_once_and_the_person_is_told(
    browser: Browser, small: SmallTrial
) -> None:
    browser.as_login("coordinator01")
    fields = typed(small) | {"command": "7a0e6f3c-53c5-4a8e-9b4e-0f0cbb1a5f10"}
    browser.post(f"{FORM}/fill", **fields)
    head = small.store.head()
    answer = browser.post(f"{FORM}/fill", **fields)
    assert answer.status_code == 302
    assert small.store.head() == head
    assert "recorded once" in browser.open(answer.headers["Location"]).content.decode()


def test_a_correction_keeps_the_old_value_the_new_one_and_the_reason(
    browser: Browser, small: SmallTrial, code: str
) -> None:
    small.submit(code, "haematology", haemoglobin="101")
    browser.as_login("coordinator01")
    answer = browser.post(f"{FORM}/correct", item="haemoglobin", new="110", reason="transcription error")
    assert answer.status_code == 302
    page = browser.open(FORM).content.decode()
    assert "<del>101</del> → <ins>110</ins> · transcription error" in page
    trail = browser.open("/t/kn5501/participants/01-001/trail", type="ValueCorrected").content.decode()
    assert "<del>101</del> → <ins>110</ins>" in trail
    assert "transcription error" in trail
    assert "coordinator01" in trail
    assert "Form submitted</th>" not in trail


def test_a_correction_without_a_reason_is_refused_and_keeps_what_was_typed(
    browser: Browser, small: SmallTrial, code: str
) -> None:
    small.submit(code, "haematology", haemoglobin="101")
    answer = browser.as_login("coordinator01").post(
        f"{FORM}/correct", item="haemoglobin", new="112", reason=" "
    )
    assert answer.status_code == 422
    assert "A correction needs a reason" in answer.content.decode()
    assert 'value="112"' in answer.content.decode()
    assert form_of(small, code)["haemoglobin"] == "101"


def test_a_correction_of_what_another_changed_meanwhile_is_refused(
    browser: Browser, small: SmallTrial, code: str
) -> None:
    small.submit(code, "haematology", haemoglobin="101")
    seen = str(small.state.position)
    browser.as_login("coordinator01")
    browser.post(f"{FORM}/correct", item="haemoglobin", new="102", reason="unit", seen_position=seen)
    answer = browser.post(f"{FORM}/correct", item="haemoglobin", new="103", reason="unit", seen_position=seen)
    assert answer.status_code == 422
    assert "since this form was shown" in answer.content.decode()


def test_text_of_a_person_is_never_markup(browser: Browser, small: SmallTrial, code: str) -> None:
    small.submit(code, "haematology", haemoglobin="101")
    browser.as_login("coordinator01")
    browser.post(f"{FORM}/correct", item="haemoglobin", new="102", reason="<script>alert(1)</script>")
    for path in (FORM, "/t/kn5501/participants/01-001/trail"):
        page = browser.open(path).content.decode()
        assert "<script" not in page
        assert "&lt;script&gt;" in page


@pytest.mark.usefixtures("code")
def test_who_may_only_read_sees_no_form_to_fill(browser: Browser) -> None:
    page = browser.as_login("lind").open(FORM).content.decode()
    assert "was not filled yet" in page
    assert "/fill" not in page


@pytest.mark.usefixtures("code")
def test_a_form_that_is_not_planned_at_the_visit_is_not_found(browser: Browser) -> None:
    browser.as_login("coordinator01")
    for path in ("SCR/cytokines_of_nobody", "SCR/cellular_kinetics", "W99/haematology"):
        assert browser.open(f"/t/kn5501/participants/01-001/forms/{path}").status_code == 404


def test_the_trail_is_read_page_by_page(browser: Browser, small: SmallTrial, code: str) -> None:
    small.submit(code, "haematology")
    for number in range(60):
        correction = c.CorrectValue(
            participant=code,
            visit="SCR",
            form="haematology",
            item="haemoglobin",
            new=str(100 + number),
            reason=f"reason {number}",
        )
        small.do(correction, coordinator("01"))
    browser.as_login("coordinator01")
    first = browser.open("/t/kn5501/participants/01-001/trail").content.decode()
    second = browser.open("/t/kn5501/participants/01-001/trail", page="2").content.decode()
    assert "reason 59" in first
    assert "reason 2<" not in first
    assert "reason 2<" in second
    assert "Page 1 of 2" in first
