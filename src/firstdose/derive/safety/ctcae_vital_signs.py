"""CTCAE grades of vital signs where the criteria have numbers: fever, hypothermia, hypertension, hypoxia.

Hypotension, tachycardia and bradycardia have no numbers in CTCAE and get no grade from a number here.
"""

from decimal import Decimal

import msgspec

from firstdose.derive.safety.ctcae_laboratory import SCALES
from firstdose.derive.safety.ctcae_limits import Version
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.scales import Grade

FEVER_G1_C = Decimal("38.0")
FEVER_ABOVE_G2_C = Decimal("39.0")
FEVER_ABOVE_G3_C = Decimal("40.0")
FEVER_G3_MAX_H = Decimal(24)
HYPOTHERMIA_MAX_C: tuple[tuple[int, Decimal], ...] = ((4, Decimal(28)), (3, Decimal(32)), (2, Decimal(35)))

PRESSURE_G1_MMHG = (Decimal(120), Decimal(80))
PRESSURE_G2_MMHG = (Decimal(140), Decimal(90))
PRESSURE_G3_MMHG = (Decimal(160), Decimal(100))
PRESSURE_G4_MMHG = (Decimal(180), Decimal(110))
SYSTOLIC_RISE_ABOVE_MMHG = Decimal(20)
MEAN_PRESSURE_RISE_ABOVE_MMHG = Decimal(15)
PERSISTING_ABOVE_H = Decimal(1)

SATURATION_BELOW_PERCENT = Decimal(88)
ARTERIAL_OXYGEN_MAX_MMHG = Decimal(55)


class BloodPressure(msgspec.Struct, frozen=True, kw_only=True):
    """Systolic and diastolic blood pressure. [mmHg]."""

    systolic_mmhg: Decimal
    diastolic_mmhg: Decimal


class OxygenSaturation(msgspec.Struct, frozen=True, kw_only=True):
    """Oxygenation; None where it was not measured. ``lln_percent`` is the site's lower limit of normal."""

    at_rest_percent: Decimal | None = None
    on_exertion_percent: Decimal | None = None
    arterial_oxygen_mmhg: Decimal | None = None
    lln_percent: Decimal | None = None
    is_on_continuous_oxygen: bool = False


def grade_fever(
    temperature_c: Decimal, *, above_40_h: Decimal | None, version: Version
) -> Grade | NotDerived:
    """Grade of fever; 0 below 38.0.

    Parameters
    ----------
    temperature_c : Decimal
        The highest temperature. [degrees C]
    above_40_h : Decimal or None
        How long it stayed above 40.0; 24 or less is grade 3. [h]

    Returns
    -------
    Grade
    NotDerived
        If the temperature is above 40.0 and the time is unknown.
    """
    if temperature_c > FEVER_ABOVE_G3_C:
        if above_40_h is None:
            return NotDerived("duration_unknown", "time above 40.0 °C is unknown: grade 3 or 4")
        return Grade(3 if above_40_h <= FEVER_G3_MAX_H else 4, SCALES[version])
    if temperature_c > FEVER_ABOVE_G2_C:
        return Grade(2, SCALES[version])
    return Grade(1 if temperature_c >= FEVER_G1_C else 0, SCALES[version])


def grade_hypothermia(temperature_c: Decimal, *, version: Version) -> Grade:
    """Grade of hypothermia; there is no grade 1.

    Examples
    --------
    >>> [grade_hypothermia(Decimal(c), version="5.0").value for c in ("35.1", "35", "32", "28")]
    [0, 2, 3, 4]
    """
    met = (grade for grade, limit_c in HYPOTHERMIA_MAX_C if temperature_c <= limit_c)
    return Grade(next(met, 0), SCALES[version])


def grade_hypertension(
    pressure: BloodPressure,
    *,
    baseline: BloodPressure | None,
    persisting_h: Decimal | None,
    version: Version,
) -> Grade:
    """Grade of hypertension in an adult, by the readings alone.

    Parameters
    ----------
    pressure, baseline : BloodPressure
        Now, and before lymphodepletion; used by v6.0 only.
    persisting_h : Decimal or None
        How long the pressure persisted; v6.0 asks for more than 1 hour for grades 3 and 4. None is read as a
        single reading. [h]
    version : "5.0" or "6.0"
        Of CTCAE.

    Returns
    -------
    Grade
        A single reading of 140 or 90 is grade 2 in both versions (convention P-HTN-1). Treatment given and
        symptoms raise the grade elsewhere, from what is recorded.
    """
    if version == "5.0":
        rungs = ((3, PRESSURE_G3_MMHG), (2, PRESSURE_G2_MMHG), (1, PRESSURE_G1_MMHG))
        return Grade(next((grade for grade, limit in rungs if _reaches(pressure, limit)), 0), SCALES[version])
    persists = persisting_h is not None and persisting_h > PERSISTING_ABOVE_H
    if persists and _reaches(pressure, PRESSURE_G4_MMHG):
        return Grade(4, SCALES[version])
    if (persists and _reaches(pressure, PRESSURE_G3_MMHG)) or _has_risen(pressure, baseline):
        return Grade(3, SCALES[version])
    return Grade(2 if _reaches(pressure, PRESSURE_G2_MMHG) else 0, SCALES[version])


def grade_hypoxia(oxygen: OxygenSaturation, *, version: Version) -> Grade | NotDerived:
    """Grade of hypoxia where it has numbers; grade 4 is clinical.

    Returns
    -------
    Grade
    NotDerived
        If nothing was measured and no continuous oxygen is given.
    """
    rest, exertion, arterial = oxygen.at_rest_percent, oxygen.on_exertion_percent, oxygen.arterial_oxygen_mmhg
    is_low_at_rest = (rest is not None and rest < SATURATION_BELOW_PERCENT) or (
        arterial is not None and arterial <= ARTERIAL_OXYGEN_MAX_MMHG
    )
    if is_low_at_rest or (version == "6.0" and oxygen.is_on_continuous_oxygen):
        return Grade(3, SCALES[version])
    if exertion is not None and exertion < SATURATION_BELOW_PERCENT:
        return Grade(2, SCALES[version])
    if rest is None:
        return NotDerived("not_measured", "oxygen saturation at rest was not measured")
    is_below_normal = oxygen.lln_percent is not None and rest < oxygen.lln_percent
    return Grade(1 if version == "6.0" and is_below_normal else 0, SCALES[version])


def _reaches(pressure: BloodPressure, limit_mmhg: tuple[Decimal, Decimal]) -> bool:
    systolic, diastolic = limit_mmhg
    return pressure.systolic_mmhg >= systolic or pressure.diastolic_mmhg >= diastolic


def _has_risen(pressure: BloodPressure, baseline: BloodPressure | None) -> bool:
    """v6.0: systolic above 140 with a rise in systolic above 20 or in mean pressure above 15 mmHg."""
    if baseline is None or pressure.systolic_mmhg <= PRESSURE_G2_MMHG[0]:
        return False
    systolic_rise = pressure.systolic_mmhg - baseline.systolic_mmhg
    # Mean pressure is (systolic + 2 diastolic) / 3; compared times 3 to stay exact.
    mean_rise_times_3 = systolic_rise + 2 * (pressure.diastolic_mmhg - baseline.diastolic_mmhg)
    return systolic_rise > SYSTOLIC_RISE_ABOVE_MMHG or mean_rise_times_3 > 3 * MEAN_PRESSURE_RISE_ABOVE_MMHG
