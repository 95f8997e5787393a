"""Each refusal at each route: the matrix of operations and statuses, walked through with the description in hand."""
import http.client
import socket
import time

import pytest
from description import Description
from harness import VERSION, Answer, Server, wait_until
from recorder import record

UUID = "019aa3f2-7c1e-7b4a-9c55-0d2f6a81e3b7"
DESCRIPTION = Description()
OPERATIONS = sorted(DESCRIPTION.operations)
SECURED = [one for one in OPERATIONS if DESCRIPTION.operations[one].get("security") != []]
POSTS = [one for one in OPERATIONS if one[0] == "POST"]
WITH_BODY = [one for one in POSTS if DESCRIPTION.operations[one]["requestBody"].get("required")]
JSON = {"Content-Type": "application/json", **VERSION}
BODY = {"professional_network_profile_urls": ["example-nobody"]}


def concrete(path):
    return path.replace("{batch_id}", UUID).replace("{file}", "results.jsonl.gz")


def refused(answer, status, method, path):
    """Checks status and description of an answer."""
    assert answer.status == status, (method, path, answer.status, answer.body[:500])
    problems = DESCRIPTION.problems({"method": method, "path": path, "status": status, "headers": answer.headers,
                                     "body": answer.body.decode(), "body_bytes": len(answer.body)})
    assert not problems


def send(server, method, path, body=None, headers=None, **options):
    headers = {**(JSON if method == "POST" else {}), **(headers or {})}
    body = BODY if (method, path) in WITH_BODY and body is None else body
    return server.request(method, concrete(path), body, headers, **options)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("refusals") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def narrow(tmp_path_factory):
    """A server that takes little: one request a minute, bodies of 1 KiB, links for a second."""
    limits = {"ENRICHD_LIMITS_REQUESTS_PER_MINUTE": "1", "ENRICHD_SERVER_BODY_MAX": "1KiB",
              "ENRICHD_BATCH_LINK_VALIDITY": "1s"}
    with Server(tmp_path_factory.mktemp("narrow") / "data", env=limits) as running:
        yield running


@pytest.mark.parametrize(("method", "path"), [*SECURED, ("GET", "/nothing"), ("PUT", "/batch")])
def test_without_a_key(server, method, path):
    for key in (None, "nonsense"):
        refused(send(server, method, path, key=key), 401, method, concrete(path))


@pytest.mark.parametrize(("method", "path"), SECURED)
def test_too_many_requests(narrow, method, path):
    key = narrow.make_key(name="one-request")
    assert send(narrow, method, path, key=key).status != 429
    answer = send(narrow, method, path, key=key)
    refused(answer, 429, method, concrete(path))
    assert answer.headers["x-ratelimit-remaining"] == "0"


def test_too_many_requests_for_a_path_that_is_not_there(narrow):
    key = narrow.make_key(name="lost")
    for status in (404, 429):
        refused(narrow.get("/nothing", key=key), status, "GET", "/nothing")


@pytest.mark.parametrize(("method", "path"), POSTS)
@pytest.mark.parametrize("version", [None, "2024-01-01"])
def test_without_the_version(server, method, path, version):
    headers = {"Content-Type": "application/json", **({"x-api-version": version} if version else {})}
    refused(server.request(method, concrete(path), BODY, headers), 400, method, concrete(path))


@pytest.mark.parametrize(("method", "path"), POSTS)
def test_another_content_type(server, method, path):
    refused(send(server, method, path, headers={"Content-Type": "text/plain"}), 415, method, concrete(path))


@pytest.mark.parametrize(("method", "path"), POSTS)
def test_a_body_that_is_too_long(narrow, method, path):
    key = narrow.make_key(name="long-body")
    body = {"professional_network_profile_urls": ["x" * 2000]}
    refused(send(narrow, method, path, body, key=key), 413, method, concrete(path))


@pytest.mark.parametrize(("method", "path"), WITH_BODY)
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"{}", b'{"x":1}', b'{"fields":[],"fields":[]}', b"\xff{}"])
def test_a_body_that_is_none(server, method, path, body):
    refused(send(server, method, path, body), 400, method, concrete(path))


