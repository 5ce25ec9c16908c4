"""What the record says about the safety of one participant: grades, flags, periods, and their positions."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.trials import bundled_protocol

from firstdose.derive.safety.course import TermCourse
from firstdose.derive.safety.of_participant import ParticipantSafety, ReadEvent, derive_safety
from firstdose.record.events import AdverseEventReported, ParticipantCompleted, Value
from firstdose.record.state import (
    AdverseEventRecord,
    Correction,
    FormRecord,
    InfusionRecord,
    LymphodepletionRecord,
    Participant,
)
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.scales import Grade

ZERO = datetime(2025, 3, 10, 2, 0, tzinfo=UTC)
LYMPHODEPLETION = ZERO - timedelta(days=5)
BEFORE = LYMPHODEPLETION - timedelta(hours=1)


def _participant(sex: str = "female") -> Participant:
    one = Participant(
        code="01-001",
        site="01",
        sex=sex,
        year_of_birth=1990,
        screened_at=ZERO - timedelta(days=20),
        screened_position=1,
        consented_at=ZERO - timedelta(days=20),
    )
    one.lymphodepletion.append(LymphodepletionRecord(-5, LYMPHODEPLETION, {}, 5))
    one.infusions[1] = InfusionRecord(1, "lot", Decimal(3), ZERO, 9)
    return one


def _fill(one: Participant, form: str, at: datetime, position: int, **values: Value) -> FormRecord:
    filled = FormRecord(
        visit=f"V{position}",
        form=form,
        timepoint="",
        collected_at=at,
        recorded_at=at,
        actor="a",
        position=position,
        values=values,
        not_done={},
    )
    one.forms[filled.visit, form, ""] = filled
    one.forms_by_name.setdefault(form, []).append(filled)
    return filled


def _derive(one: Participant) -> ParticipantSafety:
    return derive_safety(one, bundled_protocol())


def _course(safety: ParticipantSafety, analyte: str, direction: str = "low") -> TermCourse:
    return next(
        term.course for term in safety.laboratory if (term.analyte, term.direction) == (analyte, direction)
    )


def _grade(found: Any) -> int | str:
    return found.value.value if isinstance(found.value, Grade) else found.value.reason


# fmt: off
# sex       haemoglobin   grade (CTCAE 5.0: below LLN to 100, below 100, below 80 g/L)
HAEMOGLOBIN = {
    # --- the lower limit of normal is that of the sex
    "woman at her lower limit":    ("female", "115", 0),
    "woman below her lower limit": ("female", "114", 1),
    "man at his lower limit":      ("male",   "130", 0),
    "man below his lower limit":   ("male",   "129", 1),
    # --- absolute limits are the same for both
    "exactly 100":                 ("male",   "100", 1),
    "below 100":                   ("male",   "99",  2),
    "exactly 80":                  ("female", "80",  2),
    "below 80":                    ("female", "79",  3),
}
# fmt: on


@pytest.mark.parametrize("case", HAEMOGLOBIN.values(), ids=HAEMOGLOBIN.keys())
def test_haemoglobin_is_graded_against_the_range_of_the_sex(case: tuple[str, str, int]) -> None:
    sex, value, grade = case
    one = _participant(sex)
    _fill(one, "haematology", ZERO + timedelta(days=7), 20, haemoglobin=value)
    assert _grade(_course(_derive(one), "hemoglobin").worst) == grade


# fmt: off
# when a value of 0.4 (grade 4) was taken   baseline  worst  after infusion  emergent
NADIR = {
    # --- the baseline is the last value before the drugs; at their very start it is too late
    "a second before":            (LYMPHODEPLETION - timedelta(seconds=1),  4, "no_data", "no_data", "no_data"),
    "as lymphodepletion starts":  (LYMPHODEPLETION,                         0, 4,         "no_data", "no_data"),
    # --- treatment-emergent counts from the start of the first infusion on, not at it
    "as the infusion starts":     (ZERO,                                    0, 4,         "no_data", "no_data"),
    "after the infusion started": (ZERO + timedelta(minutes=1),             0, 4,         4,         True),
}
# fmt: on


@pytest.mark.parametrize("case", NADIR.values(), ids=NADIR.keys())
def test_a_value_counts_where_it_was_taken(case: tuple[datetime, int, Any, Any, Any]) -> None:
    at, baseline, worst, after_infusion, emergent = case
    one = _participant()
    _fill(one, "haematology", LYMPHODEPLETION - timedelta(days=3), 3, neutrophils="3.0")
    _fill(one, "haematology", at, 20, neutrophils="0.4")
    course = _course(_derive(one), "neutrophils")
    assert _grade(course.baseline) == baseline
    assert _grade(course.worst) == worst
    assert _grade(course.worst_after_infusion) == after_infusion
    found = course.is_emergent.value
    assert (found.reason if isinstance(found, NotDerived) else found) == emergent


def test_the_worst_grade_names_the_value_and_the_correction_it_came_from() -> None:
    one = _participant()
    _fill(one, "haematology", LYMPHODEPLETION - timedelta(days=3), 3, neutrophils="3.0")
    _fill(one, "haematology", ZERO + timedelta(days=3), 20, neutrophils="0.9")
    corrected = _fill(one, "haematology", ZERO + timedelta(days=7), 30, neutrophils="0.3")
    corrected.corrections.append(Correction("neutrophils", "3.0", "0.3", "typing", ZERO, "a", 44))
    assert _course(_derive(one), "neutrophils").worst.sources == (44, 3)


# fmt: off
# calcium  albumin  fasting glucose   term, direction             grade
CHEMISTRY = {
    # --- calcium is corrected for albumin before it is graded (2.00 + 0.02 x 10 = 2.20)
    "low calcium with low albumin": ({"calcium": "2.00", "albumin": "30"}, "corrected_calcium", 0),
    "the same with normal albumin": ({"calcium": "2.00", "albumin": "40"}, "corrected_calcium", 1),
    # --- an alkaline phosphatase at its upper limit is normal
    "potassium at its lower limit": ({"potassium": "3.5"},                 "potassium",         0),
    # --- below LLN the unknown symptoms give the higher grade
    "potassium below it":           ({"potassium": "3.4"},                 "potassium",         2),
}
# fmt: on


@pytest.mark.parametrize("case", CHEMISTRY.values(), ids=CHEMISTRY.keys())
def test_chemistry_is_graded_as_the_analyte_asks(case: tuple[dict[str, str], str, int]) -> None:
    values, analyte, grade = case
    one = _participant()
    _fill(one, "chemistry", ZERO + timedelta(days=7), 20, **values)
    assert _grade(_course(_derive(one), analyte).worst) == grade


def test_calcium_without_albumin_has_no_grade_and_that_is_not_grade_0() -> None:
    one = _participant()
    _fill(one, "chemistry", ZERO + timedelta(days=7), 20, calcium="1.50")
    assert not [term for term in _derive(one).laboratory if term.analyte == "corrected_calcium"]


def test_creatinine_is_compared_with_the_last_value_before_lymphodepletion() -> None:
    one = _participant()
    _fill(one, "chemistry", LYMPHODEPLETION - timedelta(days=3), 2, creatinine="30")
    _fill(one, "chemistry", BEFORE, 3, creatinine="60")
    _fill(one, "chemistry", ZERO + timedelta(days=7), 20, creatinine="65")
    course = _course(_derive(one), "creatinine", "high")
    assert _grade(course.worst) == 0
    assert course.worst.sources == (20, 3)


def test_ferritin_is_named_as_not_graded() -> None:
    one = _participant()
    _fill(one, "coagulation", ZERO + timedelta(days=7), 20, ferritin="9000")
    assert [found.item for found in _derive(one).ungraded] == ["ferritin"]


def test_nobody_without_treatment_has_a_grade_after_a_baseline() -> None:
    one = _participant()
    one.infusions.clear()
    one.lymphodepletion.clear()
    _fill(one, "haematology", ZERO + timedelta(days=7), 20, neutrophils="0.3")
    assert isinstance(_course(_derive(one), "neutrophils").worst.value, NotDerived)


# fmt: off
# pulse before, pulse after   flags
PULSE = {
    "slow and fallen by 15":  ("65", "50", ["pulse_per_min_low"]),
    "slow, fallen by 14":     ("64", "50", []),
    "51 however fallen":      ("90", "51", []),
    "fast and risen by 15":   ("105", "120", ["pulse_per_min_high"]),
    "no baseline":            (None, "50", []),
}
# fmt: on


@pytest.mark.parametrize("case", PULSE.values(), ids=PULSE.keys())
def test_a_vital_sign_is_flagged_by_its_limit_and_its_change(case: tuple[str | None, str, list[str]]) -> None:
    before, after, flags = case
    one = _participant()
    if before is not None:
        _fill(one, "vital_signs", BEFORE, 3, pulse=before)
    _fill(one, "vital_signs", ZERO + timedelta(hours=1), 20, pulse=after)
    found = _derive(one).vital_flags
    assert [one.rule for one in found] == flags
    assert all(one.sources == (20, 3) for one in found)


def test_weight_is_flagged_at_7_per_cent() -> None:
    one = _participant()
    _fill(one, "physical_examination", BEFORE, 3, weight="100.0")
    _fill(one, "physical_examination", ZERO + timedelta(days=28), 20, weight="93.1")
    _fill(one, "physical_examination", ZERO + timedelta(days=56), 21, weight="93.0")
    assert [one.sources for one in _derive(one).vital_flags] == [(21, 3)]


def _ecg(one: Participant, at: datetime, position: int, *qt: str) -> None:
    values: dict[str, Value] = {"interpretation": "normal"}
    for number, interval in enumerate(qt, start=1):
        values |= {f"qt_{number}": interval, f"heart_rate_{number}": "60"}
    _fill(one, "ecg", at, position, **values)


def test_qtcf_is_the_mean_of_three_tracings_against_the_last_before_lymphodepletion() -> None:
    one = _participant()
    _ecg(one, LYMPHODEPLETION - timedelta(days=2), 2, "300", "300", "300")
    _ecg(one, BEFORE, 3, "400", "401", "402")
    _ecg(one, ZERO + timedelta(days=1), 20, "460", "461", "465")
    (found,) = _derive(one).ecgs
    assert not isinstance(found.value, NotDerived)
    assert not isinstance(found.value.qtc, NotDerived)
    # At a rate of 60 the corrected interval is the interval; 462 is the mean, 61 ms above 401.
    assert (found.value.qtc.mean_ms, found.value.qtc.change_ms, found.value.qtc.grade.value) == (462, 61, 3)
    assert found.sources == (20, 3)


def test_a_tracing_without_its_rate_is_left_out_of_the_mean() -> None:
    one = _participant()
    _ecg(one, ZERO + timedelta(days=1), 20, "400", "410")
    one.forms_by_name["ecg"][0].values["qt_3"] = "900"
    (found,) = _derive(one).ecgs
    assert not isinstance(found.value, NotDerived)
    assert not isinstance(found.value.qtc, NotDerived)
    assert found.value.qtc.mean_ms == 405


# fmt: off
# skin before              skin after                 after baseline, new
SKIN = {
    "new":                 ("normal",                   "abnormal_significant",     True,  True),
    "there before":        ("abnormal_significant",     "abnormal_significant",     True,  False),
    "not significant":     ("normal",                   "abnormal_not_significant", False, False),
    # --- not new where the baseline is not known
    "never examined":      ("not_examined",             "abnormal_significant",     True,  False),
}
# fmt: on


@pytest.mark.parametrize("case", SKIN.values(), ids=SKIN.keys())
def test_an_examination_is_compared_with_the_baseline(case: tuple[str, str, bool, bool]) -> None:
    before, after, is_significant, is_new = case
    one = _participant()
    _fill(one, "physical_examination", BEFORE, 3, skin=before)
    _fill(one, "physical_examination", ZERO + timedelta(days=7), 20, skin=after)
    skin = next(system for system in _derive(one).examinations if system.item == "skin")
    assert (skin.after_baseline.value, skin.is_new) == (is_significant, is_new)


def _event(one: Participant, onset: datetime, **changes: Any) -> None:
    said: dict[str, Any] = {
        "participant": one.code,
        "adverse_event": "AE-001",
        "verbatim": "x",
        "preferred_term": "Fatigue",
        "system_organ_class": "General disorders",
        "category": "other",
        "onset": onset,
        "grade": 1,
        "scale": "CTCAE",
        "scale_version": "5.0",
        "is_serious": False,
        "causality": {"product": "unlikely"},
    }
    reported = AdverseEventReported(**(said | changes))
    record = AdverseEventRecord(reported, onset, 30)
    if reported.grade is not None:
        record.grades.append((onset, reported.grade, 30))
    one.adverse_events["AE-001"] = record


def _read(one: Participant) -> ReadEvent:
    (found,) = _derive(one).adverse_events
    assert isinstance(found.value, ReadEvent)
    return found.value


# fmt: off
# onset                                        period, treatment-emergent, counted from enrolment
PERIODS = {
    "before consent":            (ZERO - timedelta(days=21),            "medical_history",    False, False),
    "in screening":              (ZERO - timedelta(days=15),            "pre",                False, True),
    "as lymphodepletion starts": (LYMPHODEPLETION,                      "lymphodepletion",    False, True),
    "just before the infusion":  (ZERO - timedelta(seconds=1),          "lymphodepletion",    False, True),
    "as the infusion starts":    (ZERO,                                 "treatment_emergent", True,  True),
    "as follow-up ends":         (ZERO + timedelta(days=364),           "treatment_emergent", True,  True),
    "after follow-up":           (ZERO + timedelta(days=364, hours=1),  "after_follow_up",    False, False),
}
# fmt: on


@pytest.mark.parametrize("case", PERIODS.values(), ids=PERIODS.keys())
def test_an_event_is_in_the_period_in_which_it_began(case: tuple[datetime, str, bool, bool]) -> None:
    onset, period, emergent, counted = case
    one = _participant()
    one.completed_at = ParticipantCompleted(
        participant=one.code, happened_at=ZERO + timedelta(days=364)
    ).happened_at
    _event(one, onset)
    found = _read(one)
    assert (found.period, found.is_treatment_emergent, found.is_counted) == (period, emergent, counted)


def test_an_event_that_worsens_after_the_infusion_is_treatment_emergent() -> None:
    one = _participant()
    _event(one, LYMPHODEPLETION)
    one.adverse_events["AE-001"].grades.append((ZERO + timedelta(days=1), 2, 40))
    found = _read(one)
    assert (found.period, found.is_treatment_emergent) == ("lymphodepletion", True)


# fmt: off
CAUSALITY = {
    "unlikely":                 ({"product": "unlikely"}, False),
    "possible":                 ({"product": "possible"}, True),
    # --- a missing causality counts as related
    "to lymphodepletion alone": ({"lymphodepletion": "definite"}, True),
}
# fmt: on


@pytest.mark.parametrize("case", CAUSALITY.values(), ids=CAUSALITY.keys())
def test_an_event_is_related_from_possible_on(case: tuple[dict[str, str], bool]) -> None:
    causality, is_related = case
    one = _participant()
    _event(one, ZERO, causality=causality)
    assert _read(one).is_related is is_related


def test_an_event_without_a_grade_counts_as_grade_3_in_tables() -> None:
    one = _participant()
    _event(one, ZERO, grade=None)
    assert _read(one).event.table_grade == 3
