"""The whole trial before it starts as tables: what is selected, who is treated, how it ends, and when."""

from collections.abc import Mapping, Sequence
from itertools import accumulate

from firstdose.deliver.design.characteristics import MEAN_DLT, MEAN_N, OVERDOSED, mean, percent
from firstdose.deliver.design.words import LEVEL, NONE, TRUE_RATE, name_levels
from firstdose.deliver.formatting import format_number
from firstdose.deliver.tables import (
    Cell,
    Column,
    Row,
    Table,
    cell_of_nothing,
    cell_of_number,
)
from firstdose.simulate.whole_trial import (
    QUANTILES,
    PartOutcome,
    TrialPlan,
    WholeTrial,
)
from firstdose.simulate.whole_trial.composition import Ending
from firstdose.terms.words import Text

RATE_PLACES = 3
"""Decimals of a true DLT rate: those of regimens are computed and have no end of their own."""
CLOSE_ENOUGH = 1e-12
"""What a sum of probabilities may lack of a quantile's and still reach it."""

EXACT = Text(
    "exact; the committee follows the rule, everybody is evaluable, and in the expansion each outcome is known before "
    "the next participant is treated",
    "精确计算；前提：委员会遵循规则，参与者均可评估，扩展部分每例结局在下一例给药前已知",
)
SINGLE_DOSES = Text("Single doses", "单次给药")
MULTIPLE_DOSES = Text("Multiple doses", "多次给药")
EXPANSION = Text("Expansion", "扩展")
WHOLE = Text("Whole trial", "全试验")
ENDINGS: Mapping[Ending, Text] = {
    "no_single_dose_tolerated": Text("no single dose is tolerated", "无可耐受的单次剂量"),
    "no_regimen_allowed": Text("the MTD is below the dose of the first regimen", "MTD低于首个方案的剂量"),
    "no_place_for_regimens": Text("no place is left for multiple doses", "多次给药无剩余名额"),
    "no_regimen_tolerated": Text("no regimen is tolerated", "无可耐受的方案"),
    "nothing_expanded": Text("no regimen is expanded", "未进行扩展"),
    "expansion_closed": Text("every expanded regimen is closed", "扩展的方案全部关闭"),
    "complete": Text("the trial is complete", "试验完成"),
}
_PARTICIPANTS = Text("Participants", "参与者例数")
_WITH_DLT = Text("with a DLT", "发生DLT例数")
MEAN = Text("mean", "均值")
_PART = Text("Part", "部分")
NOT_ENOUGH = Text("Not enough (%)", "名额不足（%）")


def name_truth(name: str) -> Text:
    """What a scenario is called.

    Examples
    --------
    >>> name_truth("A").zh, name_truth("rehearsal").en
    ('情景A', 'Scenario rehearsed')
    """
    if name == "rehearsal":
        return Text("Scenario rehearsed", "预演情景")
    return Text(f"Scenario {name}", f"情景{name}")


def name_selection(keys: Sequence[str]) -> Text:
    """Regimens that are expanded together.

    Examples
    --------
    >>> name_selection(("M1", "M2")).en, name_selection(()).en
    ('M1 and M2', 'none')
    """
    return Text(" and ".join(keys), "与".join(keys)) if keys else NONE


def find_quantile(p_n: Sequence[float], p: float) -> int:
    """The least number whose probability, with those below it, reaches ``p``.

    Examples
    --------
    >>> find_quantile((0.25, 0.25, 0.5), 0.5), find_quantile((0.25, 0.25, 0.5), 0.51)
    (1, 2)
    """
    return next((n for n, reached in enumerate(accumulate(p_n)) if reached >= p - CLOSE_ENOUGH), len(p_n) - 1)


