"""The report of a rehearsed trial against counts made straight from its events, and what a report owes its reader."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import pytest
from tests.double import report_counts
from tests.trials import bundled_protocol, start

from firstdose.adapters.render_html import render_html
from firstdose.adapters.store_memory import MemoryStore
from firstdose.deliver.document import Block, Details, Document, Illustration, Section
from firstdose.deliver.outcomes.adverse_events import tabulate_adverse_events
from firstdose.deliver.outcomes.dlt import tabulate_dlt
from firstdose.deliver.outcomes.doris import tabulate_doris
from firstdose.deliver.outcomes.lldas import tabulate_lldas
from firstdose.deliver.outcomes.overview import tabulate_overview
from firstdose.deliver.report import OUTCOMES, build_report
from firstdose.deliver.tables import Cell, Table
from firstdose.protocol.resolved import Endpoint
from firstdose.record.events import Entry, ValueCorrected
from firstdose.record.fold import apply, fold
from firstdose.record.log import GENESIS
from firstdose.record.state import State
from firstdose.study.report import build_report_as_of
from firstdose.study.trial import Trial
from firstdose.terms.words import Text

HALF_A_LAST_DIGIT = 0.00005
# fmt: off
EXACT_INTERVALS = {
    # Clopper and Pearson 1934, exact two-sided 95 %; the ends to four places
    (0, 3): (0.0000, 0.7076), (6, 9): (0.2993, 0.9251), (1, 6): (0.0042, 0.6412), (1, 18): (0.0014, 0.2729),
    (0, 6): (0.0000, 0.4593), (12, 18): (0.4099, 0.8666), (5, 12): (0.1517, 0.7233), (24, 36): (0.4903, 0.8145),
    (9, 12): (0.4281, 0.9451), (0, 36): (0.0000, 0.0974),
}
# fmt: on
PREFIX_DRAWN = 250
"""Prefixes up to here are drawn as pages too."""
LEVEL_TABLES = (
    "disposition",
    "findings",
    "ae-summary",
    "ae-terms",
    "examinations",
    "vital-signs",
    "laboratory-severe",
    "ecg",
)  # fmt: skip


class Whole(NamedTuple):
    """The rehearsed trial to its end: its events, its state, and the five sections that are tested here."""

    events: list[Any]
    state: State
    sections: dict[str, Section]


def _endpoint(variable: str) -> Endpoint:
    return next(one for one in bundled_protocol().endpoints if one.variable == variable)


def _sections(state: State) -> dict[str, Section]:
    return {
        "overview": tabulate_overview(state),
        "dlt": tabulate_dlt(state, _endpoint("dlt")),
        "adverse_events": tabulate_adverse_events(state, _endpoint("adverse_events")),
        "doris": tabulate_doris(state, _endpoint("doris")),
        "lldas": tabulate_lldas(state, _endpoint("lldas")),
    }


@pytest.fixture(scope="module")
def whole(rehearsed: Any) -> Whole:
    events = [entry.event for entry in rehearsed.store.read()]
    return Whole(events, rehearsed.state, _sections(rehearsed.state))


def _walk(blocks: Sequence[Block]) -> Iterator[Table]:
    for block in blocks:
        if isinstance(block, Table):
            yield block
        elif isinstance(block, Details):
            yield from _walk(block.blocks)
        elif isinstance(block, Illustration) and block.table is not None:
            yield block.table


def _tables(sections: dict[str, Section]) -> dict[str, Table]:
    return {table.key: table for section in sections.values() for table in _walk(section.blocks)}


def _cell(table: Table, stub: str, column: str, group: str | None = None) -> Cell:
    (row,) = [
        one
        for one in table.rows
        if one.stub.en == stub and (group is None or (one.group is not None and one.group.en == group))
    ]
    return row.cells[[one.key for one in table.columns].index(column)]


def _statistics(cell: Cell) -> dict[str, Any]:
    return {one.name: one.value for one in cell.statistics}


def _cells(sections: dict[str, Section]) -> Iterator[tuple[str, str, str, Cell]]:
    for table in _tables(sections).values():
        for row in table.rows:
            for column, cell in zip(table.columns, row.cells, strict=True):
                yield table.key, f"{row.group.en if row.group else ''}/{row.stub.en}", column.key, cell


# --- every count is what the events say


def test_everybody_with_an_adverse_event_is_counted(whole: Whole) -> None:
    cell = _cell(_tables(whole.sections)["ae-summary"], "Any adverse event", "total",
                 "From enrolment to Week 52: the registry's count")  # fmt: skip
    assert set(cell.participants) == report_counts.with_adverse_event(whole.events)


@pytest.mark.parametrize(
    ("stub", "at_least", "serious_only"),
    [("Any adverse event", 1, False), ("Grade 3 or higher", 3, False), ("Serious", 1, True)],
)
def test_treatment_emergent_events_are_those_since_the_first_infusion(
    whole: Whole,
    stub: str,
    at_least: int,
    serious_only: bool,  # noqa: FBT001
) -> None:
    cell = _cell(_tables(whole.sections)["ae-summary"], stub, "total", "Treatment-emergent")
    expected = report_counts.with_emergent(whole.events, at_least, serious_only=serious_only)
    assert set(cell.participants) == expected


def test_toxicity_and_those_who_count_are_as_they_were_adjudicated_at_every_level(whole: Whole) -> None:
    table = _tables(whole.sections)["dlt-rates"]
    evaluable = report_counts.dlt_evaluable(whole.events)
    toxic = report_counts.with_dlt(whole.events)
    by_level = report_counts.by_regimen(whole.events, evaluable)
    parts = {part.key: part.title.en for part in bundled_protocol().parts}
    for (part, regimen), members in by_level.items():
        (row,) = [
            one
            for one in table.rows
            if one.group is not None and one.group.en == parts[part] and f"{regimen}," in one.stub.en
        ]
        rate = row.cells[-1]
        assert set(rate.participants) == members & toxic
        assert _statistics(rate)["N"] == len(members)
    total = table.rows[-1].cells[-1]
    assert set(total.participants) == toxic
    assert _statistics(total)["N"] == len(evaluable)


@pytest.mark.parametrize(
    ("name", "window"),
    {"W4": (28, 22, 42), "W12": (84, 71, 126), "W24": (168, 127, 210), "W52": (364, 309, 420)}.items(),
)
def test_remission_is_what_the_forms_say(whole: Whole, name: str, window: tuple[int, int, int]) -> None:
    cell = _cell(_tables(whole.sections)["doris-rates"], "All", name)
    assert set(cell.participants) == report_counts.doris_at(whole.events, *window)
    assert _statistics(cell)["N"] == len(report_counts.first_infusions(whole.events))


@pytest.mark.parametrize(("grades", "limit"), [((4,), "0.5"), ((3, 4), "1.0"), ((2, 3, 4), "1.5")])
def test_neutrophils_are_graded_by_their_worst_value(
    whole: Whole, grades: tuple[int, ...], limit: str
) -> None:
    table = _tables(whole.sections)["laboratory-worst"]
    counted: set[str] = set()
    for grade in grades:
        counted |= set(_cell(table, "Neutrophil count decreased", f"grade-{grade}").participants)
    assert counted == report_counts.worst_neutrophils_below(whole.events, limit)


def test_the_worst_grade_may_come_before_the_infusion(whole: Whole, rehearsed: Any) -> None:
    table = _tables(whole.sections)["laboratory-worst"]
    term = "Neutrophil count decreased"
    mild = set(_cell(table, term, "grade-2").participants)
    state = fold(rehearsed.store.read())
    participant = next(one for one in state.treated() if one.code in mild)
    (day_before,) = [one for one in participant.forms_by_name["haematology"] if one.visit == "D-1"]
    day_before.values["neutrophils"] = "0.10"
    changed = _tables({"": tabulate_adverse_events(state, _endpoint("adverse_events"))})["laboratory-worst"]
    assert participant.code in _cell(changed, term, "grade-4").participants
    emergent = _cell(table, term, "emergent").participants
    assert _cell(changed, term, "emergent").participants == emergent


def test_everybody_screened_failed_or_was_treated_as_recorded(whole: Whole) -> None:
    table = _tables(whole.sections)["screening"]
    screened = {one.participant for one in report_counts.named(whole.events, "ParticipantScreened")}
    failed = {one.participant for one in report_counts.named(whole.events, "ScreenFailed")}
    assert set(_cell(table, "Screened", "total").participants) == screened
    assert set(_cell(table, "Failed screening", "total").participants) == failed
    treated = set(report_counts.first_infusions(whole.events))
    assert set(_cell(table, "Treated with KN5501", "total").participants) == treated


# --- what every cell owes


def test_behind_every_number_stand_as_many_participants(whole: Whole) -> None:
    checked = 0
    for *place, cell in _cells(whole.sections):
        n = _statistics(cell).get("n")
        if n is not None:
            assert len(set(cell.participants)) == n, place
            checked += 1
    assert checked > 1000


def test_every_participant_counted_brings_positions_of_the_record(whole: Whole) -> None:
    bare = [
        place
        for *place, cell in _cells(whole.sections)
        if cell.participants
        and _statistics(cell)
        and not cell.positions
        # the sums over first responses and medians name participants only
        and place[0] not in ("doris-durability", "lldas-durability")
    ]
    assert not bare


def test_the_levels_add_up_to_the_total(whole: Whole) -> None:
    tables = _tables(whole.sections)
    for key in LEVEL_TABLES:
        table = tables[key]
        columns = [one.key for one in table.columns]
        levels = [i for i, column in enumerate(columns) if column not in ("total", "severe")]
        for row in table.rows:
            total = _statistics(row.cells[columns.index("total")])
            for name in ("n", "N"):
                assert sum(_statistics(row.cells[i])[name] for i in levels) == total[name], (key, row.stub.en)


def test_the_grades_of_a_term_add_up_to_those_assessed(whole: Whole) -> None:
    for key in ("laboratory-worst", "vital-grades"):
        for row in _tables(whole.sections)[key].rows:
            counts = [_statistics(cell)["n"] for cell in row.cells]
            assert sum(counts[1:7]) == counts[0], (key, row.stub.en)


def test_intervals_are_the_published_ones(whole: Whole) -> None:
    seen = set()
    for *place, cell in _cells(whole.sections):
        found = _statistics(cell)
        published = EXACT_INTERVALS.get((found.get("n", -1), found.get("N", -1)))
        if published is not None and "low" in found and "high" in found and "rate" in found:
            assert found["low"] == pytest.approx(published[0], abs=HALF_A_LAST_DIGIT), place
            assert found["high"] == pytest.approx(published[1], abs=HALF_A_LAST_DIGIT), place
            seen.add((found["n"], found["N"]))
    assert {(0, 3), (0, 6), (1, 6), (0, 36)} <= seen


def test_one_grading_version_stands_in_the_report(whole: Whole) -> None:
    said = str(whole.sections["adverse_events"])
    assert "CTCAE 5.0" in said
    assert "CTCAE 6.0" not in said


def test_every_section_starts_with_the_words_of_the_registry(whole: Whole) -> None:
    for variable, section in whole.sections.items():
        if variable != "overview":
            assert _endpoint(variable).outcome in str(section.blocks[0])


# --- the document


def test_the_outcomes_stand_in_the_order_of_the_registry(rehearsed: Any) -> None:
    document = build_report_as_of(Trial(rehearsed.store))
    titles = [section.title for section in document.sections]
    assert titles[1:] == [one.title.text for one in bundled_protocol().endpoints]
    assert set(OUTCOMES) == {one.variable for one in bundled_protocol().endpoints}


def test_the_same_position_gives_the_same_bytes(rehearsed: Any) -> None:
    first, second = (render_html(build_report_as_of(Trial(rehearsed.store), 1200)) for _ in range(2))
    assert first == second


def test_the_title_page_names_the_position_and_its_hash(rehearsed: Any) -> None:
    rows = list(rehearsed.store.read_rows(0, 1200))
    facts = {name.en: fact.en for name, fact in build_report_as_of(Trial(rehearsed.store), 1200).facts}
    assert facts["Position in the record"] == "1200"
    assert facts["Hash of the record there"].rstrip("…") == rows[-1].hash.hex()[:12]
    forms = sum(row.type == "FormSubmitted" for row in rows)
    assert facts["Forms"] == str(forms)


def test_a_moment_gives_the_report_of_its_last_position(rehearsed: Any) -> None:
    entries = list(rehearsed.store.read(0, 900))
    at: datetime = entries[-1].recorded_at
    last = max(entry.position for entry in rehearsed.store.read() if entry.recorded_at <= at)
    trial = Trial(rehearsed.store)
    assert build_report_as_of(trial, at) == build_report_as_of(trial, last)


def test_an_empty_record_has_a_report() -> None:
    document = build_report_as_of(Trial(MemoryStore()))
    assert document.sections == ()
    assert render_html(document)


def test_an_outcome_that_is_not_known_says_so() -> None:
    protocol = bundled_protocol()
    other = protocol.endpoints[0].model_copy(update={"variable": "quality_of_life"})
    state = State(definition=protocol.model_copy(update={"endpoints": (other,)}))
    document = build_report(state, as_of=1, head=GENESIS.hex(), recorded_at=None)
    assert "Not available" in document.sections[1].summary.en
    assert render_html(document)


def test_every_prefix_of_a_record_has_a_report(rehearsed: Any) -> None:
    n_last = rehearsed.store.head()[0]
    stops = {*range(1, 62, 12), 75, 90, 105, 118, 125, 132, 150, 175, 210, 221, 223, 240, 300, 420,
             *(n_last * share // 5 for share in range(1, 5))}  # fmt: skip
    state = State()
    for entry in rehearsed.store.read():
        apply(state, entry)
        if entry.position in stops and state.definition is not None:
            sections = _sections(state)
            if entry.position < PREFIX_DRAWN:
                assert render_html(Document(title=Text("Report", "报告"), sections=tuple(sections.values())))


def test_a_correction_changes_just_what_rests_on_it(rehearsed: Any) -> None:
    before, after = fold(rehearsed.store.read()), fold(rehearsed.store.read())
    participant = next(before.treated())
    old = participant.forms_by_name["demographics"][0].values["age"]
    assert isinstance(old, str)
    position = before.position + 1
    assert before.recorded_at is not None
    correction = ValueCorrected(
        participant=participant.code,
        visit="SCR",
        form="demographics",
        item="age",
        old=old,
        new=str(int(old) + 1),
        reason="typing",
        corrects=participant.forms_by_name["demographics"][0].position,
    )
    apply(
        after,
        Entry(
            position=position,
            recorded_at=before.recorded_at,
            actor="a",
            role="coordinator",
            site=participant.site,
            release="r",
            command="c",
            nth=0,
            event=correction,
        ),
    )
    pairs = list(zip(_cells(_sections(before)), _cells(_sections(after)), strict=True))
    changed = {(table, row) for (table, row, _, old_cell), (*_, cell) in pairs if old_cell != cell}
    assert changed == {
        ("baseline", "Demographics/Age, years"),
        ("baseline-levels", "Demographics/Age, years"),
    }
    for (_, _, _, old_cell), (*_, cell) in pairs:
        if old_cell != cell:
            assert participant.code in cell.participants
            assert position in cell.positions
            assert position not in old_cell.positions


# --- a small trial, seen as it goes


def test_a_participant_is_not_determined_until_the_window_is_over() -> None:
    trial = start()
    cohort = trial.open_cohort("sad", "SAD-1")
    code = trial.treat(trial.enrol("02", cohort))

    def rate() -> tuple[tuple[str, ...], ...]:
        tables = _tables({"dlt": tabulate_dlt(trial.state, _endpoint("dlt"))})
        row = tables["dlt-rates"].rows[-1]
        return (*(cell.participants for cell in row.cells[:3]), (row.cells[3].shown.en,))

    assert rate() == ((code,), (code,), (), ("0/0",))
    trial.complete_window(code)
    assert rate() == ((code,), (), (), ("0/1 (0.0 %)",))


def test_a_decision_shows_its_reason_and_how_many_signatures_it_needs() -> None:
    trial = start()
    trial.complete_single("sad", "SAD-1")
    recommended = trial.snapshot("sad")
    section = tabulate_dlt(trial.state, _endpoint("dlt"))
    (row,) = _tables({"dlt": section})["reviews-sad"].rows
    assert row.cells[1].shown.en == recommended.reason_en
    assert row.cells[2].shown.en == "No decision yet"
    decision = trial.review("sad")
    (*_, row) = _tables({"dlt": tabulate_dlt(trial.state, _endpoint("dlt"))})["reviews-sad"].rows
    assert row.cells[2].shown.en == "Escalate to SAD-2, as recommended"
    assert all(signed.printed_name in row.cells[2].below.en for signed in decision.signatures)
