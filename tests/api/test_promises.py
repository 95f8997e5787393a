"""PROMISES.md names tests that exist, on every line."""
import re

import pytest
from harness import ROOT

TEXT = (ROOT / "PROMISES.md").read_text(encoding="utf-8")
SECTIONS = {title: text for title, text in re.findall(r"^## ([^\n]*)\n(.*?)(?=^## |\Z)", TEXT, re.M | re.S)}
PROMISES = [tuple(cell.strip() for cell in line.strip("|").split("|")) for title, text in SECTIONS.items()
            for line in text.splitlines() if title != "Figures" and re.match(r"\| (?!Promise \|)", line)]
FIGURES = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in SECTIONS["Figures"].splitlines()
           if re.match(r"\| (?!What \|)", line)]
NOT_PROVEN, NOT_WRITTEN, NOT_MEASURED = "not proven yet", "not written yet", "not measured yet"


def defines(path, name):
    """Whether a Python file has the test, or a C file runs it in its list of tests."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return re.search(rf"^def {name}\(", text, re.M) and name.startswith("test_")
    return re.search(rf"\b(?:TEST|cmocka_unit_test(?:_setup_teardown)?)\({name}\b", text)


@pytest.mark.parametrize("row", PROMISES, ids=lambda row: row[0][:60])
def test_the_tests_of_a_promise_exist(row):
    assert len(row) == 2
    names = re.findall(r"`(tests/[\w/]+\.(?:py|c))::(\w+)`", row[1])
    if row[1] == NOT_PROVEN:
        return
    assert ", ".join(f"`{file}::{name}`" for file, name in names) == row[1] != "", "only tests, with commas between them"
    for file, name in names:
        assert (ROOT / file).exists() and defines(ROOT / file, name), f"{file}::{name} does not exist"


@pytest.mark.parametrize("row", FIGURES, ids=lambda row: row[0][:60])
def test_a_figure_has_a_command_that_exists_or_says_that_there_is_none(row):
    assert len(row) == 3
    _, command, figure = row
    if command == NOT_WRITTEN:
        assert figure == NOT_MEASURED
        return
    words = re.fullmatch(r"`(\./dev|tests/[\w/]+\.py) ?([^`]*)`", command)
    assert words and (ROOT / words[1]).exists() and (figure == NOT_MEASURED or re.search(r"\d", figure))
    if words[1] == "./dev":
        commands = set(re.findall(r"^(\w+)\)$", (ROOT / "dev").read_text(encoding="utf-8"), re.M))
        assert words[2].split()[0] in commands


def test_nothing_is_missing_or_said_twice():
    assert len(PROMISES) == len(set(PROMISES)) >= 20 and len(FIGURES) >= 7
    assert "Not promised" in SECTIONS
