"""The server is killed while everybody listens to it, flags change, and it comes back: nobody stops, and everybody follows.

  test_lost_server.py FOLDER   where FOLDER has halcyon and storefront
"""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.request

from openfeature import api
from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.contrib.provider.flagd.config import CacheType, ResolverType
from openfeature.evaluation_context import EvaluationContext

PROGRAMS = pathlib.Path(sys.argv.pop(1)).resolve()
USER = EvaluationContext("user-1")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def eventually(what, condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"never came true: {what}")
        time.sleep(0.05)


class Server:
    def __init__(self, folder):
        self.folder, self.file = folder, folder / "flags.json"
        self.http, self.evaluation, self.sync = (free_port() for _ in range(3))
        self.url = f"http://127.0.0.1:{self.http}"
        self.set(False)
        self.start()

    def start(self):
        command = [PROGRAMS / "halcyon", "server", "--dev", "--data", self.folder / "data", "--listen", f"127.0.0.1:{self.http}"]
        command += ["--flagd", f"127.0.0.1:{self.evaluation}", "--flagd-sync", f"127.0.0.1:{self.sync}", "--flags", self.file]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        eventually("the server answers", lambda: self.get("/readyz") == 200)

    def get(self, path):
        try:
            return urllib.request.urlopen(self.url + path, timeout=10).status
        except OSError:
            return None

    def set(self, new):
        flag = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "on" if new else "off"}
        self.file.with_suffix(".new").write_text(json.dumps({"flags": {"new-checkout": flag}}))
        self.file.with_suffix(".new").replace(self.file)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


class Storefront:
    """A program with the Swift SDK in it."""

    def __init__(self, server):
        self.port = free_port()
        self.process = subprocess.Popen(
            [PROGRAMS / "storefront", "--port", str(self.port)], env=os.environ | {"HALCYON_SERVER": server},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        eventually("the storefront answers", lambda: self.page() is not None)

    def page(self):
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=10).read().decode()
        except OSError:
            return None

    def new_checkout(self):
        return "one click" in self.page()


class LostServer(unittest.TestCase):
    def test_kill_and_return(self):
        with tempfile.TemporaryDirectory(prefix="halcyon-lost-") as folder:
            server = Server(pathlib.Path(folder))
            shop = Storefront(server.url)
            clients = {}
            for kind, port in ((ResolverType.RPC, server.evaluation), (ResolverType.IN_PROCESS, server.sync)):
                # Its cache would outlive a server that is back within five seconds.
                provider = FlagdProvider(
                    host="127.0.0.1", port=port, resolver_type=kind, deadline_ms=5000, retry_backoff_ms=100, retry_backoff_max_ms=500,
                    cache=CacheType.DISABLED)
                api.set_provider_and_wait(provider, kind.value)
                clients[kind] = api.get_client(kind.value)
            raw = threading.Thread(target=self.listen, args=(server.url,), daemon=True)
            self.events = 0
            raw.start()
            eventually("the event stream speaks", lambda: self.events)
            try:
                self.run_through(server, shop, clients)
                raw.join(20)
                self.assertFalse(raw.is_alive(), "the event stream of a killed server did not end")
            finally:
                api.shutdown()
                for process in (shop.process, server.process):
                    process.terminate()
                    self.assertEqual(process.wait(30), 0)

    def run_through(self, server, shop, clients):
        def answers():
            return [client.get_boolean_value("new-checkout", False, USER) for client in clients.values()] + [shop.new_checkout()]

        for round_ in range(3):
            before, after = bool(round_ % 2), not round_ % 2
            eventually("everybody has the flag", lambda: answers() == [before] * 3)
            server.kill()
            # Who evaluates by itself goes on with the flags as they were; who asks gets the caller's default.
            asked, *own = answers()
            self.assertEqual((asked, own), (before and asked, [before] * 2))
            server.set(after)
            start = time.monotonic()
            for _ in range(20):
                shop.page()
            self.assertLess(time.monotonic() - start, 5, "evaluations wait for a lost server")
            server.start()
            eventually("everybody has the new flag", lambda: answers() == [after] * 3)

    def listen(self, server):
        request = urllib.request.Request(server + "/ofrep/v1/evaluate/flags", b"{}", {"Content-Type": "application/json"})
        path = json.loads(urllib.request.urlopen(request, timeout=10).read())["eventStreams"][0]["endpoint"]["requestUri"]
        try:
            for line in urllib.request.urlopen(server + path, timeout=60):
                self.events += line.startswith(b"data:")
        except OSError:
            pass


if __name__ == "__main__":
    program = unittest.main(verbosity=2, exit=False)
    sys.exit(not program.result.wasSuccessful())
