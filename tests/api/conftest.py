"""Fixtures: invented people, a data folder that holds them, and a server over it."""
import json
import shutil

import pytest

import companies as company_tools
from harness import Server, people, run
from long_job import LongServer, make_data

COUNT = 3000


@pytest.fixture(scope="session")
def population(tmp_path_factory):
    """The generated records as (path of the JSONL, list of objects)."""
    path = tmp_path_factory.mktemp("people") / "people.jsonl"
    path.write_bytes(people("records", "--seed", 7, "--count", COUNT))
    return path, [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="session")
def loaded(tmp_path_factory, population):
    """A data folder with the population; copy it before changing it."""
    data = tmp_path_factory.mktemp("loaded") / "data"
    run("import", "person", population[0], "--data", data)
    return data


@pytest.fixture
def data(tmp_path, loaded):
    """A copy of the loaded folder for one test."""
    return shutil.copytree(loaded, tmp_path / "data")


@pytest.fixture
def empty(tmp_path):
    """A data folder that does not exist yet."""
    return tmp_path / "empty"


@pytest.fixture(scope="module")
def server(tmp_path_factory, loaded):
    """A server over the population, shared by the tests of a module that leave it as it was."""
    data = shutil.copytree(loaded, tmp_path_factory.mktemp("server") / "data")
    with Server(data) as running:
        yield running


@pytest.fixture(scope="module")
def fat(tmp_path_factory):
    """A server on which jobs run until they are cancelled."""
    with LongServer(make_data(tmp_path_factory.mktemp("fat"))) as running:
        yield running


@pytest.fixture(scope="session")
def companies(tmp_path_factory):
    """The generated companies as (path of the JSONL, list of objects)."""
    path = tmp_path_factory.mktemp("companies") / "companies.jsonl"
    path.write_bytes(people("records", "--entity", "company", "--seed", 7, "--count", company_tools.COUNT))
    return path, [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def company_server(tmp_path_factory, companies):
    """A server over the generated companies and those of companies.py, and over nobody else."""
    with Server(company_tools.load(tmp_path_factory.mktemp("company"), companies[0])) as running:
        yield running
