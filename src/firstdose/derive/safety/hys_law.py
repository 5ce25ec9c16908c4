"""Hy's law: aminotransferases and bilirubin raised together without cholestasis, and the eDISH point.

A candidate is one by its values alone; another cause of the injury is for the investigator to rule out.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Literal

import msgspec

from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text

Quadrant = Literal["hys_law", "cholestasis", "temples_corollary", "normal"]
QUADRANT_TEXT: dict[Quadrant, Text] = {
    "hys_law": Text("Hy's law range", "海氏法则区"),
    "cholestasis": Text("hyperbilirubinaemia", "高胆红素血症区"),
    "temples_corollary": Text("Temple's corollary", "Temple推论区"),
    "normal": Text("normal or near normal", "正常或接近正常区"),
}


class HysLawRule(msgspec.Struct, frozen=True, kw_only=True):
    """The limits (P-HY-1), in multiples of the upper limit of normal, and the days for bilirubin to follow.

    An aminotransferase at its limit qualifies, a bilirubin at its limit does not, an alkaline phosphatase at
    its limit excludes. ``baseline_multiple`` is asked in addition where the baseline was above normal.
    """

    aminotransferase_min_uln: Decimal = Decimal(3)
    bilirubin_above_uln: Decimal = Decimal(2)
    alkaline_phosphatase_below_uln: Decimal = Decimal(2)
    bilirubin_within_d: int = 30
    baseline_multiple: Decimal = Decimal(2)


P_HY_1 = HysLawRule()


class LiverValue(msgspec.Struct, frozen=True, kw_only=True):
    """A measured value with the upper limit of its own laboratory, in one unit."""

    value: Decimal
    uln: Decimal | None

    @property
    def times_uln(self) -> Fraction | None:
        """The value in multiples of its upper limit; None where the limit is not known."""
        return None if self.uln is None else Fraction(self.value) / Fraction(self.uln)


class LiverSample(msgspec.Struct, frozen=True, kw_only=True):
    """The liver tests of one sample; None was not measured."""

    collected_at: datetime
    alt: LiverValue | None = None
    ast: LiverValue | None = None
    alkaline_phosphatase: LiverValue | None = None
    bilirubin: LiverValue | None = None


class HysLaw(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the values are those of a Hy's law case, and which samples say so.

    ``is_candidate`` starts the clock at the first qualifying aminotransferase, ``is_candidate_later`` at any
    later one. ``is_candidate_over_baseline`` counts a value above its limit only if it is also above the
    multiple of a baseline that was itself above normal. ``is_potential`` where only the alkaline phosphatase
    is missing.
    """

    is_candidate: bool | NotDerived
    is_candidate_later: bool | NotDerived
    is_candidate_over_baseline: bool | NotDerived
    qualifying_at: datetime | None
    bilirubin_at: datetime | None
    reason: Text

    @property
    def is_potential(self) -> bool:
        """Whether only the missing alkaline phosphatase keeps the answer open."""
        return isinstance(self.is_candidate, NotDerived) and self.is_candidate.reason == "alp_missing"


class EdishPoint(msgspec.Struct, frozen=True, kw_only=True):
    """Peaks of one participant in multiples of the upper limit of normal, whenever each was reached."""

    aminotransferase: Fraction
    bilirubin: Fraction
    quadrant: Quadrant


