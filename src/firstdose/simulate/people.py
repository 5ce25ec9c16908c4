"""Who comes to screening: virtual people with active, refractory lupus who meet the eligibility criteria."""

import math
from decimal import Decimal
from typing import Literal, TypeVar

import msgspec
import numpy as np

from firstdose.simulate.scenario import Quantity, Scenario
from firstdose.simulate.streams import Stream, open_stream
from firstdose.terms.words import Text

T = TypeVar("T")

WEIGHTS = {
    "vasculitis": 8, "arthritis": 4, "myositis": 4, "urinary_casts": 4, "hematuria": 4, "proteinuria": 4,
    "pyuria": 4, "rash": 2, "alopecia": 2, "mucosal_ulcers": 2, "pleurisy": 2, "pericarditis": 2,
    "thrombocytopenia": 1, "leukopenia": 1,
}  # fmt: skip
"""SLEDAI-2K weights of the clinical descriptors that occur here (Gladman 2002; active nervous-system lupus is
excluded by eligibility and fever is left out because its cause would be in doubt)."""

_FREQUENCY = {
    "vasculitis": 0.06, "arthritis": 0.58, "myositis": 0.03, "urinary_casts": 0.05, "hematuria": 0.12,
    "proteinuria": 0.32, "pyuria": 0.07, "rash": 0.50, "alopecia": 0.35, "mucosal_ulcers": 0.28,
    "pleurisy": 0.06, "pericarditis": 0.05, "thrombocytopenia": 0.10, "leukopenia": 0.20,
}  # fmt: skip
"""How often a descriptor is present at screening before the eligibility limits are applied (assumed)."""

_CLASSIFICATION = {
    "arthritis": ("joints", 6), "rash": ("skin", 6), "mucosal_ulcers": ("skin", 2), "alopecia": ("skin", 2),
    "proteinuria": ("renal", 4), "leukopenia": ("blood", 3), "thrombocytopenia": ("blood", 4),
    "pleurisy": ("serosa", 5), "pericarditis": ("serosa", 6),
}  # fmt: skip
"""Domain and weight of the 2019 EULAR/ACR criteria that the descriptors prove (Aringer 2019)."""

PREDNISONE_STEPS = (5.0, 7.5, 10.0, 10.0, 12.5, 15.0, 15.0, 20.0, 20.0, 25.0, 30.0, 40.0)
"""Daily doses at screening, each equally likely; the limit of eligibility is 40 mg/day [mg/day]."""

PRIOR_DRUGS = {
    "mycophenolate_mofetil": Text("mycophenolate mofetil", "吗替麦考酚酯"),
    "cyclophosphamide": Text("cyclophosphamide", "环磷酰胺"),
    "azathioprine": Text("azathioprine", "硫唑嘌呤"),
    "methotrexate": Text("methotrexate", "甲氨蝶呤"),
    "tacrolimus": Text("tacrolimus", "他克莫司"),
    "belimumab": Text("belimumab", "贝利尤单抗"),
    "telitacicept": Text("telitacicept", "泰它西普"),
    "rituximab": Text("rituximab", "利妥昔单抗"),
}
"""Immunosuppressants and biologics that a participant may have had before, by key."""

