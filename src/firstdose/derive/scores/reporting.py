"""Measures for reporting: Hy's law by one or two samples, and the clocks of a serious event."""

from datetime import datetime, time, timedelta
from typing import cast, get_args

from firstdose.derive.safety.adverse_events import Causality
from firstdose.derive.safety.expedited import (
    MinimumCriteria,
    SeriousEvent,
    SeriousnessCriterion,
    derive_expedited_reporting,
)
from firstdose.derive.safety.hys_law import LiverSample, LiverValue, derive_edish_point, derive_hys_law
from firstdose.derive.scores.columns import Cells, Column
from firstdose.derive.scores.measure import Answer, Measure, Plain, Scored, as_decimal
from firstdose.derive.scores.shared_columns import (
    decimal,
    make_choice,
    make_number,
    make_whole,
    make_yes_no,
    word,
    yes_no,
)
from firstdose.terms.calendar import SHANGHAI
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text

_TESTS = ("alt", "ast", "alkaline_phosphatase", "bilirubin")
_LABELS = {
    "alt": Text("ALT", "ALT"),
    "ast": Text("AST", "AST"),
    "alkaline_phosphatase": Text("alkaline phosphatase", "碱性磷酸酶"),
    "bilirubin": Text("total bilirubin", "总胆红素"),
}
_FIRST_SAMPLE = datetime(2000, 1, 1, tzinfo=SHANGHAI)
"""Only the days between the samples of a row count, so the first may be on any day."""
_LATER_MAX_D = 3650
_CRITERIA = {
    "death": Text("death", "死亡"),
    "life_threatening": Text("life-threatening", "危及生命"),
    "hospitalisation_prolonged": Text("hospitalisation, or prolonged by the event", "住院或延长住院"),
    "disability": Text("persistent or significant disability", "永久或显著残疾"),
    "congenital_anomaly": Text("congenital anomaly", "先天异常"),
    "medically_important": Text("medically important", "重要医学事件"),
}
_KNOWN = {
    "participant": Text("an identifiable participant", "可识别的受试者"),
    "reporter": Text("an identifiable reporter", "可识别的报告者"),
    "product": Text("a suspected product", "可疑药物"),
    "event": Text("the event", "事件"),
}


def _read_sample(cells: Cells, prefix: str, at: datetime) -> LiverSample:
    def read(name: str) -> LiverValue | None:
        value = cells.decimal(f"{prefix}{name}")
        return None if value is None else LiverValue(value=value, uln=cells.decimal(f"{prefix}{name}_uln"))

    return LiverSample(
        collected_at=at,
        alt=read("alt"),
        ast=read("ast"),
        alkaline_phosphatase=read("alkaline_phosphatase"),
        bilirubin=read("bilirubin"),
    )


def _score_hys_law(cells: Cells) -> Scored:
    samples = [_read_sample(cells, "", _FIRST_SAMPLE)]
    after_d = cells.whole("later_after_d")
    later = _read_sample(cells, "later_", _FIRST_SAMPLE)
    if later.bilirubin is not None:
        if after_d is None:
            return Scored(NotDerived("date_unknown", "days to the later bilirubin are not recorded"), {})
        at = _FIRST_SAMPLE + timedelta(days=after_d)
        samples.append(LiverSample(collected_at=at, bilirubin=later.bilirubin))
    found = derive_hys_law(samples, baseline=_read_sample(cells, "baseline_", _FIRST_SAMPLE))
    point = derive_edish_point(samples)
    components: dict[str, Plain | NotDerived] = {
        "over_baseline": found.is_candidate_over_baseline,
        "is_potential": found.is_potential,
        "why": found.reason.en,
    }
    if isinstance(point, NotDerived):
        components["quadrant"] = point
    else:
        components |= {
            "aminotransferase_times_uln": as_decimal(point.aminotransferase),
            "bilirubin_times_uln": as_decimal(point.bilirubin),
            "quadrant": point.quadrant,
        }
    return Scored(found.is_candidate, components)


def _score_susar(cells: Cells) -> Scored:
    aware_at = cells.moment("site_aware_at")
    known = {name: _read_known(cells, name) for name in _KNOWN}
    found = derive_expedited_reporting(
        SeriousEvent(
            criteria={one: cells.answer(one) for one in get_args(SeriousnessCriterion)},
            is_expected=cells.answer("is_expected"),
            causality_investigator=cast("Causality | None", cells.word("causality_investigator")),
            causality_sponsor=cast("Causality | None", cells.word("causality_sponsor")),
            # the clock of the site stands apart; without its start its deadline is left out below
            site_aware_at=aware_at or _FIRST_SAMPLE,
            sponsor_knew=MinimumCriteria(**known),
        )
    )
    components: dict[str, Plain | NotDerived] = {
        "is_serious": found.is_serious,
        "day_0": found.day_0,
        "reasons": "; ".join(one.en for one in found.reasons),
    }
    for one in found.deadlines:
        if one.kind != "site_to_sponsor" or aware_at is not None:
            components[f"{one.kind}_due"] = one.due
    return Scored(found.is_susar, components)


