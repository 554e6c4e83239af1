"""A client that sends any frame it is told to, right or wrong, and says what came back."""

import functools
import socket
import ssl
import struct
import time

import hpack

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM = ACK = 0x1
END_HEADERS, PADDED, PRIORITIZED = 0x4, 0x8, 0x20
(NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR, SETTINGS_TIMEOUT, STREAM_CLOSED, FRAME_SIZE_ERROR,
 REFUSED_STREAM, CANCEL, COMPRESSION_ERROR, CONNECT_ERROR, ENHANCE_YOUR_CALM, INADEQUATE_SECURITY,
 HTTP_1_1_REQUIRED) = range(14)
HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE = (
    range(1, 7))
PATIENCE_SECONDS = 20


class Broken(AssertionError):
    """The other side did not keep to the rule; the text says what it did."""


class Frame:
    def __init__(self, kind, flags, stream, payload):
        self.kind, self.flags, self.stream, self.payload = kind, flags, stream, payload

    @property
    def code(self):
        """The error code of RST_STREAM or GOAWAY."""
        return struct.unpack(">I", self.payload[:4] if self.kind == RST_STREAM else self.payload[4:8])[0]

    def __repr__(self):
        code = f" code {self.code}" if self.kind in (RST_STREAM, GOAWAY) else ""
        return f"<frame type {self.kind} flags {self.flags:#x} stream {self.stream} {len(self.payload)} bytes{code}>"


class Target:
    """Where and how to connect, and what a plain request is there."""

    def __init__(self, host, port, certificate=None, path="/livez", authority="localhost", source=None):
        self.host, self.port, self.certificate, self.path, self.authority = host, port, certificate, path, authority
        # The address to connect from, as one of 127.0.0.0/8.
        self.source = source
        # Frames, requests or whatever is counted of an attack.
        self.sent = 0

    @property
    def scheme(self):
        return "https" if self.certificate else "http"

    def request(self, method="GET", *, without=(), path=None, extra=()):
        fields = [(":method", method), (":scheme", self.scheme), (":authority", self.authority),
                  (":path", path or self.path)]
        return [field for field in fields if field[0] not in without] + list(extra)

    def raw_socket(self, source=None):
        source = source or self.source
        raw = socket.create_connection(
            (self.host, self.port), timeout=PATIENCE_SECONDS, source_address=(source, 0) if source else None)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return raw

    def socket(self, alpn=("h2",), source=None):
        raw = self.raw_socket(source)
        if not self.certificate:
            return raw
        return self.context(alpn).wrap_socket(raw, server_hostname="localhost")

    @functools.lru_cache(maxsize=None)  # a context reads the certificate's file
    def context(self, alpn):
        context = ssl.create_default_context(cafile=self.certificate)
        context.set_alpn_protocols(list(alpn))
        return context


