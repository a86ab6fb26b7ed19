"""How often verdicts are wrong and how soon they come: simulated rollouts, judged by `halcyon rehearse --trace`.

Two worlds. In the first a service of 200 requests a second has one canary with a tenth of them: Poisson arrivals with a daily curve and slow
noise, an error rate whose noise both cohorts share, noise of the canary's own, lognormal latencies with the median 50 ms; a tick is 10
seconds. What the peers reach there was measured with 500 rollouts each. In the second twenty hosts in four zones differ from each other.
"""

import json
import math
import os
import subprocess
import tempfile

import numpy as np
from scipy.special import ndtr

from lab import Table

TICK = 10
EDGES = np.concatenate([[0.0], np.geomspace(2.0, 20000.0, 47), [np.inf]])
LOG_EDGES = np.log(EDGES[1:-1])
MEDIAN, SPREAD = 50.0, 0.6
P99 = 2.3263478740408408


def steady(factor):
    return lambda t: np.full(len(t), float(factor))


def within(start, end, factor):
    return lambda t: np.where((start <= t) & (t < end), float(factor), 1.0)


def falling(height, seconds):
    return lambda t: 1 + height * np.exp(-t / seconds)


def tail(factor):
    """The spread of latencies whose 99th percentile is so many times as long, the median the same."""
    return SPREAD + math.log(factor) / P99


# name: what is different; `goal` is (what, at most): false rollbacks in %, or the median delay in seconds; `missed` in %.
# Peers: Argo Rollouts (relative PromQL), Flagger and Kayenta (judged every ten minutes): false rollbacks in %, or missed % / median seconds.
WORLDS = {
    "healthy, 0.5 % errors": dict(goal=("false", 0.5), peers=("0", "0", "3.2")),
    "healthy, 0.1 %": dict(base=0.001, goal=("false", 0.5), peers=("7.8", "0.2", "1.2")),
    "healthy, noise doubled": dict(noise=2.0, goal=("false", 2), peers=("2", "4", "8.2")),
    "healthy, 0.2 requests/s": dict(rate=2.0, base=0.01, goal=("false", 0.5), peers=("95.6", "5.2", "0")),
    "incident of everybody": dict(shared_errors=within(300, 900, 20), shared_latency=within(300, 900, 2), goal=("false", 0.2), peers=("0.2", "100", "0")),
    "mild incident of everybody": dict(shared_errors=within(300, 900, 4), shared_latency=within(300, 900, 1.5), goal=("false", 0.2), peers=("0", "100", "0.2")),
    "metrics away for 6 min": dict(outage=360, goal=("false", 0), peers=("100", "1", "1.4")),
    "cold start (60 s)": dict(errors=within(0, 60, 3), latency=falling(2, 60), goal=("false", 1), peers=("100", "0.2", "36.8")),
    "slow cold start (180 s), control": dict(errors=within(0, 120, 3), latency=falling(2, 180), control=True, cold=True, goal=("false", 2), peers=("100", "6", "100")),
    "crash (50 % errors)": dict(errors=steady(100), goal=("delay", 10), missed=0, peers=("0 / 240", "0 / 660", "0 / 600")),
    "crash, 0.2 requests/s": dict(rate=2.0, base=0.01, errors=steady(50), goal=("delay", 60), missed=0, peers=("0 / 240", "0 / 660", "26.6 / 600")),
    "errors ×10": dict(errors=steady(10), goal=("delay", 50), missed=0, peers=("0 / 240", "0 / 660", "0 / 600")),
    "errors ×5": dict(errors=steady(5), goal=("delay", 120), missed=0, peers=("0 / 240", "0 / 660", "0 / 600")),
    "errors ×10, control": dict(errors=steady(10), control=True, goal=("delay", 20), missed=0, peers=("0 / 240", "0 / 660", "0 / 600")),
    "errors ×5, control": dict(errors=steady(5), control=True, goal=("delay", 40), missed=0, peers=("0 / 240", "0 / 660", "0 / 600")),
    "errors ×2": dict(errors=steady(2), goal=("delay", 420), missed=1, peers=("2.4 / 420", "59.2 / 900", "7.6 / 600")),
    "errors ×1.5 (margin 1.0, floor 0.05 %)": dict(errors=steady(1.5), tolerate="relative: 1.0, floor: 0.05%", goal=("delay", 3600), missed=5, peers=("83.4 / 1200", "93.8 / 960", "51.2 / 1800")),
    "latency +25 %": dict(latency=steady(1.25), goal=("delay", 120), missed=0, peers=("2.8 / 420", "38.8 / 900", "0 / 600")),
    "latency +10 %": dict(latency=steady(1.10), goal=("delay", 400), missed=2, peers=("100", "99.8 / 1200", "0 / 600")),
    "slowest hundredth +25 %": dict(spread=tail(1.25), goal=("delay", 150), missed=0, peers=("2 / 480", "41.6 / 900", "0 / 600")),
    "errors ×10 from minute 20": dict(errors=lambda t: np.where(t >= 1200, 10.0, 1.0), onset=1200, goal=("delay", 110), missed=0, peers=("0 / 240", "100", "0 / 600")),
}
FLEETS = {
    "hosts differ (0.45)": dict(differ=0.45, goal=("false", 1)),
    "hosts differ, no history": dict(differ=0.45, before=0, goal=("false", 1)),
    "latencies of hosts differ": dict(differ=0.2, slower=0.08, goal=("false", 1)),
    "one zone in trouble": dict(differ=0.2, zone=20, goal=("false", 1)),
    "cold starts in every wave": dict(differ=0.2, waves=True, cold=True, goal=("false", 1)),
    "errors ×5, hosts differ (0.45)": dict(differ=0.45, errors=5, goal=("delay", 180), missed=0),
    "crash, hosts differ (0.45)": dict(differ=0.45, errors=100, goal=("delay", 10), missed=0),
    "latency +25 % in waves": dict(differ=0.2, waves=True, latency=1.25, goal=("delay", 150), missed=0),
}