def tabulate_selection(plan: TrialPlan, whole: WholeTrial, title: Text) -> Table:
    """The MTD of the single doses and the regimen of the multiple doses, with who is treated at each level.

    Parameters
    ----------
    plan : TrialPlan
    whole : WholeTrial
        Computed for this plan.
    title : Text
        The scenario, as the title says it.
    """
    columns = (
        Column(key="true_dlt_rate", label=TRUE_RATE),
        Column(key="p_selected", label=Text("Selected (%)", "选中（%）")),
        Column(key="mean_n", label=MEAN_N),
        Column(key="mean_n_dlt", label=MEAN_DLT),
        Column(key="p_expanded", label=Text("expanded (%)", "进入扩展（%）"), spanner=EXPANSION),
        Column(key="mean_n_expanded", label=Text("mean participants", "平均例数"), spanner=EXPANSION),
        Column(key="mean_n_dlt_expanded", label=Text("with DLT", "DLT例数"), spanner=EXPANSION),
    )
    nothing = cell_of_nothing()
    keys = [level.key for level in plan.mad.levels]
    p_expanded = [sum(p for chosen, p in whole.p_expanded if key in chosen) for key in keys]
    expanded = [
        (percent(p), mean(n, 2), mean(n_dlt, 2))
        for p, n, n_dlt in zip(
            p_expanded, whole.expansion.mean_n_per_level, whole.expansion.mean_n_dlt_per_level, strict=True
        )
    ]
    rows: list[Row] = []
    for group, part_keys, rates, p_selected, part, further in (
        (
            SINGLE_DOSES,
            [level.key for level in plan.sad.levels],
            whole.truth.single_dose_rates,
            whole.p_sad_mtd,
            whole.sad,
            [(nothing,) * 3] * len(plan.sad.levels),
        ),
        (MULTIPLE_DOSES, keys, whole.regimen_rates, whole.p_mad_regimen, whole.mad, expanded),
    ):
        rows += [
            Row(
                stub=level,
                group=group,
                cells=(
                    cell_of_number(rates[i], RATE_PLACES),
                    percent(p_selected[i + 1]),
                    mean(part.mean_n_per_level[i], 2),
                    mean(part.mean_n_dlt_per_level[i], 2),
                    *further[i],
                ),
            )
            for i, level in enumerate(name_levels(part_keys))
        ]
        rows.append(Row(stub=NONE, group=group, cells=(nothing, percent(p_selected[0]), *(nothing,) * 5)))
    return Table(
        key="trial-selection",
        title=Text(f"{title.en}: what is selected", f"{title.zh}：选择结果"),
        stubhead=LEVEL,
        columns=columns,
        rows=tuple(rows),
        footnotes=(_say_right(plan, whole), *whole.remarks),
        source=EXACT,
    )


def _say_right(plan: TrialPlan, whole: WholeTrial) -> Text:
    mtd, regimen = whole.true_mtd, whole.true_regimen
    right_mtd = plan.sad.levels[mtd - 1].key if mtd else NONE.en
    right_regimen = plan.mad.levels[regimen - 1].key if regimen else NONE.en
    p_mtd, p_regimen = (
        f"{format_number(100 * p, 1)} %" for p in (whole.p_sad_mtd[mtd], whole.p_mad_regimen[regimen])
    )
    limit = format_number(whole.overdose_rate, 2)
    zh_mtd, zh_regimen = (NONE.zh if one == NONE.en else one for one in (right_mtd, right_regimen))
    return Text(
        f"Right: {right_mtd} as MTD ({p_mtd}) and {right_regimen} as regimen ({p_regimen}): the true DLT rate nearest to "
        f"the target, the higher of two as near; none where even the lowest exceeds {limit}.",
        f"正确选择：MTD为{zh_mtd}（{p_mtd}），方案为{zh_regimen}（{p_regimen}），即真实DLT率最接近目标者，同样接近时取较高者；"
        f"最低水平即超过{limit}时为不选。",
    )


