"""Measures of vital signs by CTCAE, and the QT interval corrected by Fridericia."""

from typing import cast

from firstdose.derive.safety.ctcae_limits import Version
from firstdose.derive.safety.ctcae_vital_signs import (
    BloodPressure,
    OxygenSaturation,
    grade_fever,
    grade_hypertension,
    grade_hypothermia,
    grade_hypoxia,
)
from firstdose.derive.safety.ecg import Tracing, derive_qtc
from firstdose.derive.scores.columns import Cells, Column
from firstdose.derive.scores.measure import Measure, Scored
from firstdose.derive.scores.shared_columns import (
    CTCAE_VERSION,
    NO_VERSION,
    join,
    make_number,
    make_yes_no,
    whole,
    word,
)
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.scales import Grade
from firstdose.terms.words import Text

TRACINGS = ("", "_2", "_3")


def _score_vital_signs(cells: Cells) -> Scored:
    written = cells.word("ctcae_version")
    if written is None:
        return Scored(NO_VERSION, {})
    grades = _grade_signs(cells, cast("Version", written))
    if not grades:
        return Scored(NotDerived("not_measured", "no vital sign was measured"), {})
    said = {name: one if isinstance(one, NotDerived) else one.value for name, one in grades.items()}
    open_signs = [one for one in said.values() if isinstance(one, NotDerived)]
    highest = max((one for one in said.values() if isinstance(one, int)), default=0)
    return Scored(
        open_signs[0] if open_signs else highest, {f"{name}_grade": one for name, one in said.items()}
    )


def _grade_signs(cells: Cells, version: Version) -> dict[str, Grade | NotDerived]:
    """Grades of the signs that were measured."""
    grades: dict[str, Grade | NotDerived] = {}
    temperature_c = cells.decimal("temperature_c")
    if temperature_c is not None:
        grades["fever"] = grade_fever(temperature_c, above_40_h=cells.decimal("above_40_h"), version=version)
        grades["hypothermia"] = grade_hypothermia(temperature_c, version=version)
    pressure = _read_pressure(cells, "")
    if isinstance(pressure, BloodPressure):
        baseline = _read_pressure(cells, "baseline_")
        grades["hypertension"] = (
            baseline
            if isinstance(baseline, NotDerived)
            else grade_hypertension(
                pressure, baseline=baseline, persisting_h=cells.decimal("persisting_h"), version=version
            )
        )
    elif pressure is not None:
        grades["hypertension"] = pressure
    oxygen = OxygenSaturation(
        at_rest_percent=cells.decimal("saturation_at_rest_percent"),
        on_exertion_percent=cells.decimal("saturation_on_exertion_percent"),
        arterial_oxygen_mmhg=cells.decimal("arterial_oxygen_mmhg"),
        lln_percent=cells.decimal("saturation_lln_percent"),
        is_on_continuous_oxygen=cells.answer("is_on_continuous_oxygen") is True,
    )
    if oxygen.is_on_continuous_oxygen or {
        oxygen.at_rest_percent,
        oxygen.on_exertion_percent,
        oxygen.arterial_oxygen_mmhg,
    } - {None}:
        grades["hypoxia"] = grade_hypoxia(oxygen, version=version)
    return grades


def _read_pressure(cells: Cells, prefix: str) -> BloodPressure | NotDerived | None:
    systolic, diastolic = cells.decimal(f"{prefix}systolic_mmhg"), cells.decimal(f"{prefix}diastolic_mmhg")
    if systolic is None and diastolic is None:
        return None
    if systolic is None or diastolic is None:
        return NotDerived("pressure_incomplete", f"{prefix}systolic or diastolic pressure is missing")
    return BloodPressure(systolic_mmhg=systolic, diastolic_mmhg=diastolic)


def _score_qtcf(cells: Cells) -> Scored:
    version = cells.word("ctcae_version")
    if version is None:
        return Scored(NO_VERSION, {})
    tracings, baseline = _read_tracings(cells, ""), _read_tracings(cells, "baseline_")
    if isinstance(tracings, NotDerived):
        return Scored(tracings, {})
    if isinstance(baseline, NotDerived):
        return Scored(baseline, {})
    found = derive_qtc(
        tracings,
        baseline=baseline,
        version=cast("Version", version),
        has_serious_arrhythmia=cells.answer("has_serious_arrhythmia") is True,
    )
    if isinstance(found, NotDerived):
        return Scored(found, {})
    return Scored(
        found.mean_ms,
        {
            "each_ms": join(str(one) for one in found.qtcf_ms),
            "change_ms": found.change_ms,
            "grade": found.grade.value,
        },
    )


def _read_tracings(cells: Cells, prefix: str) -> list[Tracing] | NotDerived:
    tracings = []
    for suffix in TRACINGS:
        qt_ms, rate = (
            cells.decimal(f"{prefix}qt_ms{suffix}"),
            cells.decimal(f"{prefix}heart_rate_per_min{suffix}"),
        )
        if qt_ms is not None and rate is not None:
            tracings.append(Tracing(qt_ms=qt_ms, heart_rate_per_min=rate))
        elif qt_ms is not None or rate is not None:
            return NotDerived("tracing_incomplete", f"{prefix}qt_ms{suffix} and its heart rate go together")
    return tracings


