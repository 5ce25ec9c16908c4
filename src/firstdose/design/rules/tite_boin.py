"""The time-to-event BOIN design (TITE-BOIN): decisions while DLT windows are open.

A pending participant counts as far as the window was seen. Two estimates of the DLT rate are published under
this name, and they lead to different limits. ``imputed`` puts the expected number of DLTs in the rest of the
open windows on top of those seen; its limits are the tables that protocols print. ``effective_n`` divides the
DLTs by the participants seen through and the shares of the open windows. Both are compared with lambda_e and
lambda_d of BOIN, and with every window complete both are BOIN.

Source
------
Yuan Y, Lin R, Li D, Nie L, Warren KE. Time-to-event Bayesian optimal interval design to accelerate phase I
trials. Clin Cancer Res 2018;24:4921-4930, Table 1 and supplementary appendix A (``imputed``, suspension).
Lin R, Yuan Y. Time-to-event model-assisted designs for dose-finding trials with delayed toxicity.
Biostatistics 2020;21:807-824 (``effective_n``, fewest complete windows).

Both papers eliminate a level on all participants treated there, the pending ones as if without a DLT. That is
:func:`firstdose.design.rules.boin.is_excessively_toxic` with ``n`` the evaluable and the pending.

Boundaries are quotients of logarithms, follow-up shares are fractions. :func:`compare_with_quotient` tells them
apart without rounding, so that no decision hangs on floating point.
"""

from collections.abc import Sequence
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Literal, NamedTuple

import msgspec

from firstdose.design.value_checks import check_probability, plain_decimal
from firstdose.terms.outcomes import Fault

TiteMove = Literal["escalate", "stay", "de_escalate", "suspend"]
TiteEstimate = Literal["effective_n", "imputed"]
ESTIMATES: tuple[TiteEstimate, ...] = ("effective_n", "imputed")

FIRST_DIGITS, SPARE_DIGITS = 40, 12
"""Digits of the first comparison of logarithms, and how many of them are not relied on."""


class TiteOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a TITE-BOIN design says beside its BOIN.

    Examples
    --------
    >>> TiteOptions(suspend_above="0.50").suspend_above
    Decimal('0.5')
    """

    suspend_above: Decimal = Decimal("0.5")
    """Accrual is suspended while more than this share of those treated at the level is pending; 1 never does."""
    estimate: TiteEstimate = "effective_n"
    """How the pending enter the DLT rate: Lin and Yuan 2020 (``effective_n``) or Yuan 2018 (``imputed``)."""
    fewest_complete_to_escalate: int = 1
    """Evaluable participants that a level with open windows needs before it is left upwards.

    One is implied by the default of ``suspend_above``; Lin and Yuan ask for two, and suspend for nothing else.
    """

    def __post_init__(self) -> None:
        """Write the share in one way, so that 0.5 and 0.50 are the same design."""
        msgspec.structs.force_setattr(self, "suspend_above", plain_decimal(self.suspend_above))


class Boundary(NamedTuple):
    """A quotient of two logarithms; both arguments above 1."""

    above: Fraction
    below: Fraction


class TiteRule(NamedTuple):
    """A design in the numbers that its decisions compare."""

    target: Fraction
    lambda_e: Boundary
    lambda_d: Boundary
    options: TiteOptions


class TiteState(NamedTuple):
    """The counts at a level; ``stft`` is the sum of the shares of the window that the pending were seen through."""

    n_evaluable: int
    n_dlt: int
    n_pending: int
    stft: Fraction


def check_tite_options(options: TiteOptions) -> list[Fault]:
    """Every bad value of the options, one sentence each.

    Examples
    --------
    >>> for fault in check_tite_options(TiteOptions(suspend_above=Decimal("1.5"), fewest_complete_to_escalate=0)):
    ...     print(fault)
    suspend_above: suspend_above is 1.5, not between 0 and 1; write a number above 0 and below 1
    fewest_complete_to_escalate: fewest_complete_to_escalate is 0, not a whole number from 1; write 1 or more
    """
    faults = [] if options.suspend_above == 1 else check_probability("suspend_above", options.suspend_above)
    if options.estimate not in ESTIMATES:
        faults.append(
            Fault(
                what=f"estimate {options.estimate!r} is not known",
                next="write " + " or ".join(ESTIMATES),
                clause="estimate",
            )
        )
    fewest = options.fewest_complete_to_escalate
    if not isinstance(fewest, int) or isinstance(fewest, bool) or fewest < 1:
        faults.append(
            Fault(
                what=f"fewest_complete_to_escalate is {fewest}, not a whole number from 1",
                next="write 1 or more",
                clause="fewest_complete_to_escalate",
            )
        )
    return faults


def check_follow_up(n_evaluable: int, n_dlt: int, shares: Sequence[Fraction]) -> list[Fault]:
    """Everything that makes the counts of one level impossible, one sentence each.

    Examples
    --------
    >>> for fault in check_follow_up(3, 4, [Fraction(1, 2), Fraction(1)]):
    ...     print(fault)
    n_dlt: 4 participants have a DLT out of 3 evaluable; correct the counts
    follow_up: a pending participant was seen through 1 of the DLT window; write a share from 0 to below 1
    """
    faults = [
        Fault(what=f"{name} is {count}", next="write 0 or more", clause=name)
        for name, count in (("n_evaluable", n_evaluable), ("n_dlt", n_dlt))
        if count < 0
    ]
    if n_dlt > n_evaluable >= 0:
        faults.append(
            Fault(
                what=f"{n_dlt} participants have a DLT out of {n_evaluable} evaluable",
                next="correct the counts",
                clause="n_dlt",
            )
        )
    return faults + [
        Fault(
            what=f"a pending participant was seen through {share} of the DLT window",
            next="write a share from 0 to below 1",
            clause="follow_up",
        )
        for share in shares
        if not 0 <= share < 1
    ]


def compute_effective_n(n_evaluable: int, shares: Sequence[Fraction]) -> Fraction:
    """The evaluable participants and the shares of the window that the pending were seen through.

    Examples
    --------
    >>> compute_effective_n(4, [Fraction(7, 28), Fraction(14, 28)])
    Fraction(19, 4)
    """
    return n_evaluable + sum(shares, Fraction(0))


def compute_imputed_rate(
    n_evaluable: int, n_dlt: int, n_pending: int, stft: Fraction, target_rate: Decimal | Fraction
) -> Fraction:
    """The DLTs seen and those expected of the pending, over all treated.

    Parameters
    ----------
    n_evaluable, n_dlt, n_pending : int
        At one level; at least one treated.
    stft : Fraction
        Sum of the shares of the window that the pending were seen through.
    target_rate : Decimal or Fraction

    Source
    ------
    Yuan 2018, appendix A: a DLT comes at any time of the window alike, and the rate of the level is the mean of
    Beta(target / 2, 1 - target / 2) after the evaluable. Then the pending expect p / (1 - p) DLTs per window
    not yet seen.

    Examples
    --------
    >>> compute_imputed_rate(6, 1, 3, Fraction(3, 2), Decimal("0.2"))
    Fraction(151, 1062)
    """
    rate = (n_dlt + Fraction(target_rate) / 2) / (n_evaluable + 1)
    return (n_dlt + rate / (1 - rate) * (n_pending - stft)) / (n_evaluable + n_pending)


def assign_move(
    n_evaluable: int,
    n_dlt: int,
    shares: Sequence[Fraction],
    *,
    target_rate: Decimal,
    p1: Decimal,
    p2: Decimal,
    options: TiteOptions,
) -> TiteMove:
    """What follows at the current level, before any guard, while windows may be open.

    In this order: de-escalate where no outcome of the pending could lower the rate below lambda_d; suspend
    while too many are pending; then compare the estimated rate, and suspend instead of escalating while too
    few windows are complete.

    Parameters
    ----------
    n_evaluable, n_dlt : int
        Participants with a complete window or a DLT, and those of them with a DLT.
    shares : sequence of n Fraction
        Part of the window seen of each pending participant, from 0 to below 1.
    target_rate, p1, p2 : Decimal
        Of BOIN: 0 < p1 < target_rate < p2 < 1.
    options : TiteOptions
        Without faults.

    Examples
    --------
    Nine treated, one DLT, four of a window of 90 days pending after 75, 60, 45 and 30 days (Yuan 2018, Figure 1).

    >>> rates = {"target_rate": Decimal("0.2"), "p1": Decimal("0.12"), "p2": Decimal("0.28")}
    >>> shares = [Fraction(days, 90) for days in (75, 60, 45, 30)]
    >>> assign_move(5, 1, shares, **rates, options=TiteOptions(estimate="imputed"))
    'escalate'
    """
    state = TiteState(n_evaluable, n_dlt, len(shares), sum(shares, Fraction(0)))
    return assign_for_state(make_rule(target_rate, p1, p2, options), state)


def compare_with_quotient(rate: Fraction, above: Fraction, below: Fraction) -> int:
    """-1, 0 or 1 as a rate is below, at or above ln(above) / ln(below), decided exactly.

    Parameters
    ----------
    rate : Fraction
        0 or more.
    above, below : Fraction
        Above 1.

    Source
    ------
    With rate = a / b in lowest terms, equality says below ** a = above ** b, so that below = t ** b and
    above = t ** a for a rational t above 1, whose numerator is at least 2. Then b is at most the number of
    binary digits of below's numerator, and a that of above's. Exponents so short are compared as fractions;
    longer ones cannot tie, and enough digits of the logarithms decide.

    Examples
    --------
    >>> [compare_with_quotient(Fraction(2, 3) + d, Fraction(4), Fraction(8)) for d in (0, Fraction(1, 10**60))]
    [0, 1]
    """
    a, b = rate.numerator, rate.denominator
    if b <= below.numerator.bit_length() and a <= above.numerator.bit_length():
        left, right = below**a, above**b
        return (left > right) - (left < right)
    digits = FIRST_DIGITS
    while True:
        with localcontext() as context:
            context.prec = digits
            difference = a * compute_ln(below) - b * compute_ln(above)
            if abs(difference) > (a + b) * Decimal(10) ** (SPARE_DIGITS - digits):
                return 1 if difference > 0 else -1
        digits *= 2


def compute_ln(value: Fraction) -> Decimal:
    """The natural logarithm of a fraction, to the digits of the context."""
    return Decimal(value.numerator).ln() - Decimal(value.denominator).ln()


def make_rule(target_rate: Decimal, p1: Decimal, p2: Decimal, options: TiteOptions) -> TiteRule:
    """The numbers of a design; arguments as for :func:`assign_move`."""
    target, low, high = Fraction(target_rate), Fraction(p1), Fraction(p2)
    return TiteRule(
        target=target,
        lambda_e=Boundary((1 - low) / (1 - target), target * (1 - low) / (low * (1 - target))),
        lambda_d=Boundary((1 - target) / (1 - high), high * (1 - target) / (target * (1 - high))),
        options=options,
    )


def assign_for_state(rule: TiteRule, state: TiteState) -> TiteMove:
    """The move for counts and a follow-up in all, as :func:`assign_move` describes."""
    n_treated = state.n_evaluable + state.n_pending
    if n_treated == 0:
        return "stay"
    # the rate if no pending participant has a DLT: no outcome brings it lower
    lowest = Fraction(state.n_dlt, n_treated)
    if compare_with_quotient(lowest, *rule.lambda_d) >= 0:
        return "de_escalate"
    if state.n_pending > Fraction(rule.options.suspend_above) * n_treated:
        return "suspend"
    rate = estimate_rate(rule, state)
    if compare_with_quotient(rate, *rule.lambda_e) <= 0:
        is_early = state.n_pending > 0 and state.n_evaluable < rule.options.fewest_complete_to_escalate
        return "suspend" if is_early else "escalate"
    # Yuan 2018 lets nothing that is only imputed lead down: its tables wait until the DLTs seen reach the target
    may_de_escalate = rule.options.estimate != "imputed" or lowest >= rule.target
    if may_de_escalate and compare_with_quotient(rate, *rule.lambda_d) >= 0:
        return "de_escalate"
    return "stay"


def estimate_rate(rule: TiteRule, state: TiteState) -> Fraction:
    """The DLT rate with the pending counted as the design says."""
    if rule.options.estimate == "imputed":
        return compute_imputed_rate(*state, rule.target)
    # nobody seen at all: the effective number is 0, and so are the DLTs
    return state.n_dlt / (state.n_evaluable + state.stft) if state.n_dlt else Fraction(0)
