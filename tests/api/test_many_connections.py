"""Ten thousand connections that are kept open and two thousand long-polls at once: all are held, in bounded memory, and hold
up nobody."""
import json
import resource
import socket

import pytest

from harness import DEADLINE_S
from long_job import LongServer, make_data

IDLE, WAITING = 10_000, 2_000
AT_ONCE = 100  # fewer than may wait to be accepted
MEMORY_MAX = 1 << 30
FILES = IDLE + WAITING + 200
OPTIONS = ("--server.connections_max", str(IDLE + WAITING + 100), "--server.connections_per_ip_max", "0",
           "--server.idle_timeout", "10m", "--limits.requests_per_minute", "1000000")


@pytest.fixture(autouse=True)
def many_files():
    """The server inherits the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < FILES:
        pytest.skip(f"{FILES} open files are needed, {hard} are allowed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, FILES), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def connect(server, count):
    host, port = server.address.rsplit(":", 1)
    return [socket.create_connection((host, int(port)), timeout=DEADLINE_S) for _ in range(count)]


def answer(connection):
    """Status and body of a response of known length."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(1 << 16) or b"\r\n\r\n"
    head, body = received.split(b"\r\n\r\n", 1)
    length = int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
    while len(body) < length:
        body += connection.recv(1 << 16)
    return int(head.split()[1]), body


def is_healthy(connection):
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    return answer(connection)[0] == 200


def memory_of(process):
    for line in open(f"/proc/{process.pid}/status", encoding="ascii"):
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) << 10
    raise AssertionError("no RssAnon")


def test_ten_thousand_idle_connections_and_two_thousand_long_polls_are_held(tmp_path):
    open_ones = []
    with LongServer(make_data(tmp_path), *OPTIONS) as server:
        try:
            batch_id = server.start_long()
            poll = f"GET /batch/{batch_id}?wait=60 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.key}\r\n\r\n".encode()
            for _ in range(0, IDLE, AT_ONCE):
                open_ones += connect(server, AT_ONCE)
                assert all(is_healthy(connection) for connection in open_ones[-AT_ONCE:])
            for _ in range(0, WAITING, AT_ONCE):
                open_ones += connect(server, AT_ONCE)
                for connection in open_ones[-AT_ONCE:]:
                    connection.sendall(poll)
            assert server.status(batch_id)["status"] == "processing"
            assert memory_of(server.process) < MEMORY_MAX
            assert server.post(f"/batch/{batch_id}/cancel", None).status == 200
            for connection in open_ones[IDLE:]:
                status, body = answer(connection)
                assert status == 200 and json.loads(body)["error_code"] == "cancelled"
            assert all(is_healthy(connection) for connection in open_ones[:IDLE:50])
        finally:
            for connection in open_ones:
                connection.close()
