"""The account's own view: what it may use, what it may call, what it has used."""
import datetime
import itertools
import json
import re
import signal

import pytest
from harness import PROFILE, ROOT, VERSION, Server, run, wait_until
from test_main_job import url_of

STAMP = r"\d{4}-\d\d-\d\dT00:00:00\.000000\+00:00"
NUMBERS = itertools.count()
SUMS = {"requests", "credits", "errors", "results"}
LABELS = {"day": "bucket_start", "endpoint": "endpoint", "product": "product", "api_key_id": "api_key_id",
          "status_class": "status_class"}
ROUTES = {"/batch/person/enrich": "Batch", "/batch/company/enrich": "Batch", "/person/enrich": "Person",
          "/company/enrich": "Company"}


class Account:
    """An account of the test's own on a server."""

    def __init__(self, server, name):
        self.server = server
        self.name = name
        self.key = server.make_key("--account", name, name="first")

    def another_key(self):
        return self.server.make_key("--account", self.name, name="second")

    def ids(self):
        """Name of a key to its public id."""
        listed = json.loads(run("key", "list", "--json", "--data", self.server.data).stdout)
        return {row["name"]: row["id"] for row in listed if row["account"] == self.name}

    def get(self, path):
        answer = self.server.get(path, key=self.key)
        assert answer.status == 200, answer.body
        return answer.json()

    def used(self):
        return self.get("/account/credits")["account"]["credits_used"]

    def summary(self, query=""):
        """The summary, after checking its shape."""
        summary = self.get("/account/usage/summary" + query)
        assert set(summary) == {"start", "end", "bucket", "group_by", "buckets"} and summary["bucket"] == "1d"
        assert re.fullmatch(STAMP, summary["start"]) and re.fullmatch(STAMP, summary["end"]) and summary["start"] < summary["end"]
        for bucket in summary["buckets"]:
            assert set(bucket) == SUMS | {LABELS[name] for name in summary["group_by"]}
            assert all(isinstance(bucket[name], int) and bucket[name] >= 0 for name in SUMS)
            assert "day" not in summary["group_by"] or summary["start"] <= bucket["bucket_start"] < summary["end"]
        return summary

    def by(self, query, *labels):
        """Label values to (requests, errors, results)."""
        buckets = self.summary(query)["buckets"]
        found = {tuple(bucket[label] for label in labels): (bucket["requests"], bucket["errors"],
                                                            bucket["results"]) for bucket in buckets}
        assert len(found) == len(buckets)
        return {key[0] if len(key) == 1 else key: value for key, value in found.items()}

    def enrich(self, urls, key=None, status=200):
        answer = self.server.post("/person/enrich", {"professional_network_profile_urls": urls}, key=key or self.key)
        assert answer.status == status, answer.body

    def run_batch(self, urls, key=None):
        answer = self.server.post("/batch/person/enrich", {"professional_network_profile_urls": urls}, key=key or self.key)
        assert answer.status == 200
        waited = self.server.get(f"/batch/{answer.json()['batch_id']}?wait=30", key=key or self.key)
        assert waited.json()["status"] == "completed"


def eventually(read, expected):
    """Counters may reach the summary a little later than the answer that they count."""
    seen = []

    def is_there():
        seen[:] = [read()]
        return seen[0] == expected

    try:
        wait_until(is_there, "the counters", deadline_s=5, pause_s=0.1)
    except AssertionError:
        assert seen[0] == expected
        raise


@pytest.fixture(name="account")
def _account(server):
    return Account(server, f"account-{next(NUMBERS)}")


@pytest.fixture(scope="module", name="busy")
def _busy(server, population):
    """An account with two keys that has used both: what the tests of the summary expect stands in them."""
    account = Account(server, "busy")
    second = account.another_key()
    urls = [url_of(person) for person in population[1]]
    account.enrich(urls[:10])
    account.enrich([*urls[:5], PROFILE + "nobody-here"])
    account.enrich(urls[:3], second)
    account.enrich(urls[:26], second, status=400)
    account.enrich([], status=400)
    account.run_batch(urls[:700])
    account.run_batch([*urls[:50], PROFILE + "nobody-here"], second)
    eventually(account.used, 10 + 5 + 3 + 700 + 50)
    eventually(lambda: account.by("?group_by=endpoint&endpoints=/person/enrich", "endpoint"), {"/person/enrich": (5, 2, 18)})
    return account


