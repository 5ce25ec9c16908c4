"""Laboratory values in the unit in which they are graded: exactly, or not at all.

Nothing is guessed from the size of a number. A value, its limits of normal and its baseline go through the
same factor, so a value that is exactly 1.5 times its upper limit stays exactly that.
"""

from decimal import Decimal
from fractions import Fraction

import msgspec

from firstdose.derive.safety.unit_factors import SPELLINGS, UNITS, Basis
from firstdose.terms.outcomes import NotDerived

SIGNIFICANT_DIGITS = 28
"""Kept of a value that has no finite decimal (1 mg/dL of glucose); far beyond any limit of CTCAE."""


class Converted(msgspec.Struct, frozen=True, kw_only=True):
    """A value in the unit of its analyte; ``is_exact`` unless its decimal has no end."""

    value: Decimal
    unit: str
    basis: Basis
    is_exact: bool


def convert_exactly(analyte: str, value: Decimal, *, unit: str, to_unit: str) -> Fraction | NotDerived:
    """A value of an analyte in another unit, as a fraction without rounding.

    Parameters
    ----------
    analyte : str
        Key in ``UNITS``; laboratory keys are those of the CTCAE limits.
    value : Decimal
        In ``unit``.
    unit, to_unit : str
        As the laboratory writes them; upper and lower case differ.

    Returns
    -------
    Fraction
    NotDerived
        ``unknown_analyte``, ``unknown_unit`` or ``not_a_number``.

    Examples
    --------
    >>> convert_exactly("hemoglobin", Decimal("98"), unit="g/L", to_unit="g/dL")
    Fraction(49, 5)
    >>> convert_exactly("creatinine", Decimal("1.8"), unit="mg/L", to_unit="umol/L").reason
    'unknown_unit'
    """
    known = UNITS.get(analyte)
    if known is None:
        return NotDerived("unknown_analyte", f"no units are listed for {analyte!r}")
    if not value.is_finite():
        return NotDerived("not_a_number", f"{value} is not a finite number")
    from_factor, to_factor = (known.factors.get(SPELLINGS.get(one, one)) for one in (unit, to_unit))
    if from_factor is None or to_factor is None:
        unknown = unit if from_factor is None else to_unit
        return NotDerived(
            "unknown_unit", f"{unknown!r} is not a unit of {analyte}: {', '.join(known.factors)}"
        )
    in_own_unit = (Fraction(value) + from_factor.shift) * from_factor.factor
    return in_own_unit / to_factor.factor - to_factor.shift


def convert_for_grading(analyte: str, value: Decimal, *, unit: str) -> Converted | NotDerived:
    """A value in the unit in which the analyte is graded.

    Parameters
    ----------
    analyte : str
        Key in ``UNITS``.
    value : Decimal
        A measured value, a limit of normal or a baseline, in ``unit``.
    unit : str
        As the laboratory writes it.

    Returns
    -------
    Converted
    NotDerived
        As :func:`convert_exactly`.

    Source
    ------
    Factors in ``UNITS``; convention P-CTC-11.

    Examples
    --------
    >>> convert_for_grading("creatinine", Decimal("1.8"), unit="mg/dL").value
    Decimal('159.156')
    """
    exact = convert_exactly(
        analyte, value, unit=unit, to_unit=UNITS[analyte].unit if analyte in UNITS else unit
    )
    if isinstance(exact, NotDerived):
        return exact
    known = UNITS[analyte]
    decimal, is_exact = _as_decimal(exact)
    return Converted(
        value=decimal,
        unit=known.unit,
        basis=known.factors[SPELLINGS.get(unit, unit)].basis,
        is_exact=is_exact,
    )


def _as_decimal(number: Fraction) -> tuple[Decimal, bool]:
    """The number as a decimal, and whether it is the number."""
    rest, twos, fives = number.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    places = max(twos, fives)
    is_exact = rest == 1
    if not is_exact:
        magnitude = len(str(abs(number.numerator) // number.denominator or 1))
        places = SIGNIFICANT_DIGITS - magnitude
    whole = round(number * 10**places)
    digits = tuple(int(digit) for digit in str(abs(whole)))
    return Decimal((int(whole < 0), digits, -places)), is_exact
