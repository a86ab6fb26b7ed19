"""An agent of a server of ours scrapes Debian's node exporter, and targets that a file brings and takes away.

usage: test_targets.py HALCYON
"""
import http.server
import json
import os
import signal
import sys
import threading
import time
import urllib.request

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


class Shop(http.server.BaseHTTPRequestHandler):
    looks = 0
    asked = set()
    isBroken = False

    def do_GET(self):
        Shop.looks += 1
        Shop.asked.add((self.path, self.headers["Authorization"]))
        body = (f"# TYPE orders counter\norders_total{{job=\"inner\"}} {Shop.looks} # {{trace=\"x\"}} 1\n"
                f"orders_created{{job=\"inner\"}} 1700000000\n{'broken' if Shop.isBroken else '# EOF'}\n").encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/openmetrics-text; version=1.0.0; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Scene:
    def __init__(self, program, folder):
        self.folder = folder
        os.mkdir(os.path.join(folder, "targets"))
        self.ours = serving.Halcyon(program, folder, dev=True)
        self.node = f"127.0.0.1:{serving.free_port()}"
        self.exporter = self.start_exporter()
        self.shop = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Shop)
        threading.Thread(target=self.shop.serve_forever, daemon=True).start()
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
        self.shop.shutdown()


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
    address = f"127.0.0.1:{scene.shop.server_port}"
    scene.write("targets/a.json", json.dumps([{"targets": [address, "unwanted:1"], "labels": {"shelf": "a"}}]))
    up = eventually("the file's target is up", lambda: scene.ask('up{job="found"} == 1'))[0]["metric"]
    assert (up["shelf"], up["instance"], "half" in up) == ("a", address, True), up
    eventually("its values come", lambda: scene.value('orders_total{exported_job="inner"}'))
    assert Shop.asked == {("/metrics?shard=a", "Basic YWRhOnNlc2FtZQ==")}, Shop.asked
    known = scene.targets(scrapePool="found")
    assert known["droppedTargetCounts"] == {"found": 1}
    assert known["droppedTargets"][0]["discoveredLabels"]["__address__"] == "unwanted:1", known
    assert known["activeTargets"][0]["discoveredLabels"]["__meta_filepath"].endswith("targets/a.json")
    assert get(scene.ours.api + "/scrape_pools")["scrapePools"] == ["found", "node"]
    left_out = scene.ours.url + "/metrics"
    text = urllib.request.urlopen(left_out).read().decode()
    assert int(text.split("\nhalcyon_metrics_exemplars_left_out_total ")[1].split("\n")[0]) > 0

    Shop.isBroken = True
    eventually("a broken answer fails the scrape", lambda: scene.value('up{job="found"}') == 0)
    assert "# EOF" in scene.targets(scrapePool="found")["activeTargets"][0]["lastError"]
    Shop.isBroken = False
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


def restarted(scene):
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
            restarted(scene)
        except BaseException:
            print(scene.agent.text()[-3000:], scene.ours.process.text()[-2000:], sep="\n", file=sys.stderr)
            raise
        finally:
            scene.end()


main(os.path.abspath(sys.argv[1]))
