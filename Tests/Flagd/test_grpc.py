"""flagd's protocols as gRPC clients see them: evaluation, events, sync, health, reflection."""
import gzip
import json

import grpc
from google.protobuf import json_format
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from openfeature.schemas.protobuf.flagd.evaluation.v1 import evaluation_pb2 as v1, evaluation_pb2_grpc as v1_grpc
from openfeature.schemas.protobuf.flagd.evaluation.v2 import evaluation_pb2 as v2, evaluation_pb2_grpc as v2_grpc
from openfeature.schemas.protobuf.flagd.sync.v1 import sync_pb2, sync_pb2_grpc

from serving import BOOLEAN, DEADLINE, EVENTS, EXHAUSTED, FLAGS, INTERNAL, OK, UNIMPLEMENTED, code_of, context, question
from wire import Wire, envelope, envelopes


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
            if pb is v2:
                answer = stub.ResolveBoolean(pb.ResolveBooleanRequest(flag_key="none"))
                assert (answer.reason, answer.variant) == ("DEFAULT", "")
                assert not answer.HasField("value") and not answer.HasField("variant")
            else:
                # Its messages cannot say that there is no value.
                assert code_of(lambda: stub.ResolveBoolean(pb.ResolveBooleanRequest(flag_key="none"))) == grpc.StatusCode.NOT_FOUND
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
        events = v2_grpc.ServiceStub(channel).EventStream(v2.EventStreamRequest(), timeout=5)
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
