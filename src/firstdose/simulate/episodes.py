"""Illness that follows an infusion or fills the year: what happened, from when to when, how severe.

Each infusion and each infection is drawn in its own slot, so a further infusion only adds episodes after it.
"""

import math
from collections.abc import Sequence
from typing import Literal

import msgspec

from firstdose.simulate.course import Course
from firstdose.simulate.scenario import DoseRate, Scenario
from firstdose.simulate.streams import Stream

EpisodeKind = Literal["crs", "icans", "infusion_reaction", "liver", "diarrhoea", "gvhd", "infection"]

_FIRST_INFECTION_D, _EARLY_UNTIL_D, _LAST_INFECTION_D = -5.0, 90.0, 460.0
_LEVEL = (0.0, 1.0, 2.0, 4.0, 6.0)
"""Intensity of inflammation by the highest grade of the episode."""


class Episode(msgspec.Struct, frozen=True, kw_only=True):
    """One episode: its kind, its grades as (day reached, grade) and its last moment [d].

    ``occurrence`` counts the infusion (from 0) or the infection; ``is_dlt`` is the truth of the simulation.
    """

    kind: EpisodeKind
    occurrence: int
    grades: tuple[tuple[float, int], ...]
    end_d: float
    is_dlt: bool = False

    @property
    def onset_d(self) -> float:
        """When the first grade was reached [d]."""
        return self.grades[0][0]

    @property
    def highest_grade(self) -> int:
        """The highest grade of the episode."""
        return max(grade for _, grade in self.grades)

    def grade_at(self, day: float) -> int:
        """The grade at a moment: 0 before the onset and from the end on."""
        if not self.onset_d <= day < self.end_d:
            return 0
        return [grade for reached_d, grade in self.grades if reached_d <= day][-1]

    def intensity_at(self, day: float, *, rise_d: float, half_life_d: float) -> float:
        """How strongly a marker answers: rises while the episode lasts and fades after its end."""
        if day <= self.onset_d:
            return 0.0
        risen = 1.0 - math.exp(-(min(day, self.end_d) - self.onset_d) / rise_d)
        faded = math.exp(-math.log(2.0) * max(day - self.end_d, 0.0) / half_life_d)
        return _LEVEL[self.highest_grade] * risen * faded


def dlt_probability(scenario: Scenario, doses_1e9: Sequence[float]) -> float:
    """The true probability of a DLT after the infusions of these flat doses [1e9 cells].

    The first infusion carries the probability of its dose, each later one a share of it.

    Examples
    --------
    >>> round(dlt_probability(Scenario(), [6.0]), 3), round(dlt_probability(Scenario(), [3.0] * 3), 3)
    (0.12, 0.051)
    """
    later = scenario.dlt_of_later_infusion.typical
    free_of_dlt = 1.0
    for k, dose in enumerate(doses_1e9):
        free_of_dlt *= 1.0 - compute_rate(scenario.dlt, dose) * (later if k else 1.0)
    return 1.0 - free_of_dlt


def compute_rate(rate: DoseRate, dose_1e9: float) -> float:
    """The probability at a dose: linear between the given doses on the scales log dose and logit.

    Examples
    --------
    >>> round(compute_rate(Scenario().dlt, 4.5), 6)
    0.07
    """
    if dose_1e9 <= 0:
        return 0.0
    points = [(math.log(dose), math.log(p / (1.0 - p))) for dose, p in rate.at]
    x = math.log(dose_1e9)
    upper = next((i for i in range(1, len(points)) if x <= points[i][0]), len(points) - 1)
    (x0, y0), (x1, y1) = points[upper - 1], points[upper]
    return 1.0 / (1.0 + math.exp(-(y0 + (y1 - y0) * (x - x0) / (x1 - x0))))


def draw_episodes(stream: Stream, scenario: Scenario, course: Course) -> tuple[Episode, ...]:
    """Every episode that begins before the end of follow-up, in order of onset."""
    episodes: list[Episode] = []
    first_day = min((infusion.day for infusion in course.infusions), default=math.inf)
    draw = stream.uniform("dlt")
    doses: list[float] = []
    for k, infusion in enumerate(course.infusions):
        before = dlt_probability(scenario, doses)
        doses.append(infusion.cells_1e9)
        if before <= draw < dlt_probability(scenario, doses):
            episodes.append(_dlt_episode(stream, scenario, k, infusion.day))
        else:
            episodes.extend(_other_episodes(stream, scenario, k, infusion.day, infusion.cells_1e9))
    if course.lymphodepletion_days or course.infusions:
        started_d = min((float(day) for day in course.lymphodepletion_days), default=first_day)
        episodes.extend(_infections(stream, scenario, started_d))
    begun = (episode for episode in episodes if episode.onset_d <= course.end_d)
    return tuple(sorted(begun, key=lambda episode: episode.onset_d))


