"""Compression: what each coding and quality costs, and gains."""

import os
import subprocess

from machine import CLIENT_CORE, on_core


def measure(rounds):
    program = f"{os.environ['BENCH_PROGRAMS']}/CompressionBench"
    subprocess.run(on_core(CLIENT_CORE, [program, str(rounds)]), check=True)
