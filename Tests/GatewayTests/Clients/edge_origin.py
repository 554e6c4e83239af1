"""Upstreams that are none of ours: HTTP/1.1 on bare sockets, WebSockets by `websockets`, HTTP/2 by `h2` and `wsproto`.

Prints its three ports. On standard input, `go` opens the gate that some answers wait for, `count` asks for the counters,
`drop` breaks every connection off, `ill` and `well` are what its health path says from then on.
"""
import asyncio, collections, json, os, sys
import h2.config, h2.connection, h2.events, h2.settings
import websockets.asyncio.server
import wsproto.connection, wsproto.events

counts = collections.Counter()
writers = set()
gate = asyncio.Event()
state = {"health": 200}
# What compression does nothing to.
PIECE = os.urandom(65536)


# HTTP/1.1

async def read_body(reader, fields):
    body, trailers = b"", []
    if fields.get("transfer-encoding") == "chunked":
        while size := int(await reader.readline(), 16):
            body += await reader.readexactly(size)
            await reader.readline()
        while (line := (await reader.readline()).strip()):
            trailers.append(line.decode().split(": ", 1))
    elif length := int(fields.get("content-length", 0)):
        body = await reader.readexactly(length)
    return body, trailers


def answer(body, *fields, status="200 OK"):
    head = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", *fields]
    return ("\r\n".join(head) + "\r\n\r\n").encode() + body


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


CHUNKED = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-type: {}\r\n{}\r\n"
BAD = {
    "length-and-coding": b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "coding-and-length": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n",
    "two-lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nabc",
    "same-lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\nab",
    "sign": b"HTTP/1.1 200 OK\r\ncontent-length: +2\r\n\r\nab",
    "other-coding": b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\nab",
    "coding-twice": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "coding-list": b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "coding-in-1.0": b"HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "space-before-colon": b"HTTP/1.1 200 OK\r\ncontent-length : 2\r\n\r\nab",
    "fold": b"HTTP/1.1 200 OK\r\nx-a: b\r\n c\r\ncontent-length: 2\r\n\r\nab",
    "nul": b"HTTP/1.1 200 OK\r\nx-a: b\0c\r\ncontent-length: 2\r\n\r\nab",
    "switch": b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
    "garbage": b"no answer of HTTP begins like this\r\n\r\n",
    "large-head": b"HTTP/1.1 200 OK\r\nx-a: " + b"a" * 100_000 + b"\r\ncontent-length: 0\r\n\r\n",
    "many-fields": b"HTTP/1.1 200 OK\r\n" + b"x-a: b\r\n" * 1000 + b"content-length: 0\r\n\r\n",
    "nothing": b"",
    "half-a-head": b"HTTP/1.1 200 OK\r\ncontent-le",
}


async def http1(reader, writer):
    counts["connections"] += 1
    number = counts["connections"]
    writers.add(writer)
    try:
        while await http1_request(reader, writer, number):
            await writer.drain()
    except (OSError, asyncio.IncompleteReadError, ValueError):
        pass
    counts["gone"] += 1
    writers.discard(writer)
    writer.close()


