"""BOIN12: the level with the best trade-off of response and toxicity, by a table of ranks.

Source
------
Lin R, Zhou Y, Yan F, Li D, Yuan Y. BOIN12: Bayesian optimal interval phase I/II trial design for utility-based
dose finding in immunotherapy and targeted therapies. JCO Precis Oncol 2020;4:1393-1402, with its Data Supplement.
What the paper leaves open is decided as the methods page "BOIN12" says.

The utility of the participants at a level, in units of the best outcome, counts as events of a binomial
variable. The level's desirability is the posterior probability that its mean utility exceeds a benchmark; only
its rank is needed, and the ranks of all counts are one table, compiled before the trial.
"""

from collections.abc import Sequence
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple, Protocol

from firstdose.design.rules import boin
from firstdose.design.rules.boin12_table import RankTable, compute_mean_utility
from firstdose.design.stepping import DE_ESCALATE, MOST_DLT_TO_FILL_UP, STAY
from firstdose.terms.words import Text

TEXTS = {
    "excessive_toxicity_boin12": Text(
        "at level {level}, {n_dlt} of {n} had a DLT: the level and all above it are not admissible",
        "剂量水平{level}的{n}例中{n_dlt}例发生DLT：该水平及其以上水平均不可接受",
    ),
    "highest_level_boin12": Text(
        "level {level} is above the highest level that is open", "剂量水平{level}高于可用的最高水平"
    ),
    "explored_enough": Text(
        "enough participants were treated at level {level}, so that no higher level competes",
        "剂量水平{level}的例数已足够，更高水平不再参与比较",
    ),
    "highest_rank": Text(
        "of the admissible levels in question, level {target} has the highest desirability",
        "在可考虑的可接受水平中，剂量水平{target}的期望度排序最高",
    ),
    "untried_level_explored": Text(
        "level {target} was never treated, and level {level} has enough participants to look higher",
        "剂量水平{target}尚未给药，而剂量水平{level}的例数已足以向上探索",
    ),
    "nearest_admissible_below": Text(
        "level {target} is the nearest admissible level below", "剂量水平{target}是下方最近的可接受水平"
    ),
    "no_admissible_level_below": Text(
        "no level below is admissible, and level {level} itself is",
        "下方无可接受水平，而剂量水平{level}本身可接受",
    ),
    "no_admissible_level": Text(
        "none of the levels in question is admissible: no level is selected",
        "可考虑的水平均不可接受：不选择任何水平",
    ),
    "no_obd": Text(
        "no level that was treated may be the optimal biological dose",
        "已给药的剂量水平均不能作为最佳生物学剂量",
    ),
    "too_few_at_obd": Text(
        "no admissible level up to the MTD has enough participants for an optimal biological dose",
        "在不高于MTD的可接受水平中，例数均不足以确定最佳生物学剂量",
    ),
}
"""Reason codes of this rule alone; ``target`` is the level of the next cohort."""


class Boin12Action(StrEnum):
    """What the rule recommends."""

    ESCALATE = "escalate"
    STAY = "stay"
    DE_ESCALATE = "de_escalate"
    STOP_NONE_ADMISSIBLE = "stop_none_admissible"
    STOP_AND_SELECT_OBD = "stop_and_select_obd"


class Boin12Step(NamedTuple):
    """The action, the level from 1 (of the next cohort, or the OBD), the size of the cohort, and why."""

    action: Boin12Action
    level: int | None
    size: int
    reasons: tuple[str, ...]


class Boin12Guards(Protocol):
    """What a design says beside its utilities, as read here; a DesignSpecification is one."""

    @property
    def n_levels(self) -> int: ...  # noqa: D102 - the fields of DesignSpecification
    @property
    def max_n(self) -> int: ...  # noqa: D102
    @property
    def max_n_per_level(self) -> int: ...  # noqa: D102
    @property
    def mtd_min_n(self) -> int: ...  # noqa: D102
    @property
    def cohort_size(self) -> int: ...  # noqa: D102


class Boin12Counts(NamedTuple):
    """Evaluable participants per level, lowest first: all, with a DLT, with a response, with both.

    ``n_both`` is read only where the specification counts both.
    """

    n: Sequence[int]
    n_dlt: Sequence[int]
    n_efficacy: Sequence[int]
    n_both: Sequence[int] | None = None


