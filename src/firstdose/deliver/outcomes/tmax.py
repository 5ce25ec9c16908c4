"""The time to the peak of CAR-NK cells in blood."""

from decimal import Decimal

from firstdose.deliver.document import Illustration, Paragraph, Section, illustrate
from firstdose.deliver.figures import Bar, Category, Figure, render_bars
from firstdose.deliver.formatting import format_number
from firstdose.deliver.groups import TOTAL, Group
from firstdose.deliver.outcomes.kinetic_levels import NO_SAMPLES, KineticsSet, derive_kinetics_set
from firstdose.deliver.outcomes.kinetic_notes import describe_windows
from firstdose.deliver.outcomes.listings import Words, list_measure, list_words, tabulate_listing
from firstdose.deliver.outcomes.observed import by_participant, in_group, observe
from firstdose.deliver.outcomes.section_head import introduce
from firstdose.deliver.outcomes.summaries import Measure, tabulate_summary
from firstdose.derive.kinetics.elimination import HalfLifeGates
from firstdose.protocol.resolved import Endpoint
from firstdose.record.state import State
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Language, Text

_PERIODS: tuple[tuple[str, Decimal, Text], ...] = (
    ("day-1", Decimal(1), Text("first 24 h", "24小时内")),
    ("day-4", Decimal(4), Text("to Day 4", "至第4天")),
    ("day-8", Decimal(8), Text("to Day 8", "至第8天")),
    ("day-12", Decimal(12), Text("to Day 12", "至第12天")),
    ("day-18", Decimal(18), Text("to Day 18", "至第18天")),
    ("later", Decimal("Infinity"), Text("later", "更晚")),
)
"""Upper ends, included, of the periods in which a peak is counted [d]; between the planned samples."""


def tabulate_tmax(state: State, endpoint: Endpoint) -> Section:
    """Tmax of the whole window and from Day 2 on, and the half-life after it where samples support one."""
    kinetics = derive_kinetics_set(state, endpoint)
    last_d = state.protocol.definitions.kinetics_last_d
    tmax = Measure(
        label=Text("Tmax (days)", "Tmax（天）"),
        values=by_participant(
            observe(found.participant, found.cmax, lambda level: level.time_d) for found in kinetics.findings
        ),
        kind="time",
        places=2,
    )
    late = Measure(
        label=Text("Tmax from Day 2 on (days)", "第2天起的Tmax（天）"),
        values=by_participant(
            observe(found.participant, found.cmax_from_day_2, lambda level: level.time_d)
            for found in kinetics.findings
        ),
        kind="time",
        places=2,
    )
    half_life = Measure(
        label=Text("Half-life after the peak (days)", "峰后半衰期（天）"),
        values=by_participant(
            observe(found.participant, found.half_life, lambda fit: fit.half_life_d)
            for found in kinetics.findings
        ),
        kind="log_normal",
        places=2,
    )
    gates = HalfLifeGates()
    return Section(
        key="tmax",
        title=endpoint.title.text,
        summary=Text("When the transgene level was highest.", "转基因水平何时达到最高。"),
        blocks=(
            *introduce(state, endpoint),
            tabulate_summary(
                "tmax-summary",
                Text(f"Time to peak, Day 0 to Day {last_d}", f"达峰时间，第0～{last_d}天"),
                kinetics.groups,
                (tmax, late),
                footnotes=describe_windows(kinetics),
            ),
            _draw_periods(kinetics, tmax),
            Paragraph(
                Text(
                    "Times are actual times from the start of the first infusion. In regimens with several infusions "
                    "a later infusion can bring the highest level, so its day can be the Tmax.",
                    "时间为自首次输注开始的实际时间。多次输注方案中，后续输注可能带来最高水平，其日期即可能成为Tmax。",
                )
            ),
            tabulate_summary(
                "tmax-half-life",
                Text("Half-life of the contraction phase", "收缩期半衰期"),
                kinetics.groups,
                (half_life,),
                footnotes=(
                    Text(
                        f"Reported where the fit has an adjusted R² of at least {gates.min_r2_adjusted}, a span of at "
                        f"least {gates.min_span_half_lives:.0f} half-lives and at least {gates.min_points} samples "
                        "after the last infusion and the peak.",
                        f"仅在调整R²不低于{gates.min_r2_adjusted}、跨度不少于{gates.min_span_half_lives:.0f}个半衰期、"
                        f"末次输注及峰值之后至少{gates.min_points}个样本时报告。",
                    ),
                ),
            ),
            tabulate_listing(
                "tmax-listing",
                Text("Time to peak and half-life of each participant", "各受试者达峰时间及半衰期"),
                kinetics.groups,
                (
                    list_measure("tmax", Text("Tmax (d)", "Tmax（天）"), tmax),
                    list_measure("tmax_from_day_2", Text("Tmax from Day 2 (d)", "第2天起Tmax（天）"), late),
                    list_words(
                        "tmax_by_infusion",
                        Text("Tmax from each infusion (d)", "自每次输注起的Tmax（天）"),
                        _by_infusion(kinetics),
                    ),
                    list_measure("half_life", Text("Half-life (d)", "半衰期（天）"), half_life),
                    list_words("fit", Text("Samples; adjusted R²", "样本数；调整R²"), _fits(kinetics)),
                ),
                footnotes=describe_windows(kinetics),
            ),
        ),
    )


def _draw_periods(kinetics: KineticsSet, tmax: Measure) -> Illustration:
    bars = tuple(
        Bar(label=group.title, n_all=None, counts=_counts(tmax, group))
        for group in kinetics.groups
        if group.key != TOTAL
    )

    def draw(language: Language) -> Figure:
        return render_bars(
            "tmax-periods",
            Text("When the peak was seen, number of participants", "达峰时段，受试者例数"),
            bars if kinetics.members else (),
            tuple(Category(key=key, label=label) for key, _, label in _PERIODS),
            language=language,
            y_title=Text("Participants", "受试者例数"),
            when_empty=NO_SAMPLES,
        )

    return illustrate(draw)


def _counts(tmax: Measure, group: Group) -> tuple[int, ...]:
    times = [each.value for each in in_group(tmax.values, group) if not isinstance(each.value, NotDerived)]
    ends = [end for _, end, _ in _PERIODS]
    placed = [next(i for i, end in enumerate(ends) if time <= end) for time in times]
    return tuple(placed.count(i) for i in range(len(ends)))


def _by_infusion(kinetics: KineticsSet) -> Words:
    said = {}
    for found in kinetics.findings:
        shown = "; ".join(
            "–" if isinstance(each.cmax.value, NotDerived) else format_number(each.cmax.value.time_d, 2)
            for each in found.infusions
        )
        sources = tuple(position for each in found.infusions for position in each.cmax.sources)
        said[found.participant] = (Text(shown, shown), sources)
    return said


def _fits(kinetics: KineticsSet) -> Words:
    said: dict[str, tuple[Text | NotDerived, tuple[int, ...]]] = {}
    for found in kinetics.findings:
        fit = found.half_life.value
        if isinstance(fit, NotDerived):
            said[found.participant] = (Text("–", "–"), found.half_life.sources)
        else:
            shown = f"{fit.n_points}; {format_number(fit.r2_adjusted, 3)}"
            said[found.participant] = (Text(shown, shown), found.half_life.sources)
    return said