async def http1_request(reader, writer, number):
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    method, path, _ = head[0].split(" ")
    pairs = [line.split(": ", 1) for line in head[1:] if line]
    fields = dict(pairs)
    act = path.split("?")[0].split("/", 2)[2]
    counts["probes" if act == "health" else "requests"] += 1
    if act == "early":
        # Before a byte of the body was read.
        writer.write(answer(b"early", status="413 Content Too Large"))
        await writer.drain()
    body, trailers = await read_body(reader, fields)
    if act == "early":
        return True
    if act.startswith("bad/"):
        writer.write(BAD[act.removeprefix("bad/")])
        await writer.drain()
        return False
    if act == "facts":
        facts = {"method": method, "path": path, "fields": pairs, "bytes": len(body), "trailers": trailers,
                 "connection": number}
        data = json.dumps(facts).encode()
        writer.write(answer(b"" if method == "HEAD" else data, "content-type: application/json", "server: secret",
                            "set-cookie: a=b", "x-app: yes", "x-other: no", "x_under: no",
                            "content-security-policy: default-src 'self'"))
    elif act == "text":
        if fields.get("if-none-match") == '"t1"':
            writer.write(b'HTTP/1.1 304 Not Modified\r\netag: "t1"\r\n\r\n')
        else:
            writer.write(answer(b"" if method == "HEAD" else b"text " * 1000, "content-type: text/html", 'etag: "t1"'))
    elif act == "trailers":
        writer.write(CHUNKED.format("text/plain", "trailer: x-sum\r\n").encode() + chunk(b"body")
                     + b"0\r\nx-app: 7\r\nx-sum: 7\r\nexpires: 0\r\nset-cookie: a=b\r\n\r\n")
    elif act == "events":
        writer.write(CHUNKED.format("text/event-stream", "").encode() + chunk(b"data: one\n\n"))
        await writer.drain()
        await gate.wait()
        writer.write(chunk(b"data: two\n\n") + b"0\r\n\r\n")
    elif act == "until-close":
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\nall of it")
        return False
    elif act == "old":
        writer.write(b"HTTP/1.0 200 OK\r\ncontent-length: 3\r\n\r\nold")
        return False
    elif act == "half":
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")
        return False
    elif act == "two":
        writer.write(answer(b"one") + answer(b"not yours"))
    elif act == "hints":
        writer.write(b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n" * 3 + answer(b"hinted"))
    elif act == "large":
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % (320 * len(PIECE)))
        for _ in range(320):
            writer.write(PIECE)
            await writer.drain()
            counts["pieces"] += 1
    elif act == "health":
        writer.write(answer(b"as told", status=f"{state['health']} As told"))
    elif act == "hang":
        await reader.read(1)
        raise OSError
    else:
        writer.write(answer(body))
    return fields.get("connection") != "close"


# WebSockets over HTTP/1.1

async def socket(connection):
    counts["open"] += 1
    writers.add(connection.transport)
    act = connection.request.path.split("/")[2].split("?")[0]
    try:
        if act == "close":
            await connection.close(4001, "enough")
        elif act == "half":
            connection.transport.write_eof()
        elif act == "flood":
            while True:
                await connection.send(PIECE)
                counts["sent"] += len(PIECE)
        else:
            async for message in connection:
                await connection.send(message)
    except websockets.exceptions.ConnectionClosed:
        pass
    await connection.wait_closed()
    writers.discard(connection.transport)
    counts["open"] -= 1
    counts[f"closed {connection.close_code}"] += 1


def before(connection, request):
    counts["handshakes"] += 1
    counts["forwarded"] += request.headers.get("x-forwarded-for") == "127.0.0.1"
    counts["leaked"] += any(name in request.headers for name in ("authorization", "causeway-caller", "cookie"))
    if request.path.startswith("/ws/refuse"):
        return connection.respond(403, "not you\n")


def after(connection, request, response):
    if request.path.startswith("/ws/wrong-accept"):
        del response.headers["sec-websocket-accept"]
        response.headers["sec-websocket-accept"] = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    if request.path.startswith("/ws/other-protocol"):
        response.headers["sec-websocket-protocol"] = "never-offered"
    return response


# HTTP/2 by prior knowledge, extended CONNECT with it

