"""``firstdose design simulate``: rules played participant by participant on a part's calendar."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec
import numpy as np
from msgspec import UNSET

from firstdose.deliver.design.timed import (
    Setting,
    TimedDesign,
    compute_share_correct,
    tabulate_timed_levels,
    tabulate_timed_summary,
)
from firstdose.deliver.plain_text import render_plain_text
from firstdose.design import (
    TITLES,
    DesignSpecification,
    check_specification,
    specify_rule,
)
from firstdose.design.comparison import say_what_is_assumed
from firstdose.design.simulated.timed_options import (
    check_while_pending,
    read_while_pending,
)
from firstdose.design.simulated.timed_sums import QUANTILES
from firstdose.design.specification import MODEL_RULES, RULES, TITE_RULES, UTILITY_RULES
from firstdose.faces.cli.design.asked import PART, add_guards, ask_design
from firstdose.faces.cli.design.clocks import (
    DAYS_BETWEEN,
    LATE_SHARE,
    REVIEW_D,
    read_arrivals,
    read_calendar,
    read_dlt_times,
    read_number,
    read_responses,
    require_trials,
)
from firstdose.faces.cli.design.scenarios import add_scenarios, read_scenarios
from firstdose.faces.cli.design.written import add_writing, require_place, write_result
from firstdose.faces.cli.said import end_with_faults, load_study
from firstdose.terms.words import Language, Text

if TYPE_CHECKING:
    import polars as pl

    from firstdose.design.simulated.timed_chunks import PlayedChunk, TimedChunk


class Rule(msgspec.Struct, frozen=True):
    """A design that is played, and what it rests on that the part does not say."""

    specification: DesignSpecification
    notes: tuple[Text, ...]


@click.command()
@click.argument("study")
@PART
@click.option("--rule", "rules", multiple=True, help="A rule; once for each. The part's own if left out.")
@add_scenarios
@click.option("--responses", help="True response rates, lowest level first, in every scenario: 0.2,0.4,…")
@click.option(
    "--days-between",
    default=f"{DAYS_BETWEEN:.3g}",
    show_default=True,
    help="Days between participants who are ready for an infusion, on average.",
)
@click.option(
    "--arrivals",
    "arrivals_kind",
    type=click.Choice(["poisson", "fixed"]),
    default="poisson",
    show_default=True,
    help="Participants come at random, or every so many days.",
)
@click.option(
    "--dlt-times",
    "times_kind",
    type=click.Choice(["uniform", "weibull"]),
    default="uniform",
    show_default=True,
    help="When in the window a DLT comes.",
)
@click.option(
    "--late-share",
    help=f"Of the DLTs, in the second half of the window, with weibull; {LATE_SHARE} if left out.",
)
@click.option(
    "--review-days",
    default=f"{REVIEW_D}",
    show_default=True,
    help="Days from the end of a cohort's observation to the decision.",
)
@add_guards
@click.option(
    "--trials",
    "n_trials",
    type=int,
    default=10_000,
    show_default=True,
    help="Simulated trials of a rule in a scenario.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed, the same participants.")
@click.option("--on", help="Simulate on a dask cluster: dask://HOST:PORT.")
@click.option("--workers", "n_workers", type=int, help="Processes of this machine; 1 if left out.")
@add_writing
def simulate(
    study: str,
    part_key: str,
    rules: tuple[str, ...],
    rates: tuple[str, ...],
    file: Path | None,
    responses: str | None,
    days_between: str,
    arrivals_kind: str,
    times_kind: str,
    late_share: str | None,
    review_days: str,
    max_n: int | None,
    cohort_size: int | None,
    target: str | None,
    n_trials: int,
    seed: int,
    on: str | None,
    n_workers: int | None,
    form: str,
    out: Path | None,
    language: Language,
) -> None:
    """Simulate a part of STUDY on its calendar: who is treated when, how long it takes, and what is selected.

    The DLT window and the stagger are the part's own. Several rules meet the same participants.
    """
    require_trials(n_trials, seed)
    if on is not None and n_workers is not None:
        raise click.ClickException("--on and --workers are two places to simulate; write one of them")
    require_place(out)
    arrivals = read_arrivals(arrivals_kind, days_between)
    dlt_times = read_dlt_times(times_kind, late_share)
    review_d = read_number("--review-days", review_days)
    asked = ask_design(study, part_key, max_n=max_n, cohort_size=cohort_size, target=target)
    scenarios = read_scenarios(rates, file, asked.level_keys)
    setting = Setting(
        level_keys=asked.level_keys,
        names=scenarios.names,
        true_rates=tuple(map(tuple, scenarios.true_rates.tolist())),
        response_rates=None if responses is None else read_responses(responses, asked.level_keys),
        calendar=read_calendar(load_study(study).part_by_key[part_key], review_d),
        arrivals=arrivals,
        dlt_times=dlt_times,
        n_trials=n_trials,
        seed=seed,
    )
    chosen = [_specify(asked.specification, rule, setting) for rule in rules or (asked.specification.rule,)]
    chosen = list({one.specification.rule: one for one in chosen}.values())
    designs = _play(setting, [one.specification for one in chosen], on, n_workers)
    notes = [note for one in chosen for note in one.notes]
    if form == "csv":
        for note in notes:
            click.echo(note.en, err=True)
    spec = asked.specification
    title = Text(
        f"{asked.part_title.en} on its calendar: target DLT rate {spec.target_rate}, up to {spec.max_n} participants",
        f"{asked.part_title.zh}，按日历模拟：目标DLT率{spec.target_rate}，至多{spec.max_n}例",
    )

    def text() -> str:
        summary = tabulate_timed_summary(setting, designs, title)
        summary = msgspec.structs.replace(summary, footnotes=(*summary.footnotes, *notes))
        by_level = Text(f"{title.en}: level by level", f"{title.zh}：各水平")
        tables = (summary, tabulate_timed_levels(setting, designs, by_level))
        return "\n".join(render_plain_text(one, language) for one in tables)

    def frame() -> "pl.DataFrame":
        import polars as pl  # noqa: PLC0415 - for CSV alone

        return pl.DataFrame(list(_list_flat(setting, designs)), infer_schema_length=None)

    def plain() -> dict[str, Any]:
        return {
            "basis": setting.basis.en,
            "n_trials": n_trials,
            "seed": seed,
            "calendar": msgspec.structs.asdict(setting.calendar),
            "arrivals": msgspec.to_builtins(setting.arrivals),
            "dlt_times": msgspec.to_builtins(setting.dlt_times),
            "response_rates": setting.response_rates,
            "rules": [
                {
                    "rule": one.specification.rule,
                    "scenarios": [_list_numbers(setting, one, place) for place in range(len(setting.names))],
                }
                for one in designs
            ],
            "notes": [note.en for note in notes],
        }

    write_result(form, out, text=text, frame=frame, plain=plain, language=language)


def _specify(own: DesignSpecification, rule: str, setting: Setting) -> Rule:
    """The part's guards under a rule, or the end of the command where it cannot be played."""
    if rule not in (*RULES, *UTILITY_RULES):
        known = " or ".join((*RULES, *UTILITY_RULES))
        raise click.ClickException(f"rule {rule!r} is not known; write {known}")
    if rule in MODEL_RULES and rule not in TITE_RULES:
        raise click.ClickException(
            f"{rule} waits for every window and is not simulated on a calendar; write tite_crm, or ask "
            "firstdose design oc --simulate"
        )
    spec, notes = specify_rule(own, rule), []
    if rule in TITE_RULES and rule != own.rule and spec.backfill is not UNSET:
        spec, title = msgspec.structs.replace(spec, backfill=UNSET), TITLES[spec.rule]
        notes.append(
            Text(
                f"{title.en}: without the part's backfilling, as the two are not simulated together.",
                f"{title.zh}：不含该部分的回填，因二者不同时模拟。",
            )
        )
    faults = check_specification(spec)
    if not faults and rule in UTILITY_RULES and setting.response_rates is None:
        raise click.ClickException(f"{rule} reads responses; write --responses with a rate for each level")
    if not faults and rule not in UTILITY_RULES:
        faults = check_while_pending(spec, read_while_pending(spec), setting.response_rates)
    if faults:
        end_with_faults(faults)
    if spec.crm is not UNSET and spec.crm != own.crm:
        # the model comes first; what follows is about numbers without a calendar
        notes.append(say_what_is_assumed(spec, own)[0])
    return Rule(spec, tuple(notes))


