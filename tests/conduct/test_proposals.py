"""What the values of a form propose, before and after it is submitted."""

from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime, timedelta
from functools import cache

import pytest
from tests.conftest import Rehearsed
from tests.trials import DAY, SmallTrial, investigator, start

from firstdose.conduct import commands as c
from firstdose.conduct.proposals import (
    DescriptorProposal,
    GradeProposal,
    ItemProposals,
    propose_for_record,
    propose_for_typed,
)
from firstdose.derive.safety.ctcae_laboratory import LaboratoryGrade
from firstdose.derive.safety.laboratory_of_participant import GradedValue, derive_laboratory_values
from firstdose.record.events import Value
from firstdose.terms.scales import CTCAE_5

CODE = "01-001"


@cache
def infused_trial() -> tuple[SmallTrial, datetime, datetime]:
    """A woman with ordinary values at screening but creatinine 60 and ALT 45; start of lymphodepletion, Day 0."""
    small = start()
    code = small.enrol("01", small.open_cohort("sad", "SAD-1"))
    assert code == CODE
    small.submit(code, "haematology", haemoglobin="123")
    small.submit(code, "chemistry", creatinine="60", alt="45")
    small.wait(1)
    small.treat(code)
    one = small.participant(code)
    assert one.first_lymphodepletion_at is not None
    assert one.first_infusion_at is not None
    return small, one.first_lymphodepletion_at, one.first_infusion_at


def propose(
    form: str, at: datetime | None = None, visit: str = "D7", **values: Value
) -> Mapping[str, ItemProposals]:
    small, _, day_0 = infused_trial()
    one = small.participant(CODE)
    definition = small.protocol.form_by_key[form]
    return propose_for_typed(small.state, one, definition, visit, "", at or day_0 + 7 * DAY, values)


def on_day(day: float) -> datetime:
    return infused_trial()[2] + timedelta(days=day)


def before_lymphodepletion() -> datetime:
    return infused_trial()[1] - DAY


def grades_of(found: Mapping[str, ItemProposals], item: str) -> list[tuple[str, int | None, str]]:
    return [
        (
            one.term.en if one.term else "",
            one.grade.value if one.grade else None,
            (one.criterion or one.reason).en,  # type: ignore[union-attr] # one of the two always stands
        )
        for one in found[item].grades
    ]


def descriptor_of(found: Mapping[str, ItemProposals], item: str) -> DescriptorProposal:
    (one,) = found[item].descriptors
    return one


ANEMIA, CREATININE, ALT = "Anemia", "Creatinine increased", "Alanine aminotransferase increased"