# ---- credits --------------------------------------------------------------------------------------------------------


def test_an_account_without_a_budget(account):
    answer = account.server.get("/account/credits", key=account.key)
    assert answer.headers["content-type"].startswith("application/json") and int(answer.headers["x-ratelimit-remaining"]) > 0
    assert answer.json() == {"account": {
        "credits": 9007199254740991, "recurring_credits": 0, "recurring_credits_frequency": None,
        "recurring_credits_refresh_date": None,
        "credit_rollover": False, "is_unlimited": True, "credits_used": 0}}


def test_what_is_used_is_what_was_delivered(account, population):
    urls = [url_of(person) for person in population[1]]
    account.enrich([urls[0], urls[0], PROFILE + "nobody-here"])
    eventually(account.used, 2)
    account.run_batch([*urls[:300], urls[0], PROFILE + "nobody-here"])
    eventually(account.used, 302)
    account.enrich([PROFILE + "nobody-here"])
    account.enrich(urls[:26], status=400)
    account.get("/batch")
    eventually(account.used, 302)


def test_looking_a_batch_up_and_downloading_it_is_not_counted_again(account, population):
    account.run_batch([url_of(person) for person in population[1][:20]])
    eventually(account.used, 20)
    for job in account.get("/batch")["jobs"]:
        for _ in range(3):
            status = account.get(f"/batch/{job['batch_id']}")
            assert account.server.fetch(status["download_url"]).status == 200
    eventually(account.used, 20)


def test_keys_of_one_account_have_one_balance_and_other_accounts_have_theirs(account, population):
    account.enrich([url_of(population[1][0])], account.another_key())
    eventually(account.used, 1)
    stranger = Account(account.server, "credits-stranger")
    assert stranger.used() == 0
    assert stranger.summary()["buckets"][0]["results"] == 0


@pytest.mark.parametrize("path", ["/account/credits", "/account/endpoints", "/account/usage/summary"])
def test_the_conventions_hold_here_too(server, path):
    assert server.get(path, key=None).status == 401
    answer = server.request("POST", path, b"{}", {**VERSION, "Content-Type": "application/json"})
    assert answer.status == 405 and answer.headers["allow"] == "GET, HEAD"
    assert server.request("HEAD", path).status == 200
    assert server.get(path).headers["x-request-id"]


# ---- endpoints ------------------------------------------------------------------------------------------------------