def _play(
    setting: Setting, specs: Sequence[DesignSpecification], on: str | None, n_workers: int | None
) -> list[TimedDesign]:
    """Play every design in every scenario; a scenario that is asked twice is played once."""
    # numba is loaded here, so that a mistake is told at once
    from firstdose.design.simulated.timed_chunks import add_up_questions, split_timed  # noqa: PLC0415

    distinct, which = np.unique(setting.true_rates, axis=0, return_inverse=True)
    chunks = split_timed(
        specs,
        distinct.tolist(),
        calendar=setting.calendar,
        arrivals=setting.arrivals,
        dlt_times=setting.dlt_times,
        n_trials=setting.n_trials,
        seed=setting.seed,
        response_rates=setting.response_rates,
    )
    found = add_up_questions(_share_out(chunks, on, n_workers))
    return [
        TimedDesign(
            specification=spec,
            found=tuple(found[first + place] for place in which.reshape(-1)),
        )
        for spec, first in zip(specs, range(0, len(found), len(distinct)), strict=True)
    ]


def _share_out(chunks: Sequence["TimedChunk"], on: str | None, n_workers: int | None) -> list["PlayedChunk"]:
    """The parts, here or on a cluster, under a progress bar on standard error."""
    from firstdose.design.simulated.timed_chunks import simulate_timed_chunk  # noqa: PLC0415 - numba, as above
    from firstdose.wiring import WorkerFault, map_chunks  # noqa: PLC0415 - the whole shell, for this alone

    with click.progressbar(length=len(chunks), label="simulating", file=sys.stderr) as bar:

        def tell(done: int, _: int) -> None:
            bar.update(done - bar.pos)

        try:
            return map_chunks(
                simulate_timed_chunk,
                chunks,
                on=on,
                n_workers=1 if n_workers is None else n_workers,
                progress=tell,
            )
        except WorkerFault as fault:
            raise click.ClickException(str(fault)) from None


