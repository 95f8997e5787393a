"""Another account's ids, on every route that takes one: the answer is that to an id that does not exist.

The routes come out of the server's own description, which tests/openapi holds to the table of routes, so that a new route
is tried without anybody thinking of it.
"""
import re

import pytest
from harness import ROOT, Server

MISSING = "01a20a4d-0000-7000-8000-00000000beef"
METHODS = ("get", "put", "post", "delete", "patch")
# Routes whose path has a variable, but whose caller is known by a signature: test_files.py and test_links.py.
SIGNED = re.compile(r"/files/\{")


@pytest.fixture(scope="module", name="server")
def _server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("foreign") / "data") as running:
        yield running


def routes_with_ids(server):
    paths = server.get("/openapi.json", key=None).json()["paths"]
    return [(method.upper(), path) for path, item in paths.items() if "{" in path and not SIGNED.match(path)
            for method in METHODS if method in item]


def without_request_id(answer):
    return answer.status, answer.body, {name: value for name, value in answer.headers.items()
                                        if name not in ("x-request-id", "date") and not name.startswith("x-ratelimit")}


def answers(server, method, path, key, batch_id):
    """The answer with each kind of body, as far as the method has one."""
    target = re.sub(r"\{[^}]*\}", batch_id, path)
    if method in ("GET", "DELETE"):
        return [without_request_id(server.request(method, target, key=key))]
    headers = {"x-api-version": "2025-11-01", "Content-Type": "application/json"}
    return [without_request_id(server.request(method, target, body, headers, key=key)) for body in (None, b"{}")]


def test_every_route_answers_a_foreign_id_like_a_missing_one(server):
    owner, stranger = server.make_key("--account", "owner"), server.make_key("--account", "stranger")
    made = server.post("/batch/person/enrich", {"business_emails": ["nobody@acme.example"]}, key=owner)
    batch_id = made.json()["batch_id"]
    before = server.get(f"/batch/{batch_id}?wait=30", key=owner).json()
    assert before["status"] == "completed"
    tried = 0
    for method, path in routes_with_ids(server):
        foreign, missing = (answers(server, method, path, stranger, which) for which in (batch_id, MISSING))
        assert foreign == missing, (method, path)
        assert [answer[0] for answer in foreign] == [404] * len(foreign), (method, path, foreign)
        tried += 1
    assert tried >= 3
    after = server.get(f"/batch/{batch_id}", key=owner).json()
    assert {name: after[name] for name in ("status", "request_counts", "completed_at")} == {
        name: before[name] for name in ("status", "request_counts", "completed_at")}


def test_ids_in_the_query_are_looked_up_in_the_account_too(server):
    owner, stranger = server.make_key("--account", "owner"), server.make_key("--account", "stranger")
    batch_id = server.post("/batch/person/enrich", {"business_emails": ["nobody@acme.example"]}, key=owner).json()["batch_id"]
    assert server.get(f"/batch?cursor={batch_id}", key=owner).status == 200
    foreign, missing = (without_request_id(server.get(f"/batch?cursor={which}", key=stranger)) for which in (batch_id, MISSING))
    assert foreign == missing and foreign[0] == 400
    assert server.get("/batch", key=stranger).json()["jobs"] == []


def test_a_wait_for_a_foreign_batch_does_not_wait(server):
    stranger = server.make_key("--account", "stranger")
    assert server.get(f"/batch/{MISSING}?wait=1", key=stranger).status == 404


def test_the_table_of_routes_has_no_pattern_that_the_description_lacks(server):
    """Variables may have other names there."""
    table = (ROOT / "src/api/route.c").read_text(encoding="utf-8")
    patterns = set(re.findall(r'\{(\w+), STR_INIT\("(/[^"]*)"\)', table))
    assert len(patterns) >= 15
    paths = server.get("/openapi.json", key=None).json()["paths"]
    described = {(method.upper(), re.sub(r"\{[^}]*\}", "{}", path)) for path, item in paths.items() for method in item}
    for method, pattern in patterns:
        plain = re.sub(r"\{[^}]*\}", "{}", pattern)
        if pattern.endswith("{*}"):
            assert any(path.startswith(plain[:-2]) for _, path in described), pattern
        else:
            assert (method, plain) in described, (method, pattern)
