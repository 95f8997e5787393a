"""HTTP itself, as bytes on a socket: connections that go on, heads that proxies may read differently, and clients that
misbehave. Whatever a client sends, the server goes on answering others."""
import contextlib
import os
import pathlib
import re

import pytest
from harness import Server, wait_until
from wire import RawAnswer, Wire, chunks, head, post_head

BATCH = "00000000-0000-7000-8000-000000000000"
LEAST = b'{"business_emails":["nobody@acme.example"]}'
BODY_MAX = 4096


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """A server without records, with a key."""
    limits = {"ENRICHD_BATCH_ACTIVE_MAX": "1000", "ENRICHD_SERVER_BODY_MAX": f"{BODY_MAX}B"}
    with Server(tmp_path_factory.mktemp("connections") / "data", env=limits) as server:
        server.key = server.make_key()
        yield server


@pytest.fixture(autouse=True)
def _stays_alive(bare):
    yield
    assert bare.process.poll() is None, bare.log_text()[-4000:]
    assert bare.get("/healthz", key=None).status == 200


def is_accepted(server):
    return server.post("/batch/person/enrich", LEAST).status == 200


# ---- connections ----------------------------------------------------------------------------------------------------


def length(body):
    return f"Content-Length: {len(body)}"


def requests_for(key):
    """Status, whether HEAD, and the bytes of requests that may follow each other on one connection."""
    authorization = f"Authorization: Bearer {key}"
    return {
        "health": (200, head("GET", "/healthz") + b"\r\n"),
        "accepted": (200, post_head(key, length(LEAST)) + b"\r\n" + LEAST),
        "unknown batch": (404, head("GET", f"/batch/{BATCH}", authorization) + b"\r\n"),
        "unknown route": (404, head("GET", "/nothing", authorization) + b"\r\n"),
        "no key": (401, head("GET", "/batch/x") + b"\r\n"),
        "no key, with a body": (401, post_head("wrong", length(LEAST)) + b"\r\n" + LEAST),
        "wrong method": (405, head("GET", "/batch/person/enrich", authorization) + b"\r\n"),
        "wrong method, with a body": (405, head("PUT", "/healthz", authorization, length(LEAST)) + b"\r\n" + LEAST),
        "no version": (400, head("POST", "/batch/person/enrich", authorization, length(LEAST)) + b"\r\n" + LEAST),
        "no JSON": (400, post_head(key, "Content-Length: 1") + b"\r\n{"),
        "no body": (400, post_head(key, "Content-Length: 0") + b"\r\n"),
        "content type": (415, head("POST", "/batch/person/enrich", authorization, "x-api-version: 2025-11-01",
                                   "Content-Type: text/plain",
                                   length(LEAST)) + b"\r\n" + LEAST),
        "health with a body": (200, head("GET", "/healthz", length(LEAST)) + b"\r\n" + LEAST),
    }


@pytest.mark.parametrize("name", requests_for("x"))
def test_the_connection_goes_on_after(bare, name):
    status, request = requests_for(bare.key)[name]
    with Wire(bare) as wire:
        for _ in range(3):
            wire.send(request)
            assert wire.read().status == status
        wire.send(head("GET", "/healthz") + b"\r\n")
        assert wire.read().status == 200


def test_pipelined_requests_are_answered_in_order(bare):
    key = bare.key
    requests = [requests_for(key)[name] for name in ("health", "accepted", "unknown batch", "no JSON", "health with a body", "accepted",
                                                     "content type", "health")]
    marked = b"".join(text.replace(b"\r\n", b"\r\nX-Request-Id: number-%d\r\n" % at, 1) for at, (_, text) in enumerate(requests))
    with Wire(bare) as wire:
        wire.send(marked)
        answers = [wire.read() for _ in requests]
    assert [answer.status for answer in answers] == [status for status, _ in requests]
    assert [answer.headers["x-request-id"] for answer in answers] == [f"number-{at}" for at in range(len(requests))]


