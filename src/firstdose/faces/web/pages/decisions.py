"""Decisions: what the rule says, what the committee decides on a snapshot, and its signatures."""

from typing import Any
from uuid import uuid4

from django.contrib.auth import logout as end_session
from django.http import Http404, HttpResponse
from django.shortcuts import redirect

from firstdose.conduct.board import view_board
from firstdose.conduct.commands import MakeDecision, SignDecision, TakeSnapshot
from firstdose.conduct.meeting import view_meeting
from firstdose.faces.web.desk import UNPROCESSABLE, Desk, find_server, page
from firstdose.terms.outcomes import Refused

ACTIONS = ("escalate", "stay", "de_escalate", "select_mtd", "expand", "stop_too_toxic")


@page("decisions")
def view(desk: Desk) -> HttpResponse:
    """Every snapshot and decision, part by part, with what the rule says now."""
    return _render_all(desk)


@page("take_snapshot", "POST")
def take_snapshot(desk: Desk) -> HttpResponse:
    """Fix what the review looks at: everything known now."""
    part = desk.request.POST.get("part", "")
    answer = desk.ask(TakeSnapshot(part=part, cutoff=desk.now))
    if isinstance(answer, Refused):
        return _render_all(desk, UNPROCESSABLE, refused=answer)
    latest = [key for key, found in desk.state.snapshots.items() if found.part == part][-1]
    return desk.redirect(answer, "snapshot_taken", "decision", latest)


@page("decision")
def view_one(desk: Desk, snapshot: str) -> HttpResponse:
    """What stands before the committee on a snapshot."""
    return _render_one(desk, snapshot)


@page("make_decision", "POST")
def make(desk: Desk, snapshot: str) -> HttpResponse:
    """Put the committee's decision to signature."""
    typed = desk.request.POST
    level = typed.get("level", "")
    action = typed.get("action", "")
    if action not in ACTIONS:
        return _render_one(desk, snapshot, UNPROCESSABLE, typed=typed, wrong="choose_action")
    answer = desk.ask(
        MakeDecision(
            snapshot=snapshot,
            action=action,
            level=int(level) if level.isdecimal() else None,
            regimens=tuple(typed.getlist("regimens")) if action == "expand" else (),
            reason=typed.get("reason", "").strip(),
        )
    )
    if isinstance(answer, Refused):
        return _render_one(desk, snapshot, UNPROCESSABLE, typed=typed, refused=answer)
    return desk.redirect(answer, "decision_made", "decision", snapshot)


@page("sign_decision", "POST")
def sign(desk: Desk, snapshot: str) -> HttpResponse:
    """Sign with the password; a wrong one is noted and counts to the lock."""
    typed = desk.request.POST
    meeting = view_meeting(desk.state, snapshot)
    if meeting is None or meeting.decision is None:
        raise Http404
    server = find_server(desk.request)
    checked = server.accounts.check_password(desk.login, typed.get("password", ""))
    if checked != "right":
        server.note_login(desk.login, "failed_signature", str(uuid4()))
        if checked == "locked":
            end_session(desk.request)
            return redirect("sign_in")
        return _render_one(desk, snapshot, UNPROCESSABLE, typed=typed, wrong="wrong_password_signing")
    actor = desk.find_actor(SignDecision)
    meaning = desk.writer.say(f"meaning_{actor.role}") if actor else ""
    answer = desk.ask(
        SignDecision(decision=meeting.decision.made.decision, meaning=meaning, digest=typed.get("digest", ""))
    )
    if isinstance(answer, Refused):
        return _render_one(desk, snapshot, UNPROCESSABLE, typed=typed, refused=answer)
    return desk.redirect(answer, "signed", "decision", snapshot)


def _render_all(desk: Desk, status: int = 200, refused: Refused | None = None) -> HttpResponse:
    board = view_board(desk.state, desk.now)
    snapshots: dict[str, list[Any]] = {}
    for key in reversed(desk.state.snapshots):
        meeting = view_meeting(desk.state, key)
        assert meeting is not None
        snapshots.setdefault(meeting.part.key, []).append(meeting)
    return desk.render("decisions.html", status, board=board, snapshots=snapshots, refused=refused)


def _render_one(
    desk: Desk,
    snapshot: str,
    status: int = 200,
    *,
    typed: Any = None,
    refused: Refused | None = None,
    wrong: str = "",
) -> HttpResponse:
    meeting = view_meeting(desk.state, snapshot)
    if meeting is None:
        raise Http404
    actor = desk.find_actor(SignDecision)
    signed = meeting.decision is not None and any(
        sign.login == desk.login for sign in meeting.decision.signatures
    )
    waits = meeting.decision is not None and meeting.decision.is_waiting
    return desk.render(
        "decision.html",
        status,
        meeting=meeting,
        typed=typed or {},
        refused=refused,
        wrong=wrong,
        actions=ACTIONS,
        may_decide=not desk.as_of
        and desk.may_open("make_decision")
        and meeting.decision is None
        and meeting.is_latest,
        may_sign=not desk.as_of and desk.may_open("sign_decision") and waits and not signed,
        signer=actor,
        printed_name=desk.state.accounts[desk.login].name if desk.login in desk.state.accounts else "",
    )