def _read_known(cells: Cells, name: str) -> datetime | None:
    day = cells.day(f"sponsor_knew_{name}_on")
    return None if day is None else datetime.combine(day, time(), SHANGHAI)


def _list_tests(
    prefix: str, said: Text, examples: tuple[str, ...], *, names: tuple[str, ...] = _TESTS
) -> tuple[Column, ...]:
    columns = []
    for name, example in zip(names, examples, strict=True):
        label = _LABELS[name]
        value, _, uln = example.partition("/")
        columns += [
            make_number(
                f"{prefix}{name}",
                Text(label.en + said.en, label.zh + said.zh),
                example=value,
                is_required=not prefix,
            ),
            make_number(
                f"{prefix}{name}_uln",
                Text(
                    f"upper limit of normal of {label.en}{said.en}, same unit",
                    f"{label.zh}{said.zh}正常值上限，同一单位",
                ),
                example=uln,
                is_required=not prefix,
                is_positive=True,
            ),
        ]
    return tuple(columns)


REPORTING_MEASURES: tuple[Measure, ...] = (
    Measure(
        key="hys_law",
        title=Text("Hy's law by the values", "海氏法则（仅按检验值）"),
        row=Text(
            "the liver tests of one sample, and the highest bilirubin after it",
            "一份样本的肝功能及其后最高胆红素",
        ),
        columns=(
            *_list_tests("", Text("", ""), ("180/40", "150/40", "100/120", "2.6/1.2")),
            *_list_tests("later_", Text(", later", "（其后）"), ("/",), names=("bilirubin",)),
            make_whole(
                "later_after_d",
                Text("days to the later bilirubin", "距其后胆红素的天数"),
                example="",
                at_most=_LATER_MAX_D,
                is_required=False,
            ),
            *_list_tests(
                "baseline_",
                Text(" at baseline", "（基线）"),
                ("30/40", "28/40", "0.8/1.2"),
                names=("alt", "ast", "bilirubin"),
            ),
        ),
        value=yes_no(
            "is_candidate",
            "candidate by the values; other causes are for a person",
            "按数值为候选病例；其他原因由研究者排除",
        ),
        components=(
            yes_no("over_baseline", "candidate also over a raised baseline", "相对升高的基线仍为候选"),
            yes_no("is_potential", "only the alkaline phosphatase is missing", "仅缺碱性磷酸酶"),
            decimal("aminotransferase_times_uln", "higher of ALT and AST", "ALT与AST较高者", "x ULN"),
            decimal("bilirubin_times_uln", "highest bilirubin", "最高胆红素", "x ULN"),
            word("quadrant", "quadrant of eDISH", "eDISH象限"),
            word("why", "why", "理由"),
        ),
        source="FDA guidance, Drug-induced liver injury, 2009; Watkins PB et al. Drug Saf 2011;34:243-252",
        derive=_score_hys_law,
    ),
    Measure(
        key="susar_clock",
        title=Text("SUSAR and the days by which it is reported", "SUSAR判断与上报时限"),
        row=Text("one adverse event", "一个不良事件"),
        columns=(
            *(
                make_yes_no(name, said, example="yes" if name == "hospitalisation_prolonged" else "no")
                for name, said in _CRITERIA.items()
            ),
            make_yes_no(
                "is_expected", Text("listed in the reference safety information", "参考安全性信息中已列出")
            ),
            *(
                make_choice(
                    f"causality_{who}",
                    Text(
                        f"causality to the product, {said.en}; blank counts as related",
                        f"与药物的因果关系，{said.zh}；空白按有关计",
                    ),
                    get_args(Causality),
                    example="possible",
                )
                for who, said in (
                    ("investigator", Text("investigator", "研究者")),
                    ("sponsor", Text("sponsor", "申办者")),
                )
            ),
            Column(
                name="site_aware_at",
                kind="moment",
                description=Text("when the site became aware", "研究中心获知时间"),
                is_required=True,
                example="2025-03-01 14:30",
            ),
            *(
                Column(
                    name=f"sponsor_knew_{name}_on",
                    kind="date",
                    description=Text(
                        f"day on which the sponsor first knew {said.en}", f"申办者首次获知{said.zh}的日期"
                    ),
                    is_required=True,
                    example="2025-03-02",
                )
                for name, said in _KNOWN.items()
            ),
        ),
        value=yes_no("is_susar", "suspected unexpected serious adverse reaction", "可疑且非预期严重不良反应"),
        components=(
            yes_no("is_serious", "serious", "严重"),
            Answer(name="day_0", kind="date", description=Text("Day 0", "第0天")),
            Answer(
                name="site_to_sponsor_due",
                kind="moment",
                description=Text("site to sponsor, by", "中心向申办者报告，不迟于"),
            ),
            Answer(
                name="initial_due",
                kind="date",
                description=Text("first report to the authority, by", "首次报告，不迟于"),
            ),
            Answer(
                name="follow_up_due",
                kind="date",
                description=Text("follow-up report, by", "随访报告，不迟于"),
            ),
            word("reasons", "why", "理由"),
        ),
        source="ICH E2A; CDE standard and procedure for rapid reporting of safety data, 2018",
        derive=_score_susar,
    ),
)
