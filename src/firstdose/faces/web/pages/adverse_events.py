"""Adverse events of the participants that a person may see."""

from django.http import HttpResponse

from firstdose.faces.web.desk import Desk, page


@page("adverse_events")
def view(desk: Desk) -> HttpResponse:
    """Every adverse event, the latest first; only serious ones or DLTs where asked."""
    only = desk.request.GET.get("only", "")
    rows = [
        (participant, record)
        for participant in desk.state.participants.values()
        if desk.reach.has(participant.site)
        for record in participant.adverse_events.values()
        if only not in ("serious", "dlt", "grade3")
        or (only == "serious" and record.reported.is_serious)
        or (only == "dlt" and record.dlt is not None and record.dlt.is_dlt)
        or (only == "grade3" and (record.worst_grade or 0) >= 3)  # noqa: PLR2004 - named by the choice
    ]
    rows.sort(key=lambda row: row[1].reported.onset, reverse=True)
    return desk.render("adverse_events.html", rows=rows, only=only)
