"""Webhooks, at receivers on loopback: what is sent, when again, and where to never."""
import concurrent.futures
import email.utils
import json
import random
import re
import ssl
import subprocess
import sys
import time

import pytest
from batch_tools import ALWAYS, LINKS, UNKNOWN
from harness import ROOT, VERSION, Server, run, wait_until
from long_job import LongServer, make_data, spellings
from names import Names
from receiver import Receiver, Silent

sys.path.append(str(ROOT / "tools"))
import openapi_json  # noqa: E402  pylint: disable=wrong-import-position

NOBODY = ["nobody@acme.example"]
QUICK = {"ENRICHD_HOOKS_PROXY": "", "ENRICHD_HOOKS_RETRY_DELAYS": ",".join(["50ms"] * 9), "ENRICHD_HOOKS_TIMEOUT": "2s",
         "ENRICHD_HOOKS_CONNECT_TIMEOUT": "1s", "ENRICHD_BATCH_ACTIVE_MAX": "1000", "ENRICHD_HOOKS_STOP_TIMEOUT": "300ms"}
LOOPBACK = ("--allow-webhook-network", "127.0.0.0/8")


class HookServer(Server):
    """A server that may reach loopback and tries again soon. Its key's secret is in `secret`."""

    def __init__(self, data, *options, env=None):
        super().__init__(data, *LOOPBACK, *options, env={**QUICK, **(env or {})})

    def start(self):
        super().start()
        if not self.key:
            made = json.loads(self.make_key("--json"))
            self.key, self.key_id, self.secret = made["key"], made["id"], made["webhook_secret"]
        return self

    def submit_to(self, url, **more):
        return self.submit(emails=NOBODY, webhook_url=url, **more)["batch_id"]

    def delivery(self, batch_id):
        deliveries = self.get(f"/batch/{batch_id}/deliveries").json()["deliveries"]
        assert len(deliveries) <= 1
        return deliveries[0] if deliveries else None

    def settled(self, batch_id, state):
        """The delivery once it is in the state."""
        def look():
            delivery = self.delivery(batch_id)
            return delivery if delivery and delivery["state"] == state else None
        return wait_until(look, f"delivery of {batch_id} to be {state}")

    def ended(self, batch_id):
        """The delivery once nothing more will be tried."""
        def look():
            delivery = self.delivery(batch_id)
            return delivery if delivery and delivery["state"] != "pending" else None
        return wait_until(look, f"delivery of {batch_id} to end")

    def redeliver(self, batch_id, **options):
        return self.request("POST", f"/batch/{batch_id}/redeliver", None, VERSION, **options)


@pytest.fixture(scope="module")
def hooks(tmp_path_factory):
    with HookServer(tmp_path_factory.mktemp("hooks") / "data") as server:
        yield server


# ---- what is sent ---------------------------------------------------------------------------------------------------


def test_a_final_batch_is_posted_signed_as_standard_webhooks(hooks):
    with Receiver() as receiver:
        answer = hooks.post("/batch/person/enrich", {"business_emails": NOBODY, "webhook_url": receiver.url()}, {"X-Request-Id": "mine-7"})
        batch_id = answer.json()["batch_id"]
        delivery = hooks.settled(batch_id, "delivered")
        [got] = receiver.of(batch_id)
    [logged] = [line for line in hooks.log_text().splitlines() if '"msg":"webhook delivered"' in line and batch_id in line]
    assert '"request_id":"mine-7"' in logged
    assert got.path == "/hook?a=b" and got.id == delivery["webhook_id"] == got.headers["x-crustdata-event-id"]
    assert got.headers["content-type"] == "application/json" and got.headers["user-agent"].startswith("enrichd/")
    assert abs(int(got.headers["webhook-timestamp"]) - time.time()) < 60
    assert got.is_signed_by(hooks.secret) and len(got.signatures()) == 1
    assert not got.is_signed_by(hooks.secret, body=got.body + b" ") and not got.is_signed_by(hooks.secret, id="msg_x")
    assert not got.is_signed_by(hooks.secret, timestamp=int(got.headers["webhook-timestamp"]) + 1)
    assert not got.is_signed_by("whsec_" + "A" * 43 + "=")
    assert [(attempt["status_code"], "error" in attempt) for attempt in delivery["attempts"]] == [(204, False)]


