/// One event of a stream of server-sent events.
public struct ServerSentEvent: Hashable, Sendable {
    /// The `event:` field; `message` without one.
    public var name: String
    /// The last `id:` that came, with this event or before.
    public var id: String
    public var data: [UInt8]

    public init(name: String, id: String = "", data: [UInt8]) {
        self.name = name
        self.id = id
        self.data = data
    }

    /// The data as text.
    public var text: String { String(decoding: data, as: UTF8.self) }
}

/// Reads server-sent events from bytes that arrive in pieces (WHATWG HTML, "Server-sent events"). Bounded: an event without
/// end is an error, not a leak.
public struct EventStreamParser: Sendable {
    public struct TooLarge: Error, Hashable, Sendable, CustomStringConvertible {
        public var limit: Int
        public var description: String { "the server sent an event larger than \(limit) bytes" }
    }

    /// What the server asked for with `retry:`, in milliseconds.
    public private(set) var retry: Int64?
    private let limit: Int
    private var line: [UInt8] = []
    private var endedWithReturn = false
    private var name = ""
    private var id = ""
    private var data: [UInt8] = []
    private var hasData = false

    /// - Parameter limit: no event is longer than this, in bytes.
    public init(limit: Int = 64 << 20) {
        self.limit = limit
    }

    /// Takes the next bytes and answers the events that they complete. Comments are skipped.
    public mutating func feed(_ bytes: some Sequence<UInt8>) throws(TooLarge) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        for byte in bytes {
            let followsReturn = endedWithReturn
            endedWithReturn = byte == 13
            if byte == 10, followsReturn { continue }
            if byte == 10 || byte == 13 {
                if let event = endLine() { events.append(event) }
            } else {
                guard line.count + data.count < limit else { throw TooLarge(limit: limit) }
                line.append(byte)
            }
        }
        return events
    }

    private mutating func endLine() -> ServerSentEvent? {
        defer { line.removeAll(keepingCapacity: line.count < 1 << 16) }
        if line.isEmpty { return endEvent() }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        var value = line[colon...].dropFirst()
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        switch String(decoding: line[..<colon], as: UTF8.self) {
        case "event": name = String(decoding: value, as: UTF8.self)
        case "id": if !value.contains(0) { id = String(decoding: value, as: UTF8.self) }
        case "data":
            if hasData { data.append(10) }
            data += value
            hasData = true
        case "retry": retry = Int64(String(decoding: value, as: UTF8.self)) ?? retry
        default: break  // A comment, or a field that does not concern us.
        }
        return nil
    }

    private mutating func endEvent() -> ServerSentEvent? {
        defer { (name, data, hasData) = ("", [], false) }
        guard hasData else { return nil }
        return ServerSentEvent(name: name.isEmpty ? "message" : name, id: id, data: data)
    }
}
