public import Series

extension CounterIncrease {
    /// How far a counter rose in `(after, through]`, in milliseconds since the epoch, exactly: no extrapolation.
    ///
    /// Each sample may say when its counter started: one that started behind the sample before was 0 then, so that nothing that was
    /// counted between the start and the first scrape is lost, and a restart is seen even where the new count is larger. Without a
    /// start a fall is a restart, and the first sample of all counts nothing.
    public init(of buffer: SampleBuffer, after: Int64, through: Int64) {
        self.init()
        var last: (time: Int64, value: Double)?
        for index in buffer.times.indices {
            let (time, value) = (buffer.times[index], buffer.values[index])
            if time > through { break }
            if value.bitPattern == Sample.staleMarker.bitPattern { continue }
            let isWithin = time > after
            if isWithin { samples += 1 }
            guard value.isFinite, value >= 0 else {
                if isWithin { if value.isFinite { hasNegative = true } else { hasNaN = true } }
                continue
            }
            let start = buffer.starts.isEmpty ? 0 : buffer.starts[index]
            if isWithin { add(value, start, last, after) }
            last = (time, value)
        }
    }

    private mutating func add(_ next: Double, _ start: Int64, _ last: (time: Int64, value: Double)?, _ after: Int64) {
        guard let last else {
            if start > after { value += next }
            return
        }
        if start > last.time || next < last.value {
            resets += 1
            value += next
        } else {
            value += next - last.value
        }
    }
}

extension MetricsStore {
    /// How far counters rose, by some of their labels such as `cohort` and `host`.
    public struct GroupIncrease: Hashable, Sendable {
        /// The labels that were asked for.
        public var labels: Labels
        public var increase: CounterIncrease
        /// How many series there are in the group.
        public var series: Int
    }

    /// How far every counter that all matchers match rose in `(after, through]`, exactly, added up by labels.
    ///
    /// - Parameter reachingBack: how far before `after` the sample that counting begins with may lie, in milliseconds.
    public func increases(
        _ matchers: [LabelMatcher], by labels: [String], after: Int64, through: Int64, reachingBack: Int64 = 300_000
    ) throws(QueryError) -> [GroupIncrease] {
        let found = try selection(
            SelectRequest(matchers: matchers, after: after &- reachingBack, through: through))
        var groups: [Labels: GroupIncrease] = [:]
        var buffer = SampleBuffer()
        for index in 0..<found.count {
            buffer.removeAll()
            try found.read(index, into: &buffer)
            let rise = CounterIncrease(of: buffer, after: after, through: through)
            let key = found.labels(index).keeping(labels)
            var group = groups[key] ?? GroupIncrease(labels: key, increase: CounterIncrease(), series: 0)
            group.increase.value += rise.value
            group.increase.resets += rise.resets
            group.increase.samples += rise.samples
            group.increase.hasNaN = group.increase.hasNaN || rise.hasNaN
            group.increase.hasNegative = group.increase.hasNegative || rise.hasNegative
            group.series += 1
            groups[key] = group
        }
        return groups.values.sorted { $0.labels < $1.labels }
    }
}
