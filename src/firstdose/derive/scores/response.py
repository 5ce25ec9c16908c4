"""Measures of remission, low disease activity and response: DORIS, LLDAS, SRI-4, S2K RI-50, BICLA."""

from firstdose.derive.response.bicla import derive_bicla
from firstdose.derive.response.doris import derive_doris
from firstdose.derive.response.lldas import ActivityOutsideSledai, derive_lldas
from firstdose.derive.response.ri50 import compute_ri50, derive_ri50_response
from firstdose.derive.response.sledai import DESCRIPTORS, SEROLOGICAL
from firstdose.derive.response.sri import derive_sri
from firstdose.derive.scores.columns import Cells
from firstdose.derive.scores.measure import Measure, Scored
from firstdose.derive.scores.shared_columns import (
    decimal,
    join,
    list_descriptors,
    list_doses,
    list_letters,
    make_pga,
    make_total,
    make_yes_no,
    read_letters,
    read_prednisone,
    read_sledai,
    read_total,
    whole,
    word,
    yes_no,
)
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text

_ASSESSMENT = Text("one assessment of one participant", "一名受试者的一次评估")
_WITH_BASELINE = Text("one assessment of one participant with its baseline", "一名受试者的一次评估及其基线")
_WITH_PREVIOUS = Text(
    "one assessment of one participant with the one before", "一名受试者的一次评估及上一次评估"
)


def _answer(cells: Cells, name: str, said: str) -> bool | NotDerived:
    found = cells.answer(name)
    return NotDerived("not_assessed", f"{said} was not recorded") if found is None else found


def _score_doris(cells: Cells) -> Scored:
    found = derive_doris(
        read_sledai(cells),
        pga=cells.decimal("pga"),
        prednisone_mg_per_day=read_prednisone(cells),
        is_treatment_stable=_answer(cells, "is_treatment_stable", "stability of treatment"),
    )
    return Scored(
        found.attained,
        {
            "clinical_sledai_is_zero": found.clinical_sledai_is_zero,
            "pga_is_low": found.pga_is_low,
            "glucocorticoid_is_low": found.glucocorticoid_is_low,
            "treatment_is_stable": found.treatment_is_stable,
        },
    )


def _score_lldas(cells: Cells) -> Scored:
    names = [f"previous_{one.key}" for one in DESCRIPTORS]
    outside = ("haemolytic_anaemia", "gi_activity")
    has_previous = any(cells.word(name) is not None for name in names)
    found = derive_lldas(
        read_sledai(cells),
        ActivityOutsideSledai(**{name: cells.answer(name) for name in outside}),
        pga=cells.decimal("pga"),
        prednisone_mg_per_day=read_prednisone(cells),
        is_maintenance_tolerated=_answer(
            cells, "is_maintenance_tolerated", "tolerance of maintenance treatment"
        ),
        previous_sledai=read_sledai(cells, "previous_") if has_previous else None,
        previous_outside=(
            ActivityOutsideSledai(**{name: cells.answer(f"previous_{name}") for name in outside})
            if has_previous
            else None
        ),
        new_features_recorded=cells.answer("new_features_recorded"),
    )
    return Scored(
        found.attained,
        {
            "low_activity": found.low_activity,
            "no_new_features": found.no_new_features,
            "pga_is_low": found.pga_is_low,
            "glucocorticoid_is_low": found.glucocorticoid_is_low,
            "maintenance_is_tolerated": found.maintenance_is_tolerated,
        },
    )


def _score_sri(cells: Cells) -> Scored:
    found = derive_sri(
        read_total(cells, "baseline_sledai_2k"),
        read_total(cells, "sledai_2k"),
        baseline_bilag=read_letters(cells, "baseline_"),
        bilag=read_letters(cells),
        baseline_pga=cells.decimal("baseline_pga"),
        pga=cells.decimal("pga"),
        has_treatment_failure=cells.answer("has_treatment_failure"),
    )
    return Scored(
        found.responded,
        {
            "sledai_reduced": found.sledai_reduced,
            "bilag_not_worse": found.bilag_not_worse,
            "pga_not_worse": found.pga_not_worse,
            "no_treatment_failure": found.no_treatment_failure,
            "could_respond": found.could_respond,
        },
    )


