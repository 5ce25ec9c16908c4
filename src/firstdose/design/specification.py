"""The parameters of a dose-escalation design, as plain values."""

from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import cast, get_args

import msgspec
from msgspec import UNSET, UnsetType

from firstdose.design.rules.algorithmic import ALGORITHMIC
from firstdose.design.rules.backfill_options import Backfill
from firstdose.design.rules.blrm_specification import BlrmSpecification
from firstdose.design.rules.boin12_specification import UtilitySpecification
from firstdose.design.rules.crm_specification import CrmSpecification
from firstdose.design.rules.rolling_six import FIRST_DECISION
from firstdose.design.rules.tite_boin import TiteOptions
from firstdose.protocol.rule_names import RuleName

UTILITY_RULES: tuple[RuleName, ...] = ("boin12",)
"""Rules that read responses too, and look for the optimal biological dose."""
RULES: tuple[RuleName, ...] = tuple(rule for rule in get_args(RuleName) if rule not in UTILITY_RULES)
"""Rules that read DLTs alone."""
BOIN_RULES: tuple[RuleName, ...] = ("boin", "tite_boin")
"""Rules with BOIN's boundaries; with every window complete they are BOIN."""
TITE_RULES: tuple[RuleName, ...] = ("tite_boin", "tite_crm")
"""Time-to-event rules: a pending participant counts as far as the DLT window was seen."""
MODEL_RULES: tuple[RuleName, ...] = ("crm", "blrm", "tite_crm")
"""Rules that read the counts of every level through a model."""
INTERVAL_RULES: tuple[RuleName, ...] = ("i3_plus_3", "keyboard", "mtpi_2", "mtpi")
"""Rules that read ``equivalence_interval``."""

SIX_AT_MTD = 6
"""Participants that the 3+3 and the rolling six treat at the MTD when ``six_at_mtd`` is asked for."""
COHORT_OF_THREE = 3
"""The 3+3's cohort."""
MARGIN = Decimal("0.05")
"""Published default of both margins of the equivalence interval (Ji 2010, Guo 2017, Yan 2017, Liu 2020)."""
TPI_K1, TPI_K2 = Decimal(1), Decimal("1.5")
"""Published defaults of the TPI (Ji, Li and Bekele 2007)."""

RATES = (
    "target_rate",
    "elimination_probability",
    "extra_safe_offset",
    "boin_p1_ratio",
    "boin_p2_ratio",
)


class Titration(msgspec.Struct, frozen=True):
    """Single participants per level until the first DLT or trigger, or until a level is reached.

    From ``until_level`` on, cohorts of the full size follow; None lets titration run to the top level.
    """

    until_level: int | None = None


class OverdoseCap(msgspec.Struct, frozen=True):
    """A level is closed where the DLT rate exceeds ``rate`` with more than ``probability``.

    The posterior is that of a uniform prior; a level needs three participants to be judged.
    """

    rate: Decimal
    probability: Decimal


