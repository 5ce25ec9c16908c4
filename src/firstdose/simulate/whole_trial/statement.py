"""The sample-size statement and the decision tables as paragraphs of a protocol, from computed values alone."""

from decimal import Decimal
from itertools import groupby

from firstdose.conduct.dose_rules import compile_design
from firstdose.design import BoundaryRow, tabulate_decisions
from firstdose.design.titles import TITLES
from firstdose.simulate.whole_trial.calendar import DAYS_A_MONTH, SimulatedCalendar, SimulatedDate
from firstdose.simulate.whole_trial.exact import WholeTrial
from firstdose.simulate.whole_trial.expansion import compute_boundary
from firstdose.simulate.whole_trial.plan import EscalationPart, TrialPlan
from firstdose.terms.words import Text

LATE = 4
"""Place of the 95 % quantile among those that are told of a date."""


def write_statement(
    plan: TrialPlan, whole: WholeTrial, calendar: SimulatedCalendar | None = None
) -> tuple[Text, ...]:
    """The sample-size statement: participants, selection, toxicity, sufficiency, time; and what is exact.

    Parameters
    ----------
    plan : TrialPlan
    whole : WholeTrial
        Computed for this plan.
    calendar : SimulatedCalendar, optional
        Of the same plan and truth; without it nothing is said about time.
    """
    paragraphs = [
        _say_assumptions(plan, whole),
        _say_single_doses(plan, whole),
        _say_regimens(plan, whole),
        _say_participants(plan, whole),
        _say_toxicity(whole),
        _say_sufficiency(plan, whole),
    ]
    if calendar is not None:
        paragraphs.append(_say_time(calendar))
    return (*paragraphs, *whole.remarks, _say_exactness(whole, calendar))


def write_decision_tables(plan: TrialPlan) -> tuple[Text, ...]:
    """The decision tables of both parts and the limit of the expansion, one paragraph or row each.

    Parameters
    ----------
    plan : TrialPlan
    """
    return (
        *_write_part_table(plan.sad, Text("single ascending doses", "单次给药剂量递增")),
        *_write_part_table(plan.mad, Text("multiple ascending doses", "多次给药剂量递增")),
        *_write_limit(plan),
    )


def _percent(p: float) -> str:
    if 0 < p < 0.0005:  # noqa: PLR2004 - what would be printed as 0.0
        return "<0.1%"
    return f"{100 * p:.1f}%"


def _plain_percent(rate: Decimal) -> str:
    return f"{(rate * 100).normalize():f}%"


def _rates(rates: tuple[float, ...]) -> Text:
    shown = [f"{rate:.2f}" for rate in rates]
    return Text(", ".join(shown), "、".join(shown))


def _say_assumptions(plan: TrialPlan, whole: WholeTrial) -> Text:
    single, regimens = _rates(whole.truth.single_dose_rates), _rates(whole.regimen_rates)
    if whole.truth.regimen_rates is not None:
        bridge = Text("which were assumed for themselves", "为单独假设")
    else:
        bridge = Text(
            f"which follow from the single doses with a log hazard that changes by {whole.truth.growth:g} from one "
            "infusion to the next",
            f"由单次给药推得，每次输注间对数风险变化为{whole.truth.growth:g}",
        )
    triggers = whole.truth.trigger_rates
    also = Text("", "")
    if triggers is not None and any(triggers):
        told = _rates(triggers)
        also = Text(
            f" An adverse event that ends titration comes in a participant without a DLT with probability {told.en}.",
            f"无DLT参与者发生终止加速滴定的不良事件的概率为{told.zh}。",
        )
    return Text(
        f"Scenario {whole.truth.name}. The true probabilities of a DLT are taken to be {single.en} for the "
        f"{len(plan.sad.levels)} single doses, lowest first, and {regimens.en} for the {len(plan.mad.levels)} regimens, "
        f"{bridge.en}.{also.en}",
        f"情景{whole.truth.name}。假定{len(plan.sad.levels)}个单次给药剂量的真实DLT概率由低到高为{single.zh}；"
        f"{len(plan.mad.levels)}个多次给药方案为{regimens.zh}，{bridge.zh}。{also.zh}",
    )


