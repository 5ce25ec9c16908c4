"""Readings of cells in blood: the product, B cells and their subsets, lymphocytes and the blood count.

Counts other than the product's stand for the morning of their day: two samples of one day agree.
Lymphodepletion lowers each line by ``exp(-depth * h(u))`` per day of lymphodepletion, where ``h`` rises to 1
at the nadir and fades: neutrophils lowest on Days 5 to 12 and back by Days 21 to 28.
"""

import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Literal

import msgspec

from firstdose.simulate.body import Body, as_reported
from firstdose.simulate.scenario import Quantity

_MICROGRAM_PER_GENOME = 6.6e-6
"""Mass of the DNA of one diploid cell [ug]."""

_LARGEST_SHARE = 0.6
"""The most of all leukocytes that CAR-NK cells may make up (assumed)."""

_OTHER = 0.25
"""Monocytes and the rest before lymphodepletion [1e9/L]."""

_SUBSETS = ("transitional", "naive", "unswitched_memory", "switched_memory", "double_negative", "plasmablast")
_SUBSETS_OF_LUPUS = (5.0, 54.0, 7.0, 19.0, 10.0, 3.5)
_SUBSETS_OF_RETURN = (32.0, 61.0, 1.5, 2.0, 1.8, 0.7)
"""Shares of CD19+ cells before treatment and in returning B cells, which are naive (assumed) [%]."""

_SMALLEST_PARENT_COUNT = 1
"""Below this count of CD19+ cells there are too few events to share out [cells/uL]."""


class TransgeneLevel(msgspec.Struct, frozen=True):
    """A sample of the transgene: its state, and the level when it is quantifiable [copies/ug]."""

    state: Literal["quantifiable", "detected_below_quantification", "not_detected"]
    copies_per_ug: Decimal | None


def derive_transgene_level(body: Body, day: float) -> TransgeneLevel:
    """The transgene as the laboratory reports it."""
    level = body.physiology.transgene_level(day)
    noise = body.scenario.transgene_noise.spread * body.noise("transgene_copies_per_ug", day)
    measured = as_reported(level * math.exp(noise), 0)
    if measured >= body.scenario.transgene_lloq.typical:
        return TransgeneLevel("quantifiable", measured)
    if measured >= body.scenario.transgene_lod.typical:
        return TransgeneLevel("detected_below_quantification", None)
    return TransgeneLevel("not_detected", None)


def lupus_neutrophils(body: Body, day: float) -> float:
    """Neutrophils without lymphodepletion; low while a lupus leukopenia is active [1e9/L]."""
    healthy = max(body.own("neutrophils", body.scenario.neutrophils), 2.9)
    return _held_down(body, day, "leukopenia", 1.75, healthy)


def lupus_platelets(body: Body, day: float) -> float:
    """Platelets without lymphodepletion; low while a lupus thrombocytopenia is active [1e9/L]."""
    healthy = max(body.own("platelets", body.scenario.platelets), 150.0)
    return _held_down(body, day, "thrombocytopenia", 82.0, healthy)


def lupus_leukocytes(body: Body, day: float) -> float:
    """White blood cells without lymphodepletion [1e9/L]."""
    traits = body.physiology.traits
    return lupus_neutrophils(body, day) + (traits.t_cells + traits.nk_cells + traits.b_cells) / 1000 + _OTHER


def _held_down(body: Body, day: float, descriptor: str, low: float, healthy: float) -> float:
    if descriptor not in body.person.descriptors:
        return healthy
    return healthy - (healthy - low) * min(body.latent(day).activity, 1.0)


def _after_lymphodepletion(body: Body, day: float, name: str, depth: Quantity, nadir: Quantity) -> float:
    load = 0.0
    for given in body.physiology.course.lymphodepletion_days:
        late = (day - given) / nadir.typical
        if late > 0.0:
            load += (late * math.exp(1.0 - late)) ** 5
    return math.exp(-body.own(name, depth) * load)


def _neutrophils(body: Body, day: float) -> Decimal:
    morning = math.floor(day)
    noise = math.exp(0.05 * body.noise("neutrophils", day, daily=True))
    return as_reported(lupus_neutrophils(body, morning) * _spared(body, morning) * noise, 2)


def _host_lymphocytes(body: Body, day: float) -> float:
    latent = body.latent(day)
    return (latent.t_cells + latent.nk_cells + latent.b_cells) / 1000


def _lymphocytes(body: Body, day: float) -> Decimal:
    morning = math.floor(day)
    noise = math.exp(0.06 * body.noise("lymphocytes", day, daily=True))
    count = _host_lymphocytes(body, morning) + _car_nk_true(body, morning) / 1000
    return as_reported(count * noise, 2)


