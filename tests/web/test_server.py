"""The server, its clocks and its logins."""

import doctest
import socket
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import pytest

from firstdose.faces.web.server import CannotListen, listen, serve
from firstdose.faces.web.settings import write_shell
from firstdose.wiring import Accounts, PracticeClock, open_accounts


class FixedClock:
    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now


def test_a_port_in_use_is_told_in_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotListen) as refused:
            listen("127.0.0.1", port)
    assert str(refused.value) == (
        f"cannot listen on 127.0.0.1:{port}; address already in use; choose another port"
    )


def test_nothing_is_announced_where_the_port_is_in_use(tmp_path: Path) -> None:
    said: list[str] = []
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(CannotListen):
            serve([], tmp_path / "accounts.db", port=taken.getsockname()[1], announce=said.append)
    assert said == []
    assert not (tmp_path / "accounts.db").exists()


def test_a_practice_clock_runs_on_from_its_own_moment() -> None:
    started = datetime(2026, 1, 5, 8, tzinfo=UTC)
    start = datetime(2024, 9, 3, 2, tzinfo=UTC)
    later = FixedClock(started + timedelta(minutes=7))
    assert PracticeClock(start, started, later).now() == start + timedelta(minutes=7)


def test_the_file_of_the_logins_is_its_owners_only(accounts: Accounts) -> None:
    assert accounts.path.stat().st_mode & 0o077 == 0


@pytest.mark.usefixtures("accounts")
def test_a_process_has_one_file_of_logins(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="are open in this process"):
        open_accounts(tmp_path / "other.db")


def test_the_same_logins_may_be_opened_again(accounts: Accounts) -> None:
    assert open_accounts(accounts.path).has_login("park")


@pytest.mark.usefixtures("accounts")
@pytest.mark.parametrize("name", ["access", "desk", "writing"])
def test_the_examples_of_the_pages_run(name: str) -> None:
    module = import_module(f"firstdose.faces.web.{name}")
    found = doctest.testmod(module)
    assert found.attempted > 0
    assert found.failed == 0


def test_behind_tls_cookies_go_over_nothing_else() -> None:
    shell = write_shell(["trial.example"], is_https=True)
    assert shell["SESSION_COOKIE_SECURE"]
    assert shell["CSRF_COOKIE_SECURE"]
    assert shell["SECURE_HSTS_SECONDS"] > 0
    assert not write_shell([], is_https=False)["SESSION_COOKIE_SECURE"]
