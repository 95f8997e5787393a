"""Idempotency-Key: a submission that is repeated runs once."""
import itertools
import json
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness import PROFILE, Server
from test_main_job import url_of
from wire import Wire, post_head

ROUTE = "/batch/person/enrich"
NUMBERS = itertools.count()


def body_of(*names, **more):
    return {"professional_network_profile_urls": [PROFILE + name for name in names], **more}


def post(server, idempotency_key, body=None, **options):
    return server.post(ROUTE, body_of("nobody-here") if body is None else body, {"Idempotency-Key": idempotency_key}, **options)


def is_first(answer):
    assert answer.status == 200, answer.body
    return "idempotency-replayed" not in answer.headers


def is_replay_of(answer, first):
    assert answer.status == 200, answer.body
    return answer.headers.get("idempotency-replayed") == "true" and answer.body == first.body and \
        answer.headers["location"] == first.headers["location"]


def batches(server, **options):
    """Ids of all batches of an account."""
    page = server.get("/batch?limit=100", **options).json()
    assert not page["has_more"]
    return [job["batch_id"] for job in page["jobs"]]


def completed(server, key, answer):
    """Waits, so that the account may submit again."""
    assert server.get(f"/batch/{answer.json()['batch_id']}?wait=30", key=key).json()["status"] == "completed"


@pytest.fixture(name="account")
def _account(server):
    """A key of an account of the test's own."""
    return server.make_key("--account", f"account-{next(NUMBERS)}", name="own")


def test_the_same_request_gets_the_first_answer_again(server, account):
    first = post(server, "a", key=account)
    assert is_first(first)
    for _ in range(3):
        assert is_replay_of(post(server, "a", key=account), first)
    assert batches(server, key=account) == [first.json()["batch_id"]]


def test_the_answer_is_the_first_one_also_when_the_batch_has_ended(server, population):
    body = {"professional_network_profile_urls": [url_of(person) for person in population[1][:50]]}
    first = post(server, "ended", body)
    status = server.wait(first.json()["batch_id"])
    again = post(server, "ended", body)
    assert is_replay_of(again, first) and again.json()["status"] == "pending"
    assert server.status(status["batch_id"])["completed_at"] == status["completed_at"]


def test_the_answer_stays_after_its_batch_was_deleted(server):
    first = post(server, "deleted")
    assert server.request("DELETE", f"/batch/{first.json()['batch_id']}").status == 204
    assert is_replay_of(post(server, "deleted"), first)


def test_other_headers_and_another_request_id_do_not_make_it_another_request(server):
    first = post(server, "headers")
    headers = {"Idempotency-Key": "headers", "X-Request-Id": "another", "User-Agent": "another",
               "Content-Type": "application/json; charset=utf-8"}
    again = server.post(ROUTE, body_of("nobody-here"), headers)
    assert is_replay_of(again, first) and again.headers["x-request-id"] == "another"


@pytest.mark.parametrize("body", [
    body_of("somebody-else"), body_of("nobody-here", "nobody-here"), body_of("nobody-here", chunk_size=10),
    body_of("nobody-here", fields=["skills"]),
    body_of("nobody-here", webhook_url="https://hooks.example.com/x"), {"business_emails": ["nobody@acme.example"]},
], ids=json.dumps)
def test_another_body_is_refused_and_the_first_answer_stays(server, account, body):
    first = post(server, "k", key=account)
    answer = post(server, "k", body, key=account)
    assert answer.status == 422 and answer.error()["type"] == "idempotency_key_reused"
    assert "location" not in answer.headers
    assert is_replay_of(post(server, "k", key=account), first)
    assert batches(server, key=account) == [first.json()["batch_id"]]


def test_other_keys_and_none_are_other_requests(server, account):
    answers = [post(server, text, key=account) for text in ("k", "K", "k1", "k k")]
    answers += [server.post(ROUTE, body_of("nobody-here"), key=account) for _ in range(1)]
    assert all(is_first(answer) for answer in answers)
    assert len({answer.json()["batch_id"] for answer in answers}) == 5


def test_accounts_have_their_own(server, account):
    other = server.make_key("--account", "idempotency-other", name="other")
    mine, theirs = post(server, "shared", key=account), post(server, "shared", body_of("somebody-else"), key=other)
    assert is_first(mine) and is_first(theirs)
    assert is_replay_of(post(server, "shared", key=account), mine)
    assert is_replay_of(post(server, "shared", body_of("somebody-else"), key=other), theirs)
    assert batches(server, key=other) == [theirs.json()["batch_id"]]


def test_keys_of_one_account_share_them(server):
    keys = [server.make_key("--account", "two-keys", name=name) for name in ("first", "second")]
    first = post(server, "shared", key=keys[0])
    assert is_replay_of(post(server, "shared", key=keys[1]), first)


@pytest.mark.parametrize("text", ["x", "x" * 255, " inner blanks ".strip(), "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
                                  "550e8400-e29b-41d4-a716-446655440000"])
