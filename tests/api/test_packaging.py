"""What goes to packagers: the unit gives up what the server does not need, and the program is hardened."""
import pathlib
import re
import shutil
import subprocess

import pytest
from harness import ENRICHD, ROOT

UNIT = ROOT / "packaging/enrichd.service"
EXPOSURE_MAX = 1.5  # of 10; a unit that says nothing has 9.6

needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")


@needs_systemd
def test_the_unit_exposes_little():
    said = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", UNIT], text=True, capture_output=True,
                          check=False).stdout
    exposure = re.search(r"Overall exposure level for enrichd.service: ([\d.]+)", said)
    assert exposure and float(exposure[1]) <= EXPOSURE_MAX, said


@needs_systemd
def test_systemd_understands_every_line_of_the_unit():
    said = subprocess.run(["systemd-analyze", "verify", "--man=no", UNIT], text=True, capture_output=True, check=False).stderr
    assert [line for line in said.splitlines() if UNIT.name in line and "is not executable" not in line] == []


def readelf(*options):
    return subprocess.run(["readelf", "-W", *options, ENRICHD], text=True, capture_output=True, check=True).stdout


@pytest.mark.skipif(pathlib.Path(ENRICHD).parent.name != "build", reason="built for a sanitizer or for coverage")
def test_the_program_is_hardened():
    assert re.search(r"Type: +DYN", readelf("-h")), "position-independent"
    segments, dynamic, symbols = readelf("-l"), readelf("-d"), readelf("--dyn-syms")
    assert re.search(r"GNU_STACK .* RW +0x", segments), "no executable stack"
    assert "GNU_RELRO" in segments and re.search(r"\(FLAGS_1\).*\bNOW\b", dynamic), "full RELRO"
    assert "__stack_chk_fail" in symbols, "stack protection"
    assert len(re.findall(r"__\w+_chk\b", symbols)) >= 5, "fortified functions"
