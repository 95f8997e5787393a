"""enrichd check: sound folders pass, whatever happens meanwhile, and every kind of damage is found and named.

Damage is done to copies of one good folder from the outside of the program, to its files and tables as ARCHITECTURE.md and
the headers of store/ describe them.
"""
import json
import shutil
import signal
import sqlite3
import struct
import threading
import zlib

import pytest
from harness import PROFILE, Server, run
from test_main_job import url_of


def check(data, *options):
    """(exit code, findings as (level, where, what)) of a check, which changes nothing."""
    before = content_of(data)
    result = run("check", "--data", data, "--json", *options, check=False)
    assert content_of(data) == before
    found = json.loads(result.stdout)
    assert found["sound"] == (result.returncode == 0) == (found["damages"] == 0)
    assert all(set(finding) == {"level", "where", "what", "advice"} and all(finding.values()) for finding in found["findings"])
    return result.returncode, [(finding["level"], finding["where"], finding["what"]) for finding in found["findings"]]


def content_of(data):
    """Every file but SQLite's index of its log, which is made anew by whoever opens it."""
    return {path: path.read_bytes() for path in data.rglob("*") if path.is_file() and not path.name.endswith("-shm")}


@pytest.fixture(scope="module")
def good(tmp_path_factory, loaded, population):
    """A folder after a good day, its server stopped: (path, ids of completed, erased and perhaps cancelled batches)."""
    data = shutil.copytree(loaded, tmp_path_factory.mktemp("good") / "data")
    urls = [url_of(person) for person in population[1]]
    with Server(data) as server:
        completed = server.post("/batch/person/enrich", {"professional_network_profile_urls": [*urls[:700], PROFILE + "nobody"]},
                                {"Idempotency-Key": "the-one"}).json()["batch_id"]
        server.wait(completed)
        erased = server.run_job(urls[:50])[0]["batch_id"]
        assert server.request("DELETE", f"/batch/{erased}").status == 204
        cancelled = server.submit(urls)["batch_id"]
        server.request("POST", f"/batch/{cancelled}/cancel", headers={"x-api-version": "2025-11-01"})
        pending = server.submit(urls)["batch_id"]
        server.wait(pending)
    return data, completed, erased


def test_a_good_folder_passes(good):
    assert check(good[0]) == (0, [])
    assert check(good[0], "--deep") == (0, [])


def test_the_summary_says_what_was_looked_at(good):
    result = run("check", "--data", good[0])
    assert result.stdout.startswith("4 batches, ") and result.stdout.endswith(" pieces, 3000 records checked: no damage\n")
    assert result.stderr == ""


def test_folders_that_nothing_happened_to_pass(tmp_path, loaded):
    (tmp_path / "empty").mkdir(mode=0o700)
    assert check(tmp_path / "empty") == (0, [])
    assert check(loaded) == (0, [])
    run("key", "create", "one", "--data", tmp_path / "keys")
    assert check(tmp_path / "keys") == (0, [])


def test_what_is_no_folder_is_refused(tmp_path):
    result = run("check", "--data", tmp_path / "none", check=False)
    assert result.returncode == 1 and str(tmp_path / "none") in result.stderr
    assert run("check", "one", check=False).returncode == 2
    assert run("check", "--shallow", check=False).returncode == 2


# ---- beside a server, and after a crash ----

def test_a_folder_under_load_passes_each_time(data, population):
    urls = [url_of(person) for person in population[1]]
    is_over = threading.Event()
    ends = {"finished": 0, "cancelled": 0, "erased": 0}

    def load(server, how):
        while not is_over.is_set():
            batch_id = server.submit(urls[:1500])["batch_id"]
            if how == "cancelled":
                assert server.request("POST", f"/batch/{batch_id}/cancel", headers={"x-api-version": "2025-11-01"}).status in (200, 409)
            if how == "erased":
                assert server.request("DELETE", f"/batch/{batch_id}").status == 204
            if how == "finished":
                server.wait(batch_id)
            ends[how] += 1

    with Server(data, env={"ENRICHD_BATCH_ACTIVE_MAX": "100", "ENRICHD_JOBS_CHECKPOINT": "100ms"}) as server:
        server.key = server.make_key()
        threads = [threading.Thread(target=load, args=(server, how)) for how in ends]
        for thread in threads:
            thread.start()
        try:
            checks = 0
            while checks < 10 or min(ends.values()) < 5:
                result = run("check", "--data", data, "--json", check=False)
                findings = json.loads(result.stdout)["findings"]
                # An erased batch's file goes a moment after its row says so.
                assert result.returncode == 0 and all("was erased" in finding["what"] for finding in findings), findings
                checks += 1
        finally:
            is_over.set()
            for thread in threads:
                thread.join()
    assert check(data, "--deep") == (0, [])


