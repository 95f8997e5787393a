#!/usr/bin/python3
"""Images of the disk after power cuts, each opened by the server; what was acknowledged before the cut must be in it.

usage: power_loss.py [IMAGES [SEED]]   (of the first recording; default 2000 1)

A recording is an import, a key, and a server with clients; the server is killed and started again in between, and records are
imported a second time. Of each recording at most IMAGES_A_RECORDING are made. disk_image.py says which images are possible. Each is opened by `enrichd serve` and looked at through
HTTP, every second by `enrichd check` before that; in every 20th all batches run to their end and their files are compared.

The verdict counts only because replaying the whole log gives the real files byte for byte, and because a disk that ignores
syncs does lose what was acknowledged.
"""
import concurrent.futures
import http.client
import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time

from disk_image import ACK, Disk, differences, read_log, write_ack, write_image
from every_point import names, renamed
from world import LIBRARIES, FaultServer, Jobs, Ledger, job_bodies, population, run, scratch

MODES = ("none", "all", "first", "some", "shuffled")
CLIENTS = 3
JOBS = 16            # a client and round
ROUNDS = 3           # servers of a recording
IMAGES_A_RECORDING = 10_000
PARTS = 3 * (os.cpu_count() or 1)  # at a time: each waits for its server half the time
CHECK_EVERY = 2
FULL_CHECK_EVERY = 20
BROKEN = (OSError, http.client.HTTPException, subprocess.TimeoutExpired)


# ---- recording ----

class Recording:
    """The log, and acknowledgements in it."""

    def __init__(self, folder):
        self.data, self.path = folder / "data", folder / "log"
        self.env = {"LD_PRELOAD": str(LIBRARIES / "disk_record.so"), "TAP_FOLDER": os.path.realpath(self.data),
                    "DISK_RECORD_LOG": str(self.path)}
        self.file = open(self.path, "ab", buffering=0)

    def run(self, *arguments):
        return run(*arguments, "--data", self.data, env={**os.environ, **self.env}).stdout

    def ack(self, *words):
        write_ack(self.file, " ".join(map(str, words)))


def use(server, recording, bodies, seed):
    """What one client does."""
    rng = random.Random(seed)
    client = server.client()
    for number in range(JOBS):
        kind = rng.randrange(len(bodies))
        code, _, body = client.submit(bodies[kind], f"key-{seed}-{number}" if rng.random() < 0.5 else None)
        assert code == 200, body
        batch_id = json.loads(body)["batch_id"]
        recording.ack("submitted", batch_id, kind)
        what = rng.random()
        if what < 0.2:
            recording.ack("touched", batch_id)
            if client.call("DELETE", f"/batch/{batch_id}")[0] == 204:
                recording.ack("erased", batch_id)
        elif what < 0.8:
            client.wait(batch_id)
            recording.ack("completed", batch_id)


def record(folder, seed):
    """(log, data folder): the recording of one life of a data folder, which is not there before."""
    recording = Recording(folder)
    source, bodies = population(folder), job_bodies()
    recording.data.mkdir()
    recording.run("import", "person", renamed(source, folder / "first.jsonl", "First Name"))
    recording.ack("imported", "First Name")
    key = recording.run("key", "create", "test").strip()
    recording.ack("key")
    server = FaultServer(recording.data, env={**recording.env, "ENRICHD_JOBS_CHECKPOINT": "100ms"})
    server.key = key
    for number in range(ROUNDS):
        server.start()
        clients = [threading.Thread(target=use, args=(server, recording, bodies, (seed * ROUNDS + number) * CLIENTS + client))
                   for client in range(CLIENTS)]
        for client in clients:
            client.start()
        if number == 1:
            recording.run("import", "person", renamed(source, folder / "second.jsonl", "Second Name"))
            recording.ack("imported", "Second Name")
        for client in clients:
            client.join()
        server.kill()
    recording.file.close()
    return read_log(recording.path), recording.data, key


# ---- looking at an image ----

class Told:
    """What had been acknowledged when the power went."""

    def __init__(self):
        self.ledger = Ledger()
        self.name = None
        self.has_key = False

    def hear(self, text):
        word, _, rest = text.partition(" ")
        if word == "submitted":
            batch_id, kind = rest.split()
            self.ledger.kind_of[batch_id] = int(kind)
        elif word == "imported":
            self.name = rest
        elif word == "key":
            self.has_key = True
        else:
            {"completed": self.ledger.completed, "touched": self.ledger.touched, "erased": self.ledger.erased}[word].add(rest)

    def count(self):
        return len(self.ledger.kind_of) + len(self.ledger.completed) + len(self.ledger.erased)


def look(path, told, key, jobs, urls, is_checked, in_full):
    """Fails if the image does not open or something acknowledged is not there."""
    if is_checked:
        run("check", "--data", path)
    with FaultServer(path) as server:
        server.key = key
        if not told.has_key:
            return
        client = server.client()
        stored = set(client.batch_ids())
        lost = set(told.ledger.kind_of) - stored
        assert not lost, f"{len(lost)} of {len(told.ledger.kind_of)} submissions are lost"
        for batch_id in told.ledger.kind_of if in_full else sorted(told.ledger.completed)[-2:]:
            status = client.status(batch_id)
            assert status["status"] == "completed" or batch_id not in told.ledger.completed, f"no longer completed: {status}"
            assert "download_url" not in status or batch_id not in told.ledger.erased, f"no longer erased: {status}"
            told.ledger.check_one(client, jobs, batch_id)
        if in_full:
            found = names(client, urls)
            assert found in ({told.name}, {"Second Name"}), found
        server.kill()


