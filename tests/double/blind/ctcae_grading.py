"""CTCAE v5.0 and v6.0 laboratory grades in SI units, written from the printed criteria.

A second hand. Each grade's criteria are printed one by one as predicates that answer true, false or unknown
(``None``: the limit or the baseline it needs is not there); the highest grade met wins. When no criterion is met
and one could not be asked the value is not gradable, which is not grade 0.

Source: NCI CTCAE v5.0 (2017) and v6.0 (2025, errata 2026).
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

NOT_GRADABLE = "not gradable"


@dataclass(frozen=True)
class Case:
    """One laboratory value with everything its grade may hang on."""

    value: Decimal
    lln: Decimal | None = None
    uln: Decimal | None = None
    baseline: Decimal | None = None
    baseline_lln: Decimal | None = None
    baseline_uln: Decimal | None = None
    symptomatic: bool | None = None
    on_anticoagulation: bool | None = None
    fasting: bool | None = None
    intervention: bool | None = None


Criterion = Callable[[Case], bool | None]
Rule = dict[int, list[Criterion]]

_ASKED: set[str] = set()  # the limits as printed that were looked at, for `printed_limits`


def f(number: str | Decimal) -> Fraction:
    return Fraction(Decimal(number))


def both(*parts: bool | None) -> bool | None:
    if any(part is False for part in parts):
        return False
    return None if any(part is None for part in parts) else True


def edge(case: Case, spelled: str) -> Fraction | None:
    """A printed limit: "3.0", "L", "0.75L", "1.5U", "2b", "U+20"."""
    _ASKED.add(spelled)
    if "+" in spelled:
        of, plus = spelled.split("+")
        start = edge(case, of)
        return None if start is None else start + f(plus)
    kinds = {"L": case.lln, "U": case.uln, "b": case.baseline}
    if spelled[-1] in kinds:
        reference = kinds[spelled[-1]]
        return None if reference is None else f(reference) * f(spelled[:-1] or "1")
    return f(spelled)


def less(limit: str) -> Criterion:
    """x < limit."""

    def ask(case: Case) -> bool | None:
        at = edge(case, limit)
        return None if at is None else f(case.value) < at

    return ask


def more(limit: str) -> Criterion:
    """x > limit."""

    def ask(case: Case) -> bool | None:
        at = edge(case, limit)
        return None if at is None else f(case.value) > at

    return ask


def negate(ask: Criterion) -> Criterion:
    def asked(case: Case) -> bool | None:
        answer = ask(case)
        return None if answer is None else not answer

    return asked


def fall(printed: str) -> Criterion:
    """ "<A - B": B <= x < A."""
    a, b = printed.removeprefix("<").split(" - ")
    return lambda case: both(less(a)(case), negate(less(b))(case))


def rise(printed: str) -> Criterion:
    """ ">A - B": A < x <= B."""
    a, b = printed.removeprefix(">").split(" - ")
    return lambda case: both(more(a)(case), negate(more(b))(case))


def within(a: str, b: str) -> Criterion:
    """ "A - B" alone: A <= x <= B."""
    return lambda case: both(negate(less(a))(case), negate(more(b))(case))


def when(condition: Criterion, ask: Criterion) -> Criterion:
    return lambda case: both(condition(case), ask(case))


def symptomatic(case: Case) -> bool:
    """Unknown symptoms count as symptoms."""
    return case.symptomatic is not False


def asymptomatic(case: Case) -> bool:
    return case.symptomatic is False


def treated(case: Case) -> bool:
    """A clinical criterion counts only when it is recorded."""
    return case.intervention is True


def baseline_high(case: Case) -> bool | None:
    """Baseline above the upper limit of the laboratory it came from; a missing baseline counts as normal."""
    if case.baseline is None:
        return False
    high = case.uln if case.baseline_uln is None else case.baseline_uln
    return None if high is None else case.baseline > high


def baseline_low(case: Case) -> bool | None:
    """Baseline under the lower limit of the laboratory it came from; a missing baseline counts as normal."""
    if case.baseline is None:
        return False
    low = case.lln if case.baseline_lln is None else case.baseline_lln
    return None if low is None else case.baseline < low


def ladder_down(first: str, *steps: str) -> Rule:
    """G1 <first - s1, G2 <s1 - s2, ... and the last step open below."""
    rule: Rule = {1: [fall(f"<{first} - {steps[0]}")]}
    for grade, (a, b) in enumerate(pairwise(steps), start=2):
        rule[grade] = [fall(f"<{a} - {b}")]
    rule[len(steps) + 1] = [less(steps[-1])]
    return rule


def ladder_up(first: str, *steps: str) -> Rule:
    """G1 >first - s1, G2 >s1 - s2, ... and the last step open above."""
    rule: Rule = {1: [rise(f">{first} - {steps[0]}")]}
    for grade, (a, b) in enumerate(pairwise(steps), start=2):
        rule[grade] = [rise(f">{a} - {b}")]
    rule[len(steps) + 1] = [more(steps[-1])]
    return rule


def by_baseline(normal: Rule, abnormal: Rule, is_abnormal: Criterion) -> Rule:
    return {
        grade: [when(negate(is_abnormal), ask) for ask in normal.get(grade, [])]
        + [when(is_abnormal, ask) for ask in abnormal.get(grade, [])]
        for grade in (1, 2, 3, 4)
    }


def from_baseline(first: str, *steps: str, inclusive: bool = True) -> Rule:
    """Multiples of an abnormal baseline; the lowest end is inclusive where it is printed without a sign."""
    rule = ladder_up(f"{first}b", *(f"{s}b" for s in steps))
    if inclusive:
        rule[1] = [within(f"{first}b", f"{steps[0]}b")]
    return rule


def decrease(first_pct: int, last_pct: int | None) -> Criterion:
    """Percent decrease from baseline in [first, last); 0 itself is no decrease."""

    def ask(case: Case) -> bool | None:
        _ASKED.update(f"{Decimal(100 - pct) / 100}b" for pct in (first_pct, last_pct) if pct is not None)
        if case.baseline is None:
            return None
        lost = (f(case.baseline) - f(case.value)) / f(case.baseline) * 100
        return lost > 0 and lost >= first_pct and (last_pct is None or lost < last_pct)

    return ask


def pancreatic(middle: str) -> Rule:
    return {
        1: [rise(">U - 1.5U")],
        2: [rise(f">1.5U - {middle}"), when(asymptomatic, rise(f">{middle} - 5U"))],
        3: [when(symptomatic, rise(f">{middle} - 5U")), when(asymptomatic, more("5U"))],
        4: [when(symptomatic, more("5U"))],
    }


def creatinine(condition: Criterion) -> Rule:
    return {
        1: [rise(">U - 1.5U")],
        2: [when(condition, rise(">1.5b - 3b")), rise(">1.5U - 3U")],
        3: [when(condition, more("3b")), rise(">3U - 6U")],
        4: [more("6U")],
    }


def anticoagulated(case: Case) -> bool:
    return case.on_anticoagulation is True


def inr() -> Rule:
    plain, multiple = ladder_up("1.2", "1.5", "2.5"), ladder_up("b", "1.5b", "2.5b")
    return {g: plain[g] + [when(anticoagulated, ask) for ask in multiple[g]] for g in (1, 2, 3)}


def fasting(case: Case) -> bool | None:
    return case.fasting


def _both_versions() -> dict[tuple[str, str], Rule]:
    """The rules that read the same in v5.0 and v6.0."""
    return {
        ("hemoglobin", "low"): ladder_down("L", "100", "80"),
        ("hemoglobin", "high"): ladder_up("U", "U+20", "U+40"),
        ("wbc", "low"): ladder_down("L", "3.0", "2.0", "1.0"),
        ("wbc", "high"): {3: [more("100")]},
        ("lymphocytes", "high"): {2: [rise(">4.0 - 20")], 3: [more("20")]},
        ("cd4", "low"): ladder_down("L", "0.5", "0.2", "0.05"),
        ("eosinophils", "high"): {1: [when(more("U"), more("b"))]},
        ("aptt", "high"): ladder_up("U", "1.5U", "2.5U"),
        ("inr", "high"): inr(),
        ("fibrinogen", "low"): {
            grade: [when(negate(baseline_low), ask) for ask in asks]
            + [when(baseline_low, decrease(25 * grade - 25, 25 * grade if grade < 4 else None))]
            + ([less("0.5")] if grade == 4 else [])
            for grade, asks in ladder_down("L", "0.75L", "0.5L", "0.25L").items()
        },
        ("ldh", "high"): {1: [more("U")]},
        ("urine_protein", "high"): {
            1: [lambda case: both(negate(less("U"))(case), less("1.0")(case))],
            2: [lambda case: both(negate(less("1.0"))(case), less("3.5")(case))],
            3: [negate(less("3.5"))],
        },
        ("amylase", "high"): pancreatic("2U"),
        ("albumin", "low"): ladder_down("L", "30", "20"),
        ("sodium", "low"): {
            1: [fall("<L - 130")],
            2: [when(asymptomatic, fall("<130 - 125"))],
            3: [when(symptomatic, fall("<130 - 125")), fall("<125 - 120")],
            4: [less("120")],
        },
        ("sodium", "high"): ladder_up("U", "150", "155", "160"),
        ("potassium", "low"): {
            1: [fall("<L - 3.0")],
            2: [when(symptomatic, fall("<L - 3.0")), when(treated, fall("<L - 3.0"))],
            3: [fall("<3.0 - 2.5")],
            4: [less("2.5")],
        },
        ("potassium", "high"): ladder_up("U", "5.5", "6.0", "7.0"),
        ("calcium_corrected", "low"): ladder_down("L", "2.0", "1.75", "1.5"),
        ("calcium_corrected", "high"): ladder_up("U", "2.9", "3.1", "3.4"),
        ("calcium_ionised", "low"): ladder_down("L", "1.0", "0.9", "0.8"),
        ("calcium_ionised", "high"): ladder_up("U", "1.5", "1.6", "1.8"),
        ("magnesium", "low"): ladder_down("L", "0.5", "0.4", "0.3"),
        ("magnesium", "high"): {1: [rise(">U - 1.23")], 3: [rise(">1.23 - 3.30")], 4: [more("3.30")]},
        ("glucose", "low"): ladder_down("L", "3.0", "2.2", "1.7"),
        ("urate", "high"): {1: [when(asymptomatic, more("U"))], 3: [when(symptomatic, more("U"))]},
        ("cholesterol", "high"): ladder_up("U", "7.75", "10.34", "12.92"),
        ("triglycerides", "high"): {
            **ladder_up("1.71", "3.42", "5.7", "11.4"),
            1: [within("1.71", "3.42")],
        },
        ("haptoglobin", "low"): {1: [less("L")]},
        ("bicarbonate", "low"): {1: [less("L")]},
        ("egfr", "low"): ladder_down("L", "60", "30", "15"),
    }


def rules(version: str) -> dict[tuple[str, str], Rule]:
    """Every (analyte, direction) that the version grades from the value."""
    table = _both_versions()
    transaminase = ladder_up("U", "3U", "5U", "20U")
    cholestasis = ladder_up("U", "2.5U", "5U", "20U")
    bilirubin = ladder_up("U", "1.5U", "3U", "10U")
    if version == "5.0":
        table |= {
            ("neutrophils", "low"): ladder_down("L", "1.5", "1.0", "0.5"),
            ("lymphocytes", "low"): ladder_down("L", "0.8", "0.5", "0.2"),
            ("platelets", "low"): ladder_down("L", "75", "50", "25"),
            ("ck", "high"): ladder_up("U", "2.5U", "5U", "10U"),
            ("lipase", "high"): pancreatic("2U"),
            ("creatinine", "high"): creatinine(lambda case: case.baseline is not None),
        }
        for enzyme in ("alt", "ast"):
            steps = from_baseline("1.5", "3", "5", "20")
            table[enzyme, "high"] = by_baseline(transaminase, steps, baseline_high)
        for enzyme in ("alp", "ggt"):
            steps = from_baseline("2", "2.5", "5", "20")
            table[enzyme, "high"] = by_baseline(cholestasis, steps, baseline_high)
        steps = from_baseline("1", "1.5", "3", "10", inclusive=False)
        table["bilirubin", "high"] = by_baseline(bilirubin, steps, baseline_high)
        return table
    table |= {
        ("neutrophils", "low"): ladder_down("1.5", "1.0", "0.5", "0.1"),
        ("lymphocytes", "low"): {1: [less("L")]},
        ("platelets", "low"): ladder_down("L", "75", "50", "10"),
        ("lipase", "high"): pancreatic("3U"),
        ("creatinine", "high"): creatinine(baseline_low),
        # Under 10 the printed table refers to the terms of kidney injury, so it is not a grade 0 but no grade.
        ("creatinine_clearance", "low"): {
            2: [within("26", "49")],
            3: [within("10", "25")],
            4: [lambda case: None if case.value < 10 else False],
        },
        ("glucose", "high"): {
            1: [when(fasting, rise(">U - 8.9"))],
            2: [when(fasting, rise(">8.9 - 13.9"))],
            3: [rise(">13.9 - 27.8")],
            4: [more("27.8")],
        },
        ("alp", "high"): {
            1: [lambda case: more("U")(case) if case.baseline is None else when(more("U"), more("b"))(case)]
        },
    }
    # "1.0 - 1.5 x baseline": the printed end without a sign is inclusive, so an unchanged high value is grade 1.
    for enzyme in ("alt", "ast"):
        steps = from_baseline("1", "1.5", "2", "4")
        table[enzyme, "high"] = by_baseline(transaminase, steps, baseline_high)
    table["ggt", "high"] = by_baseline(cholestasis, from_baseline("1", "1.5", "3", "10"), baseline_high)
    table["bilirubin", "high"] = by_baseline(bilirubin, from_baseline("1", "1.5", "2.5", "10"), baseline_high)
    return table


RULES = {version: rules(version) for version in ("5.0", "6.0")}


NOT_IN_CTCAE = (
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
)


def grade(analyte: str, direction: str, version: str, case: Case) -> int | str:
    """The grade from the value alone (0 to 4), or ``NOT_GRADABLE``."""
    rule = RULES[version].get((analyte, direction))
    if rule is None:
        return NOT_GRADABLE
    asked = [(at, ask(case)) for at, asks in rule.items() for ask in asks]
    met = [at for at, answer in asked if answer]
    if met:
        return max(met)
    return NOT_GRADABLE if any(answer is None for _, answer in asked) else 0


def printed_limits(analyte: str, direction: str, version: str) -> set[str]:
    """Every limit that the rule looks at, as printed ("3.0", "1.5U", "2b")."""
    _ASKED.clear()
    grade(analyte, direction, version, Case(Decimal(1)))
    grade(analyte, direction, version, Case(Decimal(1), baseline=Decimal(1)))
    return set(_ASKED)


def corrected_calcium(total: Decimal, albumin_g_per_l: Decimal) -> Decimal:
    """Total calcium [mmol/L] moved to an albumin of 40 g/L."""
    return total + Decimal("0.02") * (40 - albumin_g_per_l)
