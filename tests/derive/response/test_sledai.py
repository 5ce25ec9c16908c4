"""SLEDAI-2K: what counts, what is missing, and what a laboratory value may propose."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.double import lupus_scores

from firstdose.derive.response.sledai import (
    DESCRIPTOR_BY_KEY,
    DESCRIPTORS,
    DescriptorFinding,
    derive_sledai,
)
from firstdose.derive.response.sledai_proposal import (
    ActivityValues,
    DatedValue,
    TimedValue,
    choose_sample,
    propose_descriptors,
)
from firstdose.terms.outcomes import NotDerived

ABSENT = {key: DescriptorFinding(present=False) for key in DESCRIPTOR_BY_KEY}
PRESENT = DescriptorFinding(present=True, attributable="yes")
NOT_ASSESSED = DescriptorFinding(present=None)
LYMPHODEPLETION = date(2025, 3, 1)
INFUSION = date(2025, 3, 6)
LATER = date(2025, 6, 1)


def test_the_instrument_has_24_descriptors_that_weigh_105_and_101_without_serology() -> None:
    everything = derive_sledai(dict.fromkeys(DESCRIPTOR_BY_KEY, PRESENT))
    assert len(DESCRIPTORS) == 24
    assert (everything.total, everything.clinical_total) == (105, 101)


# fmt: off
COUNTED = {
    # finding                                                     total  flagged
    # --- attribution decides
    "rash of lupus": (DescriptorFinding(present=True, attributable="yes"),     2, ()),
    "rash of a drug": (DescriptorFinding(present=True, attributable="no"),      0, ()),
    # --- what is not said counts, and is told
    "rash of unknown cause": (DescriptorFinding(present=True, attributable="unknown"), 2, ("rash",)),
    "rash, cause not asked": (DescriptorFinding(present=True, attributable=None),      2, ("rash",)),
    "no rash": (DescriptorFinding(present=False, attributable=None),     0, ()),
}
# fmt: on


@pytest.mark.parametrize(("finding", "total", "flagged"), COUNTED.values(), ids=COUNTED)
def test_a_descriptor_counts_unless_it_has_another_cause(
    finding: DescriptorFinding, total: int, flagged: tuple[str, ...]
) -> None:
    sledai = derive_sledai(ABSENT | {"rash": finding})
    assert (sledai.total, sledai.attribution_unknown) == (total, flagged)


def test_a_descriptor_that_was_not_assessed_leaves_bounds_and_no_total() -> None:
    sledai = derive_sledai(ABSENT | {"rash": PRESENT, "low_complement": NOT_ASSESSED})
    assert sledai.total == NotDerived("descriptors_missing", "low_complement")
    assert (sledai.lower_bound, sledai.upper_bound) == (2, 4)
    assert (sledai.clinical_total, sledai.clinical_lower_bound, sledai.clinical_upper_bound) == (2, 2, 2)


def test_a_descriptor_of_another_instrument_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="discoid"):
        derive_sledai({"discoid": PRESENT})


def _value(number: str, on: date = LATER, lln: str | None = None, uln: str | None = None) -> DatedValue:
    return DatedValue(
        value=Decimal(number),
        on=on,
        lln=None if lln is None else Decimal(lln),
        uln=None if uln is None else Decimal(uln),
    )


# fmt: off
LIMITS = {
    # --- every limit is strict
    "platelets exactly 100 score nothing": (
        "thrombocytopenia", {"platelets_10e9_per_l": _value("100")}, False),
    "platelets 99": ("thrombocytopenia", {"platelets_10e9_per_l": _value("99")}, True),
    "white cells exactly 3.0": ("leukopenia", {"white_cells_10e9_per_l": _value("3.0")}, False),
    "white cells 2.99": ("leukopenia", {"white_cells_10e9_per_l": _value("2.99")}, True),
    "temperature exactly 38.0": ("fever", {"temperature_c": _value("38.0")}, False),
    "temperature 38.1": ("fever", {"temperature_c": _value("38.1")}, True),
    "5 red cells per field": ("hematuria",
         {"urine_red_cells_per_field": _value("5")}, False),
    "6 red cells per field": ("hematuria",
         {"urine_red_cells_per_field": _value("6")}, True),
    "5 white cells per field": ("pyuria", {"urine_white_cells_per_field": _value("5")}, False),
    "6 white cells per field": ("pyuria", {"urine_white_cells_per_field": _value("6")}, True),
    "C3 at its limit": ("low_complement", {"c3": _value("0.9", lln="0.9"),
                                                                 "c4": _value("0.2", lln="0.1")}, False),
    "C4 below its limit": ("low_complement", {"c3": _value("1.0", lln="0.9"),
                                                                 "c4": _value("0.09", lln="0.1")}, True),
    "C3 low, C4 not measured": ("low_complement", {"c3": _value("0.8", lln="0.9")}, True),
    "anti-dsDNA at its limit": ("increased_dna_binding", {"anti_dsdna": _value("100", uln="100")}, False),
    "anti-dsDNA above its limit": ("increased_dna_binding", {"anti_dsdna": _value("101", uln="100")}, True),
    # --- the 2K instrument says at least two joints
    "one active joint": ("arthritis", {"active_joints": 1}, False),
    "two active joints": ("arthritis", {"active_joints": 2}, True),
    # --- protein: 24 h urine before the ratio, and the ratio exactly
    "0.5 g in 24 h": ("proteinuria", {"urine_protein_g_per_24h": _value("0.5")}, False),
    "0.51 g in 24 h": ("proteinuria", {"urine_protein_g_per_24h": _value("0.51")}, True),
    "50 mg/mmol is 0.442 g/g": ("proteinuria", {"upcr_mg_per_mmol": _value("50")}, False),
    "56.56 mg/mmol is exactly 0.5 g/g": ("proteinuria", {"upcr_mg_per_mmol": _value("56.56")}, False),
    "56.57 mg/mmol": ("proteinuria", {"upcr_mg_per_mmol": _value("56.57")}, True),
    "ratio 0.51 g/g": ("proteinuria", {"upcr_g_per_g": _value("0.51")}, True),
    "24 h urine wins over the ratio": ("proteinuria", {"urine_protein_g_per_24h": _value("0.4"),
                                              "upcr_g_per_g": _value("0.9")}, False),
}
# fmt: on


@pytest.mark.parametrize(("key", "values", "meets_test"), LIMITS.values(), ids=LIMITS)
def test_a_laboratory_value_proposes_a_descriptor_only_beyond_its_limit(
    key: str, values: dict[str, DatedValue], *, meets_test: bool
) -> None:
    proposal = propose_descriptors(
        ActivityValues(**values),  # type: ignore[arg-type] # the field is named in the row
        lymphodepletion_start=LYMPHODEPLETION,
        first_infusion=INFUSION,
    )[key]
    assert proposal.meets_test is meets_test
    expected = (
        DescriptorFinding(present=True, attributable="unknown")
        if meets_test
        else DescriptorFinding(present=False)
    )
    assert proposal.finding == expected


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("increased_dna_binding", ActivityValues(anti_dsdna=_value("101"))),
        ("low_complement", ActivityValues(c3=_value("1.0", lln="0.9"), c4=_value("0.2"))),
        ("low_complement", ActivityValues(c3=_value("1.0", lln="0.9"), ch50=_value("40", lln="30"))),
        ("proteinuria", ActivityValues()),
        ("fever", ActivityValues()),
        ("leukopenia", ActivityValues()),
        ("arthritis", ActivityValues()),
    ],
    ids=[
        "no upper limit",
        "no lower limit",
        "C4 not measured",
        "no urine",
        "no thermometer",
        "no blood",
        "no joints",
    ],
)
def test_what_was_not_measured_or_has_no_limit_proposes_nothing(key: str, values: ActivityValues) -> None:
    proposal = propose_descriptors(values, lymphodepletion_start=None, first_infusion=None)[key]
    assert isinstance(proposal.meets_test, NotDerived)
    assert isinstance(proposal.finding, NotDerived)


def test_a_study_may_ask_for_ch50_too() -> None:
    values = ActivityValues(c3=_value("1.0", lln="0.9"), c4=_value("0.2", lln="0.1"))
    asked = propose_descriptors(
        values, lymphodepletion_start=None, first_infusion=None, is_ch50_required=True
    )
    assert isinstance(asked["low_complement"].finding, NotDerived)


def test_complement_is_not_absent_while_c4_is_unknown() -> None:
    values = ActivityValues(c3=_value("1.0", lln="0.9"))
    proposal = propose_descriptors(values, lymphodepletion_start=None, first_infusion=None)["low_complement"]
    assert isinstance(proposal.finding, NotDerived)


# fmt: off
TRAP = {
    # day of the sample          lymphodepletion  infusion  needs a person
    # --- the blood count before lymphodepletion is the disease
    "the day before": (date(2025, 2, 28), LYMPHODEPLETION, INFUSION, False),
    # --- from its first day to Day 28 it is the treatment
    "its first day": (date(2025, 3, 1), LYMPHODEPLETION, INFUSION, True),
    "Day 28": (date(2025, 4, 3), LYMPHODEPLETION, INFUSION, True),
    "Day 29": (date(2025, 4, 4), LYMPHODEPLETION, INFUSION, False),
    # --- not yet infused: it has no end yet
    "infusion put off": (date(2025, 5, 1), LYMPHODEPLETION, None, True),
    "no lymphodepletion": (date(2025, 3, 1), None, None, False),
}
# fmt: on


@pytest.mark.parametrize(("on", "lymphodepletion", "infusion", "needs_person"), TRAP.values(), ids=TRAP)
def test_blood_counts_and_fever_after_lymphodepletion_need_a_person(
    on: date, lymphodepletion: date | None, infusion: date | None, *, needs_person: bool
) -> None:
    values = ActivityValues(
        white_cells_10e9_per_l=_value("0.4", on),
        platelets_10e9_per_l=_value("40", on),
        temperature_c=_value("39.2", on),
        urine_protein_g_per_24h=_value("1.0", on),
    )
    proposals = propose_descriptors(values, lymphodepletion_start=lymphodepletion, first_infusion=infusion)
    for key in ("leukopenia", "thrombocytopenia", "fever"):
        finding = proposals[key].finding
        assert proposals[key].meets_test is True
        assert (isinstance(finding, NotDerived) and finding.reason == "needs_attribution") is needs_person
    assert proposals["proteinuria"].finding == DescriptorFinding(present=True, attributable="unknown")


def test_days_since_lymphodepletion_are_shown() -> None:
    values = ActivityValues(white_cells_10e9_per_l=_value("0.4", date(2025, 3, 11)))
    proposals = propose_descriptors(values, lymphodepletion_start=LYMPHODEPLETION, first_infusion=INFUSION)
    assert proposals["leukopenia"].since_lymphodepletion_d == 10


def test_a_recorded_excluded_cause_stops_the_value_from_scoring() -> None:
    values = ActivityValues(urine_white_cells_per_field=_value("40"))
    proposals = propose_descriptors(
        values, lymphodepletion_start=None, first_infusion=None, excluded_causes={"pyuria"}
    )
    assert isinstance(proposals["pyuria"].finding, NotDerived)


def _taken(day: int, hour: int, value: int) -> TimedValue:
    return TimedValue(value=Decimal(value), taken_at=datetime(2025, 3, day, hour, tzinfo=UTC))


def test_the_sample_closest_to_the_visit_is_used_and_the_later_on_a_tie() -> None:
    samples = [_taken(10, 1, 1), _taken(20, 1, 2), _taken(20, 9, 3), _taken(28, 1, 4)]
    chosen = choose_sample(samples, date(2025, 3, 20))
    assert isinstance(chosen, DatedValue)
    assert chosen.value == 3


def test_a_sample_counts_30_days_back_and_not_31() -> None:
    assert isinstance(choose_sample([_taken(1, 1, 1)], date(2025, 3, 31)), DatedValue)
    assert isinstance(choose_sample([_taken(1, 1, 1)], date(2025, 4, 1)), NotDerived)


FINDINGS = st.builds(
    DescriptorFinding,
    st.sampled_from([True, False, False, False, None]),
    st.sampled_from(["yes", "no", "unknown", None]),
)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.sampled_from(sorted(DESCRIPTOR_BY_KEY)), FINDINGS, max_size=10).map(
        lambda some: {key: some.get(key, DescriptorFinding(present=False)) for key in DESCRIPTOR_BY_KEY}
    )
)
def test_bounds_are_what_completing_the_missing_descriptors_could_give(
    findings: dict[str, DescriptorFinding],
) -> None:
    sledai = derive_sledai(findings)
    answers = lupus_scores.counted_or_missing(
        {key: (one.present, one.attributable) for key, one in findings.items()}
    )
    low, high = lupus_scores.sledai_bounds(answers)
    assert (sledai.lower_bound, sledai.upper_bound) == (low, high)
    assert (sledai.clinical_lower_bound, sledai.clinical_upper_bound) == lupus_scores.sledai_bounds(
        answers, lupus_scores.SEROLOGY
    )
    assert (sledai.total == low) if low == high else isinstance(sledai.total, NotDerived)