def _dlt_episode(stream: Stream, scenario: Scenario, k: int, day: float) -> Episode:
    # each course of grades meets one numbered criterion of the DLT definition of the bundled trial:
    # CRS or ICANS of grade 3 over 72 h, infusion reaction of grade 3 over 24 h, another event of grade 3
    # over 72 h (for a laboratory value: over 7 days)
    draw, share = stream.uniform("dlt_kind", k), 0.0
    kind = scenario.dlt_kinds[-1][0]
    for name, weight in scenario.dlt_kinds:
        share += weight
        if draw < share:
            kind = name
            break
    early = stream.uniform("dlt_onset", k)
    lasting = stream.uniform("dlt_duration", k)
    match kind:
        case "crs":
            onset = day + 0.3 + 1.5 * early
            back = onset + 0.9 + 3.3 + 2.0 * lasting
            grades = ((onset, 1), (onset + 0.5, 2), (onset + 0.9, 3), (back, 2), (back + 1.0, 1))
            return _episode("crs", k, grades, back + 2.0)
        case "icans":
            onset = day + 1.5 + 2.5 * early
            back = onset + 0.6 + 3.3 + 2.0 * lasting
            return _episode("icans", k, ((onset, 1), (onset + 0.6, 3), (back, 1)), back + 1.5)
        case "infusion_reaction":
            onset = day + 0.02 + 0.04 * early
            back = onset + 1.2 + 1.0 * lasting
            return _episode("infusion_reaction", k, ((onset, 3), (back, 1)), back + 0.5)
        case "liver":
            onset = day + 2.0 + 2.0 * early
            back = onset + 1.0 + 8.0 + 4.0 * lasting
            return _episode("liver", k, ((onset, 2), (onset + 1.0, 3), (back, 1)), back + 6.0)
        case _:
            onset = day + 1.0 + 3.0 * early
            back = onset + 0.5 + 3.5 + 2.0 * lasting
            return _episode("diarrhoea", k, ((onset, 2), (onset + 0.5, 3), (back, 1)), back + 2.0)


def _episode(kind: EpisodeKind, k: int, grades: tuple[tuple[float, int], ...], end_d: float) -> Episode:
    rounded = tuple((round(day, 3), grade) for day, grade in grades)
    return Episode(kind=kind, occurrence=k, grades=rounded, end_d=round(end_d, 3), is_dlt=True)


def _other_episodes(stream: Stream, scenario: Scenario, k: int, day: float, dose_1e9: float) -> list[Episode]:
    episodes: list[Episode] = []
    share = scenario.crs_of_later_infusion.typical if k else 1.0
    if stream.uniform("crs", k) < share * compute_rate(scenario.crs, dose_1e9):
        episodes.append(_crs(stream, scenario, k, day))
        # neurotoxicity comes in the wake of cytokine release
        icans_share = compute_rate(scenario.icans, dose_1e9) / compute_rate(scenario.crs, dose_1e9)
        if stream.uniform("icans", k) < icans_share:
            onset = episodes[0].onset_d + 1.0
            length = 1.0 + 1.5 * stream.uniform("icans_length", k)
            episodes.append(_benign("icans", k, onset, length, 1 + (stream.uniform("icans_grade", k) > 0.8)))  # noqa: PLR2004 (assumed share)
    if stream.uniform("infusion_reaction", k) < compute_rate(scenario.infusion_reaction, dose_1e9):
        grade = 1 + (stream.uniform("infusion_reaction_grade", k) > 0.65)  # noqa: PLR2004 (assumed share)
        length = 0.05 + 0.25 * stream.uniform("infusion_reaction_length", k)
        episodes.append(_benign("infusion_reaction", k, day + 0.02, length, grade))
    if stream.uniform("gvhd", k) < compute_rate(scenario.gvhd, dose_1e9):
        episodes.append(_benign("gvhd", k, day + 14.0 + 14.0 * stream.uniform("gvhd_onset", k), 9.0, 1))
    return episodes


def _crs(stream: Stream, scenario: Scenario, k: int, day: float) -> Episode:
    draw = stream.uniform("crs_grade", k)
    grade_3 = scenario.crs_grade_3_share.typical
    grade_2 = scenario.crs_grade_2_share.typical
    onset = round(day + min(max(0.8 * math.exp(0.6 * stream.normal("crs_onset", k)), 0.15), 5.0), 3)
    grades: tuple[tuple[float, int], ...]
    length = min(1.3 * math.exp(0.4 * stream.normal("crs_length", k)), 4.0)
    if draw < grade_3:
        # under 72 h at grade 3: severe, but not a DLT
        grades = ((onset, 1), (onset + 0.4, 2), (onset + 0.8, 3), (onset + 2.2, 2), (onset + 2.8, 1))
        end_d = onset + 3.0 + length
    elif draw < grade_3 + grade_2:
        grades, end_d = ((onset, 1), (onset + 0.5, 2), (onset + 0.5 + length, 1)), onset + 1.2 + length
    else:
        grades, end_d = ((onset, 1),), onset + length
    rounded = tuple((round(reached_d, 3), grade) for reached_d, grade in grades)
    return Episode(kind="crs", occurrence=k, grades=rounded, end_d=round(end_d, 3))


def _benign(kind: EpisodeKind, k: int, onset_d: float, length_d: float, grade: int) -> Episode:
    onset = round(onset_d, 3)
    return Episode(kind=kind, occurrence=k, grades=((onset, grade),), end_d=round(onset + length_d, 3))


def _infections(stream: Stream, scenario: Scenario, started_d: float) -> list[Episode]:
    episodes: list[Episode] = []
    day, n = _FIRST_INFECTION_D, 0
    while True:
        yearly = scenario.infections_per_year.typical
        if day < _EARLY_UNTIL_D:
            yearly *= scenario.early_infection_factor.typical
        day += -math.log(stream.uniform("infection_gap", n)) * 365.25 / yearly
        if day > _LAST_INFECTION_D:
            return [episode for episode in episodes if episode.onset_d >= started_d]
        draw = stream.uniform("infection_grade", n)
        grade = 1 + (draw > 0.40) + (draw > 0.94)  # noqa: PLR2004 (assumed shares: 40 %, 54 %, 6 %)
        length = (5.0 + 3.0 * grade) * math.exp(0.3 * stream.normal("infection_length", n))
        episodes.append(_benign("infection", n, day, length, grade))
        n += 1
