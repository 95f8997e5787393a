"""How many batches an account may have at once, many accounts at the same time, and how large requests may be."""
import shutil
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness import PROFILE, Server, wait_until
from test_main_job import url_of
from wire import Wire, head


def fresh_key(server, name):
    return server.make_key("--account", name, name=name)


def test_the_sixth_active_batch_is_refused_until_one_ends(fat):
    key = fresh_key(fat, "five")
    running = [fat.start_long(key=key) for _ in range(5)]
    refused = fat.submit_long(key=key)
    assert refused.status == 429
    assert refused.error()["type"] == "rate_limit_exceeded" and "5" in refused.error()["message"]
    assert int(refused.headers["retry-after"]) >= 1 and int(refused.headers["x-ratelimit-remaining"]) > 0
    assert "location" not in refused.headers
    small = fat.post("/batch/person/enrich", {"business_emails": ["nobody@acme.example"]}, key=key)
    assert small.status == 429, "how long a batch is does not matter"
    for end in (fat.cancel, fat.delete):
        assert end(running.pop(0), key=key).status in (200, 204)
        running.append(fat.start_long(key=key))
        assert fat.submit_long(key=key).status == 429
    listed = fat.get("/batch?limit=100", key=key).json()["jobs"]
    assert len(listed) == 7, "a refused submission is no batch"
    for batch_id in running:
        fat.cancel(batch_id, key=key)


def test_a_batch_that_completes_makes_room(fat):
    key = fresh_key(fat, "room")
    running = [fat.start_long(key=key) for _ in range(4)]
    body = {"professional_network_profile_urls": [PROFILE + "nobody-here"]}
    for _ in range(5):
        answer = fat.post("/batch/person/enrich", body, key=key)
        assert answer.status == 200
        assert fat.get(f"/batch/{answer.json()['batch_id']}?wait=30", key=key).json()["status"] == "completed"
    for batch_id in running:
        fat.cancel(batch_id, key=key)


def test_the_limit_is_the_accounts_not_the_keys_and_not_the_servers(fat):
    key, same = fresh_key(fat, "one"), fresh_key(fat, "one")
    running = [fat.start_long(key=text) for text in (key, same, key, same, key)]
    assert fat.submit_long(key=key).status == fat.submit_long(key=same).status == 429
    other = fresh_key(fat, "another")
    theirs = fat.start_long(key=other)
    assert fat.cancel(theirs, key=other).status == 200
    assert fat.submit_long(key=key).status == 429, "another account's batch makes no room"
    for batch_id in running:
        assert fat.cancel(batch_id, key=same).status == 200


def test_twenty_submissions_at_the_same_moment_are_five_batches(fat):
    key = fresh_key(fat, "crowd")
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: fat.submit_long(key=key), range(20)))
    assert sorted(answer.status for answer in answers) == [200] * 5 + [429] * 15
    accepted = {answer.json()["batch_id"] for answer in answers if answer.status == 200}
    assert {job["batch_id"] for job in fat.get("/batch", key=key).json()["jobs"]} == accepted
    for batch_id in accepted:
        fat.cancel(batch_id, key=key)


def test_the_limit_holds_over_a_restart(fat):
    key = fresh_key(fat, "restarted")
    running = [fat.start_long(key=key) for _ in range(5)]
    assert fat.stop(signal.SIGTERM) == 0
    fat.start()
    assert fat.submit_long(key=key).status == 429
    for batch_id in running:
        assert fat.cancel(batch_id, key=key).status == 200
    fat.cancel(fat.start_long(key=key), key=key)


def test_a_small_batch_is_not_held_up_by_long_ones(fat):
    keys = [fresh_key(fat, f"long-{n}") for n in range(3)]
    running = [(key, fat.start_long(key=key)) for key in keys for _ in range(5)]
    small = fat.post("/batch/person/enrich", {"business_emails": ["nobody@acme.example"]}, key=fresh_key(fat, "small")).json()
    status = fat.get(f"/batch/{small['batch_id']}?wait=5", key=fresh_key(fat, "small")).json()
    for key, batch_id in running:
        fat.cancel(batch_id, key=key)
    assert status["status"] == "completed"


