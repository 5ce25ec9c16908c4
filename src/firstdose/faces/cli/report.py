"""``firstdose report``: the outcomes of a trial from its record."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import click

from firstdose.study.report import build_report_as_of
from firstdose.terms.calendar import SHANGHAI
from firstdose.terms.outcomes import Fault
from firstdose.wiring import FileFault, open_trial, write_document


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder of the report.")
@click.option("--as-of", "as_of", help="A position, a date (to its end at the sites) or a moment (ISO, UTC).")
def report(file: Path, out: Path, as_of: str | None) -> None:
    """Write the report of the record FILE as HTML, as it is or as it was known then."""
    trial = open_trial(file, read_only=True)
    moment = None if as_of is None else read_as_of(as_of)
    if isinstance(moment, int) and moment > trial.store.head()[0]:
        what = f"the record has no event {moment}"
        raise FileFault(
            Fault(what=what, why=f"it ends at {trial.store.head()[0]}", next="name an earlier one")
        )
    write_document(build_report_as_of(trial, moment), out)
    click.echo(f"{out / 'index.html'}")


def read_as_of(text: str) -> int | datetime:
    """The position or the moment that ``--as-of`` names."""
    if text.isdigit():
        return int(text)
    try:
        if len(text) == len("2025-01-31"):
            next_day = date.fromisoformat(text) + timedelta(days=1)
            return datetime.combine(next_day, time(), SHANGHAI) - timedelta(microseconds=1)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.ClickException(
            f"{text!r} is no position, date or moment; write 1200, 2025-01-31 or 2025-01-31T08:00"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
