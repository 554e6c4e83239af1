"""Writes through the gateway while everything behind it dies, and tells what was acknowledged.

    writers.py BASE CERTIFICATE MAIL_PAGE < people.json

The first line of standard input is {"authors": [{"email", "token"}], "admin": {"token"}}; when the input ends, every
writer brings what it is at to its end and the program stops. Standard output has one JSON document a line for each
acknowledged write: {"kind": …, …}; and at the end {"kind": "summary", "requests", "retries"}. A writer retries what may
be retried until it is answered. An answer that no client should ever see is told as {"kind": "wrong", …}.
"""

import asyncio
import itertools
import json
import random
import ssl
import sys

import httpx

PASSWORD = "correct horse battery staple"
# What stands for "not now": the request may be sent again.
PASSING = {409, 429, 500, 502, 503, 504}
PAUSE_SECONDS = (0.02, 0.15)
GIVE_UP_SECONDS = 60


class Client:
    """One HTTP/2 client that remembers how often it had to ask again."""

    requests = retries = 0

    def __init__(self, base, certificate, token=None):
        context = ssl.create_default_context(cafile=certificate)
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.AsyncClient(
            base_url=base, http2=True, verify=context, timeout=15, trust_env=False, headers=headers)

    async def once(self, method, path, **arguments):
        """One request; None where nobody knows what became of it."""
        Client.requests += 1
        try:
            return await self._http.request(method, path, **arguments)
        except httpx.HTTPError:
            return None

    async def until_answered(self, method, path, **arguments):
        """Sends the same request until it is answered for good: for what is safe, keyed or conditional."""
        end = asyncio.get_running_loop().time() + GIVE_UP_SECONDS
        answers = []
        while asyncio.get_running_loop().time() < end:
            reply = await self.once(method, path, **arguments)
            if reply is not None and reply.status_code not in PASSING:
                return reply
            Client.retries += 1
            answers.append(reply and reply.text[:300])
            if reply is not None and reply.status_code == 500:
                tell("wrong", what="a 500", method=method, path=path, answer=reply.text)
            await asyncio.sleep(random.uniform(*PAUSE_SECONDS))
        tell("wrong", what="never answered", method=method, path=path, asked=len(answers), answers=answers[-3:])
        raise Stuck()


class Stuck(Exception):
    """A request that was not answered within the patience of a client."""


def tell(kind, **facts):
    print(json.dumps({"kind": kind, **facts}), flush=True)


def expect(reply, statuses, what):
    if reply.status_code in statuses:
        return True
    tell("wrong", what=what, status=reply.status_code, answer=reply.text[:500])
    return False


async def write_articles(client, writer, stopped):
    """Drafts with a key, a text that grows by conditional patches, a publication with a key."""
    for number in itertools.count():
        if stopped.is_set():
            return
        title = f"chaos {writer} {number}"
        made = await client.until_answered(
            "POST", "/v1/articles", json={"title": title, "body": "begin"},
            headers={"idempotency-key": f"make-{writer}-{number}"})
        if not expect(made, {201}, "create"):
            continue
        identifier = made.json()["id"]
        tell("article", title=title, id=identifier)
        for token in range(random.randint(0, 3)):
            await append_token(client, identifier, f"token-{token}")
        if random.random() < 0.7:
            published = await client.until_answered(
                "POST", f"/v1/articles/{identifier}/publish", headers={"idempotency-key": f"publish-{writer}-{number}"})
            if expect(published, {200}, "publish"):
                tell("published", id=identifier)
        await asyncio.sleep(random.uniform(0, 0.05))


