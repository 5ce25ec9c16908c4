"""Measures of cell therapy: cytokine release and neurotoxicity by ASTCT, graft versus host disease by MAGIC."""

from itertools import product
from typing import Any, Literal, cast, get_args

from firstdose.derive.safety.crs import CrsFindings, OxygenSupport, grade_crs
from firstdose.derive.safety.gvhd import (
    BILIRUBIN_STAGE_1,
    GvhdStages,
    assign_liver_stage,
    assign_lower_gi_stage,
    assign_skin_stage,
    grade_gvhd,
)
from firstdose.derive.safety.icans import (
    ICE_MAX,
    NAMING_MAX,
    ORIENTATION_MAX,
    IcansFindings,
    IceAssessment,
    compute_ice_score,
    grade_icans,
)
from firstdose.derive.scores.columns import Cells, Column
from firstdose.derive.scores.measure import Measure, Scored, agree
from firstdose.derive.scores.shared_columns import make_choice, make_number, make_whole, make_yes_no, whole
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.scales import Grade
from firstdose.terms.words import Text

_MOMENT = Text("one moment of one participant", "一名受试者的一个时点")
_LEE = "Lee DW et al. Biol Blood Marrow Transplant 2019;25:625-638"
CONSCIOUSNESS = ("alert", "awakens_spontaneously", "to_voice", "to_touch", "unarousable")
SEIZURES = ("none", "resolves", "prolonged_or_repetitive")
OEDEMA = ("none", "focal", "diffuse_or_raised_pressure")
VASOPRESSORS = (
    "norepinephrine",
    "epinephrine",
    "phenylephrine",
    "dopamine",
    "metaraminol",
    "vasopressin",
    "dobutamine",
    "milrinone",
    "other_vasopressor",
)
VASOPRESSOR_NAMES = (
    ("noradrenaline", "norepinephrine"),
    ("adrenaline", "epinephrine"),
    ("去甲肾上腺素", "norepinephrine"),
    ("肾上腺素", "epinephrine"),
    ("去氧肾上腺素", "phenylephrine"),
    ("多巴胺", "dopamine"),
    ("间羟胺", "metaraminol"),
    ("血管加压素", "vasopressin"),
    ("多巴酚丁胺", "dobutamine"),
    ("米力农", "milrinone"),
)
"""One drug under two names is one vasopressor."""
_TWO_VASOPRESSORS = frozenset({"norepinephrine", "epinephrine"})
_EVERYTHING_PERCENT = 100


def _value(grade: Grade | NotDerived) -> int | NotDerived:
    return grade if isinstance(grade, NotDerived) else grade.value


def _both(answer: bool | None) -> tuple[bool, ...]:  # noqa: FBT001 - the answer is what is opened
    return (False, True) if answer is None else (answer,)


def _score_crs(cells: Cells) -> Scored:
    vasopressors = cells.words("vasopressors")
    situations = product(
        _both(cells.answer("had_crs_fever")),
        _both(cells.answer("had_antipyretic_or_anticytokine")),
        # from none to two: no other list of drugs gives less or more
        (frozenset(), _TWO_VASOPRESSORS) if vasopressors is None else (frozenset(vasopressors),),
    )
    grades = [
        _value(
            grade_crs(
                CrsFindings(
                    temperature_c=cells.decimal("temperature_c"),
                    had_crs_fever=had_fever,
                    had_antipyretic_or_anticytokine=had_antipyretic,
                    has_hypotension=cells.answer("has_hypotension"),
                    vasopressors=drugs,
                    oxygen=cast("OxygenSupport | None", cells.word("oxygen")),
                    nasal_flow_l_per_min=cells.decimal("nasal_flow_l_per_min"),
                    died_of_crs=cells.answer("died_of_crs") is True,
                )
            )
        )
        for had_fever, had_antipyretic, drugs in situations
    ]
    missing = [
        name
        for name in ("had_crs_fever", "had_antipyretic_or_anticytokine", "vasopressors")
        if name not in cells.values
    ]
    return Scored(agree(*grades, otherwise=NotDerived("finding_unknown", ", ".join(missing))), {})


def _score_icans(cells: Cells) -> Scored:
    ice = _read_ice(cells)
    found = grade_icans(
        IcansFindings(
            ice=ice,
            consciousness=cast("Any", cells.word("consciousness")),
            seizure=cast("Any", cells.word("seizure")),
            has_deep_focal_weakness=cells.answer("has_deep_focal_weakness"),
            oedema=cast("Any", cells.word("oedema")),
            died_of_icans=cells.answer("died_of_icans") is True,
        )
    )
    return Scored(_value(found), {"ice": ice})


