"""What the fault tests share: a small population, jobs whose files are known to the last line, a client, and a ledger of what was
acknowledged.

The program under test is $ENRICHD, as in tests/api/harness.py. Test data lies in memory (/dev/shm) where there is such a
place: what a disk keeps and what it loses is played by the tests themselves.
"""
import contextlib
import http.client
import json
import os
import pathlib
import random
import shutil
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.append(str(ROOT / "tests/api"))
from harness import ENRICHD, PROFILE, Server, identifiers, inflate, people, run, wait_until  # noqa: E402,F401  pylint: disable=wrong-import-position

PEOPLE_COUNT = 60
LIBRARIES = pathlib.Path(ENRICHD).parent / "tests"
SETTINGS = {"ENRICHD_BATCH_ACTIVE_MAX": "1000000", "ENRICHD_LIMITS_REQUESTS_PER_MINUTE": "1000000000",
            "ENRICHD_JOBS_QUEUE_MAX": "100000",
            "ENRICHD_SERVER_CONFINE": "off"}  # libraries that are loaded into the server write beside its folder
FINAL = ("completed", "failed")
ROUTE = "/batch/person/enrich"


@contextlib.contextmanager
def scratch(name):
    """A folder for one test, removed at its end unless that fails."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"enrichd-{name}-", dir=memory))
    try:
        yield folder
    except BaseException:
        print(f"the data is left in {folder}", file=sys.stderr)
        raise
    shutil.rmtree(folder)


def population(folder, seed=7):
    """The path of a file with PEOPLE_COUNT invented records."""
    path = folder / f"people-{seed}.jsonl"
    path.write_bytes(people("records", "--seed", seed, "--count", PEOPLE_COUNT))
    return path


def job_bodies(count=8):
    """Submissions of different sizes: known people under several spellings, unknown ones, what is no identifier, and repetitions."""
    known = identifiers("--seed", 7, "--count", PEOPLE_COUNT, "--take", 40, "--hits", 90, "--spellings", 50)
    rng = random.Random(1)
    bodies = []
    for number in range(count):
        urls = rng.sample(known, 1 + 4 * number) + [f"{PROFILE}nobody-{number}", "https://example.com/"]
        urls += urls[:number]
        bodies.append(json.dumps({"professional_network_profile_urls": urls, "chunk_size": 10}))
    return bodies


class FaultServer(Server):
    """A server with the limits out of the way, started many times over."""

    def __init__(self, data, *options, env=None):
        super().__init__(data, *options, env={**SETTINGS, **(env or {})})
        self.log = None
        self.starts = 0

    def start(self):
        if self.log:
            self.log.close()
        self.starts += 1
        return super().start()

    def client(self):
        self.key = self.key or self.make_key()
        return Client(self.address, self.key)


class Client:
    """One kept connection. Every call is a whole answer or an OSError or http.client.HTTPException."""

    def __init__(self, address, key):
        self.connection = http.client.HTTPConnection(address, timeout=60)
        self.headers = {"Authorization": f"Bearer {key}", "x-api-version": "2025-11-01", "Content-Type": "application/json"}

    def call(self, method, path, body=None, **headers):
        """(status, headers, body)"""
        self.connection.request(method, path, body, {**self.headers, **headers})
        response = self.connection.getresponse()
        return response.status, response.headers, response.read()

    def submit(self, body, idempotency_key=None):
        return self.call("POST", ROUTE, body, **({"Idempotency-Key": idempotency_key} if idempotency_key else {}))

    def status(self, batch_id):
        code, _, body = self.call("GET", f"/batch/{batch_id}")
        assert code == 200, f"batch {batch_id}: {code} {body}"
        return json.loads(body)

    def wait(self, batch_id, deadline_s=60):
        """The status once it is final."""
        end = time.monotonic() + deadline_s
        while time.monotonic() < end:
            code, _, body = self.call("GET", f"/batch/{batch_id}?wait=5")
            assert code == 200, f"batch {batch_id}: {code} {body}"
            status = json.loads(body)
            if status["status"] in FINAL:
                return status
        raise AssertionError(f"gave up waiting for batch {batch_id}")

    def files(self, status):
        """What the two result files say. How it is compressed may differ from one run to the next (results/piece.h)."""
        contents = []
        for url in (status["download_url"], status["unresolved_url"]):
            code, _, body = self.call("GET", url[url.index("/", 8):])
            assert code == 200, f"{url}: {code} {body}"
            contents.append(inflate(body))
        return contents

    def batch_ids(self):
        """Ids of all batches of the account."""
        found, cursor = [], ""
        while True:
            code, _, body = self.call("GET", f"/batch?limit=100{cursor}")
            assert code == 200, body
            page = json.loads(body)
            found += [job["batch_id"] for job in page["jobs"]]
            if not page["has_more"]:
                return found
            cursor = f"&cursor={page['next_cursor']}"


class Jobs:
    """The bodies, and what an undisturbed server makes of each; several things if its records change meanwhile."""

    def __init__(self, server):
        self.bodies = job_bodies()
        self.files = [[] for _ in self.bodies]
        self.learn(server)

    def learn(self, server):
        """Takes what the server makes of the bodies for right."""
        client = server.client()
        for body, files in zip(self.bodies, self.files):
            code, _, answer = client.submit(body)
            assert code == 200, answer
            status = client.wait(json.loads(answer)["batch_id"])
            assert status["status"] == "completed" and status["result_count"] > 0, status
            files.append(client.files(status))

    def check(self, client, status, kind):
        """The files of a completed batch of that kind are what they must be."""
        assert client.files(status) in self.files[kind], f"batch {status['batch_id']} of kind {kind} has other lines"


class Ledger:
    """What was acknowledged, by the thread that got the answer."""

    def __init__(self):
        self.lock = threading.Lock()
        self.kind_of = {}        # submitted: id -> kind of job
        self.key_of = {}         # submitted with a key: idempotency key -> id
        self.unanswered = {}     # sent with a key, no answer: idempotency key -> kind
        self.sent_count = 0
        self.completed = set()
        self.cancelled = set()
        self.erased = set()
        self.touched = set()     # cancelled or erased, perhaps: the request was sent

    def submitted(self, batch_id, kind, idempotency_key=None):
        with self.lock:
            assert batch_id not in self.kind_of or idempotency_key, "one id for two submissions"
            self.kind_of[batch_id] = kind
            if idempotency_key:
                assert self.key_of.setdefault(idempotency_key, batch_id) == batch_id, "two jobs for one idempotency key"
                self.unanswered.pop(idempotency_key, None)

    def sent(self, kind, idempotency_key):
        with self.lock:
            self.sent_count += 1
            if idempotency_key:
                self.unanswered[idempotency_key] = kind

    def count(self):
        return len(self.kind_of) + len(self.cancelled) + len(self.erased)

    def check_one(self, client, jobs, batch_id):
        """Waits for the batch and holds its end against what was acknowledged of it."""
        status = client.wait(batch_id)
        if batch_id in self.erased:
            assert "download_url" not in status, status
        elif batch_id in self.cancelled:
            assert status["status"] == "failed" and status["error_code"] == "cancelled", status
        elif batch_id not in self.touched:
            assert status["status"] == "completed", status
            jobs.check(client, status, self.kind_of[batch_id])
        return status