def _score_ri50(cells: Cells) -> Scored:
    baseline = read_sledai(cells, "baseline_")
    found = compute_ri50(
        baseline,
        read_sledai(cells),
        improved_by_half={one.key: cells.answer(f"improved_{one.key}") for one in DESCRIPTORS},
    )
    return Scored(
        found.total,
        {
            "lower_bound": found.lower_bound,
            "upper_bound": found.upper_bound,
            "fell_by_4": derive_ri50_response(baseline, found),
            "halved": join(found.halved),
            "not_rated": join(found.not_rated),
            "missing": join(found.missing),
        },
    )


def _score_bicla(cells: Cells) -> Scored:
    found = derive_bicla(
        read_total(cells, "baseline_sledai_2k"),
        read_total(cells, "sledai_2k"),
        baseline_bilag=read_letters(cells, "baseline_"),
        bilag=read_letters(cells),
        baseline_pga=cells.decimal("baseline_pga"),
        pga=cells.decimal("pga"),
        has_treatment_failure=cells.answer("has_treatment_failure"),
    )
    return Scored(
        found.responded,
        {
            "bilag_improved": found.bilag_improved,
            "bilag_not_worse": found.bilag_not_worse,
            "sledai_not_worse": found.sledai_not_worse,
            "pga_not_worse": found.pga_not_worse,
            "no_treatment_failure": found.no_treatment_failure,
            "had_active_system": found.had_active_system,
        },
    )


_TOTALS = (
    make_total("baseline_sledai_2k", Text("SLEDAI-2K total at baseline", "基线SLEDAI-2K总分"), "10"),
    make_total("sledai_2k", Text("SLEDAI-2K total now", "本次SLEDAI-2K总分"), "6"),
)
_TREATMENT_FAILURE = make_yes_no(
    "has_treatment_failure",
    Text(
        "rescue, a disallowed drug, or discontinuation before the visit",
        "访视前使用挽救治疗、禁用药物或终止治疗",
    ),
)
_RESPONDER_COLUMNS = (
    *_TOTALS,
    *list_letters("baseline_"),
    *list_letters(),
    make_pga("baseline_", "1.5"),
    make_pga("", "1.0"),
    _TREATMENT_FAILURE,
)
_PGA_NOT_WORSE = yes_no("pga_not_worse", "PGA rose by less than 0.3", "PGA上升不足0.3")
_BILAG_NOT_WORSE = yes_no("bilag_not_worse", "no new A and at most one new B", "无新发A且新发B不超过1个")
_NO_FAILURE = yes_no("no_treatment_failure", "no treatment failure", "无治疗失败")
_BOUNDS = (
    whole("lower_bound", "least possible total", "总分下界"),
    whole("upper_bound", "greatest possible total", "总分上界"),
)

