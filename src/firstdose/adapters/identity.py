"""Who may sign in: logins with their passwords, sessions and locks, in a small file beside the record.

A login here only opens the door; what it may do follows from the roles that the record grants to it.
"""

import os
import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any, Literal

import django
from django import conf

MAX_FAILURES = 5
"""Wrong passwords in a row that lock a login (conduct reference, statement X5)."""
IDLE_S = 30 * 60
"""A session without a request for this long has ended. [s]."""

N_HASHING = 2
"""Passwords checked at a time: each takes the memory that argon2 asks for, 100 MiB."""

Checked = Literal["right", "wrong", "locked"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS secret_key (value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS failed_sign_in (login TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
"""


class Accounts:
    """The logins of a server.

    Parameters
    ----------
    path : Path
        The file; made where there is none, readable by its owner only.
    shell : mapping, optional
        Settings of the pages that sit on it.

    Raises
    ------
    RuntimeError
        Accounts of another file are open in this process: the web framework keeps one set of settings.
    """

    def __init__(self, path: Path, shell: Mapping[str, Any] | None = None) -> None:
        self.path = path
        self._hashing = BoundedSemaphore(N_HASHING)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        with self._file() as file:
            file.executescript(_SCHEMA)
        _configure(path, self._secret_key(), shell or {})
        from django.core.management import call_command  # noqa: PLC0415 - needs the settings

        call_command("migrate", verbosity=0)

    def write_password(self, login: str, password: str) -> tuple[str, ...]:
        """Give a login a password; it ends the login's sessions and its lock.

        Returns
        -------
        tuple of str
            What is wrong with the password; empty where it was written.
        """
        from django.contrib.auth import password_validation  # noqa: PLC0415 - needs the settings
        from django.core.exceptions import ValidationError  # noqa: PLC0415 - needs the settings

        user = self.find_user(login) or _user_model()(username=login)
        try:
            password_validation.validate_password(password, user)
        except ValidationError as error:
            return tuple(error.messages)
        user.set_password(password)
        user.is_active = True
        user.save()
        self._forget_failures(login)
        return ()

    def find_user(self, login: str) -> Any:
        """The account of a login for the web framework, or nothing."""
        return _user_model().objects.filter(username=login).first()

    def has_login(self, login: str) -> bool:
        """Whether a login has a password."""
        return self.find_user(login) is not None

    def check_password(self, login: str, password: str) -> Checked:
        """Whether a password is a login's; the fifth wrong one in a row locks the login.

        An unknown login takes as long to refuse as a wrong password.
        """
        user = self.find_user(login)
        with self._hashing:
            if user is None:
                _user_model()().set_password(password)
                return "wrong"
            is_right = user.check_password(password)
        if not user.is_active:
            return "locked"
        if is_right:
            self._forget_failures(login)
            return "right"
        if self._count_failure(login) < MAX_FAILURES:
            return "wrong"
        user.is_active = False
        user.save()
        return "locked"

    def unlock(self, login: str) -> None:
        """Let a locked login in again."""
        user = self.find_user(login)
        user.is_active = True
        user.save()
        self._forget_failures(login)

    @contextmanager
    def _file(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=10)) as file, file:
            yield file

    def _secret_key(self) -> str:
        with self._file() as file:
            found = file.execute("SELECT value FROM secret_key").fetchone()
            if found is None:
                found = (secrets.token_urlsafe(50),)
                file.execute("INSERT INTO secret_key VALUES (?)", found)
        return str(found[0])

    def _count_failure(self, login: str) -> int:
        counted = """
            INSERT INTO failed_sign_in VALUES (?, 1) ON CONFLICT (login) DO UPDATE SET n = n + 1 RETURNING n
        """
        with self._file() as file:
            return int(file.execute(counted, (login,)).fetchone()[0])

    def _forget_failures(self, login: str) -> None:
        with self._file() as file:
            file.execute("DELETE FROM failed_sign_in WHERE login = ?", (login,))


def _user_model() -> Any:
    from django.contrib.auth import get_user_model  # noqa: PLC0415 - needs the settings

    return get_user_model()


def _configure(path: Path, secret_key: str, shell: Mapping[str, Any]) -> None:
    """Put the settings in force, once a process; the settings of the pages may come later."""
    settings = conf.settings
    if settings.configured:
        if settings.DATABASES["default"]["NAME"] != str(path):
            raise RuntimeError(
                f"accounts of {settings.DATABASES['default']['NAME']} are open in this process"
            )
        for name, value in shell.items():
            setattr(settings, name, value)
        return
    said = {
        "SECRET_KEY": secret_key,
        "DEBUG": False,
        "USE_TZ": True,
        "INSTALLED_APPS": ["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions"],
        "DATABASES": {
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": str(path),
                "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 10},
            }
        },
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.Argon2PasswordHasher"],
        "AUTH_PASSWORD_VALIDATORS": [
            {
                "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
                "OPTIONS": {"min_length": 10},
            },
            {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
            {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
        ],
        "SESSION_COOKIE_AGE": IDLE_S,
        "SESSION_SAVE_EVERY_REQUEST": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "CSRF_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_SAMESITE": "Strict",
    }
    settings.configure(**(said | dict(shell)))
    django.setup()