@pytest.mark.parametrize(
    ("form", "item", "value", "expected"),
    [
        # --- haemoglobin of a woman, LLN 115, baseline 123: by the value alone, whatever the baseline was
        ("haematology", "haemoglobin", "115", ("", 0, "no criterion met")),
        ("haematology", "haemoglobin", "114", (ANEMIA, 1, "< LLN")),
        ("haematology", "haemoglobin", "100", (ANEMIA, 1, "< LLN")),
        ("haematology", "haemoglobin", "99", (ANEMIA, 2, "< 100")),
        ("haematology", "haemoglobin", "79", (ANEMIA, 3, "< 80")),
        # --- creatinine, ULN 73, baseline 60: 1.5 x ULN is 109.5; 1.5 x baseline is 90 and counts inside the grades too
        ("chemistry", "creatinine", "73", ("", 0, "no criterion met")),
        ("chemistry", "creatinine", "74", (CREATININE, 1, "> ULN")),
        ("chemistry", "creatinine", "90", (CREATININE, 1, "> ULN")),
        ("chemistry", "creatinine", "91", (CREATININE, 2, "> 1.5 × baseline")),
        # --- ALT, ULN 40, raised at baseline (45): multiples of the baseline, which begin at 1.5 x baseline = 67.5
        ("chemistry", "alt", "67", ("", 0, "no criterion met")),
        ("chemistry", "alt", "68", (ALT, 1, "≥ 1.5 × baseline, baseline above ULN")),
        ("chemistry", "alt", "135", (ALT, 1, "≥ 1.5 × baseline, baseline above ULN")),
        ("chemistry", "alt", "136", (ALT, 2, "> 3 × baseline, baseline above ULN")),
        # --- platelets exactly at 75: the limit belongs to the lower grade
        ("haematology", "platelets", "75", ("Platelet count decreased", 1, "< LLN")),
        ("haematology", "platelets", "74", ("Platelet count decreased", 2, "< 75")),
        # --- no grade, with the reason
        ("coagulation", "ferritin", "900", ("", None, "CTCAE has no term for this analyte.")),
        ("chemistry", "phosphate", "0.5", ("Hypophosphatemia", None, "The term has clinical criteria only.")),
        ("chemistry", "calcium", "2.00", ("", None, "Albumin is missing, so calcium cannot be corrected.")),
    ],
)
def test_a_grade_is_proposed_with_its_criterion_or_the_reason_why_there_is_none(
    form: str, item: str, value: str, expected: tuple[str, int | None, str]
) -> None:
    typed: dict[str, Value] = {item: value}
    assert grades_of(propose(form, on_day(7), "D7", **typed), item)[0] == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("109", (CREATININE, 1, "> ULN")),
        ("110", (CREATININE, 2, "> 1.5 × ULN")),
    ],
)
def test_a_creatinine_without_a_baseline_is_graded_by_the_limit_of_normal_and_flagged(
    value: str, expected: tuple[str, int, str]
) -> None:
    small = start()
    code = small.enrol("02", small.open_cohort("sad", "SAD-1"))
    small.treat(code)  # nothing was measured before lymphodepletion
    one = small.participant(code)
    form = small.protocol.form_by_key["chemistry"]
    found = propose_for_typed(small.state, one, form, "D0", "", small.now, {"creatinine": value})
    assert grades_of(found, "creatinine") == [expected]
    (grade,) = found["creatinine"].grades
    assert [flag.zh for flag in grade.flags] == ["无基线值，按正常处理"]


@pytest.mark.parametrize(("value", "grade"), [("109", 1), ("110", 2)])
def test_before_lymphodepletion_a_value_is_its_own_baseline_and_the_limit_of_normal_decides(
    value: str, grade: int
) -> None:
    found = propose("chemistry", before_lymphodepletion(), visit="SCR", creatinine=value)
    assert grades_of(found, "creatinine")[0][:2] == (CREATININE, grade)
    assert [one.en for one in found["creatinine"].compared_with] == ["before lymphodepletion"]


def test_a_grade_says_its_version_the_range_and_the_baseline_that_it_was_read_against() -> None:
    found = propose("haematology", haemoglobin="99")["haemoglobin"]
    assert isinstance(found.grades[0], GradeProposal)
    assert found.grades[0].scale == CTCAE_5
    assert found.range is not None
    assert (found.range.en, found.range.zh) == ("reference 115–150", "参考范围 115–150")
    assert [(one.en, one.zh) for one in found.compared_with] == [("baseline 123", "基线值 123")]


def test_calcium_is_corrected_by_the_albumin_of_the_same_form() -> None:
    # 2.00 + 0.02 x (40 - 30) = 2.20, inside 2.11 to 2.52
    found = propose("chemistry", calcium="2.00", albumin="30")
    assert grades_of(found, "calcium") == [("", 0, "no criterion met")]
    assert found["calcium"].compared_with[0].en == "corrected for albumin 2.20"


def test_a_grade_0_is_named_where_another_term_of_the_value_cannot_be_graded() -> None:
    # glucose: CTCAE 5.0 grades low values by number, high ones by clinical criteria only
    assert grades_of(propose("chemistry", glucose="5.0"), "glucose") == [
        ("Hypoglycemia", 0, "no criterion met"),
        ("Hyperglycemia", None, "The term has clinical criteria only."),
    ]