def test_after_kill_the_log_is_read_and_left_as_it_is(data, population):
    urls = [url_of(person) for person in population[1]]
    with Server(data) as server:
        for _ in range(3):
            server.submit(urls)
        server.kill()
        assert (data / "control.db-wal").stat().st_size > 0
        assert check(data) == (0, [])
        server.start()
        server.stop(signal.SIGTERM)
    assert check(data) == (0, [])


# ---- damage ----

def flip(path, at=None):
    content = bytearray(path.read_bytes())
    at = len(content) // 2 if at is None else at
    content[at] ^= 0x10
    path.write_bytes(content)


def sql(data, statement, *values):
    connection = sqlite3.connect(data / "control.db")
    connection.execute(statement, values)
    connection.commit()
    connection.close()


def batch_sql(change):
    """Changes the row of the completed batch."""
    return lambda data, batch_id: sql(data, f"UPDATE batch SET {change} WHERE id = ?", uuid_bytes(batch_id))


def uuid_bytes(batch_id):
    return bytes.fromhex(batch_id.replace("-", ""))


def piece_file(damage):
    return lambda data, batch_id: damage(data / "pieces" / batch_id)


def cut(path):
    path.write_bytes(path.read_bytes()[:-20])


def lose_a_piece(data, _):
    sql(data, "UPDATE batch_pieces SET pairs = substr(pairs, 81) WHERE batch_seq = 1")


def lose_inputs(data, _):
    sql(data, "DELETE FROM batch_input WHERE batch_seq = 1")


def spoil_inputs(data, _):
    sql(data, "UPDATE batch_input SET inputs = substr(inputs, 1, length(inputs) - 9) WHERE batch_seq = 1")


def swap_inputs(data, _):
    sql(data, "UPDATE batch_input SET inputs = (SELECT inputs FROM batch_input ORDER BY batch_seq DESC LIMIT 1) WHERE batch_seq = 1")


def keep_inputs_of_erased(data, _):
    sql(data, "INSERT INTO batch_input SELECT 2, inputs FROM batch_input WHERE batch_seq = 1")


def second_key(data, _):
    sql(data, "INSERT INTO idempotency SELECT account_id, 'another', body_hash, batch_id, created_us FROM idempotency")


def key_of_nothing(data, _):
    sql(data, "UPDATE idempotency SET batch_id = zeroblob(16)")


def lose_account(data, _):
    sql(data, "DELETE FROM account")


def want_delivery(data, _):
    sql(data, "UPDATE batch SET webhook_url = 'https://example.com/' WHERE seq = 1")


def deliver_unasked(data, _):
    sql(data, "INSERT INTO delivery VALUES (1, zeroblob(16), 1, 1, '1 example.com', 1, 0, 1, 1)")


def deliver_untried(data, _):
    deliver_unasked(data, _)
    want_delivery(data, _)
    sql(data, "UPDATE delivery SET state = 2")


def deliver_oddly(data, _):
    deliver_unasked(data, _)
    want_delivery(data, _)
    sql(data, "UPDATE delivery SET state = 7")


def add_usage(data, _):
    sql(data, "UPDATE usage SET results = results + 1 WHERE endpoint = '/batch/person/enrich'")


def spoil_pages(data, _):
    sql(data, "VACUUM")
    with open(data / "control.db", "r+b") as file:
        file.seek(4096 * 3 + 8)
        file.write(b"\xff" * 200)


