"""A pause stops new infusions at all sites at once; toxicity of a trigger pauses the study by itself."""

from typing import Any

import pytest
from tests.trials import (
    SmallTrial,
    coordinator,
    investigator,
    kinds,
    only,
    pharmacist,
    start,
    start_part_two,
)

from firstdose.conduct import commands as c
from firstdose.record import events as e
from firstdose.simulate import cast


@pytest.mark.covers("Q6")
def test_a_pause_stops_infusions_at_every_site_at_once() -> None:
    trial = start_part_two(5)
    cohort = trial.open_cohort("mad", "M1")
    codes = [trial.enrol(site, cohort) for site in ("01", "04")]
    for place, day in enumerate((-5, -4, -3)):
        trial.wait(1 if place else 0)
        for code in codes:
            trial.do(trial.lymphodepletion(code, day), coordinator(code[:2]))
    trial.wait(3)
    first, second = codes
    trial.infuse(first)
    trial.do(c.PauseTrial(reason="a death at another trial"), investigator("05"))
    trial.wait_until_day(first, 7)
    trial.release(first, 2)
    assert trial.refused(trial.infusion(first, 2), coordinator("01")).clause == "stopping.pause"
    trial.do(trial.product(second), pharmacist("04"))
    assert trial.refused(trial.infusion(second), coordinator("04")).clause == "stopping.pause"
    trial.do(c.ResumeTrial(reason="unrelated"), cast.CHAIR)
    trial.do(trial.infusion(first, 2), coordinator("01"))


def test_a_running_infusion_may_end_and_visits_go_on_during_a_pause() -> None:
    trial = start()
    code = trial.make_ready(trial.enrol("01", trial.open_cohort("sad", "SAD-1")))
    trial.do(trial.infusion(code), coordinator("01"))
    trial.do(c.PauseTrial(reason="a death elsewhere"), cast.MONITOR)
    ended = c.CompleteInfusion(participant=code, infusion=1, cells_1e9="0.75", happened_at=trial.now)
    trial.do(ended, coordinator("01"))
    trial.hold(code, "D0")


def test_no_cohort_opens_during_a_pause() -> None:
    trial = start()
    trial.do(c.PauseTrial(reason="a death elsewhere"), cast.MONITOR)
    opening = c.OpenCohort(part="sad", regimen="SAD-1")
    assert trial.refused(opening, cast.MONITOR).clause == "stopping.pause"


def test_a_pause_has_a_reason_and_so_has_its_end() -> None:
    trial = start()
    for reason in ("", "  "):
        assert trial.refused(c.PauseTrial(reason=reason), cast.MONITOR).clause == "record.texts"
    assert trial.refused(c.ResumeTrial(reason="nothing to end"), cast.CHAIR).clause == "stopping.pause"
    trial.do(c.PauseTrial(reason="a death elsewhere"), cast.MONITOR)
    assert trial.refused(c.PauseTrial(reason="again"), cast.MONITOR).clause == "stopping.pause"
    assert trial.refused(c.ResumeTrial(reason=" "), cast.CHAIR).clause == "record.texts"
    trial.do(c.ResumeTrial(reason="unrelated"), cast.CHAIR)
    assert trial.state.paused_because == ""


# fmt: off
# An adverse event as it is first reported, and whether it pauses the study.
FIRST_GRADES: dict[str, tuple[dict[str, Any], bool]] = {
    # --- any death related to treatment
    "a related death":                   ({"category": "infection", "grade": 5}, True),
    "a death whose cause is not given":  ({"category": "infection", "grade": 5, "causality": {}}, True),
    "a death that is unlikely related":  ({"category": "infection", "grade": 5, "causality": {"product": "unlikely", "lymphodepletion": "unlikely"}}, False),
    "a death by lymphodepletion":        ({"category": "infection", "grade": 5, "causality": {"product": "unlikely", "lymphodepletion": "possible"}}, True),
    "a related grade 4":                 ({"category": "infection", "grade": 4}, False),
    # --- CRS and ICANS of grade 4
    "CRS of grade 4":                    ({"category": "crs", "grade": 4}, True),
    "CRS of grade 3":                    ({"category": "crs", "grade": 3}, False),
    "ICANS of grade 4":                  ({"category": "icans", "grade": 4}, True),
    "unrelated CRS of grade 4":          ({"category": "crs", "grade": 4, "causality": {"product": "unrelated"}}, False),
    # --- acute graft-versus-host disease of grade III
    "GvHD of grade III":                 ({"category": "gvhd", "grade": 3, "scale": "MAGIC", "scale_version": "2016"}, True),
    "GvHD of grade II":                  ({"category": "gvhd", "grade": 2, "scale": "MAGIC", "scale_version": "2016"}, False),
    # --- the vector
    "a replication-competent virus":     ({"category": "replication_competent_virus", "grade": 1}, True),
    "a malignancy of the vector":        ({"category": "vector_related_malignancy", "grade": 1}, True),
    # --- no grade, no trigger
    "an event without a grade":          ({"category": "crs", "grade": None}, False),
}
# fmt: on


