"""enrichd compact, and the merges that a server makes by itself: answers stay, what was replaced goes."""
import fcntl
import shutil
import signal
import subprocess
import threading

from harness import ENRICHD, Server, run, wait_until
from test_import import person, text_of

FAILED, USAGE = 1, 2


def load(data, *records):
    run("import", "person", "-", "--data", data, cwd=data.parent, input=text_of(*records).decode())


def segments(data):
    return sorted(path.name for path in (data / "records/person").glob("segment-*.data"))


def stored_bytes(data):
    return b"".join(path.read_bytes() for path in (data / "records/person").glob("segment-*"))


def marked(i, version):
    return {**person(i, f"slug-{i}-{version}"), "skills": {"professional_network_skills": [f"mark-{i}-{version}"]}}


def history(data, count):
    for version in range(count):
        load(data, *(marked(i, version) for i in (1, 2, 3)), person(100 + version))


def assert_newest(server, count):
    """Old and new addresses lead to the newest version, and everybody is there."""
    urls = [f"https://www.linkedin.com/in/slug-{i}-{version}" for i in (1, 2, 3) for version in range(count)]
    urls += [f"https://www.linkedin.com/in/muster-{100 + version}" for version in range(count)]
    _, lines, unresolved = server.run_job(urls, fields=["skills"])
    assert not unresolved
    marks = {line["original_identifier"]: line["data"].get("skills") for line in lines}
    for i in (1, 2, 3):
        for version in range(count):
            url = f"https://www.linkedin.com/in/slug-{i}-{version}"
            assert marks[url] == {"professional_network_skills": [f"mark-{i}-{count - 1}"]}


def test_all_leaves_only_the_newest_versions_on_disk(tmp_path):
    data = tmp_path / "data"
    history(data, 3)
    assert len(segments(data)) == 3 and b"mark-1-0" in stored_bytes(data)
    shown = run("compact", "person", "--all", "--data", data).stdout
    assert "merged 3 segments" in shown and "6 of 12 records kept" in shown
    assert len(segments(data)) == 1
    found = stored_bytes(data)
    assert b"mark-1-2" in found and b"mark-1-1" not in found and b"mark-1-0" not in found
    assert "nothing to do" in run("compact", "--all", "--data", data).stdout
    assert run("check", "--deep", "--data", data).stdout.startswith("0 batches")
    with Server(data) as server:
        assert_newest(server, 3)


def test_what_is_due(tmp_path):
    data = tmp_path / "data"
    history(data, 3)
    assert "nothing to do" in run("compact", "--data", data).stdout
    history(data, 3)
    assert "merged 6 segments" in run("compact", "--data", data).stdout
    assert len(segments(data)) == 1


def test_server_merges_while_it_serves_and_imports_arrive(tmp_path):
    data, count = tmp_path / "data", 12
    load(data, person(1))
    with Server(data, "--compact.period", "50ms") as server:
        stop, failures = threading.Event(), []

        def ask():
            while not stop.is_set():
                answer = server.post("/person/enrich", {"professional_network_profile_urls": ["linkedin.com/in/muster-1"]})
                if answer.status != 200 or not answer.json()[0]["matches"]:
                    failures.append(answer.body)

        asking = threading.Thread(target=ask)
        asking.start()
        history(data, count)
        wait_until(lambda: len(segments(data)) <= count // 2, "merges")
        stop.set()
        asking.join()
        assert not failures, failures[:3]
        assert_newest(server, count)
        assert '"msg":"records compacted"' in server.log_text()


def test_server_does_not_merge_when_that_is_switched_off(tmp_path):
    data = tmp_path / "data"
    history(data, 5)
    with Server(data, "--compact.period", "0s") as server:
        assert_newest(server, 5)
    assert len(segments(data)) == 5


def test_interruption_leaves_the_records_as_they_were(tmp_path, loaded):
    data = shutil.copytree(loaded, tmp_path / "data")
    load(data, person(1))
    before = segments(data)
    lock = open(data / "records/person/writer.lock", "r+b")  # an import that does not end
    fcntl.flock(lock, fcntl.LOCK_EX)
    for how in (signal.SIGTERM, signal.SIGKILL):
        process = subprocess.Popen([ENRICHD, "compact", "--all", "--data", data], stderr=subprocess.PIPE, text=True)
        wait_until(lambda: len(segments(data)) > len(before), "the merged segment")
        process.send_signal(how)
        assert process.wait(timeout=60) == (FAILED if how == signal.SIGTERM else -how)
        if how == signal.SIGTERM:
            assert "stopped" in process.stderr.read() and segments(data) == before
        process.stderr.close()
    assert len(segments(data)) > len(before)
    lock.close()
    assert "damage" not in run("check", "--data", data, check=False).stdout.replace("no damage", "")
    run("compact", "--all", "--data", data)
    assert len(segments(data)) == 1


def test_wrong_command_lines(tmp_path):
    assert run("compact", "dog", "--data", tmp_path, check=False).returncode == USAGE
    assert run("compact", "person", "company", check=False).returncode == USAGE
    result = run("compact", "--data", tmp_path / "nowhere", check=False)
    assert result.returncode == FAILED and "no such folder" in result.stderr
