"""The written form of a protocol: what a trialist writes and reviews.

Every mapping may say where its values come from: ``source: "assumed: basis"`` holds for everything below
it, ``sources: {field: "registry: basis"}`` for single fields. A label is one of ``registry``,
``registry-mirror`` and ``assumed``; a value without a label is a fault.
"""

import json
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from firstdose.protocol.dose_rule import Options
from firstdose.protocol.resolved import (
    AnalysisSet,
    ChoiceKey,
    ConsentSpecification,
    Criterion,
    Definitions,
    DltCriterionSpecification,
    DltEvaluability,
    Drug,
    EditCheck,
    Endpoint,
    ItemStandard,
    Label,
    Monitoring,
    Product,
    ReferenceRange,
    Review,
    Site,
    Stagger,
    StoppingTrigger,
    Study,
    WindowDays,
)
from firstdose.protocol.rule_names import RuleName

Key = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.+-]*$")]


class Written(BaseModel):
    """A mapping of the written form; unknown keys are faults."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    source: str | None = None
    sources: dict[str, str] = Field(default_factory=dict)


class WrittenLevel(Written):
    """A dose level of a single-dose part; its place in the list is the level."""

    key: Key
    cells_1e9: Decimal = Field(gt=0, description="CAR-positive cells of one infusion [1e9 cells]")


class WrittenRegimen(Written):
    """A multiple-dose regimen; the regimens of a part are listed by expected risk, lowest first."""

    key: Key
    title: Label
    cells_1e9: Decimal = Field(gt=0, description="CAR-positive cells of each infusion [1e9 cells]")
    infusion_days: tuple[int, ...] = Field(min_length=1, description="days from the first infusion [d]")


class WrittenTitration(Written):
    """Single-participant cohorts at the start of a part."""

    until_level: int = Field(ge=1, description="from this level on, full cohorts")
    trigger_grade: int = Field(ge=1, le=5, description="a related adverse event of this grade ends titration")


class WrittenDesign(Written, Options):
    """The dose rule of a part with its guards."""

    rule: RuleName
    target_rate: Decimal
    cohort_size: int
    start_level: int = 1
    titration: WrittenTitration | None = None
    max_n: int = Field(description="most participants of the part in the rule's counts")
    max_n_per_level: int
    mtd_min_n: int
    elimination_probability: Decimal = Decimal("0.95")
    extra_safe_offset: Decimal | None = None
    six_at_mtd: bool = False


class WrittenPart(Written):
    """A part of the trial: single doses, multiple doses, or the expansion of chosen regimens."""

    key: Key
    kind: Literal["single_dose", "multiple_dose", "expansion"]
    title: Label
    levels: tuple[WrittenLevel, ...] = ()
    regimens: tuple[WrittenRegimen, ...] = ()
    regimens_from: str | None = None
    min_regimens: int | None = None
    max_regimens: int | None = None
    cohort_size: int | None = None
    max_participants: int = Field(ge=1)
    design: WrittenDesign | None = None
    monitoring: Monitoring | None = None
    stagger: Stagger
    dlt_window: WindowDays
    observe_after_last_infusion_d: int = Field(ge=0, description="least observation inside the window [d]")
    capped_by: str | None = Field(default=None, description="the part whose MTD caps the dose of an infusion")
    schedule: str


class WrittenVisit(Written):
    """A planned visit of a schedule."""

    key: Key
    label: Label
    day: int | tuple[int, int] = Field(description="planned day, or first and last day of screening [d]")
    window: tuple[int, int] = Field(default=(0, 0), description="days allowed before and after [d]")
    kind: Literal["screening", "lymphodepletion", "baseline", "infusion", "follow_up", "end"] = "follow_up"


class WrittenAt(Written):
    """Where a form is filled: a visit or a place relative to the infusions, at its time points."""

    at: str
    timepoints: tuple[str, ...] = ()


class WrittenActivity(Written):
    """A form of the schedule and where it is filled.

    A place is a visit's key, ``infusion`` (each infusion day), ``infusion+N`` or ``last+N`` (N days after
    each or after the last infusion), or ``all``.
    """

    form: Key
    at: tuple[str | WrittenAt, ...]


class WrittenSchedule(Written):
    """The schedule of activities of a part, written once for all its regimens."""

    visits: tuple[WrittenVisit, ...]
    infusion_window: tuple[int, int] = (0, 1)
    extra_window: tuple[int, int] = (0, 0)
    activities: tuple[WrittenActivity, ...]


class WrittenItem(Written):
    """An item of a form."""

    key: Key
    label: Label
    type: Literal["decimal", "integer", "choice", "boolean", "date", "datetime", "text"]
    unit: str | None = None
    decimals: int | None = Field(default=None, ge=0, le=6)
    hard: tuple[Decimal, Decimal] | None = Field(default=None, description="outside is refused, both ends in")
    soft: tuple[Decimal, Decimal] | None = Field(default=None, description="outside is queried, both ends in")
    choices: tuple[str | ChoiceKey, ...] = ()
    choices_from: str | None = Field(default=None, description="the key of a list under choice_lists")
    required: bool = True
    standard: ItemStandard | None = None


class WrittenForm(Written):
    """A form: its items and edit checks."""

    key: Key
    title: Label
    topic: str
    domain: str = Field(default="", description="SDTM domain that an item's standard defaults to")
    items: tuple[WrittenItem, ...] = Field(min_length=1)
    checks: tuple[EditCheck, ...] = ()


class WrittenLymphodepletion(Written):
    """Lymphodepletion before the first infusion; its drugs are not infusions of the study product."""

    days: tuple[int, ...]
    drugs: tuple[Drug, ...]
    rules: tuple[Label, ...] = ()
    earliest_infusion_after_last_d: int = Field(ge=0)
    latest_infusion_after_last_d: int = Field(ge=0)


class WrittenDlt(Written):
    """Dose-limiting toxicity: criteria, evaluability, replacement."""

    criteria: tuple[DltCriterionSpecification, ...]
    evaluable: DltEvaluability
    min_causality: Literal["possible", "probable", "definite"] = "possible"


class WrittenSites(Written):
    """The sites; a mapping so that they share one label."""

    list: tuple[Site, ...]


class WrittenCriterion(Written, Criterion):
    """An eligibility criterion, with a label of its own where its basis is not that of the list."""


class WrittenEligibility(Written):
    """Inclusion and exclusion criteria."""

    list: tuple[WrittenCriterion, ...]
    consent: ConsentSpecification
    screening_d: int = Field(ge=1)


class WrittenRanges(Written):
    """Reference ranges of the laboratories."""

    list: tuple[ReferenceRange, ...]


class WrittenStopping(Written):
    """Triggers of a study-level pause."""

    list: tuple[StoppingTrigger, ...]


class WrittenSets(Written):
    """Analysis sets."""

    list: tuple[AnalysisSet, ...]


class WrittenEndpoints(Written):
    """Endpoints; each names the registry outcome that it meets."""

    list: tuple[Endpoint, ...]


class WrittenStudy(Written, Study):
    """Identity and design facts of the study."""

    product: Product


class WrittenReview(Written, Review):
    """The safety review committee."""


class WrittenDefinitions(Written, Definitions):
    """Clinical definitions and thresholds that are the study's own."""


