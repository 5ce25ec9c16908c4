"""The composition of the parts: each end of the single doses with all that may follow on it.

What follows depends on an end of the single doses only through the regimens that it allows and the places that it
leaves; so the rest of the trial is computed once for each such pair, and mixed. The same holds one part on: the
expansion depends on the regimens chosen and on the places left.
"""

from collections.abc import Iterable
from functools import cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from firstdose.simulate.expanded_regimens import choose_regimens
from firstdose.simulate.whole_trial.expansion import (
    compute_boundary,
    count_wanted,
    monitor,
    share_places,
)
from firstdose.simulate.whole_trial.part_ends import PartEnds, enumerate_ends, list_beginnings
from firstdose.simulate.whole_trial.plan import TrialPlan, find_cap
from firstdose.simulate.whole_trial.truth import Truth

FloatArray = NDArray[np.float64]

Ending = Literal[
    "no_single_dose_tolerated",
    "no_regimen_allowed",
    "no_place_for_regimens",
    "no_regimen_tolerated",
    "nothing_expanded",
    "expansion_closed",
    "complete",
]
ENDINGS: tuple[Ending, ...] = (
    "no_single_dose_tolerated",
    "no_regimen_allowed",
    "no_place_for_regimens",
    "no_regimen_tolerated",
    "nothing_expanded",
    "expansion_closed",
    "complete",
)
"""How the trial may end; one of them does. ``complete``: a regimen was expanded and not closed for toxicity."""

SAD, MAD, EXPANSION = 0, 1, 2
"""Rows of what is kept for each part."""


class Group(NamedTuple):
    """Ends of a part that leave the same to the next; ``p_n_dlt[y]`` is their probability with y DLTs."""

    level: int
    is_short: bool
    n: int
    chosen: tuple[int, ...]
    p_n_dlt: FloatArray

    @property
    def p(self) -> float:
        """Their probability."""
        return float(self.p_n_dlt.sum())


class PartSums(NamedTuple):
    """A part's groups; and its expected participants and expected DLTs, 2 rows by levels."""

    groups: tuple[Group, ...]
    means: FloatArray


class Sums:
    """Sums over the ends of the trial that are linear in probability, so that they can be mixed.

    ``p_n`` and ``p_n_dlt`` have a row for each part and a last one for all parts that are included; ``p_short``
    a value for each part and, last, the probability that no part is short. ``means`` are participants and
    DLTs per regimen, of the multiple doses and of the expansion, 2 by 2 by regimens.
    """

    def __init__(self, n_regimens: int, size: int) -> None:
        self.p_regimen = np.zeros(n_regimens + 1)
        self.p_expanded: dict[tuple[int, ...], float] = {}
        self.p_endings = np.zeros(len(ENDINGS))
        self.p_short = np.zeros(4)
        self.p_n, self.p_n_dlt = np.zeros((4, size)), np.zeros((4, size))
        self.means = np.zeros((2, 2, n_regimens))

    def end(self, ending: Ending, p: float) -> None:
        """The trial ends so, with this probability."""
        self.p_endings[ENDINGS.index(ending)] += p

    def expand(self, chosen: tuple[int, ...], p: float) -> None:
        """These regimens are expanded, with this probability."""
        self.p_expanded[chosen] = self.p_expanded.get(chosen, 0.0) + p


class Expanded(NamedTuple):
    """The expansion of chosen regimens: probabilities of n and of y in all, that all are closed; and means."""

    p_n: FloatArray
    p_n_dlt: FloatArray
    p_closed: float
    means: FloatArray


