"""The cohort board."""

from django.http import HttpResponse

from firstdose.conduct.board import view_board
from firstdose.faces.web.access import find_reach
from firstdose.faces.web.desk import Desk, page


@page("board")
def view(desk: Desk) -> HttpResponse:
    """Who is where, which windows run, and what the rule says now."""
    named = find_reach("participants", desk.roles)
    sites = named.sites if named else frozenset()
    return desk.render("board.html", board=view_board(desk.state, desk.now, sites=sites))
