"""Which design is asked about: a part of a study, with guards that the command line changes."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

import click
import msgspec

from firstdose.conduct.dose_rules import compile_design, specify_design
from firstdose.design import (
    TITLES,
    Calendar,
    DecisionTable,
    DesignSpecification,
    GraphTooLarge,
    check_specification,
)
from firstdose.design.specification import UTILITY_RULES
from firstdose.faces.cli.design.clocks import DAYS_BETWEEN, REVIEW_D
from firstdose.faces.cli.said import end_with_faults, load_study
from firstdose.protocol.resolved import Part
from firstdose.terms.words import Text

MOST_PARTICIPANTS = 300
"""Participants of a part beyond which no table is compiled; phase I has tens."""
MOST_DECIMALS = 9
"""Decimal places of a target rate; more would say nothing, and cost exact arithmetic much."""

Command = TypeVar("Command", bound=Callable[..., Any])

PART = click.option("--part", "part_key", default="sad", show_default=True, help="A part with a dose rule.")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The specification that is asked about, its part and the keys of its levels."""

    specification: DesignSpecification
    part_title: Text
    level_keys: tuple[str, ...]
    calendar: Calendar

    @property
    def title(self) -> Text:
        """The design in one line."""
        spec, rule = self.specification, TITLES[self.specification.rule]
        return Text(
            f"{rule.en}, target DLT rate {spec.target_rate}, up to {spec.max_n} participants",
            f"{rule.zh}，目标DLT率{spec.target_rate}，至多{spec.max_n}例",
        )


def add_guards(command: Command) -> Command:
    """The options that change guards of the part's design."""
    for option in (
        click.option("--target", help="Another target DLT rate, such as 0.30."),
        click.option("--cohort-size", type=int, help="Another cohort size."),
        click.option("--max-n", type=int, help="Another number of participants in all."),
    ):
        command = option(command)
    return command


def ask_design(
    study: str, part_key: str, *, max_n: int | None, cohort_size: int | None, target: str | None
) -> Asked:
    """The design of a part of a study with other guards, or the end of the command with every fault."""
    protocol = load_study(study)
    part = protocol.part_by_key.get(part_key)
    if part is None or part.design is None:
        named = ", ".join(found.key for found in protocol.parts if found.design)
        raise click.ClickException(f"part {part_key!r} has no dose rule; parts with one: {named}")
    changed: dict[str, Any] = {
        name: value
        for name, value in (("max_n", max_n), ("cohort_size", cohort_size), ("target_rate", target))
        if value is not None
    }
    spec = msgspec.structs.replace(specify_design(part.design), **changed)
    require_sound(spec)
    return Asked(
        specification=spec,
        part_title=part.title.text,
        level_keys=part.regimens,
        calendar=_read_times(part),
    )


def _read_times(part: Part) -> Calendar:
    """The times of a part: the protocol's own, and accrual and review as in the rehearsal."""
    return Calendar(
        dlt_window_d=float(part.dlt_window.last),
        review_d=REVIEW_D,
        first_to_second_d=float(part.stagger.first_to_second_d),
        next_d=float(part.stagger.next_d),
        accrual_d=DAYS_BETWEEN,
    )


def require_sound(spec: DesignSpecification) -> None:
    """End the command with every fault of a specification, one sentence each."""
    target = spec.target_rate
    exponent = target.as_tuple().exponent if isinstance(target, Decimal) else 0
    if isinstance(exponent, int) and -exponent > MOST_DECIMALS:
        raise click.ClickException(
            f"a target rate with more than {MOST_DECIMALS} decimals is not computed; write one such as 0.25"
        )
    if isinstance(spec.max_n, int) and spec.max_n > MOST_PARTICIPANTS:
        raise click.ClickException(
            f"max_n is {spec.max_n}, and tables are compiled for {MOST_PARTICIPANTS} participants at most"
        )
    faults = check_specification(spec)
    if faults:
        end_with_faults(faults)


def require_dlts_alone(rule: str) -> None:
    """End the command with one sentence if a rule reads responses, of which scenarios and paths say nothing."""
    if rule in UTILITY_RULES:
        raise click.ClickException(
            f"{rule} reads responses too, and only DLT rates are given here; in Python, "
            "firstdose.design.compute_boin12_characteristics takes both"
        )


def compile_asked(spec: DesignSpecification) -> DecisionTable:
    """The decision table of a sound specification, or the end of the command where its states are too many."""
    try:
        return compile_design(spec)[0]
    except GraphTooLarge as refused:
        raise click.ClickException(str(refused)) from None
