"""The setting import.compression: the same answers from fewer bytes on disk."""
import json
import os

import pytest
from harness import Server, identifiers, people, run

COUNT = 8000
JOBS = ({}, {"fields": ["professional_network", "skills", "contact", "experience", "education", "certifications", "honors",
                        "dev_platform_profiles", "social_posts", "basic_profile", "social_handles", "updated_at"]},
        {"fields": ["basic_profile.location.full_location", "experience.employment_details.current.title",
                    "skills.professional_network_skills"]})


def stored_bytes(data):
    return sum(path.stat().st_size for path in (data / "records/person").glob("segment-*"))


def load(data, text, word):
    run("import", "person", "-", "--data", data, cwd=data.parent, input=text,
        env={**os.environ, "ENRICHD_IMPORT_COMPRESSION": word})


def answers(data, urls):
    """The lines of all jobs, resolved and not; pieces may end in any order."""
    with Server(data) as server:
        files = [file for job in JOBS for file in server.run_job(urls, **job)[1:]]
        return [sorted(json.dumps(line) for line in lines) for lines in files]


@pytest.fixture(scope="module")
def text():
    return people("records", "--count", COUNT).decode()


@pytest.fixture(scope="module")
def urls():
    return identifiers("--count", COUNT, "--take", 1000)


@pytest.fixture(scope="module")
def expected(tmp_path_factory, text, urls):
    data = tmp_path_factory.mktemp("plain") / "data"
    load(data, text, "none")
    found = answers(data, urls)
    assert len(found[0]) > len(urls) / 2
    return found


# What all records but the first ones take of their JSONL: those are what dictionaries are trained from.
@pytest.mark.parametrize("word, share", [("rest", 0.52), ("all", 0.30)])
def test_same_answers_in_less_room(tmp_path, text, urls, expected, word, share):
    half, data = tmp_path / "half", tmp_path / "data"
    first = "".join(text.splitlines(keepends=True)[:COUNT // 2])
    load(half, first, word)
    load(data, text, word)
    assert stored_bytes(data) - stored_bytes(half) < share * (len(text.encode()) - len(first.encode()))
    assert answers(data, urls) == expected
    assert run("check", "--deep", "--data", data).returncode == 0
