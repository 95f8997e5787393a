"""enrichd as a client meets it: a server of the black-box tests' harness, and a client that only runs jobs."""
import json
import os
import sys

from tools import BUILD, ROOT

os.environ.setdefault("ENRICHD", str(BUILD / "enrichd"))
os.environ.setdefault("PEOPLE", str(BUILD / "people"))
sys.path.insert(0, str(ROOT / "tests/api"))
from harness import VERSION, Server, inflate  # noqa: E402  pylint: disable=wrong-import-position

SUBMIT = "/batch/person/enrich"
OPTIONS = ("--batch.active_max", "100000", "--limits.requests_per_minute", "100000000", "--server.idle_timeout", "1h")

__all__ = ["SUBMIT", "Client", "body_of", "inflate", "start"]


def start(data):
    """A server on the data's folder that limits nobody; use as a context manager."""
    return Server(data.enrichd, *OPTIONS)


def body_of(identifiers, fields=None):
    more = {} if fields is None else {"fields": fields}
    return json.dumps({"professional_network_profile_urls": identifiers, **more}).encode()


class Client:
    """One kept connection with one key."""

    def __init__(self, server, account="bench"):
        self.server = server
        self.key = server.make_key("--account", account, name=account)
        self.connection = server.connect()

    def headers(self):
        return {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json", **VERSION}

    def call(self, method, path, body=None):
        self.connection.request(method, path, body, self.headers())
        response = self.connection.getresponse()
        content = response.read()
        if response.status != 200:
            raise RuntimeError(f"{method} {path}: {response.status} {content[:300]}")
        return json.loads(content)

    def job(self, body):
        """Submits, waits; the final status."""
        status = self.call("POST", SUBMIT, body)
        while status["status"] not in ("completed", "failed"):
            status = self.call("GET", f"/batch/{status['batch_id']}?wait=30")
        if status["status"] != "completed":
            raise RuntimeError(f"the batch failed: {status}")
        return status

    def lines(self, status):
        """The result file's content."""
        return inflate(self.server.fetch(status["download_url"]).body)
