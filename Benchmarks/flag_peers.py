"""Evaluates an equivalent flag with other libraries, and prints how long a call takes, one line of JSON for each.

The flag: country is DE, plan is pro, and the age is above 18; of those, half of the users. Called from Python, as the
libraries offer it: the cost of the call itself is printed too.
"""

import http.server
import json
import statistics
import sys
import threading
import time

CONTEXT = {"country": "DE", "plan": "pro", "email": "kim@example.com", "language": "de", "version": "2.4.1", "age": 42,
           "device": "phone", "city": "Berlin", "score": 0.75}
USER = "user-48213"
QUICK = "--quick" in sys.argv


def measure(name, call, count=20_000):
    count = count // 20 if QUICK else count
    call()
    rounds = []
    for _ in range(7):
        start = time.thread_time_ns()
        for _ in range(count):
            call()
        rounds.append((time.thread_time_ns() - start) / count)
    print(json.dumps({"name": name, "value": statistics.median(rounds), "unit": "ns"}), flush=True)


def flagd():
    from openfeature.contrib.tools.flagd.core import FlagdCore
    from openfeature.evaluation_context import EvaluationContext
    core = FlagdCore()
    rule = {"if": [{"and": [{"==": [{"var": "country"}, "DE"]}, {"==": [{"var": "plan"}, "pro"]}, {">": [{"var": "age"}, 18]}]},
                   {"fractional": [["on", 50], ["off", 50]]}, "off"]}
    core.set_flags({"flags": {"f": {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off", "targeting": rule}}})
    context = EvaluationContext(USER, CONTEXT)
    measure("openfeature-flagd-core", lambda: core.resolve_boolean_value("f", False, context))


def growthbook():
    from growthbook import GrowthBook
    features = {"f": {"defaultValue": False, "rules": [
        {"condition": {"country": "DE", "plan": "pro", "age": {"$gt": 18}}, "force": True, "coverage": 0.5, "hashAttribute": "id"}]}}
    book = GrowthBook(attributes={"id": USER, **CONTEXT}, features=features)
    measure("growthbook", lambda: book.eval_feature("f"))


def yggdrasil():
    from yggdrasil_engine.engine import UnleashEngine
    engine = UnleashEngine()
    constraints = [{"contextName": "country", "operator": "IN", "values": ["DE"]}, {"contextName": "plan", "operator": "IN", "values": ["pro"]},
                   {"contextName": "age", "operator": "NUM_GT", "value": "18"}]
    engine.take_state(json.dumps({"version": 2, "features": [{"name": "f", "enabled": True, "type": "release", "strategies": [
        {"name": "flexibleRollout", "parameters": {"rollout": "50", "stickiness": "userId", "groupId": "f"}, "constraints": constraints}]}]}))
    context = {"userId": USER, "properties": {name: str(value) for name, value in CONTEXT.items()}}
    measure("yggdrasil-engine", lambda: engine.is_enabled("f", context))


def statsig():
    from statsig_python_core import Statsig, StatsigOptions, StatsigUser

    def condition(field, operator, target):
        return {"type": "user_field", "targetValue": target, "operator": operator, "field": field, "additionalValues": {}, "idType": "userID"}

    gate = {"name": "f", "type": "feature_gate", "salt": "s", "enabled": True, "defaultValue": False, "idType": "userID", "entity": "feature_gate",
            "rules": [{"name": "r", "id": "r", "salt": "r", "passPercentage": 50, "returnValue": True, "idType": "userID", "groupName": "r",
                       "conditions": [condition("country", "any", ["DE"]), condition("plan", "any", ["pro"]), condition("age", "gt", 18)]}]}
    conditions = {}
    rule = gate["rules"][0]
    for index, one in enumerate(rule["conditions"]):
        conditions[str(index)] = one
    rule["conditions"] = list(conditions)
    specs = json.dumps({"feature_gates": {"f": gate}, "dynamic_configs": {}, "layer_configs": {}, "condition_map": conditions, "has_updates": True,
                        "time": 1700000000000, "layers": {}, "id_lists": {}, "experiment_to_layer": {}, "param_stores": {}, "default_environment": None}).encode()

    class Specs(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            body = specs if "config" in self.path or "specs" in self.path else b"{}"
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Specs)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    options = StatsigOptions(specs_url=url + "/v2/download_config_specs", log_event_url=url + "/v1/log_event", id_lists_url=url + "/v1/id_lists",
                             disable_all_logging=True)
    client = Statsig("secret-benchmark", options)
    client.initialize().wait()
    user = StatsigUser(USER, custom={name: value for name, value in CONTEXT.items() if name not in ("email", "country")}, email=CONTEXT["email"], country="DE")
    details = client.get_feature_gate(user, "f").details.reason
    if "Recognized" not in details or "Un" in details:
        raise RuntimeError(f"statsig did not take the gate: {details}")
    measure("statsig-python-core", lambda: client.check_gate(user, "f"))


for library in (flagd, growthbook, yggdrasil, statsig):
    try:
        library()
    except Exception as problem:  # One library less is no reason to show none.
        print(f"{library.__name__}: {problem!r}", file=sys.stderr)
measure("a Python call that does nothing", lambda: None, 200_000)
