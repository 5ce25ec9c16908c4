"""BICLA: each component at its limit, and against a second implementation."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.double import lupus_measures

from firstdose.derive.response.bicla import Bicla, derive_bicla, derive_bilag_improvement
from firstdose.derive.response.bilag import BILAG_DOMAINS, BilagDomain, BilagLetter
from firstdose.derive.response.sledai import DESCRIPTOR_BY_KEY, DescriptorFinding, Sledai, derive_sledai
from firstdose.terms.outcomes import NotDerived

YES = DescriptorFinding(present=True, attributable="yes")
NO = DescriptorFinding(present=False)
UNKNOWN = DescriptorFinding(present=None)
Letters = dict[BilagDomain, BilagLetter | None]
NEVER: Letters = dict.fromkeys(BILAG_DOMAINS, "E")


def _sledai(*present: str, missing: tuple[str, ...] = ()) -> Sledai:
    return derive_sledai(
        dict.fromkeys(DESCRIPTOR_BY_KEY, NO) | dict.fromkeys(present, YES) | dict.fromkeys(missing, UNKNOWN)
    )


def _bicla(
    before: Letters,
    now: Letters,
    *,
    sledai_before: Sledai | None = None,
    sledai: Sledai | None = None,
    pga: tuple[str | None, str | None] = ("1.0", "1.0"),
    failure: bool | None = False,
) -> Bicla:
    before_value, now_value = (None if one is None else Decimal(one) for one in pga)
    return derive_bicla(
        sledai_before or _sledai("arthritis", "rash"),
        sledai or _sledai("rash"),
        baseline_bilag=NEVER | before,
        bilag=NEVER | now,
        baseline_pga=before_value,
        pga=now_value,
        has_treatment_failure=failure,
    )


def _known(answer: bool | NotDerived) -> bool | None:  # noqa: FBT001 - the answer is what is read
    return None if isinstance(answer, NotDerived) else answer


# fmt: off
LETTERS: dict[str, tuple[Letters, Letters, bool | None]] = {
    # at baseline                               now                                       responded
    # --- every A to B or better
    "A to B":             ({"renal": "A"}, {"renal": "B"}, True),
    "A to D":             ({"renal": "A"}, {"renal": "D"}, True),
    "A stays A":          ({"renal": "A"}, {"renal": "A"}, False),
    # --- every B to C or better
    "B to C":             ({"renal": "B"}, {"renal": "C"}, True),
    "B stays B":          ({"renal": "B"}, {"renal": "B"}, False),
    "B to A":             ({"renal": "B"}, {"renal": "A"}, False),
    "one of two":         ({"renal": "B", "mucocutaneous": "B"}, {"renal": "C", "mucocutaneous": "B"}, False),
    # --- one new B is allowed, two are not, an A never
    "one new B":          ({"renal": "B"}, {"renal": "C", "ophthalmic": "B"}, True),
    "two new B":          ({"renal": "B"}, {"renal": "C", "ophthalmic": "B", "constitutional": "B"}, False),
    "a new A":            ({"renal": "B"}, {"renal": "C", "ophthalmic": "A"}, False),
    # --- nothing active at baseline asks for nothing
    "no A or B":          ({"renal": "C"}, {"renal": "C"}, True),
    # --- missing and impossible letters
    "A to unknown":       ({"renal": "A"}, {"renal": None}, None),
    "unknown to D":       ({"renal": None}, {"renal": "D"}, True),
    "unknown to B":       ({"renal": None}, {"renal": "B"}, None),
    "A to E":             ({"renal": "A"}, {"renal": "E"}, None),
}
OTHERS: dict[str, tuple[Sledai, tuple[str | None, str | None], bool | None, bool | None]] = {
    # SLEDAI now (6 before)                      PGA             failure  responded
    # --- SLEDAI-2K not above baseline
    "equal":              (_sledai("arthritis", "alopecia"), ("1", "1"), False, True),
    "one point more":     (_sledai("arthritis", "rash", "fever"), ("1", "1"), False, False),
    "fever may be":       (_sledai("arthritis", "rash", missing=("fever",)), ("1", "1"), False, None),
    "fever does not matter": (_sledai("arthritis", missing=("fever",)), ("1", "1"), False, True),
    # --- the physician: less than 0.3 worse
    "worse by 0.29":      (_sledai(), ("1.00", "1.29"), False, True),
    "worse by 0.3":       (_sledai(), ("1.0", "1.3"), False, False),
    "not assessed":       (_sledai(), ("1.0", None), False, None),
    "outside the scale":  (_sledai(), ("1.0", "3.1"), False, None),
    # --- rescue or a disallowed drug
    "rescued":            (_sledai(), ("1", "1"), True, False),
    "rescue unknown":     (_sledai(), ("1", "1"), None, None),
}
# fmt: on


@pytest.mark.parametrize(("before", "now", "responded"), LETTERS.values(), ids=LETTERS)
def test_every_active_system_must_improve_and_none_may_worsen(
    before: Letters, now: Letters, *, responded: bool | None
) -> None:
    assert _known(_bicla(before, now).responded) is responded


@pytest.mark.parametrize(("sledai", "pga", "failure", "responded"), OTHERS.values(), ids=OTHERS)
def test_nothing_else_may_be_worse(
    sledai: Sledai, pga: tuple[str | None, str | None], *, failure: bool | None, responded: bool | None
) -> None:
    bicla = _bicla({"renal": "A"}, {"renal": "B"}, sledai=sledai, pga=pga, failure=failure)
    assert _known(bicla.responded) is responded


def test_a_participant_without_an_active_system_is_told_apart() -> None:
    assert _bicla({}, {}).had_active_system is False
    assert _bicla({"renal": "B"}, {"renal": "C"}).had_active_system is True
    assert isinstance(_bicla({"renal": None}, {}).had_active_system, NotDerived)


@given(
    before=st.lists(st.sampled_from(["A", "B", "C", "D", "E", None]), min_size=9, max_size=9),
    now=st.lists(st.sampled_from(["B", "C", "C", "D", "D", "E", None]), min_size=9, max_size=9),
)
@settings(max_examples=200, deadline=None)
def test_improvement_agrees_with_every_way_the_missing_letters_could_be(
    before: list[str | None], now: list[str | None]
) -> None:
    answer = derive_bilag_improvement(
        dict(zip(BILAG_DOMAINS, before, strict=True)),  # type: ignore[arg-type] # letters of the instrument
        dict(zip(BILAG_DOMAINS, now, strict=True)),  # type: ignore[arg-type] # letters of the instrument
    )
    assert _known(answer) is lupus_measures.bilag_improved(before, now)
