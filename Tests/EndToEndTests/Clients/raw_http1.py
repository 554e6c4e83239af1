"""Bytes to a port that speaks HTTP/1.1, and a reader of answers that takes no guesses."""

import ssl
import time

from raw_http2 import Broken

PATIENCE_SECONDS = 20


class Answer:
    def __init__(self, status, fields, body):
        self.status, self.fields, self.body = status, fields, body

    def __repr__(self):
        return f"<{self.status} {self.fields.get('connection', '')} {len(self.body)} bytes>"


class Wire:
    """One connection; `target` is that of `raw_http2`."""

    def __init__(self, target):
        self.socket = target.socket(alpn=("http/1.1",))
        self.socket.settimeout(PATIENCE_SECONDS)
        self.is_closed = False
        self._rest = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, *parts, pause=0.02):
        """Each part as a write of its own."""
        for index, part in enumerate(parts):
            if index:
                time.sleep(pause)
            try:
                self.socket.sendall(part)
            except OSError:
                return

    def answer(self, to="GET", seconds=PATIENCE_SECONDS):
        """The next whole answer; None where the other side ends before one begins, or is silent."""
        deadline = time.monotonic() + seconds
        head = self._until(b"\r\n\r\n", deadline)
        if head is None:
            if self._rest:
                raise Broken(f"half an answer: {self._rest[:200]!r}")
            return None
        line, *lines = head.decode("latin-1").split("\r\n")
        version, status, _ = line.split(" ", 2)
        if version != "HTTP/1.1":
            raise Broken(f"the status line is {line!r}")
        fields = {}
        for field in lines:
            name, _, value = field.partition(": ")
            if name in fields and name in ("content-length", "transfer-encoding", "connection"):
                raise Broken(f"{name} twice")
            fields[name] = value
        return Answer(int(status), fields, self._body(to, int(status), fields, deadline))

    def hears(self, seconds):
        """Whether something has come that was not read yet, or comes within so many seconds."""
        return bool(self._rest) or self._more(time.monotonic() + seconds)

    def ends(self, seconds=PATIENCE_SECONDS):
        """Whether the other side ends the connection without another byte."""
        deadline = time.monotonic() + seconds
        while not self.is_closed and time.monotonic() < deadline:
            self._more(deadline)
        return self.is_closed and not self._rest

    @property
    def unread(self):
        return self._rest

    def _body(self, to, status, fields, deadline):
        if to == "HEAD" or status < 200 or status in (204, 304):
            return b""
        if "transfer-encoding" in fields:
            body = b""
            while True:
                size = int(self._require(self._until(b"\r\n", deadline)), 16)
                chunk = self._require(self._take(size + 2, deadline))
                if size == 0:
                    return body
                body += chunk[:-2]
        return self._require(self._take(int(fields.get("content-length", 0)), deadline))

    def _require(self, part):
        if part is None:
            raise Broken(f"an answer broke off: {self._rest[:200]!r}")
        return part

    def _until(self, marker, deadline):
        while marker not in self._rest:
            if not self._more(deadline):
                return None
        part, self._rest = self._rest.split(marker, 1)
        return part

    def _take(self, count, deadline):
        while len(self._rest) < count:
            if not self._more(deadline):
                return None
        part, self._rest = self._rest[:count], self._rest[count:]
        return part

    def _more(self, deadline):
        left = deadline - time.monotonic()
        if left <= 0 or self.is_closed:
            return False
        self.socket.settimeout(left)
        try:
            data = self.socket.recv(65536)
        except (TimeoutError, ssl.SSLWantReadError):
            return False
        except OSError:
            data = b""
        if not data:
            self.is_closed = True
        self._rest += data
        return bool(data)
