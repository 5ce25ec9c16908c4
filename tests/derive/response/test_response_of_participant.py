"""What the response forms say: descriptors, glucocorticoids, other drugs, and the record that stands for a visit."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from tests.trials import bundled_protocol

from firstdose.derive.response.of_forms import (
    read_activity_outside,
    read_maintenance,
    read_new_features,
    read_prednisone,
    read_sledai,
    read_stability,
)
from firstdose.derive.response.of_participant import (
    Assessed,
    ParticipantResponse,
    derive_response,
    list_efficacy_windows,
)
from firstdose.derive.response.sledai import DESCRIPTORS
from firstdose.record.events import ParticipantWithdrawn, Value
from firstdose.record.state import FormRecord, InfusionRecord, LymphodepletionRecord, Participant
from firstdose.terms.outcomes import NotDerived

ON = date(2025, 6, 2)
ABSENT: dict[str, Value] = dict.fromkeys(
    [*(one.key for one in DESCRIPTORS), "haemolytic_anaemia", "gi_activity"], "absent"
)
UNTREATED: dict[str, Value] = {
    "glucocorticoid": "none",
    "constant_last_7_days": True,
    "antimalarial": "none",
    "antimalarial_started_or_increased": False,
    "immunosuppressant": "none",
    "immunosuppressant_started_or_increased": False,
    "biologic": "none",
    "biologic_started_or_increased": False,
    "rescue_given": False,
    "other_investigational": False,
    "tolerated": True,
}

# fmt: off
# rash                  counts, missing, attribution unknown
DESCRIPTOR_ANSWERS = {
    "absent":              (False, False, False),
    "present_sle":         (True,  False, False),
    # --- of another cause it is there and does not count
    "present_other_cause": (False, False, False),
    # --- of an unknown cause it counts and is flagged
    "present_unknown":     (True,  False, True),
    "not_assessed":        (False, True,  False),
}
# fmt: on


@pytest.mark.parametrize(("answer", "expected"), DESCRIPTOR_ANSWERS.items(), ids=DESCRIPTOR_ANSWERS.keys())
def test_a_descriptor_counts_as_it_was_answered(answer: str, expected: tuple[bool, bool, bool]) -> None:
    found = read_sledai(ABSENT | {"rash": answer})
    assert ("rash" in found.counted, "rash" in found.missing, "rash" in found.attribution_unknown) == expected


def test_a_descriptor_without_an_answer_was_not_assessed() -> None:
    values = dict(ABSENT)
    del values["seizure"]
    assert read_sledai(values).missing == ("seizure",)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [("absent", False), ("present_sle", True), ("present_unknown", True), ("present_other_cause", False),
     ("not_assessed", None), (None, None)],
)  # fmt: skip
def test_haemolytic_anaemia_counts_where_it_is_of_lupus(answer: Value, expected: bool | None) -> None:  # noqa: FBT001
    assert read_activity_outside(ABSENT | {"haemolytic_anaemia": answer}).haemolytic_anaemia is expected


def test_the_form_asks_for_no_new_features_and_the_definition_for_new_ones() -> None:
    assert read_new_features({"no_new_features": True}) is False
    assert read_new_features({"no_new_features": False}) is True
    assert read_new_features({}) is None


def _week(*doses: str, drug: str = "prednisone") -> dict[str, Value]:
    """Doses of the visit day and the six days before, a day a dose."""
    days = {
        f"glucocorticoid_mg_{back}_{'day' if back == 1 else 'days'}_before": dose
        for back, dose in enumerate(doses[1:], start=1)
    }
    return {
        "glucocorticoid": drug,
        "glucocorticoid_mg_per_day": doses[0],
        "constant_last_7_days": False,
        **days,
    }


def _constant(drug: str, dose: str | None = None, **more: Value) -> dict[str, Value]:
    return {"glucocorticoid": drug, "glucocorticoid_mg_per_day": dose, "constant_last_7_days": True} | more


# fmt: off
PREDNISONE: dict[str, tuple[dict[str, Value], Fraction | str]] = {
    # --- the same dose on all seven days
    "none":                          (_constant("none"), Fraction(0)),
    "prednisone":                    (_constant("prednisone", "5"), Fraction(5)),
    "dexamethasone 0.75 is 5":       (_constant("dexamethasone", "0.75"), Fraction(5)),
    "methylprednisolone 4 is 5":     (_constant("methylprednisolone", "4"), Fraction(5)),
    "cortisone acetate 25 is 5":     (_constant("cortisone_acetate", "25"), Fraction(5)),
    # --- the mean of seven days that end on the visit day
    "one day of 12 in a week of 5":  (_week("5", "5", "5", "12", "5", "5", "5"), Fraction(6)),
    "a dose of the visit day only":  (_week("7", "0", "0", "0", "0", "0", "0"), Fraction(1)),
    # --- any of the seven days unknown, and the dose is not known
    "one day unknown":               (_week("5", "5", "5", "5", "5", "5"), "days_unknown"),
    "visit day unknown":             (_constant("prednisone"), "days_unknown"),
    "not said whether constant":     ({"glucocorticoid": "prednisone", "glucocorticoid_mg_per_day": "5"},
                                      "days_unknown"),
    "stopped, drug not named":       (_week("0", "5", "5", "5", "5", "5", "5", drug="none"), "drug_unknown"),
    "stopped long ago":              (_week("0", "0", "0", "0", "0", "0", "0", drug="none"), Fraction(0)),
    "nothing recorded":              ({}, "not_assessed"),
}
# fmt: on


@pytest.mark.parametrize("case", PREDNISONE.values(), ids=PREDNISONE.keys())
def test_prednisone_is_the_mean_of_seven_days(case: tuple[dict[str, Value], Fraction | str]) -> None:
    values, expected = case
    found = read_prednisone(values, ON)
    assert (found.reason if isinstance(found, NotDerived) else found) == expected


# fmt: off
# changes of the form               days since the visit before   stable
STABILITY: dict[str, tuple[dict[str, Value], int | None, bool | str]] = {
    "nothing changed":              ({}, 28, True),
    "antimalarial started":         ({"antimalarial_started_or_increased": True}, 28, False),
    "biologic increased":           ({"biologic_started_or_increased": True}, 28, False),
    # --- rescue since the last visit lies in the 28 days only where that visit does
    "rescue since 28 days":         ({"rescue_given": True}, 28, False),
    "rescue since 29 days":         ({"rescue_given": True}, 29, "component_missing"),
    "rescue at the first visit":    ({"rescue_given": True}, None, "component_missing"),
    "not recorded":                 ({"rescue_given": None}, 28, "component_missing"),
    # --- what is known to be false stays false
    "started, and another unknown": ({"biologic_started_or_increased": True, "rescue_given": None}, 28, False),
}
# fmt: on


@pytest.mark.parametrize("case", STABILITY.values(), ids=STABILITY.keys())
def test_treatment_is_stable_without_a_start_an_increase_or_rescue(
    case: tuple[dict[str, Value], int | None, bool | str],
) -> None:
    changes, days, expected = case
    previous = None if days is None else ON - timedelta(days=days)
    found = read_stability(UNTREATED | changes, ON, previous, stable_treatment_d=28)
    assert (found.reason if isinstance(found, NotDerived) else found) == expected


# fmt: off
# drugs of the form                                                     weight   standard and tolerated
MAINTENANCE: dict[str, tuple[dict[str, Value], str | None, bool | str]] = {
    "no drug":                      ({}, None, True),
    "no drug, nothing tolerated":   ({"tolerated": False}, None, True),
    "hydroxychloroquine 400":       ({"antimalarial": "hydroxychloroquine", "antimalarial_mg_per_day": "400"},
                                     None, True),
    "hydroxychloroquine 401":       ({"antimalarial": "hydroxychloroquine", "antimalarial_mg_per_day": "401"},
                                     None, False),
    "methotrexate 30 a week":       ({"immunosuppressant": "methotrexate", "immunosuppressant_mg": "30"}, None, True),
    "mycophenolate 3000":           ({"immunosuppressant": "mycophenolate_mofetil", "immunosuppressant_mg": "3000"},
                                     None, True),
    # --- by weight: 4 mg/kg of 60 kg
    "ciclosporin at its maximum":   ({"immunosuppressant": "ciclosporin", "immunosuppressant_mg": "240"}, "60", True),
    "ciclosporin above it":         ({"immunosuppressant": "ciclosporin", "immunosuppressant_mg": "241"}, "60", False),
    "ciclosporin without a weight": ({"immunosuppressant": "ciclosporin", "immunosuppressant_mg": "240"}, None,
                                     "component_missing"),
    # --- belimumab: 200 mg under the skin, above it 10 mg/kg into the vein
    "belimumab 200":                ({"biologic": "belimumab", "biologic_mg": "200"}, None, True),
    "belimumab 600 at 60 kg":       ({"biologic": "belimumab", "biologic_mg": "600"}, "60", True),
    "belimumab 601 at 60 kg":       ({"biologic": "belimumab", "biologic_mg": "601"}, "60", False),
    "a drug without a maximum":     ({"biologic": "rituximab", "biologic_mg": "500"}, "60", "component_missing"),
    "not tolerated":                ({"antimalarial": "hydroxychloroquine", "antimalarial_mg_per_day": "200",
                                      "tolerated": False}, None, False),
    "another investigational drug": ({"other_investigational": True}, None, False),
    "not recorded":                 ({"biologic": None}, None, "component_missing"),
}
# fmt: on


@pytest.mark.parametrize("case", MAINTENANCE.values(), ids=MAINTENANCE.keys())
def test_maintenance_is_at_most_the_maximum(
    case: tuple[dict[str, Value], str | None, bool | str],
) -> None:
    drugs, weight, expected = case
    found = read_maintenance(UNTREATED | drugs, None if weight is None else Decimal(weight))
    assert (found.reason if isinstance(found, NotDerived) else found) == expected


def test_the_windows_of_the_bundled_study_are_those_of_its_rules() -> None:
    windows = list_efficacy_windows(bundled_protocol().definitions)
    assert [(one.visit.name, one.days.first, one.days.last) for one in windows] == [
        ("W4", 22, 42),
        ("W8", 43, 70),
        ("W12", 71, 126),
        ("W24", 127, 210),
        ("W36", 211, 308),
        ("W52", 309, 420),
    ]


ZERO = datetime(2025, 1, 6, 2, 0, tzinfo=UTC)


def _treated() -> Participant:
    one = Participant(
        code="01-001",
        site="01",
        sex="female",
        year_of_birth=1990,
        screened_at=ZERO - timedelta(days=20),
        screened_position=1,
        consented_at=ZERO - timedelta(days=20),
    )
    one.lymphodepletion.append(LymphodepletionRecord(-5, ZERO - timedelta(days=5), {}, 5))
    one.infusions[1] = InfusionRecord(1, "lot", Decimal(3), ZERO, 9)
    return one


def _assess(one: Participant, visit: str, day: int, position: int, **changes: Value) -> None:
    at = ZERO + timedelta(days=day, hours=1)
    filled_in: dict[str, dict[str, Value]] = {"sledai": ABSENT, "pga": {"pga": "0.2"}, "drugs": UNTREATED}
    for shift, (form, values) in enumerate(filled_in.items()):
        kept = {key: changes[key] for key in changes if key in values}
        filled = FormRecord(visit, form, "", at, at, "a", position + shift, dict(values) | kept, {})
        one.forms_by_name.setdefault(form, []).append(filled)


def _derive(one: Participant, until_day: int) -> ParticipantResponse:
    found = derive_response(one, bundled_protocol(), known_until=ZERO + timedelta(days=until_day))
    assert isinstance(found, ParticipantResponse)
    return found


# fmt: off
# days of W12-type records (scheduled?)     chosen day
CHOICES: dict[str, tuple[list[tuple[str, int]], int]] = {
    "the only one":                           ([("W12", 90)], 90),
    "the one nearer to Day 84":               ([("W12", 80), ("W24", 90)], 80),
    "the later of two as near":               ([("W12", 80), ("W24", 88)], 88),
    "a scheduled one before a nearer unscheduled": ([("W12", 100), ("UNS-1", 84)], 100),
    "at the end of the window":               ([("W24", 126)], 126),
}
# fmt: on


@pytest.mark.parametrize("case", CHOICES.values(), ids=CHOICES.keys())
def test_one_record_stands_for_a_visit(case: tuple[list[tuple[str, int]], int]) -> None:
    records, chosen = case
    one = _treated()
    for position, (visit, day) in enumerate(records):
        _assess(one, visit, day, 100 + 10 * position)
    found = next(visit for visit in _derive(one, 400).visits if visit.visit.name == "W12").assessed.value
    assert isinstance(found, Assessed)
    assert found.day == chosen


# fmt: off
# without a record at Week 52: left on day, completed, known until day   progress
PROGRESS: dict[str, tuple[int | None, bool, int, str]] = {
    "window still open":             (None, False, 420, "ongoing"),
    "window closed, no record":      (None, False, 421, "reached"),
    "left before the window closed": (420,  False, 421, "discontinued"),
    "left after it":                 (421,  False, 430, "reached"),
    "follow-up completed":           (None, True,  400, "reached"),
}
# fmt: on


@pytest.mark.parametrize("case", PROGRESS.values(), ids=PROGRESS.keys())
def test_a_visit_without_a_record_is_open_missed_or_not_reached(
    case: tuple[int | None, bool, int, str],
) -> None:
    left, completed, until, progress = case
    one = _treated()
    if left is not None:
        one.withdrawn = ParticipantWithdrawn(
            participant=one.code, happened_at=ZERO + timedelta(days=left), reason="lost_to_follow_up"
        )
    if completed:
        one.completed_at = ZERO + timedelta(days=364)
    visit = _derive(one, until).visits[-1]
    assert visit.progress == progress
    assert isinstance(visit.assessed.value, NotDerived)


def _week_12(one: Participant) -> Any:
    return _derive(one, 400).visits[2]


def test_remission_is_seen_with_all_the_forms_behind_it() -> None:
    one = _treated()
    _assess(one, "D28", 28, 40)
    _assess(one, "W12", 84, 50)
    found = _week_12(one).assessed
    assert found.value.doris.attained is True
    assert found.value.lldas.attained is True
    # the three forms of the visit, and the SLEDAI-2K before it that new features are told by
    assert set(found.sources) == {50, 51, 52, 40}


def test_the_first_assessment_has_no_previous_one_to_be_new_against() -> None:
    one = _treated()
    _assess(one, "W12", 84, 50)
    found = _week_12(one).assessed.value
    assert found.doris.attained is True
    assert isinstance(found.lldas.no_new_features, NotDerived)


def test_activity_that_was_absent_before_is_new() -> None:
    one = _treated()
    _assess(one, "W8", 56, 40)
    _assess(one, "W12", 84, 50, rash="present_sle")
    found = _week_12(one).assessed.value
    assert found.lldas.no_new_features is False
    assert found.lldas.low_activity is True


def test_activity_is_new_against_the_assessment_just_before() -> None:
    one = _treated()
    _assess(one, "D28", 28, 30)
    _assess(one, "W8", 56, 40, rash="present_sle")
    _assess(one, "W12", 84, 50, rash="present_sle")
    assert _week_12(one).assessed.value.lldas.no_new_features is True


@pytest.mark.parametrize(("pga", "attained"), [("0.4", True), ("0.5", False)])
def test_an_assessment_of_exactly_one_half_is_no_remission(pga: str, attained: bool) -> None:  # noqa: FBT001
    one = _treated()
    _assess(one, "W12", 84, 50, pga=pga)
    assert _week_12(one).assessed.value.doris.attained is attained


def test_rescue_before_a_visit_is_remembered_at_later_ones() -> None:
    one = _treated()
    _assess(one, "W8", 56, 40, rescue_given=True)
    _assess(one, "W12", 84, 50)
    response = _derive(one, 400)
    assert [visit.had_rescue for visit in response.visits[:3]] == [False, True, True]


def test_a_dose_by_weight_is_read_with_the_last_weight() -> None:
    one = _treated()
    for position, (day, weight) in enumerate([(56, "90.0"), (84, "60.0"), (112, "90.0")]):
        at = ZERO + timedelta(days=day)
        filled = FormRecord(
            f"V{day}", "physical_examination", "", at, at, "a", 70 + position, {"weight": weight}, {}
        )
        one.forms_by_name.setdefault("physical_examination", []).append(filled)
    _assess(one, "W12", 84, 50, immunosuppressant="ciclosporin")
    one.forms_by_name["drugs"][0].values["immunosuppressant_mg"] = "241"
    found = _week_12(one).assessed
    assert found.value.lldas.maintenance_is_tolerated is False
    assert 71 in found.sources
    one.forms_by_name["drugs"][0].values["immunosuppressant_mg"] = "240"
    assert _week_12(one).assessed.value.lldas.maintenance_is_tolerated is True


def test_the_baseline_is_the_last_assessment_before_lymphodepletion() -> None:
    one = _treated()
    _assess(one, "SCR", -12, 10, rash="present_sle")
    _assess(one, "LD1", -6, 20, rash="present_sle", arthritis="present_sle")
    _assess(one, "LD3", -3, 30)
    _assess(one, "D14", 14, 40)
    found = _derive(one, 400)
    assert isinstance(found.baseline.value, Assessed)
    assert (found.baseline.value.visit, found.baseline.value.sledai.total) == ("LD1", 6)
    assert [one.value.visit for one in found.course if isinstance(one.value, Assessed)] == ["LD3", "D14"]


@pytest.mark.parametrize(("hours", "baseline"), [(-1, "LD1"), (0, "SCR")])
def test_an_assessment_as_the_drugs_start_is_too_late_for_a_baseline(hours: int, baseline: str) -> None:
    one = _treated()
    _assess(one, "SCR", -12, 10)
    _assess(one, "LD1", -5, 20)
    for form in one.forms_by_name.values():
        form[-1].collected_at = ZERO - timedelta(days=5) + timedelta(hours=hours)
    found = _derive(one, 400).baseline.value
    assert isinstance(found, Assessed)
    assert found.visit == baseline


def test_nobody_without_an_infusion_has_a_response() -> None:
    one = _treated()
    one.infusions.clear()
    found = derive_response(one, bundled_protocol(), known_until=ZERO)
    assert isinstance(found, NotDerived)
    assert found.reason == "not_infused"
