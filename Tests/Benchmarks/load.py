"""Clients that are not ours, and what they say."""

import re
import subprocess

from machine import CLIENT_CORE, on_core


# One for all, so that no server's preference is measured.
LOAD_CIPHER = "TLS_AES_128_GCM_SHA256"


class Answered:
    def __init__(self, requests, per_second, seconds):
        self.requests, self.per_second, self.seconds = requests, per_second, seconds


def h2load(count, connections, streams, uris, headers=(), connect_to=None, http1=False):
    """Runs h2load; anything but a 2xx for each request ends the benchmark."""
    command = h2load_command(count, connections, streams, uris, headers, connect_to, http1)
    said = subprocess.run(on_core(CLIENT_CORE, command), capture_output=True, text=True, check=False).stdout
    finished = re.search(r"finished in ([\d.]+)(us|ms|s|m), ([\d.]+) req/s", said)
    codes = re.search(r"status codes: (\d+) 2xx", said)
    if not finished or not codes or int(codes.group(1)) != count:
        raise SystemExit(f"h2load did not get {count} answers of 2xx from {uris[0]}:\n{said}")
    unit = {"us": 1e-6, "ms": 1e-3, "s": 1, "m": 60}[finished.group(2)]
    return Answered(count, float(finished.group(3)), float(finished.group(1)) * unit)


def h2load_command(count, connections, streams, uris, headers=(), connect_to=None, http1=False):
    command = ["h2load", "-n", str(count), "-c", str(connections), "-m", str(streams), "-t", "1"]
    if http1:
        command.append("--h1")
    if uris[0].startswith("https:"):
        command.append(f"--tls13-ciphers={LOAD_CIPHER}")
    for header in headers:
        command += ["-H", header]
    if connect_to:
        command.append(f"--connect-to={connect_to}")
    return command + list(uris)


def fitting_count(run, seconds, connections, streams):
    """How many requests take about `seconds`: a short run tells."""
    per_connection = max(streams * 4, 100)
    probe = run(per_connection * connections)
    return max(int(probe.per_second * seconds), per_connection * connections)


def pgbench(script, environment, clients, seconds):
    said = subprocess.run(
        on_core(CLIENT_CORE, pgbench_command(script, clients, seconds)), capture_output=True, text=True, check=False,
        env=environment)
    processed = re.search(r"transactions actually processed: (\d+)", said.stdout)
    per_second = re.search(r"tps = ([\d.]+)", said.stdout)
    if said.returncode != 0 or not processed or not per_second:
        raise SystemExit(f"pgbench failed:\n{said.stdout}{said.stderr}")
    return Answered(int(processed.group(1)), float(per_second.group(1)), seconds)


def pgbench_command(script, clients, seconds):
    return ["pgbench", "-n", "-M", "prepared", "-c", str(clients), "-j", "1", "-T", str(seconds), "-D", "chosen=0",
            "-f", script]
