"""Transgene levels over time: geometric means by nominal time, and the figures and tables made of them.

Half the limit of quantification stands for a result below it, in these means only. Where fewer than half of
the results of a time are quantifiable the mean is shown as below quantification.
"""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

import msgspec

from firstdose.deliver.document import Illustration, illustrate
from firstdose.deliver.figures import Figure, LineGroup, LinePoint, ParticipantLine, VisitTick, render_lines
from firstdose.deliver.formatting import format_number
from firstdose.deliver.groups import TOTAL, Group, list_groups
from firstdose.deliver.outcomes.observed import Observed
from firstdose.deliver.outcomes.summaries import Measure, VisitRow, tabulate_by_visit
from firstdose.deliver.tables import Table
from firstdose.derive.analysis_sets import derive_analysis_set
from firstdose.derive.kinetics.of_participant import ParticipantKinetics, derive_kinetics_of_participant
from firstdose.derive.kinetics.samples import Sample, derive_usable_samples
from firstdose.numerics.intervals import compute_geometric_mean
from firstdose.protocol.resolved import Endpoint
from firstdose.record.state import Participant, State
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Language, Text

LEVEL = Text("Transgene level (copies/µg DNA)", "转基因水平（拷贝/µg DNA）")
GEOMETRIC_MEAN = Text("Geometric mean", "几何均数")
NO_SAMPLES = Text("No sample has been taken after an infusion yet.", "输注后尚无样本。")
IMPUTATION = Text(
    "Half the limit of quantification stands for results below it in means by time; a mean is shown as below "
    "quantification where fewer than half of the results are quantifiable.",
    "按时间点计算均数时，低于定量下限的结果以定量下限的一半代替；可定量结果不足一半时，均数显示为低于定量下限。",
)
_HOURS_PER_DAY = 24
_DAYS_PER_WEEK = 7


class KineticsSet(msgspec.Struct, frozen=True):
    """The participants of the analysis set with what was derived for them, and their groups."""

    members: tuple[Participant, ...]
    findings: tuple[ParticipantKinetics, ...]
    groups: tuple[Group, ...]

    @property
    def open_windows(self) -> list[str]:
        """Codes of those whose window is not over."""
        return [
            found.participant
            for found in self.findings
            if isinstance(found.is_window_covered.value, NotDerived)
        ]


def derive_kinetics_set(state: State, endpoint: Endpoint) -> KineticsSet:
    """Kinetics of everyone in the analysis set of an endpoint."""
    members = derive_analysis_set(state, endpoint.analysis_set)
    return KineticsSet(
        members=members,
        findings=tuple(derive_kinetics_of_participant(state, one) for one in members),
        groups=list_groups(state, members),
    )


def imputed_level(sample: Sample) -> Decimal | None:
    """The level, or half its limit if it is below quantification; nothing if the limit is not known."""
    if sample.is_quantifiable:
        return sample.transgene_level
    return sample.lloq / 2 if sample.lloq.is_finite() else None


def draw_levels(
    key: str, title: Text, kinetics: KineticsSet, *, y_scale: Literal["linear", "log"], last_d: int
) -> Illustration:
    """A small plot for each group: every participant by actual time, and the geometric mean by nominal time."""
    samples = {found.participant: _usable(found, last_d) for found in kinetics.findings}
    lloqs = [s.lloq for each in samples.values() for s in each if s.lloq.is_finite()]
    groups = [group for group in kinetics.groups if group.key != TOTAL]
    shown = [
        LineGroup(
            label=group.title,
            participants=tuple(
                ParticipantLine(
                    participant=code,
                    points=tuple(
                        LinePoint(time_d=s.actual_time_d or Decimal(0), level=s.transgene_level)
                        if s.is_quantifiable
                        else LinePoint(time_d=s.actual_time_d or Decimal(0), level=None)
                        for s in samples[code]
                    ),
                )
                for code in group.participants
            ),
            summary=_mean_line([samples[code] for code in group.participants]),
        )
        for group in groups
    ]

    def draw(language: Language) -> Figure:
        return render_lines(
            key,
            title,
            shown,
            language=language,
            y_title=LEVEL,
            y_scale=y_scale,
            visits=_ticks(last_d) if kinetics.findings else (),
            lower_limit_of_quantification=max(lloqs, default=None),
            summary_label=GEOMETRIC_MEAN,
            is_in_panels=True,
            when_empty=NO_SAMPLES,
        )

    return illustrate(draw)