def _say_single_doses(plan: TrialPlan, whole: WholeTrial) -> Text:
    design, places = plan.sad.design, min(plan.sad.max_participants, plan.sad.design.max_n, plan.enrolment)
    rule, target = TITLES[design.rule], _plain_percent(design.target_rate)
    listed = [(level.key, _percent(p)) for level, p in zip(plan.sad.levels, whole.p_sad_mtd[1:], strict=True)]
    right = _percent(whole.p_sad_mtd[whole.true_mtd])
    correct = (
        Text(
            f"The right choice is {plan.sad.levels[whole.true_mtd - 1].key} (true rate "
            f"{whole.truth.single_dose_rates[whole.true_mtd - 1]:.2f}); it is made with probability {right}.",
            f"正确选择为{plan.sad.levels[whole.true_mtd - 1].key}"
            f"（真实DLT率{whole.truth.single_dose_rates[whole.true_mtd - 1]:.2f}），其概率为{right}。",
        )
        if whole.true_mtd
        else Text(
            f"The right choice is to select none; it is made with probability {right}.",
            f"正确选择为不选出任何剂量，其概率为{right}。",
        )
    )
    return Text(
        f"With at most {places} participants in the single ascending doses, under the {rule.en} design with a target DLT "
        f"rate of {target}, the probability of selecting each dose as the maximum tolerated dose (MTD) is "
        + ", ".join(f"{p} for {key}" for key, p in listed)
        + f", and {_percent(whole.p_sad_mtd[0])} that none is selected. {correct.en}",
        f"单次给药剂量递增部分最多入组{places}例，采用{rule.zh}设计，目标DLT率为{target}；各剂量被选为最大耐受剂量（MTD）的概率为："
        + "，".join(f"{key} {p}" for key, p in listed)
        + f"；未选出MTD的概率为{_percent(whole.p_sad_mtd[0])}。{correct.zh}",
    )


def _say_regimens(plan: TrialPlan, whole: WholeTrial) -> Text:
    places = min(plan.mad.max_participants, plan.mad.design.max_n, plan.enrolment)
    listed = [
        (level.key, _percent(p)) for level, p in zip(plan.mad.levels, whole.p_mad_regimen[1:], strict=True)
    ]
    none = _percent(whole.p_mad_regimen[0])
    expanded = [(keys, p) for keys, p in whole.p_expanded if p > 0]
    return Text(
        f"With at most {places} participants in the multiple ascending doses, whose infusions are not above the MTD, the "
        "probability that a regimen is selected is "
        + ", ".join(f"{p} for {key}" for key, p in listed)
        + f", and {none} that none is. The regimens expanded are "
        + ", ".join(f"{' and '.join(keys) or 'none'} ({_percent(p)})" for keys, p in expanded)
        + ".",
        f"多次给药剂量递增部分最多入组{places}例，每次输注剂量不高于MTD；各方案被选中的概率为："
        + "，".join(f"{key} {p}" for key, p in listed)
        + f"；未选出方案的概率为{none}。进入扩展的方案及其概率："
        + "，".join(f"{'与'.join(keys) or '无方案'}（{_percent(p)}）" for keys, p in expanded)
        + "。",
    )


def _say_participants(plan: TrialPlan, whole: WholeTrial) -> Text:
    parts = (whole.sad, whole.mad, whole.expansion)
    n = [f"{part.mean_n:.1f}" for part in parts]
    all_used = _percent(whole.p_n[plan.enrolment])
    return Text(
        f"Of the {plan.enrolment} participants, {whole.mean_n:.1f} are expected to be treated: {n[0]} with single doses, "
        f"{n[1]} with multiple doses and {n[2]} in the expansion. All {plan.enrolment} are treated with probability "
        f"{all_used}.",
        f"计划的{plan.enrolment}例参与者中，预期治疗{whole.mean_n:.1f}例：单次给药{n[0]}例，多次给药{n[1]}例，扩展{n[2]}例。"
        f"全部{plan.enrolment}例均接受治疗的概率为{all_used}。",
    )


