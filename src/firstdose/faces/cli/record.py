"""``firstdose record``: verify a record, and show its head."""

from pathlib import Path

import click

from firstdose.wiring import open_trial, verify_record

RECORD = click.argument("file", type=click.Path(path_type=Path))


@click.group()
def record() -> None:
    """The record of a trial: its events from the first to the last."""


@record.command()
@RECORD
@click.option("--head", help="A head hash that was kept outside; shows a tail that was cut off.")
def verify(file: Path, head: str | None) -> None:
    """Verify FILE: find any altered, removed, inserted or reordered event, and say where."""
    if head is not None and not _is_hash(head):
        raise click.ClickException(f"{head!r} is not a head hash; it has 64 characters, 0 to 9 and a to f")
    breaks = verify_record(file, head)
    for found in breaks:
        place = f"event {found.position}" if found.position else "the file"
        click.echo(f"{file}: {place}: {found.what}", err=True)
    if breaks:
        raise click.exceptions.Exit(1)
    trial = open_trial(file, read_only=True)
    position, hash_of_head = trial.store.head()
    click.echo(f"{file}: {position} events, unbroken; head {hash_of_head.hex()}")


@record.command("head")
@RECORD
def show_head(file: Path) -> None:
    """Print the position and the hash of the last event of FILE, to be kept outside."""
    position, hash_of_head = open_trial(file, read_only=True).store.head()
    click.echo(f"{position} {hash_of_head.hex()}")


def _is_hash(text: str) -> bool:
    return len(text) == 64 and not set(text.lower()) - set("0123456789abcdef")  # noqa: PLR2004 - SHA-256 in hex
