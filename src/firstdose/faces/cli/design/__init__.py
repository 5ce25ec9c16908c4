"""``firstdose design``: what a part's dose rule decides, what it does on average, and what may come next.

Numbers are computed in the design room and told by the rooms above it; here words are read and results written.
"""

import click

from firstdose.faces.cli.design.compare import compare
from firstdose.faces.cli.design.oc import oc
from firstdose.faces.cli.design.paths import paths
from firstdose.faces.cli.design.table import table


@click.group()
def design() -> None:
    """The dose rule of a part: its table, its operating characteristics, its paths, and other rules beside it."""


design.add_command(table)
design.add_command(oc)
design.add_command(paths)
design.add_command(compare)
