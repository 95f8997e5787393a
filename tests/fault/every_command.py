#!/usr/bin/python3
"""Each operation on a file fails once, or is the last one, in the commands that copy or rewrite a data folder.

usage: every_command.py

    backup, restore   exit code 0: what was made is whole. 1: nothing is left. Killed: what is left is whole, or is not taken for one.
    compact           all records answer afterwards, and the next one succeeds.
    privacy suppress, privacy erase
                      exit code 0: the person is handed out by no identifier and in no file. Else that is so after the next one.

`enrichd check` finds the data folder sound each time. EIO, ENOSPC, SIGKILL before an operation and in the middle of a write.
"""
import concurrent.futures
import errno
import json
import os
import shutil
import subprocess
import time

from disk_fail import DIE, DIE_TORN, DiskFail
from every_point import renamed, words
from world import ENRICHD, FaultServer, population, run, scratch

POINTS_LEAST = {"backup": 20, "restore": 15, "compact": 10, "suppress": 5, "erase": 15}
IDENTIFIERS = 10
STUCK_S = 120


class World:
    """A data folder with finished batches and superseded records, a backup of it, and one person."""

    def __init__(self, folder):
        self.folder = folder
        self.template, self.template_backup = folder / "template", folder / "template-backup"
        source = population(folder)
        for number in range(3):
            run("import", "person", renamed(source, folder / "people.jsonl", f"Name {number}"), "--data", self.template)
        with open(source, encoding="utf-8") as people:
            self.urls = [json.loads(line)["social_handles"]["professional_network_identifier"]["profile_url"]
                         for line in people][:IDENTIFIERS]
        with FaultServer(self.template) as server:
            client = server.client()
            self.key = server.key
            self.batch_id = self.submit(client)
            client.wait(self.batch_id)
        run("backup", self.template_backup, "--data", self.template)
        self.place = folder / "place"  # what a command works on
        self.data, self.other = self.place / "data", self.place / "other"
        self.fault = DiskFail(self.place, folder / "control")

    def submit(self, client):
        code, _, body = client.submit(json.dumps({"professional_network_profile_urls": self.urls, "chunk_size": 10}))
        assert code == 200, body
        return json.loads(body)["batch_id"]

    def begin(self, name):
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.mkdir()
        if name != "restore":
            shutil.copytree(self.template, self.data)

    def arguments(self, name):
        return {"backup": ["backup", self.other], "restore": ["restore", self.template_backup], "compact": ["compact", "--all"],
                "suppress": ["privacy", "suppress", self.urls[0]],
                "erase": ["privacy", "erase", "--force", self.urls[0]]}[name] + ["--data", self.data]

    def run(self, name, number, how):
        """The exit code, and whether the fault was met."""
        self.fault.arm(number, how)
        result = subprocess.run([ENRICHD, *map(str, self.arguments(name))], env={**os.environ, **self.fault.environment()},
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=STUCK_S, check=False)
        is_hit = self.fault.hits() > 0
        self.fault.disarm()
        assert result.returncode in ((-9,) if how in (DIE, DIE_TORN) and is_hit else (0, 1)), result
        return result.returncode, is_hit

    # ---- what must be so afterwards ----

    def check(self, name, code):
        if name in ("backup", "restore"):
            getattr(self, "check_" + name)(code)
            return
        run("check", "--data", self.data)
        if code != 0:
            assert self.run(name, 0, 0)[0] == 0
            run("check", "--data", self.data)
        if name == "compact":
            assert len(list((self.data / "records").glob("*/segment-*.data"))) == 1
        self.check_served(self.data, IDENTIFIERS if name == "compact" else IDENTIFIERS - 1)

    def check_backup(self, code):
        run("check", "--data", self.data)
        if code == 1:
            assert [path.name for path in self.place.iterdir()] == ["data"]
        if self.other.exists():
            shutil.rmtree(self.data)
            run("restore", self.other, "--data", self.data)
            run("check", "--data", self.data)

    def check_restore(self, code):
        if code == 1:
            assert not list(self.place.iterdir())
        if code == 0 or (self.data / "control.db").exists():
            run("check", "--data", self.data)
            self.check_served(self.data, IDENTIFIERS)

    def check_served(self, data, count):
        """The first person is there if all are, in new lines and in those that were finished before."""
        with FaultServer(data) as server:
            server.key = self.key
            client = server.client()
            for batch_id in (self.batch_id, self.submit(client)):
                lines = client.files(client.wait(batch_id))[0].splitlines()
                assert len(lines) == count, f"{len(lines)} lines of {count}"
                assert all(json.loads(line)["data"]["basic_profile"]["name"] == "Name 2" for line in lines)
                assert (self.urls[0].encode() in b"".join(lines)) == (count == len(self.urls))
            server.kill()


def sweep(name, how):
    with scratch(name) as folder:
        world, number = World(folder), 1
        while True:
            world.begin(name)
            code, is_hit = world.run(name, number, how)
            try:
                world.check(name, code)
            except AssertionError as failure:
                raise AssertionError(f"{name}, point {number}, {words(how)}: {failure}") from failure
            if not is_hit:
                break
            number += 1
        assert code == 0 and number > POINTS_LEAST[name], f"{name}: {number} points"
        return f"{name}, {words(how)} at each of {number - 1} points"


def main():
    begin = time.monotonic()
    tasks = [(name, how) for name in POINTS_LEAST for how in (errno.EIO, errno.ENOSPC, DIE, DIE_TORN)]
    with concurrent.futures.ProcessPoolExecutor(5) as pool:
        for task in [pool.submit(sweep, *task) for task in tasks]:
            print(f"every command: {task.result()}", flush=True)
    print(f"every command: done in {time.monotonic() - begin:.0f} s")


if __name__ == "__main__":
    main()
