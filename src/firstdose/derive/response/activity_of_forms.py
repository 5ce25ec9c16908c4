"""Which items of the forms bear on SLEDAI-2K descriptors, and what they propose on a day.

One form is read by itself while it is filled; an assessment reads every form of its window (P-SLEDAI-3).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from types import MappingProxyType

import msgspec

from firstdose.derive.reference_ranges import list_ranges
from firstdose.derive.response.of_forms import read_decimal_item
from firstdose.derive.response.sledai_proposal import (
    SEROLOGY_CARRIED_FORWARD_D,
    ActivityValues,
    DatedValue,
    Proposal,
    TimedValue,
    choose_sample,
    propose_descriptors,
)
from firstdose.protocol.resolved import Protocol, ReferenceRange
from firstdose.record.state import FormRecord, Participant
from firstdose.terms.calendar import site_date

Key = tuple[str, str]
"""Form and item."""

COLLECTED_URINE: Key = ("urinalysis", "protein_24h")
PROTEIN_RATIO: Key = ("urinalysis", "upcr")
ITEMS: Mapping[str, Mapping[Key, str]] = MappingProxyType(
    {
        "urinary_casts": {("urinalysis", "casts"): "has_urinary_casts"},
        "hematuria": {("urinalysis", "rbc_hpf"): "urine_red_cells_per_field"},
        "proteinuria": {
            COLLECTED_URINE: "urine_protein_g_per_24h",
            PROTEIN_RATIO: "upcr_g_per_g",
        },
        "pyuria": {("urinalysis", "wbc_hpf"): "urine_white_cells_per_field"},
        "low_complement": {
            ("complement", "c3"): "c3",
            ("complement", "c4"): "c4",
            ("complement", "ch50"): "ch50",
        },
        "increased_dna_binding": {("complement", "anti_dsdna"): "anti_dsdna"},
        "fever": {("vital_signs", "temperature"): "temperature_c"},
        "thrombocytopenia": {("haematology", "platelets"): "platelets_10e9_per_l"},
        "leukopenia": {("haematology", "wbc"): "white_cells_10e9_per_l"},
    }
)
"""Descriptors by the items that propose them, in the units of the limits; joints are on no form."""
SEROLOGY = "complement"
URINALYSIS = "urinalysis"
CASTS_OF_LUPUS = frozenset({"haem_granular", "red_cell"})
"""Haem-granular or red blood cell casts; hyaline, granular and other casts are none of the descriptor."""
EXCLUDED_BY_INFECTION = ("hematuria", "pyuria")
"""Gladman DD et al. 2002: a suspected urinary infection must be excluded before either is scored."""
CAUSES_OF_FEVER = frozenset({"crs", "infection", "infusion_reaction"})
"""Categories of adverse events that give fever without lupus; one on the day of the fever is an excluded cause."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """A value that a proposal rests on."""

    form: str
    item: str
    measured: DatedValue


class ProposedDescriptor(msgspec.Struct, frozen=True, kw_only=True):
    """What the forms propose for a descriptor, and the values that it rests on."""

    proposal: Proposal
    evidence: tuple[Evidence, ...]
    has_excluded_cause: bool


def propose_from_forms(
    filled: Sequence[FormRecord], participant: Participant, protocol: Protocol, visit_date: date
) -> tuple[ProposedDescriptor, ...]:
    """Proposals for the descriptors that the forms have an item for.

    Parameters
    ----------
    filled : sequence of n FormRecord
        One form to hear what it proposes by itself, or all forms of the participant.
    participant : Participant
        Whose treatment and site hold; the forms need not be submitted yet.
    protocol : Protocol
        Its definitions give the window and the days on which blood counts and fever need attribution.
    visit_date : date
        Values of the window that ends on it are looked at; of several the last, of temperatures the highest.

    Returns
    -------
    tuple of ProposedDescriptor
        In the order of the instrument; one of which nothing was measured is proposed as not derived.

    Source
    ------
    Conventions P-SLEDAI-1 to P-SLEDAI-4.
    """
    ranges = list_ranges(protocol, participant.sex, participant.site)
    window_d = protocol.definitions.sledai_window_d
    recent = [one for one in filled if 0 <= (visit_date - site_date(one.collected_at)).days <= window_d]
    evidence = {key: _find(filled, key, ranges.get(key), visit_date, window_d) for key in _list_keys()}
    _keep_later_protein(evidence)
    casts = _find_casts(recent)
    numbers = {
        field: found.measured
        for items in ITEMS.values()
        for key, field in items.items()
        if (found := evidence[key]) is not None
    }
    excluded: tuple[str, ...] = EXCLUDED_BY_INFECTION if _suspects_infection(recent) else ()
    fever = evidence["vital_signs", "temperature"]
    if fever is not None and _has_cause_of_fever(participant, fever.measured.on):
        excluded = (*excluded, "fever")
    first, start = participant.first_infusion_at, participant.first_lymphodepletion_at
    proposals = propose_descriptors(
        msgspec.structs.replace(ActivityValues(has_urinary_casts=casts), **numbers),
        lymphodepletion_start=site_date(start) if start else None,
        first_infusion=site_date(first) if first else None,
        excluded_causes=excluded,
        lymphodepletion_last_day=protocol.definitions.sledai_attribution_after_lymphodepletion_d,
    )
    return tuple(
        ProposedDescriptor(
            proposal=proposals[descriptor],
            evidence=tuple(found for key in items if (found := evidence[key]) is not None),
            has_excluded_cause=descriptor in excluded,
        )
        for descriptor, items in ITEMS.items()
    )


def _list_keys() -> Iterator[Key]:
    return (key for items in ITEMS.values() for key in items)


def _find(
    filled: Iterable[FormRecord], key: Key, limits: ReferenceRange | None, visit_date: date, window_d: int
) -> Evidence | None:
    form, item = key
    samples = [
        TimedValue(
            value=value,
            taken_at=one.collected_at,
            lln=limits.low if limits else None,
            uln=limits.high if limits else None,
        )
        for one in filled
        if one.form == form and (value := _read_number(one, item)) is not None
    ]
    within_d = SEROLOGY_CARRIED_FORWARD_D if form == SEROLOGY else window_d
    if item == "temperature":
        samples = _keep_highest(samples, visit_date, window_d)
    chosen = choose_sample(samples, visit_date, window_d=within_d)
    return Evidence(form=form, item=item, measured=chosen) if isinstance(chosen, DatedValue) else None


def _keep_highest(samples: list[TimedValue], visit_date: date, window_d: int) -> list[TimedValue]:
    recent = [one for one in samples if 0 <= (visit_date - site_date(one.taken_at)).days <= window_d]
    highest = max((one.value for one in recent), default=None)
    return [one for one in recent if one.value == highest]


def _keep_later_protein(evidence: dict[Key, Evidence | None]) -> None:
    """Leave out a 24-hour urine that is older than the ratio: the visit's own sample stands (P-SLEDAI-4)."""
    collected, ratio = evidence[COLLECTED_URINE], evidence[PROTEIN_RATIO]
    if collected is not None and ratio is not None:
        evidence[COLLECTED_URINE if ratio.measured.on > collected.measured.on else PROTEIN_RATIO] = None


def _read_number(filled: FormRecord, item: str) -> Decimal | None:
    return None if item == "casts" else read_decimal_item(filled.values, item)


def _find_casts(recent: Sequence[FormRecord]) -> bool | None:
    seen = [one for one in recent if one.form == URINALYSIS and one.values.get("casts")]
    if not seen:
        return None
    return max(seen, key=lambda one: one.collected_at).values["casts"] in CASTS_OF_LUPUS


def _suspects_infection(recent: Sequence[FormRecord]) -> bool:
    return any(one.form == URINALYSIS and one.values.get("infection_suspected") is True for one in recent)


def _has_cause_of_fever(participant: Participant, on: date) -> bool:
    return any(
        event.reported.category in CAUSES_OF_FEVER
        and site_date(event.reported.onset) <= on
        and (event.ended is None or on <= site_date(event.ended.happened_at))
        for event in participant.adverse_events.values()
    )
