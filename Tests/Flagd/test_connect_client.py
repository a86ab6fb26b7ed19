"""The evaluation protocol by Connect's own client: Connect with protobuf and JSON, gRPC-Web, answers, errors, streams."""
from connectrpc.client import ConnectClientSync
from connectrpc.code import Code
from connectrpc.errors import ConnectError
from connectrpc.method import IdempotencyLevel, MethodInfo
from connectrpc.protocol import ProtocolType
from openfeature.schemas.protobuf.flagd.evaluation.v1 import evaluation_pb2 as v1
from openfeature.schemas.protobuf.flagd.evaluation.v2 import evaluation_pb2 as v2

from serving import FLAGS, context


def method(pb, name, request, answer):
    version = "v1" if pb is v1 else "v2"
    return MethodInfo(
        name=name, service_name=f"flagd.evaluation.{version}.Service", input=request, output=answer,
        idempotency_level=IdempotencyLevel.UNKNOWN)


def boolean(pb):
    return method(pb, "ResolveBoolean", pb.ResolveBooleanRequest, pb.ResolveBooleanResponse)


def clients(server):
    """Every way that the library can ask."""
    for protocol, json in ((ProtocolType.CONNECT, False), (ProtocolType.CONNECT, True), (ProtocolType.GRPC_WEB, False)):
        with ConnectClientSync(f"http://{server.address}", protocol=protocol, proto_json=json) as client:
            yield client


def code_of(call):
    try:
        call()
    except ConnectError as error:
        return error.code


def test_the_library_is_answered(server):
    for client in clients(server):
        for pb in (v1, v2):
            request = pb.ResolveBooleanRequest(flag_key="mine", context=context(email="me@example.com"))
            answer = client.execute_unary(request=request, method=boolean(pb))
            assert (answer.value, answer.variant, answer.reason) == (True, "on", "TARGETING_MATCH")
        all_flags = method(v1, "ResolveAll", v1.ResolveAllRequest, v1.ResolveAllResponse)
        answer = client.execute_unary(request=v1.ResolveAllRequest(), method=all_flags)
        assert answer.flags["text"].string_value == "ünï"


def test_the_library_understands_errors(server):
    for client in clients(server):
        for pb in (v1, v2):
            missing = pb.ResolveBooleanRequest(flag_key="missing")
            assert code_of(lambda: client.execute_unary(request=missing, method=boolean(pb))) == Code.NOT_FOUND
            other = pb.ResolveBooleanRequest(flag_key="text")
            assert code_of(lambda: client.execute_unary(request=other, method=boolean(pb))) == Code.INVALID_ARGUMENT
            unknown = method(pb, "ResolveNothing", pb.ResolveBooleanRequest, pb.ResolveBooleanResponse)
            assert code_of(lambda: client.execute_unary(request=missing, method=unknown)) == Code.UNIMPLEMENTED


def test_the_library_hears_of_changes(server):
    events = method(v1, "EventStream", v1.EventStreamRequest, v1.EventStreamResponse)
    for number, client in enumerate(clients(server)):
        stream = client.execute_server_stream(request=v1.EventStreamRequest(), method=events)
        assert next(stream).type == "provider_ready"
        server.change(**{f"fresh-{number}": FLAGS["flags"]["on-off"]})
        while (event := next(stream)).type == "keep_alive":
            pass
        assert event.type == "configuration_change" and f"fresh-{number}" in event.data["flags"]
        stream.close()