def _read_ice(cells: Cells) -> int | NotDerived:
    of_parts = compute_ice_score(
        IceAssessment(
            orientation=cells.whole("ice_orientation"),
            naming=cells.whole("ice_naming"),
            follows_command=cells.answer("ice_follows_command"),
            writes_sentence=cells.answer("ice_writes_sentence"),
            counts_backwards=cells.answer("ice_counts_backwards"),
        )
    )
    given = cells.whole("ice_score")
    if given is None:
        return of_parts
    if isinstance(of_parts, int) and of_parts != given:
        return NotDerived("ice_contradicts", f"ice_score is {given} and its parts add up to {of_parts}")
    return given


def _score_gvhd(cells: Cells) -> Scored:
    stages = {
        "skin": _read_skin(cells),
        "liver": _read_liver(cells),
        "upper_gi": _or_missing(cells.whole("upper_gi_stage")),
        "lower_gi": agree(
            *(
                assign_lower_gi_stage(
                    stool_ml_per_d=cells.decimal("stool_ml_per_d"),
                    episodes_per_d=cells.decimal("episodes_per_d"),
                    has_severe_pain_or_blood=answer,
                )
                for answer in _both(cells.answer("has_severe_pain_or_blood"))
            ),
            otherwise=NotDerived("finding_unknown", "severe pain or bloody stool was not recorded"),
        ),
    }
    known = {organ: stage if isinstance(stage, int) else None for organ, stage in stages.items()}
    found = grade_gvhd(GvhdStages(**known))
    return Scored(_value(found), {f"{organ}_stage": stage for organ, stage in stages.items()})


def _read_skin(cells: Cells) -> Any:
    erythema, bullae = cells.decimal("erythema_percent"), cells.decimal("bullae_percent")
    if erythema is None:
        return _or_missing(None)
    if bullae is not None:
        return assign_skin_stage(erythema, bullae)
    return agree(
        assign_skin_stage(erythema),
        assign_skin_stage(erythema, erythema),
        otherwise=NotDerived("finding_unknown", "bullae and desquamation were not recorded"),
    )


def _read_liver(cells: Cells) -> int | NotDerived:
    bilirubin, unit = cells.decimal("bilirubin"), cells.word("bilirubin_unit")
    if bilirubin is None or unit is None:
        return NotDerived("not_assessed", "bilirubin or its unit was not recorded")
    return assign_liver_stage(bilirubin, cast('Literal["mg/dL", "umol/L"]', unit))


def _or_missing(stage: int | None) -> int | NotDerived:
    return NotDerived("not_assessed", "the organ was not assessed") if stage is None else stage