def _list_tracings(
    prefix: str, said: Text, example: tuple[str, str], *, is_required: bool
) -> tuple[Column, ...]:
    columns = []
    for number, suffix in enumerate(TRACINGS, start=1):
        for name, unit, en, zh, cell in (
            ("qt_ms", "ms", "QT interval", "QT间期", example[0]),
            ("heart_rate_per_min", "/min", "heart rate", "心率", example[1]),
        ):
            columns.append(
                make_number(
                    f"{prefix}{name}{suffix}",
                    Text(f"{en}, tracing {number}{said.en}", f"{zh}，第{number}次描记{said.zh}"),
                    unit=unit,
                    example=cell if number == 1 else "",
                    is_required=is_required and number == 1,
                    is_positive=True,
                )
            )
    return tuple(columns)


VITAL_SIGN_MEASURES: tuple[Measure, ...] = (
    Measure(
        key="ctcae_vital_signs",
        title=Text("CTCAE grades of vital signs", "生命体征CTCAE分级"),
        row=Text("the vital signs of one moment; blank was not measured", "一个时点的生命体征；空白为未测量"),
        columns=(
            CTCAE_VERSION,
            make_number("temperature_c", Text("highest temperature", "最高体温"), unit="°C", example="39.1"),
            make_number("above_40_h", Text("hours above 40.0 °C", "高于40.0 °C的小时数"), unit="h"),
            make_number("systolic_mmhg", Text("systolic pressure", "收缩压"), unit="mmHg", example="118"),
            make_number("diastolic_mmhg", Text("diastolic pressure", "舒张压"), unit="mmHg", example="76"),
            make_number(
                "persisting_h", Text("hours that the pressure persisted", "血压持续小时数"), unit="h"
            ),
            make_number(
                "baseline_systolic_mmhg",
                Text("systolic before treatment (v6.0)", "治疗前收缩压（v6.0）"),
                unit="mmHg",
            ),
            make_number(
                "baseline_diastolic_mmhg",
                Text("diastolic before treatment (v6.0)", "治疗前舒张压（v6.0）"),
                unit="mmHg",
            ),
            make_number(
                "saturation_at_rest_percent",
                Text("saturation at rest", "静息血氧饱和度"),
                unit="%",
                example="97",
                at_most=100,
            ),
            make_number(
                "saturation_on_exertion_percent",
                Text("saturation on exertion", "活动时血氧饱和度"),
                unit="%",
                at_most=100,
            ),
            make_number("arterial_oxygen_mmhg", Text("arterial oxygen", "动脉氧分压"), unit="mmHg"),
            make_number(
                "saturation_lln_percent",
                Text("lower limit of normal of saturation", "血氧饱和度正常值下限"),
                unit="%",
                at_most=100,
            ),
            make_yes_no(
                "is_on_continuous_oxygen", Text("on continuous oxygen", "持续吸氧"), is_required=False
            ),
        ),
        value=whole("grade", "highest grade of the signs that were measured", "已测体征的最高分级"),
        components=(
            whole("fever_grade", "fever", "发热"),
            whole("hypothermia_grade", "hypothermia", "低体温"),
            whole("hypertension_grade", "hypertension, by the readings alone", "高血压（仅按读数）"),
            whole("hypoxia_grade", "hypoxia", "低氧血症"),
        ),
        source="CTCAE v5.0, NCI, 27 November 2017; v6.0, NCI, 22 July 2025",
        derive=_score_vital_signs,
    ),
    Measure(
        key="qtcf",
        title=Text("QT corrected by Fridericia, and its CTCAE grade", "Fridericia校正QT间期及CTCAE分级"),
        row=Text("one time point, up to three tracings", "一个时点，最多三次描记"),
        columns=(
            CTCAE_VERSION,
            *_list_tracings("", Text("", ""), ("400", "75"), is_required=True),
            *_list_tracings("baseline_", Text(" at baseline", "（基线）"), ("", ""), is_required=False),
            make_yes_no(
                "has_serious_arrhythmia",
                Text(
                    "signs of serious arrhythmia: grade 4; blank is no", "有严重心律失常表现：4级；空白为否"
                ),
                is_required=False,
            ),
        ),
        value=whole("mean", "mean of the tracings, half up to whole ms", "各次平均，四舍五入至整毫秒"),
        components=(
            word("each_ms", "each tracing, 12 decimals", "各次结果，12位小数"),
            whole("change_ms", "change from baseline", "较基线变化"),
            whole("grade", "CTCAE grade", "CTCAE分级"),
        ),
        source="Fridericia LS. Acta Med Scand 1920;53:469-486; CTCAE v5.0 and v6.0",
        derive=_score_qtcf,
    ),
)
