"""The proxies of `make bench-edge`: how each is set up to do the same, one worker on one core.

TLS 1.3 and HTTP/2 in with the gateway's own certificate; out over h2c where the proxy can, else HTTP/1.1 with kept
connections. No access log but the gateway's. Whatever is not said is the proxy's own default.
"""

import os
import re

from machine import SERVER_CORE, CLIENT_CORE, Server, accepts, answers, free_port, output_of

GATEWAY = "gateway"
SMALL_BYTES, LARGE_BYTES = 512, 100 * 1024
# Both need a token, so that no cache may keep them; the files of the origin have these names.
SMALL, LARGE = "/v1/users/me", "/v1/articles/large/draft"
# Anybody's, so that the edge may keep it.
KEPT = "/v1/articles/0190f0f0-0000-7000-8000-000000000000"
CONNECTIONS_MAX = 16_000


class Proxy:
    def __init__(self, name, version, command, port, environment=None, outward="h2c"):
        self.name, self.version, self.command, self.port = name, version, command, port
        self.environment, self.outward = environment, outward
        self.server = None

    def start(self):
        folder = os.environ["BENCH_FOLDER"]
        self.server = Server(self.name, self.command, f"{folder}/edge-{self.name}.log", self.environment)
        self.server.wait_until(lambda: accepts(self.port))

    def stop(self):
        if self.server:
            self.server.stop()
        self.server = None

    @property
    def pid(self):
        return self.server.pid

    def uri(self, path):
        return f"https://localhost:{self.port}{path}"

    @property
    def connect_to(self):
        return f"127.0.0.1:{self.port}"


class Gateway(Proxy):
    """The whole pipeline: token, revocations, limits, a log line for each request to a file."""

    def __init__(self, origin, revision, cache_megabytes=0):
        environment = dict(os.environ)
        if cache_megabytes > 0:
            # Beside the other one.
            environment.update({f"CAUSEWAY_GATEWAY_{name}_PORT": str(free_port()) for name in ["HTTPS", "HTTP", "OPS"]})
            environment["CAUSEWAY_GATEWAY_CACHE_MEGABYTES"] = str(cache_megabytes)
        self.ops = environment["CAUSEWAY_GATEWAY_OPS_PORT"]
        environment["CAUSEWAY_USER_ADDRESS"] = environment["CAUSEWAY_CONTENT_ADDRESS"] = f"127.0.0.1:{origin}"
        environment["CAUSEWAY_GATEWAY_CONNECTIONS_PER_ADDRESS_MAX"] = str(CONNECTIONS_MAX)
        environment["CAUSEWAY_GATEWAY_CONNECTIONS_MAX"] = str(CONNECTIONS_MAX)
        environment["CAUSEWAY_LOOPS"] = "1"
        super().__init__(
            f"{GATEWAY}, from its cache" if cache_megabytes > 0 else GATEWAY, revision,
            [os.environ["BENCH_BINARY"], "serve", "gateway"], int(environment["CAUSEWAY_GATEWAY_HTTPS_PORT"]), environment)

    def start(self):
        super().start()
        self.server.wait_until(lambda: answers(f"http://127.0.0.1:{self.ops}/readyz"))


class Origin:
    """h2o with two files, beside the load unless another core is named; it speaks h2c and HTTP/1.1 on one port."""

    def __init__(self, core=CLIENT_CORE):
        folder = f"{os.environ['BENCH_FOLDER']}/origin"
        for path, size in [(SMALL, SMALL_BYTES), (KEPT, SMALL_BYTES), (LARGE, LARGE_BYTES), ("/readyz", 2)]:
            os.makedirs(os.path.dirname(folder + path), exist_ok=True)
            with open(folder + path, "w", encoding="ascii") as file:
                file.write('{"text":"' + "x" * (size - 11) + '"}' if size > 11 else "ok")
        self.port = free_port()
        settings = _write(f"origin-{core}.conf", f"""
num-threads: 1
user: {_user()}
listen: {{host: 127.0.0.1, port: {self.port}}}
max-connections: 4096
http1-request-timeout: 3600
http2-idle-timeout: 3600
hosts:
  default:
    paths:
      "/":
        file.dir: {folder}
        file.mime.setdefaulttype: application/json
      "{KEPT}":
        file.file: {folder}{KEPT}
        file.mime.setdefaulttype: application/json
        header.add: "cdn-cache-control: max-age=3600"
""")
        self.server = Server(
            "the origin", ["h2o", "-c", settings], f"{os.environ['BENCH_FOLDER']}/edge-origin.log", core=core)
        self.server.wait_until(lambda: accepts(self.port))

    def stop(self):
        self.server.stop()


def revision():
    return output_of("git", "-C", os.environ["repository"], "describe", "--always", "--dirty")


