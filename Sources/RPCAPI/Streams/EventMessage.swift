import Documents
import Flags
import NIOCore

/// EventStreamResponse: string type = 1; Struct data = 2. In envelopes, ready to be sent.
enum EventMessage {
    static let readyProto = Envelope.wrap(ProtoWriter.message { $0.text(1, "provider_ready") })
    static let readyJSON = Envelope.wrap(Array("{\"type\":\"provider_ready\"}".utf8))
    static let keepAliveProto = Envelope.wrap(ProtoWriter.message { $0.text(1, "keep_alive") })
    static let keepAliveJSON = Envelope.wrap(Array("{\"type\":\"keep_alive\"}".utf8))

    static func changeProto(_ changes: [String: FlagChangeKind], source: String) -> ByteBuffer {
        let flags = changes.sorted { $0.key < $1.key }.map { key, kind in
            FlagMember(
                key, ["type": .string(kind.rawValue), "source": .string(source), "flagKey": .string(key)])
        }
        return Envelope.wrap(
            ProtoWriter.message { writer in
                writer.text(1, "configuration_change")
                writer.message(2, StructMessage.bytes([FlagMember("flags", .object(flags))]))
            })
    }

    static func changeJSON(_ changes: [String: FlagChangeKind], source: String) -> ByteBuffer {
        let flags = changes.sorted { $0.key < $1.key }.map { key, kind in
            (
                key: key,
                value: Node?.some(
                    .mapping([
                        ("type", .string(kind.rawValue)), ("source", .string(source)), ("flagKey", .string(key)),
                    ]))
            )
        }
        return Envelope.wrap(
            JSONWriter.write(
                .mapping([
                    ("type", .string("configuration_change")), ("data", .mapping([("flags", .mapping(flags))])),
                ])))
    }
}
