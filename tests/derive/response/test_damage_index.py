"""SLICC/ACR damage index: maxima, the sum, and a score that falls."""

import pytest

from firstdose.derive.response.damage_index import DAMAGE_DOMAINS, check_damage_index, compute_damage_index
from firstdose.terms.outcomes import NotDerived

NO_DAMAGE: dict[str, int | None] = {domain.key: 0 for domain in DAMAGE_DOMAINS}
# fmt: off
MAXIMA = {
    "ocular": 2, "neuropsychiatric": 6, "renal": 3, "pulmonary": 5, "cardiovascular": 6, "peripheral_vascular": 5,
    "gastrointestinal": 6, "musculoskeletal": 7, "skin": 3, "premature_gonadal_failure": 1, "diabetes": 1, "malignancy": 2,
}
TOTALS: dict[str, tuple[dict[str, int | None], int | str]] = {
    # scores                             total, or why not
    "no damage":          ({}, 0),
    "end-stage kidney":   ({"renal": 3}, 3),
    "two domains":        ({"ocular": 1, "malignancy": 2}, 3),
    # --- what is missing or cannot be
    "not assessed":       ({"skin": None}, "domains_missing"),
    "above the maximum":  ({"diabetes": 2}, "out_of_range"),
    "below 0":            ({"diabetes": -1}, "out_of_range"),
    "both":               ({"diabetes": 2, "skin": None}, "out_of_range"),
}
CHECKS: dict[str, tuple[list[int | None], int | None, str | None]] = {
    # renal before      now   asked back
    "the first":        ([], 2, None),
    "unchanged":        ([2], 2, None),
    "more":             ([1], 2, None),
    "less":             ([2], 1, "lower_than_before"),
    "less than long ago": ([2, None, 1], 1, "lower_than_before"),
    "after a gap":      ([None], 0, None),
    "missing":          ([2], None, "missing"),
    "the maximum":      ([], 3, None),
    "above the maximum": ([], 4, "out_of_range"),
}
# fmt: on


def test_the_published_maxima_add_up_to_47() -> None:
    assert {domain.key: domain.maximum for domain in DAMAGE_DOMAINS} == MAXIMA
    assert compute_damage_index(dict(MAXIMA)) == 47


@pytest.mark.parametrize(("scores", "total"), TOTALS.values(), ids=TOTALS)
def test_the_index_is_the_sum_of_all_domains(scores: dict[str, int | None], total: int | str) -> None:
    found = compute_damage_index(NO_DAMAGE | scores)
    assert (found.reason if isinstance(found, NotDerived) else found) == total


@pytest.mark.parametrize(("before", "now", "kind"), CHECKS.values(), ids=CHECKS)
def test_damage_never_goes_away(before: list[int | None], now: int | None, kind: str | None) -> None:
    found = check_damage_index(NO_DAMAGE | {"renal": now}, [NO_DAMAGE | {"renal": one} for one in before])
    assert [(one.domain, one.kind) for one in found] == ([("renal", kind)] if kind else [])
    assert all("renal" in one.message.en and "肾脏" in one.message.zh for one in found)


def test_an_unknown_domain_is_our_mistake() -> None:
    with pytest.raises(ValueError, match="liver"):
        check_damage_index({"liver": 1})