def proxies(origin):
    """All, the gateway first."""
    keys = os.environ["CAUSEWAY_KEYS_DIRECTORY"]
    certificate, key = f"{keys}/gateway-certificate.pem", f"{keys}/gateway-key.pem"
    return [
        Gateway(origin, revision()), _nginx(origin, certificate, key), _haproxy(origin, certificate, key),
        _h2o(origin, certificate, key), _nghttpx(origin, certificate, key), _caddy(origin, certificate, key)]


def _nginx(origin, certificate, key):
    port, folder = free_port(), os.environ["BENCH_FOLDER"]
    paths = "\n".join(
        f"  {name}_temp_path {folder}/nginx-{name};" for name in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"])
    settings = _write("nginx.conf", f"""
daemon off;
master_process off;
user {_user()};
pid {folder}/nginx.pid;
error_log stderr warn;
worker_rlimit_nofile {CONNECTIONS_MAX + 4000};
events {{ worker_connections {CONNECTIONS_MAX}; }}
http {{
{paths}
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 3600s;
  upstream origin {{ server 127.0.0.1:{origin}; keepalive 600; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{port} ssl http2 backlog=4096;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_tickets on;
    location / {{
      proxy_pass http://origin;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_buffers 16 16k;
    }}
  }}
}}
""")
    return Proxy("nginx", _version("nginx", "-v"), ["nginx", "-c", settings, "-p", folder], port, outward="HTTP/1.1")


def _haproxy(origin, certificate, key):
    port = free_port()
    with open(certificate, encoding="ascii") as first, open(key, encoding="ascii") as second:
        pem = _write("haproxy.pem", first.read() + second.read())
    settings = _write("haproxy.conf", f"""
global
  nbthread 1
  maxconn {CONNECTIONS_MAX // 2}
  ssl-default-bind-options ssl-min-ver TLSv1.2
defaults
  mode http
  timeout client 3600s
  timeout server 3600s
  timeout connect 5s
  http-reuse always
frontend edge
  bind 127.0.0.1:{port} ssl crt {pem} alpn h2,http/1.1
  default_backend origin
backend origin
  # Answers of HTTP/2 have no reason phrase, and h2load does not count answers of HTTP/1.1 without one.
  http-response set-status 200 reason OK if {{ status 200 }}
  server origin 127.0.0.1:{origin} proto h2
""")
    return Proxy("HAProxy", _version("haproxy", "-v"), ["haproxy", "-db", "-f", settings], port)


def _h2o(origin, certificate, key):
    port = free_port()
    settings = _write("h2o.conf", f"""
num-threads: 1
user: {_user()}
max-connections: {CONNECTIONS_MAX}
http1-request-timeout: 3600
http2-idle-timeout: 3600
listen:
  host: 127.0.0.1
  port: {port}
  ssl: {{certificate-file: {certificate}, key-file: {key}}}
hosts:
  default:
    paths:
      "/":
        proxy.reverse.url: "http://127.0.0.1:{origin}/"
        proxy.timeout.keepalive: 60000
""")
    return Proxy("h2o", _version("h2o", "--version"), ["h2o", "-c", settings], port, outward="HTTP/1.1")


def _nghttpx(origin, certificate, key):
    port = free_port()
    command = [
        "nghttpx", "--conf=/dev/null", "--single-process", "--workers=1", f"--frontend=127.0.0.1,{port}",
        f"--backend=127.0.0.1,{origin};;proto=h2", "--frontend-http2-read-timeout=3600s", "--errorlog-file=/dev/stderr",
        "--frontend-read-timeout=3600s", f"--worker-frontend-connections={CONNECTIONS_MAX}", "--backlog=4096",
        f"--rlimit-nofile={CONNECTIONS_MAX + 4000}", key, certificate]
    return Proxy("nghttpx", _version("nghttpx", "--version"), command, port)


def _caddy(origin, certificate, key):
    port, folder = free_port(), os.environ["BENCH_FOLDER"]
    settings = _write("Caddyfile", f"""
{{
    admin off
    auto_https off
    servers {{
        protocols h1 h2
        timeouts {{
            idle 1h
        }}
    }}
}}
https://localhost:{port} {{
    bind 127.0.0.1
    tls {certificate} {key}
    reverse_proxy h2c://127.0.0.1:{origin}
}}
""")
    environment = {"PATH": os.environ["PATH"], "HOME": folder, "GOMAXPROCS": "1"}
    command = ["caddy", "run", "--config", settings, "--adapter", "caddyfile"]
    return Proxy("Caddy", _version("caddy", "version"), command, port, environment)


def _write(name, text):
    path = f"{os.environ['BENCH_FOLDER']}/{name}"
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    os.chmod(path, 0o600)
    return path


def _user():
    """Whoever runs this: a proxy that gives its rights away could not read what is private to them."""
    return output_of("id", "-un")


def _version(*command):
    found = re.search(r"\d+\.\d+(\.\d+)?", output_of("sh", "-c", '"$@" 2>&1', "sh", *command))
    return found.group(0) if found else "?"