SCREEN_FAILURES = {
    "activity_too_low": Text("SLEDAI-2K below 8 at screening", "筛选时SLEDAI-2K低于8分"),
    "neutrophils_low": Text("neutrophils below 1.5 x10^9/L", "中性粒细胞低于1.5×10^9/L"),
    "hepatitis_b": Text("hepatitis B virus DNA detected", "检出乙型肝炎病毒DNA"),
    "active_infection": Text("active infection needing treatment", "存在需要治疗的活动性感染"),
    "tuberculosis": Text("latent tuberculosis not treated", "潜伏性结核感染未治疗"),
    "kidney_function": Text("eGFR below 30 mL/min/1.73 m2", "估算肾小球滤过率低于30 mL/min/1.73 m2"),
    "weight_low": Text("body weight not above 40.0 kg", "体重未超过40.0 kg"),
    "consent_withdrawn": Text("consent withdrawn before lymphodepletion", "清淋前撤回知情同意"),
}
"""Why a person fails screening, by key; the eligibility criteria of the bundled trial."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A person as seen at screening: what the entry forms ask, and the disease behind it.

    ``days_since_birthday`` (0 to 364) places the birth date: consent date, minus ``age_y`` years, minus
    these days. ``descriptors`` are the clinical SLEDAI-2K descriptors that are active; the serological ones
    follow from ``c3_g_per_l``, ``c4_g_per_l`` and ``anti_dsdna_iu_per_ml``.
    """

    sex: Literal["female", "male"]
    age_y: int
    days_since_birthday: int
    weight_kg: Decimal
    height_cm: Decimal
    disease_duration_y: Decimal
    descriptors: frozenset[str]
    pga: Decimal
    prior_drugs: tuple[str, ...]
    prednisone_mg_per_day: Decimal
    hydroxychloroquine_mg_per_day: Decimal
    c3_g_per_l: float
    c4_g_per_l: float
    anti_dsdna_iu_per_ml: float
    upcr_g_per_g: float
    ana_titre: int
    has_anti_sm: bool
    has_antiphospholipid: bool
    eular_acr_score: int
    lvef_percent: int
    spo2_percent: int


def draw_person(rng: np.random.Generator, scenario: Scenario) -> Person:
    """The eligible person of this generator; the same generator always gives the same person.

    Examples
    --------
    >>> person = draw_person(np.random.default_rng(7), Scenario())
    >>> 18 <= person.age_y <= 70 and person.weight_kg > 40
    True
    """
    stream = open_stream(rng)
    attempt = 0
    while not _is_active_enough(stream, scenario, attempt):
        attempt += 1
    descriptors = _descriptors(stream, attempt)
    c3, c4, anti_dsdna = _serology(stream, scenario, attempt)
    female = stream.uniform("sex") < scenario.female_share.typical
    height_cm = (160.0 if female else 172.0) + 5.5 * stream.normal("height")
    weight_kg = max(41.0, 22.3 * math.exp(0.13 * stream.normal("body_mass_index")) * (height_cm / 100) ** 2)
    age_y = int(min(max(drawn(stream, "age", scenario.age), 18), 70))
    has_anti_sm = stream.uniform("anti_sm") < 0.3  # noqa: PLR2004 (assumed share)
    has_antiphospholipid = stream.uniform("antiphospholipid") < 0.25  # noqa: PLR2004 (assumed share)
    takes_antimalarial = stream.uniform("antimalarial") < scenario.antimalarial_share.typical
    upcr = 0.12 + ("proteinuria" in descriptors) * (0.75 + 1.2 * math.exp(0.5 * stream.normal("upcr")))
    points = sum(WEIGHTS[key] for key in descriptors)
    return Person(
        sex="female" if female else "male",
        age_y=age_y,
        days_since_birthday=int(365 * stream.uniform("birthday")),
        weight_kg=Decimal(f"{weight_kg:.1f}"),
        height_cm=Decimal(f"{height_cm:.0f}"),
        disease_duration_y=Decimal(f"{min(7 * math.exp(0.7 * stream.normal('duration')), age_y - 10):.1f}"),
        descriptors=descriptors,
        pga=Decimal(f"{min(max(1.1 + 0.07 * points + 0.2 * stream.normal('pga'), 1.0), 2.8):.1f}"),
        prior_drugs=_prior_drugs(stream),
        prednisone_mg_per_day=Decimal(str(_choice(stream, "prednisone", PREDNISONE_STEPS))),
        hydroxychloroquine_mg_per_day=Decimal(_choice(stream, "hydroxychloroquine", (200, 300, 400)))
        if takes_antimalarial
        else Decimal(0),
        c3_g_per_l=c3,
        c4_g_per_l=c4,
        anti_dsdna_iu_per_ml=anti_dsdna,
        upcr_g_per_g=upcr,
        ana_titre=_choice(stream, "ana", (160, 320, 640, 1280)),
        has_anti_sm=has_anti_sm,
        has_antiphospholipid=has_antiphospholipid,
        eular_acr_score=_classification(
            descriptors,
            n_low_complements=(c3 < scenario.c3_lower_limit.typical) + (c4 < scenario.c4_lower_limit.typical),
            has_specific_antibody=has_anti_sm or anti_dsdna > scenario.anti_dsdna_upper_limit.typical,
            has_antiphospholipid=has_antiphospholipid,
        ),
        lvef_percent=int(58 + 8 * stream.uniform("lvef")),
        spo2_percent=int(97 + 3 * stream.uniform("spo2")),
    )