RESPONSE_MEASURES: tuple[Measure, ...] = (
    Measure(
        key="doris_2021",
        title=Text("DORIS 2021 remission, on treatment", "DORIS 2021缓解（治疗中）"),
        row=_ASSESSMENT,
        columns=(
            *list_descriptors(optional=SEROLOGICAL),
            make_pga(),
            *list_doses(),
            make_yes_no(
                "is_treatment_stable",
                Text(
                    "antimalarials, immunosuppressives and biologics stable in the 28 days before",
                    "此前28天内抗疟药、免疫抑制剂和生物制剂稳定",
                ),
                example="yes",
            ),
        ),
        value=yes_no("attained", "attained", "达到"),
        components=(
            yes_no("clinical_sledai_is_zero", "clinical SLEDAI-2K is 0", "临床SLEDAI-2K为0"),
            yes_no("pga_is_low", "PGA below 0.5", "PGA低于0.5"),
            yes_no("glucocorticoid_is_low", "prednisone 5 mg a day or less", "泼尼松不超过5 mg/日"),
            yes_no("treatment_is_stable", "treatment stable", "治疗稳定"),
        ),
        source="van Vollenhoven RF et al. Lupus Sci Med 2021;8:e000538",
        derive=_score_doris,
    ),
    Measure(
        key="lldas",
        title=Text("lupus low disease activity state", "狼疮低疾病活动状态"),
        row=_WITH_PREVIOUS,
        columns=(
            *list_descriptors(),
            make_yes_no("haemolytic_anaemia", Text("haemolytic anaemia now", "本次溶血性贫血")),
            make_yes_no("gi_activity", Text("gastrointestinal lupus activity now", "本次胃肠道狼疮活动")),
            make_pga(example="1"),
            *list_doses(dose_mg="7.5"),
            make_yes_no(
                "is_maintenance_tolerated",
                Text("standard maintenance doses, well tolerated", "标准维持剂量且耐受良好"),
                example="yes",
            ),
            make_yes_no(
                "new_features_recorded",
                Text(
                    "the investigator's answer to whether there is new activity; it wins over the comparison",
                    "研究者判断是否有新发活动；优先于与上次评估的比较",
                ),
                is_required=False,
                example="",
            ),
            *list_descriptors("previous_", all_optional=True),
            make_yes_no(
                "previous_haemolytic_anaemia",
                Text("haemolytic anaemia at the previous assessment", "上次溶血性贫血"),
                is_required=False,
            ),
            make_yes_no(
                "previous_gi_activity",
                Text("gastrointestinal lupus activity at the previous assessment", "上次胃肠道狼疮活动"),
                is_required=False,
            ),
        ),
        value=yes_no("attained", "attained", "达到"),
        components=(
            yes_no(
                "low_activity",
                "SLEDAI-2K 4 or less, no activity in major organs",
                "SLEDAI-2K不超过4且无重要脏器活动",
            ),
            yes_no("no_new_features", "no new activity", "无新发活动"),
            yes_no("pga_is_low", "PGA 1 or less", "PGA不超过1"),
            yes_no("glucocorticoid_is_low", "prednisone 7.5 mg a day or less", "泼尼松不超过7.5 mg/日"),
            yes_no("maintenance_is_tolerated", "maintenance treatment tolerated", "维持治疗耐受良好"),
        ),
        source="Franklyn K et al. Ann Rheum Dis 2016;75:1615-1621, table 1",
        derive=_score_lldas,
    ),
    Measure(
        key="sri_4",
        title=Text("SLE Responder Index 4", "SLE应答指数4（SRI-4）"),
        row=_WITH_BASELINE,
        columns=_RESPONDER_COLUMNS,
        value=yes_no("responded", "responded", "应答"),
        components=(
            yes_no("sledai_reduced", "SLEDAI-2K fell by 4 or more", "SLEDAI-2K下降至少4分"),
            _BILAG_NOT_WORSE,
            _PGA_NOT_WORSE,
            _NO_FAILURE,
            yes_no("could_respond", "baseline high enough to respond", "基线评分足以应答"),
        ),
        source="Furie RA et al. Arthritis Rheum 2009;61:1143",
        derive=_score_sri,
    ),
    Measure(
        key="s2k_ri_50",
        title=Text("SLEDAI-2K Responder Index 50", "SLEDAI-2K 50%改善应答指数"),
        row=_WITH_BASELINE,
        columns=(
            *list_descriptors("baseline_"),
            *list_descriptors(),
            *(
                make_yes_no(
                    f"improved_{one.key}",
                    Text(f"{one.label.en}, improved by half or more", f"{one.label.zh}，改善至少50%"),
                    is_required=False,
                    example="",
                )
                for one in DESCRIPTORS
            ),
        ),
        value=decimal("total", "S2K RI-50", "S2K RI-50"),
        components=(
            decimal("lower_bound", "least possible total", "总分下界"),
            decimal("upper_bound", "greatest possible total", "总分上界"),
            yes_no(
                "fell_by_4", "4 points or more below the SLEDAI-2K of baseline", "较基线SLEDAI-2K下降至少4分"
            ),
            word("halved", "descriptors that count half", "计半分的条目"),
            word("not_rated", "descriptors without an answer to the improvement", "未评价改善的条目"),
            word("missing", "descriptors not assessed", "未评估条目"),
        ),
        source="Touma Z et al. J Rheumatol 2011;38:275-284",
        derive=_score_ri50,
    ),
    Measure(
        key="bicla",
        title=Text("BILAG-based Composite Lupus Assessment", "基于BILAG的复合狼疮评估（BICLA）"),
        row=_WITH_BASELINE,
        columns=_RESPONDER_COLUMNS,
        value=yes_no("responded", "responded", "应答"),
        components=(
            yes_no("bilag_improved", "every system that was A or B is better", "基线A或B的系统均改善"),
            _BILAG_NOT_WORSE,
            yes_no("sledai_not_worse", "SLEDAI-2K not above baseline", "SLEDAI-2K不高于基线"),
            _PGA_NOT_WORSE,
            _NO_FAILURE,
            yes_no("had_active_system", "a system was A or B at baseline", "基线有A或B的系统"),
        ),
        source="Wallace DJ et al. Arthritis Rheum 2011;63:S894",
        derive=_score_bicla,
    ),
)
