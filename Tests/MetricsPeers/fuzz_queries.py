"""Random series, and random queries over them, from a seed. All that both 2.42 and 3.x of Prometheus understand.

Samples lie off the grid of the steps, so that it makes no difference whether a range holds its oldest border; the ranges of
subqueries are such that none of their steps lies there either.
"""
import math
import struct

STALE = struct.unpack("<d", struct.pack("<Q", 0x7FF0000000000002))[0]
STEPS, EVERY = 240, 15_000
LAST = STEPS * EVERY // 1000

VALUES = {"job": ["a", "b", "c"], "inst": ["1", "2", "3"], "code": ["200", "500"], "zone": ["x", "y", "z"],
          "le": ["1", "+Inf"], "missing": [""]}
LABELS = {"req_total": ["job", "inst", "code"], "temp": ["job", "inst"], "lvl": ["job", "inst"],
          "cap": ["job", "inst", "zone"], "lat_bucket": ["job", "le"], "flag": ["job"], "maint": ["job", "zone"],
          "nope": ["job"]}
COMMONNESS = [5, 4, 2, 4, 1, 1, 1, 0.3]
OVER_TIME = ["avg", "sum", "min", "max", "count", "last", "stddev", "stdvar", "present", "absent"]
OF_RANGES = ["changes", "resets", "rate", "increase", "delta", "irate", "idelta", "deriv"]
OF_VECTORS = ["abs", "ceil", "floor", "exp", "sqrt", "ln", "log2", "log10", "sgn", "sin", "cos", "tan", "atan", "tanh",
              "sinh", "cosh", "asinh", "deg", "rad", "day_of_week", "day_of_year", "hour", "minute", "month", "year",
              "days_in_month", "day_of_month", "timestamp"]


def series(chance):
    """[({label: value}, [(milliseconds, value)])]"""
    found = []
    offsets = [37, 74, 111, 222, 333]

    def add(labels, values):
        shift = offsets[len(found) % len(offsets)]
        samples = [(step * EVERY + shift, float(value)) for step, value in enumerate(values) if value is not None]
        found.append((labels, samples))

    def counter():
        count, values = 5000, []
        for step in range(STEPS):
            count += chance.choice([0, 1, 2, 5, 10, 0.5])
            if chance.random() < 0.02 and step > 40:
                count = chance.choice([0, 1, 3])
            values.append(count)
        if chance.random() < 0.3:
            gone = chance.randrange(60, STEPS)
            for step in range(gone, min(STEPS, gone + chance.randrange(5, 60))):
                values[step] = None
            values[gone] = STALE
            # Where a series begins its counter is large: how far a small one is extrapolated back has changed since 2.42.
            values = [value if value is None or step <= gone else value + 9000 for step, value in enumerate(values)]
        return values

    def gauge():
        kinds = [None, math.nan, math.inf, -math.inf]
        return [chance.choices(kinds + [chance.uniform(-100, 100), chance.randrange(-5, 6)],
                               [5, 2, 0.5, 0.5, 46, 46])[0] for _ in range(STEPS)]

    for job in "ab":
        for inst in "123":
            for code in VALUES["code"]:
                add({"__name__": "req_total", "job": job, "inst": inst, "code": code}, counter())
            add({"__name__": "temp", "job": job, "inst": inst}, gauge())
            add({"__name__": "lvl", "job": job, "inst": inst}, [chance.uniform(-9, 9) for _ in range(STEPS)])
            add({"__name__": "cap", "job": job, "inst": inst, "zone": chance.choice("xyz")},
                [chance.randrange(1, 9) for _ in range(STEPS)])
        bounds, counts = ["0.1", "0.5", "1", "5", "+Inf"], [5000, 5100, 5200, 5300, 5400]
        rows = [[] for _ in bounds]
        for _ in range(STEPS):
            more = [chance.randrange(4) for _ in bounds]
            for place in range(5):
                counts[place] += sum(more[:place + 1])
                rows[place].append(counts[place])
        shared = len(found)
        for place, le in enumerate(bounds):
            # Buckets of one histogram are scraped at one time.
            offsets[len(found) % len(offsets)], kept = 37 + shared % 5 * 37, offsets[len(found) % len(offsets)]
            add({"__name__": "lat_bucket", "job": job, "le": le}, rows[place])
            offsets[(len(found) - 1) % len(offsets)] = kept
    add({"__name__": "flag", "job": "a"}, [1.5] * STEPS)
    add({"__name__": "maint", "job": "b", "zone": "x"}, [1 if 80 < step < 150 else None for step in range(STEPS)])
    return found


