"""What `make bench-edge` asks of a proxy beyond h2load's requests: handshakes, idle connections, a steady pace."""

import os
import socket
import ssl
import statistics
import subprocess
import time

from load import LOAD_CIPHER
from machine import CLIENT_CORE, on_core

# The client's preface and empty SETTINGS (RFC 9113, section 3.4).
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
SETTINGS_ACK = bytes([0, 0, 0, 4, 1, 0, 0, 0, 0])


def _context():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["h2"])
    return context


class Handshakes:
    """New TLS connections, one after the other, each as far as the server's SETTINGS."""

    def __init__(self, port):
        self.port = port
        self.context = _context()
        self.session = None

    def open(self, session=None):
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        secure = self.context.wrap_socket(plain, server_hostname="localhost", session=session)
        secure.sendall(PREFACE)
        # The tickets come with the first bytes.
        if not secure.recv(4096):
            raise SystemExit(f"port {self.port} closed a new connection")
        return secure

    def run(self, seconds, resumed):
        """How many within about `seconds`; none where the server resumes nothing."""
        if resumed:
            with self.open() as first:
                session = first.session
            with self.open(session) as second:
                if not second.session_reused:
                    return 0
        else:
            session = None
        end, count = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            self.open(session).close()
            count += 1
        return count

    def hold(self, count):
        """So many idle connections; close them."""
        held = []
        for _ in range(count):
            connection = self.open()
            connection.sendall(SETTINGS_ACK)
            held.append(connection)
        return held


def steady(uri, headers, connections, per_second, seconds, connect_to=None):
    """Times of requests at a fixed pace, in µs, without those of the first fifth: (median, p99)."""
    log = f"{os.environ['BENCH_FOLDER']}/steady.log"
    if os.path.exists(log):
        os.remove(log)
    command = steady_command(uri, headers, connections, per_second, seconds, connect_to, log)
    subprocess.run(on_core(CLIENT_CORE, command), capture_output=True, check=True)
    with open(log, encoding="ascii") as file:
        lines = [line.split("\t") for line in file]
    if any(status != "200" for _, status, _ in lines) or len(lines) < connections * 10:
        raise SystemExit(f"{uri}: not every request at a steady pace was answered with 200")
    times = [int(duration) for _, _, duration in sorted(lines)[len(lines) // 5:]]
    return statistics.median(times), statistics.quantiles(times, n=100)[98]


def steady_command(uri, headers, connections, per_second, seconds, connect_to, log):
    command = ["h2load", "-c", str(connections), "-t", "1", "-D", str(seconds), f"--log-file={log}",
               f"--rps={per_second // connections}", f"--tls13-ciphers={LOAD_CIPHER}"]
    for header in headers:
        command += ["-H", header]
    if connect_to:
        command.append(f"--connect-to={connect_to}")
    return [*command, uri]
