"""``firstdose design trial``: the whole trial before it starts, under true DLT rates that are taken as given."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

from firstdose.deliver.design.trial_dates import tabulate_dates, tabulate_dates_of_scenarios
from firstdose.deliver.design.trial_figure import draw_whole_trial
from firstdose.deliver.design.trial_sensitivity import tabulate_sensitivity_rows
from firstdose.deliver.design.whole_trial import (
    name_truth,
    tabulate_endings,
    tabulate_participants,
    tabulate_selection,
)
from firstdose.deliver.formatting import MINUS
from firstdose.deliver.plain_text import render_plain_text
from firstdose.deliver.tables import Table, list_results
from firstdose.faces.cli.design.scenarios import read_rates
from firstdose.faces.cli.design.written import FIGURE, add_writing, require_place, write_figure, write_result
from firstdose.faces.cli.said import end_with_faults, load_study
from firstdose.simulate.rehearsal import MEAN_DAYS_BETWEEN_CANDIDATES
from firstdose.simulate.scenario import Scenario
from firstdose.simulate.whole_trial import (
    SensitivityRow,
    SimulatedCalendar,
    TrialCalendar,
    TrialPlan,
    Truth,
    Variant,
    WholeTrial,
    assume_rehearsed,
    compute_whole_trial,
    list_scenarios,
    list_variants,
    plan_trial,
    simulate_calendar,
    spread_evenly,
    tabulate_sensitivity,
    write_decision_tables,
    write_statement,
)
from firstdose.terms.outcomes import Fault
from firstdose.terms.words import Language, Text

if TYPE_CHECKING:
    import polars as pl

REHEARSED = "rehearsed"
"""The scenario of the virtual world in which trials are rehearsed."""
GIVEN = "1"
"""What a curve is called that is written on the command line."""
FEWEST_DAYS, MOST_DAYS = 0.01, 3650.0
"""Days between two candidates: a hundred a day, to one in ten years."""

T = TypeVar("T")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked about: the plan, the scenarios, and how time is simulated."""

    plan: TrialPlan
    truths: tuple[Truth, ...]
    calendar: TrialCalendar
    seed: int
    n_trials: int


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What comes of each scenario, and how it depends on the design where that was asked for."""

    exact: tuple[WholeTrial, ...]
    simulated: tuple[SimulatedCalendar, ...]
    sensitivity: tuple[SensitivityRow, ...]


@click.command()
@click.argument("study")
@click.option("--rates", help="True DLT rates of the single doses, lowest first: 0.05,0.10,0.18,…")
@click.option("--scenario", help="A curve by its name: A to E, or rehearsed. All of them if left out.")
@click.option("--growth", help="Change of the log hazard from one infusion to the next; 0 if left out.")
@click.option("--regimen-rates", help="True DLT rates of the regimens, instead of those by --growth.")
@click.option(
    "--trials",
    "n_trials",
    type=int,
    default=10_000,
    show_default=True,
    help="Simulated trials for the dates.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed, the same trials.")
@click.option(
    "--days-between-candidates",
    "days_between",
    default=f"{MEAN_DAYS_BETWEEN_CANDIDATES:g}",
    show_default=True,
    help="Days between candidates over all sites, on average.",
)
@click.option("--sensitivity", is_flag=True, help="Also other rules, targets, cohorts, caps and enrolments.")
@click.option(
    "--statement",
    is_flag=True,
    help="The sample-size statement and the decision tables of a protocol instead.",
)
@FIGURE
@add_writing
def trial(
    study: str,
    rates: str | None,
    scenario: str | None,
    growth: str | None,
    regimen_rates: str | None,
    n_trials: int,
    seed: int,
    days_between: str,
    sensitivity: bool,  # noqa: FBT001 - click's way
    statement: bool,  # noqa: FBT001 - click's way
    figure: Path | None,
    form: str,
    out: Path | None,
    language: Language,
) -> None:
    """Compute what may come of the whole trial of STUDY: exactly, but for its dates, which are simulated."""
    plan = _require(plan_trial(load_study(study)))
    truths = _read_truths(plan, rates=rates, scenario=scenario, growth=growth, regimen_rates=regimen_rates)
    calendar = spread_evenly(plan, _read_days(days_between))
    _require_one_question(
        is_one=len(truths) == 1, sensitivity=sensitivity, statement=statement, figure=figure, form=form
    )
    require_place(out, figure)
    asked = Asked(plan=plan, truths=truths, calendar=calendar, seed=seed, n_trials=n_trials)
    answer = _compute(asked, sensitivity=sensitivity)
    title = _say_title(asked)

    def frame() -> "pl.DataFrame":
        import polars as pl  # noqa: PLC0415 - for CSV alone

        return pl.DataFrame(
            [
                {**msgspec.structs.asdict(result), "basis": table.source.en.partition(";")[0]}
                for table in _tabulate(asked, answer, title)
                for result in list_results(table)
            ],
            schema_overrides={"stat": pl.Float64},
            strict=False,
        )

    def text() -> str:
        if statement:
            return _join_paragraphs(_write_protocol(asked, answer), language)
        return "\n".join(render_plain_text(table, language) for table in _tabulate(asked, answer, title))

    def plain() -> Any:
        told = _write_protocol(asked, answer) if statement else answer
        # by way of its own encoder, for which a time that is never reached is null
        return msgspec.json.decode(msgspec.json.encode(told))

    write_result(form, out, text=text, frame=frame, plain=plain, language=language)
    if figure is not None:
        drawn = draw_whole_trial(plan, answer.exact[0], answer.simulated[0], title, language=language)
        write_figure(drawn, figure)


def _require(found: T | list[Fault]) -> T:
    """What was found, or the end of the command with every fault."""
    if isinstance(found, list):
        end_with_faults(found)
    return found


def _require_one_question(
    *, is_one: bool, sensitivity: bool, statement: bool, figure: Path | None, form: str
) -> None:
    """End the command with one sentence where options do not go together."""
    for option, is_asked in (("--statement", statement), ("--figure", figure is not None)):
        if is_asked and not is_one:
            raise click.ClickException(f"{option} is about one scenario; write --rates or --scenario too")
    if statement and sensitivity:
        raise click.ClickException("--statement and --sensitivity are two answers; ask for one of them")
    if statement and form == "csv":
        raise click.ClickException("a statement is words and no CSV; write --format text or json")


def _read_truths(
    plan: TrialPlan, *, rates: str | None, scenario: str | None, growth: str | None, regimen_rates: str | None
) -> tuple[Truth, ...]:
    """The scenario that is asked about, or all that are named; or the end of the command with a sentence."""
    if rates is not None and scenario is not None:
        raise click.ClickException("--rates and --scenario are two curves; write one of them")
    if growth is not None and regimen_rates is not None:
        raise click.ClickException(
            "--growth and --regimen-rates both give the regimens' rates; write one of them"
        )
    if scenario == REHEARSED and growth is not None:
        raise click.ClickException(
            "the scenario rehearsed has regimens' rates of its own; write --growth with A to E or --rates"
        )
    g = 0.0 if growth is None else _read_number("--growth", growth)
    named = {truth.name: truth for truth in list_scenarios([g])}
    named[REHEARSED] = assume_rehearsed(plan, Scenario())
    n_levels = plan.sad.design.n_levels
    if rates is not None:
        single = read_rates(rates, [level.key for level in plan.sad.levels])
        truths = [Truth(name=GIVEN, single_dose_rates=single, growth=g)]
    elif scenario is not None:
        if scenario not in named:
            raise click.ClickException(f"scenario {scenario!r} is not known; write {' or '.join(named)}")
        truths = [named[scenario]]
        n_rates = len(truths[0].single_dose_rates)
        if n_rates != n_levels:
            raise click.ClickException(
                f"scenario {scenario} has {n_rates} single doses and the study {n_levels}; write --rates"
            )
    elif regimen_rates is not None:
        raise click.ClickException("--regimen-rates go with single doses; write --rates or --scenario too")
    else:
        truths = [truth for truth in named.values() if len(truth.single_dose_rates) == n_levels]
    if regimen_rates is not None:
        found = read_rates(regimen_rates, [level.key for level in plan.mad.levels])
        truths = [msgspec.structs.replace(truth, regimen_rates=found) for truth in truths]
    return tuple(truths)


def _read_number(option: str, words: str) -> float:
    try:
        return float(words)
    except ValueError:
        raise click.ClickException(f"{words!r} is not a number for {option}; write one such as 0.2") from None


def _read_days(words: str) -> float:
    days = _read_number("--days-between-candidates", words)
    if not FEWEST_DAYS <= days <= MOST_DAYS:
        raise click.ClickException(
            f"{words} days between candidates cannot be; write {FEWEST_DAYS:g} to {MOST_DAYS:g}"
        )
    return days


def _compute(asked: Asked, *, sensitivity: bool) -> Answer:
    variants = list_variants(asked.plan)
    return Answer(
        exact=tuple(_require(compute_whole_trial(asked.plan, truth)) for truth in asked.truths),
        simulated=tuple(
            _require(
                simulate_calendar(asked.plan, truth, asked.calendar, seed=asked.seed, n_trials=asked.n_trials)
            )
            for truth in asked.truths
        ),
        sensitivity=_require(tabulate_sensitivity(variants, asked.truths)) if sensitivity else (),
    )


def _tabulate(asked: Asked, answer: Answer, title: Text) -> list[Table]:
    """One scenario in every detail, or all of them a row each; then the designs beside the planned one."""
    plan = asked.plan
    if len(asked.truths) == 1:
        whole = answer.exact[0]
        tables = [
            tabulate_selection(plan, whole, title),
            tabulate_participants(plan, whole, title),
            tabulate_endings(whole, title),
            tabulate_dates(answer.simulated[0], title),
        ]
    else:
        planned = Variant(Text("as planned", "按方案"), plan)
        rows = _require(tabulate_sensitivity([planned], asked.truths))
        notes = [_say_rates(truth) for truth in asked.truths]
        tables = [
            tabulate_sensitivity_rows(rows, title, by_scenario=True, notes=notes),
            tabulate_dates_of_scenarios(answer.simulated, title),
        ]
    if answer.sensitivity:
        other = Text(f"{title.en}: other designs", f"{title.zh}：其他设计")
        tables.append(tabulate_sensitivity_rows(answer.sensitivity, other, by_scenario=False))
    return tables


def _say_rates(truth: Truth) -> Text:
    """The curve of a scenario."""
    name, rates = name_truth(truth.name), ", ".join(f"{rate:.2f}" for rate in truth.single_dose_rates)
    return Text(f"{name.en}: {rates}.", f"{name.zh}：{rates}。")


def _say_title(asked: Asked) -> Text:
    """The study's participants and the scenario, in one line."""
    n = asked.plan.enrolment
    title = Text(f"Whole trial, {n} participants", f"全试验，{n}例")
    if len(asked.truths) == 1:
        name = name_truth(asked.truths[0].name)
        title = Text(f"{title.en}. {name.en}", f"{title.zh}。{name.zh}")
    growth = asked.truths[0].growth
    if growth and asked.truths[0].regimen_rates is None:
        shown = f"{growth:+g}".replace("-", MINUS)
        title = Text(f"{title.en}, log hazard {shown} an infusion", f"{title.zh}，每次输注对数风险{shown}")
    return title


def _write_protocol(asked: Asked, answer: Answer) -> dict[str, Sequence[Text]]:
    return {
        "statement": write_statement(asked.plan, answer.exact[0], answer.simulated[0]),
        "decision_tables": write_decision_tables(asked.plan),
    }


def _join_paragraphs(protocol: dict[str, Sequence[Text]], language: Language) -> str:
    """The statement in paragraphs, then the tables a row a line."""
    paragraphs = [one.in_language(language) for one in protocol["statement"]]
    rows = [one.in_language(language) for one in protocol["decision_tables"]]
    return "\n\n".join([*paragraphs, "\n".join(rows)])
