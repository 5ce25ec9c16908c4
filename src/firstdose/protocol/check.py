"""Checks of a protocol beyond the form of its text: what refers to what, and what cannot be run.

Each check is one function that yields faults; :data:`WRITTEN_CHECKS` and :data:`RESOLVED_CHECKS` list them.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator

from firstdose.protocol.check_forms import check_forms
from firstdose.protocol.check_parts import check_parts
from firstdose.protocol.check_references import check_references
from firstdose.protocol.check_schedules import check_schedules
from firstdose.protocol.parse import Path, Places
from firstdose.protocol.resolved import Protocol
from firstdose.protocol.written import WrittenProtocol
from firstdose.terms.outcomes import Fault


def check_written(written: WrittenProtocol, places: Places) -> tuple[Fault, ...]:
    """Every fault of a written protocol that its form alone does not show."""
    return tuple(fault for check in WRITTEN_CHECKS for fault in check(written, places))


def check_resolved(protocol: Protocol, places: Places) -> tuple[Fault, ...]:
    """Every fault that only the resolved protocol shows."""
    return tuple(fault for check in RESOLVED_CHECKS for fault in check(protocol, places))


def check_keys(written: WrittenProtocol, places: Places) -> Iterator[Fault]:
    """A key stands once in its list."""
    rungs = [
        *(level.key for part in written.parts.list for level in part.levels),
        *(regimen.key for part in written.parts.list for regimen in part.regimens),
    ]
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
                    f"visit {ending[0].key} of {schedule.key} may be held on Day {ending[0].first_day}, before "
                    f"the DLT window ends on Day {part.dlt_window.last}",
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
