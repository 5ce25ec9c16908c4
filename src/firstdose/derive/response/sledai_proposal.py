"""What laboratory values propose for SLEDAI-2K; a person attributes, the machine only proposes.

Every limit is strict: a value exactly at its limit proposes absent. After lymphodepletion nearly everyone is
leukopenic and cytokine release gives fever, so three descriptors are then never scored from the value alone.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

import msgspec

from firstdose.derive.response.sledai import DescriptorFinding
from firstdose.terms.calendar import protocol_day, site_date
from firstdose.terms.outcomes import NotDerived

WINDOW_D = 30
"""P-SLEDAI-1. Touma Z et al. Lupus 2010;19:49-51; 10 and 28 days are the other published windows."""
SEROLOGY_CARRIED_FORWARD_D = 30
"""P-SLEDAI-3."""
LYMPHODEPLETION_LAST_DAY = 28
"""P-SLEDAI-2: the last protocol day on which fever and blood counts are not scored from the value alone."""
CONFOUNDED_BY_LYMPHODEPLETION = frozenset({"fever", "thrombocytopenia", "leukopenia"})

ACTIVE_JOINTS_MIN = 2
CELLS_PER_FIELD_ABOVE = Decimal(5)
PROTEIN_ABOVE_G_PER_24H = Decimal("0.5")
UPCR_MG_PER_MMOL_PER_G_PER_G = Decimal("113.12")
"""1 g/g in mg/mmol (creatinine is 113.12 g/mol); P-SLEDAI-4 forbids the rounded 100."""
TEMPERATURE_ABOVE_C = Decimal("38.0")
PLATELETS_BELOW_10E9_PER_L = Decimal(100)
WHITE_CELLS_BELOW_10E9_PER_L = Decimal("3.0")


class DatedValue(msgspec.Struct, frozen=True, kw_only=True):
    """A value of a day, with the limits of the laboratory that measured it where it has any."""

    value: Decimal
    on: date
    lln: Decimal | None = None
    uln: Decimal | None = None


class TimedValue(msgspec.Struct, frozen=True, kw_only=True):
    """One sample among several from which the visit's is chosen."""

    value: Decimal
    taken_at: datetime
    lln: Decimal | None = None
    uln: Decimal | None = None


