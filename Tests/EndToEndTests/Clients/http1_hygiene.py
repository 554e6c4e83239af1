"""HTTP/1.1 at one port: what two readers could understand differently is refused, and nothing hides behind it.

    http1_hygiene.py HOST PORT [CERTIFICATE]

Without a certificate the port is the plain one, which only redirects. Prints one JSON document a line: {"case", "ok",
"detail"}; the last is {"cases": n}. Behind every request comes a second one, the probe: a request that was refused ends
the connection before it, any other is followed by the probe's own answer.
"""

import concurrent.futures
import json
import sys

from raw_http1 import Wire
from raw_http2 import Broken, Target

PROBE = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
HOST = b"Host: localhost\r\n"


def request(line, *fields, body=b"", host=HOST):
    return line + b"\r\n" + host + b"".join(field + b"\r\n" for field in fields) + b"\r\n" + body


def get(*fields, **arguments):
    return request(b"GET /livez HTTP/1.1", *fields, **arguments)


def post(*fields, **arguments):
    return request(b"POST /v1/auth/token/refresh HTTP/1.1", b"Content-Type: application/json", *fields, **arguments)


def chunked(body, *fields):
    return post(b"Transfer-Encoding: chunked", *fields, body=body)


# Nothing that the service keeps count of.
BODY = b'{"refreshToken":"v1.not-a-token"}'
SIZE = b"%x" % len(BODY)
WHOLE = SIZE + b"\r\n" + BODY + b"\r\n0\r\n\r\n"