def chunked_request(key):
    return post_head(key, "Transfer-Encoding: chunked") + b"\r\n" + chunks(LEAST[:9], LEAST[9:])


@pytest.mark.parametrize("status", [200, 401])
def test_a_chunked_request_is_the_last_of_its_connection(bare, status):
    """libmicrohttpd 0.9.75 shows nobody what the trailers were, and a request could hide there."""
    with Wire(bare) as wire:
        wire.send(chunked_request(bare.key if status == 200 else "wrong"))
        answer = wire.read()
        assert answer.status == status and answer.headers["connection"] == "close"
        wire.assert_closed()


def test_connection_close_is_honoured(bare):
    with Wire(bare) as wire:
        wire.send(head("GET", "/healthz", "Connection: close") + b"\r\n")
        assert wire.read().status == 200
        wire.assert_closed()


def test_http_1_0_is_served_and_closed(bare):
    with Wire(bare) as wire:
        wire.send(head("GET", "/healthz", host=None, version="HTTP/1.0") + b"\r\n")
        assert wire.read().status == 200
        wire.assert_closed()


def test_a_request_may_arrive_byte_by_byte(bare):
    request = chunked_request(bare.key)
    with Wire(bare) as wire:
        for at in range(len(request)):
            wire.send(request[at:at + 1])
        assert wire.read().status == 200


def test_expect_100_continue_is_answered_before_the_body(bare):
    with Wire(bare) as wire:
        wire.send(post_head(bare.key, "Expect: 100-continue", length(LEAST)) + b"\r\n")
        assert wire.read().status == 100
        wire.send(LEAST)
        assert wire.read().status == 200


@pytest.mark.parametrize("name", ["wrong key", "no version", "too long", "unknown route"])
def test_a_refusal_comes_instead_of_100_continue(bare, name):
    key = bare.key
    lines = {"wrong key": (401, post_head("wrong", "Content-Length: 9")),
             "too long": (413, post_head(key, f"Content-Length: {BODY_MAX + 1}")),
             "no version": (400, head("POST", "/batch/person/enrich", f"Authorization: Bearer {key}", "Content-Length: 9")),
             "unknown route": (404, head("POST", "/nothing", f"Authorization: Bearer {key}", "Content-Length: 9"))}
    status, request = lines[name]
    with Wire(bare) as wire:
        wire.send(request + b"Expect: 100-continue\r\n\r\n")
        assert wire.read().status == status


def test_half_requests_and_idle_connections_do_not_hold_up_others(bare):
    key = bare.key
    beginnings = [b"", b"G", b"GET /healthz HTTP/1.1\r\nHost: x\r\n", post_head(key, "Content-Length: 100"),
                  post_head(key, "Content-Length: 100") + b"\r\n{",
                  post_head(key, "Transfer-Encoding: chunked") + b"\r\n5\r\nab"]
    wires = [Wire(bare) for _ in range(60)]
    try:
        for at, wire in enumerate(wires):
            wire.send(beginnings[at % len(beginnings)])
        for _ in range(5):
            assert is_accepted(bare)
            assert bare.get("/healthz", key=None).status == 200
    finally:
        for wire in wires:
            wire.socket.close()


def test_clients_that_leave_before_the_answer_do_no_harm(bare):
    key = bare.key
    for _ in range(20):
        for _, request in requests_for(key).values():
            with Wire(bare) as wire:
                wire.send(request)
    assert is_accepted(bare)


# ---- heads that are read in more than one way -----------------------------------------------------------------------

# Header lines that are a request, too, if what stands before them ends the head.
HIDDEN_LINES = ["X: /healthz HTTP/1.0", "X-Request-Id: smuggled"]
HIDDEN = head("GET", "/healthz", "X-Request-Id: smuggled") + b"\r\n"


def post_lines(*lines, body=LEAST):
    return lambda key: post_head(key, *lines) + b"\r\n" + body + HIDDEN


def chunked_body(body):
    return lambda key: post_head(key, "Transfer-Encoding: chunked") + b"\r\n" + body + HIDDEN


