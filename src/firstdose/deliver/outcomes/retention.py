"""The duration of retention of CAR-NK cells in blood."""

from firstdose.deliver.document import Definition, Section
from firstdose.deliver.formatting import format_number
from firstdose.deliver.outcomes.kinetic_levels import NO_SAMPLES, KineticsSet, derive_kinetics_set
from firstdose.deliver.outcomes.kinetic_notes import describe_windows
from firstdose.deliver.outcomes.listings import Listed, list_words, tabulate_listing
from firstdose.deliver.outcomes.rates import Status, tabulate_rates
from firstdose.deliver.outcomes.section_head import introduce
from firstdose.deliver.outcomes.step_curves import Duration, Durations, draw_durations, tabulate_durations
from firstdose.deliver.outcomes.summaries import list_parts
from firstdose.deliver.tables import Cell, Statistic, Table, cell_of_nothing
from firstdose.derive.kinetics.of_participant import ParticipantKinetics
from firstdose.derive.kinetics.retention import Retention
from firstdose.protocol.resolved import Endpoint
from firstdose.record.state import State
from firstdose.terms.outcomes import Finding, NotDerived
from firstdose.terms.words import Text


def tabulate_retention(state: State, endpoint: Endpoint) -> Section:
    """How long cells stayed quantifiable in Days 0 to 28, and in how many they still were."""
    kinetics = derive_kinetics_set(state, endpoint)
    last_d = state.protocol.definitions.kinetics_last_d
    main = {
        found.participant: _duration(found.participant, found.retention)
        for found in kinetics.findings
        if not isinstance(found.retention.value, NotDerived)
    }
    strict = {
        found.participant: _duration(found.participant, found.retention_to_confirmed_loss)
        for found in kinetics.findings
        if not isinstance(found.retention_to_confirmed_loss.value, NotDerived)
    }
    return Section(
        key="retention",
        title=endpoint.title.text,
        summary=Text("How long the cells stayed quantifiable in blood.", "细胞在血液中可定量的持续时间。"),
        blocks=(
            *introduce(state, endpoint),
            Definition(
                term=Text("Between two samples", "两次样本之间"),
                rule=Text(
                    "The duration ends at the last quantifiable sample; the cells fell below quantification somewhere "
                    "between it and the next sample, whose day is listed. A last sample that is quantifiable censors the "
                    "duration. A participant without any quantifiable sample has a duration of 0.",
                    "持续时间计至末次可定量样本；细胞在该样本与下一份样本之间降至定量下限以下，后者日期见列表。末次样本仍可定量者删失；"
                    "从未可定量者持续时间为0。",
                ),
                clause="endpoints.retention",
            ),
            tabulate_durations(
                "retention-summary",
                Text(f"Duration of retention within {last_d} days", f"{last_d}天内存续时间"),
                main,
                kinetics.groups,
                event=Text("Fell below quantification", "降至定量下限以下"),
                footnotes=describe_windows(kinetics),
            ),
            draw_durations(
                "retention-curve",
                Text("Share of participants with quantifiable cells", "细胞仍可定量的受试者比例"),
                main,
                list_parts(state, kinetics.members),
                y_title=Text("Still quantifiable", "仍可定量"),
                when_empty=NO_SAMPLES,
            ),
            _tabulate_last_day(kinetics, last_d),
            tabulate_durations(
                "retention-sensitivity",
                Text(
                    "Sensitivity: loss confirmed by two consecutive samples below quantification",
                    "敏感性分析：以连续两份样本低于定量下限确认消失",
                ),
                strict,
                kinetics.groups,
                event=Text("Confirmed loss", "确认消失"),
            ),
            tabulate_listing(
                "retention-listing",
                Text("Duration of retention of each participant", "各受试者存续时间"),
                kinetics.groups,
                (
                    _list_duration(main),
                    list_words(
                        "status",
                        Text("Status", "状态"),
                        {f.participant: _status(f.retention) for f in kinetics.findings},
                    ),
                    list_words(
                        "next",
                        Text("Next sample, below quantification (d)", "其后低于定量下限样本（天）"),
                        {f.participant: _lost_by(f.retention) for f in kinetics.findings},
                    ),
                ),
                footnotes=describe_windows(kinetics),
            ),
        ),
    )


def _duration(code: str, finding: Finding[Retention]) -> Duration:
    value = finding.value
    assert not isinstance(value, NotDerived)
    return Duration(code, value.duration_d, not value.is_censored, finding.sources)


def _list_duration(durations: Durations) -> Listed:
    def cell(code: str) -> Cell:
        one = durations.get(code)
        if one is None:
            return cell_of_nothing()
        shown = f"{format_number(one.time_d, 1)}{'' if one.had_event else '+'}"
        return Cell(
            value=one.time_d,
            shown=Text(shown, shown),
            rounding=Text("half up to 1 decimal place", "四舍五入至小数点后1位"),
            statistics=(Statistic("value", one.time_d),),
            participants=(code,),
            positions=one.positions,
        )

    return Listed(key="duration", label=Text("Duration (d)", "存续时间（天）"), cell=cell)


def _status(finding: Finding[Retention]) -> tuple[Text | NotDerived, tuple[int, ...]]:
    value = finding.value
    if isinstance(value, NotDerived):
        return value, finding.sources
    if value.is_censored:
        return Text("last sample quantifiable", "末次样本可定量"), finding.sources
    if not value.was_ever_quantifiable:
        return Text("never quantifiable", "始终低于定量下限"), finding.sources
    return Text("fell below quantification", "降至定量下限以下"), finding.sources


def _lost_by(finding: Finding[Retention]) -> tuple[Text | NotDerived, tuple[int, ...]]:
    value = finding.value
    if isinstance(value, NotDerived) or value.lost_by_d is None:
        return Text("–", "–"), finding.sources
    shown = format_number(value.lost_by_d, 1)
    return Text(shown, shown), finding.sources


def _tabulate_last_day(kinetics: KineticsSet, last_d: int) -> Table:
    """Who was still quantifiable on the last day, among those in whom samples tell it."""
    return tabulate_rates(
        "retention-last-day",
        Text(f"Still quantifiable on Day {last_d}", f"第{last_d}天仍可定量"),
        kinetics.groups,
        (
            (
                Text("Still quantifiable", "仍可定量"),
                [_still(found) for found in kinetics.findings],
            ),
        ),
        denominators=Text(
            f"participants sampled to Day {last_d}, or below quantification in their last sample",
            f"采样至第{last_d}天或末次样本低于定量下限的受试者",
        ),
    )


def _still(found: ParticipantKinetics) -> Status:
    covered, retained = found.is_window_covered.value, found.retention.value
    if isinstance(covered, NotDerived):
        return Status(found.participant, covered)
    if isinstance(retained, NotDerived):
        return Status(found.participant, retained)
    if not covered:
        return Status(found.participant, NotDerived("window_not_covered"))
    return Status(found.participant, retained.is_censored, found.retention.sources)