def refusals():
    """(name, status, bytes): answered once with the status, then the end; the probe gets nothing."""
    # What is longer here than there (RFC 9112, section 6).
    smuggled = b"0\r\n\r\n"
    for name, fields in [
            ("CL and TE", [b"Content-Length: 5", b"Transfer-Encoding: chunked"]),
            ("TE and CL", [b"Transfer-Encoding: chunked", b"Content-Length: 5"]),
            ("CL 0 and TE", [b"Content-Length: 0", b"Transfer-Encoding: chunked"]),
            ("TE twice", [b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"]),
            ("TE chunked and identity", [b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity"])]:
        yield name, 400, post(*fields, body=smuggled)
    for coding in [b"gzip", b"gzip, chunked", b"identity", b"xchunked", b"chunked;q=1", b'"chunked"', b", chunked",
                   b"chunk", b"deflate, identity"]:
        yield f"TE {coding.decode()}", 501, post(b"Transfer-Encoding: " + coding, body=smuggled)
    # Where more comes behind `chunked`, the end of the body cannot be known (section 6.3).
    for coding in [b"chunked, gzip", b"chunked, chunked", b"chunked,"]:
        yield f"TE {coding.decode()}", 400, post(b"Transfer-Encoding: " + coding, body=smuggled)
    for coding in [b"\x0bchunked", b"chunked\x0b", b"chunked\x00", b"\x01chunked"]:
        yield f"TE {coding!r}", 400, post(b"Transfer-Encoding: " + coding, body=smuggled)
    yield "TE empty", (400, 501), post(b"Transfer-Encoding:", body=smuggled)
    yield "TE in 1.0", 400, request(
        b"POST /v1/auth/token/refresh HTTP/1.0", b"Transfer-Encoding: chunked", body=smuggled)
    yield "TE behind a space", 400, post(b"Transfer-Encoding : chunked", body=smuggled)
    yield "TE in a folded line", 400, post(b"X: 1", b" Transfer-Encoding: chunked", body=smuggled)
    yield "TE behind a bare CR", 400, post(b"X: 1\rTransfer-Encoding: chunked", body=smuggled)
    yield "TE behind a bare LF", 400, post(b"X: 1\nTransfer-Encoding: chunked", body=smuggled)
    yield "transfer_encoding", 400, post(b"Transfer_Encoding: chunked", body=smuggled)

    for length in [b"+5", b"-5", b"-0", b"+0", b"5, 5", b"5,5", b"5,0", b"0x5", b"5 5", b"5;", b'"5"', b"5.0", b"1e1",
                   b"\xd9\xa5", b"5_0", b"99999999999999999999", b"18446744073709551621", b"9223372036854775808", b"05\x0b"]:
        yield f"CL {length!r}", 400, post(b"Content-Length: " + length, body=b"hello")
    yield "CL empty", 400, post(b"Content-Length:", body=b"hello")
    yield "CL twice", 400, post(b"Content-Length: 5", b"Content-Length: 5", body=b"hello")
    yield "CL twice, unlike", 400, post(b"Content-Length: 5", b"Content-Length: 0", body=b"hello")
    yield "content_length", 400, post(b"Content_Length: 5", body=b"hello")
    yield "CL folded", 400, post(b"Content-Length:", b" 5", body=b"hello")

    # Lines and fields (RFC 9112, sections 2.2 and 5).
    yield "bare LF throughout", 400, b"GET /livez HTTP/1.1\nHost: localhost\n\n"
    yield "bare LF after the request line", 400, b"GET /livez HTTP/1.1\nHost: localhost\r\n\r\n"
    yield "bare LF after a field", 400, b"GET /livez HTTP/1.1\r\nHost: localhost\n\r\n"
    yield "bare LF for the empty line", 400, b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\n"
    yield "bare CR in the request line", 400, b"GET /livez\rx HTTP/1.1\r\nHost: localhost\r\n\r\n"
    yield "bare CR in a value", 400, get(b"X: a\rb")
    yield "bare CR at the end of a value", 400, get(b"X: a\r")
    yield "bare CR in a name", 400, get(b"X\rY: a")
    yield "CR CR LF", 400, b"GET /livez HTTP/1.1\r\r\nHost: localhost\r\n\r\n"
    yield "obs-fold with a space", 400, get(b"X: a", b" b")
    yield "obs-fold with a tab", 400, get(b"X: a", b"\tb")
    yield "a space before the first field", 400, b"GET /livez HTTP/1.1\r\n X: a\r\nHost: localhost\r\n\r\n"
    yield "a space before the colon", 400, get(b"X : a")
    yield "a tab before the colon", 400, get(b"X\t: a")
    yield "a space in a name", 400, get(b"X Y: a")
    yield "an empty name", 400, get(b": a")
    yield "a line without a colon", 400, get(b"X")
    for byte in [0, 1, 7, 8, 0x0b, 0x0c, 0x1b, 0x1f, 0x7f]:
        yield f"{byte:#04x} in a value", 400, get(b"X: a" + bytes([byte]) + b"b")
        yield f"{byte:#04x} in a name", 400, get(b"X" + bytes([byte]) + b": a")
        yield f"{byte:#04x} in the target", 400, request(b"GET /livez?" + bytes([byte]) + b" HTTP/1.1")
    for name in [b"X_Y", b"X(Y", b"X,Y", b'X"Y', b"X/Y", b"X;Y", b"X@Y", b"X[Y", b"X\\Y", b"X{Y", b"X\x80Y", b"\xc3\xa9"]:
        yield f"the name {name!r}", 400, get(name + b": a")

    # The request line (section 3).
    yield "HTTP/0.9", 400, b"GET /livez\r\n\r\n"
    yield "HTTP/0.9 with a version", (400, 505), request(b"GET /livez HTTP/0.9")
    for version in [b"HTTP/1.2", b"HTTP/1.9", b"HTTP/2.0", b"HTTP/3.0", b"HTTP/9.9", b"HTTP/1", b"HTTP/1.", b"HTTP/.1", b"HTTP/01.1",
                    b"HTTP/1.01", b"HTTP/1.10", b"HTTP/11.1", b"HTTP/ 1.1", b"http/1.1", b"HTTPS/1.1", b"ICE/1.0",
                    b"HTTP/1.1 x", b"HTTP/-1.1", b"HTTP/+1.1", b"SIP/2.0"]:
        yield f"the version {version.decode()}", (400, 505), request(b"GET /livez " + version)
    yield "a tab before the target", 400, request(b"GET\t/livez HTTP/1.1")
    yield "a space before the method", 400, request(b" GET /livez HTTP/1.1")
    yield "a space behind the version", 400, request(b"GET /livez HTTP/1.1 ")
    yield "no target", 400, request(b"GET HTTP/1.1")
    yield "a space in the target", 400, request(b"GET /li vez HTTP/1.1")
    yield "a fragment in the target", 400, request(b"GET /livez#x HTTP/1.1")
    yield "a target in UTF-8", 400, request("GET /livéz HTTP/1.1".encode())
    for method in [b"get", b"Get", b"G<T", b"GET,", b"GET\x00", b"\xc3\xa9", b"G@T", b"BREW", b"_GET"]:
        yield f"the method {method!r}", (400, 501), request(method + b" /livez HTTP/1.1")
    yield "the preface of HTTP/2", (400, 501, 505), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    yield "no HTTP at all", 400, b"\x01\x02\x03\x04\r\n\r\n"

    # Where to (sections 3.2 and 3.3).
    yield "no Host", 400, get(host=b"")
    yield "Host twice", 400, get(HOST[:-2])
    yield "Host twice, unlike", 400, get(b"Host: elsewhere.example")
    yield "Host empty in HTTP/1.1 with an absolute target", 400, request(
        b"GET http://localhost/livez HTTP/1.1", host=b"Host:\r\n")
    for host in [b"a/b", b"u@a", b"a b", b"a,b", b"a:x", b"a:99999", b"a:1:2", b"a?b", b"a#b", b"[::1", b"::1", b"[::1]x", b"a\\b",
                 b"a\tb", b"\xc3\xa9", b"[::g]", b":80", b"a:-1", b"a;b"]:
        yield f"Host {host!r}", 400, get(host=b"Host: " + host + b"\r\n")
    for target in [b"http://elsewhere.example/livez", b"http://localhost:1/livez", b"http://localhost.elsewhere.example/"]:
        yield f"Host unlike {target.decode()}", 400, request(b"GET " + target + b" HTTP/1.1")
    for target in [b"ftp://localhost/livez", b"http:/livez", b"http:livez", b"//", b"http://", b"http:///livez", b"livez", b"?x", b"*",
                   b"localhost:80", b"http://user@localhost/livez", b"\\livez", b"javascript:alert(1)"]:
        if target not in (b"//",):
            yield f"the target {target.decode()}", 400, request(b"GET " + target + b" HTTP/1.1")
    yield "CONNECT", (400, 501), request(b"CONNECT localhost:443 HTTP/1.1")
    yield "CONNECT with a path", (400, 501), request(b"CONNECT /livez HTTP/1.1")

    # Sizes (section 3, edge.md section 2).
    yield "a target of 20 KB", 431, request(b"GET /" + b"x" * 20_000 + b" HTTP/1.1")
    yield "a target of 100 KB", 431, request(b"GET /" + b"x" * 100_000 + b" HTTP/1.1")
    yield "a field of 20 KB", 431, get(b"X: " + b"x" * 20_000)
    yield "a name of 20 KB", 431, get(b"x" * 20_000 + b": 1")
    yield "101 fields", 431, get(*[b"X: 1"] * 100)
    yield "1,000 fields", 431, get(*[b"X: 1"] * 1000)
    yield "16 KiB in many fields", 431, get(*[b"X: " + b"x" * 300] * 60)
    yield "an endless method", (400, 431, 501), b"G" * 20_000 + b" / HTTP/1.1\r\n\r\n"
    yield "a version without an end", 400, b"GET /livez HTTP/1." + b"1" * 20_000


def broken_bodies():
    """(name, bytes): the body is at fault, so the answer is an error (400 to 499) and the end."""
    for name, body in [
            ("a size that overflows", b"FFFFFFFFFFFFFFFFF\r\n"), ("a size of 2^64", b"10000000000000000\r\n"),
            ("a negative size", b"-5\r\nhello\r\n0\r\n\r\n"), ("a size with a plus", b"+5\r\nhello\r\n0\r\n\r\n"),
            ("a size in 0x", b"0x5\r\nhello\r\n0\r\n\r\n"), ("a size with _", b"0_5\r\nhello\r\n0\r\n\r\n"),
            ("a space before the size", b" 5\r\nhello\r\n0\r\n\r\n"), ("a tab before the size", b"\t5\r\nhello\r\n0\r\n\r\n"),
            ("a space within the size", b"0 5\r\nhello\r\n0\r\n\r\n"), ("no size", b"\r\nhello\r\n0\r\n\r\n"),
            ("a size that is none", b"zz\r\nhello\r\n0\r\n\r\n"), ("a size with a dot", b"5.0\r\nhello\r\n0\r\n\r\n"),
            ("no CRLF behind a chunk", b"5\r\nhello0\r\n\r\n"), ("LF behind a chunk", b"5\r\nhello\n0\r\n\r\n"),
            ("CR behind a chunk", b"5\r\nhello\r0\r\n\r\n"), ("two bytes too many", b"5\r\nhelloxx0\r\n\r\n"),
            ("LF behind a size", b"5\nhello\r\n0\r\n\r\n"), ("CR behind a size", b"5\rhello\r\n0\r\n\r\n"),
            ("LF in an extension", b"5;a\nhello\r\n0\r\n\r\n"), ("CR in an extension", b"5;a\rb\r\nhello\r\n0\r\n\r\n"),
            ("NUL in an extension", b"5;a\0b\r\nhello\r\n0\r\n\r\n"),
            ("LF behind the last chunk", b"5\r\nhello\r\n0\n\n"), ("LF after the trailers", b"5\r\nhello\r\n0\r\n\n"),
            ("a folded trailer", b"5\r\nhello\r\n0\r\nX: a\r\n b\r\n\r\n"),
            ("a space before a trailer's colon", b"5\r\nhello\r\n0\r\nX : a\r\n\r\n"),
            ("a control character in a trailer", b"5\r\nhello\r\n0\r\nX: a\x01\r\n\r\n"),
            ("101 trailers", b"5\r\nhello\r\n0\r\n" + b"X: 1\r\n" * 101 + b"\r\n"),
            ("a trailer of 20 KB", b"5\r\nhello\r\n0\r\nX: " + b"x" * 20_000 + b"\r\n\r\n"),
            ("an extension of 100 KB", b"5;a=" + b"x" * 200_000 + b"\r\nhello\r\n0\r\n\r\n"),
            ("extensions of 1 KB each", (b"1;" + b"x" * 1000 + b"\r\n{\r\n") * 300 + b"0\r\n\r\n"),
            ("a size of many zeros", b"0" * 200_000 + b"5\r\nhello\r\n0\r\n\r\n")]:
        yield name, chunked(body)


def taken():
    """(name, statuses at the TLS port, bytes): answered, and the probe behind it is answered too, unless it says."""
    yield "plain", 200, get()
    # Section 3 lets a server take any white space between the words.
    yield "two spaces before the target", 200, request(b"GET  /livez HTTP/1.1")
    yield "two spaces behind the target", 200, request(b"GET /livez  HTTP/1.1")
    yield "an empty line first", 200, b"\r\n" + get()
    yield "white space around a value", 200, get(b"X: \t a \t")
    yield "an empty value", 200, get(b"X:")
    yield "obs-text in a value", 200, get(b"X: caf\xe9")
    yield "a tab in a value", 200, get(b"X: a\tb")
    yield "names in any case", 200, request(b"GET /livez HTTP/1.1", host=b"hOsT: localhost\r\n")
    yield "100 fields", 200, get(*[b"X: 1"] * 99)
    yield "Host in capitals", 200, get(host=b"Host: LOCALHOST\r\n")
    yield "Host empty", (200, 400), get(host=b"Host:\r\n")
    yield "absolute form", 200, None
    yield "OPTIONS *", (200, 204), request(b"OPTIONS * HTTP/1.1")
    yield "CL 0 with GET", 200, get(b"Content-Length: 0")
    yield "CL with zeros before", (400, 401), post(b"Content-Length: 000%d" % len(BODY), body=BODY)
    yield "a body by length", 401, post(b"Content-Length: %d" % len(BODY), body=BODY)
    yield "a body in chunks", 401, chunked(WHOLE)
    yield "TE in capitals", 401, post(b"Transfer-Encoding: CHUNKED", body=WHOLE)
    yield "white space around TE", 401, post(b"Transfer-Encoding: \tchunked ", body=WHOLE)
    yield "a size with zeros before", 401, chunked(b"000" + WHOLE)
    yield "a size in capitals", 401, chunked(SIZE.upper() + b"\r\n" + BODY + b"\r\n0\r\n\r\n")
    yield "a short extension", 401, chunked(SIZE + b";a=b\r\n" + BODY + b"\r\n0\r\n\r\n")
    yield "one byte a chunk", 401, chunked(b"".join(b"1\r\n%c\r\n" % byte for byte in BODY) + b"0\r\n\r\n")
    # What would change the request were it a field of its head (RFC 9110, section 6.5.1) does nothing here.
    for trailer in [b"X: a", b"Content-Length: 3", b"Transfer-Encoding: chunked", b"Host: elsewhere.example",
                    b"Authorization: Bearer x", b"Content-Type: text/plain", b"Expect: 100-continue"]:
        yield f"the trailer {trailer.decode()}", (400, 401), chunked(WHOLE[:-2] + trailer + b"\r\n\r\n")
    for connection in [b"keep-alive", b"Keep-Alive, Host", b"x-request-id", b"authorization, host", b"", b","]:
        yield f"Connection: {connection.decode()}", 200, get(b"Connection: " + connection)
    yield "Upgrade: h2c", 200, get(
        b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAAQAAP__")
    yield "Upgrade: h2c with a body", 401, post(
        b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAAQAAP__",
        b"Content-Length: %d" % len(BODY), body=BODY)
    yield "Upgrade: TLS/1.0", 200, get(b"Connection: Upgrade", b"Upgrade: TLS/1.0")
    yield "Upgrade without Connection", 200, get(b"Upgrade: h2c")


CASES = {}


def case(function):
    CASES[function.__doc__] = function
    return function


def expect_refused(wire, statuses, what="the request"):
    answer = wire.answer()
    statuses = statuses if isinstance(statuses, tuple) else (statuses,)
    if answer is None:
        raise Broken(f"no answer, but {'the end' if wire.is_closed else 'silence'}")
    if answer.status not in statuses:
        raise Broken(f"{what} was answered {answer.status}, not {statuses}")
    if answer.fields.get("connection") != "close":
        raise Broken(f"a refusal without `connection: close`: {answer.fields}")
    if not wire.ends():
        raise Broken(f"the connection goes on behind a refusal: {wire.unread[:100]!r}")


def expect_probe(wire, status):
    probe = wire.answer()
    if probe is None or probe.status != status:
        raise Broken(f"the probe was answered {probe}")


@case
def head_has_no_body(target):
    """HEAD is answered without a body"""
    with Wire(target) as wire:
        wire.send(request(b"HEAD /livez HTTP/1.1") + PROBE)
        if wire.answer(to="HEAD").status != OK:
            raise Broken("HEAD was not answered")
        expect_probe(wire, OK)


@case
def pipelined(target):
    """requests in one write are answered in their order"""
    with Wire(target) as wire:
        wire.send(b"".join(get(b"X: %d" % number) if number % 3 else request(b"GET /nowhere HTTP/1.1")
                           for number in range(60)))
        for number in range(60):
            answer = wire.answer()
            if answer is None or answer.status != (OK if number % 3 or not target.certificate else 404):
                raise Broken(f"number {number} was answered {answer}")


@case
def byte_by_byte(target):
    """a request that comes byte by byte is one request"""
    with Wire(target) as wire:
        wire.send(*[bytes([byte]) for byte in get(b"X: a")], pause=0.001)
        wire.send(PROBE)
        expect_probe(wire, OK)
        expect_probe(wire, OK)


@case
def version_10(target):
    """HTTP/1.0 is answered and closed, with `keep-alive` or not"""
    for fields in [(), (b"Connection: keep-alive",)]:
        with Wire(target) as wire:
            wire.send(request(b"GET /livez HTTP/1.0", *fields) + PROBE)
            if wire.answer().status != OK or not wire.ends():
                raise Broken(f"{wire.unread!r}")


@case
def connection_close(target):
    """nothing behind `Connection: close` is read"""
    with Wire(target) as wire:
        wire.send(get(b"Connection: close") + PROBE)
        if wire.answer().fields.get("connection") != "close" or not wire.ends():
            raise Broken(f"{wire.unread!r}")


@case
def unread_body(target):
    """a connection whose body was not read is not used again"""
    for fields in [(b"Content-Length: 1000000",), (b"Transfer-Encoding: chunked",)]:
        with Wire(target) as wire:
            wire.send(request(b"POST /nowhere HTTP/1.1", *fields, body=b"fff\r\n" + PROBE))
            answer = wire.answer()
            if answer is None or not 400 <= answer.status < 500 or not wire.ends():
                raise Broken(f"{answer} {wire.unread!r}")


@case
def body_of_get(target):
    """GET with a body is refused, and the body is not the next request"""
    with Wire(target) as wire:
        wire.send(request(b"GET /v1/articles HTTP/1.1", b"Content-Length: %d" % len(PROBE), body=PROBE))
        answer = wire.answer()
        if answer is None or target.certificate and answer.status != 400:
            raise Broken(f"{answer}")
        if wire.answer(seconds=1) is not None:
            raise Broken("the body was taken for a request")


@case
def expect_continue(target):
    """`Expect: 100-continue` is answered before the body comes"""
    if not target.certificate:
        return
    with Wire(target) as wire:
        wire.send(post(b"Expect: 100-continue", b"Content-Length: %d" % len(BODY)))
        if wire.answer().status != 100:
            raise Broken("no 100")
        wire.send(BODY + PROBE)
        if wire.answer().status != 401:
            raise Broken("no answer to the body")
        expect_probe(wire, OK)


@case
def expect_continue_in_10(target):
    """HTTP/1.0 never gets a 100"""
    with Wire(target) as wire:
        wire.send(request(b"POST /v1/auth/token/refresh HTTP/1.0", b"Content-Type: application/json", b"Expect: 100-continue",
                          b"Content-Length: %d" % len(BODY), body=BODY))
        answer = wire.answer()
        if answer.status < 200 or not wire.ends():
            raise Broken(f"{answer}")


@case
def expect_refused_at_once(target):
    """what will not be read gets its answer in place of 100, and the connection ends"""
    with Wire(target) as wire:
        wire.send(request(b"POST /nowhere HTTP/1.1", b"Expect: 100-continue", b"Content-Length: 60"))
        answer = wire.answer()
        if not 400 <= answer.status < 500 or answer.fields.get("connection") != "close" or not wire.ends():
            raise Broken(f"{answer}")


@case
def expect_unknown(target):
    """an expectation that is not known is not met: no 100, the body is read as ever, or 417"""
    for value in [b"200-maybe", b"100-continue, x", b"100-continue;x", b""]:
        with Wire(target) as wire:
            wire.send(post(b"Expect: " + value, b"Content-Length: %d" % len(BODY), body=BODY))
            answer = wire.answer()
            if answer is None or answer.status not in (400, 401, 417):
                raise Broken(f"{value!r} was answered {answer}")


@case
def expect_with_body_at_once(target):
    """a client that does not wait for 100 is read all the same"""
    if not target.certificate:
        return
    with Wire(target) as wire:
        wire.send(post(b"Expect: 100-continue", b"Content-Length: %d" % len(BODY), body=BODY) + PROBE)
        answer = wire.answer()
        if answer.status == 100:
            answer = wire.answer()
        if answer.status != 401:
            raise Broken(f"{answer}")
        expect_probe(wire, OK)


@case
def pipelined_after_broken_chunks(target):
    """what is pipelined behind a request whose chunks are broken is never answered"""
    with Wire(target) as wire:
        wire.send(get() + chunked(b"zz\r\n") + PROBE)
        expect_probe(wire, OK)
        answer = wire.answer()
        if answer is None or not 400 <= answer.status < 500 or not wire.ends():
            raise Broken(f"{answer} {wire.unread!r}")


@case
def close_in_trailers(target):
    """`Connection: close` in a trailer may end the connection, and nothing else"""
    with Wire(target) as wire:
        wire.send(chunked(WHOLE[:-2] + b"Connection: close\r\n\r\n") + PROBE)
        if wire.answer().status not in (400, 401):
            raise Broken("the request was not answered")
        probe = wire.answer()
        if probe is not None and probe.status not in (OK, 400):
            raise Broken(f"the probe was answered {probe}")


@case
def split_anywhere(target):
    """a line end that is split over two writes is one line end"""
    whole = get(b"X: a")
    for place in [whole.index(b"\r\n") + 1, len(whole) - 1, len(whole) - 2, len(whole) - 3]:
        with Wire(target) as wire:
            wire.send(whole[:place], whole[place:])
            expect_probe(wire, OK)


def table(target):
    """Every case by name, as functions without arguments."""
    for name, function in CASES.items():
        yield name, lambda f=function: f(target)
    for name, statuses, data in refusals():
        def refuse(data=data, statuses=statuses):
            with Wire(target) as wire:
                wire.send(data + PROBE)
                expect_refused(wire, statuses)
        yield f"refused: {name}", refuse
    for name, data in broken_bodies():
        def break_body(data=data):
            with Wire(target) as wire:
                wire.send(data + PROBE)
                # The plain port has answered before it read a body.
                expect_refused(wire, (400, 413, 431))
        yield f"a body with {name}", break_body
    for name, statuses, data in taken():
        def take(data=data, statuses=statuses):
            with Wire(target) as wire:
                data = data or request(b"GET " + target.scheme.encode() + b"://localhost/livez HTTP/1.1")
                statuses = statuses if isinstance(statuses, tuple) else (statuses,)
                is_read = data.startswith(b"GET") or data.startswith(b"\r\n")
                if not target.certificate:
                    statuses = (OK, 400) if is_read else (400,)
                wire.send(data + PROBE)
                answer = wire.answer()
                if answer is None or answer.status not in statuses:
                    raise Broken(f"answered {answer}, not {statuses}")
                if answer.fields.get("connection") == "close":
                    if not wire.ends():
                        raise Broken(f"{wire.unread[:100]!r}")
                    if is_read and b"\r\nUpgrade:" not in data:
                        raise Broken("a good request ended the connection")
                else:
                    expect_probe(wire, OK)
        yield f"taken: {name}", take


def outcome(named):
    name, run = named
    try:
        run()
        return {"case": name, "ok": True, "detail": ""}
    except Exception as fault:  # whatever it is, the case did not hold
        return {"case": name, "ok": False, "detail": f"{type(fault).__name__}: {fault}"}


def main():
    global OK
    host, port = sys.argv[1:3]
    target = Target(host, int(port), certificate=sys.argv[3] if len(sys.argv) > 3 else None)
    OK = 200 if target.certificate else 308
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(outcome, table(target)))
    for each in outcomes:
        print(json.dumps(each))
    print(json.dumps({"cases": len(outcomes)}))


if __name__ == "__main__":
    main()
