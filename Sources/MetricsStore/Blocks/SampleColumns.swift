import Chunks
import Series

/// Writes the samples of series into a page, each as columns: times, starts, values (or histograms).
///
/// A byte of flags leads: 1 the times are those of the chunk before (how many bytes back follows), 2 there are starts, 4 they are
/// histograms, whose chunk has its own times.
struct SampleColumns {
    private(set) var bytes: [UInt8] = []
    private var lastTimes: [Int64] = []
    private var lastTimesAt = 0

    private struct Flags {
        static let sameTimes: UInt8 = 1
        static let starts: UInt8 = 2
        static let histograms: UInt8 = 4
    }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        lastTimes.removeAll(keepingCapacity: true)
    }

    /// Appends floats; answers where they begin.
    mutating func append(_ buffer: SampleBuffer, _ range: Range<Int>) -> Int {
        let offset = bytes.count
        let hasStarts = !buffer.starts.isEmpty && buffer.starts[range].contains { $0 != 0 }
        let isSame = lastTimes.count == range.count && buffer.times[range].elementsEqual(lastTimes)
        bytes.append((isSame ? Flags.sameTimes : 0) | (hasStarts ? Flags.starts : 0))
        if isSame {
            bytes.append(varint: UInt64(offset - lastTimesAt))
        } else {
            lastTimesAt = bytes.count
            lastTimes = Array(buffer.times[range])
            lastTimes.withUnsafeBufferPointer { SealedTimes.append($0, to: &bytes) }
        }
        if hasStarts { appendStarts(buffer.starts[range]) }
        buffer.values[range].withUnsafeBufferPointer { SealedValues.append($0, to: &bytes) }
        return offset
    }

    /// Appends histograms that have the same start; answers where they begin.
    mutating func append(_ chunk: HistogramChunk) -> Int {
        let offset = bytes.count
        bytes.append(Flags.histograms)
        bytes.append(zigzag: chunk.start)
        bytes.append(varint: UInt64(chunk.bytes.count))
        bytes.append(contentsOf: chunk.bytes)
        return offset
    }

    /// Runs of equal starts: how long, and the difference to the one before.
    private mutating func appendStarts(_ starts: ArraySlice<Int64>) {
        var last: Int64 = 0
        var index = starts.startIndex
        while index < starts.endIndex {
            let end = starts[index...].firstIndex { $0 != starts[index] } ?? starts.endIndex
            bytes.append(varint: UInt64(end - index))
            bytes.append(zigzag: starts[index] &- last)
            last = starts[index]
            index = end
        }
    }

    /// Appends the samples of a chunk in `(after, through]`; false when it is damaged.
    static func read(
        _ page: UnsafeRawBufferPointer, at offset: Int, count: Int, after: Int64, through: Int64,
        into buffer: inout SampleBuffer
    ) -> Bool {
        var reader = ByteReader(page, at: offset)
        let flags = reader.byte()
        if flags & Flags.histograms != 0 {
            let start = reader.zigzag()
            return HistogramChunk.decode(
                reader.sizedPiece(), count: count, start: start, after: after, through: through, into: &buffer)
        }
        guard count > 0, count <= BlockFormat.chunkLength else { return false }
        return withUnsafeTemporaryAllocation(of: Int64.self, capacity: count) { times in
            withUnsafeTemporaryAllocation(of: Double.self, capacity: count) { values in
                if flags & Flags.sameTimes != 0 {
                    var earlier = ByteReader(page, at: offset - Int(truncatingIfNeeded: reader.varint() & 0xffff_ffff))
                    guard SealedTimes.read(&earlier, into: times) else { return false }
                } else if !SealedTimes.read(&reader, into: times) {
                    return false
                }
                var starts: [Int64] = []
                if flags & Flags.starts != 0, !readStarts(&reader, count: count, into: &starts) { return false }
                guard SealedValues.read(&reader, into: values) else { return false }
                append(
                    UnsafeBufferPointer(times), UnsafeBufferPointer(values), starts, after: after, through: through,
                    to: &buffer)
                return true
            }
        }
    }

    private static func append(
        _ times: UnsafeBufferPointer<Int64>, _ values: UnsafeBufferPointer<Double>, _ starts: [Int64], after: Int64,
        through: Int64, to buffer: inout SampleBuffer
    ) {
        let first = times.firstIndex { $0 > after } ?? times.count
        let end = times.lastIndex { $0 <= through }.map { $0 + 1 } ?? 0
        guard first < end else { return }
        guard !starts.isEmpty else {
            return buffer.append(
                times: UnsafeBufferPointer(rebasing: times[first..<end]),
                values: UnsafeBufferPointer(rebasing: values[first..<end]), start: 0)
        }
        for index in first..<end { buffer.append(time: times[index], value: values[index], start: starts[index]) }
    }

    private static func readStarts(_ reader: inout ByteReader, count: Int, into starts: inout [Int64]) -> Bool {
        var last: Int64 = 0
        while starts.count < count {
            let run = reader.varint()
            last = last &+ reader.zigzag()
            guard !reader.isBroken, run > 0, run <= UInt64(count - starts.count) else { return false }
            starts.append(contentsOf: repeatElement(last, count: Int(run)))
        }
        return true
    }
}
