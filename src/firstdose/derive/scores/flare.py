"""The SELENA-SLEDAI flare index as a measure: an assessment against an earlier one."""

from collections.abc import Mapping

from firstdose.derive.response.sledai_flare_index import (
    MILD_SIGNS,
    SEVERE_SIGNS,
    AddedClass,
    AddedDrug,
    FlareFindings,
    FlareState,
    derive_flare_index,
)
from firstdose.derive.scores.columns import Cells
from firstdose.derive.scores.measure import Measure, Scored
from firstdose.derive.scores.shared_columns import (
    join,
    list_doses,
    make_number,
    make_pga,
    make_total,
    make_yes_no,
    read_prednisone,
    read_total,
    word,
)
from firstdose.terms.words import Text

_ADDED: Mapping[str, AddedClass] = {
    "added_nsaid_or_antimalarial": "nsaid",
    "added_immunosuppressive_or_biologic": "immunosuppressive",
}
"""The index asks for the two kinds of classes only, so one class stands for its kind."""
_MILD_LABELS: Mapping[str, Text] = {
    "discoid": Text("discoid lesions", "盘状皮损"),
    "photosensitive": Text("photosensitive rash", "光敏性皮疹"),
    "profundus": Text("lupus profundus", "深在性狼疮"),
    "cutaneous_vasculitis": Text("cutaneous vasculitis", "皮肤血管炎"),
    "bullous": Text("bullous lupus", "大疱性狼疮"),
    "nasopharyngeal_ulcers": Text("nasopharyngeal ulcers", "鼻咽溃疡"),
    "pleuritis": Text("pleuritis", "胸膜炎"),
    "pericarditis": Text("pericarditis", "心包炎"),
    "arthritis": Text("arthritis", "关节炎"),
    "fever": Text("fever of lupus", "狼疮性发热"),
}
_SEVERE_LABELS: Mapping[str, Text] = {
    "cns": Text("central nervous lupus", "中枢神经狼疮"),
    "vasculitis": Text("vasculitis", "血管炎"),
    "nephritis": Text("nephritis", "肾炎"),
    "myositis": Text("myositis", "肌炎"),
    "thrombocytopenia": Text("platelets below 60 × 10⁹/L", "血小板低于60 × 10⁹/L"),
    "haemolytic_anaemia": Text(
        "haemolytic anaemia, haemoglobin below 70 g/L or down by more than 30 g/L",
        "溶血性贫血，血红蛋白低于70 g/L或下降超过30 g/L",
    ),
}


def _score_flare(cells: Cells) -> Scored:
    found = derive_flare_index(
        _read_state(cells, "before_"),
        _read_state(cells, ""),
        FlareFindings(
            mild_signs={sign: cells.answer(f"mild_{sign}") for sign in MILD_SIGNS},
            severe_signs={sign: cells.answer(f"severe_{sign}") for sign in SEVERE_SIGNS},
            severe_sign_needed_more=cells.answer("severe_sign_needed_more"),
            added=_read_added(cells),
            was_admitted_for_activity=cells.answer("was_admitted_for_activity"),
        ),
        weight_kg=cells.decimal("weight_kg"),
    )
    return Scored(
        found.index.flare,
        {
            "severe_met": join(found.severe_met),
            "mild_met": join(found.mild_met),
            "open_criteria": join(found.not_derived),
        },
    )


def _read_state(cells: Cells, prefix: str) -> FlareState:
    return FlareState(
        sledai=read_total(cells, f"{prefix}sledai_2k"),
        pga=cells.decimal(f"{prefix}pga"),
        prednisone_mg_per_day=read_prednisone(cells, prefix),
    )


def _read_added(cells: Cells) -> tuple[AddedDrug, ...]:
    """A drug for each kind that was added; where it is not known, one whose reason is not known."""
    return tuple(
        AddedDrug(drug=name, drug_class=drug_class, added_for="sle_activity" if cells.answer(name) else None)
        for name, drug_class in _ADDED.items()
        if cells.answer(name) is not False
    )


FLARE_MEASURES: tuple[Measure, ...] = (
    Measure(
        key="flare_index",
        title=Text("SELENA-SLEDAI flare index", "SELENA-SLEDAI复发指数"),
        row=Text(
            "one assessment of one participant with an earlier one", "一名受试者的一次评估及既往一次评估"
        ),
        columns=(
            make_total("before_sledai_2k", Text("SLEDAI-2K total before", "比较评估的SLEDAI-2K总分"), "4"),
            make_total("sledai_2k", Text("SLEDAI-2K total now", "本次SLEDAI-2K总分"), "4"),
            make_pga("before_", "0.5"),
            make_pga("", "0.5"),
            *list_doses("before_"),
            *list_doses(),
            make_number(
                "weight_kg",
                Text("body weight", "体重"),
                unit="kg",
                example="60",
                is_required=True,
                is_positive=True,
            ),
            *(
                make_yes_no(f"mild_{sign}", Text(f"new or worse: {said.en}", f"新发或加重：{said.zh}"))
                for sign, said in _MILD_LABELS.items()
            ),
            *(
                make_yes_no(f"severe_{sign}", Text(f"new or worse: {said.en}", f"新发或加重：{said.zh}"))
                for sign, said in _SEVERE_LABELS.items()
            ),
            make_yes_no(
                "severe_sign_needed_more",
                Text(
                    "a severe sign needed double prednisone, prednisone above 0.5 mg/kg a day, or admission",
                    "严重表现需泼尼松加倍、泼尼松超过0.5 mg/kg/日或住院",
                ),
            ),
            make_yes_no(
                "added_nsaid_or_antimalarial",
                Text("NSAID or antimalarial added for lupus activity", "因狼疮活动加用NSAID或抗疟药"),
            ),
            make_yes_no(
                "added_immunosuppressive_or_biologic",
                Text(
                    "immunosuppressive or biologic added for lupus activity",
                    "因狼疮活动加用免疫抑制剂或生物制剂",
                ),
            ),
            make_yes_no("was_admitted_for_activity", Text("admitted for lupus activity", "因狼疮活动住院")),
        ),
        value=word("flare", "none, mild_moderate or severe", "无、轻中度、重度"),
        components=(
            word("severe_met", "severe criteria that are met", "符合的重度标准"),
            word("mild_met", "mild or moderate criteria that are met", "符合的轻中度标准"),
            word("open_criteria", "criteria that are open", "未定标准"),
        ),
        source="Petri M et al. N Engl J Med 2005;353:2550-2558; SLEDAI-2K in place of SELENA-SLEDAI",
        derive=_score_flare,
    ),
)
