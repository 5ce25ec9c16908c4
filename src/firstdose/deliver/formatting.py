"""Numbers as a reader sees them; the only place where a delivered number is rounded.

Rounding is half up on the number as it is written in decimal (2.675 becomes 2.68), because readers compare
with printed reports. What is rounded here is never calculated with again.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext

from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text

Number = Decimal | float | int

MINUS = "\N{MINUS SIGN}"
_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_PLAIN_EXPONENTS = range(-3, 6)
_ENOUGH_DIGITS = 400

REASONS: dict[str, Text] = {
    "not_assessed": Text("not assessed", "未评估"),
    "not_a_number": Text("not a number", "不是数值"),
    "no_baseline": Text("no baseline", "无基线值"),
    "no_data": Text("no data", "无数据"),
    "no_participants": Text("no participants", "无受试者"),
    "too_few": Text("too few values", "数值过少"),
    "below_quantification": Text("below quantification", "低于定量下限"),
    "not_reached": Text("not reached", "未达到"),
    "not_yet_due": Text("not yet due", "尚未到期"),
    "missing": Text("missing", "缺失"),
}
"""Reasons of NotDerived that tables show often, in words; any other is shown with its own detail."""


def to_decimal(number: Number) -> Decimal:
    """The decimal that a number is written as; a float by its shortest digits.

    Raises
    ------
    ValueError
        If the number is not finite: what cannot be known comes as NotDerived.

    Examples
    --------
    >>> to_decimal(0.1)
    Decimal('0.1')
    """
    decimal = number if isinstance(number, Decimal) else Decimal(repr(float(number)))
    if isinstance(number, int):
        decimal = Decimal(number)
    if not decimal.is_finite():
        raise ValueError(f"{number} is not finite: hand over NotDerived with its reason")
    return decimal


def format_number(number: Number, places: int = 0, *, signed: bool = False) -> str:
    """The number half up to a fixed count of decimal places.

    Examples
    --------
    >>> format_number(2.675, 2), format_number(-0.04, 1), format_number(Decimal("12345.5"))
    ('2.68', '0.0', '12346')
    """
    with localcontext() as context:
        context.prec = _ENOUGH_DIGITS
        rounded = to_decimal(number).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    return _with_sign(rounded, signed=signed)


def format_significant(number: Number, digits: int = 3) -> str:
    """The number half up to a count of significant digits; powers of ten where it is very large or small.

    Examples
    --------
    >>> [format_significant(x) for x in (0, 1234.5, 0.01235, 99.95, 23_450_000)]
    ['0', '1230', '0.0124', '100', '2.35×10⁷']
    """
    with localcontext() as context:
        context.prec = _ENOUGH_DIGITS
        exact = to_decimal(number)
        if exact == 0:
            return "0"
        rounded = exact.quantize(Decimal(1).scaleb(exact.adjusted() - digits + 1), rounding=ROUND_HALF_UP)
        exponent = rounded.adjusted()
        # rounding up can make a digit too many: 99.95 is 100.0 in places, 100 in three digits
        rounded = rounded.quantize(Decimal(1).scaleb(exponent - digits + 1), rounding=ROUND_HALF_UP)
        if exponent in _PLAIN_EXPONENTS:
            return _with_sign(rounded)
        return f"{_with_sign(rounded.scaleb(-exponent))}×{format_power_of_ten(exponent)}"


def format_as_written(number: Number) -> str:
    """The number with the digits it has, not rounded, without trailing zeros.

    Examples
    --------
    >>> [format_as_written(x) for x in (25.0, Decimal("-0.50"), 100)]
    ['25', '−0.5', '100']
    """
    digits = f"{to_decimal(number):f}"
    return _with_sign(Decimal(digits.rstrip("0").rstrip(".") if "." in digits else digits))


def format_power_of_ten(exponent: int) -> str:
    """Ten to the exponent, with a raised exponent.

    Examples
    --------
    >>> format_power_of_ten(-4)
    '10⁻⁴'
    """
    return f"10{str(exponent).translate(_SUPERSCRIPTS)}"


def format_percent(n: int, denominator: int, places: int = 1) -> str:
    """The share in per cent, half up from the exact ratio.

    Examples
    --------
    >>> format_percent(1, 8), format_percent(1, 800)
    ('12.5 %', '0.1 %')
    """
    return f"{format_number(Decimal(100 * n) / Decimal(denominator), places)} %"


def format_count_of(n: int, denominator: int, places: int = 1) -> str:
    """A count with its denominator and share; without a share when nobody is in the denominator.

    Examples
    --------
    >>> format_count_of(3, 6), format_count_of(0, 0)
    ('3/6 (50.0 %)', '0/0')
    """
    if denominator == 0:
        return f"{n}/0"
    return f"{n}/{denominator} ({format_percent(n, denominator, places)})"


def format_interval(low: Number, high: Number, places: int = 1) -> str:
    """An interval with both ends half up, the same in both languages.

    Examples
    --------
    >>> format_interval(-1.25, 3)
    '[−1.3, 3.0]'
    """
    return f"[{format_number(low, places)}, {format_number(high, places)}]"


def format_percent_interval(low: float, high: float, places: int = 1) -> str:
    """An interval of rates between 0 and 1, in per cent.

    Examples
    --------
    >>> format_percent_interval(0.1181, 0.8819)
    '[11.8, 88.2] %'
    """
    return f"{format_interval(to_decimal(low) * 100, to_decimal(high) * 100, places)} %"


def format_reason(absence: NotDerived) -> Text:
    """Why a value is not there, in words.

    Examples
    --------
    >>> format_reason(NotDerived("no_baseline")).zh
    '无基线值'
    >>> format_reason(NotDerived("left_early", "left before Day 28")).en
    'left before Day 28'
    """
    known = REASONS.get(absence.reason)
    if known is not None:
        return known
    words = absence.detail or absence.reason.replace("_", " ")
    return Text(words, f"无法得出：{words}")


def format_list(words: Sequence[str]) -> Text:
    """Words in a row, with the comma of the language.

    Examples
    --------
    >>> format_list(["P-01", "P-02"]).zh
    'P-01、P-02'
    """
    return Text(", ".join(words), "、".join(words))


def _with_sign(rounded: Decimal, *, signed: bool = False) -> str:
    digits = f"{abs(rounded):f}"
    if rounded < 0:
        return MINUS + digits
    return f"+{digits}" if signed and rounded > 0 else digits
