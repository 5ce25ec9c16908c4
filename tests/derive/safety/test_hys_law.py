"""Hy's law candidates and eDISH points."""

from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.double import safety_measures as double

from firstdose.derive.safety.hys_law import (
    QUADRANT_TEXT,
    EdishPoint,
    HysLaw,
    HysLawRule,
    LiverSample,
    LiverValue,
    derive_edish_point,
    derive_hys_law,
)
from firstdose.terms.calendar import SHANGHAI
from firstdose.terms.outcomes import NotDerived

START = datetime(2025, 3, 10, 8, tzinfo=SHANGHAI)
ULNS = {"alt": "40", "ast": "35", "alkaline_phosphatase": "120", "bilirubin": "21"}


def _sample(day: str | Fraction = "0", **times: str | None) -> LiverSample:
    """A sample with values in multiples of the upper limit; None has no upper limit."""
    return LiverSample(
        collected_at=START + timedelta(seconds=int(Fraction(day) * 86400)),
        **{
            test: LiverValue(value=Decimal(9999), uln=None)
            if multiple is None
            else LiverValue(value=Decimal(multiple) * Decimal(ULNS[test]), uln=Decimal(ULNS[test]))
            for test, multiple in times.items()
        },
    )


def _answer(law: HysLaw) -> bool | str:
    answer = law.is_candidate
    return answer.reason if isinstance(answer, NotDerived) else answer


# fmt: off
ENZYME = {"alt": "3", "alkaline_phosphatase": "1.99"}
CASES = {
    # --- 3 x ULN qualifies, 2 x ULN of bilirubin does not
    "ALT exactly 3, bilirubin above 2":  ([_sample(alt="3", bilirubin="2.01", alkaline_phosphatase="1")], True),
    "AST alone is enough":               ([_sample(ast="3", bilirubin="2.01", alkaline_phosphatase="1")], True),
    "ALT just below 3":                  ([_sample(alt="2.99", bilirubin="5", alkaline_phosphatase="1")], False),
    "bilirubin exactly 2":               ([_sample(alt="9", bilirubin="2", alkaline_phosphatase="1")], False),
    # --- alkaline phosphatase of the qualifying sample: 2 x ULN excludes
    "phosphatase just below 2":          ([_sample(bilirubin="3", **ENZYME)], True),
    "phosphatase exactly 2":             ([_sample(alt="9", bilirubin="3", alkaline_phosphatase="2")], False),
    "phosphatase high later":            ([_sample("0", **ENZYME),
                                           _sample("3", bilirubin="3", alkaline_phosphatase="5")], True),
    # --- missing phosphatase is a potential case
    "phosphatase missing":               ([_sample(alt="3", bilirubin="3")], "alp_missing"),
    "phosphatase without its limit":     ([_sample(alt="3", bilirubin="3", alkaline_phosphatase=None)], "alp_missing"),
    "missing, but bilirubin normal":     ([_sample(alt="3", bilirubin="1")], False),
    # --- bilirubin on the day or within 30 days after
    "30 days after":                     ([_sample("0", **ENZYME), _sample("30", bilirubin="2.5")], True),
    "a second more":                     ([_sample("0", bilirubin="1", **ENZYME),
                                           _sample(30 + Fraction(1, 86400), bilirubin="2.5")], False),
    "bilirubin before the enzyme":       ([_sample("-1", bilirubin="9"), _sample("0", bilirubin="1", **ENZYME)], False),
    # --- the first qualifying enzyme starts the clock
    "second enzyme, bilirubin in time":  ([_sample("0", bilirubin="1", **ENZYME),
                                           _sample("200", bilirubin="3", **ENZYME)], False),
    # --- what cannot be told
    "no bilirubin after it":             ([_sample("0", **ENZYME)], "no_bilirubin"),
    "bilirubin without its limit":       ([_sample("0", bilirubin=None, **ENZYME)], "no_uln"),
    "enzyme without its limit":          ([_sample(alt=None, bilirubin="3")], "no_uln"),
    "enzyme never measured":             ([_sample(bilirubin="3")], "no_samples"),
    "no samples":                        ([], "no_samples"),
    # --- one known enzyme is enough, whatever the other lacks
    "ALT without its limit, AST high":   ([_sample(alt=None, ast="3", bilirubin="3", alkaline_phosphatase="1")], True),
}
# fmt: on


@pytest.mark.parametrize(("samples", "expected"), CASES.values(), ids=CASES)
def test_who_is_a_candidate(samples: list[LiverSample], *, expected: bool | str) -> None:
    found = derive_hys_law(samples[::-1], baseline=None)
    assert _answer(found) == expected
    assert found.is_potential == (expected == "alp_missing")
    assert found.reason.en
    assert found.reason.zh


def test_the_samples_that_made_a_candidate_are_named() -> None:
    found = derive_hys_law([_sample("2", **ENZYME), _sample("9", bilirubin="2.5")], baseline=None)
    assert found.qualifying_at == START + timedelta(days=2)
    assert found.bilirubin_at == START + timedelta(days=9)


def test_a_later_episode_is_told_beside_the_first() -> None:
    found = derive_hys_law(CASES["second enzyme, bilirubin in time"][0], baseline=None)
    assert (found.is_candidate, found.is_candidate_later) == (False, True)
    once = derive_hys_law(CASES["30 days after"][0], baseline=None)
    assert (once.is_candidate, once.is_candidate_later) == (True, False)


