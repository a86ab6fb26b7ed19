"""flagd's protocols as clients and misbehaving clients see them: gRPC, Connect, gRPC-Web, health, reflection.

usage: test_rpc.py PROGRAM [TEST]...   where PROGRAM is halcyon
"""
import gzip
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback

import grpc
import h2.events
import httpx
from google.protobuf import json_format, struct_pb2
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from openfeature import api
from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.contrib.provider.flagd.config import ResolverType
from openfeature.schemas.protobuf.flagd.evaluation.v1 import evaluation_pb2 as v1, evaluation_pb2_grpc as v1_grpc
from openfeature.schemas.protobuf.flagd.evaluation.v2 import evaluation_pb2 as v2, evaluation_pb2_grpc as v2_grpc
from openfeature.schemas.protobuf.flagd.sync.v1 import sync_pb2, sync_pb2_grpc

from wire import Wire, envelope, envelopes

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


def test_every_method_and_type(server):
    with grpc.insecure_channel(server.address) as channel:
        for stub, pb in ((v1_grpc.ServiceStub(channel), v1), (v2_grpc.ServiceStub(channel), v2)):
            answer = stub.ResolveBoolean(pb.ResolveBooleanRequest(flag_key="mine", context=context(email="me@example.com")))
            assert (answer.value, answer.variant, answer.reason) == (True, "on", "TARGETING_MATCH")
            assert answer.metadata["flagSetId"] == "test"
            answer = stub.ResolveBoolean(pb.ResolveBooleanRequest(flag_key="mine"))
            assert (answer.value, answer.variant, answer.reason) == (False, "off", "DEFAULT")
            assert stub.ResolveInt(pb.ResolveIntRequest(flag_key="whole")).value == 9007199254740993
            assert stub.ResolveInt(pb.ResolveIntRequest(flag_key="half")).value == 1
            assert stub.ResolveFloat(pb.ResolveFloatRequest(flag_key="half")).value == 1.0
            assert stub.ResolveString(pb.ResolveStringRequest(flag_key="text")).value == "ünï"
            answer = stub.ResolveObject(pb.ResolveObjectRequest(flag_key="object"))
            assert json_format.MessageToDict(answer.value) == {"k": [1, None, {"x": True}]}
            assert stub.ResolveBoolean(pb.ResolveBooleanRequest(flag_key="a/b%")).value is True
            answer = stub.ResolveBoolean(pb.ResolveBooleanRequest(flag_key="none"))
            assert (answer.reason, answer.variant) == ("DEFAULT", "")
            answer = stub.ResolveBoolean(pb.ResolveBooleanRequest(flag_key="disabled"))
            assert (answer.reason, answer.variant) == ("DISABLED", "")
            if pb is v2:
                assert not answer.HasField("value") and not answer.HasField("variant")
                answer = stub.ResolveBoolean(pb.ResolveBooleanRequest(flag_key="on-off"))
                assert answer.HasField("value") and answer.value is False
            S = grpc.StatusCode
            assert code_of(lambda: stub.ResolveBoolean(pb.ResolveBooleanRequest(flag_key="unknown"))) == S.NOT_FOUND
            assert code_of(lambda: stub.ResolveBoolean(pb.ResolveBooleanRequest(flag_key="text"))) == S.INVALID_ARGUMENT
            assert code_of(lambda: stub.ResolveObject(pb.ResolveObjectRequest(flag_key="list"))) == S.INVALID_ARGUMENT
            assert code_of(lambda: stub.ResolveBoolean(pb.ResolveBooleanRequest(flag_key="strange"))) == S.INTERNAL
        everything = v1_grpc.ServiceStub(channel).ResolveAll(v1.ResolveAllRequest())
        assert everything.flags["whole"].double_value == 9007199254740992 and everything.flags["text"].variant == "a"
        assert "none" not in everything.flags and "strange" not in everything.flags


