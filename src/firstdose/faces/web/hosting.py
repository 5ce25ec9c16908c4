"""What a server serves: trials by name, each with its clock, and the logins."""

from collections.abc import Iterable
from typing import Any

import msgspec

from firstdose.conduct.access import SYSTEM
from firstdose.conduct.commands import NoteLogin
from firstdose.study.trial import Trial
from firstdose.terms.words import Text
from firstdose.wiring import Accounts, Clock

KEY = "firstdose.server"
"""Where a request carries the server."""


class TrialOnServer(msgspec.Struct, frozen=True):
    """A trial under the name that its pages have; ``clock`` says what time it is there."""

    name: str
    title: Text
    trial: Trial
    clock: Clock


class Server:
    """The trials and the logins of a server."""

    def __init__(self, trials: Iterable[TrialOnServer], accounts: Accounts) -> None:
        self.trials = {hosted.name: hosted for hosted in trials}
        self.accounts = accounts

    def note_login(self, login: str, what: Any, command_id: str) -> None:
        """Keep a sign-in in the trail of every trial that knows the login.

        A login that no trial knows is not kept: people type passwords into the wrong field.
        """
        for hosted in self.trials.values():
            with hosted.trial.reading() as state:
                is_known = login in state.accounts
            if is_known:
                hosted.trial.ask(
                    NoteLogin(login=login, what=what), SYSTEM, now=hosted.clock.now(), command_id=command_id
                )
