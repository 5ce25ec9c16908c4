"""Who was screened, who entered, who left: disposition and analysis sets."""

from collections.abc import Iterable, Sequence

from firstdose.deliver.groups import TOTAL, Group
from firstdose.deliver.outcomes.group_columns import (
    Counted,
    count_row,
    describe_regimens,
    list_columns,
    order_columns,
)
from firstdose.deliver.tables import Column, Table
from firstdose.derive.analysis_sets import RULES, is_enrolled
from firstdose.record.state import Participant, State
from firstdose.terms.words import Text

LEFT_BECAUSE = {
    "withdrawal_by_participant": Text("Withdrew consent", "受试者撤回同意"),
    "lost_to_follow_up": Text("Lost to follow-up", "失访"),
    "adverse_event": Text("Adverse event", "不良事件"),
    "death": Text("Death", "死亡"),
    "physician_decision": Text("Decision of the physician", "研究者决定"),
}


def tabulate_screening(state: State) -> Table:
    """Everyone who was screened, by site: who failed and why, who entered, who was treated."""
    groups = [
        Group(
            site.key,
            site.name.text,
            tuple(one.code for one in state.participants.values() if one.site == site.key),
        )
        for site in state.protocol.sites
    ]
    groups = [group for group in groups if group.participants]
    groups.append(Group(TOTAL, Text("All", "合计"), tuple(state.participants)))
    everyone = list(state.participants.values())
    failed = [one for one in everyone if one.screen_failed]
    rows = [
        count_row(Text("Screened", "筛选"), _entered(everyone), groups),
        count_row(Text("Failed screening", "筛选失败"), _entered(failed), groups),
    ]
    for key in _list_criteria(state, failed):
        whose = [one for one in failed if key in one.screen_failed_criteria]
        rows.append(count_row(_name_criterion(state, key), _entered(whose), groups, indent=1))
    other = [one for one in failed if not one.screen_failed_criteria]
    if other:
        rows.append(count_row(Text("No criterion named", "未注明标准"), _entered(other), groups, indent=1))
    waiting = [one for one in everyone if not one.screen_failed and not is_enrolled(one)]
    rows += [
        count_row(Text("In screening", "筛选中"), _entered(waiting), groups),
        count_row(
            Text("Enrolled: consented and found eligible", "入组：已同意且符合入选条件"),
            {
                one.code: [one.eligibility_position or one.screened_position]
                for one in everyone
                if is_enrolled(one)
            },
            groups,
        ),
        count_row(Text("Treated with KN5501", "接受KN5501治疗"), _treated(everyone), groups),
    ]
    return Table(
        key="screening",
        title=Text("Screening and entry, by site", "各研究中心的筛选与入组"),
        stubhead=Text("Participants", "受试者"),
        columns=tuple(
            Column(
                key=group.key,
                label=Text(
                    f"{group.key if group.key != TOTAL else 'All'} N={len(group.participants)}",
                    f"{group.key if group.key != TOTAL else '合计'} N={len(group.participants)}",
                ),
                spanner=None if group.key == TOTAL else Text("Site", "研究中心"),
            )
            for group in order_columns(groups)
        ),
        rows=tuple(rows),
        footnotes=(
            Text(
                "A participant may have failed more than one criterion. "
                + "; ".join(f"{group.key}: {group.title.en}" for group in groups if group.key != TOTAL),
                "一名受试者可不符合多项标准。"
                + "；".join(f"{group.key}：{group.title.zh}" for group in groups if group.key != TOTAL),
            ),
        ),
        denominators=Text("Everyone who was screened at the site.", "该中心所有参加筛选者。"),
    )


def tabulate_disposition(state: State, groups: Sequence[Group]) -> Table:
    """What became of the participants of each dose level, and in which analysis sets they are."""
    members = [state.participants[code] for code in groups[-1].participants]
    left = [one for one in members if one.withdrawn is not None]
    rows = [
        count_row(Text("Treated with KN5501", "接受KN5501治疗"), _treated(members), groups),
        count_row(
            Text("Completed Week 52", "完成第52周"),
            {one.code: [one.screened_position] for one in members if one.completed_at is not None},
            groups,
        ),
        count_row(
            Text("Still followed", "随访中"),
            {
                one.code: [one.screened_position]
                for one in members
                if one.infusions and one.completed_at is None and not one.has_left
            },
            groups,
        ),
        count_row(Text("Left the trial before Week 52", "第52周前退出"), _left(left), groups),
    ]
    for reason, words in LEFT_BECAUSE.items():
        whose = [one for one in left if one.withdrawn is not None and one.withdrawn.reason == reason]
        if whose:
            rows.append(count_row(words, _left(whose), groups, indent=1))
    rows.append(
        count_row(
            Text("With a protocol deviation", "有方案偏离"),
            {one.code: [position for *_, position in one.deviations] for one in members if one.deviations},
            groups,
        )
    )
    heading = Text("Analysis sets", "分析集")
    for written in state.protocol.analysis_sets:
        inside = {one.code: [one.screened_position] for one in members if RULES[written.key](one)}
        rows.append(count_row(written.name.text, inside, groups, group=heading))
    return Table(
        key="disposition",
        title=Text("Disposition and analysis sets, by dose level", "各剂量水平的受试者处置与分析集"),
        stubhead=Text("Participants", "受试者"),
        columns=list_columns(state, groups),
        rows=tuple(rows),
        footnotes=(describe_regimens(state, groups),),
        denominators=Text("Everyone with a place in a cohort.", "所有已分配队列名额的受试者。"),
    )


def _entered(participants: Iterable[Participant]) -> Counted:
    return {one.code: [one.screened_position] for one in participants}


def _treated(participants: Iterable[Participant]) -> Counted:
    return {
        one.code: [each.position for each in one.infusions.values()] for one in participants if one.infusions
    }


def _left(participants: Iterable[Participant]) -> Counted:
    return {one.code: [one.withdrawn_position or one.screened_position] for one in participants}


def _list_criteria(state: State, failed: Iterable[Participant]) -> list[str]:
    """Criteria that somebody failed, in the protocol's order; unknown ones last."""
    named = {key for one in failed for key in one.screen_failed_criteria}
    order = [criterion.key for criterion in state.protocol.eligibility.criteria]
    return [key for key in order if key in named] + sorted(named - set(order))


def _name_criterion(state: State, key: str) -> Text:
    criterion = next((one for one in state.protocol.eligibility.criteria if one.key == key), None)
    if criterion is None:
        return Text(key, key)
    kind = (
        Text("Not met", "不符合入选标准")
        if criterion.kind == "inclusion"
        else Text("Excluded", "符合排除标准")
    )
    return Text(f"{kind.en}: {criterion.text.en}", f"{kind.zh}：{criterion.text.zh}")
