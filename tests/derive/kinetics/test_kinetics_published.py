"""Areas and terminal slopes of two public data sets, against Phoenix WinNonlin.

Data: indometacin, Kwan et al., J Pharmacokinet Biopharm 1976;4:255-280, and theophylline subject 1,
Boeckmann, Sheiner and Beal, NONMEM Users Guide Part V, 1994, as R carries them (``Indometh``, ``Theoph``).
Results: Phoenix WinNonlin output for these data in github.com/asancpt/book-ncar,
data-raw/Final_Parameters_Pivoted_* (Indometh_Log_Wrong_Extravascular, Theoph_Log, Theoph_Linear), the files
that validate NonCompart. Hours and mg/L stand where the trial has days and copies per microgram. Tolerance:
half of the last printed digit (nine or ten significant digits).
"""

from decimal import Decimal

import pytest

from firstdose.derive.kinetics.elimination import HalfLifeGates, TerminalFit
from firstdose.derive.kinetics.exposure import Area
from firstdose.derive.kinetics.parameters import derive_kinetics_parameters
from firstdose.derive.kinetics.peak import Level
from firstdose.derive.kinetics.samples import Sample
from firstdose.numerics.trapezoid import compute_linear_area

NO_GATES = HalfLifeGates(min_r2_adjusted=0, min_span_half_lives=0)
INDOMETH_H = "0.25 0.5 0.75 1 1.25 2 3 4 5 6 8"
# fmt: off
# times, levels; Cmax, Tmax, AUC to the last by linear up / log down, points, adjusted R2, slope, half-life
PROFILES = {
    "indometacin 1": (INDOMETH_H, "1.5 0.94 0.78 0.48 0.37 0.19 0.12 0.11 0.08 0.07 0.05",
                      "1.5", "0.25", 1.71936529, 3, 0.994133455, 0.158320482, 4.378127012),
    "indometacin 2": (INDOMETH_H, "2.03 1.63 0.71 0.7 0.64 0.36 0.32 0.2 0.25 0.12 0.08",
                      "2.03", "0.25", 2.8891436, 9, 0.94019327, 0.30228002, 2.29306317),
    "indometacin 3": (INDOMETH_H, "2.72 1.49 1.16 0.8 0.8 0.39 0.22 0.12 0.11 0.08 0.08",
                      "2.72", "0.25", 2.881711339, 10, 0.860304308, 0.421892649, 1.642946808),
    "indometacin 4": (INDOMETH_H, "1.85 1.39 1.02 0.89 0.59 0.4 0.16 0.11 0.1 0.07 0.07",
                      "1.85", "0.25", 2.444245862, 10, 0.850507677, 0.42907615, 1.615440942),
    "indometacin 5": (INDOMETH_H, "2.05 1.04 0.81 0.39 0.3 0.23 0.13 0.11 0.08 0.1 0.06",
                      "2.05", "0.25", 1.921198431, 8, 0.854451592, 0.252747784, 2.742446122),
    "indometacin 6": (INDOMETH_H, "2.31 1.44 1.03 0.84 0.64 0.42 0.24 0.17 0.13 0.1 0.09",
                      "2.31", "0.25", 2.841313828, 9, 0.890232924, 0.353520521, 1.960698569),
    "theophylline 1": ("0 0.25 0.57 1.12 2.02 3.82 5.1 7.03 9.05 12.12 24.37",
                       "0.74 2.84 6.57 10.5 9.66 8.58 8.36 7.47 6.89 5.94 3.28",
                       "10.5", "1.12", 147.2347485, 3, 0.999999459, 0.048456997, 14.30437757),
}
# fmt: on


@pytest.mark.parametrize("case", PROFILES.values(), ids=PROFILES.keys())
def test_parameters_are_those_of_winnonlin(
    case: tuple[str, str, str, str, float, int, float, float, float],
) -> None:
    times, levels, cmax, tmax, auc, n_points, r2_adjusted, lambda_z, half_life = case
    samples = [
        Sample(
            nominal_time_h=None,
            actual_time_d=Decimal(time),
            transgene_level=Decimal(level),
            state="quantifiable",
            lloq=Decimal("0.01"),
            source=position,
        )
        for position, (time, level) in enumerate(zip(times.split(), levels.split(), strict=True))
    ]
    found = derive_kinetics_parameters(samples, gates=NO_GATES)
    assert isinstance(found.cmax, Level)
    assert (found.cmax.level_copies_per_ug, found.cmax.time_d) == (Decimal(cmax), Decimal(tmax))
    area = found.exposure.to_last_quantifiable
    assert isinstance(area, Area)
    assert area.auc_d_copies_per_ug == pytest.approx(auc, rel=5e-9)
    assert isinstance(found.half_life, TerminalFit)
    assert found.half_life.n_points == n_points
    assert found.half_life.r2_adjusted == pytest.approx(r2_adjusted, abs=5e-9)
    assert found.half_life.lambda_z_per_d == pytest.approx(lambda_z, abs=5e-10)
    assert found.half_life.half_life_d == pytest.approx(half_life, rel=5e-9)


def test_linear_area_of_theophylline_is_that_of_winnonlin() -> None:
    times, levels = ([float(number) for number in row.split()] for row in PROFILES["theophylline 1"][:2])
    assert compute_linear_area(times, levels, start=0, end=24.37) == pytest.approx(148.92305, abs=5e-6)
