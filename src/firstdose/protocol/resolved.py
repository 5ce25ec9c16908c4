"""The resolved form of a protocol: everything explicit. It is what runs, and what the record keeps.

A regimen here is any planned treatment: a dose level of a single-dose part is a regimen with one infusion.
``dose_level`` is its place in its part, 1 for the lowest.
"""

from decimal import Decimal
from functools import cached_property
from typing import Literal

from pydantic import Field

from firstdose.protocol.dose_rule import Design
from firstdose.protocol.frozen import Resolved
from firstdose.terms.calendar import Window
from firstdose.terms.words import Text


class Label(Resolved):
    """A text in the two languages of the trial."""

    en: str = Field(min_length=1)
    zh: str = Field(min_length=1)

    @property
    def text(self) -> Text:
        """The same as a :class:`Text`."""
        return Text(self.en, self.zh)


class Basis(Resolved):
    """Where a value of the protocol comes from."""

    label: Literal["registry", "registry-mirror", "assumed"]
    basis: str


class Product(Resolved):
    """The product under study."""

    key: str
    name: Label
    route: Literal["intravenous"]
    setting: Literal["inpatient"]
    after_lymphodepletion: bool


class Study(Resolved):
    """Identity and design facts, in the words of the registry."""

    key: str
    version: str
    title: Label
    registry_id: str
    protocol_id: str
    acronym: str
    sponsor: str
    phase: str
    study_type: Literal["INTERVENTIONAL", "OBSERVATIONAL"]
    allocation: Literal["NA", "RANDOMIZED", "NON_RANDOMIZED"]
    intervention_model: Literal["SINGLE_GROUP", "SEQUENTIAL", "PARALLEL"]
    masking: Literal["NONE", "SINGLE", "DOUBLE", "TRIPLE", "QUADRUPLE"]
    purpose: Literal["TREATMENT", "PREVENTION", "DIAGNOSTIC", "BASIC_SCIENCE", "OTHER"]
    enrolment: int = Field(ge=1)
    follow_up_weeks: int = Field(ge=1)
    visit_interval_weeks: tuple[int, int] = Field(description="shortest and longest interval between visits")
    infusions: tuple[int, int] = Field(description="fewest and most infusions of a multiple-dose regimen")
    indication: Label


class Site(Resolved):
    """A hospital that takes part."""

    key: str = Field(pattern=r"^[0-9]{2}$")
    name: Label
    city: Label
    province: Label
    country: Label


class WindowDays(Resolved):
    """An interval of protocol days with its ends stated. [d]."""

    first: int
    last: int
    closed: Literal["both", "left", "right", "neither"]

    @property
    def window(self) -> Window:
        """The same as a :class:`Window`."""
        return Window(first=self.first, last=self.last, closed=self.closed)


class Stagger(Resolved):
    """Least time between infusions of new participants in a cohort. [d]."""

    first_to_second_d: int = Field(
        ge=0, description="the sentinel's observation before the second participant"
    )
    next_d: int = Field(ge=0)


class Monitoring(Resolved):
    """Bayesian monitoring of a part: too toxic when Pr(rate > limit) > probability."""

    prior: tuple[Decimal, Decimal]
    limit_rate: Decimal
    probability: Decimal


class Regimen(Resolved):
    """A planned treatment: a single dose or several infusions."""

    key: str
    part: str
    dose_level: int
    title: Label
    cells_1e9: Decimal
    infusion_days: tuple[int, ...]
    schedule: str


class Part(Resolved):
    """A part of the trial."""

    key: str
    kind: Literal["single_dose", "multiple_dose", "expansion"]
    title: Label
    regimens: tuple[str, ...]
    regimens_from: str | None
    min_regimens: int | None
    max_regimens: int | None
    cohort_size: int
    max_participants: int
    design: Design | None
    monitoring: Monitoring | None
    stagger: Stagger
    dlt_window: WindowDays
    observe_after_last_infusion_d: int
    capped_by: str | None


class FormAt(Resolved):
    """A form that is filled at a visit, once or at time points (in hours from the infusion)."""

    form: str
    timepoints: tuple[str, ...]