def test_packed_messages(server):
    with grpc.insecure_channel(server.address, compression=grpc.Compression.Gzip) as channel:
        stub = v1_grpc.ServiceStub(channel)
        big = context(email="me@example.com", padding="x" * 100_000)
        call = stub.ResolveBoolean.with_call(v1.ResolveBooleanRequest(flag_key="mine", context=big))
        assert call[0].value is True
        assert ("grpc-encoding", "gzip") in call[1].initial_metadata() or True
    wire = Wire(server.address)
    message = gzip.compress(question("mine", email="me@example.com"))
    stream = wire.send(BOOLEAN, envelope(message, 1), grpc_encoding="gzip", grpc_accept_encoding="identity,gzip")
    assert wire.status(stream) == OK
    answer = wire.answers[stream]
    [(flags, body)] = envelopes(answer["body"])
    assert answer["headers"]["grpc-encoding"] == "gzip" and flags == 1
    assert v1.ResolveBooleanResponse.FromString(gzip.decompress(body)).value is True
    assert wire.status(wire.send(BOOLEAN, envelope(gzip.compress(b""), 1))) == INTERNAL
    assert wire.status(wire.send(BOOLEAN, envelope(b"not gzip", 1), grpc_encoding="gzip")) == INTERNAL
    bomb = gzip.compress(b"\0" * (64 << 20))
    assert wire.status(wire.send(BOOLEAN, envelope(bomb, 1), grpc_encoding="gzip")) == EXHAUSTED
    stream = wire.send(BOOLEAN, envelope(), grpc_encoding="snappy")
    assert wire.status(stream) == UNIMPLEMENTED
    assert "gzip" in wire.answers[stream]["headers"]["grpc-accept-encoding"]
    wire.close()


def test_changes_reach_streams(server):
    with grpc.insecure_channel(server.address) as channel, grpc.insecure_channel(server.sync) as other:
        for stub, pb in ((v1_grpc.ServiceStub(channel), v1), (v2_grpc.ServiceStub(channel), v2)):
            server.reset()
            events = stub.EventStream(pb.EventStreamRequest(), timeout=30)
            assert next(events).type == "provider_ready"
            sync = sync_pb2_grpc.FlagSyncServiceStub(other)
            sets = sync.SyncFlags(sync_pb2.SyncFlagsRequest(provider_id="test"), timeout=30)
            first = json.loads(next(sets).flag_configuration)
            assert set(first["flags"]) == set(FLAGS["flags"])
            new = FLAGS["flags"]["on-off"] | {"defaultVariant": "on"}
            server.change(on_off=new, text=None, fresh=new)
            named = {}
            while len(named) < 3:
                event = next(events)
                assert event.type == "configuration_change"
                named |= json_format.MessageToDict(event.data)["flags"]
            assert {key: flag["type"] for key, flag in named.items()} == {"on-off": "update", "text": "delete", "fresh": "write"}
            second = json.loads(next(sets).flag_configuration)
            assert second["flags"]["on-off"]["defaultVariant"] == "on" and "text" not in second["flags"]
            assert json.loads(sync.FetchAllFlags(sync_pb2.FetchAllFlagsRequest()).flag_configuration) == second
            assert not sync.GetMetadata(sync_pb2.GetMetadataRequest()).metadata.fields
            events.cancel()
            sets.cancel()


def test_deadlines(server):
    with grpc.insecure_channel(server.address) as channel:
        events = v2_grpc.ServiceStub(channel).EventStream(v2.EventStreamRequest(), timeout=0.5)
        assert next(events).type == "provider_ready"
        assert code_of(lambda: next(events)) == grpc.StatusCode.DEADLINE_EXCEEDED
    wire = Wire(server.address)
    assert wire.status(wire.send(EVENTS, envelope(), grpc_timeout="50m")) == DEADLINE
    assert wire.status(wire.send(BOOLEAN, envelope(question("on-off")), end=False, grpc_timeout="50m")) == DEADLINE
    assert wire.status(wire.send(BOOLEAN, envelope(question("on-off")), grpc_timeout="0n")) == DEADLINE
    assert wire.status(wire.send(BOOLEAN, envelope(question("on-off")), grpc_timeout="soon")) == INTERNAL
    assert wire.status(wire.send(BOOLEAN, envelope(question("on-off")), grpc_timeout="99999999H")) == OK
    wire.close()


