"""Somebody else holds control.db's write lock for longer than the server waits for it, as a transaction left open in sqlite3 does."""
import contextlib
import sqlite3
import threading

import pytest
from harness import Server, identifiers, wait_until
from receiver import Receiver
from test_webhooks import LOOPBACK, QUICK


@contextlib.contextmanager
def locked(data):
    with contextlib.closing(sqlite3.connect(data / "control.db", timeout=30, isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        yield
        database.execute("ROLLBACK")


def is_logged(server, *messages):
    text = server.log_text()
    return all(f'"msg":"{message}' in text for message in messages)


@pytest.fixture
def server(data):
    with Server(data, *LOOPBACK, env={**QUICK, "ENRICHD_JOBS_CHECKPOINT": "100ms", "ENRICHD_JOBS_WORKERS": "1"}) as running:
        running.key = running.make_key()
        yield running


def test_submissions_are_refused_and_what_was_accepted_goes_on_once_the_lock_is_free(server, data):
    """A batch that is ready cannot be made final, and a webhook's outcome not be written down: both are tried again."""
    is_locked, is_met = threading.Event(), threading.Event()

    def answer_once_it_is_locked(handler, _delivery, _number):
        is_met.set()
        is_locked.wait(30)
        handler.answer(204)

    with Receiver(answer_once_it_is_locked) as receiver:
        hooked = server.submit(emails=["nobody@acme.example"], webhook_url=receiver.url())["batch_id"]
        assert is_met.wait(30)
        people = identifiers("--seed", 7, "--count", 3000, "--take", 3000)
        working = [server.submit(people, fields=["experience", "skills"])["batch_id"] for _ in range(6)][-1]
        with locked(data):
            is_locked.set()
            refusal = server.post("/batch/person/enrich", {"business_emails": ["a@acme.example"]})
            assert refusal.status == 503 and int(refusal.headers["retry-after"]) >= 1, refusal.body
            assert server.status(working)["status"] in ("pending", "processing")
            wait_until(lambda: is_logged(server, "outcomes of webhooks cannot be stored", "batch could not be made final"),
                       "both to be met", deadline_s=40)
        assert server.wait(working)["result_count"] > 1000
        [delivery] = wait_until(lambda: [one for one in server.get(f"/batch/{hooked}/deliveries").json()["deliveries"]
                                         if one["state"] == "delivered"], "the outcome")
        assert len(delivery["attempts"]) == 1 == len(receiver.of(hooked))
        assert server.post("/batch/person/enrich", {"business_emails": ["a@acme.example"]}).status == 200