def tabulate_participants(plan: TrialPlan, whole: WholeTrial, title: Text) -> Table:
    """Participants and DLTs in each part and in all, with quantiles and whether the participants are enough.

    Parameters
    ----------
    plan, whole, title
        As for :func:`tabulate_selection`.
    """
    n_columns = [Column(key="mean_n", label=MEAN, spanner=_PARTICIPANTS)]
    n_columns += [
        Column(key=f"n_q{100 * p:02.0f}", label=name_quantile(p), spanner=_PARTICIPANTS) for p in QUANTILES
    ]
    dlt_columns = [Column(key="mean_n_dlt", label=MEAN, spanner=_WITH_DLT)]
    dlt_columns += [
        Column(key=f"n_dlt_q{100 * p:02.0f}", label=name_quantile(p), spanner=_WITH_DLT) for p in QUANTILES
    ]
    rows = [
        _row_of_part(name, part)
        for name, part in (
            (SINGLE_DOSES, whole.sad),
            (MULTIPLE_DOSES, whole.mad),
            (EXPANSION, whole.expansion),
        )
    ]
    rows.append(
        Row(
            stub=WHOLE,
            cells=(
                mean(whole.mean_n, 1),
                *_cells_of_quantiles(whole.p_n),
                mean(whole.mean_n_dlt, 1),
                *_cells_of_quantiles(whole.p_n_dlt),
                mean(whole.mean_n_overdose, 1),
                percent(whole.p_not_enough),
            ),
        )
    )
    limit, enrolment, wanted = (
        format_number(whole.overdose_rate, 2),
        plan.enrolment,
        plan.expansion.cohort_size,
    )
    notes = (
        Text(
            f"Overdosed: mean participants at levels with a true DLT rate above {limit}.",
            f"过量：真实DLT率超过{limit}的水平的平均例数。",
        ),
        Text(
            f"Not enough: with {enrolment} participants, a rule asks for one more when no place is left, or the regimens "
            f"chosen for expansion find fewer places than {wanted} each; for the whole trial, any of these.",
            f"名额不足：计划{enrolment}例时，规则仍需入组而无名额，或选定的扩展方案所余名额少于每方案{wanted}例；全试验：出现其中任一。",
        ),
    )
    return Table(
        key="trial-participants",
        title=Text(f"{title.en}: who is treated", f"{title.zh}：治疗例数"),
        stubhead=_PART,
        columns=(
            *n_columns,
            *dlt_columns,
            Column(key="mean_n_overdose", label=OVERDOSED),
            Column(key="p_not_enough", label=NOT_ENOUGH),
        ),
        rows=tuple(rows),
        footnotes=notes,
        source=EXACT,
    )


def _row_of_part(name: Text, part: PartOutcome) -> Row:
    return Row(
        stub=name,
        cells=(
            mean(part.mean_n, 1),
            *_cells_of_quantiles(part.p_n),
            mean(part.mean_n_dlt, 1),
            *_cells_of_quantiles(part.p_n_dlt),
            mean(part.mean_n_overdose, 1),
            percent(part.p_not_enough),
        ),
    )


def _cells_of_quantiles(p_n: Sequence[float]) -> list[Cell]:
    return [cell_of_number(find_quantile(p_n, p)) for p in QUANTILES]


def name_quantile(p: float) -> Text:
    """The head of a column of quantiles."""
    return Text(f"{100 * p:.0f} %", f"{100 * p:.0f} %")


def tabulate_endings(whole: WholeTrial, title: Text) -> Table:
    """Which regimens are expanded, how the trial ends, and how often it ends early for toxicity."""
    groups: tuple[tuple[Text, list[tuple[Text, float]]], ...] = (
        (
            Text("Regimens expanded", "进入扩展的方案"),
            [(name_selection(keys), p) for keys, p in whole.p_expanded],
        ),
        (
            Text("One of these ends", "以下之一结束"),
            [(ENDINGS[ending], p) for ending, p in whole.p_endings],
        ),
        (
            Text("Of these", "其中"),
            [(Text("early, for toxicity", "因毒性提前结束"), whole.p_stops_for_toxicity)],
        ),
    )
    return Table(
        key="trial-endings",
        title=Text(f"{title.en}: how it ends", f"{title.zh}：结局"),
        columns=(Column(key="probability", label=Text("Probability (%)", "概率（%）")),),
        rows=tuple(
            Row(stub=name, group=group, cells=(percent(p),)) for group, rows in groups for name, p in rows
        ),
        source=EXACT,
    )
