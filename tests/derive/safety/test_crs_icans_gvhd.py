"""Cytokine release, neurotoxicity and graft versus host disease, by their consensus tables."""

from decimal import Decimal
from typing import Literal

import msgspec
import pytest

from firstdose.derive.safety.crs import CrsFindings, derive_worst_grade, grade_crs
from firstdose.derive.safety.gvhd import (
    GvhdStages,
    assign_liver_stage,
    assign_lower_gi_stage,
    assign_skin_stage,
    grade_gvhd,
)
from firstdose.derive.safety.icans import IcansFindings, IceAssessment, compute_ice_score, grade_icans
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.scales import ASTCT_2019, Grade


def _value(graded: Grade | NotDerived) -> int | None:
    return None if isinstance(graded, NotDerived) else graded.value


FEVER = CrsFindings(
    temperature_c=Decimal("39.5"),
    had_crs_fever=False,
    had_antipyretic_or_anticytokine=False,
    has_hypotension=False,
    vasopressors=frozenset(),
    oxygen="none",
)


def _crs(**changes: object) -> CrsFindings:
    return msgspec.structs.replace(FEVER, **changes)


def _cannula(flow: str | None) -> dict[str, object]:
    return {"oxygen": "nasal_cannula", "nasal_flow_l_per_min": None if flow is None else Decimal(flow)}


LOW_FLOW = _cannula("2")
NOREPINEPHRINE = frozenset({"norepinephrine"})
# fmt: off
CRS: dict[str, tuple[CrsFindings, int | None]] = {
    # --- fever first
    "fever alone":                  (FEVER, 1),
    "exactly 38.0":                 (_crs(temperature_c=Decimal("38.0")), 1),
    "37.9 is none":                 (_crs(temperature_c=Decimal("37.9"), has_hypotension=True), 0),
    # --- after fever or drugs that hide it, fever is no longer asked for
    "37.9 after CRS fever":         (_crs(temperature_c=Decimal("37.9"), had_crs_fever=True,
                                          has_hypotension=True), 2),
    "37.9 after tocilizumab":       (_crs(temperature_c=Decimal("37.9"), had_antipyretic_or_anticytokine=True,
                                          has_hypotension=True), 2),
    "all gone":                     (_crs(temperature_c=Decimal("37.0"), had_crs_fever=True), 0),
    # --- the paper's example: 39.5, one vasopressor, low flow
    "worked example":               (_crs(has_hypotension=True, vasopressors=NOREPINEPHRINE, **LOW_FLOW), 3),
    # --- hypotension
    "fluids only":                  (_crs(has_hypotension=True), 2),
    "vasopressin alone":            (_crs(vasopressors=frozenset({"vasopressin"})), 3),
    "with vasopressin":             (_crs(vasopressors=frozenset({"norepinephrine", "vasopressin"})), 3),
    "two vasopressors":             (_crs(vasopressors=frozenset({"norepinephrine", "epinephrine"})), 4),
    "an inotrope is none":          (_crs(has_hypotension=True, vasopressors=frozenset({"dobutamine"})), 2),
    "one and an inotrope":          (_crs(vasopressors=frozenset({"norepinephrine", "milrinone"})), 3),
    # --- hypoxia
    "exactly 6 L/min":              (_crs(**_cannula("6")), 2),
    "6.1 L/min":                    (_crs(**_cannula("6.1")), 3),
    "blow-by":                      (_crs(oxygen="blow_by"), 2),
    "facemask":                     (_crs(oxygen="facemask"), 3),
    "CPAP":                         (_crs(oxygen="positive_pressure"), 4),
    "death":                        (_crs(died_of_crs=True), 5),
    # --- unknown, unless the other column already says 4
    "no temperature":               (_crs(temperature_c=None), None),
    "pressure unknown":             (_crs(has_hypotension=None), None),
    "flow unknown":                 (_crs(**_cannula(None)), None),
    "oxygen unknown":               (_crs(oxygen=None), None),
    "unknown beside CPAP":          (_crs(has_hypotension=None, oxygen="positive_pressure"), 4),
    "later, no temperature":        (_crs(temperature_c=None, had_crs_fever=True), None),
}
# fmt: on


