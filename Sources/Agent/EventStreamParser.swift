/// One event of a stream of server-sent events.
struct ServerSentEvent: Hashable, Sendable {
    var name: String
    var data: String
}

/// Reads server-sent events from bytes that arrive in pieces (WHATWG HTML, "Server-sent events").
struct EventStreamParser {
    struct TooLarge: Error, CustomStringConvertible {
        var limit: Int
        var description: String { "the server sent an event larger than \(limit) bytes" }
    }

    /// What the server asked for with `retry:`, in milliseconds.
    private(set) var retry: Int64?
    private let limit: Int
    private var line: [UInt8] = []
    private var endedWithCarriageReturn = false
    private var name = ""
    private var data: [Substring] = []
    private var size = 0

    init(limit: Int = 16 << 20) {
        self.limit = limit
    }

    /// Takes the next bytes and answers the events that they complete.
    mutating func feed(_ bytes: some Sequence<UInt8>) throws(TooLarge) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        for byte in bytes {
            if byte == 10, endedWithCarriageReturn {
                endedWithCarriageReturn = false
                continue
            }
            endedWithCarriageReturn = byte == 13
            guard byte == 10 || byte == 13 else {
                line.append(byte)
                if size + line.count > limit { throw TooLarge(limit: limit) }
                continue
            }
            if let event = endLine() { events.append(event) }
        }
        return events
    }

    private mutating func endLine() -> ServerSentEvent? {
        let text = String(decoding: line, as: UTF8.self)
        line.removeAll(keepingCapacity: true)
        if text.isEmpty { return dispatch() }
        let colon = text.firstIndex(of: ":") ?? text.endIndex
        var value = text[colon...].dropFirst()
        if value.first == " " { value = value.dropFirst() }
        switch text[..<colon] {
        case "event": name = String(value)
        case "data":
            data.append(value)
            size += value.utf8.count + 1
        case "retry": retry = Int64(value) ?? retry
        default: break  // A comment, or a field that does not concern us.
        }
        return nil
    }

    private mutating func dispatch() -> ServerSentEvent? {
        defer {
            name = ""
            data = []
            size = 0
        }
        guard !data.isEmpty else { return nil }
        return ServerSentEvent(name: name.isEmpty ? "message" : name, data: data.joined(separator: "\n"))
    }
}
