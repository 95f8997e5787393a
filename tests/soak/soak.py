#!/usr/bin/python3
"""A server under mixed load for some time: every answer is right, and neither the process nor its folder grows.

usage: soak.py [MINUTES]   (default 30)

Customers of several accounts submit, poll, download, cancel and erase; records are imported beside them, keys replaced, webhooks
received, files expire. A warm-up fills what is kept in memory on purpose: caches, and the allocator's high-water mark. In runs
of MINUTES_JUDGED or more all rest every ROUND_S for a while: memory under load goes up and down with the load by more than may
be lost in a day, and what is taken at rest shows what stays.
"""
import contextlib
import datetime
import json
import pathlib
import random
import shutil
import sqlite3
import sys
import tempfile
import threading
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path += [str(ROOT / "tests/api"), str(ROOT / "tests/openapi")]
import gauges  # noqa: E402
from customers import Account, Customer, Key, Tally, Wire  # noqa: E402
from gauges import MIB, Gauges, slope  # noqa: E402
from harness import Server, run, wait_until  # noqa: E402
from operators import Importer, KeyKeeper, Scraper, check_log, misbehave, run_patiently  # noqa: E402
from receiver import Receiver  # noqa: E402
from truth import Truth  # noqa: E402

ACCOUNTS = ("alder", "birch", "cedar")
KEYS_AN_ACCOUNT = 2
CUSTOMERS_AN_ACCOUNT = 2
RETENTION_S = 20
SETTINGS = {
    "ENRICHD_BATCH_RETENTION": f"{RETENTION_S}s", "ENRICHD_JOBS_REAP_PERIOD": "1s", "ENRICHD_COMPACT_PERIOD": "2s",
    "ENRICHD_JOBS_CHECKPOINT": "500ms", "ENRICHD_HOOKS_PROXY": "", "ENRICHD_HOOKS_ALLOW_NETWORKS": "127.0.0.0/8",
    "ENRICHD_HOOKS_RETRY_DELAYS": "1s,2s,5s,5s,5s,5s",
}
MINUTES_JUDGED = 20         # the rise of memory in a shorter run says nothing
RISE_MAX = MIB              # bytes an hour
ROUND_S = 300
REST_S = 65                 # freed memory is given back once a minute
LONG_WARM_UP, SHORT_WARM_UP = (8, 800, 500), (1, 20, 5)  # large batches, small batches, keys of each account
LOG_BYTES_MAX = 32 * MIB    # the database's write-ahead log
RECORDS_FACTOR_MAX = 4      # records on disk against those of the first import
BATCH_BYTES_MAX = 1024      # what the database keeps of a batch whose files are gone
DESCRIPTORS_SLACK = 4
SETTLE_S = 120


