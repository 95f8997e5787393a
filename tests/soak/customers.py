"""Those who use the server, each in a thread with connections of its own. Every answer must be one that the contract allows for what
was sent; the first that is not ends the run.
"""
import collections
import contextlib
import http.client
import json
import threading
import time
import zlib

from truth import FIELDS, IDENTIFIERS_MAX, KINDS

VERSION = {"x-api-version": "2025-11-01", "Content-Type": "application/json"}
UNKNOWN = "00000000-0000-7000-8000-000000000000"
REQUESTS_A_CONNECTION = 40
OPEN_MAX = 3  # batches of one customer at a time; those of an account together meet its limit of five
FULL_CHECK_LINES = 60
FINAL_WITHIN_S = 300


class Key:
    """An API key in use: whoever is about to end it waits until nobody is sending it."""

    def __init__(self, made):
        self.id, self.text, self.webhook_secret = made["id"], made["key"], made["webhook_secret"]
        self.senders = 0


class Account:
    def __init__(self, name):
        self.name = name
        self.keys = []
        self.lock = threading.Lock()

    @contextlib.contextmanager
    def key(self, rng):
        with self.lock:
            key = rng.choice(self.keys)
            key.senders += 1
        try:
            yield key
        finally:
            with self.lock:
                key.senders -= 1

    def replace(self, old, new):
        """From the return on nobody sends the old key."""
        with self.lock:
            self.keys.append(new)
            self.keys.remove(old)
        while old.senders:
            time.sleep(0.01)


class Batch:
    """What was acknowledged, and what is known of it."""

    def __init__(self, key, texts, fields, versions_from):
        self.key, self.texts, self.fields, self.versions_from = key, texts, fields, versions_from
        self.id = self.secret = None
        self.submitted = time.monotonic()
        self.has_hook = self.is_cancelled = self.is_erased = False


class Tally(collections.Counter):
    """Counts of what happened, from all threads."""

    def __init__(self):
        super().__init__()
        self.lock = threading.Lock()

    def add(self, name, count=1):
        with self.lock:
            self[name] += count


class Wire:
    """Requests over kept connections, each answer checked for what every answer must have."""

    def __init__(self, address, tally):
        self.address, self.tally = address, tally
        self.connection, self.left = None, 0

    def call(self, method, path, allowed, body=None, headers=None):
        """(status, headers, body)"""
        if self.left == 0:
            self.close()
            self.connection, self.left = http.client.HTTPConnection(self.address, timeout=90), REQUESTS_A_CONNECTION
        self.left -= 1
        self.connection.request(method, path, body, headers or {})
        response = self.connection.getresponse()
        content = response.read()
        self.tally.add("requests")
        self.tally.add(f"status {response.status}")
        where = f"{method} {path.split('?')[0]}: {response.status} {content[:300]}"
        assert response.status in allowed, where
        assert response.headers["X-Request-Id"], where
        if response.status >= 400 and method != "HEAD":
            assert set(json.loads(content)["error"]) == {"type", "message", "metadata"}, where
        if response.status in (429, 503):
            assert int(response.headers["Retry-After"]) >= 1, where
        return response.status, response.headers, content

    def close(self):
        if self.connection:
            self.connection.close()
            self.connection, self.left = None, 0


class Thread(threading.Thread):
    """step() until the soak ends; what fails is kept, and ends it."""

    def __init__(self, soak, rng, pause_s):
        super().__init__(daemon=True)
        self.soak, self.rng, self.pause_s = soak, rng, pause_s
        self.wire = Wire(soak.address, soak.tally)

    def run(self):
        try:
            while not self.soak.stopped.wait(self.rng.uniform(0, 2 * self.pause_s)):
                self.step()
            self.finish()
        except BaseException as failure:  # pylint: disable=broad-except
            self.soak.fail(self, failure)
        self.wire.close()

    def step(self):
        raise NotImplementedError

    def finish(self):
        pass


