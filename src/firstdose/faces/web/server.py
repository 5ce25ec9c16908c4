"""The server: pages of one or several trials over HTTP."""

import socket
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from firstdose.faces.web.hosting import KEY, Server, TrialOnServer
from firstdose.faces.web.settings import HERE, write_shell
from firstdose.terms.outcomes import Fault
from firstdose.wiring import open_accounts

LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")
N_THREADS = 8

__all__ = ["CannotListen", "TrialOnServer", "create_application", "serve"]


class CannotListen(Exception):  # noqa: N818 - it carries a fault, which is no error of ours
    """The server cannot listen on its address, with one sentence that says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault

    def __str__(self) -> str:
        return str(self.fault)


def create_application(
    trials: Iterable[TrialOnServer],
    accounts_path: Path,
    *,
    hosts: Sequence[str] = LOCAL_HOSTS,
    is_https: bool = False,
) -> Callable[..., Any]:
    """The WSGI application of the pages.

    Parameters
    ----------
    trials : iterable of TrialOnServer
    accounts_path : Path
        The file of the logins; one to a process.
    hosts : sequence of str
        Names under which the server answers.
    is_https : bool
        Whether the server stands behind TLS; cookies are then sent over nothing else.
    """
    accounts = open_accounts(accounts_path, write_shell(hosts, is_https=is_https))
    from django.core.wsgi import get_wsgi_application  # noqa: PLC0415 - needs the settings
    from whitenoise import WhiteNoise  # noqa: PLC0415 - beside its only use

    return WhiteNoise(
        serve_on(Server(trials, accounts), get_wsgi_application()),
        root=str(HERE / "static"),
        prefix="static/",
        max_age=3600,
    )


def serve_on(server: Server, pages: Callable[..., Any]) -> Callable[..., Any]:
    """The pages with a server that every request carries."""

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        environ[KEY] = server
        return pages(environ, start_response)

    return application


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to an address; port 0 takes a free one.

    Raises
    ------
    CannotListen
        The port is in use, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(128)
    except OSError as error:
        bound.close()
        why = (error.strerror or str(error)).lower()
        raise CannotListen(
            Fault(what=f"cannot listen on {host}:{port}", why=why, next="choose another port")
        ) from error
    return bound


def serve(
    trials: Iterable[TrialOnServer],
    accounts_path: Path,
    host: str = "127.0.0.1",
    port: int = 8000,
    *,
    hosts: Sequence[str] = (),
    is_https: bool = False,
    announce: Callable[[str], None] = lambda _: None,
) -> None:
    """Serve the pages until the process is stopped; ``announce`` is told the address once it is bound.

    Raises
    ------
    CannotListen
        The port is in use, or the address is not this machine's.
    """
    from waitress import create_server  # noqa: PLC0415 - the command line starts faster without it

    bound = listen(host, port)
    named = (*LOCAL_HOSTS, host, *hosts)
    application = create_application(trials, accounts_path, hosts=named, is_https=is_https)
    running = create_server(application, sockets=[bound], threads=N_THREADS, ident=None)
    announce(f"http://{host}:{bound.getsockname()[1]}/")
    running.run()
