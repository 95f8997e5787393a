"""Sixteen clients that submit 10,000 identifiers at the same moment, against yyjson parsing the same bodies.

What counts is the time until all sixteen are acknowledged, a sixteenth of it a submission, the client's sending
included. Their jobs are waited for before the next sixteen.
"""
import http.client
import json
import socket
import time

import server
from result import Result
from tools import PROGRAMS, median, output_of, say

CLIENTS, ROUNDS = 16, 8


class Submitter:
    """A connection that sends at one moment and reads the answer at another."""

    def __init__(self, running, key):
        host, port = running.address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.head = (f"POST {server.SUBMIT} HTTP/1.1\r\nHost: {running.address}\r\nAuthorization: Bearer {key}\r\n"
                     "x-api-version: 2025-11-01\r\nContent-Type: application/json\r\nContent-Length: ").encode()

    def send(self, body):
        self.socket.sendall(self.head + str(len(body)).encode() + b"\r\n\r\n" + body)

    def receive(self):
        response = http.client.HTTPResponse(self.socket)
        response.begin()
        content = response.read()
        if response.status != 200:
            raise RuntimeError(f"submission: {response.status} {content[:300]}")
        return json.loads(content)["batch_id"]


def _burst(submitters, bodies):
    """(seconds, batch ids)."""
    start = time.monotonic()
    for i, submitter in enumerate(submitters):
        submitter.send(bodies[i % len(bodies)])
    batches = [submitter.receive() for submitter in submitters]
    return time.monotonic() - start, batches


def _parse(body_file):
    return float(output_of(PROGRAMS / "bench_parse", "whole", body_file, 50)) / 1e6


def measure(data, folder):
    say("submissions")
    bodies = [server.body_of(data.identifiers(path)) for path in data.lists]
    body_file = folder / "body.json"
    body_file.write_bytes(bodies[0])
    ours, theirs = [], []
    with server.start(data) as running:
        client = server.Client(running)
        submitters = [Submitter(running, client.key) for _ in range(CLIENTS)]
        for _ in range(ROUNDS + 1):
            seconds, batches = _burst(submitters, bodies)
            ours.append(seconds / CLIENTS)
            for batch in batches:
                while client.call("GET", f"/batch/{batch}?wait=30")["status"] != "completed":
                    pass
            theirs.append(_parse(body_file))
    ours, theirs = median(ours[1:]) * 1000, median(theirs[1:]) * 1000
    return [Result(f"submission of {data.job:,}, {CLIENTS} at once", "yyjson parsing the body", ours, theirs, "ms", ours / theirs, 4,
                   note="synced; the first jobs already run beside the later submissions")]