def test_the_body_is_the_batch_with_links_that_work(hooks):
    with Receiver() as receiver:
        batch_id = hooks.submit_to(receiver.url())
        hooks.settled(batch_id, "delivered")
        body = receiver.of(batch_id)[0].json()
    status = hooks.status(batch_id)
    assert set(body) == ALWAYS | LINKS | {"completed_at", "started_at", "expires_at"} == set(status)
    assert {key: body[key] for key in set(body) - LINKS} == {key: status[key] for key in set(status) - LINKS}
    assert hooks.lines(body["unresolved_url"]) == [{"original_identifier": NOBODY[0], "reason": "not_found"}]


def test_a_delivery_is_as_openapi_describes_it(hooks):
    document = openapi_json.load()
    described = document["webhooks"]["batchFinal"]["post"]
    with Receiver() as receiver:
        batch_id = hooks.submit_to(receiver.url())
        hooks.settled(batch_id, "delivered")
        [got] = receiver.of(batch_id)
    for header in described["parameters"]:
        openapi_json.validator_of(document, header["schema"]).validate(got.headers[header["name"]])
    schema = described["requestBody"]["content"]["application/json"]["schema"]
    openapi_json.validator_of(document, schema).validate(got.json())


def test_cancelled_and_deleted_batches_are_told_too(fat_hooks):
    with Receiver() as receiver:
        for how in (fat_hooks.cancel, fat_hooks.delete):
            batch_id = fat_hooks.start_with_hook(receiver.url())
            assert how(batch_id).status in (200, 204)
            [got] = wait_until(lambda: receiver.of(batch_id), "the webhook")  # pylint: disable=cell-var-from-loop
            assert (got.json()["status"], got.json()["error_code"]) == ("failed", "cancelled")


@pytest.fixture
def fat_hooks(tmp_path):
    class Fat(LongServer):
        def start_with_hook(self, url):
            answer = self.post("/batch/person/enrich", {"professional_network_profile_urls": spellings(), "webhook_url": url})
            assert answer.status == 200
            return answer.json()["batch_id"]

    with Fat(make_data(tmp_path), *LOOPBACK, env=QUICK) as server:
        yield server


def test_after_a_change_both_secrets_sign_for_a_while(tmp_path):
    with HookServer(tmp_path / "data", env={"ENRICHD_HOOKS_SECRET_OVERLAP": "1h"}) as server, Receiver() as receiver:
        new = run("webhook", "secret", server.key_id, "--rotate", "--data", server.data).stdout.strip()
        assert new != server.secret
        batch_id = server.submit_to(receiver.url())
        server.settled(batch_id, "delivered")
        [got] = receiver.of(batch_id)
        assert len(got.signatures()) == 2 and got.is_signed_by(new) and got.is_signed_by(server.secret)
        assert run("webhook", "secret", server.key_id, "--data", server.data).stdout.strip() == new


def test_after_the_overlap_only_the_new_secret_signs(tmp_path):
    with HookServer(tmp_path / "data", env={"ENRICHD_HOOKS_SECRET_OVERLAP": "0"}) as server, Receiver() as receiver:
        new = run("webhook", "secret", server.key_id, "--rotate", "--data", server.data).stdout.strip()
        batch_id = server.submit_to(receiver.url())
        server.settled(batch_id, "delivered")
        [got] = receiver.of(batch_id)
        assert len(got.signatures()) == 1 and got.is_signed_by(new) and not got.is_signed_by(server.secret)


