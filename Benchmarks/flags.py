"""How long the evaluation of a flag takes within one process, beside libraries that do the same."""

import json
import os
import subprocess
import sys

from lab import ROOT, Lab, Table

PEERS = ["openfeature-flagd-core==2.0.0", "growthbook==4.0.0", "yggdrasil-engine==2.0.0", "statsig-python-core==0.24.2"]
EQUIVALENT = "evaluate: three conditions and a rollout"


def python(programs):
    """A Python with the peers; they are fetched once."""
    folder = os.path.join(programs, "flag-peers")
    interpreter = os.path.join(folder, "bin", "python")
    if not os.path.exists(interpreter):
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([interpreter, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PEERS], check=True)
    return interpreter


def lines(command):
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in output.splitlines() if line.startswith("{")]


def run(programs, quick):
    options = ["--quick"] if quick else []
    own = Table("Flags within one process (processor time of the thread, medians)", ["what", "figure", "unit"])
    peers = Table("The same flag elsewhere: three conditions and half of the users", ["library", "µs a call", "times as long"])
    with Lab(programs) as lab:
        figures = lines([lab.program("flags-evaluation"), *options])
    for figure in figures:
        value = figure["value"]
        own.add(figure["name"], f"{value:,.0f}" if value >= 1000 else f"{value:.3g}", figure["unit"])
    halcyon = next(figure["value"] for figure in figures if figure["name"] == EQUIVALENT)
    peers.add("halcyon, from Swift, one more condition on a version", f"{halcyon / 1000:.3f}", "1")
    for figure in lines([python(programs), os.path.join(ROOT, "Benchmarks", "flag_peers.py"), *options]):
        peers.add(figure["name"] + ", from Python", f"{figure['value'] / 1000:.2f}", f"{figure['value'] / halcyon:.0f}")
    return [own, peers]
