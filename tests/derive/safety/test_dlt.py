"""Dose-limiting toxicity: the list as data, its hours and days, and who counts."""

from datetime import datetime, timedelta
from decimal import Decimal

import msgspec
import pytest

from firstdose.derive.safety.adverse_events import AdverseEvent, Category, GradeAt, PartialMoment
from firstdose.derive.safety.dlt import DltCriterion, DltException, derive_dlt
from firstdose.derive.safety.dlt_evaluable import InfusionCells, derive_dlt_evaluable
from firstdose.terms.calendar import SHANGHAI, Window
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.scales import CTCAE_5
from firstdose.terms.words import Text

INFUSED = datetime(2025, 3, 6, 10, tzinfo=SHANGHAI)
STOPPED = INFUSED + timedelta(hours=2)
STEROIDS = INFUSED + timedelta(hours=72)
LABORATORY = {"is_asymptomatic_laboratory": True}
SAD = Window(first=0, last=14, closed="both")
MAD = Window(first=0, last=28, closed="both")
SPECIFIC: frozenset[Category] = frozenset(
    {"crs", "icans", "gvhd", "iec_hs", "infusion_reaction", "haematological"}
)
NOT_LIMITING = (
    DltException(key="expected", pts=frozenset({"Pyrexia", "Chills", "Fatigue", "Nausea"})),
    DltException(key="laboratory", is_asymptomatic_laboratory=True, must_improve_to=2, within_h=168),
    DltException(key="pharmacology", pts=frozenset({"Hypogammaglobulinaemia", "Alopecia"})),
)


def _line(key: str, grade_at_least: int, categories: set[Category], **rest: object) -> DltCriterion:
    line = DltCriterion(
        key=key, text=Text(key, key), grade_at_least=grade_at_least, categories=frozenset(categories)
    )
    return msgspec.structs.replace(line, **rest)


CRITERIA = (
    _line("death", 5, set()),
    _line("crs_4", 4, {"crs"}),
    _line("crs_3", 3, {"crs"}, must_improve_to=2, within_h=72),
    _line("gvhd_3", 3, {"gvhd"}),
    _line("gvhd_2", 2, {"gvhd"}, must_improve_to=1, within_h=168, clock="steroids_started"),
    _line("iec_hs_3", 3, {"iec_hs"}),
    _line("reaction_4", 4, {"infusion_reaction"}),
    _line("reaction_3", 3, {"infusion_reaction"}, must_improve_to=1, within_h=24, clock="infusion_stopped"),
    _line("other_4", 4, set(), not_categories=SPECIFIC, exceptions=NOT_LIMITING),
    _line("other_3", 3, set(), not_categories=SPECIFIC, exceptions=NOT_LIMITING, lasting_longer_than_h=72),
    _line(
        "cytopenia",
        4,
        {"haematological"},
        lasting_longer_than_h=336,
        still_present_on_day=28,
        is_baseline_below_asked=True,
        parts=frozenset({"mad"}),
    ),
)


def _event(category: Category, *course: tuple[float, int | None], **changes: object) -> AdverseEvent:
    """An event by its grades, each at so many hours after the infusion."""
    grades = tuple(GradeAt(INFUSED + timedelta(hours=hour), grade) for hour, grade in course)
    event = AdverseEvent(
        key="AE-1",
        participant="P01",
        soc="a class",
        pt="a term",
        onset=PartialMoment(grades[0].at, grades[0].at),
        end=None,
        grades=grades,
        scale=CTCAE_5,
        is_serious=False,
        category=category,
        causality_study_product="possible",
    )
    return msgspec.structs.replace(event, **changes)


def _assess(
    event: AdverseEvent, *, window: Window = SAD, part: str = "sad", known_until_h: float = 24 * 60
) -> tuple[bool | None, str | None]:
    assessment = derive_dlt(
        event,
        CRITERIA,
        first_infusion=INFUSED,
        window=window,
        part=part,
        known_until=INFUSED + timedelta(hours=known_until_h),
    )
    is_dlt = None if isinstance(assessment.is_dlt, NotDerived) else assessment.is_dlt
    return is_dlt, assessment.criterion


def _ended(hour: float) -> PartialMoment:
    at = INFUSED + timedelta(hours=hour)
    return PartialMoment(at, at)


