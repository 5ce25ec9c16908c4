"""SLEDAI-2K, DORIS and LLDAS from their definitions, with the crudest arithmetic.

A tri-state answer is read off every way in which the missing data could turn out.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import product

WEIGHT_8 = (
    "seizure psychosis organic_brain_syndrome visual_disturbance cranial_nerve_disorder lupus_headache cva"
    " vasculitis"
)
WEIGHT_4 = "arthritis myositis urinary_casts hematuria proteinuria pyuria"
WEIGHT_2 = "rash alopecia mucosal_ulcers pleurisy pericarditis low_complement increased_dna_binding"
WEIGHT_1 = "fever thrombocytopenia leukopenia"
WEIGHTS = {
    name: weight
    for weight, names in ((8, WEIGHT_8), (4, WEIGHT_4), (2, WEIGHT_2), (1, WEIGHT_1))
    for name in names.split()
}
Answer = bool | None
Answers = dict[str, Answer]
SEROLOGY = ("low_complement", "increased_dna_binding")
MAJOR = set((WEIGHT_8 + " urinary_casts hematuria proteinuria pyuria pleurisy pericarditis fever").split())


def counted_or_missing(findings: Mapping[str, tuple[Answer, str | None]]) -> Answers:
    """Each descriptor: True counts, False does not, None was not assessed."""
    answer: Answers = {}
    for name in WEIGHTS:
        present, attributable = findings.get(name, (None, None))
        answer[name] = None if present is None else (present and attributable != "no")
    return answer


def completions(answers: Answers) -> Iterator[Answers]:
    """Every way in which the missing answers could turn out."""
    missing = [name for name, answer in answers.items() if answer is None]
    for guess in product((False, True), repeat=len(missing)):
        yield {**answers, **dict(zip(missing, guess, strict=True))}


def score(full: Answers, without: Collection[str] = ()) -> int:
    return sum(WEIGHTS[name] for name, present in full.items() if present and name not in without)


def sledai_bounds(answers: Answers, without: Collection[str] = ()) -> tuple[int, int]:
    totals = [score(full, without) for full in completions(answers)]
    return min(totals), max(totals)


def three(possible: Iterable[bool]) -> Answer:
    """True, False, or None for "cannot be known"."""
    distinct = set(possible)
    return distinct.pop() if len(distinct) == 1 else None


def all_three(parts: Iterable[Answer]) -> Answer:
    known = list(parts)
    return False if False in known else None if None in known else True


def doris(answers: Answers, *, pga: Decimal | None, prednisone: Fraction | None, stable: Answer) -> Answer:
    clinical = three(score(full, SEROLOGY) == 0 for full in completions(answers))
    low_pga = None if pga is None else Fraction(pga) < Fraction(1, 2)
    low_dose = None if prednisone is None else Fraction(prednisone) <= 5
    return all_three([clinical, low_pga, low_dose, stable])


def lldas(
    answers: Answers,
    flags: Sequence[Answer],
    previous: Answers | None,
    previous_flags: Sequence[Answer],
    *,
    pga: Decimal | None,
    prednisone: Fraction | None,
    maintenance: Answer,
) -> Answer:
    """With the default rule for new features: any descriptor or flag present now and absent before."""
    quiet_score = three(score(full) <= 4 for full in completions(answers))
    quiet_organs = three(
        not any(present and name in MAJOR for name, present in full.items()) for full in completions(answers)
    )
    item_1 = all_three([quiet_score, quiet_organs, *(None if flag is None else not flag for flag in flags)])
    item_2: Answer
    if previous is None:
        item_2 = None
    else:
        pairs = [(answers[name], previous[name]) for name in WEIGHTS]
        pairs += list(zip(flags, previous_flags, strict=True))
        item_2 = all_three(
            three(
                not (now and not before)
                for now in ((False, True) if now_ is None else (now_,))
                for before in ((False, True) if before_ is None else (before_,))
            )
            for now_, before_ in pairs
        )
    item_3 = None if pga is None else Fraction(pga) <= 1
    item_4 = None if prednisone is None else Fraction(prednisone) <= Fraction(15, 2)
    return all_three([item_1, item_2, item_3, item_4, maintenance])
