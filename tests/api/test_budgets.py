"""Budgets of records: what is promised to a key, what is charged when, and that the sums are those of a recount."""
import concurrent.futures
import datetime
import json
import os
import random
import shutil

import pytest
from harness import PROFILE, Server, run, wait_until
from test_main_job import url_of

NOBODY = [PROFILE + f"nobody-{n}" for n in range(100)]


def key_command(server, *arguments):
    return run("key", *arguments, "--data", server.data)


def made(server, *options, account="budgets"):
    return json.loads(key_command(server, "create", "budget", "--json", "--account", account, *options).stdout)


def budget(server, key):
    rows = json.loads(key_command(server, "list", "--json").stdout)
    return next(row for row in rows if row["id"] == key["id"])["budget"]


def used(server, key):
    return budget(server, key)["used"]


def submit(server, key, urls, **headers):
    return server.post("/batch/person/enrich", {"professional_network_profile_urls": urls}, headers, key=key["key"])


def enrich(server, key, urls):
    return server.post("/person/enrich", {"professional_network_profile_urls": urls}, key=key["key"])


def final(server, key, batch_id):
    status = server.get(f"/batch/{batch_id}?wait=30", key=key["key"]).json()
    assert status["status"] in ("completed", "failed")
    return status


@pytest.fixture(scope="module", name="urls")
def _urls(population):
    return [url_of(person) for person in population[1]]


def refused(answer, **expected):
    """The 402 of the contract."""
    error = answer.error()
    assert (answer.status, error["type"]) == (402, "insufficient_credits") and "Insufficient credits" in error["message"]
    assert error["metadata"] == [expected]
    assert "retry-after" not in answer.headers


def test_a_batch_is_charged_whole_and_gets_back_what_it_does_not_deliver(server, urls):
    key = made(server, "--budget-total", "100")
    assert budget(server, key) == {"used": 0, "used_today": 0, "daily": None, "total": 100}
    answer = submit(server, key, urls[:40] + NOBODY[:50])
    assert answer.status == 200
    final(server, key, answer.json()["batch_id"])
    assert budget(server, key) == {"used": 40, "used_today": 40, "daily": None, "total": 100}
    refused(submit(server, key, urls[:61]), budget="total", limit=100, remaining=60, requested=61)
    assert submit(server, key, urls[:60]).status == 200
    refused(enrich(server, key, urls[:1]), budget="total", limit=100, remaining=0, requested=1)


def wait_for_results(fat, key, batch_id):
    wait_until(lambda: fat.get(f"/batch/{batch_id}", key=key["key"]).json()["result_count"], "the first results")


def test_a_running_batch_counts_with_all_its_identifiers(fat):
    key = made(fat, "--budget-total", "1000000", account="running")
    answer = fat.submit_long(key=key["key"])
    count = answer.json()["identifier_count"]
    assert used(fat, key) == count
    wait_for_results(fat, key, answer.json()["batch_id"])
    fat.cancel(answer.json()["batch_id"], key=key["key"])
    status = fat.get(f"/batch/{answer.json()['batch_id']}", key=key["key"]).json()
    assert used(fat, key) == status["result_count"] < count
    second = fat.start_long(key=key["key"])
    wait_for_results(fat, key, second)
    assert fat.request("DELETE", f"/batch/{second}", key=key["key"]).status == 204
    assert used(fat, key) == status["result_count"]


def test_synchronous_answers_cost_what_they_deliver(server, urls):
    key = made(server, "--budget-daily", "5")
    answer = enrich(server, key, [urls[0], urls[1], NOBODY[0]])
    assert answer.status == 200 and answer.headers["x-credits-used"] == "2" and used(server, key) == 2
    assert enrich(server, key, NOBODY[:25]).status == 200 and used(server, key) == 2
    refused(enrich(server, key, urls[:4]), budget="daily", limit=5, remaining=3, requested=4)
    assert b"person_data" not in enrich(server, key, urls[:4]).body
    assert enrich(server, key, urls[:3]).status == 200 and used(server, key) == 5
    assert enrich(server, key, NOBODY[:1]).status == 200


def test_the_tighter_of_two_budgets_decides_and_both_can_be_changed_at_once(server, urls):
    key = made(server, "--budget-daily", "10", "--budget-total", "12")
    assert enrich(server, key, urls[:10]).status == 200
    refused(enrich(server, key, urls[:1]), budget="daily", limit=10, remaining=0, requested=1)
    key_command(server, "set", key["id"], "--budget-daily", "none")
    refused(enrich(server, key, urls[:3]), budget="total", limit=12, remaining=2, requested=3)
    key_command(server, "set", key["id"], "--budget-total", "13")
    assert enrich(server, key, urls[:3]).status == 200
    key_command(server, "set", key["id"], "--budget-total", "none")
    assert enrich(server, key, urls[:25]).status == 200
    assert budget(server, key) is None


def test_a_budget_may_come_later(server, urls):
    key = made(server)
    assert enrich(server, key, urls[:20]).status == 200 and budget(server, key) is None
    running = submit(server, key, urls[:100]).json()["batch_id"]
    key_command(server, "set", key["id"], "--budget-total", "10")
    final(server, key, running)
    assert used(server, key) == 0
    assert enrich(server, key, urls[:10]).status == 200 and enrich(server, key, urls[:1]).status == 402


