"""The serious adverse events, one by one."""

import msgspec

from firstdose.deliver.outcomes.adverse_event_tables import Events, read_event
from firstdose.deliver.outcomes.group_columns import name_level
from firstdose.deliver.tables import Column, Row, Table, cell_of_number, cell_of_text
from firstdose.record.state import State
from firstdose.terms.calendar import protocol_day
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text

_SERIOUS_BECAUSE = {
    "death": Text("death", "死亡"),
    "life_threatening": Text("life-threatening", "危及生命"),
    "hospitalisation_prolonged": Text("hospital stay or longer stay", "住院或住院时间延长"),
    "disability": Text("disability", "残疾"),
    "congenital_anomaly": Text("congenital anomaly", "先天异常"),
    "medically_important": Text("important medical event", "重要医学事件"),
}
"""Criteria of seriousness of ICH E2A, as they are recorded."""


def list_serious(state: State, events: Events) -> Table:
    """Every serious adverse event, by participant."""
    rows = []
    for code, found in events.items():
        participant = state.participants[code]
        first = participant.first_infusion_at
        for one in found:
            read = read_event(one)
            if not read.event.is_serious or not read.is_counted or first is None:
                continue
            said = participant.adverse_events[read.event.key].reported
            because = [_SERIOUS_BECAUSE.get(each, Text(each, each)) for each in said.seriousness]
            day = msgspec.structs.replace(
                cell_of_number(protocol_day(said.onset, first)), rounding=Text("", "")
            )
            grade = read.event.max_grade
            graded = "–" if isinstance(grade, NotDerived) else str(grade)
            scale = str(read.event.scale)
            related = Text("related", "有关") if read.is_related else Text("not related", "无关")
            rows.append(
                Row(
                    stub=Text(code, code),
                    cells=(
                        cell_of_text(name_level(state, participant)),
                        msgspec.structs.replace(
                            cell_of_text(
                                Text(read.event.pt, read.event.pt), participants=[code], positions=one.sources
                            ),
                            below=Text("dose-limiting", "剂量限制性") if read.is_dlt else Text("", ""),
                        ),
                        day,
                        msgspec.structs.replace(cell_of_text(Text(graded, graded)), below=Text(scale, scale)),
                        cell_of_text(
                            Text(
                                ", ".join(each.en for each in because) or "–",
                                "、".join(each.zh for each in because) or "–",
                            )
                        ),
                        cell_of_text(related),
                    ),
                )
            )
    columns = (
        ("level", Text("Dose level", "剂量水平")),
        ("event", Text("Event", "事件")),
        ("day", Text("Onset, day", "发生日")),
        ("grade", Text("Highest grade", "最高级别")),
        ("because", Text("Serious because of", "严重性标准")),
        ("related", Text("To KN5501", "与KN5501的关系")),
    )
    return Table(
        key="ae-serious",
        title=Text("Serious adverse events", "严重不良事件"),
        stubhead=Text("Participant", "受试者"),
        columns=tuple(Column(key=key, label=label) for key, label in columns),
        rows=tuple(rows),
    )
