"""CTCAE laboratory grades from closed bands, each grade with both its ends, read off the printed tables.

Unlike a ladder of first rungs, every grade here is a full interval, and the highest that contains the value
wins. Infinite ends are None. A band is (grade, low, low_included, high, high_included).
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

F = Fraction
End = Fraction | None
Band = tuple[int, End, bool, End, bool]
Multiples = Sequence[str | int | None]


def under(*ends: End) -> list[Band]:
    """Grades 1, 2, ... for falling values: "<a - b" is b <= x < a; the last has no lower end."""
    return [
        (grade, ends[grade] if grade < len(ends) else None, True, end, False)
        for grade, end in enumerate(ends, start=1)
        if end is not None
    ]


def over(*ends: End, first_included: bool = False) -> list[Band]:
    """Grades 1, 2, ... for rising values: ">a - b" is a < x <= b; the last has no upper end."""
    bands: list[Band] = []
    for grade, end in enumerate(ends, start=1):
        if end is None:
            continue
        later = next((one for one in ends[grade:] if one is not None), None)
        bands.append((grade, end, first_included and grade == 1, later, True))
    return bands


def contains(band: Band, value: Fraction) -> bool:
    _, low, low_in, high, high_in = band
    above = low is None or value > low or (low_in and value == low)
    below = high is None or value < high or (high_in and value == high)
    return above and below


def read(bands: Sequence[Band], value: Fraction) -> int:
    return max((band[0] for band in bands if contains(band, value)), default=0)


def times(multiples: Multiples, reference: Fraction) -> list[End]:
    return [None if multiple is None else F(multiple) * reference for multiple in multiples]


def liver(
    version: str,
    value: Fraction,
    uln: Fraction,
    baseline: Fraction,
    *,
    normal: Multiples,
    high_5: Multiples = (),
    high_6: Multiples = (),
    open_5: bool = False,
) -> int:
    if baseline <= uln:
        return read(over(*times(normal, uln)), value)
    if version == "5.0":
        return read(over(*times(high_5, baseline), first_included=not open_5), value)
    return read(over(*times(high_6, baseline), first_included=True), value)


def grade(  # noqa: PLR0912 - one branch for each printed row that is not a plain ladder
    analyte: str,
    direction: str,
    version: str,
    value: Decimal,
    *,
    lln: Decimal,
    uln: Decimal,
    baseline: Decimal,
    symptomatic: bool,
    anticoagulated: bool,
) -> int:
    """Grade 0 to 4; every limit and the baseline are known."""
    x, low, up, b = F(value), F(lln), F(uln), F(baseline)
    six = version == "6.0"
    key = (analyte, direction)
    if analyte in ("alt", "ast"):
        return liver(
            version, x, up, b, normal=(1, 3, 5, 20), high_5=("1.5", 3, 5, 20), high_6=(1, "1.5", 2, 4)
        )
    if analyte == "bilirubin":
        return liver(
            version,
            x,
            up,
            b,
            normal=(1, "1.5", 3, 10),
            high_5=(1, "1.5", 3, 10),
            high_6=(1, "1.5", "2.5", 10),
            open_5=True,
        )
    if analyte == "ggt":
        return liver(
            version, x, up, b, normal=(1, "2.5", 5, 20), high_5=(2, "2.5", 5, 20), high_6=(1, "1.5", 3, 10)
        )
    if analyte == "alkaline_phosphatase":
        if six:
            return int(x > b and x > up)
        return liver(version, x, up, b, normal=(1, "2.5", 5, 20), high_5=(2, "2.5", 5, 20))
    if analyte == "creatinine":
        worst = read(over(*times((1, "1.5", 3, 6), up)), x)
        if not six or b < low:
            worst = max(worst, 3 if x > 3 * b else 2 if x > F("1.5") * b else 0)
        return worst
    if analyte == "inr":
        worst = read(over(F("1.2"), F("1.5"), F("2.5")), x)
        return max(worst, read(over(*times((1, "1.5", "2.5"), b)), x)) if anticoagulated else worst
    if analyte == "fibrinogen":
        if x < F("0.5"):
            return 4
        if b >= low:
            return read(under(*times((1, "0.75", "0.5", "0.25"), low)), x)
        fall = (b - x) / b
        return (
            4 if fall >= F("0.75") else 3 if fall >= F("0.5") else 2 if fall >= F("0.25") else int(fall > 0)
        )
    if analyte in ("lipase", "amylase"):
        middle = 3 if six and analyte == "lipase" else 2
        if x <= up:
            return 0
        if x <= F("1.5") * up:
            return 1
        if x <= middle * up:
            return 2
        if x <= 5 * up:
            return 3 if symptomatic else 2
        return 4 if symptomatic else 3
    if key == ("sodium", "low"):
        if F(125) <= x < F(130):
            return 3 if symptomatic else 2
        return read(
            [(1, F(130), True, low, False), (3, F(120), True, F(125), False), (4, None, True, F(120), False)],
            x,
        )
    if key == ("potassium", "low"):
        worst = read(
            [(1, F(3), True, low, False), (3, F("2.5"), True, F(3), False), (4, None, True, F("2.5"), False)],
            x,
        )
        return 2 if worst == 1 and symptomatic else worst
    if analyte == "eosinophils":
        return int(x > up and x > b)
    if analyte == "urate":
        return 0 if x <= up else 3 if symptomatic else 1
    if analyte == "urine_protein":
        return 3 if x >= F("3.5") else 2 if x >= 1 else int(x >= up)
    if analyte == "creatinine_clearance":
        whole = int(x + F(1, 2))
        return 3 if 10 <= whole <= 25 else 2 if 26 <= whole <= 49 else 0
    return read(_plain(key, low, up, six=six), x)


def _plain(key: tuple[str, str], low: Fraction, up: Fraction, *, six: bool) -> list[Band]:
    return {
        ("hemoglobin", "low"): under(low, F(100), F(80)),
        ("hemoglobin", "high"): over(up, up + 20, up + 40),
        ("white_cells", "low"): under(low, F(3), F(2), F(1)),
        ("white_cells", "high"): over(None, None, F(100)),
        ("neutrophils", "low"): under(F("1.5"), F(1), F("0.5"), F("0.1"))
        if six
        else under(low, F("1.5"), F(1), F("0.5")),
        ("lymphocytes", "low"): under(low) if six else under(low, F("0.8"), F("0.5"), F("0.2")),
        ("lymphocytes", "high"): over(None, F(4), F(20)),
        ("cd4_cells", "low"): under(low, F("0.5"), F("0.2"), F("0.05")),
        ("platelets", "low"): under(low, F(75), F(50), F(10 if six else 25)),
        ("haptoglobin", "low"): under(low),
        ("bicarbonate", "low"): under(low),
        ("aptt", "high"): over(up, F("1.5") * up, F("2.5") * up),
        ("ldh", "high"): over(up),
        ("albumin", "low"): under(low, F(30), F(20)),
        ("egfr", "low"): under(low, F(60), F(30), F(15)),
        ("creatine_kinase", "high"): over(up, F("2.5") * up, 5 * up, 10 * up),
        ("sodium", "high"): over(up, F(150), F(155), F(160)),
        ("potassium", "high"): over(up, F("5.5"), F(6), F(7)),
        ("corrected_calcium", "low"): under(low, F(2), F("1.75"), F("1.5")),
        ("corrected_calcium", "high"): over(up, F("2.9"), F("3.1"), F("3.4")),
        ("ionised_calcium", "low"): under(low, F(1), F("0.9"), F("0.8")),
        ("ionised_calcium", "high"): over(up, F("1.5"), F("1.6"), F("1.8")),
        ("magnesium", "low"): under(low, F("0.5"), F("0.4"), F("0.3")),
        ("magnesium", "high"): over(up, None, F("1.23"), F("3.3")),
        ("glucose", "low"): under(low, F(3), F("2.2"), F("1.7")),
        ("glucose", "high"): over(up, F("8.9"), F("13.9"), F("27.8")),
        ("cholesterol", "high"): over(up, F("7.75"), F("10.34"), F("12.92")),
        ("triglycerides", "high"): over(F("1.71"), F("3.42"), F("5.7"), F("11.4"), first_included=True),
    }[key]
