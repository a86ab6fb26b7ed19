"""An agent of a server of ours scrapes Debian's node exporter, and targets that a file brings and takes away.

usage: test_targets.py HALCYON
"""
import json
import os
import signal
import sys
import time
import urllib.request

import feeding
import serving
from serving import eventually, get

CONFIG = """
global:
  scrape_interval: 1s
  external_labels: {{ region: eu }}
scrape_configs:
  - job_name: node
    static_configs: [ {{ targets: ["{node}"], labels: {{ rack: "7", host: elsewhere }} }} ]
    metric_relabel_configs:
      - {{ source_labels: [__name__], regex: "go_.*", action: drop }}
      - {{ source_labels: [__name__, mode], regex: "node_cpu_seconds_total;(.*)", target_label: what, replacement: "cpu-$1" }}
  - job_name: found
    params: {{ shard: [a] }}
    basic_auth: {{ username: ada, password_file: secret }}
    file_sd_configs: [ {{ files: ["targets/*.json", "targets/*.yml"] }} ]
    relabel_configs:
      - {{ source_labels: [__address__], regex: "unwanted.*", action: drop }}
      - {{ source_labels: [__address__], modulus: 2, target_label: half, action: hashmod }}
"""


# Every action, done by Debian's Prometheus and by an agent.
ALIKE = """
global: {{ scrape_interval: 1s }}
scrape_configs:
  - job_name: alike
    params: {{ shard: [a, "b c"] }}
    metrics_path: /x/metrics
    honor_labels: {honor}
    file_sd_configs: [ {{ files: ["alike/*.yml"] }} ]
    static_configs:
      - targets: ["{shop}"]
        labels: {{ one: "x-1", two: "x-1", "__meta_rack": "R7", __tmp_a: t, job: own, three: BaR }}
      - targets: ["drop:1", "differ:1"]
        labels: {{ one: "y-1", two: "z-1" }}
      - targets: ["equal:1"]
        labels: {{ one: "x-1", two: "x-1", three: EQUAL, four: equal }}
    relabel_configs:
      - {{ source_labels: [__address__], regex: "drop.*", action: drop }}
      - {{ source_labels: [__address__, one], regex: "([^:]+):([0-9]+);(.*)", target_label: made, replacement: "$1/${{2}}-$3-$9-$$" }}
      - {{ source_labels: [one], target_label: two, action: keepequal }}
      - {{ source_labels: [three], target_label: three, action: lowercase }}
      - {{ source_labels: [one, two, three], separator: "+", target_label: upper, action: uppercase }}
      - {{ source_labels: [three], target_label: four, action: dropequal }}
      - {{ source_labels: [__address__], modulus: 1000, target_label: shard, action: hashmod }}
      - {{ regex: "__meta_(.+)", replacement: "found_$1", action: labelmap }}
      - {{ source_labels: [one], regex: "(.)-(.)", target_label: "lab_${{1}}", replacement: "$2" }}
      - {{ target_label: __param_more, replacement: "1&2" }}
      - {{ target_label: two, replacement: "" }}
      - {{ source_labels: [one], regex: nothing, target_label: one, replacement: changed }}
    metric_relabel_configs:
      - {{ source_labels: [__name__], regex: "(go|scrape)_.*", action: drop }}
      - {{ source_labels: [__name__, code], regex: "(.*)_total;5..", target_label: __name__, replacement: "${{1}}_errors" }}
      - {{ source_labels: [code], regex: "(2|3)..", target_label: class, replacement: "${{1}}xx" }}
      - {{ regex: "pod|lab_.*", action: labeldrop }}
      - {{ source_labels: [instance, code], modulus: 16, target_label: bucket, action: hashmod }}
"""
SHOWN = """# TYPE hits counter
hits_total{code="200",pod="a",job="inner",two="mine"} 1
hits_total{code="503",pod="b",instance="inner"} 2
hits_total{code="304",exported_job="z",job=""} 3
go_x 7
plain 5
"""


class Alike(feeding.Target):
    def __init__(self):
        self.asked = set()
        super().__init__()

    def text(self, request):
        self.asked.add(request.path)
        return SHOWN


class Shop(feeding.Target):
    content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8"

    def __init__(self):
        self.looks, self.asked, self.is_broken = 0, set(), False
        super().__init__()

    def text(self, request):
        self.looks += 1
        self.asked.add((request.path, request.headers["Authorization"]))
        return (f"# TYPE orders counter\norders_total{{job=\"inner\"}} {self.looks} # {{trace=\"x\"}} 1\n"
                f"orders_created{{job=\"inner\"}} 1700000000\n{'broken' if self.is_broken else '# EOF'}\n")


