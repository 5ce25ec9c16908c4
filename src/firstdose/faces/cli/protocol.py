"""``firstdose protocol``: check a study, compare it with its registry, show its resolved form."""

from pathlib import Path

import click

from firstdose.faces.cli.said import end_with_faults, load_study
from firstdose.protocol.registry import parse_registry
from firstdose.protocol.registry_check import RegistryRow, check_registry
from firstdose.protocol.resolved import Protocol
from firstdose.protocol.written import write_json_schema
from firstdose.wiring import list_studies, read_text

KINDS = {"design": "Design", "site": "Sites", "outcome": "Outcomes"}


@click.group()
def protocol() -> None:
    """The protocol as data: check it, compare it, resolve it."""


@protocol.command("list")
def list_bundled() -> None:
    """Name the bundled studies."""
    for name in list_studies():
        click.echo(name)


@protocol.command()
@click.argument("study")
@click.option(
    "--registry", type=click.Path(path_type=Path), help="The registry's text or API v2 JSON to compare with."
)
def check(study: str, registry: Path | None) -> None:
    """Check STUDY (a bundled name, a file or a folder), and compare it with its registry record."""
    found = load_study(study)
    if registry is None:
        _summarise(found)
        return
    record = parse_registry(read_text(registry))
    if isinstance(record, list):
        end_with_faults(record)
    rows = check_registry(found, record)
    _show_rows(rows)
    n_unmet = sum(not row.is_met for row in rows)
    counts = ", ".join(
        f"{sum(row.kind == kind for row in rows)} {name.lower()}" for kind, name in KINDS.items()
    )
    if n_unmet:
        click.echo(f"{n_unmet} of {len(rows)} statements are not met.", err=True)
        raise click.exceptions.Exit(1)
    click.echo(f"All {len(rows)} statements of the registry are met ({counts}).")


def _summarise(found: Protocol) -> None:
    study = found.study
    click.echo(f"{study.key} {study.version}: {study.title.en}")
    for part in found.parts:
        rule = f", {part.design.rule} at {part.design.target_rate}" if part.design else ""
        click.echo(
            f"  {part.key}: {len(part.regimens)} regimens, up to {part.max_participants} participants{rule}"
        )
    n_items = sum(len(form.items) for form in found.forms)
    labels = [basis.label for basis in found.bases.values()]
    said = ", ".join(f"{labels.count(label)} {label}" for label in ("registry", "registry-mirror", "assumed"))
    click.echo(
        f"  {len(found.sites)} sites, {len(found.forms)} forms with {n_items} items, "
        f"{len(found.endpoints)} endpoints; bases: {said}"
    )
    click.echo("No fault.")


def _show_rows(rows: tuple[RegistryRow, ...]) -> None:
    for kind, name in KINDS.items():
        click.echo(f"\n{name}")
        for row in rows:
            if row.kind == kind:
                mark = (
                    click.style("met    ", fg="green")
                    if row.is_met
                    else click.style("NOT MET", fg="red", bold=True)
                )
                click.echo(f"  {mark}  {row.statement}: {row.stated}  [{row.where}]")
                met_by = row.met_by or "nothing in the protocol"
                click.echo(
                    f"           {met_by}" + (f": {row.reason}" if row.reason and not row.is_met else "")
                )
    click.echo()


@protocol.command()
@click.argument("study")
def resolve(study: str) -> None:
    """Print the resolved form of STUDY as JSON: everything explicit."""
    click.echo(load_study(study).model_dump_json(indent=2))


@protocol.command()
def schema() -> None:
    """Print the JSON Schema of the written form."""
    click.echo(write_json_schema())
