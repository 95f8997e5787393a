"""Clients that take their time: those that hold a connection with a byte now and then are cut off, slow honest ones are
served, and while thousands of them hang, others get their answers.

ENRICHD_SLOW_CONNECTIONS says how many hang (default 500).
"""
import os
import pathlib
import re
import select
import signal
import socket
import time

import pytest

from harness import Server, wait_until
from wire import Wire, chunks, head, post_head

SLOW = int(os.environ.get("ENRICHD_SLOW_CONNECTIONS", "500"))
HEAD_S = 1
BODY_S = 3
RATE = 1024
BODY_MAX = 64 << 10
LATE_S = 8  # how late a busy machine may be
LEAST = b'{"business_emails":["nobody@acme.example"]}'
LIMITS = ("--server.head_timeout", f"{HEAD_S}s", "--server.idle_timeout", "2s", "--server.body_timeout", f"{BODY_S}s",
          "--server.rate_min", f"{RATE}B", "--server.rate_period", "1s", "--server.body_max", f"{BODY_MAX}B",
          "--server.bodies_memory", "96KiB", "--batch.active_max", "1000")


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    """A server with little patience."""
    with Server(tmp_path_factory.mktemp("slow") / "data", *LIMITS) as server:
        server.key = server.make_key()
        yield server


def drip(wire, data, pause_s, bytes_at_once=1):
    """Sends piece by piece until all is sent or the server says something; the seconds that took."""
    begin = time.monotonic()
    at = 0
    while at < len(data) and not select.select([wire.socket], [], [], pause_s)[0]:
        wire.send(data[at:at + bytes_at_once])
        at += bytes_at_once
    return time.monotonic() - begin


def assert_timeout(wire):
    answer = wire.read()
    assert answer.status == 408 and answer.error()["type"] == "request_timeout"
    assert answer.headers["connection"] == "close" and answer.headers["x-request-id"]
    wire.assert_closed()


@pytest.mark.parametrize("data", [b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 50, b"GET /" + b"x" * 300],
                         ids=["header by header", "in the request line"])
def test_a_dripping_head_is_cut_off(strict, data):
    with Wire(strict) as wire:
        seconds = drip(wire, data, 0.1, 5)
        assert_timeout(wire)
    assert HEAD_S * 0.9 < seconds < HEAD_S + LATE_S


def test_a_dripping_second_head_is_cut_off(strict):
    with Wire(strict) as wire:
        wire.send(head("GET", "/healthz") + b"\r\n")
        assert wire.read().status == 200
        seconds = drip(wire, b"GET /" + b"x" * 300, 0.2)
        assert_timeout(wire)
    assert seconds < 2 + HEAD_S + LATE_S
    with Wire(strict) as wire:
        wire.send(head("GET", "/healthz") + b"\r\n")
        assert wire.read().status == 200
        seconds = drip(wire, head("GET", "/healthz") + b"A: b\r\n" * 50, 0.1, 50)
        assert_timeout(wire)
    assert seconds < HEAD_S + LATE_S, "from the request line on it is the time of a head"


def test_who_says_nothing_is_closed_without_an_answer(strict):
    with Wire(strict) as wire:
        begin = time.monotonic()
        wire.assert_closed()
        assert time.monotonic() - begin < HEAD_S + LATE_S


@pytest.mark.parametrize("line", [f"Content-Length: {BODY_MAX}", "Transfer-Encoding: chunked"])
@pytest.mark.parametrize("key", ["right", "wrong"])
def test_a_dripping_body_is_cut_off(strict, line, key):
    with Wire(strict) as wire:
        wire.send(post_head(strict.key if key == "right" else key, line) + b"\r\n")
        data = chunks(*[b" "] * 1000) if "chunked" in line else b" " * 1000
        seconds = drip(wire, data, 0.05)
        assert_timeout(wire)
    assert 0.9 < seconds < 1 + LATE_S


def test_a_body_must_end_in_its_time_whatever_its_rate(strict):
    with Wire(strict) as wire:
        wire.send(post_head(strict.key, f"Content-Length: {BODY_MAX}") + b"\r\n")
        seconds = drip(wire, b" " * BODY_MAX, 0.05, 200)
        assert_timeout(wire)
    assert BODY_S * 0.9 < seconds < BODY_S + LATE_S


def test_a_slow_honest_upload_is_served(tmp_path):
    body = LEAST + b" " * 5000
    with Server(tmp_path / "data", "--server.rate_min", "100B", "--server.rate_period", "1s") as server, Wire(server) as wire:
        wire.send(post_head(server.make_key(), f"Content-Length: {len(body)}") + b"\r\n")
        assert drip(wire, body, 0.05, 100) > 2
        assert wire.read().status == 200


def read_slowly(wire, bytes_at_once, pause_s, seconds):
    """What was read until the time is over; None once the connection was cut."""
    count, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            got = wire.socket.recv(bytes_at_once)
        except ConnectionError:
            got = b""
        if not got:
            return None
        count += len(got)
        time.sleep(pause_s)
    return count


MANY_ANSWERS = (head("GET", "/openapi.json") + b"\r\n") * 400  # more than the kernel keeps for a client


@pytest.mark.parametrize("limits", [("--server.rate_period", "1s"), ("--server.rate_min", "0", "--server.idle_timeout", "2s")],
                         ids=["too slow", "silent"])
def test_who_does_not_read_is_cut_off(tmp_path, limits):
    with Server(tmp_path / "data", *limits) as server, Wire(server) as wire:
        wire.send(MANY_ANSWERS)
        ports = [wire.socket.getpeername()[1], wire.socket.getsockname()[1]]
        wait_until(lambda: kernel_holds(ports), "the kernel to be full")
        wait_until(lambda: not kernel_holds(ports), "the end of the connection", 8, 0.05)


