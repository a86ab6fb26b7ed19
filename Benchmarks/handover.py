"""One host under load while its service changes versions again and again: no request may be lost."""

import json
import subprocess
import time

from lab import Lab, Table
from storefronts import Storefronts

PORT = 18631
ADDRESS = "127.0.4.1"
HANDOVERS = 22
RATE = 1500


def run(programs, quick):
    table = Table("Hand-overs under load, one host, half of the requests on kept connections and half on new ones", [
        "hand-overs", "requests", "failed", "by transport", "median ms", "p99 ms", "seconds"])
    with Lab(programs) as lab:
        fleet = Storefronts(lab, PORT, [ADDRESS])
        for version in ("v1", "v2"):
            fleet.deploy(version, fleet.pack(version))
            fleet.wait_until_served(version)
            fleet.wait_until_settled()
        load = lab.start(
            [lab.program("storefront-load"), "--rate", str(RATE), "-o", "json", f"{ADDRESS}:8000"],
            stdout=subprocess.PIPE, text=True)
        start, count = time.monotonic(), 4 if quick else HANDOVERS
        for number in range(count):
            version = ("v1", "v2")[number % 2]
            fleet.deploy(version)
            fleet.wait_until_served(version)
            fleet.wait_until_settled()
            time.sleep(1)
        seconds = time.monotonic() - start
        load.terminate()
        total = json.loads(load.stdout.read().strip().splitlines()[-1])["total"]
        load.wait()
        fleet.clear()
    failed = total["failedByAnswer"] + total["failedByTransport"]
    table.add(count, total["sent"], failed, total["failedByTransport"], total["medianMilliseconds"],
              total["p99Milliseconds"], f"{seconds:.0f}")
    if failed:
        table.notes.append(f"What failed: {total['transportFailures']} {total['failedAnswers']}")
        table.failed = True
    if total["sent"] < count * 100:
        table.notes.append("Too few requests were sent to say anything.")
        table.failed = True
    return [table]
