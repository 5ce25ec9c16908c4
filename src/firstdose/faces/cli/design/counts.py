"""Counts so far as they are written on the command line: evaluable and DLT for each level."""

from collections.abc import Sequence

import click

from firstdose.design import Tallies, check_tallies
from firstdose.faces.cli.said import end_with_faults


def read_counts(words: str | None, level_keys: Sequence[str], max_n: int) -> Tallies:
    """The tallies that ``3/0,3/1`` says, lowest level first, levels after the last without anybody."""
    n, n_dlt = [], []
    for word in words.split(",") if words else []:
        pair = word.split("/")
        try:
            evaluable, events = (int(part) for part in pair)
        except ValueError:
            raise click.ClickException(
                f"{word.strip()!r} is not a pair of counts; write evaluable/DLT for each level, such as 3/0,3/1"
            ) from None
        n.append(evaluable)
        n_dlt.append(events)
    if len(n) > len(level_keys):
        raise click.ClickException(f"counts for {len(n)} levels, and the part has {len(level_keys)}")
    missing = (0,) * (len(level_keys) - len(n))
    tallies = Tallies((*n, *missing), (*n_dlt, *missing), (0,) * len(level_keys))
    faults = check_tallies(tallies, n_levels=len(level_keys), max_n=max_n)
    if faults:
        end_with_faults(faults)
    return tallies


def read_level(words: str | None, tallies: Tallies, level_keys: Sequence[str], start_level: int) -> int:
    """The level of the last cohort, from 1: as it is named, else the highest that was treated."""
    if words is None:
        treated = [place for place, n in enumerate(tallies.n_evaluable, start=1) if n]
        return treated[-1] if treated else start_level
    if words in level_keys:
        return level_keys.index(words) + 1
    if words.isascii() and words.isdigit() and 1 <= int(words[:4]) <= len(level_keys) and len(words) < 4:  # noqa: PLR2004
        return int(words)
    raise click.ClickException(
        f"there is no level {words!r}; write 1 to {len(level_keys)} or one of {', '.join(level_keys)}"
    )