def derive_hys_law(
    samples: Sequence[LiverSample], *, baseline: LiverSample | None, rule: HysLawRule = P_HY_1
) -> HysLaw:
    """Whether a participant is a Hy's law candidate by the values.

    Parameters
    ----------
    samples : sequence of n LiverSample
        After the start of treatment, in any order.
    baseline : LiverSample or None
        The last before lymphodepletion.
    rule : HysLawRule
        Days count from the qualifying sample; a bilirubin exactly at their end is in time.

    Returns
    -------
    HysLaw
        Its answers are NotDerived ``no_samples``, ``no_uln``, ``no_bilirubin`` or ``alp_missing`` where
        what is missing could change them.

    Source
    ------
    FDA. Guidance for industry: Drug-induced liver injury, premarketing clinical evaluation. 2009. Convention
    P-HY-1.
    """
    ordered = sorted(samples, key=lambda one: one.collected_at)
    by_limits = _list_windows(ordered, None, rule)
    first = by_limits[0] if by_limits else _no_window(ordered)
    over_baseline = _list_windows(ordered, baseline, rule)
    return HysLaw(
        is_candidate=first.answer,
        is_candidate_later=_any([one.answer for one in by_limits[1:]]),
        is_candidate_over_baseline=(over_baseline[0] if over_baseline else _no_window(ordered)).answer,
        qualifying_at=first.qualifying_at,
        bilirubin_at=first.bilirubin_at,
        reason=first.reason,
    )


def derive_edish_point(samples: Sequence[LiverSample], rule: HysLawRule = P_HY_1) -> EdishPoint | NotDerived:
    """Peak ALT or AST against peak bilirubin, whatever the time of either.

    Returns
    -------
    EdishPoint
    NotDerived
        ``no_aminotransferase`` or ``no_bilirubin``: no value with an upper limit of normal.

    Source
    ------
    Watkins PB and others. Evaluation of drug-induced serious hepatotoxicity (eDISH). Drug Saf 2011;34:243-252.
    Quadrants at the limits of the rule.
    """
    enzymes = [found for one in samples for found in _times_uln(one.alt, one.ast)]
    bilirubins = [found for one in samples for found in _times_uln(one.bilirubin)]
    if not enzymes:
        return NotDerived("no_aminotransferase", "no ALT or AST with an upper limit of normal")
    if not bilirubins:
        return NotDerived("no_bilirubin", "no bilirubin with an upper limit of normal")
    is_enzyme_high = max(enzymes) >= Fraction(rule.aminotransferase_min_uln)
    is_bilirubin_high = max(bilirubins) > Fraction(rule.bilirubin_above_uln)
    quadrant: Quadrant = "normal"
    if is_bilirubin_high:
        quadrant = "hys_law" if is_enzyme_high else "cholestasis"
    elif is_enzyme_high:
        quadrant = "temples_corollary"
    return EdishPoint(aminotransferase=max(enzymes), bilirubin=max(bilirubins), quadrant=quadrant)


class _Window(msgspec.Struct, frozen=True, kw_only=True):
    """What follows from one qualifying aminotransferase."""

    answer: bool | NotDerived
    qualifying_at: datetime | None
    bilirubin_at: datetime | None
    reason: Text


def _list_windows(
    ordered: Sequence[LiverSample], baseline: LiverSample | None, rule: HysLawRule
) -> list[_Window]:
    """One window for every sample whose aminotransferase qualifies, the first first."""
    return [
        _read_window(one, ordered, baseline, rule)
        for one in ordered
        if _is_raised(one, baseline, rule) is True
    ]


def _read_window(
    qualifying: LiverSample,
    ordered: Sequence[LiverSample],
    baseline: LiverSample | None,
    rule: HysLawRule,
) -> _Window:
    until = qualifying.collected_at + timedelta(days=rule.bilirubin_within_d)
    inside = [one for one in ordered if qualifying.collected_at <= one.collected_at <= until]
    answers = [(one, _is_icteric(one, baseline, rule)) for one in inside if one.bilirubin is not None]
    icteric = next((one for one, answer in answers if answer), None)
    at = qualifying.collected_at
    is_cholestatic = _is_cholestatic(qualifying, rule)
    if is_cholestatic:
        return _Window(
            answer=False,
            qualifying_at=at,
            bilirubin_at=icteric.collected_at if icteric else None,
            reason=Text(
                "alkaline phosphatase at or above its limit in the qualifying sample",
                "达标样本的碱性磷酸酶达到或超过界值",
            ),
        )
    if icteric is None:
        return _without_bilirubin(at, [answer for _, answer in answers])
    if is_cholestatic is None:
        return _Window(
            answer=NotDerived("alp_missing", "alkaline phosphatase or its upper limit is missing"),
            qualifying_at=at,
            bilirubin_at=icteric.collected_at,
            reason=Text(
                "potential case: alkaline phosphatase missing in the qualifying sample",
                "潜在病例：达标样本缺少碱性磷酸酶结果",
            ),
        )
    return _Window(
        answer=True,
        qualifying_at=at,
        bilirubin_at=icteric.collected_at,
        reason=Text(
            "aminotransferase and bilirubin raised together without cholestasis; exclude other causes",
            "转氨酶与胆红素同时升高且无胆汁淤积；须排除其他原因",
        ),
    )


