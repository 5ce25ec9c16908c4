"""What a safety review has before it: counts of a snapshot, the rule's table, recommendation, decision."""

from typing import Literal

import msgspec

from firstdose.conduct.cohorts import find_cap_level
from firstdose.conduct.dose_rules import open_table
from firstdose.conduct.outlook import CohortOutcome, view_outcomes
from firstdose.conduct.review import compute_decision_digest
from firstdose.design import BoundaryRow, tabulate_decisions
from firstdose.design.decision_table import DE_ESCALATE, ESCALATE, DecisionTable
from firstdose.protocol.resolved import Part
from firstdose.record.events import RecommendationComputed, SnapshotTaken
from firstdose.record.state import Decision, State
from firstdose.terms.words import Text

CellAction = Literal["escalate", "stay", "de_escalate", "eliminate"]


class Cell(msgspec.Struct, frozen=True):
    """What the rule says at a count; ``is_current`` where the snapshot stands."""

    n: int
    n_dlt: int
    action: CellAction
    is_current: bool


class LevelCounts(msgspec.Struct, frozen=True):
    """A level's counts on a snapshot."""

    level: int
    regimen: str
    title: Text
    n_evaluable: int
    n_dlt: int
    n_pending: int
    is_current: bool


class Meeting(msgspec.Struct, frozen=True, kw_only=True):
    """A snapshot with what the rule makes of it and what the committee decided on it."""

    part: Part
    snapshot: SnapshotTaken
    recommendation: RecommendationComputed
    levels: tuple[LevelCounts, ...]
    grid: tuple[tuple[Cell | None, ...], ...]
    boundaries: tuple[BoundaryRow, ...]
    outcomes: tuple[CohortOutcome, ...]
    decision: Decision | None
    digest: str
    is_latest: bool
    expansion_regimens: tuple[str, ...]


def view_meeting(state: State, snapshot_key: str) -> Meeting | None:
    """What stands before the committee on a snapshot; nothing where there is no such snapshot."""
    found = state.recommendations.get(snapshot_key)
    if found is None:
        return None
    recommendation = found[0]
    part = state.protocol.part_by_key[recommendation.part]
    assert part.design is not None
    table, _ = open_table(state, part)
    decision = next((one for one in state.decisions.values() if one.made.snapshot == snapshot_key), None)
    expands = any(other.regimens_from == part.key for other in state.protocol.parts)
    place = recommendation.current_level - 1
    return Meeting(
        part=part,
        snapshot=state.snapshots[snapshot_key],
        recommendation=recommendation,
        levels=tuple(_count_levels(state, part, recommendation)),
        grid=tabulate_cells(table, recommendation.n_evaluable[place], recommendation.n_dlt[place]),
        boundaries=tabulate_decisions(table),
        outcomes=view_outcomes(table, recommendation, find_cap_level(state, part)),
        decision=decision,
        digest=compute_decision_digest(state, decision.made.decision) if decision else "",
        is_latest=snapshot_key == [key for key, one in state.snapshots.items() if one.part == part.key][-1],
        expansion_regimens=part.regimens if expands else (),
    )


def _count_levels(state: State, part: Part, found: RecommendationComputed) -> list[LevelCounts]:
    counts = zip(part.regimens, found.n_evaluable, found.n_dlt, found.n_pending, strict=True)
    return [
        LevelCounts(
            level=level,
            regimen=regimen,
            title=state.protocol.regimen_by_key[regimen].title.text,
            n_evaluable=n,
            n_dlt=n_dlt,
            n_pending=n_pending,
            is_current=level == found.current_level,
        )
        for level, (regimen, n, n_dlt, n_pending) in enumerate(counts, start=1)
    ]


def tabulate_cells(table: DecisionTable, n: int, n_dlt: int) -> tuple[tuple[Cell | None, ...], ...]:
    """The rule's table as a grid: a row for each number with a DLT, a column for each number evaluated.

    The columns run to the most that a level takes, or to the number that is there where it is larger. A rule with
    a model has no such grid: it reads every level.
    """
    if not table.actions:
        return ()
    last = max(table.specification.max_n_per_level, n)
    return tuple(
        tuple(
            Cell(column, row, _cell_action(table, column, row), (column, row) == (n, n_dlt))
            if row <= column
            else None
            for column in range(1, last + 1)
        )
        for row in range(last + 1)
    )


def _cell_action(table: DecisionTable, n: int, n_dlt: int) -> CellAction:
    if table.eliminated[n][n_dlt]:
        return "eliminate"
    code = table.actions[n][n_dlt]
    return "escalate" if code == ESCALATE else "de_escalate" if code == DE_ESCALATE else "stay"
