"""enrichd backup and enrichd restore: what a backup holds, also one that is made under load, and what is refused."""
import hashlib
import json
import resource
import shutil
import signal
import subprocess
import threading

import pytest
from harness import ENRICHD, Server, run
from test_check import flip
from test_main_job import url_of
from test_restart import files_of


def files_below(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def modes_below(folder):
    return {oct(path.stat().st_mode & 0o7777) for path in [folder, *folder.rglob("*")] if path.is_dir()}, \
           {oct(path.stat().st_mode & 0o7777) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def saved(tmp_path_factory, loaded, population):
    """(data folder of a stopped server, its backup, id of its batch, id of one erased before)."""
    folder = tmp_path_factory.mktemp("saved")
    data = shutil.copytree(loaded, folder / "data")
    urls = [url_of(person) for person in population[1]]
    with Server(data) as server:
        kept = server.run_job(urls[:500])[0]["batch_id"]
        erased = server.run_job(urls[500:600])[0]["batch_id"]
        assert server.request("DELETE", f"/batch/{erased}").status == 204
    (data / "enrichd.conf").write_text("[batch]\nactive_max = 77\n")
    said = run("backup", folder / "backup", "--data", data).stdout
    assert said.startswith("2 batches and 1 segments of records in ")
    return data, folder / "backup", kept, erased


# ---- what a backup is worth ----

def test_a_backup_under_load_has_all_that_was_acknowledged_before(data, population, tmp_path):
    urls = [url_of(person) for person in population[1]]
    acknowledged, lock, is_over = [], threading.Lock(), threading.Event()

    def load(server, turn):
        while not is_over.is_set():
            answer = server.post("/batch/person/enrich", {"professional_network_profile_urls": urls[turn::3]})
            assert answer.status in (200, 429), answer.body
            if answer.status == 200:
                with lock:
                    acknowledged.append(answer.json()["batch_id"])

    with Server(data, env={"ENRICHD_BATCH_ACTIVE_MAX": "30", "ENRICHD_JOBS_CHECKPOINT": "100ms"}) as server:
        server.key = server.make_key()
        threads = [threading.Thread(target=load, args=(server, turn)) for turn in range(3)]
        for thread in threads:
            thread.start()
        try:
            first = server.wait(server.submit(urls)["batch_id"])
            before = files_of(server, first)
            while len(acknowledged) < 40:
                assert all(thread.is_alive() for thread in threads)
            with lock:
                promised = [*acknowledged, first["batch_id"]]
            final = {batch_id for batch_id in promised if server.status(batch_id)["status"] == "completed"}
            run("backup", tmp_path / "backup", "--data", data)
            went_on = len(acknowledged) + 1 - len(promised)
        finally:
            is_over.set()
            for thread in threads:
                thread.join()
        key, pages = server.key, {}
        for batch_id in promised:
            pages[batch_id] = files_of(server, server.wait(batch_id))
    assert len(promised) >= 41 and len(final) >= 1 and went_on >= 1, "the load must go on beside the backup"

    run("restore", tmp_path / "backup", "--data", tmp_path / "restored")
    restored = json.loads(run("check", "--deep", "--json", "--data", tmp_path / "restored").stdout)
    assert restored["sound"] and restored["warnings"] == 0 and restored["batches"] >= len(promised), restored
    with Server(tmp_path / "restored") as server:
        server.key = key
        assert files_of(server, server.status(first["batch_id"])) == before
        for batch_id in promised:
            assert batch_id not in final or server.status(batch_id)["status"] == "completed"
            assert files_of(server, server.wait(batch_id)) == pages[batch_id]
    assert run("check", "--deep", "--data", tmp_path / "restored").returncode == 0


def test_unfinished_work_goes_on_after_a_restore(data, population, tmp_path):
    urls = [url_of(person) for person in population[1]]
    with Server(data) as server:
        ids = [server.submit(urls)["batch_id"] for _ in range(5)]
        key = server.key
        server.kill()
    run("backup", tmp_path / "backup", "--data", data)
    run("restore", tmp_path / "backup", "--data", tmp_path / "restored")
    with Server(tmp_path / "restored") as server:
        server.key = key
        for batch_id in ids:
            assert server.wait(batch_id)["result_count"] == len(urls)


def test_a_restored_folder_is_the_one_that_was_saved(saved, tmp_path):
    data, backup, kept, _ = saved
    said = run("restore", backup, "--data", tmp_path / "restored").stdout
    assert said.startswith(f"{tmp_path / 'restored'} is as it was at 20")
    before, after = files_below(data), files_below(tmp_path / "restored")
    left_out = {name for name in before if name.endswith((".lock", ".changed"))}
    assert set(before) - set(after) <= left_out and set(after) <= set(before)
    assert {name for name in after if before[name] != after[name]} <= {"control.db", "audit.log"} | left_out
    assert f"pieces/{kept}" in after
    assert run("check", "--deep", "--data", tmp_path / "restored").returncode == 0
    with Server(data) as server:
        server.wait(kept)
        before = files_of(server, server.status(kept))
    with Server(tmp_path / "restored") as server:
        assert files_of(server, server.status(kept)) == before
    assert "batch.active_max                 = 77 " in run("config", "show", "--data", tmp_path / "restored").stdout


def test_nobody_else_may_read_a_backup_or_what_is_restored(saved, tmp_path):
    run("restore", saved[1], "--data", tmp_path / "restored")
    for folder in saved[1], tmp_path / "restored":
        assert modes_below(folder) == ({"0o700"}, {"0o600"})


def test_what_was_erased_before_is_in_no_file_of_the_backup(saved, population):
    _, backup, kept, erased = saved
    urls = [url_of(person) for person in population[1]]
    assert not (backup / "pieces" / erased).exists() and (backup / "pieces" / kept).exists()
    control = (backup / "control.db").read_bytes()
    assert not any(url.encode() in control for url in urls[500:600])


def test_records_alone_can_be_saved(loaded, tmp_path):
    run("backup", tmp_path / "backup", "--data", loaded)
    run("restore", tmp_path / "backup", "--data", tmp_path / "restored")
    assert "3000 records checked: no damage" in run("check", "--deep", "--data", tmp_path / "restored").stdout


# ---- refusals ----

def refused(*arguments, code=1):
    result = run(*arguments, check=False)
    assert result.returncode == code and result.stdout == ""
    return result.stderr


def test_an_existing_destination_is_refused_and_left_alone(saved, tmp_path):
    (tmp_path / "there").mkdir()
    assert "there already" in refused("backup", tmp_path / "there", "--data", saved[0])
    assert "there already" in refused("backup", f"{tmp_path / 'there'}/", "--data", saved[0])
    (tmp_path / "file").write_text("mine")
    assert "there already" in refused("backup", tmp_path / "file", "--data", saved[0])
    (tmp_path / "new.partial").mkdir()
    assert "broken off" in refused("backup", tmp_path / "new", "--data", saved[0])
    assert "none" in refused("backup", tmp_path / "other", "--data", tmp_path / "none")
    refused("backup", code=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "new.partial", "there"]
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_that_is_not_empty_is_not_restored_into(saved, tmp_path):
    (tmp_path / "empty").mkdir()
    run("restore", saved[1], "--data", tmp_path / "empty")
    before = files_below(tmp_path / "empty")
    assert "not empty" in refused("restore", saved[1], "--data", tmp_path / "empty")
    assert files_below(tmp_path / "empty") == before
    assert "no backup" in refused("restore", saved[0], "--data", tmp_path / "other")
    refused("restore", code=2)
    assert not (tmp_path / "other").exists()


def lose(path):
    path.unlink()


def cut(path):
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize("damage", [flip, lose, cut])
@pytest.mark.parametrize("name", ["control.db", "secret.key", "pieces", "records/person/segment-00000001.data",
                                  "records/person/manifest", "backup.list"])
def test_a_damaged_backup_is_not_restored(saved, tmp_path, name, damage):
    backup = shutil.copytree(saved[1], tmp_path / "backup")
    path = backup / name / saved[2] if name == "pieces" else backup / name
    damage(path)
    assert path.name in refused("restore", backup, "--data", tmp_path / "restored")
    assert not (tmp_path / "restored").exists()


def test_names_that_lead_out_of_the_folder_are_not_restored(saved, tmp_path):
    backup = shutil.copytree(saved[1], tmp_path / "backup")
    for name in ("../outside", "/outside", "pieces/../../outside", "pieces//x", ".hidden", "pieces/"):
        body = f"enrichd backup 1\ncreated 1\nfile {name} bytes 32 sha256 {hashlib.sha256(b'x' * 32).hexdigest()}\n"
        (backup / "backup.list").write_text(body + f"sha256 {hashlib.sha256(body.encode()).hexdigest()}\n")
        assert "unreadable line" in refused("restore", backup, "--data", tmp_path / "restored")


def with_file_limit(limit, *arguments):
    """Runs with a limit on the length of files, which writes run into as into a full disk."""
    def limit_files():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    return subprocess.run([ENRICHD, *map(str, arguments)], text=True, capture_output=True, check=False, preexec_fn=limit_files)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 0.99])
def test_a_full_disk_leaves_nothing(saved, tmp_path, share):
    largest = max(len(content) for content in files_below(saved[1]).values())
    result = with_file_limit(int(largest * share), "backup", tmp_path / "backup", "--data", saved[0])
    assert result.returncode == 1 and "No backup was made" in result.stderr
    result = with_file_limit(int(largest * share), "restore", saved[1], "--data", tmp_path / "restored")
    assert result.returncode == 1 and "Nothing was restored" in result.stderr
    assert not list(tmp_path.iterdir())
