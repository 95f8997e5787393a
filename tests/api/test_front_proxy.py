"""Behind nginx with the configuration of docs/front-proxy.md: only its paths and addresses are replaced."""
import contextlib
import http.client
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import tempfile

import pytest

from harness import DEADLINE_S, ROOT, Server, wait_until
from test_connections import AMBIGUOUS
from test_main_job import url_of
from test_tls import make_certificate

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
pytestmark = pytest.mark.skipif(not NGINX, reason="nginx is not installed")
PUBLIC = "https://enrich.example.com"
DOCUMENT = (ROOT / "docs/front-proxy.md").read_text(encoding="utf-8")


class Nginx:
    """nginx before a server, on a socket of the file system. Use as a context manager."""

    def __init__(self, server):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.socket = self.folder / "https"
        self.certificate, key = make_certificate(self.folder, "nginx")
        text = re.search(r"```nginx\n(.*?)```", DOCUMENT, re.S)[1]
        for documented, here in (("127.0.0.1:8080", server.address), ("listen 443 ssl", f"listen unix:{self.socket} ssl"),
                                 ("/etc/nginx/enrichd/fullchain.pem", str(self.certificate)),
                                 ("/etc/nginx/enrichd/key.pem", str(key))):
            assert text.count(documented) == 1, documented
            text = text.replace(documented, here)
        temporary = "".join(f"{name}_temp_path {self.folder}/{name};\n"
                            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (self.folder / "nginx.conf").write_text(
            ("user root;\n" if os.geteuid() == 0 else "") +
            f"daemon off;\nworker_processes 1;\npid {self.folder}/pid;\nerror_log {self.folder}/errors;\n"
            f"events {{}}\nhttp {{\naccess_log off;\n{temporary}{text}}}\n", encoding="utf-8")

    def __enter__(self):
        self.process = subprocess.Popen([NGINX, "-p", self.folder, "-c", self.folder / "nginx.conf", "-e", self.folder / "errors"])
        wait_until(lambda: self.socket.exists() or self.process.poll() is not None, "nginx")
        assert self.process.poll() is None, (self.folder / "errors").read_text(encoding="utf-8")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=DEADLINE_S)
        shutil.rmtree(self.folder)

    def connect(self):
        """An encrypted socket."""
        context = ssl.create_default_context(cafile=self.certificate)
        context.check_hostname = False
        plain = socket.socket(socket.AF_UNIX)
        plain.settimeout(DEADLINE_S)
        plain.connect(str(self.socket))
        return context.wrap_socket(plain)


@pytest.fixture(autouse=True)
def not_recorded(monkeypatch):
    """nginx adds headers of its own, and answers some requests itself."""
    monkeypatch.delenv("ENRICHD_EXCHANGES", raising=False)


class ThroughNginx(Server):
    """A server whose clients come through nginx."""

    def __init__(self, data):
        super().__init__(data, "--server.public_url", PUBLIC)

    def connect(self):
        connection = http.client.HTTPConnection("enrich.example.com", timeout=DEADLINE_S)
        connection.sock = self.nginx.connect()
        return connection

    def fetch(self, url, method="GET", headers=None):
        assert url.startswith(PUBLIC + "/"), url
        return self.request(method, url[len(PUBLIC):], headers=headers, key=None)


@pytest.fixture(scope="module")
def front(tmp_path_factory, loaded):
    data = shutil.copytree(loaded, tmp_path_factory.mktemp("front") / "data")
    with ThroughNginx(data) as server, Nginx(server) as nginx:
        server.nginx = nginx
        server.key = server.make_key()
        yield server


def test_a_job_from_end_to_end(front, population):
    urls = [url_of(person) for person in population[1]]
    batch = front.submit(urls=urls)["batch_id"]
    status = front.get(f"/batch/{batch}?wait=30").json()
    assert status["status"] == "completed" and status["result_count"] == len(urls)
    assert [line["original_identifier"] for line in front.lines(status["download_url"])] == urls
    whole = front.fetch(status["download_url"])
    middle = front.fetch(status["download_url"], headers={"Range": "bytes=1000-200000"})
    assert middle.status == 206 and middle.body == whole.body[1000:200001]
    same = front.fetch(status["download_url"], headers={"If-None-Match": whole.headers["etag"]})
    assert same.status == 304
    head = front.fetch(status["download_url"], "HEAD")
    assert head.status == 200 and head.headers["content-length"] == str(len(whole.body))


def test_a_body_of_the_limit_passes_and_a_longer_one_does_not(front):
    limit = 8 << 20
    body = b'{"business_emails":["nobody@acme.example"]}'
    assert front.post("/batch/person/enrich", body.ljust(limit)).status == 200
    assert front.post("/batch/person/enrich", body.ljust(limit + 1)).status == 413


def test_proxies_wait_longer_than_a_long_poll_may_last():
    for name, pattern in (("nginx", r"proxy_read_timeout (\d+)s"), ("Caddy", r"response_header_timeout (\d+)s")):
        assert int(re.search(pattern, DOCUMENT)[1]) > 60, name


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_what_one_client_sends_does_not_change_what_the_next_gets(front, name):
    """Whatever nginx makes of it: on its connections to the server no answer is left over for somebody else."""
    with front.nginx.connect() as odd, contextlib.suppress(OSError):
        odd.settimeout(0.2)
        odd.sendall(AMBIGUOUS[name](front.key))
        while odd.recv(1 << 16):
            pass
    for at in range(3):
        answer = front.get("/healthz", key=None, headers={"X-Request-Id": f"mine-{at}"})
        assert answer.status == 200 and answer.headers["x-request-id"] == f"mine-{at}"