def test_tls_is_verified(tmp_path):
    pem, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
                    "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", pem], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    with Receiver(tls=context) as receiver:
        with HookServer(tmp_path / "trusting", env={"ENRICHD_HOOKS_CA_FILE": str(pem)}) as server:
            server.settled(server.submit_to(receiver.url()), "delivered")
        with HookServer(tmp_path / "other") as server:
            delivery = server.settled(server.submit_to(receiver.url()), "given_up")
            assert {attempt["error"] for attempt in delivery["attempts"]} == {"TLS failed"}
    assert len(receiver.received) == 1


# ---- when again -----------------------------------------------------------------------------------------------------


def first(trouble):
    """Trouble at the first attempt, then 200."""
    def behave(handler, delivery, number):
        if number == 1:
            trouble(handler, delivery)
        else:
            handler.answer(200, body=b"ok")
    return behave


def head_only(handler, _):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Le")
    handler.drop()


def endless_head(handler, _):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"y" * 1000) for n in range(40)) + b"\r\n")


TROUBLE = {
    "500": (lambda handler, _: handler.answer(500, body=b"<script>" * 10), 500),
    "404": (lambda handler, _: handler.answer(404), 404),
    "302": (lambda handler, _: handler.answer(302, [("Location", "/elsewhere")]), 302),
    "304": (lambda handler, _: handler.answer(304), 304),
    "a reset": (lambda handler, _: handler.drop(), None),
    "half a head": (head_only, None),
    "a long head": (endless_head, None),
    "silence": (lambda handler, _: time.sleep(2.5), None),
    "nonsense": (lambda handler, _: handler.wfile.write(b"\0" * 100), None),
}


@pytest.mark.parametrize("name", TROUBLE)
def test_what_fails_is_tried_again_under_the_same_id(hooks, name):
    trouble, status = TROUBLE[name]
    with Receiver(first(trouble)) as receiver:
        batch_id = hooks.submit_to(receiver.url())
        delivery = hooks.settled(batch_id, "delivered")
        got = receiver.of(batch_id)
    assert [one.id for one in got] == [delivery["webhook_id"]] * 2 and all(one.is_signed_by(hooks.secret) for one in got)
    assert {one.path for one in got} == {"/hook?a=b"}
    failed, delivered = delivery["attempts"]
    assert failed.get("status_code") == status and failed["error"] and delivered["status_code"] == 200
    assert failed["attempted_at"] < delivered["attempted_at"] and "next_attempt_at" not in delivery
    assert "script" not in json.dumps(delivery)


def long_body(handler, _delivery, _number):
    handler.send_response(200)
    handler.end_headers()
    handler.sent = 0
    while True:
        handler.wfile.write(b"x" * 65536)
        handler.server.sent = handler.sent = handler.sent + 65536


def cut_body(handler, _delivery, _number):
    handler.send_response(202)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"x" * 10)
    handler.drop()


@pytest.mark.parametrize("behave", [long_body, cut_body])
def test_a_whole_head_with_2xx_counts_whatever_the_body_does(hooks, behave):
    with Receiver(behave) as receiver:
        batch_id = hooks.submit_to(receiver.url())
        assert len(hooks.settled(batch_id, "delivered")["attempts"]) == len(receiver.of(batch_id)) == 1
        assert getattr(receiver, "sent", 0) < 64 << 20


def test_how_much_of_an_answer_is_read_is_a_setting(tmp_path):
    with HookServer(tmp_path / "data", env={"ENRICHD_HOOKS_ANSWER_HEAD_MAX": "64KiB"}) as server, Receiver(first(endless_head)) as receiver:
        assert len(server.settled(server.submit_to(receiver.url()), "delivered")["attempts"]) == 1


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_honoured(hooks, form):
    def busy(handler, _):
        value = "2" if form == "seconds" else email.utils.formatdate(int(time.time()) + 3, usegmt=True)
        handler.answer(429, [("Retry-After", value)])
    with Receiver(first(busy)) as receiver:
        batch_id = hooks.submit_to(receiver.url())
        hooks.settled(batch_id, "delivered")
        one, two = receiver.of(batch_id)
    assert two.time - one.time >= 1.9


