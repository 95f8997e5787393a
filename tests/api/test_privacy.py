"""enrichd privacy: who is suppressed is handed out by no way, and the audit log tells what was done."""
import collections
import fcntl
import hashlib
import json
import os
import re
import subprocess
import time
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from batch_tools import check_counts
from harness import ENRICHD, PROFILE, VERSION, Server, run, wait_until, write_lines
from receiver import Receiver
from long_job import ENVIRONMENT, make_data, spellings
from test_main_job import url_of


def email_of(person):
    for company in person.get("contact", {}).get("business_emails", []):
        return company["email"]
    return None


def with_email(population, count):
    """So many persons that have an email of their own."""
    found = [person for person in population[1] if email_of(person)]
    assert len(found) >= count
    return found[:count]


def privacy(data, *arguments, **options):
    return run("privacy", *arguments, "--data", data, **options)


def suppress(data, *identifiers, **options):
    return json.loads(privacy(data, "suppress", "--json", *identifiers, **options).stdout)


def found_at_once(server, urls=None, emails=None):
    """For each identifier whether POST /person/enrich has a match."""
    body = {"professional_network_profile_urls": urls} if urls else {"business_emails": emails}
    answer = server.post("/person/enrich", body)
    assert answer.status == 200, answer.body
    return [bool(row["matches"]) for row in answer.json()]


def audit_entries(data):
    return [json.loads(line) for line in (data / "audit.log").read_text(encoding="utf-8").splitlines()]


# ---- look-up --------------------------------------------------------------------------------------------------------


def test_a_suppressed_person_is_found_by_no_identifier_while_the_server_runs(data, population):
    person, other = with_email(population, 2)
    with Server(data) as server:
        assert found_at_once(server, [url_of(person), url_of(other)]) == [True, True]
        assert found_at_once(server, emails=[email_of(person)]) == [True]
        assert suppress(data, email_of(person))["records"] == 1
        assert found_at_once(server, [url_of(person), url_of(other)]) == [False, True]
        assert found_at_once(server, emails=[email_of(person), email_of(other)]) == [False, True]
        status, lines, unresolved = server.run_job([url_of(person), url_of(other)])
        assert check_counts(status)["suppressed"] == 1 and check_counts(status)["matched"] == 1
        assert [line["original_identifier"] for line in lines] == [url_of(other)]
        assert unresolved == [{"original_identifier": url_of(person), "reason": "suppressed"}]
        privacy(data, "unsuppress", email_of(person))
        assert found_at_once(server, [url_of(person)]) == [True]
        assert found_at_once(server, emails=[email_of(person)]) == [True]


def test_identifiers_come_from_standard_input_and_ids_count(data, population):
    first, second, third = population[1][:3]
    text = f"{url_of(first)}\n\n{second['crustdata_person_id']}\n"
    result = suppress(data, "--file", "-", "--reason", "objection", input=text)
    assert result["identifiers"] == 2 and result["records"] == 2
    with Server(data) as server:
        assert found_at_once(server, [url_of(person) for person in (first, second, third)]) == [False, False, True]
    listed = json.loads(privacy(data, "list", "--json").stdout)
    assert {entry["kind"] for entry in listed} >= {"id", "profile_url"}
    assert all(entry["reason"] == "objection" and len(entry["hash"]) == 64 for entry in listed)
    assert suppress(data, url_of(first))["added"] == 0


def test_what_is_no_identifier_changes_nothing(data, population):
    result = privacy(data, "suppress", url_of(population[1][0]), "https://example.com/secret-name", check=False)
    assert result.returncode == 2 and "argument 2" in result.stderr and "secret-name" not in result.stderr
    assert json.loads(privacy(data, "list", "--json").stdout) == []
    for arguments in (["suppress"], ["list", "x"], ["forget", "x"], ["suppress", "x", "--reason", "a@b.c"]):
        assert privacy(data, *arguments, check=False).returncode == 2


# ---- the audit log --------------------------------------------------------------------------------------------------