def treated() -> tuple[SmallTrial, str]:
    trial = start()
    code = trial.treat(trial.enrol("01", trial.open_cohort("sad", "SAD-1")))
    return trial.wait(2), code


@pytest.mark.covers("Q6")
@pytest.mark.parametrize(("said", "pauses"), FIRST_GRADES.values(), ids=FIRST_GRADES.keys())
def test_a_stopping_trigger_pauses_the_study_when_the_event_is_reported(
    said: dict[str, Any],
    pauses: bool,  # noqa: FBT001
) -> None:
    trial, code = treated()
    events = trial.do(trial.adverse_event(code, **said), investigator("01"))
    assert ("TrialPaused" in kinds(events)) is pauses
    assert bool(trial.state.paused_because) is pauses


def test_a_grade_that_rises_to_a_trigger_pauses_the_study_once() -> None:
    trial, code = treated()
    key = trial.report(code, grade=3)
    trial.wait(hours=6)
    graded = c.GradeAdverseEvent(participant=code, adverse_event=key, grade=4, happened_at=trial.now)
    assert kinds(trial.do(graded, investigator("01"))) == ["AdverseEventGraded", "TrialPaused"]
    assert kinds(trial.do(trial.adverse_event(code, grade=4), investigator("01"))) == ["AdverseEventReported"]


@pytest.mark.parametrize(("product", "pauses"), [("possible", True), ("unlikely", False)])
def test_an_event_that_ends_in_death_pauses_the_study_if_it_is_related(
    product: e.Causality,
    pauses: bool,  # noqa: FBT001
) -> None:
    trial, code = treated()
    causality: dict[str, e.Causality] = {"product": product, "lymphodepletion": "unlikely"}
    key = trial.report(code, category="infection", grade=4, causality=causality)
    trial.wait(1)
    died = c.EndAdverseEvent(participant=code, adverse_event=key, outcome="fatal", happened_at=trial.now)
    trial.do(died, investigator("01"))
    assert bool(trial.state.paused_because) is pauses


def test_two_dlts_at_one_level_pause_the_study_and_one_does_not() -> None:
    trial = start_part_two(5)
    cohort = trial.open_cohort("mad", "M1")
    first = trial.treat(trial.enrol("01", cohort))
    trial.wait(1).dlt(first)
    assert not trial.state.paused_because
    second = trial.treat(trial.enrol("02", cohort))
    trial.wait(1)
    trial.dlt(second)
    assert "2 DLTs at M1" in trial.state.paused_because


def test_dlts_at_different_levels_are_not_added() -> None:
    trial = start()
    code = trial.treat(trial.enrol("01", trial.open_cohort("sad", "SAD-1")))
    trial.wait(1).dlt(code)
    trial.wait_until_day(code, 14)
    trial.review("sad", "escalate", level=2)
    other = trial.treat(trial.enrol("02", trial.open_cohort("sad", "SAD-2")))
    trial.wait(1).dlt(other)
    assert not trial.state.paused_because


def test_a_second_dlt_of_the_same_participant_is_not_a_second_participant() -> None:
    trial, code = treated()
    trial.dlt(code)
    trial.dlt(code)
    assert not trial.state.paused_because


# The expansion pauses when Pr(rate > 0.30) > 0.90 under a Beta(1, 1) prior, or at two DLTs whatever their
# share. With 1 DLT in 1 participant: 1 - 0.3² = 0.91; with 1 in 2: 0.784.
@pytest.mark.parametrize(("n_treated", "pauses"), [(1, True), (2, False)])
def test_the_expansion_is_monitored_for_too_many_dlts(n_treated: int, pauses: bool) -> None:  # noqa: FBT001
    trial = start_part_two(5)
    trial.complete_single("mad", "M1", site="03")
    trial.review("mad", "expand", regimens=("M1",))
    cohort = trial.open_cohort("expansion", "M1")
    codes = [trial.treat(trial.enrol("01", cohort)) for _ in range(n_treated)]
    trial.wait(1)
    trial.dlt(codes[0])
    assert bool(trial.state.paused_because) is pauses
    if pauses:
        assert "0.910" in trial.state.paused_because


def test_what_pauses_is_written_beside_what_happened() -> None:
    trial, code = treated()
    events = trial.do(trial.adverse_event(code, grade=4), investigator("01"))
    assert "grade 4" in only(events, e.TrialPaused).reason
