"""The audit trail of one participant."""

from django.http import HttpResponse

from firstdose.conduct.trail import TITLES, view_entry
from firstdose.faces.web.desk import Desk, page

LINES = 50
"""Lines of a page."""


@page("trail")
def view(desk: Desk, code: str) -> HttpResponse:
    """Who said what, when and why, the latest first."""
    participant = desk.find_participant(code)
    kind = desk.request.GET.get("type", "")
    entries = desk.hosted.trial.store.read(0, desk.state.position)
    found = [
        line
        for entry in entries
        if getattr(entry.event, "participant", None) == code
        and (line := view_entry(entry, desk.state.protocol)) is not None
        and kind in ("", line.type)
    ]
    found.reverse()
    n_pages = max(1, -(-len(found) // LINES))
    asked = desk.request.GET.get("page", "1")
    number = min(max(int(asked) if asked.isdecimal() else 1, 1), n_pages)
    return desk.render(
        "trail.html",
        participant=participant,
        lines=found[(number - 1) * LINES : number * LINES],
        n_lines=len(found),
        number=number,
        n_pages=n_pages,
        kind=kind,
        kinds={event.__name__: title for event, title in TITLES.items()},
        tab="trail",
    )
