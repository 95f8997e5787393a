"""Crashes and full disks: acknowledged work is finished, old records go on answering."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

import pytest
from harness import ENRICHD, PROFILE, Server, inflate, people, run, wait_until
from test_main_job import url_of


def files_of(server, status):
    """What every result file holds. (The encoding may differ between two processes: see src/results/piece.h.)"""
    urls = [status["download_url"], *status["download_urls"], status["unresolved_url"]]
    return [inflate(server.fetch(url).body) for url in urls]


def test_killed_in_the_middle_of_a_job_it_completes_with_the_same_lines(data, population):
    families = sorted({family for person in population[1] for family in person})
    urls = [url_of(person) for person in population[1]]
    asked = (urls + [url + "?x=1" for url in urls] + [url + "/" for url in urls])[:9000] + [PROFILE + "nobody-here-5"]
    with Server(data) as server:
        undisturbed = files_of(server, server.wait(server.submit(asked, fields=families)["batch_id"]))
        kills = in_the_middle = 0
        while kills < 12 and in_the_middle < 3:
            batch_id = server.submit(asked, fields=families)["batch_id"]
            wait_until(lambda: server.status(batch_id)["status"] != "pending", "the job to begin", pause_s=0)
            before = server.status(batch_id)
            server.kill()
            server.start()
            kills += 1
            in_the_middle += before["status"] == "processing" and 0 < before["request_counts"]["pending"]
            assert files_of(server, server.wait(batch_id)) == undisturbed
        assert in_the_middle >= 1, "no kill met a job in the middle"


def test_killed_right_after_the_answer_nothing_acknowledged_is_lost(data):
    acknowledged = []
    with Server(data, env={"ENRICHD_BATCH_ACTIVE_MAX": "100"}) as server:
        for _ in range(8):
            acknowledged += [server.submit([PROFILE + f"nobody-{n}"])["batch_id"] for n in range(5)]
            server.kill()
            server.start()
        assert len(acknowledged) == 40
        for batch_id in acknowledged:
            server.wait(batch_id)


def test_sigterm_drains_and_the_rest_goes_on_after_the_restart(data, population):
    urls = [url_of(person) for person in population[1]]
    with Server(data) as server:
        ids = [server.submit(urls)["batch_id"] for _ in range(5)]
        assert server.stop() == 0
        server.start()
        for batch_id in ids:
            assert server.wait(batch_id)["result_count"] == len(urls)


def test_a_second_server_on_the_folder_is_refused(data):
    with Server(data):
        second = run("serve", "--data", data, "--listen", "127.0.0.1:0", check=False)
        assert second.returncode != 0
        assert "another" in second.stderr


def changed_copy(population, tmp_path, count=3000):
    """The first people again, with another name."""
    path = tmp_path / "changed.jsonl"
    with open(path, "w", encoding="utf-8") as file:
        for person in population[1][:count]:
            person = json.loads(json.dumps(person))
            person.setdefault("basic_profile", {})
            person["basic_profile"] = {"name": "Changed Name"}
            file.write(json.dumps(person) + "\n")
    return path


def names(server, urls):
    _, lines, _ = server.run_job(urls)
    return {(line["data"].get("basic_profile") or {}).get("name") for line in lines}


def test_an_import_is_seen_by_the_running_server(data, population, tmp_path):
    urls = [url_of(person) for person in population[1][:50]]
    with Server(data) as server:
        assert "Changed Name" not in names(server, urls)
        run("import", "person", changed_copy(population, tmp_path), "--data", data)
        assert names(server, urls) == {"Changed Name"}


def test_killed_in_the_middle_of_an_import_the_old_records_answer_and_it_can_be_repeated(data, population, tmp_path):
    urls = [url_of(person) for person in population[1][:50]]
    path = changed_copy(population, tmp_path)
    content = path.read_bytes()
    with Server(data) as server:
        before = names(server, urls)
        for share in (0.1, 0.5, 0.95):
            process = subprocess.Popen([ENRICHD, "import", "person", "-", "--data", str(data)], stdin=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL)
            process.stdin.write(content[:int(len(content) * share)])
            process.stdin.flush()
            time.sleep(0.2)
            process.kill()
            process.wait()
            process.stdin.close()
            assert names(server, urls) == before
        assert run("import", "person", path, "--data", data).returncode == 0
        assert names(server, urls) == {"Changed Name"}
        left = [name for name in os.listdir(data / "records" / "person") if name.startswith("segment-")]
        assert len(left) == 4, left


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")
def test_a_full_disk_in_the_middle_of_an_import(tmp_path, loaded, population):
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", str(disk)], check=True)
    try:
        data = shutil.copytree(loaded, disk / "data")
        urls = [url_of(person) for person in population[1][:50]]
        path = tmp_path / "more.jsonl"
        path.write_bytes(people("records", "--seed", 7, "--count", 20000))
        with Server(data) as server:
            before = names(server, urls)
            full = run("import", "person", path, "--data", data, check=False)
            assert full.returncode == 1
            assert "No space left" in full.stderr
            assert names(server, urls) == before
            assert run("import", "person", changed_copy(population, tmp_path), "--data", data).returncode == 0
            assert names(server, urls) == {"Changed Name"}
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)