class Replay:
    """All images of one process. Failures are kept, not raised: the control wants to count them."""

    def __init__(self, folder, data, key, jobs, urls, drops_syncs):
        self.folder, self.key, self.jobs, self.urls = folder, key, jobs, urls
        self.disk, self.told = Disk(data, drops_syncs), Told()
        self.images, self.in_full, self.acks_most = 0, 0, 0
        self.failures = []

    def image(self, number):
        """An image of the state that was reached; the number decides what is in it."""
        rng = random.Random(number)
        mode = MODES[number % len(MODES)]
        path = self.folder / "image"
        write_image(self.disk.top, path, mode, rng, self.folder / "cache")
        in_full = number // len(MODES) % FULL_CHECK_EVERY == 0
        is_checked = number // len(MODES) % CHECK_EVERY == 0
        try:
            look(path, self.told, self.key, self.jobs, self.urls, is_checked, in_full)
        except (AssertionError, *BROKEN) as failure:
            self.failures.append(f"image {number} ({mode}): {failure}")
        self.images += 1
        self.in_full += in_full
        self.acks_most = max(self.acks_most, self.told.count())
        shutil.rmtree(path)
        (self.folder / "image.log").unlink(missing_ok=True)

    def run(self, log, wanted):
        """wanted: sorted (operation, number) of the images."""
        wanted = list(reversed(wanted))
        for at, operation in enumerate(log, 1):
            if operation.kind == ACK:
                self.told.hear(bytes(operation.data).decode())
            else:
                self.disk.step(operation)
            while wanted and wanted[-1][0] == at:
                self.image(wanted.pop()[1])


def replay(folder, part, parts, source, count, drops_syncs):
    """Every parts-th of so many images, spread over the log: (images, looked at in full, most acknowledgements, failures)."""
    log_path, data, key, jobs, urls = source
    own = folder / f"replay-{part}-{drops_syncs}"
    (own / "cache").mkdir(parents=True)
    log = read_log(log_path)
    replaying = Replay(own, data, key, jobs, urls, drops_syncs)
    wanted = [(1 + number * len(log) // count, number) for number in range(count)]
    replaying.run(log, wanted[part::parts])
    shutil.rmtree(own)
    return replaying.images, replaying.in_full, replaying.acks_most, replaying.failures


def self_check(log, data):
    """The log is whole: everything in it, done, gives the files that are there."""
    disk = Disk(data)
    for operation in log:
        if operation.kind != ACK:
            disk.step(operation)
    wrong = differences(disk.top, data)
    assert not wrong, f"the log does not lead to {wrong}"


def expected(folder):
    """(jobs with their files under either name, urls)"""
    source, data = population(folder), folder / "undisturbed"
    with open(source, encoding="utf-8") as people:
        urls = [json.loads(line)["social_handles"]["professional_network_identifier"]["profile_url"] for line in people]
    run("import", "person", renamed(source, folder / "first.jsonl", "First Name"), "--data", data)
    with FaultServer(data) as server:
        jobs = Jobs(server)
        run("import", "person", renamed(source, folder / "second.jsonl", "Second Name"), "--data", data)
        jobs.learn(server)
    return jobs, urls


class Sum:
    """What came of all recordings, and of the control."""

    def __init__(self):
        self.recordings = self.operations = self.images = self.in_full = self.acks = 0
        self.control_images = self.control_failures = 0
        self.failures = []

    def add(self, log, results, control):
        self.recordings += 1
        self.operations += len(log)
        self.acks += max(result[2] for result in results)
        for images, in_full, _, failures in results:
            self.images += images
            self.in_full += in_full
            self.failures += failures
        self.control_images += control[0]
        self.control_failures += len(control[3])

    def text(self):
        return (f"{self.images} images of {self.recordings} recordings with {self.operations} operations and {self.acks} "
                f"acknowledgements, {self.in_full} looked at in full; {len(self.failures)} with a loss or unopenable; "
                f"without syncs {self.control_failures} of {self.control_images}")


def images_of(pool, folder, seed, count, known):
    """Makes a recording and looks at so many images of it: (log, results of the parts, the control's)."""
    folder.mkdir()
    log, data, key = record(folder, seed)
    self_check(log, data)
    source = (folder / "log", data, key, *known)
    parts = [pool.submit(replay, folder, part, PARTS, source, count, False) for part in range(PARTS)]
    control = pool.submit(replay, folder, 0, 1, source, max(20, count // 50), True)
    results = [part.result() for part in parts]
    for failure in [failure for result in results for failure in result[3]][:10]:
        print(f"  recording {seed}, {failure}", flush=True)
    return log, results, control.result()


def main(count, first_seed):
    begin, total = time.monotonic(), Sum()
    with scratch("power") as folder, concurrent.futures.ProcessPoolExecutor(PARTS) as pool:
        known = expected(folder)
        for seed in range(first_seed, first_seed - -count // IMAGES_A_RECORDING):
            share = min(IMAGES_A_RECORDING, count - total.images)
            total.add(*images_of(pool, folder / f"recording-{seed}", seed, share, known))
            shutil.rmtree(folder / f"recording-{seed}")
            if total.images < count:
                print(f"power loss: {total.text()} ({time.monotonic() - begin:.0f} s)", flush=True)
        print(f"power loss: {total.text()} ({time.monotonic() - begin:.0f} s)")
        assert total.images == count and total.acks > 100 * total.recordings and total.operations > 1000 * total.recordings
        assert not total.failures
        assert total.control_failures > total.control_images // 4, "a disk that ignores syncs lost nothing: the harness is blind"


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3] + ["2000", "1"][len(sys.argv) - 1:]))