def draw_screen_failure_reason(rng: np.random.Generator, scenario: Scenario) -> str | None:
    """Why this person fails screening, as a key of ``SCREEN_FAILURES``; None when screening is passed."""
    stream = open_stream(rng)
    if stream.uniform("screen_failure") >= scenario.screen_failure_rate.typical:
        return None
    return _choice(stream, "screen_failure_reason", tuple(SCREEN_FAILURES))


def drawn(stream: Stream, name: str, quantity: Quantity) -> float:
    """A person's own value of a log-normal quantity, within two standard deviations of the typical one."""
    deviation = min(max(stream.normal(name), -2.0), 2.0)
    return quantity.typical * math.exp(quantity.spread * deviation)


def drawn_share(stream: Stream, name: str, quantity: Quantity) -> float:
    """A person's own value of a share, normal on the logit scale."""
    odds = quantity.typical / (1.0 - quantity.typical) * math.exp(quantity.spread * stream.normal(name))
    return odds / (1.0 + odds)


def _is_active_enough(stream: Stream, scenario: Scenario, attempt: int) -> bool:
    # margins keep both totals above the limits of eligibility whatever the day-to-day variation
    clinical = sum(WEIGHTS[key] for key in _descriptors(stream, attempt))
    c3, c4, anti_dsdna = _serology(stream, scenario, attempt)
    low = c3 < 0.85 * scenario.c3_lower_limit.typical or c4 < 0.8 * scenario.c4_lower_limit.typical
    binds = anti_dsdna > 1.5 * scenario.anti_dsdna_upper_limit.typical
    return clinical >= 6 and clinical + 2 * low + 2 * binds >= 8  # noqa: PLR2004 (limits of eligibility)


def _descriptors(stream: Stream, attempt: int) -> frozenset[str]:
    present = {key for key, often in _FREQUENCY.items() if stream.uniform("has:" + key, attempt) < often}
    # casts come from an inflamed glomerulus, which also leaks red cells and protein
    return frozenset(present | {"hematuria", "proteinuria"} if "urinary_casts" in present else present)


def _serology(stream: Stream, scenario: Scenario, attempt: int) -> tuple[float, float, float]:
    c3, c4, anti_dsdna = (
        quantity.typical * math.exp(quantity.spread * stream.normal(name, attempt))
        for name, quantity in (
            ("c3_active", scenario.c3_active),
            ("c4_active", scenario.c4_active),
            ("anti_dsdna", scenario.anti_dsdna),
        )
    )
    return c3, c4, anti_dsdna


def _classification(
    descriptors: frozenset[str],
    *,
    n_low_complements: int,
    has_specific_antibody: bool,
    has_antiphospholipid: bool,
) -> int:
    domains: dict[str, int] = {}
    for key in descriptors & _CLASSIFICATION.keys():
        domain, weight = _CLASSIFICATION[key]
        domains[domain] = max(weight, domains.get(domain, 0))
    immunological = (0, 3, 4)[n_low_complements] + 6 * has_specific_antibody + 2 * has_antiphospholipid
    # once in a lifetime is enough for this score: those who fall short today have it from their history
    return max(sum(domains.values()) + immunological, 10)


def _prior_drugs(stream: Stream) -> tuple[str, ...]:
    ranked = sorted(PRIOR_DRUGS, key=lambda drug: stream.uniform("prior:" + drug))
    return tuple(sorted(ranked[: 2 + int(3 * stream.uniform("n_prior_drugs"))]))


def _choice(stream: Stream, name: str, options: tuple[T, ...]) -> T:
    return options[int(len(options) * stream.uniform(name))]