def swap_batches(data, _):
    """The second and the third of four rows stand in the wrong order on their page: from each a search leads to the other."""
    connection = sqlite3.connect(data / "control.db")
    root, = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'batch'").fetchone()
    connection.close()
    with open(data / "control.db", "r+b") as file:
        file.seek(4096 * (root - 1))
        kind, _, count = struct.unpack(">BHH", file.read(5))
        assert kind == 13 and count == 4, "the table is one leaf"
        file.seek(4096 * (root - 1) + 8)
        places = struct.unpack(">4H", file.read(8))
        file.seek(4096 * (root - 1) + 8)
        file.write(struct.pack(">4H", *(places[at] for at in (0, 2, 1, 3))))


def of_another_program(data, _):
    sql(data, "PRAGMA application_id = 77")


def of_a_newer_version(data, _):
    sql(data, "PRAGMA user_version = 10000")


def lose_control(data, _):
    (data / "control.db").unlink()


def lose_secret(data, _):
    (data / "secret.key").unlink()


def short_secret(data, _):
    (data / "secret.key").write_bytes(b"short")


def segment(kind, at=None):
    return lambda data, _: flip(data / f"records/person/segment-00000001.{kind}", at)


def lose_segment(data, _):
    (data / "records/person/segment-00000001.data").unlink()


def flip_manifest(data, _):
    flip(data / "records/person/manifest")