class Composition:
    """The whole trial of a plan under a truth."""

    def __init__(
        self, plan: TrialPlan, truth: Truth, regimen_rates: tuple[float, ...], *, judged_every: int
    ) -> None:
        self.plan, self.truth, self.rates = plan, truth, regimen_rates
        self._judged_every = judged_every
        self.n_regimens, self.size = len(regimen_rates), plan.enrolment + 1
        most = min(plan.expansion.max_participants, plan.enrolment)
        self._boundary = compute_boundary(plan.expansion.monitoring, most)
        self._regimens_after = cache(self._sum_up_regimens)
        self._rest_after = cache(self._sum_up_rest)
        self._expand = cache(self._compute_expansion)

    def sum_up_single_doses(self) -> PartSums:
        """The single doses by what they leave to the rest of the trial."""
        part = self.plan.sad
        places = min(part.max_participants, self.plan.enrolment)
        found = []
        for beginning in list_beginnings(part.design, self.truth, places):
            ends = enumerate_ends(beginning.design, places, start=beginning.start)
            found.append((ends, beginning.p * ends.weigh(self.truth.single_dose_rates)))
        return _sum_up(found, (1, 0), self.size)

    def sum_up_trial(self, single_doses: PartSums) -> tuple[Sums, FloatArray]:
        """The sums over the whole trial; and the probability of each MTD with each regimen, none first."""
        total = Sums(self.n_regimens, self.size)
        together = np.zeros((len(self.plan.sad.levels) + 1, self.n_regimens + 1))
        for group in single_doses.groups:
            rest, p = self._rest_after(find_cap(self.plan, group.level), group.level > 0, group.n), group.p
            together[group.level] += p * rest.p_regimen
            total.p_regimen += p * rest.p_regimen
            total.p_endings += p * rest.p_endings
            total.means += p * rest.means
            for chosen, p_chosen in rest.p_expanded.items():
                total.expand(chosen, p * p_chosen)
            total.p_short[[MAD, EXPANSION]] += p * rest.p_short[[MAD, EXPANSION]]
            total.p_short[SAD] += p * group.is_short
            total.p_short[-1] += p * rest.p_short[-1] * (not group.is_short)
            total.p_n[SAD, group.n] += p
            total.p_n[[MAD, EXPANSION]] += p * rest.p_n[[MAD, EXPANSION]]
            total.p_n[-1, group.n :] += p * rest.p_n[-1, : self.size - group.n]
            total.p_n_dlt[SAD] += group.p_n_dlt
            total.p_n_dlt[[MAD, EXPANSION]] += p * rest.p_n_dlt[[MAD, EXPANSION]]
            total.p_n_dlt[-1] += self._add(group.p_n_dlt, rest.p_n_dlt[-1])
        return total, together

    def _add(self, first: FloatArray, second: FloatArray) -> FloatArray:
        """The distribution of the sum of two independent numbers; no sum exceeds the enrolment."""
        return np.convolve(first, second)[: self.size]

    def _sum_up_regimens(self, cap: int, places: int) -> PartSums:
        expansion = self.plan.expansion
        ends = enumerate_ends(self.plan.mad.design, places, cap, expands=True)
        fewest_most = expansion.min_regimens, expansion.max_regimens
        return _sum_up([(ends, ends.weigh(self.rates))], fewest_most, self.size)

    def _sum_up_rest(self, cap: int, has_mtd: bool, n_used: int) -> Sums:  # noqa: FBT001 - a key of the cache
        """All that follows on single doses that allow regimens up to the cap and have used so many places."""
        rest, mad = Sums(self.n_regimens, self.size), self.plan.mad
        places = min(mad.max_participants, mad.design.max_n, self.plan.enrolment - n_used)
        if cap < mad.design.start_level or places < 1:
            is_allowed = cap >= mad.design.start_level
            rest.end(
                "no_place_for_regimens"
                if is_allowed
                else "no_regimen_allowed"
                if has_mtd
                else "no_single_dose_tolerated",
                1.0,
            )
            rest.p_regimen[0] = 1.0
            rest.expand((), 1.0)
            rest.p_short[MAD if is_allowed else -1] = 1.0
            for rows in (rest.p_n, rest.p_n_dlt):
                rows[MAD:, 0] = 1.0
            return rest
        groups, rest.means[0] = self._regimens_after(cap, places)
        for group in groups:
            self._follow(rest, group, n_used)
        return rest

    def _follow(self, rest: Sums, group: Group, n_used: int) -> None:
        """Add the expansion that follows on some ends of the multiple doses."""
        part, p = self.plan.expansion, group.p
        places = min(part.max_participants, self.plan.enrolment - n_used - group.n)
        shares = share_places(places, len(group.chosen))
        is_short = places < count_wanted(part, len(group.chosen))
        expanded = self._expand(group.chosen, shares)
        opens = bool(group.chosen) and shares[0] > 0
        rest.p_regimen[group.level] += p
        rest.expand(group.chosen if opens else (), p)
        rest.p_short[MAD] += p * group.is_short
        rest.p_short[EXPANSION] += p * is_short
        rest.p_short[-1] += p * (not group.is_short and not is_short)
        if opens:
            rest.end("expansion_closed", p * expanded.p_closed)
            rest.end("complete", p * (1 - expanded.p_closed))
        else:
            rest.end("nothing_expanded" if group.level else "no_regimen_tolerated", p)
        rest.means[1] += p * expanded.means
        rest.p_n[MAD, group.n] += p
        rest.p_n[EXPANSION] += p * expanded.p_n
        rest.p_n[-1, group.n :] += p * expanded.p_n[: self.size - group.n]
        rest.p_n_dlt[MAD] += group.p_n_dlt
        rest.p_n_dlt[EXPANSION] += p * expanded.p_n_dlt
        rest.p_n_dlt[-1] += self._add(group.p_n_dlt, expanded.p_n_dlt)

    def _compute_expansion(self, chosen: tuple[int, ...], shares: tuple[int, ...]) -> Expanded:
        """Regimens are monitored each by itself, so they are independent."""
        p_n, p_n_dlt = np.zeros((2, self.size))
        p_n[0] = p_n_dlt[0] = 1.0
        p_closed, means = 1.0, np.zeros((2, self.n_regimens))
        for level, places in zip(chosen, shares, strict=True):
            p = monitor(self.rates[level - 1], places, self._boundary, judged_every=self._judged_every)
            by_n, by_n_dlt = p.sum(axis=(0, 2)), p.sum(axis=(0, 1))
            means[:, level - 1] = (by_n @ np.arange(places + 1), by_n_dlt @ np.arange(places + 1))
            p_n, p_n_dlt = self._add(p_n, by_n), self._add(p_n_dlt, by_n_dlt)
            p_closed *= float(p[1].sum())
        return Expanded(p_n, p_n_dlt, p_closed, means)


