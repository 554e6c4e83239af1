"""The machine under a measurement: cores, processes, their CPU time and memory, and how a table looks."""

import os
import re
import signal
import socket
import statistics
import subprocess
import time
import urllib.request

TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")

_allowed = sorted(os.sched_getaffinity(0))
# Servers get one core, clients another: what one side spends cannot slow the other.
IS_PINNED = len(_allowed) >= 2
CLIENT_CORE, SERVER_CORE = _allowed[0], _allowed[1 if IS_PINNED else 0]


def on_core(core, command):
    return ["taskset", "-c", str(core), *command] if IS_PINNED else list(command)


class Server:
    """A process on the servers' core, unless another is named; it ends when this script does."""

    def __init__(self, name, command, log, env=None, core=SERVER_CORE):
        self.name = name
        self.started_at = time.monotonic()
        with open(log, "ab") as output:
            self.process = subprocess.Popen(
                on_core(core, ["setpriv", "--pdeathsig", "KILL", "--", *command]),
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=env, start_new_session=True)
        self.pid = self.process.pid
        self.log = log

    def wait_until(self, ready, seconds=30):
        """Seconds from start until `ready` says yes."""
        end = time.monotonic() + seconds
        while not ready():
            if self.process.poll() is not None:
                raise SystemExit(f"{self.name} ended at its start; {self.log} says why")
            if time.monotonic() > end:
                raise SystemExit(f"{self.name} was not ready within {seconds} s; {self.log} may say why")
            time.sleep(0.002)
        return time.monotonic() - self.started_at

    def stop(self, seconds=15):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def accepts(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def answers(url, opener=_direct):
    try:
        with opener.open(url, timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def children(pid):
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit() and _stat(entry)[1:2] == [str(pid)]:
            found.append(int(entry))
    return found


def wait_for_children(pid, count, seconds=5):
    """Until no more than `count` are left: what one that is ending has spent is its parent's only once it is reaped."""
    end = time.monotonic() + seconds
    while len(children(pid)) > count and time.monotonic() < end:
        time.sleep(0.01)


def cpu_ns(pid, tree=False):
    """CPU time of a process in nanoseconds, user and system; with `tree`, of its children too, living and reaped."""
    if not tree:
        return _own_ns(pid)
    fields = _stat(pid)
    reaped = (int(fields[13]) + int(fields[14])) * TICK_NS
    return _own_ns(pid) + reaped + sum(_own_ns(child) for child in children(pid))


def memory_kib(pid, tree=False):
    """Resident memory; of a tree what is its own (shared memory would count once for each process)."""
    if tree:
        return sum(_status(each, "RssAnon") for each in [pid, *children(pid)])
    return _status(pid, "VmRSS")


def _own_ns(pid):
    total = 0
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/schedstat") as file:
                total += int(file.read().split()[0])
    except FileNotFoundError:
        pass
    if total == 0 and (fields := _stat(pid)):
        # A kernel without schedstat: ticks of 10 ms.
        total = (int(fields[11]) + int(fields[12])) * TICK_NS
    return total


def _stat(pid):
    """The fields of /proc/<pid>/stat from the state on; empty when the process is gone."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _status(pid, name):
    try:
        with open(f"/proc/{pid}/status") as file:
            found = re.search(rf"^{name}:\s+(\d+)", file.read(), re.MULTILINE)
            return int(found.group(1)) if found else 0
    except (FileNotFoundError, ProcessLookupError):
        return 0


def output_of(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def median(values):
    return statistics.median(values)


def spread(values, decimals=2):
    """`median (least-most)`"""
    return f"{median(values):.{decimals}f} ({min(values):.{decimals}f}-{max(values):.{decimals}f})"


def print_table(title, head, rows):
    """Columns as wide as their widest cell; the first to the left, numbers to the right."""
    widths = [max(len(str(row[index])) for row in [head, *rows]) for index in range(len(head))]
    print(f"\n{title}\n")
    for row in [head, ["-" * width for width in widths], *rows]:
        cells = [str(cell) for cell in row]
        line = [cells[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:])]
        print("  " + "  ".join(line))
