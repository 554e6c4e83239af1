"""(e) What an Idempotency-Key costs: POST /v1/articles without one, with a new one each time, and with one that is known."""

import http.client
import itertools
import json
import os
import ssl
import threading
import time

from article import Suite
from machine import median, print_table, spread

CLIENTS = 8
REQUESTS = 1600
BODY_BYTES = 2000
KINDS = ["no key", "a new key each", "a known key: a replay"]
numbers = itertools.count(int(time.time() * 1000))


def measure(rounds):
    suite = Suite()
    try:
        suite.start()
        suite.wait_for_answer()
        clients = [Client(suite) for _ in range(CLIENTS)]
        token = clients[0].sign_in()
        for client in clients:
            client.token = token
        known = f"known-{next(numbers)}", next(numbers)
        results = {kind: [] for kind in KINDS}
        for number in range(rounds + 1):
            for kind in KINDS:
                measured = _run(suite, clients, kind, known)
                # The first round warms up what is prepared once.
                if number > 0:
                    results[kind].append(measured)
        _print(results)
    finally:
        suite.stop()


class Client:
    """One connection, one request at a time."""

    def __init__(self, suite):
        trust = ssl.create_default_context(cafile=f"{os.environ['CAUSEWAY_KEYS_DIRECTORY']}/gateway-certificate.pem")
        self.connection = http.client.HTTPSConnection("localhost", int(suite.https_port), context=trust, timeout=20)
        self.token = ""

    def sign_in(self):
        status, _, body = self.post(
            "/v1/auth/login", {"email": "author@example.com", "password": "causeway demo 2026"})
        if status != 200:
            raise SystemExit(f"the demonstration's author could not sign in: {status} {body}")
        return json.loads(body)["accessToken"]

    def post(self, path, body, key=None):
        headers = {"content-type": "application/json"}
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        if key:
            headers["idempotency-key"] = key
        self.connection.request("POST", path, json.dumps(body), headers)
        reply = self.connection.getresponse()
        return reply.status, reply.headers, reply.read()

    def create(self, number, key, is_replay):
        article = {"title": f"Measured {number}", "body": "word " * (BODY_BYTES // 5)}
        status, headers, body = self.post("/v1/articles", article, key)
        if status != 201 or (headers["idempotent-replayed"] == "true") != is_replay:
            raise SystemExit(f"POST /v1/articles: {status} {dict(headers)} {body[:300]}")


def _run(suite, clients, kind, known):
    """Requests a second, and µs of CPU a request by process."""
    faults = []

    def work(client):
        try:
            for _ in range(REQUESTS // CLIENTS):
                number = next(numbers)
                if kind == KINDS[2]:
                    client.create(known[1], known[0], is_replay=True)
                else:
                    client.create(number, f"new-{number}" if kind == KINDS[1] else None, is_replay=False)
        except (SystemExit, OSError, http.client.HTTPException) as error:
            faults.append(error)

    if kind == KINDS[2]:
        clients[0].post("/v1/articles", {"title": f"Measured {known[1]}", "body": "word " * (BODY_BYTES // 5)}, known[0])
    threads = [threading.Thread(target=work, args=(client,)) for client in clients]
    before, begun = suite.cpu(), time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took, after = time.monotonic() - begun, suite.cpu()
    if faults:
        raise SystemExit(str(faults[0]))
    return REQUESTS / took, {name: (after[name] - before[name]) / 1000 / REQUESTS for name in after}


def _print(results):
    parts = list(results[KINDS[0]][0][1])
    bare = [sum(spent.values()) for _, spent in results[KINDS[0]]]
    bare_speed = [speed for speed, _ in results[KINDS[0]]]
    rows = []
    for kind, rounds in results.items():
        totals = [sum(spent.values()) for _, spent in rounds]
        speeds = [speed for speed, _ in rounds]
        rows.append(
            [kind, spread(totals), spread([own / other for own, other in zip(totals, bare)])]
            + [f"{median([spent[name] for _, spent in rounds]):.0f}" for name in parts]
            + [f"{median(speeds):,.0f}", f"{median([own / other for own, other in zip(speeds, bare_speed)]):.2f}"])
    print_table(
        f"(e) POST /v1/articles with {BODY_BYTES:,} bytes of text: TLS, gateway, content, PostgreSQL; {CLIENTS} clients of"
        " one request\n    each at a time over HTTP/1.1",
        ["µs of CPU a request", "in all", "x no key", *parts, "requests/s", "x no key"], rows)
