"""Vital signs: CTCAE grades where there are numbers, flags where there are none."""

from decimal import Decimal

import pytest

from firstdose.derive.safety.ctcae_limits import Version
from firstdose.derive.safety.ctcae_vital_signs import (
    BloodPressure,
    OxygenSaturation,
    grade_fever,
    grade_hypertension,
    grade_hypothermia,
    grade_hypoxia,
)
from firstdose.derive.safety.vital_signs import Measure, derive_significance_flags
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.scales import Grade


def _value(graded: Grade | NotDerived) -> int | None:
    return None if isinstance(graded, NotDerived) else graded.value


BELOW_NORMAL = OxygenSaturation(at_rest_percent=Decimal(93), lln_percent=Decimal(95))
# fmt: off
FEVER: dict[str, tuple[str, str | None, int | None]] = {
    "37.9":              ("37.9", None, 0),
    "exactly 38.0":      ("38.0", None, 1),
    "exactly 39.0":      ("39.0", None, 1),
    "39.1":              ("39.1", None, 2),
    "exactly 40.0":      ("40.0", None, 2),
    # --- above 40.0 the hours decide
    "40.1 for 24 h":     ("40.1", "24", 3),
    "40.1 for over 24":  ("40.1", "24.1", 4),
    "40.1, time unknown": ("40.1", None, None),
}
FLAGS: dict[str, tuple[Measure, str, str | None, bool | None]] = {
    # measure, value, baseline                            flagged
    # --- the limit and the change, both included
    "SBP 90, fell 20":     ("systolic_mmhg", "90", "110", True),
    "SBP 90, fell 19":     ("systolic_mmhg", "90", "109", False),
    "SBP 91, fell 30":     ("systolic_mmhg", "91", "121", False),
    "SBP 160, rose 20":    ("systolic_mmhg", "160", "140", True),
    "DBP 50, fell 15":     ("diastolic_mmhg", "50", "65", True),
    "DBP 100, rose 14":    ("diastolic_mmhg", "100", "86", False),
    "pulse 120, rose 15":  ("pulse_per_min", "120", "105", True),
    "pulse 51, fell 40":   ("pulse_per_min", "51", "91", False),
    # --- the limit alone, strict where it is printed so
    "10 breaths":          ("respiratory_rate_per_min", "10", None, False),
    "9 breaths":           ("respiratory_rate_per_min", "9", None, True),
    "24 breaths":          ("respiratory_rate_per_min", "24", None, False),
    "25 breaths":          ("respiratory_rate_per_min", "25", None, True),
    "saturation 92":       ("spo2_percent", "92", None, False),
    "saturation 91":       ("spo2_percent", "91", None, True),
    "38.0":                ("temperature_c", "38.0", None, True),
    "37.9":                ("temperature_c", "37.9", None, False),
    "7 % heavier":         ("weight_kg", "64.2", "60", True),
    "just under 7 %":      ("weight_kg", "64.19", "60", False),
    "7 % lighter":         ("weight_kg", "55.8", "60", True),
    # --- no baseline: unknown only where it matters
    "SBP 90, no baseline":  ("systolic_mmhg", "90", None, None),
    "SBP 120, no baseline": ("systolic_mmhg", "120", None, False),
    "weight, no baseline":  ("weight_kg", "60", None, None),
}
PRESSURE: dict[str, tuple[Version, str, str, str | None, int]] = {
    # version, SBP, DBP, hours
    "v5 119/79":              ("5.0", "119", "79", None, 0),
    "v5 120/79":              ("5.0", "120", "79", None, 1),
    "v5 119/80":              ("5.0", "119", "80", None, 1),
    "v5 140":                 ("5.0", "140", "79", None, 2),
    "v5 diastolic 90":        ("5.0", "110", "90", None, 2),
    "v5 159/99":              ("5.0", "159", "99", None, 2),
    "v5 160":                 ("5.0", "160", "79", None, 3),
    "v5 diastolic 100":       ("5.0", "110", "100", None, 3),
    # --- v6.0: no grade 1, and higher grades only when it persists over 1 hour
    "v6 139/89":              ("6.0", "139", "89", None, 0),
    "v6 one reading of 140":  ("6.0", "140", "79", None, 2),
    "v6 160 for 1 h":         ("6.0", "160", "79", "1", 2),
    "v6 160 for over 1 h":    ("6.0", "160", "79", "1.1", 3),
    "v6 180 for 1 h":         ("6.0", "180", "79", "1", 2),
    "v6 180 for over 1 h":    ("6.0", "180", "79", "1.1", 4),
    "v6 diastolic 110":       ("6.0", "150", "110", "2", 4),
}
RISES: dict[str, tuple[tuple[int, int], tuple[int, int], int]] = {
    # now, baseline: v6.0, above 140 with a rise of systolic over 20 or mean over 15
    "systolic by 21":         ((141, 80), (120, 80), 3),
    "systolic by 20":         ((141, 80), (121, 80), 2),
    "mean by exactly 15":     ((150, 85), (135, 70), 2),
    "mean by a little more":  ((150, 85), (134, 70), 3),
    "not above 140":          ((140, 80), (110, 70), 2),
}
OXYGEN: dict[str, tuple[Version, OxygenSaturation, int | None]] = {
    "at rest 88":             ("5.0", OxygenSaturation(at_rest_percent=Decimal(88)), 0),
    "at rest 87":             ("5.0", OxygenSaturation(at_rest_percent=Decimal(87)), 3),
    "arterial 55":            ("5.0", OxygenSaturation(arterial_oxygen_mmhg=Decimal(55)), 3),
    "on exertion 87":         ("5.0", OxygenSaturation(at_rest_percent=Decimal(95),
                                                       on_exertion_percent=Decimal(87)), 2),
    "below normal, v5":       ("5.0", BELOW_NORMAL, 0),
    "below normal, v6":       ("6.0", BELOW_NORMAL, 1),
    "at the lower limit, v6": ("6.0", OxygenSaturation(at_rest_percent=Decimal(95),
                                                       lln_percent=Decimal(95)), 0),
    "on exertion 88":         ("5.0", OxygenSaturation(at_rest_percent=Decimal(95),
                                                       on_exertion_percent=Decimal(88)), 0),
    "oxygen all the time, v6": ("6.0", OxygenSaturation(at_rest_percent=Decimal(98),
                                                        is_on_continuous_oxygen=True), 3),
    "not measured":           ("5.0", OxygenSaturation(), None),
}
# fmt: on


