"""WebSockets through the gateway: over HTTP/1.1 by `websockets`, over HTTP/2 (RFC 8441) by `h2` and `wsproto`.

websocket_client.py PORT CERTIFICATE WALKS WAY…, where a way is 1 or 2 and a prefix, as 2/ws/
"""
import asyncio, os, socket, ssl, sys, time, traceback
import h2.config, h2.connection, h2.events, h2.settings
import websockets.asyncio.client, websockets.exceptions
import wsproto.connection, wsproto.events

port, certificate, walks, *ways = sys.argv[1:]
trust = ssl.create_default_context(cafile=certificate)


class Closed(Exception):
    def __init__(self, code):
        self.code = code


loop = asyncio.new_event_loop()


class OverOne:
    def __init__(self, path, fields=(), **options):
        self.c = self.run(websockets.asyncio.client.connect(
            f"wss://localhost:{port}{path}", ssl=trust, additional_headers=dict(fields), max_size=1 << 22,
            ping_interval=None, close_timeout=5, proxy=None, **options).__aenter__())
        self.subprotocol = self.c.subprotocol

    def run(self, work):
        return loop.run_until_complete(asyncio.wait_for(work, 20))

    def send(self, *pieces):
        self.run(self.c.send(pieces[0] if len(pieces) == 1 else iter(pieces)))

    def receive(self):
        try:
            return self.run(self.c.recv())
        except websockets.exceptions.ConnectionClosed as closed:
            raise Closed(closed.rcvd.code if closed.rcvd else 1006)

    def ping(self):
        async def there_and_back():
            await (await self.c.ping(os.urandom(8)))
        self.run(there_and_back())

    def close(self, code):
        self.run(self.c.close(code, "bye"))
        assert self.c.close_code == code, self.c.close_code

    def drop(self):
        self.c.transport.abort()
        self.run(self.c.wait_closed())


class HTTP2:
    """One connection with as many WebSockets as are wanted."""

    def __init__(self):
        trust.set_alpn_protocols(["h2"])
        self.s = trust.wrap_socket(socket.create_connection(("127.0.0.1", int(port))), server_hostname="localhost")
        self.s.settimeout(20)
        self.c = h2.connection.H2Connection(h2.config.H2Configuration(
            header_encoding="utf-8", validate_outbound_headers=False))
        self.c.initiate_connection()
        self.events, self.raw = [], b""
        self.await_event(lambda e: isinstance(e, h2.events.RemoteSettingsChanged))
        assert self.c.remote_settings[h2.settings.SettingCodes.ENABLE_CONNECT_PROTOCOL] == 1

    def flush(self):
        self.s.sendall(self.c.data_to_send())

    def pump(self):
        data = self.s.recv(65536)
        if not data:
            raise Closed("end")
        self.events += self.c.receive_data(self.without_goaway(data))
        self.flush()

    def without_goaway(self, data):
        """`h2` takes the notice that no new stream will be taken for the end of those that are open."""
        self.raw += data
        frames = b""
        while len(self.raw) >= 9 and len(self.raw) >= (size := 9 + int.from_bytes(self.raw[:3])):
            if self.raw[3] != 7:
                frames += self.raw[:size]
            self.raw = self.raw[size:]
        return frames

    def await_event(self, wanted):
        self.flush()
        while True:
            for event in self.events:
                if wanted(event):
                    self.events.remove(event)
                    return event
            self.pump()

    def connect(self, path, fields=(), protocol="websocket", version="13"):
        stream = self.c.get_next_available_stream_id()
        head = [(":method", "CONNECT"), (":scheme", "https"), (":authority", f"localhost:{port}"), (":path", path)]
        if protocol:
            head.append((":protocol", protocol))
        self.c.send_headers(stream, head + [("sec-websocket-version", version), *fields])
        answer = self.await_event(lambda e: e.__class__ in (h2.events.ResponseReceived, h2.events.StreamReset)
                                  and e.stream_id == stream)
        return stream, dict(answer.headers) if isinstance(answer, h2.events.ResponseReceived) else {":status": "reset"}