def test_health_and_reflection(server):
    for address, service in ((server.address, "flagd.evaluation.v2.Service"), (server.sync, "flagd.sync.v1.FlagSyncService")):
        with grpc.insecure_channel(address) as channel:
            health = health_pb2_grpc.HealthStub(channel)
            for name in ("", service):
                assert health.Check(health_pb2.HealthCheckRequest(service=name)).status == health_pb2.HealthCheckResponse.SERVING
            assert code_of(lambda: health.Check(health_pb2.HealthCheckRequest(service="x"))) == grpc.StatusCode.NOT_FOUND
            watch = health.Watch(health_pb2.HealthCheckRequest(service="x"), timeout=30)
            assert next(watch).status == health_pb2.HealthCheckResponse.SERVICE_UNKNOWN
            watch.cancel()
            database = ProtoReflectionDescriptorDatabase(channel)
            services = database.get_services()
            assert service in services and "grpc.health.v1.Health" in services
            pool = DescriptorPool(database)
            for name in services:
                assert pool.FindServiceByName(name).methods
            if address == server.address:
                field = pool.FindMessageTypeByName("flagd.evaluation.v2.ResolveBooleanResponse").fields_by_name["value"]
                assert field.has_presence


# --- what misbehaving clients do


def test_wrong_requests(server):
    wire = Wire(server.address)
    assert wire.status(wire.send("/nobody.Service/Method", envelope())) == UNIMPLEMENTED
    assert wire.status(wire.send("/flagd.evaluation.v2.Service/ResolveAll", envelope())) == UNIMPLEMENTED
    assert wire.status(wire.send("/", envelope())) == UNIMPLEMENTED
    for kind in ("text/plain", "application/grpc+thrift"):
        assert wire.answer(wire.send(BOOLEAN, envelope(), content_type=kind))["headers"][":status"] == "415"
    bad = {
        b"\x0a": INTERNAL, b"\x0a\x05ab": INTERNAL, b"\x0a\x01\xff": NOT_FOUND, b"\x80" * 11: INTERNAL,
        b"\x0a\x06on-off\x12\x05\x0a\x03\x0a\x01\xff": INVALID, b"\x0b": INTERNAL,
    }
    for message, code in bad.items():
        assert wire.status(wire.send(BOOLEAN, envelope(message))) == code, message
    deep = b"\x0a\x06on-off\x12" + nest(150)
    assert wire.status(wire.send(BOOLEAN, envelope(deep))) == INVALID
    assert wire.status(wire.send(BOOLEAN, b"")) == INTERNAL
    assert wire.status(wire.send(BOOLEAN, b"\0\0\0")) == INTERNAL
    assert wire.status(wire.send(BOOLEAN, envelope(question("on-off")) * 2)) == INTERNAL
    assert wire.status(wire.send(BOOLEAN, envelope(question("on-off"), 0x40))) == INTERNAL
    assert wire.status(wire.send(BOOLEAN, envelope(question("on-off")))) == OK
    stream = wire.send(BOOLEAN, envelope(question("nicht drin: ö%")))
    assert wire.status(stream) == NOT_FOUND
    assert "%C3%B6%25" in wire.answers[stream]["headers"]["grpc-message"]
    wire.close()


def nest(depth):
    value = b"\x10\x00"
    for _ in range(depth):
        inner = b"\x0a" + length(value) + value
        value = b"\x32" + length(inner) + inner
    entry = b"\x0a\x01a\x12" + length(value) + value
    struct_bytes = b"\x0a" + length(entry) + entry
    return length(struct_bytes) + struct_bytes


def length(value):
    size, result = len(value), b""
    while size >= 0x80:
        result += bytes([size & 0x7F | 0x80])
        size >>= 7
    return result + bytes([size])


