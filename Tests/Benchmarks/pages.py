"""(d) Pages of a list of a million articles: the first, the ten thousandth, and pgbench with the same query."""

import http.client
import json
import os
import re
import ssl
import subprocess
import time

from article import Suite, postgres_environment
from load import fitting_count, h2load, pgbench
from machine import children, cpu_ns, median, print_table, spread, wait_for_children

ARTICLES = int(os.environ.get("BENCH_ARTICLES", "1000000"))
PAGE = 10_000
LIMITS = {
    20: "ShortListStatements.swift:content.list-newest-short",
    100: "LongListStatements.swift:content.list-newest-long",
}
LOAD = (16, 4)
CLIENTS = 16
SECONDS_PER_RUN = 2

# Only what lists read: the snapshots, not the working copies behind them, whose foreign key rests meanwhile. Two share
# each moment, and all are older than the demonstration articles. `:count` is the number of rows.
SEED = """
SET session_replication_role = replica;
INSERT INTO published_articles
    (id, author_id, slug, title, summary, body, body_html, reading_minutes, data, tags, locale, version, published_at,
    created_at, updated_at)
SELECT (substr(stamp, 1, 8) || '-' || substr(stamp, 9, 4) || '-7' || substr(hash, 1, 3) || '-8' || substr(hash, 4, 3) ||
        '-' || substr(hash, 7, 12))::uuid,
    authors[1 + number % cardinality(authors)], 'page-' || number, 'Article ' || number,
    'Summary of ' || hash || repeat(' and some more words', 5), repeat(hash || ' ', 15),
    repeat('<p>' || hash || '</p>', 15),
    1, '{}', ARRAY['pages', 'pages-' || number % 50], 'en', 1, moment, moment, moment
FROM (SELECT array_agg(id) AS authors FROM authors) a,
    generate_series(1, :count) AS number,
    LATERAL (SELECT timestamptz '2010-01-01Z' + (number / 2) * interval '1 minute' AS moment) m,
    LATERAL (SELECT lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0') AS stamp,
        md5(number::text) AS hash) s;
RESET session_replication_role;
VACUUM ANALYZE published_articles;
"""


def measure(rounds):
    took = _seed()
    suite = Suite()
    try:
        suite.start()
        suite.wait_for_answer()
        walked = _walk(suite)
        _compare(suite, rounds, walked)
        print(f"\n  {ARTICLES:,} articles were inserted in {took:.0f} s; a walk along the links of pages of 100 met"
              f" {walked.articles:,} articles in\n  {walked.pages:,} pages and {walked.seconds:.0f} s, each once,"
              " newest first")
    finally:
        suite.stop()


def _seed():
    begun = time.monotonic()
    subprocess.run(
        ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", f"count={ARTICLES}"], input=SEED, text=True, check=True,
        env=postgres_environment(), stdout=subprocess.DEVNULL)
    return time.monotonic() - begun


class Walked:
    def __init__(self):
        self.pages = self.articles = 0
        self.seconds = 0.0
        # By limit, where page 10,000 begins: the query of HTTP, and the last item before it for SQL.
        self.deep = {}


def _walk(suite):
    """From link to link to the end, with a look at each item: none twice, none out of order."""
    trust = ssl.create_default_context(cafile=f"{os.environ['CAUSEWAY_KEYS_DIRECTORY']}/gateway-certificate.pem")
    client = http.client.HTTPSConnection("localhost", int(suite.https_port), context=trust, timeout=20)
    walked, before, cursor = Walked(), ("~", "~"), None
    begun = time.monotonic()

    def page(limit, cursor):
        client.request("GET", f"/v1/articles?limit={limit}" + (f"&cursor={cursor}" if cursor else ""))
        answer = client.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise SystemExit(f"The walk ended at page {walked.pages + 1}: {answer.status} {body[:300]}")
        return json.loads(body)

    def mark(limit, cursor, last):
        walked.deep[limit] = (cursor, last)

    while True:
        read = page(100, cursor)
        for item in read["items"]:
            at = (item["publishedAt"], item["id"])
            if not at < before:
                raise SystemExit(f"{at} came after {before}.")
            before = at
        walked.pages += 1
        walked.articles += len(read["items"])
        cursor = read["page"]["next"]
        if not cursor:
            break
        if walked.articles == 20 * (PAGE - 1) // 100 * 100:
            rest = page(20 * (PAGE - 1) % 100, cursor)
            mark(20, rest["page"]["next"], rest["items"][-1])
        if walked.articles == 100 * (PAGE - 1):
            mark(100, cursor, read["items"][-1])
    walked.seconds = time.monotonic() - begun
    expected = int(suite.query("SELECT count(*) FROM published_articles")[0])
    if walked.articles != expected:
        raise SystemExit(f"The walk met {walked.articles} of {expected} articles.")
    if set(walked.deep) != set(LIMITS):
        raise SystemExit(f"{ARTICLES} articles do not have {PAGE} pages of {max(LIMITS)}.")
    return walked