# fmt: off
DAY_14_END_H = 14 * 24 + 13.9   # infused at 10:00, so Day 14 ends 14 hours later
ROWS: dict[str, tuple[AdverseEvent, bool | None, str | None]] = {
    # --- grade 4 at once; grade 3 only if it does not improve within 72 h
    "CRS 4":                        (_event("crs", (20, 4), (30, 1)), True, "crs_4"),
    "CRS 3 better at 72 h":         (_event("crs", (20, 3), (92, 2)), False, None),
    "CRS 3 better after 72 h":      (_event("crs", (20, 3), (92.01, 2)), True, "crs_3"),
    "CRS 3 ended at 72 h":          (_event("crs", (20, 3), end=_ended(92)), False, None),
    "CRS 2 for ever":               (_event("crs", (20, 2)), False, None),
    # --- a relapse starts its own hours
    "CRS 3 twice, 60 h each":       (_event("crs", (20, 3), (80, 2), (90, 3), (150, 1)), False, None),
    "CRS 3 the second time long":   (_event("crs", (20, 3), (30, 2), (90, 3), (170, 1)), True, "crs_3"),
    "death":                        (_event("infection", (100, 3), (120, 5)), True, "death"),
    # --- each clock
    "reaction 3, 24 h after stop":  (_event("infusion_reaction", (1, 3), (26, 1),
                                            infusion_stopped_at=STOPPED), False, None),
    "reaction 3, later":            (_event("infusion_reaction", (1, 3), (26.1, 1),
                                            infusion_stopped_at=STOPPED), True, "reaction_3"),
    "reaction 3, only to 2":        (_event("infusion_reaction", (1, 3), (5, 2),
                                            infusion_stopped_at=STOPPED), True, "reaction_3"),
    "reaction 3, stop unknown":     (_event("infusion_reaction", (1, 3), (5, 1)), None, "reaction_3"),
    "GvHD II, 7 days of steroids":  (_event("gvhd", (48, 2), (240, 1),
                                            steroids_started_at=STEROIDS), False, None),
    "GvHD II, longer":              (_event("gvhd", (48, 2), (241, 1),
                                            steroids_started_at=STEROIDS), True, "gvhd_2"),
    "GvHD III":                     (_event("gvhd", (48, 3), (50, 0)), True, "gvhd_3"),
    "IEC-HS 3":                     (_event("iec_hs", (48, 3), (50, 0)), True, "iec_hs_3"),
    # --- other organs, with their exceptions
    "other 3 for 72 h":             (_event("other", (48, 3), (120, 2)), False, None),
    "other 3 for longer":           (_event("other", (48, 3), (120.1, 2)), True, "other_3"),
    "other 4":                      (_event("other", (48, 4), (50, 0)), True, "other_4"),
    "fever 4":                      (_event("other", (48, 4), (300, 0), pt="Pyrexia"), False, None),
    "laboratory 4, back in 7 d":    (_event("other", (48, 4), (216, 2), **LABORATORY), False, None),
    "laboratory 4, back later":     (_event("other", (48, 4), (217, 2), **LABORATORY), True, "other_4"),
    # --- the window, by protocol day, both ends
    "as the infusion starts":       (_event("other", (0, 4)), True, "other_4"),
    "a minute before":              (_event("other", (-0.02, 4)), False, None),
    "worse only after it":          (_event("other", (-48, 2), (5, 4)), True, "other_4"),
    "late on Day 14":               (_event("other", (DAY_14_END_H, 4)), True, "other_4"),
    "on Day 15":                    (_event("other", (DAY_14_END_H + 0.2, 4)), False, None),
    "grade 2 in it, 4 after it":    (_event("other", (300, 2), (400, 4)), False, None),
    # --- relation and other causes
    "unlikely":                     (_event("other", (5, 4),
                                            causality_study_product="unlikely"), False, None),
    "causality missing":            (_event("other", (5, 4), causality_study_product=None), True, "other_4"),
    "clearly lymphodepletion":      (_event("other", (5, 4), clearly_due_to="lymphodepletion"), False, None),
    "a grade not recorded":         (_event("crs", (20, 3), (50, None), (92, 2)), False, None),
    "no grade":                     (_event("other", (5, None)), None, None),
    # --- cytopenia is not judged in the single-dose part
    "ANC 4 in SAD":                 (_event("haematological", (5, 4), baseline_grade=0), False, None),
}
# fmt: on


@pytest.mark.parametrize(("event", "is_dlt", "criterion"), ROWS.values(), ids=ROWS)
def test_what_is_a_dlt(event: AdverseEvent, criterion: str | None, *, is_dlt: bool | None) -> None:
    assert _assess(event) == (is_dlt, criterion)


