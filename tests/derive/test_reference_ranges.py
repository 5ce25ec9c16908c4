"""Which reference range a value is read against."""

from decimal import Decimal

import pytest
from tests.trials import bundled_protocol

from firstdose.derive.reference_ranges import find_range
from firstdose.protocol.resolved import ReferenceRange


def _range(low: int, sex: str | None = None, site: str | None = None) -> ReferenceRange:
    return ReferenceRange.model_validate(
        {"form": "chemistry", "item": "alt", "sex": sex, "site": site, "low": low, "high": low + 40}
    )


# fmt: off
# written ranges, the nearest in no special place          of      lower limit
CASES = {
    # --- one range for all
    "for all":                       ([_range(1)],                                      1),
    # --- the participant's sex before all, the other's never
    "of her sex before of both":     ([_range(2, "female"), _range(1)],                 2),
    "not of the other sex":          ([_range(3, "male"), _range(1)],                   1),
    # --- the laboratory that measured it before the study's range
    "of her site before of all":     ([_range(1), _range(4, None, "02")],               4),
    "site before sex":               ([_range(2, "female"), _range(4, None, "02")],     4),
    "site and sex before site":      ([_range(5, "female", "02"), _range(4, None, "02")], 5),
    "not of another site":           ([_range(1), _range(6, None, "03")],               1),
}
# fmt: on


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
@pytest.mark.parametrize("turn", [1, -1], ids=["as written", "written the other way round"])
def test_a_value_is_read_against_the_nearest_range(case: tuple[list[ReferenceRange], int], turn: int) -> None:
    ranges, low = case
    protocol = bundled_protocol().model_copy(update={"reference_ranges": tuple(ranges[::turn])})
    found = find_range(protocol, "chemistry", "alt", "female", "02")
    assert found is not None
    assert found.low == Decimal(low)


def test_an_item_without_a_range_has_none() -> None:
    assert find_range(bundled_protocol(), "urinalysis", "casts", "female", "02") is None


@pytest.mark.parametrize(("sex", "low"), [("female", "115"), ("male", "130")])
def test_haemoglobin_of_the_bundled_study_is_read_by_sex(sex: str, low: str) -> None:
    found = find_range(bundled_protocol(), "haematology", "haemoglobin", sex, "01")
    assert found is not None
    assert found.low == Decimal(low)
