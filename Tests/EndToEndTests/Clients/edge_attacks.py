"""Attempts to be taken for somebody else, or to reach what is closed."""

from attacking import attack
from raw_http1 import Wire
from raw_http2 import Broken, Connection

# What must never be reached without a token, or from outside at all.
CLOSED = ["/v1/users/me", "/v1/auth/sessions", "/internal/auth/revocations", "/internal/user/profiles"]
# Ways to write one path, as another reader might understand it.
SPELLINGS = [
    "{0}", "/{0}", "{0}/", "{0}//", "/.{0}", "/./{0}", "/x/..{0}", "/livez/..{0}", "/livez/../{0}", "/livez/..;{0}",
    "/livez/..;/{0}", "/livez/..;x=1{0}", "/livez/.;/..;{0}", "/livez/..%3b{0}", "/livez/%2e%2e%3Bx{0}", "/livez/%2e%2e{0}", "/livez/%2E%2E%2F{0}", "/livez%2f..{0}", "/livez/..%2f{0}", "/livez/..%5c{0}",
    "/livez\\..{0}", "/livez/%252e%252e{0}", "/livez%00{0}", "{0}%00", "{0}%00.json", "{0};", "{0};a=b", "{0};.json", "{0}.json",
    "{0}%20", "{0}%09", "{0}%0a", "{0}%0d%0aX:a", "{0}%23", "{0}%3f", "{0}?", "{0}?/livez", "{0}#/livez", "{0}/.", "{0}/..", "{0}/..;/me",
    "{0}/%2e", "{0}%2f", "{0}%5c", "{0}%c0%af", "{0}%c0%ae", "{0}%u002f", "{0}%ff", "%2f{0}", "/%2f{0}", "//localhost{0}", "/%09{0}",
    "http://localhost{0}", "https://localhost{0}", "http://elsewhere.example{0}", "https://localhost:1{0}", "\\{0}", "*{0}",
]


def spelled():
    for path in CLOSED:
        for spelling in SPELLINGS:
            yield spelling.format(path)
        yield path.upper()
        yield path.title()
        # Every letter escaped, once and twice.
        yield "/" + "/".join("".join(f"%{ord(letter):02x}" for letter in part) for part in path.split("/")[1:])
        yield path.replace("/", "//")
        yield path.replace("e", "%65", 1)
        yield path.replace("e", "%2565", 1)
        yield path.replace("s", "\u017f", 1)
        yield path.replace("/", "%2f")
        yield path.replace("/", "\\")


