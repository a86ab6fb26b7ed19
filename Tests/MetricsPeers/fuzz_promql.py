"""Random queries, answered by Debian's Prometheus and by a server of ours over the same samples: they must be the same.

usage: fuzz_promql.py HALCYON [COUNT [SEED]]
"""
import http.client
import json
import math
import os
import random
import re
import sys
import time
import urllib.parse

import fuzz_queries
import serving
import wire


class Client:
    """Asks a query API over one connection."""

    def __init__(self, address, prefix):
        self.connection, self.prefix = http.client.HTTPConnection(address, timeout=60), prefix

    def ask(self, route, fields):
        self.connection.request("POST", self.prefix + route, urllib.parse.urlencode(fields),
                                {"Content-Type": "application/x-www-form-urlencoded"})
        return json.loads(self.connection.getresponse().read())


def points(body):
    """{labels: [(time, value)]}"""
    data = body["data"]
    if data["resultType"] in ("scalar", "string"):
        return {(): [(0, float(data["result"][1]))]}
    return {tuple(sorted(one["metric"].items())): [(when, float(value)) for when, value in one.get("values") or [one["value"]]]
            for one in data["result"]}


def same(theirs, mine):
    if math.isnan(theirs) or math.isnan(mine):
        return math.isnan(theirs) and math.isnan(mine)
    return theirs == mine or math.isclose(theirs, mine, rel_tol=1e-9, abs_tol=1e-9)


def difference(theirs, mine):
    """What differs, or nothing."""
    if theirs["status"] != mine["status"]:
        return f"Prometheus: {theirs.get('error', 'an answer')}; Halcyon: {mine.get('error', 'an answer')}"
    if theirs["status"] == "error":
        return None
    theirs, mine = points(theirs), points(mine)
    if theirs.keys() != mine.keys():
        return f"series of one only: {sorted(theirs.keys() ^ mine.keys())[:3]}"
    for labels, expected in theirs.items():
        if [when for when, _ in expected] != [when for when, _ in mine[labels]]:
            return f"other times of {labels}: {len(expected)} and {len(mine[labels])}"
        for (when, value), (_, other) in zip(expected, mine[labels]):
            if not same(value, other):
                return f"{labels} at {when}: {value} and {other}"
    return None


def explanation(query, is_range, problem, mine):
    """Why 2.42 answers otherwise than 3.x, and so than we: see docs/querying.md."""
    if "predict_linear" in query and "@" in query and is_range:
        return "2.42 loses samples of a fixed range from step to step in predict_linear"
    if mine["status"] == "error" and "many-to-one matching must be explicit" in mine["error"]:
        return "3.x notices that several match also when the comparison takes them away"
    if mine["status"] == "error" and "grouping labels must ensure unique matches" in mine["error"]:
        return "3.x notices that several match also when the comparison takes them away"
    if ("stddev" in query or "stdvar" in query) and ("temp" in query or problem.endswith("and nan")):
        return "3.x gives NaN for the deviation of a NaN or an infinity, 2.42 gives 0 for one of them alone"
    if ("predict_linear" in query or "deriv" in query) and "temp" in query and re.search(r"nan and [-]?inf$", problem):
        return "3.x keeps infinities in sums whose last digits it compensates"
    return None


def is_rounding(query, ask):
    """Whether the same answers come without rounding: sums of floating-point numbers differ in their last digit."""
    plain = re.sub(r"\b(floor|ceil)\(", "(", query)
    return plain != query and difference(*ask(plain)) is None


def main(program, count, seed):
    chance = random.Random(seed)
    with serving.Folder() as folder:
        config = os.path.join(folder, "prometheus.yml")
        with open(config, "w", encoding="utf-8") as file:
            file.write("global: {scrape_interval: 1h}\n")
        theirs = serving.Prometheus(
            folder, "--web.enable-remote-write-receiver", "--storage.tsdb.min-block-duration=24h",
            "--storage.tsdb.max-block-duration=24h", "--storage.tsdb.retention.time=100y", "--log.level=error",
            config=config)
        mine = serving.Halcyon(program, folder, dev=True)
        try:
            data = fuzz_queries.series(chance)
            for url in [theirs.write, mine.api + "/write"]:
                status = wire.send(url, data)
                assert status in (200, 204), (url, status)
            ours, others = Client(f"127.0.0.1:{mine.port}", "/prometheus/api/v1/"), Client(f"127.0.0.1:{theirs.port}", "/api/v1/")
            queries, unexplained, explained, errors, empty = fuzz_queries.Queries(chance), [], {}, 0, 0
            began = time.monotonic()
            for _ in range(count):
                query, is_range = queries.one(), chance.random() < 0.5
                if is_range:
                    start = chance.randrange(1, 30) * 100
                    fields = {"query": query, "start": start, "end": start + chance.randrange(90) * 10,
                              "step": chance.choice([10, 20, 30, 60])}
                else:
                    fields = {"query": query, "time": chance.randrange(1, 400) * 10}
                route = "query_range" if is_range else "query"
                def ask(text):
                    return [one.ask(route, fields | {"query": text}) for one in (others, ours)]

                expected, found = ask(query)
                errors += expected["status"] == "error" == found["status"]
                empty += expected["status"] == "success" and not expected["data"]["result"]
                problem = difference(expected, found)
                if problem is None:
                    continue
                reason = explanation(query, is_range, problem, found)
                if reason is None and is_rounding(query, ask):
                    reason = "floor and ceil of sums that differ in the last digit"
                if reason:
                    explained[reason] = explained.get(reason, 0) + 1
                else:
                    unexplained.append(f"{fields}\n    {problem}")
        finally:
            mine.process.end()
            theirs.process.end()
    for one in unexplained[:20]:
        print(f"DIFFERENT {one[:600]}")
    print(f"{count} queries from seed {seed} in {time.monotonic() - began:.0f} s: {len(unexplained)} differ, "
          f"{sum(explained.values())} differ as explained, {errors} are errors for both, {empty} give nothing")
    for reason, number in sorted(explained.items()):
        print(f"  {number}: {reason}")
    assert not unexplained, f"{len(unexplained)} queries are answered otherwise: run it again with the seed {seed}"
    print("fuzz_promql passed")


main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 300, int(sys.argv[3]) if len(sys.argv) > 3 else 1)
