"""Outcome 13: the lupus low disease activity state."""

from firstdose.deliver.document import Section
from firstdose.deliver.outcomes.response_rates import Response
from firstdose.deliver.outcomes.response_section import lay_out_response
from firstdose.protocol.resolved import Endpoint
from firstdose.record.state import State
from firstdose.terms.words import Text

LLDAS = Response(
    key="lldas",
    name=Text("LLDAS", "LLDAS"),
    attains=lambda found: found.lldas.attained,
    components=(
        (
            Text("SLEDAI-2K at most 4 without major organ activity", "SLEDAI-2K≤4分且无主要器官活动"),
            lambda one: one.lldas.low_activity,
        ),
        (Text("No new features of activity", "无新发活动表现"), lambda one: one.lldas.no_new_features),
        (Text("Physician global assessment at most 1", "医师总体评估≤1"), lambda one: one.lldas.pga_is_low),
        (
            Text("Prednisone equivalent at most 7.5 mg/day", "泼尼松等效剂量≤7.5 mg/天"),
            lambda one: one.lldas.glucocorticoid_is_low,
        ),
        (
            Text("Maintenance treatment standard and tolerated", "维持治疗为标准剂量且耐受"),
            lambda one: one.lldas.maintenance_is_tolerated,
        ),
    ),
)


def tabulate_lldas(state: State, endpoint: Endpoint) -> Section:
    """The section of the outcome."""
    return lay_out_response(
        state,
        endpoint,
        LLDAS,
        course_title=Text("SLEDAI-2K over time", "SLEDAI-2K评分随时间变化"),
        score=lambda sledai: sledai.total,
    )
