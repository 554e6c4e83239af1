"""Sends the same keyed requests many times at once over HTTP/2, and each again until it is told that it worked.

keyed_duplicates.py BASE CERTIFICATE TOKEN KEYS DUPLICATES

Creates an article for each key and publishes it, and prints one line of JSON: how many different answers there were to
each request, how often each failure came, and the articles' ids.
"""

import asyncio
import collections
import json
import random
import ssl
import sys

import httpx

PASSING = {409: "idempotency-in-flight", 502: "bad-gateway", 503: "unavailable", 504: "deadline-exceeded"}
ATTEMPTS_MAX = 600


async def insist(client, failures, path, key, **arguments):
    """The first success: status, the fields that belong to the answer, and the body."""
    last = None
    for _ in range(ATTEMPTS_MAX):
        try:
            reply = await client.post(path, headers={"idempotency-key": key}, **arguments)
        except httpx.TransportError as error:
            failures[type(error).__name__] += 1
        else:
            if reply.status_code < 300:
                assert reply.http_version == "HTTP/2", reply.http_version
                fields = tuple(reply.headers.get(name) for name in ("etag", "location", "content-type"))
                is_replay = reply.headers.get("idempotent-replayed") == "true"
                return (reply.status_code, fields, reply.content), is_replay
            last = reply.status_code, reply.json()["code"]
            failures[f"{last[0]} {last[1]}"] += 1
            if PASSING.get(last[0]) != last[1]:
                break
        await asyncio.sleep(random.uniform(0.01, 0.1))
    print(f"{path} {key}: {last}", flush=True)
    raise SystemExit(1)


async def duplicate(client, failures, key, outcomes, ids):
    body = {"title": f"Title of {key}", "body": "Text."}
    made, is_replay = await insist(client, failures, "/v1/articles", f"create {key}".replace(" ", "-"), json=body)
    outcomes[f"create {key}"].append((made, is_replay))
    identity = json.loads(made[2])["id"]
    ids.add(identity)
    path = f"/v1/articles/{identity}/publish"
    published, is_replay = await insist(client, failures, path, f'"publish {key}"')
    outcomes[f"publish {key}"].append((published, is_replay))


async def main():
    base, certificate, token, keys, duplicates = sys.argv[1:]
    outcomes, failures, ids = collections.defaultdict(list), collections.Counter(), set()
    async with httpx.AsyncClient(
            base_url=base, http2=True, timeout=20, trust_env=False, headers={"authorization": f"Bearer {token}"},
            limits=httpx.Limits(max_connections=4), verify=ssl.create_default_context(cafile=certificate)) as client:
        print("begun", flush=True)
        await asyncio.gather(*(
            duplicate(client, failures, key, outcomes, ids)
            for key in range(int(keys)) for _ in range(int(duplicates))))
    print(json.dumps({
        "requests": len(outcomes), "ids": sorted(ids), "failures": failures,
        "answers": sum(len(answers) for answers in outcomes.values()),
        "differing": [name for name, answers in outcomes.items() if len({answer for answer, _ in answers}) != 1],
        "first": sum(not is_replay for answers in outcomes.values() for _, is_replay in answers),
    }))


asyncio.run(main())
