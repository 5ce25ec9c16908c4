"""Measures of lupus activity now: SLEDAI-2K, what values propose for it, PGA, glucocorticoids, SLE-DAS."""

from collections.abc import Mapping
from datetime import date
from typing import Literal, cast

from firstdose.derive.response.glucocorticoids import compute_prednisone_mg
from firstdose.derive.response.pga import compute_pga
from firstdose.derive.response.sle_das import (
    RASH,
    SWOLLEN_JOINTS_MAX,
    WEIGHTS,
    Rash,
    SleDasItems,
    compute_sle_das,
)
from firstdose.derive.response.sledai import DESCRIPTOR_BY_KEY, SEROLOGICAL, DescriptorFinding, derive_sledai
from firstdose.derive.response.sledai_proposal import (
    ActivityValues,
    DatedValue,
    Proposal,
    propose_descriptors,
)
from firstdose.derive.scores.columns import Cells, Column
from firstdose.derive.scores.measure import Measure, Plain, Scored, as_decimal
from firstdose.derive.scores.shared_columns import (
    GLUCOCORTICOIDS,
    decimal,
    join,
    list_descriptors,
    make_choice,
    make_number,
    make_whole,
    make_yes_no,
    read_sledai,
    whole,
    word,
)
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text

_ASSESSMENT = Text("one assessment of one participant", "一名受试者的一次评估")
_GLADMAN = "Gladman DD, Ibanez D, Urowitz MB. J Rheumatol 2002;29:288-291"
_PROPOSED = (
    "arthritis",
    "urinary_casts",
    "hematuria",
    "proteinuria",
    "pyuria",
    "low_complement",
    "increased_dna_binding",
    "fever",
    "thrombocytopenia",
    "leukopenia",
)
"""Descriptors that have a test on a number, in the order of the instrument."""


def _score_sledai(cells: Cells) -> Scored:
    found = read_sledai(cells)
    return Scored(
        found.total,
        {
            "lower_bound": found.lower_bound,
            "upper_bound": found.upper_bound,
            "counted": join(found.counted),
            "missing": join(found.missing),
            "attribution_unknown": join(found.attribution_unknown),
        },
    )


def _score_clinical_sledai(cells: Cells) -> Scored:
    found = read_sledai(cells)
    return Scored(
        found.clinical_total,
        {
            "lower_bound": found.clinical_lower_bound,
            "upper_bound": found.clinical_upper_bound,
            "counted": join(key for key in found.counted if key not in SEROLOGICAL),
            "missing": join(key for key in found.missing if key not in SEROLOGICAL),
        },
    )


def _read_values(cells: Cells, on: date) -> ActivityValues:
    def dated(name: str) -> DatedValue | None:
        value = cells.decimal(name)
        if value is None:
            return None
        return DatedValue(
            value=value, on=on, lln=cells.decimal(f"{name}_lln"), uln=cells.decimal(f"{name}_uln")
        )

    return ActivityValues(
        active_joints=cells.whole("active_joints"),
        has_urinary_casts=cells.answer("has_urinary_casts"),
        urine_red_cells_per_field=dated("urine_red_cells_per_field"),
        urine_white_cells_per_field=dated("urine_white_cells_per_field"),
        urine_protein_g_per_24h=dated("urine_protein_g_per_24h"),
        upcr_mg_per_mmol=dated("upcr_mg_per_mmol"),
        upcr_g_per_g=dated("upcr_g_per_g"),
        c3=dated("c3"),
        c4=dated("c4"),
        ch50=dated("ch50"),
        anti_dsdna=dated("anti_dsdna"),
        temperature_c=dated("temperature_c"),
        platelets_10e9_per_l=dated("platelets_10e9_per_l"),
        white_cells_10e9_per_l=dated("white_cells_10e9_per_l"),
    )


