"""What `make bench` measures, when compose/local/bench.sh has prepared it:
bench.py http2|article|footprint|events|idempotency|limits|compression|pages…
bench.py edge streams|bodies|http1|tls|latency|memory…

Every figure is the median of interleaved rounds; only ratios within one run mean anything, since the speed of a
machine changes by the minute. CPU is user and system time from /proc, of the process itself and nothing else.
"""

import os
import sys

import article
import compression
import edge
import events
import http2
import keys
import limits
import pages
from machine import CLIENT_CORE, IS_PINNED, SERVER_CORE, output_of

PARTS = {
    "http2": ["http2"], "article": ["article"], "footprint": ["article"], "events": ["events"],
    "idempotency": ["keys"], "limits": ["limits"], "compression": ["compression"], "pages": ["pages"]}


def introduce(rounds):
    revision = output_of("git", "-C", os.environ["repository"], "describe", "--always", "--dirty")
    processor = output_of("sh", "-c", "sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1")
    print(f"Causeway {revision}, {os.environ['BENCH_BUILD_KIND']}")
    print(f"{output_of('sh', '-c', 'swift --version 2>/dev/null | head -n 1')}")
    print(f"nghttp2 {output_of('nghttpd', '--version').split('/')[-1]}, {output_of('openssl', 'version')[:15]}, "
          f"{output_of('pgbench', '--version')}, Redis {output_of('redis-server', '--version').split()[2][2:]}")
    print(f"{os.uname().sysname} {os.uname().release}, {processor}, {os.cpu_count()} cores; "
          f"load {os.getloadavg()[0]:.2f} before")
    if IS_PINNED:
        print(f"servers on core {SERVER_CORE} together, clients on core {CLIENT_CORE}; {rounds} interleaved rounds")
    else:
        print(f"one core for servers and clients; {rounds} interleaved rounds")
    if os.getloadavg()[0] > 0.7:
        print("Something else works on this machine: take the figures with care.")


def main():
    """Of `edge` the words after it are rows; else every word is a benchmark."""
    rounds = int(os.environ.get("BENCH_ROUNDS", "5"))
    os.sched_setaffinity(0, {CLIENT_CORE})
    if sys.argv[1:2] == ["edge"]:
        introduce(rounds)
        return edge.measure(rounds, sys.argv[2:])
    parts = sys.argv[1:] or list(PARTS)
    unknown = [part for part in parts if part not in PARTS]
    if unknown:
        raise SystemExit(f"There is no benchmark {unknown[0]}; there are {', '.join(PARTS)}.")
    introduce(rounds)
    if "http2" in parts:
        http2.measure(rounds)
    if "article" in parts or "footprint" in parts:
        article.measure(rounds, load="article" in parts, starts=3 if "footprint" in parts else 1)
    if "events" in parts:
        events.measure(rounds)
    if "idempotency" in parts:
        keys.measure(rounds)
    if "limits" in parts:
        limits.measure()
    if "compression" in parts:
        compression.measure(rounds)
    # Last: it fills the database.
    if "pages" in parts:
        pages.measure(rounds)


main()
