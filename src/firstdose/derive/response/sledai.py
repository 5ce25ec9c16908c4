"""SLEDAI-2K: 24 descriptors, their weights, the total and its bounds.

A descriptor counts when it is present and not attributed to another cause; what was not assessed leaves
bounds, never a silent zero.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import msgspec

from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text

Group = Literal[
    "cns",
    "vasculitis",
    "musculoskeletal",
    "renal",
    "mucocutaneous",
    "cardiopulmonary",
    "serological",
    "constitutional",
    "haematological",
]
Attribution = Literal["yes", "no", "unknown"]


class Descriptor(msgspec.Struct, frozen=True):
    """One SLEDAI-2K descriptor; ``machine_test`` is the rule on a number, where there is one."""

    key: str
    weight: int
    label: Text
    group: Group
    machine_test: Text | None = None


DESCRIPTORS: tuple[Descriptor, ...] = (
    Descriptor("seizure", 8, Text("Seizure", "癫痫发作"), "cns"),
    Descriptor("psychosis", 8, Text("Psychosis", "精神病"), "cns"),
    Descriptor("organic_brain_syndrome", 8, Text("Organic brain syndrome", "器质性脑综合征"), "cns"),
    Descriptor("visual_disturbance", 8, Text("Visual disturbance", "视觉障碍"), "cns"),
    Descriptor("cranial_nerve_disorder", 8, Text("Cranial nerve disorder", "颅神经病变"), "cns"),
    Descriptor("lupus_headache", 8, Text("Lupus headache", "狼疮性头痛"), "cns"),
    Descriptor("cva", 8, Text("Cerebrovascular accident", "脑血管意外"), "cns"),
    Descriptor("vasculitis", 8, Text("Vasculitis", "血管炎"), "vasculitis"),
    Descriptor(
        "arthritis",
        4,
        Text("Arthritis", "关节炎"),
        "musculoskeletal",
        Text("active joints ≥ 2", "活动性关节 ≥ 2 个"),
    ),
    Descriptor("myositis", 4, Text("Myositis", "肌炎"), "musculoskeletal"),
    Descriptor("urinary_casts", 4, Text("Urinary casts", "管型尿"), "renal", Text("present", "存在")),
    Descriptor(
        "hematuria",
        4,
        Text("Hematuria", "血尿"),
        "renal",
        Text("> 5 red cells per high-power field", "红细胞 > 5 个/高倍视野"),
    ),
    Descriptor(
        "proteinuria", 4, Text("Proteinuria", "蛋白尿"), "renal", Text("> 0.5 g per 24 h", "> 0.5 g/24 h")
    ),
    Descriptor(
        "pyuria",
        4,
        Text("Pyuria", "脓尿"),
        "renal",
        Text("> 5 white cells per high-power field", "白细胞 > 5 个/高倍视野"),
    ),
    Descriptor("rash", 2, Text("Inflammatory rash", "炎症性皮疹"), "mucocutaneous"),
    Descriptor("alopecia", 2, Text("Alopecia", "脱发"), "mucocutaneous"),
    Descriptor("mucosal_ulcers", 2, Text("Mucosal ulcers", "黏膜溃疡"), "mucocutaneous"),
    Descriptor("pleurisy", 2, Text("Pleurisy", "胸膜炎"), "cardiopulmonary"),
    Descriptor("pericarditis", 2, Text("Pericarditis", "心包炎"), "cardiopulmonary"),
    Descriptor(
        "low_complement",
        2,
        Text("Low complement", "低补体"),
        "serological",
        Text("CH50, C3 or C4 < lower limit of normal", "CH50、C3 或 C4 < 正常值下限"),
    ),
    Descriptor(
        "increased_dna_binding",
        2,
        Text("Increased DNA binding", "抗 DNA 抗体升高"),
        "serological",
        Text("> upper limit of normal", "> 正常值上限"),
    ),
    Descriptor("fever", 1, Text("Fever", "发热"), "constitutional", Text("> 38.0 °C", "> 38.0 °C")),
    Descriptor(
        "thrombocytopenia",
        1,
        Text("Thrombocytopenia", "血小板减少"),
        "haematological",
        Text("platelets < 100 × 10⁹/L", "血小板 < 100 × 10⁹/L"),
    ),
    Descriptor(
        "leukopenia",
        1,
        Text("Leukopenia", "白细胞减少"),
        "haematological",
        Text("white cells < 3.0 × 10⁹/L", "白细胞 < 3.0 × 10⁹/L"),
    ),
)
"""Gladman DD, Ibanez D, Urowitz MB. J Rheumatol 2002;29:288-291; weights 8 x 8, 6 x 4, 7 x 2 and 3 x 1."""

DESCRIPTOR_BY_KEY: Mapping[str, Descriptor] = MappingProxyType({one.key: one for one in DESCRIPTORS})
SEROLOGICAL = frozenset(one.key for one in DESCRIPTORS if one.group == "serological")
"""Left out of the clinical SLEDAI; everything else stays in it, also fever and the two blood counts."""


class DescriptorFinding(msgspec.Struct, frozen=True):
    """What was found for one descriptor: ``present`` is None when it was not assessed."""

    present: bool | None
    attributable: Attribution | None = None


class Sledai(msgspec.Struct, frozen=True, kw_only=True):
    """A SLEDAI-2K assessment: totals, bounds and the descriptors behind them.

    ``counted``, ``missing`` and ``attribution_unknown`` hold descriptor keys in the order of the instrument.
    """

    total: int | NotDerived
    clinical_total: int | NotDerived
    lower_bound: int
    upper_bound: int
    clinical_lower_bound: int
    clinical_upper_bound: int
    counted: tuple[str, ...]
    missing: tuple[str, ...]
    attribution_unknown: tuple[str, ...]

    def counts(self, key: str) -> bool | None:
        """Whether the descriptor counts; None when it was not assessed."""
        return None if key in self.missing else key in self.counted


def derive_sledai(descriptors: Mapping[str, DescriptorFinding]) -> Sledai:
    """SLEDAI-2K from its descriptors.

    Parameters
    ----------
    descriptors : mapping of descriptor key to DescriptorFinding
        A key that is not given was not assessed.

    Returns
    -------
    Sledai
        A total is NotDerived when one of its descriptors was not assessed; the bounds always stand.
        A present descriptor counts unless its attribution to lupus is "no"; an attribution that is
        unknown or not given counts and is flagged.

    Raises
    ------
    ValueError
        If a key is not a descriptor of the instrument.

    Source
    ------
    Gladman DD et al. J Rheumatol 2002;29:288-291. Conventions P-SLEDAI-2 and P-SLEDAI-5.

    Examples
    --------
    >>> seen = {key: DescriptorFinding(present=False) for key in DESCRIPTOR_BY_KEY}
    >>> derive_sledai(seen | {"rash": DescriptorFinding(present=True, attributable="yes")}).total
    2
    >>> partly = derive_sledai(seen | {"proteinuria": DescriptorFinding(present=None)})
    >>> partly.total, partly.lower_bound, partly.upper_bound
    (NotDerived(reason='descriptors_missing', detail='proteinuria'), 0, 4)
    """
    unknown_keys = descriptors.keys() - DESCRIPTOR_BY_KEY.keys()
    if unknown_keys:
        raise ValueError(f"not SLEDAI-2K descriptors: {sorted(unknown_keys)}")
    counted, missing, attribution_unknown = [], [], []
    for descriptor in DESCRIPTORS:
        finding = descriptors.get(descriptor.key)
        if finding is None or finding.present is None:
            missing.append(descriptor.key)
        elif finding.present and finding.attributable != "no":
            counted.append(descriptor.key)
            if finding.attributable != "yes":
                attribution_unknown.append(descriptor.key)
    clinical_counted = [key for key in counted if key not in SEROLOGICAL]
    clinical_missing = [key for key in missing if key not in SEROLOGICAL]
    lower, clinical_lower = _weigh(counted), _weigh(clinical_counted)
    return Sledai(
        total=NotDerived("descriptors_missing", ", ".join(missing)) if missing else lower,
        clinical_total=(
            NotDerived("descriptors_missing", ", ".join(clinical_missing))
            if clinical_missing
            else clinical_lower
        ),
        lower_bound=lower,
        upper_bound=lower + _weigh(missing),
        clinical_lower_bound=clinical_lower,
        clinical_upper_bound=clinical_lower + _weigh(clinical_missing),
        counted=tuple(counted),
        missing=tuple(missing),
        attribution_unknown=tuple(attribution_unknown),
    )


def _weigh(keys: list[str]) -> int:
    return sum(DESCRIPTOR_BY_KEY[key].weight for key in keys)
