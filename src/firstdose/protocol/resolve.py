"""Written → resolved: defaults filled in, shorthand spelled out, schedules laid out day by day."""

import re
from collections.abc import Callable, Iterable, Mapping

from firstdose.protocol.check import check_resolved, check_written
from firstdose.protocol.dose_rule import Design, Titration
from firstdose.protocol.parse import Parsed, parse_protocol
from firstdose.protocol.resolved import (
    ChoiceKey,
    Criterion,
    Definitions,
    Dlt,
    Eligibility,
    Form,
    FormAt,
    Item,
    ItemStandard,
    Label,
    Lymphodepletion,
    Part,
    Protocol,
    Regimen,
    Review,
    Schedule,
    Study,
    Visit,
)
from firstdose.protocol.written import (
    WrittenActivity,
    WrittenForm,
    WrittenItem,
    WrittenPart,
    WrittenProtocol,
    WrittenSchedule,
    WrittenVisit,
)
from firstdose.terms.outcomes import Fault

PLACE = re.compile(r"^(infusion|last)(?:\+(\d+))?$")


def build_protocol(files: Mapping[str, str]) -> Protocol | tuple[Fault, ...]:
    """The checked and resolved protocol of its YAML texts, or every fault that was found."""
    parsed = parse_protocol(files)
    if isinstance(parsed, tuple):
        return parsed
    faults = check_written(parsed.written, parsed.places)
    if faults:
        return faults
    protocol = resolve_protocol(parsed)
    return check_resolved(protocol, parsed.places) or protocol


def resolve_protocol(parsed: Parsed) -> Protocol:
    """The resolved form of a written protocol without faults."""
    written = parsed.written
    regimens = tuple(_resolve_regimens(written))
    return Protocol(
        study=Study(**_fields(written.study, Study)),
        product=written.study.product,
        sites=written.sites.list,
        parts=tuple(_resolve_part(part, written) for part in written.parts.list),
        regimens=regimens,
        schedules=tuple(_resolve_schedules(written, regimens)),
        timepoints_h=written.schedules.timepoints_h,
        dlt=Dlt(**_fields(written.dlt, Dlt)),
        lymphodepletion=Lymphodepletion(**_fields(written.lymphodepletion, Lymphodepletion)),
        eligibility=Eligibility(
            criteria=tuple(Criterion(**_fields(found, Criterion)) for found in written.eligibility.list),
            consent=written.eligibility.consent,
            screening_d=written.eligibility.screening_d,
        ),
        review=Review(**_fields(written.review, Review)),
        stopping=written.stopping.list,
        forms=tuple(_resolve_form(form, written) for form in written.forms.list),
        reference_ranges=written.reference_ranges.list,
        analysis_sets=written.analysis_sets.list,
        endpoints=written.endpoints.list,
        definitions=Definitions(**_fields(written.definitions, Definitions)),
        bases=parsed.bases,
    )


def _fields(written: object, resolved: type) -> dict[str, object]:
    """The fields that a written mapping shares with its resolved form."""
    names = getattr(resolved, "model_fields", {})
    return {name: getattr(written, name) for name in names if hasattr(written, name)}


def _resolve_part(part: WrittenPart, written: WrittenProtocol) -> Part:
    ladder = _list_rungs(part)
    source = next((other for other in written.parts.list if other.key == part.regimens_from), None)
    keys = tuple(_list_rungs(source) if source else ladder)
    design = None
    if part.design is not None:
        named = _fields(part.design, Design) | {"n_levels": len(ladder)}
        if part.design.titration is not None:
            named["titration"] = Titration(**_fields(part.design.titration, Titration))
        if part.design.blrm is not None and part.design.blrm.doses_1e9 is None:
            doses = (*(one.cells_1e9 for one in part.levels), *(one.cells_1e9 for one in part.regimens))
            named["blrm"] = part.design.blrm.model_copy(update={"doses_1e9": doses})
        design = Design(**named)
    cohort_size = part.cohort_size or (design.cohort_size if design else 1)
    shared = _fields(part, Part) | {"regimens": keys, "design": design, "cohort_size": cohort_size}
    return Part(**shared)


def _list_rungs(part: WrittenPart) -> list[str]:
    """The keys of a part's dose levels or regimens, lowest first."""
    return [level.key for level in part.levels] + [regimen.key for regimen in part.regimens]


def _resolve_regimens(written: WrittenProtocol) -> Iterable[Regimen]:
    for part in written.parts.list:
        for place, level in enumerate(part.levels, start=1):
            title = Label(
                en=f"Level {place}: one infusion of {level.cells_1e9} × 10⁹ cells",
                zh=f"剂量水平 {place}：单次输注 {level.cells_1e9} × 10⁹ 个细胞",
            )
            yield Regimen(
                key=level.key, part=part.key, dose_level=place, title=title,
                cells_1e9=level.cells_1e9, infusion_days=(0,), schedule=part.schedule,
            )  # fmt: skip
        for place, regimen in enumerate(part.regimens, start=1):
            yield Regimen(
                key=regimen.key, part=part.key, dose_level=place, title=regimen.title,
                cells_1e9=regimen.cells_1e9, infusion_days=regimen.infusion_days,
                schedule=f"{part.schedule}-{regimen.key}",
            )  # fmt: skip


