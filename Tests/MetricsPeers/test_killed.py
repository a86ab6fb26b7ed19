"""Remote write and an agent's scrapes while the server is killed again and again: nothing that was acknowledged is lost.

usage: test_killed.py HALCYON [ROUNDS]
"""
import os
import random
import signal
import sys
import time

import feeding
import serving

WRITERS, SERIES = 4, 25


class Ticks(feeding.Target):
    """Shows every asker the next number."""
    shown = 0

    def text(self, request):
        self.shown += 1
        return f"ticks {self.shown}\n"


class Scraped:
    """An agent that scrapes such numbers. It keeps what the server has not acknowledged, so that all of them must arrive."""

    def __init__(self, program, folder, server):
        self.target = Ticks()
        config = os.path.join(folder, "prometheus.yml")
        with open(config, "w") as file:
            file.write(f"""scrape_configs:
  - job_name: ticks
    scrape_interval: 100ms
    scrape_timeout: 100ms
    static_configs: [{{ targets: ["{self.target.address}"] }}]
""")
        self.agent = serving.Process(
            [program, "agent", "--server", server.url, "--name", "killed-1", "--data", os.path.join(folder, "agent"),
             "--scrape-config", config], folder, "agent", server.environment)

    def check(self, server):
        """Of scrapes in a row, those that failed for want of time left a number out: as many as `up` is 0."""
        last = self.target.shown

        def values(name, age="1h"):
            found = serving.get(server.api + "/query", query=f'{name}{{job="ticks"}}[{age}]')["result"]
            assert len(found) <= 1, found
            return [float(value) for _, value in found[0]["values"]] if found else []

        serving.eventually("what was scraped arrives", lambda: max(values("ticks"), default=0) > last)
        ticks = values("ticks")
        missing = set(range(1, int(max(ticks)) + 1)) - set(map(int, ticks))
        failed = values("up").count(0)
        assert len(missing) <= failed, f"scrapes {sorted(missing)} are lost, and {failed} failed"
        print(f"ok: {len(ticks)} scrapes of an agent, none of which was lost")

    def end(self):
        self.agent.end()
        self.target.end()


def main(program, rounds):
    chance = random.Random(7)
    with serving.Folder() as folder:
        server = serving.Halcyon(program, folder, dev=True)
        scraped = Scraped(program, folder, server)
        base = int(time.time() * 1000) - 3_600_000
        try:
            with feeding.Writers(WRITERS, server.api + "/write", base, SERIES) as writers:
                for _ in range(rounds):
                    writers.wait_for(40)
                    time.sleep(chance.random() * 0.3)
                    server.process.end(signal.SIGKILL)
                    server.start()
                writers.end()
            missing = sum(writer.missing(server.api) for writer in writers)
            assert missing == 0, f"{missing} of {writers.samples} acknowledged samples are lost"
            scraped.check(server)
            print(f"ok: {rounds} kills, {writers.samples} acknowledged samples, none lost")
        finally:
            scraped.end()
            server.process.end()
    print("test_killed passed")


main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5)
