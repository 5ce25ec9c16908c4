"""Home: the person's trials, where each stands, and what waits for them."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from firstdose.conduct.board import view_board
from firstdose.conduct.waiting import Waiting, list_waiting
from firstdose.faces.web.access import find_reach
from firstdose.faces.web.desk import SAID, Desk, find_server, render_page

MAX_LISTED = 12
LEADS_TO = {
    "sign": "decision",
    "decide": "decision",
    "determine": "chart",
    "visit_due": "schedule",
    "visit_overdue": "schedule",
    "query_to_answer": "chart",
    "query_to_close": "chart",
}


@require_safe
def view(request: Any) -> HttpResponse:
    """Every trial that grants the person a role."""
    if not request.user.is_authenticated:
        return redirect("sign_in")
    login = request.user.get_username()
    shown = []
    for hosted in find_server(request).trials.values():
        with hosted.trial.reading() as state:
            account = state.accounts.get(login)
            if account is None or find_reach("home", account.roles) is None:
                continue
            desk = Desk(request, hosted, "home", account.roles)
            desk.state = state
            waiting = list_waiting(state, login, account.roles, desk.now)
            shown.append(
                {
                    "desk": desk,
                    "title": hosted.title,
                    "board": view_board(state, desk.now),
                    "roles": sorted(account.roles, key=str),
                    "waiting": [(one, _find_link(desk, one)) for one in waiting[:MAX_LISTED]],
                    "n_waiting": len(waiting),
                }
            )
    return render_page(request, "home.html", trials=shown, said=request.session.pop(SAID, ""))


def _find_link(desk: Desk, waiting: Waiting) -> str:
    route = LEADS_TO[waiting.kind]
    if route == "decision":
        made = desk.state.decisions.get(waiting.what)
        return desk.link(route, made.made.snapshot if made else waiting.what)
    return desk.link(route, waiting.participant or "")