# fmt: off
CYTOPENIA = {
    # course in days, baseline grade                         DLT
    "from Day 5, still on Day 28":    (((5, 4), (29, 3)), 0, True),
    "gone on Day 28":                 (((5, 4), (28, 3)), 0, False),
    "from Day 14, exactly 14 days":   (((15, 4), (29, 3)), 0, False),
    "a little longer":                (((14.9, 4), (29, 3)), 0, True),
    "grade 4 at baseline":            (((5, 4), (29, 3)), 4, False),
    "grade 3":                        (((5, 3), (60, 2)), 0, False),
    # a nadir that began before the infusion is never a DLT
    "since lymphodepletion":          (((-1, 4), (40, 3)), 0, False),
}
# fmt: on


@pytest.mark.parametrize(("course", "baseline_grade", "is_dlt"), CYTOPENIA.values(), ids=CYTOPENIA)
def test_cytopenia_in_the_multiple_dose_part(
    course: tuple[tuple[float, int], ...], baseline_grade: int, *, is_dlt: bool
) -> None:
    event = _event(
        "haematological", *((day * 24, grade) for day, grade in course), baseline_grade=baseline_grade
    )
    assert _assess(event, window=MAD, part="mad")[0] is is_dlt


@pytest.mark.parametrize(
    ("event", "known_until_h", "is_dlt"),
    [
        (_event("crs", (20, 3)), 92, None),
        (_event("crs", (20, 3)), 92.01, True),
        (_event("other", (48, 4), is_asymptomatic_laboratory=True), 216, None),
        (_event("other", (48, 4), is_asymptomatic_laboratory=True), 217, True),
    ],
    ids=["72 h not over", "72 h over", "7 days not over", "7 days over"],
)
def test_an_event_that_has_not_improved_is_open_until_its_hours_have_passed(
    event: AdverseEvent, known_until_h: float, *, is_dlt: bool | None
) -> None:
    assert _assess(event, known_until_h=known_until_h)[0] is is_dlt


def test_cytopenia_is_open_until_day_28() -> None:
    event = _event("haematological", (120, 4))
    assert _assess(event, window=MAD, part="mad", known_until_h=27 * 24)[0] is None
    assert _assess(event, window=MAD, part="mad", known_until_h=28 * 24)[0] is True


def test_nothing_is_a_dlt_before_there_is_an_infusion() -> None:
    event = _event("other", (5, 4))
    assessment = derive_dlt(event, CRITERIA, first_infusion=None, window=SAD, part="sad", known_until=INFUSED)
    assert (assessment.is_dlt, assessment.reason) == (False, "not_infused")


def _cells(*received: str | None) -> list[InfusionCells]:
    return [
        InfusionCells(
            planned_day=7 * number,
            planned_cells=Decimal(100),
            received_cells=None if cells is None else Decimal(cells),
        )
        for number, cells in enumerate(received)
    ]


# fmt: off
EVALUABLE = {
    # cells                                     DLT   through left  evaluable  reason
    # --- everyone who finished the window counts
    "clean to the last day":      (_cells("100"), False, 14, False, True, "completed window"),
    "exactly the required part":  (_cells("80"), False, 14, False, True, "completed window"),
    # --- a DLT always counts, however little was infused or seen
    "DLT after a part infusion":  (_cells("10"), True, 1, True, True, "had a DLT"),
    # --- nobody counts who was not dosed or not watched
    "just under it":              (_cells("79.9"), False, 14, False, False, "under-dosed"),
    "second infusion short":      (_cells("100", "50"), False, 14, False, False, "under-dosed"),
    "second infusion not given":  (_cells("100", "0"), False, 14, False, False, "under-dosed"),
    "lost on Day 13":             (_cells("100"), False, 13, True, False, "window not completed"),
    # --- not yet known
    "still followed":             (_cells("100"), False, 13, False, None, "window open"),
    "cells not recorded": (_cells("100", None), False, 14, False, None, "cells received not recorded"),
    "nothing planned":            (_cells(), False, 14, False, None, "cells received not recorded"),
    # --- an infusion planned after the window does not matter
    "fourth infusion short": (_cells("100", "100", "100", "10"), False, 14, False, True, "completed window"),
}
# fmt: on


@pytest.mark.parametrize("case", EVALUABLE.values(), ids=EVALUABLE)
def test_who_counts_in_the_dose_decision(
    case: tuple[list[InfusionCells], bool, int, bool, bool | None, str],
) -> None:
    infusions, had_dlt, through, left, evaluable, reason = case
    found = derive_dlt_evaluable(infusions, SAD, had_dlt=had_dlt, followed_through_day=through, has_left=left)
    assert (None if isinstance(found.is_evaluable, NotDerived) else found.is_evaluable) is evaluable
    assert found.reason.en.startswith(reason)
