"""OpenFeature's flagd provider for Python against a live server: asking for each evaluation (RPC), and evaluating by itself.

  test_flagd.py --evaluation 127.0.0.1:8013 --sync 127.0.0.1:8015 --file FLAGS.json

The server must watch the file, which has the flags of flags.json beside this program and is changed here.
"""

import argparse
import json
import pathlib
import sys
import threading
import unittest

from openfeature import api
from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.contrib.provider.flagd.config import ResolverType
from openfeature.evaluation_context import EvaluationContext
from openfeature.event import ProviderEvent
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import Reason

EVALUATION = SYNC = ""
FILE = pathlib.Path()
FLAGS = json.loads((pathlib.Path(__file__).parent / "flags.json").read_text())
GERMAN = EvaluationContext("user-1", {"country": "DE"})
FRENCH = EvaluationContext("user-2", {"country": "FR"})


def write(flags):
    """Replaces the watched file in one step."""
    new = FILE.with_suffix(".new")
    new.write_text(json.dumps(flags))
    new.replace(FILE)


class Provider:
    """What both ways must give."""

    kind = None

    @classmethod
    def setUpClass(cls):
        host, port = (EVALUATION if cls.kind is ResolverType.RPC else SYNC).split(":")
        provider = FlagdProvider(host=host, port=int(port), resolver_type=cls.kind, deadline_ms=5000)
        api.set_provider_and_wait(provider, cls.__name__)
        cls.client = api.get_client(cls.__name__)

    def test_values(self):
        client = self.client
        self.assertIs(client.get_boolean_value("new-checkout", False, GERMAN), True)
        self.assertIs(client.get_boolean_value("new-checkout", True, FRENCH), False)
        self.assertEqual(client.get_string_value("wörter/und %", "", GERMAN), "grün")
        self.assertEqual(client.get_integer_value("limit", 0, GERMAN), 9007199254740991)
        self.assertEqual(client.get_float_value("rate", 0.0, GERMAN), 1.0)
        self.assertEqual(client.get_object_value("theme", {}, GERMAN), {"ink": "white", "size": 2})

    def test_details(self):
        details = self.client.get_boolean_details("new-checkout", False, GERMAN)
        self.assertEqual((details.variant, details.reason), ("on", Reason.TARGETING_MATCH))
        if self.kind is ResolverType.IN_PROCESS:  # The provider leaves out what it gets by RPC.
            self.assertEqual(details.flag_metadata, {"team": "shop", "owner": "checkout"})

    def test_without_value(self):
        for key, reason in [("code-default", Reason.DEFAULT), ("off", Reason.DISABLED)]:
            details = self.client.get_string_details(key, "mine", GERMAN)
            self.assertEqual((details.value, details.reason, details.error_code), ("mine", reason, None), key)

    def test_errors(self):
        cases = {"nowhere": ErrorCode.FLAG_NOT_FOUND, "broken": ErrorCode.GENERAL, "banner": ErrorCode.TYPE_MISMATCH}
        for key, code in cases.items():
            details = self.client.get_integer_details(key, 7, GERMAN)
            self.assertEqual((details.value, details.error_code), (7, code), key)

    def test_both_halves_agree_with_the_server(self):
        """Whoever evaluates, a user gets the same half."""
        halves = [self.client.get_string_value("half", "", EvaluationContext(f"user-{user}")) for user in range(200)]
        self.assertEqual(halves, Provider.halves or halves)
        Provider.halves = halves
        self.assertEqual(set(halves), {"left", "right"})

    halves = None

    def test_a_change_arrives(self):
        heard = threading.Event()

        def changed(event):
            if "banner" in (event.flags_changed or []):
                heard.set()

        self.client.add_handler(ProviderEvent.PROVIDER_CONFIGURATION_CHANGED, changed)
        self.assertEqual(self.client.get_string_value("banner", "", GERMAN), "Willkommen")
        flags = json.loads(json.dumps(FLAGS))
        flags["flags"]["banner"]["defaultVariant"] = "a"
        try:
            write(flags)
            self.assertTrue(heard.wait(20), "no change was announced")
            self.assertEqual(self.client.get_string_value("banner", "", GERMAN), "Welcome")
        finally:
            heard.clear()
            write(FLAGS)
            self.assertTrue(heard.wait(20), "no change back was announced")
            self.client.remove_handler(ProviderEvent.PROVIDER_CONFIGURATION_CHANGED, changed)


class RPC(Provider, unittest.TestCase):
    kind = ResolverType.RPC


class InProcess(Provider, unittest.TestCase):
    kind = ResolverType.IN_PROCESS


class Page(unittest.TestCase):
    def test_example(self):
        """The example of docs/reference/flagd.md does what the page says."""
        page = (pathlib.Path(__file__).parent / "../../docs/reference/flagd.md").resolve().read_text()
        code = page.split("```python\n", 1)[1].split("```", 1)[0].replace("8013", EVALUATION.split(":")[1])
        scope = {}
        exec(compile(code, "flagd.md", "exec"), scope)
        self.assertIs(scope["new_checkout"], True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--evaluation", required=True)
    parser.add_argument("--sync", required=True)
    parser.add_argument("--file", required=True, type=pathlib.Path)
    arguments, rest = parser.parse_known_args()
    EVALUATION, SYNC, FILE = arguments.evaluation, arguments.sync, arguments.file
    program = unittest.main(argv=[sys.argv[0], *rest], verbosity=2, exit=False)
    api.shutdown()
    sys.exit(not program.result.wasSuccessful())
