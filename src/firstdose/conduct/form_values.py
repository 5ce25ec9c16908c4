"""What a form may hold: types, ranges and edit checks, every problem at once."""

import re
from datetime import date, datetime
from decimal import Decimal

import msgspec

from firstdose.protocol.resolved import EditCheck, Form, Item
from firstdose.record.events import Value
from firstdose.terms.measures import read_decimal
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text

NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


class Problem(msgspec.Struct, frozen=True):
    """Something wrong or unusual about an item; only what is wrong keeps a form from being submitted."""

    item: str
    text: Text
    is_wrong: bool


def check_values(form: Form, values: dict[str, Value], not_done: dict[str, str]) -> tuple[Problem, ...]:
    """Every problem of a filled form."""
    problems = [
        Problem(key, Text(f"{form.key} has no item {key!r}", f"{form.key} 没有项目 {key!r}"), is_wrong=True)
        for key in sorted((values.keys() | not_done.keys()) - form.by_key.keys())
    ]
    for item in form.items:
        value = values.get(item.key)
        if value is None or value == "":
            if item.required and not not_done.get(item.key, "").strip():
                problems.append(_wrong(item, "is missing", "缺失"))
        else:
            problem = check_value(item, value)
            if problem:
                problems.append(problem)
    if not any(problem.is_wrong for problem in problems):
        problems += [problem for check in form.checks if (problem := _run_check(check, values))]
    return tuple(problems)


def check_value(item: Item, value: Value) -> Problem | None:
    """The problem of one value, if it has one."""
    if item.type == "boolean":
        return None if isinstance(value, bool) else _wrong(item, "is yes or no", "须为是或否")
    if not isinstance(value, str):
        return _wrong(item, "is a text", "须为文本")
    if item.type == "choice":
        if value in (choice.key for choice in item.choices):
            return None
        listed = ", ".join(choice.key for choice in item.choices)
        return _wrong(item, f"is one of {listed}", f"须为以下之一：{listed}")
    if item.type in ("date", "datetime"):
        return _check_date(item, value)
    return _check_number(item, value) if item.type in ("decimal", "integer") else None


def _check_date(item: Item, value: str) -> Problem | None:
    parse = date.fromisoformat if item.type == "date" else datetime.fromisoformat
    try:
        parse(value)
    except ValueError:
        return _wrong(item, f"{value!r} is not a {item.type}", f"{value!r} 不是有效日期")
    return None


def _check_number(item: Item, value: str) -> Problem | None:
    number = read_decimal(value)
    if isinstance(number, NotDerived) or not NUMBER.fullmatch(value):
        return _wrong(item, f"{value!r} is not a number", f"{value!r} 不是数字")
    places = len(value.partition(".")[2])
    if item.decimals is not None and places > item.decimals:
        return _wrong(
            item, f"{value} has more than {item.decimals} decimals", f"{value} 小数位多于 {item.decimals} 位"
        )
    if item.hard is not None and not item.hard[0] <= number <= item.hard[1]:
        low, high = item.hard
        return _wrong(item, f"{value} is not between {low} and {high}", f"{value} 不在 {low} 与 {high} 之间")
    if item.soft is not None and not item.soft[0] <= number <= item.soft[1]:
        low, high = item.soft
        unit = item.unit or ""
        text = Text(
            f"{item.label.en}: {value} {unit} is outside {low} to {high}; please confirm",
            f"{item.label.zh}：{value} {unit} 超出 {low} 至 {high}，请确认",
        )
        return Problem(item.key, text, is_wrong=False)
    return None


def _run_check(check: EditCheck, values: dict[str, Value]) -> Problem | None:
    if check.kind == "requires":
        said = values.get(check.when or "")
        shown = str(said).lower() if isinstance(said, bool) else said
        wanted = values.get(check.item or "")
        failed = shown in check.has and wanted in (None, "")
        item = check.item or ""
    elif check.kind == "compare":
        left, right = (_number(values.get(key or "")) for key in (check.left, check.right))
        failed = left is not None and right is not None and not _holds(left, check.relation or "<", right)
        item = check.left or ""
    else:
        numbers = [_number(values.get(key)) for key in check.items]
        total = sum((number for number in numbers if number is not None), Decimal(0))
        failed = check.limit is not None and total > check.limit
        item = check.items[0]
    return Problem(item, check.message.text, is_wrong=True) if failed else None


def _number(value: Value) -> Decimal | None:
    number = read_decimal(value) if isinstance(value, str) else None
    return number if isinstance(number, Decimal) else None


def _holds(left: Decimal, relation: str, right: Decimal) -> bool:
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[relation]


def _wrong(item: Item, en: str, zh: str) -> Problem:
    return Problem(item.key, Text(f"{item.label.en}: {en}", f"{item.label.zh}：{zh}"), is_wrong=True)