def _score_proposals(cells: Cells) -> Scored:
    sampled_on, started_on = cells.day("sampled_on"), cells.day("lymphodepletion_start")
    if sampled_on is None and started_on is not None:
        return Scored(
            NotDerived("date_unknown", "the date of the samples is needed after lymphodepletion"), {}
        )
    proposals = propose_descriptors(
        # without lymphodepletion no rule looks at the day
        _read_values(cells, sampled_on or date.min),
        lymphodepletion_start=started_on,
        first_infusion=cells.day("first_infusion"),
        excluded_causes=cells.words("excluded_causes") or (),
    )
    scored = {
        key: one.finding for key, one in proposals.items() if isinstance(one.finding, DescriptorFinding)
    }
    waiting = [key for key in _PROPOSED if _waits(proposals[key])]
    if not scored and not waiting:
        return Scored(NotDerived("not_measured", "no value was measured that bears on a descriptor"), {})
    said: dict[str, Plain | NotDerived] = {key: _say_proposal(proposals[key]) for key in _PROPOSED}
    said["to_attribute"] = join(waiting)
    # the points that stand by the values alone, as the lower bound of the total
    return Scored(derive_sledai(scored).lower_bound, said)


def _waits(proposal: Proposal) -> bool:
    return isinstance(proposal.finding, NotDerived) and proposal.finding.reason == "needs_attribution"


def _say_proposal(proposal: Proposal) -> Plain | NotDerived:
    if isinstance(proposal.finding, NotDerived):
        return "needs_attribution" if _waits(proposal) else proposal.finding
    return "present_unknown" if proposal.finding.present else "absent"


def _score_pga(cells: Cells) -> Scored:
    scale = cells.word("recorded_scale_max")
    if scale is None:
        return Scored(NotDerived("scale_unknown", "the end of the scale was not recorded"), {})
    found = compute_pga(cells.decimal("recorded_pga"), cast("Literal[3, 10, 100]", int(scale)))
    return Scored(found if isinstance(found, NotDerived) else found.value, {})


def _score_prednisone(cells: Cells) -> Scored:
    drug, dose_mg = cells.word("glucocorticoid"), cells.decimal("dose_mg")
    if drug is None:
        return Scored(NotDerived("not_assessed", "the glucocorticoid was not recorded"), {})
    if dose_mg is None:
        return Scored(NotDerived("dose_unknown", f"amount of {drug} is unknown"), {})
    found = compute_prednisone_mg(drug, dose_mg)
    if isinstance(found, NotDerived):
        return Scored(found, {})
    return Scored(as_decimal(found), {"exact": str(found)})


def _score_sle_das(cells: Cells) -> Scored:
    found = compute_sle_das(
        SleDasItems(
            swollen_joints_28=cells.whole("swollen_joints_28"),
            rash=cast("Rash | None", cells.word("rash_extent")),
            present={item: cells.answer(item) for item in WEIGHTS},
            proteinuria_mg_per_24h=cells.decimal("proteinuria_mg_per_24h"),
            platelets_10e9_per_l=cells.decimal("platelets_10e9_per_l"),
            white_cells_10e9_per_l=cells.decimal("white_cells_10e9_per_l"),
        )
    )
    return Scored(found.score, {"category": found.category})


_BOUNDS = (
    whole("lower_bound", "least possible total", "总分下界"),
    whole("upper_bound", "greatest possible total", "总分上界"),
    word("counted", "descriptors that count", "计分条目"),
    word("missing", "descriptors not assessed", "未评估条目"),
)


def _limited(
    name: str, en: str, zh: str, limit: Literal["lln", "uln"], example: str, limit_example: str
) -> tuple[Column, Column]:
    side = Text("lower", "下") if limit == "lln" else Text("upper", "上")
    return (
        make_number(name, Text(f"{en}, any unit", f"{zh}，任意单位"), example=example),
        make_number(
            f"{name}_{limit}",
            Text(f"{side.en} limit of normal of {en}, same unit", f"{zh}正常值{side.zh}限，同一单位"),
            example=limit_example,
        ),
    )


