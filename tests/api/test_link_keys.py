"""The keys that sign links to result files are rotated beside a running server; and no text of a client names a file."""
import json
import os
import re

import pytest
from harness import VERSION, Server, run

USAGE = 2


@pytest.fixture(scope="module", name="server")
def _server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("links") / "data", env={"ENRICHD_BATCH_LINK_VALIDITY": "2h"}) as running:
        yield running


@pytest.fixture(scope="module", name="batch")
def _batch(server):
    return server.wait(server.submit(emails=["nobody@acme.example"])["batch_id"])["batch_id"]


def rotate(server, *options):
    return json.loads(run("link", "rotate", "--json", "--data", server.data, *options).stdout)


def link(server, batch):
    return server.status(batch)["unresolved_url"]


def kid(url):
    return int(re.search(r"[?&]kid=(\d+)&", url)[1])


def statuses(server, *urls):
    return [server.fetch(url).status for url in urls]


def test_another_key_signs_at_once_and_links_of_before_go_on_working(server, batch):
    urls = [link(server, batch)]
    for _ in range(3):
        rows = rotate(server)
        urls.append(link(server, batch))
        assert kid(urls[-1]) == rows[0]["kid"] == kid(urls[-2]) + 1
        assert [row["state"] for row in rows] == ["signing"] + ["retired"] * (len(rows) - 1)
        assert rows[0]["retired_at"] is None and rows[1]["retired_at"] and rows[1]["revoked_at"] is None
    assert statuses(server, *urls) == [200] * 4
    forged = urls[0].replace("kid=1&", "kid=2&")
    assert forged != urls[0] and statuses(server, forged) == [403]


def test_a_rotation_now_ends_all_links_of_before(server, batch):
    old = [link(server, batch)]
    rotate(server)
    old.append(link(server, batch))
    assert statuses(server, *old) == [200, 200]
    rows = rotate(server, "--now")
    assert statuses(server, *old) == [403, 403]
    assert {row["state"] for row in rows[1:]} == {"revoked"}
    assert statuses(server, link(server, batch)) == [200]


def test_rotations_survive_a_restart(server, batch):
    dead = link(server, batch)
    rotate(server, "--now")
    old = link(server, batch)
    rotate(server)
    server.stop()
    address = server.address
    server.start()
    old, dead = (url.replace(address, server.address) for url in (old, dead))
    assert statuses(server, old, dead, link(server, batch)) == [200, 403, 200]


def test_only_the_latest_keys_are_remembered(server, batch):
    old = link(server, batch)
    for _ in range(16):
        rows = rotate(server)
    assert len(rows) == 16 and statuses(server, old) == [403]
    shown = run("link", "list", "--data", server.data).stdout.splitlines()
    assert len(shown) == 17 and re.fullmatch(r"\d+ +signing +\d{4}-.*", shown[1])


def test_the_links_of_one_batch_can_be_ended(server, batch):
    other = server.wait(server.submit(emails=["nobody@acme.example"])["batch_id"])["batch_id"]
    old, of_other = [link(server, batch)], link(server, other)
    etag = server.get(f"/batch/{batch}").headers["etag"]
    for _ in range(2):
        answer = server.request("POST", f"/batch/{batch}/revoke-links", None, VERSION)
        assert answer.status == 200 and answer.json()["batch_id"] == batch
        new = answer.json()["unresolved_url"]
        assert statuses(server, *old, new, of_other) == [403] * len(old) + [200, 200]
        assert "revoked" in server.fetch(old[-1]).error()["message"]
        old.append(new)
    assert server.get(f"/batch/{batch}", headers={"If-None-Match": etag}).status == 200
    stripped = re.sub("&epoch=2", "", old[-1])
    assert stripped != old[-1] and statuses(server, stripped) == [403]
    server.kill()
    server.start()
    path = old[-1].split("/files/")[1]
    assert server.request("GET", f"/files/{path}", key=None).status == 200
    assert server.request("GET", f"/files/{old[0].split('/files/')[1]}", key=None).status == 403