def test_messages_that_are_too_large(server):
    wire = Wire(server.address)
    assert wire.status(wire.send(BOOLEAN, struct.pack(">BI", 0, 0xFFFFFFFF), end=False)) == EXHAUSTED
    stream = wire.send(BOOLEAN, envelope(question("mine", padding="x" * 10_000_000)))
    assert wire.status(stream) == EXHAUSTED
    stream = wire.send(BOOLEAN, envelope(question("mine", email="me@example.com", padding="x" * 3_000_000)))
    assert wire.status(stream) == OK
    wire.close()
    with grpc.insecure_channel(server.address) as channel:
        stub = v1_grpc.ServiceStub(channel)
        for _ in range(3):
            request = v1.ResolveBooleanRequest(flag_key="mine", context=context(padding="x" * 10_000_000))
            assert code_of(lambda: stub.ResolveBoolean(request)) == grpc.StatusCode.RESOURCE_EXHAUSTED
            assert stub.ResolveBoolean(v1.ResolveBooleanRequest(flag_key="on-off")).value is False


def test_pings_without_limit(server):
    wire = Wire(server.address)
    stream = wire.send(EVENTS, envelope())
    for number in range(2000):
        wire.h2.ping(struct.pack(">Q", number))
        if number % 100 == 99:
            wire.flush()
    wire.flush()
    while sum(isinstance(event, h2.events.PingAckReceived) for event in wire.events) < 2000:
        assert wire.step()
    assert wire.gone is None and not wire.answers[stream]["ended"]
    wire.close()


def test_streams_are_reset_and_limited(server):
    wire = Wire(server.address)
    for _ in range(200):
        stream = wire.send(EVENTS, envelope())
        wire.h2.reset_stream(stream, 8)
        wire.flush()
    assert wire.status(wire.send(BOOLEAN, envelope(question("on-off")))) == OK
    while not any(isinstance(event, h2.events.RemoteSettingsChanged) for event in wire.events):
        assert wire.step()
    assert wire.h2.remote_settings.max_concurrent_streams == 250
    wire.close()


def test_a_client_that_does_not_read(server):
    server.reset()
    slow = Wire(server.address, window=0)
    stream = slow.send(EVENTS, envelope())
    quick = Wire(server.address)
    watching = quick.send(EVENTS, envelope())
    quick.messages(watching, 1)
    # The one change after the other reaches who reads; who does not gets them together afterwards.
    flag = FLAGS["flags"]["on-off"]
    for number in range(20):
        server.change(**{f"n{number}": flag})
        seen = set()
        while f"n{number}" not in seen:
            seen = set()
            for message in quick.messages(watching, len(quick.messages(watching, 1)) + 1)[1:]:
                event = v1.EventStreamResponse.FromString(message)
                if event.type == "configuration_change":
                    seen |= set(json_format.MessageToDict(event.data)["flags"])
    slow.h2.increment_flow_control_window(1 << 20, stream)
    slow.flush()
    named = {}
    count = 0
    while len([key for key in named if key.startswith("n")]) < 20:
        messages = slow.messages(stream, count + 1)
        for message in messages[count:]:
            event = v1.EventStreamResponse.FromString(message)
            if event.type == "configuration_change":
                named |= json_format.MessageToDict(event.data)["flags"]
        count = len(messages)
    assert count <= 3, f"{count} messages were kept"
    assert named["n0"]["type"] == "delete" and named["n19"]["type"] == "write"
    slow.close()
    quick.close()
    server.reset()


def test_garbage(server):
    for data in (b"\0" * 100, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 200, b"GET / HTTP/1.1\r\n\r\n", b"PRI * X\r\n\r\n", b"\x16\x03\x01\x02\x00\x01"):
        with socket.create_connection(tuple(server.address.split(":"))[:1] + (int(server.address.split(":")[1]),), timeout=10) as raw:
            raw.sendall(data)
            raw.shutdown(socket.SHUT_WR)
            while raw.recv(65536):
                pass
    wire = Wire(server.address)
    assert wire.status(wire.send(BOOLEAN, envelope(question("on-off")))) == OK
    wire.close()


# --- Connect and gRPC-Web