_VALUES = (
    make_whole("active_joints", Text("active joints", "活动性关节数"), is_required=False),
    make_yes_no("has_urinary_casts", Text("urinary casts present", "有管型尿"), is_required=False),
    make_number(
        "urine_red_cells_per_field", Text("urine red cells per field", "尿红细胞，每高倍视野"), example="2"
    ),
    make_number(
        "urine_white_cells_per_field",
        Text("urine white cells per field", "尿白细胞，每高倍视野"),
        example="2",
    ),
    make_number(
        "urine_protein_g_per_24h", Text("urine protein in 24 h", "24小时尿蛋白"), unit="g", example="0.3"
    ),
    make_number(
        "upcr_mg_per_mmol", Text("urine protein to creatinine ratio", "尿蛋白肌酐比"), unit="mg/mmol"
    ),
    make_number("upcr_g_per_g", Text("urine protein to creatinine ratio", "尿蛋白肌酐比"), unit="g/g"),
    *_limited("c3", "C3", "C3", "lln", "0.95", "0.79"),
    *_limited("c4", "C4", "C4", "lln", "0.20", "0.16"),
    *_limited("ch50", "CH50", "CH50", "lln", "", ""),
    *_limited("anti_dsdna", "anti-dsDNA", "抗dsDNA抗体", "uln", "60", "100"),
    make_number("temperature_c", Text("highest temperature", "最高体温"), unit="°C", example="36.8"),
    make_number("platelets_10e9_per_l", Text("platelets", "血小板"), unit="10^9/L", example="100"),
    make_number("white_cells_10e9_per_l", Text("white cells", "白细胞"), unit="10^9/L", example="5.2"),
    Column(
        name="sampled_on",
        kind="date",
        description=Text("day of the samples", "采样日期"),
        example="2025-06-01",
    ),
    Column(
        name="lymphodepletion_start",
        kind="date",
        description=Text("first day of lymphodepletion, if any", "清淋开始日期（如有）"),
    ),
    Column(
        name="first_infusion",
        kind="date",
        description=Text("day of the first infusion, if any", "首次输注日期（如有）"),
    ),
    Column(
        name="excluded_causes",
        kind="list",
        choices=_PROPOSED,
        description=Text("descriptors with another cause recorded", "已记录其他原因的条目"),
        example="none",
    ),
)

_SLE_DAS_LABELS: Mapping[str, Text] = {
    "mucocutaneous_vasculitis": Text("mucocutaneous vasculitis", "皮肤黏膜血管炎"),
    "alopecia": Text("alopecia", "脱发"),
    "mucosal_ulcers": Text("mucosal ulcers", "黏膜溃疡"),
    "hypocomplementaemia": Text("low C3 or C4", "低补体血症"),
    "increased_anti_dsdna": Text("increased anti-dsDNA", "抗dsDNA抗体升高"),
    "neuropsychiatric": Text("neuropsychiatric involvement", "神经精神受累"),
    "systemic_vasculitis": Text("systemic vasculitis", "系统性血管炎"),
    "cardiac_or_pulmonary": Text("cardiac or pulmonary involvement", "心脏或肺受累"),
    "myositis": Text("myositis", "肌炎"),
    "serositis": Text("serositis", "浆膜炎"),
    "haemolytic_anaemia": Text("haemolytic anaemia", "溶血性贫血"),
}