def test_retry_after_is_bounded(tmp_path):
    with HookServer(tmp_path / "data", env={"ENRICHD_HOOKS_RETRY_AFTER_MAX": "1s"}) as server:
        with Receiver(first(lambda handler, _: handler.answer(503, [("Retry-After", "99999999999999999999")]))) as receiver:
            server.settled(server.submit_to(receiver.url()), "delivered")


def test_410_ends_the_attempts(hooks):
    with Receiver(lambda handler, *_: handler.answer(410)) as receiver:
        batch_id = hooks.submit_to(receiver.url())
        delivery = hooks.settled(batch_id, "given_up")
        time.sleep(0.3)
        assert len(receiver.of(batch_id)) == len(delivery["attempts"]) == 1


def test_after_ten_attempts_it_is_given_up_and_can_be_asked_for_again(hooks):
    healthy = []
    with Receiver(lambda handler, *_: handler.answer(200 if healthy else 500)) as receiver:
        batch_id = hooks.submit_to(receiver.url())
        delivery = hooks.settled(batch_id, "given_up")
        assert len(delivery["attempts"]) == len(receiver.of(batch_id)) == 10
        healthy.append(True)
        answer = hooks.redeliver(batch_id)
        assert answer.status == 202 and answer.json()["deliveries"][0]["webhook_id"] == delivery["webhook_id"]
        assert len(hooks.settled(batch_id, "delivered")["attempts"]) == 11
        assert hooks.redeliver(batch_id).status == 202  # also what was delivered
        wait_until(lambda: len(receiver.of(batch_id)) == 12, "one more")
        assert {one.id for one in receiver.of(batch_id)} == {delivery["webhook_id"]}


def test_who_may_see_deliveries_and_ask_for_them(hooks):
    other = hooks.make_key("--account", "other")
    with Receiver() as receiver:
        batch_id = hooks.submit_to(receiver.url())
        hooks.settled(batch_id, "delivered")
        for path in (batch_id, UNKNOWN, "x"):
            key = other if path == batch_id else True
            assert hooks.get(f"/batch/{path}/deliveries", key=key).status == 404
            assert hooks.redeliver(path, key=key).status == 404
        plain = hooks.submit(emails=NOBODY)["batch_id"]
        hooks.wait(plain)
        assert hooks.delivery(plain) is None
        assert hooks.redeliver(plain).status == 409
        assert len(receiver.received) == 1


# ---- restarts -------------------------------------------------------------------------------------------------------


def test_what_waits_for_its_time_survives_a_restart(tmp_path):
    healthy = []
    env = {"ENRICHD_HOOKS_RETRY_DELAYS": "3s"}
    with Receiver(lambda handler, *_: handler.answer(200 if healthy else 500)) as receiver:
        with HookServer(tmp_path / "data", env=env) as server:
            batch_id = server.submit_to(receiver.url())
            before = wait_until(lambda: (found := server.delivery(batch_id)) and found["attempts"] and found, "the first attempt")
            server.kill()
            server.start()
            assert server.delivery(batch_id) == before and before["state"] == "pending"
            healthy.append(True)
            assert len(server.settled(batch_id, "delivered")["attempts"]) == 2


def test_an_attempt_that_a_stop_cuts_off_is_made_again(tmp_path):
    healthy = []
    with Receiver(lambda handler, *_: handler.answer(200) if healthy else time.sleep(5)) as receiver:
        with HookServer(tmp_path / "data", env={"ENRICHD_HOOKS_TIMEOUT": "1h"}) as server:
            batch_id = server.submit_to(receiver.url())
            wait_until(lambda: receiver.of(batch_id), "the attempt")
            begin = time.monotonic()
            assert server.stop() == 0 and time.monotonic() - begin < 4
            healthy.append(True)
            server.start()
            delivery = server.settled(batch_id, "delivered")
            assert len(delivery["attempts"]) == 1
            assert {one.id for one in receiver.of(batch_id)} == {delivery["webhook_id"]} and len(receiver.of(batch_id)) == 2


