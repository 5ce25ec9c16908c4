"""Outcomes: whether an endpoint has the registry's time frame, and its forms the visits to fill it."""

from collections.abc import Iterable, Iterator

from firstdose.protocol.registry_record import FramePart, RegistryOutcome, TimeFrame
from firstdose.protocol.resolved import Endpoint, Part, Protocol, Visit

WEEK_D = 7
KINDS: dict[FramePart, tuple[str, ...]] = {"SAD": ("single_dose",), "MAD": ("multiple_dose", "expansion")}
"""The parts that a time frame means: the expansion is in the registry's Part 2, "MAD and expansion"."""


def endpoint_clause(endpoint: Endpoint) -> str:
    """An endpoint as a clause: its times and its forms."""
    forms = f", {_forms(endpoint)}" if endpoint.forms else ""
    return f"endpoints.{endpoint.key} = from {_day(endpoint.from_day)} to {_listed(_days(endpoint))}{forms}"


def check_outcome(protocol: Protocol, outcome: RegistryOutcome, endpoint: Endpoint) -> Iterator[str]:
    """Why an endpoint does not meet an outcome; nothing if it does."""
    frame = outcome.frame
    if not isinstance(frame, TimeFrame):
        yield f"the time frame cannot be read: {frame.detail or frame.reason}"
        return
    from_day = 0 if frame.start == "first dose" else "enrolment"
    if endpoint.from_day != from_day:
        yield f"the endpoint starts from {_day(endpoint.from_day)}, the registry from {_day(from_day)}"
    # A frame for each part stands in the protocol in the order of the parts, SAD before MAD.
    ends = sorted(frame.ends, key=lambda end: end.part != "SAD")
    ends_d = tuple(end.weeks * WEEK_D for end in ends)
    if _days(endpoint) != ends_d:
        yield f"the endpoint ends on {_listed(_days(endpoint))}, the registry on {_listed(ends_d)}"
    for end, end_d in zip(ends, ends_d, strict=True):
        parts = [part for part in protocol.parts if end.part is None or part.kind in KINDS[end.part]]
        if not parts:
            yield f"the protocol has no {end.part} part"
        if endpoint.variable == "dlt":
            yield from _dlt_reasons(parts, end_d)
        yield from _form_reasons(protocol, endpoint, parts, end_d, is_from_dose=frame.start == "first dose")


def _dlt_reasons(parts: Iterable[Part], end_d: int) -> Iterator[str]:
    """Parts whose DLT window is not the registry's, first dose to the end with both days counted."""
    for part in parts:
        window = part.dlt_window
        if (window.first, window.last, window.closed) != (0, end_d, "both"):
            yield (
                f"parts.{part.key}.dlt_window runs from Day {window.first} to Day {window.last} "
                f"(ends: {window.closed}), the registry's to Day {end_d}"
            )


def _form_reasons(
    protocol: Protocol, endpoint: Endpoint, parts: list[Part], end_d: int, *, is_from_dose: bool
) -> Iterator[str]:
    """Forms of an endpoint that do not exist, or whose visits do not span the time frame.

    Each form is filled in the time frame; the first and the last visit of the forms together reach its ends
    (coagulation may stop before the other laboratory). An endpoint without forms is made of events.
    """
    missing = [form for form in endpoint.forms if form not in protocol.form_by_key]
    yield from (f"there is no form {form}" for form in missing)
    if missing or not endpoint.forms:
        return
    for key in _schedule_keys(protocol, parts):
        visits = [
            visit
            for visit in protocol.schedule_by_key[key].visits
            if _has(visit, 0 if is_from_dose else None, end_d)
        ]
        for form in endpoint.forms:
            if not any(_fills(visit, (form,)) for visit in visits):
                yield f"{form} is not scheduled in the time frame ({key})"
        filled = [visit for visit in visits if _fills(visit, endpoint.forms)]
        if filled and not is_from_dose and min(visit.day for visit in filled) >= 0:
            yield f"no visit with {_forms(endpoint)} before the first infusion ({key})"
        if filled and is_from_dose and not any(visit.first_day <= 0 <= visit.last_day for visit in filled):
            yield f"no visit with {_forms(endpoint)} on Day 0 ({key})"
        if filled and not any(visit.first_day <= end_d <= visit.last_day for visit in filled):
            yield f"no visit with {_forms(endpoint)} reaches Day {end_d} ({key})"


def _schedule_keys(protocol: Protocol, parts: list[Part]) -> list[str]:
    """The schedules of the regimens of parts, each once."""
    keys = (protocol.regimen_by_key[regimen].schedule for part in parts for regimen in part.regimens)
    return list(dict.fromkeys(keys))


def _has(visit: Visit, start_d: int | None, end_d: int) -> bool:
    """Whether a visit may be held in a time frame; without a start, from enrolment on."""
    return visit.first_day <= end_d and (start_d is None or visit.last_day >= start_d)


def _fills(visit: Visit, forms: tuple[str, ...]) -> bool:
    return any(at.form in forms for at in visit.forms)


def _days(endpoint: Endpoint) -> tuple[int, ...]:
    return (endpoint.to_day,) if isinstance(endpoint.to_day, int) else endpoint.to_day


def _day(day: int | str) -> str:
    return f"Day {day}" if isinstance(day, int) else day


def _listed(days: tuple[int, ...]) -> str:
    return " or ".join(map(_day, days))


def _forms(endpoint: Endpoint) -> str:
    return ", ".join(endpoint.forms)
