"""What values propose, beside them on the pages: while they are typed, after a fault, and on the submitted form."""

import re

import pytest
from tests.trials import SmallTrial, ordinary_values
from tests.web.conftest import Browser

ONE = "/t/kn5501/participants/01-001/forms"
FORM = f"{ONE}/D7/haematology"
AT = {"collected_at": "2025-03-16T09:00"}


@pytest.fixture
def code(small: SmallTrial) -> str:
    """Infused seven days ago, with ordinary values before lymphodepletion."""
    code = small.enrol("01", small.open_cohort("sad", "SAD-1"))
    small.submit(code, "haematology", haemoglobin="123")
    small.wait(1)
    small.treat(code)
    small.wait_until_day(code, 7)
    return code


def typed(small: SmallTrial, **changes: str) -> dict[str, str]:
    values = ordinary_values(small.protocol.form_by_key["haematology"]) | {"lymphocytes": "0.4"} | changes
    return AT | {f"value.{key}": str(value) for key, value in values.items()}


def text_of(markup: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", markup))


def piece_of(page: str, item: str) -> str:
    """What the answer for the script says beside one item."""
    found = re.search(rf'<div data-item="{item}">(.*?)</div>', page, re.DOTALL)
    return text_of(found[1]) if found else ""


@pytest.mark.usefixtures("code")
def test_typed_values_are_answered_with_grades_and_descriptors(browser: Browser, small: SmallTrial) -> None:
    head = small.store.head()
    fields = AT | {"value.haemoglobin": "99", "value.wbc": "2.9", "value.platelets": "100"}
    answer = browser.as_login("coordinator01").post(f"{FORM}/proposals", **fields)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Anemia: grade 2 CTCAE 5.0 (&lt; 100)" in piece_of(page, "haemoglobin")
    assert "reference 115–150 · baseline 123" in piece_of(page, "haemoglobin")
    assert "White blood cell decreased: grade 2" in piece_of(page, "wbc")
    assert "Leukopenia: not scored from the value alone" in piece_of(page, "wbc")
    assert "12 days since the start of lymphodepletion" in piece_of(page, "wbc")
    assert "Thrombocytopenia: not proposed" in piece_of(page, "platelets")
    assert piece_of(page, "neutrophils") == ""
    assert small.store.head() == head
    assert not [key for key in small.participant("01-001").forms if key[0] == "D7"]


@pytest.mark.usefixtures("code")
def test_proposals_are_in_chinese_for_who_reads_chinese(browser: Browser) -> None:
    browser.as_login("coordinator01").post("/language", language="zh", next="/")
    fields = AT | {"value.haemoglobin": "99", "value.wbc": "2.9"}
    page = browser.post(f"{FORM}/proposals", **fields).content.decode()
    assert "贫血：2 级" in piece_of(page, "haemoglobin")
    assert "条目“白细胞减少”： 不单凭数值计分" in piece_of(page, "wbc")
    assert "距清淋开始 12 天" in piece_of(page, "wbc")


# fmt: off
@pytest.mark.parametrize(("fields", "said"), [
    # the sentence is the form's own
    ({"value.haemoglobin": "999"}, "Haemoglobin: 999 is not between 10 and 260"),
    ({"value.haemoglobin": "low"}, "Haemoglobin: &#39;low&#39; is not a number"),
    ({"value.haemoglobin": "<b>"}, "Haemoglobin: &#39;&lt;b&gt;&#39; is not a number"),
    ({"value.haemoglobin": "NaN"}, "Haemoglobin: &#39;NaN&#39; is not a number"),
    ({"value.haemoglobin": "1e2"}, "Haemoglobin: &#39;1e2&#39; is not a number"),
    ({"value.wbc": "3.0", "value.neutrophils": "4.0"}, "Neutrophils are part of the white blood cells"),
    ({"collected_at": "", "value.haemoglobin": "99"}, "Say when this was collected"),
    ({"collected_at": "0001-01-01T00:00+14:00", "value.haemoglobin": "99"}, "Say when this was collected"),
    ({"collected_at": "9999-12-31T23:59-12:00", "value.haemoglobin": "99"}, "Say when this was collected"),
])
@pytest.mark.usefixtures("code")
def test_bad_input_is_answered_with_the_sentence_that_the_form_would_show(
    browser: Browser, fields: dict[str, str], said: str
) -> None:
    answer = browser.as_login("coordinator01").post(f"{FORM}/proposals", **(AT | fields))
    assert answer.status_code == 200
    assert said in answer.content.decode()
# fmt: on


@pytest.mark.parametrize("collected_at", ["0001-01-01T00:00", "9999-12-31T23:59"])
@pytest.mark.usefixtures("code")
def test_any_day_of_the_calendar_is_answered(browser: Browser, collected_at: str) -> None:
    fields = {"collected_at": collected_at, "value.wbc": "2.9", "value.haemoglobin": "99"}
    answer = browser.as_login("coordinator01").post(f"{FORM}/proposals", **fields)
    assert "Anemia: grade 2" in text_of(answer.content.decode())


@pytest.mark.usefixtures("code")
def test_proposals_are_found_where_the_form_is(browser: Browser) -> None:
    browser.as_login("coordinator01")
    for place in ("SCR/nothing", "SCR/cellular_kinetics", "W99/haematology"):
        assert browser.post(f"{ONE}/{place}/proposals", **AT).status_code == 404
    assert browser.open(f"{FORM}/proposals").status_code == 405


@pytest.mark.usefixtures("code")
def test_after_a_fault_the_proposals_stand_beside_what_was_typed(browser: Browser, small: SmallTrial) -> None:
    browser.as_login("coordinator01")
    answer = browser.post(
        f"{FORM}/fill", **typed(small, haemoglobin="99", wbc="", platelets="100", neutrophils="999")
    )
    markup = answer.content.decode()
    page = text_of(markup)
    assert answer.status_code == 422
    for said in ("White blood cells: is missing", "Neutrophils: 999 is not between"):
        assert len(re.findall(f'<p class="problem"[^>]*>{said}', markup)) == 1
    assert "Anemia: grade 2 CTCAE 5.0 (&lt; 100)" in page
    assert "Platelet count decreased: grade 1" in page
    assert "never recorded by themselves" in page


def test_the_submitted_form_shows_what_its_values_propose_also_to_who_only_reads(
    browser: Browser, small: SmallTrial, code: str
) -> None:
    fields = typed(small, haemoglobin="99", wbc="2.9", neutrophils="1.2")
    assert browser.as_login("coordinator01").post(f"{FORM}/fill", **fields).status_code == 302
    for login in ("coordinator01", "lind"):
        markup = browser.as_login(login).open(FORM).content.decode()
        assert "Anemia: grade 2 CTCAE 5.0 (&lt; 100)" in text_of(markup)
        assert "Leukopenia: not scored from the value alone" in text_of(markup)
        assert "form_proposals.js" not in markup
    assert not small.participant(code).adverse_events


@pytest.mark.usefixtures("code")
def test_an_empty_form_asks_for_nothing_and_a_form_without_numbers_has_no_column(
    browser: Browser, small: SmallTrial
) -> None:
    markup = browser.as_login("coordinator01").open(FORM).content.decode()
    assert 'src="/static/form_proposals.js"' in markup
    assert "proposal " not in markup
    small.submit("01-001", "pregnancy_test")
    assert "Proposed from the value" not in browser.open(f"{ONE}/SCR/pregnancy_test").content.decode()


def test_the_assessment_form_shows_the_values_that_a_proposal_rests_on(
    browser: Browser, small: SmallTrial, code: str
) -> None:
    small.submit(code, "complement", "UNS1", c3="0.60", c4="0.20", ch50="30", anti_dsdna="50")
    page = text_of(browser.as_login("investigator01").open(f"{ONE}/UNS2/sledai").content.decode())
    assert "proposed present (CH50, C3 or C4 &lt; lower limit of normal)" in page
    assert "Complement C3 0.60 g/L, 16 Mar 2025" in page
    assert "No value in the days that count." in page
