"""Metrics elsewhere: samples are sent on to Debian's Prometheus and VictoriaMetrics while everything is killed, and queries and
checks read from there.

usage: test_elsewhere.py HALCYON [ROUNDS]
"""
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import feeding
import serving
import wire
from serving import Prometheus, eventually, get

WRITERS, SERIES = 3, 10


class VictoriaMetrics(Prometheus):
    def start(self):
        self.process = serving.Process(
            ["victoria-metrics", f"-storageDataPath={self.folder}/victoria", f"-httpListenAddr=127.0.0.1:{self.port}",
             "-retentionPeriod=100y"], self.folder, "victoria")
        eventually("VictoriaMetrics is ready", lambda: urllib.request.urlopen(self.url + "/health", timeout=5))

    def down(self):
        # It has no log: what it has taken in lately it keeps in memory, and loses when it is killed.
        self.process.end(signal.SIGTERM)


def own_metrics(server):
    with urllib.request.urlopen(server.url + "/metrics", timeout=10) as answer:
        text = answer.read().decode()
    return {(name, to): float(value) for name, to, value in
            re.findall(r'^halcyon_remote_write_(\w+)\{destination="([^"]+)"\} (\S+)$', text, re.M)}


def wait_until_sent(server, backends):
    for backend in backends:
        eventually(f"all is sent to {backend.write}",
                   lambda: own_metrics(server)["pending_samples", backend.write] == 0, 120)
        assert own_metrics(server)["dropped_total", backend.write] == 0, (own_metrics(server), server.process.text())


def nothing_is_lost(program, rounds, backends, folder):
    chance = random.Random(11)
    ours = serving.Halcyon(program, folder, [f"--remote-write-url={one.write}" for one in backends], dev=True)
    base = int(time.time() * 1000) - 1_200_000
    try:
        with feeding.Writers(WRITERS, ours.api + "/write", base, SERIES) as writers:
            for turn in range(rounds):
                writers.wait_for(60)
                away = backends[turn // 2 % len(backends)] if turn % 2 else None
                if away:
                    away.down()
                time.sleep(chance.random() * 0.8)
                ours.process.end(signal.SIGKILL)
                ours.start()
                if away:
                    writers.wait_for(60, "what comes in is taken without the backend")
                    eventually("it is said that the backend is away",
                               lambda: "is tried again" in ours.process.text())
                    away.start()
            writers.end()
        wait_until_sent(ours, backends)
        for backend in backends:
            def missing():
                return sum(writer.missing(backend.api) for writer in writers)
            try:
                # VictoriaMetrics shows what came in a second or two later.
                eventually(f"every sample is in {backend.url}", lambda: missing() == 0, 20)
            except AssertionError as error:
                raise AssertionError(f"{error}: {missing()} are missing of {writers.samples}; {own_metrics(ours)}\n"
                                     + ours.process.text())
        print(f"ok: {rounds} kills, {writers.samples} acknowledged samples, all of them in {len(backends)} backends; "
              f"refused as sent twice: {[own_metrics(ours)['failed_total', one.write] for one in backends]}")
    finally:
        ours.process.end()


# What every one of them answers alike: VictoriaMetrics' rate and increase are its own.
ALIKE = ["orders_total", 'orders_total{code=~"5.."}', 'orders_total{odd="a\\"b\\\\c\\nd"}', "sum by (code) (orders_total)",
         "max_over_time(orders_total[5m])", 'count({__name__=~".+"})', "topk(1, orders_total)", "absent(nothing)",
         "last_over_time(orders_total[90s])", "orders_total offset 1m", "min_over_time(orders_total[30m])"]
PROMETHEUS_ONLY = ["1 + 1", "sum by (code) (rate(orders_total[1m]))", "increase(orders_total[45s])",
                   "histogram_quantile(0.5, rate(latency_bucket[2m]))"]


def sorted_result(data):
    result = data["result"]
    if data.get("resultType") == "vector":
        # VictoriaMetrics leaves the name where Prometheus takes it away.
        result = [dict(one, metric={k: v for k, v in one["metric"].items() if k != "__name__"}) for one in result]
    return sorted(result, key=lambda one: json.dumps(one.get("metric"), sort_keys=True)) if isinstance(result, list) and \
        result and isinstance(result[0], dict) else result


def failure(url):
    try:
        urllib.request.urlopen(url, timeout=30)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)
    raise AssertionError(f"{url} is answered")


