"""The store of metrics over HTTP, beside Debian's Prometheus and VictoriaMetrics: the same bodies, the same queries, one run."""

import glob
import http.client
import json
import os
import re
import shutil
import subprocess
import time
import urllib.parse

from lab import Lab, Server, Table, median, processor_seconds, resident_kilobytes, wait

PORT, CONNECTIONS, BATCH, STEP = 18641, 4, 2000, 15_000
RATE = "sum by (version) (rate(http_requests_total{job=%s}[1m]))"
QUANTILE = "histogram_quantile(0.99, sum by (version, le) (rate(http_request_duration_seconds_bucket{job=%s}[1m])))"
# Forty counters and sixty buckets a host: 25 hosts are 1,000 counters, 50 are 3,000 buckets, and so on.
FLEET = {"web": 25, "shop": 50, "api": 250, "edge": 500}
QUERIES = [
    ("`sum by (version) (rate(…[1m]))`, 1,000 series", RATE % '"web"'),
    ("the same, 10,000 series", RATE % '"api"'),
    ("p99 by version, 3,000 buckets", QUANTILE % '"shop"'),
    ("the same, 30,000 buckets", QUANTILE % '"edge"'),
    ("`topk(10, rate(…[5m]))`, 10,000 series", 'topk(10, rate(http_requests_total{job="api"}[5m]))'),
]


class Halcyon:
    name, path, prefix = "Halcyon", "/prometheus/api/v1/write", "/prometheus"

    def __init__(self, lab):
        self.lab, self.port = lab, PORT
        self.server = Server(lab, PORT)

    @property
    def process(self):
        return self.server.process

    @property
    def headers(self):
        return {"Authorization": f"Bearer {self.server.token}"}

    def start(self):
        open(self.lab.folder + "/server.log", "w").close()
        self.server.start()

    def stored(self):
        """Bytes and samples of what is sealed."""
        text = self.server.call("GET", "/metrics", raw=True)[1].decode()
        figure = lambda name: float(re.search(rf"^halcyon_metrics_{name} (\S+)", text, re.M)[1])
        return figure("block_bytes"), figure("block_samples")


class Prometheus:
    name, path, prefix, headers = "Prometheus", "/api/v1/write", "", {}

    def __init__(self, lab):
        self.lab, self.port, self.folder = lab, PORT + 1, lab.folder + "/prometheus"
        open(lab.folder + "/prometheus.yml", "w").close()
        self.start()

    def start(self):
        self.process = self.lab.start(
            ["prometheus", "--config.file", self.lab.folder + "/prometheus.yml", "--storage.tsdb.path", self.folder,
             "--web.listen-address", f"127.0.0.1:{self.port}", "--web.enable-remote-write-receiver"], log="prometheus.log")
        wait("Prometheus", lambda: answers(self, "/-/ready"), every=0.005)

    def stored(self):
        total, samples = 0, 0
        for meta in glob.glob(self.folder + "/*/meta.json"):
            with open(meta) as file:
                samples += json.load(file)["stats"].get("numSamples", 0)
            total += folder_bytes(os.path.dirname(meta))
        return total, samples


class VictoriaMetrics:
    name, path, prefix, headers = "VictoriaMetrics", "/api/v1/write", "", {}

    def __init__(self, lab):
        self.lab, self.port, self.folder, self.written = lab, PORT + 2, lab.folder + "/victoria", 0
        self.start()

    def start(self):
        self.process = self.lab.start(
            ["victoria-metrics", "-storageDataPath", self.folder, "-httpListenAddr", f"127.0.0.1:{self.port}",
             "-retentionPeriod", "1y", "-search.latencyOffset", "0s"], log="victoria.log")
        wait("VictoriaMetrics", lambda: answers(self, "/health"), every=0.005)

    def stored(self):
        fetch(self, "/internal/force_flush")
        fetch(self, "/internal/force_merge")
        return folder_bytes(self.folder), self.written


def folder_bytes(folder):
    return sum(os.path.getsize(os.path.join(place, name)) for place, _, names in os.walk(folder) for name in names)


def fetch(peer, path):
    connection = http.client.HTTPConnection("127.0.0.1", peer.port, timeout=120)
    connection.request("GET", path, headers=peer.headers)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, body


def answers(peer, path):
    try:
        return fetch(peer, path)[0] == 200
    except OSError:
        return False


def encode(lab, program, name, steps, end, fleet, connections=CONNECTIONS):
    """Bodies of a fleet's last steps, at most BATCH samples each; how many series there are, and samples."""
    prefix = f"{lab.folder}/{name}"
    arguments = [f"{service}={hosts}" for service, hosts in fleet.items()]
    start = end - steps * STEP
    made = subprocess.run([program, "encode", prefix, str(connections), str(BATCH), str(start), str(STEP), str(steps), *arguments],
                          check=True, stdout=subprocess.PIPE)
    return prefix, json.loads(made.stdout)


