"""Single numbers of a model based rule: written in one way, and told apart from what they must be."""

from decimal import Decimal, InvalidOperation
from itertools import pairwise

from firstdose.terms.outcomes import Fault


def plain_decimal(value: object) -> object:
    """A decimal, or a text that is one, written in one way; anything else is left to the checks.

    Examples
    --------
    >>> plain_decimal("0.250"), plain_decimal(Decimal("1E+2")), plain_decimal("two"), plain_decimal(0.25)
    (Decimal('0.25'), Decimal('100'), 'two', 0.25)
    """
    if isinstance(value, str):
        try:
            value = Decimal(value)
        except InvalidOperation:
            return value
    if not isinstance(value, Decimal) or not value.is_finite():
        return value
    plain = value.normalize()
    return plain.quantize(Decimal(1)) if plain == plain.to_integral_value() else plain


def check_probability(clause: str, value: object, name: str | None = None) -> list[Fault]:
    """A fault unless the value is a decimal above 0 and below 1.

    Parameters
    ----------
    clause : str
        Where the value stands.
    value : object
    name : str, optional
        What it is called, if not by its clause.

    Examples
    --------
    >>> print(*check_probability("target_rate", Decimal("NaN")))
    target_rate: target_rate is NaN, not a decimal number; write a decimal such as 0.25
    """
    said = name or clause
    if not isinstance(value, Decimal) or not value.is_finite():
        return [_fault(clause, f"{said} is {value}, not a decimal number", "write a decimal such as 0.25")]
    if not 0 < value < 1:
        next_ = "write a number above 0 and below 1"
        return [_fault(clause, f"{said} is {value}, not between 0 and 1", next_)]
    return []


def check_number(clause: str, value: object) -> list[Fault]:
    """A fault unless the value is a finite decimal."""
    if not isinstance(value, Decimal) or not value.is_finite():
        return [_fault(clause, f"{clause} is {value}, not a decimal number", "write a decimal such as 3")]
    return []


def check_positive(clause: str, value: object, name: str | None = None) -> list[Fault]:
    """A fault unless the value is a finite decimal above 0."""
    if not isinstance(value, Decimal) or not value.is_finite() or value <= 0:
        said = f"{name or clause} is {value}, not a decimal number above 0"
        return [_fault(clause, said, "write a decimal above 0")]
    return []


def check_length(clause: str, values: tuple[Decimal, ...], noun: str, n_levels: int | None) -> list[Fault]:
    """A fault unless there is one value per level, and at least one.

    Examples
    --------
    >>> print(*check_length("doses", (Decimal(1), Decimal(2)), "doses", 3))
    doses: there are 2 doses and 3 levels; give one per level
    """
    if n_levels is not None and len(values) != n_levels:
        said = f"there are {len(values)} {noun} and {n_levels} levels"
    elif not values:
        said = f"there are no {noun}"
    else:
        return []
    return [_fault(clause, said, "give one per level")]


def check_increase(clause: str, values: tuple[Decimal, ...], noun: str) -> list[Fault]:
    """A fault for every level that is not above the one below it; the values are finite.

    Examples
    --------
    >>> print(*check_increase("skeleton", (Decimal("0.2"), Decimal("0.2")), "prior rate"))
    skeleton: the prior rate of level 2 is 0.2, not above 0.2 of level 1; order the levels from low to high
    """
    return [
        _fault(
            clause,
            f"the {noun} of level {level} is {upper}, not above {lower} of level {level - 1}",
            "order the levels from low to high",
        )
        for level, (lower, upper) in enumerate(pairwise(values), start=2)
        if upper <= lower
    ]


def _fault(clause: str, what: str, next_: str) -> Fault:
    return Fault(what=what, next=next_, clause=clause)