def close(one, other):
    """The same, up to the last digits of numbers."""
    if isinstance(one, list):
        return len(one) == len(other) and all(map(close, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(close(one[key], other[key]) for key in one)
    try:
        return one == other or abs(float(one) - float(other)) <= 1e-9 * abs(float(one))
    except ValueError:
        return False


def the_same_answers(program, backends, folder):
    """A server that keeps all by itself and sends it on, and one for each backend that reads it there."""
    now = int(time.time()) * 1000
    kept = serving.Halcyon(program, os.path.join(folder, "kept"),
                           [f"--remote-write-url={one.write}" for one in backends], dev=True)
    readers = []
    try:
        series = []
        for code, rise in [("200", 7), ("500", 1)]:
            labels = {"__name__": "orders_total", "code": code, "service": "shop"}
            series.append((labels, [(now - 1_200_037 + step * 15_000, float(step * rise)) for step in range(80)]))
        series.append(({"__name__": "orders_total", "odd": 'a"b\\c\nd'}, [(now - 30_041, 0.1), (now - 15_029, 12.5)]))
        for bound, share in [("0.1", 1), ("1", 3), ("+Inf", 4)]:
            series.append(({"__name__": "latency_bucket", "le": bound},
                           [(now - 600_043 + step * 15_000, float(step * share)) for step in range(40)]))
        assert wire.send(kept.api + "/write", series) == 204
        wait_until_sent(kept, backends)
        time.sleep(2)
        count = 0
        for backend in backends:
            home = os.path.join(folder, type(backend).__name__)
            reader = serving.Halcyon(program, home, ["--metrics-url", backend.url, "--remote-write-url", "none"], dev=True)
            readers.append(reader)
            for query in ALIKE + (PROMETHEUS_ONLY if type(backend) is Prometheus else []):
                if type(backend) is Prometheus or "count" not in query:
                    expected = get(kept.api + "/query", query=query, time=now / 1000)
                    found = get(reader.api + "/query", query=query, time=now / 1000, nocache="1")
                    assert close(sorted_result(expected), sorted_result(found)), (query, expected, found)
                span = dict(start=(now - 600_000) / 1000, end=now / 1000, step="30")
                if query in PROMETHEUS_ONLY or query == "orders_total":
                    if type(backend) is Prometheus:
                        expected = get(kept.api + "/query_range", query=query, **span)
                        found = get(reader.api + "/query_range", query=query, **span)
                        assert close(sorted_result(expected), sorted_result(found)), (query, expected, found)
                count += 1
            match = {"match[]": 'orders_total{service="shop"}', "start": (now - 600_000) / 1000, "end": now / 1000}
            expected, found = ([json.dumps(one, sort_keys=True) for one in get(api + "/series", **match)]
                               for api in [kept.api, reader.api])
            assert sorted(expected) == sorted(found), (expected, found)
            assert get(reader.api + "/label/code/values", **match) == ["200", "500"]
            assert set(get(reader.api + "/labels", **match)) == {"__name__", "code", "service"}
            assert "2" in reader.cli("query", "1 + 1").stdout
            status, answer = failure(reader.api + "/query?query=sum%28")
            assert status in (400, 422) and answer["status"] == "error" and answer["error"], (status, answer)
            assert backend.url in reader.cli("status").stdout
            backend.down()
            status, answer = failure(reader.api + "/query?query=up")
            assert status == 503 and answer["errorType"] == "unavailable" and backend.url in answer["error"], answer
            backend.start()
            eventually("it answers again", lambda: get(reader.api + "/query", query="vector(1)")["result"])
        print(f"ok: {count} queries answered by {len(backends)} backends as by the embedded store")
    finally:
        kept.process.end()
        for reader in readers:
            reader.process.end()


def implied(program, backend, folder):
    """--metrics-url alone: what comes in is found there, and read from there."""
    ours = serving.Halcyon(program, folder, ["--metrics-url", backend.url], dev=True)
    try:
        now = int(time.time() * 1000)
        assert wire.send(ours.api + "/write", [({"__name__": "round_trip", "a": "b"}, [(now, 42.0)])]) == 204
        eventually("it comes back", lambda: get(ours.api + "/query", query="round_trip")["result"][0]["value"][1] == "42")
        assert get(backend.url + "/api/v1/query", query="round_trip")["result"]
        page = os.path.join(os.path.dirname(__file__), "..", "..", "docs", "metrics-elsewhere.md")
        blocks = re.findall(r"```sh\n(# tested.*?)```", open(page, encoding="utf-8").read(), re.S)
        assert blocks
        path = os.path.dirname(os.path.abspath(program)) + ":" + os.environ["PATH"]
        for block in blocks:
            done = subprocess.run(["timeout", "60", "sh", "-ec", block], capture_output=True, text=True,
                                  env=dict(os.environ, **ours.environment, PATH=path))
            assert done.returncode == 0, (block, done.stdout, done.stderr)
        print("ok: what comes in goes to the backend and is read from there")
    finally:
        ours.process.end()


def main(program, rounds):
    with serving.Folder() as folder:
        for part in ["prometheus", "victoria", "sender", "kept", "Prometheus", "VictoriaMetrics", "implied"]:
            os.makedirs(os.path.join(folder, part), exist_ok=True)
        backends = []
        try:
            backends.append(Prometheus(os.path.join(folder, "prometheus"), "--web.enable-remote-write-receiver",
                                       "--enable-feature=native-histograms"))
            backends.append(VictoriaMetrics(os.path.join(folder, "victoria")))
            nothing_is_lost(program, rounds, backends, os.path.join(folder, "sender"))
            the_same_answers(program, backends, folder)
            implied(program, backends[0], os.path.join(folder, "implied"))
        finally:
            for backend in backends:
                backend.process.end()
    print("test_elsewhere passed")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 6)
