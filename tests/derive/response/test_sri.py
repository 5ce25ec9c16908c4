"""SLE Responder Index."""

from decimal import Decimal

import pytest

from firstdose.derive.response.bilag import BILAG_DOMAINS, BilagDomain, BilagLetter
from firstdose.derive.response.sledai import DESCRIPTOR_BY_KEY, DescriptorFinding, Sledai, derive_sledai
from firstdose.derive.response.sri import derive_sledai_response, derive_sri
from firstdose.terms.outcomes import NotDerived

YES = DescriptorFinding(present=True, attributable="yes")
NO = DescriptorFinding(present=False)
UNKNOWN = DescriptorFinding(present=None)
Letters = dict[BilagDomain, BilagLetter | None]
QUIET: Letters = dict.fromkeys(BILAG_DOMAINS, "E")


def _sledai(*present: str, missing: tuple[str, ...] = ()) -> Sledai:
    return derive_sledai(
        dict.fromkeys(DESCRIPTOR_BY_KEY, NO) | dict.fromkeys(present, YES) | dict.fromkeys(missing, UNKNOWN)
    )


# fmt: off
REDUCTIONS = {
    # baseline                        now                      reduced by 4
    "by exactly 4":                  (_sledai("arthritis"), _sledai(), True),
    "by 3":                          (_sledai("rash", "fever"), _sledai(), False),
    "from 5 to 2":                   (_sledai("arthritis", "fever"), _sledai("rash"), False),
    # --- what is missing may not matter
    "by 8 or 7":                     (_sledai("seizure"), _sledai(missing=("fever",)), True),
    "by 4 or 2":                     (_sledai("arthritis"), _sledai(missing=("rash",)), None),
}
# fmt: on


@pytest.mark.parametrize(("baseline", "now", "reduced"), REDUCTIONS.values(), ids=REDUCTIONS)
def test_a_response_is_a_fall_by_4_points(baseline: Sledai, now: Sledai, *, reduced: bool | None) -> None:
    answer = derive_sledai_response(baseline, now)
    assert (None if isinstance(answer, NotDerived) else answer) is reduced


# fmt: off
RESPONSES: dict[str, tuple[Letters, str, str, bool | None, bool | None]] = {
    # letters now                                     PGA before, now  failure  responded
    "responder":          ({}, "1.0", "1.0", False, True),
    # --- one new B is allowed, two are not, an A never
    "one new B":          ({"renal": "B"}, "1.0", "1.0", False, True),
    "two new B":          ({"renal": "B", "mucocutaneous": "B"}, "1.0", "1.0", False, False),
    "a new A":            ({"renal": "A"}, "1.0", "1.0", False, False),
    "a letter missing":   ({"renal": None}, "1.0", "1.0", False, None),
    # --- the physician: less than 0.3 worse
    "worse by 0.29":      ({}, "1.00", "1.29", False, True),
    "both ends of scale":  ({}, "3", "0", False, True),
    "nothing and still":   ({}, "0", "0", False, True),
    "worse by 0.3":       ({}, "1.0", "1.3", False, False),
    # --- rescue or a disallowed drug
    "rescued":            ({}, "1.0", "0.0", True, False),
    "rescue unknown":     ({}, "1.0", "0.0", None, None),
}
# fmt: on


@pytest.mark.parametrize(
    ("letters", "before", "now", "failure", "responded"), RESPONSES.values(), ids=RESPONSES
)
def test_sri_4(
    letters: Letters, before: str, now: str, *, failure: bool | None, responded: bool | None
) -> None:
    sri = derive_sri(
        _sledai("arthritis"),
        _sledai(),
        baseline_bilag=QUIET,
        bilag=QUIET | letters,
        baseline_pga=Decimal(before),
        pga=Decimal(now),
        has_treatment_failure=failure,
    )
    assert (None if isinstance(sri.responded, NotDerived) else sri.responded) is responded
    assert sri.could_respond is True


@pytest.mark.parametrize(("before", "now"), [(None, "1.0"), ("1.0", None), ("1.0", "3.1"), ("-1", "1.0")])
def test_sri_needs_both_assessments_of_the_physician_on_their_scale(
    before: str | None, now: str | None
) -> None:
    sri = derive_sri(
        _sledai("arthritis", missing=("rash",)),
        _sledai(),
        baseline_bilag=QUIET,
        bilag=QUIET,
        baseline_pga=None if before is None else Decimal(before),
        pga=None if now is None else Decimal(now),
        has_treatment_failure=False,
    )
    assert isinstance(sri.responded, NotDerived)
    assert isinstance(sri.pga_not_worse, NotDerived)


def test_whether_a_baseline_could_respond_may_be_unknown() -> None:
    sri = derive_sri(
        _sledai("rash", missing=("alopecia",)),
        _sledai(),
        baseline_bilag=QUIET,
        bilag=QUIET,
        baseline_pga=Decimal(1),
        pga=Decimal(1),
        has_treatment_failure=False,
    )
    assert isinstance(sri.could_respond, NotDerived)


def test_a_baseline_below_4_can_never_respond() -> None:
    sri = derive_sri(
        _sledai("rash"),
        _sledai(),
        baseline_bilag=QUIET,
        bilag=QUIET,
        baseline_pga=Decimal(1),
        pga=Decimal(0),
        has_treatment_failure=False,
    )
    assert (sri.responded, sri.could_respond) == (False, False)