def _without_bilirubin(at: datetime, answers: Sequence[bool | None]) -> _Window:
    if answers and None not in answers:
        return _Window(
            answer=False,
            qualifying_at=at,
            bilirubin_at=None,
            reason=Text("bilirubin did not follow in time", "胆红素未在时限内升高达标"),
        )
    reason = "no_uln" if answers else "no_bilirubin"
    return _Window(
        answer=NotDerived(reason, "bilirubin after the qualifying sample cannot be judged"),
        qualifying_at=at,
        bilirubin_at=None,
        reason=Text("bilirubin, or its upper limit, is missing", "缺少胆红素结果或其正常值上限"),
    )


def _no_window(ordered: Sequence[LiverSample]) -> _Window:
    measured = [value for one in ordered for value in (one.alt, one.ast) if value is not None]
    answer: bool | NotDerived = False
    reason = Text("no aminotransferase qualified", "转氨酶未达标")
    if not measured:
        answer = NotDerived("no_samples", "no ALT or AST was measured")
        reason = Text("no ALT or AST was measured", "未检测ALT或AST")
    elif any(value.uln is None for value in measured):
        answer = NotDerived("no_uln", "the upper limit of normal of an ALT or AST is missing")
        reason = Text("the upper limit of an ALT or AST is missing", "缺少ALT或AST的正常值上限")
    return _Window(answer=answer, qualifying_at=None, bilirubin_at=None, reason=reason)


def _is_raised(sample: LiverSample, baseline: LiverSample | None, rule: HysLawRule) -> bool | None:
    pairs = (
        (sample.alt, baseline.alt if baseline else None),
        (sample.ast, baseline.ast if baseline else None),
    )
    limit = Fraction(rule.aminotransferase_min_uln)
    answers = []
    for value, before in pairs:
        if value is None:
            continue
        times = value.times_uln
        over = _times_baseline(value, before)
        is_met = None if times is None else times >= limit
        answers.append(is_met and (over is None or over >= Fraction(rule.baseline_multiple)))
    return True if True in answers else None if None in answers else False


def _is_icteric(sample: LiverSample, baseline: LiverSample | None, rule: HysLawRule) -> bool | None:
    assert sample.bilirubin is not None
    times = sample.bilirubin.times_uln
    over = _times_baseline(sample.bilirubin, baseline.bilirubin if baseline else None)
    if times is None:
        return None
    return times > Fraction(rule.bilirubin_above_uln) and (
        over is None or over > Fraction(rule.baseline_multiple)
    )


def _is_cholestatic(sample: LiverSample, rule: HysLawRule) -> bool | None:
    value = sample.alkaline_phosphatase
    times = None if value is None else value.times_uln
    return None if times is None else times >= Fraction(rule.alkaline_phosphatase_below_uln)


def _times_baseline(value: LiverValue, before: LiverValue | None) -> Fraction | None:
    """In multiples of a baseline above normal; None where the baseline was normal or is not known."""
    times = None if before is None else before.times_uln
    if before is None or times is None or times <= 1:
        return None
    return Fraction(value.value) / Fraction(before.value)


def _times_uln(*values: LiverValue | None) -> list[Fraction]:
    found = [None if value is None else value.times_uln for value in values]
    return [times for times in found if times is not None]


def _any(answers: Sequence[bool | NotDerived]) -> bool | NotDerived:
    if True in answers:
        return True
    return next((one for one in answers if isinstance(one, NotDerived)), False)