def _sum_up(
    found: Iterable[tuple[PartEnds, FloatArray]], fewest_most: tuple[int, int], size: int
) -> PartSums:
    """Ends with their probabilities, those put together that leave the same to the next part."""
    by_key: dict[tuple[int, bool, int, tuple[int, ...]], FloatArray] = {}
    means: FloatArray | None = None
    for ends, p in found:
        fewest, most = fewest_most
        chosen = choose_regimens(ends.n, ends.level, fewest=fewest, most=most)
        total, total_dlt = ends.n.sum(axis=1), ends.n_dlt.sum(axis=1)
        keys = np.column_stack([ends.level, ends.is_short, total, chosen])
        distinct, place = np.unique(keys, axis=0, return_inverse=True)
        p_n_dlt = np.zeros((len(distinct), size))
        np.add.at(p_n_dlt, (place.reshape(-1), total_dlt), p)
        for (level, is_short, n, *is_chosen), p_of_key in zip(distinct.tolist(), p_n_dlt, strict=True):
            key = (level, bool(is_short), n, tuple(one for one, is_in in enumerate(is_chosen, 1) if is_in))
            by_key[key] = by_key.get(key, 0.0) + p_of_key
        these = np.stack([p @ ends.n, p @ ends.n_dlt])
        means = these if means is None else means + these
    groups = tuple(Group(*key, p_n_dlt) for key, p_n_dlt in by_key.items())
    assert means is not None, "a part has one way to begin at least"
    return PartSums(groups, means)