class Scene:
    def __init__(self, program, folder):
        self.folder = folder
        os.mkdir(os.path.join(folder, "targets"))
        self.ours = serving.Halcyon(program, folder, dev=True)
        self.node = f"127.0.0.1:{serving.free_port()}"
        self.exporter = self.start_exporter()
        self.shop = Shop()
        self.write("secret", "sesame\n")
        self.write("prometheus.yml", CONFIG.format(node=self.node))
        self.arguments = [program, "agent", "--server", self.ours.url, "--name", "web-1", "--data",
                          os.path.join(folder, "agent"), "--scrape-config", os.path.join(folder, "prometheus.yml")]
        self.agent = serving.Process(self.arguments, folder, "agent", self.ours.environment)

    def start_exporter(self):
        return serving.Process(["prometheus-node-exporter", f"--web.listen-address={self.node}"], self.folder, "node")

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path + ".new", "w") as file:
            file.write(text)
        os.rename(path + ".new", path)

    def ask(self, query, **fields):
        return get(self.ours.api + "/query", query=query, **fields)["result"]

    def value(self, query):
        found = self.ask(query)
        return float(found[0]["value"][1]) if found else None

    def targets(self, **fields):
        return get(self.ours.api + "/targets", **fields)

    def end(self):
        for process in [self.agent, self.exporter, self.ours.process]:
            process.end()
        self.shop.end()


def node(scene):
    up = eventually("the exporter is up", lambda: scene.ask('up{job="node"} == 1'))[0]["metric"]
    assert up == {"__name__": "up", "job": "node", "instance": scene.node, "rack": "7", "host": "web-1",
                  "exported_host": "elsewhere", "region": "eu"}, up
    eventually("its values come", lambda: scene.value('node_load1{host="web-1"}') is not None)
    assert scene.value('count({__name__=~"go_.*", job="node"})') is None
    eventually("metrics are relabelled", lambda: scene.value('count(node_cpu_seconds_total{what="cpu-idle"})') >= 1)
    shown = len([line for line in urllib.request.urlopen(f"http://{scene.node}/metrics").read().decode().splitlines()
                 if not line.startswith("#")])
    scraped, left = (scene.value(name + '{job="node"}') for name in
                     ["scrape_samples_scraped", "scrape_samples_post_metric_relabeling"])
    assert abs(scraped - shown) < 10 and left < scraped, (scraped, left, shown)
    print(f"ok: the node exporter's {int(scraped)} samples are scraped, {int(left)} are left by relabelling")
    scene.exporter.end(signal.SIGKILL)
    eventually("it is down", lambda: scene.value('up{job="node"}') == 0)
    assert not scene.ask('node_load1{host="web-1"}')
    assert [(t["health"], t["lastError"]) for t in scene.targets(scrapePool="node")["activeTargets"]] \
        == [("down", "connection refused")]
    scene.exporter = scene.start_exporter()
    eventually("it is up again", lambda: scene.value('up{job="node"}') == 1)
    print("ok: a target that does not answer is down, its series are stale at once, and it comes back")


def found(scene):
    address = scene.shop.address
    scene.write("targets/a.json", json.dumps([{"targets": [address, "unwanted:1"], "labels": {"shelf": "a"}}]))
    up = eventually("the file's target is up", lambda: scene.ask('up{job="found"} == 1'))[0]["metric"]
    assert (up["shelf"], up["instance"], "half" in up) == ("a", address, True), up
    eventually("its values come", lambda: scene.value('orders_total{exported_job="inner"}'))
    assert scene.shop.asked == {("/metrics?shard=a", "Basic YWRhOnNlc2FtZQ==")}, scene.shop.asked
    known = scene.targets(scrapePool="found")
    assert known["droppedTargetCounts"] == {"found": 1}
    assert known["droppedTargets"][0]["discoveredLabels"]["__address__"] == "unwanted:1", known
    assert known["activeTargets"][0]["discoveredLabels"]["__meta_filepath"].endswith("targets/a.json")
    assert get(scene.ours.api + "/scrape_pools")["scrapePools"] == ["found", "node"]
    left_out = scene.ours.url + "/metrics"
    text = urllib.request.urlopen(left_out).read().decode()
    assert int(text.split("\nhalcyon_metrics_exemplars_left_out_total ")[1].split("\n")[0]) > 0

    scene.shop.is_broken = True
    eventually("a broken answer fails the scrape", lambda: scene.value('up{job="found"}') == 0)
    assert "# EOF" in scene.targets(scrapePool="found")["activeTargets"][0]["lastError"]
    scene.shop.is_broken = False
    eventually("it is whole again", lambda: scene.value('up{job="found"}') == 1)

    began = time.time()
    os.remove(os.path.join(scene.folder, "targets/a.json"))
    eventually("it is gone", lambda: not scene.ask('{job="found"}'))
    took = time.time() - began
    assert took < 20, took
    assert scene.ask('orders_total{job="found"}[1m]'), "what was there before stays"
    assert not scene.targets(scrapePool="found")["activeTargets"]
    print(f"ok: a target that a file brings is scraped, and stale {took:.1f} s after the file has gone")