def test_two_hundred_submissions_of_forty_accounts_at_once(data, population):
    """Each account's list shows exactly what was acknowledged to it, and every batch has its own account's results."""
    people = population[1]
    with Server(data) as server:
        keys = [fresh_key(server, f"account-{n}") for n in range(40)]

        def submit(n):
            account = n % 40
            urls = [url_of(people[(account * 60 + at) % len(people)]) for at in range(n // 40 * 50 + 1)]
            answer = server.post("/batch/person/enrich", {"professional_network_profile_urls": [*urls, PROFILE + f"nobody-{n}"]},
                                 key=keys[account])
            assert answer.status == 200, answer.body
            return account, answer.json()["batch_id"], urls

        with ThreadPoolExecutor(200) as pool:
            submitted = list(pool.map(submit, range(200)))
        assert len({batch_id for _, batch_id, _ in submitted}) == 200
        for account, key in enumerate(keys):
            mine = {batch_id: urls for owner, batch_id, urls in submitted if owner == account}
            wait_until(lambda: all(job["status"] == "completed" for job in server.get("/batch", key=key).json()["jobs"]),
                       "all to complete")
            listed = server.get("/batch?limit=100", key=key).json()
            assert {job["batch_id"]: job["result_count"] for job in listed["jobs"]} == {batch_id: len(urls) for batch_id,
                                                                                        urls in mine.items()}
            assert listed["has_more"] is False
        for account, batch_id, urls in submitted[::7]:
            status = server.get(f"/batch/{batch_id}", key=keys[account]).json()
            assert [line["original_identifier"] for line in server.lines(status["download_url"])] == urls
            assert server.get(f"/batch/{batch_id}", key=keys[account - 1]).status == 404


def test_a_class_of_requests_has_a_rate_of_its_own_within_that_of_all(data, population):
    """Three synchronous requests, two submissions, four reads and ten requests in all."""
    limits = {"ENRICHD_LIMITS_ENRICH_PER_MINUTE": "3", "ENRICHD_LIMITS_SUBMIT_PER_MINUTE": "2", "ENRICHD_LIMITS_POLL_PER_MINUTE": "4",
              "ENRICHD_LIMITS_REQUESTS_PER_MINUTE": "10"}
    with Server(data, env=limits) as server:
        key, other = fresh_key(server, "one"), fresh_key(server, "other")
        body = {"professional_network_profile_urls": [url_of(population[1][0])]}

        def rate(answer):
            return answer.status, answer.headers["x-ratelimit-limit"], answer.headers["x-ratelimit-remaining"]

        def send(path, which=key):
            return server.get(path, key=which) if path in ("/batch", "/account/credits") else server.post(path, body, key=which)

        assert [rate(send("/person/enrich")) for _ in range(4)] == [(200, "3", str(n)) for n in (2, 1, 0)] + [(429, "3", "0")]
        refusal = send("/company/enrich")
        assert refusal.status == 429 and "3 synchronous requests a minute" in refusal.error()["message"]
        assert 1 <= int(refusal.headers["retry-after"]) <= 120
        assert [rate(send("/batch/person/enrich"))[0] for _ in range(3)] == [200, 200, 429]
        assert rate(send("/account/credits")) == (200, "10", "4")
        assert [rate(send("/batch"))[0] for _ in range(3)] == [200] * 3
        assert rate(send("/batch")) == (200, "10", "0")
        refusal = send("/batch")
        assert refusal.status == 429 and send("/account/credits").status == 429
        assert rate(send("/person/enrich", other))[0] == 200
        rows = {row["path"]: row["effective_rate_limit_rpm"]
                for row in server.get("/account/endpoints", key=other).json()["endpoints"]}
        assert (rows["/person/enrich"], rows["/batch/person/enrich"]) == (3, 2)


# ---- sizes of what is sent ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def narrow(tmp_path_factory, loaded):
    """A server all of whose sizes are settings far from their defaults."""
    limits = {"LIMITS_IDENTIFIER_BYTES": "100", "LIMITS_FIELDS": "3", "LIMITS_USAGE_ENDPOINTS": "2", "LIMITS_USAGE_DAYS": "3",
              "SERVER_HEADERS_MAX": "20", "SERVER_REQUEST_ID_MAX": "12"}
    data = shutil.copytree(loaded, tmp_path_factory.mktemp("narrow") / "data")
    with Server(data, env={f"ENRICHD_{name}": value for name, value in limits.items()}) as server:
        yield server


def test_identifiers_have_the_length_that_is_set(narrow, population):
    url = url_of(population[1][0])
    fits, longer = (f"{url}?{'x' * (bytes_wanted - len(url) - 1)}" for bytes_wanted in (100, 101))
    _, lines, unresolved = narrow.run_job(urls=[fits, longer])
    assert [line["original_identifier"] for line in lines] == [fits]
    assert unresolved == [{"original_identifier": longer, "reason": "invalid_identifier"}]
    rows = narrow.post("/person/enrich", {"professional_network_profile_urls": [fits, longer]}).json()
    assert [len(row["matches"]) for row in rows] == [1, 0]


def test_fields_have_the_number_that_is_set(narrow):
    body = {"business_emails": ["nobody@acme.example"]}
    names = ["basic_profile", "experience", "education", "social_handles"]
    assert narrow.post("/person/enrich", {**body, "fields": names[:3]}).status == 200
    for route in ("/person/enrich", "/batch/person/enrich"):
        for fields in (names, ",".join(names)):
            answer = narrow.post(route, {**body, "fields": fields})
            assert answer.status == 400 and "fields has 4 items; at most 3" in answer.error()["message"]


def test_a_summary_of_usage_has_the_endpoints_and_days_that_are_set(narrow):
    assert narrow.get("/account/usage/summary?endpoints=/a,/b").status == 200
    answer = narrow.get("/account/usage/summary?endpoints=/a,/b&endpoints=/c")
    assert answer.status == 400 and "at most 2" in answer.error()["message"]
    assert narrow.get("/account/usage/summary?end=2026-06-08").json()["start"].startswith("2026-06-05T")


def test_heads_have_the_lines_that_are_set(narrow):
    for count, status in ((19, 200), (20, 400)):
        with Wire(narrow) as wire:
            wire.send(head("GET", "/healthz", *["A: b"] * count) + b"\r\n")  # and Host
            assert wire.read().status == status


def test_request_ids_have_the_length_that_is_set(narrow):
    for text, is_kept in (("x" * 12, True), ("x" * 13, False)):
        answer = narrow.get("/healthz", headers={"X-Request-Id": text}, key=None)
        assert (answer.headers["x-request-id"] == text) == is_kept
