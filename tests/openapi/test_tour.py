"""Every answer that is no refusal, once: the routes in the order in which a client meets them.

What the answers mean is for tests/api; here each must be as described.
"""
import time

import pytest
from description import Description
from harness import Server, identifiers, people, run, wait_until

DESCRIPTION = Description()
COUNT = 2000
BIG = 10000
TRIES = 20


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tour")
    for entity in ("person", "company"):
        (folder / entity).write_bytes(people("records", "--entity", entity, "--seed", 7, "--count", COUNT))
        run("import", entity, folder / entity, "--data", folder / "data")
    with Server(folder / "data", env={"ENRICHD_BATCH_ACTIVE_MAX": "100"}) as running:
        yield running


def names(entity, kind, count):
    return identifiers("--entity", entity, "--kind", kind, "--seed", 7, "--count", COUNT, "--take", count)


def described(answer, status, method, path):
    assert answer.status == status, (method, path, answer.status, answer.body[:500])
    text = answer.body.decode() if answer.headers.get("content-type") == "application/json" else None
    problems = DESCRIPTION.problems({"method": method, "path": path, "status": status, "headers": answer.headers, "body": text,
                                     "body_bytes": len(answer.body)})
    assert not problems
    return answer


def get(server, path, status=200, **options):
    return described(server.get(path, **options), status, "GET", path)


def post(server, path, body, status=200, **options):
    return described(server.post(path, body, **options), status, "POST", path)


def file(server, method, url, status, **headers):
    path = url.split(server.address, 1)[1]
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return described(server.request(method, path, headers=headers, key=None), status, method, path)


@pytest.fixture(scope="module")
def batches(server):
    """Ids of a finished batch of each entity."""
    ids = {entity: post(server, f"/batch/{entity}/enrich", {key: names(entity, kind, 300)}).json()["batch_id"]
           for entity, kind, key in (("person", "url", "professional_network_profile_urls"), ("company", "domain", "domains"))}
    for batch_id in ids.values():
        server.wait(batch_id)
    return ids


@pytest.mark.parametrize("entity", ["person", "company"])
def test_a_batch(server, batches, entity):
    path = f"/batch/{batches[entity]}"
    answer = get(server, path)
    assert answer.json()["entity"] == entity
    get(server, path, 304, headers={"If-None-Match": answer.headers["etag"]})
    get(server, path + "?wait=1")
    valid = DESCRIPTION.validator({"$ref": "#/components/schemas/ResultLine"})
    for link in ("download_url", "unresolved_url"):
        for line in server.lines(answer.json()[link]):
            assert not list(valid.iter_errors(line)), line


@pytest.mark.parametrize(("entity", "kind", "key"), [
    ("person", "email", "business_emails"), ("company", "name", "names"), ("company", "id", "crustdata_company_ids"),
    ("company", "url", "professional_network_profile_urls")])
def test_other_identifiers(server, entity, kind, key):
    wanted = [int(one) if kind == "id" and one.isdecimal() else one for one in names(entity, kind, 20)]
    path = f"/batch/{entity}/enrich"
    body = {key: wanted, "chunk_size": 10, "webhook_url": "https://hooks.example.com/x"}
    server.wait(post(server, path, body).json()["batch_id"])
    rows = post(server, f"/{entity}/enrich", {key: wanted, "min_similarity_score": 0.5})
    assert len(rows.json()) == len(wanted) and int(rows.headers["x-credits-used"]) > 0


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_files(server, batches, method):
    status = get(server, f"/batch/{batches['person']}").json()
    for url in (status["download_url"], *status["download_urls"], status["unresolved_url"]):
        whole = file(server, method, url, 200)
        file(server, method, url, 304, If_None_Match=whole.headers["etag"])
        if method == "GET":  # ranges are for GET alone
            assert file(server, method, url, 206, Range="bytes=1-9").body == whole.body[1:10]
            file(server, method, url, 416, Range="bytes=99999999-")


