#!/usr/bin/python3
"""A server is killed again and again while clients are at work; nothing that it acknowledged may be lost.

usage: kill_loop.py [CYCLES]

Four clients submit (with and without Idempotency-Key), poll, download, cancel and delete, and note each answer in a ledger. 10
to 150 ms after it is ready the server gets SIGKILL. After each start what was acknowledged in the cycle before is there, and
submissions that had got no answer are sent again under their key. In the end every batch is final, its files have the
expected lines, and there are no more batches than were asked for.
"""
import http.client
import json
import random
import sys
import threading
import time

from world import FaultServer, Jobs, Ledger, population, run, scratch

CLIENTS = 4
LIFE = 200    # kills of one data folder
PAUSE_S = 0.005
SAMPLE = 40  # acknowledged batches that are looked at after each start
BROKEN = (OSError, http.client.HTTPException)


class Customer(threading.Thread):
    """Uses the server until the connection breaks; an assertion that fails is kept for the end."""

    def __init__(self, server, jobs, ledger, seed):
        super().__init__()
        self.server, self.jobs, self.ledger, self.random = server, jobs, ledger, random.Random(seed)
        self.own = []
        self.failure = None

    def run(self):
        try:
            client = self.server.client()
            while True:
                self.step(client)
                time.sleep(self.random.uniform(0, PAUSE_S))
        except BROKEN:
            pass
        except BaseException as failure:  # pylint: disable=broad-except
            self.failure = failure

    def step(self, client):
        what = self.random.random()
        if what < 0.65 or not self.own:
            self.submit(client)
        elif what < 0.80:
            self.poll(client, self.random.choice(self.own))
        elif what < 0.90:
            self.end(client, "POST", self.random.choice(self.own))
        else:
            self.end(client, "DELETE", self.random.choice(self.own))

    def submit(self, client):
        kind = self.random.randrange(len(self.jobs.bodies))
        key = f"{self.random.getrandbits(64):x}" if self.random.random() < 0.5 else None
        self.ledger.sent(kind, key)
        code, _, body = client.submit(self.jobs.bodies[kind], key)
        assert code == 200, f"submission: {code} {body}"
        batch_id = json.loads(body)["batch_id"]
        self.ledger.submitted(batch_id, kind, key)
        self.own.append(batch_id)

    def poll(self, client, batch_id):
        status = client.status(batch_id)
        if status["status"] != "completed" or "download_url" not in status:
            assert batch_id not in self.ledger.completed or batch_id in self.ledger.touched, status
            return
        self.ledger.completed.add(batch_id)
        self.jobs.check(client, status, self.ledger.kind_of[batch_id])

    def end(self, client, method, batch_id):
        self.ledger.touched.add(batch_id)
        self.own.remove(batch_id)
        code, _, body = client.call(method, f"/batch/{batch_id}" + ("/cancel" if method == "POST" else ""))
        if method == "DELETE":
            assert code == 204, f"deletion: {code} {body}"
            self.ledger.erased.add(batch_id)
        elif code == 409:  # completed before
            self.ledger.completed.add(batch_id)
            self.ledger.touched.discard(batch_id)
        else:
            assert code == 200, f"cancellation: {code} {body}"
            self.ledger.cancelled.add(batch_id)


def cycle(server, jobs, ledger, seed):
    customers = [Customer(server, jobs, ledger, seed * CLIENTS + number) for number in range(CLIENTS)]
    for customer in customers:
        customer.start()
    time.sleep(random.Random(seed).uniform(0.010, 0.150))
    server.kill()
    for customer in customers:
        customer.join()
        if customer.failure:
            raise customer.failure
    return [batch_id for customer in customers for batch_id in customer.own]


def check_after_start(server, ledger, latest):
    """The newest acknowledgements are there; an unanswered key leads to one job, however often it is sent."""
    client = server.client()
    for batch_id in latest[-SAMPLE:]:
        status = client.status(batch_id)
        assert batch_id not in ledger.completed or status["status"] == "completed", status
    for key, kind in list(ledger.unanswered.items()):
        for _ in range(2):
            code, _, body = client.submit(ledger.jobs.bodies[kind], key)
            assert code == 200, f"repetition: {code} {body}"
            ledger.submitted(json.loads(body)["batch_id"], kind, key)
            ledger.key_of[key] = json.loads(body)["batch_id"]


def check_all(server, jobs, ledger):
    client = server.client()
    stored = client.batch_ids()
    assert len(stored) == len(set(stored)), "a batch is listed twice"
    lost = set(ledger.kind_of) - set(stored)
    assert not lost, f"{len(lost)} acknowledged batches are lost, as {next(iter(lost))}"
    more = len(stored) - len(ledger.kind_of) - len(jobs.bodies)
    assert 0 <= more <= ledger.sent_count - len(ledger.kind_of), f"{more} batches more than asked for"
    for batch_id in ledger.kind_of:
        ledger.check_one(client, jobs, batch_id)
    for key, batch_id in list(ledger.key_of.items())[::50]:
        code, headers, body = client.submit(jobs.bodies[ledger.kind_of[batch_id]], key)
        assert (code, headers.get("Idempotency-Replayed")) == (200, "true") and json.loads(body)["batch_id"] == batch_id, body


def life(cycles, first):
    """So many kills of one data folder: its ledger. first: the seed of the first cycle."""
    with scratch("kill") as folder:
        run("import", "person", population(folder), "--data", folder / "data")
        server = FaultServer(folder / "data")
        with server:
            jobs, ledger = Jobs(server), Ledger()
            ledger.jobs = jobs
            for number in range(cycles):
                latest = cycle(server, jobs, ledger, first + number)
                server.start()
                check_after_start(server, ledger, latest)
            check_all(server, jobs, ledger)
        run("check", "--data", folder / "data")
    assert server.starts == cycles + 1
    assert ledger.count() >= 25 * cycles, f"only {ledger.count()} acknowledgements"
    return ledger


def main(cycles):
    begin = time.monotonic()
    ledgers = [life(min(LIFE, cycles - first), first) for first in range(0, cycles, LIFE)]
    submitted, cancelled, erased = (sum(len(getattr(ledger, name)) for ledger in ledgers)
                                    for name in ("kind_of", "cancelled", "erased"))
    assert cancelled and erased and all(ledger.completed for ledger in ledgers)
    print(f"kill -9: {cycles} kills under load; acknowledged {submitted} submissions, {cancelled} cancellations, {erased} "
          f"deletions; 0 lost, 0 damaged ({time.monotonic() - begin:.0f} s)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