def _list_numbers(setting: Setting, design: TimedDesign, place: int) -> dict[str, Any]:
    """Every number of a scenario under its name."""
    found = design.found[place]
    correct = compute_share_correct(design.specification, found, setting.true_rates[place])
    share, error = (None, None) if correct is None else correct
    names = [
        name for name in found.__struct_fields__ if name not in ("sums", "n_trials", "seed", "true_rates")
    ]
    return {
        "name": setting.names[place].en,
        "true_rates": setting.true_rates[place],
        "p_correct": share,
        "se_p_correct": error,
        **{name: getattr(found, name) for name in names},
    }


def _list_flat(setting: Setting, designs: Sequence[TimedDesign]) -> Iterator[dict[str, Any]]:
    """A row a rule and scenario, one number a column."""
    for design in designs:
        for place in range(len(setting.names)):
            numbers = _list_numbers(setting, design, place)
            row = {"rule": design.specification.rule, "scenario": numbers.pop("name")}
            row |= {"n_trials": setting.n_trials, "seed": setting.seed}
            for name, value in numbers.items():
                if not isinstance(value, tuple):
                    row[name] = value
                elif "quantiles" in name:
                    base = name.replace("quantiles_d", "")
                    row |= {f"{base}q{100 * q:02.0f}_d": one for q, one in zip(QUANTILES, value, strict=True)}
                else:
                    base = name.removesuffix("_per_level").replace("true_rates", "true")
                    row |= {f"{base}_{key}": one for key, one in zip(setting.level_keys, value, strict=True)}
            yield row
