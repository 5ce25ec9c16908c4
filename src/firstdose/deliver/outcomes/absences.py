"""Why a kinetic or biomarker value is not there, in few words of both languages."""

from collections.abc import Sequence

from firstdose.deliver.formatting import format_reason
from firstdose.deliver.tables import Cell
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text

SHORT: dict[str, Text] = {
    "baseline_zero": Text("baseline 0", "基线为0"),
    "below_quantification": Text("below quantification", "低于定量下限"),
    "fit_too_poor": Text("fit too poor", "拟合不佳"),
    "followed_by_infusion": Text("next infusion follows", "后续仍有输注"),
    "interval_not_covered": Text("interval not sampled to its end", "区间末未采样"),
    "intervals_differ": Text("intervals differ", "区间长度不同"),
    "median_not_reached": Text("not reached", "未达到"),
    "nadir_below_quantification": Text("nadir below quantification", "最低值低于定量下限"),
    "never_depleted": Text("not depleted", "未清除"),
    "never_quantifiable": Text("never quantifiable", "始终低于定量下限"),
    "no_baseline": Text("no baseline", "无基线值"),
    "no_falling_window": Text("no fall", "无下降段"),
    "no_infusion": Text("not treated", "未接受输注"),
    "no_lln": Text("no lower limit", "无正常值下限"),
    "no_opening": Text("no sample before it", "输注前无样本"),
    "no_pre_infusion_sample": Text("no sample before the next", "下次输注前无样本"),
    "no_record_in_window": Text("not measured", "未测"),
    "no_sample_after_infusion": Text("no sample yet", "输注后尚无样本"),
    "no_sample_before_infusion": Text("no sample before infusion", "输注前无样本"),
    "no_values": Text("no values", "无数值"),
    "nobody_counted": Text("nobody", "无受试者"),
    "normal_at_baseline": Text("normal at baseline", "基线正常"),
    "not_measured": Text("not measured", "未测"),
    "not_measured_before_infusion": Text("not measured", "未测"),
    "parent_count_too_small": Text("too few B cells", "B细胞过少"),
    "level_below_its_lloq": Text("level below its own limit", "数值低于自身定量下限"),
    "level_not_a_number": Text("level not a number", "水平非数值"),
    "level_not_positive": Text("level not above 0", "水平不大于0"),
    "no_actual_time": Text("time not known", "时间未知"),
    "no_level": Text("no level given", "未填写水平"),
    "repeated": Text("same result twice at one time", "同一时间重复结果"),
    "results_disagree": Text("results at one time disagree", "同一时间结果不一致"),
    "single_dose_level": Text("one dose level", "仅一个剂量水平"),
    "single_infusion": Text("one infusion", "仅一次输注"),
    "span_too_short": Text("span too short", "时间跨度不足"),
    "too_few_participants": Text("too few participants", "受试者过少"),
    "too_few_points": Text("too few samples", "样本过少"),
    "value_not_positive": Text("a value is 0", "含有0值"),
    "window_not_covered": Text("sampling ended early", "采样提前结束"),
    "window_open": Text("window not over", "观察窗未结束"),
}
"""Reasons by their codes; any other is told in its own words."""


def explain(absence: NotDerived) -> Text:
    """The reason as a reader sees it in a table.

    Examples
    --------
    >>> explain(NotDerived("fit_too_poor", "adjusted R2 0.798")).en
    'fit too poor'
    """
    return SHORT.get(absence.reason) or format_reason(absence)


def cell_of_reason(
    absence: NotDerived, *, participants: Sequence[str] = (), positions: Sequence[int] = ()
) -> Cell:
    """A cell that says why there is no value."""
    return Cell(
        value=absence,
        shown=explain(absence),
        participants=tuple(participants),
        positions=tuple(positions),
        is_number=False,
    )
