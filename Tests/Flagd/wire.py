"""One HTTP/2 connection, frame by frame, for what no well-behaved client does."""
import socket
import struct

import h2.config
import h2.connection
import h2.events
import h2.settings


def envelope(message=b"", flags=0):
    return struct.pack(">BI", flags, len(message)) + message


def envelopes(body):
    while body:
        flags, length = struct.unpack(">BI", body[:5])
        yield flags, body[5 : 5 + length]
        body = body[5 + length :]


class Wire:
    def __init__(self, address, window=None):
        host, port = address.split(":")
        self.socket = socket.create_connection((host, int(port)), timeout=10)
        self.h2 = h2.connection.H2Connection(
            h2.config.H2Configuration(client_side=True, header_encoding="utf-8", validate_outbound_headers=False)
        )
        self.window = window
        self.h2.initiate_connection()
        if window is not None:
            self.h2.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: window})
        self.flush()
        self.answers = {}
        self.events = []
        self.gone = None

    def flush(self):
        self.socket.sendall(self.h2.data_to_send())

    def send(self, path, body=b"", headers=(), end=True, **fields):
        stream = self.h2.get_next_available_stream_id()
        fields = {"content-type": "application/grpc", "te": "trailers"} | {
            name.replace("_", "-"): value for name, value in fields.items()
        }
        self.h2.send_headers(
            stream,
            [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "test")]
            + list(fields.items())
            + list(headers),
            end_stream=end and not body,
        )
        self.answers[stream] = {"headers": {}, "trailers": {}, "body": b"", "ended": False, "reset": None}
        if body:
            self.data(stream, body, end)
        self.flush()
        return stream

    def data(self, stream, body, end=True):
        while body:
            if self.answers[stream]["ended"] or self.answers[stream]["reset"] is not None:
                return
            size = min(len(body), self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size)
            if size == 0:
                self.flush()
                self.step()
                continue
            try:
                self.h2.send_data(stream, body[:size], end_stream=end and size == len(body))
            except Exception:
                return
            body = body[size:]
        self.flush()

    def step(self):
        """Waits for bytes and takes them in; False at the connection's end."""
        data = self.socket.recv(65536)
        if not data:
            return False
        for event in self.h2.receive_data(data):
            self.take(event)
        self.flush()
        return True

    def take(self, event):
        self.events.append(event)
        answer = self.answers.get(getattr(event, "stream_id", None))
        if isinstance(event, h2.events.ConnectionTerminated):
            self.gone = event
        if answer is None:
            return
        if isinstance(event, h2.events.ResponseReceived):
            answer["headers"] = dict(event.headers)
        elif isinstance(event, h2.events.TrailersReceived):
            answer["trailers"] = dict(event.headers)
        elif isinstance(event, h2.events.DataReceived):
            answer["body"] += event.data
            if self.window is None:
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            answer["ended"] = True
        elif isinstance(event, h2.events.StreamReset):
            answer["reset"] = event.error_code

    def answer(self, stream):
        answer = self.answers[stream]
        while not answer["ended"] and answer["reset"] is None and self.step():
            pass
        return answer

    def status(self, stream):
        answer = self.answer(stream)
        fields = answer["headers"] | answer["trailers"]
        return int(fields["grpc-status"]) if "grpc-status" in fields else None

    def messages(self, stream, count):
        answer = self.answers[stream]
        while len(list(complete(answer["body"]))) < count and self.step():
            pass
        return [message for _, message in complete(answer["body"])]

    def close(self):
        self.socket.close()


def complete(body):
    while len(body) >= 5:
        flags, length = struct.unpack(">BI", body[:5])
        if len(body) < 5 + length:
            return
        yield flags, body[5 : 5 + length]
        body = body[5 + length :]
