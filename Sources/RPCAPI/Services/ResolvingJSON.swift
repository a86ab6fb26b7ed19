import Documents
import Flags
import NIOCore
import Ports

extension RPCLoop {
    /// Answers a question about one flag that came as JSON.
    func resolveJSON(
        _ wanted: RPCMethod.Wanted, _ generation: RPCMethod.Generation, _ message: ByteBuffer, _ feed: any FlagFeed
    ) throws(RPCStatus) -> [UInt8] {
        let request = try JSONRequest(message)
        let key = request.text("flagKey")
        let json = try request.context()
        return try feed.cell.read { (snapshot) throws(RPCStatus) in
            guard let flag = snapshot.index(of: key) else { throw RPCStatus(.flagNotFound, flag: key) }
            try bind(json, snapshot)
            let resolution = try resolution(of: flag, wanted, generation, snapshot, feed)
            var json = Array("{".utf8)
            if resolution.variant >= 0 {
                json += "\"value\":".utf8
                json += RPCLoop.json(snapshot, flag, resolution.variant, wanted)
                json += ",\"variant\":".utf8
                json += JSONWriter.write(.string(snapshot.variantName(flag, resolution.variant)))
                json += ",".utf8
            }
            json += "\"reason\":\"\(resolution.reason.name)\",\"metadata\":".utf8
            json += snapshot.metadataJSON(flag)
            json += "}".utf8
            return json
        }
    }

    /// A value as protobuf's JSON has it: 64-bit integers are texts.
    private static func json(
        _ snapshot: borrowing FlagSnapshot, _ flag: Int32, _ variant: Int32, _ wanted: RPCMethod.Wanted
    ) -> [UInt8] {
        if wanted == .int, let integer = snapshot.integer(flag, variant) { return Array("\"\(integer)\"".utf8) }
        return snapshot.json(flag, variant)
    }

    /// Answers for every flag that has a value for this context.
    func resolveAll(_ call: Call, _ message: ByteBuffer, _ feed: any FlagFeed) throws(RPCStatus) -> [UInt8] {
        if call.dialect.json {
            let json = try JSONRequest(message).context()
            return try feed.cell.read { (snapshot) throws(RPCStatus) in
                try bind(json, snapshot)
                return allJSON(snapshot, feed)
            }
        }
        let withMetadata = call.method.generation != .legacy
        return try message.withRawBytes { (bytes) throws(RPCStatus) in
            let context: UnsafeRawBufferPointer?
            do throws(ProtoProblem) { context = try ResolveRequest.allContext(bytes) } catch { throw RPCStatus(error) }
            return try feed.cell.read { (snapshot) throws(RPCStatus) in
                try bind(context, snapshot)
                return allProto(snapshot, feed, withMetadata: withMetadata)
            }
        }
    }

    /// The flags that have an answer with a value, and what it is.
    private func forEachAnswer(
        _ snapshot: borrowing FlagSnapshot, _ feed: any FlagFeed, _ body: (Int32, Resolution, FlagValue) -> Void
    ) {
        for flag in 0..<Int32(snapshot.count) {
            let resolution = snapshot.evaluate(flag, in: &context, at: parts.clock())
            guard resolution.error == nil, resolution.variant >= 0 else { continue }
            let value = snapshot.value(flag, resolution.variant)
            switch value {
            case .list, .null: continue
            default:
                feed.count(flag: flag, variant: resolution.variant, of: snapshot)
                body(flag, resolution, value)
            }
        }
    }

    /// AnyFlag: reason 1, variant 2, bool 3, string 4, double 5, object 6, metadata 7.
    private func allProto(_ snapshot: borrowing FlagSnapshot, _ feed: any FlagFeed, withMetadata: Bool) -> [UInt8] {
        var all = ProtoWriter()
        let snapshot = copy snapshot
        forEachAnswer(snapshot, feed) { flag, resolution, value in
            let answer = ProtoWriter.message { writer in
                writer.text(1, "\(resolution.reason.name)")
                writer.text(2, snapshot.variantName(flag, resolution.variant), always: true)
                switch value {
                case .bool(let flag): writer.boolean(3, flag, always: true)
                case .string(let text): writer.text(4, text, always: true)
                case .integer(let number): writer.double(5, Double(number), always: true)
                case .number(let number): writer.double(5, number, always: true)
                case .object(let members): writer.message(6, StructMessage.bytes(members))
                case .null, .list: break
                }
                if withMetadata { writer.message(7, StructMessage.bytes(snapshot.metadata(flag))) }
            }
            all.message(
                1,
                ProtoWriter.message { entry in
                    entry.text(1, snapshot.key(flag), always: true)
                    entry.message(2, answer)
                })
        }
        if withMetadata { all.message(2, StructMessage.bytes(snapshot.metadata)) }
        return all.bytes
    }

    private func allJSON(_ snapshot: borrowing FlagSnapshot, _ feed: any FlagFeed) -> [UInt8] {
        var json = Array("{\"flags\":{".utf8)
        let snapshot = copy snapshot
        var isFirst = true
        forEachAnswer(snapshot, feed) { flag, resolution, value in
            if !isFirst { json += ",".utf8 }
            isFirst = false
            json += JSONWriter.write(.string(snapshot.key(flag)))
            json += ":{\"reason\":\"\(resolution.reason.name)\",\"variant\":".utf8
            json += JSONWriter.write(.string(snapshot.variantName(flag, resolution.variant)))
            let name: String =
                switch value {
                case .bool: "boolValue"
                case .string: "stringValue"
                case .object: "objectValue"
                default: "doubleValue"
                }
            json += ",\"\(name)\":".utf8
            json += snapshot.json(flag, resolution.variant)
            json += ",\"metadata\":".utf8
            json += snapshot.metadataJSON(flag)
            json += "}".utf8
        }
        json += "}}".utf8
        return json
    }
}