class _Now(NamedTuple):
    table: RankTable
    guards: Boin12Guards
    counts: Boin12Counts
    level: int
    cap_level: int | None


def find_rank(table: RankTable, counts: Boin12Counts, place: int) -> int:
    """The rank of the level at a place (from 0), 0 where its own counts are not admissible.

    Raises
    ------
    ValueError
        If the specification counts both and ``n_both`` is missing.
    """
    n, y, e = counts.n[place], counts.n_dlt[place], counts.n_efficacy[place]
    row = table.ranks[n][y][e]
    if not table.specification.counts_both:
        return row[0]
    if counts.n_both is None:
        raise ValueError("the utilities need the participants with both a DLT and a response: give n_both")
    return row[counts.n_both[place] - max(0, y + e - n)]


def find_highest_open(table: RankTable, counts: Boin12Counts, ceiling: int) -> int:
    """The highest level that toxicity leaves open, at most the ceiling; 0 for none."""
    for place in range(ceiling):
        if table.too_toxic[counts.n[place]][counts.n_dlt[place]]:
            return place
    return ceiling


def recommend_boin12(
    table: RankTable,
    guards: Boin12Guards,
    counts: Boin12Counts,
    current_level: int,
    *,
    cap_level: int | None = None,
) -> Boin12Step:
    """The next cohort after the counts, or the end of the part.

    Parameters
    ----------
    table : RankTable
        Compiled for at least ``guards.max_n_per_level``.
    guards : Boin12Guards
    counts : Boin12Counts
    current_level : int
        Level of the last cohort, from 1; the start level when nobody has been treated.
    cap_level : int, optional
        Highest level that the result of another part allows.

    Examples
    --------
    >>> from firstdose.design import DesignSpecification
    >>> from firstdose.design.rules.boin12_specification import UtilitySpecification
    >>> from firstdose.design.rules.boin12_table import compile_rank_table
    >>> spec = UtilitySpecification(max_toxicity_rate="0.35", min_efficacy_rate="0.25", u2="40", u3="60")
    >>> guards = DesignSpecification(
    ...     rule="boin", n_levels=5, target_rate="0.35", max_n=30, max_n_per_level=12, mtd_min_n=3
    ... )
    >>> counts = Boin12Counts((3, 6, 3, 0, 0), (0, 1, 2, 0, 0), (0, 3, 1, 0, 0))
    >>> recommend_boin12(compile_rank_table(spec, 12, 3), guards, counts, 2)[:3]
    (<Boin12Action.STAY: 'stay'>, 2, 3)
    """
    now = _Now(table, guards, counts, current_level, cap_level)
    ceiling = _find_ceiling(guards, cap_level)
    highest = find_highest_open(table, counts, ceiling)
    n_here, n_dlt_here = counts.n[current_level - 1], counts.n_dlt[current_level - 1]
    if highest == 0:
        closed = (
            ("capped_by_other_part",) if ceiling == 0 else ("lowest_level_too_toxic", "no_admissible_level")
        )
        return Boin12Step(Boin12Action.STOP_NONE_ADMISSIBLE, None, 0, closed)
    if sum(counts.n) >= guards.max_n:
        return _stop(now, ("sample_complete",))
    zone = table.zones[n_here][n_dlt_here]
    if current_level <= highest:
        if n_here == 0:
            return _treat(now, current_level, ("no_one_treated",))
        if n_here < guards.cohort_size and not (zone == DE_ESCALATE and n_dlt_here > MOST_DLT_TO_FILL_UP):
            return _treat(now, current_level, ("cohort_incomplete",))
    target, reasons = _choose(table, counts, current_level, highest)
    if target is None:
        return Boin12Step(Boin12Action.STOP_NONE_ADMISSIBLE, None, 0, reasons)
    return _treat(now, target, reasons)