def _statement(place):
    """The SQL of a page, from the source that the service is built from, with variables of pgbench."""
    file_name, statement = place.split(":")
    path = f"{os.environ['repository']}/Services/Content/Store/{file_name}"
    with open(path, encoding="utf-8") as file:
        found = re.search(rf'"{re.escape(statement)}",\s*"""(.*?)"""', file.read(), re.DOTALL)
    if not found:
        raise SystemExit(f"{path} no longer has the statement {statement}.")
    return " ".join(found.group(1).split()).replace("$1", ":moment").replace("$2", ":id")


def _script(limit, last):
    if last is None:
        moment, ident = "9999-12-31 23:59:59+00", "ffffffff-ffff-ffff-ffff-ffffffffffff"
    else:
        moment, ident = last["publishedAt"].replace("T", " "), last["id"]
    path = f"{os.environ['BENCH_FOLDER']}/page-{limit}-{'deep' if last else 'first'}.sql"
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"\\if :chosen = 0\nSELECT '{moment}' AS moment, '{ident}' AS id \\gset\n\\set chosen 1\n\\endif\n"
                   f"{_statement(LIMITS[limit])};\n")
    return path


def _compare(suite, rounds, walked):
    cases = {}
    for limit in LIMITS:
        for number in (1, PAGE):
            cursor, last = walked.deep[limit] if number > 1 else (None, None)
            uri = suite.uri(f"/v1/articles?limit={limit}" + (f"&cursor={cursor}" if cursor else ""))
            cases[(limit, number)] = (uri, _script(limit, last))

    def load(count, uri):
        return h2load(count, *LOAD, [uri], connect_to=f"127.0.0.1:{suite.https_port}")

    counts = {case: fitting_count(lambda count, uri=uri: load(count, uri), SECONDS_PER_RUN, *LOAD)
              for case, (uri, _) in cases.items()}
    own, peer = {case: [] for case in cases}, {case: [] for case in cases}
    for _ in range(rounds):
        for case, (uri, script) in cases.items():
            before = suite.cpu()
            answered = load(counts[case], uri)
            after = suite.cpu()
            own[case].append((answered.per_second, {
                name: (after[name] - before[name]) / 1000 / answered.requests for name in after}))
            backends, started = len(children(suite.postgres_pid)), cpu_ns(suite.postgres_pid, tree=True)
            said = pgbench(script, postgres_environment(), CLIENTS, SECONDS_PER_RUN)
            wait_for_children(suite.postgres_pid, backends)
            peer[case].append((
                said.per_second, (cpu_ns(suite.postgres_pid, tree=True) - started) / 1000 / said.requests))
    _print(own, peer)


def _print(own, peer):
    parts = list(next(iter(own.values()))[0][1])
    rows = []
    for (limit, number), rounds in own.items():
        first = [speed for speed, _ in own[(limit, 1)]]
        speeds, others = [speed for speed, _ in rounds], [speed for speed, _ in peer[(limit, number)]]
        row = [f"limit {limit}, page {number:,}", f"{median(speeds):,.0f}",
               f"{median([deep / top for deep, top in zip(speeds, first)]):.2f}",
               f"{median([mine / other for mine, other in zip(speeds, others)]):.2f}"]
        row += [f"{median([spent[name] for _, spent in rounds]):.1f}" for name in parts]
        rows.append(row + [spread([sum(spent.values()) for _, spent in rounds])])
    for (limit, number), rounds in peer.items():
        first = [speed for speed, _ in peer[(limit, 1)]]
        speeds = [speed for speed, _ in rounds]
        row = [f"pgbench: limit {limit}, page {number:,}", f"{median(speeds):,.0f}",
               f"{median([deep / top for deep, top in zip(speeds, first)]):.2f}", "1.00"]
        row += [f"{median([spent for _, spent in rounds]):.1f}" if part == "postgres" else "" for part in parts]
        rows.append(row + [spread([spent for _, spent in rounds])])
    print_table(
        f"(d) GET /v1/articles of {ARTICLES:,} articles: TLS, gateway, content, PostgreSQL; {LOAD[0]} connections x"
        f" {LOAD[1]} streams,\n    beside the same SQL by pgbench -M prepared with {CLIENTS} clients",
        ["µs of CPU a page", "pages/s", "x page 1", "x pgbench", *parts, "in all"], rows)
