"""BILAG-2004: the numeric score, what is newly A or B, and letters that cannot be."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.double import lupus_measures

from firstdose.derive.response.bilag import (
    BILAG_DOMAINS,
    BilagDomain,
    BilagLetter,
    check_bilag_letters,
    compute_bilag_score,
    derive_bilag_not_worse,
    derive_bilag_worsening,
)
from firstdose.terms.outcomes import NotDerived

Letters = dict[BilagDomain, BilagLetter | None]
NEVER: Letters = dict.fromkeys(BILAG_DOMAINS, "E")

# fmt: off
SCORES: dict[str, tuple[Letters, int | None, tuple[int, int]]] = {
    # letters                                         total  bounds
    # --- Yee 2010: A 12, B 8, C 1, D and E 0
    "never affected":      ({}, 0, (0, 0)),
    "one A":               ({"renal": "A"}, 12, (12, 12)),
    "one B":               ({"renal": "B"}, 8, (8, 8)),
    "one C":               ({"renal": "C"}, 1, (1, 1)),
    "one D":               ({"renal": "D"}, 0, (0, 0)),
    "A in every system":   (dict.fromkeys(BILAG_DOMAINS, "A"), 108, (108, 108)),
    # --- a letter that is missing leaves bounds
    "one missing":         ({"renal": "B", "ophthalmic": None}, None, (8, 20)),
}
WORSENING: dict[str, tuple[BilagLetter | None, BilagLetter | None, str]] = {
    # before, now                      what it is
    "B to A":             ("B", "A", "new_a"),
    "E to A":             ("E", "A", "new_a"),
    "A stays A":          ("A", "A", ""),
    # --- from A to B is better, not a new B
    "A to B":             ("A", "B", ""),
    "B stays B":          ("B", "B", ""),
    "C to B":             ("C", "B", "new_b"),
    "D to B":             ("D", "B", "new_b"),
    "C to D":             ("C", "D", ""),
    # --- missing: open only for what it could be
    "unknown to A":       (None, "A", "open_a"),
    "unknown to B":       (None, "B", "open_b"),
    "unknown to C":       (None, "C", ""),
    "A to unknown":       ("A", None, ""),
    "B to unknown":       ("B", None, "open_a"),
}
NOT_WORSE: dict[str, tuple[Letters, Letters, bool | None]] = {
    # before                          now                                       not worse
    # --- one new B is allowed, two are not, an A never
    "one new B":          ({}, {"renal": "B"}, True),
    "two new B":          ({}, {"renal": "B", "ophthalmic": "B"}, False),
    "a new A":            ({}, {"renal": "A"}, False),
    # --- what could be new counts with what is
    "one could be":       ({"renal": None}, {"renal": "B"}, True),
    "one is, one could be": ({"renal": None}, {"renal": "B", "ophthalmic": "B"}, None),
    "two are, one could be": ({"renal": None}, {"renal": "B", "ophthalmic": "B", "mucocutaneous": "B"}, False),
    "could be A":         ({}, {"renal": None}, None),
}
CHECKS: dict[str, tuple[list[BilagLetter | None], BilagLetter | None, str | None]] = {
    # before                 now    what is odd
    "the first assessment": ([], "D", None),
    "missing":              ([], None, "missing"),
    # --- E is never affected: it cannot come after anything else
    "E after B":            (["B"], "E", "never_after_affected"),
    "E after D":            (["D"], "E", "never_after_affected"),
    "E long after B":       (["B", None, None], "E", "never_after_affected"),
    "E after E":            (["E"], "E", None),
    # --- D is affected before: right after E it must have been active between
    "D right after E":      (["E"], "D", "inactive_after_never"),
    "D after E and C":      (["E", "C"], "D", None),
    "D after a gap":        (["E", None], "D", "inactive_after_never"),
    "new activity":         (["E"], "B", None),
}
# fmt: on


@pytest.mark.parametrize(("letters", "total", "bounds"), SCORES.values(), ids=SCORES)
def test_the_score_adds_up_the_letters(letters: Letters, total: int | None, bounds: tuple[int, int]) -> None:
    score = compute_bilag_score(NEVER | letters)
    assert (None if isinstance(score.total, NotDerived) else score.total) == total
    assert (score.lower_bound, score.upper_bound) == bounds


@pytest.mark.parametrize(("before", "now", "kind"), WORSENING.values(), ids=WORSENING)
def test_what_is_newly_a_or_b(before: BilagLetter | None, now: BilagLetter | None, kind: str) -> None:
    worsening = derive_bilag_worsening(NEVER | {"renal": before}, NEVER | {"renal": now})
    found = [name for name in ("new_a", "new_b", "open_a", "open_b") if getattr(worsening, name)]
    assert found == ([kind] if kind else [])


@pytest.mark.parametrize(("before", "now", "not_worse"), NOT_WORSE.values(), ids=NOT_WORSE)
def test_one_new_b_is_not_worse(before: Letters, now: Letters, *, not_worse: bool | None) -> None:
    answer = derive_bilag_not_worse(derive_bilag_worsening(NEVER | before, NEVER | now))
    assert (None if isinstance(answer, NotDerived) else answer) is not_worse


@pytest.mark.parametrize(("before", "now", "kind"), CHECKS.values(), ids=CHECKS)
def test_letters_that_cannot_follow_one_another_are_asked_back(
    before: list[BilagLetter | None], now: BilagLetter | None, kind: str | None
) -> None:
    earlier = [NEVER | {"renal": letter} for letter in before]
    found = check_bilag_letters(NEVER | {"renal": now}, earlier)
    assert [(one.domain, one.kind) for one in found] == ([("renal", kind)] if kind else [])
    assert all("renal" in one.message.en and "肾脏" in one.message.zh for one in found)


LETTERS = st.sampled_from("AABBCDE")


@st.composite
def nine_letters(draw: st.DrawFn) -> list[str | None]:
    letters: list[str | None] = draw(st.lists(LETTERS, min_size=9, max_size=9))
    for place in draw(st.lists(st.integers(0, 8), max_size=2)):
        letters[place] = None
    return letters


def _named(letters: list[str | None]) -> Letters:
    return dict(zip(BILAG_DOMAINS, letters, strict=True))  # type: ignore[arg-type] # letters of the instrument


@given(before=nine_letters(), now=nine_letters())
@settings(max_examples=60, deadline=None)
def test_score_and_worsening_agree_with_every_way_the_missing_letters_could_be(
    before: list[str | None], now: list[str | None]
) -> None:
    score = compute_bilag_score(_named(now))
    assert (score.lower_bound, score.upper_bound) == lupus_measures.bilag_range(now)
    answer = derive_bilag_not_worse(derive_bilag_worsening(_named(before), _named(now)))
    assert (None if isinstance(answer, NotDerived) else answer) is lupus_measures.bilag_not_worse(before, now)
