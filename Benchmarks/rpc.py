"""flagd's protocols: processor time of one call beside grpc-go, and how soon a change is on all sync streams."""

import json
import os
import re
import select
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
    """Calls from 8 connections with 8 streams each: processor time of the server for one call, and calls a second."""
    command = ["taskset", "-c", "1", "h2load", "-c", "8", "-m", "8", "-t", "1", "-d", body, "-H", f"content-type: {kind}", "-H", "te: trailers", *options, f"http://{address}{CALL}"]
    subprocess.run([*command, "-D", "1"], check=True, capture_output=True)
    before = processor_seconds(process.pid)
    output = subprocess.run([*command, "-D", str(seconds)], check=True, capture_output=True, text=True).stdout
    used = processor_seconds(process.pid) - before
    done, failed = (int(re.search(rf"(\d+) {word}", output)[1]) for word in ("succeeded", "failed"))
    if failed or not done:
        raise RuntimeError(output)
    return used / done * 1e6, done / seconds


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


def frame(kind, flags_, stream, payload):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags_]) + struct.pack(">I", stream) + payload


def subscription(port):
    """The first bytes of a client that opens SyncFlags, and wants 16 MiB before it says more."""
    def literal(name, value):
        return b"\x00" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()

    headers = b"\x83\x86" + literal(":path", "/flagd.sync.v1.FlagSyncService/SyncFlags") + literal(":authority", "x")
    headers += literal("content-type", "application/grpc") + literal("te", "trailers")
    window = struct.pack(">HI", 4, 16 << 20)
    return (
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, window) + frame(8, 0, 0, struct.pack(">I", 16 << 20))
        + frame(1, 4, 1, headers) + frame(0, 1, 1, b"\0" * 5)
    )


def drain(sockets, poll, each, until):
    """Reads until every socket has had so many messages' end (`until` in its bytes); when each of them had it."""
    left, seen, times = set(sockets), dict.fromkeys(sockets, b""), []
    end = time.monotonic() + 60
    while left and time.monotonic() < end:
        for descriptor, _ in poll.poll(1):
            data = each[descriptor].recv(1 << 16)
            seen[descriptor] = seen[descriptor][-64:] + data
            if until in seen[descriptor] and descriptor in left:
                left.discard(descriptor)
                times.append(time.monotonic())
    if left:
        raise RuntimeError(f"{len(left)} streams heard nothing")
    return times


def fan_out(lab, quick):
    count = 200 if quick else 1000
    table = Table(f"A change reaches {count:,} sync streams, each on a connection of its own", ["from the first to the last client, ms (median of the rounds)", "all rounds", "kB a stream"])
    flag_file = os.path.join(lab.folder, "fan.json")

    def write(mark):
        content = flags(10)
        content["metadata"]["mark"] = mark
        with open(flag_file + ".new", "w") as file:
            json.dump(content, file)
        os.replace(flag_file + ".new", flag_file)

    write("m-first-m")
    server = serve(lab, flag_file, PORTS[0] + 10, PORTS[1] + 10)
    wait("the server", lambda: answers(PORTS[1] + 10))
    before = resident_kilobytes(server.pid)
    poll, each = select.epoll(), {}
    for _ in range(count):
        client = socket.create_connection(("127.0.0.1", PORTS[1] + 10))
        client.sendall(subscription(PORTS[1] + 10))
        each[client.fileno()] = client
        poll.register(client, select.EPOLLIN)
    drain(each, poll, each, b"m-first-m")
    grown = (resident_kilobytes(server.pid) - before) / count
    rounds = []
    for number in range(2 if quick else 7):
        write(f"m-{number}-m")
        times = drain(each, poll, each, f"m-{number}-m".encode())
        rounds.append((times[-1] - times[0]) * 1000)
    table.add(f"{median(rounds):.0f}", ", ".join(f"{time:.0f}" for time in rounds), f"{grown:.1f}")
    table.notes.append("The clients are one process in Python, on the same two cores: its own part is in the figures.")
    for client in each.values():
        client.close()
    return table


def run(programs, quick):
    with Lab(programs) as lab:
        return [calls(lab, quick), fan_out(lab, quick)]