def test_every_event_arrives_though_the_receiver_fails_and_the_server_is_killed(tmp_path):
    luck = random.Random(3)

    def moody(handler, _delivery, _number):
        chance = luck.random()
        if chance < 0.3:
            handler.drop()
        elif chance < 0.4:
            handler.answer(luck.choice([500, 503, 307, 404]), [("Location", "/elsewhere")])
        elif chance < 0.43:
            handler.answer(429, [("Retry-After", "1")])
        elif chance < 0.47:
            handler.answer(410)
        else:
            time.sleep(luck.random() * 0.05)
            cut_body(handler, None, None) if chance < 0.55 else handler.answer(200)

    with Receiver(moody) as receiver, HookServer(tmp_path / "data", env={"ENRICHD_HOOKS_RETRY_DELAYS": ",".join(["50ms"] * 40)}) as server:
        ids = []
        for kill in (True, True, True, False):
            ids += [server.submit_to(receiver.url()) for _ in range(50)]
            wait_until(lambda: len({one.batch_id for one in receiver.received}) >= len(ids) - 40, "some to arrive")
            if kill:
                server.kill()
                server.start()
        deliveries = {batch_id: server.ended(batch_id) for batch_id in ids}
        got = list(receiver.received)
    assert len(ids) == 200 and len(got) > 240
    assert {one.batch_id for one in got} == set(ids)
    assert {(one.batch_id, one.id) for one in got} == {(batch_id, delivery["webhook_id"]) for batch_id, delivery in deliveries.items()}
    assert all(one.is_signed_by(server.secret) for one in got)
    given_up = [delivery["attempts"][-1] for delivery in deliveries.values() if delivery["state"] == "given_up"]
    assert 0 < len(given_up) < 60 and {attempt["status_code"] for attempt in given_up} == {410}


# ---- nobody waits for others ----------------------------------------------------------------------------------------


def test_dead_receivers_delay_nobody_else(tmp_path):
    env = {"ENRICHD_HOOKS_TIMEOUT": "20s", "ENRICHD_HOOKS_ATTEMPTS_MAX": "16", "ENRICHD_HOOKS_ACCOUNT_ATTEMPTS_MAX": "8",
           "ENRICHD_HOOKS_HOST_ATTEMPTS_MAX": "4"}
    with Silent() as dead, Silent() as dead_too, Receiver() as alive, HookServer(tmp_path / "data", env=env) as server:
        for _ in range(30):
            server.submit_to(f"http://127.0.0.1:{dead.port}/")
        wait_until(lambda: len(dead.connections) == 4, "the limit of a host")
        server.settled(server.submit_to(alive.url()), "delivered")  # same account, another host
        for _ in range(10):
            server.submit_to(f"http://127.0.0.1:{dead_too.port}/")
        wait_until(lambda: len(dead_too.connections) == 4, "the limit of the account")
        waiting = server.submit_to(alive.url())
        key = server.make_key("--account", "other")
        answer = server.post("/batch/person/enrich", {"business_emails": NOBODY, "webhook_url": alive.url()}, key=key)
        begin = time.monotonic()
        wait_until(lambda: alive.of(answer.json()["batch_id"]), "the other account's webhook")
        assert time.monotonic() - begin < 10 and not alive.of(waiting)
        assert (len(dead.connections), len(dead_too.connections)) == (4, 4)


# ---- where to never -------------------------------------------------------------------------------------------------


DENIED = re.search(r"denied_addresses\[\] = {(.*?)};", (ROOT / "tests/unit/ip_policy_rows.h").read_text(encoding="utf-8"), re.S)[1]
NO_RETRY = {**QUICK, "ENRICHD_HOOKS_RETRY_DELAYS": ""}


@pytest.fixture
def names(tmp_path):
    return Names(tmp_path)


