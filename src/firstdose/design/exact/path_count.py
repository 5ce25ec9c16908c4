"""How many paths the next cohorts have, before they are written out one by one."""

from firstdose.design.decision_table import DecisionTable
from firstdose.design.next_cohort import assign_next_cohort
from firstdose.design.tallies import Tallies

_Counts = tuple[tuple[int, ...], tuple[int, ...], int]


def count_paths(
    table: DecisionTable,
    tallies: Tallies,
    level: int,
    k: int,
    *,
    most: int,
    titration_ended: bool = False,
    cap_level: int | None = None,
) -> int:
    """The number of paths of the next k cohorts; counting ends as soon as there are more than ``most``.

    Paths that meet in the same counts are followed once.

    Parameters
    ----------
    table, tallies, level, k, titration_ended, cap_level
        As in :func:`firstdose.design.exact.paths.enumerate_paths`.
    most : int
        A number beyond which it is not counted how many more there are.

    Examples
    --------
    >>> from firstdose.design import DesignSpecification, compile_table
    >>> table = compile_table(DesignSpecification(
    ...     rule="boin", n_levels=3, target_rate="0.25", max_n=18, max_n_per_level=9, mtd_min_n=6
    ... ))
    >>> count_paths(table, Tallies((0, 0, 0), (0, 0, 0), (0, 0, 0)), 1, 2, most=1000)
    13
    """
    n_ended = 0
    layer: dict[_Counts, int] = {(tallies.n_evaluable, tallies.n_dlt, level): 1}
    for _ in range(k):
        following: dict[_Counts, int] = {}
        for (n, n_dlt, current), n_paths in layer.items():
            step = assign_next_cohort(
                table, n, n_dlt, current, titration_ended=titration_ended, cap_level=cap_level
            )
            if step.size == 0 or step.level is None:
                n_ended += n_paths
                continue
            place = step.level - 1
            n_after = (*n[:place], n[place] + step.size, *n[place + 1 :])
            for events in range(step.size + 1):
                after = (
                    n_after,
                    (*n_dlt[:place], n_dlt[place] + events, *n_dlt[place + 1 :]),
                    step.level,
                )
                following[after] = following.get(after, 0) + n_paths
        layer = following
        if n_ended + sum(layer.values()) > most:
            break
    return n_ended + sum(layer.values())
