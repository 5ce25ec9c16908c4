"""DORIS remission and LLDAS, limit by limit, and against a second implementation."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.double import lupus_scores

from firstdose.derive.response.doris import (
    Doris,
    DrugChange,
    DrugClass,
    derive_doris,
    derive_treatment_stability,
)
from firstdose.derive.response.lldas import (
    ActivityOutsideSledai,
    FlareIndex,
    Lldas,
    NewFeatureRule,
    check_doris_without_lldas,
    derive_lldas,
)
from firstdose.derive.response.maintenance import CurrentDrug, derive_maintenance
from firstdose.derive.response.pga import Pga, compute_pga
from firstdose.derive.response.sledai import DESCRIPTOR_BY_KEY, DescriptorFinding, Sledai, derive_sledai
from firstdose.terms.outcomes import NotDerived

YES = DescriptorFinding(present=True, attributable="yes")
NO = DescriptorFinding(present=False)
UNKNOWN = DescriptorFinding(present=None)
MISSING = NotDerived("not_assessed")
QUIET = ActivityOutsideSledai(haemolytic_anaemia=False, gi_activity=False)
SEROLOGY = ("low_complement", "increased_dna_binding")
VISIT = date(2025, 6, 1)


def _sledai(*present: str, missing: tuple[str, ...] = ()) -> Sledai:
    findings = (
        dict.fromkeys(DESCRIPTOR_BY_KEY, NO) | dict.fromkeys(present, YES) | dict.fromkeys(missing, UNKNOWN)
    )
    return derive_sledai(findings)


def _known(answer: bool | NotDerived) -> bool | None:  # noqa: FBT001 - the answer is what is read
    return None if isinstance(answer, NotDerived) else answer


# fmt: off
DORIS = {
    # present                    missing                 PGA     mg/day          stable   attained
    # --- each limit
    "all quiet":                 ((), (),                "0",    Fraction(0),    True,    True),
    "PGA 0.49":                  ((), (),                "0.49", Fraction(0),    True,    True),
    "PGA 0.5 is not":            ((), (),                "0.5",  Fraction(0),    True,    False),
    "prednisolone 5 is":         ((), (),                "0",    Fraction(5),    True,    True),
    "just above 5":              ((), (),                "0",    Fraction(5001, 1000), True, False),
    "dexamethasone 0.75":        ((), (),                "0", Fraction("0.75") * Fraction(20, 3), True, True),
    "unstable":                  ((), (),                "0",    Fraction(0),    False,   False),
    # --- serology never matters, present or missing
    "SLEDAI 4 by serology":      (SEROLOGY, (),          "0",    Fraction(0),    True,    True),
    "serology missing":          ((), ("low_complement",), "0",  Fraction(0),    True,    True),
    "one point of fever":        (("fever",), (),        "0",    Fraction(0),    True,    False),
    # --- false wins over missing, missing over true
    "rash not assessed":         ((), ("rash",),         "0",    Fraction(0),    True,    None),
    "rash not assessed, PGA 1":  ((), ("rash",),         "1",    Fraction(0),    True,    False),
    "no PGA":                    ((), (),                None,   Fraction(0),    True,    None),
    "PGA outside its scale":     ((), (),                "4",    Fraction(0),    True,    None),
    "no dose":                   ((), (),                "0",    MISSING,        True,    None),
    "stability unknown":         ((), (),                "0",    Fraction(0),    MISSING, None),
}
# fmt: on


@pytest.mark.parametrize(
    ("present", "missing", "pga", "mg_per_day", "stable", "attained"), DORIS.values(), ids=DORIS
)
def test_doris_remission(
    present: tuple[str, ...],
    missing: tuple[str, ...],
    pga: str | None,
    mg_per_day: Fraction | NotDerived,
    *,
    stable: bool | NotDerived,
    attained: bool | None,
) -> None:
    doris = derive_doris(
        _sledai(*present, missing=missing),
        pga=None if pga is None else Decimal(pga),
        prednisone_mg_per_day=mg_per_day,
        is_treatment_stable=stable,
    )
    assert _known(doris.attained) is attained


# fmt: off
STABILITY = {
    # class             kind         days before  stable
    # --- 28 days, both ends included
    "on the 28th day":  ("immunosuppressive", "started", 28, False),
    "on the 29th day":  ("immunosuppressive", "started", 29, True),
    "on the visit day": ("biologic", "increased", 0, False),
    "after the visit":  ("biologic", "increased", -1, True),
    "antimalarial":     ("antimalarial", "started", 3, False),
    # --- less is allowed
    "stopped":          ("biologic", "stopped", 3, True),
    "decreased":        ("immunosuppressive", "decreased", 3, True),
    # --- rescue of any kind; glucocorticoids otherwise have their own item
    "rescue":           ("glucocorticoid", "rescue", 3, False),
    "more prednisone":  ("glucocorticoid", "increased", 3, True),
    # --- the study product is no concomitant biologic
    "study product":    ("study_product", "started", 3, True),
    "undated start":    ("biologic", "started", None, None),
}
# fmt: on


@pytest.mark.parametrize(("drug_class", "kind", "back_d", "stable"), STABILITY.values(), ids=STABILITY)
def test_treatment_is_stable_when_nothing_was_started_or_raised_in_28_days(
    drug_class: DrugClass, kind: str, back_d: int | None, *, stable: bool | None
) -> None:
    change = DrugChange(
        drug="a drug",
        drug_class=drug_class,
        kind=kind,  # type: ignore[arg-type] # one of the kinds, from the row
        changed_on=None if back_d is None else VISIT - timedelta(days=back_d),
    )
    assert _known(derive_treatment_stability([change], VISIT)) is stable


def _lldas(
    sledai: Sledai,
    *,
    outside: ActivityOutsideSledai = QUIET,
    pga: str | None = "1",
    mg_per_day: Fraction | NotDerived = Fraction(15, 2),
    maintenance: bool | NotDerived = True,
    previous: Sledai | None = None,
    previous_outside: ActivityOutsideSledai | None = QUIET,
    rule: NewFeatureRule = "sledai_any",
    flare_index: FlareIndex | None = None,
    recorded: bool | None = None,
) -> Lldas:
    return derive_lldas(
        sledai,
        outside,
        pga=None if pga is None else Decimal(pga),
        prednisone_mg_per_day=mg_per_day,
        is_maintenance_tolerated=maintenance,
        previous_sledai=previous,
        previous_outside=previous_outside,
        flare_index=flare_index,
        new_features_recorded=recorded,
        new_feature_rule=rule,
    )


# fmt: off
LOW_ACTIVITY = {
    # present                             missing             low activity
    # --- up to 4 points outside the major organs
    "arthritis alone is 4":               (("arthritis",), (), True),
    "myositis alone is 4":                (("myositis",), (), True),
    "serology is 4":                      (("low_complement", "increased_dna_binding"), (), True),
    "rash, alopecia and leukopenia is 5": (("rash", "alopecia", "leukopenia"), (), False),
    # --- major organs, whatever the total
    "fever is 1":                         (("fever",), (), False),
    "pleurisy is 2":                      (("pleurisy",), (), False),
    "pericarditis is 2":                  (("pericarditis",), (), False),
    "casts are 4":                        (("urinary_casts",), (), False),
    "proteinuria is 4":                   (("proteinuria",), (), False),
    # --- missing: only what could change the answer
    "rash missing":                       ((), ("rash",), True),
    "fever missing":                      ((), ("fever",), None),
    "arthritis there, rash missing":      (("arthritis",), ("rash",), None),
    "fever there, rash missing":          (("fever",), ("rash",), False),
}
# fmt: on


@pytest.mark.parametrize(("present", "missing", "low"), LOW_ACTIVITY.values(), ids=LOW_ACTIVITY)
def test_low_activity_is_4_points_outside_the_major_organs(
    present: tuple[str, ...], missing: tuple[str, ...], *, low: bool | None
) -> None:
    assert _known(_lldas(_sledai(*present, missing=missing)).low_activity) is low


@pytest.mark.parametrize(
    ("anaemia", "gut", "low"),
    [(True, False, False), (False, True, False), (None, False, None), (None, True, False)],
)
def test_haemolytic_anaemia_and_gut_activity_break_low_activity(
    *, anaemia: bool | None, gut: bool | None, low: bool | None
) -> None:
    outside = ActivityOutsideSledai(haemolytic_anaemia=anaemia, gi_activity=gut)
    assert _known(_lldas(_sledai(), outside=outside).low_activity) is low


# fmt: off
LIMITS = {
    # PGA, mg/day                    attained
    "PGA 1 passes":                  ("1", Fraction(15, 2), True),
    "PGA 1.01":                      ("1.01", Fraction(15, 2), False),
    "prednisolone 7.5 passes":       ("0", Fraction(15, 2), True),
    "prednisolone 7.51":             ("0", Fraction(751, 100), False),
}
# fmt: on


@pytest.mark.parametrize(("pga", "mg_per_day", "attained"), LIMITS.values(), ids=LIMITS)
def test_lldas_limits_are_included(pga: str, mg_per_day: Fraction, *, attained: bool) -> None:
    assert _lldas(_sledai(), pga=pga, mg_per_day=mg_per_day, previous=_sledai()).attained is attained


SERUM = "low_complement"
# fmt: off
NEW_FEATURES = {
    # now                   not assessed  before          not assessed  rule               none new
    # --- the default: any descriptor
    "still the same rash":  (("rash",), (), ("rash",), (), "sledai_any", True),
    "a new rash":           (("rash",), (), (), (), "sledai_any", False),
    "gone":                 ((), (), ("rash",), (), "sledai_any", True),
    "new low complement":   ((SERUM,), (), (), (), "sledai_any", False),
    # --- missing now could be new, unless it was there before
    "not assessed now":     ((), ("rash",), (), (), "sledai_any", None),
    "there before":         ((), ("rash",), ("rash",), (), "sledai_any", True),
    "not assessed before":  (("rash",), (), (), ("rash",), "sledai_any", None),
    "absent now anyway":    ((), (), (), ("rash",), "sledai_any", True),
    # --- serology ignored
    "complement, ignored":  ((SERUM,), (), (), (), "sledai_clinical", True),
    "missing, ignored":     ((), (SERUM,), (), (), "sledai_clinical", True),
    "rash, not ignored":    (("rash",), (), (), (), "sledai_clinical", False),
}
# fmt: on


@pytest.mark.parametrize("case", NEW_FEATURES.values(), ids=NEW_FEATURES)
def test_new_features_are_descriptors_that_were_absent_before(
    case: tuple[
        tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...], NewFeatureRule, bool | None
    ],
) -> None:
    now, missing_now, before, missing_before, rule, none_new = case
    lldas = _lldas(
        _sledai(*now, missing=missing_now), previous=_sledai(*before, missing=missing_before), rule=rule
    )
    assert _known(lldas.no_new_features) is none_new


# fmt: off
FLARES = {
    # result                                                               rule            none new
    "no flare":            (FlareIndex(flare="none", compared_with="previous"), "sfi", True),
    "mild flare":          (FlareIndex(flare="mild_moderate", compared_with="previous"), "sfi", False),
    "severe flare":        (FlareIndex(flare="severe", compared_with="baseline"), "sfi_baseline", False),
    "not derived":         (FlareIndex(flare=MISSING, compared_with="previous"), "sfi", None),
    # --- a result against another assessment does not answer
    "wrong comparison":    (FlareIndex(flare="none", compared_with="previous"), "sfi_baseline", None),
    "none given":          (None, "sfi", None),
}
# fmt: on


@pytest.mark.parametrize(("flare_index", "rule", "none_new"), FLARES.values(), ids=FLARES)
def test_the_flare_index_can_stand_for_new_features(
    flare_index: FlareIndex | None, rule: NewFeatureRule, *, none_new: bool | None
) -> None:
    assert _known(_lldas(_sledai(), rule=rule, flare_index=flare_index).no_new_features) is none_new


def test_new_haemolytic_anaemia_is_a_new_feature() -> None:
    anaemic = ActivityOutsideSledai(haemolytic_anaemia=True, gi_activity=False)
    assert _lldas(_sledai(), outside=anaemic, previous=_sledai()).no_new_features is False
    same = _lldas(_sledai(), outside=anaemic, previous=_sledai(), previous_outside=anaemic)
    assert same.no_new_features is True


def test_at_the_first_assessment_only_the_investigator_can_say_that_nothing_is_new() -> None:
    assert isinstance(_lldas(_sledai()).no_new_features, NotDerived)
    answered = _lldas(_sledai(), recorded=False)
    assert answered.no_new_features is True
    assert isinstance(answered.no_new_features_derived, NotDerived)


def test_the_investigators_answer_wins_and_both_are_kept() -> None:
    lldas = _lldas(_sledai(), previous=_sledai(), recorded=True)
    assert (lldas.no_new_features, lldas.no_new_features_derived) == (False, True)
    assert lldas.no_new_features_recorded is False


# fmt: off
MAINTENANCE = {
    # drug, dose, unit, tolerated, investigational                     passes
    # --- the maximum itself passes
    "azathioprine 200":      ("azathioprine", "200", "mg/day", True, False, True),
    "azathioprine 201":      ("azathioprine", "201", "mg/day", True, False, False),
    "mycophenolate 3000":    ("mycophenolate mofetil", "3000", "mg/day", True, False, True),
    "methotrexate 30.1":     ("methotrexate", "30.1", "mg/week", True, False, False),
    "belimumab by vein":     ("belimumab", "10", "mg/kg IV every 4 weeks", True, False, True),
    "belimumab under skin":  ("belimumab", "200", "mg SC every week", True, False, True),
    # --- tolerated, and not investigational
    "not tolerated":         ("leflunomide", "10", "mg/day", False, False, False),
    "tolerance unknown":     ("leflunomide", "10", "mg/day", None, False, None),
    "dose unknown":          ("leflunomide", None, "mg/day", True, False, None),
    "another trial's drug":  ("new drug", "1", "mg/day", True, True, False),
    "a drug not listed":     ("rituximab", "1000", "mg", True, False, None),
}
# fmt: on


@pytest.mark.parametrize("case", MAINTENANCE.values(), ids=MAINTENANCE)
def test_maintenance_is_standard_up_to_the_maximum(
    case: tuple[str, str | None, str, bool | None, bool, bool | None],
) -> None:
    drug, dose, unit, tolerated, investigational, passes = case
    taken = CurrentDrug(
        drug=drug,
        dose=None if dose is None else Decimal(dose),
        unit=unit,
        is_tolerated=tolerated,
        is_investigational=investigational,
    )
    assert _known(derive_maintenance([taken])) is passes


def test_remission_without_low_disease_activity_is_warned_about() -> None:
    quiet = _sledai()
    doris = derive_doris(quiet, pga=Decimal(0), prednisone_mg_per_day=Fraction(0), is_treatment_stable=True)
    gut = ActivityOutsideSledai(haemolytic_anaemia=False, gi_activity=True)
    assert check_doris_without_lldas(doris, _lldas(quiet, outside=gut, previous=quiet)) is not None
    assert check_doris_without_lldas(doris, _lldas(quiet, previous=quiet)) is None


@pytest.mark.parametrize(
    ("recorded", "scale_max", "value"),
    [("1.5", 10, "0.45"), ("50", 100, "1.5"), ("3", 3, "3"), ("0", 3, "0")],
)
def test_an_assessment_on_another_line_is_converted_and_remembered(
    recorded: str, scale_max: int, value: str
) -> None:
    pga = compute_pga(Decimal(recorded), scale_max)  # type: ignore[arg-type] # one of the scales, from the row
    assert pga == Pga(value=Decimal(value), recorded=Decimal(recorded), recorded_scale_max=scale_max)  # type: ignore[arg-type] # as above


def test_an_assessment_that_was_not_made_is_missing() -> None:
    assert compute_pga(None) == NotDerived("not_assessed", "physician global assessment was not recorded")
    assert isinstance(compute_pga(Decimal("10.1"), 10), NotDerived)
    assert isinstance(compute_pga(Decimal("-0.1")), NotDerived)


FINDINGS = st.dictionaries(
    st.sampled_from(sorted(DESCRIPTOR_BY_KEY)), st.sampled_from([YES, NO, UNKNOWN]), max_size=4
).map(lambda some: dict.fromkeys(DESCRIPTOR_BY_KEY, NO) | some)
ANSWERS = st.sampled_from([True, True, False, None])
PGAS = st.sampled_from([None, *map(Decimal, ("0", "0.49", "0.5", "0.51", "1", "1.01", "3"))])
DOSES = st.sampled_from(
    [None, *map(Fraction, ("0", "4.99", "5", "5.01", "7.5", "7.51")), Fraction("0.75") * Fraction(20, 3)]
)


def _answers(findings: dict[str, DescriptorFinding]) -> lupus_scores.Answers:
    return lupus_scores.counted_or_missing(
        {key: (one.present, one.attributable) for key, one in findings.items()}
    )


def _or_missing(answer: bool | None) -> bool | NotDerived:  # noqa: FBT001 - the answer is what is read
    return MISSING if answer is None else answer


@settings(max_examples=150, deadline=None)
@given(FINDINGS, PGAS, DOSES, ANSWERS)
def test_doris_agrees_with_the_second_implementation(
    findings: dict[str, DescriptorFinding],
    pga: Decimal | None,
    dose: Fraction | None,
    stable: bool | None,  # noqa: FBT001 - drawn
) -> None:
    ours: Doris = derive_doris(
        derive_sledai(findings),
        pga=pga,
        prednisone_mg_per_day=MISSING if dose is None else dose,
        is_treatment_stable=_or_missing(stable),
    )
    assert _known(ours.attained) is lupus_scores.doris(
        _answers(findings), pga=pga, prednisone=dose, stable=stable
    )


FLAGS = st.tuples(st.sampled_from([False, False, True, None]), st.sampled_from([False, False, True, None]))


@settings(max_examples=200, deadline=None)
@given(FINDINGS, FLAGS, st.none() | st.tuples(FINDINGS, FLAGS), st.tuples(PGAS, DOSES, ANSWERS))
def test_lldas_agrees_with_the_second_implementation(
    findings: dict[str, DescriptorFinding],
    flags: tuple[bool | None, bool | None],
    before: tuple[dict[str, DescriptorFinding], tuple[bool | None, bool | None]] | None,
    other_items: tuple[Decimal | None, Fraction | None, bool | None],
) -> None:
    pga, dose, maintenance = other_items
    ours = derive_lldas(
        derive_sledai(findings),
        _outside(flags),
        pga=pga,
        prednisone_mg_per_day=MISSING if dose is None else dose,
        is_maintenance_tolerated=_or_missing(maintenance),
        previous_sledai=derive_sledai(before[0]) if before else None,
        previous_outside=_outside(before[1]) if before else None,
    )
    theirs = lupus_scores.lldas(
        _answers(findings),
        flags,
        _answers(before[0]) if before else None,
        before[1] if before else (),
        pga=pga,
        prednisone=dose,
        maintenance=maintenance,
    )
    assert _known(ours.attained) is theirs


def _outside(flags: tuple[bool | None, bool | None]) -> ActivityOutsideSledai:
    return ActivityOutsideSledai(haemolytic_anaemia=flags[0], gi_activity=flags[1])
