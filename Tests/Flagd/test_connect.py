"""flagd's protocols over HTTP: Connect in JSON and protobuf, and gRPC-Web."""
import gzip
import json
import struct
import time

import grpc
import httpx
from google.protobuf import json_format
from openfeature.schemas.protobuf.flagd.evaluation.v1 import evaluation_pb2 as v1, evaluation_pb2_grpc as v1_grpc

from serving import BOOLEAN, EVENTS, FLAGS, code_of, context, question
from wire import envelope, envelopes


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
        deadline = time.monotonic() + 60
        while code_of(lambda: stub.ResolveBoolean(v1.ResolveBooleanRequest(flag_key="large"))):
            assert time.monotonic() < deadline, "the flag does not come"
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
