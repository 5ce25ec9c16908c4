"""A report is pages in two languages that need no script and keep the way back to the participants."""

import re
from decimal import Decimal
from html.parser import HTMLParser
from typing import get_args

import pytest

from firstdose.adapters.render_html import STYLE_SHEET, WORDS, render_html
from firstdose.deliver.document import (
    Block,
    Definition,
    Details,
    Document,
    Illustration,
    Paragraph,
    Section,
    illustrate,
)
from firstdose.deliver.figures import EscalationCohort, Figure, render_escalation
from firstdose.deliver.figures.escalation import CohortMark
from firstdose.deliver.figures.style import DARK, LIGHT
from firstdose.deliver.tables import (
    Column,
    Row,
    Table,
    cell_of_absence,
    cell_of_count_of,
    cell_of_nothing,
    cell_of_number,
)
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Language, Text

HOSTILE = Text("<script>alert(1)</script>\"'&", "<img src=x onerror=alert(1)>\"'&")
NOT_CLOSED = {"meta", "link", "br", "img", "!doctype"}


def _draw(language: Language) -> Figure:
    cohort = EscalationCohort(
        label=Text("SAD-1", "SAD-1"),
        level_index=0,
        participants=(CohortMark(participant="P-0001", counts_as="dlt"),),
    )
    return render_escalation("course", Text("Course", "过程"), [Text("1", "1")], [cohort], language=language)


def _table(key: str, title: Text) -> Table:
    return Table(
        key=key,
        title=title,
        stubhead=Text("Characteristic", "特征"),
        columns=(
            Column(key="one", label=Text("Level 1", "剂量 1"), spanner=Text("SAD", "单次递增")),
            Column(key="two", label=Text("Level 2", "剂量 2"), spanner=Text("SAD", "单次递增")),
            Column(key="all", label=Text("Total", "合计")),
        ),
        rows=(
            Row(
                stub=Text("With a DLT", "发生 DLT"),
                group=Text("Safety", "安全性"),
                cells=(
                    cell_of_count_of(["P-0007"], 6, interval=(0.0042, 0.6412), positions=[17, 42]),
                    cell_of_absence(NotDerived("not_assessed")),
                    cell_of_nothing(),
                ),
            ),
            Row(
                stub=HOSTILE,
                cells=(cell_of_number(Decimal("0.25"), 1), cell_of_nothing(), cell_of_nothing()),
            ),
        ),
        footnotes=(Text("Exact intervals.", "精确区间。"),),
        denominators=Text("DLT-evaluable set", "DLT 可评价集"),
        source=Text("Record up to position 99", "记录至第 99 位"),
    )


DOCUMENT = Document(
    title=Text("Report", "报告"),
    subtitle=HOSTILE,
    facts=((Text("Cutoff", "截止"), Text("Day 28", "第 28 天")),),
    sections=(
        Section(
            key="safety",
            title=Text("Safety", "安全性"),
            summary=HOSTILE,
            blocks=(
                Paragraph(HOSTILE),
                Definition(term=HOSTILE, rule=HOSTILE, clause="<b>", source=HOSTILE),
                _table("dlt", HOSTILE),
                illustrate(_draw, _table("course", Text("Course", "过程"))),
                Details(Text("More", "更多"), (Paragraph(Text("Folded", "折叠")), _table("more", HOSTILE))),
            ),
        ),
        Section(key="response", title=Text("Response", "疗效"), blocks=()),
    ),
)
FILES = render_html(DOCUMENT)
PAGES = {name: content.decode() for name, content in FILES.items() if name.endswith(".html")}
every_page = pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())


