"""How the section of an outcome starts: the registry's words, our definition, and who is looked at."""

from firstdose.deliver.document import Block, Definition
from firstdose.deliver.formatting import format_list
from firstdose.derive.analysis_sets import derive_analysis_set
from firstdose.protocol.resolved import Endpoint
from firstdose.record.state import State
from firstdose.terms.words import Text

_DAYS_PER_WEEK = 7


def introduce(state: State, endpoint: Endpoint) -> tuple[Block, ...]:
    """The registry's outcome and time frame, the definition with its clause, and the analysis set with its N.

    Parameters
    ----------
    state : State
        With a protocol.
    endpoint : Endpoint
        One of the protocol's.

    Returns
    -------
    tuple of three Definition blocks
    """
    clause = f"endpoints.{endpoint.key}"
    return (
        Definition(
            term=Text("Outcome in the registry", "注册登记的结局指标"),
            rule=Text(
                f"“{endpoint.outcome}”. Time frame: {say_time_frame(endpoint).en}.",
                f"“{endpoint.outcome}”。时间范围：{say_time_frame(endpoint).zh}。",
            ),
            source=Text(
                f"{state.protocol.study.registry_id}, outcome as registered",
                f"{state.protocol.study.registry_id}，登记原文",
            ),
        ),
        Definition(term=endpoint.title.text, rule=endpoint.definition.text, clause=clause),
        _describe_analysis_set(state, endpoint),
    )


def say_time_frame(endpoint: Endpoint) -> Text:
    """The days that an endpoint covers, in words; whole weeks are said too.

    An endpoint that ends on other days in other parts says each of them.
    """
    ends = endpoint.to_day if isinstance(endpoint.to_day, tuple) else (endpoint.to_day,)
    said = [_say_day(day) for day in ends]
    to = Text(" or ".join(day.en for day in said), "或".join(day.zh for day in said))
    if endpoint.from_day == "enrolment":
        return Text(f"enrolment to {to.en}", f"入组至{to.zh}")
    start = _say_day(endpoint.from_day)
    return Text(f"{start.en} to {to.en}", f"{start.zh}至{to.zh}")


def last_day(endpoint: Endpoint) -> int:
    """The last day that an endpoint looks at, the latest one where parts differ [protocol day]."""
    return max(endpoint.to_day) if isinstance(endpoint.to_day, tuple) else endpoint.to_day


def _say_day(day: int) -> Text:
    weeks, rest = divmod(day, _DAYS_PER_WEEK)
    if day > 0 and rest == 0:
        return Text(f"Day {day} (Week {weeks})", f"第{day}天（第{weeks}周）")
    return Text(f"Day {day}", f"第{day}天")


def _describe_analysis_set(state: State, endpoint: Endpoint) -> Definition:
    chosen = next(each for each in state.protocol.analysis_sets if each.key == endpoint.analysis_set)
    members = derive_analysis_set(state, endpoint.analysis_set)
    n_treated = sum(1 for _ in state.treated())
    outside = [one.code for one in state.treated() if one not in members]
    en, zh = (
        f"N = {len(members)} of {n_treated} treated.",
        f"共 {len(members)} 例，接受治疗者 {n_treated} 例。",
    )
    if outside:
        named = format_list(outside)
        en, zh = f"{en} Treated but not in the set: {named.en}.", f"{zh}已治疗但不在该集中：{named.zh}。"
    return Definition(
        term=chosen.name.text,
        rule=Text(f"{chosen.rule.en}. {en}", f"{chosen.rule.zh}。{zh}"),
        clause=f"analysis_sets.{chosen.key}",
    )
