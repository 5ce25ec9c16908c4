"""The group of all commands: loads each when it is asked for, and turns faults into one sentence."""

import os
from importlib import import_module
from typing import Any

import click

COMMANDS = {
    "demo": "Rehearse the bundled trial, write its report, and serve it for practice.",
    "design": "The dose rule of a part: its table, its exact operating characteristics.",
    "password": "Give a login of the pages a password.",
    "protocol": "The protocol as data: check it, compare it, resolve it.",
    "record": "The record of a trial: verify it, show its head.",
    "rehearse": "Rehearse a study with virtual participants into a new record.",
    "report": "Write the report of a record, as it is or as it was known then.",
    "score": "Score a file by one measure: SLEDAI-2K, DORIS, LLDAS, CTCAE, CRS and others.",
    "serve": "Serve the pages of records.",
}
"""The commands with what they do; each stands in the module of its name."""


TRACE = "FIRSTDOSE_TRACE"
"""The variable that shows the traceback of a bug."""


class OneSentence(click.Group):
    """A group whose commands end with one sentence where a file or the machine is at fault."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002, D102 - click's words
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002, D102
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"firstdose.faces.cli.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002, D102
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; nothing that a user can cause gives a traceback."""
        from firstdose.wiring import FileFault, StoreFault  # noqa: PLC0415 - loaded with the command

        try:
            return super().invoke(ctx)
        except (FileFault, StoreFault) as error:
            raise click.ClickException(str(error)) from error
        except BrokenPipeError:
            ctx.exit(0)
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            raise click.ClickException(f"{place}{(error.strerror or str(error)).lower()}") from error
        except (click.exceptions.Exit, click.ClickException, click.Abort):
            raise
        except Exception as error:
            if os.environ.get(TRACE):
                raise
            what = f"a mistake of firstdose, not yours: {type(error).__name__}: {error}"
            raise click.ClickException(f"{what}; set {TRACE}=1 to see where, and please report it") from error
