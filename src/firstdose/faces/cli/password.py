"""``firstdose password``: a login of the pages gets its password."""

from pathlib import Path

import click

from firstdose.faces.cli.serve import ACCOUNTS
from firstdose.wiring import open_accounts


@click.command()
@click.argument("login")
@ACCOUNTS
def password(login: str, accounts: Path) -> None:
    """Give LOGIN a password, asked for at the prompt; it ends the login's sessions and its lock."""
    said = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    wrong = open_accounts(accounts).write_password(login, said)
    if wrong:
        raise click.ClickException(" ".join(wrong))
    click.echo(f"{login} has a new password.")