def test_a_slow_honest_reader_is_served(strict):
    with Wire(strict) as wire:
        wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        wire.send(MANY_ANSWERS)
        assert read_slowly(wire, 65536, 0.05, 2) > 1 << 20


def kernel_holds(ports):
    """Whether the server's end of the connection between these ports is there, with bytes that were not sent."""
    for line in pathlib.Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        _, local, remote, _, queues, *_ = line.split()
        if [int(end.rsplit(":", 1)[1], 16) for end in (local, remote)] == ports:
            return int(queues.split(":")[0], 16) > 0
    return False


# ---- memory and counts ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", [f"Content-Length: {BODY_MAX}", "Transfer-Encoding: chunked"])
def test_bodies_together_have_a_limit(strict, line):
    body = LEAST.ljust(BODY_MAX)
    data = chunks(body) if "chunked" in line else body
    with Wire(strict) as first, Wire(strict) as second:
        first.send(post_head(strict.key, f"Content-Length: {BODY_MAX}", "Expect: 100-continue") + b"\r\n")
        assert first.read().status == 100
        second.send(post_head(strict.key, line) + b"\r\n" + data)
        answer = second.read()
        assert answer.status == 503 and answer.error()["type"] == "unavailable"
        assert int(answer.headers["retry-after"]) >= 1
        first.send(b" " * BODY_MAX)
        assert first.read().status == 400
    def is_accepted():
        with Wire(strict) as wire:
            wire.send(post_head(strict.key, line) + b"\r\n" + data)
            return wire.read().status == 200

    wait_until(is_accepted, "what is over to be no longer counted")


def test_connections_of_one_address_have_a_limit(tmp_path):
    request = head("GET", "/healthz") + b"\r\n"
    with Server(tmp_path / "data", "--server.connections_per_ip_max", "3") as server:
        wires = [Wire(server) for _ in range(3)]
        for wire in wires:
            wire.send(request)
            assert wire.read().status == 200
        with Wire(server) as fourth:
            fourth.send(request)
            fourth.assert_closed()
        host, port = server.address.rsplit(":", 1)
        with socket.create_connection((host, int(port)), timeout=10, source_address=("127.0.0.9", 0)) as other:
            other.sendall(request)
            assert other.recv(1000).startswith(b"HTTP/1.1 200 ")
        wires.pop().socket.close()
        wait_until(lambda: is_served(server, request), "a place to become free")
        for wire in wires:
            wire.socket.close()


def is_served(server, request):
    with Wire(server) as wire:
        wire.send(request)
        return wire.beginning().startswith(b"HTTP/1.1 200 ")


class Crowd:
    """Many connections that send a header line now and then."""

    def __init__(self, server, count):
        self.server = server
        self.sockets = []
        self.cut = 0
        for _ in range(count):
            self.sockets.append(Wire(server).socket)
            self.sockets[-1].setblocking(False)
            self.sockets[-1].send(b"POST /batch/person/enrich HTTP/1.1\r\nHost: x\r\n")

    def drip(self):
        left = []
        for one in self.sockets:
            try:
                one.send(b"A: b\r\n")
                if one.recv(1000) != b"":
                    raise ConnectionError("answered with 408")
                raise ConnectionError("closed")
            except BlockingIOError:
                left.append(one)
            except ConnectionError:
                one.close()
                self.cut += 1
        self.sockets = left

    def close(self):
        for one in self.sockets:
            one.close()


def resident_kib(server):
    text = pathlib.Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    return int(re.search(r"VmRSS:\s+(\d+)", text)[1])


def test_an_honest_client_is_served_while_thousands_hang(tmp_path):
    seconds_max = 8 + SLOW // 500
    with Server(tmp_path / "data", "--server.connections_max", str(SLOW + 100), "--server.head_timeout",
                f"{seconds_max}s") as server:
        key = server.make_key()
        server.get("/healthz", key=None)
        before = resident_kib(server)
        crowd = Crowd(server, SLOW)
        slowest = 0
        for _ in range(20):
            crowd.drip()
            asked = time.monotonic()
            assert server.post("/batch/person/enrich", LEAST, key=key).status in (200, 429)
            slowest = max(slowest, time.monotonic() - asked)
        each = (resident_kib(server) - before) / SLOW
        assert len(crowd.sockets) == SLOW, "all hang while others are served"
        print(f"{SLOW} slow connections: {each:.1f} KiB each, slowest honest answer {slowest * 1000:.0f} ms")
        assert each < 32 or re.search("build-[at]san", os.environ.get("ENRICHD", ""))
        deadline = time.monotonic() + seconds_max + 5
        while crowd.sockets and time.monotonic() < deadline:
            crowd.drip()
            time.sleep(0.1)
        assert not crowd.sockets, f"{len(crowd.sockets)} were not cut off"


def test_a_stop_does_not_wait_for_slow_clients(tmp_path):
    with Server(tmp_path / "data", "--server.drain_timeout", "2s") as server:
        crowd = Crowd(server, 50)
        key = server.make_key()
        bodies = [Wire(server) for _ in range(20)]
        for wire in bodies:
            wire.send(post_head(key, "Content-Length: 100") + b"\r\n{")
        crowd.drip()
        begin = time.monotonic()
        assert server.stop(signal.SIGTERM) == 0
        assert time.monotonic() - begin < 5
        crowd.close()
        for wire in bodies:
            wire.socket.close()