class Queries:
    def __init__(self, chance):
        self.chance = chance

    def one(self):
        return self.vector(self.chance.choice([1, 2, 2, 3]))

    def length(self):
        return self.chance.choice(["1m", "2m", "90s", "5m", "10m", "47s", "3m20s", "1h"])

    def selector(self, metric=None):
        chance = self.chance
        metric = metric or chance.choices(list(LABELS), COMMONNESS)[0]
        if chance.random() < 0.5:
            return metric
        matchers = []
        for _ in range(chance.randrange(1, 3)):
            label = chance.choice(LABELS[metric] + ["missing"])
            values, symbol = VALUES[label], chance.choice(["=", "!=", "=~", "!~"])
            value = chance.choice(values)
            if "~" in symbol:
                value = chance.choice([".*", ".+", "|".join(values[:2]), values[0] + ".*", "[a-z0-9]", "(a|b)", "5.."])
                value = value.replace("+Inf", "\\\\+Inf")
            matchers.append(f'{label}{symbol}"{value}"')
        return metric + "{" + ",".join(matchers) + "}"

    def shift(self, offsets=("1m", "-1m", "7m", "33s")):
        place = self.chance.random()
        text = " offset " + self.chance.choice(offsets) if place < 0.12 else ""
        if place > 0.92:
            text += " @ " + self.chance.choice(["1200", "2400.5", "start()", "end()"])
        return text

    def range(self, metric=None, depth=0):
        if self.chance.random() < 0.15 and depth < 2:
            # Counters only, where it must be one.
            plain = metric is not None or self.chance.random() < 0.5
            inner = self.selector(metric) + self.shift() if plain else self.over_time(depth + 1)
            span = self.chance.choice(["137s", "263s", "7m23s", "59s"])
            step = self.chance.choice(["10s", "20s", "30s", "1m"])
            return f"({inner})[{span}:{step}]" + self.shift(("1m", "-1m", "7m", "40s"))
        return f"{self.selector(metric)}[{self.length()}]{self.shift()}"

    def over_time(self, depth=0):
        function = self.chance.choice([name + "_over_time" for name in OVER_TIME] + OF_RANGES)
        return f"{function}({self.range('req_total' if function in ('rate', 'increase') else None, depth)})"

    def number(self):
        return self.chance.choice(["0", "1", "2", "-1", "0.5", "3.7", "100", "-0.25", "1e3", "NaN", "Inf", "-Inf",
                                   "pi()", "time()", "scalar(flag)"])

    def labels(self):
        return ",".join(self.chance.sample(["job", "inst", "code", "zone", "le"], self.chance.randrange(3)))

    def vector(self, depth):
        if depth <= 0:
            return self.selector() + self.shift()
        kinds = [
            (18, lambda: self.selector() + self.shift()), (24, self.over_time), (4, self.quantile_over_time),
            (3, self.predict), (9, lambda: f"{self.chance.choice(OF_VECTORS)}({self.vector(depth - 1)})"),
            (4, lambda: self.bounded(depth)), (16, lambda: self.aggregation(depth)),
            (3, lambda: f"quantile {self.chance.choice(['', 'by (job)'])} ({self.chance.choice(['0.5', '0.9', '0.1'])}, "
                        f"{self.vector(depth - 1)})"),
            (2, self.count_values), (2, self.top), (5, lambda: self.with_number(depth)), (6.5, lambda: self.matching(depth)),
            (1, lambda: self.relabel(depth)), (1, self.histogram), (0.5, lambda: f"-({self.vector(depth - 1)})"),
            (0.5, lambda: f"absent({self.vector(depth - 1)})"),
            (0.5, lambda: f"{self.chance.choice(['sort', 'sort_desc'])}({self.vector(depth - 1)})"),
            (0.5, lambda: f"vector({self.number()})"),
        ]
        return self.chance.choices([kind for _, kind in kinds], [weight for weight, _ in kinds])[0]()

    def quantile_over_time(self):
        share = self.chance.choice(["0.5", "0.9", "0", "1", "-1", "2", "0.333"])
        return f"quantile_over_time({share}, {self.range()})"

    def predict(self):
        return f"predict_linear({self.range()}, {self.chance.choice(['60', '600', '-30'])})"

    def bounded(self, depth):
        inner = self.vector(depth - 1)
        return self.chance.choice([
            f"clamp({inner}, {self.number()}, {self.number()})", f"clamp_min({inner}, {self.number()})",
            f"clamp_max({inner}, {self.number()})", f"round({inner}, {self.chance.choice(['1', '0.1', '5', '0.25'])})"])

    def aggregation(self, depth):
        name = self.chance.choice(["sum", "avg", "min", "max", "count", "group", "stddev", "stdvar"])
        by = self.chance.choice(["", f"by ({self.labels()})", f"without ({self.labels()})"])
        return f"{name} {by} ({self.vector(depth - 1)})"

    def count_values(self):
        by = self.chance.choice(["", "by (job)"])
        inner = self.chance.choice(["cap", "round(temp)", 'cap{zone="x"}'])
        return f'count_values {by} ("v", {inner})'

    def top(self):
        inner = self.chance.choice(["lvl", "abs(lvl)", f"avg_over_time(lvl[{self.length()}])", "lvl" + self.shift()])
        return f"{self.chance.choice(['topk', 'bottomk'])}({self.chance.choice(['1', '2', '3', '100'])}, {inner})"

    def with_number(self, depth):
        symbol = self.chance.choice(["+", "-", "*", "/", "%", "^", "==", "!=", ">", "<", ">=", "<=", "> bool",
                                     "== bool", "<= bool"])
        inner, number = self.vector(depth - 1), self.number()
        return f"({inner}) {symbol} {number}" if self.chance.random() < 0.6 else f"({number}) {symbol} ({inner})"

    def matching(self, depth):
        symbol = self.chance.choice(["+", "-", "*", "/", "and", "or", "unless", ">", "<= bool", "=="])
        match = self.chance.choice(["", "", "on (job)", "on (job, inst)", "ignoring (code)", "ignoring (zone)", "on ()"])
        group = ""
        if symbol not in ("and", "or", "unless") and match and self.chance.random() < 0.5:
            group = self.chance.choice(["group_left", "group_right", "group_left (zone)", "group_right (zone)"])
        return f"({self.vector(depth - 1)}) {symbol} {match} {group} ({self.vector(depth - 1)})"

    def relabel(self, depth):
        inner = self.vector(depth - 1)
        if self.chance.random() < 0.25:
            return f'label_join({inner}, "{self.chance.choice(["new", "zone"])}", "-", "job", "inst")'
        return 'label_replace({}, "{}", "{}", "{}", "{}")'.format(
            inner, self.chance.choice(["new", "job", "inst"]), self.chance.choice(["x$1", "$1-$2", "${1}", "c", ""]),
            self.chance.choice(["job", "inst", "code", "missing"]),
            self.chance.choice(["(.*)", "([0-9])(.*)", "(a)|b", "x"]))

    def histogram(self):
        inner = self.chance.choice(["lat_bucket", "rate(lat_bucket[5m])", "sum by (le) (rate(lat_bucket[5m]))",
                                    "sum by (le, job) (increase(lat_bucket[2m]))"])
        return f"histogram_quantile({self.chance.choice(['0.5', '0.9', '0.99', '0', '1', '1.5'])}, {inner})"