def broken(scene):
    good = CONFIG.format(node=scene.node)
    scene.write("prometheus.yml", good.replace("metric_relabel_configs", "metrics_relabel_configs"))
    eventually("the agent says what is wrong",
               lambda: "did you mean 'metric_relabel_configs'" in scene.agent.text())
    assert "prometheus.yml:8:5" in scene.agent.text(), scene.agent.text()
    eventually("the host says it", lambda: "did you mean" in scene.ours.cli("describe", "host", "web-1").stdout)
    before = scene.value('timestamp(up{job="node"})')
    eventually("the targets before go on", lambda: scene.value('timestamp(up{job="node"})') > before + 1)
    scene.write("prometheus.yml", good.replace("job_name: node", "job_name: machine"))
    scene.agent.process.send_signal(signal.SIGHUP)
    eventually("the job has another name", lambda: scene.value('up{job="machine"}') == 1)
    assert not scene.ask('{job="node"}')
    assert "did you mean" not in scene.ours.cli("describe", "host", "web-1").stdout
    print("ok: a broken file changes nothing, and the next good one does")


def alike(scene):
    shop = Alike()
    os.mkdir(os.path.join(scene.folder, "alike"))
    scene.write("alike/a.yml", f'- targets: ["{shop.address}"]\n  labels: {{ from: file, three: Y }}\n')
    for honor in ["false", "true"]:
        shop.asked = set()
        text = ALIKE.format(shop=shop.address, honor=honor)
        scene.write("prometheus.yml", text)
        home = os.path.join(scene.folder, "honor-" + honor)
        os.mkdir(home)
        prometheus = serving.Prometheus(
            home, "--log.level=warn", config=os.path.join(scene.folder, "prometheus.yml"))
        try:
            theirs = prometheus.api
            wanted = eventually("Prometheus scrapes", lambda: series(theirs) if len(
                get(theirs + "/query", query="up")["result"]) == 2 else None)
            try:
                eventually("the agent has the same series", lambda: series(scene.ours.api, 'host="web-1",') == wanted, 20)
            except AssertionError as error:
                mine = series(scene.ours.api, 'host="web-1",')
                raise AssertionError(f"theirs: {wanted - mine}\nours: {mine - wanted}") from error
            for one, other in zip(discovered(theirs), discovered(scene.ours.api)):
                assert one == other, (one - other, other - one)
            assert len(shop.asked) == 1, shop.asked
        finally:
            prometheus.process.end()
    shop.end()
    print(f"ok: relabelling makes the {len(wanted)} series and the targets of Debian's Prometheus")


def series(api, more=""):
    found = get(api + "/query", query=f"{{{more}__name__=~'hits.*|plain|go_.*|up'}}")["result"]
    return {(tuple(sorted((k, v) for k, v in s["metric"].items() if k != "host")), s["value"][1]) for s in found}


def discovered(api):
    """Targets, and the addresses of those that are dropped. (Debian's release mixes what relabelling made into discoveredLabels.)"""
    known = get(api + "/targets")
    return ({(tuple(sorted((k, v) for k, v in t["labels"].items() if k != "host")), t["discoveredLabels"]["__address__"],
              t["scrapeUrl"], t["scrapePool"], t["health"]) for t in known["activeTargets"]},
            {t["discoveredLabels"]["__address__"] for t in known["droppedTargets"]})


def restarted(scene):
    scene.write("prometheus.yml", CONFIG.format(node=scene.node).replace("job_name: node", "job_name: machine"))
    eventually("the job is scraped", lambda: scene.value('up{job="machine"}') == 1)
    scene.agent.end()
    scene.write("prometheus.yml", "scrape_configs: []\n")
    scene.agent = serving.Process(scene.arguments, scene.folder, "agent", scene.ours.environment)
    eventually("what the next agent does not scrape is stale", lambda: not scene.ask('{job="machine"}'))
    scene.write("prometheus.yml", CONFIG.format(node=scene.node))
    eventually("it is scraped", lambda: scene.value('up{job="node"}') == 1)
    scene.agent.end()
    target = eventually("nobody knows how it is", lambda: [
        t for t in scene.targets(state="active")["activeTargets"] if t["health"] == "unknown"], 90)[0]
    assert target["lastError"].startswith("host web-1 was not heard of since 2"), target
    print("ok: targets of a silent host are unknown")


def main(program):
    with serving.Folder() as folder:
        scene = Scene(program, folder)
        try:
            node(scene)
            found(scene)
            broken(scene)
            alike(scene)
            restarted(scene)
        except BaseException:
            print(scene.agent.text()[-3000:], scene.ours.process.text()[-2000:], sep="\n", file=sys.stderr)
            raise
        finally:
            scene.end()


main(os.path.abspath(sys.argv[1]))
