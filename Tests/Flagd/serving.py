"""A Halcyon server with flags of every kind, and what the tests of flagd's protocols share."""
import json
import os
import socket
import subprocess
import tempfile
import time

import grpc
from google.protobuf import struct_pb2
from openfeature.schemas.protobuf.flagd.evaluation.v1 import evaluation_pb2 as v1
from openfeature.schemas.protobuf.flagd.sync.v1 import sync_pb2, sync_pb2_grpc

FLAGS = {
    "flags": {
        "on-off": {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off", "metadata": {"team": "shop"}},
        "whole": {"state": "ENABLED", "variants": {"a": 9007199254740993, "b": 2}, "defaultVariant": "a"},
        "half": {"state": "ENABLED", "variants": {"a": 0.5, "b": 1.0}, "defaultVariant": "b"},
        "text": {"state": "ENABLED", "variants": {"a": "ünï", "b": ""}, "defaultVariant": "a"},
        "object": {"state": "ENABLED", "variants": {"a": {"k": [1, None, {"x": True}]}}, "defaultVariant": "a"},
        "list": {"state": "ENABLED", "variants": {"a": [1, 2]}, "defaultVariant": "a"},
        "none": {"state": "ENABLED", "variants": {"on": True}},
        "disabled": {"state": "DISABLED", "variants": {"on": True}, "defaultVariant": "on"},
        "mine": {
            "state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off",
            "targeting": {"if": [{"==": [{"var": "email"}, "me@example.com"]}, "on", None]},
        },
        "strange": {"state": "ENABLED", "variants": {"on": True}, "defaultVariant": "on", "targeting": {"cat": ["nobody"]}},
        "a/b%": {"state": "ENABLED", "variants": {"on": True}, "defaultVariant": "on"},
    },
    "metadata": {"flagSetId": "test"},
}
BOOLEAN = "/flagd.evaluation.v1.Service/ResolveBoolean"
EVENTS = "/flagd.evaluation.v1.Service/EventStream"
SYNC = "/flagd.sync.v1.FlagSyncService/SyncFlags"
OK, CANCELLED, INVALID, DEADLINE, NOT_FOUND, DENIED, EXHAUSTED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, UNAUTHENTICATED = (
    0, 1, 3, 4, 5, 7, 8, 12, 13, 14, 16,
)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    def __init__(self, program, dev=True):
        self.folder = tempfile.TemporaryDirectory(prefix="halcyon-rpc-")
        self.program = program
        self.path = os.path.join(self.folder.name, "flags.json")
        self.write(FLAGS)
        self.http, self.address, self.sync = (f"127.0.0.1:{free_port()}" for _ in range(3))
        self.environment = os.environ | {"HALCYON_HOME": self.folder.name}
        self.log = open(os.path.join(self.folder.name, "server.log"), "w+")
        self.process = subprocess.Popen(
            [program, "server", "--data", os.path.join(self.folder.name, "data"), "--listen", self.http, "--flags", self.path,
             "--flagd", self.address, "--flagd-sync", self.sync] + ["--dev"] * dev,
            stdout=self.log, stderr=subprocess.STDOUT, text=True, env=self.environment)
        end = time.monotonic() + 30
        while not all(answers(address) for address in (self.http, self.address, self.sync)):
            if time.monotonic() > end or self.process.poll() is not None:
                self.log.seek(0)
                raise AssertionError(f"the server does not answer:\n{self.log.read()}")
            time.sleep(0.02)

    def halcyon(self, *arguments):
        """What a command of this program prints."""
        command = [self.program, *arguments, "--server", f"http://{self.http}"]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=self.environment).stdout.strip()

    def write(self, flags):
        with open(self.path + ".new", "w") as file:
            json.dump(flags, file)
        os.replace(self.path + ".new", self.path)

    def reset(self):
        """The flags as they were, and served as they were."""
        self.write(FLAGS)
        with grpc.insecure_channel(self.sync) as channel:
            sync = sync_pb2_grpc.FlagSyncServiceStub(channel)
            while True:
                served = json.loads(sync.FetchAllFlags(sync_pb2.FetchAllFlagsRequest(), timeout=5).flag_configuration)
                if served["flags"] == FLAGS["flags"]:
                    return

    def change(self, **members):
        flags = json.loads(json.dumps(FLAGS))
        for key, flag in members.items():
            key = key.replace("_", "-")
            if flag is None:
                del flags["flags"][key]
            else:
                flags["flags"][key] = flag
        self.write(flags)

    def stop(self):
        self.process.terminate()
        assert self.process.wait(30) == 0, "the server did not end well"
        self.folder.cleanup()


def answers(address):
    host, port = address.split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def context(**members):
    result = struct_pb2.Struct()
    result.update(members)
    return result


def question(key, **members):
    return v1.ResolveBooleanRequest(flag_key=key, context=context(**members)).SerializeToString()


def code_of(call):
    try:
        call()
        return None
    except grpc.RpcError as error:
        return error.code()


# --- what well-behaved clients do
