/// The head of an OFREP request in the plain form that SDKs send, read in place.
///
/// It reads only what it understands to the letter. Whatever else a request may have (chunks, expectations, upgrades,
/// folded lines, an origin) is not plain, and left to the complete parser.
struct PlainHead {
    enum Reading {
        case plain(PlainHead)
        /// The head is not complete yet.
        case incomplete
        case notPlain
    }

    var route: OFREPRoute
    /// The whole head with its empty line, in bytes.
    var length: Int
    var bodyLength: Int
    // Where the values of some headers stand, in bytes from the head's first.
    var path: Range<Int>
    var host: Range<Int>?
    var authorization: Range<Int>?
    var apiKey: Range<Int>?
    var selector: Range<Int>?
    var ifNoneMatch: Range<Int>?

    /// A head that is longer is not plain.
    static let limit = 8 << 10

    static func read(_ bytes: UnsafeRawBufferPointer) -> Reading {
        guard let line = endOfLine(bytes, from: 0) else {
            return bytes.count <= limit && starts(bytes) ? .incomplete : .notPlain
        }
        guard let path = path(UnsafeRawBufferPointer(rebasing: bytes[..<line])),
            let route = OFREPRoute(UnsafeRawBufferPointer(rebasing: bytes[path])), route.isEvaluation
        else { return .notPlain }
        var head = PlainHead(route: route, length: 0, bodyLength: -1, path: path)
        var start = line + 2
        while let end = endOfLine(bytes, from: start) {
            if end == start {
                head.length = end + 2
                return head.bodyLength >= 0 && head.host != nil ? .plain(head) : .notPlain
            }
            guard end <= limit, head.take(bytes, start, end) else { return .notPlain }
            start = end + 2
        }
        return bytes.count <= limit ? .incomplete : .notPlain
    }

    /// Where a line ends that is closed by CR LF; `nil` when it is not closed yet.
    private static func endOfLine(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var index = start
        while index + 1 < bytes.count {
            if bytes[index] == 0x0D, bytes[index + 1] == 0x0A { return index }
            index += 1
        }
        return nil
    }

    private static let method: StaticString = "POST /ofrep/v1/evaluate/flags"
    private static let version: StaticString = " HTTP/1.1"

    /// Whether a request may become one of ours.
    private static func starts(_ bytes: UnsafeRawBufferPointer) -> Bool {
        method.withUTF8Buffer { method in
            let count = min(method.count, bytes.count)
            return method[..<count].elementsEqual(bytes[..<count])
        }
    }

    private static func path(_ line: UnsafeRawBufferPointer) -> Range<Int>? {
        let end = line.count - version.utf8CodeUnitCount
        guard end > 5, starts(line), version.withUTF8Buffer({ $0.elementsEqual(line[end...]) }) else { return nil }
        // Visible ASCII: what else there may be is for the complete parser to judge.
        for byte in line[5..<end] where byte <= 0x20 || byte >= 0x7F || byte == UInt8(ascii: "#") { return nil }
        return 5..<end
    }

    // MARK: Headers

    /// Notes a header. Returns false when the request is not plain with it.
    private mutating func take(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> Bool {
        var colon = start
        while colon < end, bytes[colon] != UInt8(ascii: ":") {
            guard PlainHead.isNameByte(bytes[colon]) else { return false }
            colon += 1
        }
        guard colon > start, colon < end else { return false }
        var first = colon + 1
        var last = end
        while first < last, bytes[first] == 0x20 { first += 1 }
        while last > first, bytes[last - 1] == 0x20 { last -= 1 }
        for byte in bytes[first..<last] where byte < 0x20 && byte != 0x09 || byte == 0x7F { return false }
        return take(bytes, name: start..<colon, value: first..<last)
    }

    private mutating func take(_ bytes: UnsafeRawBufferPointer, name: Range<Int>, value: Range<Int>) -> Bool {
        func isNamed(_ text: StaticString) -> Bool { PlainHead.isSame(bytes, name, text) }
        switch name.count {
        case 4 where isNamed("host"): return PlainHead.note(value, in: &host)
        case 6 where isNamed("expect"), 6 where isNamed("origin"), 6 where isNamed("cookie"): return false
        case 7 where isNamed("upgrade"), 7 where isNamed("trailer"): return false
        case 9 where isNamed("x-api-key"): return PlainHead.note(value, in: &apiKey)
        case 10 where isNamed("connection"): return PlainHead.isSame(bytes, value, "keep-alive")
        case 13 where isNamed("authorization"): return PlainHead.note(value, in: &authorization)
        case 13 where isNamed("if-none-match"): return PlainHead.note(value, in: &ifNoneMatch)
        case 14 where isNamed("flagd-selector"): return PlainHead.note(value, in: &selector)
        case 14 where isNamed("content-length"):
            guard bodyLength < 0, let length = PlainHead.number(bytes, value) else { return false }
            bodyLength = length
            return true
        case 17 where isNamed("transfer-encoding"): return false
        default: return true
        }
    }

    /// Each of them at most once.
    private static func note(_ value: Range<Int>, in place: inout Range<Int>?) -> Bool {
        guard place == nil, !value.isEmpty else { return false }
        place = value
        return true
    }

    private static func number(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int? {
        guard !range.isEmpty, range.count <= 8 else { return nil }
        var number = 0
        for byte in bytes[range] {
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            number = number * 10 + Int(byte - 0x30)
        }
        return number
    }

    /// - Parameter text: in lower case.
    private static func isSame(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { text in
            for (index, byte) in text.enumerated() {
                let own = bytes[range.lowerBound + index]
                if own != byte, !(own >= 0x41 && own <= 0x5A && own | 0x20 == byte) { return false }
            }
            return true
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
        default: false
        }
    }
}

extension OFREPRoute {
    /// Whether it evaluates flags.
    var isEvaluation: Bool {
        switch self {
        case .flag, .bulk: true
        case .events, .unknown: false
        }
    }
}
