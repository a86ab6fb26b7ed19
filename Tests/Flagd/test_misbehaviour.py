"""What clients do to flagd's ports that they should not."""
import socket
import struct

import grpc
import h2.events
from google.protobuf import json_format
from openfeature.schemas.protobuf.flagd.evaluation.v1 import evaluation_pb2 as v1, evaluation_pb2_grpc as v1_grpc

from serving import BOOLEAN, EVENTS, EXHAUSTED, FLAGS, INTERNAL, INVALID, NOT_FOUND, OK, UNIMPLEMENTED, code_of, context, question
from wire import Wire, envelope


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
