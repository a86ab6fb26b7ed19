"""Many agents on one server: how soon they hear, and what they cost."""

import json
import subprocess
import time

from lab import Lab, Server, Table, median, percentile, processor_seconds, resident_kilobytes, wait

PORT = 18611
ROUNDS = 5
SERVICE = """\
kind: Service
name: app
run: { command: ["./app"] }
plan:
  waves: [{ name: all, hosts: 100%, maxUnavailable: 100%, bake: 0s }]
  watch: 1h
  rollback: { to: previous, maxUnavailable: 100% }
"""


class Fleet:
    """fleet-load as a process."""

    def __init__(self, lab, port, agents, join_token, joins_per_second=2000):
        self.agents = agents
        self.process = lab.start(
            [lab.compiled("fleet-load"), str(port), str(agents), join_token, str(joins_per_second)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def wait_for_streams(self, seconds=300.0):
        wait("all streams", lambda: self.ask("status")["streaming"] == self.agents, seconds, every=0.1)

    def wait_for_version(self, version):
        wait(f"{version} everywhere", lambda: self.ask("status")["running"].get(version) == self.agents, every=0.1)

    def check(self):
        """Nobody was turned away, and everybody is there."""
        status = self.ask("status")
        if status["refusals"] or status["joined"] != self.agents or status["streaming"] != self.agents:
            raise RuntimeError(f"of {self.agents} agents: {status}")

    def hear(self, version, count):
        """Waits until so many were told the version, and returns when each was."""
        heard = []

        def all_heard():
            heard.extend(at for at, _, name in self.ask("desired") if version in (None, name))
            return len(heard) >= count

        wait(f"{version} to be heard", all_heard, every=0.005)
        return heard


def run(programs, quick):
    tables = [
        Table("Decision → agents have heard (rollback of everybody)", [
            "agents", "server", "p50 ms", "p99 ms", "last ms", "worst last ms", "CPU µs per told agent, until the last has heard",
            "the whole rollback, CPU ms"]),
        Table("What connected agents cost", [
            "agents", "join, CPU ms each", "memory kB each (goal ≤ 30)", "idle CPU %", "CPU µs per heartbeat"]),
        Table("All agents come back after a restart of the server", [
            "agents", "ended by", "hint s", "all back after s", "most in one second", "CPU s until all are back",
            "busiest second, CPU %", "memory kB each"]),
    ]
    for agents in [1000] if quick else [1000, 5000]:
        measure(programs, agents, tables)
    return tables


def measure(programs, agents, tables):
    with Lab(programs) as lab:
        server = Server(lab, PORT)
        pid = server.process.pid
        server.apply(SERVICE)
        time.sleep(1)
        before, used = resident_kilobytes(pid), processor_seconds(pid)
        fleet = Fleet(lab, PORT, agents, server.join_token)
        fleet.wait_for_streams()
        joined = (processor_seconds(pid) - used) / agents
        deploy(server, fleet, "v0")
        time.sleep(11)
        memory = (resident_kilobytes(pid) - before) / agents
        idle, heartbeat = rest(pid, fleet)
        tables[1].add(agents, f"{joined * 1e3:.2f}", f"{memory:.1f}", f"{idle * 100:.1f}", f"{heartbeat * 1e6:.0f}")
        rollbacks(server, fleet, tables[0])
        message = fleet.ask("message")
        restart(lab, server, fleet, "terminate", before, tables[2])
        restart(lab, server, fleet, "kill", before, tables[2])
        fleet.check()
        lab.end(fleet.process)
        lab.end(server.process)
    with Lab(programs) as lab:
        ceiling(lab, agents, message, tables[0])


def deploy(server, fleet, version):
    artefact = {"digest": "sha256:" + version.encode().hex().rjust(64, "0"), "size": 1, "url": "http://127.0.0.1:9/none"}
    server.call("POST", "/v1/deploy", {
        "service": "app", "version": version, "artefact": artefact, "supersede": False, "force": False,
        "forwardOnly": False, "reason": ""})
    fleet.wait_for_version(version)
    wait("the rollout's end", lambda: server.phase("app") in ("watching", "done"), every=0.2)
    # The first version has nothing to compare with, later ones are watched.
    time.sleep(1.5)


def rest(pid, fleet, seconds=15):
    reports, used = fleet.ask("status")["reports"], processor_seconds(pid)
    time.sleep(seconds)
    used = processor_seconds(pid) - used
    return used / seconds, used / max(1, fleet.ask("status")["reports"] - reports)


def rollbacks(server, fleet, table):
    pid, rows = server.process.pid, []
    for number in range(1, ROUNDS + 1):
        deploy(server, fleet, f"v{number}")
        fleet.ask("desired")
        used, start = processor_seconds(pid), time.time()
        server.call("POST", "/v1/rollouts/app/rollback", {"reason": "benchmark", "full": False})
        heard = fleet.hear("v0", fleet.agents)
        told = (processor_seconds(pid) - used) / fleet.agents
        fleet.wait_for_version("v0")
        wait("the rollback's end", lambda: server.phase("app") == "rolledBack", every=0.1)
        whole = processor_seconds(pid) - used
        rows.append(latencies(heard, start) + [told * 1e6, whole * 1e3])
    add(table, fleet.agents, "halcyon", rows)


def ceiling(lab, agents, message, table):
    """The same bytes to the same number of streams from the least that a server can be."""
    port = PORT + 1
    process = lab.start([lab.compiled("ceiling"), str(port)])
    time.sleep(0.2)
    fleet = Fleet(lab, port, agents, "t")
    fleet.wait_for_streams()
    time.sleep(1)
    peer = Server.__new__(Server)
    peer.lab, peer.port, peer.token = lab, port, "t"
    rows = []
    for _ in range(ROUNDS):
        fleet.ask("desired")
        used, start = processor_seconds(process.pid), time.time()
        peer.call("POST", "/push", message)
        heard = fleet.hear(None, agents)
        told = (processor_seconds(process.pid) - used) / agents
        rows.append(latencies(heard, start) + [told * 1e6, float("nan")])
        time.sleep(1)
    size = len(json.dumps(message, separators=(",", ":")))
    add(table, agents, f"C ceiling ({size} bytes)", rows)


def latencies(heard, start):
    after = [at / 1e3 - start * 1e3 for at in heard]
    return [percentile(after, 0.5), percentile(after, 0.99), max(after)]


def add(table, agents, name, rows):
    middle = [median([row[i] for row in rows]) for i in range(5)]
    whole = "–" if middle[4] != middle[4] else f"{middle[4]:.0f}"
    worst = max(row[2] for row in rows)
    table.add(agents, name, *[f"{value:.0f}" for value in middle[:3]], f"{worst:.0f}", f"{middle[3]:.1f}", whole)


def restart(lab, server, fleet, how, before, table):
    hint = max(1.0, fleet.agents * 0.005)
    fleet.ask("hellos")
    lab.end(server.process, how)
    server.start()
    began, pid = time.time(), server.process.pid
    seconds, used = [], [processor_seconds(pid)]
    deadline = began + 300
    while fleet.ask("status")["streaming"] < fleet.agents and time.time() < deadline:
        time.sleep(1)
        used.append(processor_seconds(pid))
        seconds.append(used[-1] - used[-2])
    if fleet.ask("status")["streaming"] < fleet.agents:
        raise RuntimeError(f"not all of {fleet.agents} agents came back in 300 s")
    hellos = [at / 1e6 - began for at in fleet.ask("hellos")]
    time.sleep(11)
    memory = (resident_kilobytes(pid) - before) / fleet.agents
    histogram = {}
    for at in hellos:
        histogram[int(at)] = histogram.get(int(at), 0) + 1
    name = {"terminate": "SIGTERM", "kill": "kill -9"}[how]
    table.add(fleet.agents, name, f"{hint:.0f}", f"{max(hellos):.1f}", max(histogram.values()), f"{used[-1] - used[0]:.2f}",
              f"{max(seconds) * 100:.0f}", f"{memory:.1f}")
    spread = " ".join(str(histogram.get(i, 0)) for i in range(int(max(hellos)) + 1))
    table.notes.append(f"{fleet.agents} agents, {name}, back in each second: {spread}  ")