def fields_of(entity):
    rows = [line.split("\t") for line in (ROOT / f"src/entity/{entity}_fields.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    return [row[0] for row in rows if row[1] != "(filter alias)"]


def test_the_endpoints_that_deliver_records(server):
    answer = server.get("/account/endpoints").json()
    assert set(answer) == {"api_version", "token_limit_rpm", "endpoints"}
    assert (answer["api_version"], answer["token_limit_rpm"]) == ("2025-11-01", 60000)
    rows = {row["path"]: row for row in answer["endpoints"]}
    assert len(rows) == len(answer["endpoints"]) and set(ROUTES) <= set(rows)
    for path, row in rows.items():
        assert set(row) == {"path", "category", "status", "effective_rate_limit_rpm", "fields"}
        assert (row["status"], row["effective_rate_limit_rpm"]) == ("enabled", 60000)
        assert row["category"] == ROUTES.get(path, row["category"]) and row["category"] in ("Person", "Company", "Batch")
        assert set(row["fields"]) == {"enabled", "disabled"}
        entity = "company" if "company" in path else "person"
        assert row["fields"]["enabled"] == fields_of(entity) and row["fields"]["disabled"] == []


def test_every_listed_endpoint_is_there(server):
    for row in server.get("/account/endpoints").json()["endpoints"]:
        answer = server.post(row["path"], {})
        assert answer.status == 400, row["path"]


@pytest.mark.parametrize("query,paths", [
    ("path=/person/enrich", ["/person/enrich"]), ("path=%2Fperson%2Fenrich", ["/person/enrich"]), ("path=/person/enrich/", []),
    ("path=/person", []), ("path=", []),
    ("category=Person", ["/person/enrich"]), ("category=bATCH", ["/batch/person/enrich", "/batch/company/enrich"]),
    ("category=nonsense", []),
    ("status=enabled", list(ROUTES)), ("status=disabled", []), ("status=not_enabled", []),
    ("category=Company&status=enabled", ["/company/enrich"]),
    ("category=Company&path=/person/enrich", []), ("nonsense=1", list(ROUTES)),
])
def test_filters_of_the_endpoints(server, query, paths):
    answer = server.get("/account/endpoints?" + query)
    assert answer.status == 200
    assert [row["path"] for row in answer.json()["endpoints"] if row["path"] in ROUTES] == paths


@pytest.mark.parametrize("text", ["", "Enabled", "nonsense", "enabled,disabled"])
def test_a_status_of_endpoints_that_is_none_is_refused(server, text):
    answer = server.get(f"/account/endpoints?status={text}")
    assert answer.status == 400 and "status" in answer.error()["message"]


def test_the_configured_rate_is_told(data):
    with Server(data, env={"ENRICHD_LIMITS_REQUESTS_PER_MINUTE": "1234"}) as server:
        answer = server.get("/account/endpoints").json()
        assert answer["token_limit_rpm"] == 1234
        assert {row["effective_rate_limit_rpm"] for row in answer["endpoints"]} == {1234}


# ---- usage ----------------------------------------------------------------------------------------------------------


def test_without_any_use_there_is_one_empty_bucket(server):
    account = Account(server, "idle")
    summary = account.summary()
    assert summary["group_by"] == [] and summary["buckets"] == [{"requests": 0, "credits": 0, "errors": 0, "results": 0}]
    assert account.summary("?group_by=endpoint&endpoints=/person/enrich")["buckets"] == []


def test_the_total(busy):
    total = busy.summary()["buckets"]
    assert len(total) == 1
    assert total[0]["results"] == total[0]["credits"] == busy.used() == 768
    assert total[0]["requests"] >= 9 and total[0]["errors"] == 2


def test_by_endpoint(busy):
    found = busy.by("?group_by=endpoint", "endpoint")
    assert found["/person/enrich"] == (5, 2, 18) and found["/batch/person/enrich"] == (2, 0, 750)
    assert "/company/enrich" not in found


def test_by_product(busy):
    found = busy.by("?group_by=product", "product")
    assert found["person"] == (5, 2, 18) and found["batch"][2] == 750


def test_by_key(busy):
    ids = busy.ids()
    found = busy.by("?group_by=api_key_id&endpoints=/person/enrich,/batch/person/enrich", "api_key_id")
    assert found == {ids["first"]: (4, 1, 715), ids["second"]: (3, 1, 53)}


def test_by_class_of_answer(busy):
    assert busy.by("?group_by=status_class&endpoints=/person/enrich", "status_class") == {"2xx": (3, 0, 18), "4xx": (2, 2, 0)}


def test_by_day(busy):
    found = busy.by("?group_by=day&endpoints=/person/enrich", "bucket_start")
    today = datetime.datetime.now(datetime.timezone.utc)
    days = {(today - datetime.timedelta(days=back)).strftime("%Y-%m-%dT00:00:00.000000+00:00") for back in (0, 1)}
    assert set(found) <= days
    assert [sum(column) for column in zip(*found.values())] == [5, 2, 18]


def test_by_several(busy):
    ids = busy.ids()
    expected = {("/person/enrich", ids["first"], "2xx"): (2, 0, 15), ("/person/enrich", ids["first"], "4xx"): (1, 1, 0),
                ("/person/enrich", ids["second"], "2xx"): (1, 0, 3), ("/person/enrich", ids["second"], "4xx"): (1, 1, 0)}
    for query in ("group_by=endpoint,api_key_id,status_class", "group_by=status_class&group_by=endpoint&group_by=api_key_id",
                  "group_by=api_key_id%2Cendpoint&group_by=status_class"):
        assert busy.by(f"?{query}&endpoints=/person/enrich", "endpoint", "api_key_id", "status_class") == expected
    assert set(busy.summary("?group_by=endpoint,product,day")["group_by"]) == {"endpoint", "product", "day"}


def test_only_some_endpoints(busy):
    for query, wanted in (("endpoints=/person/enrich", 18), ("endpoints=/batch/person/enrich", 750),
                          ("endpoints=/batch/person/enrich&endpoints=/person/enrich", 768),
                          ("endpoints=/batch/person/enrich,/person/enrich", 768), ("endpoints=/nonsense", 0)):
        assert busy.summary("?" + query)["buckets"][0]["results"] == wanted, query


def days(*back):
    now = datetime.datetime.now(datetime.timezone.utc)
    return [(now - datetime.timedelta(days=number)).strftime("%Y-%m-%d") for number in back]


def test_the_default_time_is_seven_days_up_to_and_with_today(busy):
    start, end = days(6, -1)
    summary = busy.summary()
    assert (summary["start"][:10], summary["end"][:10]) == (start, end)
    assert busy.summary(f"?end={days(3)[0]}")["start"][:10] == days(10)[0]


def test_only_some_days(busy):
    yesterday, today, tomorrow, later = days(1, 0, -1, -9)
    for start, end, wanted in ((today, tomorrow, 768), (yesterday, tomorrow, 768), (yesterday, later, 768), (tomorrow, later, 0),
                               (yesterday, today, 0),
                               ("2020-02-29", "2020-03-01", 0), ("2000-01-01", tomorrow, 768)):
        summary = busy.summary(f"?start={start}&end={end}")
        assert (summary["start"][:10], summary["end"][:10]) == (start, end)
        assert summary["buckets"][0]["results"] == wanted, (start, end)
    midnight = "T00:00:00.000000%2B00:00"
    assert busy.summary(f"?start={today}{midnight}&end={tomorrow}{midnight}")["buckets"][0]["results"] == 768


@pytest.mark.parametrize("query", [
    "start=yesterday", "start=", "start=2026-02-30", "start=2026-13-01", "start=2026-00-10", "start=2026-1-1", "start=20260101",
    "start=2025-02-29", "start=1",
    "start=2026-01-01T12:00:00.000000%2B00:00", "end=2026-02-31", "end=x", "start=2026-01-02&end=2026-01-01",
    "start=2026-01-01&end=2026-01-01",
    "group_by=nonsense", "group_by=endpoint,nonsense", "group_by=Endpoint", "group_by=account", "bucket=1h", "bucket=",
    "bucket=1D",
    "endpoints=" + ",".join(f"/{n}" for n in range(51)),
])
def test_questions_that_are_refused(server, query):
    answer = server.get("/account/usage/summary?" + query)
    assert answer.status == 400
    error = answer.error()
    assert error["type"] == "invalid_request" and re.search(query.split("=")[0], error["message"])


def test_fifty_endpoints_and_a_bucket_of_a_day_are_fine(server):
    assert server.get("/account/usage/summary?bucket=1d&endpoints=" + ",".join(f"/{n}" for n in range(50))).status == 200


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_the_counters_survive_a_restart(data, population, how):
    """A stop saves everything; a crash loses what was counted just before, at most."""
    urls = [url_of(person) for person in population[1]]
    with Server(data) as server:
        account = Account(server, "restarted")
        account.run_batch(urls[:100])
        account.enrich(urls[:7])
        if how == signal.SIGKILL:
            eventually(lambda: account.by("?group_by=endpoint&endpoints=/person/enrich", "endpoint"),
                       {"/person/enrich": (1, 0, 7)})
        server.stop(how)
        server.start()
        expected = {"/batch/person/enrich": (1, 0, 100), "/person/enrich": (1, 0, 7)}
        query = "?group_by=endpoint&endpoints=/batch/person/enrich,/person/enrich"
        assert account.by(query, "endpoint") == expected
        assert account.used() == 107
        account.enrich(urls[:3])
        eventually(lambda: account.by(query, "endpoint"), {**expected, "/person/enrich": (2, 0, 10)})


def test_a_revoked_keys_usage_stays_and_who_has_no_key_is_counted_for_nobody(server, population):
    account = Account(server, "revoking")
    second = account.another_key()
    account.enrich([url_of(population[1][0])], second)
    eventually(account.used, 1)
    second_id = account.ids()["second"]
    run("key", "revoke", second_id, "--data", server.data)
    account.enrich([url_of(population[1][0])], second, status=401)
    account.enrich([url_of(population[1][0])])
    eventually(lambda: account.by("?group_by=api_key_id&endpoints=/person/enrich", "api_key_id"),
               {second_id: (1, 0, 1), account.ids()["first"]: (1, 0, 1)})
