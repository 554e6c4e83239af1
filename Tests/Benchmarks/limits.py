"""(g) Rate limits: what two gateways with one Redis let through, and what callers notice while Redis is away."""

import collections
import http.client
import itertools
import os
import signal
import ssl
import threading
import time
import uuid

from article import Suite
from keys import Client
from machine import Server, accepts, answers, free_port, print_table

MULTIPLIER = 20
# Name, how it is counted, calls a minute, burst.
CLASSES = [("write", "exact", 60, 20), ("read", "wide", 600, 120)]
SECONDS = 10
PHASE_SECONDS = 5
PACED_CLIENTS = 8
PACE_SECONDS = 0.01


def measure():
    redis = Redis()
    try:
        with_redis = {"CAUSEWAY_REDIS_HOST": "127.0.0.1", "CAUSEWAY_REDIS_PORT": str(redis.port),
                      "CAUSEWAY_REDIS_PASSWORD": "", "CAUSEWAY_REDIS_TLS": "disable"}
        _measure_exactness(with_redis)
        _measure_outage(with_redis, redis)
    finally:
        redis.stop()


class Redis:
    """A server of this measurement's own, to be stopped."""

    def __init__(self):
        self.port = free_port()
        self.folder = f"{os.environ['BENCH_FOLDER']}/limits-redis"
        os.makedirs(self.folder, exist_ok=True)
        self.start()

    def start(self):
        self.server = Server(
            "redis", ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir",
                      self.folder], f"{self.folder}/log")
        self.server.wait_until(lambda: accepts(self.port))

    def signal(self, number):
        os.kill(self.server.pid, number)

    def stop(self):
        self.server.process.kill()
        self.server.process.wait()


class Pair:
    """The suite, and a second gateway beside its own."""

    def __init__(self, environment):
        self.suite = Suite()
        self.suite.environment.update(environment)
        self.second = None

    def __enter__(self):
        self.suite.start()
        self.suite.wait_for_answer()
        ports = {f"CAUSEWAY_GATEWAY_{name}_PORT": str(free_port()) for name in ("HTTPS", "HTTP", "OPS")}
        self.second = Server(
            "gateway-2", [os.environ["BENCH_BINARY"], "serve", "gateway"],
            f"{os.environ['BENCH_FOLDER']}/gateway-2.log", {**self.suite.environment, **ports})
        ready = f"http://127.0.0.1:{ports['CAUSEWAY_GATEWAY_OPS_PORT']}/readyz"
        self.second.wait_until(
            lambda: accepts(int(ports["CAUSEWAY_GATEWAY_OPS_PORT"])) and answers(ready))
        self.ports = [int(self.suite.https_port), int(ports["CAUSEWAY_GATEWAY_HTTPS_PORT"])]
        self.token = Client(self.suite).sign_in()
        return self

    def __exit__(self, *_):
        if self.second:
            self.second.stop()
        self.suite.stop()


class Load:
    """Clients that ask until they are stopped; every answer is kept with when it came and how long it took."""

    def __init__(self, pair, kinds, clients, pace):
        self._pair, self._pace = pair, pace
        self.answers = {kind: [] for kind in kinds}
        self._stopped = threading.Event()
        turns = itertools.product(range(clients), kinds, pair.ports)
        self._threads = [threading.Thread(target=self._run, args=(kind, port)) for _, kind, port in turns]
        self.began = time.monotonic()
        for thread in self._threads:
            thread.start()

    def stop(self):
        self._stopped.set()
        for thread in self._threads:
            thread.join()
        return time.monotonic() - self.began

    def _run(self, kind, port):
        trust = ssl.create_default_context(cafile=f"{os.environ['CAUSEWAY_KEYS_DIRECTORY']}/gateway-certificate.pem")
        connection = http.client.HTTPSConnection("localhost", port, context=trust, timeout=30)
        headers = {"authorization": f"Bearer {self._pair.token}"}
        # What is not there is a 404 once the limit has let it through.
        method, path = ("DELETE", f"/v1/articles/{uuid.uuid4()}") if kind == "write" else ("GET", "/v1/articles?limit=1")
        if kind == "write":
            headers["if-match"] = "*"
        while not self._stopped.is_set():
            begun = time.monotonic()
            try:
                connection.request(method, path, headers=headers)
                answer = connection.getresponse()
                answer.read()
                status = answer.status
            except OSError as error:
                status = type(error).__name__
                connection.close()
            now = time.monotonic()
            self.answers[kind].append((now, now - begun, status))
            time.sleep(max(0, begun + self._pace - now) if self._pace else 0)


def _measure_exactness(environment):
    with Pair({**environment, "CAUSEWAY_GATEWAY_LIMIT_MULTIPLIER": str(MULTIPLIER)}) as pair:
        load = Load(pair, [name for name, *_ in CLASSES], clients=2, pace=0)
        time.sleep(SECONDS)
        seconds = load.stop()
        rows = []
        for name, counting, per_minute, burst in CLASSES:
            statuses = collections.Counter(status for _, _, status in load.answers[name])
            allowed = sum(count for status, count in statuses.items() if status != 429)
            due = MULTIPLIER * (burst + per_minute / 60 * seconds)
            rows.append([
                f"{name} ({counting}), {MULTIPLIER} times", sum(statuses.values()), f"{due:.0f}", allowed,
                f"{100 * (allowed / due - 1):+.2f} %"])
        print_table(
            f"One caller over two gateways with one Redis, {seconds:.1f} s",
            ["class", "asked", "allowance", "let through", "off by"], rows)


def _measure_outage(environment, redis):
    with Pair(environment) as pair:
        load = Load(pair, ["write", "read"], PACED_CLIENTS // 2, PACE_SECONDS)
        marks = []

        def phase(name):
            marks.append((time.monotonic(), name))
            time.sleep(PHASE_SECONDS)

        time.sleep(1)
        phase("Redis answers")
        redis.signal(signal.SIGSTOP)
        phase("Redis is stopped (SIGSTOP)")
        redis.signal(signal.SIGCONT)
        phase("Redis goes on")
        redis.stop()
        phase("Redis is killed")
        redis.start()
        phase("Redis is back")
        load.stop()
        marks.append((time.monotonic(), ""))
        rows = []
        for (start, name), (end, _) in zip(marks, marks[1:]):
            for kind in ("write", "read"):
                rows.append([f"{name}, {kind}"] + _summary([each for each in load.answers[kind]
                                                           if start <= each[0] < end]))
        print_table(
            f"Callers over two gateways, {PACED_CLIENTS * 2} clients at a steady pace, while Redis comes and goes",
            ["", "answers", "429", "5xx or broken", "p50 ms", "p99 ms", "slowest ms"], rows)


def _summary(answers_):
    times = sorted(seconds * 1000 for _, seconds, _ in answers_)
    refused = sum(1 for *_, status in answers_ if status == 429)
    failed = sum(1 for *_, status in answers_ if not isinstance(status, int) or status >= 500)
    at = lambda share: f"{times[min(len(times) - 1, int(len(times) * share))]:.1f}" if times else "-"
    return [len(times), refused, failed, at(0.5), at(0.99), at(1)]
