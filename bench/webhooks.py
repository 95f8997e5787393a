#!/usr/bin/python3
"""How many webhooks a second a backlog drains with, at one receiver that answers at once, beside a hundred dead ones.

usage: bench/webhooks.py [COUNT]      (default 4000; needs build/enrichd)

The backlog gathers while a proxy that does not exist is in the way; then the server is started again without it. The time
is from the first webhook that arrives to the last. Each attempt is a connection of its own, and each outcome is synced.
"""
import asyncio
import http.client
import json
import multiprocessing
import pathlib
import sys
import tempfile
import time

import server as bench
from harness import Server, wait_until

HELD_UP = {"ENRICHD_HOOKS_RETRY_DELAYS": ",".join(["2s"] * 60)}
OPTIONS = ("--allow-webhook-network", "127.0.0.0/8", *bench.OPTIONS)
DEAD = 100


def receive(count, port, seconds):
    """Answers POSTs with 204 until `count` different ones have come; their time goes into seconds."""
    seen, first = set(), []

    async def serve(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        first or first.append(time.monotonic())
        names = {line.split(b":")[0].lower(): line.split(b":", 1)[1].strip() for line in head.split(b"\r\n")[1:-2]}
        await reader.readexactly(int(names[b"content-length"]))
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        writer.close()
        seen.add(names[b"webhook-id"])
        if len(seen) == count:
            seconds.value = time.monotonic() - first[0]

    async def run():
        listener = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1024)
        port.value = listener.sockets[0].getsockname()[1]
        await listener.serve_forever()

    asyncio.run(run())


def submit(running, connection, key, url):
    body = json.dumps({"business_emails": ["nobody@acme.example"], "webhook_url": url})
    connection.request("POST", bench.SUBMIT, body, {"Authorization": f"Bearer {key}", "Content-Type": "application/json",
                                                    **bench.VERSION})
    response = connection.getresponse()
    if response.read() is None or response.status != 200:
        raise RuntimeError(f"{running.address}: {response.status}")


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
    port, seconds = multiprocessing.Value("i", 0), multiprocessing.Value("d", 0)
    receiver = multiprocessing.Process(target=receive, args=(count, port, seconds), daemon=True)
    receiver.start()
    wait_until(lambda: port.value, "the receiver")
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        data = pathlib.Path(folder) / "data"
        with Server(data, *OPTIONS, env=HELD_UP) as running:
            key = running.make_key()
            connection = http.client.HTTPConnection(running.address)
            for number in range(count):
                submit(running, connection, key, f"http://127.0.0.1:{port.value}/")
                if number * DEAD // count != (number + 1) * DEAD // count:
                    submit(running, connection, key, f"http://127.0.0.1:1/{number}")
        time.sleep(3)  # until all are due
        begin = time.monotonic()
        with Server(data, *OPTIONS, env={**HELD_UP, "ENRICHD_HOOKS_PROXY": ""}):
            wait_until(lambda: seconds.value, "all webhooks", deadline_s=300)
        print(f"{count} webhooks in {seconds.value:.2f} s: {count / seconds.value:.0f} a second "
              f"({time.monotonic() - begin:.2f} s with start and stop)")
    receiver.terminate()


if __name__ == "__main__":
    main()
