"""(b) One published article through the gateway, beside pgbench with the same query; (c) memory and time to start."""

import os
import re
import ssl
import subprocess
import time
import urllib.request

from load import fitting_count, h2load, h2load_command, pgbench, pgbench_command
from machine import (
    Server, accepts, answers, children, cpu_ns, median, memory_kib, print_table, spread, wait_for_children)

SERVICES = ["auth", "user", "content", "gateway"]
GOAL_US = 120
PEERS = "nginx + Gin + pgx 238, FastAPI's stack 1,427, measured once on such a machine"
LOADS = [(32, 10), (32, 1)]
CLIENTS = 16
SECONDS_PER_RUN = 2
# A backend that has become idle tells its statistics after ten seconds.
STATISTICS_SECONDS = 11


def measure(rounds, load, starts):
    suite = Suite()
    try:
        times = {name: [] for name in SERVICES}
        for attempt in range(starts):
            if attempt > 0:
                suite.stop()
            for name, seconds in suite.start().items():
                times[name].append(seconds)
        suite.wait_for_answer()
        time.sleep(5)
        idle = suite.memory()
        if load:
            _measure_article(suite, rounds)
        if starts > 1:
            _print_footprint(times, idle, suite.memory() if load else None)
    finally:
        suite.stop()


class Suite:
    """The processes of the suite as a service manager would run them, and their database and Redis."""

    def __init__(self):
        self.environment = dict(os.environ)
        self.servers = {}
        folder = os.environ["BENCH_FOLDER"]
        self.logs = {name: f"{folder}/{name}.log" for name in SERVICES}
        self.postgres_pid = int(os.environ["BENCH_POSTGRES_PID"])
        self.redis_pid = int(os.environ["BENCH_REDIS_PID"])
        self.https_port = os.environ["CAUSEWAY_GATEWAY_HTTPS_PORT"]
        trust = ssl.create_default_context(cafile=f"{os.environ['CAUSEWAY_KEYS_DIRECTORY']}/gateway-certificate.pem")
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust))

    def start(self):
        """Starts all, one after the other; how long each took until it was ready, in seconds."""
        took = {}
        for name in SERVICES:
            server = Server(name, [os.environ["BENCH_BINARY"], "serve", name], self.logs[name], self.environment)
            self.servers[name] = server
            port = os.environ[f"CAUSEWAY_{name.upper()}_OPS_PORT"]
            took[name] = server.wait_until(
                lambda port=port: accepts(int(port)) and answers(f"http://127.0.0.1:{port}/readyz"))
        return took

    def stop(self):
        for server in reversed(list(self.servers.values())):
            server.stop()
        self.servers = {}

    def uri(self, path):
        return f"https://localhost:{self.https_port}{path}"

    def wait_for_answer(self):
        self.servers["gateway"].wait_until(
            lambda: answers(f"https://127.0.0.1:{self.https_port}/v1/articles?limit=1", self.opener))

    def get(self, path):
        with self.opener.open(f"https://127.0.0.1:{self.https_port}{path}", timeout=5) as answer:
            return answer.read()

    def memory(self):
        found = {name: memory_kib(server.pid) for name, server in self.servers.items()}
        found["postgres"] = memory_kib(self.postgres_pid, tree=True)
        found["redis"] = memory_kib(self.redis_pid)
        return found

    def cpu(self):
        found = {name: cpu_ns(self.servers[name].pid) for name in ["gateway", "content"]}
        found["postgres"] = cpu_ns(self.postgres_pid, tree=True)
        found["redis"] = cpu_ns(self.redis_pid)
        found["auth, user"] = sum(cpu_ns(self.servers[name].pid) for name in ["auth", "user"])
        return found

    def query(self, sql):
        said = subprocess.run(
            ["psql", "-X", "-q", "-A", "-t", "-c", sql], capture_output=True, text=True, check=True,
            env=postgres_environment())
        return said.stdout.split()


def postgres_environment():
    """How libpq's programs reach the private server; without any other secret of this process."""
    return {
        "PATH": os.environ["PATH"], "PGHOST": os.environ["CAUSEWAY_POSTGRES_HOST"],
        "PGPORT": os.environ["CAUSEWAY_POSTGRES_PORT"], "PGUSER": "postgres",
        "PGDATABASE": os.environ["CAUSEWAY_POSTGRES_DATABASE"], "PGOPTIONS": "-c search_path=content"}


def _hot_statement():
    """The SQL of the public read, from the source that the service is built from."""
    path = f"{os.environ['repository']}/Services/Content/Store/PublishedStatements.swift"
    with open(path, encoding="utf-8") as file:
        found = re.search(r'"content\.published-by-slug",\s*"""(.*?)"""', file.read(), re.DOTALL)
    if not found:
        raise SystemExit(f"{path} no longer has the statement content.published-by-slug.")
    return " ".join(found.group(1).split())


def _write_scripts():
    """Scripts for pgbench: each client takes one slug at its start, as a parameter of a prepared statement."""
    query = _hot_statement().replace("$1", ":slug")
    choose = ("\\if :chosen = 0\n"
              "SELECT slug FROM published_articles ORDER BY md5(slug || :client_id::text) LIMIT 1 \\gset\n"
              "\\set chosen 1\n\\endif\n")
    scripts = {"single": f"{choose}{query};\n",
               "pipeline": f"{choose}\\startpipeline\n" + f"{query};\n" * 16 + "\\endpipeline\n"}
    paths = {}
    for name, text in scripts.items():
        paths[name] = f"{os.environ['BENCH_FOLDER']}/{name}.sql"
        with open(paths[name], "w", encoding="utf-8") as file:
            file.write(text)
    return paths