def errors_of(server, batch_id):
    """What went wrong in the attempts of a batch's delivery, once it was given up."""
    def look():
        [delivery] = server.get(f"/batch/{batch_id}/deliveries").json()["deliveries"] or [None]
        return delivery and delivery["state"] == "given_up" and [attempt["error"] for attempt in delivery["attempts"]]
    return wait_until(look, f"delivery of {batch_id} to be given up")


def test_names_that_lead_to_special_addresses_are_not_connected_to(tmp_path, names):
    """Every special address, as the one that a name leads to; those of this machine are listened to."""
    addresses = re.findall(r'"([^"]+)"', DENIED)
    for number, address in enumerate(addresses):
        names.lead(f"n{number}.acme.example", address)
    env = {**NO_RETRY, **names.environment(), "ENRICHD_BATCH_ACTIVE_MAX": "1000"}
    with Silent("0.0.0.0") as v4, Silent("::") as v6, Server(tmp_path / "data", env=env) as server:
        ids = {address: server.submit(emails=NOBODY, webhook_url=f"http://n{number}.acme.example:{(v6 if ':' in address else v4).port}/")
               ["batch_id"] for number, address in enumerate(addresses)}
        assert len(ids) > 80
        for address, batch_id in ids.items():
            assert errors_of(server, batch_id) == ["the address is not allowed"], address
        assert v4.connections == v6.connections == []


def test_a_name_that_leads_elsewhere_the_second_time_is_not_connected_to(tmp_path, names):
    names.lead("moves.acme.example", "127.0.0.1")
    with Receiver(lambda handler, *_: handler.answer(500)) as allowed, Silent("127.0.0.2", allowed.server_port) as forbidden:
        env = {**NO_RETRY, **names.environment()}
        with Server(tmp_path / "data", "--allow-webhook-network", "127.0.0.1", env=env) as server:
            batch_id = server.submit(emails=NOBODY, webhook_url=allowed.url(host="moves.acme.example"))["batch_id"]
            assert errors_of(server, batch_id) == ["the receiver answered with an error"]
            names.lead("moves.acme.example", "127.0.0.2")
            server.stop()  # it would know the name for a minute
            server.start()
            assert server.request("POST", f"/batch/{batch_id}/redeliver", None, VERSION).status == 202
            wait_until(lambda: len(errors_of(server, batch_id)) == 2, "the second attempt")
            assert errors_of(server, batch_id)[1] == "the address is not allowed"
            names.lead("both.acme.example", "127.0.0.2", "127.0.0.1")
            batch_id = server.submit(emails=NOBODY, webhook_url=allowed.url(host="both.acme.example"))["batch_id"]
            assert errors_of(server, batch_id) == ["the receiver answered with an error"]
        assert len(allowed.received) == 2 and forbidden.connections == []


def test_a_resolver_that_hangs_delays_nobody_else(tmp_path, names):
    names.lead("alive.acme.example", "127.0.0.1")
    names.lead("stuck.acme.example", "stuck")
    env = {**names.environment(), "ENRICHD_HOOKS_ATTEMPTS_MAX": "16", "ENRICHD_HOOKS_HOST_ATTEMPTS_MAX": "4",
           "ENRICHD_HOOKS_RETRY_DELAYS": "1h", "ENRICHD_HOOKS_TIMEOUT": "1s"}
    with Receiver() as alive, HookServer(tmp_path / "data", env=env) as server:
        stuck = [server.submit_to("http://stuck.acme.example/") for _ in range(10)]
        for _ in range(5):
            server.settled(server.submit_to(alive.url(host="alive.acme.example")), "delivered")
        for batch_id in stuck:
            tried = wait_until(lambda: server.delivery(batch_id)["attempts"], "the attempt's end")  # pylint: disable=cell-var-from-loop
            assert [attempt["error"] for attempt in tried] == ["timed out"]
        assert server.stop() == 0


