"""What brings samples to the servers of a test: senders that lose nothing, and targets that are scraped."""
import http.server
import threading
import time

import serving
import wire


class Writer(threading.Thread):
    """Sends samples of its own series, each batch until it is acknowledged, as Prometheus does."""

    def __init__(self, number, url, base, series):
        super().__init__(daemon=True)
        self.number, self.url, self.base, self.series = number, url, base, series
        self.acknowledged, self.refused = 0, None
        self.is_ending = threading.Event()

    def run(self):
        while not self.is_ending.is_set():
            step = self.acknowledged
            batch = [({"__name__": "kept_total", "writer": str(self.number), "series": str(one)},
                      [(self.base + step * 10, float(step))]) for one in range(self.series)]
            status = wire.send(self.url, batch)
            if status in (200, 204):
                self.acknowledged = step + 1
            elif 400 <= status < 500:
                self.refused = status
                return
            else:
                self.is_ending.wait(0.02)

    def missing(self, api, promised=None):
        """How many samples the server with this query API does not have, of those that were promised: all that are acknowledged."""
        found = serving.get(api + "/query", query=f'kept_total{{writer="{self.number}"}}[2h]', time=time.time() + 600)
        kept = {one["metric"]["series"]: {round((float(when) * 1000 - self.base) / 10): float(value)
                                          for when, value in one["values"]} for one in found["result"]}
        steps = range(self.acknowledged if promised is None else promised)
        return sum(kept.get(str(one), {}).get(step) != step for one in range(self.series) for step in steps)


class Writers:
    """Some of them, who write for as long as the block lasts, or until they are ended."""

    def __init__(self, count, url, base, series):
        self.series, self.all = series, [Writer(number, url, base, series) for number in range(count)]

    def __enter__(self):
        for writer in self.all:
            writer.start()
        return self

    def __exit__(self, *_):
        for writer in self.all:
            writer.is_ending.set()
        for writer in self.all:
            writer.join(60)

    def end(self):
        self.__exit__()
        assert all(writer.refused is None for writer in self.all), [writer.refused for writer in self.all]

    def __iter__(self):
        return iter(self.all)

    @property
    def batches(self):
        return sum(writer.acknowledged for writer in self.all)

    @property
    def samples(self):
        return self.batches * self.series

    def wait_for(self, more, what="some batches are acknowledged"):
        before = self.batches
        serving.eventually(what, lambda: self.batches >= before + more)


class Target:
    """A web server of samples. Those that inherit say in `text` what it shows."""
    content_type = "text/plain; version=0.0.4"

    def __init__(self):
        target, lock = self, threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                with lock:
                    body = target.text(self).encode()
                self.send_response(200)
                self.send_header("Content-Type", target.content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def text(self, request):
        raise NotImplementedError

    def end(self):
        self.server.shutdown()
        self.server.server_close()
