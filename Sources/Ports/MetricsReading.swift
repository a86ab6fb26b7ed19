public import Series

/// Looks on while a store finds series, so that a search which nobody waits for any more, or that takes too much memory, ends.
public struct MetricsReading: Sendable {
    /// That of the task that reads. Where there is none, a search goes on to its end.
    @TaskLocal public static var current: MetricsReading?

    private let check: @Sendable (Int) -> QueryError?

    /// - Parameter check: told how many bytes more the search holds than it said before; answers why it should end, if it should.
    public init(_ check: @escaping @Sendable (Int) -> QueryError?) { self.check = check }

    /// - Throws: when the search should end.
    public func go(on bytes: Int) throws(QueryError) {
        if let reason = check(bytes) { throw reason }
    }
}

/// Tells the one who looks on what a search holds, again and again.
public struct MetricsMeter {
    private let reading = MetricsReading.current
    private var told = 0

    public init() {}

    /// - Parameter held: all bytes that the search holds by now.
    /// - Throws: when the search should end.
    public mutating func note(held: Int) throws(QueryError) {
        guard let reading else { return }
        let more = held - told
        told = held
        try reading.go(on: more)
    }
}