class OverTwo:
    def __init__(self, path, fields=(), subprotocols=None, on=None):
        self.h = on or HTTP2()
        if subprotocols:
            fields = [*fields, ("sec-websocket-protocol", ", ".join(subprotocols))]
        self.stream, head = self.h.connect(path, fields)
        assert head[":status"] == "200", head
        assert not {"sec-websocket-accept", "connection", "upgrade"} & set(head), head
        assert {"date", "ratelimit", "ratelimit-policy", "x-request-id"} <= set(head), head
        self.subprotocol = head.get("sec-websocket-protocol")
        self.w = wsproto.connection.Connection(wsproto.connection.ConnectionType.CLIENT)
        self.heard = []

    def say(self, event):
        data = self.w.send(event)
        while data:
            room = min(self.h.c.local_flow_control_window(self.stream), 16384)
            if room <= 0:
                self.h.flush()
                self.h.pump()
                continue
            self.h.c.send_data(self.stream, data[:room])
            data = data[room:]
        self.h.flush()

    def send(self, *pieces):
        kind = wsproto.events.TextMessage if isinstance(pieces[0], str) else wsproto.events.BytesMessage
        for piece in pieces:
            self.say(kind(data=piece, message_finished=piece is pieces[-1]))

    def listen(self, wanted):
        """The next frame of a kind; a message may come in pieces."""
        while True:
            for event in self.heard:
                if isinstance(event, wanted):
                    self.heard.remove(event)
                    return event
                if isinstance(event, wsproto.events.CloseConnection):
                    raise Closed(event.code)
            event = self.h.await_event(lambda e: getattr(e, "stream_id", 0) == self.stream and isinstance(
                e, (h2.events.DataReceived, h2.events.StreamEnded, h2.events.StreamReset)))
            if not isinstance(event, h2.events.DataReceived):
                raise Closed(1006)
            self.h.c.acknowledge_received_data(event.flow_controlled_length, self.stream)
            self.h.flush()
            self.w.receive_data(event.data)
            self.heard += self.w.events()

    def receive(self):
        parts = []
        while True:
            event = self.listen(wsproto.events.Message)
            parts.append(event.data)
            if event.message_finished:
                return type(parts[0])().join(parts)

    def ping(self):
        self.say(wsproto.events.Ping(payload=b"there?"))
        assert self.listen(wsproto.events.Pong).payload == b"there?"

    def close(self, code):
        self.say(wsproto.events.CloseConnection(code=code, reason="bye"))
        try:
            self.listen(wsproto.events.CloseConnection)
        except Closed as closed:
            assert closed.code == code, closed.code
        self.h.c.end_stream(self.stream)
        self.h.flush()

    def drop(self):
        self.h.c.reset_stream(self.stream, 8)
        self.h.flush()


def frames():
    s = Socket(prefix + "echo", subprotocols=["other", "chat"])
    assert s.subprotocol == "chat", s.subprotocol
    for message in ("", "text", "grüße", b"", bytes(range(256)), "x" * 125, "x" * 126, "x" * 65536):
        s.send(message)
        assert s.receive() == message
    s.send("in ", "three ", "pieces")
    assert s.receive() == "in three pieces"
    s.send(b"a" * 5, b"b" * 70_000, b"")
    assert s.receive() == b"a" * 5 + b"b" * 70_000
    s.ping()
    large = os.urandom(1 << 20)
    s.send(large)
    assert s.receive() == large
    # More small frames than the budget for tiny DATA would forgive a body.
    for _ in range(600):
        s.send("tick")
    for _ in range(600):
        assert s.receive() == "tick"
    s.close(4000)


def closing():
    s = Socket(prefix + "close")
    try:
        s.receive()
        assert False, "still open"
    except Closed as closed:
        assert closed.code == 4001, closed.code


def gone():
    s = Socket(prefix + "echo")
    s.send("hello")
    assert s.receive() == "hello"
    s.drop()


def left():
    """The upstream goes away, once it is told to."""
    token = os.environ.get("TOKEN")
    s = Socket(prefix + "echo", [("authorization", "Bearer " + token)] if token else [])
    s.send("hello")
    assert s.receive() == "hello"
    print("open", flush=True)
    try:
        s.receive()
        assert False, "still open"
    except Closed as closed:
        assert closed.code == 1006, closed.code


