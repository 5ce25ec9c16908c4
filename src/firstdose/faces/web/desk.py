"""What a page works with: who asks, which trial, and the state that they may see."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from functools import lru_cache, wraps
from typing import Any
from uuid import UUID, uuid4

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from firstdose.conduct.access import MAY_ASK
from firstdose.conduct.commands import Actor, AnyCommand, Command
from firstdose.faces.web.access import Reach, Route, find_reach
from firstdose.faces.web.hosting import KEY, Server, TrialOnServer
from firstdose.faces.web.writing import Writer
from firstdose.record.events import Role
from firstdose.record.state import Participant, State
from firstdose.study.trial import Recorded
from firstdose.terms.calendar import SHANGHAI, site_date
from firstdose.terms.outcomes import Refused
from firstdose.terms.words import Language

AS_OF_ROUTES = (
    "board", "participants", "chart", "schedule", "form", "trail", "adverse_events", "decisions", "decision"
)  # fmt: skip
"""Pages that can be shown as things were known at a moment or a position."""
UNPROCESSABLE = 422
"""What a refusal answers with: understood, and not done."""
LANGUAGE = "language"
SAID = "said"


def find_language(request: Any) -> Language:
    """The language of a session; before one was chosen, the browser's."""
    chosen = request.session.get(LANGUAGE)
    if chosen is None:
        chosen = "zh" if request.headers.get("Accept-Language", "").lower().startswith("zh") else "en"
    return "zh" if chosen == "zh" else "en"


def find_server(request: Any) -> Server:
    """The server that a request came to."""
    server: Server = request.META[KEY]
    return server


class Desk:
    """What the page of a trial works with.

    ``state`` is the state as of ``as_of`` where one is asked for, and then ``now`` is that moment.
    """

    def __init__(
        self, request: Any, hosted: TrialOnServer, route: Route, roles: set[tuple[Role, str | None]]
    ) -> None:
        self.request = request
        self.hosted = hosted
        self.route: Route = route
        self.roles = roles
        self.login: str = request.user.get_username()
        self.writer = Writer(find_language(request))
        self.as_of = ""
        self.state = State()
        self.now = hosted.clock.now()
        self.reach = Reach(frozenset())

    def may_open(self, route: Route) -> bool:
        """Whether a page is open to the person."""
        return find_reach(route, self.roles) is not None

    def find_actor(self, command: type[Command], site: str | None = None) -> Actor | None:
        """The person in a role that may ask for a command, at a site where it is about one."""
        for role, at in sorted(self.roles, key=str):
            if role in MAY_ASK[command] and (at is None or site is None or at == site):
                return Actor(self.login, role, at)
        return None

    def find_participant(self, code: str) -> Participant:
        """The participant of a code, if the person may see them; otherwise there is none."""
        participant = self.state.participants.get(code)
        if participant is None or not self.reach.has(participant.site):
            raise Http404
        return participant

    def ask(self, command: AnyCommand, site: str | None = None) -> Recorded | Refused:
        """Ask for a command; the id of the form makes a resend harmless."""
        actor = self.find_actor(type(command), site)
        if actor is None:
            raise Http404
        return self.hosted.trial.ask(command, actor, now=self.hosted.clock.now(), command_id=self.command_id)

    @property
    def command_id(self) -> str:
        """The id that the form was rendered with; a new one where it has none."""
        try:
            given = str(UUID(self.request.POST.get("command", "")))
        except ValueError:
            given = str(uuid4())
        return f"{self.login}:{given}"

    def link(self, route: str, *places: str, **query: object) -> str:
        """The address of a page of this trial, as of the same moment."""
        if self.as_of and route in AS_OF_ROUTES:
            query = {"as_of": self.as_of, **query}
        return reverse(route, args=[self.hosted.name, *places], query=query or None)

    def redirect(
        self, recorded: Recorded, said: str, route: str, *places: str, **query: object
    ) -> HttpResponse:
        """Go to a page after an act, with a word on what was done."""
        self.request.session[SAID] = "recorded_before" if recorded.was_recorded_before else said
        return redirect(self.link(route, *places, **query))

    def render(self, template: str, status: int = 200, **values: Any) -> HttpResponse:
        """A page of the trial."""
        said = self.request.session.pop(SAID, "")
        shown = {"desk": self, "said": said, "new_command": lambda: str(uuid4()), **values}
        return render_page(self.request, template, status, **shown)