class Visit(Resolved):
    """A planned visit with the days that its window allows, both ends included. [d]."""

    key: str
    label: Label
    kind: Literal["screening", "lymphodepletion", "baseline", "infusion", "follow_up", "end"]
    day: int
    first_day: int
    last_day: int
    infusion: int | None = Field(description="number of the infusion given at this visit, from 1")
    forms: tuple[FormAt, ...]


class Schedule(Resolved):
    """The schedule of activities of a regimen, visits in time order."""

    key: str
    visits: tuple[Visit, ...]

    @cached_property
    def by_key(self) -> dict[str, Visit]:
        """The visits by their keys."""
        return {visit.key: visit for visit in self.visits}


class ItemStandard(Resolved):
    """Standard terms of an item: SDTM domain, test code and unit."""

    domain: str = ""
    test: str
    unit: str | None = None


class ChoiceKey(Resolved):
    """A choice of an item."""

    key: str
    label: Label


class Item(Resolved):
    """An item of a form, explicit."""

    key: str
    label: Label
    type: Literal["decimal", "integer", "choice", "boolean", "date", "datetime", "text"]
    unit: str | None
    decimals: int | None
    hard: tuple[Decimal, Decimal] | None
    soft: tuple[Decimal, Decimal] | None
    choices: tuple[ChoiceKey, ...]
    required: bool
    standard: ItemStandard | None


class EditCheck(Resolved):
    """A check across items of a form.

    ``compare``: the left item stands in the relation to the right one. ``requires``: when an item has one
    of the values, another must be given. ``sum_at_most``: the items add up to no more than the limit.
    """

    key: str
    kind: Literal["compare", "requires", "sum_at_most"]
    left: str | None = None
    relation: Literal["<", "<=", ">", ">="] | None = None
    right: str | None = None
    when: str | None = None
    has: tuple[str, ...] = ()
    item: str | None = None
    items: tuple[str, ...] = ()
    limit: Decimal | None = None
    message: Label


class Form(Resolved):
    """A form: its items and edit checks."""

    key: str
    title: Label
    topic: str
    items: tuple[Item, ...]
    checks: tuple[EditCheck, ...]

    @cached_property
    def by_key(self) -> dict[str, Item]:
        """The items by their keys."""
        return {item.key: item for item in self.items}


class Drug(Resolved):
    """A lymphodepleting drug. Dose per day. [mg/m2]."""

    key: str
    name: Label
    mg_per_m2: Decimal


class Lymphodepletion(Resolved):
    """Lymphodepletion before the first infusion. Days from the first infusion. [d]."""

    days: tuple[int, ...]
    drugs: tuple[Drug, ...]
    rules: tuple[Label, ...]
    earliest_infusion_after_last_d: int
    latest_infusion_after_last_d: int


class DltCriterionSpecification(Resolved):
    """A criterion of dose-limiting toxicity, as data.

    An event of one of ``categories`` (empty: any not named by another criterion) at ``grade`` or above
    fires at once, or, where ``improves_to`` is given, when it has not come down to that grade
    within ``within_h`` hours of first reaching ``grade``. ``except_terms`` never fire below
    ``except_below_grade``.
    """

    key: str
    text: Label
    categories: tuple[str, ...] = ()
    scale: Literal["CTCAE", "ASTCT", "MAGIC", "IEC-HS"]
    grade: int = Field(ge=1, le=5)
    improves_to: int | None = None
    within_h: int | None = None
    still_present_on_day: int | None = None
    baseline_below: bool = Field(default=False, description="only if the baseline was below the grade")
    except_terms: tuple[str, ...] = ()
    except_below_grade: int = 0
    parts: tuple[str, ...] = ()


class DltEvaluability(Resolved):
    """Who counts for the dose decision."""

    min_cells_fraction: Decimal
    replace: bool


class Dlt(Resolved):
    """Dose-limiting toxicity: criteria, evaluability, replacement."""

    criteria: tuple[DltCriterionSpecification, ...]
    evaluable: DltEvaluability
    min_causality: Literal["possible", "probable", "definite"]


class Criterion(Resolved):
    """An eligibility criterion; inclusion criteria must be met, exclusion criteria must not."""

    key: str
    kind: Literal["inclusion", "exclusion"]
    text: Label


