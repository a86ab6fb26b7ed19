"""A change of a flag on its way to everybody who listens: OFREP's event streams and flagd's sync streams, beside the C ceiling."""

import http.client
import json
import os
import struct
import subprocess
import time

from lab import Lab, Table, median, processor_seconds, resident_kilobytes, wait

PORTS = {"http": 19320, "evaluation": 19321, "sync": 19322, "ceiling": 19323}


def call(method, path, body, port=PORTS["http"]):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, path, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    if answer.status // 100 != 2:
        raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]}")
    return text


def flags(number):
    """Ten flags, one of which is another one each time."""
    plain = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off"}
    changed = plain | {"metadata": {"number": number}}
    return {"flags": {f"flag-{i}": plain for i in range(9)} | {"changed": changed}, "metadata": {"flagSetId": "production"}}


def change(number):
    files = [{"name": "bench.json", "text": json.dumps(flags(number))}]
    call("POST", "/v1/apply", json.dumps({"files": files, "dryRun": False, "prune": False}))


def events_request():
    answer = json.loads(call("POST", "/ofrep/v1/evaluate/flags", "{}"))
    path = answer["eventStreams"][0]["endpoint"]["requestUri"]
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{PORTS['http']}\r\nAccept: text/event-stream\r\n\r\n".encode()


def sync_request():
    """The first bytes of a client that opens SyncFlags, and takes 16 MiB before it says more."""
    def frame(kind, flags_, stream, payload):
        return struct.pack(">I", len(payload))[1:] + bytes([kind, flags_]) + struct.pack(">I", stream) + payload

    def literal(name, value):
        return b"\x00" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()

    headers = b"\x83\x86" + literal(":path", "/flagd.sync.v1.FlagSyncService/SyncFlags") + literal(":authority", "x")
    headers += literal("content-type", "application/grpc") + literal("te", "trailers")
    return (
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, struct.pack(">HI", 4, 16 << 20))
        + frame(8, 0, 0, struct.pack(">I", 16 << 20)) + frame(1, 4, 1, headers) + frame(0, 1, 1, b"\0" * 5)
    )


def halcyon(lab):
    process = lab.start(
        [lab.program("halcyon"), "server", "--dev", "--data", lab.folder + "/data", "--listen", f"127.0.0.1:{PORTS['http']}",
         "--flagd", f"127.0.0.1:{PORTS['evaluation']}", "--flagd-sync", f"127.0.0.1:{PORTS['sync']}"],
        log="server.log")
    wait("the server", lambda: "listening on" in lab.log("server.log"))
    change(0)
    return process


def measure(lab, server, port, count, request, mark, tell, rounds):
    """Milliseconds until the last of the streams was told, µs of the server's processor time for each, kB a stream."""
    path = lab.folder + "/request"
    with open(path, "wb") as file:
        file.write(request)
    before = resident_kilobytes(server.pid)
    listeners = lab.start(
        [lab.compiled("listeners"), str(port), str(count), path, mark], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    if not listeners.stdout.readline().startswith("ready"):
        raise RuntimeError("the streams could not be opened")
    kilobytes = (resident_kilobytes(server.pid) - before) / count
    last, spread, used = [], [], []
    for number in range(1, rounds + 1):
        time.sleep(0.5)
        listeners.stdin.write("\n")
        listeners.stdin.flush()
        processor, start = processor_seconds(server.pid), time.monotonic()
        tell(number)
        first, end, _ = map(float, listeners.stdout.readline().split())
        time.sleep(0.2)
        used.append((processor_seconds(server.pid) - processor) / count * 1e6)
        last.append((end - start) * 1000)
        spread.append((end - first) * 1000)
    listeners.stdin.close()
    listeners.wait()
    return last, spread, used, kilobytes


def compare(lab, title, count, port, request, mark, size, rounds):
    table = Table(title, [
        "server", "from the command to the last client, ms", "from the first client to the last, ms", "CPU a told client, µs", "kB a stream"])
    server = halcyon(lab)
    own = measure(lab, server, port, count, request(), mark, change, rounds)
    lab.end(server)
    ceiling = lab.start([lab.compiled("ceiling"), str(PORTS["ceiling"])])
    time.sleep(0.2)
    body = b"x" * size
    push = lambda _: call("POST", "/push", body, PORTS["ceiling"])  # noqa: E731
    least = measure(lab, ceiling, PORTS["ceiling"], count, b"GET / HTTP/1.1\r\n\r\n", "data:", push, rounds)
    lab.end(ceiling)
    for name, (last, spread, used, kilobytes) in (("halcyon", own), ("C ceiling", least)):
        table.add(name, f"{median(last):.0f}", f"{median(spread):.0f}", f"{median(used):.1f}", f"{kilobytes:.1f}")
    table.notes.append(
        f"Halcyon: {median(own[1]) / median(least[1]):.2f} times the ceiling's time from the first to the last, "
        f"{median(own[2]) / median(least[2]):.2f} times its CPU. Before its first client, Halcyon stores and compiles the change, and waits 50 ms for "
        "others to tell with it (event streams).")
    return table


def run(programs, quick):
    rounds = 2 if quick else 7
    tables = []
    events, sync = (500, 100) if quick else (10_000, 1_000)
    with Lab(programs) as lab:
        tables.append(compare(
            lab, f"A changed flag on {events:,} OFREP event streams", events, PORTS["http"], events_request, "data:", 130, rounds))
    with Lab(programs) as lab:
        size = len(json.dumps(flags(1), separators=(",", ":")))
        tables.append(compare(
            lab, f"A changed flag of a set of {size:,} bytes on {sync:,} sync streams", sync, PORTS["sync"], sync_request, "flagSetId",
            size, rounds))
    return tables
