"""``firstdose demo``: the bundled trial rehearsed, its report, and the pages to practise on."""

from datetime import timedelta
from pathlib import Path

import click

from firstdose.faces.cli.rehearse import rehearse_with_progress
from firstdose.faces.cli.said import load_study
from firstdose.faces.cli.serve import check_free
from firstdose.protocol.resolved import Protocol
from firstdose.record.events import Entry, StudyDefinitionReleased
from firstdose.study.practice import find_practice_cut
from firstdose.study.rehearse import name_command, write_definition
from firstdose.study.report import build_report_as_of
from firstdose.study.trial import name_software
from firstdose.terms.outcomes import Fault
from firstdose.terms.words import Text
from firstdose.wiring import (
    FileFault,
    PracticeClock,
    SystemClock,
    copy_record,
    open_accounts,
    open_trial,
    write_document,
)

STUDY = "kn5501"
PASSWORD = "practice-kn5501"  # noqa: S105 - of the practice copies only, and printed
WHOLE = Text("The whole trial, rehearsed to Week 52", "预演至第52周的完整试验")
PRACTICE = Text("The trial when a decision was due", "待作出剂量决定时的试验")
GUIDE = (
    ("park", "chair of the safety review committee: decides and signs"),
    ("weiss", "clinician of the committee: signs"),
    ("okafor", "medical monitor: opens cohorts, adjudicates"),
    ("coordinator01", "coordinator of site 01: visits and forms"),
    ("investigator01", "investigator of site 01: adverse events"),
)


@click.command()
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("demo"), show_default=True, help="The folder."
)
@click.option("--seed", type=click.IntRange(min=0), default=7, show_default=True)
@click.option(
    "--serve/--no-serve", "is_served", default=True, help="Serve the pages, or end when all is written."
)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
def demo(out: Path, seed: int, is_served: bool, host: str, port: int) -> None:  # noqa: FBT001 - click's way
    """Rehearse the bundled trial, write its report, and serve it for practice."""
    if is_served:
        check_free(host, port)
    protocol = load_study(STUDY)
    out.mkdir(parents=True, exist_ok=True)
    record = out / "trial.db"
    _rehearse_once(record, protocol, seed)
    click.echo(f"record   {record}")
    write_document(build_report_as_of(open_trial(record, read_only=True), None), out / "report")
    click.echo(f"report   {out / 'report' / 'index.html'}")
    if is_served:
        _serve(out, record, protocol, host, port)


def _rehearse_once(record: Path, protocol: Protocol, seed: int) -> None:
    """Rehearse, unless the folder holds just this rehearsal from before."""
    if record.exists():
        first = next(iter(open_trial(record, read_only=True).store.read(0, 1)), None)
        if first is None or not first.command.startswith("rehearsal-"):
            why = "it is not a rehearsal"
            raise FileFault(Fault(what=f"{record} is kept", why=why, next="name another folder with --out"))
        if _is_same(first, protocol, seed):
            return
        record.unlink()
    fresh = record.with_name(".trial.db.new")
    for left in (fresh, fresh.with_name(f"{fresh.name}-wal"), fresh.with_name(f"{fresh.name}-shm")):
        left.unlink(missing_ok=True)
    rehearse_with_progress(protocol, seed, fresh)
    fresh.rename(record)


def _is_same(first: Entry, protocol: Protocol, seed: int) -> bool:
    event = first.event
    return (
        isinstance(event, StudyDefinitionReleased)
        and event.digest == write_definition(protocol)[1]
        and first.command == name_command(seed, 1)
        and first.release == name_software()
    )


def _serve(out: Path, record: Path, protocol: Protocol, host: str, port: int) -> None:
    """Serve two copies of the record, so that the record itself stays what the report was made from."""
    from firstdose.faces.web.server import TrialOnServer, serve  # noqa: PLC0415 - the pages load Django

    pages = out / "pages"
    pages.mkdir(exist_ok=True)
    cut = find_practice_cut(open_trial(record, read_only=True).store.read(), protocol)
    trials = []
    for name, title, until in (("practice", PRACTICE, cut), ("whole", WHOLE, None)):
        copy = pages / f"{name}.db"
        copy_record(record, copy, until)
        trial = open_trial(copy)
        with trial.reading() as state:
            assert state.recorded_at is not None
            start = state.recorded_at + timedelta(minutes=10)
            logins = list(state.accounts)
        trials.append(TrialOnServer(name, title, trial, PracticeClock(start, SystemClock().now())))
    accounts = open_accounts(pages / "accounts.db")
    for login in logins:
        if not accounts.has_login(login):
            accounts.write_password(login, PASSWORD)
    serve(trials, pages / "accounts.db", host, port, announce=_announce)


def _announce(address: str) -> None:
    click.echo(f"pages    {address}   (stop with Ctrl-C)\n\nSign in with the password {PASSWORD} as")
    for login, who in GUIDE:
        click.echo(f"  {login:15} {who}")
    click.echo("\nThe pages work on practice copies; they start anew with each demo.")
