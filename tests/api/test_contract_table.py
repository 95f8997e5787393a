"""docs/contract.md names tests that exist, for every section."""
import re

import pytest
from harness import ROOT

TABLE = (ROOT / "docs/contract.md").read_text(encoding="utf-8")
SECTIONS = {int(number): text for number, text in re.findall(r"^## (\d+)\. [^\n]*\n(.*?)(?=^## |\Z)", TABLE, re.M | re.S)}
ROWS = [(number, *(cell.strip() for cell in line.strip("|").split("|"))) for number, text in SECTIONS.items()
        for line in text.splitlines() if line.startswith("| ") and not line.startswith("| Promise |")]
NOT_BUILT = "not built yet"


def names_in(path):
    return set(re.findall(r"^def (test_\w+)\(", path.read_text(encoding="utf-8"), re.M))


TESTS = {path.name: names_in(path) for path in (ROOT / "tests/api").glob("test_*.py")}


@pytest.mark.parametrize("section", [1, 2, 3, 4, 5, 6, 7, 8])
def test_no_section_is_missing(section):
    assert len([row for row in ROWS if row[0] == section]) >= 7


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}-{row[1][:40]}")
def test_the_tests_of_a_row_exist(row):
    assert len(row) == 3 and row[1], "a row has two cells"
    names = re.findall(r"`(\w+)::(\w+)`", row[2])
    if row[2] == NOT_BUILT:
        return
    assert ", ".join(f"`{file}::{name}`" for file, name in names) == row[2] != "", "only tests, with commas between them"
    for file, name in names:
        assert f"test_{name}" in TESTS.get(f"test_{file}.py", ()), f"{file}::{name} does not exist"


def test_every_file_of_tests_about_the_contract_is_named():
    """Tests of the command line, of stopping and of crashes stand for themselves."""
    others = {"test_contract_table.py", "test_keys_and_settings.py", "test_import.py", "test_shutdown.py", "test_restart.py",
              "test_check.py", "test_backup.py", "test_promises.py", "test_locked_database.py",
              "test_compact.py", "test_compression.py", "test_confinement.py", "test_packaging.py", "test_privacy.py", "test_erasure_faults.py",
              "test_threat_model.py"}
    named = {f"test_{file}.py" for row in ROWS for file, _ in re.findall(r"`(\w+)::(\w+)`", row[2])}
    assert set(TESTS) - named <= others


def test_no_row_stands_there_twice():
    promises = [row[:2] for row in ROWS]
    assert len(promises) == len(set(promises)) > 70
