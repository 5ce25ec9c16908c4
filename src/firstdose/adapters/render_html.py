"""A document as HTML pages in English and Chinese: no script, no outside address, the same bytes always."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from firstdose.deliver.document import (
    Block,
    Definition,
    Details,
    Document,
    Illustration,
    Paragraph,
    Section,
)
from firstdose.deliver.figures import FIGURE_CSS
from firstdose.deliver.tables import Column, Row, Table
from firstdose.terms.words import Language, Text

STYLE_SHEET = "report.css"
_TEMPLATES = files("firstdose.adapters") / "templates" / "report"
_LANGUAGES: tuple[Language, ...] = ("en", "zh")
_TAGS = {"en": "en", "zh": "zh-Hans"}

WORDS: dict[str, Text] = {
    "skip": Text("Skip to the text", "跳到正文"),
    "contents": Text("Contents", "目录"),
    "overview": Text("Overview", "概览"),
    "other_language": Text("中文", "English"),
    "table": Text("Table", "表"),
    "figure": Text("Figure", "图"),
    "numbers_behind": Text("The numbers in this figure", "本图数据"),
    "description": Text("What the figure shows", "图的文字说明"),
    "participants": Text("participants behind this number", "名受试者构成此数"),
    "participant": Text("participant behind this number", "名受试者构成此数"),
    "positions": Text("Positions in the record", "记录位置"),
    "rounded": Text("Rounded", "修约"),
    "denominators": Text("Denominators", "分母"),
    "source": Text("Source", "来源"),
    "clause": Text("Clause", "方案条款"),
    "definition": Text("Definition", "定义"),
    "colon": Text(": ", "："),
    "previous": Text("Previous", "上一节"),
    "next": Text("Next", "下一节"),
    "empty": Text("This table has no rows.", "本表无数据行。"),
}


@dataclass(frozen=True, slots=True)
class _Spanner:
    """Neighbouring columns under one heading; without a heading for a lone column."""

    label: Text | None
    width: int


def render_html(document: Document) -> dict[str, bytes]:
    """The document as files of a folder: pages by name, and one style sheet.

    Returns
    -------
    dict
        ``index.html`` and one page a section in English, the same under ``zh/`` in Chinese, and
        ``report.css``. Names use ``/``.
    """
    environment = Environment(
        loader=FunctionLoader(_read_template),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters["kind"] = _kind_of_block
    environment.filters["spanners"] = _list_spanners
    environment.filters["by_group"] = _group_rows
    pages: dict[str, bytes] = {STYLE_SHEET: (_read_template(STYLE_SHEET) + FIGURE_CSS).encode()}
    numbers = _number_blocks(document)
    for language in _LANGUAGES:
        folder = "" if language == "en" else "zh/"
        for section in (None, *document.sections):
            name = "index.html" if section is None else f"{section.key}.html"
            page = environment.get_template("page.html").render(
                document=document,
                section=section,
                neighbours=_find_neighbours(document, section),
                language=language,
                tag=_TAGS[language],
                other_tag=_TAGS["zh" if language == "en" else "en"],
                here=name,
                other=f"zh/{name}" if language == "en" else f"../{name}",
                root="" if language == "en" else "../",
                numbers=numbers,
                say=_sayer(language),
                words={key: words.in_language(language) for key, words in WORDS.items()},
                drawing=_drawer(language),
            )
            pages[folder + name] = page.encode()
    return dict(sorted(pages.items()))


def _read_template(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _sayer(language: Language) -> Callable[[Text], str]:
    return lambda words: words.in_language(language)


def _drawer(language: Language) -> Callable[[Illustration], Markup]:
    # the drawing was escaped where it was drawn, word by word
    return lambda shown: Markup(shown.in_language(language).svg_for_page)  # noqa: S704


def _kind_of_block(block: Block) -> str:
    kinds: dict[type, str] = {
        Paragraph: "paragraph",
        Definition: "definition",
        Table: "table",
        Illustration: "figure",
        Details: "details",
    }
    return kinds[type(block)]


def _list_spanners(columns: tuple[Column, ...]) -> list[_Spanner]:
    spanners: list[_Spanner] = []
    for column in columns:
        if column.spanner is not None and spanners and spanners[-1].label == column.spanner:
            spanners[-1] = _Spanner(column.spanner, spanners[-1].width + 1)
        else:
            spanners.append(_Spanner(column.spanner, 1))
    return spanners if any(spanner.label for spanner in spanners) else []


def _group_rows(rows: tuple[Row, ...]) -> list[tuple[Text | None, list[Row]]]:
    grouped: list[tuple[Text | None, list[Row]]] = []
    for row in rows:
        if not grouped or grouped[-1][0] != row.group:
            grouped.append((row.group, []))
        grouped[-1][1].append(row)
    return grouped


def _find_neighbours(document: Document, section: Section | None) -> tuple[Section | None, Section | None]:
    if section is None:
        return None, document.sections[0] if document.sections else None
    i = document.sections.index(section)
    before = document.sections[i - 1] if i else None
    after = document.sections[i + 1] if i + 1 < len(document.sections) else None
    return before, after


def _number_blocks(document: Document) -> dict[str, str]:
    """Tables and figures numbered by section and place: 2.1, 2.2."""
    numbers: dict[str, str] = {}
    for i, section in enumerate(document.sections, start=1):
        counts = {"table": 0, "figure": 0}
        for block in _walk(section.blocks):
            if isinstance(block, Table | Illustration):
                kind = _kind_of_block(block)
                key = block.key if isinstance(block, Table) else block.en.key
                if f"{kind} {key}" in numbers:
                    raise ValueError(f"two blocks have the key {key!r}")
                counts[kind] += 1
                numbers[f"{kind} {key}"] = f"{i}.{counts[kind]}"
    return numbers


def _walk(blocks: tuple[Block, ...]) -> Iterator[Block]:
    for block in blocks:
        yield block
        if isinstance(block, Details):
            yield from _walk(block.blocks)
        if isinstance(block, Illustration) and block.table is not None:
            yield block.table
