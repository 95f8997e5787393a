#!/usr/bin/python3
"""Each operation on a file fails once, or is the last one of its process.

usage: every_point.py

    fails     EIO and ENOSPC, at each open, write, sync, truncation, renaming and removal between a submission and its completion;
              once, and from there on until the disk is well again. A submission is answered with 200 or with 503 and
              Retry-After; reads go on; when the fault is gone the next submission is accepted.
    dies      SIGKILL before each operation and in the middle of each write, from the start of the server on.
    import    the same faults in `enrichd import`: all of the old records answer, or all of the new ones.

What was acknowledged is there afterwards, ends, and has the expected lines.
"""
import concurrent.futures
import errno
import http.client
import json
import signal
import subprocess
import sys
import time

from disk_fail import DIE, DIE_TORN, FOREVER, DiskFail
from world import ENRICHD, FaultServer, Jobs, Ledger, population, run, scratch

KIND = 7  # of the job that is submitted at each point
BROKEN = (OSError, http.client.HTTPException)


def words(how):
    return {DIE: "dies", DIE_TORN: "dies in the middle"}.get(how) or errno.errorcode[how]


def prepare(folder):
    """(data folder, jobs with their files), made without faults."""
    run("import", "person", population(folder), "--data", folder / "data")
    with FaultServer(folder / "data") as server:
        return folder / "data", Jobs(server), server.key


def check_end(data, key, jobs, ledger):
    """A server without faults finds everything that was acknowledged, and a sound database."""
    server = FaultServer(data)
    server.key = key
    with server:
        client = server.client()
        stored = client.batch_ids()
        assert not set(ledger.kind_of) - set(stored), "an acknowledged batch is lost"
        for batch_id in stored[:-len(jobs.bodies)]:  # those without an answer, too
            ledger.kind_of.setdefault(batch_id, KIND)
            ledger.check_one(client, jobs, batch_id)
    run("check", "--data", data)


# ---- fails ----

class Failing:
    """One server, submissions to it, and one fault after the other."""

    def __init__(self, folder, how, is_lasting):
        self.how, self.is_lasting = how, is_lasting
        self.data, self.jobs, key = prepare(folder)
        self.fault = DiskFail(self.data, folder / "control")
        self.fault.disarm()
        self.ledger = Ledger()
        self.server = FaultServer(self.data, env=self.fault.environment())
        self.server.key = key
        self.refused = 0

    def submit(self, client):
        """The id of a batch that was accepted, or None: refused as it must be."""
        code, headers, body = client.submit(self.jobs.bodies[KIND])
        if code == 200:
            batch_id = json.loads(body)["batch_id"]
            self.ledger.submitted(batch_id, KIND)
            return batch_id
        self.refused += 1
        assert code == 503 and int(headers["Retry-After"]) > 0 and json.loads(body)["error"]["type"] == "unavailable", body
        return None

    def at(self, number, client, reads):
        """One submission with the fault at this point; false: it was completed without meeting it."""
        self.fault.arm(number, self.how, FOREVER if self.is_lasting else 1)
        batch_id = self.submit(client)
        if batch_id:
            self.wait_for_end_or_fault(client, batch_id)
        if self.is_lasting and self.fault.hits():
            self.check_while_it_lasts(client, reads)
        is_hit = self.fault.hits() > 0
        self.fault.disarm()
        next_id = self.submit(client)
        assert next_id, "the disk is well again and a submission is refused"
        for accepted in filter(None, (batch_id, next_id)):
            self.ledger.check_one(client, self.jobs, accepted)
        return is_hit

    def wait_for_end_or_fault(self, client, batch_id):
        while not self.fault.hits() and client.status(batch_id)["status"] not in ("completed", "failed"):
            time.sleep(0.001)

    def check_while_it_lasts(self, client, reads):
        assert self.submit(client) is None, "a submission is accepted by a disk that fails"
        self.jobs.check(client, client.status(reads), KIND)

    def run(self):
        with self.server:
            client = self.server.client()
            reads = self.submit(client)
            client.wait(reads)
            number = 1
            while self.at(number, client, reads):
                number += 1
            seen = self.fault.seen_of()
            self.server.kill()
        acknowledged = len(self.ledger.kind_of)
        check_end(self.data, self.server.key, self.jobs, self.ledger)
        assert number > 15 and self.refused > 5, f"{number} points, {self.refused} refusals"
        assert min(seen[name] for name in ("open", "write", "sync")) > 0, seen
        return (f"{words(self.how)} {'from' if self.is_lasting else 'at'} each of {number - 1} points: {self.refused} refused, "
                f"{acknowledged} acknowledged, 0 lost")