@pytest.mark.parametrize(
    ("form", "item", "value", "stands"),
    [
        # --- before lymphodepletion the value is proposed; every limit is strict
        ("haematology", "wbc", "2.9", "present"),
        ("haematology", "wbc", "3.0", "absent"),
        ("haematology", "platelets", "99", "present"),
        ("haematology", "platelets", "100", "absent"),
        ("vital_signs", "temperature", "38.1", "present"),
        ("vital_signs", "temperature", "38.0", "absent"),
        ("urinalysis", "rbc_hpf", "6", "present"),
        ("urinalysis", "rbc_hpf", "5", "absent"),
        ("urinalysis", "wbc_hpf", "6", "present"),
        ("urinalysis", "wbc_hpf", "5", "absent"),
        ("urinalysis", "upcr", "0.51", "present"),
        ("urinalysis", "upcr", "0.50", "absent"),
        ("urinalysis", "protein_24h", "0.51", "present"),
        ("urinalysis", "protein_24h", "0.50", "absent"),
        ("urinalysis", "casts", "red_cell", "present"),
        ("urinalysis", "casts", "haem_granular", "present"),
        ("urinalysis", "casts", "granular", "absent"),
        # --- serology: below the lower, above the upper limit of normal of the laboratory
        ("complement", "c3", "0.78", "present"),
        ("complement", "c3", "0.79", "unknown"),  # C4 is not typed yet
        ("complement", "anti_dsdna", "100.1", "present"),
        ("complement", "anti_dsdna", "100.0", "absent"),
    ],
)
def test_before_lymphodepletion_a_value_beyond_its_limit_proposes_the_descriptor(
    form: str, item: str, value: str, stands: str
) -> None:
    found = propose(form, before_lymphodepletion(), visit="SCR", **{item: value})
    one = descriptor_of(found, item)
    assert one.stands == stands


def test_complement_is_proposed_beside_the_value_below_its_limit_and_absent_only_with_c3_and_c4() -> None:
    low = propose("complement", c3="0.90", c4="0.15", ch50="30")
    assert "c3" not in low
    assert descriptor_of(low, "c4").stands == "present"
    normal = propose("complement", c3="0.79", c4="0.16")
    assert descriptor_of(normal, "c3").stands == "absent"
    half = descriptor_of(propose("complement", c4="0.20"), "c4")
    assert half.why is not None
    assert half.why.en == "C3 and C4 are both needed to propose absent."


@pytest.mark.parametrize(
    ("day", "stands"),
    [
        # --- lymphodepletion starts on Day -5; its first day counts, and Day 28 is the last
        (-6, "present"),
        (-5, "withheld"),
        (0, "withheld"),
        (28, "withheld"),
        (29, "present"),
    ],
)
@pytest.mark.parametrize(
    ("form", "item", "value"),
    [
        ("haematology", "wbc", "2.9"),
        ("haematology", "platelets", "99"),
        ("vital_signs", "temperature", "39.2"),
    ],
)
def test_after_lymphodepletion_blood_counts_and_fever_are_not_scored_from_the_value(
    day: int, stands: str, form: str, item: str, value: str
) -> None:
    one = descriptor_of(propose(form, on_day(day), **{item: value}), item)
    assert one.stands == stands
    assert one.since_lymphodepletion_d == day + 5
    if stands == "withheld":
        assert one.why is not None
        assert one.why.en.startswith(f"{day + 5} days since the start of lymphodepletion")
        assert one.why.zh.startswith(f"距清淋开始 {day + 5} 天")
        assert ("fever" in one.why.en) == (item == "temperature")


def test_after_lymphodepletion_a_normal_count_is_absent_and_serology_is_still_proposed() -> None:
    assert descriptor_of(propose("haematology", wbc="3.0"), "wbc").stands == "absent"
    assert descriptor_of(propose("complement", anti_dsdna="180"), "anti_dsdna").stands == "present"