def test_keys_that_are_accepted(server, account, text):
    first = post(server, text, key=account)
    assert is_first(first) and is_replay_of(post(server, text, key=account), first)


@pytest.mark.parametrize("text", ["", " ", "x" * 256, "x" * 5000, "a\tb", "caf\u00e9".encode(), "\u00e9".encode("latin-1"),
                                  "a\x7f", "a\x01b"],
                         ids=lambda text: repr(text)[:20])
def test_keys_that_are_refused(server, account, text):
    answer = post(server, text, key=account)
    assert answer.status == 400
    assert answer.error()["type"] == "invalid_request" and "Idempotency-Key" in answer.error()["message"]
    assert batches(server, key=account) == []


@pytest.mark.parametrize("body", [body_of(), b"{", body_of("x", chunk_size=9), body_of("x", fields=["nonsense"])], ids=str)
def test_a_refused_submission_does_not_take_the_key(server, account, body):
    assert post(server, "k", body, key=account).status == 400
    first = post(server, "k", key=account)
    assert is_first(first) and is_replay_of(post(server, "k", key=account), first)


def test_a_submission_over_the_limit_does_not_take_the_key(fat):
    key = fat.make_key("--account", "over", name="over")
    running = [fat.start_long(key=key) for _ in range(5)]
    headers = {"Idempotency-Key": "over"}
    assert [fat.submit_long(headers=headers, key=key).status for _ in range(2)] == [429, 429]
    fat.cancel(running.pop(), key=key)
    first = fat.submit_long(headers=headers, key=key)
    assert is_first(first)
    assert is_replay_of(fat.submit_long(headers=headers, key=key), first), "a replay is no further batch"
    for batch_id in (*running, first.json()["batch_id"]):
        fat.cancel(batch_id, key=key)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_restart_does_not_forget(data, how):
    with Server(data) as server:
        first = post(server, "kept")
        server.stop(how)
        server.start()
        assert is_replay_of(post(server, "kept"), first)
        assert post(server, "kept", body_of("somebody-else")).status == 422
        server.wait(first.json()["batch_id"])
        assert batches(server) == [first.json()["batch_id"]]


def at_once(server, requests):
    """Sends each request but its last byte, then all the last bytes; the answers."""
    wires = [Wire(server) for _ in requests]
    try:
        for wire, request in zip(wires, requests):
            assert wire.send(request[:-1])
        for wire, request in zip(wires, requests):
            assert wire.send(request[-1:])
        return [wire.read() for wire in wires]
    finally:
        for wire in wires:
            wire.socket.close()


def raw_post(key, idempotency_key, body):
    content = json.dumps(body).encode()
    return post_head(key, f"Idempotency-Key: {idempotency_key}", f"Content-Length: {len(content)}") + b"\r\n" + content


def test_ten_connections_at_the_same_moment_make_one_batch(server, account):
    for at in range(10):
        answers = at_once(server, [raw_post(account, f"race-{at}", body_of(f"nobody-{at}"))] * 10)
        assert {answer.status for answer in answers} <= {200, 409}
        for answer in answers:
            assert answer.status == 200 or answer.error()["type"] == "conflict"
        accepted = [answer for answer in answers if answer.status == 200]
        assert len({answer.body for answer in accepted}) == 1
        assert sum(is_first(answer) for answer in accepted) == 1
        completed(server, account, accepted[0])
    assert len(batches(server, key=account)) == 10


def test_different_bodies_at_the_same_moment_make_one_batch(server, account):
    for at in range(5):
        answers = at_once(server, [raw_post(account, f"race-{at}", body_of(f"nobody-{n}")) for n in range(10)])
        assert sorted({answer.status for answer in answers} - {409}) == [200, 422]
        accepted = [answer for answer in answers if answer.status == 200]
        assert len(accepted) == 1 and is_first(accepted[0])
        completed(server, account, accepted[0])
    assert len(batches(server, key=account)) == 5


def test_replays_while_others_submit_the_same(data):
    """Clients that repeat their request until they have an answer, against a server that is killed again and again."""
    with Server(data, env={"ENRICHD_BATCH_ACTIVE_MAX": "1000"}) as server:
        server.make_key()
        seen, kills = {}, 0

        def insist(n):
            while True:
                try:
                    answer = post(server, f"insist-{n}", body_of(f"nobody-{n}"))
                    assert answer.status == 200
                    return answer.json()["batch_id"]
                except OSError:
                    continue

        with ThreadPoolExecutor(8) as pool:
            for n in range(5):
                started = [pool.submit(insist, f"{n}-{m}") for m in range(40)]
                server.kill()
                server.start()
                kills += 1
                seen.update({f"{n}-{m}": future.result(timeout=30) for m, future in enumerate(started)})
        assert kills == 5 and len(seen) == 200
        listed, cursor = [], ""
        while cursor is not None:
            page = server.get(f"/batch?limit=100{cursor and '&cursor=' + cursor}").json()
            listed += [job["batch_id"] for job in page["jobs"]]
            cursor = page["next_cursor"]
        assert sorted(listed) == sorted(seen.values()), "something ran twice"
