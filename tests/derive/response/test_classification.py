"""2019 EULAR/ACR classification: domains, limits, attribution, and a second implementation."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.double import lupus_measures

from firstdose.derive.response.classification import (
    CRITERIA,
    derive_ana_entry,
    derive_classification,
    derive_criteria_of_values,
)
from firstdose.derive.response.sledai import DescriptorFinding
from firstdose.terms.outcomes import NotDerived

FINDINGS = {
    True: DescriptorFinding(present=True, attributable="yes"),
    False: DescriptorFinding(present=False),
    None: DescriptorFinding(present=None),
}
OTHER_CAUSE = DescriptorFinding(present=True, attributable="no")
NOT_ATTRIBUTED = DescriptorFinding(present=True, attributable="unknown")
ABSENT = {one.key: FINDINGS[False] for one in CRITERIA}


def _present(*keys: str) -> dict[str, DescriptorFinding]:
    return dict.fromkeys(keys, FINDINGS[True])


IMMUNOLOGICAL = ("antiphospholipid", "low_c3_and_c4", "anti_dsdna_or_anti_sm")
# fmt: off
CASES: dict[str, tuple[bool | None, dict[str, DescriptorFinding], int, bool | None]] = {
    # ANA   findings                                                        at least  classified
    # --- 10 points with an antinuclear antibody
    "nephritis III alone":   (True, _present("nephritis_iii_or_iv"), 10, True),
    "9 points":              (True, _present("joint_involvement", "low_c3_or_c4"), 9, False),
    "10 points":             (True, _present("joint_involvement", "low_c3_and_c4"), 10, True),
    "no antibody":           (False, _present("nephritis_iii_or_iv"), 10, False),
    "antibody unknown":      (None, _present("nephritis_iii_or_iv"), 10, None),
    "antibody unknown, 9":   (None, _present("joint_involvement", "low_c3_or_c4"), 9, False),
    # --- only the highest of a domain
    "two of one domain":     (True, _present("joint_involvement", "leukopenia", "thrombocytopenia"), 10, True),
    "three of the skin":     (True, _present("acute_cutaneous", "subacute_or_discoid", "alopecia"), 6, False),
    "nephritis and protein": (True, _present("nephritis_ii_or_v", "proteinuria"), 8, False),
    # --- at least one clinical criterion
    "12 of immunology":      (True, _present(*IMMUNOLOGICAL), 12, False),
    "with a fever":          (True, _present(*IMMUNOLOGICAL, "fever"), 14, True),
    # --- SLE is the most likely explanation, or it does not count
    "another cause":         (True, _present("joint_involvement", "leukopenia") | {"thrombocytopenia": OTHER_CAUSE}, 9, False),
    "not attributed":        (True, _present("joint_involvement", "leukopenia") | {"thrombocytopenia": NOT_ATTRIBUTED}, 9, None),
    # --- what is missing counts only where it could decide
    "seizure unknown":       (True, _present("joint_involvement") | {"seizure": FINDINGS[None]}, 6, None),
    "fever unknown":         (True, _present("joint_involvement") | {"fever": FINDINGS[None]}, 6, False),
    "lower one unknown":     (True, _present("joint_involvement", "thrombocytopenia") | {"leukopenia": FINDINGS[None]}, 10, True),
    "clinical one unknown":  (True, _present(*IMMUNOLOGICAL) | {"fever": FINDINGS[None]}, 12, None),
}
# fmt: on


@pytest.mark.parametrize(("ana", "findings", "lower", "classified"), CASES.values(), ids=CASES)
def test_who_is_classified(
    findings: dict[str, DescriptorFinding], lower: int, *, ana: bool | None, classified: bool | None
) -> None:
    found = derive_classification(is_ana_positive=ana, findings=ABSENT | findings)
    assert found.lower_bound == lower
    assert (None if isinstance(found.classified, NotDerived) else found.classified) is classified


def test_the_published_maximum_is_39_clinical_and_12_immunological_points() -> None:
    everything = derive_classification(is_ana_positive=True, findings=_present(*ABSENT))
    immunological = derive_classification(is_ana_positive=True, findings=ABSENT | _present(*IMMUNOLOGICAL))
    assert (everything.lower_bound, everything.upper_bound) == (51, 51)
    assert immunological.upper_bound == 12


def test_every_criterion_has_its_published_weight() -> None:
    domains: dict[str, dict[str, int]] = {}
    for one in CRITERIA:
        domains.setdefault(one.domain, {})[one.key] = one.weight
    assert tuple(domains.values()) == lupus_measures.DOMAINS


def test_of_two_equal_criteria_of_a_domain_the_first_is_named() -> None:
    findings = ABSENT | _present("thrombocytopenia", "autoimmune_haemolysis")
    assert derive_classification(is_ana_positive=True, findings=findings).counted == ("thrombocytopenia",)


def test_what_is_open_is_named() -> None:
    found = derive_classification(is_ana_positive=True, findings=_present("acute_cutaneous", "seizure"))
    assert found.counted == ("seizure", "acute_cutaneous")
    assert "oral_ulcers" not in found.open_criteria
    assert "nephritis_iii_or_iv" in found.open_criteria


# fmt: off
VALUES = [
    # every limit is strict, and two differ from SLEDAI-2K
    ("fever", {"temperature_c": Decimal("38.3")}, False), ("fever", {"temperature_c": Decimal("38.4")}, True),
    ("leukopenia", {"white_cells_10e9_per_l": Decimal("4.0")}, False),
    ("leukopenia", {"white_cells_10e9_per_l": Decimal("3.99")}, True),
    ("thrombocytopenia", {"platelets_10e9_per_l": Decimal(100)}, False),
    ("thrombocytopenia", {"platelets_10e9_per_l": Decimal(99)}, True),
    ("proteinuria", {"urine_protein_g_per_24h": Decimal("0.5")}, False),
    ("proteinuria", {"urine_protein_g_per_24h": Decimal("0.51")}, True),
]
ENTRY = [(80, None, True), (79, None, False), (640, False, True), (40, True, True), (None, None, None), (None, False, False)]
# fmt: on


@pytest.mark.parametrize(("key", "values", "met"), VALUES)
def test_a_value_at_its_limit_does_not_meet_it(key: str, values: dict[str, Decimal], *, met: bool) -> None:
    assert derive_criteria_of_values(**values) == {key: met}


@pytest.mark.parametrize(("titre", "equivalent", "met"), ENTRY)
def test_the_entry_is_a_titre_of_1_to_80_or_an_equivalent_test(
    titre: int | None, *, equivalent: bool | None, met: bool | None
) -> None:
    assert derive_ana_entry(titre, is_equivalent_positive=equivalent) is met


def test_an_unknown_criterion_is_our_mistake() -> None:
    with pytest.raises(ValueError, match="malar_rash"):
        derive_classification(is_ana_positive=True, findings=_present("malar_rash"))


@given(
    ana=st.sampled_from([True, True, True, False, None]),
    present=st.sets(st.sampled_from(sorted(ABSENT)), max_size=6),
    missing=st.sets(st.sampled_from(sorted(ABSENT)), max_size=5),
)
@settings(max_examples=250, deadline=None)
def test_the_classification_agrees_with_every_way_the_missing_answers_could_be(
    present: set[str], missing: set[str], *, ana: bool | None
) -> None:
    answers: dict[str, bool | None] = {key: None if key in missing else key in present for key in ABSENT}
    found = derive_classification(
        is_ana_positive=ana, findings={key: FINDINGS[answer] for key, answer in answers.items()}
    )
    expected = lupus_measures.classification(ana, answers)
    assert (None if isinstance(found.classified, NotDerived) else found.classified) is expected
