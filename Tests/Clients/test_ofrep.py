"""OpenFeature's and GO Feature Flag's Python providers against a live server, by OFREP.

  test_ofrep.py --server http://127.0.0.1:8080 --file FLAGS.json

The server must watch the file, which has the flags of flags.json beside this program and is changed here.
"""

import argparse
import json
import pathlib
import sys
import threading
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

from gofeatureflag_python_provider.options import EvaluationType, GoFeatureFlagOptions
from gofeatureflag_python_provider.provider import GoFeatureFlagProvider
from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import Reason

SERVER = ""
FILE = pathlib.Path()
FLAGS = json.loads((pathlib.Path(__file__).parent / "flags.json").read_text())
GERMAN = EvaluationContext("user-1", {"country": "DE"})
FRENCH = EvaluationContext("user-2", {"country": "FR"})


def post(path, body, headers=None):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(SERVER + path, data, {"Content-Type": "application/json", **(headers or {})})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def write(flags):
    """Replaces the watched file in one step."""
    new = FILE.with_suffix(".new")
    new.write_text(json.dumps(flags))
    new.replace(FILE)


def eventually(what, condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"never came true: {what}")
        time.sleep(0.02)


class Providers:
    """What both providers must give."""

    def provider(self):
        raise NotImplementedError

    def setUp(self):
        api.set_provider_and_wait(self.provider(), type(self).__name__)
        self.client = api.get_client(type(self).__name__)

    def test_values(self):
        client = self.client
        self.assertIs(client.get_boolean_value("new-checkout", False, GERMAN), True)
        self.assertIs(client.get_boolean_value("new-checkout", True, FRENCH), False)
        self.assertEqual(client.get_string_value("banner", "", GERMAN), "Willkommen")
        self.assertEqual(client.get_integer_value("limit", 0, GERMAN), 9007199254740991)
        self.assertEqual(client.get_float_value("rate", 0.0, GERMAN), 1.0)
        self.assertEqual(client.get_object_value("theme", {}, GERMAN), {"ink": "white", "size": 2})

    def test_details(self):
        details = self.client.get_boolean_details("new-checkout", False, GERMAN)
        self.assertEqual(details.variant, "on")
        self.assertEqual(details.reason, Reason.TARGETING_MATCH)
        self.assertEqual(details.flag_metadata, {"team": "shop", "owner": "checkout"})

    def test_errors(self):
        cases = {"nowhere": ErrorCode.FLAG_NOT_FOUND, "broken": ErrorCode.GENERAL, "banner": ErrorCode.TYPE_MISMATCH}
        for key, code in cases.items():
            details = self.client.get_integer_details(key, 7, GERMAN)
            self.assertEqual((details.value, details.error_code), (7, code), key)


class OFREP(Providers, unittest.TestCase):
    def provider(self):
        return OFREPProvider(SERVER)

    def test_without_value(self):
        for key, reason in [("code-default", Reason.DEFAULT), ("off", Reason.DISABLED)]:
            details = self.client.get_string_details(key, "mine", GERMAN)
            self.assertEqual((details.value, details.reason, details.error_code), ("mine", reason, None), key)


class GOFeatureFlag(Providers, unittest.TestCase):
    def provider(self):
        return GoFeatureFlagProvider(
            options=GoFeatureFlagOptions(endpoint=SERVER, evaluation_type=EvaluationType.REMOTE, data_flush_interval=600_000))


class Wire(unittest.TestCase):
    def test_keys_in_paths(self):
        key = urllib.parse.quote("wörter/und %", safe="")
        status, _, body = post(f"/ofrep/v1/evaluate/flags/{key}", {})
        self.assertEqual((status, json.loads(body)["value"]), (200, "grün"))

    def test_bulk_tag_and_stream(self):
        context = {"context": {"targetingKey": "user-1", "country": "DE"}}
        status, headers, body = post("/ofrep/v1/evaluate/flags", context)
        self.assertEqual(status, 200)
        answer = json.loads(body)
        self.assertEqual({flag["key"] for flag in answer["flags"]}, set(FLAGS["flags"]))
        known = {"If-None-Match": headers["ETag"]}
        self.assertEqual(post("/ofrep/v1/evaluate/flags", context, known)[0], 304)
        path = answer["eventStreams"][0]["endpoint"]["requestUri"]
        events = []
        stream = urllib.request.urlopen(SERVER + path, timeout=30)

        def listen():
            for line in stream:
                if line.startswith(b"data: "):
                    events.append(json.loads(line[6:])["type"])

        threading.Thread(target=listen, daemon=True).start()
        eventually("the stream's first event", lambda: len(events) == 1)
        changed = json.loads(json.dumps(FLAGS))
        changed["flags"]["banner"]["defaultVariant"] = "a"
        write(changed)
        try:
            eventually("the change's event", lambda: len(events) == 2)
            status, _, body = post("/ofrep/v1/evaluate/flags", context, known)
            self.assertEqual(status, 200)
            banner = next(flag for flag in json.loads(body)["flags"] if flag["key"] == "banner")
            self.assertEqual(banner["value"], "Welcome")
            self.assertEqual(events, ["refetchEvaluation"] * 2)
        finally:
            write(FLAGS)
            eventually("the old flags", lambda: b"Willkommen" in post("/ofrep/v1/evaluate/flags/banner", {})[2])

    def test_malformed(self):
        for body in [b"{", b"[]", b"\xff\xfe", b'{"context": 5}', b'{"context": {"a": 1}} more']:
            status, _, answer = post("/ofrep/v1/evaluate/flags/banner", body)
            self.assertEqual((status, json.loads(answer)["errorCode"]), (400, "INVALID_CONTEXT"), body)

    def test_large_context(self):
        fits = {"context": {"targetingKey": "u", "text": "x" * 9_000_000}}
        self.assertEqual(post("/ofrep/v1/evaluate/flags/banner", fits)[0], 200)
        self.assertEqual(post("/ofrep/v1/evaluate/flags/banner", {"context": {"text": "x" * 11_000_000}})[0], 413)

    def test_fractions(self):
        """Both halves are there, and everybody stays in theirs."""
        values = {}
        for user in range(200):
            context = {"context": {"targetingKey": f"user-{user}"}}
            first, second = (json.loads(post("/ofrep/v1/evaluate/flags/half", context)[2]) for _ in range(2))
            self.assertEqual(first, second)
            values[first["value"]] = values.get(first["value"], 0) + 1
        self.assertTrue(all(count > 60 for count in values.values()) and len(values) == 2, values)


class Page(unittest.TestCase):
    def test_example(self):
        """The example of docs/reference/ofrep.md does what the page says."""
        page = (pathlib.Path(__file__).parent / "../../docs/reference/ofrep.md").resolve().read_text()
        code = page.split("```python\n", 1)[1].split("```", 1)[0].replace("http://127.0.0.1:8080", SERVER)
        scope = {}
        exec(compile(code, "ofrep.md", "exec"), scope)
        self.assertIs(scope["new_checkout"], True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True)
    parser.add_argument("--file", required=True, type=pathlib.Path)
    arguments, rest = parser.parse_known_args()
    SERVER, FILE = arguments.server, arguments.file
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
