"""Numbers as they were written, rounding that clinical rules use, and units.

A measured number is kept as the text that was entered and compared as a decimal: in binary floats a
creatinine of 1.8 mg/dL is above 1.5 times 1.2 mg/dL, and the grade is wrong.
"""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, getcontext, localcontext

from firstdose.terms.outcomes import NotDerived


def read_decimal(text: str) -> Decimal | NotDerived:
    """The decimal that a text says, or why it says none.

    Examples
    --------
    >>> read_decimal("4.10")
    Decimal('4.10')
    >>> read_decimal("nan").reason
    'not_a_number'
    """
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return NotDerived("not_a_number", f"{text!r} is not a number")
    if not number.is_finite():
        return NotDerived("not_a_number", f"{text!r} is not a finite number")
    return number


def round_half_up(number: Decimal, places: int = 0) -> Decimal:
    """The number rounded half up (480.5 becomes 481), as clinical rules round.

    Examples
    --------
    >>> round_half_up(Decimal("480.5")), round_half_up(Decimal("0.125"), 2)
    (Decimal('481'), Decimal('0.13'))
    >>> round_half_up(Decimal("1E+40"))
    Decimal('1E+40')
    """
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent >= 0 and number.adjusted() >= getcontext().prec - places:
        return number  # whole, and too large to be written out
    with localcontext() as context:
        # as many digits as the result has
        context.prec = max(context.prec, number.adjusted() + places + 2)
        return number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
