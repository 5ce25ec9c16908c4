"""Where a rehearsed trial is cut, so that people can practise on it: a decision is due."""

from collections.abc import Iterable

from firstdose.protocol.resolved import Protocol
from firstdose.record.events import Entry, RecommendationComputed

DECISIONS = ("de_escalate", "escalate", "stay", "select_mtd", "stop_too_toxic")
"""Recommendations that a committee has something to decide on, the most instructive first."""


def find_practice_cut(entries: Iterable[Entry], protocol: Protocol) -> int:
    """The position just after a recommendation that waits for the committee.

    The multiple-dose part is preferred, for by then participants are in every phase of the trial; among its
    reviews the first with the most instructive recommendation is taken. A record without a review is cut at
    its end.
    """
    multiple = [part.key for part in protocol.parts if part.kind == "multiple_dose"]
    best, best_rank, last = 0, (2, len(DECISIONS)), 0
    for entry in entries:
        last = entry.position
        event = entry.event
        if isinstance(event, RecommendationComputed) and event.action in DECISIONS:
            rank = (int(event.part not in multiple), DECISIONS.index(event.action))
            if rank < best_rank:
                best, best_rank = entry.position, rank
    return best or last
