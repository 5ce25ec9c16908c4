"""Checks of a protocol beyond the form of its text: what refers to what, and what cannot be run.

Each check is one function that yields faults; :data:`WRITTEN_CHECKS` and :data:`RESOLVED_CHECKS` list them.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from decimal import Decimal

from firstdose.protocol.parse import Path, Places
from firstdose.protocol.resolved import Protocol
from firstdose.protocol.written import WrittenForm, WrittenItem, WrittenPart, WrittenProtocol
from firstdose.terms.outcomes import Fault

RELATIVE = ("infusion", "last", "all")
NUMERIC = ("decimal", "integer")


def check_written(written: WrittenProtocol, places: Places) -> tuple[Fault, ...]:
    """Every fault of a written protocol that its form alone does not show."""
    return tuple(fault for check in WRITTEN_CHECKS for fault in check(written, places))


def check_resolved(protocol: Protocol, places: Places) -> tuple[Fault, ...]:
    """Every fault that only the resolved protocol shows."""
    return tuple(fault for check in RESOLVED_CHECKS for fault in check(protocol, places))


def check_keys(written: WrittenProtocol, places: Places) -> Iterator[Fault]:
    """A key stands once in its list."""
    rungs = [(level.key) for part in written.parts.list for level in [*part.levels, *part.regimens]]
    lists: list[tuple[Path, Iterable[Hashable]]] = [
        (("sites",), (site.key for site in written.sites.list)),
        (("parts",), (part.key for part in written.parts.list)),
        (("parts",), rungs),
        (("dlt", "criteria"), (criterion.key for criterion in written.dlt.criteria)),
        (("eligibility",), (criterion.key for criterion in written.eligibility.list)),
        (("stopping",), (trigger.key for trigger in written.stopping.list)),
        (("forms",), (form.key for form in written.forms.list)),
        (("analysis_sets",), (analysis_set.key for analysis_set in written.analysis_sets.list)),
        (("endpoints",), (endpoint.key for endpoint in written.endpoints.list)),
        (
            ("reference_ranges",),
            ((found.form, found.item, found.sex, found.site) for found in written.reference_ranges.list),
        ),
    ]
    lists += [
        (("forms", "list", place), (item.key for item in form.items))
        for place, form in enumerate(written.forms.list)
    ]
    lists += [
        (("schedules", "by_key", key), (visit.key for visit in plan.visits))
        for key, plan in written.schedules.by_key.items()
    ]
    for path, keys in lists:
        for key, times in Counter(keys).items():
            if times > 1:
                yield places.fault(path, f"{key!r} stands {times} times", next="give each its own key")


def check_parts(written: WrittenProtocol, places: Places) -> Iterator[Fault]:
    """Each part has what its kind needs, and its dose rule can work."""
    keys = [part.key for part in written.parts.list]
    top = max(
        (level.cells_1e9 for part in written.parts.list for level in part.levels), default=Decimal("Infinity")
    )
    for place, part in enumerate(written.parts.list):
        path: Path = ("parts", "list", place)
        if part.schedule not in written.schedules.by_key:
            yield places.fault((*path, "schedule"), f"there is no schedule {part.schedule!r}")
        for field in ("regimens_from", "capped_by"):
            named = getattr(part, field)
            if named is not None and named not in keys[:place]:
                yield places.fault((*path, field), f"there is no earlier part {named!r}")
        yield from _check_ladder(part, path, places, top)
        if part.design is not None:
            yield from _check_design(part, path, places)
        if part.dlt_window.last <= part.dlt_window.first:
            yield places.fault((*path, "dlt_window"), "the DLT window ends before it starts")
        if part.max_participants > written.study.enrolment:
            yield places.fault(
                (*path, "max_participants"),
                f"{part.max_participants} participants of one part are more than the {written.study.enrolment} "
                "of the study",
            )


def _check_ladder(part: WrittenPart, path: Path, places: Places, top: Decimal) -> Iterator[Fault]:
    needs = {"single_dose": "levels", "multiple_dose": "regimens", "expansion": "regimens_from"}[part.kind]
    for field in ("levels", "regimens", "regimens_from"):
        if bool(getattr(part, field)) != (field == needs):
            has = "has no" if field == needs else "may not have"
            yield places.fault((*path, field), f"a part of kind {part.kind} {has} {field}")
    if (part.design is None) != (part.kind == "expansion"):
        yield places.fault(
            (*path, "design"),
            f"a part of kind {part.kind} {'needs' if part.design is None else 'has no'} design",
        )
    if part.kind == "expansion" and not (1 <= (part.min_regimens or 0) <= (part.max_regimens or 0)):
        yield places.fault(
            (*path, "min_regimens"), "an expansion says min_regimens and max_regimens, at least 1"
        )
    for low, high, place in zip(part.levels, part.levels[1:], range(1, len(part.levels)), strict=False):
        if high.cells_1e9 <= low.cells_1e9:
            yield places.fault(
                (*path, "levels", place, "cells_1e9"),
                f"level {high.key} ({high.cells_1e9}) is not above {low.key} ({low.cells_1e9})",
                next="list the levels from the lowest dose to the highest",
            )
    for place, regimen in enumerate(part.regimens):
        at: Path = (*path, "regimens", place)
        days = regimen.infusion_days
        if days[0] != 0 or list(days) != sorted(set(days)):
            yield places.fault((*at, "infusion_days"), f"infusion days {list(days)} do not rise from 0")
        if any(later - earlier < 2 for earlier, later in zip(days, days[1:], strict=False)):  # noqa: PLR2004 - clinical reference 6.2
            yield places.fault((*at, "infusion_days"), "infusions are at least 2 days apart")
        if regimen.cells_1e9 > top:
            yield places.fault(
                (*at, "cells_1e9"), f"{regimen.cells_1e9} × 10⁹ cells is above the highest single-dose level"
            )
        last_observed = days[-1] + part.observe_after_last_infusion_d
        if last_observed > part.dlt_window.last:
            yield places.fault(
                (*at, "infusion_days"),
                f"the last infusion of {regimen.key} on Day {days[-1]} cannot be observed for "
                f"{part.observe_after_last_infusion_d} days inside the DLT window that ends on Day "
                f"{part.dlt_window.last}",
                next="give the last infusion earlier, or lengthen the window",
            )


def _check_design(part: WrittenPart, path: Path, places: Places) -> Iterator[Fault]:
    design = part.design
    assert design is not None
    at: Path = (*path, "design")
    n_levels = len(part.levels) + len(part.regimens)
    if not 0 < design.target_rate < 1:
        yield places.fault((*at, "target_rate"), f"target rate {design.target_rate} is not between 0 and 1")
    if not 1 <= design.cohort_size <= design.max_n:
        yield places.fault(
            (*at, "cohort_size"),
            f"cohort size {design.cohort_size} is not between 1 and max_n {design.max_n}",
        )
    if not 1 <= design.start_level <= max(n_levels, 1):
        yield places.fault((*at, "start_level"), f"start level {design.start_level} is not one of {n_levels}")
    if not design.cohort_size <= design.max_n_per_level <= design.max_n:
        yield places.fault((*at, "max_n_per_level"), "max_n_per_level lies between cohort_size and max_n")
    if design.mtd_min_n > design.max_n_per_level:
        yield places.fault(
            (*at, "mtd_min_n"), "mtd_min_n is above max_n_per_level: no level could be the MTD"
        )
    if design.max_n > part.max_participants:
        yield places.fault((*at, "max_n"), "max_n is above max_participants of the part")
    if not 0 < design.elimination_probability < 1:
        yield places.fault((*at, "elimination_probability"), "a probability lies between 0 and 1")


def check_schedules(written: WrittenProtocol, places: Places) -> Iterator[Fault]:
    """Visits in order with windows that do not overlap; activities name forms, visits and time points."""
    forms = {form.key for form in written.forms.list}
    for key, plan in written.schedules.by_key.items():
        path: Path = ("schedules", "by_key", key)
        spans = []
        for place, visit in enumerate(plan.visits):
            before, after = visit.window
            first, last = (
                visit.day if isinstance(visit.day, tuple) else (visit.day - before, visit.day + after)
            )
            if before < 0 or after < 0 or first > last:
                yield places.fault((*path, "visits", place), f"the window of {visit.key} is reversed")
            spans.append((first, last, visit.key, place))
        for earlier, later in zip(spans, spans[1:], strict=False):
            if later[0] <= earlier[1]:
                yield places.fault(
                    (*path, "visits", later[3]),
                    f"the windows of {earlier[2]} (to Day {earlier[1]}) and {later[2]} (from Day {later[0]}) overlap",
                )
        known = {visit.key for visit in plan.visits}
        for place, activity in enumerate(plan.activities):
            at: Path = (*path, "activities", place)
            if activity.form not in forms:
                yield places.fault((*at, "form"), f"there is no form {activity.form!r}")
            for entry in activity.at:
                name = entry if isinstance(entry, str) else entry.at
                if name not in known and name.split("+")[0] not in RELATIVE:
                    yield places.fault((*at, "at"), f"there is no visit {name!r} in schedule {key!r}")
                for point in () if isinstance(entry, str) else entry.timepoints:
                    if point not in written.schedules.timepoints_h:
                        yield places.fault((*at, "at"), f"time point {point!r} has no hours in timepoints_h")


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


def check_references(written: WrittenProtocol, places: Places) -> Iterator[Fault]:
    """Ranges and endpoints name forms and items that exist; the committee can sign."""
    items = {(form.key, item.key) for form in written.forms.list for item in form.items}
    forms = {form.key for form in written.forms.list}
    sets = {analysis_set.key for analysis_set in written.analysis_sets.list}
    sites = {site.key for site in written.sites.list}
    for place, found in enumerate(written.reference_ranges.list):
        path: Path = ("reference_ranges", "list", place)
        if (found.form, found.item) not in items:
            yield places.fault(path, f"there is no item {found.form}.{found.item}")
        if found.site is not None and found.site not in sites:
            yield places.fault(path, f"there is no site {found.site!r}")
        if found.low is None and found.high is None:
            yield places.fault(path, "a reference range has at least one end")
        if found.low is not None and found.high is not None and found.low >= found.high:
            yield places.fault(path, f"the reference range of {found.item} is reversed")
    for place, endpoint in enumerate(written.endpoints.list):
        path = ("endpoints", "list", place)
        if endpoint.analysis_set not in sets:
            yield places.fault(path, f"there is no analysis set {endpoint.analysis_set!r}")
        for form in endpoint.forms:
            if form not in forms:
                yield places.fault(path, f"there is no form {form!r}")
    parts = {part.key for part in written.parts.list}
    for place, criterion in enumerate(written.dlt.criteria):
        for part in criterion.parts:
            if part not in parts:
                yield places.fault(("dlt", "criteria", place), f"there is no part {part!r}")
        if (criterion.improves_to is None) != (criterion.within_h is None):
            yield places.fault(("dlt", "criteria", place), "improves_to and within_h stand together")
    if not 1 <= written.review.signatures_required <= len(written.review.members):
        yield places.fault(
            ("review", "signatures_required"),
            f"{written.review.signatures_required} signatures of {len(written.review.members)} members",
        )


def check_dlt_visits(protocol: Protocol, places: Places) -> Iterator[Fault]:
    """The visit that ends a DLT window may not come early: its window is one-sided."""
    for number, part in enumerate(protocol.parts):
        for key in part.regimens:
            schedule = protocol.schedule_by_key[protocol.regimen_by_key[key].schedule]
            ending = [visit for visit in schedule.visits if visit.day == part.dlt_window.last]
            path: Path = ("parts", "list", number, "dlt_window")
            if not ending:
                yield places.fault(
                    path, f"no visit of {schedule.key} is planned on Day {part.dlt_window.last}"
                )
            elif ending[0].first_day < part.dlt_window.last:
                yield places.fault(
                    path,
                    f"visit {ending[0].key} of {schedule.key} may be held on Day {ending[0].first_day}, before the "
                    f"DLT window ends on Day {part.dlt_window.last}",
                    next="make its window one-sided",
                )


def check_enrolment(protocol: Protocol, places: Places) -> Iterator[Fault]:
    """The parts' caps together can use the enrolment, and no part is left without room."""
    caps = [part.max_participants for part in protocol.parts]
    before_last = sum(caps[:-1])
    if before_last >= protocol.study.enrolment and len(caps) > 1:
        yield places.fault(
            ("study", "enrolment"),
            f"the parts before {protocol.parts[-1].key} may take {before_last} of {protocol.study.enrolment} "
            f"participants and leave it no room",
        )
    if sum(caps) < protocol.study.enrolment:
        yield places.fault(
            ("study", "enrolment"),
            f"the parts take {sum(caps)} participants, the study enrols {protocol.study.enrolment}",
        )


WRITTEN_CHECKS: tuple[Callable[[WrittenProtocol, Places], Iterator[Fault]], ...] = (
    check_keys,
    check_parts,
    check_schedules,
    check_forms,
    check_references,
)
RESOLVED_CHECKS: tuple[Callable[[Protocol, Places], Iterator[Fault]], ...] = (
    check_dlt_visits,
    check_enrolment,
)
