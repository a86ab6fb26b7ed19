"""Who is admitted to flagd's ports, what an environment of another generation answers, and how they say farewell: on servers of their own."""
import json
import os
import threading

import grpc
import httpx
from grpc_health.v1 import health_pb2, health_pb2_grpc
from openfeature import api
from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.contrib.provider.flagd.config import ResolverType
from openfeature.schemas.protobuf.flagd.evaluation.v2 import evaluation_pb2 as v2, evaluation_pb2_grpc as v2_grpc
from openfeature.schemas.protobuf.flagd.sync.v1 import sync_pb2, sync_pb2_grpc

from serving import EVENTS, UNAVAILABLE, Server, code_of, context
from wire import Wire, envelope


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


def test_an_environment_of_bucketing_v2(program):
    """The same keys fall into other buckets than in production, and into the published ones, by every protocol."""
    server = Server(program)
    split = {
        "state": "ENABLED", "variants": {"low": "low", "high": "high"}, "defaultVariant": "low",
        "targeting": {"fractional": [{"var": "targetingKey"}, ["low", 50], ["high", 50]]},
    }
    usual = split | {"targeting": {"fractional": [["low", 50], ["high", 50]]}}
    flags = {"by-key": split, "headerColor": usual}
    environment = os.path.join(server.folder.name, "old.yaml")
    with open(environment, "w") as file:
        file.write("kind: Environment\nname: old\nbucketing: v2\n")
    server.halcyon("apply", "-f", environment)
    for name in ("old", "production"):
        path = os.path.join(server.folder.name, f"{name}.json")
        with open(path, "w") as file:
            json.dump({"environment": name, "flags": flags}, file)
        server.halcyon("apply", "-f", path)
    # Of two keys the hash by each generation: 2682799072 and 1435348822, 1774153064 and 3232733977.
    expected = {
        ("old", "by-key", "fractional-flagjack"): "high", ("production", "by-key", "fractional-flagjack"): "low",
        ("old", "headerColor", "user-7"): "low", ("production", "headerColor", "user-7"): "high",
    }
    with grpc.insecure_channel(server.address) as channel, grpc.insecure_channel(server.sync) as other:
        stub, sync = v2_grpc.ServiceStub(channel), sync_pb2_grpc.FlagSyncServiceStub(other)
        for (name, key, user), variant in expected.items():
            request = v2.ResolveStringRequest(flag_key=key, context=context(targetingKey=user))
            assert stub.ResolveString(request, metadata=[("flagd-selector", name)]).variant == variant, (name, key)
            answer = httpx.post(
                f"http://{server.http}/ofrep/v1/evaluate/flags/{key}", headers={"flagd-selector": name},
                json={"context": {"targetingKey": user}})
            assert answer.json()["variant"] == variant, (name, key, answer.text)
        for name in ("old", "production"):
            served = sync.FetchAllFlags(sync_pb2.FetchAllFlagsRequest(selector=name)).flag_configuration
            assert json.loads(served)["flags"]["by-key"]["targeting"] == split["targeting"]
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
