"""THREAT_MODEL.md names tests that exist, on every line."""
import re

import pytest
from harness import ROOT
from test_promises import defines

TEXT = (ROOT / "THREAT_MODEL.md").read_text(encoding="utf-8")
CLAIMS = [tuple(cell.strip() for cell in line.strip("|").split("|"))
          for line in TEXT.split("## Controls")[1].splitlines() if re.match(r"\| (?!Claim \|)", line)]


@pytest.mark.parametrize("row", CLAIMS, ids=lambda row: row[0][:60])
def test_the_tests_of_a_claim_exist(row):
    assert len(row) == 2
    names = re.findall(r"`(tests/[\w/]+\.(?:py|c))::(\w+)`", row[1])
    assert ", ".join(f"`{file}::{name}`" for file, name in names) == row[1] != "", "only tests, with commas between them"
    for file, name in names:
        assert (ROOT / file).exists() and defines(ROOT / file, name), f"{file}::{name} does not exist"


def test_nothing_is_claimed_twice():
    assert len(CLAIMS) == len(set(CLAIMS)) >= 30


@pytest.mark.parametrize("document", ["THREAT_MODEL.md", "SECURITY.md"])
def test_links_lead_to_files(document):
    links = re.findall(r"\]\(([^)#:]+)\)", (ROOT / document).read_text(encoding="utf-8"))
    assert links and all((ROOT / link).exists() for link in links)
