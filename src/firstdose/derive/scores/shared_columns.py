"""Columns that several measures read, and how they are read: descriptors, assessments, letters, doses."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import cast

from firstdose.derive.response.bilag import BILAG_DOMAINS, DOMAIN_NAMES, BilagLetter, BilagLetters
from firstdose.derive.response.glucocorticoids import PREDNISONE_MG_PER_MG, compute_prednisone_mg
from firstdose.derive.response.of_forms import FINDINGS
from firstdose.derive.response.sledai import DESCRIPTORS, DescriptorFinding, Sledai, derive_sledai
from firstdose.derive.scores.columns import Cells, Column
from firstdose.derive.scores.measure import Answer
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text

FINDING_WORDS: Mapping[str, DescriptorFinding] = {
    **FINDINGS,
    "yes": DescriptorFinding(present=True),
    "no": DescriptorFinding(present=False),
    "unknown": DescriptorFinding(present=None),
}
"""The choices of the assessment form; yes and no say nothing of the cause."""
FINDING_CHOICES = tuple(FINDING_WORDS)
FINDING_SPELLINGS = (("1", "yes"), ("0", "no"), ("是", "yes"), ("否", "no"), ("未知", "unknown"))
GLUCOCORTICOIDS = (*PREDNISONE_MG_PER_MG, "none")

_WHEN: Mapping[str, Text] = {
    "": Text("", ""),
    "baseline_": Text(" at baseline", "（基线）"),
    "previous_": Text(" at the previous assessment", "（上次评估）"),
    "before_": Text(" at the compared assessment", "（比较评估）"),
}


def list_descriptors(
    prefix: str = "", *, optional: frozenset[str] = frozenset(), all_optional: bool = False
) -> tuple[Column, ...]:
    """One column for each SLEDAI-2K descriptor; yes counts as lupus, as an attribution that is not given."""
    when = _WHEN[prefix]
    return tuple(
        Column(
            name=prefix + one.key,
            kind="choice",
            choices=FINDING_CHOICES,
            also=FINDING_SPELLINGS,
            description=_describe(one.label, one.machine_test, when),
            is_required=not all_optional and one.key not in optional,
            example="absent",
        )
        for one in DESCRIPTORS
    )


def _describe(label: Text, test: Text | None, when: Text) -> Text:
    en, zh = label.en + when.en, label.zh + when.zh
    return Text(en, zh) if test is None else Text(f"{en}: {test.en}", f"{zh}：{test.zh}")


def read_sledai(cells: Cells, prefix: str = "") -> Sledai:
    """SLEDAI-2K of the columns with a prefix."""
    values = cells.values
    return derive_sledai(
        {one.key: FINDING_WORDS[values[name]] for one in DESCRIPTORS if (name := prefix + one.key) in values}
    )


def read_finding(cells: Cells, name: str) -> DescriptorFinding | None:
    """One finding; None where the cell is blank."""
    word = cells.word(name)
    return None if word is None else FINDING_WORDS[word]


def list_letters(prefix: str = "") -> tuple[Column, ...]:
    """One column for each BILAG-2004 system."""
    when = _WHEN[prefix]
    return tuple(
        Column(
            name=f"{prefix}bilag_{domain}",
            kind="choice",
            choices=("A", "B", "C", "D", "E"),
            description=Text(
                f"BILAG-2004 letter, {DOMAIN_NAMES[domain].en}{when.en}",
                f"BILAG-2004等级，{DOMAIN_NAMES[domain].zh}{when.zh}",
            ),
            is_required=True,
            example="D",
        )
        for domain in BILAG_DOMAINS
    )


def read_letters(cells: Cells, prefix: str = "") -> BilagLetters:
    """The letters of the columns with a prefix."""
    return {
        domain: cast("BilagLetter | None", cells.word(f"{prefix}bilag_{domain}")) for domain in BILAG_DOMAINS
    }


def make_pga(prefix: str = "", example: str = "0.3") -> Column:
    """Physician global assessment on the 0 to 3 scale."""
    when = _WHEN[prefix]
    return Column(
        name=f"{prefix}pga",
        kind="decimal",
        at_least=Decimal(0),
        at_most=Decimal(3),
        description=Text(f"physician global assessment{when.en}, 0 to 3", f"医生总体评估{when.zh}，0至3"),
        is_required=True,
        example=example,
    )


def list_doses(prefix: str = "", drug: str = "prednisone", dose_mg: str = "5") -> tuple[Column, ...]:
    """The glucocorticoid and its daily dose; the factor to prednisone is applied exactly."""
    when = _WHEN[prefix]
    return (
        Column(
            name=f"{prefix}glucocorticoid",
            kind="choice",
            choices=GLUCOCORTICOIDS,
            also=tuple((name.replace(" ", "_"), name) for name in GLUCOCORTICOIDS if " " in name),
            description=Text(
                f"systemic glucocorticoid{when.en}, or none", f"全身糖皮质激素{when.zh}，无则填 none"
            ),
            is_required=True,
            example=drug,
        ),
        Column(
            name=f"{prefix}glucocorticoid_mg_per_day",
            kind="decimal",
            unit="mg/d",
            at_least=Decimal(0),
            description=Text(
                f"its daily dose{when.en}, in mg of that drug", f"其日剂量{when.zh}，按该药毫克数"
            ),
            is_required=True,
            example=dose_mg,
        ),
    )


def read_prednisone(cells: Cells, prefix: str = "") -> Fraction | NotDerived:
    """The daily dose in mg of prednisone. [mg/d]."""
    drug, dose = cells.word(f"{prefix}glucocorticoid"), cells.decimal(f"{prefix}glucocorticoid_mg_per_day")
    if drug is None:
        return NotDerived("not_assessed", "glucocorticoids were not recorded")
    if drug == "none":
        if dose:
            return NotDerived("dose_contradicts", f"no glucocorticoid, but {dose} mg")
        return Fraction(0)
    if dose is None:
        return NotDerived("dose_unknown", f"amount of {drug} is unknown")
    return compute_prednisone_mg(drug, dose)


def make_total(name: str, description: Text, example: str) -> Column:
    """A SLEDAI-2K total."""
    return Column(
        name=name,
        kind="whole_number",
        at_least=Decimal(0),
        at_most=Decimal(_GREATEST),
        description=description,
        is_required=True,
        example=example,
    )


_GREATEST = sum(one.weight for one in DESCRIPTORS)


def read_total(cells: Cells, name: str) -> Sledai:
    """An assessment of which only the total is known: its bounds are the total; no descriptor may be asked of it."""
    total, nothing = cells.whole(name), derive_sledai({})
    if total is None:
        return nothing
    return Sledai(
        total=total,
        clinical_total=nothing.clinical_total,
        lower_bound=total,
        upper_bound=total,
        clinical_lower_bound=0,
        clinical_upper_bound=total,
        counted=(),
        missing=(),
        attribution_unknown=(),
    )


def make_yes_no(name: str, description: Text, *, example: str = "no", is_required: bool = True) -> Column:
    """A column of answers."""
    return Column(
        name=name, kind="yes_no_unknown", description=description, is_required=is_required, example=example
    )


def make_number(
    name: str,
    description: Text,
    *,
    unit: str = "",
    example: str = "",
    is_required: bool = False,
    at_most: int | None = None,
    is_positive: bool = False,
) -> Column:
    """A column of decimals of at least 0."""
    return Column(
        name=name,
        kind="decimal",
        unit=unit,
        description=description,
        example=example,
        is_required=is_required,
        at_least=Decimal(0),
        at_most=None if at_most is None else Decimal(at_most),
        is_positive=is_positive,
    )


def make_whole(
    name: str, description: Text, *, example: str = "0", at_most: int | None = None, is_required: bool = True
) -> Column:
    """A column of whole numbers of at least 0."""
    return Column(
        name=name,
        kind="whole_number",
        description=description,
        example=example,
        is_required=is_required,
        at_least=Decimal(0),
        at_most=None if at_most is None else Decimal(at_most),
    )


def make_choice(
    name: str,
    description: Text,
    choices: Iterable[str],
    *,
    example: str,
    is_required: bool = True,
    also: tuple[tuple[str, str], ...] = (),
) -> Column:
    """A column of one word among choices."""
    return Column(
        name=name,
        kind="choice",
        description=description,
        choices=tuple(choices),
        also=also,
        example=example,
        is_required=is_required,
    )


def yes_no(name: str, en: str, zh: str) -> Answer:
    """An answer yes or no."""
    return Answer(name=name, kind="yes_no", description=Text(en, zh))


def whole(name: str, en: str, zh: str) -> Answer:
    """An answer in whole numbers."""
    return Answer(name=name, kind="whole_number", description=Text(en, zh))


def word(name: str, en: str, zh: str) -> Answer:
    """An answer in words."""
    return Answer(name=name, kind="word", description=Text(en, zh))


def decimal(name: str, en: str, zh: str, unit: str = "") -> Answer:
    """An answer in decimals."""
    return Answer(name=name, kind="decimal", description=Text(en, zh), unit=unit)


def join(words: Iterable[str]) -> str:
    """Words with a semicolon between, or none."""
    return ";".join(words) or "none"


CTCAE_VERSION = make_choice(
    "ctcae_version",
    Text("version of CTCAE", "CTCAE版本"),
    ("5.0", "6.0"),
    example="5.0",
    also=(("5", "5.0"), ("6", "6.0")),
)
NO_VERSION = NotDerived("version_missing", "the version of CTCAE was not given")