class ActivityValues(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of a visit that bear on SLEDAI-2K descriptors; None where nothing was measured.

    The temperature is the highest of the window.
    """

    active_joints: int | None = None
    has_urinary_casts: bool | None = None
    urine_red_cells_per_field: DatedValue | None = None
    urine_white_cells_per_field: DatedValue | None = None
    urine_protein_g_per_24h: DatedValue | None = None
    upcr_mg_per_mmol: DatedValue | None = None
    upcr_g_per_g: DatedValue | None = None
    c3: DatedValue | None = None
    c4: DatedValue | None = None
    ch50: DatedValue | None = None
    anti_dsdna: DatedValue | None = None
    temperature_c: DatedValue | None = None
    platelets_10e9_per_l: DatedValue | None = None
    white_cells_10e9_per_l: DatedValue | None = None


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """What the value says (``meets_test``) and what may be scored from it without a person (``finding``).

    ``finding`` is NotDerived with reason ``needs_attribution`` when a person must attribute first.
    """

    key: str
    meets_test: bool | NotDerived
    finding: DescriptorFinding | NotDerived
    since_lymphodepletion_d: int | None


def choose_sample(
    samples: Sequence[TimedValue], visit_date: date, *, window_d: int = WINDOW_D
) -> DatedValue | NotDerived:
    """The sample of a visit: the closest to the visit date in the window, the later one on a tie.

    Parameters
    ----------
    samples : sequence of n TimedValue
        In any order.
    visit_date : date
        The window is ``[visit_date - window_d, visit_date]``, both ends included.
    window_d : int
        ``SEROLOGY_CARRIED_FORWARD_D`` for complement and anti-dsDNA. [d]

    Source
    ------
    Convention P-SLEDAI-3.
    """
    eligible = [one for one in samples if 0 <= (visit_date - site_date(one.taken_at)).days <= window_d]
    if not eligible:
        return NotDerived("no_sample", f"no sample in the {window_d} days up to {visit_date}")
    # Within a window that ends on the visit date the closest day, ties to the later, is the latest moment.
    chosen = max(eligible, key=lambda one: one.taken_at)
    return DatedValue(value=chosen.value, on=site_date(chosen.taken_at), lln=chosen.lln, uln=chosen.uln)


def propose_descriptors(
    values: ActivityValues,
    *,
    lymphodepletion_start: date | None,
    first_infusion: date | None,
    excluded_causes: Collection[str] = (),
    is_ch50_required: bool = False,
    lymphodepletion_last_day: int = LYMPHODEPLETION_LAST_DAY,
) -> dict[str, Proposal]:
    """Proposals for the descriptors that have a test on a number.

    Parameters
    ----------
    values : ActivityValues
        The values of the visit, each already chosen by `choose_sample`.
    lymphodepletion_start, first_infusion : date or None
        None when it has not happened. From the first to ``lymphodepletion_last_day`` after the second (both
        included; without an end until there is an infusion) fever and blood counts need attribution.
    excluded_causes : collection of descriptor keys
        Descriptors for which an excluded cause (infection, stone, drug) is recorded; never scored by value.
    is_ch50_required : bool
        Whether complement is absent only if CH50 was measured too; C3 and C4 are always needed.
    lymphodepletion_last_day : int
        Protocol day. [d]

    Returns
    -------
    dict of descriptor key to Proposal
        A proposal that is scored carries attribution "unknown" until a person attributes it.

    Source
    ------
    Conventions P-SLEDAI-2 to P-SLEDAI-4.
    """
    proposals = {}
    for key, (meets_test, on) in _tests(values, is_ch50_required=is_ch50_required).items():
        since_d = (on - lymphodepletion_start).days if on and lymphodepletion_start else None
        is_confounded = (
            key in CONFOUNDED_BY_LYMPHODEPLETION
            and on is not None
            and _is_after_lymphodepletion(on, lymphodepletion_start, first_infusion, lymphodepletion_last_day)
        )
        finding: DescriptorFinding | NotDerived
        if isinstance(meets_test, NotDerived):
            finding = meets_test
        elif not meets_test:
            finding = DescriptorFinding(present=False)
        elif is_confounded:
            finding = NotDerived("needs_attribution", f"{since_d} days since the start of lymphodepletion")
        elif key in excluded_causes:
            finding = NotDerived("needs_attribution", "an excluded cause is recorded")
        else:
            finding = DescriptorFinding(present=True, attributable="unknown")
        proposals[key] = Proposal(
            key=key, meets_test=meets_test, finding=finding, since_lymphodepletion_d=since_d
        )
    return proposals


def _is_after_lymphodepletion(
    on: date, lymphodepletion_start: date | None, first_infusion: date | None, last_day: int
) -> bool:
    if lymphodepletion_start is None or on < lymphodepletion_start:
        return False
    return first_infusion is None or protocol_day(on, first_infusion) <= last_day


_Tested = tuple[bool | NotDerived, date | None]


def _tests(values: ActivityValues, *, is_ch50_required: bool) -> dict[str, _Tested]:
    joints, casts = values.active_joints, values.has_urinary_casts
    return {
        "arthritis": (_not_measured("joints") if joints is None else joints >= ACTIVE_JOINTS_MIN, None),
        "urinary_casts": (_not_measured("casts") if casts is None else casts, None),
        "hematuria": _above(values.urine_red_cells_per_field, CELLS_PER_FIELD_ABOVE, "urine red cells"),
        "proteinuria": _proteinuria(values),
        "pyuria": _above(values.urine_white_cells_per_field, CELLS_PER_FIELD_ABOVE, "urine white cells"),
        "low_complement": _low_complement(values, is_ch50_required=is_ch50_required),
        "increased_dna_binding": _above_uln(values.anti_dsdna),
        "fever": _above(values.temperature_c, TEMPERATURE_ABOVE_C, "temperature"),
        "thrombocytopenia": _below(values.platelets_10e9_per_l, PLATELETS_BELOW_10E9_PER_L, "platelets"),
        "leukopenia": _below(values.white_cells_10e9_per_l, WHITE_CELLS_BELOW_10E9_PER_L, "white cells"),
    }


def _not_measured(name: str) -> NotDerived:
    return NotDerived("not_measured", f"{name} not measured")


def _above(measured: DatedValue | None, limit: Decimal, name: str) -> _Tested:
    return (_not_measured(name), None) if measured is None else (measured.value > limit, measured.on)


def _below(measured: DatedValue | None, limit: Decimal, name: str) -> _Tested:
    return (_not_measured(name), None) if measured is None else (measured.value < limit, measured.on)


def _above_uln(measured: DatedValue | None) -> _Tested:
    if measured is None:
        return _not_measured("anti-dsDNA"), None
    if measured.uln is None:
        return NotDerived("no_uln", "no upper limit of normal for anti-dsDNA"), measured.on
    return measured.value > measured.uln, measured.on


def _proteinuria(values: ActivityValues) -> _Tested:
    if values.urine_protein_g_per_24h is not None:
        return _above(values.urine_protein_g_per_24h, PROTEIN_ABOVE_G_PER_24H, "urine protein")
    if values.upcr_g_per_g is not None:
        return _above(values.upcr_g_per_g, PROTEIN_ABOVE_G_PER_24H, "protein to creatinine ratio")
    if values.upcr_mg_per_mmol is not None:
        ratio_g_per_g = Fraction(values.upcr_mg_per_mmol.value) / Fraction(UPCR_MG_PER_MMOL_PER_G_PER_G)
        return ratio_g_per_g > Fraction(PROTEIN_ABOVE_G_PER_24H), values.upcr_mg_per_mmol.on
    return _not_measured("urine protein"), None


def _low_complement(values: ActivityValues, *, is_ch50_required: bool) -> _Tested:
    measured = [one for one in (values.c3, values.c4, values.ch50) if one is not None]
    last_on = max((one.on for one in measured), default=None)
    if any(one.lln is not None and one.value < one.lln for one in measured):
        return True, last_on
    required = (values.c3, values.c4, values.ch50) if is_ch50_required else (values.c3, values.c4)
    if any(one is None for one in required):
        return _not_measured("complement"), last_on
    if any(one.lln is None for one in measured):
        return NotDerived("no_lln", "no lower limit of normal for complement"), last_on
    return False, last_on
