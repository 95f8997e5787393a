"""Requests as bytes on a socket, for what http.client cannot send; answers are read strictly.

An answer that is not exactly one well-formed HTTP/1.1 response fails the test that reads it.
"""
import re
import socket

from harness import VERSION, Answer

PATIENCE_S = 10
END = b"\r\n\r\n"
STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5]\d\d) [ -~]*")
FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+): ?([\x20-\x7e]*)")


class RawAnswer(Answer):
    """An Answer that was read off a socket."""

    def __init__(self, status, headers, body):  # pylint: disable=super-init-not-called
        self.status = status
        self.headers = headers
        self.body = body


class Wire:
    """One connection. Use as a context manager."""

    def __init__(self, server, patience_s=PATIENCE_S):
        host, port = server.address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=patience_s)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.unread = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        """Sends everything; False if the server has closed the connection meanwhile."""
        try:
            self.socket.sendall(data)
        except ConnectionError:
            return False
        return True

    def _receive(self):
        """One more reading; False at the end."""
        try:
            data = self.socket.recv(1 << 16)
        except ConnectionError:
            return False
        self.unread += data
        return data != b""

    def _take(self, count):
        while len(self.unread) < count:
            assert self._receive(), f"the connection ended inside an answer: {self.unread[:500]!r}"
        taken, self.unread = self.unread[:count], self.unread[count:]
        return taken

    def read(self, is_head=False):
        """The next answer. is_head: it is one to HEAD, without a body."""
        while END not in self.unread:
            assert self._receive(), f"no answer: {self.unread[:500]!r}"
        lines = self._take(self.unread.index(END) + len(END))[:-len(END)].split(b"\r\n")
        found = STATUS_LINE.fullmatch(lines[0])
        assert found, lines[0]
        status = int(found[1])
        headers = {}
        for line in lines[1:]:
            field = FIELD.fullmatch(line)
            assert field, line
            name = field[1].decode().lower()
            assert name not in headers, f"{name} stands there twice"
            headers[name] = field[2].decode()
        has_no_body = is_head or status in (204, 304) or status < 200
        body = b"" if has_no_body else self._take(int(headers["content-length"]))
        return RawAnswer(status, headers, body)

    def beginning(self):
        """What comes first, or nothing if the connection is closed instead."""
        self._receive()
        return self.unread

    def rest(self):
        """Everything up to the end of the connection, which the server must close."""
        while self._receive():
            pass
        return self.unread

    def assert_closed(self):
        """Nothing more comes, and the server has closed the connection."""
        assert self.rest() == b""


def head(method, path, *lines, host="test.example", version="HTTP/1.1"):
    """The head of a request up to, not including, its blank line."""
    host_line = [f"Host: {host}"] if host is not None else []
    return "\r\n".join([f"{method} {path} {version}", *host_line, *lines]).encode() + b"\r\n"


def post_head(key, *lines):
    """The head of a submission."""
    version = [f"{name}: {value}" for name, value in VERSION.items()]
    return head("POST", "/batch/person/enrich", f"Authorization: Bearer {key}", *version,
                "Content-Type: application/json", *lines)


def chunks(*pieces):
    """A chunked body."""
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces if piece) + b"0\r\n\r\n"
