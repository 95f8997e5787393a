"""Writes down what a server answered, for test_description.py: one JSON object a line in $ENRICHD_EXCHANGES.

Without that variable nothing is written. Several processes may write to one file.
"""
import json
import os

BODY_BYTES_MAX = 1 << 20


def record(method, path, status, headers, body):
    """path: with its query, as sent. headers: a dict. body: bytes. Bodies that are not JSON are noted by length only."""
    file_name = os.environ.get("ENRICHD_EXCHANGES")
    if not file_name:
        return
    headers = {name.lower(): value for name, value in headers.items()}
    is_json = headers.get("content-type", "").startswith("application/json") and len(body) <= BODY_BYTES_MAX
    line = json.dumps({
        "method": method,
        "path": path,
        "status": status,
        "headers": headers,
        "body": body.decode("utf-8", "surrogateescape") if is_json else None,
        "body_bytes": len(body),
    }) + "\n"
    descriptor = os.open(file_name, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)


def read(file_name):
    """The exchanges of a file, each once."""
    with open(file_name, encoding="utf-8") as file:
        return [json.loads(line) for line in dict.fromkeys(file)]