class WrittenParts(Written):
    """The parts, in the order in which they open."""

    list: tuple[WrittenPart, ...] = Field(min_length=1)


class WrittenForms(Written):
    """The forms and the lists of choices that they share."""

    choice_lists: dict[str, tuple[ChoiceKey, ...]] = Field(default_factory=dict)
    list: tuple[WrittenForm, ...] = Field(min_length=1)


class WrittenSchedules(Written):
    """The schedules of activities by key, and the hours of the time points."""

    timepoints_h: dict[str, Decimal] = Field(default_factory=dict)
    by_key: dict[str, WrittenSchedule]


class WrittenProtocol(BaseModel):
    """The whole written protocol: one document, or the files of a folder with a top-level key each."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    study: WrittenStudy
    sites: WrittenSites
    parts: WrittenParts
    dlt: WrittenDlt
    lymphodepletion: WrittenLymphodepletion
    eligibility: WrittenEligibility
    review: WrittenReview
    stopping: WrittenStopping
    schedules: WrittenSchedules
    forms: WrittenForms
    reference_ranges: WrittenRanges
    analysis_sets: WrittenSets
    endpoints: WrittenEndpoints
    definitions: WrittenDefinitions


def write_json_schema() -> str:
    """The JSON Schema of the written form, for editors and other programs."""
    schema = WrittenProtocol.model_json_schema()
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}, indent=2)