def test_the_audit_log_tells_what_was_done_and_about_nobody(data, population):
    person = with_email(population, 1)[0]
    before = len(audit_entries(data))
    with Server(data) as server:
        key = server.make_key(name="a-telling-name")
        suppress(data, email_of(person))
        key_id = key[len("enr_live_"):][:8]
        run("key", "revoke", key_id, "--data", data)
    entries = audit_entries(data)
    assert entries[0]["event"] == "import" and [entry["entry"] for entry in entries] == list(range(1, before + 6))
    entries = entries[before:]
    assert [entry["event"] for entry in entries] == ["server.start", "key.create", "privacy.suppress", "key.revoke",
                                                     "server.stop"]
    assert entries[1]["key"] == entries[3]["key"] == key_id
    text = (data / "audit.log").read_text(encoding="utf-8")
    slug = url_of(person).rsplit("/", 1)[1]
    for needle in (email_of(person), slug, key[17:], "a-telling-name"):
        assert needle not in text
    assert email_of(person) not in server_log(data) and slug not in server_log(data)


def test_whatever_an_operator_changes_or_is_shown_is_in_the_audit_log(data, population, tmp_path):
    with Server(data) as server:
        key_id = server.make_key()[len("enr_live_"):][:8]
        expected = ["server.start", "key.create"]

        def has_made(*arguments, events=()):
            result = run(*arguments, cwd=tmp_path)
            expected.extend(events)
            assert [entry["event"] for entry in audit_entries(data)[begin:]] == expected, arguments
            return result

        begin = len(audit_entries(data)) - 2
        path = write_lines(tmp_path / "one.jsonl", population[1][:1])
        has_made("key", "list", "--data", data)
        has_made("key", "set", key_id, "--name", "other", "--data", data, events=["key.set"])
        has_made("key", "rotate", key_id, "--data", data, events=["key.rotate"])
        has_made("key", "revoke", key_id, "--data", data, events=["key.revoke"])
        shown = has_made("webhook", "secret", key_id, "--data", data, events=["webhook.show"])
        rotated = has_made("webhook", "secret", key_id, "--rotate", "--data", data, events=["webhook.rotate"])
        has_made("link", "list", "--data", data)
        has_made("link", "rotate", "--now", "--data", data, events=["link.rotate"])
        has_made("import", "person", path, "--data", data, events=["import"])
        has_made("compact", "--all", "--data", data, events=["compact"])
        has_made("compact", "--all", "--data", data)  # there is nothing to do
        has_made("backup", tmp_path / "copy", "--data", data, events=["backup"])
        has_made("check", "--data", data)
        text = (data / "audit.log").read_text(encoding="utf-8")
        assert not any(secret.stdout.strip() in text for secret in (shown, rotated))
        lines = text.splitlines(keepends=True)
        (data / "audit.log").write_text("".join(lines[:-1]), encoding="utf-8")  # the end is cut off
        assert run("check", "--data", data, check=False).returncode == 1
        (data / "audit.log").write_text(text, encoding="utf-8")
    run("restore", tmp_path / "copy", "--data", tmp_path / "restored")
    assert audit_entries(tmp_path / "restored")[-1]["event"] == "restore"
    for folder in (data, tmp_path / "restored"):
        assert run("check", "--data", folder).returncode == 0


def server_log(data):
    return (data.parent / (data.name + ".log")).read_text(encoding="utf-8")


def test_a_changed_audit_log_is_found_by_check(data):
    for name in ("one", "two", "three"):
        run("key", "create", name, "--data", data)
    log = data / "audit.log"
    whole = log.read_bytes()
    lines = whole.splitlines(keepends=True)
    assert run("check", "--data", data, check=False).returncode == 0
    for changed in (whole.replace(b"key.create", b"key.revoke", 1), b"".join(lines[1:]), b"".join(lines[:-1]),
                    lines[1] + lines[0] + lines[2], b""):
        log.write_bytes(changed)
        result = run("check", "--data", data, check=False)
        assert result.returncode == 1, changed and "audit.log" in result.stdout + result.stderr
    log.write_bytes(whole)
    assert run("check", "--data", data, check=False).returncode == 0


# ---- import ---------------------------------------------------------------------------------------------------------