def render_page(request: Any, template: str, status: int = 200, **values: Any) -> HttpResponse:
    """A page in the language of its reader."""
    writer = Writer(find_language(request))
    shown = {
        "w": writer,
        "say": writer.say,
        "t": writer.write_text,
        "path": request.get_full_path(),
        "login": request.user.get_username() if request.user.is_authenticated else "",
        "desk": None,
        "said": "",
        **values,
    }
    return render(request, template, shown, status=status)


def page(route: Route, *methods: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """The view of a page: signed in, in a trial that knows the person, in a role that may open it.

    Parameters
    ----------
    route : str
        Its row in the access table.
    methods : str
        What it answers to; GET where left out.
    """

    def wrap(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @require_http_methods(methods or ("GET",))
        @wraps(view)
        def answer(request: Any, trial: str, *places: str, **named: str) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect(reverse("sign_in", query={"next": request.get_full_path()}))
            hosted = find_server(request).trials.get(trial)
            if hosted is None:
                raise Http404
            with hosted.trial.reading() as state:
                account = state.accounts.get(request.user.get_username())
                if account is None or not account.roles:
                    raise Http404
                desk = Desk(request, hosted, route, account.roles)
                reach = find_reach(route, account.roles)
                if reach is None:
                    return desk.render("message.html", 403, title="not_allowed", text="not_allowed_text")
                desk.reach = reach
                desk.state = state
                asked = request.GET.get("as_of", "").strip()
                if asked and route in AS_OF_ROUTES and not _look_back(desk, asked):
                    return desk.render("message.html", 400, title="no_such_time", text="no_such_time_text")
                return view(desk, *places, **named)

        return answer

    return wrap


def _look_back(desk: Desk, asked: str) -> bool:
    """Show the state as of a position, or as it was known at the end of a day or at a moment."""
    as_of = parse_as_of(asked)
    if as_of is None:
        return False
    if isinstance(as_of, datetime):
        if site_date(as_of) > site_date(desk.now):
            return False
        as_of = min(as_of, desk.now)
    elif as_of > desk.state.position:
        return False
    state = fold_as_of(desk.hosted, as_of)
    if state.definition is None or state.recorded_at is None:
        return False
    desk.state, desk.as_of = state, asked
    desk.now = as_of if isinstance(as_of, datetime) else state.recorded_at
    return True


@lru_cache(maxsize=8)
def fold_as_of(hosted: TrialOnServer, as_of: int | datetime) -> State:
    """The state of a trial as of a position or a moment; the past does not change."""
    return hosted.trial.state_as_of(as_of)


def parse_as_of(asked: str) -> int | datetime | None:
    """The position, or the moment at the sites; a day means its end.

    Examples
    --------
    >>> parse_as_of("120"), parse_as_of("tomorrow")
    (120, None)
    >>> parse_as_of("2025-03-01").isoformat()
    '2025-03-01T23:59:59.999999+08:00'
    """
    if asked.isdecimal():
        return int(asked) or None
    try:
        moment = datetime.fromisoformat(asked)
    except ValueError:
        return None
    if len(asked) == len("2025-03-01"):
        moment = datetime.combine(moment.date(), time.min) + timedelta(days=1, microseconds=-1)
    return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)


def parse_moment(text: str) -> datetime | None:
    """The moment that a person typed in the site's time.

    Examples
    --------
    >>> parse_moment("2025-03-01T09:30").isoformat(), parse_moment("soon")
    ('2025-03-01T09:30:00+08:00', None)
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)