class DesignSpecification(msgspec.Struct, frozen=True, kw_only=True):
    """A dose-escalation design: its rule and its guards.

    Levels are numbered from 1, the lowest; for multiple doses they are regimens in the order of their
    expected risk. Rates and probabilities are decimals; a text such as ``"0.25"`` is read as one. A parameter
    that is ``UNSET`` is not asked for: the rule's published default holds, or there is no such guard.

    Examples
    --------
    >>> from firstdose.design.specification_faults import check_specification
    >>> spec = DesignSpecification(
    ...     rule="boin", n_levels=6, target_rate=Decimal("0.250"), max_n=18, max_n_per_level=9, mtd_min_n=6
    ... )
    >>> spec.target_rate, check_specification(spec)
    (Decimal('0.25'), [])
    """

    rule: RuleName
    n_levels: int
    target_rate: Decimal
    max_n: int
    """Most participants in all levels together."""
    max_n_per_level: int
    mtd_min_n: int
    """Fewest participants treated at a level that is selected as the MTD."""
    cohort_size: int = 3
    start_level: int = 1
    titration: Titration | None = None
    elimination_probability: Decimal = Decimal("0.95")
    extra_safe_offset: Decimal | None = None
    """Taken from ``elimination_probability`` at level 1: the BOIN package's stricter stopping rule."""
    six_at_mtd: bool = False
    """3+3 and rolling six only: the MTD needs six participants, which is the 3+3 with de-escalation.

    Other rules read ``mtd_min_n`` alone.
    """
    boin_p1_ratio: Decimal = Decimal("0.6")
    boin_p2_ratio: Decimal = Decimal("1.4")
    stop_at_top_level: bool = True
    """Stop when the highest level allowed has ``mtd_min_n`` participants and the rule says escalate.

    False is BOIN as published: it treats on at the top until a cap is reached.
    """
    equivalence_interval: tuple[Decimal, Decimal] | UnsetType = UNSET
    """Margins (e1, e2): the interval reaches from the target less e1 to the target plus e2."""
    tpi_k1: Decimal | UnsetType = UNSET
    """TPI only: posterior standard deviations above the target."""
    tpi_k2: Decimal | UnsetType = UNSET
    """TPI only: posterior standard deviations below the target."""
    mtd_at_most_lambda_d: bool | UnsetType = UNSET
    """BOIN and TITE-BOIN only: no level whose isotonic estimate exceeds lambda_d is selected (``boundMTD``)."""
    stop_when_n_at_level: int | UnsetType = UNSET
    """Stop when the rule stays at a level that has so many participants (``n.earlystop``)."""
    overdose_cap: OverdoseCap | UnsetType = UNSET
    crm: CrmSpecification | UnsetType = UNSET
    """The model of the CRM, and of the TITE-CRM."""
    blrm: BlrmSpecification | UnsetType = UNSET
    """The model of the BLRM with its overdose limit."""
    boin12: UtilitySpecification | UnsetType = UNSET
    """BOIN12 only: what each outcome is worth, and which levels are admissible."""
    backfill: Backfill | UnsetType = UNSET
    """BOIN and TITE-BOIN only: levels below the current one take further participants (BF-BOIN)."""
    tite: TiteOptions | UnsetType = UNSET
    """Time-to-event rules only: when accrual is suspended, and how pending participants count."""

    def __post_init__(self) -> None:
        """Write every rate in one way, so that 0.25 and 0.250 are the same design."""
        for name in (*RATES, "tpi_k1", "tpi_k2"):
            msgspec.structs.force_setattr(self, name, _plain_decimal(getattr(self, name)))
        if isinstance(self.equivalence_interval, tuple | list):
            margins = tuple(_plain_decimal(margin) for margin in self.equivalence_interval)
            msgspec.structs.force_setattr(self, "equivalence_interval", margins)
        if isinstance(self.overdose_cap, OverdoseCap):
            cap = self.overdose_cap
            plain = OverdoseCap(
                *(cast("Decimal", _plain_decimal(one)) for one in (cap.rate, cap.probability))
            )
            msgspec.structs.force_setattr(self, "overdose_cap", plain)

    @property
    def fewest_at_mtd(self) -> int:
        """Fewest participants at the MTD, with the option of the 3+3 taken into account."""
        if self.rule in ALGORITHMIC and self.six_at_mtd:
            return max(self.mtd_min_n, SIX_AT_MTD)
        return self.mtd_min_n

    @property
    def fewest_to_decide(self) -> int:
        """Participants at a level below which its cohort is completed before the rule decides."""
        return FIRST_DECISION if self.rule == "rolling_six" else self.cohort_size

    @property
    def fewest_to_stop_at_level(self) -> int | None:
        """Participants at a level at which the rule stays, with which the part ends."""
        return None if self.stop_when_n_at_level is UNSET else self.stop_when_n_at_level

    @property
    def interval(self) -> tuple[Fraction, Fraction]:
        """The ends of the equivalence interval.

        Examples
        --------
        >>> spec = DesignSpecification(
        ...     rule="keyboard", n_levels=6, target_rate="0.25", max_n=18, max_n_per_level=9, mtd_min_n=6
        ... )
        >>> spec.interval
        (Fraction(1, 5), Fraction(3, 10))
        """
        margins = self.equivalence_interval
        below, above = (MARGIN, MARGIN) if margins is UNSET else margins
        return Fraction(self.target_rate - below), Fraction(self.target_rate + above)

    @property
    def tite_options(self) -> TiteOptions:
        """How the pending count, as published where nothing else is said."""
        return TiteOptions() if self.tite is UNSET else self.tite

    @property
    def tpi_deviations(self) -> tuple[Decimal, Decimal]:
        """K1 and K2 of the TPI."""
        return (
            TPI_K1 if self.tpi_k1 is UNSET else self.tpi_k1,
            TPI_K2 if self.tpi_k2 is UNSET else self.tpi_k2,
        )


def _plain_decimal(value: object) -> object:
    if isinstance(value, str):
        try:
            value = Decimal(value)
        except InvalidOperation:
            return value
    return value.normalize() if isinstance(value, Decimal) and value.is_finite() else value