def test_new_keys_have_the_budget_of_the_settings(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "enrichd.conf").write_text("[limits]\nbudget_daily = 7\nbudget_total = 70\n", encoding="ascii")

    def limits(*options, env=None):
        made_key = json.loads(run("key", "create", "new", "--json", "--data", data, *options, env={**os.environ, **(env or {})}).stdout)
        return made_key["budget"] and (made_key["budget"]["daily"], made_key["budget"]["total"])

    assert limits() == (7, 70)
    assert limits(env={"ENRICHD_LIMITS_BUDGET_DAILY": "8"}) == (8, 70)
    assert limits("--budget-daily", "9") == (9, 70)
    assert limits("--budget-daily", "none", "--budget-total", "none") is None
    (data / "enrichd.conf").write_text("[limits]\nbudget_daily = many\n", encoding="ascii")
    refused = run("key", "create", "new", "--data", data, check=False)
    assert refused.returncode == 1 and "limits.budget_daily" in refused.stderr and refused.stdout == ""


def test_a_successor_shares_the_budget(server, urls):
    old = made(server, "--budget-total", "10")
    new = json.loads(key_command(server, "rotate", old["id"], "--json").stdout)
    assert enrich(server, old, urls[:6]).status == 200
    refused(enrich(server, new, urls[:5]), budget="total", limit=10, remaining=4, requested=5)
    assert enrich(server, new, urls[:4]).status == 200
    assert used(server, old) == used(server, new) == 10
    key_command(server, "set", new["id"], "--budget-total", "11")
    assert enrich(server, old, urls[:1]).status == 200


def test_a_replayed_submission_is_charged_once_and_a_refused_one_not(server, urls):
    key = made(server, "--budget-total", "100")
    for _ in range(3):
        final(server, key, submit(server, key, urls[:50], **{"Idempotency-Key": "once"}).json()["batch_id"])
    assert used(server, key) == 50
    assert submit(server, key, urls[:51], **{"Idempotency-Key": "more"}).status == 402
    assert used(server, key) == 50
    assert submit(server, key, urls[:50], **{"Idempotency-Key": "more"}).status == 200


@pytest.mark.parametrize("how", ["batch", "synchronous"])
def test_requests_at_the_same_moment_cannot_overspend(server, urls, how):
    key = made(server, "--budget-total", "100", account=f"parallel-{how}")
    send, count = (submit, 30) if how == "batch" else (enrich, 20)
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: send(server, key, urls[:count]).status, range(16)))
    accepted = answers.count(200)
    assert set(answers) <= {200, 402, 429} and accepted == 100 // count
    wait_until(lambda: used(server, key) == accepted * count, "the sums")


def test_the_balance(server, urls):
    key = made(server, "--budget-daily", "30", "--budget-total", "1000", account="balance")
    assert enrich(server, key, urls[:12]).status == 200
    wait_until(lambda: server.get("/account/credits", key=key["key"]).json()["account"]["credits_used"] == 12, "the use")
    assert enrich(server, key, urls[:20]).status == 402
    wait_until(lambda: server.get("/account/usage/summary", key=key["key"]).json()["buckets"][0]["errors"] == 1, "the refusal")
    midnight = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)).strftime("%Y-%m-%d")
    assert server.get("/account/credits", key=key["key"]).json()["account"] == {
        "credits": 18, "recurring_credits": 30, "recurring_credits_frequency": "daily",
        "recurring_credits_refresh_date": midnight + "T00:00:00.000000+00:00",
        "credit_rollover": False, "is_unlimited": False, "credits_used": 12}


def test_the_table_shows_what_is_used(server, urls):
    key = made(server, "--budget-daily", "30", "--budget-total", "1000")
    assert enrich(server, key, urls[:12]).status == 200
    row = next(line for line in key_command(server, "list").stdout.splitlines() if key["id"] in line)
    assert "12 of 30 today, 12 of 1000" in row


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "many", "99999999999999999999", "10k"])
def test_a_budget_that_is_none_is_refused(tmp_path, text):
    for option in ("--budget-daily", "--budget-total"):
        result = run("key", "create", "x", f"{option}={text}", "--data", tmp_path / "data", check=False)
        assert (result.returncode, result.stdout) == (2, "") and option in result.stderr


def test_the_sums_are_those_of_a_recount_after_a_mixed_run_with_crashes(tmp_path, loaded, urls):
    """Threads submit, cancel, erase and enrich; the server is killed in the middle; then everything is counted anew."""
    data = shutil.copytree(loaded, tmp_path / "data")
    limits = {"ENRICHD_BATCH_ACTIVE_MAX": "100", "ENRICHD_JOBS_WORKERS": "1"}
    with Server(data, env=limits) as server:
        keys = [made(server, "--budget-total", "1000000", account=f"mixed-{n}") for n in range(3)]
        direct = dict.fromkeys(range(3), 0)
        batches = {n: [] for n in range(3)}

        def client(n):
            dice = random.Random(n)
            for _ in range(25):
                what = dice.randrange(4)
                chosen = dice.sample(urls, dice.randint(1, 25)) + NOBODY[:dice.randint(0, 3)]
                if what == 0:
                    direct[n] += int(enrich(server, keys[n], chosen[:25]).headers["x-credits-used"])
                    continue
                batch_id = submit(server, keys[n], dice.sample(urls, 300) + chosen).json()["batch_id"]
                batches[n].append(batch_id)
                if what == 1:
                    server.post(f"/batch/{batch_id}/cancel", None, key=keys[n]["key"])
                elif what == 2:
                    final(server, keys[n], batch_id)
                    server.request("DELETE", f"/batch/{batch_id}", key=keys[n]["key"])

        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            list(pool.map(client, range(3)))
        server.kill()
        server.start()
        for n, key in enumerate(keys):
            delivered = sum(final(server, key, batch_id)["result_count"] for batch_id in batches[n])
            assert delivered and direct[n] and used(server, key) == delivered + direct[n]
        server.stop()
        assert run("check", "--data", data).returncode == 0
