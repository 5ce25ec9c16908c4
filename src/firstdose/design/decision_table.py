"""One frozen table of whole numbers per design: what was approved is what runs.

The table is compiled once, exactly, and everything else reads it: the recommendation at the sites, exact and
simulated operating characteristics, and the table printed in the protocol.
"""

import hashlib

import msgspec
from msgspec import UNSET, UnsetType

from firstdose.design.rules import boin
from firstdose.design.rules.boin12_table import RankTable, compile_rank_table
from firstdose.design.specification import BOIN_RULES, MODEL_RULES, DesignSpecification
from firstdose.design.specification_faults import check_specification
from firstdose.design.state_table import StateTable, compile_state_table
from firstdose.design.stepping import DE_ESCALATE, ESCALATE, STAY
from firstdose.design.table_cells import compile_cell

__all__ = [
    "DE_ESCALATE",
    "ESCALATE",
    "REASONS",
    "STAY",
    "BoundaryRow",
    "DecisionTable",
    "compile_table",
    "compute_digest",
    "render_table",
    "tabulate_decisions",
]

REASONS = (
    "no_one_treated",
    "rate_at_or_below_escalation_boundary",
    "rate_between_boundaries",
    "rate_at_or_above_de_escalation_boundary",
    "excessive_toxicity",
    "cohort_incomplete",
    "no_dlt_in_three",
    "one_dlt_in_three",
    "at_most_one_dlt_in_six",
    "two_or_more_dlt",
    "rate_below_interval",
    "rate_in_interval",
    "rate_above_interval_by_one_dlt",
    "rate_above_interval",
    "mass_below_interval",
    "mass_in_interval",
    "mass_above_interval",
    "no_dlt_in_rolling",
    "one_dlt_in_rolling",
    "above_overdose_cap",
)
"""Reason codes; a cell of the table holds the place of its reason in this list."""


class DecisionTable(msgspec.Struct, frozen=True, kw_only=True):
    """The decisions of a design for every count at the current level.

    ``actions[n][y]`` and ``reasons[n][y]`` are codes for y participants with a DLT out of n;
    ``eliminated[n][y]`` is 1 where the level and all above are closed for good; ``stops_at_lowest[n][y]`` is
    1 where such counts at level 1 stop the part as too toxic. n runs from 0 to ``max_n``, so that a level
    which a committee has enlarged beyond ``max_n_per_level`` is still judged. ``escalation_boundary`` and
    ``de_escalation_boundary`` are printed, never compared. A rule with a model reads every level: its judgements
    stand in ``states``; BOIN12 reads responses, by its ``ranks``. The four tables of the current level are then
    empty. ``digest`` is the SHA-256 of all the
    rest.
    """

    specification: DesignSpecification
    actions: tuple[tuple[int, ...], ...]
    reasons: tuple[tuple[int, ...], ...]
    eliminated: tuple[tuple[int, ...], ...]
    stops_at_lowest: tuple[tuple[int, ...], ...]
    escalation_boundary: str | None
    de_escalation_boundary: str | None
    states: StateTable | UnsetType = UNSET
    ranks: RankTable | UnsetType = UNSET
    digest: str = ""


class BoundaryRow(msgspec.Struct, frozen=True, kw_only=True):
    """One printed row: limits on the number with a DLT among n treated at the level; None is "never"."""

    n: int
    escalate_at_most: int | None
    de_escalate_at_least: int | None
    eliminate_at_least: int | None
    stop_at_lowest_at_least: int | None


def compile_table(spec: DesignSpecification) -> DecisionTable:
    """The decision table of a design.

    Raises
    ------
    ValueError
        If :func:`check_specification` finds a fault.

    Examples
    --------
    >>> from decimal import Decimal
    >>> spec = DesignSpecification(
    ...     rule="boin", n_levels=6, target_rate=Decimal("0.25"), max_n=18, max_n_per_level=9, mtd_min_n=6
    ... )
    >>> table = compile_table(spec)
    >>> table.escalation_boundary, table.de_escalation_boundary
    ('0.1968', '0.2984')
    >>> row = tabulate_decisions(table)[2]
    >>> row.n, row.escalate_at_most, row.de_escalate_at_least, row.eliminate_at_least
    (3, 0, 1, 3)
    """
    faults = check_specification(spec)
    if faults:
        raise ValueError("; ".join(str(fault) for fault in faults))
    if spec.rule in MODEL_RULES:
        return _sign(msgspec.structs.replace(_without_cells(spec), states=compile_state_table(spec)))
    if spec.boin12 is not UNSET:
        ranks = compile_rank_table(spec.boin12, spec.max_n_per_level, spec.cohort_size)
        return _sign(msgspec.structs.replace(_without_cells(spec), ranks=ranks))
    cells = [[compile_cell(spec, n, y) for y in range(n + 1)] for n in range(spec.max_n + 1)]
    low, high = (None, None)
    if spec.rule in BOIN_RULES:
        p1, p2 = spec.boin_p1_ratio * spec.target_rate, spec.boin_p2_ratio * spec.target_rate
        low, high = (f"{bound:.4f}" for bound in boin.compute_boundaries(spec.target_rate, p1, p2))
    return _sign(
        DecisionTable(
            specification=spec,
            actions=tuple(tuple(cell.action for cell in row) for row in cells),
            reasons=tuple(tuple(REASONS.index(cell.reason) for cell in row) for row in cells),
            eliminated=tuple(tuple(int(cell.eliminated) for cell in row) for row in cells),
            stops_at_lowest=tuple(tuple(int(cell.stops_at_lowest) for cell in row) for row in cells),
            escalation_boundary=low,
            de_escalation_boundary=high,
        )
    )


def _without_cells(spec: DesignSpecification) -> DecisionTable:
    """The table of a rule that does not decide on the DLTs of the current level alone."""
    return DecisionTable(
        specification=spec,
        actions=(),
        reasons=(),
        eliminated=(),
        stops_at_lowest=(),
        escalation_boundary=None,
        de_escalation_boundary=None,
    )


def _sign(table: DecisionTable) -> DecisionTable:
    return msgspec.structs.replace(table, digest=compute_digest(table))


def render_table(table: DecisionTable) -> bytes:
    """The table as canonical JSON: same design, same bytes."""
    return msgspec.json.encode(table, order="sorted")


def compute_digest(table: DecisionTable) -> str:
    """SHA-256 of the canonical JSON of everything but the digest itself, in hexadecimal."""
    return hashlib.sha256(render_table(msgspec.structs.replace(table, digest=""))).hexdigest()


def tabulate_decisions(table: DecisionTable) -> tuple[BoundaryRow, ...]:
    """The table as rows to print, one for each number treated at a level, from 1 to ``max_n_per_level``.

    None of a rule that does not decide on the DLTs of the current level alone.
    """
    if not table.actions:
        return ()
    return tuple(
        BoundaryRow(
            n=n,
            escalate_at_most=max((y for y, a in enumerate(table.actions[n]) if a == ESCALATE), default=None),
            de_escalate_at_least=min(
                (y for y, a in enumerate(table.actions[n]) if a == DE_ESCALATE), default=None
            ),
            eliminate_at_least=min((y for y, e in enumerate(table.eliminated[n]) if e), default=None),
            stop_at_lowest_at_least=min(
                (y for y, s in enumerate(table.stops_at_lowest[n]) if s), default=None
            ),
        )
        for n in range(1, table.specification.max_n_per_level + 1)
    )
