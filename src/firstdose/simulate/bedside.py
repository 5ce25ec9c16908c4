"""Readings at the bedside: vital signs, ECG and the ICE score.

Fever stands while a cytokine release syndrome does; hypotension and hypoxia from its grade 2 on. Each minute
has its own noise, so three tracings a minute apart make a triplicate ECG.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal

from firstdose.simulate.body import Body, as_reported
from firstdose.simulate.laboratory import LaboratoryValue

_FEVER_FROM_CEL = 38.0
_ICE_SCORE = (10, 8, 5, 1, 0)
"""The ICE score by the grade of ICANS (Lee 2019: 7-9, 3-6, 0-2, unable)."""

_SHOCK_SBP, _SHOCK_DBP = 84.0, 50.0
_SPO2_IN_CRS = (None, None, 91, 87, 84)
"""Saturation on room air by the grade of cytokine release (assumed) [%]."""


def _row(body: Body, key: str) -> LaboratoryValue:
    return next(row for row in body.scenario.laboratory if row.key == key)


def _at_rest(key: str) -> Callable[[Body, float], Decimal]:
    def reading(body: Body, day: float) -> Decimal:
        row = _row(body, key)
        return as_reported(body.resting_value(row, day), row.decimals)

    return reading


def _temperature(body: Body, day: float) -> Decimal:
    released = body.grade(day, "crs")
    if released:
        fever = 38.5 + 0.25 * released + 0.25 * body.noise("fever", day)
        return as_reported(max(fever, _FEVER_FROM_CEL), 1)
    infected = body.grade(day, "infection")
    started_d = max(
        (e.onset_d for e in body.episodes if e.kind == "infection" and e.grade_at(day)), default=0.0
    )
    if infected > 1 and day < started_d + 3.0:
        return as_reported(38.3 + 0.2 * infected + 0.3 * body.noise("fever", day), 1)
    # a resting temperature stays below fever whatever the noise
    return as_reported(min(body.resting_value(_row(body, "temperature"), day), 37.4), 1)


def _pressure(key: str, in_shock: float) -> Callable[[Body, float], Decimal]:
    def reading(body: Body, day: float) -> Decimal:
        if body.grade(day, "crs") > 1:
            # below 90 mmHg systolic is hypotension in an adult
            return as_reported(in_shock + 1.5 * body.noise(key, day), 0)
        return as_reported(max(body.resting_value(_row(body, key), day), in_shock + 8.0), 0)

    return reading


def _pulse(body: Body, day: float) -> Decimal:
    fever = max(float(_temperature(body, day)) - 37.5, 0.0)
    return as_reported(body.resting_value(_row(body, "pulse"), day) + 9.0 * fever, 0)


def _saturation(body: Body, day: float) -> Decimal:
    low = _SPO2_IN_CRS[body.grade(day, "crs")]
    if low is not None:
        return as_reported(low + 0.5 * body.noise("spo2", day), 0)
    return as_reported(min(body.person.spo2_percent + 0.4 * body.noise("spo2", day), 100.0), 0)


def _weight(body: Body, day: float) -> Decimal:
    return as_reported(float(body.person.weight_kg) + 0.2 * body.noise("weight", day, daily=True), 1)


def _qt(body: Body, day: float) -> Decimal:
    corrected_ms = 406.0 + 8.0 * (body.person.sex == "female") + 11.0 * body.stream.normal("own:qtcf")
    corrected_ms += 4.0 * body.noise("qt", day)
    rr_s = 60.0 / float(_at_rest("ecg_heart_rate")(body, day))
    # Fridericia, solved for the uncorrected interval: QTcF = QT / RR^(1/3)
    return as_reported(corrected_ms * rr_s ** (1.0 / 3.0), 0)


def _ice(body: Body, day: float) -> Decimal:
    return Decimal(_ICE_SCORE[body.grade(day, "icans")])


BEDSIDE: Mapping[str, Callable[[Body, float], Decimal | None]] = {
    "temperature": _temperature,
    "sbp": _pressure("sbp", _SHOCK_SBP),
    "dbp": _pressure("dbp", _SHOCK_DBP),
    "pulse": _pulse,
    "respiratory_rate": _at_rest("respiratory_rate"),
    "spo2": _saturation,
    "weight": _weight,
    "ecg_heart_rate": _at_rest("ecg_heart_rate"),
    "qt": _qt,
    "pr": _at_rest("pr"),
    "qrs": _at_rest("qrs"),
    "ice_score": _ice,
}
"""Readings by analyte: temperature in Cel, pressures in mmHg, rates per minute, SpO2 in %, weight in kg, ECG
intervals in ms."""
