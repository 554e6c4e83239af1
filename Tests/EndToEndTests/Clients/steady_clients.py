"""Clients that ask through the gateway without a pause, each request once, and count what they hear.

    steady_clients.py PORT TOKEN

Over HTTP/2 with four streams at a time, over HTTP/1.1 on connections that are kept, and on a new one for each request.
They keep to the rules for a server that goes: no new stream after a GOAWAY, none on a connection that was to be closed.
All else that is no success is a failure. A number on standard input asks for so many more answers of every client; `end`
for the counts, as one line of JSON.
"""

import collections
import http.client
import itertools
import json
import ssl
import struct
import sys
import threading
import time
import uuid

import raw_http2 as h2

STREAMS = 4
PAUSE_SECONDS = 0.002
PATIENCE_SECONDS = 30
CALLS = [("GET", "/v1/articles?limit=5"), ("GET", "/v1/users/me"), ("POST", "/v1/articles"), ("GET", "/v1/auth/me")]


def body(method):
    return json.dumps({"title": f"Steady {uuid.uuid4()}", "body": "text"}).encode() if method == "POST" else b""


def fields(method, token):
    own = {"authorization": "Bearer " + token}
    if method == "POST":
        own |= {"content-type": "application/json", "idempotency-key": str(uuid.uuid4())}
    return own


class Client(threading.Thread):
    def __init__(self, kind, port, token):
        super().__init__(daemon=True)
        self.kind, self.port, self.token = kind, port, token
        self.counts, self.calls = collections.Counter(), itertools.cycle(CALLS)
        self.ended = threading.Event()

    @property
    def answers(self):
        return sum(self.counts.values())

    def tell(self, method, path, result):
        self.counts[f"{self.kind} {method} {path} {result}"] += 1

    def run(self):
        while not self.ended.is_set():
            try:
                self.connection()
            except Exception as error:  # Whatever it is, a client saw it.
                self.tell("CONNECT", "", repr(error))


def context():
    # The certificate changes under the load.
    insecure = ssl.create_default_context()
    insecure.check_hostname, insecure.verify_mode = False, ssl.CERT_NONE
    return insecure


class Target(h2.Target):
    def socket(self, alpn=("h2",)):
        raw = h2.socket.create_connection((self.host, self.port), timeout=PATIENCE_SECONDS)
        raw.setsockopt(h2.socket.IPPROTO_TCP, h2.socket.TCP_NODELAY, 1)
        secure = context()
        secure.set_alpn_protocols(list(alpn))
        return secure.wrap_socket(raw, server_hostname="localhost")


class HTTP2(Client):
    def connection(self):
        with h2.Connection(Target("127.0.0.1", self.port, "any", authority=f"localhost:{self.port}")) as connection:
            self.is_going, self.next_stream = False, 1
            while not self.is_going and not self.ended.is_set():
                self.round(connection)
                time.sleep(PAUSE_SECONDS)

    def round(self, connection):
        asked = {}
        for _ in range(STREAMS):
            method, path = next(self.calls)
            stream, content = self.next_stream, body(method)
            self.next_stream += 2
            # A body of unknown length is streamed, and what was streamed cannot be sent again.
            own = fields(method, self.token) | ({"content-length": str(len(content))} if content else {})
            request = connection.target.request(method, path=path, extra=own.items())
            connection.headers(stream, request, h2.END_HEADERS | (0 if content else h2.END_STREAM))
            if content:
                connection.frame(h2.DATA, h2.END_STREAM, stream, content)
            asked[stream] = [method, path, None]
        while asked:
            frame = connection.next(PATIENCE_SECONDS)
            if frame is None:
                for method, path, _ in asked.values():
                    self.tell(method, path, "closed" if connection.is_closed else "silence")
                self.is_going = True
                return
            self.hear(connection, frame, asked)

    def hear(self, connection, frame, asked):
        if frame.kind in (h2.SETTINGS, h2.PING) and not frame.flags & h2.ACK:
            connection.frame(frame.kind, h2.ACK, payload=frame.payload if frame.kind == h2.PING else b"")
        elif frame.kind == h2.GOAWAY:
            self.is_going = True
            last = struct.unpack(">I", frame.payload[:4])[0]
            for stream in [stream for stream in asked if stream > last or frame.code]:
                self.tell(*asked.pop(stream)[:2], f"not taken up, code {frame.code}")
        elif frame.kind == h2.RST_STREAM and frame.stream in asked:
            self.tell(*asked.pop(frame.stream)[:2], f"reset {frame.code}")
        elif frame.kind == h2.HEADERS and frame.stream in asked:
            asked[frame.stream][2] = connection.status(frame)
        elif frame.kind == h2.DATA and frame.payload:
            for stream in (0, frame.stream):
                connection.frame(h2.WINDOW_UPDATE, 0, stream, struct.pack(">I", len(frame.payload)))
        if frame.kind in (h2.HEADERS, h2.DATA) and frame.flags & h2.END_STREAM and frame.stream in asked:
            self.tell(*asked.pop(frame.stream))


class HTTP1(Client):
    """Keeps its connection for as long as the server lets it, or not at all."""

    def __init__(self, kind, port, token, keeps):
        super().__init__(kind, port, token)
        self.keeps = keeps

    def connection(self):
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.port, timeout=PATIENCE_SECONDS, context=context())
        connection.auto_open = 0
        connection.connect()
        while connection.sock and not self.ended.is_set():
            method, path = next(self.calls)
            try:
                headers = {"host": f"localhost:{self.port}", **fields(method, self.token)}
                connection.request(method, path, body(method) or None, headers)
                reply = connection.getresponse()
                reply.read()
                self.tell(method, path, reply.status)
            except (OSError, http.client.HTTPException) as error:
                self.tell(method, path, repr(error))
                break
            if not self.keeps:
                break
            time.sleep(PAUSE_SECONDS)
        connection.close()


def main():
    port, token = int(sys.argv[1]), sys.argv[2]
    clients = [HTTP2("h2", port, token), HTTP2("h2", port, token), HTTP1("kept", port, token, True),
               HTTP1("kept", port, token, True), HTTP1("fresh", port, token, False)]
    for client in clients:
        client.start()
    for line in sys.stdin:
        if not line.strip().isdigit():
            break
        wanted = [client.answers + int(line) for client in clients]
        while any(client.answers < count for client, count in zip(clients, wanted)):
            time.sleep(0.005)
        print("more", flush=True)
    for client in clients:
        client.ended.set()
    for client in clients:
        client.join(PATIENCE_SECONDS)
    print(json.dumps(sum((client.counts for client in clients), collections.Counter())), flush=True)


main()