class HTTP2(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
        writers.add(transport)
        self.c = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
        self.c.local_settings = h2.settings.Settings(client=False, initial_values={
            h2.settings.SettingCodes.ENABLE_CONNECT_PROTOCOL: 1})
        self.c.initiate_connection()
        self.sockets, self.requests, self.queued = {}, {}, collections.defaultdict(bytes)
        self.flush()

    def flush(self):
        self.transport.write(self.c.data_to_send())

    def connection_lost(self, error):
        writers.discard(self.transport)
        for stream in list(self.sockets):
            self.end_socket(stream, "lost")

    def end_socket(self, stream, how):
        if self.sockets.pop(stream, None):
            counts["open"] -= 1
            counts[f"closed {how}"] += 1

    def data_received(self, data):
        for event in self.c.receive_data(data):
            stream = getattr(event, "stream_id", 0)
            if isinstance(event, h2.events.RequestReceived):
                self.request(stream, dict(event.headers))
            elif isinstance(event, h2.events.DataReceived):
                self.c.acknowledge_received_data(event.flow_controlled_length, stream)
                if stream in self.sockets:
                    self.frames(stream, event.data)
                elif stream in self.requests:
                    self.requests[stream]["bytes"] += len(event.data)
            elif isinstance(event, h2.events.TrailersReceived):
                self.requests[stream]["trailers"] = event.headers
            elif isinstance(event, h2.events.StreamEnded):
                if stream in self.sockets:
                    self.c.end_stream(stream)
                    self.end_socket(stream, "ended")
                elif stream in self.requests:
                    self.reply(stream)
            elif isinstance(event, h2.events.StreamReset):
                self.end_socket(stream, "reset")
                self.queued.pop(stream, None)
            elif isinstance(event, h2.events.WindowUpdated):
                for waiting in [stream] if stream else list(self.queued):
                    self.send(waiting)
        self.flush()

    def request(self, stream, fields):
        if fields[":method"] != "CONNECT":
            self.requests[stream] = {"fields": list(fields.items()), "path": fields[":path"], "bytes": 0, "trailers": []}
            return
        counts["handshakes"] += 1
        act = fields[":path"].split("/")[2].split("?")[0]
        if act == "refuse":
            return self.c.send_headers(stream, [(":status", "403"), ("content-length", "0")], end_stream=True)
        head = [(":status", "200")]
        if "chat" in fields.get("sec-websocket-protocol", ""):
            head.append(("sec-websocket-protocol", "chat"))
        self.c.send_headers(stream, head)
        counts["open"] += 1
        self.sockets[stream] = wsproto.connection.Connection(wsproto.connection.ConnectionType.SERVER)
        if act == "close":
            self.say(stream, wsproto.events.CloseConnection(code=4001, reason="enough"))
        if act == "flood":
            self.flood(stream)

    def reply(self, stream):
        facts = self.requests.pop(stream)
        trailers = [pair for pair in facts["trailers"]]
        if facts["path"].endswith("/health"):
            counts["probes"] += 1
            return self.c.send_headers(stream, [(":status", str(state["health"]))], end_stream=True)
        counts["requests"] += 1
        self.c.send_headers(stream, [(":status", "200"), ("content-type", "application/json")])
        self.c.send_data(stream, json.dumps({**facts, "version": 2}).encode(), end_stream=not trailers)
        if trailers:
            self.c.send_headers(stream, trailers, end_stream=True)

    def frames(self, stream, data):
        connection = self.sockets[stream]
        connection.receive_data(data)
        for event in connection.events():
            if isinstance(event, wsproto.events.Message):
                self.say(stream, event)
            elif isinstance(event, wsproto.events.Ping):
                self.say(stream, event.response())
            elif isinstance(event, wsproto.events.CloseConnection):
                if connection.state is not wsproto.connection.ConnectionState.CLOSED:
                    self.say(stream, event.response())
                self.c.end_stream(stream) if not self.queued.get(stream) else None
                self.end_socket(stream, event.code)
                return

    def say(self, stream, event):
        self.queued[stream] += self.sockets[stream].send(event)
        self.send(stream)

    def send(self, stream):
        try:
            while self.queued.get(stream):
                room = min(self.c.local_flow_control_window(stream), self.c.max_outbound_frame_size)
                if room <= 0:
                    return
                piece, self.queued[stream] = self.queued[stream][:room], self.queued[stream][room:]
                self.c.send_data(stream, piece)
                counts["sent"] += len(piece)
        except h2.exceptions.ProtocolError:
            self.queued.pop(stream, None)
        if stream in self.sockets and not self.queued.get(stream) and counts["flooding"]:
            self.flood(stream)

    def flood(self, stream):
        counts["flooding"] = 1
        asyncio.get_running_loop().call_soon(self.flood_more, stream)

    def flood_more(self, stream):
        if stream in self.sockets and not self.transport.is_closing():
            self.say(stream, wsproto.events.BytesMessage(data=PIECE))
            self.flush()


async def obey(reader):
    while line := (await reader.readline()).decode().strip():
        if line == "go":
            gate.set()
        elif line in ("ill", "well"):
            state["health"] = 503 if line == "ill" else 204
        elif line == "drop":
            for writer in list(writers):
                getattr(writer, "transport", writer).abort()
        print(json.dumps(counts), flush=True)


async def main():
    loop = asyncio.get_running_loop()
    one = await asyncio.start_server(http1, "127.0.0.1", 0, limit=1 << 20)
    two = await websockets.asyncio.server.serve(
        socket, "127.0.0.1", 0, process_request=before, process_response=after, subprotocols=["chat"], max_size=1 << 22,
        select_subprotocol=lambda c, offered: "chat" if "chat" in offered else None,
        ping_interval=None, close_timeout=1)
    three = await loop.create_server(HTTP2, "127.0.0.1", 0)
    print(*[server.sockets[0].getsockname()[1] for server in (one, two, three)], flush=True)
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await obey(reader)

asyncio.run(main())