ACTIVITY_MEASURES: tuple[Measure, ...] = (
    Measure(
        key="sledai_2k",
        title=Text("SLEDAI-2K", "SLEDAI-2K评分"),
        row=_ASSESSMENT,
        columns=list_descriptors(),
        value=whole("total", "total, 0 to 105", "总分，0至105"),
        components=(
            *_BOUNDS,
            word("attribution_unknown", "counted without a known cause", "归因未知但计分的条目"),
        ),
        source=_GLADMAN,
        derive=_score_sledai,
    ),
    Measure(
        key="clinical_sledai",
        title=Text("clinical SLEDAI-2K, without serology", "临床SLEDAI-2K（不含血清学）"),
        row=_ASSESSMENT,
        columns=list_descriptors(optional=SEROLOGICAL),
        value=whole("total", "total, 0 to 101", "总分，0至101"),
        components=_BOUNDS,
        source=_GLADMAN,
        derive=_score_clinical_sledai,
    ),
    Measure(
        key="sledai_proposals",
        title=Text("what values propose for SLEDAI-2K", "检验值对SLEDAI-2K条目的建议"),
        row=Text("the values of one assessment", "一次评估的检验值"),
        columns=_VALUES,
        value=whole("points", "points that the values propose, at least", "检验值建议的最低分"),
        components=(
            *(
                word(
                    key,
                    f"{DESCRIPTOR_BY_KEY[key].label.en}: absent, present_unknown or needs_attribution",
                    f"{DESCRIPTOR_BY_KEY[key].label.zh}：absent（无）、present_unknown（有，归因未知）、needs_attribution（待归因）",
                )
                for key in _PROPOSED
            ),
            word("to_attribute", "descriptors that a person must attribute first", "须先由研究者归因的条目"),
        ),
        source=f"{_GLADMAN}; every limit is strict",
        derive=_score_proposals,
    ),
    Measure(
        key="pga",
        title=Text("physician global assessment, 0 to 3", "医生总体评估（0至3）"),
        row=_ASSESSMENT,
        columns=(
            make_number(
                "recorded_pga", Text("value as recorded", "原始记录值"), example="1.5", is_required=True
            ),
            make_choice(
                "recorded_scale_max",
                Text("end of the scale that it was recorded on", "记录所用量表的上限"),
                ("3", "10", "100"),
                example="10",
            ),
        ),
        value=decimal("value", "on the 0 to 3 scale", "换算为0至3量表"),
        components=(),
        source="linear conversion of a 10 cm or 100 mm line to 0 to 3",
        derive=_score_pga,
    ),
    Measure(
        key="prednisone_equivalent",
        title=Text("glucocorticoid in mg of prednisone", "糖皮质激素的泼尼松等效剂量"),
        row=Text("one dose or daily dose of one drug", "一种药物的一次剂量或日剂量"),
        columns=(
            make_choice(
                "glucocorticoid",
                Text("the drug", "药物"),
                GLUCOCORTICOIDS[:-1],
                also=(("cortisone_acetate", "cortisone acetate"),),
                example="dexamethasone",
            ),
            make_number("dose_mg", Text("its dose", "剂量"), unit="mg", example="0.75", is_required=True),
        ),
        value=decimal("value", "the same in prednisone", "泼尼松等效剂量", "mg"),
        components=(word("exact", "the same as an exact fraction", "精确分数"),),
        source="US prednisolone label equivalences; betamethasone 0.6 mg for prednisone 5 mg",
        derive=_score_prednisone,
    ),
    Measure(
        key="sle_das",
        title=Text("SLE-DAS (exploratory)", "SLE-DAS评分（探索性）"),
        row=_ASSESSMENT,
        columns=(
            make_whole(
                "swollen_joints_28", Text("swollen joints of 28", "28关节肿胀数"), at_most=SWOLLEN_JOINTS_MAX
            ),
            make_choice("rash_extent", Text("extent of the rash", "皮疹范围"), RASH, example="none"),
            *(make_yes_no(item, _SLE_DAS_LABELS[item]) for item in WEIGHTS),
            make_number(
                "proteinuria_mg_per_24h",
                Text("proteinuria", "蛋白尿"),
                unit="mg/24h",
                example="300",
                is_required=True,
            ),
            make_number(
                "platelets_10e9_per_l",
                Text("platelets", "血小板"),
                unit="10^9/L",
                example="210",
                is_required=True,
                is_positive=True,
            ),
            make_number(
                "white_cells_10e9_per_l",
                Text("white cells", "白细胞"),
                unit="10^9/L",
                example="5.2",
                is_required=True,
                is_positive=True,
            ),
        ),
        value=decimal("score", "score, unrounded", "评分（未取整）"),
        components=(word("category", "remission, mild, or moderate_or_severe", "缓解、轻度、中重度"),),
        source="Jesus D et al. Ann Rheum Dis 2019;78:365-371, figure 1; categories 2021;80:1568-1574",
        derive=_score_sle_das,
    ),
)
