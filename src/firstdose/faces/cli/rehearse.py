"""``firstdose rehearse``: virtual participants go through the whole trial."""

from pathlib import Path

import click

from firstdose.faces.cli.said import load_study, show_progress
from firstdose.protocol.resolved import Protocol
from firstdose.simulate.rehearsal import Progress
from firstdose.terms.outcomes import Fault
from firstdose.wiring import FileFault, open_trial, rehearse_to_file


@click.command()
@click.argument("study")
@click.option(
    "--seed", type=click.IntRange(min=0), default=7, show_default=True, help="The same seed, the same record."
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The new file of the record.")
def rehearse(study: str, seed: int, out: Path) -> None:
    """Rehearse STUDY with virtual participants into a new record."""
    protocol = load_study(study)
    if out.exists():
        raise FileFault(
            Fault(what=f"{out} exists", why="a record is never written over", next="name a new file")
        )
    rehearse_with_progress(protocol, seed, out)
    position, head = open_trial(out, read_only=True).store.head()
    click.echo(f"{out}: {position} events; head {head.hex()}")


def rehearse_with_progress(protocol: Protocol, seed: int, out: Path) -> None:
    """Rehearse into a file under a progress bar."""

    def share(step: Progress) -> float:
        return min((step.n_enrolled + step.n_finished) / (2 * step.enrolment), 1.0)

    def say(step: Progress) -> str:
        return f"{step.now:%Y-%m-%d}  {step.n_enrolled} of {step.enrolment} treated"

    show_progress(rehearse_to_file(out, protocol, seed), "rehearsing", share, say)
