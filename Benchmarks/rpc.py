"""flagd's evaluation protocol: processor time of one call beside grpc-go."""

import json
import os
import re
import shutil
import socket
import struct
import subprocess
import time

from lab import ROOT, Lab, Table, median, processor_seconds, resident_kilobytes, wait

CALL = "/flagd.evaluation.v1.Service/ResolveBoolean"
PORTS = (28013, 28015, 28113)
ATTRIBUTES = {
    "targetingKey": "user-7", "email": "me@example.com", "tier": "gold", "country": "DE", "age": 42.0, "beta": True,
    "plan": "team", "version": "1.4.2", "region": "eu-west-1", "device": "phone",
}


def field(number, content):
    size, length = len(content), b""
    while size >= 0x80:
        length += bytes([size & 0x7F | 0x80])
        size >>= 7
    return bytes([number << 3 | 2]) + length + bytes([size]) + content


def request():
    """A question with ten attributes, as protobuf."""
    members = b""
    for name, value in ATTRIBUTES.items():
        if isinstance(value, bool):
            content = b"\x20" + bytes([value])
        elif isinstance(value, float):
            content = b"\x11" + struct.pack("<d", value)
        else:
            content = field(3, value.encode())
        members += field(1, field(1, name.encode()) + field(2, content))
    return field(1, b"mine") + field(2, members)


def flags(count):
    plain = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off"}
    targeting = {"if": [{"==": [{"var": "email"}, "me@example.com"]}, "on", "off"]}
    return {"flags": {f"other-{i}": plain for i in range(count)} | {"mine": plain | {"targeting": targeting}}, "metadata": {"flagSetId": "bench"}}


def peer(programs):
    """grpc-go from Debian's packages, compiled; None where something for it is missing."""
    binary = os.path.join(programs, "rpc-peer")
    go = shutil.which("go") or os.path.join(programs, "go-peer", "bin", "go")
    if not os.path.exists("/usr/share/gocode/src/google.golang.org/grpc") or not shutil.which("protoc-gen-go") or not os.path.exists(go):
        return None
    source = os.path.join(ROOT, "Benchmarks", "rpc-peer")
    with Lab(programs) as lab:
        package = os.path.join(lab.folder, "src", "rpc-peer")
        shutil.copytree(source, package)
        types = "Mgoogle/protobuf/struct.proto=github.com/golang/protobuf/ptypes/struct"
        subprocess.run(["protoc", f"--go_out={types}:{lab.folder}/src", "-I", package, "peer.proto"], check=True)
        environment = dict(os.environ, GOPATH=f"{lab.folder}:/usr/share/gocode", GO111MODULE="off", GOFLAGS="", GOCACHE=f"{lab.folder}/cache")
        subprocess.run([go, "build", "-o", binary, "rpc-peer"], check=True, env=environment, cwd=lab.folder)
    return binary


def serve(lab, flag_file, evaluation, sync, *before):
    """halcyon server, with nothing but a flag file to do."""
    name = os.path.basename(flag_file)
    return lab.start(
        [*before, lab.program("halcyon"), "server", "--dev", "--data", f"{lab.folder}/{name}-data", "--listen", f"127.0.0.1:{evaluation + 1}",
         "--flags", flag_file, "--flagd", f"127.0.0.1:{evaluation}", "--flagd-sync", f"127.0.0.1:{sync}"],
        log=f"{name}.log")


def load(process, address, body, kind, seconds, *options):
    """Calls from 8 connections with 8 streams each: processor time of the server for one call, and calls a second.

    So many calls are made as take about that long. h2load could be told a time instead, but then leaves out what it had not counted when
    it began and ended, on a busy machine everything.
    """
    command = ["taskset", "-c", "1", "h2load", "-c", "8", "-m", "8", "-t", "1", "-d", body, "-H", f"content-type: {kind}", "-H", "te: trailers", *options]

    def made(count):
        start = time.monotonic()
        output = subprocess.run([*command, "-n", str(count), f"http://{address}{CALL}"], check=True, capture_output=True, text=True).stdout
        done = int(re.search(r"(\d+) succeeded", output)[1])
        if done != count:
            raise RuntimeError(output)
        return count / (time.monotonic() - start)

    made(1000)
    count = max(int(made(2000) * seconds), 2000)
    before = processor_seconds(process.pid)
    rate = made(count)
    return (processor_seconds(process.pid) - before) / count * 1e6, rate


def calls(lab, quick):
    table = Table("One ResolveBoolean with a context of ten attributes, one core, 64 calls at once", ["server", "µs of processor a call", "of grpc-go's", "calls a second", "MB"])
    flag_file, proto, grpc = (os.path.join(lab.folder, name) for name in ("flags.json", "proto", "grpc"))
    with open(flag_file, "w") as file:
        json.dump(flags(999), file)
    for path, content in ((proto, request()), (grpc, struct.pack(">BI", 0, len(request())) + request())):
        with open(path, "wb") as file:
            file.write(content)
    own = serve(lab, flag_file, *PORTS[:2], "taskset", "-c", "0")
    addresses = [f"127.0.0.1:{port}" for port in PORTS]
    rows = [
        ("halcyon, gRPC", own, addresses[0], grpc, "application/grpc", []),
        ("halcyon, Connect over HTTP/2", own, addresses[0], proto, "application/proto", []),
        ("halcyon, Connect over HTTP/1.1", own, addresses[0], proto, "application/proto", ["--h1"]),
    ]
    other = peer(lab.programs)
    if other:
        process = lab.start(["taskset", "-c", "0", other, addresses[2]], environment={"GOMAXPROCS": "1"})
        rows.append(("grpc-go, without an evaluation", process, addresses[2], grpc, "application/grpc", []))
    else:
        table.notes.append("grpc-go is left out: go, golang-google-grpc-dev, golang-goprotobuf-dev and protobuf-compiler are not all here.")
    wait("the servers", lambda: all(answers(port) for port in PORTS[: 3 if other else 2]))
    figures = {name: [] for name, *_ in rows}
    for _ in range(1 if quick else 3):
        for name, process, address, body, kind, options in rows:
            figures[name].append(load(process, address, body, kind, 1 if quick else 4, *options))
    middle = {name: median([used for used, _ in all]) for name, all in figures.items()}
    base = middle.get("grpc-go, without an evaluation")
    for name, process, *_ in rows:
        rate = median([rate for _, rate in figures[name]])
        ratio = f"{middle[name] / base:.2f}" if base else ""
        table.add(name, f"{middle[name]:.1f}", ratio, f"{rate:,.0f}", resident_kilobytes(process.pid) // 1024)
    return table


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def run(programs, quick):
    with Lab(programs) as lab:
        return [calls(lab, quick)]
