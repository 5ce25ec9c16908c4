"""Checks of the parts: each has what its kind needs, its doses rise, its dose rule can work."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

from firstdose.protocol.parse import Path, Places
from firstdose.protocol.written import WrittenDesign, WrittenPart, WrittenProtocol
from firstdose.terms.outcomes import Fault

MIN_INTERVAL_D = 2
"""Least interval between infusions (clinical convention of the bundled study, section "MAD"). [d]."""

COHORT_OF_THREE, SIX_AT_A_LEVEL = 3, 6
"""The numbers of the 3+3 design."""


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
            yield from _check_crm(part, path, places)
        yield from _check_crm(part, path, places)
        if part.monitoring is not None:
            yield from _check_monitoring(part, path, places)
        if part.dlt_window.last <= part.dlt_window.first:
            yield places.fault((*path, "dlt_window"), "the DLT window ends before it starts")
        if part.max_participants > written.study.enrolment:
            yield places.fault(
                (*path, "max_participants"),
                f"{part.max_participants} participants of one part are more than "
                f"the {written.study.enrolment} of the study",
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
        if any(later - earlier < MIN_INTERVAL_D for earlier, later in pairwise(days)):
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
    if design.mtd_min_n < 1:
        yield places.fault((*at, "mtd_min_n"), "the MTD needs at least one participant")
    if design.titration is not None and design.titration.until_level > n_levels:
        yield places.fault(
            (*at, "titration", "until_level"),
            f"titration runs until level {design.titration.until_level} of {n_levels}",
        )
    offset = design.extra_safe_offset
    if offset is not None and not 0 < offset < design.elimination_probability:
        yield places.fault(
            (*at, "extra_safe_offset"), "the offset lies between 0 and elimination_probability"
        )
    if design.rule == "three_plus_three":
        yield from _check_three_plus_three(design, at, places)


def _check_crm(part: WrittenPart, path: Path, places: Places) -> Iterator[Fault]:
    """One of a skeleton and an indifference interval, and an interval that lies within 0 and 1."""
    design = part.design
    if design is None or design.crm is None:
        return
    model, at, n_levels = design.crm, (*path, "design"), len(part.levels) + len(part.regimens)
    found = model.indifference
    if (model.skeleton is None) == (found is None):
        yield places.fault((*at, "crm"), "the crm has a skeleton or an indifference interval, one of the two")
    if found is None:
        return
    low, high = design.target_rate - found.half_width, design.target_rate + found.half_width
    if not 0 < low < high < 1:
        what = f"half_width {found.half_width} makes an interval from {low} to {high}, not within 0 and 1"
        yield places.fault((*at, "crm", "indifference", "half_width"), what)
    if not 1 <= found.prior_mtd <= n_levels:
        what = f"prior_mtd {found.prior_mtd} is not one of {n_levels} levels"
        yield places.fault((*at, "crm", "indifference", "prior_mtd"), what)


def _check_three_plus_three(design: WrittenDesign, at: Path, places: Places) -> Iterator[Fault]:
    """Cohorts of three, up to six participants a level, no rule of another design."""
    if design.cohort_size != COHORT_OF_THREE:
        yield places.fault((*at, "cohort_size"), "the 3+3 treats cohorts of 3")
    if design.max_n_per_level < SIX_AT_A_LEVEL:
        yield places.fault((*at, "max_n_per_level"), "the 3+3 treats up to 6 participants at a level")
    if design.mtd_min_n > SIX_AT_A_LEVEL:
        yield places.fault((*at, "mtd_min_n"), "the 3+3 treats no more than 6 participants at a level")
    if design.extra_safe_offset is not None:
        yield places.fault((*at, "extra_safe_offset"), "the 3+3 has no extra safe stopping rule")


def _check_monitoring(part: WrittenPart, path: Path, places: Places) -> Iterator[Fault]:
    monitoring = part.monitoring
    assert monitoring is not None
    for name in ("limit_rate", "probability"):
        if not 0 < getattr(monitoring, name) < 1:
            yield places.fault((*path, "monitoring", name), f"{name} lies between 0 and 1")
    if min(monitoring.prior) <= 0:
        yield places.fault((*path, "monitoring", "prior"), "the shapes of a beta prior are above 0")
