"""BILAG, BICLA, S2K RI-50, flare index, SLE-DAS, damage, classification and incidence, from their definitions.

A tri-state answer is read off every way in which the missing data could turn out.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import product

Answer = bool | None


def three(possible: Iterable[bool]) -> Answer:
    distinct = set(possible)
    return distinct.pop() if len(distinct) == 1 else None


def all_three(parts: Iterable[Answer]) -> Answer:
    known = list(parts)
    return False if False in known else None if None in known else True


def fill(values: Sequence[str | None], choices: str) -> Iterator[tuple[str, ...]]:
    """Every way in which the missing letters could turn out."""
    yield from product(*(choices if value is None else value for value in values))


# --- BILAG-2004 and BICLA: letters in the order of the systems


def bilag_range(letters: Sequence[str | None]) -> tuple[int, int]:
    worth = {"A": 12, "B": 8, "C": 1, "D": 0, "E": 0}
    low = sum(min(worth[each] for each in (letter or "ABCDE")) for letter in letters)
    high = sum(max(worth[each] for each in (letter or "ABCDE")) for letter in letters)
    return low, high


def system_improved(before: str | None, after: str | None) -> Answer:
    if before in ("A", "B") and after == "E":
        return None  # a system that was active is not one that was never affected

    def ok(first: str, second: str) -> bool:
        return {"A": second in "BCDE", "B": second in "CDE"}.get(first, True)

    return three(ok(first, second) for first, second in product(before or "ABCDE", after or "ABCDE"))


def bilag_improved(before: Sequence[str | None], after: Sequence[str | None]) -> Answer:
    return all_three(system_improved(one, two) for one, two in zip(before, after, strict=True))


def bilag_not_worse(before: Sequence[str | None], after: Sequence[str | None]) -> Answer:
    def ok(first: Sequence[str], second: Sequence[str]) -> bool:
        new_a = sum(one != "A" and two == "A" for one, two in zip(first, second, strict=True))
        new_b = sum(one in "CDE" and two == "B" for one, two in zip(first, second, strict=True))
        return new_a == 0 and new_b <= 1

    return three(ok(one, two) for one in fill(before, "ABCDE") for two in fill(after, "ABCDE"))


def at_most(now: tuple[int, int], before: tuple[int, int]) -> Answer:
    """Whether a total in one range is at most a total in another."""
    return three(a <= b for a in range(now[0], now[1] + 1) for b in range(before[0], before[1] + 1))


# --- S2K RI-50: (weight, at baseline, now, improved by half)


def ri50_range(rows: Iterable[tuple[int, Answer, Answer, Answer]]) -> tuple[Fraction, Fraction]:
    low = high = Fraction(0)
    for weight, before, now, improved in rows:
        possible = []
        for was, is_there, better in product(
            *((True, False) if x is None else (x,) for x in (before, now, improved))
        ):
            value = Fraction(weight) if is_there else Fraction(0)
            if was and is_there and better:
                value /= 2
            possible.append(value)
        low, high = low + min(possible), high + max(possible)
    return low, high


# --- SELENA-SLEDAI flare index, with everything known


def flare(
    *,
    sledai: tuple[int, int],
    pga: tuple[Fraction, Fraction],
    prednisone: tuple[Fraction, Fraction],
    weight: int,
    mild_sign: bool,
    severe_sign: bool,
    needed_more: bool,
    nsaid_or_hcq: bool,
    immunosuppressant: bool,
    admitted: bool,
) -> str:
    """Pairs are (before, now)."""
    up = sledai[1] - sledai[0]
    more = prednisone[1] > prednisone[0]
    if (
        (up > 0 and sledai[1] > 12)
        or (severe_sign and needed_more)
        or (more and prednisone[1] / weight > Fraction(1, 2))
        or immunosuppressant
        or admitted
        or (pga[1] > pga[0] and pga[1] > Fraction(5, 2))
    ):
        return "severe"
    if (
        (up >= 3 and sledai[1] <= 12)
        or mild_sign
        or (more and prednisone[1] / weight <= Fraction(1, 2))
        or nsaid_or_hcq
        or (pga[1] - pga[0] >= 1 and pga[1] <= Fraction(5, 2))
    ):
        return "mild_moderate"
    return "none"


# --- SLE-DAS in binary floats


def sle_das(
    joints: int, rash: str, present: set[str], protein: float, platelets: float, white_cells: float
) -> float:
    score = 0.366 + (3.132 if joints > 0 else 0.0) + 0.454 * joints
    score += {"none": 0.0, "localised": 3.138, "generalised": 3.887}[rash]
    for item, weight in (
        ("mucocutaneous_vasculitis", 4.408),
        ("alopecia", 0.973),
        ("mucosal_ulcers", 2.769),
        ("hypocomplementaemia", 0.754),
        ("increased_anti_dsdna", 0.956),
        ("neuropsychiatric", 18),
        ("systemic_vasculitis", 18),
        ("cardiac_or_pulmonary", 18),
        ("myositis", 9),
        ("serositis", 6),
        ("haemolytic_anaemia", 9),
    ):
        score += weight * (item in present)
    score += (protein > 500) * (-17.584 + 3.811 * math.log(max(protein, 1)))
    score += (platelets < 100) * (26.105 - 5.577 * math.log(platelets))
    return score + (white_cells < 3) * (6.118 - 5.058 * math.log(white_cells))


# --- 2019 EULAR/ACR classification

DOMAINS = (
    {"fever": 2},
    {"leukopenia": 3, "thrombocytopenia": 4, "autoimmune_haemolysis": 4},
    {"delirium": 2, "psychosis": 3, "seizure": 5},
    {"alopecia": 2, "oral_ulcers": 2, "subacute_or_discoid": 4, "acute_cutaneous": 6},
    {"effusion": 5, "acute_pericarditis": 6},
    {"joint_involvement": 6},
    {"proteinuria": 4, "nephritis_ii_or_v": 8, "nephritis_iii_or_iv": 10},
    # the last three are immunological
    {"antiphospholipid": 2},
    {"low_c3_or_c4": 3, "low_c3_and_c4": 4},
    {"anti_dsdna_or_anti_sm": 6},
)


def is_classified(ana: bool, present: set[str]) -> bool:  # noqa: FBT001 - the entry criterion
    points = [
        max([weight for key, weight in domain.items() if key in present], default=0) for domain in DOMAINS
    ]
    return ana and sum(points) >= 10 and any(points[:7])


def classification(ana: Answer, answers: dict[str, Answer]) -> Answer:
    missing = [key for key, answer in answers.items() if answer is None]
    sure = {key for key, answer in answers.items() if answer}
    return three(
        is_classified(entry, sure | {key for key, chosen in zip(missing, guess, strict=True) if chosen})
        for entry in ((True, False) if ana is None else (ana,))
        for guess in product((False, True), repeat=len(missing))
    )


# --- cumulative incidence: mass handed to the right (Efron 1967)


def incidence_by(times: list[float], causes: list[str | None], cause: str, moment: float) -> Fraction:
    """Someone censored hands their mass, in equal parts, to those still watched; an event takes its mass."""
    order = sorted(range(len(times)), key=lambda i: (times[i], causes[i] is None))
    mass = [Fraction(1, len(times))] * len(times)
    found = Fraction(0)
    for place, i in enumerate(order):
        if times[i] > moment:
            break
        later = order[place + 1 :]
        if causes[i] is None:
            for j in later:
                mass[j] += mass[i] / len(later)
        elif causes[i] == cause:
            found += mass[i]
    return found


# --- duration of a response, day by day


def response_length(statuses: dict[int, Answer], died: int | None) -> tuple[int, str] | None:
    """Walks the days: the first true one starts it, the first false one after that ends it."""
    start = end = None
    last_seen = 0
    for day in range(max(statuses, default=0) + 1):
        answer = statuses.get(day)
        if answer is None:
            continue
        last_seen = day
        if answer and start is None:
            start = day
        if not answer and start is not None and end is None:
            end = day
    if start is None:
        return None
    if end is not None:
        return end - start, "lost"
    return (died - start, "death") if died is not None else (last_seen - start, "censored")
