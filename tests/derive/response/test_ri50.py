"""S2K RI-50: halves, new and gone descriptors, and the responses that follow."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.double import lupus_measures

from firstdose.derive.response.bilag import BILAG_DOMAINS
from firstdose.derive.response.ri50 import Ri50, compute_ri50, derive_ri50_response, derive_sri50
from firstdose.derive.response.sledai import DESCRIPTOR_BY_KEY, DescriptorFinding, Sledai, derive_sledai
from firstdose.derive.response.sri import Sri, derive_sri
from firstdose.terms.outcomes import NotDerived

FINDINGS = {
    True: DescriptorFinding(present=True, attributable="yes"),
    False: DescriptorFinding(present=False),
    None: DescriptorFinding(present=None),
}


def _sledai(*present: str, missing: tuple[str, ...] = ()) -> Sledai:
    return derive_sledai(
        {key: FINDINGS[None if key in missing else key in present] for key in DESCRIPTOR_BY_KEY}
    )


def _ri50(before: Sledai, now: Sledai, *improved: str, not_improved: tuple[str, ...] = ()) -> Ri50:
    answers = dict.fromkeys(improved, True) | dict.fromkeys(not_improved, False)
    return compute_ri50(before, now, improved_by_half=answers)


JOINTS_AND_RASH = _sledai("arthritis", "rash", "fever")
# fmt: off
TOTALS: dict[str, tuple[Sledai, tuple[str, ...], tuple[str, ...], str | None, tuple[str, str]]] = {
    # now                                improved by half  not improved     total   bounds
    # --- 7 at baseline: gone 0, half of the weight, or all of it
    "all gone":          (_sledai(), (), (), "0", ("0", "0")),
    "all half":          (JOINTS_AND_RASH, ("arthritis", "rash", "fever"), (), "3.5", ("3.5", "3.5")),
    "none improved":     (JOINTS_AND_RASH, (), ("arthritis", "rash", "fever"), "7", ("7", "7")),
    "weight 1 halved":   (_sledai("fever"), ("fever",), (), "0.5", ("0.5", "0.5")),
    # --- new since baseline counts all, whatever is said about improvement
    "new pleurisy":      (_sledai("pleurisy"), (), (), "2", ("2", "2")),
    "new, called better": (_sledai("pleurisy"), ("pleurisy",), (), "2", ("2", "2")),
    # --- not rated is between half and all, not assessed between nothing and all
    "not rated":         (_sledai("arthritis"), (), (), None, ("2", "4")),
    "not assessed":      (_sledai(missing=("arthritis",)), (), (), None, ("0", "4")),
}
# The abstract of the ustekinumab trial gives examples of a fall by 2 (Lupus Sci Med 2019;6(Suppl 1):A9): partial
# improvement in one of renal, arthritis or myositis, or in two of rash, alopecia, ulcers, pleurisy, pericarditis,
# low complement and anti-dsDNA.
FALLS_BY_2 = [
    ("arthritis",), ("myositis",), ("proteinuria",), ("hematuria",), ("pyuria",), ("urinary_casts",),
    ("rash", "alopecia"), ("mucosal_ulcers", "pleurisy"), ("pericarditis", "low_complement"),
    ("increased_dna_binding", "rash"),
]
# fmt: on


@pytest.mark.parametrize(("now", "improved", "unimproved", "total", "bounds"), TOTALS.values(), ids=TOTALS)
def test_an_improvement_by_half_counts_half(
    now: Sledai,
    improved: tuple[str, ...],
    unimproved: tuple[str, ...],
    total: str | None,
    bounds: tuple[str, str],
) -> None:
    ri50 = _ri50(JOINTS_AND_RASH, now, *improved, not_improved=unimproved)
    assert (None if isinstance(ri50.total, NotDerived) else ri50.total) == (
        None if total is None else Decimal(total)
    )
    assert (ri50.lower_bound, ri50.upper_bound) == tuple(map(Decimal, bounds))


@pytest.mark.parametrize("improved", FALLS_BY_2, ids="+".join)
def test_published_examples_of_a_fall_by_2(improved: tuple[str, ...]) -> None:
    sledai = _sledai(*improved)
    ri50 = _ri50(sledai, sledai, *improved)
    assert sledai.total == ri50.lower_bound + 2
    assert derive_ri50_response(sledai, ri50, reduction=Decimal(2)) is True
    assert derive_ri50_response(sledai, ri50) is False


# fmt: off
RESPONSES: dict[str, tuple[Sledai, Sledai, tuple[str, ...], bool | None]] = {
    # baseline, now, improved                                                                        by 4
    "two halves of 4":   (_sledai("arthritis", "myositis"), _sledai("arthritis", "myositis"), ("arthritis", "myositis"), True),
    "3.5 of 7":          (JOINTS_AND_RASH, JOINTS_AND_RASH, ("arthritis", "rash", "fever"), False),
    # --- 4 by halves where SLEDAI-2K did not fall at all
    "half of 8":         (_sledai("seizure"), _sledai("seizure"), ("seizure",), True),
    "not rated":         (_sledai("seizure"), _sledai("seizure"), (), None),
    "missing decides not": (_sledai("seizure"), _sledai(missing=("arthritis",)), (), True),
    "baseline missing":  (_sledai("rash", missing=("alopecia",)), _sledai(), (), None),
}
# fmt: on


@pytest.mark.parametrize(("before", "now", "improved", "responded"), RESPONSES.values(), ids=RESPONSES)
def test_a_response_is_a_fall_by_4_from_sledai_at_baseline(
    before: Sledai, now: Sledai, improved: tuple[str, ...], *, responded: bool | None
) -> None:
    answer = derive_ri50_response(before, _ri50(before, now, *improved))
    assert (None if isinstance(answer, NotDerived) else answer) is responded


@pytest.mark.parametrize(("pga", "responded"), [("1.0", True), ("1.3", False)])
def test_sri_50_replaces_the_fall_and_keeps_the_other_components(pga: str, *, responded: bool) -> None:
    sledai = _sledai("seizure")
    quiet = dict.fromkeys(BILAG_DOMAINS, "E")
    sri = derive_sri(
        sledai,
        sledai,
        baseline_bilag=quiet,  # type: ignore[arg-type] # E in every system
        bilag=quiet,  # type: ignore[arg-type] # E in every system
        baseline_pga=Decimal("1.0"),
        pga=Decimal(pga),
        has_treatment_failure=False,
    )
    assert sri.responded is False
    sri50: Sri = derive_sri50(sri, sledai, _ri50(sledai, sledai, "seizure"))
    assert (sri50.responded, sri50.sledai_reduced) == (responded, True)


def test_an_answer_for_something_else_is_our_mistake() -> None:
    with pytest.raises(ValueError, match="lupus_nephritis"):
        compute_ri50(_sledai(), _sledai(), improved_by_half={"lupus_nephritis": True})


ANSWERS = st.sampled_from([True, False, None])


@given(rows=st.lists(st.tuples(ANSWERS, ANSWERS, ANSWERS), min_size=24, max_size=24))
@settings(max_examples=150, deadline=None)
def test_bounds_agree_with_every_way_the_missing_answers_could_be(
    rows: list[tuple[bool | None, bool | None, bool | None]],
) -> None:
    named = dict(zip(DESCRIPTOR_BY_KEY.values(), rows, strict=True))
    before, now = (
        derive_sledai({one.key: FINDINGS[row[place]] for one, row in named.items()}) for place in (0, 1)
    )
    ri50 = compute_ri50(before, now, improved_by_half={one.key: row[2] for one, row in named.items()})
    low, high = lupus_measures.ri50_range((one.weight, *row) for one, row in named.items())
    assert (Fraction(ri50.lower_bound), Fraction(ri50.upper_bound)) == (low, high)