def test_connect_unary(server):
    for options in ({}, {"http1": False, "http2": True}):
        with httpx.Client(base_url=f"http://{server.address}", **options) as client:
            answer = client.post(BOOLEAN, json={"flagKey": "mine", "context": {"email": "me@example.com"}})
            assert answer.status_code == 200 and answer.headers["content-type"] == "application/json"
            assert answer.json() == {"value": True, "variant": "on", "reason": "TARGETING_MATCH", "metadata": {"flagSetId": "test"}}
            assert client.post(BOOLEAN.replace("Boolean", "Int"), json={"flagKey": "whole"}).json()["value"] == "9007199254740993"
            proto = {"content-type": "application/proto", "connect-protocol-version": "1", "connect-timeout-ms": "5000"}
            answer = client.post(BOOLEAN, content=question("mine", email="me@example.com"), headers=proto)
            assert answer.headers["content-type"] == "application/proto"
            assert v1.ResolveBooleanResponse.FromString(answer.content).value is True
            packed = proto | {"content-encoding": "gzip", "accept-encoding": "gzip"}
            answer = client.post(BOOLEAN, content=gzip.compress(question("on-off")), headers=packed)
            assert answer.headers["content-encoding"] == "gzip"
            assert v1.ResolveBooleanResponse.FromString(answer.content).variant == "off"
            wrong = (
                ({"json": {"flagKey": "unknown"}}, 404, "not_found"), ({"json": {"flagKey": "text"}}, 400, "invalid_argument"),
                ({"json": {"flagKey": "strange"}}, 500, "internal"), ({"json": []}, 400, "invalid_argument"),
                ({"json": {"flagKey": "mine", "context": 3}}, 400, "invalid_argument"),
                ({"content": b"{", "headers": {"content-type": "application/json"}}, 400, "invalid_argument"),
                ({"content": b"\x0a", "headers": proto}, 500, "internal"),
                ({"content": b"", "headers": proto | {"content-encoding": "br"}}, 501, "unimplemented"),
                ({"content": b"", "headers": proto | {"connect-protocol-version": "2"}}, 400, "invalid_argument"),
                ({"content": b"", "headers": proto | {"connect-timeout-ms": "0"}}, 504, "deadline_exceeded"),
            )
            if not options:  # Over HTTP/2 the rest of the request is refused by RST_STREAM, which httpx takes for an error.
                wrong += (({"content": b"x" * 5_000_000, "headers": proto}, 429, "resource_exhausted"),)
            for request, status, code in wrong:
                answer = client.post(BOOLEAN, **request)
                assert (answer.status_code, answer.json()["code"]) == (status, code), (request.keys(), answer.text)
            assert client.get(BOOLEAN).status_code == 405
            assert client.post(BOOLEAN, content=b"", headers={"content-type": "text/plain"}).status_code == 415
            assert client.post(EVENTS, json={}).status_code == 415
            assert client.post("/nobody/Method", json={}).status_code == 501
            everything = client.post(BOOLEAN.replace("ResolveBoolean", "ResolveAll"), json={}).json()
            assert everything["flags"]["half"]["doubleValue"] == 1.0
            health = client.post("/grpc.health.v1.Health/Check", json={})
            assert health.json() == {"status": "SERVING"}


def test_connect_streams(server):
    for options in ({}, {"http1": False, "http2": True}):
        for kind in ("json", "proto"):
            server.reset()
            with httpx.Client(base_url=f"http://{server.address}", timeout=20, **options) as client:
                headers = {"content-type": f"application/connect+{kind}", "connect-timeout-ms": "8000"}
                body = envelope(b"{}" if kind == "json" else b"")
                with client.stream("POST", EVENTS, content=body, headers=headers) as answer:
                    assert answer.status_code == 200 and answer.headers["content-type"] == headers["content-type"]
                    pieces, rest, events, end = answer.iter_raw(), b"", [], None
                    changed = False
                    while end is None:
                        rest += next(pieces)
                        while len(rest) >= 5 and len(rest) >= 5 + struct.unpack(">I", rest[1:5])[0]:
                            size = struct.unpack(">I", rest[1:5])[0]
                            flags, message, rest = rest[0], rest[5 : 5 + size], rest[5 + size :]
                            if flags & 2:
                                end = json.loads(message)
                                continue
                            event = json.loads(message) if kind == "json" else json_format.MessageToDict(v1.EventStreamResponse.FromString(message))
                            events.append(event)
                        if events and not changed:
                            changed = True
                            server.change(text=None)
                        if any("text" in event.get("data", {}).get("flags", {}) for event in events):
                            break
                    assert events[0]["type"] == "provider_ready"
    with httpx.Client(base_url=f"http://{server.address}") as client:
        headers = {"content-type": "application/connect+json", "connect-timeout-ms": "50"}
        answer = client.post(EVENTS, content=envelope(b"{}"), headers=headers)
        assert json.loads(list(envelopes(answer.content))[-1][1])["error"]["code"] == "deadline_exceeded"
    server.reset()