def test_links_of_a_batch_that_is_not_final_or_deleted_can_be_ended(fat, server):
    running = fat.start_long()
    answer = fat.request("POST", f"/batch/{running}/revoke-links", b"{}", VERSION)
    assert answer.status == 200 and answer.json()["status"] in ("pending", "processing") and "download_url" not in answer.json()
    fat.cancel(running)
    url = fat.status(running).get("partial_download_url")
    assert url is None or fat.fetch(url).status == 200
    deleted = server.wait(server.submit(emails=["nobody@acme.example"])["batch_id"])
    assert server.request("DELETE", f"/batch/{deleted['batch_id']}").status == 204
    answer = server.request("POST", f"/batch/{deleted['batch_id']}/revoke-links", None, VERSION)
    assert answer.status == 200 and "download_url" not in answer.json()
    assert server.fetch(deleted["download_url"]).status == 403


@pytest.mark.parametrize("text", ["kid=0", "kid=01", "kid=", "kid=-1", "kid=1x", "kid=99999999999", "kid=4294967297", "kid=1e0", "kid=%31"])
def test_a_key_number_that_is_none_is_refused(server, batch, text):
    url = link(server, batch)
    assert statuses(server, re.sub(r"kid=\d+", text, url)) == [403]


@pytest.mark.parametrize("arguments", [[], ["rotate", "x"], ["list", "--now"], ["revoke"]], ids=" ".join)
def test_a_wrong_link_command_is_exit_code_2(tmp_path, arguments):
    result = run("link", *arguments, "--data", tmp_path / "data", check=False)
    assert (result.returncode, result.stdout) == (USAGE, "") and list(tmp_path.iterdir()) == []


# ---- paths ----------------------------------------------------------------------------------------------------------

ODD = ["/files/../secret.key", "/files/..%2f..%2fsecret.key", "/files/%2e%2e/secret.key", "/files/{id}/output/../../secret.key",
       "/files/{id}/output/..%2f..%2fsecret.key", "/files/{id}/output/results.jsonl.gz%00.txt", "/files/{id}/output//results.jsonl.gz",
       "/files/{id}/../{id}/output/results.jsonl.gz", "/files/./{id}/output/results.jsonl.gz", "/files/{id}/output/results.jsonl.gz/",
       "/files/{ID}/output/results.jsonl.gz", "/files/{id}%20/output/results.jsonl.gz", "/files/{id}/output/part-0.jsonl.gz",
       "/files/{id}/output/part-0000.jsonl.gz", "/files/{id}/output/part--01.jsonl.gz", "/files/{id}/output/RESULTS.jsonl.gz",
       "/files//etc/passwd", "/files/{id}/output/" + "x" * 3000, "/files/" + "../" * 50 + "etc/passwd"]


@pytest.mark.parametrize("path", ODD)
def test_odd_paths_lead_nowhere_and_make_no_file(server, batch, path):
    before = sorted(map(str, server.data.rglob("*")))
    target = path.replace("{id}", batch).replace("{ID}", batch.upper())
    query = link(server, batch).split("?", 1)[1]
    secret = (server.data / "secret.key").read_bytes()
    for suffix in ("", "?" + query):
        answer = server.get(target + suffix, key=None)
        assert answer.status in (400, 403, 404), answer.body
        assert secret not in answer.body and b"root:" not in answer.body
    assert sorted(map(str, server.data.rglob("*"))) == before


def test_texts_of_a_submission_reach_no_file_name(server):
    """Names in data are ids: whatever an identifier, an idempotency key or a request id says."""
    for text in ("../../evil", "a/b", "evil\\..", "%2e%2e", "evil"):
        answer = server.post("/batch/person/enrich", {"business_emails": [text, "evil@evil.example"]},
                             {"Idempotency-Key": text, "X-Request-Id": "evil"})
        server.wait(answer.json()["batch_id"])
    names = [os.fspath(path.relative_to(server.data)) for path in server.data.rglob("*")]
    assert names and not [name for name in names if "evil" in name or "%" in name]
    assert not list(server.data.parent.parent.glob("evil*"))
