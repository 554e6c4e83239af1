"""What every attack has in common: a client that behaves beside it, the memory of the process that is attacked, and how
many connections it has open."""

import json
import os
import subprocess
import sys
import threading
import time
import urllib.request

from raw_http2 import WINDOW_UPDATE, Broken, Connection, Target

RETURN_SECONDS = 30
# What the allocator may keep of what it was given.
MEBIBYTES_KEPT = 16
BEHAVING_ADDRESS = "127.0.0.2"


class Attack:
    """What runs, by how many threads at once, and whether it takes longer than a test may."""

    def __init__(self, run, attackers, is_slow):
        self.run, self.attackers, self.is_slow = run, attackers, is_slow


class _Attacks(dict):
    """A plain function is an attack by four, that is over soon."""

    def __setitem__(self, name, value):
        super().__setitem__(name, value if isinstance(value, Attack) else Attack(value, 4, False))


ATTACKS = _Attacks()


def attack(function=None, *, attackers=4, is_slow=False):
    """Marks a function of a `Target` as an attack. It says how it ended: by GOAWAY, `closed`, or `held` where the other
    side may let it go on; anything else is a defeat. What it sends it counts in `target.sent`."""
    if function is None:
        return lambda function: attack(function, attackers=attackers, is_slow=is_slow)
    ATTACKS[function.__name__.replace("_", "-")] = Attack(function, attackers, is_slow)
    return function


class Victim:
    """The process that is attacked."""

    def __init__(self, process, ops_port):
        self.process, self.ops_port = process, ops_port
        # Connections of those who are there all the time.
        self.baseline = 0

    @property
    def mebibytes(self):
        with open(f"/proc/{self.process}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS:"))

    @property
    def connections(self):
        """Connections that its HTTPS port has open."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ops_port}/metrics", timeout=20) as answer:
            lines = answer.read().decode().splitlines()
        def total(event):
            return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith("transport_events_total{")
                       and f'event="{event}"' in line and 'part="https"' in line)
        return int(total("accepted") - total("closed"))

    def connections_fall_to_baseline(self, seconds):
        """Whether nobody else has a connection open within so many seconds."""
        deadline = time.monotonic() + seconds
        while self.connections > self.baseline:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True


class Behaving:
    """A client in a process of its own, so that nothing of the attacker keeps it waiting but the victim."""

    def __init__(self, target):
        self._process = subprocess.Popen(
            [sys.executable, "-B", os.path.abspath(__file__), target.host, str(target.port), target.certificate,
             target.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self.since_last()

    def since_last(self):
        """p99 in ms and failures since this was asked before."""
        self._process.stdin.write(b"\n")
        found = json.loads(self._process.stdout.readline())
        return found["p99_ms"], found["failed"]

    def end(self):
        self._process.communicate(b"")


def behave(target):
    """One request after the other until standard input ends; tells of them at each of its lines."""
    asked, ended = threading.Event(), threading.Event()

    def listen():
        for _ in sys.stdin:
            asked.set()
        ended.set()
    threading.Thread(target=listen, daemon=True).start()
    seconds, failed, connection, stream = [], [], None, 1
    while not ended.is_set():
        if asked.is_set():
            asked.clear()
            seconds.sort()
            p99 = seconds[min(len(seconds) - 1, int(len(seconds) * 0.99))] * 1000 if seconds else None
            print(json.dumps({"p99_ms": p99 and round(p99, 2), "failed": failed}), flush=True)
            seconds, failed = [], []
        try:
            if connection is None:
                connection, stream = Connection(target).greeted(), 1
            began = time.monotonic()
            connection.get(stream)
            if connection.answered(stream) != 200:
                raise Broken("no 200")
            seconds.append(time.monotonic() - began)
            connection.heard.clear()
            if stream % 100 == 1:
                connection.frame(WINDOW_UPDATE, 0, 0, (1 << 18).to_bytes(4, "big"))
            stream += 2
            time.sleep(0.002)
        except (Broken, OSError) as fault:
            failed.append(f"{type(fault).__name__}: {fault}")
            connection = None


def measured(target, victim, client, name, quiet):
    """One document of what the attack did, and what the victim was like."""
    chosen = ATTACKS[name]
    victim.connections_fall_to_baseline(RETURN_SECONDS)
    target.sent, target.victim = 0, victim
    before = most = victim.mebibytes
    client.since_last()
    endings = []

    def run():
        try:
            endings.append(chosen.run(target))
        except Exception as fault:  # an attack that cannot even begin is a defeat too
            endings.append(f"failed: {type(fault).__name__}: {fault}")

    began = time.monotonic()
    attackers = [threading.Thread(target=run, daemon=True) for _ in range(chosen.attackers)]
    for attacker in attackers:
        attacker.start()
    while any(attacker.is_alive() for attacker in attackers):
        most = max(most, victim.mebibytes)
        time.sleep(0.02)
    seconds = time.monotonic() - began
    beside, failed = client.since_last()
    deadline = time.monotonic() + RETURN_SECONDS
    while victim.mebibytes - before > MEBIBYTES_KEPT and time.monotonic() < deadline:
        time.sleep(0.1)
    worst = next((ending for ending in endings if not ending.startswith(("GOAWAY", "closed", "held"))), None)
    return {"attack": name, "ended": worst or endings[0], "requests": target.sent, "seconds": round(seconds, 1),
            "mebibytes": {"before": round(before, 1), "most": round(most, 1), "after": round(victim.mebibytes, 1)},
            "p99_ms": {"quiet": quiet, "beside": beside}, "failed": failed}


if __name__ == "__main__":
    behave(Target(sys.argv[1], int(sys.argv[2]), certificate=sys.argv[3], path=sys.argv[4], source=BEHAVING_ADDRESS))