class Connection:
    """One connection. `heard` keeps every frame that came, in order."""

    def __init__(self, target, settings=(), preface=True):
        self.target = target
        self.socket = target.socket()
        self.encoder = hpack.Encoder()
        self.decoder = hpack.Decoder()
        self.heard = []
        self.is_closed = False
        self._rest = b""
        if preface:
            self.send_raw(PREFACE)
            self.settings(settings)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    # What is sent

    def send_raw(self, data):
        try:
            self.socket.sendall(data)
        except OSError:
            self.is_closed = True

    def frame(self, kind, flags=0, stream=0, payload=b"", length=None):
        self.target.sent += 1
        length = len(payload) if length is None else length
        self.send_raw(struct.pack(">I", length)[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload)

    def settings(self, entries=()):
        self.frame(SETTINGS, payload=b"".join(struct.pack(">HI", *entry) for entry in entries))

    def headers(self, stream, fields, flags=END_STREAM | END_HEADERS):
        self.frame(HEADERS, flags, stream, self.block(fields))

    def block(self, fields):
        return self.encoder.encode(fields, huffman=False)

    def get(self, stream=1, **arguments):
        self.headers(stream, self.target.request(**arguments))

    # What is heard

    def next(self, seconds=PATIENCE_SECONDS):
        """The next frame; None once the other side has closed, or after `seconds` of silence."""
        deadline = time.monotonic() + seconds
        while True:
            if len(self._rest) >= 9:
                length = int.from_bytes(self._rest[:3], "big")
                if len(self._rest) >= 9 + length:
                    kind, flags = self._rest[3], self._rest[4]
                    stream = int.from_bytes(self._rest[5:9], "big") & 0x7FFFFFFF
                    frame = Frame(kind, flags, stream, self._rest[9:9 + length])
                    self._rest = self._rest[9 + length:]
                    if kind == HEADERS:
                        # All of them, wanted or not: each may change what the next ones mean (RFC 7541, section 2.2).
                        frame.fields = dict(self.decoder.decode(frame.payload))
                    self.heard.append(frame)
                    return frame
            left = deadline - time.monotonic()
            if left <= 0 or self.is_closed:
                return None
            self.socket.settimeout(left)
            try:
                data = self.socket.recv(65536)
            except (TimeoutError, ssl.SSLWantReadError):
                return None
            except OSError:
                data = b""
            if not data:
                self.is_closed = True
            self._rest += data

    def until(self, wanted, seconds=PATIENCE_SECONDS):
        """The first frame from now on that `wanted` holds for; None where none comes."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            frame = self.next(deadline - time.monotonic())
            if frame is None:
                return None
            if wanted(frame):
                return frame
        return None

    def greeted(self):
        """Waits until both sides have exchanged their settings."""
        self.settle_ack = self.until(lambda frame: frame.kind == SETTINGS and frame.flags & ACK)
        if self.settle_ack is None:
            raise Broken(f"no acknowledgement of SETTINGS, but {self.heard}")
        self.frame(SETTINGS, ACK)
        return self

    # What is expected

    def connection_error(self, *codes):
        """GOAWAY with one of the codes, or the end of the connection (RFC 9113, section 5.4.1)."""
        frame = self.until(lambda frame: frame.kind == GOAWAY and frame.code != NO_ERROR)
        if frame is None and not self.is_closed:
            raise Broken(f"no connection error, but {self.heard[-4:]}")
        if frame is not None and codes and frame.code not in codes:
            raise Broken(f"GOAWAY with {frame.code} in place of {codes}")

    def stream_error(self, stream, *codes):
        """RST_STREAM with one of the codes; a connection error serves as well (section 5.4.2)."""
        frame = self.until(
            lambda frame: frame.kind == GOAWAY and frame.code != NO_ERROR
            or frame.kind == RST_STREAM and frame.stream == stream)
        if frame is None:
            if self.is_closed:
                return
            raise Broken(f"no error on stream {stream}, but {self.heard[-4:]}")
        if codes and frame.code not in codes:
            raise Broken(f"{frame} in place of {codes}")

    def refused(self, stream, *codes):
        """A stream error, or an answer of 400 to 499 (section 8.1.1 lets a server answer a malformed request)."""
        frame = self.until(
            lambda frame: frame.kind == GOAWAY and frame.code != NO_ERROR
            or frame.kind in (RST_STREAM, HEADERS) and frame.stream == stream)
        if frame is None:
            if self.is_closed:
                return
            raise Broken(f"a malformed request was not refused: {self.heard[-4:]}")
        if frame.kind == HEADERS:
            status = self.status(frame)
            if not 400 <= status < 500:
                raise Broken(f"a malformed request was answered {status}")
        elif codes and frame.code not in codes:
            raise Broken(f"{frame} in place of {codes}")

    def status(self, frame):
        return int(frame.fields[":status"])

    def answered(self, stream=1):
        """The status of a whole answer."""
        head = self.until(
            lambda frame: frame.stream == stream and frame.kind in (HEADERS, RST_STREAM) or frame.kind == GOAWAY)
        if head is None or head.kind != HEADERS:
            raise Broken(f"no answer on stream {stream}, but {self.heard[-4:]}")
        status = self.status(head)
        if not head.flags & END_STREAM:
            end = self.until(lambda frame: frame.stream == stream and frame.kind == DATA and frame.flags & END_STREAM)
            if end is None:
                raise Broken(f"an answer without an end: {self.heard[-4:]}")
        return status

    def still_works(self):
        """The connection goes on: a PING is acknowledged."""
        self.frame(PING, payload=b"stillok!")
        frame = self.until(lambda frame: frame.kind == PING and frame.flags & ACK and frame.payload == b"stillok!")
        if frame is None:
            raise Broken(f"the connection does not go on: {self.heard[-4:]}")
