"""Debian's Prometheus scrapes and writes into a server of ours; promtool and prometheus-api-client ask both.

usage: test_peers.py HALCYON
"""
import math
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request

import feeding
import serving
from serving import eventually, get

CONFIG = """
global: {{ scrape_interval: 1s }}
scrape_configs:
  - job_name: shop
    static_configs: [ {{ targets: ["{target}"], labels: {{ version: v1 }} }} ]
  - job_name: prometheus
    static_configs: [ {{ targets: ["{itself}"] }} ]
remote_write:
  - url: {halcyon}/write
    basic_auth: {{ username: anybody, password: {token} }}
    queue_config: {{ batch_send_deadline: 200ms }}
    metadata_config: {{ send: true, send_interval: 1s }}
"""


class Shop(feeding.Target):
    """A target whose counter rises with every look at it."""
    looks = 0

    def text(self, request):
        self.looks += 1
        return ("# TYPE orders_total counter\n# HELP orders_total Orders.\n"
                f'orders_total{{code="200"}} {7 * self.looks}\norders_total{{code="500"}} {self.looks}\n'
                "# TYPE latency histogram\n"
                f'latency_bucket{{le="0.1"}} {self.looks}\nlatency_bucket{{le="1"}} {2 * self.looks}\n'
                f'latency_bucket{{le="+Inf"}} {2 * self.looks}\nlatency_sum {self.looks * 0.3}\n'
                f"latency_count {2 * self.looks}\n")


QUERIES = [
    "up", "orders_total", 'sum by (code) (rate(orders_total[5s]))', "orders_total / ignoring(code) group_left latency_count",
    "histogram_quantile(0.9, sum by (le) (rate(latency_bucket[8s])))", 'count({__name__=~".+"})',
    'topk(3, sum by (job) ({__name__=~"scrape_.+"}))', "increase(orders_total[6s]) > 0", "absent(nothing)", "1 + 1",
    'label_replace(up, "short", "$1", "instance", "(.*):.*")', "max_over_time(orders_total[5s])",
    'quantile_over_time(0.5, scrape_duration_seconds[6s])', "time()", "orders_total offset 2s",
]