def _resolve_schedules(written: WrittenProtocol, regimens: Iterable[Regimen]) -> Iterable[Schedule]:
    laid_out: dict[str, Schedule] = {}
    for regimen in regimens:
        if regimen.schedule not in laid_out:
            key = regimen.schedule.removesuffix(f"-{regimen.key}")
            plan = written.schedules.by_key[key]
            laid_out[regimen.schedule] = _lay_out(regimen.schedule, plan, regimen.infusion_days)
    return laid_out.values()


def _lay_out(key: str, plan: WrittenSchedule, infusion_days: tuple[int, ...]) -> Schedule:
    """The visits of a schedule for the infusion days of one regimen."""
    visits = {visit.key: _fixed_visit(visit) for visit in plan.visits}
    by_day = {visit.day: visit.key for visit in visits.values() if visit.kind != "screening"}

    def visit_on(day: int, *, infusion: int | None = None) -> str:
        visit_key = by_day.setdefault(day, f"D{day}")
        is_day_0 = infusion == 1  # Day 0 is the day of the first infusion, whenever that is
        first, last = (0, 0) if is_day_0 else plan.infusion_window if infusion else plan.extra_window
        if visit_key not in visits or infusion:
            label = Label(en=f"Day {day}", zh=f"第 {day} 天")
            earlier = visits.get(visit_key)
            visits[visit_key] = Visit(
                key=visit_key, label=earlier.label if earlier else label,
                kind="infusion" if infusion else "follow_up", day=day, infusion=infusion,
                first_day=day - first, last_day=day + last, forms=(),
            )  # fmt: skip
        return visit_key

    for number, day in enumerate(infusion_days, start=1):
        visit_on(day, infusion=number)
    filled: dict[str, dict[str, list[str]]] = {}
    for activity in plan.activities:
        for visit_key, timepoints in _spelled_out(activity, infusion_days, visit_on, visits):
            points = filled.setdefault(visit_key, {}).setdefault(activity.form, [])
            points += [point for point in timepoints if point not in points]
    ordered = sorted(visits.values(), key=lambda visit: (visit.day, visit.first_day))
    return Schedule(
        key=key,
        visits=tuple(
            visit.model_copy(
                update={
                    "forms": tuple(
                        FormAt(form=form, timepoints=tuple(points))
                        for form, points in filled.get(visit.key, {}).items()
                    )
                }
            )
            for visit in ordered
        ),
    )


def _spelled_out(
    activity: WrittenActivity,
    infusion_days: tuple[int, ...],
    visit_on: Callable[[int], str],
    visits: Mapping[str, Visit],
) -> Iterable[tuple[str, tuple[str, ...]]]:
    """The visits of an activity with their time points, places relative to infusions spelled out."""
    for entry in activity.at:
        at, timepoints = (entry, ()) if isinstance(entry, str) else (entry.at, entry.timepoints)
        relative = PLACE.match(at)
        if at == "all":
            places = list(visits)
        elif relative is None:
            places = [at]
        else:
            days = infusion_days if relative[1] == "infusion" else infusion_days[-1:]
            places = [visit_on(day + int(relative[2] or 0)) for day in days]
        for place in places:
            yield place, timepoints


def _fixed_visit(visit: WrittenVisit) -> Visit:
    before, after = visit.window
    first, last = visit.day if isinstance(visit.day, tuple) else (visit.day - before, visit.day + after)
    day = visit.day[1] if isinstance(visit.day, tuple) else visit.day
    return Visit(
        key=visit.key, label=visit.label, kind=visit.kind, day=day, first_day=first, last_day=last,
        infusion=None, forms=(),
    )  # fmt: skip


def _resolve_form(form: WrittenForm, written: WrittenProtocol) -> Form:
    return Form(
        key=form.key,
        title=form.title,
        topic=form.topic,
        items=tuple(_resolve_item(item, form, written) for item in form.items),
        checks=form.checks,
    )


def _resolve_item(item: WrittenItem, form: WrittenForm, written: WrittenProtocol) -> Item:
    listed = written.forms.choice_lists[item.choices_from] if item.choices_from else item.choices
    choices = tuple(
        ChoiceKey(key=choice, label=Label(en=choice, zh=choice)) if isinstance(choice, str) else choice
        for choice in listed
    )
    standard = item.standard
    if standard is not None and not standard.domain:
        standard = ItemStandard(domain=form.domain, test=standard.test, unit=standard.unit)
    decimals = 0 if item.type == "integer" else item.decimals
    shared = _fields(item, Item) | {"choices": choices, "standard": standard, "decimals": decimals}
    return Item(**shared)
