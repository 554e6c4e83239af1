"""Known attacks on the edge, each a bounded run beside a client that behaves.

    attacks.py HOST PORT PATH CERTIFICATE PROCESS_ID OPS_PORT [quick|all|NAME…]

PATH is what the behaving client asks for. Prints one JSON document a line: {"attack", "ended", "requests", "seconds",
"mebibytes": {"before", "most", "after"}, "p99_ms": {"quiet", "beside"}, "failed"}; `ended` says how the attacker was
stopped, `failed` lists the behaving client's failures.
"""

import json
import os
import resource
import sys
import time

import connection_attacks  # noqa: F401  (each registers its attacks)
import edge_attacks  # noqa: F401
import http1_attacks  # noqa: F401
import http2_attacks  # noqa: F401
import tls_attacks  # noqa: F401
from attacking import ATTACKS, Behaving, Victim, measured
from raw_http2 import Target


def main():
    host, port, path, certificate, process, ops_port, *names = sys.argv[1:]
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    target = Target(host, int(port), certificate=certificate, path=path)
    victim = Victim(int(process), int(ops_port))
    if not names or names == ["quick"]:
        names = [name for name, chosen in ATTACKS.items() if not chosen.is_slow]
    elif names == ["all"]:
        names = list(ATTACKS)
    client = Behaving(target)
    time.sleep(1)
    quiet, _ = client.since_last()
    victim.baseline = victim.connections
    for name in names:
        print(json.dumps(measured(target, victim, client, name, quiet)), flush=True)
    client.end()


if __name__ == "__main__":
    os.environ.pop("SSLKEYLOGFILE", None)
    main()