DAMAGES = {
    "bytes of a piece": (piece_file(flip), "pieces/", "claim"),
    "end of a piece file": (piece_file(cut), "pieces/", "beyond the end"),
    "a piece file": (piece_file(lambda path: path.unlink()), "pieces/", "missing"),
    "a piece in the list": (lose_a_piece, "pieces/", "pieces are missing"),
    "counts": (batch_sql("matched_count = matched_count - 1, error_count = 1"), "pieces/", "sums of its pieces"),
    "the sum of the counts": (batch_sql("matched_count = matched_count - 1"), "pieces/", "do not sum"),
    "more counts than identifiers": (batch_sql("error_count = 70000"), "pieces/", "impossible values"),
    "a state that there is not": (batch_sql("state = 9"), "pieces/", "impossible values"),
    "final and yet pending": (batch_sql("state = 1"), "pieces/", "times do not fit its state"),
    "failed without a reason": (batch_sql("state = 4"), "pieces/", "reason"),
    "expiry before the end": (batch_sql("expires_us = completed_us - 1"), "pieces/", "impossible"),
    "inputs": (lose_inputs, "pieces/", "without its identifiers"),
    "bytes of inputs": (spoil_inputs, "pieces/", "stored identifiers"),
    "inputs of another batch": (swap_inputs, "pieces/", "number of identifiers"),
    "inputs of an erased batch": (keep_inputs_of_erased, "pieces/", "erased, but"),
    "two keys for a batch": (second_key, "control.db", "2 idempotency keys"),
    "a key for no batch": (key_of_nothing, "control.db", "not there"),
    "the account": (lose_account, "control.db", "missing row of account"),
    "a delivery": (want_delivery, "control.db", "has no delivery"),
    "a delivery that nobody asked for": (deliver_unasked, "control.db", "no webhook"),
    "an attempt of a delivery": (deliver_untried, "control.db", "never tried"),
    "the state of a delivery": (deliver_oddly, "control.db", "does not exist: 7"),
    "usage": (add_usage, "control.db", "usage of account"),
    "pages of the database": (spoil_pages, "control.db", ""),
    "the order of the batches": (swap_batches, "control.db", "batches are out of order"),
    "another program's database": (of_another_program, "control.db", "another program"),
    "a newer database": (of_a_newer_version, "control.db", "newer"),
    "the database": (lose_control, "pieces/", "control.db is not"),
    "the secret": (lose_secret, "secret.key", "missing"),
    "the length of the secret": (short_secret, "secret.key", "5 bytes"),
    "bytes of a record": (segment("data"), "records/person/segment-00000001.data", "record"),
    "head of the data": (segment("data", 20), "records/person/segment-00000001", ""),
    "bytes of an index": (segment("index"), "records/person/segment-00000001.index", "checksum"),
    "head of an index": (segment("index", 30), "records/person/segment-00000001", "head"),
    "a segment": (lose_segment, "records/person/segment-00000001", "missing"),
    "the manifest": (flip_manifest, "records/person/manifest", "checksum"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_found_and_named(good, tmp_path, name):
    damage, where, what = DAMAGES[name]
    data = shutil.copytree(good[0], tmp_path / "data")
    damage(data, good[1])
    code, findings = check(data)
    assert code == 1
    assert any(level == "damage" and found.startswith(where) and what in said for level, found, said in findings), findings


def test_a_key_that_leads_to_another_record_is_found_by_looking_deep(good, tmp_path):
    data = shutil.copytree(good[0], tmp_path / "data")
    path = data / "records/person/segment-00000001.index"
    content = bytearray(path.read_bytes())
    used = [at for at in range(128, len(content), 16) if content[at + 8:at + 16] != bytes(8)]
    first, last = used[0] + 8, used[-1] + 8
    content[first:first + 8], content[last:last + 8] = content[last:last + 8], content[first:first + 8]
    content[48:52] = struct.pack("<I", zlib.crc32(content[128:]))
    content[8:12] = bytes(4)
    content[8:12] = struct.pack("<I", zlib.crc32(content[:128]))
    path.write_bytes(content)
    assert check(data) == (0, [])
    code, findings = check(data, "--deep")
    assert code == 1 and findings[0][1].endswith(".index") and "key" in findings[0][2]


# ---- warnings ----

def leftover_of_nobody(data, _):
    (data / "pieces/01890000-0000-7000-8000-000000000000").write_bytes(b"bytes")


def leftover_of_erased(data, batch_id):
    (data / "pieces" / batch_id).write_bytes(b"bytes")


def leftover_of_an_import(data, _):
    (data / "records/person/segment-00000099.data").write_bytes(b"bytes")


def unknown_file(data, _):
    (data / "notes.txt").write_text("mine")


def unknown_piece(data, _):
    (data / "pieces/notes.txt").write_text("mine")


def unknown_store(data, _):
    (data / "records/robots").mkdir()


def open_secret(data, _):
    (data / "secret.key").chmod(0o644)


def open_folder(data, _):
    data.chmod(0o755)


def clock_set_back(data, _):
    sql(data, "UPDATE batch SET created_us = completed_us + 1000 WHERE seq = 1")



def older_schema(data, _):
    sql(data, "PRAGMA user_version = 2")


WARNINGS = {
    "a file of an unknown batch": (leftover_of_nobody, "pieces/01890000", "is unknown"),
    "a file of an erased batch": (leftover_of_erased, "pieces/", "was erased"),
    "a file of an import": (leftover_of_an_import, "records/person/segment-00000099.data", "broken off"),
    "an unknown file": (unknown_file, "notes.txt", "not a file of enrichd's"),
    "an unknown file among the pieces": (unknown_piece, "pieces/notes.txt", "not a file of enrichd's"),
    "an unknown store": (unknown_store, "records/robots", "not a file of enrichd's"),
    "a secret that others can read": (open_secret, "secret.key", "644"),
    "a folder that others can read": (open_folder, ".", "755"),
    "an older schema": (older_schema, "control.db", "older enrichd"),
    "times that go back": (clock_set_back, "pieces/", "clock"),
}


@pytest.mark.parametrize("name", WARNINGS)
def test_what_is_harmless_is_named_and_no_damage(good, tmp_path, name):
    cause, where, what = WARNINGS[name]
    data = shutil.copytree(good[0], tmp_path / "data")
    cause(data, good[2])
    code, findings = check(data)
    assert code == 0 and len(findings) == 1, findings
    level, found, said = findings[0]
    assert level == "warning" and found.startswith(where) and what in said


def test_a_leftover_is_gone_after_the_next_start(good, tmp_path):
    data = shutil.copytree(good[0], tmp_path / "data")
    leftover_of_nobody(data, None)
    leftover_of_erased(data, good[2])
    assert len(check(data)[1]) == 2
    with Server(data):
        pass
    assert check(data) == (0, [])