def wander(chance, rows, ticks, deviation, memory):
    """Gaussian noise that forgets: each tick keeps `memory` of the one before."""
    values = np.empty((rows, ticks))
    values[:, 0] = chance.standard_normal(rows) * deviation
    step = deviation * math.sqrt(1 - memory * memory)
    for tick in range(1, ticks):
        values[:, tick] = memory * values[:, tick - 1] + step * chance.standard_normal(rows)
    return values


def histogram(chance, counts, centres, spread):
    shares = ndtr((LOG_EDGES - centres[..., None]) / np.asarray(spread)[..., None])
    shares = np.diff(np.concatenate([np.zeros(shares.shape[:-1] + (1,)), shares, np.ones(shares.shape[:-1] + (1,))], axis=-1), axis=-1)
    return chance.multinomial(counts, np.clip(shares, 0, 1))


HEADER = "trace,t,cohort,zone,host,requests,errors," + ",".join("le_" + ("+Inf" if math.isinf(edge) else f"{edge:.6g}") for edge in EDGES[1:]) + "\n"


def write(out, name, t, cohort, zone, host, requests, errors, buckets):
    out.write(f"{name},{t},{cohort},{zone},{host},{requests},{errors}," + ",".join(map(str, buckets)) + "\n")


def world(what, rollouts, seed, out, seconds=3600):
    """One canary beside one baseline (and a control)."""
    chance = np.random.default_rng(seed)
    ticks = seconds // TICK
    t = np.arange(ticks) * TICK
    noise, one = what.get("noise", 1.0), steady(1)
    day = chance.random((rollouts, 1))
    rate = what.get("rate", 200.0) * (1 + 0.35 * noise * np.sin(2 * np.pi * (t / 86400 + day))) * np.exp(wander(chance, rollouts, ticks, 0.15 * noise, 0.97))
    errors = what.get("base", 0.005) * np.exp(wander(chance, rollouts, ticks, 0.25 * noise, 0.98) - 0.5 * (0.25 * noise) ** 2) * what.get("shared_errors", one)(t)
    centre = math.log(MEDIAN) + wander(chance, rollouts, ticks, 0.05 * noise, 0.98) + np.log(what.get("shared_latency", one)(t))
    own_errors = np.exp(0.05 * noise * chance.standard_normal((rollouts, 1)) + wander(chance, rollouts, ticks, 0.10 * noise, 0.95)) * what.get("errors", one)(t)
    own_centre = 0.01 * noise * chance.standard_normal((rollouts, 1)) + wander(chance, rollouts, ticks, 0.02 * noise, 0.95) + np.log(what.get("latency", one)(t))
    cold = what.get("cold", False)
    cohorts = {"canary": (0.1, errors * own_errors, centre + own_centre, what.get("spread", SPREAD)), "baseline": (0.8 if what.get("control") else 0.9, errors, centre, SPREAD)}
    if what.get("control"):
        cohorts["control"] = (0.1, errors * (what["errors"](t) if cold else 1), centre + (np.log(what["latency"](t)) if cold else 0), SPREAD)
    away = chance.random(rollouts) * (seconds - 900)
    for rollout in range(rollouts):
        drawn = {}
        for cohort, (share, rates, centres, spread) in cohorts.items():
            requests = chance.poisson(rate[rollout] * share * TICK)
            bad = chance.binomial(requests, np.clip(rates[rollout], 0, 0.95))
            drawn[cohort] = (requests, bad, histogram(chance, requests, centres[rollout], np.full(ticks, spread)))
        for tick in range(ticks):
            end = (tick + 1) * TICK
            if what.get("outage") and away[rollout] <= end < away[rollout] + what["outage"]:
                continue
            for cohort, (requests, bad, buckets) in drawn.items():
                write(out, rollout, end, cohort, "z1", cohort, requests[tick], bad[tick], buckets[tick])


