"""2019 EULAR/ACR classification of systemic lupus erythematosus, for eligibility.

Its limits differ from those of SLEDAI-2K on purpose: fever above 38.3 and not 38.0, white cells below 4.0 and
not 3.0.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

import msgspec

from firstdose.derive.response.sledai import DescriptorFinding
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text

TOTAL_MIN = 10
ANA_TITRE_MIN = 80
"""Reciprocal of the dilution: 1:80 or more, ever, on HEp-2 cells or by an equivalent test."""
TEMPERATURE_ABOVE_C = Decimal("38.3")
WHITE_CELLS_BELOW_10E9_PER_L = Decimal("4.0")
PLATELETS_BELOW_10E9_PER_L = Decimal(100)
PROTEIN_ABOVE_G_PER_24H = Decimal("0.5")

Domain = Literal[
    "constitutional",
    "haematological",
    "neuropsychiatric",
    "mucocutaneous",
    "serosal",
    "musculoskeletal",
    "renal",
    "antiphospholipid",
    "complement",
    "specific_antibodies",
]
IMMUNOLOGICAL: frozenset[Domain] = frozenset({"antiphospholipid", "complement", "specific_antibodies"})
"""The other domains are clinical; one criterion of those is needed."""


class Criterion(msgspec.Struct, frozen=True):
    """One weighted criterion in its domain."""

    key: str
    weight: int
    domain: Domain
    label: Text


CRITERIA: tuple[Criterion, ...] = (
    Criterion("fever", 2, "constitutional", Text("Fever > 38.3 °C", "发热 > 38.3 °C")),
    Criterion("leukopenia", 3, "haematological", Text("White cells < 4.0 × 10⁹/L", "白细胞 < 4.0 × 10⁹/L")),
    Criterion(
        "thrombocytopenia", 4, "haematological", Text("Platelets < 100 × 10⁹/L", "血小板 < 100 × 10⁹/L")
    ),
    Criterion("autoimmune_haemolysis", 4, "haematological", Text("Autoimmune haemolysis", "自身免疫性溶血")),
    Criterion("delirium", 2, "neuropsychiatric", Text("Delirium", "谵妄")),
    Criterion("psychosis", 3, "neuropsychiatric", Text("Psychosis", "精神病")),
    Criterion("seizure", 5, "neuropsychiatric", Text("Seizure", "癫痫发作")),
    Criterion("alopecia", 2, "mucocutaneous", Text("Non-scarring alopecia", "非瘢痕性脱发")),
    Criterion("oral_ulcers", 2, "mucocutaneous", Text("Oral ulcers", "口腔溃疡")),
    Criterion(
        "subacute_or_discoid",
        4,
        "mucocutaneous",
        Text("Subacute cutaneous or discoid lupus", "亚急性皮肤型或盘状狼疮"),
    ),
    Criterion("acute_cutaneous", 6, "mucocutaneous", Text("Acute cutaneous lupus", "急性皮肤型狼疮")),
    Criterion("effusion", 5, "serosal", Text("Pleural or pericardial effusion", "胸腔或心包积液")),
    Criterion("acute_pericarditis", 6, "serosal", Text("Acute pericarditis", "急性心包炎")),
    Criterion("joint_involvement", 6, "musculoskeletal", Text("Joint involvement", "关节受累")),
    Criterion("proteinuria", 4, "renal", Text("Proteinuria > 0.5 g per 24 h", "蛋白尿 > 0.5 g/24 h")),
    Criterion(
        "nephritis_ii_or_v", 8, "renal", Text("Class II or V nephritis on biopsy", "活检II型或V型狼疮肾炎")
    ),
    Criterion(
        "nephritis_iii_or_iv",
        10,
        "renal",
        Text("Class III or IV nephritis on biopsy", "活检III型或IV型狼疮肾炎"),
    ),
    Criterion("antiphospholipid", 2, "antiphospholipid", Text("Antiphospholipid antibodies", "抗磷脂抗体")),
    Criterion("low_c3_or_c4", 3, "complement", Text("Low C3 or low C4", "C3或C4降低")),
    Criterion("low_c3_and_c4", 4, "complement", Text("Low C3 and low C4", "C3和C4均降低")),
    Criterion(
        "anti_dsdna_or_anti_sm", 6, "specific_antibodies", Text("Anti-dsDNA or anti-Sm", "抗dsDNA或抗Sm抗体")
    ),
)
"""Aringer M et al. Ann Rheum Dis 2019;78:1151-1159; clinical 39 and immunological 12 at most."""


class Classification(msgspec.Struct, frozen=True, kw_only=True):
    """The classification with the bounds of the total and the criteria behind it.

    ``counted`` holds the highest present criterion of each domain; ``open_criteria`` those that are not
    assessed, or present without an attribution, and would raise their domain.
    """

    classified: bool | NotDerived
    lower_bound: int
    upper_bound: int
    has_clinical: bool | NotDerived
    counted: tuple[str, ...]
    open_criteria: tuple[str, ...]


def derive_classification(
    *, is_ana_positive: bool | None, findings: Mapping[str, DescriptorFinding]
) -> Classification:
    """Whether systemic lupus erythematosus is classified.

    Parameters
    ----------
    is_ana_positive : bool or None
        Ever, from `derive_ana_entry`; without it nothing is classified.
    findings : mapping of criterion key to DescriptorFinding
        Ever, at any time. A criterion counts if it was present and SLE is its most likely explanation
        (attribution "yes"); with another attribution than "yes" or "no" it is open (P-CLASS-1). A key that is
        not given was not assessed.

    Returns
    -------
    Classification
        True with a total of 10 or more and at least one clinical criterion; only the highest criterion of a
        domain counts. NotDerived if open criteria decide.

    Raises
    ------
    ValueError
        If a key is not a criterion.

    Source
    ------
    Aringer M et al. Ann Rheum Dis 2019;78:1151-1159.

    Examples
    --------
    >>> absent = {one.key: DescriptorFinding(present=False) for one in CRITERIA}
    >>> nephritis = absent | {"nephritis_iii_or_iv": DescriptorFinding(present=True, attributable="yes")}
    >>> derive_classification(is_ana_positive=True, findings=nephritis).classified
    True
    """
    unknown_keys = findings.keys() - {one.key for one in CRITERIA}
    if unknown_keys:
        raise ValueError(f"not criteria of the classification: {sorted(unknown_keys)}")
    counts = {one.key: _count(findings.get(one.key)) for one in CRITERIA}
    best: dict[Domain, Criterion] = {}
    could_be: dict[Domain, int] = {}
    for one in CRITERIA:
        if counts[one.key] and one.weight > _weigh(best.get(one.domain)):
            best[one.domain] = one
        if counts[one.key] is not False:
            could_be[one.domain] = max(could_be.get(one.domain, 0), one.weight)
    open_criteria = tuple(
        one.key for one in CRITERIA if counts[one.key] is None and one.weight > _weigh(best.get(one.domain))
    )
    lower, upper = sum(map(_weigh, best.values())), sum(could_be.values())
    has_clinical = _has_clinical(best, could_be)
    return Classification(
        classified=_decide(is_ana_positive, lower, upper, has_clinical, open_criteria),
        lower_bound=lower,
        upper_bound=upper,
        has_clinical=has_clinical,
        counted=tuple(one.key for one in best.values()),
        open_criteria=open_criteria,
    )


def derive_ana_entry(
    reciprocal_titre: int | None, *, is_equivalent_positive: bool | None = None
) -> bool | None:
    """Whether the entry criterion is met: a titre of 1:80 or more, or an equivalent positive test.

    Examples
    --------
    >>> derive_ana_entry(80), derive_ana_entry(40), derive_ana_entry(None)
    (True, False, None)
    >>> derive_ana_entry(None, is_equivalent_positive=True)
    True
    """
    if is_equivalent_positive:
        return True
    return is_equivalent_positive if reciprocal_titre is None else reciprocal_titre >= ANA_TITRE_MIN


def derive_criteria_of_values(
    *,
    temperature_c: Decimal | None = None,
    white_cells_10e9_per_l: Decimal | None = None,
    platelets_10e9_per_l: Decimal | None = None,
    urine_protein_g_per_24h: Decimal | None = None,
) -> dict[str, bool]:
    """What values say of the criteria that have a limit; a person attributes. Every limit is strict.

    Returns
    -------
    dict of criterion key to bool
        Of the values that are given.
    """
    met = {}
    if temperature_c is not None:
        met["fever"] = temperature_c > TEMPERATURE_ABOVE_C
    if white_cells_10e9_per_l is not None:
        met["leukopenia"] = white_cells_10e9_per_l < WHITE_CELLS_BELOW_10E9_PER_L
    if platelets_10e9_per_l is not None:
        met["thrombocytopenia"] = platelets_10e9_per_l < PLATELETS_BELOW_10E9_PER_L
    if urine_protein_g_per_24h is not None:
        met["proteinuria"] = urine_protein_g_per_24h > PROTEIN_ABOVE_G_PER_24H
    return met


def _count(finding: DescriptorFinding | None) -> bool | None:
    if finding is None or finding.present is None:
        return None
    if not finding.present or finding.attributable == "no":
        return False
    return True if finding.attributable == "yes" else None


def _weigh(criterion: Criterion | None) -> int:
    return 0 if criterion is None else criterion.weight


def _has_clinical(best: Mapping[Domain, Criterion], could_be: Mapping[Domain, int]) -> bool | NotDerived:
    if best.keys() - IMMUNOLOGICAL:
        return True
    return (
        NotDerived("criteria_open", "no clinical criterion is known")
        if could_be.keys() - IMMUNOLOGICAL
        else False
    )


def _decide(
    is_ana_positive: bool | None,  # noqa: FBT001 - the entry criterion's answer
    lower: int,
    upper: int,
    has_clinical: bool | NotDerived,  # noqa: FBT001 - a component
    open_criteria: tuple[str, ...],
) -> bool | NotDerived:
    if is_ana_positive is False or upper < TOTAL_MIN or has_clinical is False:
        return False
    if is_ana_positive is None:
        return NotDerived("not_assessed", "antinuclear antibodies were not recorded")
    if lower >= TOTAL_MIN and has_clinical is True:
        return True
    return NotDerived("criteria_open", ", ".join(open_criteria))