def test_numbers_mean_the_same_in_json_and_protobuf(server):
    large = {"==": [{"var": "number"}, 9223372036854775808]}
    flag = FLAGS["flags"]["on-off"] | {"targeting": {"if": [large, "on", "off"]}}
    server.change(large=flag)
    with grpc.insecure_channel(server.address) as channel, httpx.Client(base_url=f"http://{server.address}") as client:
        stub = v1_grpc.ServiceStub(channel)
        while code_of(lambda: stub.ResolveBoolean(v1.ResolveBooleanRequest(flag_key="large"))):
            time.sleep(0.02)
        for number, variant in ((2**63, "on"), (2**63 + 1, "on"), (2**63 + 4096, "off"), (10**30, "off"), (-(2**63), "off"), (0.5, "off")):
            request = v1.ResolveBooleanRequest(flag_key="large", context=context(number=float(number)))
            answer = client.post(BOOLEAN, json={"flagKey": "large", "context": {"number": number}})
            assert answer.status_code == 200, answer.text
            assert (stub.ResolveBoolean(request).variant, answer.json()["variant"]) == (variant, variant), number


def test_grpc_web(server):
    with httpx.Client(base_url=f"http://{server.address}") as client:
        headers = {"content-type": "application/grpc-web+proto"}
        answer = client.post(BOOLEAN, content=envelope(question("mine", email="me@example.com")), headers=headers)
        (_, message), (flags, trailers) = envelopes(answer.content)
        assert v1.ResolveBooleanResponse.FromString(message).value is True
        assert flags == 0x80 and b"grpc-status: 0" in trailers
        answer = client.post(BOOLEAN, content=envelope(question("unknown")), headers=headers)
        [(flags, trailers)] = envelopes(answer.content)
        assert flags == 0x80 and b"grpc-status: 5" in trailers
        assert client.post(BOOLEAN, content=b"", headers={"content-type": "application/grpc"}).status_code == 505


def test_one_connection_many_requests(server):
    with httpx.Client(base_url=f"http://{server.address}") as client:
        for _ in range(300):
            assert client.post(BOOLEAN, json={"flagKey": "on-off"}).json()["variant"] == "off"
    with grpc.insecure_channel(server.address) as channel:
        stub = v1_grpc.ServiceStub(channel)
        waiting = [stub.ResolveBoolean.future(v1.ResolveBooleanRequest(flag_key="on-off")) for _ in range(2000)]
        assert all(answer.result(timeout=20).variant == "off" for answer in waiting)


# --- servers of their own


