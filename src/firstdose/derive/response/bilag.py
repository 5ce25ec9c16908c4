"""BILAG-2004: the letters of nine systems, their numeric score, and what is newly A or B.

The letters are given by a trained investigator; they are never derived from the items here (P-BILAG-1).
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal, get_args

import msgspec

from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text

BilagDomain = Literal[
    "constitutional",
    "mucocutaneous",
    "neuropsychiatric",
    "musculoskeletal",
    "cardiorespiratory",
    "gastrointestinal",
    "ophthalmic",
    "renal",
    "haematological",
]
BilagLetter = Literal["A", "B", "C", "D", "E"]
BILAG_DOMAINS: tuple[BilagDomain, ...] = get_args(BilagDomain)
BilagLetters = Mapping[BilagDomain, BilagLetter | None]

DOMAIN_NAMES: Mapping[BilagDomain, Text] = MappingProxyType(
    {
        "constitutional": Text("constitutional", "全身症状"),
        "mucocutaneous": Text("mucocutaneous", "皮肤黏膜"),
        "neuropsychiatric": Text("neuropsychiatric", "神经精神"),
        "musculoskeletal": Text("musculoskeletal", "肌肉骨骼"),
        "cardiorespiratory": Text("cardiorespiratory", "心肺"),
        "gastrointestinal": Text("gastrointestinal", "胃肠道"),
        "ophthalmic": Text("ophthalmic", "眼部"),
        "renal": Text("renal", "肾脏"),
        "haematological": Text("haematological", "血液系统"),
    }
)
POINTS: Mapping[BilagLetter, int] = MappingProxyType({"A": 12, "B": 8, "C": 1, "D": 0, "E": 0})
"""Yee C-S et al. Rheumatology 2010;49:1665-1669."""
NEW_B_MAX = 1
"""Newly B systems that SRI and BICLA allow."""
AFFECTED: frozenset[BilagLetter] = frozenset({"A", "B", "C", "D"})
"""Letters that say that the system is or was affected; E says never."""


Oddity = Literal["missing", "never_after_affected", "inactive_after_never"]
_SAID: Mapping[Oddity, Text] = MappingProxyType(
    {
        "missing": Text("no letter is recorded.", "未记录等级。"),
        "never_after_affected": Text(
            "E (never affected) after an earlier A, B, C or D; inactive now is D.",
            "既往曾为A、B、C或D，现记为E（从未受累）；目前无活动应为D。",
        ),
        "inactive_after_never": Text(
            "D (affected before) right after E (never affected); was it active between?",
            "上次为E（从未受累），现为D（既往受累）；两次评估之间是否有过活动？",
        ),
    }
)


class BilagScore(msgspec.Struct, frozen=True, kw_only=True):
    """The numeric score of nine letters with its bounds; ``missing`` in the order of the instrument."""

    total: int | NotDerived
    lower_bound: int
    upper_bound: int
    missing: tuple[BilagDomain, ...]


class BilagCheck(msgspec.Struct, frozen=True, kw_only=True):
    """A letter to be looked at again, with what is odd about it."""

    domain: BilagDomain
    kind: Oddity
    message: Text


class BilagWorsening(msgspec.Struct, frozen=True, kw_only=True):
    """Systems that are newly A or newly B, and those that could be because a letter is missing."""

    new_a: tuple[BilagDomain, ...]
    new_b: tuple[BilagDomain, ...]
    open_a: tuple[BilagDomain, ...]
    open_b: tuple[BilagDomain, ...]


def compute_bilag_score(letters: BilagLetters) -> BilagScore:
    """The numeric score of the nine letters, 0 to 108.

    Parameters
    ----------
    letters : mapping of domain to letter or None
        A domain not given, or None, was not assessed.

    Returns
    -------
    BilagScore
        The total is NotDerived when a letter is missing; the bounds always stand.

    Source
    ------
    Yee C-S et al. Rheumatology 2010;49:1665-1669: A 12, B 8, C 1, D and E 0.

    Examples
    --------
    >>> quiet = dict.fromkeys(BILAG_DOMAINS, "D")
    >>> compute_bilag_score(quiet | {"renal": "A", "mucocutaneous": "B", "musculoskeletal": "C"}).total
    21
    """
    known = sum(POINTS[letter] for domain in BILAG_DOMAINS if (letter := letters.get(domain)) is not None)
    missing = tuple(domain for domain in BILAG_DOMAINS if letters.get(domain) is None)
    return BilagScore(
        total=NotDerived("letters_missing", ", ".join(missing)) if missing else known,
        lower_bound=known,
        upper_bound=known + POINTS["A"] * len(missing),
        missing=missing,
    )


def check_bilag_letters(
    letters: BilagLetters, earlier: Sequence[BilagLetters] = ()
) -> tuple[BilagCheck, ...]:
    """What to ask back about the letters of an assessment.

    Parameters
    ----------
    letters : mapping of domain to letter or None
        Now.
    earlier : sequence of n mappings
        The assessments before, oldest first.

    Returns
    -------
    tuple of BilagCheck, in the order of the instrument
        A missing letter; an E (never affected) after any of A to D; a D (affected before) right after an E,
        which needs activity between the two assessments.

    Examples
    --------
    >>> quiet = dict.fromkeys(BILAG_DOMAINS, "E")
    >>> [(one.domain, one.kind) for one in check_bilag_letters(quiet, [quiet | {"renal": "B"}])]
    [('renal', 'never_after_affected')]
    """
    found = []
    for domain in BILAG_DOMAINS:
        known_before = [letter for one in earlier if (letter := one.get(domain)) is not None]
        kind = _find_oddity(letters.get(domain), known_before)
        if kind is not None:
            name, said = DOMAIN_NAMES[domain], _SAID[kind]
            message = Text(f"BILAG-2004, {name.en}: {said.en}", f"BILAG-2004 {name.zh}：{said.zh}")
            found.append(BilagCheck(domain=domain, kind=kind, message=message))
    return tuple(found)


def derive_bilag_worsening(baseline: BilagLetters, now: BilagLetters) -> BilagWorsening:
    """Systems newly A or newly B.

    Parameters
    ----------
    baseline, now : mapping of domain to letter or None
        A domain not given, or None, was not assessed.

    Returns
    -------
    BilagWorsening
        New A: A now and not A at baseline. New B: B now and C, D or E at baseline; from A to B is better.

    Examples
    --------
    >>> all_e = dict.fromkeys(BILAG_DOMAINS, "E")
    >>> derive_bilag_worsening(all_e, all_e | {"renal": "B"}).new_b
    ('renal',)
    """
    new_a: list[BilagDomain] = []
    new_b: list[BilagDomain] = []
    open_a: list[BilagDomain] = []
    open_b: list[BilagDomain] = []
    for domain in BILAG_DOMAINS:
        before, after = baseline.get(domain), now.get(domain)
        if after in ("A", None) and before != "A":
            (open_a if before is None or after is None else new_a).append(domain)
        if after in ("B", None) and before not in ("A", "B"):
            (open_b if before is None or after is None else new_b).append(domain)
    return BilagWorsening(new_a=tuple(new_a), new_b=tuple(new_b), open_a=tuple(open_a), open_b=tuple(open_b))


def derive_bilag_not_worse(worsening: BilagWorsening, *, new_b_max: int = NEW_B_MAX) -> bool | NotDerived:
    """Whether there is no new A and no more new B than allowed; missing letters count only where they could."""
    if worsening.new_a or len(worsening.new_b) > new_b_max:
        return False
    if worsening.open_a or len(worsening.new_b) + len(worsening.open_b) > new_b_max:
        return NotDerived("bilag_missing", ", ".join(sorted({*worsening.open_a, *worsening.open_b})))
    return True


def _find_oddity(letter: BilagLetter | None, known_before: Sequence[BilagLetter]) -> Oddity | None:
    if letter is None:
        return "missing"
    if letter == "E" and any(before in AFFECTED for before in known_before):
        return "never_after_affected"
    # an affected system never goes back to E, so a last letter of E says that none before was affected
    if letter == "D" and known_before and known_before[-1] == "E":
        return "inactive_after_never"
    return None