def fleet(what, rollouts, seed, out, seconds=2400):
    """Twenty hosts in four zones; two canaries, or waves of 2, 5, 10 and 19 every ten minutes."""
    hosts, before = 20, what.get("before", 1800)
    for rollout in range(rollouts):
        chance = np.random.default_rng([seed, rollout])
        differ = what.get("differ", 0)
        unlike = chance.gamma(1 / differ**2, differ**2, hosts) if differ else np.ones(hosts)
        slower = chance.normal(0, what.get("slower", 0), hosts)
        share = chance.dirichlet(np.full(hosts, 30.0))
        order = chance.permutation(hosts)
        starts = [0, 0] + ([600] * 3 + [1200] * 5 + [1800] * 9 if what.get("waves") else [])
        joined = {int(host): start for host, start in zip(order, starts)}
        ticks = range(-before // TICK + 1, seconds // TICK + 1)
        errors = np.exp(wander(chance, 1, len(ticks), 0.25, 0.98)[0]) * 0.005
        centre = math.log(MEDIAN) + wander(chance, 1, len(ticks), 0.05, 0.98)[0]
        for index, tick in enumerate(ticks):
            t = tick * TICK
            rates, centres = errors[index] * unlike, centre[index] + slower
            zone = np.arange(hosts) % 4
            if what.get("zone") and 300 <= t < 900:
                rates, centres = np.where(zone == 1, rates * what["zone"], rates), np.where(zone == 1, centres + 0.7, centres)
            canary = np.array([t > 0 and joined.get(host, 1 << 30) < t for host in range(hosts)])
            rates = np.where(canary, rates * what.get("errors", 1), rates)
            centres = np.where(canary, centres + math.log(what.get("latency", 1)), centres)
            if what.get("cold"):
                age = np.array([t - joined.get(host, 1 << 30) - TICK for host in range(hosts)])
                centres = np.where(canary, centres + np.log(1 + 2 * np.exp(-np.maximum(age, 0) / 60)), centres)
                rates = np.where(canary & (age < 60), rates * 3, rates)
            requests = chance.poisson(200 * share * TICK)
            bad = chance.binomial(requests, np.clip(rates, 0, 0.95))
            buckets = histogram(chance, requests, centres, np.full(hosts, SPREAD))
            for host in range(hosts):
                write(out, rollout, t, "canary" if canary[host] else "baseline", f"z{zone[host]}", f"h{host}", requests[host], bad[host], buckets[host])


def judge(program, make, what, rollouts, seed, folder):
    """The first `fail` of each rollout, and how many were proven good, when."""
    checks = os.path.join(folder, "checks.yaml")
    with open(checks, "w") as file:
        file.write(
            "checks:\n"
            f"  - {{ name: errors, ratio: {{ bad: errors, total: requests }}, tolerate: {{ {what.get('tolerate', 'relative: 1.25, absolute: 0.05%')} }} }}\n"
            "  - { name: latency, latency: { histogram: le }, tolerate: { relative: 1.10 } }\n"
            "plan: { falseRollbacks: 1% }\n"
        )
    engine = subprocess.Popen([program, "rehearse", "--trace", "-", "--checks", checks, "-o", "json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    answers = os.path.join(folder, "answers")
    # Answers are few and small next to what is written: a pipe holds them, and a thread would only hide that.
    with open(answers, "w") as file:
        reader = subprocess.Popen(["cat"], stdin=engine.stdout, stdout=file)
        engine.stdin.write(HEADER)
        make(what, rollouts, seed, engine.stdin)
        engine.stdin.close()
        if engine.wait() or reader.wait():
            raise RuntimeError("rehearse failed")
    fails, passes, seen = {}, {}, set()
    with open(answers) as file:
        for line in file:
            answer = json.loads(line)
            seen.add(answer["trace"])
            {"fail": fails, "pass": passes}.get(answer["verdict"], {}).setdefault(answer["trace"], answer["at"])
    if len(seen) != rollouts:
        raise RuntimeError(f"{len(seen)} of {rollouts} traces answered")
    return list(fails.values()), list(passes.values())


def median(values):
    return sorted(values)[len(values) // 2] if values else None


def row(table, name, what, fails, passes, rollouts, peers):
    kind, goal = what["goal"]
    onset = what.get("onset", 0)
    early = [at for at in fails if onset and at <= onset]
    hits = [at - onset for at in fails if at > onset]
    if kind == "false":
        reached = f"{100 * len(fails) / rollouts:.1f} %"
        goal_text, met = f"≤ {goal} %", 100 * len(fails) / rollouts <= goal
        proven = f"{100 * len(passes) / rollouts:.0f} %, {median(passes):.0f} s" if passes else "none"
    else:
        missed = 100 * (rollouts - len(hits)) / rollouts
        late = sorted(hits)[min(len(hits) - 1, int(0.95 * len(hits)))] if hits else 0
        reached = f"{median(hits) or 0:.0f} s (p95 {late:.0f} s), missed {missed:.1f} %"
        goal_text, met = f"≤ {goal} s, missed ≤ {what['missed']} %", bool(hits) and median(hits) <= goal and missed <= what["missed"]
        proven = f"{len(early)} too early" if early else "-"
    table.add(name, goal_text, ("" if met else "✗ ") + reached, proven, *peers)


def cost(programs, quick):
    """What a tick costs, within one process."""
    options = ["--quick"] if quick else []
    output = subprocess.run([os.path.join(programs, "verdict-ticks"), *options], check=True, stdout=subprocess.PIPE, text=True).stdout
    figures = {entry["name"]: entry["value"] for entry in map(json.loads, output.splitlines())}
    table = Table("Verdicts: what they cost", ["what", "goal", "halcyon"])
    for name, goal, scale, unit in [
        ("tick of a count check, canary and baseline", 1, 1e6, "µs"), ("tick of a count check, 12 hosts", None, 1e6, "µs"),
        ("tick of a latency check, 64 buckets", 5, 1e6, "µs"), ("processor share of 10,000 rollouts of four checks", 100, 100, "%"),
        ("state of a check", None, 1, "bytes"),
    ]:
        value = figures[name] * scale
        text = f"{value:.0f} {unit}" if unit == "bytes" else f"{value:.2f} {unit}"
        table.add(name, f"≤ {goal} {unit}" if goal else "-", ("" if goal is None or value <= goal else "✗ ") + text)
    return table


def run(programs, quick):
    program = os.path.join(programs, "halcyon")
    tables = [cost(programs, quick)]
    for title, scenarios, make, rollouts in [
        ("Verdicts: one canary with 20 of 200 requests a second", WORLDS, world, 20 if quick else 500),
        ("Verdicts: twenty hosts in four zones", FLEETS, fleet, 4 if quick else 100),
    ]:
        has_peers = make is world
        columns = ["rollout", "goal", f"halcyon ({rollouts} rollouts)", "proven good (share, median)"]
        table = Table(title, columns + (["Argo Rollouts, relative query", "Flagger, tuned", "Kayenta, every 10 min"] if has_peers else []))
        for index, (name, what) in enumerate(scenarios.items()):
            with tempfile.TemporaryDirectory() as folder:
                fails, passes = judge(program, make, what, rollouts, [2026, index] if has_peers else 2026 + index, folder)
            row(table, name, what, fails, passes, rollouts, what["peers"] if has_peers else ())
        if has_peers:
            table.notes.append("Peers: false rollbacks in %, or missed in % / median delay in s, of 500 rollouts of the same worlds (their rules: see below).")
        tables.append(table)
    return tables
