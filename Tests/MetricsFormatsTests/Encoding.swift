import MetricsFormats
import Series

/// Writes protobuf, for tests.
struct Protobuf {
    var bytes: [UInt8] = []

    mutating func varint(_ value: UInt64) {
        var value = value
        while value > 0x7f {
            bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(value))
    }

    mutating func number(_ field: Int, _ value: UInt64) {
        varint(UInt64(field << 3))
        varint(value)
    }

    mutating func signed(_ field: Int, _ value: Int64) {
        number(field, UInt64(bitPattern: value << 1 ^ value >> 63))
    }

    mutating func fixed(_ field: Int, _ value: UInt64) {
        varint(UInt64(field << 3 | 1))
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func double(_ field: Int, _ value: Double) { fixed(field, value.bitPattern) }

    mutating func bytes(_ field: Int, _ value: [UInt8]) {
        varint(UInt64(field << 3 | 2))
        varint(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    mutating func text(_ field: Int, _ value: String) { bytes(field, Array(value.utf8)) }

    mutating func message(_ field: Int, _ body: (inout Protobuf) -> Void) {
        var inner = Protobuf()
        body(&inner)
        bytes(field, inner.bytes)
    }
}

extension IngestBatch {
    /// What it holds, as text: `name{label="value"} value@time[start]`.
    var lines: [String] {
        series.map { entry in
            let name = (try? labels(of: entry, limits: LabelLimits())).map { "\($0)" } ?? "?"
            return entry.samples.reduce(into: name) { line, index in
                let histogram = histograms.first { $0.index == index }?.value
                line += " "
                line +=
                    histogram.map { "H\($0.count)/\($0.sum)s\($0.schema)\($0.positiveBuckets)" }
                    ?? (values[index].bitPattern == Sample.staleMarker.bitPattern ? "stale" : "\(values[index])")
                line += "@\(times[index])"
                if !starts.isEmpty, starts[index] != 0 { line += "[\(starts[index])]" }
                if entry.isDelta { line += "+" }
            }
        }
    }
}