@pytest.mark.parametrize(("findings", "grade"), CRS.values(), ids=CRS)
def test_crs_is_the_worse_of_hypotension_and_hypoxia_given_fever(
    findings: CrsFindings, grade: int | None
) -> None:
    assert _value(grade_crs(findings)) == grade


def test_the_worst_moment_of_an_episode_is_known_unless_an_unknown_one_could_be_worse() -> None:
    two, four, unknown = Grade(2, ASTCT_2019), Grade(4, ASTCT_2019), NotDerived("flow_unknown")
    assert derive_worst_grade([two, four, two]) == four
    assert derive_worst_grade([four, unknown]) == four
    assert derive_worst_grade([two, unknown]) == unknown
    assert derive_worst_grade([unknown]) == unknown
    assert isinstance(derive_worst_grade([]), NotDerived)


WELL = IcansFindings(
    ice=10, consciousness="alert", seizure="none", has_deep_focal_weakness=False, oedema="none"
)


def _icans(**changes: object) -> IcansFindings:
    return msgspec.structs.replace(WELL, **changes)


# fmt: off
ICANS: dict[str, tuple[IcansFindings, int | None]] = {
    "ICE 10":                    (WELL, 0),
    "awakens by themselves":     (_icans(consciousness="awakens_spontaneously"), 0),
    "ICE 9":                     (_icans(ice=9), 1),
    "ICE 7":                     (_icans(ice=7), 1),
    "ICE 6":                     (_icans(ice=6), 2),
    "ICE 3":                     (_icans(ice=3), 2),
    "ICE 2":                     (_icans(ice=2), 3),
    # --- zero awake is not zero unarousable
    "ICE 0, awake":              (_icans(ice=0), 3),
    "ICE 0, unarousable":        (_icans(ice=0, consciousness="unarousable"), 4),
    "unarousable, not tested":   (_icans(ice=NotDerived("not_tested"), consciousness="unarousable"), 4),
    "to voice":                  (_icans(consciousness="to_voice"), 2),
    "to touch":                  (_icans(consciousness="to_touch"), 3),
    "a short seizure":           (_icans(seizure="resolves"), 3),
    "a seizure over 5 min":      (_icans(seizure="prolonged_or_repetitive"), 4),
    "hemiparesis":               (_icans(has_deep_focal_weakness=True), 4),
    "focal oedema":              (_icans(oedema="focal"), 3),
    "diffuse oedema":            (_icans(oedema="diffuse_or_raised_pressure"), 4),
    "death":                     (_icans(died_of_icans=True), 5),
    # --- unknown
    "ICE not tested":            (_icans(ice=NotDerived("not_tested")), None),
    "consciousness unknown":     (_icans(consciousness=None), None),
    "seizure unknown":           (_icans(seizure=None), None),
    "motor unknown":             (_icans(has_deep_focal_weakness=None), None),
    "oedema unknown":            (_icans(oedema=None), None),
    "unknown beside grade 4":    (_icans(oedema=None, has_deep_focal_weakness=True), 4),
}
# fmt: on


@pytest.mark.parametrize(("findings", "grade"), ICANS.values(), ids=ICANS)
def test_icans_is_the_worst_of_its_rows(findings: IcansFindings, grade: int | None) -> None:
    assert _value(grade_icans(findings)) == grade


def test_the_ice_score_adds_five_parts_and_needs_all_of_them() -> None:
    full = IceAssessment(
        orientation=4, naming=3, follows_command=True, writes_sentence=True, counts_backwards=True
    )
    assert compute_ice_score(full) == 10
    assert compute_ice_score(msgspec.structs.replace(full, orientation=1, counts_backwards=False)) == 6
    assert isinstance(compute_ice_score(msgspec.structs.replace(full, naming=None)), NotDerived)
    nothing = IceAssessment(
        orientation=0, naming=0, follows_command=False, writes_sentence=False, counts_backwards=False
    )
    assert compute_ice_score(nothing) == 0
    with pytest.raises(ValueError, match="range"):
        compute_ice_score(msgspec.structs.replace(full, orientation=5))
    with pytest.raises(ValueError, match="range"):
        grade_icans(_icans(ice=11))


