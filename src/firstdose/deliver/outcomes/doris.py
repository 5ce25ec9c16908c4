"""Outcome 12: remission by DORIS 2021."""

from firstdose.deliver.document import Section
from firstdose.deliver.outcomes.response_rates import Response
from firstdose.deliver.outcomes.response_section import lay_out_response
from firstdose.protocol.resolved import Endpoint
from firstdose.record.state import State
from firstdose.terms.words import Text

DORIS = Response(
    key="doris",
    name=Text("DORIS remission", "DORIS缓解"),
    attains=lambda found: found.doris.attained,
    components=(
        (
            Text("Clinical SLEDAI-2K is 0", "临床SLEDAI-2K为0分"),
            lambda one: one.doris.clinical_sledai_is_zero,
        ),
        (Text("Physician global assessment below 0.5", "医师总体评估<0.5"), lambda one: one.doris.pga_is_low),
        (
            Text("Prednisone equivalent at most 5 mg/day", "泼尼松等效剂量≤5 mg/天"),
            lambda one: one.doris.glucocorticoid_is_low,
        ),
        (Text("Other treatment stable", "其他治疗稳定"), lambda one: one.doris.treatment_is_stable),
    ),
)


def tabulate_doris(state: State, endpoint: Endpoint) -> Section:
    """The section of the outcome."""
    return lay_out_response(
        state,
        endpoint,
        DORIS,
        course_title=Text("Clinical SLEDAI-2K over time", "临床SLEDAI-2K评分随时间变化"),
        score=lambda sledai: sledai.clinical_total,
    )
