"""Every text of the pages exists, is used, and has its Chinese."""

import re
from pathlib import Path
from typing import get_args

import pytest
from tests.trials import SmallTrial

import firstdose.faces.web
from firstdose.conduct.board import Status
from firstdose.conduct.chart import VisitStatus
from firstdose.conduct.trail import TITLES, view_entry
from firstdose.conduct.waiting import Kind
from firstdose.design import Action
from firstdose.faces.web.access import Route
from firstdose.faces.web.words import SEVERAL, WORDS
from firstdose.faces.web.words_design import DESIGN
from firstdose.faces.web.words_frame import FRAME
from firstdose.faces.web.words_record import RECORD
from firstdose.faces.web.words_trial import TRIAL
from firstdose.record import events as e
from firstdose.terms.words import Text

WEB = Path(firstdose.faces.web.__file__).parent
SOURCES = "".join(
    file.read_text()
    for file in [*WEB.rglob("*.html"), *WEB.rglob("*.py")]
    if not file.name.startswith("words")
)
SAME_IN_BOTH = {"mark_mtd", "dlt", "status_dlt", "only_dlt"}
OWN_SCRIPT = re.compile(r'<script src="/static/[a-z_]+\.js" defer></script>')
CHINESE = re.compile("[\u4e00-\u9fff]")
FIELD = re.compile(r"\{(\w+)\}")


def every_text() -> list[tuple[str, Text]]:
    counted = [(key, text) for key, pair in SEVERAL.items() for text in pair]
    return [*WORDS.items(), *counted, *((kind.__name__, text) for kind, text in TITLES.items())]


def test_every_text_has_its_chinese_with_the_same_fields() -> None:
    for key, text in every_text():
        assert text.en.strip(), key
        assert key in SAME_IN_BOTH or CHINESE.search(text.zh), key
        assert sorted(FIELD.findall(text.en)) == sorted(FIELD.findall(text.zh)), key


def test_no_text_is_said_twice_in_different_ways() -> None:
    assert len(WORDS) == len(FRAME) + len(TRIAL) + len(RECORD) + len(DESIGN)


def test_every_text_that_a_page_asks_for_exists() -> None:
    asked = set(re.findall(r'say\("([a-z_0-9]+)"[,)]', SOURCES)) | set(
        re.findall(r'title="([a-z_]+)", text="', SOURCES)
    )
    assert asked <= set(WORDS), asked - set(WORDS)
    assert set(re.findall(r'count\("([a-z_]+)"', SOURCES)) == set(SEVERAL)


@pytest.mark.parametrize(
    ("prefix", "names"),
    {
        "status_": get_args(Status),
        "visit_": get_args(VisitStatus),
        "waits_": get_args(Kind),
        "role_": get_args(e.Role),
        "meaning_": [role for role in get_args(e.Role) if role.startswith("committee")],
        "rec_": [action.value for action in Action],
        "action_": get_args(e.DoseDecisionMade.__annotations__["action"]),
        "do_": get_args(e.DoseDecisionMade.__annotations__["action"]),
        "purpose_": get_args(e.CohortOpened.__annotations__["purpose"]),
        "outcome_": get_args(e.AdverseEventEnded.__annotations__["outcome"]),
        "causality_": [*get_args(e.Causality), "missing"],
        "nav_": [route for route in get_args(Route) if route in ("board", "participants", "decisions")],
        "cell_": ("escalate", "stay", "de_escalate", "eliminate"),
        "short_": ("escalate", "stay", "de_escalate", "eliminate"),
        "mark_": ("mtd", "current", "above_cap", "expanded"),
    }.items(),
)  # fmt: skip
def test_every_code_of_the_record_has_its_words(prefix: str, names: tuple[str, ...]) -> None:
    assert {prefix + name for name in names} <= set(WORDS)


def test_no_text_is_left_over() -> None:
    built = r'say\("([a-z_]+_)" \+|say\(f"([a-z_]+_)\{'
    prefixes = {a or b for a, b in re.findall(built, SOURCES)} | {
        "status_",
        "said_",
        "flag_",
        "short_",
        "category_",
        "cell_",
    }
    unused = [
        key
        for key in WORDS
        if key not in ("female", "male")
        and f'"{key}"' not in SOURCES
        and f"'{key}'" not in SOURCES
        and not key.startswith(tuple(prefixes))
    ]
    assert unused == []


def test_every_event_about_a_participant_has_a_line_of_the_trail() -> None:
    about = {kind for kind in get_args(e.AnyEvent) if issubclass(kind, e.ParticipantEvent)}
    assert set(TITLES) == about


def test_a_treated_participant_has_a_trail_without_a_gap(small: SmallTrial) -> None:
    code = small.treat(small.enrol("01", small.open_cohort("sad", "SAD-1")))
    small.dlt(code)
    mine = [entry for entry in small.store.read() if getattr(entry.event, "participant", None) == code]
    assert [line.type for entry in mine if (line := view_entry(entry, small.protocol))] == [
        type(entry.event).__name__ for entry in mine
    ]


def test_no_page_holds_a_script_or_a_style_of_its_own() -> None:
    for file in WEB.rglob("*.html"):
        text = OWN_SCRIPT.sub("", file.read_text())
        assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=|javascript:", text), file.name
        assert "|safe" not in text, file.name