def test_an_import_leaves_out_who_is_suppressed(data, population, tmp_path):
    by_email, by_url = with_email(population, 2)
    suppress(data, email_of(by_email), url_of(by_url))
    renamed = {**by_email, "crustdata_person_id": 990000001, "social_handles": {}}  # only the email is left of it
    other = population[1][-1]
    path = write_lines(tmp_path / "again.jsonl", [by_email, by_url, renamed, other])
    result = run("import", "person", path, "--json", "--data", data, cwd=tmp_path)
    counts = json.loads(result.stdout)
    assert (counts["lines"], counts["imported"], counts["suppressed"], counts["refused"]) == (4, 1, 3, 0)
    assert "suppressed: 3" in result.stderr
    with Server(data) as server:
        assert found_at_once(server, [url_of(by_email), url_of(by_url), url_of(other)]) == [False, False, True]
    entry = next(entry for entry in audit_entries(data)[1:] if entry["event"] == "import")
    assert (entry["event"], entry["imported"], entry["suppressed"]) == ("import", 1, 3)


@pytest.mark.parametrize("is_merged", [False, True])
def test_what_a_person_was_called_before_is_suppressed_too(data, population, tmp_path, is_merged):
    person = with_email(population, 1)[0]
    later = {**person, "contact": {}}
    run("import", "person", write_lines(tmp_path / "later.jsonl", [later]), "--data", data, cwd=tmp_path)
    if is_merged:
        run("compact", "--all", "--data", data)
    suppress(data, url_of(person))
    again = {**person, "crustdata_person_id": 990000003, "social_handles": {}}  # known by the address of before
    result = run("import", "person", write_lines(tmp_path / "again.jsonl", [again]), "--json", "--data", data, cwd=tmp_path)
    assert json.loads(result.stdout)["suppressed"] == 1
    privacy(data, "unsuppress", url_of(person))
    assert json.loads(privacy(data, "list", "--json").stdout) == []


def test_who_is_suppressed_while_an_import_runs_is_found_in_it(data, population, tmp_path):
    person = with_email(population, 1)[0]
    renamed = {**person, "crustdata_person_id": 990000002, "social_handles": {
        "professional_network_identifier": {"profile_url": PROFILE + "somewhere-else"}}}
    importing = subprocess.Popen([ENRICHD, "import", "person", "-", "--data", data], stdin=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL, cwd=tmp_path)
    importing.stdin.write((json.dumps(renamed) + "\n").encode())
    importing.stdin.flush()
    run("key", "create", "first", "--data", data)  # so that there is a list, which the import has read as empty
    wait_until(lambda: is_being_written(data), "the import to begin")
    with Server(data) as server, ThreadPoolExecutor(1) as pool:
        done = pool.submit(suppress, data, email_of(person))
        wait_until(lambda: found_at_once(server, emails=[email_of(person)]) == [False], "the suppression")
        importing.stdin.close()
        assert importing.wait(timeout=60) == 0
        assert done.result(timeout=60)["records"] == 2
        assert found_at_once(server, [PROFILE + "somewhere-else"]) == [False]


def is_being_written(data):
    """Whether somebody has the lock of the records."""
    with open(data / "records/person/writer.lock", "a+b") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


# ---- files that were finished before --------------------------------------------------------------------------------


def all_files(status):
    return [status["download_url"], *status["download_urls"], status["unresolved_url"]]


def names_of(server, urls):
    return [line["original_identifier"] for url in urls for line in server.lines(url)]


