"""One trial at a time, participant by participant, from the luck of each: BOIN, keyboard and 3+3.

``uniforms[k]`` is the luck of the k-th participant: they have a DLT where it is below the true rate of their level.
Written from the definitions: an interval rule treats cohorts, moves by its letter, closes levels for good and chooses
by isotonic regression; the 3+3 climbs and comes down by Storer (1989).
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from tests.double import boin_by_formula, interval_rules


class SlowTrial(NamedTuple):
    """The level selected, from 1, or 0 for none; participants and DLTs per level; and whether it was too toxic."""

    mtd: int
    n: list[int]
    y: list[int]
    too_toxic: bool


def boin_letter(n: int, y: int, target: float) -> str:
    """BOIN's letter."""
    return boin_by_formula.letter(n, y, target)


def keyboard_letter(n: int, y: int, target: float) -> str:
    """The strongest key against the target key, which reaches 0.05 to both sides."""
    if interval_rules.is_excluded(n, y, target):
        return "X"
    return interval_rules.mtpi_2(n, y, target - 0.05, target + 0.05)


def play_interval_rule(
    letter: Callable[[int, int, float], str],
    uniforms: Sequence[float],
    rates: Sequence[float],
    *,
    target: float,
    max_n: int,
    cohort_size: int,
) -> SlowTrial:
    """An interval rule with no other guard than elimination."""
    size = len(rates)
    n, y = [0] * size, [0] * size
    level, top, enrolled = 0, size - 1, 0
    while enrolled < max_n:
        for _ in range(min(cohort_size, max_n - enrolled)):
            n[level] += 1
            y[level] += uniforms[enrolled] < rates[level]
            enrolled += 1
        move = letter(n[level], y[level], target)
        if move == "X":
            top = level - 1
            if top < 0:
                return SlowTrial(0, n, y, too_toxic=True)
            level = top
        elif move == "D":
            level = max(level - 1, 0)
        elif move == "E":
            level = min(level + 1, top)
    open_n, open_y = n[: top + 1], y[: top + 1]
    return SlowTrial(boin_by_formula.mtd(open_n, open_y, target), n, y, too_toxic=False)


def play_three_plus_three(
    uniforms: Sequence[float], rates: Sequence[float], *, six_at_mtd: bool
) -> SlowTrial:
    """The 3+3; with six at the MTD it comes down again and treats three more where there are three."""
    size = len(rates)
    n, y = [0] * size, [0] * size

    def treat_three(level: int) -> None:
        for _ in range(3):
            luck = uniforms[sum(n)]
            n[level] += 1
            y[level] += luck < rates[level]

    best = -1
    for level in range(size):
        treat_three(level)
        if y[level] == 1:
            treat_three(level)
        if y[level] > 1:
            break
        best = level
    while six_at_mtd and best >= 0 and n[best] == 3:
        treat_three(best)
        if y[best] > 1:
            best -= 1
    return SlowTrial(best + 1, n, y, too_toxic=y[0] > 1)
