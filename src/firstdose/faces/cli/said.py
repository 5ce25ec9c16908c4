"""How the command line speaks: results on standard output, faults as one sentence on standard error."""

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import NoReturn, TypeVar

import click

from firstdose.protocol.resolved import Protocol
from firstdose.study.check_study import check_study
from firstdose.terms.outcomes import Fault
from firstdose.wiring import read_study

T = TypeVar("T")


def load_study(name: str) -> Protocol:
    """The protocol of a study, or the end of the command with every fault that was found."""
    protocol = check_study(read_study(name))
    if isinstance(protocol, tuple):
        end_with_faults(protocol)
    return protocol


def end_with_faults(faults: Iterable[Fault]) -> NoReturn:
    """Tell every fault on a line of its own, and end with exit code 1."""
    listed = list(faults)
    for fault in listed:
        click.echo(str(fault), err=True)
    raise click.exceptions.Exit(1)


def show_progress(
    steps: Iterable[T], label: str, share: Callable[[T], float], say: Callable[[T], str]
) -> None:
    """Go through steps under a progress bar; where there is no terminal, a line at each fifth."""
    if not _is_terminal():
        for line in _fifths(steps, label, share, say):
            click.echo(line)
        return
    with click.progressbar(  # type: ignore[var-annotated] # a bar of a length has no type of its own
        length=1000,
        label=label,
        item_show_func=lambda step: say(step) if step is not None else "",
        show_eta=False,
    ) as bar:
        done = 0
        for step in steps:
            reached = int(1000 * share(step))
            bar.update(max(reached - done, 0), step)
            done = max(done, reached)
        bar.update(1000 - done)


def _is_terminal() -> bool:
    return sys.stdout.isatty()


def _fifths(
    steps: Iterable[T], label: str, share: Callable[[T], float], say: Callable[[T], str]
) -> Iterator[str]:
    told = -1
    for step in steps:
        fifth = int(5 * share(step))
        if fifth > told:
            told = fifth
            yield f"{label}: {20 * fifth:3d} %  {say(step)}"
