"""Signs of lupus and its treatment: SLEDAI-2K descriptors, urine, the physician's assessment, prednisone.

A clinical sign is present while the latent activity lies above the sign's own threshold, so signs go in a
fixed order and return in the reverse. Descriptors that a laboratory proves are read from the reported value.
"""

import math
from collections.abc import Callable, Mapping
from decimal import Decimal

from firstdose.simulate.blood import lupus_leukocytes, lupus_platelets
from firstdose.simulate.body import Body, as_reported
from firstdose.simulate.people import WEIGHTS
from firstdose.simulate.serum import SERUM

_LEUKOPENIA_BELOW, _THROMBOCYTOPENIA_BELOW = 3.0, 100.0
_CELLS_PER_FIELD, _PROTEIN_G_PER_G = Decimal(5), Decimal("0.5")
_LABORATORY_SIGNS = frozenset({"hematuria", "pyuria", "proteinuria", "leukopenia", "thrombocytopenia"})

_TAPER_DAYS = (14, 28, 42, 56, 70)
_REVIEW_DAYS = (112, 140, 168, 196, 224, 252, 280, 308, 336)
_TAPERED_MG, _TABLET_MG, _RESCUE_LIMIT_MG = 5.0, 2.5, 15.0
_TAPER_BELOW_ACTIVITY, _STOP_BELOW_ACTIVITY, _RAISE_ABOVE_ACTIVITY = 0.80, 0.30, 0.75


def derive_sledai_descriptors(body: Body, day: float, *, window_d: float = 0.0) -> frozenset[str]:
    """The SLEDAI-2K descriptors of lupus that are present, by key.

    Parameters
    ----------
    window_d : float
        A clinical sign counts if it was present on any day of ``[day - window_d, day]``; laboratory
        descriptors always use the sample of the day. [d]

    Source
    ------
    Gladman DD et al. J Rheumatol 2002;29:288-291. All laboratory limits are strict. A count that only
    lymphodepletion lowers, and a fever of cytokine release, are no descriptors of lupus.
    """
    first = math.floor(day - window_d)
    peak = max(body.latent(at).activity for at in range(first, math.floor(day) + 1))
    signs = body.person.descriptors - _LABORATORY_SIGNS
    present = {sign for sign in signs if peak > _threshold(body, sign)}
    now = math.floor(day)
    proofs = {
        "hematuria": _red_cells(body, day) > _CELLS_PER_FIELD,
        "pyuria": _white_cells(body, day) > _CELLS_PER_FIELD,
        "proteinuria": _upcr(body, day) > _PROTEIN_G_PER_G,
        "leukopenia": lupus_leukocytes(body, now) < _LEUKOPENIA_BELOW,
        "thrombocytopenia": lupus_platelets(body, now) < _THROMBOCYTOPENIA_BELOW,
        "low_complement": _is_complement_low(body, day),
        "increased_dna_binding": _reading("anti_dsdna", body, day)
        > Decimal(str(body.scenario.anti_dsdna_upper_limit.typical)),
    }
    return frozenset(present | {sign for sign, is_proven in proofs.items() if is_proven})


def compute_sledai(descriptors: frozenset[str]) -> int:
    """The SLEDAI-2K total of these descriptors."""
    return sum(WEIGHTS.get(key, 2) for key in descriptors)


def derive_prednisone(body: Body, day: float) -> Decimal:
    """The daily dose on a day: tapered to 5 mg by Week 12 while activity allows [mg/day].

    Every two weeks from Day 14 to Day 70 the dose takes an equal part of what is left of its way to 5 mg,
    unless the disease is still active; later reviews lower it further in remission and raise it in a flare.
    """
    dose = float(body.person.prednisone_mg_per_day)
    if not body.physiology.course.infusions:
        return as_reported(dose, 1)
    for review in (*_TAPER_DAYS, *_REVIEW_DAYS):
        if review > day:
            break
        activity = body.latent(review).activity
        if review <= _TAPER_DAYS[-1]:
            if activity < _TAPER_BELOW_ACTIVITY and dose > _TAPERED_MG:
                dose -= (dose - _TAPERED_MG) / sum(later >= review for later in _TAPER_DAYS)
        elif activity > _RAISE_ABOVE_ACTIVITY:
            dose = max(dose, min(dose + 5.0, _RESCUE_LIMIT_MG))
        elif activity < _STOP_BELOW_ACTIVITY:
            dose = max(dose - _TABLET_MG, 0.0)
    return as_reported(math.floor(dose / _TABLET_MG + 1e-9) * _TABLET_MG, 1)


def _threshold(body: Body, sign: str) -> float:
    s = body.scenario
    hardest, easiest = s.activity_of_hardest_sign.typical, s.activity_of_easiest_sign.typical
    return hardest + (easiest - hardest) * body.stream.uniform("threshold:" + sign)


def _reading(key: str, body: Body, day: float) -> Decimal:
    value = SERUM[key](body, day)
    assert value is not None, f"{key} is always reported"
    return value


def _is_complement_low(body: Body, day: float) -> bool:
    s = body.scenario
    limits = {"c3": s.c3_lower_limit, "c4": s.c4_lower_limit, "ch50": s.ch50_lower_limit}
    return any(_reading(key, body, day) < Decimal(str(limit.typical)) for key, limit in limits.items())


def _active_urine(body: Body, day: float, sign: str, low: float, high: float) -> float:
    if sign not in body.person.descriptors:
        return low
    return low + (high - low) * min(body.latent(math.floor(day)).activity, 1.0)


def _upcr(body: Body, day: float) -> Decimal:
    latent = _active_urine(body, day, "proteinuria", 0.12, body.person.upcr_g_per_g)
    return as_reported(latent * math.exp(0.08 * body.noise("upcr", day, daily=True)), 2)


def _cells_per_field(body: Body, day: float, sign: str) -> Decimal:
    low = 0.5 + 1.5 * body.stream.uniform("own:rest:" + sign)
    high = 14.0 + 20.0 * body.stream.uniform("own:" + sign)
    latent = _active_urine(body, day, sign, low, high)
    return as_reported(latent * math.exp(0.15 * body.noise(sign, day, daily=True)), 0)


def _red_cells(body: Body, day: float) -> Decimal:
    return _cells_per_field(body, day, "hematuria")


def _white_cells(body: Body, day: float) -> Decimal:
    return _cells_per_field(body, day, "pyuria")


def _casts(body: Body, day: float) -> Decimal:
    activity = body.latent(math.floor(day)).activity
    has_casts = "urinary_casts" in body.person.descriptors and activity > _threshold(body, "urinary_casts")
    return Decimal(int(has_casts))


def _pga(body: Body, day: float) -> Decimal:
    activity = body.latent(math.floor(day)).activity
    latent = float(body.person.pga) * activity + 0.08 * body.noise("pga", day, daily=True)
    return as_reported(min(latent, 3.0), 1)


DISEASE: Mapping[str, Callable[[Body, float], Decimal | None]] = {
    "upcr": _upcr,
    "urine_rbc_hpf": _red_cells,
    "urine_wbc_hpf": _white_cells,
    "urine_casts": _casts,
    "pga": _pga,
    "prednisone_mg_per_day": derive_prednisone,
}
"""Readings by analyte: UPCR in g/g, cells per high-power field, casts 1 or 0, PGA 0 to 3, prednisone in
mg/day."""
