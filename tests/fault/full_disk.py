#!/usr/bin/python3
"""A disk that really fills up: a small tmpfs. Needs root, else it says so and does nothing.

usage: full_disk.py

Something else takes all room while batches are accepted and worked on. From then on submissions are refused with 503 and
Retry-After, an import fails, and reads go on. When there is room again, work goes on by itself; all that was acknowledged is
completed with the expected lines.
"""
import json
import os
import subprocess
import time

from world import FaultServer, Jobs, Ledger, population, run, scratch, wait_until

ROUNDS = 4
DISK = "12m"
BLOCK = 1 << 14


def fill(path):
    """Takes every block that is left."""
    with open(path, "ab", buffering=0) as file:
        try:
            while True:
                file.write(bytes(BLOCK))
        except OSError:
            pass


class FullDisk:
    def __init__(self, folder):
        self.data, self.filler = folder / "disk/data", folder / "disk/filler"
        self.source = population(folder)
        run("import", "person", self.source, "--data", self.data)
        self.server = FaultServer(self.data)
        self.server.data = self.data
        self.ledger = Ledger()
        self.refused = self.imports_failed = 0

    def submit(self, client, kind):
        code, headers, body = client.submit(self.jobs.bodies[kind])
        if code == 200:
            self.ledger.submitted(json.loads(body)["batch_id"], kind)
            return True
        assert code == 503 and int(headers["Retry-After"]) > 0, body
        self.refused += 1
        return False

    def round(self, client, number):
        """Full in the middle of submissions, then with room again."""
        done = next(iter(self.ledger.kind_of))
        for kind in range(len(self.jobs.bodies)):
            if kind == number % len(self.jobs.bodies):
                fill(self.filler)
            self.submit(client, kind)
        wait_until(lambda: not self.submit(client, 0), "the first refusal")
        self.imports_failed += run("import", "person", self.source, "--data", self.data, check=False).returncode == 1
        for _ in range(5):
            assert not self.submit(client, 0), "accepted by a full disk"
            self.jobs.check(client, client.status(done), self.ledger.kind_of[done])
        self.filler.unlink()
        assert self.submit(client, 0), "there is room and a submission is refused"

    def run(self):
        with self.server:
            self.jobs = Jobs(self.server)
            client = self.server.client()
            assert self.submit(client, 3)
            self.ledger.check_one(client, self.jobs, next(iter(self.ledger.kind_of)))
            for number in range(ROUNDS):
                self.round(client, number)
            for batch_id in self.ledger.kind_of:
                self.ledger.check_one(client, self.jobs, batch_id)
        run("check", "--data", self.data)
        assert self.refused >= 6 * ROUNDS and self.imports_failed == ROUNDS and len(self.ledger.kind_of) > 2 * ROUNDS


def main():
    begin = time.monotonic()
    if os.geteuid() != 0:
        print("full disk: skipped, mounting a small file system needs root")
        return
    with scratch("full") as folder:
        (folder / "disk").mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder / "disk")], check=True)
        try:
            test = FullDisk(folder)
            test.run()
        finally:
            subprocess.run(["umount", "--lazy", str(folder / "disk")], check=True)
    print(f"full disk: {ROUNDS} times full; {test.refused} submissions and {test.imports_failed} imports refused, "
          f"{len(test.ledger.kind_of)} acknowledged, 0 lost ({time.monotonic() - begin:.0f} s)")


if __name__ == "__main__":
    main()
