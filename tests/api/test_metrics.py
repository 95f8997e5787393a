"""Numbers, readiness and logs: what operators look at, and what must not stand there."""
import http.client
import json
import re

import pytest
from harness import DEADLINE_S, PROFILE, Server, run, wait_until
from prometheus_client.parser import text_string_to_metric_families
from test_main_job import url_of


def families_of(answer):
    assert answer.status == 200, answer.body
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {family.name: family for family in text_string_to_metric_families(answer.body.decode())}


def numbers(server):
    """Every sample: (name, labels as a frozenset of pairs) to its value."""
    families = families_of(server.get("/metrics", key=None))
    return {(sample.name, frozenset(sample.labels.items())): sample.value
            for family in families.values() for sample in family.samples}


def number(server, name, **labels):
    return numbers(server).get((name, frozenset(labels.items())), 0)


def test_names_follow_the_conventions(server):
    server.get("/healthz", key=None)
    for name, family in families_of(server.get("/metrics", key=None)).items():
        assert name.startswith(("enrichd_", "process_")), name
        assert family.documentation, name
        for sample in family.samples:
            assert family.type != "counter" or sample.name.endswith("_total"), sample
            assert set(sample.labels) <= {"route", "method", "code", "entity", "end", "outcome", "state", "result", "level",
                                          "le", "version"}, sample
            assert family.type != "histogram" or name.endswith("_seconds"), name


def test_a_job_is_counted_from_its_submission_to_its_end(data, population):
    urls = [url_of(person) for person in population[1][:40]]
    with Server(data) as server:
        status, _, _ = server.run_job([*urls, PROFILE + "nobody-here-1", "nonsense", urls[0]])
        assert number(server, "enrichd_batches_submitted_total", entity="person") == 1
        assert number(server, "enrichd_batches_finished_total", entity="person", end="completed") == 1
        for outcome, count in status["request_counts"].items():
            if outcome not in ("total", "pending"):
                assert number(server, "enrichd_identifiers_total", outcome=outcome) == count, outcome
        assert number(server, "enrichd_batches", state="pending") == 0 == number(server, "enrichd_batches", state="processing")
        assert number(server, "enrichd_http_requests_total", route="/batch/person/enrich", method="POST", code="200") == 1
        assert number(server, "enrichd_result_bytes_total") > 0
        assert number(server, "enrichd_store_commit_duration_seconds_count") >= 2
        assert number(server, "enrichd_records", entity="person") == len(population[1])


def test_requests_are_counted_by_route_and_code_whatever_the_path_was(server):
    before = number(server, "enrichd_http_requests_total", route="none", method="any", code="401")
    server.get("/no/such/path/person@example.com", key=None)
    server.get("/another", key=None)
    assert number(server, "enrichd_http_requests_total", route="none", method="any", code="401") == before + 2
    assert b"person@example.com" not in server.get("/metrics", key=None).body


def test_the_process_is_described(server):
    assert number(server, "process_resident_memory_bytes") > 1 << 20
    assert number(server, "process_open_fds") > 5
    assert number(server, "process_cpu_seconds_total") > 0
    assert ("enrichd_build_info", frozenset({("version", run("--version").stdout.split()[1])})) in numbers(server)


def status_at(address, path, key=None):
    """Not through the recorder: what each listener serves is not in the description."""
    connection = http.client.HTTPConnection(address, timeout=DEADLINE_S)
    connection.request("GET", path, headers={"Authorization": f"Bearer {key}"} if key else {})
    status = connection.getresponse().status
    connection.close()
    return status


def test_with_an_address_of_their_own_metrics_are_served_there_alone(data):
    with Server(data, "--metrics.listen", "127.0.0.1:0") as server:
        listening = next(json.loads(line) for line in server.log_text().splitlines() if '"msg":"listening"' in line)
        key = server.make_key()
        expected = {"/metrics": (404, 200), "/healthz": (200, 200), "/readyz": (200, 200), "/batch": (200, 404),
                    "/openapi.json": (200, 404)}
        for path, statuses in expected.items():
            assert (status_at(listening["address"], path, key), status_at(listening["metrics"], path, key)) == statuses, path
        assert status_at(listening["metrics"], "/metrics") == 200, "without a key"


# ---- readiness ----

def test_readiness_in_words(server):
    answer = server.get("/readyz?verbose", key=None)
    assert answer.status == 200 and answer.headers["content-type"].startswith("text/plain")
    lines = answer.body.decode().splitlines()
    assert lines[:4] == ["[+] draining ok", "[+] control ok", "[+] records ok", "[+] disk ok"]
    assert "synced to disk before they are acknowledged" in lines[4]


def test_without_room_on_the_disk_it_is_not_ready_and_says_why(data):
    with Server(data, "--server.disk_free_min", "1024GiB") as server:
        assert server.get("/readyz", key=None).status == 503
        answer = server.get("/readyz?verbose", key=None)
        assert answer.status == 503
        assert re.search(r"^\[-\] disk: \d+ bytes are free, server.disk_free_min is \d+$", answer.body.decode(), re.M)
        assert server.get("/healthz", key=None).status == 200, "a restart would not help"


# ---- logs ----

def events(server):
    return [json.loads(line) for line in server.log_text().splitlines()]


def test_a_submission_is_logged_with_its_request_id_key_and_batch(server):
    batch = server.post("/batch/person/enrich", {"business_emails": ["someone@example.com"]}, {"X-Request-Id": "look-for-me"}).json()
    event = wait_until(lambda: [event for event in events(server) if event.get("request_id") == "look-for-me"], "the event")[0]
    assert event["msg"] == "request" and event["status"] == 200 and event["route"] == "/batch/person/enrich"
    assert event["batch_id"] == batch["batch_id"] and len(event["key"]) == 8
    server.wait(batch["batch_id"])
    [completed] = [event for event in events(server) if event["msg"] == "batch completed" and event["batch_id"] == batch["batch_id"]]
    assert completed["request_id"] == "look-for-me"


@pytest.mark.parametrize("level", ["debug", "info"])
def test_no_personal_data_and_no_secrets_in_the_log(data, population, level):
    person = next(person for person in population[1] if person.get("contact", {}).get("business_emails"))
    email = person["contact"]["business_emails"][0]["email"]
    url = url_of(person)
    with Server(data, "--log.level", level) as server:
        status, _, _ = server.run_job([url, PROFILE + "who-is-this-1"])
        server.run_job(emails=[email, "not an address but a Name"])
        server.post("/person/enrich", {"business_emails": [email]})
        server.post("/person/enrich", {"business_emails": email})
        server.get(f"/batch/{email}")
        server.get(f"/nothing?email={email}")
        server.fetch(status["download_url"])
        server.fetch(status["download_url"][:-3] + "AAA")
        log = server.log_text()
        secret = server.key
    slug = url.rstrip("/").rsplit("/", 1)[1]
    signature = re.search(r"sig=([^&]+)", status["download_url"]).group(1)
    for what in (email, email.split("@")[0], slug, "who-is-this-1", "but a Name", secret, secret[-30:], signature):
        assert what not in log, what
    assert ("GET" in log) == (level == "debug"), "the test must see requests"


def test_logfmt_and_json_hold_the_same(data):
    with Server(data, "--log.format", "json") as server:
        event = events(server)[0]
        assert event["level"] == "info" and event["ts"].endswith("+00:00") and event["msg"] == "listening"
