"""Attacks on HTTP/1.1: framing that costs more than it carries, and requests whose answers nobody takes."""

import time

from attacking import attack
from raw_http1 import Wire

SECONDS = 20
CHUNKED = (b"POST /v1/auth/token/refresh HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
           b"Transfer-Encoding: chunked\r\n\r\n")


def flood(target, begin, piece, stops_at_answer=True):
    """Sends until it gets the answer that ends the connection, or until the connection is gone."""
    with Wire(target) as wire:
        wire.socket.sendall(begin)
        deadline, sent = time.monotonic() + SECONDS, 0
        while time.monotonic() < deadline:
            try:
                wire.socket.sendall(piece)
            except OSError:
                return "closed"
            sent += len(piece)
            target.sent += 1
            # Once it has begun, there is time for all of it.
            if stops_at_answer and wire.hears(0.001) and (answer := wire.answer()) is not None:
                return "closed" if answer.fields.get("connection") == "close" and wire.ends() else f"not closed: {answer}"
        return f"not closed after {sent} bytes"


@attack
def chunk_extension_flood(target):
    """One byte of data in each kilobyte."""
    return flood(target, CHUNKED, (b"1;" + b"x" * 1000 + b"\r\n \r\n") * 16)


@attack
def chunk_size_of_zeros(target):
    return flood(target, CHUNKED, b"0" * 16384)


@attack
def trailer_flood(target):
    return flood(target, CHUNKED + b"0\r\n", b"X: 1\r\n" * 1000)


@attack
def field_flood(target):
    return flood(target, b"GET /livez HTTP/1.1\r\n", b"X: 1\r\n" * 1000)


@attack
def endless_line(target):
    return flood(target, b"GET /", b"x" * 16384)


@attack(is_slow=True)
def blank_lines(target):
    """Lines before a request may be empty (RFC 9112, section 2.2), but not for ever."""
    with Wire(target) as wire:
        deadline = time.monotonic() + 16
        while time.monotonic() < deadline:
            try:
                wire.socket.sendall(b"\r\n" * 100)
            except OSError:
                return "closed"
            target.sent += 1
            time.sleep(0.01)
        return "not closed"


@attack(is_slow=True)
def upgrade_then_anything(target):
    """What comes behind a request for another protocol is not kept."""
    return flood(target, b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
                 b"x" * 65536, stops_at_answer=False)


@attack
def too_many_pipelined(target):
    """More requests at once than any client has."""
    return flood(target, b"", b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n" * 5000, stops_at_answer=False)


@attack
def pipelined_without_reading(target):
    """Requests of fifty bytes whose answers have forty thousand."""
    with Wire(target) as wire:
        wire.socket.settimeout(1)
        try:
            wire.socket.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 200)
            target.sent += 200
        except OSError:
            pass
        time.sleep(1)
        return "held"