def fails(how, is_lasting):
    with scratch("fails") as folder:
        return Failing(folder, how, is_lasting).run()


# ---- dies ----

def job_until_death(server, jobs, ledger):
    """One job from start to end; false: the server died on the way."""
    try:
        server.start()
        client = server.client()
        code, _, body = client.submit(jobs.bodies[KIND])
        assert code == 200, body
        batch_id = json.loads(body)["batch_id"]
        ledger.submitted(batch_id, KIND)
        ledger.check_one(client, jobs, batch_id)
        return True
    except (AssertionError, *BROKEN):
        if server.process.wait(5) != -signal.SIGKILL:  # raises if it lives
            raise
        return False


def dies(how):
    with scratch("dies") as folder:
        data, jobs, key = prepare(folder)
        fault, ledger = DiskFail(data, folder / "control"), Ledger()
        server = FaultServer(data, env=fault.environment())
        server.key = key
        number = 1
        while True:
            fault.arm(number, how)
            if job_until_death(server, jobs, ledger):
                break
            assert fault.hits() == 1
            number += 1
        fault.disarm()
        server.kill()
        acknowledged = len(ledger.kind_of)
        check_end(data, key, jobs, ledger)
        assert number > 20 and acknowledged > 0 and len(ledger.kind_of) > 4, \
            f"{number} points, {acknowledged} acknowledged, {len(ledger.kind_of)} stored"
        return f"{words(how)} at each of {number - 1} points: {acknowledged} acknowledged, {len(ledger.kind_of)} stored, 0 lost"


# ---- import ----

def renamed(source, path, name):
    """The same people under one name."""
    with open(source, encoding="utf-8") as people, open(path, "w", encoding="utf-8") as file:
        for line in people:
            person = json.loads(line)
            person["basic_profile"] = {"name": name}
            file.write(json.dumps(person) + "\n")
    return path


def names(client, urls):
    code, _, body = client.submit(json.dumps({"professional_network_profile_urls": urls}))
    assert code == 200, body
    status = client.wait(json.loads(body)["batch_id"])
    lines = [json.loads(line) for line in client.files(status)[0].splitlines()]
    assert len(lines) == len(urls)
    return {line["data"]["basic_profile"]["name"] for line in lines}


def imports(how):
    with scratch("import") as folder:
        source = population(folder)
        with open(source, encoding="utf-8") as people:
            urls = [json.loads(line)["social_handles"]["professional_network_identifier"]["profile_url"] for line in people]
        data, fault = folder / "data", DiskFail(folder / "data", folder / "control")
        fault.disarm()
        run("import", "person", renamed(source, folder / "new.jsonl", "Name 0"), "--data", data)
        env = {**FaultServer(data).env, **fault.environment()}
        number, current = 1, "Name 0"
        with FaultServer(data) as server:
            client = server.client()
            while True:
                name = f"Name {number}"
                renamed(source, folder / "new.jsonl", name)
                fault.arm(number, how)
                result = subprocess.run([ENRICHD, "import", "person", str(folder / "new.jsonl"), "--data", str(data)], env=env,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
                is_hit = fault.hits() > 0
                fault.disarm()
                found = names(client, urls)
                if result.returncode == 0:
                    assert found == {name}, f"point {number}: acknowledged, but {found}"
                assert found in ({name}, {current}), f"point {number}: {found}"
                current = found.pop()
                if not is_hit:
                    break
                number += 1
            assert result.returncode == 0 and current == name
        assert number > 10, f"only {number} points"
        return f"import, {words(how)} at each of {number - 1} points: old or new records, never both"


def main():
    begin = time.monotonic()
    tasks = [(fails, how, is_lasting) for how in (errno.EIO, errno.ENOSPC) for is_lasting in (False, True)]
    tasks += [(dies, how) for how in (DIE, DIE_TORN)] + [(imports, how) for how in (errno.EIO, errno.ENOSPC, DIE, DIE_TORN)]
    with concurrent.futures.ProcessPoolExecutor(5) as pool:
        for task in [pool.submit(*task) for task in tasks]:
            print(f"every point: {task.result()}", flush=True)
    print(f"every point: done in {time.monotonic() - begin:.0f} s")


if __name__ == "__main__":
    sys.exit(main())