def _say_toxicity(whole: WholeTrial) -> Text:
    parts = (whole.sad, whole.mad, whole.expansion)
    n_dlt = [f"{part.mean_n_dlt:.1f}" for part in parts]
    ends = {ending: _percent(p) for ending, p in whole.p_endings}
    limit = f"{100 * whole.overdose_rate:g}%"
    return Text(
        f"{whole.mean_n_dlt:.1f} participants are expected to have a DLT ({n_dlt[0]} with single doses, {n_dlt[1]} with "
        f"multiple doses, {n_dlt[2]} in the expansion), and {whole.mean_n_overdose:.1f} to be treated at a level whose "
        f"true DLT rate exceeds {limit}. The trial ends early for toxicity with probability "
        f"{_percent(whole.p_stops_for_toxicity)}: no single dose is tolerated ({ends['no_single_dose_tolerated']}), no "
        f"regimen is ({ends['no_regimen_tolerated']}), or every regimen in expansion is closed "
        f"({ends['expansion_closed']}). With probability {ends['no_regimen_allowed']} the MTD is below the dose of the "
        "first regimen, and no multiple doses are given.",
        f"预期{whole.mean_n_dlt:.1f}例发生DLT（单次给药{n_dlt[0]}例，多次给药{n_dlt[1]}例，扩展{n_dlt[2]}例），"
        f"{whole.mean_n_overdose:.1f}例在真实DLT率高于{limit}的水平接受治疗。试验因毒性提前结束的概率为"
        f"{_percent(whole.p_stops_for_toxicity)}：无可耐受的单次剂量（{ends['no_single_dose_tolerated']}）、"
        f"无可耐受的方案（{ends['no_regimen_tolerated']}）或扩展的方案全部关闭（{ends['expansion_closed']}）。"
        f"MTD低于首个方案剂量、不进行多次给药的概率为{ends['no_regimen_allowed']}。",
    )


def _say_sufficiency(plan: TrialPlan, whole: WholeTrial) -> Text:
    short = [_percent(part.p_not_enough) for part in (whole.sad, whole.mad, whole.expansion)]
    return Text(
        f"The {plan.enrolment} participants are not enough with probability {_percent(whole.p_not_enough)}: the rule of "
        f"the single doses would have treated one more participant when no place was left ({short[0]}), that of the "
        f"multiple doses would have ({short[1]}), or the regimens chosen for expansion found fewer places than "
        f"{plan.expansion.cohort_size} each ({short[2]}).",
        f"{plan.enrolment}例不足的概率为{_percent(whole.p_not_enough)}：单次给药部分在无名额时按规则仍需入组（{short[0]}）、"
        f"多次给药部分在无名额时按规则仍需入组（{short[1]}），或选定的扩展方案所余名额少于每方案"
        f"{plan.expansion.cohort_size}例（{short[2]}）。",
    )


def _say_time(calendar: SimulatedCalendar) -> Text:
    dates = (
        (Text("the single doses end", "单次给药部分结束"), calendar.sad_end),
        (Text("the multiple doses end", "多次给药部分结束"), calendar.mad_end),
        (
            Text("the last participant has the first infusion", "末例参与者首次输注"),
            calendar.last_first_infusion,
        ),
        (Text("the last visit takes place", "末次访视"), calendar.last_visit),
    )
    told = [(words, date, *_months(date)) for words, date in dates if date.quantiles]
    return Text(
        "In months from the start of the trial, on average (95 % quantile; standard error of the average): "
        + "; ".join(f"{words.en} after {mean} ({late}; {error})" for words, _, mean, late, error in told)
        + f". Each is over the simulated trials that reach it; the multiple doses are decided on in "
        f"{_percent(calendar.mad_end.p_reached.value)} of them.",
        "自试验开始的月数，平均值（95%分位数；平均值的标准误）："
        + "；".join(f"{words.zh} {mean}（{late}；{error}）" for words, _, mean, late, error in told)
        + f"。各日期仅统计到达该节点的模拟试验；其中{_percent(calendar.mad_end.p_reached.value)}"
        "进行了多次给药部分的决策。",
    )


def _months(date: SimulatedDate) -> tuple[str, str, str]:
    values = (date.mean.value, date.quantiles[LATE].value, date.mean.standard_error)
    mean, late, error = (value / DAYS_A_MONTH for value in values)
    return f"{mean:.1f}", f"{late:.1f}", f"{error:.2f}"


