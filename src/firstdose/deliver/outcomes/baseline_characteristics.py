"""Demographics, history of lupus and disease activity before lymphodepletion, by part or dose level."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

from firstdose.deliver.groups import Group
from firstdose.deliver.outcomes.group_columns import (
    Measured,
    count_row,
    list_columns,
    mean_cell,
    measure_row,
    size_row,
)
from firstdose.deliver.tables import Column, Row, Table, cell_of_nothing
from firstdose.derive.baseline import is_baseline_moment
from firstdose.derive.response.of_participant import Assessed, ParticipantResponse
from firstdose.record.events import Value
from firstdose.record.state import FormRecord, Participant, State
from firstdose.terms.calendar import site_date
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text

_DAYS_PER_YEAR = Fraction("365.25")
_DEMOGRAPHY = Text("Demographics", "人口学资料")
_HISTORY = Text("History of lupus", "狼疮病史")
_ACTIVITY = Text("Disease activity before lymphodepletion", "清淋前疾病活动度")
_NUMBERS = (
    (_DEMOGRAPHY, "demographics", "age", Text("Age, years", "年龄（岁）"), 0),
    (_DEMOGRAPHY, "demographics", "height", Text("Height, cm", "身高（cm）"), 1),
    (_DEMOGRAPHY, "physical_examination", "weight", Text("Weight, kg", "体重（kg）"), 1),
    (
        _HISTORY,
        "medical_history",
        "eular_acr_score",
        Text("2019 EULAR/ACR classification score", "2019年EULAR/ACR分类标准总分"),
        0,
    ),
    (
        _HISTORY,
        "medical_history",
        "n_prior_treatments",
        Text("Earlier immunosuppressants and biologics, number", "既往免疫抑制剂和生物制剂种数"),
        0,
    ),
    (_ACTIVITY, "complement", "c3", Text("C3, g/L", "C3（g/L）"), 2),
    (_ACTIVITY, "complement", "c4", Text("C4, g/L", "C4（g/L）"), 2),
    (_ACTIVITY, "complement", "anti_dsdna", Text("Anti-dsDNA, IU/mL", "抗dsDNA抗体（IU/mL）"), 0),
)
_CHOICES = (
    ("demographics", "sex"),
    ("demographics", "race"),
    ("demographics", "ethnic_group"),
)
_ANSWERS = (
    ("lupus_nephritis", Text("Lupus nephritis ever", "曾患狼疮性肾炎")),
    ("antiphospholipid_antibodies", Text("Antiphospholipid antibodies ever", "抗磷脂抗体曾阳性")),
    ("prior_mycophenolate", Text("Mycophenolate before", "既往使用吗替麦考酚酯")),
    ("prior_cyclophosphamide", Text("Cyclophosphamide before", "既往使用环磷酰胺")),
    ("prior_belimumab", Text("Belimumab before", "既往使用贝利尤单抗")),
    ("prior_rituximab", Text("Anti-CD20 antibody before", "既往使用抗CD20抗体")),
)


def tabulate_baseline(
    state: State, groups: Sequence[Group], responses: dict[str, ParticipantResponse], *, key: str, title: Text
) -> Table:
    """Who was treated: age, sex, origin, history, and the activity of lupus before lymphodepletion.

    Parameters
    ----------
    state : State
    groups : sequence of Group
        The columns, parts or dose levels, all together last.
    responses : mapping of participant to ParticipantResponse
    key, title : str, Text
        Of the table.
    """
    members = [state.participants[code] for code in groups[-1].participants]
    sizes = size_row(state, groups)
    rows = [Row(stub=sizes.stub, cells=(cell_of_nothing(), *sizes.cells))]
    for heading in (_DEMOGRAPHY, _HISTORY, _ACTIVITY):
        for group, form, item, stub, places in _NUMBERS:
            if group == heading:
                rows.append(_number_row(stub, _read_all(members, form, item), groups, places, heading))
        if heading == _DEMOGRAPHY:
            rows += _choice_rows(state, members, groups)
        elif heading == _HISTORY:
            duration = _duration_years(members)
            rows.append(
                _number_row(Text("Years since the diagnosis", "确诊至入组年数"), duration, groups, 1, heading)
            )
            rows += [_answer_row(members, item, stub, groups) for item, stub in _ANSWERS]
        else:
            rows += _activity_rows(groups, responses)
    columns = (
        Column(key="mean", label=Text("All: mean", "合计：均值")),
        *list_columns(state, groups),
    )
    return Table(
        key=key,
        title=title,
        stubhead=Text("Characteristic", "特征"),
        columns=columns,
        rows=tuple(rows),
        footnotes=(
            Text(
                "Numbers: the median, under it the lowest and the highest. Counts: participants and their share.",
                "数值：中位数，下方为最低值至最高值。计数：例数及比例。",
            ),
        ),
        denominators=Text("Everyone who was treated.", "所有接受治疗的受试者。"),
        source=Text("The last form before lymphodepletion (P-BASE-1).", "清淋前最后一份表格（P-BASE-1）。"),
    )


def find_baseline_form(participant: Participant, form: str, item: str) -> FormRecord | None:
    """The last form before lymphodepletion on which an item was answered."""
    answered = [
        filled
        for filled in participant.forms_by_name.get(form, ())
        if filled.values.get(item) not in (None, "") and is_baseline_moment(participant, filled.collected_at)
    ]
    return max(answered, key=lambda filled: filled.collected_at, default=None)


def _read_all(members: Sequence[Participant], form: str, item: str) -> dict[str, Measured]:
    found = {}
    for participant in members:
        filled = find_baseline_form(participant, form, item)
        if filled is not None:
            found[participant.code] = Measured(Decimal(str(filled.values[item])), (filled.position_of(item),))
    return found


def _number_row(
    stub: Text, measured: dict[str, Measured], groups: Sequence[Group], places: int, heading: Text
) -> Row:
    row = measure_row(stub, measured, groups, places=places, group=heading)
    average = mean_cell(groups[-1].participants, measured, max(places, 1))
    return Row(stub=row.stub, cells=(average, *row.cells), group=heading)


def _count_row(stub: Text, counted: dict[str, list[int]], groups: Sequence[Group], heading: Text) -> Row:
    row = count_row(stub, counted, groups, group=heading)
    return Row(stub=row.stub, cells=(cell_of_nothing(), *row.cells), group=heading)


def _choice_rows(state: State, members: Sequence[Participant], groups: Sequence[Group]) -> list[Row]:
    rows = []
    for form_key, item_key in _CHOICES:
        form = state.protocol.form_by_key.get(form_key)
        if form is None or item_key not in form.by_key:
            continue
        item = form.by_key[item_key]
        for choice in item.choices:
            who = _chosen(members, form_key, item_key, choice.key)
            if who:
                stub = Text(f"{item.label.en}: {choice.label.en}", f"{item.label.zh}：{choice.label.zh}")
                rows.append(_count_row(stub, who, groups, _DEMOGRAPHY))
    return rows


def _answer_row(members: Sequence[Participant], item: str, stub: Text, groups: Sequence[Group]) -> Row:
    return _count_row(stub, _chosen(members, "medical_history", item, answer=True), groups, _HISTORY)


def _chosen(members: Sequence[Participant], form: str, item: str, answer: Value) -> dict[str, list[int]]:
    found = {}
    for participant in members:
        filled = find_baseline_form(participant, form, item)
        if filled is not None and filled.values[item] == answer:
            found[participant.code] = [filled.position_of(item)]
    return found


def _duration_years(members: Sequence[Participant]) -> dict[str, Measured]:
    found = {}
    for participant in members:
        filled = find_baseline_form(participant, "medical_history", "diagnosis_date")
        if filled is not None and participant.consented_at is not None:
            diagnosed = date.fromisoformat(str(filled.values["diagnosis_date"]))
            days = (site_date(participant.consented_at) - diagnosed).days
            found[participant.code] = Measured(
                Fraction(days) / _DAYS_PER_YEAR, (filled.position_of("diagnosis_date"),)
            )
    return found


def _activity_rows(groups: Sequence[Group], responses: dict[str, ParticipantResponse]) -> list[Row]:
    total: dict[str, Measured] = {}
    clinical: dict[str, Measured] = {}
    global_assessment: dict[str, Measured] = {}
    prednisone: dict[str, Measured] = {}
    for code, response in responses.items():
        baseline = response.baseline
        if not isinstance(baseline.value, Assessed):
            continue
        found, sources = baseline.value, baseline.sources
        if not isinstance(found.sledai.total, NotDerived):
            total[code] = Measured(found.sledai.total, sources)
        if not isinstance(found.sledai.clinical_total, NotDerived):
            clinical[code] = Measured(found.sledai.clinical_total, sources)
        if found.pga is not None:
            global_assessment[code] = Measured(found.pga, sources)
        if not isinstance(found.prednisone_mg_per_day, NotDerived):
            prednisone[code] = Measured(found.prednisone_mg_per_day, sources)
    named = (
        (Text("SLEDAI-2K", "SLEDAI-2K评分"), total, 0),
        (Text("Clinical SLEDAI-2K", "临床SLEDAI-2K评分"), clinical, 0),
        (Text("Physician global assessment, 0 to 3", "医师总体评估（0～3）"), global_assessment, 1),
        (Text("Prednisone equivalent, mg/day", "泼尼松等效剂量（mg/天）"), prednisone, 1),
    )
    return [_number_row(stub, measured, groups, places, _ACTIVITY) for stub, measured, places in named]
