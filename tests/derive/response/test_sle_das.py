"""SLE-DAS: weights, limits, categories, and the formula in binary floats."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.double import lupus_measures

from firstdose.derive.response.sle_das import WEIGHTS, Rash, SleDasItems, assign_category, compute_sle_das
from firstdose.terms.outcomes import NotDerived


def _items(
    *present: str,
    joints: int | None = 0,
    rash: Rash | None = "none",
    protein: str | None = "100",
    platelets: str | None = "200",
    white_cells: str | None = "5",
    missing: str = "",
) -> SleDasItems:
    protein_value, platelet_value, white_cell_value = (
        None if one is None else Decimal(one) for one in (protein, platelets, white_cells)
    )
    return SleDasItems(
        swollen_joints_28=joints,
        rash=rash,
        present={item: None if item == missing else item in present for item in WEIGHTS},
        proteinuria_mg_per_24h=protein_value,
        platelets_10e9_per_l=platelet_value,
        white_cells_10e9_per_l=white_cell_value,
    )


# fmt: off
SCORES = {
    # items                                                      score
    "fully inactive":          (_items(), "0.366"),
    # --- arthritis is there with the first swollen joint
    "one swollen joint":       (_items(joints=1), "3.952"),
    "28 swollen joints":       (_items(joints=28), "16.210"),
    # --- a rash is localised or generalised, not both
    "localised rash":          (_items(rash="localised"), "3.504"),
    "generalised rash":        (_items(rash="generalised"), "4.253"),
    # --- serology alone stays in remission, by 0.004
    "serology":                (_items("hypocomplementaemia", "increased_anti_dsdna"), "2.076"),
    "neuropsychiatric":        (_items("neuropsychiatric"), "18.366"),
    # --- exactly at a limit adds nothing
    "protein 500":             (_items(protein="500"), "0.366"),
    "platelets 100":           (_items(platelets="100"), "0.366"),
    "white cells 3":           (_items(white_cells="3"), "0.366"),
    # --- ln 1 is 0: what is left is the constant
    "platelets 1":             (_items(platelets="1"), "26.471"),
    "white cells 1":           (_items(white_cells="1"), "6.484"),
}
MISSING = {
    "joints": (_items(joints=None), "items_missing"),
    "rash": (_items(rash=None), "items_missing"),
    "protein": (_items(protein=None), "items_missing"),
    "platelets": (_items(platelets=None), "items_missing"),
    "white cells": (_items(white_cells=None), "items_missing"),
    "myositis": (_items(missing="myositis"), "items_missing"),
    # --- what cannot be
    "29 joints": (_items(joints=29), "out_of_range"),
    "no platelets": (_items(platelets="0"), "out_of_range"),
    "protein below 0": (_items(protein="-1"), "out_of_range"),
}
CATEGORIES = [("2.08", "remission"), ("2.081", "mild"), ("7.64", "mild"), ("7.641", "moderate_or_severe")]
# fmt: on


@pytest.mark.parametrize(("items", "score"), SCORES.values(), ids=SCORES)
def test_the_score_adds_up_what_is_present(items: SleDasItems, score: str) -> None:
    assert compute_sle_das(items).score == Decimal(score)


@pytest.mark.parametrize(("items", "reason"), MISSING.values(), ids=MISSING)
def test_there_is_no_score_without_all_items(items: SleDasItems, reason: str) -> None:
    found = compute_sle_das(items)
    assert isinstance(found.score, NotDerived)
    assert found.score.reason == reason
    assert found.category == found.score


@pytest.mark.parametrize(("score", "category"), CATEGORIES)
def test_a_limit_belongs_to_the_lower_category(score: str, category: str) -> None:
    assert assign_category(Decimal(score)) == category


def test_abnormal_serology_alone_is_remission() -> None:
    assert compute_sle_das(_items("hypocomplementaemia", "increased_anti_dsdna")).category == "remission"


def test_an_unknown_item_is_our_mistake() -> None:
    with pytest.raises(ValueError, match="headache"):
        compute_sle_das(
            SleDasItems(
                swollen_joints_28=0,
                rash="none",
                present={"headache": True},
                proteinuria_mg_per_24h=None,
                platelets_10e9_per_l=None,
                white_cells_10e9_per_l=None,
            )
        )


@given(
    joints=st.integers(0, 28),
    rash=st.sampled_from(["none", "localised", "generalised"]),
    present=st.sets(st.sampled_from(sorted(WEIGHTS))),
    protein=st.integers(0, 8000),
    platelets=st.integers(1, 400),
    white_cells=st.integers(1, 120),
)
@settings(max_examples=200, deadline=None)
def test_the_score_agrees_with_the_formula_in_floats(
    joints: int, rash: Rash, present: set[str], protein: int, platelets: int, white_cells: int
) -> None:
    tenths = Decimal(white_cells) / 10
    found = compute_sle_das(
        _items(
            *present,
            joints=joints,
            rash=rash,
            protein=str(protein),
            platelets=str(platelets),
            white_cells=str(tenths),
        )
    )
    expected = lupus_measures.sle_das(joints, rash, present, protein, platelets, white_cells / 10)
    assert isinstance(found.score, Decimal)
    assert float(found.score) == pytest.approx(expected, abs=1e-9)
