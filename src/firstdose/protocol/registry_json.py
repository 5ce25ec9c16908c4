"""A study of ClinicalTrials.gov in the JSON of its API, version 2; properties that are not read are ignored.

Source: ctg-oas-v2.yaml (API 2.0.0-draft), schema Study. Every property of the schema is optional.
"""

import json
from collections.abc import Iterator
from typing import Annotated, Any, TypeVar

import msgspec

from firstdose.protocol.registry_record import (
    DesignFact,
    DesignKey,
    RegistryOutcome,
    RegistryRecord,
    RegistrySite,
    Span,
)
from firstdose.protocol.registry_words import (
    in_design_order,
    parse_code,
    parse_design_sentences,
    parse_time_frame,
)
from firstdose.terms.outcomes import Fault, NotDerived

T = TypeVar("T")
ROOT = "protocolSection"
OUTCOMES = ("primaryOutcomes", "secondaryOutcomes", "otherOutcomes")


class Masking(msgspec.Struct, frozen=True):
    """Schema MaskingBlock."""

    masking: str | None = None


class DesignInfo(msgspec.Struct, frozen=True, rename="camel"):
    """Schema DesignInfo."""

    allocation: str | None = None
    intervention_model_description: str | None = None
    primary_purpose: str | None = None
    masking_info: Masking = Masking()


class Enrolment(msgspec.Struct, frozen=True):
    """Schema EnrollmentInfo."""

    count: Annotated[int, msgspec.Meta(ge=0)] | None = None


class Design(msgspec.Struct, frozen=True, rename="camel"):
    """Schema DesignModule."""

    study_type: str | None = None
    design_info: DesignInfo = DesignInfo()
    enrollment_info: Enrolment = Enrolment()


class Description(msgspec.Struct, frozen=True, rename="camel"):
    """Schema DescriptionModule."""

    brief_summary: str | None = None
    detailed_description: str | None = None


class Described(msgspec.Struct, frozen=True):
    """The text of an arm group or of an intervention."""

    description: str = ""


class Outcome(msgspec.Struct, frozen=True, rename="camel"):
    """Schema Outcome; an outcome of a record is nothing without its measure."""

    measure: str
    description: str = ""
    time_frame: str = ""


class Location(msgspec.Struct, frozen=True):
    """Schema Location; a site of a record is nothing without its facility."""

    facility: str
    city: str = ""
    state: str = ""
    country: str = ""


def parse_registry_json(text: str) -> RegistryRecord | list[Fault]:
    """The record of a study in JSON, or every fault in it; places are paths in the JSON."""
    try:
        study = json.loads(text.lstrip("\ufeff"))
    except json.JSONDecodeError as error:
        return [Fault(what=f"not JSON: {error.msg}", why=f"column {error.colno}", line=error.lineno)]
    except ValueError:
        return [Fault(what="not a study: a number of its JSON has thousands of digits")]
    except RecursionError:
        return [Fault(what="not a study: its JSON is nested too deeply")]
    if not isinstance(study, dict) or not isinstance(study.get(ROOT), dict):
        return [
            Fault(
                what=f"this JSON has no {ROOT}",
                next="save one study of the ClinicalTrials.gov API, version 2",
                line=1,
            )
        ]
    faults: list[Fault] = []
    record = RegistryRecord(
        facts=in_design_order([*_design_facts(study, faults), *_sentence_facts(study, faults)]),
        sites=tuple(_sites(study, faults)),
        outcomes=tuple(_outcomes(study, faults)),
    )
    return faults or record


def _design_facts(study: dict[str, Any], faults: list[Fault]) -> Iterator[DesignFact]:
    path = f"{ROOT}.designModule"
    design = _read(study, path, Design, faults) or Design()
    codes: tuple[tuple[DesignKey, str, str | None], ...] = (
        ("study_type", "studyType", design.study_type),
        ("allocation", "designInfo.allocation", design.design_info.allocation),
        ("purpose", "designInfo.primaryPurpose", design.design_info.primary_purpose),
        ("masking", "designInfo.maskingInfo.masking", design.design_info.masking_info.masking),
    )
    for key, below, said in codes:
        if said is not None:
            yield DesignFact(key=key, value=parse_code(said), said=said, where=f"{path}.{below}")
    count = design.enrollment_info.count
    if count is not None:
        where = f"{path}.enrollmentInfo.count"
        yield DesignFact(key="enrolment", value=Span(count, count), said=str(count), where=where)


def _sentence_facts(study: dict[str, Any], faults: list[Fault]) -> Iterator[DesignFact]:
    path = f"{ROOT}.descriptionModule"
    description = _read(study, path, Description, faults) or Description()
    yield from parse_design_sentences(description.brief_summary or "", f"{path}.briefSummary")
    yield from parse_design_sentences(description.detailed_description or "", f"{path}.detailedDescription")
    for part in ("armGroups", "interventions"):
        for where, described in _list(study, f"{ROOT}.armsInterventionsModule.{part}", Described, faults):
            yield from parse_design_sentences(described.description, f"{where}.description")


def _sites(study: dict[str, Any], faults: list[Fault]) -> Iterator[RegistrySite]:
    for where, found in _list(study, f"{ROOT}.contactsLocationsModule.locations", Location, faults):
        yield RegistrySite(
            facility=found.facility,
            city=found.city,
            province=found.state,
            country=found.country,
            where=where,
        )


def _outcomes(study: dict[str, Any], faults: list[Fault]) -> Iterator[RegistryOutcome]:
    for part in OUTCOMES:
        for where, found in _list(study, f"{ROOT}.outcomesModule.{part}", Outcome, faults):
            frame = parse_time_frame(found.time_frame) if found.time_frame else NotDerived("not_stated")
            yield RegistryOutcome(
                title=found.measure,
                description=" ".join(found.description.split()),
                frame_text=found.time_frame,
                frame=frame,
                where=where,
            )


def _list(study: dict[str, Any], path: str, shape: type[T], faults: list[Fault]) -> Iterator[tuple[str, T]]:
    """The entries of a list that may be absent, each with its path."""
    entries = _read(study, path, list[Any], faults) or []
    for place in range(len(entries)):
        where = f"{path}[{place}]"
        found = _convert(entries[place], where, shape, faults)
        if found is not None:
            yield where, found


def _read(study: dict[str, Any], path: str, shape: type[T], faults: list[Fault]) -> T | None:
    """What stands at a path, or nothing if the record does not state it."""
    node: Any = study
    for step in path.split("."):
        if not isinstance(node, dict):
            faults.append(Fault(what=f"{step} stands in no object", clause=path))
            return None
        if node.get(step) is None:
            return None
        node = node[step]
    return _convert(node, path, shape, faults)


def _convert(node: Any, path: str, shape: type[T], faults: list[Fault]) -> T | None:
    try:
        return msgspec.convert(node, shape)
    except msgspec.ValidationError as error:
        what, _, at = str(error).partition(" - at `$")
        faults.append(Fault(what=what, clause=path + at.rstrip("`")))
        return None
