"""The peak of CAR-NK cells in blood."""

from firstdose.deliver.document import Details, Paragraph, Section
from firstdose.deliver.formatting import format_significant
from firstdose.deliver.outcomes.dose_proportionality import tabulate_dose_proportionality
from firstdose.deliver.outcomes.kinetic_levels import (
    KineticsSet,
    derive_kinetics_set,
    draw_levels,
    tabulate_levels,
)
from firstdose.deliver.outcomes.kinetic_notes import describe_windows
from firstdose.deliver.outcomes.listings import Words, list_measure, list_words, tabulate_listing
from firstdose.deliver.outcomes.observed import by_participant, observe
from firstdose.deliver.outcomes.section_head import introduce
from firstdose.deliver.outcomes.split_groups import split_by_part
from firstdose.deliver.outcomes.summaries import Measure, tabulate_summary
from firstdose.protocol.resolved import Endpoint
from firstdose.record.state import State
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text

UNIT = Text("copies/µg DNA", "拷贝/µg DNA")


def tabulate_cmax(state: State, endpoint: Endpoint) -> Section:
    """Cmax of Days 0 to 28, of Day 2 onwards, of each infusion; levels over time; dose proportionality."""
    kinetics = derive_kinetics_set(state, endpoint)
    last_d = state.protocol.definitions.kinetics_last_d
    cmax = measure_cmax(kinetics)
    late = Measure(
        label=Text("Cmax from Day 2 on (copies/µg DNA)", "第2天起的Cmax（拷贝/µg DNA）"),
        values=by_participant(
            observe(found.participant, found.cmax_from_day_2, lambda level: level.level_copies_per_ug)
            for found in kinetics.findings
        ),
        kind="log_normal",
    )
    last = Measure(
        label=Text("Clast (copies/µg DNA)", "Clast（拷贝/µg DNA）"),
        values=by_participant(
            observe(found.participant, found.clast, lambda level: level.level_copies_per_ug)
            for found in kinetics.findings
        ),
        kind="log_normal",
    )
    accumulation = Measure(
        label=Text("Cmax ratio, last infusion to first", "末次与首次输注Cmax之比"),
        values=by_participant(
            observe(found.participant, found.cmax_accumulation, lambda ratio: ratio)
            for found in kinetics.findings
        ),
        kind="log_normal",
    )
    return Section(
        key="cmax",
        title=endpoint.title.text,
        summary=Text(
            "How high the transgene level rose: overall, after the infused cells had spread, and after each infusion.",
            "转基因水平的峰值：总体、输注细胞分布之后，以及每次输注之后。",
        ),
        blocks=(
            *introduce(state, endpoint),
            tabulate_summary(
                "cmax-summary",
                Text(f"Peak transgene level, Day 0 to Day {last_d}", f"转基因水平峰值，第0～{last_d}天"),
                kinetics.groups,
                (cmax, late),
                footnotes=describe_windows(kinetics),
            ),
            Details(
                Text("Last quantifiable level (Clast)", "末次可定量水平（Clast）"),
                (
                    tabulate_summary(
                        "cmax-clast",
                        Text(
                            f"Last quantifiable level, Day 0 to Day {last_d}",
                            f"末次可定量水平，第0～{last_d}天",
                        ),
                        kinetics.groups,
                        (last,),
                    ),
                ),
            ),
            draw_levels(
                "cmax-levels",
                Text(
                    "Transgene level over time by group, logarithmic axis",
                    "各组转基因水平-时间曲线（对数坐标）",
                ),
                kinetics,
                y_scale="log",
                last_d=last_d,
            ),
            *(
                Details(
                    Text(f"Levels by nominal time: {title.en}", f"按计划时间点的转基因水平：{title.zh}"),
                    (
                        tabulate_levels(
                            f"cmax-levels-{part}",
                            Text(
                                f"Transgene level by nominal time, geometric mean (CV), {title.en}",
                                f"按计划时间点的转基因水平，几何均数（变异系数），{title.zh}",
                            ),
                            kinetics,
                            groups,
                            last_d,
                        ),
                    ),
                )
                for part, title, groups in split_by_part(state, kinetics.members)
            ),
            tabulate_dose_proportionality(
                "cmax-dose",
                state,
                kinetics.members,
                (cmax, late),
            ),
            Paragraph(
                Text(
                    "The first sample after an infusion can hold the highest level, because infused cells have not "
                    "left the blood yet; the peak from Day 2 on is that of expansion.",
                    "输注后首份样本的水平可能最高，因为输注的细胞尚未离开血液；第2天起的峰值反映细胞扩增。",
                )
            ),
            tabulate_listing(
                "cmax-listing",
                Text("Peak of each participant", "各受试者峰值"),
                kinetics.groups,
                (
                    list_measure("cmax", Text("Cmax", "Cmax"), cmax),
                    list_measure("cmax_from_day_2", Text("Cmax from Day 2", "第2天起Cmax"), late),
                    list_measure("clast", Text("Clast", "Clast"), last),
                    list_words(
                        "infusions", Text("Cmax of each infusion", "每次输注Cmax"), _by_infusion(kinetics)
                    ),
                    list_measure("ratio", Text("Last/first", "末次/首次"), accumulation),
                ),
                footnotes=(
                    Text("Levels in copies per microgram of DNA.", "水平单位：拷贝/µg DNA。"),
                    *describe_windows(kinetics),
                ),
            ),
        ),
    )


def measure_cmax(kinetics: KineticsSet) -> Measure:
    """Cmax of the whole window."""
    return Measure(
        label=Text("Cmax (copies/µg DNA)", "Cmax（拷贝/µg DNA）"),
        values=by_participant(
            observe(found.participant, found.cmax, lambda level: level.level_copies_per_ug)
            for found in kinetics.findings
        ),
        kind="log_normal",
    )


def _by_infusion(kinetics: KineticsSet) -> Words:
    said = {}
    for found in kinetics.findings:
        shown = "; ".join(
            "–"
            if isinstance(each.cmax.value, NotDerived)
            else format_significant(each.cmax.value.level_copies_per_ug)
            for each in found.infusions
        )
        sources = tuple(position for each in found.infusions for position in each.cmax.sources)
        said[found.participant] = (Text(shown, shown), sources)
    return said
