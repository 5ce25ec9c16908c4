"""``firstdose design``: the decision table of a part, and what its rule does on average, exactly."""

import json

import click
import msgspec

from firstdose.conduct.dose_rules import compile_design, specify_design
from firstdose.design import (
    DecisionTable,
    OperatingCharacteristics,
    compute_operating_characteristics,
    tabulate_decisions,
)
from firstdose.faces.cli.said import load_study

PART = click.option("--part", "part_key", default="sad", show_default=True, help="A part with a dose rule.")
JSON = click.option("--json", "as_json", is_flag=True, help="As JSON.")


@click.group()
def design() -> None:
    """The dose rule of a part: its decision table and its exact operating characteristics."""


def _load(study: str, part_key: str) -> tuple[DecisionTable, str, tuple[str, ...]]:
    """The table of a part with its digest, and the keys of its levels."""
    protocol = load_study(study)
    part = protocol.part_by_key.get(part_key)
    if part is None or part.design is None:
        named = ", ".join(found.key for found in protocol.parts if found.design)
        raise click.ClickException(f"part {part_key!r} has no dose rule; parts with one: {named}")
    return *compile_design(specify_design(part.design)), part.regimens


@design.command()
@click.argument("study")
@PART
@JSON
def table(study: str, part_key: str, as_json: bool) -> None:  # noqa: FBT001 - click's way
    """Print the decision table of a part of STUDY, as the protocol prints it."""
    compiled, digest, _ = _load(study, part_key)
    rows = tabulate_decisions(compiled)
    if as_json:
        click.echo(json.dumps({"digest": digest, "rows": msgspec.to_builtins(rows)}, indent=2))
        return
    click.echo(f"{compiled.specification.rule}, target {compiled.specification.target_rate}; DLTs at a level")
    click.echo(f"{'evaluable':>9}  {'escalate':>9}  {'de-escalate':>11}  {'eliminate':>9}")
    for row in rows:
        cells = (
            _bound("≤", row.escalate_at_most),
            _bound("≥", row.de_escalate_at_least),
            _bound("≥", row.eliminate_at_least),
        )
        click.echo(f"{row.n:>9}  {cells[0]:>9}  {cells[1]:>11}  {cells[2]:>9}")
    click.echo(f"digest {digest}")


def _bound(sign: str, number: int | None) -> str:
    return "never" if number is None else f"{sign} {number}"


@design.command()
@click.argument("study")
@PART
@click.option("--rates", required=True, help="True DLT rates, lowest level first: 0.05,0.10,0.18,…")
@JSON
def oc(study: str, part_key: str, rates: str, as_json: bool) -> None:  # noqa: FBT001 - click's way
    """Compute the exact operating characteristics of a part of STUDY under true DLT rates."""
    compiled, _, levels = _load(study, part_key)
    found = compute_operating_characteristics(compiled, _read_rates(rates, levels))
    click.echo(json.dumps(msgspec.to_builtins(found), indent=2) if as_json else _show(found, levels))


def _read_rates(text: str, levels: tuple[str, ...]) -> tuple[float, ...]:
    """The rates of the levels, or the end of the command with the value that is wrong."""
    rates = []
    for word in text.split(","):
        try:
            rate = float(word)
        except ValueError:
            raise click.ClickException(
                f"{word.strip()!r} is not a rate; write numbers such as 0.05,0.10"
            ) from None
        if not 0 <= rate <= 1:
            raise click.ClickException(f"a true DLT rate of {word.strip()} is not between 0 and 1")
        rates.append(rate)
    if len(rates) != len(levels):
        raise click.ClickException(f"{len(rates)} rates for {len(levels)} levels ({', '.join(levels)})")
    return tuple(rates)


def _show(found: OperatingCharacteristics, levels: tuple[str, ...]) -> str:
    lines = [f"{'level':>8}  {'true rate':>9}  {'selected':>9}  {'mean n':>7}  {'mean DLTs':>9}"]
    columns = (levels, found.true_rates, found.p_selected, found.mean_n_per_level, found.mean_n_dlt_per_level)
    for key, rate, selected, n, n_dlt in zip(*columns, strict=True):
        lines.append(f"{key:>8}  {rate:>9.3f}  {100 * selected:>7.2f} %  {n:>7.2f}  {n_dlt:>9.2f}")
    lines.append(
        f"{'none':>8}  {'':>9}  {100 * found.p_none:>7.2f} %  {found.mean_n:>7.2f}  {found.mean_n_dlt:>9.2f}"
    )
    lines.append(
        f"exact, over {found.n_states} final states; stopped as too toxic {100 * found.p_stop_too_toxic:.2f} %"
    )
    return "\n".join(lines)