def test_files_finished_before_hand_out_nobody_who_is_suppressed_now(data, population):
    people_of_job = population[1][:300]
    gone = people_of_job[120]
    with Server(data) as server:
        urls = [url_of(person) for person in people_of_job] + [PROFILE + "nobody-there"]
        before = server.wait(server.submit(urls, chunk_size=50)["batch_id"])
        old = server.fetch(before["download_url"])
        suppress(data, url_of(gone))
        for url in all_files(before):  # the first answer after the suppression, each of them
            assert url_of(gone) not in names_of(server, [url]) or url == before["unresolved_url"]
        after = server.status(before["batch_id"])
        kept = [url for url in urls[:-1] if url != url_of(gone)]
        assert names_of(server, [after["download_url"]]) == kept == names_of(server, after["download_urls"])
        unresolved = server.lines(after["unresolved_url"])
        assert sorted(unresolved, key=str) == sorted([{"original_identifier": url_of(gone), "reason": "suppressed"},
                                                      {"original_identifier": urls[-1], "reason": "not_found"}], key=str)
        assert after["result_count"] == 299 and check_counts(after)["suppressed"] == 1
        new = server.fetch(after["download_url"])
        assert new.headers["etag"] != old.headers["etag"]
        path = after["download_url"]
        half = len(new.body) // 2
        parts = [server.fetch(path, headers={"Range": text}) for text in (f"bytes=0-{half - 1}", f"bytes={half}-")]
        assert [part.status for part in parts] == [206, 206] and b"".join(part.body for part in parts) == new.body
        stale = server.fetch(path, headers={"Range": "bytes=0-9", "If-Range": old.headers["etag"]})
        assert stale.status == 200 and stale.body == new.body
        assert server.fetch(path, headers={"If-None-Match": old.headers["etag"]}).status == 200
        wait_until(lambda: old.body[2000:2040] not in (data / "pieces" / before["batch_id"]).read_bytes()
                   or new.body[2000:2040] == old.body[2000:2040], "the old bytes to be overwritten")
        assert run("check", "--deep", "--data", data).returncode == 0
        server.kill()
        server.start()
        assert server.lines(server.status(before["batch_id"])["download_url"])[120]["original_identifier"] == kept[120]
    assert run("check", "--deep", "--data", data).returncode == 0


def test_a_download_under_way_ends_as_it_began(tmp_path):
    data = make_data(tmp_path, summary_bytes=1_000_000)
    with Server(data, env=ENVIRONMENT) as server:
        inputs = spellings(3000)
        status = server.wait(server.submit(inputs)["batch_id"])
        whole = server.fetch(status["download_url"]).body
        connection = server.connect()
        connection.request("GET", status["download_url"].split(server.address)[1])
        response = connection.getresponse()
        received = response.read(1000)
        suppress(data, inputs[0])
        assert server.lines(status["download_url"]) == []
        assert received + response.read() == whole
        connection.close()
        wait_until(lambda: not any((data / "pieces" / status["batch_id"]).read_bytes()[:len(whole) - 100_000]),
                   "the old bytes to be overwritten")
        assert server.lines(status["download_url"]) == []


def test_a_batch_that_was_under_way_is_scrubbed_too(data, population):
    with Server(data) as server:
        urls = [url_of(person) for person in population[1]]
        batch_id = server.submit(urls, chunk_size=10)["batch_id"]
        suppress(data, urls[0], urls[-1])
        status = server.wait(batch_id)
        assert not {urls[0], urls[-1]} & set(names_of(server, [status["download_url"]]))
        assert check_counts(server.status(batch_id))["suppressed"] == 2


# ---- access ---------------------------------------------------------------------------------------------------------


def access(data, *identifiers, **options):
    return json.loads(privacy(data, "access", *identifiers, **options).stdout)


def held_lines(server, status, key, person):
    return [line for line in server.lines(status[key]) if line["original_identifier"] in (url_of(person), email_of(person))]


def test_access_tells_all_that_is_held_of_a_person_and_about_nobody_else(data, population):
    person, *others = with_email(population, 20)
    with Server(data) as server:
        urls = [url_of(other) for other in others] + [url_of(person)]
        by_url = server.wait(server.submit(urls, chunk_size=10, fields=["skills"])["batch_id"])
        by_email = server.wait(server.submit(emails=[email_of(person), "nobody@example.com"])["batch_id"])
        server.run_job([url_of(other) for other in others])  # has nothing to do with it
        before = audit_entries(data)
        told = access(data, email_of(person))
        new = audit_entries(data)[len(before):]
        assert told["records"] == [person] and told["superseded_versions"] == [] and told["suppressed"] == []
        found_by = {entry["identifier"] for entry in told["identifiers"]}
        assert {email_of(person), url_of(person), str(person["crustdata_person_id"])} <= found_by
        first, second = told["batches"]
        assert (first["batch_id"], second["batch_id"]) == (by_url["batch_id"], by_email["batch_id"])
        assert first["account"] == "default" and first["endpoint"] == "/batch/person/enrich"
        assert (first["status"], first["completed_at"]) == ("completed", by_url["completed_at"])
        assert first["identifiers"] == [url_of(person)] and second["identifiers"] == [email_of(person)]
        assert first["results"] == held_lines(server, by_url, "download_url", person)
        assert second["results"] == held_lines(server, by_email, "download_url", person)
        assert first["unresolved"] == second["unresolved"] == []
        assert not any(url_of(other) in json.dumps(told) for other in others)
        assert [(entry["event"], entry["records"], entry["batches"]) for entry in new] == [("privacy.access", 1, 2)]
        assert not traces_of(data, [email_of(person).encode()]) & {"audit.log"}
        waiting = server.submit(urls * 20)["batch_id"]  # whether it is under way or not
        assert {"batch_id": waiting, "identifiers": [url_of(person)] * 20}.items() <= access(data, url_of(person))["batches"][2].items()
        suppress(data, email_of(person))
        assert new[0]["hashes"][0] in {listed["hash"] for listed in json.loads(privacy(data, "list", "--json").stdout)}