def test_an_address_that_is_no_more_allowed_after_a_restart_is_not_connected_to(tmp_path):
    """The check at submission is not what protects: here it had said yes."""
    with Silent() as target:
        with HookServer(tmp_path / "data", env={"ENRICHD_HOOKS_RETRY_DELAYS": "1h", "ENRICHD_HOOKS_TIMEOUT": "100ms"}) as server:
            spellings = ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "017700000001"]
            ids = [server.submit_to(f"http://{host}:{target.port}/") for host in spellings]
            wait_until(lambda: len(target.connections) == len(spellings), "the attempts that are allowed")
            for batch_id in ids:
                wait_until(lambda: server.delivery(batch_id)["attempts"], "the outcome")  # pylint: disable=cell-var-from-loop
        with Server(tmp_path / "data", env=QUICK) as server:
            key = server.make_key()
            for batch_id in ids:
                assert server.request("POST", f"/batch/{batch_id}/redeliver", None, VERSION, key=key).status == 202
                wait_until(lambda: server.get(f"/batch/{batch_id}/deliveries", key=key)  # pylint: disable=cell-var-from-loop
                           .json()["deliveries"][0]["state"] == "given_up", "the end")
        assert len(target.connections) == len(spellings)


def test_redirects_to_special_addresses_are_not_followed(tmp_path):
    with Silent("127.0.0.2") as forbidden:
        places = [f"http://127.0.0.2:{forbidden.port}/", f"http://2130706434:{forbidden.port}/", f"//127.0.0.2:{forbidden.port}/"]
        answers = iter(places * 10)
        with Receiver(lambda handler, *_: handler.answer(307, [("Location", next(answers))])) as receiver:
            with Server(tmp_path / "data", "--allow-webhook-network", "127.0.0.1", env=QUICK) as server:
                batch_id = server.submit(emails=NOBODY, webhook_url=receiver.url())["batch_id"]
                wait_until(lambda: server.get(f"/batch/{batch_id}/deliveries").json()["deliveries"][0]["state"] == "given_up"
                           if server.status(batch_id)["status"] == "completed" else False, "the end")
        assert len(receiver.received) == 10 and forbidden.connections == []


@pytest.mark.parametrize("allowed", ["127.0.0.1", "localhost"])
def test_a_host_can_be_allowed_by_name(tmp_path, allowed):
    with Receiver() as receiver, Server(tmp_path / "data", "--allow-webhook-host", allowed, env=QUICK) as server:
        for host in ("127.0.0.1", "localhost", "LOCALHOST", "127.1"):
            is_allowed = allowed == {"LOCALHOST": "localhost", "127.1": "127.0.0.1"}.get(host, host)
            answer = server.post("/batch/person/enrich", {"business_emails": NOBODY, "webhook_url": receiver.url(host=host)})
            assert answer.status == (200 if is_allowed else 400), (host, answer.body)
            if is_allowed:
                wait_until(lambda: receiver.of(answer.json()["batch_id"]), host)  # pylint: disable=cell-var-from-loop


def test_a_proxy_gets_everything_and_the_environments_is_not_asked(tmp_path):
    with Silent() as ambient, Receiver() as proxy:
        surroundings = {name: f"http://127.0.0.1:{ambient.port}" for name in ("http_proxy", "HTTPS_PROXY", "ALL_PROXY")}
        with HookServer(tmp_path / "direct", env=surroundings) as server, Receiver() as receiver:
            server.settled(server.submit_to(receiver.url()), "delivered")
        with HookServer(tmp_path / "proxied", env={**surroundings, "no_proxy": "*", "ENRICHD_HOOKS_PROXY": proxy.url("")}) as server:
            server.settled(server.submit_to("http://hooks.acme.example/x"), "delivered")
        assert proxy.received[0].path == "http://hooks.acme.example/x" and ambient.connections == []


def test_many_at_the_same_time(hooks):
    with Receiver() as receiver, concurrent.futures.ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda _: hooks.submit_to(receiver.url()), range(200)))
        wait_until(lambda: len({one.batch_id for one in list(receiver.received)}) == 200, "all webhooks")
        assert len(set(ids)) == len(receiver.received) == 200
