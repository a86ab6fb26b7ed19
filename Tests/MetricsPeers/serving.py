"""A server of ours, and a Prometheus, as child processes of a test."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request


def eventually(what, condition, seconds=60):
    end = time.monotonic() + seconds
    while True:
        try:
            value = condition()
            if value:
                return value
            problem = None
        except (OSError, KeyError, IndexError) as error:
            problem = error
        if time.monotonic() > end:
            raise AssertionError(f"never came true: {what} ({problem})")
        time.sleep(0.05)


def free_port(address="127.0.0.1"):
    with socket.socket() as sock:
        sock.bind((address, 0))
        return sock.getsockname()[1]


def get(url, token=None, **fields):
    """The data of an answer of the query API."""
    request = urllib.request.Request(url + ("?" + urllib.parse.urlencode(fields, doseq=True) if fields else ""))
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["data"]


class Process:
    def __init__(self, arguments, folder, name, environment=None):
        self.log = os.path.join(folder, name + ".log")
        self.process = subprocess.Popen(arguments, stdout=open(self.log, "ab"), stderr=subprocess.STDOUT,
                                        env=dict(os.environ, **(environment or {})))

    def end(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(60)

    def text(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()


class Halcyon:
    """Started with tokens, as people run it."""

    def __init__(self, program, folder, arguments=(), dev=False, ready="/prometheus/-/ready"):
        self.program, self.folder, self.arguments = program, folder, list(arguments) + (["--dev"] if dev else [])
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {"HOME": folder, "XDG_CONFIG_HOME": folder, "HALCYON_SERVER": self.url}
        self.process, self.ready = None, ready
        self.start()
        self.admin = None if dev else re.search(r"shown this once: (\S+)", self.process.text()).group(1)

    def start(self):
        self.process = Process(
            [self.program, "server", "--own-metrics-every", "0", "--data", os.path.join(self.folder, "data"), "--listen", f"127.0.0.1:{self.port}",
             "--flagd", "off", "--flagd-sync", "off"] + self.arguments,
            self.folder, "halcyon", self.environment)
        eventually("the server answers", lambda: urllib.request.urlopen(self.url + self.ready, timeout=5))

    def cli(self, *arguments, ok=True):
        environment = dict(os.environ, **self.environment)
        if self.admin:
            environment["HALCYON_TOKEN"] = self.admin
        done = subprocess.run([self.program, *arguments], env=environment, capture_output=True, text=True, timeout=60)
        if ok and done.returncode != 0:
            raise AssertionError(f"{arguments}: {done.stderr}")
        return done

    def token(self, name, role):
        return self.cli("token", "create", name, "--role", role).stdout.strip()

    @property
    def api(self):
        return self.url + "/prometheus/api/v1"


class Prometheus:
    """Debian's, with an empty configuration if it gets none; other words on its command line are the caller's."""

    def __init__(self, folder, *options, config=None, port=None):
        self.folder, self.options, self.port = folder, options, port or free_port()
        self.config = config or os.path.join(folder, "prometheus.yml")
        self.url = f"http://127.0.0.1:{self.port}"
        self.api, self.write = self.url + "/api/v1", self.url + "/api/v1/write"
        if not config:
            with open(self.config, "w", encoding="utf-8") as file:
                file.write("global: {}\n")
        self.start()

    def start(self):
        self.process = Process(
            ["prometheus", f"--config.file={self.config}", f"--storage.tsdb.path={self.folder}/prometheus",
             f"--web.listen-address=127.0.0.1:{self.port}", *self.options], self.folder, "prometheus")
        eventually("Prometheus is ready", lambda: urllib.request.urlopen(self.url + "/-/ready", timeout=5))

    def down(self):
        self.process.end(signal.SIGKILL)


class Folder:
    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="halcyon-metrics-")
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)