class _Reader(HTMLParser):
    """Counts elements, collects attributes and ids, and checks that every element is closed in turn."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in NOT_CLOSED:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def attributes(self, tag: str) -> list[dict[str, str]]:
        return [attrs for name, attrs in self.tags if name == tag]


def test_there_is_one_page_a_section_in_each_language_and_one_style_sheet() -> None:
    assert list(FILES) == [
        "index.html",
        "report.css",
        "response.html",
        "safety.html",
        "zh/index.html",
        "zh/response.html",
        "zh/safety.html",
    ]


def test_the_same_document_is_the_same_bytes() -> None:
    assert render_html(DOCUMENT) == FILES


@every_page
def test_every_element_is_closed_and_every_id_is_used_once(page: str) -> None:
    reader = _Reader(page)
    assert reader.open == []
    ids = [attrs["id"] for _, attrs in reader.tags if "id" in attrs]
    assert len(set(ids)) == len(ids)


@every_page
def test_a_page_has_no_script_no_inline_style_and_no_outside_address(page: str) -> None:
    reader = _Reader(page)
    assert not reader.attributes("script")
    assert not reader.attributes("style")
    assert not reader.attributes("img")
    for _, attrs in reader.tags:
        assert not [name for name in attrs if name == "style" or name.startswith("on")]
        for name in ("href", "src"):
            assert not attrs.get(name, "").startswith(("http:", "https:", "//", "data:", "javascript:"))


def test_the_style_sheet_asks_for_nothing_from_outside() -> None:
    css = FILES[STYLE_SHEET].decode()
    assert "url(" not in css
    assert "@import" not in css
    assert "@media print" in css


@pytest.mark.parametrize("name", PAGES)
def test_every_link_of_a_page_leads_to_a_file_or_a_place_on_it(name: str) -> None:
    reader = _Reader(PAGES[name])
    ids = {attrs["id"] for _, attrs in reader.tags if "id" in attrs}
    for attrs in reader.attributes("a") + reader.attributes("link"):
        target = attrs["href"]
        if target.startswith("#"):
            assert target[1:] in ids
        elif target.startswith("../"):
            assert target[3:] in FILES
        else:
            assert ("zh/" if name.startswith("zh/") else "") + target in FILES


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_its_language_and_leads_to_the_same_page_in_the_other(name: str) -> None:
    reader = _Reader(PAGES[name])
    is_chinese = name.startswith("zh/")
    assert reader.attributes("html")[0]["lang"] == ("zh-Hans" if is_chinese else "en")
    (switch,) = [attrs for attrs in reader.attributes("a") if "hreflang" in attrs]
    assert switch["href"] == (f"../{name[3:]}" if is_chinese else f"zh/{name}")
    assert switch["lang"] == ("en" if is_chinese else "zh-Hans")


@every_page
def test_a_hostile_text_is_shown_and_not_obeyed(page: str) -> None:
    assert "<script>alert" not in page
    assert "<img" not in page
    if "Characteristic" in page:
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


@pytest.mark.parametrize("name", ["safety.html", "zh/safety.html"])
def test_a_number_gives_back_its_participants_and_their_place_in_the_record(name: str) -> None:
    cell = re.search(r'<details class="behind">.*?</details>', PAGES[name], re.DOTALL)
    assert cell is not None
    assert "1/6 (16.7 %)" in cell[0]
    assert "[0.4, 64.1] %" in cell[0]
    assert "<li>P-0007</li>" in cell[0]
    assert "17, 42" in cell[0]


def test_a_value_that_cannot_be_known_is_shown_with_its_reason_in_each_language() -> None:
    assert ">not assessed</td>" in PAGES["safety.html"]
    assert ">未评估</td>" in PAGES["zh/safety.html"]


def test_a_table_has_caption_scopes_notes_and_source() -> None:
    page = PAGES["safety.html"]
    reader = _Reader(page)
    assert len(reader.attributes("caption")) == len(reader.attributes("table")) == 3
    scopes = {attrs["scope"] for attrs in reader.attributes("th")}
    assert scopes == {"col", "row", "colgroup", "rowgroup"}
    for words in ("Exact intervals.", "Denominators: DLT-evaluable set", "Source: Record up to position 99"):
        assert words in page


def test_tables_and_figures_are_numbered_in_their_section() -> None:
    page = PAGES["safety.html"]
    assert re.findall(r"Table (\d\.\d)<", page) == ["1.1", "1.2", "1.3"]
    assert re.findall(r"Figure (\d\.\d)<", page) == ["1.1"]


def test_each_page_draws_its_figure_in_its_language() -> None:
    assert 'xml:lang="en"' in PAGES["safety.html"]
    assert 'xml:lang="zh-Hans"' in PAGES["zh/safety.html"]
    assert "无 DLT" in PAGES["zh/safety.html"]


def test_a_reader_with_a_keyboard_can_skip_to_the_text_and_see_the_focus() -> None:
    reader = _Reader(PAGES["index.html"])
    assert reader.attributes("a")[0] == {"class": "skip", "href": "#text"}
    assert reader.attributes("main")[0]["id"] == "text"
    assert ":focus-visible" in FILES[STYLE_SHEET].decode()


def test_two_blocks_with_one_key_are_refused() -> None:
    section = Section(
        key="one",
        title=HOSTILE,
        blocks=(_table("same", HOSTILE), Details(HOSTILE, (_table("same", HOSTILE),))),
    )
    with pytest.raises(ValueError, match="same"):
        render_html(Document(title=HOSTILE, sections=(section,)))


@pytest.mark.parametrize("key", ["index", "../up", "Upper", "", "a/b", "a b"])
def test_a_key_that_is_no_file_name_names_no_section(key: str) -> None:
    with pytest.raises(ValueError, match="cannot name a section"):
        Section(key=key, title=HOSTILE, blocks=())


def test_two_sections_of_one_key_make_no_document() -> None:
    section = Section(key="one", title=HOSTILE, blocks=())
    with pytest.raises(ValueError, match="one key"):
        Document(title=HOSTILE, sections=(section, section))


def test_a_document_without_sections_is_still_a_report() -> None:
    files = render_html(Document(title=Text("Empty", "空"), sections=()))
    assert set(files) == {"index.html", "zh/index.html", STYLE_SHEET}


def test_every_word_of_the_pages_is_in_both_languages() -> None:
    assert all(words.en and words.zh for words in WORDS.values())


def test_every_kind_of_block_is_in_the_sample() -> None:
    kinds = {type(block) for block in DOCUMENT.sections[0].blocks}
    assert kinds == set(get_args(Block))
    assert Illustration in kinds


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_the_paper_of_figures_is_the_paper_of_the_page(theme: dict[str, str]) -> None:
    css = FILES[STYLE_SHEET].decode()
    for name in ("paper", "ink", "muted"):
        assert f"--{name}: {theme[name]};" in css