def test_access_sees_suppression_and_after_an_erasure_nothing_but_that(data, population):
    person = with_email(population, 1)[0]
    with Server(data) as server:
        server.run_job([url_of(person)])
        suppress(data, url_of(person), "--reason", "objection")
        wait_until(lambda: not access(data, url_of(person))["batches"][0]["results"], "the lines to be taken out")
        told = access(data, url_of(person))
        assert told["records"] == [person]
        assert {entry["reason"] for entry in told["suppressed"]} == {"objection"}
        assert told["batches"][0]["unresolved"] == [{"original_identifier": url_of(person), "reason": "suppressed"}]
        erase(data, url_of(person))
        told = access(data, url_of(person))
        assert told["records"] == told["superseded_versions"] == told["batches"] == []
        assert [entry["erased"] for entry in told["suppressed"]] == [True]


def test_access_has_what_is_on_disk_of_earlier_versions_and_packed_records(data, population, tmp_path):
    person = with_email(population, 1)[0]
    later = {**person, "contact": {}}
    environment = {"ENRICHD_IMPORT_COMPRESSION": "all"}
    path = write_lines(tmp_path / "later.jsonl", [later])
    run("import", "person", path, "--data", data, cwd=tmp_path, env={**os.environ, **environment})
    told = access(data, email_of(person))
    assert told["records"] == [later] and told["superseded_versions"] == [person]
    run("compact", "--all", "--data", data, env={**os.environ, **environment})
    told = access(data, url_of(person))
    assert told["records"] == [later] and told["superseded_versions"] == []
    assert email_of(person) in {entry["identifier"] for entry in told["identifiers"]}


def test_access_writes_a_file_that_nobody_else_may_read_or_says_why_not(data, population, tmp_path):
    url = url_of(population[1][0])
    output = tmp_path / "answer.json"
    result = privacy(data, "access", "--file", "-", "--output", output, input=url + "\n")
    assert result.stdout == "" and os.stat(output).st_mode & 0o777 == 0o600
    assert json.loads(output.read_text(encoding="utf-8"))["records"] == [population[1][0]]
    missing = run("privacy", "access", url, "--data", tmp_path / "not-there", check=False)
    assert missing.returncode == 1 and "not-there" in missing.stderr and not (tmp_path / "not-there").exists()
    failed = privacy(data, "access", url, "--output", tmp_path / "no" / "such" / "folder", check=False)
    assert failed.returncode == 1 and failed.stdout == "" and "folder" in failed.stderr
    many = privacy(data, "access", *map(str, range(1, 102)), check=False)
    assert many.returncode == 2 and "at most 100" in many.stderr
    assert privacy(data, "list", "--output", output, check=False).returncode == 2
    (data / "audit.log").unlink()
    (data / "audit.log").mkdir()
    unheard = privacy(data, "access", url, check=False)
    assert unheard.returncode == 1 and unheard.stdout == "", "nothing is told that the audit log does not have"


# ---- erasure --------------------------------------------------------------------------------------------------------


def contents(data):
    """Everything that the data folder holds, result files inflated: (name, bytes)."""
    for path in data.rglob("*"):
        if not path.is_file():
            continue
        content = path.read_bytes()
        yield str(path.relative_to(data)), content
        if path.parent.name == "pieces":
            yield f"{path.relative_to(data)} inflated", inflated_runs(content)


