"""What a reader asks of the whole trial, read from an address; or one sentence on what is wrong."""

from decimal import Decimal
from typing import Any

import msgspec

from firstdose.faces.web.design_query import Wrong, choose_first_rates, quote_words, read_rates, split_words
from firstdose.simulate.rehearsal import MEAN_DAYS_BETWEEN_CANDIDATES
from firstdose.simulate.whole_trial import SiteAccrual, TrialCalendar, TrialPlan, Truth
from firstdose.simulate.whole_trial.calendar import DAYS_A_MONTH
from firstdose.simulate.whole_trial.truth import MOST_GROWTH
from firstdose.terms.measures import read_decimal
from firstdose.terms.outcomes import NotDerived

DRAWN = "drawn"
"""The name of a curve that a hand draws."""
FIRST_SEED = 1
LOWEST_DAYS, MOST_DAYS = Decimal("0.1"), Decimal(3650)
MOST_SITES = Decimal(60)
MOST_OPENS_D = Decimal(365)
MOST_SEED = Decimal((1 << 63) - 1)
MOST_G = Decimal(int(MOST_GROWTH))


class Accrual(msgspec.Struct, frozen=True, kw_only=True):
    """How candidates come, and the seed of the simulated trials.

    ``days`` are between two candidates of one site on average; a further site opens every ``opens`` days. [d].
    """

    days: float
    sites: int
    opens: float
    seed: int

    @property
    def calendar(self) -> TrialCalendar:
        """The calendar from which the trials are simulated."""
        each = DAYS_A_MONTH / self.days
        return TrialCalendar(
            sites=tuple(
                SiteAccrual(f"{place + 1:02d}", each, self.opens * place) for place in range(self.sites)
            )
        )


def read_truth(query: Any, plan: TrialPlan, *, is_complete: bool) -> Truth | Wrong:
    """The true rates of the single doses, and the bridge to the regimens.

    Parameters
    ----------
    query : QueryDict
        ``rates``, separated by commas or repeated; ``growth``.
    plan : TrialPlan
    is_complete : bool
        Whether the rates must be there; otherwise a curve to begin with takes their place.
    """
    n_levels = plan.sad.design.n_levels
    if "rates" in query or is_complete:
        rates = read_rates(split_words(query.getlist("rates")), n_levels)
        if isinstance(rates, Wrong):
            return rates
    else:
        rates = choose_first_rates(n_levels)
    growth = _read_number(query, "growth", "wrong_growth", 0, (-MOST_G, MOST_G))
    if isinstance(growth, Wrong):
        return growth
    return Truth(name=DRAWN, single_dose_rates=rates, growth=float(growth))


def read_accrual(query: Any, plan: TrialPlan) -> Accrual | Wrong:
    """How candidates come; what is left out is as in the rehearsal, and as many sites as the protocol has.

    Parameters
    ----------
    query : QueryDict
        ``days``, ``sites``, ``opens``, ``seed``.
    plan : TrialPlan
    """
    n_sites = len(plan.site_keys)
    found: dict[str, Decimal] = {}
    for name, wrong, first, bounds, is_whole in (
        ("days", "wrong_days", MEAN_DAYS_BETWEEN_CANDIDATES * n_sites, (LOWEST_DAYS, MOST_DAYS), False),
        ("sites", "wrong_sites", n_sites, (Decimal(1), MOST_SITES), True),
        ("opens", "wrong_opens", 0, (Decimal(0), MOST_OPENS_D), False),
        ("seed", "wrong_seed", FIRST_SEED, (Decimal(0), MOST_SEED), True),
    ):
        number = _read_number(query, name, wrong, first, bounds, is_whole=is_whole)
        if isinstance(number, Wrong):
            return number
        found[name] = number
    return Accrual(
        days=float(found["days"]),
        sites=int(found["sites"]),
        opens=float(found["opens"]),
        seed=int(found["seed"]),
    )


def _read_number(
    query: Any,
    name: str,
    wrong: str,
    first: float,
    bounds: tuple[Decimal, Decimal],
    *,
    is_whole: bool = False,
) -> Decimal | Wrong:
    low, high = bounds
    word = query.get(name, f"{first:g}").strip()
    number = read_decimal(word)
    if isinstance(number, NotDerived) or not low <= number <= high or (is_whole and number % 1):
        return Wrong(wrong, {"value": quote_words(word), "low": f"{low:f}", "high": f"{high:f}"})
    return number + 0