def test_a_suspected_urinary_infection_withholds_cells_of_the_urine_and_not_its_protein() -> None:
    found = propose("urinalysis", rbc_hpf="9", wbc_hpf="30", upcr="0.80", infection_suspected=True)
    assert descriptor_of(found, "rbc_hpf").stands == descriptor_of(found, "wbc_hpf").stands == "withheld"
    assert descriptor_of(found, "upcr").stands == "present"
    why = descriptor_of(found, "wbc_hpf").why
    assert why is not None
    assert "infection is suspected" in why.en
    assert (
        propose("urinalysis", wbc_hpf="30", infection_suspected=False)["wbc_hpf"].descriptors[0].stands
        == "present"
    )


@pytest.mark.parametrize(
    ("category", "day", "stands"),
    [
        # --- after Day 28 fever is proposed again, unless something recorded on that day explains it
        ("crs", 39, "present"),
        ("crs", 40, "withheld"),
        ("crs", 42, "withheld"),
        ("crs", 43, "present"),
        ("infection", 41, "withheld"),
        ("infusion_reaction", 41, "withheld"),
        ("haematological", 41, "present"),
        # --- while the days after lymphodepletion are a reason, they are told
        ("crs", 7, "withheld"),
    ],
)
def test_fever_with_a_recorded_cause_is_not_scored_from_the_temperature(
    category: str, day: int, stands: str
) -> None:
    small = infused_trial()[0].fork()
    small.wait_until_day(CODE, 40)
    key = small.report(CODE, category=category, onset=on_day(7 if day == 7 else 40))
    small.wait_until_day(CODE, 42)
    small.do(
        c.EndAdverseEvent(participant=CODE, adverse_event=key, outcome="recovered", happened_at=small.now),
        investigator("01"),
    )
    form = small.protocol.form_by_key["vital_signs"]
    found = propose_for_typed(
        small.state, small.participant(CODE), form, "UNS1", "", on_day(day), {"temperature": "38.6"}
    )
    one = descriptor_of(found, "temperature")
    assert one.stands == stands
    if stands == "withheld":
        assert one.why is not None
        assert one.why.en.startswith(f"{day + 5} days since the start of lymphodepletion. Cytokine release")


def test_what_the_form_would_refuse_is_told_in_its_own_words_and_not_graded() -> None:
    found = propose("haematology", haemoglobin="999", platelets="many", wbc="2.9")
    assert [one.en for one in found["haemoglobin"].problems] == ["Haemoglobin: 999 is not between 10 and 260"]
    assert [one.en for one in found["platelets"].problems] == ["Platelets: 'many' is not a number"]
    assert not found["haemoglobin"].grades
    assert not found["platelets"].descriptors
    assert grades_of(found, "wbc")[0][1] == 2
    assert "neutrophils" not in found, "what was not typed yet is not missing yet"


def test_typed_values_that_contradict_each_other_are_told_before_the_form_is_submitted() -> None:
    found = propose("haematology", wbc="3.0", neutrophils="4.0")
    assert found["neutrophils"].problems
    assert grades_of(found, "neutrophils")[0][1] == 0


@pytest.mark.parametrize("value", ["", None])
def test_an_empty_form_proposes_nothing(value: Value) -> None:
    assert propose("haematology", haemoglobin=value) == {}


def test_a_proposal_changes_nothing_in_the_record() -> None:
    small, _, _ = infused_trial()
    before, head = deepcopy(small.participant(CODE)), small.store.head()
    propose("haematology", haemoglobin="79")
    assert small.participant(CODE) == before
    assert small.store.head() == head


