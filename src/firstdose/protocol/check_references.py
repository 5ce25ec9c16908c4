"""Checks of what refers to what: ranges, endpoints, DLT criteria, the committee."""

from collections.abc import Iterator

from firstdose.protocol.parse import Path, Places
from firstdose.protocol.written import WrittenProtocol
from firstdose.terms.outcomes import Fault

CHAIR = "committee_chair"


def check_references(written: WrittenProtocol, places: Places) -> Iterator[Fault]:
    """Ranges, endpoints and DLT criteria name what exists; the committee can sign."""
    yield from _check_ranges(written, places)
    yield from _check_endpoints(written, places)
    yield from _check_dlt(written, places)
    if not 1 <= written.review.signatures_required <= len(written.review.members):
        yield places.fault(
            ("review", "signatures_required"),
            f"{written.review.signatures_required} signatures of {len(written.review.members)} members",
        )
    if written.review.chair_must_sign and CHAIR not in written.review.members:
        yield places.fault(("review", "members"), f"the chair must sign and {CHAIR} is no member")
    yield from _check_stopping(written, places)
    yield from _check_lymphodepletion(written, places)


def _check_stopping(written: WrittenProtocol, places: Places) -> Iterator[Fault]:
    for place, trigger in enumerate(written.stopping.list):
        path: Path = ("stopping", "list", place)
        if trigger.kind == "category_grade" and not (trigger.categories and trigger.grade):
            yield places.fault(path, "a trigger of kind category_grade names categories and a grade")
        if trigger.kind == "dlts_at_level" and not trigger.n_dlt:
            yield places.fault(path, "a trigger of kind dlts_at_level names n_dlt, at least 1")


def _check_lymphodepletion(written: WrittenProtocol, places: Places) -> Iterator[Fault]:
    plan = written.lymphodepletion
    if list(plan.days) != sorted(set(plan.days)) or any(day >= 0 for day in plan.days):
        yield places.fault(("lymphodepletion", "days"), "the days rise and lie before Day 0")
    if plan.earliest_infusion_after_last_d > plan.latest_infusion_after_last_d:
        yield places.fault(
            ("lymphodepletion", "latest_infusion_after_last_d"), "the latest day comes before the earliest"
        )


def _check_ranges(written: WrittenProtocol, places: Places) -> Iterator[Fault]:
    items = {(form.key, item.key) for form in written.forms.list for item in form.items}
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


def _check_endpoints(written: WrittenProtocol, places: Places) -> Iterator[Fault]:
    forms = {form.key for form in written.forms.list}
    sets = {analysis_set.key for analysis_set in written.analysis_sets.list}
    for place, endpoint in enumerate(written.endpoints.list):
        path: Path = ("endpoints", "list", place)
        if endpoint.analysis_set not in sets:
            yield places.fault(path, f"there is no analysis set {endpoint.analysis_set!r}")
        for form in endpoint.forms:
            if form not in forms:
                yield places.fault(path, f"there is no form {form!r}")


def _check_dlt(written: WrittenProtocol, places: Places) -> Iterator[Fault]:
    if not 0 < written.dlt.evaluable.min_cells_fraction <= 1:
        yield places.fault(
            ("dlt", "evaluable", "min_cells_fraction"), "a fraction of the planned cells, above 0 and up to 1"
        )
    parts = {part.key for part in written.parts.list}
    for place, criterion in enumerate(written.dlt.criteria):
        path: Path = ("dlt", "criteria", place)
        for part in criterion.parts:
            if part not in parts:
                yield places.fault(path, f"there is no part {part!r}")
        if (criterion.improves_to is None) != (criterion.within_h is None):
            yield places.fault(path, "improves_to and within_h stand together")