def inflated_runs(content):
    """All that can be inflated from where a run of deflate may begin: each byte behind a full flush, or behind zeros."""
    starts = {0} | {match.end() for match in re.finditer(rb"\x00\x00\xff\xff|\x00(?=[^\x00])", content)}
    found = []
    for start in sorted(starts):
        decoder = zlib.decompressobj(-15)
        try:
            found.append(decoder.decompress(content[start:]))
        except zlib.error:
            continue
    return b"".join(found)


def needles_of(person):
    slug = url_of(person).rsplit("/", 1)[1]
    name = person["basic_profile"]["name"]
    return [text.encode() for text in (slug, email_of(person), name)]


def traces_of(data, needles):
    return {name for name, content in contents(data) for needle in needles if needle in content}


def erase(data, *identifiers, **options):
    return privacy(data, "erase", "--force", *identifiers, **options)


def unmistakable(population):
    """A person with an email, whose name nobody else has."""
    names = collections.Counter(person["basic_profile"]["name"] for person in population[1])
    return next(person for person in with_email(population, 50) if names[person["basic_profile"]["name"]] == 1
                and all(sum(needle in json.dumps(other, ensure_ascii=False).encode() for other in population[1]) == 1
                        for needle in needles_of(person)))


@pytest.mark.parametrize("is_served", [True, False])
def test_of_who_is_erased_nothing_stays_in_the_data_folder(data, population, is_served):
    person = unmistakable(population)
    needles = needles_of(person)
    others = [url_of(other) for other in population[1][:400] if other is not person]
    with Server(data) as server:
        urls = server.submit([*others[:200], url_of(person), *others[200:]], chunk_size=50)["batch_id"]
        emails = server.submit(emails=[email_of(person), "nobody@example.com"])["batch_id"]
        before = server.wait(urls)
        server.wait(emails)
        found = traces_of(data, needles)
        assert any(name.startswith("records") for name in found) and any(name.endswith("inflated") for name in found)
        if not is_served:
            server.stop()
        result = erase(data, email_of(person))
        receipt = json.loads(result.stdout)
        assert receipt["records"] == 1 and receipt["identifiers"] == 1
        assert (receipt["result_lines"], receipt["inputs"]) == (2, 2) and receipt["started_at"] < receipt["erased_at"]
        assert not any(needle.decode() in result.stdout + result.stderr for needle in needles)
        if not is_served:
            server.start()
        assert traces_of(data, needles) == set()
        entry = audit_entries(data)[receipt["audit_entry"] - 1]
        line = (data / "audit.log").read_bytes().splitlines()[receipt["audit_entry"] - 1]
        assert entry["event"] == "privacy.erase" and entry["receipt"] == receipt["receipt"]
        assert hashlib.sha256(line).hexdigest() == receipt["audit_hash"]
        after = server.status(urls)
        assert names_of(server, [after["download_url"]]) == others and server.lines(after["unresolved_url"]) == []
        assert after["result_count"] == before["result_count"] - 1 and check_counts(after)["suppressed"] == 1
        assert found_at_once(server, [url_of(person)]) == [False]
        again = json.loads(erase(data, email_of(person)).stdout)
        assert [again[name] for name in ("records", "result_lines", "inputs")] == [0, 0, 0]
        assert again["receipt"] != receipt["receipt"]
    assert traces_of(data, needles) == set()
    assert run("check", "--deep", "--data", data).returncode == 0
    assert not any(needle.decode() in server_log(data) for needle in needles)