def remove(prefix):
    for file in glob.glob(prefix + ".*"):
        os.remove(file)


def settle(process, limit=30.0):
    """Waits until the process does nearly nothing: what it puts off belongs to the price."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        before = processor_seconds(process.pid)
        time.sleep(1)
        if processor_seconds(process.pid) - before < 0.03:
            return


def ingest(peer, program, prefix, connections=CONNECTIONS):
    before = processor_seconds(peer.process.pid)
    arguments = [program, "send", prefix, str(connections), str(peer.port), peer.path]
    arguments += [f"{name}: {value}" for name, value in peer.headers.items()]
    sent = json.loads(subprocess.run(arguments, check=True, stdout=subprocess.PIPE).stdout)
    if sent["failed"]:
        raise RuntimeError(f"{peer.name} refused {sent['failed']} of {sent['requests']} bodies")
    settle(peer.process)
    sent["cpu"] = processor_seconds(peer.process.pid) - before
    return sent


def show(peer):
    """VictoriaMetrics shows fresh samples only some seconds later, unless it is told to."""
    if isinstance(peer, VictoriaMetrics):
        fetch(peer, "/internal/force_flush")
        fetch(peer, "/internal/resetRollupResultCache")


def ask(connection, peer, path, parameters):
    connection.request("GET", f"{peer.prefix}/api/v1/{path}?{urllib.parse.urlencode(parameters)}", headers=peer.headers)
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        raise RuntimeError(f"{peer.name}: {response.status} {body[:300]}")
    return json.loads(body)["data"]["result"]


def timed(peer, path, parameters, rounds):
    """Milliseconds of one query: median of the wall clock, mean processor time, and how many series came."""
    connection = http.client.HTTPConnection("127.0.0.1", peer.port, timeout=300)
    show(peer)
    found = ask(connection, peer, path, parameters)
    if not found:
        raise RuntimeError(f"{peer.name} found nothing for {parameters['query']}")
    walls, before = [], processor_seconds(peer.process.pid)
    for _ in range(rounds):
        begin = time.perf_counter()
        ask(connection, peer, path, parameters)
        walls.append((time.perf_counter() - begin) * 1e3)
    spent = (processor_seconds(peer.process.pid) - before) / rounds * 1e3
    connection.close()
    return median(walls), spent, len(found)


def with_each(programs, measure):
    """The same with each of the three, one after the other, each in a folder of its own."""
    results = []
    for make in (Halcyon, Prometheus, VictoriaMetrics):
        with Lab(programs) as lab:
            results.append(measure(make(lab)))
    return results


def compare(table, what, figures, digits=2):
    """A row: ours, theirs, and ours over each of theirs."""
    shown = [f"{figure:,.{digits}f}" for figure in figures]
    table.add(what, *shown, f"{figures[0] / figures[1]:.2f}", f"{figures[0] / figures[2]:.2f}")


def table(title):
    return Table(title, ["what", "Halcyon", "Prometheus", "VictoriaMetrics", "÷ Prometheus", "÷ VictoriaMetrics"])


def run(programs, quick):
    missing = [name for name in ("prometheus", "victoria-metrics") if not shutil.which(name)]
    if missing:
        raise RuntimeError(f"needs Debian's {' and '.join(missing)}")
    with Lab(programs) as lab:
        program = lab.compiled("metrics-load", "-lsnappy", "-lm", "-lpthread")
        return [measure_small(programs, lab, program, quick), *measure_large(programs, lab, program, quick),
                measure_long(programs, lab, program, quick), measure_growth(programs, lab, program, quick)]


def now():
    return int(time.time() * 1000) - 2 * STEP


def measure_small(programs, lab, program, quick):
    prefix, made = encode(lab, program, "small", 24 if quick else 240, now(), {"web": 84})
    sent = with_each(programs, lambda peer: ingest(peer, program, prefix))
    remove(prefix)
    result = table("Metrics: remote write, 10,000 series")
    compare(result, "processor seconds a million samples", [each["cpu"] / made["samples"] * 1e6 for each in sent])
    compare(result, "samples a second, 4 connections", [each["samples"] / each["seconds"] for each in sent], 0)
    compare(result, "p99 of a body of 2,000 samples, ms", [each["p99_ms"] for each in sent], 1)
    return result


def measure_large(programs, lab, program, quick):
    end = now()
    fleet = {name: max(1, hosts // 10) for name, hosts in FLEET.items()} if quick else FLEET
    prefix, made = encode(lab, program, "large", 120, end, fleet)

    def measure(peer):
        sent = ingest(peer, program, prefix)
        sent["memory"] = resident_kilobytes(peer.process.pid) / made["series"]
        sent["queries"] = [timed(peer, "query", {"query": query, "time": end / 1000}, 5 if quick else 31) for _, query in QUERIES]
        # VictoriaMetrics acknowledges what it writes to the disk some seconds later.
        time.sleep(10)
        peer.lab.end(peer.process, "kill")
        begin = time.monotonic()
        peer.start()
        sent["ready"] = time.monotonic() - begin
        connection = http.client.HTTPConnection("127.0.0.1", peer.port, timeout=300)
        whole = {"query": "count(last_over_time({job=~\".+\"}[5m]))", "time": end / 1000}
        while not (found := ask(connection, peer, "query", whole)) and time.monotonic() < begin + 30:
            pass
        sent["restart"] = time.monotonic() - begin
        sent["restart_cpu"] = processor_seconds(peer.process.pid)
        sent["found"] = int(found[0]["value"][1]) if found else 0
        return sent

    sent = with_each(programs, measure)
    remove(prefix)
    store = table("Metrics: 100,000 series × 30 minutes")
    compare(store, "processor seconds a million samples", [each["cpu"] / made["samples"] * 1e6 for each in sent])
    compare(store, "samples a second, 4 connections", [each["samples"] / each["seconds"] for each in sent], 0)
    compare(store, "resident memory, kB a series", [each["memory"] for each in sent])
    compare(store, "after `kill -9`: seconds until ready", [each["ready"] for each in sent])
    compare(store, "after `kill -9`: seconds until the first query over all series", [each["restart"] for each in sent])
    compare(store, "after `kill -9`: processor seconds until then", [each["restart_cpu"] for each in sent])
    store.failed = sent[0]["found"] != made["series"]
    store.notes.append(f"Of {made['series']:,} series, the first query found {', '.join(str(each['found']) for each in sent)}.")
    queries = table("Metrics: queries by HTTP, milliseconds (median of the wall clock; in brackets processor time)")
    for index, (name, _) in enumerate(QUERIES):
        figures = [each["queries"][index] for each in sent]
        ratios = [f"{figures[0][0] / other[0]:.2f}" for other in figures[1:]]
        queries.add(name, *[f"{wall:.2f} ({spent:.2f})" for wall, spent, _ in figures], *ratios)
    return [store, queries]


def measure_growth(programs, lab, program, quick):
    """What it costs as there are more series, of which a query touches the same few."""
    result = Table("Metrics: from a thousand series to a million", [
        "series", "processor seconds a million samples", "resident memory, kB a series",
        "`sum by (version) (rate(…[1m]))` over 320 of them, ms", "the same, ms of processor time"])
    for series in [1_000, 10_000] if quick else [1_000, 10_000, 100_000, 1_000_000]:
        end = now()
        prefix, made = encode(lab, program, "growth", 12, end, {"web": 8, "rest": series // 120 - 8})
        with Lab(programs) as own:
            peer = Halcyon(own)
            before = resident_kilobytes(peer.process.pid)
            sent = ingest(peer, program, prefix)
            memory = (resident_kilobytes(peer.process.pid) - before) / made["series"]
            wall, spent, _ = timed(peer, "query", {"query": RATE % '"web"', "time": end / 1000}, 31)
        remove(prefix)
        result.add(f"{made['series']:,}", sent["cpu"] / made["samples"] * 1e6, memory, wall, spent)
    result.notes.append("Memory is what the series add to an idle server's.")
    return result


def measure_long(programs, lab, program, quick):
    end = now()
    # Over one connection: Prometheus refuses what is an hour behind what another connection has brought.
    prefix, made = encode(lab, program, "long", 2880, end, {"web": 5 if quick else 42}, 1)
    hours = {"query": RATE % '"web"', "start": end / 1000 - 6 * 3600, "end": end / 1000, "step": 15, "nocache": 1}

    def measure(peer):
        ingest(peer, program, prefix, 1)
        peer.written = made["samples"]
        stored = (0, 0)
        for _ in range(40):
            fresh = peer.stored()
            settle(peer.process, 10)
            if fresh == stored and fresh[1] > made["samples"] / 2:
                break
            stored = fresh
            time.sleep(5)
        return stored, timed(peer, "query_range", hours, 3 if quick else 9)

    measured = with_each(programs, measure)
    remove(prefix)
    result = table("Metrics: 5,000 series × 12 hours")
    compare(result, "bytes a sample of what is sealed, labels and index with it", [size / max(1, samples) for (size, samples), _ in measured])
    compare(result, "`sum by (version) (rate(…[1m]))`, 6 hours at 15 s, ms", [wall for _, (wall, _, _) in measured], 1)
    compare(result, "the same, ms of processor time", [spent for _, (_, spent, _) in measured], 1)
    result.notes.append("Sealed samples: " + ", ".join(f"{samples:,.0f}" for (_, samples), _ in measured) + f" of {made['samples']:,}.")
    return result
