"""What the benchmarks share: programs, processes, the API, and figures."""

import glob
import http.client
import json
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Lab:
    """A folder and the processes of one benchmark; all of it is gone at the end."""

    def __init__(self, programs):
        self.programs = programs
        self.folder = tempfile.mkdtemp(prefix="halcyon-benchmark-")
        self.processes = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            self.end(process)
        shutil.rmtree(self.folder, ignore_errors=True)

    def program(self, name):
        return os.path.join(self.programs, name)

    def compiled(self, name, *libraries):
        """A C program beside this file, one file or a folder of them, compiled when it changed."""
        place = os.path.join(ROOT, "Benchmarks", name)
        files = sorted(glob.glob(place + "/*.[ch]")) or [place + ".c"]
        binary = os.path.join(self.programs, name)
        if not os.path.exists(binary) or os.path.getmtime(binary) < max(map(os.path.getmtime, files)):
            sources = [file for file in files if file.endswith(".c")]
            subprocess.run(["cc", "-O2", "-Wall", "-D_GNU_SOURCE", "-o", binary, *sources, *libraries], check=True)
        return binary

    def start(self, arguments, log=None, **options):
        environment = dict(os.environ, HALCYON_HOME=os.path.join(self.folder, "home"))
        environment.update(options.pop("environment", {}))
        if log:
            options["stdout"] = open(os.path.join(self.folder, log), "ab")
            options["stderr"] = subprocess.STDOUT
        process = subprocess.Popen(arguments, env=environment, **options)
        self.processes.append(process)
        return process

    def end(self, process, signal="terminate"):
        if process.poll() is None:
            getattr(process, signal)()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if process in self.processes:
            self.processes.remove(process)

    def log(self, name):
        with open(os.path.join(self.folder, name)) as file:
            return file.read()


class Server:
    """A control plane with tokens, as people run it."""

    def __init__(self, lab, port):
        self.lab, self.port = lab, port
        self.token = self.join_token = None
        self.start()

    def start(self):
        listen = f"127.0.0.1:{self.port}"
        self.process = self.lab.start(
            [self.lab.program("halcyon"), "server", "--data", self.lab.folder + "/server", "--listen", listen,
             "--flagd", "off", "--flagd-sync", "off"],
            log="server.log")
        wait("the server to answer", lambda: "listening on" in self.lab.log("server.log"))
        if not self.token:
            self.token = re.search(r"halcyon_admin_\w+", self.lab.log("server.log"))[0]
            with open(self.lab.folder + "/server/join-token") as file:
                self.join_token = file.read().strip()
        wait("the server to be ready", self.is_ready)

    def is_ready(self):
        try:
            return self.call("GET", "/readyz", raw=True)[0] == 200
        except OSError:
            return False

    def call(self, method, path, body=None, raw=False):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body, separators=(",", ":")), headers)
        response = connection.getresponse()
        text = response.read()
        connection.close()
        if raw:
            return response.status, text
        if response.status // 100 != 2:
            raise RuntimeError(f"{method} {path}: {response.status} {text[:500]}")
        return json.loads(text) if text else None

    def apply(self, text):
        self.call("POST", "/v1/apply", {"files": [{"name": "bench.yaml", "text": text}], "dryRun": False, "prune": False})

    def phase(self, service):
        """Of the service's newest rollout, without the whole view."""
        return self.call("GET", f"/v1/rollouts/{service}")["phase"]


def wait(what, until, seconds=120.0, every=0.02):
    end = time.monotonic() + seconds
    while not until():
        if time.monotonic() > end:
            raise RuntimeError(f"{seconds:.0f} s were not enough for {what}")
        time.sleep(every)


def processor_seconds(pid):
    """What all threads of a process have used, to the nanosecond."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{thread}/schedstat") as file:
                total += int(file.read().split()[0])
        except FileNotFoundError:
            pass
    return total / 1e9


def resident_kilobytes(pid):
    with open(f"/proc/{pid}/status") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1])


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median(values):
    return statistics.median(values)


def machine():
    with open("/proc/cpuinfo") as file:
        model = re.search(r"model name\s*:\s*(.*)", file.read())[1]
    with open("/proc/meminfo") as file:
        memory = int(re.search(r"MemTotal:\s+(\d+)", file.read())[1]) / 1048576
    with open("/proc/loadavg") as file:
        load = file.read().split()[0]
    release = " ".join(os.uname()[i] for i in (0, 2, 4))
    return f"{os.cpu_count()} processors ({model}), {memory:.0f} GiB, {release}; load {load} when the run began"


class Table:
    def __init__(self, title, columns):
        self.title, self.columns, self.rows, self.notes, self.failed = title, columns, [], [], False

    def add(self, *cells):
        self.rows.append([f"{cell:.3g}" if isinstance(cell, float) else str(cell) for cell in cells])

    def markdown(self):
        lines = [f"### {self.title}", "", "| " + " | ".join(self.columns) + " |", "|" + "---|" * len(self.columns)]
        lines += ["| " + " | ".join(row) + " |" for row in self.rows]
        if self.notes:
            lines += ["", *self.notes]
        return "\n".join(lines) + "\n"
