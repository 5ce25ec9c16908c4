"""What each reason code says to a reader, in both languages."""

from collections.abc import Sequence

from firstdose.design.rules.backfill import TEXTS as BACKFILL_TEXTS
from firstdose.design.rules.boin12 import TEXTS as BOIN12_TEXTS
from firstdose.terms.words import Text

TEXTS = {
    # --- read from the decision table: counts at the current level
    "no_one_treated": Text(
        "nobody has been evaluated at level {level} yet", "剂量水平{level}尚无可评价的参与者"
    ),
    "rate_at_or_below_escalation_boundary": Text(
        "at level {level}, {n_dlt} of {n} had a DLT: the rate is at or below the escalation boundary",
        "剂量水平{level}的{n}例中{n_dlt}例发生DLT：发生率不高于递增界值",
    ),
    "rate_between_boundaries": Text(
        "at level {level}, {n_dlt} of {n} had a DLT: the rate lies between the two boundaries",
        "剂量水平{level}的{n}例中{n_dlt}例发生DLT：发生率介于两个界值之间",
    ),
    "rate_at_or_above_de_escalation_boundary": Text(
        "at level {level}, {n_dlt} of {n} had a DLT: the rate is at or above the de-escalation boundary",
        "剂量水平{level}的{n}例中{n_dlt}例发生DLT：发生率不低于递减界值",
    ),
    "excessive_toxicity": Text(
        "at level {level}, {n_dlt} of {n} had a DLT: the level and all above it are eliminated",
        "剂量水平{level}的{n}例中{n_dlt}例发生DLT：该水平及其以上水平均予剔除",
    ),
    "cohort_incomplete": Text(
        "at level {level}, {n_dlt} of {n} had a DLT: the cohort is completed before the rule decides",
        "剂量水平{level}有{n}例可评价、{n_dlt}例发生DLT：先补足该队列，再按规则决定",
    ),
    "no_dlt_in_three": Text("at level {level}, none of 3 had a DLT", "剂量水平{level}的3例均未发生DLT"),
    "one_dlt_in_three": Text("at level {level}, 1 of 3 had a DLT", "剂量水平{level}的3例中1例发生DLT"),
    "at_most_one_dlt_in_six": Text(
        "at level {level}, {n_dlt} of {n} had a DLT, at most one in six",
        "剂量水平{level}的{n}例中{n_dlt}例发生DLT，不超过六分之一",
    ),
    "two_or_more_dlt": Text(
        "at level {level}, {n_dlt} of {n} had a DLT: the level and all above it are closed",
        "剂量水平{level}的{n}例中{n_dlt}例发生DLT：该水平及其以上水平均予关闭",
    ),
    "rate_below_interval": Text(
        "at level {level}, {n_dlt} of {n} had a DLT: the rate is below the equivalence interval",
        "剂量水平{level}的{n}例中{n_dlt}例发生DLT：发生率低于等效区间",
    ),
    "rate_in_interval": Text(
        "at level {level}, {n_dlt} of {n} had a DLT: the rate is in the equivalence interval",
        "剂量水平{level}的{n}例中{n_dlt}例发生DLT：发生率位于等效区间内",
    ),
    "rate_above_interval_by_one_dlt": Text(
        "at level {level}, {n_dlt} of {n} had a DLT: the rate is above the equivalence interval, and with one "
        "DLT fewer it would be below",
        "剂量水平{level}的{n}例中{n_dlt}例发生DLT：发生率高于等效区间，而减少1例DLT则低于该区间",
    ),
    "rate_above_interval": Text(
        "at level {level}, {n_dlt} of {n} had a DLT: the rate is above the equivalence interval",
        "剂量水平{level}的{n}例中{n_dlt}例发生DLT：发生率高于等效区间",
    ),
    "mass_below_interval": Text(
        "at level {level}, {n_dlt} of {n} had a DLT: the rate most likely lies below the target interval",
        "剂量水平{level}的{n}例中{n_dlt}例发生DLT：发生率最可能低于目标区间",
    ),
    "mass_in_interval": Text(
        "at level {level}, {n_dlt} of {n} had a DLT: the rate most likely lies in the target interval",
        "剂量水平{level}的{n}例中{n_dlt}例发生DLT：发生率最可能位于目标区间内",
    ),
    "mass_above_interval": Text(
        "at level {level}, {n_dlt} of {n} had a DLT: the rate most likely lies above the target interval",
        "剂量水平{level}的{n}例中{n_dlt}例发生DLT：发生率最可能高于目标区间",
    ),
    "no_dlt_in_rolling": Text("at level {level}, none of {n} had a DLT", "剂量水平{level}的{n}例均未发生DLT"),
    "one_dlt_in_rolling": Text(
        "at level {level}, {n_dlt} of {n} had a DLT: six are enrolled before the level is left",
        "剂量水平{level}的{n}例中{n_dlt}例发生DLT：入组满6例后再离开该水平",
    ),
    "above_overdose_cap": Text(
        "at level {level}, {n_dlt} of {n} had a DLT: the overdose cap closes the level and all above it",
        "剂量水平{level}的{n}例中{n_dlt}例发生DLT：超过过量用药限值，该水平及其以上水平均予关闭",
    ),
    # --- a model, which reads the counts of every level
    "closest_level_above": Text(
        "the level whose estimated rate is the closest to the target lies above level {level}",
        "估计发生率最接近目标的剂量水平高于剂量水平{level}",
    ),
    "closest_level_here": Text(
        "of all levels, the estimated rate of level {level} is the closest to the target",
        "各剂量水平中，剂量水平{level}的估计发生率最接近目标",
    ),
    "closest_level_below": Text(
        "the level whose estimated rate is the closest to the target lies below level {level}",
        "估计发生率最接近目标的剂量水平低于剂量水平{level}",
    ),
    "rate_at_or_above_target": Text(
        "at level {level}, {n_dlt} of {n} had a DLT: the model would escalate, and the observed rate is at or above "
        "the target",
        "剂量水平{level}的{n}例中{n_dlt}例发生DLT：模型倾向递增，但观察到的发生率不低于目标",
    ),
    "best_level_above": Text(
        "of the levels within the overdose limit, one above level {level} has the most probability in the target "
        "interval",
        "在过量风险限值以内的剂量水平中，高于剂量水平{level}者落入目标区间的概率最高",
    ),
    "best_level_here": Text(
        "of the levels within the overdose limit, level {level} has the most probability in the target interval",
        "在过量风险限值以内的剂量水平中，剂量水平{level}落入目标区间的概率最高",
    ),
    "best_level_below": Text(
        "of the levels within the overdose limit, one below level {level} has the most probability in the target "
        "interval",
        "在过量风险限值以内的剂量水平中，低于剂量水平{level}者落入目标区间的概率最高",
    ),
    "level_above_overdose_limit": Text(
        "the probability of an overdose at level {level} exceeds its limit",
        "剂量水平{level}的过量概率超过限值",
    ),
    "no_level_within_overdose_limit": Text(
        "the probability of an overdose exceeds its limit at every level", "各剂量水平的过量概率均超过限值"
    ),
    "counts_outside_table": Text(
        "these counts do not stand in the approved table, and the model was asked for them",
        "该组计数不在已批准的决策表中，已由模型即时计算",
    ),
    "level_above_closed_by_model": Text(
        "the model closes the level above as too toxic", "模型判定上一剂量水平毒性过高而关闭"
    ),
    # --- the rolling six while windows are open
    "enrol_while_pending": Text(
        "participants still inside their DLT window: {n_pending}; up to six are enrolled without waiting",
        "{n_pending}例参与者仍处于DLT观察窗内；未满6例前无需等待即可入组",
    ),
    "pending_cannot_change_it": Text(
        "participants still inside their DLT window: {n_pending}; no result of theirs could change this",
        "{n_pending}例参与者仍处于DLT观察窗内；其结果不会改变该结论",
    ),
    # --- a time-to-event rule while windows are open
    "tite_escalate": Text(
        "at level {level}, with {n_dlt} DLT in {n} evaluable and the pending counted as far as their window was "
        "seen, the rate is at or below the escalation boundary",
        "剂量水平{level}的{n}例可评价参与者中{n_dlt}例发生DLT，待定者按已观察的窗口比例计入：发生率不高于递增界值",
    ),
    "tite_stay": Text(
        "at level {level}, with {n_dlt} DLT in {n} evaluable and the pending counted as far as their window was "
        "seen, the rate lies between the two boundaries",
        "剂量水平{level}的{n}例可评价参与者中{n_dlt}例发生DLT，待定者按已观察的窗口比例计入：发生率介于两个界值之间",
    ),
    "tite_de_escalate": Text(
        "at level {level}, with {n_dlt} DLT in {n} evaluable and the pending counted as far as their window was "
        "seen, the rate is at or above the de-escalation boundary",
        "剂量水平{level}的{n}例可评价参与者中{n_dlt}例发生DLT，待定者按已观察的窗口比例计入：发生率不低于递减界值",
    ),
    "too_many_pending": Text(
        "accrual is suspended: {n_pending} participants are still inside their DLT window",
        "暂停入组：{n_pending}例参与者仍处于DLT观察窗内",
    ),
    "too_few_complete": Text(
        "at level {level}, {n} are evaluable: too few to escalate while DLT windows are open",
        "剂量水平{level}可评价者仅{n}例：DLT观察窗未结束时例数不足，不予递增",
    ),
    # --- the guards
    "window_open": Text(
        "participants still inside their DLT window: {n_pending}",
        "{n_pending}例参与者仍处于DLT观察窗内",
    ),
    "titration_continues": Text(
        "no DLT so far: titration continues with single participants",
        "目前无DLT：继续单例加速滴定",
    ),
    "titration_reaches_cohorts": Text(
        "titration ends at this level: whole cohorts follow", "滴定至该水平结束：此后按完整队列入组"
    ),
    "top_level": Text("there is no higher level", "已无更高剂量水平"),
    "level_above_eliminated": Text("the level above is closed for toxicity", "上一剂量水平因毒性已关闭"),
    "capped_by_other_part": Text(
        "the result of another part allows no higher level", "另一研究部分的结果不允许更高水平"
    ),
    "lowest_level": Text("there is no lower level", "已无更低剂量水平"),
    "lowest_level_too_toxic": Text(
        "the lowest level is too toxic: no level may be treated",
        "最低剂量水平毒性过高：任何水平均不得继续给药",
    ),
    "level_full": Text(
        "level {target} has the most participants allowed at one level",
        "剂量水平{target}已达单一水平例数上限",
    ),
    "enough_at_level": Text(
        "level {target} has as many participants as the estimate there needs",
        "剂量水平{target}的例数已满足该水平估计所需",
    ),
    "estimate_above_lambda_d": Text(
        "the estimated rate of every level that may be the MTD exceeds the de-escalation boundary",
        "可作为MTD的各剂量水平的估计发生率均超过递减界值",
    ),
    "sample_complete": Text(
        "all {max_n} participants of the dose escalation have been evaluated",
        "剂量递增的{max_n}例参与者均已完成评价",
    ),
    "enough_at_mtd": Text(
        "level {target} has the {mtd_min_n} participants that the MTD needs",
        "剂量水平{target}已达确定MTD所需的{mtd_min_n}例",
    ),
    "too_few_at_mtd": Text(
        "no level that may be the MTD has the {mtd_min_n} participants asked for",
        "可作为MTD的剂量水平均未达到要求的{mtd_min_n}例",
    ),
    "no_mtd": Text("no level that was treated may be the MTD", "已给药的剂量水平均不能作为MTD"),
}
TEXTS |= BOIN12_TEXTS | BACKFILL_TEXTS
"""The reason codes of a recommendation; those of single rules stand with the rule."""


def render_reasons(reasons: Sequence[str], opening: Text, **values: int) -> Text:
    """The reasons as one sentence in each language, after its opening."""
    said_en = "; ".join(TEXTS[reason].en.format(**values) for reason in reasons)
    said_zh = "；".join(TEXTS[reason].zh.format(**values) for reason in reasons)
    return Text(
        f"{opening.en}: {said_en}." if said_en else f"{opening.en}.",
        f"{opening.zh}：{said_zh}。" if said_zh else f"{opening.zh}。",
    )
