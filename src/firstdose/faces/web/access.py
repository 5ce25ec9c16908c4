"""Which page a role may open: denied by default; at their own site or everywhere.

One table, tested cell by cell. What a page posts is asked of conduct, which has its own table of commands.
"""

from collections.abc import Iterable
from typing import Literal

import msgspec

from firstdose.record.events import Role

Route = Literal[
    "home",
    "board",
    "participants",
    "chart",
    "schedule",
    "form",
    "proposals",
    "fill_form",
    "correct_value",
    "trail",
    "adverse_events",
    "decisions",
    "decision",
    "take_snapshot",
    "make_decision",
    "sign_decision",
    "open_cohort",
    "pause_trial",
    "resume_trial",
    "reserve_slot",
    "hold_visit",
    "raise_query",
    "answer_query",
    "close_query",
    "report_event",
    "grade_event",
    "end_event",
    "adjudicate",
    "determine",
]
Span = Literal["own", "all"]

_READ: tuple[Route, ...] = (
    "participants", "chart", "schedule", "form", "proposals", "trail", "adverse_events"
)  # fmt: skip
_SITE_WORK: tuple[Route, ...] = (
    "fill_form", "correct_value", "reserve_slot", "hold_visit", "answer_query"
)  # fmt: skip
_QUERIES: tuple[Route, ...] = ("raise_query", "close_query")
_PAUSE: tuple[Route, ...] = ("pause_trial", "resume_trial")
_REVIEW: tuple[Route, ...] = ("decisions", "decision")


def _allow(span: Span, *routes: Route) -> dict[Route, Span]:
    return dict.fromkeys(routes, span)


MAY_OPEN: dict[Role, dict[Route, Span]] = {
    "coordinator": _allow("own", *_READ, *_SITE_WORK) | _allow("all", "home", "board"),
    "investigator": _allow("own", *_READ, *_SITE_WORK, "report_event", "grade_event", "end_event")
    | _allow("all", "home", "board", *_REVIEW, "pause_trial"),
    "pharmacist": _allow("own", "participants", "schedule") | _allow("all", "home", "board"),
    "medical_monitor": _allow(
        "all",
        "home",
        "board",
        *_READ,
        *_REVIEW,
        *_QUERIES,
        "take_snapshot",
        "open_cohort",
        "adjudicate",
        "determine",
        "pause_trial",
    ),
    "committee_chair": _allow(
        "all", "home", "board", *_READ, *_REVIEW, "take_snapshot", "make_decision", "sign_decision", *_PAUSE
    ),
    "committee_clinician": _allow("all", "home", "board", *_READ, *_REVIEW, "sign_decision", "pause_trial"),
    "committee_statistician": _allow(
        "all", "home", "board", *_READ, *_REVIEW, "take_snapshot", "sign_decision", "pause_trial"
    ),
    "data_manager": _allow("all", "home", "board", *_READ, *_REVIEW, *_QUERIES),
    "sponsor": _allow(
        "all", "home", "board", "participants", "schedule", "adverse_events", *_REVIEW, "pause_trial"
    ),
    "auditor": _allow("all", "home", "board", *_READ, *_REVIEW),
    "administrator": _allow("all", "home"),
}
"""What each role may open; what is not here is denied."""


class Reach(msgspec.Struct, frozen=True):
    """The sites whose participants a person may see on a page; all where ``sites`` is None."""

    sites: frozenset[str] | None

    def has(self, site: str) -> bool:
        """Whether a site is within it."""
        return self.sites is None or site in self.sites


def find_reach(route: Route, roles: Iterable[tuple[Role, str | None]]) -> Reach | None:
    """How far the roles of a person reach on a page; nothing where it is denied.

    Examples
    --------
    >>> find_reach("chart", [("coordinator", "01")]).has("02")
    False
    >>> find_reach("trail", [("administrator", None)]) is None
    True
    """
    sites: set[str] = set()
    is_open = False
    for role, site in roles:
        span = MAY_OPEN[role].get(route)
        if span is None:
            continue
        if span == "all" or site is None:
            return Reach(None)
        is_open = True
        sites.add(site)
    return Reach(frozenset(sites)) if is_open else None