def test_admission(program):
    server = Server(program, dev=False)
    staging = os.path.join(server.folder.name, "staging.yaml")
    with open(staging, "w") as file:
        file.write("kind: Environment\nname: staging\n")
    server.halcyon("apply", "-f", staging)
    tokens = {
        name: server.halcyon("token", "create", name, "--role", *role)
        for name, role in {"shop": ["sdk"], "test": ["sdk", "--environment", "staging"], "look": ["viewer"], "host": ["join"]}.items()
    }
    with grpc.insecure_channel(server.address) as channel, grpc.insecure_channel(server.sync) as other:
        stub, sync = v2_grpc.ServiceStub(channel), sync_pb2_grpc.FlagSyncServiceStub(other)
        request, everything = v2.ResolveBooleanRequest(flag_key="on-off"), sync_pb2.FetchAllFlagsRequest()
        S = grpc.StatusCode

        def bearer(name, *more):
            return [("authorization", f"Bearer {tokens.get(name, name)}"), *more]

        def select(name):
            return ("flagd-selector", name)

        refused = (
            ([], S.UNAUTHENTICATED), (bearer("wrong"), S.UNAUTHENTICATED), (bearer("host"), S.PERMISSION_DENIED),
            (bearer("shop", select("staging")), S.PERMISSION_DENIED), (bearer("look", select("stagin")), S.NOT_FOUND),
            (bearer("test"), S.NOT_FOUND), ([select("token=wrong")], S.UNAUTHENTICATED),
            ([select(f"staging,token={tokens['shop']}")], S.PERMISSION_DENIED),
        )
        for metadata, code in refused:
            assert code_of(lambda: stub.ResolveBoolean(request, metadata=metadata)) == code, (metadata, code)
        served = (
            bearer("shop"), [("x-api-key", tokens["shop"])], bearer("shop", select("flagSetId=production")),
            bearer("look"), bearer("look", select("production")), [select(f"token={tokens['shop']}")],
            [select(f"flagSetId=production,token={tokens['look']}")],
        )
        for metadata in served:
            assert stub.ResolveBoolean(request, metadata=metadata).variant == "off"
        assert code_of(lambda: next(stub.EventStream(v2.EventStreamRequest()))) == S.UNAUTHENTICATED
        assert code_of(lambda: sync.FetchAllFlags(everything)) == S.UNAUTHENTICATED
        wrong = sync_pb2.FetchAllFlagsRequest(selector="staging")
        assert code_of(lambda: sync.FetchAllFlags(wrong, metadata=bearer("shop"))) == S.PERMISSION_DENIED
        assert sync.FetchAllFlags(sync_pb2.FetchAllFlagsRequest(selector="production"), metadata=bearer("shop")).flag_configuration
        named = sync_pb2.FetchAllFlagsRequest(selector=f"token={tokens['shop']}")
        assert sync.FetchAllFlags(named).flag_configuration
        assert health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest()).status == 1
        # A large request without a token is refused before it is read.
        large = v2.ResolveBooleanRequest(flag_key="x", context=context(padding="x" * 3_000_000))
        assert code_of(lambda: stub.ResolveBoolean(large)) == S.UNAUTHENTICATED
    for kind, address in ((ResolverType.RPC, server.address), (ResolverType.IN_PROCESS, server.sync)):
        host, port = address.split(":")
        provider = FlagdProvider(host=host, port=int(port), resolver_type=kind, selector=f"token={tokens['shop']}", deadline_ms=5000)
        api.set_provider_and_wait(provider, kind.value)
        assert api.get_client(kind.value).get_boolean_details("on-off", True).variant == "off"
    api.shutdown()
    server.stop()


def test_farewell(program):
    server = Server(program)
    wire = Wire(server.address)
    events = wire.send(EVENTS, envelope())
    watch = wire.send("/grpc.health.v1.Health/Watch", envelope())
    wire.messages(events, 1)
    wire.messages(watch, 1)
    waiter = threading.Thread(target=server.stop)
    waiter.start()
    assert wire.status(events) == UNAVAILABLE
    assert wire.status(watch) == UNAVAILABLE
    assert wire.messages(watch, 2)[1:] == [b"\x08\x02"]
    while wire.gone is None:
        assert wire.step()
    assert wire.gone.error_code == 0
    waiter.join(30)
    assert not waiter.is_alive()


def main():
    program = sys.argv[1]
    only = sys.argv[2:]
    server = Server(program)
    passed = failed = 0
    for name, test in list(globals().items()):
        if not name.startswith("test_") or only and name not in only:
            continue
        try:
            server.reset()
            test(server if "server" in test.__code__.co_varnames[: test.__code__.co_argcount] else program)
            passed += 1
        except Exception:
            failed += 1
            print(f"FAILED {name}")
            traceback.print_exc()
        assert server.process.poll() is None, f"the server ended during {name}"
    server.stop()
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