class ConsentSpecification(Resolved):
    """The consent that is valid."""

    version: str
    languages: tuple[Literal["en", "zh"], ...]


class Eligibility(Resolved):
    """Eligibility criteria and the length of screening. [d]."""

    criteria: tuple[Criterion, ...]
    consent: ConsentSpecification
    screening_d: int


class Review(Resolved):
    """The safety review committee: who sits on it, and how many signatures make a decision."""

    name: Label
    members: tuple[str, ...]
    signatures_required: int
    chair_must_sign: bool


class StoppingTrigger(Resolved):
    """What pauses the study at once."""

    key: str
    text: Label
    kind: Literal["related_death", "category_grade", "dlts_at_level"]
    categories: tuple[str, ...] = ()
    grade: int | None = None
    n_dlt: int | None = None


class ReferenceRange(Resolved):
    """A laboratory's reference range of an item; both ends are normal."""

    form: str
    item: str
    sex: Literal["female", "male"] | None = None
    site: str | None = None
    low: Decimal | None = None
    high: Decimal | None = None


class AnalysisSet(Resolved):
    """An analysis set with its rule in words; the rule itself is named by its key."""

    key: Literal[
        "enrolled_set",
        "safety_set",
        "dlt_evaluable_set",
        "kinetics_set",
        "pharmacodynamics_set",
        "efficacy_set",
    ]
    name: Label
    rule: Label


class Endpoint(Resolved):
    """An endpoint: variable, time and set, and the registry outcome that it meets."""

    key: str
    outcome: str = Field(description="the registry's own words")
    title: Label
    variable: str
    analysis_set: str
    from_day: int | Literal["enrolment"]
    to_day: int | tuple[int, ...]
    forms: tuple[str, ...]
    definition: Label


class Definitions(Resolved):
    """Clinical definitions and thresholds that are the study's own."""

    ctcae_version: Literal["5.0", "6.0"]
    sledai_window_d: int
    sledai_attribution_after_lymphodepletion_d: int
    new_feature_rule: Literal["sledai_any", "sledai_clinical", "sfi", "sfi_baseline"]
    stable_treatment_d: int
    sustained_response_d: int
    efficacy_visit_days: tuple[int, ...]
    efficacy_first_window_from_d: int
    efficacy_last_window_to_d: int
    b_cell_depletion_below_per_ul: Decimal
    b_cell_deep_depletion_percent: Decimal
    b_cell_recovery_from_per_ul: Decimal
    subset_min_parent_per_ul: Decimal
    igg_aesi_below_g_per_l: Decimal
    kinetics_last_d: int
    cytokine_peak_last_d: int


class Protocol(Resolved):
    """The whole resolved protocol."""

    study: Study
    product: Product
    sites: tuple[Site, ...]
    parts: tuple[Part, ...]
    regimens: tuple[Regimen, ...]
    schedules: tuple[Schedule, ...]
    timepoints_h: dict[str, Decimal]
    dlt: Dlt
    lymphodepletion: Lymphodepletion
    eligibility: Eligibility
    review: Review
    stopping: tuple[StoppingTrigger, ...]
    forms: tuple[Form, ...]
    reference_ranges: tuple[ReferenceRange, ...]
    analysis_sets: tuple[AnalysisSet, ...]
    endpoints: tuple[Endpoint, ...]
    definitions: Definitions
    bases: dict[str, Basis] = Field(description="where the values of the written form come from, by clause")

    @cached_property
    def part_by_key(self) -> dict[str, Part]:
        """The parts by their keys."""
        return {part.key: part for part in self.parts}

    @cached_property
    def regimen_by_key(self) -> dict[str, Regimen]:
        """The regimens by their keys."""
        return {regimen.key: regimen for regimen in self.regimens}

    @cached_property
    def schedule_by_key(self) -> dict[str, Schedule]:
        """The schedules by their keys."""
        return {schedule.key: schedule for schedule in self.schedules}

    @cached_property
    def form_by_key(self) -> dict[str, Form]:
        """The forms by their keys."""
        return {form.key: form for form in self.forms}

    @cached_property
    def site_by_key(self) -> dict[str, Site]:
        """The sites by their keys."""
        return {site.key: site for site in self.sites}
