"""Signing in and out, and the language."""

from typing import Any
from uuid import uuid4

from django.contrib.auth import login as start_session
from django.contrib.auth import logout as end_session
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from firstdose.faces.web.desk import LANGUAGE, find_language, find_server, render_page


@require_http_methods(("GET", "POST"))
def view(request: Any) -> HttpResponse:
    """Ask for login and password; every attempt of a known login is noted in its trials."""
    goal = _find_goal(request)
    if request.method == "GET":
        return render_page(request, "sign_in.html", goal=goal, typed="", wrong="")
    server = find_server(request)
    login = request.POST.get("login", "").strip()
    checked = server.accounts.check_password(login, request.POST.get("password", ""))
    what = "signed_in" if checked == "right" else "failed"
    server.note_login(login, what, str(uuid4()))
    if checked != "right":
        wrong = "locked" if checked == "locked" else "wrong_password"
        return render_page(request, "sign_in.html", 403, goal=goal, typed=login, wrong=wrong)
    language = find_language(request)
    start_session(request, server.accounts.find_user(login))
    request.session[LANGUAGE] = language
    return redirect(goal)


@require_POST
def sign_out(request: Any) -> HttpResponse:
    """End the session."""
    language = find_language(request)
    if request.user.is_authenticated:
        find_server(request).note_login(request.user.get_username(), "signed_out", str(uuid4()))
    end_session(request)
    request.session[LANGUAGE] = language
    return redirect("sign_in")


@require_POST
def choose_language(request: Any) -> HttpResponse:
    """Keep the language in the session."""
    request.session[LANGUAGE] = "zh" if request.POST.get("language") == "zh" else "en"
    return redirect(_find_goal(request))


def _find_goal(request: Any) -> str:
    """Where to go next: a page of this server, never another one."""
    goal = str(request.POST.get("next") or request.GET.get("next") or "/")
    is_own = url_has_allowed_host_and_scheme(goal, {request.get_host()})
    return goal if is_own and goal.startswith("/") else "/"
