/// One server-sent event.
struct ServerEvent: Equatable, Sendable {
    /// The `event:` field; `message` without one.
    var name: String
    var data: String
}

/// Cuts a stream of server-sent events, as the HTML standard defines them, into events. Bounded: an event without end is
/// an error, not a leak.
struct EventStreamParser {
    struct TooLarge: Error, Equatable {}

    /// No event, and no line, is longer than this, in bytes.
    var limit = 64 << 20
    private var line: [UInt8] = []
    private var name = ""
    private var data: [UInt8] = []
    private var hasData = false
    private var endedWithReturn = false

    init(limit: Int = 64 << 20) {
        self.limit = limit
    }

    /// Takes the next bytes and returns the events that they complete. Comments are skipped.
    mutating func feed(_ bytes: some Sequence<UInt8>) throws(TooLarge) -> [ServerEvent] {
        var events: [ServerEvent] = []
        for byte in bytes {
            let followsReturn = endedWithReturn
            endedWithReturn = byte == 13
            if byte == 10, followsReturn { continue }
            if byte == 10 || byte == 13 {
                if let event = endLine() { events.append(event) }
            } else {
                guard line.count + data.count < limit else { throw TooLarge() }
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
