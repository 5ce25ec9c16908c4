"""How the sections of DORIS and LLDAS are laid out: the main rate first, then what it is made of."""

from firstdose.deliver.document import Block, Details, Paragraph, Section
from firstdose.deliver.groups import list_groups
from firstdose.deliver.outcomes.activity_course import Scores, illustrate_course
from firstdose.deliver.outcomes.group_columns import describe_regimens, list_part_groups
from firstdose.deliver.outcomes.response_durability import illustrate_time_to_first, tabulate_durability
from firstdose.deliver.outcomes.response_rates import (
    Response,
    illustrate_rates,
    summarize_main,
    tabulate_components,
    tabulate_rates,
)
from firstdose.deliver.outcomes.section_head import introduce
from firstdose.derive.analysis_sets import derive_analysis_set
from firstdose.derive.response.of_participant import ParticipantResponse, derive_response
from firstdose.protocol.resolved import Endpoint
from firstdose.record.state import State
from firstdose.terms.words import Text


def lay_out_response(
    state: State, endpoint: Endpoint, response: Response, *, course_title: Text, score: Scores
) -> Section:
    """The section of a response endpoint.

    Parameters
    ----------
    state : State
    endpoint : Endpoint
    response : Response
        What is attained.
    course_title : Text
        Title of the figure of the score that the endpoint reads.
    score : callable
        That score of an assessment.
    """
    members = derive_analysis_set(state, endpoint.analysis_set)
    derived = [derive_response(one, state.protocol, known_until=state.recorded_at) for one in members]
    responses = {one.participant: one for one in derived if isinstance(one, ParticipantResponse)}
    blocks: list[Block] = [*introduce(state, endpoint)]
    if not responses:
        blocks.append(Paragraph(Text("Nobody is in the analysis set yet.", "尚无受试者进入该分析集。")))
        return Section(
            key=endpoint.key,
            title=endpoint.title.text,
            summary=summarize_main(response, responses),
            blocks=tuple(blocks),
        )
    groups, parts = list_groups(state, members), list_part_groups(state, members)
    blocks += [
        tabulate_rates(state, groups, response, responses, is_imputed=True),
        illustrate_rates(parts, response, responses),
        tabulate_components(response, responses),
        tabulate_durability(state, groups, response, responses),
        illustrate_time_to_first(state, parts, response, responses),
        illustrate_course(f"{response.key}-course", course_title, parts, responses, score),
        Details(
            Text("The same rates as observed, without imputation", "同一比例（仅计观察值，不作填补）"),
            (tabulate_rates(state, groups, response, responses, is_imputed=False),),
        ),
        Paragraph(describe_regimens(state, groups)),
    ]
    return Section(
        key=endpoint.key,
        title=endpoint.title.text,
        summary=summarize_main(response, responses),
        blocks=tuple(blocks),
    )