def promtool(*arguments):
    done = subprocess.run(["promtool", "query", *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, (arguments, done.stderr)
    return done.stdout


def same(theirs, mine):
    """Line by line, instant vectors in any order; numbers may differ in what an older release adds up less exactly."""
    theirs, mine = theirs.splitlines(), mine.splitlines()
    if all(" => " in line for line in theirs):
        theirs.sort(key=lambda line: line.split(" => ")[0])
        mine.sort(key=lambda line: line.split(" => ")[0])
    if len(theirs) != len(mine):
        return False
    for one, other in zip(theirs, mine):
        words, others = one.split(" "), other.split(" ")
        if len(words) != len(others):
            return False
        for word, another in zip(words, others):
            try:
                if word != another and not math.isclose(float(word), float(another), rel_tol=1e-12):
                    return False
            except ValueError:
                return False
    return True


def compare(prometheus, base, at):
    """The same words from promtool, whichever server it asks."""
    count = 0
    for query in QUERIES:
        theirs = promtool("instant", f"--time={at}", prometheus, query)
        mine = promtool("instant", f"--time={at}", base, query)
        assert same(theirs, mine), (query, theirs, mine)
        span = [f"--start={at - 6}", f"--end={at}", "--step=2s"]
        if query != "up":
            theirs = promtool("range", *span, prometheus, query)
            mine = promtool("range", *span, base, query)
            assert same(theirs, mine), (query, theirs, mine)
        count += 1
    for arguments in [["series", "--match=up"], ["series", '--match={job="shop"}']]:
        theirs = promtool(*arguments, f"--start={at - 5}", f"--end={at}", prometheus)
        mine = promtool(*arguments, f"--start={at - 5}", f"--end={at}", base)
        assert same(theirs, mine), (arguments, theirs, mine)
    for label in ["job", "code", "__name__", "nothing"]:
        theirs, mine = promtool("labels", prometheus, label), promtool("labels", base, label)
        assert theirs == mine, (label, theirs, mine)
    return count


def raw_samples(api, at, token=None):
    data = get(api + "/query", token, query='{__name__=~".+"}[5s]', time=f"{at:.3f}")["result"]
    return {tuple(sorted(one["metric"].items())): one["values"] for one in data}


def ask_with_client(ours, viewer):
    from prometheus_api_client import PrometheusConnect
    client = PrometheusConnect(url=ours.url + "/prometheus", headers={"Authorization": f"Bearer {viewer}"})
    assert "orders_total" in client.all_metrics()
    assert {one["metric"]["job"] for one in client.get_current_metric_value("up")} == {"shop", "prometheus"}
    assert client.get_label_values("job") == ["prometheus", "shop"]
    assert client.custom_query("1+1")[1] == "2"
    import datetime
    end = datetime.datetime.now()
    found = client.custom_query_range("orders_total", end - datetime.timedelta(seconds=10), end, "1")
    assert found and found[0]["values"]
    series = client.get_metric_range_data("orders_total", start_time=end - datetime.timedelta(seconds=10), end_time=end)
    assert len(series) == 2, series
    assert client.get_targets()["activeTargets"] is not None
    assert client.get_metric_metadata("orders_total")


def without_a_store(program):
    """The server runs without its metrics, and says why."""
    with serving.Folder() as folder:
        os.makedirs(os.path.join(folder, "data"))
        with open(os.path.join(folder, "data", "metrics"), "w") as file:
            file.write("in the way")
        try:
            ours = serving.Halcyon(program, folder, dev=True, ready="/readyz")
            for path, status in [("/readyz", 200), ("/prometheus/-/ready", 503), ("/prometheus/api/v1/query?query=up", 503)]:
                try:
                    with urllib.request.urlopen(ours.url + path, timeout=10) as answer:
                        found = answer.status
                except urllib.error.HTTPError as error:
                    found, said = error.code, error.read().decode()
                    assert "Not a directory" in said, said
                assert found == status, (path, found)
            assert "Metrics refused" in ours.cli("status").stdout
            assert "cannot be used" in ours.process.text()
        finally:
            ours.process.end()
    print("ok: a store that cannot be opened stops nothing else")


def main(program):
    without_a_store(program)
    with serving.Folder() as folder:
        ours = serving.Halcyon(program, folder)
        shop, prometheus = Shop(), None
        try:
            viewer, writer = ours.token("grafana", "viewer"), ours.token("prometheus", "metrics")
            port, config = serving.free_port(), os.path.join(folder, "prometheus.yml")
            with open(config, "w") as file:
                file.write(CONFIG.format(target=shop.address, itself=f"127.0.0.1:{port}", halcyon=ours.api, token=writer))
            prometheus = serving.Prometheus(folder, "--log.level=warn", config=config, port=port)
            address = prometheus.url
            eventually("prometheus has scraped for a while",
                       lambda: float(get(address + "/api/v1/query", query="orders_total{code='500'}")["result"][0]
                                     ["value"][1]) >= 14)
            at = int(time.time())
            # A sample that is later than this has come through for every series: all before it have too.
            eventually("all of it has come over", lambda: len(get(
                ours.api + "/query", viewer, query=f"timestamp(up) > {at}")["result"]) == 2)
            theirs, mine = raw_samples(address + "/api/v1", at), raw_samples(ours.api, at, viewer)
            assert len(theirs) > 300, len(theirs)
            assert theirs == mine, {key for key in theirs if theirs[key] != mine.get(key)}
            samples = sum(map(len, mine.values()))
            print(f"ok: {samples} samples of {len(mine)} series are the same in both")
            base = f"http://anybody:{viewer}@127.0.0.1:{ours.port}/prometheus"
            print(f"ok: promtool says the same of {compare(address, base, at)} queries, series and labels")
            eventually("metadata has come over", lambda: get(ours.api + "/metadata", viewer).get("orders_total"), 90)
            ask_with_client(ours, viewer)
            print("ok: prometheus-api-client finds what it looks for")
            failed = get(address + "/api/v1/query",
                         query="sum(prometheus_remote_storage_samples_failed_total)")["result"][0]["value"][1]
            assert failed == "0", failed
            top = ours.cli("metrics", "top").stdout
            assert "orders_total" in ours.cli("query", "orders_total").stdout and "series" in top
            wrong = ours.cli("query", "sum(orders_total", ok=False)
            assert wrong.returncode == 2 and "^" in wrong.stderr, wrong
            print("ok: halcyon query and halcyon metrics top")
        finally:
            if prometheus:
                prometheus.process.end()
            shop.end()
            ours.process.end()
    print("test_peers passed")


main(sys.argv[1])