@attack(attackers=1)
def path_confusion(target):
    """However it is spelled, what is closed stays closed, over both versions of HTTP."""
    reached, connection, stream = [], None, 1
    for path in spelled():
        if connection is None or connection.is_closed or stream > 60:
            connection, stream = Connection(target).greeted(), 1
        try:
            connection.get(stream, path=path.encode())
            if connection.answered(stream) not in (400, 401, 404):
                reached.append(f"{path} over HTTP/2")
        except Broken:
            # Reset: as good as 400.
            connection = None
        stream += 2
        with Wire(target) as wire:
            wire.send(b"GET " + path.encode() + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            answer = wire.answer()
            target.sent += 1
            if answer is None or answer.status not in (400, 401, 404):
                reached.append(f"{path} over HTTP/1.1: {answer}")
    return f"not held: {reached}" if reached else "held"


# Fields by which proxies and frameworks let somebody else say who calls, from where, what and how.
SPOOFED = {
    "causeway-caller": "v1.eyJzdWIiOiJhZG1pbiJ9.AAAA", "causeway-deadline-ms": "7", "x-request-id": "spoofed-request",
    "x-forwarded-for": "203.0.113.7", "x-forwarded-host": "spoofed.example", "x-forwarded-proto": "http",
    "x-forwarded-port": "1", "x-forwarded-prefix": "/spoofed", "x-forwarded-user": "admin", "x-forwarded-email": "admin@example.com",
    "x-forwarded-server": "spoofed.example", "forwarded": "for=203.0.113.7;host=spoofed.example;proto=http", "x-real-ip": "203.0.113.7",
    "true-client-ip": "203.0.113.7", "cf-connecting-ip": "203.0.113.7", "x-client-ip": "203.0.113.7", "client-ip": "203.0.113.7",
    "x-cluster-client-ip": "203.0.113.7", "fastly-client-ip": "203.0.113.7", "x-originating-ip": "203.0.113.7", "via": "1.1 spoofed",
    "x-original-url": "/v1/users/me", "x-rewrite-url": "/v1/users/me", "x-original-method": "DELETE", "x-http-method-override": "DELETE",
    "x-http-method": "DELETE", "x-method-override": "DELETE", "x-remote-user": "admin", "remote-user": "admin", "x-user": "admin",
    "x-user-id": "admin", "x-roles": "admin", "x-authenticated-userid": "admin", "x-consumer-username": "admin", "x-webauth-user": "admin",
    "x-ssl-client-cert": "spoofed", "ssl-client-verify": "SUCCESS", "x-client-cert": "spoofed", "client-cert": ":c3Bvb2ZlZA==:",
    "x-envoy-original-path": "/v1/users/me", "x-envoy-internal": "true", "x-amzn-oidc-identity": "admin", "proxy": "http://spoofed.example",
    "proxy-authorization": "Basic YWRtaW46YWRtaW4=", "host-override": "spoofed.example", "x-host": "spoofed.example",
    "x-accel-redirect": "/v1/users/me", "x-sendfile": "/etc/passwd", "grpc-timeout": "1n", "max-forwards": "0", "x-internal": "true",
}


@attack(attackers=1)
def spoofed_fields(target):
    """No field of a client says who it is, where it is, or what it asks for, alone or nominated by `Connection`."""
    wrong = []
    for name, value in SPOOFED.items():
        with Connection(target).greeted() as connection:
            for stream, (method, path, expected) in enumerate([
                    ("GET", "/livez", 200), ("GET", "/v1/users/me", 401), ("GET", "/v1/articles?limit=1", 200),
                    ("GET", "/internal/auth/revocations", 404)]):
                connection.headers(2 * stream + 1, target.request(method, path=path, extra=[(name, value)]))
                status = connection.answered(2 * stream + 1)
                if status != expected:
                    wrong.append(f"{name} with {path}: {status}")
        for nominated in [name, "authorization, " + name, "close, host, " + name]:
            with Wire(target) as wire:
                wire.send(f"GET /v1/users/me HTTP/1.1\r\nHost: localhost\r\n{name}: {value}\r\nAuthorization: Bearer spoofed\r\n"
                          f"Connection: {nominated}\r\n\r\n".encode())
                answer = wire.answer()
                target.sent += 1
                if answer is None or answer.status != 401 or len(value) > 6 and value in str(answer.fields):
                    wrong.append(f"{name} nominated by {nominated}: {answer}")
    return f"not held: {wrong}" if wrong else "held"


@attack(attackers=1)
def smuggled_requests(target):
    """A second request within the body of the first: however the length is told, it is not read as one."""
    inner = b"GET /v1/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
    wrong = []
    for fields in [b"Content-Length: 4\r\nTransfer-Encoding: chunked", b"Transfer-Encoding: chunked\r\nContent-Length: 4",
                   b"Transfer-Encoding : chunked\r\nContent-Length: 4", b"Transfer-Encoding:\x0bchunked\r\nContent-Length: 4",
                   b"Transfer-Encoding: x\r\nTransfer-Encoding: chunked", b"X: a\r\n Transfer-Encoding: chunked\r\nContent-Length: 4",
                   b"X: a\nTransfer-Encoding: chunked\r\nContent-Length: 4", b"Content-Length: 0\r\nContent-Length: 44",
                   b"Content-Length: 0, 44", b"Content-Length: +44", b"Transfer_Encoding: chunked\r\nContent-Length: 4"]:
        for body in [b"0\r\n\r\n" + inner, b"1e\r\n" + inner, inner]:
            with Wire(target) as wire:
                wire.send(b"POST /v1/auth/token/refresh HTTP/1.1\r\nHost: localhost\r\n" + fields + b"\r\n\r\n" + body)
                answers = []
                while (answer := wire.answer()) is not None:
                    answers.append(answer.status)
                target.sent += 1
                if len(answers) != 1 or answers[0] not in (400, 501):
                    wrong.append(f"{fields!r}: {answers}")
    # Over HTTP/2, where the fields would become those of HTTP/1.1 behind an edge that is not careful.
    for extra in [[("transfer-encoding", "chunked")], [("content-length", "0"), ("content-length", "44")], [("x", "a\r\nhost: b")],
                  [("x: a\r\nx", "b")], [("content-length", "4")]]:
        with Connection(target).greeted() as connection:
            connection.headers(1, target.request("POST", path="/v1/auth/token/refresh", extra=extra), 0x4)
            connection.frame(0, 1, 1, inner)
            try:
                connection.refused(1)
            except Broken as fault:
                wrong.append(f"{extra}: {fault}")
    return f"not held: {wrong}" if wrong else "held"