def test_a_submitted_form_proposes_what_its_typed_values_did() -> None:
    small = infused_trial()[0].fork()
    small.wait_until_day(CODE, 7)
    typed: dict[str, Value] = {
        "haemoglobin": "99",
        "wbc": "2.9",
        "neutrophils": "1.2",
        "lymphocytes": "0.9",
        "platelets": "100",
    }
    small.submit(CODE, "haematology", "D7", **typed)
    one = small.participant(CODE)
    record = one.forms["D7", "haematology", ""]
    shown = propose_for_record(small.state, one, record)
    form = small.protocol.form_by_key["haematology"]
    earlier = propose_for_typed(small.state, one, form, "D7", "", record.collected_at, record.values)
    assert shown == earlier
    assert grades_of(shown, "haemoglobin") == [(ANEMIA, 2, "< 100")]


def test_the_grades_proposed_for_every_submitted_form_are_those_of_the_report(rehearsed: Rehearsed) -> None:
    state = rehearsed.state
    n_compared = 0
    for one in list(state.participants.values())[:6]:
        reported: dict[tuple[int, str], list[tuple[str, int]]] = {}
        for finding in derive_laboratory_values(one, state.protocol):
            value = finding.value
            assert isinstance(value, GradedValue)
            reported[value.record.position, value.item] = [
                (grade.term.en, grade.final_grade.value)
                for grade in value.grades
                if isinstance(grade, LaboratoryGrade) and grade.final_grade.value > 0
            ]
        for record in one.forms.values():
            for item, found in propose_for_record(state, one, record).items():
                proposed = [
                    (grade.term.en, grade.grade.value)
                    for grade in found.grades
                    if grade.term is not None and grade.grade is not None and grade.grade.value > 0
                ]
                assert proposed == reported.get((record.position, item), []), (one.code, record.visit, item)
                n_compared += bool(proposed)
    assert n_compared > 100


def test_the_assessment_form_hears_what_the_other_forms_of_its_window_propose() -> None:
    small = infused_trial()[0].fork()
    small.submit(CODE, "complement", "UNS1", c3="0.60", c4="0.20", ch50="30", anti_dsdna="50")
    small.submit(
        CODE, "haematology", "UNS1", wbc="2.0", neutrophils="1.0", lymphocytes="0.5", platelets="150"
    )
    one, form = small.participant(CODE), small.protocol.form_by_key["sledai"]

    def stand(day: int) -> dict[str, str]:
        found = propose_for_typed(small.state, one, form, "D28", "", on_day(day), {})
        return {key: descriptor_of(found, key).stands for key in found}

    assert stand(28) == {
        "urinary_casts": "unknown",
        "hematuria": "unknown",
        "proteinuria": "unknown",
        "pyuria": "unknown",
        "low_complement": "present",
        "increased_dna_binding": "absent",
        "fever": "unknown",
        "thrombocytopenia": "absent",
        "leukopenia": "withheld",
    }
    assert stand(30)["low_complement"] == "present"  # carried forward from 30 days before at most
    assert stand(31)["low_complement"] == "unknown"


def test_the_assessment_reads_the_highest_temperature_and_the_later_of_two_proteins() -> None:
    small = infused_trial()[0].fork()
    small.wait_until_day(CODE, 1)
    small.submit(CODE, "vital_signs", "UNS1", temperature="38.6")
    small.submit(CODE, "urinalysis", "UNS1", protein_24h="0.90", upcr="0.10")
    small.wait_until_day(CODE, 7)
    small.submit(CODE, "vital_signs", "UNS2", temperature="36.6")
    one, form = small.participant(CODE), small.protocol.form_by_key["sledai"]
    found = propose_for_typed(small.state, one, form, "D7", "", small.now, {})
    fever = descriptor_of(found, "fever")
    assert fever.stands == "withheld"
    assert [str(measured.value) for _, measured in fever.evidence] == ["38.6"]
    # of one day the 24-hour urine stands
    assert descriptor_of(found, "proteinuria").stands == "present"
    small.submit(CODE, "urinalysis", "UNS2", upcr="0.10", protein_24h=None)
    found = propose_for_typed(small.state, small.participant(CODE), form, "D7", "", small.now, {})
    # a ratio of the visit stands before a 24-hour urine of six days ago
    assert descriptor_of(found, "proteinuria").stands == "absent"
