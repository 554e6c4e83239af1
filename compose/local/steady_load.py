#!/usr/bin/python3
"""Sends requests that may be repeated through the gateway, at a steady pace, until it is told to stop.

    steady_load.py BASE_URL CERTIFICATE ARTICLE_PATH TOKEN_FILE

Readers GET the article; writers create drafts, each with an Idempotency-Key of its own. Every request is sent once, and
each that gets no success is a failure: repeating is the gateway's work. On SIGTERM it prints a JSON line
{reads, writes, failures, slowestMs, kinds} and ends; `kinds` counts the failures by what they were.
"""

import collections
import http.client
import json
import signal
import ssl
import sys
import threading
import time
import uuid
from urllib.parse import urlsplit

READERS = 4
WRITERS = 2
PAUSE_SECONDS = 0.02
TIMEOUT_SECONDS = 30
KINDS_MAX = 8


class Tally:
    """What became of the requests, for several threads."""

    def __init__(self):
        self._lock = threading.Lock()
        self._counts = collections.Counter()
        self._kinds = collections.Counter()
        self._slowest = 0.0

    def success(self, kind, seconds):
        with self._lock:
            self._counts[kind] += 1
            self._slowest = max(self._slowest, seconds)

    def failure(self, kind):
        with self._lock:
            self._counts["failures"] += 1
            if kind in self._kinds or len(self._kinds) < KINDS_MAX:
                self._kinds[kind] += 1

    def summary(self):
        with self._lock:
            counts = {name: self._counts[name] for name in ("reads", "writes", "failures")}
            return {**counts, "slowestMs": round(self._slowest * 1000), "kinds": self._kinds}


def code(text):
    """The code of a problem; nothing where the text is none."""
    try:
        return json.loads(text)["code"]
    except (ValueError, TypeError, KeyError):
        return ""


class Client(threading.Thread):
    """One connection and what is sent on it, one request after the other."""

    def __init__(self, base, context, ended, tally, kind, request):
        super().__init__(daemon=True)
        self._base, self._context = base, context
        self._ended, self._tally, self._kind, self._request = ended, tally, kind, request

    def run(self):
        connection = None
        while not self._ended.is_set():
            method, path, headers, body = self._request()
            begun = time.monotonic()
            try:
                if connection is None:
                    connection = http.client.HTTPSConnection(
                        self._base.hostname, self._base.port, timeout=TIMEOUT_SECONDS, context=self._context
                    )
                connection.request(method, path, body, headers)
                answer = connection.getresponse()
                text = answer.read()
                if 200 <= answer.status < 300:
                    self._tally.success(self._kind, time.monotonic() - begun)
                else:
                    self._tally.failure(f"{method} {answer.status} {code(text)}")
            except (OSError, http.client.HTTPException) as fault:
                self._tally.failure(f"{method} {type(fault).__name__}: {fault}")
                connection = None
            self._ended.wait(PAUSE_SECONDS)


def main():
    base, certificate, article = urlsplit(sys.argv[1]), sys.argv[2], sys.argv[3]
    with open(sys.argv[4], encoding="ascii") as file:
        token = file.read().strip()

    def read():
        return "GET", article, {}, None

    def write():
        key = str(uuid.uuid4())
        headers = {
            "authorization": f"Bearer {token}",
            "content-type": "application/json",
            "idempotency-key": f'"{key}"',
        }
        return "POST", "/v1/articles", headers, json.dumps({"title": f"Load {key}", "body": "Text."})

    ended, tally = threading.Event(), Tally()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    context = ssl.create_default_context(cafile=certificate)
    clients = [Client(base, context, ended, tally, "reads", read) for _ in range(READERS)]
    clients += [Client(base, context, ended, tally, "writes", write) for _ in range(WRITERS)]
    for client in clients:
        client.start()
    ended.wait()
    for client in clients:
        client.join(TIMEOUT_SECONDS)
    print(json.dumps(tally.summary()), flush=True)


if __name__ == "__main__":
    main()
