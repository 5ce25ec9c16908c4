"""Checks of the schedules: visits in order, windows apart, activities that name what exists."""

import re
from collections.abc import Iterator
from itertools import pairwise

from firstdose.protocol.parse import Path, Places
from firstdose.protocol.written import WrittenProtocol
from firstdose.terms.outcomes import Fault

RELATIVE = re.compile(r"all|(?:infusion|last)(?:\+[0-9]+)?")
"""Places of an activity that are no visit of their own."""


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
        for earlier, later in pairwise(spans):
            if later[0] <= earlier[1]:
                yield places.fault(
                    (*path, "visits", later[3]),
                    f"the windows of {earlier[2]} (to Day {earlier[1]}) and {later[2]} (from Day {later[0]}) "
                    "overlap",
                )
        known = {visit.key for visit in plan.visits}
        for place, activity in enumerate(plan.activities):
            at: Path = (*path, "activities", place)
            if activity.form not in forms:
                yield places.fault((*at, "form"), f"there is no form {activity.form!r}")
            for entry in activity.at:
                name = entry if isinstance(entry, str) else entry.at
                if name not in known and RELATIVE.fullmatch(name) is None:
                    yield places.fault((*at, "at"), f"there is no visit {name!r} in schedule {key!r}")
                for point in () if isinstance(entry, str) else entry.timepoints:
                    if point not in written.schedules.timepoints_h:
                        yield places.fault((*at, "at"), f"time point {point!r} has no hours in timepoints_h")
