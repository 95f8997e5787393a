"""Those who run the server: imports beside it, keys that come and go, metrics that are scraped."""
import contextlib
import json
import time

from customers import Key, Thread
from harness import run, wait_until

ERROR_LINES_MAX = 3
OVERLAP = "15s"  # of a rotated key: long enough for everybody to hear of the new one, however busy the machine
LINK_ROTATIONS_MAX = 10  # a link is refused once there have been 16 since it was made


def run_patiently(*arguments):
    """What the command prints. Where a disk stalls, the database may be locked for longer than a command waits: it is repeated."""
    while True:
        result = run(*arguments, check=False)
        if result.returncode == 0 or "is locked" not in result.stderr:
            assert result.returncode == 0, f"{arguments}: {result.stderr}"
            return result.stdout


class Importer(Thread):
    def step(self):
        self.soak.truth.import_version(self.soak.data)
        self.soak.tally.add("imports")


class KeyKeeper(Thread):
    """Each account's keys are replaced in turn: by a new one, or rotated. The one before is refused afterwards."""

    def step(self):
        account = self.rng.choice(self.soak.accounts)
        old = account.keys[0]
        if self.rng.random() < 0.5:
            account.replace(old, self.soak.make_key(account.name))
            run_patiently("key", "revoke", old.id, "--data", self.soak.data)
        else:
            made = run_patiently("key", "rotate", old.id, "--overlap", OVERLAP, "--json", "--data", self.soak.data)
            account.replace(old, Key(json.loads(made)))
        wait_until(lambda: self.ask(old) == 401, f"key {old.id} to be refused", pause_s=0.1)
        self.soak.tally.add("keys replaced")
        if self.soak.tally["link keys"] < LINK_ROTATIONS_MAX and self.rng.random() < 0.1:
            run_patiently("link", "rotate", "--data", self.soak.data)
            self.soak.tally.add("link keys")

    def ask(self, key):
        return self.wire.call("GET", "/batch", (200, 401, 503), headers={"Authorization": f"Bearer {key.text}"})[0]


class Scraper(Thread):
    """Metrics and health. Counters never fall, and the log has no errors."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.counters = {}

    def step(self):
        self.wire.call("GET", "/readyz", (200,))
        self.wire.call("GET", "/healthz", (200,))
        _, _, content = self.wire.call("GET", "/metrics", (200,))
        for line in content.decode().splitlines():
            name, _, number = line.rpartition(" ")
            if line.startswith("#") or not name.split("{")[0].endswith(("_total", "_count", "_bucket")):
                continue
            assert self.counters.get(name, 0) <= float(number), f"{name} fell from {self.counters[name]} to {number}"
            self.counters[name] = float(number)


def misbehave(handler, delivery, number):
    """A receiver of the usual kind: one delivery in eight fails at first, or takes its time."""
    trouble = sum(delivery.id.encode()) % 24
    with contextlib.suppress(OSError):
        if number == 1 and trouble == 0:
            handler.answer(500, body=b"no")
        elif number == 1 and trouble == 1:
            handler.drop()
        elif number == 1 and trouble == 2:
            time.sleep(0.5)
            handler.answer(204)
        else:
            handler.answer(204)


def check_log(server, tally):
    """No errors; warnings are counted by what they say."""
    errors = []
    for line in server.log_text().splitlines():
        event = json.loads(line)
        if event["level"] == "warn":
            tally.add(f"warning: {event['msg']}")
        elif event["level"] == "error":
            errors.append(line)
    assert not errors, f"{len(errors)} errors in the log, as {errors[:ERROR_LINES_MAX]}"
