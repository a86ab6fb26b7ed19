"""Flags, contexts, and what the reference evaluator (openfeature-flagd-core) answers, made from a seed.

usage: differential.py FOLDER [SEED]...   writes FOLDER/v2-SEED.json and v3-SEED.json, which VectorTests compares with our answers

Only what JavaScript's and Python's evaluators agree on is made: no comparing of texts with numbers, no printing of fractions.
"""
import json
import logging
import os
import random
import sys

import mmh3
from openfeature.contrib.tools.flagd.core import FlagdCore
from openfeature.contrib.tools.flagd.core.targeting import custom_ops, targeting as _  # noqa: F401
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import OpenFeatureError

logging.getLogger("openfeature").setLevel(logging.CRITICAL + 1)
rules = sys.modules["openfeature.contrib.tools.flagd.core.targeting.targeting"]

# Attributes of one type each; every one may be missing.
TEXTS, NUMBERS, BOOLEANS = ["country", "plan", "email"], ["age", "score", "user.logins"], ["beta", "user.staff"]
VERSIONS, LISTS = ["version"], ["roles"]
WORDS = ["DE", "FR", "gold", "free", "me@example.com", "", "é", "日本", "x" * 40, "🙂", "De", "a b"]
SEMVERS = ["1.0.0", "1.2.3", "v2.0.0", "2.1", "3", "1.2.3-rc.1", "1.2.3-rc.2+build.5", "10.0.0", "01.2.3", "no", "1.2.3.4", ""]
VARIANTS = ["on", "off", "a", "b", "true", "1"]
CASES = 4000


def fractional_v2(data, *arguments):
    """The generation before: murmur3 of the text itself, or of the flag's key and the targeting key after each other."""
    key = data["$flagd"]["flagKey"] + data["targetingKey"] if data.get("targetingKey") else None
    if arguments and (isinstance(arguments[0], str) or arguments[0] is None):
        key, arguments = (key if arguments[0] is None else arguments[0]), arguments[1:]
    if key is None or not arguments:
        return None
    shares = [custom_ops._parse_fraction(share) for share in arguments]
    total = sum(share.weight for share in shares)
    if not 0 < total <= custom_ops.MAX_WEIGHT_SUM:
        return None
    bucket, end = mmh3.hash(key.encode(), signed=False) * total >> 32, 0
    for share in shares:
        end += share.weight
        if bucket < end:
            return share.variant
    return None


