"""The command line: ``firstdose``. Each command is a file of this folder; no rule lives here.

A mistake of the user is one sentence on standard error and an exit code of 1 (2 for a mistyped command). A
command's file is loaded when the command is asked for, so that a short command answers at once.
"""

import click

from firstdose import __version__
from firstdose.faces.cli.group import OneSentence


@click.group(cls=OneSentence, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="firstdose")
def main() -> None:
    """Run a first-in-human dose-escalation trial of a cell therapy, from the protocol to the report."""
