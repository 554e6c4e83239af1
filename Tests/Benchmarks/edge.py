"""(f) The gateway with its whole pipeline beside plain proxies: the same certificate, origin, load and core."""

import http.client
import json
import os
import ssl

from edge_clients import Handshakes, steady, steady_command
from edge_proxies import (
    GATEWAY, KEPT, LARGE, LARGE_BYTES, SMALL, SMALL_BYTES, Gateway, Origin, proxies, revision)
from load import fitting_count, h2load, h2load_command
from machine import SERVER_CORE, Server, accepts, answers, cpu_ns, median, memory_kib, print_table, spread

CONNECTIONS = 16
# What is asked how: path, streams a connection, HTTP/1.1 in.
LOADS = {
    "1 stream": (SMALL, 1, False), "10 streams": (SMALL, 10, False), "32 streams": (SMALL, 32, False),
    "100 KiB": (LARGE, 4, False), "HTTP/1.1": (SMALL, 1, True)}
ROWS = ["streams", "bodies", "http1", "cache", "tls", "latency", "memory"]
CACHE_MEGABYTES, CACHE_STREAMS = 64, 32
LOADS_OF_ROW = {"streams": ["1 stream", "10 streams", "32 streams"], "bodies": ["100 KiB"], "http1": ["HTTP/1.1"]}
STEADY_CONNECTIONS, STEADY_PER_SECOND = 20, 2000
IDLE_CONNECTIONS = 5000
WARM_CONNECTIONS = 200


def measure(rounds, rows):
    unknown = [row for row in rows if row not in ROWS]
    if unknown:
        raise SystemExit(f"There is no row {unknown[0]}; there are {', '.join(ROWS)}.")
    rows = rows or ROWS
    seconds = float(os.environ.get("BENCH_SECONDS", "1"))
    origin = Origin()
    auth = _start_auth()
    all_proxies = proxies(origin.port)
    print("\n" + ", ".join(f"{proxy.name} {proxy.version}" for proxy in all_proxies[1:]) + "; one worker each;"
          f" out over h2c, {' and '.join(each.name for each in all_proxies if each.outward != 'h2c')} over HTTP/1.1")
    try:
        for proxy in all_proxies:
            proxy.start()
        measured = Edge(all_proxies, rounds, seconds)
        names = [name for row in rows for name in LOADS_OF_ROW.get(row, [])]
        if names:
            measured.requests(names)
        if "cache" in rows:
            measured.cache(origin)
        if "tls" in rows:
            measured.handshakes()
        if "latency" in rows:
            measured.latency()
        # Last: with processes that have done nothing yet.
        if "memory" in rows:
            measured.memory()
    finally:
        for proxy in all_proxies:
            proxy.stop()
        auth.stop()
        origin.stop()


def _start_auth():
    server = Server(
        "auth", [os.environ["BENCH_BINARY"], "serve", "auth"], f"{os.environ['BENCH_FOLDER']}/edge-auth.log",
        dict(os.environ))
    port = os.environ["CAUSEWAY_AUTH_OPS_PORT"]
    server.wait_until(lambda: accepts(int(port)) and answers(f"http://127.0.0.1:{port}/readyz"))
    return server


