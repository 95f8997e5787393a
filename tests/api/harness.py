"""What the black-box tests share: a server of their own, a client, and invented people.

The program under test is $ENRICHD (default build/enrichd), the generator $PEOPLE (default build/people). Nothing here
knows the inside of either: the command line, HTTP, files and signals are all that is used.
"""
import http.client
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import zlib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.append(str(ROOT / "tests/openapi"))
import recorder  # noqa: E402  pylint: disable=wrong-import-position

ENRICHD = os.path.abspath(os.environ.get("ENRICHD", ROOT / "build/enrichd"))
PEOPLE = os.path.abspath(os.environ.get("PEOPLE", ROOT / "build/people"))
VERSION = {"x-api-version": "2025-11-01"}
PROFILE = "https://www.linkedin.com/in/"
DEADLINE_S = 60
NO_WEBHOOKS = {"ENRICHD_HOOKS_PROXY": "http://127.0.0.1:9"}  # so that no test reaches out, not even for a name


def run(*arguments, check=True, **options):
    """Runs enrichd with the arguments; the result has returncode, stdout and stderr as text."""
    result = subprocess.run([ENRICHD, *map(str, arguments)], text=True, capture_output=True, check=False,
                            timeout=300, **options)
    assert not check or result.returncode == 0, f"{arguments}: {result.returncode}\n{result.stdout}\n{result.stderr}"
    return result


def people(*arguments):
    """What the generator prints, as bytes."""
    return subprocess.run([PEOPLE, *map(str, arguments)], check=True, stdout=subprocess.PIPE).stdout


def identifiers(*arguments):
    return people("identifiers", *arguments).decode().splitlines()


def write_lines(path, records):
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
    return path


def wait_until(condition, what, deadline_s=DEADLINE_S, pause_s=0.01):
    end = time.monotonic() + deadline_s
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(pause_s)
    raise AssertionError(f"gave up waiting for {what}")


class Answer:
    """A response: status, headers (lower-case names), body bytes."""

    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    def json(self):
        return json.loads(self.body)

    def error(self):
        """The error object, after checking that the answer is one in the one shape."""
        body = self.json()
        assert set(body) in ({"error"}, {"error", "message"}), body
        assert set(body["error"]) == {"type", "message", "metadata"} and isinstance(body["error"]["metadata"], list)
        assert self.headers["content-type"].startswith("application/json")
        return body["error"]


class Server:
    """enrichd serve on a free port, with its log in a file. Use as a context manager."""

    def __init__(self, data, *options, env=None):
        self.data = pathlib.Path(data)
        self.options = options
        self.env = {**os.environ, **NO_WEBHOOKS, **(env or {})}
        self.process = None
        self.key = None
        self.address = None

    def start(self):
        self.log = open(self.data.parent / (self.data.name + ".log"), "a+b")
        begin = self.log.seek(0, 2)
        self.process = subprocess.Popen([ENRICHD, "serve", "--data", str(self.data), "--listen", "127.0.0.1:0", *self.options],
                                        stdout=subprocess.DEVNULL, stderr=self.log, env=self.env)
        self.address = wait_until(lambda: self._find_address(begin), f"the server's address in {self.log.name}")
        return self

    def _find_address(self, begin):
        text = self.log_text(begin)
        assert self.process.poll() is None, f"the server ended:\n{text}"
        for line in text.splitlines():
            if '"msg":"listening"' in line:
                return json.loads(line)["address"]
        return None

    def log_text(self, begin=0):
        return pathlib.Path(self.log.name).read_bytes()[begin:].decode(errors="replace")

    def stop(self, how=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(timeout=DEADLINE_S)
        return self.process.returncode

    def kill(self):
        self.stop(signal.SIGKILL)

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_):
        code = self.stop()
        self.log.close()
        if kind is None:
            assert code in (0, -signal.SIGKILL), f"exit code {code}\n{self.log_text()[-4000:]}"

    def make_key(self, *options, name="test"):
        return run("key", "create", name, "--data", self.data, *options).stdout.strip()

    def connect(self):
        """A connection to the server, or through $ENRICHD_PROXY (tests/openapi/judge.py)."""
        host, port = self.address.rsplit(":", 1)
        proxy = os.environ.get("ENRICHD_PROXY")
        if not proxy:
            return http.client.HTTPConnection(host, int(port), timeout=DEADLINE_S)
        connection = http.client.HTTPConnection(proxy, timeout=DEADLINE_S)
        connection.set_tunnel(host, int(port))
        return connection

    def request(self, method, path, body=None, headers=None, key=True, connection=None):
        """One request. body: an object becomes JSON. key: True for the server's own test key, None for none."""
        if key is True:
            self.key = self.key or self.make_key()
            key = self.key
        headers = dict(headers or {})
        if key:
            headers.setdefault("Authorization", f"Bearer {key}")
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body).encode()
        own = connection or self.connect()
        try:
            own.request(method, path, body, headers)
            answer = Answer(own.getresponse())
            recorder.record(method, path, answer.status, answer.headers, answer.body)
            return answer
        finally:
            if connection is None:
                own.close()

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, body, headers=None, **options):
        return self.request("POST", path, body, {**VERSION, "Content-Type": "application/json", **(headers or {})}, **options)

    def submit(self, urls=None, emails=None, **more):
        """Submits a person batch; the 200's object."""
        body = dict(more)
        if urls is not None:
            body["professional_network_profile_urls"] = urls
        if emails is not None:
            body["business_emails"] = emails
        answer = self.post("/batch/person/enrich", body)
        assert answer.status == 200, answer.body
        return answer.json()

    def status(self, batch_id):
        answer = self.get(f"/batch/{batch_id}")
        assert answer.status == 200, answer.body
        return answer.json()

    def wait(self, batch_id, word="completed"):
        """The status once it is final; it must be the word."""
        status = wait_until(lambda: self._final(batch_id), f"batch {batch_id}")
        assert status["status"] == word, status
        return status

    def _final(self, batch_id):
        status = self.status(batch_id)
        counts = dict(status["request_counts"])
        assert counts.pop("total") == sum(counts.values()) == status["identifier_count"], counts
        return status if status["status"] in ("completed", "failed") else None

    def fetch(self, url, method="GET", headers=None):
        """A result file by its absolute link, without a key."""
        assert url.startswith(f"http://{self.address}/"), url
        return self.request(method, url.split(self.address, 1)[1], headers=headers, key=None)

    def lines(self, url):
        answer = self.fetch(url)
        assert answer.status == 200, answer.body
        return [json.loads(line) for line in inflate(answer.body).splitlines()]

    def run_job(self, *arguments, **options):
        """Submits, waits, downloads: (status, lines, unresolved lines)."""
        status = self.wait(self.submit(*arguments, **options)["batch_id"])
        return status, self.lines(status["download_url"]), self.lines(status["unresolved_url"])


def inflate(data):
    """The content of a gzip file that must be exactly one member, as browsers demand."""
    decoder = zlib.decompressobj(31)
    content = decoder.decompress(data) + decoder.flush()
    assert decoder.eof and decoder.unused_data == b"", "not exactly one gzip member"
    assert content == b"" or content.endswith(b"\n")
    return content