def _say_exactness(whole: WholeTrial, calendar: SimulatedCalendar | None) -> Text:
    each = (
        Text("each outcome is known before the next participant is treated", "每例结局在下一例给药前已知")
        if whole.judged_every == 1
        else Text(
            f"outcomes are known {whole.judged_every} participants at a time",
            f"每{whole.judged_every}例的结局同时获知",
        )
    )
    exact = Text(
        "Every probability and expected number above is exact, not simulated, and holds for a committee that follows the "
        f"rule and for evaluable participants; in the expansion {each.en}.",
        f"以上概率与期望数均为精确计算而非模拟，前提为委员会遵循规则且参与者均可评估；扩展部分假定{each.zh}。",
    )
    if calendar is None:
        return exact
    return Text(
        exact.en.replace("above is", "above, but for the times, is")
        + f" The times are simulated: {calendar.n_trials} trials, seed {calendar.seed}.",
        exact.zh.replace("以上概率", "除时间外，以上概率")
        + f"时间为模拟结果：{calendar.n_trials}次模拟试验，随机种子{calendar.seed}。",
    )


def _write_part_table(part: EscalationPart, words: Text) -> tuple[Text, ...]:
    design = part.design
    rows = tabulate_decisions(compile_design(design)[0])
    rule, target = TITLES[design.rule], _plain_percent(design.target_rate)
    heading = Text(
        f"Decisions in the {words.en}: {rule.en}, target DLT rate {target}, cohorts of {design.cohort_size}, at most "
        f"{design.max_n_per_level} participants at a level and {design.max_n} in all.",
        f"{words.zh}的决策表：{rule.zh}，目标DLT率{target}，每队列{design.cohort_size}例，每水平最多"
        f"{design.max_n_per_level}例，共最多{design.max_n}例。",
    )
    if not rows:
        return (
            heading,
            Text(
                "This rule reads the counts of every level; its decisions are those of the frozen table.",
                "该规则读取各水平的计数，其决策以冻结的决策表为准。",
            ),
        )
    return (heading, *(_write_row(row) for row in rows))


def _write_row(row: BoundaryRow) -> Text:
    limits = (
        (row.escalate_at_most, Text("escalate with at most {}", "≤{}例递增")),
        (row.de_escalate_at_least, Text("de-escalate with at least {}", "≥{}例递减")),
        (
            row.eliminate_at_least,
            Text("close the level and all above with at least {}", "≥{}例关闭该水平及以上"),
        ),
        (
            row.stop_at_lowest_at_least,
            Text("stop the part at the lowest level with at least {}", "最低水平≥{}例停止该部分"),
        ),
    )
    told = [(words, limit) for limit, words in limits if limit is not None]
    return Text(
        f"Of {row.n} treated at a level, with a DLT: "
        + "; ".join(words.en.format(limit) for words, limit in told)
        + ("; otherwise stay." if told else "stay."),
        f"某水平已治疗{row.n}例，其中发生DLT："
        + "；".join(words.zh.format(limit) for words, limit in told)
        + ("；其余维持。" if told else "维持。"),
    )


def _write_limit(plan: TrialPlan) -> tuple[Text, ...]:
    part, limit = plan.expansion, plan.expansion.monitoring
    if limit is None:
        return ()
    boundary = compute_boundary(limit, min(part.max_participants, plan.enrolment))
    spans = []
    for closes_at, numbers in groupby(enumerate(boundary, start=1), key=lambda one: one[1]):
        if closes_at is not None:
            ns = [n for n, _ in numbers]
            spans.append((closes_at, str(ns[0]) if len(ns) == 1 else f"{ns[0]}–{ns[-1]}"))
    rate, probability = _plain_percent(limit.limit_rate), _plain_percent(limit.probability)
    prior = ", ".join(f"{shape:f}" for shape in limit.prior)
    return (
        Text(
            f"In the expansion a regimen is closed when the probability that its DLT rate exceeds {rate} is above "
            f"{probability} under a Beta({prior}) prior: with "
            + ", ".join(f"{y} or more DLTs among {span} treated" for y, span in spans)
            + ".",
            f"扩展部分：在Beta({prior})先验下，若某方案DLT率高于{rate}的概率大于{probability}，则关闭该方案，即："
            + "，".join(f"已治疗{span}例中DLT≥{y}例" for y, span in spans)
            + "。",
        ),
    )
