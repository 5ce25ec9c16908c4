"""Units in which laboratories report, with the exact factor into the unit of the CTCAE limits, as data."""

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Literal

import msgspec

Basis = Literal["same_unit", "si_prefix", "minute", "katal", "charge", "molar_mass", "activity", "scale"]
"""Where a factor comes from. ``molar_mass`` and ``activity`` are customary factors, rounded as printed; the
others are exact by definition."""


class UnitFactor(msgspec.Struct, frozen=True):
    """How a value in a unit becomes one in the unit of the analyte: ``(value + shift) * factor``."""

    factor: Fraction
    basis: Basis
    shift: Fraction = Fraction(0)


class AnalyteUnits(msgspec.Struct, frozen=True, kw_only=True):
    """The unit in which an analyte is graded or reported, and the units that convert into it."""

    unit: str
    factors: Mapping[str, UnitFactor]


_SAME = UnitFactor(Fraction(1), "same_unit")
_MEQ = UnitFactor(Fraction(1), "charge")
_MEQ_OF_TWO = UnitFactor(Fraction(1, 2), "charge")
_PER_SECOND = UnitFactor(Fraction(60), "minute")
# 1 U is 1 umol/min and 1 kat is 1 mol/s.
_KATAL = UnitFactor(Fraction(60), "katal")
_TENFOLD = UnitFactor(Fraction(10), "si_prefix")
_HUNDREDTH = UnitFactor(Fraction(1, 100), "si_prefix")
_THOUSANDTH = UnitFactor(Fraction(1, 1000), "si_prefix")


def _molar(factor: str, *, divides: bool = False) -> UnitFactor:
    return UnitFactor(1 / Fraction(factor) if divides else Fraction(factor), "molar_mass")


def _units(unit: str, others: dict[str, UnitFactor]) -> AnalyteUnits:
    return AnalyteUnits(unit=unit, factors=MappingProxyType({unit: _SAME, **others}))


_COUNT = _units("10^9/L", {"10^3/uL": _SAME, "10^6/L": _THOUSANDTH, "/uL": _THOUSANDTH, "/mm3": _THOUSANDTH})
_ENZYME = _units("U/L", {"IU/L": _SAME, "ukat/L": _KATAL})
_PROTEIN = _units("g/L", {"mg/dL": _HUNDREDTH, "g/dL": _TENFOLD, "mg/L": _THOUSANDTH})
_MONOVALENT = _units("mmol/L", {"mEq/L": _MEQ})
_CALCIUM = _units("mmol/L", {"mg/dL": _molar("0.2495"), "mEq/L": _MEQ_OF_TWO})

UNITS: Mapping[str, AnalyteUnits] = MappingProxyType(
    {
        # --- blood
        # P-CTC-11: mmol/L (of the monomer) goes into g/L, never the printed mmol/L limits
        "hemoglobin": _units("g/L", {"g/dL": _TENFOLD, "mmol/L": _molar("16.114")}),
        **dict.fromkeys(
            ("white_cells", "neutrophils", "lymphocytes", "cd4_cells", "platelets", "eosinophils"), _COUNT
        ),
        "haptoglobin": _PROTEIN,
        # --- coagulation
        "aptt": _units("s", {}),
        "inr": _units("1", {}),
        "fibrinogen": _PROTEIN,
        # --- liver
        **dict.fromkeys(
            ("alt", "ast", "alkaline_phosphatase", "ggt", "ldh", "creatine_kinase", "lipase", "amylase"),
            _ENZYME,
        ),
        "bilirubin": _units("umol/L", {"mg/dL": _molar("17.104")}),
        "albumin": _PROTEIN,
        # --- kidney
        "creatinine": _units("umol/L", {"mg/dL": _molar("88.42")}),
        "creatinine_clearance": _units("mL/min", {"mL/s": _PER_SECOND}),
        "egfr": _units("mL/min/1.73m2", {"mL/s/1.73m2": _PER_SECOND}),
        "urine_protein": _units("g/24h", {"mg/24h": _THOUSANDTH}),
        # 113.12 g/mol is the molar mass of creatinine
        "urine_protein_creatinine_ratio": _units(
            "g/g", {"mg/g": _THOUSANDTH, "mg/mmol": _molar("113.12", divides=True)}
        ),
        "urea": _units("mmol/L", {"mg/dL urea nitrogen": _molar("0.357")}),
        # --- electrolytes
        **dict.fromkeys(("sodium", "potassium", "bicarbonate"), _MONOVALENT),
        **dict.fromkeys(("corrected_calcium", "ionised_calcium"), _CALCIUM),
        "magnesium": _units("mmol/L", {"mg/dL": _molar("0.4114"), "mEq/L": _MEQ_OF_TWO}),
        # mg of phosphorus; its atomic weight is 30.974 (IUPAC)
        "phosphate": _units(
            "mmol/L", {"mg/dL": UnitFactor(Fraction("10") / Fraction("30.974"), "molar_mass")}
        ),
        # --- metabolism
        "glucose": _units("mmol/L", {"mg/dL": _molar("18.016", divides=True)}),
        "urate": _units("umol/L", {"mg/dL": _molar("59.48")}),
        "cholesterol": _units("mmol/L", {"mg/dL": _molar("38.67", divides=True)}),
        "triglycerides": _units("mmol/L", {"mg/dL": _molar("88.57", divides=True)}),
        # --- reported, not graded
        **dict.fromkeys(("c3", "c4", "igg", "iga", "igm"), _PROTEIN),
        "ige": _units("ug/L", {"ng/mL": _SAME, "IU/mL": UnitFactor(Fraction("2.4"), "activity")}),
        "body_temperature": _units("C", {"F": UnitFactor(Fraction(5, 9), "scale", shift=Fraction(-32))}),
    }
)
"""Customary factors of clinical chemistry. An equivalent is a mole times its charge; the katal and the litre
are units of the SI or accepted for use with it (BIPM, The International System of Units, 9th edition 2019)."""

SPELLINGS: Mapping[str, str] = MappingProxyType(
    {
        "µmol/L": "umol/L",
        "μmol/L": "umol/L",
        "µkat/L": "ukat/L",
        "μkat/L": "ukat/L",
        "µg/L": "ug/L",
        "μg/L": "ug/L",
        "/µL": "/uL",
        "/μL": "/uL",
        "cells/uL": "/uL",
        "cells/mm3": "/mm3",
        "10*9/L": "10^9/L",
        "10e9/L": "10^9/L",
        "10*6/L": "10^6/L",
        "10*3/uL": "10^3/uL",
        "K/uL": "10^3/uL",
        "sec": "s",
        "RATIO": "1",
        "mL/min/1.73 m2": "mL/min/1.73m2",
        "mL/min/{1.73_m2}": "mL/min/1.73m2",
        "g/day": "g/24h",
        "g/d": "g/24h",
        "mg/d": "mg/24h",
        "°C": "C",
        "Cel": "C",
        "°F": "F",
        "[degF]": "F",
    }
)
"""Spellings that are unmistakable, the UCUM's among them; every other spelling is an unknown unit."""
