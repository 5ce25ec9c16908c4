"""Numbers are rounded half up from their decimal digits, in one place."""

from decimal import Decimal

import pytest

from firstdose.deliver.formatting import (
    Number,
    format_count_of,
    format_number,
    format_percent,
    format_reason,
    format_significant,
)
from firstdose.terms.outcomes import NotDerived

# fmt: off
FIXED: dict[str, tuple[Number, int, str]] = {
    # --- a half goes away from zero, whatever the digit before it
    "half after an even digit":       (Decimal("2.5"), 0, "3"),
    "half after an odd digit":        (Decimal("3.5"), 0, "4"),
    "negative half":                  (Decimal("-2.5"), 0, "−3"),
    "just under a half":              (Decimal("2.4999999999"), 0, "2"),
    # --- a float is the decimal that it prints as, not its binary expansion
    "float that is binary below":     (2.675, 2, "2.68"),
    "float that is binary above":     (1.005, 2, "1.01"),
    "tenth":                          (0.25, 1, "0.3"),
    # --- no minus zero, no lost zeros
    "rounds to zero from below":      (-0.04, 1, "0.0"),
    "keeps its zeros":                (Decimal(4), 2, "4.00"),
    "very large":                     (10**40, 0, "1" + "0" * 40),
}
SIGNIFICANT: dict[str, tuple[Number, int, str]] = {
    "half in the last digit":         (0.01235, 3, "0.0124"),
    "rounding up makes a new digit":  (99.95, 3, "100"),
    "largest in plain digits":        (999_499, 3, "999000"),
    "smallest as a power":            (999_500, 3, "1.00×10⁶"),
    "smallest in plain digits":       (0.001, 3, "0.00100"),
    "small as a power":               (0.000999, 3, "9.99×10⁻⁴"),
    "nothing":                        (0.0, 3, "0"),
    "below nothing":                  (-1234.5, 4, "−1235"),
}
# fmt: on


@pytest.mark.parametrize(("number", "places", "shown"), FIXED.values(), ids=FIXED.keys())
def test_a_number_is_shown_half_up_to_its_places(number: Number, places: int, shown: str) -> None:
    assert format_number(number, places) == shown


@pytest.mark.parametrize(("number", "digits", "shown"), SIGNIFICANT.values(), ids=SIGNIFICANT.keys())
def test_a_kinetic_parameter_is_shown_in_significant_digits(number: Number, digits: int, shown: str) -> None:
    assert format_significant(number, digits) == shown


def test_a_share_is_rounded_from_the_exact_ratio() -> None:
    # 1 of 16 is exactly 6.25 %
    assert format_percent(1, 16) == "6.3 %"
    assert format_count_of(1, 3) == "1/3 (33.3 %)"


def test_nobody_out_of_nobody_has_no_share() -> None:
    assert format_count_of(0, 0) == "0/0"


@pytest.mark.parametrize("number", [float("nan"), float("inf"), Decimal("NaN")])
def test_what_is_not_finite_is_never_shown_as_a_number(number: Number) -> None:
    with pytest.raises(ValueError, match="NotDerived"):
        format_number(number)


def test_an_unlisted_reason_is_shown_with_its_own_detail() -> None:
    shown = format_reason(NotDerived("window_open", "window open until Day 28"))
    assert shown.en == "window open until Day 28"
    assert "window open until Day 28" in shown.zh
    assert format_reason(NotDerived("window_open")).en == "window open"