def test_an_erasure_that_was_killed_is_completed_by_the_next(data, population):
    person = unmistakable(population)
    needles = needles_of(person)
    with Server(data) as server:
        server.run_job([url_of(other) for other in population[1][:300] if other is not person] + [url_of(person)])
        server.run_job(emails=[email_of(person)])
    begin = len(audit_entries(data))
    for delay in (0.005, 0.02, 0.04, 0.08, 0.16):
        erasing = subprocess.Popen([ENRICHD, "privacy", "erase", "--force", email_of(person), "--data", data],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(delay)
        erasing.kill()
        erasing.wait(timeout=60)
    receipt = json.loads(erase(data, email_of(person)).stdout)
    assert traces_of(data, needles) == set()
    entries = audit_entries(data)[begin:]
    assert {entry["event"] for entry in entries} == {"privacy.erase.begin", "privacy.erase"}
    runs = {entry["receipt"] for entry in entries if entry["event"] == "privacy.erase"}
    if runs == {receipt["receipt"]}:  # none of those that were killed came to its end: this one has all of them
        assert [receipt[name] for name in ("records", "result_lines", "inputs")] == [1, 2, 2]
    assert run("check", "--deep", "--data", data).returncode == 0


# ---- what nobody must be told ---------------------------------------------------------------------------------------

MARK = "zq7marked"
MARKED = {
    "crustdata_person_id": 880000001, "basic_profile": {"name": f"{MARK} Name", "headline": f"{MARK} headline"},
    "social_handles": {"professional_network_identifier": {"profile_url": f"{PROFILE}{MARK}-slug"}},
    "contact": {"business_emails": [{"email": f"{MARK}@example.com"}]}}
QUICK_HOOKS = {"ENRICHD_HOOKS_PROXY": "", "ENRICHD_HOOKS_RETRY_DELAYS": "50ms"}


def tell_marked(handler, _delivery, _number):
    """A receiver that fails and says who it is about, in every place that an answer has."""
    handler.send_response(500, f"{MARK} reason")
    handler.send_header("X-About", f"{MARK}@example.com")
    handler.send_header("Content-Length", str(len(MARK)))
    handler.end_headers()
    handler.wfile.write(MARK.encode())


def test_from_import_to_erasure_logs_metrics_audit_log_and_messages_name_nobody(tmp_path):
    data, said = tmp_path / "data", []

    def tell(*arguments, **options):
        result = run(*arguments, "--data", data, check=False, cwd=tmp_path, **options)
        said.append(result.stderr)
        return result

    refused = {**MARKED, "crustdata_person_id": f"{MARK} is no number"}
    assert tell("import", "person", write_lines(tmp_path / "people.jsonl", [MARKED, refused])).returncode == 3
    with (Server(data, "--log.level", "debug", "--allow-webhook-network", "127.0.0.0/8", env=QUICK_HOOKS) as server,
          Receiver(tell_marked) as receiver):
        identifiers = [f"{MARK}@example.com", f"{MARK} is no address"]
        batch = server.submit(emails=identifiers, webhook_url=receiver.url())["batch_id"]
        urls = server.submit([f"{PROFILE}{MARK}-slug"])["batch_id"]
        assert server.wait(batch)["result_count"] == server.wait(urls)["result_count"] == 1
        server.post("/person/enrich", {"business_emails": identifiers[:1]})
        server.get(f"/batch/{MARK}")
        wait_until(lambda: len(receiver.of(batch)) == 2, "both attempts")
        told = wait_until(lambda: [one for one in server.get(f"/batch/{batch}/deliveries").json()["deliveries"]
                                   if one["state"] == "given_up"], "the delivery to be given up")
        said.append(json.dumps(told))
        for refused in ("suppress", "unsuppress", "access", "erase"):
            assert tell("privacy", refused, "--force", f"{MARK}/no identifier").returncode == 2
        tell("privacy", "access", identifiers[0], "--output", tmp_path / "answer.json")
        tell("privacy", "suppress", identifiers[0])
        said.append(tell("privacy", "erase", "--force", identifiers[0]).stdout)
        said.append(tell("privacy", "list", "--json").stdout)
        said.append(server.get("/metrics", key=None).body.decode())
        assert (data / "audit.log").read_text(encoding="utf-8").count("privacy.") == 4
        said += [server.log_text(), (data / "audit.log").read_text(encoding="utf-8")]
        assert MARK in (tmp_path / "answer.json").read_text(encoding="utf-8")
        assert not [text for text in said if MARK in text]
        assert server.request("DELETE", f"/batch/{batch}", headers=VERSION).status < 300  # with what is no identifier
    left = {name for name in traces_of(data, [MARK.encode()]) if not name.endswith(".log")}
    assert left == set(), "what the receiver said is kept nowhere, and nothing of the person"
