"""Readings of serum and plasma: cytokines, acute phase, antibodies, complement, chemistry, coagulation."""

import math
from collections.abc import Callable, Mapping
from decimal import Decimal

from firstdose.simulate.body import Body, as_reported
from firstdose.simulate.laboratory import LABORATORY, LaboratoryValue
from firstdose.simulate.scenario import Quantity

_UMOL_PER_MG_CREATININE = 88.42
"""Creatinine, 1 mg/dL in umol/L."""

_TRANSAMINASE_RISE = (0.0, 60.0, 130.0, 320.0)
"""What a liver injury adds to ALT by its grade, with an upper limit of normal near 40 U/L [U/L]."""

_C3_OF_HEALTHY, _C4_OF_HEALTHY, _CH50_OF_HEALTHY = 1.10, 0.24, 48.0


def _row(body: Body, key: str) -> LaboratoryValue:
    return next(row for row in body.scenario.laboratory if row.key == key)


def _at_rest(key: str) -> Callable[[Body, float], Decimal]:
    def reading(body: Body, day: float) -> Decimal:
        row = _row(body, key)
        return as_reported(body.resting_value(row, day), row.decimals)

    return reading


def _il6(body: Body, day: float) -> Decimal:
    s = body.scenario
    product = body.own("il6_gain_kill", s.il6_gain_kill) * body.killing(day)
    product += s.il6_gain_cells.typical * body.physiology.kill(day)
    released = body.intensity(day, ("crs",), rise_d=0.15, half_life_d=0.4)
    infected = body.intensity(day, ("infection",), rise_d=0.5, half_life_d=1.0)
    gain = 1.0 + product + body.own("il6_gain_crs", s.il6_gain_crs) * released + 1.5 * infected
    return as_reported(body.resting_value(_row(body, "il6"), day) * gain, 1)


def _il15(body: Body, day: float) -> Decimal:
    # fewer lymphocytes use less of it: lymphodepletion raises it several-fold
    depleted = 1.0 - body.latent(day).t_cells / body.physiology.traits.t_cells
    return as_reported(body.resting_value(_row(body, "il15"), day) * (1.0 + 3.0 * depleted), 1)


def _crp(body: Body, day: float) -> Decimal:
    released = body.intensity(day, ("crs",), rise_d=0.5, half_life_d=1.2)
    infected = body.intensity(day, ("infection",), rise_d=0.7, half_life_d=1.5)
    rest = body.resting_value(_row(body, "crp"), day)
    return as_reported(rest + 45.0 * released + 25.0 * infected + 6.0 * body.killing(day), 1)


def _ferritin(body: Body, day: float) -> Decimal:
    released = body.intensity(day, ("crs",), rise_d=0.7, half_life_d=6.0)
    return as_reported(body.resting_value(_row(body, "ferritin"), day) * (1.0 + 1.3 * released), 0)


def _procalcitonin(body: Body, day: float) -> Decimal:
    infected = body.intensity(day, ("infection",), rise_d=0.5, half_life_d=1.5)
    return as_reported(body.resting_value(_row(body, "procalcitonin"), day) + 0.2 * infected, 2)


def _transaminase(key: str, share: float) -> Callable[[Body, float], Decimal]:
    def reading(body: Body, day: float) -> Decimal:
        rise = share * _TRANSAMINASE_RISE[body.grade(day, "liver")]
        return as_reported(body.resting_value(_row(body, key), day) + rise, 0)

    return reading


def _albumin(body: Body, day: float) -> Decimal:
    lost = (body.person.upcr_g_per_g - 0.12) * min(body.latent(day).activity, 1.0)
    return as_reported(body.resting_value(_row(body, "albumin"), day) - 4.0 * lost / (lost + 2.0), 1)