def test_idempotency(server):
    body, key = {"business_emails": ["a@example.com"]}, {"Idempotency-Key": "tour"}
    first = post(server, "/batch/person/enrich", body, headers=key)
    again = post(server, "/batch/person/enrich", body, headers=key)
    assert again.headers["idempotency-replayed"] == "true" and again.json() == first.json()
    post(server, "/batch/person/enrich", {"business_emails": ["b@example.com"]}, 422, headers=key)
    path = "/batch/company/enrich"
    post(server, path, {"domains": ["a.example"]}, headers={"Idempotency-Key": "tour-company"})
    post(server, path, {"domains": ["b.example"]}, 422, headers={"Idempotency-Key": "tour-company"})


def test_the_list(server, batches):
    page = get(server, "/batch?limit=1").json()
    assert page["has_more"]
    assert get(server, f"/batch?limit=100&cursor={page['next_cursor']}&status=completed").json()["jobs"]


def test_cancelling_and_erasing(server, batches):
    """Cancels batches until one is met in the middle, so that something of it stays."""
    urls = names("person", "url", COUNT) * (BIG // COUNT)
    fields = sorted(field for field in DESCRIPTION.document["components"]["schemas"]["PersonField"]["enum"] if "." not in field)
    for _ in range(TRIES):
        batch_id = server.submit([f"{url}?{number}" for number, url in enumerate(urls)], fields=fields, chunk_size=10)["batch_id"]
        path = f"/batch/{batch_id}"
        wait_until(lambda: get(server, path).json()["result_count"] > 0, "the first results", pause_s=0)
        answer = server.post(path + "/cancel", {})
        if answer.status == 200 and "partial_download_url" in answer.json():
            break
    else:
        pytest.fail(f"none of {TRIES} batches was met in the middle")
    described(answer, 200, "POST", path + "/cancel")
    post(server, path + "/cancel", {})
    status = get(server, path).json()
    assert status["error_code"] == "cancelled"
    file(server, "GET", status["partial_download_url"], 200)
    assert get(server, "/batch?status=failed").json()["jobs"][0]["batch_id"] == batch_id
    post(server, f"/batch/{batches['company']}/cancel", {}, 409)
    post(server, path + "/revoke-links", {})
    file(server, "GET", status["partial_download_url"], 403)
    status = get(server, path).json()
    for _ in range(2):
        described(server.request("DELETE", path), 204, "DELETE", path)
    file(server, "GET", status["partial_download_url"], 410)


def test_deliveries(server, batches):
    body = {"business_emails": ["a@example.com"], "webhook_url": "https://hooks.example.com/x"}
    batch_id = post(server, "/batch/person/enrich", body).json()["batch_id"]
    path = f"/batch/{batch_id}/deliveries"
    wait_until(lambda: any(one["attempts"] for one in get(server, path).json()["deliveries"]), "an attempt that fails")
    post(server, f"/batch/{batch_id}/redeliver", {}, 202)
    post(server, f"/batch/{batches['company']}/redeliver", {}, 409)
    get(server, f"/batch/00000000-0000-7000-8000-000000000000/deliveries", 404)


def test_the_account(server, batches):
    assert get(server, "/account/credits").json()["account"]["credits_used"] >= 0
    assert len(get(server, "/account/endpoints").json()["endpoints"]) > 1
    assert len(get(server, "/account/endpoints?path=/person/enrich&status=enabled&category=person").json()["endpoints"]) == 1
    assert get(server, "/account/endpoints?status=disabled").json()["endpoints"] == []
    dimensions = DESCRIPTION.document["components"]["schemas"]["UsageDimension"]["enum"]
    grouped = f"/account/usage/summary?group_by={','.join(dimensions)}"
    wait_until(lambda: get(server, grouped).json()["buckets"], "usage to be written")
    assert len(get(server, "/account/usage/summary?start=2020-01-01&end=2020-01-08").json()["buckets"]) == 1


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/readyz?verbose", "/metrics", "/openapi.json"])
def test_the_server(server, path):
    get(server, path, key=None)
    described(server.request("HEAD", path, key=None), 200, "HEAD", path)


def test_the_description_is_served(server):
    assert get(server, "/openapi.json", key=None).json() == DESCRIPTION.document


def test_waiting(server):
    """A batch is waited for until it is final."""
    batch_id = server.submit(names("person", "url", 500))["batch_id"]
    begin = time.monotonic()
    assert get(server, f"/batch/{batch_id}?wait=30").json()["status"] == "completed"
    assert time.monotonic() - begin < 20
