/// One line of a trace.
struct TraceRow {
    var line: Int
    var trace: String
    var time: Double
    var cohort: String
    var zone: String
    var host: String
    /// A number for every column; 0 where the column is none.
    var numbers: [Double]
}

/// Reads comma-separated lines out of pieces of bytes of any size.
///
/// Memory: the longest line. Numbers are read without a string each: a trace of a thousand rollouts has millions of them.
struct TraceReader {
    private(set) var header: TraceHeader?
    private var rest: [UInt8] = []
    private var line = 0
    private var trace = ""
    private var traceBytes: [UInt8] = []

    /// A line may be this long.
    static let limit = 1 << 20
    /// Seconds, thirty years: what is farther away is a date, or a slip.
    private static let latest = 1e9
    /// Sums of numbers up to this stay exact.
    private static let most = 1e15

    mutating func read(
        _ bytes: some Sequence<UInt8>, each row: (TraceHeader, TraceRow) throws(TraceProblem) -> Void
    ) throws(TraceProblem) {
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                try take(row)
            } else {
                guard rest.count < TraceReader.limit else {
                    throw TraceProblem(line: line + 1, column: 1, reason: "the line is longer than a mebibyte")
                }
                rest.append(byte)
            }
        }
    }

    mutating func finish(
        each row: (TraceHeader, TraceRow) throws(TraceProblem) -> Void
    ) throws(TraceProblem) {
        if !rest.isEmpty { try take(row) }
        if header == nil { throw TraceProblem(line: 1, column: 1, reason: "the trace is empty") }
    }

    private mutating func take(
        _ row: (TraceHeader, TraceRow) throws(TraceProblem) -> Void
    ) throws(TraceProblem) {
        line += 1
        defer { rest.removeAll(keepingCapacity: true) }
        while let last = rest.last, last == 13 || last == 32 { rest.removeLast() }
        if rest.isEmpty { return }
        guard let header else {
            header = try TraceHeader(line: String(decoding: rest, as: UTF8.self))
            return
        }
        try row(header, try parse(header))
    }

    private mutating func parse(_ header: TraceHeader) throws(TraceProblem) -> TraceRow {
        var row = TraceRow(
            line: line, trace: trace, time: 0, cohort: "", zone: "", host: "", numbers: [])
        row.numbers.reserveCapacity(header.columns.count)
        var start = 0
        var index = 0
        while start <= rest.count {
            var end = start
            while end < rest.count, rest[end] != UInt8(ascii: ",") { end += 1 }
            guard index < header.columns.count else {
                throw problem(index, "the line has more fields than the header's \(header.columns.count)")
            }
            try field(rest[start..<end], index, header, &row)
            index += 1
            start = end + 1
        }
        guard index == header.columns.count else {
            throw problem(index - 1, "the line has \(index) fields, the header \(header.columns.count)")
        }
        return row
    }

    private mutating func field(
        _ bytes: ArraySlice<UInt8>, _ index: Int, _ header: TraceHeader, _ row: inout TraceRow
    ) throws(TraceProblem) {
        var number = 0.0
        if index == header.trace {
            if !traceBytes.elementsEqual(bytes) {
                traceBytes = Array(bytes)
                trace = String(decoding: bytes, as: UTF8.self)
            }
            row.trace = trace
        } else if index == header.cohort {
            row.cohort = String(decoding: bytes, as: UTF8.self)
        } else if index == header.zone {
            row.zone = String(decoding: bytes, as: UTF8.self)
        } else if index == header.host {
            row.host = String(decoding: bytes, as: UTF8.self)
        } else {
            guard let value = TraceReader.number(bytes) else {
                throw problem(
                    index,
                    "'\(String(decoding: bytes.prefix(20), as: UTF8.self))' in column '\(header.columns[index])' is no number"
                )
            }
            number = value
            if index == header.time {
                guard abs(value) <= TraceReader.latest else {
                    throw problem(
                        index,
                        "t is \(value): seconds since the change reached its first user are at most a thousand million, "
                            + "before or after")
                }
                row.time = value
            } else if value < 0 {
                throw problem(index, "a negative number in column '\(header.columns[index])'")
            } else if value > TraceReader.most {
                throw problem(
                    index, "\(value) in column '\(header.columns[index])' is more than anything counts in a tick")
            }
        }
        row.numbers.append(number)
    }

    private func problem(_ index: Int, _ reason: String) -> TraceProblem {
        TraceProblem(line: line, column: index + 1, reason: reason)
    }

    /// A finite number; an empty field is 0.
    private static func number(_ bytes: ArraySlice<UInt8>) -> Double? {
        if bytes.isEmpty { return 0 }
        var value: Int64 = 0
        var isWhole = bytes.count <= 15
        for byte in bytes {
            guard isWhole, byte >= 48, byte <= 57 else {
                isWhole = false
                break
            }
            value = value * 10 + Int64(byte - 48)
        }
        if isWhole { return Double(value) }
        guard let number = Double(String(decoding: bytes, as: UTF8.self)), number.isFinite else { return nil }
        return number
    }
}
