"""What waits for a person: acts that the trial needs from their role now."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal

import msgspec

from firstdose.conduct.chart import view_schedule
from firstdose.conduct.dlt import assess_evaluability
from firstdose.record.events import Role
from firstdose.record.state import Participant, State
from firstdose.terms.outcomes import NotDerived

Kind = Literal[
    "sign", "decide", "determine", "visit_due", "visit_overdue", "query_to_answer", "query_to_close"
]


class Waiting(msgspec.Struct, frozen=True):
    """Something that waits; ``what`` names it: a decision, a snapshot, a visit, a query."""

    kind: Kind
    what: str
    participant: str | None = None


def list_waiting(
    state: State, login: str, roles: Iterable[tuple[Role, str | None]], now: datetime
) -> tuple[Waiting, ...]:
    """What waits for a login in its roles, decisions first."""
    found: dict[Waiting, None] = {}
    for role, site in sorted(roles, key=str):
        mine = [one for one in state.participants.values() if site is None or one.site == site]
        if role.startswith("committee"):
            found |= dict.fromkeys(_for_committee(state, login, role))
        elif role == "medical_monitor":
            found |= dict.fromkeys(_for_monitor(state, mine))
        elif role in ("coordinator", "investigator"):
            found |= dict.fromkeys(_for_site(state, mine, now))
        elif role == "data_manager":
            found |= dict.fromkeys(
                Waiting("query_to_close", query.query, one.code)
                for one in mine
                for query in one.queries.values()
                if query.answer and not query.is_closed
            )
    return tuple(found)


def _for_committee(state: State, login: str, role: Role) -> Iterator[Waiting]:
    for key, decision in state.decisions.items():
        if decision.is_waiting and all(sign.login != login for sign in decision.signatures):
            yield Waiting("sign", key)
    if role != "committee_chair":
        return
    latest = {snapshot.part: key for key, snapshot in state.snapshots.items()}
    decided = {decision.made.snapshot for decision in state.decisions.values()}
    for key in latest.values():
        if key not in decided:
            yield Waiting("decide", key)


def _for_monitor(state: State, mine: list[Participant]) -> Iterator[Waiting]:
    for one in mine:
        if not one.infusions or one.cohort is None:
            continue
        if not one.is_determined and not isinstance(assess_evaluability(state, one).is_evaluable, NotDerived):
            yield Waiting("determine", one.cohort, one.code)
        for query in one.queries.values():
            if query.answer and not query.is_closed:
                yield Waiting("query_to_close", query.query, one.code)


def _for_site(state: State, mine: list[Participant], now: datetime) -> Iterator[Waiting]:
    for one in mine:
        if one.has_left or one.completed_at is not None:
            continue
        for visit in view_schedule(state, one, now):
            if visit.status == "due" and visit.kind != "screening":
                yield Waiting("visit_due", visit.key, one.code)
            elif visit.status == "overdue":
                yield Waiting("visit_overdue", visit.key, one.code)
        for query in one.queries.values():
            if not query.answer and not query.is_closed:
                yield Waiting("query_to_answer", query.query, one.code)
