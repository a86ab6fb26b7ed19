public import Series

/// Native histograms of one series in the order of time, to which more may be appended.
///
/// Each sample has a byte of flags, its time as a difference of differences, the form of its buckets when that changed, and its
/// numbers: whole ones as differences from the sample before, others as their bits. All samples have the same start time.
public struct HistogramChunk: Sendable {
    private struct Flags {
        static let form: UInt8 = 1
        static let wholes: UInt8 = 2
        static let stale: UInt8 = 4
        static let hintShift: UInt8 = 4
    }

    public private(set) var bytes: [UInt8] = []
    public private(set) var count = 0
    public private(set) var firstTime: Int64 = 0
    public private(set) var lastTime: Int64 = 0
    /// When the counter started, in milliseconds since the epoch; 0 when unknown.
    public private(set) var start: Int64 = 0
    /// The last sample, be it a stale marker.
    public private(set) var last = FloatHistogram()
    private var lastDelta: Int64 = 0
    private var form = FloatHistogram()
    private var numbers: [Double] = []

    public init() {}

    public func takes(start: Int64) -> Bool { count == 0 || start == self.start }

    /// Appends a sample.
    /// - Precondition: it is later than the last, and `takes(start:)`.
    public mutating func append(time: Int64, _ histogram: FloatHistogram, start: Int64) {
        if count == 0 {
            firstTime = time
            self.start = start
        }
        let delta = time &- lastTime
        var flags = histogram.counterResetHint.rawValue << Flags.hintShift
        if histogram.isStaleMarker {
            bytes.append(flags | Flags.stale)
            bytes.append(zigzag: delta &- lastDelta)
        } else {
            // Stale markers before the first histogram have no form.
            let isNewForm = numbers.isEmpty || !histogram.hasForm(of: form)
            let next = histogram.numbers
            let isWhole = next.allSatisfy { abs($0) < 9e15 && $0 == $0.rounded() && ($0 != 0 || $0.sign == .plus) }
            if isNewForm { flags |= Flags.form }
            if isWhole { flags |= Flags.wholes }
            bytes.append(flags)
            bytes.append(zigzag: delta &- lastDelta)
            if isNewForm {
                histogram.appendForm(to: &bytes)
                form = histogram
                numbers = [Double](repeating: 0, count: next.count)
            }
            append(next, histogram.sum, isWhole: isWhole)
            numbers = next
        }
        lastDelta = count == 0 ? 0 : delta
        lastTime = time
        last = histogram
        count += 1
    }

    private mutating func append(_ next: [Double], _ sum: Double, isWhole: Bool) {
        bytes.append(fixed64: sum.bitPattern)
        for (index, number) in next.enumerated() {
            guard isWhole else {
                bytes.append(fixed64: number.bitPattern)
                continue
            }
            let before = numbers[index]
            let base = before.isFinite && abs(before) < 9e15 ? Int64(before) : 0
            bytes.append(zigzag: Int64(number) &- base)
        }
    }

    /// The chunk whose bytes were kept, to go on with it; `nil` when they are damaged.
    public init?(_ kept: UnsafeRawBufferPointer, count: Int, start: Int64) {
        self.init()
        guard count > 0 else { return nil }
        var buffer = SampleBuffer()
        guard HistogramChunk.decode(kept, count: count, start: start, after: .min, through: .max, into: &buffer),
            buffer.count == count
        else { return nil }
        for (index, histogram) in buffer.histograms {
            append(time: buffer.times[index], histogram, start: start)
        }
    }

    /// Appends the samples in `(after, through]`; false when the bytes are damaged.
    public static func decode(
        _ bytes: UnsafeRawBufferPointer, count: Int, start: Int64, after: Int64, through: Int64,
        into buffer: inout SampleBuffer
    ) -> Bool {
        var reader = ByteReader(bytes)
        var (time, delta): (Int64, Int64) = (0, 0)
        var form: FloatHistogram?
        var numbers: [Double] = []
        for index in 0..<count {
            let flags = reader.byte()
            let next = delta &+ reader.zigzag()
            time = time &+ next
            delta = index == 0 ? 0 : next
            var sample = FloatHistogram()
            if flags & Flags.stale != 0 {
                sample.sum = Sample.staleMarker
            } else {
                if flags & Flags.form != 0 {
                    form = FloatHistogram(form: &reader)
                    numbers = [Double](repeating: 0, count: form?.numbers.count ?? 0)
                }
                guard let form, !reader.isBroken else { return false }
                sample = form
                sample.sum = Double(bitPattern: reader.fixed64())
                read(&reader, isWhole: flags & Flags.wholes != 0, &numbers)
                sample.setNumbers(numbers)
            }
            sample.counterResetHint =
                FloatHistogram.CounterResetHint(rawValue: flags >> Flags.hintShift) ?? .unknown
            if reader.isBroken { return false }
            if time > after && time <= through { buffer.append(time: time, histogram: sample, start: start) }
        }
        return true
    }

    private static func read(_ reader: inout ByteReader, isWhole: Bool, _ numbers: inout [Double]) {
        for index in numbers.indices {
            if isWhole {
                let before = numbers[index]
                let base = before.isFinite && abs(before) < 9e15 ? Int64(before) : 0
                numbers[index] = Double(base &+ reader.zigzag())
            } else {
                numbers[index] = Double(bitPattern: reader.fixed64())
            }
        }
    }
}
