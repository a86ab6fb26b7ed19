"""A service whose metrics are in Debian's Prometheus and nowhere else: its checks read them there, and roll a bad version back. While
Prometheus is away the rollout holds, without a verdict.

usage: test_elsewhere_story.py HALCYON
"""
import io
import json
import os
import signal
import sys
import tarfile
import threading
import time

import serving
import wire
from serving import eventually

HOSTS = 3
DOCUMENT = """
kind: Service
name: shop
run:
  command: ["{program}", "--behaviour", "behaviour.conf", "--lame-duck", "100"]
  listen: "${{ADDRESS}}:{port}"
  handover: socket
  ready: {{ notify: true, within: 20s }}
  drain: 5s
  lameDuck: 100ms
checks:
  - name: errors
    ratio: {{ bad: 'http_requests_total{{code=~"5.."}}', total: 'http_requests_total' }}
    tolerate: {{ relative: 1.25, absolute: 1% }}
    minimumEvents: 10
  - name: budget
    guardrail: 'sum by (version) (rate(http_requests_total{{service="shop"}}[30s])) < 100000'
plan:
  watch: 1s
  rollback: {{ maxUnavailable: 100% }}
  waves:
    - {{ name: one, hosts: 1, bake: 1s }}
    - {{ name: all, hosts: 100%, bake: 1s, maxUnavailable: 100% }}
"""


def end_instances(folder):
    """Services outlive their agents: ends whatever works below a folder."""
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{name}/cwd").startswith(folder + "/"):
                os.kill(int(name), signal.SIGKILL)
        except OSError:
            pass  # It has ended, or is not ours.


class Feeder(threading.Thread):
    """Writes into Prometheus what its scrapes of every host would give: what each version does there is this test's to say."""

    def __init__(self, ours, prometheus):
        super().__init__(daemon=True)
        self.ours, self.prometheus = ours, prometheus
        self.is_ending, self.counts, self.bad = threading.Event(), {}, {}

    def run(self):
        while not self.is_ending.wait(1):
            now, series = int(time.time() * 1000), []
            for host in listed(self.ours, "get", "hosts"):
                for service in host["services"]:
                    if not service.get("ready"):
                        continue
                    version = service["version"]
                    labels = {"service": "shop", "version": version, "host": host["name"], "instance": host["name"] + ":80"}
                    series.append((dict(labels, __name__="up"), [(now, 1.0)]))
                    share = self.bad.get(version, 0.01)
                    for code, rise in [("200", 100 * (1 - share)), ("500", 100 * share)]:
                        key = (host["name"], version, code)
                        self.counts[key] = self.counts.get(key, 0) + round(rise)
                        series.append((dict(labels, __name__="http_requests_total", code=code),
                                       [(now, float(self.counts[key]))]))
            if series:
                wire.send(self.prometheus.write, series, timeout=2)


def pack(folder, version):
    path = os.path.join(folder, version + ".tar")
    text = f"version={version}\n".encode()
    with tarfile.open(path, "w") as tar:
        entry = tarfile.TarInfo("behaviour.conf")
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text))
    return path


def listed(ours, *words):
    return json.loads(ours.cli(*words, "-o", "json").stdout)["items"]


def rollout(ours):
    return listed(ours, "rollout", "list")[0]


def main(program):
    with serving.Folder() as folder:
        started, feeder = [], None
        try:
            prometheus = serving.Prometheus(folder, "--web.enable-remote-write-receiver")
            started.append(prometheus.process)
            ours = serving.Halcyon(
                program, folder, ["--metrics-url", prometheus.url, "--remote-write-url", "none", "--metrics-timeout", "2s"],
                dev=True)
            started.append(ours.process)
            for number in range(1, HOSTS + 1):
                started.append(serving.Process(
                    [program, "agent", "--server", ours.url, "--name", f"web-{number}", "--address", f"127.0.44.{number}",
                     "--data", os.path.join(folder, f"web-{number}")], folder, f"web-{number}", ours.environment))
            eventually("all hosts are there", lambda: len(listed(ours, "get", "hosts")) == HOSTS)
            document = os.path.join(folder, "shop.yaml")
            with open(document, "w") as file:
                storefront = os.path.join(os.path.dirname(os.path.abspath(program)), "storefront")
                file.write(DOCUMENT.format(program=storefront, port=serving.free_port("127.0.44.1")))
            ours.cli("apply", "-f", document)
            feeder = Feeder(ours, prometheus)
            feeder.start()

            def deploy(version):
                ours.cli("deploy", "shop", "--artifact", pack(folder, version), "--version", version)

            def ended(phase, seconds=120):
                return lambda: rollout(ours)["phase"] == phase

            deploy("v1")
            eventually("the first version is everywhere", ended("done"), 120)
            time.sleep(3)

            feeder.bad["v2"] = 0.3
            deploy("v2")
            eventually("the bad version is rolled back", ended("rolledBack"), 120)
            explained = ours.cli("rollout", "explain", rollout(ours)["id"]).stdout
            assert "errors" in explained, explained
            print("ok: a version that is bad in Prometheus only was rolled back")

            prometheus.process.process.send_signal(signal.SIGSTOP)
            deploy("v3")
            eventually("it is said that the backend is away",
                       lambda: prometheus.url in ours.cli("describe", "rollout", rollout(ours)["id"]).stdout, 60)
            time.sleep(5)
            assert rollout(ours)["phase"] not in ("done", "rolledBack"), rollout(ours)
            prometheus.process.process.send_signal(signal.SIGCONT)
            eventually("it goes on and ends well", ended("done"), 120)
            print("ok: without Prometheus a rollout held, and went on with it")
        except AssertionError:
            print(ours.process.text()[-3000:])
            print(ours.cli("rollout", "explain", rollout(ours)["id"]).stdout)
            raise
        finally:
            if feeder:
                feeder.is_ending.set()
                feeder.join(30)
            if started:
                started[0].process.send_signal(signal.SIGCONT)
            for one in reversed(started[2:]):
                one.end()
            for one in started[:2]:
                one.end()
            end_instances(folder)
    print("test_elsewhere_story passed")


if __name__ == "__main__":
    main(sys.argv[1])