def _leukocytes(body: Body, day: float) -> Decimal:
    return _neutrophils(body, day) + _lymphocytes(body, day) + as_reported(_OTHER * _spared(body, day), 2)


def _spared(body: Body, day: float) -> float:
    s = body.scenario
    return _after_lymphodepletion(body, day, "neutrophil_depth", s.neutrophil_depth, s.neutrophil_nadir)


def _haemoglobin(body: Body, day: float) -> Decimal:
    s = body.scenario
    female = body.person.sex == "female"
    rest = body.own("haemoglobin", s.haemoglobin_female if female else s.haemoglobin_male)
    morning = math.floor(day)
    spared = _after_lymphodepletion(
        body, morning, "haemoglobin_depth", s.haemoglobin_depth, s.haemoglobin_nadir
    )
    return as_reported(rest * spared * math.exp(0.02 * body.noise("haemoglobin", day, daily=True)), 0)


def _platelets(body: Body, day: float) -> Decimal:
    s = body.scenario
    morning = math.floor(day)
    spared = _after_lymphodepletion(body, morning, "platelet_depth", s.platelet_depth, s.platelet_nadir)
    noise = math.exp(0.05 * body.noise("platelets", day, daily=True))
    return as_reported(lupus_platelets(body, morning) * spared * noise, 0)


def _car_nk_true(body: Body, day: float) -> float:
    # copies/ug = copies per cell * cells per uL / (leukocytes per uL * ug DNA per genome), where the
    # leukocytes include the CAR-NK cells themselves
    level = body.physiology.transgene_level(day)
    share = min(level * _MICROGRAM_PER_GENOME / body.physiology.traits.copies_per_cell, _LARGEST_SHARE)
    neutrophils = lupus_neutrophils(body, day) * _spared(body, day)
    host = 1000 * (neutrophils + _host_lymphocytes(body, day) + _OTHER * _spared(body, day))
    return host * share / (1.0 - share)


def _car_nk_cells(body: Body, day: float) -> Decimal:
    return as_reported(_car_nk_true(body, day) * math.exp(0.25 * body.noise("car_nk_cells_per_ul", day)), 1)


def _b_cells(body: Body, day: float) -> Decimal:
    noise = math.exp(0.10 * body.noise("cd19_b_cells_per_ul", day, daily=True))
    return as_reported(body.latent(math.floor(day)).b_cells * noise, 1)


def _t_cells(body: Body, day: float) -> Decimal:
    noise = math.exp(0.06 * body.noise("t_cells_per_ul", day, daily=True))
    return as_reported(body.latent(math.floor(day)).t_cells * noise, 0)


def _nk_cells(body: Body, day: float) -> Decimal:
    noise = math.exp(0.10 * body.noise("nk_cells_per_ul", day, daily=True))
    morning = math.floor(day)
    return as_reported((body.latent(morning).nk_cells + _car_nk_true(body, morning)) * noise, 0)


def _subset(position: int) -> Callable[[Body, float], Decimal | None]:
    def share(body: Body, day: float) -> Decimal | None:
        if _b_cells(body, day) < _SMALLEST_PARENT_COUNT:
            return None
        old = body.latent(math.floor(day)).memory
        shares = [
            (old * lupus + (1.0 - old) * back)
            * math.exp(0.20 * body.stream.normal("own:" + name) + 0.10 * body.noise(name, day, daily=True))
            for name, lupus, back in zip(_SUBSETS, _SUBSETS_OF_LUPUS, _SUBSETS_OF_RETURN, strict=True)
        ]
        # cut to tenths, so that six rounded shares cannot add up to more than 100 %
        tenths = math.floor(10 * shares[position] * 98.5 / max(sum(shares), 98.5))
        return Decimal(tenths).scaleb(-1)

    return share


BLOOD: Mapping[str, Callable[[Body, float], Decimal | None]] = {
    "transgene_copies_per_ug": lambda body, day: derive_transgene_level(body, day).copies_per_ug,
    "car_nk_cells_per_ul": _car_nk_cells,
    "cd19_b_cells_per_ul": _b_cells,
    "t_cells_per_ul": _t_cells,
    "nk_cells_per_ul": _nk_cells,
    "wbc": _leukocytes,
    "neutrophils": _neutrophils,
    "lymphocytes": _lymphocytes,
    "haemoglobin": _haemoglobin,
    "platelets": _platelets,
    **{name: _subset(position) for position, name in enumerate(_SUBSETS)},
}
"""Readings by analyte; counts in cells/uL or 1e9/L, haemoglobin in g/L, subsets in % of CD19+ cells."""
