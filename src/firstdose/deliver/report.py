"""The report: participants and treatment first, then every endpoint of the protocol in the registry's order.

There is no clock here: the report of a position is the same document always.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from firstdose.deliver.document import Document, Paragraph, Section
from firstdose.deliver.formatting import format_list
from firstdose.deliver.outcomes.adverse_events import tabulate_adverse_events
from firstdose.deliver.outcomes.auc import tabulate_auc
from firstdose.deliver.outcomes.b_cell_subsets import tabulate_b_cell_subsets
from firstdose.deliver.outcomes.cd19_b_cells import tabulate_cd19_b_cells
from firstdose.deliver.outcomes.cmax import tabulate_cmax
from firstdose.deliver.outcomes.complement import tabulate_complement
from firstdose.deliver.outcomes.cytokines import tabulate_cytokines
from firstdose.deliver.outcomes.dlt import tabulate_dlt
from firstdose.deliver.outcomes.doris import tabulate_doris
from firstdose.deliver.outcomes.immunoglobulins import tabulate_immunoglobulins
from firstdose.deliver.outcomes.lldas import tabulate_lldas
from firstdose.deliver.outcomes.overview import tabulate_overview
from firstdose.deliver.outcomes.retention import tabulate_retention
from firstdose.deliver.outcomes.section_head import introduce
from firstdose.deliver.outcomes.tmax import tabulate_tmax
from firstdose.derive.analysis_sets import is_enrolled
from firstdose.protocol.resolved import Endpoint
from firstdose.record.state import State
from firstdose.terms.calendar import SHANGHAI
from firstdose.terms.scales import ASTCT_2019
from firstdose.terms.words import Text

TabulateOutcome = Callable[[State, Endpoint], Section]

OUTCOMES: Mapping[str, TabulateOutcome] = MappingProxyType(
    {
        "dlt": tabulate_dlt,
        "adverse_events": tabulate_adverse_events,
        "tmax": tabulate_tmax,
        "cmax": tabulate_cmax,
        "auc": tabulate_auc,
        "retention": tabulate_retention,
        "cd19_b_cells": tabulate_cd19_b_cells,
        "cytokines": tabulate_cytokines,
        "immunoglobulins": tabulate_immunoglobulins,
        "complement": tabulate_complement,
        "b_cell_subsets": tabulate_b_cell_subsets,
        "doris": tabulate_doris,
        "lldas": tabulate_lldas,
    }
)
"""The section of each endpoint's variable."""
_SHOWN_DIGITS = 12


def build_report(state: State, *, as_of: int, head: str, recorded_at: datetime | None) -> Document:
    """The report of a trial as of a position of its record.

    Parameters
    ----------
    state : State
        Folded up to the position; any prefix of a record will do.
    as_of : int
        The position.
    head : str
        Hash of the event at the position, in hexadecimal.
    recorded_at : datetime or None
        When that event was recorded; None where there is none.

    Returns
    -------
    Document
        Overview, then one section an endpoint; a variable without a section here says so.
    """
    facts = _list_facts(state, as_of, head, recorded_at)
    if state.definition is None:
        return Document(
            title=Text("Report", "报告"),
            subtitle=Text("No study definition has been released.", "尚未发布研究方案定义。"),
            facts=facts,
            sections=(),
        )
    protocol = state.definition
    return Document(
        title=protocol.study.title.text,
        subtitle=Text(
            f"{protocol.study.protocol_id}, {protocol.study.registry_id}: report of the record as of position {as_of}",
            f"{protocol.study.protocol_id}，{protocol.study.registry_id}：截至记录位置{as_of}的报告",
        ),
        facts=facts,
        sections=(
            tabulate_overview(state),
            *(OUTCOMES.get(one.variable, tabulate_unavailable)(state, one) for one in protocol.endpoints),
        ),
    )


def tabulate_unavailable(state: State, endpoint: Endpoint) -> Section:
    """The section of an endpoint whose variable is not one of :data:`OUTCOMES`."""
    return Section(
        key=endpoint.key,
        title=endpoint.title.text,
        summary=Text("Not available in this report.", "本报告未提供该结局。"),
        blocks=(
            *introduce(state, endpoint),
            Paragraph(
                Text(
                    f"The variable {endpoint.variable!r} has no derivation here. Known are: "
                    f"{format_list(list(OUTCOMES)).en}.",
                    f"变量 {endpoint.variable!r} 尚无推导方法。已有：{format_list(list(OUTCOMES)).zh}。",
                )
            ),
        ),
    )


def _list_facts(
    state: State, as_of: int, head: str, recorded_at: datetime | None
) -> tuple[tuple[Text, Text], ...]:
    """What the report was made from; each number is counted on the state."""
    everyone = list(state.participants.values())
    forms = [form for one in everyone for form in one.forms.values()]
    n_open = sum(not query.is_closed for one in everyone for query in one.queries.values())
    moment = Text("nothing recorded", "无记录")
    if recorded_at is not None:
        written = f"{recorded_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
        moment = Text(f"{written} (UTC+8)", f"{written}（UTC+8）")
    facts = [
        (Text("Data recorded until", "数据记录截至"), moment),
        (Text("Position in the record", "记录位置"), _same(str(as_of))),
        (
            Text("Hash of the record there", "该位置记录哈希"),
            _same(f"{head[:_SHOWN_DIGITS]}…" if head else "–"),
        ),
    ]
    if state.definition is not None:
        study = state.definition.study
        facts += [
            (
                Text("Study definition", "研究方案定义"),
                Text(f"{study.key} version {study.version}", f"{study.key} 第{study.version}版"),
            ),
            (
                Text("Digest of the definition", "方案定义摘要值"),
                _same(f"{state.definition_digest[:_SHOWN_DIGITS]}…"),
            ),
            (
                Text("Grading", "分级标准"),
                _same(f"CTCAE {state.definition.definitions.ctcae_version}; {ASTCT_2019}"),
            ),
        ]
    counts = (
        (Text("Screened", "筛选"), len(everyone)),
        (Text("Enrolled", "入组"), sum(is_enrolled(one) for one in everyone)),
        (Text("Treated", "治疗"), sum(bool(one.infusions) for one in everyone)),
        (Text("Forms", "表格"), len(forms)),
        (Text("Corrected values", "更正的数值"), sum(len(form.corrections) for form in forms)),
        (Text("Adverse events", "不良事件"), sum(len(one.adverse_events) for one in everyone)),
        (Text("Open queries", "未关闭的质疑"), n_open),
    )
    return (*facts, *((name, _same(str(n))) for name, n in counts))


def _same(words: str) -> Text:
    return Text(words, words)
