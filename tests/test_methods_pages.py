"""The methods pages: one for every rule, with its source, its tests, and constants that stand in the code alone."""

import importlib
import re
from pathlib import Path

import pytest

from firstdose.design.specification import RULES

ROOT = Path(__file__).parents[1]
METHODS = ROOT / "docs" / "methods"
PAGES = sorted(METHODS.glob("*.md"))

PAGE_OF_RULE = {
    "three_plus_three": "three-plus-three",
    "rolling_six": "rolling-six",
    "i3_plus_3": "i3-plus-3",
    "boin": "boin",
    "keyboard": "keyboard",
    "mtpi_2": "keyboard",
    "mtpi": "mtpi",
    "tpi": "tpi",
    "crm": "crm",
    "blrm": "blrm",
    "tite_boin": "tite-boin",
    "tite_crm": "tite-crm",
}
_PLACEHOLDER = re.compile(r"\{\{\s*([\w.]+):(\w+)\s*\}\}")
_LINK = re.compile(r"\]\(([\w./-]+\.md)(?:#[\w-]+)?\)")
_TEST_FILE = re.compile(r"`(tests/[\w/.-]+\.py)`")


def test_every_rule_has_a_page() -> None:
    assert set(PAGE_OF_RULE) == set(RULES)
    assert {f"{page}.md" for page in PAGE_OF_RULE.values()} <= {page.name for page in PAGES}


@pytest.mark.parametrize("rule", RULES)
def test_the_page_of_a_rule_names_its_source_and_the_tests_that_exist(rule: str) -> None:
    text = (METHODS / f"{PAGE_OF_RULE[rule]}.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    source = sections.get("Source") or sections.get("Sources") or ""
    assert re.search(r"\b(19|20)\d\d\b", source), "a source has a year"
    tests = _TEST_FILE.findall(sections["Where it is tested"])
    assert any(name.startswith("tests/design/test_") for name in tests)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_test_file_that_a_page_names_exists(page: Path) -> None:
    for name in _TEST_FILE.findall(page.read_text(encoding="utf-8")):
        assert (ROOT / name).is_file(), name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_constant_that_a_page_takes_in_stands_in_the_code(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for module, name in _PLACEHOLDER.findall(text):
        assert hasattr(importlib.import_module(module), name), f"{module}:{name}"
    assert text.count("{{") == len(_PLACEHOLDER.findall(text)), "a placeholder is written {{ module:NAME }}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_between_the_pages_leads_somewhere(page: Path) -> None:
    for target in _LINK.findall(page.read_text(encoding="utf-8")):
        assert (METHODS / target).is_file(), target


def test_the_index_lists_every_page() -> None:
    listed = set(_LINK.findall((METHODS / "index.md").read_text(encoding="utf-8")))
    assert {page.name for page in PAGES} - {"index.md"} <= listed
