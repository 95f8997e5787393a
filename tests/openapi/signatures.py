#!/usr/bin/python3
"""Delivers webhooks of a running server and lets an independent library from npm verify them: the genuine ones, with one
secret and with two during a change, must be taken; each with something tampered with must be refused.

usage: signatures.py
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import judge

sys.path.insert(0, str(judge.ROOT / "tests/api"))
from harness import run, wait_until  # noqa: E402  pylint: disable=wrong-import-position
from receiver import Receiver  # noqa: E402  pylint: disable=wrong-import-position
from test_webhooks import HookServer  # noqa: E402  pylint: disable=wrong-import-position

EVENTS = 20
HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


def deliver(server, receiver):
    """EVENTS more deliveries."""
    before = len(receiver.received)
    for _ in range(EVENTS):
        server.submit_to(receiver.url())
    wait_until(lambda: len(receiver.received) >= before + EVENTS, "the deliveries")
    return receiver.received[before:before + EVENTS]


def line(secret, headers, body, is_genuine):
    return json.dumps({"secret": secret, "headers": headers, "body": body, "is_genuine": is_genuine})


def forgeries(secret, headers, body):
    """The same delivery with one thing changed."""
    middle = len(body) // 2
    yield line(secret, headers, body[:middle] + ("x" if body[middle] != "x" else "y") + body[middle + 1:], False)
    yield line(secret, headers, body + " ", False)
    yield line(secret, {**headers, "webhook-id": headers["webhook-id"] + "0"}, body, False)
    yield line(secret, {**headers, "webhook-timestamp": str(int(headers["webhook-timestamp"]) - 1)}, body, False)
    yield line(secret, {**headers, "webhook-signature": "v1," + "A" * 43 + "="}, body, False)
    yield line("whsec_" + "A" * 43 + "=", headers, body, False)


def lines_of(delivery, secrets):
    headers = {name: delivery.headers[name] for name in HEADERS}
    body = delivery.body.decode()
    for secret in secrets:
        yield line(secret, headers, body, True)
        yield from forgeries(secret, headers, body)


def collect(folder):
    with HookServer(folder / "data") as server, Receiver() as receiver:
        lines = [text for delivery in deliver(server, receiver) for text in lines_of(delivery, [server.secret])]
        new = run("webhook", "secret", server.key_id, "--rotate", "--data", server.data).stdout.strip()
        return lines + [text for delivery in deliver(server, receiver) for text in lines_of(delivery, [server.secret, new])]


def main():
    judge.install()
    with tempfile.TemporaryDirectory(prefix="enrichd-signatures-") as folder:
        lines = collect(pathlib.Path(folder))
    result = subprocess.run(["node", "signatures.mjs"], cwd=judge.FOLDER, input="\n".join(lines) + "\n", text=True, check=False,
                            stdout=subprocess.PIPE)
    seen = json.loads(result.stdout)
    print(f"standardwebhooks took {seen['taken']} genuine signatures, refused {seen['refused']} forged ones, and was wrong "
          f"about {seen['wrong']}")
    return 0 if result.returncode == 0 and seen["taken"] == 3 * EVENTS and seen["refused"] == 18 * EVENTS else 1


if __name__ == "__main__":
    sys.exit(main())
