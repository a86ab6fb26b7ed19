import Compression
import Documents
import Flags
import NIOCore
import Ports

extension RPCLoop {
    /// Answers a unary call: the message in its envelope, packed where the client packed its own.
    func answer(_ call: Call, _ message: ByteBuffer) throws(RPCStatus) -> ByteBuffer {
        var answer = call.dialect.isEnveloped ? RPCLoop.room : ByteBuffer()
        try write(call, message, into: &answer)
        guard call.dialect.isEnveloped else { return call.answersGzip ? Gzip.pack(answer) ?? answer : answer }
        if call.answersGzip, let packed = Gzip.pack(answer.getSlice(at: 5, length: answer.readableBytes - 5) ?? answer)
        {
            return Envelope.wrap(packed, flags: Envelope.compressed)
        }
        answer.setInteger(UInt32(answer.readableBytes - 5), at: answer.readerIndex + 1)
        return answer
    }

    /// A buffer that begins with an envelope whose length is still to be filled in.
    private static var room: ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(256)
        buffer.writeRepeatingByte(0, count: 5)
        return buffer
    }

    private func write(_ call: Call, _ message: ByteBuffer, into answer: inout ByteBuffer) throws(RPCStatus) {
        switch call.method.work {
        case .resolve(let wanted):
            guard let feed = call.feed else { throw .noEnvironment }
            if call.dialect.json {
                answer.writeBytes(try resolveJSON(wanted, call.method.generation, message, feed))
            } else {
                try resolve(wanted, call.method.generation, message, feed, into: &answer)
            }
        case .resolveAll:
            guard let feed = call.feed else { throw .noEnvironment }
            answer.writeBytes(try resolveAll(call, message, feed))
        case .fetchAllFlags:
            let feed = try syncFeed(call, message).feed
            let set = FlagSetMessage(feed.cell.snapshot)
            answer.writeBytes(call.dialect.json ? set.json : set.proto)
        case .syncMetadata:
            // What is said here is added to every context by clients. Nothing is: the set's own metadata is in the set.
            answer.writeBytes(
                call.dialect.json
                    ? Array("{\"metadata\":{}}".utf8) : ProtoWriter.message { $0.message(2, []) })
        case .healthCheck:
            let service = try RPCLoop.fields(call, message, ["service"]).first ?? ""
            guard knows(service: service) else {
                throw RPCStatus(.notFound, "there is no service '\(service.prefix(100))' on this port")
            }
            answer.writeBytes(health.message(json: call.dialect.json))
        case .healthList: answer.writeBytes(healthList(json: call.dialect.json))
        case .eventStream, .syncFlags, .healthWatch, .reflection: throw RPCStatus(.internal, "the method is a stream")
        }
    }

    /// The environment of a sync call: the header's selector counts more than the message's, which is the older way.
    func syncFeed(
        _ call: Call, _ message: ByteBuffer
    ) throws(RPCStatus) -> (feed: any FlagFeed, selector: String?) {
        let fields = try RPCLoop.fields(call, message, ["providerId", "selector"])
        let selector = call.head.selector ?? (fields.count > 1 && !fields[1].isEmpty ? fields[1] : nil)
        return (try admit(call.head, selector: selector), selector)
    }

    /// The texts of a message that has only texts; their fields are numbered from 1.
    static func fields(_ call: Call, _ message: ByteBuffer, _ names: [String]) throws(RPCStatus) -> [String] {
        if call.dialect.json {
            let object = try JSONRequest(message)
            return names.map { object.text($0) }
        }
        return try message.withRawBytes { (bytes) throws(RPCStatus) in
            var texts = Array(repeating: "", count: names.count)
            do throws(ProtoProblem) {
                var reader = ProtoReader(bytes)
                while let field = try reader.field() {
                    if field.type == .bytes, field.number <= UInt64(names.count) {
                        texts[Int(field.number) - 1] = try reader.text()
                    } else {
                        try reader.skip(field)
                    }
                }
            } catch {
                throw RPCStatus(error)
            }
            return texts
        }
    }
}

extension RPCStatus {
    static let noEnvironment = RPCStatus(.internal, "the call has no environment")
}

/// A whole flag set as sync's messages have it.
struct FlagSetMessage {
    let snapshot: FlagSnapshot

    init(_ snapshot: FlagSnapshot) { self.snapshot = snapshot }

    /// string flag_configuration = 1.
    var proto: [UInt8] { ProtoWriter.message { $0.message(1, snapshot.syncPayload) } }

    /// The older service says as field 2 that this is all of the flags.
    var legacyProto: [UInt8] {
        ProtoWriter.message { writer in
            writer.message(1, snapshot.syncPayload)
            writer.integer(2, 1)
        }
    }

    var json: [UInt8] {
        JSONWriter.write(
            .mapping([("flagConfiguration", .string(String(decoding: snapshot.syncPayload, as: UTF8.self)))]))
    }
}
