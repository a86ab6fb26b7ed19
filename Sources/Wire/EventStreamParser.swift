/// One server-sent event.
public struct ServerEvent: Hashable, Sendable {
    /// The `event:` field; `message` without one.
    public var name: String
    public var data: String

    public init(name: String, data: String) {
        self.name = name
        self.data = data
    }
}

/// Cuts a stream of server-sent events, as the HTML standard defines them, into events. Bounded: an event without end is
/// an error, not a leak.
public struct EventStreamParser: Sendable {
    public struct TooLarge: Error, Hashable, CustomStringConvertible {
        /// In bytes.
        public var limit: Int
        public var description: String { "the server sent an event larger than \(limit) bytes" }
    }

    /// How long to wait before the stream is opened again, in milliseconds, when the server has said so (`retry:`).
    public private(set) var retry: Int64?
    private let limit: Int
    private var line: [UInt8] = []
    private var name = ""
    private var data: [UInt8] = []
    private var hasData = false
    private var endedWithReturn = false

    /// - Parameter limit: no event, and no line, is longer than this, in bytes.
    public init(limit: Int = 64 << 20) {
        self.limit = limit
    }

    /// Takes the next bytes and returns the events that they complete. Comments are skipped.
    public mutating func feed(_ bytes: some Sequence<UInt8>) throws(TooLarge) -> [ServerEvent] {
        var events: [ServerEvent] = []
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

    private mutating func endLine() -> ServerEvent? {
        defer { line.removeAll(keepingCapacity: line.count < 1 << 16) }
        if line.isEmpty { return endEvent() }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        var value = line[colon...].dropFirst()
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        switch String(decoding: line[..<colon], as: UTF8.self) {
        case "event": name = String(decoding: value, as: UTF8.self)
        case "data":
            if hasData { data.append(10) }
            data += value
            hasData = true
        case "retry": retry = Int64(String(decoding: value, as: UTF8.self)) ?? retry
        default: break
        }
        return nil
    }

    private mutating func endEvent() -> ServerEvent? {
        defer { (name, data, hasData) = ("", [], false) }
        guard hasData else { return nil }
        return ServerEvent(name: name.isEmpty ? "message" : name, data: String(decoding: data, as: UTF8.self))
    }
}
