"""QT corrected by Fridericia, its mean, and its grade."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstdose.derive.safety.ctcae_limits import Version
from firstdose.derive.safety.ecg import QtcAssessment, Tracing, compute_mean_qtcf, compute_qtcf, derive_qtc
from firstdose.terms.outcomes import NotDerived


def _at_60(*intervals_ms: str) -> list[Tracing]:
    """At 60 beats a minute the corrected interval is the measured one."""
    return [Tracing(qt_ms=Decimal(qt), heart_rate_per_min=Decimal(60)) for qt in intervals_ms]


# fmt: off
ROWS: dict[str, tuple[tuple[str, ...], tuple[str, ...], int, int]] = {
    # tracings, baseline                                  mean  grade
    "449.4":                  (("449.4",), ("440",), 449, 0),
    "449.5":                  (("449.5",), ("440",), 450, 1),
    "480.4":                  (("480.4",), ("440",), 480, 1),
    # --- bands are whole milliseconds, rounded half up
    "480.5 is grade 2":       (("480", "481"), ("440",), 481, 2),
    "500.4":                  (("500.4",), ("460",), 500, 2),
    "500.5 is grade 3":       (("500", "501"), ("460",), 501, 3),
    # --- a change above 60 is grade 3 whatever the value
    "440 after 380":          (("440",), ("380",), 440, 0),
    "440 after 379":          (("440",), ("379",), 440, 3),
    "rounded both times":     (("440.4",), ("379.5",), 440, 0),
    # --- triplicate
    "mean of three":          (("470", "480", "493"), ("440",), 481, 2),
}
# fmt: on


@pytest.mark.parametrize("version", ["5.0", "6.0"])
@pytest.mark.parametrize(("tracings", "baseline", "mean_ms", "grade"), ROWS.values(), ids=ROWS)
def test_the_mean_is_rounded_half_up_before_it_is_graded(
    version: Version, tracings: tuple[str, ...], baseline: tuple[str, ...], mean_ms: int, grade: int
) -> None:
    qtc = derive_qtc(_at_60(*tracings), baseline=_at_60(*baseline), version=version)
    assert isinstance(qtc, QtcAssessment)
    assert (qtc.mean_ms, qtc.grade.value) == (mean_ms, grade)


def test_without_a_baseline_the_value_is_graded_and_the_change_is_not_known() -> None:
    qtc = derive_qtc(_at_60("490"), baseline=[], version="5.0")
    assert isinstance(qtc, QtcAssessment)
    assert qtc.grade.value == 2
    assert isinstance(qtc.change_ms, NotDerived)


def test_serious_arrhythmia_is_grade_4_and_no_tracing_is_no_grade() -> None:
    qtc = derive_qtc(_at_60("400"), baseline=[], version="5.0", has_serious_arrhythmia=True)
    assert isinstance(qtc, QtcAssessment)
    assert qtc.grade.value == 4
    assert isinstance(derive_qtc([], baseline=[], version="5.0"), NotDerived)
    assert isinstance(compute_mean_qtcf([]), NotDerived)


# RR is 60 / rate seconds; a rate of 480 gives RR of 1/8 s, whose cube root is 1/2.
@pytest.mark.parametrize(
    ("qt", "rate", "qtcf"), [("200", "480", 400), ("400", "7.5", 200), ("300", "60", 300)]
)
def test_intervals_whose_cube_root_is_whole_are_exact(qt: str, rate: str, qtcf: int) -> None:
    assert compute_qtcf(Tracing(qt_ms=Decimal(qt), heart_rate_per_min=Decimal(rate))) == qtcf


@given(st.decimals(200, 700, places=1), st.decimals(30, 220, places=1))
def test_the_corrected_interval_cubed_brackets_the_definition(qt: Decimal, rate: Decimal) -> None:
    qtcf = compute_qtcf(Tracing(qt_ms=qt, heart_rate_per_min=rate))
    last_digit = Decimal(1).scaleb(-12)
    assert float(qtcf) == pytest.approx(float(qt) / (60 / float(rate)) ** (1 / 3), rel=1e-12)
    assert qtcf.as_tuple().exponent == last_digit.as_tuple().exponent


@pytest.mark.parametrize(("qt", "rate"), [("0", "60"), ("400", "0")])
def test_an_impossible_tracing_is_a_mistake(qt: str, rate: str) -> None:
    with pytest.raises(ValueError, match="positive"):
        compute_qtcf(Tracing(qt_ms=Decimal(qt), heart_rate_per_min=Decimal(rate)))
