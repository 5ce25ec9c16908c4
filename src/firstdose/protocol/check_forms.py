"""Checks of the forms: items have what their type needs, edit checks name items of their form."""

from collections.abc import Iterator

from firstdose.protocol.parse import Path, Places
from firstdose.protocol.written import WrittenForm, WrittenItem, WrittenProtocol
from firstdose.terms.outcomes import Fault

NUMERIC = ("decimal", "integer")


def check_forms(written: WrittenProtocol, places: Places) -> Iterator[Fault]:
    """Items have what their type needs; edit checks name items of their form."""
    for place, form in enumerate(written.forms.list):
        path: Path = ("forms", "list", place)
        for number, item in enumerate(form.items):
            yield from _check_item(item, (*path, "items", number), places, set(written.forms.choice_lists))
        keys = {item.key for item in form.items}
        for number, check in enumerate(form.checks):
            named = {check.left, check.right, check.when, check.item, *check.items} - {None}
            for missing in sorted(str(key) for key in named - keys):
                yield places.fault((*path, "checks", number), f"{form.key} has no item {missing!r}")
            yield from _check_edit_check(form, number, path, places)


def _check_edit_check(form: WrittenForm, number: int, path: Path, places: Places) -> Iterator[Fault]:
    check = form.checks[number]
    needed = {
        "compare": (check.left, check.relation, check.right),
        "requires": (check.when, check.has, check.item),
        "sum_at_most": (check.items, check.limit),
    }[check.kind]
    if not all(part is not None and part != () for part in needed):
        yield places.fault((*path, "checks", number), f"a check of kind {check.kind} lacks one of its parts")


def _check_item(item: WrittenItem, path: Path, places: Places, lists: set[str]) -> Iterator[Fault]:
    if item.type == "decimal" and item.decimals is None:
        yield places.fault(path, f"{item.key}: a decimal item says its decimals")
    if item.choices_from is not None and item.choices_from not in lists:
        yield places.fault((*path, "choices_from"), f"there is no choice list {item.choices_from!r}")
    if (item.type == "choice") != bool(item.choices or item.choices_from):
        yield places.fault(path, f"{item.key}: choices belong to items of type choice, and only to them")
    if item.type not in NUMERIC and (item.hard or item.soft):
        yield places.fault(path, f"{item.key}: ranges belong to numbers")
    for name in ("hard", "soft"):
        ends = getattr(item, name)
        if ends is not None and ends[0] > ends[1]:
            yield places.fault((*path, name), f"{item.key}: the {name} range is reversed")
    if item.hard and item.soft and not item.hard[0] <= item.soft[0] <= item.soft[1] <= item.hard[1]:
        yield places.fault((*path, "soft"), f"{item.key}: the soft range lies inside the hard range")