def _choose(
    table: RankTable, counts: Boin12Counts, level: int, highest: int
) -> tuple[int | None, tuple[str, ...]]:
    """The level of the next cohort, or none, and why."""
    spec, n_here, n_dlt_here = table.specification, counts.n[level - 1], counts.n_dlt[level - 1]
    rank_of = {k: find_rank(table, counts, k - 1) for k in range(1, highest + 1)}
    admissible = [k for k, rank in rank_of.items() if rank]
    below = [k for k in admissible if k < level][-1:]
    at = [k for k in admissible if k == level]
    above = [k for k in admissible if k > level][:1]
    zone = table.zones[n_here][n_dlt_here]
    if level > highest or zone == DE_ESCALATE:
        reason = "rate_at_or_above_de_escalation_boundary"
        if table.too_toxic[n_here][n_dlt_here]:
            reason = "excessive_toxicity_boin12"
        elif level > highest:
            reason = "highest_level_boin12"
        if below:
            return below[0], (reason, "nearest_admissible_below")
        return (
            (level, (reason, "no_admissible_level_below")) if at else (None, (reason, "no_admissible_level"))
        )
    reason = "rate_between_boundaries" if zone == STAY else "rate_at_or_below_escalation_boundary"
    enough = spec.explore_untried_from
    if enough is not None and n_here >= enough and above and counts.n[above[0] - 1] == 0:
        return above[0], (reason, "untried_level_explored")
    reasons: tuple[str, ...] = (reason,)
    candidates = below + at + above
    if zone == STAY and n_here >= spec.explore_below:
        reasons, candidates = (reason, "explored_enough"), below + at
    if not candidates:
        return None, (*reasons, "no_admissible_level")
    # of equal ranks the highest level, as the calculator of the authors was seen to do
    return max(candidates, key=lambda k: (rank_of[k], k)), (*reasons, "highest_rank")


def _treat(now: _Now, target: int, reasons: tuple[str, ...]) -> Boin12Step:
    """The next cohort at the level; if the level is full, the end of the part."""
    guards, counts = now.guards, now.counts
    n_there = counts.n[target - 1]
    is_begun = n_there < guards.cohort_size and not any(counts.n[target:])
    size = guards.cohort_size - n_there if is_begun else guards.cohort_size
    size = min(size, guards.max_n - sum(counts.n), guards.max_n_per_level - n_there)
    if size <= 0:
        return _stop(now, (*reasons, "level_full"))
    action = Boin12Action.STAY
    if target != now.level:
        action = Boin12Action.ESCALATE if target > now.level else Boin12Action.DE_ESCALATE
    return Boin12Step(action, target, size, reasons)


def _find_ceiling(guards: Boin12Guards, cap_level: int | None) -> int:
    return guards.n_levels if cap_level is None else max(0, min(cap_level, guards.n_levels))


def _stop(now: _Now, reasons: tuple[str, ...]) -> Boin12Step:
    obd, remark = assign_obd(now.table, now.guards, now.counts, cap_level=now.cap_level)
    told = reasons if remark is None else (*reasons, remark)
    return Boin12Step(Boin12Action.STOP_AND_SELECT_OBD, obd, 0, told)


def assign_obd(
    table: RankTable, guards: Boin12Guards, counts: Boin12Counts, *, cap_level: int | None = None
) -> tuple[int | None, str | None]:
    """The optimal biological dose from 1, or None; and a reason code if something is to be said about it.

    The MTD is the level whose isotonic DLT rate is closest to ``max_toxicity_rate``, as BOIN selects it. Of the
    levels that were tried, are admissible and not above the MTD, the one with the highest posterior mean utility
    is selected, the lowest of equal ones. Levels with ``mtd_min_n`` participants come first; if there is none,
    ``too_few_at_obd`` says so.
    """
    spec = table.specification
    ceiling = _find_ceiling(guards, cap_level)
    tried = [k for k in range(find_highest_open(table, counts, ceiling)) if counts.n[k] > 0]
    if not tried:
        return None, "no_obd"
    mtd = boin.assign_closest_level(
        [counts.n[k] for k in tried],
        [counts.n_dlt[k] for k in tried],
        Fraction(spec.max_toxicity_rate),
        may_be_selected=[True] * len(tried),
    )
    candidates = [k for k in tried[: mtd + 1] if find_rank(table, counts, k)]
    if not candidates:
        return None, "no_obd"
    has_enough = [k for k in candidates if counts.n[k] >= guards.mtd_min_n]

    def utility(place: int) -> tuple[Fraction, int]:
        n, y, e = counts.n[place], counts.n_dlt[place], counts.n_efficacy[place]
        both = max(0, y + e - n) if counts.n_both is None else counts.n_both[place]
        return compute_mean_utility(n, spec.compute_quasi_events(n, y, e, both)), -place

    return max(has_enough or candidates, key=utility) + 1, None if has_enough else "too_few_at_obd"