# fmt: off
BASELINES = {
    # baseline ALT, bilirubin (x ULN); later ALT, bilirubin; candidate over the baseline
    "normal baseline":               ("1", "1", "3", "2.5", True),
    "ALT twice a high baseline":     ("1.5", "1", "3", "2.5", True),
    "ALT below twice it":            ("1.6", "1", "3", "2.5", False),
    "bilirubin twice a high one":    ("1", "1.5", "3", "3", False),
    "bilirubin above twice it":      ("1", "1.5", "3", "3.01", True),
    "a baseline at its limit":       ("1", "1", "3", "2.01", True),
}
# fmt: on


@pytest.mark.parametrize(
    ("alt_0", "bilirubin_0", "alt", "bilirubin", "over"), BASELINES.values(), ids=BASELINES
)
def test_a_baseline_above_normal_must_be_doubled_as_well(
    alt_0: str, bilirubin_0: str, alt: str, bilirubin: str, *, over: bool
) -> None:
    found = derive_hys_law(
        [_sample(alt=alt, bilirubin=bilirubin, alkaline_phosphatase="1")],
        baseline=_sample("-6", alt=alt_0, bilirubin=bilirubin_0),
    )
    assert found.is_candidate is True
    assert found.is_candidate_over_baseline is over


def test_a_baseline_exactly_at_its_upper_limit_is_normal() -> None:
    found = derive_hys_law(
        [_sample(alt="3", bilirubin="2.5", alkaline_phosphatase="1")],
        baseline=_sample("-6", alt="1", bilirubin="1"),
        rule=HysLawRule(baseline_multiple=Decimal(4)),
    )
    assert found.is_candidate_over_baseline is True


def test_the_limits_are_parameters() -> None:
    rule = HysLawRule(
        aminotransferase_min_uln=Decimal(5), bilirubin_within_d=14, alkaline_phosphatase_below_uln=Decimal(3)
    )
    samples = [_sample("0", alt="5", alkaline_phosphatase="2.9"), _sample("15", bilirubin="3")]
    assert _answer(derive_hys_law(samples, baseline=None, rule=rule)) == "no_bilirubin"
    samples[1] = _sample("14", bilirubin="3")
    assert derive_hys_law(samples, baseline=None, rule=rule).is_candidate is True


# fmt: off
QUADRANTS = {
    # --- edges are those of the rule
    "enzyme 3, bilirubin above 2":   ("3", "2.01", "hys_law"),
    "enzyme 3, bilirubin 2":         ("3", "2", "temples_corollary"),
    "enzyme below 3":                ("2.99", "2.01", "cholestasis"),
    "both below":                    ("2.99", "2", "normal"),
}
# fmt: on


@pytest.mark.parametrize(("enzyme", "bilirubin", "quadrant"), QUADRANTS.values(), ids=QUADRANTS)
def test_the_quadrant_of_the_peaks_whenever_they_were(enzyme: str, bilirubin: str, quadrant: str) -> None:
    samples = [
        _sample("200", ast=enzyme, alt="1"),
        _sample("3", bilirubin=bilirubin, alt=None),
        _sample("9", alt="2"),
    ]
    found = derive_edish_point(samples)
    assert isinstance(found, EdishPoint)
    assert (found.aminotransferase, found.bilirubin) == (Fraction(enzyme), Fraction(bilirubin))
    assert found.quadrant == quadrant
    assert QUADRANT_TEXT[found.quadrant].zh


@pytest.mark.parametrize(
    ("sample", "reason"),
    [(_sample(bilirubin="1", alt=None), "no_aminotransferase"), (_sample(alt="1"), "no_bilirubin")],
)
def test_a_point_needs_both_coordinates(sample: LiverSample, reason: str) -> None:
    found = derive_edish_point([sample])
    assert isinstance(found, NotDerived)
    assert found.reason == reason


_TIMES = st.sampled_from(["0.5", "1.99", "2", "2.01", "2.99", "3", "3.01", "8"])


@given(
    st.lists(
        st.tuples(st.integers(0, 60), _TIMES, st.one_of(st.none(), _TIMES), st.one_of(st.none(), _TIMES)),
        max_size=6,
        unique_by=lambda one: one[0],
    ),
    st.sampled_from([0, 14, 30]),
)
def test_a_second_reading_of_the_definition_agrees(
    rows: list[tuple[int, str, str | None, str | None]], within_d: int
) -> None:
    samples, plain = [], []
    for day, enzyme, bilirubin, phosphatase in rows:
        known = {"alt": enzyme, "bilirubin": bilirubin, "alkaline_phosphatase": phosphatase}
        samples.append(_sample(str(day), **{key: value for key, value in known.items() if value is not None}))
        plain.append(
            (
                day * double.DAY_S,
                Fraction(enzyme),
                None if bilirubin is None else Fraction(bilirubin),
                None if phosphatase is None else Fraction(phosphatase),
            )
        )
    found: HysLaw = derive_hys_law(samples, baseline=None, rule=HysLawRule(bilirubin_within_d=within_d))
    answer = None if isinstance(found.is_candidate, NotDerived) else found.is_candidate
    assert answer == double.is_hys_law(plain, within_d)