class Customer(Thread):
    """Submits, polls, downloads, cancels, erases."""

    def __init__(self, soak, rng, pause_s, account):
        super().__init__(soak, rng, pause_s)
        self.account = account
        self.open, self.old_links = [], []

    def call(self, method, path, allowed, body=None, **headers):
        with self.account.key(self.rng) as key:
            headers = {**VERSION, **headers, "Authorization": f"{self.rng.choice(('Bearer', 'Token'))} {key.text}"}
            return (*self.wire.call(method, path, allowed, body, headers), key)

    def step(self):
        steps = ((self.submit, 30), (self.look, 40), (self.enrich, 15), (self.list, 4), (self.refused, 5), (self.expired, 4),
                 (self.leave, 2))
        self.rng.choices([step for step, _ in steps], [weight for _, weight in steps])[0]()

    def finish(self):
        while self.open:
            self.look()

    # ---- submitting ----

    def submit(self):
        if len(self.open) == OPEN_MAX:
            return
        kind = self.rng.choice(list(KINDS))
        texts = self.soak.truth.choose(self.rng, kind, self.soak.batch_size(self.rng))
        fields = self.rng.choice(FIELDS)
        body = {kind: texts}
        if fields:
            body["fields"] = fields.split(",")
        if self.rng.random() < 0.3:
            body["webhook_url"] = self.soak.receiver.url(f"/{self.account.name}")
        if self.rng.random() < 0.3:
            body["chunk_size"] = self.rng.randint(10, 1000)
        headers = {"Idempotency-Key": f"{self.rng.getrandbits(128):x}"} if self.rng.random() < 0.5 else {}
        batch = Batch(kind, texts, fields, self.soak.truth.published)
        text = json.dumps(body)
        status, _, content, key = self.call("POST", "/batch/person/enrich", (200, 429, 503), text, **headers)
        if status != 200:
            return
        batch.id = json.loads(content)["batch_id"]
        batch.has_hook, batch.secret = "webhook_url" in body, key.webhook_secret
        self.soak.accepted(batch)
        self.open.append(batch)
        if headers and self.rng.random() < 0.3:
            self.repeat(batch, text, headers)
        if self.rng.random() < 0.07:
            self.rng.choice((self.cancel, self.erase))(batch)

    def repeat(self, batch, text, headers):
        status, answer, content, _ = self.call("POST", "/batch/person/enrich", (200, 503), text, **headers)
        if status == 200:
            assert answer["Idempotency-Replayed"] == "true" and json.loads(content)["batch_id"] == batch.id, content
            self.soak.tally.add("replays")
        self.call("POST", "/batch/person/enrich", (422, 503), '{"business_emails":["another@example.com"]}', **headers)

    # ---- reading ----

    def look(self):
        """One of the open batches; it leaves the list once it is final."""
        if not self.open:
            return
        batch = self.rng.choice(self.open)
        wait = f"?wait={self.rng.randint(1, 5)}" if self.rng.random() < 0.5 else ""
        status, headers, content, _ = self.call("GET", f"/batch/{batch.id}{wait}", (200, 503))
        if status == 503:
            return
        if self.rng.random() < 0.2:
            self.call("GET", f"/batch/{batch.id}", (200, 304, 503), **{"If-None-Match": headers["ETag"]})
        answer = json.loads(content)
        counts = answer["request_counts"]
        assert sum(counts.values()) == 2 * counts["total"] == 2 * len(batch.texts), answer
        if answer["status"] in ("completed", "failed"):
            self.open.remove(batch)
            self.final(batch, answer)
        assert time.monotonic() - batch.submitted < FINAL_WITHIN_S, f"batch {batch.id} does not end: {answer}"

    def final(self, batch, answer):
        if answer["status"] == "failed":
            assert (batch.is_cancelled or batch.is_erased) and answer["error_code"] == "cancelled", answer
            if not batch.is_erased and "partial_download_url" in answer:
                self.fetch(answer["partial_download_url"], (200, 410))
        elif "download_url" not in answer:
            assert batch.is_erased or self.soak.is_expired(answer), answer
        else:
            assert not batch.is_cancelled, answer
            self.download(batch, answer)
            if self.rng.random() < 0.15:
                self.erase(batch)
            self.old_links.append((time.monotonic() + self.soak.gone_after_s, answer["download_url"]))

    def fetch(self, url, allowed=(200, 410), method="GET", **headers):
        status, answer, content = self.wire.call(method, url[url.index("/", 8):], (*allowed, 503), headers=headers)
        return status, answer, content

    def download(self, batch, answer):
        versions = (batch.versions_from, self.soak.truth.begun)
        status, headers, merged = self.fetch(answer["download_url"])
        left, _, unresolved = self.fetch(answer["unresolved_url"])
        if status != 200 or left != 200:
            assert self.soak.is_expired(answer) or batch.is_erased or 503 in (status, left), answer
            return
        lines = self.soak.truth.check_files(batch.key, batch.texts, batch.fields, versions, merged, unresolved, FULL_CHECK_LINES)
        self.soak.tally.add("files compared", 2)
        self.soak.tally.add("lines compared", lines)
        if self.rng.random() < 0.3:
            self.parts(answer, merged)
        if self.rng.random() < 0.3:
            self.range(answer, headers, merged)

    def parts(self, answer, merged):
        """Together the parts are the merged file."""
        whole = zlib.crc32(zlib.decompress(merged, 31))
        crc = 0
        for url in answer["download_urls"]:
            status, _, part = self.fetch(url)
            if status != 200:
                return
            crc = zlib.crc32(zlib.decompress(part, 31), crc)
        assert crc == whole, f"the parts of {answer['batch_id']} are not its file"
        self.soak.tally.add("files compared", len(answer["download_urls"]))

    def range(self, answer, headers, merged):
        first = self.rng.randrange(len(merged))
        last = self.rng.randrange(first, len(merged))
        status, _, part = self.fetch(answer["download_url"], (206, 410), Range=f"bytes={first}-{last}")
        assert status != 206 or part == merged[first:last + 1]
        self.fetch(answer["download_url"], (304, 410), **{"If-None-Match": headers["ETag"]})
        self.fetch(answer["download_url"], (200, 410), method="HEAD")
        self.soak.tally.add("ranges compared")

    def expired(self):
        """A link whose files' time is over."""
        if self.old_links and self.old_links[0][0] < time.monotonic():
            self.fetch(self.old_links.pop(0)[1], (410,))
            self.soak.tally.add("expired files")

    def list(self):
        self.call("GET", f"/batch?limit={self.rng.randint(1, 100)}", (200, 503))
        self.call("GET", self.rng.choice(("/account/credits", "/account/endpoints", "/account/usage/summary")), (200, 503))
        if self.open:
            self.call("GET", f"/batch/{self.rng.choice(self.open).id}/deliveries", (200, 503))

    def leave(self):
        """A client that goes away while it waits."""
        if self.open:
            batch = self.rng.choice(self.open)
            with self.account.key(self.rng) as key, contextlib.closing(http.client.HTTPConnection(self.soak.address)) as connection:
                connection.request("GET", f"/batch/{batch.id}?wait=5", headers={"Authorization": f"Bearer {key.text}"})

    # ---- ending ----

    def cancel(self, batch):
        status, _, content, _ = self.call("POST", f"/batch/{batch.id}/cancel", (200, 409, 503))
        if status == 200:
            assert json.loads(content)["error_code"] == "cancelled", content
            batch.is_cancelled = True
            self.soak.tally.add("cancelled")

    def erase(self, batch):
        if self.call("DELETE", f"/batch/{batch.id}", (204, 503))[0] == 204:
            batch.is_erased = True
            self.soak.tally.add("erased")

    # ---- other requests ----

    def enrich(self):
        kind = self.rng.choice(list(KINDS))
        texts = self.rng.sample(self.soak.truth.pool[kind], self.rng.randint(1, 25))
        low = self.soak.truth.published
        status, _, content, _ = self.call("POST", "/person/enrich", (200, 429, 503), json.dumps({kind: texts, "fields": ["skills"]}))
        if status != 200:
            return
        versions = (low, self.soak.truth.begun)
        for text, row in zip(texts, json.loads(content), strict=True):
            meaning = self.soak.truth.meaning[kind][text]
            assert row["matched_on"] == text and bool(row["matches"]) == isinstance(meaning, int), row
            for match in row["matches"]:
                line = {"original_identifier": text, "internal_id": meaning, "data": match["person_data"]}
                self.soak.truth.check_line(kind, line, "skills", versions)
        self.soak.tally.add("synchronous")

    def refused(self):
        submit = "/batch/person/enrich"
        for method, path, status, body in self.rng.sample((
                ("POST", submit, 400, "{"), ("POST", submit, 400, '{"fields":["no_such"],"business_emails":["a@b.example"]}'),
                ("POST", submit, 400, '{"business_emails":[]}'), ("POST", submit, 400, '{"business_emails":["x"],"webhook_url":"file:///"}'),
                ("POST", submit, 400, json.dumps({"business_emails": ["a@b.example"] * (IDENTIFIERS_MAX + 1)})),
                ("GET", f"/batch/{UNKNOWN}", 404, None), ("GET", "/batch/nonsense", 404, None), ("PUT", submit, 405, None),
                ("GET", "/files/" + UNKNOWN + "/output/results.jsonl.gz?sig=x", 403, None)), 2):
            self.call(method, path, (status, 503), body)
        self.wire.call("GET", "/batch", (401,), headers={"Authorization": "Bearer nobody"})
