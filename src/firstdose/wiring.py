"""Where the shell meets the study: what is concrete is made here, and faces take it from here."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from firstdose.adapters.clock import Clock, PracticeClock, SystemClock
from firstdose.adapters.identity import Accounts
from firstdose.adapters.store_sqlite import SqliteStore
from firstdose.study.trial import Trial

__all__ = ["Accounts", "Clock", "PracticeClock", "SystemClock", "open_accounts", "open_trial"]


def open_trial(path: Path, *, create: bool = False, read_only: bool = False) -> Trial:
    """The trial whose record is in a file."""
    return Trial(SqliteStore(path, create=create, read_only=read_only))


def open_accounts(path: Path, shell: Mapping[str, Any] | None = None) -> Accounts:
    """The logins of a server, from their file; ``shell`` are settings of the pages that sit on them."""
    return Accounts(path, shell)