@pytest.mark.parametrize("path", ["/batch/person/enrich", "/batch/company/enrich", "/person/enrich", "/company/enrich"])
def test_an_unknown_field(server, path):
    answer = send(server, "POST", path, {**BODY, "fields": ["basic_profil"]})
    refused(answer, 400, "POST", path)
    assert answer.error()["metadata"][0]["invalid_fields"] == ["basic_profil"]


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"x":1}'])
def test_a_needless_body_that_is_none(server, body):
    refused(send(server, "POST", "/batch/{batch_id}/cancel", body), 400, "POST", concrete("/batch/{batch_id}/cancel"))


@pytest.mark.parametrize("path", [
    "/batch?limit=x", "/batch?status=done", "/batch?cursor=x", f"/batch?cursor={UUID}", "/account/endpoints?status=open",
    "/account/usage/summary?start=yesterday", "/account/usage/summary?group_by=planet", "/account/usage/summary?bucket=1y"])
def test_parameters(server, path):
    refused(server.get(path), 400, "GET", path)


@pytest.mark.parametrize("wait", ["0", "61", "x", "-1", "", "1.5", "99999999999999999999"])
def test_a_wait_that_is_too_long_or_none(server, wait):
    batch_id = server.submit(["example-nobody"])["batch_id"]
    path = f"/batch/{batch_id}?wait={wait}"
    refused(server.get(path), 400, "GET", path)


@pytest.mark.parametrize(("method", "path"), [("GET", "/batch/{batch_id}"), ("DELETE", "/batch/{batch_id}"),
                                              ("POST", "/batch/{batch_id}/cancel")])
def test_a_batch_that_is_not_there(server, method, path):
    for batch_id in (UUID, "x", UUID[:-1], UUID + "0"):
        there = path.replace("{batch_id}", batch_id)
        refused(send(server, method, there), 404, method, there)


@pytest.mark.parametrize("path", ["/", "/nothing", "/batch/person", "/batch/person/enrich/x", "/person", "/batches", "/BATCH",
                                  "/account", "/account/usage/summary/x", "/healthz/"])
def test_a_path_that_is_not_there(server, path):
    refused(server.get(path), 405 if DESCRIPTION.template(path) == "/batch/person/enrich" else 404, "GET", path)


@pytest.mark.parametrize(("method", "template"), [
    (method, template) for template in sorted(DESCRIPTION.document["paths"])
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE") if method not in DESCRIPTION.methods(template)])
def test_a_method_that_is_not_there(server, method, template):
    refused(send(server, method, template), 405, method, concrete(template))


@pytest.mark.parametrize("name", ["results.jsonl.gz", "part-000.jsonl.gz", "unresolved.jsonl.gz"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_file_without_a_signature(server, method, name):
    path = f"/files/{UUID}/output/{name}"
    refused(server.request(method, path, key=None), 403, method, path)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_link_that_has_expired(narrow, method):
    # Of the narrow server because its links are good for a second only.
    batch_id = narrow.post("/batch/person/enrich", BODY, key=narrow.make_key(name=f"expiry-{method}")).json()["batch_id"]
    path = wait_until(lambda: link_of(narrow, batch_id), "the batch").split(narrow.address, 1)[1]
    time.sleep(2.1)
    refused(narrow.request(method, path, key=None), 410, method, path)


def link_of(server, batch_id):
    """The batch's link once it has one; with a key of its own each time, because a key may ask but once."""
    return server.get(f"/batch/{batch_id}", key=server.make_key(name="link")).json().get("download_url")


@pytest.mark.parametrize("name", ["other.txt", "part-0.jsonl.gz", "results.jsonl"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_file_that_is_none(server, method, name):
    path = f"/files/{UUID}/output/{name}?exp=1&kid=1&sig=x"
    refused(server.request(method, path, key=None), 404, method, path)


@pytest.mark.parametrize(("method", "path"), [*OPERATIONS, ("GET", "/nothing")])
def test_broken_framing(server, method, path):
    """Two lengths in one request: nobody can say where it ends."""
    head = f"{method} {concrete(path)} HTTP/1.1\r\nHost: {server.address}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"
    host, port = server.address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(head.encode())
        response = http.client.HTTPResponse(connection, method=method)
        response.begin()
        answer = Answer(response)
    record(method, concrete(path), answer.status, answer.headers, answer.body)
    refused(answer, 400, method, concrete(path))