async def append_token(client, identifier, token):
    """Reads, changes, writes back under the tag that was read; whether a lost answer was a yes is read again."""
    while True:
        draft = await client.until_answered("GET", f"/v1/articles/{identifier}/draft")
        if not expect(draft, {200}, "read the draft"):
            return
        body = draft.json()["body"]
        if token in body.split():
            break
        reply = await client.once(
            "PATCH", f"/v1/articles/{identifier}", content=json.dumps({"body": f"{body} {token}"}),
            headers={"if-match": draft.headers["etag"], "content-type": "application/merge-patch+json"})
        if reply is not None and reply.status_code == 200:
            break
        if reply is not None and reply.status_code not in PASSING | {412}:
            expect(reply, {200}, "patch")
            return
        Client.retries += 1
        await asyncio.sleep(random.uniform(*PAUSE_SECONDS))
    tell("token", id=identifier, token=token)


async def rename(client, writer, stopped):
    """Counts in the own display name."""
    for number in itertools.count(1):
        if stopped.is_set():
            return
        while True:
            profile = await client.until_answered("GET", "/v1/users/me")
            if not expect(profile, {200}, "read the profile"):
                return
            if profile.json()["displayName"] == f"Name {writer} {number}":
                break
            reply = await client.once(
                "PATCH", "/v1/users/me", content=json.dumps({"displayName": f"Name {writer} {number}"}),
                headers={"if-match": profile.headers["etag"], "content-type": "application/merge-patch+json"})
            if reply is not None and reply.status_code not in PASSING | {200, 412}:
                expect(reply, {200}, "rename")
                return
            await asyncio.sleep(random.uniform(*PAUSE_SECONDS))
        tell("name", account=profile.json()["id"], number=number, name=f"Name {writer} {number}")
        await asyncio.sleep(random.uniform(0.02, 0.2))


async def register(client, mail_page, writer, stopped):
    """New accounts: each counts once its mailed link was accepted."""
    mails = httpx.AsyncClient(base_url=mail_page, timeout=5, trust_env=False)
    for number in itertools.count():
        if stopped.is_set():
            return
        email = f"chaos-{writer}-{number}@example.test"
        asked = await client.until_answered("POST", "/v1/auth/register", json={"email": email, "password": PASSWORD})
        if not expect(asked, {202}, "register"):
            continue
        token = await mailed_token(mails, email)
        # A registration whose answer was lost may have been refused a second mail: it is no promise.
        if token is None:
            continue
        # With the password, as the page asks for it: a registration that was sent again may have been made twice.
        verified = await client.until_answered(
            "POST", "/v1/auth/email/verify", json={"token": token, "password": PASSWORD})
        # 400: a redemption whose answer was lost has used the token up.
        if expect(verified, {204, 400}, "verify"):
            tell("account" if verified.status_code == 204 else "perhaps", email=email)
        await asyncio.sleep(random.uniform(0.1, 0.4))


async def mailed_token(mails, email):
    for _ in range(60):
        try:
            listed = (await mails.get("/messages.json")).json()
        except (httpx.HTTPError, ValueError):
            listed = []
        for mail in listed:
            for link in mail["links"] if email in mail["to"] else []:
                if "/verify#" in link:
                    return link.split("#", 1)[1].removeprefix("token=")
        await asyncio.sleep(0.1)
    return None


async def main():
    base, certificate, mail_page = sys.argv[1:]
    people = json.loads(sys.stdin.readline())
    stopped = asyncio.Event()

    async def wait_for_end():
        await asyncio.to_thread(sys.stdin.read)
        stopped.set()

    def client(person=None):
        return Client(base, certificate, person and person["token"])

    writers = [write_articles(client(person), index, stopped) for index, person in enumerate(people["authors"])]
    writers += [rename(client(person), index, stopped) for index, person in enumerate(people["authors"])]
    writers.append(register(client(), mail_page, 0, stopped))
    ended = await asyncio.gather(wait_for_end(), *writers, return_exceptions=True)
    for fault in ended:
        if isinstance(fault, Exception) and not isinstance(fault, Stuck):
            tell("wrong", what=f"a writer failed: {fault!r}")
    tell("summary", requests=Client.requests, retries=Client.retries)


asyncio.run(main())
