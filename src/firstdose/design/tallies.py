"""What a dose rule may know: counts of participants per level."""

from fractions import Fraction

import msgspec
from msgspec import UNSET, UnsetType

from firstdose.terms.outcomes import Fault


class Tallies(msgspec.Struct, frozen=True):
    """Participants per level, lowest level first.

    ``n_evaluable`` counts participants with a complete DLT window or a DLT; ``n_dlt`` those of them with a
    DLT; ``n_pending`` participants whose window is still open without a DLT, who are in neither count.
    ``follow_up`` holds for each level one share of the DLT window per pending participant, the part of it that
    was seen, from 0 to below 1; time-to-event rules read it. Rules for the optimal biological dose read, of the
    evaluable participants, ``n_efficacy`` with the efficacy response and ``n_both`` with that and a DLT. Backfilling
    reads ``n_backfilled``, those of the evaluable whom it added while escalation went on above.
    """

    n_evaluable: tuple[int, ...]
    n_dlt: tuple[int, ...]
    n_pending: tuple[int, ...]
    follow_up: tuple[tuple[Fraction, ...], ...] | UnsetType = UNSET
    n_efficacy: tuple[int, ...] | UnsetType = UNSET
    n_both: tuple[int, ...] | UnsetType = UNSET
    n_backfilled: tuple[int, ...] | UnsetType = UNSET


def check_tallies(tallies: Tallies, *, n_levels: int | None = None, max_n: int | None = None) -> list[Fault]:
    """Everything that makes counts impossible, all at once.

    Parameters
    ----------
    tallies : Tallies
    n_levels : int, optional
        How many levels the design has.
    max_n : int, optional
        Most participants in all levels together.

    Examples
    --------
    >>> for fault in check_tallies(Tallies((3, 3), (0, 4), (0, 0))):
    ...     print(fault)
    n_dlt: level 2 has 4 participants with a DLT out of 3 evaluable; correct the counts
    """
    lengths = {len(tallies.n_evaluable), len(tallies.n_dlt), len(tallies.n_pending)}
    if len(lengths) != 1:
        return [
            Fault(
                what="n_evaluable, n_dlt and n_pending differ in their number of levels",
                next="give one count per level in each",
                clause="n_evaluable",
            )
        ]
    faults = []
    if n_levels is not None and lengths != {n_levels}:
        faults.append(
            Fault(
                what=f"counts are given for {len(tallies.n_evaluable)} levels and the design has {n_levels}",
                next="give one count per level",
                clause="n_evaluable",
            )
        )
    for name in ("n_evaluable", "n_dlt", "n_pending"):
        for level, count in enumerate(getattr(tallies, name), start=1):
            if count < 0:
                faults.append(
                    Fault(what=f"level {level} has {count} participants", next="write 0 or more", clause=name)
                )
    for level, (n, n_dlt) in enumerate(zip(tallies.n_evaluable, tallies.n_dlt, strict=True), start=1):
        if n_dlt > n >= 0:
            faults.append(
                Fault(
                    what=f"level {level} has {n_dlt} participants with a DLT out of {n} evaluable",
                    next="correct the counts",
                    clause="n_dlt",
                )
            )
    faults += _follow_up_faults(tallies) + _efficacy_faults(tallies)
    total = sum(tallies.n_evaluable)
    if max_n is not None and total > max_n:
        faults.append(
            Fault(
                what=f"{total} participants are evaluable and the design has {max_n} at most",
                next="correct the counts or amend max_n",
                clause="n_evaluable",
            )
        )
    return faults


def _follow_up_faults(tallies: Tallies) -> list[Fault]:
    if tallies.follow_up is UNSET:
        return []
    if [len(shares) for shares in tallies.follow_up] != list(tallies.n_pending):
        return [
            Fault(
                what="follow_up does not have one share per pending participant of each level",
                next="give the part of the DLT window that each was seen through",
                clause="follow_up",
            )
        ]
    return [
        Fault(
            what=f"a pending participant at level {level} was seen through {share} of the DLT window",
            next="write a share from 0 to below 1",
            clause="follow_up",
        )
        for level, shares in enumerate(tallies.follow_up, start=1)
        for share in shares
        if not 0 <= share < 1
    ]


def _efficacy_faults(tallies: Tallies) -> list[Fault]:
    """Counts of some of the evaluable participants, each between none and all of them."""
    faults = []
    for clause, counts, noun in (
        ("n_efficacy", tallies.n_efficacy, "a response"),
        ("n_both", tallies.n_both, "a DLT and a response"),
        ("n_backfilled", tallies.n_backfilled, "a place by backfilling"),
    ):
        if counts is UNSET:
            continue
        if len(counts) != len(tallies.n_evaluable):
            said = (
                f"{clause} is given for {len(counts)} levels and n_evaluable for {len(tallies.n_evaluable)}"
            )
            faults.append(Fault(what=said, next="give one count per level", clause=clause))
            continue
        faults += [
            Fault(
                what=f"level {level} has {count} participants with {noun} out of {n} evaluable",
                next="correct the counts",
                clause=clause,
            )
            for level, (count, n) in enumerate(zip(counts, tallies.n_evaluable, strict=True), start=1)
            if not 0 <= count <= n
        ]
    return faults
