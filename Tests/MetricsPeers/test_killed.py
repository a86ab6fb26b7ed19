"""Remote write while the server is killed again and again: nothing that was acknowledged is lost.

usage: test_killed.py HALCYON [ROUNDS]
"""
import random
import signal
import sys
import threading
import time

import serving
import wire

WRITERS, SERIES = 4, 25


class Writer(threading.Thread):
    """Sends samples of its own series, each batch until it is acknowledged, as Prometheus does."""

    def __init__(self, number, url, base):
        super().__init__(daemon=True)
        self.number, self.url, self.base = number, url, base
        self.acknowledged = 0
        self.is_ending = threading.Event()
        self.refused = []

    def labels(self, series):
        return {"__name__": "kept_total", "writer": str(self.number), "series": str(series)}

    def run(self):
        step = 0
        while not self.is_ending.is_set():
            batch = [(self.labels(one), [(self.base + step * 10, float(step))]) for one in range(SERIES)]
            status = wire.send(self.url, batch)
            if status in (200, 204):
                step += 1
                self.acknowledged = step
            elif 400 <= status < 500:
                self.refused.append(status)
                return
            else:
                self.is_ending.wait(0.02)


def main(program, rounds):
    chance = random.Random(7)
    with serving.Folder() as folder:
        server = serving.Halcyon(program, folder, dev=True)
        base = int(time.time() * 1000) - 3_600_000
        writers = [Writer(number, server.api + "/write", base) for number in range(WRITERS)]
        try:
            for writer in writers:
                writer.start()
            for _ in range(rounds):
                before = sum(writer.acknowledged for writer in writers)
                serving.eventually("some batches are acknowledged",
                                   lambda: sum(writer.acknowledged for writer in writers) >= before + 40)
                time.sleep(chance.random() * 0.3)
                server.process.end(signal.SIGKILL)
                server.start()
            for writer in writers:
                writer.is_ending.set()
            for writer in writers:
                writer.join(60)
                assert not writer.refused, writer.refused
            steps = sum(writer.acknowledged for writer in writers)
            missing = 0
            for writer in writers:
                found = serving.get(server.api + "/query", query=f'kept_total{{writer="{writer.number}"}}[2h]',
                                    time=(base + 3_600_000 + 600_000) / 1000)["result"]
                assert len(found) == SERIES, len(found)
                for one in found:
                    values = {round((float(when) * 1000 - base) / 10): float(value) for when, value in one["values"]}
                    missing += sum(values.get(step) != step for step in range(writer.acknowledged))
            assert missing == 0, f"{missing} of {steps * SERIES} acknowledged samples are lost"
            print(f"ok: {rounds} kills, {steps * SERIES} acknowledged samples, none lost")
        finally:
            for writer in writers:
                writer.is_ending.set()
            server.process.end()
    print("test_killed passed")


main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5)
