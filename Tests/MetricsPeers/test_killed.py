"""Remote write and an agent's scrapes while the server is killed again and again: nothing that was acknowledged is lost.

usage: test_killed.py HALCYON [ROUNDS]
"""
import http.server
import os
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


class Ticks(http.server.BaseHTTPRequestHandler):
    """Shows every asker the next number."""
    shown = 0

    def do_GET(self):
        Ticks.shown += 1
        body = f"ticks {Ticks.shown}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Scraped:
    """An agent that scrapes such numbers. It keeps what the server has not acknowledged, so that all of them must arrive."""

    def __init__(self, program, folder, server):
        self.target = http.server.HTTPServer(("127.0.0.1", 0), Ticks)
        threading.Thread(target=self.target.serve_forever, daemon=True).start()
        config = os.path.join(folder, "prometheus.yml")
        with open(config, "w") as file:
            file.write(f"""scrape_configs:
  - job_name: ticks
    scrape_interval: 100ms
    scrape_timeout: 100ms
    static_configs: [{{ targets: ["127.0.0.1:{self.target.server_port}"] }}]
""")
        self.agent = serving.Process(
            [program, "agent", "--server", server.url, "--name", "killed-1", "--data", os.path.join(folder, "agent"),
             "--scrape-config", config], folder, "agent", server.environment)

    def check(self, server):
        """Of scrapes in a row, those that failed for want of time left a number out: as many as `up` is 0."""
        last = Ticks.shown

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
        self.target.shutdown()


def main(program, rounds):
    chance = random.Random(7)
    with serving.Folder() as folder:
        server = serving.Halcyon(program, folder, dev=True)
        scraped = Scraped(program, folder, server)
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
            scraped.check(server)
            print(f"ok: {rounds} kills, {steps * SERIES} acknowledged samples, none lost")
        finally:
            for writer in writers:
                writer.is_ending.set()
            scraped.end()
            server.process.end()
    print("test_killed passed")


main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5)
