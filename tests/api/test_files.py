"""Result files: signed links, headers, ranges, HEAD."""
import re

import pytest
from harness import inflate
from test_main_job import url_of


@pytest.fixture(scope="module")
def finished(server, population):
    status = server.wait(server.submit([url_of(person) for person in population[1]][:1500])["batch_id"])
    return status, server.fetch(status["download_url"])


def test_headers_of_a_file(server, finished):
    status, answer = finished
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/gzip"
    assert "content-encoding" not in answer.headers
    assert answer.headers["accept-ranges"] == "bytes"
    assert int(answer.headers["content-length"]) == len(answer.body)
    assert re.fullmatch(r'"[0-9a-zA-Z_-]+"', answer.headers["etag"])
    assert answer.headers["content-disposition"] == 'attachment; filename="results.jsonl.gz"'
    head = server.fetch(status["download_url"], "HEAD")
    assert head.status == 200 and head.body == b""
    for name in ("content-length", "etag", "content-type", "accept-ranges"):
        assert head.headers[name] == answer.headers[name]


def test_ranges_are_slices(server, finished):
    status, whole = finished
    size = len(whole.body)
    for text, start, end in (("0-0", 0, 1), ("0-99", 0, 100), ("5-", 5, size), ("-7", size - 7, size), ("9-12", 9, 13),
                             (f"{size - 1}-{size + 50}", size - 1, size), (f"{size // 2}-{size // 2 + 70000}", size // 2, size // 2 + 70001),
                             (f"-{size + 10}", 0, size)):
        part = server.fetch(status["download_url"], headers={"Range": f"bytes={text}"})
        assert part.status == 206, text
        assert part.body == whole.body[start:end], text
        assert part.headers["content-range"] == f"bytes {start}-{min(end, size) - 1}/{size}"
        assert part.headers["etag"] == whole.headers["etag"]


def test_bad_ranges(server, finished):
    status, whole = finished
    size = len(whole.body)
    for text in (f"bytes={size}-", "bytes=-0"):
        answer = server.fetch(status["download_url"], headers={"Range": text})
        assert answer.status == 416 and answer.headers["content-range"] == f"bytes */{size}", text
    for text in ("bytes=5-2", "bytes=a-b", "lines=0-1", "bytes=", "bytes=0-1,4-5", "bytes=99999999999999999999999-"):
        answer = server.fetch(status["download_url"], headers={"Range": text})
        assert answer.status in (200, 416), text
        assert answer.status == 416 or answer.body == whole.body


def test_conditions(server, finished):
    status, whole = finished
    url, etag = status["download_url"], whole.headers["etag"]
    assert server.fetch(url, headers={"If-None-Match": etag}).status == 304
    assert server.fetch(url, headers={"If-None-Match": '"other"'}).status == 200
    assert server.fetch(url, headers={"Range": "bytes=0-9", "If-Range": etag}).status == 206
    assert server.fetch(url, headers={"Range": "bytes=0-9", "If-Range": '"other"'}).status == 200


def test_tampered_links_are_refused(server, finished):
    url = finished[0]["download_url"]
    signature = re.search(r"sig=([^&]+)", url)[1]
    expiry = re.search(r"exp=(\d+)", url)[1]
    swapped = ("A" if signature[0] != "A" else "B") + signature[1:]
    for changed in (url.replace(signature, swapped), url.replace(signature, signature[:-1]), url.replace(expiry, str(int(expiry) + 1)),
                    url.replace("results.jsonl.gz", "unresolved.jsonl.gz"), url.replace("sig=", "sog="), url + "&exp=" + expiry,
                    url + "&x=1", url.split("?")[0], url.replace("kid=1", "kid=2")):
        answer = server.fetch(changed)
        assert answer.status == 403, changed
        assert answer.error()["type"] == "permission_error"


def test_an_expired_link_is_gone(server, finished, data):
    # Links are valid for the configured time only; a server with a validity of one second mints short ones.
    from harness import Server
    import time
    with Server(data, env={"ENRICHD_BATCH_LINK_VALIDITY": "1s"}) as short:
        status = short.wait(short.submit(["example-nobody"])["batch_id"])
        time.sleep(2.1)
        assert short.fetch(status["download_url"]).status == 410
        fresh = short.status(status["batch_id"])
        assert short.fetch(fresh["download_url"]).status == 200


def test_unknown_files_are_not_found(server, finished):
    url = finished[0]["download_url"]
    for name in ("other.txt", "part-0.jsonl.gz", "part-0000.jsonl.gz", "../results.jsonl.gz", "results.jsonl", "part--01.jsonl.gz"):
        assert server.fetch(url.replace("results.jsonl.gz", name)).status in (403, 404), name


def test_sent_authorization_is_ignored(server, finished):
    answer = server.fetch(finished[0]["download_url"], headers={"Authorization": "Bearer nonsense"})
    assert answer.status == 200 and inflate(answer.body) == inflate(finished[1].body)
