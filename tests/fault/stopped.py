#!/usr/bin/python3
"""A process that is stopped for longer than its leases last, and a wall clock that jumps.

usage: stopped.py [PAUSES]

Between SIGSTOP and SIGCONT all leases of the server run out, so that work that is still under way is handed out a second time.
Another server's wall clock is set forward and back by hours while it works. Each result is stored once all the same: the
files have the expected lines, and the account has used what they hold.
"""
import datetime
import json
import mmap
import random
import signal
import struct
import sys
import time

from world import LIBRARIES, FaultServer, identifiers, population, run, scratch

LEASE_S = 1
IDENTIFIERS = 8000
STEPS_S = (3600, -7200, 3 * 3600, -3 * 3600, 0)


def long_job(seed):
    """A submission that keeps the workers busy for a while."""
    known = identifiers("--seed", 7, "--count", 60, "--take", 60, "--hits", 100)
    urls = [f"{known[number % 60]}?{seed}-{number}" for number in range(IDENTIFIERS)]
    return json.dumps({"professional_network_profile_urls": urls, "chunk_size": 10,
                       "fields": ["basic_profile", "experience", "education", "skills"]})


def submit(client, body):
    code, _, answer = client.submit(body)
    assert code == 200, answer
    return json.loads(answer)["batch_id"]


def completed(client, batch_id):
    """(status, files) of a batch that must be completed."""
    status = client.wait(batch_id)
    assert status["status"] == "completed" and status["result_count"] == IDENTIFIERS, status
    return status, client.files(status)


def results_used(client):
    days = [datetime.date.today() + datetime.timedelta(days=more) for more in (-2, 3)]
    code, _, body = client.call("GET", "/account/usage/summary?start={}&end={}".format(*days))
    assert code == 200, body
    return sum(bucket["results"] for bucket in json.loads(body)["buckets"])


def stopped(server, body, pauses):
    """Pauses that met a job in the middle."""
    client = server.client()
    expected = completed(client, submit(client, body))[1]
    jobs, met = 1, 0
    while met < pauses:
        assert jobs < 5 * pauses + 5, f"only {met} of {jobs} pauses met a job in the middle"
        batch_id = submit(client, body)
        time.sleep(random.uniform(0.001, 0.03))
        server.process.send_signal(signal.SIGSTOP)
        time.sleep(LEASE_S * 1.2)
        server.process.send_signal(signal.SIGCONT)
        met += client.status(batch_id)["status"] == "processing"
        jobs += 1
        assert completed(client, batch_id)[1] == expected, "other lines"
    assert results_used(client) == jobs * IDENTIFIERS
    return met


def clock_jumps(server, body, clock):
    """Jobs during which the clock was set."""
    client = server.client()
    expected = completed(client, submit(client, body))[1]
    for step in STEPS_S:
        batch_id = submit(client, body)
        clock[:8] = struct.pack("q", step)
        begin = time.monotonic()
        status, files = completed(client, batch_id)
        assert files == expected, "other lines"
        assert client.files(status) == expected, "its links do not work"
        assert time.monotonic() - begin < 30, "waiting followed the clock"
    assert results_used(client) == (len(STEPS_S) + 1) * IDENTIFIERS
    return len(STEPS_S)


def main(pauses):
    begin = time.monotonic()
    with scratch("stopped") as folder:
        path, body = population(folder), long_job(1)
        for name in ("stopped", "clock"):
            run("import", "person", path, "--data", folder / name)
        (folder / "step").write_bytes(bytes(8))
        with open(folder / "step", "r+b") as file:
            clock = mmap.mmap(file.fileno(), 8)
        with FaultServer(folder / "stopped", env={"ENRICHD_JOBS_LEASE": f"{LEASE_S}s"}) as server:
            met = stopped(server, body, pauses)
        with FaultServer(folder / "clock", env={"LD_PRELOAD": str(LIBRARIES / "clock_step.so"),
                                                "CLOCK_STEP_CONTROL": str(folder / "step")}) as server:
            jumps = clock_jumps(server, body, clock)
        for name in ("stopped", "clock"):
            run("check", "--data", folder / name)
    print(f"stopped: {met} times in the middle of a job, for longer than its lease, and {jumps} jumps of the clock; each result "
          f"stored once, with the expected lines ({time.monotonic() - begin:.0f} s)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