class Maker:
    def __init__(self, seed, bucketing):
        self.random, self.bucketing = random.Random(f"{seed}-{bucketing}"), bucketing
        self.shared = {}
        for number in range(4):
            rule = self.condition(2)
            while "\\" in json.dumps(rule):  # The reference cannot put it in.
                rule = self.condition(2)
            self.shared[f"shared-{number}"] = rule

    def one(self, *choices):
        return self.random.choice(choices)

    def chance(self, share):
        return self.random.random() < share

    def variable(self, names, default=None):
        name = self.one(*names)
        return {"var": [name, default]} if default is not None or self.chance(0.2) else {"var": name}

    def number(self):
        kind = self.random.randrange(6)
        variable = self.variable(NUMBERS, default=self.random.randrange(100))
        if kind == 0:
            return {self.one("+", "*", "-", "max", "min"): [variable, self.random.randrange(1, 9)]}
        if kind == 1:
            return {"%": [{"max": [variable, 0]}, self.random.randrange(2, 9)]}
        if kind == 2:
            return {"reduce": [{"merge": [[1, 2, 3], variable]}, {"+": [{"var": "current"}, {"var": "accumulator"}]}, 0]}
        return variable

    def text(self):
        kind = self.random.randrange(5)
        variable = self.variable(TEXTS, default=self.one(*WORDS[:5]))
        if kind == 0:
            return {"cat": [variable, "-", self.one(*WORDS)]}
        if kind == 1:
            return {"substr": [{"cat": ["abcdef", self.one("x", "yz")]}, self.random.randrange(-4, 4), self.random.randrange(1, 4)]}
        return variable

    def condition(self, depth):
        kind = self.random.randrange(15 if depth else 10)
        if kind == 0:
            return {self.one("==", "===", "!=", "!=="): [self.text(), self.one(*WORDS)]}
        if kind == 1:
            return {self.one("<", "<=", ">", ">=", "==", "!="): [self.number(), self.one(0, 18, 42, 3.5, -1, 1e3)]}
        if kind == 2:
            return {"<": [0, self.number(), self.random.randrange(1, 90)]}
        if kind == 3:
            return {"in": [self.text(), self.random.sample(WORDS, self.random.randrange(1, 6))]}
        if kind == 4:
            return {"in": [self.one("a", "e", "@", "old"), self.text()]}
        if kind == 5:
            return {self.one("starts_with", "ends_with"): [self.text(), self.one("D", "me@", ".com", "é", "d", "")]}
        if kind == 6:
            return {"sem_ver": [self.variable(VERSIONS), self.one("=", "!=", "<", "<=", ">", ">=", "^", "~", "?"), self.one(*SEMVERS)]}
        if kind == 7:
            return {"in": [self.one("admin", "dev"), self.variable(LISTS, default=["none"])]}
        if kind == 8:
            return {self.one("!", "!!"): [self.variable(BOOLEANS)]}
        if kind == 9:
            test = {"starts_with": [{"var": ""}, self.one("a", "d", "o")]}
            return {self.one("some", "all", "none"): [{"filter": [self.variable(LISTS, default=["ops"]), {"!!": [{"var": ""}]}]}, test]}
        if kind == 10:
            return {"!": [self.condition(depth - 1)]}
        if kind == 11 and self.shared:
            return {"$ref": self.one(*self.shared)}
        if kind == 12:
            return {"!!": [{self.one("missing", "missing"): [self.one(*TEXTS, *NUMBERS), self.one(*BOOLEANS)]}]}
        return {self.one("and", "or"): [self.condition(depth - 1) for _ in range(self.random.randrange(1, 4))]}

    def by(self):
        """What a fractional hashes, where the rule says it."""
        if self.bucketing == "v2":
            return self.one({"cat": [{"var": "$flagd.flagKey"}, self.text()]}, self.text(), {"var": "email"})
        object_ = {"merge": [[self.number()], [self.text()], [True, None, -7, 1.5, 1e20, 65504.0, 65505.0]]}
        return self.one(self.text(), self.number(), {"var": "beta"}, {"var": "user"}, {"cat": ["", object_["merge"][1]]}, {"var": "email"})

    def outcome(self, depth):
        kind = self.random.randrange(8)
        if kind < 3 or not depth:
            return self.one(*VARIANTS, *VARIANTS, None, "nobody", True, 1)
        if kind < 6:
            shares = []
            for _ in range(self.random.randrange(1, 5)):
                share = self.one(*VARIANTS)
                if self.chance(0.2):
                    share = {"if": [self.condition(1), self.one(*VARIANTS), self.one(*VARIANTS)]}
                weight = self.one(1, 5, 50, 0, -3, 1000, 2**31 - 1, {"if": [self.condition(0), 10, 90]})
                shares.append([share] if self.chance(0.2) else [share, weight])
            return {"fractional": ([self.by()] if self.chance(0.5) else []) + shares}
        steps = []
        for _ in range(self.random.randrange(1, 4)):
            steps += [self.condition(2), self.outcome(depth - 1)]
        if self.chance(0.7):
            steps.append(self.outcome(depth - 1))
        return {"if": steps}

    def flag(self):
        flag = {"state": "DISABLED" if self.chance(0.04) else "ENABLED", "variants": {name: f"value of {name}" for name in VARIANTS}}
        if self.chance(0.85):
            flag["defaultVariant"] = self.one(*VARIANTS, None)
        if self.chance(0.95):
            steps = [self.condition(3), self.outcome(2), self.condition(2), self.outcome(2)]
            flag["targeting"] = self.one({"if": steps + [self.outcome(1)]}, {"if": steps}, {"fractional": [["on", 1], ["off", 2], ["a", 3]]})
        return flag

    def context(self):
        context = {}
        for name in TEXTS:
            if self.chance(0.7):
                context[name] = self.one(*WORDS)
        if self.chance(0.7):
            context["age"] = self.random.randrange(-5, 90)
        if self.chance(0.7):
            context["score"] = self.one(0.5, 3.5, 41.25, 7)
        if self.chance(0.5):
            context["beta"] = self.chance(0.5)
        if self.chance(0.6):
            context["version"] = self.one(*SEMVERS)
        if self.chance(0.6):
            context["roles"] = self.random.sample(["admin", "dev", "ops", ""], self.random.randrange(0, 4))
        if self.chance(0.5):
            context["user"] = {"logins": self.random.randrange(50), "staff": self.chance(0.5), "name": self.one(*WORDS)}
        if self.chance(0.85):
            context["targetingKey"] = self.one("", *[f"user-{self.random.randrange(1000)}"] * 9, "ключ")
        return context


def answer(core, key, context):
    attributes = {name: value for name, value in context.items() if name != "targetingKey"}
    try:
        details = core.resolve_string_value(key, "", EvaluationContext(context.get("targetingKey"), attributes))
        return f"{details.variant or '-'} {details.reason}"
    except OpenFeatureError as error:
        return f"- ERROR {error.error_code.value}"


def vectors(seed, bucketing):
    maker = Maker(seed, bucketing)
    flags = {f"flag-{number:03}": maker.flag() for number in range(250)}
    core, cases = FlagdCore(), []
    rules.OPERATORS["fractional"] = fractional_v2 if bucketing == "v2" else custom_ops.fractional
    set_ = {"flags": flags, "$evaluators": maker.shared}
    core.set_flags(json.dumps(set_))
    for _ in range(CASES):
        key, context = maker.one(*flags), maker.context()
        try:
            cases.append([key, json.dumps(context, ensure_ascii=maker.chance(0.5)), answer(core, key, context)])
        except Exception as error:  # What the reference itself stumbles over is no answer.
            print(f"{bucketing} {seed} {key} {context}: {error!r}", file=sys.stderr)
    return {"bucketing": bucketing, "set": set_, "cases": cases}


def main():
    folder, seeds = sys.argv[1], sys.argv[2:] or ["1", "2", "3"]
    os.makedirs(folder, exist_ok=True)
    for seed in seeds:
        for bucketing in ("v2", "v3"):
            with open(os.path.join(folder, f"{bucketing}-{seed}.json"), "w") as file:
                json.dump(vectors(seed, bucketing), file)


main()
