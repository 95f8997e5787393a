"""Stopping under load: requests that come while the server goes down are answered or cut off, and nothing breaks."""
import http.client
import json
import signal
import threading
import time

import pytest

from harness import VERSION, Server

CLIENTS = 8


class Load:
    """Clients that go on sending over kept-alive connections until the server is gone."""

    def __init__(self, server, key, send):
        self.host, self.port = server.address.rsplit(":", 1)
        self.headers = {**VERSION, "Authorization": f"Bearer {key}"}
        self.send = send
        self.batch = self._first_batch()
        self.statuses = []
        self.threads = [threading.Thread(target=self._work) for _ in range(CLIENTS)]

    def _work(self):
        connection = http.client.HTTPConnection(self.host, int(self.port), timeout=20)
        try:
            while True:
                self.statuses.append(self.send(self, connection))
        except (OSError, http.client.HTTPException):
            connection.close()

    def _first_batch(self):
        connection = http.client.HTTPConnection(self.host, int(self.port), timeout=20)
        status, body = self.ask(connection, "POST", "/batch/person/enrich", BODY)
        connection.close()
        assert status == 200, body
        return json.loads(body)["batch_id"]

    def ask(self, connection, method, path, body=None):
        connection.request(method, path, body, self.headers)
        answer = connection.getresponse()
        return answer.status, answer.read()

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        for thread in self.threads:
            thread.join()


BODY = json.dumps({"business_emails": ["nobody@acme.example"]})


def submit(load, connection):
    return load.ask(connection, "POST", "/batch/person/enrich", BODY)[0]


def submit_and_wait(load, connection):
    status, body = load.ask(connection, "POST", "/batch/person/enrich", BODY)
    if status == 200:
        status, _ = load.ask(connection, "GET", f"/batch/{json.loads(body)['batch_id']}?wait=20")
    return status


def change(method, path):
    """The same batch over and over: a stop refuses submissions early, but changes only when they would have to wait."""
    return lambda load, connection: load.ask(connection, method, path.format(load.batch))[0]


@pytest.mark.parametrize("drain", ["0s", "1s"])
@pytest.mark.parametrize("send", [submit, submit_and_wait, change("DELETE", "/batch/{}"), change("POST", "/batch/{}/cancel")],
                         ids=["submit", "wait", "erase", "cancel"])
def test_a_stop_under_load_is_clean(tmp_path, send, drain):
    server = Server(tmp_path / "data", "--server.drain_timeout", drain, "--server.threads", "4", "--batch.active_max", "100000")
    with server:
        key = server.make_key()
        with Load(server, key, send) as load:
            time.sleep(0.5)
            begin = time.monotonic()
            code = server.stop(signal.SIGTERM)
            seconds = time.monotonic() - begin
        assert code == 0, server.log_text()[-4000:]
        assert seconds < 15, "a stop waits for nothing but what is under way"
        assert len(load.statuses) > CLIENTS and set(load.statuses) <= {200, 204, 409, 503}, sorted(set(load.statuses))
