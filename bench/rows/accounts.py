"""Forty accounts at once against one job alone: profiles a second, and the memory that it takes."""
import os
import threading
import time

import server
from result import Result
from tools import median, own_memory, say, timed

ACCOUNTS = 40
SECONDS = float(os.environ.get("ENRICHD_BENCH_SECONDS", "60"))
MIB = 1 << 20


class Crowd:
    """One thread an account, each submitting job after job."""

    def __init__(self, clients, bodies):
        self.clients = clients
        self.bodies = bodies
        self.ends = []
        self.is_over = False

    def _work(self, number):
        at = number
        while not self.is_over:
            self.clients[number].job(self.bodies[at % len(self.bodies)])
            self.ends.append(time.monotonic())
            at += 1

    def run(self, pid):
        """(jobs a second after the first quarter, MiB after a quarter, MiB at the end)."""
        threads = [threading.Thread(target=self._work, args=(number,)) for number in range(len(self.clients))]
        for thread in threads:
            thread.start()
        time.sleep(SECONDS / 4)
        begin, early = time.monotonic(), own_memory(pid) / MIB
        time.sleep(SECONDS * 3 / 4)
        end, late = time.monotonic(), own_memory(pid) / MIB
        self.is_over = True
        for thread in threads:
            thread.join()
        return sum(begin < at <= end for at in self.ends) / (end - begin), early, late


def measure(data, _folder):
    say(f"{ACCOUNTS} accounts")
    bodies = [server.body_of(data.identifiers(path)) for path in data.lists]
    with server.start(data) as running:
        clients = [server.Client(running, f"account-{number}") for number in range(ACCOUNTS)]
        for body in bodies:
            clients[0].job(body)
        before = median([timed(clients[0].job, body) for body in bodies])
        rate, early, late = Crowd(clients, bodies).run(running.process.pid)
        alone = data.job / median([before, *(timed(clients[0].job, body) for body in bodies)])
    together = rate * data.job
    return [Result(f"{ACCOUNTS} accounts with jobs of {data.job:,} at once", "one such job alone", together, alone, "profiles/s",
                   together / alone, 0.9, True),
            Result(f"own memory at the end of {ACCOUNTS} accounts", "after a quarter of the time", late, early, "MiB",
                   late / early, 1.1)]
