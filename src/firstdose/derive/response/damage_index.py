"""SLICC/ACR damage index (SDI): scores of twelve domains, their sum, and checks.

Damage is irreversible whatever its cause, so a score never falls.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text

PRESENT_MIN_MONTHS = 6
"""How long an item must have been there, unless the index says otherwise."""


class DamageDomain(msgspec.Struct, frozen=True):
    """A domain of the index with the largest score that its items can add up to."""

    key: str
    maximum: int
    label: Text


DAMAGE_DOMAINS: tuple[DamageDomain, ...] = (
    DamageDomain("ocular", 2, Text("ocular", "眼")),
    DamageDomain("neuropsychiatric", 6, Text("neuropsychiatric", "神经精神")),
    DamageDomain("renal", 3, Text("renal", "肾脏")),
    DamageDomain("pulmonary", 5, Text("pulmonary", "肺")),
    DamageDomain("cardiovascular", 6, Text("cardiovascular", "心血管")),
    DamageDomain("peripheral_vascular", 5, Text("peripheral vascular", "外周血管")),
    DamageDomain("gastrointestinal", 6, Text("gastrointestinal", "胃肠道")),
    DamageDomain("musculoskeletal", 7, Text("musculoskeletal", "肌肉骨骼")),
    DamageDomain("skin", 3, Text("skin", "皮肤")),
    DamageDomain("premature_gonadal_failure", 1, Text("premature gonadal failure", "早发性性腺功能衰竭")),
    DamageDomain("diabetes", 1, Text("diabetes", "糖尿病")),
    DamageDomain("malignancy", 2, Text("malignancy", "恶性肿瘤")),
)
"""Gladman D et al. Arthritis Rheum 1996;39:363-369; the maxima add up to 47."""

DamageScores = Mapping[str, int | None]


class DamageCheck(msgspec.Struct, frozen=True, kw_only=True):
    """A domain score to be looked at again."""

    domain: str
    kind: Literal["missing", "out_of_range", "lower_than_before"]
    message: Text


def compute_damage_index(scores: DamageScores) -> int | NotDerived:
    """The sum of the domain scores.

    Parameters
    ----------
    scores : mapping of domain key to int or None
        A domain that is not given, or None, was not assessed.

    Returns
    -------
    int
        0 to 47.
    NotDerived
        ``domains_missing`` or ``out_of_range`` (below 0 or above the domain's maximum).

    Raises
    ------
    ValueError
        If a key is not a domain of the index.

    Source
    ------
    Gladman D et al. Arthritis Rheum 1996;39:363-369.

    Examples
    --------
    >>> no_damage = {domain.key: 0 for domain in DAMAGE_DOMAINS}
    >>> compute_damage_index(no_damage | {"renal": 3, "ocular": 1})
    4
    """
    checks = check_damage_index(scores)
    missing = [one.domain for one in checks if one.kind == "missing"]
    outside = [one.domain for one in checks if one.kind == "out_of_range"]
    if outside:
        return NotDerived("out_of_range", ", ".join(outside))
    if missing:
        return NotDerived("domains_missing", ", ".join(missing))
    return sum(score for score in scores.values() if score is not None)


def check_damage_index(scores: DamageScores, earlier: Sequence[DamageScores] = ()) -> tuple[DamageCheck, ...]:
    """What to ask back about the domain scores of an assessment.

    Parameters
    ----------
    scores : mapping of domain key to int or None
        Now.
    earlier : sequence of n mappings
        The assessments before, in any order.

    Returns
    -------
    tuple of DamageCheck, in the order of the index
        A domain without a score, a score outside its domain's range, or one that is lower than before.
    """
    unknown_keys = scores.keys() - {domain.key for domain in DAMAGE_DOMAINS}
    if unknown_keys:
        raise ValueError(f"not domains of the damage index: {sorted(unknown_keys)}")
    found = []
    for domain in DAMAGE_DOMAINS:
        score = scores.get(domain.key)
        highest = max((before for one in earlier if (before := one.get(domain.key)) is not None), default=0)
        if score is None:
            found.append(
                DamageCheck(
                    domain=domain.key,
                    kind="missing",
                    message=Text(
                        f"Damage index, {domain.label.en}: no score is recorded.",
                        f"损伤指数 {domain.label.zh}：未记录评分。",
                    ),
                )
            )
        elif not 0 <= score <= domain.maximum:
            found.append(
                DamageCheck(
                    domain=domain.key,
                    kind="out_of_range",
                    message=Text(
                        f"Damage index, {domain.label.en}: {score} is not between 0 and {domain.maximum}.",
                        f"损伤指数 {domain.label.zh}：{score} 不在 0 至 {domain.maximum} 之间。",
                    ),
                )
            )
        elif score < highest:
            found.append(
                DamageCheck(
                    domain=domain.key,
                    kind="lower_than_before",
                    message=Text(
                        f"Damage index, {domain.label.en}: {score} after {highest}; damage does not go away.",
                        f"损伤指数 {domain.label.zh}：既往为 {highest}，现为 {score}；损伤不可逆转，评分不应下降。",
                    ),
                )
            )
    return tuple(found)
