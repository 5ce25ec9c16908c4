"""The dose rule of a part with its guards, as the study file names it; None is "not asked for".

What each parameter means, and its published default, stands with the rule in the ``design`` room.
"""

from decimal import Decimal
from typing import Literal

from firstdose.protocol.frozen import Resolved
from firstdose.protocol.rule_names import RuleName


class Titration(Resolved):
    """Single-participant cohorts at the start of a part."""

    until_level: int
    trigger_grade: int


class OverdoseCap(Resolved):
    """A level is closed where the DLT rate exceeds ``rate`` with more than ``probability``."""

    rate: Decimal
    probability: Decimal


class Indifference(Resolved):
    """The indifference interval from which a skeleton is calculated, and the level believed to be the MTD."""

    half_width: Decimal
    prior_mtd: int


class CrmModel(Resolved):
    """The model of the CRM: a skeleton, or the indifference interval that gives it."""

    skeleton: tuple[Decimal, ...] | None = None
    indifference: Indifference | None = None
    model: Literal["power", "logistic", "two_parameter_logistic"] = "power"
    slope_variance: Decimal | None = None
    intercept: Decimal | None = None
    intercept_variance: Decimal | None = None
    is_coherent: bool = True
    too_toxic_probability: Decimal | None = Decimal("0.95")


class BlrmModel(Resolved):
    """The model of the BLRM and its overdose limit; the doses are those of one infusion at the part's levels."""

    doses_1e9: tuple[Decimal, ...] | None = None
    reference_dose_1e9: Decimal
    mean_log_alpha: Decimal
    mean_log_beta: Decimal
    sd_log_alpha: Decimal
    sd_log_beta: Decimal
    correlation: Decimal = Decimal(0)
    target_low: Decimal | None = None
    target_high: Decimal | None = None
    overdose_limit: Decimal | None = None


class Response(Resolved):
    """When a participant counts as a response: a value of an item below a limit, from the infusion to a day."""

    form: str
    item: str
    below: Decimal
    last_day: int


class Utilities(Resolved):
    """What each outcome is worth to BOIN12, from 0 to 100; the highest acceptable DLT rate is the target."""

    response: Response
    min_efficacy_rate: Decimal
    u2: Decimal
    u3: Decimal
    u1: Decimal | None = None
    u4: Decimal | None = None
    counts_both: bool | None = None
    toxicity_cutoff: Decimal | None = None
    efficacy_cutoff: Decimal | None = None
    explore_below: int | None = None
    explore_untried_from: int | None = None


class Backfilling(Resolved):
    """Levels below the current one take further participants."""

    max_n_per_level: int | None = None
    needs_response: bool | None = None


class TiteCounting(Resolved):
    """How a time-to-event rule counts participants whose DLT window is open."""

    suspend_above: Decimal | None = None
    estimate: Literal["effective_n", "imputed"] | None = None
    fewest_complete_to_escalate: int | None = None


class Options(Resolved):
    """What single rules read; None leaves the rule its published default."""

    equivalence_interval: tuple[Decimal, Decimal] | None = None
    tpi_k1: Decimal | None = None
    tpi_k2: Decimal | None = None
    boin_p1_ratio: Decimal | None = None
    boin_p2_ratio: Decimal | None = None
    mtd_at_most_lambda_d: bool | None = None
    stop_at_top_level: bool = True
    stop_when_n_at_level: int | None = None
    overdose_cap: OverdoseCap | None = None
    crm: CrmModel | None = None
    blrm: BlrmModel | None = None
    boin12: Utilities | None = None
    backfill: Backfilling | None = None
    tite: TiteCounting | None = None


class Design(Options):
    """The dose rule of a part with its guards."""

    rule: RuleName
    n_levels: int
    target_rate: Decimal
    cohort_size: int
    start_level: int
    titration: Titration | None
    max_n: int
    max_n_per_level: int
    mtd_min_n: int
    elimination_probability: Decimal
    extra_safe_offset: Decimal | None
    six_at_mtd: bool