def exactly(request):
    return lambda key: request.replace(b"KEY", key.encode()) + HIDDEN


WHOLE = chunks(LEAST)
AMBIGUOUS = {
    "length and chunks": post_lines("Content-Length: 5", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
    "chunks and length": post_lines("Transfer-Encoding: chunked", f"Content-Length: {len(WHOLE)}", body=WHOLE),
    "two equal lengths": post_lines(length(LEAST), length(LEAST)),
    "two lengths": post_lines("Content-Length: 0", length(LEAST)),
    "a list of lengths": post_lines(f"Content-Length: {len(LEAST)}, {len(LEAST)}"),
    "a length with a sign": post_lines(f"Content-Length: +{len(LEAST)}"),
    "a negative length": post_lines("Content-Length: -1"),
    "a length in hex": post_lines(f"Content-Length: {len(LEAST):#x}"),
    "a length with letters behind": post_lines(f"Content-Length: {len(LEAST)}x"),
    "two numbers as length": post_lines("Content-Length: 4 3"),
    "an empty length": post_lines("Content-Length:", body=b""),
    "a length beyond 64 bits": post_lines("Content-Length: 18446744073709551617", body=b"{"),
    "two codings": post_lines("Transfer-Encoding: chunked", "Transfer-Encoding: chunked", body=WHOLE),
    "gzip, chunked": post_lines("Transfer-Encoding: gzip, chunked", body=WHOLE),
    "chunked twice": post_lines("Transfer-Encoding: chunked, chunked", body=WHOLE),
    "chunked, identity": post_lines("Transfer-Encoding: chunked, identity", body=WHOLE),
    "identity and length": post_lines("Transfer-Encoding: identity", length(LEAST)),
    "an unknown coding": post_lines("Transfer-Encoding: xchunked", body=WHOLE),
    "a coding with a parameter": post_lines("Transfer-Encoding: chunked;q=1", body=WHOLE),
    "an empty coding": post_lines("Transfer-Encoding:", length(LEAST)),
    "a blank before the colon of the length": post_lines(f"Content-Length : {len(LEAST)}"),
    "a blank before the colon of the coding": post_lines("Transfer-Encoding : chunked", body=WHOLE),
    "a tab before the colon": post_lines("Transfer-Encoding\t: chunked", body=WHOLE),
    "a header name with a blank": post_lines("Content Length: 3", body=b"abc"),
    "a header without a name": post_lines(": x", *HIDDEN_LINES, length(LEAST)),
    "a header without a name behind the length": post_lines(length(LEAST), ": x", *HIDDEN_LINES),
    "a colon": post_lines(":", *HIDDEN_LINES, length(LEAST)),
    "a colon behind the length": post_lines(length(LEAST), ":"),
    "a colon as the first line": exactly(b"GET /healthz HTTP/1.1\r\n:\r\nHost: x\r\n\r\n"),
    "a header that begins with NUL": post_lines("\0: x", *HIDDEN_LINES, length(LEAST)),
    "a NUL as a line": post_lines("\0", *HIDDEN_LINES, length(LEAST)),
    "a NUL as a line behind the length": post_lines(length(LEAST), "\0"),
    "a NUL as the first line": exactly(b"GET /healthz HTTP/1.1\r\n\0\r\nHost: x\r\n\r\n"),
    "a NUL in a header": exactly(b"GET /healthz HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n"),
    "a NUL and LF in a header": exactly(b"GET /healthz HTTP/1.1\r\nHost: x\r\nA: b\0\nX-Request-Id: smuggled\r\n\r\n"),
    "a colon that ends with LF": post_lines(":\n" + HIDDEN_LINES[0], HIDDEN_LINES[1], length(LEAST)),
    "a NUL behind a header": exactly(b"GET /healthz HTTP/1.1\r\nHost: x\r\nA: b\0\r\n\r\n"),
    "a NUL behind the key": exactly(b"GET /batch/x HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer KEY\0x\r\n\r\n"),
    "lines that end with LF": exactly(b"GET /healthz HTTP/1.1\nHost: x\n\n"),
    "a header that ends with LF": exactly(b"GET /healthz HTTP/1.1\r\nHost: x\r\nA: b\nC: d\r\n\r\n"),
    "a head that ends with LF": exactly(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\n"),
    "a folded header": exactly(b"GET /healthz HTTP/1.1\r\nHost: x\r\nA: b\r\n X-Request-Id: smuggled\r\n\r\n"),
    "a folded header between others": exactly(b"GET /healthz HTTP/1.1\r\nA: b\r\n\tc\r\n d\r\nHost: x\r\n\r\n"),
    "a blank before the first header": exactly(b"GET /healthz HTTP/1.1\r\n X-Request-Id: smuggled\r\nHost: x\r\n\r\n"),
    "a colon among the trailers": chunked_body(WHOLE[:-2] + b":\r\n"),
    "a NUL among the trailers": chunked_body(WHOLE[:-2] + b"\0\r\n"),
    "two keys": post_lines("Authorization: Bearer x", length(LEAST)),
    "two media types": post_lines("content-type: application/json", length(LEAST)),
    "two versions": post_lines("X-API-Version: 2025-11-01", length(LEAST)),
    "two idempotency keys": post_lines("Idempotency-Key: a", "idempotency-key: b", length(LEAST)),
    "a header without a colon": exactly(b"GET /healthz HTTP/1.1\r\nHost: x\r\nnothing\r\n\r\n"),
    "a NUL in a header's name": exactly(b"GET /healthz HTTP/1.1\r\nHost: x\r\nA\0: b\r\n\r\n"),
    "a NUL behind the path": exactly(b"GET /healthz\0 HTTP/1.1\r\nHost: x\r\n\r\n"),
    "a NUL in the path": exactly(b"GET /healthz\0x HTTP/1.1\r\nHost: x\r\n\r\n"),
    "a NUL in the query": exactly(b"GET /healthz?\0x HTTP/1.1\r\nHost: x\r\n\r\n"),
    "a blank in the path": exactly(b"GET /healthz x HTTP/1.1\r\nHost: x\r\n\r\n"),
    "raw UTF-8 in the path": exactly("GET /b\u00e4tch HTTP/1.1\r\nHost: x\r\n\r\n".encode()),
    "%00 in the path": exactly(b"GET /healthz%00 HTTP/1.1\r\nHost: x\r\n\r\n"),
    "%2f in the path": exactly(b"GET /batch%2fx HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer KEY\r\n\r\n"),
    "%2F in the path": exactly(b"GET /batch%2Fx HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer KEY\r\n\r\n"),
    "a path without a slash": exactly(b"GET healthz HTTP/1.1\r\nHost: x\r\n\r\n"),
    "no path": exactly(b"GET  HTTP/1.1\r\nHost: x\r\n\r\n"),
    "no Host": exactly(b"GET /healthz HTTP/1.1\r\n\r\n"),
    "two Hosts": exactly(b"GET /healthz HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n"),
    "a Host with blanks": exactly(b"GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n"),
    "a Host with a path": exactly(b"GET /healthz HTTP/1.1\r\nHost: a/b@c\r\n\r\n"),
    "HTTP/2.0": exactly(b"GET /healthz HTTP/2.0\r\nHost: x\r\n\r\n"),
    "HTTP/1.2x": exactly(b"GET /healthz HTTP/1.2x\r\nHost: x\r\n\r\n"),
    "http/1.1": exactly(b"GET /healthz http/1.1\r\nHost: x\r\n\r\n"),
    "the preface of HTTP/2": exactly(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "a greeting of TLS": exactly(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(200)) + b"\r\n\r\n"),
    "a method with blanks": exactly(b" GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"),
    "a head of 300 KB": exactly(b"GET /healthz HTTP/1.1\r\nHost: x\r\nA: " + b"b" * 300000 + b"\r\n\r\n"),
    "a path of 300 KB": exactly(b"GET /" + b"b" * 300000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"),
    "20,000 headers": exactly(b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 20000 + b"\r\n"),
    "a chunk's size in 0x": chunked_body(b"0x1\r\n{\r\n0\r\n\r\n"),
    "a chunk's size with a sign": chunked_body(b"+1\r\n{\r\n0\r\n\r\n"),
    "a chunk's size that is negative": chunked_body(b"-1\r\n{\r\n0\r\n\r\n"),
    "a chunk's size that is empty": chunked_body(b"\r\n{\r\n0\r\n\r\n"),
    "a chunk's size that is no number": chunked_body(b"g\r\n{\r\n0\r\n\r\n"),
    "a chunk's size behind a blank": chunked_body(b" 1\r\n{\r\n0\r\n\r\n"),
    "a chunk's size beyond 64 bits": chunked_body(b"10000000000000001\r\n{\r\n0\r\n\r\n"),
    "a chunk longer than its size": chunked_body(b"1\r\n{}\r\n0\r\n\r\n"),
}


# What is not even like HTTP is cut off without an answer.
CUT_OFF = {"a greeting of TLS", "a blank in the path", "no path", "HTTP/1.2x", "http/1.1"}

# libmicrohttpd 0.9.75 answers these itself, with a page of HTML and without a request id, and cannot be told otherwise.
BY_THE_LIBRARY = {"a list of lengths", "a length with a sign", "a negative length", "a length in hex",
                  "a length with letters behind",
                  "two numbers as length", "an empty length", "a length beyond 64 bits", "a header without a colon",
                  "a NUL in a header's name", "a colon among the trailers", "HTTP/2.0", "the preface of HTTP/2", "a method with blanks", "a head of 300 KB", "a path of 300 KB",
                  "20,000 headers",
                  *(name for name in AMBIGUOUS if name.startswith("a chunk"))}


# The body is served, and then the connection is closed.
SERVED_ONCE = {"a NUL among the trailers"}


# libmicrohttpd 0.9.75 leaves the same bytes behind as for CRLF. No proxy is known that would send this on.
LIKE_CRLF = {"a NUL and LF in a header", "a colon that ends with LF"}


def marked(names, excepted, reason):
    """All of AMBIGUOUS but the excepted, those that are named marked as known to fail."""
    mark = pytest.mark.xfail(strict=True, reason=reason)
    return [pytest.param(name, marks=[mark] if name in names else []) for name in AMBIGUOUS if name not in excepted]


@pytest.mark.parametrize("name", marked(LIKE_CRLF, (), "libmicrohttpd takes it for CRLF"))
def test_nothing_is_served_from_an_ambiguous_request(bare, name):
    """It is refused, or cut off, and what follows on the connection is not read as a request."""
    with Wire(bare, patience_s=2) as wire:
        wire.send(AMBIGUOUS[name](bare.key))
        answer = wire.rest()
    assert b"smuggled" not in answer and answer.count(b"HTTP/1.1 200") == (name in SERVED_ONCE)
    wanted = rb"200" if name in SERVED_ONCE else rb"400|413|414|431|501|505"
    assert answer == b"" or re.match(rb"HTTP/1\.1 (%s) " % wanted, answer), answer[:300]


@pytest.mark.parametrize("name", marked(BY_THE_LIBRARY, CUT_OFF | SERVED_ONCE | LIKE_CRLF, "libmicrohttpd answers by itself"))
def test_the_refusal_of_an_ambiguous_request_has_the_one_shape(bare, name):
    with Wire(bare, patience_s=2) as wire:
        wire.send(AMBIGUOUS[name](bare.key))
        answer = wire.read()
        assert answer.error()["type"] in ("invalid_request", "payload_too_large")
        assert answer.headers["x-request-id"]
        wire.assert_closed()


@pytest.mark.parametrize("name", ["Authorization", "Content-Type", "x-api-version", "Idempotency-Key"])
def test_a_header_that_may_stand_once_is_named(bare, name):
    with Wire(bare) as wire:
        wire.send(head("POST", "/batch/person/enrich", f"{name}: a", f"{name.lower()}: a", length(b"")) + b"\r\n")
        answer = wire.read()
        assert answer.status == 400 and name in answer.error()["message"]


HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
TOLERATED = {
    "a bare CR in a header": exactly(HEALTH + b"A: b\rX-Request-Id: smuggled\r\n\r\n"),
    "an absolute target": exactly(b"GET http://x/healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
    "a chunk's extension": lambda key: post_head(key, "Transfer-Encoding: chunked",
                                                 "Connection: close") + b"\r\n%x;a=\"b\"\r\n%s\r\n0\r\n\r\n" %
    (len(LEAST), LEAST),
    "trailers": lambda key: post_head(key, "Transfer-Encoding: chunked",
                                      "Connection: close") + b"\r\n" + WHOLE[:-2] + b"X-Request-Id: smuggled\r\n\r\n",
    "100 headers": exactly(HEALTH + b"A: b\r\n" * 98 + b"\r\n"),
    "101 headers": exactly(HEALTH + b"A: b\r\n" * 99 + b"\r\n"),
    "an empty line before the request": exactly(b"\r\nGET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
}


@pytest.mark.parametrize("name", TOLERATED)
def test_what_a_server_may_take_or_refuse_has_one_meaning(bare, name):
    with Wire(bare) as wire:
        wire.send(TOLERATED[name](bare.key))
        answer = wire.read()
        assert answer.status in (200, 400) and answer.headers["x-request-id"] != "smuggled"
        wire.assert_closed()


def _busy_ns(server):
    """What each event thread has run, by thread."""
    threads = pathlib.Path(f"/proc/{server.process.pid}/task").iterdir()
    return {thread.name: int((thread / "schedstat").read_text().split()[0]) for thread in threads
            if (thread / "comm").read_text().startswith("MHD-")}


@pytest.mark.skipif(os.cpu_count() == 1, reason="one core: one event thread")
def test_event_threads_share_the_connections(bare):
    request = head("GET", "/healthz") + b"\r\n"
    with contextlib.ExitStack() as stack:
        wires = []
        for _ in range(16):
            wires.append(stack.enter_context(Wire(bare)))
            wires[-1].send(request)
            assert wires[-1].read().status == 200
        before = _busy_ns(bare)
        for wire in wires * 50:
            wire.send(request)
            assert wire.read().status == 200
        after = _busy_ns(bare)
    busy = [after[thread] - before[thread] for thread in after]
    assert len(busy) > 1 and min(busy) > sum(busy) / len(busy) / 4, busy


def test_a_head_of_20_kb_is_read(bare):
    with Wire(bare) as wire:
        wire.send(head("GET", "/healthz", *(f"X-{at}: {'y' * 1000}" for at in range(20))) + b"\r\n")
        assert wire.read().status == 200


def test_a_body_that_ends_early_is_no_submission(bare):
    body = b'{"business_emails":["three@acme.example","of@acme.example","them@acme.example"]}'
    whole = post_head(bare.key, length(body)) + b"\r\n" + body
    for request in (whole[:-1], post_head(bare.key, "Transfer-Encoding: chunked") + b"\r\n" + chunks(body)[:-5]):
        with Wire(bare, patience_s=0.3) as wire:
            wire.send(request)
            with pytest.raises(TimeoutError):
                wire.rest()
            assert wire.unread == b""
    assert '"identifiers":3,' not in bare.log_text()
    with Wire(bare) as wire:
        wire.send(whole)
        assert wire.read().status == 200
    wait_until(lambda: '"identifiers":3,' in bare.log_text(), "the whole one's batch")


def test_the_reader_of_these_tests_is_strict():
    """RawAnswer.error() refuses what is not the one shape, so that the tests above can fail."""
    for body in (b"<html></html>", b'{"error":{"type":"x","message":"y"}}', b'{"error":"x"}'):
        with pytest.raises((AssertionError, ValueError, TypeError)):
            RawAnswer(400, {"content-type": "application/json"}, body).error()
