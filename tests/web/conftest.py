"""A server of the tests: two trials on records in memory, logins with cheap password hashes."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.test import Client
from tests.trials import SmallTrial, start

from firstdose.faces.web.hosting import KEY, Server, TrialOnServer
from firstdose.faces.web.settings import write_shell
from firstdose.simulate import cast
from firstdose.terms.words import Text
from firstdose.wiring import Accounts, open_accounts

PASSWORD = "window-closes-today"
LOGINS = (*cast.NAMES, "coordinator01", "investigator01", "pharmacist01", "coordinator02", "novak")


class StandingClock:
    """Shows what the small trial's clock shows."""

    def __init__(self, small: SmallTrial) -> None:
        self._small = small

    def now(self) -> datetime:
        return self._small.now


def host(small: SmallTrial, name: str = "kn5501") -> TrialOnServer:
    return TrialOnServer(name, Text("KN5501 in lupus", "KN5501 治疗狼疮"), small.trial, StandingClock(small))


@pytest.fixture(scope="session")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Accounts]:
    """The logins; argon2 with the least memory and time, so that tests are fast."""
    path: Path = tmp_path_factory.mktemp("accounts") / "accounts.db"
    changed = (Argon2PasswordHasher.time_cost, Argon2PasswordHasher.memory_cost)
    Argon2PasswordHasher.time_cost, Argon2PasswordHasher.memory_cost = 1, 64
    opened = open_accounts(path, write_shell(["testserver", "localhost", "127.0.0.1"], is_https=False))
    for login in LOGINS:
        assert opened.write_password(login, PASSWORD) == ()
    yield opened
    Argon2PasswordHasher.time_cost, Argon2PasswordHasher.memory_cost = changed


class Browser:
    """A person at the pages, without a browser."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.client = Client(enforce_csrf_checks=False, **{KEY: server})

    def as_login(self, login: str) -> "Browser":
        """Signed in without the sign-in page."""
        self.client.force_login(self.server.accounts.find_user(login))
        return self

    def open(self, path: str, **query: Any) -> Any:
        return self.client.get(path, query or None)

    def post(self, path: str, **fields: Any) -> Any:
        return self.client.post(path, fields)

    def sign_in(self, login: str, password: str = PASSWORD) -> Any:
        return self.post("/sign-in", login=login, password=password)


@pytest.fixture
def small() -> SmallTrial:
    return start()


@pytest.fixture
def server(small: SmallTrial, accounts: Accounts) -> Iterator[Server]:
    yield Server([host(small)], accounts)
    for login in LOGINS:
        accounts.unlock(login)


@pytest.fixture
def browser(server: Server) -> Browser:
    return Browser(server)
