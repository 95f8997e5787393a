"""A receiver of webhooks on loopback: keeps what comes in, answers as the test says, and checks signatures by hand.
"""
import base64
import hashlib
import hmac
import http.server
import json
import socket
import struct
import threading
import time


class Delivery:
    """One POST as it arrived."""

    def __init__(self, path, headers, body):
        self.path, self.headers, self.body, self.time = path, headers, body, time.time()
        self.id = headers["webhook-id"]

    def json(self):
        return json.loads(self.body)

    @property
    def batch_id(self):
        return self.json()["batch_id"]

    def signatures(self):
        return self.headers["webhook-signature"].split(" ")

    def is_signed_by(self, secret, **changed):
        """As the Standard Webhooks specification has it; changed: id, timestamp or body to try instead."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        identity = changed.get("id", self.id)
        stamp = changed.get("timestamp", self.headers["webhook-timestamp"])
        message = f"{identity}.{stamp}.".encode() + changed.get("body", self.body)
        expected = "v1," + base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()
        return any(hmac.compare_digest(expected, signature) for signature in self.signatures())


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):  # pylint: disable=invalid-name
        body = self.rfile.read(int(self.headers["Content-Length"]))
        delivery = Delivery(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        with self.server.lock:
            self.server.received.append(delivery)
            number = sum(other.id == delivery.id for other in self.server.received)
        self.server.behave(self, delivery, number)

    def answer(self, status, headers=(), body=b""):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def drop(self):
        """Resets the connection."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def log_message(self, *_):
        pass


def accept(handler, _delivery, _number):
    handler.answer(204)


class Receiver(http.server.ThreadingHTTPServer):
    """behave(handler, delivery, number): how the number-th POST of the same event is answered. A context manager."""
    daemon_threads = True
    request_queue_size = 512

    def __init__(self, behave=accept, host="127.0.0.1", tls=None):
        super().__init__((host, 0), Handler)
        self.behave, self.received, self.lock = behave, [], threading.Lock()
        self.scheme = "https" if tls else "http"
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True)

    def url(self, path="/hook?a=b", host="127.0.0.1"):
        return f"{self.scheme}://{host}:{self.server_port}{path}"

    def of(self, batch_id):
        with self.lock:
            return [delivery for delivery in self.received if delivery.batch_id == batch_id]

    def handle_error(self, *_):
        pass

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Silent:
    """A socket that listens and never answers; connections are counted."""

    def __init__(self, host="127.0.0.1", port=0):
        self.socket = socket.create_server((host, port), backlog=512, family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.port = self.socket.getsockname()[1]
        self.connections = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                self.connections.append(self.socket.accept())
            except OSError:
                return

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for connection, _ in self.connections:
            connection.close()
