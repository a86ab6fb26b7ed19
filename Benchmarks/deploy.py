"""From `halcyon deploy` of a 20 MB artefact to twelve hosts that serve it, and back."""

import time

from lab import Lab, Table, median, processor_seconds
from storefronts import Storefronts

PORT = 18621
ROUNDS = 3


def run(programs, quick):
    table = Table("`halcyon deploy` of a 20 MB artefact to 12 agents on this machine", [
        "what", "median s", "all rounds", "server's CPU s (median)"])
    with Lab(programs) as lab:
        fleet = Storefronts(lab, PORT, [f"127.0.3.{number}" for number in range(1, 13)])
        fleet.deploy("v0", fleet.pack("v0"))
        fleet.wait_until_served("v0")
        fleet.wait_until_settled()
        forth, back = [], []
        for number in range(1, 2 if quick else ROUNDS + 1):
            version = f"v{number}"
            path = fleet.pack(version, megabytes=20 + number)
            forth.append(timed(fleet, lambda: fleet.deploy(version, path), version))
            fleet.wait_until_settled()
            time.sleep(2)
            back.append(timed(fleet, lambda: rollback(fleet), "v0"))
            fleet.wait_until_settled()
            time.sleep(2)
        fleet.clear()
    for what, rows in (("deploy → every host serves it (upload, download, check, unpack, start, hand over)", forth),
                       ("rollback → every host serves the previous version (nothing is downloaded)", back)):
        seconds = [row[0] for row in rows]
        table.add(what, f"{median(seconds):.2f}", ", ".join(f"{value:.2f}" for value in seconds),
                  f"{median([row[1] for row in rows]):.2f}")
    return [table]


def rollback(fleet):
    fleet.server.call("POST", "/v1/rollouts/storefront/rollback", {"reason": "benchmark", "full": False})


def timed(fleet, action, version):
    pid = fleet.server.process.pid
    used, start = processor_seconds(pid), time.monotonic()
    action()
    fleet.wait_until_served(version)
    return time.monotonic() - start, processor_seconds(pid) - used
