"""SLEDAI-2K descriptors proposed from laboratory values, written from the descriptor definitions.

A second hand. Every limit is strict. ``None`` means that nothing can be proposed.

Source: Gladman 2002; Touma 2010 (30-day window).
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

MG_PER_MMOL_CREATININE = Fraction(11312, 100)
TRAP = ("fever", "thrombocytopenia", "leukopenia")


def low_complement(measured: Iterable[tuple[Decimal | None, Decimal | None]]) -> bool | None:
    """Any of C3, C4, CH50 as (value, lower limit) under its limit; false only if all that were measured are not."""
    answers = [None if value is None or low is None else value < low for value, low in measured]
    if any(answer is True for answer in answers):
        return True
    return None if not answers or None in answers else False


def increased_dna_binding(value: Decimal | None, high: Decimal | None) -> bool | None:
    """Anti-dsDNA above the upper limit of its laboratory."""
    return None if value is None or high is None else value > high


def proteinuria(urine_24h_g: Decimal | None, upcr: tuple[Decimal, str] | None) -> bool | None:
    """24-hour protein when it was collected, else the ratio in g/g or mg/mmol, against 0.5."""
    if urine_24h_g is not None:
        return urine_24h_g > Decimal("0.5")
    if upcr is None:
        return None
    value, unit = upcr
    ratio = Fraction(value) / MG_PER_MMOL_CREATININE if unit == "mg/mmol" else Fraction(value)
    return ratio > Fraction(1, 2)


def over_five_cells(per_field: Decimal | None) -> bool | None:
    """More than five cells in a high-power field (red cells: haematuria; white cells: pyuria)."""
    return None if per_field is None else per_field > 5


def arthritis(active_joints: int | None) -> bool | None:
    """Two or more joints with pain and signs of inflammation."""
    return None if active_joints is None else active_joints >= 2


def fever(temperature_c: Decimal | None) -> bool | None:
    """Above 38.0 degrees."""
    return None if temperature_c is None else temperature_c > 38


def thrombocytopenia(platelets: Decimal | None) -> bool | None:
    """Under 100 x 10^9/L."""
    return None if platelets is None else platelets < 100


def leukopenia(white_cells: Decimal | None) -> bool | None:
    """Under 3.0 x 10^9/L."""
    return None if white_cells is None else white_cells < 3


def sample_of_visit(
    samples: Iterable[tuple[datetime, Decimal]], visit: date, window_d: int = 30
) -> tuple[datetime, Decimal] | None:
    """The sample in [visit - window, visit] closest to the visit date; the later of two equally close."""
    first = visit - timedelta(days=window_d)
    held = [s for s in samples if first <= s[0].date() <= visit]
    return max(held, key=lambda s: s[0]) if held else None


def may_score_itself(descriptor: str, on: date, lymphodepletion: date | None, day_0: date | None) -> bool:
    """Whether the laboratory value may set the descriptor without an attribution by the investigator.

    The three descriptors that lymphodepletion and cytokine release imitate are held from the first day of
    lymphodepletion to Day 28, both included.
    """
    if descriptor not in TRAP or lymphodepletion is None or on < lymphodepletion:
        return True
    return day_0 is not None and on > day_0 + timedelta(days=28)


def days_since(lymphodepletion: date | None, on: date) -> int | None:
    """Days from the start of lymphodepletion."""
    return None if lymphodepletion is None else (on - lymphodepletion).days
