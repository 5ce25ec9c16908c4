"""Words of adverse events: preferred term, system organ class, and how it is written at a site.

Preferred terms and organ classes are names in the style of MedDRA; the frequencies are assumed.
"""

import msgspec

from firstdose.terms.words import Text

_IMMUNE, _NERVOUS, _GASTRO = (
    "Immune system disorders",
    "Nervous system disorders",
    "Gastrointestinal disorders",
)
_INFECTION, _GENERAL = "Infections and infestations", "General disorders and administration site conditions"
_SKIN, _BLOOD = "Skin and subcutaneous tissue disorders", "Blood and lymphatic system disorders"
_METABOLISM, _MUSCLE = "Metabolism and nutrition disorders", "Musculoskeletal and connective tissue disorders"
_INVESTIGATION, _INJURY = "Investigations", "Injury, poisoning and procedural complications"
_AIRWAY, _MIND = "Respiratory, thoracic and mediastinal disorders", "Psychiatric disorders"


class Term(msgspec.Struct, frozen=True):
    """A preferred term with its organ class and its wording in two languages."""

    preferred_term: str
    soc: str
    text: Text


class MinorEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An everyday event: how often, from when to when it may begin [d], how long [d], how often grade 2.

    ``after`` says from which moment the days of onset count: the first day of lymphodepletion, each
    infusion, or the first day of lymphodepletion for an event of the year that nothing given has caused. A
    person whose lupus already shows ``unless_sign`` does not report it anew.
    """

    term: Term
    after: str
    p: float
    onset_d: tuple[float, float]
    length_d: float
    grade_2_share: float
    unless_sign: str = ""


def _t(preferred_term: str, soc: str, en: str, zh: str) -> Term:
    return Term(preferred_term, soc, Text(en, zh))


EPISODE_TERMS = {
    "crs": _t("Cytokine release syndrome", _IMMUNE, "cytokine release syndrome", "细胞因子释放综合征"),
    "icans": _t(
        "Immune effector cell-associated neurotoxicity syndrome", _NERVOUS,
        "neurotoxicity after cell infusion (ICANS)", "免疫效应细胞相关神经毒性综合征",
    ),
    "infusion_reaction": _t("Infusion related reaction", _INJURY, "reaction to the infusion", "输液相关反应"),
    "liver": _t("Alanine aminotransferase increased", _INVESTIGATION, "raised transaminases", "转氨酶升高"),
    "diarrhoea": _t("Diarrhoea", _GASTRO, "diarrhoea", "腹泻"),
    "gvhd": _t("Acute graft versus host disease in skin", _IMMUNE, "skin GvHD", "皮肤急性移植物抗宿主病"),
}  # fmt: skip
"""Terms of the episodes that follow an infusion, by kind."""

INFECTIONS = (
    (
        0.34,
        _t(
            "Upper respiratory tract infection",
            _INFECTION,
            "upper respiratory tract infection",
            "上呼吸道感染",
        ),
    ),
    (0.18, _t("Urinary tract infection", _INFECTION, "urinary tract infection", "尿路感染")),
    (0.14, _t("COVID-19", _INFECTION, "COVID-19", "新型冠状病毒感染")),
    (0.12, _t("Pneumonia", _INFECTION, "pneumonia", "肺炎")),
    (0.10, _t("Herpes zoster", _INFECTION, "shingles", "带状疱疹")),
    (0.07, _t("Gastroenteritis", _INFECTION, "gastroenteritis", "胃肠炎")),
    (0.05, _t("Oral herpes", _INFECTION, "cold sores", "口唇疱疹")),
)
"""Infections of the year with their shares."""

CYTOPENIAS = {
    "neutrophils": _t("Neutrophil count decreased", _INVESTIGATION, "low neutrophils", "中性粒细胞计数降低"),
    "platelets": _t("Platelet count decreased", _INVESTIGATION, "low platelets", "血小板计数降低"),
    "haemoglobin": _t("Anaemia", _BLOOD, "anaemia", "贫血"),
}
"""Cytopenias after lymphodepletion, by analyte."""


_LD, _CELLS, _YEAR = "lymphodepletion", "infusion", "year"
# fmt: off
_ROWS = (
    # term, organ class, words of a site, counted after, share of people, days of onset, length [d], grade 2
    # --- after fludarabine and cyclophosphamide
    ("Nausea",             _GASTRO,     "nausea", "恶心",        _LD,    0.42, (0.1, 3.5),    3.0,  0.25),
    ("Vomiting",           _GASTRO,     "vomiting", "呕吐",      _LD,    0.18, (0.2, 3.5),    1.5,  0.25),
    ("Decreased appetite", _METABOLISM, "poor appetite", "食欲减退", _LD,    0.22, (0.5, 5.0), 6.0, 0.15),
    ("Fatigue",            _GENERAL,    "tiredness", "乏力",     _LD,    0.30, (0.5, 8.0),    9.0,  0.15),
    ("Alopecia",           _SKIN,       "hair loss", "脱发",     _LD,    0.15, (12.0, 24.0),  90.0, 0.10),
    ("Constipation",       _GASTRO,     "constipation", "便秘",  _LD,    0.12, (0.5, 6.0),    4.0,  0.15),
    # --- after an infusion of the product
    ("Headache",           _NERVOUS,    "headache", "头痛",      _CELLS, 0.14, (0.1, 3.0),    1.5,  0.15),
    ("Chills",             _GENERAL,    "chills", "寒战",        _CELLS, 0.08, (0.03, 1.0),   0.4,  0.10),
    ("Myalgia",            _MUSCLE,     "muscle pain", "肌痛",   _CELLS, 0.07, (0.2, 3.0),    2.0,  0.15),
    # --- of the year
    ("Arthralgia",         _MUSCLE,     "joint pain", "关节痛",  _YEAR,  0.16, (20.0, 340.0), 12.0, 0.20),
    ("Cough",              _AIRWAY,     "cough", "咳嗽",         _YEAR,  0.14, (5.0, 350.0),  9.0,  0.10),
    ("Insomnia",           _MIND,       "poor sleep", "失眠",    _YEAR,  0.13, (1.0, 300.0),  20.0, 0.20),
    ("Dizziness",          _NERVOUS,    "dizziness", "头晕",     _YEAR,  0.10, (1.0, 340.0),  3.0,  0.10),
    ("Back pain",          _MUSCLE,     "back pain", "背痛",     _YEAR,  0.08, (10.0, 350.0), 8.0,  0.20),
    ("Dyspepsia",          _GASTRO,     "indigestion", "消化不良", _YEAR,  0.09, (1.0, 340.0),  7.0,  0.10),
)
# fmt: on
_SIGN_OF_LUPUS = {"Alopecia": "alopecia", "Arthralgia": "arthritis"}

MINOR_EVENTS = tuple(
    MinorEvent(
        term=_t(name, soc, en, zh),
        after=after,
        p=p,
        onset_d=onset_d,
        length_d=length_d,
        grade_2_share=grade_2_share,
        unless_sign=_SIGN_OF_LUPUS.get(name, ""),
    )
    for name, soc, en, zh, after, p, onset_d, length_d, grade_2_share in _ROWS
)
"""Everyday events with their frequencies (assumed)."""