class Edge:
    def __init__(self, all_proxies, rounds, seconds):
        self.proxies, self.rounds, self.seconds = all_proxies, rounds, seconds
        self.names = [proxy.name for proxy in all_proxies]

    def _headers(self):
        """A token is good for a few minutes; every proxy gets the same."""
        gateway = self.proxies[0]
        trust = ssl.create_default_context(cafile=f"{os.environ['CAUSEWAY_KEYS_DIRECTORY']}/gateway-certificate.pem")
        connection = http.client.HTTPSConnection("localhost", gateway.port, context=trust, timeout=20)
        body = json.dumps({"email": "author@example.com", "password": "causeway demo 2026"})
        connection.request("POST", "/v1/auth/login", body, {"content-type": "application/json"})
        reply = connection.getresponse()
        text = reply.read()
        if reply.status != 200:
            raise SystemExit(f"the demonstration's author could not sign in: {reply.status} {text}")
        return [f"authorization: Bearer {json.loads(text)['accessToken']}"]

    def requests(self, names):
        counts, cpu, speed = {}, {}, {}
        for number in range(self.rounds):
            headers = self._headers()
            for name in names:
                path, streams, http1 = LOADS[name]
                for proxy in self.proxies:
                    def run(count, proxy=proxy, path=path, streams=streams, http1=http1):
                        return h2load(count, CONNECTIONS, streams, [proxy.uri(path)], headers, proxy.connect_to, http1)
                    at = name, proxy.name
                    if number == 0:
                        counts[at] = fitting_count(run, self.seconds, CONNECTIONS, streams)
                        cpu[at], speed[at] = [], []
                    before = cpu_ns(proxy.pid, tree=True)
                    answered = run(counts[at])
                    cpu[at].append((cpu_ns(proxy.pid, tree=True) - before) / 1000 / answered.requests)
                    speed[at].append(answered.per_second)
        for name in names:
            self._print_requests(name, cpu, speed)
        path, streams, http1 = LOADS[names[0]]
        proxy = self.proxies[0]
        print("  repeat: " + " ".join(h2load_command(
            counts[names[0], GATEWAY], CONNECTIONS, streams, [proxy.uri(path)], ["authorization: Bearer …"],
            proxy.connect_to, http1)))

    def _print_requests(self, name, cpu, speed):
        size = f"{LARGE_BYTES // 1024} KiB" if LOADS[name][0] == LARGE else f"{SMALL_BYTES} bytes"
        rows = []
        for proxy in self.names:
            ratios = [own / other for own, other in zip(cpu[name, proxy], cpu[name, GATEWAY])]
            rows.append([proxy, spread(cpu[name, proxy]), spread(ratios), f"{median(speed[name, proxy]):,.0f}"])
        protocol = "HTTP/1.1 kept alive" if LOADS[name][2] else f"HTTP/2, {LOADS[name][1]} streams each"
        print_table(
            f"(f) {name}: JSON of {size} through TLS 1.3, {CONNECTIONS} connections, {protocol}",
            ["", "µs of CPU a request", "x gateway", "requests/s"], rows)

    def cache(self, origin):
        """The same answer to anybody, once from the gateway that keeps nothing and once from one that does."""
        keeping = Gateway(origin.port, revision(), CACHE_MEGABYTES)
        keeping.start()
        try:
            self._cache([self.proxies[0], keeping])
        finally:
            keeping.stop()

    def _cache(self, both):
        counts, cpu, speed = {}, {each: [] for each in both}, {each: [] for each in both}
        for _ in range(self.rounds):
            for each in both:
                def run(count, each=each):
                    return h2load(count, CONNECTIONS, CACHE_STREAMS, [each.uri(KEPT)], [], each.connect_to)
                if each not in counts:
                    counts[each] = fitting_count(run, self.seconds, CONNECTIONS, CACHE_STREAMS)
                before = cpu_ns(each.pid, tree=True)
                answered = run(counts[each])
                cpu[each].append((cpu_ns(each.pid, tree=True) - before) / 1000 / answered.requests)
                speed[each].append(answered.per_second)
        rows = []
        for each in both:
            ratios = [own / bare for own, bare in zip(speed[each], speed[both[0]])]
            rows.append([each.name, spread(cpu[each]), f"{median(speed[each]):,.0f}", spread(ratios)])
        print_table(
            f"(f) An article of {SMALL_BYTES} bytes for anybody through TLS 1.3, {CONNECTIONS} connections, HTTP/2, "
            f"{CACHE_STREAMS} streams each", ["", "µs of CPU a request", "requests/s", "x proxied"], rows)

    def handshakes(self):
        clients = {proxy.name: Handshakes(proxy.port) for proxy in self.proxies}
        spent = {(kind, name): [] for kind in [False, True] for name in self.names}
        for _ in range(self.rounds):
            for resumed in [False, True]:
                for proxy in self.proxies:
                    before = cpu_ns(proxy.pid, tree=True)
                    count = clients[proxy.name].run(self.seconds / 2, resumed)
                    if count > 0:
                        spent[resumed, proxy.name].append((cpu_ns(proxy.pid, tree=True) - before) / 1000 / count)
        rows = []
        for name in self.names:
            row = [name]
            for resumed in [False, True]:
                found = spent[resumed, name]
                row += [spread(found), f"{1e6 / median(found):,.0f}"] if found else ["resumes nothing", ""]
            rows.append(row)
        print_table(
            "(f) New TLS 1.3 connections with HTTP/2, P-256, one after the other, as far as the server's SETTINGS",
            ["", "µs of CPU, full", "a second and core", "µs of CPU, resumed", "a second and core"], rows)

    def latency(self):
        """What a proxy adds: to an origin that stands where the proxies do and is asked without TLS."""
        nearest = Origin(SERVER_CORE)
        try:
            self._latency(nearest)
        finally:
            nearest.stop()

    def _latency(self, nearest):
        headers = self._headers()
        seconds = max(2, round(2 * self.seconds))
        direct, found = [], {name: [] for name in self.names}
        for _ in range(self.rounds):
            direct.append(steady(
                f"http://127.0.0.1:{nearest.port}{SMALL}", headers, STEADY_CONNECTIONS, STEADY_PER_SECOND, seconds))
            for proxy in self.proxies:
                times = steady(proxy.uri(SMALL), headers, STEADY_CONNECTIONS, STEADY_PER_SECOND, seconds,
                               proxy.connect_to)
                found[proxy.name].append([own - bare for own, bare in zip(times, direct[-1])])
        rows = [["the origin in the proxies' place", *(spread([each[at] for each in direct], 0) for at in [0, 1])]]
        rows += [[name, *(spread([each[at] for each in found[name]], 0) for at in [0, 1])] for name in self.names]
        print_table(
            f"(f) At {STEADY_PER_SECOND:,} requests/s over {STEADY_CONNECTIONS} connections: added to the origin's time",
            ["", "p50, µs", "p99, µs"], rows)
        proxy = self.proxies[0]
        print("  repeat: " + " ".join(steady_command(
            proxy.uri(SMALL), ["authorization: Bearer …"], STEADY_CONNECTIONS, STEADY_PER_SECOND, seconds,
            proxy.connect_to, "times.log")))

    def memory(self):
        rows = []
        for proxy in self.proxies:
            proxy.stop()
            proxy.start()
            client = Handshakes(proxy.port)
            for connection in client.hold(WARM_CONNECTIONS):
                connection.close()
            before = memory_kib(proxy.pid)
            held = client.hold(IDLE_CONNECTIONS)
            after = memory_kib(proxy.pid)
            for connection in held:
                connection.close()
            rows.append([
                proxy.name, f"{(after - before) / IDLE_CONNECTIONS:.1f}", f"{before / 1024:.1f}", f"{after / 1024:.1f}"])
        print_table(
            f"(f) {IDLE_CONNECTIONS:,} idle TLS connections with HTTP/2: resident memory",
            ["", "KiB a connection", "MiB before", "MiB with them"], rows)