def tabulate_levels(
    key: str, title: Text, kinetics: KineticsSet, groups: Sequence[Group], last_d: int
) -> Table:
    """Geometric means by nominal time, with half the limit for results below it."""
    by_time: dict[Decimal, dict[str, Observed]] = defaultdict(dict)
    wanted = {code for group in groups for code in group.participants}
    for found in kinetics.findings:
        if found.participant not in wanted:
            continue
        for sample in _usable(found, last_d):
            level = imputed_level(sample)
            if sample.nominal_time_h is not None and level is not None:
                by_time[sample.nominal_time_h][found.participant] = Observed(
                    found.participant, level, (sample.source,)
                )
    rows = [
        VisitRow(
            block=LEVEL,
            visit=say_nominal_time(hours),
            measure=Measure(label=LEVEL, values=by_time[hours], kind="log_normal"),
        )
        for hours in sorted(by_time)
    ]
    return tabulate_by_visit(key, title, groups, rows, footnotes=(IMPUTATION,))


def say_nominal_time(hours: Decimal) -> Text:
    """A nominal time from the first infusion as a day and the hours after its start.

    Examples
    --------
    >>> [say_nominal_time(Decimal(h)).en for h in ("-0.5", "4", "24", "172")]
    ['Day 0, before', 'Day 0, 4 h', 'Day 1', 'Day 7, 4 h']
    """
    if hours % _HOURS_PER_DAY == 0:
        day = int(hours) // _HOURS_PER_DAY
        return Text(f"Day {day}", f"第{day}天")
    day = int((hours + Decimal(1)) // _HOURS_PER_DAY)
    rest = hours - _HOURS_PER_DAY * day
    if rest < 0:
        return Text(f"Day {day}, before", f"第{day}天，输注前")
    said = format_number(rest) if rest == rest.to_integral_value() else f"{rest.normalize():f}"
    return Text(f"Day {day}, {said} h", f"第{day}天，{said}小时")


def _ticks(last_d: int) -> tuple[VisitTick, ...]:
    return tuple(
        VisitTick(day=day, label=Text(str(day), str(day))) for day in range(0, last_d + 1, _DAYS_PER_WEEK)
    )


def _usable(found: ParticipantKinetics, last_d: int) -> list[Sample]:
    """The samples of the window, by nominal time if they have one."""
    return [
        sample
        for sample in derive_usable_samples(found.samples).samples
        if (
            sample.nominal_time_h <= last_d * _HOURS_PER_DAY
            if sample.nominal_time_h is not None
            else (sample.actual_time_d or Decimal(0)) <= last_d
        )
    ]


def _mean_line(samples: Sequence[Sequence[Sample]]) -> tuple[LinePoint, ...]:
    by_time: dict[Decimal, list[Sample]] = defaultdict(list)
    for each in samples:
        for sample in each:
            if sample.nominal_time_h is not None:
                by_time[sample.nominal_time_h].append(sample)
    points = []
    for hours in sorted(by_time):
        levels = [level for sample in by_time[hours] if (level := imputed_level(sample)) is not None]
        mean = compute_geometric_mean([float(level) for level in levels])
        n_quantifiable = sum(sample.is_quantifiable for sample in by_time[hours])
        if isinstance(mean, NotDerived) or 2 * n_quantifiable < len(by_time[hours]):
            points.append(LinePoint(time_d=hours / _HOURS_PER_DAY, level=None))
        else:
            points.append(LinePoint(time_d=hours / _HOURS_PER_DAY, level=mean.mean))
    return tuple(points)
