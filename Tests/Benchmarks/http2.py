"""(a) 500 bytes of JSON over cleartext HTTP/2: Transport and the typed contract beside nghttpd."""

import os
import subprocess

from load import fitting_count, h2load, h2load_command
from machine import Server, accepts, cpu_ns, free_port, median, print_table, spread

NOTE = "/v1/notes/0190f0f0-0000-7000-8000-000000000000"
GOAL = 1.5
SECONDS_PER_RUN = 0.7
LOADS = [(16, 16), (16, 1)]


def measure(rounds):
    folder = os.environ["BENCH_FOLDER"]
    programs = os.environ["BENCH_PROGRAMS"]
    os.makedirs(f"{folder}/files", exist_ok=True)
    with open(f"{folder}/files/answer.json", "w", encoding="ascii") as file:
        file.write('{"text":"' + "x" * 489 + '"}')
    peers = {}

    def serve(name, path, *command):
        port = free_port()
        words = [word.replace("PORT", str(port)) for word in command]
        server = Server(name, words, f"{folder}/{command[0].split('/')[-1]}.log")
        peers[name] = server, f"http://127.0.0.1:{port}{path}"
        server.wait_until(lambda: accepts(port))

    try:
        serve("nghttpd, a file", "/answer.json", "nghttpd", "--no-tls", "-n", "1", "-a", "127.0.0.1",
              "-d", f"{folder}/files", "PORT")
        serve("Transport alone", "/", f"{programs}/TransportBench", "PORT")
        serve("typed contract, no log line", NOTE, f"{programs}/ContractBench", "serve", "PORT", "warning")
        serve("typed contract, log line to a file", NOTE, f"{programs}/ContractBench", "serve", "PORT", "info")
        for connections, streams in LOADS:
            _measure(peers, rounds, connections, streams)
    finally:
        for server, _ in peers.values():
            server.stop()


def _headers():
    """What the gateway sends along; the same to every server, so that all decode the same."""
    context = subprocess.run(
        [f"{os.environ['BENCH_PROGRAMS']}/ContractBench", "context"], capture_output=True, text=True, check=True)
    return [f"causeway-caller: {context.stdout.strip()}", "x-request-id: 0190f0f0-0000-7000-8000-000000000002"]


def _measure(peers, rounds, connections, streams):
    headers = _headers()
    counts = {
        name: fitting_count(lambda count, uri=uri: h2load(count, connections, streams, [uri], headers),
                            SECONDS_PER_RUN, connections, streams)
        for name, (_, uri) in peers.items()}
    cpu = {name: [] for name in peers}
    speed = {name: [] for name in peers}
    for _ in range(rounds):
        # A context is good for 30 seconds.
        headers = _headers()
        for name, (server, uri) in peers.items():
            before = cpu_ns(server.pid)
            answered = h2load(counts[name], connections, streams, [uri], headers)
            cpu[name].append((cpu_ns(server.pid) - before) / 1000 / answered.requests)
            speed[name].append(answered.per_second)
    first = next(iter(peers))
    rows = []
    for name in peers:
        ratios = [own / other for own, other in zip(cpu[name], cpu[first])]
        rows.append([name, spread(cpu[name]), spread(ratios), f"{median(speed[name]):,.0f}"])
    print_table(
        f"(a) 500 bytes of JSON over h2c, {connections} connections x {streams} streams"
        f" (goal: the typed contract at no more than {GOAL} x nghttpd)",
        ["", "µs of CPU a request", "x nghttpd", "requests/s"], rows)
    uri = list(peers.values())[0][1]
    print("  repeat: " + " ".join(h2load_command(counts[first], connections, streams, [uri])))
