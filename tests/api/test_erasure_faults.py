"""enrichd privacy erase when files cannot be written, or when the process dies: the next one completes it.

ENRICHD_ERASURE_POINTS says how many operations on files are hit for each kind of fault, 5 by default; 0: all of them.
"""
import errno
import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from harness import ENRICHD, ROOT, Server, run, write_lines
from test_main_job import url_of
from test_privacy import email_of, needles_of, traces_of, unmistakable

sys.path.append(str(ROOT / "tests/fault"))
from disk_fail import DIE, DiskFail  # noqa: E402  pylint: disable=wrong-import-position

POINTS = int(os.environ.get("ENRICHD_ERASURE_POINTS", "5"))


@pytest.fixture(scope="module")
def folder(population, tmp_path_factory):
    """A data folder with a person in two batches, and the person."""
    place = tmp_path_factory.mktemp("erasure")
    person = unmistakable(population)
    people = [person, *(other for other in population[1][:40] if other is not person)]
    run("import", "person", write_lines(place / "people.jsonl", people), "--data", place / "data", cwd=place)
    with Server(place / "data") as server:
        server.run_job([url_of(other) for other in people])
        server.run_job(emails=[email_of(person), "nobody@example.com"])
    return place / "data", person


def erase(data, person, **options):
    return subprocess.run([ENRICHD, "privacy", "erase", "--force", email_of(person), "--data", str(data)], check=False,
                          capture_output=True, text=True, timeout=120, **options)


def fresh(folder, data):
    shutil.rmtree(data, ignore_errors=True)
    shutil.copytree(folder, data)


def points(fault, folder, data, person):
    """Which operations to hit: how many there are, a run that is not hit tells."""
    fresh(folder, data)
    fault.disarm()
    before = fault.control.seen
    assert erase(data, person, env={**os.environ, **fault.environment()}).returncode == 0
    count = fault.control.seen - before
    assert count > 50, f"only {count} operations were seen"
    return range(1, count + 1, max(1, count // POINTS) if POINTS else 1)


@pytest.mark.skipif("asan" in pathlib.Path(ENRICHD).parts[-2], reason="nothing may be loaded before its runtime")
@pytest.mark.parametrize("how", [errno.EIO, errno.ENOSPC, DIE], ids=["EIO", "ENOSPC", "killed"])
def test_whatever_stops_an_erasure_the_next_one_completes_it_under_the_same_receipt(folder, tmp_path, how):
    source, person = folder
    needles = needles_of(person)
    data, fault = tmp_path / "data", DiskFail(tmp_path / "data", tmp_path / "control")
    stopped = 0
    for point in points(fault, source, data, person):
        fresh(source, data)
        fault.arm(point, how)
        first = erase(data, person, env={**os.environ, **fault.environment()})
        assert fault.hits() > 0, f"point {point} is not reached"
        fault.disarm()
        assert not any(needle.decode() in first.stdout + first.stderr for needle in needles)
        second = erase(data, person)
        assert second.returncode == 0, f"point {point}: {second.stderr}"
        assert traces_of(data, needles) == set(), f"point {point}"
        receipt = json.loads(first.stdout or second.stdout)
        counts = [receipt[name] for name in ("records", "result_lines", "inputs")]
        assert counts == [1, 2, 2], f"point {point}: {counts}, {first.stderr}"
        assert run("check", "--deep", "--data", data).returncode == 0, f"point {point}"
        stopped += first.returncode != 0
    assert stopped > 0
