"""Laboratory, vital-sign and ECG values that only vary around a person's own level.

A value is ``typical * exp(between * a + within * b + inflamed * i)``: ``a`` is the person's, ``b`` the
sample's standard normal number, ``i`` the intensity of inflammation (about 1 in a grade 1 cytokine release
syndrome, 4 in grade 3). All rows are assumed: adult reference values of a hospital laboratory, with spreads
that keep an enrolled participant within the organ-function limits of eligibility.
"""

import msgspec


class LaboratoryValue(msgspec.Struct, frozen=True):
    """One analyte: typical value of women and men, spreads, what inflammation does, unit, decimals."""

    key: str
    female: float
    male: float
    between: float
    within: float
    inflamed: float
    unit: str
    decimals: int


_V = LaboratoryValue
# fmt: off
#   key              female male  between within inflamed unit      decimals
LABORATORY: tuple[LaboratoryValue, ...] = (
    # --- cytokines and acute phase (what the product and CRS add comes on top)
    _V("il6",         5.0,   5.0,   0.50,  0.25,  0.0,  "pg/mL",  1),
    _V("il10",        4.0,   4.0,   0.40,  0.25,  0.70, "pg/mL",  1),
    _V("ifn_gamma",   6.0,   6.0,   0.50,  0.30,  0.80, "pg/mL",  1),
    _V("tnf_alpha",   9.0,   9.0,   0.35,  0.20,  0.35, "pg/mL",  1),
    _V("il2r",        620,   620,   0.35,  0.12,  0.30, "U/mL",   0),
    _V("il15",        4.5,   4.5,   0.35,  0.20,  0.10, "pg/mL",  1),
    _V("ferritin",    160,   260,   0.50,  0.10,  0.0,  "ug/L",   0),
    _V("crp",         3.5,   3.5,   0.60,  0.25,  0.0,  "mg/L",   1),
    _V("procalcitonin", 0.05, 0.05, 0.30,  0.15,  0.15, "ug/L",   2),
    # --- chemistry
    _V("alt",         18,    22,    0.28,  0.10,  0.12, "U/L",    0),
    _V("ast",         20,    23,    0.22,  0.10,  0.12, "U/L",    0),
    _V("alp",         68,    74,    0.20,  0.05,  0.04, "U/L",    0),
    _V("ggt",         22,    30,    0.35,  0.08,  0.06, "U/L",    0),
    _V("bilirubin",   9.0,   11.0,  0.25,  0.12,  0.05, "umol/L", 1),
    _V("creatinine",  60,    76,    0.16,  0.05,  0.03, "umol/L", 0),
    _V("urea",        4.8,   5.4,   0.20,  0.10,  0.03, "mmol/L", 1),
    _V("albumin",     41,    42,    0.05,  0.025, -0.03, "g/L",   1),
    _V("sodium",      139.5, 139.5, 0.010, 0.007, -0.004, "mmol/L", 0),
    _V("potassium",   4.0,   4.1,   0.06,  0.05,  -0.02, "mmol/L", 2),
    _V("calcium",     2.28,  2.30,  0.025, 0.02,  -0.01, "mmol/L", 2),
    _V("glucose",     5.1,   5.2,   0.08,  0.07,  0.03, "mmol/L", 1),
    _V("ldh",         195,   195,   0.15,  0.07,  0.10, "U/L",    0),
    _V("ck",          62,    95,    0.35,  0.15,  0.05, "U/L",    0),
    _V("urate",       290,   370,   0.20,  0.07,  0.0,  "umol/L", 0),
    # --- coagulation
    _V("inr",         0.98,  1.00,  0.04,  0.025, 0.02, "1",      2),
    _V("aptt",        29.0,  29.5,  0.06,  0.03,  0.02, "s",      1),
    _V("fibrinogen",  3.2,   3.1,   0.16,  0.08,  0.06, "g/L",    2),
    _V("d_dimer",     0.42,  0.38,  0.40,  0.20,  0.35, "mg/L",   2),
    # --- vital signs and ECG at rest
    _V("temperature", 36.6,  36.6,  0.004, 0.005, 0.0,  "Cel",    1),
    _V("sbp",         116,   122,   0.06,  0.04,  0.0,  "mmHg",   0),
    _V("dbp",         74,    77,    0.06,  0.04,  0.0,  "mmHg",   0),
    _V("pulse",       76,    73,    0.09,  0.06,  0.06, "1/min",  0),
    _V("respiratory_rate", 16, 16,  0.06,  0.07,  0.05, "1/min",  0),
    _V("ecg_heart_rate", 73, 70,    0.09,  0.04,  0.05, "1/min",  0),
    _V("pr",          150,   158,   0.09,  0.02,  0.0,  "ms",     0),
    _V("qrs",         87,    93,    0.06,  0.02,  0.0,  "ms",     0),
)
# fmt: on
