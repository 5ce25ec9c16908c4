"""The area under the curve of CAR-NK cells in blood."""

from collections.abc import Callable
from decimal import Decimal

from firstdose.deliver.document import Definition, Details, Section
from firstdose.deliver.formatting import format_number, format_significant
from firstdose.deliver.outcomes.dose_proportionality import tabulate_dose_proportionality
from firstdose.deliver.outcomes.kinetic_levels import KineticsSet, derive_kinetics_set, draw_levels
from firstdose.deliver.outcomes.kinetic_notes import describe_windows
from firstdose.deliver.outcomes.listings import Words, list_measure, list_words, tabulate_listing
from firstdose.deliver.outcomes.observed import Observed, by_participant, observe
from firstdose.deliver.outcomes.section_head import introduce
from firstdose.deliver.outcomes.summaries import Measure, tabulate_summary
from firstdose.derive.kinetics.exposure import Area
from firstdose.derive.kinetics.of_participant import ParticipantKinetics
from firstdose.protocol.resolved import Endpoint
from firstdose.record.state import State
from firstdose.terms.outcomes import Finding, NotDerived
from firstdose.terms.words import Text


def tabulate_auc(state: State, endpoint: Endpoint) -> Section:
    """AUC of Days 0 to 28 in three named variants, of each infusion, and dose proportionality."""
    kinetics = derive_kinetics_set(state, endpoint)
    last_d = state.protocol.definitions.kinetics_last_d
    days = f"0–{last_d}"
    main = measure_auc(kinetics, last_d)
    to_zero = _measure(
        kinetics,
        lambda found: found.auc_to_first_below_quantification,
        Text(
            f"AUC{days} to the first result below quantification (d·copies/µg)",
            f"AUC{days}（至首个低于定量下限结果，天·拷贝/µg）",
        ),
    )
    extrapolated = _measure(
        kinetics,
        lambda found: found.auc_extrapolated,
        Text(f"AUC{days}, extrapolated (d·copies/µg)", f"AUC{days}（外推，天·拷贝/µg）"),
    )
    ratio = Measure(
        label=Text("AUC ratio, last infusion to first", "末次与首次输注AUC之比"),
        values=by_participant(
            observe(found.participant, found.auc_accumulation, lambda value: value)
            for found in kinetics.findings
        ),
        kind="log_normal",
    )
    return Section(
        key="auc",
        title=endpoint.title.text,
        summary=Text(
            "How much of the cells, for how long, in one number.", "以一个数值概括细胞水平及其持续时间。"
        ),
        blocks=(
            *introduce(state, endpoint),
            Definition(
                term=Text("Three areas, the first is the main one", "三种面积，以第一种为主"),
                rule=Text(
                    f"Straight lines up, exponentials down, by actual times. (1) To the last quantifiable level "
                    f"up to Day {last_d}. (2) As 1, and on to zero at the first result below quantification after it. "
                    f"(3) As 1, and from the last quantifiable level to Day {last_d} by the half-life, where there "
                    "is one. Results below quantification are zero before the first quantifiable one and are "
                    "dropped between two.",
                    f"上升段线性、下降段对数，按实际时间计算。（1）至第{last_d}天内末次可定量水平；（2）在（1）基础上延至其后首个低于定量下限"
                    f"结果（计为0）；（3）在（1）基础上按半衰期（如可得）自末次可定量水平外推至第{last_d}天。首个可定量结果之前低于定量下限者"
                    "计为0，两个可定量结果之间者剔除。",
                ),
                clause="definitions.kinetics_last_d",
            ),
            tabulate_summary(
                "auc-summary",
                Text(f"Area under the curve, Day {days}", f"曲线下面积，第{days}天"),
                kinetics.groups,
                (main,),
                footnotes=describe_windows(kinetics),
            ),
            Details(
                Text("The two other variants", "另两种面积"),
                (
                    tabulate_summary(
                        "auc-variants",
                        Text(
                            f"Area under the curve, Day {days}, other variants",
                            f"曲线下面积，第{days}天，另两种",
                        ),
                        kinetics.groups,
                        (to_zero, extrapolated),
                    ),
                ),
            ),
            draw_levels(
                "auc-levels",
                Text(
                    "Transgene level over time by group, linear axis", "各组转基因水平-时间曲线（线性坐标）"
                ),
                kinetics,
                y_scale="linear",
                last_d=last_d,
            ),
            tabulate_dose_proportionality("auc-dose", state, kinetics.members, (main,)),
            tabulate_listing(
                "auc-listing",
                Text("Area under the curve of each participant", "各受试者曲线下面积"),
                kinetics.groups,
                (
                    list_measure("auc", Text(f"AUC{days}", f"AUC{days}"), main),
                    list_measure("auc_to_zero", Text("To first below LLOQ", "至首个低于定量下限"), to_zero),
                    list_measure("auc_extrapolated", Text("Extrapolated", "外推"), extrapolated),
                    list_measure("share", Text("Extrapolated share (%)", "外推比例（%）"), _shares(kinetics)),
                    list_words(
                        "infusions",
                        Text("AUC of each infusion (to day)", "每次输注AUC（至第几天）"),
                        _by_infusion(kinetics),
                    ),
                    list_measure("ratio", Text("Last/first", "末次/首次"), ratio),
                ),
                footnotes=(
                    Text(
                        "Areas in days × copies per microgram of DNA. The area of an infusion reaches to the next one, "
                        "that of the last to its last quantifiable level within 28 days; the ratio compares intervals "
                        "as long as the first.",
                        "面积单位：天×拷贝/µg DNA。每次输注的面积计至下一次输注，末次计至其后28天内末次可定量水平；"
                        "比值按首个间隔的等长区间比较。",
                    ),
                    *describe_windows(kinetics),
                ),
            ),
        ),
    )


def measure_auc(kinetics: KineticsSet, last_d: int) -> Measure:
    """The main variant: to the last quantifiable level."""
    return _measure(
        kinetics,
        lambda found: found.auc,
        Text(
            f"AUC0–{last_d} to the last quantifiable level (d·copies/µg)",
            f"AUC0–{last_d}（至末次可定量水平，天·拷贝/µg）",
        ),
    )


def _measure(
    kinetics: KineticsSet, choose: Callable[[ParticipantKinetics], Finding[Area]], label: Text
) -> Measure:
    return Measure(
        label=label,
        values=by_participant(
            observe(found.participant, choose(found), lambda area: area.auc_d_copies_per_ug)
            for found in kinetics.findings
        ),
        kind="log_normal",
    )


def _shares(kinetics: KineticsSet) -> Measure:
    observed = []
    for found in kinetics.findings:
        area = found.auc_extrapolated.value
        share = area if isinstance(area, NotDerived) else Decimal(repr(area.extrapolated_percent))
        observed.append(Observed(found.participant, share, found.auc_extrapolated.sources))
    return Measure(
        label=Text("Extrapolated share (%)", "外推比例（%）"),
        values=by_participant(observed),
        kind="normal",
        places=1,
    )


def _by_infusion(kinetics: KineticsSet) -> Words:
    said = {}
    for found in kinetics.findings:
        parts = []
        for each in found.infusions:
            area = each.auc.value
            parts.append(
                "–"
                if isinstance(area, NotDerived)
                else f"{format_significant(area.auc_d_copies_per_ug)} ({format_number(area.end_d)})"
            )
        shown = "; ".join(parts)
        sources = tuple(position for each in found.infusions for position in each.auc.sources)
        said[found.participant] = (Text(shown, shown), sources)
    return said
