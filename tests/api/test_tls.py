"""TLS without a proxy: a job from end to end, what is refused at the start, and a certificate that changes while the server
runs. Certificates are made by openssl."""
import http.client
import json
import signal
import socket
import ssl
import subprocess
import time

import pytest

from harness import DEADLINE_S, Server, run, wait_until
from test_main_job import url_of


def make_certificate(folder, name, *options):
    """A self-signed certificate for 127.0.0.1 and its key: two paths."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-keyout", key, "-out",
                    certificate, "-days", "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1",
                    *(options or ["-nodes"])], check=True, capture_output=True)
    return certificate, key


def options_for(certificate, key):
    return "--tls.certificate", str(certificate), "--tls.key", str(key)


class TlsServer(Server):
    """A server with a certificate, which its clients verify."""

    def __init__(self, data, certificate, key, *options):
        super().__init__(data, *options_for(certificate, key), *options)
        self.certificate = certificate

    def connect(self):
        host, port = self.address.rsplit(":", 1)
        context = ssl.create_default_context(cafile=self.certificate)
        return http.client.HTTPSConnection(host, int(port), timeout=DEADLINE_S, context=context)

    def fetch(self, url, method="GET", headers=None):
        assert url.startswith(f"https://{self.address}/"), url
        return self.request(method, url.split(self.address, 1)[1], headers=headers, key=None)

    def name(self, **versions):
        """Whom the certificate names that a new connection is offered."""
        host, port = self.address.rsplit(":", 1)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self.certificate)
        for name, version in versions.items():
            setattr(context, name, version)
        with socket.create_connection((host, int(port)), timeout=DEADLINE_S) as plain:
            with context.wrap_socket(plain, server_hostname=host) as encrypted:
                return dict(pair[0] for pair in encrypted.getpeercert()["subject"])["commonName"]


def test_a_job_from_end_to_end(data, tmp_path, population):
    urls = [url_of(person) for person in population[1]]
    with TlsServer(data, *make_certificate(tmp_path, "one")) as server:
        assert '"scheme":"https"' in server.log_text()
        status, lines, unresolved = server.run_job(urls=urls)
        assert [line["original_identifier"] for line in lines] == urls and unresolved == []
        whole = server.fetch(status["download_url"]).body
        middle = server.fetch(status["download_url"], headers={"Range": "bytes=1000-200000"})
        assert middle.status == 206 and middle.body == whole[1000:200001] and len(whole) > 200001
        connection = server.connect()
        for _ in range(3):
            assert server.get("/healthz", key=None, connection=connection).status == 200


def test_only_newer_versions_are_spoken(tmp_path, empty):
    with TlsServer(empty, *make_certificate(tmp_path, "one")) as server:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            assert server.name(minimum_version=version, maximum_version=version) == "one"
        with pytest.warns(DeprecationWarning), pytest.raises((ssl.SSLError, ConnectionError)):
            server.name(minimum_version=ssl.TLSVersion.TLSv1, maximum_version=ssl.TLSVersion.TLSv1_1)


def test_plain_http_and_nonsense_are_cut_off(tmp_path, empty):
    with TlsServer(empty, *make_certificate(tmp_path, "one"), "--server.head_timeout", "1s") as server:
        host, port = server.address.rsplit(":", 1)
        for data in (b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b""):
            begin = time.monotonic()
            with socket.create_connection((host, int(port)), timeout=DEADLINE_S) as plain:
                plain.sendall(data)
                got = b"".join(iter(lambda: receive(plain), b""))  # pylint: disable=cell-var-from-loop
            assert b"HTTP" not in got and time.monotonic() - begin < 3
        assert server.get("/healthz", key=None).status == 200


def receive(plain):
    try:
        return plain.recv(1000)
    except ConnectionError:
        return b""


def test_the_certificate_is_read_again_on_sighup(tmp_path, empty):
    one, two = make_certificate(tmp_path, "one"), make_certificate(tmp_path, "two")
    places = tmp_path / "now.pem", tmp_path / "now.key"

    def install(pair):
        for place, path in zip(places, pair):
            place.write_bytes(path.read_bytes())

    install(one)
    with TlsServer(empty, *places) as server:
        kept = server.connect()
        assert server.get("/healthz", key=None, connection=kept).status == 200 and server.name() == "one"
        places[0].write_bytes(two[0].read_bytes())
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "the key is not that of the certificate" in server.log_text(), "the refusal of half a pair")
        server.certificate = one[0]
        assert server.name() == "one", "the one before stays"
        install(two)
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "certificate read again" in server.log_text(), "the new certificate")
        server.certificate = two[0]
        assert server.name() == "two"
        assert server.get("/healthz", key=None, connection=kept).status == 200, "connections go on"


def test_sighup_without_tls_stops_nothing(empty):
    with Server(empty) as server:
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "SIGHUP" in server.log_text(), "a word about it")
        assert server.get("/healthz", key=None).status == 200


def refusal(data, certificate, key):
    result = run("serve", "--data", data, "--listen", "127.0.0.1:0", *options_for(certificate, key), check=False)
    assert result.returncode == 1
    return json.loads(result.stderr.splitlines()[0])["detail"]


def test_files_that_do_not_do_are_named(tmp_path, empty):
    certificate, key = make_certificate(tmp_path, "one")
    other = make_certificate(tmp_path, "two")[1]
    locked = make_certificate(tmp_path, "three", "-passout", "pass:secret")
    nonsense = tmp_path / "nonsense"
    nonsense.write_text("no PEM")
    for pair, words in (((tmp_path / "gone", key), ["tls.certificate", "gone"]), ((certificate, tmp_path / "gone"), ["tls.key", "gone"]),
                        ((certificate, other), [str(certificate), str(other), "is not that of the certificate"]),
                        ((nonsense, key), [str(nonsense)]), ((certificate, nonsense), [str(nonsense)]),
                        (locked, ["has a password"])):
        detail = refusal(empty, *pair)
        assert all(word in detail for word in words), detail


@pytest.mark.parametrize("options, name", [(("--tls.key", "x"), "tls.certificate"), (("--tls.certificate", "x"), "tls.key"),
                                           (("--server.body_max", "512MiB"), "server.bodies_memory")])
def test_settings_that_need_each_other(empty, options, name):
    result = run("config", "check", "--data", empty, *options, check=False)
    assert result.returncode == 78 and name in result.stderr
