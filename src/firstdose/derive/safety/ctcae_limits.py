"""Numeric limits of the laboratory terms of CTCAE v5.0 and v6.0, in SI units, as data.

A criterion is written the way it is printed: ``<0.75L`` is "below 0.75 times the lower limit of normal".
Only the side on which a grade begins is written, because the highest grade that is met is the grade; the
value at a boundary so falls to the lower grade.
"""

import re
from decimal import Decimal
from typing import Literal

import msgspec

from firstdose.terms.words import Text

Version = Literal["5.0", "6.0"]
Direction = Literal["low", "high"]
Reference = Literal["absolute", "lln", "uln", "baseline"]
Condition = Literal[
    "symptomatic",
    "symptomatic_or_intervention",
    "fasting",
    "on_anticoagulation",
    "baseline_above_uln",
    "baseline_not_above_uln",
    "baseline_below_lln",
    "baseline_not_below_lln",
    "baseline_missing",
]
Sign = Literal["<", "<=", ">", ">="]

_SYMBOL: dict[Reference, str] = {"absolute": "", "lln": "LLN", "uln": "ULN", "baseline": "baseline"}
_SYMBOL_ZH: dict[Reference, str] = {
    "absolute": "",
    "lln": "正常值下限",
    "uln": "正常值上限",
    "baseline": "基线值",
}
_CONDITION_TEXT: dict[Condition, Text] = {
    "symptomatic": Text("symptomatic", "有症状"),
    "symptomatic_or_intervention": Text("symptomatic or intervention indicated", "有症状或需要干预"),
    "fasting": Text("fasting", "空腹"),
    "on_anticoagulation": Text("on anticoagulation", "接受抗凝治疗"),
    "baseline_above_uln": Text("baseline above ULN", "基线高于正常值上限"),
    "baseline_not_above_uln": Text("baseline not above ULN", "基线未高于正常值上限"),
    "baseline_below_lln": Text("baseline below LLN", "基线低于正常值下限"),
    "baseline_not_below_lln": Text("baseline not below LLN", "基线未低于正常值下限"),
    "baseline_missing": Text("baseline missing", "无基线值"),
}


class Bound(msgspec.Struct, frozen=True):
    """A comparison with ``multiple`` times a reference, plus ``offset``; an absolute reference is 1."""

    sign: Sign
    multiple: Decimal
    reference: Reference
    offset: Decimal = Decimal(0)

    def in_words(self) -> Text:
        """The bound as a table prints it."""
        sign = {"<=": "≤", ">=": "≥"}.get(self.sign, self.sign)
        if self.reference == "absolute":
            return Text(f"{sign} {self.multiple}", f"{sign} {self.multiple}")
        times = "" if self.multiple == 1 else f"{self.multiple} × "
        plus = f" + {self.offset}" if self.offset else ""
        return Text(
            f"{sign} {times}{_SYMBOL[self.reference]}{plus}",
            f"{sign} {times}{_SYMBOL_ZH[self.reference]}{plus}",
        )


class Criterion(msgspec.Struct, frozen=True):
    """One way to a grade: all bounds hold, under all conditions."""

    grade: int
    bounds: tuple[Bound, ...]
    conditions: tuple[Condition, ...] = ()

    def in_words(self) -> Text:
        """The criterion as a reviewer reads it."""
        bounds = [bound.in_words() for bound in self.bounds]
        conditions = [_CONDITION_TEXT[one] for one in self.conditions]
        return Text(
            " and ".join(one.en for one in bounds) + "".join(f", {one.en}" for one in conditions),
            " 且 ".join(one.zh for one in bounds) + "".join(f"，{one.zh}" for one in conditions),
        )


class TermLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The criteria of one term for one analyte; no criteria means that the term has only clinical ones."""

    analyte: str
    versions: tuple[Version, ...]
    term: Text
    direction: Direction
    unit: str
    criteria: tuple[Criterion, ...]
    is_rounded_to_integer: bool = False


_NOTATION = re.compile(
    r"(?P<sign><=|>=|<|>)(?P<number>\d+(?:\.\d+)?)?(?P<reference>[LUb])?(?:\+(?P<offset>\d+))?"
)
_REFERENCE: dict[str | None, Reference] = {None: "absolute", "L": "lln", "U": "uln", "b": "baseline"}
_SIGN: dict[str, Sign] = {"<": "<", "<=": "<=", ">": ">", ">=": ">="}


def parse_bound(written: str) -> Bound:
    """A bound from its printed notation; L, U and b are the limits of normal and the baseline.

    Raises
    ------
    ValueError
        If the text is not a bound.

    Examples
    --------
    >>> parse_bound(">U+20").in_words().en
    '> ULN + 20'
    """
    found = _NOTATION.fullmatch(written)
    if found is None or (found["number"] is None and found["reference"] is None):
        raise ValueError(f"not a bound: {written!r}")
    return Bound(
        _SIGN[found["sign"]],
        Decimal(found["number"] or 1),
        _REFERENCE[found["reference"]],
        Decimal(found["offset"] or 0),
    )


def _met(grade: int, *bounds: str, when: tuple[Condition, ...] = ()) -> Criterion:
    return Criterion(grade, tuple(parse_bound(bound) for bound in bounds), when)


def _ladder(*rungs: str | None, when: tuple[Condition, ...] = ()) -> tuple[Criterion, ...]:
    """Grades 1, 2, 3, 4 by the bound at which each begins; None where a grade has none."""
    return tuple(_met(grade, rung, when=when) for grade, rung in enumerate(rungs, start=1) if rung)


_BOTH: tuple[Version, ...] = ("5.0", "6.0")
_V5: tuple[Version, ...] = ("5.0",)
_V6: tuple[Version, ...] = ("6.0",)
_SYMPTOMATIC: tuple[Condition, ...] = ("symptomatic",)
_HIGH_BASELINE: tuple[Condition, ...] = ("baseline_above_uln",)
_NORMAL_BASELINE: tuple[Condition, ...] = ("baseline_not_above_uln",)


def _limits(
    analyte: str,
    versions: tuple[Version, ...],
    term: Text,
    direction: Direction,
    unit: str,
    *criteria: Criterion,
) -> TermLimits:
    return TermLimits(
        analyte=analyte, versions=versions, term=term, direction=direction, unit=unit, criteria=criteria
    )


def _aminotransferase(analyte: str, term: Text) -> tuple[TermLimits, ...]:
    normal = _ladder(">U", ">3U", ">5U", ">20U", when=_NORMAL_BASELINE)
    return (
        _limits(
            analyte,
            _V5,
            term,
            "high",
            "U/L",
            *normal,
            *_ladder(">=1.5b", ">3b", ">5b", ">20b", when=_HIGH_BASELINE),
        ),
        _limits(
            analyte,
            _V6,
            term,
            "high",
            "U/L",
            *normal,
            # Printed for baselines up to 5 x ULN only; kept for any raised baseline (P-CTC-9).
            *_ladder(">=1.0b", ">1.5b", ">2b", ">4b", when=_HIGH_BASELINE),
        ),
    )


_CHOLESTATIC_NORMAL = _ladder(">U", ">2.5U", ">5U", ">20U", when=_NORMAL_BASELINE)
_CHOLESTATIC_HIGH_V5 = _ladder(">=2.0b", ">2.5b", ">5b", ">20b", when=_HIGH_BASELINE)
_BILIRUBIN_NORMAL = _ladder(">U", ">1.5U", ">3U", ">10U", when=_NORMAL_BASELINE)

_ANEMIA = Text("Anemia", "贫血")
_HEMOGLOBIN_INCREASED = Text("Hemoglobin increased", "血红蛋白升高")
_HYPERGLYCEMIA = Text("Hyperglycemia", "高血糖症")
_HYPOCALCEMIA = Text("Hypocalcemia", "低钙血症")
_HYPERCALCEMIA = Text("Hypercalcemia", "高钙血症")
_ALP_INCREASED = Text("Alkaline phosphatase increased", "碱性磷酸酶升高")
_GGT_INCREASED = Text("GGT increased", "γ-谷氨酰转移酶升高")
_BILIRUBIN_INCREASED = Text("Blood bilirubin increased", "血胆红素升高")
_CREATININE_INCREASED = Text("Creatinine increased", "肌酐升高")
_CKD = Text("Chronic kidney disease", "慢性肾脏病")
_LIPASE_INCREASED = Text("Lipase increased", "脂肪酶升高")
_APTT_PROLONGED = Text("Activated partial thromboplastin time prolonged", "活化部分凝血活酶时间延长")
_COUNT = "10^9/L"

# fmt: off
LABORATORY_TERMS: tuple[TermLimits, ...] = (
    # --- blood
    _limits("hemoglobin", _BOTH, _ANEMIA, "low", "g/L", *_ladder("<L", "<100", "<80")),
    # v5.0 prints no reference; v6.0 writes "above ULN", which is used for both (P-CTC-10).
    _limits("hemoglobin", _BOTH, _HEMOGLOBIN_INCREASED, "high", "g/L", *_ladder(">U", ">U+20", ">U+40")),
    _limits("white_cells", _BOTH, Text("White blood cell decreased", "白细胞计数降低"), "low", _COUNT,
            *_ladder("<L", "<3.0", "<2.0", "<1.0")),
    _limits("white_cells", _BOTH, Text("Leukocytosis", "白细胞增多"), "high", _COUNT, _met(3, ">100")),
    _limits("neutrophils", _V5, Text("Neutrophil count decreased", "中性粒细胞计数降低"), "low", _COUNT,
            *_ladder("<L", "<1.5", "<1.0", "<0.5")),
    _limits("neutrophils", _V6, Text("Neutrophil count decreased", "中性粒细胞计数降低"), "low", _COUNT,
            *_ladder("<1.5", "<1.0", "<0.5", "<0.1")),
    _limits("lymphocytes", _V5, Text("Lymphocyte count decreased", "淋巴细胞计数降低"), "low", _COUNT,
            *_ladder("<L", "<0.8", "<0.5", "<0.2")),
    _limits("lymphocytes", _V6, Text("Lymphopenia", "淋巴细胞减少"), "low", _COUNT, _met(1, "<L")),
    _limits("lymphocytes", _BOTH, Text("Lymphocyte count increased", "淋巴细胞计数升高"), "high", _COUNT,
            *_ladder(None, ">4.0", ">20")),
    _limits("cd4_cells", _BOTH, Text("CD4 lymphocytes decreased", "CD4 淋巴细胞减少"), "low", _COUNT,
            *_ladder("<L", "<0.5", "<0.2", "<0.05")),
    _limits("platelets", _V5, Text("Platelet count decreased", "血小板计数降低"), "low", _COUNT,
            *_ladder("<L", "<75", "<50", "<25")),
    _limits("platelets", _V6, Text("Thrombocytopenia", "血小板减少"), "low", _COUNT,
            *_ladder("<L", "<75", "<50", "<10")),
    _limits("eosinophils", _BOTH, Text("Eosinophilia", "嗜酸性粒细胞增多"), "high", _COUNT,
            _met(1, ">U", ">b")),
    _limits("haptoglobin", _BOTH, Text("Haptoglobin decreased", "结合珠蛋白降低"), "low", "g/L",
            _met(1, "<L")),
    # --- coagulation
    _limits("aptt", _BOTH, _APTT_PROLONGED, "high", "s", *_ladder(">U", ">1.5U", ">2.5U")),
    _limits("inr", _BOTH, Text("INR increased", "国际标准化比值升高"), "high", "1",
            *_ladder(">1.2", ">1.5", ">2.5"),
            *_ladder(">1b", ">1.5b", ">2.5b", when=("on_anticoagulation",))),  # P-CTC-6
    _limits("fibrinogen", _BOTH, Text("Fibrinogen decreased", "纤维蛋白原降低"), "low", "g/L",  # P-CTC-7
            *_ladder("<L", "<0.75L", "<0.5L", "<0.25L", when=("baseline_not_below_lln",)),
            *_ladder("<b", "<=0.75b", "<=0.5b", "<=0.25b", when=("baseline_below_lln",)),
            _met(4, "<0.5")),
    # --- liver
    *_aminotransferase("alt", Text("Alanine aminotransferase increased", "丙氨酸氨基转移酶升高")),
    *_aminotransferase("ast", Text("Aspartate aminotransferase increased", "天冬氨酸氨基转移酶升高")),
    _limits("alkaline_phosphatase", _V5, _ALP_INCREASED, "high", "U/L",
            *_CHOLESTATIC_NORMAL, *_CHOLESTATIC_HIGH_V5),
    _limits("alkaline_phosphatase", _V6, _ALP_INCREASED, "high", "U/L",
            # the laboratory of the baseline may have another ULN: above both is asked for, whatever the baseline was
            _met(1, ">U", ">b"), _met(1, ">U", when=("baseline_missing",))),
    _limits("ggt", _V5, _GGT_INCREASED, "high", "U/L",
            *_CHOLESTATIC_NORMAL, *_CHOLESTATIC_HIGH_V5),
    _limits("ggt", _V6, _GGT_INCREASED, "high", "U/L", *_CHOLESTATIC_NORMAL,
            *_ladder(">=1.0b", ">1.5b", ">3b", ">10b", when=_HIGH_BASELINE)),
    _limits("bilirubin", _V5, _BILIRUBIN_INCREASED, "high", "umol/L", *_BILIRUBIN_NORMAL,
            *_ladder(">1.0b", ">1.5b", ">3b", ">10b", when=_HIGH_BASELINE)),
    _limits("bilirubin", _V6, _BILIRUBIN_INCREASED, "high", "umol/L", *_BILIRUBIN_NORMAL,
            *_ladder(">=1.0b", ">1.5b", ">2.5b", ">10b", when=_HIGH_BASELINE)),
    _limits("ldh", _BOTH, Text("Blood lactate dehydrogenase increased", "血乳酸脱氢酶升高"), "high", "U/L",
            _met(1, ">U")),
    _limits("albumin", _BOTH, Text("Hypoalbuminemia", "低白蛋白血症"), "low", "g/L",
            *_ladder("<L", "<30", "<20")),
    # --- kidney
    # The v5.0 multiples of baseline apply inside the normal range too, to the letter (P-CTC-8).
    _limits("creatinine", _V5, _CREATININE_INCREASED, "high", "umol/L",
            *_ladder(">U", ">1.5U", ">3U", ">6U"), *_ladder(None, ">1.5b", ">3.0b")),
    _limits("creatinine", _V6, _CREATININE_INCREASED, "high", "umol/L",
            *_ladder(">U", ">1.5U", ">3U", ">6U"),
            *_ladder(None, ">1.5b", ">3b", when=("baseline_below_lln",))),
    # Bands are printed in whole mL/min; the value is rounded half up to one before it is compared.
    TermLimits(analyte="creatinine_clearance", versions=_V6, direction="low", unit="mL/min",
               term=Text("Creatinine clearance decreased", "肌酐清除率降低"),
               criteria=_ladder(None, "<=49", "<=25"),
               is_rounded_to_integer=True),
    # v5.0 prints 59-30 and 29-15; values between are read as v6.0 prints them.
    _limits("egfr", _BOTH, _CKD, "low", "mL/min/1.73m2", *_ladder("<L", "<60", "<30", "<15")),
    _limits("urine_protein", _V5, Text("Proteinuria", "蛋白尿"), "high", "g/24h",
            *_ladder(">=U", ">=1.0", ">=3.5")),
    _limits("urine_protein", _V6, Text("Urinary protein increased", "尿蛋白升高"), "high", "g/24h",
            *_ladder(">=U", ">=1.0", ">=3.5")),
    # --- muscle and pancreas
    _limits("creatine_kinase", _V5, Text("CPK increased", "肌酸磷酸激酶升高"), "high", "U/L",
            *_ladder(">U", ">2.5U", ">5U", ">10U")),
    _limits("lipase", _V5, _LIPASE_INCREASED, "high", "U/L", *_ladder(">U", ">1.5U", ">5U"),
            _met(3, ">2U", when=_SYMPTOMATIC), _met(4, ">5U", when=_SYMPTOMATIC)),
    _limits("lipase", _V6, _LIPASE_INCREASED, "high", "U/L", *_ladder(">U", ">1.5U", ">5U"),
            _met(3, ">3U", when=_SYMPTOMATIC), _met(4, ">5U", when=_SYMPTOMATIC)),
    _limits("amylase", _BOTH, Text("Serum amylase increased", "血清淀粉酶升高"), "high", "U/L",
            *_ladder(">U", ">1.5U", ">5U"),
            _met(3, ">2U", when=_SYMPTOMATIC), _met(4, ">5U", when=_SYMPTOMATIC)),
    # --- electrolytes
    _limits("sodium", _BOTH, Text("Hyponatremia", "低钠血症"), "low", "mmol/L",
            *_ladder("<L", "<130", "<125", "<120"), _met(3, "<130", when=_SYMPTOMATIC)),
    _limits("sodium", _BOTH, Text("Hypernatremia", "高钠血症"), "high", "mmol/L",
            *_ladder(">U", ">150", ">155", ">160")),
    _limits("potassium", _BOTH, Text("Hypokalemia", "低钾血症"), "low", "mmol/L",
            *_ladder("<L", None, "<3.0", "<2.5"), _met(2, "<L", when=("symptomatic_or_intervention",))),
    _limits("potassium", _BOTH, Text("Hyperkalemia", "高钾血症"), "high", "mmol/L",
            *_ladder(">U", ">5.5", ">6.0", ">7.0")),
    _limits("corrected_calcium", _BOTH, _HYPOCALCEMIA, "low", "mmol/L",
            *_ladder("<L", "<2.0", "<1.75", "<1.5")),
    _limits("corrected_calcium", _BOTH, _HYPERCALCEMIA, "high", "mmol/L",
            *_ladder(">U", ">2.9", ">3.1", ">3.4")),
    _limits("ionised_calcium", _BOTH, _HYPOCALCEMIA, "low", "mmol/L", *_ladder("<L", "<1.0", "<0.9", "<0.8")),
    _limits("ionised_calcium", _BOTH, _HYPERCALCEMIA, "high", "mmol/L",
            *_ladder(">U", ">1.5", ">1.6", ">1.8")),
    _limits("magnesium", _BOTH, Text("Hypomagnesemia", "低镁血症"), "low", "mmol/L",
            *_ladder("<L", "<0.5", "<0.4", "<0.3")),
    _limits("magnesium", _BOTH, Text("Hypermagnesemia", "高镁血症"), "high", "mmol/L",
            *_ladder(">U", None, ">1.23", ">3.30")),
    _limits("phosphate", _BOTH, Text("Hypophosphatemia", "低磷血症"), "low", "mmol/L"),
    _limits("phosphate", _BOTH, Text("Hyperphosphatemia", "高磷血症"), "high", "mmol/L"),
    _limits("bicarbonate", _BOTH, Text("Blood bicarbonate decreased", "血碳酸氢盐降低"), "low", "mmol/L",
            _met(1, "<L")),
    # --- metabolism
    _limits("glucose", _BOTH, Text("Hypoglycemia", "低血糖症"), "low", "mmol/L",
            *_ladder("<L", "<3.0", "<2.2", "<1.7")),
    _limits("glucose", _V5, _HYPERGLYCEMIA, "high", "mmol/L"),
    _limits("glucose", _V6, _HYPERGLYCEMIA, "high", "mmol/L",
            *_ladder(">U", ">8.9", when=("fasting",)), *_ladder(None, None, ">13.9", ">27.8")),
    _limits("urate", _BOTH, Text("Hyperuricemia", "高尿酸血症"), "high", "umol/L",
            _met(1, ">U"), _met(3, ">U", when=_SYMPTOMATIC)),
    _limits("cholesterol", _BOTH, Text("Cholesterol high", "胆固醇升高"), "high", "mmol/L",
            *_ladder(">U", ">7.75", ">10.34", ">12.92")),
    _limits("triglycerides", _BOTH, Text("Hypertriglyceridemia", "高甘油三酯血症"), "high", "mmol/L",
            *_ladder(">=1.71", ">3.42", ">5.7", ">11.4")),
)
# fmt: on
"""CTCAE v5.0, NCI, 27 November 2017, and v6.0, NCI, 22 July 2025 with errata of 20 January 2026."""

NOT_IN_CTCAE = frozenset(
    {
        "ferritin",
        "c_reactive_protein",
        "interleukin_6",
        "d_dimer",
        "igg",
        "iga",
        "igm",
        "c3",
        "c4",
        "cd19_b_cells",
        "procalcitonin",
    }
)
"""Neither version has a term; the values are reported and not graded."""

CREATININE_CLEARANCE_MIN_GRADED = 10
"""v6.0 sends lower clearances to acute kidney injury or chronic kidney disease. [mL/min]"""
