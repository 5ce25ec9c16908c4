"""The sections of kinetics and biomarkers: recounted from the events, traced, and for any prefix of the record."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from math import exp, fsum, log

import pytest
from tests.conftest import Rehearsed
from tests.double import naive_biomarkers as naive
from tests.small_record import SmallRecord
from tests.trials import bundled_protocol

from firstdose.deliver.document import Block, Definition, Details, Illustration, Section
from firstdose.deliver.outcomes.auc import tabulate_auc
from firstdose.deliver.outcomes.b_cell_subsets import tabulate_b_cell_subsets
from firstdose.deliver.outcomes.cd19_b_cells import tabulate_cd19_b_cells
from firstdose.deliver.outcomes.cmax import tabulate_cmax
from firstdose.deliver.outcomes.complement import tabulate_complement
from firstdose.deliver.outcomes.cytokines import tabulate_cytokines
from firstdose.deliver.outcomes.immunoglobulins import tabulate_immunoglobulins
from firstdose.deliver.outcomes.retention import tabulate_retention
from firstdose.deliver.outcomes.section_head import introduce, say_time_frame
from firstdose.deliver.outcomes.tmax import tabulate_tmax
from firstdose.deliver.tables import Cell, Table
from firstdose.protocol.resolved import Endpoint
from firstdose.record import events as e
from firstdose.record.fold import apply
from firstdose.record.state import State
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text

SECTIONS: dict[str, Callable[[State, Endpoint], Section]] = {
    "tmax": tabulate_tmax,
    "cmax": tabulate_cmax,
    "auc": tabulate_auc,
    "retention": tabulate_retention,
    "cd19_b_cells": tabulate_cd19_b_cells,
    "cytokines": tabulate_cytokines,
    "immunoglobulins": tabulate_immunoglobulins,
    "complement": tabulate_complement,
    "b_cell_subsets": tabulate_b_cell_subsets,
}
ENDPOINTS = {endpoint.key: endpoint for endpoint in bundled_protocol().endpoints}


def make(state: State, key: str) -> Section:
    return SECTIONS[key](state, ENDPOINTS[key])


def walk(blocks: tuple[Block, ...]) -> Iterator[Block]:
    for block in blocks:
        yield block
        if isinstance(block, Details):
            yield from walk(block.blocks)
        if isinstance(block, Illustration) and block.table is not None:
            yield block.table


def tables(section: Section) -> dict[str, Table]:
    return {block.key: block for block in walk(section.blocks) if isinstance(block, Table)}


def cells(section: Section) -> Iterator[Cell]:
    for table in tables(section).values():
        for row in table.rows:
            yield from row.cells


def listed(table: Table, column: str) -> dict[str, Cell]:
    """The cells of a listing by participant."""
    place = [each.key for each in table.columns].index(column)
    return {row.stub.en: row.cells[place] for row in table.rows}


@pytest.fixture(scope="module")
def made(rehearsed: Rehearsed) -> dict[str, Section]:
    return {key: make(rehearsed.state, key) for key in SECTIONS}


# ---------------------------------------------------------------- a recount straight from the events


@dataclass
class Told:
    """What the events say of a participant, without the state."""

    first: datetime | None = None
    drugs: datetime | None = None
    forms: dict[tuple[str, str, str], tuple[datetime, dict[str, object]]] = field(default_factory=dict)

    def values(self, form: str, item: str) -> list[tuple[int, float | None]]:
        assert self.first is not None
        told = []
        for (_, name, _), (at, values) in self.forms.items():
            if name == form:
                said = values.get(item)
                seconds = round((at - self.first).total_seconds())
                told.append((seconds, float(said) if isinstance(said, str) and said else None))
        return sorted(told, key=lambda sample: sample[0])

    def form(self, visit: str, form: str) -> dict[str, object]:
        return next((v for (at, name, _), (_, v) in self.forms.items() if (at, name) == (visit, form)), {})

    def levels(self) -> list[tuple[int, float | None, bool]]:
        assert self.first is not None
        return [
            (
                round((at - self.first).total_seconds()),
                float(str(values.get("transgene_copies_per_ug") or "nan")),
                values.get("state") == "quantifiable",
            )
            for (_, name, _), (at, values) in self.forms.items()
            if name == "cellular_kinetics"
        ]


@pytest.fixture(scope="module")
def told(rehearsed: Rehearsed) -> dict[str, Told]:
    people: dict[str, Told] = defaultdict(Told)
    for entry in rehearsed.store.read():
        event = entry.event
        if isinstance(event, e.InfusionStarted) and event.infusion == 1:
            people[event.participant].first = event.happened_at
        elif isinstance(event, e.LymphodepletionGiven):
            people[event.participant].drugs = people[event.participant].drugs or event.happened_at
        elif isinstance(event, e.FormSubmitted):
            key = (event.visit, event.form, event.timepoint)
            people[event.participant].forms[key] = (event.collected_at, dict(event.values))
        elif isinstance(event, e.ValueCorrected):
            people[event.participant].forms[event.visit, event.form, event.timepoint][1][event.item] = (
                event.new
            )
    return {code: one for code, one in people.items() if one.first is not None}


def test_every_peak_and_its_time_are_found_again_in_the_events(
    made: dict[str, Section], told: dict[str, Told]
) -> None:
    peaks = listed(tables(made["cmax"])["cmax-listing"], "cmax")
    times = listed(tables(made["tmax"])["tmax-listing"], "tmax")
    assert set(peaks) == set(told)
    for code, one in told.items():
        # the visit of Day 28 may be held until day 30
        found = naive.peak(one.levels(), 30)
        assert found is not None
        cmax, tmax = peaks[code].value, times[code].value
        assert isinstance(cmax, Decimal)
        assert isinstance(tmax, Decimal)
        assert (float(cmax), round(float(tmax) * naive.DAY_S)) == found


def test_every_last_quantifiable_sample_is_found_again_in_the_events(
    made: dict[str, Section], told: dict[str, Told]
) -> None:
    durations = listed(tables(made["retention"])["retention-listing"], "duration")
    for code, one in told.items():
        last = naive.last_quantifiable(one.levels(), 31)
        duration = durations[code].value
        assert isinstance(duration, Decimal)
        assert round(float(duration) * naive.DAY_S) == last


def test_every_nadir_and_baseline_is_found_again_in_the_events(
    made: dict[str, Section], told: dict[str, Told]
) -> None:
    table = tables(made["cd19_b_cells"])["cd19-listing"]
    lowest, base = listed(table, "nadir"), listed(table, "baseline")
    for code, one in told.items():
        counts = one.values("lymphocyte_subsets", "cd19_b_cells_per_ul")
        found = naive.nadir(counts)
        assert found is not None
        assert float(str(lowest[code].value)) == found[0]
        assert one.first is not None
        assert one.drugs is not None
        start = round((one.drugs - one.first).total_seconds())
        assert float(str(base[code].value)) == naive.before(counts, start)


def test_every_interleukin_6_peak_and_lowest_igg_is_found_again_in_the_events(
    made: dict[str, Section], told: dict[str, Told]
) -> None:
    cytokines = tables(made["cytokines"])["cytokines-listing"]
    igg = listed(tables(made["immunoglobulins"])["immunoglobulins-listing"], "lowest")
    peaks, days = listed(cytokines, "il6"), listed(cytokines, "il6_day")
    for code, one in told.items():
        peak = naive.highest(one.values("cytokines", "il6"), 28)
        low = naive.nadir(one.values("immunoglobulins", "igg"))
        assert peak is not None
        assert low is not None
        assert float(str(peaks[code].value)) == peak[0]
        assert round(float(str(days[code].value)) * naive.DAY_S) == peak[1]
        assert float(str(igg[code].value)) == low[0]


def test_counts_and_rates_are_found_again_in_the_events(
    made: dict[str, Section], told: dict[str, Told]
) -> None:
    everyone = tables(made["retention"])["retention-summary"].rows[-1]
    lost = set()
    for code, one in told.items():
        last = naive.last_quantifiable(one.levels(), 31)
        assert last is not None
        if any(seconds > last for seconds, _, _ in one.levels() if seconds <= 31 * naive.DAY_S):
            lost.add(code)
    assert 0 < len(lost) < len(told)
    assert set(everyone.cells[1].participants) == lost
    assert set(everyone.cells[2].participants) == set(told) - lost
    low_igg = tables(made["immunoglobulins"])["immunoglobulins-below"]
    (row,) = (
        r for r in low_igg.rows if r.stub.en == "Day 14" and r.group and r.group.en == "Immunoglobulin G"
    )
    day_14 = {
        code: float(str(v["igg"])) for code, one in told.items() if (v := one.form("D14", "immunoglobulins"))
    }
    # the lower limit of the bundled study is 8.60 g/L
    assert set(row.cells[-1].participants) == {code for code, igg in day_14.items() if igg < 8.6}
    assert row.cells[-1].shown.en.startswith(f"{len(row.cells[-1].participants)}/{len(day_14)} ")


def test_a_geometric_mean_is_that_of_the_participants_behind_it(made: dict[str, Section]) -> None:
    shown = tables(made["cmax"])
    individual = listed(shown["cmax-listing"], "cmax")
    rows = [row for row in shown["cmax-summary"].rows if row.group and row.group.en.startswith("Cmax (")]
    assert len(rows) > 3
    for row in rows:
        cell = row.cells[1]
        values = [float(str(individual[code].value)) for code in cell.participants]
        by_hand = exp(fsum(log(value) for value in values) / len(values))
        assert cell.value == pytest.approx(by_hand, rel=1e-12)


# ---------------------------------------------------------------- what stands behind a number


@pytest.mark.parametrize("key", SECTIONS)
def test_n_of_a_cell_is_the_number_of_participants_behind_it(made: dict[str, Section], key: str) -> None:
    n_looked_at = 0
    for cell in cells(made[key]):
        for statistic in cell.statistics:
            if statistic.name == "n":
                assert len(set(cell.participants)) == statistic.value, cell
                n_looked_at += 1
    assert n_looked_at > 10


@pytest.mark.parametrize("key", SECTIONS)
def test_every_position_behind_a_cell_is_an_event_of_its_participants(
    made: dict[str, Section], rehearsed: Rehearsed, key: str
) -> None:
    of_position = {
        entry.position: getattr(entry.event, "participant", None) for entry in rehearsed.store.read()
    }
    listings = [table for name, table in tables(made[key]).items() if name.endswith("-listing")]
    assert listings
    for table in listings:
        for row in table.rows:
            for cell in row.cells:
                assert {of_position[position] for position in cell.positions} <= {row.stub.en}
    # a statistic of values comes from events of all its participants and of nobody else
    summaries = [
        cell
        for cell in cells(made[key])
        if {statistic.name for statistic in cell.statistics}
        in ({"low", "high"}, {"n", "median"}, {"n", "mean", "sd"})
    ]
    assert len(summaries) > 8
    for cell in summaries:
        assert {of_position[position] for position in cell.positions} == set(cell.participants)


@pytest.mark.parametrize("key", SECTIONS)
def test_groups_add_up_to_all(made: dict[str, Section], key: str) -> None:
    """In a table by group the n of the groups add up to the n of all, variable by variable."""
    for table in tables(made[key]).values():
        if table.columns[:1] and table.columns[0].key == "n" and table.rows[-1].stub.en.startswith("All"):
            n_by_group: dict[str, list[int]] = defaultdict(list)
            for row in table.rows:
                n = row.cells[0].value
                assert isinstance(n, int)
                n_by_group[row.group.en if row.group else ""].append(n)
            for *groups, everyone in n_by_group.values():
                assert sum(groups) == everyone


@pytest.mark.parametrize("key", SECTIONS)
def test_no_reason_is_left_in_one_language(made: dict[str, Section], key: str) -> None:
    for cell in cells(made[key]):
        if isinstance(cell.value, NotDerived):
            assert not cell.shown.zh.isascii(), cell.value
            assert "无法得出" not in cell.shown.zh, cell.value


@pytest.mark.parametrize("key", SECTIONS)
def test_a_section_starts_with_the_words_of_the_registry(made: dict[str, Section], key: str) -> None:
    head = made[key].blocks[:3]
    assert all(isinstance(block, Definition) for block in head)
    registry, ours, members = (block for block in head if isinstance(block, Definition))
    assert f"“{ENDPOINTS[key].outcome}”" in registry.rule.en
    assert (ours.rule, ours.clause) == (ENDPOINTS[key].definition.text, f"endpoints.{key}")
    assert "N = 36 of 36" in members.rule.en


def test_time_frames_are_said_in_days_and_weeks() -> None:
    said = {key: say_time_frame(ENDPOINTS[key]) for key in ("dlt", "cmax", "cytokines")}
    assert said == {
        "dlt": Text("Day 0 to Day 14 (Week 2) or Day 28 (Week 4)", "第0天至第14天（第2周）或第28天（第4周）"),
        "cmax": Text("Day 0 to Day 28 (Week 4)", "第0天至第28天（第4周）"),
        "cytokines": Text("enrolment to Day 364 (Week 52)", "入组至第364天（第52周）"),
    }


def test_those_treated_but_outside_the_set_are_named() -> None:
    record = SmallRecord()
    record.treated("P-07")
    members = introduce(record.state, ENDPOINTS["cmax"])[2]
    assert isinstance(members, Definition)
    assert "N = 0 of 1 treated. Treated but not in the set: P-07." in members.rule.en


# ---------------------------------------------------------------- any prefix of the record


def test_a_section_can_be_made_from_any_prefix(rehearsed: Rehearsed) -> None:
    entries = list(rehearsed.store.read())
    kinds: dict[str, Callable[[e.AnyEvent], bool]] = {
        "definition": lambda event: isinstance(event, e.StudyDefinitionReleased),
        "first drugs": lambda event: isinstance(event, e.LymphodepletionGiven),
        "first cells": lambda event: isinstance(event, e.InfusionStarted),
        "first sample": lambda event: getattr(event, "form", "") == "cellular_kinetics",
        "first count": lambda event: getattr(event, "visit", "") == "D3",
    }
    stops = {next(i for i, entry in enumerate(entries) if is_it(entry.event)) for is_it in kinds.values()}
    stops |= {len(entries) // 10, len(entries) // 4}
    state = State()
    for i, entry in enumerate(entries[: max(stops) + 1]):
        apply(state, entry)
        if i in stops:
            for key in SECTIONS:
                section = make(state, key)
                assert all(len(set(c.participants)) <= len(state.participants) for c in cells(section))


@pytest.mark.parametrize("key", ["cmax", "retention", "complement"])
def test_the_same_state_gives_the_same_section(
    made: dict[str, Section], rehearsed: Rehearsed, key: str
) -> None:
    assert make(rehearsed.state, key) == made[key]


def test_a_participant_who_is_still_followed_is_named_and_has_no_area_yet() -> None:
    record = SmallRecord(today_d=12)
    person = record.treated("P-07")
    for visit, timepoint, day, level in (("D1", "t24h", 1, "500"), ("D10", "", 10, "90")):
        record.sample(person, visit, day, level, timepoint)
    section = make(record.state, "auc")
    shown = tables(section)
    assert listed(shown["auc-listing"], "auc")["P-07"].shown == Text("window not over", "观察窗未结束")
    assert any("P-07" in note.en for note in shown["auc-summary"].footnotes)
    assert listed(tables(make(record.state, "cmax"))["cmax-listing"], "cmax")["P-07"].shown.en == "500"


def test_half_the_limit_stands_for_results_below_it_in_means_by_time() -> None:
    record = SmallRecord()
    for code, level in (("P-01", "100"), ("P-02", "blq")):
        person = record.treated(code)
        record.sample(person, "D3", 3, level)
    table = tables(make(record.state, "cmax"))["cmax-levels-sad"]
    (row,) = (row for row in table.rows if row.stub.en == "Day 3")
    # the geometric mean of 100 and 25
    assert row.cells[0].value == pytest.approx(50.0)
    assert set(row.cells[0].participants) == {"P-01", "P-02"}
