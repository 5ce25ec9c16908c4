"""What is wrong with a file that was to be opened, read or written, carried as an exception."""

from pathlib import Path

from firstdose.terms.outcomes import Fault


class StoreFault(Exception):  # noqa: N818 - a fault is the house's word for a file that is wrong
    """A record that cannot be opened, read or written, with one sentence that says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault

    def __str__(self) -> str:
        return str(self.fault)


def store_fault(path: Path | str, what: str, why: str = "", *, remedy: str = "") -> StoreFault:
    """The exception for a file.

    Examples
    --------
    >>> print(store_fault("trial.db", "there is no such file", remedy="check the name"))
    trial.db: there is no such file; check the name
    """
    return StoreFault(Fault(what=what, why=why, next=remedy, file=str(path)))
