"""How long a commit takes to be on disk, beside what the disk itself takes."""

import json
import os
import subprocess

from lab import Lab, Table


def run(programs, quick):
    table = Table("Store commits (600 bytes an event, durable before the answer)", ["what", "store", "the disk itself (4 KiB, fdatasync)", "ratio"])
    with Lab(programs) as lab:
        # Not in /tmp, which may be memory.
        folder = os.path.join(programs, "store-benchmark")
        subprocess.run(["rm", "-rf", folder], check=True)
        os.makedirs(folder)
        result = json.loads(subprocess.run([lab.program("store-commits"), folder], check=True, capture_output=True).stdout)
        subprocess.run(["rm", "-rf", folder], check=True)
    for name, what in (("Median", "one commit alone, median µs"), ("P99", "p99 µs")):
        single, plain = result["single" + name], result["plain" + name]
        table.add(what, f"{single:.0f}", f"{plain:.0f}", f"{single / plain:.2f}")
    for writers in (1, 8, 64):
        disk = 1e6 / result["plainMedian"]
        rate = result[f"commitsPerSecond{writers}"]
        table.add(f"commits a second, {writers} at once", f"{rate:.0f}", f"{disk:.0f}", f"{rate / disk:.2f}")
    return [table]
