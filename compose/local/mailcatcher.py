#!/usr/bin/python3
"""Catches the mails that a development machine sends: SMTP on one port, a page and a JSON list on another.

    mailcatcher.py SMTP_PORT HTTP_PORT [ADDRESS]

    /                     a page with every mail, newest first
    /messages.json        [{id, receivedAt, from, to, subject, text, links}], newest first
    /messages/{id}        one of them
    /messages/{id}/source the mail as it came
    DELETE /messages      forgets them all

It keeps the last 500 mails in memory and takes none above 1 MiB. It listens on the loopback only, or on the address
that is given: 0.0.0.0 in a container, whose page is still answered under this machine's names alone.
"""

import collections
import datetime
import email
import email.policy
import html
import http.server
import json
import re
import signal
import socket
import sys
import threading
from urllib.parse import urlsplit

from aiosmtpd.controller import Controller

MAILS_MAX = 500
MAIL_BYTES_MAX = 1 << 20
REQUEST_SECONDS_MAX = 10
LOOPBACK = "127.0.0.1"
HOSTS = ("localhost", "127.0.0.1", "::1")
LINK = re.compile(r"https?://[^\s<>\"']+")
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "article{border:1px solid #ccc;border-radius:6px;padding:.5rem 1rem;margin:1rem 0}"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere}a{overflow-wrap:anywhere}small{color:#666}"
)
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Mailbox:
    """The last mails, bounded, for several threads."""

    def __init__(self):
        self._mails = collections.deque(maxlen=MAILS_MAX)
        self._lock = threading.Lock()
        self._count = 0

    def add(self, sender, receivers, content):
        mail = described(content)
        with self._lock:
            self._count += 1
            mail = {"id": self._count, **mail}
            mail["from"] = mail["from"] or sender
            mail["to"] = receivers
            self._mails.append((mail, content))

    def newest_first(self):
        with self._lock:
            return [mail for mail, _ in reversed(self._mails)]

    def find(self, number):
        with self._lock:
            return next((pair for pair in self._mails if pair[0]["id"] == number), None)

    def clear(self):
        with self._lock:
            self._mails.clear()


def described(content):
    """What is shown of a mail; a mail that cannot be parsed is shown as it came."""
    now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    try:
        message = email.message_from_bytes(content, policy=email.policy.default)
        body = message.get_body(preferencelist=("plain", "html"))
        text = body.get_content() if body is not None else ""
        sender, subject = str(message.get("from", "")), str(message.get("subject", ""))
    except Exception as fault:  # the parser raises many kinds on broken mails, and none may stop the catcher
        text = f"({type(fault).__name__} while reading it)\n" + content.decode("utf-8", "replace")
        sender = subject = ""
    links = list(dict.fromkeys(link.rstrip(".,;:!?)") for link in LINK.findall(text)))
    return {"receivedAt": now, "from": sender, "to": [], "subject": subject, "text": text, "links": links}


class Receiver:
    """The hook that aiosmtpd calls for each mail."""

    def __init__(self, mailbox):
        self._mailbox = mailbox

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  (the name is aiosmtpd's)
        content = envelope.content
        if isinstance(content, str):
            content = content.encode("utf-8", "replace")
        self._mailbox.add(str(envelope.mail_from), [str(each) for each in envelope.rcpt_tos], content)
        return "250 2.0.0 Kept"


def page(mails):
    """Everything that came from outside is escaped; links go nowhere but to http and https."""
    articles = []
    for mail in mails:
        links = "".join(f'<li><a href="{html.escape(link)}">{html.escape(link)}</a></li>' for link in mail["links"])
        articles.append(
            f"<article><h2>{html.escape(mail['subject']) or '(no subject)'}</h2>"
            f"<small>to {html.escape(', '.join(mail['to']))}, from {html.escape(mail['from'])}, "
            f"{html.escape(mail['receivedAt'])}, <a href=\"/messages/{mail['id']}/source\">source</a></small>"
            f"<pre>{html.escape(mail['text'])}</pre>{'<ul>' + links + '</ul>' if links else ''}</article>"
        )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Caught mail</title>'
        f'<meta http-equiv="refresh" content="5"><style>{STYLE}</style></head><body><h1>Caught mail</h1>'
        f'<p>{len(mails)} mails, also as <a href="/messages.json">JSON</a>. Nothing leaves this machine.</p>'
        f"{''.join(articles)}</body></html>"
    )


class Page(http.server.BaseHTTPRequestHandler):
    """Reads the mailbox, and empties it. A foreign Host header is refused: no page of another site gets in by DNS."""

    mailbox = None
    timeout = REQUEST_SECONDS_MAX
    server_version = "mailcatcher"
    sys_version = ""

    def do_GET(self):  # noqa: N802
        path = self._path()
        if path is None:
            return
        if path == "/":
            self._answer(200, "text/html; charset=utf-8", page(self.mailbox.newest_first()))
        elif path == "/messages.json":
            self._json(200, self.mailbox.newest_first())
        elif match := re.fullmatch(r"/messages/([0-9]{1,9})(/source)?", path):
            found = self.mailbox.find(int(match[1]))
            if found is None:
                self._json(404, {"title": "No such mail"})
            elif match[2]:
                self._answer(200, "text/plain; charset=utf-8", found[1].decode("utf-8", "replace"))
            else:
                self._json(200, found[0])
        else:
            self._json(404, {"title": "No such page"})

    do_HEAD = do_GET

    def do_DELETE(self):  # noqa: N802
        path = self._path()
        if path == "/messages":
            self.mailbox.clear()
            self._json(200, [])
        elif path is not None:
            self._json(404, {"title": "No such page"})

    def _path(self):
        host = urlsplit("//" + self.headers.get("Host", "localhost")).hostname
        if host not in HOSTS:
            self._json(421, {"title": "Only for this machine"})
            return None
        return urlsplit(self.path).path

    def _json(self, status, value):
        self._answer(status, "application/json", json.dumps(value, ensure_ascii=False, indent=2) + "\n")

    def _answer(self, status, kind, text):
        content = text.encode("utf-8", "replace")
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, form, *values):
        pass


class Pages(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address, family):
        self.address_family = family
        super().__init__(address, Page)


def main():
    smtp_port, http_port = int(sys.argv[1]), int(sys.argv[2])
    address = sys.argv[3] if len(sys.argv) > 3 else LOOPBACK
    mailbox = Page.mailbox = Mailbox()
    Controller(Receiver(mailbox), hostname=address, port=smtp_port, data_size_limit=MAIL_BYTES_MAX).start()
    servers = [Pages((address, http_port), socket.AF_INET)]
    if address == LOOPBACK:
        try:
            servers.append(Pages(("::1", http_port), socket.AF_INET6))
        except OSError:
            pass  # a machine without IPv6
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"SMTP on {address}:{smtp_port}, mails on http://localhost:{http_port}", flush=True)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()


if __name__ == "__main__":
    main()