def _measure_article(suite, rounds):
    slugs = suite.query("SELECT slug FROM published_articles ORDER BY slug")
    uris = [suite.uri(f"/v1/articles/{slug}") for slug in slugs]
    sizes = [len(suite.get(f"/v1/articles/{slug}")) for slug in slugs]
    scripts = _write_scripts()

    def load(count, connections, streams):
        return h2load(count, connections, streams, uris, connect_to=f"127.0.0.1:{suite.https_port}")

    queries = _queries_per_request(suite, load)
    counts = {each: fitting_count(lambda count, each=each: load(count, *each), SECONDS_PER_RUN, *each)
              for each in LOADS}
    results = {each: [] for each in LOADS}
    peers = {name: [] for name in scripts}
    for _ in range(rounds):
        for each in LOADS:
            before = suite.cpu()
            answered = load(counts[each], *each)
            after = suite.cpu()
            spent = {name: (after[name] - before[name]) / 1000 / answered.requests for name in after}
            results[each].append((answered.per_second, spent))
        for name, script in scripts.items():
            backends, before = len(children(suite.postgres_pid)), cpu_ns(suite.postgres_pid, tree=True)
            answered = pgbench(script, postgres_environment(), CLIENTS, SECONDS_PER_RUN)
            wait_for_children(suite.postgres_pid, backends)
            spent = (cpu_ns(suite.postgres_pid, tree=True) - before) / 1000
            times = 16 if name == "pipeline" else 1
            peers[name].append((answered.per_second * times, spent / answered.requests / times))
    _print_article(results, peers)
    print(f"\n  queries a request: {queries:.2f}; an answer has {min(sizes):,} to {max(sizes):,} bytes;"
          f" {len(slugs)} articles, all in PostgreSQL's memory; no cache between")
    print("  log level info, one JSON line a request from gateway and content each, to a file; one event loop a process;"
          "\n  rate limits are counted as always, with their multiplier at its greatest")
    print("  repeat: " + " ".join(h2load_command(counts[LOADS[0]], *LOADS[0], uris[:1])) + f" … ({len(uris)} URIs)")
    print("          " + " ".join(pgbench_command(scripts["single"], CLIENTS, SECONDS_PER_RUN)))


def _queries_per_request(suite, load):
    """By the transactions that PostgreSQL counts; a statement that stands alone is one."""
    count = 20_000

    def transactions():
        time.sleep(STATISTICS_SECONDS)
        name = os.environ["CAUSEWAY_POSTGRES_DATABASE"]
        return int(suite.query(f"SELECT xact_commit FROM pg_stat_database WHERE datname = '{name}'")[0])

    first = transactions()
    idle = transactions() - first
    load(count, *LOADS[0])
    return (transactions() - first - 2 * idle) / count


def _print_article(results, peers):
    parts = list(next(iter(results.values()))[0][1])
    single = [speed for speed, _ in peers["single"]]
    rows = []
    for (connections, streams), rounds in results.items():
        speeds = [speed for speed, _ in rounds]
        row = [f"the suite, {connections} connections x {streams} streams", f"{median(speeds):,.0f}"]
        row.append(f"{median([own / other for own, other in zip(speeds, single)]):.2f}")
        row += [f"{median([spent[name] for _, spent in rounds]):.1f}" for name in parts]
        rows.append(row + [spread([sum(spent.values()) for _, spent in rounds])])
    labels = {"single": f"pgbench -M prepared, {CLIENTS} clients", "pipeline": "the same, 16 queries a round trip"}
    for name, rounds in peers.items():
        speeds = [speed for speed, _ in rounds]
        row = [labels[name], f"{median(speeds):,.0f}"]
        row.append(f"{median([own / other for own, other in zip(speeds, single)]):.2f}")
        row += [f"{median([spent for _, spent in rounds]):.1f}" if part == "postgres" else "" for part in parts]
        rows.append(row + [spread([spent for _, spent in rounds])])
    print_table(
        f"(b) GET /v1/articles/{{slug}}, uncached: TLS, gateway, content, PostgreSQL (goal: below {GOAL_US} µs in all;"
        f"\n    {PEERS})",
        ["µs of CPU a request", "requests/s", "x pgbench", *parts, "in all"], rows)


def _print_footprint(times, idle, after):
    rows = []
    for name, kib in idle.items():
        started = f"{median(times[name]) * 1000:.0f}" if name in times else ""
        rows.append([name, started, f"{kib / 1024:.1f}", f"{after[name] / 1024:.1f}" if after else ""])
    total = ["all", "", f"{sum(idle.values()) / 1024:.1f}", f"{sum(after.values()) / 1024:.1f}" if after else ""]
    print_table(
        "(c) start to ready (median of three, one core), resident memory 5 s after that and after the load"
        "\n    (of PostgreSQL without the memory that its processes share)",
        ["", "ms to ready", "MiB idle", "MiB after load"], [*rows, total])
