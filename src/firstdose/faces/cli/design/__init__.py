"""``firstdose design``: what a part's dose rule decides and does on average, and what may come of the whole trial.

Numbers are computed in the design room and told by the rooms above it; here words are read and results written.
"""

import click

from firstdose.faces.cli.design.compare import compare
from firstdose.faces.cli.design.oc import oc
from firstdose.faces.cli.design.paths import paths
from firstdose.faces.cli.design.simulate import simulate
from firstdose.faces.cli.design.table import table
from firstdose.faces.cli.design.trial import trial


@click.group()
def design() -> None:
    """The dose rule of a part: its table, its operating characteristics, its paths, and other rules beside it."""


design.add_command(table)
design.add_command(oc)
design.add_command(paths)
design.add_command(compare)
design.add_command(trial)
design.add_command(simulate)