def stays():
    """Open across what is done to the gateway, until told to close."""
    s = Socket(prefix + "echo")
    print("open", flush=True)
    sys.stdin.readline()
    s.send("still here")
    assert s.receive() == "still here"
    s.close(1000)


def slow():
    s = Socket(prefix + "flood")
    print("open", flush=True)
    sys.stdin.readline()
    # All that waited comes, and more.
    for _ in range(400):
        assert len(s.receive()) == 65536
    s.drop()


def silence():
    s = Socket(prefix + "echo")
    start = time.monotonic()
    while time.monotonic() - start < 4.5:
        s.ping()
        time.sleep(0.2)
    try:
        s.receive()
        assert False, "still open"
    except Closed as closed:
        assert closed.code == 1006, closed.code


def status(path, fields):
    """Of an answer that opens nothing."""
    if Socket is OverTwo:
        return HTTP2().connect(path, fields)[1][":status"]
    try:
        Socket(path, fields)
    except websockets.exceptions.InvalidStatus as refused:
        return str(refused.response.status_code)
    return "101"


def cookies():
    """Opened by a cookie, without any proof beside it, from pages of the public URL alone."""
    cookie = ("cookie", "__Host-at=" + os.environ["TOKEN"])
    for origins in ([], ["https://evil.example"], ["null"]):
        got = status(prefix + "echo", [cookie, *(("origin", origin) for origin in origins)])
        assert got == "403", (origins, got)
    s = Socket(prefix + "echo", [cookie, ("origin", os.environ["ORIGIN"])])
    s.send("hello")
    assert s.receive() == "hello"
    s.drop()


def half():
    """The upstream has ended its half: a client that says nothing from then on is not waited for."""
    s = OverTwo(prefix + "half")
    for kind in (h2.events.StreamEnded, h2.events.StreamReset):
        s.h.await_event(lambda e: isinstance(e, kind) and e.stream_id == s.stream)


def crowd():
    """Two on one connection, four in all."""
    first, second = HTTP2(), HTTP2()
    for h in (first, second):
        sockets = [OverTwo(prefix + "echo", on=h) for _ in range(2)]
        assert h.connect(prefix + "echo")[1][":status"] == ("429" if h is first else "503")
    third = HTTP2()
    assert third.connect(prefix + "echo")[1][":status"] == "503"
    sockets[0].close(1000)
    for _ in range(100):
        if third.connect(prefix + "echo")[1][":status"] == "200":
            return
        time.sleep(0.05)
    assert False, "no room again"


def refusals():
    h = HTTP2()
    for path, fields, options, status in [
        (prefix + "refuse", [], {}, "403"),
        (prefix + "echo", [], {"version": "8"}, "400"),
        (prefix + "echo", [("sec-websocket-version", "13")], {}, "400"),
        (prefix + "echo", [], {"protocol": "connect-udp"}, "501"),
        ("/v1/articles", [], {}, "501"),
        ("/livez", [], {}, "501"),
        ("/plain/echo", [], {}, "501"),
        ("/nothing", [], {}, "404"),
        ("/private/echo", [], {}, "401"),
    ]:
        got = h.connect(path, fields, **options)[1]
        assert got[":status"] == status, (path, options, got)
    # CONNECT to some host and port, which no gateway does.
    stream = h.c.get_next_available_stream_id()
    h.c.send_headers(stream, [(":method", "CONNECT"), (":authority", "localhost:22")])
    answer = h.await_event(lambda e: getattr(e, "stream_id", 0) == stream and isinstance(
        e, (h2.events.ResponseReceived, h2.events.StreamReset)))
    assert isinstance(answer, h2.events.StreamReset) or dict(answer.headers)[":status"] == "501", answer
    # The connection is none the worse.
    OverTwo(prefix + "echo", on=h).ping()


for way in ways:
    Socket, prefix = OverOne if way[0] == "1" else OverTwo, way[1:]
    for walk in walks.split(","):
        try:
            globals()[walk]()
        except BaseException as fault:
            place = traceback.extract_tb(fault.__traceback__)[1]
            text = f"{walk} {way}, line {place.lineno}: {fault!r}"
            print(text, flush=True)
            sys.exit(text)
print("done", flush=True)