class Soak:
    """What all threads share."""

    def __init__(self, folder, receiver):
        self.truth, self.receiver = Truth(folder), receiver
        self.data = folder / "data"
        self.tally, self.stopped, self.lock = Tally(), threading.Event(), threading.Lock()
        self.batches, self.failure = [], None
        self.gone_after_s = RETENTION_S + 15
        self.address = None
        run("import", "person", self.truth.path, "--data", self.data)
        self.accounts = [Account(name) for name in ACCOUNTS]
        for account in self.accounts:
            account.keys += [self.make_key(account.name) for _ in range(KEYS_AN_ACCOUNT)]

    def make_key(self, account):
        made = run_patiently("key", "create", f"of-{account}", "--account", account, "--json", "--data", self.data)
        return Key(json.loads(made))

    @staticmethod
    def batch_size(rng):
        return round(10 ** rng.uniform(1, 4))

    @staticmethod
    def is_expired(answer):
        return time.time() > datetime.datetime.fromisoformat(answer["expires_at"]).timestamp()

    def accepted(self, batch):
        with self.lock:
            self.batches.append(batch)
        self.tally.add("identifiers", len(batch.texts))

    def fail(self, thread, failure):
        with self.lock:
            self.failure = self.failure or f"{type(thread).__name__}: {''.join(traceback.format_exception(failure))}"
        self.stopped.set()

    # ---- warm-up ----

    def learn(self, server):
        """Which spelling means whom, before any record changes."""
        server.key = self.accounts[0].keys[0].text
        for kind, pool in self.truth.pool.items():
            answer = server.post("/batch/person/enrich", {kind: pool})
            status = server.wait(answer.json()["batch_id"])
            self.truth.learn(kind, *(server.lines(status[url]) for url in ("download_url", "unresolved_url")))

    def fill(self, account, large, small, keys):
        """The largest batches, many small ones, and many keys: what the server keeps of each in memory is limited, and soon full."""
        wire, key = Wire(self.address, self.tally), account.keys[0].text
        headers = {"Authorization": f"Bearer {key}", "x-api-version": "2025-11-01"}
        pool = self.truth.pool["professional_network_profile_urls"]
        for count in [len(pool)] * large + [10] * small:
            body = json.dumps({"professional_network_profile_urls": pool[:count], "fields": ["experience", "professional_network"]})
            while wire.call("POST", "/batch/person/enrich", (200, 429, 503), body, headers)[0] != 200:
                time.sleep(0.05)
        for _ in range(keys):
            wire.call("GET", "/batch?limit=1", (200, 503), headers={"Authorization": f"Bearer {self.make_key(account.name).text}"})
        wire.close()

    def warm_up(self, server, is_long):
        self.learn(server)
        counts = LONG_WARM_UP if is_long else SHORT_WARM_UP
        threads = [threading.Thread(target=self.fill, args=(account, *counts)) for account in self.accounts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    # ---- the run ----

    def use(self, watch, seconds):
        """Everybody at work for that long, or until one fails; a line a minute says that it goes on."""
        self.stopped.clear()
        threads = [Customer(self, random.Random(f"{number} {len(self.batches)}"), 0.05, self.accounts[number % len(self.accounts)])
                   for number in range(len(self.accounts) * CUSTOMERS_AN_ACCOUNT)]
        threads += [Importer(self, random.Random(1), 4), KeyKeeper(self, random.Random(2), 8), Scraper(self, random.Random(3), 1)]
        for thread in threads:
            thread.start()
        end = time.monotonic() + seconds
        while not self.stopped.wait(max(0, min(60, end - time.monotonic()))) and time.monotonic() < end:
            print(f"{time.monotonic() - end:.0f} s: {self.tally['requests']:,} requests, {len(self.batches):,} batches, "
                  f"{watch.samples[-1][1]['memory'] / MIB:.1f} MiB", file=sys.stderr)
        self.stopped.set()
        for thread in threads:
            thread.join()
        assert not self.failure, self.failure

    def check_hooks(self):
        """Each batch that asked for it was told, signed with the secret of its key."""
        hooked = [batch for batch in self.batches if batch.has_hook]
        received = {}
        for delivery in list(self.receiver.received):
            received.setdefault(delivery.batch_id, delivery)
        lost = [batch.id for batch in hooked if batch.id not in received]
        if lost:
            return False
        for batch in hooked:
            assert received[batch.id].is_signed_by(batch.secret), f"the webhook of {batch.id} is not signed by its key"
        self.tally.add("webhooks", len(hooked) - self.tally["webhooks"])
        return True

    def rest(self, watch):
        """(when, memory that is taken at rest)"""
        self.settle()
        time.sleep(REST_S)
        at, values = watch.samples[-1]
        print(f"at rest: {values['memory'] / MIB:.2f} MiB", file=sys.stderr)
        return at, values["memory"]

    def use_in_rounds(self, watch, seconds):
        """What was taken at rest, before, between and after the rounds."""
        rests = [self.rest(watch)]
        for _ in range(round(seconds / ROUND_S)):
            self.use(watch, ROUND_S)
            rests.append(self.rest(watch))
        return rests

    def settle(self):
        wait_until(self.check_hooks, "the webhooks", SETTLE_S, 1)
        wait_until(lambda: gauges.folder_bytes(self.data / "pieces") == 0, "expired files to go", SETTLE_S, 1)
        assert not list((self.data / "pieces").iterdir())


def judge_memory(rests):
    up, error = (3600 * value / MIB for value in slope(rests))
    print(f"memory (RssAnon) at rest: {', '.join(f'{value / MIB:.1f}' for _, value in rests)} MiB; slope {up:+.2f} MiB an hour, "
          f"standard error {error:.2f}")
    assert up - 2 * error < RISE_MAX / MIB, "memory grows"


def judge_counts(idle, end, segments):
    print("; ".join(f"{name}: {idle[name]} before the load, {end[name]} after it" for name in ("threads", "descriptors", "mapped segments")))
    assert end["threads"] == idle["threads"], "threads are left"
    assert end["descriptors"] <= idle["descriptors"] + DESCRIPTORS_SLACK, "descriptors are left"
    assert end["mapped segments"] <= 2 * segments, f"merged segments stay mapped, there are {segments}"


def judge_disk(watch, idle, data, batches):
    with contextlib.closing(sqlite3.connect(data / "control.db")) as database:
        pages, free, page_bytes = (database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size"))
    kept = (pages - free) * page_bytes / batches
    print(f"disk: write-ahead log at most {watch.greatest('log') / MIB:.1f} MiB; records at most {watch.greatest('records') / MIB:.1f}, "
          f"{idle['records'] / MIB:.1f} before; results at most {watch.greatest('pieces') / MIB:.1f}, 0 in the end; database at most "
          f"{watch.greatest('database') / MIB:.1f}, in use in the end {kept:.0f} bytes a batch")
    assert watch.greatest("log") <= LOG_BYTES_MAX, "the write-ahead log grows"
    assert watch.greatest("records") <= RECORDS_FACTOR_MAX * idle["records"], "merged segments stay"
    assert kept <= BATCH_BYTES_MAX, "inputs or results stay in the database"


def judge_work(tally, minutes):
    for names in (("requests", "status 200", "status 429", "status 503"), ("batches", "identifiers", "cancelled", "erased", "replays"),
                  ("files compared", "lines compared", "ranges compared", "synchronous", "expired files"),
                  ("imports", "keys replaced", "webhooks")):
        print(", ".join(f"{name}: {tally[name]:,}" for name in names))
    print("; ".join(f"{name}: {count}" for name, count in sorted(tally.items()) if name.startswith("warning")) or "no warnings")
    assert tally["requests"] >= 500 * minutes and tally["batches"] >= 30 * minutes, "too little happened"
    for name in ("cancelled", "erased", "replays", "imports", "keys replaced", "webhooks", "expired files", "files compared"):
        assert tally[name] > 0, f"there was no {name}"


def main(minutes):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="enrichd-soak-"))
    with Receiver(misbehave) as receiver:
        soak = Soak(folder, receiver)
        server = Server(soak.data, env=SETTINGS)
        with server:
            soak.address = server.address
            time.sleep(1)
            idle = gauges.take(server.process.pid, soak.data)
            soak.warm_up(server, minutes >= MINUTES_JUDGED)
            watch = Gauges(server.process.pid, soak.data)
            watch.start()
            rests = []
            try:
                if minutes >= MINUTES_JUDGED:
                    rests = soak.use_in_rounds(watch, 60 * minutes)
                else:
                    soak.use(watch, 60 * minutes)
                    soak.settle()
            finally:
                watch.stop()
            end = gauges.take(server.process.pid, soak.data)
        soak.tally.add("batches", len(soak.batches))
        check_log(server, soak.tally)
        print(run("check", "--data", soak.data).stdout.splitlines()[-1])
        judge_work(soak.tally, minutes)
        judge_counts(idle, end, len(list(soak.data.glob("records/*/segment-*.data"))))
        judge_disk(watch, idle, soak.data, len(soak.batches))
        print(f"memory (RssAnon) at most {watch.greatest('memory') / MIB:.1f} MiB")
        if rests:
            judge_memory(rests)
    shutil.rmtree(folder)
    print(f"soak: {minutes:g} minutes of mixed load, nothing wrong")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 30)
