"""What actions and levels are called where dose finding is delivered."""

from collections.abc import Sequence

from firstdose.design import Action
from firstdose.terms.words import Text

ACTION_NAMES: dict[Action, Text] = {
    Action.ESCALATE: Text("escalate", "递增"),
    Action.STAY: Text("stay", "维持"),
    Action.DE_ESCALATE: Text("de-escalate", "递减"),
    Action.STOP_TOO_TOXIC: Text("stop, too toxic", "因毒性终止"),
    Action.STOP_AND_SELECT_MTD: Text("stop", "结束"),
    Action.WAIT: Text("wait", "等待"),
}

NONE = Text("none", "无")
LEVEL = Text("Level", "剂量水平")
TRUE_RATE = Text("True DLT rate", "真实DLT率")


def name_levels(keys: Sequence[str]) -> tuple[Text, ...]:
    """The keys of levels as texts."""
    return tuple(Text(key, key) for key in keys)


def name_end(action: Action, level: str | None, size: int) -> Text:
    """What is recommended after a path: the action with the next cohort, or the MTD.

    Examples
    --------
    >>> name_end(Action.ESCALATE, "SAD-3", 3).en
    'escalate: 3 at SAD-3'
    >>> name_end(Action.STOP_AND_SELECT_MTD, None, 0).zh
    '结束：未选出MTD'
    """
    said = ACTION_NAMES[action]
    if action is Action.STOP_TOO_TOXIC:
        return said
    if size:
        return Text(f"{said.en}: {size} at {level}", f"{said.zh}：{level} {size}例")
    if level is None:
        return Text(f"{said.en}: no MTD", f"{said.zh}：未选出MTD")
    return Text(f"{said.en}: MTD {level}", f"{said.zh}：MTD {level}")
