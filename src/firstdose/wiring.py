"""Where the shell meets the study: what is concrete is made here, and faces take it from here."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from firstdose.adapters.clock import Clock, PracticeClock, SystemClock
from firstdose.adapters.faults import StoreFault
from firstdose.adapters.files import FileFault, list_studies, read_study, read_text, write_folder
from firstdose.adapters.identity import Accounts
from firstdose.adapters.render_html import render_html
from firstdose.adapters.store_sqlite import SqliteStore
from firstdose.adapters.verify_sqlite import verify_record
from firstdose.adapters.workers import WorkerFault, map_chunks
from firstdose.deliver.document import Document
from firstdose.protocol.resolved import Protocol
from firstdose.simulate.rehearsal import Progress
from firstdose.simulate.scenario import Scenario
from firstdose.study.rehearse import rehearse
from firstdose.study.trial import Trial

__all__ = [
    "Accounts",
    "Clock",
    "FileFault",
    "PracticeClock",
    "StoreFault",
    "SystemClock",
    "WorkerFault",
    "copy_record",
    "list_studies",
    "map_chunks",
    "open_accounts",
    "open_trial",
    "read_study",
    "read_text",
    "rehearse_to_file",
    "verify_record",
    "write_document",
]


def open_trial(path: Path, *, create: bool = False, read_only: bool = False) -> Trial:
    """The trial whose record is in a file."""
    return Trial(SqliteStore(path, create=create, read_only=read_only))


def open_accounts(path: Path, shell: Mapping[str, Any] | None = None) -> Accounts:
    """The logins of a server, from their file; ``shell`` are settings of the pages that sit on them."""
    return Accounts(path, shell)


def rehearse_to_file(path: Path, protocol: Protocol, seed: int) -> Iterator[Progress]:
    """Rehearse a trial into a new file; each progress that is given is in the file."""
    with SqliteStore(path, create=True) as store:
        yield from rehearse(store, protocol, seed, Scenario())


def copy_record(source: Path, target: Path, until: int | None = None) -> None:
    """A copy of a record up to a position, with the same hashes, in place of an earlier copy."""
    target.unlink(missing_ok=True)
    with SqliteStore(source, read_only=True) as store:
        store.copy_prefix(target, store.head()[0] if until is None else until)


def write_document(document: Document, folder: Path) -> None:
    """Write a document as HTML pages into a folder."""
    write_folder(folder, render_html(document))