# fmt: off
GVHD: dict[str, tuple[tuple[int | None, int | None, int | None, int | None], int | None]] = {
    # skin, liver, upper, lower gut                        grade
    "none":                     ((0, 0, 0, 0), 0),
    "skin 1":                   ((1, 0, 0, 0), 1),
    "skin 2":                   ((2, 0, 0, 0), 1),
    "skin 3":                   ((3, 0, 0, 0), 2),
    "liver 1":                  ((0, 1, 0, 0), 2),
    "upper gut 1":              ((1, 0, 1, 0), 2),
    "lower gut 1":              ((0, 0, 0, 1), 2),
    "liver 2":                  ((3, 2, 1, 0), 3),
    "lower gut 3":              ((0, 0, 0, 3), 3),
    "skin 4":                   ((4, 0, 0, 0), 4),
    "liver 4":                  ((0, 4, 0, 0), 4),
    "lower gut 4":              ((0, 0, 0, 4), 4),
    # --- an organ not assessed matters unless the rest already decides
    "skin unknown":             ((None, 0, 0, 0), None),
    "upper gut unknown":        ((0, 2, None, 0), 3),
    "upper gut unknown, quiet": ((0, 0, None, 0), None),
    "skin 4, rest unknown":     ((4, None, None, None), 4),
}
# fmt: on


@pytest.mark.parametrize(("stages", "grade"), GVHD.values(), ids=GVHD)
def test_gvhd_overall_grade(
    stages: tuple[int | None, int | None, int | None, int | None], grade: int | None
) -> None:
    skin, liver, upper, lower = stages
    assert _value(grade_gvhd(GvhdStages(skin=skin, liver=liver, upper_gi=upper, lower_gi=lower))) == grade


def test_an_upper_gut_stage_of_2_does_not_exist() -> None:
    with pytest.raises(ValueError, match="range"):
        grade_gvhd(GvhdStages(skin=0, liver=0, upper_gi=2, lower_gi=0))


@pytest.mark.parametrize(
    ("bilirubin", "unit", "stage"),
    [
        ("1.9", "mg/dL", 0),
        ("2", "mg/dL", 1),
        ("3.0", "mg/dL", 1),
        ("3.05", "mg/dL", 2),
        ("6", "mg/dL", 2),
        ("6.1", "mg/dL", 3),
        ("15", "mg/dL", 3),
        ("15.1", "mg/dL", 4),
        ("33", "umol/L", 0),
        ("34", "umol/L", 1),
        ("51", "umol/L", 1),
        ("52", "umol/L", 2),
        ("102", "umol/L", 2),
        ("103", "umol/L", 3),
        ("256", "umol/L", 3),
        ("257", "umol/L", 4),
    ],
)
def test_liver_stage(bilirubin: str, unit: Literal["mg/dL", "umol/L"], stage: int) -> None:
    assert assign_liver_stage(Decimal(bilirubin), unit) == stage


@pytest.mark.parametrize(
    ("stool_ml", "episodes", "stage"),
    [
        ("499", None, 0),
        ("500", None, 1),
        ("999", None, 1),
        ("1000", None, 2),
        ("1500", None, 2),
        ("1501", None, 3),
        (None, "2", 0),
        (None, "3", 1),
        (None, "4", 1),
        (None, "5", 2),
        (None, "7", 2),
        (None, "8", 3),
    ],
)
def test_lower_gut_stage(stool_ml: str | None, episodes: str | None, stage: int) -> None:
    found = assign_lower_gi_stage(
        stool_ml_per_d=None if stool_ml is None else Decimal(stool_ml),
        episodes_per_d=None if episodes is None else Decimal(episodes),
        has_severe_pain_or_blood=False,
    )
    assert found == stage


def test_blood_or_severe_pain_is_stage_4_and_nothing_recorded_is_no_stage() -> None:
    assert assign_lower_gi_stage(stool_ml_per_d=None, episodes_per_d=None, has_severe_pain_or_blood=True) == 4
    nothing = assign_lower_gi_stage(stool_ml_per_d=None, episodes_per_d=None, has_severe_pain_or_blood=False)
    assert isinstance(nothing, NotDerived)


@pytest.mark.parametrize(
    ("erythema", "bullae", "stage"),
    [("0", "0", 0), ("24", "0", 1), ("50", "9", 2), ("51", "5", 3), ("51", "6", 4)],
)
def test_skin_stage(erythema: str, bullae: str, stage: int) -> None:
    assert assign_skin_stage(Decimal(erythema), Decimal(bullae)) == stage