@pytest.mark.parametrize(("temperature", "hours", "grade"), FEVER.values(), ids=FEVER)
def test_fever(temperature: str, hours: str | None, grade: int | None) -> None:
    above_40_h = None if hours is None else Decimal(hours)
    assert _value(grade_fever(Decimal(temperature), above_40_h=above_40_h, version="5.0")) == grade


@pytest.mark.parametrize(
    ("temperature", "grade"), [("35.1", 0), ("35", 2), ("32.1", 2), ("32", 3), ("28.1", 3), ("28", 4)]
)
def test_hypothermia_has_no_grade_1(temperature: str, grade: int) -> None:
    assert grade_hypothermia(Decimal(temperature), version="6.0").value == grade


@pytest.mark.parametrize(("version", "sbp", "dbp", "hours", "grade"), PRESSURE.values(), ids=PRESSURE)
def test_hypertension(version: Version, sbp: str, dbp: str, hours: str | None, grade: int) -> None:
    pressure = BloodPressure(systolic_mmhg=Decimal(sbp), diastolic_mmhg=Decimal(dbp))
    persisting_h = None if hours is None else Decimal(hours)
    graded = grade_hypertension(pressure, baseline=None, persisting_h=persisting_h, version=version)
    assert graded.value == grade


@pytest.mark.parametrize(("now", "before", "grade"), RISES.values(), ids=RISES)
def test_a_rise_from_baseline_is_grade_3_in_v6(
    now: tuple[int, int], before: tuple[int, int], grade: int
) -> None:
    readings = [
        BloodPressure(systolic_mmhg=Decimal(sbp), diastolic_mmhg=Decimal(dbp)) for sbp, dbp in (now, before)
    ]
    graded = grade_hypertension(readings[0], baseline=readings[1], persisting_h=None, version="6.0")
    assert graded.value == grade


@pytest.mark.parametrize(("version", "oxygen", "grade"), OXYGEN.values(), ids=OXYGEN)
def test_hypoxia(version: Version, oxygen: OxygenSaturation, grade: int | None) -> None:
    assert _value(grade_hypoxia(oxygen, version=version)) == grade


@pytest.mark.parametrize(("measure", "value", "baseline", "flagged"), FLAGS.values(), ids=FLAGS)
def test_vital_signs_without_a_grade_are_flagged(
    measure: Measure, value: str, baseline: str | None, *, flagged: bool | None
) -> None:
    flags = derive_significance_flags(
        measure, Decimal(value), None if baseline is None else Decimal(baseline)
    )
    assert (None if isinstance(flags, NotDerived) else bool(flags)) is flagged


def test_saturation_under_oxygen_is_not_flagged() -> None:
    assert derive_significance_flags("spo2_percent", Decimal(85), None, is_on_room_air=False) == ()
