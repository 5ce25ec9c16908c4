"""Vital signs, electrocardiograms and physical examinations of a participant."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

import msgspec

from firstdose.derive.baseline import is_baseline_moment
from firstdose.derive.reference_ranges import list_ranges
from firstdose.derive.safety.course import GradedReading, TermCourse, derive_term_course
from firstdose.derive.safety.ctcae_limits import Version
from firstdose.derive.safety.ctcae_vital_signs import (
    BloodPressure,
    OxygenSaturation,
    grade_fever,
    grade_hypertension,
    grade_hypothermia,
    grade_hypoxia,
)
from firstdose.derive.safety.ecg import QtcAssessment, Tracing, derive_qtc
from firstdose.derive.safety.vital_signs import Measure, SignificanceFlag, derive_significance_flags
from firstdose.protocol.resolved import Protocol
from firstdose.record.state import FormRecord, Participant
from firstdose.terms.outcomes import Finding, NotDerived
from firstdose.terms.scales import Grade
from firstdose.terms.words import Text

MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        "sbp": "systolic_mmhg",
        "dbp": "diastolic_mmhg",
        "pulse": "pulse_per_min",
        "respiratory_rate": "respiratory_rate_per_min",
        "spo2": "spo2_percent",
        "temperature": "temperature_c",
    }
)
"""Items of the vital signs form and what they measure."""
GRADED_TERMS: Mapping[str, Text] = MappingProxyType(
    {
        "fever": Text("Fever", "发热"),
        "hypothermia": Text("Hypothermia", "体温过低"),
        "hypertension": Text("Hypertension", "高血压"),
        "hypoxia": Text("Hypoxia", "缺氧"),
    }
)
N_TRACINGS = 3
SIGNIFICANT = "abnormal_significant"


class FlaggedSign(msgspec.Struct, frozen=True, kw_only=True):
    """A vital sign of possible clinical significance, when it was measured."""

    flag: SignificanceFlag
    collected_at: datetime
    is_after_infusion: bool


class EcgAssessment(msgspec.Struct, frozen=True, kw_only=True):
    """An electrocardiogram after the baseline: the corrected QT of its tracings and its interpretation."""

    visit: str
    timepoint: str
    collected_at: datetime
    is_after_infusion: bool
    qtc: QtcAssessment | NotDerived
    interpretation: str | NotDerived


class ExaminedSystem(msgspec.Struct, frozen=True, kw_only=True):
    """A body system of a participant: clinically significant at baseline, and at any examination after it."""

    item: str
    label: Text
    at_baseline: Finding[bool]
    after_baseline: Finding[bool]

    @property
    def is_new(self) -> bool:
        """Significant after the baseline, and known not to be so at it."""
        return self.after_baseline.value is True and self.at_baseline.value is False


def derive_vital_flags(participant: Participant) -> tuple[Finding[FlaggedSign], ...]:
    """Vital signs after the baseline that may be clinically significant, in the order of collection."""
    flags: list[Finding[FlaggedSign]] = []
    filled = _list_filled(participant, "vital_signs")
    for item, measure in MEASURES.items():
        flags += _flag_item(participant, filled, item, measure)
    flags += _flag_item(participant, _list_filled(participant, "physical_examination"), "weight", "weight_kg")
    return tuple(sorted(flags, key=lambda one: (_flagged_at(one), one.sources)))


def derive_vital_grades(participant: Participant, protocol: Protocol) -> tuple[TermCourse, ...]:
    """The course of the four terms that CTCAE grades from a vital sign."""
    version = protocol.definitions.ctcae_version
    limits = list_ranges(protocol, participant.sex, participant.site).get(("vital_signs", "spo2"))
    filled = _list_filled(participant, "vital_signs")
    baseline = _last_pressure_before(participant, filled)
    readings: defaultdict[str, list[GradedReading]] = defaultdict(list)
    for one in filled:
        for key, (grade, items) in _grade_signs(
            one, baseline, version=version, lln_percent=limits.low if limits else None
        ).items():
            readings[key].append(
                GradedReading(
                    collected_at=one.collected_at,
                    grade=grade,
                    sources=tuple(dict.fromkeys(one.position_of(item) for item in items)),
                )
            )
    return tuple(
        derive_term_course(
            readings[key],
            participant,
            form="vital_signs",
            key=key,
            term=term,
            clause="definitions.ctcae_version",
        )
        for key, term in GRADED_TERMS.items()
        if readings[key]
    )


def derive_ecgs(participant: Participant, protocol: Protocol) -> tuple[Finding[EcgAssessment], ...]:
    """Every electrocardiogram after the baseline, with the change from the last before lymphodepletion."""
    first = participant.first_infusion_at
    filled = _list_filled(participant, "ecg")
    before = [one for one in filled if is_baseline_moment(participant, one.collected_at) and _tracings(one)]
    baseline = before[-1] if before else None
    found = []
    for one in filled:
        if is_baseline_moment(participant, one.collected_at):
            continue
        read = one.values.get("interpretation")
        found.append(
            Finding(
                value=EcgAssessment(
                    visit=one.visit,
                    timepoint=one.timepoint,
                    collected_at=one.collected_at,
                    is_after_infusion=first is not None and one.collected_at > first,
                    qtc=derive_qtc(
                        _tracings(one),
                        baseline=_tracings(baseline) if baseline else (),
                        version=protocol.definitions.ctcae_version,
                    ),
                    interpretation=read if isinstance(read, str) and read else NotDerived("not_assessed"),
                ),
                clause="definitions.ctcae_version",
                rule="mean of the tracings by Fridericia; change from the last before lymphodepletion",
                sources=tuple(dict.fromkeys([*_positions(one), *(_positions(baseline) if baseline else ())])),
            )
        )
    return tuple(found)


def derive_examinations(participant: Participant, protocol: Protocol) -> tuple[ExaminedSystem, ...]:
    """Body systems with their clinically significant findings."""
    form = protocol.form_by_key.get("physical_examination")
    if form is None:
        return ()
    filled = _list_filled(participant, form.key)
    before = [one for one in filled if is_baseline_moment(participant, one.collected_at)]
    after = [one for one in filled if not is_baseline_moment(participant, one.collected_at)]
    return tuple(
        ExaminedSystem(
            item=item.key,
            label=item.label.text,
            at_baseline=_is_significant(
                [one for one in before if _is_examined(one, item.key)][-1:], item.key
            ),
            after_baseline=_is_significant([one for one in after if _is_examined(one, item.key)], item.key),
        )
        for item in form.items
        if any(choice.key == SIGNIFICANT for choice in item.choices)
    )


def _flag_item(
    participant: Participant, filled: list[FormRecord], item: str, measure: Measure
) -> list[Finding[FlaggedSign]]:
    first = participant.first_infusion_at
    baseline: tuple[FormRecord, Decimal] | None = None
    flags: list[Finding[FlaggedSign]] = []
    for one in filled:
        value = _read(one, item)
        if value is None:
            continue
        if is_baseline_moment(participant, one.collected_at):
            baseline = (one, value)
            continue
        raised = derive_significance_flags(
            measure,
            value,
            baseline[1] if baseline else None,
            is_on_room_air=one.values.get("oxygen_given") is not True,
        )
        if isinstance(raised, NotDerived):
            continue
        sources = [one.position_of(item), *([baseline[0].position_of(item)] if baseline else [])]
        flags += [
            Finding(
                value=FlaggedSign(
                    flag=flag,
                    collected_at=one.collected_at,
                    is_after_infusion=first is not None and one.collected_at > first,
                ),
                clause="vital_signs",
                rule=flag.key,
                sources=tuple(dict.fromkeys(sources)),
            )
            for flag in raised
        ]
    return flags


def _flagged_at(finding: Finding[FlaggedSign]) -> datetime:
    assert isinstance(finding.value, FlaggedSign)
    return finding.value.collected_at


def _grade_signs(
    filled: FormRecord, baseline: BloodPressure | None, *, version: Version, lln_percent: Decimal | None
) -> dict[str, tuple[Grade | NotDerived, tuple[str, ...]]]:
    """The grades of one form by term, with the items that each was read from."""
    graded: dict[str, tuple[Grade | NotDerived, tuple[str, ...]]] = {}
    temperature = _read(filled, "temperature")
    if temperature is not None:
        # A single reading does not say how long 40 °C was passed.
        fever = grade_fever(temperature, above_40_h=None, version=version)
        graded["fever"] = (fever, ("temperature",))
        graded["hypothermia"] = (grade_hypothermia(temperature, version=version), ("temperature",))
    pressure = _read_pressure(filled)
    if pressure is not None:
        hypertension = grade_hypertension(pressure, baseline=baseline, persisting_h=None, version=version)
        graded["hypertension"] = (hypertension, ("sbp", "dbp"))
    saturation = _read(filled, "spo2")
    if saturation is not None:
        oxygen = OxygenSaturation(
            at_rest_percent=saturation,
            lln_percent=lln_percent,
            is_on_continuous_oxygen=filled.values.get("oxygen_given") is True,
        )
        graded["hypoxia"] = (grade_hypoxia(oxygen, version=version), ("spo2",))
    return graded


def _read_pressure(filled: FormRecord) -> BloodPressure | None:
    systolic, diastolic = _read(filled, "sbp"), _read(filled, "dbp")
    if systolic is None or diastolic is None:
        return None
    return BloodPressure(systolic_mmhg=systolic, diastolic_mmhg=diastolic)


def _last_pressure_before(participant: Participant, filled: list[FormRecord]) -> BloodPressure | None:
    read = [_read_pressure(one) for one in filled if is_baseline_moment(participant, one.collected_at)]
    known = [one for one in read if one is not None]
    return known[-1] if known else None


def _tracings(filled: FormRecord) -> tuple[Tracing, ...]:
    """The tracings that are complete; three as a rule."""
    found = []
    for number in range(1, N_TRACINGS + 1):
        rate, qt = _read(filled, f"heart_rate_{number}"), _read(filled, f"qt_{number}")
        if rate is not None and qt is not None:
            found.append(Tracing(qt_ms=qt, heart_rate_per_min=rate))
    return tuple(found)


def _positions(filled: FormRecord) -> tuple[int, ...]:
    return (filled.position, *(made.position for made in filled.corrections))


def _is_examined(filled: FormRecord, item: str) -> bool:
    return filled.values.get(item) not in (None, "", "not_examined")


def _is_significant(examined: list[FormRecord], item: str) -> Finding[bool]:
    clause, rule = "forms.physical_examination", "abnormal and clinically significant by the investigator"
    if not examined:
        return Finding(value=NotDerived("not_assessed", "not examined"), clause=clause, rule=rule)
    found = [one for one in examined if one.values[item] == SIGNIFICANT]
    return Finding(
        value=bool(found),
        clause=clause,
        rule=rule,
        sources=tuple(one.position_of(item) for one in found or examined[-1:]),
    )


def _list_filled(participant: Participant, form: str) -> list[FormRecord]:
    return sorted(participant.forms_by_name.get(form, ()), key=lambda record: record.collected_at)


def _read(filled: FormRecord, item: str) -> Decimal | None:
    value = filled.values.get(item)
    return Decimal(value) if isinstance(value, str) and value else None