def _ck(body: Body, day: float) -> Decimal:
    myositis = 9.0 * min(body.latent(day).activity, 1.0) if "myositis" in body.person.descriptors else 0.0
    return as_reported(body.resting_value(_row(body, "ck"), day) * (1.0 + myositis), 0)


def _egfr(body: Body, day: float) -> Decimal:
    """CKD-EPI 2021 from the reported creatinine (Inker LA et al. N Engl J Med 2021;385:1737-1749)."""
    creatinine_mg_per_dl = float(_at_rest("creatinine")(body, day)) / _UMOL_PER_MG_CREATININE
    female = body.person.sex == "female"
    kappa, alpha, factor = (0.7, -0.241, 1.012) if female else (0.9, -0.302, 1.0)
    ratio = creatinine_mg_per_dl / kappa
    filtration = 142.0 * min(ratio, 1.0) ** alpha * max(ratio, 1.0) ** -1.2 * 0.9938**body.person.age_y
    return as_reported(filtration * factor, 0)


def _immunoglobulin(key: str, decimals: int) -> Callable[[Body, float], Decimal]:
    def reading(body: Body, day: float) -> Decimal:
        quantity: Quantity = getattr(body.scenario, key)
        share: float = getattr(body.latent(math.floor(day)), key)
        noise = math.exp(0.03 * body.noise(key, day, daily=True))
        return as_reported(body.own(key, quantity) * share * noise, decimals)

    return reading


def _complement(key: str, active: float, remission: Quantity, body: Body, day: float) -> float:
    # remission may not lie below the level of active disease
    healthy = max(body.own(key + "_remission", remission), 1.3 * active)
    activity = body.latent(math.floor(day)).activity
    noise = math.exp(0.03 * body.noise(key, day, daily=True))
    return noise * healthy / (1.0 + (healthy / active - 1.0) * activity)


def _c3(body: Body, day: float) -> float:
    return _complement("c3", body.person.c3_g_per_l, body.scenario.c3_remission, body, day)


def _c4(body: Body, day: float) -> float:
    return _complement("c4", body.person.c4_g_per_l, body.scenario.c4_remission, body, day)


def _ch50(body: Body, day: float) -> Decimal:
    both = _c3(body, day) / _C3_OF_HEALTHY * _c4(body, day) / _C4_OF_HEALTHY
    return as_reported(_CH50_OF_HEALTHY * math.sqrt(both), 0)


def _anti_dsdna(body: Body, day: float) -> Decimal:
    noise = math.exp(0.05 * body.noise("anti_dsdna", day, daily=True))
    return as_reported(body.person.anti_dsdna_iu_per_ml * body.latent(math.floor(day)).anti_dsdna * noise, 1)


_BEDSIDE_ROWS = frozenset(
    {"temperature", "sbp", "dbp", "pulse", "respiratory_rate", "ecg_heart_rate", "pr", "qrs"}
)

SERUM: Mapping[str, Callable[[Body, float], Decimal | None]] = {
    **{row.key: _at_rest(row.key) for row in LABORATORY if row.key not in _BEDSIDE_ROWS},
    "il6": _il6,
    "il15": _il15,
    "crp": _crp,
    "ferritin": _ferritin,
    "procalcitonin": _procalcitonin,
    "alt": _transaminase("alt", 1.0),
    "ast": _transaminase("ast", 0.7),
    "albumin": _albumin,
    "ck": _ck,
    "egfr": _egfr,
    "igg": _immunoglobulin("igg", 2),
    "igm": _immunoglobulin("igm", 2),
    "iga": _immunoglobulin("iga", 2),
    "ige": _immunoglobulin("ige", 1),
    "c3": lambda body, day: as_reported(_c3(body, day), 2),
    "c4": lambda body, day: as_reported(_c4(body, day), 2),
    "ch50": _ch50,
    "anti_dsdna": _anti_dsdna,
}
"""Readings by analyte, in the unit of the laboratory table; eGFR in mL/min/1.73 m2, CH50 in U/mL."""
