"""Events: what an outbox row costs a write, and how fast and how late effects come."""

import os
import subprocess

from machine import CLIENT_CORE, on_core


def measure(rounds):
    program = f"{os.environ['BENCH_PROGRAMS']}/EventsBench"
    subprocess.run(on_core(CLIENT_CORE, [program, str(rounds)]), check=True)