CELL_THERAPY_MEASURES: tuple[Measure, ...] = (
    Measure(
        key="crs_astct",
        title=Text("ASTCT grade of cytokine release syndrome", "ASTCT细胞因子释放综合征分级"),
        row=_MOMENT,
        columns=(
            make_number(
                "temperature_c", Text("temperature", "体温"), unit="°C", example="38.6", is_required=True
            ),
            make_yes_no(
                "had_crs_fever", Text("fever of this syndrome earlier", "本次综合征此前曾发热"), example="yes"
            ),
            make_yes_no(
                "had_antipyretic_or_anticytokine",
                Text(
                    "antipyretic, anticytokine therapy or steroids given", "已用退热药、抗细胞因子治疗或激素"
                ),
                example="yes",
            ),
            make_yes_no("has_hypotension", Text("hypotension of no other cause", "无其他原因的低血压")),
            Column(
                name="vasopressors",
                kind="list",
                choices=VASOPRESSORS,
                also=VASOPRESSOR_NAMES,
                description=Text(
                    "vasopressors being given, by name; none if there is none",
                    "正在使用的升压药名称；未用填 none",
                ),
                is_required=True,
                example="none",
            ),
            make_choice(
                "oxygen",
                Text("oxygen support for hypoxia of no other cause", "因无其他原因的低氧血症所需氧疗"),
                get_args(OxygenSupport),
                example="nasal_cannula",
            ),
            make_number(
                "nasal_flow_l_per_min",
                Text("flow by nasal cannula", "鼻导管氧流量"),
                unit="L/min",
                example="2",
            ),
            make_yes_no(
                "died_of_crs", Text("died of it; blank is no", "因此死亡；空白为否"), is_required=False
            ),
        ),
        value=whole("grade", "grade, 0 to 5", "分级，0至5"),
        components=(),
        source=_LEE,
        derive=_score_crs,
    ),
    Measure(
        key="icans_astct",
        title=Text("ASTCT grade of ICANS, with the ICE score", "ASTCT ICANS分级及ICE评分"),
        row=_MOMENT,
        columns=(
            make_whole(
                "ice_orientation",
                Text("ICE: year, month, city, hospital", "ICE：年、月、城市、医院"),
                at_most=ORIENTATION_MAX,
                example="4",
                is_required=False,
            ),
            make_whole(
                "ice_naming",
                Text("ICE: objects named", "ICE：命名物体"),
                at_most=NAMING_MAX,
                example="3",
                is_required=False,
            ),
            make_yes_no(
                "ice_follows_command",
                Text("ICE: follows a command", "ICE：执行指令"),
                example="yes",
                is_required=False,
            ),
            make_yes_no(
                "ice_writes_sentence",
                Text("ICE: writes a sentence", "ICE：书写句子"),
                example="no",
                is_required=False,
            ),
            make_yes_no(
                "ice_counts_backwards",
                Text("ICE: counts backwards from 100 by 10", "ICE：从100起每次减10倒数"),
                example="yes",
                is_required=False,
            ),
            make_whole(
                "ice_score",
                Text("the score, where its parts are not recorded", "ICE总分（未记录各项时填写）"),
                at_most=ICE_MAX,
                example="",
                is_required=False,
            ),
            make_choice(
                "consciousness", Text("level of consciousness", "意识水平"), CONSCIOUSNESS, example="alert"
            ),
            make_choice("seizure", Text("seizure", "癫痫发作"), SEIZURES, example="none"),
            make_yes_no("has_deep_focal_weakness", Text("deep focal motor weakness", "严重局灶性肌无力")),
            make_choice(
                "oedema",
                Text("cerebral oedema or raised pressure", "脑水肿或颅内压升高"),
                OEDEMA,
                example="none",
            ),
            make_yes_no(
                "died_of_icans", Text("died of it; blank is no", "因此死亡；空白为否"), is_required=False
            ),
        ),
        value=whole("grade", "grade, 0 to 5", "分级，0至5"),
        components=(whole("ice", "ICE score, 0 to 10", "ICE评分，0至10"),),
        source=_LEE,
        derive=_score_icans,
    ),
    Measure(
        key="gvhd_magic",
        title=Text(
            "MAGIC stages and grade of acute graft versus host disease", "MAGIC急性移植物抗宿主病分期与分级"
        ),
        row=Text(
            "one assessment of one adult; findings of another cause are entered as 0",
            "一名成人的一次评估；其他原因所致填0",
        ),
        columns=(
            make_number(
                "erythema_percent",
                Text("body surface with active erythema", "活动性红斑体表面积"),
                unit="%",
                example="30",
                is_required=True,
                at_most=_EVERYTHING_PERCENT,
            ),
            make_number(
                "bullae_percent",
                Text("body surface with bullae and desquamation", "水疱和脱屑体表面积"),
                unit="%",
                example="0",
                is_required=True,
                at_most=_EVERYTHING_PERCENT,
            ),
            make_number("bilirubin", Text("bilirubin", "胆红素"), example="1.5", is_required=True),
            make_choice("bilirubin_unit", Text("its unit", "其单位"), BILIRUBIN_STAGE_1, example="mg/dL"),
            make_whole(
                "upper_gi_stage",
                Text("1 for persistent nausea, vomiting or anorexia", "持续恶心、呕吐或厌食填1"),
                at_most=1,
            ),
            make_number(
                "stool_ml_per_d",
                Text("stool volume, mean of 3 days", "大便量，3日均值"),
                unit="mL/d",
                example="600",
            ),
            make_number(
                "episodes_per_d",
                Text("episodes of diarrhoea, mean of 3 days", "腹泻次数，3日均值"),
                unit="/d",
            ),
            make_yes_no(
                "has_severe_pain_or_blood",
                Text("severe abdominal pain or grossly bloody stool", "严重腹痛或肉眼血便"),
            ),
        ),
        value=whole("grade", "overall grade, 0 to 4 for none to IV", "总分级，0至4对应无至IV"),
        components=(
            whole("skin_stage", "skin", "皮肤"),
            whole("liver_stage", "liver", "肝"),
            whole("upper_gi_stage", "upper gut", "上消化道"),
            whole("lower_gi_stage", "lower gut", "下消化道"),
        ),
        source="Harris AC et al. Biol Blood Marrow Transplant 2016;22:4-10",
        derive=_score_gvhd,
    ),
)
