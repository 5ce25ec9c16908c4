"""``firstdose serve``: the pages of records."""

from pathlib import Path

import click

from firstdose.terms.outcomes import Fault
from firstdose.terms.words import Text
from firstdose.wiring import FileFault, SystemClock, open_trial

ACCOUNTS = click.option(
    "--accounts", type=click.Path(path_type=Path), required=True, help="The file of the logins' passwords."
)


def check_free(host: str, port: int) -> None:
    """End the command with one sentence where the server could not listen on its address."""
    from firstdose.faces.web.server import CannotListen, listen  # noqa: PLC0415 - the pages load Django

    try:
        listen(host, port).close()
    except CannotListen as error:
        raise click.ClickException(str(error)) from error


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@ACCOUNTS
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option("--name", "hosts", multiple=True, help="A host name under which the server answers.")
@click.option("--https/--no-https", "is_https", default=False, help="Whether it stands behind TLS.")
def serve(
    files: tuple[Path, ...],
    accounts: Path,
    host: str,
    port: int,
    hosts: tuple[str, ...],
    is_https: bool,  # noqa: FBT001 - click's way
) -> None:
    """Serve the pages of the records FILES."""
    from firstdose.faces.web.server import TrialOnServer  # noqa: PLC0415 - the pages load Django
    from firstdose.faces.web.server import serve as serve_pages  # noqa: PLC0415

    check_free(host, port)
    trials = []
    for file in files:
        trial = open_trial(file)
        with trial.reading() as state:
            if state.definition is None:
                what = f"{file} has no study definition"
                raise FileFault(Fault(what=what, next="release one, or rehearse a study"))
            title = state.protocol.study.title
        trials.append(TrialOnServer(file.stem, Text(title.en, title.zh), trial, SystemClock()))
    serve_pages(
        trials,
        accounts,
        host,
        port,
        hosts=hosts,
        is_https=is_https,
        announce=lambda address: click.echo(f"{address}   (stop with Ctrl-C)"),
    )
